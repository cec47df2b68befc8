//! How deep and how long a model file may be: bounds of the stack of every pass over it.

/// How deep brackets may be nested, in the file and in one expression.
pub const MAX_DEPTH: usize = 128;

/// The most operators one expression may hold. It bounds the height of the tree, and so the stack of every
/// pass over it.
pub const MAX_OPERATORS: usize = 512;
