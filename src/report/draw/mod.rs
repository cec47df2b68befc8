//! Factor graphs as pictures: what is in them (`picture`), and one file per drawing language. Not here: the
//! model's text.

pub mod clusters;
mod columns;
pub mod dot;
mod escape;
pub mod geometry;
mod measure;
pub mod mermaid;
pub mod picture;
pub mod place;
mod route;
pub mod svg;

pub use escape::escaped;
use picture::Picture;

/// A drawing language.
#[derive(Clone, Copy, Debug)]
pub struct Drawing {
    /// The end of a file's name, without the dot.
    pub extension: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The picture's text.
    pub write: fn(&Picture) -> String,
}

/// Every drawing language; the first is the default.
pub static DRAWINGS: &[Drawing] = &[
    Drawing { extension: "dot", about: "Graphviz", write: dot::write },
    Drawing { extension: "mmd", about: "Mermaid", write: mermaid::write },
    Drawing { extension: "svg", about: "a picture", write: svg::write },
];

/// The language that an extension asks for, in any case of letters.
pub fn find(extension: &str) -> Option<&'static Drawing> {
    DRAWINGS.iter().find(|d| d.extension.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests;
