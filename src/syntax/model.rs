//! Fits a tree of RON values to the fields of a model. Reports what does not fit and leaves it out; reads no
//! table and looks up no name.

use super::ast::{
    Call, Cell, DeriveDecl, Factorize, InputDecl, Model, NodeDecl, ObserveDecl, PlateDecl, TableDecl,
    TableSource, Value,
};
use super::codes::{CODE_FIELD, CODE_FINITE, CODE_KEY, CODE_KIND, CODE_NO_NODES, CODE_RON, CODE_TWICE};
use super::key::parse_key;
use super::lexer::is_name;
use super::parser::parse_expr;
use super::tree::{Tree, TreeKind};
use crate::diag::suggest::nearest;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{Source, Span, Spanned};

/// The fields of a model, in the order they are written.
const FIELDS: [&str; 8] = ["name", "data", "plates", "inputs", "nodes", "observe", "factorize", "derive"];

/// The model that `tree` holds; what was reported is left out of it.
pub(super) fn fit(tree: &Tree, source: &Source, diags: &mut Diagnostics) -> Model {
    Fitter { source, diags }.model(tree)
}

struct Fitter<'a, 'd> {
    source: &'a Source,
    diags: &'d mut Diagnostics,
}

impl Fitter<'_, '_> {
    fn model(&mut self, tree: &Tree) -> Model {
        let mut model = Model::default();
        let TreeKind::Call { name, args, parentheses: true } = &tree.node else {
            self.misfit(tree, "a model is `Model(…)`", "wrap the fields: `Model(plates: {…}, nodes: {…})`");
            return model;
        };
        if !["", "Model"].contains(&name.node.as_str()) {
            let d = Diagnostic::error(CODE_RON, format!("the file holds `{}`, not `Model`", name.node))
                .at(name.span, "expected `Model`")
                .help("a model file is `Model(…)`");
            self.diags.error(d);
        }
        self.once(args.iter().map(|(name, _)| (name.node.clone(), name.span)), "the field");
        let mut has_nodes = false;
        for (name, value) in args {
            match name.node.as_str() {
                "name" => model.name = self.text(value, "the name of the model").or(model.name),
                "data" => model.data = self.entries(value, "data", Self::table),
                "plates" => model.plates = self.entries(value, "plates", Self::plate),
                "inputs" => model.inputs = self.entries(value, "inputs", Self::input),
                "nodes" => {
                    has_nodes |= !matches!(&value.node, TreeKind::Map(entries) if entries.is_empty());
                    model.nodes = self.entries(value, "nodes", Self::node);
                }
                "observe" => model.observe = self.entries(value, "observe", Self::observe),
                "factorize" => model.factorize = self.factorize(value),
                "derive" => model.derive = self.entries(value, "derive", Self::derived),
                _ => self.unknown_field(name, value),
            }
        }
        // A misspelt `nodes` was reported already.
        if !has_nodes && self.diags.list().iter().all(|d| d.code != CODE_FIELD) {
            let at =
                args.iter().find(|(name, _)| name.node == "nodes").map_or(name.span, |(name, _)| name.span);
            let at = if at.start == at.end { tree.span } else { at };
            let d = Diagnostic::error(CODE_NO_NODES, "the model has no nodes")
                .at(at, "")
                .note("`nodes` holds the random variables, at least one")
                .help("a node is `\"name[plates]\": Distribution(parameter: value)`");
            self.diags.error(d);
        }
        // Two lines may be the same key in another spelling: "z[n]" and "z[ n ]".
        let places: Vec<_> = model.nodes.iter().map(|n| (n.key.to_string(), n.key.span)).collect();
        self.once(places.into_iter(), "the node");
        let places: Vec<_> = model.inputs.iter().map(|n| (n.key.to_string(), n.key.span)).collect();
        self.once(places.into_iter(), "the input");
        let places: Vec<_> = model.derive.iter().map(|n| (n.key.to_string(), n.key.span)).collect();
        self.once(places.into_iter(), "the quantity");
        model
    }

    fn unknown_field(&mut self, name: &Spanned<String>, value: &Tree) {
        let fields = FIELDS.map(|f| format!("`{f}`")).join(", ");
        if name.node.is_empty() {
            let d = Diagnostic::error(CODE_FIELD, "a field of the model has no name")
                .at(value.span, "expected `field: value`");
            self.diags.error(d.note(format!("the fields are {fields}")));
            return;
        }
        let d = Diagnostic::error(CODE_FIELD, format!("a model has no field `{}`", name.node))
            .at(name.span, "unknown field");
        let d = d.note(format!("the fields are {fields}"));
        self.diags.error(match nearest(&name.node, FIELDS) {
            Some(meant) => d.help(format!("did you mean `{meant}`?")),
            None => d,
        });
    }

