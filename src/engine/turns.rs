//! A selector and a block that its rows have for themselves take turns, group by group, within a pass. Not here: when that is right (`plan::turns`).
//!
//! A turn is coordinate ascent like any other: the rows' categories given the block, the block given the rows. The other tables that rows look up do not
//! move in a pass, so their exponentials are made once. A row's probabilities are then a product of two rows of numbers and a division: no exponential for
//! each row and category. Turns end when the block rests, and always with the rows.

use super::{
    error::Breakdown,
    pass::{Sums, Worker},
    session::Session,
};
use crate::{
    expfam::stat::IMPOSSIBLE,
    num::{contract::NO_LEVEL, reduce, special, wide::wide},
    plan::{turns, var::Algorithm},
};
use std::ops::Range;

/// The block rests when its natural parameters move by less than this on average: a thousandth of a row.
const TOLERANCE: f64 = 1e-3;
/// Turns that a group takes in one pass, at most. The next pass goes on from there.
const MOST: usize = 100;
/// Below this the two factors of a row lie so far apart that underflow could be seen: that row is done with logarithms.
const SAFE: f64 = 1e-250;
/// Numbers of a row are padded with zeros to whole blocks of so many.
const LANES: usize = 8;

/// What does not move in a pass.
pub(super) struct Turns<'p> {
    pub plan: &'p turns::Turns,
    others: Vec<Lookup<'p>>,
    /// The block's η but for what its rows send.
    rest: Vec<f64>,
    codes: &'p [u32],
    weight: Option<&'p [f64]>,
    algorithm: Algorithm,
    width: usize,
    padded: usize,
}

/// exp(table − its rows' largest), padded, and these largest.
struct Lookup<'p> {
    table: usize,
    codes: Option<&'p [u32]>,
    scaled: Vec<f64>,
    top: Vec<f64>,
}

/// What groups leave behind, in their order.
#[derive(Default)]
pub(super) struct Rested {
    pub levels: Vec<u32>,
    pub eta: Vec<f64>,
    pub moments: Vec<f64>,
    pub log_norm: Vec<f64>,
}

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct Scratch {
    rows: Vec<f64>,
    tops: Vec<f64>,
    weight: Vec<f64>,
    sums: Vec<f64>,
    block: Vec<f64>,
    from_rows: Vec<f64>,
    eta: Vec<f64>,
}

impl<'p> Turns<'p> {
    /// Tables are up to date.
    pub(super) fn new(session: &mut Session<'p>, turns: &'p turns::Turns) -> Self {
        let plan = session.plan;
        let var = &plan.vars[turns.var];
        let width = var.width;
        let padded = width.next_multiple_of(LANES);
        let others = turns.others.iter().map(|&(table, codes)| {
            let values = &session.table[table];
            let rows = values.len() / width;
            let mut scaled = vec![f64::NEG_INFINITY; rows * padded];
            let mut top = Vec::with_capacity(rows);
            for (row, to) in values.chunks_exact(width).zip(scaled.chunks_exact_mut(padded)) {
                // A row that cannot be keeps only zeros, and is met by the logarithms below.
                let largest = Some(reduce::max(row)).filter(|x| *x > IMPOSSIBLE).unwrap_or(0.0);
                to.iter_mut().zip(row).for_each(|(t, x)| *t = x - largest);
                top.push(largest);
            }
            special::exp_slice(&mut scaled);
            Lookup { table, codes: codes.map(|id| &*plan.rows.codes[id].data), scaled, top }
        });
        let others = others.collect();
        let rest = session.messages_but(turns.var, turns.table);
        Self {
            plan: turns,
            others,
            rest,
            codes: &plan.rows.codes[turns.codes].data,
            weight: plan.streams[turns.stream].weight.as_deref(),
            algorithm: var.algorithm,
            width,
            padded,
        }
    }

    /// All groups of a chunk: the selector's moments, the block's numbers, and Σ of the rows' log normalisers.
    pub(super) fn chunk(
        &self,
        session: &Session<'_>,
        range: &Range<usize>,
        worker: &mut Worker,
        sums: &mut Sums,
    ) -> Result<(), (usize, Breakdown)> {
        let starts = &self.plan.starts;
        let first = starts.partition_point(|&s| (s as usize) < range.start);
        let Worker { moments, turns, .. } = worker;
        let moments = &mut moments[self.plan.selector];
        for group in starts[first..].windows(2).take_while(|w| (w[0] as usize) < range.end) {
            let rows = group[0] as usize..group[1] as usize;
            let to = &mut moments[(rows.start - range.start) * self.width..(rows.end - range.start) * self.width];
            let log_norm = wide(
                #[inline(always)]
                || self.group(session, rows, to, turns, &mut sums.rested),
            )?;
            sums.entropy[self.plan.selector] += log_norm;
        }
        Ok(())
    }

