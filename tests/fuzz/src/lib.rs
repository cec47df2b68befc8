//! What the targets share: bytes read as a file of some format, and a text taken as a model.

#[path = "../../hostile/take.rs"]
mod take;

use elbow::data::{self, MemoryFiles};

/// Reads `bytes` as the file `path`, and takes each column as all that a column can be taken as.
pub fn read(path: &str, bytes: &[u8]) {
    let files = MemoryFiles::new().with(path, bytes);
    let Ok(table) = data::read(&files, "t", path, Some(&|c: &str| c.len() < 4 || c == "label")) else { return };
    for column in &table.columns {
        let _ = column.as_numbers(&table);
        let _ = column.as_weights(&table);
        let _ = column.as_bool01(&table);
        let _ = column.as_counts(&table);
        let _ = column.as_category(&table);
    }
}

/// Takes `text` as far as two iterations, where its tables stand in it.
pub fn model(text: &[u8]) {
    take::model(text, &MemoryFiles::new());
}
