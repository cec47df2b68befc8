//! Claims of Normal–Gamma blocks of a vector: a jointly Gaussian block and the one precision that scales
//! every product with it. Not here: which variables are jointly Gaussian (`gaussian`), pairs of a variable
//! and its precision (`pairs`), the block's algorithm (`block`).

use super::{
    Blocks,
    gaussian::{self, GaussianJoint},
    roles::Role,
};
use crate::{
    block::normal_gamma_vector::{self, TAU_PARTS},
    graph::{
        energy::{Element, Energy, EnergyTerm, Op, Rewritten, Source},
        factor_graph::FactorGraph,
    },
    shape::NodeId,
};
use std::collections::BTreeSet;

/// The block with its precision, and the factors that hold them in the statistic of both; or what is in the
/// way of each precision that it meets. `None` where it meets none.
pub fn claim(
    graph: &FactorGraph,
    blocks: &Blocks,
    joint: &GaussianJoint,
    allows: &dyn Fn(&[NodeId]) -> bool,
) -> Option<Result<(GaussianJoint, Rewritten), (NodeId, String)>> {
    if joint.chain.is_some() || joint.sparse {
        return None;
    }
    let index = blocks.gaussians.len();
    let written = gaussian::rewritten(graph, &blocks.energy, joint, index);
    let fits = |tau: NodeId| {
        let node = &graph.nodes[tau.0];
        node.spec.stat == normal_gamma_vector::SPEC.members[1]
            && blocks.roles[tau.0] == Role::Latent
            && node.plates.len() == joint.outer.len()
            && node.plates.iter().all(|p| joint.outer.contains(p))
    };
    let met: BTreeSet<NodeId> = written
        .values()
        .flat_map(|f| &f.terms)
        .filter(|t| t.ops.iter().any(|o| o.source == Source::Gaussian(index)))
        .flat_map(|t| &t.ops)
        .filter_map(|o| if let Source::Node(n) = o.source { Some(n) } else { None })
        .filter(|n| fits(*n))
        .collect();
    let mut refused = None;
    for tau in met {
        if !allows(&[joint.nodes(), vec![tau]].concat()) {
            continue;
        }
        match scale(graph, &blocks.energy, &written, joint, index, tau) {
            Ok(energy) => return Some(Ok((GaussianJoint { scale: Some(tau), ..joint.clone() }, energy))),
            Err(why) => refused = refused.or(Some((tau, why))),
        }
    }
    refused.map(Err)
}

/// Writes products of the block and its precision as parts of their joint statistic; `written` are the
/// factors that hold the block.
fn scale(
    graph: &FactorGraph,
    energy: &Energy,
    written: &Rewritten,
    joint: &GaussianJoint,
    index: usize,
    tau: NodeId,
) -> Result<Rewritten, String> {
    let plates = &graph.nodes[tau.0].plates;
    // The precision's element in the block's order of plates.
    let element = |o: &Op| -> Vec<Element> {
        joint
            .outer
            .iter()
            .filter_map(|p| plates.iter().position(|q| q == p).map(|axis| o.elements[axis]))
            .collect()
    };
    let mut out = Rewritten::new();
    let mut theirs = written.keys().copied().peekable();
    let mut its = energy.holding(Source::Node(tau)).peekable();
    // In the order of the factors, so that a product without a place is met before all are gone through.
    while let Some(i) = [theirs.peek(), its.peek()].into_iter().flatten().min().copied() {
        (theirs.next_if_eq(&i), its.next_if_eq(&i));
        let mut f = written.get(&i).unwrap_or_else(|| energy.factor(i)).clone();
        for term in &mut f.terms {
            let of = |source: Source| {
                (0..term.ops.len()).filter(|&i| term.ops[i].source == source).collect::<Vec<usize>>()
            };
            let (vector, precision) = (of(Source::Gaussian(index)), of(Source::Node(tau)));
            match (vector.as_slice(), precision.as_slice()) {
                ([], []) => {}
                ([], &[t]) => {
                    let old = &term.ops[t];
                    term.ops[t] = Op::new(Source::Gaussian(index), TAU_PARTS[old.part], element(old), vec![]);
                }
                (&[x], &[t]) if term.ops[t].part == 0 && element(&term.ops[t]) == term.ops[x].elements => {
                    // τx and τxxᵀ stand where x and xxᵀ stood.
                    term.ops.remove(t);
                }
                _ => return Err(refusal(graph, joint, tau, f.node, term, index)),
            }
        }
        out.insert(i, f);
    }
    Ok(out)
}

fn refusal(
    graph: &FactorGraph,
    joint: &GaussianJoint,
    tau: NodeId,
    of: NodeId,
    term: &EnergyTerm,
    index: usize,
) -> String {
    let name = |n: NodeId| format!("`{}`", graph.nodes[n.0].name);
    let members: Vec<String> = joint.members.iter().map(|m| name(m.node)).collect();
    let held = term.ops.iter().any(|o| o.source == Source::Node(tau));
    let views = term.ops.iter().filter(|o| o.source == Source::Gaussian(index)).flat_map(|o| &o.views);
    let product: Vec<&str> =
        views.map(|v| graph.nodes[joint.members[v.member].node.0].name.as_str()).collect();
    let product = match product.as_slice() {
        [x, y] if x == y => format!("{x}²"),
        all => all.join("·"),
    };
    let own = joint.members.iter().any(|m| m.node == of);
    let hint = match (held, own) {
        (false, true) => {
            format!("; it would if the precision of {} were a multiple of {}", name(of), name(tau))
        }
        _ => ", so they are kept apart".into(),
    };
    let with = if held {
        format!("that product with another {}", name(tau))
    } else {
        format!("{product} without {}", name(tau))
    };
    format!(
        "A Normal–Gamma block of {} and {} has no moments for {with}, which the density of {} needs{hint}.",
        members.join(", "),
        name(tau),
        name(of)
    )
}
