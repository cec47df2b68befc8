//! The library as a program meets it: the examples run, and what goes wrong is said as the command says it.

use elbow::{Error, Model, Nodes, Options, Posterior, Table};

#[path = "../../examples/own_report.rs"]
mod own_report;
#[path = "../../examples/quickstart.rs"]
mod quickstart;
#[path = "../../examples/watch.rs"]
mod watch;

const MODEL: &str = r#"Model(
    data: { "t": "t.csv" },
    plates: { "n": Rows(table: "t"), "g": Groups(column: "t.g") },
    nodes: {
        "mu[g]": Normal(mean: 0, precision: 0.25),
        "x[n]": Normal(mean: "mu[t.g[n]]", precision: 1),
    },
    observe: { "x": "x" },
)"#;

fn table() -> Table {
    Table::new().numbers("x", [1.0, 2.0, f64::NAN, 5.0]).texts("g", ["b", "b", "a", "a"])
}

fn fit(options: &Options) -> Result<Posterior, Error> {
    Model::from_text(MODEL)?.data("t", table())?.fit(options)
}

#[test]
fn the_examples_run() {
    quickstart::main().unwrap();
    own_report::main().unwrap();
    watch::main().unwrap();
}

#[test]
fn a_posterior_has_its_numbers_by_name() {
    let p = fit(&Options { nodes: Nodes::All, ..Options::default() }).unwrap();
    let mu = p.node("mu").unwrap();
    assert_eq!((mu.labels(), mu.shape()), (vec!["a".to_string(), "b".to_string()], vec![2]));
    // Two rows of b, one of a; the prior counts a quarter of a row.
    let want = [5.0 / 1.25, 3.0 / 2.25];
    assert!(mu.mean().iter().zip(want).all(|(m, w)| (m - w).abs() < 1e-12), "{:?}", mu.mean());
    let sd = [1.25_f64.powf(-0.5), 2.25_f64.powf(-0.5)];
    assert!(mu.sd().unwrap().iter().zip(sd).all(|(m, w)| (m - w).abs() < 1e-12));
    assert!(mu.parameter("precision").unwrap().iter().zip([1.25, 2.25]).all(|(m, w)| (m - w).abs() < 1e-12));
    assert!(mu.quantiles().unwrap().0[0] < mu.mean()[0]);
    let few = fit(&Options { quantiles: 1, ..Options::default() }).unwrap();
    assert!(few.node("mu").unwrap().quantiles().unwrap_err().to_string().contains("Options::quantiles"));
    // The missing cell is predicted.
    let x = p.node("x").unwrap();
    assert!((x.mean()[2] - want[0]).abs() < 1e-12 && x.labels()[2] == "3", "{x:?}");
    assert_eq!(p.trace.last(), Some(&p.elbo));
    assert!(p.to_string().contains("ELBO") && p.to_string().contains("mu"));
    // Without being asked for, what runs over rows stays out.
    let message = fit(&Options::default()).unwrap().node("x").unwrap_err().to_string();
    assert!(message.contains("Options::nodes") && message.contains("it has mu"), "{message}");
    let message = p.node("nu").unwrap_err().to_string();
    assert!(message.contains("no node `nu`") && message.contains("it has mu, x"), "{message}");
    let message = mu.parameter("rate").unwrap_err().to_string();
    assert!(
        message.contains("no parameter `rate`") && message.contains("it has mean, precision"),
        "{message}"
    );
}

#[test]
fn a_leaf_without_data_is_called_predicted() {
    let text = MODEL.replace("\"x[n]\"", "\"next[g]\": Normal(mean: \"mu[g]\", precision: 1), \"x[n]\"");
    let p = Model::from_text(text).unwrap().data("t", table()).unwrap().fit(&Options::default()).unwrap();
    let report = p.to_string();
    assert!(report.contains("next[g]  Normal, predicted") && !report.contains("mu[g]  Normal,"), "{report}");
}

