//! Tables and plates, from their declarations.

use super::resolver::Resolver;
use crate::{
    diag::{Diagnostic, Reported, suggest::nearest},
    graph::{
        codes::{BAD_VALUE, MISSING_PARAMETER, PLATE_SIZE, UNKNOWN_PARAMETER, UNKNOWN_PLATE_KIND},
        factor_graph::{DataTable, Plate, PlateKind, TableSource},
        resolve::names::list,
    },
    shape::{ColumnId, DataTableId},
    source::Spanned,
    syntax::ast::{self, Call, Value},
};

/// A kind of plate: its name, the parameters it takes, those it needs, how it is written, and what reads it.
struct PlateRule {
    name: &'static str,
    params: &'static [&'static str],
    usage: &'static str,
    read: fn(&mut Resolver<'_>, &Call) -> Result<PlateKind, Reported>,
}

/// Every kind of plate.
static KINDS: &[PlateRule] = &[
    PlateRule { name: "Size", params: &[""], usage: "Size(6)", read: size },
    PlateRule {
        name: "Rows",
        params: &["table", "weight", "id"],
        usage: "Rows(table: \"corpus\")",
        read: rows,
    },
    PlateRule {
        name: "Steps",
        params: &["table", "sequence", "id"],
        usage: "Steps(table: \"rolls\", sequence: \"game\")",
        read: steps,
    },
    PlateRule {
        name: "Groups",
        params: &["column", "columns"],
        usage: "Groups(column: \"corpus.doc\")",
        read: groups,
    },
    PlateRule {
        name: "Columns",
        params: &["table", "only", "except"],
        usage: "Columns(table: \"survey\")",
        read: columns,
    },
    PlateRule {
        name: "Tree",
        params: &["table", "id", "parent"],
        usage: "Tree(table: \"species\", parent: \"ancestor\")",
        read: tree,
    },
];

impl Resolver<'_> {
    /// Tables, in file order.
    pub(super) fn tables(&mut self) {
        for decl in &self.model.data {
            let source = match &decl.source.node {
                ast::TableSource::File(path) => TableSource::File(path.clone()),
                ast::TableSource::Inline(columns) => TableSource::Inline(
                    columns
                        .iter()
                        .map(|(name, cells)| {
                            (name.node.clone(), cells.iter().map(|c| c.node.clone()).collect())
                        })
                        .collect(),
                ),
            };
            self.names.tables.entry(decl.name.node.clone()).or_insert(self.tables.len());
            self.tables.push(DataTable { name: decl.name.node.clone(), span: decl.name.span, source });
        }
    }

    /// Plates, in file order.
    pub(super) fn plates(&mut self) {
        let mut used = vec![];
        for (decl, &already) in self.model.plates.iter().zip(&self.used_plates.clone()) {
            let call = &decl.call;
            let free = self.claim(&decl.name, "a plate");
            let kind = KINDS.iter().find(|k| k.name == call.name.node).ok_or_else(|| self.unknown_kind(call));
            let kind = kind.and_then(|k| self.plate_args(call, k).and_then(|()| (k.read)(self, call)));
            match kind {
                Ok(kind) if free => {
                    self.names.plates.entry(decl.name.node.clone()).or_insert(self.plates.len());
                    self.plates.push(Plate { name: decl.name.node.clone(), span: decl.name.span, kind });
                    used.push(already);
                }
                _ => {
                    self.broken.insert(decl.name.node.clone());
                }
            }
        }
        self.used_plates = used;
    }

    fn unknown_kind(&mut self, call: &Call) -> Reported {
        let name = &call.name.node;
        let d = Diagnostic::error(UNKNOWN_PLATE_KIND, format!("there is no plate `{name}`"))
            .at(call.name.span, "unknown kind of plate");
        let d = match nearest(name, KINDS.iter().map(|k| k.name)) {
            Some(meant) => d.help(format!("did you mean `{meant}`?")),
            None => d.note(format!("the plates are {}", list(KINDS.iter().map(|k| k.name)))),
        };
        self.fail(d)
    }

    fn plate_args(&mut self, call: &Call, kind: &PlateRule) -> Result<(), Reported> {
        let mut result = Ok(());
        for (i, (name, value)) in call.args.iter().enumerate() {
            let at = if name.node.is_empty() { value.span } else { name.span };
            let d = if !kind.params.contains(&name.node.as_str()) {
                let what = if name.node.is_empty() {
                    "a value without a name".to_owned()
                } else {
                    format!("`{}`", name.node)
                };
                Diagnostic::error(UNKNOWN_PARAMETER, format!("`{}` does not take {what}", kind.name))
                    .at(at, "unexpected")
            } else if call.args[..i].iter().any(|(n, _)| n.node == name.node) {
                Diagnostic::error(UNKNOWN_PARAMETER, format!("`{}` is given twice", name.node))
                    .at(at, "the second time")
            } else {
                continue;
            };
            result = Err(self.fail(d.help(format!("write it like `{}`", kind.usage))));
        }
        result
    }

    fn missing_in_plate(&mut self, call: &Call, param: &str) -> Reported {
        let usage = KINDS.iter().find(|k| k.name == call.name.node).map_or("", |k| k.usage);
        let d = Diagnostic::error(MISSING_PARAMETER, format!("`{}` needs {param}", call.name.node))
            .at(call.span, "left out")
            .help(format!("write it like `{usage}`"));
        self.fail(d)
    }

    pub(super) fn text<'v>(&mut self, value: &'v Spanned<Value>, what: &str) -> Result<&'v str, Reported> {
        if let Value::Text(text) = &value.node {
            return Ok(text);
        }
        let d = Diagnostic::error(BAD_VALUE, format!("{what} is expected here"))
            .at(value.span, "not a string")
            .help("write it in quotes");
        Err(self.fail(d))
    }

    pub(super) fn texts(
        &mut self,
        value: &Spanned<Value>,
        what: &str,
    ) -> Result<Vec<Spanned<String>>, Reported> {
        match &value.node {
            Value::List(items) => {
                items.iter().map(|v| Ok(Spanned::new(self.text(v, what)?.to_owned(), v.span))).collect()
            }
            _ => Ok(vec![Spanned::new(self.text(value, what)?.to_owned(), value.span)]),
        }
    }

    fn table_arg(&mut self, call: &Call) -> Result<DataTableId, Reported> {
        let Some(value) = call.arg("table") else { return Err(self.missing_in_plate(call, "`table`")) };
        let name = self.text(value, "the name of a table")?.to_owned();
        self.want_table(&name, value.span)
    }

    fn column_arg(
        &mut self,
        call: &Call,
        param: &str,
        table: DataTableId,
    ) -> Result<Option<ColumnId>, Reported> {
        let Some(value) = call.arg(param) else { return Ok(None) };
        let name = self.text(value, "the name of a column")?.to_owned();
        self.column_path(&name, value.span, Some(table)).map(Some)
    }
}

