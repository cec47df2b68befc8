//! Streamed Gaussian vectors that have the same precision in every row: one covariance serves them all. Not
//! here: the pass that makes use of it (`engine`).
//!
//! The rule: wherever a product holds the vector's second moment, it holds nothing else of the row but its
//! weight. Then the quadratic message is the same for every row, and all that is ever asked of the second
//! moments is their sum, Σ mean meanᵀ plus the covariance as often as there are rows: a product of matrices.
//! No row's own second moment is made.

use crate::plan::{
    layout::VarId,
    lowered::Lowered,
    table::{From, Rows, Sent},
    var::Storage,
};

/// A block whose rows share a covariance.
#[derive(Debug)]
pub struct SharedCovarianceRule {
    /// The block.
    pub var: VarId,
    /// Tables that hold its second moment, and which of their operands that is.
    pub tables: Vec<Sent>,
}

/// All of a plan.
pub fn find(lowered: &Lowered) -> Vec<SharedCovarianceRule> {
    lowered.vars.ids().filter_map(|v| of_var(lowered, v)).collect()
}

fn of_var(lowered: &Lowered, v: VarId) -> Option<SharedCovarianceRule> {
    let var = &lowered.vars[v];
    let stream = var.stream()?;
    let plain = var.shape.gaussian_vector().is_some() && var.inner() == 1;
    if !plain || var.storage != (Storage::Streamed { stream, kept: false }) {
        return None;
    }
    let mut tables = vec![];
    for (t, table) in lowered.holding(v) {
        let own = |from: &From| matches!(from, From::Streamed { var, .. } if *var == v);
        let Some(i) = table.operands.iter().position(|o| own(&o.from) && o.offset >= var.d) else { continue };
        let alone =
            table.operands.iter().enumerate().all(|(j, o)| j == i || matches!(o.from, From::Weight(_)));
        if !alone || table.rows != Rows::All || table.packed.is_some() || table.unroll.is_some() {
            return None;
        }
        tables.push((t, i));
    }
    Some(SharedCovarianceRule { var: v, tables })
}

impl SharedCovarianceRule {
    /// The way in words, and why it is taken.
    pub fn describe(&self) -> String {
        "one covariance for all rows, as nothing else of a row meets its second moment".into()
    }
}
