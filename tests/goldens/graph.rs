//! The models under `graphs/`: each resolves and binds without a word, and its printed forms are goldens.

use crate::models;
use elbow::{
    diag::Diagnostics,
    graph::{Bound, FactorGraph, Types},
};
use std::fmt::Write;

/// Sizes and the first few entries of all that was bound.
fn bound_text(g: &FactorGraph, b: &Bound) -> String {
    let mut out = String::new();
    for (p, bound) in g.plates.iter().zip(&b.plates) {
        let labels = bound.labels.as_ref().map_or(String::new(), |l| format!(" {:?}", &l[..l.len().min(4)]));
        let weight =
            bound.weight.as_ref().map_or(String::new(), |w| format!(" weighing {}", w.iter().sum::<f64>()));
        let sequences =
            bound.sequences.as_ref().map_or(String::new(), |s| format!(" in {} sequences", s.len()));
        writeln!(out, "plate {} {}{labels}{weight}{sequences}", p.name, bound.size).unwrap();
    }
    for (c, bound) in g.columns.iter().zip(&b.columns) {
        if let Some(l) = &bound.levels {
            writeln!(out, "levels {} {} {:?}", c.name, l.len(), &l[..l.len().min(4)]).unwrap();
        }
        for (x, codes) in &bound.codes {
            writeln!(out, "codes {} in {} {:?}", c.name, g.extent_name(*x), &codes[..codes.len().min(6)])
                .unwrap();
        }
        if let Some(n) = &bound.numbers {
            writeln!(out, "numbers {} {:?}", c.name, &n[..n.len().min(4)]).unwrap();
        }
    }
    for (n, o) in g.nodes.iter().zip(&b.observed) {
        use elbow::graph::bound::ObservedArray::{Codes, Numbers};
        match o {
            None => {}
            Some(Codes(c)) => {
                writeln!(out, "observed {} {} codes {:?}", n.name, c.len(), &c[..c.len().min(6)]).unwrap()
            }
            Some(Numbers { width, values }) => writeln!(
                out,
                "observed {} {width} × {} {:?}",
                n.name,
                values.len() / width,
                &values[..values.len().min(6)]
            )
            .unwrap(),
        }
    }
    out
}

#[test]
fn every_graph_binds_and_prints_as_before() {
    for path in models::models("graphs") {
        let source = models::source(&path);
        let mut diags = Diagnostics::default();
        let found = models::bind(&path, &source, &mut diags);
        assert!(diags.list().is_empty(), "{}:\n{}", path.display(), models::drawn(&path, &source, &diags));
        let (graph, bound) = found.unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        insta::assert_snapshot!(name, format!("{graph}\n{}\n{}", Types(&graph), bound_text(&graph, &bound)));
    }
}
