//! The book and the README: pages made from the registries, models, and what commands print.
//! `ELBOW_BLESS=1 cargo test --test book` writes what is made.

#[path = "../common/mod.rs"]
mod common;

mod pages;
mod transcripts;
