//! Rows that share a covariance are the rows that each make their own: the same bound at every iteration, the
//! same posterior.

use crate::loops::{options, ready};
use elbow::answer::posterior::Posterior;

/// Factors and an offset of each row, for `rows` rows of four columns; a column `times` says how often a row
/// counts. One cell is missing if `hole`.
fn factors(rows: usize, weight: &str, hole: bool) -> String {
    let value =
        |n: usize, j: usize| (((n * 37 + j * 11) % 23) as f64 - 11.0) / 7.0 + ((n % 5) * j) as f64 / 4.0;
    let column = |j: usize| {
        let cells = (0..rows)
            .map(|n| if hole && (n, j) == (3, 2) { "\"\"".into() } else { format!("{}", value(n, j)) });
        format!("\"y{j}\": [{}]", cells.collect::<Vec<_>>().join(", "))
    };
    let columns: Vec<String> = (0..4).map(column).collect();
    let times: Vec<String> = (0..rows).map(|n| (1 + n % 3).to_string()).collect();
    format!(
        r#"Model(
            data: {{ "t": {{ {}, "times": [{}] }} }},
            plates: {{ "n": Rows(table: "t"{weight}), "j": Columns(table: "t", except: ["times"]), "i": Size(2) }},
            nodes: {{
                "alpha[i]": Gamma(shape: 1, rate: 1),
                "W[j,i]": Normal(mean: 0, precision: "alpha[i]"),
                "tau[j]": Gamma(shape: 2, rate: 1),
                "h[n,i]": Normal(mean: 0, precision: 1),
                "b[n]": Normal(mean: 0.5, precision: 4),
                "y[n,j]": Normal(mean: "dot(W[j], h[n]) + b[n]", precision: "tau[j]"),
            }},
            observe: {{ "y": "t" }},
        )"#,
        columns.join(", "),
        times.join(", "),
    )
}

fn same(what: &str, a: &Posterior, b: &Posterior) {
    assert_eq!(a.trace.len(), b.trace.len(), "{what}");
    let close = |what: &str, a: f64, b: f64| {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{what}: {a} is not {b}")
    };
    a.trace.iter().zip(&b.trace).for_each(|(x, y)| close(&format!("{what}: the bound"), *x, *y));
    for (x, y) in a.nodes.iter().zip(&b.nodes) {
        for (p, q) in x.parameters.iter().zip(&y.parameters) {
            p.values
                .iter()
                .zip(&q.values)
                .for_each(|(u, v)| close(&format!("{what}: {} of {}", p.name, x.name), *u, *v));
        }
    }
}

#[test]
fn shared_covariances_change_no_number() {
    for weight in ["", r#", weight: "times""#] {
        let mut r = ready(&factors(23, weight, false)).unwrap();
        assert_eq!(r.plan.shared_covariances(), 1, "h and b are one block of alike rows");
        let mut o = options(12);
        o.tolerance = 0.0;
        o.all_nodes = true;
        let shared = r.fit(&o).unwrap();
        r.plan.recut(5);
        let cut = r.fit(&o).unwrap();
        r.plan.go_generally();
        let own = r.fit(&o).unwrap();
        assert!(own.trace.last() > own.trace.first());
        same("whole", &shared, &own);
        same("in chunks", &cut, &own);
    }
}

#[test]
fn a_missing_cell_makes_rows_unlike() {
    assert_eq!(ready(&factors(9, "", true)).unwrap().plan.shared_covariances(), 0);
}

#[test]
fn threads_change_no_bit_of_shared_covariances() {
    let mut r = ready(&factors(101, "", false)).unwrap();
    r.plan.recut(3);
    let fit = |threads| {
        let mut o = options(6);
        o.threads = threads;
        let p = r.fit(&o).unwrap();
        (p.trace, p.nodes)
    };
    let one = fit(1);
    assert!(fit(2) == one && fit(7) == one);
}
