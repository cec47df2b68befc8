//! The distribution of a value given its component, where rows have nothing of their own. Not here: pictures
//! of it (`picture`).

use super::{
    roles::{Emission, alike},
    subject::Subject,
};
use crate::{
    ask::components::{Component, components},
    shape::NodeId,
};

/// The distribution of a value of each component at the first row: where rows have nothing of their own.
pub fn laws(subject: &Subject<'_>, e: &Emission) -> Option<Vec<Component>> {
    let width: usize =
        subject.graph.nodes[e.child].plates[1..].iter().map(|p| subject.bound.plate(*p).size).product();
    if width != 1 || !alike(subject.graph, e.child, e.rows) {
        return None;
    }
    components(subject.kept, subject.graph, subject.bound, NodeId(e.child), &[0])?.pop()
}

/// The level of each state, where its value is a number.
pub fn levels(subject: &Subject<'_>, e: &Emission) -> Option<Vec<f64>> {
    if subject.graph.nodes[e.child].spec.stat.one_hot() {
        return None;
    }
    Some(laws(subject, e)?.iter().map(|l| l.mean().first().copied().unwrap_or(f64::NAN)).collect())
}
