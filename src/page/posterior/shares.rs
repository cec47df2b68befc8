//! Vectors of shares, and categories of elements. Not here: numbers (`numbers`).

use crate::page::{
    chart::{
        dots::{self, Domain as Axis, Spread},
        heat::{self, Matrix},
    },
    html::{Table, figure, fold},
    kind::Kind,
    laws::levels,
    listed::shown_states,
    number::{fixed, percent, whole, words},
    roles::chain,
    spread::{MOST_ROWS, MOST_TABLE, elements, ends_of, idle, spread, spreads_table},
    subject::{Subject, element},
    transitions,
};
use crate::{answer::posterior::NodePosterior, shape::Extent};

/// Vectors of shares.
pub fn shares(subject: &Subject<'_>, kind: &Kind, n: usize, p: &NodePosterior) -> String {
    let (Some(event), rows) = (p.event.first(), p.plates.iter().map(|a| a.size).product::<usize>()) else {
        return String::new();
    };
    let size = event.size;
    if rows == 1 {
        let (list, unused) = elements(subject, kind, n, p.plates.len());
        let mut all: Vec<Spread> = list
            .iter()
            .map(|&(k, c)| Spread { label: element(event, k), colour: c, ..spread(subject, n, p, k) })
            .collect();
        all.sort_by(|a, b| b.mean.total_cmp(&a.mean));
        let (shown, left) = ends_of(&all);
        let Some(first) = all.first() else { return String::new() };
        let see = format!("{} has {}, the most.", first.label, percent(first.mean));
        let chart = dots::chart(&shown, "share", Axis::Share);
        let table = spreads_table("share of", &all);
        let caption = [left, idle(kind, unused)].join(" ");
        return figure(
            &see,
            "Dot: mean. Thick line: 50 %. Thin line: 90 %.",
            &(chart + &table),
            caption.trim(),
        );
    }
    if rows <= MOST_ROWS && size <= 12 && p.plates.len() == 1 {
        return table_of_shares(subject, kind, n, p);
    }
    many_shares(subject, kind, n, p)
}

/// A few rows of few shares: a matrix.
fn table_of_shares(subject: &Subject<'_>, kind: &Kind, n: usize, p: &NodePosterior) -> String {
    let (rows, columns) = (elements(subject, kind, n, 0), elements(subject, kind, n, 1));
    let size = p.event[0].size;
    let square = rows.0 == columns.0 && rows.0.iter().any(|r| r.1 > 1);
    let mut m = Matrix { decimals: 3, corner: "row \\ column".into(), ..Matrix::default() };
    if chain_table(subject, n) {
        m.corner = "from \\ to".into();
    }
    let mut table = Table::new(&["<from", "<to", "mean", "5 %", "95 %"]);
    let mut largest: (f64, String) = (0.0, String::new());
    for &(i, _) in &rows.0 {
        m.rows.push(element(&p.plates[0], i));
        for &(j, _) in &columns.0 {
            let s = spread(subject, n, p, i * size + j);
            m.values.push(s.mean);
            m.under.push(format!("{} to {}", fixed(s.ends.0, 2), fixed(s.ends.1, 2)));
            let (from, to) = (element(&p.plates[0], i), element(&p.event[0], j));
            if s.mean > largest.0 {
                largest = (s.mean, format!("{from}, {to}"));
            }
            table.row(&[from, to, fixed(s.mean, 4), fixed(s.ends.0, 4), fixed(s.ends.1, 4)]);
        }
    }
    m.columns = columns.0.iter().map(|&(j, _)| element(&p.event[0], j)).collect();
    if square {
        m.colours = rows.0.iter().map(|r| r.1).collect();
    }
    let ways = match kind {
        Kind::States(e, c) if chain(subject.graph, e.selector) == Some(Some(n)) => {
            let levels = levels(subject, e);
            let level = |s: usize| levels.as_ref().map_or(f64::NAN, |l| l[s]);
            transitions::figures(subject, c, &shown_states(c, level), n, p)
        }
        _ => String::new(),
    };
    let see = format!("The largest share is that of {}, with {}.", largest.1, percent(largest.0));
    let chart = heat::chart(&m, &format!("Matrix of shares; {see}"));
    let caption = idle(kind, rows.1);
    ways + &figure(
        &see,
        "Mean, and 90 % under it. Each row sums to 1.",
        &(chart + &fold("The numbers", &table.finish())),
        &caption,
    )
}

