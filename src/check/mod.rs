//! Checks of a factor graph that need no data: whether every factor is conjugate to what it touches, and
//! whether what is written out lies where it must. One file per check. Not here: names and shapes (`graph`),
//! blocks (`factorize`).

pub mod carried;
pub mod conjugacy;
pub mod family;
pub mod known;
pub mod one_length;
pub mod scaling;
pub mod stick;
pub mod support;
#[cfg(test)]
mod tests;
pub mod twice;
pub mod unsupported;
mod words;

use crate::{
    diag::{Diagnostic, Diagnostics, Reported},
    graph::FactorGraph,
    source::Source,
};

/// A check: adds what it finds.
type Check = fn(&FactorGraph, &mut Vec<Diagnostic>);

/// Every check, in the order of the reports.
static CHECKS: &[Check] = &[
    conjugacy::check,
    known::check,
    one_length::check,
    scaling::check,
    stick::check,
    twice::check,
    family::check,
    unsupported::check,
    support::check,
];

/// Runs every check.
///
/// # Errors
/// All that is found is reported (E04).
pub fn check(graph: &FactorGraph, _source: &Source, diags: &mut Diagnostics) -> Result<(), Reported> {
    let mut found = vec![];
    for check in CHECKS {
        check(graph, &mut found);
    }
    let mut result = Ok(());
    for d in found {
        result = Err(diags.error(d));
    }
    result
}
