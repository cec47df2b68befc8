//! The bytes of a kept posterior: a safetensors file, named arrays behind a JSON header. The same posterior
//! has the same bytes. Not here: what the arrays are (`save`).
//!
//! The header's one text, `elbow`, is the document; one text, since several would be written in any order.
//! The array `checksum` is a fingerprint of the document and of every other array.

use super::{
    document::{Document, FORMAT},
    error::KeepError,
};
use crate::num::digest::Digest;
use safetensors::{Dtype, SafeTensorError, SafeTensors, View};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

/// The text of the header that is the document.
const DOCUMENT: &str = "elbow";
/// The array that is a fingerprint of the rest.
const CHECKSUM: &str = "checksum";

/// A named array.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its shape, row-major.
    pub shape: Vec<usize>,
    /// What is in it.
    pub numbers: ArrayNumbers,
}

/// What is in an array.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrayNumbers {
    /// Real numbers.
    Real(Vec<f64>),
    /// Whole numbers.
    Whole(Vec<u64>),
}

/// Arrays by name.
pub type Arrays = BTreeMap<String, Array>;

impl Array {
    /// Of real numbers.
    pub fn real(shape: Vec<usize>, values: Vec<f64>) -> Self {
        Self { shape, numbers: ArrayNumbers::Real(values) }
    }
    /// Of whole numbers, a list.
    pub fn whole(values: Vec<u64>) -> Self {
        Self { shape: vec![values.len()], numbers: ArrayNumbers::Whole(values) }
    }
}

/// An array as bytes, little end first.
struct Bytes<'a> {
    dtype: Dtype,
    shape: &'a [usize],
    data: Vec<u8>,
}

impl View for &Bytes<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }
    fn data_len(&self) -> usize {
        self.data.len()
    }
}

fn bytes(array: &Array) -> Bytes<'_> {
    let (dtype, data) = match &array.numbers {
        ArrayNumbers::Real(x) => (Dtype::F64, x.iter().flat_map(|x| x.to_le_bytes()).collect()),
        ArrayNumbers::Whole(x) => (Dtype::U64, x.iter().flat_map(|x| x.to_le_bytes()).collect()),
    };
    Bytes { dtype, shape: &array.shape, data }
}

/// The fingerprint of a document and of arrays, name by name.
fn checksum<'a>(document: &str, arrays: impl Iterator<Item = (&'a str, &'a [usize], &'a [u8])>) -> u64 {
    let mut digest = Digest::default();
    digest.bytes(document.as_bytes());
    for (name, shape, data) in arrays {
        digest.bytes(name.as_bytes());
        shape.iter().for_each(|&n| {
            digest.word(n as u64);
        });
        digest.bytes(data);
    }
    digest.finish()
}

