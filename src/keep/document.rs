//! What a kept posterior says of itself in its header: names, labels, sizes, options, in words and whole
//! numbers. Not here: real numbers, which are arrays beside it (`file`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The format that this version writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// The header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Which form the header and the arrays have.
    pub format: u32,
    /// The version that wrote it.
    pub version: String,
    /// The model.
    pub model: ModelText,
    /// A fingerprint of the data, as the model read them.
    pub data: String,
    /// One of what it observes, as any model of it would read it; empty in files of before there was one.
    #[serde(default)]
    pub observed: String,
    /// How the run went.
    pub run: RunText,
    /// Nodes in the order of the file.
    pub nodes: Vec<NodeText>,
    /// Plates in the order of the file.
    pub plates: Vec<AxisText>,
    /// Columns whose levels are axes.
    pub columns: Vec<LevelsText>,
    /// Columns whose levels match elements by position.
    pub positions: Vec<(String, Vec<String>)>,
    /// Blocks of q in their order.
    pub blocks: Vec<BlockText>,
}

/// The model as it was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelText {
    /// Its name.
    pub name: String,
    /// The file it was read from, as it was named.
    pub file: String,
    /// All of it.
    pub text: String,
    /// Where each table that is not in the text was read from.
    pub tables: Vec<(String, String)>,
}

/// How the run went, but for its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunText {
    /// Of all random numbers.
    pub seed: u64,
    /// Which restart it is, from 0.
    pub restart: usize,
    /// Why it stopped: `converged`, `iterations`, `seconds`, `asked`, `broke`; `running` of a checkpoint.
    pub stop: String,
    /// Where the bound fell within its rounding: the iteration, and the node whose share fell most.
    pub falls: Vec<(usize, String)>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeText {
    /// Its name.
    pub name: String,
    /// Whether it is predicted from its parents.
    pub predicted: bool,
    /// Names of the elements of its own axis, where the columns of an observed node lend it any: the node,
    /// and the names.
    pub event: Option<(String, Vec<String>)>,
}

/// A plate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisText {
    /// Its name.
    pub name: String,
    /// How many elements.
    pub size: usize,
    /// Their names, where they have any but their numbers.
    pub labels: Option<Vec<String>>,
}

/// Levels of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelsText {
    /// The table.
    pub table: String,
    /// The column.
    pub name: String,
    /// Its levels in their order.
    pub levels: Vec<String>,
}

/// A block of q.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockText {
    /// Its nodes; of a pair, in the order of its members.
    pub nodes: Vec<String>,
    /// `independent`, `chain`, `tree` or `joint`.
    pub kind: String,
    /// The plates that a report names.
    pub over: Vec<String>,
    /// Why this block.
    pub why: String,
    /// The plates of its elements, in the order in which they are stored.
    pub plates: Vec<String>,
    /// For each node the plates whose elements are inside one element.
    pub inside: Vec<Vec<String>>,
    /// How its numbers are laid out, where that can be said without the data: the kind, and what that kind
    /// says.
    pub layout: Option<(String, Value)>,
}
