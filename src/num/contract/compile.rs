//! Plans a contraction: lookups first, then sums over private letters, then pairs by least cost, each given
//! loops and a kernel. Touches no numbers.

use super::run::MAX_LOOKUPS;
use super::{
    Axes, Contraction, Dim, Form, Kernel, Letter, Lookup, OperandShape, Operation, ReadFrom, Size, WriteTo,
};
use std::collections::{BTreeMap, BTreeSet};

/// Below this many multiplications the set-up of a matrix product costs more than it saves. Measured.
const GEMM_WORK: usize = 4096;

/// A dense array of the sum: where it is, and its stride for each letter.
#[derive(Clone, Debug)]
struct Term {
    source: ReadFrom,
    axes: BTreeMap<Letter, usize>,
}

#[derive(Clone, Copy, Debug)]
struct OneHot {
    codes: usize,
    row: Letter,
    level: Letter,
}

type LetterSet = BTreeSet<Letter>;

struct Planner<'a> {
    sizes: &'a [usize],
    varying: &'a [Letter],
    out: BTreeMap<Letter, usize>,
    terms: Vec<Term>,
    one_hots: Vec<OneHot>,
    buffers: Vec<Size>,
    steps: Vec<Operation>,
}

impl Contraction {
    /// Plans `out += coef · Σ …` for operands of these shapes. `sizes` are exact, but for the letters in
    /// `varying`, whose size may differ at each run (there it is what is typical); no stride may depend on
    /// theirs, so they are the outermost axes of their arrays. Where an intermediate result carries two
    /// varying letters, all but the first may not grow past the size given here.
    ///
    /// # Panics
    /// If a letter has no size.
    pub fn compile(sizes: &[usize], varying: &[Letter], operands: &[OperandShape], out: &Axes) -> Self {
        let mut used: LetterSet = out.0.iter().map(|a| a.0).collect();
        for o in operands {
            match o {
                OperandShape::Dense(axes) => used.extend(axes.0.iter().map(|a| a.0)),
                OperandShape::OneHot { row, level } => used.extend([*row, *level]),
            }
        }
        let mut p = Planner {
            sizes,
            varying,
            out: canonical(out, sizes, varying),
            terms: vec![],
            one_hots: vec![],
            buffers: vec![],
            steps: vec![],
        };
        for (i, o) in operands.iter().enumerate() {
            match o {
                OperandShape::Dense(axes) => {
                    p.terms.push(Term { source: ReadFrom::Operand(i), axes: canonical(axes, sizes, varying) })
                }
                OperandShape::OneHot { row, level } => {
                    p.one_hots.push(OneHot { codes: i, row: *row, level: *level })
                }
            }
        }
        let mut kept: LetterSet = p.out.keys().copied().collect();
        p.terms.iter().for_each(|t| kept.extend(t.axes.keys()));
        p.one_hots.iter().for_each(|h| kept.extend([h.row, h.level]));
        let repeats = used
            .iter()
            .copied()
            .filter(|l| !kept.contains(l) && (sizes[*l as usize] != 1 || varying.contains(l)))
            .collect();
        p.spread_what_cannot_be_looked_up();
        p.sum_private_labels();
        p.pair_up();
        Self {
            steps: p.steps,
            buffers: p.buffers,
            repeats,
            sizes: sizes.to_vec(),
            varying: varying.to_vec(),
            used: used.into_iter().collect(),
            operands: operands.len(),
        }
    }
}

/// One stride a letter: repeats add up to the diagonal's; axes that do not move are left out.
fn canonical(axes: &Axes, sizes: &[usize], varying: &[Letter]) -> BTreeMap<Letter, usize> {
    let mut map = BTreeMap::new();
    for &(l, s) in &axes.0 {
        *map.entry(l).or_insert(0) += s;
    }
    map.retain(|l, s| *s > 0 && (sizes[*l as usize] != 1 || varying.contains(l)));
    map
}

