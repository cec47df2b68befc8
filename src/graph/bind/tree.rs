//! The rows of a tree: which row is above which.

use super::{Binder, NO_PARENT, TREE_CYCLE};
use crate::{
    data::MISSING,
    diag::Diagnostic,
    shape::{ColumnId, DataTableId},
};
use std::{collections::HashMap, sync::Arc};

type RowNames = Option<Arc<[String]>>;

impl Binder<'_> {
    /// The name of each row, and the row above it (`u32::MAX` for roots).
    pub(super) fn tree(
        &mut self,
        t: DataTableId,
        id: Option<ColumnId>,
        parent: ColumnId,
    ) -> Option<(RowNames, Arc<[u32]>)> {
        let table = self.tables[t.0];
        let span = self.graph.columns[parent.0].span;
        let names: Vec<String> = match id {
            None => (1..=table.rows).map(|r| r.to_string()).collect(),
            Some(c) => self.row_names(c, span)?,
        };
        let rows: HashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
        let (_, above) = self.category(parent)?;
        let column = &self.graph.columns[parent.0].name;
        let mut parents = vec![MISSING; table.rows];
        for (row, &code) in above.codes.iter().enumerate() {
            if code == MISSING {
                continue;
            }
            let name = &above.levels[code as usize];
            let Some(&up) = rows.get(name.as_str()) else {
                let d = Diagnostic::error(
                    NO_PARENT,
                    format!("there is no row `{name}` to be above row {}", row + 1),
                )
                .at(span, "the tree")
                .note("a root has an empty cell")
                .help(if id.is_some() {
                    "add its row, or leave the cell empty"
                } else {
                    "rows are numbered from 1; name them with `id: \"column\"`"
                });
                self.fail(table.blame(d, row, column));
                return None;
            };
            parents[row] = up;
        }
        if let Some(row) = on_a_circle(&parents) {
            let d = Diagnostic::error(TREE_CYCLE, format!("row `{}` is above itself", names[row]))
                .at(span, "the tree")
                .help("one row of the circle is a root: leave its cell empty");
            self.fail(table.blame(d, row, column));
            return None;
        }
        Some((id.map(|_| names.into()), parents.into()))
    }
}

/// A row from which the way up comes back to it.
fn on_a_circle(parents: &[u32]) -> Option<usize> {
    // 0 not seen, 1 on the present way up, 2 known to end at a root.
    let mut seen = vec![0_u8; parents.len()];
    for start in 0..parents.len() {
        let (mut at, mut way) = (start, vec![]);
        while seen[at] == 0 {
            seen[at] = 1;
            way.push(at);
            match parents[at] {
                MISSING => break,
                up => at = up as usize,
            }
        }
        if seen[at] == 1 && parents[at] != MISSING {
            return Some(at);
        }
        way.into_iter().for_each(|row| seen[row] = 2);
    }
    None
}
