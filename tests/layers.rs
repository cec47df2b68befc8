//! The shape of the source: imports run downwards, `syntax` and `engine` name no distribution, nothing but
//! `cli` prints or exits.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each layer may use those on the lines before it, and itself.
const ORDER: &[&[&str]] = &[
    &["num", "source", "shape"],
    &["diag", "expfam"],
    &["dist", "link"],
    &["block", "syntax"],
    &["data"],
    &["graph"],
    // Checks look at the graph; blocks are chosen from its energy.
    &["check"],
    &["factorize"],
    &["plan"],
    &["engine"],
    &["report"],
    &["pipeline"],
    &["cli"],
];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file under `folder` (or the file itself), sorted, with its text up to its tests.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut out = vec![];
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("").to_string();
            out.push((path.strip_prefix(src()).unwrap().to_string_lossy().replace('\\', "/"), text));
        }
    }
    out.sort();
    out
}

/// The module at the top that a file belongs to.
fn layer(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

fn is_test(file: &str) -> bool {
    file.ends_with("tests.rs")
}

/// Without comments and the contents of strings: neither imports nor names anything.
fn code(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut quoted = false;
        let mut last = ' ';
        for (i, c) in line.char_indices() {
            if !quoted && line[i..].starts_with("//") {
                break;
            }
            if c == '"' && last != '\\' && last != '\'' {
                quoted = !quoted;
            }
            if !quoted {
                out.push(c);
            }
            last = c;
        }
        out.push('\n');
    }
    out
}

/// The modules that a file names behind `crate::`, in `use` lines with braces or without, and in paths.
fn imports(code: &str) -> Vec<String> {
    let word =
        |s: &str| s.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut out = vec![];
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            out.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (i, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && c.is_alphabetic() => {
                    out.push(word(&list[i..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    out.sort();
    out.dedup();
    out
}

fn rank(layer: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&layer))
}

#[test]
fn imports_are_read_in_every_spelling() {
    let text = "use crate::{\n    data::{self, x::Y},\n    diag,\n    num::a::{b, c},\n};\nuse crate::plan;\nfn f() { crate::engine::g() }";
    assert_eq!(imports(text), ["data", "diag", "engine", "num", "plan"]);
    assert_eq!(imports(&code("let x = \"crate::a\"; // crate::b\nlet y = '\"'; crate::c::d")), ["c"]);
}

#[test]
fn imports_run_downwards() {
    let mut wrong = vec![];
    for (file, text) in files(&src()) {
        let from = layer(&file);
        if ["lib", "main"].contains(&from) || is_test(&file) {
            continue;
        }
        let Some(own) = rank(from) else {
            wrong.push(format!("{file}: `{from}` is not in the order: add it where it belongs"));
            continue;
        };
        for to in imports(&code(&text)) {
            let allowed = to == from || rank(&to).is_some_and(|r| r < own);
            if !allowed {
                wrong.push(format!("{file} uses crate::{to}, which is not below `{from}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every module at the top stands in the order, and the order names no module that is gone.
#[test]
fn the_order_names_every_module() {
    let mut there: Vec<String> = files(&src()).iter().map(|(f, _)| layer(f).to_string()).collect();
    there.dedup();
    there.retain(|l| !["lib", "main"].contains(&l.as_str()));
    let mut listed: Vec<String> = ORDER.iter().flat_map(|l| l.iter()).map(|l| l.to_string()).collect();
    listed.sort();
    there.sort();
    assert_eq!(there, listed);
}

/// The parser and the engine know distributions by what they carry, never by name.
#[test]
fn syntax_and_engine_name_no_distribution() {
    let mut wrong = vec![];
    for folder in ["syntax", "engine"] {
        for (file, text) in files(&src().join(folder)).into_iter().filter(|(f, _)| !is_test(f)) {
            let bare: String =
                text.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
            for spec in elbow::dist::REGISTRY {
                let module = format!("dist::{}", spec.name.to_lowercase());
                let named = bare.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == spec.name);
                if bare.contains(&module) || named {
                    wrong.push(format!("{file} names {}", spec.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Only `cli` prints, opens files, reads the environment or exits; nobody needs `unsafe` but who says why.
#[test]
fn only_the_command_touches_the_world() {
    let mut wrong = vec![];
    for (file, text) in
        files(&src()).into_iter().filter(|(f, _)| !["cli", "main"].contains(&layer(f)) && !is_test(f))
    {
        let code = code(&text);
        for word in [
            "println!",
            "eprintln!",
            "print!(",
            "dbg!(",
            "std::fs",
            "fs::File",
            "std::env::",
            "process::exit",
            "SystemTime",
        ] {
            if code.contains(word) {
                wrong.push(format!("{file}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
