//! The laws of the exponential-family core as functions over any entry of a registry, and plain nested-loop
//! twins of energy and message. Not here: the entries, nor densities from elsewhere to hold them against
//! (`tests/laws/registries.rs`).
//!
//! Each law returns `Err` with a sentence that says what differs, by how much and where.

use super::{
    family::{Family, Improper, Parameter, entropy},
    form::{Factor, Measure, Term},
    joint::{JointSpec, Rewrite},
    line,
    spec::{DistSpec, Point, Taken},
    stat::{Arithmetic, Domain, IMPOSSIBLE, PartRole, PartShape, StatKind},
};
use crate::num::{reduce::dot, stream::Stream};

/// What a law says: nothing, or how it was broken.
pub type Verdict = Result<(), String>;

/// Evaluates one element: writes the moments, returns A(η).
pub type Evaluate<'a> = &'a dyn Fn(&[f64], &mut [f64]) -> Result<f64, Improper>;

// ---------------------------------------------------------------- forms, by nested loops

/// Calls `visit` with every assignment of 0..d to the letters of `factors`.
fn assignments(d: usize, factors: &[&str], mut visit: impl FnMut(&dyn Fn(&str) -> usize)) {
    let mut letters: Vec<char> = Vec::new();
    for c in factors.iter().flat_map(|axes| axes.chars()) {
        if !letters.contains(&c) {
            letters.push(c);
        }
    }
    let count = d.pow(letters.len() as u32);
    for n in 0..count {
        // Row-major index of a part's axes under assignment number `n`, read as digits in base d.
        let digit = |c: char| {
            let place = letters.iter().position(|l| *l == c).unwrap_or(0);
            n / d.pow(place as u32) % d
        };
        visit(&|axes: &str| axes.chars().fold(0, |at, c| at * d + digit(c)));
    }
}

fn axes_of(term: &Term) -> Vec<&'static str> {
    term.factors.iter().map(|f| f.axes).collect()
}

/// E[ln p] of one row but for the base measure: the form at `slot_moments`, one slice a slot, the child's
/// first (nats).
pub fn energy(spec: &DistSpec, against: Measure, d: usize, slot_moments: &[&[f64]]) -> f64 {
    let mut total = 0.0;
    for term in spec.form(against) {
        let coefficient = (term.coefficient)(d);
        assignments(d, &axes_of(term), |index| {
            let at =
                |f: &Factor| slot_moments[f.slot][spec.slot_stat(f.slot).offset(f.part, d) + index(f.axes)];
            total += term.factors.iter().fold(coefficient, |product, f| product * at(f));
        });
    }
    total
}

/// The message to slot `to`: ∂ energy / ∂ its moments, in the layout of its statistic. `slot_moments[to]` is
/// not read.
pub fn message(spec: &DistSpec, against: Measure, d: usize, to: usize, slot_moments: &[&[f64]]) -> Vec<f64> {
    let mut out = vec![0.0; spec.slot_stat(to).width(d)];
    for term in spec.form(against) {
        let Some(target) = term.factors.iter().find(|f| f.slot == to) else { continue };
        let coefficient = (term.coefficient)(d);
        assignments(d, &axes_of(term), |index| {
            let at = |f: &Factor| spec.slot_stat(f.slot).offset(f.part, d) + index(f.axes);
            let others = term.factors.iter().filter(|f| f.slot != to);
            out[at(target)] += others.fold(coefficient, |product, f| product * slot_moments[f.slot][at(f)]);
        });
    }
    out
}

/// t(value).
fn statistic(kind: &StatKind, value: &[f64], d: usize) -> Result<Vec<f64>, String> {
    let mut out = vec![0.0; kind.width(d)];
    (kind.of_value)(value, d, &mut out).map_err(|why| format!("{value:?} {why}"))?;
    Ok(out)
}

/// The statistics of all slots at a point, with `child` in slot 0.
fn slots_at(spec: &DistSpec, point: &Point, child: Vec<f64>) -> Result<Vec<Vec<f64>>, String> {
    let mut slots = vec![child];
    for (param, value) in spec.params.iter().zip(point.params) {
        slots.push(statistic(param.stat, value, point.d).map_err(|e| format!("{}: {e}", param.name))?);
    }
    Ok(slots)
}

fn borrow(slots: &[Vec<f64>]) -> Vec<&[f64]> {
    slots.iter().map(Vec::as_slice).collect()
}

/// ln h at a point, with `child` as the child's value (empty where it is latent).
fn log_base(spec: &DistSpec, point: &Point, child: &[f64]) -> f64 {
    let mut values: Vec<&[f64]> = vec![child];
    values.extend(spec.params.iter().zip(point.params).map(|(p, v)| if p.gated { &[][..] } else { *v }));
    spec.log_base.map_or(0.0, |base| base(&values, point.d))
}

/// η of the distribution itself at a point, as its own form says: the message to the child.
pub fn eta_at(spec: &DistSpec, point: &Point) -> Result<Vec<f64>, String> {
    let slots = slots_at(spec, point, vec![])?;
    Ok(message(spec, Measure::Family, point.d, 0, &borrow(&slots)))
}

