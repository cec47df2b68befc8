//! Claims of networks: categories that meet each other in products, at the same elements of the same plates,
//! kept together. Along steps that are linked, they are one chain over the product of their states. Not here:
//! the junction tree and forward–backward (`block`).
//!
//! A network's statistic has one table for each *scope*: a set of members that some product holds. The
//! table's moments are the scope's marginal probabilities, its natural parameters their log potential; so a
//! product with several indicators becomes a product with one. A chain over several members has one scope,
//! all of them; an operand's other members get letters that nothing else has, which sums them out of
//! statistics and repeats messages over them.

use super::chain::{sequences, tables};
use crate::{
    block::{
        junction_tree::{JunctionTree, TreeError},
        kind::network::Network as NetworkShape,
        shape::BlockShape,
    },
    expfam::stat::{CATEGORY, StatKind},
    factorize::{
        blocks::Blocks,
        claim::Claim,
        claims::Claims,
        contract::{Asked, ClaimedBlock, Laying, Sizes, Unshaped},
        cost,
        letters::axis_name,
        message::{Head, To, Update},
        roles::{Missing, Role},
        symbol::bracket,
        text::{InProduct, Written, algorithm, chain_name, chain_text, earlier, listed, mark},
    },
    graph::{
        energy::{
            Element, Energy, EnergyTerm, FactorEnergy, Label, LabelId, Op, Rewritten, Role as LetterRole,
            Source,
        },
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{BlockId, Extent, NodeId, PlateId},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The registry's entry.
pub static NETWORK: Networks = Networks;

/// Claims categories that meet.
pub struct Networks;

impl Claim for Networks {
    fn leaves(
        &self,
        graph: &FactorGraph,
        energy: &Energy,
        roles: &[Role],
        missing: &[Missing],
    ) -> Vec<NodeId> {
        leaves(graph, energy, roles, missing)
    }

    fn claim(&self, claims: &mut Claims<'_>) {
        let found = claim(claims.graph, &claims.blocks, claims.sizes, &|nodes| claims.wishes.together(nodes));
        for (node, why) in found.refusals {
            claims.reasons.add(node, why);
        }
        for network in found.networks {
            let rewritten = rewritten(claims.graph, &claims.blocks.energy, &network, claims.next());
            let why = why(claims.graph, &network, claims.sizes);
            let why = claims.reasons.beside(why, &network.members);
            claims.add(network.members.clone(), Arc::new(network), why, rewritten);
        }
    }
}

/// Entries of a network's largest clique table, at most: each row of the data costs that many exponentials an
/// iteration.
pub const LARGEST_CLIQUE: usize = 1 << 14;
/// States of a chain over several categories, at most: each step costs the square of that.
const LARGEST_PRODUCT: usize = 64;

/// Categories kept under one joint table for each element of their plates.
#[derive(Clone, Debug, PartialEq)]
struct Network {
    /// In file order.
    members: Vec<NodeId>,
    /// Sets of members that occur together, by place in `members`, ascending; each is a part of the
    /// statistic.
    scopes: Vec<Vec<usize>>,
    /// The `Steps` or `Tree` plate along which neighbours are coupled, if it is a chain or tree: its one
    /// scope is all members.
    chain: Option<PlateId>,
}

/// What was claimed, and what stood in the way of more: by node.
#[derive(Clone, Debug, Default)]
struct Found {
    /// The networks.
    networks: Vec<Network>,
    /// Why a larger block was not taken.
    refusals: Vec<(NodeId, String)>,
}

/// The node of an operand that a network may hold.
fn category(graph: &FactorGraph, roles: &[Role], op: &Op) -> Option<NodeId> {
    match op.source {
        Source::Node(n)
            if matches!(roles[n.0], Role::Latent | Role::Mixed) && graph.nodes[n.0].spec.stat.one_hot() =>
        {
            Some(n)
        }
        _ => None,
    }
}

/// All networks, the strongest couplings first: those with the most factors of observed children, then file
/// order. `together` says which two nodes may share a block: the user's wish, the same for all of a block.
fn claim(
    graph: &FactorGraph,
    blocks: &Blocks,
    sizes: Sizes<'_>,
    together: &dyn Fn(&[NodeId]) -> bool,
) -> Found {
    let mut strengths: HashMap<[NodeId; 2], usize> = HashMap::new();
    for f in blocks.energy.factors() {
        let strength = if graph.nodes[f.node.0].observed.is_some() { 1000 } else { 1 };
        let mut met: HashSet<[NodeId; 2]> = HashSet::new();
        for t in &f.terms {
            let mine: Vec<NodeId> = t.ops.iter().filter_map(|o| category(graph, &blocks.roles, o)).collect();
            for (i, &x) in mine.iter().enumerate() {
                met.extend(mine[..i].iter().filter(|y| **y != x).map(|&y| [x.min(y), x.max(y)]));
            }
        }
        met.into_iter().for_each(|pair| *strengths.entry(pair).or_default() += strength);
    }
    let mut pairs: Vec<([NodeId; 2], usize)> =
        strengths.into_iter().filter(|(pair, _)| together(pair)).collect();
    pairs.sort_by_key(|(pair, strength)| (std::cmp::Reverse(*strength), *pair));
    let mut found = Found::default();
    for pairs in components(&pairs) {
        let mut all: Vec<NodeId> = pairs.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        // If all of them can be one network, so can what they are joined from.
        match layout(graph, blocks, sizes, &all) {
            Ok(network) => found.networks.push(network),
            Err(_) => one_by_one(graph, blocks, sizes, &pairs, &mut found),
        }
    }
    found.networks.sort_by_key(|n| n.members[0]);
    found
}

/// Pairs by whom they reach over others, in their order.
fn components(pairs: &[([NodeId; 2], usize)]) -> Vec<Vec<[NodeId; 2]>> {
    let mut near: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
    for ([a, b], _) in pairs {
        near.entry(*a).or_default().push(*b);
        near.entry(*b).or_default().push(*a);
    }
    let (mut of, mut count): (HashMap<NodeId, usize>, usize) = (HashMap::new(), 0);
    for n in pairs.iter().flat_map(|p| p.0) {
        let mut open = vec![n];
        if of.contains_key(&n) {
            continue;
        }
        while let Some(x) = open.pop() {
            if of.insert(x, count).is_none() {
                open.extend(&near[&x]);
            }
        }
        count += 1;
    }
    let mut out = vec![vec![]; count];
    pairs.iter().for_each(|(pair, _)| out[of[&pair[0]]].push(*pair));
    out
}

/// Joins pairs as far as it goes.
fn one_by_one(
    graph: &FactorGraph,
    blocks: &Blocks,
    sizes: Sizes<'_>,
    pairs: &[[NodeId; 2]],
    found: &mut Found,
) {
    let mut sets: Vec<(Vec<NodeId>, Option<Network>)> = vec![];
    let mut home: HashMap<NodeId, usize> = HashMap::new();
    for &n in pairs.iter().flatten() {
        home.entry(n).or_insert_with(|| {
            sets.push((vec![n], None));
            sets.len() - 1
        });
    }
    let mut told: HashSet<(NodeId, String)> = HashSet::new();
    for pair in pairs {
        let [a, b] = pair.map(|n| home[&n]);
        if a == b {
            continue;
        }
        let mut union = [sets[a].0.as_slice(), &sets[b].0].concat();
        union.sort_unstable();
        match layout(graph, blocks, sizes, &union) {
            Ok(network) => {
                let gone = std::mem::take(&mut sets[b]).0;
                gone.into_iter().for_each(|n| {
                    home.insert(n, a);
                });
                sets[a] = (union, Some(network));
            }
            Err(why) => {
                for n in *pair {
                    if told.insert((n, why.clone())) {
                        found.refusals.push((n, why.clone()));
                    }
                }
            }
        }
    }
    found.networks.extend(sets.into_iter().filter_map(|s| s.1));
}

fn names(graph: &FactorGraph, nodes: &[NodeId]) -> String {
    listed(graph, nodes, "and")
}

/// The network of a set of nodes, or why there is none.
fn layout(
    graph: &FactorGraph,
    blocks: &Blocks,
    sizes: Sizes<'_>,
    members: &[NodeId],
) -> Result<Network, String> {
    let plates = &graph.nodes[members[0].0].plates;
    if let Some(other) = members.iter().find(|n| graph.nodes[n.0].plates != *plates) {
        return Err(format!(
            "{} stand on different plates, so they are no one network.",
            names(graph, &[members[0], *other])
        ));
    }
    let (mut scopes, mut chain): (Vec<Vec<usize>>, Option<PlateId>) = (vec![], None);
    let (mut known, place) = (HashSet::new(), places(members));
    let holding = blocks.energy.holding_any(members.iter().map(|n| Source::Node(*n)));
    for term in holding.iter().flat_map(|&f| &blocks.energy.factor(f).terms) {
        let groups = groups(term, &place);
        if let [a, b] = groups.as_slice() {
            let steps = linked(graph, plates, a.0, b.0);
            match steps {
                Some(p) if chain.is_none_or(|c| c == p) => chain = Some(p),
                _ => {
                    return Err(format!(
                        "A product couples different elements of {}, so they are no network.",
                        names(graph, members)
                    ));
                }
            }
        } else if groups.len() > 2 {
            return Err(format!(
                "A product couples more than two elements of {}, so they are no network.",
                names(graph, members)
            ));
        }
        for (_, ops) in &groups {
            let mut scope: Vec<usize> = ops.iter().map(|o| o.1).collect();
            scope.sort_unstable();
            if scope.windows(2).any(|w| w[0] == w[1]) {
                return Err(format!(
                    "A product holds one of {} twice, so they are no network.",
                    names(graph, members)
                ));
            }
            if known.insert(scope.clone()) {
                scopes.push(scope);
            }
        }
    }
    let states = |n: NodeId| graph.nodes[n.0].event.map_or(Some(1), sizes);
    // Without data, what is not known is taken as small; the plan is made again with data.
    let of: Vec<usize> = members.iter().map(|&n| states(n).unwrap_or(2).max(1)).collect();
    let Some(steps) = chain else {
        return match JunctionTree::new(&of, &scopes, LARGEST_CLIQUE) {
            Ok(_) => Ok(Network { members: members.to_vec(), scopes, chain }),
            Err(TreeError::Clique { variables, entries, .. }) => {
                let clique: Vec<NodeId> = variables.iter().map(|&v| members[v]).collect();
                let by: Vec<String> = variables.iter().map(|&v| of[v].to_string()).collect();
                Err(format!(
                    "A network of {} needs a joint table of {}: {} = {entries} entries, and {LARGEST_CLIQUE} are the most.",
                    names(graph, members),
                    names(graph, &clique),
                    by.join(" × ")
                ))
            }
            Err(e) => Err(format!("{e}.")),
        };
    };
    let t = &graph.plates[steps.0].name;
    let axis = plates.iter().position(|p| *p == steps);
    let places = members.iter().flat_map(|n| blocks.energy.places(Source::Node(*n)));
    for op in places.map(|at| blocks.energy.operand(at).1) {
        for (i, e) in op.elements.iter().enumerate() {
            let fits = match e {
                Element::Label(_) | Element::Parent { .. } => true,
                Element::Before { lag, .. } => *lag == 1,
                Element::Column { .. } | Element::Listed { .. } | Element::At(_) => Some(i) != axis,
            };
            if !fits {
                return Err(format!(
                    "Steps of {} along {t} are read in other ways than in turn, so they are no chain.",
                    names(graph, members)
                ));
            }
        }
    }
    let product: f64 = of.iter().map(|&k| k as f64).product();
    if product > LARGEST_PRODUCT as f64 {
        let by: Vec<String> = of.iter().map(usize::to_string).collect();
        return Err(format!(
            "One chain of {} would have {} = {product} states, and {LARGEST_PRODUCT} are the most.",
            names(graph, members),
            by.join(" × ")
        ));
    }
    Ok(Network { members: members.to_vec(), scopes: vec![(0..members.len()).collect()], chain })
}

/// Operands of members at the same elements: (place among the product's operands, member).
type Group<'a> = (&'a [Element], Vec<(usize, usize)>);

/// Each member's place.
fn places(members: &[NodeId]) -> HashMap<NodeId, usize> {
    members.iter().enumerate().map(|(i, &n)| (n, i)).collect()
}

/// The operands of members in a product, by the elements that they stand at.
fn groups<'a>(term: &'a EnergyTerm, place: &HashMap<NodeId, usize>) -> Vec<Group<'a>> {
    let mut out: Vec<Group<'a>> = vec![];
    for (i, op) in term.ops.iter().enumerate() {
        let Source::Node(n) = op.source else { continue };
        let Some(&m) = place.get(&n) else { continue };
        match out.iter_mut().find(|g| g.0 == op.elements.as_slice()) {
            Some(g) => g.1.push((i, m)),
            None => out.push((&op.elements, vec![(i, m)])),
        }
    }
    out
}

