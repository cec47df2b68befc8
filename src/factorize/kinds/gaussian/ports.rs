//! Sparse jointly Gaussian blocks: where the entries stand, which pairs of them the model and the data join,
//! and what that costs. Not here: which variables are claimed (`claims`), nor the algorithm (`block`).
//!
//! A product of two entries, as letters and the columns of a factor's rows name them, is a [`Port`]: an array
//! of pairs. Rows that name the same two elements share a pair, so that what counts is how many different
//! pairs the data name, not how many rows.

use super::vector::{Vector, rewritten};
use crate::{
    block::{
        kind::sparse::{NONE, Pattern, Places},
        sparse_gaussian::PatternError,
    },
    factorize::{contract::Member, roles::Role},
    graph::{
        bound::{Bound, ObservedArray},
        energy::{Element, Energy, FactorEnergy, LabelId, Source, View},
        factor_graph::FactorGraph,
    },
    shape::{BlockId, ColumnId, Extent},
};
use std::collections::HashSet;

/// Multiplications an iteration may take, at most: about half a second's.
pub const LARGEST_COST: f64 = 5e8;
/// Covariances that the factor may hold, and pairs that the model may list, at most.
pub const LARGEST_FILL: usize = 20_000_000;
/// Where the entries of these members stand.
fn places(graph: &FactorGraph, bound: &Bound, members: &[Member]) -> Places {
    let (mut starts, mut sizes, mut each) = (vec![0], vec![], vec![]);
    for m in members {
        let plates: Vec<usize> = m.inner.iter().map(|p| bound.plate(*p).size).collect();
        let d = if m.vector { graph.nodes[m.node.0].event.map_or(1, |x| bound.size(x)) } else { 1 };
        starts.push(starts[starts.len() - 1] + plates.iter().product::<usize>() * d);
        sizes.push(plates);
        each.push(d);
    }
    Places { starts, sizes, each }
}

