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
    let want = [
        ("E0103", "node"),
        ("E0105", "6"),
        ("E0107", "\"2n\""),
        ("E0104", "b"),
        ("E0108", "inf"),
        ("E0107", "["),
        ("E0102", "["),
    ];
    for w in want {
        assert!(got.contains(&(w.0, w.1.to_owned())), "{w:?} is missing from {got:?}");
    }
}

const GMM: &str = r#"// graphs/gmm.ron
Model(
    name: "Old Faithful: a mixture of Gaussians",
    data: {
        "eruptions": "data/faithful.csv",
    },
    plates: {
        "n": Rows(table: "eruptions"),
        "k": Size(6),
    },
    nodes: {
        "weights":   Dirichlet(concentration: 0.001, over: "k"),
        "spread[k]": Wishart(dof: 2, scale: [[1, 0], [0, 0.01]]),
        "centre[k]": MvNormal(mean: [3.5, 70], precision: "0.1 * spread[k]"),
        "z[n]":      Categorical(p: "weights"),
        "x[n]":      MvNormal(mean: "centre[z[n]]", precision: "spread[z[n]]"),
    },
    observe: {
        "x": ["duration", "waiting"],
    },
)
"#;

const HMM: &str = r#"Model(
    data: { "rolls": "rolls.csv" },
    plates: {
        "t": Steps(table: "rolls", sequence: "game"),
        "k": Size(2),
    },
    nodes: {
        "start":    Dirichlet(concentration: 1, over: "k"),
        "trans[k]": Dirichlet(concentration: 1, over: "k"),
        "emit[k]":  Dirichlet(concentration: 1, over: "rolls.face"),
        "z[0]":     Categorical(p: "start"),
        "z[t]":     Categorical(p: "trans[z[t-1]]"),
        "x[t]":     Categorical(p: "emit[z[t]]"),
    },
    observe: { "x": "face" },
)
"#;

const LDA: &str = r#"Model(
    data: { "corpus": "corpus.csv" },
    plates: {
        "d": Groups(column: "corpus.doc"),
        "w": Rows(table: "corpus", weight: "count"),
        "k": Size(10),
    },
    nodes: {
        "theta[d]": Dirichlet(concentration: 0.1, over: "k"),
        "phi[k]":   Dirichlet(concentration: 0.05, over: "corpus.word"),
        "z[w]":     Categorical(p: "theta[doc[w]]"),
        "word[w]":  Categorical(p: "phi[z[w]]"),
    },
    observe: { "word": "word" },
)
"#;

/// Every field and every form of value.
const REST: &str = r#"#![enable(implicit_some)]
(
    name: r"a \ raw name",
    data: { "schools": { "y": [28, "NA", true, NaN, None, ""], "who": ["A", "NaN", "b c"] } },
    plates: { "n": Rows(table: "schools"), "j": Columns(table: "schools", only: ["y"]), "flat": Flat },
    inputs: { "X[n]": ["age", "dose"], "trans[k]": [[0.9, 0.1], [-2e-1, 8E+30]], "s": "schools" },
    nodes: {
        "a": Foo(m: "-(b + c) * -d / (e - (f - g))", n: true, o: ["x", 1_000.5]),
        "h[0,i]": Foo(inner: Bar(1, "corpus.doc[w]"), p: "dot(A[i], h[t-1]) + identity(2) - .5"),
    },
    observe: { "a": ["y"], "h": "who" },
    factorize: Blocks([["a"], ["h", "b"]]),
)"#;

#[test]
fn the_canonical_models_as_trees() {
    for (name, text) in [("gmm", GMM), ("hmm", HMM), ("lda", LDA), ("rest", REST)] {
        insta::assert_snapshot!(format!("tree_{name}"), good(text).to_string());
    }
}

#[test]
fn every_graph_is_read() {
    let graphs = concat!(env!("CARGO_MANIFEST_DIR"), "/graphs");
    let mut seen = 0;
    for entry in std::fs::read_dir(graphs).expect("the folder of graphs") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "ron") {
            good(&std::fs::read_to_string(&path).expect("a text file"));
            seen += 1;
        }
    }
    assert!(seen > 0, "no graph under {graphs}");
}

