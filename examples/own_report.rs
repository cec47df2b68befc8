// A report of one's own, from the posterior's numbers: the components of a mixture, the largest first.
use elbow::{Error, Model, Nodes, Options, Posterior};
use std::fmt::Write;

/// One line for each component: its share of the rows, and where it lies.
pub fn report(posterior: &Posterior) -> Result<String, Error> {
    let (weights, centre) = (posterior.node("weights")?, posterior.node("centre")?);
    let axes = centre.mean().len() / weights.mean().len();
    let places = centre.mean().chunks(axes).zip(centre.sd()?.chunks(axes));
    let mut components: Vec<_> = weights.mean().iter().zip(places).filter(|(w, _)| **w > 0.01).collect();
    components.sort_by(|a, b| b.0.total_cmp(a.0));
    let mut out = format!("{}, bound {:.1} nats\n", posterior.model, posterior.elbo);
    for (weight, (mean, sd)) in components {
        let place: Vec<String> = mean.iter().zip(sd).map(|(m, s)| format!("{m:.2} ± {s:.2}")).collect();
        let _ = writeln!(out, "{:5.1} % at {}", 100.0 * weight, place.join(", "));
    }
    let rows = posterior.node("z")?.mean().chunks(weights.mean().len());
    let sure = rows.filter(|p| p.iter().any(|p| *p > 0.99)).count();
    let _ = writeln!(out, "{sure} rows belong to one component with more than 99 %");
    Ok(out)
}

pub fn main() -> Result<(), Error> {
    let nodes = Nodes::named(["weights", "centre", "z"]);
    let options = Options { restarts: 3, nodes, ..Options::default() };
    let posterior = Model::from_file("graphs/gmm.ron")?.fit(&options)?;
    print!("{}", report(&posterior)?);
    Ok(())
}
