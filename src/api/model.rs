//! A model on its way to a posterior. Not here: the stages (`pipeline`).

use super::{Error, Nodes, Options, Table};
use crate::{
    answer::{self, posterior::Posterior},
    ask::derive,
    data,
    diag::{Diagnostics, Reported, Severity, render},
    disk::{self, Disk},
    engine::{Unwatched, Watch},
    factorize::Blocks,
    graph::{
        Bound, FactorGraph,
        factor_graph::{self, TableSource},
    },
    keep::save::{About, save},
    pipeline::{self, Cells},
    plan::Plan,
    report,
    source::Source,
    syntax,
};
use std::path::{Path, PathBuf};

/// A model: its factor graph, resolved and checked, and the tables that were given for it.
#[derive(Clone, Debug)]
pub struct Model {
    source: Source,
    syntax: syntax::Model,
    graph: FactorGraph,
    /// Warnings of the checks that need no data.
    found: Diagnostics,
    /// Where the paths of its tables start.
    folder: PathBuf,
    /// By place in the file; `None` for a table that the model says itself where to find.
    tables: Vec<Option<data::Table>>,
}

impl Model {
    /// Reads and checks a model, written as in a `.ron` file. Paths of tables start from the working directory.
    ///
    /// # Errors
    /// All mistakes that show without data, with their places in the text.
    pub fn from_text(text: impl Into<String>) -> Result<Self, Error> {
        Self::new(Source::new("model", text.into()), PathBuf::new())
    }

