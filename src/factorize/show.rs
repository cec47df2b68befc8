//! Blocks as text: what `explain --emit blocks` prints.

use super::{Blocks, Kind, chains};
use crate::{
    graph::{
        energy::{Element, Op, Source},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{NodeId, PlateId},
};

impl Blocks {
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
        format!("{}{over}: {}", self.q(graph, i), self.kind_text(graph, i))
    }

    /// `q(centre, spread)`.
    pub fn q(&self, graph: &FactorGraph, i: usize) -> String {
        let names: Vec<_> = self.list[i].nodes.iter().map(|n| graph.nodes[n.0].name.as_str()).collect();
        format!("q({})", names.join(", "))
    }

    /// `joint (Normal–Wishart)`.
    pub fn kind_text(&self, graph: &FactorGraph, i: usize) -> String {
        let b = &self.list[i];
        match b.kind {
            Kind::Single => format!("independent ({})", self.family_name(graph, b.nodes[0])),
            Kind::Chain(p) => {
                let sequence = match graph.plates[p.0].kind {
                    PlateKind::Steps { sequence: Some(c), .. } => {
                        format!(", one for each {}", graph.column_name(c))
                    }
                    _ => String::new(),
                };
                let chain = if self.is_tree(graph, p) { "tree over" } else { "chain along" };
                format!("{chain} {}{sequence}", graph.plate_name(p))
            }
            Kind::Joint(j) => format!("joint ({})", self.joints[j].spec.name),
            Kind::Gaussian(g) => match self.gaussians[g].chain {
                Some(p) => format!("chain along {} (Gaussian)", graph.plate_name(p)),
                None if self.gaussians[g].scale.is_some() => "joint (Normal–Gamma)".into(),
                None if self.gaussians[g].sparse => "joint (sparse Gaussian)".into(),
                None => "joint (Gaussian)".into(),
            },
            Kind::Network(n) => match self.networks[n].chain {
                Some(p) => {
                    let chain = if self.is_tree(graph, p) { "tree over" } else { "chain along" };
                    format!("{chain} {} (of several categories)", graph.plate_name(p))
                }
                None => "network (junction tree)".into(),
            },
        }
    }

    fn is_tree(&self, graph: &FactorGraph, plate: PlateId) -> bool {
        matches!(graph.plates[plate.0].kind, PlateKind::Tree { .. })
    }

    /// As the JSON report names a block's kind.
    pub fn kind_name(&self, graph: &FactorGraph, i: usize) -> &'static str {
        let chain = match self.list[i].kind {
            Kind::Chain(p) => Some(p),
            Kind::Gaussian(g) => self.gaussians[g].chain,
            Kind::Network(n) => self.networks[n].chain,
            _ => None,
        };
        match chain {
            Some(p) if self.is_tree(graph, p) => "tree",
            Some(_) => "chain",
            None => self.list[i].kind.name(),
        }
    }

    /// The family of a node's q: a Gamma for an Exponential.
    pub fn family_name(&self, graph: &FactorGraph, node: NodeId) -> String {
        let spec = graph.nodes[node.0].spec;
        spec.family.map_or_else(|| spec.name.to_owned(), |f| f.name().to_owned())
    }

    /// Names of the plates that block `i` has one element for.
    pub fn over(&self, graph: &FactorGraph, i: usize) -> Vec<String> {
        let b = &self.list[i];
        let steps = match b.kind {
            Kind::Chain(p) => Some(p),
            Kind::Gaussian(g) => self.gaussians[g].chain,
            Kind::Network(n) => self.networks[n].chain,
            _ => None,
        };
        let plates = match b.kind {
            Kind::Gaussian(g) => self.gaussians[g].outer.iter(),
            _ => graph.nodes[b.nodes[0].0].plates.iter(),
        };
        plates.filter(|p| Some(**p) != steps).map(|p| graph.plates[p.0].name.clone()).collect()
    }

    /// Are two operands a step of a chain and the one before it, kept together?
    pub fn keeps_pair(&self, graph: &FactorGraph, a: &Op, b: &Op) -> bool {
        if let Source::Gaussian(g) = a.source {
            let joint = &self.gaussians[g];
            let step = |p: &PlateId, x: Element, y: Element| {
                if joint.chain == Some(*p) { x.linked(y) } else { x == y }
            };
            let pairs = a.elements.iter().zip(&b.elements);
            return joint.chain.is_some()
                && joint.lags == 0
                && a.source == b.source
                && joint.outer.iter().zip(pairs).all(|(p, (x, y))| step(p, *x, *y));
        }
        if let Source::Network(n) = a.source {
            let network = &self.networks[n];
            let plates = &graph.nodes[network.members[0].0].plates;
            let step = |p: &PlateId, x: Element, y: Element| {
                if network.chain == Some(*p) { x.linked(y) } else { x == y }
            };
            let mut pairs = plates.iter().zip(a.elements.iter().zip(&b.elements));
            return network.chain.is_some()
                && a.source == b.source
                && pairs.all(|(p, (x, y))| step(p, *x, *y));
        }
        let Source::Node(node) = a.source else { return false };
        match self.of(node).map(|i| self.list[i].kind) {
            Some(Kind::Chain(plate)) => chains::is_link(graph, a, b, plate),
            _ => false,
        }
    }
}
