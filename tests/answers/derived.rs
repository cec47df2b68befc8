//! Derived quantities beside their closed forms: exact where they are linear in Gaussian variables, within five
//! Monte Carlo errors elsewhere.

use elbow::{Model, Options, Posterior, answer::posterior::DerivedPosterior};

fn fit(text: &str) -> Posterior {
    let model = Model::from_text(text).unwrap_or_else(|e| panic!("{e}"));
    model.fit(&Options { tolerance: 1e-13, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
}

fn of<'p>(p: &'p Posterior, name: &str) -> &'p DerivedPosterior {
    p.derived.iter().find(|d| d.name == name).unwrap_or_else(|| panic!("no {name}: {:?}", p.warnings))
}

#[track_caller]
fn exactly(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-10 * want.abs().max(1.0), "{got} is not {want}");
}

#[track_caller]
fn about(d: &DerivedPosterior, want: f64) {
    assert!(d.draws >= 1000, "{} is told to be exact", d.name);
    assert!((d.mean[0] - want).abs() < 5.0 * d.error[0], "{}: {} is not {want}", d.name, d.mean[0]);
}

/// Two groups about a known mean, and a slope beside them: precision matrices by hand.
#[test]
fn contrasts_of_one_gaussian_block_are_exact() {
    let p = fit(r#"Model(
        data: { "t": { "y": [1, 2, 4, 7], "g": ["a", "a", "b", "b"], "x": [1, 2, 3, 5] } },
        plates: { "n": Rows(table: "t"), "g": Groups(column: "t.g") },
        inputs: { "by": 10 },
        nodes: {
            "u[g]": Normal(mean: 0, precision: 0.5),
            "b": Normal(mean: 0, precision: 1),
            "y[n]": Normal(mean: "u[g[n]] + b * x[n]", precision: 2),
        },
        observe: { "y": "y" },
        derive: {
            "gap": "u['b'] - u['a']",
            "at[g]": "u[g] + 3 * b - 1",
            "row[n]": "(u[g[n]] + b * x[n]) / by",
            "nothing": "u['a'] - u['a']",
        },
    )"#);
    // Of (u_a, u_b, b): prior plus 2 XᵀX, and 2 Xᵀy.
    let precision = [[4.5, 0.0, 6.0], [0.0, 4.5, 16.0], [6.0, 16.0, 79.0]];
    let pull = [6.0, 22.0, 2.0 * (1.0 + 4.0 + 12.0 + 35.0)];
    let solve = |v: [f64; 3]| {
        let det = |m: [[f64; 3]; 3]| {
            m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
                - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
        };
        [0, 1, 2].map(|c| {
            let mut m = precision;
            (0..3).for_each(|r| m[r][c] = v[r]);
            det(m) / det(precision)
        })
    };
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let check = |d: &DerivedPosterior, i: usize, c: [f64; 3], more: f64| {
        assert_eq!((d.draws, d.error[i]), (0, 0.0), "{}", d.name);
        let (mean, sd) = (dot(c, solve(pull)) + more, dot(c, solve(c)).sqrt());
        exactly(d.mean[i], mean);
        exactly(d.sd[i], sd);
        exactly(d.quantiles[1][i], mean);
        exactly(d.quantiles[2][i], mean + 1.644_853_626_951_472_7 * sd);
    };
    check(of(&p, "gap"), 0, [-1.0, 1.0, 0.0], 0.0);
    check(of(&p, "at"), 0, [1.0, 0.0, 3.0], -1.0);
    check(of(&p, "at"), 1, [0.0, 1.0, 3.0], -1.0);
    check(of(&p, "row"), 3, [0.0, 0.1, 0.5], 0.0);
    assert_eq!(of(&p, "at").plates[0].labels.as_ref().unwrap().to_vec(), ["a", "b"]);
    assert_eq!((of(&p, "nothing").mean[0], of(&p, "nothing").sd[0]), (0.0, 0.0));
}

