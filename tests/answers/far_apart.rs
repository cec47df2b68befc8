//! Gaussian chains whose variances lie up to 10⁴⁰ apart, against a Kalman smoother of the same numbers in
//! 60 digits (mpmath; a dense solve of all rows of the model, Cholesky).

use crate::common::{all_near, fit_text, is_evidence, near};

/// Seven steps, the fourth not seen.
const Y: &str = "y\n0.8\n-0.5\n-0.9\n\n-3.3\n2.25\n4.8\n";

fn level(first: &str, growth: &str, q: &str, r: &str) -> String {
    format!(
        r#"Model(data: {{ "d": "d.csv" }}, plates: {{ "t": Steps(table: "d") }}, nodes: {{
            "l[0]": Normal(mean: 1, variance: {first}),
            "l[t]": Normal(mean: "{growth} * l[t-1] + 0.25", variance: {q}),
            "y[t]": Normal(mean: "l[t]", variance: {r}) }}, observe: {{ "y": "y" }})"#
    )
}

#[track_caller]
fn holds(model: &str, elbo: f64, mean: &[f64], sd: &[f64]) {
    all_hold(model, Y, &["l"], elbo, mean, sd);
}

#[track_caller]
fn all_hold(model: &str, table: &str, nodes: &[&str], elbo: f64, mean: &[f64], sd: &[f64]) {
    let q = fit_text(model, &[("d.csv", table)], &["--nodes", &nodes.join(",")]);
    is_evidence(&q, elbo, 1e-10 * elbo.abs().max(1.0));
    let relative = |what: &str, a: &[f64], b: &[f64]| {
        assert_eq!(a.len(), b.len(), "{what}");
        a.iter().zip(b).for_each(|(a, b)| near(what, *a, *b, 1e-10 * b.abs()));
    };
    relative("mean", &nodes.iter().flat_map(|n| q.mean(n)).collect::<Vec<_>>(), mean);
    fn flat(v: &serde_json::Value) -> Vec<f64> {
        let one = || vec![v.as_f64().expect("a number")];
        v.as_array().map_or_else(one, |a| a.iter().flat_map(flat).collect())
    }
    let sds: Vec<f64> = nodes.iter().flat_map(|n| flat(&q.0["nodes"][n]["sd"])).collect();
    relative("sd", &sds, sd);
}
#[test]
fn an_exact_meter() {
    let model = level("1e7", "1", "1", "1e-20");
    let mean = [0.8, -0.5, -0.9, -2.1, -3.3, 2.25, 4.8];
    let sd = [1e-10, 1e-10, 1e-10, std::f64::consts::FRAC_1_SQRT_2, 1e-10, 1e-10, 1e-10];
    holds(&model, -34.12425261698717, &mean, &sd);
}

#[test]
fn a_frozen_level() {
    let model = level("1e7", "1", "1e-16", "1");
    let mean = [
        -0.22499997958333384,
        0.02500002041666606,
        0.275000020416666,
        0.525000020416666,
        0.7750000204166662,
        1.0250000204166667,
        1.275000020416667,
    ];
    let sd = [
        0.40824828706179417,
        0.4082482870617941,
        0.40824828706179406,
        0.40824828706179406,
        0.40824828706179406,
        0.4082482870617941,
        0.40824828706179417,
    ];
    holds(&model, -31.087933842685803, &mean, &sd);
}

#[test]
fn a_first_step_that_is_known() {
    let model = level("1e-20", "1", "1", "0.5");
    let mean = [
        1.0,
        -0.196503884572697,
        -0.786015538290788,
        -1.147558268590455,
        -1.509100998890122,
        1.7111542730299667,
        3.8537180910099886,
    ];
    let sd = [
        1e-10,
        0.5193268074761537,
        0.5614314984163112,
        0.8261809225340152,
        0.5634049016833662,
        0.5443688114556918,
        0.6051939453032743,
    ];
    holds(&model, -19.348836293011637, &mean, &sd);
}

#[test]
fn a_first_step_of_which_nothing_is_known() {
    let model = level("1e20", "-0.5", "1e-8", "1e12");
    let mean = [
        0.5390216822089442,
        -0.019510841104472123,
        0.25975542055223605,
        0.12012228972388198,
        0.18993885513805903,
        0.1550305724309705,
        0.17248471378451474,
    ];
    let sd = [
        871171.7087786767,
        435585.85438933835,
        217792.92719466917,
        108896.46359733459,
        54448.23179866729,
        27224.115899333647,
        13612.057949666823,
    ];
    holds(&model, -97.75495110075403, &mean, &sd);
}

