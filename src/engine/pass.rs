//! One pass over a stream's rows: chunk by chunk, update the streamed blocks, add to the accumulated statistics and entropies, forget.
//! Not here: stored blocks (`session`), the chain's own recursion (`block`).
//!
//! Chunks are grouped into runs that don't depend on the number of threads; each run has its own sums, and these are added in the
//! order of the runs. So the result has the same bits for any number of threads.

use super::{
    error::{Breakdown, RunError},
    rows::{ChunkMoments, Places, RowScratch},
    session::{Session, apply, grow},
};
use crate::{
    block::forward_backward::{self, Chains, PairTables},
    expfam::stat::LN_ZERO,
    num::reduce::dot,
    plan::{
        Plan,
        table::{From, Rows, Table},
        var::{Algorithm, Storage, Var},
    },
};
use rayon::prelude::*;
use std::ops::Range;

/// Writes the responsibilities of a variable at some places; false where it has none to give.
pub type Given<'a> = &'a (dyn Fn(usize, Range<usize>, &mut [f64]) -> bool + Sync);

/// What a pass does with the streamed blocks.
#[derive(Clone, Copy)]
pub enum Mode<'a> {
    /// Updates them.
    Update,
    /// Sets selectors to given responsibilities instead: writes those of variable `var`, places `range`, and says whether it has any.
    Start(Given<'a>),
}

/// Numbers of every row, on demand: natural parameters and moments of one variable.
#[derive(Clone, Debug, Default)]
pub struct Emitted {
    /// Row-major over the variable's storage order.
    pub eta: Vec<f64>,
    /// The same.
    pub moments: Vec<f64>,
}

/// What a stream's blocks and tables are to each other; made once a pass.
struct Shape<'p> {
    plan: &'p Plan,
    stream: usize,
    /// Streamed variables in update order, each with its messages (table, operand) but for a chain's pairs.
    vars: Vec<(usize, Vec<(usize, usize)>)>,
    /// Tables whose statistic this pass sums.
    tables: Vec<usize>,
    chains: Vec<Option<ChainShape>>,
}

/// A chain's pair potentials, made ready once a pass.
struct ChainShape {
    tables: Vec<PairTables>,
    /// The pair tables of the plan, and how many numbers apart their two category axes stand.
    pairs: Vec<Pair>,
    /// The codes that pick a table for each step.
    codes: Option<usize>,
    levels: usize,
    /// Potentials differ by row: they are made chunk by chunk.
    by_row: bool,
}

struct Pair {
    table: usize,
    from_stride: usize,
    to_stride: usize,
    level_stride: usize,
    /// Stride of each plate past the steps, in storage order of the variable.
    inner: Vec<(usize, usize)>,
    coded: bool,
}

/// One run's sums.
struct Sums {
    statistics: Vec<Vec<f64>>,
    entropy: Vec<f64>,
    kept: Vec<(usize, Vec<f64>)>,
    emitted: Vec<(usize, Emitted)>,
    failed: Option<(usize, Breakdown)>,
}

/// Buffers of one thread.
#[derive(Default)]
struct Worker {
    eta: Vec<Vec<f64>>,
    moments: Vec<Vec<f64>>,
    log_norm: Vec<f64>,
    before: Vec<u32>,
    starts: Vec<u32>,
    rows: RowScratch,
    temp: Vec<f64>,
    scratch: Vec<f64>,
    list: Vec<u32>,
}

