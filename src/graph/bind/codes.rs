//! Categories as elements of an axis: by name where the axis has names from data, by position where it has
//! only a size, and by number where whole numbers lack some.

use super::{Binder, LEVEL_COUNT, UNKNOWN_LEVEL, Uses};
use crate::{
    data::{MISSING, Table},
    diag::Diagnostic,
    graph::factor_graph::PlateKind,
    shape::Extent,
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
                matches!(
                    self.graph.plates[p.0].kind,
                    PlateKind::Size(_) | PlateKind::Rows { .. } | PlateKind::Steps { .. }
                ) || self.bound.plates[p.0].labels.is_none()
            }
        };
        let size = self.bound.size(extent);
        if by_position {
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
