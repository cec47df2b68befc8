//! Inputs as plain arrays: plates first, then the axes of the value.

use super::{Binder, LENGTHS_DIFFER};
use crate::{
    data::Strided,
    diag::Diagnostic,
    graph::factor_graph::{Input, InputSource},
    num::numbers::Numbers,
};

impl Binder<'_> {
    pub(super) fn inputs(&mut self) {
        let graph = self.graph;
        for input in &graph.inputs {
            // A failed one leaves an empty array behind, and no `Bound`.
            let numbers = self.input(input).unwrap_or_default();
            self.bound.inputs.push(numbers);
        }
    }

    fn input(&mut self, input: &Input) -> Option<Numbers> {
        match &input.source {
            // One number for all elements is kept once: there may be billions of them.
            InputSource::Numbers(n) => {
                for (&p, &have) in input.plates.iter().zip(&input.sizes) {
                    let want = self.bound.plate(p).size;
                    if want != have {
                        let d = Diagnostic::error(
                            LENGTHS_DIFFER,
                            format!(
                                "`{}` has {have} values for the {want} elements of `{}`",
                                input.name,
                                self.graph.plate_name(p)
                            ),
                        )
                        .at(input.span, format!("{have} values"))
                        .with(self.graph.plates[p.0].span, format!("{want} elements"));
                        self.fail(d);
                        return None;
                    }
                }
                Some(n.clone().into())
            }
            InputSource::Columns(columns) => {
                let mut parts = vec![];
                for &c in columns {
                    let (table, column) = self.data(c)?;
                    parts.push(self.ok(column.as_known(table, "a covariate"), self.graph.columns[c.0].span)?);
                }
                Some(Strided::beside(&parts))
            }
            InputSource::Table(t) => {
                let table = self.tables[t.0];
                let names = self.bound.plate(*input.plates.last()?).labels.clone()?;
                let mut parts = vec![];
                for name in names.iter() {
                    parts.push(self.ok(table.column(name)?.as_known(table, "a covariate"), input.span)?);
                }
                Some(Strided::beside(&parts))
            }
        }
    }
}
