//! Known arguments as numbers: expressions without random variables evaluated for every index they depend on,
//! and the statistic of each value. Not here: observed nodes.

use crate::{
    expfam::stat::{PartShape, StatKind},
    graph::{
        bound::Bound,
        energy::{Known, KnownMap, Letter},
        evaluate::{self, Environment, Steps},
        factor_graph::{ExprKind, FactorGraph, Index, Target},
    },
    num::numbers::Numbers,
    shape::{ColumnId, Extent},
    source::Span,
};

/// A known array: one statistic (or number, or value) for each element.
#[derive(Clone, Debug)]
pub struct KnownArray {
    /// Row-major over elements, then the statistic's parts.
    pub data: Numbers,
    /// Size of each element axis.
    pub elements: Vec<usize>,
    /// Numbers in one element.
    pub width: usize,
    /// The statistic, where it is one; else the value as it is.
    pub kind: Option<&'static StatKind>,
    /// Event dimension.
    pub d: usize,
}

/// A known value that its slot does not accept.
#[derive(Clone, Debug, PartialEq)]
pub struct BadValue {
    /// The expression.
    pub span: Span,
    /// Why: `is not positive`.
    pub why: String,
    /// Index of the element, row-major over the array's element axes.
    pub element: usize,
    /// The value.
    pub value: Vec<f64>,
    /// What would fit.
    pub support: &'static str,
    /// What the expression asks for that is no finite number, and where, if that is what is wrong: `log(0)`.
    pub asked: Option<(String, Span)>,
    /// The first cell of a table that the value was read from: the column, and the row from 0.
    pub cell: Option<(ColumnId, usize)>,
}

/// Elements evaluated at once: their values stay in cache.
const TOGETHER: usize = 1024;

impl KnownArray {
    /// Evaluates a known array. `shift` is subtracted from values of a location slot (centring); empty for
    /// none.
    pub fn new(
        known: &Known,
        graph: &FactorGraph,
        bound: &Bound,
        shift: &[f64],
    ) -> Result<Self, Box<BadValue>> {
        let elements: Vec<usize> = known.elements.iter().map(|&e| bound.size(e)).collect();
        let count: usize = elements.iter().product();
        let d = known.event.map_or(1, |e| bound.size(e));
        let (kind, width) = match known.map {
            KnownMap::Stat { kind, .. } => (Some(kind), kind.width(d)),
            _ => (None, known.expr.axes.iter().map(|&a| bound.size(a)).product::<usize>()),
        };
        if let Some(data) = as_it_is(known, graph, bound, count * width) {
            return Ok(Self { data, elements, width, kind, d });
        }
        let mut data = vec![0.0; count * width];
        let steps = Steps::new(bound);
        let mut gates = vec![];
        evaluate::selectors(&known.expr, &mut gates);
        let mut value = vec![];
        for first in (0..count).step_by(TOGETHER) {
            let here = first..count.min(first + TOGETHER);
            let mut env = Environment::new(graph, bound, &steps, here.len());
            let at = evaluate::indices(&elements, here.clone());
            for (letter, at) in known.letters.iter().zip(&at) {
                match letter {
                    Letter::Plate(p) => env.in_plate(*p, at.clone()),
                    Letter::Gate(g) => gates.get(*g).into_iter().for_each(|s| env.choose(s, at.clone())),
                    Letter::Own(_) => {}
                }
            }
            if known.letters.iter().any(|l| matches!(l, Letter::Own(_))) {
                env.own(at);
            }
            let values = env.value(&known.expr);
            for (i, e) in here.enumerate() {
                value.clear();
                value.extend_from_slice(values.at(i));
                let bad = |value: &[f64], why: &str, support| {
                    Box::new(BadValue {
                        span: known.expr.span,
                        why: why.into(),
                        element: e,
                        value: value.to_vec(),
                        support,
                        asked: if value.iter().all(|v| v.is_finite()) {
                            None
                        } else {
                            env.no_number(&known.expr, i)
                        },
                        cell: env.first_cell(&known.expr, i),
                    })
                };
                if value.iter().any(|v| !v.is_finite()) && env.no_number(&known.expr, i).is_some() {
                    return Err(bad(&value, "is not finite", "a finite number"));
                }
                let out = &mut data[e * width..(e + 1) * width];
                match known.map {
                    KnownMap::Stat { kind, convert } => {
                        broadcast(&mut value, kind.value, d);
                        if let Some(convert) = convert {
                            let given = value.clone();
                            convert(&mut value, d).map_err(|why| bad(&given, why, kind.support))?;
                        }
                        let written = value.clone();
                        if kind.value != PartShape::Scalar || !shift.is_empty() {
                            value.iter_mut().zip(shift.iter().cycle()).for_each(|(v, s)| *v -= s);
                        }
                        (kind.of_value)(&value, d, out).map_err(|why| bad(&written, why, kind.support))?;
                    }
                    KnownMap::Value => out.copy_from_slice(&value),
                    KnownMap::Square => out.iter_mut().zip(&value).for_each(|(o, v)| *o = v * v),
                    KnownMap::Ln => {
                        if value.iter().any(|v| v.is_nan() || *v <= 0.0) {
                            return Err(bad(&value, "is not positive", "a positive number"));
                        }
                        out.iter_mut().zip(&value).for_each(|(o, v)| *o = v.ln());
                    }
                }
                if out.iter().any(|v| !v.is_finite()) {
                    return Err(bad(&value, "is not finite", "a finite number"));
                }
            }
        }
        Ok(Self { data: data.into(), elements, width, kind, d })
    }

    /// Offset and shape of a part in one element.
    pub fn part(&self, part: usize, rank: usize) -> (usize, PartShape) {
        match self.kind {
            Some(kind) => (kind.offset(part, self.d), kind.parts[part].shape),
            None => (0, [PartShape::Scalar, PartShape::Vector, PartShape::Matrix][rank.min(2)]),
        }
    }
}

/// The array of an input or a column of which the expression reads every element in order: no copy is made of
/// it. Without a statistic only, and finite.
fn as_it_is(known: &Known, graph: &FactorGraph, bound: &Bound, length: usize) -> Option<Numbers> {
    let (KnownMap::Value, ExprKind::Ref(r)) = (&known.map, &known.expr.kind) else { return None };
    let own = known.letters.is_empty() || known.letters.iter().any(|l| matches!(l, Letter::Own(_)));
    let read = |(i, index): (usize, &Index)| {
        let plate = match index {
            Index::Plate(p) => *p,
            _ => return false,
        };
        known.elements.get(i) == Some(&Extent::Plate(plate))
            && (own || matches!(known.letters.get(i), Some(Letter::Plate(p)) if *p == plate))
    };
    if r.index.len() != known.elements.len() || !r.index.iter().enumerate().all(read) {
        return None;
    }
    let data = match r.target {
        Target::Input(id) => {
            let plates = &graph.inputs[id.0].plates;
            let straight = r.index.iter().zip(plates).all(|(i, p)| matches!(i, Index::Plate(q) if q == p));
            (straight && r.index.len() <= plates.len()).then(|| bound.inputs[id.0].clone())?
        }
        Target::Column(c) => bound.columns[c.0].numbers.clone()?,
        Target::Node(_) => return None,
    };
    (data.len() == length && data.iter().all(|x| x.is_finite())).then_some(data)
}

/// A number stands for every entry of a vector.
fn broadcast(value: &mut Vec<f64>, shape: PartShape, d: usize) {
    if value.len() == 1 && shape == PartShape::Vector {
        *value = vec![value[0]; d];
    }
}
