//! The style of a page: its type, its colours in light and in dark, its breakpoint. Not here: what has which
//! class.

/// As a page and a picture carry it.
pub const STYLE: &str = include_str!("style.css");