impl Session<'_> {
    /// Streams all rows of stream `s`. `emit` names variables whose numbers are wanted row by row.
    pub(super) fn pass(&mut self, s: usize, mode: Mode<'_>, emit: &[usize]) -> Result<Vec<(usize, Emitted)>, RunError> {
        let plan = self.plan;
        for t in 0..plan.tables.len() {
            if plan.tables[t].stream == Some(s) {
                self.refresh_table(t);
            }
        }
        let shape = Shape::new(plan, s, &self.table);
        if shape.vars.is_empty() {
            return Ok(vec![]);
        }
        for &t in &shape.tables {
            self.packed[t].fill(0.0);
        }
        let mut entropy = vec![0.0; plan.vars.len()];
        let runs = &plan.streams[s].runs;
        let mut emitted: Vec<(usize, Emitted)> = emit.iter().map(|&v| (v, Emitted::default())).collect();
        let mut kept: Vec<(usize, Vec<f64>)> = shape.kept().map(|v| (v, vec![])).collect();
        let threads = self.pool.current_num_threads().max(1);
        for batch in runs.chunks(threads) {
            let this = &*self;
            let sums: Vec<Sums> = if batch.len() == 1 {
                vec![shape.run(this, &batch[0], mode, emit)]
            } else {
                self.pool.install(|| batch.par_iter().map(|r| shape.run(this, r, mode, emit)).collect())
            };
            for sum in sums {
                if let Some((v, kind)) = sum.failed {
                    return Err(self.error(v, kind));
                }
                for (&t, part) in shape.tables.iter().zip(&sum.statistics) {
                    self.packed[t].iter_mut().zip(part).for_each(|(a, b)| *a += b);
                }
                entropy.iter_mut().zip(&sum.entropy).for_each(|(a, b)| *a += b);
                for ((_, all), (_, part)) in kept.iter_mut().zip(sum.kept) {
                    all.extend(part);
                }
                for ((_, all), (_, part)) in emitted.iter_mut().zip(sum.emitted) {
                    all.eta.extend(part.eta);
                    all.moments.extend(part.moments);
                }
            }
        }
        for (v, moments) in kept {
            self.moments[v] = moments;
        }
        for &t in &shape.tables {
            self.unpack(t);
        }
        for (v, _) in &shape.vars {
            // A chain's η has pair potentials, too.
            let pairs = shape.tables.iter().filter(|&&t| plan.tables[t].pair == Some(*v));
            self.entropy[*v] = entropy[*v] - pairs.map(|&t| dot(&self.table[t], &self.packed[t])).sum::<f64>();
            self.version[*v] += 1;
        }
        Ok(emitted)
    }
}

impl<'p> Shape<'p> {
    fn new(plan: &'p Plan, stream: usize, values: &[Vec<f64>]) -> Self {
        let mut vars = vec![];
        for (v, _) in plan.vars.iter().enumerate().filter(|(_, x)| x.stream() == Some(stream)) {
            let mut messages = vec![];
            for (t, table) in plan.tables.iter().enumerate() {
                for (i, o) in table.operands.iter().enumerate() {
                    if matches!(o.from, From::Streamed { var, .. } if var == v) && table.pair != Some(v) {
                        messages.push((t, i));
                    }
                }
            }
            vars.push((v, messages));
        }
        let reads = |t: &Table| t.operands.iter().any(|o| matches!(o.from, From::Streamed { .. }));
        let tables = (0..plan.tables.len()).filter(|&t| plan.tables[t].stream == Some(stream) && reads(&plan.tables[t])).collect();
        let chains = (0..plan.vars.len())
            .map(|v| {
                (plan.vars[v].stream() == Some(stream) && matches!(plan.vars[v].algorithm, Algorithm::Chain))
                    .then(|| ChainShape::new(plan, v, values))
            })
            .collect();
        Self { plan, stream, vars, tables, chains }
    }

