//! A factor graph, its blocks and its data lowered to arrays, tables and an order of steps. Not here: the
//! numbers of a run (`engine`).
//!
//! The energy is a sum of products. For each factor the products are sorted by what they hold of the streamed
//! rows; the rest of a product, shared moments and known numbers, is contracted into a [`table::Table`] once
//! an iteration. A pass over the rows then needs only tables, and gives back one accumulated statistic of the
//! table's shape: the slope of the energy in the table. Energy of the products: ⟨table, statistic⟩. Messages
//! to shared variables: the statistic contracted with the other shared moments. Messages to a row's own
//! variables: the row's other numbers times the table, which is the gate's matrix product.

pub mod arrays;
pub mod centre;
pub mod colours;
pub mod known;
pub mod layout;
pub mod lower;
pub mod lowered;
pub mod memory;
pub mod messages;
pub mod paths;
pub mod program;
pub mod recentre;
pub mod rotation;
pub mod row_names;
pub mod schedule;
pub mod show;
pub mod streams;
pub mod sums;
pub mod support;
pub mod table;
pub mod var;

pub use lower::{LowerError, element_order, has_missing, lower, what_is_missing};
pub use program::{Plan, of_element};