    /// Reads and checks a model file. Paths of tables start from its folder.
    ///
    /// # Errors
    /// The file is not there, or not text; all mistakes that show without data, with their places in it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = disk::model_text(path).map_err(|(why, help)| Error::call(why, help))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Self::new(Source::new(path.display().to_string(), text), folder)
    }

    fn new(source: Source, folder: PathBuf) -> Result<Self, Error> {
        let mut found = Diagnostics::default();
        let read = (|| {
            let syntax = syntax::parse(&source, &mut found)?;
            let graph = pipeline::graph(&syntax, &source, &mut found)?;
            Ok::<_, Reported>((syntax, graph))
        })();
        let (syntax, graph) = read.map_err(|_| Error::reported(found.list(), &source))?;
        let tables = vec![None; graph.tables.len()];
        Ok(Self { source, syntax, graph, found, folder, tables })
    }

    /// Takes this table for the one that the model calls `name`, whatever its `data` says of it.
    ///
    /// # Errors
    /// The model has no table of that name; columns of different lengths, two of one name, none, or no rows.
    pub fn data(mut self, name: &str, table: Table) -> Result<Self, Error> {
        let Some(place) = self.graph.tables.iter().position(|t| t.name == name) else {
            let known: Vec<String> = self.graph.tables.iter().map(|t| format!("`{}`", t.name)).collect();
            let help =
                if known.is_empty() { "it has none".into() } else { format!("it has {}", known.join(", ")) };
            return Err(Error::call(format!("the model has no table `{name}`"), help));
        };
        let table = table.build(name).map_err(|d| {
            let d = if d.labels.is_empty() { d.at(self.graph.tables[place].span, "named here") } else { d };
            Error::reported(&[d], &self.source)
        })?;
        self.tables[place] = Some(table);
        Ok(self)
    }

    /// Infers the posterior.
    ///
    /// # Errors
    /// Mistakes in the data, with their places; a model that its data do not fit; numbers that break down, with
    /// the node and the iteration.
    pub fn fit(&self, options: &Options) -> Result<Posterior, Error> {
        self.fit_watched(options, &mut Unwatched)
    }

    /// The same; `watch` is told of each iteration.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit).
    pub fn fit_watched(&self, options: &Options, watch: &mut dyn Watch) -> Result<Posterior, Error> {
        if let Nodes::Named(names) = &options.nodes
            && let Some(wrong) = names.iter().find(|name| !self.graph.nodes.iter().any(|n| n.name == **name))
        {
            let known: Vec<&str> = self.graph.nodes.iter().map(|n| n.name.as_str()).collect();
            return Err(Error::call(
                format!("the model has no node `{wrong}`"),
                format!("it has {}", known.join(", ")),
            ));
        }
        let mut found = Diagnostics::default();
        let (bound, plan) = self.reported(&mut found, |found| self.plan(found))?;
        let run = options.of_run(&self.graph);
        let derives = !self.graph.derived.is_empty();
        let (mut posterior, reached) = answer::fit_and_keep(&self.graph, &bound, &plan, &run, watch, derives)
            .map_err(|e| Error::broke_down(e, &self.source))?;
        if let Some(reached) = reached {
            let about = About { seed: run.seed, ..About::default() };
            let kept = save(&self.graph, &bound, &plan, &about, &reached);
            match derive::of_fit(&kept, &self.graph, &bound) {
                Ok((derived, left_out)) => {
                    posterior.derived = derived;
                    posterior.warnings.extend(left_out);
                }
                Err(e) => posterior.warnings.push(format!("nothing is derived: {e}")),
            }
        }
        let all = self.found.list().iter().chain(found.list());
        let warned = all.filter(|d| d.severity == Severity::Warning);
        posterior.warnings.splice(0..0, warned.map(|d| format!("{}: {}", d.code.0, d.title)));
        Ok(posterior)
    }

    /// Reads and checks the data, and infers nothing. The text is what `elbow check` prints: plates, shapes, and
    /// which variables q keeps together, and why.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit), but for numbers that break down.
    pub fn check(&self) -> Result<String, Error> {
        let mut found = Diagnostics::default();
        let (bound, plan) = self.reported(&mut found, |found| self.plan(found))?;
        Ok(report::check::page(&self.graph, Some(&bound), &plan.blocks, report::WIDTH))
    }

    /// The model as `elbow explain` prints it: its factors, the blocks of q, and every update. Data are read only
    /// where they decide which cells are latent.
    ///
    /// # Errors
    /// Blocks that the model asks for and that can't be exact; mistakes in the data, where they are read.
    pub fn explain(&self) -> Result<String, Error> {
        let mut found = Diagnostics::default();
        let blocks = self.reported(&mut found, |found| self.blocks(found))?;
        Ok(report::explain::page(&self.graph, &blocks))
    }

    /// What is worth a look in the model or its data and stops nothing, as the command shows it; empty where
    /// there is nothing.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub fn warnings(&self) -> Result<String, Error> {
        let mut found = self.found.clone();
        self.reported(&mut found, |found| self.plan(found))?;
        Ok(render::render_all(found.list(), &self.source, false))
    }

    fn reported<T>(
        &self,
        found: &mut Diagnostics,
        stage: impl FnOnce(&mut Diagnostics) -> Result<T, Reported>,
    ) -> Result<T, Error> {
        stage(found).map_err(|_| Error::reported(found.list(), &self.source))
    }

    fn bound(&self, found: &mut Diagnostics) -> Result<Bound, Reported> {
        let cells = |t: &factor_graph::DataTable| {
            let given = self.graph.tables.iter().position(|u| u.name == t.name);
            match (given.and_then(|i| self.tables[i].as_ref()), &t.source) {
                (Some(table), _) => Cells::Here(table),
                (None, TableSource::File(path)) => Cells::File(self.folder.join(path)),
                (None, TableSource::Inline(_)) => Cells::Model,
            }
        };
        let mut more = Diagnostics::default();
        let bound = pipeline::bind_cells(&self.syntax, &self.graph, &Disk, &cells, &self.source, &mut more);
        found.absorb(more, |d| match d.code {
            data::errors::UNREADABLE => d.help("or give the table: `Model::data`"),
            _ => d,
        });
        bound
    }

    fn plan(&self, found: &mut Diagnostics) -> Result<(Bound, Plan), Reported> {
        let bound = self.bound(found)?;
        let mut more = Diagnostics::default();
        let plan = pipeline::plan(&self.graph, &bound, &mut more);
        found.absorb(more, |d| data::show_line(&Disk, d));
        Ok((bound, plan?))
    }

    fn blocks(&self, found: &mut Diagnostics) -> Result<Blocks, Reported> {
        let blocks = pipeline::blocks(&self.graph, None, found)?;
        if !pipeline::data_decide(&self.graph, &blocks) {
            return Ok(blocks);
        }
        let bound = self.bound(found)?;
        pipeline::blocks(&self.graph, Some(&bound), found)
    }
}
