//! `elbow list`: what a model may be made of, from the registries of distributions and of blocks, and the tables below.

use super::{args, exit::Exit, stop::Stop, terminal::Terminal};
use crate::{
    block::kind::KINDS,
    dist::{self, REGISTRY},
    expfam::{
        spec::{DistSpec, Param},
        stat::StatKind,
    },
    report::table::Sheet,
};
use std::fmt::Write;

/// An entry that is not a distribution.
struct Entry {
    name: &'static str,
    form: &'static str,
    what: &'static str,
}

const fn entry(name: &'static str, form: &'static str, what: &'static str) -> Entry {
    Entry { name, form, what }
}

static PLATES: &[Entry] = &[
    entry("Size", "Size(6)", "1..6"),
    entry(
        "Rows",
        "Rows(table: \"t\", weight: \"column\")",
        "each row; it stands for `weight` equal ones (optional)",
    ),
    entry(
        "Steps",
        "Steps(table: \"t\", sequence: \"column\")",
        "each row, in order within its sequence (optional)",
    ),
    entry(
        "Groups",
        "Groups(column: \"t.c\")",
        "each level of a column, or of several: `columns: [\"t.a\", \"t.b\"]`",
    ),
    entry("Columns", "Columns(table: \"t\", only: [\"a\"])", "each column, some by `only` or `except`"),
    entry(
        "Tree",
        "Tree(table: \"t\", id: \"a\", parent: \"b\")",
        "each row of a tree; a root's `parent` is empty",
    ),
];

static FUNCTIONS: &[Entry] = &[
    entry("dot", "dot(w, X[n])", "sum over the shared last axis; either side may be random"),
    entry("diag", "diag(v)", "a diagonal matrix, of numbers or of Gammas"),
    entry("identity", "identity(3)", "the identity matrix; `tau * identity(3)` scales it"),
    entry(
        "stick",
        "stick(v)",
        "the weights of a stick-breaking vector of Betas; the last takes what is left",
    ),
    entry("+ - * /", "a + 2 * b", "sums, and products with what is known or with one other random variable"),
    entry("product", "tau * u[n]", "in a precision or a rate: positive random variables, all different"),
    entry("gate", "mu[z[n]]", "the component that the latent category `z[n]` picks"),
    entry("t-1", "z[t-1]", "the step before; the first has its own line, `\"z[0]\"`"),
];

/// Every kind of block of q.
fn blocks() -> Vec<Entry> {
    KINDS.iter().map(|k| entry(k.name, "", k.doc)).collect()
}

pub(super) fn run(args: &args::List, terminal: &Terminal) -> Result<Exit, Stop> {
    let text = match &args.name {
        None => overview(terminal.width),
        Some(name) => match detail(name, terminal.width) {
            Some(text) => text,
            None => {
                let help =
                    format!("`elbow list` shows all; the distributions are {}", names(|_| true).join(", "));
                return Err(terminal.usage(format!("there is nothing called `{name}`"), help));
            }
        },
    };
    terminal.print(|out| write!(out, "{text}"))?;
    Ok(Exit::Good)
}

fn names(keep: impl Fn(&DistSpec) -> bool) -> Vec<&'static str> {
    REGISTRY.iter().filter(|s| keep(s)).map(|s| s.name).collect()
}

fn overview(width: usize) -> String {
    let mut sheet = Sheet::new();
    sheet.text("distribution").text("of").text("parameter").text("accepts");
    let by_link = |s: &&'static DistSpec| s.links.iter().copied().filter(|l| l.site.is_some()).collect();
    for spec in REGISTRY.iter().flat_map(|s| {
        let links: Vec<&'static DistSpec> = by_link(s);
        std::iter::once(*s).chain(links)
    }) {
        let mut first = [spec.name.to_string(), spec.summary.to_string()];
        for (i, p) in spec.params.iter().enumerate() {
            let [name, of] = std::mem::take(&mut first);
            sheet.row(vec![name, of, spelled(p), accepts(spec, i)]);
        }
    }
    let mut text = sheet.render(width);
    for (title, entries) in [("plate", PLATES), ("function", FUNCTIONS), ("block of q", &blocks())] {
        let mut sheet = Sheet::new();
        let forms = entries.iter().any(|e| !e.form.is_empty());
        sheet.text(title);
        if forms {
            sheet.text("written");
        }
        sheet.text("is");
        for e in entries {
            let form = forms.then(|| e.form.to_string());
            sheet.row([e.name.to_string()].into_iter().chain(form).chain([e.what.to_string()]).collect());
        }
        text += "\n";
        text += &sheet.render(width);
    }
    text + "\n `elbow list Gamma` shows one of them in detail\n"
}

