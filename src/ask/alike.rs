//! Rows whose lines say the same of each: a mixture, a population. What its lines say of a row of given categories is
//! made once, for all rows. Not here: rows that differ by covariates or levels (`rows`).

use super::{
    asked::{Asked, RowNode},
    combine::law,
    line::{Base, Says},
    question::NoAnswer,
};
use crate::{
    answer::law::{Law, told},
    graph::{
        evaluate,
        factor_graph::{Index, Target},
    },
    num::{
        cholesky,
        special::{ln_gamma, log_sum_exp},
    },
    shape::PlateId,
};
use std::{cell::OnceCell, collections::HashSet};

/// Categories of all selectors together, at most.
const MOST: usize = 4096;

/// What is said of a row of given categories.
struct Choice {
    /// The category of each selector.
    chosen: Vec<usize>,
    /// ln p of the categories, in nats.
    own: f64,
    /// What is said of each other element of the row, node after node.
    parts: Vec<Part>,
}

/// What is said of one element.
struct Part {
    says: Says,
    density: Option<Student>,
    law: OnceCell<Option<Law>>,
}

/// A Student-t, or a Gaussian where `dof` is infinite, factored.
struct Student {
    dof: f64,
    mean: Vec<f64>,
    factor: Vec<f64>,
    norm: f64,
}

impl Student {
    fn new(law: &Law) -> Option<Self> {
        let Law::Student { dof, mean, scale } = law else { return None };
        let (d, mut factor) = (mean.len(), scale.clone());
        cholesky::factor(d, &mut factor).ok()?;
        let (n, half) = (d as f64, 0.5 * cholesky::log_det(d, &factor));
        let norm = if dof.is_finite() {
            let tails = ln_gamma(0.5 * (dof + n)) - ln_gamma(0.5 * dof);
            tails - 0.5 * n * (dof * std::f64::consts::PI).ln() - half
        } else {
            -0.5 * n * std::f64::consts::TAU.ln() - half
        };
        Some(Self { dof: *dof, mean: mean.clone(), factor, norm })
    }

    fn log_density(&self, x: &[f64], residual: &mut Vec<f64>) -> f64 {
        let d = self.mean.len();
        residual.clear();
        residual.extend(x.iter().zip(&self.mean).map(|(x, m)| x - m));
        cholesky::forward(d, &self.factor, residual);
        let square: f64 = residual.iter().map(|u| u * u).sum();
        let dof = self.dof;
        let tails = if dof.is_finite() { (dof + d as f64) * (square / dof).ln_1p() } else { square };
        self.norm - 0.5 * tails
    }
}

/// All choices of categories.
pub(super) struct Alike<'a, 'b> {
    asked: &'b Asked<'a>,
    selectors: Vec<usize>,
    choices: Vec<Choice>,
    /// Where each node's elements stand among the parts; of a selector nowhere.
    places: Vec<Option<usize>>,
}

/// Buffers of a row.
#[derive(Default)]
pub(super) struct Buffers {
    residual: Vec<f64>,
    weights: Vec<f64>,
    open: Vec<usize>,
}

