//! The bound of any small model by plain loops over elements and the categories of selectors, from a
//! posterior's reported parameters. It reads the resolved graph, the bound data and the laws' twin of a form;
//! it uses no energy, table or pass of the engine. Chains and networks of categories are enumerated state by
//! state.
#![allow(dead_code, clippy::needless_range_loop)] // Each test program uses a part; the loops run as sums are written.

use elbow::{
    answer::{
        self,
        posterior::{NamedArray, Posterior},
    },
    data,
    diag::{Diagnostics, render},
    engine::{Options, Unwatched},
    expfam::{
        family::{Parameter, entropy},
        form::Measure,
        laws,
        stat::{CATEGORY, DIRICHLET, Domain, GAMMA, GAUSSIAN, GAUSSIAN_VECTOR, StatKind, WISHART},
    },
    factorize::roles::Role,
    graph::{
        Bound, FactorGraph,
        barren::without_barren,
        bound::ObservedArray,
        factor_graph::{Expr, ExprKind, Factor, Function, Index, Node, PlateKind, Ref, RowSet, Target},
    },
    pipeline,
    plan::Plan,
    shape::{Extent, NodeId, PlateId},
    source::Source,
    syntax::{self, expr::BinaryOp},
};
use std::{collections::BTreeMap, io, path::Path};

struct NoFiles;
impl data::Files for NoFiles {
    fn open(&self, _: &Path) -> io::Result<Box<dyn io::Read>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// A model with its data, ready to run.
pub struct Ready {
    pub text: String,
    pub graph: FactorGraph,
    /// What inference sees of the data.
    pub bound: Bound,
    /// All of it.
    pub whole: Bound,
    pub plan: Plan,
}

/// Takes a model whose tables stand in it to its plan; `Err` is the rendered mistakes.
pub fn ready(text: &str) -> Result<Ready, String> {
    let source = Source::new("model.ron".to_string(), text.to_string());
    let mut diags = Diagnostics::default();
    let made = (|| {
        let model = syntax::parse(&source, &mut diags)?;
        let graph = pipeline::graph(&model, &source, &mut diags)?;
        let bound = pipeline::bind(&model, &graph, &NoFiles, &|_| None, &source, &mut diags)?;
        let plan = pipeline::plan(&graph, &bound, &mut diags)?;
        Ok((graph, bound, plan))
    })();
    let ready = |(graph, whole, plan): (FactorGraph, Bound, Plan)| {
        let bound = without_barren(&graph, &whole).0.into_owned();
        Ready { text: text.to_string(), graph, bound, whole, plan }
    };
    made.map(ready).map_err(|_: elbow::diag::Reported| {
        format!("{text}\n{}", render::render_all(diags.list(), &source, false))
    })
}

/// Options of a test's run: all nodes, a fixed number of iterations unless the bound stands still.
pub fn options(iterations: usize) -> Options {
    Options {
        max_iterations: iterations,
        tolerance: 0.0,
        plain: true,
        threads: 1,
        all_nodes: true,
        ..Options::default()
    }
}

/// A selector's element: a node and its place in file order.
type Site = (NodeId, usize);
/// Categories that selectors are taken to have.
type Assignment = Vec<(Site, usize)>;

/// q by node: what a report says.
pub type Reported = Vec<Vec<NamedArray>>;

impl Ready {
    pub fn fit(&self, options: &Options) -> Result<Posterior, String> {
        answer::fit(&self.graph, &self.whole, &self.plan, options, &mut Unwatched)
            .map_err(|e| format!("{e}\n{}", self.text))
    }

    /// The parameters of every node, by node.
    pub fn reported(&self, p: &Posterior) -> Reported {
        let of = |node: &Node| {
            let found = p.nodes.iter().find(|n| n.name == node.name);
            let mut parameters = found.map_or(vec![], |n| n.parameters.clone());
            if let Some(kept) = self.plan.kept.elements(&node.plates) {
                for a in &mut parameters {
                    let w: usize = a.dims.iter().product();
                    a.values = kept.iter().flat_map(|e| &a.values[e * w..(e + 1) * w]).copied().collect();
                }
            }
            parameters
        };
        self.graph.nodes.iter().map(of).collect()
    }

    /// Each node's share of the bound.
    pub fn terms(&self, q: &Reported) -> Vec<f64> {
        State::new(self, q).terms()
    }

    /// Marginals of every chain and network by enumeration, to hold against the reported ones: (node,
    /// probabilities).
    pub fn enumerated(&self, q: &Reported) -> Vec<(NodeId, Vec<f64>)> {
        let s = State::new(self, q);
        s.joint.iter().flat_map(|(_, c)| c.single.iter().map(|(n, p)| (*n, p.clone()))).collect()
    }
}

/// q of one joint element: location and precision kept together.
struct JointQ {
    mean: Vec<f64>,
    kappa: f64,
    precision: Vec<f64>,
}

/// q of categories that stand in one block.
struct CategoriesQ {
    /// elements × categories of each node.
    single: BTreeMap<NodeId, Vec<f64>>,
    /// Sites that some element of some line holds together → probabilities of their states, the first site
    /// slowest.
    sets: BTreeMap<Vec<Site>, Vec<f64>>,
    entropy: f64,
}

struct State<'a> {
    r: &'a Ready,
    /// Moments by node and element, of nodes with a q of their own.
    moments: Vec<Vec<Vec<f64>>>,
    joints: Vec<Option<(usize, Vec<JointQ>)>>,
    entropy: Vec<f64>,
    joint: Vec<(Vec<NodeId>, CategoriesQ)>,
}

