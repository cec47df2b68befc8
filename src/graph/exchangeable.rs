//! Plates of components that nothing in a model tells apart: their posterior has a copy for each order of them. Not
//! here: what that means for a bound (`ask::compare`).

use super::{
    evaluate::{each_part, each_ref},
    factor_graph::{
        Expr, ExprKind, FactorGraph, Fixed, Function, Index, InputSource, LabelledAxis, PlateKind, Ref,
        Target,
    },
};
use crate::shape::{Extent, PlateId};

impl FactorGraph {
    /// Plates of so many components that a category picks and that every line treats alike, with their sizes.
    pub fn exchangeable(&self) -> Vec<(PlateId, usize)> {
        let sizes = self.plates.iter().enumerate().filter_map(|(p, plate)| match plate.kind {
            PlateKind::Size(n) if n > 1 => Some((PlateId(p), n)),
            _ => None,
        });
        sizes.filter(|(p, _)| self.is_picked(*p) && !self.is_told_apart(*p)).collect()
    }

    /// Every reference of every line, those in indices too.
    fn references<'g>(&'g self, f: &mut impl FnMut(&'g Ref)) {
        fn within<'g>(r: &'g Ref, f: &mut impl FnMut(&'g Ref)) {
            f(r);
            for i in &r.index {
                if let Index::Gate(g) = i {
                    within(g, f);
                }
            }
        }
        for a in self.factors.iter().flat_map(|f| &f.args) {
            each_ref(&a.expr, &mut |r| within(r, f));
        }
    }

    fn plates_of(&self, r: &Ref) -> &[PlateId] {
        match r.target {
            Target::Node(n) => &self.nodes[n.0].plates,
            Target::Input(i) => &self.inputs[i.0].plates,
            Target::Column(_) => &[],
        }
    }

    /// Does a category that is not known pick among its elements?
    fn is_picked(&self, p: PlateId) -> bool {
        let mut picked = false;
        self.references(&mut |r| {
            let pairs = r.index.iter().zip(self.plates_of(r));
            picked |= pairs.into_iter().any(|(i, q)| {
                let latent =
                    |g: &Ref| matches!(g.target, Target::Node(n) if self.nodes[n.0].observed.is_none());
                *q == p && matches!(i, Index::Gate(g) if latent(g))
            });
        });
        picked
    }

    /// Does anything say which of its elements is which?
    fn is_told_apart(&self, p: PlateId) -> bool {
        let named = |l: LabelledAxis| match l {
            LabelledAxis::Plate(q) => q == p,
            LabelledAxis::Event(n) => self.nodes[n.0].event == Some(Extent::Plate(p)),
        };
        let mut told = self.labelled.iter().any(|l| named(l.of));
        // Levels of data have names.
        told |= self.same.iter().any(|s| {
            let both = [s.left, s.right];
            both.contains(&Extent::Plate(p)) && both.iter().any(|x| matches!(x, Extent::Levels(_)))
        });
        let unlike = |numbers: &[f64]| numbers.iter().any(|x| *x != numbers[0]);
        told |= self.inputs.iter().any(|i| {
            let over = i.plates.contains(&p);
            over && !matches!(&i.source, InputSource::Numbers(n) if !unlike(n))
        });
        self.references(&mut |r| {
            let pairs = r.index.iter().zip(self.plates_of(r));
            told |= pairs.into_iter().any(|(i, q)| *q == p && matches!(i, Index::At(_)));
        });
        let over = |e: &Expr| e.axes.contains(&Extent::Plate(p));
        for f in &self.factors {
            let own = self.nodes[f.node.0].event == Some(Extent::Plate(p));
            for a in &f.args {
                each_part(&a.expr, &mut |e| match &e.kind {
                    ExprKind::Numbers(n) => told |= (over(e) || own && n.len() > 1) && unlike(n),
                    // The order of a stick's components counts.
                    ExprKind::Call(Function::Stick | Function::Earlier | Function::NotLast, _) => {
                        told |= over(e)
                    }
                    ExprKind::Call(Function::Element(at) | Function::Unit(at), _) => {
                        told |= own && matches!(at, Fixed::Number(_));
                    }
                    _ => {}
                });
            }
        }
        told
    }
}
