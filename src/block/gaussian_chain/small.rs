//! Products of small square matrices, with loops of known length unrolled (`N > 0`) or not (`N = 0`). Not
//! here: what is multiplied.

use crate::num::matmul;

/// Vectors of this many components and more are worth a call of the blocked product.
const BLOCKED: usize = 12;

/// C = A B, all row-major q × q.
#[inline(always)]
pub(super) fn product<const N: usize>(q: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    if N > 0 {
        rows::<N>(a, N, 1, b, c);
    } else {
        general(q, a, q, 1, b, c);
    }
}

/// C = Aᵀ B, all row-major q × q.
#[inline(always)]
pub(super) fn transposed_product<const N: usize>(q: usize, a: &[f64], b: &[f64], c: &mut [f64]) {
    if N > 0 {
        rows::<N>(a, 1, N, b, c);
    } else {
        general(q, a, 1, q, b, c);
    }
}

/// A row of C at a time, held in registers.
#[inline(always)]
fn rows<const N: usize>(a: &[f64], row: usize, col: usize, b: &[f64], c: &mut [f64]) {
    let (a, b, c) = (&a[..N * N], &b[..N * N], &mut c[..N * N]);
    for i in 0..N {
        let mut r = [0.0; N];
        for k in 0..N {
            let x = a[i * row + k * col];
            for j in 0..N {
                r[j] += x * b[k * N + j];
            }
        }
        c[i * N..][..N].copy_from_slice(&r);
    }
}

fn general(q: usize, a: &[f64], row: usize, col: usize, b: &[f64], c: &mut [f64]) {
    c.fill(0.0);
    if q >= BLOCKED {
        let plain = matmul::Strides { offset: 0, row: q, col: 1 };
        matmul::gemm(q, q, q, 1.0, a, matmul::Strides { offset: 0, row, col }, b, plain, c, plain);
        return;
    }
    for (i, c) in c.chunks_exact_mut(q).enumerate() {
        for (k, b) in b.chunks_exact(q).enumerate() {
            let x = a[i * row + k * col];
            c.iter_mut().zip(b).for_each(|(c, b)| *c += x * b);
        }
    }
}

/// Σ ln Lᵢᵢ. One logarithm of the product, unless that leaves the range of `f64`.
#[inline(always)]
pub(super) fn half_log_det(q: usize, l: &[f64]) -> f64 {
    let diagonal = || (0..q).map(|i| l[i * q + i]);
    let product: f64 = diagonal().product();
    if product.is_normal() { product.ln() } else { diagonal().map(f64::ln).sum() }
}

/// Writes L⁻¹, zeros above its diagonal, into `k`: row i is (eᵢ − Σ_{j<i} Lᵢⱼ rowⱼ) / Lᵢᵢ.
#[inline(always)]
pub(super) fn invert_lower(q: usize, l: &[f64], k: &mut [f64]) {
    for i in 0..q {
        let (above, row) = k.split_at_mut(i * q);
        let row = &mut row[..q];
        row.fill(0.0);
        row[i] = 1.0;
        for j in 0..i {
            let x = l[i * q + j];
            row.iter_mut().zip(&above[j * q..][..q]).for_each(|(r, a)| *r -= x * a);
        }
        let r = 1.0 / l[i * q + i];
        row.iter_mut().for_each(|x| *x *= r);
    }
}

/// y = Kᵀ u for a lower triangular K with zeros above.
#[inline(always)]
pub(super) fn lower_transpose_times(q: usize, k: &[f64], u: &[f64], y: &mut [f64]) {
    y.fill(0.0);
    for (row, u) in k.chunks_exact(q).zip(u) {
        y.iter_mut().zip(row).for_each(|(y, k)| *y += u * k);
    }
}
