//! First responsibilities of selectors, so that components differ. Not here: those that the caller gives
//! (`given`), nor what a run makes of them (`first`).
//!
//! A selector that picks only what is known follows from it; where other unknowns stand on the same lines, it is
//! certain of each category in turn. Otherwise, where its children are numbers, or several categories a row,
//! their statistics are clustered: at first by k-means++ (`features`), in other restarts by shape and by windows
//! too (`shapes`); where a row has only one symbol, groups of rows are clustered if the selector has groups
//! (`groups`), else every symbol gets a random affinity to the components. Every other restart occupies fewer
//! components, few and many in turn, since starts that occupy every component rarely reach the best bound of an
//! over-complete mixture.

use super::{
    assign::assign,
    features::Features,
    groups::Groups,
    picks::{Picked, picked},
    symbols::single_codes,
};
use crate::{
    block::element::Which,
    graph::FactorGraph,
    num::stream::Stream as Random,
    plan::{
        Plan,
        layout::VarId,
        var::{Storage, Var},
    },
};
use std::{
    hash::{DefaultHasher, Hash},
    ops::Range,
    sync::Arc,
};

/// First responsibilities of one selector.
#[derive(Debug)]
pub(super) enum Drawn {
    /// A category for each element, in storage order.
    Labels(Vec<u32>),
    /// A row of responsibilities for each code of an array of codes.
    ByCode { codes: usize, table: Vec<f64> },
    /// Equal for all, but for cells that are known.
    Even,
    /// Certain of one category, all of them.
    One(u32),
    /// By chance, each for itself.
    Soft,
    /// The caller's: elements × categories, in storage order.
    Rows(Arc<[f64]>),
}

impl Drawn {
    /// What tells this from what other restarts draw, but for the numbering of components.
    pub fn print(&self, restart: usize, hash: &mut DefaultHasher) {
        match self {
            Drawn::Labels(labels) => {
                // Components by their first row.
                let mut seen: Vec<u32> = vec![];
                for &l in labels {
                    let at = seen.iter().position(|&s| s == l).unwrap_or_else(|| {
                        seen.push(l);
                        seen.len() - 1
                    });
                    at.hash(hash);
                }
            }
            Drawn::ByCode { table, .. } => table.iter().for_each(|x| x.to_bits().hash(hash)),
            Drawn::Soft => restart.hash(hash),
            Drawn::One(k) => k.hash(hash),
            Drawn::Rows(rows) => rows.iter().for_each(|x| x.to_bits().hash(hash)),
            // The same in all restarts.
            Drawn::Even => {}
        }
    }

    /// Writes the responsibilities of the elements at the places `range`, `inner` elements each of `k`
    /// categories.
    pub fn write(&self, plan: &Plan, range: Range<usize>, inner: usize, k: usize, out: &mut [f64]) {
        match self {
            Drawn::Even | Drawn::Soft => out.fill(1.0 / k as f64),
            Drawn::One(one) => {
                out.fill(0.0);
                out.chunks_exact_mut(k).for_each(|row| row[*one as usize] = 1.0);
            }
            Drawn::Rows(rows) => out.copy_from_slice(&rows[range.start * inner * k..range.end * inner * k]),
            Drawn::Labels(labels) => {
                out.fill(0.0);
                for (row, &label) in
                    out.chunks_exact_mut(k).zip(&labels[range.start * inner..range.end * inner])
                {
                    row[label as usize] = 1.0;
                }
            }
            Drawn::ByCode { codes, table } => {
                let codes = &plan.rows.codes[*codes];
                for (i, row) in out.chunks_exact_mut(k).enumerate() {
                    let code = codes.data[range.start + i / inner];
                    if code == u32::MAX {
                        row.fill(1.0 / k as f64);
                    } else {
                        row.copy_from_slice(&table[code as usize * k..(code as usize + 1) * k]);
                    }
                }
            }
        }
    }
}

/// Random responsibilities, far from even.
pub(super) fn soft(k: usize, random: &mut Random, out: &mut [f64]) {
    let ones = vec![1.0; k];
    for row in out.chunks_exact_mut(k) {
        random.dirichlet(&ones, row);
    }
}

