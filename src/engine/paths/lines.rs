//! Gaussian chains from the rows of their lines: what each line of the model says of neighbouring steps, line
//! by line, so that no two precisions are ever summed. It is the way for chains that the summing kernel finds
//! to have lost their digits. Not here: the algorithm (`block::gaussian_rows`), nor when it is taken (the
//! kernel says so).
//!
//! A line's energy is −½ E Σ (c·x − b)² and what holds no step: known, with all of its digits, from the rows.
//! It is told as the line's share of the bound in place of ⟨T, G⟩, whose parts may be 10²⁰ nats each; so is
//! its slope in a precision that is learned.

use super::potentials::{add_pairs, add_pairs_by_row, by_row, kernel, of_tables};
use crate::{
    block::gaussian_rows::{self, LineRows},
    engine::{
        desk::Desk,
        error::Breakdown,
        profile,
        profile::WorkPart,
        sums::RunSums,
        work::{ChainWay, Slope, Told, Work},
    },
    num::reduce::dot,
    plan::{
        Plan,
        layout::{TableId, VarId},
        paths::{chain::ChainRule as Rule, pairs::Coupling},
        table::{From, Sent, Shared, Table, TableTerm},
    },
};
use std::{
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

/// Known squares and the squares of rows' right sides differ by no more than this share of them where they
/// are the same number.
const SAME: f64 = 1e-12;
/// Below this condition, and with right sides no larger than so on average, sums would do again.
const TAME: f64 = 1e3;

/// A Gaussian chain's lines, and whether they are what it is done by.
pub(super) struct Lines<'p> {
    var: VarId,
    rule: &'p Rule,
    lags: usize,
    lines: Vec<Line<'p>>,
    on: bool,
    /// What threads find out in a pass.
    lost: AtomicBool,
    no_rows: AtomicBool,
    left: Left,
}

/// One line of the model.
#[derive(Default)]
struct Line<'p> {
    factor: usize,
    /// The messages that it sends steps so many steps back.
    sent: Vec<(usize, Vec<Sent>)>,
    pairs: Vec<&'p Coupling>,
    /// The tables of its products that hold a step.
    steps: Vec<TableId>,
    /// Its other tables of squares: the products of each that hold no square, and those that do.
    known: Vec<(TableId, [Vec<usize>; 2])>,
    /// Whether its energy is known when its chain is done: no other block of the same rows moves after it.
    settled: bool,
    /// The one number of a stored block, a scale, that all products of squares hold.
    scale: Option<(VarId, usize)>,
}

/// What passes sum of lines: Σ E(c·x − b)², Σ b² and its size for rounding of each, and what says whether
/// sums would do.
#[derive(Default)]
struct Left {
    sums: Vec<[f64; 3]>,
    numbers: usize,
    condition: f64,
}

/// The same of all chains that a run has done, by variable.
#[derive(Default)]
struct RunLeft(Vec<(VarId, Left)>);

impl Left {
    fn add(&mut self, other: &Self) {
        self.sums.resize(self.sums.len().max(other.sums.len()), [0.0; 3]);
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a = [a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
        self.numbers += other.numbers;
        self.condition = self.condition.max(other.condition);
    }
}

/// What a product holds beside steps: shared arrays and numbers of rows.
#[derive(Clone)]
enum Factor {
    Shared(Shared, usize),
    Row(From, usize),
}

impl Factor {
    /// Which rows of all there are?
    fn is_mask(&self, plan: &Plan) -> bool {
        matches!(self, Factor::Row(From::Dense(a), _) if plan.rows.dense[*a].is_mask())
    }

