//! Lowers factors to tables: which operands are read row by row, which are shared, and the contractions
//! between them. Not here: the order of a run (`engine`).

mod assemble;
mod axes;
mod base;
mod blocks;
mod by_row;
mod ports;
mod shared;

use super::{
    arrays::RowArrays,
    centre::centres,
    colours,
    known::{BadValue, KnownArray},
    layout::{Id, List, StreamId, TableId, VarId},
    lowered::Lowered,
    paths::{
        self, local_ascent, local_ascent::AscentRule, shared_covariance,
        shared_covariance::SharedCovarianceRule,
    },
    program::Plan,
    schedule,
    streams::Stream,
    sums::SumLayout,
    table::{From, RowOperand, Shared, Table},
    var::{Storage, Var},
};
use crate::{
    block::kind::sparse::SparseShape,
    factorize::{
        Blocks,
        roles::{Missing, Role},
    },
    graph::{
        bound::{Bound, ObservedArray},
        energy::{Element, EnergyTerm, FactorEnergy, LabelId, Op, Role as LetterRole, Source, View},
        factor_graph::{FactorGraph, PlateKind},
    },
    num::numbers::Numbers,
    shape::{ColumnId, Extent, NodeId, PlateId},
    source::Span,
};
use std::{collections::HashMap, sync::Arc};

pub use blocks::element_order;

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
/// Rows in a run of groups that go up together, at least, past the first few runs: enough runs in a span for many
/// threads.
const ASCENT_RUN: usize = 1 << 14;

/// Lowers a bound graph and its blocks.
pub fn lower(graph: &FactorGraph, bound: &Bound, blocks: Blocks) -> Result<Plan, LowerError> {
    let centres = centres(graph, bound);
    let mut demoted = vec![false; blocks.list.len()];
    let mut orders: Vec<(StreamId, Vec<u32>)> = vec![];
    loop {
        let mut l = Lowering::new(graph, bound, &blocks, &centres, &demoted);
        for (s, order) in &orders {
            l.streams[*s] = Stream::in_order(l.streams[*s].plate, bound.plate(l.streams[*s].plate), order);
        }
        l.vars()?;
        for f in 0..graph.factors.len() {
            l.factor(f)?;
        }
        let mixed: Vec<VarId> = l
            .tables
            .iter()
            .filter(|t| t.gathers_stored)
            .flat_map(|t| &t.operands)
            .filter_map(streamed)
            .collect();
        if mixed.is_empty() {
            let predicted = (0..graph.nodes.len())
                .map(NodeId)
                .filter(|n| {
                    blocks.roles[n.0] == Role::Predicted
                        || l_missing(graph, bound, &blocks, *n)
                        || l.absent(*n)
                })
                .collect();
            let Lowering { mut vars, streams, tables, rows, known, constants, sparse, .. } = l;
            for (var, sparse) in vars.iter_mut().zip(sparse.iter()) {
                if let Some(sparse) = sparse {
                    var.shape = Box::new(sparse.clone());
                }
            }
            let mut lowered = Lowered::new(vars, streams, tables, rows, known, constants);
            colours::colour(&mut lowered).map_err(|p| LowerError::SelfPair {
                node: p.node,
                factor: p.factor,
                row: p.row,
            })?;
            keep(&mut lowered);
            let ascent = local_ascent::find(&lowered);
            if let Some(order) = local_ascent::regroup(&lowered, &ascent) {
                orders.push(order);
                continue;
            }
            return Ok(program(graph, lowered, ascent, &blocks, &centres, predicted));
        }
        mixed.into_iter().for_each(|v| demoted[v.index()] = true);
    }
}

/// Ways over rows, chunks, and the order of work.
fn program(
    graph: &FactorGraph,
    mut lowered: Lowered,
    mut ascent: Vec<AscentRule>,
    blocks: &Blocks,
    centres: &[Vec<f64>],
    predicted: Vec<NodeId>,
) -> Plan {
    let mut shared = shared_covariance::find(&lowered);
    cut(&mut lowered, &ascent, &shared);
    let mut passes = List::default();
    for s in lowered.streams.ids() {
        let ascent = ascent.iter().position(|a| a.stream == s).map(|at| ascent.swap_remove(at));
        passes.push(paths::choose(&lowered, s, ascent, &mut shared));
    }
    let stored: Vec<VarId> =
        lowered.vars.enumerate().filter(|(_, v)| v.storage == Storage::Stored).map(|(v, _)| v).collect();
    Plan {
        sums: SumLayout::new(&lowered, &passes),
        schedule: schedule::iteration(&lowered, &stored, &passes),
        passes,
        lowered,
        stored,
        centres: centres.to_vec(),
        names: graph.nodes.iter().map(|n| n.name.clone()).collect(),
        blocks: blocks.clone(),
        predicted,
    }
}

