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

/// All iterations of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    iterations: Vec<Iteration>,
    /// Each node's share of each bound, in nats, iteration by iteration.
    terms: Vec<f64>,
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
    /// The same, after the last; nothing if there is none.
    pub fn last_terms(&self) -> &[f64] {
        self.iterations.len().checked_sub(1).map_or(&[], |last| self.terms(last))
    }
}
