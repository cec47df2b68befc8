//! The laws of blocks as functions over any example of any kind. Not here: the examples (`kind`), nor kernels
//! against enumeration or a dense solve (their own tests).
//!
//! Each returns `Err` with a sentence that says what differs, by how much and where.

use super::{
    element::Which,
    example::{Along, Example},
    forward_backward,
    sequence::{Scratch, SequenceKernel},
    shape::{Given, What},
};
use crate::{expfam::family::Summary, num::stream::Stream};

/// What a law says: nothing, or how it was broken.
pub type Verdict = Result<(), String>;

/// What a block makes of its natural parameters.
struct Evaluated {
    moments: Vec<f64>,
    pairs: Vec<f64>,
    log_norm: Vec<f64>,
}

fn kernel(example: &Example) -> Result<(&Along, &dyn SequenceKernel), String> {
    let along = example.along.as_ref().ok_or("an example over sequences without them")?;
    Ok((along, example.shape.sequences().ok_or("no kernel")?))
}

fn evaluate(example: &Example, eta: &[f64], pair: &[f64]) -> Result<Evaluated, String> {
    let w = example.shape.width();
    let mut out =
        Evaluated { moments: vec![0.0; eta.len()], pairs: vec![0.0; pair.len()], log_norm: vec![0.0] };
    if example.along.is_none() {
        out.log_norm = vec![0.0; eta.len() / w];
        let done = example.shape.evaluate(Which::From(0), eta, &mut out.moments, &mut out.log_norm);
        return done.map(|()| out).map_err(|f| f.why);
    }
    let (along, kernel) = kernel(example)?;
    let mut steps = forward_backward::Arrays { k: w, logs: eta, marginals: &mut out.moments };
    let ready = kernel.prepare(pair);
    let scratch = &mut Scratch::default();
    let done = ready.run(along.sequences(), &mut steps, &mut out.pairs, &mut out.log_norm[0], scratch);
    done.map(|()| out).map_err(|e| format!("{e:?}"))
}

/// η with what is known made sure, and the potentials of neighbours.
fn parameters(example: &Example) -> (Vec<f64>, Vec<f64>) {
    let mut eta = example.eta.clone();
    example.shape.clamp(Which::From(0), &mut eta);
    (eta, example.along.as_ref().map_or(vec![], |a| a.pair.clone()))
}

/// Two blocks say the same of every member: marginals, and A(η).
pub fn alike(one: &Example, other: &Example) -> Verdict {
    let (a, b) = (evaluate(one, &one.eta, &[])?, evaluate(other, &other.eta, &[])?);
    if a.log_norm != b.log_norm {
        return Err(format!("A is {:?} and {:?}", a.log_norm, b.log_norm));
    }
    for member in 0..one.shape.members() {
        let marginal =
            |x: &Example, e: &Evaluated| x.shape.marginal(member, Which::From(0), &x.eta, &e.moments);
        let (p, q) = (marginal(one, &a), marginal(other, &b));
        if p.numbers != q.numbers {
            return Err(format!("member {member}: {:?} and {:?}", p.numbers, q.numbers));
        }
    }
    Ok(())
}

fn near(what: &str, got: f64, want: f64, tolerance: f64) -> Verdict {
    // `<=` is false for NaN.
    if (got - want).abs() <= tolerance {
        return Ok(());
    }
    Err(format!("{what}: {got:e} and {want:e} differ by {:e}, more than {tolerance:e}", (got - want).abs()))
}

/// F1: the slopes of A are the moments, those of potentials between neighbours too.
pub fn f1_gradient(example: &Example) -> Verdict {
    const STEP: f64 = 1e-4;
    let (eta, pair) = parameters(example);
    let here = evaluate(example, &eta, &pair)?;
    let total = |eta: &[f64], pair: &[f64]| -> Result<f64, String> {
        Ok(evaluate(example, eta, pair)?.log_norm.iter().sum())
    };
    let slope = |at: usize, first: bool| -> Result<f64, String> {
        let by = |h: f64| {
            let (mut e, mut p) = (eta.clone(), pair.clone());
            if first {
                e[at] += h
            } else {
                p[at] += h
            }
            total(&e, &p)
        };
        // Two differences, the error of the second order taken off.
        let difference = |h: f64| Ok::<_, String>((by(h)? - by(-h)?) / (2.0 * h));
        Ok((4.0 * difference(STEP)? - difference(2.0 * STEP)?) / 3.0)
    };
    for (moments, first) in [(&here.moments, true), (&here.pairs, false)] {
        for (i, m) in moments.iter().enumerate() {
            // What is impossible stays so.
            if first && eta[i] < -1e100 {
                near(&format!("moment {i}, impossible"), *m, 0.0, 0.0)?;
                continue;
            }
            let what = if first { "A in η" } else { "A in a potential" };
            near(&format!("slope {i} of {what}"), slope(i, first)?, *m, 1e-7 * (1.0 + m.abs()))?;
        }
    }
    Ok(())
}

