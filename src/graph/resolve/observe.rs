//! Which nodes are bound to which columns. Whether the values fit is seen when the data are there (`bind`).

use super::resolver::Resolver;
use crate::{
    diag::{Diagnostic, Reported},
    graph::{
        codes::{CANNOT_OBSERVE, COLUMN_COUNT, NAME_TAKEN},
        factor_graph::{Observed, ObservedValues, PlateKind},
    },
    shape::{DataTableId, NodeId, PlateId},
    source::{Span, Spanned},
    syntax::ast::ObserveDecl,
};

/// The distributions of which only two ends may be known.
fn between() -> Vec<&'static str> {
    crate::dist::REGISTRY.iter().filter(|s| !s.intervals.is_empty()).map(|s| s.name).collect()
}

impl Resolver<'_> {
    /// The observation of each node, if it has one.
    pub(super) fn observations(&mut self) -> Vec<Option<Observed>> {
        let mut out = vec![None; self.headers.len()];
        let mut places: Vec<Option<Span>> = vec![None; self.headers.len()];
        for decl in &self.model.observe {
            let Ok(node) = self.want_node(&decl.node.node, decl.node.span) else { continue };
            if let Some(first) = places[node.0] {
                let d = Diagnostic::error(NAME_TAKEN, format!("`{}` is observed twice", decl.node.node))
                    .at(decl.node.span, "the second time")
                    .with(first, "first here");
                self.fail(d);
                continue;
            }
            places[node.0] = Some(decl.node.span);
            if let Ok(values) = self.observation(decl, node) {
                let span = decl.node.span.join(decl.columns.span);
                out[node.0] = Some(Observed { span, values });
            }
        }
        out
    }

    fn observation(&mut self, decl: &ObserveDecl, node: NodeId) -> Result<ObservedValues, Reported> {
        let h = &self.headers[node.0];
        let (plates, rank, spec, key) = (h.plates.clone(), h.spec.stat.value.rank(), h.spec, h.span);
        let names = &decl.columns.node;
        let rows: Vec<(PlateId, DataTableId)> =
            plates.iter().filter_map(|&p| self.rows_of(p).map(|t| (p, t))).collect();
        let wide = plates.iter().find_map(|p| match self.plates[p.0].kind {
            PlateKind::Columns { table, .. } => Some(table),
            _ => None,
        });
        let refuse = |why: String, help: String| {
            Diagnostic::error(CANNOT_OBSERVE, why)
                .at(decl.node.span, "observed here")
                .with(key, "its key")
                .help(help)
        };
        if rank == 2 {
            let d = refuse(
                format!("`{}` is a matrix, which no columns hold", decl.node.node),
                "observe a vector or a number".into(),
            );
            return Err(self.fail(d));
        }
        if let (2, Some(table), &[(_, home)]) = (plates.len(), wide, &rows[..]) {
            let named = match &names[..] {
                [one] if !decl.list => self.want_table(&one.node, one.span)?,
                _ => {
                    let name = self.tables[table.0].name.clone();
                    let d = refuse(
                        format!("`{}` has a plate of columns", decl.node.node),
                        format!("bind it to its table: `\"{name}\"`"),
                    );
                    return Err(self.fail(d));
                }
            };
            if named != table || home != table {
                let name = |t: DataTableId| self.tables[t.0].name.clone();
                let d = refuse(
                    format!(
                        "`{}` mixes tables: rows of `{}`, columns of `{}`, values of `{}`",
                        decl.node.node,
                        name(home),
                        name(table),
                        name(named)
                    ),
                    "rows, columns and values stand in one table".into(),
                );
                return Err(self.fail(d));
            }
            if rank != 0 {
                let d = refuse(
                    format!("each `{}` is a vector and has one cell", decl.node.node),
                    "list the columns of the vector, without a plate of columns".into(),
                );
                return Err(self.fail(d));
            }
            return Ok(ObservedValues::Table(table));
        }
        let &[(_, table)] = &rows[..] else {
            let name = &decl.node.node;
            let d = refuse(
                format!("`{name}` does not run over the rows of a table"),
                format!("declare `\"n\": Rows(table: …)` and write `\"{name}[n]\"`"),
            );
            return Err(self.fail(d));
        };
        if plates.len() != 1 {
            let extra: Vec<_> = plates
                .iter()
                .filter(|p| self.rows_of(**p).is_none())
                .map(|p| self.plate(*p).to_owned())
                .collect();
            let d = refuse(
                format!(
                    "`{}` has {} values for each row of `{}`",
                    decl.node.node,
                    extra.join(" × "),
                    self.tables[table.0].name
                ),
                "use a plate `Columns(table: …)`, or put each value on a row of its own".into(),
            );
            return Err(self.fail(d));
        }
        if let (true, [from, to]) = (decl.interval, &names[..]) {
            if spec.intervals.is_empty() {
                let d = refuse(
                    format!("a {} has no interval between two ends", spec.name),
                    format!("intervals are of {}", between().join(", ")),
                );
                return Err(self.fail(d));
            }
            let mut column = |n: &Spanned<String>| self.column_path(&n.node, n.span, Some(table));
            return Ok(ObservedValues::Interval([column(from)?, column(to)?]));
        }
        if rank == 0 && names.len() != 1 {
            let d = Diagnostic::error(
                COLUMN_COUNT,
                format!("`{}` is one value for each row, and has {} columns", decl.node.node, names.len()),
            )
            .at(decl.columns.span, "expected one column")
            .with(key, format!("{}: {}", spec.name, spec.summary));
            let d = self.with_columns_of(d, node);
            let d = d.help(
                "name one of them; several columns are the elements of a vector, such as an `MvNormal`",
            );
            return Err(self.fail(d));
        }
        if names.is_empty() {
            let d = Diagnostic::error(COLUMN_COUNT, format!("`{}` is bound to no column", decl.node.node))
                .at(decl.columns.span, "expected columns");
            let d = self.with_columns_of(d, node);
            return Err(self.fail(d));
        }
        let columns: Result<Vec<_>, _> =
            names.iter().map(|n| self.column_path(&n.node, n.span, Some(table))).collect();
        Ok(ObservedValues::Columns(columns?))
    }
}
