//! `--format text`: what a person reads. The bound's path, its parts, then a table for each node (`layout`).

use super::{
    Page, ReportFormat, Show,
    layout::{Empty, Layout, grouped, node_table},
    number::short,
    sparkline::sparkline,
    starts::tried,
    table::Sheet,
};
use crate::{
    answer::posterior::{BlockSummary, NodePosterior, Posterior},
    engine::record::{Proposals, StopReason},
};
use std::io;

/// The format.
#[derive(Debug)]
pub struct Text;

impl ReportFormat for Text {
    fn name(&self) -> &'static str {
        "text"
    }
    fn summary(&self) -> &'static str {
        "tables for a person"
    }
    fn write(&self, posterior: &Posterior, page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        write_head(posterior, page, out)?;
        write_run(posterior, page, out)?;
        if page.verbose {
            write_terms(posterior, page.width, out)?;
        }
        let empty = Empty::of(&posterior.nodes);
        for node in page.nodes(posterior, true) {
            let layout = Layout {
                width: page.width,
                whole: page.is_named(node),
                sorted: page.sorted,
                top: page.top,
                empty: &empty,
            };
            write!(out, "\n{}\n{}", title(posterior, node), node_table(node, &layout))?;
        }
        if !posterior.derived.is_empty() {
            write!(out, "\nderived\n{}", super::derived::table(&posterior.derived, page.width))?;
        }
        write_rest(posterior, page, out)?;
        posterior.profile.as_ref().map_or(Ok(()), |p| super::profile::write(p, page.width, out))
    }
}

/// Significant digits of a bound.
const ELBO_DIGITS: usize = 10;
/// Lines of the trace.
const TRACE_LINES: usize = 8;

/// The model, the rows, how long it took, the seed.
fn write_head(p: &Posterior, page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    if !p.model.is_empty() {
        writeln!(out, "{}", p.model)?;
    }
    let mut facts: Vec<String> = vec![];
    match p.rows.as_slice() {
        [] => {}
        [(_, n)] => facts.push(format!("{} row{}", grouped(*n), if *n == 1 { "" } else { "s" })),
        several => facts.extend(several.iter().map(|(table, n)| format!("{table}: {} rows", grouped(*n)))),
    }
    facts.extend(page.seconds.map(|s| format!("{} s", short(s, 2))));
    facts.push(format!("seed {}", p.seed));
    writeln!(out, "{}\n", facts.join("; "))
}

fn write_run(p: &Posterior, page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let how = match p.stop {
        _ if p.converged => "converged",
        StopReason::Seconds => "not converged: raise `--max-seconds`",
        StopReason::Asked => "not converged: stopped as asked",
        StopReason::Broke => "the last good one",
        _ => "not converged: raise `--max-iterations`",
    };
    let after = counted(p.iterations, "iteration");
    writeln!(out, "ELBO {} nats after {after} ({how})", short(p.elbo, ELBO_DIGITS))?;
    if let Some(line) = starts(p) {
        writeln!(out, "{line}")?;
    }
    if let Some(line) = proposals(&p.record.proposals()) {
        writeln!(out, "{line}")?;
    }
    let bars = sparkline(&p.trace, page.width.saturating_sub(2).min(60));
    if !bars.is_empty() {
        writeln!(out, "\n {bars}\n")?;
    }
    let shown = if page.whole_trace { (0..p.trace.len()).collect() } else { shown_iterations(p.trace.len()) };
    let mut sheet = Sheet::new();
    sheet.number("iteration").number("ELBO").number("change");
    for i in shown {
        let change = if i == 0 { String::new() } else { short(p.trace[i] - p.trace[i - 1], 4) };
        sheet.row(vec![(i + 1).to_string(), fixed(p.trace[i]), change]);
    }
    write!(out, "{}", sheet.render(page.width))
}

/// What other starts came to, or that there were none where there should be.
fn starts(p: &Posterior) -> Option<String> {
    match p.restarts.len() {
        0 => None,
        1 => p
            .many_optima
            .then(|| "one start of a model with many optima: `--restarts 20` tries others".into()),
        _ => Some(tried(p)),
    }
}

/// A bound with decimals that do not change from line to line.
fn fixed(x: f64) -> String {
    if x.abs() < 1e12 { format!("{x:.6}") } else { format!("{x:e}") }
}

/// What was proposed besides coordinate ascent: "3 of 4 extrapolations and 2 of 2 rotations raised it".
fn proposals(all: &Proposals) -> Option<String> {
    let of = [(all.leaps, "extrapolation"), (all.rotations, "rotation"), (all.pushes, "push")];
    let tried: Vec<String> = of
        .iter()
        .filter(|(t, _)| t.tried > 0)
        .map(|(t, what)| {
            let end = if *what == "push" { "es" } else { "s" };
            format!("{} of {} {what}{}", t.kept, t.tried, if t.tried == 1 { "" } else { end })
        })
        .collect();
    let (last, rest) = tried.split_last()?;
    let before = if rest.is_empty() { String::new() } else { format!("{} and ", rest.join(", ")) };
    Some(format!("{before}{last} raised it"))
}

