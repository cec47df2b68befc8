//! What is known of a model while its names are found. Not here: how anything is found out.

use crate::{
    diag::{Diagnostic, Diagnostics, Reported, Severity},
    expfam::spec::DistSpec,
    graph::factor_graph::{DataColumn, DataTable, Input, Labelled, Plate, RowSet},
    shape::{DataTableId, PlateId},
    source::{Source, Span},
    syntax::ast::Model,
};
use std::collections::{BTreeSet, HashMap};

/// What is known so far.
pub(super) struct Resolver<'a> {
    pub model: &'a Model,
    pub source: &'a Source,
    pub diags: &'a mut Diagnostics,
    pub tables: Vec<DataTable>,
    pub plates: Vec<Plate>,
    pub columns: Vec<DataColumn>,
    pub inputs: Vec<Input>,
    pub headers: Vec<Header>,
    pub labelled: Vec<Labelled>,
    /// Names whose declaration was at fault: to use one is no second mistake.
    pub broken: BTreeSet<String>,
    pub used_tables: Vec<bool>,
    pub used_plates: Vec<bool>,
    pub used_inputs: Vec<bool>,
    /// Where names stand in the lists: a model has thousands of them.
    pub names: Names,
}

/// Places in a resolver's lists, by name.
#[derive(Default)]
pub(super) struct Names {
    pub tables: HashMap<String, usize>,
    pub plates: HashMap<String, usize>,
    pub inputs: HashMap<String, usize>,
    pub nodes: HashMap<String, usize>,
    pub columns: HashMap<(DataTableId, String, Option<PlateId>), usize>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(model: &'a Model, source: &'a Source, diags: &'a mut Diagnostics) -> Self {
        Self {
            model,
            source,
            diags,
            tables: vec![],
            plates: vec![],
            columns: vec![],
            inputs: vec![],
            headers: vec![],
            labelled: vec![],
            broken: BTreeSet::new(),
            used_tables: vec![false; model.data.len()],
            used_plates: vec![false; model.plates.len()],
            used_inputs: vec![false; model.inputs.len()],
            names: Names::default(),
        }
    }
    pub(super) fn fail(&mut self, d: Diagnostic) -> Reported {
        self.diags.error(d)
    }
    /// `Err` if this stage has found an error.
    pub(super) fn gate(&self, before: usize) -> Result<(), Reported> {
        let mine = &self.diags.list()[before..];
        if mine.iter().any(|d| d.severity == Severity::Error) { self.diags.gate() } else { Ok(()) }
    }
}

/// What the keys and calls of a node's lines say.
pub(super) struct Header {
    pub name: String,
    pub span: Span,
    pub call: Span,
    pub plates: Vec<PlateId>,
    pub spec: &'static DistSpec,
    /// Lines by their place in the file, and which elements each speaks of.
    pub lines: Vec<(usize, RowSet)>,
}