/// The file's bytes.
///
/// # Errors
/// The header would be larger than the format allows; in words.
pub fn write(document: &Document, arrays: &Arrays) -> Result<Vec<u8>, String> {
    let text = serde_json::to_string(document).map_err(|e| e.to_string())?;
    let all: Vec<(&str, Bytes<'_>)> = arrays.iter().map(|(name, a)| (name.as_str(), bytes(a))).collect();
    let sum = checksum(&text, all.iter().map(|(name, b)| (*name, b.shape, b.data.as_slice())));
    let sum = Array::whole(vec![sum]);
    let sum = bytes(&sum);
    let entries = all.iter().map(|(name, b)| (*name, b)).chain([(CHECKSUM, &sum)]);
    let header = HashMap::from([(DOCUMENT.to_string(), text)]);
    safetensors::serialize(entries, Some(header)).map_err(|e| e.to_string())
}

/// What stands in the bytes of a file.
///
/// # Errors
/// It is no kept posterior, or a damaged one, or one that a later version wrote.
pub fn read(file: &[u8]) -> Result<(Document, Arrays), KeepError> {
    if file.is_empty() {
        return Err(KeepError::Damaged("the file is empty".into()));
    }
    let (_, header) = SafeTensors::read_metadata(file).map_err(|e| unreadable(file, &e))?;
    let Some(text) = header.metadata().as_ref().and_then(|m| m.get(DOCUMENT)) else {
        return Err(KeepError::Foreign("it is a safetensors file that elbow has not written"));
    };
    let format: Format = serde_json::from_str(text).map_err(|_| damaged_header())?;
    if format.format > FORMAT {
        return Err(KeepError::Newer { format: format.format, version: format.version });
    }
    let tensors = SafeTensors::deserialize(file).map_err(|e| unreadable(file, &e))?;
    let mut all = tensors.tensors();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let sum = all.iter().find(|(name, _)| name == CHECKSUM).map(|(_, t)| words(t.data()));
    let rest = all.iter().filter(|(name, _)| name != CHECKSUM);
    let found = checksum(text, rest.clone().map(|(name, t)| (name.as_str(), t.shape(), t.data())));
    if sum != Some(vec![found]) {
        return Err(KeepError::Damaged("its checksum is not that of what stands in it".into()));
    }
    let mut arrays = Arrays::new();
    for (name, tensor) in rest {
        let numbers = match tensor.dtype() {
            Dtype::F64 => ArrayNumbers::Real(words(tensor.data()).into_iter().map(f64::from_bits).collect()),
            Dtype::U64 => ArrayNumbers::Whole(words(tensor.data())),
            _ => return Err(KeepError::Damaged(format!("the array `{name}` has numbers of another kind"))),
        };
        arrays.insert(name.clone(), Array { shape: tensor.shape().to_vec(), numbers });
    }
    let document = serde_json::from_str(text).map_err(|_| damaged_header())?;
    Ok((document, arrays))
}

/// What every format's document has.
#[derive(serde::Deserialize)]
struct Format {
    format: u32,
    version: String,
}

fn damaged_header() -> KeepError {
    KeepError::Damaged("its header cannot be read".into())
}

fn words(data: &[u8]) -> Vec<u64> {
    data.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect()
}

/// A header begins with its length and an opening brace: what does not was never such a file.
fn unreadable(file: &[u8], e: &SafeTensorError) -> KeepError {
    let brace = file.get(8).is_none_or(|b| *b == b'{');
    let length = file.first_chunk::<8>().map(|b| u64::from_le_bytes(*b));
    match (length, e) {
        (None, _) => KeepError::Damaged(format!("it ends after {} bytes", file.len())),
        (Some(length), SafeTensorError::InvalidHeaderLength | SafeTensorError::MetadataIncompleteBuffer)
            if brace && length < 1 << 40 =>
        {
            KeepError::Damaged(format!("it is cut short: it ends after {} bytes", file.len()))
        }
        _ if brace => KeepError::Damaged(format!("its header cannot be read ({e})")),
        _ => KeepError::Foreign("it is no safetensors file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keep::document::{ModelText, RunText};

    fn sample() -> (Document, Arrays) {
        let text = |s: &str| s.to_string();
        let document = Document {
            format: FORMAT,
            version: text("0.0"),
            model: ModelText { name: text("m"), file: text("m.ron"), text: text("Model()"), tables: vec![] },
            data: text("0"),
            observed: String::new(),
            run: RunText { seed: u64::MAX, restart: 1, stop: text("converged"), falls: vec![] },
            nodes: vec![],
            plates: vec![],
            columns: vec![],
            positions: vec![],
            blocks: vec![],
        };
        let arrays = Arrays::from([
            ("trace".into(), Array::real(vec![3], vec![-3.5, f64::NEG_INFINITY, 0.1 + 0.2])),
            ("pairs".into(), Array::whole(vec![7, u64::MAX])),
            ("nothing".into(), Array::real(vec![0, 2], vec![])),
        ]);
        (document, arrays)
    }

    #[test]
    fn what_is_written_is_read_again_and_has_the_same_bytes() {
        let (document, arrays) = sample();
        let file = write(&document, &arrays).unwrap();
        assert_eq!(read(&file).unwrap(), (document.clone(), arrays.clone()));
        assert_eq!(write(&document, &arrays).unwrap(), file);
    }

    #[test]
    fn a_file_cut_anywhere_or_with_any_bit_turned_is_refused() {
        let (document, arrays) = sample();
        let file = write(&document, &arrays).unwrap();
        for end in 0..file.len() {
            assert!(matches!(read(&file[..end]), Err(KeepError::Damaged(_))), "{end} bytes");
        }
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut other = file.clone();
                other[at] ^= 1 << bit;
                match read(&other) {
                    Err(_) => {}
                    // Blanks behind the header say nothing.
                    Ok(same) => assert_eq!(same, (document.clone(), arrays.clone()), "bit {bit} of {at}"),
                }
            }
        }
    }

    #[test]
    fn what_is_foreign_or_newer_is_told_apart() {
        let (mut document, arrays) = sample();
        assert!(matches!(read(b"mean,sd\n1,2\n"), Err(KeepError::Foreign(_))));
        let other = Array::real(vec![2], vec![1.0, 2.0]);
        let foreign = safetensors::serialize([("w", &bytes(&other))], None).unwrap();
        assert!(matches!(read(&foreign), Err(KeepError::Foreign(_))));
        document.format = FORMAT + 1;
        let newer = write(&document, &arrays).unwrap();
        assert_eq!(read(&newer), Err(KeepError::Newer { format: FORMAT + 1, version: "0.0".into() }));
    }
}