/// The `Steps` or `Tree` plate along which two elements are neighbours, all else being equal.
fn linked(graph: &FactorGraph, plates: &[PlateId], a: &[Element], b: &[Element]) -> Option<PlateId> {
    let mut at = None;
    for (&p, (x, y)) in plates.iter().zip(a.iter().zip(b)) {
        if x == y {
            continue;
        }
        let steps = matches!(graph.plates[p.0].kind, PlateKind::Steps { .. } | PlateKind::Tree { .. });
        if at.is_some() || !steps || !x.linked(*y) {
            return None;
        }
        at = Some(p);
    }
    at
}

/// Why a network was taken, and what it costs.
fn why(graph: &FactorGraph, network: &Network, sizes: Sizes<'_>) -> String {
    let of: Option<Vec<usize>> =
        network.members.iter().map(|n| graph.nodes[n.0].event.map_or(Some(1), sizes)).collect();
    let all = names(graph, &network.members);
    if let Some(p) = network.chain {
        let t = &graph.plates[p.0].name;
        let states = of.map_or(String::new(), |k| format!(" ({})", k.iter().product::<usize>()));
        let (before, chain) = match graph.plates[p.0].kind {
            PlateKind::Tree { .. } => ("row above", "tree"),
            _ => ("step before", "chain"),
        };
        return format!(
            "{all} meet at each {t}, and depend on the {before}: one {chain} over the product of their states{states} keeps all exact."
        );
    }
    let cost = of.and_then(|k| JunctionTree::new(&k, &network.scopes, LARGEST_CLIQUE).ok()).map_or(
        String::new(),
        |tree| {
            let largest = tree.cliques().map(|c| c.len()).max().unwrap_or(0);
            format!(
                " Its largest clique holds {largest} of them; all its tables, {} entries.",
                tree.table_len()
            )
        },
    );
    format!("{all} meet in products: a junction tree keeps their joint distribution exact.{cost}")
}

