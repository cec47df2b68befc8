//! `--out DIR`: the files of a result in a folder that may exist already.

use super::disk::replace;
use crate::{answer::posterior::Posterior, report::dir};
use std::{fs, io, path::Path};

/// Writes all files; those of an earlier result that has the same names are replaced, others stay.
///
/// # Errors
/// Those of the disk.
pub(super) fn write(folder: &Path, posterior: &Posterior) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for file in dir::files(posterior) {
        replace(&folder.join(file.name()), |out| file.write(out))?;
    }
    Ok(())
}
