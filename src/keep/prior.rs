//! A kept posterior as the prior of new data: its blocks as the plan of the new data stores them. Not here:
//! the run (`engine`).

use super::{
    blocks::{blocks, name_of},
    error::KeepError,
    kept::Kept,
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
    kept.about_one_centre()?;
    let all = blocks(kept, graph)?;
    let texts: Vec<_> = kept.document.blocks.iter().filter(|b| b.layout.is_some()).collect();
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
        let names: Vec<&str> = var.nodes.iter().map(|n| plan.names[n.0].as_str()).collect();
        let other = |why: &str| KeepError::Other(format!("its block `{}` {why}", names.join(", ")));
        let at = all.iter().position(|b| b.nodes == var.nodes).ok_or_else(|| other("is not there"))?;
        let block = &all[at];
        if block.plates != var.plates || block.inside != var.inside {
            return Err(other("has other elements in these data, and a prior has to speak of each"));
        }
        let eta = vec![0.0; block.eta.len()];
        let same = var
            .shape
            .portable(&eta)
            .is_some_and(|p| Some(p.layout) == texts[at].layout.as_ref().map(|l| l.1.clone()));
        let listed = !kept.whole(&format!("pairs/{}", name_of(texts[at]))).is_empty();
        if !same || listed || block.shape.width() != var.width {
            return Err(other(
                "is laid out by the pairs that its data name, which no other data take up yet",
            ));
        }
        out.push(Prior { var: v, eta: block.eta.clone(), log_norm: block.log_norm.iter().sum() });
    }
    Ok(out)
}
