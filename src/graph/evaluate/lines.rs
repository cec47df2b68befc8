//! Which elements of its node a line speaks of. Not here: what it says.

use super::environment::Steps;
use crate::{
    graph::{bound::Bound, factor_graph::RowSet},
    shape::PlateId,
};

/// Does a line of these rows speak of the element with these indices?
pub fn speaks_of(
    bound: &Bound,
    steps: &Steps,
    rows: RowSet,
    at: impl Iterator<Item = (PlateId, usize)> + Clone,
) -> bool {
    let step = || at.clone().find_map(|(p, i)| steps.step(bound, p, i));
    let above = |(p, i): (PlateId, usize)| bound.plate(p).parents.as_ref().map(|x| x[i]);
    let root = || at.clone().find_map(above).is_none_or(|above| above == u32::MAX);
    match rows {
        RowSet::All => true,
        RowSet::Step(j) => step() == Some(j as usize),
        RowSet::From(j) => step().is_some_and(|t| t >= j as usize),
        RowSet::Roots => root(),
        RowSet::Below => !root(),
    }
}
