//! A Gaussian vector and the one precision that scales every product with it: a Normal–Gamma of a vector. Not
//! here: which variables are jointly Gaussian (`claims`), pairs of a variable and its precision (`pair`), the
//! block's algorithm (`block`).

use super::{
    claims::{Joint, Rules, claim as joints},
    vector::{self, Vector},
};
use crate::{
    block::{
        kind::scaled::ScaledGaussian,
        normal_gamma_vector::{self, TAU_PARTS},
        shape::BlockShape,
    },
    expfam::stat::StatKind,
    factorize::{
        blocks::Blocks,
        claim::Claim,
        claims::Claims,
        contract::{Asked, ClaimedBlock, Laying, Member, Sizes, Unshaped},
        message::{Head, To, Update},
        roles::Role,
        symbol::bracket,
        text::{InProduct, Written},
    },
    graph::{
        energy::{Element, Energy, EnergyTerm, Op, Rewritten, Source},
        factor_graph::FactorGraph,
    },
    shape::{BlockId, NodeId, PlateId},
};
use std::{collections::BTreeSet, sync::Arc};

/// The registry's entry.
pub static SCALED: ScaledVectors = ScaledVectors;

/// Claims coefficients with the precision that scales them all. They come before pairs: they hold more.
pub struct ScaledVectors;

impl Claim for ScaledVectors {
    fn claim(&self, claims: &mut Claims<'_>) {
        // Only dense blocks have such a precision, so no data are needed.
        let rules = Rules {
            free: &|n| claims.is_free(n),
            together: &|nodes| claims.wishes.together(nodes),
            elements: !claims.wishes.mean_field,
            bound: None,
        };
        for joint in joints(claims.graph, &claims.blocks, &rules).joints {
            let Joint::Together(vector) = joint else { continue };
            let allows =
                |nodes: &[NodeId]| nodes.iter().all(|n| claims.is_free(*n)) && claims.wishes.allows(nodes);
            match claim(claims.graph, &claims.blocks, &vector, claims.next(), &allows) {
                Some(Ok((tau, rewritten))) => {
                    let scaled = Scaled { vector, tau };
                    let (nodes, why) = (scaled.nodes(), vec![scaled.why(claims.graph)]);
                    claims.add(nodes, Arc::new(scaled), why, rewritten);
                }
                Some(Err((tau, why))) => {
                    vector.nodes().into_iter().chain([tau]).for_each(|n| claims.reasons.add(n, why.clone()))
                }
                None => {}
            }
        }
    }
}

/// A vector, and its precision, which is the last of its nodes.
#[derive(Debug)]
struct Scaled {
    vector: Vector,
    tau: NodeId,
}

impl Scaled {
    fn nodes(&self) -> Vec<NodeId> {
        self.vector.nodes().into_iter().chain([self.tau]).collect()
    }

    fn why(&self, graph: &FactorGraph) -> String {
        let tau = &graph.nodes[self.tau.0].name;
        format!(
            "Every product with {} holds the precision `{tau}` once, so one Normal–Gamma of the vector and `{tau}` keeps their coupling exact.",
            self.vector.names(graph).join(", ")
        )
    }

    /// The precision at the block's own element.
    fn precision(&self, graph: &FactorGraph) -> String {
        let at: Vec<String> = self.vector.outer.iter().map(|p| graph.plate_name(*p).to_owned()).collect();
        bracket(&graph.nodes[self.tau.0].name, &at)
    }
}

impl ClaimedBlock for Scaled {
    fn text(&self, _: &FactorGraph) -> String {
        "joint (Normal–Gamma)".into()
    }

    fn report_name(&self, _: &FactorGraph) -> &'static str {
        "joint"
    }

    fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String {
        self.vector.cost(graph, sizes)
    }

    fn plates<'a>(&'a self, _: &'a FactorGraph) -> &'a [PlateId] {
        &self.vector.outer
    }

    fn stat(&self, _: &FactorGraph) -> &'static StatKind {
        &normal_gamma_vector::STAT
    }

    fn members(&self) -> &[Member] {
        &self.vector.members
    }

    fn gaussian(&self) -> bool {
        true
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        Ok(Box::new(ScaledGaussian::new(self.vector.entries(of))))
    }

    fn update(&self, of: Asked<'_>) -> Update {
        let tau = self.precision(of.graph);
        let mut heads = self.vector.heads(of, false, &|x| format!("{tau} {x}"));
        for (part, text) in [(TAU_PARTS[0], format!("η({tau})")), (TAU_PARTS[1], format!("η(ln {tau})"))] {
            heads.push(Head { text, to: To::Part(of.source, part), event: vec![], optional: false });
        }
        let moments = "Moments: in closed form, those of a Normal–Gamma of a vector.".into();
        Update { heads, moments, legend: vec![] }
    }

    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let (text, axes) = self.vector.written(of, op);
        let tau = bracket(&of.graph.nodes[self.tau.0].name, &of.at(&op.elements));
        let ln = if op.part == TAU_PARTS[1] { "ln " } else { "" };
        Written::Factor(format!("⟨{}⟩", format!("{ln}{tau} {text}").trim_end()), axes)
    }
}