/// Does a node hold the rows by which a chain moves?
fn chain_table(subject: &Subject<'_>, n: usize) -> bool {
    (0..subject.graph.nodes.len()).any(|s| chain(subject.graph, s) == Some(Some(n)))
}

/// Many rows, or many shares: the largest of the first rows.
fn many_shares(subject: &Subject<'_>, kind: &Kind, n: usize, p: &NodePosterior) -> String {
    let size = p.event[0].size;
    let rows = p.mean.len() / size;
    let order: Vec<usize> = match kind.components() {
        Some((e, c))
            if p.plates.len() == 1
                && subject.graph.nodes[n].plates.first().map(|q| Extent::Plate(*q)) == Some(e.over) =>
        {
            let mut o = c.order.clone();
            o.sort_by(|&a, &b| c.share[b].total_cmp(&c.share[a]));
            o
        }
        _ => (0..rows).collect(),
    };
    let mut out = format!(
        "<p>{} × {} probabilities. The largest of the first {}, with what q does not know of them:</p>",
        whole(rows),
        whole(size),
        words(order.len().min(3))
    );
    for (place, &row) in order.iter().take(3).enumerate() {
        let mut top: Vec<usize> = (0..size).collect();
        top.sort_by(|&a, &b| p.mean[row * size + b].total_cmp(&p.mean[row * size + a]));
        top.truncate(10);
        let mut table = Table::new(&[&format!("<{}", p.event[0].name), "mean", "sd", "5 %", "95 %"]);
        for &j in &top {
            let s = spread(subject, n, p, row * size + j);
            let sd = p.sd.as_ref().map_or(f64::NAN, |sd| sd[row * size + j]);
            table.row(&[
                element(&p.event[0], j),
                fixed(s.mean, 4),
                fixed(sd, 5),
                fixed(s.ends.0, 4),
                fixed(s.ends.1, 4),
            ]);
        }
        if size > top.len() {
            table.left_out(&format!(
                "and {} more; `elbow show {} --nodes {} --format csv` has all",
                whole(size - top.len()),
                subject.file,
                p.name
            ));
        }
        let name: Vec<String> = top.iter().take(3).map(|&j| element(&p.event[0], j)).collect();
        let summary = format!("{}: {}", row_label(p, row), name.join(", "));
        let body = fold(&summary, &table.finish());
        out += &if place == 0 { body.replacen("<details>", "<details open>", 1) } else { body };
    }
    out
}

fn row_label(p: &NodePosterior, mut row: usize) -> String {
    let mut parts = vec![];
    for axis in p.plates.iter().rev() {
        parts.push(element(axis, row % axis.size.max(1)));
        row /= axis.size.max(1);
    }
    parts.reverse();
    parts.join(", ")
}

/// Which category elements have.
pub fn categories(p: &NodePosterior) -> String {
    let Some(event) = p.event.first() else { return String::new() };
    let k = event.size.max(1);
    let rows = p.mean.len() / k;
    let mut counts = vec![0usize; k];
    let mut sure = 0;
    let mut table = Table::new(&["<element", "<likeliest", "probability"]);
    for row in 0..rows {
        let part = &p.mean[row * k..(row + 1) * k];
        let best = (0..k).fold(0, |b, i| if part[i] > part[b] { i } else { b });
        counts[best] += 1;
        sure += usize::from(part[best] >= 0.95);
        if row < MOST_TABLE {
            table.row(&[row_label(p, row), element(event, best), fixed(part[best], 3)]);
        }
    }
    if rows > MOST_TABLE {
        table.left_out(&format!("and {} more", whole(rows - MOST_TABLE)));
    }
    let used: Vec<String> = (0..k)
        .filter(|i| counts[*i] > 0)
        .map(|i| format!("{} {}", whole(counts[i]), element(event, i)))
        .collect();
    let see = format!("{} of {} belong to one category with at least 95\u{a0}%.", whole(sure), whole(rows));
    let mut m =
        Matrix { columns: (0..k).map(|i| element(event, i)).collect(), decimals: 2, ..Matrix::default() };
    for row in 0..rows.min(MOST_ROWS) {
        m.rows.push(row_label(p, row));
        m.values.extend(&p.mean[row * k..(row + 1) * k]);
    }
    let chart = heat::chart(&m, &format!("Probabilities of categories; {see}"));
    let caption = if rows > MOST_ROWS {
        format!("The first {} of {}.", whole(MOST_ROWS), whole(rows))
    } else {
        String::new()
    };
    figure(
        &see,
        &format!("By likeliest category: {}.", used.join(", ")),
        &(chart + &fold("The numbers", &table.finish())),
        &caption,
    )
}
