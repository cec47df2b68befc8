//! What a run keeps of each iteration, and why it stopped. Not here: who decides that (`schedule`).

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The last iteration raised the bound by less than the tolerance, and no more is foreseen.
    Converged,
    /// As many iterations as were allowed.
    Iterations,
    /// As much time as was allowed.
    Seconds,
    /// Who watches asked for it.
    Asked,
    /// Other starts come first; it may go on.
    Paused,
    /// The numbers broke down; the state is that of the last good iteration.
    Broke,
}

/// A fall of the bound that is no more than its rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Fall {
    /// How far, in nats.
    pub by: f64,
    /// What rounding, and what ways over rows leave out, may do to the bound there, in nats.
    pub rounding: f64,
    /// The iteration, from 1.
    pub iteration: usize,
    /// The node whose share fell most.
    pub node: String,
}

/// All iterations of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    iterations: Vec<Iteration>,
    /// Each node's share of each bound, in nats, iteration by iteration.
    terms: Vec<f64>,
    falls: Vec<Fall>,
}

/// One iteration.
#[derive(Clone, Copy, Debug)]
pub struct Iteration {
    /// The bound after it, in nats.
    pub elbo: f64,
    /// Steps of the schedule that it took.
    pub steps: usize,
    /// What was proposed in it besides coordinate ascent.
    pub proposals: Proposals,
    /// Seconds that it took, by the clock on the wall.
    pub seconds: f64,
}

/// How often something was proposed, and how often the bound rose by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was tried.
    pub tried: u32,
    /// How often it was kept.
    pub kept: u32,
}

impl Tally {
    /// One more, kept or not.
    pub(super) fn count(&mut self, kept: bool) {
        self.tried += 1;
        self.kept += u32::from(kept);
    }
    fn add(&mut self, other: Self) {
        (self.tried, self.kept) = (self.tried + other.tried, self.kept + other.kept);
    }
}

/// What was proposed besides coordinate ascent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proposals {
    /// Natural parameters extrapolated from the last iterations.
    pub leaps: Tally,
    /// Rotations of Gaussian blocks against each other.
    pub rotations: Tally,
    /// Pushes off a point where the bound is level.
    pub pushes: Tally,
    /// Sweeps over the rows before the bound was higher than before a push.
    pub sweeps: u32,
}

impl Proposals {
    /// Sweeps over the rows of one iteration: a proposal that is refused has cost one more.
    pub fn passes(&self) -> usize {
        1 + (self.leaps.tried - self.leaps.kept + self.sweeps) as usize
    }
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.leaps.add(other.leaps);
        self.rotations.add(other.rotations);
        self.pushes.add(other.pushes);
        self.sweeps += other.sweeps;
    }
    /// As one number, for a file: of each tally of an iteration two bits and two.
    pub(crate) fn packed(&self) -> u64 {
        let all = [self.leaps, self.rotations, self.pushes];
        let tallies =
            all.iter().rev().fold(0, |n, t| n << 4 | u64::from(t.tried & 3) << 2 | u64::from(t.kept & 3));
        u64::from(self.sweeps) << 12 | tallies
    }
    /// What [`Proposals::packed`] has made one number.
    pub(crate) fn unpacked(n: u64) -> Self {
        let part = |at: u32| (n >> at & 3) as u32;
        let tally = |at: u32| Tally { tried: part(at + 2), kept: part(at) };
        Self { leaps: tally(0), rotations: tally(4), pushes: tally(8), sweeps: (n >> 12) as u32 }
    }
}

/// Time is no part of a result.
impl PartialEq for Iteration {
    fn eq(&self, other: &Self) -> bool {
        (self.elbo, self.steps, self.proposals) == (other.elbo, other.steps, other.proposals)
    }
}

impl Record {
    /// Notes an iteration, with each node's share of the bound.
    pub(super) fn push(&mut self, iteration: Iteration, terms: &[f64]) {
        self.iterations.push(iteration);
        self.terms.extend_from_slice(terms);
    }
    /// Notes a fall.
    pub(super) fn push_fall(&mut self, fall: Fall) {
        self.falls.push(fall);
    }
    /// All falls of the bound within its rounding, in order.
    pub fn falls(&self) -> &[Fall] {
        &self.falls
    }
    /// Iterations that are told elsewhere, with each node's share of each bound.
    pub fn of(iterations: Vec<Iteration>, terms: Vec<f64>, falls: Vec<Fall>) -> Self {
        Self { iterations, terms, falls }
    }
    /// The iterations, in order.
    pub fn iterations(&self) -> &[Iteration] {
        &self.iterations
    }
    /// What was proposed in all iterations together.
    pub fn proposals(&self) -> Proposals {
        let mut all = Proposals::default();
        self.iterations.iter().for_each(|i| all.add(i.proposals));
        all
    }
    /// Sweeps over the rows, those of refused proposals too.
    pub fn passes(&self) -> usize {
        self.iterations.iter().map(|i| i.proposals.passes()).sum()
    }
    /// The bound after each iteration, in nats.
    pub fn trace(&self) -> Vec<f64> {
        self.iterations.iter().map(|i| i.elbo).collect()
    }
    /// Each node's share of the bound after iteration `i` (from 0), in the order of the file.
    pub fn terms(&self, i: usize) -> &[f64] {
        let each = self.terms.len() / self.iterations.len().max(1);
        &self.terms[i * each..(i + 1) * each]
    }
    /// The same of all iterations, one after the other.
    pub fn all_terms(&self) -> &[f64] {
        &self.terms
    }
    /// The same, after the last; nothing if there is none.
    pub fn last_terms(&self) -> &[f64] {
        self.iterations.len().checked_sub(1).map_or(&[], |last| self.terms(last))
    }
}
