//! A product of the energy as text, with some of its operands taken out: sums, responsibilities, known
//! numbers, expectations. Vectors and matrices are written as such where a factor has matrices, and with
//! indices elsewhere. Not here: which operands are taken out.

use super::{
    letters::{Letters, column_text, weight},
    number::{join, of_dimension},
    symbol::{both, is_sum, member_letters, named},
};
use crate::{
    block::normal_gamma_vector::TAU_PARTS,
    expfam::stat::{Part, PartRole, PartShape},
    factorize::{Blocks, gaussian::lag},
    graph::{
        energy::{Element, EnergyTerm, FactorEnergy, Known, KnownMap, LabelId, Op, Role, Source, View},
        factor_graph::{Expr, ExprKind, FactorGraph, Function, Index, PlateKind, Ref, RowSet, Target},
    },
    shape::{NodeId, PlateId},
    syntax::expr::BinaryOp,
};

/// A product without the operands that were taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
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

/// One factor of the energy, and all that its products name.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a> {
    /// The graph.
    pub graph: &'a FactorGraph,
    /// The blocks, for what is random and what is kept together.
    pub blocks: &'a Blocks,
    /// The factor, by index.
    pub factor: usize,
}

struct Atom {
    text: String,
    axes: Vec<LabelId>,
}

