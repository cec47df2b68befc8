//! What a graph needs of a table, known before the table is read: which columns, and which of them side by
//! side in one array. Not here: their use.

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
        Self { graph, table, named, all_but }
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

/// The columns of a table that say which sequence, group or tree node a row is, or how often it counts.
pub(super) fn serving(graph: &FactorGraph, t: DataTableId) -> HashSet<&str> {
    let mut found = vec![];
    for p in &graph.plates {
        match &p.kind {
            PlateKind::Rows { weight: Some(c), .. } | PlateKind::Steps { sequence: Some(c), .. } => {
                found.push(*c)
            }
            PlateKind::Groups { columns } => found.extend(columns),
            PlateKind::Tree { id, parent, .. } => found.extend(id.iter().chain([parent])),
            _ => {}
        }
    }
    found.iter().map(|c| &graph.columns[c.0]).filter(|c| c.table == t).map(|c| c.name.as_str()).collect()
}