    fn kept(&self) -> impl Iterator<Item = usize> + '_ {
        let kept = |v: &usize| matches!(self.plan.vars[*v].storage, Storage::Streamed { kept: true, .. });
        self.vars.iter().map(|v| v.0).filter(kept)
    }

    fn run(&self, session: &Session<'_>, chunks: &Range<usize>, mode: Mode<'_>, emit: &[usize]) -> Sums {
        let plan = self.plan;
        let mut sums = Sums {
            statistics: self.tables.iter().map(|&t| vec![0.0; plan.tables[t].packed_len()]).collect(),
            entropy: vec![0.0; plan.vars.len()],
            kept: self.kept().map(|v| (v, vec![])).collect(),
            emitted: emit.iter().map(|&v| (v, Emitted::default())).collect(),
            failed: None,
        };
        let mut worker = Worker { eta: vec![vec![]; plan.vars.len()], moments: vec![vec![]; plan.vars.len()], ..Worker::default() };
        for c in chunks.clone() {
            let range = plan.streams[self.stream].chunks[c].clone();
            if let Err(failed) = self.chunk(session, range, mode, &mut worker, &mut sums) {
                sums.failed = Some(failed);
                return sums;
            }
        }
        sums
    }

    fn chunk(
        &self,
        session: &Session<'_>,
        range: Range<usize>,
        mode: Mode<'_>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) -> Result<(), (usize, Breakdown)> {
        let plan = self.plan;
        let stream = &plan.streams[self.stream];
        let n = range.len();
        worker.sequences(stream.starts.as_deref(), &range);
        for (v, _) in &self.vars {
            let var = &plan.vars[*v];
            let len = n * var.inner() * var.width;
            worker.eta[*v].resize(len, 0.0);
            worker.moments[*v].resize(len, 0.0);
            if matches!(var.storage, Storage::Streamed { kept: true, .. }) {
                let each = var.inner() * var.width;
                worker.moments[*v].copy_from_slice(&session.moments[*v][range.start * each..range.end * each]);
            }
        }
        for (v, messages) in &self.vars {
            let var = &plan.vars[*v];
            if let Mode::Start(given) = mode
                && given(*v, range.clone(), &mut worker.moments[*v])
            {
                worker.clamp(*v, var, &range);
                if let Some(chain) = &self.chains[*v] {
                    chain.independent_pairs(self, *v, &range, session, worker, sums);
                }
                continue;
            }
            let mut eta = std::mem::take(&mut worker.eta[*v]);
            eta.fill(0.0);
            for &(t, i) in messages {
                worker.message(session, plan, t, i, &range, &mut eta);
            }
            worker.eta[*v] = eta;
            match &self.chains[*v] {
                Some(chain) => chain.update(self, *v, &range, session, worker, sums).map_err(|b| (*v, b))?,
                None => {
                    let Worker { eta, moments, log_norm, .. } = worker;
                    log_norm.resize(n * var.inner(), 0.0);
                    apply(var, &eta[*v], &mut moments[*v], log_norm).map_err(|why| (*v, Breakdown::Improper(why)))?;
                    sums.entropy[*v] += entropy(var, &eta[*v], &moments[*v], log_norm, &range);
                    worker.clamp(*v, var, &range);
                }
            }
        }
        for (i, &t) in self.tables.iter().enumerate() {
            let table = &plan.tables[t];
            if table.pair.is_some() {
                continue;
            }
            let chunk = ChunkMoments { first: range.start, moments: &worker.moments, before: &worker.before };
            let places = places(&table.rows, &range, &mut worker.list);
            worker.rows.gather_chunk(plan, table, &places, &session.moments, Some(chunk), &mut sums.statistics[i]);
        }
        for (v, kept) in &mut sums.kept {
            kept.extend_from_slice(&worker.moments[*v]);
        }
        for (v, e) in &mut sums.emitted {
            e.eta.extend_from_slice(&worker.eta[*v]);
            e.moments.extend_from_slice(&worker.moments[*v]);
        }
        Ok(())
    }
}

/// Σ of a chunk's entropies: A − ⟨η, μ⟩, each row as often as it stands.
fn entropy(var: &Var, eta: &[f64], moments: &[f64], log_norm: &[f64], range: &Range<usize>) -> f64 {
    let inner = var.inner();
    if var.weight.is_none() && var.clamp.is_none() {
        return crate::num::reduce::sum(log_norm) - dot(eta, moments);
    }
    let mut sum = 0.0;
    for (e, a) in log_norm.iter().enumerate() {
        if var.clamp.as_ref().is_some_and(|c| c.known[range.start * inner + e]) {
            continue;
        }
        let at = e * var.width..(e + 1) * var.width;
        sum += var.weight.as_ref().map_or(1.0, |w| w[range.start + e / inner]) * (a - dot(&eta[at.clone()], &moments[at]));
    }
    sum
}

/// A table's rows within a chunk.
fn places<'a>(rows: &Rows, range: &Range<usize>, list: &'a mut Vec<u32>) -> Places<'a> {
    match rows {
        Rows::All => Places::Range(range.clone()),
        Rows::List(l) => {
            let (lo, hi) = (l.partition_point(|&p| (p as usize) < range.start), l.partition_point(|&p| (p as usize) < range.end));
            list.clear();
            list.extend_from_slice(&l[lo..hi]);
            Places::List(list)
        }
    }
}

impl Worker {
    /// Sequence starts and predecessors of a chunk, relative to it.
    fn sequences(&mut self, starts: Option<&[u32]>, range: &Range<usize>) {
        self.starts.clear();
        self.before.clear();
        self.before.extend((0..range.len() as u32).map(|i| i.wrapping_sub(1)));
        if let Some(starts) = starts {
            let from = starts.partition_point(|&s| (s as usize) < range.start);
            for &s in starts[from..].iter().take_while(|&&s| (s as usize) < range.end) {
                let local = s as usize - range.start;
                self.starts.push(local as u32);
                self.before[local] = u32::MAX;
            }
        }
        self.starts.push(range.len() as u32);
        // An empty sequence repeats its start.
        self.starts.dedup();
    }

