//! Tables whose rows hold nothing but known numbers and one block's whole vector, done as one product: the
//! known numbers of a row stand side by side, the tables one under the other. A block is then sent one
//! message and gives one statistic, however many terms its density has. Not here: tables that read anything
//! else, nor the product (`engine::paths::stacked_product`).

use crate::{
    num::contract::{Letter, OperandShape},
    plan::{
        layout::{TableId, VarId},
        lowered::Lowered,
        table::{From, Rows, Sent, Table},
    },
};
use std::cmp::Reverse;

/// Tables that are done as one.
#[derive(Debug)]
pub struct StackedProduct {
    /// The block.
    pub var: VarId,
    /// Numbers in a row of the block.
    pub k: usize,
    /// The largest first; what needs a one last.
    pub parts: Vec<StackedTable>,
    /// Known numbers of a row, a one among them if need be.
    pub columns: usize,
}

/// One table.
#[derive(Debug)]
pub struct StackedTable {
    /// The table.
    pub table: TableId,
    /// Which of its operands the block is.
    pub operand: usize,
    /// The known array; none for a one.
    pub known: Option<usize>,
    /// Its first column.
    pub column: usize,
    /// Where the numbers of each column stand in the table (packed), and the step between them.
    pub at: Vec<usize>,
    /// See `at`.
    pub step: usize,
}

impl StackedProduct {
    /// Of what tables send block `var`, all that can be stacked, if that is two tables at least.
    pub fn of(lowered: &Lowered, var: VarId, messages: &[Sent]) -> Option<Self> {
        let mut parts: Vec<StackedTable> =
            messages.iter().filter_map(|&(t, i)| StackedTable::new(lowered, var, t, i)).collect();
        if parts.len() < 2 {
            return None;
        }
        // The largest first; a one last, and once: it is the same column for all tables without known
        // numbers.
        parts.sort_by_key(|p| (p.known.is_none(), Reverse(p.at.len())));
        let mut columns = 0;
        for part in &mut parts {
            part.column = columns;
            columns += if part.known.is_some() { part.at.len() } else { 0 };
        }
        columns += usize::from(parts.last().is_some_and(|p| p.known.is_none()));
        Some(Self { var, k: lowered.vars[var].width, parts, columns })
    }

    /// The way in words, and why it is taken.
    pub fn describe(&self) -> String {
        let mut tables: Vec<TableId> = self.parts.iter().map(|p| p.table).collect();
        tables.sort();
        let tables: Vec<String> = tables.iter().map(|t| t.to_string()).collect();
        let (last, first) = tables.split_last().map_or(("", &[][..]), |(l, f)| (l, f));
        format!(
            "a stacked product, as tables {} and {last} hold only known numbers of its rows",
            first.join(", ")
        )
    }

    /// Is this message the product's?
    pub fn sends(&self, message: Sent) -> bool {
        self.parts.iter().any(|p| (p.table, p.operand) == message)
    }
}

impl StackedTable {
    /// Operand `i` of table `t` as the block's whole vector, if all else that the table holds of a row are
    /// known numbers of one array, and its weight.
    fn new(lowered: &Lowered, var: VarId, t: TableId, i: usize) -> Option<Self> {
        let (table, width) = (&lowered.tables[t], lowered.vars[var].width);
        if table.rows != Rows::All || table.pair.is_some() || table.unroll.is_some() {
            return None;
        }
        let (mut label, mut known) = (None, None);
        for (j, o) in table.operands.iter().enumerate() {
            match (&o.from, &o.shape) {
                (From::Streamed { back: 0, .. }, OperandShape::Dense(axes))
                    if j == i && o.offset == 0 && o.width == width =>
                {
                    let [(_, _), (l, 1)] = axes.0.as_slice() else { return None };
                    label = Some(*l).filter(|l| table.sizes[usize::from(*l)] == width);
                }
                (From::Dense(id), OperandShape::Dense(axes)) if known.is_none() => {
                    known = Some((*id, o.width, axes))
                }
                (From::Weight(_), _) => {}
                _ => return None,
            }
        }
        let label = label?;
        let stride = |l: Letter| table.seen.0.iter().filter(|a| a.0 == l).map(|a| a.1).sum::<usize>();
        let mut labels: Vec<Letter> = table.seen.0.iter().map(|a| a.0).filter(|l| *l != label).collect();
        let step = Some(stride(label)).filter(|s| *s > 0)?;
        let Some((id, columns, axes)) = known else {
            return labels.is_empty().then(|| Self {
                table: t,
                operand: i,
                known: None,
                column: 0,
                at: vec![0],
                step,
            });
        };
        let own: Vec<(Letter, usize)> = axes.0.iter().copied().filter(|a| a.0 != table.row_label).collect();
        labels.retain(|l| !own.iter().any(|a| a.0 == *l));
        if !labels.is_empty() || own.iter().any(|a| a.0 == label) {
            return None;
        }
        let at = places(table, &own, columns, &stride)?;
        Some(Self { table: t, operand: i, known: Some(id), column: 0, at, step })
    }
}

/// Where in the table the numbers of each of a row's columns stand, if each column has one place.
fn places(
    table: &Table,
    own: &[(Letter, usize)],
    columns: usize,
    stride: &dyn Fn(Letter) -> usize,
) -> Option<Vec<usize>> {
    let mut all = vec![(0, 0)];
    for &(l, step) in own {
        let size = table.sizes[usize::from(l)];
        all = all
            .into_iter()
            .flat_map(|(c, at)| (0..size).map(move |i| (c + i * step, at + i * stride(l))))
            .collect();
    }
    let mut at = vec![usize::MAX; columns];
    for (column, place) in all {
        if at.get(column)? != &usize::MAX {
            return None;
        }
        at[column] = place;
    }
    (!at.contains(&usize::MAX)).then_some(at)
}
