//! Pictures of models of every shape: nothing overlaps, boxes hold their members only, and the texts are
//! goldens.

use super::{
    geometry::{Point, Rect},
    measure::RADIUS,
    picture::{Picture, VertexKind},
    place::{Placed, Room, place, place_in},
    svg::drawn,
};
use crate::{diag::Diagnostics, graph::FactorGraph, pipeline, source::Source, syntax};

fn picture(text: &str) -> Picture {
    Picture::new(&graph_of(text), None)
}

fn graph_of(text: &str) -> FactorGraph {
    let source = Source::new("model.ron", text);
    let mut diags = Diagnostics::default();
    let graph = syntax::parse(&source, &mut diags).and_then(|m| pipeline::graph(&m, &source, &mut diags));
    match graph {
        Ok(graph) => graph,
        Err(_) => panic!("{}", crate::diag::render::render_all(diags.list(), &source, false)),
    }
}

macro_rules! graph {
    ($name:literal) => {
        picture(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/graphs/", $name, ".ron")))
    };
}

/// Plates that cross in a circle: no order of columns keeps all together.
const CIRCLE: &str = r#"Model(
    data: { "s": { "a": ["x", "y"], "b": ["u", "v"], "y": [1.5, 2] } },
    plates: { "n": Rows(table: "s"), "i": Groups(column: "s.a"), "j": Groups(column: "s.b"), "k": Size(3) },
    inputs: { "offset[k]": [1, 2, 3] },
    nodes: {
        "mu": Normal(mean: 0, precision: 1),
        "tau": Gamma(shape: 1, rate: 1),
        "effect[i,j]": Normal(mean: "mu", precision: "tau"),
        "interaction[j,k]": Normal(mean: "offset[k]", precision: "tau"),
        "other[i,k]": Normal(mean: "mu", precision: "tau"),
        "w": Dirichlet(concentration: 1, over: "k"),
        "z[n]": Categorical(p: "w"),
        "y[n]": Normal(mean: "interaction[b[n], z[n]]", precision: "tau"),
        "v[n]": Normal(mean: "effect[a[n], b[n]]", precision: "tau"),
        "u[n]": Normal(mean: "other[a[n], z[n]]", precision: "tau"),
    },
    observe: { "y": "y", "v": "y", "u": "y" },
)"#;

fn all() -> Vec<(&'static str, Picture)> {
    vec![
        ("gmm", graph!("gmm")),
        ("lda", graph!("lda")),
        ("hmm_dice", graph!("hmm_dice")),
        ("block_model", graph!("block_model")),
        ("latent_class", graph!("latent_class")),
        ("naive_bayes", graph!("naive_bayes")),
        ("rates", graph!("rates")),
        ("circle", picture(CIRCLE)),
    ]
}

fn circle(picture: &Picture, placed: &Placed, v: usize) -> Rect {
    let (p, half) = (placed.vertices[v], placed.half_widths[v]);
    let height = if picture.vertices[v].kind == VertexKind::Known { half } else { RADIUS };
    Rect { left: p.x - half, right: p.x + half, top: p.y - height, bottom: p.y + height }
}

#[test]
fn nothing_overlaps() {
    for (name, picture) in all() {
        let placed = place(&picture);
        for a in 0..picture.vertices.len() {
            for b in 0..a {
                let meet = circle(&picture, &placed, a).meets(&circle(&picture, &placed, b));
                assert!(!meet, "{name}: {} and {}", picture.vertices[a].label, picture.vertices[b].label);
            }
            for f in &placed.factors {
                assert!(
                    !circle(&picture, &placed, a).holds(f.at),
                    "{name}: a factor inside {}",
                    picture.vertices[a].label
                );
            }
        }
    }
}

#[test]
fn a_box_holds_its_members_and_nobody_else() {
    for (name, picture) in all() {
        [Room::PICTURE, Room::PAGE, Room::PHONE].iter().for_each(|r| boxes_hold(name, &picture, r));
    }
}

fn boxes_hold(name: &str, picture: &Picture, room: &Room) {
    let placed = place_in(picture, room);
    for (v, vertex) in picture.vertices.iter().enumerate() {
        let around = circle(picture, &placed, v);
        for p in 0..picture.plates.len() {
            let inside = |r: &Rect| {
                r.left < around.left
                    && around.right < r.right
                    && r.top < around.top
                    && around.bottom < r.bottom
            };
            let holding = placed.boxes.iter().filter(|(q, r)| *q == p && inside(r)).count();
            let touching = placed.boxes.iter().filter(|(q, r)| *q == p && r.meets(&around)).count();
            let expected = usize::from(vertex.plates.contains(&p));
            let said = format!("{name}: {} and the plate {}", vertex.label, picture.plates[p]);
            assert_eq!((holding, touching), (expected, expected), "{said}");
        }
    }
    for (_, r) in &placed.boxes {
        assert!(
            r.left >= 0.0 && r.top >= 0.0 && r.right <= placed.width && r.bottom <= placed.height,
            "{name}: off the page"
        );
    }
}