    /// Adds one table's message toward a streamed operand.
    fn message(&mut self, session: &Session<'_>, plan: &Plan, t: usize, i: usize, range: &Range<usize>, eta: &mut [f64]) {
        let table = &plan.tables[t];
        let o = &table.operands[i];
        let From::Streamed { before, .. } = o.from else { return };
        let Self { moments, before: steps, rows, temp, list, .. } = self;
        let chunk = ChunkMoments { first: range.start, moments, before: steps };
        let places = places(&table.rows, range, list);
        if let (Places::Range(_), false) = (&places, before) {
            rows.message(plan, table, i, &places, &session.moments, Some(chunk), &session.table[t], &mut eta[o.offset..]);
            return;
        }
        temp.clear();
        temp.resize(places.len() * o.width, 0.0);
        if temp.is_empty() {
            return;
        }
        rows.message(plan, table, i, &places, &session.moments, Some(chunk), &session.table[t], &mut temp[o.offset..]);
        let mut add = |at: usize, place: usize| {
            let mut local = place - range.start;
            if before {
                match steps[local] {
                    u32::MAX => return,
                    b => local = b as usize,
                }
            }
            let to = &mut eta[local * o.width..(local + 1) * o.width];
            to.iter_mut().zip(&temp[at * o.width..(at + 1) * o.width]).for_each(|(a, b)| *a += b);
        };
        match places {
            Places::Range(r) => r.enumerate().for_each(|(at, p)| add(at, p)),
            Places::List(l) => l.iter().enumerate().for_each(|(at, &p)| add(at, p as usize)),
        }
    }

    /// Known cells of a partly observed block have the statistic of their values.
    fn clamp(&mut self, v: usize, var: &Var, range: &Range<usize>) {
        let Some(c) = &var.clamp else { return };
        let first = range.start * var.inner();
        for (e, m) in self.moments[v].chunks_exact_mut(var.width).enumerate() {
            if c.known[first + e] {
                // Checked when the data were bound.
                let _ = (c.kind.of_value)(&c.values[(first + e) * c.value_width..][..c.value_width], var.d, m);
            }
        }
    }
}

impl ChainShape {
    fn new(plan: &Plan, v: usize, values: &[Vec<f64>]) -> Self {
        let var = &plan.vars[v];
        let k = var.d;
        let mut pairs = vec![];
        let (mut codes, mut levels, mut by_row) = (None, 1, false);
        for (t, table) in plan.tables.iter().enumerate().filter(|(_, x)| x.pair == Some(v)) {
            let mut pair = Pair { table: t, from_stride: 0, to_stride: 0, level_stride: 0, inner: vec![], coded: false };
            let stride = |l: u8| table.axes.0.iter().find(|a| a.0 == l).map_or(0, |a| a.1);
            for o in &table.operands {
                match (&o.from, &o.shape) {
                    (From::Streamed { before, .. }, crate::num::contract::OperandShape::Dense(axes)) => {
                        // Axes: the row, plates past the steps, the category.
                        let category = axes.0.last().map_or(0, |a| a.0);
                        if *before {
                            pair.from_stride = stride(category);
                        } else {
                            pair.to_stride = stride(category);
                            pair.inner = axes.0[1..axes.0.len() - 1].iter().map(|a| (table.sizes[usize::from(a.0)], stride(a.0))).collect();
                        }
                    }
                    (From::Codes(id), crate::num::contract::OperandShape::OneHot { level, .. })
                        if codes.is_none_or(|c| c == *id) && table.unroll.is_none() =>
                    {
                        codes = Some(*id);
                        pair.coded = true;
                        pair.level_stride = stride(*level);
                        levels = table.sizes[usize::from(*level)];
                    }
                    _ => by_row = true,
                }
            }
            pairs.push(pair);
        }
        if by_row {
            (codes, levels) = (None, 1);
        }
        let mut shape = Self { tables: vec![], pairs, codes, levels, by_row };
        if !by_row {
            let mut log = vec![0.0; levels * k * k];
            for cell in 0..var.inner() {
                log.fill(0.0);
                for p in &shape.pairs {
                    let from = &values[p.table][p.cell(cell)..];
                    for m in 0..levels {
                        for i in 0..k {
                            for j in 0..k {
                                log[(m * k + i) * k + j] += from[m * p.level_stride + i * p.from_stride + j * p.to_stride];
                            }
                        }
                    }
                }
                let mut tables = PairTables::default();
                tables.prepare(k, &log);
                shape.tables.push(tables);
            }
        }
        shape
    }