    /// The entries of one section, each read by `read` from its key and its value.
    fn entries<T>(
        &mut self,
        tree: &Tree,
        section: &str,
        read: impl Fn(&mut Self, Spanned<String>, &Tree) -> Option<T>,
    ) -> Vec<T> {
        let TreeKind::Map(entries) = &tree.node else {
            self.misfit(
                tree,
                &format!("`{section}` is a map"),
                &format!("write `{section}: {{ \"name\": …, }}`"),
            );
            return vec![];
        };
        let mut keys = Vec::new();
        let mut out = Vec::new();
        for (key, value) in entries {
            let Some(key) = self.key_text(key) else { continue };
            keys.push((key.node.clone(), key.span));
            out.extend(read(self, key, value));
        }
        // What has plates is compared in normal form, once it is all read.
        if !["nodes", "inputs", "derive"].contains(&section) {
            self.once(keys.into_iter(), "the key");
        }
        out
    }

    fn key_text(&mut self, key: &Tree) -> Option<Spanned<String>> {
        match &key.node {
            TreeKind::Text(text) => Some(Spanned::new(text.clone(), key.span)),
            TreeKind::Call { name, parentheses: false, .. } => {
                let help = format!("write \"{}\"", name.node);
                self.misfit(key, "a key is a string in quotes", &help);
                None
            }
            _ => {
                self.misfit(key, "a key is a string in quotes", "");
                None
            }
        }
    }

    fn table(&mut self, name: Spanned<String>, value: &Tree) -> Option<TableDecl> {
        let named = self.plain_name(&name, "a table");
        let source = match &value.node {
            TreeKind::Text(path) => TableSource::File(path.clone()),
            TreeKind::Map(columns) => {
                let mut out = Vec::new();
                for (key, cells) in columns {
                    let Some(key) = self.key_text(key) else { continue };
                    if key.node.trim().is_empty() {
                        let d = Diagnostic::error(CODE_KEY, "a column needs a name").at(key.span, "");
                        self.diags.error(d);
                    }
                    out.push((key, self.cells(cells)));
                }
                self.once(out.iter().map(|(key, _)| (key.node.clone(), key.span)), "the column");
                TableSource::Inline(out)
            }
            _ => {
                self.misfit(
                    value,
                    "a table is a file or a map of columns",
                    "write \"data.csv\", or { \"y\": [1, 2], \"x\": [3, 4] }",
                );
                return None;
            }
        };
        named.then_some(TableDecl { name, source: Spanned::new(source, value.span) })
    }

    /// Is it a whole number, written out, that could be another's f64 too?
    fn merges(&self, x: f64, at: Span) -> bool {
        x.abs() >= 9_007_199_254_740_992.0 && {
            let written = self.source.text.get(at.start..at.end).unwrap_or_default();
            let digits = written.trim_start_matches(['-', '+']).replace('_', "");
            !digits.is_empty()
                && digits.bytes().all(|b| b.is_ascii_digit())
                && digits.parse::<u128>().map_or(true, |whole| x.abs() as u128 != whole)
        }
    }

    fn cells(&mut self, tree: &Tree) -> Vec<Spanned<Cell>> {
        let TreeKind::List(items) = &tree.node else {
            self.misfit(tree, "a column is a list of cells", "write [1, 2, \"NA\"]");
            return vec![];
        };
        items.iter().filter_map(|item| self.cell(item).map(|cell| Spanned::new(cell, item.span))).collect()
    }

    fn cell(&mut self, tree: &Tree) -> Option<Cell> {
        match &tree.node {
            TreeKind::Number(x) if x.is_nan() => Some(Cell::Missing),
            TreeKind::Number(x) if x.is_infinite() => {
                let d = Diagnostic::error(CODE_FINITE, "a cell may not be infinite")
                    .at(tree.span, "not finite")
                    .help("a missing cell is \"NA\" or None");
                self.diags.error(d);
                None
            }
            TreeKind::Number(x) if self.merges(*x, tree.span) => {
                let d =
                    Diagnostic::error(CODE_FINITE, "a whole number that a number of 64 bits does not hold")
                        .at(tree.span, format!("would be {x}"))
                        .help("write it in quotes where it is a name");
                self.diags.error(d);
                None
            }
            TreeKind::Number(x) => Some(Cell::Number(*x)),
            TreeKind::Bool(x) => Some(Cell::Bool(*x)),
            TreeKind::Nothing => Some(Cell::Missing),
            TreeKind::Text(text) if ["", "NA", "NaN"].contains(&text.as_str()) => Some(Cell::Missing),
            TreeKind::Text(text) => Some(Cell::Text(text.clone())),
            TreeKind::Call { name, parentheses: false, .. } => {
                let help = format!("a word is written \"{}\"", name.node);
                self.misfit(tree, "a cell is a number, a string or `true`/`false`", &help);
                None
            }
            _ => {
                self.misfit(tree, "a cell is a number, a string or `true`/`false`", "");
                None
            }
        }
    }