/// A parameter's name and its other spellings.
fn spelled(p: &Param) -> String {
    [p.name].into_iter().chain(p.spellings.iter().map(|s| s.name)).collect::<Vec<_>>().join(" | ")
}

/// What a parameter accepts: a value, and the distributions whose nodes carry its statistic.
fn accepts(spec: &DistSpec, slot: usize) -> String {
    let p = &spec.params[slot];
    // Another form of the density may have room for a random value, where some other parameter is fixed.
    if let Some(case) = spec.cases.iter().find(|c| c.params[slot].random && !p.random) {
        let fixed: Vec<&str> = case.params.iter().filter(|q| !q.random).map(|q| q.name).collect();
        if fixed.is_empty() {
            return format!(
                "{}, or {}",
                case.params[slot].stat.support,
                carriers(case.params[slot].stat).join(", ")
            );
        }
        return format!(
            "{}; where {} is 1: {}",
            p.stat.support,
            fixed.join(" and "),
            carriers(case.params[slot].stat).join(", ")
        );
    }
    let nodes = if p.random { carriers(p.stat) } else { vec![] };
    if !nodes.is_empty() {
        format!("{}, or {}", p.stat.support, nodes.join(", "))
    } else if p.stat.support.contains("known") {
        p.stat.support.to_string()
    } else {
        format!("{}, known", p.stat.support)
    }
}

fn carriers(stat: &'static StatKind) -> Vec<&'static str> {
    names(|s| s.carries(stat))
}

fn detail(name: &str, width: usize) -> Option<String> {
    if let Some(spec) =
        dist::find(name).or_else(|| REGISTRY.iter().copied().find(|s| s.name.eq_ignore_ascii_case(name)))
    {
        return Some(distribution(spec, width));
    }
    let blocks = blocks();
    let (kind, e) =
        [("plate", PLATES), ("function", FUNCTIONS), ("block of q", &blocks)].into_iter().find_map(
            |(kind, list)| list.iter().find(|e| e.name.eq_ignore_ascii_case(name)).map(|e| (kind, e)),
        )?;
    let form = if e.form.is_empty() { String::new() } else { format!("\n  {}\n", e.form) };
    Some(format!("{}  {kind}: {}\n{form}", e.name, e.what))
}

fn distribution(spec: &'static DistSpec, width: usize) -> String {
    let mut text = format!("{}  {}\n\n", spec.name, spec.summary);
    let calls: Vec<String> = spec.params.iter().map(|p| format!("{}: …", p.name)).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  written    {}({})", spec.name, calls.join(", "));
    for link in spec.links {
        let calls: Vec<String> = link.params.iter().map(|p| format!("{}: …", p.name)).collect();
        let _ = writeln!(text, "  or         {}({})", link.name, calls.join(", "));
    }
    let _ = writeln!(text, "  ln p(x)    {}", spec.density);
    let _ = writeln!(text, "  statistic  {} of {}", spec.stat.symbols(), spec.stat.support);
    let latent = if spec.may_be_latent() {
        "observed or latent"
    } else {
        "observed, or missing and predicted; never a latent parent"
    };
    let _ = writeln!(text, "  may be     {latent}");
    let takes: Vec<String> = REGISTRY
        .iter()
        .flat_map(|s| {
            s.params
                .iter()
                .filter(|p| p.random && spec.carries(p.stat))
                .map(|p| format!("{} of {}", p.name, s.name))
        })
        .collect();
    if spec.may_be_latent() && !takes.is_empty() {
        let _ = writeln!(text, "  fits       {}", takes.join(", "));
    }
    let _ = writeln!(text, "  source     {}\n", spec.source);
    let mut sheet = Sheet::new();
    sheet.text("parameter").text("is").text("accepts").text("by a gate");
    for (i, p) in spec.params.iter().enumerate() {
        sheet.row(vec![
            p.name.into(),
            p.doc.into(),
            accepts(spec, i),
            if p.gated { "yes" } else { "no" }.into(),
        ]);
        for s in p.spellings {
            sheet.row(vec![
                s.name.into(),
                format!("another spelling of `{}`", p.name),
                "known values".into(),
                String::new(),
            ]);
        }
    }
    text + &sheet.render(width)
}
