//! Small discrete models in which q is exact: the bound equals the log evidence, summed over every state in the test.
mod common;

use common::{all_near, fit_text, near};

const WITHIN: f64 = 1e-11;

fn mixture_model(table: &str, plates: &str) -> String {
    format!(
        r#"Model(
            data: {{ "rows": {table} }},
            plates: {{ {plates}, "k": Size(3) }},
            inputs: {{ "share": [0.5, 0.3, 0.2], "p[k]": {P:?}, "r[k]": {R:?} }},
            nodes: {{
                "z[n]": Categorical(p: "share"),
                "x[n]": Categorical(p: "p[z[n]]"),
                "y[n]": Categorical(p: "r[z[n]]"),
            }},
            observe: {{ "x": "x", "y": "y" }},
        )"#
    )
}

const SHARE: [f64; 3] = [0.5, 0.3, 0.2];
/// Zeros are legal: the second state never shows the third symbol.
const P: [[f64; 3]; 3] = [[0.7, 0.2, 0.1], [0.25, 0.75, 0.0], [0.1, 0.1, 0.8]];
const R: [[f64; 2]; 3] = [[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]];

/// ln Σ_z p(z) p(x | z) p(y | z); `None` is a missing cell.
fn mixture_evidence(x: Option<usize>, y: Option<usize>) -> f64 {
    let joint = |z: usize| SHARE[z] * x.map_or(1.0, |x| P[z][x]) * y.map_or(1.0, |y| R[z][y]);
    (0..3).map(joint).sum::<f64>().ln()
}

#[test]
fn mixture_with_known_tables() {
    let model = mixture_model(r#"{ "x": [1, 3, 2, 3, 1], "y": [1, 2, 2, 1, 1] }"#, r#""n": Rows(table: "rows")"#);
    let rows = [(0, 0), (2, 1), (1, 1), (2, 0), (0, 0)];
    let want: f64 = rows.iter().map(|&(x, y)| mixture_evidence(Some(x), Some(y))).sum();
    let q = fit_text(&model, &[], &["--nodes", "z"]);
    near("elbo", q.elbo(), want, WITHIN);
    let first: Vec<f64> = (0..3).map(|z| SHARE[z] * P[z][0] * R[z][0] / mixture_evidence(Some(0), Some(0)).exp()).collect();
    all_near("q(z) of the first row", &q.mean("z")[..3], &first, WITHIN);
}

#[test]
fn missing_cells_add_nothing() {
    let table = "x,y\n1,1\n,2\n3,\n,\n2,1\n";
    let model = mixture_model("\"rows.csv\"", r#""n": Rows(table: "rows")"#);
    let rows = [(Some(0), Some(0)), (None, Some(1)), (Some(2), None), (None, None), (Some(1), Some(0))];
    let want: f64 = rows.iter().map(|&(x, y)| mixture_evidence(x, y)).sum();
    near("elbo", fit_text(&model, &[("rows.csv", table)], &[]).elbo(), want, WITHIN);
}

#[test]
fn weights_count_the_whole_row() {
    let table = r#"{ "x": [1, 3, 2], "y": [1, 2, 2], "times": [3, 1, 5] }"#;
    let model = mixture_model(table, r#""n": Rows(table: "rows", weight: "times")"#);
    let want = 3.0 * mixture_evidence(Some(0), Some(0)) + mixture_evidence(Some(2), Some(1)) + 5.0 * mixture_evidence(Some(1), Some(1));
    near("elbo", fit_text(&model, &[], &[]).elbo(), want, WITHIN);
}

#[test]
fn gate_with_two_selectors_one_observed() {
    let table: [[[f64; 2]; 3]; 2] = [[[0.9, 0.1], [0.6, 0.4], [0.5, 0.5]], [[0.2, 0.8], [0.3, 0.7], [0.05, 0.95]]];
    let (share, side) = ([0.35, 0.65], [0.2, 0.3, 0.5]);
    let model = format!(
        r#"Model(
            data: {{ "rows": {{ "c": [1, 2, 3, 3, 1, 2], "y": [1, 2, 2, 1, 2, 1] }} }},
            plates: {{ "n": Rows(table: "rows"), "k": Size(2), "l": Size(3) }},
            inputs: {{ "share": {share:?}, "side": {side:?}, "table[k,l]": {table:?} }},
            nodes: {{
                "z[n]": Categorical(p: "share"),
                "c[n]": Categorical(p: "side"),
                "y[n]": Categorical(p: "table[z[n], c[n]]"),
            }},
            observe: {{ "c": "c", "y": "y" }},
        )"#
    );
    let rows = [(0, 0), (1, 1), (2, 1), (2, 0), (0, 1), (1, 0)];
    let evidence = |&(c, y): &(usize, usize)| (side[c] * (0..2).map(|z| share[z] * table[z][c][y]).sum::<f64>()).ln();
    let want: f64 = rows.iter().map(evidence).sum();
    near("elbo", fit_text(&model, &[], &[]).elbo(), want, WITHIN);
}

#[test]
fn gate_by_a_data_column() {
    let p = [[0.9, 0.1], [0.25, 0.75]];
    let model = format!(
        r#"Model(
            data: {{ "rows": {{ "side": ["left", "right", "right"], "y": [1, 2, 1] }} }},
            plates: {{ "n": Rows(table: "rows"), "s": Groups(column: "rows.side") }},
            inputs: {{ "p[s]": {p:?} }},
            nodes: {{ "y[n]": Categorical(p: "p[side[n]]") }},
            observe: {{ "y": "y" }},
        )"#
    );
    let want = (0.9f64 * 0.75 * 0.25).ln();
    near("elbo", fit_text(&model, &[], &[]).elbo(), want, WITHIN);
}

const START: [f64; 3] = [0.6, 0.3, 0.1];
/// From the third state there is no way back to the first.
const TRANS: [[f64; 3]; 3] = [[0.8, 0.15, 0.05], [0.2, 0.5, 0.3], [0.0, 0.4, 0.6]];
const EMIT: [[f64; 2]; 3] = [[0.9, 0.1], [0.4, 0.6], [0.05, 0.95]];

/// ln p of one sequence, over all 3^T paths.
fn chain_evidence(x: &[Option<usize>]) -> f64 {
    let mut total = 0.0;
    for path in 0..3usize.pow(x.len() as u32) {
        let state = |t: usize| path / 3usize.pow(t as u32) % 3;
        let mut p = START[state(0)];
        for (t, x) in x.iter().enumerate() {
            if t > 0 {
                p *= TRANS[state(t - 1)][state(t)];
            }
            p *= x.map_or(1.0, |x| EMIT[state(t)][x]);
        }
        total += p;
    }
    total.ln()
}

fn chain_model(table: &str, steps: &str) -> String {
    format!(
        r#"Model(
            data: {{ "rolls": {table} }},
            plates: {{ "t": {steps}, "k": Size(3) }},
            inputs: {{ "start": {START:?}, "trans[k]": {TRANS:?}, "emit[k]": {EMIT:?} }},
            nodes: {{
                "z[0]": Categorical(p: "start"),
                "z[t]": Categorical(p: "trans[z[t-1]]"),
                "x[t]": Categorical(p: "emit[z[t]]"),
            }},
            observe: {{ "x": "face" }},
        )"#
    )
}

