//! The command line of the benchmark.

use std::path::PathBuf;

/// What is asked for.
pub struct Args {
    /// Parts to run; all where empty.
    only: Vec<String>,
    /// Small sizes.
    pub quick: bool,
    /// Numbers of threads that are compared.
    pub threads: Vec<usize>,
    /// A corpus instead of a simulated one.
    pub corpus: Option<PathBuf>,
    /// Where simulated tables are written.
    pub folder: PathBuf,
    /// Whether they stay there.
    pub keep: bool,
    /// This process measures one fit and prints a line.
    pub child: Option<Task>,
}

/// One fit to measure.
pub struct Task {
    /// The model's file; its tables stand beside it.
    pub model: PathBuf,
    /// Iterations.
    pub iterations: usize,
    /// Threads.
    pub threads: usize,
}

impl Args {
    /// Is a part, or what it belongs to, asked for?
    pub fn wants(&self, part: &str) -> bool {
        let part = part.to_ascii_lowercase();
        self.only.is_empty() || self.only.iter().any(|o| part.starts_with(o.as_str()))
    }
}

/// Reads the options.
pub fn parse(mut list: impl Iterator<Item = String>) -> Result<Args, String> {
    let own = std::env::temp_dir().join(format!("elbow-bench-{}", std::process::id()));
    let mut args = Args {
        only: vec![],
        quick: false,
        threads: vec![1, 2],
        corpus: None,
        folder: own,
        keep: false,
        child: None,
    };
    while let Some(option) = list.next() {
        let mut value = || list.next().ok_or(format!("`{option}` needs a value"));
        let count = |text: String| {
            text.parse::<usize>().ok().filter(|n| *n > 0).ok_or(format!("`{text}` is no number from 1"))
        };
        match option.as_str() {
            "--only" => args.only = value()?.to_ascii_lowercase().split(',').map(str::to_string).collect(),
            "--quick" => args.quick = true,
            "--threads" => {
                args.threads = value()?.split(',').map(|t| count(t.to_string())).collect::<Result<_, _>>()?
            }
            "--corpus" => args.corpus = Some(value()?.into()),
            "--folder" => (args.folder, args.keep) = (value()?.into(), true),
            "--child" => {
                args.child = Some(Task {
                    model: value()?.into(),
                    iterations: count(value()?)?,
                    threads: count(value()?)?,
                });
            }
            // Cargo's own, where `cargo bench`-like runners add it.
            "--bench" => {}
            _ => {
                return Err(format!(
                    "no option `{option}`; there are --only, --quick, --threads, --corpus, --folder"
                ));
            }
        }
    }
    Ok(args)
}
