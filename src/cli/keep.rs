//! Kept posteriors on the disk: `--save`, `--checkpoint`, `--from`, and the files that other commands name.
//! Not here: what is in them (`keep`).

use super::{args, model::Opened, progress::Progress, stop::Stop, terminal::Terminal};
use crate::{
    disk::{file::OutFile, plain},
    engine::{Reached, Watch},
    graph::{Bound, FactorGraph},
    keep::{
        KeepError, Kept,
        document::ModelText,
        save::{About, save},
    },
    plan::Plan,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// A kept posterior, read.
///
/// # Errors
/// It is not there, damaged, foreign, or of a newer version: which.
pub(super) fn read(path: &Path, terminal: &Terminal) -> Result<Kept, Stop> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|e| {
        let why = format!("cannot read the posterior `{shown}`: {}", plain(&e));
        terminal.fault(why, "`elbow fit MODEL.ron --save FILE` writes one")
    })?;
    Kept::read(&bytes).map_err(|e| unusable(path, &e, terminal))
}

/// Why a kept posterior cannot answer what is asked.
pub(super) fn unusable(path: &Path, e: &KeepError, terminal: &Terminal) -> Stop {
    terminal.fault(format!("cannot use the posterior `{}`: {e}", path.display()), e.help())
}

/// The tables that were given, and where the others were when the posterior was kept.
pub(super) fn tables(kept: &Kept, given: &[(String, PathBuf)]) -> Vec<(String, PathBuf)> {
    let others = kept.document.model.tables.iter().filter(|(name, _)| given.iter().all(|(n, _)| n != name));
    let others = others.map(|(name, path)| (name.clone(), PathBuf::from(path)));
    given.iter().cloned().chain(others).collect()
}

/// What is kept of a run beside its numbers.
pub(super) fn about(
    opened: &Opened<'_>,
    graph: &FactorGraph,
    args: &args::Fit,
    seed: u64,
    [data, observed]: [&str; 2],
) -> Result<About, Stop> {
    Ok(About {
        model: ModelText {
            name: graph.name.clone(),
            file: args.model.model.display().to_string(),
            text: opened.source.text.to_string(),
            tables: opened
                .paths(graph, &args.model.data)?
                .into_iter()
                .map(|(name, path)| (name, path.to_string_lossy().into_owned()))
                .collect(),
        },
        data: data.to_string(),
        observed: observed.to_string(),
        seed,
        tolerance: args.tolerance,
    })
}

/// A run that is kept: what its file needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keeping<'a> {
    pub place: (&'a Path, &'a OutFile),
    pub graph: &'a FactorGraph,
    pub bound: &'a Bound,
    pub plan: &'a Plan,
    pub about: &'a About,
}

impl Keeping<'_> {
    /// Writes the file of a run that goes on, whole.
    ///
    /// # Errors
    /// Those of the disk, in words.
    pub(super) fn checkpoint(&self, reached: &Reached) -> Result<(), String> {
        self.write(&save(self.graph, self.bound, self.plan, self.about, reached))
    }

    /// Writes the file, whole.
    ///
    /// # Errors
    /// Those of the disk, in words.
    pub(super) fn write(&self, kept: &Kept) -> Result<(), String> {
        let (path, file) = self.place;
        let cannot = |why: String| format!("cannot write `{}`: {why}", path.display());
        let bytes = kept.write().map_err(cannot)?;
        file.write(|out| out.write_all(&bytes)).map(|_| ()).map_err(|e| cannot(plain(&e)))
    }
}

/// Shows how far a fit is, and keeps what it has come to now and then.
pub(super) struct Checkpoints<'a> {
    progress: Progress,
    /// What is kept, and how often; nothing without `--checkpoint`.
    every: Option<(Keeping<'a>, Duration)>,
    last: Instant,
    /// The restart and the bound of what stands in the file.
    best: Option<(usize, f64)>,
    terminal: &'a Terminal,
}

impl<'a> Checkpoints<'a> {
    pub(super) fn new(
        progress: Progress,
        every: Option<(Keeping<'a>, Duration)>,
        terminal: &'a Terminal,
    ) -> Self {
        Self { progress, every, last: Instant::now(), best: None, terminal }
    }
}

impl Watch for Checkpoints<'_> {
    fn iterated(&mut self, restart: usize, iteration: usize, elbo: f64) {
        self.progress.iterated(restart, iteration, elbo);
    }

    fn asks_to_stop(&self) -> bool {
        self.progress.asks_to_stop()
    }

    fn keeps(&mut self) -> bool {
        self.every.as_ref().is_some_and(|(_, every)| self.last.elapsed() >= *every)
    }

    fn keep(&mut self, reached: Reached) {
        self.last = Instant::now();
        let elbo = reached.record.iterations().last().map_or(f64::NEG_INFINITY, |i| i.elbo);
        // A restart that is behind does not take the place of one that is ahead.
        if self.best.is_some_and(|(restart, best)| restart != reached.restart && best > elbo) {
            return;
        }
        self.best = Some((reached.restart, elbo));
        if let Some((keeping, _)) = &self.every
            && let Err(why) = keeping.checkpoint(&reached)
        {
            // The fit goes on: what it comes to may still be printed.
            self.progress.aside(|| self.terminal.complain(&self.terminal.fault(why, "").message));
        }
    }
}
