//! The contract of a block of q, laid out: natural parameters in, moments and log-normaliser out, and what a
//! start, a report and a draw ask of it. Not here: which variables are one (`factorize`), where their numbers
//! live and how messages reach them (`plan`, `engine`), nor any kind of block (`kind`).
//!
//! A block has elements, one for each cell of its plates, each with the same number of natural parameters. Of
//! a block over sequences, an element is a step; it is evaluated a chunk of whole sequences at a time
//! ([`super::sequence`]).

use super::{
    element::{Failure, Which},
    held::Held,
    kind::tables::Tables,
    marginal::Marginal,
    portable::Portable,
    sequence::SequenceKernel,
};
use crate::num::stream::Stream;
use std::fmt;

/// What a start gives one member of a block.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Which member.
    pub member: usize,
    /// The numbers.
    pub what: What<'a>,
}

/// Numbers of all elements of a block, in its storage order, each with all of the member's own elements in
/// it.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// Values: q starts as if it were certain of them.
    Values(&'a [f64]),
    /// Parameters of the member's q, by their place in [`BlockShape::parameters`]; what is left out stays.
    Parameters(&'a [(usize, &'a [f64])]),
}

/// One number of a member in an element of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which member.
    pub member: usize,
    /// Its place among the member's numbers in the element.
    pub entry: usize,
}

/// A kind of block, laid out for a model's sizes. η, μ and numbers of statistics are row-major, element after
/// element, [`BlockShape::width`] numbers each.
pub trait BlockShape: fmt::Debug + Send + Sync {
    /// The name of its kind: that of an entry of [`super::kind::KINDS`].
    fn kind(&self) -> &'static str;

    /// Numbers in one element's statistic.
    fn width(&self) -> usize;

    /// How η turns into moments, as the printed plan says it: `Gaussian of dimension 3`.
    fn describe(&self) -> String;

    /// Multiply-adds that so many elements take, where products of matrices are most of it.
    fn work(&self, elements: usize) -> f64 {
        let _ = elements;
        0.0
    }

