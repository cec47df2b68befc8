//! Gaussian variables in one vector: where their entries stand, and how products are written in its moments and
//! shown. Not here: which variables are claimed (`claims`), nor the blocks made of it.

use crate::{
    block::kind::vector::Entries,
    expfam::stat::PartShape,
    factorize::{
        contract::{Asked, Laying, Member, Sizes},
        cost,
        letters::event_names,
        message::{Entry, Head, To},
        symbol::{both, bracket},
        text::InProduct,
    },
    graph::{
        energy::{Element, Energy, EnergyTerm, LabelId, Op, Rewritten, Source, View},
        factor_graph::FactorGraph,
    },
    shape::{BlockId, Extent, NodeId, PlateId},
};
use std::collections::HashMap;

/// Gaussian nodes kept under one joint vector for each element of `outer`.
#[derive(Clone, Debug)]
pub struct Vector {
    /// In file order; their entries stand one after the other in the vector.
    pub members: Vec<Member>,
    /// Plates with one block for each element; of a chain, its steps too.
    pub outer: Vec<PlateId>,
    /// The `Steps` plate along which neighbours are coupled, if it is a chain.
    pub chain: Option<PlateId>,
    /// Of a chain: over how many steps each step keeps its moments with earlier ones. 0: neighbours only, and
    /// what couples them is the same for all steps, so that the sum of their moments is enough.
    pub lags: usize,
}

impl Vector {
    /// All elements of these nodes.
    pub fn all_inside(graph: &FactorGraph, nodes: &[NodeId]) -> Self {
        let member = |&node: &NodeId| {
            let n = &graph.nodes[node.0];
            Member { node, inner: n.plates.clone(), vector: n.spec.stat.value == PartShape::Vector }
        };
        Self { members: nodes.iter().map(member).collect(), outer: vec![], chain: None, lags: 0 }
    }

    /// Its nodes.
    pub fn nodes(&self) -> Vec<NodeId> {
        self.members.iter().map(|m| m.node).collect()
    }

    /// `` `a`, `b` ``, each by itself.
    pub fn names(&self, graph: &FactorGraph) -> Vec<String> {
        self.members.iter().map(|m| format!("`{}`", graph.nodes[m.node.0].name)).collect()
    }

    /// Where the members have their entries.
    pub fn entries(&self, of: &Laying<'_>) -> Vec<Entries> {
        let mut end = 0;
        let entries = |m: &Member| {
            let count = m.inner.iter().map(|p| of.bound.plate(*p).size).product();
            let each = if m.vector { of.d(m.node) } else { 1 };
            let first = end;
            end += count * each;
            let family = of.graph.nodes[m.node.0].spec.family.expect("a Gaussian has a family");
            Entries { first, count, each, family }
        };
        self.members.iter().map(entries).collect()
    }

    /// What an update of one element costs: the cube of the dimension.
    pub fn cost(&self, graph: &FactorGraph, sizes: Sizes<'_>) -> String {
        let mut all: Vec<String> = vec![];
        let mut known = Some(0);
        for m in &self.members {
            let mut extents: Vec<Extent> = m.inner.iter().map(|p| Extent::Plate(*p)).collect();
            extents.extend(graph.nodes[m.node.0].event.filter(|_| m.vector));
            let product = extents.iter().try_fold(1, |a, x| Some(a * sizes(*x)?));
            known = known.zip(product).map(|(a, b): (usize, usize)| a + b);
            let names: Vec<String> = extents.iter().map(|x| cost::size(graph, *x, sizes)).collect();
            all.push(if names.is_empty() { "1".into() } else { names.join("·") });
        }
        let dimension = known.map_or_else(|| all.join(" + "), |n| n.to_string());
        // Couplings over several steps fill a band.
        let band = if self.lags > 1 { format!("{}²·", self.lags) } else { String::new() };
        let what = format!("some {band}{} operations", cost::power(&dimension, 3));
        cost::sentence(graph, &what, &self.outer, self.chain)
    }

    /// Are two operands of the block a step and the one before it, of which only a sum of moments is kept?
    pub fn keeps_pair(&self, a: &Op, b: &Op) -> bool {
        let step =
            |p: &PlateId, x: Element, y: Element| if self.chain == Some(*p) { x.linked(y) } else { x == y };
        let mut pairs = self.outer.iter().zip(a.elements.iter().zip(&b.elements));
        self.chain.is_some()
            && self.lags == 0
            && a.source == b.source
            && pairs.all(|(p, (x, y))| step(p, *x, *y))
    }

