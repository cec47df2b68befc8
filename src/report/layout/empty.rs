//! Components that hold next to nothing: which, and what is said of them. Not here: how tables leave them out.

use crate::{
    answer::{
        frame::EMPTY,
        posterior::{Axis, NodePosterior},
    },
    report::axes::label,
};

/// For each plate of components which of its elements are empty.
#[derive(Clone, Debug, Default)]
pub struct Empty(Vec<(String, Vec<bool>)>);

impl Empty {
    /// By the shares that a posterior has: a vector of probabilities over a plate, or a stick.
    pub fn of(nodes: &[NodePosterior]) -> Self {
        let mut out = vec![];
        for n in nodes {
            let (axis, shares) = match (n.plates.as_slice(), n.event.as_slice()) {
                ([], [axis]) if n.components => (axis, n.mean.clone()),
                ([axis], []) if n.components && n.stick => (axis, stick(&n.mean)),
                _ => continue,
            };
            // Levels of data are no components: a rare word is a word.
            let empty: Vec<bool> = shares.iter().map(|s| *s < EMPTY).collect();
            if axis.labels.is_none() && !axis.name.is_empty() && empty.contains(&false) {
                out.push((axis.name.clone(), empty));
            }
        }
        Self(out)
    }

    fn on(&self, axis: &Axis) -> Option<&[bool]> {
        let found = self.0.iter().find(|(name, empty)| *name == axis.name && empty.len() == axis.size);
        found.map(|(_, empty)| empty.as_slice()).filter(|empty| empty.contains(&true))
    }

    /// Whether an element of an axis is empty.
    pub(super) fn is(&self, axis: &Axis, i: usize) -> bool {
        self.on(axis).is_some_and(|empty| empty[i])
    }

    /// Places of a row-major array that are of no empty element.
    pub(super) fn others(&self, axes: &[&Axis]) -> Vec<usize> {
        let mut out = vec![0];
        for axis in axes {
            let kept: Vec<usize> = (0..axis.size).filter(|&i| !self.is(axis, i)).collect();
            out = out.iter().flat_map(|at| kept.iter().map(move |i| at * axis.size + i)).collect();
        }
        out
    }

    /// ` k 3, 5–9 are empty: …`, a line for each axis.
    pub(super) fn said(&self, axes: &[&Axis]) -> String {
        let mut names: Vec<&str> = vec![];
        let mut out = String::new();
        for axis in axes {
            let Some(empty) = self.on(axis).filter(|_| !names.contains(&axis.name.as_str())) else {
                continue;
            };
            names.push(&axis.name);
            let places: Vec<usize> = (0..axis.size).filter(|&i| empty[i]).collect();
            let (are, each) = if places.len() == 1 { ("is", "it") } else { ("are", "each") };
            let which = ranges(axis, &places);
            out +=
                &format!(" {} {which} {are} empty: {each} holds less than {EMPTY} of the rows\n", axis.name);
        }
        out
    }
}

/// Shares of a stick at its means, which are independent under q.
fn stick(v: &[f64]) -> Vec<f64> {
    let mut left = 1.0;
    let share = |v: &f64| {
        let taken = left * v;
        left -= taken;
        taken
    };
    v.iter().map(share).collect()
}

/// `3, 5–9`.
fn ranges(axis: &Axis, places: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = vec![];
    for &i in places {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == i => *last = i,
            _ => runs.push((i, i)),
        }
    }
    let run = |&(a, b): &(usize, usize)| match b - a {
        0 => label(axis, a),
        1 => format!("{}, {}", label(axis, a), label(axis, b)),
        _ => format!("{}–{}", label(axis, a), label(axis, b)),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}
