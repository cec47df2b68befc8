//! The numbers of one run with all that is needed to work on them: the plan, threads, state, tables and
//! statistics. Not here: updates (`update`), passes over rows (`pass`), the bound (`bound`), restarts (`run`).

use super::{
    error::{Breakdown, RunError},
    profile::Profile,
    rows::RowScratch,
};
use crate::{
    plan::{
        Plan,
        layout::{TableId, VarId},
        table::{From, Rows},
    },
    state::{State, Statistics, TableValues},
};
use std::collections::HashMap;

/// One run.
pub(super) struct Work<'p> {
    pub plan: &'p Plan,
    pub pool: &'p rayon::ThreadPool,
    pub state: State,
    pub tables: TableValues,
    pub statistics: Statistics,
    pub iteration: usize,
    pub profile: Profile,
    pub rows: RowScratch,
    pub scratch: Vec<f64>,
    /// Rows that name an element of a colour, by table, operand and colour.
    pub of_colour: HashMap<(TableId, usize, usize), Rows>,
    stamp: crate::plan::layout::List<TableId, u64>,
}

const NEVER: u64 = u64::MAX;

impl<'p> Work<'p> {
    /// All arrays, nothing in them but the statistics of known numbers.
    pub(super) fn new(plan: &'p Plan, pool: &'p rayon::ThreadPool) -> Self {
        let mut work = Self {
            plan,
            pool,
            state: State::new(plan),
            tables: TableValues::new(plan),
            statistics: Statistics::new(plan),
            iteration: 0,
            profile: Profile::default(),
            rows: RowScratch::default(),
            scratch: vec![],
            of_colour: HashMap::new(),
            stamp: plan.tables.map(|_| NEVER),
        };
        for (t, _) in plan.tables.enumerate().filter(|(_, table)| table.constant) {
            work.accumulate(t);
        }
        work
    }

    pub(super) fn error(&self, var: VarId, kind: Breakdown) -> RunError {
        RunError::new(kind, self.plan.vars[var].name.clone(), self.iteration)
    }

    /// Brings a table up to date with the shared moments it is made from.
    pub(super) fn refresh_table(&mut self, t: TableId) {
        self.tables.refresh(self.plan, &self.state, t);
    }

    /// Brings the statistic of a table without streamed blocks up to date with the stored moments its rows
    /// read.
    pub(super) fn refresh_statistic(&mut self, t: TableId) {
        let table = &self.plan.tables[t];
        if !table.gathers_stored {
            return;
        }
        let stamp = table
            .operands
            .iter()
            .filter_map(|o| match o.from {
                From::Stored { var, .. } => Some(self.state.version(var) + 1),
                _ => None,
            })
            .sum();
        if self.stamp[t] != stamp {
            self.stamp[t] = stamp;
            self.accumulate(t);
        }
    }

    /// Sums a table's statistic over all its rows; for tables that read no streamed block.
    fn accumulate(&mut self, t: TableId) {
        let (plan, table) = (self.plan, &self.plan.tables[t]);
        let sum = self.statistics.packed_mut(plan, t);
        sum.fill(0.0);
        match table.stream {
            None => sum[0] = 1.0,
            Some(s) if table.operands.is_empty() => {
                sum[0] = match &table.rows {
                    Rows::All => plan.streams[s].size as f64,
                    Rows::List(l) => l.len() as f64,
                }
            }
            Some(s) => {
                for places in super::rows::cut(&table.rows, &plan.streams[s].chunks) {
                    self.rows.gather(plan, table, places, self.state.all_moments(), sum);
                }
            }
        }
        self.statistics.unpack(plan, t);
    }
}