/// The form is well made: slots and parts exist, letters fit the parts, a slot occurs at most once in a term,
/// a letter at most twice.
pub fn well_formed(spec: &DistSpec) -> Verdict {
    for (n, term) in spec.terms.iter().enumerate() {
        let mut seen = Vec::new();
        let letters: Vec<char> = axes_of(term).iter().flat_map(|a| a.chars()).collect();
        for f in term.factors {
            if f.slot > spec.params.len() || f.part >= spec.slot_stat(f.slot).parts.len() {
                return Err(format!("term {n}: there is no part {} of slot {}", f.part, f.slot));
            }
            if spec.slot_stat(f.slot).parts[f.part].shape.rank() != f.axes.len() {
                return Err(format!(
                    "term {n}: `{}` is not one letter for each axis of part {} of slot {}",
                    f.axes, f.part, f.slot
                ));
            }
            if seen.contains(&f.slot) {
                return Err(format!("term {n}: slot {} twice", f.slot));
            }
            seen.push(f.slot);
        }
        if let Some(c) = letters.iter().find(|c| letters.iter().filter(|l| l == c).count() > 2) {
            return Err(format!("term {n}: the letter {c} occurs more than twice"));
        }
    }
    for point in spec.points {
        if point.params.len() != spec.params.len() {
            return Err(format!("{point:?} has not one value for each parameter"));
        }
    }
    if spec.family.is_none() && spec.mean_given.is_none() {
        return Err("neither a family nor a mean".into());
    }
    for case in spec.cases {
        let alike = case.params.iter().map(|p| p.name).eq(spec.params.iter().map(|p| p.name));
        if case.name != spec.name || case.stat != spec.stat || !alike || case.params.iter().all(|p| !p.random)
        {
            return Err("another form has other names, or no random parameter".into());
        }
    }
    if let Some(mixture) = spec.augment {
        let whole = |list: &[Taken], of: &DistSpec| list.len() == of.params.len() && of.augment.is_none();
        if mixture.given.stat != spec.stat
            || !whole(mixture.given_args, mixture.given)
            || !whole(mixture.auxiliary_args, mixture.auxiliary)
            || !spec.terms.is_empty()
        {
            return Err("a mixture of other distributions than it says".into());
        }
    }
    Ok(())
}

// ---------------------------------------------------------------- numbers

/// Real numbers in [−2, 2] that look random and are the same every time.
#[derive(Debug)]
pub struct Arbitrary(u64);

impl Arbitrary {
    /// The numbers of one seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// The next one (SplitMix64).
    pub fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 51) as f64 - 2.0
    }
    fn vector(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.number()).collect()
    }
}

fn near(what: &str, got: f64, want: f64, tolerance: f64) -> Verdict {
    // `<=` is false for NaN.
    if (got - want).abs() <= tolerance {
        Ok(())
    } else {
        Err(format!(
            "{what}: {got:e} and {want:e} differ by {:e}, more than {tolerance:e}",
            (got - want).abs()
        ))
    }
}

