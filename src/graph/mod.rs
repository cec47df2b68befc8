//! Names, plates and calls to a typed factor graph.

// pub mod bound;
// pub mod factor_graph;
