//! The order of work as a value: what one iteration does, step by step. Summed `explain --emit plan` prints
//! of it is what runs. Not here: who decides how often (`engine::schedule`).

use super::{
    layout::{List, StreamId, VarId},
    lowered::Lowered,
    paths::RowPass,
};

/// One step of an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A stored block: its messages from all tables, and its moments.
    Update(VarId),
    /// All rows of a stream, by the ways that its pass says.
    Pass(StreamId),
    /// The bound, term by term.
    Bound,
}

/// One iteration of coordinate ascent: stored blocks in the order of the file, each stream's rows, sites that
/// are stored, the bound.
pub fn iteration(lowered: &Lowered, stored: &[VarId], passes: &List<StreamId, RowPass>) -> Vec<Step> {
    let of = |sites: bool| stored.iter().filter(move |&&v| lowered.vars[v].shape.is_site() == sites);
    let update = |&v: &VarId| Step::Update(v);
    let rows = lowered.streams.ids().filter(|&s| !passes[s].ways.is_empty()).map(Step::Pass);
    of(false).map(update).chain(rows).chain(of(true).map(update)).chain([Step::Bound]).collect()
}
