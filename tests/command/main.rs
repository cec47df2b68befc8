//! The `elbow` command as a user meets it.

#[path = "../common/mod.rs"]
mod common;

mod cli;
mod compare;
mod folder;
mod keep;
mod library;
mod numbers;
mod operations;
mod predict;
mod report;
mod start;
