//! Messages that are nothing but a row of a table, looked up by a code or the same for all. Not here: what is
//! done with them (`engine`).

use super::{
    layout::VarId,
    table::{From, Table},
    var::Var,
};
use crate::num::contract::OperandShape;

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
