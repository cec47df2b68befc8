//! What lines say of axes: which two are one, where, and why. Not here: what follows from it (`unify`).

use super::{axes::AxisTerm, expr::rank_words, resolver::Resolver};
use crate::{
    diag::{Diagnostic, Reported},
    expfam::stat::{Arithmetic, Domain, StatKind},
    graph::{
        codes::WRONG_RANK,
        factor_graph::{Arg, Expr, ExprKind, Factor, Function, Index, Ref, Target},
    },
    shape::Extent,
    source::Span,
    syntax::ast::NodeDecl,
};

/// What makes two axes one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Why {
    /// They meet in one call or one sum.
    Shape,
    /// One is picked by the other's category.
    Gate,
    /// The columns of an observed vector.
    Columns,
    /// They are summed over together: lengths count, names do not.
    Length,
}

/// Two axes that are one.
pub(super) struct Link {
    pub left: AxisTerm,
    pub right: AxisTerm,
    pub span: Span,
    pub why: Why,
}

impl Resolver<'_> {
    /// What one line says of axes.
    pub(super) fn line_links(
        &mut self,
        factor: &Factor,
        decl: Option<&NodeDecl>,
        links: &mut Vec<Link>,
    ) -> Result<(), Reported> {
        let mut fits = Ok(());
        let child = AxisTerm::Event(factor.node);
        if let Some(Ok(Some((extent, span)))) = decl.map(|d| self.over(&d.call)) {
            links.push(Link { left: child, right: AxisTerm::Known(extent), span, why: Why::Shape });
        }
        for (s, arg) in factor.args.iter().enumerate() {
            self.expr_links(&arg.expr, links);
            let slot = factor.spec.slot_stat(s + 1);
            let axes = self.axes(&arg.expr);
            if axes.len() == slot.value.rank() {
                links.extend(axes.into_iter().map(|right| Link {
                    left: child,
                    right,
                    span: arg.expr.span,
                    why: Why::Shape,
                }));
            } else {
                fits = self.rank_fits(factor, s, arg, &axes).and(fits);
            }
        }
        fits
    }

    /// An argument of another rank than its slot: a known number may stand for a whole vector, nothing else
    /// may. A wrong kind of node is told as such later (`check`).
    fn rank_fits(&mut self, factor: &Factor, s: usize, arg: &Arg, axes: &[AxisTerm]) -> Result<(), Reported> {
        let slot = factor.spec.slot_stat(s + 1);
        let want = slot.value.rank();
        if !arg.expr.random && axes.is_empty() && want == 1 && slot.domain != Domain::Simplex {
            return Ok(());
        }
        if let Some(stat) = self.head(&arg.expr)
            && stat != slot
            && stat.arithmetic != Arithmetic::Sum
        {
            return Ok(());
        }
        // A vector of Normals in place of a MvNormal is a matter of what the engine carries.
        if self.head(&arg.expr).is_some_and(|head| slot.is_vector_of(head)) && axes.len() == want {
            return Ok(());
        }
        let param = factor.spec.params[s].name;
        let mut d = Diagnostic::error(
            WRONG_RANK,
            format!(
                "the {param} of a {} is {}, not {}",
                factor.spec.name,
                rank_words(want),
                rank_words(axes.len())
            ),
        )
        .at(arg.expr.span, rank_words(axes.len()))
        .note(format!("{param}: {}", factor.spec.params[s].doc));
        if let (ExprKind::Ref(r), true) = (&arg.expr.kind, axes.len() > want) {
            let (name, plates) = self.target(r.target);
            if r.index.len() < plates.len() {
                d = d
                    .note(format!(
                        "plates left off at the end are axes: `{name}` runs over `{}`",
                        self.bracket(plates).trim_matches(['[', ']'])
                    ))
                    .help(format!("write `{name}{}`", self.bracket(plates)));
            }
        } else if want == 2 && axes.is_empty() {
            d = d.help("write a matrix: `[[1, 0], [0, 1]]`, `identity(2)` or a product with one");
        } else if slot.domain == Domain::Simplex && axes.is_empty() {
            d = d.help("write one probability for each: `[0.5, 0.5]`");
        }
        Err(self.fail(d))
    }

    /// The statistic of the first random variable in an expression, gates left out.
    fn head(&self, e: &Expr) -> Option<&'static StatKind> {
        match &e.kind {
            ExprKind::Numbers(_) => None,
            ExprKind::Ref(r) => match r.target {
                Target::Node(n) => Some(self.headers[n.0].spec.stat),
                _ => None,
            },
            ExprKind::Negate(a) => self.head(a),
            ExprKind::Binary(_, a, b) => self.head(a).or_else(|| self.head(b)),
            ExprKind::Call(_, args) => args.iter().find_map(|a| self.head(a)),
        }
    }

    /// What an expression by itself says of axes: its operands, its gates.
    pub(super) fn expr_links(&self, e: &Expr, links: &mut Vec<Link>) {
        match &e.kind {
            ExprKind::Numbers(_) => {}
            ExprKind::Ref(r) => self.gate_links(r, e.span, links),
            ExprKind::Negate(a) => self.expr_links(a, links),
            ExprKind::Binary(_, a, b) => {
                self.expr_links(a, links);
                self.expr_links(b, links);
                let (x, y) = (self.axes(a), self.axes(b));
                if x.len() == y.len() {
                    links.extend(x.into_iter().zip(y).map(|(left, right)| Link {
                        left,
                        right,
                        span: e.span,
                        why: Why::Shape,
                    }));
                }
            }
            ExprKind::Call(f, args) => {
                args.iter().for_each(|a| self.expr_links(a, links));
                if let (Function::Dot | Function::MatrixVector, [a, b]) = (f, &args[..])
                    && let (Some(&left), Some(&right)) = (self.axes(a).last(), self.axes(b).last())
                {
                    links.push(Link { left, right, span: e.span, why: Why::Length });
                }
            }
        }
    }

    fn gate_links(&self, r: &Ref, span: Span, links: &mut Vec<Link>) {
        let (_, plates) = self.target(r.target);
        for (i, p) in r.index.iter().zip(plates) {
            if let Index::Gate(g) = i {
                if let Target::Node(z) = g.target {
                    links.push(Link {
                        left: AxisTerm::Event(z),
                        right: AxisTerm::Known(Extent::Plate(*p)),
                        span,
                        why: Why::Gate,
                    });
                }
                self.gate_links(g, span, links);
            }
        }
    }
}
