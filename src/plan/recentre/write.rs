//! A graph and its data written about other centres. Not here: which (`engine::recentre`).

use super::{
    affine::{locations, part_of},
    centres::{Centres, Turn, TurnMember},
    design::coefficients,
    movable::{Movable, codes},
    shear::{congruent, known_matrices, matrix_of},
};
use crate::{
    diag::Diagnostics,
    factorize::{
        factorize,
        roles::{Missing, Role, has_children},
    },
    graph::{
        bound::{Bound, ObservedArray},
        energy,
        evaluate::{Environment, Indices, Steps, each_ref, indices, selectors, speaks_of},
        factor_graph::{
            Expr, ExprKind, Factor, FactorGraph, Function, Index, Input, InputSource, Ref, Target,
        },
    },
    num::{cholesky, double::Double, double_matrix},
    plan::{Plan, lower::about, what_is_missing},
    shape::{Extent, InputId, NodeId, PlateId},
    source::Span,
    syntax::expr::BinaryOp,
};
use std::borrow::Cow;

/// Elements evaluated at once: their values stay in cache.
const TOGETHER: usize = 1024;
/// Numbers of one array of known summands, at most.
const LARGEST: usize = 1 << 25;
/// A matrix in other coordinates has the same determinant: its logarithm is off by no more than this, or the matrix
/// has lost its digits.
const DET: f64 = 1e-9;

/// The same model and data about these centres. `plan` is one of them about others. `None` where a line can't be
/// written so.
pub fn recentred(graph: &FactorGraph, bound: &Bound, plan: &Plan, centres: &Centres) -> Option<Plan> {
    let roles = &plan.blocks.roles;
    let (graph, bound) = Rewriting::new(graph, bound, plan, centres)?.run()?;
    let missing: Vec<_> = (0..graph.nodes.len())
        .map(NodeId)
        .map(|n| if plan.kept.barren(n) { Missing::Everything } else { what_is_missing(&bound, n) })
        .collect();
    let mut energy = energy::expand(&graph).ok()?;
    energy.settle(&bound.labelled);
    let size = |x| Some(bound.size(x));
    let mut unheard = Diagnostics::default();
    let blocks = factorize(&graph, energy, &missing, &size, Some(&bound), &mut unheard).ok()?;
    let alike = blocks.roles == *roles
        && blocks.list.len() == plan.blocks.list.len()
        && blocks.list.iter().zip(&plan.blocks.list).all(|(a, b)| a.nodes == b.nodes)
        && (0..blocks.list.len()).all(|i| blocks.kind_name(&graph, i) == plan.blocks.kind_name(&graph, i));
    if !alike {
        return None;
    }
    let mut plan =
        about(&graph, &bound, blocks, &vec![vec![]; graph.nodes.len()], (plan.kept.clone(), u64::MAX))
            .ok()?;
    plan.turns.clone_from(&centres.turns);
    for (n, centre) in plan.centres.iter_mut().enumerate().filter(|(n, _)| roles[*n].has_q()) {
        centre.clone_from(&centres.nodes[n]);
    }
    Some(plan)
}

struct Rewriting<'a> {
    from: &'a FactorGraph,
    data: &'a Bound,
    roles: &'a [Role],
    leaf: Vec<bool>,
    movable: Movable,
    split: bool,
    turns: Vec<&'a Turn>,
    shears: Vec<Shear<'a>>,
    /// What is taken off each node's values; for observed nodes the values themselves where that serves.
    centres: Vec<Cow<'a, [f64]>>,
    graph: FactorGraph,
    bound: Bound,
    steps: Steps,
}

/// Vectors and their precision matrices in other coordinates.
struct Shear<'a> {
    turn: &'a Turn,
    vector: NodeId,
    matrix: NodeId,
    /// L⁻¹ of each element.
    inverse: Vec<Vec<Double>>,
}

