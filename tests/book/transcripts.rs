//! Every `console` block of the book and the README is run, and what it prints is compared. A line `[…]`
//! stands for any lines left out. `ELBOW_BLESS=1 cargo test --test book` writes what is printed.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

const LEFT_OUT: &str = "[…]";

/// The README and all pages of the book.
pub fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = vec![root.join("README.md")];
    let mut folders = vec![root.join("book/src")];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.filter_map(Result::ok).map(|e| e.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|x| x == "md") {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// What a command prints: standard output, and the messages of one that fails.
fn run(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    let arguments = match words.as_slice() {
        ["elbow", rest @ ..] => rest,
        ["cargo", "run", "--release", "--", rest @ ..] => rest,
        _ => panic!("`{command}`: a transcript runs `elbow …` or `cargo run --release -- …`"),
    };
    let run = crate::common::elbow(arguments);
    let text = if matches!(run.code, Some(0 | 3)) { run.stdout } else { run.stdout + &run.stderr };
    text.lines().map(|l| format!("{}\n", l.trim_end())).collect()
}

/// The output as the block shows it: whole, or as many lines before and after what is left out.
fn shown(output: &str, block: &[&str]) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let Some(gap) = block.iter().position(|l| *l == LEFT_OUT) else {
        return output.to_owned();
    };
    let (before, after) =
        (gap.min(lines.len()), (block.len() - gap - 1).min(lines.len().saturating_sub(gap)));
    let mut out = String::new();
    for line in lines[..before].iter().chain([&LEFT_OUT]).chain(&lines[lines.len() - after..]) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// A page with every transcript replaced by what its commands print now.
fn rewritten(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        if line != "```console" {
            continue;
        }
        while let Some(command) = lines.next_if(|l| l.starts_with("$ ")) {
            let mut block = Vec::new();
            while let Some(next) = lines.next_if(|l| *l != "```" && !l.starts_with("$ ")) {
                block.push(next);
            }
            let _ = writeln!(out, "{command}");
            out += &shown(&run(&command[2..]), &block);
        }
    }
    out
}

#[test]
fn transcripts_are_what_the_commands_print() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
        let now = rewritten(&text);
        if now == text {
            continue;
        }
        if std::env::var_os("ELBOW_BLESS").is_some() {
            std::fs::write(&page, now).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
        } else {
            let first = text.lines().zip(now.lines()).position(|(a, b)| a != b).unwrap_or(0);
            let (a, b) =
                (text.lines().nth(first).unwrap_or_default(), now.lines().nth(first).unwrap_or_default());
            wrong.push(format!(
                "{} line {}: it shows\n  {a}\nand the command prints\n  {b}",
                page.display(),
                first + 1
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nRun `ELBOW_BLESS=1 cargo test --test book` and look at the change.",
        wrong.join("\n")
    );
}

#[test]
fn lines_left_out() {
    assert_eq!(shown("a\nb\nc\nd\n", &["x", LEFT_OUT, "y"]), "a\n[…]\nd\n");
    assert_eq!(shown("a\nb\n", &["x"]), "a\nb\n");
}
