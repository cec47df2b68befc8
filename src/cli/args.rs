//! What the command line may say. Not here: what is done about it.

use crate::{
    engine::options::{MAX_ITERATIONS, TOLERANCE},
    num::size,
    report::{FORMATS, comparison, prediction, starter},
};
use clap::{
    Args as ClapArgs, Parser, Subcommand,
    builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser},
};
use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

/// Variational message passing for conjugate-exponential models.
#[derive(Debug, Parser)]
#[command(name = "elbow", version, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Infer the posterior; print the bound's path and a table for each node
    #[command(
        after_help = "Examples:\n  elbow fit graphs/gmm.ron --restarts 20\n  elbow fit model.ron --data t=new.csv --save posterior --nodes +z\n  elbow fit model.ron --format json --quantiles > result.json"
    )]
    Fit(Box<Fit>),
    /// Predict new rows under a kept posterior
    #[command(
        after_help = "Examples:\n  elbow predict posterior --data t=new.csv --format csv\n  elbow predict posterior --data t=new.csv --steps 12"
    )]
    Predict(Predict),
    /// Put kept posteriors of one set of data side by side
    #[command(
        after_help = "Examples:\n  elbow compare one two three\n  elbow compare one two --data t=held_out.csv --format json"
    )]
    Compare(Compare),
    /// Fit one model over the sizes of a plate
    #[command(
        after_help = "Examples:\n  elbow sweep graphs/gmm.ron --size k=1..8\n  elbow sweep graphs/poisson_mixture.ron --size k=1..4 --folds 5"
    )]
    Sweep(Box<Sweep>),
    /// Draw data from a model or from a kept posterior
    #[command(
        after_help = "Examples:\n  elbow simulate model.ron --rows t=600 --seed 1 > drawn.csv\n  elbow simulate posterior --draws 20"
    )]
    Simulate(Simulate),
    /// Write draws of a kept posterior for other programs
    #[command(
        after_help = "Examples:\n  elbow export posterior --to draws.npz\n  elbow export posterior --to draws.parquet --nodes mu,tau --draws 1000"
    )]
    Export(Export),
    /// Print the report of a kept posterior again
    #[command(
        after_help = "Examples:\n  elbow show posterior --nodes theta --sort mean --top 10\n  elbow show posterior --format json --quantiles"
    )]
    Show(ShowArgs),
    /// Write a page that shows a kept posterior: one file of HTML with its charts
    Report(Report),
    /// Print a commented model to start from, for a table
    #[command(
        after_help = "Examples:\n  elbow new mixture --data flowers.csv > flowers.ron\n  elbow new multilevel --data pupils.csv --response score --group school"
    )]
    New(New),
    /// Read, type and check a model, and its data where there; infer nothing
    #[command(after_help = "Examples:\n  elbow check model.ron --data t=new.csv")]
    Check(Check),
    /// Print the factor graph, the factorisation of q and why, and every update
    #[command(
        after_help = "Examples:\n  elbow explain graphs/gmm.ron\n  elbow explain --emit plan graphs/gmm.ron"
    )]
    Explain(Explain),
    /// Draw the factor graph with its plates
    #[command(after_help = "Examples:\n  elbow draw graphs/gmm.ron --out gmm.svg")]
    Draw(Draw),
    /// List distributions, functions, blocks and plates, or one in detail
    #[command(after_help = "Examples:\n  elbow list\n  elbow list Gamma")]
    List(List),
    /// Print the page of an error code
    #[command(after_help = "Examples:\n  elbow code E0401")]
    Code(Code),
    /// Print the completions of a shell
    #[command(
        after_help = "Examples:\n  elbow completions bash > ~/.local/share/bash-completion/completions/elbow"
    )]
    Completions(Completions),
    /// Print the manual page, of the whole or of one command
    #[command(after_help = "Examples:\n  elbow man fit | man -l -")]
    Man(Man),
}

/// The model and where its tables are.
#[derive(Debug, ClapArgs)]
pub(super) struct Model {
    /// The model file; `-` is standard input
    #[arg(value_name = "MODEL.ron")]
    pub model: PathBuf,
    /// Read table NAME from PATH instead of the file that the model names; may be given again and again
    #[arg(long = "data", value_name = "NAME=PATH", value_parser = OsStringValueParser::new().try_map(name_and_path))]
    pub data: Vec<(String, PathBuf)>,
}

// A path need not be text.
fn name_and_path(text: OsString) -> Result<(String, PathBuf), String> {
    match split_at_equals(&text) {
        Some((name, path)) if !name.is_empty() && !path.as_os_str().is_empty() => Ok((name, path)),
        _ => Err("expected NAME=PATH, such as `corpus=words.csv`".to_string()),
    }
}

