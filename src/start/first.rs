//! The start of one restart: first moments of blocks, whatever they come from. Not here: the pass that uses
//! them (`engine`).

use super::{
    draw::{Drawn, draw, soft},
    given::{GivenStart, What},
    order::multiplied,
    possible::respect,
};
use crate::{
    block::{
        element::{Failure, Which},
        shape,
    },
    graph::FactorGraph,
    num::stream::Stream as Random,
    plan::{
        Plan,
        layout::{List, VarId},
        var::Storage,
    },
};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
};

/// First moments of the blocks that need some.
#[derive(Debug)]
pub struct Start {
    seed: u64,
    restart: usize,
    /// By variable and member: several in a network of categories.
    drawn: List<VarId, Vec<Option<Drawn>>>,
    /// The caller's values and parameters, by variable.
    values: List<VarId, Vec<GivenStart>>,
}

impl Start {
    /// Makes the start of one restart; what the caller gives comes first.
    pub fn new(graph: &FactorGraph, plan: &Plan, seed: u64, restart: usize, callers: &[GivenStart]) -> Self {
        let values: List<VarId, Vec<GivenStart>> = plan
            .vars
            .ids()
            .map(|v| {
                callers
                    .iter()
                    .filter(|g| g.var == v && !matches!(g.what, What::Responsibilities(_)))
                    .cloned()
                    .collect()
            })
            .collect();
        let settled = |v: VarId| !values[v].is_empty();
        let mut drawn: List<VarId, Vec<Option<Drawn>>> = plan
            .vars
            .ids()
            .map(|v| {
                let var = &plan.vars[v];
                let members = if var.shape.of_categories() { var.nodes.len() } else { 1 };
                let mine = |m: usize| callers.iter().filter(move |g| (g.var, g.member) == (v, m));
                let rows = |g: &GivenStart| match &g.what {
                    What::Responsibilities(r) => Some(Drawn::Rows(r.clone())),
                    _ => None,
                };
                let of = |m: usize| {
                    mine(m).find_map(rows).or_else(|| draw(graph, plan, v, m, seed, restart, &settled))
                };
                (0..members).map(of).collect()
            })
            .collect();
        let given = |v: VarId, m: usize| callers.iter().any(|g| (g.var, g.member) == (v, m));
        respect(graph, plan, (seed, restart), &given, &mut drawn);
        Self { seed, restart, drawn, values }
    }

    /// Stored blocks that keep what they start from until the others have been moved by it.
    pub fn kept(&self, plan: &Plan) -> Vec<VarId> {
        plan.stored.iter().copied().filter(|&v| self.gives(v)).collect()
    }

    /// A number that two starts share only if they are the same but for the numbering of components.
    pub fn print(&self, graph: &FactorGraph, plan: &Plan) -> u64 {
        let mut hash = DefaultHasher::new();
        for (v, drawn) in self.drawn.enumerate() {
            for one in drawn {
                one.as_ref().map(|d| d.print(self.restart, &mut hash)).is_some().hash(&mut hash);
            }
            if self.nudges(graph, plan, v) {
                self.restart.hash(&mut hash);
            }
        }
        hash.finish()
    }

    /// Do starts of other restarts differ from it?
    pub fn varies(&self, graph: &FactorGraph, plan: &Plan) -> bool {
        self.picks() || plan.vars.ids().any(|v| self.nudges(graph, plan, v))
    }

    /// Do others differ in nothing but the draws that keep factors from a saddle?
    pub fn is_turned_only(&self, graph: &FactorGraph, plan: &Plan) -> bool {
        !self.picks() && self.varies(graph, plan)
    }

    fn picks(&self) -> bool {
        self.drawn.iter().flatten().flatten().any(|d| !matches!(d, Drawn::Rows(_)))
    }

    /// Is a stored block moved a little, to leave a saddle?
    fn nudges(&self, graph: &FactorGraph, plan: &Plan, v: VarId) -> bool {
        self.values[v].is_empty() && plan.vars[v].storage == Storage::Stored && multiplied(graph, plan, v)
    }

    /// Has variable `v` a first q of its own?
    pub fn gives(&self, v: VarId) -> bool {
        !self.values[v].is_empty() || self.drawn[v].iter().any(Option::is_some)
    }

