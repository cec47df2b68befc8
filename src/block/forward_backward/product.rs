//! The two products of forward–backward: messages of a few sequences times a pair table, and the sum of outer products of neighbouring steps'
//! messages. Every sum runs in the order of its index, so what a sequence gets does not depend on the others beside it.

use super::LANES;
use crate::num::wide::MulAdd;

/// y = x A for R rows of padded numbers and a table by blocks of columns.
#[inline(always)]
pub(super) fn times<A: MulAdd, const R: usize>(k: usize, kp: usize, x: &[f64], table: &[[f64; LANES]], y: &mut [f64]) {
    let mut col = 0;
    // Few rows take more columns at a time, so that enough sums run beside each other.
    if R <= 2 {
        for pair in table.chunks_exact(2 * kp) {
            tile::<A, R, 2>(k, kp, x, pair, &mut y[col..]);
            col += 2 * LANES;
        }
    }
    for block in table[col / LANES * kp..].chunks_exact(kp) {
        tile::<A, R, 1>(k, kp, x, block, &mut y[col..]);
        col += LANES;
    }
}

#[inline(always)]
fn tile<A: MulAdd, const R: usize, const C: usize>(k: usize, kp: usize, x: &[f64], table: &[[f64; LANES]], y: &mut [f64]) {
    let (all, blocks) = (x, table);
    let (mut x, mut table) = ([&all[..k]; R], [&blocks[..k]; C]);
    for r in 1..R {
        x[r] = &all[r * kp..][..k];
    }
    for c in 1..C {
        table[c] = &blocks[c * kp..][..k];
    }
    let mut sum = [[[0.0; LANES]; C]; R];
    for i in 0..k {
        for r in 0..R {
            for c in 0..C {
                for l in 0..LANES {
                    sum[r][c][l] = A::mul_add(x[r][i], table[c][i][l], sum[r][c][l]);
                }
            }
        }
    }
    for r in 0..R {
        for c in 0..C {
            y[r * kp + c * LANES..][..LANES].copy_from_slice(&sum[r][c]);
        }
    }
}

/// Adds Σ_t a_t ⊗ w_t over rows of padded numbers to a padded square.
#[inline(always)]
pub(super) fn outer<A: MulAdd>(k: usize, kp: usize, a: &[f64], w: &[f64], sums: &mut [f64]) {
    /// Rows of the square at a time.
    const ROWS: usize = 4;
    for i in (0..k).step_by(ROWS) {
        for j in (0..kp).step_by(LANES) {
            let mut sum = [[0.0; LANES]; ROWS];
            for (a, w) in a.chunks_exact(kp).zip(w.chunks_exact(kp)) {
                let (a, w) = (&a[i..i + ROWS], &w[j..j + LANES]);
                for r in 0..ROWS {
                    for l in 0..LANES {
                        sum[r][l] = A::mul_add(a[r], w[l], sum[r][l]);
                    }
                }
            }
            for (r, sum) in sum.iter().enumerate() {
                sums[(i + r) * kp + j..][..LANES].iter_mut().zip(sum).for_each(|(s, x)| *s += x);
            }
        }
    }
}

/// Adds a ⊗ w to a padded square.
#[inline(always)]
pub(super) fn outer_one<A: MulAdd>(k: usize, kp: usize, a: &[f64], w: &[f64], sums: &mut [f64]) {
    for (row, a) in sums.chunks_exact_mut(kp).zip(&a[..k]) {
        for (x, w) in row.iter_mut().zip(w) {
            *x = A::mul_add(*a, *w, *x);
        }
    }
}