    /// Forward–backward over the chunk's sequences; adds the pairs' statistic and the entropy's part that rows give.
    fn update(
        &self,
        shape: &Shape<'_>,
        v: usize,
        range: &Range<usize>,
        session: &Session<'_>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) -> Result<(), Breakdown> {
        let var = &shape.plan.vars[v];
        let (n, k, inner) = (range.len(), var.d, var.inner());
        let mut eta = std::mem::take(&mut worker.eta[v]);
        if let Some(c) = &var.clamp {
            for (e, row) in eta.chunks_exact_mut(k).enumerate() {
                let at = range.start * inner + e;
                if c.known[at] {
                    row.iter_mut().enumerate().filter(|(i, _)| *i != c.values[at] as usize).for_each(|(_, x)| *x += LN_ZERO);
                }
            }
        }
        let by_row = if self.by_row { Some(self.row_potentials(shape, v, range, session, worker)) } else { None };
        let index: Option<Vec<u32>> = if self.by_row {
            Some((0..n as u32).collect())
        } else {
            self.codes.map(|id| shape.plan.rows.codes[id].data[range.clone()].iter().map(|&c| if c == u32::MAX { 0 } else { c }).collect())
        };
        let levels = if self.by_row { n } else { self.levels };
        let longest = worker.starts.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0);
        let mut pair_sums = vec![0.0; levels * k * k];
        let mut node = std::mem::take(&mut worker.temp);
        let mut made = PairTables::default();
        let mut result = Ok(());
        for cell in 0..inner {
            node.clear();
            (0..n).for_each(|t| node.extend_from_slice(&eta[(t * inner + cell) * k..][..k]));
            let tables = match &by_row {
                Some(all) => {
                    made.prepare(k, &all[cell]);
                    &made
                }
                None => &self.tables[cell],
            };
            grow(&mut worker.scratch, forward_backward::scratch_len(n, longest, k, levels));
            pair_sums.fill(0.0);
            let mut log_norm = 0.0;
            let chains = Chains { initial: None, pair_index: index.as_deref(), node: &mut node, starts: &worker.starts };
            if let Err(e) = forward_backward::run(tables, chains, &mut pair_sums, &mut log_norm, &mut worker.scratch) {
                result = Err(match e {
                    forward_backward::ChainError::Impossible { step } => {
                        Breakdown::Impossible(format!("no category is possible at row {}", range.start + step + 1))
                    }
                    e => Breakdown::Improper(e.to_string()),
                });
                break;
            }
            (0..n).for_each(|t| worker.moments[v][(t * inner + cell) * k..][..k].copy_from_slice(&node[t * k..(t + 1) * k]));
            sums.entropy[v] += log_norm;
            self.add_pairs(shape, cell, &pair_sums, range, sums, worker, session, v);
        }
        sums.entropy[v] -= dot(&eta, &worker.moments[v]);
        worker.temp = node;
        worker.eta[v] = eta;
        result
    }

    /// Pair potentials by row, for each plate cell past the steps.
    fn row_potentials(
        &self,
        shape: &Shape<'_>,
        v: usize,
        range: &Range<usize>,
        session: &Session<'_>,
        worker: &mut Worker,
    ) -> Vec<Vec<f64>> {
        let var = &shape.plan.vars[v];
        let (n, k, inner) = (range.len(), var.d, var.inner());
        let mut out = vec![vec![0.0; n * k * k]; inner];
        // The slope of the energy in one pair's indicator is the message to the later step, given that the earlier one is known: one
        // message for each earlier category.
        for p in &self.pairs {
            let table = &shape.plan.tables[p.table];
            let to = table
                .operands
                .iter()
                .position(|o| matches!(o.from, From::Streamed { before: false, .. }))
                .expect("a pair has its later step");
            for i in 0..k {
                let mut moments = vec![vec![]; shape.plan.vars.len()];
                std::mem::swap(&mut moments, &mut worker.moments);
                let real = std::mem::take(&mut moments[v]);
                moments[v] = vec![0.0; real.len()];
                moments[v].iter_mut().skip(i).step_by(k).for_each(|x| *x = 1.0);
                let mut slopes = vec![0.0; n * inner * k];
                // Every step has a predecessor here; those of first steps are not read.
                let all: Vec<u32> = (0..n as u32).map(|t| t.saturating_sub(1)).collect();
                let chunk = ChunkMoments { first: range.start, moments: &moments, before: &all };
                worker.rows.message(
                    shape.plan,
                    table,
                    to,
                    &Places::Range(range.clone()),
                    &session.moments,
                    Some(chunk),
                    &session.table[p.table],
                    &mut slopes,
                );
                moments[v] = real;
                std::mem::swap(&mut moments, &mut worker.moments);
                for t in 0..n {
                    for (cell, out) in out.iter_mut().enumerate() {
                        let from = &slopes[(t * inner + cell) * k..][..k];
                        out[(t * k + i) * k..][..k].iter_mut().zip(from).for_each(|(o, f)| *o += f);
                    }
                }
            }
        }
        out
    }

    /// Adds Σ pair marginals, `[level][from][to]` of one plate cell, to the statistics of the chain's pair tables.
    #[allow(clippy::too_many_arguments)]
    fn add_pairs(
        &self,
        shape: &Shape<'_>,
        cell: usize,
        pairs: &[f64],
        range: &Range<usize>,
        sums: &mut Sums,
        worker: &mut Worker,
        session: &Session<'_>,
        v: usize,
    ) {
        let k = shape.plan.vars[v].d;
        for p in &self.pairs {
            let at = shape.tables.iter().position(|&t| t == p.table).expect("a pair table is summed in its pass");
            if self.by_row {
                self.gather_row_pairs(shape, p, cell, pairs, range, &mut sums.statistics[at], worker, session, v);
                continue;
            }
            let to = &mut sums.statistics[at][p.cell(cell)..];
            for m in 0..self.levels {
                let m_at = if p.coded { m * p.level_stride } else { 0 };
                for i in 0..k {
                    for j in 0..k {
                        to[m_at + i * p.from_stride + j * p.to_stride] += pairs[(m * k + i) * k + j];
                    }
                }
            }
        }
    }

    /// Statistics of pairs whose potentials differ by row: for each earlier category, the later step's pair marginals stand in for moments.
    #[allow(clippy::too_many_arguments)]
    fn gather_row_pairs(
        &self,
        shape: &Shape<'_>,
        p: &Pair,
        cell: usize,
        pairs: &[f64],
        range: &Range<usize>,
        sum: &mut [f64],
        worker: &mut Worker,
        session: &Session<'_>,
        v: usize,
    ) {
        let var = &shape.plan.vars[v];
        let (n, k, inner) = (range.len(), var.d, var.inner());
        let table = &shape.plan.tables[p.table];
        for i in 0..k {
            // Rows are doubled so that "the step before" can be the pure category i while the step itself holds p(i, j).
            let mut moments = vec![vec![]; shape.plan.vars.len()];
            moments[v] = vec![0.0; 2 * n * inner * k];
            for t in 0..n {
                moments[v][(t * inner + cell) * k..][..k].copy_from_slice(&pairs[(t * k + i) * k..][..k]);
                moments[v][((n + t) * inner + cell) * k + i] = 1.0;
            }
            let before: Vec<u32> =
                (0..n as u32).map(|t| if worker.before[t as usize] == u32::MAX { u32::MAX } else { n as u32 + t }).collect();
            let chunk = ChunkMoments { first: range.start, moments: &moments, before: &before };
            worker.rows.gather_chunk(shape.plan, table, &Places::Range(range.clone()), &session.moments, Some(chunk), sum);
        }
    }

    /// At a start, where responsibilities are given: pairs of neighbours as if independent.
    fn independent_pairs(
        &self,
        shape: &Shape<'_>,
        v: usize,
        range: &Range<usize>,
        session: &Session<'_>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) {
        for p in &self.pairs {
            let at = shape.tables.iter().position(|&t| t == p.table).expect("a pair table is summed in its pass");
            let chunk = ChunkMoments { first: range.start, moments: &worker.moments, before: &worker.before };
            worker.rows.gather_chunk(
                shape.plan,
                &shape.plan.tables[p.table],
                &Places::Range(range.clone()),
                &session.moments,
                Some(chunk),
                &mut sums.statistics[at],
            );
        }
        let _ = v;
    }
}

impl Pair {
    /// Offset of a plate cell past the steps.
    fn cell(&self, mut cell: usize) -> usize {
        let mut at = 0;
        for &(size, stride) in self.inner.iter().rev() {
            at += cell % size * stride;
            cell /= size;
        }
        at
    }
}
