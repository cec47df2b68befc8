//! Stored blocks: η as the sum of all messages, then moments and entropy; colour by colour where elements
//! meet. Not here: blocks of rows (`pass`).

use super::{error::RunError, moments, place::broken, rows::cut, work::Work};
use crate::{
    block::element::{Failure, Which},
    num::{
        contract::{Operand, with_operands},
        reduce::dot,
    },
    plan::{
        layout::VarId,
        messages::Place,
        table::{From, Rows, Shared, Table, TableOperand},
        var::Var,
    },
    state::{grow, tables::shared},
};
use std::iter;

impl Work<'_> {
    /// Updates one stored block, colour by colour. `counts` says which tables' messages it gets (all but at
    /// the start).
    pub(super) fn update_var(&mut self, v: VarId, counts: &dyn Fn(&Table) -> bool) -> Result<(), RunError> {
        let colours = &self.plan.vars[v].colours;
        let mut messages = vec![];
        for (colour, elements) in colours.iter().enumerate() {
            let mut eta = self.state.take_eta(v, colours.len() > 1);
            if colours.len() > 1 {
                // The other elements keep theirs.
                messages.resize(eta.len(), 0.0);
                self.messages(v, colour, counts, &mut messages);
                let w = self.plan.vars[v].width;
                for &e in elements {
                    let at = e as usize * w..(e as usize + 1) * w;
                    eta[at.clone()].copy_from_slice(&messages[at]);
                }
            } else {
                self.messages(v, colour, counts, &mut eta);
            }
            self.state.put_eta(v, eta);
            self.evaluate(v, colour)?;
            self.state.has_moved(v);
        }
        Ok(())
    }

    /// Sites that are stored, as they begin.
    pub(super) fn begin_sites(&mut self, v: VarId) -> Result<(), RunError> {
        let mut eta = self.state.take_eta(v, false);
        self.messages(v, 0, &|_| true, &mut eta);
        self.state.put_eta(v, eta);
        let var = &self.plan.vars[v];
        let (eta, moments, _) = self.state.change(v);
        let begun = var.shape.begin(Which::From(0), eta, moments);
        begun.map_err(|e| self.error(v, broken(self.plan, v, e)))?;
        self.state.has_moved(v);
        Ok(())
    }

    /// The sum of all messages to a stored block. With colours, only rows of the colour's elements are read.
    pub(super) fn messages(
        &mut self,
        v: VarId,
        colour: usize,
        counts: &dyn Fn(&Table) -> bool,
        eta: &mut [f64],
    ) {
        let plan = self.plan;
        let var = &plan.vars[v];
        eta.fill(0.0);
        for m in &plan.messages[v] {
            let (t, table) = (m.table, &plan.tables[m.table]);
            if !counts(table) || self.silent[table.node] {
                continue;
            }
            match m.to {
                Place::Shared(place, i) => {
                    let term = &table.terms[place];
                    let o = &term.operands[i];
                    let Some(message) = &o.message else { continue };
                    if let Some(slope) = self.told_slope(t, v, o.offset) {
                        // Of all products of a table at once.
                        let first = |x: &TableOperand| matches!(x.from, Shared::Var(u) if u == v && x.offset == o.offset);
                        if !table.terms[..place].iter().any(|x| x.operands.iter().any(first)) {
                            eta[o.offset] += slope;
                        }
                        continue;
                    }
                    self.refresh_statistic(t);
                    let others = term.operands.iter().enumerate().filter(|(j, _)| *j != i);
                    let others = others.map(|(_, x)| shared(plan, &self.state, x.from, x.offset));
                    let all = iter::once(Operand::Dense(self.statistics.full(plan, t))).chain(others);
                    grow(&mut self.scratch, message.scratch_len(&table.sizes));
                    let (to, scratch) = (&mut eta[o.offset..], &mut self.scratch);
                    with_operands(all, |operands| {
                        message.run(&table.sizes, term.coefficient, operands, to, scratch);
                    });
                }
                Place::Row(i) => {
                    self.tables.refresh(plan, &self.state, t);
                    let Some(stream) = table.stream else { continue };
                    let rows = if var.colours.len() > 1 {
                        self.of_colour
                            .entry((t, i, colour))
                            .or_insert_with(|| Rows::List(rows_of_colour(var, table, i, colour)))
                    } else {
                        &table.rows
                    };
                    for places in cut(rows, &plan.streams[stream].chunks) {
                        let (stored, values) = (self.state.all_moments(), self.tables.of(t));
                        self.rows.scatter(plan, table, i, places, stored, values, eta);
                    }
                }
            }
        }
        if let Some(prior) = self.prior.iter().find(|p| p.var == v) {
            eta.iter_mut().zip(&prior.eta).for_each(|(e, p)| *e += p);
        }
        if let Some(w) = &var.weight {
            // Every message to an element of a weighted row counts its row's weight; its own q is that of one
            // of them.
            let each = var.inner() * var.width;
            eta.chunks_exact_mut(each.max(1))
                .zip(w.iter())
                .for_each(|(e, w)| e.iter_mut().for_each(|x| *x /= w));
        }
        var.shape.clamp(Which::From(0), eta);
    }

    /// Moments and entropy from η. With colours, of the colour's elements.
    pub(super) fn evaluate(&mut self, v: VarId, colour: usize) -> Result<(), RunError> {
        let var = &self.plan.vars[v];
        let (eta, moments, log_norm) = self.state.derive(v);
        let done = if var.colours.len() == 1 {
            moments::apply_all(self.pool, var, eta, moments, log_norm)
        } else {
            some(var, &var.colours[colour], eta, moments, log_norm)
        };
        done.map_err(|e| self.error(v, broken(self.plan, v, e)))?;
        if colour + 1 == var.colours.len() {
            self.stored_entropy(v);
        }
        Ok(())
    }

    /// Σ A − ⟨η, μ⟩ of a stored block, from what its last update left.
    pub(super) fn stored_entropy(&mut self, v: VarId) {
        let var = &self.plan.vars[v];
        let (w, inner) = (var.width, var.inner());
        let (eta, moments) = (self.state.eta(v), self.state.moments(v));
        let mut sum = 0.0;
        let held = var.shape.held();
        for (e, a) in self.state.log_norm(v).iter().enumerate() {
            if held.is_some_and(|h| h.known[e]) {
                continue;
            }
            let at = e * w..(e + 1) * w;
            let h = a - dot(&eta[at.clone()], &moments[at]);
            sum += h * var.weight.as_ref().map_or(1.0, |weight| weight[e / inner]);
        }
        self.state.set_entropy(v, sum);
    }
}