    /// The same numbers? Those known by row may stand in two arrays.
    fn same(&self, other: &Self, plan: &Plan) -> bool {
        match (self, other) {
            (Factor::Shared(a, x), Factor::Shared(b, y)) => a == b && x == y,
            (Factor::Row(From::Dense(a), x), Factor::Row(From::Dense(b), y)) => {
                x == y && (a == b || plan.rows.dense[*a].same_plain(&plan.rows.dense[*b]))
            }
            (Factor::Row(a, x), Factor::Row(b, y)) => a == b && x == y,
            _ => false,
        }
    }
}

fn factors(table: &Table, term: &TableTerm, v: VarId) -> Vec<Factor> {
    let rows = table.operands.iter().filter(|o| !matches!(o.from, From::Streamed { var, .. } if var == v));
    let rows = rows.map(|o| Factor::Row(o.from.clone(), o.offset));
    term.operands.iter().map(|o| Factor::Shared(o.from, o.offset)).chain(rows).collect()
}

/// Is this number of a block one and the same for all elements, wherever the line's products hold it?
fn single(plan: &Plan, line: &Line<'_>, u: VarId, at: usize) -> bool {
    let tables = line.steps.iter().chain(line.known.iter().map(|k| &k.0));
    let operands = tables.flat_map(|&t| &plan.tables[t].terms).flat_map(|term| &term.operands);
    let mut mine = operands.filter(|o| o.from == Shared::Var(u) && o.offset == at);
    mine.all(|o| o.axes.0.is_empty())
}

impl<'p> Lines<'p> {
    /// The lines of a chain that are sent as `sent` says; none where it is no Gaussian chain, or where its
    /// lines' squares can't be told from what else their tables hold.
    pub(super) fn new(plan: &'p Plan, v: VarId, rule: &'p Rule, sent: &[Sent]) -> Option<Self> {
        let lags = kernel(&plan.vars[v]).gaussian_lags()?;
        let mut lines: Vec<Line<'p>> = vec![];
        for (t, table) in plan.holding(v) {
            let at = lines.iter().position(|l| l.factor == table.factor).unwrap_or_else(|| {
                let line = Line { factor: table.factor, settled: true, ..Line::default() };
                lines.push(line);
                lines.len() - 1
            });
            let line = &mut lines[at];
            line.steps.push(t);
            line.pairs.extend(rule.pairs.tables.iter().filter(|p| p.table == t));
            for &(u, i) in sent.iter().filter(|s| s.0 == t) {
                let From::Streamed { back, .. } = table.operands[i].from else { continue };
                let back = back as usize;
                match line.sent.iter_mut().find(|s| s.0 == back) {
                    Some(s) => s.1.push((u, i)),
                    None => line.sent.push((back, vec![(u, i)])),
                }
            }
        }
        for line in &mut lines {
            // What all products with a step hold is their precision, perhaps with a factor of the step;
            // others that hold either are known squares. Which rows there are is neither.
            let tables = line.steps.iter().map(|&t| &plan.tables[t]);
            let mut with_steps = tables.flat_map(|t| t.terms.iter().map(move |term| factors(t, term, v)));
            let mut precision = with_steps.next()?;
            precision.retain(|f| !f.is_mask(plan));
            with_steps.for_each(|held| precision.retain(|f| held.iter().any(|h| h.same(f, plan))));
            if precision.is_empty() {
                return None;
            }
            let of_line = |x: &(TableId, &Table)| x.1.factor == line.factor && !line.steps.contains(&x.0);
            for (t, table) in plan.tables.enumerate().filter(of_line) {
                let (squares, others): (Vec<usize>, Vec<usize>) = (0..table.terms.len()).partition(|&i| {
                    let held = factors(table, &table.terms[i], v);
                    precision.iter().any(|f| held.iter().any(|h| h.same(f, plan)))
                });
                if !squares.is_empty() {
                    line.known.push((t, [others, squares]));
                }
            }
            let known = |&(t, [_, ref squares]): &(TableId, [Vec<usize>; 2])| {
                let table = &plan.tables[t];
                squares.iter().map(|&i| factors(table, &table.terms[i], v)).collect::<Vec<_>>()
            };
            let held: Vec<Vec<Factor>> = line.known.iter().flat_map(known).collect();
            precision.retain(|f| held.iter().all(|all| all.iter().any(|h| h.same(f, plan))));
            line.scale = match precision.as_slice() {
                [Factor::Shared(Shared::Var(u), at)] if single(plan, line, *u, *at) => Some((*u, *at)),
                _ => None,
            };
            let tables = line.steps.iter().chain(line.known.iter().map(|k| &k.0)).map(|&t| &plan.tables[t]);
            let operands = tables.flat_map(|t| &t.operands);
            let moves = |from: &From| matches!(from, From::Streamed { var, .. } if *var != v);
            line.settled = !operands.map(|o| &o.from).any(moves);
        }
        let (lost, no_rows) = (AtomicBool::new(false), AtomicBool::new(false));
        Some(Self { var: v, rule, lags, lines, on: false, lost, no_rows, left: Left::default() })
    }

