//! RON text to a spanned tree, every mistake of form with its place. Holds no distribution's name and no
//! plate's: `Name(argument: value, …)` is read as it stands. What names mean is for `graph` to find.
//!
//! [`parse`] walks the text into a tree of values (`walker`), then fits that tree to the fields of a model
//! (`model`). Keys and expressions are little languages inside its strings (`key`, [`expr`]).

pub mod ast;
mod codes;
pub mod expr;
mod key;
mod lexer;
mod limits;
mod literal;
mod model;
mod parser;
mod show;
mod tree;
mod walker;

#[cfg(test)]
mod tests;

pub use ast::{
    Call, Cell, Factorize, InputDecl, Key, KeyIndex, Model, NodeDecl, ObserveDecl, PlateDecl, TableDecl,
    TableSource, Value,
};
pub use expr::{BinaryOp, Expr, ExprKind, Name};
pub use limits::{MAX_DEPTH, MAX_OPERATORS};
pub use parser::parse_expr;

use crate::diag::{Diagnostics, Reported};
use crate::source::Source;

/// Reads a model file.
///
/// # Errors
/// Everything found wrong with its form is reported, as far as the text can be followed.
pub fn parse(source: &Source, diags: &mut Diagnostics) -> Result<Model, Reported> {
    let tree = walker::read_tree(source, diags)?;
    let model = model::fit(&tree, source, diags);
    diags.gate()?;
    Ok(model)
}
