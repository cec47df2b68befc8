//! The book's generated pages are up to date, and the models it shows are models.
//! `ELBOW_BLESS=1 cargo test --test book` writes the generated pages.

use elbow::{
    block::{JOINTS, kind::KINDS},
    diag::{Diagnostics, codes::CODES, render::render_all},
    dist,
    expfam::spec::DistSpec,
    source::Source,
};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Compares a file with what it should be, or writes it.
pub fn golden(path: &str, want: &str) {
    let full = package().join(path);
    if std::env::var_os("ELBOW_BLESS").is_some() {
        std::fs::write(&full, want).unwrap_or_else(|e| panic!("{path}: {e}"));
        return;
    }
    let got = std::fs::read_to_string(&full).unwrap_or_default();
    if let Some((i, (a, b))) = got.lines().zip(want.lines()).enumerate().find(|(_, (a, b))| a != b) {
        panic!(
            "{path} line {}: it says\n  {a}\nand should say\n  {b}\nRun `ELBOW_BLESS=1 cargo test --test book` and look at the change.",
            i + 1
        );
    }
    assert_eq!(
        got, want,
        "{path} is longer or shorter than it should be: run `ELBOW_BLESS=1 cargo test --test book`"
    );
}

/// A cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn distribution(out: &mut String, spec: &DistSpec) {
    let _ =
        writeln!(out, "\n## {}\n\n{}. Values: {}.\n", spec.name, capital(spec.summary), spec.stat.support);
    let _ = writeln!(out, "Log density: `{}` ({}).\n", spec.density, spec.source);
    let _ = writeln!(out, "| parameter | is | may be random |\n| --- | --- | --- |");
    for (i, p) in spec.params.iter().enumerate() {
        let mut names = format!("`{}`", p.name);
        for s in p.spellings {
            let _ = write!(names, " or `{}`{}", s.name, if s.power.is_some() { "" } else { " (known)" });
        }
        // Another form of the density may have room for it, whatever the other parameters are.
        let open = |case: &&DistSpec| case.params[i].random && case.params.iter().all(|p| p.random);
        let random = p.random || spec.cases.iter().any(open);
        let _ = writeln!(out, "| {names} | {} | {} |", cell(p.doc), if random { "yes" } else { "no" });
    }
    let carries = cell(&spec.stat.symbols());
    let latent = if spec.family.is_some() {
        "It can be latent or observed."
    } else {
        "It can be observed, or missing and predicted; it cannot be a latent parameter."
    };
    let _ = writeln!(out, "\nA variable of this distribution carries {carries}. {latent}");
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[test]
fn distributions_page() {
    let mut out = String::from("# Distributions\n\n");
    out += "This page is generated from the registry; `elbow list` prints it in short.\n\n";
    out += "A parameter that may be random takes a number, or a node of the right kind: one that carries the statistic the parameter needs.\n\n";
    out += "| distribution | is |\n| --- | --- |\n";
    for spec in dist::REGISTRY {
        let _ = writeln!(out, "| [{}](#{}) | {} |", spec.name, spec.name.to_lowercase(), cell(spec.summary));
    }
    for spec in dist::REGISTRY {
        distribution(&mut out, spec);
    }
    golden("book/src/reference/distributions.md", &out);
}

#[test]
fn blocks_page() {
    let mut out = String::from("# Blocks of q\n\n");
    out += "This page is generated from the registry; `elbow list` prints it in short. What a block is, and how ";
    out += "they are chosen, is told in [Blocks](../how/blocks.md).\n\n";
    out += "| kind | is |\n| --- | --- |\n";
    for kind in KINDS {
        let _ = writeln!(out, "| {} | {} |", kind.name, cell(kind.doc));
    }
    out += "\n## A mean with its precision\n\n";
    out += "The blocks of a mean and a precision are families of their own, with these statistics:\n\n";
    out += "| block | statistic | source |\n| --- | --- | --- |\n";
    for joint in JOINTS {
        let _ = writeln!(out, "| {} | {} | {} |", joint.name, cell(&joint.stat.symbols()), joint.source);
    }
    golden("book/src/reference/blocks.md", &out);
}

