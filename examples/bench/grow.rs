//! How the time of an iteration grows with one size at a time: the slope of its logarithm, by least squares,
//! and what it should be.

use super::{
    args::Args,
    child,
    jobs::{self, Job},
    machine::Machine,
    table,
};

/// One size that grows.
struct Axis {
    key: &'static str,
    name: &'static str,
    sizes: Vec<usize>,
    /// The exponent at most: 1 is linear.
    expected: f64,
    make: Box<dyn Fn(usize) -> Job>,
}

/// Measures and prints all that are asked for.
pub fn print(machine: &Machine, args: &Args) -> Result<(), String> {
    if !args.wants("grow") && !args.wants("chain") && !args.wants("star") {
        return Ok(());
    }
    let q = if args.quick { 4 } else { 1 };
    let axis = |key, name, sizes: [usize; 3], expected, make: Box<dyn Fn(usize) -> Job>| Axis {
        key,
        name,
        sizes: sizes.to_vec(),
        expected,
        make,
    };
    let with = |f: fn(&Machine, usize) -> Job| {
        let machine = *machine;
        Box::new(move |n| f(&machine, n)) as Box<dyn Fn(usize) -> Job>
    };
    let list: Vec<Axis> = vec![
        axis(
            "grow",
            "mixture: rows N",
            [25_000 / q, 50_000 / q, 100_000 / q],
            1.0,
            with(|m, n| jobs::mixture(m, n, 8, 16)),
        ),
        axis("grow", "mixture: components K", [8, 16, 32], 1.0, with(|m, k| jobs::mixture(m, 20_000, 8, k))),
        axis("grow", "mixture: dimensions D", [8, 16, 32], 2.0, with(|m, d| jobs::mixture(m, 10_000, d, 16))),
        axis(
            "grow",
            "topics: documents",
            [1000 / q, 2000 / q, 4000 / q],
            1.0,
            with(|m, n| jobs::topics(m, n, 4000, 20, None)),
        ),
        axis(
            "grow",
            "topics: topics K",
            [10, 20, 40],
            1.0,
            with(|m, k| jobs::topics(m, 1000, 4000, k, None)),
        ),
        axis(
            "grow",
            "topics: words V",
            [2000, 8000, 32_000],
            1.0,
            with(|m, v| jobs::topics(m, 1000, v, 20, None)),
        ),
        axis(
            "grow",
            "hidden Markov: states K",
            [8, 16, 32],
            2.0,
            with(|m, k| jobs::symbols(m, 10, 5000, k, 64)),
        ),
        axis(
            "grow",
            "hidden Markov: symbols V",
            [16, 64, 256],
            1.0,
            with(|m, v| jobs::symbols(m, 10, 5000, 16, v)),
        ),
        axis(
            "chain",
            "hidden Markov: steps T",
            [100_000 / q, 200_000 / q, 400_000 / q],
            1.0,
            with(|m, t| jobs::symbols(m, 1, t, 16, 64)),
        ),
        axis(
            "chain",
            "linear dynamics: steps T",
            [25_000 / q, 50_000 / q, 100_000 / q],
            1.0,
            Box::new(jobs::dynamics),
        ),
        axis("star", "star: groups", [1000, 10_000, 100_000 / q], 1.0, Box::new(jobs::star)),
        axis(
            "grow",
            "factors: rows N",
            [5000, 10_000, 20_000],
            1.0,
            Box::new(|n| jobs::factors(n, 20, 5, false)),
        ),
        axis(
            "grow",
            "regression: rows N (plan and start)",
            [25_000 / q, 50_000 / q, 100_000 / q],
            1.0,
            Box::new(|n| jobs::regression(n, 64)),
        ),
    ];
    let mut rows = vec![];
    for a in list.iter().filter(|a| args.wants(a.key)) {
        eprintln!("{} …", a.name);
        let once = a.name.contains("(plan and start)");
        let mut times = vec![];
        for &n in &a.sizes {
            let job = (a.make)(n);
            let path = job.lay_out(&args.folder, "grow")?;
            match child::measure(&path, job.iterations, 1) {
                Ok(x) => times.push((n as f64, if once { x.plan + x.start } else { x.iteration }, job.floor)),
                Err(why) => eprintln!("{} of {n}: {}", a.name, why.lines().next().unwrap_or("")),
            }
        }
        let shown = |i: usize| times.get(i).map_or("–".into(), |t| table::seconds(t.1));
        let last = times
            .last()
            .map_or("–".into(), |t| t.2.filter(|_| !once).map_or("–".into(), |f| table::times(t.1, f)));
        let of = a.sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        rows.push(vec![
            a.name.into(),
            of,
            shown(0),
            shown(1),
            shown(2),
            table::short(slope(&times)),
            table::short(a.expected),
            last,
        ]);
    }
    table::print(
        "Growth: an iteration at three sizes, one thread, and the exponent",
        &["what grows", "sizes", "first", "second", "third", "exponent", "at most", "of floor, third"],
        &rows,
    );
    Ok(())
}

/// Least squares of ln time on ln size.
fn slope(times: &[(f64, f64, Option<f64>)]) -> f64 {
    let n = times.len() as f64;
    let (x, y) =
        (times.iter().map(|t| t.0.ln()).sum::<f64>() / n, times.iter().map(|t| t.1.ln()).sum::<f64>() / n);
    let products: f64 = times.iter().map(|t| (t.0.ln() - x) * (t.1.ln() - y)).sum();
    products / times.iter().map(|t| (t.0.ln() - x).powi(2)).sum::<f64>()
}
