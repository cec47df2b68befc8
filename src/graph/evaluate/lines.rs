//! Which elements of its node a line speaks of. Not here: what it says.

use super::environment::Steps;
use crate::{
    graph::{
        bound::Bound,
        factor_graph::{Factor, RowSet},
    },
    shape::PlateId,
};

/// Does the factor's line speak of the element with these indices?
pub fn speaks_of(bound: &Bound, steps: &Steps, f: &Factor, at: &[(PlateId, usize)]) -> bool {
    let step = || at.iter().find_map(|&(p, i)| steps.step(bound, p, i));
    let above = |&(p, i): &(PlateId, usize)| bound.plate(p).parents.as_ref().map(|x| x[i]);
    let root = || at.iter().find_map(above).is_none_or(|above| above == u32::MAX);
    match f.rows {
        RowSet::All => true,
        RowSet::Step(j) => step() == Some(j as usize),
        RowSet::From(j) => step().is_some_and(|t| t >= j as usize),
        RowSet::Roots => root(),
        RowSet::Below => !root(),
    }
}
