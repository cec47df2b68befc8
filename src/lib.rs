//! elbow infers the posterior of a conjugate-exponential model by variational message passing: mixtures, hidden
//! Markov models, factor analysis, topic models, regressions, and whatever else such a factor graph can say.
//!
//! A model is a text: plates, random variables, and which columns of which tables are observed. The book's chapter
//! on the language says what may stand in it. Tables are files that the model names, or made from vectors.
//!
//! ```
#![doc = include_str!("../examples/quickstart.rs")]
//! ```
//!
//! The steps, one by one:
//!
//! - [`Model::from_text`] or [`Model::from_file`] reads a model and checks all that needs no data.
//! - [`Model::data`] gives a [`Table`] in the place of one that the model names; the others are read from files.
//! - [`Model::check`], [`Model::explain`] and [`Model::warnings`] say what the engine makes of it, and infer
//!   nothing.
//! - [`Model::fit`] runs it, with [`Options`]; [`Model::fit_watched`] also tells a [`Watch`] of each iteration.
//! - A [`Posterior`] has the bound ([`elbo`](Posterior::elbo), in nats), how many [`digits`](Posterior::digits) of it
//!   hold, its [`trace`](Posterior::trace), and q of
//!   each node: [`Posterior::node`] gives its mean, standard deviations, quantiles, parameters and labels. Nodes
//!   with an element for each row of the data are there if [`Options::nodes`] asks for them. It displays as
//!   `elbow fit` prints it.
//! - An [`Error`] displays what was found, where, and what to do, as the command does.
//!
//! The library prints nothing, reads no environment, and opens no files but those that a model names. Without its
//! default features it needs neither the command line's crates nor Parquet's.
#![warn(missing_docs, missing_debug_implementations)]

mod api;
mod disk;

pub use answer::posterior::{Axis, BlockSummary, NamedArray, NodePosterior, Posterior};
pub use api::{Error, Model, Nodes, Options, Table};
pub use engine::{
    Watch,
    record::{Iteration, Record, StopReason},
};

// The stages. What is public in them is for the tests and measurements of this repository, and may change with
// any release.
#[doc(hidden)]
pub mod answer;
#[doc(hidden)]
pub mod ask;
#[doc(hidden)]
pub mod block;
#[doc(hidden)]
pub mod check;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod data;
#[doc(hidden)]
pub mod diag;
#[doc(hidden)]
pub mod dist;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod expfam;
#[doc(hidden)]
pub mod factorize;
#[doc(hidden)]
pub mod graph;
#[doc(hidden)]
pub mod keep;
mod link;
#[doc(hidden)]
pub mod num;
#[doc(hidden)]
pub mod page;
#[doc(hidden)]
pub mod pipeline;
#[doc(hidden)]
pub mod plan;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod shape;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod start;
#[doc(hidden)]
pub mod state;
#[doc(hidden)]
pub mod syntax;
