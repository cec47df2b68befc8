//! Posteriors made by hand, for the tests of each format.

use crate::answer::posterior::{
    Axis, BlockSummary, DerivedPosterior, NamedArray, NodePosterior, Posterior, Reach,
};
use crate::engine::{
    Moves,
    record::{Record, StopReason},
};

fn axis(name: &str, size: usize) -> Axis {
    Axis { name: name.into(), size, labels: None }
}

fn labelled(name: &str, labels: &[&str]) -> Axis {
    Axis {
        name: name.into(),
        size: labels.len(),
        labels: Some(labels.iter().map(|s| s.to_string()).collect()),
    }
}

fn array(name: &str, dims: &[usize], values: &[f64]) -> NamedArray {
    let domain = crate::expfam::stat::Domain::Positive;
    NamedArray { name: name.into(), dims: dims.to_vec(), domain, values: values.to_vec() }
}

/// A node with made-up deviations and quantiles around `mean`.
fn node(name: &str, family: &str, plates: Vec<Axis>, event: Vec<Axis>, mean: Vec<f64>) -> NodePosterior {
    let sd: Vec<f64> = mean.iter().map(|m| 0.1 * m.abs()).collect();
    let shifted = |z: f64| mean.iter().zip(&sd).map(|(m, s)| m + z * s).collect();
    NodePosterior {
        name: name.into(),
        family: family.into(),
        plates,
        event,
        parameters: vec![],
        quantiles: Some((shifted(-1.6449), shifted(1.6449))),
        sd: Some(sd),
        median: Some(mean.clone()),
        mean,
        told: vec![],
        reach: Reach::Shared,
        precision: false,
        components: false,
        stick: false,
        observed: false,
        missing: None,
    }
}

/// A mixture's, with one node of each layout.
pub(super) fn posterior() -> Posterior {
    let mut weights = node("weights", "Dirichlet", vec![], vec![axis("k", 2)], vec![0.35612, 0.64388]);
    weights.parameters = vec![array("concentration", &[2], &[97.1, 175.5])];
    let mut spread = node(
        "spread",
        "Wishart",
        vec![axis("k", 2)],
        vec![labelled("x", &["duration", "waiting"]); 2],
        vec![9.6, -0.12, -0.12, 0.028, 5.1, 0.02, 0.02, 0.03],
    );
    spread.parameters = vec![array("dof", &[], &[99.0, 177.0])];
    spread.precision = true;
    let centre = node(
        "centre",
        "MvNormal",
        vec![axis("k", 2)],
        vec![labelled("x", &["duration", "waiting"])],
        vec![2.036, 54.48, 4.29, 79.97],
    );
    let mut tau = node("tau", "Gamma", vec![], vec![], vec![2.0]);
    tau.precision = true;
    tau.parameters = vec![array("shape", &[], &[4.0]), array("rate", &[], &[2.0])];
    let mut heavy = node("heavy", "Normal", vec![], vec![], vec![-0.25]);
    heavy.sd = Some(vec![f64::INFINITY]);
    heavy.quantiles = Some((vec![f64::NAN], vec![f64::NAN]));
    let mut z = node(
        "z",
        "Categorical",
        vec![axis("n", 3)],
        vec![axis("k", 2)],
        vec![0.999, 0.001, 1.0 - 1e-9, 1e-9, 0.25, 0.75],
    );
    z.parameters = vec![array("p", &[2], &z.mean)];
    (z.sd, z.quantiles, z.reach) = (None, None, Reach::Rows);
    let trace: Vec<f64> = (0..24).map(|i| -1130.123456789 - 700.0 * 0.5f64.powi(i)).collect();
    Posterior {
        model: "Old Faithful: a mixture of Gaussians".into(),
        seed: 0,
        restart: 1,
        iterations: 24,
        converged: true,
        tolerance: 1e-10,
        plates: vec![],
        stop: StopReason::Converged,
        record: Record::default(),
        elbo: trace[23],
        digits: 12,
        warnings: vec!["the bound fell".into()],
        pruned: vec![],
        predicted: vec![],
        terms: vec![
            ("weights".into(), -3.25),
            ("centre".into(), -30.5),
            ("spread".into(), -20.0),
            ("x".into(), -1076.5),
        ],
        blocks: vec![
            BlockSummary {
                nodes: vec!["weights".into()],
                kind: "independent",
                over: vec![],
                why: "it stands alone".into(),
            },
            BlockSummary {
                nodes: vec!["centre".into(), "spread".into()],
                kind: "joint",
                over: vec!["k".into()],
                why: "a Normal–Wishart pair".into(),
            },
        ],
        nodes: vec![weights, spread, centre, tau, heavy, z],
        unshown: vec![],
        rows: vec![("eruptions".into(), 272)],
        many_optima: true,
        derived: vec![DerivedPosterior {
            name: "sd_tau".into(),
            expression: "1 / sqrt(tau)".into(),
            plates: vec![],
            event: vec![],
            holds: false,
            mean: vec![0.767],
            sd: vec![0.2213],
            quantiles: [vec![0.508], vec![0.7381], vec![1.21]],
            draws: 10_000,
            error: vec![0.002213],
        }],
        restarts: vec![-1150.25, trace[23]],
        left: vec![],
        moves: Moves::default(),
        profile: None,
        trace,
    }
}

/// Arrays too long for a list: topics, a transition matrix, long weights, a table of reals, a grid too wide.
pub(super) fn large() -> Vec<NodePosterior> {
    let words: Vec<String> =
        (0..200).map(|i| format!("{}{i}", ["lord", "shepherd", "ark", "king"][i % 4])).collect();
    let words = Axis { name: "corpus.word".into(), size: 200, labels: Some(words.into()) };
    let normal = |rows: usize, n: usize, weight: fn(usize, usize) -> f64| -> Vec<f64> {
        (0..rows)
            .flat_map(|r| {
                let total: f64 = (0..n).map(|i| weight(r, i)).sum();
                (0..n).map(move |i| weight(r, i) / total)
            })
            .collect()
    };
    vec![
        node(
            "phi",
            "Dirichlet",
            vec![axis("k", 3)],
            vec![words],
            normal(3, 200, |r, i| 1.0 / (1 + (i + 71 * r) % 200) as f64),
        ),
        node(
            "trans",
            "Dirichlet",
            vec![axis("k", 8)],
            vec![axis("k", 8)],
            normal(8, 8, |r, i| if r == i { 9.0 } else { 0.5 }),
        ),
        node(
            "weights",
            "Dirichlet",
            vec![],
            vec![axis("k", 60)],
            normal(1, 60, |_, i| 0.8f64.powi(i as i32)),
        ),
        node(
            "eta",
            "Normal",
            vec![axis("i", 50), axis("j", 3)],
            vec![],
            (0..150).map(|i| f64::from(i) - 75.5).collect(),
        ),
        node(
            "w",
            "MvNormal",
            vec![axis("g", 2)],
            vec![axis("", 30)],
            (0..60).map(|i| f64::from(i) * 0.37).collect(),
        ),
    ]
}
