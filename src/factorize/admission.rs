//! Whether a site may stand where a line asks for it: what its predictor is under q. Not here: sites
//! (`kinds::site`).
//!
//! A site that is E ln p of a Gaussian predictor needs one: a sum of products in which no two random
//! Gaussians are multiplied, and that no latent category picks. A convex site is a bound whatever the
//! predictor is.

use super::{blocks::Blocks, roles::Role};
use crate::{
    diag::{Code, Diagnostic, Diagnostics, Reported},
    expfam::stat::Domain,
    graph::{
        energy::{Energy, Op, Source},
        evaluate::each_ref,
        factor_graph::{FactorGraph, Target},
    },
    shape::NodeId,
};

/// A predictor that is not Gaussian under q.
pub const E_NOT_GAUSSIAN: Code = Code("E0503");

/// Looks at the predictors of all sites.
///
/// # Errors
/// One that is not Gaussian, where the site needs it.
pub fn check(
    graph: &FactorGraph,
    energy: &Energy,
    roles: &[Role],
    diags: &mut Diagnostics,
) -> Result<(), Reported> {
    let mut failed = Ok(());
    for n in (0..graph.nodes.len()).map(NodeId).filter(|n| roles[n.0] == Role::Site) {
        let node = &graph.nodes[n.0];
        if node.spec.site.is_none_or(|s| s.convex()) {
            continue;
        }
        for &f in energy.lines(n) {
            let why = energy.factor(f).terms.iter().find_map(|t| not_gaussian(graph, roles, n, &t.ops));
            let Some(why) = why else { continue };
            let d = Diagnostic::error(
                E_NOT_GAUSSIAN,
                format!("the predictor of `{}` is not Gaussian under q", node.name),
            );
            let d = d.at(graph.factors[f].span, why).note(
                "the mean of its log density is known of a Gaussian predictor only; of another, what is made of mean and variance would be no bound",
            );
            failed = Err(diags.error(match node.spec.tangent {
                Some(_) => {
                    d.help("ask for the bound that needs no more than mean and variance: `bound: Tangent`")
                }
                None => d.help("let one of the two be known"),
            }));
            break;
        }
    }
    failed
}

/// Why a product that holds a site's slope is not of a Gaussian predictor.
fn not_gaussian(graph: &FactorGraph, roles: &[Role], site: NodeId, ops: &[Op]) -> Option<&'static str> {
    let own = |o: &&Op| o.source == Source::Node(site);
    if !ops.iter().any(|o| own(&o)) {
        return None;
    }
    let random =
        ops.iter().filter(|o| matches!(o.source, Source::Node(n) if n != site && roles[n.0].has_q()));
    let random: Vec<&Op> = random.collect();
    let sums = |o: &&&Op| match o.source {
        Source::Node(n) => graph.nodes[n.0].spec.stat.gaussian(),
        _ => false,
    };
    let scaled = graph.nodes[site.0].spec.site.is_some_and(|s| s.scaled());
    let scales = |o: &&&Op| match o.source {
        Source::Node(n) => graph.nodes[n.0].spec.stat.domain == Domain::Positive,
        _ => false,
    };
    if random.iter().any(|o| !(sums(&o) || scaled && scales(&o))) {
        return Some("picked by a latent category, or multiplied by what is not Gaussian");
    }
    let gaussian = || random.iter().filter(sums).filter(|o| o.part == 0);
    let product = |a: &Op| gaussian().filter(|b| b.copy == a.copy).count() > 1;
    gaussian().any(|o| product(o)).then_some("a product of two random variables")
}

/// Looks at sites that take two of their arguments for independent.
///
/// # Errors
/// One block of q that holds variables of both.
pub fn check_apart(graph: &FactorGraph, blocks: &Blocks, diags: &mut Diagnostics) -> Result<(), Reported> {
    for f in graph.factors.iter().filter(|f| blocks.roles[f.node.0] == Role::Site) {
        let Some([a, b]) = f.spec.site.and_then(|s| s.apart()) else { continue };
        let of = |slot: usize| -> Vec<usize> {
            let mut found = vec![];
            each_ref(&f.args[slot - 1].expr, &mut |r| {
                if let Target::Node(n) = r.target {
                    found.extend(blocks.of(n));
                }
            });
            found
        };
        let (first, second) = (of(a), of(b));
        if first.iter().any(|x| second.contains(x)) {
            let names = [a, b].map(|slot| f.spec.params[slot - 1].name);
            let title = format!(
                "the {} and the {} of `{}` are one block of q",
                names[0], names[1], graph.nodes[f.node.0].name
            );
            let d = Diagnostic::error(E_NOT_GAUSSIAN, title)
                .at(f.span, "taken for independent here")
                .note("the mean of a product of the two is that of each times the other only where q keeps them apart")
                .help("give them variables of their own, or keep them apart: `factorize: MeanField`");
            return Err(diags.error(d));
        }
    }
    Ok(())
}