/// The text before the first `=`, and what follows it as it is.
#[cfg(unix)]
fn split_at_equals(text: &OsStr) -> Option<(String, PathBuf)> {
    use std::os::unix::ffi::OsStrExt;
    let at = text.as_bytes().iter().position(|b| *b == b'=')?;
    let (name, path) = (&text.as_bytes()[..at], &text.as_bytes()[at + 1..]);
    Some((String::from_utf8(name.to_vec()).ok()?, PathBuf::from(OsStr::from_bytes(path))))
}

#[cfg(not(unix))]
fn split_at_equals(text: &OsStr) -> Option<(String, PathBuf)> {
    let (name, path) = text.to_str()?.split_once('=')?;
    Some((name.to_string(), PathBuf::from(path)))
}

fn node_and_path(text: OsString) -> Result<(String, PathBuf), String> {
    name_and_path(text).map_err(|_| "expected NODE=FILE, such as `z=labels.csv`".to_string())
}

#[derive(Debug, ClapArgs)]
pub(super) struct Fit {
    #[command(flatten)]
    pub model: Model,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Different starts to try, at least; the one with the best bound wins, 1 is one plain run [default: as many as fit
    /// in about three times what one run takes]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub restarts: Option<usize>,
    /// Iterations after which a run gives up
    #[arg(long, value_name = "N", default_value_t = MAX_ITERATIONS, value_parser = at_least_one)]
    pub max_iterations: usize,
    /// Seconds after which the fit ends, at the end of an iteration
    #[arg(long, value_name = "X", value_parser = tolerance)]
    pub max_seconds: Option<f64>,
    /// Relative change of the bound at which a run has converged
    #[arg(long, value_name = "X", default_value_t = TOLERANCE, value_parser = tolerance)]
    pub tolerance: f64,
    /// Coordinate ascent alone: nothing is extrapolated, rotated or pushed
    #[arg(long)]
    pub plain: bool,
    /// Begin from this q of a node, again and again: a table with a row for each element (its category, a
    /// probability for each, or its value), or a result in JSON with the parameters of its q
    #[arg(long, value_name = "NODE=FILE", value_parser = OsStringValueParser::new().try_map(node_and_path))]
    pub start: Vec<(String, PathBuf)>,
    /// Report where the time goes: by step of the plan, beside the least that this machine could take
    #[arg(long)]
    pub profile: bool,
    /// Threads to use; the result does not depend on it [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,
    /// Memory that the arrays of the fit may take, such as 16GB [default: what the machine has free]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub max_memory: Option<u64>,
    #[command(flatten)]
    pub layout: Layout,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].name(), value_parser = formats())]
    pub format: String,
    /// Write the bound after each iteration to FILE.csv; with `-`, print all of them
    #[arg(long, value_name = "FILE.csv")]
    pub trace: Option<PathBuf>,
    /// Write a CSV for each node that is reported, with trace.csv and summary.json, to the folder DIR: a new one, or
    /// in place of an earlier result
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Keep the posterior in FILE: `elbow show` prints it again, `--from` goes on with it
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Keep it every so many minutes too, while the fit runs
    #[arg(long, value_name = "MINUTES", value_parser = minutes, requires = "save")]
    pub checkpoint: Option<f64>,
    /// Go on where the posterior kept in FILE has stopped: the same bits as one run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["restarts", "start"])]
    pub from: Option<PathBuf>,
    /// Take the posterior kept in FILE for the prior of these data
    #[arg(long, value_name = "FILE")]
    pub prior: Option<PathBuf>,
    /// Find the 5 %, 50 % and 95 % quantiles of every number, and print them in JSON too
    #[arg(long)]
    pub quantiles: bool,
    /// Print neither progress nor warnings
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Predict {
    /// A posterior that `fit --save` has kept
    #[arg(value_name = "POSTERIOR")]
    pub posterior: PathBuf,
    /// Read table NAME with the new rows from PATH; may be given again and again
    #[arg(long = "data", value_name = "NAME=PATH", value_parser = OsStringValueParser::new().try_map(name_and_path))]
    pub data: Vec<(String, PathBuf)>,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = prediction::FORMATS[0].0, value_parser = PossibleValuesParser::new(prediction::FORMATS.iter().map(|f| clap::builder::PossibleValue::new(f.0).help(f.1))))]
    pub format: String,
    /// The most probable path of each chain, all of its steps together, in place of each step's best category
    #[arg(long, conflicts_with = "filter")]
    pub most_likely: bool,
    /// Each step by the steps before it and by itself; the log predictive of a row is then one step ahead
    #[arg(long)]
    pub filter: bool,
    /// Go N steps on after the last of each sequence
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub steps: Option<usize>,
    /// Print no warnings
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Compare {
    /// Posteriors that `fit --save` has kept
    #[arg(value_name = "POSTERIOR", required = true)]
    pub posteriors: Vec<PathBuf>,
    /// Tell ln p of the rows of table NAME in PATH under each of them too; may be given again and again
    #[arg(long = "data", value_name = "NAME=PATH", value_parser = OsStringValueParser::new().try_map(name_and_path))]
    pub data: Vec<(String, PathBuf)>,
    /// Add ln K! where K components may stand in any order: a bound is of one order
    #[arg(long)]
    pub orders: bool,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = comparison::FORMATS[0].0, value_parser = comparisons())]
    pub format: String,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Sweep {
    #[command(flatten)]
    pub model: Model,
    /// The plate and its sizes
    #[arg(long, value_name = "PLATE=1..12|2,4,8", value_parser = sizes)]
    pub size: (String, Vec<usize>),
    /// Leave out each of so many parts of the rows in turn, and tell their ln p under the fit to the others
    #[arg(long, value_name = "N", value_parser = at_least_two)]
    pub folds: Option<usize>,
    /// Rows with the same value in this column stay together in a fold [default: sequences do]
    #[arg(long, value_name = "COLUMN", requires = "folds")]
    pub by: Option<String>,
    /// Add ln K! where K components may stand in any order: a bound is of one order
    #[arg(long)]
    pub orders: bool,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Runs from different starts for each size
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    pub restarts: usize,
    /// Iterations after which a run gives up
    #[arg(long, value_name = "N", default_value_t = MAX_ITERATIONS, value_parser = at_least_one)]
    pub max_iterations: usize,
    /// Relative change of the bound at which a run has converged
    #[arg(long, value_name = "X", default_value_t = TOLERANCE, value_parser = tolerance)]
    pub tolerance: f64,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = comparison::FORMATS[0].0, value_parser = comparisons())]
    pub format: String,
    /// Print no warnings
    #[arg(long)]
    pub quiet: bool,
}

