//! Which block of q claims which variables, and the reasons. Not here: how blocks are updated (`block`,
//! `engine`).
//!
//! The input is the energy, a sum of products of moments. Two variables may stay coupled in q if every
//! product that holds both is one a structured block has moments for; the claims are tried from the largest
//! kind of block down, and what nobody claims is a block by itself.

mod chains;
mod cost;
pub mod gaussian;
pub mod network;
mod pairs;
pub mod roles;
mod scaled;
mod show;
pub mod sparse;

use crate::{
    diag::{Code, Diagnostic, Diagnostics, Reported},
    expfam::joint::JointSpec,
    graph::{
        bound::Bound,
        energy::{Element, Energy, FactorEnergy, Op, Source},
        factor_graph::{FactorGraph, Factorize},
    },
    shape::{NodeId, PlateId},
};
use gaussian::GaussianJoint;
use network::{Network, Sizes};
use roles::{Missing, Role};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A block that can't be kept exact.
pub const E_NOT_EXACT: Code = Code("E0501");
/// A node named in two blocks, or one that has no q.
pub const E_BLOCK_MEMBER: Code = Code("E0502");

/// q as a product of blocks, and the energy in their statistics.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// In the order they are updated: file order of their first nodes.
    pub list: Vec<Block>,
    /// The energy, joint statistics written in; [`Source::Joint`] counts `joints`.
    pub energy: Energy,
    /// Members and kind of each joint, by index.
    pub joints: Vec<Joint>,
    /// Jointly Gaussian blocks, by index; [`Source::Gaussian`] counts them.
    pub gaussians: Vec<GaussianJoint>,
    /// Networks of categories, by index; [`Source::Network`] counts them.
    pub networks: Vec<Network>,
    /// What each node is to inference.
    pub roles: Vec<Role>,
    home: Home,
}

/// One kind of block over plates: one block of q for each of their elements.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its nodes; of a joint, in the order of the joint's members.
    pub nodes: Vec<NodeId>,
    /// How it is kept.
    pub kind: Kind,
    /// Why this block, and why no larger one; sentences.
    pub why: Vec<String>,
}

/// How a block is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// One variable, its own family.
    Single,
    /// Categories along the steps of this plate.
    Chain(PlateId),
    /// A joint statistic: index into [`Blocks::joints`].
    Joint(usize),
    /// One Gaussian vector: index into [`Blocks::gaussians`].
    Gaussian(usize),
    /// Categories under one joint distribution: index into [`Blocks::networks`].
    Network(usize),
}

impl Kind {
    /// As the JSON report names it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Single => "independent",
            Kind::Chain(_) => "chain",
            Kind::Joint(_) | Kind::Gaussian(_) | Kind::Network(_) => "joint",
        }
    }
}

/// Nodes kept under one joint statistic.
#[derive(Clone, Copy, Debug)]
pub struct Joint {
    /// Which.
    pub spec: &'static JointSpec,
    /// One node for each member of `spec`.
    pub nodes: [NodeId; 2],
}

