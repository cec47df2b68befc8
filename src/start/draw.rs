//! First responsibilities of selectors, so that components differ. Not here: those that the caller gives
//! (`given`), nor what a run makes of them (`first`).
//!
//! A selector whose components differ already (they are known arrays, or some of its categories are observed)
//! needs no start. Otherwise, where its children are numbers, or several categories a row, their statistics
//! are clustered by k-means++ (`features`); where a row has only one symbol, groups of rows are clustered if
//! the selector has groups (`groups`), else every symbol gets a random affinity to the components. Restart
//! r > 0 draws again and occupies fewer components, few and many in turn, since starts that occupy every
//! component rarely reach the best bound of an over-complete mixture.

use super::{features::Features, groups::Groups};
use crate::{
    graph::{
        FactorGraph,
        energy::{LabelId, Op, Role as LabelRole, Source},
    },
    num::stream::Stream as Random,
    plan::{
        Plan,
        layout::VarId,
        table::{From, Table},
        var::Storage,
    },
    shape::NodeId,
};
use std::{ops::Range, sync::Arc};

/// First responsibilities of one selector.
#[derive(Debug)]
pub(super) enum Drawn {
    /// A category for each element, in storage order.
    Labels(Vec<u32>),
    /// A row of responsibilities for each code of an array of codes.
    ByCode { codes: usize, table: Vec<f64> },
    /// Equal for all, but for cells that are known.
    Even,
    /// The caller's: elements × categories, in storage order.
    Rows(Arc<[f64]>),
}

impl Drawn {
    /// Writes the responsibilities of the elements at the places `range`, `inner` elements each of `k`
    /// categories.
    pub fn write(&self, plan: &Plan, range: Range<usize>, inner: usize, k: usize, out: &mut [f64]) {
        match self {
            Drawn::Even => out.fill(1.0 / k as f64),
            Drawn::Rows(rows) => out.copy_from_slice(&rows[range.start * inner * k..range.end * inner * k]),
            Drawn::Labels(labels) => {
                out.fill(0.0);
                for (row, &label) in
                    out.chunks_exact_mut(k).zip(&labels[range.start * inner..range.end * inner])
                {
                    row[label as usize] = 1.0;
                }
            }
            Drawn::ByCode { codes, table } => {
                let codes = &plan.rows.codes[*codes];
                for (i, row) in out.chunks_exact_mut(k).enumerate() {
                    let code = codes.data[range.start + i / inner];
                    if code == u32::MAX {
                        row.fill(1.0 / k as f64);
                    } else {
                        row.copy_from_slice(&table[code as usize * k..(code as usize + 1) * k]);
                    }
                }
            }
        }
    }
}

/// Random responsibilities, far from even.
pub(super) fn soft(k: usize, random: &mut Random, out: &mut [f64]) {
    let ones = vec![1.0; k];
    for row in out.chunks_exact_mut(k) {
        random.dirichlet(&ones, row);
    }
}

