//! Which elements have an observed descendant: from observed cells up along the lines that name their
//! parents. Linear in the elements and in what they name. Not here: which rows are left out for it (`kept`).

use super::reach::{self, Line};
use crate::{
    graph::{
        bound::{Bound, ObservedArray},
        evaluate::Steps,
        factor_graph::FactorGraph,
    },
    shape::NodeId,
};

/// Marks by node and element, row-major over the node's plates.
pub(super) struct Live<'a> {
    bound: &'a Bound,
    steps: Steps,
    lines: Vec<Vec<Line>>,
    sizes: Vec<Vec<usize>>,
    marks: Vec<Vec<bool>>,
    /// Elements of each node that are not marked.
    left: Vec<usize>,
    /// Marked, and not yet followed.
    open: Vec<(NodeId, usize)>,
}

impl<'a> Live<'a> {
    /// All that observed cells depend on.
    pub(super) fn new(graph: &FactorGraph, bound: &'a Bound) -> Self {
        let sizes: Vec<Vec<usize>> =
            graph.nodes.iter().map(|n| n.plates.iter().map(|p| bound.plate(*p).size).collect()).collect();
        let count = |s: &Vec<usize>| s.iter().product::<usize>();
        let mut live = Self {
            bound,
            steps: Steps::new(bound),
            lines: reach::lines(graph, bound),
            marks: sizes.iter().map(|s| vec![false; count(s)]).collect(),
            left: sizes.iter().map(count).collect(),
            open: vec![],
            sizes,
        };
        for n in (0..graph.nodes.len()).map(NodeId) {
            match bound.observed(n) {
                Some(all) if complete(all) => live.mark_all(n),
                Some(ObservedArray::Numbers { width, values }) => {
                    for (e, v) in values.chunks_exact((*width).max(1)).enumerate() {
                        if v.iter().any(|x| !x.is_nan()) {
                            live.mark(n, e);
                        }
                    }
                }
                Some(ObservedArray::Codes(codes)) => {
                    for (e, _) in codes.iter().enumerate().filter(|(_, c)| **c != u32::MAX) {
                        live.mark(n, e);
                    }
                }
                None => {}
            }
            // Node by node, so that the list of what is open stays short.
            live.follow();
        }
        live
    }

    /// Marks an element; [`Self::follow`] goes on from it.
    pub(super) fn mark(&mut self, n: NodeId, e: usize) {
        if let Some(mark) = self.marks[n.0].get_mut(e).filter(|m| !**m) {
            *mark = true;
            self.left[n.0] -= 1;
            self.open.push((n, e));
        }
    }

    /// Marks all elements of a node, and all of those that they name one for one.
    fn mark_all(&mut self, n: NodeId) {
        if self.left[n.0] == 0 {
            return;
        }
        self.marks[n.0].fill(true);
        self.left[n.0] = 0;
        let lines = self.lines[n.0].iter();
        let whole: Vec<NodeId> =
            lines.flat_map(|l| l.names.iter().filter(|m| l.covers(m))).map(|m| m.node).collect();
        whole.into_iter().for_each(|m| self.mark_all(m));
        if self.names_more(n) {
            self.open.extend((0..self.marks[n.0].len()).map(|e| (n, e)));
        }
    }

    /// Do lines of a node name nodes of which elements are not marked?
    fn names_more(&self, n: NodeId) -> bool {
        self.lines[n.0].iter().flat_map(|l| &l.names).any(|m| self.left[m.node.0] > 0)
    }

    /// Marks all that marked elements depend on.
    pub(super) fn follow(&mut self) {
        let mut at = vec![];
        while let Some((n, e)) = self.open.pop() {
            if !self.names_more(n) {
                continue;
            }
            at.clear();
            let mut rest = e;
            for &size in self.sizes[n.0].iter().rev() {
                at.push(rest % size);
                rest /= size;
            }
            at.reverse();
            let Self { bound, steps, lines, marks, left, open, .. } = self;
            for line in lines[n.0].iter_mut() {
                if !line.speaks_of(bound, steps, &at) {
                    continue;
                }
                for named in &mut line.names {
                    let m = named.node;
                    if left[m.0] == 0 {
                        continue;
                    }
                    let marks = &mut marks[m.0];
                    named.at(bound, steps, &at, &mut |e| {
                        if !std::mem::replace(&mut marks[e], true) {
                            left[m.0] -= 1;
                            open.push((m, e));
                        }
                    });
                }
            }
        }
    }

    /// A node's marks.
    pub(super) fn of(&self, n: NodeId) -> &[bool] {
        &self.marks[n.0]
    }

    /// Whether all elements of a node are marked.
    pub(super) fn all(&self, n: NodeId) -> bool {
        self.left[n.0] == 0
    }

    /// Whether no element of a node is.
    pub(super) fn none(&self, n: NodeId) -> bool {
        self.left[n.0] == self.marks[n.0].len()
    }

    /// Elements of all nodes that are not marked.
    pub(super) fn left_of_all(&self) -> usize {
        self.left.iter().sum()
    }

    /// Sizes of a node's plates.
    pub(super) fn sizes(&self, n: NodeId) -> &[usize] {
        &self.sizes[n.0]
    }
}

/// Is no cell missing?
fn complete(observed: &ObservedArray) -> bool {
    match observed {
        ObservedArray::Numbers { values, .. } => !values.iter().any(|x| x.is_nan()),
        ObservedArray::Codes(codes) => !codes.contains(&u32::MAX),
    }
}
