//! Draws of the variables that a kept posterior holds, those of one block together. Not here: what is drawn given
//! them (`simulate`), nor what is made of draws (`derive`).

use crate::{
    block::element::Which,
    graph::FactorGraph,
    keep::{
        KeepError, Kept,
        blocks::{KeptBlock, blocks},
    },
    num::stream::Stream,
    plan::{element_order, of_element, recentre::Turn},
    shape::NodeId,
};

/// Values of each node: all elements in file order, a category as its number from 0.
pub type Drawn = Vec<Vec<f64>>;

/// A kept posterior, ready to be drawn from.
#[derive(Debug)]
pub struct Drawing<'a> {
    kept: &'a Kept,
    graph: &'a FactorGraph,
    blocks: Vec<DrawnBlock>,
}

/// A block, and where the values of its members go.
#[derive(Debug)]
struct DrawnBlock {
    block: KeptBlock,
    /// Its nodes, which name its stream of random numbers.
    name: String,
    /// For each member the file's element at each of its places.
    orders: Vec<Vec<usize>>,
    /// Its coordinates, where they are others than its nodes' values.
    turn: Option<Turn>,
}

impl<'a> Drawing<'a> {
    /// Lays the blocks out again.
    ///
    /// # Errors
    /// It is not a posterior of this model.
    pub fn new(kept: &'a Kept, graph: &'a FactorGraph) -> Result<Self, KeepError> {
        let ready = |block: KeptBlock| {
            let names: Vec<&str> = block.nodes.iter().map(|n| graph.nodes[n.0].name.as_str()).collect();
            let members = block.nodes.iter().enumerate();
            let order = |(member, n): (usize, &NodeId)| {
                element_order(&graph.nodes[n.0].plates, &block.plates_of(member), None)
            };
            DrawnBlock {
                name: names.join(","),
                orders: members.map(order).collect(),
                turn: kept.turn(block.place),
                block,
            }
        };
        Ok(Self { kept, graph, blocks: blocks(kept, graph)?.into_iter().map(ready).collect() })
    }

    /// Whether it holds a node.
    pub fn holds(&self, n: NodeId) -> bool {
        self.blocks.iter().any(|b| b.block.nodes.contains(&n))
    }

    /// Numbers that one draw of all blocks of some nodes takes.
    pub fn numbers(&self, wanted: &dyn Fn(NodeId) -> bool) -> usize {
        let with = self.blocks.iter().filter(|b| b.block.nodes.iter().any(|n| wanted(*n)));
        with.map(|b| b.block.eta.len()).sum()
    }

    /// One draw of the nodes that are wanted; empty of others, and of nodes that it does not hold.
    ///
    /// # Errors
    /// A block without a distribution.
    pub fn draw(&self, seed: u64, draw: u64, wanted: &dyn Fn(NodeId) -> bool) -> Result<Drawn, KeepError> {
        let mut out = vec![vec![]; self.graph.nodes.len()];
        for b in self.blocks.iter().filter(|b| b.block.nodes.iter().any(|n| wanted(*n))) {
            let block = &b.block;
            let mut random = Stream::new(seed, &b.name, draw);
            let mut values = vec![vec![]; block.nodes.len()];
            let done = block.shape.draw(Which::From(0), &block.eta, &mut random, &mut values);
            done.map_err(|e| KeepError::Damaged(format!("its block `{}` has no draws: {}", b.name, e.why)))?;
            if let Some(turn) = &b.turn {
                let matrices = turn.in_order(|| b.orders[0].clone());
                if !block.shape.turn_values(&matrices, &mut values) {
                    turned(block, turn, &mut values);
                }
            }
            for ((n, order), values) in block.nodes.iter().zip(&b.orders).zip(values) {
                let width = values.len() / order.len().max(1);
                let centres = self.kept.centre(&self.graph.nodes[n.0].name);
                let mut all = vec![0.0; values.len()];
                for (place, &e) in order.iter().enumerate() {
                    let centre = of_element(centres, e, width);
                    for k in 0..width {
                        all[e * width + k] =
                            values[place * width + k] + centre.get(k).copied().unwrap_or(0.0);
                    }
                }
                // The end of a stick is 1, and no variable.
                let node = &self.graph.nodes[n.0];
                let last = node.plates.last().map_or(0, |p| self.kept.document.plates[p.0].size);
                if node.stick && last > 0 {
                    all.iter_mut().skip(last - 1).step_by(last).for_each(|x| *x = 1.0);
                }
                out[n.0] = all;
            }
        }
        Ok(out)
    }
}

/// Values of the nodes from those of the block's own coordinates: of each element, L times the vector of its
/// Gaussian entries.
fn turned(block: &KeptBlock, turn: &Turn, values: &mut [Vec<f64>]) {
    let elements = block.elements().max(1);
    for e in 0..elements {
        let mut own = vec![0.0; turn.d];
        let mut places = vec![None; turn.d];
        for (member, values) in values.iter().enumerate() {
            let each = values.len() / elements;
            for i in 0..each {
                let entry = block.shape.entry(member, i).filter(|entry| *entry < turn.d);
                if let Some(entry) = entry.filter(|_| block.shape.scales() != Some(member)) {
                    own[entry] = values[e * each + i];
                    places[entry] = Some((member, e * each + i));
                }
            }
        }
        for (entry, place) in places.iter().enumerate() {
            if let Some((member, at)) = place {
                values[*member][*at] = turn.row(entry).iter().zip(&own).map(|(l, x)| l * x).sum();
            }
        }
    }
}
