//! The bound: by iteration, by restart, by node. Not here: what is said of it at the top (`verdict`).

use super::{
    html::{Table, figure, fold, prose},
    number::{fixed, nats, significant, whole},
    scale::{Scale, padded, range, sorted},
    subject::Subject,
    svg::{Anchor, Svg, n, twice},
};
use crate::answer::starts::{ended, groups};
use std::fmt::Write;

/// What the last iteration gained, in nats; NaN of a single one.
pub fn last_gain(trace: &[f64]) -> f64 {
    match trace {
        [.., a, b] => b - a,
        _ => f64::NAN,
    }
}

/// The whole section.
pub fn section(subject: &Subject<'_>) -> String {
    let p = subject.posterior;
    let mut out = String::from("<h2 id=\"bound\">The bound</h2>");
    let gain = last_gain(&p.trace);
    let threshold = p.tolerance * p.elbo.abs();
    let (n, elbo) = (whole(p.iterations), nats(p.elbo));
    let see = if p.iterations < 2 {
        format!("One iteration came to {elbo} nats.")
    } else if p.converged && gain.abs() <= 0.1 {
        format!(
            "The last of {n} iterations gained less than {} nats, its tolerance.",
            significant(threshold, 2)
        )
    } else if p.converged {
        format!("The fit stopped while an iteration still gained {} nats.", significant(gain, 2))
    } else {
        format!("The fit stopped after {n} iterations before its tolerance was met.")
    };
    let label = format!("The bound by iteration, ending at {elbo} nats, and the gain of each iteration.");
    let how = "Left: the evidence lower bound. Right: what each iteration gained, on a logarithmic scale.";
    let mut numbers = Table::new(&["iteration", "bound, nats", "gain, nats"]);
    let shown = shown(p.trace.len());
    for &i in &shown {
        let gain = if i == 0 { "".into() } else { significant(p.trace[i] - p.trace[i - 1], 3) };
        numbers.row(&[whole(i + 1), fixed(p.trace[i], 4), gain]);
    }
    if shown.len() < p.trace.len() {
        numbers.left_out(&format!(
            "{} of {} iterations; `elbow show {} --trace FILE.csv` writes all",
            whole(shown.len()),
            whole(p.trace.len()),
            subject.file
        ));
    }
    let chart = twice(&label, |w| trace(w, &p.trace, threshold));
    out += &figure(&see, how, &(chart + &fold("The bound by iteration, as a table", &numbers.finish())), "");
    out += &restarts(subject);
    out += &terms(subject);
    out
}

/// The iterations that a table shows: all of few, else the first and those spread evenly.
fn shown(count: usize) -> Vec<usize> {
    const MOST: usize = 40;
    if count <= MOST {
        return (0..count).collect();
    }
    (0..MOST).map(|i| i * (count - 1) / (MOST - 1)).collect()
}

/// Two panels, side by side or one below the other.
fn trace(width: f64, trace: &[f64], threshold: f64) -> Svg {
    let narrow = width < 500.0;
    let (panel, gap, height) = (if narrow { width } else { (width - 44.0) / 2.0 }, 44.0, 216.0);
    let mut svg = Svg::new(width, if narrow { 2.0 * height + 14.0 } else { height });
    bound_panel(&mut svg, (0.0, 0.0), panel, trace);
    let at = if narrow { (0.0, height + 14.0) } else { (panel + gap, 0.0) };
    gain_panel(&mut svg, at, panel, trace, threshold);
    svg
}

const TOP: f64 = 26.0;
const FOOT: f64 = 168.0;

fn bound_panel(svg: &mut Svg, (x0, y0): (f64, f64), width: f64, trace: &[f64]) {
    svg.text((x0, y0 + 11.0), Anchor::Start, "b s", "the bound, nats");
    // What a first iteration falls short by may hide all others.
    let from =
        if trace.len() > 8 { super::scale::quantile(&sorted(trace.iter().copied()), 0.05) } else { f64::NAN };
    let (low, high) = range(trace.iter().copied());
    let low = if from.is_finite() && (high - low) > 4.0 * (high - from) { from } else { low };
    let ticks = Scale::new(padded((low, high), 0.06), (y0 + FOOT, y0 + TOP)).ticks(4);
    let room = ticks.labels().map(|(_, l)| super::svg::text_width(&l, 12.0)).fold(0.0, f64::max) + 8.0;
    let y = Scale::new(padded((low, high), 0.06), (y0 + FOOT, y0 + TOP));
    let x = Scale::new((1.0, trace.len().max(2) as f64), (x0 + room, x0 + width - 8.0));
    for (v, label) in ticks.labels() {
        svg.line((x0 + room, y.at(v)), (x0 + width, y.at(v)), "grid");
        svg.text((x0 + room - 6.0, y.at(v) + 4.0), Anchor::End, "m s", &label);
    }
    iterations(svg, &x, y0, (x0 + room, x0 + width));
    let points: Vec<(f64, f64)> =
        trace.iter().enumerate().map(|(i, v)| (x.at(i as f64 + 1.0), y.inside(*v))).collect();
    svg.through(&points, "s1 nofill", "stroke-width=\"1.6\"");
    if trace.len() <= 40 {
        for (p, v) in points.iter().zip(trace) {
            svg.dot(*p, 2.6, "f1", "", &format!("{} nats", nats(*v)));
        }
    }
    if let (Some(last), Some(v)) = (points.last(), trace.last()) {
        svg.text((x0 + width, (last.1 + 18.0).min(y0 + FOOT - 6.0)), Anchor::End, "t1 b s halo", &nats(*v));
    }
}