impl Planner<'_> {
    fn size(&self, letters: impl IntoIterator<Item = Letter>) -> f64 {
        letters.into_iter().map(|l| self.sizes[l as usize] as f64).product()
    }

    /// A fresh scratch array with these letters, outermost first.
    fn buffer(&mut self, letters: &[Letter]) -> (usize, BTreeMap<Letter, usize>) {
        let (mut axes, mut stride) = (BTreeMap::new(), 1);
        for &l in letters.iter().rev() {
            axes.insert(l, stride);
            stride *= self.sizes[l as usize];
        }
        // Only the outermost length is free: no stride depends on it.
        let size = match letters.first() {
            Some(l) if self.varying.contains(l) => Size {
                fixed: letters[1..].iter().map(|&l| self.sizes[l as usize]).product(),
                varying: vec![*l],
            },
            _ => Size { fixed: stride, varying: vec![] },
        };
        self.buffers.push(size);
        (self.buffers.len() - 1, axes)
    }

    /// Keeps one lookup a level. A second constraint on a level, or one that closes a circle, is written out
    /// as numbers; so is a one-hot whose level no other operand has, as the indicator of its rows.
    fn spread_what_cannot_be_looked_up(&mut self) {
        let mut kept: Vec<OneHot> = vec![];
        for h in std::mem::take(&mut self.one_hots) {
            let mut row = h.row;
            while let Some(up) = kept.iter().find(|k| k.level == row) {
                row = up.row;
            }
            if kept.iter().any(|k| k.level == h.level) || row == h.level || kept.len() == MAX_LOOKUPS {
                // Rows outermost, so a level that varies may not outgrow its size here.
                let stride = self.sizes[h.level as usize];
                let (into, axes) = self.buffer(&[h.row, h.level]);
                let axes = if h.row == h.level { [(h.row, stride + 1)].into() } else { axes };
                self.steps.push(Operation::Spread {
                    codes: h.codes,
                    into,
                    rows: h.row,
                    levels: h.level,
                    stride,
                });
                self.terms.push(Term { source: ReadFrom::Scratch(into), axes });
            } else {
                kept.push(h);
            }
        }
        // From the last to the first: an indicator may be all that a longer chain of lookups was for.
        loop {
            let idle = |h: &OneHot| {
                !self.out.contains_key(&h.level)
                    && !self.terms.iter().any(|t| t.axes.contains_key(&h.level))
                    && !kept.iter().any(|k| k.row == h.level)
            };
            let Some(i) = kept.iter().position(idle) else { break };
            let h = kept.remove(i);
            let (into, axes) = self.buffer(&[h.row]);
            self.steps.push(Operation::Valid { codes: h.codes, into, rows: h.row });
            self.terms.push(Term { source: ReadFrom::Scratch(into), axes });
        }
        self.one_hots = kept;
    }

    /// The letters that something other than the terms in `but` has: the result, other terms, and lookups
    /// still to be done once these terms have become one with at most the letters `left`.
    fn needed(&self, but: &[usize], left: &LetterSet) -> LetterSet {
        let mut needed: LetterSet = self.out.keys().copied().collect();
        for (i, t) in self.terms.iter().enumerate() {
            if !but.contains(&i) {
                needed.extend(t.axes.keys());
            }
        }
        // A lookup lives while its level is wanted.
        let mut wanted: LetterSet = needed.union(left).copied().collect();
        let mut live = vec![false; self.one_hots.len()];
        while let Some(i) = (0..live.len()).find(|&i| !live[i] && wanted.contains(&self.one_hots[i].level)) {
            live[i] = true;
            wanted.insert(self.one_hots[i].row);
            needed.extend([self.one_hots[i].row, self.one_hots[i].level]);
        }
        needed
    }

    fn sum_private_labels(&mut self) {
        if self.terms.len() < 2 {
            return;
        }
        for i in 0..self.terms.len() {
            let needed = self.needed(&[i], &self.terms[i].axes.keys().copied().collect());
            if self.terms[i].axes.keys().any(|l| !needed.contains(l)) {
                let term = self.terms[i].clone();
                let keep: LetterSet = term.axes.keys().copied().filter(|l| needed.contains(l)).collect();
                let one = Term { source: ReadFrom::One, axes: BTreeMap::new() };
                self.terms[i] = self.emit(&term, &one, &keep, &[]);
            }
        }
    }

    /// The letters of a product of two terms, and the lookups that it can do already: those whose row runs in
    /// it.
    fn joined(&self, a: &Term, b: &Term) -> (LetterSet, Vec<OneHot>) {
        let all: LetterSet = a.axes.keys().chain(b.axes.keys()).copied().collect();
        let ready = self
            .one_hots
            .iter()
            .copied()
            .filter(|h| all.contains(&h.row) && all.contains(&h.level))
            .collect();
        (all, ready)
    }

    fn pair_up(&mut self) {
        while self.terms.len() > 2 {
            let mut best: Option<(f64, f64, usize, usize)> = None;
            for i in 0..self.terms.len() {
                for j in i + 1..self.terms.len() {
                    let (all, ready) = self.joined(&self.terms[i], &self.terms[j]);
                    let loops: LetterSet =
                        all.iter().copied().filter(|l| !ready.iter().any(|h| h.level == *l)).collect();
                    let needed = self.needed(&[i, j], &loops);
                    let (cost, left) = (
                        self.size(loops.iter().copied()),
                        self.size(loops.iter().copied().filter(|l| needed.contains(l))),
                    );
                    if best.is_none_or(|(c, l, ..)| (cost, left) < (c, l)) {
                        best = Some((cost, left, i, j));
                    }
                }
            }
            let Some((_, _, i, j)) = best else { unreachable!("three terms have a pair") };
            let (b, a) = (self.terms[j].clone(), self.terms[i].clone());
            let (all, ready) = self.joined(&a, &b);
            let loops: LetterSet = all.into_iter().filter(|l| !ready.iter().any(|h| h.level == *l)).collect();
            let needed = self.needed(&[i, j], &loops);
            let keep = loops.intersection(&needed).copied().collect();
            let made = self.emit(&a, &b, &keep, &ready);
            self.terms.remove(j);
            self.terms[i] = made;
            let gone = |h: &OneHot| {
                !self.out.contains_key(&h.level) && !self.terms.iter().any(|t| t.axes.contains_key(&h.level))
            };
            // Lookups whose level nobody has any more are done, and so are those that only led to them.
            loop {
                let done = self
                    .one_hots
                    .iter()
                    .position(|h| gone(h) && !self.one_hots.iter().any(|k| k.row == h.level));
                let Some(i) = done else { break };
                self.one_hots.remove(i);
            }
        }
        let one = || Term { source: ReadFrom::One, axes: BTreeMap::new() };
        let mut rest = std::mem::take(&mut self.terms).into_iter();
        let (a, b) = (rest.next().unwrap_or_else(one), rest.next().unwrap_or_else(one));
        let (out, lookups) = (self.out.clone(), std::mem::take(&mut self.one_hots));
        let step = self.step(&a, &b, WriteTo::Out, &out, &lookups);
        self.steps.push(step);
    }

    fn emit(&mut self, a: &Term, b: &Term, keep: &LetterSet, lookups: &[OneHot]) -> Term {
        // Varying letters outermost; then as the result lies, then as the operands do, so that lines stay
        // lines.
        let mut order: Vec<Letter> = keep.iter().copied().collect();
        let rank = |l: &Letter| {
            let stride = |axes: &BTreeMap<Letter, usize>| axes.get(l).copied().unwrap_or(0);
            (
                !self.varying.contains(l),
                std::cmp::Reverse((stride(&self.out), stride(&a.axes).max(stride(&b.axes)))),
            )
        };
        order.sort_by_key(rank);
        let (into, axes) = self.buffer(&order);
        let step = self.step(a, b, WriteTo::Scratch(into), &axes, lookups);
        self.steps.push(step);
        Term { source: ReadFrom::Scratch(into), axes }
    }

    /// The loops of `c += a b`, with the given lookups done on the way.
    fn step(
        &self,
        a: &Term,
        b: &Term,
        target: WriteTo,
        c: &BTreeMap<Letter, usize>,
        one_hots: &[OneHot],
    ) -> Operation {
        let stride = |l: Letter| [&a.axes, &b.axes, c].map(|axes| axes.get(&l).copied().unwrap_or(0));
        let mut loops: LetterSet = a.axes.keys().chain(b.axes.keys()).chain(c.keys()).copied().collect();
        one_hots.iter().for_each(|h| loops.extend([h.row]));
        one_hots.iter().for_each(|h| {
            loops.remove(&h.level);
        });
        let mut coded = vec![];
        let mut free = vec![];
        for &l in &loops {
            let mut lookups: Vec<Lookup> = vec![];
            // Rows of later lookups are levels of earlier ones.
            let mut known = vec![(l, None)];
            let mut next = 0;
            while let Some(&(row, from)) = known.get(next) {
                for h in one_hots.iter().filter(|h| h.row == row) {
                    known.push((h.level, Some(lookups.len())));
                    lookups.push(Lookup { codes: h.codes, from, stride: stride(h.level), level: h.level });
                }
                next += 1;
            }
            let varies = self.varying.contains(&l);
            let size = if varies {
                Size { fixed: 1, varying: vec![l] }
            } else {
                Size { fixed: self.sizes[l as usize], varying: vec![] }
            };
            let dim = Dim { size, stride: stride(l), lookups, letters: vec![l] };
            if dim.lookups.is_empty() { free.push(dim) } else { coded.push(dim) }
        }
        merge(&mut free);
        let injective = distinct(c, self.sizes);
        let (a, b) = (a.source, b.source);
        let typical = |d: &Dim| d.size.at(self.sizes);
        let largest = |pattern: [bool; 3]| {
            (0..free.len())
                .filter(|&i| free[i].stride.map(|s| s > 0) == pattern)
                .max_by_key(|&i| (typical(&free[i]), std::cmp::Reverse(free[i].stride)))
        };
        let gemm = match (
            largest([true, false, true]),
            largest([false, true, true]),
            largest([true, true, false]),
        ) {
            (Some(m), Some(n), Some(k))
                if typical(&free[m]) * typical(&free[n]) * typical(&free[k]) >= GEMM_WORK && injective =>
            {
                Some((m, n, k))
            }
            _ => None,
        };
        if let Some((m, n, k)) = gemm {
            let kernel = Kernel::Gemm { m: free[m].clone(), n: free[n].clone(), k: free[k].clone() };
            let outer = free
                .into_iter()
                .enumerate()
                .filter(|(i, _)| ![m, n, k].contains(i))
                .map(|(_, d)| d)
                .collect();
            return Operation::Product { a, b, c: target, outer: order(coded, outer), kernel };
        }
        // The line that costs least: what a turn of the loops around it costs, and each element.
        let total: f64 = free.iter().map(|d| typical(d).max(1) as f64).product();
        let cost = |d: &Dim| {
            total / typical(d).max(1) as f64 * 4.0
                + total * if line(d.stride).1 == Form::Strided { 1.0 } else { 0.3 }
        };
        let best = (0..free.len()).min_by(|&i, &j| cost(&free[i]).total_cmp(&cost(&free[j])));
        let mut dim = match best {
            Some(i) => free.remove(i),
            None => Dim {
                size: Size { fixed: 1, varying: vec![] },
                stride: [0; 3],
                lookups: vec![],
                letters: vec![],
            },
        };
        let (swap, form) = line(dim.stride);
        let mut outer = order(coded, free);
        let (mut a, mut b) = (a, b);
        if swap {
            std::mem::swap(&mut a, &mut b);
            dim.stride.swap(0, 1);
            for d in &mut outer {
                d.stride.swap(0, 1);
                d.lookups.iter_mut().for_each(|l| l.stride.swap(0, 1));
            }
        }
        Operation::Product { a, b, c: target, outer, kernel: Kernel::Line { dim, form } }
    }
}

