//! Pages of kept posteriors: what stands on them, and the rules that each must keep. How they look is for
//! eyes.

use std::{fs, path::Path};

use crate::common::elbow;

/// A graph fitted, kept and shown; the page.
#[track_caller]
fn page(graph: &str, fit: &[&str], report: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (model, post, out) = (format!("graphs/{graph}.ron"), at("kept"), at("page.html"));
    let run = elbow(&[&["fit", model.as_str(), "--quiet", "--save", &post], fit].concat());
    assert!(matches!(run.code, Some(0 | 3)), "{graph}: {}", run.stderr);
    let run = elbow(&[&["report", post.as_str(), "--out", &out], report].concat());
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{graph}: {}", run.stderr);
    fs::read_to_string(out).unwrap()
}

/// Headings and what each figure says is to be seen.
fn structure(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = rest.find('>').map_or(rest.len(), |e| e + 1);
        let tag = &rest[..end];
        let close = match tag {
            "<h1>" => "</h1>",
            t if t.starts_with("<h2") => "</h2>",
            "<h3>" => "</h3>",
            "<p class=\"see\">" | "<p class=\"lede\">" => "</p>",
            "<summary>" => "</summary>",
            _ => {
                rest = &rest[end..];
                continue;
            }
        };
        let to = rest.find(close).unwrap_or(rest.len());
        let indent = if tag.starts_with("<h") { "" } else { "  " };
        out += &format!("{indent}{}\n", words(&rest[end..to]));
        rest = &rest[to..];
    }
    out
}

/// A text without its tags.
fn words(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace('\u{a0}', " ").replace("&amp;", "&").replace("&quot;", "\"")
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(&tag[from..from + tag[from..].find('"')?])
}

/// What every page keeps to.
#[track_caller]
fn rules(graph: &str, html: &str) {
    assert!(html.len() < 600_000, "{graph}: {} bytes", html.len());
    for never in ["http", "<script", "javascript", "url(//", "@import", "/tmp", "/home", "NaN", "inf<"] {
        assert!(!html.contains(never), "{graph}: holds {never:?}");
    }
    for tag in html.split("<svg").skip(1) {
        let whole = &tag[..tag.find('>').unwrap()];
        assert!(whole.contains("viewBox=\"0 0 "), "{graph}: {whole}");
        if whole.contains("aria-hidden") {
            continue;
        }
        assert!(whole.contains("role=\"img\""), "{graph}: {whole}");
        assert!(attribute(whole, "aria-label").is_some_and(|l| l.len() > 10), "{graph}: {whole}");
        let width: f64 = attribute(whole, "viewBox").unwrap().split(' ').nth(2).unwrap().parse().unwrap();
        let body = &tag[..tag.find("</svg>").unwrap()];
        for text in body.split("<text ").skip(1) {
            let Some(x) = attribute(&format!(" {text}"), "x").and_then(|x| x.parse::<f64>().ok()) else {
                continue;
            };
            let inside = x >= -0.1 && x <= width + 0.1 || text.starts_with("x=\"0\" y=\"0\"");
            assert!(inside, "{graph}: a text at {x} of {width}: {}", &text[..text.len().min(120)]);
        }
    }
    let (wide, narrow) =
        (html.matches("<svg class=\"wide\"").count(), html.matches("<svg class=\"narrow\"").count());
    assert_eq!(wide, narrow, "{graph}: each chart at two widths");
    for link in html.split("<a href=\"").skip(1) {
        let id = link[..link.find('"').unwrap()].trim_start_matches('#');
        assert!(html.contains(&format!("id=\"{id}\"")), "{graph}: no section {id}");
    }
    // Figures have a table behind them.
    for figure in html.split("<figure>").skip(1).filter(|f| f.contains("class=\"wide\"")) {
        let figure = &figure[..figure.find("</figure>").unwrap()];
        let see = words(&figure[..figure.find("</p>").unwrap_or(0)]);
        let drawn = figure.contains("class=\"g\"");
        assert!(
            drawn
                || figure.contains("<details>")
                || figure.contains("Graph of states")
                || figure.contains("Correlations"),
            "{graph}: no table behind {see:?}"
        );
    }
}

