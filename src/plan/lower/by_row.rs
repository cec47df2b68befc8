//! Operands that are read row by row: chunks of streamed variables, stored elements by index, known numbers
//! and codes. Not here: operands that all rows share (`shared`).

use super::{
    axes::{cell_offsets, part_axes, row_major},
    drafts::{ByPlace, FactorView, RowDraft},
    error::LowerError,
    lowering::Lowering,
    missing::has_missing,
};
use crate::plan::{
    arrays::{Codes, Dense},
    layout::VarId,
    table::{From, cells as table_cells},
};
use crate::{
    expfam::stat::{PartRole, PartShape},
    graph::{
        bound::ObservedArray,
        energy::{Element, LabelId, Op, Source},
    },
    num::numbers::Numbers,
    shape::NodeId,
};

/// Whether the elements by place are all elements of an array, in its order.
fn in_order(base: &[u32], offsets: &[usize], elements: usize) -> bool {
    let cells = offsets.len();
    base.len() * cells == elements
        && offsets.iter().copied().eq(0..cells)
        && base.iter().enumerate().all(|(place, &b)| b != u32::MAX && b as usize == place * cells)
}

impl<'a> Lowering<'a> {
    pub(super) fn streamed_operand(&self, view: &FactorView<'_>, op: &Op, v: VarId) -> RowDraft {
        let var = &self.vars[v];
        let (kind, d) = (self.op_kind(op).expect("a variable has a statistic"), var.d);
        let plates = self.node_plates(op);
        let back = |e: &Element| match e {
            Element::Before { lag, .. } => *lag,
            Element::Parent { .. } => 1,
            _ => 0,
        };
        let back = op.elements.iter().map(back).max().unwrap_or(0);
        let (mut offset, part) = self.part_axes(view, op, kind, d);
        let mut axes = vec![];
        for (axis, e) in op.elements.iter().enumerate() {
            let at = var
                .plates
                .iter()
                .position(|p| p.0 == plates[axis])
                .expect("a variable has its node's plates");
            if at == 0 {
                continue;
            }
            let stride = var.width * var.plates[at + 1..].iter().map(|p| p.1).product::<usize>();
            match *e {
                Element::Label(l) => axes.push((l, stride)),
                Element::At(i) => offset += i.settled(&self.bound.labelled) * stride,
                _ => unreachable!("a streamed variable is read directly"),
            }
        }
        axes.extend(part);
        RowDraft {
            from: From::Streamed { var: v, back },
            axes,
            level: None,
            width: var.inner() * var.width,
            offset,
            symmetric: None,
            columns: None,
        }
    }

    /// An observed node read by row: codes for categories, values for the rest.
    pub(super) fn known_node_by_row(
        &mut self,
        view: &FactorView<'_>,
        op: &Op,
    ) -> Result<RowDraft, LowerError> {
        let Source::Node(node) = op.source else { unreachable!("only nodes are observed") };
        let kind = self.graph.nodes[node.0].spec.stat;
        let sizes = self.axis_sizes(op);
        let strides = row_major(&sizes);
        let (rest, base) = self.split_axes(view, op, &strides);
        let cells: usize = rest.iter().map(|r| r.2).product();
        let offsets = cell_offsets(&rest);
        if kind.one_hot() {
            if rest.len() > 1 {
                return Err(LowerError::Unsupported {
                    span: self.graph.factors[view.index].span,
                    what: "categories over two plates beside the rows".into(),
                });
            }
            let id = match self.codes.get(&(view.index, op.clone())) {
                Some(&id) => id,
                None => {
                    let Some(ObservedArray::Codes(codes)) = self.bound.observed(node) else {
                        unreachable!("an observed category has codes")
                    };
                    let data = if cells == 1 && in_order(&base, &offsets, codes.len()) {
                        codes.clone()
                    } else {
                        let mut data = Vec::with_capacity(base.len() * cells);
                        for &o in &offsets {
                            data.extend(
                                base.iter()
                                    .map(|&b| if b == u32::MAX { u32::MAX } else { codes[b as usize + o] }),
                            );
                        }
                        data.into()
                    };
                    let id = self.rows.push_codes(Codes { data, rows: base.len() });
                    self.codes.insert((view.index, op.clone()), id);
                    id
                }
            };
            return Ok(RowDraft {
                from: From::Codes(id),
                axes: vec![],
                level: Some(op.axes[0]),
                width: 0,
                offset: 0,
                symmetric: None,
                columns: rest.first().map(|r| r.0),
            });
        }
        let d = self.d(node);
        // The upper triangle is enough where the part's own two letters are summed with the table only;
        // `table` undoes it otherwise.
        let symmetric = (kind.parts[op.part].is(PartRole::Square, PartShape::Matrix) && d > 1)
            .then(|| (op.axes[0], op.axes[1]));
        let id = match self.dense.get(&(view.index, op.clone())) {
            Some(&id) => id,
            None => {
                let (values, missing) = self.values_by_place(view.index, node, &op.elements, &base, &offsets);
                let (value_width, _) = self.value_width(node);
                let (centre, packed) = (self.centres[node.0].as_slice().into(), symmetric.is_some());
                let part = Dense::Part {
                    values,
                    centre,
                    inner: cells,
                    value_width,
                    kind,
                    part: op.part,
                    d,
                    packed,
                    missing,
                };
                let id = self.rows.push_dense(part);
                self.dense.insert((view.index, op.clone()), id);
                id
            }
        };
        let mut axes = vec![];
        let each = if symmetric.is_some() { d * (d + 1) / 2 } else { kind.parts[op.part].shape.width(d) };
        let mut stride = each * cells;
        for r in &rest {
            stride /= r.2;
            axes.push((r.0, stride));
        }
        part_axes(&mut axes, &op.axes, &view.sizes);
        Ok(RowDraft {
            from: From::Dense(id),
            axes,
            level: None,
            width: each * cells,
            offset: 0,
            symmetric,
            columns: None,
        })
    }

