//! Rows and the components that they come from, by what their values are. Not here: how sure rows are of
//! theirs (`odds`).

use crate::page::{
    axes,
    chart::{
        blob::{self, Blob, Point},
        heat::{self, Matrix},
        one_axis, plane,
        regressions::{self, Fit},
    },
    components::Components,
    html::{Table, figure, fold},
    kind::join,
    laws::laws,
    number::{capital, counted, fixed, percent, significant, whole, words},
    observed::Observed,
    roles::{Emission, alike, covariates},
    some::some_rows,
    subject::Subject,
};
use crate::{
    ask::components::{Component, components},
    expfam::stat::Domain,
    shape::{Extent, NodeId},
};

/// Which component rows are of, as points take it.
struct Belonging<'a> {
    c: &'a Components,
}

impl Belonging<'_> {
    fn of(&self, row: usize) -> (usize, bool, String) {
        let (k, p) = self.c.of_row(row);
        let blob = self.c.order.iter().position(|o| *o == k).unwrap_or(usize::MAX);
        (blob, p < 0.95, format!("{} {}", self.c.labels[k], percent(p)))
    }
}

pub fn mixtures(subject: &Subject<'_>, e: &Emission, c: &Components) -> String {
    let mut out = String::new();
    if let Some(seen) = Observed::of(subject, e.child) {
        let stat = subject.graph.nodes[e.child].spec.stat;
        let known = covariates(subject.graph, e.child);
        out += &match (stat.domain, known.as_slice()) {
            (Domain::Category, _) => profile(subject, e, c),
            (Domain::Real, [column]) if seen.width == 1 => lines(subject, e, c, &seen, column.0),
            (Domain::Count | Domain::Binary, _) if seen.width == 1 => counts(subject, e, c, &seen),
            (Domain::Real | Domain::Positive, []) => scatter(subject, e, c, &seen).unwrap_or_default(),
            _ => profile(subject, e, c),
        };
    }
    out + &super::odds::odds(subject, e, c)
}

fn blobs(c: &Components, laws: &[Component]) -> Option<Vec<Blob>> {
    let one = |&k: &usize| {
        let (dof, centre, scale) = laws.get(k)?.student()?;
        let (centre, scale) = (centre.to_vec(), scale.to_vec());
        Some(Blob {
            label: c.labels[k].clone(),
            share: c.share[k],
            colour: c.colour(k, false),
            dof,
            centre,
            scale,
        })
    };
    c.order.iter().map(one).collect()
}

fn scatter(subject: &Subject<'_>, e: &Emission, c: &Components, seen: &Observed) -> Option<String> {
    let blobs = blobs(c, &laws(subject, e)?)?;
    let belonging = Belonging { c };
    let of_rows = capital(&counted(seen.count(), "row"));
    let names: Vec<&str> = seen.names.iter().map(String::as_str).collect();
    if seen.width == 1 {
        let values: Vec<f64> = seen.column(0).filter(|x| x.is_finite()).collect();
        let see = format!(
            "{of_rows} of `{}`, and {} {} in use.",
            names[0],
            words(c.order.len()),
            if c.order.len() == 1 { "component" } else { "components" }
        );
        let label = format!("Histogram of {} with the density of each component.", names[0]);
        let how = "Grey: the data. Curves: what each component predicts for a new row, times its share.";
        return Some(figure(
            &see,
            how,
            &(one_axis::line(&values, &blobs, names[0], &label) + &blob_table(&blobs, &names)),
            "",
        ));
    }
    let shown = some_rows(subject, seen.count());
    let plane = axes::plane(seen, &blobs)?;
    let points: Vec<Point> = shown
        .iter()
        .filter(|&&i| (0..seen.width).all(|j| seen.at(i, j).is_finite()))
        .map(|&i| {
            let (blob, open, said) = belonging.of(i);
            let at = plane.place(&seen.values[i * seen.width..(i + 1) * seen.width]);
            Point {
                at,
                blob,
                open,
                title: format!("{} {}: {said}", subject.row_noun(seen.rows), subject.row_name(seen.rows, i)),
            }
        })
        .collect();
    let flat: Vec<Blob> = blobs.iter().map(|b| plane.blob(b)).collect();
    let mut pairs = vec![];
    for i in 0..flat.len() {
        for j in 0..i {
            if blob::overlap(&flat[i], &flat[j]) {
                pairs.push(format!("{} and {}", flat[j].label, flat[i].label));
            }
        }
    }
    let groups = format!(
        "{} {}",
        capital(&words(flat.len())),
        if flat.len() == 1 { "component" } else { "components" }
    );
    let see = match pairs.len() {
        _ if flat.len() == 1 => format!("{groups} is in use."),
        0 => format!("{groups}: their 90\u{a0}% ellipses do not overlap."),
        1..=3 => format!("{groups}: the 90\u{a0}% ellipses of {} overlap.", join(&pairs)),
        k => format!("{groups}: the 90\u{a0}% ellipses of {} pairs overlap.", words(k)),
    };
    let mut how = String::from(
        "Ellipses hold 50 % and 90 % of what a component predicts for a new row. Along the edges: the \
         data’s histogram and each component’s density, times its share. ",
    );
    if blobs.iter().any(|b| b.dof.is_finite()) {
        how += "Each is a Student-t: what is not known of it is counted in. ";
    }
    if points.iter().any(|p| p.open) {
        how += "Rings: rows under 95 %. ";
    }
    if let Some(kept) = plane.kept {
        how += &format!(
            "{} columns, each in its standard deviations, are seen along their two principal axes, which \
             keep {} of the variance. ",
            whole(seen.width),
            percent(kept)
        );
    }
    if shown.len() < seen.count() {
        how += &format!("{} of {} rows, seed {}.", whole(shown.len()), whole(seen.count()), subject.seed);
    }
    let label = format!(
        "Scatter of {} with ellipses of {} components. {see}",
        counted(points.len(), "row"),
        flat.len()
    );
    let [a, b] = &plane.names;
    let chart = plane::chart(&points, &flat, [a, b], &label);
    Some(figure(&see, how.trim(), &(chart + &blob_table(&blobs, &names)), ""))
}

