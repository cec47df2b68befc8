//! The contract of a small joint block: a few variables of one element kept together, with a statistic of
//! their own. Not here: which variables of a graph are claimed (`factorize`), nor any block.
//!
//! A joint block says which products of its members' parts it has moments for. A graph's forms are rewritten
//! with these (`τ·x` becomes the part `τx`), and from there on the block is one variable like any other: its
//! natural parameters are the slopes of the energy in its own parts. A product that no rewrite covers is a
//! coupling the block can't keep exact.

use super::{
    family::{Improper, Parameter, Summary},
    spec::Point,
    stat::StatKind,
};
use crate::num::stream::Stream;
use std::fmt;

/// `Π from` (parts of members, with index letters) `=` part `part` of the joint statistic, with the letters
/// that stay.
#[derive(Clone, Copy, Debug)]
pub struct Rewrite {
    /// (member, part, letters): at most one part of each member.
    pub from: &'static [(usize, usize, &'static str)],
    /// The joint statistic's part.
    pub part: usize,
    /// Letters of that part's axes.
    pub axes: &'static str,
}

/// q of a joint block's element. The same contract as [`super::family::Family`], with reports by member.
pub trait JointFamily: fmt::Debug + Send + Sync {
    /// As the printed plan names it: `NormalGamma`.
    fn name(&self) -> &'static str;
    /// Writes μ = ∇A(η) and A(η) of each element (nats).
    fn evaluate(
        &self,
        d: usize,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Improper>;
    /// Σ of the numbers, without signs, that cancel inside of A and of ⟨η, μ⟩ of one element.
    fn cancelled(&self, d: usize, eta: &[f64]) -> f64 {
        let _ = (d, eta);
        0.0
    }
    /// Whether the mathematics give a member a standard deviation; where they do not, its summary says ∞.
    fn has_sd(&self, member: usize, d: usize, eta: &[f64]) -> bool {
        let _ = (member, d, eta);
        true
    }
    /// The joint statistic of one known value for each member (law B1 at points; starts).
    fn of_values(&self, d: usize, values: &[&[f64]]) -> Vec<f64>;
    /// Standard parameters of one element, all members'.
    fn parameters(&self, d: usize, eta: &[f64]) -> Vec<Parameter>;
    /// The inverse of `parameters`.
    fn natural(&self, d: usize, parameters: &[Parameter]) -> Vec<f64>;
    /// Which of `parameters`, by index, a report shows under each member.
    fn member_parameters(&self, member: usize) -> &'static [usize];
    /// Marginal mean and standard deviation of a member's value (Student-t for the Normal of a Normal–Gamma).
    fn summary(&self, member: usize, d: usize, eta: &[f64]) -> Summary;
    /// As [`super::family::Family::inverse`], of a member.
    fn inverse(&self, member: usize, d: usize, eta: &[f64], p: i32) -> Vec<f64> {
        let _ = (member, d, eta, p);
        vec![]
    }
    /// The covariance, d × d, of the member that is a real vector; empty where there is none.
    fn covariance(&self, d: usize, eta: &[f64]) -> Vec<f64> {
        let _ = (d, eta);
        vec![]
    }
    /// Marginal quantile of each number of a member's value.
    fn quantile(&self, member: usize, d: usize, eta: &[f64], p: f64) -> Vec<f64>;
    /// Draws a value for each member.
    fn sample(&self, d: usize, eta: &[f64], stream: &mut Stream) -> Vec<Vec<f64>>;
    /// What is next of a value about the first member with `times` the second as its precision: the degrees
    /// of freedom, the centre and the squared scales of a Student-t; `None` where that is not told.
    fn ahead(&self, d: usize, eta: &[f64], times: f64) -> Option<(f64, Vec<f64>, Vec<f64>)> {
        let _ = (d, eta, times);
        None
    }
    /// The matrix that the precision is a multiple of the inverse of, where the members are a vector and its
    /// precision: d × d, whether it is positive definite or not.
    fn inverse_scale(&self, d: usize, eta: &[f64]) -> Option<Vec<f64>> {
        let _ = (d, eta);
        None
    }
    /// What all functions of a report take in place of η, where the vector is `matrix` (d × d, of determinant 1)
    /// times the one that η is of; `None` where the family has no such.
    fn turned(&self, d: usize, eta: &[f64], matrix: &[f64]) -> Option<Vec<f64>> {
        let _ = (d, eta, matrix);
        None
    }
    /// η of that vector and its precision, with the digits that are left there.
    fn turned_back(&self, d: usize, eta: &[f64], matrix: &[f64]) -> Option<Vec<f64>> {
        let _ = (d, eta, matrix);
        None
    }
    /// η after the location member's value is moved by `by`.
    fn shifted(&self, d: usize, eta: &[f64], by: &[f64]) -> Option<Vec<f64>>;
}

/// One kind of small joint block.
pub struct JointSpec {
    /// As `explain` names it: `Normal–Gamma`.
    pub name: &'static str,
    /// Where the formulas stand.
    pub source: &'static str,
    /// What each member carries.
    pub members: &'static [&'static StatKind],
    /// The joint statistic. Its `of_value` is not used: a joint block is never observed.
    pub stat: &'static StatKind,
    /// Whether its first member is a vector that a graph's scalars are the entries of, found as such, and no
    /// node by itself.
    pub of_entries: bool,
    /// The products it has moments for, longest first.
    pub rewrites: &'static [Rewrite],
    /// Its algorithm.
    pub family: &'static dyn JointFamily,
    /// Ordinary and extreme standard parameters, in the order of [`JointFamily::parameters`]; the laws run at
    /// each.
    pub points: &'static [Point],
}

impl fmt::Debug for JointSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
