//! Which elements of a cross network one product joins: an array of tables, one for each combination of the letters
//! and rows that decide them. Not here: the network's numbers (`block::kind::cross_network`).

use crate::{
    block::kind::cross_network::{ElementPlaces, NONE},
    factorize::{contract::Member, roles::Role},
    graph::{
        bound::{Bound, ObservedArray},
        energy::{Element, FactorEnergy, LabelId, View},
        factor_graph::{FactorGraph, PlateKind, RowSet},
    },
    shape::{Extent, NodeId, PlateId},
};

/// Where the elements of these nodes stand.
pub fn places(graph: &FactorGraph, bound: &Bound, nodes: &[NodeId]) -> ElementPlaces {
    let count = |n: &NodeId| graph.nodes[n.0].plates.iter().map(|p| bound.plate(*p).size).product();
    let states = |n: &NodeId| graph.nodes[n.0].event.map_or(1, |x| bound.size(x));
    ElementPlaces { states: nodes.iter().map(states).collect(), counts: nodes.iter().map(count).collect() }
}

/// Tables of a few elements each, as the letters of a product name them.
#[derive(Clone, Debug)]
pub struct ElementTables {
    /// The letters that decide the elements, with their sizes; tables are row-major over them.
    pub letters: Vec<(LabelId, usize)>,
    /// The member of each element of a table.
    pub members: Vec<usize>,
    /// Its states.
    pub states: Vec<usize>,
    /// The elements of each table, by their number in the network; [`NONE`] throughout where there is no such table.
    pub elements: Vec<u32>,
}

impl ElementTables {
    /// Those of a product's views.
    ///
    /// # Errors
    /// A sentence: why these are no tables of different elements.
    pub fn new(
        graph: &FactorGraph,
        bound: &Bound,
        roles: &[Role],
        (index, f): (usize, &FactorEnergy),
        members: &[Member],
        places: &ElementPlaces,
        views: &[View],
    ) -> Result<Self, String> {
        let mut letters: Vec<(LabelId, usize)> = vec![];
        for l in views.iter().flat_map(|v| &v.elements).filter_map(|e| e.label()) {
            if !letters.iter().any(|x| x.0 == l) {
                letters.push((l, bound.size(f.labels[l].extent)));
            }
        }
        let sides: Vec<Side> = views
            .iter()
            .map(|v| Side::new(bound, f, &members[v.member], v, places.first(v.member)))
            .collect::<Result<_, _>>()?;
        let there = Rows::new(graph, bound, roles, (index, f));
        let count: usize = letters.iter().map(|l| l.1).product();
        let mut elements = Vec::with_capacity(count * views.len());
        let mut at = vec![0; letters.len()];
        for _ in 0..count {
            let value = |l: LabelId| letters.iter().position(|x| x.0 == l).map_or(0, |i| at[i]);
            let table: Vec<u32> = sides.iter().map(|s| s.element(&value)).collect();
            if table.contains(&NONE) || !there.has(&value) {
                elements.extend(std::iter::repeat_n(NONE, views.len()));
            } else if (1..table.len()).any(|i| table[..i].contains(&table[i])) {
                let name = &graph.nodes[members[views[0].member].node.0].name;
                return Err(format!("An element of `{name}` meets itself in a product."));
            } else {
                elements.extend(table);
            }
            // The next combination, the last letter fastest.
            for (i, l) in at.iter_mut().zip(&letters).rev() {
                *i += 1;
                if *i < l.1 {
                    break;
                }
                *i = 0;
            }
        }
        let of: Vec<usize> = views.iter().map(|v| v.member).collect();
        Ok(Self { letters, states: of.iter().map(|m| places.states[*m]).collect(), members: of, elements })
    }

    /// Numbers of all tables.
    pub fn numbers(&self) -> usize {
        self.elements.len() / self.members.len().max(1) * self.states.iter().product::<usize>()
    }
}

/// How the element of one view follows from the letters.
struct Side {
    offset: usize,
    /// A letter, elements between neighbours, and the place that each of its values names; its own where none is given.
    by: Vec<(LabelId, usize, Option<Vec<u32>>)>,
}