fn blob_table(blobs: &[Blob], names: &[&str]) -> String {
    let mut table = Table::new(&["<component", "<number", "share", "centre", "sd of a new row"]);
    for b in blobs {
        let d = b.centre.len();
        for (j, name) in names.iter().enumerate().take(12) {
            let factor = if b.dof > 2.0 && b.dof.is_finite() { b.dof / (b.dof - 2.0) } else { 1.0 };
            let sd = (factor * b.scale[j * d + j]).sqrt();
            table.row(&[
                if j == 0 { b.label.clone() } else { String::new() },
                (*name).to_string(),
                if j == 0 { percent(b.share) } else { String::new() },
                significant(b.centre[j], 4),
                significant(sd, 3),
            ]);
        }
    }
    fold("The components, as a table", &table.finish())
}

fn counts(subject: &Subject<'_>, e: &Emission, c: &Components, seen: &Observed) -> String {
    let Some(laws) = laws(subject, e) else { return String::new() };
    let one = |&k: &usize| {
        let p = laws[k].discrete()?.to_vec();
        let mean = laws[k].mean();
        let colour = c.colour(k, false);
        Some((
            Blob {
                label: c.labels[k].clone(),
                share: c.share[k],
                colour,
                dof: f64::INFINITY,
                centre: mean,
                scale: vec![0.0],
            },
            p,
        ))
    };
    let Some(all) = c.order.iter().map(one).collect::<Option<Vec<_>>>() else { return String::new() };
    let values: Vec<f64> = seen.column(0).collect();
    let means: Vec<String> =
        all.iter().map(|(b, _)| format!("{} {}", b.label, significant(b.centre[0], 3))).collect();
    let see = format!("A new row has a mean of {}.", join(&means));
    let how = "Grey: the share of rows with each count. Dots: what each component predicts for a new row, \
        times its share.";
    let label = format!("Counts of {}; {see}", seen.names[0]);
    let mut table = Table::new(&["<component", "share", "mean"]);
    all.iter()
        .for_each(|(b, _)| table.row(&[b.label.clone(), percent(b.share), significant(b.centre[0], 4)]));
    figure(
        &see,
        how,
        &(one_axis::counts(&values, &all, &seen.names[0], &label)
            + &fold("The components, as a table", &table.finish())),
        "",
    )
}

