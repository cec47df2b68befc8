//! What a drawing of a factor graph shows: plates, vertices, factors and edges, with their labels. Not here:
//! where anything is placed.

use crate::{
    graph::factor_graph::{Expr, ExprKind, Factor, FactorGraph, Index, PlateKind, Ref, RowSet, Target},
    shape::{ColumnId, InputId, NodeId},
};

/// A factor graph, ready to be drawn.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The model's name.
    pub title: String,
    /// The label of each plate, by its place in the model.
    pub plates: Vec<String>,
    /// Random variables, then the known arrays they use.
    pub vertices: Vec<Vertex>,
    /// One for each line of `nodes`.
    pub factors: Vec<FactorMark>,
    /// Vertex to factor.
    pub edges: Vec<Edge>,
    /// Vertex to itself, one step on.
    pub loops: Vec<Loop>,
    /// Vertices that q keeps together.
    pub tints: Vec<Tint>,
}

/// Vertices that q keeps together.
#[derive(Clone, Debug, PartialEq)]
pub struct Tint {
    /// Their places.
    pub vertices: Vec<usize>,
}

/// A circle or a dot.
#[derive(Clone, Debug, PartialEq)]
pub struct Vertex {
    /// Its name.
    pub label: String,
    /// What it is.
    pub kind: VertexKind,
    /// The plates it stands in.
    pub plates: Vec<usize>,
}

/// What a vertex is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VertexKind {
    /// A random variable to be inferred.
    Latent,
    /// A random variable bound to data.
    Observed,
    /// An input or a covariate.
    Known,
}

/// A small square above its child.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorMark {
    /// The vertex it is the density of.
    pub child: usize,
    /// The distribution; for a node of several lines, the line: `z[0]`.
    pub label: String,
}

/// A parent and a factor it enters.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The vertex.
    pub from: usize,
    /// The factor.
    pub to: usize,
    /// Whether the parent selects a component.
    pub gate: bool,
    /// How the parent's element is found, where it is not the child's own: `doc`, `t-1`.
    pub label: String,
}

/// A vertex that depends on itself at another step.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    /// The vertex.
    pub vertex: usize,
    /// Whether it selects a component.
    pub gate: bool,
    /// `t-1`, `parent`.
    pub label: String,
}

impl Picture {
    /// The picture of `graph`; `sizes`, where the data are known, are those of its plates.
    pub fn new(graph: &FactorGraph, sizes: Option<&[usize]>) -> Picture {
        let mut picture = Picture {
            title: graph.name.clone(),
            plates: (0..graph.plates.len())
                .map(|p| plate_label(graph, p, sizes.and_then(|s| s.get(p)).copied()))
                .collect(),
            vertices: graph
                .nodes
                .iter()
                .map(|n| Vertex {
                    label: n.name.clone(),
                    kind: if n.observed.is_some() { VertexKind::Observed } else { VertexKind::Latent },
                    plates: n.plates.iter().map(|p| p.0).collect(),
                })
                .collect(),
            ..Picture::default()
        };
        let mut known: Vec<(Target, usize)> = vec![];
        for factor in &graph.factors {
            let lines = graph.factors.iter().filter(|f| f.node == factor.node).count();
            let to = picture.factors.len();
            let label = if lines > 1 { line_label(graph, factor) } else { factor.spec.name.to_string() };
            picture.factors.push(FactorMark { child: factor.node.0, label });
            for arg in &factor.args {
                picture.walk(graph, &arg.expr, factor.node, to, &mut known);
            }
        }
        picture
    }

    /// The same, the constants of each line beside its distribution: `Gamma(shape 2, rate 0.1)`.
    #[must_use]
    pub fn with_constants(mut self, graph: &FactorGraph) -> Picture {
        for (mark, factor) in self.factors.iter_mut().zip(&graph.factors) {
            let (spec, args) =
                factor.written.as_ref().map_or((factor.spec, &factor.args), |w| (w.spec, &w.args));
            let said: Vec<String> = args
                .iter()
                .zip(spec.params)
                .filter_map(|(arg, param)| {
                    let name = arg.spelling.map_or(param.name, |s| param.spellings[s].name);
                    Some(format!("{name} {}", constant(&arg.expr)?))
                })
                .collect();
            if !said.is_empty() {
                mark.label = format!("{}({})", mark.label, said.join(", "));
            }
        }
        self
    }

    fn walk(
        &mut self,
        graph: &FactorGraph,
        e: &Expr,
        child: NodeId,
        to: usize,
        known: &mut Vec<(Target, usize)>,
    ) {
        match &e.kind {
            ExprKind::Numbers(_) => {}
            ExprKind::Ref(r) => self.enter(graph, r, child, to, false, known),
            ExprKind::Binary(_, a, b) => {
                self.walk(graph, a, child, to, known);
                self.walk(graph, b, child, to, known);
            }
            ExprKind::Negate(a) => self.walk(graph, a, child, to, known),
            ExprKind::Call(_, args) => args.iter().for_each(|a| self.walk(graph, a, child, to, known)),
        }
    }

