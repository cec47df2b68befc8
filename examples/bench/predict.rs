//! Missing cells under a gate: what predicting them costs, beside the fit. Not here: how well they are predicted.

use super::{args::Args, machine::best, table};
use elbow::{Model, Nodes, Options, Table};

/// Two columns of a mixture; `x` also moves with a covariate, so that every cell has a mean of its own.
const MODEL: &str = r#"Model(
    data: { "rows": "rows.csv" },
    plates: { "n": Rows(table: "rows"), "k": Size(6) },
    nodes: {
        "weights": Dirichlet(concentration: 0.1, over: "k"),
        "mu[k]":   Normal(mean: 0, precision: 0.01),
        "tau[k]":  Gamma(shape: 1, rate: 1),
        "nu[k]":   Normal(mean: 0, precision: 0.01),
        "sig[k]":  Gamma(shape: 1, rate: 1),
        "z[n]":    Categorical(p: "weights"),
        "x[n]":    Normal(mean: "mu[z[n]] + 2 * rows.u[n]", precision: "tau[z[n]]"),
        "y[n]":    Normal(mean: "nu[z[n]]", precision: "sig[z[n]]"),
    },
    observe: { "x": "x", "y": "y" },
)"#;

/// Measures and prints the job, if it is asked for.
pub fn print(args: &Args) -> Result<(), String> {
    if !args.wants("predict") {
        return Ok(());
    }
    let (rows, missing) = if args.quick { (6_000, 5_000) } else { (60_000, 50_000) };
    // Any numbers do that keep three components apart.
    let unit = |i: usize, by: usize| ((i * by) % 10_007) as f64 / 10_007.0 - 0.5;
    let centre = |i: usize| [-4.0, 0.0, 5.0][(i * 7919) % 3];
    let x = (0..rows).map(|i| if i < missing { f64::NAN } else { centre(i) + 3.0 * unit(i, 31) });
    let y = (0..rows).map(|i| 2.0 * centre(i) + 9.0 * unit(i, 57));
    let u = (0..rows).map(|i| unit(i, 73));
    let all = Table::new()
        .numbers("x", x.collect::<Vec<_>>())
        .numbers("y", y.collect::<Vec<_>>())
        .numbers("u", u.collect::<Vec<_>>());
    let text = |e: elbow::Error| e.to_string();
    let model = Model::from_text(MODEL).and_then(|m| m.data("rows", all)).map_err(text)?;
    let time = |nodes: Nodes| {
        let options = Options { max_iterations: 30, tolerance: 0.0, threads: 1, nodes, ..Options::default() };
        model.fit(&options).map_err(text)?;
        Ok::<_, String>(best(3, || _ = model.fit(&options)))
    };
    let fit = time(Nodes::Shared)?;
    let predictions = time(Nodes::named(["x"]))? - fit;
    let row = vec![
        format!("{missing} of {rows}, K = 6"),
        table::seconds(fit),
        table::seconds(predictions),
        table::times(predictions, fit),
    ];
    table::print(
        "Predicted cells under a gate",
        &["cells", "fit, 30 iterations", "predictions", "of the fit"],
        &[row],
    );
    Ok(())
}
