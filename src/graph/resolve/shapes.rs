//! Finds what every axis runs over, by unification: each node has one event axis, and uses make axes equal.
//! Lengths that only data know are compared later (`bind`), from the list of axes that must agree.

use super::{
    axes::AxisTerm,
    links::{Link, Why},
    resolver::Resolver,
    unify::{Classes, canonical},
};
use crate::{
    diag::Diagnostic,
    expfam::stat::{Arithmetic, PartShape},
    graph::{
        codes::OPEN_LENGTH,
        factor_graph::{
            DerivedQuantity, Expr, ExprKind, Factor, Function, Index, Node, Observed, ObservedValues,
            PlateKind, Ref, Same, Target,
        },
    },
    shape::{Extent, NodeId, PlateId},
    source::Span,
    syntax::ast::NodeDecl,
};
use std::collections::HashMap;

impl Resolver<'_> {
    /// Nodes with their events, lines with the axes of every expression, and the axes whose lengths data must
    /// show to agree.
    pub(super) fn shapes(
        &mut self,
        mut factors: Vec<Factor>,
        observed: Vec<Option<Observed>>,
        derived: &mut [DerivedQuantity],
    ) -> (Vec<Node>, Vec<Factor>, Vec<Same>) {
        for factor in &mut factors {
            let (plates, spec) = (self.headers[factor.node.0].plates.clone(), factor.spec);
            for (_, arg) in factor
                .args
                .iter_mut()
                .enumerate()
                .filter(|(s, _)| spec.slot_stat(s + 1).is(Arithmetic::Sum, PartShape::Scalar))
            {
                if let [AxisTerm::Known(Extent::Plate(p))] = self.axes(&arg.expr)[..]
                    && plates.contains(&p)
                    && has_product(&arg.expr)
                {
                    self.element(&mut arg.expr, p);
                }
            }
        }
        let mut links = vec![];
        // Nodes whose axis stayed open because an argument did not fit: told once.
        let mut misfits = vec![];
        let calls: HashMap<Span, &NodeDecl> = self.model.nodes.iter().map(|d| (d.call.span, d)).collect();
        for factor in &factors {
            if self.line_links(factor, calls.get(&factor.span).copied(), &mut links).is_err() {
                misfits.push(factor.node.0);
            }
        }
        derived.iter().for_each(|d| self.expr_links(&d.expr, &mut links));
        for (n, o) in observed.iter().enumerate() {
            if let Some(o) = o
                && let ObservedValues::Columns(c) = &o.values
                && self.headers[n].spec.stat.value.rank() == 1
            {
                links.push(Link {
                    left: AxisTerm::Event(NodeId(n)),
                    right: AxisTerm::Known(Extent::Number(c.len())),
                    span: o.span,
                    why: Why::Columns,
                });
            }
        }
        // What names an axis comes before what picks from it, and that before what only measures it.
        links.sort_by_key(|l| match l.why {
            Why::Shape | Why::Columns => 0,
            Why::Gate => 1,
            Why::Length => 2,
        });
        let count = self.headers.len();
        let mut classes =
            Classes { parent: (0..count).collect(), known: vec![vec![]; count], clashed: vec![false; count] };
        let mut same = vec![];
        for link in &links {
            self.unify(link, &mut classes, &mut same);
        }
        self.levels_of_observed(&observed, &mut classes);
        // A length may have been asked of an axis that only now is known.
        let open: Vec<usize> = (0..count)
            .filter(|&n| self.headers[n].spec.has_dim() && classes.known[classes.find(n)].is_empty())
            .collect();
        let mut told: Vec<usize> = misfits.iter().map(|&n| classes.find(n)).collect();
        for n in open {
            let class = classes.find(n);
            if !told.contains(&class) {
                told.push(class);
                self.open_length(NodeId(n));
            }
        }
        for class in &classes.known {
            for (i, (left, span)) in class.iter().enumerate() {
                same.extend(class[..i].iter().map(|(right, _)| Same {
                    left: *right,
                    right: *left,
                    span: *span,
                }));
            }
        }
        let event = |n: usize| {
            self.headers[n].spec.has_dim().then(|| canonical(&classes.known[classes.find(n)])).flatten()
        };
        for factor in &mut factors {
            for arg in &mut factor.args {
                self.fill(&mut arg.expr, &event);
            }
        }
        derived.iter_mut().for_each(|d| self.fill(&mut d.expr, &event));
        let mut sticks = vec![];
        factors.iter().flat_map(|f| &f.args).for_each(|a| sticks_of(&a.expr, &mut sticks));
        let nodes = self
            .headers
            .iter()
            .zip(observed)
            .enumerate()
            .map(|(n, (h, observed))| Node {
                name: h.name.clone(),
                span: h.span,
                plates: h.plates.clone(),
                spec: h.spec,
                called: h.spec,
                stick: sticks.contains(&n),
                event: event(n),
                observed,
                call: h.call,
            })
            .collect();
        factors.iter().flat_map(|f| &f.args).for_each(|a| self.elements_exist(&a.expr));
        derived.iter().for_each(|d| self.elements_exist(&d.expr));
        (nodes, factors, same)
    }

    /// Turns an expression whose first axis is the plate `p` into its element at the child's own index:
    /// `A * h[t-1]` into `dot(A[i], h[t-1])`.
    fn element(&self, e: &mut Expr, p: PlateId) {
        let rank = self.axes(e).len();
        let whole = |x: &Expr| self.axes(x).len() == rank;
        match &mut e.kind {
            ExprKind::Numbers(_) => {}
            ExprKind::Ref(r) => r.index.push(Index::Plate(p)),
            ExprKind::Negate(a) => self.element(a, p),
            ExprKind::Binary(_, a, b) => {
                // A number beside a vector stands for each of its elements.
                let (left, right) = (whole(a), whole(b));
                if left {
                    self.element(a, p);
                }
                if right {
                    self.element(b, p);
                }
            }
            ExprKind::Call(f @ (Function::MatrixVector | Function::Dot), args) => {
                self.element(&mut args[0], p);
                *f = Function::Dot;
            }
            ExprKind::Call(..) => {}
        }
    }

    /// An observed category over nothing in particular runs over the levels of its column.
    fn levels_of_observed(&mut self, observed: &[Option<Observed>], classes: &mut Classes) {
        for (n, o) in observed.iter().enumerate() {
            let class = classes.find(n);
            let Some(o) = o else { continue };
            if !self.headers[n].spec.stat.one_hot() || !classes.known[class].is_empty() {
                continue;
            }
            let extent = match &o.values {
                ObservedValues::Columns(c) => self.levels(c[0]),
                ObservedValues::Interval(_) | ObservedValues::Zero => continue,
                ObservedValues::Table(t) => {
                    let plate = self.headers[n]
                        .plates
                        .iter()
                        .copied()
                        .find(|p| matches!(self.plates[p.0].kind, PlateKind::Columns { .. }));
                    let Some(plate) = plate else { continue };
                    Extent::Levels(self.joined(*t, plate, o.span))
                }
            };
            classes.known[class].push((extent, o.span));
        }
    }

    fn open_length(&mut self, n: NodeId) {
        let h = &self.headers[n.0];
        let vector = h.spec.stat.value.rank() == 1 && h.spec.stat.arithmetic != Arithmetic::Sum;
        let d = Diagnostic::error(OPEN_LENGTH, format!("nothing says how many elements `{}` has", h.name))
            .at(h.call, "of unknown length");
        let d = if vector || h.spec.stat.one_hot() {
            d.help("name what it runs over: `over: \"k\"`, `over: \"table.column\"` or `over: 3`")
        } else {
            d.help("write one parameter out as a list, or name the length: `over: 2`")
        };
        self.fail(d);
    }
}

/// Nodes that are the vector of a `stick`.
fn sticks_of(e: &Expr, out: &mut Vec<usize>) {
    match &e.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => {}
        ExprKind::Negate(a) => sticks_of(a, out),
        ExprKind::Binary(_, a, b) => {
            sticks_of(a, out);
            sticks_of(b, out);
        }
        ExprKind::Call(f, args) => match (f, args.as_slice()) {
            (Function::Stick, [Expr { kind: ExprKind::Ref(Ref { target: Target::Node(n), .. }), .. }]) => {
                out.push(n.0)
            }
            _ => args.iter().for_each(|a| sticks_of(a, out)),
        },
    }
}

/// Does a matrix times a vector stand in it?
fn has_product(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => false,
        ExprKind::Negate(a) => has_product(a),
        ExprKind::Binary(_, a, b) => has_product(a) || has_product(b),
        ExprKind::Call(f, args) => *f == Function::MatrixVector || args.iter().any(has_product),
    }
}
