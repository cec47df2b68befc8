//! What the arrays of a plan take, told before they are made. Not here: how much memory there is (`cli`).

use super::{
    Plan,
    var::{Storage, Var},
};
use crate::{
    expfam::stat::{PartShape, StatKind},
    graph::{
        Bound, FactorGraph,
        energy::{Known, KnownMap},
        factor_graph::{ExprKind, PlateKind, Ref, Target},
    },
    shape::{Extent, NodeId},
    source::Span,
};

/// Bytes of a number, and of a code.
const NUMBER: f64 = 8.0;
const CODE: f64 = 4.0;

/// More than this is refused whatever there is: rows find elements by 32 bits, and no machine has so much.
pub const MOST: u64 = 1 << 46;
/// The most numbers of one variable.
const MOST_NUMBERS: f64 = 4_294_967_295.0;

/// An array to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// What it is, in words.
    pub name: String,
    /// Where the model asks for it.
    pub span: Option<Span>,
    /// Its size, about.
    pub bytes: f64,
    /// Whether it has more numbers than can be found by rows.
    pub too_long: bool,
}

/// Arrays that need more than there is.
#[derive(Clone, Debug, PartialEq)]
pub struct NoRoom {
    /// All, the largest first.
    pub needs: Vec<Need>,
    /// Bytes that may be taken.
    pub limit: u64,
}

/// Is there room for all of them?
///
/// # Errors
/// There is not: what each takes.
pub fn check(mut needs: Vec<Need>, limit: u64) -> Result<(), NoRoom> {
    let all: f64 = needs.iter().map(|n| n.bytes).sum();
    if all <= limit as f64 && !needs.iter().any(|n| n.too_long) {
        return Ok(());
    }
    needs.sort_by(|a, b| b.bytes.total_cmp(&a.bytes));
    Err(NoRoom { needs, limit })
}

fn size(bound: &Bound, x: Extent) -> f64 {
    bound.size(x) as f64
}

fn width(kind: &StatKind, d: f64) -> f64 {
    let of = |shape| match shape {
        PartShape::Scalar => 1.0,
        PartShape::Vector => d,
        PartShape::Matrix => d * d,
    };
    kind.parts.iter().map(|p| of(p.shape)).sum()
}

/// What nodes and known numbers take at the least, by the sizes of plates and axes alone.
pub fn by_sizes(graph: &FactorGraph, bound: &Bound, knowns: &[Known]) -> Vec<Need> {
    let mut out = vec![];
    for (i, n) in graph.nodes.iter().enumerate() {
        let rows = |k: &PlateKind| {
            matches!(k, PlateKind::Rows { .. } | PlateKind::Steps { .. } | PlateKind::Tree { .. })
        };
        let elements: f64 = n.plates.iter().map(|&p| size(bound, Extent::Plate(p))).product();
        let numbers = elements * width(n.spec.stat, n.event.map_or(1.0, |e| size(bound, e)));
        // Those of rows may live in a chunk of rows at a time, and observed ones have one array.
        let passing =
            n.plates.iter().any(|p| rows(&graph.plates[p.0].kind)) || bound.observed(NodeId(i)).is_some();
        out.push(Need {
            name: format!("`{}`, moments and η", n.name),
            span: Some(n.span),
            bytes: if passing { 0.0 } else { 2.0 * NUMBER * numbers },
            too_long: elements > MOST_NUMBERS || !passing && numbers > MOST_NUMBERS,
        });
    }
    out.extend(knowns.iter().filter_map(|k| known(graph, bound, k)));
    out
}

/// A known array; none for a column or an input that is read as it stands.
fn known(graph: &FactorGraph, bound: &Bound, k: &Known) -> Option<Need> {
    let elements: f64 = k.elements.iter().map(|&e| size(bound, e)).product();
    let each = match k.map {
        KnownMap::Stat { kind, .. } => width(kind, k.event.map_or(1.0, |e| size(bound, e))),
        _ => k.expr.axes.iter().map(|&a| size(bound, a)).product(),
    };
    let plain = match &k.expr.kind {
        ExprKind::Ref(Ref { target: Target::Input(i), .. }) => !bound.inputs[i.0].is_empty(),
        ExprKind::Ref(_) => true,
        _ => false,
    };
    (!(plain && matches!(k.map, KnownMap::Value)) || elements * each > MOST_NUMBERS).then(|| Need {
        name: format!("known `{}`", graph.expr_text(&k.expr)),
        span: Some(k.expr.span),
        bytes: NUMBER * elements * each,
        too_long: elements * each > MOST_NUMBERS,
    })
}

/// What the variables of a plan take, now that it is known which pass by with their rows; `reported` says of which
/// nodes every element is asked for.
pub fn of_variables<'v>(
    graph: &FactorGraph,
    vars: impl Iterator<Item = &'v Var>,
    reported: &dyn Fn(NodeId) -> bool,
) -> Vec<Need> {
    let need = |v: &Var| {
        let elements: f64 = v.plates.iter().map(|p| p.1 as f64).product();
        let numbers = elements * v.width as f64;
        let arrays = match v.storage {
            Storage::Stored => 2.0,
            Storage::Streamed { kept: true, .. } => 1.0,
            Storage::Streamed { .. } => 0.0,
        };
        // η and moments of each row, then what a report has of each: mean, sd, two quantiles, parameters.
        let report = if v.nodes.iter().any(|n| reported(*n)) { 2.0 + 4.0 } else { 0.0 };
        Need {
            name: format!("`{}`, moments and η", v.name),
            span: v.nodes.first().map(|n| graph.nodes[n.0].span),
            bytes: NUMBER * numbers * (arrays + report),
            too_long: v.storage == Storage::Stored && numbers > MOST_NUMBERS,
        }
    };
    vars.map(need).collect()
}

/// What a plan takes in all, its own arrays and those of a run.
pub fn of_plan(graph: &FactorGraph, plan: &Plan, reported: &dyn Fn(NodeId) -> bool) -> Vec<Need> {
    let mut out = of_variables(graph, plan.vars.iter(), reported);
    for t in plan.tables.iter() {
        out.push(Need {
            name: format!("the table of `{}` and its statistic", plan.names[t.node]),
            span: Some(graph.factors[t.factor].span),
            bytes: NUMBER * (t.len as f64 + 2.0 * t.packed_len() as f64),
            too_long: false,
        });
    }
    let (dense, codes) = plan.rows.held();
    let bytes = NUMBER * dense as f64 + CODE * codes as f64;
    out.push(Need { name: "the data".into(), span: None, bytes, too_long: false });
    out
}
