//! Runs a compiled contraction: loop nests around vectorised lines and matrix products. Nothing is allocated,
//! and nothing is decided here.

use super::{Contraction, Dim, Form, Kernel, Letter, NO_LEVEL, Operand, Operation, ReadFrom, Size, WriteTo};
use crate::num::{matmul, reduce, sparse_product, wide::wide};

/// More lookups than this on one index are written out as numbers by the compiler.
pub(super) const MAX_LOOKUPS: usize = 8;

impl Contraction {
    /// How many `f64`s of scratch a run at these sizes takes.
    pub fn scratch_len(&self, sizes: &[usize]) -> usize {
        self.buffers.iter().map(|b| b.at(sizes)).sum()
    }

    /// Adds `coef` times the contraction into `out`. `scratch` holds at least [`Contraction::scratch_len`]
    /// numbers, of any value.
    ///
    /// # Panics
    /// If sizes differ from those compiled for (beyond the varying letters), an operand is not of its shape's
    /// kind, or a slice is too short for its axes.
    pub fn run(
        &self,
        sizes: &[usize],
        coef: f64,
        operands: &[Operand<'_>],
        out: &mut [f64],
        scratch: &mut [f64],
    ) {
        assert_eq!(operands.len(), self.operands, "as many operands as were compiled for");
        assert_eq!(sizes.len(), self.sizes.len(), "as many letters as were compiled for");
        for (l, (&now, &then)) in sizes.iter().zip(&self.sizes).enumerate() {
            assert!(
                now == then || self.varying.contains(&(l as Letter)),
                "letter {l} is of size {now}, compiled for {then}"
            );
        }
        if self.used.iter().any(|&l| sizes[l as usize] == 0) {
            return;
        }
        let coef = self.repeats.iter().fold(coef, |c, &l| c * sizes[l as usize] as f64);
        let scratch = &mut scratch[..self.scratch_len(sizes)];
        let starts = |j: usize| self.buffers[..j].iter().map(|b| b.at(sizes)).sum::<usize>();
        for step in &self.steps {
            match step {
                Operation::Spread { codes, into, rows, levels, stride } => {
                    assert!(
                        sizes[*levels as usize] <= *stride,
                        "a letter that varies outgrew the size compiled for"
                    );
                    let lo = starts(*into);
                    let table = &mut scratch[lo..lo + sizes[*rows as usize] * stride];
                    table.fill(0.0);
                    for (row, &code) in table.chunks_exact_mut(*stride).zip(codes_of(operands, *codes)) {
                        if code != NO_LEVEL {
                            row[code as usize] = 1.0;
                        }
                    }
                }
                Operation::Valid { codes, into, rows } => {
                    let lo = starts(*into);
                    for (x, &code) in
                        scratch[lo..lo + sizes[*rows as usize]].iter_mut().zip(codes_of(operands, *codes))
                    {
                        *x = if code == NO_LEVEL { 0.0 } else { 1.0 };
                    }
                }
                Operation::Product { a, b, c, outer, kernel } => {
                    // A target in scratch stands behind everything that it is made of.
                    let (made, target, coef) = match c {
                        WriteTo::Out => (&*scratch, &mut *out, coef),
                        WriteTo::Scratch(j) => {
                            let (made, rest) = scratch.split_at_mut(starts(*j));
                            let target = &mut rest[..self.buffers[*j].at(sizes)];
                            target.fill(0.0);
                            (&*made, target, 1.0)
                        }
                    };
                    let source = |s: &ReadFrom| match *s {
                        ReadFrom::Operand(i) => dense_of(operands, i),
                        ReadFrom::Scratch(j) => &made[starts(j)..],
                        ReadFrom::One => &[1.0],
                    };
                    let nest = Nest { sizes, operands, outer };
                    product(&nest, kernel, coef, source(a), source(b), target);
                }
            }
        }
    }
}

fn codes_of<'a>(operands: &[Operand<'a>], i: usize) -> &'a [u32] {
    match operands[i] {
        Operand::Codes(c) => c,
        Operand::Dense(_) => panic!("operand {i} was compiled as one-hot codes"),
    }
}

