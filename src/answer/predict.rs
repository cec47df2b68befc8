//! Predictions of missing leaves: the posterior predictive mean, with selectors and parents averaged under q.
//! Not here: latent cells that others depend on, which have a q of their own.
//!
//! Given a component, the mean of a child is its distribution's at the parameters' posterior means; this is
//! exact for the mean, since all means here are linear in the parameters. The standard deviation adds the
//! spread between components, and takes the parameters at their means: it leaves out what is not known of
//! them.

use crate::{
    expfam::{family::Summary, form::Measure, laws::message, spec::DistSpec, stat::PartShape},
    graph::{
        Bound, FactorGraph,
        evaluate::{self, Environment, Steps, Values},
        factor_graph::{Arg, Factor, Index, Ref, RowSet, Target},
    },
    shape::{NodeId, PlateId},
};

/// Responsibilities below this add nothing that could be seen.
const NEGLIGIBLE: f64 = 1e-12;

/// Cells predicted at once: their numbers stay in cache.
const TOGETHER: usize = 1024;

/// The nodes that a node's lines name, selectors included.
pub fn parents(graph: &FactorGraph, node: NodeId) -> Vec<NodeId> {
    let mut out = vec![];
    for f in graph.factors.iter().filter(|f| f.node == node) {
        let args = written(f).1.iter();
        args.for_each(|a| evaluate::each_ref(&a.expr, &mut |r| named_by_ref(r, &mut out)));
    }
    out
}

/// A line as the model has it: its own auxiliary variable is averaged over by the distribution that was
/// called.
fn written(f: &Factor) -> (&'static DistSpec, &[Arg]) {
    f.written.as_ref().map_or((f.spec, &f.args), |w| (w.spec, &w.args))
}

fn named_by_ref(r: &Ref, out: &mut Vec<NodeId>) {
    if let Target::Node(n) = r.target {
        out.push(n);
    }
    for i in &r.index {
        if let Index::Gate(g) = i {
            named_by_ref(g, out);
        }
    }
}

/// What is predicted of some cells of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// Numbers of one cell: those of its value, or one probability for each category.
    pub width: usize,
    /// Cell after cell.
    pub mean: Vec<f64>,
    /// Standard deviations like `mean`; NaN where there is none.
    pub sd: Vec<f64>,
}

/// Predicts some elements of a node, given the posterior means of its parents: of each node that has any, all
/// elements in file order, plates first, then the value's axes (probabilities of a category).
pub fn cells(
    graph: &FactorGraph,
    bound: &Bound,
    node: NodeId,
    elements: &[usize],
    means: &[Option<&[f64]>],
) -> Predicted {
    let n = &graph.nodes[node.0];
    let d = n.event.map_or(1, |e| bound.size(e));
    let width = n.spec.stat.mean_shape().width(d);
    let steps = Steps::new(bound);
    let sizes: Vec<usize> = n.plates.iter().map(|p| bound.plate(*p).size).collect();
    let lines: Vec<&Factor> = graph.factors.iter().filter(|f| f.node == node).collect();
    let mut out = Predicted {
        width,
        mean: vec![f64::NAN; elements.len() * width],
        sd: vec![f64::NAN; elements.len() * width],
    };
    // The first line that speaks of an element gives its distribution.
    let mut of_line: Vec<Vec<usize>> = vec![vec![]; lines.len()];
    for (place, &e) in elements.iter().enumerate() {
        let at = |axis: usize| e / sizes[axis + 1..].iter().product::<usize>() % sizes[axis];
        let here: Vec<(PlateId, usize)> = n.plates.iter().enumerate().map(|(i, &p)| (p, at(i))).collect();
        if let Some(line) = lines.iter().position(|f| speaks_of(bound, &steps, f, &here)) {
            of_line[line].push(place);
        }
    }
    for (line, places) in lines.iter().zip(&of_line) {
        for places in places.chunks(TOGETHER) {
            let mut env = Environment::new(graph, bound, &steps, places.len());
            let here = evaluate::indices(&sizes, places.iter().map(|&i| elements[i]));
            n.plates.iter().zip(here).for_each(|(&p, at)| env.in_plate(p, at));
            env.nodes(means);
            let mix = Mix::of(env, line, d, width);
            for (i, &place) in places.iter().enumerate() {
                let (to, from) = (place * width, i * width);
                out.mean[to..to + width].copy_from_slice(&mix.first[from..from + width]);
                for k in (0..width).filter(|_| mix.sds[i]) {
                    let m = mix.first[from + k];
                    out.sd[to + k] = (mix.second[from + k] - m * m).max(0.0).sqrt();
                }
            }
        }
    }
    out
}

/// Does the factor's line speak of this element?
fn speaks_of(bound: &Bound, steps: &Steps, f: &Factor, at: &[(PlateId, usize)]) -> bool {
    let step = || at.iter().find_map(|&(p, i)| steps.step(bound, p, i));
    let above = |&(p, i): &(PlateId, usize)| bound.plate(p).parents.as_ref().map(|x| x[i]);
    let root = || at.iter().find_map(above).is_none_or(|above| above == u32::MAX);
    match f.rows {
        RowSet::All => true,
        RowSet::Step(j) => step() == Some(j as usize),
        RowSet::From(j) => step().is_some_and(|t| t >= j as usize),
        RowSet::Roots => root(),
        RowSet::Below => !root(),
    }
}

