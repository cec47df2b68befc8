//! A product of the energy as text, with some of its operands taken out: sums, responsibilities, known
//! numbers, expectations. Vectors and matrices are written as such where a factor has matrices, and with
//! indices elsewhere. Not here: which operands are taken out.

use super::{
    letters::{Letters, column_text, weight},
    matrix::{Atom, paths},
    number::of_dimension,
    one_factor::OneFactor,
};
use crate::{
    factorize::text::Written,
    graph::{
        energy::{EnergyTerm, KnownMap, LabelId, Op, Role, Source},
        factor_graph::{ExprKind, Function, PlateKind, RowSet},
    },
};

/// A product without the operands that were taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductText {
    /// In front.
    pub number: f64,
    /// `Σ_n`, outermost first.
    pub sums: Vec<String>,
    /// Weights and responsibilities.
    pub selectors: Vec<String>,
    /// The other factors.
    pub body: Vec<String>,
    /// Conditions on the target's element: `t = 0`.
    pub only: Vec<String>,
}

impl<'a> OneFactor<'a> {
    /// The term without the operands `out`; `result` are the letters of the target's own axes. `None`: it is
    /// zero.
    pub fn without(
        &self,
        term: &EnergyTerm,
        out: &[usize],
        letters: &Letters<'a>,
        result: &[LabelId],
    ) -> Option<ProductText> {
        let mut letters = letters.clone();
        let energy = self.energy();
        let mut product =
            ProductText { number: term.scale, sums: vec![], selectors: vec![], body: vec![], only: vec![] };
        let mut dimension = term.d_power;
        match of_dimension(term.coefficient) {
            Some((n, power)) => {
                product.number *= n;
                dimension += power;
            }
            None => product.body.push("c(d)".into()),
        }
        product.body.extend((0..dimension).map(|_| "d".to_string()));

        let mut summed: Vec<LabelId> = energy.child.clone();
        term.ops.iter().flat_map(Op::labels).for_each(|l| {
            if !summed.contains(&l) {
                summed.push(l);
            }
        });
        summed.retain(|l| {
            !letters.free.contains(l) && !self.is_axis(*l) && energy.labels[*l].role != Role::Other
        });

        let mut rest: Vec<&Op> =
            term.ops.iter().enumerate().filter(|(i, _)| !out.contains(i)).map(|(_, o)| o).collect();
        rest.retain(|op| !self.known_category(op, &mut letters, &mut summed, &mut product));
        rest.retain(|op| !self.constant(op, &mut letters, &mut summed, &mut product));
        let mut atoms = vec![];
        let mut chained = vec![];
        for (i, a) in rest.iter().enumerate() {
            for (j, b) in rest.iter().enumerate() {
                if i < j
                    && !chained.contains(&i)
                    && !chained.contains(&j)
                    && self.blocks.keeps_pair(self.graph, a, b)
                {
                    chained.extend([i, j]);
                    let (before, now) =
                        if a.elements.iter().any(|e| e.is_before()) { (a, b) } else { (b, a) };
                    match self.written_pair(before, now, &letters) {
                        Written::Factor(text, axes) => atoms.push(Atom { text, axes }),
                        Written::Weight(text) => product.selectors.push(text),
                    }
                }
            }
        }
        for (_, op) in rest.iter().enumerate().filter(|(i, _)| !chained.contains(i)) {
            if let Source::Known(k) = op.source {
                match self.plain_number(&self.blocks.energy.knowns[k], op.part) {
                    Some(0.0) => return None,
                    Some(n) if n.abs() == 1.0 => {
                        product.number *= n;
                        continue;
                    }
                    _ => {}
                }
            }
            if self.is_responsibility(op) || matches!(op.source, Source::Block(_)) {
                match self.written(op, &letters) {
                    Written::Factor(text, axes) => atoms.push(Atom { text, axes }),
                    Written::Weight(text) => product.selectors.push(text),
                }
            } else {
                atoms.extend(self.atoms(op, &letters));
            }
        }
        // Known numbers first, expectations after them.
        let random = |a: &Atom| a.text.starts_with('⟨');
        product.body.extend(atoms.iter().filter(|a| a.axes.is_empty() && !random(a)).map(|a| a.text.clone()));
        product.body.extend(atoms.iter().filter(|a| a.axes.is_empty() && random(a)).map(|a| a.text.clone()));
        for factor in &mut product.body {
            // A known negative number gives its sign away.
            if let Some(inner) = factor
                .strip_prefix("(−")
                .and_then(|f| f.strip_suffix(')'))
                .filter(|f| f.parse::<f64>().is_ok())
            {
                product.number = -product.number;
                *factor = inner.to_string();
            }
        }
        product.body.extend(paths(atoms.into_iter().filter(|a| !a.axes.is_empty()).collect(), result));

        self.rows(&letters, &summed, &mut product);
        for &l in &summed {
            let of: Vec<String> =
                letters.conditions.iter().filter(|c| c.0 == l).map(|c| c.1.clone()).collect();
            let name = letters.text(l);
            product.sums.push(match (of.is_empty(), self.row_condition(l, &name)) {
                (true, None) => format!("Σ_{name}"),
                (true, Some(rows)) => format!("Σ_{{{rows}}}"),
                (false, None) => format!("Σ_{{{name}: {}}}", of.join(", ")),
                (false, Some(rows)) => format!("Σ_{{{rows}: {}}}", of.join(", ")),
            });
            if let Role::Plate(p) = energy.labels[l].role
                && let Some(column) = weight(self.graph, p)
            {
                product.selectors.insert(0, format!("{}[{name}]", column_text(self.graph, column)));
            }
        }
        product.only.extend(letters.only.iter().cloned());
        Some(product)
    }

