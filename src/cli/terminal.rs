//! Standard output and standard error: colours, width, and a reader who leaves early. Not here: any text.

use super::{exit::Exit, stop::Stop};
use crate::{disk::plain, report};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

/// What is known of the two streams.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Whether messages may be coloured.
    pub colour: bool,
    /// Whether a progress bar may be drawn.
    pub live: bool,
    /// Whether standard output goes to a terminal.
    pub read_by_people: bool,
    /// Columns of standard output.
    pub width: usize,
}

impl Terminal {
    /// Reads the environment.
    pub fn new() -> Self {
        let live = io::stderr().is_terminal();
        // https://no-color.org: any value that is not empty.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let read_by_people = io::stdout().is_terminal();
        let width = if read_by_people {
            console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
        } else {
            None
        };
        Self { colour: live && !plain, live, read_by_people, width: width.unwrap_or(report::WIDTH).max(40) }
    }

    /// The command line is at fault.
    pub fn usage(&self, title: impl AsRef<str>, help: impl AsRef<str>) -> Stop {
        Stop { exit: Exit::Usage, message: self.error(title.as_ref(), help.as_ref()) }
    }

    /// Worth a look; nothing stops.
    pub fn warn(&self, text: &str) {
        let (on, off) = if self.colour { ("\u{1b}[1;93m", "\u{1b}[0m") } else { ("", "") };
        self.complain(&format!("{on}warning{off}: {text}"));
    }

    /// The model, or a file it names, is at fault.
    pub fn fault(&self, title: impl AsRef<str>, help: impl AsRef<str>) -> Stop {
        Stop { exit: Exit::Fault, message: self.error(title.as_ref(), help.as_ref()) }
    }

    /// An error of the command line in the layout of the others.
    fn error(&self, title: &str, help: &str) -> String {
        let (on, off) = if self.colour { ("\u{1b}[1;91m", "\u{1b}[0m") } else { ("", "") };
        let help = if help.is_empty() { String::new() } else { format!("\n  = help: {help}") };
        format!("{on}error{off}: {title}{help}")
    }

    /// Prints a message on standard error. A closed stream is nobody's fault.
    pub fn complain(&self, message: &str) {
        if !message.is_empty() {
            let _ = writeln!(io::stderr(), "{message}");
        }
    }

    /// Prints on standard output. A reader who leaves early (`| head`) ends the printing, quietly.
    ///
    /// # Errors
    /// Any other failure to write.
    pub fn print(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Printed, Stop> {
        let mut out = BufWriter::new(io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(Printed::Whole),
            Err(e) => {
                // What is still buffered has no reader: dropping the buffer would try to write it again.
                let _ = out.into_parts();
                match e.kind() {
                    ErrorKind::BrokenPipe => Ok(Printed::LeftEarly),
                    _ => Err(self.fault(format!("cannot write to standard output: {}", plain(&e)), "")),
                }
            }
        }
    }
}

/// How printing went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Printed {
    Whole,
    /// The reader left before the end.
    LeftEarly,
}