    /// Before a pass: whether it is the lines' turn.
    pub(super) fn prepare(&mut self, work: &Work<'_>) {
        self.on = work.chains[self.var] == ChainWay::Rows;
        self.left = Left::default();
    }

    /// Is the chain done by its lines?
    pub(super) fn on(&self) -> bool {
        self.on
    }

    /// Would the lines be asked if sums had lost their digits?
    pub(super) fn may_help(&self, work: &Work<'_>) -> bool {
        work.chains[self.var] == ChainWay::Sums
    }

    /// Sums have lost their digits: the pass is to be done again.
    pub(super) fn lost(&self, sums: &mut RunSums) {
        self.lost.store(true, Ordering::Relaxed);
        sums.again = true;
    }

    /// The pass is done again: by lines, or not by lines any more.
    pub(super) fn again(&mut self, work: &mut Work<'_>) {
        if self.lost.swap(false, Ordering::Relaxed) && self.may_help(work) {
            work.chains[self.var] = ChainWay::Rows;
        }
        if self.no_rows.swap(false, Ordering::Relaxed) {
            work.chains[self.var] = ChainWay::SumsOnly;
        }
    }

    /// Takes over what a run has left.
    pub(super) fn collect(&mut self, sums: &mut RunSums) {
        let RunLeft(all) = sums.left.of();
        if let Some(at) = all.iter().position(|x| x.0 == self.var) {
            let (_, left) = all.swap_remove(at);
            self.left.add(&left);
        }
    }

    /// Tells each line's energy, and goes back to sums where these would do.
    pub(super) fn finish(&mut self, work: &mut Work<'_>) {
        let plan = work.plan;
        for (i, line) in self.lines.iter().enumerate() {
            let tables = || line.steps.iter().chain(line.known.iter().map(|k| &k.0));
            if !self.on || !line.settled {
                tables().for_each(|&t| work.tell(t, None));
                continue;
            }
            let [errors, sides, size] = self.left.sums.get(i).copied().unwrap_or_default();
            let (mut squares, mut rest) = (0.0, vec![]);
            for (t, [others, with]) in &line.known {
                let part = |products: &[usize]| {
                    let values = work.tables.of_products(plan, &work.state, *t, products);
                    dot(&values, work.statistics.packed(plan, *t))
                };
                squares -= 2.0 * part(with);
                rest.push(part(others));
            }
            let apart = squares - sides;
            let apart = if apart.abs() <= SAME * squares.abs().max(sides) { 0.0 } else { apart };
            let energy = -0.5 * (errors + apart);
            // All of it at the first table; in a scale, it is so many times the slope.
            let energies = (0..line.steps.len()).map(|k| if k == 0 { energy } else { 0.0 }).chain(rest);
            for (k, (&t, of_table)) in tables().zip(energies).enumerate() {
                let slope = line.scale.map(|(var, at)| {
                    let value = if k == 0 { energy / work.state.moments(var)[at] } else { 0.0 };
                    Slope { var, at, value, others: work.versions(t, var) }
                });
                let size = of_table.abs() + if k == 0 { size } else { 0.0 };
                work.tell(t, Some(Told { energy: of_table, size, slope }));
            }
        }
        if self.on {
            let sides: f64 = self.left.sums.iter().map(|s| s[1]).sum();
            if self.left.condition < TAME && sides < TAME * self.left.numbers as f64 {
                work.chains[self.var] = ChainWay::Sums;
            }
        }
    }

