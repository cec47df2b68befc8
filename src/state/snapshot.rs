//! What an iteration starts from, as plain arrays in the order of a plan: enough to go on with the same bits. Not
//! here: how it is written to a file (`keep`).

/// All numbers of a run that the next iteration reads and that follow from nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// One for each variable of the plan.
    pub blocks: Vec<BlockNumbers>,
    /// Everything that rows have given.
    pub statistics: Vec<f64>,
}

/// The numbers of one block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockNumbers {
    /// Natural parameters of a stored block; its moments follow from them.
    pub eta: Vec<f64>,
    /// Moments of a block of rows that is kept between passes.
    pub moments: Vec<f64>,
    /// The same before the last pass.
    pub before: Vec<f64>,
    /// Natural parameters of a stored block an iteration before, where the next iteration looks back to them.
    pub earlier: Vec<f64>,
    /// In nats.
    pub entropy: f64,
}
