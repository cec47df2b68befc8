//! A kept posterior in memory: its document and its arrays, with the checks that reading needs. Not here:
//! what is made of it (`blocks`, `show`, `resume`).

use super::{
    document::Document,
    error::KeepError,
    file::{self, Array, ArrayNumbers, Arrays},
    turned,
};
use crate::{
    engine::{
        Moves,
        record::{Fall, Iteration, Proposals, Record},
        rounding::Rounding,
    },
    num::digest::Digest,
    plan::recentre::Turn,
};

/// A kept posterior.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// What it says of itself.
    pub document: Document,
    pub(super) arrays: Arrays,
}

impl Kept {
    /// What stands in the bytes of a file.
    ///
    /// # Errors
    /// It is no kept posterior, or a damaged one, or one that a later version wrote.
    pub fn read(bytes: &[u8]) -> Result<Self, KeepError> {
        let (document, arrays) = file::read(bytes)?;
        Ok(Self { document, arrays })
    }

    /// The bytes of its file: the same posterior has the same ones.
    ///
    /// # Errors
    /// The header would be larger than the format allows; in words.
    pub fn write(&self) -> Result<Vec<u8>, String> {
        file::write(&self.document, &self.arrays)
    }

    /// An array of real numbers; empty where there is none of that name.
    pub fn real(&self, name: &str) -> &[f64] {
        match self.arrays.get(name) {
            Some(Array { numbers: ArrayNumbers::Real(x), .. }) => x,
            _ => &[],
        }
    }

    /// An array of whole numbers; empty where there is none of that name.
    pub fn whole(&self, name: &str) -> &[u64] {
        match self.arrays.get(name) {
            Some(Array { numbers: ArrayNumbers::Whole(x), .. }) => x,
            _ => &[],
        }
    }

    /// Changes to the categories of the run.
    pub fn moves(&self) -> Moves {
        let &[tried, kept] = self.whole("moves") else { return Moves::default() };
        Moves { tried: tried as usize, kept: kept as usize }
    }

    /// Puts an array beside the others.
    pub fn insert(&mut self, name: String, array: Array) {
        self.arrays.insert(name, array);
    }

    /// The centre of a node's values: what was taken off them before inference.
    pub fn centre(&self, node: &str) -> &[f64] {
        self.real(&format!("centre/{node}"))
    }

    /// Whether its run has moved to centres of its own, or to other coordinates.
    pub fn is_moved(&self) -> bool {
        !self.real("moved").is_empty()
    }

    /// A fingerprint of all that stands in it.
    pub fn fingerprint(&self) -> String {
        let mut digest = Digest::default();
        if let Ok(bytes) = self.write() {
            digest.bytes(&bytes);
        }
        format!("{:016x}", digest.finish())
    }

    /// The coordinates of a block, by its place, where they are others than its nodes' values.
    pub fn turn(&self, block: usize) -> Option<Turn> {
        turned::turn(self.real(&turned::name(block)))
    }

    /// What is kept of its iterations; they took no time.
    pub fn record(&self) -> Record {
        let proposals = self.whole("proposals");
        let iterations = self.real("trace").iter().zip(self.whole("steps")).enumerate();
        let iterations = iterations.map(|(i, (&elbo, &steps))| {
            let proposals = proposals.get(i).map_or_else(Proposals::default, |&n| Proposals::unpacked(n));
            Iteration { elbo, steps: steps as usize, proposals, seconds: 0.0 }
        });
        let (sizes, _) = self.real("falls").as_chunks::<2>();
        let falls = self.document.run.falls.iter().zip(sizes).map(|((iteration, node), [by, rounding])| {
            Fall { by: *by, rounding: *rounding, iteration: *iteration, node: node.clone() }
        });
        Record::of(iterations.collect(), self.real("terms").to_vec(), falls.collect())
    }

    /// What rounding may have done to its bound.
    pub fn rounding(&self) -> Rounding {
        let [nats, magnitude, node] = *self.real("rounding").first_chunk::<3>().unwrap_or(&[f64::NAN; 3]);
        Rounding { nats, magnitude, node: node as usize }
    }
}
