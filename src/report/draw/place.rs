//! Where a picture's parts stand on the page: layers by depth, columns by plates, a box around each plate's
//! members. Not here: how they are drawn (`svg`).

use super::{
    columns::{VertexColumn, best_order, columns, runs},
    geometry::{Point, Rect},
    measure::{RADIUS, SMALL, SQUARE, extents, half_width, text_width},
    picture::Picture,
};

/// Room for a plate's label at its lower edge.
const FOOT: f64 = 20.0;

/// How much room a picture takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// From a circle's centre up to its factors.
    pub rise: f64,
    /// Between layers.
    pub pitch: f64,
    /// Between two vertices of one layer and column.
    pub gap: f64,
    /// From one nested box to the next, at the sides and the top.
    pub step: f64,
    /// Around all.
    pub margin: f64,
    /// Whether columns may stand below each other's parts, not only beside each other.
    pub tight: bool,
}

impl Room {
    /// Of a picture by itself.
    pub const PICTURE: Room =
        Room { rise: 54.0, pitch: 150.0, gap: 22.0, step: 13.0, margin: 16.0, tight: false };
    /// Of one on a page.
    pub const PAGE: Room = Room { rise: 48.0, pitch: 126.0, gap: 20.0, step: 12.0, margin: 4.0, tight: true };
    /// Of one on a phone.
    pub const PHONE: Room = Room { rise: 46.0, pitch: 120.0, gap: 7.0, step: 8.0, margin: 2.0, tight: true };
}

/// A factor's place and on which side its label stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FactorPlace {
    /// The square's centre.
    pub at: Point,
    /// Whether the label stands to the left.
    pub left: bool,
}

/// A picture's parts with their places.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// Centres of the vertices.
    pub vertices: Vec<Point>,
    /// Half widths of the vertices.
    pub half_widths: Vec<f64>,
    /// The factors.
    pub factors: Vec<FactorPlace>,
    /// Plates and their boxes, outer ones first.
    pub boxes: Vec<(usize, Rect)>,
    /// Size of the page.
    pub width: f64,
    /// Size of the page.
    pub height: f64,
}

/// Layers from the top: a parent stands above its child, as near as it can.
fn layers(picture: &Picture) -> Vec<usize> {
    let n = picture.vertices.len();
    let arcs: Vec<(usize, usize)> =
        picture.edges.iter().map(|e| (e.from, picture.factors[e.to].child)).filter(|(a, b)| a != b).collect();
    let mut depth = vec![0; n];
    // Steps back in time can close a circle between nodes; n rounds are enough without, and an end with.
    for _ in 0..n {
        for &(a, b) in &arcs {
            if depth[b] <= depth[a] && depth[a] + 1 < n {
                depth[b] = depth[a] + 1;
            }
        }
    }
    for _ in 0..n {
        for v in 0..n {
            let lowest = arcs.iter().filter(|(a, _)| *a == v).map(|(_, b)| depth[*b]).min();
            if let Some(lowest) = lowest.filter(|l| *l > depth[v] + 1) {
                depth[v] = lowest - 1;
            }
        }
    }
    let used: Vec<usize> = (0..n).filter(|d| depth.contains(d)).collect();
    depth.iter().map(|d| used.iter().position(|u| u == d).unwrap_or(0)).collect()
}

/// How far out each plate's box stands: boxes that share a vertex have different levels, larger ones further
/// out.
fn levels(picture: &Picture) -> Vec<usize> {
    let members: Vec<Vec<usize>> = (0..picture.plates.len())
        .map(|p| {
            picture
                .vertices
                .iter()
                .enumerate()
                .filter(|(_, v)| v.plates.contains(&p))
                .map(|(i, _)| i)
                .collect()
        })
        .collect();
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&p| (members[p].len(), p));
    let mut level = vec![0; members.len()];
    for (i, &p) in order.iter().enumerate() {
        let under = order[..i].iter().filter(|&&q| members[q].iter().any(|v| members[p].contains(v)));
        level[p] = under.map(|&q| level[q]).max().unwrap_or(0) + 1;
    }
    level
}