/// Unobserved categories that nothing depends on, with two or more latent parents and known tables: their
/// marginal needs the parents' joint one, and they add nothing to the bound. Within a network they get it.
fn leaves(graph: &FactorGraph, energy: &Energy, roles: &[Role], missing: &[Missing]) -> Vec<NodeId> {
    let fits = |n: NodeId| {
        let node = &graph.nodes[n.0];
        let gone = roles[n.0] == Role::Predicted
            || roles[n.0] == Role::Observed && missing[n.0] != Missing::Nothing && !used(energy, n);
        let steps = node
            .plates
            .iter()
            .any(|p| matches!(graph.plates[p.0].kind, PlateKind::Steps { .. } | PlateKind::Tree { .. }));
        let known = |o: &Op| match o.source {
            Source::Known(_) => true,
            Source::Node(m) => graph.nodes[m.0].spec.stat.one_hot(),
            _ => false,
        };
        let parents = |t: &EnergyTerm| {
            t.ops
                .iter()
                .filter(|o| o.source != Source::Node(n) && category(graph, roles, o).is_some())
                .count()
        };
        // A known function is told from what it is made of.
        gone && graph.function(n).is_none()
            && !steps
            && node.spec.stat.one_hot()
            && node.spec.family.is_some()
            && {
                let all: Vec<&EnergyTerm> =
                    energy.lines(n).iter().flat_map(|&f| &energy.factor(f).terms).collect();
                all.iter().all(|t| t.ops.iter().all(known)) && all.iter().any(|t| parents(t) > 1)
            }
    };
    (0..graph.nodes.len()).map(NodeId).filter(|n| fits(*n)).collect()
}

