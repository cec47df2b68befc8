//! A pair of variables of one element under a joint statistic: a number and its precision, a vector and its
//! precision matrix. Not here: the pairs themselves (`normal_gamma`, `normal_wishart`), nor which variables
//! are one (`factorize::kinds::pair`).

use super::family::replace;
use crate::{
    block::{
        JOINTS,
        element::{Failure, Which},
        example::{BlockKind, Example},
        marginal::{Law, Marginal},
        portable::{self, Portable},
        shape::{BlockShape, Entry, Given, What},
    },
    expfam::{
        family::Parameter,
        joint::{JointFamily, JointSpec},
        stat::Domain,
        stat::PartShape,
    },
    num::{double::Double, double_matrix, reduce::dot, stream::Stream},
};
use serde_json::json;

/// The registry's entry.
pub static KIND: BlockKind = BlockKind {
    name: "joint",
    doc: "a Normal-Gamma or Normal-Wishart pair: a mean with its precision",
    examples: || {
        let of = |spec: &'static JointSpec| {
            let d = spec.points[0].d;
            let parameter =
                |v: &&[f64]| Parameter { name: "", domain: Domain::Real, dims: vec![], values: v.to_vec() };
            // Ordinary ones: the laws of pairs are run at the others too.
            let points = spec.points[..2].iter().filter(|p| p.d == d);
            let eta = points
                .flat_map(|p| spec.family.natural(d, &p.params.iter().map(parameter).collect::<Vec<_>>()))
                .collect();
            Example { shape: Box::new(Pair::new(spec, d)), eta, along: None }
        };
        JOINTS.iter().filter(|s| !s.of_entries).map(|s| of(s)).collect()
    },
    restore: Some(|layout, _| {
        let spec = JOINTS.iter().find(|s| layout["joint"] == s.family.name())?;
        Some(Box::new(Pair::new(spec, portable::number(layout, "d")?)))
    }),
};

/// A small joint block.
#[derive(Debug)]
pub struct Pair {
    spec: &'static JointSpec,
    d: usize,
}

impl Pair {
    /// Of this kind, with this event dimension.
    pub fn new(spec: &'static JointSpec, d: usize) -> Self {
        Self { spec, d }
    }

    fn family(&self) -> &'static dyn JointFamily {
        self.spec.family
    }
}

