//! Categorical(x | logits ψ), one of d categories: p_k = exp ψ_k / Σ exp ψ_j.
//!
//! Density: ψ_x − ln Σ exp ψ_k. The mean of the second has no closed form; the tilted bound of Knowles and
//! Minka, of Gaussian ψ ~ N(m, V), is E ln Σ exp ψ_k ≤ ½ aᵀVa + ln Σ exp(m_k + ½ V_kk − (Va)_k) for any a,
//! least where a is the softmax inside. Its slopes there are a in m and ½ (diag a − a aᵀ) in V. Source:
//! Knowles & Minka, Advances in Neural Information Processing Systems 24 (2011), p. 1701 eq. 14–16.

use crate::{
    expfam::{
        form::{Term, part, term},
        outlook::{Outlook, Predictive},
        site::{Site, SitePoint},
        spec::{DistSpec, PLAIN, Param},
        stat::{Arithmetic, Domain, GAUSSIAN_VECTOR, Part, PartRole, PartShape, StatKind},
    },
    num::special::softmax_in_place,
};

const X: usize = 0;
const LOGITS: usize = 1;
/// Steps of Newton's method, at most.
const STEPS: usize = 100;

static CHOICE: StatKind = StatKind {
    name: "softmax site",
    parts: &[
        Part { symbol: "a(x)", shape: PartShape::Vector, role: PartRole::Other },
        Part { symbol: "b(x)", shape: PartShape::Matrix, role: PartRole::Other },
    ],
    value: PartShape::Scalar,
    arithmetic: Arithmetic::None,
    domain: Domain::Category,
    support: "a category",
    of_value: |x, d, out| {
        out.fill(0.0);
        if x[0] < 0.0 || x[0].fract() != 0.0 || x[0] as usize >= d {
            return Err("is not one of the categories");
        }
        Ok(())
    },
};

static TERMS: &[Term] = &[
    term(|_| 1.0, &[part(X, 0, "a"), part(LOGITS, 0, "a")]),
    term(|_| 1.0, &[part(X, 1, "ab"), part(LOGITS, 1, "ab")]),
];

/// The registry's entry, of `Categorical`.
pub static SPEC: DistSpec = DistSpec {
    name: "Categorical",
    summary: "one of several categories, by their log odds",
    source: "Knowles & Minka (2011), eq. 14",
    density: "logits_x − ln Σ exp(logits_k)",
    stat: &CHOICE,
    params: &[Param {
        name: "logits",
        stat: &GAUSSIAN_VECTOR,
        random: true,
        gated: true,
        spellings: &[],
        doc: "a real number for each category: what the mean of a vector of Normals may be",
    }],
    terms: TERMS,
    predictive: Some(Predictive::Moments(|e, d| {
        // At the means of the logits.
        let mut p = (e.power)(LOGITS, 1);
        p.resize(d, f64::NAN);
        softmax_in_place(&mut p);
        Outlook { mean: p, ..Outlook::default() }
    })),
    site: Some(&Softmax),
    ..PLAIN
};

/// The site. η: ⟨ψ_k⟩ and ⟨ψ_k ψ_l⟩ of all categories.
#[derive(Debug)]
pub struct Softmax;

/// Solves (I + (diag p − p pᵀ) V) δ = r; false where there is no solution.
fn newton(p: &[f64], v: &[f64], r: &mut [f64]) -> bool {
    let d = p.len();
    let mut m = vec![0.0; d * d];
    for l in 0..d {
        let mean: f64 = (0..d).map(|j| p[j] * v[j * d + l]).sum();
        for k in 0..d {
            m[k * d + l] = p[k] * (v[k * d + l] - mean) + f64::from(u8::from(k == l));
        }
    }
    for i in 0..d {
        let best = (i..d).max_by(|&a, &b| m[a * d + i].abs().total_cmp(&m[b * d + i].abs())).unwrap_or(i);
        (0..d).for_each(|l| m.swap(i * d + l, best * d + l));
        r.swap(i, best);
        let pivot = m[i * d + i];
        if pivot == 0.0 || pivot.is_nan() {
            return false;
        }
        for k in i + 1..d {
            let by = m[k * d + i] / pivot;
            (i..d).for_each(|l| m[k * d + l] -= by * m[i * d + l]);
            r[k] -= by * r[i];
        }
    }
    for i in (0..d).rev() {
        let known: f64 = (i + 1..d).map(|l| m[i * d + l] * r[l]).sum();
        r[i] = (r[i] - known) / m[i * d + i];
    }
    r.iter().all(|x| x.is_finite())
}