#[test]
fn chain_with_known_tables() {
    let model = chain_model(r#"{ "face": [1, 1, 2, 2, 2, 1, 2] }"#, r#"Steps(table: "rolls")"#);
    let want = chain_evidence(&[0, 0, 1, 1, 1, 0, 1].map(Some));
    near("elbo", fit_text(&model, &[], &[]).elbo(), want, WITHIN);
}

#[test]
fn chain_posterior_of_a_state() {
    // q(z_2 = k): the share of paths that go through k.
    let model = chain_model(r#"{ "face": [2, 1, 2] }"#, r#"Steps(table: "rolls")"#);
    let mut want = [0.0; 3];
    for (a, b, c) in (0..27).map(|i| (i / 9, i / 3 % 3, i % 3)) {
        want[b] += START[a] * EMIT[a][1] * TRANS[a][b] * EMIT[b][0] * TRANS[b][c] * EMIT[c][1];
    }
    let total: f64 = want.iter().sum();
    let q = fit_text(&model, &[], &["--nodes", "z"]);
    all_near("q(z_2)", &q.mean("z")[3..6], &want.map(|p| p / total), WITHIN);
}

#[test]
fn chains_of_unequal_length_whose_rows_alternate() {
    // Rows of one game need not be neighbours; a game may have one row; a roll may be missing.
    let table = "game,face\na,1\nb,2\na,2\nb,\na,2\nc,1\nb,2\na,1\n";
    let model = chain_model("\"rolls.csv\"", r#"Steps(table: "rolls", sequence: "game")"#);
    let (a, b, c) = ([Some(0), Some(1), Some(1), Some(0)], [Some(1), None, Some(1)], [Some(0)]);
    let want = chain_evidence(&a) + chain_evidence(&b) + chain_evidence(&c);
    near("elbo", fit_text(&model, &[("rolls.csv", table)], &[]).elbo(), want, WITHIN);
}
