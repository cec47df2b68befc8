//! The way of each edge past what it must not run through. Not here: how it is drawn (`svg`).

use super::{
    geometry::{Point, Rect},
    measure::{RADIUS, SMALL, SQUARE, text_width},
    picture::{Picture, VertexKind},
    place::Placed,
};

/// A quadratic curve; a straight line where the middle point lies on it.
#[derive(Clone, Copy)]
pub(super) struct Curve {
    pub from: Point,
    pub bend: Point,
    pub to: Point,
}

impl Curve {
    /// Points along the way, ends left out.
    pub(super) fn samples(self) -> impl Iterator<Item = Point> {
        (1..40).map(move |i| self.at(f64::from(i) / 40.0))
    }
    pub(super) fn at(&self, t: f64) -> Point {
        let mix = |a: f64, b: f64, c: f64| (1.0 - t) * (1.0 - t) * a + 2.0 * t * (1.0 - t) * b + t * t * c;
        Point { x: mix(self.from.x, self.bend.x, self.to.x), y: mix(self.from.y, self.bend.y, self.to.y) }
    }
}

/// The point where the way from a vertex's centre towards `to` leaves it.
pub(super) fn rim(centre: Point, half_width: f64, height: f64, to: Point) -> Point {
    let (dx, dy) = (to.x - centre.x, to.y - centre.y);
    let reach = ((dx / half_width).powi(2) + (dy / height).powi(2)).sqrt().max(1e-9);
    Point { x: centre.x + dx / reach, y: centre.y + dy / reach }
}

/// What edges must not run through.
pub(super) struct Obstacle {
    /// The vertex that it belongs to.
    vertex: Option<usize>,
    /// The factor that it belongs to.
    factor: Option<usize>,
    pub rect: Rect,
}

/// Circles, squares, the labels beside them, and the arrows between them.
pub(super) fn obstacles(picture: &Picture, placed: &Placed) -> Vec<Obstacle> {
    const GROWN: f64 = 5.0;
    let mut out = vec![];
    for (v, (p, half)) in placed.vertices.iter().zip(&placed.half_widths).enumerate() {
        let known = picture.vertices[v].kind == VertexKind::Known;
        let height = if known { *half } else { RADIUS };
        let label = if known { text_width(&picture.vertices[v].label, SMALL) + 8.0 } else { 0.0 };
        let rect = Rect {
            left: p.x - half - GROWN,
            right: p.x + half + GROWN + label,
            top: p.y - height - GROWN,
            bottom: p.y + height + GROWN,
        };
        out.push(Obstacle { vertex: Some(v), factor: None, rect });
    }
    for l in &picture.loops {
        let (p, half) = (placed.vertices[l.vertex], placed.half_widths[l.vertex]);
        let right = p.x + half + 28.0 + text_width(&l.label, SMALL);
        out.push(Obstacle {
            vertex: None,
            factor: None,
            rect: Rect { left: p.x, right, top: p.y - RADIUS, bottom: p.y + RADIUS },
        });
    }
    for (p, r) in &placed.boxes {
        // A shorter label can make way for an edge (`plates`).
        if text_width(&picture.plates[*p], SMALL) > 0.55 * (r.right - r.left) {
            out.push(Obstacle { vertex: None, factor: None, rect: corners(r, &picture.plates[*p])[0] });
        }
    }
    for (i, (f, p)) in picture.factors.iter().zip(&placed.factors).enumerate() {
        let label = text_width(&f.label, SMALL) + 2.0 * SQUARE;
        let (before, after) = if p.left { (label, SQUARE) } else { (SQUARE, label) };
        let rect = Rect {
            left: p.at.x - before,
            right: p.at.x + after,
            top: p.at.y - 2.0 * SQUARE,
            bottom: p.at.y + 2.0 * SQUARE,
        };
        out.push(Obstacle { vertex: None, factor: Some(i), rect });
        let child = placed.vertices[f.child];
        let rect = Rect {
            left: p.at.x.min(child.x) - 3.0,
            right: p.at.x.max(child.x) + 3.0,
            top: p.at.y,
            bottom: child.y,
        };
        out.push(Obstacle { vertex: Some(f.child), factor: Some(i), rect });
    }
    out
}

/// Where a plate's label may stand in its box, in the order in which it would: lower left, lower right, upper
/// left, upper right.
pub(super) fn corners(r: &Rect, label: &str) -> [Rect; 4] {
    let width = text_width(label, SMALL);
    let at = |left: f64, top: f64| Rect { left, right: left + width, top, bottom: top + 13.0 };
    let (left, right) = (r.left + 8.0, r.right - 8.0 - width);
    let (up, down) = (r.top + 3.0, r.bottom - 16.0);
    [at(left, down), at(right, down), at(left, up), at(right, up)]
}

/// The way of an edge that runs through the fewest things: straight if it can, else bent as little as it
/// must.
pub(super) fn route(
    picture: &Picture,
    placed: &Placed,
    from: usize,
    factor: usize,
    obstacles: &[Obstacle],
) -> Curve {
    let (a, b) = (placed.vertices[from], placed.factors[factor].at);
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    let (height, half) = (
        if picture.vertices[from].kind == VertexKind::Known { 4.0 } else { RADIUS },
        placed.half_widths[from],
    );
    let curve = |offset: f64| {
        let bend = Point {
            x: (a.x + b.x) / 2.0 - dy / length * offset,
            y: (a.y + b.y) / 2.0 + dx / length * offset,
        };
        let start = rim(a, half, height, bend);
        Curve { from: start, bend, to: b }
    };
    let cost = |c: &Curve| {
        let mut hits = 0;
        for Obstacle { vertex, factor: square, rect } in obstacles {
            if *vertex == Some(from) && square.is_none() {
                continue;
            }
            // Near its end an edge may touch its own square, but not come in through the label or the arrow.
            let own = *square == Some(factor);
            let near = |p: Point| own && (p.x - b.x).hypot(p.y - b.y) < 13.0;
            hits += c.samples().filter(|p| rect.holds(*p) && !near(*p)).count();
        }
        hits
    };
    let mut best = (usize::MAX, curve(0.0));
    for offset in [0.0, 30.0, -30.0, 60.0, -60.0, 90.0, -90.0, 130.0, -130.0, 180.0, -180.0] {
        let c = curve(offset);
        let hits = cost(&c);
        if hits < best.0 {
            best = (hits, c);
        }
    }
    best.1
}
