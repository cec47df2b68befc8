//! Starts: stored blocks at their priors, and first responsibilities for selectors, so that components
//! differ. Not here: iterations.
//!
//! A selector whose components differ already (they are known arrays, or some of its categories are observed)
//! needs no start. Otherwise, where its children are numbers, or several categories a row, their statistics
//! are clustered by k-means++; where a row has only one symbol, groups of rows are clustered if the selector
//! has groups (`seeds`), else every symbol gets a random affinity to the components. Restart r > 0 draws
//! again and occupies fewer components, few and many in turn, since starts that occupy every component rarely
//! reach the best bound of an over-complete mixture.

use super::{
    Breakdown, RunError,
    given::{GivenStart, What},
    paths::given::First,
    seeds::Groups,
    session::Session,
    start_values,
};
use crate::{
    block::element::Which,
    expfam::stat::Arithmetic,
    graph::{
        FactorGraph,
        energy::{LabelId, Op, Role as LabelRole, Source},
    },
    num::stream::Stream as Random,
    plan::{
        Plan,
        arrays::Dense,
        layout::{List, VarId},
        table::{From, RowOperand, Table},
        var::Storage,
    },
    shape::NodeId,
};
use std::{collections::BTreeSet, ops::Range, sync::Arc};

/// First responsibilities of every selector that needs them.
#[derive(Debug)]
pub struct Start {
    seed: u64,
    restart: usize,
    /// By variable and member: several in a network of categories.
    given: List<VarId, Vec<Option<Given>>>,
    /// The caller's values and parameters, by variable.
    values: List<VarId, Vec<GivenStart>>,
}

/// First responsibilities of one selector.
#[derive(Debug)]
enum Given {
    /// A category for each element, in storage order.
    Labels(Vec<u32>),
    /// A row of responsibilities for each code of an array of codes.
    ByCode { codes: usize, table: Vec<f64> },
    /// Equal for all, but for cells that are known.
    Even,
    /// The caller's: elements × categories, in storage order.
    Rows(Arc<[f64]>),
}

/// Rows that k-means looks at, at most.
const SAMPLE: usize = 20_000;
/// Rounds of k-means after k-means++.
const ROUNDS: usize = 10;

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
        let given = plan
            .vars
            .ids()
            .map(|v| {
                let members =
                    if plan.vars[v].shape.tables().is_some() { plan.vars[v].nodes.len() } else { 1 };
                let mine = |m: usize| callers.iter().filter(move |g| (g.var, g.member) == (v, m));
                let rows = |g: &GivenStart| match &g.what {
                    What::Responsibilities(r) => Some(Given::Rows(r.clone())),
                    _ => None,
                };
                let of = |m: usize| {
                    mine(m).find_map(rows).or_else(|| given(graph, plan, v, m, seed, restart, &settled))
                };
                (0..members).map(of).collect()
            })
            .collect();
        Self { seed, restart, given, values }
    }

    /// Has variable `v` a first q of its own?
    fn gives(&self, v: VarId) -> bool {
        !self.values[v].is_empty() || self.given[v].iter().any(Option::is_some)
    }

    /// Do the values of a streamed variable have moments?
    fn check(&self, plan: &Plan, v: VarId) -> Result<(), Breakdown> {
        let w = plan.vars[v].width;
        let (mut eta, mut moments) = (vec![0.0; w], vec![0.0; w]);
        (0..plan.vars[v].elements())
            .try_for_each(|e| start_values::write(plan, v, &self.values[v], e, &mut eta, &mut moments))
    }

    /// Writes the moments of variable `v` for the places `range`; false where it has no start.
    fn write(&self, plan: &Plan, v: VarId, range: Range<usize>, out: &mut [f64]) -> bool {
        let var = &plan.vars[v];
        if !self.values[v].is_empty() {
            let mut eta = vec![0.0; out.len()];
            out.fill(0.0);
            // Elements of a streamed block have no prior of their own: its one node gives all. `check` has
            // found no fault in it.
            let first = range.start * var.inner();
            return start_values::write(plan, v, &self.values[v], first, &mut eta, out).is_ok();
        }
        if self.given[v].iter().all(Option::is_none) {
            return false;
        }
        // A member without a start is taken as even, members as independent.
        let (first, count) = (range.start * var.inner(), range.len() * var.inner());
        let members = (0..var.nodes.len()).map(|m| {
            let mut all = vec![0.0; count * var.shape.states(m)];
            self.write_member(plan, v, m, range.clone(), &mut all);
            all
        });
        var.shape.independent(Which::From(first), &members.collect::<Vec<_>>(), out);
        true
    }

    /// Writes the responsibilities of one member of variable `v` for the places `range`.
    fn write_member(&self, plan: &Plan, v: VarId, member: usize, range: Range<usize>, out: &mut [f64]) {
        let var = &plan.vars[v];
        let (k, inner) = (var.shape.states(member), var.inner());
        match &self.given[v][member] {
            None | Some(Given::Even) => out.fill(1.0 / k as f64),
            Some(Given::Rows(rows)) => {
                out.copy_from_slice(&rows[range.start * inner * k..range.end * inner * k])
            }
            Some(Given::Labels(labels)) => {
                out.fill(0.0);
                for (row, &label) in
                    out.chunks_exact_mut(k).zip(&labels[range.start * inner..range.end * inner])
                {
                    row[label as usize] = 1.0;
                }
            }
            Some(Given::ByCode { codes, table }) => {
                let codes = &plan.rows.codes[*codes];
                for (i, row) in out.chunks_exact_mut(k).enumerate() {
                    let code = codes.data[range.start + i / inner];
                    if code == u32::MAX {
                        row.fill(1.0 / k as f64);
                    } else {
                        row.copy_from_slice(&table[code as usize * k..(code as usize + 1) * k]);
                    }
                }
            }
        }
    }
}

