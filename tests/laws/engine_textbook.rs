//! From one start, the engine's bound equals coordinate ascent in plain loops, iteration by iteration, and so
//! do the posteriors.

use crate::loops::{Ready, options, ready};
use crate::textbook::{
    gmm::{Mixture, NormalWishart},
    hmm::{Counts, Hmm, Symbols},
    lda::{Row, Schedule, Topics},
};
use elbow::{answer::posterior::Posterior, engine::Options, start::given::Selector};

const ITERATIONS: usize = 25;

fn close(what: &str, got: f64, want: f64, within: f64) {
    assert!(
        (got - want).abs() <= within * want.abs().max(1.0),
        "{what}: the engine has {got}, the textbook {want}"
    );
}

fn parameter<'a>(p: &'a Posterior, node: &str, name: &str) -> &'a [f64] {
    let n = p.nodes.iter().find(|n| n.name == node).unwrap_or_else(|| panic!("no node {node}"));
    &n.parameters.iter().find(|a| a.name == name).unwrap_or_else(|| panic!("{node} has no {name}")).values
}

fn all_close(what: &str, got: &[f64], want: impl IntoIterator<Item = f64>) {
    let want: Vec<f64> = want.into_iter().collect();
    assert_eq!(got.len(), want.len(), "{what}: how many");
    got.iter()
        .zip(want)
        .enumerate()
        .for_each(|(i, (g, w))| close(&format!("{what}, number {i}"), *g, w, 1e-7));
}

fn selector(r: &Ready) -> Selector {
    Selector::find(&r.graph, &r.plan, "z").unwrap()
}

/// Runs both and compares the traces.
fn side_by_side(
    r: &Ready,
    start: elbow::start::given::GivenStart,
    mut iterate: impl FnMut() -> f64,
) -> Posterior {
    let mut o = options(ITERATIONS);
    o.start = vec![start];
    let p = r.fit(&o).unwrap();
    // Where the engine's bound comes to rest before, the textbook's must stay there.
    for i in 0..ITERATIONS {
        let got = p.trace.get(i).unwrap_or(&p.elbo);
        close(&format!("the bound after iteration {}", i + 1), *got, iterate(), 1e-9);
    }
    p
}

fn list<T: std::fmt::Debug>(x: &[T]) -> String {
    format!("{x:?}")
}

#[test]
fn gaussian_mixture() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/graphs/data/faithful.csv")).unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .step_by(4)
        .map(|l| l.split(',').map(|c| c.trim().parse().unwrap()).collect::<Vec<f64>>())
        .collect();
    let rows: Vec<Vec<f64>> = rows.into_iter().map(|r| r[r.len() - 2..].to_vec()).collect();
    let column = |i: usize| list(&rows.iter().map(|r| r[i]).collect::<Vec<_>>());
    let r = ready(&format!(
        r#"Model(
        data: {{"t": {{"a": {}, "b": {}}}}}, plates: {{"n": Rows(table: "t"), "k": Size(3)}},
        nodes: {{
            "weights": Dirichlet(concentration: 0.5, over: "k"),
            "spread[k]": Wishart(dof: 3, scale: [[1, 0.02], [0.02, 0.01]]),
            "centre[k]": MvNormal(mean: [3.5, 70], precision: "0.1 * spread[k]"),
            "z[n]": Categorical(p: "weights"),
            "x[n]": MvNormal(mean: "centre[z[n]]", precision: "spread[z[n]]"),
        }},
        observe: {{"x": ["a", "b"]}})"#,
        column(0),
        column(1)
    ))
    .unwrap();
    let labels: Vec<usize> = (0..rows.len()).map(|i| (i * 7 + i / 5) % 3).collect();
    let prior = NormalWishart {
        mean: vec![3.5, 70.0],
        beta: 0.1,
        dof: 3.0,
        scale: vec![vec![1.0, 0.02], vec![0.02, 0.01]],
    };
    let mut book = Mixture::new(rows, 3, 0.5, prior, &labels);
    let start = selector(&r).from_categories(&labels.iter().map(|l| *l as u32).collect::<Vec<_>>()).unwrap();
    let p = side_by_side(&r, start, || book.iterate());
    all_close("weights", parameter(&p, "weights", "concentration"), book.alpha.clone());
    all_close(
        "centres",
        parameter(&p, "centre", "mean"),
        book.components.iter().flat_map(|c| c.mean.clone()),
    );
    all_close("kappa", parameter(&p, "centre", "kappa"), book.components.iter().map(|c| c.beta));
    all_close("dof", parameter(&p, "spread", "dof"), book.components.iter().map(|c| c.dof));
    all_close(
        "scale",
        parameter(&p, "spread", "scale"),
        book.components.iter().flat_map(|c| c.scale.concat()),
    );
    all_close("responsibilities", parameter(&p, "z", "p"), book.responsibilities.concat());
}

