//! A selector and a block that its rows have for themselves go up together, group by group, within a pass. Not
//! here: when that is right (`plan::paths::local_ascent`).
//!
//! A turn is coordinate ascent like any other: the rows' categories given the block, the block given the
//! rows. The other tables that rows look up do not move in a pass, so their exponentials are made once. A
//! row's probabilities are then a product of two rows of numbers and a division: no exponential for each row
//! and category. Turns end when the block rests, and always with the rows.

use super::path::{Chunking, Path};
use crate::{
    block::element::Which,
    engine::{desk::Desk, error::Failed, profile, profile::WorkPart, sums::RunSums, work::Work},
    expfam::stat::IMPOSSIBLE,
    num::{
        contract::NO_LEVEL,
        eight::Eight,
        reduce, special,
        wide::{MulAdd, fused},
    },
    plan::{
        Plan,
        layout::{TableId, VarId},
        paths::local_ascent::{AscentRule as Rule, RunSpan, Sorted},
        streams::Stream,
        table::Table,
    },
    state::Statistics,
};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;
use std::ops::Range;

/// The block rests when its natural parameters move by less than this on average: a thousandth of a row.
const TOLERANCE: f64 = 1e-3;
/// Looks that a group takes at its rows in one pass, at most; the block moves between them. The next pass
/// goes on from there. More looks cost time, and settle groups on tables that have not settled yet: measured,
/// `decisions` in the book.
const MOST: usize = 2;
/// Below this the two factors of a row lie so far apart that underflow could be seen: that row is done with
/// logarithms.
const SAFE: f64 = 1e-250;
/// Numbers of a row are padded with zeros to whole blocks of so many.
const LANES: usize = 4;
/// Pieces that the codes of a span are cut into, for threads to take.
const PIECES: usize = 16;

/// What does not move in a pass, and what groups have left.
pub(super) struct LocalAscent<'p> {
    rule: &'p Rule,
    stream: &'p Stream,
    others: Vec<ScaledTable<'p>>,
    /// Tables whose statistic comes from here.
    tables: Vec<TableId>,
    /// The block's η but for what its rows send.
    rest: Vec<f64>,
    codes: &'p [u32],
    weight: Option<&'p [f64]>,
    width: usize,
    padded: usize,
    spans: Vec<RunSpan>,
    /// The rows of each span by code, where that is kept.
    sorted: Option<Vec<Vec<Sorted>>>,
    /// Of all groups of the span.
    left: Left,
}

/// exp(table − its rows' largest), padded, and these largest; and a last row of ones, for rows that have no
/// level.
struct ScaledTable<'p> {
    table: TableId,
    codes: Option<&'p [u32]>,
    scaled: Vec<f64>,
    top: Vec<f64>,
}

impl ScaledTable<'_> {
    /// The row of the table that a place looks up.
    #[inline(always)]
    fn row(&self, place: usize) -> usize {
        match self.codes.map_or(0, |c| c[place]) {
            NO_LEVEL => self.top.len() - 1,
            code => code as usize,
        }
    }

    /// Made anew from its table.
    fn prepare(&mut self, work: &Work<'_>, width: usize, padded: usize) {
        let values = work.tables.of(self.table);
        let rows = values.len() / width;
        let Self { scaled, top, .. } = self;
        scaled.resize((rows + 1) * padded, 0.0);
        top.resize(rows + 1, 0.0);
        scaled[rows * padded..][..width].fill(1.0);
        // A few thousand numbers at a time, so that they are still in the cache when the next step reads them.
        let some = (4096 / padded).max(1);
        let fill = |(values, (scaled, top)): (&[f64], (&mut [f64], &mut [f64]))| {
            fused!(A => {
                for ((row, to), top) in
                    values.chunks_exact(width).zip(scaled.chunks_exact_mut(padded)).zip(top)
                {
                    // A row that cannot be keeps only zeros, and is met by the logarithms below.
                    let largest = reduce::max_plain(row);
                    *top = if largest > IMPOSSIBLE { largest } else { 0.0 };
                    to[..width].iter_mut().zip(row).for_each(|(t, x)| *t = x - *top);
                    to[width..].fill(f64::NEG_INFINITY);
                }
                special::exp_slice_plain::<A>(scaled);
            });
        };
        let last = scaled.len() - padded;
        let to = scaled[..last].par_chunks_mut(some * padded).zip(top[..rows].par_chunks_mut(some));
        let pieces = values.par_chunks(some * width).zip(to);
        work.pool.install(|| pieces.for_each(fill));
    }
}

