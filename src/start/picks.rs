//! What a category picks among: known arrays, or ones that are learned. Not here: what start it gets (`draw`).

use crate::{
    graph::energy::{LabelId, Op, Role as LabelRole},
    plan::{Plan, layout::VarId},
    shape::NodeId,
};

/// What a selector picks among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picked {
    /// What differs by the caller's word, or by numbers that are known while nothing else is learned.
    Settled,
    /// Known arrays alone, but for lines with other unknowns.
    Known,
    /// Arrays that are learned: nothing tells its categories apart at first.
    Learned,
}

/// What a node's category picks among; `settled` says which blocks start from the caller's values.
pub(super) fn picked(plan: &Plan, v: VarId, node: NodeId, settled: &dyn Fn(VarId) -> bool) -> Picked {
    let (var, energy) = (&plan.vars[v], &plan.blocks.energy);
    // Elements that meet each other under one known table may stand at a saddle between equal solutions.
    let apart = var.colours.len() <= 1;
    let (mut known, mut others) = (false, false);
    let mut learned = false;
    for f in energy.holding(plan.source(v)).map(|f| energy.factor(f)) {
        for t in &f.terms {
            for letter in t.ops.iter().filter_map(|o| letter(plan, o, v, node)) {
                if f.labels[letter].role != LabelRole::Gate {
                    continue;
                }
                let gated = |o: &&Op| o.labels().any(|l| l == letter);
                for g in t.ops.iter().filter(gated) {
                    match plan.var_of(g.source) {
                        Some(u) if u == v => {}
                        Some(u) if settled(u) => return Picked::Settled,
                        // What it hangs on from step to step tells no categories apart.
                        Some(_) if var.nodes.contains(&f.node) && apart => {}
                        Some(_) => learned = true,
                        None if apart => {
                            known = true;
                            let other = |o: &Op| plan.var_of(o.source).is_some_and(|u| u != v);
                            others |= !var.nodes.contains(&f.node) && t.ops.iter().any(other);
                        }
                        None => learned = true,
                    }
                }
            }
        }
    }
    match (learned, known && others) {
        (true, _) => Picked::Learned,
        (false, true) => Picked::Known,
        (false, false) => Picked::Settled,
    }
}

/// Does a node's category pick among learned arrays?
pub(super) fn picks_learned(plan: &Plan, v: VarId, node: NodeId) -> bool {
    picked(plan, v, node, &|_| false) == Picked::Learned
}

/// The letter of a node's category in an operand of its variable.
fn letter(plan: &Plan, op: &Op, v: VarId, node: NodeId) -> Option<LabelId> {
    plan.var_of(op.source).filter(|of| *of == v).and_then(|v| plan.block(v).kind.letter(op, node))
}