/// The softmax inside the bound, and the bound, at a.
fn inside(mean: &[f64], v: &[f64], a: &[f64], p: &mut [f64]) -> f64 {
    let d = mean.len();
    let mut half = 0.0;
    for k in 0..d {
        let va: f64 = (0..d).map(|l| v[k * d + l] * a[l]).sum();
        half += 0.5 * a[k] * va;
        p[k] = mean[k] + 0.5 * v[k * d + k] - va;
    }
    half + softmax_in_place(p)
}

impl Site for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }
    fn rule(&self) -> &'static str {
        "the tilted bound of Knowles and Minka on E ln Σ exp ψ, of Gaussian ψ"
    }
    fn predictor(&self) -> bool {
        false
    }
    fn evaluate(
        &self,
        d: usize,
        value: &[f64],
        eta: &[f64],
        slopes: &mut [f64],
    ) -> Result<f64, &'static str> {
        if eta.iter().any(|e| !e.is_finite()) {
            return Err("the logits are not finite");
        }
        let (mean, second) = eta.split_at(d);
        let v: Vec<f64> = (0..d * d).map(|i| second[i] - mean[i / d] * mean[i % d]).collect();
        let (mut a, mut p) = (vec![1.0 / d as f64; d], vec![0.0; d]);
        let mut cost = inside(mean, &v, &a, &mut p);
        let (mut step, mut next, mut at_next) = (vec![0.0; d], vec![0.0; d], vec![0.0; d]);
        for _ in 0..STEPS {
            step.iter_mut().zip(p.iter().zip(&a)).for_each(|(s, (p, a))| *s = p - a);
            if step.iter().all(|s| s.abs() < 1e-13) || !newton(&p, &v, &mut step) {
                break;
            }
            // The bound is convex in a: a step that raises it is too long.
            let mut share = 1.0;
            let lower = loop {
                next.iter_mut().zip(a.iter().zip(&step)).for_each(|(n, (a, s))| *n = a + share * s);
                let there = inside(mean, &v, &next, &mut at_next);
                if there <= cost || share < 1e-6 {
                    break there;
                }
                share *= 0.5;
            };
            if lower > cost {
                break;
            }
            cost = lower;
            std::mem::swap(&mut a, &mut next);
            std::mem::swap(&mut p, &mut at_next);
        }
        let x = value[0] as usize;
        let (by_mean, by_square) = slopes.split_at_mut(d);
        for k in 0..d {
            for l in 0..d {
                let own = if k == l { a[k] } else { 0.0 };
                by_square[k * d + l] = -0.5 * (own - a[k] * a[l]);
            }
        }
        for k in 0..d {
            let twice: f64 = (0..d).map(|l| 2.0 * by_square[k * d + l] * mean[l]).sum();
            by_mean[k] = f64::from(u8::from(k == x)) - a[k] - twice;
        }
        Ok(mean[x] - cost)
    }
    fn begin(&self, _: usize, _: &[f64], eta: &mut [f64]) {
        eta.fill(0.0);
    }
    fn points(&self) -> &'static [SitePoint] {
        &[
            SitePoint { d: 2, value: &[0.0], eta: &[1.5, -1.0, 4.0, -1.2, -1.2, 3.5] },
            SitePoint {
                d: 3,
                value: &[1.0],
                eta: &[0.2, -0.5, 1.0, 1.0, 0.1, 0.0, 0.1, 0.9, -0.6, 0.0, -0.6, 1.4],
            },
            SitePoint { d: 2, value: &[1.0], eta: &[0.0, 0.0, 60.0, 20.0, 20.0, 40.0] },
        ]
    }
}
