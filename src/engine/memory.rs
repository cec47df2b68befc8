//! What a session remembers besides its state, for what is proposed to it. Not here: the proposals (`leap`, `rotate`).

use crate::plan::{Plan, layout::VarId};

/// Natural parameters and moments of some blocks, one array after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Point {
    pub eta: Vec<f64>,
    pub moments: Vec<f64>,
}

/// Where a run has been lately.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// Whose numbers are kept.
    pub vars: Vec<VarId>,
    /// After the iteration before the last, and after the last.
    pub points: [Point; 2],
    /// How many of them there are, the last ones.
    pub known: usize,
    /// What this iteration's updates have made, while a leap is tried.
    pub updated: Vec<f64>,
}

impl Trail {
    /// Nothing is known yet.
    pub(super) fn new(plan: &Plan) -> Self {
        let site = |v: &VarId| plan.vars[*v].shape.is_site();
        Self { vars: plan.stored.iter().copied().filter(|v| !site(v)).collect(), ..Self::default() }
    }

    /// What is known is of another place.
    pub(super) fn forget(&mut self) {
        self.known = 0;
    }
}

/// What the rotations of an iteration start from.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub statistics: Vec<f64>,
    pub etas: Vec<Vec<f64>>,
    pub entropies: Vec<f64>,
}
