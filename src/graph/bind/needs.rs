//! What a graph needs of a table, known before the table is read: which columns, and which of them side by
//! side in one array. Not here: their use.

use super::Uses;
use crate::{
    data::Needs,
    graph::factor_graph::{FactorGraph, InputSource, ObservedValues, PlateKind},
    shape::{ColumnId, DataTableId, PlateId},
};
use std::collections::{HashMap, HashSet};

/// What a graph needs of one table.
#[derive(Debug)]
pub struct TableNeeds<'a> {
    graph: &'a FactorGraph,
    table: DataTableId,
    named: HashSet<&'a str>,
    /// All columns but these.
    all_but: Option<HashSet<&'a str>>,
    /// Columns whose cells are names of levels or rows.
    names: HashSet<&'a str>,
    /// Those of a `Columns` plate of categories are names too.
    all_names: bool,
}

impl<'a> TableNeeds<'a> {
    /// The needs of `table`.
    pub fn new(graph: &'a FactorGraph, table: DataTableId) -> Self {
        let mut named: HashSet<&str> = graph
            .columns
            .iter()
            .filter(|c| c.table == table && c.joined.is_none())
            .map(|c| c.name.as_str())
            .collect();
        // A table whose rows are named by another's column may have a column of that name: an id in all but
        // name, which row numbers must not pass over.
        for (c, p, _) in &Uses::of(graph).indices {
            let column = &graph.columns[c.0];
            if column.table != table && unnamed_rows(&graph.plates[p.0].kind) == Some(table) {
                named.insert(&column.name);
            }
        }
        let mut all_but: Option<HashSet<&str>> = None;
        for plate in &graph.plates {
            match &plate.kind {
                PlateKind::Columns { table: t, only, except, .. } if *t == table => match only {
                    Some(only) => named.extend(only.iter().map(String::as_str)),
                    None => {
                        let except: HashSet<&str> = except.iter().map(String::as_str).collect();
                        all_but =
                            Some(all_but.map_or_else(
                                || except.clone(),
                                |a| a.intersection(&except).copied().collect(),
                            ));
                    }
                },
                _ => {}
            }
        }
        let (names, all_names) = names(graph, table);
        Self { graph, table, named, all_but, names, all_names }
    }

    /// The `Columns` plate among some plates, if it is of this table.
    fn wide(&self, plates: &[PlateId]) -> Option<&'a PlateKind> {
        let graph = self.graph;
        plates
            .iter()
            .map(|p| &graph.plates[p.0].kind)
            .find(|k| matches!(k, PlateKind::Columns { table, .. } if *table == self.table))
    }
}

impl Needs for TableNeeds<'_> {
    fn keeps(&self, name: &str) -> bool {
        self.named.contains(name) || self.all_but.as_ref().is_some_and(|except| !except.contains(name))
    }

    fn names_levels(&self, name: &str) -> bool {
        self.all_names || self.names.contains(name)
    }

    fn names(&self) -> Option<Vec<&str>> {
        self.all_but.is_none().then(|| self.named.iter().copied().collect())
    }

    fn together(&self, header: &[String]) -> Vec<Vec<usize>> {
        let graph = self.graph;
        let place: HashMap<&str, usize> = header.iter().map(String::as_str).zip(0..).collect();
        let mut lists = vec![];
        let columns = |ids: &[ColumnId]| -> Option<Vec<usize>> {
            let here = |c: &ColumnId| graph.columns[c.0].table == self.table;
            ids.iter()
                .all(here)
                .then(|| ids.iter().map(|c| place.get(graph.columns[c.0].name.as_str()).copied()).collect())?
        };
        let members = |plates: &[PlateId]| -> Option<Vec<usize>> {
            let PlateKind::Columns { only, except, .. } = self.wide(plates)? else { return None };
            match only {
                Some(only) => only.iter().map(|o| place.get(o.as_str()).copied()).collect(),
                None => {
                    let serves = serving(graph, self.table);
                    let stays = |h: &String| !except.contains(h) && !serves.contains(h.as_str());
                    Some(header.iter().enumerate().filter(|(_, h)| stays(h)).map(|(i, _)| i).collect())
                }
            }
        };
        for node in graph.nodes.iter().filter(|n| !n.spec.stat.one_hot()) {
            match node.observed.as_ref().map(|o| &o.values) {
                Some(ObservedValues::Columns(ids)) => lists.extend(columns(ids)),
                Some(ObservedValues::Interval(ids)) => lists.extend(columns(ids)),
                Some(ObservedValues::Table(t)) if *t == self.table => lists.extend(members(&node.plates)),
                _ => {}
            }
        }
        for input in &graph.inputs {
            match &input.source {
                InputSource::Columns(ids) => lists.extend(columns(ids)),
                InputSource::Table(t) if *t == self.table => lists.extend(members(&input.plates)),
                _ => {}
            }
        }
        lists
    }
}

/// The columns of a table whose cells name levels or rows, and whether all of them do.
fn names(graph: &FactorGraph, t: DataTableId) -> (HashSet<&str>, bool) {
    let uses = Uses::of(graph);
    let mut found: Vec<ColumnId> = uses.indices.iter().map(|(c, ..)| *c).chain(uses.levels).collect();
    for p in &graph.plates {
        match &p.kind {
            PlateKind::Rows { id, .. } => found.extend(id),
            PlateKind::Steps { sequence, id, .. } => found.extend(sequence.iter().chain(id)),
            PlateKind::Groups { columns } => found.extend(columns),
            PlateKind::Tree { id, parent, .. } => found.extend(id.iter().chain([parent])),
            PlateKind::Size(_) | PlateKind::Columns { .. } => {}
        }
    }
    let mut all = false;
    for n in graph.nodes.iter().filter(|n| n.spec.stat.one_hot()) {
        match n.observed.as_ref().map(|o| &o.values) {
            Some(ObservedValues::Columns(columns)) => found.extend(columns),
            Some(ObservedValues::Table(of)) => all |= *of == t,
            Some(ObservedValues::Interval(_) | ObservedValues::Zero) | None => {}
        }
    }
    let here = found.iter().map(|c| &graph.columns[c.0]).filter(|c| c.table == t);
    (here.map(|c| c.name.as_str()).collect(), all)
}

/// The table of a plate of rows without names.
pub(super) fn unnamed_rows(kind: &PlateKind) -> Option<DataTableId> {
    match kind {
        PlateKind::Rows { table, id: None, .. }
        | PlateKind::Steps { table, id: None, .. }
        | PlateKind::Tree { table, id: None, .. } => Some(*table),
        _ => None,
    }
}

/// The columns of a table that say which sequence, group or tree node a row is, or how often it counts.
pub(super) fn serving(graph: &FactorGraph, t: DataTableId) -> HashSet<&str> {
    let mut found: Vec<ColumnId> = vec![];
    for p in &graph.plates {
        match &p.kind {
            PlateKind::Rows { weight: c, id, .. } | PlateKind::Steps { sequence: c, id, .. } => {
                found.extend(c.iter().chain(id))
            }
            PlateKind::Groups { columns } => found.extend(columns),
            PlateKind::Tree { id, parent, .. } => found.extend(id.iter().chain([parent])),
            _ => {}
        }
    }
    found.iter().map(|c| &graph.columns[c.0]).filter(|c| c.table == t).map(|c| c.name.as_str()).collect()
}