    #[inline(always)]
    fn group(
        &self,
        session: &Session<'_>,
        rows: Range<usize>,
        to: &mut [f64],
        scratch: &mut Scratch,
        rested: &mut Rested,
    ) -> Result<f64, (usize, Breakdown)> {
        let (k, kp, n) = (self.width, self.padded, rows.len());
        let level = self.codes[rows.start];
        let at = level as usize * k..(level as usize + 1) * k;
        let Scratch { rows: b, tops, weight, sums, block, from_rows, eta } = scratch;
        // Rows past the last are ones of weight 0, so that four can be taken at a time.
        let n4 = n.next_multiple_of(4);
        b.clear();
        b.resize(n4 * kp, 1.0);
        tops.clear();
        tops.resize(n, 0.0);
        for (row, (b, top)) in rows.clone().zip(b.chunks_exact_mut(kp).zip(&mut *tops)) {
            b[k..].fill(0.0);
            for other in &self.others {
                let code = other.codes.map_or(0, |c| c[row]);
                if code != NO_LEVEL {
                    let from = &other.scaled[code as usize * kp..][..kp];
                    b.iter_mut().zip(from).for_each(|(b, x)| *b *= x);
                    *top += other.top[code as usize];
                }
            }
        }
        weight.clear();
        weight.extend(rows.clone().map(|row| self.weight.map_or(1.0, |w| w[row])));
        weight.resize(n4, 0.0);
        sums.clear();
        sums.resize(n4, 0.0);
        block.resize(kp, 0.0);
        from_rows.resize(kp, 0.0);
        eta.clear();
        eta.extend_from_slice(&session.eta[self.plan.var][at.clone()]);
        let first = rested.moments.len();
        rested.levels.push(level);
        rested.moments.extend_from_slice(&session.moments[self.plan.var][at.clone()]);
        let mut log_norm = [session.log_norm[self.plan.var][level as usize]];
        let mut largest;
        let mut turn = 0;
        loop {
            let moments = &mut rested.moments[first..];
            largest = reduce::max_plain(moments);
            block[..k].iter_mut().zip(&*moments).for_each(|(e, m)| *e = m - largest);
            block[k..].fill(f64::NEG_INFINITY);
            special::exp_slice_plain(block);
            from_rows.fill(0.0);
            for ((b, w), s) in b.chunks_exact(4 * kp).zip(weight.chunks_exact(4)).zip(sums.chunks_exact_mut(4)) {
                let mut q = [0.0; 4];
                for i in 0..4 {
                    s[i] = reduce::dot_plain(&b[i * kp..(i + 1) * kp], block);
                    q[i] = w[i] / s[i];
                }
                let (b0, rest) = b.split_at(kp);
                let (b1, rest) = rest.split_at(kp);
                let (b2, b3) = rest.split_at(kp);
                for ((((g, b0), b1), b2), b3) in from_rows.iter_mut().zip(b0).zip(b1).zip(b2).zip(b3) {
                    *g += (q[0] * b0 + q[1] * b1) + (q[2] * b2 + q[3] * b3);
                }
            }
            turn += 1;
            // A row that is lost to underflow ends the turns: it is done with logarithms below.
            if turn == MOST || !sums[..n].iter().all(|s| *s > SAFE) {
                break;
            }
            let mut change = 0.0;
            for ((g, e), (rest, old)) in from_rows.iter_mut().zip(&*block).zip(self.rest[at.clone()].iter().zip(&*eta)) {
                *g = rest + *g * e;
                change += (*g - old).abs();
            }
            if change <= TOLERANCE * k as f64 {
                break;
            }
            eta.copy_from_slice(&from_rows[..k]);
            if let Algorithm::Family(f) = self.algorithm {
                f.evaluate(k, eta, moments, &mut log_norm).map_err(|e| (self.plan.var, Breakdown::Improper(e.why)))?;
            }
        }
        rested.eta.extend_from_slice(eta);
        rested.log_norm.push(log_norm[0]);
        let mut total = 0.0;
        for (i, to) in to.chunks_exact_mut(k).enumerate() {
            if sums[i] > SAFE {
                let r = 1.0 / sums[i];
                to.iter_mut().zip(&b[i * kp..]).zip(&*block).for_each(|((t, b), e)| *t = b * e * r);
                continue;
            }
            // The sum of logarithms, as any selector has it.
            to.copy_from_slice(&rested.moments[first..]);
            for other in &self.others {
                let code = other.codes.map_or(0, |c| c[rows.start + i]);
                if code != NO_LEVEL {
                    let from = &session.table[other.table][code as usize * k..][..k];
                    to.iter_mut().zip(from).for_each(|(t, x)| *t += x);
                }
            }
            let (row, mut norm) = (to.to_vec(), [0.0]);
            if let Algorithm::Family(f) = session.plan.vars[self.plan.selector].algorithm {
                f.evaluate(k, &row, to, &mut norm)
                    .map_err(|e| (self.plan.selector, Breakdown::Improper(format!("{} (element {})", e.why, rows.start + i + 1))))?;
            }
            total += weight[i] * norm[0];
            // Adds nothing below.
            (weight[i], sums[i]) = (0.0, 1.0);
        }
        special::ln_slice_plain(&mut sums[..n]);
        for ((s, top), w) in sums.iter().zip(&*tops).zip(&*weight) {
            total += w * (s + top + largest);
        }
        Ok(total)
    }
}
