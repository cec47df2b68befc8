//! Eight numbers in the vectors of the machine: for kernels whose inner loops the compiler does not find the
//! best vectors for. Not here: which vectors a machine has, which the crate `pulp` finds out at run time
//! ([`pulp::Arch::dispatch`]).
//!
//! All operations are those of plain loops over eight numbers, so the bits are the same whatever the vectors;
//! but that `mul_add` rounds once where the machine can, and twice where not, as [`super::wide::MulAdd`].

use pulp::Simd;

/// Eight numbers. Of the array as many are used as it takes vectors of `S` to hold eight.
#[derive(Debug)]
pub(crate) struct Eight<S: Simd>([S::f64s; 8]);

impl<S: Simd> Clone for Eight<S> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Simd> Copy for Eight<S> {}

impl<S: Simd> Eight<S> {
    const VECTORS: usize = 8 / S::F64_LANES;

    /// The same number eight times.
    #[inline(always)]
    pub(crate) fn splat(simd: S, x: f64) -> Self {
        Self([simd.splat_f64s(x); 8])
    }

    #[inline(always)]
    pub(crate) fn load(simd: S, from: &[f64; 8]) -> Self {
        let mut out = [simd.splat_f64s(0.0); 8];
        let vectors = S::as_simd_f64s(from).0;
        out[..Self::VECTORS].copy_from_slice(vectors);
        Self(out)
    }

    #[inline(always)]
    pub(crate) fn store(self, to: &mut [f64; 8]) {
        S::as_mut_simd_f64s(to).0.copy_from_slice(&self.0[..Self::VECTORS]);
    }

    #[inline(always)]
    pub(crate) fn array(self) -> [f64; 8] {
        let mut out = [0.0; 8];
        self.store(&mut out);
        out
    }

    #[inline(always)]
    fn with(mut self, other: Self, f: impl Fn(S::f64s, S::f64s) -> S::f64s) -> Self {
        for j in 0..Self::VECTORS {
            self.0[j] = f(self.0[j], other.0[j]);
        }
        self
    }

    #[inline(always)]
    pub(crate) fn times(self, simd: S, other: Self) -> Self {
        self.with(other, |a, b| simd.mul_f64s(a, b))
    }

    #[inline(always)]
    pub(crate) fn plus(self, simd: S, other: Self) -> Self {
        self.with(other, |a, b| simd.add_f64s(a, b))
    }

    /// The larger ones; the other's where one is NaN.
    #[inline(always)]
    pub(crate) fn or_larger(self, simd: S, other: Self) -> Self {
        self.with(other, |a, b| simd.max_f64s(a, b))
    }

    /// Those above a limit, and 0 for the others.
    #[inline(always)]
    pub(crate) fn above(self, simd: S, limit: Self) -> Self {
        self.with(limit, |a, b| simd.select_f64s(simd.greater_than_f64s(a, b), a, simd.splat_f64s(0.0)))
    }

    /// self · b + c.
    #[inline(always)]
    pub(crate) fn mul_add(self, simd: S, b: Self, mut c: Self) -> Self {
        for j in 0..Self::VECTORS {
            c.0[j] = simd.mul_add_e_f64s(self.0[j], b.0[j], c.0[j]);
        }
        c
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::WithSimd;

    const A: [f64; 8] = [1.5, -2.0, 0.0, 1e300, 1e-300, 3.25, f64::INFINITY, -0.5];
    const B: [f64; 8] = [0.3, 7.0, -1.0, 2.0, 1e-10, 3.25, 2.0, 1e10];
    const C: [f64; 8] = [1.0, 14.0, 5.0, -1.0, 0.0, 0.125, 1.0, 5e9];

    struct All;
    impl WithSimd for All {
        type Output = [[f64; 8]; 5];
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let [a, b, c] = [A, B, C].map(|x| Eight::load(simd, &x));
            [
                a.times(simd, b),
                a.plus(simd, b),
                a.or_larger(simd, b),
                a.above(simd, Eight::splat(simd, 0.5)),
                a.mul_add(simd, b, c),
            ]
            .map(Eight::array)
        }
    }

    #[test]
    fn operations_are_those_of_plain_loops() {
        let each = |f: &dyn Fn(usize) -> f64| std::array::from_fn::<f64, 8, _>(f);
        let want = [
            each(&|i| A[i] * B[i]),
            each(&|i| A[i] + B[i]),
            each(&|i| A[i].max(B[i])),
            each(&|i| if A[i] > 0.5 { A[i] } else { 0.0 }),
        ];
        for got in [pulp::Arch::new().dispatch(All), All.with_simd(pulp::Scalar::new())] {
            assert_eq!(got[..4], want);
        }
        assert_eq!(All.with_simd(pulp::Scalar::new())[4], each(&|i| A[i] * B[i] + C[i]));
        let fused = pulp::Arch::new().dispatch(All)[4];
        let once = each(&|i| A[i].mul_add(B[i], C[i]));
        assert!(fused == once || fused == each(&|i| A[i] * B[i] + C[i]), "{fused:?}");
    }

    #[test]
    fn nan_is_not_larger() {
        struct Larger;
        impl WithSimd for Larger {
            type Output = [f64; 8];
            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> [f64; 8] {
                Eight::splat(simd, f64::NAN).or_larger(simd, Eight::splat(simd, 2.0)).array()
            }
        }
        assert_eq!(pulp::Arch::new().dispatch(Larger), [2.0; 8]);
        assert_eq!(Larger.with_simd(pulp::Scalar::new()), [2.0; 8]);
    }
}
