//! Runs a plan: start, iterations, restarts, the bound. Not here: what is read of a finished run (`answer`). Holds no
//! distribution's name.

mod bound;
mod cost;
mod damping;
mod desk;
mod digits;
pub mod emit;
pub mod error;
mod initialise;
mod kinds;
mod leap;
mod memory;
mod moments;
mod moves;
pub mod options;
mod pass;
mod paths;
mod place;
pub mod portfolio;
pub mod prior;
pub mod profile;
mod push;
pub mod reached;
mod ready;
pub mod recentre;
pub mod record;
mod rotate;
pub mod rounding;
mod rows;
pub mod run;
mod schedule;
mod session;
pub mod still;
mod sums;
mod update;
pub mod watch;
mod work;

pub use error::{Breakdown, RunError};
pub use options::Options;
pub use reached::{Moved, Moves, Reached};
pub use watch::{Unwatched, Watch};
