//! Small discrete models in which q is exact: the bound equals the log evidence, summed over every state in
//! the test.

use crate::common::{all_near, fit_text, is_evidence, near};

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
    let model =
        mixture_model(r#"{ "x": [1, 3, 2, 3, 1], "y": [1, 2, 2, 1, 1] }"#, r#""n": Rows(table: "rows")"#);
    let rows = [(0, 0), (2, 1), (1, 1), (2, 0), (0, 0)];
    let want: f64 = rows.iter().map(|&(x, y)| mixture_evidence(Some(x), Some(y))).sum();
    let q = fit_text(&model, &[], &["--nodes", "z"]);
    is_evidence(&q, want, WITHIN);
    let first: Vec<f64> =
        (0..3).map(|z| SHARE[z] * P[z][0] * R[z][0] / mixture_evidence(Some(0), Some(0)).exp()).collect();
    all_near("q(z) of the first row", &q.mean("z")[..3], &first, WITHIN);
}

#[test]
fn missing_cells_add_nothing() {
    let table = "x,y\n1,1\n,2\n3,\n,\n2,1\n";
    let model = mixture_model("\"rows.csv\"", r#""n": Rows(table: "rows")"#);
    let rows = [(Some(0), Some(0)), (None, Some(1)), (Some(2), None), (None, None), (Some(1), Some(0))];
    let want: f64 = rows.iter().map(|&(x, y)| mixture_evidence(x, y)).sum();
    is_evidence(&fit_text(&model, &[("rows.csv", table)], &[]), want, WITHIN);
}

#[test]
fn weights_count_the_whole_row() {
    let table = r#"{ "x": [1, 3, 2], "y": [1, 2, 2], "times": [3, 1, 5] }"#;
    let model = mixture_model(table, r#""n": Rows(table: "rows", weight: "times")"#);
    let want = 3.0 * mixture_evidence(Some(0), Some(0))
        + mixture_evidence(Some(2), Some(1))
        + 5.0 * mixture_evidence(Some(1), Some(1));
    is_evidence(&fit_text(&model, &[], &[]), want, WITHIN);
}

#[test]
fn gate_with_two_selectors_one_observed() {
    let table: [[[f64; 2]; 3]; 2] =
        [[[0.9, 0.1], [0.6, 0.4], [0.5, 0.5]], [[0.2, 0.8], [0.3, 0.7], [0.05, 0.95]]];
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
    let evidence =
        |&(c, y): &(usize, usize)| (side[c] * (0..2).map(|z| share[z] * table[z][c][y]).sum::<f64>()).ln();
    let want: f64 = rows.iter().map(evidence).sum();
    is_evidence(&fit_text(&model, &[], &[]), want, WITHIN);
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
    is_evidence(&fit_text(&model, &[], &[]), want, WITHIN);
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
    is_evidence(&fit_text(&model, &[], &[]), want, WITHIN);
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
    is_evidence(&fit_text(&model, &[("rolls.csv", table)], &[]), want, WITHIN);
}

/// A network of four categories over rows: a → b, a → c, (b, c) → d, d observed in part, b too.
const A: [f64; 2] = [0.3, 0.7];
const B: [[f64; 3]; 2] = [[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]];
const C: [[f64; 2]; 2] = [[0.9, 0.1], [0.35, 0.65]];
/// Zeros are legal.
const D: [[[f64; 2]; 2]; 3] =
    [[[1.0, 0.0], [0.4, 0.6]], [[0.5, 0.5], [0.1, 0.9]], [[0.25, 0.75], [0.0, 1.0]]];

fn diamond(data: &str, plate: &str, index: &str, observe: &str, rest: &str) -> String {
    let i = if index.is_empty() { String::new() } else { format!("[{index}]") };
    format!(
        r#"Model(
            {data}
            plates: {{ {plate} "s": Size(2), "u": Size(3), "v": Size(2) }},
            inputs: {{ "A": {A:?}, "B[s]": {B:?}, "C[s]": {C:?}, "D[u,v]": {D:?} }},
            nodes: {{
                "a{i}": Categorical(p: "A"),
                "b{i}": Categorical(p: "B[a{i}]"),
                "c{i}": Categorical(p: "C[a{i}]"),
                "d{i}": Categorical(p: "D[b{i}, c{i}]"),
            }},
            observe: {{ {observe} }},
            {rest}
        )"#
    )
}

/// p(what is seen), and the marginals of a, b, c and d given it.
fn diamond_by_hand(b: Option<usize>, d: Option<usize>) -> (f64, [Vec<f64>; 4]) {
    let mut total = 0.0;
    let mut of = [vec![0.0; 2], vec![0.0; 3], vec![0.0; 2], vec![0.0; 2]];
    for state in 0..24 {
        let (i, j, k, l) = (state / 12, state / 4 % 3, state / 2 % 2, state % 2);
        if b.is_some_and(|b| b != j) || d.is_some_and(|d| d != l) {
            continue;
        }
        let p = A[i] * B[i][j] * C[i][k] * D[j][k][l];
        total += p;
        [i, j, k, l].iter().zip(&mut of).for_each(|(s, m)| m[*s] += p);
    }
    of.iter_mut().flatten().for_each(|p| *p /= total);
    (total, of)
}

const SEEN: [(Option<usize>, Option<usize>); 5] =
    [(None, Some(1)), (Some(2), Some(0)), (None, None), (Some(0), None), (Some(2), Some(1))];

fn diamond_rows(weight: bool, rest: &str) -> (String, String) {
    let cell = |x: Option<usize>| x.map_or(String::new(), |x| (x + 1).to_string());
    let mut csv = String::from("b,d,times\n");
    SEEN.iter().enumerate().for_each(|(i, (b, d))| csv += &format!("{},{},{}\n", cell(*b), cell(*d), i + 1));
    let plate =
        if weight { r#""n": Rows(table: "rows", weight: "times"),"# } else { r#""n": Rows(table: "rows"),"# };
    (diamond(r#"data: { "rows": "rows.csv" },"#, plate, "n", r#""b": "b", "d": "d""#, rest), csv)
}

#[test]
fn network_with_partly_known_cells() {
    let (model, csv) = diamond_rows(false, "");
    let q = fit_text(&model, &[("rows.csv", &csv)], &["--nodes", "a,b,c,d"]);
    let rows: Vec<_> = SEEN.iter().map(|&(b, d)| diamond_by_hand(b, d)).collect();
    is_evidence(&q, rows.iter().map(|r| r.0.ln()).sum(), WITHIN);
    for (i, name) in ["a", "b", "c", "d"].iter().enumerate() {
        let want: Vec<f64> = rows.iter().flat_map(|r| r.1[i].clone()).collect();
        // A known cell is its level, with nothing of it left open; a leaf that is known is reported as the
        // data have it.
        all_near(&format!("q({name})"), &q.mean(name), &want, WITHIN);
    }
}

#[test]
fn network_of_weighted_rows() {
    let (model, csv) = diamond_rows(true, "");
    let want: f64 =
        SEEN.iter().enumerate().map(|(i, &(b, d))| (i + 1) as f64 * diamond_by_hand(b, d).0.ln()).sum();
    is_evidence(&fit_text(&model, &[("rows.csv", &csv)], &[]), want, WITHIN);
}

#[test]
fn network_without_plates() {
    // Nothing is seen: the bound is ln 1, and the marginals are those of the model; the leaf's, too.
    let q = fit_text(&diamond("", "", "", "", ""), &[], &[]);
    is_evidence(&q, 0.0, WITHIN);
    let (_, of) = diamond_by_hand(None, None);
    for (name, want) in ["a", "b", "c", "d"].iter().zip(&of) {
        all_near(&format!("q({name})"), &q.mean(name), want, WITHIN);
    }
}

#[test]
fn a_network_kept_apart_is_below_the_evidence() {
    let (model, csv) = diamond_rows(false, "factorize: MeanField,");
    let apart = fit_text(&model, &[("rows.csv", &csv)], &[]).elbo();
    let (model, _) = diamond_rows(false, r#"factorize: Blocks([["a", "b", "c"]]),"#);
    let named = fit_text(&model, &[("rows.csv", &csv)], &[]).elbo();
    let want: f64 = SEEN.iter().map(|&(b, d)| diamond_by_hand(b, d).0.ln()).sum();
    assert!(apart < want - 0.01, "mean field {apart}, evidence {want}");
    near("named in `Blocks`", named, want, WITHIN);
}

#[test]
fn sprinkler() {
    let q = crate::common::fit("graphs/sprinkler.ron", &["--nodes", "cloudy,sprinkler,rain"]);
    let (mut total, mut of) = (0.0, [0.0; 3]);
    let yes = |p: f64, s: usize| if s == 1 { p } else { 1.0 - p };
    for state in 0..8 {
        let (c, s, r) = (state / 4, state / 2 % 2, state % 2);
        let wet = [[0.0, 0.9], [0.9, 0.99]][s][r];
        let p = 0.5 * yes([0.5, 0.1][c], s) * yes([0.2, 0.8][c], r) * wet;
        total += p;
        [c, s, r].iter().zip(&mut of).filter(|(s, _)| **s == 1).for_each(|(_, m)| *m += p);
    }
    is_evidence(&q, f64::ln(total), WITHIN);
    for (name, p) in ["cloudy", "sprinkler", "rain"].iter().zip(of) {
        near(name, q.mean(name)[1], p / total, WITHIN);
    }
}

/// The leaf's table is learnt: the bound is no longer exact, but no lower than with the three categories
/// apart.
#[test]
fn network_with_a_learnt_table() {
    let run = |rest: &str| {
        let (model, csv) = diamond_rows(false, rest);
        let model = model.replace(&format!(r#", "D[u,v]": {D:?}"#), "");
        let model =
            model.replace("nodes: {", r#"nodes: { "D[u,v]": Dirichlet(concentration: 0.8, over: "rows.d"),"#);
        fit_text(&model, &[("rows.csv", &csv)], &["--restarts", "4"])
    };
    let (together, apart) = (run("").elbo(), run("factorize: MeanField,").elbo());
    assert!(together > apart + 1e-3, "together {together}, apart {apart}");
}

const START2: [f64; 2] = [0.75, 0.25];
const TRANS2: [[f64; 2]; 2] = [[0.9, 0.1], [0.3, 0.7]];
/// The second chain's matrix where it depends on the first: `[first][second before][second]`.
const COUPLED: [[[f64; 3]; 3]; 2] = [TRANS, [[0.2, 0.2, 0.6], [0.1, 0.8, 0.1], [1.0, 0.0, 0.0]]];
/// Emissions of two chains: `[first][second][symbol]`.
const BOTH: [[[f64; 2]; 3]; 2] =
    [[[0.9, 0.1], [0.4, 0.6], [0.05, 0.95]], [[0.3, 0.7], [0.0, 1.0], [0.5, 0.5]]];

/// Two chains along the same steps: `second` is the second one's line past the first step, `lag` 0 if it
/// depends on the first chain's state at the same step, 1 at the step before, `None` if on neither.
fn two_chains(data: &str, second: &str, rest: &str) -> String {
    format!(
        r#"Model(
            data: {{ "rolls": {data} }},
            plates: {{ "t": Steps(table: "rolls", sequence: "game"), "j": Size(2), "k": Size(3) }},
            inputs: {{
                "s2": {START2:?}, "s3": {START:?}, "t2[j]": {TRANS2:?}, "t3[k]": {TRANS:?}, "tc[j,k]": {COUPLED:?}, "both[j,k]": {BOTH:?},
            }},
            nodes: {{
                "a[0]": Categorical(p: "s2"),
                "a[t]": Categorical(p: "t2[a[t-1]]"),
                "z[0]": Categorical(p: "s3"),
                "z[t]": Categorical(p: "{second}"),
                "x[t]": Categorical(p: "both[a[t], z[t]]"),
            }},
            observe: {{ "x": "face" }},
            {rest}
        )"#
    )
}

/// ln p of one sequence over all paths of both chains, and the marginals of each step's states.
fn two_chains_by_hand(x: &[Option<usize>], lag: Option<usize>) -> (f64, Vec<[f64; 2]>, Vec<[f64; 3]>) {
    let mut total = 0.0;
    let (mut a, mut z) = (vec![[0.0; 2]; x.len()], vec![[0.0; 3]; x.len()]);
    for path in 0..6usize.pow(x.len() as u32) {
        let state = |t: usize| {
            let s = path / 6usize.pow(t as u32) % 6;
            (s / 3, s % 3)
        };
        let mut p = START2[state(0).0] * START[state(0).1];
        for (t, x) in x.iter().enumerate() {
            let (i, k) = state(t);
            if t > 0 {
                let (j, l) = state(t - 1);
                let matrix = match lag {
                    None => TRANS,
                    Some(0) => COUPLED[i],
                    Some(_) => COUPLED[j],
                };
                p *= TRANS2[j][i] * matrix[l][k];
            }
            p *= x.map_or(1.0, |x| BOTH[i][k][x]);
        }
        total += p;
        for t in 0..x.len() {
            a[t][state(t).0] += p;
            z[t][state(t).1] += p;
        }
    }
    a.iter_mut().flatten().chain(z.iter_mut().flatten()).for_each(|p| *p /= total);
    (total.ln(), a, z)
}

#[test]
fn two_chains_that_meet_are_one() {
    // Games alternate, and a roll is missing.
    let csv = "game,face\na,1\nb,2\na,2\nb,\na,2\nb,2\na,1\n";
    let (one, two) = ([Some(0), Some(1), Some(1), Some(0)], [Some(1), None, Some(1)]);
    let lines = [("t3[z[t-1]]", None), ("tc[a[t], z[t-1]]", Some(0)), ("tc[a[t-1], z[t-1]]", Some(1))];
    for (second, lag) in lines {
        let (la, a1, z1) = two_chains_by_hand(&one, lag);
        let (lb, a2, z2) = two_chains_by_hand(&two, lag);
        let q =
            fit_text(&two_chains("\"rolls.csv\"", second, ""), &[("rolls.csv", csv)], &["--nodes", "a,z"]);
        is_evidence(&q, la + lb, WITHIN);
        // In the order of the file.
        let (a, z) = (q.mean("a"), q.mean("z"));
        for (row, (game, t)) in
            [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2), (0, 3)].into_iter().enumerate()
        {
            let (wa, wz) = if game == 0 { (a1[t], z1[t]) } else { (a2[t], z2[t]) };
            all_near(&format!("q(a) of row {row}, {second}"), &a[2 * row..][..2], &wa, WITHIN);
            all_near(&format!("q(z) of row {row}, {second}"), &z[3 * row..][..3], &wz, WITHIN);
        }
    }
}

#[test]
fn a_known_state_of_one_chain() {
    // The first chain is seen at some steps.
    let csv = "game,face,side\na,1,\na,2,2\na,2,\na,1,1\n";
    let text = two_chains("\"rolls.csv\"", "t3[z[t-1]]", "")
        .replace(r#""x": "face""#, r#""x": "face", "a": "side""#);
    let seen = [None, Some(1), None, Some(0)];
    let x = [0, 1, 1, 0];
    let (mut total, mut z3) = (0.0, [0.0; 3]);
    for path in 0..6usize.pow(4) {
        let state = |t: usize| (path / 6usize.pow(t as u32) % 6 / 3, path / 6usize.pow(t as u32) % 3);
        if (0..4).any(|t| seen[t].is_some_and(|s| s != state(t).0)) {
            continue;
        }
        let step = |t: usize| {
            if t == 0 {
                START2[state(0).0] * START[state(0).1]
            } else {
                TRANS2[state(t - 1).0][state(t).0] * TRANS[state(t - 1).1][state(t).1]
            }
        };
        let p: f64 = (0..4).map(|t| step(t) * BOTH[state(t).0][state(t).1][x[t]]).product();
        total += p;
        z3[state(2).1] += p;
    }
    let q = fit_text(&text, &[("rolls.csv", csv)], &["--nodes", "a,z"]);
    is_evidence(&q, total.ln(), WITHIN);
    all_near("q(z) of the third step", &q.mean("z")[6..9], &z3.map(|p| p / total), WITHIN);
    all_near("q(a) of the second step", &q.mean("a")[2..4], &[0.0, 1.0], WITHIN);
}

/// Separate chains are below the evidence, whether asked for or because one would have too many states.
#[test]
fn chains_kept_apart_are_below_the_evidence() {
    // No zeros: for chains apart, what is impossible for one pair of states would be so for all.
    let possible = [[[0.9, 0.1], [0.4, 0.6], [0.05, 0.95]], [[0.3, 0.7], [0.2, 0.8], [0.5, 0.5]]];
    let csv = "game,face\na,1\na,2\na,2\na,1\na,2\na,2\na,2\na,1\n";
    let run = |rest: &str| {
        let text = two_chains("\"rolls.csv\"", "t3[z[t-1]]", rest)
            .replace(&format!("{BOTH:?}"), &format!("{possible:?}"));
        fit_text(&text, &[("rolls.csv", csv)], &[])
    };
    let (one, two) = (run(""), run(r#"factorize: Blocks([["a"], ["z"]]),"#));
    let kinds = |q: &crate::common::Posterior| -> Vec<String> {
        q.0["blocks"].as_array().unwrap().iter().map(|b| format!("{} {}", b["kind"], b["nodes"])).collect()
    };
    assert_eq!(kinds(&one), [r#""chain" ["a","z"]"#]);
    assert_eq!(kinds(&two), [r#""chain" ["a"]"#, r#""chain" ["z"]"#]);
    assert!(one.elbo() > two.elbo() + 1e-3, "one chain {}, two {}", one.elbo(), two.elbo());
}

/// Rows of a forest, children before their parents and trees mixed: name, the row above, what is seen, the
/// state if it is known.
const FOREST: [(&str, &str, Option<usize>, Option<usize>); 8] = [
    ("leaf", "mid", Some(1), None),
    ("mid", "root", None, None),
    ("other", "", Some(0), None),
    ("twin", "mid", Some(0), None),
    ("far", "root", Some(1), Some(2)),
    ("root", "", Some(1), None),
    ("under", "other", None, None),
    ("deep", "leaf", Some(1), None),
];

#[test]
fn forest_with_known_tables() {
    let above: Vec<Option<usize>> = FOREST.iter().map(|r| FOREST.iter().position(|p| p.0 == r.1)).collect();
    let (mut total, mut want) = (0.0, vec![[0.0; 3]; FOREST.len()]);
    for x in 0..3usize.pow(8) {
        let s: Vec<usize> = (0..8).map(|i| x / 3usize.pow(i) % 3).collect();
        if (0..8).any(|i| FOREST[i].3.is_some_and(|k| k != s[i])) {
            continue;
        }
        let p: f64 = (0..8)
            .map(|i| {
                above[i].map_or(START[s[i]], |up| TRANS[s[up]][s[i]])
                    * FOREST[i].2.map_or(1.0, |x| EMIT[s[i]][x])
            })
            .product();
        total += p;
        (0..8).for_each(|i| want[i][s[i]] += p);
    }
    let cell = |x: Option<usize>| x.map_or(String::new(), |x| (x + 1).to_string());
    let rows: String =
        FOREST.iter().map(|r| format!("{},{},{},{}\n", r.0, r.1, cell(r.2), cell(r.3))).collect();
    let csv = format!("name,above,face,state\n{rows}");
    let model = format!(
        r#"Model(
            data: {{ "rows": "rows.csv" }},
            plates: {{ "n": Tree(table: "rows", id: "name", parent: "above"), "k": Size(3) }},
            inputs: {{ "start": {START:?}, "trans[k]": {TRANS:?}, "emit[k]": {EMIT:?} }},
            nodes: {{
                "z[0]": Categorical(p: "start"),
                "z[n]": Categorical(p: "trans[z[parent(n)]]"),
                "x[n]": Categorical(p: "emit[z[n]]"),
            }},
            observe: {{ "x": "face", "z": "state" }},
        )"#
    );
    let q = fit_text(&model, &[("rows.csv", &csv)], &["--nodes", "z"]);
    is_evidence(&q, f64::ln(total), WITHIN);
    assert_eq!(q.0["blocks"][0]["kind"], "tree");
    let want: Vec<f64> = want.into_iter().flatten().map(|p| p / total).collect();
    all_near("q(z)", &q.mean("z"), &want, WITHIN);
}

#[test]
fn two_categories_on_a_tree_are_one_block() {
    // a and z both descend; z leans on a of its own row.
    let above = [None, Some(0), Some(0), Some(1)];
    let x = [1, 0, 1, 1];
    let mut total = 0.0;
    for state in 0..6usize.pow(4) {
        let s: Vec<(usize, usize)> =
            (0..4).map(|i| state / 6usize.pow(i) % 6).map(|s| (s / 3, s % 3)).collect();
        total += (0..4)
            .map(|i| {
                let (a, z) = s[i];
                let down = above[i]
                    .map_or(START2[a] * START[z], |up: usize| TRANS2[s[up].0][a] * COUPLED[a][s[up].1][z]);
                down * BOTH[a][z][x[i]]
            })
            .product::<f64>();
    }
    let model = format!(
        r#"Model(
            data: {{ "rows": {{ "above": ["", "1", "1", "2"], "face": [2, 1, 2, 2] }} }},
            plates: {{ "n": Tree(table: "rows", parent: "above"), "j": Size(2), "k": Size(3) }},
            inputs: {{ "s2": {START2:?}, "s3": {START:?}, "t2[j]": {TRANS2:?}, "tc[j,k]": {COUPLED:?}, "both[j,k]": {BOTH:?} }},
            nodes: {{
                "a[0]": Categorical(p: "s2"),
                "a[n]": Categorical(p: "t2[a[parent(n)]]"),
                "z[0]": Categorical(p: "s3"),
                "z[n]": Categorical(p: "tc[a[n], z[parent(n)]]"),
                "x[n]": Categorical(p: "both[a[n], z[n]]"),
            }},
            observe: {{ "x": "face" }},
        )"#
    );
    is_evidence(&fit_text(&model, &[], &[]), total.ln(), WITHIN);
}

/// The second step of each sequence has a line of its own, with another table of transitions.
#[test]
fn a_chain_whose_second_step_moves_otherwise() {
    let other = [[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.3, 0.3, 0.4]];
    let model = format!(
        r#"Model(
            data: {{ "rows": {{ "run": ["a", "b", "a", "a", "c", "a", "b", "b"], "x": [1, 2, 2, 1, 2, 2, 1, 1] }} }},
            plates: {{ "t": Steps(table: "rows", sequence: "run"), "k": Size(3) }},
            inputs: {{ "trans[k]": {TRANS:?}, "other[k]": {other:?}, "emit[k]": {EMIT:?} }},
            nodes: {{
                "z[0]": Categorical(p: {START:?}, over: "k"),
                "z[1]": Categorical(p: "other[z[t-1]]"),
                "z[t]": Categorical(p: "trans[z[t-1]]"),
                "x[t]": Categorical(p: "emit[z[t]]"),
            }},
            observe: {{ "x": "x" }},
        )"#
    );
    let evidence = |x: &[usize]| -> f64 {
        let mut forward: Vec<f64> = (0..3).map(|k| START[k] * EMIT[k][x[0]]).collect();
        for (t, &x) in x.iter().enumerate().skip(1) {
            let step = if t == 1 { &other } else { &TRANS };
            forward =
                (0..3).map(|k| (0..3).map(|j| forward[j] * step[j][k]).sum::<f64>() * EMIT[k][x]).collect();
        }
        forward.iter().sum::<f64>().ln()
    };
    let want = evidence(&[0, 1, 0, 1]) + evidence(&[1, 0, 0]) + evidence(&[1]);
    is_evidence(&fit_text(&model, &[], &[]), want, WITHIN);
}