/// Does another node's line name it?
fn used(energy: &Energy, n: NodeId) -> bool {
    energy.holding(Source::Node(n)).any(|f| !energy.lines(n).contains(&f))
}

/// The factors that hold a member, written in the network's tables.
fn rewritten(graph: &FactorGraph, energy: &Energy, network: &Network, id: BlockId) -> Rewritten {
    let place = places(&network.members);
    let parts: HashMap<&[usize], usize> =
        network.scopes.iter().enumerate().map(|(i, s)| (s.as_slice(), i)).collect();
    let mut out = Rewritten::new();
    for i in energy.holding_any(network.members.iter().map(|n| Source::Node(*n))) {
        let mut f = energy.factor(i).clone();
        let FactorEnergy { labels, terms, .. } = &mut f;
        // Letters of members that an operand does not hold: one set for each step that a product may hold.
        let mut rest: HashMap<(bool, usize), LabelId> = HashMap::new();
        for term in terms {
            let mut ops: Vec<Op> = vec![];
            let found = groups(term, &place);
            for (elements, held) in &found {
                let letter = |m: usize| held.iter().find(|o| o.1 == m).map(|o| term.ops[o.0].axes[0]);
                let mut scope: Vec<usize> = held.iter().map(|o| o.1).collect();
                scope.sort_unstable();
                if network.chain.is_some() {
                    scope = network.scopes[0].clone();
                }
                let before = elements.iter().any(|e| e.is_before());
                let axes = scope.iter().map(|&m| {
                    letter(m).unwrap_or_else(|| {
                        *rest.entry((before, m)).or_insert_with(|| {
                            let node = &graph.nodes[network.members[m].0];
                            let extent = node.event.unwrap_or(Extent::Number(1));
                            labels.push(Label { name: node.name.clone(), extent, role: LetterRole::Other });
                            labels.len() - 1
                        })
                    })
                });
                let axes: Vec<LabelId> = axes.collect();
                let part = parts.get(scope.as_slice()).copied().unwrap_or(0);
                ops.push(Op::new(Source::Block(id), part, elements.to_vec(), axes));
            }
            let held: Vec<usize> = found.iter().flat_map(|g| g.1.iter().map(|o| o.0)).collect();
            let kept = term.ops.iter().enumerate().filter(|(i, _)| !held.contains(i)).map(|(_, o)| o.clone());
            let ops: Vec<Op> = kept.chain(ops).collect();
            term.ops = ops;
        }
        out.insert(i, f);
    }
    out
}

