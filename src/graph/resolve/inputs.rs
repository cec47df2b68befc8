//! Inputs: known arrays, written out or taken from columns.

use super::{expr::count, resolver::Resolver};
use crate::{
    diag::{Diagnostic, Reported},
    graph::{
        codes::{BAD_INPUT, BAD_KEY, BAD_VALUE, INPUT_SIZE, NAME_TAKEN},
        factor_graph::{Input, InputSource, PlateKind},
    },
    shape::DataTableId,
    source::Spanned,
    syntax::ast::{InputDecl, KeyIndex, Value},
};

impl Resolver<'_> {
    /// Inputs, in file order.
    pub(super) fn inputs(&mut self) {
        let mut used = vec![];
        for decl in &self.model.inputs {
            match self.input(decl) {
                Ok(input) => {
                    self.names.inputs.entry(input.name.clone()).or_insert(self.inputs.len());
                    self.inputs.push(input);
                    used.push(false);
                }
                Err(_) => {
                    self.broken.insert(decl.key.name.node.clone());
                }
            }
        }
        self.used_inputs = used;
    }

    fn input(&mut self, decl: &InputDecl) -> Result<Input, Reported> {
        let key = &decl.key;
        if !self.claim(&key.name, "an input") {
            self.diags.gate()?;
        }
        if let Some(twin) = self.model.nodes.iter().find(|n| n.key.name.node == key.name.node) {
            let d = Diagnostic::error(NAME_TAKEN, format!("`{}` is an input and a node", key.name.node))
                .at(twin.key.span, "the node")
                .with(key.span, "the input")
                .help("give one of them another name; values of a node go into `observe`");
            return Err(self.fail(d));
        }
        if let Some(step) = key.indices.iter().find(|i| matches!(i.node, KeyIndex::Step(_))) {
            let d =
                Diagnostic::error(BAD_KEY, "an input has no first step").at(step.span, "expected a plate");
            return Err(self.fail(d));
        }
        let plates = self.key_plates(key)?;
        let made = |event, sizes, source| Input {
            name: key.name.node.clone(),
            span: key.span,
            plates: plates.clone(),
            event,
            sizes,
            source,
        };
        let row = plates.first().and_then(|&p| self.rows_of(p));
        if let Some(names) = texts(&decl.value) {
            let list = matches!(decl.value.node, Value::List(_));
            let Some(table) = row else { return Err(self.input_needs_rows(decl)) };
            if let (2, Some(PlateKind::Columns { table: t, .. }), [one]) =
                (plates.len(), plates.last().map(|p| &self.plates[p.0].kind), &names[..])
            {
                let t = *t;
                if self.want_table(&one.node, one.span)? != t || t != table {
                    return Err(self.other_table(decl, table, t, one));
                }
                return Ok(made(vec![], vec![], InputSource::Table(t)));
            }
            if plates.len() != 1 {
                return Err(self.input_needs_rows(decl));
            }
            let columns: Result<Vec<_>, _> =
                names.iter().map(|n| self.column_path(&n.node, n.span, Some(table))).collect();
            let event = if list { vec![names.len()] } else { vec![] };
            return Ok(made(event, vec![], InputSource::Columns(columns?)));
        }
        if !matches!(decl.value.node, Value::Number(_) | Value::List(_)) {
            let d = Diagnostic::error(BAD_VALUE, format!("`{}` needs numbers or columns", key.name.node))
                .at(decl.value.span, "neither")
                .help("write a number, a list of numbers, or the names of columns in quotes");
            return Err(self.fail(d));
        }
        let (numbers, sizes) = self.numbers(&decl.value)?;
        if sizes.is_empty() {
            // One number for every element.
            return Ok(made(vec![], vec![], InputSource::Numbers(numbers)));
        }
        if sizes.len() < plates.len() || sizes.len() > plates.len() + 2 {
            let d = Diagnostic::error(
                INPUT_SIZE,
                format!(
                    "`{}` has {} and its value {}",
                    key.name.node,
                    count(plates.len(), "plate"),
                    count(sizes.len(), "axis").replace("axiss", "axes")
                ),
            )
            .at(decl.value.span, "lists in lists: one axis for each")
            .with(key.span, "one axis for each plate, and at most two more");
            return Err(self.fail(d));
        }
        for (&p, &n) in plates.iter().zip(&sizes) {
            if let PlateKind::Size(size) = self.plates[p.0].kind
                && size != n
            {
                let d = Diagnostic::error(
                    INPUT_SIZE,
                    format!(
                        "`{}` has {n} values for the {size} elements of `{}`",
                        key.name.node,
                        self.plate(p)
                    ),
                )
                .at(decl.value.span, format!("{n} values"))
                .with(self.plates[p.0].span, format!("{size} elements"));
                return Err(self.fail(d));
            }
        }
        let event = sizes[plates.len()..].to_vec();
        Ok(made(event, sizes, InputSource::Numbers(numbers)))
    }

    fn input_needs_rows(&mut self, decl: &InputDecl) -> Reported {
        let d = Diagnostic::error(BAD_INPUT, format!("`{}` takes columns and does not run over their rows", decl.key.name.node))
            .at(decl.key.span, "expected a plate of rows")
            .with(decl.value.span, "columns")
            .note("an input of columns has one plate `Rows`, `Steps` or `Tree` of their table, or that and a `Columns` plate")
            .help(format!("write `\"{}[n]\"` with `\"n\": Rows(table: …)`", decl.key.name.node));
        self.fail(d)
    }

    fn other_table(
        &mut self,
        decl: &InputDecl,
        rows: DataTableId,
        columns: DataTableId,
        named: &Spanned<String>,
    ) -> Reported {
        let name = |t: DataTableId| self.tables[t.0].name.clone();
        let d = Diagnostic::error(BAD_INPUT, format!("`{}` mixes tables", decl.key.name.node))
            .at(named.span, format!("expected `{}`", name(columns)))
            .with(decl.key.span, format!("rows of `{}`, columns of `{}`", name(rows), name(columns)));
        self.fail(d)
    }
}

/// The names, where the value is a string or a list of strings.
fn texts(value: &Spanned<Value>) -> Option<Vec<Spanned<String>>> {
    let one = |v: &Spanned<Value>| match &v.node {
        Value::Text(t) => Some(Spanned::new(t.clone(), v.span)),
        _ => None,
    };
    match &value.node {
        Value::List(items) if !items.is_empty() => items.iter().map(one).collect(),
        _ => Some(vec![one(value)?]),
    }
}
