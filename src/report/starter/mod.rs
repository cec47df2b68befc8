//! Commented models to start from, with a table's columns and scales filled in: one file for each kind. Not here: reading
//! the table (`cli`).

mod columns;
mod hmm;
mod mixture;
mod multilevel;
mod regression;
mod statespace;
mod topics;

pub use columns::Columns;

/// A kind of model.
#[derive(Clone, Copy, Debug)]
pub struct Starter {
    /// As it is asked for.
    pub name: &'static str,
    /// One line for the help text.
    pub about: &'static str,
    /// The model, or in words which columns it lacks.
    pub write: fn(&Columns<'_>) -> Result<String, String>,
}

/// Every kind.
pub static STARTERS: &[Starter] = &[
    Starter { name: "mixture", about: "clusters of rows, by their numbers", write: mixture::write },
    Starter { name: "hmm", about: "states that rows in order go through", write: hmm::write },
    Starter { name: "topics", about: "topics of words in documents", write: topics::write },
    Starter { name: "regression", about: "a number explained by others", write: regression::write },
    Starter {
        name: "multilevel",
        about: "a number explained by others, with a level of each group",
        write: multilevel::write,
    },
    Starter {
        name: "statespace",
        about: "a level that moves from row to row, and noise",
        write: statespace::write,
    },
];