/// The start as a pass asks for it.
struct StartMoments<'a> {
    start: &'a Start,
    plan: &'a Plan,
}

impl First for StartMoments<'_> {
    fn gives(&self, v: VarId) -> bool {
        self.start.gives(v)
    }
    fn write(&self, v: VarId, rows: Range<usize>, moments: &mut [f64]) {
        // `check` has found no fault in it.
        let _ = self.start.write(self.plan, v, rows, moments);
    }
}

impl Session<'_> {
    /// Stored blocks at their priors, parents first; then one pass with the given responsibilities.
    pub(super) fn initialise(&mut self, graph: &FactorGraph, start: &Start) -> Result<(), RunError> {
        let plan = self.plan;
        let order = order(plan);
        for &v in &order {
            let var = &plan.vars[v];
            if var.storage != Storage::Stored {
                continue;
            }
            let mine = |t: &crate::plan::table::Table| var.nodes.iter().any(|n| n.0 == t.node);
            self.update_var(v, &mine)?;
            if !start.values[v].is_empty() {
                let (mut eta, mut moments) = (self.state.eta(v).to_vec(), self.state.moments(v).to_vec());
                start_values::write(plan, v, &start.values[v], 0, &mut eta, &mut moments)
                    .map_err(|e| self.error(v, e))?;
                let to = self.state.change(v);
                to.0.copy_from_slice(&eta);
                to.1.copy_from_slice(&moments);
                self.clamp_stored(v);
                self.state.has_moved(v);
            } else if multiplied(graph, plan, v) {
                let mut random = Random::new(start.seed, &var.name, start.restart as u64);
                var.shape.nudge(&mut random, self.state.change(v).1);
                self.state.has_moved(v);
            }
            if start.given[v].iter().any(Option::is_some) {
                let first = |member: usize| match &start.given[v][member] {
                    Some(Given::Rows(rows)) => rows.to_vec(),
                    Some(_) => {
                        let name =
                            if var.nodes.len() > 1 { &plan.names[var.nodes[member].0] } else { &var.name };
                        let mut random = Random::new(start.seed, name, start.restart as u64);
                        let mut out = vec![0.0; var.elements() * var.shape.states(member)];
                        soft(var.shape.states(member), &mut random, &mut out);
                        out
                    }
                    None => {
                        vec![1.0 / var.shape.states(member) as f64; var.elements() * var.shape.states(member)]
                    }
                };
                let members: Vec<Vec<f64>> = (0..start.given[v].len()).map(first).collect();
                var.shape.independent(Which::From(0), &members, self.state.change(v).1);
                self.clamp_stored(v);
                self.state.has_moved(v);
            }
        }
        for s in plan.streams.ids() {
            for v in
                plan.vars.ids().filter(|&v| plan.vars[v].stream() == Some(s) && !start.values[v].is_empty())
            {
                start.check(plan, v).map_err(|e| self.error(v, e))?;
            }
            // Where nothing is given, the blocks of the rows follow from the stored ones.
            self.first_pass(s, &order, &StartMoments { start, plan })?;
        }
        Ok(())
    }
}