/// Of rows 1, 2, 4, 5: kappa 4.5, mean 12.5/4.5, shape 4, rate 3 + ½ (46 + 0.5 − 12.5²/4.5).
#[test]
fn a_mean_with_its_precision_is_a_student_t_and_the_rest_is_drawn() {
    let p = fit(r#"Model(
        data: { "t": { "x": [1, 2, 4, 5] } },
        plates: { "n": Rows(table: "t") },
        nodes: {
            "tau": Gamma(shape: 2, rate: 3),
            "mu": Normal(mean: 1, precision: "0.5 * tau"),
            "x[n]": Normal(mean: "mu", precision: "tau"),
        },
        observe: { "x": "x" },
        derive: { "twice": "2 * mu + 1", "sd": "1 / sqrt(tau)", "variance": "tau ^ -1", "low": "tau < 0.5" },
    )"#);
    let (kappa, shape) = (4.5f64, 4.0f64);
    let rate = 3.0 + 0.5 * (46.5 - 12.5 * 12.5 / kappa);
    let twice = of(&p, "twice");
    assert_eq!(twice.draws, 0);
    exactly(twice.mean[0], 2.0 * 12.5 / kappa + 1.0);
    // Of 8 degrees of freedom: variance 8/6, quantile 1.8595480375228421.
    let scale = 2.0 * (rate / shape / kappa).sqrt();
    exactly(twice.sd[0], scale * (8.0f64 / 6.0).sqrt());
    exactly(twice.quantiles[2][0], twice.mean[0] + 1.859_548_037_522_842_1 * scale);
    // E τ^(−1/2) = √b Γ(3.5)/Γ(4), E 1/τ = b/(a − 1).
    about(of(&p, "sd"), rate.sqrt() * 3.323_350_970_447_842_6 / 6.0);
    about(of(&p, "variance"), rate / 3.0);
    // P(τ < t) of a Gamma(4, b): 1 − Σ_{i<4} e^{−bt} (bt)ⁱ / i!.
    let t = 0.5 * rate;
    let low = 1.0 - (-t).exp() * (1.0 + t + t * t / 2.0 + t * t * t / 6.0);
    about(of(&p, "low"), low);
    assert!(of(&p, "low").holds && !of(&p, "sd").holds);
}

/// P(p_b > p_a) of Beta(2, 3) and Beta(4, 2): ∫ of polynomials, 0.880952….
#[test]
fn shares_and_probabilities_are_compared() {
    let p = fit(r#"Model(
        data: { "t": { "ok": [1, 0, 0, 1, 1, 1, 0], "arm": ["a", "a", "a", "b", "b", "b", "b"] } },
        plates: { "n": Rows(table: "t"), "g": Groups(column: "t.arm") },
        nodes: {
            "p[g]": Beta(alpha: 1, beta: 1),
            "ok[n]": Bernoulli(p: "p[arm[n]]"),
            "share": Dirichlet(concentration: 1, over: "t.arm"),
            "arm[n]": Categorical(p: "share"),
        },
        observe: { "ok": "ok", "arm": "arm" },
        derive: {
            "better": "p['b'] > p['a']",
            "risk": "p['a'] / p['b']",
            "most": "share[2] > share['a']",
            "sum": "share[1] + share[2]",
        },
    )"#);
    // ∫ 12 x (1 − x)² · P(B > x) dx with P(B > x) = 1 − 5x⁴ + 4x⁵.
    let beta = |a: i32, b: i32| {
        let f = |n: i32| (1..=n).map(f64::from).product::<f64>();
        f(a - 1) * f(b - 1) / f(a + b - 1)
    };
    about(of(&p, "better"), 12.0 * (beta(2, 3) - 5.0 * beta(6, 3) + 4.0 * beta(7, 3)));
    // E p_a · E 1/p_b = 2/5 · 5/3.
    about(of(&p, "risk"), 2.0 / 3.0);
    // Dirichlet(4, 5): P(x_b > ½) = P(Beta(5, 4) > ½), by the binomial of 8 tosses.
    about(of(&p, "most"), (1.0 + 8.0 + 28.0 + 56.0 + 70.0) / 256.0);
    exactly(of(&p, "sum").mean[0], 1.0);
}

/// A category without plates, apart from what it picks.
#[test]
fn a_category_picks_at_each_draw() {
    let p = fit(r#"Model(
        data: { "t": { "y": [2, 3] } },
        plates: { "n": Rows(table: "t"), "k": Size(2) },
        inputs: { "m[k]": [0, 3], "value[k]": [10, 30] },
        nodes: {
            "z": Categorical(p: [0.5, 0.5], over: "k"),
            "y[n]": Normal(mean: "m[z]", precision: 0.1),
        },
        observe: { "y": "y" },
        derive: { "picked": "value[z]", "second": "z == 2" },
    )"#);
    let odds = (0.05f64 * (4.0 + 9.0 - 1.0 - 0.0)).exp();
    let second = odds / (1.0 + odds);
    about(of(&p, "picked"), 10.0 + 20.0 * second);
    about(of(&p, "second"), second);
}

#[test]
fn what_has_no_value_in_some_draws_is_said() {
    let p = fit(r#"Model(
        nodes: { "x": Normal(mean: 0, precision: 1) },
        derive: { "root": "sqrt(x)", "square": "x ^ 2" },
    )"#);
    assert!(p.warnings.iter().any(|w| w.contains("`root` has no value in")), "{:?}", p.warnings);
    assert!(of(&p, "root").mean[0].is_nan());
    about(of(&p, "square"), 1.0);
}
