//! Which block of q claims which variables, and the reasons. Not here: how blocks are updated (`block`,
//! `engine`).
//!
//! The input is the energy, a sum of products of moments. Two variables may stay coupled in q if every
//! product that holds both is one a structured block has moments for; the claims are tried from the largest
//! kind of block down, and what nobody claims is a block by itself.

pub mod admission;
mod blocks;
mod claim;
mod claims;
pub mod contract;
mod cost;
mod heads;
pub mod kinds;
pub mod letters;
pub mod message;
mod reasons;
pub mod roles;
mod soundness;
pub mod symbol;
pub mod text;
mod wishes;

pub use blocks::{Block, Blocks};
pub use claim::Claim;
pub use wishes::{E_BLOCK_MEMBER, E_NOT_EXACT};

use crate::{
    diag::{Diagnostics, Reported},
    graph::{
        bound::Bound,
        energy::{Energy, Op},
        factor_graph::{FactorGraph, Factorize},
    },
    shape::NodeId,
};
use claims::Claims;
use contract::Sizes;
use kinds::KINDS;
use roles::{Missing, Role};
use std::collections::BTreeSet;
use text::listed;
use wishes::Wishes;

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
    admission::check(graph, &energy, &roles, diags)?;
    let wishes = Wishes::new(graph, &roles, diags)?;
    let claim = |energy: Energy, roles: Vec<Role>| {
        let mut claims = Claims::new(graph, (sizes, bound), &wishes, energy, roles);
        KINDS.iter().for_each(|kind| kind.claim(&mut claims));
        claims
    };
    // Predictions that belong to a block of what they depend on: those that are in one in the end.
    let mut leaves: Vec<NodeId> =
        KINDS.iter().flat_map(|k| k.leaves(graph, &energy, &roles, missing)).collect();
    let Claims { mut blocks, reasons, .. } = loop {
        if leaves.is_empty() {
            break claim(energy, roles);
        }
        let mut with = roles.clone();
        for n in &leaves {
            with[n.0] = if roles[n.0] == Role::Observed { Role::Mixed } else { Role::Latent };
        }
        let claims = claim(energy.clone(), with);
        let before = leaves.len();
        leaves.retain(|n| claims.blocks.of(*n).is_some_and(|b| claims.blocks.list[b].nodes.len() > 1));
        if leaves.len() == before {
            break claims;
        }
    };
    blocks.settle_measures();
    // Sentences name the blocks that products name first, in the order of the claims.
    blocks.sort_by_key(|b| b.kind.named_by_node().then(|| b.nodes[0]));
    let met = Met::new(&blocks);
    for i in 0..blocks.list.len() {
        let apart = apart(graph, &blocks, &met, i);
        let block = &mut blocks.list[i];
        if block.kind.alone() {
            block.why = reasons.of(block.nodes[0]).to_vec();
            if matches!(graph.factorize, Factorize::MeanField(_)) {
                block.why = vec!["`factorize: MeanField` asks for it.".into()];
            }
        }
        if block.kind.site().is_some() {
            continue;
        }
        if block.why.is_empty() || !block.kind.alone() {
            block.why.push(apart);
        }
    }
    // The bound is that of q as it is: sites follow all that they depend on.
    blocks.sort_by_key(|b| (b.kind.site().is_some(), b.nodes.iter().min().copied()));
    wishes.granted(graph, &blocks, &reasons, diags)?;
    soundness::check(&blocks, graph, diags)?;
    admission::check_apart(graph, &blocks, diags)?;
    for block in &mut blocks.list {
        let cost = block.kind.cost(graph, sizes);
        block.why.push(cost);
    }
    Ok(blocks)
}

/// Who meets whom in products: of each block, the other variables, whether it meets itself, and whose sites.
struct Met(Vec<(BTreeSet<usize>, bool, BTreeSet<NodeId>)>);

impl Met {
    fn new(blocks: &Blocks) -> Self {
        let mut out = vec![(BTreeSet::new(), false, BTreeSet::new()); blocks.list.len()];
        for term in blocks.energy.factors().iter().flat_map(|f| &f.terms) {
            let variable = |b: &usize| blocks.list[*b].kind.site().is_none();
            let met = term.ops.iter().filter_map(|o| blocks.of_source(o.source)).filter(variable);
            let met: Vec<usize> = met.collect();
            let site = |o: &Op| {
                let block = blocks.of_source(o.source)?;
                blocks.list[block].kind.site().map(|_| blocks.list[block].nodes[0])
            };
            let sites: Vec<NodeId> = term.ops.iter().filter_map(site).collect();
            met.iter().for_each(|&b| out[b].2.extend(sites.iter().copied()));
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
    let (others, itself, sites) = &met.0[i];
    let names = |nodes: &[NodeId], and: &str| listed(graph, nodes, and);
    let mine = &blocks.list[i].nodes;
    if others.is_empty() && *itself && blocks.list[i].kind.alone() {
        return format!(
            "No kind of block keeps elements of {} together that meet each other.",
            names(mine, "and")
        );
    }
    if others.is_empty() && !sites.is_empty() {
        let sites: Vec<NodeId> = sites.iter().copied().collect();
        let (it, its) = if mine.len() > 1 { ("They meet", "their") } else { ("It meets", "its") };
        return format!(
            "{it} no other variable, and sites stand for the lines of {}: q is the best of its kind, and near {its} posterior.",
            names(&sites, "and")
        );
    }
    if others.is_empty() {
        let (it, its) = if mine.len() > 1 { ("They meet", "their") } else { ("It meets", "its") };
        return format!("{it} no other variable: {its} posterior is exact.");
    }
    let theirs: Vec<NodeId> = others.iter().flat_map(|b| blocks.list[*b].nodes.iter().copied()).collect();
    format!("No kind of block keeps {} together with {}.", names(mine, "and"), names(&theirs, "or"))
}