impl<'p> LocalAscent<'p> {
    pub(super) fn new(plan: &'p Plan, rule: &'p Rule) -> Self {
        let var = &plan.vars[rule.var];
        let stream = &plan.streams[rule.stream];
        let width = var.width;
        let others = rule.others.iter().map(|&(table, codes)| ScaledTable {
            table,
            codes: codes.map(|id| &*plan.rows.codes[id].data),
            scaled: vec![],
            top: vec![],
        });
        let spans = rule.spans(stream);
        let sort = |spans: &[RunSpan]| spans.iter().map(|span| rule.sort(plan, span)).collect();
        Self {
            rule,
            stream,
            others: others.collect(),
            tables: rule.others.iter().map(|o| o.0).chain([rule.table]).collect(),
            rest: vec![],
            codes: &plan.rows.codes[rule.codes].data,
            weight: stream.weight.as_deref(),
            width,
            padded: width.next_multiple_of(LANES),
            sorted: rule.keeps_order(stream).then(|| sort(&spans)),
            spans,
            left: Left::default(),
        }
    }

    #[inline(always)]
    fn group<S: Simd>(
        &self,
        simd: S,
        work: &Work<'_>,
        rows: Range<usize>,
        scratch: &mut GroupBuffers,
        left: &mut Left,
    ) -> Result<f64, Failed> {
        let (k, kp, n) = (self.width, self.padded, rows.len());
        let level = self.codes[rows.start];
        let shape = &work.plan.vars[self.rule.var].shape;
        let place = level as usize * k..(level as usize + 1) * k;
        let GroupBuffers { products, at, tops, weight, sums, block, from_rows, eta } = scratch;
        // Rows past the last are ones of weight 0, so that four can be taken at a time.
        let n4 = n.next_multiple_of(4);
        at.clear();
        tops.clear();
        let source: &[f64] = if let [other] = self.others.as_slice() {
            for row in rows.clone() {
                let code = other.row(row);
                at.push(code * kp);
                tops.push(other.top[code]);
            }
            &other.scaled
        } else {
            products.clear();
            products.resize(n * kp, 1.0);
            for (i, (row, b)) in rows.clone().zip(products.chunks_exact_mut(kp)).enumerate() {
                let mut top = 0.0;
                for other in &self.others {
                    let code = other.row(row);
                    b.iter_mut().zip(&other.scaled[code * kp..][..kp]).for_each(|(b, x)| *b *= x);
                    top += other.top[code];
                }
                // Without other tables, what is past the width still is one.
                b[k..].fill(0.0);
                at.push(i * kp);
                tops.push(top);
            }
            products
        };
        at.resize(n4, at[0]);
        weight.clear();
        weight.extend(rows.clone().map(|row| self.weight.map_or(1.0, |w| w[row])));
        weight.resize(n4, 0.0);
        sums.clear();
        sums.resize(n4, 0.0);
        block.resize(kp, 0.0);
        from_rows.resize(kp, 0.0);
        eta.clear();
        eta.extend_from_slice(&work.state.eta(self.rule.var)[place.clone()]);
        let first = left.moments.len();
        left.levels.push(level);
        left.moments.extend_from_slice(&work.state.moments(self.rule.var)[place.clone()]);
        let share = left.share.len();
        left.share.resize(share + n4, 0.0);
        let mut log_norm = [work.state.log_norm(self.rule.var)[level as usize]];
        let (mut largest, mut lost);
        let mut turn = 0;
        loop {
            let moments = &mut left.moments[first..];
            largest = reduce::max_plain(moments);
            block[..k].iter_mut().zip(&*moments).for_each(|(e, m)| *e = m - largest);
            block[k..].fill(f64::NEG_INFINITY);
            special::exp_slice_plain::<S>(block);
            from_rows.fill(0.0);
            lost = false;
            let tail = tail(block);
            let shares = left.share[share..].chunks_exact_mut(4);
            for (((at, w), s), q) in
                at.chunks_exact(4).zip(weight.chunks_exact(4)).zip(sums.chunks_exact_mut(4)).zip(shares)
            {
                let (b0, b1) = (&source[at[0]..][..kp], &source[at[1]..][..kp]);
                let (b2, b3) = (&source[at[2]..][..kp], &source[at[3]..][..kp]);
                s.copy_from_slice(&dots(simd, [b0, b1, b2, b3], block, &tail));
                for i in 0..4 {
                    let safe = s[i] > SAFE;
                    lost |= !safe;
                    q[i] = if safe { w[i] / s[i] } else { 0.0 };
                }
                for ((((g, b0), b1), b2), b3) in from_rows.iter_mut().zip(b0).zip(b1).zip(b2).zip(b3) {
                    *g += S::mul_add(q[0], *b0, q[1] * b1) + S::mul_add(q[2], *b2, q[3] * b3);
                }
            }
            from_rows.iter_mut().zip(&*block).for_each(|(g, e)| *g *= e);
            turn += 1;
            // A row that is lost to underflow ends the turns: it is done with logarithms below.
            if turn == MOST || lost {
                break;
            }
            let rest = &self.rest[place.clone()];
            let change: f64 =
                from_rows.iter().zip(rest).zip(&*eta).map(|((g, rest), old)| (rest + g - old).abs()).sum();
            if change <= TOLERANCE * k as f64 {
                break;
            }
            eta.iter_mut().zip(&*from_rows).zip(rest).for_each(|((eta, g), rest)| *eta = rest + g);
            shape
                .evaluate(Which::From(level as usize), eta, moments, &mut log_norm)
                .map_err(|e| (self.rule.var, e.into()))?;
        }
        left.share.truncate(share + n);
        left.eta.extend_from_slice(eta);
        left.log_norm.push(log_norm[0]);
        left.block.extend_from_slice(block);
        let of_group = left.rows.len();
        left.rows.extend_from_slice(&from_rows[..k]);
        let mut total = 0.0;
        for i in (0..n).filter(|_| lost) {
            if sums[i] > SAFE {
                continue;
            }
            // The sum of logarithms, as any selector has it.
            let mut sum = left.moments[first..].to_vec();
            for other in &self.others {
                let code = other.row(rows.start + i);
                if let Some(from) = work.tables.of(other.table).chunks_exact(k).nth(code) {
                    sum.iter_mut().zip(from).for_each(|(t, x)| *t += x);
                }
            }
            let (mut row, mut norm) = (sum.clone(), [0.0]);
            let selector = &work.plan.vars[self.rule.selector].shape;
            selector
                .evaluate(Which::From(rows.start + i), &sum, &mut row, &mut norm)
                .map_err(|e| (self.rule.selector, e.into()))?;
            row.iter_mut().for_each(|r| *r *= weight[i]);
            left.rows[of_group..].iter_mut().zip(&row).for_each(|(g, r)| *g += r);
            left.late.push((rows.start + i, row));
            total += weight[i] * norm[0];
            // Adds nothing below.
            (weight[i], sums[i]) = (0.0, 1.0);
        }
        special::ln_slice_plain::<S>(&mut sums[..n]);
        for ((s, top), w) in sums.iter().zip(&*tops).zip(&*weight) {
            total += w * (s + top + largest);
        }
        Ok(total)
    }

