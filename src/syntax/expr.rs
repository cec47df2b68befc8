//! Expressions: `a + 2 * mu[z[n], j]`, a tree with exact places, and how it is written. Not here: how one is read
//! (`parser`), nor what the names mean (`graph`).

use std::fmt;

use crate::source::{Span, Spanned};

/// An expression and its place.
pub type Expr = Spanned<ExprKind>;

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A finite number.
    Number(f64),
    /// A node, an input, a plate or a column, with its indices.
    Name(Name),
    /// `'F'`, as an index: the element of that label.
    Label(String),
    /// `left op right`.
    Binary {
        /// Which operation.
        op: BinaryOp,
        /// What stands before it.
        left: Box<Expr>,
        /// What stands after it.
        right: Box<Expr>,
    },
    /// `-a`.
    Negate(Box<Expr>),
    /// `dot(w, X[n])`.
    Call {
        /// The function's name.
        function: Spanned<String>,
        /// Its arguments, in order.
        args: Vec<Expr>,
    },
}

/// A name with its indices: `theta[doc[w]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// `["corpus", "doc"]` for `corpus.doc`.
    pub path: Vec<Spanned<String>>,
    /// What stands in the bracket; empty without one.
    pub indices: Vec<Expr>,
}

/// An operation between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
    /// `a ^ b`
    Power,
    /// `a < b`: 1 where it holds, else 0, as all that follow.
    Less,
    /// `a <= b`
    LessOrEqual,
    /// `a > b`
    Greater,
    /// `a >= b`
    GreaterOrEqual,
    /// `a == b`
    Equal,
    /// `a != b`
    Unequal,
}

impl BinaryOp {
    const ALL: [Self; 11] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Power,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Equal,
        Self::Unequal,
    ];

    /// How it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Power => "^",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }

    /// How tightly it binds. A minus sign before a factor binds more tightly than a product, and less than a power.
    pub fn precedence(self) -> u8 {
        match self {
            Self::Add | Self::Sub => 2,
            Self::Mul | Self::Div => 3,
            Self::Power => MINUS + 1,
            _ => 1,
        }
    }

    pub(super) fn from_sign(sign: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.sign() == sign)
    }

    /// Does it take known numbers only?
    pub fn known_only(self) -> bool {
        !matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div)
    }

    /// Does it say whether something holds?
    pub fn compares(self) -> bool {
        self.precedence() == 1
    }

    /// Its value at two numbers.
    pub fn apply(self, a: f64, b: f64) -> f64 {
        let holds = |yes: bool| f64::from(u8::from(yes));
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Power => a.powf(b),
            Self::Less => holds(a < b),
            Self::LessOrEqual => holds(a <= b),
            Self::Greater => holds(a > b),
            Self::GreaterOrEqual => holds(a >= b),
            Self::Equal => holds(a == b),
            Self::Unequal => holds(a != b),
        }
    }
}

/// How tightly a minus sign binds.
const MINUS: u8 = 4;
/// Nothing is taken apart that binds as tightly.
const WHOLE: u8 = 6;

/// A number read elsewhere, as an expression.
pub(super) fn number_expr(x: f64, span: Span) -> Expr {
    if x.is_sign_negative() {
        Spanned::new(ExprKind::Negate(Box::new(Spanned::new(ExprKind::Number(-x), span))), span)
    } else {
        Spanned::new(ExprKind::Number(x), span)
    }
}

impl ExprKind {
    pub(super) fn precedence(&self) -> u8 {
        match self {
            Self::Binary { op, .. } => op.precedence(),
            Self::Negate(_) => MINUS,
            Self::Number(_) | Self::Name(_) | Self::Label(_) | Self::Call { .. } => WHOLE,
        }
    }
}

/// The normal form: no more parentheses than needed to read the same tree back.
impl fmt::Display for ExprKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(x) => f.write_str(&number_text(*x)),
            Self::Name(name) => name.fmt(f),
            Self::Label(label) => f.write_str(&label_text(label)),
            Self::Binary { op, left, right } => {
                // Operators associate to the left, so an equal one on the right needs its parentheses. Powers do to
                // the right, and comparisons not at all.
                let (left_least, right_least) = match op {
                    BinaryOp::Power => (op.precedence() + 1, MINUS),
                    _ if op.compares() => (op.precedence() + 1, op.precedence() + 1),
                    _ => (op.precedence(), op.precedence() + 1),
                };
                within(f, &left.node, left_least)?;
                write!(f, " {} ", op.sign())?;
                within(f, &right.node, right_least)
            }
            Self::Negate(inner) => {
                f.write_str("-")?;
                within(f, &inner.node, MINUS)
            }
            Self::Call { function, args } => {
                write!(f, "{}(", function.node)?;
                separated(f, args)?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.path.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { "." } else { "" }, part.node)?;
        }
        if !self.indices.is_empty() {
            f.write_str("[")?;
            separated(f, &self.indices)?;
            f.write_str("]")?;
        }
        Ok(())
    }
}

fn within(f: &mut fmt::Formatter<'_>, inner: &ExprKind, least: u8) -> fmt::Result {
    if inner.precedence() < least { write!(f, "({inner})") } else { write!(f, "{inner}") }
}

fn separated(f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        write!(f, "{}{}", if i > 0 { ", " } else { "" }, item.node)?;
    }
    Ok(())
}

/// A label as an index: a quote inside is written twice.
pub fn label_text(label: &str) -> String {
    format!("'{}'", label.replace('\'', "''"))
}

/// A number as one would write it: digits where they are few, an exponent where they are not.
pub(super) fn number_text(x: f64) -> String {
    if x == 0.0 || (1e-5..1e15).contains(&x.abs()) { format!("{x}") } else { format!("{x:e}") }
}
