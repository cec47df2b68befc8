//! A result of several files, put in place as one folder. Not here: a result in one file (`file`).

use super::beside::{Beside, fill, is_temporary, of_folder, parent};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// How a folder says which files in it are a result's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index {
    /// The file that says so; it is there only where all others are.
    pub name: &'static str,
    /// The names of all files of the result whose index this is; none if it is another program's.
    pub names: fn(&[u8]) -> Option<Vec<String>>,
}

/// What writes the text of a file.
pub(crate) type WriteText<'f> = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + 'f>;

/// A place for a folder of files, found to be writable before there is anything to write.
#[derive(Debug)]
pub(crate) struct OutFolder {
    target: PathBuf,
    /// New files are written to a folder in this one first.
    stage: PathBuf,
    index: Index,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub files: usize,
    pub bytes: u64,
}

impl OutFolder {
    /// Finds the place of `path`: a folder that is not there, that is empty, or that holds an earlier result and
    /// nothing else, of which the new one takes the place. A link that leads to a folder stands for it.
    ///
    /// # Errors
    /// What is in the way: no folder to make it in, one that may not be written, a file of that name, or something
    /// in the folder that is not of a result. Nothing is left behind.
    pub(crate) fn open(path: &Path, index: Index) -> io::Result<Self> {
        let target = match fs::metadata(path) {
            Ok(m) if !m.is_dir() => return Err(io::Error::new(ErrorKind::NotADirectory, "it is a file")),
            Ok(_) => fs::canonicalize(path)?,
            Err(e) if e.kind() == ErrorKind::NotFound && fs::symlink_metadata(path).is_ok() => {
                return Err(io::Error::new(ErrorKind::NotFound, "it is a link that leads nowhere"));
            }
            Err(e) if e.kind() == ErrorKind::NotFound && path.file_name().is_some() => path.to_path_buf(),
            Err(e) => return Err(of_folder(parent(path), &e)),
        };
        let there = target.is_dir();
        if there && let Some(other) = stranger(&target, index)? {
            let said = format!("it holds `{}`, which is no file of a result", Path::new(&other).display());
            return Err(io::Error::new(ErrorKind::DirectoryNotEmpty, said));
        }
        let outside = parent(&target);
        let beside = if !there || may_be_moved(&target) {
            Beside::folder(outside).map_err(|e| of_folder(outside, &e))
        } else {
            Err(ErrorKind::CrossesDevices.into())
        };
        let stage = match beside {
            Ok(_) => outside.to_path_buf(),
            // A folder that may be written, in one that may not.
            Err(_) if there => {
                Beside::folder(&target).map_err(|e| of_folder(&target, &e))?;
                target.clone()
            }
            Err(e) => return Err(e),
        };
        Ok(Self { target, stage, index })
    }

    /// Writes all files, by name and text, and puts them in place of what was there: nothing of an earlier result
    /// stays. The index comes last.
    ///
    /// # Errors
    /// Those of the disk and of what writes the texts; the folder is then as it was, unless it can't be moved and
    /// the disk failed while files were put into it.
    pub(crate) fn write<'f>(
        &self,
        files: impl Iterator<Item = (String, WriteText<'f>)>,
    ) -> io::Result<Written> {
        let staged = Beside::folder(&self.stage)?;
        let mut names = vec![];
        let mut bytes = 0;
        for (name, write) in files {
            let (size, file) = fill(File::create_new(staged.path().join(&name))?, write)?;
            file.sync_all()?;
            bytes += size;
            names.push(name);
        }
        let written = Written { files: names.len(), bytes };
        // What came while there was nothing to write is nobody's to remove.
        let movable = self.stage != self.target;
        if movable && (!self.target.exists() || stranger(&self.target, self.index)?.is_none()) {
            self.swap(staged)?;
        } else {
            self.fill_up(&staged, &names)?;
        }
        Ok(written)
    }

    /// Puts the new folder where the old one is.
    fn swap(&self, staged: Beside) -> io::Result<()> {
        if !self.target.exists() {
            return staged.rename(&self.target);
        }
        fs::set_permissions(staged.path(), fs::metadata(&self.target)?.permissions())?;
        let aside = Beside::folder(&self.stage)?;
        let old = aside.path().join("old");
        fs::rename(&self.target, &old)?;
        staged.rename(&self.target).inspect_err(|_| {
            // As it was; and where that fails, too, the old result stays where it is now.
            if fs::rename(&old, &self.target).is_err() {
                aside.keep();
            }
        })
    }

    /// Puts the new files one by one where the folder itself can't be moved.
    fn fill_up(&self, staged: &Beside, names: &[String]) -> io::Result<()> {
        for old in earlier(&self.target, self.index) {
            if old != self.index.name {
                match fs::remove_file(self.target.join(&old)) {
                    Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
                    _ => {}
                }
            }
        }
        names.iter().try_for_each(|name| fs::rename(staged.path().join(name), self.target.join(name)))
    }
}