/// A vector's precision, and the factors that hold either in the statistic of both; or what is in the way of
/// a precision that it meets. `None` where it meets none.
fn claim(
    graph: &FactorGraph,
    blocks: &Blocks,
    joint: &Vector,
    id: BlockId,
    allows: &dyn Fn(&[NodeId]) -> bool,
) -> Option<Result<(NodeId, Rewritten), (NodeId, String)>> {
    if joint.chain.is_some() {
        return None;
    }
    let written = vector::rewritten(graph, &blocks.energy, joint, id);
    let fits = |tau: NodeId| {
        let node = &graph.nodes[tau.0];
        node.spec.stat == normal_gamma_vector::SPEC.members[1]
            && blocks.roles[tau.0] == Role::Latent
            && node.plates.len() == joint.outer.len()
            && node.plates.iter().all(|p| joint.outer.contains(p))
    };
    let met: BTreeSet<NodeId> = written
        .values()
        .flat_map(|f| &f.terms)
        .filter(|t| t.ops.iter().any(|o| o.source == Source::Block(id)))
        .flat_map(|t| &t.ops)
        .filter_map(|o| if let Source::Node(n) = o.source { Some(n) } else { None })
        .filter(|n| fits(*n))
        .collect();
    let mut refused = None;
    for tau in met {
        if !allows(&[joint.nodes(), vec![tau]].concat()) {
            continue;
        }
        match scale(graph, &blocks.energy, &written, joint, id, tau) {
            Ok(rewritten) => return Some(Ok((tau, rewritten))),
            Err(why) => refused = refused.or(Some((tau, why))),
        }
    }
    refused.map(Err)
}

/// Writes products of the block and its precision as parts of their joint statistic; `written` are the
/// factors that hold the block.
fn scale(
    graph: &FactorGraph,
    energy: &Energy,
    written: &Rewritten,
    joint: &Vector,
    id: BlockId,
    tau: NodeId,
) -> Result<Rewritten, String> {
    let plates = &graph.nodes[tau.0].plates;
    // The precision's element in the block's order of plates.
    let element = |o: &Op| -> Vec<Element> {
        joint
            .outer
            .iter()
            .filter_map(|p| plates.iter().position(|q| q == p).map(|axis| o.elements[axis]))
            .collect()
    };
    let mut out = Rewritten::new();
    let mut theirs = written.keys().copied().peekable();
    let mut its = energy.holding(Source::Node(tau)).peekable();
    // In the order of the factors, so that a product without a place is met before all are gone through.
    while let Some(i) = [theirs.peek(), its.peek()].into_iter().flatten().min().copied() {
        let _ = (theirs.next_if_eq(&i), its.next_if_eq(&i));
        let mut f = written.get(&i).unwrap_or_else(|| energy.factor(i)).clone();
        for term in &mut f.terms {
            let of = |source: Source| {
                (0..term.ops.len()).filter(|&i| term.ops[i].source == source).collect::<Vec<usize>>()
            };
            let (vector, precision) = (of(Source::Block(id)), of(Source::Node(tau)));
            match (vector.as_slice(), precision.as_slice()) {
                ([], []) => {}
                ([], &[t]) => {
                    let old = &term.ops[t];
                    term.ops[t] = Op::new(Source::Block(id), TAU_PARTS[old.part], element(old), vec![]);
                }
                (&[x], &[t]) if term.ops[t].part == 0 && element(&term.ops[t]) == term.ops[x].elements => {
                    // τx and τxxᵀ stand where x and xxᵀ stood.
                    term.ops.remove(t);
                }
                _ => return Err(refusal(graph, joint, tau, f.node, term, id)),
            }
        }
        out.insert(i, f);
    }
    Ok(out)
}

fn refusal(
    graph: &FactorGraph,
    joint: &Vector,
    tau: NodeId,
    of: NodeId,
    term: &EnergyTerm,
    id: BlockId,
) -> String {
    let name = |n: NodeId| format!("`{}`", graph.nodes[n.0].name);
    let members: Vec<String> = joint.members.iter().map(|m| name(m.node)).collect();
    let held = term.ops.iter().any(|o| o.source == Source::Node(tau));
    let views = term.ops.iter().filter(|o| o.source == Source::Block(id)).flat_map(|o| &o.views);
    let product: Vec<&str> =
        views.map(|v| graph.nodes[joint.members[v.member].node.0].name.as_str()).collect();
    let product = match product.as_slice() {
        [x, y] if x == y => format!("{x}²"),
        all => all.join("·"),
    };
    let own = joint.members.iter().any(|m| m.node == of);
    let hint = match (held, own) {
        (false, true) => {
            format!("; it would if the precision of {} were a multiple of {}", name(of), name(tau))
        }
        _ => ", so they are kept apart".into(),
    };
    let with = if held {
        format!("that product with another {}", name(tau))
    } else {
        format!("{product} without {}", name(tau))
    };
    format!(
        "A Normal–Gamma block of {} and {} has no moments for {with}, which the density of {} needs{hint}.",
        members.join(", "),
        name(tau),
        name(of)
    )
}