    /// A chunk's moments, covariances and entropy, and what neighbours give to statistics.
    pub(super) fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Breakdown> {
        let (plan, v, n) = (work.plan, self.var, rows.len());
        let (var, pairs, from) = (&plan.vars[v], &self.rule.pairs, sums.profile.begin());
        let (q, inner) = (kernel(var).entries(), var.inner());
        let mut cells: Vec<Vec<LineRows>> = vec![];
        for line in &self.lines {
            let Some(of_cells) = self.line_rows(work, line, rows, desk) else {
                self.no_rows.store(true, Ordering::Relaxed);
                sums.again = true;
                return Ok(());
            };
            cells.push(of_cells);
        }
        let mut index = vec![];
        let levels = match (pairs.by_row, pairs.index(plan, rows.clone(), &mut index)) {
            (true, _) => {
                index.extend(0..n as u32);
                n
            }
            (false, _) => pairs.levels,
        };
        let level = |t: usize| index.get(t).map_or(0, |&l| l as usize);
        let mut left = Left { sums: vec![[0.0; 3]; self.lines.len()], ..Left::default() };
        desk.covariances[v].clear();
        desk.covariances[v].resize(n * inner * q * q, 0.0);
        for cell in 0..inner {
            let lines: Vec<LineRows> = cells.iter_mut().map(|c| std::mem::take(&mut c[cell])).collect();
            let m = gaussian_rows::run(q, self.lags, &lines, &desk.starts)
                .map_err(|e| Breakdown::Improper(e.to_string()))?;
            sums.add_entropy(plan, v, m.log_norm + 0.5 * m.residuals.iter().sum::<f64>());
            for (i, (left, line)) in left.sums.iter_mut().zip(&lines).enumerate() {
                let rows = line.numbers.chunks_exact((self.lags + 1) * q + 1);
                let sides: f64 = rows.map(|row| row[row.len() - 1].rounded().powi(2)).sum();
                *left = [left[0] + m.residuals[i], left[1] + sides, left[2] + m.sizes[i]];
            }
            (left.numbers, left.condition) = (left.numbers + n * q, left.condition.max(m.condition));
            let mut pair_sums = vec![0.0; levels * q * q];
            let Desk { moments, covariances, starts, .. } = &mut *desk;
            for ends in starts.windows(2) {
                for t in ends[0] as usize..ends[1] as usize {
                    let to = &mut moments[v][(t * inner + cell) * var.width..][..var.width];
                    let mean = |t: usize| &m.means[t * q..][..q];
                    let covariance = &m.covariances[t * q * q..][..q * q];
                    covariances[v][(t * inner + cell) * q * q..][..q * q].copy_from_slice(covariance);
                    to[..q].copy_from_slice(mean(t));
                    put(mean(t), mean(t), covariance, &mut to[q..]);
                    for l in 1..=self.lags {
                        let cross = &m.cross[(t * self.lags + l - 1) * q * q..][..q * q];
                        let there = t >= ends[0] as usize + l;
                        match to.get_mut(q + l * q * q..q + (l + 1) * q * q) {
                            Some(to) if there => put(mean(t - l), mean(t), cross, to),
                            Some(to) => to.fill(0.0),
                            None if there => {
                                let mut product = vec![0.0; q * q];
                                put(mean(t - l), mean(t), cross, &mut product);
                                let sums = &mut pair_sums[level(t) * q * q..][..q * q];
                                sums.iter_mut().zip(product).for_each(|(s, x)| *s += x);
                            }
                            None => {}
                        }
                    }
                }
            }
            for p in &pairs.tables {
                if pairs.by_row {
                    add_pairs_by_row(work, (v, var), (p, cell), &pair_sums, rows, desk, sums);
                } else {
                    add_pairs(self.rule, p, cell, &pair_sums, sums.table(plan, p.table));
                }
            }
        }
        let RunLeft(all) = sums.left.of();
        match all.iter_mut().find(|x| x.0 == v) {
            Some((_, sum)) => sum.add(&left),
            None => all.push((v, left)),
        }
        sums.profile.end(WorkPart::Block(v), from, || profile::block(plan, v, n * inner));
        Ok(())
    }

