//! Sizes and labels of plates, weights and sequences of their rows, and the levels that axes run over.

use super::{Binder, FRACTIONAL_WEIGHT, LEVEL_COUNT, NO_COLUMNS_LEFT, REPEATED_ID, Uses, needs::serving};
use crate::{
    data::{Category, MISSING, Sequences, Table, join_levels},
    diag::Diagnostic,
    graph::{
        bound::BoundPlate,
        factor_graph::{ObservedValues, PlateKind},
    },
    shape::{ColumnId, DataTableId, PlateId},
    source::Span,
};
use std::{borrow::Cow, sync::Arc};

impl<'a> Binder<'a> {
    pub(super) fn plates(&mut self) {
        let graph = self.graph;
        for (i, plate) in graph.plates.iter().enumerate() {
            let mut bound =
                BoundPlate { size: 0, labels: None, weight: None, sequences: None, parents: None };
            match &plate.kind {
                PlateKind::Size(n) => bound.size = *n,
                PlateKind::Rows { table, weight, id } => {
                    bound.size = self.tables[table.0].rows;
                    bound.weight = weight.and_then(|c| self.weight(c));
                    bound.labels = id.and_then(|c| self.row_names(c, plate.span)).map(Into::into);
                }
                PlateKind::Steps { table, sequence, id } => {
                    bound.size = self.tables[table.0].rows;
                    bound.sequences = self.sequences(*table, *sequence);
                    bound.labels = id.and_then(|c| self.row_names(c, plate.span)).map(Into::into);
                }
                PlateKind::Groups { columns } => {
                    let Some((labels, _)) = self.join(columns) else { continue };
                    if labels.is_empty() {
                        self.no_levels(columns[0], plate.span);
                        continue;
                    }
                    let labels = match self.axes {
                        Some(axes) => axes.extended(i, labels),
                        None => labels,
                    };
                    bound.size = labels.len();
                    bound.labels = Some(labels.into());
                }
                PlateKind::Columns { table, .. } => {
                    let Some(names) = self.members(PlateId(i), *table) else { continue };
                    bound.size = names.len();
                    bound.labels = Some(names.into());
                }
                PlateKind::Tree { table, id, parent } => {
                    bound.size = self.tables[table.0].rows;
                    let Some((labels, parents)) = self.tree(*table, *id, *parent) else { continue };
                    bound.labels = labels;
                    bound.parents = Some(parents);
                }
            }
            self.bound.plates[i] = bound;
        }
    }

    /// A column of categories without a filled cell gives no axis its elements.
    fn no_levels(&mut self, c: ColumnId, span: Span) {
        let column = &self.graph.columns[c.0];
        let table = self.tables[column.table.0];
        let joined = column.joined.is_some();
        let (title, note) = if joined {
            let plate = column.joined.map_or("", |p| self.graph.plate_name(p));
            (format!("the columns of plate `{plate}` have no level"), "each of their cells is missing")
        } else {
            (
                format!("column `{}` of `{}` has no level", column.name, table.name),
                "each of its cells is missing",
            )
        };
        let d = Diagnostic::error(LEVEL_COUNT, title)
            .at(span, "an axis has an element for each level")
            .note(note)
            .help("fill a cell in, or name the levels elsewhere: `Size(3)`, or `over: 3`");
        let d = if joined || table.path.is_none() { d } else { table.blame(d, 0, &column.name) };
        self.fail(d);
    }

    /// The name that a column gives each row of its table: one for each, and no two the same.
    pub(super) fn row_names(&mut self, c: ColumnId, span: Span) -> Option<Vec<String>> {
        let (table, column) = self.data(c)?;
        let at = self.graph.columns[c.0].span;
        let ids = self.ok(column.as_index(table, "a name of a row"), at)?;
        let mut rows = vec![MISSING; ids.levels.len()];
        for (row, &code) in (0_u32..).zip(&ids.codes) {
            let first = std::mem::replace(&mut rows[code as usize], row);
            if first != MISSING {
                let name = &ids.levels[code as usize];
                let d = Diagnostic::error(
                    REPEATED_ID,
                    format!("two rows of `{}` are named `{name}`", table.name),
                )
                .at(span, "rows are told apart by their names")
                .note(format!("the first of them is row {}", first + 1))
                .help("give each row a name of its own");
                self.fail(table.blame(d, row as usize, &column.name));
                return None;
            }
        }
        Some(ids.codes.iter().map(|&k| ids.levels[k as usize].clone()).collect())
    }

    fn weight(&mut self, c: ColumnId) -> Option<Arc<[f64]>> {
        let (table, column) = self.data(c)?;
        let span = self.graph.columns[c.0].span;
        let values: Arc<[f64]> = self.ok(column.as_weights(table).map(|v| v.iter().collect()), span)?;
        if let Some(row) = values.iter().position(|w| w.fract() != 0.0) {
            let d = Diagnostic::warning(FRACTIONAL_WEIGHT, format!("weight `{}` is not whole", column.name))
                .at(span, "a row stands for this many equal rows")
                .note("the bound is then not that of any data set");
            let d = match table.place(row, Some(&column.name)) {
                Some(place) => d.in_data(place),
                None => d,
            };
            self.diags.warn(d);
        }
        Some(values)
    }