/// What start a variable needs; of a network, one member of it. `settled` says which blocks start from the
/// caller's values.
pub(super) fn draw(
    graph: &FactorGraph,
    plan: &Plan,
    v: VarId,
    member: usize,
    seed: u64,
    restart: usize,
    settled: &dyn Fn(VarId) -> bool,
) -> Option<Drawn> {
    let var = &plan.vars[v];
    let node = *var.nodes.get(member)?;
    let name = if var.nodes.len() > 1 { &plan.names[node.0] } else { &var.name };
    if !graph.nodes[node.0].spec.stat.one_hot() {
        return None;
    }
    // Letters of its categories as a gate; and whether anything known differs along them.
    let mut gates = false;
    let energy = &plan.blocks.energy;
    for f in energy.holding(plan.source(v)).map(|f| energy.factor(f)) {
        for t in &f.terms {
            for letter in t.ops.iter().filter_map(|o| letter(plan, o, v, node)) {
                if f.labels[letter].role != LabelRole::Gate {
                    continue;
                }
                let gated = |o: &&Op| o.elements.iter().any(|e| e.label() == Some(letter));
                for g in t.ops.iter().filter(gated) {
                    // What the selector picks among differs by the caller's word.
                    if plan.var_of(g.source).is_some_and(settled) {
                        return None;
                    }
                    // Elements that meet each other under one known table may stand at a saddle between equal
                    // solutions.
                    let apart = var.colours.len() <= 1;
                    match g.source {
                        Source::Known(_) if apart => return None,
                        Source::Node(n) if apart && !plan.blocks.roles[n.0].has_q() => return None,
                        _ => gates = true,
                    }
                }
            }
        }
    }
    if !gates {
        return None;
    }
    let k = var.shape.states(member);
    if var.shape.has_known(Some(member)) {
        return Some(Drawn::Even);
    }
    if var.storage == Storage::Stored {
        // Filled at random when the session starts.
        return Some(Drawn::Even);
    }
    let mut random = Random::new(seed, name, restart as u64);
    let occupied = occupied(k, restart);
    let features = Features::of(plan, v);
    if features.width > 0 {
        let labels = features.cluster(occupied, &mut random);
        let inner = var.inner();
        return Some(Drawn::Labels(labels.into_iter().flat_map(|l| std::iter::repeat_n(l, inner)).collect()));
    }
    let codes = single_codes(plan, v)?;
    let levels =
        plan.rows.codes[codes].data.iter().filter(|&&c| c != u32::MAX).max().map_or(0, |m| *m as usize + 1);
    let ascent = var.stream().and_then(|s| plan.local_ascent(s)).filter(|a| a.selector == v);
    if let Some(ascent) = ascent {
        let weight = plan.streams[ascent.stream].weight.as_deref();
        let levels_of = &plan.rows.codes[ascent.codes].data;
        let mut places: Vec<Range<u32>> = ascent.starts.windows(2).map(|w| w[0]..w[1]).collect();
        places.sort_by_key(|p| levels_of[p.start as usize]);
        let groups = Groups { places, symbols: &plan.rows.codes[codes].data, weight };
        if let Some(table) = groups.affinity(levels, k, occupied, &mut random) {
            return Some(Drawn::ByCode { codes, table });
        }
    }
    let mut table = vec![0.0; levels * k];
    let ones = vec![1.0; occupied];
    for row in table.chunks_exact_mut(k) {
        random.dirichlet(&ones, &mut row[..occupied]);
    }
    Some(Drawn::ByCode { codes, table })
}

/// The letter of a node's category in an operand of its variable.
fn letter(plan: &Plan, op: &Op, v: VarId, node: NodeId) -> Option<LabelId> {
    plan.var_of(op.source).filter(|of| *of == v).and_then(|v| plan.block(v).kind.letter(op, node))
}

/// How many components a start occupies: all at first, then shares of them from the van der Corput sequence
/// ½, ¼, ¾, ⅛, …, so that a handful of restarts has tried few and many.
fn occupied(k: usize, restart: usize) -> usize {
    let (mut share, mut digit, mut r) = (0.0, 0.5, restart);
    while r > 0 {
        share += digit * (r % 2) as f64;
        digit /= 2.0;
        r /= 2;
    }
    if restart == 0 { k } else { 1 + (k as f64 * share) as usize }
}

/// The one array of symbols that rows of a selector have, in one column.
fn single_codes(plan: &Plan, v: VarId) -> Option<usize> {
    let child =
        |t: &&Table| t.reads(v) && t.pair.is_none() && !plan.vars[v].nodes.iter().any(|n| n.0 == t.node);
    plan.tables.iter().filter(child).flat_map(|t| &t.operands).find_map(|o| match o.from {
        From::Codes(id) if plan.rows.codes[id].data.len() == plan.rows.codes[id].rows => Some(id),
        _ => None,
    })
}
