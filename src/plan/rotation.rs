//! Rotations: blocks of Gaussian vectors that meet only in products over a shared letter, so that one of them may be
//! multiplied by a matrix R and the other by R⁻ᵀ, and no line that holds both changes (Luttinen and Ilin 2010; Qi and
//! Jaakkola 2006). Found from the tables, by what their products hold. Not here: which R is best (`engine::rotate`).
//!
//! The rule. Two uses of blocks are *paired* where they share a letter of their vectors. Blocks that are paired,
//! directly or by others, fall on two sides. A line is *kept* if in each of its products the letters of one side's
//! uses are those of the other's, each once, and no other operand has them. All other lines that hold the blocks
//! change with R; they are priors, relevances, dynamics.

use super::{
    layout::{List, TableId, VarId},
    lowered::Lowered,
    table::{From, Shared, Table, TableTerm},
    var::{Storage, Var},
};
use crate::num::contract::{Axes, Letter, OperandShape};
use std::collections::BTreeSet;

/// Rows and columns of a rotation, at most.
const LARGEST: usize = 64;

/// Some entries of a block's vector, evenly spaced: those along one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    /// The block.
    pub var: VarId,
    /// The first.
    pub first: usize,
    /// From each to the next.
    pub step: usize,
    /// How many.
    pub count: usize,
}

impl Side {
    fn entries(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |i| self.first + i * self.step)
    }
}

/// A group of blocks that are multiplied by one matrix and by its inverse.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// Rows of R.
    pub size: usize,
    /// Those multiplied by R, and those multiplied by R⁻ᵀ.
    pub sides: [Vec<Side>; 2],
    /// Tables whose energy changes with R.
    pub changed: Vec<TableId>,
    /// The same, and all others that hold what follows the rotation.
    pub valued: Vec<TableId>,
    /// Other stored blocks of the lines that change: they follow a rotation.
    pub readers: Vec<VarId>,
    /// Statistics of rows that hold a side, with their letters along it: the table, and the letters.
    pub summed: Vec<(VarId, TableId, Vec<Letter>)>,
}

/// One use of a Gaussian vector in a product: for each of its indices, a letter along entries, or one entry; `None`
/// where they are no even steps.
struct Use {
    var: VarId,
    indices: Option<Vec<(Option<Letter>, Side)>>,
}

/// How many entries a block's vector has, if it may take part.
fn entries(var: &Var) -> Option<usize> {
    let d = var.shape.rotates()?;
    let plain = var.weight.is_none() && var.colours.len() <= 1 && !var.shape.has_known(None);
    let fits = match var.storage {
        Storage::Stored => true,
        Storage::Streamed { kept, .. } => !kept && var.inner() == 1,
    };
    (plain && fits && d >= 2).then_some(d)
}

/// The indices of a part that starts at `offset` of a statistic [x | x xᵀ], from its letters and the sizes of all.
fn indices(
    var: VarId,
    d: usize,
    offset: usize,
    inner: Vec<(Letter, usize)>,
    sizes: &[usize],
) -> Option<Vec<(Option<Letter>, Side)>> {
    let of = |first: usize, along: Vec<(Letter, usize)>| match along[..] {
        [] => Some((None, Side { var, first, step: 0, count: 1 })),
        [(letter, step)] => {
            Some((Some(letter), Side { var, first, step, count: sizes[usize::from(letter)] }))
        }
        _ => None,
    };
    if offset < d {
        return Some(vec![of(offset, inner)?]);
    }
    let (rows, columns): (Vec<_>, Vec<_>) = inner.into_iter().partition(|a| a.1 >= d);
    let at = offset - d;
    Some(vec![of(at / d, rows.into_iter().map(|(l, s)| (l, s / d)).collect())?, of(at % d, columns)?])
}

/// The uses of blocks that may take part, in a product.
fn uses(lowered: &Lowered, table: &Table, term: &TableTerm) -> Vec<Use> {
    let mut out = vec![];
    // Letters of plates step over whole elements, or over whole parts.
    let mut note = |v: VarId, offset: usize, axes: &Axes, whole: usize| {
        let Some(d) = entries(&lowered.vars[v]) else { return };
        let inner = axes.0.iter().copied().filter(|a| a.1 < whole && a.0 != table.row_label).collect();
        out.push(Use { var: v, indices: indices(v, d, offset % lowered.vars[v].width, inner, &table.sizes) });
    };
    for o in &term.operands {
        if let Shared::Var(v) = o.from {
            note(v, o.offset, &o.axes, lowered.vars[v].width);
        }
    }
    for o in &table.operands {
        let OperandShape::Dense(axes) = &o.shape else { continue };
        match &o.from {
            From::Streamed { var, .. } => note(*var, o.offset, axes, lowered.vars[*var].width),
            From::Stored { var, part, .. } => note(*var, part.0 + o.offset, axes, part.1),
            _ => {}
        }
    }
    out
}

