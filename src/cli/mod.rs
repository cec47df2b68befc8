//! The `elbow` command: the only place that prints, says which files are written, reads the environment or exits. Not here:
//! anything that a library's user could want.

mod args;
mod check;
mod code;
mod compare;
mod draw;
mod exit;
mod explain;
mod export;
mod fit;
mod folds;
mod interrupt;
mod keep;
mod list;
mod manual;
mod memory;
mod model;
mod new;
mod nodes;
mod outputs;
mod predict;
mod progress;
mod report;
mod show;
mod simulate;
mod start;
mod stop;
mod sweep;
mod terminal;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;
use terminal::Terminal;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    // clap prints help and its own errors, and exits with 0 and 2.
    let args = Args::parse();
    let terminal = Terminal::new();
    let ended = match &args.command {
        Command::Fit(a) => fit::run(a, &terminal),
        Command::Predict(a) => predict::run(a, &terminal),
        Command::Compare(a) => compare::run(a, &terminal),
        Command::Sweep(a) => sweep::run(a, &terminal),
        Command::New(a) => new::run(a, &terminal),
        Command::Simulate(a) => simulate::run(a, &terminal),
        Command::Export(a) => export::run(a, &terminal),
        Command::Report(a) => report::run(a, &terminal),
        Command::Show(a) => show::run(a, &terminal),
        Command::Check(a) => check::run(a, &terminal),
        Command::Explain(a) => explain::run(a, &terminal),
        Command::Draw(a) => draw::run(a, &terminal),
        Command::List(a) => list::run(a, &terminal),
        Command::Completions(a) => manual::completions(a, &terminal),
        Command::Man(a) => manual::man(a, &terminal),
        Command::Code(a) => code::run(a, &terminal),
    };
    match ended {
        Ok(exit) => exit,
        Err(stop) => {
            terminal.complain(&stop.message);
            stop.exit
        }
    }
    .into()
}
