//! RON as it stands: maps, lists, calls, leaves, each with its exact place. Not here: how it is read (`walker`), nor
//! what a model may hold (`model`).

use super::expr::number_text;
use crate::source::Spanned;

/// A value and its place.
pub(super) type Tree = Spanned<TreeKind>;

/// A value of RON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TreeKind {
    Number(f64),
    Bool(bool),
    /// `None`.
    Nothing,
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    /// `Name(…)`, `Name`, or `(…)` with the name `""`.
    Call {
        name: Spanned<String>,
        args: Vec<(Spanned<String>, Tree)>,
        parentheses: bool,
    },
    /// Something that was reported already.
    Bad,
}

impl TreeKind {
    /// What it is, for a message: "a list".
    pub fn describe(&self) -> String {
        match self {
            Self::Number(x) => format!("the number {}", number_text(*x)),
            Self::Bool(x) => format!("`{x}`"),
            Self::Nothing => "`None`".into(),
            Self::Text(text) if text.chars().count() <= 30 => format!("the string {text:?}"),
            Self::Text(_) => "a string".into(),
            Self::List(_) => "a list".into(),
            Self::Map(_) => "a map".into(),
            Self::Call { name, parentheses, .. } => match (name.node.as_str(), parentheses) {
                ("", _) => "a group in parentheses".into(),
                (name, true) => format!("`{name}(…)`"),
                (name, false) => format!("the bare word `{name}`"),
            },
            Self::Bad => "something that cannot be read".into(),
        }
    }
}
