//! The variables of a plan: storage, plates in storage order, known cells. Not here: what factors read of
//! them (`by_row`, `shared`).

use super::{axes::row_major, error::LowerError, lowering::Lowering};
use crate::plan::var::{Storage, Var};
use crate::{
    block::{held::Held, shape::BlockShape},
    factorize::{
        contract::{KnownElements, Laying},
        roles::{Role, has_children},
    },
    graph::{bound::ObservedArray, energy::Element},
    shape::{NodeId, PlateId},
};
use std::borrow::Cow;

impl<'a> Lowering<'a> {
    pub(super) fn vars(&mut self) -> Result<(), LowerError> {
        for (b, block) in self.blocks.list.iter().enumerate() {
            let first = &self.graph.nodes[block.nodes[0].0];
            let row = self.row_plate(block.nodes[0]);
            let mut plates: Vec<PlateId> = block.kind.plates(self.graph).to_vec();
            plates.sort_by_key(|p| Some(*p) != row);
            let storage = match row {
                Some(p) if !self.demoted[b] && self.only_direct(b, p) => {
                    Storage::Streamed { stream: self.stream(p), kept: false }
                }
                _ => Storage::Stored,
            };
            let plates: Vec<(PlateId, usize)> = plates.into_iter().map(|p| self.sized(p)).collect();
            let laying = Laying {
                graph: self.graph,
                bound: self.bound,
                roles: &self.blocks.roles,
                known: &|node| self.known_elements(node, &plates, storage),
            };
            // Products of entries are added to a list of pairs as factors ask for them.
            let sparse = block.kind.listed(&laying);
            let crossing = block.kind.crossing(&laying);
            let shape: Box<dyn BlockShape> = match (&sparse, &crossing) {
                (Some(listed), _) => Box::new(listed.clone()),
                (_, Some(network)) => Box::new(network.clone()),
                _ => block
                    .kind
                    .shape(&laying)
                    .map_err(|e| LowerError::Unsupported { span: e.span, what: e.what })?,
            };
            if shape.sequences().is_some() && storage == Storage::Stored {
                return Err(LowerError::Unsupported {
                    span: self.graph.picked_by_column(&block.nodes).unwrap_or(first.call),
                    what: "a chain of categories whose steps other rows refer to".into(),
                });
            }
            let members = block.kind.members();
            let d = match &sparse {
                Some(listed) => listed.entries(),
                None if crossing.is_some() => shape.width(),
                None if !members.is_empty() => self.starts[b].last().copied().unwrap_or(0),
                // The states of a chain are those of all its members together; a network's dimension is that of
                // its tables.
                None if shape.tables().is_some() => shape.width(),
                None => self.d(block.nodes[0]),
            };
            let inside = |at: usize| {
                members.get(at).map_or(vec![], |m| m.inner.iter().map(|&p| self.sized(p)).collect())
            };
            let names: Vec<&str> = block.nodes.iter().map(|n| self.graph.nodes[n.0].name.as_str()).collect();
            let var = Var {
                name: names.join(", "),
                nodes: block.nodes.clone(),
                width: shape.width(),
                shape,
                d,
                plates,
                inside: (0..block.nodes.len()).map(inside).collect(),
                storage,
                colours: vec![],
                weight: row
                    .filter(|_| sparse.is_none() && crossing.is_none())
                    .and_then(|p| self.streams[self.stream(p)].weight.clone()),
            };
            self.vars.push(var);
            self.sparse.push(sparse);
            self.crossing.push(crossing);
        }
        Ok(())
    }

    fn sized(&self, p: PlateId) -> (PlateId, usize) {
        (p, self.bound.plate(p).size)
    }