    fn sequences(&mut self, table: DataTableId, key: Option<ColumnId>) -> Option<Arc<Sequences>> {
        let rows = self.tables[table.0].rows;
        let key = match key {
            None => None,
            Some(c) => {
                let (table, column) = self.data(c)?;
                Some(self.ok(column.as_index(table, "a sequence"), self.graph.columns[c.0].span)?)
            }
        };
        // `as_index` has refused missing keys.
        Sequences::new(rows, key.as_deref()).ok().map(Arc::new)
    }

    /// A column as categories; missing cells stay missing.
    pub(super) fn category(&mut self, c: ColumnId) -> Option<(&'a Table, Cow<'a, Category>)> {
        let (table, column) = self.data(c)?;
        let category = self.ok(column.as_category(table), self.graph.columns[c.0].span)?;
        Some((table, category))
    }

    /// The joined levels of some columns, and the codes of each in them.
    pub(super) fn join(&mut self, columns: &[ColumnId]) -> Option<(Vec<String>, Vec<Vec<u32>>)> {
        let mut parts = vec![];
        for &c in columns {
            parts.push(self.category(c)?.1);
        }
        let parts: Vec<&Category> = parts.iter().map(|p| &**p).collect();
        Some(join_levels(&parts))
    }

    /// The names of a `Columns` plate's columns, in order.
    fn members(&mut self, p: PlateId, t: DataTableId) -> Option<Vec<String>> {
        let graph = self.graph;
        let PlateKind::Columns { only, except, .. } = &graph.plates[p.0].kind else { return None };
        let (table, span) = (self.tables[t.0], graph.plates[p.0].span);
        let mut whole = true;
        for name in only.iter().flatten().chain(except) {
            if !table.header.contains(name) {
                let d = self.no_column(table, name, span);
                self.fail(d);
                whole = false;
            }
        }
        if !whole {
            return None;
        }
        if let Some(only) = only {
            return Some(only.clone());
        }
        let serves = serving(graph, t);
        let stays = |h: &str| !except.iter().any(|e| e == h) && !serves.contains(h);
        let names: Vec<String> = table.header.iter().filter(|h| stays(h)).map(Cow::into_owned).collect();
        if names.is_empty() {
            let d = Diagnostic::error(
                NO_COLUMNS_LEFT,
                format!("plate `{}` has no columns", graph.plates[p.0].name),
            )
            .at(span, "no column is left")
            .note("columns that serve as sequence, weight or group are not counted")
            .help("name the columns: `Columns(table: …, only: […])`");
            self.fail(d);
            return None;
        }
        Some(names)
    }

    /// The columns of a `Columns` plate as categories, joined.
    pub(super) fn join_members(
        &mut self,
        p: PlateId,
        t: DataTableId,
        span: Span,
    ) -> Option<(Vec<String>, Vec<Vec<u32>>)> {
        let table = self.tables[t.0];
        let labels = self.bound.plates[p.0].labels.clone()?;
        let mut parts = vec![];
        for name in labels.iter() {
            parts.push(self.ok(table.column(name)?.as_category(table), span)?);
        }
        let parts: Vec<&Category> = parts.iter().map(|p| &**p).collect();
        Some(join_levels(&parts))
    }

    /// The levels of every column that is an axis.
    pub(super) fn axes(&mut self, uses: &Uses) {
        for &c in &uses.levels {
            if let Some(Some(levels)) = self.axes.and_then(|a| a.columns.get(c.0)) {
                self.bound.columns[c.0].levels = Some(levels.clone().into());
                continue;
            }
            let column = &self.graph.columns[c.0];
            let levels = match column.joined.or_else(|| self.joined_with(c)) {
                Some(p) => self.join_members(p, column.table, column.span).map(|(l, _)| l),
                None => self.category(c).map(|(_, k)| k.levels.clone()),
            };
            if levels.as_ref().is_some_and(Vec::is_empty) {
                self.no_levels(c, column.span);
            }
            self.bound.columns[c.0].levels = levels.map(Into::into);
        }
    }

    /// A `Columns` plate of categories that this column belongs to: its levels are those of all of them.
    fn joined_with(&self, c: ColumnId) -> Option<PlateId> {
        let column = &self.graph.columns[c.0];
        self.graph.nodes.iter().find_map(|n| {
            let Some(ObservedValues::Table(t)) = n.observed.as_ref().map(|o| &o.values) else { return None };
            if *t != column.table || !n.spec.stat.one_hot() {
                return None;
            }
            n.plates.iter().copied().find(|p| {
                matches!(self.graph.plates[p.0].kind, PlateKind::Columns { .. })
                    && self.bound.plates[p.0].labels.as_ref().is_some_and(|l| l.contains(&column.name))
            })
        })
    }
}
