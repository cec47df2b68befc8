//! The one place where the numbers of a posterior are looked at before anything prints them: each is finite
//! and a possible value of what it is, or the fit has failed. Not here: how many digits of them hold
//! (`read`).
//!
//! What a number may be is said where it is made: a parameter by its family, a mean by the statistic of its
//! node. No number stands only where there is none by the mathematics: ∞ for the deviation of a Student-t of
//! two degrees of freedom, NaN for the quantile of an element of a matrix, the parameters of what is certain,
//! or the deviation of a prediction.

use super::posterior::{Axis, NodePosterior, Posterior};
use crate::{
    engine::{Breakdown, RunError, error::Unprintable, rounding::Rounding},
    expfam::stat::{Domain, PartShape},
    graph::FactorGraph,
};

/// Fewer digits of the bound than that are no answer.
const FEWEST: u32 = 2;
/// Probabilities that were summed may pass 1 by their rounding.
const ABOVE_ONE: f64 = 1e-12;

/// Whether everything that a report could print of this can be printed.
///
/// # Errors
/// The first number that can't, with its node and element; or the bound has no digits.
pub(super) fn pass(graph: &FactorGraph, p: &Posterior, rounding: &Rounding) -> Result<(), RunError> {
    let last = p.iterations;
    let mut bounds = p.trace.iter().chain(p.terms.iter().map(|(_, x)| x)).chain([&p.elbo]);
    if bounds.any(|x| !x.is_finite()) {
        return Err(RunError::new(Breakdown::NotFinite, name(graph, rounding.node), last));
    }
    nodes(graph, p)?;
    if p.digits < FEWEST {
        return Err(RunError::new(
            Breakdown::NoDigits(rounding.magnitude, p.elbo),
            name(graph, rounding.node),
            last,
        ));
    }
    Ok(())
}

/// Whether the numbers of all nodes can be.
///
/// # Errors
/// The first that can't, with its node.
pub(super) fn nodes(graph: &FactorGraph, p: &Posterior) -> Result<(), RunError> {
    let fault = |n: &NodePosterior| Some(RunError::new(fault(graph, n)?, n.name.clone(), p.iterations));
    p.nodes.iter().find_map(fault).map_or(Ok(()), Err)
}

fn name(graph: &FactorGraph, node: usize) -> String {
    graph.nodes.get(node).map_or(String::new(), |n| n.name.clone())
}

/// The first number of a node that can't be printed.
fn fault(graph: &FactorGraph, n: &NodePosterior) -> Option<Breakdown> {
    let count: usize = n.plates.iter().map(|a| a.size).product();
    let each = n.mean.len() / count.max(1);
    let node = graph.nodes.iter().find(|m| m.name == n.name)?;
    let stat = node.spec.stat;
    // What is observed or predicted is data or a mean of them: a mean of counts is none itself.
    let of_q = !n.parameters.is_empty();
    let domain = if of_q { stat.domain } else { Domain::Real };
    let side = if stat.value == PartShape::Matrix { n.event.first().map_or(1, |a| a.size) } else { 1 };
    let say = |what: &str, e: usize, value: f64, must: &'static str| {
        let it = Unprintable { what: what.into(), element: element(n, e), value, must };
        Some(Breakdown::Unprintable(Box::new(it)))
    };
    let certain =
        |e: usize| n.sd.as_ref().is_some_and(|sd| sd[e * each..(e + 1) * each].iter().all(|s| *s == 0.0));
    let told = |e: usize| n.told.get(e).copied().unwrap_or(false);
    for p in &n.parameters {
        let each: usize = p.dims.iter().product();
        let side = if p.dims.len() == 2 { p.dims[0] } else { 1 };
        for (i, x) in p.values.iter().enumerate() {
            let e = i / each.max(1);
            match against(p.domain, *x, i % each.max(1), side) {
                Some(must) if !(x.is_nan() && (certain(e) || told(e))) => {
                    return say(&format!("the {}", p.name), e, *x, must);
                }
                _ => {}
            }
        }
    }
    for (i, x) in n.mean.iter().enumerate() {
        let e = i / each.max(1);
        // A prediction with heavy tails has no mean, and one without a closed form none that is known.
        let missing = told(e) && (x.is_nan() || *x == f64::INFINITY);
        if let Some(must) = against(domain, *x, i % each.max(1), side).filter(|_| !missing) {
            return say("the mean", e, *x, must);
        }
    }
    for (i, s) in n.sd.iter().flatten().enumerate() {
        let fine = *s >= 0.0 || (s.is_nan() && (!of_q || told(i / each.max(1))));
        if !fine {
            return say("the standard deviation", i / each.max(1), *s, "a number from 0");
        }
    }
    None
}

/// What a number must be that it is not; it is the `i`-th of its element, of a matrix of so many rows if more
/// than one.
fn against(domain: Domain, x: f64, i: usize, side: usize) -> Option<&'static str> {
    let (fine, must) = match domain {
        Domain::Positive => (x > 0.0, "a positive number"),
        Domain::PositiveDefinite => (x > 0.0 || i % side.max(1) != i / side.max(1), "a positive number"),
        Domain::Unit | Domain::Simplex | Domain::Category | Domain::Binary => {
            ((0.0..=1.0 + ABOVE_ONE).contains(&x), "a number from 0 to 1")
        }
        Domain::Count => (x >= 0.0, "a number from 0"),
        Domain::Real => (true, "a finite number"),
    };
    (!(fine && x.is_finite())).then_some(must)
}

