//! What is asked of new rows, how their plan is made, and why there may be no answer. Not here: answers.

use crate::{answer::FitError, diag::Diagnostics, graph::Bound, keep::KeepError, plan::Plan};
use std::fmt;

/// What is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Steps by what came before them, and not by what comes after.
    pub filter: bool,
    /// The most probable path of a chain, and not each step's most probable category.
    pub most_likely: bool,
    /// So many steps after the last of each sequence.
    pub steps: usize,
}

/// Which steps of sequences a plan has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Up to the last that anything observed hangs on.
    LeftOut,
    /// All.
    Planned,
}

/// Makes the plan of some data, about the centres of the kept posterior.
pub type Planner<'a> = &'a (dyn Fn(&Bound, Ends) -> Result<Plan, Diagnostics> + Sync);

/// Why rows are not answered.
#[derive(Clone, Debug)]
pub enum NoAnswer {
    /// The posterior is not one of this model.
    Kept(KeepError),
    /// There is no closed form; of which node, and why.
    Form(String),
    /// The question does not fit the rows; in words.
    Question(String),
    /// The rows have no plan.
    Plan(Diagnostics),
    /// The numbers broke down.
    Broke(Box<FitError>),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoAnswer::Kept(e) => e.fmt(f),
            NoAnswer::Form(why) | NoAnswer::Question(why) => f.write_str(why),
            NoAnswer::Plan(all) => {
                let titles: Vec<&str> = all.list().iter().map(|d| d.title.as_str()).collect();
                f.write_str(&titles.join("; "))
            }
            NoAnswer::Broke(e) => e.fmt(f),
        }
    }
}
