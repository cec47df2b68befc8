//! A chain's pair potentials, made from tables, and what pairs sum to, put back into statistics. Not here:
//! which entries meet (`plan::paths::pairs`), nor the kernels (`block`).

use crate::{
    block::sequence::{Ready, SequenceKernel},
    engine::{
        desk::Desk,
        rows::{ChunkMoments, Places},
        sums::RunSums,
        work::Work,
    },
    plan::{
        layout::VarId,
        paths::{chain::ChainRule, pairs::Coupling},
        table::{From, Table},
        var::Var,
    },
};
use std::ops::Range;

/// Potentials that all steps share, or those of a level, ready for a pass: one for each plate cell past the
/// steps.
#[derive(Default)]
pub(super) struct Potentials {
    pub(super) ready: Vec<Box<dyn Ready>>,
    log: Vec<f64>,
}

/// What a block does over sequences.
pub(super) fn kernel(var: &Var) -> &dyn SequenceKernel {
    var.shape.sequences().expect("a chain has a kernel")
}

impl Potentials {
    /// From tables as they are, `[level][from][to]`; nothing where potentials differ by row.
    pub(super) fn prepare(&mut self, work: &Work<'_>, v: VarId, chain: &ChainRule) {
        let var = &work.plan.vars[v];
        if chain.pairs.by_row {
            return;
        }
        self.ready.clear();
        for cell in 0..var.inner() {
            of_tables(work, chain, chain.pairs.tables.iter(), cell, &mut self.log);
            self.ready.push(kernel(var).prepare(&self.log));
        }
    }
}

/// Adds Σ pair moments, `[level][from][to]` of one plate cell, to the statistic of a pair table.
pub(super) fn add_pairs(chain: &ChainRule, p: &Coupling, cell: usize, pairs: &[f64], sum: &mut [f64]) {
    let (to, k) = (&mut sum[p.cell(cell)..], chain.pairs.entries);
    for m in 0..chain.pairs.levels {
        for &(i, j, at) in &p.entries {
            to[p.level(m) + at] += pairs[(m * k + i) * k + j];
        }
    }
}

/// Potentials that all steps share, or those of a level, `[level][from][to]` of one plate cell, as some tables
/// make them.
pub(super) fn of_tables<'c>(
    work: &Work<'_>,
    chain: &ChainRule,
    couplings: impl Iterator<Item = &'c Coupling>,
    cell: usize,
    log: &mut Vec<f64>,
) {
    let (k, levels) = (chain.pairs.entries, chain.pairs.levels);
    log.clear();
    log.resize(levels * k * k, 0.0);
    for p in couplings {
        let from = &work.tables.of(p.table)[p.cell(cell)..];
        for m in 0..levels {
            for &(i, j, at) in &p.entries {
                log[(m * k + i) * k + j] += from[p.level(m) + at];
            }
        }
    }
}

/// Pair potentials by row, for each plate cell past the steps, of some tables: the slope of the energy in x_{t−1}[i] · x_t[j]
/// is the message to entry j of the later step, given that the earlier one is the unit vector i.
pub(super) fn by_row(
    work: &Work<'_>,
    v: VarId,
    chain: &ChainRule,
    range: &Range<usize>,
    desk: &mut Desk,
    which: &dyn Fn(&Table) -> bool,
) -> Vec<Vec<f64>> {
    let (plan, var) = (work.plan, &work.plan.vars[v]);
    let (n, k, w, inner) = (range.len(), chain.pairs.entries, var.width, var.inner());
    let mut out = vec![vec![0.0; n * k * k]; inner];
    // Every step has a predecessor here; those of first steps are not read.
    let all: Vec<u32> = (0..n as u32).map(|t| t.saturating_sub(1)).collect();
    let mut slopes = vec![0.0; n * inner * w];
    let real = std::mem::take(&mut desk.moments[v]);
    for p in chain.pairs.tables.iter().filter(|p| which(&plan.tables[p.table])) {
        let table = &plan.tables[p.table];
        let to = later(table);
        for i in 0..k {
            desk.moments[v].clear();
            desk.moments[v].resize(real.len(), 0.0);
            desk.moments[v].iter_mut().skip(i).step_by(w).for_each(|x| *x = 1.0);
            slopes.fill(0.0);
            let chunk = ChunkMoments { first: range.start, moments: &desk.moments, before: &all };
            desk.rows.message(
                plan,
                table,
                to,
                &Places::Range(range.clone()),
                work.state.all_moments(),
                Some(chunk),
                work.tables.of(p.table),
                &mut slopes[table.operands[to].offset..],
            );
            for t in 0..n {
                for (cell, out) in out.iter_mut().enumerate() {
                    let from = &slopes[(t * inner + cell) * w..][..k];
                    out[(t * k + i) * k..][..k].iter_mut().zip(from).for_each(|(o, f)| *o += f);
                }
            }
        }
    }
    desk.moments[v] = real;
    out
}

/// Statistics of pairs whose potentials differ by row: for each entry of the earlier step, the later step's
/// pair moments stand in for its own. Rows are doubled so that "the step before" can be a unit vector while
/// the step itself holds E[x_{t−1}[i] · x_t].
pub(super) fn add_pairs_by_row(
    work: &Work<'_>,
    (v, var): (VarId, &Var),
    (p, cell): (&Coupling, usize),
    pairs: &[f64],
    range: &Range<usize>,
    desk: &mut Desk,
    sums: &mut RunSums,
) {
    let plan = work.plan;
    let (n, k, w, inner) = (range.len(), kernel(var).entries(), var.width, var.inner());
    let real = std::mem::take(&mut desk.moments[v]);
    let before: Vec<u32> = (0..n as u32)
        .map(|t| if desk.before[t as usize] == u32::MAX { u32::MAX } else { n as u32 + t })
        .collect();
    for i in 0..k {
        let moments = &mut desk.moments[v];
        moments.clear();
        moments.resize(2 * n * inner * w, 0.0);
        for t in 0..n {
            moments[(t * inner + cell) * w..][..k].copy_from_slice(&pairs[(t * k + i) * k..][..k]);
            moments[((n + t) * inner + cell) * w + i] = 1.0;
        }
        let chunk = ChunkMoments { first: range.start, moments: &desk.moments, before: &before };
        desk.rows.gather_chunk(
            plan,
            &plan.tables[p.table],
            &Places::Range(range.clone()),
            work.state.all_moments(),
            Some(chunk),
            sums.table(plan, p.table),
        );
    }
    desk.moments[v] = real;
}

/// The operand of the later step.
fn later(table: &Table) -> usize {
    table
        .operands
        .iter()
        .position(|o| matches!(o.from, From::Streamed { back: 0, .. }))
        .expect("a pair has its later step")
}
