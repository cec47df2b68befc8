//! What names stand for while an expression is evaluated: the elements it is evaluated at, the category of each
//! selector, the numbers of nodes, inputs and columns. Not here: operators and functions.

use super::references::each_ref;
use crate::{
    graph::{
        bound::Bound,
        factor_graph::{Expr, FactorGraph, Index, Input, InputSource, Ref, Target},
    },
    shape::{ColumnId, Extent, NodeId, PlateId},
};
use std::{borrow::Cow, cell::OnceCell};

/// An index at each of some elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Indices {
    /// The same at all.
    Same(usize),
    /// One for each.
    Each(Vec<usize>),
}

impl Indices {
    /// At element `i`.
    pub fn at(&self, i: usize) -> usize {
        match self {
            Indices::Same(k) => *k,
            Indices::Each(list) => list[i],
        }
    }
    /// Is it the same at all?
    pub fn is_same(&self) -> bool {
        matches!(self, Indices::Same(_))
    }
    fn map(&self, f: impl Fn(usize) -> usize) -> Self {
        match self {
            Indices::Same(k) => Indices::Same(f(*k)),
            Indices::Each(list) => Indices::Each(list.iter().map(|&k| f(k)).collect()),
        }
    }
}

/// The index along each axis of some elements of a row-major array.
pub fn indices(sizes: &[usize], elements: impl ExactSizeIterator<Item = usize> + Clone) -> Vec<Indices> {
    let mut each = 1;
    let mut out: Vec<Indices> = sizes
        .iter()
        .rev()
        .map(|&size| {
            let at = elements.clone().map(|e| e / each % size).collect();
            each *= size;
            Indices::Each(at)
        })
        .collect();
    out.reverse();
    out
}

/// A value at each of some elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Values<'a> {
    /// Element after element; of one that is the same at all, once.
    pub numbers: Cow<'a, [f64]>,
    /// Numbers in one value.
    pub width: usize,
    /// Whether there is one for each element.
    pub each: bool,
}

impl<'a> Values<'a> {
    pub(super) fn once(numbers: Cow<'a, [f64]>) -> Self {
        Self { width: numbers.len(), numbers, each: false }
    }
    /// The value at element `i`.
    pub fn at(&self, i: usize) -> &[f64] {
        if self.each { &self.numbers[i * self.width..(i + 1) * self.width] } else { &self.numbers }
    }
}

/// Where each row stands along its sequence, by plate; made when first asked for.
#[derive(Debug)]
pub struct Steps(Vec<OnceCell<Vec<u32>>>);

impl Steps {
    /// For the plates of a graph.
    pub fn new(bound: &Bound) -> Self {
        Self(bound.plates.iter().map(|_| OnceCell::new()).collect())
    }

    /// The place of a row in the order of sequences.
    pub fn place(&self, bound: &Bound, p: PlateId, row: usize) -> usize {
        let Some(s) = bound.plate(p).sequences.as_ref().filter(|s| !s.in_file_order()) else { return row };
        let places = self.0[p.0].get_or_init(|| {
            let mut places = vec![0; s.order.len()];
            s.order.iter().zip(0..).for_each(|(&row, place)| places[row as usize] = place);
            places
        });
        places[row] as usize
    }

    /// Which step of its sequence a row is, from 0; `None` where the plate has no steps.
    pub fn step(&self, bound: &Bound, p: PlateId, row: usize) -> Option<usize> {
        let s = bound.plate(p).sequences.as_ref()?;
        let place = self.place(bound, p, row);
        Some(place - s.starts[s.starts.partition_point(|&x| x as usize <= place) - 1] as usize)
    }

    /// The row `lag` steps before; the row itself where there is none.
    pub fn before(&self, bound: &Bound, p: PlateId, row: usize, lag: usize) -> usize {
        match (&bound.plate(p).sequences, self.step(bound, p, row)) {
            (Some(s), Some(step)) if step >= lag => s.row(self.place(bound, p, row) - lag),
            _ => row,
        }
    }
}

/// What names stand for, at some elements.
#[derive(Clone, Debug)]
pub struct Environment<'a> {
    pub(super) graph: &'a FactorGraph,
    pub(super) bound: &'a Bound,
    steps: &'a Steps,
    count: usize,
    plates: Vec<(PlateId, Indices)>,
    chosen: Vec<(&'a Ref, Indices)>,
    own: Option<Vec<Indices>>,
    nodes: &'a [Option<&'a [f64]>],
}