/// What start a variable needs; of a network, one member of it. `settled` says which blocks start from the
/// caller's values.
pub(super) fn draw(
    graph: &FactorGraph,
    plan: &Plan,
    v: VarId,
    member: usize,
    seed: u64,
    restart: usize,
    settled: &dyn Fn(VarId) -> bool,
) -> Option<Drawn> {
    let var = &plan.vars[v];
    let node = *var.nodes.get(member)?;
    let name = if var.nodes.len() > 1 { &plan.names[node.0] } else { &var.name };
    if !graph.nodes[node.0].spec.stat.one_hot() {
        return None;
    }
    let k = var.shape.states(member);
    match picked(plan, v, node, settled) {
        Picked::Settled => return None,
        // What it picks tells its categories apart: at first, it follows from them; then it is certain of each.
        Picked::Known => {
            return match restart {
                0 => None,
                r if r <= k => Some(Drawn::One(r as u32 - 1)),
                _ => (var.storage == Storage::Stored).then_some(Drawn::Soft),
            };
        }
        Picked::Learned => {}
    }
    if var.storage == Storage::Stored {
        // One for all data: nothing tells which is better but trying.
        let count: usize = var.plates_of(member).iter().map(|p| p.1).product();
        let one = count == 1 && (1..=k).contains(&restart);
        return Some(if one { Drawn::One(restart as u32 - 1) } else { Drawn::Soft });
    }
    let mut random = Random::new(seed, name, restart as u64);
    let some_known = var.shape.has_known(Some(member));
    let occupied = if some_known { k } else { occupied(k, restart) };
    let features = Features::of(plan, v);
    if features.width > 0 && (var.nodes.len() == 1 || !some_known) {
        let starts = var.stream().and_then(|s| plan.streams[s].starts.as_deref());
        let labels = clustered(&features, starts, occupied, restart, &mut random);
        let inner = var.inner();
        let mut labels: Vec<u32> = labels.into_iter().flat_map(|l| std::iter::repeat_n(l, inner)).collect();
        if some_known {
            match_known(var, k, &mut labels);
        } else if restart > 0 {
            by_size(k, &mut labels);
        }
        return Some(Drawn::Labels(labels));
    }
    if some_known {
        return Some(Drawn::Even);
    }
    let codes = single_codes(plan, v)?;
    let levels = plan.rows.codes[codes].levels();
    let ascent = var.stream().and_then(|s| plan.local_ascent(s)).filter(|a| a.selector == v);
    // Every other pair of restarts begins flat: groups help some topics and harm others.
    if let Some(ascent) = ascent.filter(|_| restart.div_ceil(2).is_multiple_of(2)) {
        let weight = plan.streams[ascent.stream].weight.as_deref();
        let levels_of = &plan.rows.codes[ascent.codes].data;
        let mut places: Vec<Range<u32>> = ascent.starts.windows(2).map(|w| w[0]..w[1]).collect();
        places.sort_by_key(|p| levels_of[p.start as usize]);
        let groups = Groups { places, symbols: &plan.rows.codes[codes].data, weight };
        if let Some(table) = groups.affinity(levels, k, occupied, &mut random) {
            return Some(Drawn::ByCode { codes, table });
        }
    }
    let mut table = vec![0.0; levels * k];
    let ones = vec![1.0; occupied];
    for row in table.chunks_exact_mut(k) {
        random.dirichlet(&ones, &mut row[..occupied]);
    }
    Some(Drawn::ByCode { codes, table })
}

/// A cluster for each row, in one way or another: near each other, near each other as their spreads go, whole
/// windows of sequences, whole parts of them.
fn clustered(
    features: &Features,
    starts: Option<&[u32]>,
    occupied: usize,
    restart: usize,
    random: &mut Random,
) -> Vec<u32> {
    let rows = features.rows;
    let windows: &[usize] = if starts.is_some() { &[1, 16, 4, 50] } else { &[1] };
    let way = restart.div_ceil(2) % (windows.len() + if starts.is_some() { 2 } else { 1 });
    let shapes = |window: usize, random: &mut Random| {
        (window * 2 * occupied <= rows).then(|| features.shapes(occupied, starts, window, random)).flatten()
    };
    match way.checked_sub(1) {
        None => None,
        Some(i) if i < windows.len() => shapes(windows[i], random),
        Some(_) => {
            // Each part is a component of its own, from the first row to the last.
            let part = |place: usize| (place * occupied / rows.max(1)) as u32;
            Some((0..rows).map(part).collect())
        }
    }
    .unwrap_or_else(|| features.cluster(occupied, random))
}

/// Gives clusters the numbers of the categories that their known rows have.
fn match_known(var: &Var, k: usize, labels: &mut [u32]) {
    // What is known is what the shape writes over.
    let mut rows = vec![1.0 / k as f64; labels.len() * k];
    var.shape.hold(Which::From(0), &mut rows);
    let mut worth = vec![0.0; k * k];
    for (row, &label) in rows.chunks_exact(k).zip(labels.iter()) {
        if let Some(known) = row.iter().position(|x| *x == 1.0).filter(|_| k > 1) {
            worth[label as usize * k + known] += 1.0;
        }
    }
    let names = assign(k, &worth);
    labels.iter_mut().for_each(|l| *l = names[*l as usize] as u32);
}

/// Numbers clusters by their sizes, the largest first: as the ends of a stick come.
fn by_size(k: usize, labels: &mut [u32]) {
    let mut size = vec![0_usize; k];
    labels.iter().for_each(|&l| size[l as usize] += 1);
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by_key(|&c| std::cmp::Reverse(size[c]));
    let mut place = vec![0; k];
    order.iter().enumerate().for_each(|(i, &c)| place[c] = i as u32);
    labels.iter_mut().for_each(|l| *l = place[*l as usize]);
}

/// How many components a start occupies: every other one all, the others shares of them from the van der Corput
/// sequence ½, ¼, ¾, ⅛, …, so that a handful of restarts has tried few and many.
fn occupied(k: usize, restart: usize) -> usize {
    if restart.is_multiple_of(2) {
        return k;
    }
    let (mut share, mut digit, mut r) = (0.0, 0.5, restart.div_ceil(2));
    while r > 0 {
        share += digit * (r % 2) as f64;
        digit /= 2.0;
        r /= 2;
    }
    1 + (k as f64 * share) as usize
}
