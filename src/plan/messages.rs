//! Where the messages to each block come from: looked up when a plan is made, so that an update does not go
//! through all tables. Not here: the messages (`table`), nor sending them (`engine`).

use super::{
    layout::{List, TableId, VarId},
    table::{From, Shared, Table},
    var::Var,
};

/// One message to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageFrom {
    /// The table that sends it.
    pub table: TableId,
    /// The block's place in it.
    pub to: Place,
}

/// A block's place in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is a shared operand of a product: the product, and which of its operands.
    Shared(usize, usize),
    /// It is what the products hold of a row: which of the row's operands.
    Row(usize),
}

/// All messages to each block. Those of one table come one after the other, to shared operands first; those of the
/// block's own lines, its priors, last. What data send may cancel to nothing (the throws less the heads), and then a
/// small prior counts.
pub fn find(tables: &List<TableId, Table>, vars: &List<VarId, Var>) -> List<VarId, Vec<MessageFrom>> {
    let mut out = vars.map(|_| vec![]);
    for (t, table) in tables.enumerate() {
        for (i, term) in table.terms.iter().enumerate() {
            for (j, o) in term.operands.iter().enumerate() {
                if let Shared::Var(v) = o.from {
                    out[v].push(MessageFrom { table: t, to: Place::Shared(i, j) });
                }
            }
        }
        for (i, o) in table.operands.iter().enumerate() {
            if let From::Stored { var, .. } | From::Streamed { var, .. } = o.from {
                out[var].push(MessageFrom { table: t, to: Place::Row(i) });
            }
        }
    }
    for (v, var) in vars.enumerate() {
        out[v].sort_by_key(|m| var.nodes.iter().any(|n| n.0 == tables[m.table].node));
    }
    out
}
