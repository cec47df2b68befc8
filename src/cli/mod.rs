//! The only place that prints, opens files, reads the environment or exits.