/// Moments of some elements.
fn some(
    var: &Var,
    elements: &[u32],
    eta: &[f64],
    moments: &mut [f64],
    log_norm: &mut [f64],
) -> Result<(), Failure> {
    let (w, count) = (var.width, elements.len());
    let mut norms = vec![0.0; count];
    let picked: Vec<f64> =
        elements.iter().flat_map(|&e| &eta[e as usize * w..(e as usize + 1) * w]).copied().collect();
    let mut made = vec![0.0; count * w];
    let done = moments::apply(var, Which::List(elements), &picked, &mut made, &mut norms);
    for ((&e, m), a) in elements.iter().zip(made.chunks_exact(w.max(1))).zip(norms) {
        moments[e as usize * w..(e as usize + 1) * w].copy_from_slice(m);
        log_norm[e as usize] = a;
    }
    done
}

/// Places whose element, as operand `i` reads it, is of the colour.
fn rows_of_colour(var: &Var, table: &Table, i: usize, colour: usize) -> Vec<u32> {
    let From::Stored { base, offsets, .. } = &table.operands[i].from else { return vec![] };
    let mut of_colour = vec![false; var.elements()];
    var.colours[colour].iter().for_each(|&e| of_colour[e as usize] = true);
    let hit = |p: u32| {
        let b = base[p as usize];
        b != u32::MAX && offsets.iter().any(|o| of_colour[b as usize + o])
    };
    match &table.rows {
        Rows::All => (0..base.len() as u32).filter(|&p| hit(p)).collect(),
        Rows::List(l) => l.iter().copied().filter(|&p| hit(p)).collect(),
    }
}
