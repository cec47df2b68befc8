//! A first q that the caller gives for a node of values (numbers, vectors, probability vectors), checked
//! against the plan: a value for each element, or the parameters of its q. Not here: categories (`given`),
//! nor what a run makes of it (`first`).

use super::given::{BadStart, GivenStart, NoStart, What};
use crate::{
    expfam::stat::StatKind,
    graph::{Bound, FactorGraph},
    plan::{Plan, element_order, layout::VarId},
    shape::NodeId,
};

/// A node of values with a q, by name: what a first q can be given for.
#[derive(Clone, Debug, PartialEq)]
pub struct Valued {
    /// The node.
    pub node: NodeId,
    /// Numbers in one value.
    pub width: usize,
    /// The parameters of its q, with how many numbers each has.
    pub parameters: Vec<(&'static str, usize)>,
    /// File order's element at each place of the variable's storage.
    order: Vec<usize>,
    /// Elements of the file.
    elements: usize,
    var: VarId,
    member: usize,
    /// Event dimension of the node's own values.
    d: usize,
    /// What inference takes off a value.
    centre: Vec<f64>,
    /// The parameter that has a place, too.
    place: Option<&'static str>,
    stat: &'static StatKind,
}

impl Valued {
    /// The node of that name.
    ///
    /// # Errors
    /// It is not there, is a category, or has no q of its own to start from.
    pub fn find(graph: &FactorGraph, bound: &Bound, plan: &Plan, name: &str) -> Result<Self, NoStart> {
        let node = NodeId(graph.nodes.iter().position(|n| n.name == name).ok_or(NoStart::Unknown)?);
        let n = &graph.nodes[node.0];
        let var = plan.vars.find(|v| v.nodes.contains(&node)).ok_or(NoStart::NoQ)?;
        let v = &plan.vars[var];
        if n.spec.stat.one_hot() {
            return Err(NoStart::NotValues);
        }
        if v.stream().is_some() && v.nodes.len() > 1 {
            return Err(NoStart::Together);
        }
        let member = v.nodes.iter().position(|m| *m == node).unwrap_or(0);
        let d = n.event.map_or(1, |x| bound.size(x));
        let file = v.stream().and_then(|s| plan.streams[s].order.as_deref());
        let Some(parameters) = v.shape.parameters(member) else {
            // The entries of a vector and the precision that scales them all.
            let together = v.shape.tables().is_none() && v.nodes.len() > 1 && !v.shape.is_whole();
            return Err(if together { NoStart::Together } else { NoStart::NotValues });
        };
        Ok(Self {
            node,
            width: n.spec.stat.value.width(d),
            parameters,
            order: plan.kept.of_data(&n.plates, element_order(&n.plates, &v.plates_of(member), file)),
            elements: plan.kept.count(&n.plates),
            var,
            member,
            d,
            centre: plan.centres[node.0].clone(),
            place: n.spec.params.first().map(|p| p.name).filter(|_| n.spec.location),
            stat: n.spec.stat,
        })
    }

    /// Elements, row-major over the node's plates.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// A value for each element, in file order: q starts as if it were certain of them.
    ///
    /// # Errors
    /// Too many or too few, or a number that the node can't be.
    pub fn from_values(&self, values: &[f64]) -> Result<GivenStart, BadStart> {
        let w = self.width;
        if values.len() != self.elements() * w {
            return Err(BadStart::Length { wanted: self.elements(), found: values.len() / w.max(1) });
        }
        let mut t = vec![0.0; self.stat.width(self.d)];
        for (e, x) in values.chunks_exact(w).enumerate() {
            (self.stat.of_value)(x, self.d, &mut t).map_err(|why| BadStart::Value(e, why))?;
        }
        Ok(self.given(What::Values(self.stored(values, w, true).into())))
    }

    /// Parameters of q by name, as a report prints them, each for all elements in file order. Those left out
    /// stay as the prior has them.
    ///
    /// # Errors
    /// A name that q does not have, or too many or too few numbers. Whether they make a density shows when
    /// the run starts.
    pub fn from_parameters(&self, given: &[(String, Vec<f64>)]) -> Result<GivenStart, BadStart> {
        let mut out = vec![];
        for (name, values) in given {
            let Some(at) = self.parameters.iter().position(|p| p.0 == name) else {
                return Err(BadStart::NoParameter(name.clone()));
            };
            let (known, w) = self.parameters[at];
            if values.len() != self.elements() * w {
                return Err(BadStart::Length { wanted: self.elements(), found: values.len() / w.max(1) });
            }
            out.push((at, self.stored(values, w, self.place == Some(known)).into()));
        }
        Ok(self.given(What::Parameters(out)))
    }

    fn given(&self, what: What) -> GivenStart {
        GivenStart { var: self.var, member: self.member, node: self.node, what }
    }

    /// File order → storage order; what has a place is moved by the centre.
    fn stored(&self, values: &[f64], w: usize, moved: bool) -> Vec<f64> {
        let mut out: Vec<f64> =
            self.order.iter().flat_map(|&e| &values[e * w..(e + 1) * w]).copied().collect();
        if moved && !self.centre.is_empty() {
            for (&e, x) in self.order.iter().zip(out.chunks_exact_mut(w)) {
                let from = e * w % self.centre.len();
                x.iter_mut().zip(&self.centre[from..]).for_each(|(x, c)| *x -= c);
            }
        }
        out
    }
}
