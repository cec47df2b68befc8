//! Categories along steps, each depending on the one before, or on a tree, each depending on the one above.
//! Not here: the block's numbers (`block::kind::{chain, tree}`).

use crate::{
    block::{
        kind::{chain, tables::Tables, tree},
        shape::BlockShape,
    },
    expfam::stat::StatKind,
    factorize::{
        claim::Claim,
        claims::Claims,
        contract::{Asked, ClaimedBlock, Laying, Sizes, Unshaped},
        cost,
        heads::{self, Place},
        letters::event_names,
        message::{Head, To, Update},
        roles::Role,
        symbol::bracket,
        text::{InProduct, Written, algorithm, along, chain_name, chain_text, earlier, is_tree, mark},
    },
    graph::{
        energy::{Element, Energy, LabelId, Op, Source},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{NodeId, PlateId},
};
use std::sync::Arc;

/// The registry's entry.
pub static CHAIN: Chains = Chains;

/// Claims categories whose steps meet.
pub struct Chains;

impl Claim for Chains {
    fn claim(&self, claims: &mut Claims<'_>) {
        for node in claims.free_nodes() {
            let Some(plate) = along(claims.graph, node).filter(|_| claims.wishes.allows(&[node])) else {
                continue;
            };
            match claim(claims.graph, &claims.blocks.energy, node, plate) {
                Ok(why) => {
                    let why = std::iter::once(why).chain(claims.reasons.of(node).iter().cloned()).collect();
                    claims.add(vec![node], Arc::new(CategoryChain { node, plate }), why, [].into());
                }
                Err(Some(refusal)) => claims.reasons.add(node, refusal),
                Err(None) => {}
            }
        }
    }
}

/// Categories along the steps of a plate.
#[derive(Debug)]
struct CategoryChain {
    node: NodeId,
    plate: PlateId,
}

/// Chains or trees over these tables.
pub fn sequences(graph: &FactorGraph, plate: PlateId, tables: Tables) -> Box<dyn BlockShape> {
    if is_tree(graph, plate) {
        Box::new(tree::Tree::new(tables))
    } else {
        Box::new(chain::Chain::new(tables))
    }
}

/// The tables of members that are categories, with their known cells.
pub fn tables(of: &Laying<'_>, members: &[NodeId], scopes: &[Vec<usize>]) -> Tables {
    let mut tables = Tables::new(members.iter().map(|&m| of.d(m)).collect(), scopes);
    for (known, &node) in tables.known.iter_mut().zip(members) {
        if of.roles[node.0] == Role::Mixed {
            let held = (of.known)(node).held;
            let code = |(known, x): (&bool, &f64)| if *known { *x as u32 } else { u32::MAX };
            *known = Some(held.known.iter().zip(&held.values).map(code).collect());
        }
    }
    tables
}

impl CategoryChain {
    fn moments(&self, of: Asked<'_>) -> String {
        let (graph, node) = (of.graph, &of.graph.nodes[self.node.0]);
        let two = event_names(graph, &node.plates, node.event, 2);
        let at = self.at(graph);
        let (r, xi) = (mark(graph, of.roles, "r", self.node), mark(graph, of.roles, "ξ", self.node));
        let (z, before, at) = (&node.name, self.before(graph).join(","), at.join(","));
        format!(
            "Moments: {how} gives {r}[{at},{k}] = q({z}[{at}] = {k}) and {xi}[{at},{k},{l}] = q({z}[{before}] = {k}, {z}[{at}] = {l}).",
            how = algorithm(graph, self.plate),
            k = two[0],
            l = two[1],
        )
    }

    fn at(&self, graph: &FactorGraph) -> Vec<String> {
        self.plates(graph).iter().map(|p| graph.plate_name(*p).to_owned()).collect()
    }

    /// The step before, or the row above.
    fn before(&self, graph: &FactorGraph) -> Vec<String> {
        let t = graph.plate_name(self.plate);
        let at = self.at(graph).into_iter();
        at.map(|p| if p == t { earlier(graph, self.plate) } else { p }).collect()
    }
}

impl ClaimedBlock for CategoryChain {
    fn text(&self, graph: &FactorGraph) -> String {
        let sequence = match graph.plates[self.plate.0].kind {
            PlateKind::Steps { sequence: Some(c), .. } => format!(", one for each {}", graph.column_name(c)),
            _ => String::new(),
        };
        format!("{}{sequence}", chain_text(graph, self.plate))
    }

    fn report_name(&self, graph: &FactorGraph) -> &'static str {
        chain_name(graph, self.plate)
    }

    fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String {
        let states = cost::length(graph, self.node, sizes);
        let what = format!("some {} operations", cost::power(&states, 2));
        cost::sentence(graph, &what, self.plates(graph), Some(self.plate))
    }

    fn plates<'a>(&'a self, graph: &'a FactorGraph) -> &'a [PlateId] {
        &graph.nodes[self.node.0].plates
    }

    fn stat(&self, graph: &FactorGraph) -> &'static StatKind {
        graph.nodes[self.node.0].spec.stat
    }

    fn steps(&self) -> Option<PlateId> {
        Some(self.plate)
    }

    fn named_by_node(&self) -> bool {
        true
    }

    fn keeps_pair(&self, graph: &FactorGraph, a: &Op, b: &Op) -> bool {
        is_link(graph, a, b, self.plate)
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        Ok(sequences(of.graph, self.plate, tables(of, &[self.node], &[vec![0]])))
    }

    fn letter(&self, op: &Op, node: NodeId) -> Option<LabelId> {
        (op.source == Source::Node(node)).then(|| op.axes.first().copied())?
    }

    fn update(&self, of: Asked<'_>) -> Update {
        let (graph, node) = (of.graph, &of.graph.nodes[self.node.0]);
        let (at, before) = (self.at(graph), self.before(graph));
        let text = |place: Place<'_>| {
            let level = place.event.first().cloned().unwrap_or_default();
            format!("η({} = {level})", bracket(&node.name, &at))
        };
        let (mut heads, legend) = heads::parts(of, self.node, node.spec.stat, &text);
        let two = event_names(graph, &node.plates, node.event, 2);
        let text = format!(
            "η({} = {}, {} = {})",
            bracket(&node.name, &before),
            two[0],
            bracket(&node.name, &at),
            two[1]
        );
        heads.push(Head { text, to: To::Pair(of.source), event: two, optional: false });
        Update { heads, legend, moments: self.moments(of) }
    }

    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let mut at = of.at(&op.elements);
        at.extend(op.axes.iter().map(|&l| of.names.letter(l)));
        Written::Weight(bracket(&mark(of.graph, of.roles, "r", self.node), &at))
    }

    fn written_pair(&self, of: &InProduct<'_>, before: &Op, now: &Op) -> Written {
        let at = of.at(&now.elements);
        let levels = [before, now].map(|o| of.names.letter(o.axes[0]));
        let xi = mark(of.graph, of.roles, "ξ", self.node);
        Written::Weight(format!("{xi}[{},{}]", at.join(","), levels.join(",")))
    }
}

