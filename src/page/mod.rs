//! The report of a kept posterior as one page: a file of HTML with its charts as SVG, without scripts and
//! without links to anything outside. Not here: what a terminal prints (`report`), nor who reads files
//! (`cli`).

pub mod axes;
pub mod bound;
pub mod chart;
pub mod check;
pub mod components;
pub mod html;
pub mod kind;
pub mod laws;
pub mod listed;
pub mod model;
pub mod number;
pub mod observed;
pub mod picture;
pub mod plot;
pub mod posterior;
pub mod precision;
pub mod roles;
pub mod scale;
pub mod some;
pub mod spread;
pub mod style;
pub mod subject;
pub mod svg;
pub mod topics;
pub mod transitions;
pub mod verdict;

use html::escaped;
use kind::Kind;
use style::STYLE;
use subject::Subject;

/// The picture of one node as a file of its own; nothing where it has none.
pub fn plot(subject: &Subject<'_>, n: usize) -> Option<String> {
    plot::write(subject, &Kind::of(subject, |e| laws::levels(subject, e)), n)
}

/// The whole page.
pub fn write(subject: &Subject<'_>) -> String {
    let kind = Kind::of(subject, |e| laws::levels(subject, e));
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><meta name=\"generator\" content=\"elbow report\">\
         <link rel=\"icon\" href=\"data:,\"><title>{}</title><style>{STYLE}</style><body><main>",
        escaped(&model::title(subject))
    );
    out += &verdict::head(subject, &kind);
    let sections = [
        ("model", "Model", model::section(subject)),
        ("picture", "Picture", picture::section(subject, &kind)),
        ("posterior", "Posterior", posterior::section(subject, &kind)),
        ("check", "Check", check::section(subject, &kind)),
        ("bound", "Bound", bound::section(subject)),
        ("again", "Run it again", again(subject)),
    ];
    out += "<nav aria-label=\"Sections\">";
    for (id, name, _) in sections.iter().filter(|s| !s.2.is_empty()) {
        out += &format!("<a href=\"#{id}\">{name}</a> ");
    }
    out += "</nav>";
    sections.iter().for_each(|s| out += &s.2);
    out += &format!(
        "<footer>Made by elbow {} from one kept posterior. This page holds everything it shows: it loads \
         nothing and \
         sends nothing. Intervals are 5&nbsp;% to 95&nbsp;% of q unless they say otherwise; q is an approximation, and \
         intervals can be too narrow where the blocks listed under “The bound” cut a dependence.</footer></main></body></html>\n",
        env!("CARGO_PKG_VERSION")
    );
    out
}

/// How to make this page again.
fn again(subject: &Subject<'_>) -> String {
    let p = subject.posterior;
    let mut fit = format!("elbow fit {}", subject.model_file());
    if p.restarts.len() > 1 {
        fit += &format!(" --restarts {}", p.restarts.len());
    }
    if p.seed != 0 {
        fit += &format!(" --seed {}", p.seed);
    }
    if p.tolerance.is_finite() && p.tolerance != crate::engine::options::TOLERANCE {
        fit += &format!(" --tolerance {:e}", p.tolerance);
    }
    let stem = subject.model_file().trim_end_matches(".ron");
    format!(
        "<h2 id=\"again\">Run it again</h2><pre tabindex=\"0\">{}\n{}</pre><p class=\"how\">Seed {}; start \
         {} of {} won.</p>",
        escaped(&format!("{fit} --save {}", subject.file)),
        escaped(&format!("elbow report {} --out {stem}.html", subject.file)),
        p.seed,
        p.restart + 1,
        p.restarts.len().max(1)
    )
}
