//! q as a product of blocks, and the energy in their statistics. Not here: which blocks are chosen (`claims`),
//! nor what any kind of block is (`kinds`).

use super::{contract::ClaimedBlock, roles::Role};
use crate::{
    expfam::form::Measure,
    graph::{
        energy::{Energy, FactorEnergy, Op, Rewritten, Source},
        factor_graph::FactorGraph,
    },
    shape::{BlockId, NodeId, PlateId},
};
use std::sync::Arc;

/// q as a product of blocks, and the energy in their statistics.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// In the order they are updated: file order of their first nodes. [`BlockId`] counts them.
    pub list: Vec<Block>,
    /// The energy, the blocks' statistics written in.
    pub energy: Energy,
    /// What each node is to inference.
    pub roles: Vec<Role>,
    /// The block of each node.
    home: Vec<Option<BlockId>>,
}

/// One block over plates: one block of q for each of their elements.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its nodes; of a pair, in the order of its members.
    pub nodes: Vec<NodeId>,
    /// How it is kept.
    pub kind: Arc<dyn ClaimedBlock>,
    /// Why this block, and why no larger one; sentences.
    pub why: Vec<String>,
}

impl Blocks {
    /// No block yet.
    pub fn new(energy: Energy, roles: Vec<Role>) -> Self {
        Self { list: vec![], energy, home: vec![None; roles.len()], roles }
    }

    /// Adds a block; its number.
    pub fn push(&mut self, block: Block) -> BlockId {
        let id = BlockId(self.list.len());
        block.nodes.iter().for_each(|n| self.home[n.0] = Some(id));
        self.list.push(block);
        id
    }

    /// Puts the blocks in the order of a key.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl Fn(&Block) -> K) {
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by_key(|&i| key(&self.list[i]));
        let mut to = vec![BlockId(0); order.len()];
        order.iter().enumerate().for_each(|(new, &old)| to[old] = BlockId(new));
        let list = std::mem::take(&mut self.list);
        let mut list: Vec<Option<Block>> = list.into_iter().map(Some).collect();
        self.list = order.iter().filter_map(|&old| list[old].take()).collect();
        self.home.iter_mut().flatten().for_each(|b| *b = to[b.0]);
        self.energy.renumber(&to);
    }

    /// The block that holds a node's q.
    pub fn of(&self, node: NodeId) -> Option<usize> {
        self.home[node.0].map(|b| b.0)
    }

    /// What a node's density is taken against: the measure of its family, where it has a q by itself.
    pub fn measure(&self, node: NodeId) -> Measure {
        let own = self.of(node).is_some_and(|b| self.list[b].kind.alone());
        if self.roles[node.0].has_q() && own { Measure::Family } else { Measure::Plain }
    }

    /// Leaves of each line the products that count against its child's measure.
    pub fn settle_measures(&mut self) {
        let some = |f: &FactorEnergy| f.terms.iter().any(|t| t.against.is_some());
        let all = self.energy.factors().iter().enumerate().filter(|(_, f)| some(f));
        let settled = all.map(|(i, f)| {
            let measure = self.measure(f.node);
            let mut settled = f.clone();
            settled.terms.retain(|t| t.against.is_none_or(|m| m == measure));
            settled.terms.iter_mut().for_each(|t| t.against = None);
            (i, settled)
        });
        let settled: Rewritten = settled.collect();
        self.energy.rewrite(settled);
    }

    /// The block of a source of moments.
    pub fn of_source(&self, source: Source) -> Option<usize> {
        match source {
            Source::Node(n) => self.of(n),
            Source::Block(b) => Some(b.0),
            Source::Known(_) => None,
        }
    }

    /// The source by which the energy names a block.
    pub fn source(&self, i: usize) -> Source {
        let block = &self.list[i];
        if block.kind.named_by_node() { Source::Node(block.nodes[0]) } else { Source::Block(BlockId(i)) }
    }

    /// Is a source one of Gaussian variables, latent ones?
    pub fn is_gaussian(&self, graph: &FactorGraph, source: Source) -> bool {
        match source {
            Source::Block(b) => self.list[b.0].kind.gaussian(),
            Source::Node(n) => {
                let sums = graph.nodes[n.0].spec.stat.arithmetic == crate::expfam::stat::Arithmetic::Sum;
                self.roles[n.0].has_q() && sums
            }
            Source::Known(_) => false,
        }
    }

    /// One paragraph for each block: kind, nodes, plates, reasons.
    pub fn show(&self, graph: &FactorGraph) -> String {
        (0..self.list.len()).map(|i| self.paragraph(graph, i)).collect()
    }

    /// One block: its line, and a line for each reason.
    pub fn paragraph(&self, graph: &FactorGraph, i: usize) -> String {
        let mut out = format!("{}\n", self.line(graph, i));
        for why in &self.list[i].why {
            out += &format!("    {why}\n");
        }
        out
    }

    /// `q(centre, spread) for each k: joint (Normal–Wishart)`.
    pub fn line(&self, graph: &FactorGraph, i: usize) -> String {
        let over = self.over(graph, i);
        let over = if over.is_empty() { String::new() } else { format!(" for each {}", over.join(", ")) };
        format!("{}{over}: {}", self.q(graph, i), self.list[i].kind.text(graph))
    }

    /// `q(centre, spread)`.
    pub fn q(&self, graph: &FactorGraph, i: usize) -> String {
        let names: Vec<_> = self.list[i].nodes.iter().map(|n| graph.nodes[n.0].name.as_str()).collect();
        format!("q({})", names.join(", "))
    }

    /// As the JSON report names a block's kind.
    pub fn kind_name(&self, graph: &FactorGraph, i: usize) -> &'static str {
        self.list[i].kind.report_name(graph)
    }

    /// Names of the plates that block `i` has one element for.
    pub fn over(&self, graph: &FactorGraph, i: usize) -> Vec<String> {
        let kind = &self.list[i].kind;
        let apart = |p: &&PlateId| Some(**p) != kind.steps();
        kind.plates(graph).iter().filter(apart).map(|p| graph.plates[p.0].name.clone()).collect()
    }

    /// Are two operands a step of a chain and the one before it, kept together?
    pub fn keeps_pair(&self, graph: &FactorGraph, a: &Op, b: &Op) -> bool {
        a.source == b.source
            && self.of_source(a.source).is_some_and(|i| self.list[i].kind.keeps_pair(graph, a, b))
    }
}
