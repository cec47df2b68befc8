//! Quantities derived of random variables: their keys and expressions. Not here: what they come to (`ask::derive`).

use super::{args::Line, resolver::Resolver};
use crate::{
    diag::{Diagnostic, Reported},
    graph::{
        codes::{BAD_KEY, NAME_TAKEN, NOT_INFERRED},
        evaluate::each_ref,
        factor_graph::{DerivedQuantity, Expr, Index, Ref, RowSet, Target},
    },
    syntax::ast::{DeriveDecl, KeyIndex},
};

impl Resolver<'_> {
    /// Every line of `derive`, in file order.
    pub(super) fn derived(&mut self) -> Vec<DerivedQuantity> {
        self.model.derive.iter().filter_map(|decl| self.quantity(decl).ok()).collect()
    }

    fn quantity(&mut self, decl: &DeriveDecl) -> Result<DerivedQuantity, Reported> {
        let key = &decl.key;
        if !self.claim(&key.name, "a derived quantity") {
            self.diags.gate()?;
        }
        if let Some(n) = self.node_named(&key.name.node) {
            let d = Diagnostic::error(NAME_TAKEN, format!("`{}` is a node already", key.name.node))
                .at(key.name.span, "a derived quantity cannot have this name")
                .with(self.headers[n.0].span, "the node")
                .help("give one of them another name");
            return Err(self.fail(d));
        }
        if let Some(step) = key.indices.iter().find(|i| matches!(i.node, KeyIndex::Step(_))) {
            let d = Diagnostic::error(BAD_KEY, "a derived quantity has no first step")
                .at(step.span, "expected a plate");
            return Err(self.fail(d));
        }
        let plates = self.key_plates(key)?;
        let line = Line { plates: &plates, rows: RowSet::All, key, derived: true };
        let expr = self.value(&decl.value, line)?;
        self.inferred(&expr)?;
        Ok(DerivedQuantity { name: key.name.node.clone(), span: key.span, plates, expr })
    }

    /// It must be of what has a posterior: of some random variable, and of none that is data.
    fn inferred(&mut self, expr: &Expr) -> Result<(), Reported> {
        let mut named = vec![];
        each_ref(expr, &mut |r| nodes_of(r, &mut named));
        if named.is_empty() {
            let d = Diagnostic::error(NOT_INFERRED, "a derived quantity is of random variables")
                .at(expr.span, "known")
                .help("name a node, as in `\"1 / sqrt(tau)\"`");
            return Err(self.fail(d));
        }
        let data = |n: &usize| self.model.observe.iter().any(|o| o.node.node == self.headers[*n].name);
        let Some(n) = named.into_iter().find(data) else { return Ok(()) };
        let title = format!("`{}` is data, and has no posterior", self.headers[n].name);
        let d = Diagnostic::error(NOT_INFERRED, title)
            .at(expr.span, "of an observed node")
            .help("name the nodes that it depends on");
        Err(self.fail(d))
    }
}

/// The nodes that a reference and its selectors name.
fn nodes_of(r: &Ref, out: &mut Vec<usize>) {
    if let Target::Node(n) = r.target {
        out.push(n.0);
    }
    for i in &r.index {
        if let Index::Gate(g) = i {
            nodes_of(g, out);
        }
    }
}