#[test]
fn an_unstable_level_with_an_exact_meter() {
    let model = level("1", "1.5", "1e10", "1e-10");
    let mean = [0.80000000002, -0.5, -0.9, -1.9769230769230768, -3.3, 2.25, 4.8];
    let sd = [9.9999999995e-06, 1e-05, 1e-05, 55470.019622522916, 1e-05, 1e-05, 1e-05];
    holds(&model, -63.68758602503582, &mean, &sd);
}

#[test]
fn a_level_that_is_all_noise() {
    let model = level("1", "0.5", "1e20", "1e-20");
    let mean = [0.8, -0.5, -0.9, -1.5799999999999998, -3.3, 2.25, 4.8];
    let sd = [1e-10, 1e-10, 1e-10, 8944271909.999159, 1e-10, 1e-10, 1e-10];
    holds(&model, -120.77445762458743, &mean, &sd);
}

#[test]
fn a_level_that_nobody_sees_well() {
    let model = level("1", "1.5", "1e-10", "1e20");
    let mean = [1.0, 1.75, 2.875, 4.5625, 7.09375, 10.890625, 16.5859375];
    let sd = [
        1.0,
        1.5000000000333333,
        2.2500000000722222,
        3.375000000123148,
        5.062500000194599,
        7.593750000298482,
        11.390625000452113,
    ];
    holds(&model, -143.66873677887077, &mean, &sd);
}

/// Two numbers seen through one, of which one does not move.
#[test]
fn a_slope_that_is_frozen_beside_a_level_that_is_not() {
    let model = r#"Model(data: { "d": "d.csv" }, plates: { "t": Steps(table: "d") }, nodes: {
        "s[0]": Normal(mean: 0, variance: 1e20), "s[t]": Normal(mean: "s[t-1]", variance: 1e-16),
        "l[0]": Normal(mean: 0, variance: 1e6), "l[t]": Normal(mean: "l[t-1] + s[t-1]", variance: 1),
        "y[t]": Normal(mean: "l[t]", variance: 1e-10) }, observe: { "y": "y" })"#;
    let mean = [
        0.7999999998033333,
        -0.49999999991,
        -0.90000000008,
        -2.0999999997025003,
        -3.2999999993249998,
        2.2499999997,
        4.799999999811667,
        0.6666666666680546,
        0.6666666666680549,
        0.6666666666680552,
        0.6666666666680556,
        0.6666666666680563,
        0.6666666666680565,
        0.6666666666680565,
    ];
    let sd = [
        9.999999999583333e-06,
        9.999999999e-06,
        9.99999999925e-06,
        0.7071067812219028,
        9.99999999925e-06,
        9.999999999e-06,
        9.999999999583333e-06,
        0.40824829047066735,
        0.40824829047066724,
        0.40824829047066724,
        0.40824829047066724,
        0.40824829047066724,
        0.40824829047066735,
        0.40824829047066746,
    ];
    all_hold(model, "y\n0.8\n-0.5\n-0.9\n\n-3.3\n2.25\n4.8\n", &["l", "s"], -56.37385771697326, &mean, &sd);
}

/// A matrix couples numbers of which one hardly moves; a weighted sum of both is seen.
#[test]
fn a_matrix_with_rows_of_two_precisions() {
    let model = r#"Model(data: { "d": "d.csv" }, plates: { "t": Steps(table: "d"), "i": Size(2), "k": Size(2) }, inputs: { "A[i,k]": [[1, 1], [0, 1]], "w[i]": [1e16, 1], "c[i]": [1, 0.5] }, nodes: {
        "h[0,i]": Normal(mean: 0, variance: 1e6), "h[t,i]": Normal(mean: "dot(A[i], h[t-1])", precision: "w[i]"),
        "y[t]": Normal(mean: "dot(c, h[t])", variance: 1e-12) }, observe: { "y": "y" })"#;
    let mean = [
        2.2722220237955897,
        -2.944444047604335,
        -0.6722220238087458,
        0.344444047662914,
        -0.32777797614583026,
        -1.1444440477659394,
        -1.472222023911771,
        -4.366666836547356,
        -5.838888860459128,
        5.077777721002923,
        -0.7611111394562019,
        6.022222278825293,
        5.261111139369089,
        -0.9222222787104013,
    ];
    let sd = [
        0.15590238165852566,
        0.31180476330030293,
        0.15590238164819137,
        0.31180476328711765,
        0.15590238164534062,
        0.31180476329068124,
        0.15590238165175516,
        0.2041241399272223,
        0.15590239093165828,
        0.31180478185048804,
        0.15590239092524397,
        0.31180478184692445,
        0.15590239092809494,
        0.31180478186010974,
    ];
    all_hold(model, "y\n0.8\n-0.5\n-0.9\n\n-3.3\n2.25\n4.8\n", &["h"], -99.76318117860022, &mean, &sd);
}

