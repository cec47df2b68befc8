//! The state of one run: moments of stored blocks, tables, accumulated statistics. Not here: the pass over
//! rows (`pass`), the start (`start`), restarts and stopping (`run`).

use super::{
    error::{Breakdown, RunError},
    pass::Worker,
    profile::{self, Profile, Step},
    rows::RowScratch,
};
use crate::{
    block::element::Which,
    expfam::stat::IMPOSSIBLE,
    num::{contract::Operand, reduce::dot},
    plan::{
        Plan,
        layout::{List, StreamId, TableId, VarId},
        messages::Place,
        table::{From, Rows, Shared, Table, cells},
        turns::{Sorted, Turns},
        var::{Storage, Var},
    },
};
use rayon::prelude::*;
use std::{collections::HashMap, fmt, sync::Mutex};

/// One run's numbers. Arrays are indexed like the plan's lists.
#[derive(Debug)]
pub struct Session<'p> {
    pub(super) plan: &'p Plan,
    pub(super) pool: &'p rayon::ThreadPool,
    /// Natural parameters of stored blocks.
    pub(super) eta: List<VarId, Vec<f64>>,
    /// A(η) of each element of stored blocks, in nats.
    pub(super) log_norm: List<VarId, Vec<f64>>,
    /// Moments of stored and kept blocks.
    pub(super) moments: List<VarId, Vec<f64>>,
    /// Counts the updates of each block's moments.
    pub(super) version: List<VarId, u64>,
    /// What the rows see: tables, packed.
    pub(super) table: List<TableId, Vec<f64>>,
    /// Accumulated statistics as the rows leave them, packed.
    pub(super) packed: List<TableId, Vec<f64>>,
    /// The same, unpacked; empty for tables that are not packed.
    statistic: List<TableId, Vec<f64>>,
    /// Entropy of each block, in nats.
    pub(super) entropy: List<VarId, f64>,
    pub(super) iteration: usize,
    pub(super) profile: Profile,
    table_stamp: List<TableId, u64>,
    statistic_stamp: List<TableId, u64>,
    class_rows: HashMap<(TableId, usize, usize), Vec<u32>>,
    scratch: Vec<f64>,
    full: Vec<f64>,
    pub(super) rows: RowScratch,
    /// Of streams that take turns: their rows by code, for each span.
    pub(super) sorted: Vec<(StreamId, Vec<Vec<Sorted>>)>,
    /// Of each stream, whether its sequences must not be cut.
    pub(super) uncut: List<StreamId, bool>,
    /// What no thread is using.
    pub(super) idle: Mutex<Idle>,
}

/// Buffers that passes leave to later ones.
#[derive(Default)]
pub(super) struct Idle {
    pub workers: Vec<Worker>,
    pub rested: Vec<super::turns::Rested>,
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffers of {} threads", self.workers.len())
    }
}

const NEVER: u64 = u64::MAX;

impl<'p> Session<'p> {
    /// All arrays, nothing in them.
    pub fn new(plan: &'p Plan, pool: &'p rayon::ThreadPool) -> Self {
        let stored = |v: &Var| match v.storage {
            Storage::Stored => v.elements() * v.width,
            Storage::Streamed { .. } => 0,
        };
        let kept = |v: &Var| match v.storage {
            Storage::Stored | Storage::Streamed { kept: true, .. } => v.elements() * v.width,
            Storage::Streamed { kept: false, .. } => 0,
        };
        let mut session = Self {
            plan,
            pool,
            eta: plan.vars.map(|v| vec![0.0; stored(v)]),
            log_norm: plan
                .vars
                .map(|v| vec![0.0; if v.storage == Storage::Stored { v.elements() } else { 0 }]),
            moments: plan.vars.map(|v| vec![0.0; kept(v)]),
            version: plan.vars.map(|_| 0),
            table: plan.tables.map(|t| vec![0.0; t.packed_len()]),
            packed: plan.tables.map(|t| vec![0.0; t.packed_len()]),
            statistic: plan.tables.map(|t| vec![0.0; if t.packed.is_some() { t.len } else { 0 }]),
            entropy: plan.vars.map(|_| 0.0),
            iteration: 0,
            profile: Profile::default(),
            table_stamp: plan.tables.map(|_| NEVER),
            statistic_stamp: plan.tables.map(|_| NEVER),
            class_rows: HashMap::new(),
            scratch: vec![],
            full: vec![],
            rows: RowScratch::default(),
            uncut: plan.streams.map(|s| s.whole),
            idle: Mutex::default(),
            sorted: plan
                .turns
                .iter()
                .filter(|t| t.keeps_order(&plan.streams[t.stream]))
                .map(|t| (t.stream, sorted(plan, t)))
                .collect(),
        };
        for t in plan.tables.ids() {
            if plan.tables[t].constant {
                session.accumulate(t);
            }
        }
        session
    }

