//! A run moved to better centres, where its own means say that too little is left of what cancels: iterative
//! refinement. The next plan is about the means that q has now, its data are what these leave, and the run goes
//! on from the q that it has. Not here: how a model is written about other centres (`plan::recentre`), nor how
//! much cancels (`digits`).

use super::{
    emit::Emitted,
    error::{Breakdown, RunError},
    paths::given::First,
    reached::Moved,
    session::Session,
};
use crate::{
    block::element::Which,
    graph::{Bound, FactorGraph},
    num::reduce::dot,
    plan::{
        Plan, element_order,
        layout::{TableId, VarId},
        recentre::{Centres, Movable, Turn, recentred, turns},
        table::Table,
        var::{Storage, Var},
    },
    shape::NodeId,
    start::{Start, order::order},
};
use std::{cell::OnceCell, ops::Range};

/// Where more cancels than this many times what is left, fewer than nine digits may be. Less than that is met in
/// sound data of many dimensions: 16 columns whose means lie 30 deviations apart come to 1e5.
const MUCH: f64 = 1e6;
/// A mean so many times what it and its centre come to, and so many of its deviations, stands far from its centre.
const FAR: f64 = 1e5;
/// Where numbers have broken down, so much may have been why.
const SOME: f64 = 1e3;
/// A move is worth another if it has left a tenth of what cancelled.
const WORTH: f64 = 0.1;
/// Where an entry varies so much more by itself than given the others, it has lost its digits.
const ALIKE: f64 = 1e8;
/// Entries and elements of blocks that are looked at for that, at most.
const WATCHED: usize = 128;
/// Moves of one restart, at most.
const MOVES: usize = 8;
/// Plans of one fit, at most: each may hold a copy of the data.
const PLANS: usize = 64;

/// Plans that are made while a run goes on, for as long as any of its restarts.
#[derive(Debug, Default)]
pub struct Plans(OnceCell<Box<(Plan, Plans)>>);

impl Plans {
    fn push(&self, plan: Plan) -> Option<&Plan> {
        let (mut at, mut count) = (self, 0);
        while let Some(next) = at.0.get() {
            (at, count) = (&next.1, count + 1);
        }
        (count < PLANS).then(|| &at.0.get_or_init(|| Box::new((plan, Self::default()))).0)
    }
}

/// What moves of one restart need to know.
pub(super) struct Recentring<'p> {
    graph: &'p FactorGraph,
    bound: &'p Bound,
    plans: &'p Plans,
    movable: Movable,
    /// Lines whose mean holds what may move, with the number of their cells.
    lines: Vec<(usize, f64)>,
    moves: usize,
    split: bool,
    /// Blocks in other coordinates; `None` before any have been looked for.
    turns: Option<Vec<Turn>>,
    /// What cancelled when it was last moved, over what was left.
    last: f64,
    /// Where it is now, if it has been moved.
    now: Option<Centres>,
}

impl<'p> Recentring<'p> {
    pub(super) fn new(graph: &'p FactorGraph, bound: &'p Bound, plan: &Plan, plans: &'p Plans) -> Self {
        let movable = Movable::new(graph, bound, &plan.blocks.roles);
        let lines = graph.factors.iter().enumerate().filter(|(_, f)| movable.in_line(graph, f));
        let lines = lines.map(|(i, f)| (i, Movable::cells(graph, bound, f))).collect();
        let last = f64::INFINITY;
        Self { graph, bound, plans, movable, lines, moves: 0, split: false, turns: None, last, now: None }
    }

    /// Where the run has been moved to.
    pub(super) fn reached(&self) -> Option<Moved> {
        self.now.clone().map(|centres| Moved { centres, moves: self.moves, last: self.last })
    }

