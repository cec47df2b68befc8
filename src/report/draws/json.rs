//! Draws as ArviZ's `from_dict` takes them: `posterior` → node → chain, draw, then the node's own axes. Not
//! here: other formats.

use super::drawn::Draws;
use crate::report::json::{Nested, ObjectJson};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io;

struct File<'a>(&'a Draws);

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let draws = self.0;
        let shapes: Vec<Vec<usize>> = draws
            .nodes
            .iter()
            .map(|(n, _)| {
                let own = n.plates.iter().chain(&n.event).map(|a| a.size);
                [1, draws.count].into_iter().chain(own).collect()
            })
            .collect();
        let each = || {
            draws
                .nodes
                .iter()
                .zip(&shapes)
                .map(|((n, values), shape)| (n.name.as_str(), Nested { shape, values }))
        };
        let mut map = s.serialize_map(Some(1))?;
        map.serialize_entry("posterior", &ObjectJson(each))?;
        map.end()
    }
}

/// Writes one object.
pub(super) fn write(draws: &Draws, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &File(draws)).map_err(io::Error::from)?;
    writeln!(out)
}
