//! One Gaussian vector for each element of the plates that all meetings agree on. Not here: the block's
//! numbers (`block::kind::dense`).

use super::vector::Vector;
use crate::{
    block::{kind::dense::DenseGaussian, shape::BlockShape},
    expfam::stat::{GAUSSIAN_VECTOR, StatKind},
    factorize::{
        contract::{Asked, ClaimedBlock, Laying, Member, Sizes, Unshaped},
        message::Update,
        text::{InProduct, Written},
    },
    graph::{energy::Op, factor_graph::FactorGraph},
    shape::PlateId,
};

/// A vector of all entries.
#[derive(Debug)]
pub struct Dense(pub Vector);

/// Why it was taken.
pub fn why(graph: &FactorGraph, vector: &Vector) -> String {
    match vector.names(graph).as_slice() {
        [one] => format!(
            "The entries of {one} stand together in a mean, so one Gaussian vector keeps their coupling exact."
        ),
        all => format!(
            "{} enter means affinely together, so one Gaussian vector keeps their coupling exact.",
            all.join(", ")
        ),
    }
}

impl ClaimedBlock for Dense {
    fn text(&self, _: &FactorGraph) -> String {
        "joint (Gaussian)".into()
    }

    fn report_name(&self, _: &FactorGraph) -> &'static str {
        "joint"
    }

    fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String {
        self.0.cost(graph, sizes)
    }

    fn plates<'a>(&'a self, _: &'a FactorGraph) -> &'a [PlateId] {
        &self.0.outer
    }

    fn stat(&self, _: &FactorGraph) -> &'static StatKind {
        &GAUSSIAN_VECTOR
    }

    fn members(&self) -> &[Member] {
        &self.0.members
    }

    fn gaussian(&self) -> bool {
        true
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        Ok(Box::new(DenseGaussian::new(self.0.entries(of))))
    }

    fn update(&self, of: Asked<'_>) -> Update {
        let moments = "Moments: in closed form, those of a Gaussian vector.".into();
        Update { heads: self.0.heads(of, false, &|x| x), moments, legend: vec![] }
    }

    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let (text, axes) = self.0.written(of, op);
        Written::Factor(format!("⟨{text}⟩"), axes)
    }
}
