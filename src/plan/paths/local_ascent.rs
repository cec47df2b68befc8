//! Stored blocks that one group of neighbouring rows has for itself: within a pass such a block and its rows
//! take turns before the pass goes on. Not here: the turns (`engine`).
//!
//! The rule: rows of a stream have a selector whose messages are all looked up in tables by codes; one of
//! these tables is the block itself, an element for each level; no other table over rows reads the block; and
//! the rows of a level stand together. Then nothing outside the group moves while it takes turns.

use super::gather;
use crate::{
    num::contract::NO_LEVEL,
    plan::{
        layout::{StreamId, TableId, VarId},
        lowered::Lowered,
        streams::Stream,
        table::{From, Rows, Shared, Table},
        var::{Storage, Var},
    },
};
use std::ops::Range;

/// A selector and a block that go up together.
#[derive(Debug)]
pub struct AscentRule {
    /// Their stream.
    pub stream: StreamId,
    /// The selector.
    pub selector: VarId,
    /// The block.
    pub var: VarId,
    /// The table that is the block's moments, a row for each level.
    pub table: TableId,
    /// Which level, by place.
    pub codes: usize,
    /// The other tables that the selector looks up, and by which codes; none: one row for all.
    pub others: Vec<(TableId, Option<usize>)>,
    /// The first place of each group, and the number of places.
    pub starts: Vec<u32>,
    /// Rows of a span, about, or one run if that is more. The posterior does not depend on it but for
    /// rounding.
    pub span: usize,
}

/// A group is done by one thread, with a few numbers for each of its rows.
const LARGEST_GROUP: usize = 1 << 20;
/// The same where the stream has other blocks or tables: a chunk then holds their rows' numbers, for all of a
/// group.
const LARGEST_IN_CHUNK: usize = 1 << 14;
/// Rows whose sums into looked-up tables are made at one time, about: what they need of their blocks stays in
/// the cache, and little is kept for each row.
const SPAN: usize = 1 << 18;
/// Rows of a stream whose order by code is kept for all iterations; for more it is made again in each, so
/// that it takes no more memory.
const KEPT: usize = 1 << 22;

/// Runs of chunks that are worked off before their sums are made, and their rows.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSpan {
    /// Of the stream.
    pub runs: Range<usize>,
    /// Places.
    pub rows: Range<usize>,
}

/// A span's rows by the code that looks up a table, in their order within a code.
#[derive(Clone, Debug, Default)]
pub struct Sorted {
    /// The codes that are met, ascending.
    pub codes: Vec<u32>,
    /// Where each code's places start, and the end.
    pub starts: Vec<u32>,
    /// Place, and number of its group within the span.
    pub places: Vec<(u32, u32)>,
}

impl Sorted {
    /// The first code of the piece, where places are cut into about equal pieces.
    pub fn share(&self, piece: usize, pieces: usize) -> usize {
        let target = self.places.len() * piece / pieces;
        if piece == pieces {
            self.codes.len()
        } else {
            self.starts[..self.codes.len()].partition_point(|&s| (s as usize) < target)
        }
    }
}

impl AscentRule {
    /// The stream's runs, put together to spans.
    pub fn spans(&self, stream: &Stream) -> Vec<RunSpan> {
        let mut spans: Vec<RunSpan> = vec![];
        for (r, run) in stream.runs.iter().enumerate() {
            let rows = match (
                stream.chunks.get(run.start),
                run.end.checked_sub(1).and_then(|c| stream.chunks.get(c)),
            ) {
                (Some(first), Some(last)) if !run.is_empty() => first.start..last.end,
                _ => continue,
            };
            match spans.last_mut().filter(|s| rows.end - s.rows.start <= self.span) {
                Some(s) => (s.runs.end, s.rows.end) = (r + 1, rows.end),
                None => spans.push(RunSpan { runs: r..r + 1, rows }),
            }
        }
        spans
    }

    /// A span's rows for each table that is looked up by codes; nothing for one row for all.
    pub fn sort(&self, lowered: &Lowered, span: &RunSpan) -> Vec<Sorted> {
        self.others
            .iter()
            .map(|(_, codes)| {
                codes
                    .map_or_else(Sorted::default, |id| self.by_code(&lowered.rows.codes[id].data, &span.rows))
            })
            .collect()
    }

    /// The way in words, and why it is taken.
    pub fn describe(&self, lowered: &Lowered) -> String {
        let (block, groups) = (&lowered.vars[self.var].name, self.starts.len() - 1);
        format!(
            "local ascent together with {block}, in {groups} groups of rows that {block} is read by alone"
        )
    }

    /// Is the order worth keeping?
    pub fn keeps_order(&self, stream: &Stream) -> bool {
        stream.size * self.others.len() <= KEPT
    }

    fn by_code(&self, codes: &[u32], rows: &Range<usize>) -> Sorted {
        let mine = &codes[rows.clone()];
        let levels = mine.iter().filter(|c| **c != NO_LEVEL).max().map_or(0, |c| *c as usize + 1);
        let mut next = vec![0u32; levels];
        mine.iter().filter(|c| **c != NO_LEVEL).for_each(|c| next[*c as usize] += 1);
        let mut sorted = Sorted { codes: vec![], starts: vec![], places: vec![] };
        let mut sum = 0;
        for (code, count) in next.iter_mut().enumerate().filter(|(_, n)| **n > 0) {
            sorted.codes.push(code as u32);
            sorted.starts.push(sum);
            sum += std::mem::replace(count, sum);
        }
        sorted.starts.push(sum);
        sorted.places.resize(sum as usize, (0, 0));
        let first = self.starts.partition_point(|&s| (s as usize) < rows.start);
        for (group, ends) in
            self.starts[first..].windows(2).enumerate().take_while(|(_, w)| (w[0] as usize) < rows.end)
        {
            for place in ends[0]..ends[1] {
                let code = codes[place as usize];
                if code != NO_LEVEL {
                    let to = &mut next[code as usize];
                    sorted.places[*to as usize] = (place, group as u32);
                    *to += 1;
                }
            }
        }
        sorted
    }

