//! `elbow completions` and `elbow man`: what shells and `man` read of the command line. Not here: the command
//! line (`args`).

use super::{args, args::Args, exit::Exit, stop::Stop, terminal::Terminal};
use clap::CommandFactory;

/// The completions of a shell, on standard output.
pub(super) fn completions(args: &args::Completions, terminal: &Terminal) -> Result<Exit, Stop> {
    let mut text = vec![];
    clap_complete::generate(args.shell, &mut Args::command(), "elbow", &mut text);
    terminal.print(|out| out.write_all(&text))?;
    Ok(Exit::Good)
}

/// The page of the command, or of one of its commands, as `man` reads it.
pub(super) fn man(args: &args::Man, terminal: &Terminal) -> Result<Exit, Stop> {
    let all = Args::command();
    let command = match &args.command {
        None => all,
        Some(name) => match all.find_subcommand(name) {
            Some(found) => found.clone().bin_name(format!("elbow {name}")),
            None => {
                let known: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
                return Err(terminal.usage(
                    format!("there is no command `{name}`"),
                    format!("there are {}", known.join(", ")),
                ));
            }
        },
    };
    let mut text = vec![];
    let rendered = clap_mangen::Man::new(command).render(&mut text);
    rendered.map_err(|e| terminal.fault(format!("cannot write the page: {e}"), ""))?;
    terminal.print(|out| out.write_all(&text))?;
    Ok(Exit::Good)
}
