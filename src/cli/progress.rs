//! The progress bar of a fit, on a terminal only; and whether somebody asks the fit to stop. Not here:
//! signals (`interrupt`).

use super::{interrupt::Interrupt, terminal::Terminal};
use crate::engine::Watch;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Shows how far a fit is.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// Starts that are asked for; 0 for as many as are worth it.
    restarts: usize,
    tolerance: f64,
    interrupt: Interrupt,
    /// The restart that is on, when it began, its last bound and the change to it.
    run: Option<(usize, Instant, f64, f64)>,
}

/// A run of changes that shrink more slowly than by this share an iteration is not foreseen.
const SLOWEST: f64 = 0.999;

/// How many iterations are left until the change is below `tolerance` of the bound, if it goes on shrinking as it did.
fn left(change: f64, before: f64, tolerance: f64, elbo: f64) -> Option<f64> {
    let (ratio, end) = (change / before, tolerance * elbo.abs());
    let shrinks = ratio > 0.0 && ratio < SLOWEST && end > 0.0;
    shrinks.then(|| ((end / change).ln() / ratio.ln()).max(0.0))
}

impl Progress {
    /// A bar over the iterations of one restart; none where nobody looks.
    pub fn new(
        terminal: &Terminal,
        quiet: bool,
        restarts: usize,
        max_iterations: usize,
        tolerance: f64,
        interrupt: Interrupt,
    ) -> Self {
        let bar = if terminal.live && !quiet {
            ProgressBar::new(max_iterations as u64)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} iteration {pos} of at most {len}  {elapsed}  {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, restarts, tolerance, interrupt, run: None }
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
        let same = self.run.filter(|r| r.0 == restart);
        let (began, change) = same.map_or((Instant::now(), f64::NAN), |r| (r.1, elbo - r.2));
        let mut text = format!("{run}ELBO {elbo:.4}");
        if let Some((.., before)) = same {
            text += &format!("  change {change:.2e}");
            let each = began.elapsed().as_secs_f64() / iteration.max(1) as f64;
            if let Some(seconds) =
                left(change, before, self.tolerance, elbo).map(|n| n * each).filter(|s| *s >= 1.0)
            {
                text += &format!("  about {seconds:.0} s left");
            }
        }
        self.run = Some((restart, began, elbo, change));
        // The message takes what room the line has.
        self.bar.set_message(text);
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

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn what_shrinks_evenly_is_foreseen() {
        // Halved each time: from 1 to 2⁻²⁰ of a bound of 1 in twenty iterations.
        let n = left(1.0, 2.0, 2f64.powi(-20), -1.0);
        assert!(n.is_some_and(|n| (n - 20.0).abs() < 1e-9), "{n:?}");
        for (change, before, tolerance) in
            [(2.0, 1.0, 1e-6), (1.0, f64::NAN, 1e-6), (1.0, 2.0, 0.0), (-1.0, 2.0, 1e-6)]
        {
            assert_eq!(left(change, before, tolerance, -1.0), None);
        }
    }
}
