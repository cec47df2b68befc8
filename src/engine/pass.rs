//! One pass over a stream's rows: chunk by chunk, update the streamed blocks, add to the accumulated
//! statistics and entropies, forget. Not here: stored blocks (`session`), the chain's own recursion
//! (`block`).
//!
//! Chunks are grouped into runs that don't depend on the number of threads; each run has its own sums, and
//! these are added in the order of the runs. So the result has the same bits for any number of threads.

use super::{
    alike::Alike,
    chain::ChainShape,
    chain_blocks,
    cuts::Cuts,
    error::{Breakdown, RunError},
    lookup::Lookups,
    profile::{self, Profile, Step},
    rows::{ChunkMoments, Places, RowScratch, steps_back},
    session::{Session, apply},
    stack::{self, Stack},
    start::order,
    turns::{self, Turns},
};
use crate::{
    block::{element::Which, sequence},
    num::reduce::dot,
    plan::{
        Plan,
        layout::{List, StreamId, TableId, VarId},
        streams::Stream,
        table::{From, Rows, Table},
        turns::Span,
        var::{Storage, Var},
    },
};
use rayon::prelude::*;
use std::ops::Range;

/// Writes the responsibilities of a variable at some places; false where it has none to give.
pub type Given<'a> = &'a (dyn Fn(VarId, Range<usize>, &mut [f64]) -> bool + Sync);

/// What a pass does with the streamed blocks.
#[derive(Clone, Copy)]
pub enum Mode<'a> {
    /// Updates them.
    Update,
    /// Sets selectors to given responsibilities instead: writes those of variable `var`, places `range`, and
    /// says whether it has any.
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
pub(super) struct Shape<'p> {
    pub plan: &'p Plan,
    pub stream: StreamId,
    /// Streamed variables in update order, each with its messages (table, operand) but for a chain's pairs.
    pub vars: Vec<(VarId, Vec<(TableId, usize)>)>,
    /// Tables whose statistic this pass sums.
    pub tables: Vec<TableId>,
    pub chains: List<VarId, Option<ChainShape>>,
    /// The stream's only block is a chain that goes a block of steps at a time.
    blocks: bool,
    /// What the steps of such a chain look up, if that is all they are sent.
    pub lookups: Option<Lookups<'p>>,
    /// Where such a chain's sequences are cut into pieces.
    pub cuts: Option<Cuts>,
    /// Where rows and a block of theirs take turns.
    turns: Option<Turns<'p>>,
    /// Blocks whose rows share a covariance.
    alike: Vec<Alike<'p>>,
    /// Tables that are done as one; they stand neither in `vars` nor in `tables`.
    pub stacks: Vec<Stack<'p>>,
}

/// One run's sums.
#[derive(Default)]
pub(super) struct Sums {
    pub statistics: Vec<Vec<f64>>,
    /// Of each stack.
    pub stacked: Vec<Vec<f64>>,
    pub entropy: List<VarId, f64>,
    pub kept: Vec<(VarId, Vec<f64>)>,
    pub emitted: Vec<(VarId, Emitted)>,
    pub rested: turns::Rested,
    pub profile: Profile,
    /// Σ mean meanᵀ of blocks whose rows share a covariance.
    pub second: Vec<(VarId, Vec<f64>)>,
    pub failed: Option<(VarId, Breakdown)>,
    /// A piece of a sequence said that it should not have been one.
    pub whole: bool,
}

/// Numbers in the sums of all runs of a pass that may be in memory together.
const SMALL: usize = 1 << 18;
/// Rows that are worked off together, at most, where they could be cut anywhere.
const LARGEST_CHUNK: usize = 8192;

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct Worker {
    pub eta: List<VarId, Vec<f64>>,
    pub moments: List<VarId, Vec<f64>>,
    pub log_norm: Vec<f64>,
    pub before: Vec<u32>,
    pub starts: Vec<u32>,
    pub rows: RowScratch,
    pub temp: Vec<f64>,
    /// Buffers of each variable's kernel, where it goes over sequences.
    pub kernels: List<VarId, sequence::Scratch>,
    pub blocks: chain_blocks::Scratch,
    pub list: Vec<u32>,
    pub turns: turns::Scratch,
    pub stack: stack::Scratch,
}

