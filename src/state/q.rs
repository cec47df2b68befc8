//! q itself: natural parameters, moments, log-normalisers and entropies of all blocks whose numbers outlive
//! a pass, and the same as an iteration left them that went well. Keeping that costs no copy: what is about
//! to be written over changes places with a spare array. Not here: how η turns into moments (`block`).

use super::snapshot::BlockNumbers;
use crate::plan::{
    Plan,
    layout::{List, VarId},
    var::{Storage, Var},
};

/// Moments by variable; empty where a pass makes them chunk by chunk.
pub type Moments = List<VarId, Vec<f64>>;

/// q of one run.
#[derive(Debug)]
pub struct State {
    eta: List<VarId, Vec<f64>>,
    moments: Moments,
    log_norm: List<VarId, Vec<f64>>,
    entropy: List<VarId, f64>,
    version: List<VarId, u64>,
    aside: Aside,
}

/// What has been put aside.
#[derive(Debug)]
struct Aside {
    /// There is a good state to keep.
    marked: bool,
    /// Which blocks have moved since.
    moved: List<VarId, bool>,
    eta: List<VarId, Vec<f64>>,
    entropy: List<VarId, f64>,
    /// Of blocks that are kept between passes: their moments before the last pass.
    moments: Moments,
    /// These are what the last pass began from.
    followed: bool,
}

fn stored(v: &Var) -> bool {
    v.storage == Storage::Stored
}

fn kept(v: &Var) -> bool {
    matches!(v.storage, Storage::Streamed { kept: true, .. })
}

impl State {
    /// All arrays, nothing in them.
    pub fn new(plan: &Plan) -> Self {
        let numbers = |v: &Var, there: bool| vec![0.0; if there { v.elements() * v.width } else { 0 }];
        let vars = &plan.vars;
        Self {
            eta: vars.map(|v| numbers(v, stored(v))),
            moments: vars.map(|v| numbers(v, stored(v) || kept(v))),
            log_norm: vars.map(|v| vec![0.0; if stored(v) { v.elements() } else { 0 }]),
            entropy: vars.map(|_| 0.0),
            version: vars.map(|_| 0),
            aside: Aside {
                marked: false,
                moved: vars.map(|_| false),
                eta: vars.map(|_| vec![]),
                entropy: vars.map(|_| 0.0),
                moments: vars.map(|v| numbers(v, kept(v))),
                followed: true,
            },
        }
    }

    /// Natural parameters of a stored block.
    pub fn eta(&self, v: VarId) -> &[f64] {
        &self.eta[v]
    }
    /// Moments of a block that outlives a pass.
    pub fn moments(&self, v: VarId) -> &[f64] {
        &self.moments[v]
    }
    /// The same of all blocks.
    pub fn all_moments(&self) -> &Moments {
        &self.moments
    }
    /// A(η) of each element of a stored block, in nats.
    pub fn log_norm(&self, v: VarId) -> &[f64] {
        &self.log_norm[v]
    }
    /// A block's entropy, in nats.
    pub fn entropy(&self, v: VarId) -> f64 {
        self.entropy[v]
    }
    /// How often a block has moved.
    pub fn version(&self, v: VarId) -> u64 {
        self.version[v]
    }
    /// A block that is kept between passes, as the last pass found it: from there it makes all of q again as
    /// it left it.
    pub fn before_pass(&self, v: VarId) -> &[f64] {
        if self.aside.followed { &self.aside.moments[v] } else { &self.moments[v] }
    }

    /// A block's natural parameters, to be written over. Its last ones stay in them if `some` of them stay,
    /// else anything may be there.
    pub fn take_eta(&mut self, v: VarId, some: bool) -> Vec<f64> {
        self.put_aside(v, some);
        std::mem::take(&mut self.eta[v])
    }
    /// Gives them back.
    pub fn put_eta(&mut self, v: VarId, eta: Vec<f64>) {
        self.eta[v] = eta;
    }
    /// What follows from a block's natural parameters: these, and room for moments and log-normalisers.
    pub fn derive(&mut self, v: VarId) -> (&[f64], &mut [f64], &mut [f64]) {
        (&self.eta[v], &mut self.moments[v], &mut self.log_norm[v])
    }
    /// All of a stored block's numbers, of which some will change: natural parameters, moments,
    /// log-normalisers.
    pub fn change(&mut self, v: VarId) -> (&mut [f64], &mut [f64], &mut [f64]) {
        self.put_aside(v, true);
        (&mut self.eta[v], &mut self.moments[v], &mut self.log_norm[v])
    }
    /// An empty array for the next moments of a block that is kept between passes.
    pub fn spare(&mut self, v: VarId) -> Vec<f64> {
        self.aside.followed = false;
        let mut spare = std::mem::take(&mut self.aside.moments[v]);
        spare.clear();
        spare
    }
    /// The next moments of a block that is kept between passes; those it had are put aside.
    pub fn replace_moments(&mut self, v: VarId, moments: Vec<f64>) {
        self.aside.moments[v] = std::mem::replace(&mut self.moments[v], moments);
        self.aside.moved[v] = true;
        self.aside.followed = true;
    }
    /// A block's entropy is this now.
    pub fn set_entropy(&mut self, v: VarId, entropy: f64) {
        self.entropy[v] = entropy;
    }
    /// Who has read a block's moments should read them again.
    pub fn has_moved(&mut self, v: VarId) {
        self.version[v] += 1;
    }

