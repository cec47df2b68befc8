//! Chains and trees within a pass: pair potentials from tables, one kernel run for each chunk, pair moments
//! back into statistics. The same for categories (forward–backward), trees of categories and Gaussian vectors
//! (Kalman smoother): all couple neighbours through one matrix. Not here: the kernels (`block`), nor messages
//! to single steps (`pass`).

use super::{
    chain_blocks::ChunkSteps,
    error::Breakdown,
    pass::{Shape, Sums, Worker},
    profile::{self, Step},
    rows::{ChunkMoments, Places},
    session::Session,
};
use crate::{
    block::{
        forward_backward::{self, ChainError, PairTables, Steps},
        gaussian_chain::GaussianSteps,
        sequence::{Ready, SequenceError, SequenceKernel, Sequences},
    },
    num::{
        contract::{Axes, OperandShape},
        reduce::dot,
    },
    plan::{
        Plan,
        layout::{List, TableId, VarId},
        table::{From, Table},
        var::Var,
    },
};
use std::ops::Range;

/// A chain's pair potentials, made ready once a pass.
pub(super) struct ChainShape {
    /// For each plate cell past the steps, potentials `[level][from][to]`, ready for the kernel.
    ready: Vec<Box<dyn Ready>>,
    /// The kernel takes steps a block at a time.
    by_blocks: bool,
    pairs: Vec<Pair>,
    /// The codes that pick a table for each step.
    codes: Option<usize>,
    levels: usize,
    /// Potentials differ by row: they are made chunk by chunk.
    by_row: bool,
}

/// One table that couples neighbours.
struct Pair {
    table: TableId,
    /// (entry of the earlier step, entry of the later, number of the table).
    entries: Vec<(usize, usize, usize)>,
    level_stride: usize,
    coded: bool,
    /// (size, stride in the table) of each plate past the steps, in storage order of the variable.
    cells: Vec<(usize, usize)>,
}

/// What the variable does over sequences.
fn kernel(var: &Var) -> &dyn SequenceKernel {
    var.shape.sequences().expect("a chain has a kernel")
}

/// Numbers of a step that neighbours are coupled through: the first so many of its statistic.
fn entries(var: &Var) -> usize {
    kernel(var).entries()
}

impl ChainShape {
    pub(super) fn new(plan: &Plan, v: VarId, values: &List<TableId, Vec<f64>>) -> Self {
        let var = &plan.vars[v];
        let (kernel, k) = (kernel(var), entries(var));
        let mut pairs = vec![];
        let (mut codes, mut levels, mut by_row) = (None, 1, false);
        for (t, table) in plan.tables.enumerate().filter(|(_, x)| x.pair == Some(v)) {
            let mut pair = Pair { table: t, entries: vec![], level_stride: 0, coded: false, cells: vec![] };
            let (mut ends, mut offsets) = ([None, None], [0, 0]);
            for o in &table.operands {
                match (&o.from, &o.shape) {
                    (From::Streamed { back, .. }, OperandShape::Dense(axes)) => {
                        ends[usize::from(*back == 0)] = Some(axes);
                        offsets[usize::from(*back == 0)] = o.offset;
                    }
                    (From::Codes(id), OperandShape::OneHot { level, .. })
                        if codes.is_none_or(|c| c == *id) && table.unroll.is_none() =>
                    {
                        codes = Some(*id);
                        pair.coded = true;
                        pair.level_stride = stride(&table.axes, *level);
                        levels = table.sizes[usize::from(*level)];
                    }
                    _ => by_row = true,
                }
            }
            if let [Some(from), Some(to)] = ends {
                pair.lay_out(table, var, [from, to], offsets);
            }
            pairs.push(pair);
        }
        if by_row {
            (codes, levels) = (None, 1);
        }
        let by_blocks = kernel.by_blocks();
        let mut shape = Self { ready: vec![], by_blocks, pairs, codes, levels, by_row };
        if by_row {
            return shape;
        }
        for cell in 0..var.inner() {
            let mut log = vec![0.0; levels * k * k];
            for p in &shape.pairs {
                let from = &values[p.table][p.cell(cell)..];
                for m in 0..levels {
                    for &(i, j, at) in &p.entries {
                        log[(m * k + i) * k + j] += from[p.level(m) + at];
                    }
                }
            }
            shape.ready.push(kernel.prepare(&log));
        }
        shape
    }

