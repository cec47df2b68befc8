//! The laws of sites, over the registry: S1 slopes are those of A, S2 A is the mean of what it is at certain
//! predictors (or below it, of a bound), S3 what says that it is convex is so.

use elbow::{
    dist::sites,
    expfam::{
        site::{Site, SitePoint},
        spec::DistSpec,
    },
};

fn a(site: &dyn Site, point: &SitePoint, eta: &[f64]) -> (f64, Vec<f64>) {
    let mut slopes = vec![0.0; eta.len()];
    let value = site.evaluate(point.d, point.value, eta, &mut slopes).expect("a proper predictor");
    (value, slopes)
}

/// Every site at every point that has the numbers of its own statistic.
fn each(law: impl Fn(&dyn Site, &SitePoint) -> Result<(), String>) {
    let mut broken = vec![];
    for (spec, site) in sites() {
        let mine = |p: &&SitePoint| spec.stat.width(p.d) == p.eta.len();
        let points: Vec<&SitePoint> = site.points().iter().filter(mine).collect();
        assert!(!points.is_empty() || known_without(spec), "{} by {} has no points", spec.name, site.name());
        for (i, point) in points.into_iter().enumerate() {
            if let Err(why) = law(site, point) {
                broken.push(format!("{} by {}, point {i}: {why}", spec.name, site.name()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Those whose slopes in what is known are for nobody, and are left out.
fn known_without(spec: &DistSpec) -> bool {
    spec.name == "Ordered"
}

#[test]
fn s1_slopes_are_those_of_a() {
    each(|site, point| {
        let (_, slopes) = a(site, point, point.eta);
        // Of what is only ever known, a slope is for nobody, and may be left out.
        let told = |(i, slope): &(usize, &f64)| !(site.predictor() && *i > 1 && **slope == 0.0);
        for (i, slope) in slopes.iter().enumerate().filter(told) {
            let by = |h: f64| {
                let mut eta = point.eta.to_vec();
                eta[i] += h;
                a(site, point, &eta).0
            };
            // A mean that moves under a second moment that stays takes from the variance.
            let weight = site.weight(point.eta);
            let (m, second) = (point.eta[0] / weight, point.eta[1] / weight);
            let room = if site.predictor() { (second - m * m) / (1.0 + m * m).sqrt() } else { 0.1 };
            let step = 1e-3 * point.eta[i].abs().max(0.1).min(room);
            let difference = |h: f64| (by(h) - by(-h)) / (2.0 * h);
            let want = (4.0 * difference(step) - difference(2.0 * step)) / 3.0;
            if (slope - want).abs() > 1e-6 * (1.0 + want.abs()) {
                return Err(format!("slope {i} is {slope}, differences give {want}"));
            }
        }
        Ok(())
    });
}

#[test]
fn s2_a_is_the_mean_at_certain_predictors_or_below_it() {
    each(|site, point| {
        if !site.predictor() {
            return Ok(());
        }
        let weight = site.weight(point.eta);
        let (m, second) = (point.eta[0] / weight, point.eta[1] / weight);
        let s = (second - m * m).sqrt();
        let certain = |psi: f64| {
            let mut eta = point.eta.to_vec();
            (eta[0], eta[1]) = (weight * psi, weight * psi * psi);
            a(site, point, &eta).0
        };
        let (count, reach) = (20_000, 9.0);
        let step = 2.0 * reach / f64::from(count);
        let want: f64 = (0..=count)
            .map(|i| -reach + f64::from(i) * step)
            .map(|u| step * (-0.5 * u * u).exp() / std::f64::consts::TAU.sqrt() * certain(m + s * u))
            .sum();
        let (got, _) = a(site, point, point.eta);
        let close = (got - want).abs() <= 2e-7 * (1.0 + want.abs());
        let holds = if site.convex() { got <= want + 1e-9 } else { close };
        if holds { Ok(()) } else { Err(format!("A is {got}, the mean {want}")) }
    });
}

#[test]
fn s3_what_says_that_it_is_convex_is_so() {
    each(|site, point| {
        if !site.convex() {
            return Ok(());
        }
        for by in [1.0_f64, 0.3, 4.0] {
            // Numbers that are positive stay so.
            let stays = |i: usize| site.predictor() && i > 1;
            let moved = |(i, x): (usize, &f64)| match stays(i) {
                true => *x,
                false => x * (by + 0.2 * i as f64).exp() + if *x < 0.0 { by } else { 0.0 },
            };
            let other: Vec<f64> = point.eta.iter().enumerate().map(moved).collect();
            let middle: Vec<f64> = other.iter().zip(point.eta).map(|(a, b)| 0.5 * (a + b)).collect();
            let of = |eta: &[f64]| a(site, point, eta).0;
            if of(&middle) > 0.5 * (of(&other) + of(point.eta)) + 1e-12 {
                return Err("the middle lies above".into());
            }
        }
        Ok(())
    });
}

/// Predictors far out still have an A, or an error, and never a number that is none.
#[test]
fn far_predictors_give_numbers_or_errors() {
    each(|site, point| {
        if !site.predictor() {
            return Ok(());
        }
        for m in [-1e4, -700.0, 700.0, 1e4] {
            let mut eta = point.eta.to_vec();
            let weight = site.weight(point.eta);
            (eta[0], eta[1]) = (weight * m, weight * (m * m + 1.0));
            let mut slopes = vec![0.0; eta.len()];
            if let Ok(value) = site.evaluate(point.d, point.value, &eta, &mut slopes)
                && (value.is_nan() || value == f64::INFINITY)
            {
                return Err(format!("A is {value} at {m}"));
            }
        }
        Ok(())
    });
}
