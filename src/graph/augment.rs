//! Lines written as what they are made of: mixtures over an auxiliary variable, and priors that a site stands for. A
//! line becomes two, one for the auxiliary (a new node, one for each element of the child) and one for the child
//! given it. From here on nothing knows that they were one. Not here: which distributions are such, and of what
//! (`dist`), nor powers that spellings stand for (`on_line`).

use super::factor_graph::{
    Arg, Expr, ExprKind, Factor, FactorGraph, Index, Node, Observed, ObservedValues, Origin, Ref, Target,
    Written,
};
use crate::{
    expfam::spec::{Augment, DistSpec, Taken},
    shape::NodeId,
    syntax::expr::BinaryOp,
};

impl FactorGraph {
    /// The graph with every mixture and every prior by a site taken apart, and powers written out. The auxiliary nodes stand after all others, so that no
    /// number of a node or line changes.
    pub fn augmented(mut self) -> Self {
        self.sites_of_priors();
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

    /// A node for what each latent variable is from its mean, where a site stands for its line.
    fn sites_of_priors(&mut self) {
        for n in 0..self.nodes.len() {
            let node = &self.nodes[n];
            let Some(prior) = node.spec.prior.filter(|p| *p.variable == *node.spec) else { continue };
            let site = NodeId(self.nodes.len());
            let own = Ref {
                target: Target::Node(NodeId(n)),
                index: node.plates.iter().map(|p| Index::Plate(*p)).collect(),
            };
            self.nodes.push(Node {
                name: format!("{}.{}", node.name, prior.name),
                spec: prior.site,
                called: prior.site,
                observed: Some(Observed { span: node.call, values: ObservedValues::Zero }),
                ..node.clone()
            });
            for f in 0..self.factors.len() {
                let line = &self.factors[f];
                if line.node.0 != n {
                    continue;
                }
                let (spec, span) = (line.spec, line.args[0].expr.span);
                let itself = Expr { kind: ExprKind::Ref(own.clone()), axes: vec![], random: true, span };
                let zero = matches!(&line.args[0].expr.kind, ExprKind::Numbers(x) if x == &[0.0]);
                let deviation = if zero {
                    itself
                } else {
                    let mean = Box::new(line.args[0].expr.clone());
                    let kind = ExprKind::Binary(BinaryOp::Sub, Box::new(itself), mean);
                    Expr { kind, axes: vec![], random: true, span }
                };
                let origin = |slot: usize| Some(Origin { node: NodeId(n), spec, slot });
                let mut args: Vec<Arg> = line.args.clone();
                args[0].expr = deviation;
                args.iter_mut().enumerate().for_each(|(i, a)| a.from = origin(i + 1));
                self.factors.push(Factor {
                    node: site,
                    spec: prior.site,
                    args,
                    written: None,
                    ..line.clone()
                });
            }
        }
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
