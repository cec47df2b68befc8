//! elbow: variational message passing for conjugate-exponential models.
//!
//! ```text
//! RON text ─parse→ syntax::Model ─resolve→ graph::FactorGraph ─check→ ─factorize→ Blocks ─lower→ Plan ─run→ Session → Posterior
//! ```
//!
//! The library takes text, readers and tables; only `cli` prints, opens files, reads the environment or
//! exits.
#![warn(missing_docs, missing_debug_implementations)]

pub mod block;
pub mod check;
pub mod cli;
pub mod data;
pub mod diag;
pub mod dist;
pub mod engine;
pub mod expfam;
pub mod factorize;
pub mod graph;
pub mod link;
pub mod num;
pub mod pipeline;
pub mod plan;
pub mod report;
pub mod shape;
pub mod source;
pub mod syntax;