    /// Are the rows of this table added up by the ascent itself?
    pub fn sums(&self, table: TableId) -> bool {
        self.table == table || self.others.iter().any(|o| o.0 == table)
    }
}

/// At most one for each stream.
pub fn find(lowered: &Lowered) -> Vec<AscentRule> {
    let mut found: Vec<AscentRule> = vec![];
    for (mut ascent, rows) in candidates(lowered) {
        if found.iter().any(|f| f.stream == ascent.stream) {
            continue;
        }
        let alone =
            lowered.vars.enumerate().all(|(v, x)| v == ascent.selector || x.stream() != Some(ascent.stream))
                && lowered
                    .tables
                    .enumerate()
                    .all(|(t, x)| ascent.sums(t) || x.constant || x.stream != Some(ascent.stream));
        let largest = if alone { LARGEST_GROUP } else { LARGEST_IN_CHUNK };
        if let Some(starts) = groups(rows, lowered.vars[ascent.var].elements(), largest) {
            ascent.starts = starts;
            found.push(ascent);
        }
    }
    found
}

/// Rows of a stream brought together by group, for a stream that could go up together then: its number, and the
/// file's row at each place. Rows of a plate without sequences may stand in any order.
pub fn regroup(lowered: &Lowered, found: &[AscentRule]) -> Option<(StreamId, Vec<u32>)> {
    candidates(lowered).find_map(|(ascent, codes)| {
        let stream = &lowered.streams[ascent.stream];
        let taken = stream.order.is_some()
            || stream.starts.is_some()
            || found.iter().any(|t| t.stream == ascent.stream);
        if taken || codes.contains(&NO_LEVEL) {
            return None;
        }
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        order.sort_by_key(|&row| codes[row as usize]);
        let sorted: Vec<u32> = order.iter().map(|&row| codes[row as usize]).collect();
        groups(&sorted, lowered.vars[ascent.var].elements(), LARGEST_GROUP).map(|_| (ascent.stream, order))
    })
}

/// What could go up together if the rows of a group were neighbours; groups are not looked at. With the group of
/// each row.
fn candidates(lowered: &Lowered) -> impl Iterator<Item = (AscentRule, &[u32])> {
    lowered.tables.enumerate().filter_map(|(t, table)| {
        let stream = table.stream?;
        let ascent = of_table(lowered, t, table, stream)?;
        let rows = &lowered.rows.codes[ascent.codes].data[..lowered.streams[stream].size];
        Some((ascent, rows))
    })
}

fn of_table(lowered: &Lowered, t: TableId, table: &Table, stream: StreamId) -> Option<AscentRule> {
    let selector = table.operands.iter().find_map(|o| match o.from {
        From::Streamed { var, .. } => Some(var),
        _ => None,
    })?;
    let row = &lowered.vars[selector];
    if !row.shape.is_softmax()
        || row.inner() != 1
        || row.shape.held().is_some()
        || row.storage != (Storage::Streamed { stream, kept: false })
    {
        return None;
    }
    let codes = looked_up(table, selector, row)??;
    // The table is the block as it stands.
    let [term] = table.terms.as_slice() else { return None };
    let [operand] = term.operands.as_slice() else { return None };
    let Shared::Var(var) = operand.from else { return None };
    let block = &lowered.vars[var];
    let copied = term.coefficient == 1.0 && operand.offset == 0 && operand.axes == table.axes;
    let plain = block.nodes.len() == 1 && block.storage == Storage::Stored && block.shape.held().is_none();
    if !copied || !plain || block.colours.len() > 1 || block.weight.is_some() || block.width != row.width {
        return None;
    }
    let mut others = vec![];
    for (i, other) in lowered.tables.enumerate().filter(|(i, x)| *i != t && x.stream.is_some()) {
        if other.reads(var)
            || other.terms.iter().any(|x| x.operands.iter().any(|o| o.from == Shared::Var(var)))
        {
            return None;
        }
        if other.reads(selector) {
            others.push((i, looked_up(other, selector, row)?));
        }
    }
    Some(AscentRule { stream, selector, var, table: t, codes, others, starts: vec![], span: SPAN })
}

/// The codes that pick a row of the table for each place, or none for one row that all share; nothing where
/// the message is more than that.
fn looked_up(table: &Table, selector: VarId, row: &Var) -> Option<Option<usize>> {
    if table.rows == Rows::All { gather::looked_up(table, selector, row, true) } else { None }
}

/// Where runs of one code start; nothing if a code comes again, or a run is too long to go up together, or none
/// longer than a row.
fn groups(codes: &[u32], levels: usize, largest: usize) -> Option<Vec<u32>> {
    let mut seen = vec![false; levels];
    let mut starts = vec![];
    for (place, &code) in codes.iter().enumerate() {
        if place > 0 && codes[place - 1] == code {
            continue;
        }
        if code == NO_LEVEL || std::mem::replace(&mut seen[code as usize], true) {
            return None;
        }
        starts.push(place as u32);
    }
    starts.push(codes.len() as u32);
    let longest = starts.windows(2).map(|w| w[1] - w[0]).max()?;
    (longest as usize <= largest && starts.len() - 1 < codes.len()).then_some(starts)
}
