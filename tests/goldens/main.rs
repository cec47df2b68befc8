//! What each stage makes of the models of `graphs` and `graphs/bad`: every one is read, and what is printed
//! of it is stored beside these tests.

#[path = "../models/mod.rs"]
mod models;

mod bad_graphs;
mod explain;
mod graph;
mod graphs;
mod reports;
