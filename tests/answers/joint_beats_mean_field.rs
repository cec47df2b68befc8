//! A joint block's ELBO is never below the mean-field one: every graph as it is given and with
//! `factorize: MeanField`, run until they stand still.
//!
//! At one and the same optimum this is a theorem: the product of a joint block's marginals is one of the q
//! that the joint block may be, and so the best joint q is at least as good. Runs end in local optima, and
//! the two may end in different ones. So both take the best of several starts, with the same seeds. Where
//! categories are selected the starts are the same responsibilities for both.

use crate::common::fit_text;

/// Iterations of one start, at most: the slowest mean-field graphs creep.
const ITERATIONS: &str = "3000";
const STARTS: &str = "5";
/// Graphs of which most starts end in a worse optimum: a stick splits its largest component.
const MORE_STARTS: [(&str, &str); 1] = [("dp_mixture.ron", "20")];

/// Nats that the joint block gains, at least, where that is known to be many.
const GAINS: [(&str, f64); 3] = [("regression.ron", 0.01), ("local_level.ron", 10.0), ("lds.ron", 5.0)];

#[test]
fn on_every_graph() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/graphs/");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the graphs")
        .filter_map(|e| e.expect("an entry").file_name().into_string().ok())
        .filter(|n| n.ends_with(".ron"))
        .collect();
    names.sort();
    let (mut wrong, mut compared) = (String::new(), 0);
    for name in names {
        let text =
            std::fs::read_to_string(format!("{folder}{name}")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let text = text.replace("\"data/", &format!("\"{folder}data/"));
        let (body, _) = text.trim_end().rsplit_once(')').expect("a model ends in a bracket");
        let starts = MORE_STARTS.iter().find(|s| s.0 == name).map_or(STARTS, |s| s.1);
        let options = ["--restarts", starts, "--tolerance", "1e-9", "--max-iterations", ITERATIONS];
        let alone = |b: &serde_json::Value| b["kind"] == "independent";
        let first = fit_text(&text, &[], &["--max-iterations", "1"]);
        if first.0["blocks"].as_array().expect("a list").iter().all(alone) {
            // The two are one.
            continue;
        }
        let joint = fit_text(&text, &[], &options);
        compared += 1;
        let apart = fit_text(&format!("{body}    factorize: MeanField,\n)"), &[], &options).elbo();
        println!("{name}: joint {:.6}, mean field {apart:.6}", joint.elbo());
        // Each stops within the tolerance of its limit, and creeps to it: some hundred times the last change.
        let gain = GAINS.iter().find(|g| g.0 == name).map_or(0.0, |g| g.1);
        if joint.elbo() < apart + gain - 1e-6 * apart.abs() {
            wrong += &format!(
                "{name}: joint {}, mean field {apart}, expected {gain} between them\n",
                joint.elbo()
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(compared >= 12, "only {compared} graphs have a block of several variables");
}
