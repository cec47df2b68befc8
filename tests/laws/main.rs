//! The laws, over every entry of the registries and on whole models: the engine equals plain loops and the
//! textbooks' programs, whatever the rows, chunks and threads.

#[path = "../common/mod.rs"]
mod common;
#[path = "../loops/mod.rs"]
mod loops;
#[path = "../textbook/mod.rs"]
mod textbook;

mod acceleration;
mod alike;
mod energy;
mod engine_textbook;
mod growth;
mod invariance;
mod keep;
mod long_chains;
mod random_graphs;
mod registries;
mod sites;
mod textbook_alone;
