//! An operand of a product as text: an expectation, a known number, a responsibility. Not here: which
//! operands a product has (`product`).

use super::{
    letters::Letters,
    matrix::Atom,
    one_factor::OneFactor,
    symbol::{both, bracket, is_sum, member_letters, named},
};
use crate::{
    block::normal_gamma_vector::TAU_PARTS,
    expfam::stat::{Part, PartRole, PartShape},
    factorize::{Blocks, gaussian::lag},
    graph::{
        energy::{Element, LabelId, Op, Source, View},
        factor_graph::FactorGraph,
    },
    shape::{NodeId, PlateId},
};

impl OneFactor<'_> {
    /// `z[n] = k` for each member of a network that the product holds.
    pub(super) fn states(&self, op: &Op, letters: &Letters<'_>) -> Vec<String> {
        let Source::Network(n) = op.source else { return vec![] };
        let network = &self.blocks.networks[n];
        let at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).collect();
        let name = |m: usize| bracket(&self.graph.nodes[network.members[m].0].name, &at);
        network.held(self.energy(), op).map(|(m, l)| format!("{} = {}", name(m), letters.text(l))).collect()
    }

    /// The probability of the states of a network's members that the product holds.
    pub(super) fn marginal(&self, n: usize, op: &Op, letters: &Letters<'_>) -> String {
        let network = &self.blocks.networks[n];
        let held: Vec<(usize, LabelId)> = network.held(self.energy(), op).collect();
        if let [(m, l)] = held.as_slice() {
            let mut at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).collect();
            at.push(letters.text(*l));
            return bracket(&mark(self.graph, self.blocks, "r", network.members[*m]), &at);
        }
        format!("q({})", self.states(op, letters).join(", "))
    }

    /// `r`, or `r_kind` where there are several latent categories.
    pub(super) fn mark(&self, letter: &str, op: &Op) -> String {
        match op.source {
            Source::Node(n) => mark(self.graph, self.blocks, letter, n),
            _ => letter.into(),
        }
    }

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
            Source::Joint(j) => {
                let joint = &self.blocks.joints[j];
                let texts = joint.nodes.map(|n| self.indexed(&self.graph.nodes[n.0].name, op, letters, true));
                let names: Vec<(char, String)> = member_letters(joint.spec).into_iter().zip(texts).collect();
                vec![of(named(joint.spec.stat.parts[op.part].symbol, &names), true)]
            }
            Source::Gaussian(g) => {
                let joint = &self.blocks.gaussians[g];
                // The first of two steps stands as many before the other as the part says.
                let earlier = |v: &View| {
                    let step = |(p, e): (&PlateId, &Element)| match *e {
                        Element::Label(label) | Element::Before { label, .. } if Some(*p) == joint.chain => {
                            Element::Before { label, lag: lag(*e) + op.part as u32 - 1 }
                        }
                        e => e,
                    };
                    let elements = joint.outer.iter().zip(&op.elements).map(step).collect();
                    self.entry(g, &Op { elements, ..op.clone() }, v, letters)
                };
                let steps = joint.lags > 0 && op.part > 1;
                let of = |(i, v)| if steps && i == 0 { earlier(v) } else { self.entry(g, op, v, letters) };
                let texts: Vec<String> = op.views.iter().enumerate().map(of).collect();
                let vectors = op.views.iter().all(|v| v.axis.is_some_and(|l| self.is_axis(l)));
                let text = match texts.as_slice() {
                    [x, y] => both(x, y, vectors),
                    _ => texts.join("·"),
                };
                let text = match joint.scale {
                    Some(tau) => {
                        let at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).collect();
                        let ln = if op.part == TAU_PARTS[1] { "ln " } else { "" };
                        format!("{ln}{} {text}", bracket(&self.graph.nodes[tau.0].name, &at))
                            .trim_end()
                            .to_string()
                    }
                    None => text,
                };
                vec![Atom { text: format!("⟨{text}⟩"), axes: self.view_axes(op) }]
            }
            Source::Network(n) => vec![of(self.marginal(n, op, letters), false)],
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

    /// An entry of a jointly Gaussian block: `w[j]`.
    pub(super) fn entry(&self, g: usize, op: &Op, v: &View, letters: &Letters<'_>) -> String {
        let m = &self.blocks.gaussians[g].members[v.member];
        let node = &self.graph.nodes[m.node.0];
        let (outer, mut inner) = (&self.blocks.gaussians[g].outer, v.elements.iter());
        let at = |p: &PlateId| {
            if m.inner.contains(p) {
                inner.next()
            } else {
                outer.iter().zip(&op.elements).find(|x| x.0 == p).map(|x| x.1)
            }
        };
        let mut at: Vec<String> = node.plates.iter().filter_map(at).map(|e| letters.element(*e)).collect();
        at.extend(v.axis.filter(|l| !self.is_axis(*l)).map(|l| letters.text(l)));
        bracket(&node.name, &at)
    }

    pub(super) fn view_axes(&self, op: &Op) -> Vec<LabelId> {
        op.views.iter().filter_map(|v| v.axis).filter(|l| self.is_axis(*l)).collect()
    }
}

/// `r`, or `r_kind` where there are several latent categories.
pub fn mark(graph: &FactorGraph, blocks: &Blocks, letter: &str, node: NodeId) -> String {
    let latent = graph
        .nodes
        .iter()
        .enumerate()
        .filter(|(i, n)| n.spec.stat.one_hot() && blocks.roles[*i].has_q())
        .count();
    if latent == 1 { letter.into() } else { format!("{letter}_{}", graph.nodes[node.0].name) }
}
