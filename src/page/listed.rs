//! The states of a chain as charts name them. Not here: how they follow each other (`transitions`).

use super::{
    chart::series::State,
    components::Components,
    number::{percent, significant},
};

/// The states that are in use, as charts name them.
pub fn shown_states(c: &Components, level: impl Fn(usize) -> f64) -> Vec<State> {
    c.order
        .iter()
        .map(|&s| {
            let l = level(s);
            let under =
                if l.is_finite() { format!("level {}", significant(l, 3)) } else { percent(c.share[s]) };
            State { label: c.labels[s].clone(), under, level: l, colour: c.colour(s, true) }
        })
        .collect()
}
