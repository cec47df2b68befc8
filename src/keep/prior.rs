//! A kept posterior as the prior of new data: its blocks as the plan of the new data stores them. Not here:
//! the run (`engine`).

use super::{
    error::KeepError,
    kept::Kept,
    placed::{KeptBlocks, Placed},
};
use crate::{
    engine::prior::Prior,
    graph::{FactorGraph, factor_graph::PlateKind},
    plan::{Plan, var::Storage},
};

/// The centres of the nodes' values, as the kept blocks have them.
pub fn centres(kept: &Kept, graph: &FactorGraph) -> Vec<Vec<f64>> {
    graph.nodes.iter().map(|n| kept.centre(&n.name).to_vec()).collect()
}

/// The prior of every stored block that has no element for each row. The plan must have been made with the
/// kept [`centres`] and the kept axes.
///
/// # Errors
/// It is of another model, or a block has other elements or another layout with these data.
pub fn prior(kept: &Kept, model: &str, graph: &FactorGraph, plan: &Plan) -> Result<Vec<Prior>, KeepError> {
    if kept.document.model.text != model {
        return Err(KeepError::Other("it is of another model, and only the same can take it up".into()));
    }
    let all = KeptBlocks::new(kept, graph)?;
    let rows = |p: crate::shape::PlateId| {
        matches!(
            graph.plates[p.0].kind,
            PlateKind::Rows { .. } | PlateKind::Steps { .. } | PlateKind::Tree { .. }
        )
    };
    let mut out = vec![];
    for (v, var) in plan.vars.enumerate() {
        let plates = || var.plates.iter().chain(var.inside.iter().flatten());
        if var.storage != Storage::Stored || plates().any(|p| rows(p.0)) {
            continue;
        }
        let names = || var.nodes.iter().map(|n| plan.names[n.0].as_str()).collect::<Vec<_>>().join(", ");
        match all.placed(plan, v)? {
            Placed::Known(eta, log_norm) => out.push(Prior { var: v, eta, log_norm }),
            Placed::New | Placed::Some => {
                let why = "has other elements in these data, and a prior has to speak of each";
                return Err(KeepError::Other(format!("its block `{}` {why}", names())));
            }
        }
    }
    Ok(out)
}
