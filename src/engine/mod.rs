//! Runs a plan. Holds no distribution's name.

pub mod posterior;