    /// Adds the statistics of a span's rows, from `first` on, to those of their tables. A table's row is the
    /// sum over the places that have its code, in their order, so that threads can share codes among them: no
    /// copies of tables, no locks, and the same bits for any number of threads.
    fn add(
        &self,
        pool: &rayon::ThreadPool,
        first: usize,
        left: &Left,
        sorted: &[Sorted],
        plan: &Plan,
        statistics: &mut Statistics,
    ) {
        let k = self.width;
        for (level, rows) in left.levels.iter().zip(left.rows.chunks_exact(k)) {
            statistics.packed_mut(plan, self.rule.table)[*level as usize * k..][..k].copy_from_slice(rows);
        }
        for (o, other) in self.others.iter().enumerate() {
            let sum = statistics.packed_mut(plan, other.table);
            let Some(codes) = other.codes else {
                // One row for all: the sum over groups.
                left.rows
                    .chunks_exact(k)
                    .for_each(|rows| sum.iter_mut().zip(rows).for_each(|(s, r)| *s += r));
                continue;
            };
            let of = &sorted[o];
            let count = of.codes.len();
            let mut pieces = vec![];
            let (mut to_do, mut done) = (&mut *sum, 0);
            for piece in 0..PIECES {
                let (lo, hi) = (of.share(piece, PIECES), of.share(piece + 1, PIECES));
                let end = if hi == count { to_do.len() / k + done } else { of.codes[hi] as usize };
                let (mine, next) = to_do.split_at_mut((end - done) * k);
                pieces.push((lo..hi, done, mine));
                (to_do, done) = (next, end);
            }
            pool.install(|| {
                pieces.into_par_iter().for_each(|(codes, from, sum)| {
                    fused!(A => self.piece::<A>(o, first, left, of, codes, from, sum));
                });
            });
            for (place, row) in &left.late {
                if codes[*place] != NO_LEVEL {
                    sum[codes[*place] as usize * k..][..k].iter_mut().zip(row).for_each(|(s, r)| *s += r);
                }
            }
        }
    }

