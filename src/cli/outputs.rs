//! The files of a fit: found to be writable before it, written after it. Not here: how a file is put in its place
//! (`disk`), nor its text (`report`).

use super::{args, stop::Stop, terminal::Terminal};
use crate::{
    answer::posterior::Posterior,
    disk::{
        file::OutFile,
        folder::{Index, OutFolder, WriteText},
        plain,
    },
    num::size::bytes,
    report::{dir, trace},
};
use std::{io, path::Path};

/// How a folder says which files are an earlier result's.
const INDEX: Index = Index { name: dir::SUMMARY, names: dir::names };

/// What `--trace`, `--save` and `--out` name.
#[derive(Debug)]
pub(super) struct Outputs<'a> {
    trace: Option<(&'a Path, OutFile)>,
    save: Option<(&'a Path, OutFile)>,
    out: Option<(&'a Path, OutFolder)>,
}

impl<'a> Outputs<'a> {
    /// Finds the places of all.
    ///
    /// # Errors
    /// One that can't be written.
    pub fn open(args: &'a args::Fit, terminal: &Terminal) -> Result<Self, Stop> {
        // `-` is standard output, where the report itself has it.
        let trace = args.trace.as_deref().filter(|path| *path != Path::new("-"));
        let trace = trace.map(|path| place(path, "--trace", terminal));
        let save = args.save.as_deref().map(|path| place(path, "--save", terminal));
        let out = args.out.as_deref().map(|path| {
            let found = OutFolder::open(path, INDEX).map_err(|e| {
                let why = format!("cannot write the folder `{}`: {}", path.display(), plain(&e));
                terminal.usage(why, "`--out` names a folder that is new, empty, or holds an earlier result")
            });
            Ok((path, found?))
        });
        Ok(Self { trace: trace.transpose()?, save: save.transpose()?, out: out.transpose()? })
    }

    /// Where the posterior is kept.
    pub fn kept(&self) -> Option<(&'a Path, &OutFile)> {
        self.save.as_ref().map(|(path, file)| (*path, file))
    }

    /// Writes all but the kept posterior: a note for each folder written, and what could not be written.
    /// Of many groups only those that are `named`.
    pub fn write(&self, posterior: &Posterior, named: &[String]) -> Saved {
        let mut saved = Saved::default();
        if let Some((path, file)) = &self.trace {
            match file.write(|out| trace::write(&posterior.trace, out)) {
                Ok(_) => {}
                Err(e) => saved.failed(path, &e),
            }
        }
        if let Some((path, folder)) = &self.out {
            let files = dir::files(posterior, named).into_iter().map(|file| {
                let write: WriteText<'_> = Box::new(move |out| file.write(out));
                (file.name(), write)
            });
            match folder.write(files) {
                Ok(w) => {
                    let plural = if w.files == 1 { "" } else { "s" };
                    saved.notes.push(format!(
                        "`{}`: {} file{plural}, {}",
                        path.display(),
                        w.files,
                        bytes(w.bytes)
                    ));
                }
                Err(e) => saved.failed(path, &e),
            }
        }
        saved
    }
}

/// The place of a file that an option names.
///
/// # Errors
/// It can't be written.
pub(super) fn place<'a>(
    path: &'a Path,
    option: &str,
    terminal: &Terminal,
) -> Result<(&'a Path, OutFile), Stop> {
    let found = OutFile::open(path).map_err(|e| {
        let why = format!("cannot write `{}`: {}", path.display(), plain(&e));
        terminal.usage(why, format!("`{option}` names a file in a folder that is there"))
    });
    Ok((path, found?))
}

/// What came of writing.
#[derive(Debug, Default)]
pub(super) struct Saved {
    /// What was written, with its size.
    pub notes: Vec<String>,
    /// What was not, and why.
    pub failures: Vec<String>,
}

impl Saved {
    fn failed(&mut self, path: &Path, e: &io::Error) {
        // A reader who leaves early has had enough.
        if e.kind() != io::ErrorKind::BrokenPipe {
            self.failures.push(format!("cannot write `{}`: {}", path.display(), plain(e)));
        }
    }
}
