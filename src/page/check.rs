//! Posterior predictive checks: statistics of the data among those of simulated data. Not here: how data are
//! simulated (`ask::simulate`).

use super::{
    chart::statistics::{self, Statistic},
    html::{Table, figure, fold},
    kind::{Kind, join},
    number::{capital, column, counted, fixed, percent, whole, words},
    observed::{Observed, sequences},
    roles::{Emission, picked_by_column, steps},
    scale::{quantile, sorted},
    subject::Subject,
};
use crate::{
    ask::draws::Drawn,
    expfam::stat::Domain,
    graph::bound::ObservedArray,
    num::stream::Stream,
    shape::{Extent, NodeId},
};

/// Values of all simulated data sets together, at most.
pub const MOST_VALUES: usize = 1_200_000;
/// Data sets, at most.
pub const MOST_SETS: usize = 1000;
/// Fewer than this are no check.
pub const FEWEST_SETS: usize = 40;
/// Groups of words that are simulated, at most.
const MOST_GROUPS: usize = 60;

/// How many data sets of so many values are simulated; none of very large ones.
pub fn sets(values: usize) -> usize {
    let count = (MOST_VALUES / values.max(1)).min(MOST_SETS);
    if count < FEWEST_SETS { 0 } else { count }
}

/// The section; nothing where nothing was simulated.
pub fn section(subject: &Subject<'_>, kind: &Kind) -> String {
    if !subject.data {
        return String::new();
    }
    let mut body = String::new();
    if let Kind::Topics(e, _) = kind {
        body += &texts(subject, e);
    } else {
        for n in 0..subject.graph.nodes.len() {
            if subject.graph.nodes[n].observed.is_some() && !subject.simulated.is_empty() {
                body += &node(subject, n);
            }
        }
    }
    if body.is_empty() {
        return body;
    }
    format!("<h2 id=\"check\">Does the model make data like these?</h2>{body}")
}

type OfValues = dyn Fn(&[f64]) -> f64;

