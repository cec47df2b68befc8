//! Quantities that a model derives of its random variables: exact where they are linear in one Gaussian vector, or
//! in several that q keeps apart; else from draws of q, with the error of the draws. Not here: how they are written
//! (`graph::resolve`), nor how they are printed (`report`).

use super::{
    combine::scale_of,
    draws::Drawing,
    linear::{Linear, linear},
    shared::Shared,
};
use crate::{
    answer::law::LEVELS,
    answer::{
        frame::axis,
        law::{Law, told},
        posterior::DerivedPosterior,
    },
    graph::{
        Bound, FactorGraph,
        evaluate::{self, Environment, Indices, Steps, indices},
        factor_graph::{DerivedQuantity, Expr, ExprKind, Index, Ref, Target},
    },
    keep::{KeepError, Kept, blocks::blocks, file::Array, skeleton::skeleton},
    shape::{Extent, NodeId},
};

/// Draws of q, at most and at least, and how many numbers they may be in all.
const DRAWS: (usize, usize, usize) = (10_000, 100, 50_000_000);
/// Rows of a kept quantity: mean, sd, three quantiles, error.
const ROWS: usize = 6;

/// What is known of the derived quantities, in the order of the model, and what is to be said of those that are left
/// out. `bound` has the axes, and those columns that they read.
///
/// # Errors
/// The posterior is not one of this model.
pub fn derive(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
) -> Result<(Vec<DerivedPosterior>, Vec<String>), KeepError> {
    if graph.derived.is_empty() {
        return Ok((vec![], vec![]));
    }
    let (mut found, mut left_out): (Vec<Option<DerivedPosterior>>, Vec<String>) = (vec![], vec![]);
    let laid_out = blocks(kept, graph)?;
    let shared = Shared::new(graph, bound, kept, &laid_out);
    let mut drawn: Vec<(usize, Sample<'_>)> = vec![];
    for (i, q) in graph.derived.iter().enumerate() {
        let mut frame = frame(graph, bound, q);
        found.push(None);
        if let Some(n) = named(&q.expr).into_iter().find(|n| !shared.holds(*n)) {
            let node = &graph.nodes[n.0].name;
            left_out.push(format!("`{}` is left out: a kept posterior does not hold `{node}`", q.name));
        } else if reads_lost_columns(bound, &q.expr) {
            left_out.push(format!("`{}` is left out: it reads columns, which are not kept", q.name));
        } else if exact(&shared, q, &mut frame) {
            found[i] = Some(frame);
        } else {
            drawn.push((i, Sample { quantity: q, frame, values: vec![] }));
        }
    }
    if !drawn.is_empty() {
        let drawing = Drawing::new(kept, graph)?;
        draw((&drawing, kept.document.run.seed), graph, bound, &mut drawn)?;
    }
    for (i, sample) in drawn {
        let name = sample.quantity.name.clone();
        let (summary, bad) = sample.summary();
        if bad > 0 {
            let draws = summary.draws;
            left_out.push(format!("`{name}` has no value in {bad} of {draws} draws, so it has no mean"));
        }
        found[i] = Some(summary);
    }
    Ok((found.into_iter().flatten().collect(), left_out))
}

/// The same of a run that has just ended. Where inference has left elements out, what is kept is of the others only.
///
/// # Errors
/// As for [`derive`].
pub fn of_fit(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
) -> Result<(Vec<DerivedPosterior>, Vec<String>), KeepError> {
    let whole = bound.plates.iter().zip(&kept.document.plates).all(|(now, then)| now.size == then.size);
    if whole || graph.derived.is_empty() {
        return derive(kept, graph, bound);
    }
    derive(kept, graph, &skeleton(kept, graph)?)
}

/// Writes what was derived beside what is kept.
pub fn keep(kept: &mut Kept, derived: &[DerivedPosterior]) {
    for d in derived {
        let [low, middle, high] = &d.quantiles;
        let rows = [&d.mean, &d.sd, low, middle, high, &d.error];
        let all: Vec<f64> = rows.into_iter().flatten().copied().collect();
        kept.insert(format!("derived/{}", d.name), Array::real(vec![ROWS, d.mean.len()], all));
        kept.insert(format!("draws/{}", d.name), Array::whole(vec![d.draws as u64]));
    }
}

/// What is known of the derived quantities of a kept posterior, without its data: what stands in it, else what
/// follows from it.
///
/// # Errors
/// As for [`derive`].
pub fn kept(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
) -> Result<(Vec<DerivedPosterior>, Vec<String>), KeepError> {
    let mut found = vec![];
    for q in &graph.derived {
        let (rows, draws) =
            (kept.real(&format!("derived/{}", q.name)), kept.whole(&format!("draws/{}", q.name)));
        let mut frame = frame(graph, bound, q);
        let count: usize = frame.plates.iter().chain(&frame.event).map(|a| a.size).product();
        if rows.len() != ROWS * count || draws.len() != 1 {
            return derive(kept, graph, bound);
        }
        let row = |i: usize| rows[i * count..(i + 1) * count].to_vec();
        (frame.mean, frame.sd, frame.error) = (row(0), row(1), row(5));
        frame.quantiles = [row(2), row(3), row(4)];
        frame.draws = draws[0] as usize;
        found.push(frame);
    }
    Ok((found, vec![]))
}

/// Everything but numbers.
fn frame(graph: &FactorGraph, bound: &Bound, q: &DerivedQuantity) -> DerivedPosterior {
    DerivedPosterior {
        name: q.name.clone(),
        expression: graph.expr_text(&q.expr),
        plates: q.plates.iter().map(|p| axis(graph, bound, Extent::Plate(*p))).collect(),
        event: q.expr.axes.iter().map(|x| axis(graph, bound, *x)).collect(),
        holds: matches!(&q.expr.kind, ExprKind::Binary(op, ..) if op.compares()),
        mean: vec![],
        sd: vec![],
        quantiles: Default::default(),
        draws: 0,
        error: vec![],
    }
}

/// The nodes that an expression names, those of selectors too.
fn named(expr: &Expr) -> Vec<NodeId> {
    let mut out = vec![];
    evaluate::each_ref(expr, &mut |r| {
        if let Target::Node(n) = r.target {
            out.push(n);
        }
    });
    let of = |g: &&Ref| if let Target::Node(n) = g.target { Some(n) } else { None };
    out.extend(gates(expr).iter().filter_map(of));
    out
}

/// The selectors of an expression, those within another's indices before it.
fn gates(expr: &Expr) -> Vec<&Ref> {
    fn within<'e>(r: &'e Ref, out: &mut Vec<&'e Ref>) {
        for i in &r.index {
            if let Index::Gate(g) = i {
                within(g, out);
                if !out.contains(&g) {
                    out.push(g);
                }
            }
        }
    }
    let mut out = vec![];
    evaluate::each_ref(expr, &mut |r| within(r, &mut out));
    out
}

