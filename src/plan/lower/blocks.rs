//! The variables of a plan: storage, plates in storage order, known cells. Not here: what factors read of
//! them (`by_row`, `shared`).

use super::{LowerError, Lowering, axes::row_major};
use crate::plan::{
    network::NetworkShape,
    sparse::SparseShape,
    var::{Algorithm, Cells, Clamp, Storage, Var},
};
use crate::{
    block::{junction_tree::JunctionTree, lagged_gaussian_chain, normal_gamma_vector},
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
            let mut network = self.network(block)?;
            let sparse = match block.kind {
                Kind::Gaussian(g) => self.blocks.gaussians[g].pattern.clone().map(SparseShape::new),
                _ => None,
            };
            let d = match block.kind {
                Kind::Gaussian(_) if sparse.is_some() => sparse.as_ref().map_or(0, SparseShape::entries),
                Kind::Gaussian(g) => self.member_offsets(g).last().copied().unwrap_or(0),
                // A chain's states are those of all its members together; a network's dimension is that of
                // its tables.
                _ => network.as_ref().map_or(self.d(block.nodes[0]), NetworkShape::width),
            };
            let (algorithm, width) = match block.kind {
                // Products of entries are added as factors ask for them.
                Kind::Gaussian(_) if sparse.is_some() => {
                    (Algorithm::SparseGaussian, sparse.as_ref().map_or(0, SparseShape::width))
                }
                Kind::Gaussian(g) => match &self.blocks.gaussians[g] {
                    GaussianJoint { scale: Some(_), .. } => (
                        Algorithm::Joint(normal_gamma_vector::SPEC.family),
                        normal_gamma_vector::STAT.width(d),
                    ),
                    GaussianJoint { chain: None, .. } => (Algorithm::Gaussian, d + d * d),
                    GaussianJoint { lags: 0, .. } => (Algorithm::GaussianChain, d + d * d),
                    &GaussianJoint { lags, .. } => {
                        (Algorithm::GaussianSteps { lags }, lagged_gaussian_chain::width(d, lags))
                    }
                },
                Kind::Joint(j) => (
                    Algorithm::Joint(self.blocks.joints[j].spec.family),
                    self.blocks.joints[j].spec.stat.width(d),
                ),
                Kind::Network(n) if self.blocks.networks[n].chain.is_some() => (Algorithm::Chain, d),
                Kind::Network(_) => (Algorithm::Network, d),
                Kind::Chain(_) => (Algorithm::Chain, first.spec.stat.width(d)),
                Kind::Single => match first.spec.family {
                    Some(f) => (Algorithm::Family(f), first.spec.stat.width(d)),
                    None => {
                        return Err(LowerError::Unsupported {
                            span: first.call,
                            what: format!("a latent {}", first.spec.name),
                        });
                    }
                },
            };
            let row = self.row_plate(block.nodes[0]);
            let mut plates: Vec<PlateId> = match block.kind {
                Kind::Gaussian(g) => self.blocks.gaussians[g].outer.clone(),
                _ => first.plates.clone(),
            };
            plates.sort_by_key(|p| Some(*p) != row);
            let plates: Vec<(PlateId, usize)> =
                plates.into_iter().map(|p| (p, self.bound.plate(p).size)).collect();
            let names: Vec<&str> = block.nodes.iter().map(|n| self.graph.nodes[n.0].name.as_str()).collect();
            let storage = match row {
                Some(p) if !self.demoted[b] && self.only_direct(b, p) => {
                    Storage::Streamed { stream: self.stream(p), kept: false }
                }
                _ if algorithm.is_chain() => {
                    return Err(LowerError::Unsupported {
                        span: first.call,
                        what: "a chain whose steps other rows refer to".into(),
                    });
                }
                _ => Storage::Stored,
            };
            let weight =
                row.filter(|_| sparse.is_none()).and_then(|p| self.streams[self.stream(p)].weight.clone());
            let mut var = Var {
                name: names.join(", "),
                nodes: block.nodes.clone(),
                algorithm,
                d,
                width,
                plates,
                storage,
                clamp: None,
                network: None,
                sparse,
                classes: vec![],
                weight,
            };
            if let Some(network) = &mut network {
                for (m, &node) in
                    block.nodes.iter().enumerate().filter(|(_, n)| self.blocks.roles[n.0] == Role::Mixed)
                {
                    let clamp = self.clamp(node, &var);
                    let code = |(known, x): (&bool, &f64)| if *known { *x as u32 } else { u32::MAX };
                    network.known[m] = Some(clamp.known.iter().zip(&clamp.values).map(code).collect());
                }
            } else if self.blocks.roles[block.nodes[0].0] == Role::Mixed {
                var.clamp = Some(self.clamp(block.nodes[0], &var));
            }
            var.network = network;
            self.vars.push(var);
        }
        Ok(())
    }

    /// The tables of a network, if the block is one.
    fn network(&self, block: &Block) -> Result<Option<NetworkShape>, LowerError> {
        let Kind::Network(n) = block.kind else { return Ok(None) };
        let network = &self.blocks.networks[n];
        let sizes: Vec<usize> = network.members.iter().map(|&m| self.d(m)).collect();
        let tree = match network.chain {
            Some(_) => None,
            None => Some(JunctionTree::new(&sizes, &network.scopes, LARGEST_CLIQUE).map_err(|e| {
                LowerError::Unsupported {
                    span: self.graph.nodes[block.nodes[0].0].call,
                    what: format!("a network whose {e}"),
                }
            })?),
        };
        Ok(Some(NetworkShape::new(sizes, &network.scopes, tree)))
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
        self.blocks.energy.factors.iter().all(|f| {
            let n = self.row_plate(f.node).and_then(|p| self.letter_of(f, p));
            f.terms
                .iter()
                .flat_map(|t| &t.ops)
                .filter(|o| self.blocks.of_source(o.source) == Some(block))
                .all(|o| {
                    o.elements.iter().enumerate().all(|(i, e)| match *e {
                        Element::Label(l) => (i == axis) == (Some(l) == n),
                        Element::Before { label, .. } | Element::Parent { label } => {
                            chain && i == axis && Some(label) == n
                        }
                        Element::At(_) => i != axis,
                        _ => false,
                    })
                })
        })
    }

    /// The known cells of a partly observed node, in the variable's storage order.
    pub(super) fn clamp(&self, node: NodeId, var: &Var) -> Clamp {
        let kind = self.graph.nodes[node.0].spec.stat;
        let (width, all) = self.observed_values(node);
        let order = self.storage_order(node, var);
        let mut known = Vec::with_capacity(order.len());
        let mut cells = Cells { known: vec![], absent: vec![] };
        let leaf = !has_children(&self.blocks.energy, node);
        let mut values = Vec::with_capacity(order.len() * width);
        for &e in &order {
            let v = &all[e * width..(e + 1) * width];
            known.push(v.iter().all(|x| !x.is_nan()));
            cells.known.extend(v.iter().map(|x| !x.is_nan()));
            cells.absent.push(leaf && v.iter().all(|x| x.is_nan()));
            values.extend(v.iter().map(|x| if x.is_nan() { 0.0 } else { *x }));
        }
        Clamp { known, values, value_width: width, kind, cells: kind.conditions().then_some(cells) }
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

    /// Element of the node (file order, row-major over its plates) at each element of its variable's storage.
    pub(super) fn storage_order(&self, node: NodeId, var: &Var) -> Vec<usize> {
        let plates = &self.graph.nodes[node.0].plates;
        let order = var.stream().and_then(|s| self.streams[s].order.as_deref());
        element_order(plates, &var.plates, order)
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
