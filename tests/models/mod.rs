//! Takes a model file as far as its factor graph and its bound data. Reads from disk, as only tests and `cli`
//! do.

use elbow::{
    check, data,
    diag::{Diagnostics, render::render_all},
    graph::{self, Bound, FactorGraph, factor_graph::TableSource},
    shape::DataTableId,
    source::Source,
    syntax,
};
use std::{fs, io::Read, path::Path};

/// Files beside a model.
pub struct Beside<'a>(pub &'a Path);

impl data::Files for Beside<'_> {
    fn open(&self, path: &Path) -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(fs::File::open(self.0.join(path))?))
    }
}

/// The source of a model, shown under its file name.
pub fn source(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Source::new(path.file_name().unwrap().to_string_lossy(), text)
}

/// The graph and its data, if both are sound.
pub fn bind(path: &Path, source: &Source, diags: &mut Diagnostics) -> Option<(FactorGraph, Bound)> {
    let model = syntax::parse(source, diags).ok()?;
    let graph = graph::resolve(&model, source, diags).ok()?;
    check::check(&graph, source, diags).ok()?;
    let graph = graph.augmented();
    let files = Beside(path.parent().unwrap());
    let mut tables = vec![];
    for (i, table) in graph.tables.iter().enumerate() {
        let read = match &table.source {
            TableSource::File(file) => {
                let wanted = graph::TableNeeds::new(&graph, DataTableId(i));
                data::read(&files, &table.name, file, Some(&wanted))
            }
            TableSource::Inline(_) => graph::written_table(&model.data[i]).unwrap(),
        };
        match read {
            Ok(t) => tables.push(t),
            Err(d) => {
                diags.error(d);
            }
        }
    }
    diags.gate().ok()?;
    let bound = graph::bind(&graph, &tables, source, diags).ok()?;
    Some((graph, bound))
}

/// Everything that was found, drawn, with the lines of data files.
pub fn drawn(path: &Path, source: &Source, diags: &Diagnostics) -> String {
    let files = Beside(path.parent().unwrap());
    let list: Vec<_> = diags.list().iter().cloned().map(|d| data::show_line(&files, d)).collect();
    render_all(&list, source, false)
}

/// The models of a folder, sorted.
pub fn models(folder: &str) -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "ron"))
        .collect();
    all.sort();
    all
}