/// The statistics of an observed node, by what its values are.
fn node(subject: &Subject<'_>, n: usize) -> String {
    let Some(seen) = Observed::of(subject, n) else { return String::new() };
    let domain = subject.graph.nodes[n].spec.stat.domain;
    let w = seen.width;
    let along = steps(subject.graph, n).map(|p| sequences(subject, p).0);
    let mut list: Vec<([String; 2], Box<OfValues>)> = vec![];
    let two = |a: &str, b: &str| [a.to_string(), b.to_string()];
    let noun = if w > 1 { "value" } else { seen.names[0].as_str() };
    let first = move |v: &[f64]| -> Vec<f64> { v.iter().copied().step_by(w).collect() };
    match domain {
        Domain::Count => {
            list.push((two("Variance", "over mean"), Box::new(|v| variance(v) / mean(v))));
            list.push((two("Largest", noun), Box::new(largest)));
            if along.is_none() {
                list.push((
                    two("Rows with", "a zero"),
                    Box::new(|v| v.iter().filter(|x| **x == 0.0).count() as f64),
                ));
            }
        }
        Domain::Binary => {
            list.push((two("Share", "of ones"), Box::new(mean)));
            if w > 1 {
                list.push((
                    two("Variance of", "ones in a row"),
                    Box::new(move |v| {
                        variance(&v.chunks_exact(w).map(|r| r.iter().sum()).collect::<Vec<_>>())
                    }),
                ));
            }
        }
        Domain::Category => {
            let levels = subject.graph.nodes[n].event.map_or(1, |e| subject.bound.size(e));
            let tally = move |v: &[f64]| {
                let mut counts = vec![0.0; levels];
                v.iter().filter(|x| x.is_finite()).for_each(|x| counts[*x as usize] += 1.0);
                counts
            };
            list.push((
                two("Share of the", "commonest level"),
                Box::new(move |v| largest(&tally(v)) / v.len() as f64),
            ));
            list.push((
                two("Levels", "seen"),
                Box::new(move |v| tally(v).iter().filter(|c| **c > 0.0).count() as f64),
            ));
        }
        _ => {
            list.push((two("Smallest", noun), Box::new(smallest)));
            list.push((two("Largest", noun), Box::new(largest)));
            if w > 1 {
                let (a, b) = (seen.names[0].clone(), seen.names[1].clone());
                list.push((
                    ["Correlation of".to_string(), format!("{a} and {b}")],
                    Box::new(move |v| {
                        let pairs: Vec<(f64, f64)> = v.chunks_exact(w).map(|r| (r[0], r[1])).collect();
                        correlation(&pairs)
                    }),
                ));
            }
            if along.is_none() {
                let all = sorted(seen.column(0));
                let (low, high) = (quantile(&all, 0.0), quantile(&all, 1.0));
                let (a, b) = (low + 0.4 * (high - low), low + 0.6 * (high - low));
                let k = super::number::decimals(high - low);
                list.push((
                    [format!("Rows with {}", seen.names[0]), format!("{} to {}", fixed(a, k), fixed(b, k))],
                    Box::new(move |v| first(v).iter().filter(|x| (a..=b).contains(*x)).count() as f64),
                ));
            }
        }
    }
    if let Some(parts) = along {
        let rows: Vec<Vec<usize>> = parts.into_iter().map(|s| s.rows).collect();
        let again = rows.clone();
        if domain != Domain::Category {
            let middle = quantile(&sorted(seen.column(0)), 0.5);
            list.push((
                two("Correlation with", "the step before"),
                Box::new(move |v| {
                    let pair = |r: &[usize]| (v[r[0] * w], v[r[1] * w]);
                    correlation(&rows.iter().flat_map(|s| s.windows(2).map(pair)).collect::<Vec<_>>())
                }),
            ));
            list.push((
                two("Longest run above", "the median, steps"),
                Box::new(move |v| longest(&again, |r| v[r * w] > middle)),
            ));
        } else {
            list.push((
                two("Steps that", "repeat the last"),
                Box::new(move |v| {
                    rows.iter().flat_map(|s| s.windows(2)).filter(|r| v[r[0] * w] == v[r[1] * w]).count()
                        as f64
                }),
            ));
        }
    }
    list.truncate(4);
    // What is missing in the data is left out of the simulated ones.
    let masked = |v: &[f64]| -> Vec<f64> {
        v.iter().zip(&seen.values).map(|(x, s)| if s.is_nan() { f64::NAN } else { *x }).collect()
    };
    let sets: Vec<Vec<f64>> = subject
        .simulated
        .iter()
        .filter(|d: &&Drawn| d[n].len() == seen.values.len())
        .map(|d| masked(&d[n]))
        .collect();
    if sets.is_empty() {
        return String::new();
    }
    let all: Vec<Statistic> = list
        .into_iter()
        .map(|(name, of)| {
            let simulated: Vec<f64> = sets.iter().map(|s| of(s)).collect();
            let observed = of(&seen.values);
            let decimals =
                if simulated.iter().all(|s| s.fract() == 0.0) { 0 } else { column([observed]).min(3) };
            Statistic { name, observed, simulated, decimals }
        })
        .filter(|s| s.observed.is_finite() && s.simulated.iter().any(|x| x.is_finite()))
        .collect();
    let of = if subject.graph.nodes.iter().filter(|n| n.observed.is_some()).count() > 1 {
        format!(" of `{}`", subject.graph.nodes[n].name)
    } else {
        String::new()
    };
    let what = counted(seen.count(), subject.row_noun(seen.rows));
    shown(
        &all,
        &of,
        &format!(
            "Grey: {} of {what} simulated from the posterior, seed {}. Vermillion: the observed value.",
            counted(sets.len(), "data set"),
            subject.seed
        ),
    )
}

