//! Which known arrays have zeros among their probabilities. Not here: who meets in them.

use crate::{
    expfam::stat::{IMPOSSIBLE, PartShape, StatKind},
    graph::{
        bound::Bound,
        energy::{Energy, EnergyTerm, Known, KnownMap, Source},
        factor_graph::{ExprKind, FactorGraph, InputSource, Ref, Target},
    },
};

/// By known array of an energy, whether a logarithm of 0 is among its numbers.
#[derive(Debug)]
pub struct Zeros(Vec<bool>);

impl Zeros {
    /// As far as the model says, or its data.
    pub fn new(graph: &FactorGraph, energy: &Energy, bound: Option<&Bound>) -> Self {
        Self(energy.knowns.iter().map(|k| has_zeros(graph, k, bound)).collect())
    }

    /// Does a product hold such an array?
    pub fn any(&self, t: &EnergyTerm) -> bool {
        t.ops.iter().any(|o| matches!(o.source, Source::Known(k) if self.0[k]))
    }
}

fn has_zeros(graph: &FactorGraph, known: &Known, bound: Option<&Bound>) -> bool {
    let KnownMap::Stat { kind, .. } = known.map else { return false };
    match &known.expr.kind {
        ExprKind::Numbers(numbers) => among(kind, numbers, numbers.len()),
        ExprKind::Ref(Ref { target: Target::Input(i), .. }) => {
            let input = &graph.inputs[i.0];
            match (&input.source, bound) {
                (_, Some(bound)) => {
                    let last = input.event.last().copied();
                    let last = last.or_else(|| input.plates.last().map(|p| bound.plate(*p).size));
                    among(kind, &bound.inputs[i.0], last.unwrap_or(1))
                }
                (InputSource::Numbers(numbers), None) => {
                    among(kind, numbers, input.sizes.last().copied().unwrap_or(1))
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// Is ln 0 in the statistic of one of the values, of which a vector has `d` numbers?
fn among(kind: &StatKind, numbers: &[f64], d: usize) -> bool {
    let d = if kind.value == PartShape::Scalar { 1 } else { d.max(1) };
    let mut t = vec![0.0; kind.width(d)];
    let width = kind.value.width(d);
    numbers
        .chunks_exact(width.max(1))
        .any(|v| (kind.of_value)(v, d, &mut t).is_ok() && t.iter().any(|x| *x < IMPOSSIBLE))
}