/// x ↦ a·x + b of a random element.
struct Affine {
    site: Site,
    a: f64,
    b: Vec<f64>,
}

/// The joint block that a factor of a product is in: see [`Slot`].
type Joined = Option<(usize, usize, bool, f64)>;

/// A slot's moments; `joint`: (block, element, is it the location, scale).
struct Slot {
    moments: Vec<f64>,
    joint: Option<(usize, usize, bool, f64)>,
}

impl<'a> State<'a> {
    fn new(r: &'a Ready, q: &Reported) -> Self {
        let nodes = r.graph.nodes.len();
        let mut s = Self {
            r,
            moments: vec![vec![]; nodes],
            joints: (0..nodes).map(|_| None).collect(),
            entropy: vec![0.0; nodes],
            joint: vec![],
        };
        let mut chains = vec![];
        for (v, var) in r.plan.vars.iter().enumerate() {
            let node = var.nodes[0];
            let first = var.nodes.iter().map(|n| n.0).min().unwrap();
            let d = s.d(node);
            let count = s.count(node);
            let family = r.graph.nodes[node.0].spec.family;
            let kind = &r.plan.blocks.list[v].kind;
            assert!(!kind.gaussian(), "joint Gaussians have tests of their own");
            match kind.pair() {
                None if !kind.alone() => chains.push(var.nodes.clone()),
                None if r.graph.nodes[node.0].spec.stat == &CATEGORY => {
                    let p = &q[node.0][0].values;
                    for e in 0..count {
                        let p = p[e * d..(e + 1) * d].to_vec();
                        if s.known(node, e).is_none() {
                            let h: f64 = p.iter().filter(|x| **x > 0.0).map(|x| -x * x.ln()).sum();
                            s.entropy[first] += s.weight(node, e) * h;
                        }
                        s.moments[node.0].push(p);
                    }
                }
                None => {
                    let f = family.unwrap();
                    for e in 0..count {
                        if s.is_end(node, e) {
                            s.moments[node.0].push(vec![f64::NAN; r.graph.nodes[node.0].spec.stat.width(d)]);
                            continue;
                        }
                        let eta = f.natural(d, &element(&q[node.0], e));
                        let mut m = vec![0.0; eta.len()];
                        let mut a = [0.0];
                        f.evaluate(d, &eta, &mut m, &mut a).unwrap();
                        if s.known(node, e).is_none() {
                            s.entropy[first] += s.weight(node, e) * entropy(&eta, &m, a[0]);
                        }
                        s.moments[node.0].push(m);
                    }
                }
                Some(spec) => {
                    let f = spec.family;
                    let (x, tau) = (var.nodes[0], var.nodes[1]);
                    assert!(
                        [&GAUSSIAN, &GAUSSIAN_VECTOR].contains(&r.graph.nodes[x.0].spec.stat),
                        "location first"
                    );
                    let mut all = vec![];
                    for e in 0..count {
                        let mut p = element(&q[x.0], e);
                        let own = element(&q[tau.0], e);
                        let family = r.graph.nodes[tau.0].spec.family.unwrap();
                        let eta = family.natural(d, &own);
                        let mut precision = vec![0.0; eta.len()];
                        family.evaluate(d, &eta, &mut precision, &mut [0.0]).unwrap();
                        all.push(JointQ { mean: p[0].values.clone(), kappa: p[1].values[0], precision });
                        p.extend(own);
                        let eta = f.natural(d, &p);
                        let mut m = vec![0.0; eta.len()];
                        let mut a = [0.0];
                        f.evaluate(d, &eta, &mut m, &mut a).unwrap();
                        s.entropy[first] += s.weight(x, e) * entropy(&eta, &m, a[0]);
                    }
                    let copy = |q: &JointQ| JointQ {
                        mean: q.mean.clone(),
                        kappa: q.kappa,
                        precision: q.precision.clone(),
                    };
                    s.joints[x.0] = Some((v, all.iter().map(copy).collect()));
                    s.joints[tau.0] = Some((v, all));
                }
            }
        }
        for &node in chains.iter().flatten() {
            // Until they are enumerated, and for chains that meet another one.
            let d = s.d(node);
            s.moments[node.0] = q[node.0][0].values.chunks_exact(d).map(<[f64]>::to_vec).collect();
        }
        for nodes in chains {
            let q = s.enumerate(&nodes);
            for &node in &nodes {
                s.moments[node.0] = q.single[&node].chunks_exact(s.d(node)).map(<[f64]>::to_vec).collect();
            }
            s.entropy[nodes.iter().map(|n| n.0).min().unwrap()] = q.entropy;
            s.joint.push((nodes, q));
        }
        s
    }

    /// The last element of a stick's vector: no variable.
    fn is_end(&self, node: NodeId, e: usize) -> bool {
        let n = &self.r.graph.nodes[node.0];
        n.stick && (e + 1).is_multiple_of(self.r.bound.plate(*n.plates.last().unwrap()).size)
    }