impl Network {
    /// Letters of an operand that stand for members that its product holds, with these members.
    fn held(&self, factor: &FactorEnergy, op: &Op) -> Vec<(usize, LabelId)> {
        let scope = self.scopes[op.part].iter().copied().zip(op.axes.iter().copied());
        scope.filter(|(_, l)| factor.labels[*l].role != LetterRole::Other).collect()
    }

    /// `z[n] = k` for each member that a product holds.
    fn states(&self, of: &InProduct<'_>, op: &Op) -> Vec<String> {
        let at = of.at(&op.elements);
        let name = |m: usize| bracket(&of.graph.nodes[self.members[m].0].name, &at);
        let held = self.held(of.factor, op).into_iter();
        held.map(|(m, l)| format!("{} = {}", name(m), of.names.letter(l))).collect()
    }

    /// Sizes of its members, where they are known.
    fn of(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> Option<Vec<usize>> {
        self.members.iter().map(|n| graph.nodes[n.0].event.map_or(Some(1), sizes)).collect()
    }
}

impl ClaimedBlock for Network {
    fn text(&self, graph: &FactorGraph) -> String {
        match self.chain {
            Some(p) => format!("{} (of several categories)", chain_text(graph, p)),
            None => "network (junction tree)".into(),
        }
    }

    fn report_name(&self, graph: &FactorGraph) -> &'static str {
        self.chain.map_or("joint", |p| chain_name(graph, p))
    }

    fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String {
        let what = match (self.chain, self.of(graph, sizes)) {
            (Some(_), Some(k)) => format!("some {}² operations", k.iter().product::<usize>()),
            (Some(_), None) => "the square of the product of the states".to_string(),
            (None, k) => {
                let tree = k.and_then(|k| JunctionTree::new(&k, &self.scopes, LARGEST_CLIQUE).ok());
                tree.map_or_else(
                    || "a few operations for each entry of its tables".to_string(),
                    |t| format!("a few operations for each of {} entries", t.table_len()),
                )
            }
        };
        cost::sentence(graph, &what, self.plates(graph), self.chain)
    }

    fn plates<'a>(&'a self, graph: &'a FactorGraph) -> &'a [PlateId] {
        &graph.nodes[self.members[0].0].plates
    }