    /// The rows of `z[0]` and `z[t]`, where the target's own index says which.
    fn rows(&self, letters: &Letters<'_>, summed: &[LabelId], product: &mut ProductText) {
        for &l in self.energy().child.iter().filter(|l| !summed.contains(l)) {
            let ahead = letters.ahead(l);
            let name = letters.text(l);
            match (self.row_condition(l, &name), ahead) {
                (None, _) => {}
                (Some(condition), 0) => product.only.push(condition),
                (Some(_), _) => product.only.push(format!("{name} is a step")),
            }
        }
    }

    fn row_condition(&self, l: LabelId, name: &str) -> Option<String> {
        let Role::Plate(p) = self.energy().labels[l].role else { return None };
        if !matches!(self.graph.plates[p.0].kind, PlateKind::Steps { .. } | PlateKind::Tree { .. }) {
            return None;
        }
        match self.graph.factors[self.factor].rows {
            RowSet::All => None,
            RowSet::Step(s) => Some(format!("{name}={s}")),
            RowSet::From(s) => Some(format!("{name}≥{s}")),
            RowSet::Roots => Some(format!("{name} a root")),
            RowSet::Below => Some(format!("{name} no root")),
        }
    }

    /// An observed category: its index is known, so it picks instead of weighing. True if that is all the
    /// operand says.
    fn known_category(
        &self,
        op: &Op,
        letters: &mut Letters<'_>,
        summed: &mut Vec<LabelId>,
        product: &mut ProductText,
    ) -> bool {
        let Source::Node(n) = op.source else { return false };
        if !self.is_category(n) || self.has_q(n) {
            return false;
        }
        let Some(&axis) = op.axes.first() else { return false };
        let text = self.indexed(&self.graph.nodes[n.0].name, op, letters, false);
        if !letters.free.contains(&axis) {
            letters.replace(axis, text);
            summed.retain(|l| *l != axis);
            return true;
        }
        let level = letters.text(axis);
        match op.elements.iter().filter_map(|e| e.label()).find(|l| summed.contains(l)) {
            Some(row) => letters.conditions.push((row, format!("{text}={level}"))),
            None => product.selectors.push(format!("[{text}={level}]")),
        }
        true
    }

    /// An array of zeros and ones says which elements there are. True if the operand is one.
    fn constant(
        &self,
        op: &Op,
        letters: &mut Letters<'_>,
        summed: &mut Vec<LabelId>,
        product: &mut ProductText,
    ) -> bool {
        let Source::Known(k) = op.source else { return false };
        let known = &self.blocks.energy.knowns[k];
        let (ExprKind::Call(function, _), KnownMap::Value) = (&known.expr.kind, known.map) else {
            return false;
        };
        let condition = match (function, op.axes.as_slice()) {
            (Function::Identity, &[a, b]) => {
                let (keep, drop) = if summed.contains(&b) { (a, b) } else { (b, a) };
                if summed.contains(&drop) {
                    let text = letters.text(keep);
                    letters.replace(drop, text);
                    summed.retain(|l| *l != drop);
                    return true;
                }
                format!("{} = {}", letters.text(a), letters.text(b))
            }
            (Function::Earlier, &[a, b]) => format!("{} < {}", letters.text(b), letters.text(a)),
            (Function::Unit(at), &[a]) => {
                if summed.contains(&a) {
                    letters.replace(a, self.graph.fixed_text(*at));
                    summed.retain(|l| *l != a);
                    return true;
                }
                format!("{} = {}", letters.text(a), self.graph.fixed_text(*at))
            }
            (Function::NotLast, &[a]) => format!("{} is not the last", letters.text(a)),
            _ => return false,
        };
        match op.axes.iter().find(|l| summed.contains(l)) {
            Some(&l) => letters.conditions.push((l, condition)),
            None if op.axes.iter().all(|l| letters.free.contains(l)) => product.only.push(condition),
            None => product.selectors.push(format!("[{condition}]")),
        }
        true
    }
}
