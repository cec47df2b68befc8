//! Files and folders under a name that nobody can foresee, made only where nothing has that name, and gone with
//! their guard unless they are moved to their place. Not here: which place that is (`file`, `folder`).

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// Names tried where others are there already.
const TRIES: usize = 100;
const BEGINS: &str = ".elbow-";
const ENDS: &str = ".tmp";

/// Is this the name of something that a run which was killed has left?
pub(super) fn is_temporary(name: &OsStr) -> bool {
    name.to_str().is_some_and(|n| n.starts_with(BEGINS) && n.ends_with(ENDS))
}

/// A file or folder that is removed with this guard, unless it was moved to its place.
#[derive(Debug)]
pub(super) struct Beside(PathBuf);

impl Beside {
    /// A new file in `folder`, and the file open for writing.
    pub(super) fn file(folder: &Path) -> io::Result<(Self, File)> {
        // `create_new` follows no link and opens nothing that is there.
        fresh(folder, |path| OpenOptions::new().write(true).create_new(true).open(path))
    }

    /// A new folder in `folder`.
    pub(super) fn folder(folder: &Path) -> io::Result<Self> {
        Ok(fresh(folder, |path| fs::create_dir(path))?.0)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Moves it to its place. A rename is one step: whoever looks finds the old or the new.
    pub(super) fn rename(self, to: &Path) -> io::Result<()> {
        fs::rename(&self.0, to)?;
        self.keep();
        Ok(())
    }

    /// Leaves it where it is.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Nothing can be done about it, and the error that led here is told.
        let _ = if self.0.is_dir() { fs::remove_dir_all(&self.0) } else { fs::remove_file(&self.0) };
    }
}

fn fresh<T>(folder: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(Beside, T)> {
    // Its keys come from the system's randomness.
    let names = RandomState::new();
    for attempt in 0..TRIES {
        let path = folder.join(format!("{BEGINS}{:016x}{ENDS}", names.hash_one(attempt)));
        match make(&path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|made| (Beside(path), made)),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, "no name for a temporary file is free"))
}

/// The folder that a path stands in.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Says of which folder an error is.
pub(super) fn of_folder(folder: &Path, e: &io::Error) -> io::Error {
    let shown = folder.display();
    let said = match e.kind() {
        ErrorKind::NotFound => format!("there is no folder `{shown}`"),
        ErrorKind::NotADirectory => format!("`{shown}` is no folder"),
        ErrorKind::PermissionDenied => format!("the folder `{shown}` may not be written"),
        ErrorKind::ReadOnlyFilesystem => format!("the folder `{shown}` is on a disk that is read-only"),
        _ => format!("in the folder `{shown}`: {e}"),
    };
    io::Error::new(e.kind(), said)
}

/// Writes all that `write` says: the bytes that it came to.
pub(super) fn fill(
    file: File,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<(u64, File)> {
    let mut out = Counted { out: BufWriter::with_capacity(1 << 16, file), bytes: 0 };
    write(&mut out)?;
    let file = out.out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((out.bytes, file))
}

/// Counts what goes through.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let done = self.out.write(text)?;
        self.bytes += done as u64;
        Ok(done)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