    /// A thread's buffers, used before if there are any idle.
    pub(super) fn worker(&self) -> Worker {
        self.idle
            .lock()
            .ok()
            .and_then(|mut idle| idle.workers.pop())
            .unwrap_or_else(|| Worker::new(self.plan))
    }

    /// Keeps a thread's buffers for the next one.
    pub(super) fn rests(&self, worker: Worker) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.workers.push(worker);
        }
    }

    /// Forgets all but the statistics of known numbers.
    pub fn reset(&mut self) {
        for v in self.moments.iter_mut().chain(&mut self.eta) {
            v.fill(0.0);
        }
        self.version.iter_mut().for_each(|v| *v += 1);
        self.entropy.iter_mut().for_each(|e| *e = 0.0);
        self.uncut.iter_mut().zip(&self.plan.streams).for_each(|(uncut, s)| *uncut = s.whole);
        for (t, table) in self.plan.tables.enumerate() {
            if !table.constant {
                self.packed[t].fill(0.0);
                self.statistic[t].fill(0.0);
                self.statistic_stamp[t] = NEVER;
            }
        }
        self.iteration = 0;
    }

    pub(super) fn error(&self, var: VarId, kind: Breakdown) -> RunError {
        RunError::new(kind, self.plan.vars[var].name.clone(), self.iteration)
    }

    /// Brings a table up to date with the shared moments it is made from.
    pub(super) fn refresh_table(&mut self, t: TableId) {
        let plan = self.plan;
        let table = &plan.tables[t];
        let vars = table.terms.iter().flat_map(|x| &x.operands).filter_map(|o| match o.from {
            Shared::Var(v) => Some(self.version[v] + 1),
            Shared::Known(_) => None,
        });
        let stamp = vars.sum();
        if self.table_stamp[t] == stamp {
            return;
        }
        self.table_stamp[t] = stamp;
        let mut full =
            std::mem::take(if table.packed.is_some() { &mut self.full } else { &mut self.table[t] });
        full.clear();
        full.resize(table.len, 0.0);
        for term in &table.terms {
            let operands: Vec<Operand<'_>> =
                term.operands.iter().map(|o| shared(plan, &self.moments, o.from, o.offset)).collect();
            grow(&mut self.scratch, term.build.scratch_len(&table.sizes));
            term.build.run(&table.sizes, term.coefficient, &operands, &mut full, &mut self.scratch);
        }
        match &table.packed {
            Some(p) => {
                p.pack(&full, &mut self.table[t]);
                self.full = full;
            }
            None => self.table[t] = full,
        }
    }

    /// Brings the statistic of a table without streamed blocks up to date with the stored moments its rows
    /// read.
    pub(super) fn refresh_statistic(&mut self, t: TableId) {
        let table = &self.plan.tables[t];
        if !table.gathers_stored {
            return;
        }
        let stamp = table
            .operands
            .iter()
            .filter_map(|o| match o.from {
                From::Stored { var, .. } => Some(self.version[var] + 1),
                _ => None,
            })
            .sum();
        if self.statistic_stamp[t] != stamp {
            self.statistic_stamp[t] = stamp;
            self.accumulate(t);
        }
    }

    /// Sums a table's statistic over all its rows; for tables that read no streamed block.
    fn accumulate(&mut self, t: TableId) {
        let table = &self.plan.tables[t];
        let mut sum = std::mem::take(&mut self.packed[t]);
        sum.fill(0.0);
        match table.stream {
            None => sum[0] = 1.0,
            Some(s) if table.operands.is_empty() => {
                sum[0] = match &table.rows {
                    Rows::All => self.plan.streams[s].size as f64,
                    Rows::List(l) => l.len() as f64,
                }
            }
            Some(s) => {
                for places in self.rows.cut(&table.rows, &self.plan.streams[s].chunks) {
                    self.rows.gather(self.plan, table, places, &self.moments, &mut sum);
                }
            }
        }
        self.packed[t] = sum;
        self.unpack(t);
    }

    /// After a pass has left a packed statistic.
    pub(super) fn unpack(&mut self, t: TableId) {
        if let Some(p) = &self.plan.tables[t].packed {
            p.unpack(&self.packed[t], &mut self.statistic[t]);
        }
    }

    /// Updates every stored block in turn.
    pub(super) fn update_stored(&mut self) -> Result<(), RunError> {
        for i in 0..self.plan.stored.len() {
            let (plan, v) = (self.plan, self.plan.stored[i]);
            let from = self.profile.begin();
            self.update_var(v, &|_| true)?;
            self.profile.end(Step::Update(v), from, || profile::update(plan, v));
        }
        Ok(())
    }

    /// Updates one stored block, colour by colour. `counts` says which tables' messages it gets (all but at
    /// the start).
    pub(super) fn update_var(&mut self, v: VarId, counts: &dyn Fn(&Table) -> bool) -> Result<(), RunError> {
        for class in 0..self.plan.vars[v].classes.len() {
            self.collect_messages(v, class, counts);
            self.evaluate(v, class)?;
            self.version[v] += 1;
        }
        Ok(())
    }

    /// η of the block's elements: the sum of all messages. With colours, only rows of the class's elements
    /// are read.
    fn collect_messages(&mut self, v: VarId, class: usize, counts: &dyn Fn(&Table) -> bool) {
        let plan = self.plan;
        let var = &plan.vars[v];
        let mut previous = std::mem::take(&mut self.eta[v]);
        // With colours, the other elements keep theirs.
        let mut eta =
            if var.classes.len() > 1 { vec![0.0; previous.len()] } else { std::mem::take(&mut previous) };
        eta.fill(0.0);
        for m in &plan.messages[v] {
            let (t, table) = (m.table, &plan.tables[m.table]);
            if !counts(table) {
                continue;
            }
            match m.to {
                Place::Shared(term, i) => {
                    let term = &table.terms[term];
                    let o = &term.operands[i];
                    let Some(message) = &o.message else { continue };
                    self.refresh_statistic(t);
                    let statistic = if table.packed.is_some() { &self.statistic[t] } else { &self.packed[t] };
                    let mut operands = vec![Operand::Dense(statistic)];
                    let others = term.operands.iter().enumerate().filter(|(j, _)| *j != i);
                    operands.extend(others.map(|(_, x)| shared(plan, &self.moments, x.from, x.offset)));
                    grow(&mut self.scratch, message.scratch_len(&table.sizes));
                    message.run(
                        &table.sizes,
                        term.coefficient,
                        &operands,
                        &mut eta[o.offset..],
                        &mut self.scratch,
                    );
                }
                Place::Row(i) => {
                    self.refresh_table(t);
                    let Some(stream) = table.stream else { continue };
                    let chunks = &plan.streams[stream].chunks;
                    let class_rows = (var.classes.len() > 1).then(|| {
                        let of_class = || rows_of_class(var, table, i, class);
                        let list = self.class_rows.entry((t, i, class)).or_insert_with(of_class);
                        Rows::List(std::mem::take(list))
                    });
                    let rows = class_rows.as_ref().unwrap_or(&table.rows);
                    for places in self.rows.cut(rows, chunks) {
                        self.rows.scatter(plan, table, i, places, &self.moments, &self.table[t], &mut eta);
                    }
                    if let Some(Rows::List(l)) = class_rows {
                        self.class_rows.insert((t, i, class), l);
                    }
                }
            }
        }
        if let Some(w) = &var.weight {
            // Every message to an element of a weighted row counts its row's weight; its own q is that of one
            // of them.
            let each = var.inner() * var.width;
            eta.chunks_exact_mut(each.max(1))
                .zip(w.iter())
                .for_each(|(e, w)| e.iter_mut().for_each(|x| *x /= w));
        }
        var.shape.clamp(Which::From(0), &mut eta);
        if var.classes.len() > 1 {
            self.eta[v] = previous;
            for &e in &var.classes[class] {
                let at = e as usize * var.width..(e as usize + 1) * var.width;
                self.eta[v][at.clone()].copy_from_slice(&eta[at]);
            }
        } else {
            self.eta[v] = eta;
        }
    }

    /// η of a block that has no colours, without what table `but` sends.
    pub(super) fn messages_but(&mut self, v: VarId, but: TableId) -> Vec<f64> {
        let now = self.eta[v].clone();
        let left_out: *const Table = &self.plan.tables[but];
        self.collect_messages(v, 0, &|t| !std::ptr::eq(t, left_out));
        std::mem::replace(&mut self.eta[v], now)
    }

    /// Moments and entropy from η. With colours, of the class's elements.
    pub(super) fn evaluate(&mut self, v: VarId, class: usize) -> Result<(), RunError> {
        let var = &self.plan.vars[v];
        let w = var.width;
        let all = var.classes.len() == 1;
        let count = var.classes[class].len();
        if all {
            apply_all(self.pool, var, &self.eta[v], &mut self.moments[v], &mut self.log_norm[v])
        } else {
            let mut log_norm = vec![0.0; count];
            let pick = |from: &[f64]| -> Vec<f64> {
                var.classes[class]
                    .iter()
                    .flat_map(|&e| &from[e as usize * w..(e as usize + 1) * w])
                    .copied()
                    .collect()
            };
            let (eta, mut moments) = (pick(&self.eta[v]), vec![0.0; count * w]);
            let done = apply(var, Which::List(&var.classes[class]), &eta, &mut moments, &mut log_norm);
            for ((&e, m), a) in var.classes[class].iter().zip(moments.chunks_exact(w.max(1))).zip(log_norm) {
                self.moments[v][e as usize * w..(e as usize + 1) * w].copy_from_slice(m);
                self.log_norm[v][e as usize] = a;
            }
            done
        }
        .map_err(|e| self.error(v, e))?;
        if class + 1 == var.classes.len() {
            self.stored_entropy(v);
        }
        Ok(())
    }

    /// Known cells of a stored, partly observed block have the statistic of their values.
    pub(super) fn clamp_stored(&mut self, v: VarId) {
        self.plan.vars[v].shape.hold(Which::From(0), &mut self.moments[v]);
    }

    /// Σ A − ⟨η, μ⟩ of a stored block, from what its last update left.
    pub(super) fn stored_entropy(&mut self, v: VarId) {
        let var = &self.plan.vars[v];
        let (w, inner) = (var.width, var.inner());
        let mut sum = 0.0;
        let held = var.shape.held();
        for (e, a) in self.log_norm[v].iter().enumerate() {
            if held.is_some_and(|h| h.known[e]) {
                continue;
            }
            let at = e * w..(e + 1) * w;
            let h = a - dot(&self.eta[v][at.clone()], &self.moments[v][at]);
            sum += h * var.weight.as_ref().map_or(1.0, |weight| weight[e / inner]);
        }
        self.entropy[v] = sum;
    }

    /// Each node's share of the bound, in nats.
    pub fn terms(&mut self) -> Result<Vec<f64>, RunError> {
        let plan = self.plan;
        let mut out = plan.constants.clone();
        for (t, table) in plan.tables.enumerate() {
            self.refresh_table(t);
            self.refresh_statistic(t);
            out[table.node] += dot(&self.table[t], &self.packed[t]);
        }
        for (v, var) in plan.vars.enumerate() {
            let first = var.nodes.iter().map(|n| n.0).min().unwrap_or(0);
            out[first] += self.entropy[v];
        }
        for (node, x) in out.iter().enumerate() {
            let kind = if !x.is_finite() {
                Breakdown::NotFinite
            } else if *x < IMPOSSIBLE {
                Breakdown::Impossible("a probability of zero is met".into())
            } else {
                continue;
            };
            let name = plan.names[node].clone();
            return Err(RunError::new(kind, name, self.iteration));
        }
        Ok(out)
    }

    /// Σ |terms| of the bound before they cancel: the scale of its rounding.
    pub fn magnitude(&self) -> f64 {
        let tables = self
            .table
            .iter()
            .zip(&self.packed)
            .map(|(t, g)| t.iter().zip(g).map(|(a, b)| (a * b).abs()).sum::<f64>());
        tables.sum::<f64>() + self.entropy.iter().map(|e| e.abs()).sum::<f64>()
    }
}

