//! Observed values against what is expected of them, and numbers along steps. Not here: states (`states`).

use crate::expfam::stat::Domain;
use crate::page::{
    chart::{
        fitted::{self, Pair},
        series::{self, Track},
    },
    html::{Table, figure, fold},
    number::{fixed, percent, significant, whole, words},
    observed::{Observed, sequences},
    roles::steps,
    scale::sorted,
    some::some_rows,
    subject::Subject,
};

/// Tracks of a picture, at most.
const MOST_TRACKS: usize = 6;
/// Rows of a table, at most.
const MOST_TABLE: usize = 100;

/// An observed node against what is expected of it: along its steps, or row by row, with residuals.
pub fn expected(subject: &Subject<'_>, n: usize, drawn: bool) -> String {
    let (Some(seen), Some(f)) = (Observed::of(subject, n), subject.fitted(n)) else { return String::new() };
    if f.mean.len() != seen.values.len() || f.sd.iter().all(|s| !s.is_finite()) {
        return String::new();
    }
    let mut out = String::new();
    let name = &subject.graph.nodes[n].name;
    if let (Some(p), false) = (steps(subject.graph, n), drawn) {
        out += &along(subject, &seen, &f.mean, &f.sd, p, name, "a new value");
    }
    let pairs: Vec<(usize, Pair)> = (0..seen.values.len())
        .filter(|&i| seen.values[i].is_finite() && f.sd[i] > 0.0)
        .map(|i| {
            let row = subject.row_name(seen.rows, i / seen.width);
            let title = if seen.width > 1 { format!("{row}, {}", seen.names[i % seen.width]) } else { row };
            (i, Pair { mean: f.mean[i], sd: f.sd[i], seen: seen.values[i], title })
        })
        .collect();
    if pairs.len() < 3 {
        return out;
    }
    let inside = pairs.iter().filter(|(_, p)| p.residual().abs() <= 1.645).count();
    let see = format!(
        "{} of {} observed values of `{name}` lie in their 90\u{a0}% interval ({}).",
        whole(inside),
        whole(pairs.len()),
        percent(inside as f64 / pairs.len() as f64)
    );
    let binary = pairs.iter().all(|(_, p)| p.seen == 0.0 || p.seen == 1.0);
    let shown: Vec<Pair> = some_rows(subject, pairs.len()).into_iter().map(|i| pairs[i].1.clone()).collect();
    let mut far: Vec<&(usize, Pair)> = pairs.iter().collect();
    far.sort_by(|a, b| b.1.residual().abs().total_cmp(&a.1.residual().abs()));
    let mut table = Table::new(&["<", "observed", "expected", "sd", "residual, sd"]);
    for (_, p) in far.iter().take(20) {
        table.row(&[
            p.title.clone(),
            significant(p.seen, 4),
            significant(p.mean, 4),
            significant(p.sd, 3),
            fixed(p.residual(), 2),
        ]);
    }
    if far.len() > 20 {
        table.left_out(&format!("and {} more, which lie closer", whole(far.len() - 20)));
    }
    let left = if shown.len() < pairs.len() {
        format!(" {} of {} values, seed {}.", whole(shown.len()), whole(pairs.len()), subject.seed)
    } else {
        String::new()
    };
    if !binary {
        let how = format!(
            "On the dashed line a value is what was expected. Grey lines: mean ± 1.645 sd of a new value; \
             vermillion dots lie outside.{left}"
        );
        let label = format!("Observed against expected values of {name}. {see}");
        out += &figure(
            &see,
            &how,
            &(fitted::against(&shown, name, &label)
                + &fold("The values that lie farthest off", &table.finish())),
            "",
        );
        let all: Vec<Pair> = pairs.into_iter().map(|p| p.1).collect();
        let three = all.iter().filter(|p| p.residual().abs() > 3.0).count();
        let see = format!(
            "{} of {} residuals of `{name}` are beyond 3 sd; a Gaussian has {}.",
            whole(three),
            whole(all.len()),
            significant(0.0027 * all.len() as f64, 2)
        );
        let mut table = Table::new(&["<residual", "values", "of a Gaussian"]);
        for (a, b, g) in [
            (-9e9, -2.0, 0.02275),
            (-2.0, -1.0, 0.1359),
            (-1.0, 0.0, 0.3413),
            (0.0, 1.0, 0.3413),
            (1.0, 2.0, 0.1359),
            (2.0, 9e9, 0.02275),
        ] {
            let count = all.iter().filter(|p| p.residual() > a && p.residual() <= b).count();
            let name = match (a, b) {
                (a, _) if a < -8e9 => "up to −2".to_string(),
                (_, b) if b > 8e9 => "above 2".to_string(),
                _ => format!("{} to {}", fixed(a, 0), fixed(b, 0)),
            };
            table.row(&[name, whole(count), fixed(g * all.len() as f64, 1)]);
        }
        out += &figure(
            &see,
            "Observed less expected, in standard deviations of a new value. Curve: a Gaussian.",
            &(fitted::residuals(&all, &format!("Histogram of residuals. {see}"))
                + &fold("The residuals, as a table", &table.finish())),
            "",
        );
    }
    out
}

