//! Factor graphs as pictures.
