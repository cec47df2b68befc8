//! Real and positive numbers: densities of few, intervals of many. Not here: matrices of them (`loadings`).

use crate::page::{
    chart::{
        density::{self, Curve},
        dots::{self, Domain as Axis, Spread, decimals},
    },
    html::figure,
    kind::Kind,
    number::{capital, fixed, significant, words},
    roles::{is_precision, multiplied},
    scale::sorted,
    spread::{elements, ends_of, idle, spread, spreads_table},
    subject::{Subject, element, number_label},
    svg::colour,
};
use crate::{answer::posterior::NodePosterior, expfam::stat::Domain};

/// Real and positive numbers.
pub fn numbers(subject: &Subject<'_>, kind: &Kind, n: usize, p: &NodePosterior) -> String {
    let axes: Vec<_> = p.plates.iter().chain(&p.event).collect();
    let name = &p.name;
    let unit = subject.graph.nodes[n].spec.stat.domain == Domain::Unit;
    match axes.as_slice() {
        [] => {
            let s = spread(subject, n, p, 0);
            let d = decimals(std::slice::from_ref(&s));
            let see = format!(
                "`{name}` is {}, between {} and {} with 90\u{a0}%.",
                fixed(s.mean, d),
                fixed(s.ends.0, d),
                fixed(s.ends.1, d)
            );
            let also = as_sd(subject, n, p, 0)
                .map_or(String::new(), |t| format!("As a standard deviation, 1/√`{name}`: {t}."));
            let table = spreads_table("", std::slice::from_ref(&Spread { label: name.clone(), ..s.clone() }));
            let chart = match curve(subject, n, p, 0, s.clone()) {
                Some(c) => density::chart(&[c], name),
                None => dots::chart(&[Spread { label: name.clone(), ..s }], name, Axis::Data),
            };
            figure(&see, "Density of q with its mean, 50 % and 90 %.", &(chart + &table), &also)
        }
        [axis] => {
            let (list, unused) = elements(subject, kind, n, 0);
            let all: Vec<(usize, Spread)> = list
                .iter()
                .map(|&(k, c)| (k, Spread { label: element(axis, k), colour: c, ..spread(subject, n, p, k) }))
                .collect();
            effects(subject, n, p, (all, unused), name, kind)
        }
        [.., last] if last.size <= 6 && !unit && multiplied(subject.graph, n).is_empty() => {
            let rows = p.mean.len() / last.size.max(1);
            let (list, unused) = if axes.len() == 2 {
                elements(subject, kind, n, 0)
            } else {
                ((0..rows).map(|i| (i, 1)).collect(), 0)
            };
            let mut out = String::new();
            for j in 0..last.size {
                let all: Vec<(usize, Spread)> = list
                    .iter()
                    .map(|&(i, c)| {
                        let at = i * last.size + j;
                        let label = if axes.len() == 2 { element(axes[0], i) } else { number_label(p, at) };
                        (at, Spread { label, colour: c, ..spread(subject, n, p, at) })
                    })
                    .collect();
                out +=
                    &effects(subject, n, p, (all, if j == 0 { unused } else { 0 }), &element(last, j), kind);
            }
            out
        }
        _ => super::loadings::loadings(subject, n, p),
    }
}

/// A list of numbers of one kind: densities of few, a caterpillar of many.
fn effects(
    subject: &Subject<'_>,
    n: usize,
    p: &NodePosterior,
    (mut all, unused): (Vec<(usize, Spread)>, usize),
    axis: &str,
    kind: &Kind,
) -> String {
    let real = subject.graph.nodes[n].spec.stat.domain == Domain::Real;
    let unit = subject.graph.nodes[n].spec.stat.domain == Domain::Unit;
    let shown_noun = if all.len() == 1 { "number" } else { "numbers" };
    if all.is_empty() {
        return String::new();
    }
    let coloured = all.iter().any(|s| s.1.colour > 1);
    if !coloured || all.len() > 12 {
        all.sort_by(|a, b| b.1.mean.total_cmp(&a.1.mean));
    }
    let spreads: Vec<Spread> = all.iter().map(|s| s.1.clone()).collect();
    let see = overlaps(&spreads, axis);
    let caption = idle(kind, unused);
    if all.len() <= 6 && !real && !unit && comparable(&spreads) {
        let curves: Option<Vec<Curve>> =
            all.iter().map(|(at, s)| curve(subject, n, p, *at, s.clone())).collect();
        if let Some(curves) = curves {
            let colours: Vec<Curve> = curves
                .into_iter()
                .enumerate()
                .map(|(i, mut c)| {
                    if !coloured {
                        c.spread.colour = colour(i, all.len());
                    }
                    c
                })
                .collect();
            let sds: Vec<String> = all
                .iter()
                .filter_map(|(at, s)| as_sd(subject, n, p, *at).map(|t| format!("{} {t}", s.label)))
                .collect();
            let also = if sds.is_empty() {
                caption
            } else {
                format!("As standard deviations: {}. {caption}", sds.join("; "))
            };
            let chart = density::chart(&colours, axis) + &spreads_table("", &spreads);
            return figure(&see, "Density of q with its mean, 50 % and 90 %.", &chart, also.trim());
        }
    }
    let (shown, left) = ends_of(&spreads);
    let domain = match () {
        () if unit => Axis::Share,
        () if real && !coloured && crosses(&spreads) => Axis::WithZero,
        () => Axis::Data,
    };
    let how = format!(
        "{} {shown_noun}, by mean. Dot: mean. Thick line: 50 %. Thin line: 90 %.",
        capital(&words(spreads.len()))
    );
    let chart = dots::chart(&shown, axis, domain) + &spreads_table("", &spreads);
    figure(&see, &how, &chart, [left, caption].join(" ").trim())
}

