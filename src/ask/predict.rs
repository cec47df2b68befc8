//! Which way new rows are answered: each by itself in closed form, or together. Not here: the ways.

use super::{
    inferred::inferred,
    prediction::Prediction,
    question::{NoAnswer, Planner, Question},
    rows::closed,
};
use crate::{
    graph::{
        Bound, FactorGraph, evaluate,
        factor_graph::{PlateKind, Ref, Target},
    },
    keep::Kept,
    shape::PlateId,
};

/// What the kept posterior says of the rows of a plate; `bound` has the new data.
///
/// Rows that have nothing to do with each other but by shared variables are answered each by itself, with q of these
/// integrated out. Where rows hang on each other, or on new levels by variables of their own, what they have for
/// themselves is inferred with q of the shared variables as it is.
///
/// # Errors
/// Neither way is open, and why.
pub fn predict(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    plate: PlateId,
    question: Question,
    planner: Planner<'_>,
) -> Result<Prediction, NoAnswer> {
    if question == Question::default() && !learns(kept, graph, bound, plate) {
        match closed(kept, graph, bound, plate) {
            Err(NoAnswer::Form(_)) => {}
            done => return done,
        }
    }
    inferred(kept, graph, bound, plate, question, planner)
}

/// Has a row a variable of its own that hangs on a new level? Then its other rows say what the level is.
fn learns(kept: &Kept, graph: &FactorGraph, bound: &Bound, plate: PlateId) -> bool {
    let new = |p: &PlateId| {
        matches!(graph.plates[p.0].kind, PlateKind::Groups { .. })
            && kept.document.plates.get(p.0).is_some_and(|then| bound.plate(*p).size > then.size)
    };
    let hangs = |r: &Ref| matches!(r.target, Target::Node(n) if graph.nodes[n.0].plates.iter().any(new));
    let own = graph.factors.iter().filter(|f| {
        let n = &graph.nodes[f.node.0];
        n.observed.is_none() && n.plates.contains(&plate)
    });
    let mut any = false;
    own.flat_map(|f| &f.args).for_each(|a| evaluate::each_ref(&a.expr, &mut |r| any |= hangs(r)));
    any
}
