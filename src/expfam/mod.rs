//! The contracts of the exponential-family core: statistic kinds, multilinear forms, families. Knows no
//! distribution.

pub mod family;
pub mod form;
pub mod joint;
pub mod laws;
pub mod line;
pub mod outlook;
pub mod site;
pub mod spec;
pub mod stat;
