//! Each node's own distribution under q, in the order of the file, centres added back. Not here: how a block
//! finds it (`block::marginal`), nor nodes without a q (`column`).

use super::law::LEVELS;
use super::{
    frame::frame,
    posterior::{NamedArray, NodePosterior},
};
use crate::{
    block::{
        element::Which,
        marginal::{Law, Marginal},
        shape::BlockShape,
    },
    expfam::{
        family::{Parameter, Summary},
        stat::Domain,
    },
    graph::{Bound, FactorGraph},
    plan::{element_order, of_element, recentre::Turn},
    shape::{NodeId, PlateId},
};

/// A node's own distribution under q, elements in the order of the file.
#[derive(Debug)]
pub struct Elements<'b> {
    /// The distribution.
    pub marginal: Marginal,
    shape: &'b dyn BlockShape,
    /// Its place among the members of the block.
    pub(super) member: usize,
    /// The place in the block's storage of each element.
    pub(super) places: Vec<usize>,
}

/// A member's own distribution, from natural parameters and moments of the whole block. `plates` are those of the
/// node in the order in which its elements are stored; `turn` the block's coordinates, where they are others
/// than its nodes' values.
pub fn of_member<'b>(
    graph: &FactorGraph,
    (shape, member, node): (&'b dyn BlockShape, usize, NodeId),
    plates: &[(PlateId, usize)],
    [eta, moments, covariances]: [&[f64]; 3],
    turn: Option<&Turn>,
    file_rows: Option<&[u32]>,
) -> Elements<'b> {
    let exact = (!covariances.is_empty()).then(|| shape.marginal_about(member, moments, covariances));
    let order = element_order(&graph.nodes[node.0].plates, plates, file_rows);
    let marginal = match turn {
        Some(turn) => shape.turned(member, &turn.in_order(|| order.clone()), eta, moments),
        None => exact.flatten().unwrap_or_else(|| shape.marginal(member, Which::From(0), eta, moments)),
    };
    let numbers = reorder(&marginal.numbers, &order, marginal.width);
    Elements { marginal: Marginal { numbers, ..marginal }, shape, member, places: inverse(&order) }
}

/// The storage place of each of the file's elements.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut out = vec![0; order.len()];
    order.iter().enumerate().for_each(|(i, &e)| out[e] = i);
    out
}

/// Storage order → file order: `order[i]` is the file's element at storage place `i`.
fn reorder(from: &[f64], order: &[usize], width: usize) -> Vec<f64> {
    let mut out = vec![0.0; from.len()];
    for (i, &e) in order.iter().enumerate() {
        out[e * width..(e + 1) * width].copy_from_slice(&from[i * width..(i + 1) * width]);
    }
    out
}

