//! From a graph's factors to products of moments: forms instantiated, gates multiplied in, known scales and
//! shifts written out.

use super::{
    Element, Energy, EnergyTerm, FactorEnergy, Known, KnownMap, Label, LabelId, Letter, Op, Role, Source,
    linear::linear, positive, sums,
};
use crate::{
    expfam::form::Coefficient,
    graph::factor_graph::{Expr, ExprKind, Factor, FactorGraph, Index, Ref, Target},
    link::affine::{self, Known as LinkKnown},
    shape::{Extent, NodeId},
    source::Span,
};

/// A construct that has no closed form here: where, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsupported {
    /// Where it stands.
    pub span: Span,
    /// What it is, in words.
    pub what: String,
}

/// Expands every factor of the graph.
pub fn expand(graph: &FactorGraph) -> Result<Energy, Unsupported> {
    let mut knowns = vec![];
    let mut factors = vec![];
    for index in 0..graph.factors.len() {
        factors.push(Expansion::new(graph, index, &mut knowns).run()?);
    }
    Ok(Energy { factors, knowns })
}

/// The copy that ops of a sum belong to; of its other side in a square; and of the child.
pub(super) const FIRST: u8 = 1;
pub(super) const SECOND: u8 = 2;
const CHILD: u8 = 3;

/// A gate met in an argument: the selector's indicator, and the letter of its category.
struct Gate {
    key: (NodeId, Vec<Element>),
    label: LabelId,
    op: Op,
}

/// One product that a slot's part turns into.
#[derive(Clone)]
pub(super) struct Piece {
    pub number: f64,
    pub d_power: u32,
    pub ops: Vec<Op>,
    pub gates: Vec<usize>,
}

pub(super) struct Expansion<'a> {
    pub graph: &'a FactorGraph,
    factor: &'a Factor,
    index: usize,
    knowns: &'a mut Vec<Known>,
    pub labels: Vec<Label>,
    child: Vec<LabelId>,
    gates: Vec<Gate>,
    event: Option<Extent>,
    letters: Vec<(char, LabelId)>,
    /// The slot whose argument is being expanded.
    pub slot: usize,
}

impl<'a> Expansion<'a> {
    fn new(graph: &'a FactorGraph, index: usize, knowns: &'a mut Vec<Known>) -> Self {
        let factor = &graph.factors[index];
        let node = &graph.nodes[factor.node.0];
        let labels: Vec<Label> = node
            .plates
            .iter()
            .map(|&p| Label {
                name: graph.plates[p.0].name.clone(),
                extent: Extent::Plate(p),
                role: Role::Plate(p),
            })
            .collect();
        let child = (0..labels.len()).collect();
        Self {
            graph,
            factor,
            index,
            knowns,
            labels,
            child,
            gates: vec![],
            event: node.event,
            letters: vec![],
            slot: 0,
        }
    }

