//! Expressions of a small model, whose sequences stand interleaved and whose tree stands in any order, at
//! numbers worked out by hand; and one element at a time against all at once.

use super::*;
use crate::{
    data::MemoryFiles,
    diag::{Diagnostics, render},
    graph::{
        Bound, FactorGraph,
        factor_graph::{Arg, Ref, Target},
    },
    pipeline,
    shape::PlateId,
    source::Source,
    syntax,
};
use std::borrow::Cow;

fn ready(text: &str) -> (FactorGraph, Bound) {
    let source = Source::new("test.ron", text);
    let mut diags = Diagnostics::default();
    let made = (|| {
        let model = syntax::parse(&source, &mut diags)?;
        let graph = pipeline::graph(&model, &source, &mut diags)?;
        let bound = pipeline::bind(&model, &graph, &MemoryFiles::new(), &|_| None, &source, &mut diags)?;
        Ok::<_, crate::diag::Reported>((graph, bound))
    })();
    made.unwrap_or_else(|_| panic!("{}", render::render_all(diags.list(), &source, false)))
}

/// The first argument of the last line of a node.
fn argument<'g>(graph: &'g FactorGraph, node: &str) -> &'g Arg {
    let line = graph.factors.iter().rev().find(|f| graph.nodes[f.node.0].name == node).unwrap();
    &line.args[0]
}

fn plate(graph: &FactorGraph, name: &str) -> PlateId {
    PlateId(graph.plates.iter().position(|p| p.name == name).unwrap())
}

const MODEL: &str = r#"Model(
    data: {
        "s": { "q": ["b", "a", "b", "a", "b"], "u": [1, 2, 3, 4, 5], "v": [0, 1, 0, 1, 0], "y": [1, 1, 1, 1, 1] },
        "f": { "id": ["root", "leaf", "mid"], "up": ["", "mid", "root"], "y": [1, 1, 1] },
    },
    plates: {
        "t": Steps(table: "s", sequence: "q"), "n": Tree(table: "f", id: "id", parent: "up"), "k": Size(2),
        "g": Groups(column: "s.v"),
    },
    inputs: { "X[t]": ["u", "v"], "w[t]": "u", "h[n]": "y", "m[k]": [10, 20], "r": [1, -1] },
    nodes: {
        "z[t]": Categorical(p: [0.5, 0.5], over: "k"),
        "b[g]": Normal(mean: 0, precision: 1),
        "y[0]": Normal(mean: 0, precision: 1),
        "y[t]": Normal(mean: "2 * w[t-1] - dot(X[t], r) / 2 + m[z[t]] + b[s.v[t]]", precision: 1),
        "e[0]": Normal(mean: 0, precision: 1),
        "e[n]": Normal(mean: "-e[parent(n)] + h[n]", precision: 1),
    },
    observe: { "y": "y", "e": "y" },
)"#;

#[test]
fn names_stand_for_what_each_element_says() {
    let (graph, bound) = ready(MODEL);
    let steps = Steps::new(&bound);
    let expr = &argument(&graph, "y").expr;
    let mut gates = vec![];
    selectors(expr, &mut gates);
    assert_eq!(gates.len(), 1);
    let b = [0.25, 0.5];
    let numbers: Vec<Option<&[f64]>> =
        graph.nodes.iter().map(|n| (n.name == "b").then_some(&b[..])).collect();
    let at = |rows: Vec<usize>, categories: Vec<usize>| {
        let mut env = Environment::new(&graph, &bound, &steps, rows.len());
        env.in_plate(plate(&graph, "t"), Indices::Each(rows));
        env.choose(gates[0], Indices::Each(categories));
        env.nodes(&numbers);
        env.value(expr).numbers.into_owned()
    };
    // The step before row 4 is row 2, that before row 3 is row 1; dot(X, r) is u − v.
    let want = |u: f64, before: f64, v: usize, k: usize| {
        2.0 * before - (u - v as f64) / 2.0 + [10.0, 20.0][k] + b[v]
    };
    let all = at(vec![4, 2, 3], vec![0, 1, 1]);
    assert_eq!(all, [want(5.0, 3.0, 0, 0), want(3.0, 1.0, 0, 1), want(4.0, 2.0, 1, 1)]);
    for (i, (row, k)) in [(4, 0), (2, 1), (3, 1)].into_iter().enumerate() {
        assert_eq!(at(vec![row], vec![k]), [all[i]]);
    }
}

#[test]
fn the_first_cell_is_found_and_roots_stand_for_themselves() {
    let (graph, bound) = ready(MODEL);
    let steps = Steps::new(&bound);
    let expr = &argument(&graph, "y").expr;
    let mut env = Environment::new(&graph, &bound, &steps, 2);
    env.in_plate(plate(&graph, "t"), Indices::Each(vec![4, 3]));
    let (column, row) = env.first_cell(expr, 0).unwrap();
    assert_eq!((graph.columns[column.0].name.as_str(), row), ("u", 2), "w[t-1] at row 4");
    assert_eq!(env.first_cell(expr, 1).unwrap().1, 1);

    let up = &argument(&graph, "e").expr;
    let e = [1.0, 2.0, 4.0];
    let numbers: Vec<Option<&[f64]>> =
        graph.nodes.iter().map(|n| (n.name == "e").then_some(&e[..])).collect();
    let mut env = Environment::new(&graph, &bound, &steps, 3);
    env.in_plate(plate(&graph, "n"), Indices::Each(vec![0, 1, 2]));
    assert!(env.value(up).numbers.iter().all(|x| x.is_nan()), "nothing is known of e");
    env.nodes(&numbers);
    assert_eq!(&*env.value(up).numbers, [0.0, -3.0, 0.0]);
}

#[test]
fn some_elements_are_those_among_all() {
    let (graph, bound) = ready(MODEL);
    let steps = Steps::new(&bound);
    let expr = &argument(&graph, "y").expr;
    let mut env = Environment::new(&graph, &bound, &steps, 5);
    env.in_plate(plate(&graph, "t"), indices(&[5], 0..5).remove(0));
    let numbers: Vec<Option<&[f64]>> = vec![None, Some(&[0.25, 0.5]), None, None];
    env.nodes(&numbers);
    let (all, some) = (env.value(expr), env.only(&[4, 1]));
    assert_eq!(some.count(), 2);
    assert_eq!(&*some.value(expr).numbers, [all.at(4)[0], all.at(1)[0]]);
    // What no element changes is there once.
    let mut chosen = Environment::new(&graph, &bound, &steps, 5);
    chosen.in_plate(plate(&graph, "k"), Indices::Same(1));
    let m = graph.inputs.iter().position(|i| i.name == "m").unwrap();
    let r = Ref { target: Target::Input(crate::shape::InputId(m)), index: vec![] };
    assert_eq!(chosen.reference(&r), Values::once(Cow::Borrowed(&[10.0, 20.0])));
}