    /// Whether all steps share their pair potentials, or those of a level, and there are kernels that take
    /// them by blocks.
    pub(super) fn shared(&self) -> bool {
        !self.by_row && self.by_blocks && self.ready.len() == 1
    }

    /// The pair potentials that all steps share, or those of a level, where steps are categories whose
    /// sequences may be cut.
    pub(super) fn tables(&self) -> Option<&PairTables> {
        self.ready.first()?.tables()
    }

    /// For each step of a chunk the table that leads into it, where a column picks it.
    pub(super) fn index(&self, plan: &Plan, range: &Range<usize>) -> Option<Vec<u32>> {
        self.codes.map(|id| {
            plan.rows.codes[id].data[range.clone()]
                .iter()
                .map(|&c| if c == u32::MAX { 0 } else { c })
                .collect()
        })
    }

    /// Runs the chunk's sequences a block of steps at a time; adds to all statistics, and what steps and
    /// pairs give of the log norm to the entropy.
    pub(super) fn update_by_blocks(
        &self,
        shape: &Shape<'_>,
        v: VarId,
        range: &Range<usize>,
        session: &Session<'_>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) -> Result<(), Breakdown> {
        let var = &shape.plan.vars[v];
        let k = entries(var);
        let index = self.index(shape.plan, range);
        let mut pair_sums = vec![0.0; self.levels * k * k];
        let mut log_norm = 0.0;
        let Worker { starts, rows, blocks, kernels, stack, .. } = worker;
        let (pair_index, lookups) = (index.as_deref(), shape.lookups.as_ref());
        let (pieces, cuts) = shape.cuts.as_ref().map_or_else(Default::default, |c| c.add(range, starts));
        let ends = ends(shape, range);
        let mut steps = ChunkSteps {
            shape,
            session,
            v,
            first: range.start,
            ends: &ends,
            lookups,
            rows,
            scratch: blocks,
            stack,
            sums,
        };
        let (from, before) = (steps.sums.profile.begin(), steps.sums.profile.seconds());
        let starts = if cuts.is_empty() { starts } else { &pieces };
        let which = Sequences { pair_index, starts, above: &[], cuts: &cuts };
        let scratch = &mut kernels[v];
        match self.ready[0].run(which, &mut steps, &mut pair_sums, &mut log_norm, scratch) {
            Err(SequenceError::Whole) => {
                steps.sums.whole = true;
                return Ok(());
            }
            done => done.map_err(|e| broken(shape, range, e))?,
        }
        // The kernel's own time: what it asked of its steps has been noted.
        let asked = sums.profile.seconds() - before;
        sums.profile.end_but(Step::Block(v), from, asked, || profile::block(shape.plan, v, range.len()));
        sums.entropy[v] += log_norm;
        for p in &self.pairs {
            let at =
                shape.tables.iter().position(|&t| t == p.table).expect("a pair table is summed in its pass");
            self.add_pairs(p, 0, k, &pair_sums, &mut sums.statistics[at]);
        }
        Ok(())
    }