    /// The plan of a run that has been moved before.
    pub(super) fn again(&mut self, plan: &Plan, moved: &Moved) -> Result<&'p Plan, RunError> {
        let centres = moved.centres.clone();
        (self.moves, self.last, self.split) = (moved.moves, moved.last, centres.split);
        self.turns = (!centres.turns.is_empty()).then(|| centres.turns.clone());
        let plan = recentred(self.graph, self.bound, plan, &centres).and_then(|plan| self.plans.push(plan));
        self.now = Some(centres);
        let lost = || Breakdown::Improper("its centres are not those of this model".into());
        plan.ok_or_else(|| RunError::new(lost(), self.graph.name.clone(), 0))
    }

    /// Stays where it is.
    #[cfg(test)]
    pub(super) fn never(&mut self) {
        self.moves = MOVES;
    }

    /// Is it time to look, after so many iterations in these coordinates?
    pub(super) fn due(&self, iterations: usize) -> bool {
        !self.lines.is_empty() && self.moves < MOVES && iterations.is_power_of_two()
    }

    /// By how much more cancels than is left, in the worst of the lines.
    fn cancels(&self, session: &Session<'_>) -> f64 {
        let of = |&(f, count): &(usize, f64)| {
            let tables: Vec<TableId> =
                session.plan.tables.enumerate().filter(|(_, t)| t.factor == f).map(|t| t.0).collect();
            session.cancellation(&tables, count)
        };
        self.lines.iter().map(of).fold(0.0, f64::max)
    }

    /// Has an element a mean that centre and mean of q make of much larger numbers?
    fn far(&self, session: &Session<'_>) -> bool {
        let plan = session.plan;
        let stored = plan.stored.iter().filter(|&&v| plan.turn(v).is_none());
        stored.map(|&v| (v, &plan.vars[v])).any(|(v, var)| {
            let numbers = [session.state.eta(v), session.state.moments(v)];
            let mine = |(_, n): &(usize, &NodeId)| {
                self.movable.nodes[n.0] && plan.centres[n.0].iter().any(|c| *c != 0.0)
            };
            var.nodes.iter().enumerate().filter(mine).any(|(member, &node)| {
                let means = var.shape.means(member, numbers[0], numbers[1]);
                let order = element_order(&self.graph.nodes[node.0].plates, &var.plates_of(member), None);
                let width = means.len() / order.len().max(1);
                let lost = |(i, m): (usize, &f64)| {
                    let c = plan.centre(node, order[i / width], width);
                    m.abs() > FAR * (m + c.get(i % width).copied().unwrap_or(0.0)).abs()
                };
                let any: Vec<usize> = means.iter().enumerate().filter(|x| lost(*x)).map(|x| x.0).collect();
                if any.is_empty() {
                    return false;
                }
                let of = var.shape.marginal(member, Which::From(0), numbers[0], numbers[1]);
                let sd: Vec<f64> =
                    of.numbers.chunks_exact(of.width).flat_map(|x| of.law.summary(x).sd).collect();
                any.iter().any(|&i| sd.get(i).is_none_or(|sd| means[i].abs() > FAR * sd))
            })
        })
    }

    /// The run about 0, where it can't start about the centres that its plan has.
    pub(super) fn about_zero(
        &mut self,
        session: &Session<'p>,
        start: &dyn Fn(&'p Plan) -> Start,
    ) -> Result<Option<Session<'p>>, RunError> {
        // Where no line has a place, centres are not what kept it from starting.
        if self.lines.is_empty() {
            return Ok(None);
        }
        let nodes = vec![vec![]; self.graph.nodes.len()];
        let centres = Centres { nodes, ..Centres::default() };
        let plan = recentred(self.graph, self.bound, session.plan, &centres);
        let Some(plan) = plan.and_then(|plan| self.plans.push(plan)) else { return Ok(None) };
        let mut next = Session::new(plan, session.pool);
        next.initialise(self.graph, &start(plan))?;
        self.now = Some(centres);
        Ok(Some(next))
    }

    /// The run in better coordinates, if its means say that it should be moved. `fresh` makes a start anew in
    /// these; without one it goes on from the q that it has. After numbers that `broke` down, any move is worth a
    /// try.
    pub(super) fn moved(
        &mut self,
        session: &mut Session<'p>,
        fresh: Option<&dyn Fn(&'p Plan) -> Start>,
        broke: bool,
    ) -> Result<Option<Session<'p>>, RunError> {
        if self.moves >= MOVES || self.lines.is_empty() {
            return Ok(None);
        }
        // Before the first bound there are no tables to look at.
        let first = broke && session.iteration <= 1;
        let far = || if self.far(session) { MUCH } else { 0.0 };
        let mut cancels = if first { f64::MAX } else { self.cancels(session).max(far()) };
        let tangled = self.turns.is_none() && !broke && tangled(session) && {
            let found = turns(self.graph, self.bound, session.plan, &self.movable);
            let any = !found.is_empty();
            self.turns = Some(found);
            any
        };
        if tangled {
            cancels = cancels.max(MUCH);
        }
        if cancels < if broke { SOME } else { MUCH } {
            return Ok(None);
        }
        let again = self.moves > 0 && !broke && !tangled;
        if again && cancels > WORTH * self.last && !self.further(session.plan, cancels) {
            return Ok(None);
        }
        let (old, mut centres) = self.centres(session, first)?;
        // Where means say nothing, covariates may be too much alike.
        if broke && old.nodes == centres.nodes && !self.further(session.plan, cancels) {
            return Ok(None);
        }
        centres.split = self.split;
        centres.turns = self.turns.clone().unwrap_or_default();
        (self.moves, self.last) = (self.moves + 1, cancels);
        let Some(plan) = recentred(self.graph, self.bound, session.plan, &centres) else { return Ok(None) };
        let Some(plan) = self.plans.push(plan) else { return Ok(None) };
        let mut next = Session::new(plan, session.pool);
        next.iteration = session.iteration;
        let begun = fresh.filter(|_| !self.split).map(|start| next.initialise(self.graph, &start(plan)));
        match begun {
            Some(Ok(())) => {}
            _ => {
                let by: Vec<Vec<f64>> = old
                    .nodes
                    .iter()
                    .zip(&centres.nodes)
                    .map(|(old, new)| old.iter().zip(new).map(|(old, new)| old - new).collect())
                    .collect();
                next.carry(self.graph, session, &by)?;
            }
        }
        next.profile = std::mem::take(&mut session.profile);
        self.now = Some(centres);
        Ok(Some(next))
    }

    /// Other centres have not been enough: what selectors pick among gets a centre each; then blocks are turned; and
    /// turned back, where that has made it worse. False where nothing is left to try.
    fn further(&mut self, plan: &Plan, cancels: f64) -> bool {
        if !self.split && self.movable.can_split() {
            self.split = true;
            return true;
        }
        match &mut self.turns {
            None => {
                let found = turns(self.graph, self.bound, plan, &self.movable);
                let any = !found.is_empty();
                self.turns = Some(found);
                any
            }
            Some(turns) if !turns.is_empty() && cancels > self.last => {
                turns.clear();
                true
            }
            Some(_) => false,
        }
    }

    /// The centres that a session has, an element at a time, and those that its means say.
    fn centres(&self, session: &mut Session<'_>, first: bool) -> Result<(Centres, Centres), RunError> {
        let plan = session.plan;
        let moves = |n: NodeId| self.movable.nodes[n.0];
        let none = vec![vec![]; self.graph.nodes.len()];
        let mut old = Centres { nodes: none.clone(), ..Centres::default() };
        let mut new = Centres { nodes: none, ..Centres::default() };
        for (v, var) in plan.vars.enumerate() {
            for &node in var.nodes.iter().filter(|n| self.graph.nodes[n.0].spec.location) {
                let n = &self.graph.nodes[node.0];
                let width = n.event.map_or(1, |e| self.bound.size(e));
                let elements: usize = n.plates.iter().map(|&p| self.bound.plate(p).size).product();
                let all = (0..elements * width).map(|i| {
                    let of = plan.centre(node, i / width, width);
                    of.get(i % width).copied().unwrap_or(0.0)
                });
                old.nodes[node.0] = all.collect();
                let fixed = old.nodes[node.0].iter().all(|c| *c == 0.0) && !moves(node);
                if fixed {
                    old.nodes[node.0].clear();
                }
                new.nodes[node.0].clone_from(&old.nodes[node.0]);
            }
            let mine = var.nodes.iter().any(|n| moves(*n));
            if mine && let Storage::Stored = var.storage {
                let numbers = [session.state.eta(v), session.state.moments(v)];
                self.add_means(plan, v, numbers, None, &mut new);
            }
        }
        for s in plan.streams.ids().filter(|_| !first) {
            let of = |v: &VarId| {
                let var = &plan.vars[*v];
                var.stream() == Some(s) && var.nodes.iter().any(|n| moves(*n))
            };
            let wanted: Vec<VarId> = plan.vars.ids().filter(of).collect();
            if wanted.is_empty() {
                continue;
            }
            for (v, Emitted { eta, moments, .. }) in session.rows_of(s, &wanted)? {
                let file_rows = plan.streams[s].order.as_deref();
                self.add_means(plan, v, [&eta, &moments], file_rows, &mut new);
            }
        }
        if !self.split {
            for (n, centre) in new.nodes.iter_mut().enumerate().filter(|(n, _)| moves(NodeId(*n))) {
                self.movable.join(self.graph, self.bound, NodeId(n), centre);
            }
        }
        Ok((old, new))
    }

    /// Adds what a block's means are, about the centres that they have.
    fn add_means(
        &self,
        plan: &Plan,
        v: VarId,
        [eta, moments]: [&[f64]; 2],
        file_rows: Option<&[u32]>,
        to: &mut Centres,
    ) {
        let var = &plan.vars[v];
        let mut all: Vec<Vec<f64>> = (0..var.nodes.len())
            .map(|m| match self.graph.nodes[var.nodes[m].0].spec.location {
                true => var.shape.means(m, eta, moments),
                false => vec![],
            })
            .collect();
        if let Some(turn) = plan.turn(v) {
            all = turned(turn, var, &all);
        }
        for (member, &node) in var.nodes.iter().enumerate().filter(|(_, n)| self.movable.nodes[n.0]) {
            let means = &all[member];
            let order = element_order(&self.graph.nodes[node.0].plates, &var.plates_of(member), file_rows);
            let width = means.len() / order.len().max(1);
            for (place, mean) in means.chunks_exact(width.max(1)).enumerate() {
                let held = var.shape.held().filter(|h| h.known[place]);
                let mean = held.map_or(mean, |held| held.value(place));
                let to = &mut to.nodes[node.0][order[place] * width..][..width];
                to.iter_mut().zip(mean).filter(|(_, m)| m.is_finite()).for_each(|(c, m)| *c += m);
            }
        }
    }
}

