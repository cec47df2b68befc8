//! One fit in a process of its own: its times and its peak memory, as a line. A parent starts itself with
//! `--child`.

use super::args::Task;
use elbow::{
    answer,
    data::Files,
    diag::{Diagnostics, Reported, render::render_all},
    engine::{Options, Watch},
    graph::factor_graph::{DataTable, TableSource},
    pipeline,
    source::Source,
    syntax,
};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// What a fit took.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Reading and binding the tables, seconds.
    pub read: f64,
    /// Blocks and plan.
    pub plan: f64,
    /// The start, before the first iteration.
    pub start: f64,
    /// An iteration: the median.
    pub iteration: f64,
    /// From the model's text to the posterior.
    pub total: f64,
    /// From the process's start to its end, as the parent sees it.
    pub process: f64,
    /// Peak resident memory, bytes.
    pub peak: f64,
    /// The bound at the end, nats.
    pub elbo: f64,
}

struct Beside<'a>(&'a Path);

impl Files for Beside<'_> {
    fn open(&self, path: &std::path::Path) -> std::io::Result<Box<dyn Read>> {
        Ok(Box::new(std::io::BufReader::new(File::open(self.0.join(path))?)))
    }
}

/// Notes when each iteration ended.
struct Clock(Instant, Vec<f64>);

impl Watch for Clock {
    fn iterated(&mut self, _: usize, _: usize, _: f64) {
        self.1.push(self.0.elapsed().as_secs_f64());
    }
}

/// The child's work.
pub fn run(task: &Task) -> Result<String, String> {
    let begin = Instant::now();
    let text = std::fs::read_to_string(&task.model).map_err(|e| format!("{}: {e}", task.model.display()))?;
    let source = Source::new(task.model.to_string_lossy().into_owned(), text);
    let mut diags = Diagnostics::default();
    let shown = |diags: &Diagnostics, _: Reported| render_all(diags.list(), &source, false);
    let model = syntax::parse(&source, &mut diags).map_err(|r| shown(&diags, r))?;
    let graph = pipeline::graph(&model, &source, &mut diags).map_err(|r| shown(&diags, r))?;
    let files = Beside(task.model.parent().unwrap_or(Path::new("")));
    let locate = |t: &DataTable| match &t.source {
        TableSource::File(path) => Some(path.into()),
        TableSource::Inline(_) => None,
    };
    let t = Instant::now();
    let mut bound =
        pipeline::bind(&model, &graph, &files, &locate, &source, &mut diags).map_err(|r| shown(&diags, r))?;
    drop(model);
    let read = t.elapsed().as_secs_f64();
    let t = Instant::now();
    let plan = pipeline::plan(&graph, &bound, &mut diags).map_err(|r| shown(&diags, r))?;
    bound.forget(&graph, |n| plan.predicted.contains(&n));
    let planned = t.elapsed().as_secs_f64();
    let options = Options {
        max_iterations: task.iterations,
        tolerance: 0.0,
        threads: task.threads,
        quantiles: 4096,
        ..Options::default()
    };
    let mut clock = Clock(Instant::now(), vec![]);
    let posterior = answer::fit(&graph, &bound, &plan, &options, &mut clock).map_err(|e| e.to_string())?;
    let mut each: Vec<f64> = clock.1.windows(2).map(|w| w[1] - w[0]).collect();
    each.sort_by(f64::total_cmp);
    let iteration = each.get(each.len() / 2).copied().unwrap_or(clock.1[0]);
    let start = (clock.1[0] - iteration).max(0.0);
    let numbers = [read, planned, start, iteration, begin.elapsed().as_secs_f64(), peak(), posterior.elbo];
    Ok(numbers.map(|x| format!("{x:e}")).join(" "))
}

/// VmHWM, in bytes; NaN on systems that do not say.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok())
        .map_or(f64::NAN, |kb| kb * 1024.0)
}

/// A child that takes longer is ended.
const PATIENCE: Duration = Duration::from_secs(240);

/// Fits a model in a process of its own.
///
/// # Errors
/// What the child said, or that it took too long.
pub fn measure(model: &Path, iterations: usize, threads: usize) -> Result<Measured, String> {
    let me: PathBuf = std::env::current_exe().map_err(|e| e.to_string())?;
    let begin = Instant::now();
    let mut child = Command::new(me)
        .arg("--child")
        .arg(model)
        .args([iterations.to_string(), threads.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    // Waiting in short steps would add to the process's time: a thread watches, and the pipe's end wakes this
    // one.
    let (done, over) = std::sync::mpsc::channel::<()>();
    let mut out = child.stdout.take().ok_or("no pipe")?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = out.read_to_string(&mut text);
        let _ = done.send(());
        text
    });
    let late = over.recv_timeout(PATIENCE).is_err();
    if late {
        let _ = child.kill();
    }
    let text = reader.join().map_err(|_| "the reader died")?;
    let ended = child.wait_with_output().map_err(|e| e.to_string())?;
    let process = begin.elapsed().as_secs_f64();
    if late {
        return Err(format!("more than {} s", PATIENCE.as_secs()));
    }
    if !ended.status.success() {
        return Err(String::from_utf8_lossy(&ended.stderr).into_owned());
    }
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|x| x.parse().ok()).collect();
    let [read, plan, start, iteration, total, peak, elbo] = numbers[..] else {
        return Err(format!("unexpected: {text}"));
    };
    Ok(Measured { read, plan, start, iteration, total, process, peak, elbo })
}
