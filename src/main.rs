//! The `elbow` command. All of it is in `elbow::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    elbow::cli::main()
}
