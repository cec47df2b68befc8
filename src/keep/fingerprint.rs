//! Fingerprints of the data that a model has read, for whoever goes on with it, and of those that it observes, for whoever
//! compares it with others. Not here: the fingerprint's own arithmetic (`num::digest`).

use crate::{
    graph::{
        Bound, FactorGraph,
        bound::{BoundPlate, ObservedArray},
    },
    num::digest::Digest,
    shape::{NodeId, PlateId},
};

/// The fingerprint, in sixteen letters and digits. All values must still be there.
pub fn of_data(bound: &Bound) -> String {
    let mut d = Digest::default();
    let texts = |d: &mut Digest, labels: Option<&[String]>| {
        labels.unwrap_or_default().iter().for_each(|l| {
            d.bytes(l.as_bytes());
        });
        d.word(labels.map_or(0, |l| l.len() as u64 + 1));
    };
    let codes = |d: &mut Digest, codes: &[u32]| {
        codes.iter().for_each(|c| {
            d.word(u64::from(*c));
        });
        d.word(codes.len() as u64);
    };
    for BoundPlate { size, labels, weight, sequences, parents } in &bound.plates {
        d.word(*size as u64);
        texts(&mut d, labels.as_deref());
        d.numbers(weight.as_deref().unwrap_or_default());
        if let Some(s) = sequences {
            codes(&mut d, &s.order);
            codes(&mut d, &s.starts);
        }
        codes(&mut d, parents.as_deref().unwrap_or_default());
    }
    for column in &bound.columns {
        d.numbers(column.numbers.as_deref().unwrap_or_default());
        column.codes.iter().for_each(|(_, c)| codes(&mut d, c));
        texts(&mut d, column.levels.as_deref());
    }
    bound.inputs.iter().for_each(|i| {
        d.numbers(i);
    });
    for values in &bound.observed {
        match values {
            None => d.word(0),
            Some(ObservedArray::Numbers { width, values }) => d.word(*width as u64).numbers(values),
            Some(ObservedArray::Codes(c)) => {
                codes(&mut d, c);
                &mut d
            }
        };
    }
    format!("{:016x}", d.finish())
}

/// The fingerprint of what is observed, in sixteen letters and digits: the same for models that call it by other names,
/// in another order, as a vector or number by number. All values must still be there.
pub fn of_observed(graph: &FactorGraph, bound: &Bound) -> String {
    let mut all = 0u64;
    for (n, node) in graph.nodes.iter().enumerate() {
        let Some(values) = bound.observed(NodeId(n)) else { continue };
        let sizes: Vec<usize> = node.plates.iter().map(|p| bound.plate(*p).size).collect();
        let rows = node.plates.iter().position(|p| graph.plates[p.0].kind.rows_of().is_some()).unwrap_or(0);
        let inner: usize = sizes.iter().skip(rows + 1).product();
        let size = sizes.get(rows).copied().unwrap_or(1);
        let outer: usize = sizes.iter().take(rows).product();
        let weight = node.plates.get(rows).and_then(|p: &PlateId| bound.plate(*p).weight.as_deref());
        let labels = node.event.and_then(|e| bound.labels(e));
        let width = match values {
            ObservedArray::Numbers { width, .. } => *width,
            ObservedArray::Codes(_) => 1,
        };
        // Column by column: their sum does not depend on which comes first.
        for column in 0..outer * inner * width {
            let (component, rest) = (column % width, column / width);
            let mut d = Digest::default();
            for row in 0..size {
                let element = (rest / inner * size + row) * inner + rest % inner;
                match values {
                    ObservedArray::Numbers { values, .. } => {
                        d.numbers(&[values[element * width + component]])
                    }
                    ObservedArray::Codes(codes) => match (codes[element], &labels) {
                        (u32::MAX, _) => d.word(u64::MAX),
                        (code, Some(labels)) => d.bytes(labels[code as usize].as_bytes()),
                        (code, None) => d.bytes((code + 1).to_string().as_bytes()),
                    },
                };
            }
            d.numbers(weight.unwrap_or_default());
            all = all.wrapping_add(d.finish());
        }
    }
    format!("{all:016x}")
}
