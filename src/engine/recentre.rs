//! A run moved to better centres, where its own means say that too little is left of what cancels: iterative
//! refinement. The next plan is about the means that q has now, its data are what these leave, and the run goes
//! on from the q that it has. Not here: how a model is written about other centres (`plan::recentre`), nor how
//! much cancels (`digits`).

mod carry;
mod shears;

use super::{
    emit::Emitted,
    error::{Breakdown, RunError},
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
        var::{Storage, Var},
    },
    shape::NodeId,
    start::Start,
};
use shears::Shears;
use std::cell::OnceCell;

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
    /// Vectors beside their precision matrices in other coordinates.
    shears: Shears,
    /// The last plan in which all that a selector picks among has one centre.
    whole: Option<&'p Plan>,
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
        Self {
            graph,
            bound,
            plans,
            movable,
            lines,
            moves: 0,
            split: false,
            turns: None,
            shears: Shears::default(),
            whole: None,
            last,
            now: None,
        }
    }

    /// Where the run has been moved to.
    pub(super) fn reached(&self) -> Option<Moved> {
        self.now.clone().map(|centres| Moved { centres, moves: self.moves, last: self.last })
    }

    /// The plan of a run that has been moved before.
    pub(super) fn again(&mut self, plan: &Plan, moved: &Moved) -> Result<&'p Plan, RunError> {
        let centres = moved.centres.clone();
        (self.moves, self.last, self.split) = (moved.moves, moved.last, centres.split);
        let (shears, turns): (Vec<Turn>, Vec<Turn>) =
            centres.turns.iter().cloned().partition(|t| t.is_shear(self.graph));
        self.turns = (!turns.is_empty()).then_some(turns);
        self.shears.now = shears;
        let plan = recentred(self.graph, self.bound, plan, &centres).and_then(|plan| self.plans.push(plan));
        self.now = Some(centres);
        let lost = || Breakdown::Improper("its centres are not those of this model".into());
        plan.ok_or_else(|| RunError::new(lost(), self.graph.name.clone(), 0))
    }

    /// Stays where it is.
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
        match next.initialise(self.graph, &start(plan)) {
            Ok(()) => {
                self.now = Some(centres);
                Ok(Some(next))
            }
            // What it has come to says where it could.
            Err(e) => self.moved(&mut next, Some(start), true)?.map_or(Err(e), |next| Ok(Some(next))),
        }
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
        let far = if first { f64::MAX } else { far() };
        let mut cancels = if first { f64::MAX } else { self.cancels(session).max(far) };
        cancels = cancels.max(self.shears.skewed((self.graph, self.bound, &self.movable), session));
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
        let before = self.shears.now.clone();
        // About centres far away, nothing is to be seen.
        let sheared = (self.moves > 0 || far == 0.0) && self.shear(session);
        let again = self.moves > 0 && !broke && !tangled && !sheared;
        if again && cancels > WORTH * self.last && !self.further(session.plan, cancels) {
            return Ok(None);
        }
        let (old, mut centres) = self.centres(session, first)?;
        // Where means say nothing, covariates may be too much alike.
        if broke && !sheared && old.nodes == centres.nodes && !self.further(session.plan, cancels) {
            return Ok(None);
        }
        (self.moves, self.last) = (self.moves + 1, cancels);
        let by: Vec<Vec<f64>> = old
            .nodes
            .iter()
            .zip(&centres.nodes)
            .map(|(old, new)| old.iter().zip(new).map(|(old, new)| old - new).collect())
            .collect();
        loop {
            centres.split = self.split;
            centres.turns = [self.turns.as_deref().unwrap_or_default(), &self.shears.now].concat();
            let mut plan = recentred(self.graph, self.bound, session.plan, &centres);
            if plan.is_none() && !self.shears.now.is_empty() {
                (self.shears.now, self.shears.able) = (vec![], Some(vec![]));
                centres.turns = self.turns.clone().unwrap_or_default();
                plan = recentred(self.graph, self.bound, session.plan, &centres);
            }
            let Some(plan) = plan.and_then(|plan| self.plans.push(plan)) else {
                self.shears.now = before;
                return Ok(None);
            };
            if !self.split {
                self.whole = Some(plan);
            }
            let mut next = Session::new(plan, session.pool);
            next.iteration = session.iteration;
            // Data of what has a centre for each component are told component by component: rows start as they do
            // where there is one for all, if there is no q yet to go on from.
            let begun = fresh.filter(|_| !self.split || first).map(|start| {
                let of = if self.split { self.whole.unwrap_or(session.plan) } else { plan };
                next.initialise(self.graph, &start(of))
            });
            if !matches!(begun, Some(Ok(()))) {
                // What keeps it from starting may be told by the numbers that it has.
                if begun.is_some() && self.shear(&next) {
                    continue;
                }
                if let Err(e) = next.carry(self.graph, session, &by) {
                    if self.shear(&next) {
                        continue;
                    }
                    self.shears.now = before;
                    return Err(e);
                }
            }
            next.profile = std::mem::take(&mut session.profile);
            self.now = Some(centres);
            return Ok(Some(next));
        }
    }

    /// Gives vectors other coordinates, where that is called for.
    fn shear(&mut self, session: &Session<'_>) -> bool {
        self.shears.more((self.graph, self.bound, &self.movable), session, &mut self.split)
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
            let order =
                || element_order(&self.graph.nodes[var.nodes[0].0].plates, &var.plates_of(0), file_rows);
            all = turned(turn, var, &all, order);
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

/// Means of a block's members, in their own coordinates. `order` has the places of the elements in that of the key.
fn turned(turn: &Turn, var: &Var, means: &[Vec<f64>], order: impl FnOnce() -> Vec<usize>) -> Vec<Vec<f64>> {
    let of = |node: NodeId| var.nodes.iter().position(|n| *n == node).unwrap_or(0);
    let (mut out, matrices) = (means.to_vec(), turn.in_order(order));
    let square = turn.d * turn.d;
    for to in &turn.members {
        let elements = means[of(to.node)].len() / to.count.max(1);
        for (e, i) in (0..elements).flat_map(|e| (0..to.count).map(move |i| (e, i))) {
            let row = &matrices[e * square % matrices.len() + (to.first + i) * turn.d..][..turn.d];
            let from = turn.members.iter().map(|m| {
                let theirs = &means[of(m.node)][e * m.count..(e + 1) * m.count];
                dot(&row[m.first..m.first + m.count], theirs)
            });
            out[of(to.node)][e * to.count + i] = from.sum();
        }
    }
    out
}
