//! Whole models through [`parse`].

use super::*;
use crate::diag::render::render_all;

/// Reads `text`, which must be a model.
fn good(text: &str) -> Model {
    let source = Source::new("model.ron", text);
    let mut diags = Diagnostics::default();
    parse(&source, &mut diags).unwrap_or_else(|_| panic!("{}", render_all(diags.list(), &source, false)))
}

/// What is found wrong with `text`: code, and the text at the first primary place.
fn found(text: &str) -> Vec<(&'static str, String)> {
    let source = Source::new("model.ron", text);
    let mut diags = Diagnostics::default();
    let out = parse(&source, &mut diags);
    assert!(out.is_err(), "this was read without a word:\n{text}");
    let place = |d: &crate::diag::Diagnostic| {
        let span = d.labels.iter().find(|l| l.primary).expect("every mistake here has a place").span;
        text[span.start..span.end].to_owned()
    };
    diags.list().iter().map(|d| (d.code.0, place(d))).collect()
}

#[test]
fn reads_a_call_with_its_places() {
    let text = r#"Model(nodes: { "h[0, i]": Foo(mean: "2 * a[z[n]]", b: [1_000, 0x10, 1e-3]) })"#;
    let model = good(text);
    let node = &model.nodes[0];
    let at = |span: crate::source::Span| &text[span.start..span.end];
    assert_eq!(node.key.to_string(), "h[0,i]");
    assert_eq!((at(node.key.span), at(node.key.name.span)), (r#""h[0, i]""#, "h"));
    assert_eq!(node.key.indices.iter().map(|i| at(i.span)).collect::<Vec<_>>(), ["0", "i"]);
    assert_eq!(at(node.call.span), r#"Foo(mean: "2 * a[z[n]]", b: [1_000, 0x10, 1e-3])"#);
    assert_eq!(node.call.args[1].1.node.to_string(), "[1000, 16, 0.001]");
}

#[test]
fn reports_every_mistake() {
    let text = r#"Model(plates: { "k": 6, "2n": A(b: 1, b: inf) }, node: 1, nodes: { "z[": A, "x": A(m: "mu[z[n]") })"#;
    let got = found(text);
    let want = [("E0103", "node"), ("E0105", "6"), ("E0107", "\"2n\""), ("E0104", "b"), ("E0108", "inf"), ("E0107", "["), ("E0102", "[")];
    for w in want {
        assert!(got.contains(&(w.0, w.1.to_owned())), "{w:?} is missing from {got:?}");
    }
}