/// First and second moments of mixtures over the categories of a line's selectors, one for each cell.
struct Mix<'a> {
    line: &'a Factor,
    d: usize,
    width: usize,
    /// The selectors with their probabilities.
    selectors: Vec<(&'a Ref, Values<'a>)>,
    first: Vec<f64>,
    second: Vec<f64>,
    /// Whether all components have a standard deviation.
    sds: Vec<bool>,
}

impl<'a> Mix<'a> {
    fn of(mut env: Environment<'a>, line: &'a Factor, d: usize, width: usize) -> Self {
        let cells = env.count();
        let mut selectors = vec![];
        written(line).1.iter().for_each(|a| evaluate::selectors(&a.expr, &mut selectors));
        let mut mix = Mix {
            line,
            d,
            width,
            selectors: selectors.iter().map(|s| (*s, env.reference(s))).collect(),
            first: vec![0.0; cells * width],
            second: vec![0.0; cells * width],
            sds: vec![true; cells],
        };
        mix.choose(&mut env, 0, &(0..cells).collect::<Vec<_>>(), &vec![1.0; cells]);
        mix
    }

    /// Adds every choice of categories from selector `s` on, at those `places` where it has any probability.
    fn choose(&mut self, env: &mut Environment<'a>, s: usize, places: &[usize], weights: &[f64]) {
        let Some((selector, p)) = self.selectors.get(s) else {
            return self.add(env, places, weights);
        };
        let (selector, p) = (*selector, p.clone());
        for k in 0..p.width {
            let weighed = places.iter().zip(weights).map(|(&i, w)| (i, w * p.at(i)[k]));
            let (places, weights): (Vec<usize>, Vec<f64>) = weighed.filter(|(_, w)| *w >= NEGLIGIBLE).unzip();
            if !places.is_empty() {
                env.choose(selector, evaluate::Indices::Same(k));
                self.choose(env, s + 1, &places, &weights);
            }
        }
    }

    /// Adds the component that the selectors have chosen.
    fn add(&mut self, env: &Environment<'a>, places: &[usize], weights: &[f64]) {
        let some;
        let env = if places.len() == env.count() {
            env
        } else {
            some = env.only(places);
            &some
        };
        let (spec, args) = written(self.line);
        let values: Vec<Values<'_>> = args.iter().map(|a| env.value(&a.expr)).collect();
        let each = values.iter().any(|v| v.each);
        let mut slots = Slots { spec, d: self.d, values: vec![vec![]; args.len()], statistics: vec![] };
        let mut at = |i: usize| {
            for (((slot, v), a), param) in slots.values.iter_mut().zip(&values).zip(args).zip(spec.params) {
                slot.clear();
                slot.extend_from_slice(v.at(i));
                if slot.len() == 1 && param.stat.value == PartShape::Vector {
                    slot.resize(self.d, slot[0]);
                }
                if let Some(s) = a.spelling {
                    // Checked when the plan was made.
                    let _ = (param.spellings[s].convert)(slot, self.d);
                }
            }
            slots.child()
        };
        let mut part = at(0);
        for (i, (&place, weight)) in places.iter().zip(weights).enumerate() {
            if each && i > 0 {
                part = at(i);
            }
            self.sds[place] &= part.sd.len() == part.mean.len();
            for (k, m) in part.mean.iter().enumerate() {
                let s = part.sd.get(k).copied().unwrap_or(0.0);
                self.first[place * self.width + k] += weight * m;
                self.second[place * self.width + k] += weight * (m * m + s * s);
            }
        }
    }
}

/// Values of a line's parameters at one cell, and room for their statistics.
struct Slots {
    spec: &'static DistSpec,
    d: usize,
    values: Vec<Vec<f64>>,
    statistics: Vec<Vec<f64>>,
}

impl Slots {
    /// Mean and standard deviation of the child.
    fn child(&mut self) -> Summary {
        let Self { spec, d, values, statistics } = self;
        match (spec.mean_given, spec.family) {
            (Some(mean_given), _) => with_child(values, |all| Summary {
                mean: mean_given(all, *d),
                sd: spec.sd_given.map_or(vec![], |sd| sd(all, *d)),
            }),
            (None, Some(family)) => {
                // The message to the child is its η; the family's own parameters may be others (an Exponential's
                // q is a Gamma).
                statistics.resize(values.len(), vec![]);
                for ((t, p), v) in statistics.iter_mut().zip(spec.params).zip(values.iter()) {
                    t.clear();
                    t.resize(p.stat.width(*d), 0.0);
                    if (p.stat.of_value)(v, *d, t).is_err() {
                        return Summary { mean: vec![f64::NAN; spec.stat.value.width(*d)], sd: vec![] };
                    }
                }
                with_child(statistics, |all| family.summary(*d, &message(spec, Measure::Family, *d, 0, all)))
            }
            (None, None) => Summary { mean: vec![f64::NAN], sd: vec![] },
        }
    }
}

/// Calls `f` with nothing for the child, which is slot 0, and then the parameters. Where they are few, which they
/// are, nothing is allocated: it is done for every cell.
fn with_child<R>(parameters: &[Vec<f64>], f: impl FnOnce(&[&[f64]]) -> R) -> R {
    let mut few: [&[f64]; 8] = [&[]; 8];
    match few.get_mut(1..=parameters.len()) {
        Some(slots) => {
            slots.iter_mut().zip(parameters).for_each(|(s, p)| *s = p);
            f(&few[..=parameters.len()])
        }
        None => f(&std::iter::once(&[][..]).chain(parameters.iter().map(Vec::as_slice)).collect::<Vec<_>>()),
    }
}
