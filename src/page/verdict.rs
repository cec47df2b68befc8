//! The top of a page: what the model is, whether the fit may be trusted, five facts, warnings. Not here:
//! charts.

use super::{
    bound::last_gain,
    html::{escaped, prose},
    kind::Kind,
    model::title,
    number::{capital, nats, significant, whole, words},
    subject::Subject,
};
use crate::answer::{
    posterior::Posterior,
    starts::{ended, groups},
};
use std::fmt::Write;

/// Kicker, title, lede, facts, warnings.
pub fn head(subject: &Subject<'_>, kind: &Kind) -> String {
    let mut out = format!(
        "<p class=\"kick\">elbow report · {}</p><h1>{}</h1><p class=\"lede\">{}</p>",
        kind.name(),
        escaped(&title(subject)),
        prose(&lede(subject, kind))
    );
    out += "<dl class=\"facts\">";
    for (name, value) in facts(subject, kind) {
        let _ = write!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(&name), escaped(&value));
    }
    out += "</dl>";
    for (bold, rest) in warnings(subject) {
        let _ = write!(out, "<div class=\"note\"><b>{}</b> {}</div>", prose(&bold), prose(&rest));
    }
    out
}

/// How many starts reached the best, of how many that came to an end.
pub fn at_best(p: &Posterior) -> (usize, usize) {
    let ended = ended(p);
    (groups(&ended).first().map_or(0, |g| g.1), ended.len())
}

fn lede(subject: &Subject<'_>, kind: &Kind) -> String {
    let p = subject.posterior;
    let mut out = kind.sentence(subject);
    let how = if p.converged {
        format!(
            "The fit converged after {} iterations at an ELBO of {} nats",
            whole(p.iterations),
            nats(p.elbo)
        )
    } else {
        format!(
            "The fit stopped after {} iterations, before it converged, at an ELBO of {} nats",
            whole(p.iterations),
            nats(p.elbo)
        )
    };
    let starts = match at_best(p) {
        (_, 0 | 1) if p.restarts.len() < 2 => ". One start was made.".into(),
        (a, b) if a == p.restarts.len() => format!(", which all {} starts reached.", words(b)),
        (a, b) if b == p.restarts.len() => format!(", which {a} of {b} starts reached."),
        (a, b) => {
            let made = p.restarts.len();
            format!(", which {a} of the {b} starts reached that came to an end, of {made}.")
        }
    };
    out.push(' ');
    out + &how + &starts
}

fn facts(subject: &Subject<'_>, kind: &Kind) -> Vec<(String, String)> {
    let p = subject.posterior;
    let mut out = vec![("ELBO, nats".into(), nats(p.elbo)), ("iterations".into(), whole(p.iterations))];
    let rows =
        subject.graph.plates.iter().zip(&subject.document().plates).find(|(p, _)| p.kind.rows_of().is_some());
    if let Some((plate, at)) = rows {
        let steps = matches!(plate.kind, crate::graph::factor_graph::PlateKind::Steps { .. });
        out.push((if steps { "steps" } else { "rows" }.into(), whole(at.size)));
    }
    let (a, b) = at_best(p);
    if b > 0 {
        out.push(("starts at the best".into(), format!("{a} of {b}")));
    }
    out.extend(kind.fact());
    out
}

/// What to be wary of: a bold sentence, and the number with what mends it.
pub fn warnings(subject: &Subject<'_>) -> Vec<(String, String)> {
    let p = subject.posterior;
    let mut out: Vec<(String, String)> = vec![];
    if !p.converged {
        let gain = last_gain(&p.trace);
        let gained = if gain.is_finite() {
            format!("the last one gained {} nats; ", significant(gain, 2))
        } else {
            String::new()
        };
        out.push((
            "The fit has not converged.".into(),
            format!(
                "It ran out after {} iterations; {gained}`--max-iterations` lets it go on, and `--from \
                {}` does so from here.",
                whole(p.iterations),
                subject.file
            ),
        ));
    } else if last_gain(&p.trace) > 0.1 {
        out.push((
            "The bound still rises.".into(),
            format!(
                "The tolerance of {} was met while an iteration gained {} nats; `--tolerance {:.0e}` goes \
                 on.",
                tolerance(p.tolerance),
                significant(last_gain(&p.trace), 2),
                p.tolerance * 1e-3
            ),
        ));
    }
    let groups = groups(&ended(p));
    let best = groups.first().map_or(f64::NAN, |g| g.0);
    let (a, b) = at_best(p);
    if b > 1 && groups.len() == b {
        let next = groups.get(1).map_or(f64::NAN, |g| best - g.0);
        out.push((
            "No two starts agree.".into(),
            format!(
                "The next best lies {} nats below. Trust what several starts have in common, or make \
                more: `--restarts {}`.",
                nats(next),
                4 * b
            ),
        ));
    } else if b > 1 && 2 * a < b {
        let others: Vec<String> = groups
            .iter()
            .skip(1)
            .take(2)
            .enumerate()
            .map(|(i, g)| {
                let (verb, more) = if i == 0 {
                    (if g.1 == 1 { "stops" } else { "stop" }, String::new())
                } else {
                    ("", " more".into())
                };
                let of = if i == 0 { format!(" of {b} {verb}") } else { more };
                format!("{}{of} {} nats lower", g.1, nats(best - g.0))
            })
            .collect();
        out.push((
            "Most starts end elsewhere.".into(),
            format!(
                "{}. One start would probably have reported a worse answer: keep `--restarts {b}`.",
                others.join(" and ")
            ),
        ));
    }
    for w in &p.warnings {
        // A warning of the fit is one sentence, or a code and a sentence.
        out.push(("The fit says:".into(), capital_after_code(w)));
    }
    if !subject.data {
        out.push((
            "The data were not there.".into(),
            "What needs their rows is left out; `--data NAME=PATH` says where they are.".into(),
        ));
    }
    out
}

fn capital_after_code(w: &str) -> String {
    let text = capital(w);
    if text.ends_with('.') { text } else { text + "." }
}

/// `10⁻¹⁰`, as far as it is a power of ten.
fn tolerance(x: f64) -> String {
    significant(x, 1)
}
