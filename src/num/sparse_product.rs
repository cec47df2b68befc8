//! A product of matrices of which one is mostly zeros, such as probabilities of rows that have settled: only
//! what is not zero is multiplied. The same sums as [`gemm`](super::matmul::gemm), in another order. Not
//! here: which products there are.

use super::{
    matmul::Strides,
    wide::{MulAdd, fused},
};

/// It pays where fewer than one in so many elements is not zero.
const SHARE: usize = 3;
/// Shorter lines of the other matrix are not worth the lists.
const SHORTEST: usize = 16;
/// Nor are fewer sums or terms.
const FEWEST: usize = 8;
/// Elements of a sum at a time.
const WIDE: usize = 16;
const NARROW: usize = 8;
/// Terms that are listed at a time: `WIDE` numbers of as many lines of the other matrix stay in the
/// first-level cache while all sums that have them are added up.
const TERMS: usize = 128;

/// A matrix whose columns or rows are lines of memory, and the other, seen from the sparse one: C[l, i] +=
/// Σ_t S[l, t] D[t, i].
struct Product<'a> {
    lines: usize,
    terms: usize,
    width: usize,
    coef: f64,
    sparse: &'a [f64],
    /// Steps from line to line, and from term to term.
    step: (usize, usize),
    dense: &'a [f64],
    /// Step from term to term.
    row: usize,
    /// Steps in the result from line to line, and along the width.
    out: (usize, usize),
}

/// C += coef · A B as [`gemm`](super::matmul::gemm) has it, if one of A and B is mostly zeros and the other's
/// lines are long and whole; else nothing, and false.
#[expect(clippy::too_many_arguments, reason = "three matrices and their shapes")]
pub fn gemm_of_few(
    m: usize,
    n: usize,
    k: usize,
    coef: f64,
    a: &[f64],
    sa: Strides,
    b: &[f64],
    sb: Strides,
    c: &mut [f64],
    sc: Strides,
) -> bool {
    let (a, b, c) = (&a[sa.offset..], &b[sb.offset..], &mut c[sc.offset..]);
    let of_a = Product {
        lines: m,
        terms: k,
        width: n,
        coef,
        sparse: a,
        step: (sa.row, sa.col),
        dense: b,
        row: sb.row,
        out: (sc.row, sc.col),
    };
    let of_b = Product {
        lines: n,
        terms: k,
        width: m,
        coef,
        sparse: b,
        step: (sb.col, sb.row),
        dense: a,
        row: sa.col,
        out: (sc.col, sc.row),
    };
    for (product, dense_step) in [(of_a, sb.col), (of_b, sa.row)] {
        if dense_step == 1 && product.pays() {
            fused!(A => product.run::<A>(c));
            return true;
        }
    }
    false
}

