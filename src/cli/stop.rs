//! Why a command stopped. Not here: how the text is laid out (`terminal`).

use super::exit::Exit;

/// Why a command stopped: what to say on standard error, and the exit code.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    pub exit: Exit,
    /// Rendered, without a line end.
    pub message: String,
}