fn size(r: &mut Resolver<'_>, call: &Call) -> Result<PlateKind, Reported> {
    let Some(value) = call.arg("") else { return Err(r.missing_in_plate(call, "a number")) };
    let Value::Number(n) = value.node else {
        let d = Diagnostic::error(BAD_VALUE, "`Size` takes a whole number")
            .at(value.span, "not a number")
            .help("write it like `Size(6)`");
        return Err(r.fail(d));
    };
    if n.fract() == 0.0 && (1.0..=4_294_967_296.0).contains(&n) {
        return Ok(PlateKind::Size(n as usize));
    }
    let d = Diagnostic::error(PLATE_SIZE, format!("a plate cannot have {n} elements"))
        .at(value.span, "expected a whole number from 1 to 2³²");
    Err(r.fail(d))
}

fn rows(r: &mut Resolver<'_>, call: &Call) -> Result<PlateKind, Reported> {
    let table = r.table_arg(call)?;
    let (weight, id) = (r.column_arg(call, "weight", table)?, r.column_arg(call, "id", table)?);
    Ok(PlateKind::Rows { table, weight, id })
}

fn steps(r: &mut Resolver<'_>, call: &Call) -> Result<PlateKind, Reported> {
    let table = r.table_arg(call)?;
    let (sequence, id) = (r.column_arg(call, "sequence", table)?, r.column_arg(call, "id", table)?);
    Ok(PlateKind::Steps { table, sequence, id })
}

fn groups(r: &mut Resolver<'_>, call: &Call) -> Result<PlateKind, Reported> {
    let (one, many) = (call.arg("column"), call.arg("columns"));
    let value = match (one, many) {
        (Some(v), None) | (None, Some(v)) => v,
        (None, None) => return Err(r.missing_in_plate(call, "`column` or `columns`")),
        (Some(_), Some(v)) => {
            let d = Diagnostic::error(UNKNOWN_PARAMETER, "`Groups` takes `column` or `columns`, not both")
                .at(v.span, "the second one");
            return Err(r.fail(d.help("write `Groups(columns: [\"edges.from\", \"edges.to\"])`")));
        }
    };
    let names = r.texts(value, "the name of a column")?;
    if names.is_empty() {
        return Err(r.missing_in_plate(call, "at least one column"));
    }
    let mut columns: Vec<ColumnId> = vec![];
    for name in &names {
        let c = r.column_path(&name.node, name.span, None)?;
        if !columns.contains(&c) {
            columns.push(c);
        }
    }
    Ok(PlateKind::Groups { columns })
}

fn columns(r: &mut Resolver<'_>, call: &Call) -> Result<PlateKind, Reported> {
    let table = r.table_arg(call)?;
    let named = |r: &mut Resolver<'_>, param| -> Result<Option<Vec<String>>, Reported> {
        let Some(value) = call.arg(param) else { return Ok(None) };
        let names = r.texts(value, "the name of a column")?;
        let mut out: Vec<String> = vec![];
        for name in names {
            let own = name
                .node
                .strip_prefix(&format!("{}.", r.tables[table.0].name))
                .unwrap_or(&name.node)
                .to_owned();
            // Only looked up: the plate names its columns itself.
            r.has_column(table, &own, name.span)?;
            if out.contains(&own) {
                let d = Diagnostic::error(UNKNOWN_PARAMETER, format!("`{own}` is named twice in `{param}`"))
                    .at(name.span, "the second time");
                return Err(r.fail(d));
            }
            out.push(own);
        }
        Ok(Some(out))
    };
    let only = named(r, "only")?;
    let except = named(r, "except")?.unwrap_or_default();
    if let (Some(_), Some(e)) = (&only, call.arg("except")) {
        let d = Diagnostic::error(UNKNOWN_PARAMETER, "`Columns` takes `only` or `except`, not both")
            .at(e.span, "the second one");
        return Err(r.fail(d.help("leave one of them off")));
    }
    if only.as_ref().is_some_and(Vec::is_empty) {
        let d = Diagnostic::error(PLATE_SIZE, "a plate cannot have 0 elements")
            .at(call.span, "`only` names no column");
        return Err(r.fail(d));
    }
    Ok(PlateKind::Columns { table, only, except })
}

fn tree(r: &mut Resolver<'_>, call: &Call) -> Result<PlateKind, Reported> {
    let table = r.table_arg(call)?;
    let id = r.column_arg(call, "id", table)?;
    let Some(parent) = r.column_arg(call, "parent", table)? else {
        return Err(r.missing_in_plate(call, "`parent`"));
    };
    Ok(PlateKind::Tree { table, id, parent })
}
