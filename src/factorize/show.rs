//! Blocks as text: what `explain --emit blocks` prints.

use super::{Blocks, Kind};
use crate::graph::factor_graph::FactorGraph;

impl Blocks {
    /// One paragraph for each block: kind, nodes, plates, reasons.
    pub fn show(&self, graph: &FactorGraph) -> String {
        let mut out = String::new();
        for (i, b) in self.list.iter().enumerate() {
            let names: Vec<_> = b.nodes.iter().map(|n| graph.nodes[n.0].name.as_str()).collect();
            let over = self.over(graph, i);
            let over = if over.is_empty() { String::new() } else { format!(" for each {}", over.join(", ")) };
            let kind = match b.kind {
                Kind::Single => format!("independent ({})", graph.nodes[b.nodes[0].0].spec.name),
                Kind::Chain(p) => format!("chain along {}", graph.plates[p.0].name),
                Kind::Joint(j) => format!("joint ({})", self.joints[j].spec.name),
            };
            out += &format!("q({}){over}: {kind}\n", names.join(", "));
            for why in &b.why {
                out += &format!("    {why}\n");
            }
        }
        out
    }

    /// Names of the plates that block `i` has one element for.
    pub fn over(&self, graph: &FactorGraph, i: usize) -> Vec<String> {
        let b = &self.list[i];
        let steps = if let Kind::Chain(p) = b.kind { Some(p) } else { None };
        let plates = graph.nodes[b.nodes[0].0].plates.iter();
        plates.filter(|p| Some(**p) != steps).map(|p| graph.plates[p.0].name.clone()).collect()
    }
}