fn sorted(plan: &Plan, turns: &Turns) -> Vec<Vec<Sorted>> {
    turns.spans(&plan.streams[turns.stream]).iter().map(|span| turns.sort(plan, span)).collect()
}

/// η → moments and log-normalisers of a block's elements.
pub(super) fn apply(
    var: &Var,
    which: Which<'_>,
    eta: &[f64],
    moments: &mut [f64],
    log_norm: &mut [f64],
) -> Result<(), Breakdown> {
    if var.stream().is_some() {
        return Ok(var.shape.evaluate_rows(which, eta, moments, log_norm)?);
    }
    Ok(var.shape.evaluate(which, eta, moments, log_norm)?)
}

/// The same for all elements, shared out among threads: elements do not know of each other, so the bits are
/// the same.
fn apply_all(
    pool: &rayon::ThreadPool,
    var: &Var,
    eta: &[f64],
    moments: &mut [f64],
    log_norm: &mut [f64],
) -> Result<(), Breakdown> {
    let some = (SHARED_OUT / var.width.max(1)).max(1);
    if log_norm.len() <= some || var.shape.is_whole() {
        return Ok(var.shape.evaluate(Which::From(0), eta, moments, log_norm)?);
    }
    let elements = some * var.width;
    let parts =
        eta.par_chunks(elements).zip(moments.par_chunks_mut(elements).zip(log_norm.par_chunks_mut(some)));
    let failed = pool.install(|| {
        let done =
            parts.enumerate().map(|(i, (e, (m, a)))| var.shape.evaluate(Which::From(i * some), e, m, a));
        done.filter_map(Result::err).min_by_key(|f| f.element)
    });
    failed.map_or(Ok(()), |f| Err(f.into()))
}

