//! Lowers factors to tables: which operands are read row by row, which are shared, and the contractions between them.
//! Not here: the order of a run (`engine`).

use super::{
    Plan,
    arrays::{Codes, Dense, RowArrays},
    centre::centres,
    classes,
    known::{BadValue, KnownArray},
    streams::Stream,
    table::{From, Message, Packed, RowOperand, Rows, Shared, Table, TableOperand, TableTerm, Unroll},
    var::{Algorithm, Clamp, Storage, Var},
};
use crate::{
    expfam::stat::{CATEGORY, GAUSSIAN_VECTOR, IMPOSSIBLE, StatKind},
    factorize::{Blocks, Kind, roles::Role},
    graph::{
        bound::{Bound, ObservedArray},
        energy::{Element, EnergyTerm, FactorEnergy, KnownMap, LabelId, Op, Role as LetterRole, Source},
        factor_graph::{FactorGraph, PlateKind, RowSet},
    },
    num::contract::{Axes, Contraction, OperandShape},
    shape::{NodeId, PlateId},
    source::Span,
};
use std::{collections::HashMap, sync::Arc};

/// Data that a plan can't be made for.
#[derive(Clone, Debug, PartialEq)]
pub enum LowerError {
    /// A known value that its slot does not accept.
    Value(Box<BadValue>, (usize, usize)),
    /// An observed value that the known arguments exclude.
    Impossible {
        /// The factor.
        factor: usize,
        /// The element of the child, row-major over its plates.
        element: usize,
        /// The child's value.
        value: Vec<f64>,
        /// Each known argument that excludes it: its slot and value.
        given: Vec<(usize, Vec<f64>)>,
    },
    /// A row that couples an element with itself.
    SelfPair {
        /// The node.
        node: NodeId,
        /// The factor.
        factor: usize,
        /// The place of the row.
        row: usize,
    },
    /// A construct the engine has no form for.
    Unsupported {
        /// The factor's place in the file.
        span: Span,
        /// What it is.
        what: String,
    },
}

/// Numbers of scratch a chunk's buffers may take, about: they should stay in the second-level cache.
const CHUNK_NUMBERS: usize = 48 * 1024;
/// Runs of chunks summed separately: enough for any number of threads here, few enough to be cheap.
const RUNS: usize = 16;
/// A run keeps its own sums; past this many numbers in all tables of a stream there is only one run.
const RUN_NUMBERS: usize = 1 << 22;

/// Lowers a bound graph and its blocks.
pub fn lower(graph: &FactorGraph, bound: &Bound, blocks: Blocks) -> Result<Plan, LowerError> {
    let centres = centres(graph, bound);
    let mut demoted = vec![false; blocks.list.len()];
    loop {
        let mut l = Lowering::new(graph, bound, &blocks, &centres, &demoted);
        l.vars()?;
        for f in 0..graph.factors.len() {
            l.factor(f)?;
        }
        let mixed: Vec<usize> = l.tables.iter().filter(|t| t.gathers_stored).flat_map(|t| &t.operands).filter_map(streamed).collect();
        if mixed.is_empty() {
            let Lowering { vars, streams, tables, rows, known, constants, .. } = l;
            let stored = (0..vars.len()).filter(|&v| vars[v].storage == Storage::Stored).collect();
            let predicted = (0..graph.nodes.len())
                .map(NodeId)
                .filter(|n| blocks.roles[n.0] == Role::Predicted || l_missing(graph, bound, &blocks, *n))
                .collect();
            let names = graph.nodes.iter().map(|n| n.name.clone()).collect();
            let mut plan = Plan {
                names,
                vars,
                streams,
                tables,
                rows,
                known,
                constants,
                stored,
                centres: centres.clone(),
                blocks: blocks.clone(),
                predicted,
            };
            classes::colour(&mut plan)?;
            keep(&mut plan);
            cut(&mut plan);
            return Ok(plan);
        }
        mixed.into_iter().for_each(|v| demoted[v] = true);
    }
}

fn l_missing(graph: &FactorGraph, bound: &Bound, blocks: &Blocks, n: NodeId) -> bool {
    graph.nodes[n.0].observed.is_some() && blocks.roles[n.0] == Role::Observed && has_missing(bound, n)
}

/// Whether an observed node has missing cells.
pub fn has_missing(bound: &Bound, n: NodeId) -> bool {
    match bound.observed(n) {
        Some(ObservedArray::Numbers { values, .. }) => values.iter().any(|v| v.is_nan()),
        Some(ObservedArray::Codes(c)) => c.contains(&u32::MAX),
        None => false,
    }
}

fn streamed(o: &RowOperand) -> Option<usize> {
    match o.from {
        From::Streamed { var, .. } => Some(var),
        _ => None,
    }
}

/// Streamed blocks that meet in a table: all but the first must be kept between passes.
fn keep(plan: &mut Plan) {
    let mut later = vec![];
    for t in &plan.tables {
        let mut met: Vec<usize> = t.operands.iter().filter_map(streamed).collect();
        met.sort_unstable();
        met.dedup();
        later.extend(met.into_iter().skip(1));
    }
    for v in later {
        if let Storage::Streamed { kept, .. } = &mut plan.vars[v].storage {
            *kept = true;
        }
    }
}

/// Chunks that fit the cache, and runs.
fn cut(plan: &mut Plan) {
    for s in 0..plan.streams.len() {
        let here = |v: &&Var| v.stream() == Some(s);
        let moments: usize = plan.vars.iter().filter(here).map(|v| 2 * v.inner() * v.width).sum();
        let tables = plan.tables.iter().filter(|t| t.stream == Some(s));
        let operands: usize = tables.clone().flat_map(|t| &t.operands).filter(|o| matches!(o.from, From::Dense(_))).map(|o| o.width).sum();
        let sums: usize = tables.map(Table::packed_len).sum();
        let rows = (CHUNK_NUMBERS / (moments + operands).max(1)).clamp(64, 8192);
        let runs = if sums > RUN_NUMBERS { 1 } else { RUNS };
        cut_stream(plan, s, rows, runs);
    }
}

/// A chain's sequences are never cut.
fn cut_stream(plan: &mut Plan, s: usize, rows: usize, runs: usize) {
    let chain = plan.vars.iter().any(|v| v.stream() == Some(s) && v.algorithm.is_chain());
    plan.streams[s].cut(rows, chain, runs);
}

impl Plan {
    /// Cuts every stream anew, in chunks of about `rows` rows. The posterior does not depend on it but for rounding; tests see to that.
    pub fn recut(&mut self, rows: usize) {
        for s in 0..self.streams.len() {
            cut_stream(self, s, rows, RUNS);
        }
    }
}

struct Lowering<'a> {
    graph: &'a FactorGraph,
    bound: &'a Bound,
    blocks: &'a Blocks,
    centres: &'a [Vec<f64>],
    demoted: &'a [bool],
    streams: Vec<Stream>,
    vars: Vec<Var>,
    tables: Vec<Table>,
    rows: RowArrays,
    known: Vec<KnownArray>,
    /// Index into `known` of each array of the energy.
    evaluated: HashMap<usize, usize>,
    dense: HashMap<(usize, Op), usize>,
    codes: HashMap<(usize, Op), usize>,
    bases: HashMap<(usize, Op), Arc<[u32]>>,
    values: HashMap<(usize, NodeId, Vec<Element>), ByPlace>,
    constants: Vec<f64>,
}

