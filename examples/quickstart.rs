// A model in a text, data from vectors, the posterior's numbers.
use elbow::{Model, Options, Table};

/// Two kinds of plants, each with a height of its own; all plants spread alike.
const MODEL: &str = r#"Model(
    data: { "plants": "plants.csv" }, // the program gives the table in its place
    plates: { "n": Rows(table: "plants"), "k": Groups(column: "plants.kind") },
    nodes: {
        "mu[k]":     Normal(mean: 0, precision: 0.0001),
        "tau":       Gamma(shape: 1, rate: 1),
        "height[n]": Normal(mean: "mu[plants.kind[n]]", precision: "tau"),
    },
    observe: { "height": "height" },
)"#;

pub fn main() -> Result<(), elbow::Error> {
    let kinds = ["fern", "fern", "fern", "moss", "moss", "moss"];
    let plants = Table::new().numbers("height", [31.2, 29.8, 30.9, 4.1, 5.3, 4.8]).texts("kind", kinds);
    let posterior = Model::from_text(MODEL)?.data("plants", plants)?.fit(&Options::default())?;
    let mu = posterior.node("mu")?;
    for ((kind, mean), sd) in mu.labels().iter().zip(mu.mean()).zip(mu.sd()?) {
        println!("{kind}: {mean:.2} ± {sd:.2} cm");
    }
    Ok(())
}
