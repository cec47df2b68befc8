//! The picture as SVG, by no other program's help. Places come from `place`; here edges find their way and
//! all is drawn.

use super::{
    picture::{Picture, VertexKind},
    place::{Placed, Point, RADIUS, Rect, SMALL, SQUARE, place, text_width},
};

const STYLE: &str = "text { font-family: Helvetica, Arial, sans-serif; fill: #222 } \
.plate { fill: none; stroke: #888 } .vertex { fill: #fff; stroke: #222; stroke-width: 1.4 } .observed { fill: #d9d9d9 } \
.known, .factor { fill: #222 } .edge { fill: none; stroke: #444; stroke-width: 1.2 } .gate { stroke-dasharray: 5 4 } \
.behind { fill: #fff } .halo { fill: none; stroke: #fff; stroke-width: 4; stroke-linejoin: round }";

/// The picture's text.
pub fn write(picture: &Picture) -> String {
    let placed = place(picture);
    let mut out = Svg(String::new());
    out.line(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\">",
        w = n(placed.width),
        h = n(placed.height)
    ));
    out.line(format!("<style>{STYLE}</style>"));
    out.line(
        "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0,0.8 L8,4 L0,7.2 z\" fill=\"#444\"/></marker></defs>"
            .to_string(),
    );
    out.line("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>".to_string());
    if !picture.title.is_empty() {
        out.line(format!("<title>{}</title>", escaped(&picture.title)));
        out.text(Point { x: placed.width / 2.0, y: 27.0 }, "middle", 15.0, &picture.title, false);
    }
    let obstacles = obstacles(picture, &placed);
    let routes: Vec<Curve> =
        picture.edges.iter().map(|e| route(picture, &placed, e.from, e.to, &obstacles)).collect();
    let mut taken: Vec<Rect> = obstacles.iter().map(|o| o.rect).collect();
    plates(picture, &placed, &routes, &mut taken, &mut out);
    edges(picture, &placed, &routes, &mut taken, &mut out);
    loops(picture, &placed, &mut out);
    vertices(picture, &placed, &mut out);
    out.line("</svg>".to_string());
    out.0
}

/// Lines of SVG.
struct Svg(String);

impl Svg {
    fn line(&mut self, text: String) {
        self.0.push_str(&text);
        self.0.push('\n');
    }
    fn text(&mut self, at: Point, anchor: &str, size: f64, text: &str, halo: bool) {
        let text = escaped(text);
        let place =
            format!("x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\" font-size=\"{}\"", n(at.x), n(at.y), n(size));
        if halo {
            self.line(format!("<text class=\"halo\" {place}>{text}</text>"));
        }
        self.line(format!("<text {place}>{text}</text>"));
    }
}