/// Nodes and weights of the 10-point Gauss–Legendre rule, positive half. Abramowitz & Stegun (1964), table
/// 25.4.
const LEGENDRE: [(f64, f64); 5] = [
    (0.148_874_338_981_631_21, 0.295_524_224_714_752_87),
    (0.433_395_394_129_247_2, 0.269_266_719_309_996_35),
    (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
    (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
    (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
];

/// μ_i(η + s·e_i).
fn moment_along(evaluate: Evaluate, eta: &[f64], i: usize, s: f64) -> Result<(f64, f64), Improper> {
    let (mut e, mut m) = (eta.to_vec(), vec![0.0; eta.len()]);
    e[i] += s;
    let a = evaluate(&e, &mut m)?;
    Ok((m[i], a))
}

fn integral(evaluate: Evaluate, eta: &[f64], i: usize, from: f64, to: f64) -> Result<f64, Improper> {
    let (mid, half) = (0.5 * (from + to), 0.5 * (to - from));
    let mut sum = 0.0;
    for (node, weight) in LEGENDRE {
        sum += weight
            * (moment_along(evaluate, eta, i, mid - half * node)?.0
                + moment_along(evaluate, eta, i, mid + half * node)?.0);
    }
    Ok(half * sum)
}

/// ∇A = μ. Not by small differences, which lose half the digits: A(η + h) − A(η − h) is held against the
/// integral of μ in between, with h as large as the domain and the smoothness of μ allow.
fn gradient(evaluate: Evaluate, eta: &[f64]) -> Verdict {
    gradient_along(evaluate, eta, &(0..eta.len()).collect::<Vec<_>>())
}

/// The same along some of the coordinates.
pub fn gradient_along(evaluate: Evaluate, eta: &[f64], along: &[usize]) -> Verdict {
    for &i in along {
        let mut h = 0.25 * eta[i].abs().max(1.0);
        let mut checked = false;
        for _ in 0..200 {
            h *= 0.5;
            let room = moment_along(evaluate, eta, i, 2.0 * h).is_ok()
                && moment_along(evaluate, eta, i, -2.0 * h).is_ok();
            if !room {
                continue;
            }
            let parts = (|| {
                let whole = integral(evaluate, eta, i, -h, h)?;
                let halves = integral(evaluate, eta, i, -h, 0.0)? + integral(evaluate, eta, i, 0.0, h)?;
                let ends = (moment_along(evaluate, eta, i, h)?, moment_along(evaluate, eta, i, -h)?);
                Ok::<_, Improper>((whole, halves, ends))
            })();
            let Ok((whole, halves, (above, below))) = parts else { continue };
            if (whole - halves).abs() > 1e-10 * h * (above.0.abs() + below.0.abs()) + 1e-300 {
                continue;
            }
            // η ± h as rounded, not as wished.
            let rise = above.1 - below.1;
            let width = ((eta[i] + h) - (eta[i] - h)) / (2.0 * h);
            let tolerance =
                2e-9 * h * (above.0.abs() + below.0.abs()) + 1e-14 * (above.1.abs() + below.1.abs()) + 1e-15;
            near(&format!("∂A/∂η[{i}] over ±{h:e}"), rise, halves * width, tolerance)?;
            checked = true;
            break;
        }
        if !checked {
            return Err(format!("found no step for η[{i}] = {}", eta[i]));
        }
    }
    Ok(())
}

/// ∂μ_i/∂η_i, which is the variance of t_i. About six digits.
fn variance(evaluate: Evaluate, eta: &[f64], i: usize) -> Result<f64, String> {
    let mut h = 0.25 * eta[i].abs().max(1.0);
    let ends = |h: f64| {
        Ok::<_, Improper>((moment_along(evaluate, eta, i, h)?.0, moment_along(evaluate, eta, i, -h)?.0))
    };
    let mut last = f64::NAN;
    for _ in 0..200 {
        h *= 0.5;
        let (Ok((up, down)), Ok((up2, down2))) = (ends(h), ends(2.0 * h)) else { continue };
        // Richardson's extrapolation of two central differences.
        let (fine, coarse) = ((up - down) / (2.0 * h), (up2 - down2) / (4.0 * h));
        last = (4.0 * fine - coarse) / 3.0;
        if (fine - coarse).abs() <= 1e-4 * last.abs() {
            return Ok(last);
        }
    }
    Err(format!("no derivative of μ[{i}]: {last}"))
}

// ---------------------------------------------------------------- families

fn single(family: &dyn Family, d: usize) -> impl Fn(&[f64], &mut [f64]) -> Result<f64, Improper> + '_ {
    move |eta, moments| {
        let mut a = [0.0];
        family.evaluate(d, eta, moments, &mut a)?;
        Ok(a[0])
    }
}

/// The coordinates along which η may move. On the line a function that nothing asks for has the coefficient 0, which is
/// the edge of the domain; numbers of the base measure are no coordinates.
fn inside(spec: &DistSpec, eta: &[f64]) -> Vec<usize> {
    let moves =
        |&i: &usize| spec.stat != &line::LINE || eta[i] != 0.0 && spec.stat.parts[i].role != PartRole::Base;
    (0..eta.len()).filter(moves).collect()
}

type FamilyAt = Option<(&'static dyn Family, Vec<f64>)>;

fn family_at(spec: &DistSpec, point: &Point) -> Result<FamilyAt, String> {
    Ok(match spec.family {
        Some(family) => Some((family, eta_at(spec, point)?)),
        None => None,
    })
}

/// Moments and A(η) of one element.
fn evaluated(evaluate: Evaluate, eta: &[f64]) -> Result<(Vec<f64>, f64), String> {
    let mut m = vec![0.0; eta.len()];
    let a = evaluate(eta, &mut m).map_err(|e| e.why)?;
    Ok((m, a))
}

/// F1: ∇A(η) = μ.
pub fn f1_gradient(spec: &DistSpec, point: &Point) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    gradient_along(&single(family, point.d), &eta, &inside(spec, &eta))
}

/// F2: η → standard parameters → η.
pub fn f2_parameters(spec: &DistSpec, point: &Point) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    let there = family.parameters(point.d, &eta);
    round_trip(&eta, &family.natural(point.d, &there), &there, &|eta| family.parameters(point.d, eta))?;
    // A family that is the distribution's own names and counts its parameters as the distribution does.
    for (p, (param, value)) in
        there.iter().zip(spec.params.iter().zip(point.params)).filter(|(p, (q, _))| p.name == q.name)
    {
        for (got, want) in p.values.iter().zip(*value) {
            near(param.name, *got, *want, 1e-9 * want.abs() + 1e-12)?;
        }
    }
    Ok(())
}

fn round_trip(
    eta: &[f64],
    back: &[f64],
    there: &[Parameter],
    parameters: &dyn Fn(&[f64]) -> Vec<Parameter>,
) -> Verdict {
    if eta.len() != back.len() {
        return Err(format!("η has {} numbers and comes back with {}", eta.len(), back.len()));
    }
    for (i, (a, b)) in eta.iter().zip(back).enumerate() {
        near(&format!("η[{i}]"), *b, *a, 1e-9 * a.abs().max(1.0))?;
    }
    for (p, q) in there.iter().zip(parameters(back)) {
        if p.values.len() != p.dims.iter().product::<usize>() {
            return Err(format!("{} has {} numbers for dims {:?}", p.name, p.values.len(), p.dims));
        }
        let scale = p.values.iter().fold(0.0_f64, |s, v| s.max(v.abs()));
        for (a, b) in p.values.iter().zip(&q.values) {
            near(p.name, *b, *a, 1e-9 * scale)?;
        }
    }
    Ok(())
}

/// F3: ∫q = 1 and A − ⟨η, μ⟩ = −∫ q ln q, against the family's base measure, by quadrature over the value for numbers, by enumeration for
/// categories. Vectors and matrices: F4 fixes their constants, since P3 fixes the form's.
pub fn f3_entropy(spec: &DistSpec, point: &Point) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    let (m, a) = evaluated(&single(family, point.d), &eta)?;
    let want = entropy(&eta, &m, a);
    let summary = family.summary(point.d, &eta);
    // (ln of the volume element, t(x)) at the integration variable u.
    type Along = fn(f64) -> (f64, [f64; 2]);
    let (mut mass, mut bits) = (0.0, 0.0);
    let mut add = |ln_volume: f64, t: &[f64]| {
        let ln_q = dot(&eta, t) - a;
        let w = (ln_q + ln_volume - spec.minus_ln_measure(1, t)).exp();
        if w > 0.0 {
            mass += w;
            bits -= w * ln_q;
        }
    };
    if spec.stat == &line::LINE {
        // What the base measure has is held to closed forms beside the family.
        if eta.iter().zip(spec.stat.parts).any(|(e, p)| p.role == PartRole::Base && *e != 0.0) {
            return Ok(());
        }
        let ln = |p: f64| family.quantile(point.d, &eta, p)[0].ln();
        let (centre, width, step) = (ln(0.5), ln(0.84) - ln(0.5), 0.0025);
        let mut t = vec![0.0; eta.len()];
        for n in -10_000..=10_000 {
            let v = f64::from(n) * step;
            let u = centre + width * v.sinh();
            if u.abs() < 300.0 {
                line::write(u.exp(), u, 1.0, &mut t);
                add(u + (width * v.cosh() * step).ln(), &t);
            }
        }
    } else if matches!(spec.stat.domain, Domain::Binary | Domain::Category) {
        let levels = if spec.stat.domain == Domain::Binary { 2 } else { point.d };
        for k in 0..levels {
            add(0.0, &statistic(spec.stat, &[k as f64], point.d)?);
        }
    } else {
        let (mean, sd) = (summary.mean[0], summary.sd.first().copied().unwrap_or(1.0));
        let (centre, width, along): (f64, f64, Along) = if spec.stat.is(Arithmetic::Sum, PartShape::Scalar) {
            (mean, sd, |u| (0.0, [u, u * u]))
        } else if spec.stat.is(Arithmetic::Product, PartShape::Scalar) {
            (mean.ln(), (sd / mean).min(1.0), |u| (u, [u.exp(), u]))
        } else if spec.stat.domain == Domain::Positive {
            let ln = |p: f64| family.quantile(point.d, &eta, p)[0].ln();
            (ln(0.5), ln(0.84) - ln(0.5), |u| (u, [u, u * u]))
        } else if spec.stat.domain == Domain::Unit {
            ((mean / (1.0 - mean)).ln(), (sd / (mean * (1.0 - mean))).min(1.0), |u| {
                let softplus = |u: f64| u.max(0.0) + (-u.abs()).exp().ln_1p();
                (-softplus(-u) - softplus(u), [-softplus(-u), -softplus(u)])
            })
        } else {
            return Ok(());
        };
        // The mass of a shape of 10⁻³⁰ lies where no grid goes.
        if sd > 1e8 * mean.abs() && !spec.measure.is_empty() {
            return Ok(());
        }
        // u = centre + width·sinh v: fine where the mass turns, and out to 1e10 widths for heavy tails.
        let step = 0.0025;
        for n in -10_000..=10_000 {
            let v = f64::from(n) * step;
            let (ln_volume, t) = along(centre + width * v.sinh());
            add(ln_volume + (width * v.cosh() * step).ln(), &t);
        }
    }
    // The exponents ⟨η, t⟩ − A cancel; their rounding is what accuracy there can be.
    let size: f64 = a.abs() + eta.iter().zip(&m).map(|(e, m)| (e * m).abs()).sum::<f64>();
    let tolerance = 1e-9 + 1e-14 * size;
    near("∫q", mass, 1.0, tolerance)?;
    near("entropy", bits, want, tolerance * (1.0 + want.abs()))
}

