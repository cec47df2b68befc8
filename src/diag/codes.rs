//! The closed set of codes, each with its page.
