//! Looks names up: tables, plates, inputs, nodes. Not columns, which need a row (`columns`).

use super::resolver::Resolver;
use crate::{
    diag::{Diagnostic, Reported, suggest::nearest},
    graph::{
        codes::{NAME_TAKEN, UNKNOWN_NAME, UNKNOWN_TABLE},
        factor_graph::PlateKind,
    },
    shape::{DataTableId, InputId, NodeId, PlateId},
    source::{Span, Spanned},
};

/// The functions of the language: no node may have one's name.
pub(super) const FUNCTIONS: [&str; 9] =
    ["dot", "diag", "identity", "stick", "parent", "log", "exp", "sqrt", "abs"];

impl Resolver<'_> {
    pub(super) fn table_named(&self, name: &str) -> Option<DataTableId> {
        self.names.tables.get(name).copied().map(DataTableId)
    }
    pub(super) fn plate_named(&self, name: &str) -> Option<PlateId> {
        self.names.plates.get(name).copied().map(PlateId)
    }
    pub(super) fn input_named(&self, name: &str) -> Option<InputId> {
        self.names.inputs.get(name).copied().map(InputId)
    }
    pub(super) fn node_named(&self, name: &str) -> Option<NodeId> {
        self.names.nodes.get(name).copied().map(NodeId)
    }
    pub(super) fn plate(&self, p: PlateId) -> &str {
        &self.plates[p.0].name
    }
    /// The table whose rows a plate has one index for.
    pub(super) fn rows_of(&self, p: PlateId) -> Option<DataTableId> {
        match self.plates[p.0].kind {
            PlateKind::Rows { table, .. }
            | PlateKind::Steps { table, .. }
            | PlateKind::Tree { table, .. } => Some(table),
            _ => None,
        }
    }
    /// `[n,k]`, or nothing.
    pub(super) fn bracket(&self, plates: &[PlateId]) -> String {
        if plates.is_empty() {
            return String::new();
        }
        let names: Vec<_> = plates.iter().map(|&p| self.plate(p)).collect();
        format!("[{}]", names.join(","))
    }

    /// A table that an argument names.
    pub(super) fn want_table(&mut self, name: &str, span: Span) -> Result<DataTableId, Reported> {
        if let Some(t) = self.table_named(name) {
            self.used_tables[t.0] = true;
            return Ok(t);
        }
        let mut d =
            Diagnostic::error(UNKNOWN_TABLE, format!("there is no table `{name}`")).at(span, "not in `data`");
        let known: Vec<_> = self.tables.iter().map(|t| t.name.as_str()).collect();
        d = match nearest(name, known.iter().copied()) {
            Some(meant) => d.help(format!("did you mean `{meant}`?")),
            None if known.is_empty() => d
                .note("the model has no tables")
                .help(format!("declare it: data: {{ \"{name}\": \"{name}.csv\" }}")),
            None => d.note(format!("the tables are {}", list(known.iter().copied()))),
        };
        Err(self.fail(d))
    }

    /// A node that `observe` or `factorize` names.
    pub(super) fn want_node(&mut self, name: &str, span: Span) -> Result<NodeId, Reported> {
        if let Some(n) = self.node_named(name) {
            return Ok(n);
        }
        Err(self.unknown(name, span, "is not a node", "the name of a node, without its plates"))
    }

    /// Nothing has this name (or what has it was at fault, and was reported).
    pub(super) fn unknown(&mut self, name: &str, span: Span, what: &str, expected: &str) -> Reported {
        if let (true, Err(reported)) = (self.broken.contains(name), self.diags.gate()) {
            return reported;
        }
        let d = Diagnostic::error(UNKNOWN_NAME, format!("`{name}` {what}")).at(span, "unknown name");
        let bare = name.split('[').next().unwrap_or(name);
        let known =
            self.headers.iter().map(|h| h.name.as_str()).chain(self.inputs.iter().map(|i| i.name.as_str()));
        let d = match nearest(bare, known) {
            Some(meant) => d.help(format!("did you mean `{meant}`?")),
            None => d.note(format!("expected {expected}")),
        };
        self.fail(d)
    }

    /// Reports a declaration whose name is taken already.
    pub(super) fn claim(&mut self, name: &Spanned<String>, role: &str) -> bool {
        let text = name.node.as_str();
        let taken = if FUNCTIONS.contains(&text) && role != "a plate" {
            Some(("a function of the language", None))
        } else if let Some(p) = self.plate_named(text) {
            Some(("a plate", Some(self.plates[p.0].span)))
        } else if let Some(i) = self.input_named(text) {
            Some(("an input", Some(self.inputs[i.0].span)))
        } else {
            None
        };
        let Some((what, at)) = taken else { return true };
        let d = Diagnostic::error(NAME_TAKEN, format!("`{text}` is {what} already"))
            .at(name.span, format!("{role} cannot have this name"))
            .help("give one of them another name");
        let d = match at {
            Some(span) => d.with(span, "first used here"),
            None => d,
        };
        self.fail(d);
        false
    }

    /// A category whose plates are among `plates`: what a message can propose as a gate.
    pub(super) fn some_gate(&self, plates: &[PlateId]) -> Option<String> {
        let h = self
            .headers
            .iter()
            .find(|h| h.spec.stat.one_hot() && h.plates.iter().all(|p| plates.contains(p)))?;
        Some(format!("{}{}", h.name, self.bracket(&h.plates)))
    }
}

/// `` `a`, `b` ``.
pub(super) fn list<'s>(names: impl IntoIterator<Item = &'s str>) -> String {
    names.into_iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}