/// F4: KL(q‖p) = 0 where q is p itself, and ≥ 0 elsewhere. The energy is the form's, so form and family agree
/// in every constant.
pub fn f4_divergence(spec: &DistSpec, point: &Point) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    let evaluate = single(family, point.d);
    let base = log_base(spec, point, &[]);
    let divergence = |eta: &[f64]| -> Result<(f64, f64), String> {
        let (m, a) = evaluated(&evaluate, eta)?;
        let size = a.abs() + eta.iter().zip(&m).map(|(e, m)| (e * m).abs()).sum::<f64>();
        let h = entropy(eta, &m, a);
        let slots = slots_at(spec, point, m)?;
        Ok((-(energy(spec, Measure::Family, point.d, &borrow(&slots)) + base + h), 1e-13 * size + 1e-12))
    };
    let (kl, tolerance) = divergence(&eta)?;
    near("KL(p‖p)", kl, 0.0, tolerance)?;
    for i in inside(spec, &eta) {
        for step in [0.3, -0.3, 1e-3, -1e-3] {
            let mut other = eta.clone();
            other[i] += step * other[i].abs().max(1.0);
            // Steps out of the domain are no q.
            if let Ok((kl, tolerance)) = divergence(&other)
                && kl < -tolerance
            {
                return Err(format!("KL = {kl:e} < 0 with η[{i}] = {}", other[i]));
            }
        }
    }
    Ok(())
}

