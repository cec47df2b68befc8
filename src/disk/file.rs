//! A result in one file, written beside its place and renamed: no reader ever finds half of it. Not here: results
//! of several files (`folder`).

use super::beside::{Beside, fill, of_folder, parent};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// A place for a file, found to be writable before there is anything to write. It may be written again and again.
#[derive(Debug)]
pub(crate) struct OutFile(Place);

#[derive(Debug)]
enum Place {
    /// A pipe, a device or a stream of this process: nothing can be renamed over it, so it is held open.
    Held(File),
    /// The name of a file, of one that is there or of a new one.
    Name(PathBuf),
}

impl OutFile {
    /// Finds the place of `path`. A link that leads to a file stands for that file's own name, and stays; one that
    /// leads nowhere is refused, since nobody can see what would be written.
    ///
    /// # Errors
    /// What is in the way: no such folder, one that may not be written, a folder of that name, a file that is
    /// read-only. Nothing is left behind.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let name = match fs::metadata(path) {
            Ok(m) if m.is_dir() => return Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder")),
            Ok(m) => {
                if let Some(stream) = own_stream(&m)? {
                    return Ok(Self(Place::Held(stream)));
                }
                if !m.is_file() {
                    return Ok(Self(Place::Held(OpenOptions::new().write(true).open(path)?)));
                }
                if m.permissions().readonly() {
                    return Err(io::Error::new(ErrorKind::PermissionDenied, "the file is read-only"));
                }
                fs::canonicalize(path)?
            }
            Err(e) if e.kind() == ErrorKind::NotFound && fs::symlink_metadata(path).is_ok() => {
                return Err(io::Error::new(ErrorKind::NotFound, "it is a link that leads nowhere"));
            }
            Err(e) if matches!(e.kind(), ErrorKind::NotFound) && path.file_name().is_some() => {
                path.to_path_buf()
            }
            Err(e) => return Err(of_folder(parent(path), &e)),
        };
        let folder = parent(&name);
        // Tried, not asked: who may write what is the system's to say. The guard takes it away again.
        Beside::file(folder).map_err(|e| of_folder(folder, &e))?;
        Ok(Self(Place::Name(name)))
    }

    /// Writes the file whole, or leaves what was there: the bytes written.
    ///
    /// # Errors
    /// Those of the disk and of `write`; what was written beside is removed.
    pub(crate) fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<u64> {
        match &self.0 {
            Place::Held(file) => Ok(fill(file.try_clone()?, write)?.0),
            Place::Name(name) => {
                let (beside, file) = Beside::file(parent(name))?;
                let (bytes, file) = fill(file, write)?;
                if let Ok(old) = fs::metadata(name) {
                    file.set_permissions(old.permissions())?;
                }
                file.sync_all()?;
                drop(file);
                beside.rename(name)?;
                Ok(bytes)
            }
        }
    }
}

/// Standard output or standard error, where the path leads there (`/dev/stdout`): a file that is opened anew would
/// be written from its beginning, over what the stream has written.
#[cfg(unix)]
fn own_stream(m: &fs::Metadata) -> io::Result<Option<File>> {
    use std::os::{fd::AsFd, unix::fs::MetadataExt};
    for stream in [io::stdout().as_fd().try_clone_to_owned()?, io::stderr().as_fd().try_clone_to_owned()?] {
        let stream = File::from(stream);
        let own = stream.metadata()?;
        if (own.dev(), own.ino()) == (m.dev(), m.ino()) {
            return Ok(Some(stream));
        }
    }
    Ok(None)
}

#[cfg(not(unix))]
fn own_stream(_: &fs::Metadata) -> io::Result<Option<File>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn put(path: &Path, text: &str) -> io::Result<u64> {
        OutFile::open(path)?.write(|out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let out = OutFile::open(&path).unwrap();
        assert_eq!(names(dir.path()), [""; 0], "opening leaves nothing");
        assert_eq!(out.write(|out| out.write_all(b"old")).unwrap(), 3);
        let failed = out.write(|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "full");
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(dir.path()).len()), ("old", 1));
        out.write(|out| out.write_all(b"again")).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(dir.path()).len()), ("again", 1));
    }

    #[test]
    fn what_cannot_be_written_is_known_when_it_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        for (path, said) in [
            ("not/there.csv", "there is no folder"),
            ("file/a.csv", "is no folder"),
            ("", "it is a folder"),
            (".", "it is a folder"),
        ] {
            let e = OutFile::open(&dir.path().join(path)).unwrap_err();
            assert!(e.to_string().contains(said), "{path}: {e}");
        }
        let locked = dir.path().join("locked.csv");
        fs::write(&locked, "kept").unwrap();
        let mut permissions = fs::metadata(&locked).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&locked, permissions).unwrap();
        assert!(OutFile::open(&locked).unwrap_err().to_string().contains("read-only"));
        assert_eq!(names(dir.path()), ["file", "locked.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_kept_and_lead_to_the_files_own_name() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("far")).unwrap();
        fs::write(at("far/real.csv"), "old").unwrap();
        fs::set_permissions(at("far/real.csv"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("far/real.csv", at("near.csv")).unwrap();
        symlink("near.csv", at("nearer.csv")).unwrap();
        put(&at("nearer.csv"), "new").unwrap();
        assert_eq!(fs::read_to_string(at("far/real.csv")).unwrap(), "new");
        assert_eq!(fs::metadata(at("far/real.csv")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(at("near.csv")).unwrap().is_symlink());
        assert!(fs::symlink_metadata(at("nearer.csv")).unwrap().is_symlink());
        symlink("nowhere.csv", at("dangling.csv")).unwrap();
        assert!(OutFile::open(&at("dangling.csv")).unwrap_err().to_string().contains("leads nowhere"));
        assert!(!at("nowhere.csv").exists());
        put(Path::new("/dev/null"), "gone").unwrap();
        assert_eq!(names(&at("far")), ["real.csv"]);
    }
}