    fn d(&self, node: NodeId) -> usize {
        self.r.graph.nodes[node.0].event.map_or(1, |e| self.r.bound.size(e))
    }
    fn sizes(&self, plates: &[PlateId]) -> Vec<usize> {
        plates.iter().map(|p| self.r.bound.plate(*p).size).collect()
    }
    fn count(&self, node: NodeId) -> usize {
        self.sizes(&self.r.graph.nodes[node.0].plates).iter().product()
    }
    /// Index in each plate of an element.
    fn indices(&self, node: NodeId, mut e: usize) -> Vec<(PlateId, usize)> {
        let plates = &self.r.graph.nodes[node.0].plates;
        let mut out = vec![];
        for p in plates.iter().rev() {
            let size = self.r.bound.plate(*p).size;
            out.push((*p, e % size));
            e /= size;
        }
        out.reverse();
        out
    }
    fn weight(&self, node: NodeId, e: usize) -> f64 {
        self.indices(node, e)
            .iter()
            .filter_map(|(p, i)| self.r.bound.plate(*p).weight.as_ref().map(|w| w[*i]))
            .product()
    }
    /// The value of an observed cell.
    fn known(&self, node: NodeId, e: usize) -> Option<Vec<f64>> {
        match self.r.bound.observed(node)? {
            ObservedArray::Numbers { width, values } => {
                let v = &values[e * width..(e + 1) * width];
                v.iter().all(|x| !x.is_nan()).then(|| v.to_vec())
            }
            ObservedArray::Codes(c) => (c[e] != u32::MAX).then(|| vec![f64::from(c[e])]),
        }
    }

    fn site_moments(&self, (node, e): Site) -> Slot {
        let spec = self.r.graph.nodes[node.0].spec;
        let d = self.d(node);
        if let Some(value) = self.known(node, e) {
            let mut out = vec![0.0; spec.stat.width(d)];
            (spec.stat.of_value)(&value, d, &mut out).unwrap();
            return Slot { moments: out, joint: None };
        }
        if let Some((block, all)) = &self.joints[node.0] {
            let q = &all[e];
            if [&GAUSSIAN, &GAUSSIAN_VECTOR].contains(&spec.stat) {
                let mut out = vec![0.0; spec.stat.width(d)];
                (spec.stat.of_value)(&q.mean, d, &mut out).unwrap();
                return Slot { moments: out, joint: Some((*block, e, true, 1.0)) };
            }
            return Slot { moments: q.precision.clone(), joint: Some((*block, e, false, 1.0)) };
        }
        Slot { moments: self.moments[node.0][e].clone(), joint: None }
    }

    /// The element that a reference names; trailing plates are left (its first element).
    fn site(&self, r: &Ref, at: &[(PlateId, usize)], assigned: &Assignment) -> Option<usize> {
        let plates = match r.target {
            Target::Node(n) => self.r.graph.nodes[n.0].plates.clone(),
            Target::Input(i) => self.r.graph.inputs[i.0].plates.clone(),
            Target::Column(_) => vec![],
        };
        if let Target::Column(_) = r.target {
            let Some(Index::Plate(p)) = r.index.first() else { panic!("a covariate by its row") };
            return Some(own(at, *p));
        }
        let mut e = 0;
        for (i, plate) in plates.iter().enumerate() {
            let place = match r.index.get(i) {
                None => 0,
                Some(Index::Plate(p)) => own(at, *p),
                Some(Index::At(fixed)) => fixed.settled(&self.r.bound.labelled),
                Some(Index::Column { column, plate: row }) => {
                    let codes = self
                        .r
                        .bound
                        .codes(*column, Extent::Plate(*plate))
                        .expect("the column's codes in the plate");
                    codes[own(at, *row)] as usize
                }
                Some(Index::Before { plate, lag }) => self.before(*plate, own(at, *plate), *lag)?,
                Some(Index::Parent(p)) => {
                    self.r.bound.plate(*p).parents.as_ref().unwrap()[own(at, *p)] as usize
                }
                Some(Index::Gate(g)) => {
                    let Target::Node(z) = g.target else { panic!("a gate is a node") };
                    let site = (z, self.site(g, at, assigned)?);
                    assigned.iter().find(|a| a.0 == site).expect("every selector has a category").1
                }
            };
            e = e * self.r.bound.plate(*plate).size + place;
        }
        Some(e)
    }

    fn steps(&self, plate: PlateId, row: usize) -> (Vec<usize>, usize) {
        let s = self.r.bound.plate(plate).sequences.as_ref().expect("a Steps plate has sequences");
        for i in 0..s.len() {
            let rows: Vec<usize> = s.rows(i).collect();
            if let Some(step) = rows.iter().position(|r| *r == row) {
                return (rows, step);
            }
        }
        panic!("row {row} is in no sequence")
    }
    fn before(&self, plate: PlateId, row: usize, lag: u32) -> Option<usize> {
        let (rows, step) = self.steps(plate, row);
        step.checked_sub(lag as usize).map(|s| rows[s])
    }

    fn selectors(&self, e: &Expr, at: &[(PlateId, usize)], out: &mut Vec<Site>) {
        match &e.kind {
            ExprKind::Numbers(_) => {}
            ExprKind::Ref(r) => {
                for i in &r.index {
                    if let Index::Gate(g) = i {
                        let Target::Node(z) = g.target else { panic!("a gate is a node") };
                        let site = (z, self.site(g, at, &vec![]).expect("a selector's element"));
                        if !out.contains(&site) {
                            out.push(site);
                        }
                    }
                }
            }
            ExprKind::Binary(_, a, b) => {
                self.selectors(a, at, out);
                self.selectors(b, at, out);
            }
            ExprKind::Negate(a) => self.selectors(a, at, out),
            ExprKind::Call(_, args) => args.iter().for_each(|a| self.selectors(a, at, out)),
        }
    }

