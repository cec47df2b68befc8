//! What `elbow explain` prints: the factors as on paper, the blocks of q with every update in symbols, and
//! the bound.
//!
//! Nothing here knows a distribution. A block's natural parameters are the slopes of the energy in its parts:
//! each product that holds a part, with that part taken out, is a message, and is printed as it stands. Not
//! here: blocks and reasons (`factorize`), numbers.

mod argument;
mod density;
mod letters;
mod matrix;
mod message;
mod number;
mod one_factor;
mod operand;
mod product;
mod updates;

use crate::{
    factorize::{Blocks, roles::Role},
    graph::factor_graph::FactorGraph,
    shape::NodeId,
};

/// The whole page.
pub fn page(graph: &FactorGraph, blocks: &Blocks) -> String {
    let mut out = if graph.name.is_empty() { String::new() } else { format!("{}\n\n", graph.name) };
    out += "The factors: ln p of each line of the model\n\n";
    out += &density::factors(graph, blocks);
    out += "\nThe factorisation of q, and each block's update\n\n";
    out += "⟨·⟩ is an expectation under q. An update sets a block's natural parameters η to the sum of the messages to it.\n\n";
    out += &updates::updates(graph, blocks);
    out += "The bound: the ELBO is the sum of these, in nats\n\n";
    out += &bound(graph, blocks);
    out
}

/// Each node's share of the bound.
fn bound(graph: &FactorGraph, blocks: &Blocks) -> String {
    let width = graph.nodes.iter().map(|n| n.name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        let id = NodeId(i);
        let mut line = if graph.function(id).is_some() {
            "nothing: a known function of others".to_string()
        } else if blocks.roles[i] == Role::Predicted {
            "nothing: a prediction, its q is p given its parents".to_string()
        } else {
            let parents = density::parents(graph, id);
            let given = if parents.is_empty() { String::new() } else { format!(" | {}", parents.join(", ")) };
            format!("⟨ln p({}{given})⟩", node.name)
        };
        for b in &blocks.list {
            if let (Some(site), true) = (b.kind.site(), b.nodes.contains(&id)) {
                line += &format!(", by {}", site.rule());
                continue;
            }
            if b.nodes.iter().min() == Some(&id) {
                let names: Vec<&str> = b.nodes.iter().map(|n| graph.nodes[n.0].name.as_str()).collect();
                line += &format!(" + H[q({})]", names.join(", "));
            }
        }
        out += &format!("    {:width$}  {line}\n", node.name);
    }
    out
}
