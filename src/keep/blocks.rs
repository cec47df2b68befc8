//! The blocks of q of a kept posterior, laid out again without a plan or data. Not here: what is asked of
//! them.

use super::{document::BlockText, error::KeepError, kept::Kept};
use crate::{
    block::{element::Which, kind::KINDS, shape::BlockShape},
    graph::FactorGraph,
    shape::{NodeId, PlateId},
};

/// A block of q that outlived its run: all of its elements.
#[derive(Debug)]
pub struct KeptBlock {
    /// Its place among all blocks of the model.
    pub place: usize,
    /// Its nodes, in the order of its members.
    pub nodes: Vec<NodeId>,
    /// The plates of its elements with their sizes, in the order in which they are stored.
    pub plates: Vec<(PlateId, usize)>,
    /// For each member the plates inside one element.
    pub inside: Vec<Vec<(PlateId, usize)>>,
    /// How its numbers are laid out.
    pub shape: Box<dyn BlockShape>,
    /// Natural parameters of all elements.
    pub eta: Vec<f64>,
    /// Their moments.
    pub moments: Vec<f64>,
    /// A(η) of each element, in nats.
    pub log_norm: Vec<f64>,
}

impl KeptBlock {
    /// The plates of one of its nodes in storage order.
    pub fn plates_of(&self, member: usize) -> Vec<(PlateId, usize)> {
        self.plates.iter().chain(&self.inside[member]).copied().collect()
    }
    /// How many elements.
    pub fn elements(&self) -> usize {
        self.plates.iter().map(|p| p.1).product()
    }
}

/// The name that a block's arrays have.
pub fn name_of(block: &BlockText) -> String {
    block.nodes.join(",")
}

/// All blocks that can be laid out again, in their order.
///
/// # Errors
/// The document is not of this graph, or its arrays are not those of its blocks.
pub fn blocks(kept: &Kept, graph: &FactorGraph) -> Result<Vec<KeptBlock>, KeepError> {
    let each = kept.document.blocks.iter().enumerate();
    let all = each.filter_map(|(place, b)| one(kept, graph, place, b).transpose());
    all.collect()
}

fn one(
    kept: &Kept,
    graph: &FactorGraph,
    place: usize,
    block: &BlockText,
) -> Result<Option<KeptBlock>, KeepError> {
    let Some((kind, layout)) = &block.layout else { return Ok(None) };
    let name = name_of(block);
    let other = || KeepError::Damaged(format!("its block `{name}` is not one of its model"));
    let plate = |name: &String| -> Result<(PlateId, usize), KeepError> {
        let at = graph.plates.iter().position(|p| p.name == *name).ok_or_else(other)?;
        Ok((PlateId(at), kept.document.plates.get(at).ok_or_else(other)?.size))
    };
    let node = |name: &String| graph.nodes.iter().position(|n| n.name == *name).map(NodeId);
    let nodes: Option<Vec<NodeId>> = block.nodes.iter().map(node).collect();
    let plates: Vec<(PlateId, usize)> = block.plates.iter().map(plate).collect::<Result<_, _>>()?;
    let inside = block.inside.iter().map(|m| m.iter().map(plate).collect::<Result<Vec<_>, _>>());
    let inside: Vec<Vec<(PlateId, usize)>> = inside.collect::<Result<_, _>>()?;
    let kind = KINDS.iter().find(|k| k.name == *kind).ok_or_else(other)?;
    let pairs = kept.whole(&format!("pairs/{name}"));
    let shape = kind.restore.and_then(|restore| restore(layout, pairs)).ok_or_else(other)?;
    let own = kept.real(&format!("listed/{name}"));
    let eta = if own.is_empty() { kept.real(&format!("eta/{name}")) } else { own }.to_vec();
    let count: usize = plates.iter().map(|p| p.1).product();
    let nodes = nodes.ok_or_else(other)?;
    let known = !eta.is_empty() && eta.len().is_multiple_of(shape.width());
    if known && eta.len() < count * shape.width() {
        let why =
            "has elements on which nothing observed hangs; a kept posterior does not answer for them yet";
        return Err(KeepError::Other(format!("its block `{name}` {why}")));
    }
    if eta.len() != count * shape.width() || shape.members() != nodes.len() || inside.len() != nodes.len() {
        return Err(other());
    }
    let (mut moments, mut log_norm) = (vec![0.0; eta.len()], vec![0.0; count]);
    shape
        .evaluate(Which::From(0), &eta, &mut moments, &mut log_norm)
        .map_err(|e| KeepError::Damaged(format!("its block `{name}` has no moments: {}", e.why)))?;
    Ok(Some(KeptBlock { place, nodes, plates, inside, shape, eta, moments, log_norm }))
}
