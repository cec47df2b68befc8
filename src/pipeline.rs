//! The stages before inference in one go: a model to its checked graph, its tables read, its data bound. Not here: which
//! files are opened, and how mistakes are shown.

use crate::{
    data::{self, Files},
    diag::{Diagnostics, Reported},
    graph::{self, Bound, FactorGraph, factor_graph},
    shape::TableId,
    source::Source,
    syntax,
};

/// The graph of a model, all checks that need no data passed.
///
/// # Errors
/// All that they report.
pub fn graph(model: &syntax::Model, source: &Source, diags: &mut Diagnostics) -> Result<FactorGraph, Reported> {
    let graph = graph::resolve(model, source, diags)?;
    diags.gate()?;
    Ok(graph)
}

/// Reads the tables that the graph uses and binds them. `locate` gives the path of a table's file, as `files` is to open it and
/// as messages show it; `None` for one that stands in the model.
///
/// # Errors
/// Mistakes in the data, with the file's line.
pub fn bind(
    model: &syntax::Model,
    graph: &FactorGraph,
    files: &dyn Files,
    locate: &dyn Fn(&factor_graph::Table) -> Option<String>,
    source: &Source,
    diags: &mut Diagnostics,
) -> Result<Bound, Reported> {
    let mut tables = vec![];
    for (i, table) in graph.tables.iter().enumerate() {
        let read = match locate(table) {
            Some(path) => data::read(files, &table.name, &path, Some(&graph::wanted_columns(graph, TableId(i)))),
            None => match graph::written_table(&model.data[i]) {
                Some(written) => written,
                // `bind` reports a table that was not read.
                None => continue,
            },
        };
        match read {
            Ok(table) => tables.push(table),
            Err(d) if d.labels.iter().any(|l| l.primary) => {
                diags.error(d);
            }
            Err(d) => {
                diags.error(d.at(table.span, "named here"));
            }
        }
    }
    diags.gate()?;
    graph::bind(graph, &tables, source, diags)
}
