//! What a run makes of values and parameters that the caller starts a block from: its first moments. Not
//! here: how they are checked (`given_values`), nor starts of selectors (`start`).

use super::{
    error::Breakdown,
    given::{GivenStart, What},
};
use crate::{
    block::{element::Which, shape},
    plan::{Plan, layout::VarId},
};

/// Moments of elements of variable `v`, from `first` on. `eta` and `moments` hold the prior's, and are written
/// over; what the caller does not give stays as the prior has it.
pub(super) fn write(
    plan: &Plan,
    v: VarId,
    starts: &[GivenStart],
    first: usize,
    eta: &mut [f64],
    moments: &mut [f64],
) -> Result<(), Breakdown> {
    let parameters: Vec<Vec<(usize, &[f64])>> = starts
        .iter()
        .map(|s| match &s.what {
            What::Parameters(all) => all.iter().map(|(place, x)| (*place, &**x)).collect(),
            _ => vec![],
        })
        .collect();
    let given: Vec<shape::Given<'_>> = starts
        .iter()
        .zip(&parameters)
        .filter_map(|(s, parameters)| {
            let what = match &s.what {
                What::Values(x) => shape::What::Values(x),
                What::Parameters(_) => shape::What::Parameters(parameters),
                What::Responsibilities(_) => return None,
            };
            Some(shape::Given { member: s.member, what })
        })
        .collect();
    Ok(plan.vars[v].shape.start(&given, Which::From(first), eta, moments)?)
}
