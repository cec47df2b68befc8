//! A laid-out block written down, so that it can be laid out again without the model's data. Not here: the
//! file (`keep`), nor any kind of block.

use crate::{
    dist,
    expfam::{family::Family, stat::StatKind},
};
use serde_json::Value;

/// A block's layout with its natural parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Portable {
    /// What the kind's `restore` reads.
    pub layout: Value,
    /// Pairs of entries that it lists, if it lists any.
    pub pairs: Vec<u64>,
    /// Natural parameters as the restored block has them.
    pub eta: Vec<f64>,
}

impl Portable {
    /// Of a block whose natural parameters stay as they are.
    pub fn new(layout: Value, eta: &[f64]) -> Self {
        Self { layout, pairs: vec![], eta: eta.to_vec() }
    }
}

/// A number of a layout.
pub fn number(layout: &Value, name: &str) -> Option<usize> {
    layout.get(name)?.as_u64().and_then(|x| usize::try_from(x).ok())
}

/// A list of numbers.
pub fn numbers(layout: &Value) -> Option<Vec<usize>> {
    layout.as_array()?.iter().map(|x| x.as_u64().and_then(|x| usize::try_from(x).ok())).collect()
}

/// The family and the statistic that a layout names.
pub fn family(layout: &Value) -> Option<(&'static dyn Family, &'static StatKind)> {
    let name = |field: &str| layout.get(field).and_then(Value::as_str);
    let (family, stat) = (name("family")?, name("statistic")?);
    dist::forms().find_map(|s| {
        let own = s.family.filter(|f| f.name() == family && s.stat.name == stat)?;
        Some((own, s.stat))
    })
}

/// A family by its name alone.
pub fn family_named(name: &Value) -> Option<&'static dyn Family> {
    let name = name.as_str()?;
    dist::forms().find_map(|s| s.family.filter(|f| f.name() == name))
}
