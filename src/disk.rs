//! The files of this machine, opened to be read: the one place beside `cli` that opens any. Not here: what stands
//! in them (`data`), nor writing (`cli`).

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
    fn open(&self, path: &str) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(BufReader::new(open(path)?)))
    }

    fn open_to_seek(&self, path: &str) -> io::Result<Box<dyn Seekable>> {
        Ok(Box::new(open(path)?))
    }
}

fn open(path: &str) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    Ok(file)
}

/// A model file's text; or why it can't be had, and what to do.
pub(crate) fn model_text(path: &Path) -> Result<String, (String, &'static str)> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|e| {
        let why = format!("cannot read the model file `{shown}`: {}", plain(&e));
        (why, "name a file that is there, such as `graphs/gmm.ron`")
    })?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let why = format!("the model file `{shown}` is not UTF-8 text: byte {at} is no character");
        (why, "save it as UTF-8")
    })
}

/// An error of the system without its number.
pub(crate) fn plain(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        io::ErrorKind::IsADirectory => "it is a folder".to_string(),
        _ => e.to_string(),
    }
}
