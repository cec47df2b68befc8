//! The `elbow` command. All of it is in `elbow::cli`.
fn main() {}