/// Chooses the blocks. `missing` says what observed nodes have missing; without data, nothing. `sizes` gives
/// those of axes, as far as they are known; `bound` the data, which decide how large a sparse block is.
///
/// # Errors
/// Blocks that the user named and that can't be exact.
pub fn factorize(
    graph: &FactorGraph,
    energy: Energy,
    missing: &[Missing],
    sizes: Sizes<'_>,
    bound: Option<&Bound>,
    diags: &mut Diagnostics,
) -> Result<Blocks, Reported> {
    let roles = roles::roles(graph, &energy, missing);
    let mut blocks = Blocks {
        list: vec![],
        energy,
        joints: vec![],
        gaussians: vec![],
        networks: vec![],
        roles,
        home: Home::default(),
    };
    let wishes = Wishes::new(graph, &blocks, diags)?;
    let networks = blocks
        .with_leaves(graph, missing, &|b| network::claims(graph, b, sizes, &|nodes| wishes.together(nodes)));
    let mut claimed = vec![false; graph.nodes.len()];
    let mut reasons = Reasons::new(graph);

    for (node, why) in networks.refusals {
        reasons.add(node, why);
    }
    for network in networks.networks {
        let index = blocks.networks.len();
        blocks.energy.rewrite(network::rewritten(graph, &blocks.energy, &network, index));
        network.members.iter().for_each(|n| claimed[n.0] = true);
        let why = reasons.beside(network::why(graph, &network, sizes), &network.members);
        blocks.list.push(Block { nodes: network.members.clone(), kind: Kind::Network(index), why });
        blocks.networks.push(network);
    }
    // Coefficients with the precision that scales them all come before pairs: they hold more.
    // Only dense blocks have such a precision, so no data are needed.
    let rules = gaussian::Rules {
        free: &|n| !claimed[n.0],
        together: &|nodes| wishes.together(nodes),
        elements: !wishes.mean_field,
        bound: None,
    };
    let found = gaussian::claims(graph, &blocks, &rules);
    for joint in found.joints {
        match scaled::claim(graph, &blocks, &joint, &|nodes| {
            nodes.iter().all(|n| !claimed[n.0]) && wishes.allows(nodes)
        }) {
            Some(Ok((joint, rewritten))) => {
                blocks.energy.rewrite(rewritten);
                joint.nodes().iter().for_each(|n| claimed[n.0] = true);
                blocks.list.push(Block {
                    nodes: joint.nodes(),
                    kind: Kind::Gaussian(blocks.gaussians.len()),
                    why: vec![gaussian::why(graph, &joint)],
                });
                blocks.gaussians.push(joint);
            }
            Some(Err((tau, why))) => {
                joint.nodes().into_iter().chain([tau]).for_each(|n| reasons.add(n, why.clone()))
            }
            None => {}
        }
    }
    let mut alone = pairs::Alone::default();
    for claim in pairs::candidates(graph, &blocks) {
        if !wishes.allows(&claim.nodes) || claim.nodes.iter().any(|n| claimed[n.0]) {
            continue;
        }
        match pairs::rewritten(graph, &blocks, &mut alone, &claim) {
            Ok(rewritten) => {
                blocks.energy.rewrite(rewritten);
                blocks.joints.push(claim);
                claim.nodes.iter().for_each(|n| claimed[n.0] = true);
                blocks.list.push(Block {
                    nodes: claim.nodes.to_vec(),
                    kind: Kind::Joint(blocks.joints.len() - 1),
                    why: vec![pairs::why(graph, &claim)],
                });
            }
            Err(refusal) => claim.nodes.iter().for_each(|n| reasons.once(*n, &refusal)),
        }
    }
    let rules = gaussian::Rules {
        free: &|n| !claimed[n.0],
        together: &|nodes| wishes.together(nodes),
        elements: !wishes.mean_field,
        bound,
    };
    let found = gaussian::claims(graph, &blocks, &rules);
    for (node, why) in found.refusals {
        reasons.add(node, why);
    }
    for joint in found.joints {
        let nodes = joint.nodes();
        if !wishes.named_whole(&nodes) {
            continue;
        }
        nodes.iter().for_each(|n| claimed[n.0] = true);
        let index = blocks.gaussians.len();
        blocks.energy.rewrite(gaussian::rewritten(graph, &blocks.energy, &joint, index));
        let why = reasons.beside(gaussian::why(graph, &joint), &nodes);
        blocks.list.push(Block { nodes, kind: Kind::Gaussian(index), why });
        blocks.gaussians.push(joint);
    }
    for node in (0..graph.nodes.len()).map(NodeId).filter(|n| blocks.roles[n.0].has_q()).collect::<Vec<_>>() {
        if claimed[node.0] {
            continue;
        }
        let steps = chains::along(graph, node);
        let block = match steps {
            Some(plate) if !wishes.mean_field && wishes.allows(&[node]) => {
                match chains::claim(graph, &blocks.energy, node, plate) {
                    Ok(why) => {
                        let why = std::iter::once(why).chain(reasons.of(node).iter().cloned()).collect();
                        Block { nodes: vec![node], kind: Kind::Chain(plate), why }
                    }
                    Err(Some(refusal)) => {
                        reasons.add(node, refusal);
                        Block { nodes: vec![node], kind: Kind::Single, why: vec![] }
                    }
                    Err(None) => Block { nodes: vec![node], kind: Kind::Single, why: vec![] },
                }
            }
            _ => Block { nodes: vec![node], kind: Kind::Single, why: vec![] },
        };
        claimed[node.0] = true;
        blocks.list.push(block);
    }
    blocks.home = Home::new(graph.nodes.len(), &blocks.list);
    let met = Met::new(&blocks);
    for i in 0..blocks.list.len() {
        let apart = apart(graph, &blocks, &met, i);
        let block = &mut blocks.list[i];
        if block.kind == Kind::Single {
            block.why = reasons.of(block.nodes[0]).to_vec();
            if matches!(graph.factorize, Factorize::MeanField(_)) {
                block.why = vec!["`factorize: MeanField` asks for it.".into()];
            }
        }
        if block.why.is_empty() || block.kind != Kind::Single {
            block.why.push(apart);
        }
    }
    blocks.list.sort_by_key(|b| b.nodes.iter().min().copied());
    blocks.home = Home::new(graph.nodes.len(), &blocks.list);
    wishes.granted(graph, &blocks, &reasons, diags)?;
    blocks.sound(graph, diags)?;
    for i in 0..blocks.list.len() {
        let cost = cost::cost(graph, &blocks, i, sizes);
        blocks.list[i].why.push(cost);
    }
    Ok(blocks)
}

