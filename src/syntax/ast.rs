//! The spanned tree of a model as it was written: names, plates and calls with their places. Nothing is
//! resolved here, and no distribution or plate is known by name.

use super::expr::{Expr, number_expr};
use super::parser::parse_expr;
use crate::diag::{Diagnostics, Reported};
use crate::source::{Source, Span, Spanned};

/// A model file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// What the author calls it.
    pub name: Option<Spanned<String>>,
    /// The tables, in file order.
    pub data: Vec<TableDecl>,
    /// The index sets, in file order.
    pub plates: Vec<PlateDecl>,
    /// The known arrays, in file order.
    pub inputs: Vec<InputDecl>,
    /// The random variables, in file order.
    pub nodes: Vec<NodeDecl>,
    /// Which nodes are bound to which columns.
    pub observe: Vec<ObserveDecl>,
    /// How q is to be split; `None` where the file does not say.
    pub factorize: Option<Spanned<Factorize>>,
    /// What is to be reported beside the nodes, in file order.
    pub derive: Vec<DeriveDecl>,
}

/// One table of `data`.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDecl {
    /// Its name in the model.
    pub name: Spanned<String>,
    /// Where its rows come from.
    pub source: Spanned<TableSource>,
}

/// Where a table's rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum TableSource {
    /// A file, relative to the model's.
    File(String),
    /// Columns written in the model itself; they may differ in length here.
    Inline(Vec<(Spanned<String>, Vec<Spanned<Cell>>)>),
}

/// One cell of a table written in the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A finite number.
    Number(f64),
    /// A word.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// `""`, `"NA"`, `"NaN"`, `NaN` or `None`.
    Missing,
}

/// One plate.
#[derive(Clone, Debug, PartialEq)]
pub struct PlateDecl {
    /// Its name, as nodes index by it.
    pub name: Spanned<String>,
    /// `Size(6)`, `Rows(table: "corpus")` and so on.
    pub call: Call,
}

/// One known array.
#[derive(Clone, Debug, PartialEq)]
pub struct InputDecl {
    /// Name and plates.
    pub key: Key,
    /// Numbers, or names of columns.
    pub value: Spanned<Value>,
}

/// One line of `nodes`.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeDecl {
    /// Name and plates.
    pub key: Key,
    /// The distribution and its parameters.
    pub call: Call,
}

/// One line of `observe`.
#[derive(Clone, Debug, PartialEq)]
pub struct ObserveDecl {
    /// The node.
    pub node: Spanned<String>,
    /// The columns (or the one table) it is bound to.
    pub columns: Spanned<Vec<Spanned<String>>>,
    /// Whether the columns stood in a list: `"x": ["a"]`, not `"x": "a"`.
    pub list: bool,
    /// Whether they are the ends between which a value lies: `"x": Interval("lo", "hi")`.
    pub interval: bool,
}

/// One line of `derive`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeriveDecl {
    /// Name and plates.
    pub key: Key,
    /// The expression, as a number or a string.
    pub value: Spanned<Value>,
}

/// The left-hand side of a node or an input: `h[0,i]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The name before the bracket.
    pub name: Spanned<String>,
    /// What stands in the bracket; empty without one.
    pub indices: Vec<Spanned<KeyIndex>>,
    /// The whole literal, with its quotes.
    pub span: Span,
}

/// One index of a [`Key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyIndex {
    /// A plate.
    Plate(String),
    /// A fixed step: the 0 of `z[0]`.
    Step(u32),
}

/// `Name(argument: value, …)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The name before the parentheses.
    pub name: Spanned<String>,
    /// The arguments in file order; one without a name has the name `""` with an empty span at its value.
    pub args: Vec<(Spanned<String>, Spanned<Value>)>,
    /// Name, parentheses and all between them.
    pub span: Span,
}

impl Call {
    /// The value of the argument `name`, if it was given.
    pub fn arg(&self, name: &str) -> Option<&Spanned<Value>> {
        self.args.iter().find(|(n, _)| n.node == name).map(|(_, v)| v)
    }
}

/// What an argument or an input was given.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A finite number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
    /// `[…]`.
    List(Vec<Spanned<Value>>),
    /// A string; [`Spanned::expr`] reads it as an expression.
    Text(String),
    /// A call inside a value.
    Call(Call),
}

impl Spanned<Value> {
    /// The expression that a number or a string stands for; `Ok(None)` for any other value.
    ///
    /// # Errors
    /// A string that is no expression is reported. Strings of `nodes` have passed this once by the time a
    /// model is parsed.
    pub fn expr(&self, source: &Source, diags: &mut Diagnostics) -> Result<Option<Expr>, Reported> {
        match &self.node {
            Value::Number(x) => Ok(Some(number_expr(*x, self.span))),
            Value::Text(text) => parse_expr(&Spanned::new(text.clone(), self.span), source, diags).map(Some),
            Value::Bool(_) | Value::List(_) | Value::Call(_) => Ok(None),
        }
    }
}

/// How q is to be split into blocks.
#[derive(Clone, Debug, PartialEq)]
pub enum Factorize {
    /// The engine chooses.
    Auto,
    /// Every node by itself.
    MeanField,
    /// As listed: names of nodes, block by block.
    Blocks(Vec<Spanned<Vec<Spanned<String>>>>),
}
