//! Tables that stand in the model itself.

use crate::{
    data::{CellRef, Table, TableBuilder},
    diag::Diagnostic,
    syntax::ast::{Cell, TableDecl, TableSource},
};

/// The table that a declaration holds; `None` where it names a file.
///
/// # Errors
/// As [`TableBuilder::finish`].
pub fn written_table(decl: &TableDecl) -> Option<Result<Table, Diagnostic>> {
    let TableSource::Inline(columns) = &decl.source.node else { return None };
    let mut table = TableBuilder::new(&decl.name.node);
    for (name, cells) in columns {
        let cells = cells.iter().map(|c| {
            let cell = match &c.node {
                Cell::Number(x) => CellRef::Number(*x),
                Cell::Text(text) => CellRef::Text(text),
                Cell::Bool(b) => CellRef::Bool(*b),
                Cell::Missing => CellRef::Missing,
            };
            (cell, c.span)
        });
        table.push_spanned(&name.node, name.span, cells);
    }
    Some(table.finish())
}
