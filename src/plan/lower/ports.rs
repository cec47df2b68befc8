//! Operands of a sparse Gaussian, entries and products of two, and of a network over elements, tables of states, as
//! arrays with an axis for each letter or column that decides them. Not here: which entries
//! meet (`factorize::kinds`), nor the statistic (`block`).

use super::{
    drafts::{FactorView, Port, PortAxis, RowDraft, SharedDraft},
    error::LowerError,
    lowering::Lowering,
};
use crate::{
    block::shape::BlockShape,
    factorize::{
        contract::Member,
        kinds::{ElementTables, ports},
    },
    graph::energy::{Element, LabelId, Op, Source, View},
    plan::{
        layout::{Id, VarId},
        table::{From, Shared, cells as table_cells},
    },
    shape::{BlockId, Extent},
};

impl<'a> Lowering<'a> {
    /// The port that an operand reads, if it is one.
    pub(super) fn port(&self, op: &Op) -> Option<&Port> {
        self.has_ports(op).and_then(|_| self.ports.get(op.part))
    }

    /// The block of an operand, if its statistic lists pairs, or tables.
    fn has_ports(&self, op: &Op) -> Option<BlockId> {
        match op.source {
            Source::Block(b) => {
                let listed = self.blocks.list[b.0].kind.pattern().is_some();
                (listed || self.crossing[VarId::new(b.0)].is_some()).then_some(b)
            }
            _ => None,
        }
    }

    /// The operand as one that reads a port, if its block has such.
    pub(super) fn ported(&mut self, view: &FactorView<'_>, op: &Op) -> Result<Op, LowerError> {
        let Some(block) = self.has_ports(op) else { return Ok(op.clone()) };
        let key = (view.index, op.source, op.views.clone());
        let part = match self.port_of.get(&key) {
            Some(&p) => p,
            None => {
                let port = self.make_port(view, block, op)?;
                self.ports.push(port);
                self.port_of.insert(key, self.ports.len() - 1);
                self.ports.len() - 1
            }
        };
        let elements = self.ports[part].axes.iter().map(|a| a.element).collect();
        Ok(Op::new(op.source, part, elements, vec![]))
    }

    fn make_port(&mut self, view: &FactorView<'_>, block: BlockId, op: &Op) -> Result<Port, LowerError> {
        let blocks = self.blocks;
        let members = blocks.list[block.0].kind.members();
        let var = VarId::new(block.0);
        if self.crossing[var].is_some() {
            return self.tables_port(view, members, var, op);
        }
        let shape = self.sparse[var].as_ref().expect("a sparse Gaussian has a shape");
        let places = &shape.pattern.places;
        let (n, first) = (shape.entries(), &op.views[0]);
        let starts = |m: usize| places.starts[m];
        match op.views.as_slice() {
            [v] => return Ok(self.entries(view, members, var, v, starts(v.member), &[(v.axis, 1)], 1)),
            [v, w] if v == w => {
                return Ok(self.entries(view, members, var, v, n + starts(v.member), &[(v.axis, 1)], 1));
            }
            [v, w] if v.member == w.member && v.elements == w.elements => {
                if let Some(at) = shape.seconds[v.member] {
                    let d = places.each[v.member];
                    return Ok(self.entries(view, members, var, v, at, &[(v.axis, d), (w.axis, 1)], d));
                }
            }
            _ => {}
        }
        debug_assert!(first.member < members.len());
        let pairs =
            ports::Port::new(self.graph, self.bound, &blocks.roles, view.energy, members, places, &op.views);
        let span = self.graph.factors[view.index].span;
        let pairs = pairs.map_err(|what| LowerError::Unsupported { span, what })?;
        let mut slots = Vec::with_capacity(pairs.len());
        pairs.each(|a, b| slots.push(shape.pattern.slot(a, b)));
        let shape = self.sparse[var].as_mut().expect("a sparse Gaussian has a shape");
        let offset = shape.push(slots);
        self.vars[var].width = shape.width();
        let mut axes = vec![];
        let mut stride = pairs.len();
        for &(element, size) in &pairs.axes {
            stride /= size.max(1);
            let extent = match element {
                Element::Label(l) => view.energy.labels[l].extent,
                _ => pairs.extent.unwrap_or(Extent::Number(size)),
            };
            axes.push(PortAxis { element, size, stride, extent });
        }
        if let (Some((columns, codes)), Some(axis)) = (pairs.list, axes.first_mut()) {
            let known = self
                .lists
                .iter()
                .position(|(f, c, by_row)| *f == view.index && *c == columns && *by_row == codes);
            let list = known.unwrap_or_else(|| {
                self.lists.push((view.index, columns, codes));
                self.lists.len() - 1
            });
            if let Element::Listed { label, .. } = axis.element {
                axis.element = Element::Listed { label, list };
            }
        }
        Ok(Port { var, offset, axes })
    }

