//! An operand of a product as text: an expectation, a known number, a responsibility. Not here: which
//! operands a product has (`product`).

use super::{letters::Letters, matrix::Atom, one_factor::OneFactor};
use crate::{
    expfam::stat::{Part, PartRole, PartShape},
    factorize::{
        symbol::{both, bracket, is_sum, named},
        text::{InProduct, Names, Written},
    },
    graph::energy::{Element, LabelId, Op, Source},
};

impl OneFactor<'_> {
    /// `centre[k]`; with the letters of its axes, if they are written.
    pub(super) fn indexed(&self, name: &str, op: &Op, letters: &Letters<'_>, axes: bool) -> String {
        let mut at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).collect();
        if axes {
            at.extend(op.axes.iter().filter(|l| !self.is_axis(**l)).map(|&l| letters.text(l)));
        }
        bracket(name, &at)
    }

    pub(super) fn atoms(&self, op: &Op, letters: &Letters<'_>) -> Vec<Atom> {
        let axes: Vec<LabelId> = op.axes.iter().copied().filter(|l| self.is_axis(*l)).collect();
        let of = |text: String, random: bool| {
            let text = if random {
                format!("⟨{text}⟩")
            } else if is_sum(&text) {
                format!("({text})")
            } else {
                text
            };
            Atom { text, axes: axes.clone() }
        };
        // The square of a known vector is two of it.
        let twice = |value: &str, square: bool| {
            let [a, b] = axes[..] else { return None };
            square.then(|| {
                vec![Atom { text: value.into(), axes: vec![a] }, Atom { text: value.into(), axes: vec![b] }]
            })
        };
        match op.source {
            Source::Node(n) => {
                let node = &self.graph.nodes[n.0];
                let Part { symbol, role, shape } = node.spec.stat.parts[op.part];
                let square = role == PartRole::Square && shape == PartShape::Matrix;
                let value = self.indexed(&node.name, op, letters, true);
                if let (true, [i, j], []) = (square, op.axes.as_slice(), axes.as_slice()) {
                    let entry =
                        |l| self.indexed(&node.name, &Op { axes: vec![l], ..op.clone() }, letters, true);
                    return vec![of(both(&entry(*i), &entry(*j), false), self.has_q(n))];
                }
                if !self.has_q(n)
                    && let Some(two) = twice(&value, square)
                {
                    return two;
                }
                vec![of(named(symbol, &[('x', value)]), self.has_q(n))]
            }
            Source::Block(_) => match self.written(op, letters) {
                Written::Factor(text, axes) => vec![Atom { text, axes }],
                Written::Weight(text) => vec![of(text, false)],
            },
            Source::Known(k) => {
                let known = &self.blocks.energy.knowns[k];
                let value = self.known(known, op, letters);
                let part = known.map.part(op.part);
                if let Some(two) = twice(&value, part.is(PartRole::Square, PartShape::Matrix)) {
                    return two;
                }
                let symbol = part.symbol;
                vec![of(named(symbol, &[('x', value)]), false)]
            }
        }
    }

    /// A block's operand.
    pub(super) fn written(&self, op: &Op, letters: &Letters<'_>) -> Written {
        let names = Naming { of: *self, letters };
        let kind = &self.blocks.list[self.blocks.of_source(op.source).expect("a block's operand")].kind;
        kind.written(&self.in_product(&names), op)
    }

    /// Two operands that a block keeps together.
    pub(super) fn written_pair(&self, before: &Op, now: &Op, letters: &Letters<'_>) -> Written {
        let names = Naming { of: *self, letters };
        let kind = &self.blocks.list[self.blocks.of_source(now.source).expect("a block's operand")].kind;
        kind.written_pair(&self.in_product(&names), before, now)
    }

    fn in_product<'n>(&'n self, names: &'n Naming<'n>) -> InProduct<'n> {
        InProduct { graph: self.graph, roles: &self.blocks.roles, factor: self.energy(), names }
    }
}

/// The letters of one factor, as a kind of block asks for them.
struct Naming<'a> {
    of: OneFactor<'a>,
    letters: &'a Letters<'a>,
}

impl Names for Naming<'_> {
    fn letter(&self, l: LabelId) -> String {
        self.letters.text(l)
    }
    fn element(&self, e: Element) -> String {
        self.letters.element(e)
    }
    fn is_axis(&self, l: LabelId) -> bool {
        self.of.is_axis(l)
    }
}