    /// An operand's entries, or their product, as text, with the letters of axes that are not written.
    pub fn written(&self, of: &InProduct<'_>, op: &Op) -> (String, Vec<LabelId>) {
        // The first of two steps stands as many before the other as the part says.
        let earlier = |v: &View| {
            let step = |(p, e): (&PlateId, &Element)| match *e {
                Element::Label(label) | Element::Before { label, .. } if Some(*p) == self.chain => {
                    Element::Before { label, lag: lag(*e) + op.part as u32 - 1 }
                }
                e => e,
            };
            let elements = self.outer.iter().zip(&op.elements).map(step).collect();
            self.entry(of, &Op { elements, ..op.clone() }, v)
        };
        let steps = self.lags > 0 && op.part > 1;
        let one = |(i, v)| if steps && i == 0 { earlier(v) } else { self.entry(of, op, v) };
        let texts: Vec<String> = op.views.iter().enumerate().map(one).collect();
        let vectors = op.views.iter().all(|v| v.axis.is_some_and(|l| of.names.is_axis(l)));
        let text = match texts.as_slice() {
            [x, y] => both(x, y, vectors),
            _ => texts.join("·"),
        };
        (text, axes(of, op))
    }

    /// The product of two neighbours.
    pub fn written_pair(&self, of: &InProduct<'_>, before: &Op, now: &Op) -> (String, Vec<LabelId>) {
        let ops = [before, now];
        let texts: Vec<String> =
            ops.iter().flat_map(|o| o.views.iter().map(|v| self.entry(of, o, v))).collect();
        let axes: Vec<LabelId> = ops.iter().flat_map(|o| axes(of, o)).collect();
        let text = match texts.as_slice() {
            [x, y] => both(x, y, axes.len() == 2),
            _ => texts.join("·"),
        };
        (text, axes)
    }

    /// An entry: `w[j]`.
    fn entry(&self, of: &InProduct<'_>, op: &Op, v: &View) -> String {
        let m = &self.members[v.member];
        let node = &of.graph.nodes[m.node.0];
        let mut inner = v.elements.iter();
        let at = |p: &PlateId| {
            if m.inner.contains(p) {
                inner.next()
            } else {
                self.outer.iter().zip(&op.elements).find(|x| x.0 == p).map(|x| x.1)
            }
        };
        let mut at: Vec<String> = node.plates.iter().filter_map(at).map(|e| of.names.element(*e)).collect();
        at.extend(v.axis.filter(|l| !of.names.is_axis(*l)).map(|l| of.names.letter(l)));
        bracket(&node.name, &at)
    }

    /// The natural parameters: the slopes in its entries, in products of two of them and, along a chain, in
    /// products of neighbours. `text` writes what a slope is in; `apart`: products of an element with itself
    /// are others than those of two. Products that no factor holds are left out: they are zero.
    pub fn heads(&self, of: Asked<'_>, apart_too: bool, text: &dyn Fn(String) -> String) -> Vec<Head> {
        let graph = of.graph;
        let members = self.members.len();
        let within = self.lags > 0;
        let mut heads = vec![];
        for m in 0..members {
            let views = vec![self.named_entry(graph, m, None)];
            heads.push(Head {
                text: format!("η({})", text(self.name(graph, &views[0], 0))),
                to: To::Entries { source: of.source, views, apart: 0, within, same: None },
                event: self.axis_names(graph, &[m]),
                optional: false,
            });
        }
        for apart in 0..=self.lags.max(usize::from(self.chain.is_some())) {
            for a in 0..members {
                // Neighbours are not interchangeable: the earlier one stands first.
                for b in if apart > 0 { 0 } else { a }..members {
                    let ways: &[Option<bool>] =
                        if apart_too && a == b { &[Some(true), Some(false)] } else { &[None] };
                    for &same in ways {
                        let views = vec![
                            self.named_entry(graph, a, None),
                            self.named_entry(graph, b, if same == Some(true) { None } else { Some(a) }),
                        ];
                        let (x, y) = (self.name(graph, &views[0], apart), self.name(graph, &views[1], 0));
                        let product = both(&x, &y, self.members[a].vector && self.members[b].vector);
                        heads.push(Head {
                            text: format!("η({})", text(product)),
                            to: To::Entries { source: of.source, views, apart, within, same },
                            event: self.axis_names(graph, &[a, b]),
                            optional: true,
                        });
                    }
                }
            }
        }
        heads
    }

    /// An entry of a member, its indices named after its plates; primed where `beside` has the same.
    fn named_entry(&self, graph: &FactorGraph, member: usize, beside: Option<usize>) -> Entry {
        let other: &[PlateId] = beside.map_or(&[], |o| &self.members[o].inner);
        let name =
            |p: &PlateId| format!("{}{}", graph.plate_name(*p), if other.contains(p) { "′" } else { "" });
        Entry { member, names: self.members[member].inner.iter().map(name).collect() }
    }

    /// Letters for the axes of members that are vectors themselves.
    fn axis_names(&self, graph: &FactorGraph, members: &[usize]) -> Vec<String> {
        let vectors: Vec<usize> = members.iter().copied().filter(|m| self.members[*m].vector).collect();
        vectors.first().map_or(vec![], |m| {
            let node = &graph.nodes[self.members[*m].node.0];
            event_names(graph, &node.plates, node.event, vectors.len())
        })
    }

