//! A line with more indices than a byte counts: a sum of gated means, against the plain sum that it is where
//! each gate is certain.

use elbow::{Model, Options};

fn elbo(nodes: &[String], mean: &[String]) -> f64 {
    let text = format!(
        r#"Model(
            data: {{ "t": {{ "y": [1, 2, 4] }} }},
            plates: {{ "n": Rows(table: "t"){} }},
            nodes: {{ {}, "y[n]": Normal(mean: "{}", precision: 0.0001) }},
            observe: {{ "y": "y" }},
            factorize: MeanField,
        )"#,
        if nodes[0].contains("[k]") { r#", "k": Size(2)"# } else { "" },
        nodes.join(", "),
        mean.join(" + ")
    );
    Model::from_text(&text).unwrap().fit(&Options::default()).unwrap().elbo
}

#[test]
fn a_sum_of_many_gated_means() {
    let n = 260;
    let all = |line: &dyn Fn(usize) -> String| (0..n).map(line).collect::<Vec<_>>();
    let gated = elbo(
        &all(&|i| format!(r#""m{i}[k]": Normal(mean: 1, precision: 1), "z{i}": Categorical(p: [1, 0])"#)),
        &all(&|i| format!("m{i}[z{i}]")),
    );
    let plain =
        elbo(&all(&|i| format!(r#""m{i}": Normal(mean: 1, precision: 1)"#)), &all(&|i| format!("m{i}")));
    assert!((gated - plain).abs() < 1e-8 * plain.abs(), "{gated} {plain}");
}
