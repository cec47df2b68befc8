//! A rotation at work: the R by which blocks are multiplied, and others by R⁻ᵀ, so that the bound rises most. The
//! lines that hold both sides stay as they are; what moves are priors and entropies, and for these all that counts
//! of rows is in their statistics: a small problem, climbed with a few steps of L-BFGS. Not here: which blocks may be
//! rotated (`plan::rotation`), nor when (`schedule`).
//!
//! A rotation is exact: η of stored blocks, and statistics and entropies of rows, are those of the rotated q. Other
//! blocks of the lines that change are brought up to date with each R. What follows is an ordinary iteration, which
//! begins with these.

use super::{error::RunError, memory::Before, session::Session};
use crate::{
    num::{
        reduce::{all_finite, dot},
        square::{exp, identity, inverse, product, transpose},
    },
    plan::{
        layout::VarId,
        rotation::{Rotation, Side},
        table::Table,
        var::Storage,
    },
};
use std::collections::BTreeSet;

/// Steps of one rotation, at most.
const STEPS: usize = 30;
/// Times that a step is shortened, at most.
const SHORTER: usize = 8;
/// Pairs of steps and slopes that are kept.
const MEMORY: usize = 12;
/// A step of R's logarithm is no longer than this.
const LONGEST: f64 = 1.0;
/// A step rises by this share of what its slope says, at least.
const ARMIJO: f64 = 1e-4;
/// A rotation ends where the next step is foreseen to gain less than this share of the bound.
const ENOUGH: f64 = 1e-12;
/// Or less than this share of what all its steps have gained.
const SHARE: f64 = 1e-3;

