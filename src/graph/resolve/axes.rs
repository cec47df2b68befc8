//! Which axes an expression has, as far as its own line says, and, once they are known, written into it. Not
//! here: what makes two axes one (`links`, `unify`).

use super::resolver::Resolver;
use crate::{
    graph::factor_graph::{Expr, ExprKind, Function, Target},
    shape::{Extent, NodeId, PlateId},
};

/// An axis of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum AxisTerm {
    Known(Extent),
    /// The event axis of a node.
    Event(NodeId),
}

impl Resolver<'_> {
    pub(super) fn axes(&self, e: &Expr) -> Vec<AxisTerm> {
        let known = |axes: &[Extent]| axes.iter().map(|&x| AxisTerm::Known(x)).collect();
        match &e.kind {
            ExprKind::Numbers(_) => known(&e.axes),
            ExprKind::Ref(r) => {
                let (_, plates) = self.target(r.target);
                let mut out: Vec<AxisTerm> =
                    plates.iter().skip(r.index.len()).map(|&p| AxisTerm::Known(Extent::Plate(p))).collect();
                match r.target {
                    Target::Node(n) => {
                        out.extend(vec![AxisTerm::Event(n); self.headers[n.0].spec.stat.value.rank()])
                    }
                    Target::Input(i) => {
                        out.extend(self.inputs[i.0].event.iter().map(|&n| AxisTerm::Known(Extent::Number(n))))
                    }
                    Target::Column(_) => {}
                }
                out
            }
            ExprKind::Negate(a) => self.axes(a),
            ExprKind::Binary(_, a, b) => {
                let (x, y) = (self.axes(a), self.axes(b));
                if x.len() >= y.len() { x } else { y }
            }
            ExprKind::Call(Function::Identity, _) => known(&e.axes),
            ExprKind::Call(f, args) => {
                let mut each: Vec<Vec<AxisTerm>> = args.iter().map(|a| self.axes(a)).collect();
                match f {
                    Function::Dot => {
                        each.iter().flat_map(|a| a[..a.len().saturating_sub(1)].to_vec()).collect()
                    }
                    Function::MatrixVector => each[0].iter().take(1).copied().collect(),
                    Function::Element(_) => vec![],
                    Function::Diag => vec![each[0][0]; 2],
                    _ => each.swap_remove(0),
                }
            }
        }
    }

    /// Writes the axes into an expression and all its parts.
    pub(super) fn fill(&self, e: &mut Expr, event: &impl Fn(usize) -> Option<Extent>) {
        let axes = self.axes(e);
        match &mut e.kind {
            ExprKind::Numbers(_) | ExprKind::Ref(_) => {}
            ExprKind::Negate(a) => self.fill(a, event),
            ExprKind::Binary(_, a, b) => {
                self.fill(a, event);
                self.fill(b, event);
            }
            ExprKind::Call(_, args) => args.iter_mut().for_each(|a| self.fill(a, event)),
        }
        e.axes = axes
            .into_iter()
            .map(|a| match a {
                AxisTerm::Known(x) => x,
                // Open axes were reported; no graph is made of them.
                AxisTerm::Event(n) => event(n.0).unwrap_or(Extent::Number(1)),
            })
            .collect();
    }

    pub(super) fn target(&self, t: Target) -> (&str, &[PlateId]) {
        match t {
            Target::Node(n) => (&self.headers[n.0].name, &self.headers[n.0].plates),
            Target::Input(i) => (&self.inputs[i.0].name, &self.inputs[i.0].plates),
            Target::Column(c) => (&self.columns[c.0].name, &[]),
        }
    }
}
