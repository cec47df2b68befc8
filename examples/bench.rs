//! Measures the engine: every job of the benchmark on data that it simulates itself, the kernels under them,
//! how time grows, and peak memory, each beside its floor, which is measured in the same run:
//! `cargo run --release --example bench`.
//!
//! Nothing else should run on the machine. Tables are in Markdown, so that a note can quote them. Options:
//! `--only J3,chain` runs some parts, `--quick` takes small sizes, `--threads 1,2` says which numbers of
//! threads are compared, `--corpus FILE.ldac` takes a corpus in LDA-C's format instead of a simulated one,
//! `--folder DIR` keeps the simulated tables there.
//!
//! Not here: other programs. The models are those of `examples/bench/models`, so that others can be given the
//! same priors.

#[path = "bench/args.rs"]
mod args;
#[path = "bench/bare.rs"]
mod bare;
#[path = "bench/child.rs"]
mod child;
#[path = "bench/compile.rs"]
mod compile;
#[path = "bench/grow.rs"]
mod grow;
#[path = "bench/jobs.rs"]
mod jobs;
#[path = "bench/kernels.rs"]
mod kernels;
#[path = "bench/machine.rs"]
mod machine;
#[path = "bench/predict.rs"]
mod predict;
#[path = "bench/simulate.rs"]
mod simulate;
#[path = "bench/table.rs"]
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    if let Some(task) = &args.child {
        return match child::run(task) {
            Ok(line) => {
                println!("{line}");
                ExitCode::SUCCESS
            }
            Err(why) => {
                eprintln!("{why}");
                ExitCode::FAILURE
            }
        };
    }
    let done = run(&args);
    if !args.keep {
        let _ = std::fs::remove_dir_all(&args.folder);
    }
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &args::Args) -> Result<(), String> {
    std::fs::create_dir_all(&args.folder).map_err(|e| format!("{}: {e}", args.folder.display()))?;
    let machine = machine::Machine::measure();
    if args.wants("machine") {
        machine.print();
    }
    if args.wants("kernels") {
        kernels::print(&machine, args.quick);
    }
    jobs::print(&machine, args)?;
    compile::print(args)?;
    predict::print(args)?;
    grow::print(&machine, args)
}
