//! One variable, each element by itself: what nobody else has claimed. Not here: the block's numbers
//! (`block::kind::{family, cells}`).

use crate::{
    block::{
        kind::{cells::KnownCells, family::Independent},
        shape::BlockShape,
    },
    expfam::{line::LINE, stat::StatKind},
    factorize::{
        claim::Claim,
        claims::Claims,
        contract::{Asked, ClaimedBlock, Laying, Sizes, Unshaped},
        cost,
        heads::{self, Place},
        letters::event_names,
        message::Update,
        roles::Role,
        symbol::{bracket, named},
        text::{InProduct, Written, mark},
    },
    graph::{
        energy::{LabelId, Op, Source},
        factor_graph::FactorGraph,
    },
    shape::{NodeId, PlateId},
};
use std::sync::Arc;

/// The registry's entry.
pub static SINGLE: Singles = Singles;

/// Claims what is left, each node by itself.
pub struct Singles;

impl Claim for Singles {
    fn claim(&self, claims: &mut Claims<'_>) {
        for node in claims.free_nodes() {
            claims.add(vec![node], Arc::new(Single { node }), vec![], [].into());
        }
    }
}

/// One variable, its own family.
#[derive(Debug)]
struct Single {
    node: NodeId,
}

impl Single {
    fn family(&self, graph: &FactorGraph) -> String {
        let spec = graph.nodes[self.node.0].spec;
        spec.family.map_or_else(|| spec.name.to_owned(), |f| f.name().to_owned())
    }

    fn moments(&self, of: Asked<'_>) -> String {
        let mut last = None;
        let mut places = of.energy.places(Source::Node(self.node));
        let meets_itself = places.any(|at| last.replace((at.factor, at.term)) == Some((at.factor, at.term)));
        let turn = if meets_itself {
            " Elements that meet in a product are updated one after the other."
        } else {
            ""
        };
        let (graph, node) = (of.graph, &of.graph.nodes[self.node.0]);
        if node.spec.stat == &LINE {
            return format!("Moments: integrals over the line, by quadrature.{turn}");
        }
        if !node.spec.stat.one_hot() {
            return format!("Moments: in closed form, those of a {}.{turn}", self.family(graph));
        }
        let at: Vec<String> = node.plates.iter().map(|p| graph.plate_name(*p).to_owned()).collect();
        let level = event_names(graph, &node.plates, node.event, 1).remove(0);
        let mut index = at.clone();
        index.push(level.clone());
        let r = bracket(&mark(graph, of.roles, "r", self.node), &index);
        let mixed = of.roles[self.node.0] == Role::Mixed;
        let known = if mixed { " Where the cell is filled, it is 1 at that level." } else { "" };
        format!(
            "Moments: {r} = q({} = {level}); it sums to 1 over {level}.{known}{turn}",
            bracket(&node.name, &at)
        )
    }
}

impl ClaimedBlock for Single {
    fn text(&self, graph: &FactorGraph) -> String {
        format!("independent ({})", self.family(graph))
    }

    fn report_name(&self, _: &FactorGraph) -> &'static str {
        "independent"
    }

    fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String {
        let what = cost::of_stat(graph, self.stat(graph), self.node, sizes);
        cost::sentence(graph, &what, self.plates(graph), None)
    }

    fn plates<'a>(&'a self, graph: &'a FactorGraph) -> &'a [PlateId] {
        &graph.nodes[self.node.0].plates
    }

    fn stat(&self, graph: &FactorGraph) -> &'static StatKind {
        graph.nodes[self.node.0].spec.stat
    }

    fn alone(&self) -> bool {
        true
    }

    fn named_by_node(&self) -> bool {
        true
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        let (node, spec) = (&of.graph.nodes[self.node.0], of.graph.nodes[self.node.0].spec);
        let Some(family) = spec.family else {
            return Err(Unshaped { span: node.call, what: format!("a latent {}", spec.name) });
        };
        let known = (of.roles[self.node.0] == Role::Mixed).then(|| (of.known)(self.node));
        Ok(match known {
            Some(known) if spec.stat.conditions() => {
                Box::new(KnownCells::new(family, known.cells, known.absent, known.held))
            }
            known => Box::new(Independent::new(family, spec.stat, of.d(self.node), known.map(|k| k.held))),
        })
    }

    fn letter(&self, op: &Op, node: NodeId) -> Option<LabelId> {
        (op.source == Source::Node(node)).then(|| op.axes.first().copied())?
    }

    fn update(&self, of: Asked<'_>) -> Update {
        let node = &of.graph.nodes[self.node.0];
        let text = |at: Place<'_>| {
            if node.spec.stat.one_hot() {
                format!("ln {}", bracket(&mark(of.graph, of.roles, "r", self.node), at.index))
            } else {
                format!("η({})", named(at.part.symbol, &[('x', bracket(&node.name, at.index))]))
            }
        };
        let (heads, legend) = heads::parts(of, self.node, node.spec.stat, &text);
        Update { heads, legend, moments: self.moments(of) }
    }

    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let mut at = of.at(&op.elements);
        at.extend(op.axes.iter().map(|&l| of.names.letter(l)));
        Written::Weight(bracket(&mark(of.graph, of.roles, "r", self.node), &at))
    }
}
