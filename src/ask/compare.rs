//! Kept posteriors of one set of data side by side: bounds, log Bayes factors, weights. Not here: reading them (`cli`),
//! nor how they are printed (`report`).

use crate::{
    answer::{
        frame::EMPTY,
        starts::{ended, same},
    },
    graph::{Bound, FactorGraph},
    keep::{
        KeepError, Kept,
        show::{Wanted, show},
    },
    num::special::{ln_gamma, log_sum_exp},
};

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What it is called: its file, or the size that it was fitted with.
    pub name: String,
    /// The model's name.
    pub model: String,
    /// The bound, in nats.
    pub elbo: f64,
    /// Digits of it that hold.
    pub digits: u32,
    /// Whether its run has converged.
    pub converged: bool,
    /// Iterations of the run.
    pub iterations: usize,
    /// The bound of each start that ended.
    pub starts: Vec<f64>,
    /// ln of the number of orders of its components that the bound leaves out, in nats.
    pub orders: f64,
    /// Plates of such components.
    pub plates: Vec<String>,
    /// What is compared, less that of the best, in nats.
    pub log_bayes_factor: f64,
    /// exp of it over the sum of all.
    pub weight: f64,
    /// ln p of held-out rows, in nats, where there are any.
    pub log_predictive: Option<f64>,
}

impl Compared {
    /// What is read of a kept posterior; factors and weights are for [`weigh`].
    ///
    /// # Errors
    /// It is not one of this model.
    pub fn of(name: String, kept: &Kept, graph: &FactorGraph, bound: &Bound) -> Result<Self, KeepError> {
        let p = show(kept, graph, bound, &Wanted { nodes: None, quantiles: 0 })?;
        let (mut orders, mut plates) = (0.0, vec![]);
        for (plate, size) in graph.exchangeable() {
            let name = graph.plate_name(plate);
            let shares = p.nodes.iter().find(|n| {
                n.components && n.event.first().is_some_and(|a| a.name == name && n.plates.is_empty())
            });
            let empty = shares.map_or(0, |n| n.mean.iter().filter(|s| **s < EMPTY).count());
            orders += ln_gamma(size as f64 + 1.0) - ln_gamma(empty as f64 + 1.0);
            plates.push(name.to_string());
        }
        let starts = ended(&p);
        Ok(Self {
            name,
            model: p.model,
            elbo: p.elbo,
            digits: p.digits,
            converged: p.converged,
            iterations: p.iterations,
            starts,
            orders,
            plates,
            log_bayes_factor: f64::NAN,
            weight: f64::NAN,
            log_predictive: None,
        })
    }

    /// How many of its starts have come to its bound.
    pub fn reached(&self) -> usize {
        self.starts.iter().filter(|x| same(self.elbo, **x)).count()
    }

    /// How far apart the best and the worst of its starts are, in nats.
    pub fn spread(&self) -> f64 {
        let worst = self.starts.iter().copied().fold(self.elbo, f64::min);
        self.elbo - worst
    }
}

/// Finds factors and weights; `orders` adds what the bounds leave out of the orders of components.
pub fn weigh(all: &mut [Compared], orders: bool) {
    let of = |c: &Compared| c.elbo + if orders { c.orders } else { 0.0 };
    let values: Vec<f64> = all.iter().map(of).collect();
    let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total = log_sum_exp(&values);
    for (c, value) in all.iter_mut().zip(values) {
        c.log_bayes_factor = value - best;
        c.weight = (value - total).exp();
    }
}

/// What is to be known before such numbers are compared, in sentences.
pub fn remarks(all: &[Compared], orders: bool) -> Vec<String> {
    let mut out = vec![
        "bounds on ln p(data) of the same data may be compared: a difference is a log Bayes factor as far as both bounds are tight"
            .to_string(),
    ];
    let open: Vec<&str> = all.iter().filter(|c| !c.converged).map(|c| c.name.as_str()).collect();
    if !open.is_empty() {
        out.push(format!("not converged, so that their bounds could still rise: {}", open.join(", ")));
    }
    let alike: Vec<&Compared> = all.iter().filter(|c| c.orders > 0.0).collect();
    if let [first, ..] = alike.as_slice() {
        let plates = first.plates.join("`, `");
        out.push(match orders {
            true => format!(
                "ln K! is added: the components of `{plates}` may stand in any order, and each order is as good; a bound is of one of them"
            ),
            false => format!(
                "the components of `{plates}` may stand in any order, and a bound is of one of them: where sizes differ, `--orders` adds ln K! of those that are occupied"
            ),
        });
    }
    out
}
