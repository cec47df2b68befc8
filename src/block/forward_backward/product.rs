//! The two products of forward–backward: messages of a few sequences times a pair table, and the sum of outer
//! products of neighbouring steps' messages. Every sum runs in the order of its index, so what a sequence
//! gets does not depend on the others beside it.

use super::padding::{LANES, padded};
use crate::num::eight::Eight;
use pulp::Simd;

/// y = x A for R rows of padded numbers and a table by blocks of columns.
#[inline(always)]
pub(super) fn times<S: Simd, const R: usize>(
    simd: S,
    k: usize,
    x: &[f64],
    table: &[[f64; LANES]],
    y: &mut [f64],
) {
    let kp = padded(k);
    let mut rest = table;
    let mut col = 0;
    // Few rows take more columns at a time, so that enough sums run beside each other.
    if R <= 2 {
        while let Some((pair, others)) = rest.split_at_checked(2 * kp) {
            tile::<S, R, 2>(simd, k, x, pair, &mut y[col..]);
            (rest, col) = (others, col + 2 * LANES);
        }
    }
    while let Some((block, others)) = rest.split_at_checked(kp) {
        tile::<S, R, 1>(simd, k, x, block, &mut y[col..]);
        (rest, col) = (others, col + LANES);
    }
}

#[inline(always)]
fn tile<S: Simd, const R: usize, const C: usize>(
    simd: S,
    k: usize,
    x: &[f64],
    blocks: &[[f64; LANES]],
    y: &mut [f64],
) {
    let kp = padded(k);
    let (mut rows, mut table) = ([&x[..k]; R], [&blocks[..k]; C]);
    for r in 1..R {
        rows[r] = &x[r * kp..][..k];
    }
    for c in 1..C {
        table[c] = &blocks[c * kp..][..k];
    }
    let mut sum = [[Eight::splat(simd, 0.0); C]; R];
    for i in 0..k {
        let mut columns = [Eight::splat(simd, 0.0); C];
        for c in 0..C {
            columns[c] = Eight::load(simd, &table[c][i]);
        }
        for r in 0..R {
            let x = Eight::splat(simd, rows[r][i]);
            for c in 0..C {
                sum[r][c] = x.mul_add(simd, columns[c], sum[r][c]);
            }
        }
    }
    for r in 0..R {
        let y = &mut y[r * kp..].as_chunks_mut::<LANES>().0[..C];
        for c in 0..C {
            sum[r][c].store(&mut y[c]);
        }
    }
}

/// Adds Σ_t a_t ⊗ w_t over so many rows of padded numbers, the starts of which are `stride` apart, to a
/// padded square.
#[inline(always)]
pub(super) fn outer<S: Simd>(
    simd: S,
    k: usize,
    rows: usize,
    stride: usize,
    a: &[f64],
    w: &[f64],
    sums: &mut [f64],
) {
    /// Rows of the square at a time.
    const ROWS: usize = 4;
    assert!(stride >= LANES, "rows are padded");
    let kp = padded(k);
    for i in (0..k).step_by(ROWS) {
        for j in (0..kp).step_by(LANES) {
            let mut sum = [Eight::splat(simd, 0.0); ROWS];
            for (a, w) in a[i..].chunks_exact(stride).zip(w[j..].chunks_exact(stride)).take(rows) {
                let (Some(a), Some(w)) = (a.first_chunk::<ROWS>(), w.first_chunk::<LANES>()) else {
                    unreachable!("rows are padded")
                };
                let w = Eight::load(simd, w);
                for r in 0..ROWS {
                    sum[r] = Eight::splat(simd, a[r]).mul_add(simd, w, sum[r]);
                }
            }
            for (r, sum) in sum.iter().enumerate() {
                sums[(i + r) * kp + j..][..LANES].iter_mut().zip(sum.array()).for_each(|(s, x)| *s += x);
            }
        }
    }
}

/// Adds a ⊗ w to a padded square.
#[inline(always)]
pub(super) fn outer_one<S: Simd>(simd: S, k: usize, a: &[f64], w: &[f64], sums: &mut [f64]) {
    let w = w.as_chunks::<LANES>().0;
    for (row, a) in sums.as_chunks_mut::<LANES>().0.chunks_exact_mut(w.len()).zip(&a[..k]) {
        let a = Eight::splat(simd, *a);
        for (x, w) in row.iter_mut().zip(w) {
            a.mul_add(simd, Eight::load(simd, w), Eight::load(simd, x)).store(x);
        }
    }
}
