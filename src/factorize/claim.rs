//! The contract of a kind of block in the registry of claims: what it takes. Not here: what is asked of a
//! claimed block (`contract`), nor the state of the claims (`claims`).

use super::{
    claims::Claims,
    roles::{Missing, Role},
};
use crate::{
    graph::{energy::Energy, factor_graph::FactorGraph},
    shape::NodeId,
};

/// A kind of block as the registry lists it.
pub trait Claim: Sync {
    /// Claims what it can of the nodes that are free, and says of the others what stood in the way.
    fn claim(&self, claims: &mut Claims<'_>);

    /// Predictions that it could hold beside what they depend on.
    fn leaves(
        &self,
        graph: &FactorGraph,
        energy: &Energy,
        roles: &[Role],
        missing: &[Missing],
    ) -> Vec<NodeId> {
        let _ = (graph, energy, roles, missing);
        vec![]
    }
}
