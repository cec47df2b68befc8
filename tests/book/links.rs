//! Links of the book and the README lead to files and headings that are there, and every model to start from
//! has a place in the book.
//!
//! Not here: links to other sites.

use crate::transcripts::pages;
use std::{collections::BTreeMap, path::Path};

/// The lines of a page outside its blocks of code.
fn outside_code(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
        .collect()
}

/// Where the links of a line lead, as written. Spans of code hold no links.
fn links(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split(')').next()).collect()
}

/// The name that mdBook gives a heading: `-` for a space, and letters and digits in lower case.
fn anchor(heading: &str) -> String {
    let name = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    heading.trim_start_matches('#').trim().chars().filter_map(name).collect()
}

/// The names of a page's headings. The second of one name ends in `-1`.
fn anchors(text: &str) -> Vec<String> {
    let mut seen = BTreeMap::<String, usize>::new();
    let headings = outside_code(text).into_iter().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let name = anchor(line);
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            if *count == 1 { name } else { format!("{name}-{}", *count - 1) }
        })
        .collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What is wrong with a link of a page.
fn fault(page: &Path, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
    let target = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    if !target.exists() {
        return Some(format!("{} links to {link}: there is no such file", page.display()));
    }
    let heading = heading?;
    let there =
        target.extension().is_some_and(|x| x == "md") && anchors(&read(&target)).contains(&heading.into());
    (!there).then(|| format!("{} links to {link}: there is no such heading", page.display()))
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = read(&page);
        let all = outside_code(&text).into_iter().flat_map(links);
        wrong.extend(all.filter_map(|link| fault(&page, link)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_model_has_a_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let book: String = pages().iter().filter(|p| p.starts_with(root.join("book"))).map(|p| read(p)).collect();
    let mut without = Vec::new();
    for folder in ["graphs", "book/models"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
        for path in entries.filter_map(Result::ok).map(|e| e.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let model = format!("{folder}/{name}");
            if path.extension().is_some_and(|x| x == "ron") && !book.contains(&model) {
                without.push(model);
            }
        }
    }
    assert!(without.is_empty(), "no page of the book speaks of {}", without.join(", "));
}

#[test]
fn what_is_a_link_and_what_a_heading() {
    assert_eq!(links("a [b](c.md) and `[d](e.md)`, [f](#g)"), ["c.md", "#g"]);
    assert_eq!(outside_code("a\n```text\n# b\n```\n# c\n"), ["a", "# c"]);
    assert_eq!(
        anchors("# The `over` of it\n## Rows, steps\n## Rows: steps\n"),
        ["the-over-of-it", "rows-steps", "rows-steps-1"]
    );
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    assert!(fault(&page, "no/such/page.md").is_some());
    assert!(fault(&page, "README.md#no-such-heading").is_some());
    assert!(fault(&page, "README.md#a-model").is_none());
}