    /// A known expression's numbers.
    fn value(&self, e: &Expr, at: &[(PlateId, usize)], assigned: &Assignment) -> Vec<f64> {
        let sizes: Vec<usize> = e.axes.iter().map(|x| self.r.bound.size(*x)).collect();
        let len: usize = sizes.iter().product();
        match &e.kind {
            ExprKind::Numbers(n) => n.clone(),
            ExprKind::Ref(r) => {
                let i = self.site(r, at, assigned).expect("a known value's element");
                match r.target {
                    Target::Input(id) => {
                        let input = &self.r.graph.inputs[id.0];
                        let all = &self.r.bound.inputs[id.0];
                        // One number for all elements is there once.
                        if input.sizes.is_empty() && all.len() == 1 {
                            return vec![all[0]; len.max(1)];
                        }
                        let each: usize = all.len() / self.sizes(&input.plates).iter().product::<usize>();
                        all[i * each..i * each + len.max(1)].to_vec()
                    }
                    Target::Column(c) => {
                        vec![self.r.bound.columns[c.0].numbers.as_ref().expect("a covariate's numbers")[i]]
                    }
                    Target::Node(_) => panic!("a random variable has no value"),
                }
            }
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.value(a, at, assigned), self.value(b, at, assigned));
                let n = a.len().max(b.len());
                let pick = |v: &Vec<f64>, i: usize| if v.len() == 1 { v[0] } else { v[i] };
                (0..n)
                    .map(|i| match op {
                        BinaryOp::Add => pick(&a, i) + pick(&b, i),
                        BinaryOp::Sub => pick(&a, i) - pick(&b, i),
                        BinaryOp::Mul => pick(&a, i) * pick(&b, i),
                        BinaryOp::Div => pick(&a, i) / pick(&b, i),
                        other => panic!("{other:?} is not among these models"),
                    })
                    .collect()
            }
            ExprKind::Negate(a) => self.value(a, at, assigned).iter().map(|x| -x).collect(),
            ExprKind::Call(Function::Identity, _) => {
                let d = sizes[0];
                (0..d * d).map(|i| f64::from(u8::from(i / d == i % d))).collect()
            }
            ExprKind::Call(Function::Diag, args) => {
                let v = self.value(&args[0], at, assigned);
                let d = sizes[0];
                (0..d * d).map(|i| if i / d == i % d { v[(i / d).min(v.len() - 1)] } else { 0.0 }).collect()
            }
            ExprKind::Call(Function::Stick, args) => {
                let v = self.value(&args[0], at, assigned);
                let left = |k: usize| (0..k).map(|j| 1.0 - v[j]).product::<f64>();
                (0..v.len()).map(|k| left(k) * if k + 1 < v.len() { v[k] } else { 1.0 }).collect()
            }
            ExprKind::Call(f, _) => panic!("{f:?} is not for this test"),
        }
    }

    /// Is some array that the expression names a random variable? A gate alone does not make it one.
    #[allow(clippy::only_used_in_recursion)]
    fn random(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Numbers(_) => false,
            ExprKind::Ref(r) => matches!(r.target, Target::Node(_)),
            ExprKind::Binary(_, a, b) => self.random(a) || self.random(b),
            ExprKind::Negate(a) => self.random(a),
            ExprKind::Call(_, args) => args.iter().any(|a| self.random(a)),
        }
    }

    /// Has the expression several random variables, or a function of one, where something positive is needed?
    fn is_function(&self, e: &Expr, stat: &'static StatKind) -> bool {
        fn count(e: &Expr) -> usize {
            match &e.kind {
                ExprKind::Numbers(_) => 0,
                ExprKind::Ref(r) => usize::from(matches!(r.target, Target::Node(_))),
                ExprKind::Binary(_, a, b) => count(a) + count(b),
                ExprKind::Negate(a) => count(a),
                ExprKind::Call(_, args) => 2 * args.iter().map(count).sum::<usize>(),
            }
        }
        let matrix = |e: &Expr| stat == &WISHART && matches!(&e.kind, ExprKind::Binary(..));
        [&GAMMA, &WISHART, &DIRICHLET].contains(&stat) && (count(e) > 1 || matrix(e))
    }

    /// (E[x], E[ln x]) of a product of positive numbers; of its element `along` if it is a vector. The joint
    /// that one factor is in, with the mean of the others.
    fn positive(
        &self,
        e: &Expr,
        along: usize,
        at: &[(PlateId, usize)],
        assigned: &Assignment,
    ) -> ([f64; 2], Joined) {
        if !self.random(e) {
            let v = self.value(e, at, assigned);
            let v = v[along.min(v.len() - 1)];
            return ([v, v.ln()], None);
        }
        match &e.kind {
            ExprKind::Ref(r) => {
                let Target::Node(n) = r.target else { panic!("a random variable is a node") };
                let slot = self.site_moments((
                    n,
                    self.site(r, at, assigned).unwrap() + if e.axes.is_empty() { 0 } else { along },
                ));
                ([slot.moments[0], slot.moments[1]], slot.joint)
            }
            ExprKind::Binary(op, x, y) => {
                let ((x, i), (y, j)) =
                    (self.positive(x, along, at, assigned), self.positive(y, along, at, assigned));
                let (y, sign) = if *op == BinaryOp::Div { ([1.0 / y[0], y[1]], -1.0) } else { (y, 1.0) };
                let joint = i.map(|i| (i.0, i.1, i.2, i.3 * y[0])).or(j.map(|j| (j.0, j.1, j.2, j.3 * x[0])));
                ([x[0] * y[0], x[1] + sign * y[1]], joint)
            }
            _ => panic!("not a product"),
        }
    }

    /// Moments of a matrix (X, ln|X|) or of ln of a probability vector.
    fn array(
        &self,
        e: &Expr,
        stat: &'static StatKind,
        d: usize,
        at: &[(PlateId, usize)],
        assigned: &Assignment,
    ) -> Slot {
        if !self.random(e) {
            let mut out = vec![0.0; stat.width(d)];
            (stat.of_value)(&self.value(e, at, assigned), d, &mut out).unwrap();
            return Slot { moments: out, joint: None };
        }
        match &e.kind {
            ExprKind::Ref(r) => {
                let Target::Node(n) = r.target else { panic!("a random variable is a node") };
                self.site_moments((n, self.site(r, at, assigned).unwrap()))
            }
            ExprKind::Binary(op, x, y) => {
                let (scale, matrix) = if x.axes.is_empty() { (x, y) } else { (y, x) };
                let (s, j) = self.positive(scale, 0, at, assigned);
                assert!(j.is_none());
                let s = if *op == BinaryOp::Div { [1.0 / s[0], -s[1]] } else { s };
                let mut slot = self.array(matrix, stat, d, at, assigned);
                slot.moments[..d * d].iter_mut().for_each(|x| *x *= s[0]);
                slot.moments[d * d] += d as f64 * s[1];
                slot.joint = slot.joint.map(|j| (j.0, j.1, j.2, j.3 * s[0]));
                slot
            }
            ExprKind::Call(Function::Diag, args) => {
                let mut out = vec![0.0; d * d + 1];
                for i in 0..d {
                    let (v, _) = self.positive(&args[0], i, at, assigned);
                    out[i * d + i] = v[0];
                    out[d * d] += v[1];
                }
                Slot { moments: out, joint: None }
            }
            ExprKind::Call(Function::Stick, args) => {
                // ln v_k where k is not the last, and ln(1 − v_j) of all before it.
                let v = |k| self.positive(&args[0], k, at, assigned).0;
                let ln =
                    |k: usize| (0..k).map(|j| v(j)[1]).sum::<f64>() + if k + 1 < d { v(k)[0] } else { 0.0 };
                Slot { moments: (0..d).map(ln).collect(), joint: None }
            }
            _ => panic!("not an array"),
        }
    }

    fn affine(&self, e: &Expr, at: &[(PlateId, usize)], assigned: &Assignment) -> Affine {
        let add = |mut x: Affine, b: Vec<f64>, sign: f64| {
            let n = x.b.len().max(b.len());
            let pick = |v: &Vec<f64>, i: usize| if v.is_empty() { 0.0 } else { v[i.min(v.len() - 1)] };
            x.b = (0..n).map(|i| pick(&x.b, i) + sign * pick(&b, i)).collect();
            x
        };
        let scale = |mut x: Affine, c: f64| {
            x.a *= c;
            x.b.iter_mut().for_each(|b| *b *= c);
            x
        };
        match &e.kind {
            ExprKind::Ref(r) => {
                let Target::Node(n) = r.target else { panic!("a random variable is a node") };
                assert_eq!(r.index.len(), self.r.graph.nodes[n.0].plates.len(), "all plates are indexed");
                Affine {
                    site: (n, self.site(r, at, assigned).expect("a parent's element")),
                    a: 1.0,
                    b: vec![],
                }
            }
            ExprKind::Negate(x) => scale(self.affine(x, at, assigned), -1.0),
            ExprKind::Binary(op, x, y) => match (op, self.random(x), self.random(y)) {
                (BinaryOp::Add, true, false) => {
                    add(self.affine(x, at, assigned), self.value(y, at, assigned), 1.0)
                }
                (BinaryOp::Add, false, true) => {
                    add(self.affine(y, at, assigned), self.value(x, at, assigned), 1.0)
                }
                (BinaryOp::Sub, true, false) => {
                    add(self.affine(x, at, assigned), self.value(y, at, assigned), -1.0)
                }
                (BinaryOp::Sub, false, true) => {
                    add(scale(self.affine(y, at, assigned), -1.0), self.value(x, at, assigned), 1.0)
                }
                (BinaryOp::Mul, true, false) => {
                    scale(self.affine(x, at, assigned), self.value(y, at, assigned)[0])
                }
                (BinaryOp::Mul, false, true) => {
                    scale(self.affine(y, at, assigned), self.value(x, at, assigned)[0])
                }
                (BinaryOp::Div, true, false) => {
                    scale(self.affine(x, at, assigned), 1.0 / self.value(y, at, assigned)[0])
                }
                _ => panic!("two random variables in one expression"),
            },
            _ => panic!("not an affine expression"),
        }
    }

    /// Moments of a parameter.
    fn slot(&self, f: &Factor, s: usize, d: usize, at: &[(PlateId, usize)], assigned: &Assignment) -> Slot {
        let arg = &f.args[s - 1];
        let stat = f.spec.params[s - 1].stat;
        if !self.random(&arg.expr) {
            let mut out = vec![0.0; stat.width(d)];
            (stat.of_value)(&self.known_value(f, s, d, at, assigned), d, &mut out).unwrap();
            return Slot { moments: out, joint: None };
        }
        if self.is_function(&arg.expr, stat) {
            return if stat == &GAMMA {
                let (m, joint) = self.positive(&arg.expr, 0, at, assigned);
                Slot { moments: m.to_vec(), joint }
            } else {
                self.array(&arg.expr, stat, d, at, assigned)
            };
        }
        let x = self.affine(&arg.expr, at, assigned);
        let mut slot = self.site_moments(x.site);
        if x.a == 1.0 && x.b.is_empty() {
            return slot;
        }
        let m = &slot.moments;
        let b = |i: usize| if x.b.is_empty() { 0.0 } else { x.b[i.min(x.b.len() - 1)] };
        let a = x.a;
        slot.moments = if stat == &GAUSSIAN {
            vec![a * m[0] + b(0), a * a * m[1] + 2.0 * a * b(0) * m[0] + b(0) * b(0)]
        } else if stat == &GAUSSIAN_VECTOR {
            let mut out: Vec<f64> = (0..d).map(|i| a * m[i] + b(i)).collect();
            for i in 0..d {
                for j in 0..d {
                    out.push(a * a * m[d + i * d + j] + a * (m[i] * b(j) + b(i) * m[j]) + b(i) * b(j));
                }
            }
            out
        } else if stat == &GAMMA {
            assert!(x.b.is_empty());
            vec![a * m[0], m[1] + a.ln()]
        } else if stat == &WISHART {
            assert!(x.b.is_empty());
            let mut out: Vec<f64> = m[..d * d].iter().map(|v| a * v).collect();
            out.push(m[d * d] + d as f64 * a.ln());
            out
        } else {
            panic!("{} is not scaled", stat.name)
        };
        if let Some(j) = &mut slot.joint {
            j.3 = a;
        }
        slot
    }

    fn known_value(
        &self,
        f: &Factor,
        s: usize,
        d: usize,
        at: &[(PlateId, usize)],
        assigned: &Assignment,
    ) -> Vec<f64> {
        let arg = &f.args[s - 1];
        let param = &f.spec.params[s - 1];
        let mut v = self.value(&arg.expr, at, assigned);
        let width = param.stat.value.width(d);
        if v.len() == 1 && width > 1 && param.stat != &CATEGORY {
            v = vec![v[0]; width];
        }
        if let Some(i) = arg.spelling {
            (param.spellings[i].convert)(&mut v, d).unwrap();
        }
        v
    }

    /// E[ln p] of one element given categories of its selectors (and `child`'s statistic, where it is given).
    fn energy(&self, f: &Factor, e: usize, assigned: &Assignment, child: Option<usize>) -> f64 {
        let d = self.d(f.node);
        let at = self.indices(f.node, e);
        let mut slots = vec![match child {
            None => self.site_moments((f.node, e)),
            Some(c) => Slot { moments: (0..d).map(|i| f64::from(u8::from(i == c))).collect(), joint: None },
        }];
        for s in 1..=f.spec.params.len() {
            slots.push(self.slot(f, s, d, &at, assigned));
        }
        let borrow: Vec<&[f64]> = slots.iter().map(|s| s.moments.as_slice()).collect();
        let against = self.r.plan.blocks.measure(f.node);
        let mut total = laws::energy(f.spec, against, d, &borrow);
        // A location that is kept with its precision: E[τ x xᵀ] = E[τ] m mᵀ + I/κ.
        for (i, x) in slots.iter().enumerate() {
            let Some((block, element, true, a)) = x.joint else { continue };
            let partner = slots
                .iter()
                .position(|y| matches!(y.joint, Some((b, e, false, _)) if (b, e) == (block, element)));
            let j = partner.expect("a location meets only its own precision");
            let c = slots[j].joint.unwrap().3;
            let node = self.r.plan.blocks.list[block].nodes[0];
            let kappa = self.joints[node.0].as_ref().unwrap().1[element].kappa;
            let mut wide = x.moments.clone();
            let mut unit = vec![0.0; slots[j].moments.len()];
            for k in 0..d {
                wide[d + k * d + k] += a * a / kappa;
                unit[k * d + k] = c;
            }
            let mut now = borrow.clone();
            now[j] = &unit;
            total -= laws::energy(f.spec, against, d, &now);
            now[i] = &wide;
            total += laws::energy(f.spec, against, d, &now);
        }
        total + self.base(f, e, &at, d)
    }

    fn base(&self, f: &Factor, e: usize, at: &[(PlateId, usize)], d: usize) -> f64 {
        self.measure(f, e, d) + self.log_base(f, e, at, d)
    }

    /// ln h of a known element among latent ones.
    fn measure(&self, f: &Factor, e: usize, d: usize) -> f64 {
        let own = self.r.plan.blocks.measure(f.node) == Measure::Family;
        match (self.role(f.node), self.known(f.node, e)) {
            (Role::Mixed, Some(x)) if own && !f.spec.measure.is_empty() => {
                let mut t = vec![0.0; f.spec.stat.width(d)];
                (f.spec.stat.of_value)(&x, d, &mut t).unwrap();
                -f.spec.minus_ln_measure(d, &t)
            }
            _ => 0.0,
        }
    }

    fn log_base(&self, f: &Factor, e: usize, at: &[(PlateId, usize)], d: usize) -> f64 {
        let Some(base) = f.spec.log_base else { return 0.0 };
        let child = if self.role(f.node) == Role::Observed { self.known(f.node, e).unwrap() } else { vec![] };
        let mut values = vec![child];
        for s in 1..=f.spec.params.len() {
            values.push(if f.spec.params[s - 1].gated {
                vec![]
            } else {
                self.known_value(f, s, d, at, &vec![])
            });
        }
        let borrow: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        base(&borrow, d)
    }

    fn role(&self, node: NodeId) -> Role {
        self.r.plan.blocks.roles[node.0]
    }

    /// Elements that a line speaks of and that count.
    fn elements(&self, f: &Factor) -> Vec<usize> {
        let role = self.role(f.node);
        if role == Role::Predicted {
            return vec![];
        }
        let counts = |e: &usize| {
            let at = self.indices(f.node, *e);
            let step = || {
                let p = at
                    .iter()
                    .find(|(p, _)| matches!(self.r.graph.plates[p.0].kind, PlateKind::Steps { .. }))
                    .unwrap();
                self.steps(p.0, p.1).1 as u32
            };
            let root = || {
                let p = at
                    .iter()
                    .find(|(p, _)| matches!(self.r.graph.plates[p.0].kind, PlateKind::Tree { .. }))
                    .unwrap();
                self.r.bound.plate(p.0).parents.as_ref().unwrap()[p.1] == u32::MAX
            };
            let line = match f.rows {
                RowSet::All => true,
                RowSet::Step(s) => step() == s,
                RowSet::From(s) => step() >= s,
                RowSet::Roots => root(),
                RowSet::Below => !root(),
            };
            line && !self.is_end(f.node, *e) && (role != Role::Observed || self.known(f.node, *e).is_some())
        };
        (0..self.count(f.node)).filter(counts).collect()
    }

    /// Selectors of an element, and its child where that is a category with a q.
    fn sites(&self, f: &Factor, e: usize) -> (Vec<Site>, bool) {
        let at = self.indices(f.node, e);
        let mut out = vec![];
        f.args.iter().for_each(|a| self.selectors(&a.expr, &at, &mut out));
        let child = f.spec.stat == &CATEGORY && self.role(f.node).has_q();
        if child {
            out.push((f.node, e));
        }
        (out, child)
    }

    /// Σ over categories of sites not in `fixed`, weighted by q.
    fn expected(&self, f: &Factor, e: usize, fixed: &Assignment) -> f64 {
        let (sites, child) = self.sites(f, e);
        let sizes: Vec<usize> = sites.iter().map(|s| self.d(s.0)).collect();
        let mut total = 0.0;
        for mut n in 0..sizes.iter().product::<usize>() {
            let mut assigned: Assignment = vec![];
            for (site, size) in sites.iter().zip(&sizes) {
                assigned.push((*site, n % size));
                n /= size;
            }
            if fixed.iter().any(|(s, c)| assigned.iter().any(|(t, b)| s == t && b != c)) {
                continue;
            }
            let p = self.probability(&assigned, fixed);
            if p > 0.0 {
                let own = child.then(|| assigned.last().unwrap().1);
                total += p * self.energy(f, e, &assigned, own);
            }
        }
        total
    }

    /// q of the categories of sites that are not fixed.
    fn probability(&self, assigned: &Assignment, fixed: &Assignment) -> f64 {
        let free: Vec<_> = assigned.iter().filter(|a| !fixed.iter().any(|f| f.0 == a.0)).collect();
        let mut done = vec![false; free.len()];
        let mut p = 1.0;
        for i in 0..free.len() {
            if done[i] {
                continue;
            }
            let ((node, e), c) = *free[i];
            if let Some((nodes, q)) = self.joint.iter().find(|j| j.0.contains(&node)) {
                let mut set: Vec<(Site, usize)> = vec![];
                for (j, a) in free.iter().enumerate().filter(|(_, a)| nodes.contains(&a.0.0)) {
                    done[j] = true;
                    set.push(**a);
                }
                set.sort_unstable();
                let sites: Vec<Site> = set.iter().map(|a| a.0).collect();
                p *= q.sets[&sites][set.iter().fold(0, |at, a| at * self.d(a.0.0) + a.1)];
                continue;
            }
            p *= self.site_moments((node, e)).moments[c];
        }
        p
    }

    /// q of categories in one block given all other blocks, state by state of each connected part.
    fn enumerate(&self, nodes: &[NodeId]) -> CategoriesQ {
        let size = |sites: &[Site]| sites.iter().map(|s| self.d(s.0)).product::<usize>();
        let state = |sites: &[Site], mut n: usize| -> Assignment {
            let mut out = vec![];
            for s in sites.iter().rev() {
                out.push((*s, n % self.d(s.0)));
                n /= self.d(s.0);
            }
            out.reverse();
            out
        };
        let mut sets: BTreeMap<Vec<Site>, Vec<f64>> = BTreeMap::new();
        for f in &self.r.graph.factors {
            for e in self.elements(f) {
                let mut mine: Vec<Site> =
                    self.sites(f, e).0.into_iter().filter(|s| nodes.contains(&s.0)).collect();
                mine.sort_unstable();
                if mine.is_empty() {
                    continue;
                }
                let table = sets.entry(mine.clone()).or_insert_with(|| vec![0.0; size(&mine)]);
                for (i, x) in table.iter_mut().enumerate() {
                    *x += self.expected(f, e, &state(&mine, i));
                }
            }
        }
        let all = nodes.iter().flat_map(|&n| (0..self.count(n)).map(move |e| (n, e)));
        let mut parts: Vec<Vec<Site>> = all.map(|s| vec![s]).collect();
        for set in sets.keys() {
            let (met, rest): (Vec<_>, Vec<_>) =
                parts.into_iter().partition(|p| p.iter().any(|s| set.contains(s)));
            parts = rest;
            parts.push(met.concat());
        }
        let single = nodes.iter().map(|&n| (n, vec![0.0; self.count(n) * self.d(n)])).collect();
        let mut out = CategoriesQ {
            single,
            sets: sets.iter().map(|(k, v)| (k.clone(), vec![0.0; v.len()])).collect(),
            entropy: 0.0,
        };
        for part in parts {
            let states = size(&part);
            assert!(states <= 200_000, "too many states to enumerate");
            let place: BTreeMap<Site, usize> = part.iter().enumerate().map(|(i, s)| (*s, i)).collect();
            let within: Vec<(Vec<usize>, &Vec<Site>)> = sets
                .keys()
                .filter(|k| place.contains_key(&k[0]))
                .map(|k| (k.iter().map(|s| place[s]).collect(), k))
                .collect();
            let entry = |at: &[usize], sites: &[Site], c: &Assignment| {
                at.iter().zip(sites).fold(0, |n, (i, s)| n * self.d(s.0) + c[*i].1)
            };
            let score: Vec<f64> = (0..states)
                .map(|n| {
                    let c = state(&part, n);
                    if c.iter().any(|((n, e), k)| self.known(*n, *e).is_some_and(|v| v[0] as usize != *k)) {
                        return f64::NEG_INFINITY;
                    }
                    within.iter().map(|(at, k)| sets[*k][entry(at, k, &c)]).sum()
                })
                .collect();
            let top = score.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let norm = top + score.iter().map(|s| (s - top).exp()).sum::<f64>().ln();
            for (n, s) in score.iter().enumerate() {
                let p = (s - norm).exp();
                if p == 0.0 {
                    continue;
                }
                let c = state(&part, n);
                out.entropy -= self.weight(part[0].0, part[0].1) * p * (s - norm);
                for ((node, e), k) in &c {
                    out.single.get_mut(node).unwrap()[e * self.d(*node) + k] += p;
                }
                for (at, k) in &within {
                    out.sets.get_mut(*k).unwrap()[entry(at, k, &c)] += p;
                }
            }
        }
        out
    }

    fn terms(&self) -> Vec<f64> {
        let mut out = self.entropy.clone();
        for f in &self.r.graph.factors {
            for e in self.elements(f) {
                out[f.node.0] += self.weight(f.node, e) * self.expected(f, e, &vec![]);
            }
        }
        out
    }
}

