//! Names, plates and calls to a typed factor graph.