/// Does it read columns that are not there?
fn reads_lost_columns(bound: &Bound, expr: &Expr) -> bool {
    let mut lost = false;
    evaluate::each_ref(expr, &mut |r| {
        lost |= match r.target {
            Target::Column(c) => bound.columns[c.0].numbers.is_none(),
            Target::Input(i) => bound.inputs[i.0].is_empty(),
            Target::Node(_) => false,
        };
        for i in &r.index {
            if let Index::Column { column, .. } = i {
                lost |= bound.columns[column.0].codes.is_empty();
            }
        }
    });
    lost
}

/// Elements over a quantity's plates.
fn elements(bound: &Bound, q: &DerivedQuantity) -> (Vec<usize>, usize) {
    let sizes: Vec<usize> = q.plates.iter().map(|p| bound.plate(*p).size).collect();
    let count = sizes.iter().product();
    (sizes, count)
}

/// Fills in a quantity that is linear in Gaussian vectors; `false` where it is not.
fn exact(of: &Shared<'_>, q: &DerivedQuantity, out: &mut DerivedPosterior) -> bool {
    if !gates(&q.expr).is_empty() {
        return false;
    }
    let steps = Steps::new(of.bound);
    let numbers: Vec<Option<&[f64]>> = of.places.iter().map(Option::as_deref).collect();
    let (sizes, count) = elements(of.bound, q);
    let mut laws = vec![];
    for e in 0..count {
        let mut env = Environment::new(of.graph, of.bound, &steps, 1);
        let mut rest = e;
        for (p, size) in q.plates.iter().zip(&sizes).rev() {
            env.in_plate(*p, Indices::Same(rest % size));
            rest /= size;
        }
        env.nodes(&numbers);
        let all = linear(of, &env, &q.expr);
        let Some(all) = all.and_then(|all| all.iter().map(|l| law(of, l)).collect::<Option<Vec<_>>>()) else {
            return false;
        };
        laws.extend(all);
    }
    for law in laws {
        let told = told(&[(1.0, law)]);
        out.mean.extend(told.mean);
        out.sd.extend(told.sd);
        out.quantiles.iter_mut().zip(told.quantiles).for_each(|(to, q)| to.extend(q));
    }
    out.error = vec![0.0; out.mean.len()];
    true
}