/// The files of an earlier result.
fn earlier(folder: &Path, index: Index) -> Vec<String> {
    fs::read(folder.join(index.name)).ok().and_then(|text| (index.names)(&text)).unwrap_or_default()
}

/// Something in the folder that is no file of an earlier result.
fn stranger(folder: &Path, index: Index) -> io::Result<Option<OsString>> {
    let ours = earlier(folder, index);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let known =
            entry.file_type()?.is_file() && name.to_str().is_some_and(|n| ours.iter().any(|o| o == n));
        if !known && !is_temporary(&name) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Is the folder one among others on its disk, and not where this process works?
fn may_be_moved(folder: &Path) -> bool {
    fs::canonicalize(".").is_ok_and(|here| !here.starts_with(folder)) && same_disk(folder, parent(folder))
}

#[cfg(unix)]
fn same_disk(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    matches!((fs::metadata(a), fs::metadata(b)), (Ok(a), Ok(b)) if a.dev() == b.dev())
}

#[cfg(not(unix))]
fn same_disk(_: &Path, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of lines: the names of all files.
    const INDEX: Index = Index {
        name: "index",
        names: |text| {
            let text = std::str::from_utf8(text).ok()?.strip_prefix("ours\n")?;
            Some(text.lines().map(str::to_owned).chain(["index".to_owned()]).collect())
        },
    };

    fn put(out: &OutFolder, names: &[&str], text: &'static str) -> io::Result<Written> {
        let index = format!("ours\n{}", names.join("\n"));
        let file = |name: &str, text: String| -> (String, WriteText<'static>) {
            (name.to_owned(), Box::new(move |out| out.write_all(text.as_bytes())))
        };
        let files = names.iter().map(|n| file(n, text.to_owned())).chain([file("index", index)]);
        out.write(files)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_result_takes_the_place_of_an_earlier_one_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("result");
        let out = OutFolder::open(&at, INDEX).unwrap();
        assert_eq!(names(dir.path()), [""; 0], "opening leaves nothing");
        assert_eq!(put(&out, &["a", "z"], "1").unwrap(), Written { files: 3, bytes: 2 + 8 });
        assert_eq!(names(&at), ["a", "index", "z"]);
        put(&OutFolder::open(&at, INDEX).unwrap(), &["a", "b"], "2").unwrap();
        assert_eq!((names(&at).join(" ").as_str(), names(dir.path()).len()), ("a b index", 1));
        assert_eq!(fs::read_to_string(at.join("a")).unwrap(), "2");
        // A text that fails leaves the folder as it was.
        let bad: (String, WriteText<'_>) = ("a".into(), Box::new(|_| Err(io::Error::other("full"))));
        assert!(OutFolder::open(&at, INDEX).unwrap().write([bad].into_iter()).is_err());
        assert_eq!((names(&at).join(" ").as_str(), names(dir.path()).len()), ("a b index", 1));
    }

    #[test]
    fn a_folder_of_other_files_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in [("mine.csv", ""), ("index", "another program's"), ("index", "ours\na")] {
            let at = dir.path().join("folder");
            fs::create_dir(&at).unwrap();
            fs::write(at.join(file), text).unwrap();
            fs::write(at.join("b"), "").unwrap();
            let e = OutFolder::open(&at, INDEX).unwrap_err();
            assert!(e.to_string().contains("no file of a result"), "{e}");
            assert_eq!(names(&at).len(), 2);
            fs::remove_dir_all(&at).unwrap();
        }
        fs::write(dir.path().join("file"), "").unwrap();
        for (path, said) in
            [("file", "it is a file"), ("file/a", "is no folder"), ("no/a", "there is no folder")]
        {
            let e = OutFolder::open(&dir.path().join(path), INDEX).unwrap_err();
            assert!(e.to_string().contains(said), "{path}: {e}");
        }
        assert_eq!(names(dir.path()), ["file"]);
    }

    /// A file that came while the fit ran stays.
    #[test]
    fn a_late_stranger_stays() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("result");
        put(&OutFolder::open(&at, INDEX).unwrap(), &["a", "z"], "1").unwrap();
        let out = OutFolder::open(&at, INDEX).unwrap();
        fs::write(at.join("notes"), "").unwrap();
        put(&out, &["a", "b"], "2").unwrap();
        assert_eq!(names(&at), ["a", "b", "index", "notes"]);
        assert_eq!(names(dir.path()), ["result"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_stands_for_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("real")).unwrap();
        std::os::unix::fs::symlink("real", dir.path().join("link")).unwrap();
        put(&OutFolder::open(&dir.path().join("link"), INDEX).unwrap(), &["a"], "1").unwrap();
        assert_eq!(names(&dir.path().join("real")), ["a", "index"]);
        assert!(fs::symlink_metadata(dir.path().join("link")).unwrap().is_symlink());
        std::os::unix::fs::symlink("nowhere", dir.path().join("dangling")).unwrap();
        assert!(OutFolder::open(&dir.path().join("dangling"), INDEX).is_err());
    }
}