/// Why larger blocks were not taken, by node, in the order in which that was found.
struct Reasons {
    list: Vec<Vec<String>>,
    known: HashSet<(NodeId, String)>,
}

impl Reasons {
    fn new(graph: &FactorGraph) -> Self {
        Self { list: vec![vec![]; graph.nodes.len()], known: HashSet::new() }
    }

    fn add(&mut self, node: NodeId, why: String) {
        self.known.insert((node, why.clone()));
        self.list[node.0].push(why);
    }

    /// If it was not said before.
    fn once(&mut self, node: NodeId, why: &str) {
        if self.known.insert((node, why.into())) {
            self.list[node.0].push(why.into());
        }
    }

    fn of(&self, node: NodeId) -> &[String] {
        &self.list[node.0]
    }

    /// A block's reason, and then those of its nodes, each once.
    fn beside(&self, why: String, nodes: &[NodeId]) -> Vec<String> {
        let mut out = vec![why];
        let mut said: HashSet<&String> = HashSet::new();
        for r in nodes.iter().flat_map(|n| self.of(*n)) {
            if *r != out[0] && said.insert(r) {
                out.push(r.clone());
            }
        }
        out
    }
}

/// Who meets whom in products: of each block, the others, and whether it meets itself.
struct Met(Vec<(BTreeSet<usize>, bool)>);

impl Met {
    fn new(blocks: &Blocks) -> Self {
        let mut out = vec![(BTreeSet::new(), false); blocks.list.len()];
        for term in blocks.energy.factors().iter().flat_map(|f| &f.terms) {
            let met: Vec<usize> = term.ops.iter().filter_map(|o| blocks.of_source(o.source)).collect();
            for (i, &a) in met.iter().enumerate() {
                for &b in met[..i].iter().chain(&met[i + 1..]) {
                    if a != b {
                        out[a].0.insert(b);
                    } else {
                        out[a].1 = true;
                    }
                }
            }
        }
        Self(out)
    }
}

/// Why a block is no larger: the variables of other blocks that it meets in products.
fn apart(graph: &FactorGraph, blocks: &Blocks, met: &Met, i: usize) -> String {
    let (others, itself) = &met.0[i];
    let names = |nodes: &[NodeId], and: &str| {
        let all: Vec<String> = nodes.iter().map(|n| format!("`{}`", graph.nodes[n.0].name)).collect();
        match all.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} {and} {last}", rest.join(", ")),
            _ => all.join(""),
        }
    };
    let mine = &blocks.list[i].nodes;
    if others.is_empty() && *itself && blocks.list[i].kind == Kind::Single {
        return format!(
            "No kind of block keeps elements of {} together that meet each other.",
            names(mine, "and")
        );
    }
    if others.is_empty() {
        let (it, its) = if mine.len() > 1 { ("They meet", "their") } else { ("It meets", "its") };
        return format!("{it} no other variable: {its} posterior is exact.");
    }
    let theirs: Vec<NodeId> = others.iter().flat_map(|b| blocks.list[*b].nodes.iter().copied()).collect();
    format!("No kind of block keeps {} together with {}.", names(mine, "and"), names(&theirs, "or"))
}

impl Blocks {
    /// Networks, with the leaves that belong to them; all other predictions leave the energy.
    fn with_leaves(
        &mut self,
        graph: &FactorGraph,
        missing: &[Missing],
        claims: &dyn Fn(&Self) -> network::Found,
    ) -> network::Found {
        let mut leaves = network::leaves(graph, &self.energy, &self.roles, missing);
        if leaves.is_empty() {
            self.drop_predictions();
            return claims(self);
        }
        let (energy, roles) = (self.energy.clone(), self.roles.clone());
        loop {
            self.energy.clone_from(&energy);
            self.roles.clone_from(&roles);
            for n in &leaves {
                self.roles[n.0] = if roles[n.0] == Role::Observed { Role::Mixed } else { Role::Latent };
            }
            self.drop_predictions();
            let found = claims(self);
            let before = leaves.len();
            leaves.retain(|n| found.networks.iter().any(|x| x.members.contains(n)));
            if leaves.len() == before {
                return found;
            }
        }
    }

