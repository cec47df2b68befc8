//! Every model of `graphs` and of `tests/models` is read, resolved and bound to its data.

use elbow::{
    data::{self, files::Files},
    diag::{Diagnostics, render::render_all},
    graph::{self, factor_graph::TableSource},
    shape::DataTableId,
    source::Source,
};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Files beside a model.
struct Beside(PathBuf);

impl Files for Beside {
    fn open(&self, path: &Path) -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(File::open(self.0.join(path))?))
    }
}

/// As far as the data, or what the user would see.
fn bind(name: &str, text: &str, folder: &Path) -> Result<(), String> {
    let source = Source::new(name, text);
    let mut diags = Diagnostics::default();
    let seen = |diags: &Diagnostics| render_all(diags.list(), &source, false);
    let Ok(model) = elbow::syntax::parse(&source, &mut diags) else { return Err(seen(&diags)) };
    let Ok(graph) = graph::resolve(&model, &source, &mut diags) else { return Err(seen(&diags)) };
    let files = Beside(folder.to_owned());
    let mut tables = Vec::new();
    for (i, table) in graph.tables.iter().enumerate() {
        let read = match &table.source {
            TableSource::File(path) => {
                data::read(&files, &table.name, path, Some(&graph::TableNeeds::new(&graph, DataTableId(i))))
            }
            TableSource::Inline(_) => {
                let declared = model.data.iter().find(|d| d.name.node == table.name);
                let Some(read) = declared.and_then(graph::written_table) else {
                    panic!("{name}: table {} is written nowhere", table.name)
                };
                read
            }
        };
        match read {
            Ok(table) => tables.push(table),
            Err(d) => {
                diags.error(d);
                return Err(seen(&diags));
            }
        }
    }
    if graph::bind(&graph, &tables, &source, &mut diags).is_err() || !diags.list().is_empty() {
        return Err(seen(&diags));
    }
    Ok(())
}

fn models(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut out: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|x| x == "ron"))
        .collect();
    out.sort();
    out
}

#[test]
fn every_model_is_read_and_bound_without_a_warning() {
    let all = [models("graphs"), models("tests/models")].concat();
    assert!(all.len() >= 20, "only {} models were found", all.len());
    let mut wrong = String::new();
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let folder = path.parent().unwrap_or(Path::new("."));
        if let Err(message) = bind(&path.display().to_string(), &text, folder) {
            wrong += &message;
            wrong += "\n";
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
