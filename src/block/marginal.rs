//! One member's own distribution under q, as a report reads it. Not here: how a block finds it.

use crate::expfam::{
    family::{Family, Parameter, Summary},
    joint::JointFamily,
    stat::Domain,
};

/// One member's own distribution under q, for all its elements in a batch.
#[derive(Clone, Debug)]
pub struct Marginal {
    /// What the numbers are of.
    pub law: Law,
    /// Numbers of one of the member's elements.
    pub width: usize,
    /// Element after element of the block, and in each the member's own.
    pub numbers: Vec<f64>,
}

/// What a member's numbers are of.
#[derive(Clone, Copy, Debug)]
pub enum Law {
    /// Natural parameters of a family with this event dimension.
    Family(&'static dyn Family, usize),
    /// Natural parameters of a pair, of which it is this member.
    Member(&'static dyn JointFamily, usize, usize),
    /// Probabilities of categories.
    Categories,
    /// A mean and a standard deviation of each number, Gaussian: of vectors of which some cells are known. A
    /// known cell has a spread of 0, one that nothing is known of a mean of NaN.
    Cells,
}

impl Law {
    /// Standard parameters of one element.
    pub fn parameters(self, numbers: &[f64]) -> Vec<Parameter> {
        match self {
            Law::Family(f, d) => f.parameters(d, numbers),
            Law::Member(f, member, d) => {
                let all = f.parameters(d, numbers);
                f.member_parameters(member).iter().map(|&i| all[i].clone()).collect()
            }
            Law::Categories => {
                vec![Parameter {
                    name: "p",
                    domain: Domain::Unit,
                    dims: vec![numbers.len()],
                    values: numbers.to_vec(),
                }]
            }
            Law::Cells => vec![],
        }
    }

    /// Mean and standard deviation of one element's value; no deviation for categories.
    pub fn summary(self, numbers: &[f64]) -> Summary {
        match self {
            Law::Family(f, d) => f.summary(d, numbers),
            Law::Member(f, member, d) => f.summary(member, d, numbers),
            Law::Categories => Summary { mean: numbers.to_vec(), sd: vec![] },
            Law::Cells => {
                let (mean, sd) = numbers.split_at(numbers.len() / 2);
                Summary { mean: mean.to_vec(), sd: sd.to_vec() }
            }
        }
    }

    /// Whether the mathematics give one element's value a standard deviation.
    pub fn has_sd(self, numbers: &[f64]) -> bool {
        match self {
            Law::Member(f, member, d) => f.has_sd(member, d, numbers),
            Law::Family(f, d) => f.has_sd(d, numbers),
            Law::Categories | Law::Cells => true,
        }
    }

    /// E x⁻ᵖ of one element's value, p = 1 or 2; of a matrix, E x⁻¹; empty where there is no closed form.
    pub fn inverse(self, numbers: &[f64], p: i32) -> Vec<f64> {
        match self {
            Law::Family(f, d) => f.inverse(d, numbers, p),
            Law::Member(f, member, d) => f.inverse(member, d, numbers, p),
            Law::Categories | Law::Cells => vec![],
        }
    }

    /// The `p` quantile of each number of one element's value; empty for categories.
    pub fn quantile(self, numbers: &[f64], p: f64) -> Vec<f64> {
        match self {
            Law::Family(f, d) => f.quantile(d, numbers, p),
            Law::Member(f, member, d) => f.quantile(member, d, numbers, p),
            Law::Categories => vec![],
            Law::Cells => {
                let (mean, sd) = numbers.split_at(numbers.len() / 2);
                let normal = |p| {
                    crate::dist::normal::SPEC.family.map_or(f64::NAN, |f| f.quantile(1, &[0.0, -0.5], p)[0])
                };
                // Both ends equally far from the mean.
                let z = if p < 0.5 { -normal(1.0 - p) } else { normal(p) };
                mean.iter().zip(sd).map(|(m, s)| m + z * s).collect()
            }
        }
    }
}