    /// A prediction adds nothing to any message: its factor leaves the energy, and q of it is p given its
    /// parents.
    fn drop_predictions(&mut self) {
        let predicted = (0..self.roles.len()).map(NodeId).filter(|n| self.roles[n.0] == Role::Predicted);
        let lines = predicted.flat_map(|n| self.energy.lines(n)).copied();
        let silent = |i: usize| (i, FactorEnergy { terms: vec![], ..self.energy.factor(i).clone() });
        let changes = lines.map(silent).collect();
        self.energy.rewrite(changes);
    }
    /// Entries of one variable that meet each other, and that no block holds together, would be taken for
    /// independent even where they are one and the same.
    fn sound(&self, graph: &FactorGraph, diags: &mut Diagnostics) -> Result<(), Reported> {
        for f in self.energy.factors() {
            for t in &f.terms {
                for (i, a) in t.ops.iter().enumerate() {
                    let twin = t.ops[..i].iter().find(|b| {
                        b.source == a.source && matches!(a.source, Source::Node(_) | Source::Gaussian(_))
                    });
                    let Some(b) = twin.filter(|b| could_be_one(a, b)) else { continue };
                    let block = self.of_source(a.source).or_else(|| self.of_source(b.source));
                    let Some(block) = block else { continue };
                    let node = &graph.nodes[self.list[block].nodes[0].0];
                    let d = Diagnostic::error(
                        E_NOT_EXACT,
                        format!(
                            "no block can hold all of `{}` that one factor of `{}` needs",
                            node.name, graph.nodes[f.node.0].name
                        ),
                    );
                    let mut d = d.at(node.span, "its elements meet each other in a product");
                    for why in &self.list[block].why {
                        d = d.note(why.clone());
                    }
                    return Err(diags.error(
                        d.help("sum over a `Size` or `Columns` plate, or index the elements one by one"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The block that holds a node's q.
    pub fn of(&self, node: NodeId) -> Option<usize> {
        self.home.nodes[node.0]
    }
    /// The source of a block's moments.
    pub fn source(&self, i: usize) -> Source {
        let block = &self.list[i];
        match block.kind {
            Kind::Single | Kind::Chain(_) => Source::Node(block.nodes[0]),
            Kind::Joint(j) => Source::Joint(j),
            Kind::Gaussian(g) => Source::Gaussian(g),
            Kind::Network(n) => Source::Network(n),
        }
    }
    /// The block of a source of moments.
    pub fn of_source(&self, source: Source) -> Option<usize> {
        match source {
            Source::Node(n) => self.of(n),
            Source::Known(_) => None,
            Source::Gaussian(g) => self.home.gaussians.get(g).copied(),
            Source::Joint(j) => self.home.joints.get(j).copied(),
            Source::Network(n) => self.home.networks.get(n).copied(),
        }
    }
}

/// The block of each node, and of each source of its own.
#[derive(Clone, Debug, Default)]
struct Home {
    nodes: Vec<Option<usize>>,
    joints: Vec<usize>,
    gaussians: Vec<usize>,
    networks: Vec<usize>,
}

impl Home {
    fn new(nodes: usize, list: &[Block]) -> Self {
        let mut out = Self { nodes: vec![None; nodes], ..Self::default() };
        for (i, b) in list.iter().enumerate() {
            b.nodes.iter().for_each(|n| out.nodes[n.0] = Some(i));
            let (of, index) = match b.kind {
                Kind::Single | Kind::Chain(_) => continue,
                Kind::Joint(j) => (&mut out.joints, j),
                Kind::Gaussian(g) => (&mut out.gaussians, g),
                Kind::Network(n) => (&mut out.networks, n),
            };
            of.resize(of.len().max(index + 1), 0);
            of[index] = i;
        }
        out
    }
}

/// Could two ops of one source be the same element for some values of their letters? Different plain letters
/// of one plate could.
fn could_be_one(a: &Op, b: &Op) -> bool {
    let differ_by_letter =
        |(x, y): (&Element, &Element)| matches!((x, y), (Element::Label(l), Element::Label(m)) if l != m);
    let same = a.elements.iter().zip(&b.elements).all(|(x, y)| x == y || differ_by_letter((x, y)));
    same && a.elements.iter().zip(&b.elements).any(|p| differ_by_letter((p.0, p.1)) || p.0 == p.1)
        || a.elements.is_empty()
}

/// What the user's `factorize` allows.
struct Wishes {
    mean_field: bool,
    named: Vec<Vec<NodeId>>,
    /// Which of `named` a node is in.
    home: HashMap<NodeId, usize>,
}

impl Wishes {
    fn new(graph: &FactorGraph, blocks: &Blocks, diags: &mut Diagnostics) -> Result<Self, Reported> {
        let mut named: Vec<Vec<NodeId>> = vec![];
        let mut home: HashMap<NodeId, usize> = HashMap::new();
        let mut failed = None;
        if let Factorize::Blocks(list) = &graph.factorize {
            for (members, _) in list {
                let mut nodes = vec![];
                for &(node, span) in members {
                    let name = &graph.nodes[node.0].name;
                    if home.insert(node, named.len()).is_some() {
                        let d = Diagnostic::error(E_BLOCK_MEMBER, format!("`{name}` is named in two blocks"));
                        failed = Some(diags.error(d.at(span, "here again").help("name each node once")));
                    } else if !blocks.roles[node.0].has_q() {
                        let observed = blocks.roles[node.0] == Role::Observed;
                        let what = if observed {
                            "is known from data"
                        } else {
                            "is a prediction: its q is p given its parents"
                        };
                        let d =
                            Diagnostic::error(E_BLOCK_MEMBER, format!("`{name}` {what}, so it has no block"));
                        let d = d.at(span, if observed { "observed" } else { "nothing depends on it" });
                        failed = Some(diags.error(d.help("leave it out of `Blocks`")));
                    }
                    nodes.push(node);
                }
                named.push(nodes);
            }
        }
        let mean_field = matches!(graph.factorize, Factorize::MeanField(_));
        failed.map_or(Ok(Self { mean_field, named, home }), Err)
    }

    /// May these nodes be one block?
    fn allows(&self, nodes: &[NodeId]) -> bool {
        let home = |n: &NodeId| self.home.get(n).copied();
        !self.mean_field
            && nodes.iter().all(|n| home(n) == home(&nodes[0]))
            && home(&nodes[0]).is_none_or(|b| self.named[b].len() == nodes.len())
    }

    /// Are they none of a block that the user named, or all of it?
    fn named_whole(&self, nodes: &[NodeId]) -> bool {
        self.mean_field || self.allows(nodes)
    }

    /// May these nodes be part of one block?
    fn together(&self, nodes: &[NodeId]) -> bool {
        let home = |n: &NodeId| self.home.get(n).copied();
        !self.mean_field && nodes.iter().all(|n| home(n) == home(&nodes[0]))
    }

    /// Blocks the user named must be there, whole.
    fn granted(
        &self,
        graph: &FactorGraph,
        blocks: &Blocks,
        reasons: &Reasons,
        diags: &mut Diagnostics,
    ) -> Result<(), Reported> {
        let Factorize::Blocks(list) = &graph.factorize else { return Ok(()) };
        let mut failed = None;
        for (members, span) in list {
            let nodes: Vec<NodeId> = members.iter().map(|m| m.0).collect();
            let whole = nodes
                .first()
                .and_then(|&n| blocks.of(n))
                .is_some_and(|b| nodes.iter().all(|n| blocks.of(*n) == Some(b)));
            if whole || nodes.is_empty() {
                continue;
            }
            let names: Vec<_> = nodes.iter().map(|n| format!("`{}`", graph.nodes[n.0].name)).collect();
            let mut d =
                Diagnostic::error(E_NOT_EXACT, format!("{} can't be kept as one block", names.join(" and ")))
                    .at(*span, "asked for here");
            let mut said: Vec<&String> = nodes.iter().flat_map(|n| reasons.of(*n)).collect();
            said.dedup();
            for why in said {
                d = d.note(why.clone());
            }
            if d.notes.is_empty() {
                d = d.note("no kind of block has closed-form updates for these variables together");
            }
            failed = Some(diags.error(d.help("name them in blocks of their own, or leave them to `Auto`")));
        }
        failed.map_or(Ok(()), Err)
    }
}
