//! Messages that are nothing but a row of a table, looked up by a code or the same for all. Not here: what is
//! done with them (`engine`).

use crate::{
    num::contract::OperandShape,
    plan::{
        layout::{TableId, VarId},
        lowered::Lowered,
        table::{From, Rows, Sent, Table},
        var::Var,
    },
};

/// The codes that pick a row of the table for each place, or none for one row that all share; nothing where
/// the message to variable `v` is more than that. `weighted`: rows may have weights, which enter statistics
/// and no message to a row.
pub fn looked_up(table: &Table, v: VarId, var: &Var, weighted: bool) -> Option<Option<usize>> {
    if table.pair.is_some() || table.unroll.is_some() || table.packed.is_some() {
        return None;
    }
    let (mut codes, mut own) = (None, 0);
    for o in &table.operands {
        match (&o.from, &o.shape) {
            (From::Streamed { var, back: 0 }, _) if *var == v && o.offset == 0 => own += 1,
            (From::Codes(id), OperandShape::OneHot { row, .. })
                if codes.is_none() && *row == table.row_label =>
            {
                codes = Some(*id)
            }
            (From::Weight(_), _) if weighted => {}
            _ => return None,
        }
    }
    let last = table.axes.0.last()?;
    let dense = last.1 == 1
        && table.sizes[usize::from(last.0)] == var.width
        && table.axes.0.len() == 1 + usize::from(codes.is_some());
    (own == 1 && dense).then_some(codes)
}

/// All tables that a chain's steps look up, if that is all that they are sent, and every table of the pass
/// but those that couple neighbours is one of them.
#[derive(Debug)]
pub struct GatherRule {
    /// Those that all steps look up first.
    pub tables: Vec<LookedUp>,
}

/// A table that steps look up.
#[derive(Debug)]
pub struct LookedUp {
    /// The table.
    pub table: TableId,
    /// Which of its operands the block is.
    pub operand: usize,
    /// The codes that pick a row, or one row for all.
    pub codes: Option<usize>,
}

impl GatherRule {
    /// Of what tables send variable `v`; `pass` are all that its pass sums.
    pub fn of(lowered: &Lowered, v: VarId, messages: &[Sent], pass: &[TableId]) -> Option<Self> {
        let var = &lowered.vars[v];
        if var.shape.has_known(None) || var.nodes.len() > 1 {
            return None;
        }
        let mut tables = vec![];
        for &(t, i) in messages {
            let table = &lowered.tables[t];
            if !matches!(table.operands[i].from, From::Streamed { back: 0, .. }) || !pass.contains(&t) {
                return None;
            }
            tables.push(LookedUp { table: t, operand: i, codes: looked_up(table, v, var, false)? });
        }
        // The first one writes, so it should be one that all steps have.
        tables.sort_by_key(|l| lowered.tables[l.table].rows != Rows::All);
        let times = |t: TableId| tables.iter().filter(|l| l.table == t).count();
        let all = pass.iter().all(|&t| times(t) == usize::from(lowered.tables[t].pair.is_none()));
        all.then_some(Self { tables })
    }
}