impl Session<'_> {
    /// Rotates all groups of blocks, each by what raises the bound most; says whether any did. If not, all is as it
    /// was, to the last bit.
    pub(super) fn rotate(&mut self, elbo: f64) -> Result<bool, RunError> {
        let plan = self.plan;
        if !self.prior.is_empty() {
            return Ok(false);
        }
        let mut before = std::mem::take(&mut self.before);
        before.statistics.clear();
        before.statistics.extend_from_slice(self.statistics.numbers());
        let mut any = false;
        for rotation in &plan.rotations {
            // A path that knows energies better than their products says nothing of rotated ones.
            if rotation.summed.iter().any(|(_, t, _)| self.told(*t).is_some()) {
                continue;
            }
            match self.climb(rotation, &mut before, elbo) {
                Ok(gained) => any |= gained,
                Err(e) => {
                    self.before = before;
                    return Err(e);
                }
            }
        }
        self.before = before;
        Ok(any)
    }

    /// Back to what was before the rotations of this iteration.
    pub(super) fn rotate_back(&mut self) {
        self.back();
        let before = std::mem::take(&mut self.before);
        let plan = self.plan;
        self.statistics.put(plan, &before.statistics);
        self.before = before;
    }

    fn climb(&mut self, of: &Rotation, before: &mut Before, elbo: f64) -> Result<bool, RunError> {
        let (q, plan) = (of.size, self.plan);
        let first: Vec<f64> = self.statistics.numbers().to_vec();
        let touched: Vec<VarId> =
            of.sides.iter().flatten().map(|s| s.var).chain(of.readers.iter().copied()).collect();
        before.etas = touched.iter().map(|&v| self.state.eta(v).to_vec()).collect();
        before.entropies = touched.iter().map(|&v| self.state.entropy(v)).collect();
        let start = self.value(of);
        let counts: f64 = of.sides.iter().flatten().map(|s| count(&plan.vars[s.var])).sum();
        let enough = ENOUGH * elbo.abs().max(1.0);
        let mut slope = self.slope(of);
        if dot(&slope, &slope) / counts < enough {
            return Ok(false);
        }
        let (mut r, mut best) = (identity(q), start);
        let mut memory: Vec<(Vec<f64>, Vec<f64>)> = vec![];
        for _ in 0..STEPS {
            let mut step = direction(&memory, &slope, 1.0 / counts);
            let mut rise = dot(&step, &slope);
            if rise <= 0.0 {
                memory.clear();
                step = slope.iter().map(|x| x / counts).collect();
                rise = dot(&step, &slope);
            }
            let gained = best - start;
            if rise.is_nan() || rise <= enough.max(SHARE * gained) {
                break;
            }
            let length = dot(&step, &step).sqrt();
            let mut times = (LONGEST / length).min(1.0);
            let mut moved = None;
            for _ in 0..SHORTER {
                let by: Vec<f64> = step.iter().map(|x| x * times).collect();
                let next = product(q, &exp(q, &by), &r);
                if self.apply(of, &next, before, &first).is_ok() {
                    let value = self.value(of);
                    if value >= best + ARMIJO * times * rise {
                        moved = Some((by, next, value));
                        break;
                    }
                }
                times /= 4.0;
            }
            let Some((by, next, value)) = moved else {
                self.apply(of, &r, before, &first)?;
                break;
            };
            (r, best) = (next, value);
            let now = self.slope(of);
            let change: Vec<f64> = slope.iter().zip(&now).map(|(a, b)| a - b).collect();
            // The bound is concave along the step, or the pair says nothing.
            if dot(&by, &change) > 1e-10 * dot(&by, &by).sqrt() * dot(&change, &change).sqrt() {
                if memory.len() == MEMORY {
                    memory.remove(0);
                }
                memory.push((by, change));
            }
            slope = now;
        }
        if best - start > enough {
            return Ok(true);
        }
        // As it was, to the last bit.
        self.put_etas(&touched, before)?;
        self.statistics.put(plan, &first);
        Ok(false)
    }

    fn put_etas(&mut self, touched: &[VarId], before: &Before) -> Result<(), RunError> {
        let plan = self.plan;
        for ((&v, eta), entropy) in touched.iter().zip(&before.etas).zip(&before.entropies) {
            if plan.vars[v].storage == Storage::Stored {
                self.put(v, eta)?;
            }
            self.state.set_entropy(v, *entropy);
        }
        Ok(())
    }

    /// The state rotated by R from what it was before; what reads the blocks follows.
    fn apply(&mut self, of: &Rotation, r: &[f64], before: &Before, first: &[f64]) -> Result<(), RunError> {
        let (q, plan) = (of.size, self.plan);
        let improper = |session: &Self, v: VarId| {
            session.error(v, super::error::Breakdown::Improper("a rotation went too far".into()))
        };
        let any = of.sides[0][0].var;
        let (back, ln_det) =
            inverse(q, r).filter(|(b, _)| all_finite(b)).ok_or_else(|| improper(self, any))?;
        let against = transpose(q, &back);
        self.statistics.lend().copy_from_slice(first);
        let mut at = 0;
        for (side, (map, eta_map, ln_det)) in
            of.sides.iter().zip([(r, &against[..], ln_det), (&against[..], r, -ln_det)])
        {
            for side in side {
                let var = &plan.vars[side.var];
                if var.storage == Storage::Stored {
                    let mut eta = before.etas[at].clone();
                    turn_eta(&mut eta, var.shape.rotates().unwrap_or(0), *side, q, eta_map);
                    self.put(side.var, &eta)?;
                } else {
                    for (_, t, letters) in of.summed.iter().filter(|x| x.0 == side.var) {
                        let table = &plan.tables[*t];
                        for letter in letters {
                            turn_axis(self.statistics.packed_mut(plan, *t), stride(table, *letter), q, map);
                        }
                    }
                    let entropy = before.entropies[at] + ln_det * var.elements() as f64;
                    self.state.set_entropy(side.var, entropy);
                }
                at += 1;
            }
        }
        self.statistics.unpack_all(plan);
        for &v in &of.readers {
            self.update_var(v, &|_| true)?;
        }
        Ok(())
    }

    /// The part of the bound that moves with R.
    fn value(&mut self, of: &Rotation) -> f64 {
        let mut sum = 0.0;
        for &t in &of.valued {
            self.refresh_table(t);
            self.refresh_statistic(t);
            sum += dot(self.tables.of(t), self.statistics.packed(self.plan, t));
        }
        let vars = of.sides.iter().flatten().map(|s| s.var).chain(of.readers.iter().copied());
        sum + vars.map(|v| self.state.entropy(v)).sum::<f64>()
    }

    /// Its slope in D, where R becomes (1 + D) R.
    fn slope(&mut self, of: &Rotation) -> Vec<f64> {
        let (q, plan) = (of.size, self.plan);
        let lines: BTreeSet<usize> = of.changed.iter().map(|&t| plan.tables[t].factor).collect();
        for &t in &of.changed {
            self.refresh_table(t);
            self.refresh_statistic(t);
        }
        let mut sides = [vec![0.0; q * q], vec![0.0; q * q]];
        for (side, slope) in of.sides.iter().zip(&mut sides) {
            for side in side {
                let var = &plan.vars[side.var];
                let copies = count(var);
                (0..q).for_each(|a| slope[a * q + a] += copies);
                if var.storage == Storage::Stored {
                    let mut message = vec![0.0; self.state.eta(side.var).len()];
                    let counts = |t: &Table| lines.contains(&t.factor);
                    self.messages(side.var, 0, &counts, &mut message);
                    let d = var.shape.rotates().unwrap_or(0);
                    for (m, x) in message
                        .chunks_exact(var.width)
                        .zip(self.state.moments(side.var).chunks_exact(var.width))
                    {
                        add_slope(m, x, d, *side, q, slope);
                    }
                } else {
                    for (_, t, letters) in
                        of.summed.iter().filter(|x| x.0 == side.var && of.changed.contains(&x.1))
                    {
                        let table = &plan.tables[*t];
                        let (values, sums) = (self.tables.of(*t), self.statistics.packed(plan, *t));
                        for letter in letters {
                            add_axis_slope(values, sums, stride(table, *letter), q, slope);
                        }
                    }
                }
            }
        }
        let [plus, minus] = sides;
        (0..q * q).map(|i| plus[i] - minus[i % q * q + i / q]).collect()
    }
}