/// F5: the mean of t(x) over `draws` draws is within 5σ of μ.
pub fn f5_sample(spec: &DistSpec, point: &Point, draws: usize, stream: &mut Stream) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    let values: Vec<_> = (0..draws).map(|_| family.sample(point.d, &eta, stream)).collect();
    let mut statistics = Vec::new();
    let (m, _) = evaluated(&single(family, point.d), &eta)?;
    for value in &values {
        match statistic(spec.stat, value, point.d) {
            Ok(t) => statistics.push(t),
            // Draws below the smallest number come out as 0, and nearly singular matrices as singular: no
            // logarithm.
            Err(_) if value.iter().all(|v| v.is_finite()) && m.iter().any(|m| *m < -30.0) => {
                let mut t = value.clone();
                t.resize(m.len(), super::stat::LN_ZERO);
                statistics.push(t);
            }
            Err(why) => return Err(format!("drew a value outside the support: {why}")),
        }
    }
    sample_means(&single(family, point.d), &eta, &m, &statistics, &inside(spec, &eta))
}

fn sample_means(
    evaluate: Evaluate,
    eta: &[f64],
    m: &[f64],
    statistics: &[Vec<f64>],
    along: &[usize],
) -> Verdict {
    let n = statistics.len() as f64;
    for &i in along {
        let underflow = statistics.iter().any(|t| t[i] <= IMPOSSIBLE);
        if underflow && m[i] < -30.0 {
            continue;
        }
        let mean = statistics.iter().map(|t| t[i]).sum::<f64>() / n;
        let sd = variance(evaluate, eta, i)?.max(0.0).sqrt();
        near(
            &format!("mean of t[{i}] over {n} draws"),
            mean,
            m[i],
            5.0 * sd / n.sqrt() + 1e-9 * m[i].abs() + 1e-12,
        )?;
    }
    Ok(())
}

/// F6: an η out of the domain is an `Err` that names the element; any η gives that or finite numbers, never
/// NaN.
pub fn f6_improper(spec: &DistSpec, point: &Point) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    // A category's η may be any numbers, so for these only NaN and ∞ are out.
    let bounded = !matches!(spec.stat.domain, Domain::Binary | Domain::Category);
    improper(&eta, bounded, &|eta, m, a| family.evaluate(point.d, eta, m, a))
}

type Batched<'a> = &'a dyn Fn(&[f64], &mut [f64], &mut [f64]) -> Result<(), Improper>;

fn improper(eta: &[f64], bounded: bool, evaluate: Batched) -> Verdict {
    let w = eta.len();
    let refused = std::cell::Cell::new(0);
    let attempt = |bad: Vec<f64>, must_fail: bool| -> Verdict {
        let batch = [eta, &bad, eta].concat();
        let (mut m, mut a) = (vec![0.0; 3 * w], vec![0.0; 3]);
        match evaluate(&batch, &mut m, &mut a) {
            Err(e) if e.element != 1 || e.why.is_empty() => {
                Err(format!("names element {} ({}) for element 1", e.element, e.why))
            }
            Err(_) => {
                refused.set(refused.get() + u32::from(!must_fail));
                Ok(())
            }
            Ok(()) if must_fail => Err(format!("took η = {bad:?}")),
            Ok(()) if m.iter().chain(&a).any(|v| !v.is_finite()) => {
                Err(format!("η = {bad:?} gave {m:?}, A = {a:?}"))
            }
            Ok(()) => Ok(()),
        }
    };
    for i in 0..w {
        let with = |v: f64| {
            let mut bad = eta.to_vec();
            bad[i] = v;
            bad
        };
        for v in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            attempt(with(v), true)?;
        }
        for v in [0.0, -eta[i], 1e3 * eta[i], -1.0, -1.5, 1e300, -1e300, 1e-320, -1e-320, f64::MAX, f64::MIN]
        {
            attempt(with(v), false)?;
        }
    }
    for all in [0.0, -1.0, 1.0] {
        attempt(vec![all; w], false)?;
    }
    attempt(eta.iter().map(|e| -e).collect(), false)?;
    if bounded && refused.get() == 0 {
        return Err("refused no finite η".into());
    }
    Ok(())
}

/// F7: the summary's mean and standard deviation are those of q, from A alone: ∇²A where x is a statistic,
/// and E\[x_k\] = exp(A(η + e_k) − A(η)) where ln x is.
pub fn f7_summary(spec: &DistSpec, point: &Point) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    let evaluate = single(family, point.d);
    let (m, a) = evaluated(&evaluate, &eta)?;
    let summary = family.summary(point.d, &eta);
    // On the line, a mean that nothing holds has no slope to be told by, and may be infinite.
    if spec.stat == &line::LINE && !inside(spec, &eta).contains(&line::X) {
        return Ok(());
    }
    if spec.stat.parts[0].role == PartRole::Log {
        for (k, (mean, sd)) in summary.mean.iter().zip(&summary.sd).enumerate() {
            let norm = |by: f64| moment_along(&evaluate, &eta, k, by).map(|r| r.1).map_err(|e| e.why);
            let (one, two) = ((norm(1.0)? - a).exp(), (norm(2.0)? - norm(1.0)?).exp());
            let noise = 1e-14 * (1.0 + a.abs());
            near(&format!("mean[{k}]"), *mean, one, (1e-9 + noise) * one)?;
            near(&format!("variance[{k}]"), sd * sd, one * (two - one), 1e-8 * sd * sd + noise * one)?;
        }
        return Ok(());
    }
    for (k, mean) in summary.mean.iter().enumerate() {
        near(&format!("mean[{k}]"), *mean, m[k], 1e-9 * m[k].abs() + 1e-300)?;
    }
    for (k, sd) in summary.sd.iter().enumerate() {
        let want = variance(&evaluate, &eta, k)?;
        near(&format!("variance[{k}]"), sd * sd, want, 1e-3 * want.abs())?;
    }
    Ok(())
}

