//! The files of this machine: opened to be read, and written whole or not at all. Not here: what stands in them
//! (`data`, `report`), nor which are written (`cli`).
//!
//! - [`Disk`] opens the tables that a model names.
//! - [`OutFile`](file::OutFile) and [`OutFolder`](folder::OutFolder) are places for results: opened before there is
//!   anything to write, so that what cannot be written is known before the work is done.

#[cfg(feature = "cli")]
mod beside;
#[cfg(feature = "cli")]
pub(crate) mod file;
#[cfg(feature = "cli")]
pub(crate) mod folder;

use crate::data::{Files, Seekable};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

/// The files of this machine, by paths as seen from the working directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk;

impl Files for Disk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(BufReader::new(open(path)?)))
    }

    fn open_to_seek(&self, path: &Path) -> io::Result<Box<dyn Seekable>> {
        Ok(Box::new(open(path)?))
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    Ok(file)
}

/// A model file's text, of standard input where it is called `-`; or why it can't be had, and what to do.
pub(crate) fn model_text(path: &Path) -> Result<String, (String, &'static str)> {
    let shown = path.display();
    let mut bytes = vec![];
    let read = match path == Path::new("-") {
        true => io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
        false => std::fs::read(path),
    };
    let bytes = read.map_err(|e| {
        let why = format!("cannot read the model file `{shown}`: {}", plain(&e));
        (why, "name a file that is there, such as `graphs/gmm.ron`")
    })?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let why = format!("the model file `{shown}` is not UTF-8 text: byte {at} is no character");
        (why, "save it as UTF-8")
    })
}

/// An error of the system without its number; one of ours as it is.
pub(crate) fn plain(e: &io::Error) -> String {
    match e.kind() {
        _ if e.get_ref().is_some() => e.to_string(),
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        io::ErrorKind::IsADirectory => "it is a folder".to_string(),
        io::ErrorKind::StorageFull => "the disk is full".to_string(),
        _ => e.to_string(),
    }
}