/// Are entries of some block so much alike given each other that what is solved for has lost its digits?
fn tangled(session: &Session<'_>) -> bool {
    let plan = session.plan;
    plan.stored.iter().any(|&v| {
        let (shape, w) = (&plan.vars[v].shape, plan.vars[v].width);
        let eta = session.state.eta(v);
        let Some(d) = shape.entries().filter(|d| (2..=WATCHED).contains(d)) else { return false };
        if eta.len() > WATCHED * w {
            return false;
        }
        // Without the means, second moments are covariances.
        let (mut still, mut about) = (eta.to_vec(), vec![0.0; eta.len()]);
        still.chunks_exact_mut(w).for_each(|e| e[..d].fill(0.0));
        let done = shape.evaluate(Which::From(0), &still, &mut about, &mut vec![0.0; eta.len() / w]);
        let alike =
            |(e, v): (&[f64], &[f64])| (0..d).map(|i| d + i * d + i).any(|at| -2.0 * e[at] * v[at] > ALIKE);
        done.is_err() || eta.chunks_exact(w).zip(about.chunks_exact(w)).any(alike)
    })
}

/// Means of a block's members, in their own coordinates.
fn turned(turn: &Turn, var: &Var, means: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of = |node: NodeId| var.nodes.iter().position(|n| *n == node).unwrap_or(0);
    let mut out = means.to_vec();
    for to in &turn.members {
        let elements = means[of(to.node)].len() / to.count.max(1);
        for (e, i) in (0..elements).flat_map(|e| (0..to.count).map(move |i| (e, i))) {
            let row = turn.row(to.first + i);
            let from = turn.members.iter().map(|m| {
                let theirs = &means[of(m.node)][e * m.count..(e + 1) * m.count];
                dot(&row[m.first..m.first + m.count], theirs)
            });
            out[of(to.node)][e * to.count + i] = from.sum();
        }
    }
    out
}

