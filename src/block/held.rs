//! Elements of a block whose value is known as a whole, among others that are not. Not here: vectors of which
//! some cells are known (`kind::cells`).

use super::element::Which;
use crate::expfam::stat::{LN_ZERO, StatKind};

/// Known elements.
#[derive(Clone, Debug)]
pub struct Held {
    /// Whether each element is known, in storage order.
    pub known: Vec<bool>,
    /// What they are, `width` numbers each (categories as numbers); anything where they are not known.
    pub values: Vec<f64>,
    /// Numbers in one value.
    pub width: usize,
    /// Event dimension.
    pub d: usize,
    /// What makes the statistic of a value.
    pub kind: &'static StatKind,
}

impl Held {
    /// The value of an element.
    pub fn value(&self, element: usize) -> &[f64] {
        &self.values[element * self.width..(element + 1) * self.width]
    }

    /// Calls with the number among `which` and the element, where it is known.
    pub fn each(&self, which: Which<'_>, count: usize, mut f: impl FnMut(usize, usize)) {
        (0..count).map(|i| (i, which.at(i))).filter(|(_, e)| self.known[*e]).for_each(|(i, e)| f(i, e));
    }

    /// Writes the statistic of the known ones, `width` numbers each.
    pub fn write(&self, which: Which<'_>, width: usize, moments: &mut [f64]) {
        self.each(which, moments.len() / width.max(1), |i, e| {
            // Checked when the data were bound.
            let _ = (self.kind.of_value)(self.value(e), self.d, &mut moments[i * width..(i + 1) * width]);
        });
    }

    /// Makes every other category of the known ones impossible, of `states` each.
    pub fn exclude(&self, which: Which<'_>, states: usize, eta: &mut [f64]) {
        self.each(which, eta.len() / states.max(1), |i, e| {
            let category = self.value(e)[0] as usize;
            let row = eta[i * states..(i + 1) * states].iter_mut().enumerate();
            row.filter(|(s, _)| *s != category).for_each(|(_, x)| *x += LN_ZERO);
        });
    }
}
