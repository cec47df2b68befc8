//! Finds the column that a name means. Columns of a file are taken on trust until the file is read (`bind`).

use super::resolver::Resolver;
use crate::{
    diag::{Diagnostic, Reported, suggest::nearest},
    graph::{
        codes::{UNKNOWN_NAME, WHICH_COLUMN},
        factor_graph::{ByName, DataColumn, PlateKind, TableSource},
    },
    shape::{ColumnId, DataTableId, Extent, NodeId, PlateId},
    source::Span,
};

impl Resolver<'_> {
    /// A note of the columns that the rows of a node have, where they are known before a file is read.
    pub(super) fn with_columns_of(&self, d: Diagnostic, node: NodeId) -> Diagnostic {
        let Some(table) = self.headers[node.0].plates.iter().find_map(|&p| self.rows_of(p)) else { return d };
        let t = &self.tables[table.0];
        match &t.source {
            TableSource::Inline(columns) => {
                let names = super::names::list(columns.iter().map(|(n, _)| n.as_str()));
                d.note(format!("table `{}` has the columns {names}", t.name))
            }
            TableSource::File(path) => d.note(format!("the first line of `{path}` names its columns")),
        }
    }

    /// The id of a column; a table written in the model is looked into.
    pub(super) fn column(
        &mut self,
        table: DataTableId,
        name: &str,
        span: Span,
    ) -> Result<ColumnId, Reported> {
        self.has_column(table, name, span)?;
        Ok(self.intern(table, name, None, None, span))
    }

    /// Whether there is such a column, as far as the model says; it gets no id.
    pub(super) fn has_column(&mut self, table: DataTableId, name: &str, span: Span) -> Result<(), Reported> {
        self.used_tables[table.0] = true;
        let t = &self.tables[table.0];
        let TableSource::Inline(columns) = &t.source else { return Ok(()) };
        if columns.iter().any(|(n, _)| n == name) {
            return Ok(());
        }
        let d = Diagnostic::error(UNKNOWN_NAME, format!("table `{}` has no column `{name}`", t.name))
            .at(span, "no such column");
        let d = match nearest(name, columns.iter().map(|(n, _)| n.as_str())) {
            Some(meant) => d.help(format!("did you mean `{meant}`?")),
            None => d.note(format!(
                "its columns are {}",
                super::names::list(columns.iter().map(|(n, _)| n.as_str()))
            )),
        };
        Err(self.fail(d))
    }

    /// The same, of the row that has the name of a group.
    pub(super) fn column_by_name(
        &mut self,
        table: DataTableId,
        name: &str,
        by: ByName,
        span: Span,
    ) -> Result<ColumnId, Reported> {
        self.column(table, name, span)?;
        self.used_plates[by.rows.0] = true;
        Ok(self.intern(table, name, None, Some(by), span))
    }

    /// The plates of rows that a group can find by its name, and their tables.
    pub(super) fn named_rows(&self) -> impl Iterator<Item = (PlateId, DataTableId)> + '_ {
        self.plates.iter().enumerate().filter_map(|(i, p)| match p.kind {
            PlateKind::Rows { table, id: Some(_), .. }
            | PlateKind::Steps { table, id: Some(_), .. }
            | PlateKind::Tree { table, id: Some(_), .. } => Some((PlateId(i), table)),
            _ => None,
        })
    }

    /// The levels of a `Columns` plate's columns, joined.
    pub(super) fn joined(&mut self, table: DataTableId, plate: PlateId, span: Span) -> ColumnId {
        let name = format!("levels of {}", self.plate(plate));
        self.intern(table, &name, Some(plate), None, span)
    }

    fn intern(
        &mut self,
        table: DataTableId,
        name: &str,
        joined: Option<PlateId>,
        by_name: Option<ByName>,
        span: Span,
    ) -> ColumnId {
        let key = (table, name.to_owned(), joined.or(by_name.map(|b| b.groups)));
        ColumnId(*self.names.columns.entry(key).or_insert_with(|| {
            self.columns.push(DataColumn { table, name: name.to_owned(), joined, by_name, span });
            self.columns.len() - 1
        }))
    }

    /// A column as `table.column`, or as `column` where `home` or the only table settles whose.
    pub(super) fn column_path(
        &mut self,
        path: &str,
        span: Span,
        home: Option<DataTableId>,
    ) -> Result<ColumnId, Reported> {
        if let Some(table) = home {
            // A header may hold dots itself; the row's own table comes first.
            let prefix = format!("{}.", self.tables[table.0].name);
            let own = path.strip_prefix(&prefix).unwrap_or(path);
            return self.column(table, own, span);
        }
        if let Some((table, column)) = path.split_once('.')
            && (self.table_named(table).is_some() || self.tables.len() != 1)
        {
            let table = self.want_table(table, span)?;
            return self.column(table, column, span);
        }
        if self.tables.len() == 1 {
            return self.column(DataTableId(0), path, span);
        }
        let d = Diagnostic::error(WHICH_COLUMN, format!("column `{path}` of which table?"))
            .at(span, "expected `table.column`")
            .note(match self.tables.len() {
                0 => "the model has no tables".to_owned(),
                _ => format!(
                    "the tables are {}",
                    super::names::list(self.tables.iter().map(|t| t.name.as_str()))
                ),
            });
        let d = match self.tables.first() {
            Some(t) => d.help(format!("write `{}.{path}`", t.name)),
            None => d,
        };
        Err(self.fail(d))
    }

    /// The axis of a column's levels: the plate that has one index for each of them, if there is one.
    pub(super) fn levels(&self, c: ColumnId) -> Extent {
        let group = self
            .plates
            .iter()
            .position(|p| matches!(&p.kind, PlateKind::Groups { columns } if columns[..] == [c]));
        group.map_or(Extent::Levels(c), |p| Extent::Plate(PlateId(p)))
    }
}