/// The figure: how many of the statistics lie among the simulated ones.
fn shown(all: &[Statistic], of: &str, how: &str) -> String {
    if all.is_empty() {
        return String::new();
    }
    let name = |s: &Statistic| format!("“{} {}”", s.name[0], s.name[1]);
    let out: Vec<String> = all.iter().filter(|s| !s.among()).map(name).collect();
    let see = match (out.len(), all.len()) {
        (0, 1) => format!("Yes, by one statistic{of}: it lies among those of simulated data."),
        (0, k) => format!("All {} statistics{of} lie among those of simulated data.", words(k)),
        (a, k) if a == k => format!(
            "No: {} of {} statistics{of} lie outside 95\u{a0}% of simulated ones.",
            words(a),
            words(k)
        ),
        (a, k) => format!(
            "{} of {} statistics{of} lie among the simulated ones; {} {} not.",
            capital(&words(k - a)),
            words(k),
            join(&out),
            if a == 1 { "does" } else { "do" }
        ),
    };
    let mut table =
        Table::new(&["<statistic", "observed", "2.5 % simulated", "median", "97.5 %", "at or above"]);
    for s in all {
        let of = sorted(s.simulated.iter().copied());
        let show = |x: f64| fixed(x, s.decimals);
        table.row(&[
            s.name.join(" "),
            show(s.observed),
            show(quantile(&of, 0.025)),
            show(quantile(&of, 0.5)),
            show(quantile(&of, 0.975)),
            percent(s.above()),
        ]);
    }
    let label =
        format!("Histograms of simulated statistics with the observed values. {}", see.replace('`', ""));
    figure(
        &see,
        how,
        &(statistics::chart(all, &label) + &fold("The statistics, as a table", &table.finish())),
        "",
    )
}

/// Words of groups: each word is drawn anew from the group's topics.
fn texts(subject: &Subject<'_>, e: &Emission) -> String {
    let Some((theta, by)) = picked_by_column(subject.graph, e.selector) else { return String::new() };
    let (Some(&phi), Some(Extent::Plate(_))) = (e.parts.first(), Some(e.over)) else { return String::new() };
    let Some(&plate) = subject.graph.nodes[theta].plates.first() else { return String::new() };
    let (Some(groups), Some(ObservedArray::Codes(word))) =
        (subject.bound.codes(by, Extent::Plate(plate)), subject.bound.observed(NodeId(e.child)))
    else {
        return String::new();
    };
    let count = subject.bound.plate(plate).size;
    let weights = subject.weights(e.rows);
    let k = subject.bound.size(e.over);
    let mut of_group: Vec<Vec<(u32, usize)>> = vec![vec![]; count];
    for (row, (&g, &w)) in groups.iter().zip(word.iter()).enumerate().filter(|(_, (_, w))| **w != u32::MAX) {
        of_group[g as usize].push((w, weights.map_or(1.0, |x| x[row]).round() as usize));
    }
    let mut chosen: Vec<usize> =
        (0..count).filter(|&g| of_group[g].iter().map(|w| w.1).sum::<usize>() > 1).collect();
    let mut random = Stream::new(subject.seed, "groups", 0);
    for i in 0..chosen.len().min(MOST_GROUPS) {
        let j = i + random.below(chosen.len() - i);
        chosen.swap(i, j);
    }
    chosen.truncate(MOST_GROUPS);
    let tally = |tokens: &[u32]| -> [f64; 3] {
        let mut all = tokens.to_vec();
        all.sort_unstable();
        let runs: Vec<usize> = all.chunk_by(|a, b| a == b).map(<[u32]>::len).collect();
        let once = runs.iter().filter(|r| **r == 1).count();
        [runs.len() as f64, runs.iter().copied().max().unwrap_or(0) as f64, once as f64]
    };
    let means = |lists: &[Vec<u32>]| -> [f64; 3] {
        let mut sum = [0.0; 3];
        lists.iter().map(|l| tally(l)).for_each(|t| (0..3).for_each(|i| sum[i] += t[i] / lists.len() as f64));
        sum
    };
    let real: Vec<Vec<u32>> = chosen
        .iter()
        .map(|&g| of_group[g].iter().flat_map(|&(w, n)| std::iter::repeat_n(w, n)).collect())
        .collect();
    let observed = means(&real);
    let mut simulated: [Vec<f64>; 3] = Default::default();
    for draw in subject.draws.iter().take(200) {
        let (mix, topics) = (&draw[theta], &draw[phi]);
        if mix.len() != count * k || topics.is_empty() {
            return String::new();
        }
        let size = topics.len() / k;
        let sums: Vec<Vec<f64>> = (0..k)
            .map(|t| {
                let mut sum = 0.0;
                topics[t * size..(t + 1) * size]
                    .iter()
                    .map(|p| {
                        sum += p;
                        sum
                    })
                    .collect()
            })
            .collect();
        let lists: Vec<Vec<u32>> = chosen
            .iter()
            .zip(&real)
            .map(|(&g, tokens)| {
                tokens
                    .iter()
                    .map(|_| {
                        let mut left = random.uniform();
                        let shares = &mix[g * k..(g + 1) * k];
                        let topic = shares
                            .iter()
                            .position(|s| {
                                left -= s;
                                left <= 0.0
                            })
                            .unwrap_or(k - 1);
                        let at = random.uniform() * sums[topic][size - 1];
                        sums[topic].partition_point(|s| *s < at).min(size - 1) as u32
                    })
                    .collect()
            })
            .collect();
        means(&lists).iter().zip(&mut simulated).for_each(|(m, s)| s.push(*m));
    }
    let sets = simulated[0].len();
    if sets == 0 {
        return String::new();
    }
    let names = [
        ["Different words", "in a group, mean"],
        ["Uses of a group’s", "commonest word"],
        ["Words used once", "in a group, mean"],
    ];
    let all: Vec<Statistic> = names
        .iter()
        .zip(observed)
        .zip(simulated)
        .map(|((name, observed), simulated)| Statistic {
            name: name.map(String::from),
            observed,
            simulated,
            decimals: 1,
        })
        .collect();
    shown(
        &all,
        "",
        &format!(
            "Grey: {} of the same {} of {} and their lengths, simulated from the posterior, seed {}. \
             Vermillion: the observed value.",
            counted(sets, "data set"),
            counted(chosen.len(), "group"),
            whole(count),
            subject.seed
        ),
    )
}

