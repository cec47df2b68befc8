//! The text of a model, taken as far as it goes: its graph, its data, its plan, two iterations and what is read
//! of them. Not here: where texts come from (`models`, and the fuzz targets).

use elbow::{
    answer,
    data::MemoryFiles,
    diag::{Diagnostics, render::render_all},
    engine::{Options, Unwatched},
    graph::factor_graph::{DataTable, TableSource},
    pipeline,
    report::{self, Page, Show},
    source::Source,
    syntax,
};

/// Bytes of arrays that a mutated model may ask for.
const ROOM: u64 = 1 << 22;

/// Takes a text as a model whose tables stand in it or among `files`; says whether it has run.
pub fn model(text: &[u8], files: &MemoryFiles) -> bool {
    let source = Source::new("m.ron", String::from_utf8_lossy(text).into_owned());
    let mut diags = Diagnostics::default();
    let ran = stages(&source, files, &mut diags).is_some();
    let _ = render_all(diags.list(), &source, false);
    ran
}

fn stages(source: &Source, files: &MemoryFiles, diags: &mut Diagnostics) -> Option<()> {
    let model = syntax::parse(source, diags).ok()?;
    let _ = model.to_string();
    let graph = pipeline::graph(&model, source, diags).ok()?;
    if large(&source.text) {
        return None;
    }
    let path = |t: &DataTable| match &t.source {
        TableSource::File(path) => Some(path.into()),
        TableSource::Inline(_) => None,
    };
    let bound = pipeline::bind(&model, &graph, files, &path, source, diags).ok()?;
    let plan = pipeline::plan_about(&graph, &bound, (ROOM, None), diags).ok()?;
    let options =
        Options { max_iterations: 2, threads: 1, all_nodes: true, quantiles: 20, ..Options::default() };
    match answer::fit(&graph, &bound, &plan, &options, &mut Unwatched) {
        Ok(posterior) => {
            let page = Page { show: Show::All, quantiles: true, ..Page::default() };
            for format in report::FORMATS {
                format.write(&posterior, &page, &mut std::io::sink()).ok()?;
            }
        }
        Err(e) => drop(render_all(&[e.diagnostic(None)], source, false)),
    }
    Some(())
}

/// Sizes of plates that mean much memory before a plan can count it.
fn large(text: &str) -> bool {
    let mut digits = 0;
    text.bytes().any(|b| {
        digits = if b.is_ascii_digit() { digits + 1 } else { 0 };
        digits > 4
    }) || text.contains(['e', 'E'])
        && text.contains("Size(")
        && text.split("Size(").skip(1).any(|s| s.split(')').next().is_some_and(|n| n.contains(['e', 'E'])))
}