/// Elements do not know of each other: one by one, each has the bits it has among the others.
pub fn f4_apart(example: &Example) -> Verdict {
    let (shape, w) = (&example.shape, example.shape.width());
    if shape.is_whole() || shape.sequences().is_some() {
        return Ok(());
    }
    let (eta, pair) = parameters(example);
    let all = evaluate(example, &eta, &pair)?;
    for (e, one) in eta.chunks_exact(w).enumerate() {
        for which in [Which::From(e), Which::List(&[e as u32])] {
            let (mut m, mut a) = (vec![0.0; w], [0.0]);
            shape.evaluate(which, one, &mut m, &mut a).map_err(|f| f.why)?;
            if m != all.moments[e * w..(e + 1) * w] || a[0] != all.log_norm[e] {
                return Err(format!("element {e} alone is another than among the others"));
            }
        }
    }
    Ok(())
}

/// Values of every member, for all elements, and the statistic at them, neighbours' after elements'.
fn draw(example: &Example, random: &mut Stream) -> Result<(Vec<Vec<f64>>, Vec<f64>), String> {
    let (shape, w) = (&example.shape, example.shape.width());
    let (eta, pair) = parameters(example);
    let elements = eta.len() / w;
    let mut values = vec![vec![]; shape.members()];
    let mut statistic = vec![0.0; eta.len() + pair.len()];
    let (own, pairs) = statistic.split_at_mut(eta.len());
    if example.along.is_some() {
        let (along, kernel) = kernel(example)?;
        let mut steps = forward_backward::Arrays { k: w, logs: &eta, marginals: &mut [] };
        let drawn = kernel.prepare(&pair).draw(along.sequences(), &mut steps, random);
        let drawn = drawn.map_err(|e| format!("{e:?}"))?;
        kernel.split(&drawn, &mut values);
        kernel.statistic(along.sequences(), &drawn, own, pairs);
        return Ok((values, statistic));
    }
    shape.draw(Which::From(0), &eta, random, &mut values).map_err(|f| f.why)?;
    let each: Vec<usize> = values.iter().map(|v| v.len() / elements).collect();
    for (e, t) in own.chunks_exact_mut(w).enumerate() {
        let one: Vec<&[f64]> = values.iter().zip(&each).map(|(v, n)| &v[e * n..(e + 1) * n]).collect();
        shape.statistic(e, &one, t);
    }
    Ok((values, statistic))
}

