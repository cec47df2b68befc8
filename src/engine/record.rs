//! What a run keeps of each iteration, and why it stopped. Not here: who decides that (`schedule`).

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The last iteration raised the bound by less than the tolerance.
    Converged,
    /// As many iterations as were allowed.
    Iterations,
    /// As much time as was allowed.
    Seconds,
    /// Who watches asked for it.
    Asked,
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
    /// Seconds that it took, by the clock on the wall.
    pub seconds: f64,
}

/// Time is no part of a result.
impl PartialEq for Iteration {
    fn eq(&self, other: &Self) -> bool {
        (self.elbo, self.steps) == (other.elbo, other.steps)
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
