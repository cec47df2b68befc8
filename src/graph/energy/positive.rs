//! Arguments that are functions of several random variables, but for means: products of positive variables,
//! `diag`, `stick`. Each is a row of `link`, instantiated. Not here: one variable, scaled by what is known
//! (`linear`), and sums (`sums`).

use super::{
    terms::{Element, KnownMap, LabelId, Op, Source},
    writing::{ExpandError, Expansion, Piece, contains},
};
use crate::{
    expfam::{
        line,
        stat::{Arithmetic, PartRole, PartShape, StatKind},
    },
    graph::factor_graph::{Expr, ExprKind, Function, Ref, Target},
    link::{self, Product},
    source::Span,
    syntax::expr::BinaryOp,
};

/// Can a slot that needs this statistic be a function of several random variables?
pub(super) fn carries(stat: &'static StatKind) -> bool {
    stat.arithmetic == Arithmetic::Product || link::diag::gives(stat) || link::stick::gives(stat)
}

/// An argument of a link: what it is, and the statistic that it must carry.
type Argument<'e> = (&'e Expr, &'static StatKind);

impl Expansion<'_> {
    /// Part `part` of the statistic `stat` of an expression. `axes`: the letters of the expression's own
    /// axes, as far as the part has them, and then those of the part. Of its power, where this is not 1.
    pub(super) fn function(
        &mut self,
        expr: &Expr,
        stat: &'static StatKind,
        part: usize,
        axes: &[LabelId],
        power: i32,
    ) -> Result<Vec<Piece>, ExpandError> {
        let no = |what: &str| Err(ExpandError::unsupported(expr.span, what));
        let node = |e: &Expr| matches!(&e.kind, ExprKind::Ref(Ref { target: Target::Node(_), .. }));
        if !contains(expr, &node) {
            return Ok(vec![self.known_part(&expr.raised(power), stat, part, axes)]);
        }
        match &expr.kind {
            ExprKind::Ref(r) => self.one(expr, r, stat, part, axes, power),
            ExprKind::Binary(BinaryOp::Power, base, exponent) => match &exponent.kind {
                ExprKind::Numbers(p) if p.len() == 1 && p[0].fract() == 0.0 && p[0].abs() <= 2.0 => {
                    self.function(base, stat, part, axes, power * p[0] as i32)
                }
                _ => no("a power of a random variable"),
            },
            ExprKind::Binary(BinaryOp::Mul, a, b) => {
                let Some(table) = link::product::products(stat, part) else {
                    return no("a product of random variables");
                };
                // The number is the scale; of two numbers, either.
                let (scale, base) = if a.axes.len() <= b.axes.len() { (a, b) } else { (b, a) };
                self.link(expr.span, table, &[(scale, link::product::SCALE), (base, stat)], axes, power)
            }
            ExprKind::Binary(BinaryOp::Div, a, b) if !contains(b, &node) => {
                let Some(table) = link::product::products(stat, part) else {
                    return no("a quotient of random variables");
                };
                let one =
                    Expr { kind: ExprKind::Numbers(vec![1.0]), axes: vec![], random: false, span: b.span };
                let inverse =
                    Expr { kind: ExprKind::Binary(BinaryOp::Div, Box::new(one), b.clone()), ..(**b).clone() };
                self.link(expr.span, table, &[(&inverse, link::product::SCALE), (a, stat)], axes, power)
            }
            ExprKind::Call(Function::Diag, args) if link::diag::gives(stat) => self.link(
                expr.span,
                link::diag::products(part),
                &[(&args[0], link::diag::NEEDS)],
                axes,
                power,
            ),
            ExprKind::Call(Function::Stick, args) if link::stick::gives(stat) => {
                self.link(expr.span, link::stick::PRODUCTS, &[(&args[0], link::stick::NEEDS)], axes, power)
            }
            ExprKind::Binary(..) => no("a sum or a quotient of random variables"),
            _ => no("a function of random variables"),
        }
    }

    /// The products of a link, its arguments written in.
    fn link(
        &mut self,
        span: Span,
        table: &'static [Product],
        arguments: &[Argument<'_>],
        axes: &[LabelId],
        power: i32,
    ) -> Result<Vec<Piece>, ExpandError> {
        let mut out = vec![];
        for product in table {
            let mut letters: Vec<(char, LabelId)> = "ab".chars().zip(axes.iter().copied()).collect();
            let mut summed = vec![];
            // A letter that is no axis of the part is summed: it runs over what the arguments have, which is
            // as long as y.
            let used = product.constants.iter().map(|c| c.1).chain(product.parts.iter().map(|p| p.2));
            for c in used.flat_map(str::chars) {
                if !letters.iter().any(|l| l.0 == c) {
                    let Some(&extent) = arguments.iter().find_map(|(e, _)| e.axes.last()) else {
                        return Err(ExpandError::unsupported(span, "a number where a vector is needed"));
                    };
                    let fresh = self.dummy(extent);
                    letters.push((c, fresh));
                    summed.push(fresh);
                }
            }
            let of = |text: &str| -> Vec<LabelId> {
                text.chars().filter_map(|c| letters.iter().find(|l| l.0 == c).map(|l| l.1)).collect()
            };
            let mut pieces =
                vec![Piece { number: product.number, d_power: product.d_power, ops: vec![], gates: vec![] }];
            for (constant, text) in product.constants {
                let known = self.constant(*constant, span, &of(text));
                pieces.iter_mut().for_each(|p| p.ops.push(known.clone()));
            }
            for (i, part, text) in product.parts {
                let (expr, stat) = arguments[*i];
                // A vector of numbers has its element's letter, wherever it stands.
                let letters = if text.is_empty() && !expr.axes.is_empty() { axes.to_vec() } else { of(text) };
                let more = self.function(expr, stat, *part, &letters, power)?;
                pieces = pieces.iter().flat_map(|p| more.iter().map(move |q| joined(p, q))).collect();
            }
            // A number for every element is summed as often as there are elements.
            for p in &mut pieces {
                p.d_power +=
                    summed.iter().filter(|l| !p.ops.iter().flat_map(Op::labels).any(|m| m == **l)).count()
                        as u32;
            }
            out.extend(pieces);
        }
        Ok(out)
    }

    /// One random variable.
    fn one(
        &mut self,
        expr: &Expr,
        r: &Ref,
        stat: &'static StatKind,
        part: usize,
        axes: &[LabelId],
        power: i32,
    ) -> Result<Vec<Piece>, ExpandError> {
        let Target::Node(n) = r.target else {
            return Ok(vec![self.known_part(&expr.raised(power), stat, part, axes)]);
        };
        let node = &self.graph.nodes[n.0];
        let carried = match (node.spec.stat == stat, line::stands_for(node.spec.stat, stat)) {
            (true, _) if power == 1 => Some((1.0, part)),
            (false, true) => line::power(part, power),
            _ => None,
        };
        let Some((number, part)) = carried else {
            let what = format!("a {} where {} is needed", node.spec.stat.name, stat.name);
            return Err(ExpandError::unsupported(expr.span, what));
        };
        let (mut elements, gates) = self.reference(r);
        let (left, own) = axes.split_at((node.plates.len() - r.index.len()).min(axes.len()));
        elements.extend(left.iter().map(|&l| Element::Label(l)));
        Ok(vec![Piece {
            number,
            d_power: 0,
            ops: vec![Op::new(Source::Node(n), part, elements, own.to_vec())],
            gates,
        }])
    }

    /// A known factor. A matrix must be positive definite, a number positive.
    fn known_part(&mut self, expr: &Expr, stat: &'static StatKind, part: usize, axes: &[LabelId]) -> Piece {
        let axes = if expr.axes.is_empty() { &[] } else { axes };
        let (map, part) = match stat.parts[part].role {
            _ if !stat.is(Arithmetic::Product, PartShape::Scalar) => {
                (KnownMap::Stat { kind: stat, convert: None }, part)
            }
            PartRole::Log => (KnownMap::Ln, 0),
            _ => (KnownMap::Value, 0),
        };
        self.known(expr, map, self.slot, part, axes)
    }
}

fn joined(x: &Piece, y: &Piece) -> Piece {
    let mut gates = x.gates.clone();
    gates.extend(y.gates.iter().filter(|g| !x.gates.contains(g)));
    Piece {
        number: x.number * y.number,
        d_power: x.d_power + y.d_power,
        ops: [x.ops.as_slice(), &y.ops].concat(),
        gates,
    }
}
