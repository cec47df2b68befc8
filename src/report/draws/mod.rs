//! Draws of a posterior as files that other programs read; one file each format. Not here: the draws (`ask`).

mod drawn;
mod json;
mod long;
mod npz;
#[cfg(feature = "parquet")]
mod parquet;

pub use drawn::Draws;

use std::io;

/// How draws are written.
pub type WriteDraws = fn(&Draws, &mut dyn io::Write) -> io::Result<()>;

/// Every format by the end of its files' names.
pub static FORMATS: &[(&str, WriteDraws)] = &[
    ("npz", npz::write),
    ("csv", long::write),
    ("json", json::write),
    #[cfg(feature = "parquet")]
    ("parquet", parquet::write),
];
