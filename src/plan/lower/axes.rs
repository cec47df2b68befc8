//! Where the parts and elements of an operand stand in its array: sizes, strides, and the elements that rows
//! decide. Not here: the arrays.

use super::{drafts::FactorView, lowering::Lowering};
use crate::{
    expfam::stat::StatKind,
    factorize::roles::Role,
    graph::{
        energy::{Element, KnownMap, LabelId, Op, Source},
        factor_graph::{Expr, ExprKind, Index},
    },
    num::contract::{Axes, Letter},
    shape::PlateId,
    source::Span,
};

impl<'a> Lowering<'a> {
    pub(super) fn is_known_node(&self, op: &Op) -> bool {
        matches!(op.source, Source::Node(n) if self.blocks.roles[n.0] == Role::Observed)
    }

    /// Sizes of an op's element axes.
    pub(super) fn axis_sizes(&self, op: &Op) -> Vec<usize> {
        if let Some(port) = self.port(op) {
            return port.axes.iter().map(|a| a.size).collect();
        }
        match op.source {
            Source::Node(n) => {
                self.graph.nodes[n.0].plates.iter().map(|p| self.bound.plate(*p).size).collect()
            }
            Source::Block(_) => self.node_plates(op).iter().map(|p| self.bound.plate(*p).size).collect(),
            Source::Known(k) => {
                self.blocks.energy.knowns[k].elements.iter().map(|e| self.bound.size(*e)).collect()
            }
        }
    }

    /// What an op's axis runs over.
    pub(super) fn axis_extent(&self, op: &Op, axis: usize) -> crate::shape::Extent {
        if let Some(port) = self.port(op) {
            return port.axes[axis].extent;
        }
        match op.source {
            Source::Node(n) => crate::shape::Extent::Plate(self.graph.nodes[n.0].plates[axis]),
            Source::Block(_) => crate::shape::Extent::Plate(self.node_plates(op)[axis]),
            Source::Known(k) => self.blocks.energy.knowns[k].elements[axis],
        }
    }

    /// The statistic an op's part belongs to.
    pub(super) fn op_kind(&self, op: &Op) -> Option<&'static StatKind> {
        match op.source {
            Source::Node(n) => Some(self.graph.nodes[n.0].spec.stat),
            Source::Block(b) => Some(self.blocks.list[b.0].kind.stat(self.graph)),
            Source::Known(k) => match self.blocks.energy.knowns[k].map {
                KnownMap::Stat { kind, .. } => Some(kind),
                _ => None,
            },
        }
    }

    /// The file row each place's element index comes from: the index along one axis, by place; `u32::MAX` for
    /// none.
    pub(super) fn element_by_place(&self, view: &FactorView<'_>, op: &Op, axis: usize) -> Vec<u32> {
        let stream = &self.streams[view.stream.expect("an element by row has a stream")];
        let of_own_plate =
            matches!(self.axis_extent(op, axis), crate::shape::Extent::Plate(p) if p == stream.plate);
        let streamed_axis = of_own_plate
            && self
                .var_of(op.source)
                .is_some_and(|v| self.vars[v].plates.first().map(|p| p.0) == Some(stream.plate));
        // Known arrays stand in file order; variables of the streamed plate stand in the stream's order.
        let to_index = |place: u32| -> u32 {
            if place == u32::MAX
                || streamed_axis && self.var_of(op.source).is_some_and(|v| self.vars[v].stream().is_some())
            {
                place
            } else {
                stream.order.as_ref().map_or(place, |o| o[place as usize])
            }
        };
        match op.elements[axis] {
            Element::Label(_) => (0..stream.size as u32).map(to_index).collect(),
            Element::Before { lag, .. } => stream.before(lag).into_iter().map(to_index).collect(),
            Element::Parent { .. } => stream.parent.iter().flatten().map(|&p| to_index(p)).collect(),
            Element::At(i) => vec![i.settled(&self.bound.labelled) as u32; stream.size],
            Element::Listed { list, .. } => stream.permute(&self.lists[list].2, 1),
            Element::Column { column, .. } => {
                let codes = self
                    .bound
                    .codes(column, self.axis_extent(op, axis))
                    .cloned()
                    .unwrap_or_else(|| vec![u32::MAX; stream.size].into());
                stream.permute(&codes, 1)
            }
        }
    }

    /// (label, stride, size) of the axes not fixed by the row, strides in elements; and the elements fixed by
    /// the row, by place.
    pub(super) fn split_axes(
        &self,
        view: &FactorView<'_>,
        op: &Op,
        strides: &[usize],
    ) -> (Vec<(LabelId, usize, usize)>, Vec<u32>) {
        let sizes = self.axis_sizes(op);
        let places = view.stream.map_or(0, |s| self.streams[s].size);
        let mut base = vec![0u32; places];
        let mut rest = vec![];
        for (axis, e) in op.elements.iter().enumerate() {
            match *e {
                Element::Label(l) if Some(l) != view.n => rest.push((l, strides[axis], sizes[axis])),
                _ => {
                    for (b, i) in base.iter_mut().zip(self.element_by_place(view, op, axis)) {
                        *b = if i == u32::MAX || *b == u32::MAX {
                            u32::MAX
                        } else {
                            *b + i * strides[axis] as u32
                        };
                    }
                }
            }
        }
        (rest, base)
    }

    /// Where an op's part starts in an element's statistic, and its numbers.
    pub(super) fn part_place(&self, op: &Op, kind: &StatKind, d: usize) -> (usize, usize) {
        let tables = match op.source {
            Source::Block(_) => self.var_of(op.source).and_then(|v| self.vars[v].shape.tables()),
            _ => None,
        };
        let Some(tables) = tables else {
            return (kind.offset(op.part, d), kind.parts[op.part].shape.width(d));
        };
        let (at, scope) = &tables.scopes[op.part];
        (*at, scope.iter().map(|&m| tables.sizes[m]).product())
    }

    /// Where a part (or, of a vector, the entries that an op views) starts in an element's statistic,
    /// and its axes there.
    pub(super) fn part_axes(
        &self,
        view: &FactorView<'_>,
        op: &Op,
        kind: &StatKind,
        d: usize,
    ) -> (usize, Vec<(LabelId, usize)>) {
        let (mut offset, _) = self.part_place(op, kind, d);
        let mut axes = vec![];
        part_axes(&mut axes, &op.axes, &view.sizes);
        let Source::Block(b) = op.source else { return (offset, axes) };
        let (starts, members) = (&self.starts[b.0], self.blocks.list[b.0].kind.members());
        for (i, v) in op.views.iter().enumerate() {
            let scale = if i + 1 < op.views.len() { d } else { 1 };
            let member = &members[v.member];
            let sizes: Vec<usize> = member.inner.iter().map(|p| self.bound.plate(*p).size).collect();
            let each = if member.vector { self.d(member.node) } else { 1 };
            offset += starts[v.member] * scale;
            for (e, stride) in v.elements.iter().zip(row_major(&sizes)) {
                match *e {
                    Element::Label(l) => axes.push((l, stride * each * scale)),
                    Element::At(at) => offset += at.settled(&self.bound.labelled) * stride * each * scale,
                    _ => unreachable!("inner plates are read directly"),
                }
            }
            axes.extend(v.axis.map(|l| (l, scale)));
        }
        (offset, axes)
    }

    /// Where a line picks elements in the way that an operand's index does; the line's call if it is not found.
    pub(super) fn other_rows(&self, view: &FactorView<'_>, picked: Element) -> Span {
        let factor = &self.graph.factors[view.index];
        let is = |i: &Index| match (i, picked) {
            (Index::Column { column, .. }, Element::Column { column: c, .. }) => *column == c,
            (Index::Before { lag, .. }, Element::Before { lag: l, .. }) => *lag == l,
            (Index::Parent(_), Element::Parent { .. }) => true,
            _ => false,
        };
        factor.args.iter().find_map(|a| picking(&a.expr, &is)).unwrap_or(factor.span)
    }

    pub(super) fn node_plates(&self, op: &Op) -> Vec<PlateId> {
        match op.source {
            Source::Node(n) => self.graph.nodes[n.0].plates.clone(),
            Source::Block(b) => self.blocks.list[b.0].kind.plates(self.graph).to_vec(),
            Source::Known(_) => vec![],
        }
    }
}