/// F8: of `draws` draws, the p quantile has the share p below it, within 5σ.
pub fn f8_quantile(spec: &DistSpec, point: &Point, draws: usize, stream: &mut Stream) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    let values: Vec<_> = (0..draws).map(|_| family.sample(point.d, &eta, stream)).collect();
    shares(&values, &|p| family.quantile(point.d, &eta, p))
}

fn shares(values: &[Vec<f64>], quantile: &dyn Fn(f64) -> Vec<f64>) -> Verdict {
    let n = values.len() as f64;
    for p in [0.05, 0.25, 0.5, 0.95] {
        // NaN: the family says that there is no closed form.
        for (k, q) in quantile(p).into_iter().enumerate().filter(|(_, q)| !q.is_nan()) {
            let below = values.iter().filter(|v| v[k] < q).count() as f64 / n;
            let upto = values.iter().filter(|v| v[k] <= q).count() as f64 / n;
            let slack = 5.0 * (p * (1.0 - p) / n).sqrt();
            if below > p + slack || upto < p - slack {
                return Err(format!(
                    "the {p} quantile of x[{k}] is {q}: {below} of the draws are below, {upto} not above"
                ));
            }
        }
    }
    Ok(())
}

/// F9: moving the value moves the mean and leaves the entropy.
pub fn f9_shift(spec: &DistSpec, point: &Point) -> Verdict {
    let Some((family, eta)) = family_at(spec, point)? else { return Ok(()) };
    let by: Vec<f64> = (0..spec.stat.value.width(point.d)).map(|i| 3.0 - 1.7 * i as f64).collect();
    let Some(moved) = family.shifted(point.d, &eta, &by) else {
        return if spec.location { Err("a location family that can't be shifted".into()) } else { Ok(()) };
    };
    let evaluate = single(family, point.d);
    let ((m, a), (m2, a2)) = (evaluated(&evaluate, &eta)?, evaluated(&evaluate, &moved)?);
    for (i, by) in by.iter().enumerate() {
        near(&format!("moved mean[{i}]"), m2[i], m[i] + by, 1e-9 * (m[i].abs() + by.abs()))?;
    }
    let size = a.abs() + a2.abs() + dot(&eta, &m).abs() + dot(&moved, &m2).abs();
    near("entropy after a shift", entropy(&moved, &m2, a2), entropy(&eta, &m, a), 1e-13 * size + 1e-12)
}

// ---------------------------------------------------------------- forms

/// P1: E(μ) − E(μ′) = ⟨m, μ − μ′⟩ for arbitrary real numbers in every slot, whether moments of anything or
/// not.
pub fn p1_affine(spec: &DistSpec, d: usize, seed: u64) -> Verdict {
    let mut numbers = Arbitrary::new(seed);
    let mut slots: Vec<Vec<f64>> =
        (0..=spec.params.len()).map(|s| numbers.vector(spec.slot_stat(s).width(d))).collect();
    for (s, against) in (0..slots.len()).flat_map(|s| [(s, Measure::Plain), (s, Measure::Family)]) {
        let before = energy(spec, against, d, &borrow(&slots));
        let m = message(spec, against, d, s, &borrow(&slots));
        let new = numbers.vector(slots[s].len());
        let old = std::mem::replace(&mut slots[s], new);
        let after = energy(spec, against, d, &borrow(&slots));
        let want: f64 = m.iter().zip(&slots[s]).zip(&old).map(|((m, new), old)| m * (new - old)).sum();
        let size: f64 = before.abs() + after.abs() + m.iter().map(|m| m.abs()).sum::<f64>();
        near(&format!("slot {s}"), after - before, want, 1e-10 * size.max(1.0))?;
    }
    Ok(())
}

/// P2: the message to a slot does not depend on that slot.
pub fn p2_own_slot(spec: &DistSpec, d: usize, seed: u64) -> Verdict {
    let mut numbers = Arbitrary::new(seed);
    let slots: Vec<Vec<f64>> =
        (0..=spec.params.len()).map(|s| numbers.vector(spec.slot_stat(s).width(d))).collect();
    for (s, against) in (0..slots.len()).flat_map(|s| [(s, Measure::Plain), (s, Measure::Family)]) {
        let want = message(spec, against, d, s, &borrow(&slots));
        let mut poisoned = slots.clone();
        poisoned[s].fill(f64::NAN);
        if message(spec, against, d, s, &borrow(&poisoned)) != want {
            return Err(format!("the message to slot {s} reads slot {s}"));
        }
    }
    Ok(())
}

