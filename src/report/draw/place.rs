//! Where a picture's parts stand on the page: layers by depth, columns by plates, a box around each plate's
//! members. Not here: how they are drawn (`svg`).
//!
//! Vertices of the same plates share a column. Columns are put in the order that keeps each plate's together,
//! so that the plate's box holds its members and nobody else: nested where one plate's members are among
//! another's, crossing where they share some. Where no order keeps a plate together, it gets a box for each
//! part.

use super::picture::{Picture, VertexKind};

/// Half height of a circle.
pub const RADIUS: f64 = 24.0;
/// Half width of a factor's square.
pub const SQUARE: f64 = 5.0;
/// Size of small text.
pub const SMALL: f64 = 11.0;
/// From a circle's centre up to its factors.
const RISE: f64 = 54.0;
/// Between layers.
const PITCH: f64 = 150.0;
/// Between two vertices of one layer and column.
const GAP: f64 = 22.0;
/// From one nested box to the next, at the sides and the top.
const STEP: f64 = 13.0;
/// Room for a plate's label at its lower edge.
const FOOT: f64 = 20.0;
/// More columns than this are ordered by improvement, not by trying all orders.
const TRIED: usize = 7;

/// A point on the page, y downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Rect {
    /// Whether the point lies inside.
    pub fn holds(&self, p: Point) -> bool {
        self.left < p.x && p.x < self.right && self.top < p.y && p.y < self.bottom
    }
    /// Whether the two share any area.
    pub fn meets(&self, other: &Rect) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
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

/// Width of a text of a font size, about.
pub fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.56
}

/// How far a vertex reaches from its centre, with its factors' labels: left and right.
fn extents(picture: &Picture, v: usize) -> (f64, f64) {
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

fn half_width(picture: &Picture, v: usize) -> f64 {
    match picture.vertices[v].kind {
        VertexKind::Known => 4.0,
        _ => RADIUS.max(text_width(&picture.vertices[v].label, 14.0) / 2.0 + 9.0),
    }
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

/// Vertices of the same plates.
#[derive(Clone, Debug)]
struct VertexColumn {
    plates: Vec<usize>,
    vertices: Vec<usize>,
}

fn columns(picture: &Picture) -> Vec<VertexColumn> {
    let mut out: Vec<VertexColumn> = vec![];
    for (v, vertex) in picture.vertices.iter().enumerate() {
        let mut plates = vertex.plates.clone();
        plates.sort_unstable();
        match out.iter_mut().find(|c| c.plates == plates) {
            Some(c) => c.vertices.push(v),
            None => out.push(VertexColumn { plates, vertices: vec![v] }),
        }
    }
    out
}

/// The parts of a plate: runs of neighbouring columns, as first and last.
fn runs(order: &[usize], columns: &[VertexColumn], plate: usize) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = vec![];
    for (i, &c) in order.iter().enumerate() {
        if columns[c].plates.contains(&plate) {
            match out.last_mut() {
                Some((_, last)) if *last + 1 == i => *last = i,
                _ => out.push((i, i)),
            }
        }
    }
    out
}

/// What is wrong with an order of columns: parts of plates first, then the length of the edges in columns.
fn order_cost(picture: &Picture, columns: &[VertexColumn], order: &[usize], home: &[usize]) -> usize {
    let mut rank = vec![0; columns.len()];
    for (i, &c) in order.iter().enumerate() {
        rank[c] = i;
    }
    let parts: usize =
        (0..picture.plates.len()).map(|p| runs(order, columns, p).len().saturating_sub(1)).sum();
    let length: usize = picture
        .edges
        .iter()
        .map(|e| rank[home[e.from]].abs_diff(rank[home[picture.factors[e.to].child]]).pow(2))
        .sum();
    parts * 10_000 + length
}

fn best_order(picture: &Picture, columns: &[VertexColumn], home: &[usize]) -> Vec<usize> {
    let n = columns.len();
    let mut best: Vec<usize> = (0..n).collect();
    let mut least = order_cost(picture, columns, &best, home);
    let mut consider = |order: &[usize], best: &mut Vec<usize>| {
        let cost = order_cost(picture, columns, order, home);
        let better = cost < least;
        if better {
            least = cost;
            best.copy_from_slice(order);
        }
        better
    };
    if n <= TRIED {
        let mut order = best.clone();
        while next_permutation(&mut order) {
            consider(&order, &mut best);
        }
        return best;
    }
    // Each column is taken out and put where it costs least, until none moves.
    loop {
        let mut moved = false;
        for from in 0..n {
            for to in 0..n {
                let mut order = best.clone();
                let c = order.remove(from);
                order.insert(to, c);
                moved |= consider(&order, &mut best);
            }
        }
        if !moved {
            return best;
        }
    }
}

/// The next order in lexicographic sequence; false after the last.
fn next_permutation(order: &mut [usize]) -> bool {
    let Some(i) = (1..order.len()).rev().find(|&i| order[i - 1] < order[i]) else { return false };
    let Some(j) = (i..order.len()).rev().find(|&j| order[j] > order[i - 1]) else { return false };
    order.swap(i - 1, j);
    order[i..].reverse();
    true
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

/// Places everything.
pub fn place(picture: &Picture) -> Placed {
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
        span = set_columns(picture, &columns, &order, &layer, &level, &reach, &mut x);
    }

    let vertices: Vec<Point> = (0..n).map(|v| Point { x: x[v], y: layer[v] as f64 * PITCH }).collect();
    let factors = factor_places(picture, &vertices);
    let mut boxes = vec![];
    for (p, out) in level.iter().map(|&l| l as f64).enumerate() {
        for (first, last) in runs(&order, &columns, p) {
            let inside: Vec<usize> =
                order[first..=last].iter().flat_map(|&c| columns[c].vertices.iter().copied()).collect();
            let (mut top, mut bottom) = (f64::INFINITY, f64::NEG_INFINITY);
            for &v in &inside {
                let above = if picture.factors.iter().any(|f| f.child == v) { RISE + SQUARE } else { RADIUS };
                top = top.min(vertices[v].y - above);
                bottom = bottom.max(vertices[v].y + RADIUS);
            }
            let rect = Rect {
                left: span[first].0 - out * STEP,
                right: span[last].1 + out * STEP,
                top: top - out * STEP,
                bottom: bottom + out * FOOT + 4.0,
            };
            boxes.push((p, rect));
        }
    }
    boxes.sort_by_key(|(p, _)| std::cmp::Reverse(level[*p]));
    let mut placed = Placed {
        half_widths: (0..n).map(|v| half_width(picture, v)).collect(),
        vertices,
        factors,
        boxes,
        width: 0.0,
        height: 0.0,
    };
    to_origin(picture, &mut placed, &reach);
    placed
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
    columns: &[VertexColumn],
    order: &[usize],
    layer: &[usize],
    level: &[usize],
    reach: &[(f64, f64)],
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
            mine.map(|&p| level[p]).max().unwrap_or(0) as f64 * STEP
        };
        left += around(false);
        let mut rows: Vec<Vec<usize>> = vec![];
        for &v in &column.vertices {
            if rows.len() <= layer[v] {
                rows.resize(layer[v] + 1, vec![]);
            }
            rows[layer[v]].push(v);
        }
        let wide = |row: &[usize]| row.iter().map(|&v| reach[v].0 + reach[v].1 + GAP).sum::<f64>() - GAP;
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
                at += reach[v].0 + reach[v].1 + GAP;
            }
        }
        // A plate that ends here must be wide enough for its label.
        let mut right = left + needed;
        for &p in &column.plates {
            if let Some((first, _)) = runs(order, columns, p).into_iter().find(|(_, last)| *last == i) {
                let start = if first == i { left } else { span[first].0 };
                let label = text_width(&picture.plates[p], SMALL) + 14.0;
                right = right.max(start + label - 2.0 * level[p] as f64 * STEP);
            }
        }
        span.push((left, right));
        left = right + around(true) + 1.5 * GAP;
    }
    span
}

