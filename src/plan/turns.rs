//! Stored blocks that one group of neighbouring rows has for itself: within a pass such a block and its rows take turns before the pass goes on. Not here:
//! the turns (`engine`).
//!
//! The rule: rows of a stream have a selector whose messages are all looked up in tables by codes; one of these tables is the block itself, an element for
//! each level; no other table over rows reads the block; and the rows of a level stand together. Then nothing outside the group moves while it takes turns.

use super::{
    Plan,
    table::{From, Rows, Shared, Table},
    var::{Algorithm, Storage, Var},
};
use crate::num::contract::{NO_LEVEL, OperandShape};

/// A selector and a block that take turns.
#[derive(Debug)]
pub struct Turns {
    /// Their stream.
    pub stream: usize,
    /// The selector.
    pub selector: usize,
    /// The block.
    pub var: usize,
    /// The table that is the block's moments, a row for each level.
    pub table: usize,
    /// Which level, by place.
    pub codes: usize,
    /// The other tables that the selector looks up, and by which codes; none: one row for all.
    pub others: Vec<(usize, Option<usize>)>,
    /// The first place of each group, and the number of places.
    pub starts: Vec<u32>,
}

/// A larger group does not stay in the cache, and one chunk would have to hold it.
const LARGEST_GROUP: usize = 16_384;

/// At most one for each stream.
pub fn find(plan: &Plan) -> Vec<Turns> {
    let mut found: Vec<Turns> = vec![];
    for (t, table) in plan.tables.iter().enumerate() {
        let Some(stream) = table.stream.filter(|s| found.iter().all(|f| f.stream != *s)) else { continue };
        if let Some(turns) = of_table(plan, t, table, stream) {
            found.push(turns);
        }
    }
    found
}

fn of_table(plan: &Plan, t: usize, table: &Table, stream: usize) -> Option<Turns> {
    let selector = table.operands.iter().find_map(|o| match o.from {
        From::Streamed { var, .. } => Some(var),
        _ => None,
    })?;
    let row = &plan.vars[selector];
    let normalised = matches!(row.algorithm, Algorithm::Family(f) if f.is_softmax());
    if !normalised || row.inner() != 1 || row.clamp.is_some() || row.storage != (Storage::Streamed { stream, kept: false }) {
        return None;
    }
    let codes = looked_up(table, selector, row)??;
    // The table is the block as it stands.
    let [term] = table.terms.as_slice() else { return None };
    let [operand] = term.operands.as_slice() else { return None };
    let Shared::Var(var) = operand.from else { return None };
    let block = &plan.vars[var];
    let copied = term.coefficient == 1.0 && operand.offset == 0 && operand.axes == table.axes;
    let plain = matches!(block.algorithm, Algorithm::Family(_)) && block.storage == Storage::Stored && block.clamp.is_none();
    if !copied || !plain || block.classes.len() > 1 || block.weight.is_some() || block.width != row.width {
        return None;
    }
    let mut others = vec![];
    for (i, other) in plan.tables.iter().enumerate().filter(|(i, x)| *i != t && x.stream.is_some()) {
        if other.reads(var) || other.terms.iter().any(|x| x.operands.iter().any(|o| o.from == Shared::Var(var))) {
            return None;
        }
        if other.reads(selector) {
            others.push((i, looked_up(other, selector, row)?));
        }
    }
    let starts = groups(&plan.rows.codes[codes].data, plan.streams[stream].size, block.elements())?;
    Some(Turns { stream, selector, var, table: t, codes, others, starts })
}

/// The codes that pick a row of the table for each place, or none for one row that all share; nothing where the message is more than that.
fn looked_up(table: &Table, selector: usize, row: &Var) -> Option<Option<usize>> {
    if table.rows != Rows::All || table.pair.is_some() || table.unroll.is_some() || table.packed.is_some() {
        return None;
    }
    let (mut codes, mut selectors) = (None, 0);
    for o in &table.operands {
        match (&o.from, &o.shape) {
            (From::Streamed { var, back: 0 }, _) if *var == selector && o.offset == 0 => selectors += 1,
            (From::Codes(id), OperandShape::OneHot { row, .. }) if codes.is_none() && *row == table.row_label => codes = Some(*id),
            (From::Weight(_), _) => {}
            _ => return None,
        }
    }
    let last = table.axes.0.last()?;
    let dense = last.1 == 1 && table.sizes[usize::from(last.0)] == row.width && table.axes.0.len() == 1 + usize::from(codes.is_some());
    (selectors == 1 && dense).then_some(codes)
}

/// Where runs of one code start; nothing if a code comes again, or a run is too long to take turns or too short to be worth it.
fn groups(codes: &[u32], rows: usize, levels: usize) -> Option<Vec<u32>> {
    let mut seen = vec![false; levels];
    let mut starts = vec![];
    for (place, &code) in codes[..rows].iter().enumerate() {
        if place > 0 && codes[place - 1] == code {
            continue;
        }
        if code == NO_LEVEL || std::mem::replace(&mut seen[code as usize], true) {
            return None;
        }
        starts.push(place as u32);
    }
    starts.push(rows as u32);
    let longest = starts.windows(2).map(|w| w[1] - w[0]).max()?;
    (longest as usize <= LARGEST_GROUP && starts.len() - 1 < rows).then_some(starts)
}
