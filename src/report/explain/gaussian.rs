//! The natural parameters of a jointly Gaussian block: the slopes in its entries, in products of two of them
//! and, along a chain, in products of neighbours. Not here: how a message is gathered (`message`).

use super::{
    letters::event_names,
    message::{Entry, MessageText, To, messages},
    one_factor::OneFactor,
    symbol::{both, bracket},
};
use crate::{
    block::normal_gamma_vector::TAU_PARTS,
    factorize::{Blocks, gaussian::GaussianJoint},
    graph::{energy::Source, factor_graph::FactorGraph},
    shape::PlateId,
};

/// Each natural parameter as it is written, and the messages to it. Products that no factor holds are left
/// out: they are zero.
pub fn heads(graph: &FactorGraph, blocks: &Blocks, g: usize) -> Vec<(String, Vec<MessageText>)> {
    let joint = &blocks.gaussians[g];
    let members = joint.members.len();
    let all = |to: To, event: &[String]| -> Vec<MessageText> {
        let factors = blocks.energy.holding(Source::Gaussian(g));
        factors
            .flat_map(|factor| messages(OneFactor { graph, blocks, factor }, &to, &joint.outer, event))
            .collect()
    };
    let mut heads = vec![];
    for m in 0..members {
        let views = vec![entry(graph, joint, m, None)];
        let text = scaled(graph, joint, name(graph, joint, &views[0], 0));
        heads.push((
            format!("η({text})"),
            all(To::Entries { gaussian: g, views, apart: 0, same: None }, &axes(graph, joint, &[m])),
        ));
    }
    for apart in 0..=joint.lags.max(usize::from(joint.chain.is_some())) {
        for a in 0..members {
            // Neighbours are not interchangeable: the earlier one stands first.
            for b in if apart > 0 { 0 } else { a }..members {
                // The few products that a sparse block has are those of an element with itself, and of two.
                let ways: &[Option<bool>] =
                    if joint.sparse && a == b { &[Some(true), Some(false)] } else { &[None] };
                for &same in ways {
                    let views = vec![
                        entry(graph, joint, a, None),
                        entry(graph, joint, b, if same == Some(true) { None } else { Some(a) }),
                    ];
                    let (x, y) = (name(graph, joint, &views[0], apart), name(graph, joint, &views[1], 0));
                    let text = scaled(
                        graph,
                        joint,
                        both(&x, &y, joint.members[a].vector && joint.members[b].vector),
                    );
                    let list =
                        all(To::Entries { gaussian: g, views, apart, same }, &axes(graph, joint, &[a, b]));
                    if !list.is_empty() {
                        heads.push((format!("η({text})"), list));
                    }
                }
            }
        }
    }
    for part in TAU_PARTS.into_iter().filter(|_| joint.scale.is_some()) {
        heads.push((
            format!("η({})", precision(graph, joint, part)),
            all(To::Part(Source::Gaussian(g), part), &[]),
        ));
    }
    heads
}

/// With the precision that scales the block in front.
fn scaled(graph: &FactorGraph, joint: &GaussianJoint, text: String) -> String {
    if joint.scale.is_some() { format!("{} {text}", precision(graph, joint, TAU_PARTS[0])) } else { text }
}

/// The precision, or its logarithm.
fn precision(graph: &FactorGraph, joint: &GaussianJoint, part: usize) -> String {
    let at: Vec<String> = joint.outer.iter().map(|p| graph.plate_name(*p).to_owned()).collect();
    let text = joint.scale.map_or(String::new(), |n| bracket(&graph.nodes[n.0].name, &at));
    if part == TAU_PARTS[0] { text } else { format!("ln {text}") }
}

/// An entry of a member, its indices named after its plates; primed where `beside` has the same.
fn entry(graph: &FactorGraph, joint: &GaussianJoint, member: usize, beside: Option<usize>) -> Entry {
    let other: &[PlateId] = beside.map_or(&[], |o| &joint.members[o].inner);
    let name = |p: &PlateId| format!("{}{}", graph.plate_name(*p), if other.contains(p) { "′" } else { "" });
    Entry { member, names: joint.members[member].inner.iter().map(name).collect() }
}

/// Letters for the axes of members that are vectors themselves.
fn axes(graph: &FactorGraph, joint: &GaussianJoint, members: &[usize]) -> Vec<String> {
    let vectors: Vec<usize> = members.iter().copied().filter(|m| joint.members[*m].vector).collect();
    vectors.first().map_or(vec![], |m| {
        let node = &graph.nodes[joint.members[*m].node.0];
        event_names(graph, &node.plates, node.event, vectors.len())
    })
}

/// `h[t-1,i]`: `back` steps before.
fn name(graph: &FactorGraph, joint: &GaussianJoint, entry: &Entry, back: usize) -> String {
    let node = &graph.nodes[joint.members[entry.member].node.0];
    let mut inner = entry.names.iter();
    let at = |p: &PlateId| {
        let outer = || match (joint.chain == Some(*p), back) {
            (true, 1..) => format!("{}-{back}", graph.plate_name(*p)),
            _ => graph.plate_name(*p).to_owned(),
        };
        if joint.outer.contains(p) { outer() } else { inner.next().cloned().unwrap_or_default() }
    };
    let at: Vec<String> = node.plates.iter().map(at).collect();
    bracket(&node.name, &at)
}