/// How many operands of a product have a letter, and of its other operands than rotated blocks, whether any has.
fn others_have(lowered: &Lowered, table: &Table, term: &TableTerm, letter: Letter) -> bool {
    let has = |axes: &Axes| axes.0.iter().any(|a| a.0 == letter);
    let free = |v: VarId| entries(&lowered.vars[v]).is_none();
    let shared = term.operands.iter().any(|o| match o.from {
        Shared::Var(v) => free(v) && has(&o.axes),
        Shared::Known(_) => has(&o.axes),
    });
    let rows = table.operands.iter().any(|o| match (&o.from, &o.shape) {
        (From::Streamed { var, .. } | From::Stored { var, .. }, OperandShape::Dense(axes)) => {
            free(*var) && has(axes)
        }
        (_, OperandShape::Dense(axes)) => has(axes),
        (_, OperandShape::OneHot { level, .. }) => *level == letter,
    });
    shared || rows
}

/// Which side of a group an index is on.
fn side_of(sides: &[Vec<Side>; 2], side: Side) -> Option<usize> {
    sides.iter().position(|s| s.contains(&side))
}

/// Do the products of a table stay as they are, with these sides? `None`: the table holds none of them.
fn kept(lowered: &Lowered, table: &Table, sides: &[Vec<Side>; 2]) -> Option<bool> {
    let mut any = false;
    for term in &table.terms {
        let mut letters: [Vec<Letter>; 2] = [vec![], vec![]];
        for found in uses(lowered, table, term) {
            let all = sides.iter().flatten();
            let Some(indices) = found.indices else {
                if all.clone().any(|s| s.var == found.var) {
                    return Some(false);
                }
                continue;
            };
            for (letter, side) in indices {
                match (side_of(sides, side), letter) {
                    (Some(at), Some(letter)) => letters[at].push(letter),
                    _ if all.clone().any(|s| s.var == found.var && overlaps(*s, side)) => {
                        return Some(false);
                    }
                    _ => {}
                }
            }
        }
        let [a, b] = letters;
        any |= !a.is_empty() || !b.is_empty();
        let (one, two): (BTreeSet<Letter>, BTreeSet<Letter>) =
            (a.iter().copied().collect(), b.iter().copied().collect());
        let paired = one == two && one.len() == a.len() && two.len() == b.len();
        if !paired || one.iter().any(|&l| others_have(lowered, table, term, l)) {
            return Some(false);
        }
    }
    any.then_some(true)
}

/// Do two progressions of one block share entries?
fn overlaps(one: Side, other: Side) -> bool {
    one.entries().any(|e| other.entries().any(|o| o == e))
}

