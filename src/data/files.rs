//! Who opens files: the library asks, the caller decides. Not the disk itself (`disk`).

use std::{
    collections::BTreeMap,
    io::{Cursor, Error, ErrorKind, Read, Result, Seek},
    path::Path,
    sync::Arc,
};

/// Opens the files that a model names.
pub trait Files {
    /// Starts reading `path` from its first byte. A format may open the same path twice.
    ///
    /// # Errors
    /// The reason the file cannot be opened, which the user gets to see.
    fn open(&self, path: &Path) -> Result<Box<dyn Read>>;

    /// Opens `path` to be read at any place, for formats that need it. Without a word of the implementor's,
    /// in memory as a whole.
    ///
    /// # Errors
    /// The reason the file cannot be opened.
    fn open_to_seek(&self, path: &Path) -> Result<Box<dyn Seekable>> {
        let mut bytes = vec![];
        self.open(path)?.read_to_end(&mut bytes)?;
        Ok(Box::new(Cursor::new(bytes)))
    }
}

/// What can be read at any place.
pub trait Seekable: Read + Seek + Send {}

impl<T: Read + Seek + Send> Seekable for T {}

/// Files that exist in memory only: for tests and for callers that hold their data already.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<String, Arc<[u8]>>);

impl MemoryFiles {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a file, or replaces it.
    #[must_use]
    pub fn with(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.0.insert(path.into(), bytes.as_ref().into());
        self
    }
}

impl Files for MemoryFiles {
    fn open(&self, path: &Path) -> Result<Box<dyn Read>> {
        let bytes = path
            .to_str()
            .and_then(|path| self.0.get(path))
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "no such file"))?;
        Ok(Box::new(Cursor::new(Arc::clone(bytes))))
    }
}