fn iterations(svg: &mut Svg, x: &Scale, y0: f64, (left, right): (f64, f64)) {
    svg.line((left, y0 + FOOT), (right, y0 + FOOT), "axis");
    for (v, label) in x.ticks(5).labels().filter(|(v, _)| v.fract() == 0.0) {
        svg.line((x.at(v), y0 + FOOT), (x.at(v), y0 + FOOT + 4.0), "axis");
        svg.text((x.at(v), y0 + FOOT + 18.0), Anchor::Middle, "m s", &label);
    }
    svg.text((right, y0 + FOOT + 36.0), Anchor::End, "b s", "iteration");
}

fn gain_panel(svg: &mut Svg, (x0, y0): (f64, f64), width: f64, trace: &[f64], threshold: f64) {
    svg.text((x0, y0 + 11.0), Anchor::Start, "b s", "gained by an iteration, nats");
    let gains: Vec<(usize, f64)> =
        trace.windows(2).enumerate().map(|(i, w)| (i + 2, w[1] - w[0])).filter(|(_, g)| *g > 0.0).collect();
    let logs = || gains.iter().map(|g| g.1.log10());
    let (low, high) = range(logs().chain((threshold > 0.0).then(|| threshold.log10())));
    let (low, high) = (low.floor(), high.ceil().max(low.floor() + 1.0));
    let y = Scale::new((low, high), (y0 + FOOT, y0 + TOP));
    let room = 40.0;
    let x = Scale::new((1.0, trace.len().max(2) as f64), (x0 + room, x0 + width - 8.0));
    let every = ((high - low) / 5.0).ceil().max(1.0) as i32;
    for power in (low as i32..=high as i32).filter(|p| (p - low as i32) % every == 0) {
        let v = f64::from(power);
        svg.line((x0 + room, y.at(v)), (x0 + width, y.at(v)), "grid");
        let (at_x, at_y) = (n(x0 + room - 6.0), n(y.at(v) + 4.0));
        let label = match power {
            -2..=4 => fixed(10f64.powi(power), (-power).max(0) as usize),
            p => format!("10<tspan dy=\"-4\" font-size=\"9\">{}</tspan>", p.to_string().replace('-', "−")),
        };
        svg.raw(&format!("<text x=\"{at_x}\" y=\"{at_y}\" class=\"m s\" text-anchor=\"end\">{label}</text>"));
    }
    iterations(svg, &x, y0, (x0 + room, x0 + width));
    if threshold > 0.0 {
        let at = y.at(threshold.log10());
        svg.stroke((x0 + room, at), (x0 + width, at), 1.2, "s2 dash");
        let label = format!("stops below {}", significant(threshold, 2));
        let under = if at + 16.0 < y0 + FOOT { at + 15.0 } else { at - 6.0 };
        svg.text((x0 + room + 4.0, under), Anchor::Start, "t2 s halo", &label);
    }
    let points: Vec<(f64, f64)> = gains.iter().map(|(i, g)| (x.at(*i as f64), y.at(g.log10()))).collect();
    svg.through(&points, "s1 nofill", "stroke-width=\"1.6\"");
    if trace.len() <= 40 {
        points.iter().zip(&gains).for_each(|(p, g)| {
            svg.dot(*p, 2.6, "f1", "", &format!("{} nats", significant(g.1, 3)));
        });
    }
}