/// Coded loops outermost, so that a row's lookups are done once and in row order; then by the length of the
/// step.
fn order(coded: Vec<Dim>, mut free: Vec<Dim>) -> Vec<Dim> {
    free.sort_by_key(|d| std::cmp::Reverse((d.stride.into_iter().max(), d.letters.clone())));
    coded.into_iter().chain(free).collect()
}

/// Whether A and B change places, and the form of the line.
fn line(stride: [usize; 3]) -> (bool, Form) {
    match stride {
        [1, 0, 1] => (false, Form::Axpy),
        [0, 1, 1] => (true, Form::Axpy),
        [1, 1, 1] => (false, Form::Elementwise),
        [1, 1, 0] => (false, Form::Dot),
        [1, 0, 0] => (false, Form::Sum),
        [0, 1, 0] => (true, Form::Sum),
        [0, 0, 1] => (false, Form::Fill),
        _ => (false, Form::Strided),
    }
}

/// Makes one loop of two wherever the outer's steps are the inner's times its length in all three arrays.
fn merge(dims: &mut Vec<Dim>) {
    let fits = |outer: &Dim, inner: &Dim| {
        inner.size.varying.is_empty()
            && (0..3).all(|i| outer.stride[i] == inner.stride[i] * inner.size.fixed)
            && inner.stride != [0; 3]
    };
    loop {
        let pair = (0..dims.len())
            .flat_map(|o| (0..dims.len()).map(move |i| (o, i)))
            .find(|&(o, i)| o != i && fits(&dims[o], &dims[i]));
        let Some((o, i)) = pair else { return };
        let (outer, inner) = (dims[o].clone(), dims[i].clone());
        let size = Size { fixed: outer.size.fixed * inner.size.fixed, varying: outer.size.varying };
        dims[o] = Dim {
            size,
            stride: inner.stride,
            lookups: vec![],
            letters: [outer.letters, inner.letters].concat(),
        };
        dims.remove(i);
    }
}

/// Whether no two index combinations meet in one element.
fn distinct(axes: &BTreeMap<Letter, usize>, sizes: &[usize]) -> bool {
    let mut steps: Vec<(usize, usize)> = axes.iter().map(|(&l, &s)| (s, sizes[l as usize])).collect();
    steps.sort_unstable();
    let mut reach = 0;
    steps.into_iter().all(|(s, n)| {
        let free = s > reach;
        reach += s * n.saturating_sub(1);
        free
    })
}
