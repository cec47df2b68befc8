//! The tables that rows see, made from shared moments, each anew when something in it has moved. Not here:
//! what is in a table (`plan::table`).

use super::{State, grow};
use crate::{
    num::contract::{Operand, with_operands},
    plan::{
        Plan,
        layout::{List, TableId},
        table::{Shared, TableOperand},
    },
};

const NEVER: u64 = u64::MAX;

/// One run's tables, packed.
#[derive(Debug)]
pub struct TableValues {
    values: List<TableId, Vec<f64>>,
    stamp: List<TableId, u64>,
    full: Vec<f64>,
    scratch: Vec<f64>,
}

impl TableValues {
    /// None is made yet.
    pub fn new(plan: &Plan) -> Self {
        Self {
            values: plan.tables.map(|t| vec![0.0; t.packed_len()]),
            stamp: plan.tables.map(|_| NEVER),
            full: vec![],
            scratch: vec![],
        }
    }

    /// A table as it was last made.
    pub fn of(&self, t: TableId) -> &[f64] {
        &self.values[t]
    }

    /// The state of the shared moments that a table was last made from.
    pub fn stamp(&self, t: TableId) -> u64 {
        self.stamp[t]
    }

    /// A table (packed) as some of its products alone make it.
    pub fn of_products(&self, plan: &Plan, state: &State, t: TableId, products: &[usize]) -> Vec<f64> {
        let table = &plan.tables[t];
        let (mut full, mut scratch) = (vec![0.0; table.len], vec![]);
        for term in products.iter().map(|&i| &table.terms[i]) {
            grow(&mut scratch, term.build.scratch_len(&table.sizes));
            let operand = |o: &TableOperand| shared(plan, state, o.from, o.offset);
            with_operands(term.operands.iter().map(operand), |operands| {
                term.build.run(&table.sizes, term.coefficient, operands, &mut full, &mut scratch);
            });
        }
        let Some(p) = &table.packed else { return full };
        let mut packed = vec![0.0; p.len];
        p.pack(&full, &mut packed);
        packed
    }

    /// All of them.
    pub fn all(&self) -> &List<TableId, Vec<f64>> {
        &self.values
    }

    /// Brings a table up to date with the shared moments it is made from.
    pub fn refresh(&mut self, plan: &Plan, state: &State, t: TableId) {
        let table = &plan.tables[t];
        let moved = table.terms.iter().flat_map(|x| &x.operands).filter_map(|o| match o.from {
            Shared::Var(v) => Some(state.version(v) + 1),
            Shared::Known(_) => None,
        });
        let stamp = moved.sum();
        if self.stamp[t] == stamp {
            return;
        }
        self.stamp[t] = stamp;
        let packed = table.packed.as_ref();
        let full = if packed.is_some() { &mut self.full } else { &mut self.values[t] };
        full.clear();
        full.resize(table.len, 0.0);
        for term in &table.terms {
            grow(&mut self.scratch, term.build.scratch_len(&table.sizes));
            let operand = |o: &TableOperand| shared(plan, state, o.from, o.offset);
            with_operands(term.operands.iter().map(operand), |operands| {
                term.build.run(&table.sizes, term.coefficient, operands, full, &mut self.scratch);
            });
        }
        if let Some(p) = packed {
            p.pack(&self.full, &mut self.values[t]);
        }
    }
}

/// A shared array as an operand, from its first number on.
pub fn shared<'a>(plan: &'a Plan, state: &'a State, from: Shared, offset: usize) -> Operand<'a> {
    Operand::Dense(match from {
        Shared::Var(v) => &state.moments(v)[offset..],
        Shared::Known(k) => &plan.known[k].data[offset..],
    })
}