fn finite(v: &[f64]) -> impl Iterator<Item = f64> + '_ {
    v.iter().copied().filter(|x| x.is_finite())
}

fn mean(v: &[f64]) -> f64 {
    finite(v).sum::<f64>() / finite(v).count() as f64
}

fn variance(v: &[f64]) -> f64 {
    let m = mean(v);
    finite(v).map(|x| (x - m).powi(2)).sum::<f64>() / (finite(v).count() as f64 - 1.0)
}

fn largest(v: &[f64]) -> f64 {
    finite(v).fold(f64::NEG_INFINITY, f64::max)
}

fn smallest(v: &[f64]) -> f64 {
    finite(v).fold(f64::INFINITY, f64::min)
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let pairs: Vec<&(f64, f64)> = pairs.iter().filter(|p| p.0.is_finite() && p.1.is_finite()).collect();
    let n = pairs.len() as f64;
    let (a, b) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let of = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(|p| f(p)).sum::<f64>();
    let both = of(&|p| (p.0 - a) * (p.1 - b));
    both / (of(&|p| (p.0 - a).powi(2)) * of(&|p| (p.1 - b).powi(2))).sqrt()
}

/// The longest stretch of a sequence of which something holds.
fn longest(parts: &[Vec<usize>], holds: impl Fn(usize) -> bool) -> f64 {
    let mut most = 0;
    for s in parts {
        let mut run = 0;
        for &r in s {
            run = if holds(r) { run + 1 } else { 0 };
            most = most.max(run);
        }
    }
    most as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_of_their_names() {
        assert_eq!(variance(&[1.0, 2.0, f64::NAN, 3.0]), 1.0);
        assert!((correlation(&[(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]) - 1.0).abs() < 1e-12);
        assert_eq!(longest(&[vec![0, 1, 2], vec![3, 4]], |r| r >= 2), 2.0);
        let s = Statistic {
            name: Default::default(),
            observed: 3.0,
            simulated: vec![1.0, 2.0, 3.0, 4.0],
            decimals: 0,
        };
        assert_eq!((s.above(), s.below(), s.among()), (0.5, 0.75, true));
        assert_eq!((sets(544), sets(30_000), sets(1_000_000)), (1000, 40, 0));
    }
}