/// Most probabilities are 0: products that leave them out, of tables that are done as one, give what loops
/// over everything do.
#[test]
fn a_mixture_of_components_far_apart() {
    let (k, d, n) = (9, 5, 300);
    let noise = |i: usize, j: usize| ((i * 37 + j * 101 + i * j * 13) % 97) as f64 / 48.0 - 1.0;
    let row =
        |i: usize| (0..d).map(|j| 12.0 * ((i % k * (j + 2)) % 7) as f64 + noise(i, j)).collect::<Vec<f64>>();
    let rows: Vec<Vec<f64>> = (0..n).map(row).collect();
    let columns: Vec<String> =
        (0..d).map(|j| format!("\"x{j}\": {:?}", rows.iter().map(|r| r[j]).collect::<Vec<_>>())).collect();
    let unit = |x: f64| {
        (0..d).map(|i| (0..d).map(|j| if i == j { x } else { 0.0 }).collect()).collect::<Vec<Vec<f64>>>()
    };
    let r = ready(&format!(
        r#"Model(
        data: {{"t": {{{}}}}}, plates: {{"n": Rows(table: "t"), "k": Size({k})}},
        nodes: {{
            "weights": Dirichlet(concentration: 0.5, over: "k"),
            "spread[k]": Wishart(dof: 6, scale: {:?}),
            "centre[k]": MvNormal(mean: [30, 30, 30, 30, 30], precision: "0.1 * spread[k]"),
            "z[n]": Categorical(p: "weights"),
            "x[n]": MvNormal(mean: "centre[z[n]]", precision: "spread[z[n]]"),
        }},
        observe: {{"x": ["x0", "x1", "x2", "x3", "x4"]}})"#,
        columns.join(", "),
        unit(0.5)
    ))
    .unwrap();
    // Some rows start in the component beside theirs.
    let labels: Vec<usize> = (0..n).map(|i| (i + usize::from(i % 11 == 0)) % k).collect();
    let prior = NormalWishart { mean: vec![30.0; d], beta: 0.1, dof: 6.0, scale: unit(0.5) };
    let mut book = Mixture::new(rows, k, 0.5, prior, &labels);
    let start = selector(&r).from_categories(&labels.iter().map(|l| *l as u32).collect::<Vec<_>>()).unwrap();
    let p = side_by_side(&r, start, || book.iterate());
    let far = book.responsibilities.iter().flatten().filter(|p| **p < 2f64.powi(-100)).count();
    assert!(far * 3 > n * k * 2, "{far} of {} are next to nothing", n * k);
    all_close("weights", parameter(&p, "weights", "concentration"), book.alpha.clone());
    all_close(
        "centres",
        parameter(&p, "centre", "mean"),
        book.components.iter().flat_map(|c| c.mean.clone()),
    );
    all_close(
        "scale",
        parameter(&p, "spread", "scale"),
        book.components.iter().flat_map(|c| c.scale.concat()),
    );
    all_close("responsibilities", parameter(&p, "z", "p"), book.responsibilities.concat());
}

/// Without turns, rows of a document share nothing with each other but in the statistics.
#[test]
fn topics() {
    topics_in_order(|r| (r.word * 4 + r.doc * 5) % 11, Schedule::Shared);
}

/// Rows of a document take turns with its mixture, wherever they stand in the file.
#[test]
fn topics_document_by_document() {
    topics_in_order(|r| (r.word * 4 + r.doc * 5) % 11, Schedule::Turns(TURNS, 1e-3));
    topics_in_order(|r| r.doc, Schedule::Turns(TURNS, 1e-3));
    topics_in_order(|r| (r.doc * 3 + 2) % 7, Schedule::Turns(TURNS, 1e-3));
}

/// As the engine has it.
const TURNS: usize = 2;

