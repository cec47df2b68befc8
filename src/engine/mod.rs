//! Runs a plan. Holds no distribution's name.