impl Session<'_> {
    /// Streams all rows of stream `s`. `emit` names variables whose numbers are wanted row by row.
    pub(super) fn pass(
        &mut self,
        s: StreamId,
        mode: Mode<'_>,
        emit: &[VarId],
    ) -> Result<Vec<(VarId, Emitted)>, RunError> {
        let plan = self.plan;
        let from = self.profile.begin();
        for t in plan.tables.ids() {
            if plan.tables[t].stream == Some(s) {
                self.refresh_table(t);
            }
        }
        let mut shape = Shape::new(plan, s, &self.table);
        if shape.vars.is_empty() {
            return Ok(vec![]);
        }
        if self.iteration == 0 {
            // Nothing has moments yet: a block's parents in the same rows come before it, wherever they stand
            // in the file.
            let order = order(plan);
            shape.vars.sort_by_key(|v| order.iter().position(|o| *o == v.0));
        }
        // Where η is wanted, or selectors are given, rows go by the general way: it gives the same for a
        // block that stays.
        if matches!(mode, Mode::Update) && emit.is_empty() {
            shape.turns = plan.turns.iter().find(|t| t.stream == s).map(|t| Turns::new(self, t));
            let mut rows = std::mem::take(&mut self.rows);
            for alike in plan.alike.iter().filter(|a| a.stream == s) {
                shape
                    .alike
                    .push(Alike::new(self, alike, &mut rows).map_err(|why| self.error(alike.var, why))?);
            }
            self.rows = rows;
        }
        shape.blocks &= emit.is_empty();
        for &t in &shape.tables {
            self.packed[t].fill(0.0);
        }
        // At the start, blocks are silent table by table.
        if self.iteration > 0 {
            shape.stack(&self.table);
        }
        let mut stacked: Vec<Vec<f64>> = shape.stacks.iter().map(Stack::zeros).collect();
        let mut entropy = plan.vars.map(|_| 0.0);
        if let Some(turns) = &shape.turns {
            shape.tables.retain(|t| !turns.plan.sums(*t));
        }
        let threads = self.pool.current_num_threads().max(1);
        // Runs whose sums are in memory at a time.
        let stream = &plan.streams[s];
        if matches!(mode, Mode::Update) {
            shape.cut(self);
        }
        let all = 0..stream.chunks.len();
        let (runs, spans) = match (&shape.turns, plan.turns.iter().any(|t| t.stream == s)) {
            (Some(turns), _) => (stream.runs.as_slice(), turns.plan.spans(stream)),
            // The tables of turns are large: without turns, they are summed where they stand.
            (None, true) => (std::slice::from_ref(&all), vec![Span { runs: 0..1, rows: 0..stream.size }]),
            (None, false) => (shape.runs(), vec![Span { runs: 0..shape.runs().len(), rows: 0..stream.size }]),
        };
        let mut whole = false;
        // Small sums may all wait for each other, so that no thread has to.
        let numbers: usize = shape.tables.iter().map(|&t| plan.tables[t].packed_len()).sum::<usize>()
            + stacked.iter().map(Vec::len).sum::<usize>();
        let at_once =
            if emit.is_empty() && numbers * runs.len() <= SMALL { runs.len().max(1) } else { threads };
        let mut emitted: Vec<(VarId, Emitted)> = emit.iter().map(|&v| (v, Emitted::default())).collect();
        let mut kept: Vec<(VarId, Vec<f64>)> = shape.kept().map(|v| (v, vec![])).collect();
        let mut second = shape.second();
        for (i, span) in spans.iter().enumerate() {
            let mut rested = self
                .idle
                .get_mut()
                .map_or_else(|_| turns::Rested::default(), |idle| idle.rested.pop().unwrap_or_default());
            for batch in runs[span.runs.clone()].chunks(at_once) {
                let sums: Vec<Sums> = if let [only] = runs {
                    // Nothing to add up.
                    let statistics =
                        shape.tables.iter().map(|&t| std::mem::take(&mut self.packed[t])).collect();
                    vec![shape.run(self, only, mode, emit, statistics)]
                } else {
                    let this = &*self;
                    let zeros =
                        || shape.tables.iter().map(|&t| vec![0.0; plan.tables[t].packed_len()]).collect();
                    self.pool.install(|| {
                        batch.par_iter().map(|r| shape.run(this, r, mode, emit, zeros())).collect()
                    })
                };
                for sum in sums {
                    for (&t, part) in shape.tables.iter().zip(sum.statistics) {
                        if self.packed[t].is_empty() {
                            self.packed[t] = part;
                        } else {
                            self.packed[t].iter_mut().zip(&part).for_each(|(a, b)| *a += b);
                        }
                    }
                    for (all, part) in stacked.iter_mut().zip(&sum.stacked) {
                        all.iter_mut().zip(part).for_each(|(a, b)| *a += b);
                    }
                    if let Some((v, kind)) = sum.failed {
                        return Err(self.error(v, kind));
                    }
                    whole |= sum.whole;
                    self.profile.add(&sum.profile);
                    entropy.iter_mut().zip(&sum.entropy).for_each(|(a, b)| *a += b);
                    for ((_, all), (_, part)) in second.iter_mut().zip(&sum.second) {
                        all.iter_mut().zip(part).for_each(|(a, b)| *a += b);
                    }
                    let emptied = rested.extend(sum.rested);
                    if let Ok(idle) = self.idle.get_mut() {
                        idle.rested.push(emptied);
                    }
                    for ((_, all), (_, part)) in kept.iter_mut().zip(sum.kept) {
                        all.extend(part);
                    }
                    for ((_, all), (_, part)) in emitted.iter_mut().zip(sum.emitted) {
                        all.eta.extend(part.eta);
                        all.moments.extend(part.moments);
                    }
                }
            }
            if let Some(turns) = &shape.turns {
                self.rest(turns.plan.var, &rested);
                let made;
                let sorted = match self.sorted.iter().find(|x| x.0 == s) {
                    Some((_, spans)) => &spans[i],
                    None => {
                        made = turns.plan.sort(plan, span);
                        &made
                    }
                };
                let from = self.profile.begin();
                turns.add(self.pool, span.rows.start, &rested, sorted, &mut self.packed);
                let table = turns.plan.others.first().map_or(turns.plan.table, |o| o.0);
                self.profile.end(Step::Statistic(table), from, || {
                    profile::statistic(&plan.tables[table], span.rows.len())
                });
            }
            if let Ok(idle) = self.idle.get_mut() {
                rested.clear();
                idle.rested.push(rested);
            }
        }
        if whole {
            // Nothing but sums has been touched.
            self.uncut[s] = true;
            return self.pass(s, mode, emit);
        }
        for (v, moments) in kept {
            self.moments[v] = moments;
        }
        for (alike, (_, second)) in shape.alike.iter().zip(&second) {
            alike.finish(plan, second, &mut self.packed);
        }
        for (stack, sum) in shape.stacks.iter().zip(&stacked) {
            stack.finish(sum, &mut self.packed);
            shape.tables.extend(stack.tables());
        }
        for &t in &shape.tables {
            self.unpack(t);
        }
        if let Some(turns) = &shape.turns {
            turns.tables().for_each(|t| self.unpack(t));
            self.version[turns.plan.var] += 1;
            self.stored_entropy(turns.plan.var);
            self.refresh_table(turns.plan.table);
        }
        for (v, _) in &shape.vars {
            // A chain's η has pair potentials, too. One that goes by blocks keeps none of its η.
            let pairs = shape.tables.iter().filter(|&&t| shape.blocks || plan.tables[t].pair == Some(*v));
            self.entropy[*v] =
                entropy[*v] - pairs.map(|&t| dot(&self.table[t], &self.packed[t])).sum::<f64>();
            if let Some(turns) = shape.turns.as_ref().filter(|t| t.plan.selector == *v) {
                // All that rows were sent is in tables: ⟨η, μ⟩ is what these have in common with the rows'
                // statistics.
                self.entropy[*v] -= turns.tables().map(|t| dot(&self.table[t], &self.packed[t])).sum::<f64>();
            }
            self.version[*v] += 1;
        }
        self.profile.end(Step::Pass(s), from, || (0.0, 0.0));
        Ok(emitted)
    }

    /// Takes over what groups of rows left of their block.
    fn rest(&mut self, v: VarId, rested: &turns::Rested) {
        let w = self.plan.vars[v].width;
        for (i, &level) in rested.levels.iter().enumerate() {
            let (to, from) = (level as usize * w..(level as usize + 1) * w, i * w..(i + 1) * w);
            self.eta[v][to.clone()].copy_from_slice(&rested.eta[from.clone()]);
            self.moments[v][to].copy_from_slice(&rested.moments[from]);
            self.log_norm[v][level as usize] = rested.log_norm[i];
        }
    }
}