fn topics_in_order(order: impl Fn(&Row) -> usize, schedule: Schedule) {
    let mut rows = vec![];
    for doc in 0..7 {
        for word in 0..9 {
            let count = (doc * 5 + word * 3 + doc * word) % 4;
            if count > 0 {
                rows.push(Row { doc, word, count: f64::from(count as u32) });
            }
        }
    }
    rows.sort_by_key(order);
    let column = |f: &dyn Fn(&Row) -> usize| list(&rows.iter().map(f).collect::<Vec<_>>());
    let mut r = ready(&format!(
        r#"Model(
        data: {{"t": {{"doc": {}, "word": {}, "count": {}}}}},
        plates: {{"d": Groups(column: "t.doc"), "w": Rows(table: "t", weight: "count"), "k": Size(3)}},
        nodes: {{
            "theta[d]": Dirichlet(concentration: 0.4, over: "k"),
            "phi[k]": Dirichlet(concentration: 0.2, over: "t.word"),
            "z[w]": Categorical(p: "theta[doc[w]]"),
            "word[w]": Categorical(p: "phi[z[w]]"),
        }},
        observe: {{"word": "word"}})"#,
        column(&|r| r.doc),
        column(&|r| r.word),
        column(&|r| r.count as usize)
    ))
    .unwrap();
    assert_eq!(r.plan.local_ascents().count(), 1, "documents take turns");
    if matches!(schedule, Schedule::Shared) {
        r.plan.go_generally();
    }
    let start: Vec<Vec<f64>> = rows
        .iter()
        .map(|r| {
            let raw = [1.0 + (r.word % 3) as f64, 1.0 + (r.doc % 2) as f64, 1.5];
            raw.iter().map(|x| x / raw.iter().sum::<f64>()).collect()
        })
        .collect();
    let given = selector(&r).from_responsibilities(&start.concat()).unwrap();
    let mut book = Topics::new(rows, 0.4, 0.2, start, schedule);
    let p = side_by_side(&r, given, || book.iterate());
    all_close("theta", parameter(&p, "theta", "concentration"), book.theta.concat());
    all_close("phi", parameter(&p, "phi", "concentration"), book.phi.concat());
    all_close("responsibilities", parameter(&p, "z", "p"), book.responsibilities.concat());
}

/// Two columns that a topic explains, some cells missing, rows weighted and in any order: with and without
/// turns, in one span and in several, on any number of threads.
#[test]
fn turns_with_two_columns_rest_where_plain_updates_rest() {
    let rows = 90;
    let cell = |i: usize, of: usize| {
        if (i * i + of).is_multiple_of(13) {
            r#""NA""#.to_owned()
        } else {
            format!("\"s{}\"", (i * (2 + of) + i / 7 + (i % 5) * (i % 3)) % 6)
        }
    };
    let column =
        |f: &dyn Fn(usize) -> String| format!("[{}]", (0..rows).map(f).collect::<Vec<_>>().join(", "));
    let mut r = ready(&format!(
        r#"Model(
        data: {{"t": {{"doc": {}, "word": {}, "author": {}, "count": {}}}}},
        plates: {{"d": Groups(column: "t.doc"), "w": Rows(table: "t", weight: "count"), "k": Size(3)}},
        nodes: {{
            "theta[d]": Dirichlet(concentration: 0.6, over: "k"),
            "phi[k]": Dirichlet(concentration: 0.4, over: "t.word"),
            "rho[k]": Dirichlet(concentration: 0.3, over: "t.author"),
            "z[w]": Categorical(p: "theta[doc[w]]"),
            "word[w]": Categorical(p: "phi[z[w]]"),
            "author[w]": Categorical(p: "rho[z[w]]"),
        }},
        observe: {{"word": "word", "author": "author"}})"#,
        column(&|i| (i * 7 % 10).to_string()),
        column(&|i| cell(i, 0)),
        column(&|i| cell(i, 1)),
        column(&|i| (1 + i % 3).to_string())
    ))
    .unwrap();
    let others: Vec<usize> = r.plan.local_ascents().map(|a| a.others.len()).collect();
    assert_eq!(others, [2]);
    let fit = |r: &Ready, threads: usize| {
        let options = Options {
            max_iterations: 20_000,
            tolerance: 1e-15,
            threads,
            nodes: Some(vec!["theta".into(), "rho".into(), "z".into()]),
            ..Options::default()
        };
        r.fit(&options).unwrap()
    };
    r.plan.recut(7);
    let one = fit(&r, 1);
    assert!(one.trace.windows(2).all(|w| w[1] >= w[0] - 1e-10), "the bound fell");
    for threads in [2, 7] {
        let other = fit(&r, threads);
        assert_eq!((&one.trace, &one.nodes), (&other.trace, &other.nodes), "{threads} threads");
    }
    r.plan.set_span(12);
    assert!(r.plan.local_ascents().all(|a| a.spans(&r.plan.streams[a.stream]).len() > 3));
    let spans = fit(&r, 2);
    r.plan.go_generally();
    // Starts go by groups, which are gone: go on from where the turns rest.
    let z = parameter(&one, "z", "p");
    let given = selector(&r).from_responsibilities(z).unwrap();
    let options = Options {
        max_iterations: 20_000,
        tolerance: 1e-15,
        start: vec![given],
        nodes: Some(vec!["theta".into(), "rho".into(), "z".into()]),
        ..Options::default()
    };
    let plain = r.fit(&options).unwrap();
    for (name, other) in [("several spans", &spans), ("plain", &plain)] {
        assert!((one.elbo - other.elbo).abs() < 1e-8, "{name}: {} and {}", one.elbo, other.elbo);
        for (node, what) in [("theta", "concentration"), ("rho", "concentration"), ("z", "p")] {
            let (a, b) = (parameter(&one, node, what), parameter(other, node, what));
            a.iter().zip(b).for_each(|(a, b)| {
                assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{name}, {node}: {a} and {b}")
            });
        }
    }
}

