//! From a graph's factors to products of moments: forms instantiated, gates multiplied in, known scales and
//! shifts written out.

use super::{
    index::Energy,
    linear::linear,
    positive, sums,
    terms::{Element, EnergyTerm, FactorEnergy, KnownMap, LabelId, Op, Source},
    writing::{CHILD, ExpandError, Expansion, FIRST, Piece, contains},
};
use crate::{
    expfam::form::{Coefficient, Measure, Term},
    graph::factor_graph::{Expr, ExprKind, FactorGraph, Ref, Target},
    link::affine::{self, Known as LinkKnown},
};

/// Expands every factor of the graph.
///
/// # Errors
/// A construct that has no closed form, or an expression of too many products.
pub fn expand(graph: &FactorGraph) -> Result<Energy, ExpandError> {
    let mut knowns = vec![];
    let mut factors = vec![];
    for index in 0..graph.factors.len() {
        factors.push(Expansion::new(graph, index, &mut knowns).run()?);
    }
    Ok(Energy::new(factors, knowns))
}

/// A product of a line; of a stick's, which has −ln h apart, against dx in any case.
fn of_stick(term: &Term, stick: bool) -> Option<Term> {
    let only = if stick && term.against == Some(Measure::Plain) { None } else { term.against };
    (!stick || term.counts(Measure::Plain)).then_some(Term { against: only, ..*term })
}