    /// Runs the chunk's sequences; writes the steps' moments, adds the pairs' statistic and the part of the
    /// entropy that steps give.
    pub(super) fn update(
        &self,
        shape: &Shape<'_>,
        v: VarId,
        range: &Range<usize>,
        session: &Session<'_>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) -> Result<(), Breakdown> {
        let var = &shape.plan.vars[v];
        let (n, k, w, inner) = (range.len(), entries(var), var.width, var.inner());
        let eta = std::mem::take(&mut worker.eta[v]);
        let by_row =
            if self.by_row { Some(self.row_potentials(shape, v, range, session, worker)) } else { None };
        let index: Option<Vec<u32>> =
            if self.by_row { Some((0..n as u32).collect()) } else { self.index(shape.plan, range) };
        let levels = if self.by_row { n } else { self.levels };
        let mut pair_sums = vec![0.0; levels * k * k];
        let mut result = Ok(());
        for cell in 0..inner {
            pair_sums.fill(0.0);
            let mut log_norm = 0.0;
            let made = by_row.as_ref().map(|all| kernel(var).prepare(&all[cell]));
            let ready = made.as_deref().unwrap_or_else(|| &*self.ready[cell]);
            let Worker { starts, before, moments, kernels, .. } = &mut *worker;
            let which = Sequences { pair_index: index.as_deref(), starts, above: before, cuts: &[] };
            let mut steps =
                Cell { k: w, rows: inner * w, at: cell * w, logs: &eta, marginals: &mut moments[v] };
            let done = ready.run(which, &mut steps, &mut pair_sums, &mut log_norm, &mut kernels[v]);
            if let Err(e) = done {
                result = Err(broken(shape, range, e));
                break;
            }
            sums.entropy[v] += log_norm;
            for p in &self.pairs {
                let at = shape
                    .tables
                    .iter()
                    .position(|&t| t == p.table)
                    .expect("a pair table is summed in its pass");
                if self.by_row {
                    gather_row_pairs(
                        shape,
                        p,
                        cell,
                        &pair_sums,
                        range,
                        &mut sums.statistics[at],
                        worker,
                        session,
                        v,
                    );
                } else {
                    self.add_pairs(p, cell, k, &pair_sums, &mut sums.statistics[at]);
                }
            }
        }
        sums.entropy[v] -= dot(&eta, &worker.moments[v]);
        worker.eta[v] = eta;
        result
    }

    /// Adds Σ pair moments, `[level][from][to]` of one plate cell, to the statistic of a pair table.
    fn add_pairs(&self, p: &Pair, cell: usize, k: usize, pairs: &[f64], sum: &mut [f64]) {
        let to = &mut sum[p.cell(cell)..];
        for m in 0..self.levels {
            for &(i, j, at) in &p.entries {
                to[p.level(m) + at] += pairs[(m * k + i) * k + j];
            }
        }
    }

    /// Pair potentials by row, for each plate cell past the steps: the slope of the energy in x_{t−1}[i] ·
    /// x_t[j] is the message to entry j of the later step, given that the earlier one is the unit vector i.
    fn row_potentials(
        &self,
        shape: &Shape<'_>,
        v: VarId,
        range: &Range<usize>,
        session: &Session<'_>,
        worker: &mut Worker,
    ) -> Vec<Vec<f64>> {
        let var = &shape.plan.vars[v];
        let (n, k, w, inner) = (range.len(), entries(var), var.width, var.inner());
        let mut out = vec![vec![0.0; n * k * k]; inner];
        for p in &self.pairs {
            let table = &shape.plan.tables[p.table];
            let to = later(table);
            for i in 0..k {
                let mut moments = shape.plan.vars.map(|_| vec![]);
                std::mem::swap(&mut moments, &mut worker.moments);
                let real = std::mem::take(&mut moments[v]);
                moments[v] = vec![0.0; real.len()];
                moments[v].iter_mut().skip(i).step_by(w).for_each(|x| *x = 1.0);
                let mut slopes = vec![0.0; n * inner * w];
                // Every step has a predecessor here; those of first steps are not read.
                let all: Vec<u32> = (0..n as u32).map(|t| t.saturating_sub(1)).collect();
                let chunk = ChunkMoments { first: range.start, moments: &moments, before: &all };
                let target = &mut slopes[table.operands[to].offset..];
                worker.rows.message(
                    shape.plan,
                    table,
                    to,
                    &Places::Range(range.clone()),
                    &session.moments,
                    Some(chunk),
                    &session.table[p.table],
                    target,
                );
                moments[v] = real;
                std::mem::swap(&mut moments, &mut worker.moments);
                for t in 0..n {
                    for (cell, out) in out.iter_mut().enumerate() {
                        let from = &slopes[(t * inner + cell) * w..][..k];
                        out[(t * k + i) * k..][..k].iter_mut().zip(from).for_each(|(o, f)| *o += f);
                    }
                }
            }
        }
        out
    }

