//! Points where the bound is level and no maximum: what a selector picks among stands alike, so that no message tells
//! one from the other, however far the bound could rise. A push moves them apart by draws. Not here: whether the bound
//! rises after it (`run`).
//!
//! Elements that nothing but their own lines speak to are alike too, and rightly: they wait for rows.

use super::{error::RunError, session::Session};
use crate::{
    block::element::Which,
    graph::{FactorGraph, energy::Role},
    num::stream::Stream,
    plan::{
        Plan,
        layout::{Id, VarId},
        table::Table,
        var::Var,
    },
    shape::{Extent, PlateId},
};

/// Numbers closer than this share of them are equal.
const EQUAL: f64 = 1e-7;
/// Numbers of blocks without places are moved by such a share of them.
const SHARE: f64 = 0.1;
/// Elements of a plate that are compared, at most.
const COMPARED: usize = 256;

/// Elements of a plate that stand alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alike {
    plate: PlateId,
    elements: Vec<usize>,
}

/// The plates that selectors pick among.
fn picked(plan: &Plan) -> Vec<PlateId> {
    let labels = plan.blocks.energy.factors().iter().flat_map(|f| &f.labels);
    let mut plates: Vec<PlateId> = labels
        .filter(|l| l.role == Role::Gate)
        .filter_map(|l| match l.extent {
            Extent::Plate(p) => Some(p),
            _ => None,
        })
        .collect();
    plates.sort_unstable();
    plates.dedup();
    plates
}

/// Where the numbers of one element of a plate stand in those of a block: of each outer element, a stretch.
fn stretches(var: &Var, axis: usize, element: usize) -> Vec<std::ops::Range<usize>> {
    let size = var.plates[axis].1;
    let inner: usize = var.plates[axis + 1..].iter().map(|p| p.1).product::<usize>() * var.width;
    let outer: usize = var.plates[..axis].iter().map(|p| p.1).product();
    (0..outer).map(|o| (o * size + element) * inner..(o * size + element + 1) * inner).collect()
}

fn equal(a: f64, b: f64) -> bool {
    (a - b).abs() <= EQUAL * a.abs().max(b.abs()).max(EQUAL)
}

impl Session<'_> {
    /// What stands alike although rows speak to it.
    pub(super) fn alike(&mut self) -> Vec<Alike> {
        let plan = self.plan;
        let mut out = vec![];
        for plate in picked(plan) {
            let vars: Vec<(VarId, usize)> = plan
                .stored
                .iter()
                .filter_map(|&v| Some((v, plan.vars[v].plates.iter().position(|p| p.0 == plate)?)))
                .collect();
            let Some(size) = vars.first().map(|&(v, axis)| plan.vars[v].plates[axis].1) else { continue };
            if size > COMPARED {
                continue;
            }
            let numbers = |eta: &dyn Fn(VarId) -> Vec<f64>| -> Vec<Vec<f64>> {
                let all: Vec<Vec<f64>> = vars.iter().map(|&(v, _)| eta(v)).collect();
                (0..size)
                    .map(|k| {
                        let of = vars.iter().zip(&all).flat_map(|(&(v, axis), eta)| {
                            stretches(&plan.vars[v], axis, k).into_iter().flat_map(move |r| eta[r].to_vec())
                        });
                        of.collect()
                    })
                    .collect()
            };
            let now = numbers(&|v| self.state.eta(v).to_vec());
            let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| equal(*a, *b));
            let twins = |k: usize| (0..size).any(|o| o != k && same(&now[k], &now[o]));
            let twin: Vec<usize> = (0..size).filter(|&k| twins(k)).collect();
            if twin.is_empty() {
                continue;
            }
            let mut own = vec![];
            for &(v, _) in &vars {
                let var = &plan.vars[v];
                let mut eta = vec![0.0; self.state.eta(v).len()];
                let mine = |t: &Table| var.nodes.iter().any(|n| n.0 == t.node);
                self.messages(v, 0, &mine, &mut eta);
                own.push((v, eta));
            }
            let of = |v: VarId| own.iter().find(|o| o.0 == v).map_or_else(Vec::new, |o| o.1.clone());
            let prior = numbers(&of);
            let elements: Vec<usize> = twin.into_iter().filter(|&k| !same(&now[k], &prior[k])).collect();
            if elements.len() > 1 {
                out.push(Alike { plate, elements });
            }
        }
        out
    }

    /// Moves what stands alike apart: places by draws of their own spread, or, where there are none, other numbers by
    /// a tenth of them.
    pub(super) fn push(&mut self, graph: &FactorGraph, alike: &[Alike], seed: u64) -> Result<(), RunError> {
        let plan = self.plan;
        for Alike { plate, elements } in alike {
            let vars: Vec<(VarId, usize)> = plan
                .stored
                .iter()
                .filter_map(|&v| Some((v, plan.vars[v].plates.iter().position(|p| p.0 == *plate)?)))
                .collect();
            let mut any = false;
            for &(v, axis) in &vars {
                let mut random = Stream::new(seed, "push", v.index() as u64);
                if let Some(eta) = self.placed_apart(graph, v, axis, elements, &mut random) {
                    any = true;
                    self.put(v, &eta)?;
                }
            }
            for &(v, axis) in vars.iter().filter(|_| !any) {
                let mut random = Stream::new(seed, "push", v.index() as u64);
                let mut eta = self.state.eta(v).to_vec();
                for r in elements.iter().flat_map(|&k| stretches(&plan.vars[v], axis, k)) {
                    eta[r].iter_mut().for_each(|x| *x *= 1.0 + SHARE * (2.0 * random.uniform() - 1.0));
                }
                self.put(v, &eta)?;
            }
        }
        Ok(())
    }

    /// Natural parameters with the places of some elements moved; `None` for a block without places.
    fn placed_apart(
        &self,
        graph: &FactorGraph,
        v: VarId,
        axis: usize,
        elements: &[usize],
        random: &mut Stream,
    ) -> Option<Vec<f64>> {
        let var = &self.plan.vars[v];
        let (eta, moments) = (self.state.eta(v), self.state.moments(v));
        let places = |n: &crate::shape::NodeId| graph.nodes[n.0].spec.location;
        if !var.nodes.iter().any(places) {
            return None;
        }
        let size = var.plates[axis].1;
        let inner: usize = var.plates[axis + 1..].iter().map(|p| p.1).product();
        let mut by = vec![];
        for (member, node) in var.nodes.iter().enumerate() {
            if !places(node) {
                by.push(vec![]);
                continue;
            }
            let of = var.shape.marginal(member, Which::From(0), eta, moments);
            let sd: Vec<f64> = of.numbers.chunks_exact(of.width).flat_map(|x| of.law.summary(x).sd).collect();
            let each = sd.len() / var.elements().max(1);
            let moved = sd.iter().enumerate().map(|(i, sd)| {
                let k = i / each.max(1) / inner % size;
                let draw = random.normal();
                if elements.contains(&k) && sd.is_finite() { sd * draw } else { 0.0 }
            });
            by.push(moved.collect());
        }
        var.shape.shifted(eta, &by)
    }
}
