//! What a model is, by its graph: what the top of the page calls it, and the sentence on what was found. Not
//! here: how the parts of a graph are found (`roles`).

use super::{
    components::Components,
    number::{capital, counted, percent, whole, words},
    roles::{Emission, chain, covariates, emissions, multiplied, steps},
    subject::Subject,
};

/// What a model is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Each row comes from one of several components.
    Mixture(Emission, Components),
    /// The same, of words in documents.
    Topics(Emission, Components),
    /// Each step is in a state that depends on the state before.
    States(Emission, Components),
    /// Something unseen moves from step to step.
    Series,
    /// A product of two unknowns.
    Factors,
    /// A mean that covariates move.
    Regression,
    /// None of these.
    Graph,
}

/// Categories of more levels than this are words.
pub const WORDS: usize = 30;

impl Kind {
    /// By the graph; `level` orders states.
    pub fn of(subject: &Subject<'_>, level: impl Fn(&Emission) -> Option<Vec<f64>>) -> Kind {
        let graph = subject.graph;
        for e in emissions(graph) {
            let states = chain(graph, e.selector).is_some();
            let level = if states { level(&e) } else { None };
            if let Some(c) = Components::new(subject, &e, level.as_deref()) {
                let child = &graph.nodes[e.child];
                let levels = child.event.map_or(0, |x| subject.bound.size(x));
                return match (states, child.spec.stat.one_hot() && levels > WORDS) {
                    (true, _) => Kind::States(e, c),
                    (false, true) => Kind::Topics(e, c),
                    (false, false) => Kind::Mixture(e, c),
                };
            }
        }
        let hidden = |n: usize| graph.nodes[n].observed.is_none();
        let nodes = 0..graph.nodes.len();
        if nodes.clone().any(|n| hidden(n) && steps(graph, n).is_some() && chain(graph, n).is_some()) {
            return Kind::Series;
        }
        if nodes.clone().any(|n| hidden(n) && multiplied(graph, n).iter().any(|m| hidden(*m))) {
            return Kind::Factors;
        }
        let observed = |n: &usize| !hidden(*n) && !graph.nodes[*n].spec.stat.one_hot();
        if nodes.filter(observed).any(|n| !covariates(graph, n).is_empty() || chain(graph, n).is_some()) {
            return Kind::Regression;
        }
        Kind::Graph
    }

    /// What the top of the page calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Mixture(..) => "mixture",
            Kind::Topics(..) => "topics",
            Kind::States(..) => "hidden Markov model",
            Kind::Series => "state space",
            Kind::Factors => "factors",
            Kind::Regression => "regression",
            Kind::Graph => "factor graph",
        }
    }

    /// What its components are called.
    pub fn noun(&self) -> &'static str {
        match self {
            Kind::Topics(..) => "topic",
            Kind::States(..) => "state",
            _ => "component",
        }
    }

    /// Its components.
    pub fn components(&self) -> Option<(&Emission, &Components)> {
        match self {
            Kind::Mixture(e, c) | Kind::Topics(e, c) | Kind::States(e, c) => Some((e, c)),
            _ => None,
        }
    }

    /// The last of the facts.
    pub fn fact(&self) -> Option<(String, String)> {
        let (_, c) = self.components()?;
        Some((format!("{}s in use", self.noun()), format!("{} of {}", c.order.len(), c.count())))
    }

    /// What was found.
    pub fn sentence(&self, subject: &Subject<'_>) -> String {
        let Some((e, c)) = self.components() else {
            let unknown = subject.graph.nodes.iter().filter(|n| n.observed.is_none()).count();
            let rows = subject.graph.plates.iter().zip(&subject.document().plates);
            let rows: Vec<String> = rows
                .filter(|(p, _)| p.kind.rows_of().is_some())
                .map(|(p, d)| {
                    let steps = matches!(p.kind, crate::graph::factor_graph::PlateKind::Steps { .. });
                    counted(d.size, if steps { "step" } else { "row" })
                })
                .collect();
            let of = if rows.is_empty() { String::new() } else { format!(" and {}", rows.join(", ")) };
            return format!(
                "{} unknown {}{of}.",
                capital(&words(unknown)),
                if unknown == 1 { "node" } else { "nodes" }
            );
        };
        let (used, all) = (c.order.len(), c.count());
        let noun = self.noun();
        let mut shares: Vec<usize> = c.order.clone();
        shares.sort_by(|&a, &b| c.share[b].total_cmp(&c.share[a]));
        let row = subject.row_noun(e.rows);
        let said: Vec<String> = match shares.as_slice() {
            [] => vec![],
            [k] => vec![format!("{} with {} of the {row}s", c.labels[*k], percent(c.share[*k]))],
            [first, .., last] if used > 4 => vec![
                format!("from {} with {} of the {row}s", c.labels[*first], percent(c.share[*first])),
                format!("to {} with {}", c.labels[*last], percent(c.share[*last])),
            ],
            list => list
                .iter()
                .enumerate()
                .map(|(i, &k)| {
                    let of = if i == 0 { format!(" of the {row}s") } else { String::new() };
                    format!("{} with {}{of}", c.labels[k], percent(c.share[k]))
                })
                .collect(),
        };
        let joined = if used > 4 { said.join(" ") } else { join(&said) };
        let start = if used == all {
            format!("All {} {noun}s are in use", words(all))
        } else {
            format!(
                "{} of {} {noun}s {} in use",
                capital(&words(used)),
                words(all),
                if used == 1 { "is" } else { "are" }
            )
        };
        let all = whole(subject.bound.plate(e.rows).size);
        format!("{start} over {all} {row}s: {joined}.")
    }
}

/// `a, b and c`.
pub fn join(list: &[String]) -> String {
    match list {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
