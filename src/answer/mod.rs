//! What a finished run says: marginals, predictions, the posterior as plain numbers. It reads, and never changes the
//! state or the trace. Holds no distribution's name.

pub mod again;
mod column;
mod fit;
pub mod frame;
mod gate;
pub mod law;
pub mod marginals;
pub mod posterior;
mod predict;
mod read;
pub mod starts;
pub mod still;
pub mod warnings;
mod whole;

pub use fit::{FitError, fit, fit_and_keep};
