//! Why larger blocks were not taken: a sentence for each node and each attempt.

use crate::{graph::factor_graph::FactorGraph, shape::NodeId};
use std::collections::HashSet;

/// Why larger blocks were not taken, by node, in the order in which that was found.
#[derive(Clone, Debug)]
pub struct Reasons {
    list: Vec<Vec<String>>,
    known: HashSet<(NodeId, String)>,
}

impl Reasons {
    /// None yet.
    pub fn new(graph: &FactorGraph) -> Self {
        Self { list: vec![vec![]; graph.nodes.len()], known: HashSet::new() }
    }

    /// One more.
    pub fn add(&mut self, node: NodeId, why: String) {
        self.known.insert((node, why.clone()));
        self.list[node.0].push(why);
    }

    /// If it was not said before.
    pub fn once(&mut self, node: NodeId, why: &str) {
        if self.known.insert((node, why.into())) {
            self.list[node.0].push(why.into());
        }
    }

    /// All of a node.
    pub fn of(&self, node: NodeId) -> &[String] {
        &self.list[node.0]
    }

    /// A block's reason, and then those of its nodes, each once.
    pub fn beside(&self, why: String, nodes: &[NodeId]) -> Vec<String> {
        let mut out = vec![why];
        let mut said: HashSet<&String> = HashSet::new();
        for r in nodes.iter().flat_map(|n| self.of(*n)) {
            if *r != out[0] && said.insert(r) {
                out.push(r.clone());
            }
        }
        out
    }
}
