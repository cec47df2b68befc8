//! Operands that no row decides: stored variables and known arrays. Not here: what rows read (`by_row`).

use super::{
    axes::{part_axes, row_major},
    drafts::{FactorView, SharedDraft},
    error::LowerError,
    lowering::Lowering,
};
use crate::plan::{known::KnownArray, table::Shared};
use crate::{
    graph::energy::{Element, KnownMap, Op, Source},
    shape::NodeId,
};

impl<'a> Lowering<'a> {
    pub(super) fn evaluate(&mut self, k: usize, factor: usize) -> Result<usize, LowerError> {
        if let Some(&id) = self.evaluated.get(&k) {
            return Ok(id);
        }
        let known = &self.blocks.energy.knowns[k];
        let f = &self.graph.factors[factor];
        // Only the place of a location slot is centred; a precision has none.
        let centred = f.spec.location && known.place.1 == 1 && matches!(known.map, KnownMap::Stat { .. });
        let shift: &[f64] = if centred { &self.centres[f.node.0] } else { &[] };
        let array = KnownArray::new(known, self.graph, self.bound, shift)
            .map_err(|e| LowerError::Value(e, known.place))?;
        self.known.push(array);
        self.evaluated.insert(k, self.known.len() - 1);
        Ok(self.known.len() - 1)
    }

    /// An op that no row decides.
    pub(super) fn shared(&mut self, view: &FactorView<'_>, op: &Op) -> Result<SharedDraft, LowerError> {
        if let Some(port) = self.port(op) {
            return self.port_shared(view, port, op);
        }
        if self.is_known_node(op) {
            let id = self.observed_shared(op);
            let array = &self.known[id];
            let (offset, _) = array.part(op.part, op.axes.len());
            return Ok(self.shared_axes(
                view,
                Shared::Known(id),
                op,
                &array.elements.clone(),
                array.width,
                offset,
            ));
        }
        match op.source {
            Source::Known(k) => {
                let id = self.evaluate(k, view.index)?;
                let array = &self.known[id];
                let (offset, _) = array.part(op.part, op.axes.len());
                Ok(self.shared_axes(
                    view,
                    Shared::Known(id),
                    op,
                    &array.elements.clone(),
                    array.width,
                    offset,
                ))
            }
            _ => {
                let v = self.var_of(op.source).expect("a latent source has a block");
                let var = &self.vars[v];
                let kind = self.op_kind(op).expect("a variable has a statistic");
                let plates = self.node_plates(op);
                let (mut offset, of_part) = self.part_axes(view, op, kind, var.d);
                let mut axes = vec![];
                for (axis, e) in op.elements.iter().enumerate() {
                    let at = var
                        .plates
                        .iter()
                        .position(|q| q.0 == plates[axis])
                        .expect("a variable has its node's plates");
                    let stride = var.width * var.plates[at + 1..].iter().map(|q| q.1).product::<usize>();
                    match *e {
                        Element::Label(l) => axes.push((l, stride)),
                        Element::At(i) => offset += i.settled(&self.bound.labelled) * stride,
                        _ => {
                            return Err(LowerError::OtherRows { span: self.other_rows(view, *e) });
                        }
                    }
                }
                axes.extend(of_part);
                Ok(SharedDraft { from: Shared::Var(v), offset, axes })
            }
        }
    }

    pub(super) fn shared_axes(
        &self,
        view: &FactorView<'_>,
        from: Shared,
        op: &Op,
        sizes: &[usize],
        width: usize,
        part: usize,
    ) -> SharedDraft {
        let strides = row_major(sizes);
        let mut offset = part;
        let mut axes = vec![];
        for (axis, e) in op.elements.iter().enumerate() {
            match *e {
                Element::At(i) => offset += i.settled(&self.bound.labelled) * strides[axis] * width,
                e => axes.push((e.label().expect("an index has a letter"), strides[axis] * width)),
            }
        }
        part_axes(&mut axes, &op.axes, &view.sizes);
        SharedDraft { from, offset, axes }
    }

    /// An observed node whose elements no streamed row decides: its statistic, as a known array.
    pub(super) fn observed_shared(&mut self, op: &Op) -> usize {
        let Source::Node(node) = op.source else { unreachable!("only nodes are observed") };
        let kind = self.graph.nodes[node.0].spec.stat;
        let d = self.d(node);
        let (width, values) = self.observed_values(node);
        let w = kind.width(d);
        let mut data = vec![0.0; values.len() / width * w];
        for (v, out) in values.chunks_exact(width).zip(data.chunks_exact_mut(w)) {
            if v.iter().all(|x| !x.is_nan()) {
                // Checked when it was bound.
                let _ = (kind.of_value)(v, d, out);
            }
        }
        self.known.push(KnownArray {
            data: data.into(),
            elements: self.axis_sizes(op),
            width: w,
            kind: Some(kind),
            d,
        });
        self.known.len() - 1
    }

    pub(super) fn mask_cells(&self, node: NodeId) -> Vec<f64> {
        let (width, values) = self.observed_values(node);
        values.chunks_exact(width).map(|v| f64::from(u8::from(v.iter().any(|x| !x.is_nan())))).collect()
    }

    pub(super) fn mask_shared(&mut self, view: &FactorView<'_>) -> SharedDraft {
        let node = view.energy.node;
        let op = Op::new(
            Source::Node(node),
            0,
            view.energy.child.iter().map(|&l| Element::Label(l)).collect(),
            vec![],
        );
        let elements = self.axis_sizes(&op);
        self.known.push(KnownArray {
            data: self.mask_cells(node).into(),
            elements: elements.clone(),
            width: 1,
            kind: None,
            d: 1,
        });
        self.shared_axes(view, Shared::Known(self.known.len() - 1), &op, &elements, 1, 0)
    }
}