/// Values by place, and which are missing.
type ByPlace = (Arc<[f64]>, Option<Arc<[bool]>>);

/// A row operand before its table is known.
#[derive(Clone)]
struct RowDraft {
    from: From,
    axes: Vec<(LabelId, usize)>,
    level: Option<LabelId>,
    width: usize,
    offset: usize,
    /// Pair of labels of a symmetric part that may be packed: its array is made with the upper triangle only.
    symmetric: Option<(LabelId, LabelId)>,
    /// Codes stand in columns over this label.
    columns: Option<LabelId>,
}

#[derive(Clone)]
struct SharedDraft {
    from: Shared,
    offset: usize,
    axes: Vec<(LabelId, usize)>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Op(Op),
    Level(Element, LabelId),
    Mask,
}

struct TermDraft {
    coefficient: f64,
    row: Vec<(Key, RowDraft)>,
    shared: Vec<SharedDraft>,
}

/// What one factor's lowering needs to know.
struct FactorView<'a> {
    index: usize,
    energy: &'a FactorEnergy,
    stream: Option<usize>,
    /// The rows' letter.
    n: Option<LabelId>,
    sizes: Vec<usize>,
    d: usize,
    /// Letters past the factor's own: what a data column names, and how many levels it has.
    levels: Vec<(Element, usize)>,
}

impl<'a> Lowering<'a> {
    fn new(graph: &'a FactorGraph, bound: &'a Bound, blocks: &'a Blocks, centres: &'a [Vec<f64>], demoted: &'a [bool]) -> Self {
        let mut streams = vec![];
        for (p, plate) in graph.plates.iter().enumerate() {
            if is_row_plate(&plate.kind) {
                streams.push(Stream::new(PlateId(p), bound.plate(PlateId(p))));
            }
        }
        Self {
            graph,
            bound,
            blocks,
            centres,
            demoted,
            streams,
            vars: vec![],
            tables: vec![],
            rows: RowArrays::default(),
            known: vec![],
            evaluated: HashMap::new(),
            dense: HashMap::new(),
            codes: HashMap::new(),
            bases: HashMap::new(),
            values: HashMap::new(),
            constants: vec![0.0; graph.nodes.len()],
        }
    }

    /// The plate whose rows a node's elements are streamed along.
    fn row_plate(&self, node: NodeId) -> Option<PlateId> {
        let block = self.blocks.of(node).map(|b| self.blocks.list[b].kind);
        match block {
            Some(Kind::Chain(p)) => return Some(p),
            Some(Kind::Gaussian(g)) if self.blocks.gaussians[g].chain.is_some() => return self.blocks.gaussians[g].chain,
            _ => {}
        }
        self.graph.nodes[node.0].plates.iter().copied().find(|p| is_row_plate(&self.graph.plates[p.0].kind))
    }

    fn stream(&self, plate: PlateId) -> usize {
        self.streams.iter().position(|s| s.plate == plate).expect("every row plate has a stream")
    }

    fn d(&self, node: NodeId) -> usize {
        self.graph.nodes[node.0].event.map_or(1, |e| self.bound.size(e))
    }

    fn vars(&mut self) -> Result<(), LowerError> {
        for (b, block) in self.blocks.list.iter().enumerate() {
            let first = &self.graph.nodes[block.nodes[0].0];
            let d = match block.kind {
                Kind::Gaussian(g) => self.member_offsets(g).last().copied().unwrap_or(0),
                _ => self.d(block.nodes[0]),
            };
            let (algorithm, width) = match block.kind {
                Kind::Gaussian(g) if self.blocks.gaussians[g].chain.is_some() => (Algorithm::GaussianChain, d + d * d),
                Kind::Gaussian(_) => (Algorithm::Gaussian, d + d * d),
                Kind::Joint(j) => (Algorithm::Joint(self.blocks.joints[j].spec.family), self.blocks.joints[j].spec.stat.width(d)),
                Kind::Chain(_) => (Algorithm::Chain, first.spec.stat.width(d)),
                Kind::Single => match first.spec.family {
                    Some(f) => (Algorithm::Family(f), first.spec.stat.width(d)),
                    None => return Err(LowerError::Unsupported { span: first.call, what: format!("a latent {}", first.spec.name) }),
                },
            };
            let row = self.row_plate(block.nodes[0]);
            let mut plates: Vec<PlateId> = match block.kind {
                Kind::Gaussian(g) => self.blocks.gaussians[g].outer.clone(),
                _ => first.plates.clone(),
            };
            plates.sort_by_key(|p| Some(*p) != row);
            let plates: Vec<(PlateId, usize)> = plates.into_iter().map(|p| (p, self.bound.plate(p).size)).collect();
            let names: Vec<&str> = block.nodes.iter().map(|n| self.graph.nodes[n.0].name.as_str()).collect();
            let storage = match row {
                Some(p) if !self.demoted[b] && self.only_direct(b, p) => Storage::Streamed { stream: self.stream(p), kept: false },
                _ if algorithm.is_chain() => {
                    return Err(LowerError::Unsupported { span: first.call, what: "a chain whose steps other rows refer to".into() });
                }
                _ => Storage::Stored,
            };
            let weight = row.and_then(|p| self.streams[self.stream(p)].weight.clone());
            let mut var = Var {
                name: names.join(", "),
                nodes: block.nodes.clone(),
                algorithm,
                d,
                width,
                plates,
                storage,
                clamp: None,
                classes: vec![],
                weight,
            };
            if self.blocks.roles[block.nodes[0].0] == Role::Mixed {
                var.clamp = Some(self.clamp(block.nodes[0], &var));
            }
            self.vars.push(var);
        }
        Ok(())
    }

    /// Is the block used only by rows of its own plate, each its own element (or, for a chain, the one before)?
    fn only_direct(&self, block: usize, plate: PlateId) -> bool {
        let chain = match self.blocks.list[block].kind {
            Kind::Chain(_) => true,
            Kind::Gaussian(g) => self.blocks.gaussians[g].chain.is_some(),
            _ => false,
        };
        let plates = match self.blocks.list[block].kind {
            Kind::Gaussian(g) => &self.blocks.gaussians[g].outer,
            _ => &self.graph.nodes[self.blocks.list[block].nodes[0].0].plates,
        };
        let Some(axis) = plates.iter().position(|&p| p == plate) else { return false };
        self.blocks.energy.factors.iter().all(|f| {
            let n = self.row_plate(f.node).and_then(|p| self.letter_of(f, p));
            f.terms.iter().flat_map(|t| &t.ops).filter(|o| self.blocks.of_source(o.source) == Some(block)).all(|o| {
                o.elements.iter().enumerate().all(|(i, e)| match *e {
                    Element::Label(l) => (i == axis) == (Some(l) == n),
                    Element::Before { label, lag: 1 } => chain && i == axis && Some(label) == n,
                    Element::At(_) => i != axis,
                    _ => false,
                })
            })
        })
    }

    fn letter_of(&self, f: &FactorEnergy, plate: PlateId) -> Option<LabelId> {
        let axis = self.graph.nodes[f.node.0].plates.iter().position(|&p| p == plate)?;
        Some(f.child[axis])
    }