fn own(at: &[(PlateId, usize)], p: PlateId) -> usize {
    at.iter().find(|a| a.0 == p).expect("one of the child's plates").1
}

/// One element's parameters.
fn element(all: &[NamedArray], e: usize) -> Vec<Parameter> {
    let each = |a: &NamedArray| {
        let w: usize = a.dims.iter().product();
        Parameter {
            name: "",
            domain: Domain::Real,
            dims: a.dims.clone(),
            values: a.values[e * w..(e + 1) * w].to_vec(),
        }
    };
    all.iter().map(each).collect()
}

/// Fails where the engine's share of the bound differs from the loops'.
pub fn compare(r: &Ready, p: &Posterior, within: f64) -> Result<(), String> {
    let q = r.reported(p);
    let ours = r.terms(&q);
    let scale: f64 = ours.iter().map(|x| x.abs()).sum::<f64>().max(1.0);
    for ((name, theirs), ours) in p.terms.iter().zip(&ours) {
        if (theirs - ours).abs().is_nan() || (theirs - ours).abs() > within * scale {
            return Err(format!("the share of `{name}` is {theirs}, the loops say {ours}\n{}", r.text));
        }
    }
    let sum: f64 = p.terms.iter().map(|t| t.1).sum();
    if (sum - p.elbo).abs().is_nan() || (sum - p.elbo).abs() > within * scale {
        return Err(format!("the shares sum to {sum}, the bound is {}\n{}", p.elbo, r.text));
    }
    for (node, single) in r.enumerated(&q) {
        let reported = &q[node.0][0].values;
        if let Some(i) = (0..single.len()).find(|&i| (single[i] - reported[i]).abs() > 1e-6) {
            let name = &r.graph.nodes[node.0].name;
            return Err(format!(
                "`{name}`: number {i} is {}, by all paths {}\n{}",
                reported[i], single[i], r.text
            ));
        }
    }
    Ok(())
}

