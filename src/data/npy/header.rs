//! The header of a NumPy array: what its elements are and how they lie.

use super::number_type::NumberType;

/// What a header says.
#[derive(Debug, PartialEq)]
pub(super) struct NpyHeader {
    pub element: NumberType,
    pub big: bool,
    pub fortran: bool,
    pub shape: Vec<usize>,
}

impl NpyHeader {
    /// `{'descr': '<f8', 'fortran_order': False, 'shape': (272, 2), }`, in any order of keys.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let value = |key: &str| -> Option<&str> {
            let at = text.find(&format!("'{key}'")).or_else(|| text.find(&format!("\"{key}\"")))?;
            Some(text[at + key.len() + 2..].trim_start().strip_prefix(':')?.trim_start())
        };
        let missing = |key: &str| format!("has a header without `{key}`");
        let descr = value("descr").ok_or_else(|| missing("descr"))?;
        let quote = descr
            .chars()
            .next()
            .filter(|c| matches!(c, '\'' | '"'))
            .ok_or("holds records of several fields, not numbers")?;
        let descr = descr[1..].split(quote).next().unwrap_or_default();
        let (order, kind) = descr.split_at_checked(1).ok_or("has a header without a type")?;
        let (big, kind) = match order {
            "<" | "|" => (false, kind),
            ">" => (true, kind),
            "=" => (cfg!(target_endian = "big"), kind),
            _ => (false, descr),
        };
        let element = NumberType::ALL
            .into_iter()
            .find(|e| e.name() == kind)
            .ok_or_else(|| format!("holds elements of type `{descr}`; integers, floats of 32 and 64 bits and truth values are read"))?;
        let fortran = match value("fortran_order").ok_or_else(|| missing("fortran_order"))? {
            v if v.starts_with("True") => true,
            v if v.starts_with("False") => false,
            _ => return Err("has a header whose `fortran_order` is neither True nor False".into()),
        };
        let shape = value("shape").ok_or_else(|| missing("shape"))?;
        let shape = shape
            .strip_prefix('(')
            .and_then(|s| s.split(')').next())
            .ok_or("has a header whose `shape` is no tuple")?;
        let sizes = shape.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::parse::<usize>);
        let shape = sizes
            .collect::<Result<Vec<usize>, _>>()
            .map_err(|_| format!("has a header whose shape is ({shape})"))?;
        Ok(Self { element, big, fortran, shape })
    }
}