/// How often ln |R| is in a block's entropy.
fn count(var: &crate::plan::var::Var) -> f64 {
    var.elements() as f64
}

/// Numbers between neighbours along a letter of a table.
fn stride(table: &Table, letter: u16) -> usize {
    table.seen.0.iter().find(|a| a.0 == letter).map_or(0, |a| a.1)
}

/// Multiplies an array by a matrix along one axis.
fn turn_axis(x: &mut [f64], stride: usize, q: usize, by: &[f64]) {
    let mut old = vec![0.0; q];
    for block in x.chunks_exact_mut(q * stride) {
        for i in 0..stride {
            (0..q).for_each(|a| old[a] = block[a * stride + i]);
            (0..q).for_each(|a| block[a * stride + i] = dot(&by[a * q..(a + 1) * q], &old));
        }
    }
}

/// Natural parameters of vectors whose entries on a side are multiplied by L, where `by` is L⁻ᵀ.
fn turn_eta(eta: &mut [f64], d: usize, side: Side, q: usize, by: &[f64]) {
    let mut old = vec![0.0; q];
    let at = |a: usize| side.first + a * side.step;
    for e in eta.chunks_exact_mut(d + d * d) {
        let (h, j) = e.split_at_mut(d);
        let mut turn = |x: &mut [f64], first: usize, each: usize| {
            (0..q).for_each(|a| old[a] = x[first + at(a) * each]);
            (0..q).for_each(|a| x[first + at(a) * each] = dot(&by[a * q..(a + 1) * q], &old));
        };
        turn(h, 0, 1);
        (0..d).for_each(|k| turn(j, k, d));
        (0..d).for_each(|k| turn(j, k * d, 1));
    }
}

/// Adds the slope of ⟨m, t(x)⟩ where the entries on a side become (1 + D) times themselves.
fn add_slope(m: &[f64], x: &[f64], d: usize, side: Side, q: usize, slope: &mut [f64]) {
    let at = |a: usize| side.first + a * side.step;
    let ((m1, m2), (x1, x2)) = (m.split_at(d), x.split_at(d));
    for a in 0..q {
        for c in 0..q {
            let (i, k) = (at(a), at(c));
            let second: f64 = (0..d).map(|b| (m2[i * d + b] + m2[b * d + i]) * x2[k * d + b]).sum();
            slope[a * q + c] += m1[i] * x1[k] + second;
        }
    }
}

/// Adds the slope of ⟨T, G⟩ where G becomes (1 + D) G along one axis.
fn add_axis_slope(t: &[f64], g: &[f64], stride: usize, q: usize, slope: &mut [f64]) {
    for (t, g) in t.chunks_exact(q * stride).zip(g.chunks_exact(q * stride)) {
        for a in 0..q {
            for c in 0..q {
                slope[a * q + c] += dot(&t[a * stride..(a + 1) * stride], &g[c * stride..(c + 1) * stride]);
            }
        }
    }
}