pub(super) fn row_major(sizes: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; sizes.len()];
    for i in (1..sizes.len()).rev() {
        strides[i - 1] = strides[i] * sizes[i];
    }
    strides
}

/// Offsets of the cells that the free axes reach, row-major over them.
pub(super) fn cell_offsets(rest: &[(LabelId, usize, usize)]) -> Vec<usize> {
    let mut out = vec![0];
    for &(_, stride, size) in rest {
        out = out.into_iter().flat_map(|o| (0..size).map(move |i| o + i * stride)).collect();
    }
    out
}

/// Adds the axes of a part: its event dimensions, row-major.
pub(super) fn part_axes(axes: &mut Vec<(LabelId, usize)>, labels: &[LabelId], sizes: &[usize]) {
    for (i, &l) in labels.iter().enumerate() {
        axes.push((l, labels[i + 1..].iter().map(|&m| sizes[m]).product()));
    }
}

pub(super) fn to_axes(axes: &[(LabelId, usize)]) -> Axes {
    Axes(axes.iter().map(|&(l, s)| (l as Letter, s)).collect())
}

pub(super) fn dense_axes(labels: &[LabelId], sizes: &[usize]) -> Axes {
    let mut stride = 1;
    let mut axes: Vec<(Letter, usize)> = labels
        .iter()
        .rev()
        .map(|&l| {
            let s = stride;
            stride *= sizes[l];
            (l as Letter, s)
        })
        .collect();
    axes.reverse();
    Axes(axes)
}

/// The first name of an expression that has an index of some kind.
fn picking(e: &Expr, is: &impl Fn(&Index) -> bool) -> Option<Span> {
    match &e.kind {
        ExprKind::Numbers(_) => None,
        ExprKind::Ref(r) => r.index.iter().any(is).then_some(e.span),
        ExprKind::Negate(a) => picking(a, is),
        ExprKind::Binary(_, a, b) => picking(a, is).or_else(|| picking(b, is)),
        ExprKind::Call(_, args) => args.iter().find_map(|a| picking(a, is)),
    }
}
