//! Mutated texts of models, taken as far as their data, where the data stand in the model.

use crate::mutate::try_all;
use elbow::{
    data::MemoryFiles,
    diag::{Diagnostics, render::render_all},
    pipeline,
    source::Source,
    syntax,
};
use std::{fs, path::Path};

/// The models that come with elbow, sound and bad ones.
fn sound() -> Vec<Vec<u8>> {
    let mut out = vec![];
    for folder in ["graphs", "graphs/bad", "tests/models"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "ron")) {
            let text = fs::read(path).unwrap();
            if text.len() < 4000 {
                out.push(text);
            }
        }
    }
    assert!(out.len() > 50, "{}", out.len());
    out
}

/// Sizes of plates that mean much memory are the engine's to refuse.
fn large(text: &str) -> bool {
    let mut digits = 0;
    text.bytes().any(|b| {
        digits = if b.is_ascii_digit() { digits + 1 } else { 0 };
        digits > 4
    }) || text.contains(['e', 'E'])
        && text.contains("Size(")
        && text.split("Size(").skip(1).any(|s| s.split(')').next().is_some_and(|n| n.contains(['e', 'E'])))
}

#[test]
fn texts_of_models() {
    let files = MemoryFiles::new();
    try_all(4000, &sound(), |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let source = Source::new("m.ron", text);
        let mut diags = Diagnostics::default();
        if let Ok(model) = syntax::parse(&source, &mut diags) {
            let _ = model.to_string();
            if let Ok(graph) = pipeline::graph(&model, &source, &mut diags)
                && !large(&source.text)
            {
                let _ = pipeline::bind(&model, &graph, &files, &|_| None, &source, &mut diags);
            }
        }
        let _ = render_all(diags.list(), &source, false);
    });
}