/// Is the block's Gaussian multiplied by another in some mean? At equal means such a product is a saddle that
/// no update leaves.
fn multiplied(graph: &FactorGraph, plan: &Plan, v: VarId) -> bool {
    let gaussian = |o: &&Op| match o.source {
        Source::Gaussian(_) => true,
        Source::Node(n) => {
            plan.blocks.roles[n.0].has_q() && graph.nodes[n.0].spec.stat.arithmetic == Arithmetic::Sum
        }
        _ => false,
    };
    let energy = &plan.blocks.energy;
    energy.holding(plan.source(v)).flat_map(|f| &energy.factor(f).terms).any(|t| {
        let mine = t.ops.iter().filter(gaussian).filter(|o| o.part == 0 && plan.var_of(o.source) == Some(v));
        mine.into_iter().any(|o| {
            t.ops.iter().filter(gaussian).any(|p| p.part == 0 && p.source != o.source && p.copy == o.copy)
        })
    })
}

/// Random responsibilities, far from even.
fn soft(k: usize, random: &mut Random, out: &mut [f64]) {
    let ones = vec![1.0; k];
    for row in out.chunks_exact_mut(k) {
        random.dirichlet(&ones, row);
    }
}

/// Blocks, parents first where the graph allows it; of those that could be next, the first.
pub(super) fn order(plan: &Plan) -> Vec<VarId> {
    let energy = &plan.blocks.energy;
    let parents = |v: VarId| -> BTreeSet<VarId> {
        let lines = plan.vars[v].nodes.iter().flat_map(|n| energy.lines(*n));
        let ops = lines.flat_map(|&f| &energy.factor(f).terms).flat_map(|t| &t.ops);
        ops.filter_map(|o| plan.var_of(o.source)).filter(|&p| p != v).collect()
    };
    let mut children = plan.vars.map(|_| vec![]);
    let mut missing = plan.vars.map(|_| 0);
    for v in plan.vars.ids() {
        for p in parents(v) {
            children[p].push(v);
            missing[v] += 1;
        }
    }
    let mut open: BTreeSet<VarId> = plan.vars.ids().collect();
    let mut ready: BTreeSet<VarId> = plan.vars.ids().filter(|&v| missing[v] == 0).collect();
    let mut out = vec![];
    while let Some(v) = ready.first().or(open.first()).copied() {
        ready.remove(&v);
        open.remove(&v);
        out.push(v);
        for &c in &children[v] {
            missing[c] -= 1;
            if missing[c] == 0 && open.contains(&c) {
                ready.insert(c);
            }
        }
    }
    out
}