impl Product<'_> {
    /// Are the lines wide, and is hardly anything else than zeros in the sparse matrix? One look at each
    /// element, if they stand side by side.
    fn pays(&self) -> bool {
        let (lines, terms) = (self.lines, self.terms);
        if self.width < SHORTEST || lines < FEWEST || terms < FEWEST || self.step != (1, lines) {
            return false;
        }
        let all = &self.sparse[..lines * terms];
        let limit = all.len() / SHARE;
        // What a part of it has tells most of those that do not pay.
        let part = &all[..all.len().min(2048)];
        count(part) <= part.len() / 2 && count(all) <= limit
    }

    #[inline(always)]
    fn run<A: MulAdd>(&self, c: &mut [f64]) {
        let mut terms = vec![0_u16; self.lines * TERMS];
        let mut factors = vec![0.0; self.lines * TERMS];
        let mut lengths = vec![0_usize; self.lines];
        for first in (0..self.terms).step_by(TERMS) {
            lengths.fill(0);
            for (t, row) in self.sparse[first * self.lines..self.terms * self.lines]
                .chunks_exact(self.lines)
                .take(TERMS)
                .enumerate()
            {
                for ((x, length), list) in row.iter().zip(&mut lengths).zip(terms.as_chunks_mut::<TERMS>().0)
                {
                    list[*length % TERMS] = t as u16;
                    *length += usize::from(*x != 0.0);
                }
            }
            let lists = terms.chunks_exact(TERMS).zip(factors.chunks_exact_mut(TERMS)).zip(&lengths);
            for (line, ((list, factors), length)) in lists.enumerate() {
                for (x, t) in factors.iter_mut().zip(&list[..*length]) {
                    *x = self.sparse[(first + usize::from(*t)) * self.lines + line];
                }
            }
            let mut from = 0;
            while from < self.width {
                let left = self.width - from;
                let lists = terms.chunks_exact(TERMS).zip(factors.chunks_exact(TERMS)).zip(&lengths);
                for (line, ((list, factors), length)) in lists.enumerate() {
                    let (list, factors) = (&list[..*length], &factors[..*length]);
                    match left {
                        WIDE.. => self.piece::<A, WIDE>(line, (first, from), list, factors, c),
                        NARROW.. => self.piece::<A, NARROW>(line, (first, from), list, factors, c),
                        _ => self.piece::<A, 1>(line, (first, from), list, factors, c),
                    }
                }
                from += match left {
                    WIDE.. => WIDE,
                    NARROW.. => NARROW,
                    _ => 1,
                };
            }
        }
    }

    #[inline(always)]
    fn piece<A: MulAdd, const W: usize>(
        &self,
        line: usize,
        (first, from): (usize, usize),
        list: &[u16],
        factors: &[f64],
        c: &mut [f64],
    ) {
        let mut sum = [0.0; W];
        for (t, x) in list.iter().zip(factors) {
            let row = &self.dense[(first + usize::from(*t)) * self.row + from..][..W];
            for i in 0..W {
                sum[i] = A::mul_add(*x, row[i], sum[i]);
            }
        }
        for (i, sum) in sum.iter().enumerate() {
            c[line * self.out.0 + (from + i) * self.out.1] += self.coef * sum;
        }
    }
}

/// How many are not zero.
fn count(xs: &[f64]) -> usize {
    fused!(_A => xs.iter().map(|x| u64::from(*x != 0.0)).sum::<u64>() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{matmul::gemm, stream::Stream};

    #[test]
    fn equals_the_product_whichever_is_sparse_and_however_the_result_lies() {
        let mut random = Stream::new(7, "sparse product", 0);
        for (lines, terms, width) in [(8, 300, 16), (9, 257, 47), (32, 511, 136), (13, 64, 33)] {
            for one_in in [2, 5, 20] {
                let sparse: Vec<f64> = (0..lines * terms)
                    .map(|_| if random.below(one_in) == 0 { random.uniform() } else { 0.0 })
                    .collect();
                let dense: Vec<f64> = (0..terms * width).map(|_| random.uniform() - 0.5).collect();
                let (s, d) =
                    (Strides { offset: 0, row: 1, col: lines }, Strides { offset: 0, row: width, col: 1 });
                let flip = |s: Strides| Strides { offset: s.offset, row: s.col, col: s.row };
                for out in
                    [Strides { offset: 3, row: width, col: 1 }, Strides { offset: 3, row: 1, col: lines }]
                {
                    let start: Vec<f64> = (0..lines * width + 3).map(|i| i as f64 * 0.01).collect();
                    let (mut want, mut as_a, mut as_b) = (start.clone(), start.clone(), start);
                    gemm(lines, width, terms, 1.5, &sparse, s, &dense, d, &mut want, out);
                    let a = gemm_of_few(lines, width, terms, 1.5, &sparse, s, &dense, d, &mut as_a, out);
                    let b = gemm_of_few(
                        width,
                        lines,
                        terms,
                        1.5,
                        &dense,
                        flip(d),
                        &sparse,
                        flip(s),
                        &mut as_b,
                        flip(out),
                    );
                    assert_eq!((a, b), (one_in > 2, one_in > 2), "{lines} {terms} {width}, one in {one_in}");
                    if a {
                        for ((w, x), y) in want.iter().zip(&as_a).zip(&as_b) {
                            assert!((w - x).abs() < 1e-13 && x == y, "{w} {x} {y}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_not_mostly_zeros_is_left_alone() {
        let s = Strides { offset: 0, row: 1, col: 8 };
        let d = Strides { offset: 0, row: 16, col: 1 };
        let mut c = [0.0; 8 * 16];
        assert!(!gemm_of_few(8, 16, 64, 1.0, &[1.0; 8 * 64], s, &[1.0; 64 * 16], d, &mut c, d));
        assert_eq!(c, [0.0; 8 * 16]);
    }
}
