//! A fingerprint of the data that a model has read: whoever goes on needs the same. Not here: the
//! fingerprint's own arithmetic (`num::digest`).

use crate::{
    graph::{
        Bound,
        bound::{BoundPlate, ObservedArray},
    },
    num::digest::Digest,
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