/// What start a variable needs; of a network, one member of it. `settled` says which blocks start from the
/// caller's values.
fn given(
    graph: &FactorGraph,
    plan: &Plan,
    v: VarId,
    member: usize,
    seed: u64,
    restart: usize,
    settled: &dyn Fn(VarId) -> bool,
) -> Option<Given> {
    let var = &plan.vars[v];
    let node = *var.nodes.get(member)?;
    let name = if var.nodes.len() > 1 { &plan.names[node.0] } else { &var.name };
    if !graph.nodes[node.0].spec.stat.one_hot() {
        return None;
    }
    // Letters of its categories as a gate; and whether anything known differs along them.
    let mut gates = false;
    let energy = &plan.blocks.energy;
    for f in energy.holding(plan.source(v)).map(|f| energy.factor(f)) {
        for t in &f.terms {
            for letter in t.ops.iter().filter_map(|o| letter(plan, o, v, node)) {
                if f.labels[letter].role != LabelRole::Gate {
                    continue;
                }
                let gated =
                    |o: &&crate::graph::energy::Op| o.elements.iter().any(|e| e.label() == Some(letter));
                for g in t.ops.iter().filter(gated) {
                    // What the selector picks among differs by the caller's word.
                    if plan.var_of(g.source).is_some_and(settled) {
                        return None;
                    }
                    // Elements that meet each other under one known table may stand at a saddle between equal
                    // solutions.
                    let apart = var.colours.len() <= 1;
                    match g.source {
                        Source::Known(_) if apart => return None,
                        Source::Node(n) if apart && !plan.blocks.roles[n.0].has_q() => return None,
                        _ => gates = true,
                    }
                }
            }
        }
    }
    if !gates {
        return None;
    }
    let k = var.shape.states(member);
    if var.shape.has_known(Some(member)) {
        return Some(Given::Even);
    }
    if var.storage == Storage::Stored {
        // Filled at random when the session starts.
        return Some(Given::Even);
    }
    let mut random = Random::new(seed, name, restart as u64);
    let occupied = occupied(k, restart);
    let features = Features::of(plan, v);
    if features.width > 0 {
        let labels = features.cluster(occupied, &mut random);
        let inner = var.inner();
        return Some(Given::Labels(labels.into_iter().flat_map(|l| std::iter::repeat_n(l, inner)).collect()));
    }
    let codes = single_codes(plan, v)?;
    let levels =
        plan.rows.codes[codes].data.iter().filter(|&&c| c != u32::MAX).max().map_or(0, |m| *m as usize + 1);
    let ascent = var.stream().and_then(|s| plan.local_ascent(s)).filter(|a| a.selector == v);
    if let Some(ascent) = ascent {
        let weight = plan.streams[ascent.stream].weight.as_deref();
        let levels_of = &plan.rows.codes[ascent.codes].data;
        let mut places: Vec<Range<u32>> = ascent.starts.windows(2).map(|w| w[0]..w[1]).collect();
        places.sort_by_key(|p| levels_of[p.start as usize]);
        let groups = Groups { places, symbols: &plan.rows.codes[codes].data, weight };
        if let Some(table) = groups.affinity(levels, k, occupied, &mut random) {
            return Some(Given::ByCode { codes, table });
        }
    }
    let mut table = vec![0.0; levels * k];
    let ones = vec![1.0; occupied];
    for row in table.chunks_exact_mut(k) {
        random.dirichlet(&ones, &mut row[..occupied]);
    }
    Some(Given::ByCode { codes, table })
}

/// The letter of a node's category in an operand of its variable.
fn letter(plan: &Plan, op: &Op, v: VarId, node: NodeId) -> Option<LabelId> {
    match op.source {
        Source::Node(n) if n == node => Some(op.axes[0]),
        Source::Network(n) if plan.var_of(op.source) == Some(v) => {
            let network = &plan.blocks.networks[n];
            let place = network.scopes[op.part].iter().position(|&m| network.members[m] == node)?;
            Some(op.axes[place])
        }
        _ => None,
    }
}

/// How many components a start occupies: all at first, then shares of them from the van der Corput sequence
/// ½, ¼, ¾, ⅛, …, so that a handful of restarts has tried few and many.
fn occupied(k: usize, restart: usize) -> usize {
    let (mut share, mut digit, mut r) = (0.0, 0.5, restart);
    while r > 0 {
        share += digit * (r % 2) as f64;
        digit /= 2.0;
        r /= 2;
    }
    if restart == 0 { k } else { 1 + (k as f64 * share) as usize }
}

/// The one array of symbols that rows of a selector have, in one column.
fn single_codes(plan: &Plan, v: VarId) -> Option<usize> {
    let child = |t: &&crate::plan::table::Table| {
        t.reads(v) && t.pair.is_none() && !plan.vars[v].nodes.iter().any(|n| n.0 == t.node)
    };
    plan.tables.iter().filter(child).flat_map(|t| &t.operands).find_map(|o| match o.from {
        From::Codes(id) if plan.rows.codes[id].data.len() == plan.rows.codes[id].rows => Some(id),
        _ => None,
    })
}

