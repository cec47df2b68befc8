//! Blocks of a kept posterior as the plan of other data stores them: which elements are those of then, and which are
//! new. Not here: what is done with them (`prior`, `ask`).

use super::{
    blocks::{KeptBlock, blocks, name_of},
    document::BlockText,
    error::KeepError,
    kept::Kept,
};
use crate::{
    graph::FactorGraph,
    plan::{Plan, layout::VarId, var::Var},
    shape::PlateId,
};

/// The blocks, laid out, and what the document says of each.
#[derive(Debug)]
pub struct KeptBlocks<'a> {
    kept: &'a Kept,
    all: Vec<KeptBlock>,
    texts: Vec<&'a BlockText>,
}

/// Natural parameters of a block's elements, as a plan stores them.
#[derive(Clone, Debug, PartialEq)]
pub enum Placed {
    /// No element was there.
    New,
    /// All were: their natural parameters, and Σ A(η), in nats.
    Known(Vec<f64>, f64),
    /// Some were.
    Some,
}

impl<'a> KeptBlocks<'a> {
    /// Of this graph.
    ///
    /// # Errors
    /// The document is of another.
    pub fn new(kept: &'a Kept, graph: &FactorGraph) -> Result<Self, KeepError> {
        let texts = kept.document.blocks.iter().filter(|b| b.layout.is_some()).collect();
        Ok(Self { kept, all: blocks(kept, graph)?, texts })
    }

    /// Is there a block that holds any of these nodes?
    pub fn holds(&self, var: &Var) -> bool {
        self.all.iter().any(|b| b.nodes.iter().any(|n| var.nodes.contains(n)))
    }

    /// The elements of a plan's block. The plan must have been made with the kept centres and the kept axes.
    ///
    /// # Errors
    /// The block is not there, or laid out otherwise.
    pub fn placed(&self, plan: &Plan, v: VarId) -> Result<Placed, KeepError> {
        let var = &plan.vars[v];
        let names: Vec<&str> = var.nodes.iter().map(|n| plan.names[n.0].as_str()).collect();
        let other = |why: &str| KeepError::Other(format!("its block `{}` {why}", names.join(", ")));
        let at = self.all.iter().position(|b| b.nodes == var.nodes).ok_or_else(|| other("is not there"))?;
        let block = &self.all[at];
        let ids = |plates: &[(PlateId, usize)]| plates.iter().map(|p| p.0).collect::<Vec<_>>();
        if ids(&block.plates) != ids(&var.plates) || block.inside != var.inside {
            return Err(other("has other elements in these data, and they are one distribution"));
        }
        let eta = vec![0.0; var.elements() * var.width];
        let same = var
            .shape
            .portable(&eta)
            .is_some_and(|p| Some(p.layout) == self.texts[at].layout.as_ref().map(|l| l.1.clone()));
        let listed = !self.kept.whole(&format!("pairs/{}", name_of(self.texts[at]))).is_empty();
        if !same || listed || block.shape.width() != var.width {
            return Err(other(
                "is laid out by the pairs that its data name, which no other data take up yet",
            ));
        }
        let places: Vec<Option<usize>> = (0..var.elements()).map(|e| place(plan, var, block, e)).collect();
        if places.iter().all(Option::is_none) && !places.is_empty() {
            return Ok(Placed::New);
        }
        let Some(places) = places.into_iter().collect::<Option<Vec<usize>>>() else {
            return Ok(Placed::Some);
        };
        let of = |&at: &usize| &block.eta[at * var.width..(at + 1) * var.width];
        let log_norm = places.iter().map(|&at| block.log_norm[at]).sum();
        Ok(Placed::Known(places.iter().flat_map(of).copied().collect(), log_norm))
    }
}

/// Where an element of the plan stood then; `None` where it is new.
fn place(plan: &Plan, var: &Var, block: &KeptBlock, element: usize) -> Option<usize> {
    let (mut rest, mut at, mut stride) = (element, 0, 1);
    for (&(p, size), &(_, then)) in var.plates.iter().zip(&block.plates).rev() {
        let i = plan.kept.original(p, rest % size.max(1));
        rest /= size.max(1);
        if i >= then {
            return None;
        }
        at += i * stride;
        stride *= then;
    }
    Some(at)
}
