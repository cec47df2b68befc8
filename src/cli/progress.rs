//! The progress bar of a fit, on a terminal only; and whether somebody asks the fit to stop.

use super::{interrupt::Interrupt, terminal::Terminal};
use crate::engine::Watch;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Shows how far a fit is.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// Starts that are asked for; 0 for as many as are worth it.
    restarts: usize,
    interrupt: Interrupt,
}

impl Progress {
    /// A bar over the iterations of one restart; none where nobody looks.
    pub fn new(
        terminal: &Terminal,
        quiet: bool,
        restarts: usize,
        max_iterations: usize,
        interrupt: Interrupt,
    ) -> Self {
        let bar = if terminal.live && !quiet {
            ProgressBar::new(max_iterations as u64)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} iteration {pos} of at most {len}  {bar:30}  {msg}  {elapsed}",
        ) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, restarts, interrupt }
    }

    /// Prints something else while the bar is away.
    pub fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

impl Watch for Progress {
    fn iterated(&mut self, restart: usize, iteration: usize, elbo: f64) {
        self.bar.set_position(iteration as u64);
        let run = match self.restarts {
            1 => String::new(),
            0 => format!("start {}  ", restart + 1),
            most => format!("start {} of {most}  ", restart + 1),
        };
        self.bar.set_message(format!("{run}ELBO {elbo:.4}"));
    }

    fn asks_to_stop(&self) -> bool {
        self.interrupt.asked()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