#[test]
fn errors_page_and_summary() {
    let mut page = String::from("# Errors and warnings\n\n");
    page +=
        "Every message has a code. `elbow code E0101` prints the code's page. This list is generated.\n\n";
    page += "| code | says |\n| --- | --- |\n";
    let mut entries = String::new();
    for doc in CODES {
        let _ = writeln!(page, "| [{0}](../errors/{0}.md) | {1} |", doc.code.0, cell(doc.title));
        let _ = writeln!(entries, "    - [{0}: {1}](errors/{0}.md)", doc.code.0, doc.title);
    }
    golden("book/src/reference/errors.md", &page);

    let summary = read(&package().join("book/src/SUMMARY.md"));
    let mut want = String::new();
    for line in summary.lines().filter(|l| !l.contains("](errors/")) {
        let _ = writeln!(want, "{line}");
        if line.contains("](reference/errors.md)") {
            want += &entries;
        }
    }
    golden("book/src/SUMMARY.md", &want);
}

/// The Markdown files of the book, and the README. Pages of error codes show wrong models too: `graphs/bad`
/// has their tests.
fn pages() -> Vec<PathBuf> {
    fn collect(folder: &Path, out: &mut Vec<PathBuf>) {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.filter_map(Result::ok).map(|e| e.path()) {
            if path.is_dir() && !path.ends_with("errors") {
                collect(&path, out);
            } else if path.extension().is_some_and(|x| x == "md") {
                out.push(path);
            }
        }
    }
    let mut out = vec![package().join("README.md")];
    collect(&package().join("book/src"), &mut out);
    out.sort();
    out
}

/// (line number, text) of each block of a language.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let (mut out, mut open) = (Vec::new(), None::<(usize, String)>);
    for (i, line) in text.lines().enumerate() {
        match &mut open {
            None if line.trim() == format!("```{language}") => open = Some((i + 1, String::new())),
            Some((_, block)) if line.trim() != "```" => {
                let _ = writeln!(block, "{line}");
            }
            Some(_) => out.extend(open.take()),
            None => {}
        }
    }
    assert!(open.is_none(), "a block of {language} is not closed");
    out
}

/// What the book shows of another file is there, and the page on the library shows all of its examples.
#[test]
fn what_the_book_includes_is_there() {
    let mut shown = vec![];
    for page in pages().into_iter().filter(|p| p.starts_with(package().join("book"))) {
        let text = read(&page);
        for after in text.split("{{#include ").skip(1) {
            // What follows a colon are lines of the file.
            let path = after.split([':', '}']).next().unwrap_or_default().trim();
            let full = page.parent().unwrap_or(package()).join(path);
            assert!(full.is_file(), "{} includes {path}, which is not there", page.display());
            shown.push(full.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    shown.sort();
    assert_eq!(shown, ["own_report.rs", "quickstart.rs", "read.py", "watch.rs"]);
}

#[test]
fn models_in_the_book_are_models() {
    let mut count = 0;
    for page in pages() {
        for (line, text) in blocks(&read(&page), "ron") {
            if !text.contains("Model(") {
                continue;
            }
            count += 1;
            let place = format!("{} line {line}", page.display());
            let source = Source::new(place.clone(), text.as_str());
            let mut diags = Diagnostics::default();
            let resolved = elbow::syntax::parse(&source, &mut diags)
                .and_then(|model| elbow::graph::resolve(&model, &source, &mut diags));
            assert!(resolved.is_ok(), "{place}:\n{}", render_all(diags.list(), &source, false));
            // A block that opens with a file's name is that file, but for the file's header comment.
            if let Some(name) =
                text.lines().next().and_then(|l| l.strip_prefix("// ")).filter(|n| n.ends_with(".ron"))
            {
                let file = read(&package().join(name.trim()));
                let model = |t: &str| t[t.find("Model(").unwrap_or(0)..].trim_end().to_owned();
                assert_eq!(model(&text), model(&file), "{place} is not {name}");
            }
        }
    }
    assert!(count >= 3, "the book shows {count} models: are the blocks found?");
}

#[test]
fn the_test_finds_blocks() {
    let text = "a\n```ron\nModel(\n)\n```\nb\n```console\n$ x\n```\n";
    assert_eq!(blocks(text, "ron"), vec![(2, "Model(\n)\n".to_owned())]);
    assert_eq!(blocks(text, "console"), vec![(7, "$ x\n".to_owned())]);
}
