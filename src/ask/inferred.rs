//! Rows that hang on each other, or have variables of their own: these are inferred where the shared posterior stays
//! as it is, and read. Not here: rows by themselves in closed form (`rows`), nor the run (`answer::still`).

use super::{
    prediction::{NodePrediction, Prediction},
    question::{Ends, NoAnswer, Planner, Question},
};
use crate::{
    answer::{
        posterior::{Axis, NodePosterior},
        still::{Rows, rows},
    },
    engine::{Options, still::Held},
    graph::{Bound, FactorGraph, ahead::ahead, barren::only, bound::ObservedArray, factor_graph::PlateKind},
    keep::{
        KeepError, Kept,
        placed::{KeptBlocks, Placed},
    },
    plan::{Plan, layout::VarId},
    shape::{NodeId, PlateId},
};
use rayon::prelude::*;

/// What the kept posterior says of the rows of a plate, of all of them together.
///
/// # Errors
/// The question does not fit the rows, they have no plan, or the numbers break down.
pub(super) fn inferred(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    plate: PlateId,
    question: Question,
    planner: Planner<'_>,
) -> Result<Prediction, NoAnswer> {
    let mut bound = bound.clone();
    // What other tables observe has spoken before.
    for (n, values) in graph.nodes.iter().zip(&mut bound.observed) {
        if !n.plates.contains(&plate) {
            *values = None;
        }
    }
    if question.steps > 0 {
        bound = ahead(graph, &bound, plate, question.steps).map_err(NoAnswer::Question)?;
    }
    let blocks = KeptBlocks::new(kept, graph).map_err(NoAnswer::Kept)?;
    let sizes = kept.document.plates.iter().map(|p| p.size).collect();
    let asked = Asked { graph, plate, blocks, sizes, planner };
    let all = asked.run(&bound, Ends::LeftOut, 0, false)?;
    let mut out = asked.prediction(&bound, &all);
    if question.most_likely {
        let whole = asked.run(&bound, Ends::Planned, 0, true)?;
        for (n, states) in whole.likely {
            let name = &graph.nodes[n.0].name;
            for to in out.nodes.iter_mut().filter(|p| p.name == *name) {
                let order = asked.rows_first(&bound, n);
                to.path = Some(order.iter().map(|&e| states[e]).collect());
            }
        }
        if out.nodes.iter().all(|n| n.path.is_none()) {
            let why = "no categories of these rows form a chain, so there is no most probable path";
            return Err(NoAnswer::Question(why.into()));
        }
    }
    if question.filter {
        asked.filter(&bound, &mut out)?;
    }
    Ok(out)
}

struct Asked<'a> {
    graph: &'a FactorGraph,
    plate: PlateId,
    blocks: KeptBlocks<'a>,
    /// Sizes of plates then.
    sizes: Vec<usize>,
    planner: Planner<'a>,
}

