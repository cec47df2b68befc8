//! The first pass over sites: they begin from what was observed, whatever priors say of what they depend on.
//! Not here: where from (`block::shape`).

use super::{general::Messages, path::Path};
use crate::{
    block::element::Which,
    engine::{desk::Desk, error::Failed, place::broken, sums::RunSums, work::Work},
    plan::layout::VarId,
};
use std::ops::Range;

/// Sites of rows.
pub(super) struct Begin<'p> {
    pub(super) messages: Messages<'p>,
}

impl Path for Begin<'_> {
    fn block(&self) -> VarId {
        self.messages.var
    }

    fn rows(
        &self,
        work: &Work<'_>,
        rows: &Range<usize>,
        desk: &mut Desk,
        sums: &mut RunSums,
    ) -> Result<(), Failed> {
        self.messages.collect(work, rows, desk, sums);
        let (plan, v) = (work.plan, self.block());
        let var = &plan.vars[v];
        let Desk { eta, moments, .. } = desk;
        let which = Which::From(rows.start * var.inner());
        var.shape.begin(which, &mut eta[v], &mut moments[v]).map_err(|why| (v, broken(plan, v, why)))
    }
}