fn lines(subject: &Subject<'_>, e: &Emission, c: &Components, seen: &Observed, column: usize) -> String {
    let Some(x) = subject.bound.columns[column].numbers.as_ref() else { return String::new() };
    let shown = some_rows(subject, seen.count());
    let mut by_x = shown.clone();
    by_x.retain(|&i| x[i].is_finite());
    by_x.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let few: Vec<usize> =
        (0..60.min(by_x.len())).map(|i| by_x[i * (by_x.len() - 1) / 59.min(by_x.len() - 1).max(1)]).collect();
    let Some(of) = components(subject.kept, subject.graph, subject.bound, NodeId(e.child), &few) else {
        return String::new();
    };
    let fits: Vec<Fit> = c
        .order
        .iter()
        .map(|&k| Fit {
            blob: Blob {
                label: c.labels[k].clone(),
                share: c.share[k],
                colour: c.colour(k, false),
                dof: 1.0,
                centre: vec![],
                scale: vec![],
            },
            line: few.iter().zip(&of).map(|(&i, laws)| (x[i], laws[k].mean()[0])).collect(),
        })
        .collect();
    let belonging = Belonging { c };
    let points: Vec<Point> = by_x
        .iter()
        .filter(|&&i| seen.at(i, 0).is_finite())
        .map(|&i| {
            let (blob, open, said) = belonging.of(i);
            Point {
                at: (x[i], seen.at(i, 0)),
                blob,
                open,
                title: format!("row {}: {said}", subject.row_name(seen.rows, i)),
            }
        })
        .collect();
    let name = &subject.column(column).name;
    let see = format!("{} lines of `{}` along `{name}`.", capital(&words(fits.len())), seen.names[0]);
    let mut table = Table::new(&["<component", name, "expected"]);
    for f in &fits {
        for i in [0, f.line.len() / 2, f.line.len().saturating_sub(1)] {
            if let Some(p) = f.line.get(i) {
                table.row(&[f.blob.label.clone(), significant(p.0, 4), significant(p.1, 4)]);
            }
        }
    }
    let label = format!("Rows of {} against {name}, with the line of each component.", seen.names[0]);
    let chart = regressions::chart(&points, &fits, [name, &seen.names[0]], &label);
    figure(
        &see,
        "Dots: rows, in the colour of their likeliest component; rings are under 95 %. Lines: what each \
         component expects.",
        &(chart + &fold("The lines, as a table", &table.finish())),
        "",
    )
}

/// What each component expects of each column or level.
fn profile(subject: &Subject<'_>, e: &Emission, c: &Components) -> String {
    let node = &subject.graph.nodes[e.child];
    let levels = node.event.filter(|_| node.spec.stat.one_hot()).map(|x| subject.extent_labels(x));
    let inner: Vec<String> = match node.plates.get(1) {
        Some(&p) => subject.extent_labels(Extent::Plate(p)),
        None => vec![],
    };
    let count = inner.len().max(1);
    if levels.as_ref().is_some_and(|l| l.len() * count > 60) || count > 60 {
        return String::new();
    }
    if !alike(subject.graph, e.child, e.rows) {
        return String::new();
    }
    let elements: Vec<usize> = (0..count).collect();
    let Some(of) = components(subject.kept, subject.graph, subject.bound, NodeId(e.child), &elements) else {
        return String::new();
    };
    let mut m = Matrix { decimals: 2, ..Matrix::default() };
    m.columns = c.order.iter().map(|&k| c.labels[k].clone()).collect();
    let mut widest = (0.0, String::new());
    for (j, laws) in of.iter().enumerate() {
        let parts: Vec<(String, Vec<f64>)> = match &levels {
            Some(l) => (0..l.len())
                .map(|v| {
                    let at =
                        |k: &usize| laws[*k].discrete().and_then(|p| p.get(v)).copied().unwrap_or(f64::NAN);
                    let name = if inner.is_empty() { l[v].clone() } else { format!("{} {}", inner[j], l[v]) };
                    (name, c.order.iter().map(at).collect())
                })
                .collect(),
            None => {
                let name = inner.get(j).cloned().unwrap_or_else(|| node.name.clone());
                vec![(name, c.order.iter().map(|&k| laws[k].mean()[0]).collect())]
            }
        };
        for (name, values) in parts {
            let (low, high) = crate::page::scale::range(values.iter().copied());
            if high - low > widest.0 {
                widest = (high - low, name.clone());
            }
            m.rows.push(name);
            m.values.extend(values);
        }
    }
    let see = if c.order.len() > 1 {
        format!("Components differ most in {}.", widest.1)
    } else {
        "One component is in use.".into()
    };
    let what = if node.spec.stat.domain == Domain::Real {
        "the mean"
    } else {
        "the probability, or the mean of a count,"
    };
    let mut table = Table::new(&["<", "<component", "value"]);
    for (i, row) in m.rows.iter().enumerate() {
        for (j, column) in m.columns.iter().enumerate() {
            table.row(&[row.clone(), column.clone(), fixed(m.values[i * m.columns.len() + j], 4)]);
        }
    }
    let how = format!("In each cell {what} that a component predicts for a new row.");
    figure(
        &see,
        &how,
        &(heat::chart(&m, &format!("What components expect; {see}")) + &fold("The numbers", &table.finish())),
        "",
    )
}
