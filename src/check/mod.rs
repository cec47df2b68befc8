//! One file per check of a factor graph.