impl Asked<'_> {
    /// Is a plate one of the new rows?
    fn of_rows(&self, p: PlateId) -> bool {
        let table = |p: PlateId| self.graph.plates[p.0].kind.rows_of();
        p == self.plate || table(p).is_some() && table(p) == table(self.plate)
    }

    /// The blocks of a plan that stay as they were.
    fn held(&self, plan: &Plan) -> Result<Vec<Held>, NoAnswer> {
        let mut out = vec![];
        for v in plan.stored.iter().copied() {
            let var = &plan.vars[v];
            let local = |n: &NodeId| self.graph.nodes[n.0].plates.iter().any(|p| self.of_rows(*p));
            let (all, any) = (var.nodes.iter().all(local), var.nodes.iter().any(local));
            match (any, self.blocks.holds(var)) {
                // What was kept of it is of other rows.
                _ if all => {}
                (true, true) => return Err(self.no(plan, v, "joins variables of rows with shared ones")),
                (_, false) => {}
                (false, true) => match self.blocks.placed(plan, v).map_err(NoAnswer::Kept)? {
                    Placed::Known(eta, _) => out.push(Held { var: v, eta }),
                    Placed::New => {}
                    Placed::Some => {
                        let why = "is asked of known and of new levels together: give them in two tables";
                        return Err(self.no(plan, v, why));
                    }
                },
            }
        }
        Ok(out)
    }

    fn no(&self, plan: &Plan, v: VarId, why: &str) -> NoAnswer {
        NoAnswer::Kept(KeepError::Other(format!("its block `{}` {why}", plan.vars[v].name)))
    }

    /// All rows of these data.
    fn run(&self, bound: &Bound, ends: Ends, threads: usize, paths: bool) -> Result<Rows, NoAnswer> {
        let plan = (self.planner)(bound, ends).map_err(NoAnswer::Plan)?;
        let held = self.held(&plan)?;
        let told = |n: &NodeId| {
            let node = &self.graph.nodes[n.0];
            node.plates.contains(&self.plate) || self.new_levels(bound, *n)
        };
        let nodes = (0..self.graph.nodes.len()).map(NodeId).filter(told);
        let nodes = nodes.map(|n| self.graph.nodes[n.0].name.clone()).collect();
        let options = Options { nodes: Some(nodes), threads, ..Options::default() };
        rows(self.graph, bound, &plan, &held, &options, paths).map_err(|e| NoAnswer::Broke(Box::new(e)))
    }

    /// Has a node elements for new levels, and none for rows?
    fn new_levels(&self, bound: &Bound, n: NodeId) -> bool {
        let plates = &self.graph.nodes[n.0].plates;
        let new = |p: &PlateId| self.is_new(*p) && bound.plate(*p).size > self.sizes[p.0];
        plates.iter().any(new) && !plates.iter().any(|p| self.of_rows(*p))
    }

    fn is_new(&self, p: PlateId) -> bool {
        matches!(self.graph.plates[p.0].kind, PlateKind::Groups { .. })
    }

    /// Elements of a node of rows, the rows' plate before all others.
    fn rows_first(&self, bound: &Bound, n: NodeId) -> Vec<usize> {
        let plates = &self.graph.nodes[n.0].plates;
        let Some(at) = plates.iter().position(|p| *p == self.plate) else { return vec![] };
        let size = |p: &[PlateId]| p.iter().map(|p| bound.plate(*p).size).product::<usize>();
        let (outer, rows, inner) = (size(&plates[..at]), size(&plates[at..=at]), size(&plates[at + 1..]));
        let of_row =
            |r: usize| (0..outer).flat_map(move |o| (0..inner).map(move |i| (o * rows + r) * inner + i));
        (0..rows).flat_map(of_row).collect()
    }

    /// What was read, as a prediction.
    fn prediction(&self, bound: &Bound, rows: &Rows) -> Prediction {
        let plate = bound.plate(self.plate);
        let mut out = Prediction {
            ids: plate.labels.as_ref().map(|l| l.to_vec()),
            log_predictive: vec![None; plate.size],
            total: rows.log,
            together: true,
            ..Prediction::default()
        };
        if let Some(s) = &plate.sequences {
            let mut place = vec![(0, 0); plate.size];
            (0..s.len()).for_each(|i| s.rows(i).enumerate().for_each(|(t, row)| place[row] = (i, t)));
            out.steps = Some(place.iter().map(|p| p.1 + 1).collect());
            out.sequences =
                (!s.names.is_empty()).then(|| place.iter().map(|p| s.names[p.0].clone()).collect());
        }
        for p in &rows.posterior.nodes {
            let Some(n) = self.graph.nodes.iter().position(|n| n.name == p.name).map(NodeId) else {
                continue;
            };
            if p.event.len() > 1 {
                continue;
            }
            let plates = &self.graph.nodes[n.0].plates;
            let mut axes = p.plates.clone();
            if let Some(at) = plates.iter().position(|q| *q == self.plate) {
                let own = axes.remove(at);
                axes.insert(0, own);
                out.nodes.push(node(p, axes, &self.rows_first(bound, n)));
            } else {
                let elements = self.new_elements(bound, plates, &mut axes);
                out.groups.push(node(p, axes, &elements));
            }
        }
        out
    }

    /// Elements of new levels, and their axes.
    fn new_elements(&self, bound: &Bound, plates: &[PlateId], axes: &mut [Axis]) -> Vec<usize> {
        let mut out = vec![0];
        for (&p, axis) in plates.iter().zip(axes) {
            let (size, from) = (bound.plate(p).size, if self.is_new(p) { self.sizes[p.0] } else { 0 });
            out = out.iter().flat_map(|e| (from..size).map(move |i| e * size + i)).collect();
            axis.size = size - from;
            axis.labels = axis.labels.as_ref().map(|l| l[from..].into());
        }
        out
    }

    /// Each step by what came before it: what the rows say up to it, and no further. ln p of a row is what it adds.
    fn filter(&self, bound: &Bound, out: &mut Prediction) -> Result<(), NoAnswer> {
        let Some(sequences) = &bound.plate(self.plate).sequences else {
            let why =
                format!("the rows of `{}` have no order to go by", self.graph.plates[self.plate.0].name);
            return Err(NoAnswer::Question(why));
        };
        let seen = self.seen(bound);
        let mut jobs: Vec<Vec<u32>> = vec![];
        for s in 0..sequences.len() {
            let rows: Vec<u32> = sequences.rows(s).map(|r| r as u32).collect();
            // After the last that is seen, what came before is all there is.
            let last = rows.iter().rposition(|&r| seen[r as usize]);
            jobs.extend((0..last.map_or(0, |l| l + 1)).map(|t| rows[..=t].to_vec()));
        }
        let one = |rows: &Vec<u32>| -> Result<Prediction, NoAnswer> {
            let part = only(self.graph, bound, self.plate, rows);
            let found = self.run(&part, Ends::LeftOut, 1, false)?;
            Ok(self.prediction(&part, &found))
        };
        let done: Vec<Result<Prediction, NoAnswer>> = jobs.par_iter().map(one).collect();
        let mut before = 0.0;
        for (rows, found) in jobs.iter().zip(done) {
            let (found, Some(&row)) = (found?, rows.last()) else { continue };
            if rows.len() == 1 {
                before = 0.0;
            }
            for (to, from) in out.nodes.iter_mut().zip(&found.nodes) {
                to.take_row(row as usize, from, rows.len() - 1);
            }
            if seen[row as usize] {
                out.log_predictive[row as usize] = Some(found.total - before);
                before = found.total;
            }
        }
        Ok(())
    }

    /// Of each row, whether anything is observed in it.
    fn seen(&self, bound: &Bound) -> Vec<bool> {
        let mut out = vec![false; bound.plate(self.plate).size];
        for n in (0..self.graph.nodes.len()).map(NodeId) {
            let Some(values) = bound.observed(n) else { continue };
            let order = self.rows_first(bound, n);
            let each = order.len() / out.len().max(1);
            let known = |e: usize| match values {
                ObservedArray::Numbers { width, values } => {
                    values[e * width..(e + 1) * width].iter().any(|x| !x.is_nan())
                }
                ObservedArray::Codes(codes) => codes[e] != u32::MAX,
            };
            for (row, of) in out.iter_mut().zip(order.chunks_exact(each.max(1))) {
                *row |= of.iter().any(|&e| known(e));
            }
        }
        out
    }
}

/// What was read of a node, some of its elements.
fn node(p: &NodePosterior, plates: Vec<Axis>, elements: &[usize]) -> NodePrediction {
    let width = p.event.iter().map(|a| a.size).product::<usize>();
    let pick = |x: &[f64]| -> Vec<f64> {
        elements.iter().flat_map(|e| &x[e * width..(e + 1) * width]).copied().collect()
    };
    let category = p.sd.is_none();
    let none = vec![f64::NAN; p.mean.len()];
    let (low, high) = p.quantiles.as_ref().map_or((&none, &none), |(low, high)| (low, high));
    let quantiles = [low, p.median.as_ref().unwrap_or(&none), high];
    NodePrediction {
        name: p.name.clone(),
        plates,
        event: p.event.first().cloned(),
        category,
        mean: pick(&p.mean),
        sd: p.sd.as_ref().map_or(vec![], |x| pick(x)),
        quantiles: if category { Default::default() } else { quantiles.map(|x| pick(x)) },
        path: None,
    }
}