    /// The codes of one piece; `sum` starts at the row of code `from`.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "what a span has, and which of it")]
    fn piece<A: MulAdd>(
        &self,
        o: usize,
        first: usize,
        left: &Left,
        of: &Sorted,
        codes: Range<usize>,
        from: usize,
        sum: &mut [f64],
    ) {
        let (k, kp) = (self.width, self.padded);
        let other = &self.others[o];
        let mut acc = vec![0.0; kp];
        let mut row = vec![0.0; kp];
        let at = |&(place, group): &(u32, u32)| {
            (left.share[place as usize - first], &left.block[group as usize * kp..][..kp])
        };
        for c in codes {
            let places = &of.places[of.starts[c] as usize..of.starts[c + 1] as usize];
            let code = of.codes[c] as usize;
            acc.fill(0.0);
            if self.others.len() == 1 {
                let (fours, rest) = places.as_chunks::<4>();
                for four in fours {
                    let [(q0, b0), (q1, b1), (q2, b2), (q3, b3)] =
                        [at(&four[0]), at(&four[1]), at(&four[2]), at(&four[3])];
                    for ((((a, b0), b1), b2), b3) in acc.iter_mut().zip(b0).zip(b1).zip(b2).zip(b3) {
                        *a += A::mul_add(q0, *b0, q1 * b1) + A::mul_add(q2, *b2, q3 * b3);
                    }
                }
                for place in rest {
                    let (q, b) = at(place);
                    acc.iter_mut().zip(b).for_each(|(a, b)| *a += q * b);
                }
            } else {
                for place in places {
                    let (q, b) = at(place);
                    row.iter_mut().zip(b).for_each(|(r, b)| *r = q * b);
                    for (_, x) in self.others.iter().enumerate().filter(|(i, _)| *i != o) {
                        let factor = &x.scaled[x.row(place.0 as usize) * kp..][..kp];
                        row.iter_mut().zip(factor).for_each(|(r, f)| *r *= f);
                    }
                    acc.iter_mut().zip(&row).for_each(|(a, r)| *a += r);
                }
            }
            let to = &mut sum[(code - from) * k..][..k];
            to.iter_mut().zip(&acc).zip(&other.scaled[code * kp..]).for_each(|((t, a), e)| *t += a * e);
        }
    }
}