/// What is reported of a node that has a q; `centres` were taken off its values before inference,
/// one for all elements or one for each.
pub fn of_block(
    graph: &FactorGraph,
    bound: &Bound,
    node: NodeId,
    e: &Elements<'_>,
    centres: &[f64],
    quantiles: bool,
) -> NodePosterior {
    let spec = graph.nodes[node.0].spec;
    let mut out = frame(graph, bound, node);
    let Marginal { law, width, numbers } = &e.marginal;
    if let Law::Categories = law {
        out.mean = numbers.clone();
        out.parameters = vec![NamedArray {
            name: "p".into(),
            dims: vec![*width],
            domain: Domain::Unit,
            values: numbers.clone(),
        }];
        return out;
    }
    if let Law::Cells = law {
        return of_cells(out, &e.marginal, centres, quantiles);
    }
    let (mut sd, mut low, mut middle, mut high) = (vec![], vec![], vec![], vec![]);
    // One beyond the range of numbers is none that can be shown.
    let end = |x: &[f64], p: f64| {
        law.quantile(x, p).into_iter().map(|q| if q.is_finite() { q } else { f64::NAN }).collect()
    };
    let ends = |x: &[f64]| if quantiles { LEVELS.map(|p| end(x, p)) } else { Default::default() };
    for (i, x) in numbers.chunks_exact(*width).enumerate() {
        let known = e.shape.held().filter(|h| h.known[e.places[i]]);
        let (mut parameters, mut summary, mut q) = (law.parameters(x), law.summary(x), ends(x));
        let centre = of_element(centres, i, summary.mean.len());
        // What has a place moves back by the centre; what has a width stays. η itself would lose the digits
        // that centring saved.
        let place = spec.params.first().map_or("", |p| p.name);
        let moved = parameters.iter_mut().filter(|p| spec.location && p.name == place).map(|p| &mut p.values);
        for values in moved.chain([&mut summary.mean]).chain(&mut q).filter(|_| !centre.is_empty()) {
            values.iter_mut().zip(centre).for_each(|(v, c)| *v += c);
        }
        push_parameters(&mut out.parameters, parameters);
        let end = graph.nodes[node.0].stick && out.plates.last().is_some_and(|p| (i + 1) % p.size == 0);
        match known {
            // The end of a stick: 1, and no variable.
            _ if end => {
                for p in &mut out.parameters {
                    let each: usize = p.dims.iter().product();
                    let from = p.values.len() - each;
                    p.values[from..].fill(f64::NAN);
                }
                sd.push(0.0);
                low.push(1.0);
                middle.push(1.0);
                high.push(1.0);
                out.mean.push(1.0);
            }
            // A known cell of a partly observed node: its value.
            Some(c) => {
                let back: Vec<f64> = c
                    .value(e.places[i])
                    .iter()
                    .enumerate()
                    .map(|(i, v)| v + centre.get(i).copied().unwrap_or(0.0))
                    .collect();
                sd.extend(std::iter::repeat_n(0.0, back.len()));
                low.extend_from_slice(&back);
                middle.extend_from_slice(&back);
                high.extend_from_slice(&back);
                out.mean.extend(back);
            }
            None => {
                out.mean.extend(summary.mean);
                // ∞ says that there is none, and not that it is too large for a number.
                let has = law.has_sd(x);
                sd.extend(summary.sd.into_iter().map(|s| if has && s.is_infinite() { f64::NAN } else { s }));
                let [a, b, c] = q;
                low.extend(a);
                middle.extend(b);
                high.extend(c);
            }
        }
    }
    out.sd = (sd.len() == out.mean.len()).then_some(sd);
    out.quantiles = (low.len() == out.mean.len()).then_some((low, high));
    out.median = (middle.len() == out.mean.len()).then_some(middle);
    out
}

/// Vectors of which some cells are known: these as they are, the others with their marginals under q; NaN
/// where all of a leaf's are missing.
fn of_cells(mut out: NodePosterior, marginal: &Marginal, centres: &[f64], quantiles: bool) -> NodePosterior {
    let (mut sd, mut low, mut middle, mut high) = (vec![], vec![], vec![], vec![]);
    for (i, x) in marginal.numbers.chunks_exact(marginal.width).enumerate() {
        let Summary { mean, sd: spread } = marginal.law.summary(x);
        let centre = of_element(centres, i, mean.len());
        let mean: Vec<f64> =
            mean.iter().enumerate().map(|(i, m)| m + centre.get(i).copied().unwrap_or(0.0)).collect();
        // About the mean where it belongs: a quantile has no more digits than that.
        let moved = [mean.as_slice(), &spread].concat();
        if quantiles {
            let [a, b, c] = LEVELS.map(|p| marginal.law.quantile(&moved, p));
            low.extend(a);
            middle.extend(b);
            high.extend(c);
        }
        out.mean.extend(mean);
        sd.extend(spread);
    }
    out.sd = Some(sd);
    out.quantiles = quantiles.then_some((low, high));
    out.median = quantiles.then_some(middle);
    out
}

fn push_parameters(into: &mut Vec<NamedArray>, from: Vec<Parameter>) {
    for (i, p) in from.into_iter().enumerate() {
        if into.len() <= i {
            into.push(NamedArray {
                name: p.name.to_string(),
                dims: p.dims,
                domain: p.domain,
                values: p.values,
            });
        } else {
            into[i].values.extend(p.values);
        }
    }
}