impl<'a> Shear<'a> {
    fn new(plan: &Plan, turn: &'a Turn) -> Option<Self> {
        let &[vector, matrix] = plan.blocks.list.get(turn.block)?.nodes.as_slice() else { return None };
        let each = turn.matrix.chunks_exact(turn.d * turn.d);
        let inverse = each.map(|l| double_matrix::inverse(turn.d, l)).collect::<Option<_>>()?;
        Some(Self { turn, vector, matrix, inverse })
    }

    fn in_line(&self, f: &Factor) -> bool {
        let mut any = f.node == self.vector || f.node == self.matrix;
        f.args.iter().for_each(|a| {
            let mine = |t: Target| t == Target::Node(self.vector) || t == Target::Node(self.matrix);
            each_ref(&a.expr, &mut |r| any |= mine(r.target));
        });
        any
    }
}

impl<'a> Rewriting<'a> {
    fn new(from: &'a FactorGraph, data: &'a Bound, plan: &'a Plan, centres: &'a Centres) -> Option<Self> {
        let roles = &plan.blocks.roles;
        let nodes = 0..from.nodes.len();
        let vectors = |t: &&Turn| t.is_shear(from);
        let (shears, turns): (Vec<&Turn>, Vec<&Turn>) = centres.turns.iter().partition(vectors);
        Some(Self {
            from,
            data,
            roles,
            leaf: nodes.map(|n| !has_children(&plan.blocks.energy, NodeId(n))).collect(),
            movable: Movable::new(from, data, roles),
            split: centres.split,
            turns,
            shears: shears.into_iter().map(|t| Shear::new(plan, t)).collect::<Option<_>>()?,
            centres: centres.nodes.iter().map(|c| Cow::Borrowed(c.as_slice())).collect(),
            graph: from.clone(),
            bound: data.clone(),
            steps: Steps::new(data),
        })
    }

    fn run(mut self) -> Option<(FactorGraph, Bound)> {
        for n in 0..self.from.nodes.len() {
            self.observed(NodeId(n));
        }
        for f in 0..self.from.factors.len() {
            if self.roles[self.from.factors[f].node.0] != Role::Predicted {
                self.line(f)?;
            }
        }
        Some((self.graph, self.bound))
    }

