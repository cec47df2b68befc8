//! What a kept posterior says of one value given each category that picks its line: the components of a
//! mixture, of a hidden chain, of topics. Not here: which category a row has (`rows`, `engine`).

use super::{combine::law, line::says, shared::Shared};
use crate::{
    answer::law::{Law, told},
    graph::{
        Bound, FactorGraph,
        evaluate::{self, Environment, Indices, Steps},
        factor_graph::{Factor, RowSet, Target},
    },
    keep::{Kept, blocks::blocks},
    shape::NodeId,
};

/// The distribution of one value.
#[derive(Clone, Debug)]
pub struct Component(Law);

impl Component {
    /// The mean of each number; of a category, of its number.
    pub fn mean(&self) -> Vec<f64> {
        told(&[(1.0, self.0.clone())]).mean
    }
    /// Degrees of freedom (infinite of a Gaussian), place and squared scales d × d, of a Student-t.
    pub fn student(&self) -> Option<(f64, &[f64], &[f64])> {
        match &self.0 {
            Law::Student { dof, mean, scale } => Some((*dof, mean, scale)),
            _ => None,
        }
    }
    /// P(x = 0), P(x = 1), …, of a category or a count.
    pub fn discrete(&self) -> Option<&[f64]> {
        match &self.0 {
            Law::Discrete(p) => Some(p),
            _ => None,
        }
    }
}

/// The 5 %, 50 % and 95 % quantiles of each number of a mixture; NaN where there is no closed form.
pub fn quantiles(parts: &[(f64, &Component)]) -> [Vec<f64>; 3] {
    let parts: Vec<(f64, Law)> = parts.iter().map(|(w, c)| (*w, c.0.clone())).collect();
    told(&parts).quantiles
}

/// For each of some elements of an observed node, its distribution for each category of the one selector of
/// its line; a single one where there is no selector. `None` where there is no closed form.
pub fn components(
    kept: &Kept,
    graph: &FactorGraph,
    bound: &Bound,
    child: NodeId,
    elements: &[usize],
) -> Option<Vec<Vec<Component>>> {
    let blocks = blocks(kept, graph).ok()?;
    let of = Shared::new(graph, bound, kept, &blocks);
    let node = &graph.nodes[child.0];
    let lines: Vec<&Factor> = graph.factors.iter().filter(|f| f.node == child).collect();
    let &[line] = lines.as_slice() else { return None };
    let args = line.written.as_ref().map_or(&line.args, |w| &w.args);
    let mut gates = vec![];
    args.iter().for_each(|a| evaluate::selectors(&a.expr, &mut gates));
    let mut named = false;
    args.iter().for_each(|a| {
        evaluate::each_ref(&a.expr, &mut |r| {
            named |= matches!(r.target, Target::Node(n) if !of.holds(n));
        });
    });
    let one = gates.iter().all(|g| g.target == gates[0].target && g.index == gates[0].index);
    if line.rows != RowSet::All || named || !one {
        return None;
    }
    let categories = match gates.first().map(|g| g.target) {
        None => 1,
        Some(Target::Node(s)) => graph.nodes[s.0].event.map_or(1, |e| bound.size(e)),
        Some(_) => return None,
    };
    let steps = Steps::new(bound);
    let numbers: Vec<Option<&[f64]>> = of.places.iter().map(Option::as_deref).collect();
    let d = node.event.map_or(1, |e| bound.size(e));
    let missing = vec![f64::NAN; node.spec.stat.value.width(d)];
    let one = |element: usize, category: usize| -> Option<Component> {
        let mut env = Environment::new(graph, bound, &steps, 1);
        let mut rest = element;
        for &p in node.plates.iter().rev() {
            let size = bound.plate(p).size.max(1);
            env.in_plate(p, Indices::Same(rest % size));
            rest /= size;
        }
        env.nodes(&numbers);
        gates.iter().for_each(|g| env.choose(g, Indices::Same(category)));
        let said = says(&of, &env, line, d)?;
        law(&of, &said, node.spec.stat.domain, node.spec.stat.value, &missing).map(Component)
    };
    let of_element = |&e: &usize| (0..categories).map(|c| one(e, c)).collect::<Option<Vec<_>>>();
    elements.iter().map(of_element).collect()
}
