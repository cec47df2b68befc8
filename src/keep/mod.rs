//! A posterior that one keeps: what of a run is worth keeping, its file, and what is made of it again without
//! the data: block by block, as a report, or to go on from. Not here: who opens files (`cli`), nor how a
//! report is printed (`report`).

pub mod blocks;
pub mod centred;
pub mod document;
pub mod error;
pub mod file;
pub mod fingerprint;
pub mod kept;
pub mod placed;
pub mod prior;
pub mod resume;
pub mod save;
pub mod show;
pub mod skeleton;
mod turned;

pub use error::KeepError;
pub use kept::Kept;