fn restarts(subject: &Subject<'_>) -> String {
    let all = &subject.posterior.restarts;
    let mut out = String::from("<h3>By restart</h3>");
    if all.len() <= 1 {
        out += &format!(
            "<p>{}</p>",
            prose("One start was made. `--restarts 20` says whether others end higher.")
        );
        return out;
    }
    let groups = groups(&ended(subject.posterior));
    let best = groups.first().map_or(f64::NAN, |g| g.0);
    out += "<p>Starts that ended at the same bound, to seven digits, count as one answer.</p>";
    let mut table = Table::new(&["bound, nats", "from the best", &format!("starts of {}", all.len()), "<"]);
    for (i, (bound, count)) in groups.iter().take(8).enumerate() {
        let from = if i == 0 { "best".into() } else { nats(bound - best) };
        let colour = if i == 0 { 1 } else { 2 };
        let dots = "●".repeat((*count).min(40));
        table.html(&format!(
            "<td>{}</td><td>{from}</td><td>{count}</td><td class=\"l\"><span class=\"dots c{colour}\" \
             aria-hidden=\"true\">{dots}</span></td>",
            nats(*bound)
        ));
    }
    if let (Some(last), true) = (groups.last(), groups.len() > 8) {
        table.left_out(&format!("{} the lowest, and {} more", nats(last.0), groups.len() - 9));
    }
    let left = subject.posterior.left.len();
    if left > 0 {
        table.left_out(&format!("{left} of {} left behind: they could not catch up", all.len()));
    }
    let broke = all.iter().filter(|x| !x.is_finite()).count();
    if broke > 0 {
        table.left_out(&format!("{broke} of {} broke down", all.len()));
    }
    out + &table.finish()
}

/// What a node's share of the bound is.
fn what(subject: &Subject<'_>, n: usize) -> &'static str {
    let node = &subject.graph.nodes[n];
    let chain = super::roles::chain(subject.graph, n).is_some();
    match (node.observed.is_some(), node.spec.stat.one_hot(), chain) {
        (true, _, _) => "fit to the data",
        (false, true, true) => "cost of the path",
        (false, true, false) => "cost of the choices",
        (false, false, true) => "cost of the path",
        (false, false, false) => "cost of its values",
    }
}

/// Which block of q a node is in.
pub fn block(subject: &Subject<'_>, n: usize) -> String {
    let name = &subject.graph.nodes[n].name;
    let Some(b) = subject.posterior.blocks.iter().find(|b| b.nodes.contains(name)) else {
        return if subject.graph.nodes[n].observed.is_some() { "observed" } else { "predicted" }.into();
    };
    let with: Vec<String> = b.nodes.iter().filter(|x| *x != name).map(|x| format!("`{x}`")).collect();
    let with = match with.len() {
        0 => String::new(),
        1..=3 => format!(" with {}", with.join(", ")),
        k => format!(" with {k} others"),
    };
    let over = if b.over.is_empty() { String::new() } else { format!(", over {}", b.over.join(", ")) };
    format!("{}{with}{over}", b.kind)
}

fn terms(subject: &Subject<'_>) -> String {
    let p = subject.posterior;
    let mut out = String::from("<h3>By node</h3>");
    let (low, high) = range(p.terms.iter().map(|t| t.1).chain([0.0]));
    let x = Scale::new((low, high), (1.0, 119.0));
    let mut table = Table::new(&["<node", "nats", "<", "<what the term is", "<block of q"]);
    for (i, (name, value)) in p.terms.iter().enumerate() {
        let (a, b) = (x.at(value.min(0.0)), x.at(value.max(0.0)));
        let bar = format!(
            "<svg viewBox=\"0 0 120 12\" class=\"cell\" aria-hidden=\"true\"><line x1=\"{z}\" y1=\"0\" \
             x2=\"{z}\" y2=\"12\" class=\"mutes\"/><rect x=\"{}\" y=\"2\" width=\"{}\" height=\"8\" \
             class=\"f1\"/></svg>",
            n(a),
            n((b - a).max(0.4)),
            z = n(x.at(0.0))
        );
        table.html(&format!(
            "<td class=\"l\"><code>{}</code></td><td>{}</td><td class=\"l hide\">{bar}</td><td class=\"l \
             hide\">{}</td><td class=\"l\">{}</td>",
            super::html::escaped(name),
            fixed(*value, 2),
            what(subject, i),
            prose(&block(subject, i))
        ));
    }
    table.html(&format!(
        "<td class=\"l\"><b>ELBO</b></td><td><b>{}</b></td><td class=\"hide\"></td><td \
         class=\"hide\"></td><td></td>",
        fixed(p.elbo, 2)
    ));
    out += &table
        .finish()
        .replacen("<th scope=\"col\" class=\"l\"></th>", "<th scope=\"col\" class=\"hide\"></th>", 1)
        .replacen(
            "<th scope=\"col\" class=\"l\">what the term is",
            "<th scope=\"col\" class=\"l hide\">what the term is",
            1,
        );
    let digits = p.digits;
    let _ = write!(out, "<p class=\"how\">{digits} digits of the bound hold.</p>");
    out
}