/// Numbers by row that tell components apart: observed values, and indicators of categories that stand
/// several to a row.
struct Features {
    rows: usize,
    width: usize,
    values: Vec<(Dense, usize)>,
    codes: Vec<(Arc<[u32]>, usize, usize)>,
}

impl Features {
    fn of(plan: &Plan, v: VarId) -> Self {
        let rows = plan.vars[v].plates.first().map_or(0, |p| p.1);
        let mut f = Self { rows, width: 0, values: vec![], codes: vec![] };
        let child = |t: &&Table, v: VarId| t.reads(v) && !plan.vars[v].nodes.iter().any(|n| n.0 == t.node);
        f.read(plan, &mut plan.tables.iter().filter(|t| child(t, v)));
        if f.width == 0 && f.codes.is_empty() {
            // Nothing that is seen depends on it at once: what is seen of its children, and how that moves
            // from row to row.
            let streamed = |o: &RowOperand| match o.from {
                From::Streamed { var, .. } if var != v => Some(var),
                _ => None,
            };
            let between: Vec<VarId> = plan
                .tables
                .iter()
                .filter(|t| child(t, v))
                .flat_map(|t| &t.operands)
                .filter_map(streamed)
                .collect();
            f.read(
                plan,
                &mut plan.tables.iter().filter(|t| between.iter().any(|&u| child(t, u) && !t.reads(v))),
            );
            f.values.extend(f.values.clone().into_iter().map(|(x, w)| (differences(&x, w, rows), w)));
            f.width = f.values.iter().map(|v| v.1).sum();
            f.codes.clear();
        }
        f
    }

