//! One Gaussian over all entries of its members, of which few pairs are kept: it grows with the data. Not
//! here: the block's numbers (`block::kind::sparse`).

use super::{ports::rounded, vector::Vector};
use crate::{
    block::{
        kind::sparse::{Pattern, SparseShape},
        shape::BlockShape,
    },
    expfam::stat::{GAUSSIAN_VECTOR, StatKind},
    factorize::{
        contract::{Asked, ClaimedBlock, Laying, Member, Sizes, Unshaped},
        message::Update,
        text::{InProduct, Written},
    },
    graph::{energy::Op, factor_graph::FactorGraph},
    shape::PlateId,
};
use std::sync::Arc;

/// All entries, and which pairs of them the data join; without data, none.
#[derive(Debug)]
pub struct Sparse(pub Vector, pub Option<Arc<Pattern>>);

/// Why it was taken.
pub fn why(graph: &FactorGraph, vector: &Vector) -> String {
    let what = match vector.names(graph).as_slice() {
        [one] => format!("Elements of {one} enter means affinely together"),
        all => format!("{} enter means affinely together", all.join(", ")),
    };
    format!("{what}, and few of them meet: one sparse Gaussian keeps their coupling exact.")
}

impl ClaimedBlock for Sparse {
    fn text(&self, _: &FactorGraph) -> String {
        "joint (sparse Gaussian)".into()
    }

    fn report_name(&self, _: &FactorGraph) -> &'static str {
        "joint"
    }

    fn cost(&self, _: &FactorGraph, _: Sizes<'_>) -> String {
        match &self.1 {
            Some(p) => {
                let (n, pairs) = (rounded(p.places.len() as f64), rounded(p.pairs() as f64));
                let (fill, cost) = (rounded(p.kernel.fill() as f64), rounded(p.kernel.cost()));
                format!(
                    "An update costs about {cost} multiplications: {n} entries, of which {pairs} pairs meet, and {fill} entries of the factor."
                )
            }
            None => "What an update costs, the data say: it grows with the pairs that they join.".into(),
        }
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

    fn pattern(&self) -> Option<&Arc<Pattern>> {
        self.1.as_ref()
    }

    fn data_decide(&self, _: &FactorGraph, _: Sizes<'_>) -> bool {
        true
    }

    fn listed(&self, of: &Laying<'_>) -> Option<SparseShape> {
        let families = self.0.entries(of).iter().map(|m| m.family).collect();
        self.1.clone().map(|pattern| SparseShape::new(pattern, families))
    }

    fn shape(&self, of: &Laying<'_>) -> Result<Box<dyn BlockShape>, Unshaped> {
        let span = of.graph.nodes[self.0.members[0].node.0].call;
        let what = || "a sparse Gaussian without data".into();
        self.listed(of)
            .map(|s| Box::new(s) as Box<dyn BlockShape>)
            .ok_or_else(|| Unshaped { span, what: what() })
    }

    fn update(&self, of: Asked<'_>) -> Update {
        let moments = "Moments: a sparse Cholesky factor in a fill-reducing order; of the covariances, those at its entries.".into();
        // The few products that it has are those of an element with itself, and of two.
        Update { heads: self.0.heads(of, true, &|x| x), moments, legend: vec![] }
    }

    fn written(&self, of: &InProduct<'_>, op: &Op) -> Written {
        let (text, axes) = self.0.written(of, op);
        Written::Factor(format!("⟨{text}⟩"), axes)
    }
}
