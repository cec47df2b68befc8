//! The jobs: what is fitted, on which table, and the floor of an iteration. Not here: how a fit is measured
//! (`child`).

use super::{
    args::Args,
    bare,
    child::{self, Measured},
    kernels,
    machine::{Machine, best},
    simulate, table,
};
use std::{
    hint::black_box,
    path::{Path, PathBuf},
};

/// Writes a job's tables into a folder.
pub type Write = Box<dyn Fn(&Path) -> std::io::Result<()>>;

/// One model with its table.
pub struct Job {
    /// As tables name it.
    pub name: String,
    /// What is long, in words.
    pub size: String,
    /// The model, its table named `data.csv`.
    pub model: String,
    /// Writes the table.
    pub write: Write,
    /// The data once, bytes: 8 for a number, 4 for a category.
    pub bytes: f64,
    /// Iterations that are measured.
    pub iterations: usize,
    /// Seconds that an iteration takes at least, by the rates of this machine.
    pub floor: Option<f64>,
}

/// A file of `models`, its table at hand, some of its text replaced.
fn model(text: &str, swaps: &[(&str, String)]) -> String {
    let line =
        text.lines().find(|l| l.trim_start().starts_with("data:")).expect("a model has a line for its data");
    let path = line.split('"').nth(3).expect("the data line names a file");
    let mut text = text.replace(&format!("\"{path}\""), "\"data.csv\"");
    for (from, to) in swaps {
        assert!(text.contains(from), "the model has no `{from}`");
        text = text.replace(from, to);
    }
    text
}

fn columns(letter: &str, d: usize) -> String {
    (1..=d).map(|i| format!("\"{letter}{i}\"")).collect::<Vec<_>>().join(", ")
}

/// Numbers in one row's statistic of a Gaussian vector: 1, x and one triangle of x xᵀ.
fn statistics(d: usize) -> usize {
    1 + d + d * (d + 1) / 2
}

/// A mixture of `k` Gaussians in `d` dimensions.
pub fn mixture(machine: &Machine, n: usize, d: usize, k: usize) -> Job {
    let s = statistics(d);
    let [there, back] = kernels::products(n.min(20_000), s, k);
    let (rows, per) = (n as f64, (s * k) as f64);
    let floor = rows * per / there
        + rows * per / back
        + rows * k as f64 / machine.exp
        + rows * s as f64 * 8.0 / machine.copy;
    Job {
        name: "J1 Gaussian mixture".into(),
        size: format!("{n} × {d}, K = {k}"),
        model: model(
            include_str!("models/j1_gmm.ron"),
            &[
                ("Size(32)", format!("Size({k})")),
                ("dof: 18", format!("dof: {}", d + 2)),
                ("identity(16)", format!("identity({d})")),
                (&columns("x", 16), columns("x", d)),
            ],
        ),
        write: Box::new(move |p| simulate::gaussians(p, n, d, k)),
        bytes: rows * d as f64 * 8.0,
        iterations: 5,
        floor: Some(floor),
    }
}

/// Topics. The floor is a pass in which each document takes two turns.
pub fn topics(machine: &Machine, docs: usize, v: usize, k: usize, corpus: Option<PathBuf>) -> Job {
    let rows = match &corpus {
        // About the size of a row.
        Some(path) => std::fs::metadata(path).map_or(0.0, |m| m.len() as f64 / 6.2),
        None => docs as f64 * 115.0,
    };
    let per = rows * k as f64;
    Job {
        name: "J2 topics".into(),
        size: if corpus.is_some() {
            format!("a corpus, K = {k}")
        } else {
            format!("{docs} documents, V = {v}, K = {k}")
        },
        model: model(include_str!("models/j2_lda.ron"), &[("Size(50)", format!("Size({k})"))]),
        write: match corpus {
            Some(from) => Box::new(move |p| simulate::corpus(p, &from).map(|_| ())),
            None => Box::new(move |p| simulate::documents(p, docs, v, k.min(50)).map(|_| ())),
        },
        bytes: rows * 16.0,
        iterations: 10,
        floor: Some(4.0 * per / machine.madd + per * 32.0 / machine.copy),
    }
}

