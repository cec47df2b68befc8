//! Known arguments as numbers: expressions without random variables evaluated for every index they depend on,
//! and the statistic of each value. Not here: observed nodes.

use crate::{
    expfam::stat::{PartShape, StatKind},
    graph::{
        bound::Bound,
        energy::{Known, KnownMap, Letter},
        evaluate,
        factor_graph::{Expr, ExprKind, FactorGraph, Index, InputSource, Ref, Target},
    },
    num::numbers::Numbers,
    shape::{ColumnId, Extent, PlateId},
    source::Span,
    syntax::expr::BinaryOp,
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
    /// The first cell of a table that the value was read from: the column, and the row from 0.
    pub cell: Option<(ColumnId, usize)>,
}

/// Values of letters while an expression is evaluated.
struct Env<'a> {
    graph: &'a FactorGraph,
    bound: &'a Bound,
    plates: Vec<(PlateId, usize)>,
    gates: Vec<usize>,
    /// Selectors met so far, in reading order.
    met: Vec<Ref>,
    own: Option<&'a [usize]>,
    /// The first cell read.
    cell: Option<(ColumnId, usize)>,
}

impl KnownArray {
    /// Evaluates a known array. `shift` is subtracted from values of a location slot (centring); empty for
    /// none.
    pub fn new(known: &Known, graph: &FactorGraph, bound: &Bound, shift: &[f64]) -> Result<Self, BadValue> {
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
        let mut at = vec![0; elements.len()];
        for e in 0..count {
            let mut rest = e;
            for (i, &size) in elements.iter().enumerate().rev() {
                at[i] = rest % size;
                rest /= size;
            }
            let mut env =
                Env { graph, bound, plates: vec![], gates: vec![], met: vec![], own: None, cell: None };
            for (letter, &i) in known.letters.iter().zip(&at) {
                match letter {
                    Letter::Plate(p) => env.plates.push((*p, i)),
                    Letter::Gate(g) => {
                        env.gates.resize(env.gates.len().max(g + 1), 0);
                        env.gates[*g] = i;
                    }
                    Letter::Own(_) => env.own = Some(&at),
                }
            }
            if known.letters.is_empty() && matches!(known.expr.kind, ExprKind::Ref(_)) {
                env.own = Some(&at);
            }
            let mut value = env.value(&known.expr);
            let bad = |value: &[f64], why: &str, support| BadValue {
                span: known.expr.span,
                why: why.into(),
                element: e,
                value: value.to_vec(),
                support,
                cell: env.cell,
            };
            let out = &mut data[e * width..(e + 1) * width];
            match known.map {
                KnownMap::Stat { kind, convert } => {
                    broadcast(&mut value, kind.value, d);
                    if let Some(convert) = convert {
                        let given = value.clone();
                        convert(&mut value, d).map_err(|why| bad(&given, why, kind.support))?;
                    }
                    if kind.value != PartShape::Scalar || !shift.is_empty() {
                        value.iter_mut().zip(shift.iter().cycle()).for_each(|(v, s)| *v -= s);
                    }
                    (kind.of_value)(&value, d, out).map_err(|why| bad(&value, why, kind.support))?;
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

impl Env<'_> {
    fn value(&mut self, expr: &Expr) -> Vec<f64> {
        match &expr.kind {
            ExprKind::Numbers(v) => v.clone(),
            ExprKind::Negate(a) => self.value(a).into_iter().map(|v| -v).collect(),
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                let n = a.len().max(b.len());
                let at = |v: &[f64], i: usize| {
                    if v.len() == 1 { v[0] } else { v.get(i).copied().unwrap_or(f64::NAN) }
                };
                (0..n)
                    .map(|i| {
                        let (x, y) = (at(&a, i), at(&b, i));
                        match op {
                            BinaryOp::Add => x + y,
                            BinaryOp::Sub => x - y,
                            BinaryOp::Mul => x * y,
                            BinaryOp::Div => x / y,
                        }
                    })
                    .collect()
            }
            ExprKind::Call(function, args) => {
                let sizes: Vec<usize> = expr.axes.iter().map(|&x| self.bound.size(x)).collect();
                let args: Vec<Vec<f64>> = args.iter().map(|a| self.value(a)).collect();
                evaluate::call(*function, &sizes, &args)
            }
            ExprKind::Ref(r) => self.reference(r),
        }
    }

    fn reference(&mut self, r: &Ref) -> Vec<f64> {
        match r.target {
            Target::Column(c) => {
                let row = r.index.first().map_or(0, |i| self.index(i, Extent::Number(0)));
                self.cell.get_or_insert((c, row));
                vec![self.bound.columns[c.0].numbers.as_ref().map_or(f64::NAN, |n| n[row])]
            }
            Target::Input(id) => {
                let input = &self.graph.inputs[id.0];
                let sizes: Vec<usize> = input
                    .plates
                    .iter()
                    .map(|&p| self.bound.plate(p).size)
                    .chain(input.event.iter().copied())
                    .collect();
                let mut offset = 0;
                let mut row = 0;
                for (axis, index) in r.index.iter().enumerate() {
                    let i = match self.own {
                        Some(own) => own[axis],
                        None => self.index(index, Extent::Plate(input.plates[axis])),
                    };
                    offset = offset * sizes[axis] + i;
                    if axis == 0 {
                        row = i;
                    }
                }
                if let InputSource::Columns(columns) = &input.source {
                    // Which of several numbers is at fault is for the message to say.
                    self.cell.get_or_insert((columns[0], row));
                }
                let width: usize = sizes[r.index.len()..].iter().product();
                self.bound.inputs[id.0][offset * width..(offset + 1) * width].to_vec()
            }
            Target::Node(_) => vec![f64::NAN],
        }
    }

    fn index(&mut self, index: &Index, of: Extent) -> usize {
        let plate = |env: &Self, p: PlateId| env.plates.iter().find(|(q, _)| *q == p).map_or(0, |(_, i)| *i);
        match index {
            Index::Plate(p) => plate(self, *p),
            Index::Column { column, plate: p } => {
                self.bound.codes(*column, of).map_or(0, |c| c[plate(self, *p)] as usize)
            }
            Index::At(i) => *i,
            Index::Gate(selector) => {
                let g = self.met.iter().position(|m| m == selector).unwrap_or_else(|| {
                    self.met.push(selector.clone());
                    self.met.len() - 1
                });
                self.gates.get(g).copied().unwrap_or(0)
            }
            Index::Before { plate: p, lag } => plate(self, *p).saturating_sub(*lag as usize),
            Index::Parent(p) => {
                let here = plate(self, *p);
                self.bound.plate(*p).parents.as_ref().map_or(here, |parents| parents[here] as usize)
            }
        }
    }
}