    /// The known cells of a partly observed node, in the variable's storage order.
    fn clamp(&self, node: NodeId, var: &Var) -> Clamp {
        let kind = self.graph.nodes[node.0].spec.stat;
        let (width, all) = self.observed_values(node);
        let order = self.storage_order(node, var);
        let mut known = Vec::with_capacity(order.len());
        let mut values = Vec::with_capacity(order.len() * width);
        for &e in &order {
            let v = &all[e * width..(e + 1) * width];
            known.push(v.iter().all(|x| !x.is_nan()));
            values.extend(v.iter().map(|x| if x.is_nan() { 0.0 } else { *x }));
        }
        Clamp { known, values, value_width: width, kind }
    }

    /// Element of the node (file order, row-major over its plates) at each element of its variable's storage.
    fn storage_order(&self, node: NodeId, var: &Var) -> Vec<usize> {
        let plates = &self.graph.nodes[node.0].plates;
        let order = var.stream().and_then(|s| self.streams[s].order.as_deref());
        element_order(plates, &var.plates, order)
    }

    /// Values by element in file order, centred; categories as numbers; missing cells NaN.
    fn observed_values(&self, node: NodeId) -> (usize, Vec<f64>) {
        match self.bound.observed(node) {
            Some(ObservedArray::Numbers { width, values }) => {
                let c = &self.centres[node.0];
                let v = if c.is_empty() { values.to_vec() } else { values.iter().zip(c.iter().cycle()).map(|(v, c)| v - c).collect() };
                (*width, v)
            }
            Some(ObservedArray::Codes(codes)) => (1, codes.iter().map(|&c| if c == u32::MAX { f64::NAN } else { f64::from(c) }).collect()),
            None => (1, vec![]),
        }
    }

    fn factor(&mut self, index: usize) -> Result<(), LowerError> {
        let blocks = self.blocks;
        let energy = &blocks.energy.factors[index];
        if energy.terms.is_empty() {
            return Ok(());
        }
        let row = self.row_plate(energy.node);
        let n = row.and_then(|p| self.letter_of(energy, p));
        let stream = row.map(|p| self.stream(p));
        let mut sizes: Vec<usize> = energy.labels.iter().map(|l| self.bound.size(l.extent)).collect();
        if let (Some(n), Some(s)) = (n, stream) {
            // What is typical of a chunk; the true size is given at each run.
            sizes[n] = self.streams[s].size.min(1024);
        }
        let d = energy.event.map_or(1, |e| self.bound.size(e));
        let mut view = FactorView { index, energy, stream, n, sizes, d, levels: vec![] };
        self.base(&view)?;

        let mut drafts = vec![];
        for term in &energy.terms {
            drafts.push(self.term(&mut view, &canonical(energy, term))?);
        }
        let mut groups: Vec<(Vec<Key>, Vec<TermDraft>)> = vec![];
        for mut draft in drafts {
            if draft.coefficient == 0.0 {
                continue;
            }
            draft.row.sort_by_key(|(k, _)| match k {
                Key::Level(..) => 0,
                Key::Mask => 1,
                Key::Op(o) => 2 + 8 * (o.part + 1) + usize::from(matches!(o.source, Source::Node(m) if m == energy.node)),
            });
            let key: Vec<Key> = draft.row.iter().map(|(k, _)| k.clone()).collect();
            match groups.iter_mut().find(|g| g.0 == key) {
                Some(g) => g.1.push(draft),
                None => groups.push((key, vec![draft])),
            }
        }
        for (_, terms) in groups {
            let table = self.table(&view, terms)?;
            self.tables.push(table);
        }
        Ok(())
    }

    /// The base measure's share of the bound: a constant.
    fn base(&mut self, view: &FactorView<'_>) -> Result<(), LowerError> {
        let factor = &self.graph.factors[view.index];
        let Some(log_base) = factor.spec.log_base else { return Ok(()) };
        let node = &self.graph.nodes[factor.node.0];
        let count: usize = node.plates.iter().map(|p| self.bound.plate(*p).size).product();
        // A latent child's base measure depends on known arguments only (the Beta function of a Beta's).
        let (width, values) = match self.blocks.roles[factor.node.0] {
            Role::Observed => self.observed_values(factor.node),
            Role::Latent | Role::Mixed => (0, vec![]),
            Role::Predicted => return Ok(()),
        };
        let slots: Vec<Option<KnownArray>> = factor
            .spec
            .params
            .iter()
            .enumerate()
            .map(|(i, p)| if p.gated { Ok(None) } else { self.by_element(view, i + 1).map(Some) })
            .collect::<Result<_, _>>()?;
        // Elements are in the order of the key, in which the row plate may stand anywhere.
        let row = self.row_plate(factor.node);
        let weight = row.and_then(|p| self.bound.plate(p).weight.clone());
        let sizes: Vec<usize> = node.plates.iter().map(|p| self.bound.plate(*p).size).collect();
        let axis = row.and_then(|p| node.plates.iter().position(|&q| q == p));
        let (rows, inner) = axis.map_or((1, count), |a| (sizes[a], sizes[a + 1..].iter().product()));
        let row_of = |e: usize| e / inner % rows;
        let members = self.members(view);
        let mut sum = 0.0;
        for e in 0..count {
            let v = &values[e * width..(e + 1) * width];
            if v.iter().any(|x| x.is_nan()) || members.as_ref().is_some_and(|m| !m[row_of(e)]) {
                continue;
            }
            let mut args: Vec<&[f64]> = vec![v];
            for s in &slots {
                args.push(match s {
                    None => &[],
                    Some(a) if a.elements.is_empty() => &a.data,
                    Some(a) => &a.data[e * a.width..(e + 1) * a.width],
                });
            }
            let base = log_base(&args, view.d);
            if base < IMPOSSIBLE && width > 0 {
                let given = args.iter().enumerate().skip(1).filter(|(_, a)| !a.is_empty()).map(|(s, a)| (s, a.to_vec()));
                return Err(LowerError::Impossible { factor: view.index, element: e, value: v.to_vec(), given: given.collect() });
            }
            sum += weight.as_ref().map_or(1.0, |w| w[row_of(e)]) * base;
        }
        self.constants[factor.node.0] += sum;
        Ok(())
    }

    /// A known argument's values for each element of the child (or once, if it depends on none).
    fn by_element(&self, view: &FactorView<'_>, slot: usize) -> Result<KnownArray, LowerError> {
        let energy = &self.blocks.energy;
        let arg = &self.graph.factors[view.index].args[slot - 1];
        let of_slot = |k: &&crate::graph::energy::Known| k.place == (view.index, slot) && matches!(k.map, KnownMap::Stat { .. });
        let mut known = match energy.knowns.iter().find(of_slot) {
            Some(k) => k.clone(),
            None => return Err(LowerError::Unsupported { span: arg.span, what: "an argument that must be known".into() }),
        };
        known.map = KnownMap::Value;
        if !known.elements.is_empty() {
            let plates = &self.graph.nodes[view.energy.node.0].plates;
            known.elements = plates.iter().map(|&p| crate::shape::Extent::Plate(p)).collect();
            known.letters = plates.iter().map(|&p| crate::graph::energy::Letter::Plate(p)).collect();
        }
        KnownArray::new(&known, self.graph, self.bound, &[]).map_err(|e| LowerError::Value(Box::new(e), known.place))
    }

