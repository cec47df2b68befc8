//! The face of the library: a model from a text or a file, tables from vectors, a fit, the posterior's numbers,
//! one error. Not here: anything that the command needs beside.

mod error;
mod model;
mod options;
mod posterior;
mod table;

pub use error::Error;
pub use model::Model;
pub use options::{Nodes, Options};
pub use table::Table;
