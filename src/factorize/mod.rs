//! Which block claims which variables, and the reasons.
