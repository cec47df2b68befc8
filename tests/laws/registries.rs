//! Every law over every entry of the registries, at each of its test points. No distribution is listed here
//! but in `DENSITIES` (ln p from a library or written out from a textbook) and `PAIRS` (what a joint block is
//! made of), and a test fails where an entry has no row there.

use elbow::block::{
    JOINTS,
    example::{BlockKind, Example},
    kind::KINDS,
    laws as of_blocks,
};
use elbow::dist::{REGISTRY, find, forms};
use elbow::expfam::family::entropy;
use elbow::expfam::form::Measure;
use elbow::expfam::joint::JointSpec;
use elbow::expfam::laws::{self, Arbitrary, Seat, Verdict};
use elbow::expfam::outlook::{Expected, Predictive};
use elbow::expfam::spec::{DistSpec, Point};
use elbow::expfam::stat::{PartShape, StatKind};
use elbow::num::stream::Stream;
use nalgebra::{DMatrix, DVector};
use statrs::distribution::{
    Beta, Binomial, Cauchy, Continuous, Discrete, Exp, Gamma, LogNormal, NegativeBinomial, Normal, Poisson,
    StudentsT, Uniform,
};
use statrs::function::gamma::ln_gamma;
use statrs::statistics::Distribution;

type Density = fn(x: &[f64], point: &Point) -> f64;

/// ln p(x | parameters) from elsewhere.
const DENSITIES: &[(&str, Density)] = &[
    ("Normal", |x, p| Normal::new(p.params[0][0], p.params[1][0].powf(-0.5)).unwrap().ln_pdf(x[0])),
    ("MvNormal", |x, p| {
        // Murphy (2012), eq. 4.1, by a library's eigenvalues.
        let precision = DMatrix::from_row_slice(p.d, p.d, p.params[1]);
        let off = DVector::from_row_slice(x) - DVector::from_row_slice(p.params[0]);
        0.5 * ln_det(&precision)
            - 0.5 * p.d as f64 * (2.0 * std::f64::consts::PI).ln()
            - 0.5 * (off.transpose() * &precision * &off)[0]
    }),
    ("StudentT", |x, p| student(p).ln_pdf(x[0])),
    ("LogNormal", |x, p| LogNormal::new(p.params[0][0], p.params[1][0].powf(-0.5)).unwrap().ln_pdf(x[0])),
    ("Gamma", |x, p| {
        // The library returns pdf.ln() of an underflown pdf at large shapes.
        let (a, b) = (p.params[0][0], p.params[1][0]);
        if a < 100.0 {
            Gamma::new(a, b).unwrap().ln_pdf(x[0])
        } else {
            a * b.ln() + (a - 1.0) * x[0].ln() - b * x[0] - ln_gamma(a)
        }
    }),
    ("InverseGamma", |x, p| {
        // Of 1/x, with the volume element.
        Gamma::new(p.params[0][0], p.params[1][0]).unwrap().ln_pdf(1.0 / x[0]) - 2.0 * x[0].ln()
    }),
    ("HalfNormal", |x, p| Normal::new(0.0, p.params[0][0]).unwrap().ln_pdf(x[0]) + 2.0_f64.ln()),
    ("HalfCauchy", |x, p| Cauchy::new(0.0, p.params[0][0]).unwrap().ln_pdf(x[0]) + 2.0_f64.ln()),
    ("HalfStudentT", |x, p| {
        StudentsT::new(0.0, p.params[1][0], p.params[0][0]).unwrap().ln_pdf(x[0]) + 2.0_f64.ln()
    }),
    ("Uniform", |x, p| Uniform::new(p.params[0][0], p.params[1][0]).unwrap().ln_pdf(x[0])),
    ("Exponential", |x, p| Exp::new(p.params[0][0]).unwrap().ln_pdf(x[0])),
    ("Wishart", |x, p| {
        // Murphy (2012), eq. 4.159, by a library's determinant and inverse.
        let (n, d) = (p.params[0][0], p.d as f64);
        let (s, x) = (DMatrix::from_row_slice(p.d, p.d, p.params[1]), DMatrix::from_row_slice(p.d, p.d, x));
        let multigamma = d * (d - 1.0) / 4.0 * std::f64::consts::PI.ln()
            + (1..=p.d).map(|i| ln_gamma((n + 1.0 - i as f64) / 2.0)).sum::<f64>();
        let ln_z = n * d / 2.0 * 2.0_f64.ln() + n / 2.0 * ln_det(&s) + multigamma;
        (n - d - 1.0) / 2.0 * ln_det(&x) - 0.5 * (s.try_inverse().unwrap() * x).trace() - ln_z
    }),
    ("Beta", |x, p| {
        let (a, b) = (p.params[0][0], p.params[1][0]);
        if a + b < 1e4 {
            Beta::new(a, b).unwrap().ln_pdf(x[0])
        } else {
            (a - 1.0) * x[0].ln() + (b - 1.0) * (-x[0]).ln_1p() - ln_beta(&[a, b])
        }
    }),
    ("Dirichlet", |x, p| {
        // One concentration may stand for all.
        let alpha: Vec<f64> = (0..p.d).map(|k| p.params[0][k % p.params[0].len()]).collect();
        x.iter().zip(&alpha).map(|(x, a)| (a - 1.0) * x.ln()).sum::<f64>() - ln_beta(&alpha)
    }),
    ("Bernoulli", |x, p| (if x[0] == 1.0 { p.params[0][0] } else { 1.0 - p.params[0][0] }).ln()),
    ("Categorical", |x, p| p.params[0][x[0] as usize].ln()),
    ("Binomial", |x, p| Binomial::new(p.params[1][0], p.params[0][0] as u64).unwrap().ln_pmf(x[0] as u64)),
    ("Multinomial", |x, p| {
        // One Binomial after the other: x_k of what is left, with the share of what is left.
        let (mut n, mut sum) = (p.params[0][0] as u64, 0.0);
        for (k, share) in p.params[1].iter().enumerate() {
            let later: f64 = p.params[1][k + 1..].iter().sum();
            let rest = share + later;
            if rest > 0.0 {
                sum += Binomial::new((share / rest).min(1.0), n).unwrap().ln_pmf(x[k] as u64);
            }
            n -= x[k] as u64;
        }
        sum
    }),
    ("NegativeBinomial", |x, p| {
        NegativeBinomial::new(p.params[1][0], p.params[0][0]).unwrap().ln_pmf(x[0] as u64)
    }),
    ("Poisson", |x, p| Poisson::new(p.params[0][0]).unwrap().ln_pmf(x[0] as u64)),
];