/// A node of numbers along its steps.
fn along(
    subject: &Subject<'_>,
    seen: &Observed,
    mean: &[f64],
    sd: &[f64],
    p: crate::shape::PlateId,
    name: &str,
    of: &str,
) -> String {
    let (parts, axis) = sequences(subject, p);
    let w = seen.width;
    let with_data = seen.values.iter().any(|v| v.is_finite());
    let mut tracks: Vec<Track> = vec![];
    let mut table = Table::new(&["<", "<step", "observed", "expected", "sd"]);
    'all: for s in &parts {
        for j in 0..w {
            if tracks.len() == MOST_TRACKS {
                break 'all;
            }
            let label = [s.name.as_str(), if w > 1 { &seen.names[j] } else { "" }].join(" ");
            let at = |i: &usize| i * w + j;
            let band = |i: &usize| (mean[at(i)] - 1.645 * sd[at(i)], mean[at(i)] + 1.645 * sd[at(i)]);
            for (i, x) in s.rows.iter().zip(&s.x) {
                if table.count < MOST_TABLE {
                    let v = seen.values[at(i)];
                    let v = if v.is_finite() { significant(v, 4) } else { "–".into() };
                    table.row(&[
                        label.clone(),
                        significant(*x, 6),
                        v,
                        significant(mean[at(i)], 4),
                        significant(sd[at(i)], 3),
                    ]);
                }
            }
            tracks.push(Track {
                name: label.trim().into(),
                x: s.x.clone(),
                seen: if with_data { s.rows.iter().map(|i| seen.values[at(i)]).collect() } else { vec![] },
                mean: s.rows.iter().map(|i| mean[at(i)]).collect(),
                band: s.rows.iter().map(band).collect(),
                ..Track::default()
            });
        }
    }
    let missing = seen.values.iter().filter(|v| !v.is_finite()).count();
    if parts.len() * w > tracks.len() || mean.len() > table.count {
        table.left_out(&format!("{} of {} numbers", whole(table.count), whole(mean.len())));
    }
    let most = sorted(sd.iter().copied());
    let see = match (with_data, missing) {
        (true, 0) => format!("`{name}` along {}, with what is expected of it.", axis),
        (true, m) => format!(
            "{} of {} values of `{name}` are missing, and are expected within the band.",
            whole(m),
            whole(seen.values.len())
        ),
        (false, _) => format!(
            "`{name}` is known to within a standard deviation of {} to {}.",
            significant(most.first().copied().unwrap_or(f64::NAN), 2),
            significant(most.last().copied().unwrap_or(f64::NAN), 2)
        ),
    };
    let mut how = format!(
        "{}Line: expected. Grey band: mean ± 1.645 sd of {of}.",
        if with_data { "Dots: observed. " } else { "" }
    );
    if tracks.len() < parts.len() * w {
        how += &format!(" The first {} of {}.", words(tracks.len()), whole(parts.len() * w));
    }
    let label = format!("{name} along its steps. {}", see.replace('`', ""));
    let title = if tracks.len() == 1 { name } else { "" };
    let chart = series::chart(&tracks, &[], [&axis, title], &label);
    figure(&see, &how, &(chart + &fold("The numbers", &table.finish())), "")
}

/// A node of unseen numbers along its steps.
pub fn hidden(subject: &Subject<'_>, n: usize) -> String {
    let (Some(p), Some(node)) = (steps(subject.graph, n), subject.node(n)) else { return String::new() };
    let (Some(sd), Some(empty)) = (&node.sd, Observed::unseen(subject, n)) else { return String::new() };
    let real = subject.graph.nodes[n].spec.stat.domain == Domain::Real;
    if !real || empty.width > 12 || sd.len() != node.mean.len() {
        return String::new();
    }
    along(subject, &empty, &node.mean, sd, p, &node.name, "q")
}
