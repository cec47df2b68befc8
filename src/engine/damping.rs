//! Damped updates: where sites are E ln p of what q is now, blocks that go all the way to what these ask for
//! may go too far, and the bound fall. Then the iteration is done again from where it began, with sites that
//! are less than all the way from the last ones to these. Not here: when (`run`).
//!
//! What blocks see of sites are their slopes: numbers of stored sites and of those that are kept between
//! passes, and sums over rows. Slopes enter a Gaussian's natural parameters linearly, so a share of the way
//! in them is that share of the way in η.

use super::work::Work;
use crate::{
    plan::{
        Plan,
        layout::{TableId, VarId},
        table::{From, Table},
        var::Storage,
    },
    state::State,
};

/// A smaller share than this of a way is none: then the fall has another reason.
const LEAST: f64 = 1e-4;

/// The sites of a plan, and how far updates go with them.
#[derive(Debug)]
pub(super) struct Damping {
    /// Sites whose numbers outlive a pass.
    kept: Vec<VarId>,
    /// Tables whose sums over rows hold a site.
    tables: Vec<TableId>,
    /// Which share of the way is gone.
    share: f64,
    last: Sent,
    before: Sent,
}

/// What blocks see of sites after an iteration, and of all rows.
#[derive(Debug, Default)]
struct Sent {
    statistics: Vec<f64>,
    slopes: Vec<Vec<f64>>,
}

impl Damping {
    pub(super) fn new(plan: &Plan) -> Self {
        let site = |v: VarId| plan.vars[v].shape.is_site();
        let holds =
            |t: &Table| t.operands.iter().any(|o| matches!(o.from, From::Streamed { var, .. } if site(var)));
        let kept = |v: &VarId| match plan.vars[*v].storage {
            Storage::Stored => site(*v),
            Storage::Streamed { kept, .. } => kept && site(*v),
        };
        Self {
            kept: plan.vars.ids().filter(kept).collect(),
            tables: plan.tables.enumerate().filter(|(_, t)| holds(t)).map(|x| x.0).collect(),
            share: 1.0,
            last: Sent::default(),
            before: Sent::default(),
        }
    }

    /// Are there sites?
    fn any(&self) -> bool {
        !self.kept.is_empty() || !self.tables.is_empty()
    }

    /// An iteration went well, or the start is made.
    pub(super) fn note(&mut self, work: &Work<'_>) {
        if !self.any() {
            return;
        }
        std::mem::swap(&mut self.last, &mut self.before);
        let Sent { statistics, slopes } = &mut self.last;
        statistics.clear();
        statistics.extend_from_slice(work.statistics.numbers());
        slopes.resize_with(self.kept.len(), Vec::new);
        for (to, &v) in slopes.iter_mut().zip(&self.kept) {
            to.clear();
            to.extend_from_slice(work.state.moments(v));
        }
        self.share = (2.0 * self.share).min(1.0);
    }

    /// The state is another one: what the iterations before have sent is of no use.
    pub(super) fn anew(&mut self, work: &Work<'_>) {
        (self.last, self.before, self.share) = (Sent::default(), Sent::default(), 1.0);
        self.note(work);
    }

    /// Before an iteration: where the last ones were damped, so is this one.
    pub(super) fn hold(&self, work: &mut Work<'_>) {
        if self.share < 1.0 {
            self.mix(work);
        }
    }

    /// Is there a smaller share of the way to go?
    pub(super) fn may(&self) -> bool {
        self.any() && !self.before.statistics.is_empty() && self.share >= LEAST
    }

    /// After an iteration that failed, its blocks brought back: half the share.
    pub(super) fn again(&mut self, work: &mut Work<'_>) {
        self.share *= 0.5;
        work.statistics.put(work.plan, &self.last.statistics);
        self.mix(work);
    }

    /// All the way back from the last to the ones before, but for the share.
    fn mix(&self, work: &mut Work<'_>) {
        let mix = |to: &mut [f64], before: &[f64], last: &[f64]| {
            to.iter_mut().zip(before.iter().zip(last)).for_each(|(x, (b, l))| *x = b + self.share * (l - b));
        };
        let plan = work.plan;
        for &t in &self.tables {
            let at = plan.sums.tables[t].clone();
            let (before, last) = (&self.before.statistics[at.clone()], &self.last.statistics[at]);
            mix(work.statistics.packed_mut(plan, t), before, last);
            work.statistics.unpack(plan, t);
        }
        for (i, &v) in self.kept.iter().enumerate() {
            let slopes = State::derive(&mut work.state, v).1;
            mix(slopes, &self.before.slopes[i], &self.last.slopes[i]);
            work.state.has_moved(v);
        }
    }
}