    fn plate(&mut self, name: Spanned<String>, value: &Tree) -> Option<PlateDecl> {
        let named = self.plain_name(&name, "a plate");
        let call =
            self.call(value, "a plate is a call", "`elbow code E0105` shows how a plate is written", false)?;
        named.then_some(PlateDecl { name, call })
    }

    fn input(&mut self, key: Spanned<String>, value: &Tree) -> Option<InputDecl> {
        let key = parse_key(&key, self.source, self.diags);
        let value = self.value(value, false)?;
        Some(InputDecl { key: key.ok()?, value })
    }

    fn node(&mut self, key: Spanned<String>, value: &Tree) -> Option<NodeDecl> {
        let key = parse_key(&key, self.source, self.diags);
        let help = match &value.node {
            TreeKind::Number(_) | TreeKind::List(_) => "known numbers stand under `inputs`",
            TreeKind::Text(_) => "use the expression where it is needed, or give the node a distribution",
            _ => "write `Distribution(parameter: value)`",
        };
        let call = self.call(value, "a node is a distribution with its parameters", help, true)?;
        Some(NodeDecl { key: key.ok()?, call })
    }

    fn derived(&mut self, key: Spanned<String>, value: &Tree) -> Option<DeriveDecl> {
        let key = parse_key(&key, self.source, self.diags);
        if !matches!(value.node, TreeKind::Number(_) | TreeKind::Text(_)) {
            self.misfit(value, "a derived quantity is an expression in quotes", "write \"1 / sqrt(tau)\"");
            return None;
        }
        let value = self.value(value, true)?;
        Some(DeriveDecl { key: key.ok()?, value })
    }

    fn observe(&mut self, node: Spanned<String>, value: &Tree) -> Option<ObserveDecl> {
        let named = self.plain_name(&node, "an observed node");
        let mut interval = false;
        let (columns, list) = match &value.node {
            TreeKind::Text(column) => (vec![Spanned::new(column.clone(), value.span)], false),
            TreeKind::List(items) => {
                (items.iter().filter_map(|item| self.text(item, "a column")).collect(), true)
            }
            TreeKind::Call { name, args, .. }
                if name.node == "Interval" && args.len() == 2 && args.iter().all(|a| a.0.node.is_empty()) =>
            {
                interval = true;
                (args.iter().filter_map(|(_, end)| self.text(end, "a column")).collect(), true)
            }
            _ => {
                self.misfit(
                    value,
                    "a node is bound to a column or a list of columns",
                    "write \"column\", [\"first\", \"second\"], or Interval(\"from\", \"to\")",
                );
                return None;
            }
        };
        named.then_some(ObserveDecl { node, columns: Spanned::new(columns, value.span), list, interval })
    }

    fn factorize(&mut self, tree: &Tree) -> Option<Spanned<Factorize>> {
        const FORMS: [&str; 3] = ["Auto", "MeanField", "Blocks"];
        let what = "`factorize` is `Auto`, `MeanField` or `Blocks([[\"z\"], [\"w\", \"b\"]])`";
        let TreeKind::Call { name, args, .. } = &tree.node else {
            let help = match &tree.node {
                TreeKind::Text(text) if FORMS.contains(&text.as_str()) => {
                    format!("write {text} without quotes")
                }
                TreeKind::List(_) => "wrap the list: `Blocks([…])`".into(),
                _ => String::new(),
            };
            self.misfit(tree, what, &help);
            return None;
        };
        let form = match (name.node.as_str(), args.as_slice()) {
            ("Auto", []) => Factorize::Auto,
            ("MeanField", []) => Factorize::MeanField,
            ("Blocks", [(unnamed, Spanned { node: TreeKind::List(blocks), .. })])
                if unnamed.node.is_empty() =>
            {
                Factorize::Blocks(blocks.iter().filter_map(|block| self.block(block)).collect())
            }
            (other, _) => {
                let help = match nearest(other, FORMS) {
                    Some(meant) if meant != other => format!("did you mean `{meant}`?"),
                    _ => String::new(),
                };
                self.misfit(tree, what, &help);
                return None;
            }
        };
        Some(Spanned::new(form, tree.span))
    }

    fn block(&mut self, tree: &Tree) -> Option<Spanned<Vec<Spanned<String>>>> {
        let TreeKind::List(names) = &tree.node else {
            self.misfit(tree, "a block is a list of nodes", "write `Blocks([[\"z\"], [\"w\", \"b\"]])`");
            return None;
        };
        let names = names.iter().filter_map(|name| self.text(name, "a node of a block"));
        Some(Spanned::new(names.collect(), tree.span))
    }

