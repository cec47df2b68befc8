//! Why a kept posterior cannot be used. Not here: how that is shown (`cli`).

use std::fmt;

/// Why a kept posterior cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepError {
    /// It is no file of this format at all.
    Foreign(&'static str),
    /// It was one, and has been cut or changed; in words, what shows it.
    Damaged(String),
    /// A later version wrote it.
    Newer {
        /// The format's number in the file.
        format: u32,
        /// The version that wrote it.
        version: String,
    },
    /// It is of another model, or of other data; in words.
    Other(String),
}

impl fmt::Display for KeepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeepError::Foreign(what) => write!(f, "it is no kept posterior: {what}"),
            KeepError::Damaged(what) => write!(f, "it is damaged: {what}"),
            KeepError::Newer { format, version } => {
                write!(f, "elbow {version} wrote it, in format {format}, which is newer than this one")
            }
            KeepError::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for KeepError {}

impl KeepError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            KeepError::Foreign(_) => "name a file that `elbow fit MODEL.ron --save FILE` has written",
            KeepError::Damaged(_) => "fit again, or take another copy of the file",
            KeepError::Newer { .. } => "read it with that version",
            KeepError::Other(_) => "name the model and the data that it was fitted to",
        }
    }
}
