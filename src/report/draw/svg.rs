//! The picture as SVG, by no other program's help. Not here: where its parts stand (`place`), nor
//! which way edges go (`route`).

use super::{
    escape::escaped,
    geometry::{Point, Rect},
    measure::{RADIUS, SMALL, SQUARE, text_width},
    picture::{Picture, VertexKind},
    place::{Placed, place_in},
    route::{Curve, corners, obstacles, rim, route},
};

const STYLE: &str = "text { font-family: Helvetica, Arial, sans-serif; fill: #222 } \
.plate { fill: none; stroke: #888 } .vertex { fill: #fff; stroke: #222; stroke-width: 1.4 } .observed { fill: #d9d9d9 } \
.known, .factor { fill: #222 } .edge { fill: none; stroke: #444; stroke-width: 1.2 } .gate { stroke-dasharray: 5 4 } \
.arrow { fill: #444 } .tint { fill: #dbe9f4 } .halo { fill: none; stroke: #fff; stroke-width: 4; stroke-linejoin: round }";

pub use super::place::Room;

/// The picture's text.
pub fn write(picture: &Picture) -> String {
    let drawn = drawn(picture, &Room::PICTURE);
    let (w, h) = (n(drawn.width), n(drawn.height));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\">\n\
         <style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
        drawn.body
    )
}

/// A picture without the style of its classes.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// What stands in the `svg`.
    pub body: String,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// The small texts, and where they stand.
    pub labels: Vec<(String, Rect)>,
    /// Its edges, as points along their way.
    pub lines: Vec<Vec<Point>>,
    /// The boxes of its plates.
    pub boxes: Vec<Rect>,
}

/// The picture in some room, for a page that has styles for its classes.
pub fn drawn(picture: &Picture, room: &Room) -> Drawn {
    let placed = place_in(picture, room);
    let mut out = Svg::default();
    out.line(
        "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0,0.8 L8,4 L0,7.2 z\" class=\"arrow\"/></marker></defs>"
            .to_string(),
    );
    if !picture.title.is_empty() {
        out.line(format!("<title>{}</title>", escaped(&picture.title)));
        out.text(Point { x: placed.width / 2.0, y: 27.0 }, "middle", 15.0, &picture.title, false);
    }
    let obstacles = obstacles(picture, &placed);
    let routes: Vec<Curve> =
        picture.edges.iter().map(|e| route(picture, &placed, e.from, e.to, &obstacles)).collect();
    let mut taken: Vec<Rect> = obstacles.iter().map(|o| o.rect).collect();
    tints(picture, &placed, &mut out);
    plates(picture, &placed, &routes, &mut taken, &mut out);
    edges(picture, &placed, &routes, &mut taken, &mut out);
    loops(picture, &placed, &mut out);
    vertices(picture, &placed, &mut out);
    Drawn {
        body: out.text,
        labels: out.labels,
        lines: routes.iter().map(|r| r.samples().collect()).collect(),
        boxes: placed.boxes.iter().map(|b| b.1).collect(),
        width: placed.width,
        height: placed.height,
    }
}

/// A band behind what q keeps together.
fn tints(picture: &Picture, placed: &Placed, out: &mut Svg) {
    for tint in &picture.tints {
        for &v in &tint.vertices {
            let (p, half) = (placed.vertices[v], placed.half_widths[v]);
            out.line(format!(
                "<ellipse class=\"tint\" cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\"/>",
                n(p.x),
                n(p.y),
                n(half + 8.0),
                n(RADIUS + 8.0)
            ));
        }
    }
}

/// Lines of SVG.
#[derive(Default)]
struct Svg {
    text: String,
    labels: Vec<(String, Rect)>,
}

impl Svg {
    fn line(&mut self, text: String) {
        self.text.push_str(&text);
        self.text.push('\n');
    }
    fn text(&mut self, at: Point, anchor: &str, size: f64, text: &str, halo: bool) {
        if size == SMALL {
            let width = text_width(text, size);
            let left = match anchor {
                "start" => at.x,
                "end" => at.x - width,
                _ => at.x - 0.5 * width,
            };
            let rect = Rect { left, right: left + width, top: at.y - 8.0, bottom: at.y + 1.0 };
            self.labels.push((text.to_string(), rect));
        }
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

/// The boxes, each with its label in the corner that fewest things cross: a lower one, if it can be.
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
            let borders = placed.boxes.iter().filter(|(q, _)| q != p).flat_map(|(_, b)| b.borders());
            let things = taken.iter().filter(|t| t.meets(c)).count();
            by_edges + 5 * borders.filter(|side| side.meets(c)).count() + 5 * things
        };
        let corners = corners(r, label);
        let best = corners.iter().min_by_key(|c| crossed(c)).unwrap_or(&corners[0]);
        taken.push(*best);
        out.text(Point { x: best.left, y: best.bottom - 3.0 }, "start", SMALL, label, true);
    }
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
            let spot = beside(c, &e.label, placed, routes, taken);
            taken.push(spot);
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
    for (spot, label) in labels {
        let at = Point { x: 0.5 * (spot.left + spot.right), y: spot.bottom - 3.0 };
        out.text(at, "middle", SMALL, &label, true);
    }
}

/// Where an edge's label stands: beside its line, where it covers least.
fn beside(c: &Curve, label: &str, placed: &Placed, routes: &[Curve], taken: &[Rect]) -> Rect {
    let half = text_width(label, SMALL) / 2.0 + 2.0;
    let mut best: Option<(usize, Rect)> = None;
    for t in [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9] {
        let (p, q) = (c.at(t), c.at(t + 0.01));
        let (dx, dy) = (q.x - p.x, q.y - p.y);
        let length = dx.hypot(dy).max(1e-9);
        for (side, farther) in [(1.0, 0.0), (-1.0, 0.0), (1.0, 9.0), (-1.0, 9.0)] {
            let (nx, ny) = (-dy / length * side, dx / length * side);
            // As far off as the text reaches in that direction.
            let off = 3.0 + farther + nx.abs() * half + ny.abs() * 7.0;
            let (x, y) = (p.x + nx * off, p.y + ny * off);
            let rect = Rect { left: x - half, right: x + half, top: y - 7.0, bottom: y + 7.0 };
            let lines = routes.iter().flat_map(|r| r.samples()).filter(|p| rect.holds(*p)).count();
            let borders =
                placed.boxes.iter().flat_map(|(_, b)| b.borders()).filter(|b| b.meets(&rect)).count();
            let things = taken.iter().filter(|t| t.meets(&rect)).count();
            let off_page = rect.left < 0.0 || rect.right > placed.width || rect.top < 0.0;
            let cost = lines + 8 * borders + 8 * things + 40 * usize::from(off_page);
            if best.is_none_or(|b| cost < b.0) {
                best = Some((cost, rect));
            }
        }
    }
    best.map_or(Rect { left: 0.0, right: 0.0, top: 0.0, bottom: 0.0 }, |b| b.1)
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