    /// A call; `strict` where its strings are expressions.
    fn call(&mut self, tree: &Tree, what: &str, help: &str, strict: bool) -> Option<Call> {
        match &tree.node {
            TreeKind::Call { name, args, .. } if !name.node.is_empty() => {
                self.once(
                    args.iter().filter(|(n, _)| !n.node.is_empty()).map(|(n, _)| (n.node.clone(), n.span)),
                    "the argument",
                );
                let args = args.iter().filter_map(|(name, value)| match word(name, value) {
                    Some(word) => Some((name.clone(), word)),
                    None => Some((name.clone(), self.value(value, strict)?)),
                });
                Some(Call { name: name.clone(), args: args.collect(), span: tree.span })
            }
            _ => {
                self.misfit(tree, what, help);
                None
            }
        }
    }

    fn value(&mut self, tree: &Tree, strict: bool) -> Option<Spanned<Value>> {
        const WHAT: &str = "a value is a number, a list or an expression in quotes";
        let value = match &tree.node {
            TreeKind::Number(x) if !x.is_finite() => {
                let d = Diagnostic::error(CODE_FINITE, "a parameter must be a finite number")
                    .at(tree.span, "not finite");
                self.diags.error(d.note("infinite and NaN numbers are refused in parameters and inputs"));
                return None;
            }
            TreeKind::Number(x) => Value::Number(*x),
            TreeKind::Bool(x) => Value::Bool(*x),
            TreeKind::Text(text) => {
                if strict {
                    parse_expr(&Spanned::new(text.clone(), tree.span), self.source, self.diags).ok()?;
                }
                Value::Text(text.clone())
            }
            TreeKind::List(items) => {
                Value::List(items.iter().filter_map(|item| self.value(item, strict)).collect())
            }
            TreeKind::Call { name, parentheses: false, .. } => {
                let help = format!("a name is written in quotes: \"{}\"", name.node);
                self.misfit(tree, WHAT, &help);
                return None;
            }
            TreeKind::Call { .. } => Value::Call(self.call(tree, WHAT, "a list is written `[…]`", strict)?),
            TreeKind::Map(_) | TreeKind::Nothing | TreeKind::Bad => {
                self.misfit(tree, WHAT, "");
                return None;
            }
        };
        Some(Spanned::new(value, tree.span))
    }

    fn text(&mut self, tree: &Tree, what: &str) -> Option<Spanned<String>> {
        match &tree.node {
            TreeKind::Text(text) => Some(Spanned::new(text.clone(), tree.span)),
            _ => {
                self.misfit(tree, &format!("{what} is a string in quotes"), "");
                None
            }
        }
    }

    /// Whether `text` is a name, reported if not.
    fn plain_name(&mut self, text: &Spanned<String>, what: &str) -> bool {
        if is_name(&text.node) {
            return true;
        }
        let d = Diagnostic::error(CODE_KEY, format!("`{}` cannot name {what}", text.node.escape_debug()))
            .at(text.span, "not a name")
            .note("a name is a letter or `_`, then letters, digits and `_`");
        self.diags.error(match text.node.split_once('[') {
            Some((name, _)) if is_name(name) => {
                d.help(format!("write \"{name}\": plates stand only in the keys of nodes and inputs"))
            }
            _ => d,
        });
        false
    }

    /// Reports every place that repeats an earlier one.
    fn once(&mut self, places: impl Iterator<Item = (String, Span)>, what: &str) {
        let mut first = std::collections::HashMap::new();
        for (name, span) in places {
            if name.is_empty() {
                continue;
            }
            match first.get(&name) {
                None => {
                    first.insert(name, span);
                }
                Some(&earlier) => {
                    let d = Diagnostic::error(
                        CODE_TWICE,
                        format!("{what} `{}` stands here twice", name.escape_debug()),
                    )
                    .at(span, "again")
                    .with(earlier, "first here");
                    self.diags.error(d.help("keep one of them"));
                }
            }
        }
    }

    /// Reports a value of the wrong kind; an empty `help` is left out.
    fn misfit(&mut self, found: &Tree, wanted: &str, help: &str) {
        if found.node == TreeKind::Bad {
            return;
        }
        let d = Diagnostic::error(CODE_KIND, format!("{wanted}, not {}", found.node.describe()))
            .at(found.span, "");
        self.diags.error(if help.is_empty() { d } else { d.help(help) });
    }
}

/// A bare word where the argument has words for values: `bound: Tangent`.
fn word(argument: &Spanned<String>, tree: &Tree) -> Option<Spanned<Value>> {
    match &tree.node {
        TreeKind::Call { name, parentheses: false, .. } if argument.node == "bound" => {
            let call = Call { name: name.clone(), args: vec![], span: tree.span };
            Some(Spanned::new(Value::Call(call), tree.span))
        }
        _ => None,
    }
}