impl<'a, 'b> Alike<'a, 'b> {
    /// `None` where rows differ, or elements of one row hang on each other given its categories.
    pub(super) fn new(asked: &'b Asked<'a>) -> Result<Option<Self>, NoAnswer> {
        if !asked.nodes.iter().all(|n| same_in_all_rows(n, asked.plate)) {
            return Ok(None);
        }
        let selectors: Vec<usize> = (0..asked.nodes.len()).filter(|&i| asked.nodes[i].selects).collect();
        let states = |n: usize, i: &usize| n.checked_mul(asked.nodes[*i].d).filter(|n| *n <= MOST);
        let Some(count) = selectors.iter().try_fold(1, states) else { return Ok(None) };
        let mut places = vec![];
        let mut next = 0;
        for n in &asked.nodes {
            places.push((!n.selects).then_some(next));
            next += if n.selects { 0 } else { n.inner };
        }
        let mut choices = vec![];
        for code in 0..count {
            let mut rest = code;
            let chosen: Vec<usize> = selectors
                .iter()
                .map(|&i| {
                    let at = rest % asked.nodes[i].d;
                    rest /= asked.nodes[i].d;
                    at
                })
                .collect();
            let (mut own, mut parts, mut met) = (0.0, vec![], HashSet::new());
            for (i, n) in asked.nodes.iter().enumerate() {
                let stat = asked.of.graph.nodes[n.node.0].spec.stat;
                for inner in 0..n.inner {
                    let says = asked.says(n, inner, 0, &selectors, &chosen)?;
                    if !apart(&says, &mut met) {
                        return Ok(None);
                    }
                    match (selectors.iter().position(|s| *s == i), &says) {
                        (Some(at), Says::Tilt(t)) => own += t.log_density(asked.of, &[chosen[at] as f64]),
                        (Some(_), _) => return Ok(None),
                        (None, _) => {
                            let nothing = vec![f64::NAN; n.value];
                            let density = match &says {
                                Says::Tilt(_) => None,
                                _ => {
                                    let law = law(asked.of, &says, stat.domain, stat.value, &nothing);
                                    let Some(density) = law.as_ref().and_then(Student::new) else {
                                        return Ok(None);
                                    };
                                    Some(density)
                                }
                            };
                            parts.push(Part { says, density, law: OnceCell::new() });
                        }
                    }
                }
            }
            choices.push(Choice { chosen, own, parts });
        }
        Ok(Some(Self { asked, selectors, choices, places }))
    }

    /// One row; `None` where it has values that are missing in part, which lines answer one by one.
    pub(super) fn row(
        &self,
        row: usize,
        out: &mut super::prediction::Prediction,
        buffers: &mut Buffers,
    ) -> Result<Option<Option<f64>>, NoAnswer> {
        let asked = self.asked;
        let Buffers { residual, weights, open } = buffers;
        fn of_row<'n>(n: &'n RowNode<'_>, row: usize, inner: usize) -> &'n [f64] {
            n.observed(row * n.inner + inner)
        }
        for n in asked.nodes.iter().filter(|n| n.value > 1) {
            for inner in 0..n.inner {
                let x = of_row(n, row, inner);
                if x.iter().any(|x| x.is_nan()) && !x.iter().all(|x| x.is_nan()) {
                    return Ok(None);
                }
            }
        }
        let fits = |c: &Choice| {
            self.selectors.iter().zip(&c.chosen).all(|(&s, &at)| {
                let x = of_row(&asked.nodes[s], row, 0)[0];
                x.is_nan() || x as usize == at
            })
        };
        open.clear();
        open.extend((0..self.choices.len()).filter(|&c| fits(&self.choices[c])));
        let mut any = self.selectors.iter().any(|&s| !of_row(&asked.nodes[s], row, 0)[0].is_nan());
        weights.clear();
        weights.extend(open.iter().map(|&c| self.choices[c].own));
        for (n, place) in asked.nodes.iter().zip(&self.places) {
            let Some(place) = place else { continue };
            for inner in 0..n.inner {
                let x = of_row(n, row, inner);
                if x[0].is_nan() {
                    continue;
                }
                any = true;
                for (w, &c) in weights.iter_mut().zip(open.iter()) {
                    let part = &self.choices[c].parts[place + inner];
                    *w += match (&part.density, &part.says) {
                        (Some(s), _) => s.log_density(x, residual),
                        (None, Says::Tilt(t)) => t.log_density(asked.of, x),
                        (None, _) => f64::NAN,
                    };
                }
            }
        }
        let total = log_sum_exp(weights);
        weights.iter_mut().for_each(|w| *w = (*w - total).exp());
        for (i, (n, place)) in asked.nodes.iter().zip(&self.places).enumerate() {
            let to = &mut out.nodes[i];
            for inner in 0..n.inner {
                let x = of_row(n, row, inner);
                let Some(place) = place else {
                    let from = to.mean.len();
                    to.mean.resize(from + n.d, 0.0);
                    let at = self.selectors.iter().position(|s| *s == i).unwrap_or(0);
                    for (w, &c) in weights.iter().zip(open.iter()) {
                        to.mean[from + self.choices[c].chosen[at]] += w;
                    }
                    continue;
                };
                if !x[0].is_nan() {
                    if n.category {
                        to.mean.extend((0..n.d).map(|k| f64::from(u8::from(k == x[0] as usize))));
                        continue;
                    }
                    to.mean.extend_from_slice(x);
                    to.sd.extend(x.iter().map(|_| 0.0));
                    to.quantiles.iter_mut().for_each(|q| q.extend_from_slice(x));
                    continue;
                }
                let mut parts = vec![];
                for (w, &c) in weights.iter().zip(open.iter()) {
                    let part = &self.choices[c].parts[place + inner];
                    let stat = asked.of.graph.nodes[n.node.0].spec.stat;
                    let made =
                        || law(asked.of, &part.says, stat.domain, stat.value, &vec![f64::NAN; n.value]);
                    let Some(law) = part.law.get_or_init(made) else {
                        return Err(asked.no_law(n));
                    };
                    parts.push((*w, law.clone()));
                }
                if n.category {
                    let mut p = vec![0.0; n.d];
                    for (w, law) in &parts {
                        if let Law::Discrete(of) = law {
                            p.iter_mut().zip(of).for_each(|(p, q)| *p += w * q);
                        }
                    }
                    to.mean.extend(p);
                    continue;
                }
                let said = told(&parts);
                to.mean.extend(said.mean);
                to.sd.extend(said.sd);
                to.quantiles.iter_mut().zip(said.quantiles).for_each(|(q, x)| q.extend(x));
            }
        }
        Ok(Some(any.then_some(total)))
    }
}