    /// An edge for what `r` names, and one for each selector among its indices.
    fn enter(
        &mut self,
        graph: &FactorGraph,
        r: &Ref,
        child: NodeId,
        to: usize,
        gate: bool,
        known: &mut Vec<(Target, usize)>,
    ) {
        let mut how = vec![];
        let mut moved = false;
        for index in &r.index {
            match index {
                Index::Gate(selector) => self.enter(graph, selector, child, to, true, known),
                Index::Column { column, .. } => how.push(graph.columns[column.0].name.clone()),
                Index::Before { plate, lag } => {
                    moved = true;
                    how.push(format!("{}-{lag}", graph.plates[plate.0].name));
                }
                Index::Parent(_) => {
                    moved = true;
                    how.push("parent".to_string());
                }
                Index::At(fixed) => how.push(graph.fixed_text(*fixed)),
                Index::Plate(_) => {}
            }
        }
        let label = how.join(", ");
        let from = match r.target {
            Target::Node(n) => n.0,
            Target::Input(i) => self.known(graph, r.target, known, |g| input(g, i)),
            Target::Column(c) => self.known(graph, r.target, known, |g| covariate(g, c)),
        };
        if moved && from == child.0 {
            join(
                &mut self.loops,
                |l| l.vertex == from && l.gate == gate,
                |l| &mut l.label,
                Loop { vertex: from, gate, label },
            );
        } else {
            let same = |e: &Edge| e.from == from && e.to == to && e.gate == gate;
            join(&mut self.edges, same, |e| &mut e.label, Edge { from, to, gate, label });
        }
    }

    /// The vertex of a known array, made when first met.
    fn known(
        &mut self,
        graph: &FactorGraph,
        target: Target,
        known: &mut Vec<(Target, usize)>,
        make: impl Fn(&FactorGraph) -> Vertex,
    ) -> usize {
        if let Some((_, v)) = known.iter().find(|(t, _)| *t == target) {
            return *v;
        }
        self.vertices.push(make(graph));
        known.push((target, self.vertices.len() - 1));
        self.vertices.len() - 1
    }
}

/// A constant as it is shown: a number, or how many there are.
fn constant(e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Numbers(x) if x.len() == 1 => Some(x[0].to_string()),
        ExprKind::Numbers(x) => Some(format!("[{} numbers]", x.len())),
        ExprKind::Negate(a) => constant(a).map(|x| format!("-{x}")),
        _ => None,
    }
}

/// Adds `new`, or its label to the like entry that is there.
fn join<T>(list: &mut Vec<T>, same: impl Fn(&T) -> bool, label: impl Fn(&mut T) -> &mut String, mut new: T) {
    let Some(old) = list.iter_mut().find(|e| same(e)) else { return list.push(new) };
    let added = std::mem::take(label(&mut new));
    let text = label(old);
    if text.is_empty() {
        *text = added;
    } else if !added.is_empty() && !text.split(", ").any(|part| part == added) {
        *text = format!("{text}, {added}");
    }
}

fn input(graph: &FactorGraph, i: InputId) -> Vertex {
    let input = &graph.inputs[i.0];
    Vertex {
        label: input.name.clone(),
        kind: VertexKind::Known,
        plates: input.plates.iter().map(|p| p.0).collect(),
    }
}

/// A covariate stands in the row plate of its table, where the model has one.
fn covariate(graph: &FactorGraph, c: ColumnId) -> Vertex {
    let column = &graph.columns[c.0];
    let rows = graph.plates.iter().position(|p| match &p.kind {
        PlateKind::Rows { table, .. } | PlateKind::Steps { table, .. } | PlateKind::Tree { table, .. } => {
            *table == column.table
        }
        _ => false,
    });
    Vertex { label: column.name.clone(), kind: VertexKind::Known, plates: rows.into_iter().collect() }
}

/// `z[0]` for a first step, `z[t]` for the others.
fn line_label(graph: &FactorGraph, f: &Factor) -> String {
    let node = &graph.nodes[f.node.0];
    let first = match f.rows {
        RowSet::Step(s) => Some(s.to_string()),
        RowSet::Roots => Some("0".to_string()),
        _ => None,
    };
    let index: Vec<&str> = node
        .plates
        .iter()
        .map(|p| {
            let plate = &graph.plates[p.0];
            match (&first, &plate.kind) {
                (Some(step), PlateKind::Steps { .. } | PlateKind::Tree { .. }) => step.as_str(),
                _ => plate.name.as_str(),
            }
        })
        .collect();
    format!("{}[{}]", node.name, index.join(","))
}

/// `n: 272 rows of eruptions`.
fn plate_label(graph: &FactorGraph, p: usize, size: Option<usize>) -> String {
    let plate = &graph.plates[p];
    let table = |t: &crate::shape::DataTableId| graph.tables[t.0].name.as_str();
    let column = |c: &ColumnId| format!("{}.{}", table(&graph.columns[c.0].table), graph.columns[c.0].name);
    let what = match &plate.kind {
        PlateKind::Size(n) => return format!("{} = 1…{n}", plate.name),
        PlateKind::Rows { table: t, .. } => format!("rows of {}", table(t)),
        PlateKind::Steps { table: t, .. } => format!("steps of {}", table(t)),
        PlateKind::Groups { columns } => {
            format!("levels of {}", columns.iter().map(column).collect::<Vec<_>>().join(", "))
        }
        PlateKind::Columns { table: t, .. } => format!("columns of {}", table(t)),
        PlateKind::Tree { table: t, .. } => format!("tree {}", table(t)),
    };
    match size {
        Some(n) => format!("{}: {n} {what}", plate.name),
        None => format!("{}: {what}", plate.name),
    }
}
