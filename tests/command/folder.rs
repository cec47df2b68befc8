//! A folder with files, in which the command is run. Not here: what it is asked.

use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
        Self(folder)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn elbow(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_elbow"));
        command.args(args).current_dir(self.path()).env("NO_COLOR", "1").output().unwrap()
    }

    /// Runs with exit code 0 and gives standard output.
    #[track_caller]
    pub(super) fn text(&self, args: &[&str]) -> String {
        let o = self.elbow(args);
        assert_eq!(o.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&o.stderr));
        String::from_utf8(o.stdout).unwrap()
    }

    #[track_caller]
    pub(super) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[args, &["--format", "json"]].concat())).unwrap()
    }

    /// Fails with `code`, prints nothing on standard output, and says all of `said`.
    #[track_caller]
    pub(super) fn refused(&self, args: &[&str], code: i32, said: &[&str]) {
        let o = self.elbow(args);
        let err = String::from_utf8_lossy(&o.stderr).into_owned();
        assert_eq!((o.status.code(), o.stdout.len()), (Some(code), 0), "{args:?}: {err}");
        said.iter().for_each(|s| assert!(err.contains(s), "{args:?}: no {s:?} in\n{err}"));
    }
}

#[track_caller]
pub(super) fn near(got: &Value, want: f64) {
    let got = got.as_f64().unwrap_or(f64::NAN);
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got} is not {want}");
}