/// Places everything, in the room of a picture by itself.
pub fn place(picture: &Picture) -> Placed {
    place_in(picture, &Room::PICTURE)
}

/// Places everything.
pub fn place_in(picture: &Picture, room: &Room) -> Placed {
    let n = picture.vertices.len();
    let layer = layers(picture);
    let mut columns = columns(picture);
    let mut home = vec![0; n];
    for (c, column) in columns.iter().enumerate() {
        for &v in &column.vertices {
            home[v] = c;
        }
    }
    let order = best_order(picture, &columns, &home);
    let level = levels(picture);
    let reach: Vec<(f64, f64)> = (0..n).map(|v| extents(picture, v)).collect();

    // Twice: the second round orders the vertices of a layer by where their neighbours have come to stand.
    let mut x: Vec<f64> = vec![0.0; n];
    let mut span = vec![(0.0, 0.0); order.len()];
    for round in 0..3 {
        if round > 0 {
            for column in &mut columns {
                let pull = |v: usize| -> (f64, f64) {
                    neighbours(picture, v)
                        .map(|u| (x[u], 1.0))
                        .fold((0.0, 0.0), |(s, c), (a, b)| (s + a, c + b))
                };
                let mean = |v: usize| {
                    let (sum, count) = pull(v);
                    if count > 0.0 { sum / count } else { x[v] }
                };
                column.vertices.sort_by(|&a, &b| mean(a).total_cmp(&mean(b)).then(a.cmp(&b)));
            }
        }
        span = set_columns(picture, (&columns, &order), (&layer, &level), &reach, room, &mut x);
    }

    let vertices: Vec<Point> = (0..n).map(|v| Point { x: x[v], y: layer[v] as f64 * room.pitch }).collect();
    let factors = factor_places(picture, &vertices, room);
    let mut boxes = vec![];
    for (p, out) in level.iter().map(|&l| l as f64).enumerate() {
        for (first, last) in runs(&order, &columns, p) {
            let inside: Vec<usize> =
                order[first..=last].iter().flat_map(|&c| columns[c].vertices.iter().copied()).collect();
            let (mut top, mut bottom) = (f64::INFINITY, f64::NEG_INFINITY);
            for &v in &inside {
                let above =
                    if picture.factors.iter().any(|f| f.child == v) { room.rise + SQUARE } else { RADIUS };
                top = top.min(vertices[v].y - above);
                bottom = bottom.max(vertices[v].y + RADIUS);
            }
            let rect = Rect {
                left: span[first].0 - out * room.step,
                right: span[last].1 + out * room.step,
                top: top - out * room.step,
                bottom: bottom + out * FOOT + 4.0,
            };
            boxes.push((p, rect));
        }
    }
    boxes.sort_by_key(|(p, _)| std::cmp::Reverse(level[*p]));
    let (mut vertices, mut factors) = (vertices, factors);
    if room.tight {
        let runs: Vec<(usize, usize)> =
            (0..picture.plates.len()).flat_map(|p| runs(&order, &columns, p)).collect();
        let columns: Vec<&[usize]> = order.iter().map(|&c| columns[c].vertices.as_slice()).collect();
        let parts = (&mut vertices[..], &mut factors[..], &mut boxes[..]);
        tighten(picture, &clusters(&columns, &runs), &reach, room, parts);
    }
    let mut placed = Placed {
        half_widths: (0..n).map(|v| half_width(picture, v)).collect(),
        vertices,
        factors,
        boxes,
        width: 0.0,
        height: 0.0,
    };
    to_origin(picture, &mut placed, &reach, room);
    placed
}

/// Columns that plates hold together: the vertices of each.
fn clusters(columns: &[&[usize]], runs: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut out: Vec<Vec<usize>> = vec![];
    for (i, column) in columns.iter().enumerate() {
        let held = runs.iter().any(|(first, last)| *first < i && i <= *last);
        match out.last_mut() {
            Some(cluster) if held => cluster.extend(*column),
            _ => out.push(column.to_vec()),
        }
    }
    out
}