    fn run(mut self) -> Result<FactorEnergy, Unsupported> {
        self.base_arguments();
        let mask = self.not_the_end();
        let mut terms = vec![];
        for term in self.factor.spec.terms {
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
                ops.extend(gates.iter().map(|&g| self.gates[g].op.clone()));
                ops.extend(mask.clone());
                terms.push(EnergyTerm {
                    scale,
                    d_power: power,
                    coefficient: term.coefficient as Coefficient,
                    ops,
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

    fn letter(&mut self, c: char) -> LabelId {
        if let Some(&(_, l)) = self.letters.iter().find(|(x, _)| *x == c) {
            return l;
        }
        let extent = self.event.unwrap_or(Extent::Number(1));
        self.labels.push(Label { name: c.to_string(), extent, role: Role::Event });
        self.letters.push((c, self.labels.len() - 1));
        self.labels.len() - 1
    }

    fn child_piece(&self, part: usize, axes: Vec<LabelId>) -> Piece {
        let elements = self.child.iter().map(|&l| Element::Label(l)).collect();
        let mut op = Op::new(Source::Node(self.factor.node), part, elements, axes);
        // In x − Σ terms the child is a summand by itself.
        op.copy = CHILD;
        Piece { number: 1.0, d_power: 0, ops: vec![op], gates: vec![] }
    }

    fn argument(&mut self, slot: usize, part: usize, axes: &[LabelId]) -> Result<Vec<Piece>, Unsupported> {
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
            _ if positive::carries(param.stat) => return self.function(&arg.expr, param.stat, part, axes),
            Ok(l) => {
                return Err(Unsupported {
                    span: l.span,
                    what: "a vector made of one variable for each element of a plate".into(),
                });
            }
            Err(e) => return Err(Unsupported { span: e.span, what: e.what.to_string() }),
        };
        let node = match linear.base.target {
            Target::Node(n) => n,
            _ => unreachable!("a linear argument's base is a node"),
        };
        let carried = self.graph.nodes[node.0].spec.stat;
        if carried != param.stat {
            return Err(Unsupported {
                span: linear.span,
                what: format!("a {} where {} is needed", carried.name, param.stat.name),
            });
        }
        let list =
            affine::pieces(carried, part, linear.scale.is_some(), linear.offset.is_some()).ok_or_else(
                || Unsupported { span: arg.expr.span, what: format!("arithmetic on a {}", carried.name) },
            )?;
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

    /// A known array's op. A plain reference keeps its own plates; any other expression is indexed by the
    /// letters it depends on.
    pub fn known(&mut self, expr: &Expr, map: KnownMap, slot: usize, part: usize, axes: &[LabelId]) -> Piece {
        let (elements, letters, extents, gates) = match &expr.kind {
            ExprKind::Ref(r @ Ref { target: Target::Input(id), .. }) => {
                let (elements, gates) = self.reference(r);
                let plates = &self.graph.inputs[id.0].plates;
                let extents: Vec<Extent> =
                    plates[..elements.len()].iter().map(|&p| Extent::Plate(p)).collect();
                (elements, (0..extents.len()).map(Letter::Own).collect(), extents, gates)
            }
            _ => {
                let mut deps = Deps::default();
                self.dependencies(expr, &mut deps);
                let mut elements = vec![];
                let mut letters = vec![];
                let mut extents = vec![];
                for &label in &deps.labels {
                    elements.push(Element::Label(label));
                    extents.push(self.labels[label].extent);
                    letters.push(match self.labels[label].role {
                        Role::Plate(p) => Letter::Plate(p),
                        _ => Letter::Gate(
                            deps.gates
                                .iter()
                                .position(|&g| self.gates[g].label == label)
                                .expect("a gate's letter"),
                        ),
                    });
                }
                (elements, letters, extents, deps.gates)
            }
        };
        // A number for a vector slot stands for every entry: the statistic is of the broadcast value, so the
        // axes stay.
        let known = Known {
            expr: expr.clone(),
            elements: extents,
            letters,
            map,
            event: self.event,
            place: (self.index, slot),
        };
        let same = |k: &Known| {
            k.place == known.place
                && k.expr.span == known.expr.span
                && k.expr.axes == known.expr.axes
                && k.map == known.map
                && k.elements == known.elements
                && k.expr.kind == known.expr.kind
        };
        let id = match self.knowns.iter().position(same) {
            Some(id) => id,
            None => {
                self.knowns.push(known);
                self.knowns.len() - 1
            }
        };
        let op = Op::new(Source::Known(id), part, elements, axes.to_vec());
        Piece { number: 1.0, d_power: 0, ops: vec![op], gates }
    }

    /// The letters (in a fixed order) and gates a known expression depends on.
    fn dependencies(&mut self, expr: &Expr, deps: &mut Deps) {
        match &expr.kind {
            ExprKind::Numbers(_) => {}
            ExprKind::Ref(r) => {
                let (elements, gates) = self.reference(r);
                for e in elements {
                    if let Some(l) = e.label() {
                        deps.label(l);
                    }
                }
                gates.into_iter().for_each(|g| deps.gate(g));
            }
            ExprKind::Binary(_, a, b) => {
                self.dependencies(a, deps);
                self.dependencies(b, deps);
            }
            ExprKind::Negate(a) => self.dependencies(a, deps),
            ExprKind::Call(_, args) => args.iter().for_each(|a| self.dependencies(a, deps)),
        }
    }

    /// How a reference's elements follow from the letters, and which gates it passes.
    pub fn reference(&mut self, r: &Ref) -> (Vec<Element>, Vec<usize>) {
        let mut gates = vec![];
        let mut elements = vec![];
        for index in &r.index {
            elements.push(match index {
                Index::Plate(p) => Element::Label(self.plate_label(*p)),
                Index::Column { column, plate } => {
                    Element::Column { column: *column, label: self.plate_label(*plate) }
                }
                Index::Before { plate, lag } => {
                    Element::Before { label: self.plate_label(*plate), lag: *lag }
                }
                Index::Parent(p) => Element::Parent { label: self.plate_label(*p) },
                Index::At(i) => Element::At(*i),
                Index::Gate(selector) => {
                    let (inner, inner_gates) = self.reference(selector);
                    inner_gates.into_iter().for_each(|g| {
                        if !gates.contains(&g) {
                            gates.push(g)
                        }
                    });
                    let g = self.gate(selector, inner);
                    if !gates.contains(&g) {
                        gates.push(g);
                    }
                    Element::Label(self.gates[g].label)
                }
            });
        }
        (elements, gates)
    }

    fn plate_label(&self, p: crate::shape::PlateId) -> LabelId {
        let at = self.graph.nodes[self.factor.node.0].plates.iter().position(|&q| q == p);
        self.child[at.expect("resolve lets an index name only the child's plates")]
    }

    fn gate(&mut self, selector: &Ref, elements: Vec<Element>) -> usize {
        let Target::Node(node) = selector.target else { unreachable!("a gate's selector is a node") };
        let key = (node, elements.clone());
        if let Some(g) = self.gates.iter().position(|g| g.key == key) {
            return g;
        }
        let extent = self.graph.nodes[node.0].event.expect("a category has an event extent");
        let taken = self.gates.iter().filter(|g| g.key.0 == node).count();
        let name = format!("{}{}", self.graph.nodes[node.0].name, "′".repeat(taken));
        self.labels.push(Label { name, extent, role: Role::Gate });
        let label = self.labels.len() - 1;
        let op = Op::new(Source::Node(node), 0, elements, vec![label]);
        self.gates.push(Gate { key, label, op });
        self.gates.len() - 1
    }
}

#[derive(Default)]
struct Deps {
    labels: Vec<LabelId>,
    gates: Vec<usize>,
}

impl Deps {
    fn label(&mut self, l: LabelId) {
        if !self.labels.contains(&l) {
            self.labels.push(l);
            self.labels.sort_unstable();
        }
    }
    fn gate(&mut self, g: usize) {
        if !self.gates.contains(&g) {
            self.gates.push(g);
        }
    }
}

/// Does `test` hold for the expression or any part of it?
pub(super) fn contains(expr: &Expr, test: &impl Fn(&Expr) -> bool) -> bool {
    test(expr)
        || match &expr.kind {
            ExprKind::Numbers(_) | ExprKind::Ref(_) => false,
            ExprKind::Binary(_, a, b) => contains(a, test) || contains(b, test),
            ExprKind::Negate(a) => contains(a, test),
            ExprKind::Call(_, args) => args.iter().any(|a| contains(a, test)),
        }
}