#[test]
fn what_the_model_excludes_and_what_overflows_is_told_of_the_data() {
    // The door that was chosen is never opened.
    let doors = r#"Model(
        data: { "d": { "c": [1, 2, 1], "h": [2, 3, 1] } },
        plates: { "r": Rows(table: "d"), "a": Size(3), "b": Size(3) },
        inputs: { "T[a,b]": [[[0, 0.5, 0.5], [0, 0, 1], [0, 1, 0]], [[0, 0, 1], [0.5, 0, 0.5], [1, 0, 0]], [[0, 1, 0], [1, 0, 0], [0.5, 0.5, 0]]] },
        nodes: { "x[r]": Categorical(p: [0.25, 0.25, 0.5]), "c[r]": Categorical(p: [0.25, 0.25, 0.5]), "h[r]": Categorical(p: "T[x[r], c[r]]") },
        observe: { "c": "c", "h": "h" },
    )"#;
    let said = Model::from_text(doors).unwrap().fit(&Options::default()).unwrap_err().to_string();
    assert!(said.contains("the model says that the data") && said.contains("row 3, given `h`"), "{said}");
    let large = MODEL
        .replace("\"mu[t.g[n]]\", precision: 1", "\"mu[t.g[n]]\", precision: \"tau\"")
        .replace("\"x[n]\"", "\"tau\": Gamma(shape: 1, rate: 1), \"x[n]\"");
    let data = Table::new().numbers("x", [1.0, 1e300, 2.0]).texts("g", ["b", "b", "a"]);
    let fit = Model::from_text(large).unwrap().data("t", data).unwrap().fit(&Options::default());
    let said = fit.unwrap_err().to_string();
    assert!(said.contains("`1e300` of `x` is too large"), "{said}");
}

#[test]
fn errors_show_the_place() {
    let wrong = Model::from_text(MODEL.replace("\"mu[t.g[n]]\"", "\"nu[t.g[n]]\"")).unwrap_err();
    assert_eq!(wrong.codes(), ["E0201"]);
    assert!(
        wrong.to_string().starts_with("error[E0201]") && wrong.to_string().contains("model:6"),
        "{wrong}"
    );
    assert_eq!(wrong.to_string(), format!("{wrong:?}"));
    let model = || Model::from_text(MODEL).unwrap();
    let cases: [(Error, &str, &[&str]); 6] = [
        (model().data("rows", table()).unwrap_err(), "", &["no table `rows`", "it has `t`"]),
        (model().data("t", table().numbers("y", [1.0])).unwrap_err(), "E0610", &["`x` and `y`", "model:2"]),
        (model().data("t", Table::new()).unwrap_err(), "E0603", &["no columns"]),
        (model().fit(&Options::default()).unwrap_err(), "E0601", &["t.csv", "Model::data"]),
        (
            fit(&Options { nodes: Nodes::named(["y"]), ..Options::default() }).unwrap_err(),
            "",
            &["no node `y`"],
        ),
        (
            model()
                .data("t", Table::new().texts("g", ["a", "b"]).numbers("x", [1.0, f64::INFINITY]))
                .unwrap()
                .check()
                .unwrap_err(),
            "E0614",
            &["row 2 of column `x`"],
        ),
    ];
    for (error, code, words) in cases {
        let text = error.to_string();
        assert_eq!(error.codes().first().copied().unwrap_or(""), code, "{text}");
        assert!(words.iter().all(|w| text.contains(w)), "{words:?} in\n{text}");
    }
}

#[test]
fn a_model_says_what_the_command_says() {
    let model = Model::from_text(MODEL).unwrap().data("t", table()).unwrap();
    let checked = model.check().unwrap();
    assert!(checked.contains("observed, 1 missing") && checked.contains("q(mu)"), "{checked}");
    let explained = model.explain().unwrap();
    assert!(explained.contains("q(mu") || explained.contains("mu[g]"), "{explained}");
    assert_eq!(model.warnings().unwrap(), "");
    let spare = MODEL.replace("\"g\": Groups", "\"h\": Size(2), \"g\": Groups");
    let spare = Model::from_text(spare).unwrap().data("t", table()).unwrap();
    assert!(spare.warnings().unwrap().contains("W0202"));
}

#[test]
fn a_watch_is_told_of_every_iteration() {
    let mut progress = watch::Progress::default();
    let model = Model::from_file("graphs/hmm_dice.ron").unwrap();
    let options = Options { restarts: 2, max_iterations: 5, ..Options::default() };
    let p = model.fit_watched(&options, &mut progress).unwrap();
    assert!(progress.iterations >= 2 * 5 && p.restarts.len() >= 2, "{} iterations", progress.iterations);
    assert_eq!(progress.best, p.restarts.iter().copied().reduce(f64::max));
    let mut progress = watch::Progress::default();
    let one = Options { restarts: 1, ..options };
    model.fit_watched(&one, &mut progress).unwrap();
    assert_eq!(progress.iterations, 5);
}
