//! The picture as SVG, by no other program's help. Not here: where its parts stand (`place`), nor
//! which way edges go (`route`).

use super::{
    geometry::{Point, Rect},
    measure::{RADIUS, SMALL, SQUARE, text_width},
    picture::{Picture, VertexKind},
    place::{Placed, place},
    route::{Curve, corner, obstacles, rim, route},
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
