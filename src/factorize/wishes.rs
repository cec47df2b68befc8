//! What the user asks of q: every node by itself, or some blocks by name. Not here: which blocks there are.

use super::{blocks::Blocks, reasons::Reasons, roles::Role};
use crate::{
    diag::{Code, Diagnostic, Diagnostics, Reported},
    graph::factor_graph::{FactorGraph, Factorize},
    shape::NodeId,
};
use std::collections::HashMap;

/// A block that can't be kept exact.
pub const E_NOT_EXACT: Code = Code("E0501");
/// A node named in two blocks, or one that has no q.
pub const E_BLOCK_MEMBER: Code = Code("E0502");

/// What the user's `factorize` allows.
#[derive(Debug)]
pub struct Wishes {
    /// Every node by itself.
    pub mean_field: bool,
    named: Vec<Vec<NodeId>>,
    /// Which of `named` a node is in.
    home: HashMap<NodeId, usize>,
}

impl Wishes {
    /// What the graph asks, names checked.
    ///
    /// # Errors
    /// A node that is named twice, or that has no q.
    pub fn new(graph: &FactorGraph, roles: &[Role], diags: &mut Diagnostics) -> Result<Self, Reported> {
        let mut named: Vec<Vec<NodeId>> = vec![];
        let mut home: HashMap<NodeId, usize> = HashMap::new();
        let mut failed = None;
        if let Factorize::Blocks(list) = &graph.factorize {
            for (members, _) in list {
                let mut nodes = vec![];
                for &(node, span) in members {
                    let name = &graph.nodes[node.0].name;
                    if home.insert(node, named.len()).is_some() {
                        let d = Diagnostic::error(E_BLOCK_MEMBER, format!("`{name}` is named in two blocks"));
                        failed = Some(diags.error(d.at(span, "here again").help("name each node once")));
                    } else if !roles[node.0].has_q() {
                        let observed = roles[node.0] == Role::Observed;
                        let what = if observed {
                            "is known from data"
                        } else {
                            "is a prediction: its q is p given its parents"
                        };
                        let d =
                            Diagnostic::error(E_BLOCK_MEMBER, format!("`{name}` {what}, so it has no block"));
                        let d = d.at(span, if observed { "observed" } else { "nothing depends on it" });
                        failed = Some(diags.error(d.help("leave it out of `Blocks`")));
                    }
                    nodes.push(node);
                }
                named.push(nodes);
            }
        }
        let mean_field = matches!(graph.factorize, Factorize::MeanField(_));
        failed.map_or(Ok(Self { mean_field, named, home }), Err)
    }

    /// May these nodes be one block?
    pub fn allows(&self, nodes: &[NodeId]) -> bool {
        let home = |n: &NodeId| self.home.get(n).copied();
        !self.mean_field
            && nodes.iter().all(|n| home(n) == home(&nodes[0]))
            && home(&nodes[0]).is_none_or(|b| self.named[b].len() == nodes.len())
    }

    /// Are they none of a block that the user named, or all of it?
    pub fn named_whole(&self, nodes: &[NodeId]) -> bool {
        self.mean_field || self.allows(nodes)
    }

    /// May these nodes be part of one block?
    pub fn together(&self, nodes: &[NodeId]) -> bool {
        let home = |n: &NodeId| self.home.get(n).copied();
        !self.mean_field && nodes.iter().all(|n| home(n) == home(&nodes[0]))
    }

    /// Blocks the user named must be there, whole.
    ///
    /// # Errors
    /// Those that can't be exact.
    pub fn granted(
        &self,
        graph: &FactorGraph,
        blocks: &Blocks,
        reasons: &Reasons,
        diags: &mut Diagnostics,
    ) -> Result<(), Reported> {
        let Factorize::Blocks(list) = &graph.factorize else { return Ok(()) };
        let mut failed = None;
        for (members, span) in list {
            let nodes: Vec<NodeId> = members.iter().map(|m| m.0).collect();
            let whole = nodes
                .first()
                .and_then(|&n| blocks.of(n))
                .is_some_and(|b| nodes.iter().all(|n| blocks.of(*n) == Some(b)));
            if whole || nodes.is_empty() {
                continue;
            }
            let names: Vec<_> = nodes.iter().map(|n| format!("`{}`", graph.nodes[n.0].name)).collect();
            let mut d =
                Diagnostic::error(E_NOT_EXACT, format!("{} can't be kept as one block", names.join(" and ")))
                    .at(*span, "asked for here");
            let mut said: Vec<&String> = nodes.iter().flat_map(|n| reasons.of(*n)).collect();
            said.dedup();
            for why in said {
                d = d.note(why.clone());
            }
            if d.notes.is_empty() {
                d = d.note("no kind of block has closed-form updates for these variables together");
            }
            failed = Some(diags.error(d.help("name them in blocks of their own, or leave them to `Auto`")));
        }
        failed.map_or(Ok(()), Err)
    }
}