impl Path for LocalAscent<'_> {
    fn block(&self) -> VarId {
        self.rule.selector
    }

    /// Tables are up to date.
    fn prepare(&mut self, work: &mut Work<'_>) -> Result<(), Failed> {
        for other in &mut self.others {
            other.prepare(work, self.width, self.padded);
        }
        self.left.clear();
        let left_out: *const Table = &work.plan.tables[self.rule.table];
        self.rest.resize(work.state.eta(self.rule.var).len(), 0.0);
        work.messages(self.rule.var, 0, &|t| !std::ptr::eq(t, left_out), &mut self.rest);
        Ok(())
    }

    fn cut(&self) -> Option<Chunking<'_>> {
        let Stream { chunks, runs, .. } = self.stream;
        Some(Chunking { chunks, runs, spans: &self.spans })
    }

    fn lay_out(&self, _: &Work<'_>, _: usize, _: &mut Desk) {}

    /// All groups of a chunk: what they leave, and Σ of the rows' log normalisers into the selector's
    /// entropy.
    fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        let (plan, selector) = (work.plan, self.rule.selector);
        let from = sums.profile.begin();
        let mut scratch = desk.own.take::<GroupBuffers>();
        let mut left = sums.left.take::<Left>();
        let starts = &self.rule.starts;
        let first = starts.partition_point(|&s| (s as usize) < rows.start);
        for group in starts[first..].windows(2).take_while(|w| (w[0] as usize) < rows.end) {
            let rows = group[0] as usize..group[1] as usize;
            let group = GroupTask { ascent: self, work, rows, scratch: &mut scratch, left: &mut left };
            let log_norm = pulp::Arch::new().dispatch(group)?;
            sums.add_entropy(plan, selector, log_norm);
        }
        desk.own.rest(scratch);
        sums.left.rest(left);
        let count = rows.len() * plan.vars[selector].inner();
        sums.profile.end(WorkPart::Block(selector), from, || profile::block(plan, selector, count));
        Ok(())
    }

    fn sums(&self, t: TableId) -> bool {
        self.rule.sums(t)
    }

    fn collect(&mut self, sums: &mut RunSums) {
        self.left.extend(sums.left.of::<Left>());
    }

    fn after_span(&mut self, work: &mut Work<'_>, i: usize) {
        let (plan, w, span) = (work.plan, self.width, &self.spans[i]);
        let (eta, moments, log_norm) = work.state.change(self.rule.var);
        for (i, &level) in self.left.levels.iter().enumerate() {
            let (to, from) = (level as usize * w..(level as usize + 1) * w, i * w..(i + 1) * w);
            eta[to.clone()].copy_from_slice(&self.left.eta[from.clone()]);
            moments[to].copy_from_slice(&self.left.moments[from]);
            log_norm[level as usize] = self.left.log_norm[i];
        }
        let made;
        let sorted = match &self.sorted {
            Some(spans) => &spans[i],
            None => {
                made = self.rule.sort(plan, span);
                &made
            }
        };
        let from = work.profile.begin();
        self.add(work.pool, span.rows.start, &self.left, sorted, plan, &mut work.statistics);
        let (table, count) = (self.tables[0], span.rows.len());
        let part = WorkPart::Statistic(table);
        work.profile.end(part, from, || profile::statistic(&plan.tables[table], count));
        self.left.clear();
    }

    fn finish(&mut self, work: &mut Work<'_>) {
        self.tables.iter().for_each(|&t| work.statistics.unpack(work.plan, t));
        work.state.has_moved(self.rule.var);
        work.stored_entropy(self.rule.var);
        work.refresh_table(self.rule.table);
    }

    fn unkept(&self) -> &[TableId] {
        &self.tables
    }
}