    fn put_aside(&mut self, v: VarId, some: bool) {
        if !self.aside.marked || std::mem::replace(&mut self.aside.moved[v], true) {
            return;
        }
        let (now, aside) = (&mut self.eta[v], &mut self.aside.eta[v]);
        aside.resize(now.len(), 0.0);
        std::mem::swap(now, aside);
        if some {
            now.copy_from_slice(aside);
        }
    }

    /// The state is good: [`State::back`] comes back to it.
    pub fn mark(&mut self) {
        self.aside.marked = true;
        self.aside.moved.iter_mut().for_each(|moved| *moved = false);
        for (v, entropy) in self.entropy.enumerate() {
            self.aside.entropy[v] = *entropy;
        }
    }

    /// Back to the state that was last good. What follows from the natural parameters of stored blocks has to
    /// be made again: of those that this returns.
    pub fn back(&mut self) -> Vec<VarId> {
        let moved: Vec<VarId> = self.aside.moved.enumerate().filter(|m| *m.1).map(|m| m.0).collect();
        for v in self.entropy.ids() {
            self.entropy[v] = self.aside.entropy[v];
            self.version[v] += 1;
        }
        for &v in &moved {
            if self.aside.moments[v].is_empty() {
                std::mem::swap(&mut self.eta[v], &mut self.aside.eta[v]);
            } else {
                std::mem::swap(&mut self.moments[v], &mut self.aside.moments[v]);
                // What was put aside is not what that pass began from.
                self.aside.followed = false;
            }
        }
        self.aside.moved.iter_mut().for_each(|moved| *moved = false);
        moved.into_iter().filter(|&v| !self.eta[v].is_empty()).collect()
    }

    /// The numbers of each block that follow from nothing else.
    pub fn snapshot(&self) -> Vec<BlockNumbers> {
        let of = |v: VarId| {
            // The moments of a stored block follow from its natural parameters.
            let kept = |numbers: &[f64]| if self.eta[v].is_empty() { numbers.to_vec() } else { vec![] };
            BlockNumbers {
                eta: self.eta[v].clone(),
                moments: kept(&self.moments[v]),
                before: kept(self.before_pass(v)),
                earlier: vec![],
                entropy: self.entropy[v],
            }
        };
        self.eta.ids().map(of).collect()
    }

    /// Takes over a snapshot of the same plan. What follows from the natural parameters of stored blocks has
    /// to be made then. `false` where the arrays are not of these lengths.
    pub fn restore(&mut self, blocks: &[BlockNumbers]) -> bool {
        if blocks.len() != self.eta.ids().count() {
            return false;
        }
        for (v, from) in self.eta.ids().zip(blocks) {
            let kept = if self.eta[v].is_empty() { self.moments[v].len() } else { 0 };
            if (from.eta.len(), from.moments.len(), from.before.len()) != (self.eta[v].len(), kept, kept) {
                return false;
            }
        }
        for (v, from) in self.eta.ids().zip(blocks) {
            self.eta[v].copy_from_slice(&from.eta);
            if !from.moments.is_empty() {
                self.moments[v].copy_from_slice(&from.moments);
                self.aside.moments[v].clone_from(&from.before);
            }
            self.entropy[v] = from.entropy;
            self.version[v] += 1;
        }
        self.aside.followed = true;
        true
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        for array in self.eta.iter_mut().chain(&mut self.moments).chain(&mut self.aside.moments) {
            array.fill(0.0);
        }
        self.version.iter_mut().for_each(|v| *v += 1);
        self.entropy.iter_mut().for_each(|e| *e = 0.0);
        self.aside.moved.iter_mut().for_each(|moved| *moved = false);
        (self.aside.marked, self.aside.followed) = (false, true);
    }
}
