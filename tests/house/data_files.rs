//! The simulated tables of `graphs/data` are what `examples/make_data.rs` writes.
#[path = "../../examples/make_data.rs"]
mod make_data;

#[test]
fn committed_tables_are_the_generated_ones() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("graphs/data");
    for (name, content) in make_data::tables() {
        let path = folder.join(name);
        let committed = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(
            committed, content,
            "graphs/data/{name}: run `cargo run --example make_data` and commit what it writes"
        );
    }
}

#[test]
fn the_karate_club_has_78_ties() {
    let karate = make_data::tables()
        .into_iter()
        .find(|(name, _)| *name == "karate.csv")
        .map(|(_, text)| text)
        .unwrap_or_default();
    assert_eq!(karate.lines().count(), 1 + 561);
    assert_eq!(karate.lines().filter(|l| l.ends_with(",1")).count(), 78);
}