/// What groups leave behind, in their order.
#[derive(Default)]
pub(super) struct Left {
    levels: Vec<u32>,
    eta: Vec<f64>,
    moments: Vec<f64>,
    log_norm: Vec<f64>,
    /// Σ of each group's rows, weighted: the statistic of the block's table.
    rows: Vec<f64>,
    /// exp(moments − their largest), padded.
    block: Vec<f64>,
    /// Of each row: its weight over the sum of its products.
    share: Vec<f64>,
    /// Rows done with logarithms, and their weighted probabilities.
    late: Vec<(usize, Vec<f64>)>,
}

impl Left {
    /// The next groups, taken out of where they were.
    fn extend(&mut self, next: &mut Self) {
        self.levels.append(&mut next.levels);
        self.eta.append(&mut next.eta);
        self.moments.append(&mut next.moments);
        self.log_norm.append(&mut next.log_norm);
        self.rows.append(&mut next.rows);
        self.block.append(&mut next.block);
        self.share.append(&mut next.share);
        self.late.append(&mut next.late);
    }
    /// Forgets all groups.
    fn clear(&mut self) {
        let Self { levels, eta, moments, log_norm, rows, block, share, late } = self;
        levels.clear();
        [eta, moments, log_norm, rows, block, share].into_iter().for_each(Vec::clear);
        late.clear();
    }
}

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct GroupBuffers {
    /// Rows multiplied out, where several tables are looked up.
    products: Vec<f64>,
    /// Where each row's numbers stand.
    at: Vec<usize>,
    tops: Vec<f64>,
    weight: Vec<f64>,
    sums: Vec<f64>,
    block: Vec<f64>,
    from_rows: Vec<f64>,
    eta: Vec<f64>,
}

/// What a group's turns are compiled from, for each kind of vectors.
struct GroupTask<'a, 'p> {
    ascent: &'a LocalAscent<'p>,
    work: &'a Work<'p>,
    rows: Range<usize>,
    scratch: &'a mut GroupBuffers,
    left: &'a mut Left,
}

impl WithSimd for GroupTask<'_, '_> {
    type Output = Result<f64, Failed>;
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        self.ascent.group(simd, self.work, self.rows, self.scratch, self.left)
    }
}

/// The last four numbers after as many zeros, where blocks of eight leave four.
fn tail(e: &[f64]) -> [f64; 8] {
    let mut tail = [0.0; 8];
    let rest = e.as_chunks::<8>().1;
    tail[8 - rest.len()..].copy_from_slice(rest);
    tail
}

/// Four dot products with the same numbers `e`, of which `tail` are the last few.
#[inline(always)]
fn dots<S: Simd>(simd: S, rows: [&[f64]; 4], e: &[f64], tail: &[f64; 8]) -> [f64; 4] {
    let mut sum = [Eight::splat(simd, 0.0); 4];
    let (whole, rest) = e.as_chunks::<8>();
    let (b0, b1) = (&rows[0].as_chunks::<8>().0[..whole.len()], &rows[1].as_chunks::<8>().0[..whole.len()]);
    let (b2, b3) = (&rows[2].as_chunks::<8>().0[..whole.len()], &rows[3].as_chunks::<8>().0[..whole.len()]);
    for (c, e) in whole.iter().enumerate() {
        let e = Eight::load(simd, e);
        sum[0] = Eight::load(simd, &b0[c]).mul_add(simd, e, sum[0]);
        sum[1] = Eight::load(simd, &b1[c]).mul_add(simd, e, sum[1]);
        sum[2] = Eight::load(simd, &b2[c]).mul_add(simd, e, sum[2]);
        sum[3] = Eight::load(simd, &b3[c]).mul_add(simd, e, sum[3]);
    }
    let mut out = [0.0; 4];
    for r in 0..4 {
        if !rest.is_empty() {
            // The row's last eight numbers: those that were counted above meet zeros.
            match rows[r].last_chunk() {
                Some(last) => sum[r] = Eight::load(simd, last).mul_add(simd, Eight::load(simd, tail), sum[r]),
                None => out[r] = rows[r].iter().zip(rest).map(|(b, e)| b * e).sum(),
            }
        }
        out[r] += reduce::fold(sum[r].array());
    }
    out
}