    /// The tables of states that a product names: an element's own, or one for each combination of the letters.
    fn tables_port(
        &mut self,
        view: &FactorView<'_>,
        members: &[Member],
        var: VarId,
        op: &Op,
    ) -> Result<Port, LowerError> {
        let network = self.crossing[var].as_mut().expect("a network over elements has a shape");
        let places = network.places();
        let mut axes: Vec<PortAxis> = vec![];
        let offset;
        if let [v] = &op.views[..] {
            offset = places.single(v.member);
            let mut stride: usize = places.counts[v.member] * places.states[v.member];
            for (p, &element) in members[v.member].inner.iter().zip(&v.elements) {
                let size = self.bound.plate(*p).size;
                stride /= size.max(1);
                axes.push(PortAxis { element, size, stride, extent: Extent::Plate(*p) });
            }
        } else {
            let factor = (view.index, view.energy);
            let (graph, bound, roles) = (self.graph, self.bound, &self.blocks.roles);
            let tables = ElementTables::new(graph, bound, roles, factor, members, places, &op.views);
            let span = graph.factors[view.index].span;
            let tables = tables.map_err(|what| LowerError::Unsupported { span, what })?;
            let mut stride = tables.numbers();
            for &(l, size) in &tables.letters {
                stride /= size.max(1);
                let extent = view.energy.labels[l].extent;
                axes.push(PortAxis { element: Element::Label(l), size, stride, extent });
            }
            offset = network.push(&tables.members, tables.elements);
            self.vars[var].width = network.width();
        }
        let mut stride: usize = op.views.iter().map(|v| network.places().states[v.member]).product();
        for v in &op.views {
            let size = network.places().states[v.member];
            stride /= size.max(1);
            if let Some(l) = v.axis {
                let extent = view.energy.labels[l].extent;
                axes.push(PortAxis { element: Element::Label(l), size, stride, extent });
            }
        }
        Ok(Port { var, offset, axes })
    }

    /// A member's entries (or squares, or products within its vectors) as they stand: `within` are the
    /// letters of a vector's axes, with their strides.
    #[allow(clippy::too_many_arguments)]
    fn entries(
        &self,
        view: &FactorView<'_>,
        members: &[Member],
        var: VarId,
        v: &View,
        offset: usize,
        within: &[(Option<LabelId>, usize)],
        times: usize,
    ) -> Port {
        let shape = self.sparse[var].as_ref().expect("a sparse Gaussian has a shape");
        let places = &shape.pattern.places;
        let plates = &members[v.member].inner;
        let mut axes = vec![];
        for (((p, &element), stride), &size) in
            plates.iter().zip(&v.elements).zip(places.strides(v.member)).zip(&places.sizes[v.member])
        {
            axes.push(PortAxis { element, size, stride: stride * times, extent: Extent::Plate(*p) });
        }
        for &(letter, stride) in within {
            if let Some(l) = letter {
                let extent = view.energy.labels[l].extent;
                axes.push(PortAxis {
                    element: Element::Label(l),
                    size: places.each[v.member],
                    stride,
                    extent,
                });
            }
        }
        Port { var, offset, axes }
    }

    /// A port that no row decides.
    pub(super) fn port_shared(
        &self,
        view: &FactorView<'_>,
        port: &Port,
        op: &Op,
    ) -> Result<SharedDraft, LowerError> {
        let mut offset = port.offset;
        let mut axes = vec![];
        for (axis, e) in port.axes.iter().zip(&op.elements) {
            match *e {
                Element::Label(l) => axes.push((l, axis.stride)),
                Element::At(i) => offset += i.settled(&self.bound.labelled) * axis.stride,
                _ => {
                    return Err(LowerError::OtherRows { span: self.other_rows(view, *e) });
                }
            }
        }
        Ok(SharedDraft { from: Shared::Var(port.var), offset, axes })
    }

    /// A port that is read row by row.
    pub(super) fn port_by_row(&mut self, view: &FactorView<'_>, port: &Port, op: &Op) -> RowDraft {
        let strides: Vec<usize> = port.axes.iter().map(|a| a.stride).collect();
        let (rest, base) = self.split_axes(view, op, &strides);
        let base = self.bases.entry((view.index, op.clone())).or_insert_with(|| base.into()).clone();
        let cells: usize = rest.iter().map(|r| r.2).product();
        let mut axes = vec![];
        let mut stride = cells;
        for r in &rest {
            stride /= r.2;
            axes.push((r.0, stride));
        }
        let rest: Vec<(usize, usize)> = rest.iter().map(|r| (r.2, r.1)).collect();
        let offsets = table_cells(&rest);
        RowDraft {
            from: From::Stored { var: port.var, base, offsets, part: (port.offset, 1), stride: 1 },
            axes,
            level: None,
            width: cells,
            offset: 0,
            symmetric: None,
            columns: None,
        }
    }
}