/// Each wrong model of form has exactly the mistake that its name tells; the snapshots show how it is drawn.
#[test]
fn the_wrong_models() {
    let bad = concat!(env!("CARGO_MANIFEST_DIR"), "/graphs/bad");
    let mut codes = Vec::new();
    let mut names: Vec<_> = std::fs::read_dir(bad)
        .expect("the folder")
        .map(|e| e.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    for name in names.into_iter().filter(|name| name.starts_with("E01")) {
        let source = Source::new(
            format!("graphs/bad/{name}"),
            std::fs::read_to_string(format!("{bad}/{name}")).expect("a text file"),
        );
        let mut diags = Diagnostics::default();
        assert!(parse(&source, &mut diags).is_err(), "{name} was read without a word");
        assert_eq!(diags.list().iter().map(|d| d.code.0).collect::<Vec<_>>(), [&name[..5]], "{name}");
        insta::assert_snapshot!(format!("bad_{}", &name[..5]), render_all(diags.list(), &source, false));
        codes.push(name[..5].to_owned());
    }
    let all: Vec<_> = crate::diag::codes::CODES
        .iter()
        .map(|doc| doc.code.0)
        .filter(|code| code.starts_with("E01"))
        .collect();
    codes.dedup();
    assert_eq!(codes, all, "every code of form needs a wrong model");
}

#[test]
fn places_of_a_table_and_of_observe() {
    let at = |text: &str, span: crate::source::Span| text[span.start..span.end].to_owned();
    let model = good(REST);
    let TableSource::Inline(columns) = &model.data[0].source.node else {
        panic!("not a table: {:?}", model.data[0])
    };
    assert_eq!(at(REST, columns[1].0.span), r#""who""#);
    assert_eq!(
        columns[0].1.iter().map(|c| at(REST, c.span)).collect::<Vec<_>>(),
        ["28", "\"NA\"", "true", "NaN", "None", "\"\""]
    );
    assert_eq!(columns[0].1.iter().filter(|c| c.node == Cell::Missing).count(), 4);
    assert_eq!(at(REST, model.observe[0].columns.span), r#"["y"]"#);
    assert!(model.observe[0].list && !model.observe[1].list);
    let factorize = model.factorize.expect("it is given");
    assert_eq!(at(REST, factorize.span), r#"Blocks([["a"], ["h", "b"]])"#);
    let Factorize::Blocks(blocks) = factorize.node else { panic!("not blocks") };
    assert_eq!(at(REST, blocks[1].span), r#"["h", "b"]"#);
    let (name, value) = &model.nodes[1].call.args[0];
    assert_eq!(
        (at(REST, name.span).as_str(), at(REST, value.span).as_str()),
        ("inner", r#"Bar(1, "corpus.doc[w]")"#)
    );
    let Value::Call(bar) = &value.node else { panic!("not a call") };
    assert_eq!((bar.args[0].0.node.as_str(), bar.args[0].0.span.start), ("", bar.args[0].1.span.start));
}

#[test]
fn values_as_expressions() {
    let source = Source::new("model.ron", r#"Model(nodes: { "x": A(a: -2.5, b: "mu[k]", c: [1]) })"#);
    let mut diags = Diagnostics::default();
    let model = parse(&source, &mut diags).expect("a model");
    let shown = |name: &str| {
        let value = model.nodes[0].call.arg(name).expect("it is given");
        value.expr(&source, &mut Diagnostics::default()).expect("an expression").map(|e| e.node.to_string())
    };
    assert_eq!(
        (shown("a").as_deref(), shown("b").as_deref(), shown("c")),
        (Some("-2.5"), Some("mu[k]"), None)
    );
    assert!(model.nodes[0].call.arg("d").is_none());
}

#[test]
fn blanks_comments_marks_and_line_ends() {
    let text = "\u{feff}// (unbalanced [ {\r\nModel /* ) */ (\r\n\tnodes: {\r\n\t\t\"β_1\" : Foo ( m : 1 , ) , /* \" /* nested */ */\r\n\t},\r\n)\r\n// end";
    let model = good(text);
    let node = &model.nodes[0];
    assert_eq!(node.key.name.node, "β_1");
    assert_eq!(&text[node.key.name.span.start..node.key.name.span.end], "β_1");
    assert_eq!(&text[node.call.span.start..node.call.span.end], "Foo ( m : 1 , )");
}

#[test]
fn mistakes_of_ron() {
    let in_node = |s: &str| format!("Model(nodes: {{ \"x\": Foo({s}) }})");
    let cases = [
        ("".to_owned(), "E0101", ""),
        ("// only a comment".to_owned(), "E0101", ""),
        ("Model(nodes: {".to_owned(), "E0101", "{"),
        ("Model(nodes: { \"x\": Foo(m: [1, 2) })".to_owned(), "E0101", ")"),
        ("Model(nodes: { \"x\": Foo(m: 1) ]".to_owned(), "E0101", "]"),
        ("Model(nodes: { \"x\": Foo(m: 1) }) extra".to_owned(), "E0101", "extra"),
        ("Model(nodes: { \"x\" Foo(m: 1) })".to_owned(), "E0101", "Foo"),
        ("Model(nodes: { \"x\": Foo(m: \"a) })".to_owned(), "E0101", "\"a) })"),
        ("Model(/* nodes: { \"x\": Foo(m: 1) })".to_owned(), "E0101", "/*"),
        ("Model(nodes: ( \"x\": Foo(m: 1) ))".to_owned(), "E0101", "\"x\""),
        ("Other(nodes: { \"x\": Foo(m: 1) })".to_owned(), "E0101", "Other"),
        (in_node("m: 'mu'"), "E0101", "'mu'"),
        (in_node("m: 1.2.3"), "E0101", "1.2.3"),
        (in_node("m: 12abc"), "E0101", "12abc"),
        (in_node("m: 0x1g"), "E0101", "0x1g"),
        (in_node("m: 1..2"), "E0101", "1..2"),
        (in_node("m: \"a\\q\""), "E0101", "\"a\\q\""),
        (in_node("m: @"), "E0101", "@"),
        (in_node("m: 1, 2"), "E0101", "2"),
        (in_node("m: 1 n: 2"), "E0101", ""),
        ("Model(nodes: { \"x\": Foo{m: 1} })".to_owned(), "E0101", "{"),
        (in_node("m = 1"), "E0101", "="),
        (in_node("m: foo.bar"), "E0101", "."),
        (in_node("m: mu"), "E0105", "mu"),
        (in_node("m: {}"), "E0105", "{}"),
        (in_node("m: None"), "E0105", "None"),
        (in_node("m: -inf"), "E0108", "-inf"),
        (in_node("m: [1, NaN]"), "E0108", "NaN"),
        (in_node("m: 1e999"), "E0108", "1e999"),
        (in_node("m: \"1e999\""), "E0108", "1e999"),
        (in_node("m: 1, m: 2"), "E0104", "m"),
        ("Model(nodes: { \"x[n]\": A, \"x[ n ]\": A })".to_owned(), "E0104", "\"x[ n ]\""),
        ("Model(nodes: { \"x\": A }, nodes: { \"y\": A })".to_owned(), "E0104", "nodes"),
        ("Model(data: { \"d\": \"a\", \"d\": \"b\" }, nodes: { \"x\": A })".to_owned(), "E0104", "\"d\""),
        ("Model(data: { \"d\": { \"c\": [inf] } }, nodes: { \"x\": A })".to_owned(), "E0108", "inf"),
        (
            "Model(data: { \"d\": { \"c\": [1], \"c\": [2] } }, nodes: { \"x\": A })".to_owned(),
            "E0104",
            "\"c\"",
        ),
        ("Model(nodes: { x: A })".to_owned(), "E0105", "x"),
        ("Model(nodes: [ A ])".to_owned(), "E0105", "[ A ]"),
        ("Model(nodes: { \"x\": \"mu\" })".to_owned(), "E0105", "\"mu\""),
        ("Model(nodes: { \"x\": A }, factorize: Atuo)".to_owned(), "E0105", "Atuo"),
        ("Model(nodes: { \"x\": A }, factorize: \"Auto\")".to_owned(), "E0105", "\"Auto\""),
        ("Model(nodes: { \"x\": A }, observe: { \"x[n]\": \"c\" })".to_owned(), "E0107", "\"x[n]\""),
        ("Model(nodes: {})".to_owned(), "E0109", "nodes"),
        ("é d".to_owned(), "E0101", "d"),
        ("{ \"nodes\": 1 }".to_owned(), "E0105", "{ \"nodes\": 1 }"),
    ];
    for (text, code, place) in cases {
        let got = found(&text);
        assert!(got.contains(&(code, place.to_owned())), "{text}\nwanted {code} at {place:?}, got {got:?}");
    }
}

#[test]
fn mistakes_in_keys() {
    for (key, place) in [
        ("", "\"\""),
        ("z[", "["),
        ("z[n", "["),
        ("2x", "2x"),
        ("z n", "n"),
        ("z[]", "]"),
        ("z[t-1]", "-"),
        ("z[1.5]", "1.5"),
        ("z[n][k]", "["),
        ("z[n] y", "y"),
        ("z.a", "."),
        ("z-a", "-"),
        ("z[n,]", "]"),
    ] {
        let got = found(&format!("Model(nodes: {{ \"{key}\": A }})"));
        let place = if key.is_empty() { "" } else { place };
        assert_eq!(got[0], ("E0107", place.to_owned()), "the key {key:?}");
    }
}

#[test]
fn the_depth_of_brackets_is_bounded_exactly() {
    let lists = |n: usize| format!("Model(nodes: {{ \"x\": A(m: {}1{}) }})", "[".repeat(n), "]".repeat(n));
    good(&lists(MAX_DEPTH - 3));
    assert_eq!(found(&lists(MAX_DEPTH - 2))[0].0, "E0106");
    // Brackets in strings and comments do not count, and no depth overflows the stack.
    good(&format!("Model(nodes: {{ \"x\": A(m: 1) }}) /* {} */ // {}", "[".repeat(1000), "(".repeat(1000)));
    good(&format!("Model(name: \"{}\", nodes: {{ \"x\": A(m: 1) }})", "[".repeat(1000)));
    for open in ["[", "(", "{", "A(", "A(b:", "{1:", "[[1],"] {
        assert_eq!(found(&open.repeat(200_000))[0].0, "E0106", "{open}");
    }
}

mod random {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Real models with bytes cut out, doubled and put in: whatever comes is an answer, and every place
        /// can be drawn.
        #[test]
        fn no_text_makes_it_panic(
            which in 0usize..4,
            cut in 0usize..2000,
            edits in prop::collection::vec((0usize..2000, 0usize..30, "[\\[\\](){},:\"'\\\\ \n\ra-z0-9./*#é−]{0,4}"), 0..4),
        ) {
            let mut text = [GMM, HMM, LDA, REST][which].to_owned();
            for (at, remove, insert) in edits {
                let at = text.floor_char_boundary(at % (text.len() + 1));
                let end = text.ceil_char_boundary((at + remove).min(text.len()));
                text.replace_range(at..end, &insert);
            }
            if cut % 3 == 0 {
                text.truncate(text.floor_char_boundary(cut % (text.len() + 1)));
            }
            let source = Source::new("model.ron", text);
            let mut diags = Diagnostics::default();
            let out = parse(&source, &mut diags);
            prop_assert_eq!(out.is_err(), !diags.list().is_empty());
            if let Ok(model) = out {
                let _ = model.to_string();
            }
            for d in diags.list() {
                for label in &d.labels {
                    prop_assert!(source.text.get(label.span.start..label.span.end).is_some(), "a place inside the text: {:?}", d);
                }
            }
            let _ = render_all(diags.list(), &source, true);
        }

        /// Text that is no model at all is refused in words.
        #[test]
        fn noise_is_refused_quietly(text in "[\\[\\](){},:\"'\\\\ \nA-Ca-c0-9./*#-]{0,60}") {
            let source = Source::new("model.ron", text);
            prop_assert!(parse(&source, &mut Diagnostics::default()).is_err());
        }
    }
}

#[test]
fn names_and_expressions_without_quotes_are_told_so() {
    for (model, words) in [
        ("Model(plates: { n: Size(2) }, nodes: { \"x[n]\": Normal(mean: 0, precision: 1) })", "write \"n\""),
        (
            "Model(plates: { \"n\": Size(2) }, nodes: { x[n]: Normal(mean: 0, precision: 1) })",
            "write \"x[n]\"",
        ),
        ("Model(nodes: { \"x\": Normal(mean: m[k], precision: 1) })", "write \"m[k]\""),
        ("Model(nodes: { \"x\": Normal(mean: 2 * m, precision: 1) })", "an expression stands in quotes"),
        ("Model(nodes: { \"x\": Normal(mean: m, precision: 1) })", "a name is written in quotes"),
    ] {
        let mut diags = Diagnostics::default();
        let _ = parse(&Source::new("model.ron", model), &mut diags);
        let said: Vec<_> = diags.list().iter().map(|d| d.helps.concat()).collect();
        assert!(said.len() == 1 && said[0].contains(words), "{model}: {said:?}");
    }
}
