//! Going on where a kept run stopped: its numbers in the order of the plan. Not here: the run (`engine`).

use super::{blocks::name_of, error::KeepError, kept::Kept};
use crate::{
    engine::{Moved, Reached},
    plan::{Plan, layout::VarId, recentre::Centres},
    state::{Snapshot, snapshot::BlockNumbers},
};

/// Where the kept run has come to, for a plan of the same model and the same data, whose fingerprint is
/// `data`.
///
/// # Errors
/// It is of another model or of other data.
pub fn reached(kept: &Kept, model: &str, data: &str, plan: &Plan) -> Result<Reached, KeepError> {
    let other = |what: &str| Err(KeepError::Other(format!("it is of {what}, and only the same can go on")));
    let document = &kept.document;
    if document.model.text != model {
        return other("another model");
    }
    if document.data != data {
        return other(if document.data.contains("prior") != data.contains("prior") {
            "the same data without the same `--prior`"
        } else {
            "other data"
        });
    }
    let names = |v: VarId| -> Vec<&str> {
        plan.vars[v].nodes.iter().map(|n| plan.names[n.0].as_str()).collect::<Vec<_>>()
    };
    let same = document.blocks.len() == plan.vars.ids().count()
        && plan.vars.ids().zip(&document.blocks).all(|(v, b)| names(v) == b.nodes);
    let (trace, steps) = (kept.real("trace"), kept.whole("steps"));
    if !same || trace.is_empty() || trace.len() != steps.len() || document.blocks.len() != entropies(kept) {
        return other("another version's plan of the model");
    }
    let blocks = document.blocks.iter().zip(kept.real("entropy")).map(|(b, entropy)| {
        let array = |what: &str| kept.real(&format!("{what}/{}", name_of(b))).to_vec();
        BlockNumbers {
            eta: array("eta"),
            moments: array("moments"),
            before: array("before"),
            earlier: array("earlier"),
            entropy: *entropy,
        }
    });
    Ok(Reached {
        restart: document.run.restart,
        record: kept.record(),
        stop: None,
        rounding: kept.rounding(),
        restarts: kept.real("restarts").to_vec(),
        left: kept.whole("left").iter().map(|&i| i as usize).collect(),
        moves: kept.moves(),
        moved: moved(kept, plan),
        snapshot: Snapshot { blocks: blocks.collect(), statistics: kept.real("statistics").to_vec() },
    })
}

/// The centres that it was moved to.
fn moved(kept: &Kept, plan: &Plan) -> Option<Moved> {
    let &[split, moves, last] = kept.real("moved") else { return None };
    let nodes = plan.names.iter().map(|n| kept.centre(n).to_vec()).collect();
    let turns = (0..plan.blocks.list.len()).filter_map(|b| kept.turn(b)).collect();
    let centres = Centres { nodes, split: split != 0.0, turns };
    Some(Moved { centres, moves: moves as usize, last })
}

fn entropies(kept: &Kept) -> usize {
    kept.real("entropy").len()
}