    /// Writes μ = ∇A(η) and A(η) (nats) of each element.
    ///
    /// # Errors
    /// The first element without moments.
    fn evaluate(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure>;

    /// The same for rows of a pass, whose moments are summed over the row and over rows: what changes no
    /// digit of such a sum may be 0.
    ///
    /// # Errors
    /// As `evaluate`.
    fn evaluate_rows(
        &self,
        which: Which<'_>,
        eta: &[f64],
        moments: &mut [f64],
        log_norm: &mut [f64],
    ) -> Result<(), Failure> {
        self.evaluate(which, eta, moments, log_norm)
    }

    /// Σ of the numbers, without signs, that cancel inside of A and of ⟨η, μ⟩ of elements and are not seen in
    /// these: of A = ln Γ(a) − a ln b, the two.
    fn cancelled(&self, eta: &[f64]) -> f64 {
        let _ = eta;
        0.0
    }

    /// Over sequences: elements are evaluated together, by this.
    fn sequences(&self) -> Option<&dyn SequenceKernel> {
        None
    }

    /// Whether the moments are exp η over their sum, and A its logarithm.
    fn is_softmax(&self) -> bool {
        false
    }

    /// Whether it stands for lines and is no variable of q: then A and its slopes are made last of all, and
    /// may have to be damped.
    fn is_site(&self) -> bool {
        false
    }

    /// Moments of sites to begin with, before anything is known of what they depend on. `eta` holds messages,
    /// and is written over.
    ///
    /// # Errors
    /// The first element without.
    fn begin(&self, which: Which<'_>, eta: &mut [f64], moments: &mut [f64]) -> Result<(), Failure> {
        let _ = (which, eta, moments);
        Ok(())
    }

    /// Whether all elements, whatever their number, are one distribution.
    fn is_whole(&self) -> bool {
        false
    }

    /// The dimension, where the statistic is (x, xxᵀ) of one Gaussian vector and nothing is known of it: such
    /// rows may share a covariance.
    fn gaussian_vector(&self) -> Option<usize> {
        None
    }

    /// The dimension, where the statistic is (x, xxᵀ) of one Gaussian vector, and any linear map of it has a q of
    /// the same kind.
    fn rotates(&self) -> Option<usize> {
        None
    }

    /// Makes what is known impossible to be otherwise, in natural parameters that messages have summed.
    fn clamp(&self, which: Which<'_>, eta: &mut [f64]) {
        let _ = (which, eta);
    }

    /// Writes the statistic of what is known over moments that a start gives.
    fn hold(&self, which: Which<'_>, moments: &mut [f64]) {
        let _ = (which, moments);
    }

    /// The elements that are known as a whole.
    fn held(&self) -> Option<&Held> {
        None
    }

    /// Values by cell and which of them are known, where vectors are known in part.
    fn cells(&self) -> Option<(&[f64], &[bool])> {
        None
    }

    /// Whether anything is known of a member, or of any.
    fn has_known(&self, member: Option<usize>) -> bool {
        let _ = member;
        self.held().is_some_and(|h| h.known.contains(&true))
    }

    /// Categories of a member.
    fn states(&self, member: usize) -> usize {
        let _ = member;
        self.width()
    }

    /// The tables that a statistic of categories is, where there are several.
    fn tables(&self) -> Option<&Tables> {
        None
    }

    /// Whether its members are categories, of which a start has responsibilities each.
    fn of_categories(&self) -> bool {
        self.tables().is_some()
    }

    /// The joint probabilities of some categories of one element, row-major in their order, from its moments:
    /// each by its member and its place among the member's own elements; `None` where nothing holds them all.
    fn joint(&self, sites: &[(usize, usize)], moments: &[f64]) -> Option<Vec<f64>> {
        let members: Vec<usize> = sites.iter().map(|s| s.0).collect();
        self.tables().and_then(|t| t.joint(&members, moments))
    }

    /// Of blocks that are one as a whole: the member that what a failure calls an element is of, and its
    /// place there.
    fn place_of(&self, element: usize) -> Option<(usize, usize)> {
        let _ = element;
        None
    }

    /// A member's own distribution, from natural parameters and moments of elements.
    fn marginal(&self, member: usize, which: Which<'_>, eta: &[f64], moments: &[f64]) -> Marginal;

    /// The same from moments and covariances of elements, which have digits that second moments have not; of
    /// blocks that know such.
    fn marginal_about(&self, member: usize, moments: &[f64], covariances: &[f64]) -> Option<Marginal> {
        let _ = (member, moments, covariances);
        None
    }

    /// How two real numbers of one element vary together under q, from its natural parameters and moments; 0
    /// where the kind keeps them apart.
    fn covariance(&self, of: [Entry; 2], eta: &[f64], moments: &[f64]) -> f64 {
        let _ = (of, eta, moments);
        0.0
    }

    /// The same of a number of one step and one of a step `lag` later, from the moments of both.
    fn covariance_back(&self, lag: usize, of: [Entry; 2], moments: [&[f64]; 2]) -> f64 {
        let _ = (lag, of, moments);
        0.0
    }

    /// Which Gaussian entry of an element a number of a member is; `None` where it is none.
    fn entry(&self, member: usize, number: usize) -> Option<usize> {
        let _ = (member, number);
        None
    }

    /// The mean of a Gaussian entry of one element, from its moments.
    fn middle(&self, moments: &[f64], entry: usize) -> f64 {
        let _ = (moments, entry);
        f64::NAN
    }

    /// The covariances of a Gaussian entry of one element with all of them; of entries that a precision
    /// scales, those at a precision of 1.
    fn spread(&self, eta: &[f64], moments: &[f64], entry: usize) -> Vec<f64> {
        let _ = (eta, moments, entry);
        vec![]
    }

    /// The member that scales the precision of the Gaussian entries, if one does.
    fn scales(&self) -> Option<usize> {
        None
    }

    /// What is next of a value about the first member with `times` the second as its precision: the degrees
    /// of freedom, the centre and the squared scales of a Student-t; `None` where it is none, or no closed
    /// form.
    fn ahead(&self, eta: &[f64], times: f64) -> Option<(f64, Vec<f64>, Vec<f64>)> {
        let _ = (eta, times);
        None
    }

    /// Entries of the vector that its locations make up, where q can be told in other coordinates of it
    /// ([`BlockShape::turned`]).
    fn entries(&self) -> Option<usize> {
        None
    }

    /// Of vectors that are kept with their precision matrices: of each element the matrix that its precision is a
    /// multiple of the inverse of, d × d, whether that is positive definite or not.
    fn inverse_scales(&self, eta: &[f64]) -> Option<Vec<f64>> {
        let _ = eta;
        None
    }

    /// A member's own distribution, where the vector of all entries is `matrix` (row-major) times what natural
    /// parameters and moments are of; of vectors that are kept with their precision matrices, one for each element.
    fn turned(&self, member: usize, matrix: &[f64], eta: &[f64], moments: &[f64]) -> Marginal {
        let _ = matrix;
        self.marginal(member, Which::From(0), eta, moments)
    }

    /// Natural parameters and moments as questions take them, of the vector that is `matrix` times the one that
    /// these are of; where the kind says so, one for each element.
    fn turned_back(&self, matrix: &[f64], eta: &[f64], moments: &[f64]) -> [Vec<f64>; 2] {
        let _ = matrix;
        [eta.to_vec(), moments.to_vec()]
    }

    /// Writes values of all members over those of the coordinates that they were drawn in, where vectors are kept
    /// with their precision matrices: `matrix` has one for each element. False where the kind keeps none such.
    fn turn_values(&self, matrix: &[f64], values: &mut [Vec<f64>]) -> bool {
        let _ = (matrix, values);
        false
    }

    /// Means of a member's own elements, one after the other: also where nothing else of their distribution
    /// can be told.
    fn means(&self, member: usize, eta: &[f64], moments: &[f64]) -> Vec<f64> {
        let of = self.marginal(member, Which::From(0), eta, moments);
        of.numbers.chunks_exact(of.width).flat_map(|x| of.law.summary(x).mean).collect()
    }

    /// The parameters of a member's q that a start may give, with how many numbers each has; none where
    /// nothing starts from values.
    fn parameters(&self, member: usize) -> Option<Vec<(&'static str, usize)>> {
        let _ = member;
        None
    }

    /// Moments of elements from what a start gives. `eta` and `moments` hold the prior's, and are written
    /// over; what is not given stays as the prior has it.
    ///
    /// # Errors
    /// What is given makes no distribution.
    fn start(
        &self,
        given: &[Given<'_>],
        which: Which<'_>,
        eta: &mut [f64],
        moments: &mut [f64],
    ) -> Result<(), Failure> {
        let _ = (given, which, eta, moments);
        Ok(())
    }

    /// Moments of elements whose members are categories, from responsibilities of each member, taken as
    /// independent.
    fn independent(&self, which: Which<'_>, members: &[Vec<f64>], moments: &mut [f64]) {
        let _ = which;
        moments.copy_from_slice(&members[0]);
    }

    /// Writes moments to start from, of elements at their priors, where the priors' own say nothing; says whether it did.
    fn first(&self, eta: &[f64], moments: &mut [f64]) -> bool {
        let _ = (eta, moments);
        false
    }

    /// Moves every mean by a draw of its own spread, at most of unit spread, where the block is Gaussian.
    fn nudge(&self, random: &mut Stream, moments: &mut [f64]) {
        let _ = (random, moments);
    }

    /// Natural parameters after each member's values are moved by `by`: of each member, a number for each of
    /// its own, in the order of [`BlockShape::start`]'s values; none where it is not moved. `None` where the
    /// kind has no such move.
    fn shifted(&self, eta: &[f64], by: &[Vec<f64>]) -> Option<Vec<f64>> {
        by.iter().all(Vec::is_empty).then(|| eta.to_vec())
    }

    /// Members of one element.
    fn members(&self) -> usize {
        1
    }

    /// Adds a draw of every member's value in each element to `out`, a list for each member; NaN where an
    /// element is missing as a whole and weighs nothing. Steps of sequences draw together
    /// ([`super::sequence::Ready::draw`]).
    ///
    /// # Errors
    /// The first element without a distribution.
    fn draw(
        &self,
        which: Which<'_>,
        eta: &[f64],
        random: &mut Stream,
        out: &mut [Vec<f64>],
    ) -> Result<(), Failure>;

    /// The layout written down, with natural parameters of all elements; `None` for what only its data lay
    /// out.
    fn portable(&self, eta: &[f64]) -> Option<Portable> {
        let _ = eta;
        None
    }

    /// The statistic of one element at known values of all its members. What a step has in common with others
    /// is not there: [`SequenceKernel::statistic`] has it.
    fn statistic(&self, element: usize, values: &[&[f64]], out: &mut [f64]);
}
