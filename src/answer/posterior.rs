//! What a run found: the posterior as plain numbers with names, ready for any report. Not here: how it is
//! printed (`report`).

use crate::{
    engine::{
        Moves,
        profile::RunProfile,
        record::{Record, StopReason},
    },
    expfam::stat::Domain,
};
use std::sync::Arc;

/// The run that won.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    /// The model's name.
    pub model: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Which start won, from 0.
    pub restart: usize,
    /// Iterations of that run.
    pub iterations: usize,
    /// Whether it stopped by the tolerance.
    pub converged: bool,
    /// The relative change of the bound at which it has converged; NaN where it is not known.
    pub tolerance: f64,
    /// The plates with their sizes, in file order.
    pub plates: Vec<(String, usize)>,
    /// The bound, in nats, every constant included.
    pub elbo: f64,
    /// The bound after each iteration; the last equals `elbo`.
    pub trace: Vec<f64>,
    /// Each node's share of the bound, in file order; they sum to `elbo`.
    pub terms: Vec<(String, f64)>,
    /// The blocks of q.
    pub blocks: Vec<BlockSummary>,
    /// Nodes without data on which nothing observed hangs: predicted from their parents, in file order.
    pub predicted: Vec<String>,
    /// Nodes of which some elements were left out of inference, since nothing observed hangs on them, and how
    /// many; in file order.
    pub pruned: Vec<(String, usize)>,
    /// The nodes asked for, in file order.
    pub nodes: Vec<NodePosterior>,
    /// Nodes that have a posterior and are not among them.
    pub unshown: Vec<Unshown>,
    /// Rows of each table that the model goes over.
    pub rows: Vec<(String, usize)>,
    /// Whether the model is one whose bound has many optima as a rule: with components that are told apart by the data
    /// alone, or products of variables.
    pub many_optima: bool,
    /// What the model derives of them, in file order.
    pub derived: Vec<DerivedPosterior>,
    /// The last bound of every start that was made; −∞ where its numbers broke down.
    pub restarts: Vec<f64>,
    /// Which of them were left before they had stopped, since they were behind.
    pub left: Vec<usize>,
    /// Changes to the categories of the run that won.
    pub moves: Moves,
    /// Where its time went, if that was asked for.
    #[doc(hidden)]
    pub profile: Option<RunProfile>,
    /// Decimal digits of the bound that hold: what rounding leaves of it, 15 at most.
    pub digits: u32,
    /// What is to be said of the run, in words: few digits, falls of the bound.
    pub warnings: Vec<String>,
    /// Why the run stopped.
    pub stop: StopReason,
    /// What each of its iterations came to.
    pub record: Record,
}

/// One block of q.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockSummary {
    /// Its nodes, in file order.
    pub nodes: Vec<String>,
    /// `independent`, `chain`, `tree` or `joint`.
    pub kind: &'static str,
    /// The plates it has one element for.
    pub over: Vec<String>,
    /// Why this block, and why no larger one.
    pub why: String,
}

/// How far a node goes over the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It has few elements, however long the data are.
    Shared,
    /// It has an element for each of many groups: a report shows the first of them.
    Groups,
    /// It has an element for each row: reported on demand.
    Rows,
}

/// A node that is not reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Unshown {
    /// Its name.
    pub name: String,
    /// Its plates with their sizes.
    pub plates: Vec<(String, usize)>,
}

/// An axis with names for its elements, where they have any but their numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The plate's name, or the column's for levels; empty for a bare number.
    pub name: String,
    /// Elements.
    pub size: usize,
    /// Their names.
    pub labels: Option<Arc<[String]>>,
}

/// A named array: `plates` first, then `dims`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArray {
    /// Spelled as in the model file: `rate`.
    pub name: String,
    /// Event dims past the plates.
    pub dims: Vec<usize>,
    /// Which values its numbers may have: it is that of a rate, of a mean, …
    #[doc(hidden)]
    pub domain: Domain,
    /// All numbers.
    pub values: Vec<f64>,
}

/// q of one node, all elements.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePosterior {
    /// The node.
    pub name: String,
    /// The family of its marginal: `Dirichlet`, `Gamma`, `Normal` (of a Normal–Gamma block, too),
    /// `Categorical`.
    pub family: String,
    /// Its plates.
    pub plates: Vec<Axis>,
    /// Event axes of its mean: none for a scalar, one for a vector or a category's probabilities, two for a
    /// matrix.
    pub event: Vec<Axis>,
    /// Standard parameters.
    pub parameters: Vec<NamedArray>,
    /// E\[x\], plates first, then `event`. Of a category: its probabilities.
    pub mean: Vec<f64>,
    /// Marginal standard deviations like `mean`; infinite where the mathematics give none. `None` for categories.
    pub sd: Option<Vec<f64>>,
    /// 5 % and 95 % quantiles like `mean`; NaN where there is no closed form. `None` for categories.
    pub quantiles: Option<(Vec<f64>, Vec<f64>)>,
    /// Medians like `mean`, where there are quantiles.
    pub median: Option<Vec<f64>>,
    /// How far it goes over the data: what a report shows of it without being asked.
    pub reach: Reach,
    /// Whether it is the precision of something, or a part of one.
    pub precision: bool,
    /// Whether it says how all rows are shared out among components.
    pub components: bool,
    /// Whether it is the vector of a stick: the share that each component takes of what is left.
    pub stick: bool,
    /// Elements without a q that are no data: predicted. Empty where there are none.
    #[doc(hidden)]
    pub told: Vec<bool>,
    /// Whether it is bound to data (then `mean` holds the whole column, its missing cells predicted).
    pub observed: bool,
    /// Which elements (of its plates) had no data, where it is bound to data; `None` where it is not.
    pub missing: Option<Vec<usize>>,
}

/// The posterior of a quantity that a model derives of random variables.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedPosterior {
    /// Its name.
    pub name: String,
    /// What it is, as the model spells it.
    pub expression: String,
    /// Its plates.
    pub plates: Vec<Axis>,
    /// Axes of one value: none for a number.
    pub event: Vec<Axis>,
    /// Whether it says of something whether it holds: then `mean` is a probability.
    pub holds: bool,
    /// E of it, plates first, then `event`.
    pub mean: Vec<f64>,
    /// Standard deviations like `mean`; infinite where the mathematics give none.
    pub sd: Vec<f64>,
    /// The 5 %, 50 % and 95 % quantiles like `mean`.
    pub quantiles: [Vec<f64>; 3],
    /// How many draws of q it is told from; 0 where it is exact.
    pub draws: usize,
    /// The Monte Carlo standard error of each mean; 0 where it is exact.
    pub error: Vec<f64>,
}
