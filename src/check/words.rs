//! What the checks share: the arguments of a graph's lines, and words for messages. Not here: any check.

use crate::graph::factor_graph::{Arg, Factor, FactorGraph};

/// Every argument of every line, with its slot.
pub(super) fn arguments(graph: &FactorGraph) -> impl Iterator<Item = (&Factor, usize, &Arg)> {
    graph.factors.iter().flat_map(|f| f.args.iter().enumerate().map(move |(i, a)| (f, i + 1, a)))
}

/// The name of the parameter as it was written.
pub(super) fn spelled(f: &Factor, slot: usize, arg: &Arg) -> &'static str {
    let param = &f.spec.params[slot - 1];
    arg.spelling.map_or(param.name, |s| param.spellings[s].name)
}

/// `a Gamma`, `an Exponential`.
pub(super) fn a(name: &str) -> String {
    let vowel = name.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']);
    format!("{} {name}", if vowel { "an" } else { "a" })
}
