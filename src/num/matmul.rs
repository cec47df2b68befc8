//! One checked matrix product over strided f64 slices. Choosing when a product is one is the contraction's
//! business, not this file's.

/// A strided matrix inside a slice: element (i, j) stands at `offset + i·row + j·col`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strides {
    /// Where element (0, 0) stands.
    pub offset: usize,
    /// Step from one row to the next, in elements.
    pub row: usize,
    /// Step from one column to the next, in elements.
    pub col: usize,
}

impl Strides {
    fn last(self, rows: usize, cols: usize) -> usize {
        self.offset + (rows - 1) * self.row + (cols - 1) * self.col
    }
}

/// C += coef · A B, with A of m × k, B of k × n, C of m × n. No element of C may be reached by two index
/// pairs.
///
/// # Panics
/// If a matrix reaches past the end of its slice, or the rows and columns of C are seen to overlap.
#[expect(clippy::too_many_arguments, reason = "three matrices and their shapes")]
pub fn gemm(
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
) {
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    assert!(
        sa.last(m, k) < a.len() && sb.last(k, n) < b.len() && sc.last(m, n) < c.len(),
        "a matrix reaches past its slice"
    );
    let apart = (m == 1 || n == 1 || sc.row > (n - 1) * sc.col || sc.col > (m - 1) * sc.row)
        && (m == 1 || sc.row > 0)
        && (n == 1 || sc.col > 0);
    assert!(apart, "rows and columns of the result overlap");
    // The kernel wants the columns of C to be the far ones: else the product is taken as Cᵀ += coef · Bᵀ Aᵀ.
    let turned = |s: Strides| Strides { offset: s.offset, row: s.col, col: s.row };
    let (m, n, a, sa, b, sb, sc) = if sc.col < sc.row {
        (n, m, b, turned(sb), a, turned(sa), turned(sc))
    } else {
        (m, n, a, sa, b, sb, sc)
    };
    #[expect(
        unsafe_code,
        reason = "the crate's entry takes raw pointers; all that it reads and writes is checked above"
    )]
    // SAFETY: the asserts above hold every index reached inside its slice (the strides are non-negative, so
    // the last element is the farthest), elements of C are distinct, and `c` is borrowed mutably, so it
    // cannot overlap `a` or `b`.
    unsafe {
        gemm_f64::gemm::f64::get_gemm_fn()(
            m,
            n,
            k,
            c.as_mut_ptr().add(sc.offset),
            sc.col as isize,
            sc.row as isize,
            true,
            a.as_ptr().add(sa.offset),
            sa.col as isize,
            sa.row as isize,
            b.as_ptr().add(sb.offset),
            sb.col as isize,
            sb.row as isize,
            1.0,
            coef,
            false,
            false,
            false,
            gemm_common::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_three_loops_for_every_orientation() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (17, 2, 33), (1, 9, 4), (40, 33, 65), (8, 1, 100)] {
            for flip in 0..8 {
                let lay = |rows: usize, cols: usize, t: bool| {
                    if t {
                        Strides { offset: 2, row: 1, col: rows }
                    } else {
                        Strides { offset: 2, row: cols, col: 1 }
                    }
                };
                let fill = |len: usize, q: usize| {
                    (0..len + 2).map(|i| ((i * q) % 11) as f64 - 5.0).collect::<Vec<_>>()
                };
                let (a, b, mut c) = (fill(m * k, 3), fill(k * n, 7), fill(m * n, 5));
                let (sa, sb, sc) =
                    (lay(m, k, flip & 1 > 0), lay(k, n, flip & 2 > 0), lay(m, n, flip & 4 > 0));
                let mut want = c.clone();
                for i in 0..m {
                    for j in 0..n {
                        for l in 0..k {
                            want[2 + i * sc.row + j * sc.col] +=
                                2.0 * a[2 + i * sa.row + l * sa.col] * b[2 + l * sb.row + j * sb.col];
                        }
                    }
                }
                gemm(m, n, k, 2.0, &a, sa, &b, sb, &mut c, sc);
                assert_eq!(c, want, "{m} {n} {k} flip {flip}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "past its slice")]
    fn refuses_to_read_past_the_end() {
        let s = Strides { offset: 0, row: 2, col: 1 };
        gemm(2, 2, 2, 1.0, &[0.0; 3], s, &[0.0; 4], s, &mut [0.0; 4], s);
    }
}
