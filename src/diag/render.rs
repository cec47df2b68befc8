//! Draws diagnostics against the source text.