/// Do some intervals reach to 0 or beyond, or lie on both sides?
fn crosses(all: &[Spread]) -> bool {
    let low = all.iter().map(|s| s.ends.0).fold(f64::INFINITY, f64::min);
    let high = all.iter().map(|s| s.ends.1).fold(f64::NEG_INFINITY, f64::max);
    low <= 0.0 && high >= 0.0
}

/// Are all densities wide enough to be seen on one axis, and far enough apart to be told?
fn comparable(all: &[Spread]) -> bool {
    let low = all.iter().map(|s| s.ends.0).fold(f64::INFINITY, f64::min);
    let high = all.iter().map(|s| s.ends.1).fold(f64::NEG_INFINITY, f64::max);
    let means = sorted(all.iter().map(|s| s.mean));
    all.iter().all(|s| s.ends.1 - s.ends.0 > (high - low) / 60.0)
        && means.windows(2).all(|w| w[1] - w[0] > 0.17 * (high - low))
}

/// What a list of intervals shows: how they overlap, and where 0 is.
fn overlaps(all: &[Spread], axis: &str) -> String {
    let d = decimals(all);
    if let [one] = all {
        return format!(
            "`{axis}` of {} is {}, between {} and {} with 90\u{a0}%.",
            one.label,
            fixed(one.mean, d),
            fixed(one.ends.0, d),
            fixed(one.ends.1, d)
        );
    }
    let mut by_low: Vec<&Spread> = all.iter().collect();
    by_low.sort_by(|a, b| a.ends.0.total_cmp(&b.ends.0));
    let apart = by_low.windows(2).all(|w| w[0].ends.1 < w[1].ends.0);
    if all.len() <= 6 && apart {
        return format!(
            "The 90\u{a0}% intervals of the {} numbers of `{axis}` do not overlap.",
            words(all.len())
        );
    }
    if crosses(all) {
        let away = all.iter().filter(|s| s.ends.0 > 0.0 || s.ends.1 < 0.0).count();
        return format!(
            "{} of {} have a 90\u{a0}% interval of `{axis}` that leaves 0 out.",
            capital(&words(away)),
            words(all.len())
        );
    }
    let top = all.iter().fold(&all[0], |b, s| if s.mean > b.mean { s } else { b });
    let low = all.iter().fold(&all[0], |b, s| if s.mean < b.mean { s } else { b });
    format!(
        "`{axis}` runs from {} ({}) to {} ({}).",
        fixed(low.mean, d),
        low.label,
        fixed(top.mean, d),
        top.label
    )
}

/// A precision as the standard deviation that it means.
fn as_sd(subject: &Subject<'_>, n: usize, p: &NodePosterior, at: usize) -> Option<String> {
    if !is_precision(subject.graph, n) {
        return None;
    }
    let s = spread(subject, n, p, at);
    let (a, b) = (s.ends.1.powf(-0.5), s.ends.0.powf(-0.5));
    (a.is_finite() && b.is_finite()).then(|| format!("{} to {}", significant(a, 3), significant(b, 3)))
}

/// The density of one number of a node, by its standard parameters or by draws.
fn curve(subject: &Subject<'_>, n: usize, p: &NodePosterior, at: usize, s: Spread) -> Option<Curve> {
    const POINTS: usize = 80;
    let parameter = |name: &str| {
        p.parameters.iter().find(|x| x.name == name && x.values.len() == p.mean.len()).map(|x| x.values[at])
    };
    let sd = p.sd.as_ref().map(|sd| sd[at]).filter(|s| s.is_finite() && *s > 0.0)?;
    let (low, high) = match s.ends {
        (a, b) if b > a => (a - 0.55 * (b - a), b + 0.75 * (b - a)),
        _ => (s.mean - 4.0 * sd, s.mean + 4.0 * sd),
    };
    let domain = subject.graph.nodes[n].spec.stat.domain;
    let low = if domain == Domain::Positive { low.max(0.0) } else { low };
    let xs = (0..=POINTS)
        .map(|i| low + (high - low) * (i as f64 + if low == 0.0 { 0.02 } else { 0.0 }) / POINTS as f64);
    let log: Box<dyn Fn(f64) -> f64> = match (domain, parameter("shape"), parameter("rate")) {
        (Domain::Positive, Some(a), Some(b)) => Box::new(move |x: f64| (a - 1.0) * x.ln() - b * x),
        (Domain::Real, ..) => {
            let mean = s.mean;
            Box::new(move |x: f64| -0.5 * ((x - mean) / sd).powi(2))
        }
        _ => return None,
    };
    let logs: Vec<(f64, f64)> = xs.map(|x| (x, log(x))).collect();
    let top = logs.iter().map(|l| l.1).filter(|l| l.is_finite()).fold(f64::NEG_INFINITY, f64::max);
    let step = (high - low) / POINTS as f64;
    let sum: f64 = logs.iter().map(|l| (l.1 - top).exp()).sum::<f64>() * step;
    let points =
        logs.into_iter().map(|(x, l)| (x, (l - top).exp() / sum)).filter(|p| p.1.is_finite()).collect();
    Some(Curve { spread: s, points })
}