impl<'a> Environment<'a> {
    /// At `count` elements, at which nothing is known but inputs and columns.
    pub fn new(graph: &'a FactorGraph, bound: &'a Bound, steps: &'a Steps, count: usize) -> Self {
        Self { graph, bound, steps, count, plates: vec![], chosen: vec![], own: None, nodes: &[] }
    }
    /// The elements' own index in a plate; 0 where it isn't told.
    pub fn in_plate(&mut self, p: PlateId, at: Indices) {
        self.plates.push((p, at));
    }
    /// The category that a selector has; 0 where it isn't told.
    pub fn choose(&mut self, selector: &'a Ref, at: Indices) {
        match self.chosen.iter_mut().find(|(s, _)| *s == selector) {
            Some((_, old)) => *old = at,
            None => self.chosen.push((selector, at)),
        }
    }
    /// The elements of a referenced input, whatever the reference's indices say.
    pub fn own(&mut self, at: Vec<Indices>) {
        self.own = Some(at);
    }
    /// Numbers of each node, if it has any: all elements, plates first, then the value's axes.
    pub fn nodes(&mut self, nodes: &'a [Option<&'a [f64]>]) {
        self.nodes = nodes;
    }
    /// The same at some of the elements, each with its place among them.
    pub fn only(&self, places: &[usize]) -> Self {
        let pick = |at: &Indices| match at {
            Indices::Same(k) => Indices::Same(*k),
            Indices::Each(list) => Indices::Each(places.iter().map(|&i| list[i]).collect()),
        };
        Self {
            count: places.len(),
            plates: self.plates.iter().map(|(p, at)| (*p, pick(at))).collect(),
            chosen: self.chosen.iter().map(|(s, at)| (*s, pick(at))).collect(),
            own: self.own.as_ref().map(|own| own.iter().map(pick).collect()),
            ..*self
        }
    }
    /// How many elements.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Of the elements that a reference's indices tell apart, which one it names.
    pub fn element(&self, r: &Ref) -> Indices {
        if let Target::Column(_) = r.target {
            return r.index.first().map_or(Indices::Same(0), |i| self.index(i, Extent::Number(0)));
        }
        let plates = self.plates_of(r);
        let mut at = Indices::Same(0);
        for (axis, index) in r.index.iter().enumerate() {
            let size = self.bound.plate(plates[axis]).size;
            let here = match (&self.own, r.target) {
                (Some(own), Target::Input(_)) => own[axis].clone(),
                _ => self.index(index, Extent::Plate(plates[axis])),
            };
            at = if axis == 0 { here } else { self.combine(&at, &here, |a, b| a * size + b) };
        }
        at
    }

    /// How many elements a reference's indices tell apart.
    pub fn elements_of(&self, r: &Ref) -> usize {
        let plates = self.plates_of(r).iter();
        plates.take(r.index.len()).map(|p| self.bound.plate(*p).size).product()
    }

    fn plates_of(&self, r: &Ref) -> &'a [PlateId] {
        match r.target {
            Target::Column(_) => &[],
            Target::Node(n) => &self.graph.nodes[n.0].plates,
            Target::Input(i) => &self.graph.inputs[i.0].plates,
        }
    }

    /// The numbers of an array at the elements that its indices name.
    pub fn reference(&self, r: &Ref) -> Values<'a> {
        let nothing = || Values::once(Cow::Borrowed(&[f64::NAN][..]));
        let at = self.element(r);
        let numbers: &'a [f64] = match r.target {
            Target::Column(c) => {
                let Some(n) = &self.bound.columns[c.0].numbers else { return nothing() };
                return self.gather(n, 1, &at);
            }
            Target::Node(n) => match self.node(n) {
                Some(numbers) => numbers,
                None => return nothing(),
            },
            Target::Input(i) => match (&self.graph.inputs[i.0], &self.bound.inputs[i.0]) {
                // One number for all elements.
                (input, number)
                    if input.sizes.is_empty() && matches!(input.source, InputSource::Numbers(_)) =>
                {
                    return Values::once(Cow::Owned(vec![number[0]; self.left(input, r)]));
                }
                (_, numbers) => numbers,
            },
        };
        self.gather(numbers, numbers.len() / self.elements_of(r).max(1), &at)
    }

    /// Numbers in a value that leaves plates off at the end.
    fn left(&self, input: &Input, r: &Ref) -> usize {
        input.plates.iter().skip(r.index.len()).map(|&p| self.bound.plate(p).size).product()
    }

    fn node(&self, n: NodeId) -> Option<&'a [f64]> {
        self.nodes.get(n.0).copied().flatten()
    }

    /// The elements `at`, `width` numbers each; NaN where there is none.
    fn gather(&self, from: &'a [f64], width: usize, at: &Indices) -> Values<'a> {
        let nan = || vec![f64::NAN; width];
        match at {
            Indices::Same(k) => Values::once(match from.get(k * width..(k + 1) * width) {
                Some(v) => Cow::Borrowed(v),
                None => Cow::Owned(nan()),
            }),
            Indices::Each(list) => {
                let first = list.first().copied().unwrap_or(0);
                let straight = list.iter().enumerate().all(|(i, &k)| k == first + i);
                let numbers = match from.get(first * width..(first + list.len()) * width) {
                    Some(v) if straight => Cow::Borrowed(v),
                    _ => {
                        let mut out = Vec::with_capacity(list.len() * width);
                        for &k in list {
                            match from.get(k * width..(k + 1) * width) {
                                Some(v) => out.extend_from_slice(v),
                                None => out.extend(nan()),
                            }
                        }
                        Cow::Owned(out)
                    }
                };
                Values { numbers, width, each: true }
            }
        }
    }

    fn combine(&self, a: &Indices, b: &Indices, f: impl Fn(usize, usize) -> usize) -> Indices {
        match (a, b) {
            (Indices::Same(a), Indices::Same(b)) => Indices::Same(f(*a, *b)),
            _ => Indices::Each((0..self.count).map(|i| f(a.at(i), b.at(i))).collect()),
        }
    }

    fn plate(&self, p: PlateId) -> Cow<'_, Indices> {
        let told = self.plates.iter().find(|(q, _)| *q == p);
        told.map_or(Cow::Owned(Indices::Same(0)), |(_, at)| Cow::Borrowed(at))
    }

    fn index(&self, index: &Index, of: Extent) -> Indices {
        match index {
            Index::Plate(p) => self.plate(*p).into_owned(),
            Index::At(fixed) => Indices::Same(fixed.settled(&self.bound.labelled)),
            Index::Column { column, plate } => match self.bound.codes(*column, of) {
                Some(codes) => self.plate(*plate).map(|row| codes[row] as usize),
                None => Indices::Same(0),
            },
            Index::Gate(selector) => {
                let chosen = self.chosen.iter().find(|(s, _)| *s == selector);
                chosen.map_or(Indices::Same(0), |(_, at)| at.clone())
            }
            Index::Before { plate, lag } => {
                let before = |row| self.steps.before(self.bound, *plate, row, *lag as usize);
                self.plate(*plate).map(before)
            }
            Index::Parent(p) => {
                let parents = &self.bound.plate(*p).parents;
                // A root stands for itself: no line that reads the row above speaks of it.
                let above = |row: usize| match parents.as_ref().map(|parents| parents[row]) {
                    Some(u32::MAX) | None => row,
                    Some(above) => above as usize,
                };
                self.plate(*p).map(above)
            }
        }
    }

    /// The first cell of a table that an expression reads at element `i`: the column, and the row from 0.
    pub fn first_cell(&self, expr: &Expr, i: usize) -> Option<(ColumnId, usize)> {
        let mut first = None;
        each_ref(expr, &mut |r| {
            let row = |of| r.index.first().map_or(0, |index| self.index(index, of).at(i));
            let cell = match r.target {
                Target::Column(c) => Some((c, row(Extent::Number(0)))),
                Target::Input(id) => match (&self.graph.inputs[id.0].source, &self.own) {
                    // Which of several numbers is at fault is for the message to say.
                    (InputSource::Columns(columns), Some(own)) => {
                        Some((columns[0], own.first().map_or(0, |at| at.at(i))))
                    }
                    (InputSource::Columns(columns), None) => {
                        let of = self.graph.inputs[id.0].plates.first();
                        Some((columns[0], of.map_or(0, |&p| row(Extent::Plate(p)))))
                    }
                    _ => None,
                },
                Target::Node(_) => None,
            };
            // What is read for each group stands in the row of its name.
            let cell = cell.map(|(c, row)| match &self.bound.columns[c.0].rows {
                Some(rows) => (c, rows.get(row).map_or(row, |&r| r as usize)),
                None => (c, row),
            });
            first = first.or(cell);
        });
        first
    }
}