impl<'p> Shape<'p> {
    fn new(plan: &'p Plan, stream: StreamId, values: &List<TableId, Vec<f64>>) -> Self {
        let mut vars = vec![];
        for (v, _) in plan.vars.enumerate().filter(|(_, x)| x.stream() == Some(stream)) {
            let mut messages = vec![];
            for (t, table) in plan.tables.enumerate() {
                for (i, o) in table.operands.iter().enumerate() {
                    if matches!(o.from, From::Streamed { var, .. } if var == v) && table.pair != Some(v) {
                        messages.push((t, i));
                    }
                }
            }
            vars.push((v, messages));
        }
        let reads = |t: &Table| t.operands.iter().any(|o| matches!(o.from, From::Streamed { .. }));
        let tables = plan
            .tables
            .ids()
            .filter(|&t| plan.tables[t].stream == Some(stream) && reads(&plan.tables[t]))
            .collect();
        let chains = plan
            .vars
            .ids()
            .map(|v| {
                (plan.vars[v].stream() == Some(stream) && plan.vars[v].shape.sequences().is_some())
                    .then(|| ChainShape::new(plan, v, values))
            })
            .collect();
        let mut shape = Self {
            plan,
            stream,
            vars,
            tables,
            chains,
            blocks: false,
            lookups: None,
            cuts: None,
            turns: None,
            alike: vec![],
            stacks: vec![],
        };
        if let [(v, messages)] = shape.vars.as_slice()
            && let Some(chain) = &shape.chains[*v]
        {
            shape.blocks = chain_blocks::alone(&shape.vars, &plan.vars) && chain.shared();
            shape.lookups =
                Lookups::new(plan, *v, messages, &shape.tables, values).filter(|l| shape.only_lookups(l));
        }
        shape
    }