/// Moves each cluster to the left, as far as nothing of it meets what stands before it.
fn tighten(
    picture: &Picture,
    clusters: &[Vec<usize>],
    reach: &[(f64, f64)],
    room: &Room,
    (vertices, factors, boxes): (&mut [Point], &mut [FactorPlace], &mut [(usize, Rect)]),
) {
    let mut before: Vec<Rect> = vec![];
    let of_plate = |p: usize, v: usize| picture.vertices[v].plates.contains(&p);
    for cluster in clusters {
        // Boxes of a plate in several parts are told apart by what they hold.
        let holds = |(p, r): &(usize, Rect), vertices: &[Point]| {
            cluster.iter().any(|&v| of_plate(*p, v) && r.holds(vertices[v]))
        };
        let own: Vec<usize> = (0..boxes.len()).filter(|&b| holds(&boxes[b], vertices)).collect();
        let parts = |vertices: &[Point], boxes: &[(usize, Rect)]| -> Vec<Rect> {
            let around = cluster.iter().map(|&v| Rect {
                left: vertices[v].x - reach[v].0,
                right: vertices[v].x + reach[v].1,
                top: vertices[v].y - room.rise - 2.0 * SQUARE,
                bottom: vertices[v].y + RADIUS,
            });
            around.chain(own.iter().map(|&b| boxes[b].1)).collect()
        };
        let gap = 1.5 * room.gap;
        let free = |a: &Rect, b: &Rect| {
            let apart = a.bottom + gap < b.top || b.bottom + gap < a.top;
            if apart { f64::INFINITY } else { b.left - a.right - gap }
        };
        let here = parts(vertices, boxes);
        let most =
            before.iter().flat_map(|a| here.iter().map(move |b| free(a, b))).fold(f64::INFINITY, f64::min);
        let left = here.iter().map(|r| r.left).fold(f64::INFINITY, f64::min);
        let start = before.iter().map(|r| r.left).fold(f64::INFINITY, f64::min);
        // Not past the left end of all.
        let by = most.min(if start.is_finite() { left - start } else { 0.0 });
        if by.is_finite() && !before.is_empty() {
            cluster.iter().for_each(|&v| vertices[v].x -= by);
            own.iter().for_each(|&b| {
                boxes[b].1.left -= by;
                boxes[b].1.right -= by;
            });
            let of = |f: usize| cluster.contains(&picture.factors[f].child);
            (0..factors.len()).filter(|&f| of(f)).for_each(|f| factors[f].at.x -= by);
        }
        before.extend(parts(vertices, boxes));
    }
}

/// Vertices joined to `v` by an edge through a factor.
fn neighbours(picture: &Picture, v: usize) -> impl Iterator<Item = usize> + '_ {
    picture.edges.iter().filter_map(move |e| {
        let child = picture.factors[e.to].child;
        if e.from == v {
            Some(child)
        } else if child == v {
            Some(e.from)
        } else {
            None
        }
    })
}