/// ` at element (a, 3)`: by labels, or numbers from 1; nothing where there is one element.
fn element(n: &NodePosterior, e: usize) -> String {
    if n.plates.is_empty() {
        return String::new();
    }
    let mut left = e;
    let mut names: Vec<String> = n
        .plates
        .iter()
        .rev()
        .map(|Axis { size, labels, .. }| {
            let i = left % size.max(&1);
            left /= size.max(&1);
            labels.as_ref().map_or_else(|| (i + 1).to_string(), |l| l[i].clone())
        })
        .collect();
    names.reverse();
    format!(" at element ({})", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        answer,
        data::MemoryFiles,
        diag::Diagnostics,
        engine::{Options, Unwatched},
        pipeline,
        source::Source,
    };

    /// A posterior with a Student-t of one degree of freedom, a vector of probabilities, and a prediction.
    fn fitted() -> (FactorGraph, Posterior) {
        let text = r#"Model(
            data: { "t": { "x": [1, 2, 4, "NA"], "y": [0.5, 2, 1, 3], "c": ["a", "b", "a", "b"] } },
            plates: { "n": Rows(table: "t") },
            nodes: {
                "tau[n]": Gamma(shape: 0.1, rate: 1),
                "mu[n]": Normal(mean: 0, precision: "0.1 * tau[n]"),
                "y[n]": Normal(mean: "mu[n]", precision: "tau[n]"),
                "p": Dirichlet(concentration: 1, over: 2),
                "c[n]": Categorical(p: "p"),
                "x[n]": StudentT(mean: 1, precision: 1, dof: 2),
            },
            observe: { "x": "x", "c": "c", "y": "y" },
        )"#;
        let (source, mut diags) = (Source::new("test.ron", text), Diagnostics::default());
        let model = crate::syntax::parse(&source, &mut diags).unwrap();
        let graph = pipeline::graph(&model, &source, &mut diags).unwrap();
        let files = MemoryFiles::default();
        let bound = pipeline::bind(&model, &graph, &files, &|_| None, &source, &mut diags).unwrap();
        let plan = pipeline::plan(&graph, &bound, &mut diags).unwrap();
        let options = Options { all_nodes: true, quantiles: 100, ..Options::default() };
        let p = answer::fit(&graph, &bound, &plan, &options, &mut Unwatched).unwrap();
        (graph, p)
    }

    #[test]
    fn what_the_mathematics_do_not_give_may_be_missing() {
        let (_, p) = fitted();
        let node = |name: &str| p.nodes.iter().find(|n| n.name == name).unwrap();
        assert_eq!(node("mu").sd.as_deref(), Some(&[f64::INFINITY; 4][..]));
        assert_eq!(
            node("x").sd.as_ref().unwrap()[3],
            f64::INFINITY,
            "a prediction of two degrees of freedom"
        );
        assert!(p.digits >= 10 && p.warnings.is_empty(), "{} {:?}", p.digits, p.warnings);
    }

    #[test]
    fn every_number_that_cannot_be_is_refused_with_its_place() {
        let (graph, good) = fitted();
        let rounding = Rounding { nats: 1e-12, magnitude: 1e3, node: 4 };
        let refused = |change: &dyn Fn(&mut Posterior)| {
            let mut p = good.clone();
            change(&mut p);
            pass(&graph, &p, &rounding).unwrap_err().to_string()
        };
        let of = |p: &mut Posterior, name: &str| p.nodes.iter().position(|n| n.name == name).unwrap();
        assert_eq!(pass(&graph, &good, &rounding), Ok(()));
        let rate = refused(&|p| {
            let i = of(p, "tau");
            p.nodes[i].parameters[1].values[1] = -1.5e-29;
        });
        assert!(rate.starts_with("the rate of `tau` at element (2) came out as -1.5e-29"), "{rate}");
        assert!(rate.ends_with("not a positive number"), "{rate}");
        for (name, bad) in [("tau", 0.0), ("mu", f64::NAN), ("p", 1.1), ("x", f64::INFINITY)] {
            let said = refused(&|p| {
                let i = of(p, name);
                p.nodes[i].mean[0] = bad;
            });
            assert!(said.contains(&format!("the mean of `{name}`")), "{said}");
        }
        for bad in [f64::NAN, -1.0] {
            let said = refused(&|p| {
                let i = of(p, "mu");
                p.nodes[i].sd.as_mut().unwrap()[0] = bad;
            });
            assert!(said.contains("the standard deviation of `mu` at element (1)"), "{said}");
        }
        assert!(refused(&|p| p.trace[0] = f64::NAN).contains("not a number"));
        assert!(refused(&|p| p.terms[2].1 = f64::INFINITY).contains("not a number"));
        let none = refused(&|p| p.digits = 1);
        assert!(none.contains("fewer than two digits") && none.contains("`c`"), "{none}");
    }
}