/// Squares above their child, side by side where there are several.
fn factor_places(picture: &Picture, vertices: &[Point]) -> Vec<FactorPlace> {
    let mut out: Vec<FactorPlace> = vec![];
    for (i, f) in picture.factors.iter().enumerate() {
        let all: Vec<usize> =
            (0..picture.factors.len()).filter(|&j| picture.factors[j].child == f.child).collect();
        let mine = all.iter().position(|&j| j == i).unwrap_or(0) as f64;
        let offset = (mine - (all.len() as f64 - 1.0) / 2.0) * 4.0 * SQUARE;
        let child = vertices[f.child];
        out.push(FactorPlace {
            at: Point { x: child.x + offset, y: child.y - RISE },
            left: all.len() > 1 && mine == 0.0,
        });
    }
    out
}

/// Moves everything so that the page starts at (0, 0), with a margin.
fn to_origin(picture: &Picture, placed: &mut Placed, reach: &[(f64, f64)]) {
    const MARGIN: f64 = 16.0;
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
            top: p.y - RISE - 2.0 * SQUARE,
            bottom: p.y + RADIUS,
        });
    }
    placed.boxes.iter().for_each(|(_, r)| cover(*r));
    if !left.is_finite() {
        return;
    }
    let (dx, dy) = (MARGIN - left, MARGIN + title - top);
    for p in placed.vertices.iter_mut().chain(placed.factors.iter_mut().map(|f| &mut f.at)) {
        p.x += dx;
        p.y += dy;
    }
    for (_, r) in &mut placed.boxes {
        *r = Rect { left: r.left + dx, right: r.right + dx, top: r.top + dy, bottom: r.bottom + dy };
    }
    placed.width = (right - left).max(text_width(&picture.title, 15.0)) + 2.0 * MARGIN;
    placed.height = bottom - top + 2.0 * MARGIN + title;
}
