//! What an output format is, and the page it writes. Not here: which formats there are.

use crate::answer::posterior::{NodePosterior, Posterior};
use std::io;

/// An output format of `fit`.
pub trait ReportFormat: Sync {
    /// As given to `--format`.
    fn name(&self) -> &'static str;
    /// One line for the help text.
    fn summary(&self) -> &'static str;
    /// Writes one whole report.
    ///
    /// # Errors
    /// Those of `out`.
    fn write(&self, posterior: &Posterior, page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()>;
}

impl std::fmt::Debug for dyn ReportFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a report shows, and how wide.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Columns of the terminal, or [`WIDTH`].
    pub width: usize,
    /// Which nodes.
    pub show: Show<'a>,
    /// Quantiles too, in a format that has them only where asked.
    pub quantiles: bool,
}

/// Width where there is no terminal.
pub const WIDTH: usize = 100;

impl Default for Page<'_> {
    fn default() -> Self {
        Page { width: WIDTH, show: Show::Shared, quantiles: false }
    }
}

/// Which nodes a report shows.
#[derive(Clone, Copy, Debug)]
pub enum Show<'a> {
    /// All but those with a data plate.
    Shared,
    /// Those that the user names.
    Named(&'a [String]),
    /// All there are.
    All,
}

impl Page<'_> {
    /// The nodes to show, in file order.
    pub fn nodes<'p>(&self, posterior: &'p Posterior) -> impl Iterator<Item = &'p NodePosterior> {
        posterior.nodes.iter().filter(move |n| match self.show {
            Show::Shared => !n.local,
            Show::Named(names) => names.contains(&n.name),
            Show::All => true,
        })
    }
}