fn l_missing(graph: &FactorGraph, bound: &Bound, blocks: &Blocks, n: NodeId) -> bool {
    graph.nodes[n.0].observed.is_some() && blocks.roles[n.0] == Role::Observed && has_missing(bound, n)
}

/// What an observed node has missing.
pub fn what_is_missing(bound: &Bound, n: NodeId) -> Missing {
    match bound.observed(n) {
        Some(ObservedArray::Numbers { width, values })
            if values
                .chunks_exact(*width)
                .any(|v| v.iter().any(|x| x.is_nan()) && !v.iter().all(|x| x.is_nan())) =>
        {
            Missing::Cells
        }
        _ if has_missing(bound, n) => Missing::Values,
        _ => Missing::Nothing,
    }
}

/// Whether an observed node has missing cells.
pub fn has_missing(bound: &Bound, n: NodeId) -> bool {
    match bound.observed(n) {
        Some(ObservedArray::Numbers { values, .. }) => values.iter().any(|v| v.is_nan()),
        Some(ObservedArray::Codes(c)) => c.contains(&u32::MAX),
        None => false,
    }
}

fn streamed(o: &RowOperand) -> Option<VarId> {
    match o.from {
        From::Streamed { var, .. } => Some(var),
        _ => None,
    }
}

/// Streamed blocks that meet in a table: all but the first must be kept between passes.
fn keep(plan: &mut Lowered) {
    let mut later = vec![];
    for t in &plan.tables {
        let mut met: Vec<VarId> = t.operands.iter().filter_map(streamed).collect();
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
fn cut(plan: &mut Lowered, ascent: &[AscentRule], shared: &[SharedCovarianceRule]) {
    for s in plan.streams.ids() {
        let here = |v: &&Var| v.stream() == Some(s);
        // Of rows that share a covariance only the means are touched.
        let means_only = |v: VarId| shared.iter().any(|a| a.var == v);
        let touched = |v: VarId| {
            let var = &plan.vars[v];
            if means_only(v) { var.d } else { var.inner() * var.width }
        };
        let moments: usize = plan.streamed(s).map(|v| 2 * touched(v)).sum();
        let tables = plan.tables.iter().filter(|t| t.stream == Some(s));
        let operands: usize = tables
            .flat_map(|t| &t.operands)
            .filter(|o| matches!(o.from, From::Dense(_)))
            .map(|o| o.width)
            .sum();
        let mut rows = (CHUNK_NUMBERS / (moments + operands).max(1)).clamp(64, 8192);
        if plan.vars.iter().filter(here).any(|v| v.shape.sequences().is_some()) {
            rows = rows.max(side_by_side(&plan.streams[s]));
        }
        let ascent = ascent.iter().find(|a| a.stream == s);
        let own = |(t, x): &(TableId, &Table)| x.stream == Some(s) && !ascent.is_some_and(|a| a.sums(*t));
        let sums: usize = plan.tables.enumerate().filter(own).map(|(_, t)| t.packed_len()).sum();
        let runs = match ascent {
            // Runs have no sums of their own.
            Some(_) if sums == 0 => RUNS.max(plan.streams[s].size / ASCENT_RUN),
            _ if sums > RUN_NUMBERS => 1,
            _ => RUNS,
        };
        cut_stream(plan, s, ascent, rows, runs);
    }
}

/// Rows of a few whole sequences, which a chain takes side by side, if there are enough of them for several
/// threads.
fn side_by_side(stream: &Stream) -> usize {
    let sequences = stream.starts.as_ref().map_or(1, |s| s.len() - 1).max(1);
    stream.size / sequences * (sequences / 8).clamp(1, 4)
}

/// A chain's sequences are never cut, nor groups that go up together.
fn cut_stream(plan: &mut Lowered, s: StreamId, ascent: Option<&AscentRule>, rows: usize, runs: usize) {
    let chain = plan.vars.iter().any(|v| v.stream() == Some(s) && v.shape.sequences().is_some());
    let starts = if chain { plan.streams[s].starts.clone() } else { ascent.map(|a| a.starts.clone()) };
    plan.streams[s].cut(rows, starts.as_deref(), runs);
}

impl Plan {
    /// Cuts every stream anew, in chunks of about `rows` rows. The posterior does not depend on it but for
    /// rounding; tests see to that.
    pub fn recut(&mut self, rows: usize) {
        for s in self.lowered.streams.ids() {
            cut_stream(&mut self.lowered, s, self.passes[s].local_ascent(), rows, RUNS);
        }
    }
}

struct Lowering<'a> {
    graph: &'a FactorGraph,
    bound: &'a Bound,
    blocks: &'a Blocks,
    centres: &'a [Vec<f64>],
    demoted: &'a [bool],
    streams: List<StreamId, Stream>,
    vars: List<VarId, Var>,
    tables: List<TableId, Table>,
    rows: RowArrays,
    known: Vec<KnownArray>,
    /// Index into `known` of each array of the energy.
    evaluated: HashMap<usize, usize>,
    dense: HashMap<(usize, Op), usize>,
    codes: HashMap<(usize, Op), usize>,
    bases: HashMap<(usize, Op), Arc<[u32]>>,
    values: HashMap<(usize, NodeId, Vec<Element>), ByPlace>,
    constants: Vec<f64>,
    /// Of each block, where its members' entries start in its vector, and the end.
    starts: Vec<Vec<usize>>,
    /// Arrays inside the statistics of sparse Gaussians; an operand's part counts them.
    ports: Vec<ports::Port>,
    /// By variable, the sparse Gaussians, whose statistics grow while factors are lowered.
    sparse: List<VarId, Option<SparseShape>>,
    port_of: HashMap<(usize, Source, Vec<View>), usize>,
    lists: Vec<Combinations>,
}

/// Combinations of elements that several columns name: of which factor, the columns, and the place of each
/// row of the file.
type Combinations = (usize, Vec<(ColumnId, Extent)>, Vec<u32>);

/// Values by place, and whether any is missing.
type ByPlace = (Numbers, bool);

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
    stream: Option<StreamId>,
    /// The rows' letter.
    n: Option<LabelId>,
    sizes: Vec<usize>,
    d: usize,
    /// Letters past the factor's own: what a data column names, and how many levels it has.
    levels: Vec<(Element, usize)>,
}

