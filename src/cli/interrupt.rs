//! Ctrl-C, and the request to end that systems send (SIGINT, SIGTERM): the first ends a fit after the iteration, the
//! second ends the process at once. Not here: what a fit makes of it (`engine`).

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Whether somebody asked to stop.
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    ///
    /// # Errors
    /// The system does not let a process listen.
    pub fn listen() -> io::Result<Self> {
        let asked = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // They run in this order: the first signal finds the flag down and raises it, the second finds it up.
            // The exit code is a shell's for a process that a signal has ended.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked.0))?;
            flag::register(signal, Arc::clone(&asked.0))?;
        }
        Ok(asked)
    }

    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
