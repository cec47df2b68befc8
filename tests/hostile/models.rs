//! Mutated texts of models, taken as far as two iterations where their tables are at hand.

use crate::{
    mutate::{Mutator, try_all, try_with},
    small, take,
};
use elbow::data::MemoryFiles;
use std::{cell::Cell, fs, path::Path, time::Instant};

/// The first lines of the tables that come with elbow.
const LINES: usize = 12;

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn listed(folder: &str, extension: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(package().join(folder)).unwrap().map(|e| e.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == extension)).collect();
    paths.sort();
    paths
}

/// The models that come with elbow, sound and bad ones, and small ones with their data.
fn sound() -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = vec![];
    for path in ["graphs", "graphs/bad", "tests/models"].iter().flat_map(|f| listed(f, "ron")) {
        let text = fs::read(path).unwrap();
        if text.len() < 4000 {
            out.push(text);
        }
    }
    assert!(out.len() > 50, "{}", out.len());
    // As often as the others together.
    let times = out.len() / small::MODELS.len();
    out.extend(small::MODELS.iter().flat_map(|m| vec![m.as_bytes().to_vec(); times]));
    out
}

/// The tables that come with elbow, cut short.
fn tables() -> MemoryFiles {
    listed("graphs/data", "csv").iter().fold(MemoryFiles::new(), |files, path| {
        let text = fs::read_to_string(path).unwrap();
        let head: Vec<&str> = text.lines().take(LINES).collect();
        files.with(&format!("data/{}", path.file_name().unwrap().to_string_lossy()), head.join("\n"))
    })
}

#[test]
fn texts_of_models() {
    let files = tables();
    try_all(3000, &sound(), |bytes| _ = take::model(bytes, &files));
}

/// Many of these go all the way.
#[test]
fn texts_that_read_well() {
    let (files, small) = (tables(), small::MODELS.map(|m| m.as_bytes().to_vec()));
    let (done, all) = (Cell::new(0), Cell::new(0));
    try_with(Mutator::exchange, 3000, &small, |bytes| {
        all.set(all.get() + 1);
        let begun = Instant::now();
        done.set(done.get() + u32::from(take::model(bytes, &files)));
        assert!(begun.elapsed().as_secs() < 20, "it took {:?}", begun.elapsed());
    });
    assert!(done.get() > all.get() / 20, "{} of {} ran", done.get(), all.get());
}

#[test]
fn small_models_are_sound() {
    for text in small::MODELS {
        let fit = elbow::Model::from_text(text).and_then(|m| {
            let options = elbow::Options { max_iterations: 2, ..elbow::Options::default() };
            m.fit(&options)
        });
        assert!(fit.is_ok(), "{text}\n{:?}", fit.err());
    }
}

/// Texts that ended in a panic once.
#[test]
fn texts_that_broke_something() {
    let files = tables();
    for path in listed("tests/fuzz/seeds/models", "ron") {
        take::model(&fs::read(path).unwrap(), &files);
    }
}