impl<'a> Lowering<'a> {
    fn new(
        graph: &'a FactorGraph,
        bound: &'a Bound,
        blocks: &'a Blocks,
        centres: &'a [Vec<f64>],
        demoted: &'a [bool],
    ) -> Self {
        let mut streams = List::default();
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
            vars: List::default(),
            tables: List::default(),
            rows: RowArrays::default(),
            known: vec![],
            evaluated: HashMap::new(),
            dense: HashMap::new(),
            codes: HashMap::new(),
            bases: HashMap::new(),
            values: HashMap::new(),
            constants: vec![0.0; graph.nodes.len()],
            starts: blocks.list.iter().map(|b| axes::member_starts(graph, bound, b.kind.members())).collect(),
            ports: vec![],
            port_of: HashMap::new(),
            lists: vec![],
            sparse: List::default(),
        }
    }

    /// The plate whose rows a node's elements are streamed along.
    fn row_plate(&self, node: NodeId) -> Option<PlateId> {
        let steps = self.blocks.of(node).and_then(|b| self.blocks.list[b].kind.steps());
        if steps.is_some() {
            return steps;
        }
        self.graph.nodes[node.0].plates.iter().copied().find(|p| is_row_plate(&self.graph.plates[p.0].kind))
    }

    fn stream(&self, plate: PlateId) -> StreamId {
        self.streams.find(|s| s.plate == plate).expect("every row plate has a stream")
    }

    fn var_of(&self, source: Source) -> Option<VarId> {
        self.blocks.of_source(source).map(VarId::new)
    }

    fn d(&self, node: NodeId) -> usize {
        self.graph.nodes[node.0].event.map_or(1, |e| self.bound.size(e))
    }

    fn letter_of(&self, f: &FactorEnergy, plate: PlateId) -> Option<LabelId> {
        let axis = self.graph.nodes[f.node.0].plates.iter().position(|&p| p == plate)?;
        Some(f.child[axis])
    }

    fn factor(&mut self, index: usize) -> Result<(), LowerError> {
        let blocks = self.blocks;
        let energy = blocks.energy.factor(index);
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
        let mut groups: Vec<Vec<TermDraft>> = vec![];
        let mut group: HashMap<Vec<Key>, usize> = HashMap::new();
        for mut draft in drafts {
            if draft.coefficient == 0.0 {
                continue;
            }
            draft.row.sort_by_key(|(k, _)| match k {
                Key::Level(..) => 0,
                Key::Mask => 1,
                Key::Op(o) => {
                    2 + 8 * (o.part + 1)
                        + usize::from(matches!(o.source, Source::Node(m) if m == energy.node))
                }
            });
            let key: Vec<Key> = draft.row.iter().map(|(k, _)| k.clone()).collect();
            let at = *group.entry(key).or_insert_with(|| {
                groups.push(vec![]);
                groups.len() - 1
            });
            groups[at].push(draft);
        }
        for terms in groups {
            let table = self.table(&view, terms)?;
            self.tables.push(table);
        }
        Ok(())
    }

    fn term(&mut self, view: &mut FactorView<'_>, term: &EnergyTerm) -> Result<TermDraft, LowerError> {
        let mut coefficient =
            term.scale * (term.coefficient)(view.d) * (view.d as f64).powi(term.d_power as i32);
        let mut row = vec![];
        let mut shared = vec![];
        let child = view.energy.node;
        // Levels of data columns become an axis of the table, unless crossed columns would make it too large
        // or couple a variable with itself.
        let mut columns: Vec<(Element, usize)> = vec![];
        let mut repeated = false;
        let mut stored: Vec<VarId> = vec![];
        let ops = term.ops.iter().map(|op| self.ported(view, op)).collect::<Result<Vec<Op>, _>>()?;
        for op in &ops {
            if self.is_known_node(op) {
                continue;
            }
            if let Some(v) = self.var_of(op.source).filter(|&v| self.vars[v].storage == Storage::Stored) {
                repeated |= stored.contains(&v);
                stored.push(v);
            }
            for (axis, e) in op.elements.iter().enumerate() {
                if by_column(e) && e.label() == view.n && !columns.iter().any(|c| c.0 == *e) {
                    columns.push((*e, self.axis_sizes(op)[axis]));
                }
            }
        }
        let product: usize = columns.iter().map(|c| c.1).product();
        let rows = view.stream.map_or(0, |s| self.streams[s].size);
        let chained = ops
            .iter()
            .filter_map(|o| self.var_of(o.source))
            .any(|v| self.vars[v].shape.sequences().is_some());
        let lift = !repeated && (columns.len() <= 1 || product <= rows.max(4096) || chained);
        let mut has_child = false;
        for op in &ops {
            has_child |= op.source == Source::Node(child);
            let by_row = view.n.is_some() && op.elements.iter().any(|e| e.label() == view.n);
            if !by_row {
                shared.push(self.shared(view, op)?);
                continue;
            }
            let streamed_var = self.var_of(op.source).filter(|&v| self.vars[v].stream().is_some());
            if let Some(v) = streamed_var {
                row.push((Key::Op(op.clone()), self.streamed_operand(view, op, v)));
            } else if self.is_known_node(op) {
                row.push((Key::Op(op.clone()), self.known_node_by_row(view, op)?));
            } else if lift && op.elements.iter().all(|e| e.label() != view.n || by_column(e)) {
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
                shared.push(self.shared(view, &lifted)?);
            } else if let Some(port) = self.port(op).cloned() {
                row.push((Key::Op(op.clone()), self.port_by_row(view, &port, op)));
            } else if let Some(v) = self.var_of(op.source) {
                row.push((Key::Op(op.clone()), self.stored_by_row(view, op, v)));
            } else {
                row.push((Key::Op(op.clone()), self.known_by_row(view, op)?));
            }
        }
        let masked = self.blocks.roles[child.0] == Role::Observed && has_missing(self.bound, child)
            || self.absent(child);
        if !has_child && masked {
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
}

/// The term with its summed letters named in the order they occur, so that products that differ only in names
/// share a table.
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
        let alike =
            |m: &LabelId| energy.labels[*m].extent == extent && energy.labels[*m].role == LetterRole::Event;
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

fn by_column(e: &Element) -> bool {
    matches!(e, Element::Column { .. } | Element::Listed { .. })
}

fn is_row_plate(kind: &PlateKind) -> bool {
    matches!(kind, PlateKind::Rows { .. } | PlateKind::Steps { .. } | PlateKind::Tree { .. })
}
