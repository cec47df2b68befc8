//! The book and the README: pages made from the registries, models, links, and what commands print.
//! `ELBOW_BLESS=1 cargo test --test book` writes what is made.

#[path = "../common/mod.rs"]
mod common;

mod links;
mod pages;
mod pictures;
mod transcripts;
