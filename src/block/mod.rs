//! One file per kind of block of q.