    /// At a start, where responsibilities are given: pairs of neighbours as if independent.
    pub(super) fn independent_pairs(
        &self,
        shape: &Shape<'_>,
        range: &Range<usize>,
        session: &Session<'_>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) {
        for p in &self.pairs {
            let at =
                shape.tables.iter().position(|&t| t == p.table).expect("a pair table is summed in its pass");
            let chunk = ChunkMoments { first: range.start, moments: &worker.moments, before: &worker.before };
            let places = Places::Range(range.clone());
            worker.rows.gather_chunk(
                shape.plan,
                &shape.plan.tables[p.table],
                &places,
                &session.moments,
                Some(chunk),
                &mut sums.statistics[at],
            );
        }
    }
}

/// Where the sequences end that a chunk has steps of, counted from its first place.
fn ends(shape: &Shape<'_>, range: &Range<usize>) -> Vec<u32> {
    let stream = &shape.plan.streams[shape.stream];
    let Some(starts) = &stream.starts else { return vec![(stream.size - range.start) as u32] };
    let from = starts.partition_point(|&s| s as usize <= range.start);
    let until = starts.partition_point(|&s| (s as usize) < range.end);
    starts[from..=until.min(starts.len() - 1)].iter().map(|&s| s - range.start as u32).collect()
}

/// Why a chunk has no posterior, in the words of the data.
fn broken(shape: &Shape<'_>, range: &Range<usize>, e: SequenceError) -> Breakdown {
    match e {
        SequenceError::Impossible(step) => {
            let row = shape.plan.streams[shape.stream]
                .order
                .as_ref()
                .map_or(range.start + step, |o| o[range.start + step] as usize);
            Breakdown::Impossible(format!("no category is possible at row {}", row + 1))
        }
        SequenceError::Improper(why) => Breakdown::Improper(why),
        SequenceError::Whole => Breakdown::Improper("a sequence has to be done as a whole".into()),
    }
}

/// One plate cell of a chunk's steps, where natural parameters and moments stand.
struct Cell<'a> {
    /// Numbers of a step.
    k: usize,
    /// Numbers from a step to the next, and where the cell's are.
    rows: usize,
    at: usize,
    logs: &'a [f64],
    marginals: &'a mut [f64],
}

impl Steps for Cell<'_> {
    fn may_keep(&self) -> usize {
        // Potentials and marginals of whole sequences stand in memory anyway.
        forward_backward::WEIGHTS
    }

    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError> {
        let first = steps.start;
        let weighed = if self.rows == self.k {
            forward_backward::weigh(self.k, &self.logs[first * self.k..steps.end * self.k], weights)
        } else {
            let mut logs = vec![0.0; steps.len() * self.k];
            self.logs(steps, &mut logs);
            forward_backward::weigh(self.k, &logs, weights)
        };
        weighed.map_err(|e| e.later(first))
    }

    fn logs(&mut self, steps: Range<usize>, logs: &mut [f64]) {
        for (t, row) in steps.zip(logs.chunks_exact_mut(self.k)) {
            row.copy_from_slice(&self.logs[t * self.rows + self.at..][..self.k]);
        }
    }

    fn take(&mut self, steps: Range<usize>, marginals: &[f64]) {
        for (t, row) in steps.zip(marginals.chunks_exact(self.k)) {
            self.marginals[t * self.rows + self.at..][..self.k].copy_from_slice(row);
        }
    }
}