    /// The selectors of an expression whose letter a known summand of it has: each with the plate that it picks
    /// an element of.
    fn letters(&self, expr: &'a Expr) -> Vec<(&'a Ref, PlateId)> {
        let mut out: Vec<(&'a Ref, PlateId)> = vec![];
        each_ref(expr, &mut |r| {
            let (plates, counts) = match r.target {
                Target::Node(n) => (&self.from.nodes[n.0].plates, self.split && self.movable.nodes[n.0]),
                Target::Input(i) => (&self.from.inputs[i.0].plates, true),
                Target::Column(_) => return,
            };
            for (axis, index) in r.index.iter().enumerate() {
                if let Index::Gate(g) = index
                    && counts
                    && codes(self.data, g).is_none()
                    && !out.iter().any(|(h, _)| *h == g)
                {
                    out.push((g, plates[axis]));
                }
            }
        });
        out
    }

    /// Is the node's centre what its lines say, so that its data are what that leaves?
    fn follows(&self, n: NodeId) -> bool {
        let lines = || self.from.factors.iter().filter(|f| f.node == n);
        self.roles[n.0] == Role::Observed
            && self.from.nodes[n.0].spec.location
            && self.leaf[n.0]
            && lines().all(|f| self.letters(&f.args[0].expr).is_empty())
    }

    /// Values of an observed node about its centre, as far as no line has a say in that.
    fn observed(&mut self, n: NodeId) {
        let Some(ObservedArray::Numbers { width, values }) = self.data.observed(n) else { return };
        if !self.movable.nodes[n.0] || self.follows(n) {
            return;
        }
        if self.roles[n.0] == Role::Observed {
            self.centres[n.0] = Cow::Borrowed(values);
        }
        let centre = &self.centres[n.0];
        if centre.is_empty() {
            return;
        }
        let values = values.iter().zip(centre.iter().cycle()).map(|(v, c)| v - c).collect();
        self.bound.observed[n.0] = Some(ObservedArray::Numbers { width: *width, values });
    }

    /// All arguments of one line.
    fn line(&mut self, at: usize) -> Option<()> {
        let (from, f) = (self.from, &self.from.factors[at]);
        if let Some(i) = self.shears.iter().position(|s| s.matrix == f.node) {
            return self.scale(at, i);
        }
        for (slot, arg) in f.args.iter().enumerate() {
            let mean = f.spec.location && slot == 0;
            let moved =
                |n: NodeId| !self.centres[n.0].is_empty() || self.turns.iter().any(|t| t.member(n).is_some());
            if !mean && !locations(&arg.expr, from).into_iter().any(moved) {
                continue;
            }
            let random = self.random(f, &arg.expr, mean)?;
            let known = self.known(f, &arg.expr, mean)?;
            let expr = match (random, known) {
                (Some(random), None) => random,
                (None, None) => zero(&arg.expr),
                (None, Some(known)) => known,
                (Some(random), Some(known)) => Expr {
                    axes: random.axes.clone(),
                    random: true,
                    span: arg.expr.span,
                    kind: ExprKind::Binary(BinaryOp::Add, Box::new(random), Box::new(known)),
                },
            };
            self.graph.factors[at].args[slot].expr = expr;
        }
        Some(())
    }

    /// The known matrix of a precision's own line: V becomes Lᵀ V L. `None` where that has lost its digits.
    fn scale(&mut self, at: usize, shear: usize) -> Option<()> {
        let (from, f, turn) = (self.from, &self.from.factors[at], self.shears[shear].turn);
        let (node, d, slot) = (&from.nodes[f.node.0], turn.d, f.spec.congruent?.checked_sub(1)?);
        let expr = &f.args.get(slot)?.expr;
        let mut out = vec![];
        for (e, v) in known_matrices(from, self.data, f)?.iter().enumerate() {
            if v.len() != d * d {
                return None;
            }
            let mut made = congruent(d, turn.of(e), v);
            // Symmetric to the last digit.
            (0..d * d).filter(|i| i / d > i % d).for_each(|i| made[i] = made[i % d * d + i / d]);
            let ln_det = |v: &[f64]| {
                let mut l = v.to_vec();
                cholesky::factor(d, &mut l).ok().map(|()| cholesky::log_det(d, &l))
            };
            let [was, is] = [&v.iter().map(|x| x.rounded()).collect::<Vec<_>>(), &made].map(|v| ln_det(v));
            if (was? - is?).abs() > DET {
                return None;
            }
            out.extend(made);
        }
        let alike = out.chunks_exact(d * d).all(|v| v == &out[..d * d]);
        let kind = if alike {
            ExprKind::Numbers(out[..d * d].to_vec())
        } else {
            let index = node.plates.iter().map(|&p| Index::Plate(p)).collect();
            let target = self.input(expr.span, node.plates.clone(), vec![d, d], out);
            ExprKind::Ref(Ref { target, index })
        };
        self.graph.factors[at].args[slot].expr = Expr { kind, random: false, ..expr.clone() };
        Some(())
    }

    /// What is random of an argument, entries of blocks in their coordinates.
    fn random(&mut self, f: &'a Factor, expr: &'a Expr, mean: bool) -> Option<Option<Expr>> {
        let named = locations(expr, self.from);
        let own = |t: &Turn| t.member(f.node).filter(|_| mean).copied();
        let concerned = |t: &&Turn| own(t).is_some() || t.members.iter().any(|m| named.contains(&m.node));
        let turns: Vec<&'a Turn> = self.turns.iter().copied().filter(|t| concerned(t)).collect();
        let mut kept = vec![];
        let mut terms = vec![];
        for t in turns {
            if !mean {
                return None;
            }
            let before = coefficients(self.from, self.data, f, expr, &t.members, t.d)?;
            let node = &self.from.nodes[f.node.0];
            let count: usize = node.plates.iter().map(|&p| self.data.plate(p).size).product();
            let own = own(t);
            let at = |e: usize, l: usize| {
                let row = before.get(e * t.d..(e + 1) * t.d).unwrap_or(&[]);
                let sum = row
                    .iter()
                    .enumerate()
                    .filter(|(_, x)| **x != 0.0)
                    .fold(Double::default(), |sum, (j, x)| sum + Double::product(*x, t.matrix[j * t.d + l]));
                let child = own.map(|m| m.first + e % m.count).filter(|i| *i != l);
                (sum - child.map_or(0.0, |i| t.row(i)[l]).into()).rounded()
            };
            let after: Vec<f64> = (0..count * t.d).map(|i| at(i / t.d, i % t.d)).collect();
            if after == before || before.is_empty() && after.iter().all(|x| *x == 0.0) {
                continue;
            }
            kept.extend(t.members.iter().map(|m| m.node));
            let lead = self.lead(f, expr, t)?;
            for m in &t.members {
                let columns: Vec<f64> = after
                    .chunks_exact(t.d)
                    .flat_map(|row| &row[m.first..m.first + m.count])
                    .copied()
                    .collect();
                if columns.iter().any(|x| *x != 0.0) {
                    terms.push(self.term(f, m, &lead, columns, expr.span));
                }
            }
        }
        let rest = part_of(expr, &|n| !kept.contains(&n)).ok()?;
        Some(rest.into_iter().chain(terms).reduce(|a, b| Expr {
            axes: a.axes.clone(),
            random: true,
            span: expr.span,
            kind: ExprKind::Binary(BinaryOp::Add, Box::new(a), Box::new(b)),
        }))
    }

    /// The element of a block's outer plates that a line is about.
    fn lead(&self, f: &Factor, expr: &Expr, t: &Turn) -> Option<Vec<Index>> {
        let mut found: Option<Vec<Index>> = None;
        let mut one = true;
        each_ref(expr, &mut |r| {
            let Target::Node(n) = r.target else { return };
            let Some(m) = t.member(n) else { return };
            let lead = r.index.get(..m.outer).map(<[Index]>::to_vec);
            one &= lead.is_some() && (found.is_none() || found == lead);
            found = lead;
        });
        let own = t.member(f.node).map(|m| {
            let plates = &self.from.nodes[m.node.0].plates[..m.outer];
            plates.iter().map(|&p| Index::Plate(p)).collect::<Vec<_>>()
        });
        match (one, found, own) {
            (true, Some(found), Some(own)) => (found == own).then_some(own),
            (true, found, own) => found.or(own),
            _ => None,
        }
    }

    /// The entries of one node of a block, each times what stands before it.
    fn term(&mut self, f: &Factor, m: &TurnMember, lead: &[Index], columns: Vec<f64>, span: Span) -> Expr {
        let node = &self.from.nodes[m.node.0];
        let inner = &node.plates[m.outer..];
        let axes: Vec<Extent> = inner.iter().map(|&p| Extent::Plate(p)).collect();
        let own = Ref { target: Target::Node(m.node), index: lead.to_vec() };
        let own = Expr { kind: ExprKind::Ref(own), axes: axes.clone(), random: true, span };
        let alike = columns.chunks_exact(m.count).all(|row| row == &columns[..m.count]);
        if inner.is_empty() && columns.iter().all(|x| *x == 1.0) {
            return own;
        }
        let known = if alike && inner.is_empty() {
            ExprKind::Numbers(vec![columns[0]])
        } else {
            let child = &self.from.nodes[f.node.0].plates;
            let rows: &[PlateId] = if alike { &[] } else { child };
            let plates = rows.iter().chain(inner).copied().collect();
            let values = if alike { columns[..m.count].to_vec() } else { columns };
            let index = rows.iter().map(|&p| Index::Plate(p)).collect();
            ExprKind::Ref(Ref { target: self.input(span, plates, vec![], values), index })
        };
        let known = Expr { kind: known, axes, random: false, span };
        let kind = if inner.is_empty() {
            ExprKind::Binary(BinaryOp::Mul, Box::new(own), Box::new(known))
        } else {
            ExprKind::Call(Function::Dot, vec![own, known])
        };
        Expr { kind, axes: vec![], random: true, span }
    }

    /// A known array of the model's own.
    fn input(&mut self, span: Span, plates: Vec<PlateId>, event: Vec<usize>, values: Vec<f64>) -> Target {
        let (name, source) = ("centres".into(), InputSource::Numbers(vec![]));
        // Without lengths it would be one number for all.
        let sizes = plates.iter().map(|&p| self.data.plate(p).size).chain(event.iter().copied()).collect();
        self.graph.inputs.push(Input { name, span, plates, event, sizes, source });
        self.bound.inputs.push(values.into());
        Target::Input(InputId(self.graph.inputs.len() - 1))
    }

    /// What is known of an argument, its child's centre taken off if it is its mean; `None` for 0. Data of a child
    /// that follows it are written here.
    fn known(&mut self, f: &'a Factor, expr: &'a Expr, mean: bool) -> Option<Option<Expr>> {
        let node = &self.from.nodes[f.node.0];
        let sizes: Vec<usize> = node.plates.iter().map(|&p| self.data.plate(p).size).collect();
        let count: usize = sizes.iter().product();
        let d = node.event.filter(|_| mean || !expr.axes.is_empty()).map_or(1, |e| self.data.size(e));
        let letters = self.letters(expr);
        let each: Vec<usize> = letters.iter().map(|(_, p)| self.data.plate(*p).size).collect();
        let combinations: usize = each.iter().product();
        if count.saturating_mul(combinations).saturating_mul(d) > LARGEST {
            return None;
        }
        let follows = mean && self.follows(f.node);
        let child: &[f64] = if mean { &self.centres[f.node.0] } else { &[] };
        let mut out = vec![0.0; count * combinations * d];
        let mut data = match self.bound.observed(f.node) {
            Some(ObservedArray::Numbers { values, .. }) if follows => values.to_vec(),
            _ => vec![],
        };
        let shear = self.shears.iter().find(|s| mean && s.in_line(f));
        // Which of its elements a line speaks of, its precision says.
        let shear = match shear {
            Some(shear) => Some((shear, matrix_of(&f.args.get(1)?.expr, shear.matrix)?)),
            None => None,
        };
        let mut gates = vec![];
        selectors(expr, &mut gates);
        shear.iter().for_each(|(_, r)| {
            let chosen = r.index.iter().filter_map(|i| if let Index::Gate(g) = i { Some(g) } else { None });
            chosen.for_each(|g| gates.push(g));
        });
        let numbers: Vec<Option<&[f64]>> = self
            .centres
            .iter()
            .zip(&self.from.nodes)
            .map(|(c, n)| {
                if !c.is_empty() {
                    Some(&**c)
                } else if n.spec.location {
                    Some(&[][..])
                } else {
                    None
                }
            })
            .collect();
        let zeros: Vec<Vec<f64>> = (0..numbers.len())
            .map(|n| {
                let node = &self.from.nodes[n];
                if !numbers[n].is_some_and(<[f64]>::is_empty) {
                    return vec![];
                }
                let all: usize = node.plates.iter().map(|&p| self.data.plate(p).size).product();
                vec![0.0; all * node.event.map_or(1, |e| self.data.size(e))]
            })
            .collect();
        let numbers: Vec<Option<&[f64]>> = numbers
            .iter()
            .zip(&zeros)
            .map(|(n, z)| n.map(|n| if n.is_empty() { z.as_slice() } else { n }))
            .collect();
        for first in (0..count).step_by(TOGETHER) {
            let here = first..count.min(first + TOGETHER);
            let mut env = Environment::new(self.from, self.data, &self.steps, here.len());
            let at = indices(&sizes, here.clone());
            node.plates.iter().zip(&at).for_each(|(&p, at)| env.in_plate(p, at.clone()));
            env.nodes(&numbers);
            for g in &gates {
                if let Some(codes) = codes(self.data, g) {
                    let at = env.element(g);
                    let of = |i| codes.get(at.at(i)).map_or(0, |&c| c as usize);
                    env.choose(g, Indices::Each((0..here.len()).map(of).collect()));
                }
            }
            let spoken_of: Vec<bool> = (0..here.len())
                .map(|i| {
                    let place = node.plates.iter().zip(&at).map(|(&p, at)| (p, at.at(i)));
                    speaks_of(self.data, &self.steps, f.rows, place)
                })
                .collect();
            for k in 0..combinations {
                for ((g, _), at) in letters.iter().zip(indices(&each, std::iter::once(k))) {
                    env.choose(g, Indices::Same(at.at(0)));
                }
                let value = env.exact(expr);
                let element = shear.map(|(shear, r)| (shear, env.element(r)));
                for (i, e) in here.clone().enumerate() {
                    if !spoken_of[i] {
                        continue;
                    }
                    let v = value.at(i);
                    let of_child = |j: usize| match follows {
                        true => data[e * d + j],
                        false if child.is_empty() => 0.0,
                        false => child[(e * d + j) % child.len()],
                    };
                    // The mean less the child's centre; of data that follow it, the datum less it.
                    let less = |j: usize| {
                        let x = if v.len() == 1 { v[0] } else { *v.get(j)? };
                        let c = Double::from(of_child(j));
                        Some(if follows { c - x } else { x - c })
                    };
                    let mut left = (0..d).map(less).collect::<Option<Vec<Double>>>()?;
                    if let Some((shear, at)) = &element {
                        left = double_matrix::times(shear.inverse.get(at.at(i))?, &left);
                    }
                    for (j, x) in left.into_iter().map(Double::rounded).enumerate() {
                        match follows {
                            true => data[e * d + j] = x,
                            // Of a missing datum there is nothing to say.
                            false => {
                                out[(e * combinations + k) * d + j] = if x.is_finite() { x } else { 0.0 }
                            }
                        }
                    }
                }
            }
        }
        if follows {
            if let Some(ObservedArray::Numbers { width, .. }) = self.data.observed(f.node) {
                let values = data.into();
                self.bound.observed[f.node.0] = Some(ObservedArray::Numbers { width: *width, values });
            }
            return Some(None);
        }
        if out.iter().all(|r| *r == 0.0) {
            return Some(None);
        }
        let axes = if d > 1 { node.event.into_iter().collect() } else { vec![] };
        let of = |kind, axes| Some(Some(Expr { kind, axes, random: !letters.is_empty(), span: expr.span }));
        if out.chunks_exact(d).all(|r| r == &out[..d]) {
            return of(ExprKind::Numbers(out[..d].to_vec()), axes);
        }
        let index = node.plates.iter().map(|&p| Index::Plate(p));
        let index = index.chain(letters.iter().map(|(g, _)| Index::Gate((*g).clone()))).collect();
        let plates = node.plates.iter().copied().chain(letters.iter().map(|(_, p)| *p)).collect();
        let target = self.input(expr.span, plates, if d > 1 { vec![d] } else { vec![] }, out);
        of(ExprKind::Ref(Ref { target, index }), axes)
    }
}

fn zero(like: &Expr) -> Expr {
    Expr { kind: ExprKind::Numbers(vec![0.0]), axes: vec![], random: false, span: like.span }
}