/// `k=1..12`, both ends included, or `k=2,4,8`.
fn sizes(text: &str) -> Result<(String, Vec<usize>), String> {
    let wrong = || "expected PLATE=1..12 or PLATE=2,4,8".to_string();
    let (name, list) = text.split_once('=').ok_or_else(wrong)?;
    let size = |text: &str| at_least_one(text.trim().trim_start_matches('=')).map_err(|_| wrong());
    let sizes = match list.split_once("..") {
        Some((from, to)) => (size(from)?..=size(to)?).collect(),
        None => list.split(',').map(size).collect::<Result<Vec<_>, _>>()?,
    };
    if sizes.is_empty() || name.is_empty() { Err(wrong()) } else { Ok((name.to_string(), sizes)) }
}

fn at_least_two(text: &str) -> Result<usize, String> {
    at_least_one(text).and_then(|n| if n < 2 { Err("must be at least 2".to_string()) } else { Ok(n) })
}

fn comparisons() -> PossibleValuesParser {
    let each = comparison::FORMATS.iter().map(|f| clap::builder::PossibleValue::new(f.0).help(f.1));
    PossibleValuesParser::new(each)
}

#[derive(Debug, ClapArgs)]
pub(super) struct New {
    /// The kind of model
    #[arg(value_name = "KIND", value_parser = PossibleValuesParser::new(starter::STARTERS.iter().map(|s| clap::builder::PossibleValue::new(s.name).help(s.about))))]
    pub kind: String,
    /// The table
    #[arg(long, value_name = "TABLE.csv")]
    pub data: PathBuf,
    /// The column to explain, where the kind has one [default: the last that fits]
    #[arg(long, value_name = "COLUMN")]
    pub response: Option<String>,
    /// The column of groups, documents or sequences, where the kind has one [default: the first that fits]
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Simulate {
    /// A model file, or a posterior that `fit --save` has kept
    #[arg(value_name = "MODEL.ron|POSTERIOR")]
    pub from: PathBuf,
    /// Read table NAME from PATH instead of the file that the model names; may be given again and again
    #[arg(long = "data", value_name = "NAME=PATH", value_parser = OsStringValueParser::new().try_map(name_and_path))]
    pub data: Vec<(String, PathBuf)>,
    /// Draw N rows of table NAME instead of as many as it has
    #[arg(long, value_name = "NAME=N", value_parser = name_and_number)]
    pub rows: Vec<(String, usize)>,
    /// How many data sets; with several, a column `draw` tells them apart
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one)]
    pub draws: usize,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

