//! Laws of acceleration on whole models: what stands alike is pushed apart, what is slow is fast, and no bit depends
//! on threads. A1 over random graphs is with these (`random_graphs`), A2 beside the code (`engine::rotate`).

use crate::loops::{Ready, options, ready};
use elbow::{answer::posterior::Posterior, engine::record::StopReason};

fn fit(r: &Ready, plain: bool, threads: usize) -> Posterior {
    let mut o = options(3000);
    (o.plain, o.threads, o.tolerance) = (plain, threads, 1e-10);
    r.fit(&o).unwrap_or_else(|e| panic!("{e}"))
}

/// Neither falls, and the accelerated one ends no lower; the same bits by two threads. Both.
fn both(text: &str) -> (Posterior, Posterior) {
    let r = ready(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let (plain, fast, two) = (fit(&r, true, 1), fit(&r, false, 1), fit(&r, false, 2));
    assert_eq!((&fast.trace, &fast.terms), (&two.trace, &two.terms), "{text}");
    assert_eq!(plain.record.passes(), plain.iterations);
    let size = plain.elbo.abs().max(1.0);
    assert!(fast.trace.windows(2).all(|w| w[1] >= w[0] - 1e-11 * size), "{text}");
    assert!(fast.elbo >= plain.elbo - 1e-7 * size, "{} is below {}\n{text}", fast.elbo, plain.elbo);
    (plain, fast)
}

/// Two numbers of each of `rows` rows, around `centres` in turn.
fn table(rows: usize, centres: &[f64]) -> String {
    let cell = |n: usize| centres[n % centres.len()] + ((n * 29 % 17) as f64 - 8.0) / 12.0;
    (0..rows).map(|n| format!("{}", cell(n))).collect::<Vec<_>>().join(", ")
}

#[test]
fn factors_are_rotated() {
    let column = |j: usize| {
        let of = |n: usize| {
            let (a, b) = ((n * 7 % 11) as f64 - 5.0, (n * 5 % 13) as f64 - 6.0);
            format!(
                "{}",
                a * [1.0, 0.4, -0.7, 0.2][j] + b * [0.1, 0.8, 0.5, -1.0][j] + (n * 31 % 19) as f64 / 30.0
            )
        };
        format!("\"y{j}\": [{}]", (0..60).map(of).collect::<Vec<_>>().join(", "))
    };
    let (plain, fast) = both(&format!(
        r#"Model(data: {{ "t": {{ {} }} }},
        plates: {{ "n": Rows(table: "t"), "j": Columns(table: "t"), "i": Size(3) }},
        nodes: {{ "alpha[i]": Gamma(shape: 0.01, rate: 0.01), "W[j,i]": Normal(mean: 0, precision: "alpha[i]"),
        "tau": Gamma(shape: 0.01, rate: 0.01), "h[n,i]": Normal(mean: 0, precision: 1),
        "y[n,j]": Normal(mean: "dot(W[j], h[n])", precision: "tau") }}, observe: {{ "y": "t" }})"#,
        (0..4).map(column).collect::<Vec<_>>().join(", ")
    ));
    assert!(fast.record.proposals().rotations.kept > 0);
    assert!(
        10 * fast.record.passes() < plain.iterations,
        "{} and {}",
        fast.record.passes(),
        plain.iterations
    );
}

#[test]
fn overlapping_components_are_extrapolated() {
    let (plain, fast) = both(&format!(
        r#"Model(data: {{ "t": {{ "x": [{}] }} }}, plates: {{ "n": Rows(table: "t"), "k": Size(2) }},
        nodes: {{ "w": Dirichlet(concentration: 1, over: "k"), "m[k]": Normal(mean: 0, precision: 0.1),
        "z[n]": Categorical(p: "w"), "x[n]": Normal(mean: "m[z[n]]", precision: 1) }}, observe: {{ "x": "x" }})"#,
        table(120, &[-1.0, 1.1, 0.9])
    ));
    assert!(fast.record.proposals().leaps.kept > 0);
    assert!(2 * fast.record.passes() < plain.iterations, "{} and {}", fast.record.passes(), plain.iterations);
}

/// Components that one label leaves alike, and states that nothing tells apart at the start: plain runs stop there.
#[test]
fn what_stands_alike_is_pushed_apart() {
    let labels: Vec<&str> = (0..60).map(|n| if n == 0 { "1" } else { "\"\"" }).collect();
    let mixture = format!(
        r#"Model(data: {{ "t": {{ "x": [{}], "l": [{}] }} }}, plates: {{ "n": Rows(table: "t"), "k": Size(3) }},
        nodes: {{ "w": Dirichlet(concentration: 1, over: "k"), "m[k]": Normal(mean: 0, precision: 0.01),
        "z[n]": Categorical(p: "w"), "x[n]": Normal(mean: "m[z[n]]", precision: 1) }},
        observe: {{ "x": "x", "z": "l" }})"#,
        table(60, &[-10.0, 0.0, 10.0]),
        labels.join(", ")
    );
    let (_, fast) = both(&mixture);
    let node = fast.nodes.iter().find(|n| n.name == "m").unwrap();
    let mut means = node.mean.clone();
    means.sort_by(f64::total_cmp);
    assert!(means.iter().zip([-10.0, 0.0, 10.0]).all(|(m, want)| (m - want).abs() < 0.5), "{means:?}");
    assert_eq!(fast.stop, StopReason::Converged);
}
