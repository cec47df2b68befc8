//! Where a run's time goes, step by step of the plan, if it is asked for. A value that the session carries;
//! what threads spend is added up with their other sums. Not here: how it is printed (`report`).

use crate::{
    num::peak,
    plan::{
        Plan,
        layout::{StreamId, TableId, VarId},
        table::{From, RowOperand, Shared, Table},
    },
};
use std::{collections::BTreeMap, time::Instant};

/// A part of an iteration's work, by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WorkPart {
    /// A stored block: its messages from tables, and its moments.
    Update(VarId),
    /// A whole pass over a stream.
    Pass(StreamId),
    /// What a table sends a streamed block.
    Message(VarId, TableId),
    /// A streamed block's moments from its natural parameters.
    Block(VarId),
    /// A table's statistic.
    Statistic(TableId),
    /// The bound.
    Bound,
}

/// What a step took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Seconds, of all threads together.
    pub seconds: f64,
    /// Multiply-adds of its contractions and recursions.
    pub multiply_adds: f64,
    /// Bytes of rows that it reads and writes.
    pub bytes: f64,
}

/// What each step took so far. Nothing is measured where it is off.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    on: bool,
    parts: BTreeMap<WorkPart, Spent>,
}

/// One line of a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The step in words.
    pub step: String,
    /// Whether it is a part of the pass above it.
    pub part: bool,
    /// What it took, in all iterations.
    pub spent: Spent,
}

/// The profile of the run that won.
#[derive(Clone, Debug, PartialEq)]
pub struct RunProfile {
    /// In the order of an iteration.
    pub lines: Vec<Line>,
    /// Iterations.
    pub iterations: usize,
    /// Seconds of all iterations, by the clock on the wall.
    pub seconds: f64,
    /// Seconds before the first.
    pub start: f64,
    /// Threads.
    pub threads: usize,
    /// Multiply-adds a second that one thread of this machine makes at best.
    pub multiply_adds_per_second: f64,
    /// Bytes a second that it reads from memory.
    pub bytes_per_second: f64,
}

impl RunProfile {
    /// The least time of a step, in seconds of one thread: its multiply-adds at the best rate, or, where it
    /// has none, its bytes at memory's.
    pub fn floor(&self, spent: &Spent) -> f64 {
        if spent.multiply_adds > 0.0 {
            spent.multiply_adds / self.multiply_adds_per_second
        } else {
            spent.bytes / self.bytes_per_second
        }
    }
}

impl Profile {
    /// One that measures, or not.
    pub fn new(on: bool) -> Self {
        Self { on, parts: BTreeMap::new() }
    }
    /// An empty one that measures if this one does: for a thread.
    pub fn like(&self) -> Self {
        Self::new(self.on)
    }
    /// The time now, if anybody wants to know.
    pub fn begin(&self) -> Option<Instant> {
        self.on.then(Instant::now)
    }
    /// A step that began at `from` has ended; `work` says its multiply-adds and bytes.
    pub fn end(&mut self, step: WorkPart, from: Option<Instant>, work: impl FnOnce() -> (f64, f64)) {
        if let Some(from) = from {
            let seconds = from.elapsed().as_secs_f64();
            let (multiply_adds, bytes) = work();
            self.add_to(step, &Spent { seconds, multiply_adds, bytes });
        }
    }
    /// The same, less seconds that other steps have noted in between.
    pub fn end_but(
        &mut self,
        step: WorkPart,
        from: Option<Instant>,
        noted: f64,
        work: impl FnOnce() -> (f64, f64),
    ) {
        self.end(step, from, work);
        if let Some(spent) = self.parts.get_mut(&step) {
            spent.seconds -= noted;
        }
    }
    /// Seconds of all steps so far.
    pub fn seconds(&self) -> f64 {
        self.parts.values().map(|s| s.seconds).sum()
    }
    /// Adds what a thread has spent.
    pub fn add(&mut self, other: &Self) {
        other.parts.iter().for_each(|(step, spent)| self.add_to(*step, spent));
    }
    fn add_to(&mut self, step: WorkPart, spent: &Spent) {
        let sum = self.parts.entry(step).or_default();
        sum.seconds += spent.seconds;
        sum.multiply_adds += spent.multiply_adds;
        sum.bytes += spent.bytes;
    }