    /// Stacks what can be stacked.
    fn stack(&mut self, values: &List<TableId, Vec<f64>>) {
        if self.lookups.is_some() {
            return;
        }
        for (v, messages) in &mut self.vars {
            if self.turns.as_ref().is_some_and(|t| t.plan.selector == *v) {
                continue;
            }
            if let Some(stack) = Stack::new(self.plan, *v, messages, values) {
                messages.retain(|m| !stack.sends(*m));
                self.tables.retain(|t| stack.tables().all(|s| s != *t));
                self.stacks.push(stack);
            }
        }
    }

    /// Cuts long sequences, where there are blocks of steps to cut.
    fn cut(&mut self, session: &mut Session<'_>) {
        let [(v, _)] = self.vars.as_slice() else { return };
        if !self.blocks || session.uncut[self.stream] {
            return;
        }
        let Some(chain) = &self.chains[*v] else { return };
        let (cuts, profiles) = Cuts::new(self, chain, *v, session);
        profiles.iter().for_each(|p| session.profile.add(p));
        self.cuts = cuts;
    }

    fn chunks(&self) -> &[Range<usize>] {
        self.cuts.as_ref().map_or(&self.plan.streams[self.stream].chunks, |c| &c.chunks)
    }

    /// Ranges of chunks that a thread takes at a time.
    pub(super) fn runs(&self) -> &[Range<usize>] {
        self.cuts.as_ref().map_or(&self.plan.streams[self.stream].runs, |c| &c.runs)
    }