    fn read(&mut self, plan: &Plan, tables: &mut dyn Iterator<Item = &Table>) {
        let f = self;
        let mut seen = vec![];
        for t in tables {
            for o in &t.operands {
                match o.from {
                    // A vector of which some cells are missing: those that are there.
                    From::Streamed { var, .. } => {
                        if let Some((values, known)) = plan.vars[var].shape.cells()
                            && !seen.contains(&var)
                        {
                            let w = plan.vars[var].inner() * plan.vars[var].d;
                            seen.push(var);
                            f.values.push((filled(values, known, w), w));
                            f.width += w;
                        }
                    }
                    From::Dense(id) => {
                        let array = &plan.rows.dense[id];
                        let same = |x: &Dense| matches!((x, array), (Dense::Part { values: a, .. }, Dense::Part { values: b, .. }) if a.same(b));
                        if let Dense::Part { inner, value_width, .. } = array
                            && !f.values.iter().any(|(x, _)| same(x))
                        {
                            f.values.push((array.clone(), inner * value_width));
                            f.width += inner * value_width;
                        }
                    }
                    From::Codes(id) => {
                        let c = &plan.rows.codes[id];
                        let columns = c.data.len() / c.rows.max(1);
                        if columns > 1 && !f.codes.iter().any(|(x, ..)| Arc::ptr_eq(x, &c.data)) {
                            let levels = c
                                .data
                                .iter()
                                .filter(|&&x| x != u32::MAX)
                                .max()
                                .map_or(0, |m| *m as usize + 1);
                            f.codes.push((c.data.clone(), columns, levels));
                            f.width += columns * levels;
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn row(&self, place: usize, out: &mut [f64]) {
        let mut at = 0;
        for (v, w) in &self.values {
            v.write_values(place, &mut out[at..at + w]);
            at += w;
        }
        for (codes, columns, levels) in &self.codes {
            let here = &mut out[at..at + columns * levels];
            here.fill(0.0);
            for c in 0..*columns {
                let code = codes[c * self.rows + place];
                if code != u32::MAX {
                    here[c * levels + code as usize] = 1.0;
                }
            }
            at += columns * levels;
        }
    }

    /// k-means++ and a few rounds of k-means on a sample, every number over its standard deviation; then the
    /// nearest centre of every row.
    fn cluster(&self, k: usize, random: &mut Random) -> Vec<u32> {
        let w = self.width;
        let take = self.rows.min(SAMPLE);
        let mut sample = vec![0.0; take * w];
        for (i, row) in sample.chunks_exact_mut(w).enumerate() {
            let place = if take == self.rows { i } else { random.below(self.rows) };
            self.row(place, row);
        }
        let mut mean = vec![0.0; w];
        let mut scale = vec![0.0; w];
        for row in sample.chunks_exact(w) {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += x / take as f64);
        }
        for row in sample.chunks_exact(w) {
            scale
                .iter_mut()
                .zip(row)
                .zip(&mean)
                .for_each(|((s, x), m)| *s += (x - m) * (x - m) / take as f64);
        }
        // A number that never varies tells nothing apart.
        scale.iter_mut().for_each(|s| *s = if *s > 0.0 { s.sqrt().recip() } else { 0.0 });
        sample.chunks_exact_mut(w).for_each(|row| row.iter_mut().zip(&scale).for_each(|(x, s)| *x *= s));
        let mut centres = seeds(&sample, w, k, random);
        for _ in 0..ROUNDS {
            let mut sums = vec![0.0; centres.len()];
            let mut counts = vec![0.0; k];
            for row in sample.chunks_exact(w) {
                let c = nearest(row, &centres, w).0;
                counts[c] += 1.0;
                sums[c * w..(c + 1) * w].iter_mut().zip(row).for_each(|(s, x)| *s += x);
            }
            for c in (0..k).filter(|&c| counts[c] > 0.0) {
                centres[c * w..(c + 1) * w]
                    .iter_mut()
                    .zip(&sums[c * w..])
                    .for_each(|(m, s)| *m = s / counts[c]);
            }
        }
        let mut row = vec![0.0; w];
        (0..self.rows)
            .map(|place| {
                self.row(place, &mut row);
                row.iter_mut().zip(&scale).for_each(|(x, s)| *x *= s);
                nearest(&row, &centres, w).0 as u32
            })
            .collect()
    }
}

/// Each number less that of the row before.
fn differences(values: &Dense, w: usize, rows: usize) -> Dense {
    let mut all = vec![0.0; rows * w];
    all.chunks_exact_mut(w).enumerate().for_each(|(place, row)| values.write_values(place, row));
    let data = (0..all.len()).map(|i| if i < w { 0.0 } else { all[i] - all[i - w] }).collect();
    Dense::Plain { data, width: w }
}

/// Rows of `w` numbers with their column's mean where a cell is missing.
fn filled(values: &[f64], known: &[bool], w: usize) -> Dense {
    let mean = |c: usize| {
        let there = || (c..values.len()).step_by(w).filter(|&i| known[i]);
        there().map(|i| values[i]).sum::<f64>() / there().count().max(1) as f64
    };
    let means: Vec<f64> = (0..w).map(mean).collect();
    let data = (0..values.len()).map(|i| if known[i] { values[i] } else { means[i % w] }).collect();
    Dense::Plain { data, width: w }
}

/// k-means++: each next centre is a row drawn with probability proportional to its squared distance from the
/// nearest centre.
fn seeds(sample: &[f64], w: usize, k: usize, random: &mut Random) -> Vec<f64> {
    let rows = sample.len() / w;
    let mut centres = Vec::with_capacity(k * w);
    let first = random.below(rows.max(1));
    centres.extend_from_slice(&sample[first * w..(first + 1) * w]);
    let mut distance: Vec<f64> = sample.chunks_exact(w).map(|r| squared(r, &centres[..w])).collect();
    while centres.len() < k * w {
        let next = if distance.iter().sum::<f64>() > 0.0 {
            random.categorical(&distance)
        } else {
            random.below(rows)
        };
        let from = centres.len();
        centres.extend_from_slice(&sample[next * w..(next + 1) * w]);
        for (d, r) in distance.iter_mut().zip(sample.chunks_exact(w)) {
            *d = d.min(squared(r, &centres[from..]));
        }
    }
    centres
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

fn nearest(row: &[f64], centres: &[f64], w: usize) -> (usize, f64) {
    let each = centres.chunks_exact(w).map(|c| squared(row, c)).enumerate();
    each.fold((0, f64::INFINITY), |best, (i, d)| if d < best.1 { (i, d) } else { best })
}
