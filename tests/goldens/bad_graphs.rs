//! The models under `graphs/bad/`: each is refused with the code that its name begins with, in words that are
//! goldens.

use crate::models;
use elbow::{
    diag::{Diagnostics, Severity, render::render_all},
    graph, pipeline,
};
use std::fmt::Write;

#[test]
fn every_bad_graph_is_refused_in_the_same_words() {
    let mut wrong = String::new();
    for path in models::models("graphs/bad") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let code = name.split('_').next().unwrap();
        let source = models::source(&path);
        let mut diags = Diagnostics::default();
        if let Some((graph, bound)) = models::bind(&path, &source, &mut diags) {
            let _ = pipeline::plan(&graph, &bound, &mut diags);
        }
        if !diags.list().iter().any(|d| d.severity == Severity::Error && d.code.0 == code) {
            writeln!(wrong, "{name}: found {:?}", diags.list().iter().map(|d| d.code.0).collect::<Vec<_>>())
                .unwrap();
        }
        // Codes of other stages have their own snapshots beside their tests.
        if ["E02", "E03", "E04", "E05"].contains(&&code[..3]) || code >= "E0630" {
            insta::assert_snapshot!(name, models::drawn(&path, &source, &diags));
        }
    }
    assert!(wrong.is_empty(), "models that are not refused as they should be:\n{wrong}");
}

#[test]
fn every_code_of_names_shapes_and_conjugacy_has_a_bad_graph() {
    let models: Vec<_> = models::models("graphs/bad")
        .iter()
        .map(|p| p.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    for doc in elbow::diag::codes::CODES {
        // E0409 is what remains when a construct has passed every check and has no update: no model is known
        // that meets it.
        if ["E02", "E03", "E04", "E05", "E06"].contains(&&doc.code.0[..3]) && doc.code.0 != "E0409" {
            assert!(
                models.iter().any(|m| m.starts_with(doc.code.0)),
                "{} has no model under graphs/bad",
                doc.code.0
            );
        }
    }
}

#[test]
fn graphs_of_the_pages_are_sound() {
    for doc in elbow::diag::codes::CODES {
        if !["E02", "E03", "E04", "E05", "W02"].contains(&&doc.code.0[..3]) {
            continue;
        }
        let model = doc.page.split("```ron\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let source = elbow::source::Source::new(doc.code.0, model);
        let mut diags = Diagnostics::default();
        if let Ok(parsed) = elbow::syntax::parse(&source, &mut diags)
            && let Ok(g) = graph::resolve(&parsed, &source, &mut diags)
        {
            let _ = elbow::check::check(&g, &source, &mut diags);
        }
        assert!(
            diags.gate().is_ok(),
            "the page of {}:\n{}",
            doc.code.0,
            render_all(diags.list(), &source, false)
        );
    }
}
