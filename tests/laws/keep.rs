//! Q2: a run that is kept and gone on with is one run, bit for bit, wherever it is cut; and what is shown of
//! it is what the fit has said.

use elbow::{
    answer::{self, posterior::Posterior},
    ask::draws::Drawing,
    data::files::Files,
    diag::{Diagnostics, render::render_all},
    engine::{Options, Unwatched},
    graph::{Bound, FactorGraph, factor_graph::TableSource},
    keep::{
        Kept,
        document::ModelText,
        fingerprint::of_data,
        resume::reached,
        save::{About, save},
        show::{Wanted, show},
        skeleton::skeleton,
    },
    pipeline,
    plan::Plan,
    source::Source,
    syntax,
};
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Iterations of each run: it is cut after each but the last.
const ITERATIONS: usize = 5;

struct OnDisk;
impl Files for OnDisk {
    fn open(&self, path: &Path) -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(File::open(path)?))
    }
}

struct Case {
    text: String,
    graph: FactorGraph,
    bound: Bound,
    plan: Plan,
    data: String,
}

fn case(path: &Path) -> Case {
    let text = fs::read_to_string(path).unwrap();
    let source = Source::new(path.display().to_string(), text.clone());
    let folder = path.parent().unwrap();
    let mut diags = Diagnostics::default();
    let made = (|| {
        let model = syntax::parse(&source, &mut diags)?;
        let graph = pipeline::graph(&model, &source, &mut diags)?;
        let locate = |t: &elbow::graph::factor_graph::DataTable| match &t.source {
            TableSource::File(path) => Some(folder.join(path)),
            TableSource::Inline(_) => None,
        };
        let bound = pipeline::bind(&model, &graph, &OnDisk, &locate, &source, &mut diags)?;
        let plan = pipeline::plan(&graph, &bound, &mut diags)?;
        Ok::<_, elbow::diag::Reported>((graph, bound, plan))
    })();
    let (graph, bound, plan) =
        made.unwrap_or_else(|_| panic!("{}", render_all(diags.list(), &source, false)));
    let data = of_data(&bound);
    Case { text, graph, bound, plan, data }
}

impl Case {
    fn options(&self, iterations: usize) -> Options {
        Options { max_iterations: iterations, tolerance: 0.0, seed: 3, ..Options::default() }
    }

    /// A run with these options, and what is kept of it, through its file.
    fn kept(&self, options: &Options) -> (Posterior, Kept) {
        let fit = answer::fit_and_keep(&self.graph, &self.bound, &self.plan, options, &mut Unwatched, true);
        let (posterior, reached) = fit.unwrap();
        let model = ModelText {
            name: self.graph.name.clone(),
            file: "model.ron".into(),
            text: self.text.clone(),
            tables: vec![],
        };
        let (data, seed, tolerance) = (self.data.clone(), options.seed, options.tolerance);
        let about = About { model, data, seed, tolerance, ..About::default() };
        let kept = save(&self.graph, &self.bound, &self.plan, &about, &reached.unwrap());
        let file = kept.write().unwrap();
        let again = Kept::read(&file).unwrap();
        assert_eq!(again, kept);
        (posterior, again)
    }

    fn gone_on(&self, kept: &Kept, iterations: usize) -> (Posterior, Kept) {
        let from = reached(kept, &self.text, &self.data, &self.plan).unwrap();
        self.kept(&Options { from: Some(Arc::new(from)), ..self.options(iterations) })
    }
}

fn graphs() -> Vec<PathBuf> {
    let mut all = vec![];
    for folder in ["graphs", "tests/models"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        all.extend(fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()));
    }
    all.retain(|p| p.extension().is_some_and(|x| x == "ron"));
    all.sort();
    all
}

#[test]
fn q2_a_run_that_goes_on_is_one_run_bit_for_bit() {
    let mut checked = 0;
    for path in graphs() {
        let case = case(&path);
        let name = path.display();
        // Of large data one cut has to do.
        let large = case.plan.streams.iter().any(|s| s.size > 20_000);
        let all = if large { 2 } else { ITERATIONS };
        let (one, whole) = case.kept(&case.options(all));
        for cut in 1..one.iterations {
            let (_, kept) = case.kept(&case.options(cut));
            let (posterior, gone_on) = case.gone_on(&kept, all);
            assert_eq!(posterior.trace, one.trace, "{name}, cut after {cut}");
            assert_eq!(posterior.terms, one.terms, "{name}, cut after {cut}");
            // As text: NaN is what it is.
            assert_eq!(
                format!("{:?}", posterior.nodes),
                format!("{:?}", one.nodes),
                "{name}, cut after {cut}"
            );
            assert_eq!(gone_on.write(), whole.write(), "{name}, cut after {cut}: another file");
            checked += 1;
        }
        let (still, _) = case.gone_on(&whole, all);
        assert_eq!(still.trace, one.trace, "{name}: a run that has ended moves on");
    }
    assert!(checked > 50, "only {checked} cuts were made");
}