#[test]
fn plates_that_can_be_kept_together_are() {
    for (name, picture) in all() {
        let used = (0..picture.plates.len())
            .filter(|p| picture.vertices.iter().any(|v| v.plates.contains(p)))
            .count();
        let parts = place(&picture).boxes.len() - used;
        assert_eq!(parts, usize::from(name == "circle"), "{name}");
    }
}

#[test]
fn gates_chains_and_columns_are_told_apart() {
    let hmm = graph!("hmm_dice");
    let z = hmm.vertices.iter().position(|v| v.label == "z").expect("z");
    assert_eq!(hmm.loops.len(), 1);
    assert_eq!((hmm.loops[0].vertex, hmm.loops[0].gate, hmm.loops[0].label.as_str()), (z, true, "t-1"));
    assert_eq!(
        hmm.factors.iter().filter(|f| f.child == z).map(|f| f.label.as_str()).collect::<Vec<_>>(),
        ["z[0]", "z[t]"]
    );
    let blocks = graph!("block_model");
    let gates: Vec<&str> = blocks.edges.iter().filter(|e| e.gate).map(|e| e.label.as_str()).collect();
    assert_eq!(gates, ["from, to"]);
    let rates = graph!("rates");
    assert!(rates.vertices.iter().any(|v| v.label == "hours" && v.kind == VertexKind::Known));
}

#[test]
fn sizes_and_constants_are_shown_where_they_are_asked_for() {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/graphs/hmm.ron"));
    let graph = graph_of(text);
    let picture = Picture::new(&graph, Some(&[107, 3])).with_constants(&graph);
    assert!(picture.plates.contains(&"t: 107 steps of years".to_string()), "{:?}", picture.plates);
    let labels: Vec<&str> = picture.factors.iter().map(|f| f.label.as_str()).collect();
    assert!(labels.contains(&"Gamma(shape 2, rate 0.1)"), "{labels:?}");
    assert!(labels.contains(&"Poisson"), "{labels:?}");
}

#[test]
fn no_label_stands_on_a_border_or_another_label_and_lines_only_touch_them() {
    for (name, picture) in all() {
        let drawn = drawn(&picture, &Room::PICTURE);
        assert!(drawn.labels.len() >= picture.factors.len(), "{name}: not all labels are told");
        for (i, (text, rect)) in drawn.labels.iter().enumerate() {
            let said = format!("{name}: `{text}`");
            let on_border = drawn.boxes.iter().flat_map(Rect::borders).any(|b| b.meets(rect));
            assert!(!on_border, "{said} is on a border");
            // A tenth of a line's points at most: where no place is free, it is the way past an end of the
            // label.
            let of_line = |line: &Vec<Point>| line.iter().filter(|p| rect.holds(**p)).count();
            let on_line = drawn.lines.iter().map(of_line).max().unwrap_or(0);
            assert!(on_line <= 4, "{said} is on a line, at {on_line} points of 39");
            let other = drawn.labels[..i].iter().find(|(_, r)| r.meets(rect));
            assert_eq!(other, None, "{said} is on another");
        }
    }
}

#[test]
fn texts() {
    for (name, picture) in
        all().into_iter().filter(|(name, _)| ["gmm", "hmm_dice", "latent_class", "circle"].contains(name))
    {
        for drawing in super::DRAWINGS {
            insta::assert_snapshot!(format!("{name}_{}", drawing.extension), (drawing.write)(&picture));
        }
    }
}

#[test]
fn odd_names_are_escaped() {
    let text = r#"Model(name: "a <b> & \"c\"", nodes: { "x": Gamma(shape: 1, rate: 1) })"#;
    let picture = picture(text);
    assert!(super::svg::write(&picture).contains("a &lt;b&gt; &amp; &quot;c&quot;"));
    assert!(super::dot::write(&picture).contains(r#"label="a <b> & \"c\"""#));
}

#[test]
fn an_empty_picture_is_a_picture() {
    for drawing in super::DRAWINGS {
        assert!(!(drawing.write)(&Picture::default()).is_empty());
    }
}