/// Each member's value where it is given, else its mean.
fn values(shape: &Pair, given: &[Given<'_>], at: usize, eta: &[f64]) -> Vec<Vec<f64>> {
    let of = |member: usize| {
        let w = shape.spec.members[member].value.width(shape.d);
        match given.iter().find(|g| g.member == member).map(|g| g.what) {
            Some(What::Values(x)) => x[at * w..(at + 1) * w].to_vec(),
            _ => shape.family().summary(member, shape.d, eta).mean,
        }
    };
    (0..shape.members()).map(of).collect()
}

impl BlockShape for Pair {
    fn kind(&self) -> &'static str {
        KIND.name
    }

    fn width(&self) -> usize {
        self.spec.stat.width(self.d)
    }

    fn describe(&self) -> String {
        self.family().name().into()
    }

    fn evaluate(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        let done = self.family().evaluate(self.d, eta, moments, log_norm);
        done.map_err(|e| Failure::of_family(which.at(e.element), &e))
    }

    fn cancelled(&self, eta: &[f64]) -> f64 {
        eta.chunks_exact(self.width()).map(|e| self.family().cancelled(self.d, e)).sum()
    }

    fn members(&self) -> usize {
        self.spec.members.len()
    }

    fn marginal(&self, member: usize, _: Which<'_>, eta: &[f64], _: &[f64]) -> Marginal {
        let law = Law::Member(self.family(), member, self.d);
        Marginal { law, width: self.width(), numbers: eta.to_vec() }
    }

    fn inverse_scales(&self, eta: &[f64]) -> Option<Vec<f64>> {
        let of = |e| self.family().inverse_scale(self.d, e);
        let all: Option<Vec<Vec<f64>>> = eta.chunks_exact(self.width()).map(of).collect();
        all.map(|all| all.concat())
    }

    fn turned(&self, member: usize, matrix: &[f64], eta: &[f64], moments: &[f64]) -> Marginal {
        let law = Law::Member(self.family(), member, self.d);
        let each = eta.chunks_exact(self.width()).zip(matrix.chunks_exact(self.d * self.d));
        let numbers: Option<Vec<Vec<f64>>> = each.map(|(e, m)| self.family().turned(self.d, e, m)).collect();
        match numbers {
            Some(all) => Marginal { law, width: all.first().map_or(1, Vec::len), numbers: all.concat() },
            None => self.marginal(member, Which::From(0), eta, moments),
        }
    }

    fn turned_back(&self, matrix: &[f64], eta: &[f64], moments: &[f64]) -> [Vec<f64>; 2] {
        let each = eta.chunks_exact(self.width()).zip(matrix.chunks_exact(self.d * self.d));
        let of = |(e, m)| self.family().turned_back(self.d, e, m).unwrap_or_else(|| e.to_vec());
        [each.flat_map(of).collect(), moments.to_vec()]
    }

    fn turn_values(&self, matrix: &[f64], values: &mut [Vec<f64>]) -> bool {
        let d = self.d;
        let [vectors, precisions] = values else { return false };
        if self.spec.members[1].value != PartShape::Matrix {
            return false;
        }
        let each = vectors.chunks_exact_mut(d).zip(precisions.chunks_exact_mut(d * d));
        for ((x, p), l) in each.zip(matrix.chunks_exact(d * d)) {
            let turned: Vec<f64> = l.chunks_exact(d).map(|row| dot(row, x)).collect();
            x.copy_from_slice(&turned);
            match double_matrix::inverse(d, l) {
                // L⁻ᵀ Λ L⁻¹.
                Some(back) => {
                    let p_then: Vec<Double> = p.iter().map(|&v| v.into()).collect();
                    let half = double_matrix::product(d, &double_matrix::transposed(d, &back), &p_then);
                    let all = double_matrix::product(d, &half, &back);
                    p.iter_mut().zip(all).for_each(|(p, v)| *p = v.rounded());
                }
                None => p.fill(f64::NAN),
            }
        }
        true
    }

    fn covariance(&self, of: [Entry; 2], eta: &[f64], _: &[f64]) -> f64 {
        let all = self.family().covariance(self.d, eta);
        all.get(of[0].entry * self.d + of[1].entry).copied().unwrap_or(0.0)
    }

    fn shifted(&self, eta: &[f64], by: &[Vec<f64>]) -> Option<Vec<f64>> {
        let [by, rest @ ..] = by else { return None };
        if by.is_empty() || rest.iter().any(|r| !r.is_empty()) {
            return by.is_empty().then(|| eta.to_vec());
        }
        let w = self.spec.members[0].value.width(self.d);
        let each = eta.chunks_exact(self.width()).zip(by.chunks_exact(w));
        let moved: Option<Vec<Vec<f64>>> = each.map(|(e, by)| self.family().shifted(self.d, e, by)).collect();
        moved.map(|moved| moved.concat())
    }

    fn parameters(&self, member: usize) -> Option<Vec<(&'static str, usize)>> {
        // Only names and lengths are read.
        let all = self.family().parameters(self.d, &vec![0.0; self.width()]);
        let mine = self.family().member_parameters(member).iter().map(|&i| &all[i]);
        Some(mine.map(|p| (p.name, p.values.len())).collect())
    }

    /// Parameters of either, or values of either. A member without a start is where its prior has its mean.
    fn start(
        &self,
        given: &[Given<'_>],
        which: Which<'_>,
        eta: &mut [f64],
        moments: &mut [f64],
    ) -> Result<(), Failure> {
        let (w, family) = (self.width(), self.family());
        let certain = |g: &Given<'_>| matches!(g.what, What::Values(_));
        if given.iter().any(certain) && !given.iter().all(certain) {
            let why = "one node of a pair starts from values, the other from parameters".into();
            return Err(Failure { element: 0, impossible: false, why });
        }
        if given.iter().all(certain) {
            for (i, (e, m)) in eta.chunks_exact(w).zip(moments.chunks_exact_mut(w)).enumerate() {
                let each = values(self, given, which.at(i), e);
                self.statistic(which.at(i), &each.iter().map(Vec::as_slice).collect::<Vec<_>>(), m);
            }
            return Ok(());
        }
        for (i, e) in eta.chunks_exact_mut(w).enumerate() {
            let mut all = family.parameters(self.d, e);
            for g in given {
                if let What::Parameters(given) = g.what {
                    let mine = family.member_parameters(g.member).iter().enumerate();
                    mine.for_each(|(place, &p)| replace(&mut all[p], place, given, which.at(i)));
                }
            }
            e.copy_from_slice(&family.natural(self.d, &all));
        }
        let count = eta.len() / w.max(1);
        self.evaluate(which, eta, moments, &mut vec![0.0; count])
    }

    fn draw(
        &self,
        _: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        for e in eta.chunks_exact(self.width()) {
            let drawn = self.family().sample(self.d, e, random);
            out.iter_mut().zip(drawn).for_each(|(out, x)| out.extend(x));
        }
        Ok(())
    }

    fn portable(&self, eta: &[f64]) -> Option<Portable> {
        Some(Portable::new(json!({ "joint": self.family().name(), "d": self.d }), eta))
    }

    fn entry(&self, member: usize, number: usize) -> Option<usize> {
        (self.scales().is_some() && member == 0).then_some(number)
    }

    /// A number and its precision are a scaled vector of one entry.
    fn scales(&self) -> Option<usize> {
        self.spec.members.iter().all(|s| s.value == PartShape::Scalar).then_some(1)
    }

    fn ahead(&self, eta: &[f64], times: f64) -> Option<(f64, Vec<f64>, Vec<f64>)> {
        self.family().ahead(self.d, eta, times)
    }

    fn middle(&self, moments: &[f64], entry: usize) -> f64 {
        moments[entry] / moments[self.d + self.d * self.d]
    }

    fn spread(&self, _: &[f64], moments: &[f64], entry: usize) -> Vec<f64> {
        let (d, tau) = (self.d, moments[self.d + self.d * self.d]);
        (0..d).map(|k| moments[d + entry * d + k] - moments[entry] * moments[k] / tau).collect()
    }

    fn statistic(&self, _: usize, values: &[&[f64]], out: &mut [f64]) {
        out.copy_from_slice(&self.family().of_values(self.d, values));
    }
}