#[test]
fn each_kind_of_graph_has_its_page() {
    let graphs = [
        (
            "gmm",
            &["--restarts", "20"][..],
            &[
                "Does the model make data like these?",
                "ellipses",
                "Student-t",
                "k\u{a0}=\u{a0}1 with 64\u{a0}%",
            ][..],
        ),
        (
            "hmm",
            &["--restarts", "5"],
            &["The most probable path changes state", "lasts longest", "Longest run above"],
        ),
        ("random_slopes", &[], &["residuals of <code>y</code>", "18 numbers, by mean", "expected"]),
        (
            "lds",
            &["--max-iterations", "10"],
            &[
                "The fit has not converged.",
                "are missing, and are expected within the band",
                "known to within a standard deviation",
            ],
        ),
        ("switching_lds", &["--max-iterations", "60"], &["lasts longest", "Line: the mean of q."]),
        ("matrix_factorisation", &[], &["Only the products with"]),
        ("latent_class", &["--max-iterations", "200"], &["Components differ most in"]),
        ("poisson_mixture", &["--max-iterations", "200"], &["A new row has a mean of"]),
        ("mixture_of_regressions", &["--max-iterations", "200"], &["Each row’s odds", "do not overlap"]),
        ("sprinkler", &[], &["The posterior, node by node"]),
    ];
    for (graph, fit, said) in graphs {
        let html = page(graph, fit, &[]);
        rules(graph, &html);
        said.iter().for_each(|s| assert!(html.contains(s), "{graph}: does not say {s:?}"));
    }
}

#[test]
fn the_structure_of_pages() {
    for (graph, fit) in
        [("gmm", &["--restarts", "20"][..]), ("hmm", &["--restarts", "5"]), ("random_slopes", &[])]
    {
        insta::assert_snapshot!(format!("page_{graph}"), structure(&page(graph, fit, &[])));
    }
}

#[test]
fn the_same_posterior_has_the_same_page() {
    let one = page("gmm", &[], &["--seed", "3"]);
    assert_eq!(one, page("gmm", &[], &["--seed", "3"]));
    assert_ne!(one, page("gmm", &[], &["--seed", "4"]));
}

#[test]
fn one_picture_and_what_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (post, svg) = (at("kept"), at("x.svg"));
    assert_eq!(elbow(&["fit", "graphs/hmm.ron", "--quiet", "--save", &post]).code, Some(0));
    for node in ["rate", "count", "trans"] {
        let run = elbow(&["report", &post, "--plot", node, "--out", &svg]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let text = fs::read_to_string(&svg).unwrap();
        assert!(
            text.starts_with("<svg xmlns=")
                && text.contains("<style>")
                && text.trim_end().ends_with("</svg>")
        );
    }
    let run = elbow(&["report", &post, "--plot", "nothing", "--out", &svg]);
    assert!(
        run.code == Some(2) && run.stderr.contains("`--plot nothing`: the model has no such node"),
        "{}",
        run.stderr
    );
    let run = elbow(&["report", &post, "--out", &at("no/page.html")]);
    assert!(run.code == Some(2) && run.stderr.contains("--out"), "{}", run.stderr);
    let run = elbow(&["report", &post, "--out", &svg, "--data", "years=graphs/data/earthquakes_gap.csv"]);
    assert!(run.code == Some(1) && run.stderr.contains("not those that it was fitted to"), "{}", run.stderr);
    let run = elbow(&["report", &post, "--out", &svg, "--data", "years=nowhere.csv"]);
    assert!(run.code == Some(0) && run.stderr.contains("nowhere.csv"), "{}", run.stderr);
    let text = fs::read_to_string(&svg).unwrap();
    assert!(text.contains("The data were not there.") && !text.contains("id=\"picture\""));
    rules("without data", &text);
}

/// Relative luminance of `#rrggbb`, as WCAG has it.
fn luminance(hex: &str) -> f64 {
    let part = |i: usize| f64::from(u8::from_str_radix(&hex[i..i + 2], 16).unwrap()) / 255.0;
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5))
}

#[test]
fn texts_stand_out_in_light_and_in_dark() {
    let css = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page/style.css")).unwrap();
    let dark = css.find("prefers-color-scheme:dark").unwrap();
    for (name, part) in [("light", &css[..dark]), ("dark", &css[dark..])] {
        let colour = |of: &str| {
            let from =
                part.find(&format!("--{of}:#")).unwrap_or_else(|| panic!("{name}: no --{of}")) + of.len() + 3;
            luminance(&part[from..from + 7])
        };
        let contrast = |a: f64, b: f64| (a.max(b) + 0.05) / (a.min(b) + 0.05);
        for (of, least) in [
            ("ink", 12.0),
            ("mute", 5.0),
            ("t1", 5.0),
            ("t2", 5.0),
            ("t3", 5.0),
            ("t4", 5.0),
            ("t5", 5.0),
            ("t6", 4.95),
        ] {
            let c = contrast(colour(of), colour("bg"));
            assert!(c >= least, "{name}: --{of} has {c:.1} : 1");
        }
        for of in ["c1", "c2", "c3"] {
            assert!(contrast(colour(of), colour("bg")) >= 3.0, "{name}: --{of}");
        }
    }
}