/// Symbols from hidden states. The floor is bare forward–backward arithmetic with 16 states, scaled to others
/// by their pairs.
pub fn symbols(machine: &Machine, sequences: usize, steps: usize, k: usize, v: usize) -> Job {
    let n = (sequences * steps) as f64;
    Job {
        name: "J3 hidden Markov, symbols".into(),
        size: format!("{sequences} × {steps} steps, {k} states, {v} symbols"),
        model: model(include_str!("models/j3_cat.ron"), &[("Size(16)", format!("Size({k})"))]),
        write: Box::new(move |p| simulate::symbols(p, sequences, steps, k, v)),
        bytes: n * 8.0,
        iterations: 5,
        floor: Some(n * pairs(k) / machine.madd),
    }
}

/// Multiply-adds of a step's forward, backward and pair messages.
fn pairs(k: usize) -> f64 {
    3.0 * (k * k) as f64
}

/// Gaussian emissions from hidden states.
pub fn emissions(machine: &Machine, sequences: usize, steps: usize, full: bool) -> Job {
    let (n, k, d) = ((sequences * steps) as f64, 16, 4);
    let s = if full { statistics(d) } else { 1 + 2 * d };
    let [there, back] = kernels::products(20_000, s, k);
    let per = n * (s * k) as f64;
    Job {
        name: format!("J3 hidden Markov, {} Gaussians", if full { "full" } else { "diagonal" }),
        size: format!("{sequences} × {steps} steps, {k} states, {d} numbers"),
        model: model(
            if full { include_str!("models/j3_full.ron") } else { include_str!("models/j3_diag.ron") },
            &[],
        ),
        write: Box::new(move |p| simulate::walks(p, sequences, steps, k, d)),
        bytes: n * (4.0 + 8.0 * d as f64),
        iterations: 5,
        floor: Some(n * pairs(k) / machine.madd + per / there + per / back + n * k as f64 / machine.exp),
    }
}

/// A linear dynamical system; the floor is a bare smoother of four numbers.
pub fn dynamics(steps: usize) -> Job {
    Job {
        name: "J4 linear dynamics".into(),
        size: format!("{steps} steps, 4 states, 6 outputs"),
        model: model(include_str!("models/j4_lds.ron"), &[]),
        write: Box::new(move |p| simulate::rotations(p, steps)),
        bytes: steps as f64 * 48.0,
        iterations: 5,
        floor: Some(smoother(steps)),
    }
}

/// Seconds of the bare smoother over so many steps.
pub fn smoother(steps: usize) -> f64 {
    let own = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 5.0 } else { 0.3 }));
    let next: [[f64; 4]; 4] =
        std::array::from_fn(|i| std::array::from_fn(|j| -0.2 + 0.1 * ((i + 2 * j) % 4) as f64));
    let h: Vec<[f64; 4]> =
        (0..steps).map(|t| std::array::from_fn(|i| ((t * 7 + i * 3) % 11) as f64 - 5.0)).collect();
    let mut room = vec![];
    let (means, _) = bare::smoother(&own, &next, &h, &mut room);
    // The means solve the system; a floor that computes something else would be none.
    for i in 0..4 {
        let sum: f64 = (0..4).map(|j| own[i][j] * means[0][j] + next[i][j] * means[1][j]).sum();
        assert!((sum - h[0][i]).abs() < 1e-9, "{sum} is not {}", h[0][i]);
    }
    best(3, || _ = black_box(bare::smoother(&own, &next, black_box(&h), &mut room)))
}