    /// The rows of one line, for each plate cell past the steps; `None` where what it sends is no sum of
    /// squares.
    fn line_rows(
        &self,
        work: &Work<'_>,
        line: &Line<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
    ) -> Option<Vec<LineRows>> {
        let (plan, v, n) = (work.plan, self.var, rows.len());
        let (var, pairs) = (&plan.vars[v], &self.rule.pairs);
        let (q, w, inner) = (kernel(var).entries(), var.width, var.inner());
        let square = q * q;
        let mut sent: Vec<(usize, Vec<f64>)> = vec![];
        for (back, messages) in &line.sent {
            let mut eta = vec![0.0; n * inner * w];
            messages.iter().for_each(|&m| desk.message(work, m, rows, &mut eta));
            sent.push((*back, eta));
        }
        let of_line = |t: &Table| t.factor == line.factor;
        let by_row = (pairs.by_row && !line.pairs.is_empty())
            .then(|| by_row(work, v, self.rule, rows, desk, &of_line));
        let mut index = vec![];
        pairs.index(plan, rows.clone(), &mut index);
        let wide = (self.lags + 1) * q;
        let (mut gram, mut h, mut coupling) = (vec![0.0; wide * wide], vec![0.0; wide], vec![]);
        let mut out = vec![];
        for cell in 0..inner {
            let mut of_cell = LineRows::default();
            of_cell.clear();
            of_tables(work, self.rule, line.pairs.iter().copied(), cell, &mut coupling);
            for ends in desk.starts.windows(2) {
                let first = ends[0] as usize;
                for t in first..ends[1] as usize {
                    gram.fill(0.0);
                    h.fill(0.0);
                    // −½ of a precision, both of whose halves count; and between steps, all of minus it.
                    let mut add = |a: usize, b: usize, from: &[f64]| {
                        for (i, from) in from[..square].iter().enumerate() {
                            let (x, y) = (a * q + i / q, b * q + i % q);
                            gram[x * wide + y] -= from;
                            gram[y * wide + x] -= from;
                        }
                    };
                    for (back, eta) in sent.iter().filter(|s| s.0 <= (t - first).min(self.lags)) {
                        let step = &eta[((t - back) * inner + cell) * w..][..w];
                        h[back * q..][..q].copy_from_slice(&step[..q]);
                        add(*back, *back, &step[q..]);
                        for (l, product) in step[q + square..].chunks_exact(square).enumerate() {
                            let other = back + l + 1;
                            if other <= self.lags && t >= first + other {
                                add(other, *back, product);
                            }
                        }
                    }
                    if t > first && !line.pairs.is_empty() {
                        match &by_row {
                            Some(all) => add(1, 0, &all[cell][t * square..][..square]),
                            None => {
                                let level = index.get(t).map_or(0, |&l| l as usize);
                                add(1, 0, &coupling[level * square..][..square]);
                            }
                        }
                    }
                    if !of_cell.push(wide, &gram, &h) {
                        return None;
                    }
                    of_cell.end_step(wide);
                }
            }
            out.push(of_cell);
        }
        Some(out)
    }
}

/// E x yᵀ from means and covariance.
fn put(x: &[f64], y: &[f64], covariance: &[f64], to: &mut [f64]) {
    let q = y.len();
    for (i, (to, c)) in to.iter_mut().zip(covariance).enumerate() {
        *to = c + x[i / q] * y[i % q];
    }
}
