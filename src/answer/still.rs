//! What rows have for themselves where shared blocks stay as they are, run and read in one call. Not here: where the
//! shared blocks come from (`keep`), nor what is asked (`ask`).

use super::{fit::FitError, gate, posterior::Posterior, read::read};
use crate::{
    engine::{
        self, Options, RunError,
        run::Finished,
        still::{Held, still},
    },
    graph::{Bound, FactorGraph},
    plan::Plan,
    plan::{element_order, layout::VarId},
    shape::NodeId,
};

/// Rows' own variables.
#[derive(Clone, Debug)]
pub struct Rows {
    /// q of the nodes that were asked for.
    pub posterior: Posterior,
    /// The bound on ln p of what is observed, given q of the shared variables, in nats.
    pub log: f64,
    /// The most probable categories of chains together: of each node all elements of the data, NaN where it has none.
    pub likely: Vec<(NodeId, Vec<f64>)>,
}

/// Runs and reads; `paths` asks for the most probable ones.
///
/// # Errors
/// Where the numbers break down.
pub fn rows(
    graph: &FactorGraph,
    bound: &Bound,
    plan: &Plan,
    held: &[Held],
    options: &Options,
    paths: bool,
) -> Result<Rows, FitError> {
    let broke = |error| FitError::new(graph, error, None);
    let pool = engine::run::pool(options).map_err(broke)?;
    let mut run = still(graph, plan, &pool, held).map_err(broke)?;
    let rounding = run.rounding();
    let posterior = read(graph, bound, &mut run, options, &rounding).map_err(broke)?;
    gate::nodes(graph, &posterior).map_err(broke)?;
    let shared = |n: NodeId| held.iter().any(|h| plan.vars[h.var].nodes.contains(&n));
    let own = posterior.terms.iter().enumerate().filter(|(n, _)| !shared(NodeId(*n)));
    let log = own.map(|(_, (_, x))| x).sum();
    let mut likely = vec![];
    if paths {
        likely = self::likely(graph, &mut run).map_err(broke)?;
    }
    Ok(Rows { posterior, log, likely })
}

/// The most probable categories of all chains.
pub(super) fn likely(
    graph: &FactorGraph,
    run: &mut Finished<'_>,
) -> Result<Vec<(NodeId, Vec<f64>)>, RunError> {
    let plan = run.plan();
    let mut out = vec![];
    for s in plan.streams.ids() {
        let chains = plan.vars.ids().filter(|&v| plan.vars[v].stream() == Some(s));
        for v in chains.filter(|&v| plan.vars[v].shape.sequences().is_some()) {
            out.extend(path(graph, run, v)?);
        }
    }
    Ok(out)
}

/// The most probable path of a block's members.
fn path(graph: &FactorGraph, run: &mut Finished<'_>, v: VarId) -> Result<Vec<(NodeId, Vec<f64>)>, RunError> {
    let plan = run.plan();
    let var = &plan.vars[v];
    let (Some(s), Some(kernel)) = (var.stream(), var.shape.sequences()) else { return Ok(vec![]) };
    let Some(states) = run.likely(s, v)? else { return Ok(vec![]) };
    let mut members = vec![vec![]; var.nodes.len()];
    kernel.split(&states, &mut members);
    let file_rows = plan.streams[s].order.as_deref();
    let each = members.into_iter().enumerate().map(|(member, values)| {
        let node = var.nodes[member];
        let plates = &graph.nodes[node.0].plates;
        let order = element_order(plates, &var.plates_of(member), file_rows);
        let order = plan.kept.of_data(plates, order);
        let mut all = vec![f64::NAN; plan.kept.count(plates)];
        order.iter().zip(values).for_each(|(&e, x)| all[e] = x);
        (node, all)
    });
    Ok(each.collect())
}