/// P3: with every slot at t(value), energy + ln h is ln p: `ln_density`, found in some other way.
pub fn p3_density(spec: &DistSpec, point: &Point, child: &[f64], ln_density: f64) -> Verdict {
    let slots = slots_at(spec, point, statistic(spec.stat, child, point.d)?)?;
    let got = energy(spec, Measure::Plain, point.d, &borrow(&slots)) + log_base(spec, point, child);
    if ln_density == f64::NEG_INFINITY {
        return if got <= IMPOSSIBLE {
            Ok(())
        } else {
            Err(format!("{got} at {child:?}, which can't happen"))
        };
    }
    // The terms cancel; their sizes bound what can be asked.
    let sizes: f64 = spec
        .form(Measure::Plain)
        .map(|term| {
            let mut size = 0.0;
            assignments(point.d, &axes_of(term), |index| {
                let at = |f: &Factor| {
                    slots[f.slot][spec.slot_stat(f.slot).offset(f.part, point.d) + index(f.axes)]
                };
                size += term.factors.iter().fold((term.coefficient)(point.d), |p, f| p * at(f)).abs();
            });
            if size < -IMPOSSIBLE { size } else { 0.0 }
        })
        .sum();
    let tolerance = 1e-10 * (1.0 + ln_density.abs()) + 1e-14 * sizes;
    near(&format!("ln p at {child:?}"), got, ln_density, tolerance)?;
    // Against the family's measure it is ln p − ln h.
    let minus_ln_h = spec.minus_ln_measure(point.d, &slots[0]);
    if spec.family.is_none() || minus_ln_h < IMPOSSIBLE {
        return Ok(());
    }
    let other = energy(spec, Measure::Family, point.d, &borrow(&slots)) + log_base(spec, point, child);
    near(&format!("ln p − ln h at {child:?}"), other, got + minus_ln_h, tolerance + 1e-14 * minus_ln_h.abs())
}

/// P3 of a mixture over an auxiliary variable: ∫ p(x | s) p(s) ds at the point is p, by the trapezoidal rule
/// over ln s.
pub fn p3_mixture(spec: &DistSpec, point: &Point, child: &[f64], ln_density: f64) -> Verdict {
    let Some(mixture) = spec.augment else { return Err("no mixture".into()) };
    let ln_p = |of: &DistSpec, list: &[Taken], child: &[f64], s: f64| -> Result<f64, String> {
        let mut slots = vec![statistic(of.stat, child, point.d)?];
        for (param, taken) in of.params.iter().zip(list) {
            let (by, slot) = match *taken {
                Taken::As(slot) => (1.0, slot),
                Taken::Share(by, slot) => (by, slot),
                Taken::Scaled(slot) => (s, slot),
            };
            let value: Vec<f64> = point.params[slot - 1].iter().map(|v| by * v).collect();
            slots.push(statistic(param.stat, &value, point.d)?);
        }
        Ok(energy(of, Measure::Plain, point.d, &borrow(&slots)))
    };
    // u = ln s, so that ds = s du.
    let at = |u: f64| -> Result<f64, String> {
        let s = u.exp();
        Ok(u + ln_p(mixture.auxiliary, mixture.auxiliary_args, &[s], s)?
            + ln_p(mixture.given, mixture.given_args, child, s)?)
    };
    let mut top = (f64::NEG_INFINITY, 0.0);
    for n in -600..=200 {
        let u = f64::from(n) * 0.1;
        let v = at(u)?;
        top = if v > top.0 { (v, u) } else { top };
    }
    let step = 0.005;
    let mut sum = 0.0;
    for n in -20_000..=4_000 {
        sum += (at(top.1 + f64::from(n) * step)? - top.0).exp();
    }
    near(
        &format!("ln ∫ at {child:?}"),
        top.0 + (sum * step).ln(),
        ln_density,
        1e-9 * (1.0 + ln_density.abs()),
    )
}

// ---------------------------------------------------------------- joint blocks

/// What stands in a slot when a form is read as one of a joint block's.
#[derive(Clone, Debug)]
pub enum Seat {
    /// A member of the block.
    Member(usize),
    /// Moments of something else.
    Known(Vec<f64>),
}

/// η and the constant of a sum of forms in a joint block's statistic: Σ E[ln p] = ⟨η, t⟩ + constant.
/// `Err` where a product of members is covered by no rewrite.
pub fn joint_form(
    joint: &JointSpec,
    d: usize,
    forms: &[(&DistSpec, Vec<Seat>)],
) -> Result<(Vec<f64>, f64), String> {
    let mut eta = vec![0.0; joint.stat.width(d)];
    let mut constant = 0.0;
    for (spec, seats) in forms {
        for term in spec.form(Measure::Plain) {
            let members: Vec<(usize, &Factor)> = term
                .factors
                .iter()
                .filter_map(|f| if let Seat::Member(m) = seats[f.slot] { Some((m, f)) } else { None })
                .collect();
            let known: Vec<&'static str> = term
                .factors
                .iter()
                .filter(|f| matches!(seats[f.slot], Seat::Known(_)))
                .map(|f| f.axes)
                .collect();
            let found = if members.is_empty() {
                None
            } else {
                let of =
                    joint.rewrites.iter().find_map(|r| unify(r, &members, &known).map(|axes| (r.part, axes)));
                Some(of.ok_or_else(|| format!("no rewrite of {} covers {members:?}", joint.name))?)
            };
            let coefficient = (term.coefficient)(d);
            // Letters that the rewrite sums over are gone: Λx has one letter, where Λ_ij x_j had two.
            let mut left = known.clone();
            left.extend(found.iter().map(|(_, axes)| axes.as_str()));
            assignments(d, &left, |index| {
                let mut product = coefficient;
                for f in term.factors {
                    if let Seat::Known(moments) = &seats[f.slot] {
                        product *= moments[spec.slot_stat(f.slot).offset(f.part, d) + index(f.axes)];
                    }
                }
                match &found {
                    Some((part, axes)) => eta[joint.stat.offset(*part, d) + index(axes)] += product,
                    None => constant += product,
                }
            });
        }
    }
    Ok((eta, constant))
}

