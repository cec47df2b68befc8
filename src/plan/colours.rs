//! Colours: elements of one stored variable that meet in a product can't be updated at once, or the
//! bound may fall. Elements of one colour never meet. Not here: the updates (`engine`).

use super::{
    layout::{TableId, VarId},
    lowered::Lowered,
    messages::{MessageFrom, Place},
    table::{From, Rows, Shared, Table},
    var::Storage,
};
use crate::shape::NodeId;

/// A row that couples an element with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfPair {
    /// The node.
    pub node: NodeId,
    /// The factor.
    pub factor: usize,
    /// The place of the row.
    pub row: usize,
}

/// Fills [`super::var::Var::colours`] of every stored variable.
pub fn colour(lowered: &mut Lowered) -> Result<(), SelfPair> {
    for v in lowered.vars.ids() {
        if lowered.vars[v].storage != Storage::Stored {
            continue;
        }
        if lowered.vars[v].shape.is_whole() {
            // All its elements are one block.
            lowered.vars[v].colours = vec![vec![]];
            continue;
        }
        let count = lowered.vars[v].elements();
        let mut edges: Vec<(u32, u32)> = vec![];
        // Without an element that a row decides, no two of them meet in a product.
        let by_row = |m: &&MessageFrom| matches!(m.to, Place::Row(_));
        let mut tables: Vec<TableId> = lowered.messages[v].iter().filter(by_row).map(|m| m.table).collect();
        tables.dedup();
        for t in tables {
            meet(lowered, &lowered.tables[t], v, &mut edges)?;
        }
        lowered.vars[v].colours = if edges.is_empty() { vec![vec![]] } else { greedy(count, &edges) };
    }
    Ok(())
}

/// Elements of `v` that meet in the table's products, both ways round.
fn meet(lowered: &Lowered, t: &Table, v: VarId, edges: &mut Vec<(u32, u32)>) -> Result<(), SelfPair> {
    // First element of each row, and the plates left free.
    type ByRow<'a> = (&'a [u32], &'a [usize]);
    let by_row: Vec<ByRow<'_>> = t
        .operands
        .iter()
        .filter_map(|o| match &o.from {
            From::Stored { var, base, offsets, .. } if *var == v => Some((&base[..], &offsets[..])),
            _ => None,
        })
        .collect();
    let fixed: Vec<u32> = t
        .terms
        .iter()
        .flat_map(|term| &term.operands)
        .filter(|o| o.from == Shared::Var(v) && !by_row.is_empty())
        .map(|o| (o.offset / lowered.vars[v].width) as u32)
        .collect();
    let add = |edges: &mut Vec<(u32, u32)>, a: u32, b: u32, place: usize| {
        if a == b {
            return Err(SelfPair { node: NodeId(lowered.vars[v].nodes[0].0), factor: t.factor, row: place });
        }
        edges.extend([(a, b), (b, a)]);
        Ok(())
    };
    for i in 0..by_row.len() {
        for j in 0..i {
            let ((a, ra), (b, rb)) = (by_row[i], by_row[j]);
            let of = |offsets: &[usize]| offsets.iter().map(|&o| o as u32).collect::<Vec<u32>>();
            let (ra, rb) = (of(ra), of(rb));
            for place in 0..a.len() {
                let listed = match &t.rows {
                    Rows::All => true,
                    Rows::List(l) => l.binary_search(&(place as u32)).is_ok(),
                };
                if !listed || a[place] == u32::MAX || b[place] == u32::MAX {
                    continue;
                }
                // The same free plates stand side by side; others meet all with all.
                if ra == rb {
                    ra.iter().try_for_each(|o| add(edges, a[place] + o, b[place] + o, place))?;
                } else {
                    ra.iter().try_for_each(|o| {
                        rb.iter().try_for_each(|p| add(edges, a[place] + o, b[place] + p, place))
                    })?;
                }
            }
        }
        for &f in &fixed {
            for &e in by_row[i].0.iter().filter(|&&e| e != u32::MAX && e != f) {
                edges.extend([(e, f), (f, e)]);
            }
        }
    }
    Ok(())
}

/// First-fit colouring in element order: as many colours as one more than the largest number of neighbours,
/// at most.
fn greedy(count: usize, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let codes: Vec<u32> = edges.iter().map(|e| e.0).collect();
    let groups = crate::data::Groups::new(&codes, count);
    let mut colour = vec![u32::MAX; count];
    let mut colours: Vec<Vec<u32>> = vec![];
    let mut taken: Vec<usize> = vec![];
    for e in 0..count {
        taken.resize(colours.len(), usize::MAX);
        for &edge in groups.group(e) {
            let c = colour[edges[edge as usize].1 as usize];
            if c != u32::MAX {
                taken[c as usize] = e;
            }
        }
        let c = taken.iter().position(|&t| t != e).unwrap_or_else(|| {
            colours.push(vec![]);
            colours.len() - 1
        });
        colour[e] = c as u32;
        colours[c].push(e as u32);
    }
    colours
}