    /// In words, for a report; `None` where nothing was measured.
    pub fn report(
        &self,
        plan: &Plan,
        iterations: usize,
        seconds: f64,
        start: f64,
        threads: usize,
    ) -> Option<RunProfile> {
        if !self.on {
            return None;
        }
        let mut lines = vec![];
        let mut say = |step: &WorkPart, text: String, part: bool| {
            if let Some(spent) = self.parts.get(step) {
                lines.push(Line { step: text, part, spent: *spent });
            }
        };
        for &v in &plan.stored {
            say(&WorkPart::Update(v), format!("update {}", plan.vars[v].name), false);
        }
        for s in plan.streams.ids() {
            let name = |t: TableId| &plan.names[plan.tables[t].node];
            let here: Vec<&str> =
                plan.vars.iter().filter(|v| v.stream() == Some(s)).map(|v| v.name.as_str()).collect();
            say(&WorkPart::Pass(s), format!("pass over the rows of {}", here.join(", ")), false);
            let of = |v: VarId| plan.vars[v].stream() == Some(s);
            for step in self.parts.keys() {
                match *step {
                    WorkPart::Message(v, t) if of(v) => say(
                        step,
                        format!("message to {} from {} (table {t})", plan.vars[v].name, name(t)),
                        true,
                    ),
                    WorkPart::Block(v) if of(v) => {
                        say(step, format!("moments of {}", plan.vars[v].name), true)
                    }
                    WorkPart::Statistic(t) if plan.tables[t].stream == Some(s) => {
                        say(step, format!("statistic of {} (table {t})", name(t)), true)
                    }
                    _ => {}
                }
            }
        }
        say(&WorkPart::Bound, "the bound".into(), false);
        Some(RunProfile {
            lines,
            iterations,
            seconds,
            start,
            threads,
            multiply_adds_per_second: peak::multiply_adds_per_second(),
            bytes_per_second: peak::bytes_per_second(),
        })
    }
}

const NUMBER: f64 = size_of::<f64>() as f64;

fn at(table: &Table, rows: usize) -> Vec<usize> {
    let mut sizes = table.sizes.clone();
    sizes[usize::from(table.row_label)] = rows;
    sizes
}

fn width(o: &RowOperand) -> f64 {
    match o.from {
        From::Codes(_) => 0.5,
        _ => o.width as f64,
    }
}

fn times(table: &Table) -> f64 {
    table.unroll.as_ref().map_or(1.0, |u| u.size as f64)
}

/// Of the message to operand `i` of so many rows: multiply-adds, and bytes of all row operands.
pub(super) fn message(table: &Table, i: usize, rows: usize) -> (f64, f64) {
    let madds =
        table.operands[i].message.as_ref().map_or(0.0, |m| m.contraction.multiply_adds(&at(table, rows)));
    (madds * times(table), rows as f64 * table.operands.iter().map(width).sum::<f64>() * NUMBER)
}

/// Of the statistic of so many rows.
pub(super) fn statistic(table: &Table, rows: usize) -> (f64, f64) {
    let bytes = rows as f64 * table.operands.iter().map(width).sum::<f64>() * NUMBER;
    (table.gather.multiply_adds(&at(table, rows)) * times(table), bytes)
}

/// Of the moments of so many elements: recursions of chains count their products of matrices.
pub(super) fn block(plan: &Plan, v: VarId, elements: usize) -> (f64, f64) {
    let var = &plan.vars[v];
    let (madds, n) = (var.shape.work(elements), elements as f64);
    (madds, 2.0 * n * var.width as f64 * NUMBER)
}

/// Of a stored block's messages and moments.
pub(super) fn update(plan: &Plan, v: VarId) -> (f64, f64) {
    let (mut madds, mut bytes) = block(plan, v, plan.vars[v].elements());
    for (_, table) in plan.holding(v) {
        for o in table.terms.iter().flat_map(|x| &x.operands).filter(|o| o.from == Shared::Var(v)) {
            madds += o.message.as_ref().map_or(0.0, |m| m.multiply_adds(&table.sizes));
        }
        for (i, o) in table.operands.iter().enumerate() {
            if matches!(o.from, From::Stored { var, .. } if var == v) {
                let rows = match &table.rows {
                    crate::plan::table::Rows::All => table.stream.map_or(0, |s| plan.streams[s].size),
                    crate::plan::table::Rows::List(l) => l.len(),
                };
                let (m, b) = message(table, i, rows);
                (madds, bytes) = (madds + m, bytes + b);
            }
        }
    }
    (madds, bytes)
}
