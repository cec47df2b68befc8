//! Integrals of exp h(z) over an interval, where h rises to one top and falls from it: nodes and weights that fit
//! h. Not here: what is integrated (`dist::line`).
//!
//! From the top outwards stand panels, each wider than the one before, with a Gauss–Legendre rule in each, as far as
//! exp h matters: long tails cost a panel for each factor of their length. Source of the rule: Golub & Welsch (1969);
//! its nodes are found by Newton's method on the Legendre polynomial (Press et al., Numerical Recipes, 3rd ed., 2007,
//! sec. 4.6.1).

use std::sync::LazyLock;

/// Nodes of a panel.
const ORDER: usize = 20;
/// What lies lower than that below the top is no more than rounding, of second moments of heavy tails too.
const DEPTH: f64 = 100.0;
/// How much wider a panel is than the one before.
const GROWTH: f64 = 1.5;

/// Nodes in (−1, 1) and their weights.
static RULE: LazyLock<[(f64, f64); ORDER]> = LazyLock::new(|| {
    let n = ORDER as f64;
    std::array::from_fn(|i| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 0.0;
        for _ in 0..8 {
            let (mut p, mut before) = (1.0, 0.0);
            for k in 1..=ORDER {
                let k = k as f64;
                (p, before) = (((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k, p);
            }
            slope = n * (x * p - before) / (x * x - 1.0);
            x -= p / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    })
});

/// Where exp h is worth looking at.
#[derive(Clone, Debug)]
pub struct Bump {
    /// The place of the top.
    pub top: f64,
    /// h there.
    pub height: f64,
    /// Edges of the panels, rising.
    pub edges: Vec<f64>,
}

impl Bump {
    /// Finds the top of h between two ends, by its slope, and lays panels about it. `None`: h has no top there, or is
    /// no number.
    pub fn find(
        h: &dyn Fn(f64) -> f64,
        slope: &dyn Fn(f64) -> f64,
        ends: [f64; 2],
        near: f64,
    ) -> Option<Self> {
        let top = top(slope, ends, near)?;
        let height = h(top);
        if !height.is_finite() {
            return None;
        }
        let down =
            [-1.0, 1.0].map(|side| reach(h, top, height, side, if side < 0.0 { ends[0] } else { ends[1] }));
        let mut edges = vec![top];
        for (side, (near, far)) in [-1.0, 1.0].into_iter().zip(down) {
            let mut out = vec![];
            let (mut at, mut step) = (0.0, near);
            while at < far {
                // The last one ends where it must.
                at = if at + 1.2 * step >= far { far } else { at + step };
                out.push(top + side * at);
                step *= GROWTH;
            }
            if side < 0.0 {
                out.reverse();
                out.append(&mut edges);
                edges = out;
            } else {
                edges.append(&mut out);
            }
        }
        edges.dedup();
        Some(Self { top, height, edges })
    }

    /// Calls `visit` with the nodes of one panel and their weights, exp(h − height) included.
    pub fn panel(&self, from: f64, to: f64, h: &dyn Fn(f64) -> f64, visit: &mut dyn FnMut(f64, f64)) {
        let (mid, half) = (0.5 * (from + to), 0.5 * (to - from));
        for (x, w) in RULE.iter() {
            let z = mid + half * x;
            let weight = half * w * (h(z) - self.height).exp();
            if weight > 0.0 {
                visit(z, weight);
            }
        }
    }

    /// The same of all panels.
    pub fn each(&self, h: &dyn Fn(f64) -> f64, visit: &mut dyn FnMut(f64, f64)) {
        self.edges.windows(2).for_each(|e| self.panel(e[0], e[1], h, visit));
    }
}

/// Where the slope changes its sign, or the end that it rises to.
fn top(slope: &dyn Fn(f64) -> f64, ends: [f64; 2], near: f64) -> Option<f64> {
    let near = near.clamp(ends[0], ends[1]);
    let first = slope(near);
    if first.is_nan() {
        return None;
    }
    if first == 0.0 {
        return Some(near);
    }
    // Walks uphill until it goes down.
    let (side, end) = if first > 0.0 { (1.0, ends[1]) } else { (-1.0, ends[0]) };
    let (mut inside, mut step) = (near, 1.0);
    let outside = loop {
        let at = if side > 0.0 { (inside + step).min(end) } else { (inside - step).max(end) };
        let s = slope(at);
        if s.is_nan() {
            return None;
        }
        if s * side <= 0.0 {
            break at;
        }
        if at == end {
            return end.is_finite().then_some(end);
        }
        if step > 1e12 {
            return None;
        }
        inside = at;
        step *= 2.0;
    };
    let (mut low, mut high) = if side > 0.0 { (inside, outside) } else { (outside, inside) };
    for _ in 0..200 {
        let mid = 0.5 * (low + high);
        if mid <= low || mid >= high {
            break;
        }
        if slope(mid) > 0.0 { low = mid } else { high = mid }
    }
    Some(0.5 * (low + high))
}

/// How far h has fallen by about 1, and how far it matters at all.
fn reach(h: &dyn Fn(f64) -> f64, top: f64, height: f64, side: f64, end: f64) -> (f64, f64) {
    let room = (end - top).abs();
    if room == 0.0 {
        return (0.0, 0.0);
    }
    let fallen = |by: f64| height - h(top + side * by);
    let mut near = 1.0_f64.min(room);
    // A fall that is no number is a deep one.
    let deep = |by: f64, depth: f64| {
        let by = fallen(by);
        by >= depth || by.is_nan()
    };
    while deep(near, 1.0) && near > 1e-12 * (1.0 + top.abs()) {
        near *= 0.5;
    }
    while !deep(near, 0.25) && near < room {
        near = (2.0 * near).min(room);
    }
    let mut far = near;
    while !deep(far, DEPTH) && far < room && far < 1e15 {
        far = (1.3 * far).min(room);
    }
    (near, far)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(h: &dyn Fn(f64) -> f64, slope: &dyn Fn(f64) -> f64, ends: [f64; 2]) -> f64 {
        let bump = Bump::find(h, slope, ends, 0.0).unwrap();
        let mut sum = 0.0;
        bump.each(h, &mut |_, w| sum += w);
        bump.height + sum.ln()
    }

    const LINE: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

    #[test]
    fn gaussians_of_any_width() {
        for sd in [1e-7_f64, 1e-3, 1.0, 1e4] {
            let got = total(&|z| -0.5 * (z / sd).powi(2), &|z| -z / (sd * sd), LINE);
            let want = sd.ln() + 0.918_938_533_204_672_7;
            assert!((got - want).abs() < 1e-12, "sd {sd}: {got} is not {want}");
        }
    }

    #[test]
    fn gammas_of_any_shape() {
        for a in [1e-6_f64, 1.0, 1e6] {
            let got = total(&|z| a * z - z.exp(), &|z| a - z.exp(), LINE);
            let want = crate::num::special::ln_gamma(a);
            assert!((got - want).abs() < 1e-13 * want.abs() + 1e-11, "{a}: {got} is not {want}");
        }
    }

    #[test]
    fn ends_cut() {
        let got = total(&|z| 3.0 * z, &|_| 3.0, [f64::NEG_INFINITY, 0.5]);
        assert!((got - (1.5 - 3.0_f64.ln())).abs() < 1e-12);
        let none = Bump::find(&|z| z, &|_| 1.0, LINE, 0.0);
        assert!(none.is_none());
    }
}