/// Which distributions a joint block is the product of: the child's member first.
const PAIRS: &[(&str, &str, &str)] = &[
    ("Normal–Gamma", "Normal", "Gamma"),
    ("Normal–Wishart", "MvNormal", "Wishart"),
    ("Normal–Gamma of a vector", "Normal", "Gamma"),
];

fn student(p: &Point) -> StudentsT {
    StudentsT::new(p.params[0][0], p.params[1][0].powf(-0.5), p.params[2][0]).unwrap()
}

fn ln_det(m: &DMatrix<f64>) -> f64 {
    m.clone().symmetric_eigenvalues().iter().map(|v| v.ln()).sum()
}

fn ln_beta(alpha: &[f64]) -> f64 {
    alpha.iter().map(|a| ln_gamma(*a)).sum::<f64>() - ln_gamma(alpha.iter().sum())
}

fn stream(name: &str, index: u64) -> Stream {
    Stream::new(7, name, index)
}

/// Runs a law at every point of every entry; collects all that fail.
fn everywhere(law: &str, run: impl Fn(&'static DistSpec, &'static Point, usize) -> Verdict) {
    let mut broken = Vec::new();
    for spec in forms() {
        for (n, point) in spec.points.iter().enumerate() {
            if let Err(why) = run(spec, point, n) {
                let shown = format!("{:?}", point.params);
                broken.push(format!(
                    "{law}, {} at point {n} (d = {}, {}): {why}",
                    spec.name,
                    point.d,
                    shown.chars().take(80).collect::<String>()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

fn every_joint(law: &str, run: impl Fn(&'static JointSpec, &'static Point, usize) -> Verdict) {
    let mut broken = Vec::new();
    for joint in JOINTS {
        for (n, point) in joint.points.iter().enumerate() {
            if let Err(why) = run(joint, point, n) {
                broken.push(format!("{law}, {} at point {n}: {why}", joint.name));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_tables_of_this_file_have_a_row_for_each_entry() {
    for spec in REGISTRY {
        assert_eq!(REGISTRY.iter().filter(|s| s.name == spec.name).count(), 1, "{} twice", spec.name);
        if spec.site.is_some() {
            continue;
        }
        assert!(
            DENSITIES.iter().any(|(name, _)| *name == spec.name),
            "{} has no density in tests/laws/registries.rs",
            spec.name
        );
        assert!(!spec.points.is_empty(), "{} has no test points", spec.name);
    }
    for spec in forms() {
        assert!(!spec.points.is_empty(), "{} has no test points", spec.name);
        laws::well_formed(spec).unwrap_or_else(|why| panic!("{}: {why}", spec.name));
    }
    for joint in JOINTS {
        assert!(
            PAIRS.iter().any(|(name, ..)| *name == joint.name),
            "{} has no row in tests/laws/registries.rs",
            joint.name
        );
        assert!(!joint.points.is_empty(), "{} has no test points", joint.name);
    }
}

/// Runs a law over every example of every kind of block.
fn every_block(law: &str, mut run: impl FnMut(&BlockKind, &Example, u64) -> Verdict) {
    let mut broken = Vec::new();
    for kind in KINDS {
        let examples = (kind.examples)();
        assert!(!examples.is_empty(), "{} has no examples", kind.name);
        for (n, example) in examples.iter().enumerate() {
            assert_eq!(example.shape.kind(), kind.name, "the example of another kind");
            if let Err(why) = run(kind, example, n as u64) {
                broken.push(format!("{law}, {} ({}), example {n}: {why}", kind.name, kind.doc));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn f1_of_blocks_the_slopes_of_the_log_normaliser_are_the_moments() {
    every_block("F1", |_, example, _| of_blocks::f1_gradient(example));
}

#[test]
fn f2_of_blocks_a_start_has_what_it_was_given() {
    every_block("F2", |kind, example, n| of_blocks::f2_start(example, &mut stream(kind.name, n)));
}

#[test]
fn f4_of_blocks_elements_do_not_know_of_each_other() {
    every_block("F4", |_, example, _| of_blocks::f4_apart(example));
}

#[test]
fn f5_of_blocks_draws_have_the_moments() {
    every_block("F5", |kind, example, n| of_blocks::f5_draws(example, 4000, &mut stream(kind.name, n)));
}

/// How many files of a folder declare an entry.
fn declared(folder: &str, what: &str) -> usize {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let files = std::fs::read_dir(folder).expect("the source folder");
    files
        .filter(|f| {
            std::fs::read_to_string(f.as_ref().expect("a file").path()).is_ok_and(|text| text.contains(what))
        })
        .count()
}

#[test]
fn every_file_that_declares_an_entry_is_registered() {
    assert_eq!(
        declared("dist", "pub static SPEC: DistSpec"),
        REGISTRY
            .iter()
            .filter(|s| !["NegativeBinomial", "Laplace", "Ordered", "ZeroInflated"].contains(&s.name))
            .count(),
        "a file of src/dist is not in its REGISTRY"
    );
    assert_eq!(
        declared("block", "pub static SPEC: JointSpec"),
        JOINTS.len(),
        "a file of src/block is not in JOINTS"
    );
    assert_eq!(
        declared("block/kind", "pub static KIND: BlockKind"),
        KINDS.len(),
        "a file of src/block/kind is not in KINDS"
    );
}

#[test]
fn a_block_laid_out_again_from_its_text_is_the_same() {
    let mut restored = 0;
    every_block("portable", |kind, example, _| {
        let Some(portable) = example.shape.portable(&example.eta) else { return Ok(()) };
        let restore = kind.restore.ok_or("it can be written down and not laid out again")?;
        let again = restore(&portable.layout, &portable.pairs).ok_or("its own layout is refused")?;
        let other = Example { shape: again, eta: portable.eta, along: None };
        restored += 1;
        of_blocks::alike(example, &other)
    });
    assert!(restored >= 8, "only {restored} blocks can be written down");
}

#[test]
fn f1_the_gradient_of_the_log_normaliser_is_the_moments() {
    everywhere("F1", |spec, point, _| laws::f1_gradient(spec, point));
}

#[test]
fn f2_parameters_and_back() {
    everywhere("F2", |spec, point, _| laws::f2_parameters(spec, point));
}

#[test]
fn f3_entropy_is_that_of_quadrature() {
    everywhere("F3", |spec, point, _| laws::f3_entropy(spec, point));
}

#[test]
fn f4_divergence_is_zero_from_itself_and_never_negative() {
    everywhere("F4", |spec, point, _| laws::f4_divergence(spec, point));
}

#[test]
fn f5_draws_have_the_moments() {
    everywhere("F5", |spec, point, n| laws::f5_sample(spec, point, 4000, &mut stream(spec.name, n as u64)));
}

#[test]
fn f6_improper_parameters_are_refused_by_name() {
    everywhere("F6", |spec, point, _| laws::f6_improper(spec, point));
}

#[test]
fn f7_summaries_follow_from_the_log_normaliser() {
    everywhere("F7", |spec, point, _| laws::f7_summary(spec, point));
}

#[test]
fn f8_quantiles_have_their_share_of_draws() {
    everywhere("F8", |spec, point, n| {
        laws::f8_quantile(spec, point, 4000, &mut stream(spec.name, 100 + n as u64))
    });
}

#[test]
fn f9_a_shift_moves_the_mean_only() {
    everywhere("F9", |spec, point, _| laws::f9_shift(spec, point));
}

#[test]
fn p1_the_energy_is_affine_with_the_message_as_slope() {
    everywhere("P1", |spec, point, n| laws::p1_affine(spec, point.d.min(5), n as u64));
}

#[test]
fn p2_a_message_does_not_read_its_own_slot() {
    everywhere("P2", |spec, point, n| laws::p2_own_slot(spec, point.d.min(5), n as u64));
}

/// Values to hold densities at: three draws, or around the mean where there is nothing to draw from.
fn children(spec: &DistSpec, point: &Point, n: usize) -> Vec<Vec<f64>> {
    if let Some(family) = spec.family {
        let eta = laws::eta_at(spec, point).unwrap();
        let mut s = stream(spec.name, 200 + n as u64);
        let draws = (0..3).map(|_| family.sample(point.d, &eta, &mut s));
        // Draws that fell below the smallest number have no density worth comparing.
        return draws
            .filter(|x| x.iter().any(|v| *v != 0.0) || spec.stat.support.contains('0'))
            .filter(|x| carried(spec.stat, x, point.d))
            .collect();
    }
    let mut values: Vec<&[f64]> = vec![&[]];
    values.extend(point.params);
    let mean = spec.mean_given.unwrap()(&values, point.d);
    let mut floor: Vec<f64> = mean.iter().map(|m| m.floor()).collect();
    let mut out = vec![vec![0.0; mean.len()]];
    if mean.len() > 1 {
        // The counts must keep their sum.
        let total: f64 = mean.iter().sum::<f64>().round();
        out[0][0] = total;
        let most = (0..mean.len()).fold(0, |b, k| if mean[k] > mean[b] { k } else { b });
        floor[most] += total - floor.iter().sum::<f64>();
    }
    out.push(floor);
    out
}

fn carried(kind: &StatKind, value: &[f64], d: usize) -> bool {
    let mut t = vec![0.0; kind.width(d)];
    if (kind.of_value)(value, d, &mut t).is_err() || t.iter().any(|t| t.abs() > 1e150) {
        return false;
    }
    // The determinant of a nearly singular matrix is rounding: no two ways agree on it.
    kind.value != PartShape::Matrix || t[d * d] > (0..d).map(|i| value[i * d + i].ln()).sum::<f64>() - 15.0
}

#[test]
fn p3_at_known_values_the_energy_is_the_log_density() {
    for spec in forms() {
        let (_, density) = DENSITIES.iter().find(|(name, _)| *name == spec.name).expect("a row");
        let mut compared = 0;
        for (n, point) in spec.points.iter().enumerate() {
            for x in children(spec, point, n) {
                compared += 1;
                let law = if spec.augment.is_some() { laws::p3_mixture } else { laws::p3_density };
                law(spec, point, &x, density(&x, point))
                    .unwrap_or_else(|why| panic!("P3, {} at point {n}: {why}", spec.name));
            }
        }
        assert!(compared >= 3, "{}: {compared} values compared", spec.name);
    }
    // What can't happen has ln 0.
    for (name, x) in
        [("Bernoulli", vec![1.0]), ("Categorical", vec![1.0]), ("Multinomial", vec![0.0, 0.0, 5.0])]
    {
        let spec = find(name).expect("registered");
        let point = spec
            .points
            .iter()
            .find(|p| p.params.iter().any(|v| v.contains(&0.0)))
            .expect("a point with a zero");
        laws::p3_density(spec, point, &x, f64::NEG_INFINITY)
            .unwrap_or_else(|why| panic!("P3, {name}: {why}"));
    }
}

#[test]
fn what_a_mixture_predicts_has_the_moments_of_its_density() {
    let spec = find("StudentT").expect("registered");
    for point in spec.points {
        let values: Vec<&[f64]> = std::iter::once(&[][..]).chain(point.params.iter().copied()).collect();
        let (mean, sd) = (spec.mean_given.unwrap()(&values, 1)[0], spec.sd_given.unwrap()(&values, 1)[0]);
        let library = student(point);
        assert_eq!(mean, point.params[0][0]);
        match library.variance().filter(|v| v.is_finite()) {
            Some(v) => assert!((sd * sd - v).abs() < 1e-12 * v, "{point:?}: {sd} and {v}"),
            None => assert!(sd.is_infinite() && point.params[2][0] <= 2.0, "{point:?}: {sd}"),
        }
    }
}

#[test]
fn b1_joint_blocks_are_families() {
    every_joint("B1", |joint, point, _| laws::b1_family(joint, point));
    every_joint("B1", |joint, point, n| {
        laws::b1_sample(joint, point, 4000, &mut stream(joint.name, n as u64))
    });
}

#[test]
fn b3_the_entropy_of_a_pair_is_that_of_its_two_steps() {
    for joint in JOINTS {
        let (.., parent) = PAIRS.iter().find(|(name, ..)| *name == joint.name).expect("a row");
        let spec = find(parent).unwrap();
        let parent = spec.family.expect("a family");
        for point in joint.points {
            let (d, eta) = (point.d, laws::joint_eta_at(joint, point));
            let (mut m, mut a) = (vec![0.0; eta.len()], [0.0]);
            joint.family.evaluate(d, &eta, &mut m, &mut a).unwrap();
            // H(x, Λ) = E[H(x | Λ)] + H(Λ), where H(x | Λ) = ½d(1 + ln 2π − ln κ) − ½ ln|Λ|.
            let eta2 = parent.natural(d, &joint.family.parameters(d, &eta)[2..]);
            let (mut m2, mut a2) = (vec![0.0; eta2.len()], [0.0]);
            parent.evaluate(d, &eta2, &mut m2, &mut a2).unwrap();
            // κ is a number, or a matrix with a scalar precision.
            let ln_kappa = match point.params[1] {
                [kappa] => d as f64 * kappa.ln(),
                all => ln_det(&DMatrix::from_row_slice(d, d, all)),
            };
            let ln_precision =
                if parent.parameters(d, &eta2).len() == 2 && joint.of_entries { d as f64 } else { 1.0 }
                    * m2[m2.len() - 1];
            let inner =
                0.5 * (d as f64 * (1.0 + (2.0 * std::f64::consts::PI).ln()) - ln_kappa) - 0.5 * ln_precision;
            // A pair is taken against dx dΛ, whatever its precision alone is.
            let want = inner + entropy(&eta2, &m2, a2[0]) + spec.minus_ln_measure(d, &m2);
            let got = entropy(&eta, &m, a[0]);
            assert!(
                (got - want).abs() < 1e-9 * (1.0 + a[0].abs() + want.abs()),
                "{} at {point:?}: {got} and {want}",
                joint.name
            );
        }
    }
}

fn statistic(kind: &StatKind, value: &[f64], d: usize) -> Vec<f64> {
    let mut t = vec![0.0; kind.width(d)];
    (kind.of_value)(value, d, &mut t).unwrap();
    t
}

/// η and constant of p(x | m, Λ) p(Λ | two known) Π p(y | x, Λ).
fn conjugate(
    joint: &'static JointSpec,
    d: usize,
    mean: &[f64],
    hyper: [&[f64]; 2],
    data: &[Vec<f64>],
) -> (Vec<f64>, f64) {
    let (_, child, parent) = PAIRS.iter().find(|(name, ..)| *name == joint.name).expect("a row");
    let (child, parent) = (find(child).unwrap(), find(parent).unwrap());
    let known = |kind: &StatKind, value: &[f64]| Seat::Known(statistic(kind, value, d));
    let mut forms = vec![
        (child, vec![Seat::Member(0), known(child.params[0].stat, mean), Seat::Member(1)]),
        (
            parent,
            vec![
                Seat::Member(1),
                known(parent.params[0].stat, hyper[0]),
                known(parent.params[1].stat, hyper[1]),
            ],
        ),
    ];
    for y in data {
        forms.push((child, vec![known(child.stat, y), Seat::Member(0), Seat::Member(1)]));
    }
    laws::joint_form(joint, d, &forms).unwrap()
}

fn log_norm(joint: &JointSpec, d: usize, eta: &[f64]) -> f64 {
    let (mut m, mut a) = (vec![0.0; eta.len()], [0.0]);
    joint.family.evaluate(d, eta, &mut m, &mut a).unwrap();
    a[0]
}

fn near(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() < 1e-10 * (1.0 + want.abs()), "{what}: {got} and {want}");
}

#[test]
fn b2_a_joint_prior_is_normalised_and_its_evidence_is_student_t() {
    let (ng, nw) = (
        JOINTS.iter().find(|j| j.name == "Normal–Gamma").unwrap(),
        JOINTS.iter().find(|j| j.name == "Normal–Wishart").unwrap(),
    );
    let (a, b, m) = (2.5_f64, 0.7_f64, 1.3_f64);
    let data: Vec<Vec<f64>> = [0.2, -1.0, 4.0, 2.2].map(|y| vec![y]).to_vec();
    // Murphy (2007), eq. 85–89 and 100: one observation after the other, each Student-t given those before.
    let (mut mean, mut kappa, mut shape, mut rate) = (m, 1.0, a, b);
    let mut want = 0.0;
    for y in &data {
        let scale = (rate * (kappa + 1.0) / (shape * kappa)).sqrt();
        want += StudentsT::new(mean, scale, 2.0 * shape).unwrap().ln_pdf(y[0]);
        rate += 0.5 * kappa * (y[0] - mean).powi(2) / (kappa + 1.0);
        mean = (kappa * mean + y[0]) / (kappa + 1.0);
        kappa += 1.0;
        shape += 0.5;
    }
    let (eta, constant) = conjugate(ng, 1, &[m], [&[a], &[b]], &[]);
    near(log_norm(ng, 1, &eta) + constant, 0.0, "ln ∫ of the Normal–Gamma prior");
    let (eta, constant) = conjugate(ng, 1, &[m], [&[a], &[b]], &data);
    near(log_norm(ng, 1, &eta) + constant, want, "Normal–Gamma evidence");
    let posterior: Vec<f64> = ng.family.parameters(1, &eta).iter().map(|p| p.values[0]).collect();
    for (got, want) in posterior.iter().zip([mean, kappa, shape, rate]) {
        near(*got, want, "Normal–Gamma posterior");
    }
    // A Wishart in one dimension is Gamma(½ν, 1/(2V)).
    let (eta, constant) = conjugate(nw, 1, &[m], [&[2.0 * a], &[0.5 / b]], &data);
    near(log_norm(nw, 1, &eta) + constant, want, "Normal–Wishart evidence, d = 1");

    // Murphy (2007), eq. 266: ln evidence = −½nd ln π + ln Γ_d(½ν_n) − ln Γ_d(½ν_0) + ½ν_0 ln|T_0| − ½ν_n
    // ln|T_n| + ½d ln(κ_0/κ_n).
    let (d, nu, scale, m) = (2_usize, 3.5, [0.5, 0.1, 0.1, 0.3], [1.0, -2.0]);
    let mut numbers = Arbitrary::new(3);
    let data: Vec<Vec<f64>> = (0..5).map(|_| vec![numbers.number(), numbers.number()]).collect();
    let n = data.len() as f64;
    let t0 = DMatrix::from_row_slice(d, d, &scale).try_inverse().unwrap();
    let centre = data.iter().fold(DVector::zeros(d), |s, y| s + DVector::from_row_slice(y)) / n;
    let off = &centre - DVector::from_row_slice(&m);
    let mut tn = &t0 + &off * off.transpose() * (n / (1.0 + n));
    for y in &data {
        let r = DVector::from_row_slice(y) - &centre;
        tn += &r * r.transpose();
    }
    let multigamma = |a: f64| 0.5 * std::f64::consts::PI.ln() + ln_gamma(a) + ln_gamma(a - 0.5);
    let want = -n * std::f64::consts::PI.ln() + multigamma(0.5 * (nu + n)) - multigamma(0.5 * nu)
        + 0.5 * nu * t0.determinant().ln()
        - 0.5 * (nu + n) * tn.determinant().ln()
        - (1.0 + n).ln();
    let (eta, constant) = conjugate(nw, d, &m, [&[nu], &scale], &[]);
    near(log_norm(nw, d, &eta) + constant, 0.0, "ln ∫ of the Normal–Wishart prior");
    let (eta, constant) = conjugate(nw, d, &m, [&[nu], &scale], &data);
    near(log_norm(nw, d, &eta) + constant, want, "Normal–Wishart evidence");
}

/// Coefficients with a prior of any precision that τ scales: the evidence is a Student-t of all data at once
/// (Murphy 2012, eq. 7.77).
#[test]
fn b2_the_evidence_of_a_conjugate_regression_is_student_t() {
    let joint = JOINTS.iter().find(|j| j.name == "Normal–Gamma of a vector").unwrap();
    let (d, n, a, b) = (3, 6, 1.7_f64, 0.6_f64);
    let mut numbers = Arbitrary::new(8);
    let x = DMatrix::from_fn(n, d, |_, _| numbers.number());
    let y = DVector::from_fn(n, |_, _| 3.0 * numbers.number());
    let m0 = DVector::from_fn(d, |_, _| numbers.number());
    let k0 = DMatrix::from_row_slice(d, d, &[2.0, 0.3, 0.0, 0.3, 1.0, -0.2, 0.0, -0.2, 0.5]);
    // y is Student-t of 2a degrees about Xm with squared scales (b/a) (I + X K⁻¹ Xᵀ).
    let scale = (DMatrix::identity(n, n) + &x * k0.clone().try_inverse().unwrap() * x.transpose()) * (b / a);
    let off = &y - &x * &m0;
    let square = (scale.clone().try_inverse().unwrap() * &off).dot(&off);
    let half = 0.5 * n as f64;
    let want = ln_gamma(a + half)
        - ln_gamma(a)
        - half * (2.0 * a * std::f64::consts::PI).ln()
        - 0.5 * ln_det(&scale)
        - (a + half) * (1.0 + square / (2.0 * a)).ln();
    // Σ ln p in the statistic (τx, τxxᵀ, τ, ln τ): the prior, then the data.
    let eta = |k: &DMatrix<f64>, h: &DVector<f64>, tau: f64, ln_tau: f64| -> Vec<f64> {
        h.iter().copied().chain(k.transpose().iter().map(|k| -0.5 * k)).chain([tau, ln_tau]).collect()
    };
    let half_d = 0.5 * d as f64;
    let prior = eta(&k0, &(&k0 * &m0), -b - 0.5 * (&k0 * &m0).dot(&m0), a - 1.0 + half_d);
    let constant = a * b.ln() - ln_gamma(a) + 0.5 * ln_det(&k0) - half_d * (2.0 * std::f64::consts::PI).ln();
    near(log_norm(joint, d, &prior) + constant, 0.0, "ln ∫ of the prior");
    let data = eta(&(x.transpose() * &x), &(x.transpose() * &y), -0.5 * y.dot(&y), half);
    let both: Vec<f64> = prior.iter().zip(&data).map(|(p, q)| p + q).collect();
    near(log_norm(joint, d, &both) + constant - half * (2.0 * std::f64::consts::PI).ln(), want, "evidence");
}

#[test]
fn a_far_offset_costs_a_joint_block_no_digits() {
    // The rate is what is left of two numbers of 1e12: it must be that of the η given, to the last digits of
    // η.
    let ng = JOINTS.iter().find(|j| j.name == "Normal–Gamma").unwrap();
    // Exactly representable: kappa 3, mean 2²⁰ + ½, rate 2.
    let (kappa, mean, rate) = (3.0, 1_048_576.5, 2.0);
    let eta = [kappa * mean, -0.5 * kappa, -rate - 0.5 * kappa * mean * mean, 1.0];
    near(ng.family.parameters(1, &eta)[3].values[0], rate, "rate");
    // The same in two dimensions, with coefficients that lean on each other.
    let (vector, [m, n]) =
        (JOINTS.iter().find(|j| j.name == "Normal–Gamma of a vector").unwrap(), [mean, -4_194_303.25]);
    let (h, g) = (3.0 * m + 0.5 * n, 0.5 * m + 2.0 * n);
    let eta = [h, g, -1.5, -0.25, -0.25, -1.0, -rate - 0.5 * (h * m + g * n), 1.0];
    near(vector.family.parameters(2, &eta)[3].values[0], rate, "rate of a vector's");
}

/// Where parameters are known, the moments of a prediction are those of the distribution.
#[test]
fn a_prediction_from_known_parameters_has_the_moments_of_the_distribution() {
    for spec in forms() {
        let Some(how) = spec.predictive else { continue };
        for point in spec.points {
            let (d, params) = (point.d, point.params);
            let power = |s: usize, p: i32| -> Vec<f64> {
                if p < 0 && spec.params[s - 1].stat.value == PartShape::Matrix {
                    let inverse = DMatrix::from_row_slice(d, d, params[s - 1]).try_inverse().unwrap();
                    return inverse.as_slice().to_vec();
                }
                params[s - 1].iter().map(|x| x.powi(p)).collect()
            };
            let variance = |s: usize| vec![0.0; params[s - 1].len()];
            let real = |s: usize| [params[s - 1][0], 0.0];
            let expected = Expected { power: &power, variance: &variance, real: &real };
            let (mean, variance) = match how {
                Predictive::Moments(tell) => {
                    let told = tell(&expected, d);
                    (told.mean, told.variance)
                }
                Predictive::Around(noise) => {
                    let noise = noise(&expected, d);
                    let d = params[0].len();
                    (params[0].to_vec(), (0..d).map(|i| noise[i * d + i]).collect())
                }
            };
            let (want, sd) = match (spec.mean_given, spec.family) {
                (Some(given), _) => {
                    let values: Vec<&[f64]> =
                        std::iter::once(&[][..]).chain(params.iter().copied()).collect();
                    (given(&values, d), spec.sd_given.map_or(vec![], |given| given(&values, d)))
                }
                (None, Some(family)) => {
                    let slots: Vec<Vec<f64>> = std::iter::once(vec![])
                        .chain(spec.params.iter().zip(params).map(|(p, x)| {
                            let mut t = vec![0.0; p.stat.width(d)];
                            (p.stat.of_value)(x, d, &mut t).unwrap();
                            t
                        }))
                        .collect();
                    let slots: Vec<&[f64]> = slots.iter().map(Vec::as_slice).collect();
                    let summary = family.summary(d, &laws::message(spec, Measure::Family, d, 0, &slots));
                    (summary.mean, summary.sd)
                }
                (None, None) => panic!("{spec:?} has no mean"),
            };
            let near = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-9 * b.abs().max(1e-6);
            assert!(
                mean.iter().zip(&want).all(|(a, b)| near(*a, *b)),
                "{spec:?} {point:?}: {mean:?} {want:?}"
            );
            let spread: Vec<f64> = variance.iter().map(|v| v.sqrt()).collect();
            let alike = spread.iter().zip(&sd).all(|(a, b)| near(*a, *b));
            assert!(alike, "{spec:?} {point:?}: {spread:?} {sd:?}");
        }
    }
}
