//! Claims of joint blocks: rewrites the energy in a joint statistic, or says which product is in the way.
//! Not here: the joint families (`block`).

use super::{Blocks, Joint};
use crate::{
    block::JOINTS,
    expfam::joint::{JointSpec, Rewrite},
    graph::{
        energy::{Energy, EnergyTerm, Op, Source},
        factor_graph::FactorGraph,
    },
    shape::NodeId,
};

/// All pairs of variables that meet in some product and whose statistics some joint block covers. Where one
/// variable is in several, the pair that meets in more factors with data comes first, then file order: that
/// is the rule by which `Auto` prefers one.
pub fn candidates(graph: &FactorGraph, blocks: &Blocks) -> Vec<Joint> {
    let mut list = vec![];
    for spec in JOINTS.iter().copied().filter(|s| !s.of_entries) {
        for a in 0..graph.nodes.len() {
            for b in 0..graph.nodes.len() {
                let nodes = [NodeId(a), NodeId(b)];
                let fits = |i: usize| {
                    graph.nodes[nodes[i].0].spec.stat == spec.members[i]
                        && blocks.roles[nodes[i].0] == super::Role::Latent
                };
                if a == b || !fits(0) || !fits(1) {
                    continue;
                }
                let strength = strength(graph, &blocks.energy, nodes);
                if strength > 0 {
                    list.push((strength, Joint { spec, nodes }));
                }
            }
        }
    }
    list.sort_by_key(|(s, j)| (std::cmp::Reverse(*s), j.nodes));
    list.into_iter().map(|(_, j)| j).collect()
}

/// How many factors hold a product of both, those of observed children first.
fn strength(graph: &FactorGraph, energy: &Energy, nodes: [NodeId; 2]) -> usize {
    let holds = |t: &EnergyTerm, n: NodeId| t.ops.iter().any(|o| o.source == Source::Node(n));
    let meet =
        energy.factors.iter().filter(|f| f.terms.iter().any(|t| holds(t, nodes[0]) && holds(t, nodes[1])));
    meet.map(|f| if graph.nodes[f.node.0].observed.is_some() { 1000 } else { 1 }).sum()
}

/// Why a pair is kept.
pub fn why(graph: &FactorGraph, claim: &Joint) -> String {
    let [x, t] = claim.nodes.map(|n| &graph.nodes[n.0].name);
    format!(
        "Every product of `{x}` and `{t}` is one that a {} block has moments for, so their coupling stays exact.",
        claim.spec.name
    )
}

/// The energy with the pair's joint statistic written in, or the product that has no place in it.
pub fn rewrite(graph: &FactorGraph, blocks: &Blocks, claim: &Joint) -> Result<Energy, String> {
    let [x, t] = claim.nodes.map(|n| &graph.nodes[n.0]);
    let kind = claim.spec.name;
    if x.plates != t.plates {
        return Err(format!(
            "A {kind} block needs `{}` and `{}` in pairs, but they stand on different plates.",
            x.name, t.name
        ));
    }
    let source = Source::Joint(blocks.joints.len());
    let mut energy = blocks.energy.clone();
    for f in &mut energy.factors {
        for term in &mut f.terms {
            let member = |o: &Op| claim.nodes.iter().position(|&n| o.source == Source::Node(n));
            if !term.ops.iter().any(|o| member(o).is_some()) {
                continue;
            }
            if let Some(done) = claim.spec.rewrites.iter().find_map(|r| apply(r, claim, term, source))
                && !done.ops.iter().any(|o| member(o).is_some())
            {
                *term = done;
                continue;
            }
            let of = &graph.nodes[f.node.0].name;
            let product: Vec<String> = term
                .ops
                .iter()
                .filter(|o| member(o).is_some())
                .map(|o| symbol(graph, claim.spec, member(o), o))
                .collect();
            return Err(format!(
                "A {kind} block of `{}` and `{}` has no moments for {}, which the density of `{of}` needs; {}.",
                x.name,
                t.name,
                product.join(" · "),
                hint(&product, of, x.name.as_str(), t.name.as_str())
            ));
        }
    }
    Ok(energy)
}

fn hint(product: &[String], of: &str, x: &str, t: &str) -> String {
    if product.len() == 1 && of == x {
        format!("it would if the precision of `{x}` were a multiple of `{t}`")
    } else {
        "so they are kept apart".into()
    }
}

fn symbol(graph: &FactorGraph, spec: &JointSpec, member: Option<usize>, op: &Op) -> String {
    let Some(m) = member else { return String::new() };
    let Source::Node(n) = op.source else { return String::new() };
    spec.members[m].parts[op.part].symbol.replace('x', &graph.nodes[n.0].name)
}

/// The term with a rewrite's left side replaced, if it is there: same elements for all members, and letters
/// that are summed inside the product must occur nowhere else.
fn apply(rule: &Rewrite, claim: &Joint, term: &EnergyTerm, source: Source) -> Option<EnergyTerm> {
    let mut found: Vec<(usize, &Op)> = vec![];
    for (member, part, _) in rule.from {
        let at = term
            .ops
            .iter()
            .position(|o| o.source == Source::Node(claim.nodes[*member]) && o.part == *part)?;
        found.push((at, &term.ops[at]));
    }
    if found.iter().any(|(_, o)| o.elements != found[0].1.elements) {
        return None;
    }
    let letters = bind(rule, &found)?;
    let of = |c: char| letters.iter().find(|(x, _)| *x == c).map(|(_, l)| *l);
    let rest: Vec<Op> = term
        .ops
        .iter()
        .enumerate()
        .filter(|(i, _)| !found.iter().any(|(at, _)| at == i))
        .map(|(_, o)| o.clone())
        .collect();
    let summed_inside = letters.iter().filter(|(c, _)| !rule.axes.contains(*c));
    for (_, l) in summed_inside {
        if rest.iter().any(|o| o.labels().any(|x| x == *l)) {
            return None;
        }
    }
    let axes = rule.axes.chars().map(of).collect::<Option<Vec<_>>>()?;
    let op = Op::new(source, rule.part, found[0].1.elements.clone(), axes);
    let mut ops = vec![op];
    ops.extend(rest);
    Some(EnergyTerm { ops, ..term.clone() })
}

/// Which label each letter of a rule stands for. Matrices are symmetric, so their two letters may be swapped.
fn bind(rule: &Rewrite, found: &[(usize, &Op)]) -> Option<Vec<(char, usize)>> {
    let mut orders: Vec<Vec<Vec<usize>>> = vec![vec![]];
    for (_, op) in found {
        let mut ways = vec![op.axes.clone()];
        if op.axes.len() == 2 {
            ways.push(vec![op.axes[1], op.axes[0]]);
        }
        orders = orders
            .into_iter()
            .flat_map(|o| ways.iter().map(move |w| [o.as_slice(), std::slice::from_ref(w)].concat()))
            .collect();
    }
    orders.into_iter().find_map(|order| {
        let mut letters: Vec<(char, usize)> = vec![];
        for ((_, _, axes), labels) in rule.from.iter().zip(&order) {
            for (c, &l) in axes.chars().zip(labels) {
                match letters.iter().find(|(x, _)| *x == c) {
                    Some((_, m)) if *m != l => return None,
                    Some(_) => {}
                    None => letters.push((c, l)),
                }
            }
        }
        let distinct = letters.iter().enumerate().all(|(i, (_, l))| letters[..i].iter().all(|(_, m)| m != l));
        distinct.then_some(letters)
    })
}
