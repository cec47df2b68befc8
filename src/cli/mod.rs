//! The `elbow` command: the only place that prints, opens files, reads the environment or exits. Not here:
//! anything that a library's user could want.

mod args;
mod check;
mod code;
mod disk;
mod draw;
mod exit;
mod explain;
mod fit;
mod list;
mod model;
mod out_dir;
mod progress;
mod start;
mod terminal;

use args::{Args, Command};
use clap::Parser;
use exit::Exit;
use std::process::ExitCode;
use terminal::Terminal;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    // clap prints help and its own errors, and exits with 0 and 2.
    let args = Args::parse();
    let terminal = Terminal::new();
    let ended = match &args.command {
        Command::Fit(a) => fit::run(a, &terminal),
        Command::Check(a) => check::run(a, &terminal),
        Command::Explain(a) => explain::run(a, &terminal),
        Command::Draw(a) => draw::run(a, &terminal),
        Command::List(a) => list::run(a, &terminal),
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

/// Why a command stopped: what to say on standard error, and the exit code.
#[derive(Clone, Debug)]
struct Stop {
    exit: Exit,
    /// Rendered, without a line end.
    message: String,
}

impl Stop {
    /// The command line is at fault.
    fn usage(terminal: &Terminal, title: impl AsRef<str>, help: impl AsRef<str>) -> Stop {
        Stop { exit: Exit::Usage, message: terminal.error(title.as_ref(), help.as_ref()) }
    }
    /// The numbers broke down.
    fn broke_down(terminal: &Terminal, title: impl AsRef<str>, help: impl AsRef<str>) -> Stop {
        Stop { exit: Exit::Numbers, message: terminal.error(title.as_ref(), help.as_ref()) }
    }
    /// The model, or a file it names, is at fault.
    fn fault(terminal: &Terminal, title: impl AsRef<str>, help: impl AsRef<str>) -> Stop {
        Stop { exit: Exit::Fault, message: terminal.error(title.as_ref(), help.as_ref()) }
    }
}
