//! Draws as a long table: `node`, `index`, `draw`, `value`. Not here: other formats.

use super::drawn::Draws;
use crate::report::{axes::labels_at, csv::cell};
use std::io;

/// Writes one line for each number of each draw.
pub(super) fn write(draws: &Draws, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["node", "index", "draw", "value"])?;
    for (node, values) in &draws.nodes {
        let each = values.len() / draws.count.max(1);
        let names: Vec<String> =
            (0..each).map(|i| labels_at(node.plates.iter().chain(&node.event), i).join(",")).collect();
        for (draw, values) in values.chunks_exact(each.max(1)).enumerate() {
            for (name, x) in names.iter().zip(values) {
                csv.write_record([&node.name, name, &(draw + 1).to_string(), &cell(*x)])?;
            }
        }
    }
    csv.flush()
}
