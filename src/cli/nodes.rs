//! `--nodes`: which nodes are reported. Not here: how they are laid out (`report`).

use super::{stop::Stop, terminal::Terminal};
use crate::{
    answer::frame::over_rows,
    diag::suggest::nearest,
    graph::{Bound, FactorGraph, bound::ObservedArray},
    report::Show,
    shape::NodeId,
};

/// Whether the model has the node that an option names.
///
/// # Errors
/// It has not.
pub(super) fn known(option: &str, name: &str, graph: &FactorGraph, terminal: &Terminal) -> Result<(), Stop> {
    let known: Vec<&str> = graph.nodes.iter().map(|n| n.name.as_str()).collect();
    if known.contains(&name) {
        return Ok(());
    }
    let help = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`? It has {}", known.join(", ")),
        None => format!("it has {}", known.join(", ")),
    };
    Err(terminal.usage(format!("`{option} {name}`: the model has no such node"), help))
}

/// Which nodes are reported.
#[derive(Clone, Debug)]
pub(super) enum Nodes {
    /// Those without an element for each row.
    Shared,
    /// These.
    Named(Vec<String>),
    /// The shared ones, and these.
    More(Vec<String>),
    /// All that have a posterior.
    All,
}

impl Nodes {
    /// What the words after `--nodes` mean.
    ///
    /// # Errors
    /// A name that no node has.
    pub fn of(words: Option<&[String]>, graph: &FactorGraph, terminal: &Terminal) -> Result<Self, Stop> {
        let Some(words) = words else { return Ok(Self::Shared) };
        let is = |name: &str| graph.nodes.iter().any(|n| n.name == name);
        if words == ["all"] && !is("all") {
            return Ok(Self::All);
        }
        let names: Vec<String> = words.iter().map(|w| w.trim_start_matches('+').to_string()).collect();
        names.iter().try_for_each(|name| known("--nodes", name, graph, terminal))?;
        let more = words.iter().any(|w| w.starts_with('+'));
        Ok(if more { Self::More(names) } else { Self::Named(names) })
    }

    /// For a report.
    pub fn show(&self) -> Show<'_> {
        match self {
            Self::Shared => Show::Shared,
            Self::Named(names) => Show::Named(names),
            Self::More(names) => Show::More(names),
            Self::All => Show::All,
        }
    }

    /// Those that are read of a run; `None` for the shared ones. What is known throughout has nothing to report.
    pub fn read(&self, graph: &FactorGraph, bound: &Bound) -> Option<Vec<String>> {
        let open = |n: usize| match (&graph.nodes[n].observed, bound.observed(NodeId(n))) {
            (None, _) => true,
            (Some(_), values) => {
                values.map(ObservedArray::missing).is_some_and(|missing| !missing.is_empty())
            }
        };
        let pick = |wanted: &dyn Fn(usize) -> bool| {
            let each = (0..graph.nodes.len()).filter(|n| wanted(*n));
            Some(each.map(|n| graph.nodes[n].name.clone()).collect())
        };
        match self {
            Self::Shared => None,
            Self::Named(names) => Some(names.clone()),
            Self::More(names) => pick(&|n| {
                let node = &graph.nodes[n];
                !over_rows(graph, node) || names.contains(&node.name)
            }),
            Self::All => pick(&open),
        }
    }

    /// Those that were named.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Shared | Self::All => &[],
            Self::Named(names) | Self::More(names) => names,
        }
    }
}
