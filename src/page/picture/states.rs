//! A series with the states behind it, and the likeliest state of each step. Not here: how states follow each
//! other (`transitions`).

use crate::ask::components::{Component, quantiles};
use crate::page::{
    chart::series::{self, State, Track},
    components::Components,
    html::{Table, figure, fold},
    laws::laws,
    listed::shown_states,
    number::{counted, fixed, significant, whole, words},
    observed::{Observed, Sequence, sequences},
    roles::Emission,
    subject::Subject,
};

/// Sequences of a picture, at most.
const MOST_TRACKS: usize = 6;
/// Rows of a table, at most.
const MOST_TABLE: usize = 100;

/// Laws of rows and components found, at most.
const MOST_LAWS: usize = 200_000;

/// A series with the states behind it.
pub fn states(subject: &Subject<'_>, e: &Emission, c: &Components) -> String {
    let latent = subject.graph.nodes[e.child].observed.is_none();
    let seen = if latent { Observed::unseen(subject, e.child) } else { Observed::of(subject, e.child) };
    let Some(seen) = seen else { return String::new() };
    let category = subject.graph.nodes[e.child].spec.stat.one_hot();
    let laws = laws(subject, e);
    let rows = seen.count();
    let k = c.count();
    let level = |s: usize, j: usize| match &laws {
        Some(l) if !category => l[s].mean().get(j).copied().unwrap_or(f64::NAN),
        _ => f64::NAN,
    };
    let likely = subject.path(e.selector).filter(|p| p.len() == rows && p.iter().all(|x| *x >= 0.0));
    let path: Vec<usize> = match likely {
        Some(path) => path.iter().map(|x| *x as usize).collect(),
        None => (0..rows).map(|i| c.of_row(i).0).collect(),
    };
    // The band of a row depends on its probabilities alone.
    let bands: Vec<[Vec<f64>; 3]> = match &laws {
        Some(laws) if !category && rows * k <= MOST_LAWS => (0..rows)
            .map(|i| {
                let parts: Vec<(f64, &Component)> =
                    (0..k).map(|s| (c.rows[i * k + s], &laws[s])).filter(|p| p.0 > 1e-6).collect();
                quantiles(&parts)
            })
            .collect(),
        _ => vec![],
    };
    let (parts, axis) = sequences(subject, e.rows);
    let numbers = seen.values.len();
    // Of what nobody saw, q itself.
    let told = match subject.node(e.child).filter(|_| latent) {
        Some(node) => node.sd.as_ref().map(|sd| (node.mean.as_slice(), sd.as_slice())),
        None => subject.fitted(e.child).map(|f| (f.mean.as_slice(), f.sd.as_slice())),
    };
    let told = told.filter(|(mean, sd)| !category && mean.len() == numbers && sd.len() == numbers);
    let mut tracks = vec![];
    for s in parts.iter().take(MOST_TRACKS) {
        let dims = if parts.len() > 1 || category { 1 } else { seen.width.min(MOST_TRACKS) };
        for j in 0..dims {
            let number = |i: &usize| if category { f64::NAN } else { seen.at(*i, j) };
            let name = if parts.len() > 1 {
                s.name.clone()
            } else if seen.width > 1 && !category {
                seen.names[j].clone()
            } else {
                String::new()
            };
            let at = |i: &usize| i * seen.width + j;
            let band = |i: &usize| match (bands.get(*i), told) {
                (Some(q), _) => (q[0][j], q[2][j]),
                (None, Some((m, sd))) => (m[at(i)] - 1.645 * sd[at(i)], m[at(i)] + 1.645 * sd[at(i)]),
                _ => (f64::NAN, f64::NAN),
            };
            let mean = told.filter(|_| latent).map(|(m, _)| s.rows.iter().map(|i| m[at(i)]).collect());
            tracks.push(Track {
                name,
                x: s.x.clone(),
                seen: s.rows.iter().map(number).collect(),
                mean: mean.unwrap_or_default(),
                band: if category { vec![] } else { s.rows.iter().map(band).collect() },
                path: s
                    .rows
                    .iter()
                    .map(|&i| (c.order.iter().position(|o| *o == path[i]).unwrap_or(0), level(path[i], j)))
                    .collect(),
                states: s
                    .rows
                    .iter()
                    .map(|&i| c.order.iter().map(|&o| c.rows[i * k + o]).collect())
                    .collect(),
            });
        }
    }
    let listed: Vec<State> = shown_states(c, |s| level(s, 0));
    let changes: usize =
        parts.iter().map(|s| s.rows.windows(2).filter(|w| path[w[0]] != path[w[1]]).count()).sum();
    let doubt = (0..rows).filter(|&i| c.of_row(i).1 < 0.9).count();
    let see = format!(
        "The most probable path changes state {} in {}; {}.",
        if changes == 1 { "once".into() } else { format!("{} times", whole(changes)) },
        counted(rows, "step"),
        match doubt {
            0 => "each has a state of at least 90\u{a0}%".into(),
            d => format!("in {} no state has 90\u{a0}%", counted(d, "step")),
        }
    );
    let how = if category {
        "The probability of each state."
    } else if latent {
        "Line: the mean of q. Grey band: mean ± 1.645 sd. Behind: the most probable path. Below: the probability \
         of each state."
    } else if bands.is_empty() {
        "Dots: observed. Behind: the most probable path. Grey band: mean ± 1.645 sd of a new value at that step. \
         Below: the probability of each state."
    } else {
        "Dots: observed. Thick steps: the level of the most probable path. Grey band: 5 % to 95 % of a new \
         value at that step. Below: the probability of each state."
    };
    let mut caption = String::new();
    if parts.len() > MOST_TRACKS {
        caption = format!("The first {} of {} sequences.", words(MOST_TRACKS), whole(parts.len()));
    }
    let label = format!("Series of {} steps with its states. {see}", whole(rows));
    let name = if category {
        "probability of each state"
    } else if seen.width == 1 {
        seen.names[0].as_str()
    } else {
        "value"
    };
    let chart = series::chart(&tracks, &listed, [&axis, name], &label);
    figure(&see, how, &(chart + &path_table(subject, e, c, &parts, &path)), &caption)
}

fn path_table(
    subject: &Subject<'_>,
    e: &Emission,
    c: &Components,
    parts: &[Sequence],
    path: &[usize],
) -> String {
    let mut table = Table::new(&["<sequence", "<from", "<to", "<state", "steps", "mean probability"]);
    let mut left = 0;
    for s in parts {
        let mut i = 0;
        while i < s.rows.len() {
            let mut end = i;
            while end + 1 < s.rows.len() && path[s.rows[end + 1]] == path[s.rows[i]] {
                end += 1;
            }
            if table.count < MOST_TABLE {
                let at = |r: &usize| c.rows[r * c.count() + path[*r]];
                let p: f64 = s.rows[i..=end].iter().map(at).sum::<f64>() / (end + 1 - i) as f64;
                let step = |x: f64| if x.fract() == 0.0 { format!("{x:.0}") } else { significant(x, 5) };
                table.row(&[
                    s.name.clone(),
                    step(s.x[i]),
                    step(s.x[end]),
                    c.labels[path[s.rows[i]]].clone(),
                    whole(end + 1 - i),
                    fixed(p, 3),
                ]);
            } else {
                left += 1;
            }
            i = end + 1;
        }
    }
    if left > 0 {
        table.left_out(&format!(
            "and {} more; `elbow fit … --nodes {}` has all steps",
            whole(left),
            subject.graph.nodes[e.selector].name
        ));
    }
    fold("The most probable path, as a table", &table.finish())
}