/// Documents in two tables, which share their mixtures: nothing is a group's own, so plain updates are made.
#[test]
fn mixtures_that_two_tables_share_take_no_turns() {
    let r = ready(
        r#"Model(
        data: {
            "t": {"doc": [0, 0, 0, 1, 1, 1, 2, 2, 2], "word": [0, 1, 1, 2, 3, 2, 0, 3, 1]},
            "u": {"of": [0, 0, 1, 1, 2, 2], "tag": [0, 0, 1, 1, 0, 1]},
        },
        plates: {
            "d": Groups(columns: ["t.doc", "u.of"]), "w": Rows(table: "t"), "v": Rows(table: "u"), "k": Size(2),
        },
        nodes: {
            "theta[d]": Dirichlet(concentration: 0.5, over: "k"),
            "phi[k]": Dirichlet(concentration: 0.5, over: "t.word"),
            "rho[k]": Dirichlet(concentration: 0.5, over: "u.tag"),
            "z[w]": Categorical(p: "theta[doc[w]]"),
            "word[w]": Categorical(p: "phi[z[w]]"),
            "y[v]": Categorical(p: "theta[of[v]]"),
            "tag[v]": Categorical(p: "rho[y[v]]"),
        },
        observe: {"word": "word", "tag": "tag"})"#,
    )
    .unwrap();
    assert_eq!(r.plan.local_ascents().count(), 0);
    let p = r.fit(&Options::default()).unwrap();
    assert!(p.trace.windows(2).all(|w| w[1] >= w[0] - 1e-10), "the bound fell");
}

/// A word that the start puts into a topic that cannot have written it, while its document's mixture all but
/// excludes the right one: the two factors of its row meet at 0 before logarithms are taken.
#[test]
fn a_row_lost_to_underflow_is_found_again() {
    let model = |docs: &str| {
        ready(&format!(
            r#"Model(
            data: {{"t": {{"doc": {docs}, "word": [0, 0, 0, 1, 0, 1, 1, 2]}}}},
            plates: {{"d": Groups(column: "t.doc"), "w": Rows(table: "t"), "k": Size(2)}},
            nodes: {{
                "theta[d]": Dirichlet(concentration: 0.0002, over: "k"),
                "phi[k]": Dirichlet(concentration: 0.0001, over: "t.word"),
                "z[w]": Categorical(p: "theta[doc[w]]"),
                "word[w]": Categorical(p: "phi[z[w]]"),
            }},
            observe: {{"word": "word"}})"#
        ))
        .unwrap()
    };
    let docs = [0, 0, 0, 0, 1, 1, 1, 1];
    let r = model(&format!("{docs:?}"));
    assert_eq!(r.plan.local_ascents().count(), 1);
    let word = [0, 0, 0, 1, 0, 1, 1, 2];
    let start: Vec<f64> = word
        .iter()
        .zip(docs)
        .flat_map(|(w, d)| if *w == 0 || d == 0 { [1.0, 0.0] } else { [0.0, 1.0] })
        .collect();
    let given = selector(&r).from_responsibilities(&start).unwrap();
    let rows = word.iter().zip(docs).map(|(&word, doc)| Row { doc, word, count: 1.0 }).collect();
    let mut book = Topics::new(
        rows,
        0.0002,
        0.0001,
        start.chunks(2).map(<[f64]>::to_vec).collect(),
        Schedule::Turns(TURNS, 1e-3),
    );
    let p = side_by_side(&r, given, || book.iterate());
    all_close("responsibilities", parameter(&p, "z", "p"), book.responsibilities.concat());
}

