//! Letters for the axes of values, named after what they run over. Not here: which letters a product has
//! (`report`).

use crate::{
    graph::factor_graph::FactorGraph,
    shape::{Extent, PlateId},
};

/// A letter for an axis: the plate's name, or one of a row of letters.
pub fn axis_name(graph: &FactorGraph, extent: Extent, used: &[String]) -> String {
    let plate = |name: &str| graph.plates.iter().any(|p| p.name == name);
    let letters: &[&str] = match extent {
        Extent::Plate(p) => {
            let mut name = graph.plate_name(p).to_owned();
            while used.contains(&name) {
                name.push('′');
            }
            return name;
        }
        Extent::Levels(_) => &["v", "u", "s", "c", "a", "b"],
        Extent::Number(_) => &["i", "j", "l", "m", "p", "q"],
    };
    let free = letters.iter().find(|l| !plate(l) && !used.iter().any(|u| u == *l));
    free.map_or_else(
        || {
            let mut name = letters[0].to_owned();
            while used.contains(&name) {
                name.push('′');
            }
            name
        },
        |l| (*l).to_owned(),
    )
}

/// Letters for the axes of a value.
pub fn event_names(
    graph: &FactorGraph,
    plates: &[PlateId],
    event: Option<Extent>,
    rank: usize,
) -> Vec<String> {
    let mut used: Vec<String> = plates.iter().map(|p| graph.plate_name(*p).to_owned()).collect();
    let first = used.len();
    for _ in 0..rank {
        used.push(axis_name(graph, event.unwrap_or(Extent::Number(1)), &used));
    }
    used.split_off(first)
}
