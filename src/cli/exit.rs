//! The exit codes, as CLI documentation promises them.

use std::process::ExitCode;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All went well; a fit converged.
    Good = 0,
    /// The model or the data is at fault, or a result could not be written.
    Fault = 1,
    /// The command line is.
    Usage = 2,
    /// A fit ran out of iterations or was asked to stop; its result is printed all the same.
    OutOfIterations = 3,
    /// The numbers broke down.
    Numbers = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