    /// Room for Σ mean meanᵀ of blocks whose rows share a covariance.
    fn second(&self) -> Vec<(VarId, Vec<f64>)> {
        let square = |v: VarId| self.plan.vars[v].d.pow(2);
        self.alike.iter().map(|a| (a.plan.var, vec![0.0; square(a.plan.var)])).collect()
    }

    fn kept(&self) -> impl Iterator<Item = VarId> + '_ {
        let kept = |v: &VarId| matches!(self.plan.vars[*v].storage, Storage::Streamed { kept: true, .. });
        self.vars.iter().map(|v| v.0).filter(kept)
    }

    fn run(
        &self,
        session: &Session<'_>,
        chunks: &Range<usize>,
        mode: Mode<'_>,
        emit: &[VarId],
        statistics: Vec<Vec<f64>>,
    ) -> Sums {
        let plan = self.plan;
        let rested = session.idle.lock().ok().and_then(|mut idle| idle.rested.pop());
        let mut sums = Sums {
            statistics,
            stacked: self.stacks.iter().map(Stack::zeros).collect(),
            entropy: plan.vars.map(|_| 0.0),
            kept: self.kept().map(|v| (v, vec![])).collect(),
            emitted: emit.iter().map(|&v| (v, Emitted::default())).collect(),
            rested: rested.unwrap_or_default(),
            second: self.second(),
            ..Sums::new(session)
        };
        let mut worker = session.worker();
        let stream = &plan.streams[self.stream];
        // A chunk holds whole groups, of any size, for the sake of turns alone.
        let most = if self.turns.is_none() && stream.starts.is_none() { LARGEST_CHUNK } else { usize::MAX };
        for c in chunks.clone() {
            let Range { start, end } = self.chunks()[c].clone();
            let mut from = start;
            while from < end {
                let to = end.min(from.saturating_add(most));
                if let Err(failed) = self.chunk(session, from..to, mode, &mut worker, &mut sums) {
                    sums.failed = Some(failed);
                    return sums;
                }
                from = to;
            }
        }
        session.rests(worker);
        sums
    }

    /// A chunk of the stream's only block, a chain, whose numbers exist for a block of steps at a time.
    fn by_blocks(
        &self,
        v: VarId,
        session: &Session<'_>,
        range: &Range<usize>,
        mode: Mode<'_>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) -> Result<(), Breakdown> {
        if let Mode::Start(given) = mode {
            let Worker { before, rows, blocks, .. } = &mut *worker;
            if chain_blocks::start(self, session, v, range, before, given, rows, blocks, sums) {
                return Ok(());
            }
        }
        match &self.chains[v] {
            Some(chain) => chain.update_by_blocks(self, v, range, session, worker, sums),
            None => Ok(()),
        }
    }

    fn chunk(
        &self,
        session: &Session<'_>,
        range: Range<usize>,
        mode: Mode<'_>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) -> Result<(), (VarId, Breakdown)> {
        let plan = self.plan;
        let stream = &plan.streams[self.stream];
        let n = range.len();
        worker.sequences(stream, &range);
        if self.blocks {
            let v = self.vars[0].0;
            return self.by_blocks(v, session, &range, mode, worker, sums).map_err(|b| (v, b));
        }
        let taking_turns = |v: VarId| self.turns.as_ref().is_some_and(|t| t.plan.selector == v);
        for (v, _) in self.vars.iter().filter(|(v, _)| !taking_turns(*v)) {
            let var = &plan.vars[*v];
            let len = n * var.inner() * var.width;
            worker.eta[*v].resize(len, 0.0);
            worker.moments[*v].resize(len, 0.0);
            if matches!(var.storage, Storage::Streamed { kept: true, .. }) {
                let each = var.inner() * var.width;
                worker.moments[*v]
                    .copy_from_slice(&session.moments[*v][range.start * each..range.end * each]);
            }
        }
        // What is given comes first: others of the same rows are updated from it.
        let mut is_given = vec![false; self.vars.len()];
        if let Mode::Start(given) = mode {
            for ((v, _), is) in self.vars.iter().zip(&mut is_given) {
                *is = given(*v, range.clone(), &mut worker.moments[*v]);
                if *is {
                    let var = &plan.vars[*v];
                    var.shape.hold(Which::From(range.start * var.inner()), &mut worker.moments[*v]);
                }
            }
        }
        // At the start a block without moments yet says nothing to those above it.
        let mut silent: Vec<VarId> =
            if session.iteration == 0 { self.vars.iter().map(|v| v.0).collect() } else { vec![] };
        silent.retain(|v| !self.vars.iter().zip(&is_given).any(|(x, given)| x.0 == *v && *given));
        for ((v, messages), is_given) in self.vars.iter().zip(is_given) {
            let var = &plan.vars[*v];
            silent.retain(|u| u != v);
            if is_given {
                if let Some(chain) = &self.chains[*v] {
                    chain.independent_pairs(self, &range, session, worker, sums);
                }
                continue;
            }
            if let Some(turns) = self.turns.as_ref().filter(|t| t.plan.selector == *v) {
                let from = sums.profile.begin();
                turns.chunk(session, &range, worker, sums)?;
                sums.profile.end(Step::Block(*v), from, || profile::block(plan, *v, n * var.inner()));
                continue;
            }
            if let Some(alike) = self.alike.iter().find(|a| a.plan.var == *v) {
                alike.chunk(self, messages, session, &range, worker, sums).map_err(|why| (*v, why))?;
                continue;
            }
            let mut eta = std::mem::take(&mut worker.eta[*v]);
            eta.fill(0.0);
            for &(t, i) in messages {
                if silent.iter().any(|&u| plan.vars[u].nodes.iter().any(|n| n.0 == plan.tables[t].node)) {
                    continue;
                }
                let from = sums.profile.begin();
                worker.message(session, plan, t, i, &range, &mut eta);
                sums.profile.end(Step::Message(*v, t), from, || profile::message(&plan.tables[t], i, n));
            }
            worker.stacked(&self.stacks, *v, &range, sums, &mut eta);
            var.shape.clamp(Which::From(range.start * var.inner()), &mut eta);
            worker.eta[*v] = eta;
            let from = sums.profile.begin();
            match &self.chains[*v] {
                Some(chain) => chain.update(self, *v, &range, session, worker, sums).map_err(|b| (*v, b))?,
                None => {
                    let Worker { eta, moments, log_norm, .. } = worker;
                    log_norm.resize(n * var.inner(), 0.0);
                    let which = Which::From(range.start * var.inner());
                    apply(var, which, &eta[*v], &mut moments[*v], log_norm).map_err(|why| (*v, why))?;
                    sums.entropy[*v] += entropy(var, &eta[*v], &moments[*v], log_norm, &range);
                }
            }
            sums.profile.end(Step::Block(*v), from, || profile::block(plan, *v, n * var.inner()));
        }
        for (i, &t) in self.tables.iter().enumerate() {
            let table = &plan.tables[t];
            if table.pair.is_some() || self.alike.iter().any(|a| a.plan.tables.iter().any(|x| x.0 == t)) {
                continue;
            }
            let from = sums.profile.begin();
            let chunk = ChunkMoments { first: range.start, moments: &worker.moments, before: &worker.before };
            let places = places(&table.rows, &range, &mut worker.list);
            worker.rows.gather_chunk(
                plan,
                table,
                &places,
                &session.moments,
                Some(chunk),
                &mut sums.statistics[i],
            );
            sums.profile.end(Step::Statistic(t), from, || profile::statistic(table, n));
        }
        for (id, stack) in self.stacks.iter().enumerate() {
            stack.gather(id, &range, &worker.moments[stack.var], &mut worker.stack, sums);
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
    let held = var.shape.held();
    if var.weight.is_none() && held.is_none() {
        return crate::num::reduce::sum(log_norm) - dot(eta, moments);
    }
    let mut sum = 0.0;
    for (e, a) in log_norm.iter().enumerate() {
        if held.is_some_and(|h| h.known[range.start * inner + e]) {
            continue;
        }
        let at = e * var.width..(e + 1) * var.width;
        sum += var.weight.as_ref().map_or(1.0, |w| w[range.start + e / inner])
            * (a - dot(&eta[at.clone()], &moments[at]));
    }
    sum
}

/// A table's rows within a chunk.
pub(super) fn places<'a>(rows: &Rows, range: &Range<usize>, list: &'a mut Vec<u32>) -> Places<'a> {
    match rows {
        Rows::All => Places::Range(range.clone()),
        Rows::List(l) => {
            let (lo, hi) = (
                l.partition_point(|&p| (p as usize) < range.start),
                l.partition_point(|&p| (p as usize) < range.end),
            );
            list.clear();
            list.extend_from_slice(&l[lo..hi]);
            Places::List(list)
        }
    }
}

