//! A model file taken through the stages of the pipeline, its mistakes rendered.

use super::{args, exit::Exit, stop::Stop, terminal::Terminal};
use crate::{
    data,
    diag::{Diagnostic, Diagnostics, Reported, render},
    disk::{self, Disk},
    factorize::Blocks,
    graph::{
        Bound, FactorGraph, GivenAxes,
        factor_graph::{DataTable, TableSource},
    },
    keep::document::ModelText,
    pipeline::{self, Cells},
    plan::{Plan, memory},
    shape::NodeId,
    source::Source,
    syntax,
};
use std::path::{Path, PathBuf};

/// A model file on its way through the pipeline.
#[derive(Debug)]
pub(super) struct Opened<'t> {
    pub source: Source,
    pub diags: Diagnostics,
    /// Where the model's own paths start.
    folder: PathBuf,
    terminal: &'t Terminal,
}

impl<'t> Opened<'t> {
    /// Reads the file.
    ///
    /// # Errors
    /// It is not there, or not text.
    pub fn open(path: &Path, terminal: &'t Terminal) -> Result<Self, Stop> {
        let text = disk::model_text(path).map_err(|(why, help)| terminal.fault(why, help))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Self {
            source: Source::new(path.display().to_string(), text),
            diags: Diagnostics::default(),
            folder,
            terminal,
        })
    }

    /// The text that a posterior has kept.
    pub fn kept(model: &ModelText, terminal: &'t Terminal) -> Self {
        let path = Path::new(&model.file);
        Self {
            source: Source::new(model.file.clone(), model.text.clone()),
            diags: Diagnostics::default(),
            folder: path.parent().unwrap_or(Path::new("")).to_path_buf(),
            terminal,
        }
    }

    /// The syntax tree.
    ///
    /// # Errors
    /// All mistakes of form, rendered.
    pub fn parse(&mut self) -> Result<syntax::Model, Stop> {
        let parsed = syntax::parse(&self.source, &mut self.diags);
        self.passed(parsed)
    }

    /// The checked factor graph.
    ///
    /// # Errors
    /// All mistakes that show without data, rendered.
    pub fn graph(&mut self, model: &syntax::Model) -> Result<FactorGraph, Stop> {
        let graph = pipeline::graph(model, &self.source, &mut self.diags);
        self.passed(graph)
    }

    /// The graph's data.
    ///
    /// # Errors
    /// `--data` names a table that the model does not have; or mistakes in the data, rendered.
    pub fn bind(
        &mut self,
        model: &syntax::Model,
        graph: &FactorGraph,
        args: &args::Model,
    ) -> Result<Bound, Stop> {
        let paths = self.paths(graph, &args.data)?;
        let locate =
            |t: &DataTable| paths.iter().find(|(name, _)| *name == t.name).map(|(_, path)| path.clone());
        let bound = pipeline::bind(model, graph, &Disk, &locate, &self.source, &mut self.diags);
        self.passed(bound)
    }

    /// The data of a model that was fitted before: what its axes were then is settled.
    ///
    /// # Errors
    /// Mistakes in the data, rendered.
    pub fn bind_again(
        &mut self,
        model: &syntax::Model,
        graph: &FactorGraph,
        paths: &[(String, PathBuf)],
        axes: &GivenAxes,
    ) -> Result<Bound, Stop> {
        let cells = |t: &DataTable| {
            let path = paths.iter().find(|(name, _)| *name == t.name);
            path.map_or(Cells::Model, |(_, path)| Cells::File(path.clone()))
        };
        let bound =
            pipeline::bind_again(model, graph, &Disk, &cells, &self.source, Some(axes), &mut self.diags);
        self.passed(bound)
    }

    /// Blocks chosen, as far as that needs no data.
    ///
    /// # Errors
    /// Blocks that can't be exact, rendered.
    pub fn blocks(&mut self, graph: &FactorGraph) -> Result<Blocks, Stop> {
        let blocks = pipeline::blocks(graph, None, &mut self.diags);
        self.passed(blocks)
    }

    /// Blocks chosen, everything lowered.
    ///
    /// # Errors
    /// Blocks that can't be exact, values that no parameter accepts; rendered.
    pub fn plan(&mut self, graph: &FactorGraph, bound: &Bound) -> Result<Plan, Stop> {
        self.plan_about(graph, bound, u64::MAX, None)
    }

    /// The same, if all arrays of the plan and of its run need no more than `limit` bytes; with these centres
    /// of the nodes' values, if any are given.
    ///
    /// # Errors
    /// They need more; and as above.
    pub fn plan_about(
        &mut self,
        graph: &FactorGraph,
        bound: &Bound,
        limit: u64,
        centres: Option<&[Vec<f64>]>,
    ) -> Result<Plan, Stop> {
        let mut found = Diagnostics::default();
        let plan = pipeline::plan_about(graph, bound, (limit, centres), &mut found);
        self.diags.absorb(found, |d| data::show_line(&Disk, d));
        self.passed(plan)
    }

    /// Is there room for all that a run of the plan makes, and for a report of these nodes?
    ///
    /// # Errors
    /// There is not: what each array takes.
    pub fn room(
        &mut self,
        graph: &FactorGraph,
        plan: &Plan,
        limit: u64,
        reported: &dyn Fn(NodeId) -> bool,
    ) -> Result<(), Stop> {
        let room = memory::check(memory::of_plan(graph, plan, reported), limit);
        let room = room.map_err(|e| self.diags.error(pipeline::no_room(&e)));
        self.passed(room)
    }

    /// Blocks of q. Data are read only where an observed node that others depend on might have missing cells:
    /// these are latent. If the data are not there or not right, every cell is taken as known, and a note
    /// says so.
    ///
    /// # Errors
    /// Blocks that can't be exact, rendered.
    pub fn blocks_with_data(
        &mut self,
        model: &syntax::Model,
        graph: &FactorGraph,
        args: &args::Model,
    ) -> Result<Blocks, Stop> {
        let blocks = self.blocks(graph)?;
        if !pipeline::data_decide(graph, &blocks) {
            return Ok(blocks);
        }
        let paths = self.paths(graph, &args.data)?;
        let locate =
            |t: &DataTable| paths.iter().find(|(name, _)| *name == t.name).map(|(_, path)| path.clone());
        let mut unheard = Diagnostics::default();
        match pipeline::bind(model, graph, &Disk, &locate, &self.source, &mut unheard) {
            Ok(bound) => {
                let blocks = pipeline::blocks(graph, Some(&bound), &mut self.diags);
                self.passed(blocks)
            }
            Err(_) => {
                self.terminal.complain(
                    "note: the data can't be read, so no cell is taken as missing; `elbow check` says more",
                );
                Ok(blocks)
            }
        }
    }

    /// Sizes of the plates, as far as the data are there and right.
    pub fn sizes(&self, model: &syntax::Model, graph: &FactorGraph) -> Option<Vec<usize>> {
        let paths = self.paths(graph, &[]).ok()?;
        let locate =
            |t: &DataTable| paths.iter().find(|(name, _)| *name == t.name).map(|(_, path)| path.clone());
        let mut unheard = Diagnostics::default();
        let bound = pipeline::bind(model, graph, &Disk, &locate, &self.source, &mut unheard).ok()?;
        Some(bound.plates.iter().map(|p| p.size).collect())
    }

    /// Is the file of a table not there?
    ///
    /// # Errors
    /// As for `bind`.
    pub fn lacks_a_file(&self, graph: &FactorGraph, args: &args::Model) -> Result<bool, Stop> {
        Ok(self.paths(graph, &args.data)?.iter().any(|(_, path)| !path.exists()))
    }

    /// The file of each table that has one, as seen from the working directory.
    ///
    /// # Errors
    /// A name that no table has, or one that is there twice.
    pub fn paths(
        &self,
        graph: &FactorGraph,
        data: &[(String, PathBuf)],
    ) -> Result<Vec<(String, PathBuf)>, Stop> {
        for (i, (name, _)) in data.iter().enumerate() {
            if !graph.tables.iter().any(|t| t.name == *name) {
                let known: Vec<String> = graph.tables.iter().map(|t| format!("`{}`", t.name)).collect();
                let help = if known.is_empty() {
                    "it has none".to_string()
                } else {
                    format!("it has {}", known.join(", "))
                };
                return Err(self
                    .terminal
                    .usage(format!("`--data {name}=…`: the model has no table `{name}`"), help));
            }
            if data[..i].iter().any(|(before, _)| before == name) {
                return Err(self.terminal.usage(format!("`--data {name}=…` is given twice"), "leave one"));
            }
        }
        let given = |name: &str| data.iter().find(|(n, _)| n == name).map(|(_, path)| path.clone());
        let own = |source: &TableSource| match source {
            TableSource::File(path) => Some(self.folder.join(path)),
            TableSource::Inline(_) => None,
        };
        Ok(graph
            .tables
            .iter()
            .filter_map(|t| Some((t.name.clone(), given(&t.name).or_else(|| own(&t.source))?)))
            .collect())
    }

    /// What is seen on the screen.
    pub fn terminal(&self) -> &'t Terminal {
        self.terminal
    }

    /// A mistake in a table, rendered.
    pub fn shown(&self, d: Diagnostic) -> Stop {
        let shown = data::show_line(&Disk, d);
        Stop { exit: Exit::Fault, message: render::render_all(&[shown], &self.source, self.terminal.colour) }
    }

    /// What a stage gave, or all that it reported.
    pub fn passed<T>(&self, result: Result<T, Reported>) -> Result<T, Stop> {
        result.map_err(|_| Stop {
            exit: Exit::Fault,
            message: render::failed(self.diags.list(), &self.source, self.terminal.colour),
        })
    }

    /// Titles of the warnings of all stages.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.diags.list().iter().map(|d| format!("{}: {}", d.code.0, d.title))
    }

    /// Prints the warnings of all stages.
    pub fn warn(&self) {
        if !self.diags.list().is_empty() {
            self.terminal.complain(&render::render_all(
                self.diags.list(),
                &self.source,
                self.terminal.colour,
            ));
        }
    }
}
