//! Sites: lines whose density is no product of statistics, each element by itself. No variable of q, but what
//! stands where a block does. Not here: its numbers (`block::kind::site`), nor what may depend on what
//! (`admission`).

use crate::{
    block::{kind::site::Sites, shape::BlockShape},
    expfam::{site::Site, stat::StatKind},
    factorize::{
        claim::Claim,
        claims::Claims,
        contract::{Asked, ClaimedBlock, Laying, Sizes, Unshaped},
        heads::{self, Place},
        message::Update,
        roles::Role,
        symbol::{bracket, named},
        text::{InProduct, Written},
    },
    graph::{energy::Op, factor_graph::FactorGraph},
    shape::{NodeId, PlateId},
};
use std::sync::Arc;

/// The registry's entry.
pub static SITE: SitesOfLines = SitesOfLines;

/// Claims nodes that are bound to data by a link.
pub struct SitesOfLines;

impl Claim for SitesOfLines {
    fn claim(&self, claims: &mut Claims<'_>) {
        for node in claims.free_nodes() {
            let Some(site) = claims.graph.nodes[node.0].spec.site else { continue };
            if claims.blocks.roles[node.0] == Role::Site {
                let kind = match site.convex() {
                    true => "It is convex, and below E ln p whatever its predictor's distribution.",
                    false => {
                        "It is E ln p itself, of a Gaussian predictor; where an update would lower the bound, it takes a part of it."
                    }
                };
                let why = vec![format!("By {}.", site.rule()), kind.to_string()];
                claims.add(vec![node], Arc::new(OneSite { node, site }), why, [].into());
            }
        }
    }
}

/// One line's site.
#[derive(Debug)]
struct OneSite {
    node: NodeId,
    site: &'static dyn Site,
}

impl ClaimedBlock for OneSite {
    fn text(&self, _: &FactorGraph) -> String {
        format!("site ({})", self.site.name())
    }

    fn report_name(&self, _: &FactorGraph) -> &'static str {
        "site"
    }

    fn cost(&self, graph: &FactorGraph, _: Sizes<'_>) -> String {
        let over: Vec<&str> = self.plates(graph).iter().map(|p| graph.plate_name(*p)).collect();
        let each = if over.is_empty() { String::new() } else { format!(" for each {}", over.join(", ")) };
        format!("An update costs one mean of a function{each}.")
    }

    fn plates<'a>(&'a self, graph: &'a FactorGraph) -> &'a [PlateId] {
        &graph.nodes[self.node.0].plates
    }

    fn stat(&self, graph: &FactorGraph) -> &'static StatKind {
        graph.nodes[self.node.0].spec.stat
    }

    fn named_by_node(&self) -> bool {
        true
    }

    fn site(&self) -> Option<&'static dyn Site> {
        Some(self.site)
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        let width = self.stat(of.graph).width(of.d(self.node));
        Ok(Box::new(Sites::new(self.site, width, (of.known)(self.node).held)))
    }

    fn update(&self, of: Asked<'_>) -> Update {
        let node = &of.graph.nodes[self.node.0];
        let text =
            |at: Place<'_>| format!("η({})", named(at.part.symbol, &[('x', bracket(&node.name, at.index))]));
        let (heads, legend) = heads::parts(of, self.node, node.spec.stat, &text);
        let moments = "Here a, b, … are the slopes of A in these.".to_string();
        Update { heads, legend, moments }
    }

    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let node = &of.graph.nodes[self.node.0];
        let symbol = node.spec.stat.parts[op.part].symbol;
        Written::Factor(named(symbol, &[('x', bracket(&node.name, &of.at(&op.elements)))]), vec![])
    }
}