    /// Which file rows of the child's row plate the factor's line speaks of; `None` for all.
    fn members(&self, view: &FactorView<'_>) -> Option<Vec<bool>> {
        let places = self.places(view)?;
        let stream = &self.streams[view.stream?];
        let mut out = vec![false; stream.size];
        for (place, yes) in places.into_iter().enumerate() {
            let row = stream.order.as_ref().map_or(place, |o| o[place] as usize);
            out[row] = yes;
        }
        Some(out)
    }

    /// The same by place of the stream.
    fn places(&self, view: &FactorView<'_>) -> Option<Vec<bool>> {
        let stream = &self.streams[view.stream?];
        match self.graph.factors[view.index].rows {
            RowSet::All => None,
            RowSet::Step(j) => Some(stream.step().into_iter().map(|t| t == j).collect()),
            RowSet::From(j) => Some(stream.step().into_iter().map(|t| t >= j).collect()),
            RowSet::Roots => stream.parent.as_ref().map(|p| p.iter().map(|&p| p == u32::MAX).collect()),
            RowSet::Below => stream.parent.as_ref().map(|p| p.iter().map(|&p| p != u32::MAX).collect()),
        }
    }

    fn term(&mut self, view: &mut FactorView<'_>, term: &EnergyTerm) -> Result<TermDraft, LowerError> {
        let mut coefficient = term.scale * (term.coefficient)(view.d) * (view.d as f64).powi(term.d_power as i32);
        let mut row = vec![];
        let mut shared = vec![];
        let child = view.energy.node;
        // Levels of data columns become an axis of the table, unless crossed columns would make it too large or couple a variable with itself.
        let mut columns: Vec<(Element, usize)> = vec![];
        let mut repeated = false;
        let mut stored: Vec<usize> = vec![];
        for op in &term.ops {
            if self.is_known_node(op) {
                continue;
            }
            if let Some(v) = self.blocks.of_source(op.source).filter(|&v| self.vars[v].storage == Storage::Stored) {
                repeated |= stored.contains(&v);
                stored.push(v);
            }
            for (axis, e) in op.elements.iter().enumerate() {
                if matches!(e, Element::Column { .. }) && e.label() == view.n && !columns.iter().any(|c| c.0 == *e) {
                    columns.push((*e, self.axis_sizes(op)[axis]));
                }
            }
        }
        let product: usize = columns.iter().map(|c| c.1).product();
        let rows = view.stream.map_or(0, |s| self.streams[s].size);
        let lift = !repeated && (columns.len() <= 1 || product <= rows.max(4096));
        let mut has_child = false;
        for op in &term.ops {
            has_child |= op.source == Source::Node(child);
            let by_row = view.n.is_some() && op.elements.iter().any(|e| e.label() == view.n);
            if !by_row {
                shared.push(self.shared(view, op, &[])?);
                continue;
            }
            let streamed_var = self.blocks.of_source(op.source).filter(|&v| self.vars[v].stream().is_some());
            if let Some(v) = streamed_var {
                row.push((Key::Op(op.clone()), self.streamed_operand(view, op, v)));
            } else if self.is_known_node(op) {
                row.push((Key::Op(op.clone()), self.known_node_by_row(view, op)?));
            } else if lift && op.elements.iter().all(|e| e.label() != view.n || matches!(e, Element::Column { .. })) {
                let mut lifted = op.clone();
                for axis in 0..op.elements.len() {
                    let e = op.elements[axis];
                    if e.label() != view.n {
                        continue;
                    }
                    let level = self.level(view, op, axis);
                    lifted.elements[axis] = Element::Label(level);
                    let key = Key::Level(e, level);
                    if !row.iter().any(|(k, _)| *k == key) {
                        let draft = self.level_codes(view, op, axis, level);
                        row.push((key, draft));
                    }
                }
                shared.push(self.shared(view, &lifted, &[])?);
            } else if let Some(v) = self.blocks.of_source(op.source) {
                row.push((Key::Op(op.clone()), self.stored_by_row(view, op, v)));
            } else {
                row.push((Key::Op(op.clone()), self.known_by_row(view, op)?));
            }
        }
        if !has_child && self.blocks.roles[child.0] == Role::Observed && has_missing(self.bound, child) {
            match view.n {
                Some(_) => row.push((Key::Mask, self.mask(view))),
                None => shared.push(self.mask_shared(view)),
            }
        }
        // A letter of the child's plates that no operand has is a plain repetition.
        for &l in &view.energy.child {
            let used = row.iter().any(|(_, r)| r.axes.iter().any(|a| a.0 == l) || r.columns == Some(l))
                || shared.iter().any(|s| s.axes.iter().any(|a| a.0 == l));
            if Some(l) != view.n && !used {
                coefficient *= view.sizes[l] as f64;
            }
        }
        Ok(TermDraft { coefficient, row, shared })
    }

    fn is_known_node(&self, op: &Op) -> bool {
        matches!(op.source, Source::Node(n) if self.blocks.roles[n.0] == Role::Observed)
    }

    /// Sizes of an op's element axes.
    fn axis_sizes(&self, op: &Op) -> Vec<usize> {
        match op.source {
            Source::Node(n) => self.graph.nodes[n.0].plates.iter().map(|p| self.bound.plate(*p).size).collect(),
            Source::Joint(_) | Source::Gaussian(_) => self.node_plates(op).iter().map(|p| self.bound.plate(*p).size).collect(),
            Source::Known(k) => self.blocks.energy.knowns[k].elements.iter().map(|e| self.bound.size(*e)).collect(),
        }
    }

    /// What an op's axis runs over.
    fn axis_extent(&self, op: &Op, axis: usize) -> crate::shape::Extent {
        match op.source {
            Source::Node(n) => crate::shape::Extent::Plate(self.graph.nodes[n.0].plates[axis]),
            Source::Joint(_) | Source::Gaussian(_) => crate::shape::Extent::Plate(self.node_plates(op)[axis]),
            Source::Known(k) => self.blocks.energy.knowns[k].elements[axis],
        }
    }