impl Expansion<'_> {
    fn run(mut self) -> Result<FactorEnergy, ExpandError> {
        self.base_arguments();
        let mask = self.not_the_end();
        let mut terms = self.measure_of_all(mask.is_some());
        for term in self.factor.spec.terms.iter().filter_map(|t| of_stick(t, mask.is_some())) {
            let mut products: Vec<(f64, u32, Vec<Op>, Vec<usize>)> = vec![(1.0, 0, vec![], vec![])];
            for f in term.factors {
                let axes: Vec<LabelId> = f.axes.chars().map(|c| self.letter(c)).collect();
                let pieces = if f.slot == 0 {
                    vec![self.child_piece(f.part, axes)]
                } else {
                    self.argument(f.slot, f.part, &axes)?
                };
                products = products
                    .into_iter()
                    .flat_map(|(number, power, ops, gates)| {
                        pieces.iter().map(move |p| {
                            let mut gates = gates.clone();
                            gates.extend(p.gates.iter().filter(|g| !gates.contains(g)).collect::<Vec<_>>());
                            (number * p.number, power + p.d_power, [ops.as_slice(), &p.ops].concat(), gates)
                        })
                    })
                    .collect();
            }
            for (scale, power, mut ops, gates) in products {
                // An indicator is its own square.
                for op in gates.iter().flat_map(|&g| &self.gates[g].ops) {
                    if !ops.contains(op) {
                        ops.push(op.clone());
                    }
                }
                ops.extend(mask.clone());
                terms.push(EnergyTerm {
                    scale,
                    d_power: power,
                    coefficient: term.coefficient as Coefficient,
                    ops,
                    against: term.against,
                });
            }
        }
        Ok(FactorEnergy {
            node: self.factor.node,
            labels: self.labels,
            child: self.child,
            event: self.event,
            terms,
        })
    }

    /// The last element of a stick's vector is told nothing by its line. So that its q is uniform all the same,
    /// which adds nothing to the bound, −ln h of the family's measure h(x) stands apart, for all elements.
    fn measure_of_all(&self, stick: bool) -> Vec<EnergyTerm> {
        let parts = if stick { self.factor.spec.measure } else { &[] };
        let whole = |&part: &usize| EnergyTerm {
            scale: 1.0,
            d_power: 0,
            coefficient: |_| 1.0,
            ops: self.child_piece(part, vec![]).ops,
            against: Some(Measure::Family),
        };
        parts.iter().map(whole).collect()
    }

    /// What the base measure reads is a known array even where no product holds it. That it depends on no
    /// selector is checked before.
    fn base_arguments(&mut self) {
        for (i, param) in self.factor.spec.params.iter().enumerate().filter(|(_, p)| !p.gated) {
            let arg = &self.factor.args[i];
            let convert = arg.spelling.map(|s| param.spellings[s].convert);
            self.known(&arg.expr, KnownMap::Stat { kind: param.stat, convert }, i + 1, 0, &[]);
        }
    }

    /// The last element of a stick's vector is no variable, so the line does not speak of it: a factor that
    /// is zero there.
    fn not_the_end(&mut self) -> Option<Op> {
        let along = *self.child.last().filter(|_| self.graph.nodes[self.factor.node.0].stick)?;
        self.slot = 1;
        Some(self.constant(crate::link::Constant::NotLast, self.factor.key, &[along]))
    }

    /// Does a reference leave off plates of a scalar node, so that it means the vector of them?
    fn is_vector_of_scalars(&self, r: &Ref) -> bool {
        matches!(r.target, Target::Node(n) if r.index.len() < self.graph.nodes[n.0].plates.len())
    }

    fn child_piece(&self, part: usize, axes: Vec<LabelId>) -> Piece {
        let elements = self.child.iter().map(|&l| Element::Label(l)).collect();
        let mut op = Op::new(Source::Node(self.factor.node), part, elements, axes);
        // In x − Σ terms the child is a summand by itself.
        op.copy = CHILD;
        Piece { number: 1.0, d_power: 0, ops: vec![op], gates: vec![] }
    }

    fn argument(&mut self, slot: usize, part: usize, axes: &[LabelId]) -> Result<Vec<Piece>, ExpandError> {
        self.slot = slot;
        let arg = &self.factor.args[slot - 1];
        let param = &self.factor.spec.params[slot - 1];
        let names_a_node = |e: &Expr| matches!(&e.kind, ExprKind::Ref(Ref { target: Target::Node(_), .. }));
        if !arg.expr.random || !contains(&arg.expr, &names_a_node) {
            // Known, though perhaps picked by a selector: `"trans[z[t-1]]"` of an input.
            let convert = arg.spelling.map(|s| param.spellings[s].convert);
            let map = KnownMap::Stat { kind: param.stat, convert };
            return Ok(vec![self.known(&arg.expr, map, slot, part, axes)]);
        }
        let linear = match linear(&arg.expr) {
            Ok(l)
                if !self.is_vector_of_scalars(&l.base)
                    && (l.carried_by(self.graph) == Some(param.stat) || !positive::carries(param.stat)) =>
            {
                l
            }
            _ if sums::carries(param.stat) => return self.sum(&arg.expr, param.stat, part, axes),
            _ if positive::carries(param.stat) => return self.function(&arg.expr, param.stat, part, axes, 1),
            Ok(l) => {
                let what = "a vector made of one variable for each element of a plate";
                return Err(ExpandError::unsupported(l.span, what));
            }
            Err(e) => return Err(ExpandError::unsupported(e.span, e.what)),
        };
        let node = match linear.base.target {
            Target::Node(n) => n,
            _ => unreachable!("a linear argument's base is a node"),
        };
        let carried = self.graph.nodes[node.0].spec.stat;
        if carried != param.stat {
            let what = format!("a {} where {} is needed", carried.name, param.stat.name);
            return Err(ExpandError::unsupported(linear.span, what));
        }
        let list = affine::pieces(carried, part, linear.scale.is_some(), linear.offset.is_some())
            .ok_or_else(|| {
                ExpandError::unsupported(arg.expr.span, format!("arithmetic on a {}", carried.name))
            })?;
        let (elements, gates) = self.reference(&linear.base);
        let mut out = vec![];
        for p in list {
            let letter = |c: char| axes[(c as u8 - b'a') as usize];
            let mut piece = Piece { number: p.number, d_power: p.d_power, ops: vec![], gates: vec![] };
            for k in p.known {
                let (expr, map, letters) = match *k {
                    LinkKnown::Scale => (&linear.scale, KnownMap::Value, ""),
                    LinkKnown::ScaleSquared => (&linear.scale, KnownMap::Square, ""),
                    LinkKnown::LnScale => (&linear.scale, KnownMap::Ln, ""),
                    LinkKnown::Offset(l) => (&linear.offset, KnownMap::Value, l),
                    LinkKnown::OffsetSquared => (&linear.offset, KnownMap::Square, ""),
                };
                // A piece without a scale in the expression keeps its place with the factor 1.
                let Some(expr) = expr else { continue };
                let of: Vec<LabelId> =
                    if expr.axes.is_empty() { vec![] } else { letters.chars().map(letter).collect() };
                let known = self.known(expr, map, slot, 0, &of);
                piece.ops.extend(known.ops);
                piece.gates.extend(known.gates);
            }
            if let Some((part, letters)) = p.part {
                let mut op = Op::new(
                    Source::Node(node),
                    part,
                    elements.clone(),
                    letters.chars().map(letter).collect(),
                );
                op.copy = FIRST;
                piece.ops.push(op);
                piece.gates.extend(gates.iter().copied());
            }
            out.push(piece);
        }
        Ok(out)
    }
}
