//! Gaussian vectors along the steps of sequences, each coupled with those before it. Not here: the block's
//! numbers (`block::kind::{gaussian_chain, lagged}`).

use super::vector::Vector;
use crate::{
    block::{
        kind::{gaussian_chain::GaussianChain, lagged::LaggedChain},
        lagged_gaussian_chain,
        shape::BlockShape,
    },
    expfam::stat::{GAUSSIAN_VECTOR, StatKind},
    factorize::{
        contract::{Asked, ClaimedBlock, Laying, Member, Sizes, Unshaped},
        message::Update,
        text::{InProduct, Written, chain_name},
    },
    graph::{energy::Op, factor_graph::FactorGraph},
    shape::PlateId,
};

/// A vector for each step of a plate.
#[derive(Debug)]
pub struct Chain(pub Vector, pub PlateId);

/// Why it was taken.
pub fn why(graph: &FactorGraph, vector: &Vector, steps: PlateId) -> String {
    let t = &graph.plates[steps.0].name;
    let names = vector.names(graph);
    let depend = if names.len() == 1 { "depends" } else { "depend" };
    let on = match vector.lags {
        0 | 1 => "the step before".to_string(),
        lags => format!("up to {lags} steps before"),
    };
    format!(
        "{} at {t} {depend} on {on}: a Kalman smoother keeps all steps of a sequence exact.",
        names.join(", ")
    )
}

impl ClaimedBlock for Chain {
    fn text(&self, graph: &FactorGraph) -> String {
        format!("chain along {} (Gaussian)", graph.plate_name(self.1))
    }

    fn report_name(&self, graph: &FactorGraph) -> &'static str {
        chain_name(graph, self.1)
    }

    fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String {
        self.0.cost(graph, sizes)
    }

    fn plates<'a>(&'a self, _: &'a FactorGraph) -> &'a [PlateId] {
        &self.0.outer
    }

    fn stat(&self, _: &FactorGraph) -> &'static StatKind {
        if self.0.lags == 0 { &GAUSSIAN_VECTOR } else { &lagged_gaussian_chain::STAT }
    }

    fn steps(&self) -> Option<PlateId> {
        Some(self.1)
    }

    fn keeps_pair(&self, _: &FactorGraph, a: &Op, b: &Op) -> bool {
        self.0.keeps_pair(a, b)
    }

    fn members(&self) -> &[Member] {
        &self.0.members
    }

    fn gaussian(&self) -> bool {
        true
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        let entries = self.0.entries(of);
        Ok(match self.0.lags {
            0 => Box::new(GaussianChain::new(entries)),
            lags => Box::new(LaggedChain::new(entries, lags)),
        })
    }

    fn update(&self, of: Asked<'_>) -> Update {
        let moments = "Moments: a Kalman filter and smoother in information form.".into();
        Update { heads: self.0.heads(of, false, &|x| x), moments, legend: vec![] }
    }

    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let (text, axes) = self.0.written(of, op);
        Written::Factor(format!("⟨{text}⟩"), axes)
    }

    fn written_pair(&self, of: &InProduct<'_>, before: &Op, now: &Op) -> Written {
        let (text, axes) = self.0.written_pair(of, before, now);
        Written::Factor(format!("⟨{text}⟩"), axes)
    }
}