fn name_and_number(text: &str) -> Result<(String, usize), String> {
    let wrong = || "expected NAME=N, such as `t=600`".to_string();
    let (name, number) = text.split_once('=').ok_or_else(wrong)?;
    Ok((name.to_string(), at_least_one(number).map_err(|_| wrong())?))
}

#[derive(Debug, ClapArgs)]
pub(super) struct Export {
    /// A posterior that `fit --save` has kept
    #[arg(value_name = "POSTERIOR")]
    pub posterior: PathBuf,
    /// Where to write; the extension says how: .npz (NumPy), .csv and .parquet (a long table) or .json (ArviZ's `from_dict`)
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Which nodes [default: all but those with a data plate]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub nodes: Option<Vec<String>>,
    /// How many draws
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = at_least_one)]
    pub draws: usize,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ShowArgs {
    /// A posterior that `fit --save` has kept
    #[arg(value_name = "POSTERIOR")]
    pub posterior: PathBuf,
    #[command(flatten)]
    pub layout: Layout,
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].name(), value_parser = formats())]
    pub format: String,
    /// Write the bound after each iteration to FILE.csv; with `-`, print all of them
    #[arg(long, value_name = "FILE.csv")]
    pub trace: Option<PathBuf>,
    /// Find the 5 %, 50 % and 95 % quantiles of every number, and print them in JSON too
    #[arg(long)]
    pub quantiles: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Report {
    /// A posterior that `fit --save` has kept
    #[arg(value_name = "POSTERIOR")]
    pub posterior: PathBuf,
    /// Where to write the page; with `--plot`, the picture
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Write only the picture of this node, as SVG
    #[arg(long, value_name = "NODE")]
    pub plot: Option<String>,
    /// Read table NAME from PATH instead of where the fit found it; may be given again and again
    #[arg(long = "data", value_name = "NAME=PATH", value_parser = OsStringValueParser::new().try_map(name_and_path))]
    pub data: Vec<(String, PathBuf)>,
    /// Seed of the draws that intervals and simulated data are made of
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// What of a posterior is shown, and how.
#[derive(Debug, ClapArgs)]
pub(super) struct Layout {
    /// Which nodes to report: `a,b` these, `+z` one more, `all` [default: all but those with an element for each row]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub nodes: Option<Vec<String>>,
    /// List elements by their means, the largest first
    #[arg(long, value_name = "BY", value_parser = ["mean"])]
    pub sort: Option<String>,
    /// Lines of a node at most, and entries of a long vector of probabilities
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub top: Option<usize>,
    /// Print each node's share of the bound too
    #[arg(long, short)]
    pub verbose: bool,
}

/// The output formats of a report.
fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(
        FORMATS.iter().map(|f| clap::builder::PossibleValue::new(f.name()).help(f.summary())),
    )
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_string()),
        Ok(n) => Ok(n),
        Err(_) => Err("must be a whole number".to_string()),
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x > 0.0 && x.is_finite() => Ok(x),
        _ => Err("must be a number above 0".to_string()),
    }
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x >= 0.0 && x.is_finite() => Ok(x),
        _ => Err("must be a number from 0".to_string()),
    }
}

fn memory(text: &str) -> Result<u64, String> {
    size::parse_bytes(text).ok_or_else(|| "must be a size, such as `500MB`, `16GB` or `2GiB`".to_string())
}

#[derive(Debug, ClapArgs)]
pub(super) struct Check {
    #[command(flatten)]
    pub model: Model,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Explain {
    #[command(flatten)]
    pub model: Model,
    /// Print one stage only
    #[arg(long, value_name = "STAGE", value_enum)]
    pub emit: Option<Stage>,
}

/// A stage of the pipeline that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Stage {
    /// The model file as read
    Ast,
    /// Names and plates resolved
    Graph,
    /// What each node carries and each parameter needs
    Types,
    /// The factorisation of q, and why
    Blocks,
    /// Streams, tables and the order of steps; needs the data
    Plan,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Draw {
    /// The model file
    #[arg(value_name = "MODEL.ron")]
    pub model: PathBuf,
    /// Where to write; the extension says how: .dot, .mmd (Mermaid) or .svg [default: DOT on standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the constants of priors beside their distributions
    #[arg(long)]
    pub constants: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct List {
    /// A distribution, function, block or plate to show in detail
    pub name: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Man {
    /// A command such as `fit`
    pub command: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Code {
    /// A code such as E0401
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn tables_are_named() {
        assert_eq!(name_and_path("a=b=c.csv".into()), Ok(("a".into(), "b=c.csv".into())));
        for wrong in ["a", "=b", "a=", ""] {
            assert!(name_and_path(wrong.into()).is_err(), "{wrong}");
        }
    }
}
