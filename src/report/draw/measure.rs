//! How large the parts of a picture are on the page. Not here: where they stand (`place`).

use super::picture::{Picture, VertexKind};

/// Half height of a circle.
pub const RADIUS: f64 = 24.0;
/// Half width of a factor's square.
pub const SQUARE: f64 = 5.0;
/// Size of small text.
pub const SMALL: f64 = 11.0;

/// Width of a text of a font size, about.
pub fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.56
}

/// How far a vertex reaches from its centre, with its factors' labels: left and right.
pub(super) fn extents(picture: &Picture, v: usize) -> (f64, f64) {
    let vertex = &picture.vertices[v];
    let own = half_width(picture, v);
    if vertex.kind == VertexKind::Known {
        return (own, own.max(text_width(&vertex.label, SMALL) + 10.0));
    }
    let labels: Vec<f64> = picture
        .factors
        .iter()
        .filter(|f| f.child == v)
        .map(|f| text_width(&f.label, SMALL) + 3.0 * SQUARE)
        .collect();
    let looped = picture
        .loops
        .iter()
        .filter(|l| l.vertex == v)
        .map(|l| text_width(&l.label, SMALL) + 34.0)
        .fold(0.0, f64::max);
    match labels.as_slice() {
        [] => (own, own + looped),
        [one] => (own, one.max(own + looped)),
        [first, rest @ ..] => {
            let spread = 2.0 * SQUARE;
            (
                own.max(first + spread),
                rest.iter().fold(own + looped, |w, r| w.max(r + spread * rest.len() as f64)),
            )
        }
    }
}

pub(super) fn half_width(picture: &Picture, v: usize) -> f64 {
    match picture.vertices[v].kind {
        VertexKind::Known => 4.0,
        _ => RADIUS.max(text_width(&picture.vertices[v].label, 14.0) / 2.0 + 9.0),
    }
}