    pub(super) fn value_width(&self, node: NodeId) -> (usize, bool) {
        match self.bound.observed(node) {
            Some(ObservedArray::Numbers { width, .. }) => (*width, true),
            _ => (1, false),
        }
    }

    /// Values of an observed node by place, missing ones with a NaN, and whether any is missing. The data's
    /// own array where places are in its order: it is the largest of most runs. One copy at most serves all
    /// parts of a statistic.
    pub(super) fn values_by_place(
        &mut self,
        factor: usize,
        node: NodeId,
        elements: &[Element],
        base: &[u32],
        offsets: &[usize],
    ) -> ByPlace {
        let key = (factor, node, elements.to_vec());
        if let Some(known) = self.values.get(&key) {
            return known.clone();
        }
        let Some(ObservedArray::Numbers { width, values }) = self.bound.observed(node) else {
            return (Numbers::default(), false);
        };
        let width = *width;
        let missing = has_missing(self.bound, node) || base.contains(&u32::MAX);
        let all = if in_order(base, offsets, values.len() / width) {
            values.clone()
        } else {
            let mut all = Vec::with_capacity(base.len() * offsets.len() * width);
            for &b in base {
                for &o in offsets {
                    match b {
                        u32::MAX => all.extend(std::iter::repeat_n(f64::NAN, width)),
                        b => all.extend_from_slice(&values[(b as usize + o) * width..][..width]),
                    }
                }
            }
            all.into()
        };
        self.values.insert(key, (all.clone(), missing));
        (all, missing)
    }

    /// The letter of the levels that a column names, one for each element of that kind in a factor.
    pub(super) fn level(&self, view: &mut FactorView<'_>, op: &Op, axis: usize) -> LabelId {
        let key = (op.elements[axis], self.axis_sizes(op)[axis]);
        if let Some(l) = view.levels.iter().position(|k| *k == key) {
            return view.energy.labels.len() + l;
        }
        view.sizes.push(key.1);
        view.levels.push(key);
        view.sizes.len() - 1
    }

    pub(super) fn level_codes(
        &mut self,
        view: &FactorView<'_>,
        op: &Op,
        axis: usize,
        level: LabelId,
    ) -> RowDraft {
        let one = Op::new(op.source, 0, vec![op.elements[axis]], vec![axis, level]);
        let id = match self.codes.get(&(view.index, one.clone())) {
            Some(&id) => id,
            None => {
                let data = self.element_by_place(view, op, axis);
                let id = self.rows.push_codes(Codes { rows: data.len(), data: data.into() });
                self.codes.insert((view.index, one), id);
                id
            }
        };
        RowDraft {
            from: From::Codes(id),
            axes: vec![],
            level: Some(level),
            width: 0,
            offset: 0,
            symmetric: None,
            columns: None,
        }
    }

