//! Fits whose answers are known from elsewhere: closed forms, enumeration, dense solves, other programs.

#[path = "../common/mod.rs"]
mod common;
#[path = "../textbook/mod.rs"]
mod textbook;

mod barren;
mod chain_with_shared;
mod derived;
mod digits;
mod elements;
mod enumeration;
mod far_apart;
mod functions;
mod gaussian;
mod identity;
mod joint_beats_mean_field;
mod known_answers;
mod known_arithmetic;
mod lines;
mod many_letters;
mod positive_chains;
mod predictive;
mod recentred;
mod references;
mod sites;
mod sparse;
mod zeros;