    /// The statistic an op's part belongs to.
    fn op_kind(&self, op: &Op) -> Option<&'static StatKind> {
        match op.source {
            Source::Node(n) => Some(self.graph.nodes[n.0].spec.stat),
            Source::Joint(j) => Some(self.blocks.joints[j].spec.stat),
            Source::Gaussian(_) => Some(&GAUSSIAN_VECTOR),
            Source::Known(k) => match self.blocks.energy.knowns[k].map {
                KnownMap::Stat { kind, .. } => Some(kind),
                _ => None,
            },
        }
    }

    /// The file row each place's element index comes from: the index along one axis, by place; `u32::MAX` for none.
    fn element_by_place(&self, view: &FactorView<'_>, op: &Op, axis: usize) -> Vec<u32> {
        let stream = &self.streams[view.stream.expect("an element by row has a stream")];
        let of_own_plate = matches!(self.axis_extent(op, axis), crate::shape::Extent::Plate(p) if p == stream.plate);
        let streamed_axis = of_own_plate
            && self.blocks.of_source(op.source).is_some_and(|v| self.vars[v].plates.first().map(|p| p.0) == Some(stream.plate));
        // Known arrays stand in file order; variables of the streamed plate stand in the stream's order.
        let to_index = |place: u32| -> u32 {
            if place == u32::MAX || streamed_axis && self.vars[self.blocks.of_source(op.source).unwrap_or(0)].stream().is_some() {
                place
            } else {
                stream.order.as_ref().map_or(place, |o| o[place as usize])
            }
        };
        match op.elements[axis] {
            Element::Label(_) => (0..stream.size as u32).map(to_index).collect(),
            Element::Before { lag, .. } => stream.before(lag).into_iter().map(to_index).collect(),
            Element::Parent { .. } => stream.parent.clone().unwrap_or_default(),
            Element::At(i) => vec![i as u32; stream.size],
            Element::Column { column, .. } => {
                let codes =
                    self.bound.codes(column, self.axis_extent(op, axis)).cloned().unwrap_or_else(|| vec![u32::MAX; stream.size].into());
                stream.permute(&codes, 1)
            }
        }
    }

    /// (label, stride, size) of the axes not fixed by the row, strides in elements; and the elements fixed by the row, by place.
    fn split_axes(&self, view: &FactorView<'_>, op: &Op, strides: &[usize]) -> (Vec<(LabelId, usize, usize)>, Vec<u32>) {
        let sizes = self.axis_sizes(op);
        let places = view.stream.map_or(0, |s| self.streams[s].size);
        let mut base = vec![0u32; places];
        let mut rest = vec![];
        for (axis, e) in op.elements.iter().enumerate() {
            match *e {
                Element::Label(l) if Some(l) != view.n => rest.push((l, strides[axis], sizes[axis])),
                _ => {
                    for (b, i) in base.iter_mut().zip(self.element_by_place(view, op, axis)) {
                        *b = if i == u32::MAX || *b == u32::MAX { u32::MAX } else { *b + i * strides[axis] as u32 };
                    }
                }
            }
        }
        (rest, base)
    }

    fn streamed_operand(&self, view: &FactorView<'_>, op: &Op, v: usize) -> RowDraft {
        let var = &self.vars[v];
        let (kind, d) = (self.op_kind(op).expect("a variable has a statistic"), var.d);
        let plates = self.node_plates(op);
        let before = op.elements.iter().any(|e| matches!(e, Element::Before { .. }));
        let (mut offset, part) = self.part_axes(view, op, kind, d);
        let mut axes = vec![];
        for (axis, e) in op.elements.iter().enumerate() {
            let at = var.plates.iter().position(|p| p.0 == plates[axis]).expect("a variable has its node's plates");
            if at == 0 {
                continue;
            }
            let stride = var.width * var.plates[at + 1..].iter().map(|p| p.1).product::<usize>();
            match *e {
                Element::Label(l) => axes.push((l, stride)),
                Element::At(i) => offset += i * stride,
                _ => unreachable!("a streamed variable is read directly"),
            }
        }
        axes.extend(part);
        RowDraft {
            from: From::Streamed { var: v, before },
            axes,
            level: None,
            width: var.inner() * var.width,
            offset,
            symmetric: None,
            columns: None,
        }
    }

    /// Where a part (or, of a Gaussian joint, the entries that an op views) starts in an element's statistic, and its axes there.
    fn part_axes(&self, view: &FactorView<'_>, op: &Op, kind: &StatKind, d: usize) -> (usize, Vec<(LabelId, usize)>) {
        let mut offset = kind.offset(op.part, d);
        let mut axes = vec![];
        let Source::Gaussian(g) = op.source else {
            part_axes(&mut axes, &op.axes, &view.sizes);
            return (offset, axes);
        };
        let starts = self.member_offsets(g);
        for (i, v) in op.views.iter().enumerate() {
            let scale = if i + 1 < op.views.len() { d } else { 1 };
            let member = &self.blocks.gaussians[g].members[v.member];
            let sizes: Vec<usize> = member.inner.iter().map(|p| self.bound.plate(*p).size).collect();
            let each = if member.vector { self.d(member.node) } else { 1 };
            offset += starts[v.member] * scale;
            for (e, stride) in v.elements.iter().zip(row_major(&sizes)) {
                match *e {
                    Element::Label(l) => axes.push((l, stride * each * scale)),
                    Element::At(at) => offset += at * stride * each * scale,
                    _ => unreachable!("inner plates are read directly"),
                }
            }
            axes.extend(v.axis.map(|l| (l, scale)));
        }
        (offset, axes)
    }

    /// Where each member's entries start in a Gaussian joint's vector, and its length.
    fn member_offsets(&self, g: usize) -> Vec<usize> {
        let mut out = vec![0];
        for m in &self.blocks.gaussians[g].members {
            let inner: usize = m.inner.iter().map(|p| self.bound.plate(*p).size).product();
            let each = if m.vector { self.d(m.node) } else { 1 };
            out.push(out.last().copied().unwrap_or(0) + inner * each);
        }
        out
    }

    fn node_plates(&self, op: &Op) -> Vec<PlateId> {
        match op.source {
            Source::Node(n) => self.graph.nodes[n.0].plates.clone(),
            Source::Joint(j) => self.graph.nodes[self.blocks.joints[j].nodes[0].0].plates.clone(),
            Source::Gaussian(g) => self.blocks.gaussians[g].outer.clone(),
            Source::Known(_) => vec![],
        }
    }

    /// An observed node read by row: codes for categories, values for the rest.
    fn known_node_by_row(&mut self, view: &FactorView<'_>, op: &Op) -> Result<RowDraft, LowerError> {
        let Source::Node(node) = op.source else { unreachable!("only nodes are observed") };
        let kind = self.graph.nodes[node.0].spec.stat;
        let sizes = self.axis_sizes(op);
        let strides = row_major(&sizes);
        let (rest, base) = self.split_axes(view, op, &strides);
        let cells: usize = rest.iter().map(|r| r.2).product();
        let offsets = cell_offsets(&rest);
        if kind == &CATEGORY {
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
                    let mut data = Vec::with_capacity(base.len() * cells);
                    for &o in &offsets {
                        data.extend(base.iter().map(|&b| if b == u32::MAX { u32::MAX } else { codes[b as usize + o] }));
                    }
                    let id = self.rows.push_codes(Codes { data: data.into(), rows: base.len() });
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
        // The upper triangle is enough where the part's own two letters are summed with the table only; `table` undoes it otherwise.
        let symmetric = (kind.parts[op.part].symbol == "xxᵀ" && d > 1).then(|| (op.axes[0], op.axes[1]));
        let id = match self.dense.get(&(view.index, op.clone())) {
            Some(&id) => id,
            None => {
                let (values, missing) = self.values_by_place(view.index, node, &op.elements, &base, &offsets);
                let (value_width, _) = self.value_width(node);
                let part = Dense::Part { values, inner: cells, value_width, kind, part: op.part, d, packed: symmetric.is_some(), missing };
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
        Ok(RowDraft { from: From::Dense(id), axes, level: None, width: each * cells, offset: 0, symmetric, columns: None })
    }

    fn value_width(&self, node: NodeId) -> (usize, bool) {
        match self.bound.observed(node) {
            Some(ObservedArray::Numbers { width, .. }) => (*width, true),
            _ => (1, false),
        }
    }

    /// Values of an observed node by place, centred, missing ones zero, and which are missing. One copy serves all parts of a statistic.
    fn values_by_place(&mut self, factor: usize, node: NodeId, elements: &[Element], base: &[u32], offsets: &[usize]) -> ByPlace {
        let key = (factor, node, elements.to_vec());
        if let Some(known) = self.values.get(&key) {
            return known.clone();
        }
        let Some(ObservedArray::Numbers { width, values }) = self.bound.observed(node) else { return ([].into(), None) };
        let (width, cells) = (*width, offsets.len());
        let at = |i: usize| base[i / cells] as usize + offsets[i % cells];
        let lacks = |i: usize| base[i / cells] == u32::MAX || values[at(i) * width..(at(i) + 1) * width].iter().any(|x| x.is_nan());
        let centre = &self.centres[node.0];
        let some_missing = has_missing(self.bound, node) || base.contains(&u32::MAX);
        // Built in one piece: this is the largest array of most runs.
        let out: Arc<[f64]> = (0..base.len() * cells * width)
            .map(|i| {
                let (value, entry) = (i / width, i % width);
                if some_missing && lacks(value) {
                    0.0
                } else {
                    values[at(value) * width + entry] - centre.get(entry).copied().unwrap_or(0.0)
                }
            })
            .collect();
        let missing = some_missing.then(|| (0..base.len() * cells).map(lacks).collect());
        self.values.insert(key, (out.clone(), missing.clone()));
        (out, missing)
    }

    /// The letter of the levels that a column names, one for each element of that kind in a factor.
    fn level(&self, view: &mut FactorView<'_>, op: &Op, axis: usize) -> LabelId {
        let key = (op.elements[axis], self.axis_sizes(op)[axis]);
        if let Some(l) = view.levels.iter().position(|k| *k == key) {
            return view.energy.labels.len() + l;
        }
        view.sizes.push(key.1);
        view.levels.push(key);
        view.sizes.len() - 1
    }

    fn level_codes(&mut self, view: &FactorView<'_>, op: &Op, axis: usize, level: LabelId) -> RowDraft {
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
        RowDraft { from: From::Codes(id), axes: vec![], level: Some(level), width: 0, offset: 0, symmetric: None, columns: None }
    }

    fn stored_by_row(&mut self, view: &FactorView<'_>, op: &Op, v: usize) -> RowDraft {
        let var = &self.vars[v];
        let (kind, d) = (self.op_kind(op).expect("a variable has a statistic"), var.d);
        let plates = self.node_plates(op);
        let strides: Vec<usize> = plates
            .iter()
            .map(|p| {
                let at = var.plates.iter().position(|q| q.0 == *p).expect("a variable has its node's plates");
                var.plates[at + 1..].iter().map(|q| q.1).product()
            })
            .collect();
        let width = kind.parts[op.part].shape.width(d);
        let part = (kind.offset(op.part, d), width);
        let (rest, base) = self.split_axes(view, op, &strides);
        let base =
            self.bases.entry((view.index, Op::new(op.source, 0, op.elements.clone(), vec![]))).or_insert_with(|| base.into()).clone();
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
        let rest = rest.iter().map(|r| (r.2, r.1)).collect();
        RowDraft {
            from: From::Stored { var: v, base, rest, part },
            axes,
            level: None,
            width: cells * width,
            offset,
            symmetric: None,
            columns: None,
        }
    }

    fn known_by_row(&mut self, view: &FactorView<'_>, op: &Op) -> Result<RowDraft, LowerError> {
        let Source::Known(k) = op.source else { unreachable!("only known arrays are left") };
        let id = self.evaluate(k, view.index)?;
        let array = &self.known[id];
        let (offset, shape) = array.part(op.part, op.axes.len());
        let part = if array.kind.is_some() { shape.width(array.d) } else { array.width };
        let strides = row_major(&array.elements);
        let (rest, base) = self.split_axes(view, op, &strides);
        let offsets = cell_offsets(&rest);
        let array = &self.known[id];
        let mut data = Vec::with_capacity(base.len() * offsets.len() * part);
        for &b in &base {
            for &o in &offsets {
                if b == u32::MAX {
                    data.extend(std::iter::repeat_n(0.0, part));
                } else {
                    data.extend_from_slice(&array.data[(b as usize + o) * array.width + offset..][..part]);
                }
            }
        }
        let width = offsets.len() * part;
        let mut axes = vec![];
        let mut stride = width;
        for r in &rest {
            stride /= r.2;
            axes.push((r.0, stride));
        }
        part_axes(&mut axes, &op.axes, &view.sizes);
        let id = self.rows.push_dense(Dense::Plain { data: data.into(), width });
        Ok(RowDraft { from: From::Dense(id), axes, level: None, width, offset: 0, symmetric: None, columns: None })
    }

    fn evaluate(&mut self, k: usize, factor: usize) -> Result<usize, LowerError> {
        if let Some(&id) = self.evaluated.get(&k) {
            return Ok(id);
        }
        let known = &self.blocks.energy.knowns[k];
        let f = &self.graph.factors[factor];
        // Only the place of a location slot is centred; a precision has none.
        let centred = f.spec.location && known.place.1 == 1 && matches!(known.map, KnownMap::Stat { .. });
        let shift: &[f64] = if centred { &self.centres[f.node.0] } else { &[] };
        let array = KnownArray::new(known, self.graph, self.bound, shift).map_err(|e| LowerError::Value(Box::new(e), known.place))?;
        self.known.push(array);
        self.evaluated.insert(k, self.known.len() - 1);
        Ok(self.known.len() - 1)
    }

    /// An op that no row decides.
    fn shared(&mut self, view: &FactorView<'_>, op: &Op, _: &[usize]) -> Result<SharedDraft, LowerError> {
        if self.is_known_node(op) {
            let id = self.observed_shared(op);
            let array = &self.known[id];
            let (offset, _) = array.part(op.part, op.axes.len());
            return Ok(self.shared_axes(view, Shared::Known(id), op, &array.elements.clone(), array.width, offset));
        }
        match op.source {
            Source::Known(k) => {
                let id = self.evaluate(k, view.index)?;
                let array = &self.known[id];
                let (offset, _) = array.part(op.part, op.axes.len());
                Ok(self.shared_axes(view, Shared::Known(id), op, &array.elements.clone(), array.width, offset))
            }
            _ => {
                let v = self.blocks.of_source(op.source).expect("a latent source has a block");
                let var = &self.vars[v];
                let kind = self.op_kind(op).expect("a variable has a statistic");
                let plates = self.node_plates(op);
                let (mut offset, of_part) = self.part_axes(view, op, kind, var.d);
                let mut axes = vec![];
                for (axis, e) in op.elements.iter().enumerate() {
                    let at = var.plates.iter().position(|q| q.0 == plates[axis]).expect("a variable has its node's plates");
                    let stride = var.width * var.plates[at + 1..].iter().map(|q| q.1).product::<usize>();
                    match *e {
                        Element::Label(l) => axes.push((l, stride)),
                        Element::At(i) => offset += i * stride,
                        _ => {
                            let span = self.graph.factors[view.index].span;
                            return Err(LowerError::Unsupported {
                                span,
                                what: "a data column of another table than the child's rows".into(),
                            });
                        }
                    }
                }
                axes.extend(of_part);
                Ok(SharedDraft { from: Shared::Var(v), offset, axes })
            }
        }
    }

    fn shared_axes(&self, view: &FactorView<'_>, from: Shared, op: &Op, sizes: &[usize], width: usize, part: usize) -> SharedDraft {
        let strides = row_major(sizes);
        let mut offset = part;
        let mut axes = vec![];
        for (axis, e) in op.elements.iter().enumerate() {
            match *e {
                Element::At(i) => offset += i * strides[axis] * width,
                e => axes.push((e.label().expect("an index has a letter"), strides[axis] * width)),
            }
        }
        part_axes(&mut axes, &op.axes, &view.sizes);
        SharedDraft { from, offset, axes }
    }

    /// An observed node whose elements no streamed row decides: its statistic, as a known array.
    fn observed_shared(&mut self, op: &Op) -> usize {
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
        self.known.push(KnownArray { data, elements: self.axis_sizes(op), width: w, kind: Some(kind), d });
        self.known.len() - 1
    }

    fn mask_cells(&self, node: NodeId) -> Vec<f64> {
        let (width, values) = self.observed_values(node);
        values.chunks_exact(width).map(|v| f64::from(u8::from(v.iter().all(|x| !x.is_nan())))).collect()
    }

    fn mask(&mut self, view: &FactorView<'_>) -> RowDraft {
        let node = view.energy.node;
        let op = Op::new(Source::Node(node), usize::MAX, view.energy.child.iter().map(|&l| Element::Label(l)).collect(), vec![]);
        let strides = row_major(&self.axis_sizes(&op));
        let (rest, base) = self.split_axes(view, &op, &strides);
        let offsets = cell_offsets(&rest);
        let cells = self.mask_cells(node);
        let id = match self.dense.get(&(view.index, op.clone())) {
            Some(&id) => id,
            None => {
                let data: Vec<f64> =
                    base.iter().flat_map(|&b| offsets.iter().map(move |&o| (b, o))).map(|(b, o)| cells[b as usize + o]).collect();
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
        RowDraft { from: From::Dense(id), axes, level: None, width: offsets.len(), offset: 0, symmetric: None, columns: None }
    }

    fn mask_shared(&mut self, view: &FactorView<'_>) -> SharedDraft {
        let node = view.energy.node;
        let op = Op::new(Source::Node(node), 0, view.energy.child.iter().map(|&l| Element::Label(l)).collect(), vec![]);
        let elements = self.axis_sizes(&op);
        self.known.push(KnownArray { data: self.mask_cells(node), elements: elements.clone(), width: 1, kind: None, d: 1 });
        self.shared_axes(view, Shared::Known(self.known.len() - 1), &op, &elements, 1, 0)
    }

    /// One table from the products that hold the same things of a row.
    fn table(&mut self, view: &FactorView<'_>, terms: Vec<TermDraft>) -> Result<Table, LowerError> {
        let mut sizes = view.sizes.clone();
        let n = view.n.unwrap_or_else(|| {
            sizes.push(1);
            sizes.len() - 1
        });
        let mut drafts: Vec<RowDraft> = terms[0].row.iter().map(|(_, d)| d.clone()).collect();
        // Which rows: a list where they are few, a mask where they are many.
        let pair = pair_of(&drafts, &self.vars);
        let mut rows = Rows::All;
        if let (Some(places), None) = (self.places(view), pair) {
            let few = places.iter().filter(|p| **p).count() * 2 < places.len();
            if few {
                rows = Rows::List(places.iter().enumerate().filter(|(_, p)| **p).map(|(i, _)| i as u32).collect());
            } else {
                let data: Vec<f64> = places.iter().map(|&p| f64::from(u8::from(p))).collect();
                let id = self.rows.push_dense(Dense::Plain { data: data.into(), width: 1 });
                drafts.push(RowDraft {
                    from: From::Dense(id),
                    axes: vec![],
                    level: None,
                    width: 1,
                    offset: 0,
                    symmetric: None,
                    columns: None,
                });
            }
        }
        if let Some(s) = view.stream.filter(|&s| self.streams[s].weight.is_some()) {
            drafts.push(RowDraft { from: From::Weight(s), axes: vec![], level: None, width: 1, offset: 0, symmetric: None, columns: None });
        }
        let row_labels: Vec<LabelId> =
            drafts.iter().flat_map(|d| d.axes.iter().map(|a| a.0).chain(d.level).chain(d.columns)).filter(|&l| l != n).collect();
        let mut labels: Vec<LabelId> = vec![];
        for l in row_labels {
            if !labels.contains(&l) && terms.iter().any(|t| t.shared.iter().any(|s| s.axes.iter().any(|a| a.0 == l))) {
                labels.push(l);
            }
        }
        // A symmetric part is packed where its two letters meet the table only.
        let mut packed = None;
        for i in 0..drafts.len() {
            let Some((a, b)) = drafts[i].symmetric else { continue };
            let elsewhere = |l: LabelId| drafts.iter().enumerate().any(|(j, d)| j != i && d.axes.iter().any(|x| x.0 == l));
            let adjacent = labels.windows(2).any(|w| w == [a, b]);
            if packed.is_none() && adjacent && !elsewhere(a) && !elsewhere(b) {
                packed = Some((i, a, b));
            } else {
                let From::Dense(id) = drafts[i].from else { continue };
                let mut full = self.rows.dense[id].clone();
                if let Dense::Part { packed, .. } = &mut full {
                    *packed = false;
                }
                let (old, new) = (drafts[i].width, full.width());
                let d = view.d;
                let tri = d * (d + 1) / 2;
                drafts[i].axes.iter_mut().filter(|x| x.0 != a && x.0 != b).for_each(|x| x.1 = x.1 / tri * d * d);
                drafts[i].width = old / tri * d * d;
                debug_assert_eq!(drafts[i].width, new);
                drafts[i].from = From::Dense(self.rows.push_dense(full));
            }
        }
        let axes = dense_axes(&labels, &sizes);
        let len: usize = labels.iter().map(|&l| sizes[l]).product();
        let mut packed_labels = labels.clone();
        let packing = packed.map(|(i, a, b)| {
            let at = labels.iter().position(|&l| l == a).expect("a packed letter is the table's");
            let outer = labels[..at].iter().map(|&l| sizes[l]).product();
            let inner: usize = labels[at + 2..].iter().map(|&l| sizes[l]).product();
            let d = sizes[a];
            sizes.push(d * (d + 1) / 2);
            let s = sizes.len() - 1;
            packed_labels.splice(at..at + 2, [s]);
            drafts[i].axes.retain(|x| x.0 != a && x.0 != b);
            drafts[i].axes.push((s, 1));
            Packed { outer, d, inner, len: outer * inner * d * (d + 1) / 2 }
        });
        let seen = dense_axes(&packed_labels, &sizes);
        let unrolled = drafts.iter().find_map(|d| d.columns);
        let stride_in = |axes: &[(LabelId, usize)], l: LabelId| axes.iter().find(|a| a.0 == l).map_or(0, |a| a.1);
        let unroll = unrolled.map(|l| Unroll {
            size: sizes[l],
            table: seen.0.iter().find(|a| usize::from(a.0) == l).map_or(0, |a| a.1),
            operands: drafts
                .iter()
                .map(|d| if d.level.is_some() { usize::from(d.columns == Some(l)) } else { stride_in(&d.axes, l) })
                .collect(),
            targets: drafts.iter().map(|d| stride_in(&d.axes, l)).collect(),
        });
        let without =
            |axes: &[(LabelId, usize)]| -> Vec<(LabelId, usize)> { axes.iter().copied().filter(|a| Some(a.0) != unrolled).collect() };
        let seen_axes: Vec<(LabelId, usize)> = seen.0.iter().map(|a| (usize::from(a.0), a.1)).collect();
        let seen_row = to_axes(&without(&seen_axes));

        let shapes: Vec<OperandShape> = drafts
            .iter()
            .map(|d| match d.level {
                Some(level) => OperandShape::OneHot { row: n as u8, level: level as u8 },
                None => {
                    let mut a = vec![(n, d.width)];
                    a.extend(without(&d.axes));
                    OperandShape::Dense(to_axes(&a))
                }
            })
            .collect();
        let varying = [n as u8];
        let gather = Contraction::compile(&sizes, &varying, &shapes, &seen_row);
        let mut operands = vec![];
        for (i, draft) in drafts.iter().enumerate() {
            let latent = matches!(draft.from, From::Streamed { .. } | From::Stored { .. });
            let message = latent.then(|| {
                let toward_streamed = matches!(draft.from, From::Streamed { .. });
                let mut used: Vec<OperandShape> = vec![];
                for (j, shape) in shapes.iter().enumerate() {
                    if j != i && !(toward_streamed && matches!(drafts[j].from, From::Weight(_))) {
                        used.push(shape.clone());
                    }
                }
                used.push(OperandShape::Dense(seen_row.clone()));
                let OperandShape::Dense(target) = &shapes[i] else { unreachable!("a latent operand is dense") };
                Message { contraction: Contraction::compile(&sizes, &varying, &used, target), axes: target.clone() }
            });
            operands.push(RowOperand {
                from: draft.from.clone(),
                shape: shapes[i].clone(),
                width: draft.width,
                offset: draft.offset,
                message,
            });
        }
        let mut lowered = vec![];
        for t in &terms {
            let shared_shapes: Vec<OperandShape> = t.shared.iter().map(|s| OperandShape::Dense(to_axes(&s.axes))).collect();
            let build = Contraction::compile(&sizes, &[], &shared_shapes, &axes);
            let mut list = vec![];
            for (i, s) in t.shared.iter().enumerate() {
                let message = matches!(s.from, Shared::Var(_)).then(|| {
                    let mut used = vec![OperandShape::Dense(axes.clone())];
                    used.extend(shared_shapes.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, x)| x.clone()));
                    Contraction::compile(&sizes, &[], &used, &to_axes(&s.axes))
                });
                list.push(TableOperand { from: s.from, offset: s.offset, axes: to_axes(&s.axes), message });
            }
            lowered.push(TableTerm { coefficient: t.coefficient, operands: list, build });
        }
        let constant = operands.iter().all(|o| !matches!(o.from, From::Streamed { .. } | From::Stored { .. }));
        let gathers_stored = operands.iter().any(|o| matches!(o.from, From::Stored { .. }));
        Ok(Table {
            factor: view.index,
            node: view.energy.node.0,
            stream: view.stream,
            rows,
            sizes,
            row_label: n as u8,
            operands,
            axes,
            len,
            terms: lowered,
            gather,
            packed: packing,
            constant,
            pair,
            unroll,
            gathers_stored,
        })
    }
}

/// The term with its summed letters named in the order they occur, so that products that differ only in names share a table.
fn canonical(energy: &FactorEnergy, term: &EnergyTerm) -> EnergyTerm {
    let mut met: Vec<LabelId> = vec![];
    for l in term.ops.iter().flat_map(Op::labels) {
        if energy.labels[l].role == LetterRole::Event && !met.contains(&l) {
            met.push(l);
        }
    }
    // Each extent's letters, in their own order, go to those met, in the order met.
    let mut renamed: Vec<(LabelId, LabelId)> = vec![];
    for &l in &met {
        let extent = energy.labels[l].extent;
        let alike = |m: &LabelId| energy.labels[*m].extent == extent && energy.labels[*m].role == LetterRole::Event;
        let taken = renamed.iter().filter(|(from, _)| alike(from)).count();
        let to = (0..energy.labels.len()).filter(alike).nth(taken).unwrap_or(l);
        renamed.push((l, to));
    }
    let name = |l: LabelId| renamed.iter().find(|(from, _)| *from == l).map_or(l, |(_, to)| *to);
    let element = |e: &Element| match *e {
        Element::Label(l) => Element::Label(name(l)),
        e => e,
    };
    let mut out = term.clone();
    for op in &mut out.ops {
        op.elements.iter_mut().for_each(|e| *e = element(e));
        op.axes.iter_mut().for_each(|l| *l = name(*l));
        for v in &mut op.views {
            v.elements.iter_mut().for_each(|e| *e = element(e));
            v.axis = v.axis.map(name);
        }
    }
    out
}

/// The chain whose neighbours two of the operands are.
fn pair_of(drafts: &[RowDraft], vars: &[Var]) -> Option<usize> {
    let chain = |d: &RowDraft, want: bool| match d.from {
        From::Streamed { var, before } if before == want && vars[var].algorithm.is_chain() => Some(var),
        _ => None,
    };
    let before = drafts.iter().find_map(|d| chain(d, true))?;
    drafts.iter().find_map(|d| chain(d, false)).filter(|&v| v == before)
}

fn is_row_plate(kind: &PlateKind) -> bool {
    matches!(kind, PlateKind::Rows { .. } | PlateKind::Steps { .. } | PlateKind::Tree { .. })
}

fn row_major(sizes: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; sizes.len()];
    for i in (1..sizes.len()).rev() {
        strides[i - 1] = strides[i] * sizes[i];
    }
    strides
}

/// Offsets of the cells that the free axes reach, row-major over them.
fn cell_offsets(rest: &[(LabelId, usize, usize)]) -> Vec<usize> {
    let mut out = vec![0];
    for &(_, stride, size) in rest {
        out = out.into_iter().flat_map(|o| (0..size).map(move |i| o + i * stride)).collect();
    }
    out
}

/// Adds the axes of a part: its event dimensions, row-major.
fn part_axes(axes: &mut Vec<(LabelId, usize)>, labels: &[LabelId], sizes: &[usize]) {
    for (i, &l) in labels.iter().enumerate() {
        axes.push((l, labels[i + 1..].iter().map(|&m| sizes[m]).product()));
    }
}

fn to_axes(axes: &[(LabelId, usize)]) -> Axes {
    Axes(axes.iter().map(|&(l, s)| (l as u8, s)).collect())
}

fn dense_axes(labels: &[LabelId], sizes: &[usize]) -> Axes {
    let mut stride = 1;
    let mut axes: Vec<(u8, usize)> = labels
        .iter()
        .rev()
        .map(|&l| {
            let s = stride;
            stride *= sizes[l];
            (l as u8, s)
        })
        .collect();
    axes.reverse();
    Axes(axes)
}

/// File-order element at each element of a storage order: `plates` are the node's own, `storage` a permutation of them with sizes, `order`
/// the file row at each place of the first storage plate.
pub fn element_order(plates: &[PlateId], storage: &[(PlateId, usize)], order: Option<&[u32]>) -> Vec<usize> {
    let sizes: Vec<usize> = plates.iter().map(|p| storage.iter().find(|q| q.0 == *p).map_or(1, |q| q.1)).collect();
    let strides = row_major(&sizes);
    let mut out = vec![0];
    for (at, &(p, size)) in storage.iter().enumerate() {
        let stride = plates.iter().position(|q| *q == p).map_or(0, |i| strides[i]);
        let place = |i: usize| if at == 0 { order.map_or(i, |o| o[i] as usize) } else { i };
        out = out.into_iter().flat_map(|o| (0..size).map(move |i| o + place(i) * stride)).collect();
    }
    out
}