#[test]
fn what_is_shown_of_a_kept_posterior_is_what_the_fit_has_said() {
    let mut shown = 0;
    for path in graphs() {
        let case = case(&path);
        let (fit, kept) = case.kept(&case.options(3));
        let bound = skeleton(&kept, &case.graph).unwrap();
        let wanted = Wanted { nodes: None, quantiles: usize::MAX };
        let again = show(&kept, &case.graph, &bound, &wanted).unwrap();
        let name = path.display();
        assert_eq!((&again.trace, &again.terms, again.elbo), (&fit.trace, &fit.terms, fit.elbo), "{name}");
        assert_eq!((&again.blocks, &again.predicted), (&fit.blocks, &fit.predicted), "{name}");
        for node in &again.nodes {
            let of_fit = fit.nodes.iter().find(|n| n.name == node.name).unwrap();
            assert_eq!(format!("{node:?}"), format!("{of_fit:?}"), "{name}: {}", node.name);
            shown += 1;
        }
    }
    assert!(shown > 50, "only {shown} nodes were shown");
}

/// Draws of each node, of how many numbers at most.
const DRAWN: (usize, usize) = (1000, 2000);

#[test]
fn q3_draws_of_a_kept_posterior_have_its_moments() {
    let mut drawn = 0;
    for path in graphs() {
        let case = case(&path);
        let (_, kept) = case.kept(&case.options(3));
        let bound = skeleton(&kept, &case.graph).unwrap();
        let wanted = Wanted { nodes: None, quantiles: 0 };
        let shown = show(&kept, &case.graph, &bound, &wanted).unwrap();
        let drawing = Drawing::new(&kept, &case.graph).unwrap();
        let (draws, most) = DRAWN;
        let place = |name: &str| case.graph.nodes.iter().position(|n| n.name == name).unwrap();
        let small = shown.nodes.iter().filter(|n| n.mean.len() <= most && n.sd.is_some());
        let nodes: Vec<_> = small.map(|n| (place(&n.name), n, vec![[0.0; 4]; n.mean.len()])).collect();
        let mut nodes = nodes;
        let asked: Vec<usize> = nodes.iter().map(|n| n.0).collect();
        for draw in 0..draws {
            let all = drawing.draw(1, draw as u64, &|n| asked.contains(&n.0)).unwrap();
            for (n, node, sums) in &mut nodes {
                assert_eq!(all[*n].len(), sums.len(), "{}", node.name);
                for ((s, x), mean) in sums.iter_mut().zip(&all[*n]).zip(&node.mean) {
                    let d = x - mean;
                    *s = [s[0] + d, s[1] + d * d, s[2] + d * d * d, s[3] + d * d * d * d];
                }
            }
        }
        let count = draws as f64;
        for (_, node, sums) in &nodes {
            for (i, (s, sd)) in sums.iter().zip(node.sd.as_ref().unwrap()).enumerate() {
                if !sd.is_finite() {
                    continue;
                }
                let of = format!("{}: {} number {i}", path.display(), node.name);
                let off = s[0] / count;
                assert!(off.abs() <= 5.0 * sd / count.sqrt(), "{of}: the mean is off by {off}, of sd {sd}");
                // A number that is nearly always at an end of its range shows its variance in few draws only.
                let (mean, share) = (node.mean[i], matches!(&*node.family, "Dirichlet" | "Beta"));
                let positive = share || node.family == "Gamma";
                drawn += 1;
                if positive && mean < *sd || share && 1.0 - mean < *sd {
                    continue;
                }
                // The error of the variance by the fourth moment of the draws themselves.
                let (variance, fourth) = (s[1] / count, s[3] / count);
                let error = ((fourth - variance * variance).max(0.0) / count).sqrt();
                let off = variance - sd * sd;
                assert!(off.abs() <= 5.0 * error + 1e-12, "{of}: the variance is off by {off} ± {error}");
            }
        }
    }
    assert!(drawn > 200, "only {drawn} numbers were drawn");
}