/// Two sequences of unequal length, their rows interleaved in the file: sequence, step, label.
fn interleaved() -> Vec<(usize, usize, usize)> {
    let (long, short) = (17, 6);
    let mut rows = vec![];
    let (mut a, mut b) = (0, 0);
    while a < long || b < short {
        if a < long {
            rows.push((0, a, (a / 2) % 2));
            a += 1;
        }
        if b < short && a % 2 == 1 {
            rows.push((1, b, (b + 1) % 2));
            b += 1;
        }
    }
    rows
}

fn chain(column: &str, extra: &str, emission: &str) -> Ready {
    let rows = interleaved();
    let games: Vec<&str> = rows.iter().map(|r| ["first", "second"][r.0]).collect();
    ready(&format!(
        r#"Model(
        data: {{"t": {{"game": {games:?}, "x": {column}}}}},
        plates: {{"t": Steps(table: "t", sequence: "game"), "k": Size(2)}},
        nodes: {{
            "start": Dirichlet(concentration: 0.8, over: "k"),
            "trans[k]": Dirichlet(concentration: 0.6, over: "k"),
            {extra}
            "z[0]": Categorical(p: "start"),
            "z[t]": Categorical(p: "trans[z[t-1]]"),
            "x[t]": {emission},
        }},
        observe: {{"x": "x"}})"#
    ))
    .unwrap()
}

fn labels() -> Vec<Vec<usize>> {
    (0..2).map(|s| interleaved().iter().filter(|r| r.0 == s).map(|r| r.2).collect()).collect()
}

fn in_file_order<T: Copy>(by_sequence: &[Vec<T>]) -> Vec<T> {
    interleaved().iter().map(|(s, t, _)| by_sequence[*s][*t]).collect()
}

fn compare_chain<E: crate::textbook::hmm::Emission>(r: &Ready, mut book: Hmm<E>) -> (Posterior, Hmm<E>) {
    let start =
        selector(r).from_categories(&interleaved().iter().map(|x| x.2 as u32).collect::<Vec<_>>()).unwrap();
    let p = side_by_side(r, start, || book.iterate());
    all_close("start", parameter(&p, "start", "concentration"), book.start.clone());
    all_close("trans", parameter(&p, "trans", "concentration"), book.trans.concat());
    let z = interleaved().iter().flat_map(|(s, t, _)| book.gamma[*s][*t].clone()).collect::<Vec<_>>();
    all_close("z", parameter(&p, "z", "p"), z);
    (p, book)
}

#[test]
fn chain_of_symbols() {
    let data = vec![vec![0, 0, 1, 0, 2, 2, 3, 2, 3, 0, 0, 1, 1, 0, 3, 2, 2], vec![2, 3, 3, 2, 0, 1]];
    let column: Vec<&str> = in_file_order(&data).into_iter().map(|x| ["a", "b", "c", "d"][x]).collect();
    let r = chain(
        &list(&column),
        r#""emit[k]": Dirichlet(concentration: 0.5, over: "t.x"),"#,
        r#"Categorical(p: "emit[z[t]]")"#,
    );
    let (p, book) = compare_chain(&r, Hmm::new(2, 0.8, 0.6, Symbols::new(data, 2, 4, 0.5), &labels()));
    all_close("emit", parameter(&p, "emit", "concentration"), book.emission.emit.concat());
}

#[test]
fn chain_of_counts() {
    let data = vec![
        vec![3.0, 1.0, 0.0, 12.0, 9.0, 2.0, 3.0, 8.0, 15.0, 11.0, 2.0, 0.0, 1.0, 4.0, 10.0, 9.0, 7.0],
        vec![8.0, 11.0, 1.0, 2.0, 0.0, 13.0],
    ];
    let r = chain(
        &list(&in_file_order(&data)),
        r#""rate[k]": Gamma(shape: 2, rate: 0.5),"#,
        r#"Poisson(rate: "rate[z[t]]")"#,
    );
    let (p, book) = compare_chain(&r, Hmm::new(2, 0.8, 0.6, Counts::new(data, 2, (2.0, 0.5)), &labels()));
    all_close("shapes", parameter(&p, "rate", "shape"), book.emission.rate.iter().map(|r| r.0));
    all_close("rates", parameter(&p, "rate", "rate"), book.emission.rate.iter().map(|r| r.1));
}
