//! Variables whose q is kept on the line, and powers that spellings stand for. On the line are positive numbers of
//! which something asks more than their own family has: a standard deviation with a Gamma prior, degrees of freedom, a
//! concentration. Not here: what the line has (`expfam::line`).

use super::factor_graph::{Expr, ExprKind, FactorGraph, Ref, Target};
use crate::{
    expfam::{
        line::LINE,
        stat::{GAMMA, StatKind},
    },
    shape::NodeId,
    syntax::expr::BinaryOp,
};

impl FactorGraph {
    /// The graph in which such variables have the form of their distribution that is on the line.
    pub(super) fn with_lines(mut self) -> Self {
        let mut lines = vec![];
        for f in &self.factors {
            for (arg, param) in f.args.iter().zip(f.spec.params) {
                let power = param.power(arg.spelling);
                self.asked(&arg.expr, param.stat, power.unwrap_or(1), &mut lines);
            }
        }
        for n in lines {
            let Some(form) = self.nodes[n.0].spec.on_line else { continue };
            // Lines of one node that are of different distributions: all or none.
            let own = |f: &super::factor_graph::Factor| f.node == n;
            if !self.factors.iter().filter(|f| own(f)).all(|f| on_line(f.spec).is_some()) {
                continue;
            }
            self.nodes[n.0].spec = form;
            for f in self.factors.iter_mut().filter(|f| own(f)) {
                f.spec = on_line(f.spec).unwrap_or(f.spec);
            }
        }
        self
    }

    /// Adds the variables of an argument that must be on the line.
    fn asked(&self, e: &Expr, needed: &'static StatKind, power: i32, out: &mut Vec<NodeId>) {
        match &e.kind {
            ExprKind::Ref(Ref { target: Target::Node(n), .. }) => {
                let carried = self.nodes[n.0].spec.stat;
                let more = *needed == LINE || *needed == GAMMA && (power != 1 || *carried != GAMMA);
                if more && *carried != LINE && !out.contains(n) {
                    out.push(*n);
                }
            }
            ExprKind::Binary(BinaryOp::Mul, a, b) => {
                self.asked(a, needed, power, out);
                self.asked(b, needed, power, out);
            }
            ExprKind::Binary(BinaryOp::Div | BinaryOp::Power, a, _) => self.asked(a, needed, power, out),
            _ => {}
        }
    }

    /// Writes powers out, which spellings of parameters stand for: an sd s is a precision s⁻². Of what is random; of
    /// what is known too, where a mixture will multiply it.
    pub(super) fn powers(&mut self) {
        for f in &mut self.factors {
            let (params, mixture) = (f.spec.params, f.spec.augment.is_some());
            for (arg, param) in f.args.iter_mut().zip(params) {
                let power = arg.spelling.and_then(|s| param.spellings[s].power);
                let Some(power) = power.filter(|_| mixture || super::resolve::names_a_node(&arg.expr)) else {
                    continue;
                };
                arg.expr = arg.expr.raised(power);
                arg.spelling = None;
            }
        }
    }
}

/// The form of a distribution that is on the line, or itself if it is there.
fn on_line(spec: &'static crate::expfam::spec::DistSpec) -> Option<&'static crate::expfam::spec::DistSpec> {
    if *spec.stat == LINE { Some(spec) } else { spec.on_line }
}