/// Regression with a precision for each weight. Its iterations touch no row.
pub fn regression(n: usize, d: usize) -> Job {
    let cube = (d * d * d) as f64;
    Job {
        name: "J5 regression".into(),
        size: format!("{n} × {d}"),
        model: model(include_str!("models/j5_ard.ron"), &[]),
        write: Box::new(move |p| simulate::covariates(p, n, d)),
        bytes: n as f64 * (d as f64 + 1.0) * 8.0,
        iterations: 20,
        // A Cholesky factor, an inverse, and their products.
        floor: Some(cube / kernels::cholesky(d)),
    }
}

/// Factors: principal components, or a precision for each column.
pub fn factors(n: usize, d: usize, q: usize, each: bool) -> Job {
    let there = kernels::products(n.min(20_000), d, q);
    let square = kernels::products(n.min(20_000), q, q);
    let rows = n as f64;
    let floor = rows * (d * q) as f64 * (1.0 / there[0] + 1.0 / there[1]) + rows * (q * q) as f64 / square[1];
    Job {
        name: if each { "J6 factor analysis".into() } else { "J6 principal components".into() },
        size: format!("{n} × {d}, {q} factors"),
        model: model(
            if each { include_str!("models/j6_fa.ron") } else { include_str!("models/j6_pca.ron") },
            &[],
        ),
        write: Box::new(move |p| simulate::factors(p, n, d, q)),
        bytes: rows * d as f64 * 8.0,
        iterations: 20,
        floor: Some(floor),
    }
}

/// A star: effects of groups around a common mean, all jointly Gaussian.
pub fn star(groups: usize) -> Job {
    Job {
        name: "star of groups".into(),
        size: format!("{groups} groups of 5 rows"),
        model: r#"Model(
    data: { "rows": "data.csv" },
    plates: { "n": Rows(table: "rows"), "g": Groups(column: "rows.group") },
    nodes: {
        "mean":   Normal(mean: 0, precision: 0.01),
        "across": Gamma(shape: 1, rate: 1),
        "m[g]":   Normal(mean: "mean", precision: "across"),
        "within": Gamma(shape: 1, rate: 1),
        "y[n]":   Normal(mean: "m[group[n]]", precision: "within"),
    },
    observe: { "y": "y" },
)"#
        .into(),
        write: Box::new(move |p| simulate::groups(p, groups, 5)),
        bytes: groups as f64 * 60.0,
        iterations: 10,
        floor: None,
    }
}

/// Rows of counts with two selectors: no benchmark has this graph.
pub fn two_selectors(machine: &Machine, n: usize) -> Job {
    let (d, k, l) = (12, 6, 4);
    let [there, back] = kernels::products(20_000, d, k * l);
    let (rows, per) = (n as f64, (d * k * l) as f64);
    Job {
        name: "counts, two selectors".into(),
        size: format!("{n} × {d}, {k} × {l} rates"),
        model: format!(
            r#"Model(
    data: {{ "rows": "data.csv" }},
    plates: {{ "n": Rows(table: "rows"), "j": Columns(table: "rows"), "k": Size({k}), "l": Size({l}) }},
    nodes: {{
        "p":           Dirichlet(concentration: 1, over: "k"),
        "q":           Dirichlet(concentration: 1, over: "l"),
        "rate[k,l,j]": Gamma(shape: 2, rate: 0.3),
        "z[n]":        Categorical(p: "p"),
        "c[n]":        Categorical(p: "q"),
        "x[n,j]":      Poisson(rate: "rate[z[n], c[n], j]"),
    }},
    observe: {{ "x": "rows" }},
)"#
        ),
        write: Box::new(move |p| simulate::counts(p, n, d, k, l)),
        bytes: rows * d as f64 * 8.0,
        iterations: 5,
        floor: Some(rows * per * (1.0 / there + 1.0 / back) + rows * (k * l) as f64 / machine.exp),
    }
}

