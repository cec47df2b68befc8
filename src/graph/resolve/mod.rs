//! Resolves a model: every name, plate, index and shape, without any data. Not here: whether the factors are
//! conjugate (`check`), nor sizes that only data know (`bind`).
//!
//! The order is that of what each step needs: tables and plates; inputs; the keys of the nodes; the arguments
//! of their calls; observations; then the axes, by unification; then cycles and what nobody used.

mod args;
mod axes;
mod blocks;
mod columns;
mod cycle;
mod derived;
mod element;
mod expr;
mod forms;
mod index;
mod inputs;
mod lines;
mod links;
mod names;
mod observe;
mod plates;
mod resolver;
mod rewrites;
mod shapes;
#[cfg(test)]
mod tests;
mod unify;
mod unused;

use super::factor_graph::FactorGraph;
use crate::{
    diag::{Diagnostics, Reported},
    source::Source,
    syntax::ast::Model,
};
pub(super) use args::names_a_node;
use resolver::Resolver;

/// Finds what every name, plate, index and shape of a model means.
///
/// # Errors
/// Every mistake in names (E02) and shapes (E03) that shows without data is reported.
pub fn resolve(model: &Model, source: &Source, diags: &mut Diagnostics) -> Result<FactorGraph, Reported> {
    let before = diags.list().len();
    let mut r = Resolver::new(model, source, diags);
    r.tables();
    r.plates();
    r.inputs();
    r.headers();
    let factors = r.factors();
    let mut derived = r.derived();
    let observed = r.observations();
    let factorize = r.factorize();
    r.gate(before)?;
    let (mut nodes, mut factors, same) = r.shapes(factors, observed, &mut derived);
    forms::choose(&mut nodes, &mut factors);
    r.cycles(&nodes, &factors);
    r.unused();
    r.gate(before)?;
    let graph = FactorGraph {
        name: model.name.as_ref().map_or_else(String::new, |n| n.node.clone()),
        tables: r.tables,
        plates: r.plates,
        columns: r.columns,
        inputs: r.inputs,
        nodes,
        factors,
        same,
        labelled: r.labelled,
        factorize,
        derived,
    };
    Ok(graph.with_lines())
}