    /// Is the block used only by rows of its own plate, each its own element (or, for a chain, the one
    /// before)?
    pub(super) fn only_direct(&self, block: usize, plate: PlateId) -> bool {
        let kind = &self.blocks.list[block].kind;
        let (chain, plates) = (kind.steps().is_some(), kind.plates(self.graph));
        let Some(axis) = plates.iter().position(|&p| p == plate) else { return false };
        let energy = &self.blocks.energy;
        energy.places(self.blocks.source(block)).all(|at| {
            let (f, op) = energy.operand(at);
            let n = self.row_plate(f.node).and_then(|p| self.letter_of(f, p));
            op.elements.iter().enumerate().all(|(i, e)| match *e {
                Element::Label(l) => (i == axis) == (Some(l) == n),
                Element::Before { label, .. } | Element::Parent { label } => {
                    chain && i == axis && Some(label) == n
                }
                Element::At(_) => i != axis,
                _ => false,
            })
        })
    }

    /// What is known of a partly observed node, in its variable's storage order: elements, cells, and elements
    /// that are missing as a whole and weigh nothing.
    fn known_elements(&self, node: NodeId, plates: &[(PlateId, usize)], storage: Storage) -> KnownElements {
        let kind = self.graph.nodes[node.0].spec.stat;
        let (width, all) = self.observed_values(node);
        let stream = match storage {
            Storage::Streamed { stream, .. } => self.streams[stream].order.as_deref(),
            Storage::Stored => None,
        };
        let order = element_order(&self.graph.nodes[node.0].plates, plates, stream);
        let leaf = !has_children(&self.blocks.energy, node);
        let (mut known, mut cells, mut absent) = (Vec::with_capacity(order.len()), vec![], vec![]);
        let mut values = Vec::with_capacity(order.len() * width);
        for &e in &order {
            let v = &all[e * width..(e + 1) * width];
            known.push(v.iter().all(|x| !x.is_nan()));
            cells.extend(v.iter().map(|x| !x.is_nan()));
            absent.push(leaf && v.iter().all(|x| x.is_nan()));
            values.extend(v.iter().map(|x| if x.is_nan() { 0.0 } else { *x }));
        }
        KnownElements { held: Held { known, values, width, d: self.d(node), kind }, cells, absent }
    }

    /// Is the node a leaf of which some values are latent in part, and others missing as a whole? These weigh
    /// nothing and are predicted.
    pub(super) fn absent(&self, node: NodeId) -> bool {
        let vector = self.graph.nodes[node.0].spec.stat.conditions();
        vector && self.blocks.roles[node.0] == Role::Mixed && !has_children(&self.blocks.energy, node) && {
            let (width, values) = self.observed_values(node);
            values.chunks_exact(width).any(|v| v.iter().all(|x| x.is_nan()))
        }
    }

    /// Values by element in file order, centred; categories as numbers; missing cells NaN.
    pub(super) fn observed_values(&self, node: NodeId) -> (usize, Cow<'a, [f64]>) {
        match self.bound.observed(node) {
            Some(ObservedArray::Numbers { width, values }) => {
                let c = &self.centres[node.0];
                if c.is_empty() {
                    return (*width, Cow::Borrowed(values));
                }
                (*width, values.iter().zip(c.iter().cycle()).map(|(v, c)| v - c).collect())
            }
            Some(ObservedArray::Codes(codes)) => {
                (1, codes.iter().map(|&c| if c == u32::MAX { f64::NAN } else { f64::from(c) }).collect())
            }
            None => (1, Cow::Borrowed(&[])),
        }
    }
}

/// File-order element at each element of a storage order: `plates` are the node's own, `storage` a
/// permutation of them with sizes, `order` the file row at each place of the first storage plate.
pub fn element_order(plates: &[PlateId], storage: &[(PlateId, usize)], order: Option<&[u32]>) -> Vec<usize> {
    let sizes: Vec<usize> =
        plates.iter().map(|p| storage.iter().find(|q| q.0 == *p).map_or(1, |q| q.1)).collect();
    let strides = row_major(&sizes);
    let mut out = vec![0];
    for (at, &(p, size)) in storage.iter().enumerate() {
        let stride = plates.iter().position(|q| *q == p).map_or(0, |i| strides[i]);
        let place = |i: usize| if at == 0 { order.map_or(i, |o| o[i] as usize) } else { i };
        out = out.into_iter().flat_map(|o| (0..size).map(move |i| o + place(i) * stride)).collect();
    }
    out
}