    fn stat(&self, _: &FactorGraph) -> &'static StatKind {
        &CATEGORY
    }

    fn steps(&self) -> Option<PlateId> {
        self.chain
    }

    fn keeps_pair(&self, graph: &FactorGraph, a: &Op, b: &Op) -> bool {
        let step =
            |p: &PlateId, x: Element, y: Element| if self.chain == Some(*p) { x.linked(y) } else { x == y };
        let mut pairs = self.plates(graph).iter().zip(a.elements.iter().zip(&b.elements));
        self.chain.is_some() && a.source == b.source && pairs.all(|(p, (x, y))| step(p, *x, *y))
    }

    fn data_decide(&self, graph: &FactorGraph, known: Sizes<'_>) -> bool {
        self.members.iter().any(|n| graph.nodes[n.0].event.is_some_and(|x| known(x).is_none()))
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        let tables = tables(of, &self.members, &self.scopes);
        if let Some(p) = self.chain {
            return Ok(sequences(of.graph, p, tables));
        }
        let tree = JunctionTree::new(&tables.sizes, &self.scopes, LARGEST_CLIQUE);
        let span = of.graph.nodes[self.members[0].0].call;
        let tree = tree.map_err(|e| Unshaped { span, what: format!("a network whose {e}") })?;
        Ok(Box::new(NetworkShape::new(tables, tree)))
    }

    fn letter(&self, op: &Op, node: NodeId) -> Option<LabelId> {
        let place = self.scopes[op.part].iter().position(|&m| self.members[m] == node)?;
        Some(op.axes[place])
    }

    /// A head for each of its tables, and for the pairs of neighbours of a chain.
    fn update(&self, of: Asked<'_>) -> Update {
        let graph = of.graph;
        let at: Vec<String> = self.plates(graph).iter().map(|p| graph.plate_name(*p).to_owned()).collect();
        let mut used = at.clone();
        let mut names = || -> Vec<String> {
            let from = used.len();
            for m in &self.members {
                let extent = graph.nodes[m.0].event.unwrap_or(Extent::Number(1));
                used.push(axis_name(graph, extent, &used));
            }
            used[from..].to_vec()
        };
        let (now, then) = (names(), names());
        let head = |scope: &[usize], at: &[String], letters: &[String]| -> String {
            let one = |&m: &usize| {
                format!("{} = {}", bracket(&graph.nodes[self.members[m].0].name, at), letters[m])
            };
            scope.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let mut heads = vec![];
        for (p, scope) in self.scopes.iter().enumerate() {
            heads.push(Head {
                text: format!("η({})", head(scope, &at, &now)),
                to: To::Part(of.source, p),
                event: scope.iter().map(|&m| now[m].clone()).collect(),
                optional: false,
            });
        }
        let moments = match self.chain {
            Some(plate) => {
                let t = graph.plate_name(plate);
                let before: Vec<String> =
                    at.iter().map(|p| if p == t { earlier(graph, plate) } else { p.clone() }).collect();
                let scope = &self.scopes[0];
                heads.push(Head {
                    text: format!("η({}, {})", head(scope, &before, &then), head(scope, &at, &now)),
                    to: To::Pair(of.source),
                    event: [then.as_slice(), &now].concat(),
                    optional: false,
                });
                format!(
                    "Moments: {} over the product of the states; each variable's own are sums of them.",
                    algorithm(graph, plate)
                )
            }
            None => "Moments: messages along the junction tree, to its root and back, give the probability of each of these sets of states.".into(),
        };
        let mixed = self.members.iter().any(|m| of.roles[m.0] == Role::Mixed);
        let known = if mixed { " Where a cell is filled, its level is certain." } else { "" };
        Update { heads, moments: format!("{moments}{known}"), legend: vec![] }
    }

    /// The probability of the states that the product holds.
    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        if let [(m, l)] = self.held(of.factor, op)[..] {
            let mut at = of.at(&op.elements);
            at.push(of.names.letter(l));
            return Written::Weight(bracket(&mark(of.graph, of.roles, "r", self.members[m]), &at));
        }
        Written::Weight(format!("q({})", self.states(of, op).join(", ")))
    }

    fn written_pair(&self, of: &InProduct<'_>, before: &Op, now: &Op) -> Written {
        Written::Weight(format!("q({})", [self.states(of, before), self.states(of, now)].concat().join(", ")))
    }
}