/// Is a term's pair of ops a step and the one before it?
fn is_link(graph: &FactorGraph, a: &Op, b: &Op, plate: PlateId) -> bool {
    let Source::Node(node) = a.source else { return false };
    let axis = graph.nodes[node.0].plates.iter().position(|&p| p == plate);
    let Some(axis) = axis else { return false };
    if a.source != b.source || a.elements.len() != b.elements.len() {
        return false;
    }
    a.elements.iter().zip(&b.elements).enumerate().all(|(i, (x, y))| {
        if i != axis {
            return x == y && matches!(x, Element::Label(_));
        }
        x.linked(*y)
    })
}

/// Why the node can be a chain along `plate`; `Err(None)` where its steps don't meet at all; `Err(Some)` says
/// what is in the way.
fn claim(
    graph: &FactorGraph,
    energy: &Energy,
    node: NodeId,
    plate: PlateId,
) -> Result<String, Option<String>> {
    let me = Source::Node(node);
    let name = &graph.nodes[node.0].name;
    let t = &graph.plates[plate.0].name;
    let tree = matches!(graph.plates[plate.0].kind, PlateKind::Tree { .. });
    let mut linked = false;
    for f in energy.holding(me).map(|f| energy.factor(f)) {
        for term in &f.terms {
            let mine: Vec<&Op> = term.ops.iter().filter(|o| o.source == me).collect();
            for o in &mine {
                for (axis, e) in o.elements.iter().enumerate() {
                    let steps = graph.nodes[node.0].plates[axis] == plate;
                    match e {
                        Element::Before { lag, .. } if *lag > 1 => {
                            return Err(Some(format!(
                                "A chain couples neighbours only: `{name}` also depends on `{name}[{t}-{lag}]`."
                            )));
                        }
                        Element::Column { .. } if steps => {
                            return Err(Some(if tree {
                                format!("A data column picks rows of `{name}` beside the tree.")
                            } else {
                                format!(
                                    "A data column picks steps of `{name}` out of order, so they are no chain."
                                )
                            }));
                        }
                        Element::At(i) if steps => {
                            let (step, chain) = if tree { ("row", "tree") } else { ("step", "chain") };
                            let at = graph.fixed_text(*i);
                            return Err(Some(format!(
                                "`{name}[{at}]` ties one {step} of `{name}` to many others, so it is no {chain}."
                            )));
                        }
                        _ => {}
                    }
                }
            }
            match mine.as_slice() {
                [] | [_] => {}
                [a, b] if is_link(graph, a, b, plate) => linked = true,
                _ if tree => {
                    return Err(Some(format!(
                        "A product couples rows of `{name}` other than one and the one above."
                    )));
                }
                _ => {
                    return Err(Some(format!(
                        "A product couples steps of `{name}` that are not neighbours."
                    )));
                }
            }
        }
    }
    if linked && tree {
        Ok(format!(
            "Each `{name}[{t}]` depends on `{name}[parent({t})]`: messages to the roots and back keep all rows of a tree exact."
        ))
    } else if linked {
        Ok(format!(
            "Each `{name}[{t}]` depends on `{name}[{t}-1]`: forward–backward keeps all steps of a sequence exact."
        ))
    } else {
        Err(None)
    }
}
