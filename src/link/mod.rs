//! Deterministic nodes: how an expression rewrites the parts of a statistic. One file per link.

pub mod affine;