/// Finds the pairs that the energy's products join, and how they are eliminated.
///
/// # Errors
/// A sentence: why the block is too large, or has no such pattern.
pub fn pattern(
    graph: &FactorGraph,
    energy: &Energy,
    roles: &[Role],
    bound: &Bound,
    joint: &Vector,
) -> Result<Pattern, String> {
    let places = places(graph, bound, &joint.members);
    let n = places.len();
    let too_many = |what: &str, count: f64| {
        format!("It would list {} {what}, and {} are the most.", rounded(count), rounded(LARGEST_FILL as f64))
    };
    if n > LARGEST_FILL {
        return Err(too_many("entries", n as f64));
    }
    let mut pairs: Vec<u64> = vec![];
    let own: usize = (0..joint.members.len())
        .map(|m| (places.starts[m + 1] - places.starts[m]) * (places.each[m] - 1) / 2)
        .sum();
    let mut listed = own as f64;
    // The entries of one vector are reported together.
    for m in 0..joint.members.len() {
        let d = places.each[m];
        for first in (places.starts[m]..places.starts[m + 1]).step_by(d) {
            for a in first..first + d {
                pairs.extend((a + 1..first + d).map(|b| Pattern::key(a, b)));
            }
        }
    }
    let me = Source::Block(BlockId(usize::MAX));
    let mut different = 0;
    for f in rewritten(graph, energy, joint, BlockId(usize::MAX)).values() {
        let ops = f.terms.iter().flat_map(|t| &t.ops);
        let mut met: HashSet<&[View]> = HashSet::new();
        for op in ops.filter(|o| o.source == me && o.views.len() == 2) {
            if op.views[0] == op.views[1] || !met.insert(&op.views) {
                continue;
            }
            let port = Port::new(graph, bound, roles, f, &joint.members, &places, &op.views)?;
            listed += port.len() as f64;
            if listed > LARGEST_FILL as f64 {
                return Err(too_many("pairs", listed));
            }
            port.each(|a, b| {
                if a != b && a != NONE && b != NONE {
                    pairs.push(Pattern::key(a as usize, b as usize));
                }
            });
        }
        // Now and then, so that what rows name again and again takes no room.
        if pairs.len() > 2 * different.max(1 << 16) {
            pairs.sort_unstable();
            pairs.dedup();
            different = pairs.len();
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let pattern = Pattern::new(places, pairs, LARGEST_FILL).map_err(|e| match e {
        PatternError::Fill { .. } => {
            format!("Its factor would have more than {} entries.", rounded(LARGEST_FILL as f64))
        }
        PatternError::Pair { .. } => e.to_string(),
    })?;
    let kernel = &pattern.kernel;
    if kernel.cost() > LARGEST_COST {
        let (cost, most) = (rounded(kernel.cost()), rounded(LARGEST_COST));
        return Err(format!(
            "It would take about {cost} multiplications an iteration, and {most} are the most."
        ));
    }
    Ok(pattern)
}

/// A large number for people: `1.2 million`.
pub fn rounded(x: f64) -> String {
    match x {
        ..1e5 => format!("{}", x.round()),
        ..1e6 => format!("{} thousand", (x / 1e3).round()),
        ..1e9 => format!("{} million", three(x / 1e6)),
        ..1e12 => format!("{} billion", three(x / 1e9)),
        _ => format!("{x:.1e}"),
    }
}

fn three(x: f64) -> String {
    if x < 10.0 { format!("{}", (x * 10.0).round() / 10.0) } else { format!("{}", x.round()) }
}

/// Columns that decide together, with what each names, and the place in their list for each row of the file.
pub type Listed = (Vec<(ColumnId, Extent)>, Vec<u32>);

/// Products of two entries, as a factor's letters and rows name them: an array, what rows decide outermost.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its axes: what decides the place along each, and its size.
    pub axes: Vec<(Element, usize)>,
    /// What the first axis runs over, where that is a plate.
    pub extent: Option<Extent>,
    /// Where several columns decide together: which, and the place in the list for each row of the file.
    pub list: Option<Listed>,
    /// The first entry of each item of the rows' axis, for either side; one item where there is no such axis.
    items: [Vec<u32>; 2],
    /// The other axes: size, and entries between neighbours on either side.
    letters: Vec<(usize, [usize; 2])>,
}

/// One side of a product.
struct Side {
    offset: usize,
    letters: Vec<(LabelId, usize)>,
    rows: Vec<(Element, Extent, usize)>,
}

impl Port {
    /// The pairs of two views.
    ///
    /// # Errors
    /// A sentence: what decides the pair is no column of one table's rows.
    pub fn new(
        graph: &FactorGraph,
        bound: &Bound,
        roles: &[Role],
        f: &FactorEnergy,
        members: &[Member],
        places: &Places,
        views: &[View],
    ) -> Result<Self, String> {
        let mut sides: Vec<Side> = views.iter().map(|v| side(members, places, v)).collect();
        let mut by_rows: Vec<LabelId> =
            sides.iter().flat_map(|s| &s.rows).filter_map(|r| r.0.label()).collect();
        by_rows.dedup();
        let row = match by_rows.as_slice() {
            [] => None,
            [l] => Some(*l),
            _ => return Err("Columns of two tables decide which elements meet.".into()),
        };
        // The rows' own letter beside a column: each row is an item.
        for s in &mut sides {
            if let Some(l) = row {
                let extent = f.labels[l].extent;
                s.rows
                    .extend(s.letters.iter().filter(|x| x.0 == l).map(|x| (Element::Label(l), extent, x.1)));
                s.letters.retain(|x| x.0 != l);
            }
        }
        let mut out =
            Self { axes: vec![], extent: None, list: None, items: [vec![0], vec![0]], letters: vec![] };
        if let Some(l) = row {
            out.rows(graph, bound, roles, f, l, &sides)?;
        }
        let mut letters: Vec<LabelId> = vec![];
        sides.iter().flat_map(|s| &s.letters).for_each(|x| {
            if !letters.contains(&x.0) {
                letters.push(x.0);
            }
        });
        for l in letters {
            let size = bound.size(f.labels[l].extent);
            let stride = |s: &Side| s.letters.iter().filter(|x| x.0 == l).map(|x| x.1).sum::<usize>();
            out.axes.push((Element::Label(l), size));
            out.letters.push((size, [stride(&sides[0]), stride(&sides[1])]));
        }
        for (items, s) in out.items.iter_mut().zip(&sides) {
            items.iter_mut().filter(|i| **i != NONE).for_each(|i| *i += s.offset as u32);
        }
        Ok(out)
    }

    /// The axis that rows decide.
    fn rows(
        &mut self,
        graph: &FactorGraph,
        bound: &Bound,
        roles: &[Role],
        f: &FactorEnergy,
        l: LabelId,
        sides: &[Side],
    ) -> Result<(), String> {
        let of_row = f.labels[l].extent;
        let count = bound.size(of_row);
        let mut picks: Vec<(ColumnId, Extent)> = vec![];
        let mut direct = false;
        for (e, extent, _) in sides.iter().flat_map(|s| &s.rows) {
            match e {
                Element::Column { column, .. } if picks.contains(&(*column, *extent)) => {}
                Element::Column { column, .. } => picks.push((*column, *extent)),
                _ => direct = true,
            }
        }
        let codes = |column: ColumnId, extent: Extent| {
            bound
                .codes(column, extent)
                .ok_or_else(|| "A column that picks elements has no codes.".to_string())
        };
        if direct {
            for (items, s) in self.items.iter_mut().zip(sides) {
                *items = vec![0; count];
                for (e, extent, stride) in &s.rows {
                    let index: Vec<u32> = match *e {
                        Element::Column { column, .. } => codes(column, *extent)?.to_vec(),
                        Element::Before { lag, .. } => before(bound, of_row, lag),
                        Element::Parent { .. } => match of_row {
                            Extent::Plate(p) => {
                                bound.plate(p).parents.as_deref().map_or_else(Vec::new, <[u32]>::to_vec)
                            }
                            _ => vec![],
                        },
                        _ => (0..count as u32).collect(),
                    };
                    if index.len() != count {
                        return Err("What decides which elements meet is no column of the rows.".into());
                    }
                    for (i, x) in items.iter_mut().zip(index) {
                        *i = if x == NONE || *i == NONE { NONE } else { *i + x * *stride as u32 };
                    }
                }
            }
            self.axes.push((Element::Label(l), count));
            self.extent = Some(of_row);
            return Ok(());
        }
        let stride = |s: &Side, pick: &(ColumnId, Extent)| -> u32 {
            let of = |r: &&(Element, Extent, usize)| matches!(r.0, Element::Column { column, .. } if (column, r.1) == *pick);
            s.rows.iter().filter(of).map(|r| r.2 as u32).sum()
        };
        if let [pick] = picks.as_slice() {
            let size = bound.size(pick.1);
            for (items, s) in self.items.iter_mut().zip(sides) {
                *items = (0..size as u32).map(|i| i * stride(s, pick)).collect();
            }
            self.axes.push((Element::Column { column: pick.0, label: l }, size));
            self.extent = Some(pick.1);
            return Ok(());
        }
        // Several columns: the different combinations that rows name, ascending.
        let sizes: Vec<u64> = picks.iter().map(|p| bound.size(p.1) as u64).collect();
        if sizes.iter().try_fold(1u64, |a, s| a.checked_mul(*s)).is_none() {
            return Err("The columns that decide which elements meet have too many levels together.".into());
        }
        let silent = silent(graph, bound, roles, f, of_row);
        let all: Vec<&[u32]> =
            picks.iter().map(|p| codes(p.0, p.1).map(|c| &c[..])).collect::<Result<_, _>>()?;
        let tuple = |row: usize| -> Option<u64> {
            let named = silent.as_ref().is_none_or(|s| !s[row]) && all.iter().all(|c| c[row] != NONE);
            named.then(|| all.iter().zip(&sizes).fold(0, |t, (c, s)| t * s + u64::from(c[row])))
        };
        let mut items: Vec<u64> = (0..count).filter_map(tuple).collect();
        items.sort_unstable();
        items.dedup();
        let place = |t: u64| items.binary_search(&t).map_or(NONE, |i| i as u32);
        let by_row = (0..count).map(|row| tuple(row).map_or(NONE, place)).collect();
        for (out, s) in self.items.iter_mut().zip(sides) {
            let strides: Vec<u32> = picks.iter().map(|p| stride(s, p)).collect();
            let entry = |mut t: u64| {
                let mut at = 0;
                for (size, stride) in sizes.iter().zip(&strides).rev() {
                    at += (t % size) as u32 * stride;
                    t /= size;
                }
                at
            };
            *out = items.iter().map(|&t| entry(t)).collect();
        }
        self.axes.push((Element::Listed { label: l, list: 0 }, items.len()));
        self.list = Some((picks, by_row));
        Ok(())
    }

    /// How many pairs it lists.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|a| a.1).product()
    }

    /// Does it list none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `f` with the two entries of each pair, row-major over the axes; [`NONE`] where there is no such
    /// element.
    pub fn each(&self, mut f: impl FnMut(u32, u32)) {
        let mut offsets = vec![[0u32; 2]];
        for (size, strides) in &self.letters {
            let step =
                |o: &[u32; 2], i: usize| [o[0] + (i * strides[0]) as u32, o[1] + (i * strides[1]) as u32];
            offsets = offsets.iter().flat_map(|o| (0..*size).map(move |i| step(o, i))).collect();
        }
        for (&a, &b) in self.items[0].iter().zip(&self.items[1]) {
            for o in &offsets {
                if a == NONE || b == NONE { f(NONE, NONE) } else { f(a + o[0], b + o[1]) }
            }
        }
    }
}