/// The ascent direction of L-BFGS (Nocedal and Wright, algorithm 7.4), with `scale` where nothing is known yet.
fn direction(memory: &[(Vec<f64>, Vec<f64>)], slope: &[f64], scale: f64) -> Vec<f64> {
    let mut out = slope.to_vec();
    let add =
        |out: &mut [f64], times: f64, x: &[f64]| out.iter_mut().zip(x).for_each(|(o, x)| *o += times * x);
    let mut shares = vec![];
    for (s, y) in memory.iter().rev() {
        let share = dot(s, &out) / dot(s, y);
        shares.push(share);
        add(&mut out, -share, y);
    }
    let scale = memory.last().map_or(scale, |(s, y)| dot(s, y) / dot(y, y));
    out.iter_mut().for_each(|x| *x *= scale);
    for ((s, y), share) in memory.iter().zip(shares.into_iter().rev()) {
        let other = dot(y, &out) / dot(s, y);
        add(&mut out, share - other, s);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{graph::Bound, plan::Plan, start::Start};

    /// Y of N rows and three columns, as cells of a table: every tenth is missing if `holes`.
    fn table(rows: usize, holes: bool) -> String {
        let cell = |n: usize, j: usize| match holes && (n * 3 + j) % 10 == 4 {
            true => "\"\"".to_string(),
            false => {
                format!("{}", (((n * 37 + j * 11) % 23) as f64 - 11.0) / 7.0 + ((n % 5) * j) as f64 / 4.0)
            }
        };
        let column = |j: usize| {
            format!("\"y{j}\": [{}]", (0..rows).map(|n| cell(n, j)).collect::<Vec<_>>().join(", "))
        };
        (0..3).map(column).collect::<Vec<_>>().join(", ")
    }

    /// Factors with relevances and an intercept in the loadings' block; dynamics with loadings; a product of two
    /// stored blocks.
    fn models() -> Vec<(String, usize)> {
        let factors = |holes: bool| {
            format!(
                r#"Model(data: {{ "t": {{ {} }} }},
                plates: {{ "n": Rows(table: "t"), "j": Columns(table: "t"), "i": Size(2) }},
                nodes: {{ "alpha[i]": Gamma(shape: 1, rate: 1), "W[j,i]": Normal(mean: 0, precision: "alpha[i]"),
                "m[j]": Normal(mean: 0, precision: 0.1), "tau[j]": Gamma(shape: 2, rate: 1),
                "h[n,i]": Normal(mean: 0.3, precision: 1),
                "y[n,j]": Normal(mean: "dot(W[j], h[n]) + m[j]", precision: "tau[j]") }}, observe: {{ "y": "t" }})"#,
                table(23, holes)
            )
        };
        let dynamics = format!(
            r#"Model(data: {{ "t": {{ {} }} }},
            plates: {{ "t": Steps(table: "t"), "j": Columns(table: "t"), "i": Size(2), "p": Size(2) }},
            nodes: {{ "alpha[p]": Gamma(shape: 1, rate: 1), "A[i,p]": Normal(mean: 0, precision: "alpha[p]"),
            "gamma[p]": Gamma(shape: 1, rate: 1), "C[j,p]": Normal(mean: 0, precision: "gamma[p]"),
            "h[0,i]": Normal(mean: 0, precision: 1), "h[t,i]": Normal(mean: "dot(A[i], h[t-1])", precision: 1),
            "r[j]": Gamma(shape: 1, rate: 1), "y[t,j]": Normal(mean: "dot(C[j], h[t])", precision: "r[j]") }},
            observe: {{ "y": "t" }})"#,
            table(31, true)
        );
        let product = r#"Model(data: { "t": { "y": [1, 2, 0.5, -1, 3, 1.5, 0, 2], "u": [1, 1, 2, 2, 3, 3, 4, 4],
            "v": [1, 2, 2, 3, 3, 1, 1, 3] } }, plates: { "r": Rows(table: "t"), "u": Groups(column: "t.u"),
            "v": Groups(column: "t.v"), "i": Size(2) }, nodes: { "a[u,i]": Normal(mean: 0, precision: 1),
            "b[v,i]": Normal(mean: 0.5, precision: 1), "tau": Gamma(shape: 1, rate: 1),
            "y[r]": Normal(mean: "dot(a[u[r]], b[v[r]])", precision: "tau") }, observe: { "y": "y" })"#;
        // With the number of blocks that follow.
        vec![(factors(false), 1), (factors(true), 1), (dynamics, 2), (product.to_string(), 0)]
    }

    fn planned(text: &str) -> (crate::graph::FactorGraph, Bound, Plan) {
        let source = crate::source::Source::new("test.ron", text);
        let mut diags = crate::diag::Diagnostics::default();
        let model = crate::syntax::parse(&source, &mut diags).unwrap();
        let graph = crate::pipeline::graph(&model, &source, &mut diags).unwrap();
        let files = crate::data::MemoryFiles::default();
        let bound = crate::pipeline::bind(&model, &graph, &files, &|_| None, &source, &mut diags).unwrap();
        let plan = crate::pipeline::plan(&graph, &bound, &mut diags).unwrap();
        (graph, bound, plan)
    }

    /// Law A2, and the slope of what changes: that of central differences.
    #[test]
    fn a_rotation_leaves_the_energy_of_what_is_observed() {
        for (text, readers) in models() {
            let (graph, _, plan) = planned(&text);
            let [rotation] = plan.rotations.as_slice() else { panic!("one rotation\n{text}") };
            assert_eq!((rotation.size, rotation.readers.len()), (2, readers), "{text}");
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let mut session = Session::new(&plan, &pool);
            session.initialise(&graph, &Start::new(&graph, &plan, 0, 0, &[])).unwrap();
            let mut terms = vec![];
            for _ in 0..3 {
                plan.schedule.iter().for_each(|&s| session.step(s, &mut terms).unwrap());
            }
            session.state.mark();
            let observed: Vec<usize> =
                (0..graph.nodes.len()).filter(|&n| graph.nodes[n].observed.is_some()).collect();
            let of = Rotation { readers: vec![], ..rotation.clone() };
            let before = Before {
                etas: of.sides.iter().flatten().map(|s| session.state.eta(s.var).to_vec()).collect(),
                entropies: of.sides.iter().flatten().map(|s| session.state.entropy(s.var)).collect(),
                ..Before::default()
            };
            let first = session.statistics.numbers().to_vec();
            let by = [0.3, -0.2, 0.5, 0.1];
            let here = exp(2, &by);
            session.apply(&of, &here, &before, &first).unwrap();
            let (mut now, value, slope) = (vec![], session.value(&of), session.slope(&of));
            session.terms(&mut now).unwrap();
            for &n in &observed {
                let (a, b) = (terms[n], now[n]);
                assert!(
                    (a - b).abs() <= 1e-10 * a.abs().max(1.0),
                    "{}: {a} became {b}\n{text}",
                    plan.names[n]
                );
            }
            // All that changes is in the value.
            let [all, all_now] = [&terms, &now].map(|t| crate::num::reduce::sum(t));
            session.apply(&of, &identity(2), &before, &first).unwrap();
            let start = session.value(&of);
            assert!((all_now - all - (value - start)).abs() <= 1e-9 * all.abs().max(1.0), "{text}");
            for i in 0..4 {
                let mut at = |h: f64| {
                    let mut d = [0.0; 4];
                    d[i] = h;
                    session.apply(&of, &product(2, &exp(2, &d), &here), &before, &first).unwrap();
                    session.value(&of)
                };
                let h = 1e-5;
                let want = (at(h) - at(-h)) / (2.0 * h);
                let close = (slope[i] - want).abs() <= 1e-5 * want.abs().max(1.0);
                assert!(close, "slope {i}: {} and {want}\n{text}", slope[i]);
            }
        }
    }

    /// A rotation raises the bound, and one that is taken back leaves every bit.
    #[test]
    fn a_rotation_climbs_and_goes_back() {
        for (text, _) in models() {
            let (graph, _, plan) = planned(&text);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let mut session = Session::new(&plan, &pool);
            session.initialise(&graph, &Start::new(&graph, &plan, 0, 0, &[])).unwrap();
            let mut terms = vec![];
            plan.schedule.iter().for_each(|&s| session.step(s, &mut terms).unwrap());
            session.state.mark();
            let (good, elbo) = (session.snapshot(), crate::num::reduce::sum(&terms));
            assert!(session.rotate(elbo).unwrap(), "{text}");
            session.terms(&mut terms).unwrap();
            assert!(crate::num::reduce::sum(&terms) > elbo, "{text}");
            session.rotate_back();
            assert_eq!(session.snapshot(), good);
        }
    }
}