impl Sums {
    /// Nothing but room for a profile.
    pub(super) fn new(session: &Session<'_>) -> Self {
        Self { profile: session.profile.like(), ..Self::default() }
    }
}

impl Worker {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            eta: plan.vars.map(|_| vec![]),
            moments: plan.vars.map(|_| vec![]),
            kernels: plan.vars.map(|_| sequence::Scratch::default()),
            ..Self::default()
        }
    }

    /// Sequence starts and predecessors of a chunk, relative to it.
    fn sequences(&mut self, stream: &Stream, range: &Range<usize>) {
        self.starts.clear();
        self.before.clear();
        let first = range.start as u32;
        match &stream.parent {
            // What is above a row stands before it; where no block needs whole trees, perhaps in another
            // chunk.
            Some(above) => self.before.extend(
                above[range.clone()]
                    .iter()
                    .map(|&p| if p == u32::MAX || p < first { u32::MAX } else { p - first }),
            ),
            None => self.before.extend((0..range.len() as u32).map(|i| i.wrapping_sub(1))),
        }
        if let Some(starts) = &stream.starts {
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
    pub(super) fn message(
        &mut self,
        session: &Session<'_>,
        plan: &Plan,
        t: TableId,
        i: usize,
        range: &Range<usize>,
        eta: &mut [f64],
    ) {
        let table = &plan.tables[t];
        let o = &table.operands[i];
        let From::Streamed { back, .. } = o.from else { return };
        let Self { moments, before: steps, rows, temp, list, .. } = self;
        let chunk = ChunkMoments { first: range.start, moments, before: steps };
        let places = places(&table.rows, range, list);
        if let (Places::Range(_), 0) = (&places, back) {
            rows.message(
                plan,
                table,
                i,
                &places,
                &session.moments,
                Some(chunk),
                &session.table[t],
                &mut eta[o.offset..],
            );
            return;
        }
        temp.clear();
        temp.resize(places.len() * o.width, 0.0);
        if temp.is_empty() {
            return;
        }
        rows.message(
            plan,
            table,
            i,
            &places,
            &session.moments,
            Some(chunk),
            &session.table[t],
            &mut temp[o.offset..],
        );
        let mut add = |at: usize, place: usize| {
            let Some(local) = steps_back(steps, place - range.start, back) else { return };
            let to = &mut eta[local * o.width..(local + 1) * o.width];
            to.iter_mut().zip(&temp[at * o.width..(at + 1) * o.width]).for_each(|(a, b)| *a += b);
        };
        match places {
            Places::Range(r) => r.enumerate().for_each(|(at, p)| add(at, p)),
            Places::List(l) => l.iter().enumerate().for_each(|(at, &p)| add(at, p as usize)),
        }
    }
}
