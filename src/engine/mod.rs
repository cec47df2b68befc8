//! Runs a plan: start, iterations, restarts, the bound, and the posterior as plain numbers. Holds no
//! distribution's name.

mod bound;
pub mod collect;
mod desk;
pub mod error;
pub mod given;
pub mod given_values;
mod kinds;
mod moments;
pub mod options;
mod pass;
mod paths;
pub mod posterior;
mod predict;
pub mod profile;
pub mod record;
mod rows;
pub mod run;
mod schedule;
mod seeds;
mod session;
mod start;
mod start_values;
mod sums;
mod update;
pub mod watch;
mod work;

pub use error::{Breakdown, RunError};
pub use options::Options;
pub use run::fit;
pub use watch::{Unwatched, Watch};
