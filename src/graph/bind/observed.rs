//! Values of observed nodes, each within what its distribution can give.

use super::{Binder, OUTSIDE_SUPPORT, PARTLY_MISSING};
use crate::{
    data::{Column, MISSING, Strided, Table},
    diag::Diagnostic,
    expfam::stat::{Domain, StatKind},
    graph::{
        bound::ObservedArray,
        factor_graph::{Node, Observed, ObservedValues, PlateKind},
    },
    shape::{ColumnId, DataTableId, PlateId},
};

impl Binder<'_> {
    pub(super) fn observed(&mut self) {
        let graph = self.graph;
        for (n, node) in graph.nodes.iter().enumerate() {
            let Some(o) = &node.observed else { continue };
            let category = node.spec.stat.one_hot();
            self.bound.observed[n] = match (&o.values, category) {
                (ObservedValues::Columns(c), true) => self.category_column(node, o, c[0]),
                (ObservedValues::Columns(c), false) => self.number_columns(node, o, c),
                (ObservedValues::Table(t), true) => self.category_table(node, o, *t),
                (ObservedValues::Table(t), false) => self.number_table(node, o, *t),
                (ObservedValues::Interval(ends), _) => self.ends(node, o, ends),
                (ObservedValues::Zero, _) => {
                    let count = node.plates.iter().map(|p| self.bound.plate(*p).size).product();
                    Some(ObservedArray::Numbers { width: 1, values: vec![0.0; count].into() })
                }
            };
        }
    }

    fn category_column(&mut self, node: &Node, o: &Observed, c: ColumnId) -> Option<ObservedArray> {
        let (table, category) = self.category(c)?;
        let (extent, name) = (node.event?, &self.graph.columns[c.0].name);
        let map = self.elements(&category.levels, extent, name, o.span);
        let map = self.known_levels(map, &category.codes, table, name, &category.levels, extent, o.span)?;
        Some(ObservedArray::Codes(
            category.codes.iter().map(|&k| if k == MISSING { MISSING } else { map[k as usize] }).collect(),
        ))
    }

    /// Which of the node's two plates are the columns, and whether they come first.
    fn column_plate(&self, node: &Node) -> Option<(PlateId, bool)> {
        let at = node
            .plates
            .iter()
            .position(|p| matches!(self.graph.plates[p.0].kind, PlateKind::Columns { .. }))?;
        Some((node.plates[at], at == 0))
    }

    fn category_table(&mut self, node: &Node, o: &Observed, t: DataTableId) -> Option<ObservedArray> {
        let (plate, first) = self.column_plate(node)?;
        let (levels, parts) = self.join_members(plate, t, o.span)?;
        let (extent, names, table) = (node.event?, self.bound.plate(plate).labels.clone()?, self.tables[t.0]);
        let map =
            self.elements(&levels, extent, &format!("{} (joined)", self.graph.plate_name(plate)), o.span)?;
        for (codes, name) in parts.iter().zip(names.iter()) {
            self.known_levels(Some(map.clone()), codes, table, name, &levels, extent, o.span)?;
        }
        let parts: Vec<Vec<u32>> = parts
            .into_iter()
            .map(|codes| {
                codes.into_iter().map(|k| if k == MISSING { MISSING } else { map[k as usize] }).collect()
            })
            .collect();
        Some(ObservedArray::Codes(interleave(&parts, table.rows, first).into()))
    }

    /// The cells of one column as the node's values.
    fn numbers(&self, stat: &StatKind, column: &Column, table: &Table) -> Result<Strided, Diagnostic> {
        match stat.domain {
            Domain::Binary => column.as_bool01(table),
            Domain::Count => column.as_counts(table),
            _ => column.as_numbers(table),
        }
    }

    fn number_columns(&mut self, node: &Node, o: &Observed, columns: &[ColumnId]) -> Option<ObservedArray> {
        let table = self.tables[self.graph.columns[columns[0].0].table.0];
        let mut parts = vec![];
        for &c in columns {
            let (table, column) = self.data(c)?;
            parts.push(self.ok(self.numbers(node.spec.stat, column, table), self.graph.columns[c.0].span)?);
        }
        let names: Vec<&str> = columns.iter().map(|c| self.graph.columns[c.0].name.as_str()).collect();
        let width = parts.len();
        let values = Strided::beside(&parts);
        drop(parts);
        self.support(node, o, table, &values, width, |row| (row, names[0]))?;
        // The cells of a Gaussian vector that are missing have a distribution given the others.
        if width > 1 && !node.spec.stat.conditions() {
            self.whole_rows(node, o, table, &values, &names)?;
        }
        Some(ObservedArray::Numbers { width, values })
    }

    /// Two columns of ends; an empty cell is an open one.
    fn ends(&mut self, node: &Node, o: &Observed, columns: &[ColumnId; 2]) -> Option<ObservedArray> {
        let table = self.tables[self.graph.columns[columns[0].0].table.0];
        let mut parts = vec![];
        for &c in columns {
            let (table, column) = self.data(c)?;
            parts.push(self.ok(column.as_numbers(table), self.graph.columns[c.0].span)?);
        }
        let mut values: Vec<f64> = Strided::beside(&parts).to_vec();
        let name = self.graph.columns[columns[0].0].name.as_str();
        for (row, ends) in values.chunks_exact_mut(2).enumerate() {
            if ends[0] > ends[1] {
                let d = Diagnostic::error(
                    OUTSIDE_SUPPORT,
                    format!("`{}` cannot lie between {} and {}", node.name, ends[0], ends[1]),
                );
                let d = d.at(o.span, "the lower end is above the upper one");
                self.fail(table.blame(d, row, name));
                return None;
            }
            if ends[0].is_nan() {
                ends[0] = f64::NEG_INFINITY;
            }
            if ends[1].is_nan() {
                ends[1] = f64::INFINITY;
            }
        }
        Some(ObservedArray::Numbers { width: 2, values: values.into() })
    }

    fn number_table(&mut self, node: &Node, o: &Observed, t: DataTableId) -> Option<ObservedArray> {
        let (plate, first) = self.column_plate(node)?;
        let (table, names) = (self.tables[t.0], self.bound.plate(plate).labels.clone()?);
        let mut parts = vec![];
        for name in names.iter() {
            parts.push(self.ok(self.numbers(node.spec.stat, table.column(name)?, table), o.span)?);
        }
        let (rows, columns) = (table.rows, names.len());
        let values =
            if first { parts.iter().flat_map(Strided::iter).collect() } else { Strided::beside(&parts) };
        drop(parts);
        let cell = |e: usize| {
            if first {
                (e % rows, names[e / rows].as_str())
            } else {
                (e / columns, names[e % columns].as_str())
            }
        };
        self.support(node, o, table, &values, 1, cell)?;
        Some(ObservedArray::Numbers { width: 1, values })
    }

    /// Every value must have a statistic.
    fn support<'n>(
        &mut self,
        node: &Node,
        o: &Observed,
        table: &Table,
        values: &[f64],
        width: usize,
        cell: impl Fn(usize) -> (usize, &'n str),
    ) -> Option<()> {
        let stat = node.spec.stat;
        if stat.domain == Domain::Real {
            // Cells are finite numbers already.
            return Some(());
        }
        let mut t = vec![0.0; stat.width(width)];
        for (element, value) in values.chunks_exact(width).enumerate() {
            if value.iter().any(|v| v.is_nan()) {
                continue;
            }
            if let Err(why) = (stat.of_value)(value, width, &mut t) {
                let text: Vec<_> = value.iter().map(ToString::to_string).collect();
                let d = Diagnostic::error(
                    OUTSIDE_SUPPORT,
                    format!("`{}` cannot be {}, which {why}", node.name, text.join(", ")),
                )
                .at(o.span, format!("`{}` is {}", node.name, node.called.name))
                .note(format!("a value of {} is {}", node.called.name, stat.support));
                let (row, name) = cell(element);
                self.fail(table.blame(d, row, name));
                return None;
            }
        }
        Some(())
    }

    fn whole_rows(
        &mut self,
        node: &Node,
        o: &Observed,
        table: &Table,
        values: &[f64],
        names: &[&str],
    ) -> Option<()> {
        let part = values
            .chunks_exact(names.len())
            .position(|v| v.iter().any(|x| x.is_nan()) && !v.iter().all(|x| x.is_nan()));
        let Some(row) = part else { return Some(()) };
        let at = values[row * names.len()..].iter().position(|x| x.is_nan()).unwrap_or(0);
        let d = Diagnostic::error(PARTLY_MISSING, format!("a value of `{}` lacks some of its cells", node.name))
            .at(o.span, "a vector")
            .note(
                "a vector that is missing as a whole is predicted; one of which some cells are missing is inferred where it is of an `MvNormal`",
            )
            .help("leave the whole row empty, or fill the cell");
        self.fail(table.blame(d, row, names[at]));
        None
    }
}

/// Columns to one array: rows first, or columns first.
fn interleave<T: Copy>(
    parts: &[impl std::ops::Deref<Target = [T]>],
    rows: usize,
    columns_first: bool,
) -> Vec<T> {
    if columns_first {
        return parts.iter().flat_map(|p| p.iter().copied()).collect();
    }
    (0..rows).flat_map(|r| parts.iter().map(move |p| p[r])).collect()
}