/// Sets each column beside the one before, its layers centred; returns the left and right end of each, in
/// order.
fn set_columns(
    picture: &Picture,
    (columns, order): (&[VertexColumn], &[usize]),
    (layer, level): (&[usize], &[usize]),
    reach: &[(f64, f64)],
    room: &Room,
    x: &mut [f64],
) -> Vec<(f64, f64)> {
    let mut span: Vec<(f64, f64)> = vec![];
    let mut left = 0.0;
    for (i, &c) in order.iter().enumerate() {
        let column = &columns[c];
        let around = |end: bool| {
            let mine = column.plates.iter().filter(|&&p| {
                let beside = if end { order.get(i + 1) } else { i.checked_sub(1).map(|j| &order[j]) };
                beside.is_none_or(|&b| !columns[b].plates.contains(&p))
            });
            mine.map(|&p| level[p]).max().unwrap_or(0) as f64 * room.step
        };
        left += around(false);
        let mut rows: Vec<Vec<usize>> = vec![];
        for &v in &column.vertices {
            if rows.len() <= layer[v] {
                rows.resize(layer[v] + 1, vec![]);
            }
            rows[layer[v]].push(v);
        }
        let wide =
            |row: &[usize]| row.iter().map(|&v| reach[v].0 + reach[v].1 + room.gap).sum::<f64>() - room.gap;
        // A column of one vertex per layer lines up on the centres, whatever hangs on their sides.
        let single = rows.iter().all(|r| r.len() <= 1);
        let (before, after) = column
            .vertices
            .iter()
            .fold((0.0f64, 0.0f64), |(b, a), &v| (b.max(reach[v].0), a.max(reach[v].1)));
        let needed = if single { before + after } else { rows.iter().map(|r| wide(r)).fold(0.0, f64::max) };
        for row in &rows {
            if single {
                row.iter().for_each(|&v| x[v] = left + before);
                continue;
            }
            let mut at = left + (needed - wide(row)) / 2.0;
            for &v in row {
                x[v] = at + reach[v].0;
                at += reach[v].0 + reach[v].1 + room.gap;
            }
        }
        // A plate that ends here must be wide enough for its label.
        let mut right = left + needed;
        for &p in &column.plates {
            if let Some((first, _)) = runs(order, columns, p).into_iter().find(|(_, last)| *last == i) {
                let start = if first == i { left } else { span[first].0 };
                let label = text_width(&picture.plates[p], SMALL) + 14.0;
                right = right.max(start + label - 2.0 * level[p] as f64 * room.step);
            }
        }
        span.push((left, right));
        left = right + around(true) + 1.5 * room.gap;
    }
    span
}

/// Squares above their child, side by side where there are several.
fn factor_places(picture: &Picture, vertices: &[Point], room: &Room) -> Vec<FactorPlace> {
    let mut out: Vec<FactorPlace> = vec![];
    for (i, f) in picture.factors.iter().enumerate() {
        let all: Vec<usize> =
            (0..picture.factors.len()).filter(|&j| picture.factors[j].child == f.child).collect();
        let mine = all.iter().position(|&j| j == i).unwrap_or(0) as f64;
        let offset = (mine - (all.len() as f64 - 1.0) / 2.0) * 4.0 * SQUARE;
        let child = vertices[f.child];
        out.push(FactorPlace {
            at: Point { x: child.x + offset, y: child.y - room.rise },
            left: all.len() > 1 && mine == 0.0,
        });
    }
    out
}

/// Moves everything so that the page starts at (0, 0), with a margin.
fn to_origin(picture: &Picture, placed: &mut Placed, reach: &[(f64, f64)], room: &Room) {
    let margin = room.margin;
    let title = if picture.title.is_empty() { 0.0 } else { 28.0 };
    let (mut left, mut top, mut right, mut bottom) =
        (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    let mut cover = |r: Rect| {
        left = left.min(r.left);
        top = top.min(r.top);
        right = right.max(r.right);
        bottom = bottom.max(r.bottom);
    };
    for (p, (before, after)) in placed.vertices.iter().zip(reach) {
        cover(Rect {
            left: p.x - before,
            right: p.x + after,
            top: p.y - room.rise - 2.0 * SQUARE,
            bottom: p.y + RADIUS,
        });
    }
    placed.boxes.iter().for_each(|(_, r)| cover(*r));
    if !left.is_finite() {
        return;
    }
    let (dx, dy) = (margin - left, margin + title - top);
    for p in placed.vertices.iter_mut().chain(placed.factors.iter_mut().map(|f| &mut f.at)) {
        p.x += dx;
        p.y += dy;
    }
    for (_, r) in &mut placed.boxes {
        *r = Rect { left: r.left + dx, right: r.right + dx, top: r.top + dy, bottom: r.bottom + dy };
    }
    placed.width = (right - left).max(text_width(&picture.title, 15.0)) + 2.0 * margin;
    placed.height = bottom - top + 2.0 * margin + title;
}
