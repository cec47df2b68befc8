//! The numbers of one run with all that is needed to work on them: the plan, threads, state, tables and
//! statistics. Not here: updates (`update`), passes over rows (`pass`), the bound (`bound`), restarts (`run`).

use super::{
    error::{Breakdown, RunError},
    prior::Prior,
    profile::Profile,
    rows::RowScratch,
};
use crate::{
    plan::{
        Plan,
        layout::{List, TableId, VarId},
        table::{From, Rows, Shared},
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
    /// Priors in the place of the model's own.
    pub prior: Vec<Prior>,
    /// By node: whether its own lines say nothing, since such a prior stands in their place.
    pub silent: Vec<bool>,
    /// How each Gaussian chain is done.
    pub chains: List<VarId, ChainWay>,
    /// What a path knows of a table, and the state of the table that it goes with.
    told: List<TableId, Option<(u64, Told)>>,
    stamp: List<TableId, u64>,
}

/// What a path knows of a table better than its product with its statistic, which has no digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// Its energy, in nats, as long as the table is what it is.
    pub energy: f64,
    /// What its rounding is a share of, in nats.
    pub size: f64,
    /// The slope in a scale that all of its products hold.
    pub slope: Option<Slope>,
}

/// The slope of an energy in one number of a stored block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slope {
    /// The block.
    pub var: VarId,
    /// Which of its moments.
    pub at: usize,
    /// The slope.
    pub value: f64,
    /// Σ of the versions of the other blocks in the table, for which it holds.
    pub others: u64,
}

/// How a Gaussian chain is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChainWay {
    /// From sums of precisions, while enough digits are left.
    Sums,
    /// From the rows of its lines.
    Rows,
    /// From sums, whatever is left: its lines are no rows.
    SumsOnly,
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
            chains: plan.vars.map(|_| ChainWay::Sums),
            told: plan.tables.map(|_| None),
            prior: vec![],
            silent: vec![false; plan.names.len()],
            stamp: plan.tables.map(|_| NEVER),
        };
        for (t, _) in plan.tables.enumerate().filter(|(_, table)| table.constant) {
            work.accumulate(t);
        }
        work
    }

    /// These priors stand in the place of what the lines of their nodes say.
    pub(super) fn take_prior(&mut self, prior: &[Prior]) {
        self.prior = prior.to_vec();
        for p in prior {
            self.plan.vars[p.var].nodes.iter().for_each(|n| self.silent[n.0] = true);
        }
    }

    pub(super) fn error(&self, var: VarId, kind: Breakdown) -> RunError {
        RunError::new(kind, self.plan.vars[var].name.clone(), self.iteration)
    }

    /// Notes what a path knows of a table as it is now; `None`: no more than its product.
    pub(super) fn tell(&mut self, t: TableId, told: Option<Told>) {
        self.told[t] = told.map(|told| (self.tables.stamp(t), told));
    }

    /// A table's energy, if a path knows it.
    pub(super) fn told(&self, t: TableId) -> Option<Told> {
        self.told[t].filter(|(stamp, _)| *stamp == self.tables.stamp(t)).map(|(_, told)| told)
    }

    /// A table's slope in one number of a block, if a path knows it.
    pub(super) fn told_slope(&self, t: TableId, var: VarId, at: usize) -> Option<f64> {
        let slope = self.told[t].and_then(|(_, told)| told.slope).filter(|s| (s.var, s.at) == (var, at))?;
        (slope.others == self.versions(t, var)).then_some(slope.value)
    }

    /// Σ of the versions of a table's shared blocks, but one.
    pub(super) fn versions(&self, t: TableId, but: VarId) -> u64 {
        let shared = self.plan.tables[t].terms.iter().flat_map(|x| &x.operands);
        let others = shared.filter_map(|o| match o.from {
            Shared::Var(v) if v != but => Some(self.state.version(v)),
            _ => None,
        });
        others.sum()
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
