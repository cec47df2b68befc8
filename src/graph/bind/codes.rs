//! Categories as elements of an axis: by name where the axis has names from data, by position where it has
//! only a size, and by number where whole numbers lack some.

use super::{Binder, LEVEL_COUNT, ROWS_WITHOUT_NAMES, UNKNOWN_LEVEL, Uses, needs::unnamed_rows};
use crate::{
    data::{MISSING, Table},
    diag::Diagnostic,
    graph::factor_graph::PlateKind,
    shape::{DataTableId, Extent, PlateId},
    source::Span,
};
use std::{collections::HashMap, sync::Arc};

impl Binder<'_> {
    /// Columns that pick elements of a plate.
    pub(super) fn indices(&mut self, uses: &Uses) {
        for &(c, p, span) in &uses.indices {
            let Some((table, column)) = self.data(c) else { continue };
            let Some(category) = self.ok(column.as_index(table, "an index"), span) else { continue };
            let map = self.elements(&category.levels, Extent::Plate(p), &column.name, span);
            if let Some(map) = self.known_levels(
                map,
                &category.codes,
                table,
                &column.name,
                &category.levels,
                Extent::Plate(p),
                span,
            ) {
                let codes: Arc<[u32]> = category.codes.iter().map(|&k| map[k as usize]).collect();
                self.bound.columns[c.0].codes.push((Extent::Plate(p), codes));
            }
        }
    }

    /// Rows that groups find by their names.
    pub(super) fn named_rows(&mut self) {
        let graph = self.graph;
        for (c, column) in graph.columns.iter().enumerate() {
            let Some(by) = column.by_name else { continue };
            let (Some(groups), Some(names)) =
                (self.bound.plate(by.groups).labels.clone(), self.bound.plate(by.rows).labels.clone())
            else {
                continue;
            };
            let place: HashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
            let found: Result<Vec<u32>, &String> =
                groups.iter().map(|g| place.get(g.as_str()).copied().ok_or(g)).collect();
            match found {
                Ok(rows) => self.bound.columns[c].rows = Some(rows.into()),
                Err(stray) => {
                    let table = graph.table_name(column.table);
                    let title = format!(
                        "no row of `{table}` is named `{stray}`, as a group of `{}` is",
                        graph.plate_name(by.groups)
                    );
                    let d = Diagnostic::error(UNKNOWN_LEVEL, title)
                        .at(column.span, "read for each group")
                        .with(graph.plates[by.rows.0].span, "the rows' names")
                        .note(format!("their names are {}", some_levels(&names)));
                    let d = self.first_cell_of(by.groups, stray, d);
                    self.fail(d);
                }
            }
        }
    }

    /// Adds the first row of data that has a level of a `Groups` plate.
    fn first_cell_of(&self, groups: PlateId, level: &str, d: Diagnostic) -> Diagnostic {
        let PlateKind::Groups { columns } = &self.graph.plates[groups.0].kind else { return d };
        for &c in columns {
            let Some((table, column)) = self.data(c) else { continue };
            if let Some(row) = (0..table.rows).find(|&r| column.cell(r) == level) {
                return table.blame(d, row, &column.name);
            }
        }
        d
    }

    /// The element of `extent` that each level means; [`MISSING`] where it means none. Reports counts that
    /// differ.
    pub(super) fn elements(
        &mut self,
        levels: &[String],
        extent: Extent,
        column: &str,
        span: Span,
    ) -> Option<Vec<u32>> {
        let by_position = match extent {
            Extent::Number(_) => true,
            Extent::Levels(_) => false,
            Extent::Plate(p) => {
                let kind = &self.graph.plates[p.0].kind;
                if let Some(table) = unnamed_rows(kind) {
                    return self.row_numbers(levels, p, table, column, span);
                }
                matches!(kind, PlateKind::Size(_)) || self.bound.plates[p.0].labels.is_none()
            }
        };
        let size = self.bound.size(extent);
        if by_position {
            if let Some(places) = self.axes.and_then(|a| a.position(column, levels)) {
                return Some(places);
            }
            self.bound.positions.push((column.to_string(), levels.to_vec()));
            if levels.len() < size
                && let Some(places) =
                    levels.iter().map(|l| whole_number(l, size)).collect::<Option<Vec<u32>>>()
            {
                // A face that never came up: numbers say themselves which elements they mean.
                return Some(places);
            }
            if levels.len() != size {
                let axis = self.graph.extent_name(extent);
                let table = self
                    .graph
                    .columns
                    .iter()
                    .find(|c| c.name == column)
                    .map_or("table", |c| self.graph.table_name(c.table));
                let d = Diagnostic::error(LEVEL_COUNT, format!("column `{column}` has {} levels and `{axis}` has {size} elements", levels.len()))
                    .at(span, "levels match elements by position")
                    .note(format!("the levels are {}", some_levels(levels)))
                    .help(format!(
                        "give both the same number, or let the axis run over the column: `over: \"{table}.{column}\"` or `Groups(column: \"{table}.{column}\")`"
                    ));
                let d = if levels.len() < size {
                    d.note(format!(
                        "fewer levels match by number, where all are whole numbers from 1 to {size}"
                    ))
                } else {
                    d
                };
                self.fail(d);
                return None;
            }
            return Some((0..size as u32).collect());
        }
        let labels = self.bound.labels(extent)?;
        let place: HashMap<&str, u32> = labels.iter().map(String::as_str).zip(0..).collect();
        Some(levels.iter().map(|l| place.get(l.as_str()).copied().unwrap_or(MISSING)).collect())
    }

    /// Rows without names are meant by their numbers: levels match no row by their place among the levels.
    fn row_numbers(
        &mut self,
        levels: &[String],
        plate: PlateId,
        t: DataTableId,
        column: &str,
        span: Span,
    ) -> Option<Vec<u32>> {
        let (table, size) = (self.tables[t.0], self.bound.plate(plate).size);
        let numbers: Option<Vec<u32>> = levels.iter().map(|l| whole_number(l, size)).collect();
        // A column of that name in the table itself says which row is meant, whatever the row's number.
        let own = table.column(column).filter(|_| {
            !self.graph.columns.iter().any(|c| c.table == t && c.name == column && self.indexes(c))
        });
        let other = own.and_then(|c| (0..table.rows).find(|&r| c.cell(r) != (r + 1).to_string()));
        if other.is_none() && numbers.is_some() {
            return numbers;
        }
        let name = self.graph.plate_name(plate);
        let stray = levels.iter().find(|l| whole_number(l, size).is_none());
        let title = match (stray, other) {
            (Some(level), _) => format!("`{level}` in column `{column}` names no row of plate `{name}`"),
            (None, row) => format!(
                "column `{column}` could name rows of `{}` by their numbers or by their own `{column}`, and row {} is `{}`",
                table.name,
                row.map_or(0, |r| r + 1),
                row.and_then(|r| table.column(column).map(|c| c.cell(r))).unwrap_or_default()
            ),
        };
        let id = if table.header.contains(column) { column } else { "…" };
        let kind = match self.graph.plates[plate.0].kind {
            PlateKind::Steps { .. } => "Steps",
            PlateKind::Tree { .. } => "Tree",
            _ => "Rows",
        };
        let d = Diagnostic::error(ROWS_WITHOUT_NAMES, title)
            .at(span, format!("picks a row of `{name}`"))
            .with(self.graph.plates[plate.0].span, "these rows have no names")
            .note("levels never match rows by position: without `id`, rows are named by their numbers from 1")
            .help(format!("name the rows: `{kind}(table: \"{}\", id: \"{id}\")`", table.name));
        self.fail(d);
        None
    }

    /// Does this column of a table pick rows of the same table?
    fn indexes(&self, c: &crate::graph::factor_graph::DataColumn) -> bool {
        let uses = Uses::of(self.graph);
        uses.indices.iter().any(|(k, p, _)| {
            self.graph.columns[k.0] == *c && unnamed_rows(&self.graph.plates[p.0].kind) == Some(c.table)
        })
    }

    /// Reports the first row whose level means no element.
    #[expect(clippy::too_many_arguments, reason = "what was found, where, and what was expected")]
    pub(super) fn known_levels(
        &mut self,
        map: Option<Vec<u32>>,
        codes: &[u32],
        table: &Table,
        column: &str,
        levels: &[String],
        extent: Extent,
        span: Span,
    ) -> Option<Vec<u32>> {
        let map = map?;
        let stray = codes.iter().position(|&k| k != MISSING && map[k as usize] == MISSING);
        let Some(row) = stray else { return Some(map) };
        let axis = self.graph.extent_name(extent);
        let level = &levels[codes[row] as usize];
        let known = self.bound.labels(extent).map_or(String::new(), |l| some_levels(&l));
        let d = Diagnostic::error(
            UNKNOWN_LEVEL,
            format!("`{level}` in column `{column}` is not an element of `{axis}`"),
        )
        .at(span, "asked for here")
        .note(format!("the elements are {known}"));
        self.fail(table.blame(d, row, column));
        None
    }
}

/// The element, from 0, that a level such as `3` means by its number.
fn whole_number(level: &str, size: usize) -> Option<u32> {
    let n: u32 = level.parse().ok()?;
    (n.to_string() == level && (1..=size as u32).contains(&n)).then(|| n - 1)
}

/// The first few levels, for a message.
pub(super) fn some_levels(levels: &[String]) -> String {
    let shown: Vec<_> = levels.iter().take(8).map(|l| format!("`{l}`")).collect();
    let more = levels.len().saturating_sub(8);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
