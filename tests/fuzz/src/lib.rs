//! What the targets share: bytes read as a file of some format, and a text taken as a model.

use elbow::{
    data::{self, MemoryFiles},
    diag::{Diagnostics, render::render_all},
    pipeline,
    source::Source,
    syntax,
};

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

/// Takes `text` as far as its factor graph, and shows what was found.
pub fn model(text: &[u8]) {
    let source = Source::new("m.ron", String::from_utf8_lossy(text).into_owned());
    let mut diags = Diagnostics::default();
    if let Ok(model) = syntax::parse(&source, &mut diags) {
        let _ = model.to_string();
        let _ = pipeline::graph(&model, &source, &mut diags);
    }
    let _ = render_all(diags.list(), &source, false);
}
