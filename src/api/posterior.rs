//! What a caller asks of a posterior. Not here: how its numbers are found (`engine`), nor other formats of it
//! (`report`).

use super::Error;
use crate::{
    answer::posterior::{NodePosterior, Posterior, Reach},
    report::{FORMATS, Page, Show, WIDTH},
};
use std::fmt;

impl Posterior {
    /// q of a node.
    ///
    /// # Errors
    /// The posterior has no such node.
    pub fn node(&self, name: &str) -> Result<&NodePosterior, Error> {
        self.nodes.iter().find(|n| n.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.nodes.iter().map(|n| n.name.as_str()).collect();
            let rest = match self.terms.iter().any(|(n, _)| n == name) {
                true => "it was not asked for: ask for it by `Options::nodes`",
                false => "the model has none of that name",
            };
            Error::call(
                format!("no node `{name}` in the posterior: {rest}"),
                format!("it has {}", known.join(", ")),
            )
        })
    }
}

/// As `elbow fit` prints it: the bound's path, its parts, and a table for each node.
impl fmt::Display for Posterior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = vec![];
        let names: Vec<String> = self.nodes.iter().map(|n| n.name.clone()).collect();
        // Of many groups the first, as the command shows them.
        let few: Vec<String> = names
            .into_iter()
            .zip(&self.nodes)
            .filter(|(_, n)| n.reach != Reach::Groups)
            .map(|n| n.0)
            .collect();
        let page = Page { width: WIDTH, show: Show::More(&few), ..Page::default() };
        FORMATS[0].write(self, &page, &mut out).map_err(|_| fmt::Error)?;
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

impl NodePosterior {
    /// E\[x\] of every element, row-major over [`shape`](Self::shape); of a category, its probabilities.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Standard deviations of every number of [`mean`](Self::mean), infinite where there is none.
    ///
    /// # Errors
    /// The node is a category or a matrix.
    pub fn sd(&self) -> Result<&[f64], Error> {
        self.sd.as_deref().ok_or_else(|| self.none("standard deviation"))
    }

    /// The 5 % and the 95 % quantile of every number of [`mean`](Self::mean); NaN where there is no closed form.
    ///
    /// # Errors
    /// The node is a category, or observed, or has more numbers than `Options::quantiles` allows.
    pub fn quantiles(&self) -> Result<(&[f64], &[f64]), Error> {
        let found = self.quantiles.as_ref().ok_or_else(|| match self.sd.is_some() && !self.observed {
            true => Error::call(
                format!("no quantiles of `{}` were found: it has {} numbers", self.name, self.mean.len()),
                "raise `Options::quantiles`",
            ),
            false => self.none("quantile"),
        })?;
        Ok((&found.0, &found.1))
    }

    /// A standard parameter of q, spelled as in the model file: `rate`. Elements first, then the parameter's own
    /// axes.
    ///
    /// # Errors
    /// q has no such parameter.
    pub fn parameter(&self, name: &str) -> Result<&[f64], Error> {
        self.parameters.iter().find(|p| p.name == name).map(|p| p.values.as_slice()).ok_or_else(|| {
            let known: Vec<&str> = self.parameters.iter().map(|p| p.name.as_str()).collect();
            let help =
                if known.is_empty() { "it has none".into() } else { format!("it has {}", known.join(", ")) };
            Error::call(format!("q of `{}` has no parameter `{name}`", self.name), help)
        })
    }

    /// Sizes of the axes of [`mean`](Self::mean): plates first, then the value's own; empty for one number.
    pub fn shape(&self) -> Vec<usize> {
        self.plates.iter().chain(&self.event).map(|a| a.size).collect()
    }

    /// The name of every number of [`mean`](Self::mean): those of its plates' and axes' elements, joined by
    /// commas, and their numbers from 1 where they have none. One empty name for one number.
    pub fn labels(&self) -> Vec<String> {
        let axes: Vec<_> = self.plates.iter().chain(&self.event).collect();
        (0..self.mean.len())
            .map(|at| {
                let mut each = 1;
                let mut names: Vec<String> = axes
                    .iter()
                    .rev()
                    .map(|a| {
                        let i = at / each % a.size;
                        each *= a.size;
                        a.labels.as_ref().map_or_else(|| (i + 1).to_string(), |l| l[i].clone())
                    })
                    .collect();
                names.reverse();
                names.join(", ")
            })
            .collect()
    }

    fn none(&self, what: &str) -> Error {
        Error::call(
            format!("`{}`, a {}, has no {what}", self.name, self.family),
            "its `mean` holds its values, or the probabilities of its categories",
        )
    }
}
