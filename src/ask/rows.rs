//! New rows, one after the other: the categories of each, ln p of what is observed in it, and what is
//! predicted of the rest. Not here: what a line says (`line`), nor several values together (`combine`).

use super::{
    alike::{Alike, Buffers},
    asked::{Asked, no},
    combine::{law, log_density},
    line::Says,
    prediction::{NodePrediction, Prediction},
    question::NoAnswer,
    shared::Shared,
};
use crate::{
    answer::{
        frame::axis,
        law::{Law, told},
        posterior::Axis,
    },
    graph::{Bound, FactorGraph},
    keep::{Kept, blocks::blocks},
    num::special::log_sum_exp,
    shape::{Extent, PlateId},
};

/// Combinations of categories of one row, at most.
const MOST_CHOICES: usize = 100_000;

/// What the kept posterior says of the rows of a plate, each by itself; `bound` has the new data.
///
/// # Errors
/// A node of the rows has no closed form.
pub(super) fn closed(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    plate: PlateId,
) -> Result<Prediction, NoAnswer> {
    let blocks = blocks(kept, graph).map_err(NoAnswer::Kept)?;
    let of = Shared::new(graph, bound, kept, &blocks);
    Asked::new(&of, plate)?.all()
}

impl Asked<'_> {
    fn all(&self) -> Result<Prediction, NoAnswer> {
        let (graph, bound) = (self.of.graph, self.of.bound);
        let rows = bound.plate(self.plate).size;
        let mut out = Prediction {
            ids: bound.plate(self.plate).labels.as_ref().map(|l| l.to_vec()),
            ..Prediction::default()
        };
        for n in &self.nodes {
            let node = &graph.nodes[n.node.0];
            let event = node.event.filter(|_| n.width > 1 || n.category).map(|e| {
                let mut a: Axis = axis(graph, bound, e);
                if let Some(l) = &bound.event_labels[n.node.0] {
                    (a.name, a.labels) = (graph.nodes[l.of.0].name.clone(), Some(l.names.clone()));
                }
                a
            });
            out.nodes.push(NodePrediction {
                name: node.name.clone(),
                plates: node.plates.iter().map(|p| axis(graph, bound, Extent::Plate(*p))).collect(),
                event,
                category: n.category,
                mean: vec![],
                sd: vec![],
                quantiles: Default::default(),
                path: None,
            });
        }
        let alike = Alike::new(self)?;
        let mut buffers = Buffers::default();
        for row in 0..rows {
            let done = match &alike {
                Some(alike) => alike.row(row, &mut out, &mut buffers)?,
                None => None,
            };
            let log = match done {
                Some(log) => log,
                None => self.row(row, &mut out)?,
            };
            // A row of weight w is w rows, each by itself.
            let times = bound.plate(self.plate).weight.as_ref().map_or(1.0, |w| w[row]);
            out.log_predictive.push(log.map(|log| times * log));
        }
        out.total = out.log_predictive.iter().flatten().sum();
        Ok(out)
    }

    /// One row: adds what is predicted of it, and gives ln p of what is observed in it.
    fn row(&self, row: usize, out: &mut Prediction) -> Result<Option<f64>, NoAnswer> {
        let graph = self.of.graph;
        let selectors: Vec<usize> = (0..self.nodes.len()).filter(|&i| self.nodes[i].selects).collect();
        let known: Vec<Vec<Vec<f64>>> = self
            .nodes
            .iter()
            .map(|n| (0..n.inner).map(|i| n.observed(row * n.inner + i).to_vec()).collect())
            .collect();
        let states: Vec<Vec<usize>> = selectors
            .iter()
            .map(|&i| match known[i][0][0] {
                x if x.is_nan() => (0..self.nodes[i].d).collect(),
                x => vec![x as usize],
            })
            .collect();
        let count = states.iter().map(Vec::len).try_fold(1usize, |a, b| a.checked_mul(b));
        let Some(count) = count.filter(|c| *c <= MOST_CHOICES) else {
            return Err(no(
                graph,
                self.nodes[selectors[0]].node,
                "and others have too many categories together",
            ));
        };
        let mut weights = vec![];
        let mut laws: Vec<Vec<Vec<Law>>> = self.nodes.iter().map(|n| vec![vec![]; n.inner]).collect();
        let mut choices: Vec<Vec<usize>> = vec![];
        let any = known.iter().flatten().flatten().any(|x| !x.is_nan());
        for choice in 0..count {
            let mut rest = choice;
            let chosen: Vec<usize> = states
                .iter()
                .map(|s| {
                    let at = s[rest % s.len()];
                    rest /= s.len();
                    at
                })
                .collect();
            let mut said: Vec<(Says, Vec<f64>)> = vec![];
            for (i, n) in self.nodes.iter().enumerate() {
                for inner in 0..n.inner {
                    let s = self.says(n, row * n.inner + inner, row, &selectors, &chosen)?;
                    let x = &known[i][inner];
                    let missing = x.iter().any(|x| x.is_nan());
                    if let Some(at) = selectors.iter().position(|s| *s == i) {
                        said.push((s, vec![chosen[at] as f64]));
                        continue;
                    }
                    if missing {
                        let stat = graph.nodes[n.node.0].spec.stat;
                        let law = law(self.of, &s, stat.domain, stat.value, x);
                        let law = law.ok_or_else(|| self.no_law(n))?;
                        laws[i][inner].push(law);
                    }
                    if x.iter().any(|x| !x.is_nan()) {
                        said.push((s, x.clone()));
                    }
                }
            }
            let all: Vec<(&Says, &[f64])> = said.iter().map(|(s, x)| (s, x.as_slice())).collect();
            let log = log_density(self.of, &all).ok_or_else(|| {
                NoAnswer::Form("the row's density has no closed form under the posterior".into())
            })?;
            weights.push(log);
            choices.push(chosen);
        }
        let total = log_sum_exp(&weights);
        let shares: Vec<f64> = weights.iter().map(|w| (w - total).exp()).collect();
        for (i, n) in self.nodes.iter().enumerate() {
            let to = &mut out.nodes[i];
            for inner in 0..n.inner {
                let x = &known[i][inner];
                if n.category {
                    let mut p = vec![0.0; n.d];
                    if let Some(at) = selectors.iter().position(|s| *s == i) {
                        shares.iter().zip(&choices).for_each(|(w, c)| p[c[at]] += w);
                    } else if x[0].is_nan() {
                        for (w, law) in shares.iter().zip(&laws[i][inner]) {
                            if let Law::Discrete(of) = law {
                                p.iter_mut().zip(of).for_each(|(p, q)| *p += w * q);
                            }
                        }
                    } else {
                        p[x[0] as usize] = 1.0;
                    }
                    to.mean.extend(p);
                    continue;
                }
                if !x.iter().any(|x| x.is_nan()) {
                    to.mean.extend(x);
                    to.sd.extend(x.iter().map(|_| 0.0));
                    to.quantiles.iter_mut().for_each(|q| q.extend(x));
                    continue;
                }
                let parts: Vec<(f64, Law)> =
                    shares.iter().copied().zip(std::mem::take(&mut laws[i][inner])).collect();
                let said = told(&parts);
                to.mean.extend(said.mean);
                to.sd.extend(said.sd);
                to.quantiles.iter_mut().zip(said.quantiles).for_each(|(q, x)| q.extend(x));
            }
        }
        Ok(any.then_some(total))
    }
}
