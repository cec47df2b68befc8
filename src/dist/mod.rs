//! One file per distribution, and the registry of them all.