/// F5: over seeded draws the mean of the statistic, and of every member's value, is within 5σ of the moments and
/// of the member's marginal.
pub fn f5_draws(example: &Example, draws: usize, random: &mut Stream) -> Verdict {
    let (eta, pair) = parameters(example);
    let here = evaluate(example, &eta, &pair)?;
    let want: Vec<f64> = here.moments.iter().chain(&here.pairs).copied().collect();
    let members = example.shape.members();
    let mut of_statistic = Sample::default();
    let mut of_values: Vec<Sample> = (0..members).map(|_| Sample::default()).collect();
    for _ in 0..draws {
        let (values, statistic) = draw(example, random)?;
        of_statistic.add(&statistic);
        of_values.iter_mut().zip(&values).for_each(|(s, v)| s.add(v));
    }
    of_statistic.near("the statistic", &want)?;
    for (member, sample) in of_values.iter().enumerate() {
        let m = example.shape.marginal(member, Which::From(0), &eta, &here.moments);
        let what = format!("the value of member {member}");
        let summaries: Vec<_> = m.numbers.chunks_exact(m.width).map(|x| m.law.summary(x)).collect();
        if summaries.iter().any(|s| s.sd.is_empty()) {
            // Of a category: the share of each.
            sample.shares(&what, &m.numbers, m.width)?;
            continue;
        }
        // What is known is drawn as it is, whatever q would have of it.
        let known = |i: usize| example.shape.held().filter(|h| h.known[i]);
        let mean = |(i, s): (usize, &Summary)| known(i).map_or(s.mean.clone(), |h| h.value(i).to_vec());
        sample.near(&what, &summaries.iter().enumerate().flat_map(mean).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Draws of many numbers.
#[derive(Default)]
struct Sample(Vec<Vec<f64>>);

impl Sample {
    fn add(&mut self, draw: &[f64]) {
        self.0.push(draw.to_vec());
    }

    fn near(&self, what: &str, want: &[f64]) -> Verdict {
        let n = self.0.len() as f64;
        for (i, want) in want.iter().enumerate().filter(|(_, w)| !w.is_nan()) {
            let numbers = || self.0.iter().map(|d| d[i]);
            let mean = numbers().sum::<f64>() / n;
            let variance = numbers().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            let tolerance = 5.0 * (variance / n).sqrt() + 1e-9 * want.abs() + 1e-12;
            near(&format!("mean {i} of {what} over {n} draws"), mean, *want, tolerance)?;
        }
        Ok(())
    }

    /// Of categories: how often each was drawn.
    fn shares(&self, what: &str, p: &[f64], states: usize) -> Verdict {
        let n = self.0.len() as f64;
        for (e, p) in p.chunks_exact(states).enumerate() {
            for (k, p) in p.iter().enumerate() {
                let share = self.0.iter().filter(|d| d[e] == k as f64).count() as f64 / n;
                let tolerance = 5.0 * (p * (1.0 - p) / n).max(0.0).sqrt() + 1e-12;
                near(&format!("share of {k} in element {e} of {what}"), share, *p, tolerance)?;
            }
        }
        Ok(())
    }
}

/// A start from drawn values has their statistic; one from the parameters of q's marginals has these marginals.
pub fn f2_start(example: &Example, random: &mut Stream) -> Verdict {
    let (shape, w) = (&example.shape, example.shape.width());
    let members = shape.members();
    if (0..members).any(|m| shape.parameters(m).is_none()) {
        return Ok(());
    }
    let (eta, pair) = parameters(example);
    let here = evaluate(example, &eta, &pair)?;
    let (values, statistic) = draw(example, random)?;
    let given: Vec<Given<'_>> =
        values.iter().enumerate().map(|(member, v)| Given { member, what: What::Values(v) }).collect();
    let (mut e, mut m) = (eta.clone(), here.moments.clone());
    shape.start(&given, Which::From(0), &mut e, &mut m).map_err(|f| f.why)?;
    for (i, (got, want)) in m.iter().zip(&statistic).enumerate().filter(|(_, (_, want))| !want.is_nan()) {
        near(&format!("number {i} of a start from values"), *got, *want, 1e-9 * (1.0 + want.abs()))?;
    }
    let marginals: Vec<_> =
        (0..members).map(|m| shape.marginal(m, Which::From(0), &eta, &here.moments)).collect();
    let lists: Vec<Vec<(usize, Vec<f64>)>> = marginals
        .iter()
        .map(|m| {
            let all: Vec<_> = m.numbers.chunks_exact(m.width).map(|x| m.law.parameters(x)).collect();
            let names = all.first().map_or(0, Vec::len);
            (0..names).map(|p| (p, all.iter().flat_map(|a| a[p].values.clone()).collect())).collect()
        })
        .collect();
    if lists.iter().any(Vec::is_empty) {
        return Ok(());
    }
    let slices: Vec<Vec<(usize, &[f64])>> =
        lists.iter().map(|l| l.iter().map(|(p, v)| (*p, v.as_slice())).collect()).collect();
    let given: Vec<Given<'_>> =
        slices.iter().enumerate().map(|(member, l)| Given { member, what: What::Parameters(l) }).collect();
    // From somewhere else.
    let (mut e, mut m) = (eta.clone(), statistic[..eta.len()].to_vec());
    shape.start(&given, Which::From(0), &mut e, &mut m).map_err(|f| f.why)?;
    debug_assert_eq!(m.len() % w, 0);
    for (member, want) in marginals.iter().enumerate() {
        let got = shape.marginal(member, Which::From(0), &e, &m);
        for (x, y) in got.numbers.chunks_exact(got.width).zip(want.numbers.chunks_exact(want.width)) {
            let (got, want) = (got.law.summary(x), want.law.summary(y));
            for (g, w) in got.mean.iter().chain(&got.sd).zip(want.mean.iter().chain(&want.sd)) {
                if g == w {
                    // Both infinite, perhaps.
                    continue;
                }
                near(&format!("a start from parameters of member {member}"), *g, *w, 1e-6 * (1.0 + w.abs()))?;
            }
        }
    }
    Ok(())
}