/// The letters of the joint part where `members` are exactly the rewrite's products, letters renamed. What it
/// sums over may not stand in a known factor too.
fn unify(rewrite: &Rewrite, members: &[(usize, &Factor)], known: &[&str]) -> Option<String> {
    if rewrite.from.len() != members.len() {
        return None;
    }
    let mut names: Vec<(char, char)> = Vec::new();
    for (member, part, letters) in rewrite.from {
        let (_, factor) = members.iter().find(|(m, f)| m == member && f.part == *part)?;
        for (pattern, actual) in letters.chars().zip(factor.axes.chars()) {
            match names.iter().find(|(p, a)| *p == pattern || *a == actual) {
                Some(pair) if *pair == (pattern, actual) => {}
                Some(_) => return None,
                None => names.push((pattern, actual)),
            }
        }
    }
    if names.iter().any(|(pattern, actual)| {
        !rewrite.axes.contains(*pattern) && known.iter().any(|k| k.contains(*actual))
    }) {
        return None;
    }
    rewrite.axes.chars().map(|c| names.iter().find(|(p, _)| *p == c).map(|(_, a)| *a)).collect()
}

fn single_joint(joint: &JointSpec, d: usize) -> impl Fn(&[f64], &mut [f64]) -> Result<f64, Improper> {
    let family = joint.family;
    move |eta, moments| {
        let mut a = [0.0];
        family.evaluate(d, eta, moments, &mut a)?;
        Ok(a[0])
    }
}

/// η of a joint block at a test point.
pub fn joint_eta_at(joint: &JointSpec, point: &Point) -> Vec<f64> {
    let given: Vec<Parameter> = point
        .params
        .iter()
        .map(|v| Parameter { name: "", domain: Domain::Real, dims: vec![], values: v.to_vec() })
        .collect();
    joint.family.natural(point.d, &given)
}

/// B1: all that holds of a family holds of a joint block: ∇A = μ, parameters and back, improper η refused, a
/// shift leaves the entropy.
pub fn b1_family(joint: &JointSpec, point: &Point) -> Verdict {
    let (eta, d, family) = (joint_eta_at(joint, point), point.d, joint.family);
    let evaluate = single_joint(joint, d);
    gradient(&evaluate, &eta)?;
    let there = family.parameters(d, &eta);
    round_trip(&eta, &family.natural(d, &there), &there, &|eta| family.parameters(d, eta))?;
    for (got, want) in there.iter().zip(point.params) {
        let scale = want.iter().fold(0.0_f64, |s, v| s.max(v.abs()));
        for (g, w) in got.values.iter().zip(*want) {
            near(got.name, *g, *w, 1e-9 * scale)?;
        }
    }
    improper(&eta, true, &|eta, m, a| family.evaluate(d, eta, m, a))?;
    let by: Vec<f64> = (0..joint.members[0].value.width(d)).map(|i| 3.0 - 1.7 * i as f64).collect();
    if let Some(moved) = family.shifted(d, &eta, &by) {
        let ((m, a), (m2, a2)) = (evaluated(&evaluate, &eta)?, evaluated(&evaluate, &moved)?);
        let size = a.abs()
            + eta.iter().zip(&m).chain(moved.iter().zip(&m2)).map(|(e, m)| (e * m).abs()).sum::<f64>();
        near("entropy after a shift", entropy(&moved, &m2, a2), entropy(&eta, &m, a), 1e-13 * size + 1e-12)?;
        for (i, by) in by.iter().enumerate() {
            let (old, new) = (family.summary(0, d, &eta).mean[i], family.summary(0, d, &moved).mean[i]);
            near("moved mean", new, old + by, 1e-9 * (old.abs() + by.abs()))?;
        }
    }
    Ok(())
}

/// B1 by draws: the mean of the joint statistic is μ, quantiles and summaries are those of the draws.
pub fn b1_sample(joint: &JointSpec, point: &Point, draws: usize, stream: &mut Stream) -> Verdict {
    let (eta, d, family) = (joint_eta_at(joint, point), point.d, joint.family);
    let evaluate = single_joint(joint, d);
    let (m, _) = evaluated(&evaluate, &eta)?;
    let values: Vec<Vec<Vec<f64>>> = (0..draws).map(|_| family.sample(d, &eta, stream)).collect();
    let statistics: Vec<Vec<f64>> = values.iter().map(|v| family.of_values(d, &borrow(v))).collect();
    sample_means(&evaluate, &eta, &m, &statistics, &(0..eta.len()).collect::<Vec<_>>())?;
    for member in 0..joint.members.len() {
        let of: Vec<Vec<f64>> = values.iter().map(|v| v[member].clone()).collect();
        shares(&of, &|p| family.quantile(member, d, &eta, p)).map_err(|e| format!("member {member}: {e}"))?;
        let summary = family.summary(member, d, &eta);
        for (k, (mean, sd)) in
            summary.mean.iter().zip(&summary.sd).enumerate().filter(|(_, (_, sd))| sd.is_finite())
        {
            let got = of.iter().map(|v| v[k]).sum::<f64>() / draws as f64;
            near(&format!("member {member}, mean[{k}]"), got, *mean, 5.0 * sd / (draws as f64).sqrt())?;
        }
    }
    Ok(())
}