fn dense_of<'a>(operands: &[Operand<'a>], i: usize) -> &'a [f64] {
    match operands[i] {
        Operand::Dense(d) => d,
        Operand::Codes(_) => panic!("operand {i} was compiled as an array"),
    }
}

struct Nest<'a> {
    sizes: &'a [usize],
    operands: &'a [Operand<'a>],
    outer: &'a [Dim],
}

/// A loop that goes round once, where there is none: so the kernels are compiled for loops only.
static ONCE: Dim = Dim {
    size: Size { fixed: 1, varying: Vec::new() },
    stride: [0; 3],
    lookups: Vec::new(),
    letters: Vec::new(),
};

impl Nest<'_> {
    /// Calls `f` with the offsets in A, B and C of every combination of the outer indices that has all its
    /// levels.
    #[inline(always)]
    fn each(&self, mut f: impl FnMut([usize; 3])) {
        // The innermost loop is inlined with the kernel, and compiled for the widest vectors.
        let (last, dims) = self.outer.split_last().unwrap_or((&ONCE, &[]));
        self.recurse(dims, [0; 3], &mut |at| {
            wide(
                #[inline(always)]
                || self.last(last, at, &mut f),
            );
        });
    }

    #[inline(always)]
    fn last(&self, d: &Dim, at: [usize; 3], f: &mut impl FnMut([usize; 3])) {
        let len = d.size.at(self.sizes);
        match d.lookups.as_slice() {
            [] => {
                let mut at = at;
                for _ in 0..len {
                    f(at);
                    at = add(at, d.stride);
                }
            }
            [l] => {
                for (i, &code) in codes_of(self.operands, l.codes)[..len].iter().enumerate() {
                    if code != NO_LEVEL {
                        f(add(at, add(times(i, d.stride), times(code as usize, l.stride))));
                    }
                }
            }
            _ => self.recurse(std::slice::from_ref(d), at, f),
        }
    }

    fn recurse<F: FnMut([usize; 3])>(&self, dims: &[Dim], at: [usize; 3], f: &mut F) {
        let Some((d, rest)) = dims.split_first() else { return f(at) };
        let len = d.size.at(self.sizes);
        if d.lookups.is_empty() {
            let mut at = at;
            for _ in 0..len {
                if rest.is_empty() {
                    f(at);
                } else {
                    self.recurse(rest, at, f);
                }
                at = add(at, d.stride);
            }
            return;
        }
        'rows: for i in 0..len {
            let mut here = add(at, times(i, d.stride));
            let mut levels = [0; MAX_LOOKUPS];
            for (j, l) in d.lookups.iter().enumerate() {
                let code = codes_of(self.operands, l.codes)[l.from.map_or(i, |p| levels[p])];
                if code == NO_LEVEL {
                    continue 'rows;
                }
                levels[j] = code as usize;
                here = add(here, times(code as usize, l.stride));
            }
            self.recurse(rest, here, f);
        }
    }
}

/// Indices of a tile in each direction: its lines of both arrays stay in the first-level cache.
const TILE: usize = 32;