impl GaussianSteps for Cell<'_> {
    fn natural(&mut self, steps: Range<usize>, node: &mut [f64]) {
        self.logs(steps, node);
    }

    fn take(&mut self, steps: Range<usize>, moments: &[f64]) {
        Steps::take(self, steps, moments);
    }
}

/// Statistics of pairs whose potentials differ by row: for each entry of the earlier step, the later step's
/// pair moments stand in for its own. Rows are doubled so that "the step before" can be a unit vector while
/// the step itself holds E[x_{t−1}[i] · x_t].
#[allow(clippy::too_many_arguments)]
fn gather_row_pairs(
    shape: &Shape<'_>,
    p: &Pair,
    cell: usize,
    pairs: &[f64],
    range: &Range<usize>,
    sum: &mut [f64],
    worker: &mut Worker,
    session: &Session<'_>,
    v: VarId,
) {
    let var = &shape.plan.vars[v];
    let (n, k, w, inner) = (range.len(), entries(var), var.width, var.inner());
    let table = &shape.plan.tables[p.table];
    for i in 0..k {
        let mut moments = shape.plan.vars.map(|_| vec![]);
        moments[v] = vec![0.0; 2 * n * inner * w];
        for t in 0..n {
            moments[v][(t * inner + cell) * w..][..k].copy_from_slice(&pairs[(t * k + i) * k..][..k]);
            moments[v][((n + t) * inner + cell) * w + i] = 1.0;
        }
        let before: Vec<u32> = (0..n as u32)
            .map(|t| if worker.before[t as usize] == u32::MAX { u32::MAX } else { n as u32 + t })
            .collect();
        let chunk = ChunkMoments { first: range.start, moments: &moments, before: &before };
        worker.rows.gather_chunk(
            shape.plan,
            table,
            &Places::Range(range.clone()),
            &session.moments,
            Some(chunk),
            sum,
        );
    }
}

/// The operand of the later step.
fn later(table: &Table) -> usize {
    table
        .operands
        .iter()
        .position(|o| matches!(o.from, From::Streamed { back: 0, .. }))
        .expect("a pair has its later step")
}

fn stride(axes: &Axes, label: u8) -> usize {
    axes.0.iter().find(|a| a.0 == label).map_or(0, |a| a.1)
}

impl Pair {
    /// Which entries of two steps meet, and where in the table: over all values of the letters of both.
    fn lay_out(&mut self, table: &Table, var: &Var, ends: [&Axes; 2], offsets: [usize; 2]) {
        // (label, stride in the earlier step, in the later): letters within a step; those with larger strides
        // are plates past the steps.
        let mut letters: Vec<(u8, [usize; 2])> = vec![];
        for (side, axes) in ends.iter().enumerate() {
            for &(label, s) in axes.0.iter().skip(1) {
                if s >= var.width {
                    if side == 1 {
                        self.cells.push((table.sizes[usize::from(label)], stride(&table.axes, label)));
                    }
                    continue;
                }
                match letters.iter_mut().find(|l| l.0 == label) {
                    Some(l) => l.1[side] += s,
                    None => {
                        let mut both = [0, 0];
                        both[side] = s;
                        letters.push((label, both));
                    }
                }
            }
        }
        self.entries = vec![(offsets[0], offsets[1], 0)];
        for (label, by) in letters {
            let at = stride(&table.axes, label);
            let size = table.sizes[usize::from(label)];
            let each = |&(i, j, a): &(usize, usize, usize)| {
                (0..size).map(move |x| (i + x * by[0], j + x * by[1], a + x * at)).collect::<Vec<_>>()
            };
            self.entries = self.entries.iter().flat_map(each).collect();
        }
    }

    fn level(&self, m: usize) -> usize {
        if self.coded { m * self.level_stride } else { 0 }
    }

    /// Offset of a plate cell past the steps.
    fn cell(&self, mut cell: usize) -> usize {
        let mut at = 0;
        for &(size, stride) in self.cells.iter().rev() {
            at += cell % size * stride;
            cell /= size;
        }
        at
    }
}