/// "1 iteration", "2 iterations".
fn counted(n: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// The first two iterations, then a few at round numbers, and the last.
fn shown_iterations(n: usize) -> Vec<usize> {
    if n <= TRACE_LINES {
        return (0..n).collect();
    }
    let step = [1, 2, 5]
        .into_iter()
        .flat_map(|m| (0..12).map(move |e| m * 10usize.pow(e)))
        .filter(|s| n / s <= TRACE_LINES - 3)
        .min()
        .unwrap_or(usize::MAX);
    (0..n).filter(|i| *i < 2 || (i + 1) % step == 0 || i + 1 == n).collect()
}

/// Each node's share of the bound, and its block.
fn write_terms(p: &Posterior, width: usize, out: &mut dyn io::Write) -> io::Result<()> {
    if p.terms.is_empty() {
        return Ok(());
    }
    let mut sheet = Sheet::new();
    sheet.text("node").number("share of the ELBO").text("block of q");
    for (name, value) in &p.terms {
        let block = p.blocks.iter().find(|b| b.nodes.contains(name));
        let data = if p.predicted.contains(name) { "predicted" } else { "observed" };
        sheet.row(vec![name.clone(), fixed(*value), block.map_or_else(|| data.to_string(), describe)]);
    }
    write!(out, "\n{}", sheet.render(width))
}

/// What is not on the page.
fn write_rest(p: &Posterior, page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    if !p.pruned.is_empty() {
        let list: Vec<String> =
            p.pruned.iter().map(|(name, n)| format!("{name} ({})", grouped(*n))).collect();
        writeln!(out, "\nleft out of inference, as nothing observed hangs on them: {}", list.join(", "))?;
    }
    if matches!(page.show, Show::Named(_) | Show::All) || p.unshown.is_empty() {
        return Ok(());
    }
    let each = p.unshown.iter().map(|u| {
        let plates: Vec<String> =
            u.plates.iter().map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
        if plates.is_empty() { u.name.clone() } else { format!("{}[{}]", u.name, plates.join(", ")) }
    });
    let (first, list) = (&p.unshown[0].name, each.collect::<Vec<_>>().join(", "));
    writeln!(out, "\nnot shown: {list}; `--nodes +{first}` adds one, `--nodes all` shows all")
}

/// `joint: centre, spread, for each k`.
fn describe(b: &BlockSummary) -> String {
    let mut text = b.kind.to_string();
    if b.nodes.len() > 1 {
        text += &format!(": {}", b.nodes.join(", "));
    }
    if !b.over.is_empty() {
        text += &format!(", for each {}", b.over.join(", "));
    }
    text
}

/// `centre[k]  Normal over x`.
fn title(p: &Posterior, n: &NodePosterior) -> String {
    let plates: Vec<&str> = n.plates.iter().map(|a| a.name.as_str()).collect();
    let mut text = n.name.clone();
    if !plates.is_empty() {
        text += &format!("[{}]", plates.join(","));
    }
    text += &format!("  {}", n.family);
    if let Some(over) = n.event.first().filter(|a| !a.name.is_empty()) {
        text += &format!(" over {}", over.name);
    }
    if n.observed {
        text += "  (observed; missing cells are predicted)";
    } else if p.predicted.contains(&n.name) {
        text += ", predicted";
    } else if n.precision {
        text += ", a precision";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(p: &Posterior, page: &Page<'_>) -> String {
        let mut out = vec![];
        Text.write(p, page, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_whole_page() {
        insta::assert_snapshot!(written(&sample::posterior(), &Page { show: Show::All, ..Page::default() }));
    }

    #[test]
    fn large_arrays() {
        let posterior = Posterior { nodes: sample::large(), ..sample::posterior() };
        let text = written(&posterior, &Page { show: Show::All, ..Page::default() });
        insta::assert_snapshot!(text);
        assert!(text.lines().all(|l| l.chars().count() <= 80));
    }

    #[test]
    fn no_line_passes_a_narrow_terminal() {
        let mut posterior = sample::posterior();
        posterior.nodes.extend(sample::large());
        let text = written(&posterior, &Page { show: Show::All, width: 60, ..Page::default() });
        let tables = text.lines().filter(|l| l.starts_with(' ') && !l.contains('`'));
        for line in tables {
            assert!(line.chars().count() <= 60, "{} columns: {line}", line.chars().count());
        }
    }

    #[test]
    fn iterations_shown_are_few_and_hold_the_ends() {
        for n in [1, 2, 7, 8, 9, 57, 100, 999, 1000, 123_456] {
            let shown = shown_iterations(n);
            assert!(shown.len() <= 8, "{n}: {shown:?}");
            assert_eq!((shown[0], shown[shown.len() - 1]), (0, n - 1));
        }
        assert_eq!(shown_iterations(57), [0, 1, 9, 19, 29, 39, 49, 56]);
    }
}
