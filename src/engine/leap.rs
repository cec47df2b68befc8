//! A leap: natural parameters of stored blocks extrapolated from the last two iterations and the updates of this
//! one (SQUAREM: Varadhan and Roland 2008, Scand. J. Statist. 35, 335, scheme S3). Not here: when one is tried and
//! whether it is kept (`schedule::accelerated`, `run`).
//!
//! With x₀ and x₁ the natural parameters after the last two iterations, x₂ those that this one's updates have made,
//! r = x₁ − x₀ and v = x₂ − 2x₁ + x₀, the leap is to x₀ − 2αr + α²v, α = −‖r‖/‖v‖. Lengths are in nats:
//! ‖r‖² = ⟨Δη, Δμ⟩, the divergences of both q's from each other, so that blocks of any units count alike. What
//! follows is one pass, and its bound says whether the leap was worth it.

use super::{
    error::RunError,
    memory::{Point, Trail},
    session::Session,
};
use crate::{num::reduce::all_finite, plan::layout::VarId};

/// Parameters beyond this stand for what is impossible, and stay as they are.
const IMMOVABLE: f64 = 1e100;
/// A leap that leaves the domain is halved so often, at most.
const HALVINGS: usize = 6;

impl Session<'_> {
    /// Notes where the run is, after an iteration.
    pub(super) fn note(&mut self) {
        let mut trail = std::mem::take(&mut self.trail);
        trail.points.swap(0, 1);
        let point = &mut trail.points[1];
        point.eta.clear();
        point.moments.clear();
        for &v in &trail.vars {
            point.eta.extend_from_slice(self.state.eta(v));
            point.moments.extend_from_slice(self.state.moments(v));
        }
        trail.known = (trail.known + 1).min(2);
        self.trail = trail;
    }

    /// Natural parameters of a block after the iteration before the last, if they are known.
    pub(super) fn earlier(&self, v: VarId) -> &[f64] {
        let Some(at) = self.trail.vars.iter().position(|u| *u == v).filter(|_| self.trail.known == 2) else {
            return &[];
        };
        let before: usize = self.trail.vars[..at].iter().map(|&u| self.state.eta(u).len()).sum();
        &self.trail.points[0].eta[before..before + self.state.eta(v).len()]
    }

    /// Takes up a trail that another has left: natural parameters after the iteration before the last, by block.
    pub(super) fn take_earlier(&mut self, earlier: &[&[f64]]) {
        self.note();
        let mut point = Point::default();
        for &v in &self.trail.vars {
            let (eta, var) = (earlier[crate::plan::layout::Id::index(v)], &self.plan.vars[v]);
            if eta.len() != self.state.eta(v).len() {
                return;
            }
            let (mut moments, mut norms) = (vec![0.0; eta.len()], vec![0.0; var.elements()]);
            if super::moments::apply_all(self.pool, var, eta, &mut moments, &mut norms).is_err() {
                return;
            }
            point.eta.extend_from_slice(eta);
            point.moments.extend_from_slice(&moments);
        }
        self.trail.points[0] = point;
        self.trail.known = 2;
    }

    /// Tries a leap from what updates have made; `shrink` ≥ 1 makes it shorter. False where there is none to try:
    /// then all is as the updates have left it.
    pub(super) fn leap(&mut self, shrink: f64) -> Result<bool, RunError> {
        let mut trail = std::mem::take(&mut self.trail);
        let leapt = if trail.known == 2 { self.leap_from(&mut trail, shrink) } else { Ok(false) };
        self.trail = trail;
        leapt
    }

    fn leap_from(&mut self, trail: &mut Trail, shrink: f64) -> Result<bool, RunError> {
        let Trail { vars, points: [x0, x1], updated, .. } = trail;
        updated.clear();
        let (mut rr, mut vv, mut at) = (0.0, 0.0, 0);
        for &v in vars.iter() {
            let (eta, moments) = (self.state.eta(v), self.state.moments(v));
            updated.extend_from_slice(eta);
            for (i, (e2, m2)) in (at..).zip(eta.iter().zip(moments)) {
                let (e0, e1) = (x0.eta[i], x1.eta[i]);
                if e0.abs().max(e1.abs()).max(e2.abs()) < IMMOVABLE {
                    let (re, rm) = (e1 - e0, x1.moments[i] - x0.moments[i]);
                    rr += re * rm;
                    vv += (e2 - e1 - re) * (m2 - x1.moments[i] - rm);
                }
            }
            at += eta.len();
        }
        let mut alpha = 1.0 + ((rr / vv).sqrt() - 1.0) / shrink;
        if !(alpha.is_finite() && alpha > 1.0) {
            return Ok(false);
        }
        for _ in 0..HALVINGS {
            if self.place(vars, |i| step([x0.eta[i], x1.eta[i], updated[i]], alpha)).is_ok() {
                return Ok(true);
            }
            alpha = 1.0 + (alpha - 1.0) / 2.0;
        }
        self.place(vars, |i| updated[i]).map(|()| false)
    }

    /// Goes back to what updates had made before a leap was tried.
    pub(super) fn leap_back(&mut self) -> Result<(), RunError> {
        self.back();
        let trail = std::mem::take(&mut self.trail);
        let done = self.place(&trail.vars, |i| trail.updated[i]);
        self.trail = trail;
        done
    }

    /// Gives blocks natural parameters, by their places in the blocks' arrays one after the other.
    fn place(&mut self, vars: &[VarId], of: impl Fn(usize) -> f64) -> Result<(), RunError> {
        let mut at = 0;
        for &v in vars {
            let mut eta = self.state.take_eta(v, false);
            eta.iter_mut().zip(at..).for_each(|(e, i)| *e = of(i));
            at += eta.len();
            let finite = all_finite(&eta);
            self.state.put_eta(v, eta);
            self.state.has_moved(v);
            if !finite {
                let why = "a leap went too far".to_string();
                return Err(self.error(v, super::error::Breakdown::Improper(why)));
            }
            for colour in 0..self.plan.vars[v].colours.len() {
                self.evaluate(v, colour)?;
            }
        }
        Ok(())
    }
}

/// Where a leap takes one number, from its last three. About the last, so that what rests keeps its bits.
fn step([x0, x1, x2]: [f64; 3], alpha: f64) -> f64 {
    let (r, v) = (x1 - x0, x2 - x1 - (x1 - x0));
    if x0.abs().max(x1.abs()).max(x2.abs()) >= IMMOVABLE {
        return x2;
    }
    x2 + 2.0 * (alpha - 1.0) * r + (alpha * alpha - 1.0) * v
}
