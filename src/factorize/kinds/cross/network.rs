//! A cross network as the plan and the report see it. Not here: who is one (`mod`), nor which elements meet
//! (`tables`).

use super::tables;
use crate::{
    block::{kind::cross_network::CrossNetwork, shape::BlockShape},
    expfam::stat::{CATEGORY, StatKind},
    factorize::{
        contract::{Asked, ClaimedBlock, Laying, Member, Sizes, Unshaped},
        letters::axis_name,
        message::{Entry, Head, To, Update},
        roles::Role,
        symbol::bracket,
        text::{InProduct, Written, listed, mark},
    },
    graph::{
        bound::ObservedArray,
        energy::{Energy, LabelId, Op, Rewritten, Source, View},
        factor_graph::FactorGraph,
    },
    shape::{BlockId, Extent, NodeId, PlateId},
};
use std::collections::BTreeSet;

/// All elements of categories that meet in tables with zeros.
#[derive(Debug)]
pub struct Crossing {
    /// In file order; elements row-major over their plates.
    pub members: Vec<Member>,
}

impl Crossing {
    /// Of these nodes.
    pub fn new(graph: &FactorGraph, nodes: &[NodeId]) -> Self {
        let member = |n: &NodeId| Member { node: *n, inner: graph.nodes[n.0].plates.clone(), vector: false };
        Self { members: nodes.iter().map(member).collect() }
    }

    /// Why it was taken: tables with zeros, or steps that other rows pick.
    pub fn why(&self, graph: &FactorGraph, zeros: bool) -> String {
        let nodes: Vec<NodeId> = self.members.iter().map(|m| m.node).collect();
        let (what, their) = if nodes.len() == 1 { ("Elements of ", "them") } else { ("", "their elements") };
        let names = listed(graph, &nodes, "and");
        if zeros {
            return format!(
                "{what}{names} meet in a table with zeros: one junction tree over all of {their} keeps what is possible together exact."
            );
        }
        format!(
            "{what}{names} depend on the step before, and other rows pick steps: one junction tree over all of {their} keeps them exact."
        )
    }

    fn place(&self, source: Source) -> Option<usize> {
        self.members.iter().position(|m| source == Source::Node(m.node))
    }

    /// The factors that hold a member, its products' indicators written as one operand.
    pub fn rewritten(&self, energy: &Energy, id: BlockId) -> Rewritten {
        let holding = energy.holding_any(self.members.iter().map(|m| Source::Node(m.node)));
        let rewrite = |i: usize| {
            let mut f = energy.factor(i).clone();
            for term in &mut f.terms {
                let mut views: Vec<View> = vec![];
                let mut rest: Vec<Op> = vec![];
                for op in std::mem::take(&mut term.ops) {
                    match self.place(op.source) {
                        Some(member) => {
                            views.push(View { member, elements: op.elements, axis: op.axes.first().copied() })
                        }
                        None => rest.push(op),
                    }
                }
                views.sort_by_key(|v| v.member);
                if !views.is_empty() {
                    let part = views.len() - 1;
                    rest.push(Op { views, ..Op::new(Source::Block(id), part, vec![], vec![]) });
                }
                term.ops = rest;
            }
            (i, f)
        };
        holding.into_iter().map(rewrite).collect()
    }
}

impl ClaimedBlock for Crossing {
    fn text(&self, _: &FactorGraph) -> String {
        "network over elements (junction tree)".into()
    }

    fn report_name(&self, _: &FactorGraph) -> &'static str {
        "joint"
    }

    fn cost(&self, _: &FactorGraph, _: Sizes<'_>) -> String {
        "What an update costs, the data say: a few operations for each entry of its tables.".into()
    }

    fn plates<'a>(&'a self, _: &'a FactorGraph) -> &'a [PlateId] {
        &[]
    }

    fn stat(&self, _: &FactorGraph) -> &'static StatKind {
        &CATEGORY
    }

    fn members(&self) -> &[Member] {
        &self.members
    }

    fn data_decide(&self, _: &FactorGraph, _: Sizes<'_>) -> bool {
        true
    }

    fn crossing(&self, of: &Laying<'_>) -> Option<CrossNetwork> {
        let nodes: Vec<NodeId> = self.members.iter().map(|m| m.node).collect();
        let known = nodes.iter().map(|n| match of.bound.observed(*n) {
            Some(ObservedArray::Codes(codes)) if of.roles[n.0] == Role::Mixed => Some(codes.clone()),
            _ => None,
        });
        Some(CrossNetwork::new(tables::places(of.graph, of.bound, &nodes), known.collect()))
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        let span = of.graph.nodes[self.members[0].node.0].call;
        let none = || Unshaped { span, what: "a network over elements without data".into() };
        self.crossing(of).map(|c| Box::new(c) as Box<dyn BlockShape>).ok_or_else(none)
    }

    fn letter(&self, op: &Op, node: NodeId) -> Option<LabelId> {
        op.views.iter().find(|v| self.members[v.member].node == node)?.axis
    }

    /// A head for each set of members that products hold.
    fn update(&self, of: Asked<'_>) -> Update {
        let graph = of.graph;
        let mut held = BTreeSet::new();
        for at in of.energy.places(of.source) {
            let op = of.energy.operand(at).1;
            held.insert(op.views.iter().map(|v| v.member).collect::<Vec<_>>());
        }
        let mut heads = vec![];
        for members in held {
            let mut used: Vec<String> = vec![];
            let (mut views, mut texts, mut event) = (vec![], vec![], vec![]);
            for (i, &m) in members.iter().enumerate() {
                let prime = "′".repeat(members[..i].iter().filter(|x| **x == m).count());
                let plates = self.members[m].inner.iter();
                let names: Vec<String> = plates.map(|p| format!("{}{prime}", graph.plate_name(*p))).collect();
                used.extend(names.iter().cloned());
                let node = &graph.nodes[self.members[m].node.0];
                let state = axis_name(graph, node.event.unwrap_or(Extent::Number(1)), &used);
                used.push(state.clone());
                texts.push(format!("{} = {state}", bracket(&node.name, &names)));
                event.push(state);
                views.push(Entry { member: m, names });
            }
            let to = To::Entries { source: of.source, views, apart: 0, within: false, same: None };
            heads.push(Head { text: format!("η({})", texts.join(", ")), to, event, optional: true });
        }
        let moments = "Moments: messages along a junction tree over all elements, to its roots and back, give the probability of each of these sets of states.";
        Update { heads, moments: moments.into(), legend: vec![] }
    }

    /// The probability of the states that the product holds.
    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let state = |v: &View| v.axis.map_or(String::new(), |l| of.names.letter(l));
        if let [v] = &op.views[..] {
            let mut at = of.at(&v.elements);
            at.push(state(v));
            return Written::Weight(bracket(
                &mark(of.graph, of.roles, "r", self.members[v.member].node),
                &at,
            ));
        }
        let one = |v: &View| {
            let name = &of.graph.nodes[self.members[v.member].node.0].name;
            format!("{} = {}", bracket(name, &of.at(&v.elements)), state(v))
        };
        Written::Weight(format!("q({})", op.views.iter().map(one).collect::<Vec<_>>().join(", ")))
    }
}