    /// Do the values of a streamed variable have moments?
    ///
    /// # Errors
    /// The first element without.
    pub fn check(&self, plan: &Plan, v: VarId) -> Result<(), Failure> {
        if self.values[v].is_empty() {
            return Ok(());
        }
        let w = plan.vars[v].width;
        let (mut eta, mut moments) = (vec![0.0; w], vec![0.0; w]);
        (0..plan.vars[v].elements()).try_for_each(|e| self.values_of(plan, v, e, &mut eta, &mut moments))
    }

    /// Writes the moments of a streamed variable for the places `range`; false where it has no start.
    pub fn write(&self, plan: &Plan, v: VarId, range: Range<usize>, out: &mut [f64]) -> bool {
        let var = &plan.vars[v];
        let (first, count) = (range.start * var.inner(), range.len() * var.inner());
        if !self.values[v].is_empty() {
            let mut eta = vec![0.0; out.len()];
            out.fill(0.0);
            // Elements of a streamed block have no prior of their own: its one node gives all. `check` has
            // found no fault in it.
            return self.values_of(plan, v, first, &mut eta, out).is_ok();
        }
        if self.drawn[v].iter().all(Option::is_none) {
            return false;
        }
        // A member without a start is taken as even, members as independent.
        let members = self.drawn[v].iter().enumerate().map(|(m, drawn)| {
            let k = var.shape.states(m);
            let mut all = vec![0.0; count * k];
            drawn.as_ref().unwrap_or(&Drawn::Even).write(plan, range.clone(), var.inner(), k, &mut all);
            all
        });
        var.shape.independent(Which::From(first), &members.collect::<Vec<_>>(), out);
        true
    }

    /// Changes a stored variable's `eta` and `moments`, which are its prior's, to those that it starts from;
    /// says whether anything has moved.
    ///
    /// # Errors
    /// What the caller gives makes no distribution.
    pub fn stored(
        &self,
        graph: &FactorGraph,
        plan: &Plan,
        v: VarId,
        eta: &mut [f64],
        moments: &mut [f64],
    ) -> Result<bool, Failure> {
        let var = &plan.vars[v];
        let mut moved = true;
        if !self.values[v].is_empty() {
            self.values_of(plan, v, 0, eta, moments)?;
            var.shape.hold(Which::From(0), moments);
        } else if self.nudges(graph, plan, v) {
            var.shape.nudge(&mut self.random(&var.name), moments);
        } else {
            moved = false;
        }
        if self.drawn[v].iter().all(Option::is_none) {
            return Ok(moved);
        }
        let members = self.drawn[v].iter().enumerate().map(|(member, drawn)| {
            let k = var.shape.states(member);
            let elements: usize = var.plates_of(member).iter().map(|p| p.1).product();
            match drawn {
                Some(Drawn::Rows(rows)) => rows.to_vec(),
                Some(drawn) => {
                    let name = if var.nodes.len() > 1 { &plan.names[var.nodes[member].0] } else { &var.name };
                    let mut out = vec![0.0; elements * k];
                    match drawn {
                        Drawn::Soft => soft(k, &mut self.random(name), &mut out),
                        // All places at once.
                        _ => drawn.write(plan, 0..elements, 1, k, &mut out),
                    }
                    out
                }
                None => vec![1.0 / k as f64; elements * k],
            }
        });
        var.shape.independent(Which::From(0), &members.collect::<Vec<_>>(), moments);
        var.shape.hold(Which::From(0), moments);
        Ok(true)
    }

    /// Random numbers of a node, for this restart.
    fn random(&self, name: &str) -> Random {
        Random::new(self.seed, name, self.restart as u64)
    }

    /// Moments of elements from `first` on, from the caller's values and parameters. `eta` and `moments` hold
    /// the prior's, and are written over; what is not given stays as the prior has it.
    fn values_of(
        &self,
        plan: &Plan,
        v: VarId,
        first: usize,
        eta: &mut [f64],
        moments: &mut [f64],
    ) -> Result<(), Failure> {
        let starts = &self.values[v];
        let parameters: Vec<Vec<(usize, &[f64])>> = starts
            .iter()
            .map(|s| match &s.what {
                What::Parameters(all) => all.iter().map(|(place, x)| (*place, &**x)).collect(),
                _ => vec![],
            })
            .collect();
        let given = starts.iter().zip(&parameters).filter_map(|(s, parameters)| {
            let what = match &s.what {
                What::Values(x) => shape::What::Values(x),
                What::Parameters(_) => shape::What::Parameters(parameters),
                What::Responsibilities(_) => return None,
            };
            Some(shape::Given { member: s.member, what })
        });
        plan.vars[v].shape.start(&given.collect::<Vec<_>>(), Which::From(first), eta, moments)
    }
}
