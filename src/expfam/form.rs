//! A density as a multilinear form: the one declaration from which energies, messages, accumulated statistics
//! and the symbols that `explain` prints are all derived. Not here: gates and links, which rewrite forms
//! (`plan`, `link`).
//!
//! For every conditionally conjugate density, ln p(child | parents) is a sum of products of statistics, at
//! most one part from each slot per product. Replace statistics by moments and the sum is E[ln p], affine in
//! each slot (law P1), and the message to a slot is the sum of the products with that slot taken out (law P2:
//! it can't depend on its own slot).

/// Scales a term; a function of the event dimension `d`.
pub type Coefficient = fn(d: usize) -> f64;

/// One part of one slot's statistic in a product, with an index letter for each of the part's axes.
/// A letter that occurs twice in a term is summed over; `"aa"` would be a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Factor {
    /// Which argument: 0 is the child, 1 the first parameter.
    pub slot: usize,
    /// Which part of its statistic.
    pub part: usize,
    /// One letter for each axis of the part.
    pub axes: &'static str,
}

/// What a density is taken against.
///
/// The q of a positive number, of a probability or of probabilities has the base measure dx/x, dx/(x(1 − x)) or
/// Π dx/x: there η of a Gamma is its shape, and not the shape less 1, in which a shape of 10⁻²⁰ is lost. So a
/// form may have products for one of the two only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// dx: ln p as on paper, of what is observed or kept in a joint block.
    Plain,
    /// That of the child's own family: of what has a q by itself.
    Family,
}

/// `coefficient · Π factors`, summed over all letters.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// The number in front.
    pub coefficient: Coefficient,
    /// What is multiplied; empty for a constant.
    pub factors: &'static [Factor],
    /// The only measure it counts against, if it does not always.
    pub against: Option<Measure>,
}

impl Term {
    /// Does it count against this measure?
    pub fn counts(&self, measure: Measure) -> bool {
        self.against.is_none_or(|m| m == measure)
    }
}

/// Short spelling for a distribution's file: part `part` of slot `slot` with axes `axes`.
pub const fn part(slot: usize, part: usize, axes: &'static str) -> Factor {
    Factor { slot, part, axes }
}

/// Short spelling for a distribution's file.
pub const fn term(coefficient: Coefficient, factors: &'static [Factor]) -> Term {
    Term { coefficient, factors, against: None }
}

/// The same of a product that counts against one measure only.
pub const fn term_against(measure: Measure, coefficient: Coefficient, factors: &'static [Factor]) -> Term {
    Term { coefficient, factors, against: Some(measure) }
}
