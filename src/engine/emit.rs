//! Rows as a report wants them: natural parameters and moments of each, as the last pass has left them. Not
//! here: passes that move anything (`pass`).

use super::{
    desk::Desk,
    error::{Failed, RunError},
    ready::{ReadyPass, pieces},
    sums::RunSums,
    work::Work,
};
use crate::plan::layout::VarId;
use rayon::prelude::*;
use std::ops::Range;

/// Numbers of every row: natural parameters and moments of one variable.
#[derive(Clone, Debug, Default)]
pub struct Emitted {
    /// Row-major over the variable's storage order.
    pub eta: Vec<f64>,
    /// The same.
    pub moments: Vec<f64>,
    /// Covariances of a Gaussian chain's steps, where they have digits that the moments have not; else nothing.
    pub covariances: Vec<f64>,
}

impl ReadyPass<'_> {
    /// The most probable values of all steps of a block together, one for each step and cell, from the numbers that
    /// the last pass has left; `None` of a block that has none.
    pub(super) fn likely(&mut self, work: &mut Work<'_>, v: VarId) -> Result<Option<Vec<f64>>, RunError> {
        for way in &mut self.ways {
            way.prepare(work).map_err(|(v, kind)| work.error(v, kind))?;
        }
        let (work, stream) = (&*work, &work.plan.streams[self.stream]);
        let Some(way) = self.ways.iter().find(|w| w.block() == v) else { return Ok(None) };
        let (mut desk, mut sums) = (Desk::new(work.plan), RunSums::default());
        sums.begin(work.plan.sums.passes[self.stream].all.clone(), work.profile.like());
        let mut out = vec![];
        for rows in pieces(&stream.chunks, stream.starts.is_some()) {
            let mut one = || -> Result<Option<Vec<f64>>, Failed> {
                self.moments(work, &rows, &|v| work.state.before_pass(v), &mut desk, &mut sums)?;
                way.likely(work, &rows, &mut desk)
            };
            match one().map_err(|(v, kind)| work.error(v, kind))? {
                Some(states) => out.extend(states),
                None => return Ok(None),
            }
        }
        Ok(Some(out))
    }

    /// Natural parameters and moments of every row, as the last pass has left them; nothing is moved.
    pub(super) fn emit(
        &mut self,
        work: &mut Work<'_>,
        wanted: &[VarId],
    ) -> Result<Vec<(VarId, Emitted)>, RunError> {
        for way in &mut self.ways {
            way.prepare(work).map_err(|(v, kind)| work.error(v, kind))?;
        }
        let (work, stream) = (&*work, &work.plan.streams[self.stream]);
        let places = work.plan.sums.passes[self.stream].all.clone();
        let one = |run: &Range<usize>| -> Result<Vec<Emitted>, Failed> {
            let (mut desk, mut sums) = (Desk::new(work.plan), RunSums::default());
            sums.begin(places.clone(), work.profile.like());
            let mut out = vec![Emitted::default(); wanted.len()];
            for rows in pieces(&stream.chunks[run.clone()], stream.starts.is_some()) {
                self.moments(work, &rows, &|v| work.state.before_pass(v), &mut desk, &mut sums)?;
                for (&v, e) in wanted.iter().zip(&mut out) {
                    e.eta.extend_from_slice(&desk.eta[v]);
                    e.moments.extend_from_slice(&desk.moments[v]);
                    e.covariances.extend_from_slice(&desk.covariances[v]);
                }
            }
            Ok(out)
        };
        let mut all: Vec<(VarId, Emitted)> = wanted.iter().map(|&v| (v, Emitted::default())).collect();
        let threads = work.pool.current_num_threads().max(1);
        for batch in stream.runs.chunks(threads) {
            let done: Result<Vec<_>, Failed> = work.pool.install(|| batch.par_iter().map(one).collect());
            for run in done.map_err(|(v, kind)| work.error(v, kind))? {
                for ((_, all), part) in all.iter_mut().zip(run) {
                    all.eta.extend(part.eta);
                    all.moments.extend(part.moments);
                    all.covariances.extend(part.covariances);
                }
            }
        }
        Ok(all)
    }
}
