//! Claims of discrete chains and trees: categories along steps, each depending on the one before, or on a
//! tree, each depending on the one above. Not here: their algorithms (`block`).

use crate::{
    graph::{
        energy::{Element, Energy, Op, Source},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{NodeId, PlateId},
};

/// The `Steps` or `Tree` plate of a category.
pub fn along(graph: &FactorGraph, node: NodeId) -> Option<PlateId> {
    let n = &graph.nodes[node.0];
    let steps =
        |p: &&PlateId| matches!(graph.plates[p.0].kind, PlateKind::Steps { .. } | PlateKind::Tree { .. });
    if n.spec.stat.one_hot() { n.plates.iter().find(steps).copied() } else { None }
}

/// Is a term's pair of ops a step and the one before it?
pub fn is_link(graph: &FactorGraph, a: &Op, b: &Op, plate: PlateId) -> bool {
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
pub fn claim(
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
                            return Err(Some(format!(
                                "`{name}[{i}]` ties one {step} of `{name}` to many others, so it is no {chain}."
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