impl Side {
    fn new(bound: &Bound, f: &FactorEnergy, member: &Member, v: &View, first: usize) -> Result<Self, String> {
        let sizes: Vec<usize> = member.inner.iter().map(|p| bound.plate(*p).size).collect();
        let mut out = Self { offset: first, by: vec![] };
        for (axis, (p, e)) in member.inner.iter().zip(&v.elements).enumerate() {
            let stride: usize = sizes[axis + 1..].iter().product();
            let rows = |l: LabelId| f.labels[l].extent;
            match *e {
                Element::At(i) => out.offset += i.settled(&bound.labelled) * stride,
                Element::Label(l) => out.by.push((l, stride, None)),
                Element::Column { column, label } => {
                    let codes = bound.codes(column, Extent::Plate(*p));
                    let codes = codes.ok_or("A column that picks elements has no codes.")?;
                    out.by.push((label, stride, Some(codes.to_vec())));
                }
                Element::Before { label, lag } => {
                    out.by.push((label, stride, Some(before(bound, rows(label), lag))))
                }
                Element::Parent { label } => {
                    let parents = match rows(label) {
                        Extent::Plate(p) => bound.plate(p).parents.as_deref().map(<[u32]>::to_vec),
                        _ => None,
                    };
                    out.by.push((label, stride, Some(parents.unwrap_or_default())));
                }
                Element::Listed { .. } => return Err("Combinations of columns pick elements.".into()),
            }
        }
        Ok(out)
    }

    fn element(&self, value: &dyn Fn(LabelId) -> usize) -> u32 {
        let mut at = self.offset;
        for (l, stride, places) in &self.by {
            let i = value(*l);
            let place = places.as_ref().map_or(i as u32, |p| p.get(i).copied().unwrap_or(NONE));
            if place == NONE {
                return NONE;
            }
            at += place as usize * stride;
        }
        at as u32
    }
}

/// The row so many steps before each row of a file in its sequence.
fn before(bound: &Bound, rows: Extent, lag: u32) -> Vec<u32> {
    let mut out = vec![NONE; bound.size(rows)];
    let Extent::Plate(p) = rows else { return out };
    for (sequence, place, row) in steps(bound, p) {
        if let Some(then) = place.checked_sub(lag as usize) {
            out[row] = sequence(then) as u32;
        }
    }
    out
}

/// Each row of a plate of steps: how its sequence's places name rows, its place there, and the row itself.
fn steps(bound: &Bound, p: PlateId) -> Vec<(impl Fn(usize) -> usize + '_, usize, usize)> {
    let mut out = vec![];
    if let Some(s) = &bound.plate(p).sequences {
        for i in 0..s.len() {
            let places = s.places(i);
            let first = places.start;
            out.extend(places.map(|at| (move |then: usize| s.row(first + then), at - first, s.row(at))));
        }
    }
    out
}

/// Which rows a line speaks of, and whether they say anything: a row whose observation is missing does not.
struct Rows {
    masks: Vec<(LabelId, Vec<bool>)>,
}

impl Rows {
    fn new(graph: &FactorGraph, bound: &Bound, roles: &[Role], (index, f): (usize, &FactorEnergy)) -> Self {
        let node = &graph.nodes[f.node.0];
        let mut masks = vec![];
        for (p, &l) in node.plates.iter().zip(&f.child) {
            let size = bound.plate(*p).size;
            let by_step = |fits: &dyn Fn(usize) -> bool| {
                let mut mask = vec![false; size];
                steps(bound, *p).into_iter().for_each(|(_, place, row)| mask[row] = fits(place));
                mask
            };
            let roots = |root: bool| match bound.plate(*p).parents.as_deref() {
                Some(parents) => parents.iter().map(|x| (*x == NONE) == root).collect(),
                None => vec![true; size],
            };
            let mask = match (&graph.plates[p.0].kind, graph.factors[index].rows) {
                (PlateKind::Steps { .. }, RowSet::Step(j)) => by_step(&|t| t == j as usize),
                (PlateKind::Steps { .. }, RowSet::From(j)) => by_step(&|t| t >= j as usize),
                (PlateKind::Tree { .. }, RowSet::Roots) => roots(true),
                (PlateKind::Tree { .. }, RowSet::Below) => roots(false),
                _ => continue,
            };
            masks.push((l, mask));
        }
        if let ([l], Role::Observed, Some(observed)) = (&f.child[..], roles[f.node.0], bound.observed(f.node))
        {
            let seen = match observed {
                ObservedArray::Numbers { width, values } => {
                    values.chunks_exact((*width).max(1)).map(|v| v.iter().all(|x| !x.is_nan())).collect()
                }
                ObservedArray::Codes(codes) => codes.iter().map(|c| *c != NONE).collect(),
            };
            masks.push((*l, seen));
        }
        Self { masks }
    }

    fn has(&self, value: &dyn Fn(LabelId) -> usize) -> bool {
        self.masks.iter().all(|(l, mask)| mask.get(value(*l)).copied().unwrap_or(true))
    }
}
