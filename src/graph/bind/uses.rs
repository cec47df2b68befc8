//! What the expressions of a graph use columns for.

use crate::{
    graph::factor_graph::{Expr, ExprKind, FactorGraph, Index, Ref, Target},
    shape::{ColumnId, Extent, PlateId},
    source::Span,
};

/// Columns by use.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// As numbers for each row.
    pub covariates: Vec<ColumnId>,
    /// As indices into a plate, and where.
    pub indices: Vec<(ColumnId, PlateId, Span)>,
    /// Axes over the levels of a column.
    pub levels: Vec<ColumnId>,
}

impl Uses {
    pub(super) fn of(graph: &FactorGraph) -> Self {
        let mut uses = Self::default();
        for arg in graph.factors.iter().flat_map(|f| &f.args) {
            uses.expr(graph, &arg.expr);
        }
        graph.derived.iter().for_each(|d| uses.expr(graph, &d.expr));
        for n in &graph.nodes {
            uses.axis(n.event);
        }
        for same in &graph.same {
            uses.axis(Some(same.left));
            uses.axis(Some(same.right));
        }
        uses
    }

    fn axis(&mut self, extent: Option<Extent>) {
        if let Some(Extent::Levels(c)) = extent
            && !self.levels.contains(&c)
        {
            self.levels.push(c);
        }
    }

    fn expr(&mut self, graph: &FactorGraph, e: &Expr) {
        e.axes.iter().for_each(|&x| self.axis(Some(x)));
        match &e.kind {
            ExprKind::Numbers(_) => {}
            ExprKind::Ref(r) => self.reference(graph, r, e.span),
            ExprKind::Negate(a) => self.expr(graph, a),
            ExprKind::Binary(_, a, b) => {
                self.expr(graph, a);
                self.expr(graph, b);
            }
            ExprKind::Call(_, args) => args.iter().for_each(|a| self.expr(graph, a)),
        }
    }

    fn reference(&mut self, graph: &FactorGraph, r: &Ref, span: Span) {
        let plates: &[PlateId] = match r.target {
            Target::Node(n) => &graph.nodes[n.0].plates,
            Target::Input(i) => &graph.inputs[i.0].plates,
            Target::Column(c) => {
                if !self.covariates.contains(&c) {
                    self.covariates.push(c);
                }
                &[]
            }
        };
        for (at, index) in r.index.iter().enumerate() {
            match index {
                Index::Column { column, .. } => {
                    if let Some(&p) = plates.get(at)
                        && !self.indices.iter().any(|(c, q, _)| c == column && *q == p)
                    {
                        self.indices.push((*column, p, span));
                    }
                }
                Index::Gate(g) => self.reference(graph, g, span),
                _ => {}
            }
        }
    }
}
