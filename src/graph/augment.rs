//! Mixtures over an auxiliary variable, taken apart: a line of such a distribution becomes two, one for the
//! auxiliary (a new node, one for each element of the child) and one for the child given it. From here on
//! nothing knows that they were one. Not here: which distributions are mixtures, and of what (`dist`).

use super::factor_graph::{
    Arg, Expr, ExprKind, Factor, FactorGraph, Index, Node, Origin, Ref, Target, Written,
};
use crate::{
    expfam::spec::{Augment, DistSpec, Taken},
    shape::NodeId,
    syntax::expr::BinaryOp,
};

impl FactorGraph {
    /// The graph with every mixture taken apart. The auxiliary nodes stand after all others, so that no
    /// number of a node or line changes.
    pub fn augmented(mut self) -> Self {
        self.powers();
        for n in 0..self.nodes.len() {
            let Some(mixture) = self.nodes[n].spec.augment else { continue };
            let auxiliary = NodeId(self.nodes.len());
            let child = &mut self.nodes[n];
            child.spec = mixture.given;
            let node = Node {
                name: format!("{}.{}", child.name, mixture.name),
                spec: mixture.auxiliary,
                called: mixture.auxiliary,
                stick: false,
                event: None,
                observed: None,
                ..child.clone()
            };
            self.nodes.push(node);
            for f in 0..self.factors.len() {
                if self.factors[f].node.0 == n {
                    // A line may be another form of the distribution.
                    let own = self.factors[f].spec.augment.unwrap_or(mixture);
                    let prior = self.part(f, auxiliary, own);
                    self.factors.push(prior);
                }
            }
        }
        self
    }

    /// Rewrites a line as that of the child given the auxiliary; gives the auxiliary's own.
    fn part(&mut self, line: usize, auxiliary: NodeId, mixture: &Augment) -> Factor {
        let plates = self.nodes[auxiliary.0].plates.clone();
        let f = &mut self.factors[line];
        let (child, spec, args) = (f.node, f.spec, std::mem::take(&mut f.args));
        let own =
            Ref { target: Target::Node(auxiliary), index: plates.into_iter().map(Index::Plate).collect() };
        let take = |list: &[Taken]| list.iter().map(|t| taken(*t, child, spec, &args, &own)).collect();
        let prior = Factor {
            node: auxiliary,
            spec: mixture.auxiliary,
            args: take(mixture.auxiliary_args),
            written: None,
            ..f.clone()
        };
        f.spec = mixture.given;
        f.args = take(mixture.given_args);
        f.written = Some(Box::new(Written { spec, args }));
        prior
    }
}

/// An argument of one of the two lines.
fn taken(how: Taken, child: NodeId, spec: &'static DistSpec, args: &[Arg], auxiliary: &Ref) -> Arg {
    let (Taken::As(slot) | Taken::Share(_, slot) | Taken::Scaled(slot)) = how;
    let arg = &args[slot - 1];
    let expr = match (how, &arg.expr.kind) {
        (Taken::As(_), _) => arg.expr.clone(),
        (Taken::Share(by, _), ExprKind::Numbers(n)) => {
            Expr { kind: ExprKind::Numbers(n.iter().map(|x| by * x).collect()), ..arg.expr.clone() }
        }
        (Taken::Share(by, _), _) => times(
            Expr { kind: ExprKind::Numbers(vec![by]), axes: vec![], random: false, span: arg.expr.span },
            arg.expr.clone(),
        ),
        (Taken::Scaled(_), written) => {
            let own = Expr {
                kind: ExprKind::Ref(auxiliary.clone()),
                axes: vec![],
                random: true,
                span: arg.expr.span,
            };
            // Once the auxiliary is the auxiliary.
            let one = matches!(written, ExprKind::Numbers(n) if n == &[1.0]);
            if one { own } else { times(arg.expr.clone(), own) }
        }
    };
    Arg { expr, from: Some(Origin { node: child, spec, slot }), ..arg.clone() }
}

fn times(a: Expr, b: Expr) -> Expr {
    let (axes, random, span) = (a.axes.clone(), a.random || b.random, b.span);
    Expr { kind: ExprKind::Binary(BinaryOp::Mul, Box::new(a), Box::new(b)), axes, random, span }
}
