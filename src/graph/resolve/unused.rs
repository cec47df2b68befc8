//! Warns of tables, plates and inputs that nothing uses.

use super::resolver::Resolver;
use crate::{
    diag::{Code, Diagnostic},
    graph::codes::{UNUSED_INPUT, UNUSED_PLATE, UNUSED_TABLE},
    source::Span,
};

impl Resolver<'_> {
    pub(super) fn unused(&mut self) {
        let tables = self
            .tables
            .iter()
            .zip(&self.used_tables)
            .filter(|(_, u)| !**u)
            .map(|(t, _)| (UNUSED_TABLE, "table", &t.name, t.span));
        let plates = self
            .plates
            .iter()
            .zip(&self.used_plates)
            .filter(|(_, u)| !**u)
            .map(|(p, _)| (UNUSED_PLATE, "plate", &p.name, p.span));
        let inputs = self
            .inputs
            .iter()
            .zip(&self.used_inputs)
            .filter(|(_, u)| !**u)
            .map(|(i, _)| (UNUSED_INPUT, "input", &i.name, i.span));
        let found: Vec<(Code, &str, String, Span)> =
            tables.chain(plates).chain(inputs).map(|(c, w, n, s)| (c, w, n.clone(), s)).collect();
        for (code, what, name, span) in found {
            self.diags.warn(
                Diagnostic::warning(code, format!("{what} `{name}` is not used"))
                    .at(span, "")
                    .help("take it out, or use it"),
            );
        }
    }
}