/// Numbers of a block that a thread takes at a time.
const SHARED_OUT: usize = 8192;

fn shared<'a>(
    plan: &'a Plan,
    moments: &'a List<VarId, Vec<f64>>,
    from: Shared,
    offset: usize,
) -> Operand<'a> {
    Operand::Dense(match from {
        Shared::Var(v) => &moments[v][offset..],
        Shared::Known(k) => &plan.known[k].data[offset..],
    })
}

/// Makes room without ever giving any back.
pub(super) fn grow(scratch: &mut Vec<f64>, len: usize) {
    if scratch.len() < len {
        scratch.resize(len, 0.0);
    }
}

/// Places whose element, as operand `i` reads it, is of the class.
fn rows_of_class(var: &Var, table: &Table, i: usize, class: usize) -> Vec<u32> {
    let From::Stored { base, rest, .. } = &table.operands[i].from else { return vec![] };
    let mut of_class = vec![false; var.elements()];
    var.classes[class].iter().for_each(|&e| of_class[e as usize] = true);
    let offsets = cells(rest);
    let hit = |p: u32| {
        let b = base[p as usize];
        b != u32::MAX && offsets.iter().any(|o| of_class[b as usize + o])
    };
    match &table.rows {
        Rows::All => (0..base.len() as u32).filter(|&p| hit(p)).collect(),
        Rows::List(l) => l.iter().copied().filter(|&p| hit(p)).collect(),
    }
}
