//! The machine's widest vector instructions, chosen at run time. Not here: what is computed with them.
//!
//! The same Rust loop is compiled three times, for AVX-512, for AVX2 and for any machine, and the crate
//! `pulp` picks one. Copies of long unrolled loops, one for each length, are for the first two only
//! ([`Vectors`]). The compiler neither contracts a product and a sum into a fused one nor reorders a sum,
//! so all three give the same bits. Loops that gain by fused products ask for them through [`MulAdd`]: these
//! have one rounding less where the machine has the instruction, and the bits of all machines that have it
//! are the same.

/// Runs `f`, compiled for the best instruction set that this machine has. What `f` calls takes part only
/// where it is inlined into it: mark it `#[inline(always)]`, and so the closure. A call costs a few
/// nanoseconds, so it belongs around a loop, not into one.
#[inline(always)]
pub fn wide<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

/// A product added to a number.
pub trait MulAdd {
    /// a·b + c.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
}

/// Rounded once. For machines without the instruction this is a call of many steps.
#[derive(Clone, Copy, Debug)]
pub struct Fused;

/// Rounded twice, as everywhere else.
#[derive(Clone, Copy, Debug)]
pub struct Apart;

impl MulAdd for Fused {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

impl MulAdd for Apart {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

/// The way that goes with vectors of a kind, in what [`pulp::Arch::dispatch`] compiles for them.
impl<S: pulp::Simd> MulAdd for S {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        // Numbers one by one are for machines without fused products.
        if S::F64_LANES == 1 { Apart::mul_add(a, b, c) } else { Fused::mul_add(a, b, c) }
    }
}

/// The vectors of a machine that has fused products: what is compiled for these alone is compiled twice.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub enum Vectors {
    /// AVX-512.
    V4(pulp::x86::V4),
    /// AVX2.
    V3(pulp::x86::V3),
}

#[cfg(target_arch = "x86_64")]
impl Vectors {
    /// This machine's, if it has any.
    #[inline(always)]
    pub fn new() -> Option<Self> {
        pulp::x86::V4::try_new().map(Self::V4).or_else(|| pulp::x86::V3::try_new().map(Self::V3))
    }

    /// As [`wide()`].
    #[inline(always)]
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        match self {
            Self::V4(simd) => simd.vectorize(f),
            Self::V3(simd) => simd.vectorize(f),
        }
    }
}

/// The vectors of a machine that has fused products.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy, Debug)]
pub struct Vectors(pulp::Arch);

#[cfg(not(target_arch = "x86_64"))]
impl Vectors {
    /// This machine's, if it has any.
    #[inline(always)]
    pub fn new() -> Option<Self> {
        cfg!(target_arch = "aarch64").then(|| Self(pulp::Arch::new()))
    }

    /// As [`wide()`].
    #[inline(always)]
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.0.dispatch(f)
    }
}

/// [`wide()`] with a name for the machine's way to add a product: `fused!(A => body)` runs the body with `A`
/// as [`Fused`] or as [`Apart`]. A large closure given to `for_each` or `map` may not be inlined, and would
/// call a function for each product: write a `for` loop.
macro_rules! fused {
    ($a:ident => $body:expr) => {
        match $crate::num::wide::Vectors::new() {
            Some(vectors) => vectors.run(
                #[inline(always)]
                || {
                    type $a = $crate::num::wide::Fused;
                    $body
                },
            ),
            None => {
                type $a = $crate::num::wide::Apart;
                $body
            }
        }
    };
}
pub(crate) use fused;
