//! A first q that the caller gives for a selector, checked against the plan. Not here: one for values
//! (`values`), the starts that are drawn (`draw`), nor the files that hold one (`cli`).

use crate::{
    graph::FactorGraph,
    plan::{Plan, element_order, layout::VarId},
    shape::NodeId,
};
use std::{fmt, sync::Arc};

/// Responsibilities must sum to 1 within this.
const SUM: f64 = 1e-6;

/// A category node with a q, by name: what a first q can be given for.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The node.
    pub node: NodeId,
    /// Its categories.
    pub categories: usize,
    /// File order's element at each place of the variable's storage.
    order: Vec<usize>,
    /// Elements of the file.
    elements: usize,
    var: VarId,
    /// Its place among the nodes of the block.
    member: usize,
}

/// A first q, for the `start` of a run's options. It belongs to the plan that it was made for.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenStart {
    pub(super) var: VarId,
    pub(super) member: usize,
    pub(super) node: NodeId,
    pub(super) what: What,
}

/// What a first q says, elements in storage order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// elements × categories.
    Responsibilities(Arc<[f64]>),
    /// A value for each element, centred as the data are.
    Values(Arc<[f64]>),
    /// Standard parameters by their place in the node's list, each elements × its numbers, centred.
    Parameters(Vec<(usize, Arc<[f64]>)>),
}

/// Why a node can't be given a first q.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStart {
    /// The model has no such node.
    Unknown,
    /// It is no category, and only one has categories.
    NotACategory,
    /// It is known from data or a prediction: q of it is not iterated.
    NoQ,
    /// Its rows are kept together with those of another node, whose values would be missing.
    Together,
    /// It is a category, or one of a kind of block that nothing starts from.
    NotValues,
}

impl fmt::Display for NoStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoStart::Unknown => "the model has no such node",
            NoStart::NotACategory => "it is no category",
            NoStart::NoQ => "it is known from the data, or a prediction: nothing starts from it",
            NoStart::Together => "its rows are kept together with those of another node",
            NoStart::NotValues => "its block starts from no values",
        })
    }
}

/// Numbers that are no first q.
#[derive(Clone, Debug, PartialEq)]
pub enum BadStart {
    /// Elements wanted and found.
    Length {
        /// Elements of the node.
        wanted: usize,
        /// Elements (rows) given; for responsibilities, rounded down.
        found: usize,
    },
    /// The element (from 0) has a category past the last.
    Category(usize),
    /// The element's responsibilities are not probabilities that sum to 1.
    Probabilities(usize),
    /// The element's value has no statistic; why, in words.
    Value(usize, &'static str),
    /// q has no parameter of that name.
    NoParameter(String),
}

impl fmt::Display for BadStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadStart::Length { wanted, found } => {
                write!(f, "{wanted} elements are wanted, {found} are given")
            }
            BadStart::Category(e) => write!(f, "element {} has a category past the last", e + 1),
            BadStart::Probabilities(e) => {
                write!(f, "the numbers of element {} are not probabilities that sum to 1", e + 1)
            }
            BadStart::Value(e, why) => write!(f, "the value of element {} {why}", e + 1),
            BadStart::NoParameter(name) => write!(f, "it has no parameter `{name}`"),
        }
    }
}

impl Selector {
    /// The node of that name.
    ///
    /// # Errors
    /// It is not there, or has no q over categories.
    pub fn find(graph: &FactorGraph, plan: &Plan, name: &str) -> Result<Self, NoStart> {
        let node = NodeId(graph.nodes.iter().position(|n| n.name == name).ok_or(NoStart::Unknown)?);
        let n = &graph.nodes[node.0];
        if !n.spec.stat.one_hot() {
            return Err(NoStart::NotACategory);
        }
        let var = plan.vars.find(|v| v.nodes.contains(&node)).ok_or(NoStart::NoQ)?;
        let v = &plan.vars[var];
        let member = v.nodes.iter().position(|m| *m == node).unwrap_or(0);
        let file = v.stream().and_then(|s| plan.streams[s].order.as_deref());
        Ok(Self {
            node,
            categories: v.shape.states(member),
            order: plan.kept.of_data(&n.plates, element_order(&n.plates, &v.plates_of(member), file)),
            elements: plan.kept.count(&n.plates),
            var,
            member,
        })
    }

    /// Elements, row-major over the node's plates.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// A category for each element, from 0, in file order.
    ///
    /// # Errors
    /// Too many or too few, or one past the last.
    pub fn from_categories(&self, categories: &[u32]) -> Result<GivenStart, BadStart> {
        if categories.len() != self.elements() {
            return Err(BadStart::Length { wanted: self.elements(), found: categories.len() });
        }
        let k = self.categories;
        if let Some(e) = categories.iter().position(|&c| c as usize >= k) {
            return Err(BadStart::Category(e));
        }
        let mut out = vec![0.0; self.order.len() * k];
        for (row, &e) in out.chunks_exact_mut(k).zip(&self.order) {
            row[categories[e] as usize] = 1.0;
        }
        Ok(self.given(out))
    }

    /// elements × categories, in file order. Rows that sum to 1 within 1e-6 are scaled to do so.
    ///
    /// # Errors
    /// Too many or too few, or an element whose numbers are not probabilities.
    pub fn from_responsibilities(&self, rows: &[f64]) -> Result<GivenStart, BadStart> {
        let k = self.categories;
        if rows.len() != self.elements() * k {
            return Err(BadStart::Length { wanted: self.elements(), found: rows.len() / k.max(1) });
        }
        let sums: Vec<f64> = rows.chunks_exact(k).map(|r| r.iter().sum()).collect();
        let wrong = |(r, s): (&[f64], &f64)| {
            r.iter().any(|x| x.is_nan() || *x < 0.0) || s.is_nan() || (s - 1.0).abs() > SUM
        };
        if let Some(e) = rows.chunks_exact(k).zip(&sums).position(wrong) {
            return Err(BadStart::Probabilities(e));
        }
        let of = |&e: &usize| rows[e * k..(e + 1) * k].iter().map(move |x| (x, e));
        let out: Vec<f64> = self.order.iter().flat_map(of).map(|(x, e)| x / sums[e]).collect();
        Ok(self.given(out))
    }

    fn given(&self, responsibilities: Vec<f64>) -> GivenStart {
        GivenStart {
            var: self.var,
            member: self.member,
            node: self.node,
            what: What::Responsibilities(responsibilities.into()),
        }
    }
}