fn side(members: &[Member], places: &Places, v: &View) -> Side {
    let mut out = Side { offset: places.starts[v.member], letters: vec![], rows: vec![] };
    for ((p, e), stride) in members[v.member].inner.iter().zip(&v.elements).zip(places.strides(v.member)) {
        match *e {
            Element::At(i) => out.offset += i.settled(&[]) * stride,
            Element::Label(l) => out.letters.push((l, stride)),
            e => out.rows.push((e, Extent::Plate(*p), stride)),
        }
    }
    out.letters.extend(v.axis.map(|l| (l, 1)));
    out
}

/// The row `lag` steps before each row of a file in its sequence.
fn before(bound: &Bound, rows: Extent, lag: u32) -> Vec<u32> {
    let mut out = vec![NONE; bound.size(rows)];
    let Extent::Plate(p) = rows else { return out };
    if let Some(s) = &bound.plate(p).sequences {
        for i in 0..s.len() {
            let places = s.places(i);
            for place in places.start + lag as usize..places.end.max(places.start + lag as usize) {
                out[s.row(place)] = s.row(place - lag as usize) as u32;
            }
        }
    }
    out
}

/// Rows whose observation is missing: they join nothing.
fn silent(
    graph: &FactorGraph,
    bound: &Bound,
    roles: &[Role],
    f: &FactorEnergy,
    rows: Extent,
) -> Option<Vec<bool>> {
    let node = &graph.nodes[f.node.0];
    let by_row =
        roles[f.node.0] == Role::Observed && node.plates.len() == 1 && Extent::Plate(node.plates[0]) == rows;
    match bound.observed(f.node).filter(|_| by_row)? {
        ObservedArray::Numbers { width, values } => {
            Some(values.chunks_exact(*width).map(|v| v.iter().any(|x| x.is_nan())).collect())
        }
        ObservedArray::Codes(codes) => Some(codes.iter().map(|c| *c == NONE).collect()),
    }
}
