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
mod expr;
mod index;
mod inputs;
mod lines;
mod names;
mod observe;
mod plates;
#[cfg(test)]
mod tests;
mod unused;

use super::factor_graph::{Column, Factor, FactorGraph, Input, Node, Observed, Plate, Table};
use crate::{
    diag::{Diagnostic, Diagnostics, Reported},
    source::Source,
    syntax::ast::Model,
};
use lines::Header;
use std::collections::BTreeSet;

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
    let observed = r.observations();
    let factorize = r.factorize();
    r.gate(before)?;
    let (nodes, factors, same) = r.shapes(factors, observed);
    r.cycles(&nodes, &factors);
    r.unused();
    r.gate(before)?;
    Ok(FactorGraph {
        name: model.name.as_ref().map_or_else(String::new, |n| n.node.clone()),
        tables: r.tables,
        plates: r.plates,
        columns: r.columns,
        inputs: r.inputs,
        nodes,
        factors,
        same,
        factorize,
    })
}

/// What is known so far.
struct Resolver<'a> {
    model: &'a Model,
    source: &'a Source,
    diags: &'a mut Diagnostics,
    tables: Vec<Table>,
    plates: Vec<Plate>,
    columns: Vec<Column>,
    inputs: Vec<Input>,
    headers: Vec<Header>,
    /// Names whose declaration was at fault: to use one is no second mistake.
    broken: BTreeSet<String>,
    used_tables: Vec<bool>,
    used_plates: Vec<bool>,
    used_inputs: Vec<bool>,
}

impl<'a> Resolver<'a> {
    fn new(model: &'a Model, source: &'a Source, diags: &'a mut Diagnostics) -> Self {
        Self {
            model,
            source,
            diags,
            tables: vec![],
            plates: vec![],
            columns: vec![],
            inputs: vec![],
            headers: vec![],
            broken: BTreeSet::new(),
            used_tables: vec![false; model.data.len()],
            used_plates: vec![false; model.plates.len()],
            used_inputs: vec![false; model.inputs.len()],
        }
    }
    fn fail(&mut self, d: Diagnostic) -> Reported {
        self.diags.error(d)
    }
    /// `Err` if this stage has found an error.
    fn gate(&self, before: usize) -> Result<(), Reported> {
        let mine = &self.diags.list()[before..];
        if mine.iter().any(|d| d.severity == crate::diag::Severity::Error) {
            self.diags.gate()
        } else {
            Ok(())
        }
    }
}

/// Data of one node that the key does not say.
type Observations = Vec<Option<Observed>>;
/// A resolved line, whose expressions have no axes yet.
type Lines = Vec<Factor>;
/// Nodes with their events.
type Nodes = Vec<Node>;