/// Does a node's line name nothing that a row has for itself, but by the categories that pick?
fn same_in_all_rows(n: &RowNode<'_>, plate: PlateId) -> bool {
    let args = n.line.written.as_ref().map_or(&n.line.args, |w| &w.args);
    let mut same = true;
    for a in args {
        evaluate::each_ref(&a.expr, &mut |r| {
            let own = |i: &Index| match i {
                Index::Plate(p) | Index::Column { plate: p, .. } => *p == plate,
                Index::Before { .. } | Index::Parent(_) => true,
                Index::Gate(_) | Index::At(_) => false,
            };
            same &= !matches!(r.target, Target::Column(_)) && !r.index.iter().any(own);
        });
    }
    same
}

/// Has what is said nothing in common with what else is said of the row? Notes what it is about.
fn apart(says: &Says, met: &mut HashSet<(usize, usize, usize)>) -> bool {
    // Elements of kept blocks, and of nodes that are new.
    match says {
        Says::Student { element, .. } => met.insert((0, element.block, element.element)),
        Says::Tilt(t) => match &t.base {
            Base::None => true,
            Base::Kept(e) => met.insert((0, e.block, e.element)),
            Base::Fresh(n, e, ..) => met.insert((1, n.0, *e)),
        },
        Says::Gaussian { mean, scaled, .. } => {
            let mut mine: HashSet<(usize, usize, usize)> = HashSet::new();
            mine.extend(scaled.iter().map(|e| (0, e.block, e.element)));
            for m in mean {
                mine.extend(m.entries.iter().map(|(e, ..)| (0, e.block, e.element)));
                mine.extend(m.fresh.iter().map(|(n, e, ..)| (1, n.0, *e)));
            }
            mine.into_iter().all(|key| met.insert(key))
        }
    }
}
