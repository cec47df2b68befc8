//! Moments and log-normalisers of blocks from their natural parameters. Not here: where these come from
//! (`update`, `paths`), nor any kind of block (`block`).

use crate::{
    block::element::{Failure, Which},
    plan::var::Var,
};
use rayon::prelude::*;

/// η → moments and log-normalisers of a block's elements.
pub(super) fn apply(
    var: &Var,
    which: Which<'_>,
    eta: &[f64],
    moments: &mut [f64],
    log_norm: &mut [f64],
) -> Result<(), Failure> {
    if var.stream().is_some() {
        return var.shape.evaluate_rows(which, eta, moments, log_norm);
    }
    var.shape.evaluate(which, eta, moments, log_norm)
}

/// The same for all elements, shared out among threads: elements do not know of each other, so the bits are
/// the same.
pub(super) fn apply_all(
    pool: &rayon::ThreadPool,
    var: &Var,
    eta: &[f64],
    moments: &mut [f64],
    log_norm: &mut [f64],
) -> Result<(), Failure> {
    let some = (SHARED_OUT / var.width.max(1)).max(1);
    if log_norm.len() <= some || var.shape.is_whole() {
        return var.shape.evaluate(Which::From(0), eta, moments, log_norm);
    }
    let elements = some * var.width;
    let parts =
        eta.par_chunks(elements).zip(moments.par_chunks_mut(elements).zip(log_norm.par_chunks_mut(some)));
    let failed = pool.install(|| {
        let done =
            parts.enumerate().map(|(i, (e, (m, a)))| var.shape.evaluate(Which::From(i * some), e, m, a));
        done.filter_map(Result::err).min_by_key(|f| f.element)
    });
    failed.map_or(Ok(()), Err)
}

/// Numbers of a block that a thread takes at a time.
const SHARED_OUT: usize = 8192;
