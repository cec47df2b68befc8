//! A pair of variables under one joint statistic: a mean with its precision. Not here: the joint families
//! (`block`).

use crate::{
    block::{JOINTS, kind::pair::Pair as PairShape, shape::BlockShape},
    expfam::{
        joint::{JointSpec, Rewrite},
        stat::StatKind,
    },
    factorize::{
        blocks::Blocks,
        claim::Claim,
        claims::Claims,
        contract::{Asked, ClaimedBlock, Laying, Sizes, Unshaped},
        cost,
        heads::{self, Place as HeadPlace},
        message::Update,
        roles::Role,
        symbol::{bracket, member_letters, named},
        text::{InProduct, Written},
    },
    graph::{
        energy::{Energy, EnergyTerm, FactorEnergy, LabelId, Op, Place, Rewritten, Source},
        factor_graph::FactorGraph,
    },
    shape::{BlockId, NodeId, PlateId},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The registry's entry.
pub static PAIR: Pairs = Pairs;

/// Claims pairs of which every product has moments.
pub struct Pairs;

impl Claim for Pairs {
    fn claim(&self, claims: &mut Claims<'_>) {
        let mut alone = Alone::default();
        for pair in candidates(claims.graph, &claims.blocks) {
            if !claims.wishes.allows(&pair.nodes) || pair.nodes.iter().any(|n| !claims.is_free(*n)) {
                continue;
            }
            match rewritten(claims.graph, &claims.blocks, &mut alone, &pair, claims.next()) {
                Ok(rewritten) => {
                    let why = vec![why(claims.graph, &pair)];
                    claims.add(pair.nodes.to_vec(), Arc::new(pair), why, rewritten);
                }
                Err(refusal) => pair.nodes.iter().for_each(|n| claims.reasons.once(*n, &refusal)),
            }
        }
    }
}

/// Nodes kept under one joint statistic.
#[derive(Clone, Copy, Debug)]
struct Pair {
    /// Which.
    spec: &'static JointSpec,
    /// One node for each member of `spec`.
    nodes: [NodeId; 2],
}

impl ClaimedBlock for Pair {
    fn text(&self, _: &FactorGraph) -> String {
        format!("joint ({})", self.spec.name)
    }

    fn report_name(&self, _: &FactorGraph) -> &'static str {
        "joint"
    }

    fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String {
        let what = cost::of_stat(graph, self.spec.stat, self.nodes[0], sizes);
        cost::sentence(graph, &what, self.plates(graph), None)
    }

    fn plates<'a>(&'a self, graph: &'a FactorGraph) -> &'a [PlateId] {
        &graph.nodes[self.nodes[0].0].plates
    }

    fn stat(&self, _: &FactorGraph) -> &'static StatKind {
        self.spec.stat
    }

    fn pair(&self) -> Option<&'static JointSpec> {
        Some(self.spec)
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        Ok(Box::new(PairShape::new(self.spec, of.d(self.nodes[0]))))
    }

    fn update(&self, of: Asked<'_>) -> Update {
        let text = |at: HeadPlace<'_>| {
            let texts = self.nodes.map(|n| bracket(&of.graph.nodes[n.0].name, at.index));
            let names: Vec<(char, String)> = member_letters(self.spec).into_iter().zip(texts).collect();
            format!("η({})", named(at.part.symbol, &names))
        };
        let (heads, legend) = heads::parts(of, self.nodes[0], self.spec.stat, &text);
        Update { heads, legend, moments: format!("Moments: in closed form, those of a {}.", self.spec.name) }
    }

    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let (hidden, shown): (Vec<LabelId>, Vec<LabelId>) =
            op.axes.iter().partition(|l| of.names.is_axis(**l));
        let mut at = of.at(&op.elements);
        at.extend(shown.iter().map(|&l| of.names.letter(l)));
        let texts = self.nodes.map(|n| bracket(&of.graph.nodes[n.0].name, &at));
        let names: Vec<(char, String)> = member_letters(self.spec).into_iter().zip(texts).collect();
        Written::Factor(format!("⟨{}⟩", named(self.spec.stat.parts[op.part].symbol, &names)), hidden)
    }
}

/// All pairs of variables that meet in some product and whose statistics some joint block covers. Where one
/// variable is in several, the pair that meets in more factors with data comes first, then file order: that
/// is the rule by which `Auto` prefers one.
fn candidates(graph: &FactorGraph, blocks: &Blocks) -> Vec<Pair> {
    let mut list = vec![];
    for spec in JOINTS.iter().copied().filter(|s| !s.of_entries) {
        let mut met: HashMap<[NodeId; 2], usize> = HashMap::new();
        for (f, pairs) in blocks.energy.factors().iter().map(|f| (f, pairs(graph, &blocks.roles, spec, f))) {
            // Factors of observed children first.
            let strength = if graph.nodes[f.node.0].observed.is_some() { 1000 } else { 1 };
            pairs.into_iter().for_each(|nodes| *met.entry(nodes).or_default() += strength);
        }
        list.extend(met.into_iter().map(|(nodes, strength)| (strength, Pair { spec, nodes })));
    }
    let place = |spec: &JointSpec| JOINTS.iter().position(|s| s.name == spec.name);
    list.sort_by_key(|(s, j)| (std::cmp::Reverse(*s), j.nodes, place(j.spec)));
    list.into_iter().map(|(_, j)| j).collect()
}