impl<'a> Products<'a> {
    /// Its energy.
    pub fn energy(&self) -> &'a FactorEnergy {
        self.blocks.energy.factor(self.factor)
    }

    /// The term without the operands `out`; `result` are the letters of the target's own axes. `None`: it is
    /// zero.
    pub fn without(
        &self,
        term: &EnergyTerm,
        out: &[usize],
        letters: &Letters<'a>,
        result: &[LabelId],
    ) -> Option<Product> {
        let mut letters = letters.clone();
        let energy = self.energy();
        let mut product =
            Product { number: term.scale, sums: vec![], selectors: vec![], body: vec![], only: vec![] };
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
                    if let Source::Gaussian(g) = a.source {
                        let texts: Vec<String> = [before, now]
                            .iter()
                            .flat_map(|o| o.views.iter().map(|v| self.entry(g, o, v, &letters)))
                            .collect();
                        let axes: Vec<LabelId> =
                            [before, now].iter().flat_map(|o| self.view_axes(o)).collect();
                        let text = if let [x, y] = texts.as_slice() {
                            both(x, y, axes.len() == 2)
                        } else {
                            texts.join("·")
                        };
                        atoms.push(Atom { text: format!("⟨{text}⟩"), axes });
                        continue;
                    }
                    if let Source::Network(_) = a.source {
                        product.selectors.push(format!(
                            "q({})",
                            [self.states(before, &letters), self.states(now, &letters)].concat().join(", ")
                        ));
                        continue;
                    }
                    let at: Vec<String> = now.elements.iter().map(|e| letters.element(*e)).collect();
                    let levels = [before, now].map(|o| letters.text(o.axes[0]));
                    product.selectors.push(format!(
                        "{}[{},{}]",
                        self.mark("ξ", now),
                        at.join(","),
                        levels.join(",")
                    ));
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
            if let Source::Network(n) = op.source {
                product.selectors.push(self.marginal(n, op, &letters));
            } else if self.is_responsibility(op) {
                let at: Vec<String> = op
                    .elements
                    .iter()
                    .map(|e| letters.element(*e))
                    .chain(op.axes.iter().map(|&l| letters.text(l)))
                    .collect();
                product.selectors.push(format!("{}[{}]", self.mark("r", op), at.join(",")));
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

    /// Is a letter the axis of a vector or matrix that is written without indices?
    pub fn is_axis(&self, l: LabelId) -> bool {
        let spec = self.graph.factors[self.factor].spec;
        let matrices = (0..=spec.params.len())
            .any(|s| spec.slot_stat(s).parts.iter().any(|p| p.shape == PartShape::Matrix));
        let event = |l: LabelId| self.energy().labels[l].role == Role::Event;
        // A matrix made of scalar variables, such as A of A h, has indices: then all is written with indices.
        let index = |e: &Element| matches!(e, Element::Label(l) if event(*l));
        let indexed = |o: &Op| o.elements.iter().chain(o.views.iter().flat_map(|v| &v.elements)).any(index);
        matrices && event(l) && !self.energy().terms.iter().flat_map(|t| &t.ops).any(indexed)
    }

    /// The rows of `z[0]` and `z[t]`, where the target's own index says which.
    fn rows(&self, letters: &Letters<'_>, summed: &[LabelId], product: &mut Product) {
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

    fn has_q(&self, n: NodeId) -> bool {
        self.blocks.roles[n.0].has_q()
    }

    fn is_category(&self, n: NodeId) -> bool {
        self.graph.nodes[n.0].spec.stat.one_hot()
    }

    fn is_responsibility(&self, op: &Op) -> bool {
        matches!(op.source, Source::Node(n) if self.is_category(n) && self.has_q(n))
    }

    /// `z[n] = k` for each member of a network that the product holds.
    fn states(&self, op: &Op, letters: &Letters<'_>) -> Vec<String> {
        let Source::Network(n) = op.source else { return vec![] };
        let network = &self.blocks.networks[n];
        let at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).collect();
        let name = |m: usize| bracket(&self.graph.nodes[network.members[m].0].name, &at);
        network.held(self.energy(), op).map(|(m, l)| format!("{} = {}", name(m), letters.text(l))).collect()
    }

    /// The probability of the states of a network's members that the product holds.
    fn marginal(&self, n: usize, op: &Op, letters: &Letters<'_>) -> String {
        let network = &self.blocks.networks[n];
        let held: Vec<(usize, LabelId)> = network.held(self.energy(), op).collect();
        if let [(m, l)] = held.as_slice() {
            let mut at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).collect();
            at.push(letters.text(*l));
            return bracket(&mark(self.graph, self.blocks, "r", network.members[*m]), &at);
        }
        format!("q({})", self.states(op, letters).join(", "))
    }

    /// An observed category: its index is known, so it picks instead of weighing. True if that is all the
    /// operand says.
    fn known_category(
        &self,
        op: &Op,
        letters: &mut Letters<'_>,
        summed: &mut Vec<LabelId>,
        product: &mut Product,
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
        product: &mut Product,
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

    /// `r`, or `r_kind` where there are several latent categories.
    pub fn mark(&self, letter: &str, op: &Op) -> String {
        match op.source {
            Source::Node(n) => mark(self.graph, self.blocks, letter, n),
            _ => letter.into(),
        }
    }

    /// `centre[k]`; with the letters of its axes, if they are written.
    fn indexed(&self, name: &str, op: &Op, letters: &Letters<'_>, axes: bool) -> String {
        let mut at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).collect();
        if axes {
            at.extend(op.axes.iter().filter(|l| !self.is_axis(**l)).map(|&l| letters.text(l)));
        }
        bracket(name, &at)
    }

    fn atoms(&self, op: &Op, letters: &Letters<'_>) -> Vec<Atom> {
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
    fn entry(&self, g: usize, op: &Op, v: &View, letters: &Letters<'_>) -> String {
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

    fn view_axes(&self, op: &Op) -> Vec<LabelId> {
        op.views.iter().filter_map(|v| v.axis).filter(|l| self.is_axis(*l)).collect()
    }

    /// The value of a known argument as the user wrote it, its indices as letters.
    fn known(&self, known: &Known, op: &Op, letters: &Letters<'_>) -> String {
        let axes: Vec<String> =
            op.axes.iter().filter(|l| !self.is_axis(**l)).map(|&l| letters.text(l)).collect();
        let text = match &known.expr.kind {
            ExprKind::Ref(r) if matches!(r.target, Target::Input(_)) => {
                let at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).chain(axes).collect();
                bracket(&self.target(r), &at)
            }
            _ => {
                let text = self.expr(&known.expr, letters, 0);
                if known.expr.axes.is_empty() || axes.is_empty() {
                    text
                } else {
                    format!("{text}[{}]", axes.join(","))
                }
            }
        };
        let (factor, slot) = known.place;
        let factor = &self.graph.factors[factor];
        match (known.map, factor.args[slot - 1].spelling) {
            (KnownMap::Stat { convert: Some(convert), .. }, Some(s)) => {
                let param = &factor.spec.params[slot - 1];
                if let ExprKind::Numbers(n) = &known.expr.kind {
                    let mut value = n.clone();
                    if n.len() == 1 && convert(&mut value, 1).is_ok() && value[0].to_string().len() < 8 {
                        return numbers(&value);
                    }
                }
                format!("{}({}: {text})", param.name, param.spellings[s].name)
            }
            _ => text,
        }
    }

    fn target(&self, r: &Ref) -> String {
        match r.target {
            Target::Node(n) => self.graph.nodes[n.0].name.clone(),
            Target::Input(i) => self.graph.inputs[i.0].name.clone(),
            Target::Column(c) => column_text(self.graph, c),
        }
    }

    fn expr(&self, e: &Expr, letters: &Letters<'_>, least: u8) -> String {
        match &e.kind {
            ExprKind::Numbers(n) if n.len() > 12 => format!("[{} numbers]", n.len()),
            ExprKind::Numbers(n) if e.axes.len() == 2 => {
                let d = (n.len() as f64).sqrt() as usize;
                let rows: Vec<String> = n.chunks(d.max(1)).map(|r| format!("[{}]", list(r))).collect();
                format!("[{}]", rows.join(", "))
            }
            ExprKind::Numbers(n) if e.axes.is_empty() => numbers(n),
            ExprKind::Numbers(n) => format!("[{}]", list(n)),
            ExprKind::Ref(r) => {
                let at: Vec<String> = r.index.iter().map(|i| letters.element(self.index(i))).collect();
                bracket(&self.target(r), &at)
            }
            ExprKind::Negate(a) => format!("−{}", self.expr(a, letters, 3)),
            ExprKind::Binary(op, a, b) => {
                let (level, sign) = match op {
                    BinaryOp::Add => (1, " + "),
                    BinaryOp::Sub => (1, " − "),
                    BinaryOp::Mul => (2, " "),
                    BinaryOp::Div => (2, "/"),
                };
                let (a, b) = (self.expr(a, letters, level), self.expr(b, letters, level + 1));
                let text = match op {
                    BinaryOp::Mul => join(&a, &b),
                    _ => format!("{a}{sign}{b}"),
                };
                if level < least { format!("({text})") } else { text }
            }
            ExprKind::Call(Function::Identity, _) => "I".into(),
            ExprKind::Call(function, args) => {
                let args: Vec<String> = args.iter().map(|a| self.expr(a, letters, 0)).collect();
                match function {
                    Function::MatrixVector => args.join(" "),
                    Function::Dot => format!("dot({})", args.join(", ")),
                    Function::Diag => format!("diag({})", args.join(", ")),
                    _ => format!("stick({})", args.join(", ")),
                }
            }
        }
    }

    /// How an index of an expression follows from the factor's letters.
    fn index(&self, i: &Index) -> Element {
        let energy = self.energy();
        let plate = |p| energy.labels.iter().position(|l| l.role == Role::Plate(p)).unwrap_or(0);
        match i {
            Index::Plate(p) => Element::Label(plate(*p)),
            Index::Column { column, plate: p } => Element::Column { column: *column, label: plate(*p) },
            Index::Before { plate: p, lag } => Element::Before { label: plate(*p), lag: *lag },
            Index::Parent(p) => Element::Parent { label: plate(*p) },
            Index::At(n) => Element::At(*n),
            Index::Gate(r) => {
                let elements: Vec<Element> = r.index.iter().map(|i| self.index(i)).collect();
                let is = |o: &&Op| {
                    matches!(r.target, Target::Node(n) if o.source == Source::Node(n))
                        && o.elements == elements
                };
                let gate =
                    energy.terms.iter().flat_map(|t| &t.ops).filter(is).find_map(|o| {
                        o.axes.first().copied().filter(|l| energy.labels[*l].role == Role::Gate)
                    });
                Element::Label(gate.unwrap_or(0))
            }
        }
    }

    /// A known part that is 0 or ±1 everywhere: it is not worth a symbol.
    fn plain_number(&self, known: &Known, part: usize) -> Option<f64> {
        let ExprKind::Numbers(n) = &known.expr.kind else { return None };
        if let KnownMap::Stat { convert: Some(_), .. } = known.map {
            return None;
        }
        let all = |v: f64| n.iter().all(|x| *x == v);
        let Part { role, shape, .. } = known.map.part(part);
        match role {
            PartRole::Value | PartRole::Square if all(0.0) => Some(0.0),
            PartRole::Value
                if known.expr.axes.is_empty()
                    && self.scalar(known, part)
                    && n.len() == 1
                    && n[0].abs() == 1.0 =>
            {
                Some(n[0])
            }
            PartRole::Square if shape == PartShape::Scalar && n.len() == 1 && n[0].abs() == 1.0 => Some(1.0),
            PartRole::Log if n.len() == 1 && n[0] == 1.0 => Some(0.0),
            PartRole::Zero => Some(0.0),
            _ => None,
        }
    }

    fn scalar(&self, known: &Known, part: usize) -> bool {
        match known.map {
            KnownMap::Stat { kind, .. } => kind.parts[part].shape == PartShape::Scalar,
            _ => true,
        }
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

/// `name[a,b]`, or the name alone.
pub fn bracket(name: &str, at: &[String]) -> String {
    if at.is_empty() { name.into() } else { format!("{name}[{}]", at.join(",")) }
}

fn numbers(n: &[f64]) -> String {
    n.first().map_or(String::new(), |v| v.to_string().replace('-', "−"))
}

fn list(n: &[f64]) -> String {
    n.iter().map(|v| v.to_string().replace('-', "−")).collect::<Vec<_>>().join(", ")
}

/// Products of vectors and matrices that share letters, in matrix notation. All matrices are symmetric:
/// statistics of symmetric values and their expectations. `result`: letters of the axes that stay.
fn paths(atoms: Vec<Atom>, result: &[LabelId]) -> Vec<String> {
    let mut left: Vec<Option<Atom>> = atoms.into_iter().map(Some).collect();
    let mut out: Vec<String> = vec![];
    let mut sides: Vec<String> = vec![];
    let mut done: Vec<LabelId> = vec![];
    for &f in result {
        if done.contains(&f) {
            continue;
        }
        let Some(start) = left.iter().position(|a| a.as_ref().is_some_and(|a| a.axes.contains(&f))) else {
            continue;
        };
        let (list, end) = walk(&mut left, start, Some(f));
        done.push(f);
        if let Some(e) = end {
            done.push(e);
        }
        sides.push(list.join(" "));
    }
    while let Some(start) = left.iter().position(|a| a.as_ref().is_some_and(|a| a.axes.len() == 1)) {
        let (mut list, _) = walk(&mut left, start, None);
        list[0].push('ᵀ');
        out.push(list.join(" "));
    }
    while let Some(start) = left.iter().position(Option::is_some) {
        let from = left[start].as_ref().map(|a| a.axes[0]);
        let (list, _) = walk(&mut left, start, from);
        out.push(format!("tr({})", list.join(" ")));
    }
    match sides.as_slice() {
        [a, b] if a.contains(' ') && !a.starts_with('⟨') && !a.starts_with('[') => {
            out.push(format!("({a}) ({b})ᵀ"))
        }
        [a, b] => out.push(format!("{a} {b}ᵀ")),
        _ => out.extend(sides),
    }
    out
}

/// Follows shared letters from an atom, entered by `from`; the texts met, and the letter at the open end.
fn walk(left: &mut [Option<Atom>], start: usize, from: Option<LabelId>) -> (Vec<String>, Option<LabelId>) {
    let mut list = vec![];
    let (mut at, mut came) = (Some(start), from);
    let mut open = None;
    while let Some(i) = at {
        let Some(atom) = left[i].take() else { break };
        list.push(atom.text);
        let mut ends = atom.axes;
        if let Some(c) = came.and_then(|c| ends.iter().position(|e| *e == c)) {
            ends.remove(c);
        }
        open = ends.first().copied();
        came = open;
        at = open.and_then(|e| left.iter().position(|a| a.as_ref().is_some_and(|a| a.axes.contains(&e))));
    }
    (list, open)
}
