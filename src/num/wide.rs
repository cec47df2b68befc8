//! The machine's widest vector instructions, chosen at run time. Not here: what is computed with them.
//!
//! The same Rust loop is compiled three times, for AVX-512, for AVX2 and for any machine, and the crate `pulp` picks one. The
//! compiler neither contracts a product and a sum into a fused one nor reorders a sum, so all three give the same bits.

/// Runs `f`, compiled for the best instruction set that this machine has. What `f` calls takes part only where it is inlined into it: mark it
/// `#[inline(always)]`, and so the closure. A call costs a few nanoseconds, so it belongs around a loop, not into one.
#[inline(always)]
pub fn wide<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}
