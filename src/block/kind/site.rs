//! Sites by element: what was observed with each, and A and its slopes from messages. No variable of q:
//! nothing is drawn of it and it has no marginal. Not here: any site (`dist::site`).

use crate::{
    block::{
        element::{Failure, Which},
        held::Held,
        marginal::{Law, Marginal},
        shape::BlockShape,
    },
    expfam::site::Site,
    num::stream::Stream,
};

/// One site for each element.
#[derive(Debug)]
pub struct Sites {
    site: &'static dyn Site,
    width: usize,
    observed: Held,
}

impl Sites {
    /// Sites of so many numbers each, with what was observed.
    pub fn new(site: &'static dyn Site, width: usize, observed: Held) -> Self {
        Self { site, width, observed }
    }

    /// A missing cell says nothing.
    fn each(
        &self,
        which: Which<'_>,
        eta: &[f64],
        slopes: &mut [f64],
        mut evaluate: impl FnMut(usize, &[f64], &[f64], &mut [f64]) -> Result<(), &'static str>,
    ) -> Result<(), Failure> {
        let w = self.width;
        for (i, (eta, slopes)) in eta.chunks_exact(w).zip(slopes.chunks_exact_mut(w)).enumerate() {
            let element = which.at(i);
            slopes.fill(0.0);
            if self.observed.known[element] {
                evaluate(i, self.observed.value(element), eta, slopes)
                    .map_err(|why| Failure::of_element(element, why))?;
            }
        }
        Ok(())
    }
}

impl BlockShape for Sites {
    fn kind(&self) -> &'static str {
        "site"
    }

    fn width(&self) -> usize {
        self.width
    }

    fn describe(&self) -> String {
        format!("{} site", self.site.name())
    }

    fn evaluate(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        log_norm.fill(0.0);
        self.each(which, eta, moments, |i, value, eta, slopes| {
            log_norm[i] = self.site.evaluate(self.observed.d, value, eta, slopes)?;
            let finite = log_norm[i].is_finite() && slopes.iter().all(|x| x.is_finite());
            if finite { Ok(()) } else { Err("the predictor is too far from what was observed") }
        })
    }

    fn is_site(&self) -> bool {
        true
    }

    fn begin(&self, which: Which<'_>, eta: &mut [f64], moments: &mut [f64]) -> Result<(), Failure> {
        for (i, eta) in eta.chunks_exact_mut(self.width).enumerate() {
            let element = which.at(i);
            if self.observed.known[element] {
                self.site.begin(self.observed.d, self.observed.value(element), eta);
            }
        }
        let mut log_norm = vec![0.0; eta.len() / self.width.max(1)];
        self.evaluate(which, eta, moments, &mut log_norm)
    }

    fn marginal(&self, _: usize, _: Which<'_>, eta: &[f64], _: &[f64]) -> Marginal {
        let count = eta.len() / self.width.max(1);
        Marginal { law: Law::Cells, width: 2, numbers: vec![f64::NAN; 2 * count] }
    }

    fn draw(
        &self,
        which: Which<'_>,
        eta: &[f64],
        _: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure> {
        let of = |i: usize| {
            let element = which.at(i);
            if self.observed.known[element] { self.observed.value(element)[0] } else { f64::NAN }
        };
        out[0].extend((0..eta.len() / self.width.max(1)).map(of));
        Ok(())
    }

    fn statistic(&self, _: usize, _: &[&[f64]], out: &mut [f64]) {
        out.fill(0.0);
    }
}