/// No q nearby is better: every number of every block is moved a little, up and down.
pub fn at_rest(r: &Ready, p: &Posterior) -> Result<(), String> {
    let q = r.reported(p);
    let here: f64 = r.terms(&q).iter().sum();
    let tolerance = 1e-9 * here.abs().max(1.0);
    for (v, var) in r.plan.vars.iter().enumerate() {
        let _ = v;
        if var.shape.tables().is_some() {
            continue;
        }
        for node in &var.nodes {
            let category = r.graph.nodes[node.0].spec.stat == &CATEGORY;
            for a in 0..q[node.0].len() {
                for i in 0..q[node.0][a].values.len() {
                    for h in [1e-3, -1e-3] {
                        let mut moved = q.clone();
                        let array = &mut moved[node.0][a];
                        let w: usize = array.dims.iter().product();
                        if category {
                            let row = &mut array.values[i / w * w..][..w];
                            if h < 0.0 || row[i % w] > 1.0 - 1e-6 {
                                continue;
                            }
                            row.iter_mut().for_each(|x| *x *= 1.0 - h);
                            row[i % w] += h;
                        } else if array.dims.len() == 2 {
                            let d = array.dims[0];
                            let (row, column) = (i % w / d, i % w % d);
                            let size = (array.values[i / w * w + row * d + row]
                                * array.values[i / w * w + column * d + column])
                                .sqrt();
                            array.values[i] += h * size;
                            if row != column {
                                array.values[i / w * w + column * d + row] += h * size;
                            }
                        } else {
                            array.values[i] +=
                                h * array.values[i].abs().max(if array.name == "mean" { 1.0 } else { 0.0 });
                        }
                        let there: f64 = r.terms(&moved).iter().sum();
                        if there > here + tolerance {
                            let name = &r.graph.nodes[node.0].name;
                            let which = &q[node.0][a].name;
                            return Err(format!(
                                "`{name}`: the bound rises by {} when number {i} of `{which}` moves by {h}\n{}",
                                there - here,
                                r.text
                            ));
                        }
                    }
                }
            }
        }
    }
    Ok(())
}
