//! The `elbow` command as a user meets it.

mod cli;
mod library;
mod operations;
mod start;
