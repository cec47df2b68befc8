//! What an output format is, and the page it writes. Not here: which formats there are.

use crate::answer::posterior::{NodePosterior, Posterior, Reach};
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
    /// In text, each node's share of the bound too.
    pub verbose: bool,
    /// In text, the bound after every iteration.
    pub whole_trace: bool,
    /// In text, elements by their means, the largest first.
    pub sorted: bool,
    /// In text, so many lines of a node at most.
    pub top: Option<usize>,
    /// How long it took, where that is to be said.
    pub seconds: Option<f64>,
}

/// Width where there is no terminal.
pub const WIDTH: usize = 80;

impl Default for Page<'_> {
    fn default() -> Self {
        Page {
            width: WIDTH,
            show: Show::Shared,
            quantiles: false,
            verbose: false,
            whole_trace: false,
            sorted: false,
            top: None,
            seconds: None,
        }
    }
}

/// Which nodes a report shows.
#[derive(Clone, Copy, Debug)]
pub enum Show<'a> {
    /// All but those with an element for each row; of many groups the first, where a format can show a part.
    Shared,
    /// Those that the user names.
    Named(&'a [String]),
    /// Shared ones, and those that the user names.
    More(&'a [String]),
    /// All there are.
    All,
}

impl Page<'_> {
    /// The nodes to show, in file order; `part` where the format can show a part of many groups.
    pub fn nodes<'p>(&self, posterior: &'p Posterior, part: bool) -> impl Iterator<Item = &'p NodePosterior> {
        posterior.nodes.iter().filter(move |n| {
            let shared = n.reach == Reach::Shared || part && n.reach == Reach::Groups;
            match self.show {
                Show::Shared => shared,
                Show::More(_) => shared || self.is_named(n),
                Show::Named(_) | Show::All => self.is_named(n),
            }
        })
    }

    /// Whether a node was asked for by name, so that nothing of it is left out.
    pub fn is_named(&self, node: &NodePosterior) -> bool {
        match self.show {
            Show::Shared => false,
            Show::Named(names) | Show::More(names) => names.contains(&node.name),
            Show::All => true,
        }
    }
}
