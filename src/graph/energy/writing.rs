//! One line of a model while it is written out: its letters, its gates, and the arrays that it names. Not
//! here: what arguments turn into (`expand`, `sums`, `positive`).

use super::terms::{Element, Known, KnownMap, Label, LabelId, Letter, Op, Role, Source};
use crate::{
    graph::factor_graph::{Expr, ExprKind, Factor, FactorGraph, Function, Index, Ref, Target},
    link::Constant,
    shape::{Extent, NodeId, PlateId},
    source::Span,
};

/// Products that one parameter of one line may be written out as, at most. A mean of 400 variables has 80
/// 200.
pub const LARGEST_EXPANSION: usize = 100_000;

/// Why a line can't be written out.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpandError {
    /// A construct that has no closed form here.
    Unsupported {
        /// Where it stands.
        span: Span,
        /// What it is, in words.
        what: String,
    },
    /// An expression of too many products.
    TooLarge {
        /// Where it stands.
        span: Span,
        /// How many it would be.
        products: f64,
    },
}

impl ExpandError {
    /// Something without a closed form.
    pub(super) fn unsupported(span: Span, what: impl Into<String>) -> Self {
        Self::Unsupported { span, what: what.into() }
    }
}

/// The copy that ops of a sum belong to; of its other side in a square; and of the child.
pub(super) const FIRST: u8 = 1;
pub(super) const SECOND: u8 = 2;
pub(super) const CHILD: u8 = 3;

/// A gate met in an argument: the selector's indicator, and the letter of its category. The indicator of a
/// known function of other categories is theirs, and the function's table.
pub(super) struct Gate {
    key: (NodeId, Vec<Element>),
    label: LabelId,
    pub ops: Vec<Op>,
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
    pub factor: &'a Factor,
    index: usize,
    knowns: &'a mut Vec<Known>,
    /// How many known arrays the lines before have named.
    before: usize,
    pub labels: Vec<Label>,
    pub child: Vec<LabelId>,
    pub gates: Vec<Gate>,
    pub event: Option<Extent>,
    letters: Vec<(char, LabelId)>,
    /// The slot whose argument is being expanded.
    pub slot: usize,
}

impl<'a> Expansion<'a> {
    pub fn new(graph: &'a FactorGraph, index: usize, knowns: &'a mut Vec<Known>) -> Self {
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
            before: knowns.len(),
            knowns,
            labels,
            child,
            gates: vec![],
            event: node.event,
            letters: vec![],
            slot: 0,
        }
    }

    pub fn letter(&mut self, c: char) -> LabelId {
        if let Some(&(_, l)) = self.letters.iter().find(|(x, _)| *x == c) {
            return l;
        }
        let extent = self.event.unwrap_or(Extent::Number(1));
        self.labels.push(Label { name: c.to_string(), extent, role: Role::Event });
        self.letters.push((c, self.labels.len() - 1));
        self.labels.len() - 1
    }

    /// A letter to sum over.
    pub fn dummy(&mut self, extent: Extent) -> LabelId {
        let name = match extent {
            Extent::Plate(p) => self.graph.plates[p.0].name.clone(),
            _ => "i".to_string(),
        };
        let taken = self.labels.iter().filter(|l| l.name.trim_end_matches('′') == name).count();
        self.labels.push(Label { name: format!("{name}{}", "′".repeat(taken)), extent, role: Role::Event });
        self.labels.len() - 1
    }

    /// An array of zeros and ones over the letters `axes`, of a link.
    pub fn constant(&mut self, constant: Constant, span: Span, axes: &[LabelId]) -> Op {
        let function = match constant {
            Constant::Same => Function::Identity,
            Constant::Earlier => Function::Earlier,
            Constant::NotLast => Function::NotLast,
        };
        self.zeros_and_ones(function, span, axes)
    }

    /// An array of zeros and ones over the letters `axes`.
    pub fn zeros_and_ones(&mut self, function: Function, span: Span, axes: &[LabelId]) -> Op {
        let extents = axes.iter().map(|&l| self.labels[l].extent).collect();
        let expr = Expr { kind: ExprKind::Call(function, vec![]), axes: extents, random: false, span };
        self.known(&expr, KnownMap::Value, self.slot, 0, axes).ops.remove(0)
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
                && k.map == known.map
                && k.elements == known.elements
                && k.expr == known.expr
        };
        let id = match self.knowns[self.before..].iter().position(same) {
            Some(at) => self.before + at,
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

    fn plate_label(&self, p: PlateId) -> LabelId {
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
        let ops = match self.graph.function(node) {
            Some(table) => {
                let Piece { mut ops, gates, .. } = self.known(table, KnownMap::Value, self.slot, 0, &[label]);
                for op in gates.iter().flat_map(|&g| &self.gates[g].ops) {
                    if !ops.contains(op) {
                        ops.push(op.clone());
                    }
                }
                ops
            }
            None => vec![Op::new(Source::Node(node), 0, elements, vec![label])],
        };
        self.gates.push(Gate { key, label, ops });
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