impl Nest<'_> {
    /// Is this one loop around a line, both with steps in the result, such as a transposition?
    fn transposes(&self, line: &Dim) -> bool {
        matches!(self.outer, [d] if d.lookups.is_empty() && d.stride[2] > 0 && line.stride[2] > 0)
    }

    /// The loop and the line in tiles: neither array is walked with long steps for long. Within a tile
    /// numbers are written one after the other, if they can be.
    fn tiles(&self, line: &Dim, coef: f64, a: &[f64], b: &[f64], c: &mut [f64]) {
        let [outer] = self.outer else { return };
        let (inner, outer) = if outer.stride[2] == 1 { (outer, line) } else { (line, outer) };
        let (turns, len) = (outer.size.at(self.sizes), inner.size.at(self.sizes));
        let [sa, sb, sc] = inner.stride;
        for i in (0..turns).step_by(TILE) {
            for j in (0..len).step_by(TILE) {
                let some = TILE.min(len - j);
                for i in i..turns.min(i + TILE) {
                    let [oa, ob, oc] = add(times(i, outer.stride), times(j, inner.stride));
                    let (a, b, c) = (&a[oa..], &b[ob..], &mut c[oc..]);
                    if sc == 1 && sb == 0 && sa > 0 {
                        let s = coef * b[0];
                        for (c, a) in c[..some].iter_mut().zip(a.iter().step_by(sa)) {
                            *c += s * a;
                        }
                    } else {
                        for j in 0..some {
                            c[j * sc] += coef * a[j * sa] * b[j * sb];
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn add(a: [usize; 3], b: [usize; 3]) -> [usize; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

#[inline(always)]
fn times(i: usize, s: [usize; 3]) -> [usize; 3] {
    [i * s[0], i * s[1], i * s[2]]
}

fn product(nest: &Nest<'_>, kernel: &Kernel, coef: f64, a: &[f64], b: &[f64], c: &mut [f64]) {
    match kernel {
        Kernel::Gemm { m, n, k } => {
            let (lm, ln, lk) = (m.size.at(nest.sizes), n.size.at(nest.sizes), k.size.at(nest.sizes));
            let view = |offset, row, col| matmul::Strides { offset, row, col };
            nest.each(|[oa, ob, oc]| {
                let (va, vb) = (view(oa, m.stride[0], k.stride[0]), view(ob, k.stride[1], n.stride[1]));
                let vc = view(oc, m.stride[2], n.stride[2]);
                if !sparse_product::gemm_of_few(lm, ln, lk, coef, a, va, b, vb, c, vc) {
                    matmul::gemm(lm, ln, lk, coef, a, va, b, vb, c, vc);
                }
            });
        }
        Kernel::Line { dim, form } => {
            let len = dim.size.at(nest.sizes);
            match form {
                Form::Axpy if len == 1 => nest.each(
                    #[inline(always)]
                    |[oa, ob, oc]| c[oc] += coef * b[ob] * a[oa],
                ),
                Form::Axpy => nest.each(
                    #[inline(always)]
                    |[oa, ob, oc]| {
                        let s = coef * b[ob];
                        for (c, a) in c[oc..oc + len].iter_mut().zip(&a[oa..oa + len]) {
                            *c += s * a;
                        }
                    },
                ),
                Form::Elementwise => nest.each(
                    #[inline(always)]
                    |[oa, ob, oc]| {
                        for ((c, a), b) in
                            c[oc..oc + len].iter_mut().zip(&a[oa..oa + len]).zip(&b[ob..ob + len])
                        {
                            *c += coef * a * b;
                        }
                    },
                ),
                Form::Dot => nest.each(
                    #[inline(always)]
                    |[oa, ob, oc]| c[oc] += coef * reduce::dot_plain(&a[oa..oa + len], &b[ob..ob + len]),
                ),
                Form::Sum => nest.each(
                    #[inline(always)]
                    |[oa, ob, oc]| c[oc] += coef * b[ob] * reduce::sum_plain(&a[oa..oa + len]),
                ),
                Form::Fill => nest.each(
                    #[inline(always)]
                    |[oa, ob, oc]| {
                        let s = coef * a[oa] * b[ob];
                        c[oc..oc + len].iter_mut().for_each(|c| *c += s);
                    },
                ),
                Form::Strided if nest.transposes(dim) => nest.tiles(dim, coef, a, b, c),
                Form::Strided => {
                    let [sa, sb, sc] = dim.stride;
                    nest.each(
                        #[inline(always)]
                        |[oa, ob, oc]| {
                            if sc == 0 {
                                c[oc] +=
                                    coef * (0..len).map(|i| a[oa + i * sa] * b[ob + i * sb]).sum::<f64>();
                            } else {
                                for i in 0..len {
                                    c[oc + i * sc] += coef * a[oa + i * sa] * b[ob + i * sb];
                                }
                            }
                        },
                    );
                }
            }
        }
    }
}
