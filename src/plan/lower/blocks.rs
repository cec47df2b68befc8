//! The variables of a plan: storage, plates in storage order, known cells. Not here: what factors read of
//! them (`by_row`, `shared`).

use super::{LowerError, Lowering, axes::row_major};
use crate::plan::var::{Storage, Var};
use crate::{
    block::{
        held::Held,
        junction_tree::JunctionTree,
        kind::{
            cells::KnownCells, chain::Chain, dense::DenseGaussian, family::Independent,
            gaussian_chain::GaussianChain, lagged::LaggedChain, network::Network, pair::Pair,
            scaled::ScaledGaussian, sparse::SparseShape, tables::Tables, tree::Tree, vector::Entries,
        },
        shape::BlockShape,
    },
    factorize::{
        Block, Kind,
        gaussian::GaussianJoint,
        network::LARGEST_CLIQUE,
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
            let mut plates: Vec<PlateId> = match block.kind {
                Kind::Gaussian(g) => self.blocks.gaussians[g].outer.clone(),
                _ => first.plates.clone(),
            };
            plates.sort_by_key(|p| Some(*p) != row);
            let storage = match row {
                Some(p) if !self.demoted[b] && self.only_direct(b, p) => {
                    Storage::Streamed { stream: self.stream(p), kept: false }
                }
                _ => Storage::Stored,
            };
            let plates: Vec<(PlateId, usize)> = plates.into_iter().map(|p| self.sized(p)).collect();
            let (shape, sparse) = self.shape(block, &plates, storage)?;
            if shape.sequences().is_some() && storage == Storage::Stored {
                return Err(LowerError::Unsupported {
                    span: first.call,
                    what: "a chain whose steps other rows refer to".into(),
                });
            }
            let d = match block.kind {
                Kind::Gaussian(_) if sparse.is_some() => sparse.as_ref().map_or(0, SparseShape::entries),
                Kind::Gaussian(g) => self.starts[g].last().copied().unwrap_or(0),
                // A chain's states are those of all its members together; a network's dimension is that of
                // its tables.
                Kind::Network(_) => shape.width(),
                _ => self.d(block.nodes[0]),
            };
            let inside = |(at, _): (usize, &NodeId)| match block.kind {
                Kind::Gaussian(g) => self.blocks.gaussians[g]
                    .members
                    .get(at)
                    .map_or(vec![], |m| m.inner.iter().map(|&p| self.sized(p)).collect()),
                _ => vec![],
            };
            let names: Vec<&str> = block.nodes.iter().map(|n| self.graph.nodes[n.0].name.as_str()).collect();
            let var = Var {
                name: names.join(", "),
                nodes: block.nodes.clone(),
                width: shape.width(),
                shape,
                d,
                plates,
                inside: block.nodes.iter().enumerate().map(inside).collect(),
                storage,
                colours: vec![],
                weight: row
                    .filter(|_| sparse.is_none())
                    .and_then(|p| self.streams[self.stream(p)].weight.clone()),
            };
            self.vars.push(var);
            self.sparse.push(sparse);
        }
        Ok(())
    }

    fn sized(&self, p: PlateId) -> (PlateId, usize) {
        (p, self.bound.plate(p).size)
    }

    /// How a block's η turns into moments. A sparse Gaussian is given apart too: products of entries are added
    /// as factors ask for them.
    fn shape(
        &self,
        block: &Block,
        plates: &[(PlateId, usize)],
        storage: Storage,
    ) -> Result<(Box<dyn BlockShape>, Option<SparseShape>), LowerError> {
        let first = &self.graph.nodes[block.nodes[0].0];
        let spec = first.spec;
        let shape: Box<dyn BlockShape> = match block.kind {
            Kind::Gaussian(g) => {
                let joint = &self.blocks.gaussians[g];
                let members = self.entries_of_members(g);
                if let Some(pattern) = joint.pattern.clone() {
                    let shape = SparseShape::new(pattern, members.iter().map(|m| m.family).collect());
                    return Ok((Box::new(shape.clone()), Some(shape)));
                }
                match joint {
                    GaussianJoint { scale: Some(_), .. } => Box::new(ScaledGaussian::new(members)),
                    GaussianJoint { chain: None, .. } => Box::new(DenseGaussian::new(members)),
                    GaussianJoint { lags: 0, .. } => Box::new(GaussianChain::new(members)),
                    &GaussianJoint { lags, .. } => Box::new(LaggedChain::new(members, lags)),
                }
            }
            Kind::Joint(j) => Box::new(Pair::new(self.blocks.joints[j].spec, self.d(block.nodes[0]))),
            Kind::Chain(_) => {
                let node = block.nodes[0];
                self.along(self.tables(&[node], &[vec![0]], plates, storage), storage)
            }
            Kind::Network(n) => {
                let network = &self.blocks.networks[n];
                let tables = self.tables(&network.members, &network.scopes, plates, storage);
                if network.chain.is_some() {
                    return Ok((self.along(tables, storage), None));
                }
                let tree = JunctionTree::new(&tables.sizes, &network.scopes, LARGEST_CLIQUE);
                let tree = tree.map_err(|e| LowerError::Unsupported {
                    span: first.call,
                    what: format!("a network whose {e}"),
                })?;
                Box::new(Network::new(tables, tree))
            }
            Kind::Single => {
                let Some(family) = spec.family else {
                    return Err(LowerError::Unsupported {
                        span: first.call,
                        what: format!("a latent {}", spec.name),
                    });
                };
                let node = block.nodes[0];
                let mixed = self.blocks.roles[node.0] == Role::Mixed;
                let known = mixed.then(|| self.known_elements(node, plates, storage));
                match known {
                    Some((held, cells, absent)) if spec.stat.conditions() => {
                        Box::new(KnownCells::new(family, cells, absent, held))
                    }
                    known => Box::new(Independent::new(family, spec.stat, self.d(node), known.map(|k| k.0))),
                }
            }
        };
        Ok((shape, None))
    }

    /// Categories along their stream: sequences, or trees.
    fn along(&self, tables: Tables, storage: Storage) -> Box<dyn BlockShape> {
        match storage {
            Storage::Streamed { stream, .. } if self.streams[stream].parent.is_some() => {
                Box::new(Tree::new(tables))
            }
            _ => Box::new(Chain::new(tables)),
        }
    }

    /// Where the members of a Gaussian joint have their entries.
    fn entries_of_members(&self, g: usize) -> Vec<Entries> {
        let members = self.blocks.gaussians[g].members.iter().zip(self.starts[g].iter().copied());
        members
            .map(|(m, first)| Entries {
                first,
                count: m.inner.iter().map(|p| self.bound.plate(*p).size).product(),
                each: if m.vector { self.d(m.node) } else { 1 },
                family: self.graph.nodes[m.node.0].spec.family.expect("a Gaussian has a family"),
            })
            .collect()
    }

    /// The tables of members that are categories, with their known cells.
    fn tables(
        &self,
        members: &[NodeId],
        scopes: &[Vec<usize>],
        plates: &[(PlateId, usize)],
        storage: Storage,
    ) -> Tables {
        let mut tables = Tables::new(members.iter().map(|&m| self.d(m)).collect(), scopes);
        for (known, &node) in tables.known.iter_mut().zip(members) {
            if self.blocks.roles[node.0] == Role::Mixed {
                let (held, ..) = self.known_elements(node, plates, storage);
                let code = |(known, x): (&bool, &f64)| if *known { *x as u32 } else { u32::MAX };
                *known = Some(held.known.iter().zip(&held.values).map(code).collect());
            }
        }
        tables
    }

    /// Is the block used only by rows of its own plate, each its own element (or, for a chain, the one
    /// before)?
    pub(super) fn only_direct(&self, block: usize, plate: PlateId) -> bool {
        let chain = match self.blocks.list[block].kind {
            Kind::Chain(_) => true,
            Kind::Network(n) => self.blocks.networks[n].chain.is_some(),
            Kind::Gaussian(g) => self.blocks.gaussians[g].chain.is_some(),
            _ => false,
        };
        let plates = match self.blocks.list[block].kind {
            Kind::Gaussian(g) => &self.blocks.gaussians[g].outer,
            _ => &self.graph.nodes[self.blocks.list[block].nodes[0].0].plates,
        };
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
    fn known_elements(
        &self,
        node: NodeId,
        plates: &[(PlateId, usize)],
        storage: Storage,
    ) -> (Held, Vec<bool>, Vec<bool>) {
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
        (Held { known, values, width, d: self.d(node), kind }, cells, absent)
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