/// A coordinate with one digit: enough on a page, and the same on every machine.
fn n(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn vertices(picture: &Picture, placed: &Placed, out: &mut Svg) {
    for ((v, p), half) in picture.vertices.iter().zip(&placed.vertices).zip(&placed.half_widths) {
        if v.kind == VertexKind::Known {
            out.line(format!(
                "<circle class=\"known\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
                n(p.x),
                n(p.y),
                n(*half)
            ));
            out.text(Point { x: p.x + 8.0, y: p.y + 4.0 }, "start", SMALL, &v.label, true);
            continue;
        }
        let class = if v.kind == VertexKind::Observed { "vertex observed" } else { "vertex" };
        out.line(format!(
            "<ellipse class=\"{class}\" cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\"/>",
            n(p.x),
            n(p.y),
            n(*half),
            n(RADIUS)
        ));
        out.text(Point { x: p.x, y: p.y + 5.0 }, "middle", 14.0, &v.label, false);
    }
    for (f, p) in picture.factors.iter().zip(&placed.factors) {
        out.line(format!(
            "<rect class=\"factor\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            n(p.at.x - SQUARE),
            n(p.at.y - SQUARE),
            n(2.0 * SQUARE),
            n(2.0 * SQUARE)
        ));
        let (anchor, side) = if p.left { ("end", -1.0) } else { ("start", 1.0) };
        out.text(Point { x: p.at.x + side * 2.0 * SQUARE, y: p.at.y + 4.0 }, anchor, SMALL, &f.label, true);
    }
}

/// A quadratic curve; a straight line where the middle point lies on it.
#[derive(Clone, Copy)]
struct Curve {
    from: Point,
    bend: Point,
    to: Point,
}

impl Curve {
    /// Points along the way, ends left out.
    fn samples(self) -> impl Iterator<Item = Point> {
        (1..40).map(move |i| self.at(f64::from(i) / 40.0))
    }
    fn at(&self, t: f64) -> Point {
        let mix = |a: f64, b: f64, c: f64| (1.0 - t) * (1.0 - t) * a + 2.0 * t * (1.0 - t) * b + t * t * c;
        Point { x: mix(self.from.x, self.bend.x, self.to.x), y: mix(self.from.y, self.bend.y, self.to.y) }
    }
}

/// The point where the way from a vertex's centre towards `to` leaves it.
fn rim(centre: Point, half_width: f64, height: f64, to: Point) -> Point {
    let (dx, dy) = (to.x - centre.x, to.y - centre.y);
    let reach = ((dx / half_width).powi(2) + (dy / height).powi(2)).sqrt().max(1e-9);
    Point { x: centre.x + dx / reach, y: centre.y + dy / reach }
}

/// What edges must not run through.
struct Obstacle {
    /// The vertex that it belongs to.
    vertex: Option<usize>,
    /// The factor that it belongs to.
    factor: Option<usize>,
    rect: Rect,
}

/// Circles, squares, the labels beside them, and the arrows between them.
fn obstacles(picture: &Picture, placed: &Placed) -> Vec<Obstacle> {
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
            out.push(Obstacle { vertex: None, factor: None, rect: corner(r, &picture.plates[*p], true) });
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

/// Where a plate's label stands in its box.
fn corner(r: &Rect, label: &str, right: bool) -> Rect {
    let width = text_width(label, SMALL);
    let left = if right { r.right - 8.0 - width } else { r.left + 8.0 };
    Rect { left, right: left + width, top: r.bottom - 16.0, bottom: r.bottom - 3.0 }
}

/// The boxes, each with its label in the lower corner that fewer lines cross.
fn plates(picture: &Picture, placed: &Placed, routes: &[Curve], taken: &mut Vec<Rect>, out: &mut Svg) {
    for (p, r) in &placed.boxes {
        out.line(format!(
            "<rect class=\"plate\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"9\"/>",
            n(r.left),
            n(r.top),
            n(r.right - r.left),
            n(r.bottom - r.top)
        ));
        let label = &picture.plates[*p];
        let crossed = |c: &Rect| {
            let by_edges =
                routes.iter().flat_map(|route| route.samples()).filter(|point| c.holds(*point)).count();
            let sides = placed.boxes.iter().filter(|(q, _)| q != p).flat_map(|(_, b)| {
                [b.left, b.right].map(|x| Rect { left: x, right: x + 0.1, top: b.top, bottom: b.bottom })
            });
            by_edges + 5 * sides.filter(|side| side.meets(c)).count()
        };
        let (right, left) = (corner(r, label, true), corner(r, label, false));
        let chosen_right = crossed(&right) <= crossed(&left);
        let place = if chosen_right { right } else { left };
        taken.push(place);
        let (anchor, x) = if chosen_right { ("end", place.right) } else { ("start", place.left) };
        out.text(Point { x, y: r.bottom - 6.0 }, anchor, SMALL, label, true);
    }
}

/// The way of an edge that runs through the fewest things: straight if it can, else bent as little as it
/// must.
fn route(picture: &Picture, placed: &Placed, from: usize, factor: usize, obstacles: &[Obstacle]) -> Curve {
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

fn edges(picture: &Picture, placed: &Placed, routes: &[Curve], taken: &mut Vec<Rect>, out: &mut Svg) {
    let mut labels = vec![];
    for (e, c) in picture.edges.iter().zip(routes) {
        let class = if e.gate { "edge gate" } else { "edge" };
        out.line(format!(
            "<path class=\"{class}\" d=\"M{},{} Q{},{} {},{}\"/>",
            n(c.from.x),
            n(c.from.y),
            n(c.bend.x),
            n(c.bend.y),
            n(c.to.x),
            n(c.to.y)
        ));
        if !e.label.is_empty() {
            let half = text_width(&e.label, SMALL) / 2.0 + 2.0;
            let around =
                |p: Point| Rect { left: p.x - half, right: p.x + half, top: p.y - 9.0, bottom: p.y + 5.0 };
            let spots = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].map(|t| c.at(t));
            let spot =
                spots.into_iter().find(|p| !taken.iter().any(|r| r.meets(&around(*p)))).unwrap_or(spots[0]);
            taken.push(around(spot));
            labels.push((spot, e.label.clone()));
        }
    }
    for (f, p) in picture.factors.iter().zip(&placed.factors) {
        let child = placed.vertices[f.child];
        let end = rim(child, placed.half_widths[f.child], RADIUS, p.at);
        out.line(format!(
            "<path class=\"edge\" marker-end=\"url(#head)\" d=\"M{},{} L{},{}\"/>",
            n(p.at.x),
            n(p.at.y),
            n(end.x),
            n(end.y)
        ));
    }
    for (p, label) in labels {
        let half = text_width(&label, SMALL) / 2.0 + 2.0;
        out.line(format!(
            "<rect class=\"behind\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\"/>",
            n(p.x - half),
            n(p.y - 7.0),
            n(2.0 * half)
        ));
        out.text(Point { x: p.x, y: p.y + 4.0 }, "middle", SMALL, &label, false);
    }
}

/// From the right side of a vertex out and back to it.
fn loops(picture: &Picture, placed: &Placed, out: &mut Svg) {
    for l in &picture.loops {
        let (p, half) = (placed.vertices[l.vertex], placed.half_widths[l.vertex]);
        let on_rim = |degrees: f64| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            Point { x: p.x + half * cos, y: p.y + RADIUS * sin }
        };
        let (a, b) = (on_rim(38.0), on_rim(-38.0));
        let out_by = p.x + half + 30.0;
        let class = if l.gate { "edge gate" } else { "edge" };
        out.line(format!(
            "<path class=\"{class}\" marker-end=\"url(#head)\" d=\"M{},{} C{},{} {},{} {},{}\"/>",
            n(a.x),
            n(a.y),
            n(out_by),
            n(p.y + 34.0),
            n(out_by),
            n(p.y - 34.0),
            n(b.x),
            n(b.y)
        ));
        out.text(Point { x: p.x + half + 24.0, y: p.y + 4.0 }, "start", SMALL, &l.label, true);
    }
}
