//! A kept run read once more, with its data: q of the nodes that are asked for, local ones too, and what q
//! says of each observed element. Not here: reports without data (`keep::show`).

pub use super::predict::Fitted;
use super::{
    posterior::NodePosterior,
    read::{Asked, nodes},
    still::likely,
};
use crate::{
    engine::{self, Options, Reached, RunError, recentre::Plans, run::Ground},
    graph::{Bound, FactorGraph, barren::without_barren},
    plan::Plan,
    shape::NodeId,
};

/// What is read.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Of each node, whether its q is.
    pub nodes: Vec<bool>,
    /// Observed nodes of which it is read what q says of each element, had it not been seen.
    pub fitted: &'a [NodeId],
    /// Quantiles are found for nodes of at most this many numbers.
    pub quantiles: usize,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Again {
    /// q of the nodes, in file order.
    pub nodes: Vec<NodePosterior>,
    /// What is fitted.
    pub fitted: Vec<Fitted>,
    /// The most probable categories of chains together: of each node all elements of the data, NaN where it has none.
    pub likely: Vec<(NodeId, Vec<f64>)>,
}

/// q of some nodes, in file order, and what is fitted.
///
/// # Errors
/// The run is not of this plan; or a block without moments.
pub fn again(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    from: &Reached,
    wanted: Wanted<'_>,
) -> Result<Again, RunError> {
    let options = Options::default();
    let pool = engine::run::pool(&options)?;
    let plans = Plans::default();
    let places = graph.nodes.iter().any(|n| n.spec.location);
    let seen = (places && !plan.kept.everything()).then(|| without_barren(graph, bound).0);
    let seen = seen.as_deref().unwrap_or(bound);
    let ground = Ground { graph, bound: seen, plan, plans: &plans, pool: &pool };
    let mut run = engine::run::again(ground, &options, from)?;
    let Wanted { nodes: wanted, fitted, quantiles } = wanted;
    let (nodes, fitted) = nodes(graph, bound, &mut run, &Asked { wanted, fitted, quantiles })?;
    let likely = likely(graph, &mut run)?;
    Ok(Again { nodes, fitted, likely })
}