/// A chain that emits a number, a count and a symbol: no benchmark has this graph.
pub fn three_columns(machine: &Machine, steps: usize) -> Job {
    let k = 12;
    let [there, back] = kernels::products(20_000, 5, k);
    let (n, per) = (steps as f64, 5.0 * k as f64);
    Job {
        name: "chain, three kinds of column".into(),
        size: format!("{steps} steps, {k} states"),
        model: format!(
            r#"Model(
    data: {{ "steps": "data.csv" }},
    plates: {{ "t": Steps(table: "steps"), "k": Size({k}) }},
    nodes: {{
        "start":    Dirichlet(concentration: 1, over: "k"),
        "trans[k]": Dirichlet(concentration: 1, over: "k"),
        "tau[k]":   Gamma(shape: 1, rate: 1),
        "mu[k]":    Normal(mean: 0, precision: "0.1 * tau[k]"),
        "rate[k]":  Gamma(shape: 1, rate: 0.1),
        "emit[k]":  Dirichlet(concentration: 1, over: "steps.mark"),
        "z[0]":     Categorical(p: "start"),
        "z[t]":     Categorical(p: "trans[z[t-1]]"),
        "x[t]":     Normal(mean: "mu[z[t]]", precision: "tau[z[t]]"),
        "c[t]":     Poisson(rate: "rate[z[t]]"),
        "m[t]":     Categorical(p: "emit[z[t]]"),
    }},
    observe: {{ "x": "level", "c": "count", "m": "mark" }},
)"#
        ),
        write: Box::new(move |p| simulate::three_columns(p, steps, k)),
        bytes: n * 20.0,
        iterations: 5,
        floor: Some(
            n * pairs(k) / machine.madd
                + n * per * (1.0 / there + 1.0 / back)
                + n * k as f64 * (1.0 / machine.exp + 24.0 / machine.copy),
        ),
    }
}

impl Job {
    /// Writes model and table into a folder of their own and returns the model's path.
    pub fn lay_out(&self, folder: &Path, name: &str) -> Result<PathBuf, String> {
        let own = folder.join(name);
        let at = |e: std::io::Error| format!("{}: {e}", own.display());
        std::fs::create_dir_all(&own).map_err(at)?;
        (self.write)(&own.join("data.csv")).map_err(at)?;
        let path = own.join("model.ron");
        std::fs::write(&path, &self.model).map_err(at)?;
        Ok(path)
    }
}

/// Graphs of the package, small enough that the process's own time shows.
const SMALL: [(&str, &str, f64); 2] =
    [("coin", "graphs/coin.ron", 10e-3), ("Old Faithful", "graphs/gmm.ron", 50e-3)];
/// Memory past the data, bytes.
const ALLOWED: f64 = 64.0 * 1024.0 * 1024.0;

