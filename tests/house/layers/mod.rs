//! The shape of the source: imports run downwards and in no circles, `syntax` and `engine` name no
//! distribution, nothing but `cli` prints or exits.

mod modules;
mod tokens;

use self::modules::{House, Module, Uses};
use petgraph::{algo::tarjan_scc, graphmap::DiGraphMap};
use std::{collections::BTreeSet, fs, path::Path};

/// Each layer may use those on the lines before it, and itself.
const ORDER: &[&[&str]] = &[
    &["num", "source", "shape"],
    &["diag", "expfam"],
    &["dist", "link"],
    &["block", "data", "syntax"],
    &["disk", "graph"],
    // Checks look at the graph; blocks are chosen from its energy.
    &["check"],
    &["factorize"],
    &["plan"],
    &["start", "state"],
    &["engine"],
    &["answer"],
    &["keep"],
    &["ask"],
    &["report"],
    &["page"],
    &["pipeline"],
    &["api"],
    &["cli"],
];

/// Folders in which files still go in circles. It only shrinks: whoever opens the last circle of one takes it
/// off.
const NOT_YET_FREE: &[&str] = &[];

fn house() -> House {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    House::read(&|file| fs::read_to_string(src.join(file)).ok())
}

fn uses() -> Uses {
    house().uses().unwrap_or_else(|lost| panic!("paths that lead nowhere:\n{}", lost.join("\n")))
}

/// The module at the top that a file belongs to.
fn layer(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

fn rank(layer: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&layer))
}

#[test]
fn imports_run_downwards() {
    let mut wrong = vec![];
    for ((from, to), names) in uses() {
        let (own, other) = (layer(&from), layer(&to));
        if own != "lib" && own != other && rank(other) >= rank(own) {
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            wrong.push(format!("{from} uses {names} of {to}, which is not below `{own}`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every module at the top stands in the order, and the order names no module that is gone.
#[test]
fn the_order_names_every_module() {
    let house = house();
    let there: BTreeSet<&str> = house.modules().map(|m| layer(&m.file)).filter(|l| *l != "lib").collect();
    let listed: BTreeSet<&str> = ORDER.iter().flat_map(|l| l.iter().copied()).collect();
    assert_eq!(there, listed);
}

/// Files that use each other in a circle can only be read, tested and moved together.
#[test]
fn files_go_in_no_circles() {
    let uses = uses();
    let graph: DiGraphMap<&str, ()> = uses.keys().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let mut wrong = vec![];
    let mut seen = BTreeSet::new();
    for mut circle in tarjan_scc(&graph).into_iter().filter(|c| c.len() > 1) {
        circle.sort();
        match home(&circle) {
            Some(folder) => drop(seen.insert(folder)),
            None => wrong.push(describe(&circle, &uses)),
        }
    }
    for folder in NOT_YET_FREE.iter().filter(|f| !seen.contains(*f)) {
        wrong.push(format!("`{folder}` has no circle left: take it off NOT_YET_FREE"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The innermost folder of the list that holds all of a circle.
fn home<'a>(circle: &[&str]) -> Option<&'a str> {
    let holds = |folder: &str| {
        circle.iter().all(|f| f.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['/', '.'])))
    };
    NOT_YET_FREE.iter().copied().filter(|f| holds(f)).max_by_key(|f| f.len())
}

fn describe(circle: &[&str], uses: &Uses) -> String {
    let mut out = format!("a circle of {} files:", circle.len());
    for ((from, to), names) in uses {
        if circle.contains(&from.as_str()) && circle.contains(&to.as_str()) {
            let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            out.push_str(&format!("\n  {from} uses {names} of {to}"));
        }
    }
    out
}

/// The parser and the engine know distributions by what they carry, never by name.
#[test]
fn syntax_and_engine_name_no_distribution() {
    let mut wrong = vec![];
    for Module { file, tokens, .. } in
        house().modules().filter(|m| ["syntax", "engine", "answer"].contains(&layer(&m.file)))
    {
        let words = || tokens.iter().flat_map(|t| t.split(|c: char| !c.is_alphanumeric() && c != '_'));
        for spec in elbow::dist::REGISTRY {
            let module = ["dist", "::", &spec.name.to_lowercase()].map(String::from);
            if words().any(|w| w == spec.name) || tokens.windows(3).any(|t| t == module) {
                wrong.push(format!("{file} names {}", spec.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Only `cli` prints, reads the environment or exits; it and `disk` open files.
#[test]
fn only_the_command_touches_the_world() {
    let mut wrong = vec![];
    for Module { file, tokens, .. } in house().modules().filter(|m| layer(&m.file) != "cli") {
        for forbidden in [
            "println !",
            "eprintln !",
            "print !",
            "eprint !",
            "dbg !",
            "std :: fs",
            "fs :: File",
            "std :: env",
            "process :: exit",
            "SystemTime",
        ] {
            if layer(file) == "disk" && ["std :: fs", "fs :: File"].contains(&forbidden) {
                continue;
            }
            let words: Vec<&str> = forbidden.split(' ').collect();
            if tokens.windows(words.len()).any(|t| t == words) {
                wrong.push(format!("{file}: {}", words.concat()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