/// All rotations of a model. Blocks of rows that need their statistics with all letters, and have them not, are in
/// the second list.
pub fn find(lowered: &Lowered) -> (Vec<Rotation>, Vec<VarId>) {
    let mut pairs: Vec<(usize, Side, Side)> = vec![];
    for table in &lowered.tables {
        for term in &table.terms {
            let found = uses(lowered, table, term);
            let all = || found.iter().filter_map(|u| u.indices.as_ref()).flatten();
            for (i, (letter, side)) in all().enumerate() {
                let Some(l) = letter else { continue };
                let size = table.sizes[usize::from(*l)];
                for (_, other) in all().skip(i + 1).filter(|x| x.0 == *letter && x.1.var != side.var) {
                    if (2..=LARGEST).contains(&size) {
                        pairs.push((size, *side, *other));
                    }
                }
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let (mut rotations, mut closed): (Vec<Rotation>, Vec<VarId>) = (vec![], vec![]);
    for &(size, a, b) in &pairs {
        if rotations.iter().any(|r| r.sides.iter().flatten().any(|s| *s == a || *s == b)) {
            continue;
        }
        // What must be rotated with these, so that lines that hold them are kept.
        let mut sides = [vec![a], vec![b]];
        if kept_lines(lowered, &sides).is_empty() {
            continue;
        }
        for &(_, c, d) in pairs.iter().filter(|p| p.0 == size) {
            for (known, new) in [(c, d), (d, c)] {
                if let Some(at) = side_of(&sides, known)
                    && side_of(&sides, new).is_none()
                {
                    let mut more = sides.clone();
                    more[1 - at].push(new);
                    if keeps_more(lowered, &sides, &more) {
                        sides = more;
                    }
                }
            }
        }
        match Rotation::new(lowered, size, sides) {
            Some((rotation, open)) if open.is_empty() => rotations.push(rotation),
            Some((_, open)) => closed.extend(open),
            None => {}
        }
    }
    closed.sort_unstable();
    closed.dedup();
    (rotations, closed)
}

/// Are more lines kept with more sides?
fn keeps_more(lowered: &Lowered, few: &[Vec<Side>; 2], more: &[Vec<Side>; 2]) -> bool {
    let lines = |sides: &[Vec<Side>; 2]| kept_lines(lowered, sides).len();
    lines(more) > lines(few)
}

/// The lines all of whose products are kept, and some of which hold a side.
fn kept_lines(lowered: &Lowered, sides: &[Vec<Side>; 2]) -> BTreeSet<usize> {
    let (mut held, mut lost) = (BTreeSet::new(), BTreeSet::new());
    for table in &lowered.tables {
        match kept(lowered, table, sides) {
            Some(true) => held.insert(table.factor),
            Some(false) => lost.insert(table.factor),
            None => false,
        };
    }
    held.difference(&lost).copied().collect()
}

impl Rotation {
    /// The group of these sides, and the blocks whose statistics lack letters; `None` where one cannot be rotated.
    fn new(lowered: &Lowered, size: usize, sides: [Vec<Side>; 2]) -> Option<(Self, Vec<VarId>)> {
        let kept = kept_lines(lowered, &sides);
        let all: Vec<Side> = sides.iter().flatten().copied().collect();
        let holds = |t: &Table, v: VarId| {
            let shared = t.terms.iter().flat_map(|x| &x.operands);
            shared.clone().any(|o| matches!(o.from, Shared::Var(u) if u == v)) || t.reads(v)
        };
        if kept.is_empty() || all.iter().any(|s| all.iter().filter(|x| x.var == s.var).count() > 1) {
            return None;
        }
        let (mut summed, mut closed) = (vec![], vec![]);
        for side in &all {
            let var = &lowered.vars[side.var];
            if var.storage == Storage::Stored {
                continue;
            }
            if (side.first, side.step, entries(var)?) != (0, 1, size) {
                return None;
            }
            for (t, table) in lowered.holding(side.var) {
                let mut letters: Vec<Letter> = vec![];
                for o in &table.operands {
                    let From::Streamed { var: v, .. } = o.from else { continue };
                    if v != side.var {
                        continue;
                    }
                    let OperandShape::Dense(axes) = &o.shape else { return None };
                    let mine = axes.0.iter().map(|a| a.0).filter(|l| *l != table.row_label);
                    letters.extend(mine);
                }
                let distinct: BTreeSet<Letter> = letters.iter().copied().collect();
                let expected: usize = table
                    .operands
                    .iter()
                    .filter(|o| matches!(o.from, From::Streamed { var: v, .. } if v == side.var))
                    .map(|o| if o.offset < size { 1 } else { 2 })
                    .sum();
                // One entry by itself cannot be turned.
                if letters.len() != expected || table.packed.is_some() || table.unroll.is_some() {
                    return None;
                }
                let elsewhere = |l: &Letter| {
                    table.operands.iter().any(|o| match (&o.from, &o.shape) {
                        (From::Streamed { var: v, .. }, _) if *v == side.var => false,
                        (_, OperandShape::Dense(axes)) => axes.0.iter().any(|a| a.0 == *l),
                        (_, OperandShape::OneHot { level, .. }) => level == l,
                    })
                };
                if distinct.iter().any(elsewhere) {
                    return None;
                }
                if distinct.len() < letters.len()
                    || letters.iter().any(|l| !table.axes.0.iter().any(|a| a.0 == *l))
                {
                    closed.push(side.var);
                } else {
                    summed.push((side.var, t, letters));
                }
            }
        }
        let changed: Vec<TableId> = lowered
            .tables
            .enumerate()
            .filter(|(_, t)| !kept.contains(&t.factor) && all.iter().any(|s| holds(t, s.var)))
            .map(|t| t.0)
            .collect();
        let lines: BTreeSet<usize> = changed.iter().map(|&t| lowered.tables[t].factor).collect();
        let mine = |v: VarId| all.iter().any(|s| s.var == v);
        let stored = |v: &VarId| lowered.vars[*v].storage == Storage::Stored && !mine(*v);
        let reader = |v: &VarId| lowered.tables.iter().any(|t| lines.contains(&t.factor) && holds(t, *v));
        let readers: Vec<VarId> = lowered.vars.ids().filter(stored).filter(reader).collect();
        let valued = lowered
            .tables
            .enumerate()
            .filter(|(t, table)| changed.contains(t) || readers.iter().any(|&v| holds(table, v)));
        let valued = valued.map(|t| t.0).collect();
        // What rows hold besides, of a line that changes, has a q of its own that would have to follow.
        let streamed = |v: VarId| lowered.vars[v].storage != Storage::Stored && !mine(v);
        if changed.iter().any(|&t| lowered.vars.ids().any(|v| streamed(v) && lowered.tables[t].reads(v))) {
            return None;
        }
        Some((Self { size, sides, changed, valued, readers, summed }, closed))
    }

    /// The blocks of both sides, in words.
    pub fn describe(&self, vars: &List<VarId, Var>) -> String {
        let names =
            |side: &[Side]| side.iter().map(|s| vars[s.var].name.as_str()).collect::<Vec<_>>().join(" and ");
        let follow: Vec<&str> = self.readers.iter().map(|&v| vars[v].name.as_str()).collect();
        let follow =
            if follow.is_empty() { String::new() } else { format!("; {} follow", follow.join(", ")) };
        format!(
            "{} by a matrix R of {} × {}, {} by its inverse: their products stay as they are{follow}",
            names(&self.sides[0]),
            self.size,
            self.size,
            names(&self.sides[1]),
        )
    }
}