/// Each step has a variance of its own.
#[test]
fn steps_of_unequal_length() {
    let model = r#"Model(data: { "d": "d.csv" }, plates: { "t": Steps(table: "d") }, nodes: {
        "l[0]": Normal(mean: 1, variance: 1e10), "l[t]": Normal(mean: "l[t-1]", variance: "1e-8 * dt[t]"),
        "y[t]": Normal(mean: "l[t]", variance: 1e16) }, observe: { "y": "y" })"#;
    let mean = [
        0.9999971500170999,
        0.9999971500170999,
        0.9999971500170999,
        0.9999971500170999,
        0.9999971500170999,
        0.9999971500170999,
        0.9999971500170999,
    ];
    let sd = [
        99999.70000135,
        99999.70000135,
        99999.70000135,
        99999.70000135,
        99999.70000135,
        99999.70000135,
        99999.70000135,
    ];
    all_hold(
        model,
        "y,dt\n0.8,1\n-0.5,0.5\n-0.9,2\n,1\n-3.3,4\n2.25,0.25\n4.8,1\n",
        &["l"],
        -116.03771866293323,
        &mean,
        &sd,
    );
}

/// A second difference of small variance.
#[test]
fn two_steps_back() {
    let model = r#"Model(data: { "d": "d.csv" }, plates: { "t": Steps(table: "d") }, nodes: {
        "l[0]": Normal(mean: 1, variance: 1e10), "l[1]": Normal(mean: 0, variance: 1e10),
        "l[t]": Normal(mean: "2 * l[t-1] - l[t-2]", variance: 1e-16), "y[t]": Normal(mean: "l[t]", variance: 1) }, observe: { "y": "y" })"#;
    let mean = [
        -1.0928571427339022,
        -0.5535714284745663,
        -0.014285714215230314,
        0.5250000000441061,
        1.064285714303443,
        1.6035714285627805,
        2.1428571428221184,
    ];
    let sd = [
        0.6986381309783356,
        0.556348640242534,
        0.4498677054065855,
        0.40824829045705907,
        0.4498677054198169,
        0.556348640263932,
        0.6986381310038956,
    ];
    all_hold(model, "y\n0.8\n-0.5\n-0.9\n\n-3.3\n2.25\n4.8\n", &["l"], -46.54923197628718, &mean, &sd);
}

/// The precision of steps that are 10⁻⁹ of the level, where no centre helps: what is left of the steps is
/// known beside their squares. The fixed point of both updates in 60 digits.
#[test]
fn a_learned_precision_of_small_steps() {
    let model = r#"Model(data: { "d": "d.csv" }, plates: { "t": Steps(table: "d") }, nodes: {
        "q": Gamma(shape: 1, rate: 1e-12), "l[0]": Normal(mean: 1000, variance: 1),
        "l[t]": Normal(mean: "0.5 * l[t-1] + 500", precision: "q"),
        "y[t]": Normal(mean: "l[t]", variance: 1e-14) }, observe: { "y": "y" })"#;
    let table = "y\n1000.0000012\n999.9999991\n1000.0000003\n1000.0000021\n999.9999978\n1000.0000007\n999.9999995\n1000.0000014\n";
    let q = fit_text(model, &[("d.csv", table)], &["--nodes", "q", "--tolerance", "1e-13"]);
    let exact = 351020745174.4359;
    near("q", q.mean("q")[0], exact, 1e-7 * exact);
}

/// Where sums of precisions have all their digits, lines are not asked: the answers agree all the same.
#[test]
fn both_ways_agree_where_they_meet() {
    let mut last: Option<(f64, Vec<f64>)> = None;
    // From where sums do to where they do not, by little.
    for exponent in 5..11 {
        let q =
            fit_text(&level("10", "1", &format!("1e-{exponent}"), "1"), &[("d.csv", Y)], &["--nodes", "l"]);
        let (elbo, mean) = (q.elbo(), q.mean("l"));
        if let Some((before, means)) = &last {
            // With a level that hardly moves, what q is matters as q itself does.
            near("bound", elbo, *before, 40.0 * 10f64.powi(1 - exponent));
            all_near("mean", &mean, means, 40.0 * 10f64.powi(1 - exponent));
        }
        last = Some((elbo, mean));
    }
}
