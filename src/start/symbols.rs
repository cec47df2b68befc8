//! The symbols that rows of a selector have, where each has one. Not here: what is made of them.

use crate::plan::{
    Plan,
    layout::VarId,
    table::{From, Table},
};

/// The one array of symbols that rows of a selector have, in one column.
pub(super) fn single_codes(plan: &Plan, v: VarId) -> Option<usize> {
    let child =
        |t: &&Table| t.reads(v) && t.pair.is_none() && !plan.vars[v].nodes.iter().any(|n| n.0 == t.node);
    plan.tables.iter().filter(child).flat_map(|t| &t.operands).find_map(|o| match o.from {
        From::Codes(id) if plan.rows.codes[id].data.len() == plan.rows.codes[id].rows => Some(id),
        _ => None,
    })
}
