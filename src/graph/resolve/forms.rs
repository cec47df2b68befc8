//! Forms that follow from what is observed and what a whole line says: lines of ends between which a value lies, of
//! latent variables that a site speaks of, and of predictors that are not Gaussian. Not here: these forms (`dist`).

use super::args::names_a_node;
use crate::{
    expfam::spec::{DistSpec, Param},
    graph::factor_graph::{
        Arg, Expr, ExprKind, Factor, Function, Index, Node, Observed, ObservedValues, Ref, Target,
    },
    syntax::expr::BinaryOp,
};

/// Chooses them.
pub(super) fn choose(nodes: &mut [Node], factors: &mut [Factor]) {
    for f in factors.iter_mut() {
        let node = &mut nodes[f.node.0];
        match &node.observed {
            Some(Observed { values: ObservedValues::Interval(_), .. }) => {
                let room = |s: &&&DistSpec| {
                    let one = |(p, a): (&Param, &Arg)| p.random || !names_a_node(&a.expr);
                    let names = f.spec.params.iter().zip(s.params).all(|(a, b)| a.name == b.name);
                    names && s.params.iter().zip(&f.args).all(one)
                };
                if let Some(between) = f.spec.intervals.iter().find(room) {
                    (f.spec, node.spec, node.called) = (between, between, between);
                }
            }
            None => {
                if let Some(prior) = f.spec.prior {
                    (f.spec, node.spec, node.called) = (prior.variable, prior.variable, prior.variable);
                }
            }
            Some(_) => {}
        }
    }
    // What is multiplied, or picked by a category that nobody has seen, is not Gaussian: then the bound that
    // takes it.
    let latent: Vec<bool> = nodes.iter().map(|n| n.observed.is_none()).collect();
    for f in factors.iter_mut().filter(|f| f.args.iter().any(|a| not_gaussian(&a.expr, &latent))) {
        if let Some(tangent) = f.spec.tangent {
            (f.spec, nodes[f.node.0].spec, nodes[f.node.0].called) = (tangent, tangent, tangent);
        }
    }
}

/// Are random variables of an expression multiplied by each other, or picked by a latent category?
fn not_gaussian(e: &Expr, latent: &[bool]) -> bool {
    let gate = |i: &Index| matches!(i, Index::Gate(Ref { target: Target::Node(n), .. }) if latent[n.0]);
    match &e.kind {
        ExprKind::Numbers(_) => false,
        ExprKind::Ref(r) => r.index.iter().any(gate),
        ExprKind::Binary(op, a, b) => {
            let both = *op == BinaryOp::Mul && names_a_node(a) && names_a_node(b);
            both || not_gaussian(a, latent) || not_gaussian(b, latent)
        }
        ExprKind::Negate(a) => not_gaussian(a, latent),
        ExprKind::Call(f, args) => {
            let product = matches!(f, Function::Dot | Function::MatrixVector);
            product && args.iter().all(names_a_node) || args.iter().any(|a| not_gaussian(a, latent))
        }
    }
}