/// Measures and prints all jobs that are asked for.
pub fn print(machine: &Machine, args: &Args) -> Result<(), String> {
    let s = if args.quick { 20 } else { 1 };
    type Make<'a> = Box<dyn Fn() -> Job + 'a>;
    let corpus = args.corpus.clone();
    let mut list: Vec<(&str, Make<'_>)> = vec![
        ("j1", Box::new(move || mixture(machine, 200_000 / s, 16, 32))),
        ("j2", Box::new(move || topics(machine, 20_000 / s, 8000, 50, None))),
        ("j3", Box::new(move || symbols(machine, 100 / s, 10_000, 16, 64))),
        ("j3full", Box::new(move || emissions(machine, 60 / s, 8333, true))),
        ("j3diag", Box::new(move || emissions(machine, 60 / s, 8333, false))),
        ("j4", Box::new(move || dynamics(100_000 / s))),
        ("j5", Box::new(move || regression(200_000 / s, 64))),
        ("j6", Box::new(move || factors(20_000 / s, 50, 10, false))),
        ("j6fa", Box::new(move || factors(20_000 / s, 50, 10, true))),
        ("star", Box::new(move || star(100_000 / s))),
        ("selectors", Box::new(move || two_selectors(machine, 200_000 / s))),
        ("columns", Box::new(move || three_columns(machine, 200_000 / s))),
    ];
    // Like the Associated Press corpus in size, or that corpus.
    let few = move || Job {
        name: "J2 topics, few documents".into(),
        ..topics(machine, 2246 / s, 10_473, 50, corpus.clone())
    };
    list.insert(1, ("j2ap", Box::new(few)));
    let (mut rows, mut threads) = (vec![], vec![]);
    for (key, make) in list.iter().filter(|l| args.wants(l.0)) {
        let job = make();
        eprintln!("{} …", job.name);
        let path = job.lay_out(&args.folder, key)?;
        let all: Vec<_> = args.threads.iter().map(|&t| child::measure(&path, job.iterations, t)).collect();
        if !args.keep {
            let _ = std::fs::remove_dir_all(args.folder.join(key));
        }
        rows.push(row(&job, &all[0]));
        if let (Some(Ok(one)), true) = (all.first(), all.len() > 1) {
            let of = |m: &Result<Measured, String>| {
                m.as_ref().map_or("–".into(), |m| table::times(one.iteration, m.iteration))
            };
            threads.push(
                [vec![job.name.clone(), table::seconds(one.iteration)], all[1..].iter().map(of).collect()]
                    .concat(),
            );
        }
    }
    if !rows.is_empty() {
        let head = [
            "job",
            "size",
            "iteration",
            "floor",
            "of floor",
            "read",
            "plan",
            "start",
            "total",
            "peak",
            "data + 64 MB",
            "ELBO, nats",
        ];
        table::print(&format!("Jobs, threads: {}", args.threads[0]), &head, &rows);
    }
    if !threads.is_empty() {
        let more: Vec<String> = args.threads[1..].iter().map(|t| format!("{t} threads, faster")).collect();
        let head: Vec<&str> =
            ["job", "iteration"].into_iter().chain(more.iter().map(String::as_str)).collect();
        table::print("Threads", &head, &threads);
    }
    if args.wants("small") {
        small(args)?;
    }
    Ok(())
}

fn row(job: &Job, measured: &Result<Measured, String>) -> Vec<String> {
    let head = vec![job.name.clone(), job.size.clone()];
    let m = match measured {
        Ok(m) => m,
        Err(why) => {
            eprintln!("{}: {}", job.name, why.trim());
            return [head, vec!["–".into(); 10]].concat();
        }
    };
    let mb = |b: f64| format!("{:.0} MB", b / 1048576.0);
    let floor = job.floor.unwrap_or(f64::NAN);
    let times = [m.iteration, floor].map(table::seconds).to_vec();
    let rest = [m.read, m.plan, m.start, m.total].map(table::seconds).to_vec();
    let allowed = job.bytes + ALLOWED;
    let memory =
        vec![mb(m.peak), format!("{}{}", mb(allowed), if m.peak > allowed { " (over)" } else { "" })];
    [head, times, vec![table::times(m.iteration, floor)], rest, memory, vec![format!("{:.2}", m.elbo)]]
        .concat()
}

/// Whole processes on the smallest graphs.
fn small(args: &Args) -> Result<(), String> {
    let mut rows = vec![];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, graph, goal) in SMALL {
        let runs = (0..5)
            .map(|_| child::measure(&root.join(graph), 1000, args.threads[0]))
            .collect::<Result<Vec<_>, _>>()?;
        let least = |f: fn(&Measured) -> f64| runs.iter().map(f).fold(f64::INFINITY, f64::min);
        rows.push(vec![
            name.to_string(),
            table::seconds(least(|m| m.process)),
            table::seconds(least(|m| m.total)),
            table::seconds(goal),
        ]);
    }
    table::print(
        "Small jobs: the whole process, and the fit within it (a thousand iterations at most)",
        &["job", "process", "fit", "goal"],
        &rows,
    );
    Ok(())
}