/// Nothing is given: rows follow from the stored blocks.
struct Nothing;

impl First for Nothing {
    fn gives(&self, _: VarId) -> bool {
        false
    }
    fn write(&self, _: VarId, _: Range<usize>, _: &mut [f64]) {}
}

impl<'p> Session<'p> {
    /// Starts from where another has come to, in whose coordinates each node's values are less by `by`.
    fn carry(&mut self, graph: &FactorGraph, from: &Session<'p>, by: &[Vec<f64>]) -> Result<(), RunError> {
        let plan = self.plan;
        let order = order(plan);
        for &v in order.iter().filter(|&&v| plan.vars[v].storage == Storage::Stored) {
            let var = &plan.vars[v];
            let moves: Vec<Vec<f64>> = (0..var.nodes.len())
                .map(|member| {
                    let node = var.nodes[member];
                    let by = &by[node.0];
                    if by.is_empty() {
                        return vec![];
                    }
                    let places = element_order(&graph.nodes[node.0].plates, &var.plates_of(member), None);
                    let w = by.len() / places.len().max(1);
                    places.iter().flat_map(|&e| &by[e * w..(e + 1) * w]).copied().collect()
                })
                .collect();
            if plan.turn(v).is_some() {
                // What it was is in other coordinates: all that is known tells what it is in these.
                self.update_var(v, &|_| true)?;
                continue;
            }
            let shifted = var.shape.shifted(from.state.eta(v), &moves);
            let fits = shifted.filter(|eta| eta.len() == self.state.eta(v).len());
            let done = fits.is_some_and(|eta| {
                let mut to = self.state.take_eta(v, false);
                to.copy_from_slice(&eta);
                self.state.put_eta(v, to);
                (0..var.colours.len()).all(|colour| self.evaluate(v, colour).is_ok())
            });
            if done {
                self.state.has_moved(v);
            } else {
                let mine = |t: &Table| var.nodes.iter().any(|n| n.0 == t.node);
                self.update_var(v, &mine).or_else(|_| self.update_var(v, &|_| true))?;
            }
        }
        for s in plan.streams.ids() {
            self.first_pass(s, &order, &Nothing)?;
        }
        Ok(())
    }
}