/// The distribution of a linear function: Gaussian, or a Student-t where all of its entries share a precision.
fn law(of: &Shared<'_>, l: &Linear) -> Option<Law> {
    if !l.fresh.is_empty() {
        return None;
    }
    let scaled = |e: super::shared::Element| of.blocks[e.block].shape.scales().is_some();
    let first = l.entries.first().map(|e| e.0);
    let (dof, times) = match first {
        Some(e) if scaled(e) => {
            if l.entries.iter().any(|other| other.0 != e) {
                return None;
            }
            scale_of(of, e)?
        }
        _ if l.entries.iter().any(|e| scaled(e.0)) => return None,
        _ => (f64::INFINITY, 1.0),
    };
    let [variance, _] = l.covariance(l, of);
    Some(Law::Student { dof, mean: vec![l.mean(of)], scale: vec![times * variance.max(0.0)] })
}

/// A quantity at draws of q.
struct Sample<'q> {
    quantity: &'q DerivedQuantity,
    frame: DerivedPosterior,
    /// All of its numbers, draw after draw.
    values: Vec<f64>,
}

/// Draws the nodes that are named, and evaluates all quantities at each draw.
fn draw(
    (drawing, seed): (&Drawing<'_>, u64),
    graph: &FactorGraph,
    bound: &Bound,
    samples: &mut [(usize, Sample<'_>)],
) -> Result<(), KeepError> {
    let names: Vec<NodeId> = samples.iter().flat_map(|s| named(&s.1.quantity.expr)).collect();
    let wanted = |n: NodeId| names.contains(&n);
    let width = |q: &DerivedQuantity| q.expr.axes.iter().map(|x| bound.size(*x)).product::<usize>();
    let all = samples.iter().map(|s| elements(bound, s.1.quantity).1 * width(s.1.quantity)).sum::<usize>();
    let (most, least, numbers) = DRAWS;
    let draws = (numbers / (all + drawing.numbers(&wanted)).max(1)).clamp(least, most);
    let steps = Steps::new(bound);
    for draw in 0..draws {
        let mut drawn = drawing.draw(seed, draw as u64, &wanted)?;
        // Categories count from 1, as in a report.
        let categories = graph.nodes.iter().zip(&mut drawn).filter(|(n, _)| n.spec.stat.one_hot());
        categories.for_each(|(_, values)| values.iter_mut().for_each(|x| *x += 1.0));
        let numbers: Vec<Option<&[f64]>> =
            drawn.iter().map(|v| (!v.is_empty()).then_some(v.as_slice())).collect();
        for (_, sample) in samples.iter_mut() {
            let q = sample.quantity;
            let (sizes, count) = elements(bound, q);
            let mut env = Environment::new(graph, bound, &steps, count);
            for (p, at) in q.plates.iter().zip(indices(&sizes, 0..count)) {
                env.in_plate(*p, at);
            }
            env.nodes(&numbers);
            for gate in gates(&q.expr) {
                let read = env.reference(gate);
                let category = |i: usize| read.at(i).first().map_or(0, |c| *c as usize - 1);
                env.choose(gate, Indices::Each((0..count).map(category).collect()));
            }
            let value = env.value(&q.expr);
            (0..count).for_each(|i| sample.values.extend(value.at(i)));
            sample.frame.draws = draws;
        }
    }
    Ok(())
}

impl Sample<'_> {
    /// Its moments and quantiles, and how many draws had no value.
    fn summary(self) -> (DerivedPosterior, usize) {
        let Self { mut frame, values, .. } = self;
        let n = frame.draws;
        let count = values.len() / n.max(1);
        let mut bad = 0;
        for i in 0..count {
            let mut x: Vec<f64> = values.iter().skip(i).step_by(count).copied().collect();
            bad = bad.max(x.iter().filter(|x| x.is_nan()).count());
            let mean = x.iter().sum::<f64>() / n as f64;
            let squares: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
            let sd = (squares / (n - 1) as f64).sqrt();
            frame.mean.push(mean);
            frame.sd.push(sd);
            frame.error.push(sd / (n as f64).sqrt());
            x.sort_by(f64::total_cmp);
            for (to, p) in frame.quantiles.iter_mut().zip(LEVELS) {
                // Between the two order statistics beside it.
                let at = p * (n - 1) as f64;
                let (low, share) = (x[at as usize], at.fract());
                let high = x[(at as usize + 1).min(n - 1)];
                let between = if share == 0.0 || low == high { low } else { low + share * (high - low) };
                to.push(if mean.is_nan() { f64::NAN } else { between });
            }
        }
        (frame, bad)
    }
}
