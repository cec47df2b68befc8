//! Deterministic nodes: how an expression rewrites a form. One file per link.
