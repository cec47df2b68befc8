//! Categories that are known functions of others: unobserved, with a table of zeros and ones, read of
//! elements elsewhere (a student's skills, at each answer). Such a category is no variable: its indicator is
//! the sum of those combinations of the others' indicators that give it. Not here: how products are written
//! with that (`energy`).
//!
//! A q of its own beside theirs could never move: each would pin the others to what they are at first. Where
//! all stand at the same element, a network keeps their joint distribution, and nothing need be written out.

use super::factor_graph::{Expr, ExprKind, FactorGraph, Index, InputSource, Ref, RowSet, Target};
use crate::shape::NodeId;

impl FactorGraph {
    /// The table of a category that is a known function of others.
    pub fn function(&self, n: NodeId) -> Option<&Expr> {
        let node = &self.nodes[n.0];
        if !node.spec.stat.one_hot() || node.observed.is_some() {
            return None;
        }
        let mut lines = self.factors.iter().filter(|f| f.node == n);
        let (line, None) = (lines.next()?, lines.next()) else { return None };
        let [arg] = &line.args[..] else { return None };
        let ExprKind::Ref(r) = &arg.expr.kind else { return None };
        let Target::Input(input) = r.target else { return None };
        let InputSource::Numbers(numbers) = &self.inputs[input.0].source else { return None };
        let certain =
            numbers.iter().all(|x| *x == 0.0 || *x == 1.0) && !self.inputs[input.0].sizes.is_empty();
        let whole = r.index.len() == self.inputs[input.0].plates.len();
        if !certain || !whole || line.rows != RowSet::All || arg.spelling.is_some() {
            return None;
        }
        let selectors = r.index.iter().filter_map(|i| if let Index::Gate(g) = i { Some(g) } else { None });
        let plain = |g: &Ref| {
            let at = |i: &Index| matches!(i, Index::Plate(_) | Index::Column { .. });
            g.index.iter().all(at) && matches!(g.target, Target::Node(m) if m != n)
        };
        let elsewhere = |g: &Ref| g.index.iter().any(|i| matches!(i, Index::Column { .. }));
        let fits = selectors.clone().all(plain) && selectors.clone().any(elsewhere);
        (fits && self.read_in_place(n)).then_some(&arg.expr)
    }

    /// Is a node only read as a selector, each line at its own element?
    fn read_in_place(&self, n: NodeId) -> bool {
        let plates = &self.nodes[n.0].plates;
        let own =
            |g: &Ref| g.index.iter().eq(plates.iter().map(|p| Index::Plate(*p)).collect::<Vec<_>>().iter());
        let mut fine = true;
        for a in self.factors.iter().flat_map(|f| &f.args) {
            super::evaluate::each_ref(&a.expr, &mut |r| {
                fine &= r.target != Target::Node(n);
                for i in &r.index {
                    if let Index::Gate(g) = i {
                        fine &= g.target != Target::Node(n) || own(g);
                        fine &= !g.index.iter().any(|i| matches!(i, Index::Gate(_)));
                    }
                }
            });
        }
        fine
    }
}
