//! RON text to a spanned tree, every mistake of form with its place. Holds no distribution's name and no
//! plate's: `Name(argument: value, …)` is read as it stands. What names mean is for `graph` to find.
//!
//! [`parse`] walks the text into a tree of values (`tree`), then fits that tree to the fields of a model
//! (`model`). Keys and expressions are little languages inside its strings (`key`, [`expr`]).

pub mod ast;
pub mod expr;
mod key;
mod lexer;
mod literal;
mod model;
mod show;
mod tree;

#[cfg(test)]
mod tests;

pub use ast::{
    Call, Cell, Factorize, InputDecl, Key, KeyIndex, Model, NodeDecl, ObserveDecl, PlateDecl, TableDecl,
    TableSource, Value,
};
pub use expr::{BinaryOp, Expr, ExprKind, Name, parse_expr};

use crate::diag::{Code, Diagnostics, Reported};
use crate::source::Source;

/// How deep brackets may be nested, in the file and in one expression.
pub const MAX_DEPTH: usize = 128;

const CODE_RON: Code = Code("E0101");
const CODE_EXPR: Code = Code("E0102");
const CODE_FIELD: Code = Code("E0103");
const CODE_TWICE: Code = Code("E0104");
const CODE_KIND: Code = Code("E0105");
const CODE_DEPTH: Code = Code("E0106");
const CODE_KEY: Code = Code("E0107");
const CODE_FINITE: Code = Code("E0108");
const CODE_NO_NODES: Code = Code("E0109");

/// Reads a model file.
///
/// # Errors
/// Everything found wrong with its form is reported, as far as the text can be followed.
pub fn parse(source: &Source, diags: &mut Diagnostics) -> Result<Model, Reported> {
    let tree = tree::read_tree(source, diags)?;
    let model = model::fit(&tree, source, diags);
    diags.gate()?;
    Ok(model)
}