    pub(super) fn stored_by_row(&mut self, view: &FactorView<'_>, op: &Op, v: VarId) -> RowDraft {
        let var = &self.vars[v];
        let (kind, d, var_width) = (self.op_kind(op).expect("a variable has a statistic"), var.d, var.width);
        let plates = self.node_plates(op);
        let strides: Vec<usize> = plates
            .iter()
            .map(|p| {
                let at = var.plates.iter().position(|q| q.0 == *p).expect("a variable has its node's plates");
                var.plates[at + 1..].iter().map(|q| q.1).product()
            })
            .collect();
        let part = self.part_place(op, kind, d);
        let width = part.1;
        let (rest, base) = self.split_axes(view, op, &strides);
        let base = self
            .bases
            .entry((view.index, Op::new(op.source, 0, op.elements.clone(), vec![])))
            .or_insert_with(|| base.into())
            .clone();
        let cells: usize = rest.iter().map(|r| r.2).product();
        let mut axes = vec![];
        let mut stride = cells * width;
        for r in &rest {
            stride /= r.2;
            axes.push((r.0, stride));
        }
        let (from, of_part) = self.part_axes(view, op, kind, d);
        axes.extend(of_part);
        let offset = from - part.0;
        let rest: Vec<(usize, usize)> = rest.iter().map(|r| (r.2, r.1)).collect();
        let offsets = table_cells(&rest);
        RowDraft {
            from: From::Stored { var: v, base, offsets, part, stride: var_width },
            axes,
            level: None,
            width: cells * width,
            offset,
            symmetric: None,
            columns: None,
        }
    }

    pub(super) fn known_by_row(&mut self, view: &FactorView<'_>, op: &Op) -> Result<RowDraft, LowerError> {
        let Source::Known(k) = op.source else { unreachable!("only known arrays are left") };
        let id = self.evaluate(k, view.index)?;
        let array = &self.known[id];
        let (offset, shape) = array.part(op.part, op.axes.len());
        let part = if array.kind.is_some() { shape.width(array.d) } else { array.width };
        let strides = row_major(&array.elements);
        let (rest, base) = self.split_axes(view, op, &strides);
        let offsets = cell_offsets(&rest);
        let width = offsets.len() * part;
        let array = &self.known[id];
        let data = if part == array.width && in_order(&base, &offsets, array.data.len() / part.max(1)) {
            array.data.clone()
        } else {
            let mut data = Vec::with_capacity(base.len() * width);
            for &b in &base {
                for &o in &offsets {
                    if b == u32::MAX {
                        data.extend(std::iter::repeat_n(0.0, part));
                    } else {
                        data.extend_from_slice(
                            &array.data[(b as usize + o) * array.width + offset..][..part],
                        );
                    }
                }
            }
            data.into()
        };
        let mut axes = vec![];
        let mut stride = width;
        for r in &rest {
            stride /= r.2;
            axes.push((r.0, stride));
        }
        part_axes(&mut axes, &op.axes, &view.sizes);
        let id = self.rows.push_dense(Dense::Plain { data, width });
        Ok(RowDraft {
            from: From::Dense(id),
            axes,
            level: None,
            width,
            offset: 0,
            symmetric: None,
            columns: None,
        })
    }

    pub(super) fn mask(&mut self, view: &FactorView<'_>) -> RowDraft {
        let node = view.energy.node;
        let op = Op::new(
            Source::Node(node),
            usize::MAX,
            view.energy.child.iter().map(|&l| Element::Label(l)).collect(),
            vec![],
        );
        let strides = row_major(&self.axis_sizes(&op));
        let (rest, base) = self.split_axes(view, &op, &strides);
        let offsets = cell_offsets(&rest);
        let cells = self.mask_cells(node);
        let id = match self.dense.get(&(view.index, op.clone())) {
            Some(&id) => id,
            None => {
                let data: Vec<f64> = base
                    .iter()
                    .flat_map(|&b| offsets.iter().map(move |&o| (b, o)))
                    .map(|(b, o)| cells[b as usize + o])
                    .collect();
                let id = self.rows.push_dense(Dense::Plain { data: data.into(), width: offsets.len() });
                self.dense.insert((view.index, op), id);
                id
            }
        };
        let mut stride = offsets.len();
        let axes = rest
            .iter()
            .map(|r| {
                stride /= r.2;
                (r.0, stride)
            })
            .collect();
        RowDraft {
            from: From::Dense(id),
            axes,
            level: None,
            width: offsets.len(),
            offset: 0,
            symmetric: None,
            columns: None,
        }
    }
}