    /// `h[t-1,i]`: `back` steps before.
    fn name(&self, graph: &FactorGraph, entry: &Entry, back: usize) -> String {
        let node = &graph.nodes[self.members[entry.member].node.0];
        let mut inner = entry.names.iter();
        let at = |p: &PlateId| {
            let outer = || match (self.chain == Some(*p), back) {
                (true, 1..) => format!("{}-{back}", graph.plate_name(*p)),
                _ => graph.plate_name(*p).to_owned(),
            };
            if self.outer.contains(p) { outer() } else { inner.next().cloned().unwrap_or_default() }
        };
        let at: Vec<String> = node.plates.iter().map(at).collect();
        bracket(&node.name, &at)
    }
}

/// The letters of an operand's views that are not written.
fn axes(of: &InProduct<'_>, op: &Op) -> Vec<LabelId> {
    op.views.iter().filter_map(|v| v.axis).filter(|l| of.names.is_axis(*l)).collect()
}

/// The factors that hold a member, written in the vector's moments.
pub fn rewritten(graph: &FactorGraph, energy: &Energy, vector: &Vector, id: BlockId) -> Rewritten {
    let holding = energy.holding_any(vector.members.iter().map(|m| Source::Node(m.node)));
    let place: HashMap<NodeId, usize> = vector.members.iter().enumerate().map(|(i, m)| (m.node, i)).collect();
    let rewrite = |i: usize| {
        let mut f = energy.factor(i).clone();
        f.terms.iter_mut().for_each(|t| rewrite_term(graph, t, vector, &place, id));
        (i, f)
    };
    holding.into_iter().map(rewrite).collect()
}

/// Writes the moments of members, by their places, into one product.
fn rewrite_term(
    graph: &FactorGraph,
    term: &mut EnergyTerm,
    joint: &Vector,
    place: &HashMap<NodeId, usize>,
    id: BlockId,
) {
    let member = |o: &Op| match o.source {
        Source::Node(n) => place.get(&n).copied(),
        _ => None,
    };
    // Each op of a member as views; two ops of the same outer element become one entry of the second moment.
    let mut out: Vec<Op> = vec![];
    for op in &term.ops {
        let Some(m) = member(op) else {
            out.push(op.clone());
            continue;
        };
        let of = &joint.members[m];
        let plates = &graph.nodes[of.node.0].plates;
        let pick = |inside: bool| -> Vec<Element> {
            plates
                .iter()
                .zip(&op.elements)
                .filter(|(p, _)| of.inner.contains(p) == inside)
                .map(|(_, e)| *e)
                .collect()
        };
        // Outer elements in the joint's order of plates.
        let outer: Vec<Element> = joint
            .outer
            .iter()
            .filter_map(|p| plates.iter().position(|q| q == p).map(|axis| op.elements[axis]))
            .collect();
        let view = |axis: Option<usize>| View { member: m, elements: pick(true), axis };
        let views = match (op.part, op.axes.as_slice()) {
            (0, []) => vec![view(None)],
            (0, [a]) => vec![view(Some(*a))],
            (_, []) => vec![view(None), view(None)],
            (_, axes) => vec![view(axes.first().copied()), view(axes.get(1).copied())],
        };
        let part = views.len() - 1;
        let mut new =
            Op { source: Source::Block(id), part, elements: outer, axes: vec![], copy: op.copy, views };
        let partner = out
            .iter()
            .position(|o| o.source == new.source && o.part == 0 && part == 0 && o.elements == new.elements);
        match partner {
            Some(at) => {
                new.views = [out[at].views.as_slice(), &new.views].concat();
                new.part = 1;
                out[at] = new;
            }
            None => match out
                .iter()
                .position(|o| joint.lags > 0 && o.source == new.source && o.part == 0 && part == 0)
            {
                Some(at) => {
                    // Two steps: the later one's element, its moment with that so many steps before.
                    let back = |o: &Op| {
                        joint
                            .outer
                            .iter()
                            .zip(&o.elements)
                            .find(|x| Some(*x.0) == joint.chain)
                            .map_or(0, |x| lag(*x.1))
                    };
                    let (then, now) = if back(&out[at]) > back(&new) {
                        (out[at].clone(), new)
                    } else {
                        (new, out[at].clone())
                    };
                    let part = 1 + (back(&then) - back(&now)) as usize;
                    out[at] = Op { part, views: [then.views.as_slice(), &now.views].concat(), ..now };
                }
                None => out.push(new),
            },
        }
    }
    term.ops = out;
}

/// Steps before the letter's own.
fn lag(e: Element) -> u32 {
    match e {
        Element::Before { lag, .. } => lag,
        _ => 0,
    }
}
