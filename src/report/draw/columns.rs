//! Columns of vertices of the same plates, and their order. Not here: how wide a column is (`place`).
//!
//! Columns are put in the order that keeps each plate's together, so that the plate's box holds its members
//! and nobody else: nested where one plate's members are among another's, crossing where they share some.
//! Where no order keeps a plate together, it gets a box for each part.

use super::picture::Picture;

/// More columns than this are ordered by improvement, not by trying all orders.
const TRIED: usize = 7;

/// Vertices of the same plates.
#[derive(Clone, Debug)]
pub(super) struct VertexColumn {
    pub plates: Vec<usize>,
    pub vertices: Vec<usize>,
}

pub(super) fn columns(picture: &Picture) -> Vec<VertexColumn> {
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
pub(super) fn runs(order: &[usize], columns: &[VertexColumn], plate: usize) -> Vec<(usize, usize)> {
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

pub(super) fn best_order(picture: &Picture, columns: &[VertexColumn], home: &[usize]) -> Vec<usize> {
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
