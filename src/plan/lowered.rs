//! A model's energy lowered to arrays: variables, streams of rows, tables, known numbers. Not here: in which
//! order and by which ways these are worked off ([`super::program`]).

use super::{
    arrays::RowArrays,
    known::KnownArray,
    layout::{List, StreamId, TableId, VarId},
    messages::{self, MessageFrom},
    streams::Stream,
    table::Table,
    var::Var,
};

/// What there is to work off.
#[derive(Debug, Default)]
pub struct Lowered {
    /// One for each block of q, in the order of the blocks.
    pub vars: List<VarId, Var>,
    /// Plates whose rows are streamed in chunks.
    pub streams: List<StreamId, Stream>,
    /// Products by what they hold of the rows.
    pub tables: List<TableId, Table>,
    /// Known numbers by row.
    pub rows: RowArrays,
    /// Known numbers not by row.
    pub known: Vec<KnownArray>,
    /// Share of the bound that never changes (base measures), by node.
    pub constants: Vec<f64>,
    /// Where each block's messages come from, in the order in which they are added.
    pub messages: List<VarId, Vec<MessageFrom>>,
}

impl Lowered {
    /// With an index of which tables hold which variable.
    pub fn new(
        vars: List<VarId, Var>,
        streams: List<StreamId, Stream>,
        tables: List<TableId, Table>,
        rows: RowArrays,
        known: Vec<KnownArray>,
        constants: Vec<f64>,
    ) -> Self {
        let messages = messages::find(&tables, &vars);
        Self { vars, streams, tables, rows, known, constants, messages }
    }
    /// The tables whose products hold a variable, in order.
    pub fn holding(&self, v: VarId) -> impl Iterator<Item = (TableId, &Table)> + Clone {
        let of_table = self.messages[v].chunk_by(|a, b| a.table == b.table);
        of_table.map(|m| (m[0].table, &self.tables[m[0].table]))
    }
    /// The variables whose moments live in a stream, in the order of the file.
    pub fn streamed(&self, s: StreamId) -> impl Iterator<Item = VarId> + '_ {
        self.vars.enumerate().filter(move |(_, v)| v.stream() == Some(s)).map(|(v, _)| v)
    }
}