/// Pairs of nodes that some product of a factor holds and that a joint block could be of, each once.
fn pairs(graph: &FactorGraph, roles: &[Role], spec: &JointSpec, f: &FactorEnergy) -> HashSet<[NodeId; 2]> {
    let mut out = HashSet::new();
    for t in &f.terms {
        let of = |member: usize| {
            t.ops.iter().filter_map(move |o| match o.source {
                Source::Node(n) if graph.nodes[n.0].spec.stat == spec.members[member] => Some(n),
                _ => None,
            })
        };
        for a in of(0).filter(|n| roles[n.0] == Role::Latent) {
            out.extend(of(1).filter(|n| *n != a && roles[n.0] == Role::Latent).map(|b| [a, b]));
        }
    }
    out
}

/// Why a pair is kept.
fn why(graph: &FactorGraph, claim: &Pair) -> String {
    let [x, t] = claim.nodes.map(|n| &graph.nodes[n.0].name);
    format!(
        "Every product of `{x}` and `{t}` is one that a {} block has moments for, so their coupling stays exact.",
        claim.spec.name
    )
}

/// Products that hold one member of a joint block alone and have no place in its statistic, by the block's
/// name, the member and its node. What else such a product holds does not matter, so that one look serves all
/// partners: a precision that a thousand variables share has a thousand candidates.
#[derive(Default)]
struct Alone(HashMap<Member, Vec<(usize, usize)>>);

/// A block's name, a member of it, and the member's node.
type Member = (&'static str, usize, NodeId);

impl Alone {
    fn of(
        &mut self,
        energy: &Energy,
        spec: &'static JointSpec,
        member: usize,
        node: NodeId,
    ) -> &[(usize, usize)] {
        self.0.entry((spec.name, member, node)).or_insert_with(|| {
            let mut nodes = [NodeId(usize::MAX); 2];
            nodes[member] = node;
            let claim = Pair { spec, nodes };
            let mut out = vec![];
            for at in energy.places(Source::Node(node)) {
                let term = (at.factor, at.term);
                if out.last() != Some(&term) && placed(&claim, energy.term(at), Source::Node(node)).is_none()
                {
                    out.push(term);
                }
            }
            out
        })
    }

    /// The first product, in the order of the factors, that has no place in the pair's statistic.
    fn refused(&mut self, energy: &Energy, claim: &Pair) -> Option<(usize, usize)> {
        let product = |at: &(usize, usize)| energy.term(Place { factor: at.0, term: at.1, op: 0 });
        let holds =
            |at: &(usize, usize), n: NodeId| product(at).ops.iter().any(|o| o.source == Source::Node(n));
        let [a, b] = claim.nodes;
        let one = self.of(energy, claim.spec, 0, a).iter().find(|at| !holds(at, b)).copied();
        let other = self.of(energy, claim.spec, 1, b).iter().find(|at| !holds(at, a)).copied();
        let fewer =
            if energy.count(Source::Node(a)) <= energy.count(Source::Node(b)) { [a, b] } else { [b, a] };
        let mut both = energy.places(Source::Node(fewer[0])).map(|at| (at.factor, at.term));
        let both =
            both.find(|at| holds(at, fewer[1]) && placed(claim, product(at), Source::Node(a)).is_none());
        [one, other, both].into_iter().flatten().min()
    }
}

/// A product in the pair's statistic, if it has a place there.
fn placed(claim: &Pair, term: &EnergyTerm, source: Source) -> Option<EnergyTerm> {
    let done = claim.spec.rewrites.iter().find_map(|r| apply(r, claim, term, source))?;
    let held = claim.nodes.iter().any(|&n| done.ops.iter().skip(1).any(|o| o.source == Source::Node(n)));
    (!held).then_some(done)
}

/// The factors that hold one of the pair in their joint statistic, or the product that has no place in it.
fn rewritten(
    graph: &FactorGraph,
    blocks: &Blocks,
    alone: &mut Alone,
    claim: &Pair,
    id: BlockId,
) -> Result<Rewritten, String> {
    let [x, t] = claim.nodes.map(|n| &graph.nodes[n.0]);
    let kind = claim.spec.name;
    if x.plates != t.plates {
        return Err(format!(
            "A {kind} block needs `{}` and `{}` in pairs, but they stand on different plates.",
            x.name, t.name
        ));
    }
    let member = |o: &Op| claim.nodes.iter().position(|&n| o.source == Source::Node(n));
    if let Some((factor, term)) = alone.refused(&blocks.energy, claim) {
        let f = blocks.energy.factor(factor);
        let of = &graph.nodes[f.node.0].name;
        let held = f.terms[term].ops.iter().filter(|o| member(o).is_some());
        let product: Vec<String> = held.map(|o| symbol(graph, claim.spec, member(o), o)).collect();
        return Err(format!(
            "A {kind} block of `{}` and `{}` has no moments for {}, which the density of `{of}` needs; {}.",
            x.name,
            t.name,
            product.join(" · "),
            hint(&product, of, x.name.as_str(), t.name.as_str())
        ));
    }
    let source = Source::Block(id);
    let [a, b] = claim.nodes.map(Source::Node);
    let rewrite = |i: usize| {
        let mut f = blocks.energy.factor(i).clone();
        for term in f.terms.iter_mut().filter(|t| t.ops.iter().any(|o| member(o).is_some())) {
            if let Some(done) = placed(claim, term, source) {
                *term = done;
            }
        }
        (i, f)
    };
    Ok(blocks.energy.holding_either(a, b).map(rewrite).collect())
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
fn apply(rule: &Rewrite, claim: &Pair, term: &EnergyTerm, source: Source) -> Option<EnergyTerm> {
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
