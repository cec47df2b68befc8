//! The printed forms of a factor graph: the model with every name resolved (`--emit graph`), and its types
//! (`--emit types`).

use super::factor_graph::{
    Expr, ExprKind, Factor, FactorGraph, Factorize, Fixed, Function, Index, InputSource, ObservedValues,
    PlateKind, Ref, RowSet, TableSource, Target,
};
use crate::{
    shape::{ColumnId, DataTableId, Extent, NodeId, PlateId},
    syntax::expr::label_text,
};
use std::fmt;

/// Names of a graph's parts, as the model spells them.
impl FactorGraph {
    /// `corpus`.
    pub fn table_name(&self, t: DataTableId) -> &str {
        &self.tables[t.0].name
    }
    /// `corpus.doc`.
    pub fn column_name(&self, c: ColumnId) -> String {
        let column = &self.columns[c.0];
        format!("{}.{}", self.table_name(column.table), column.name)
    }
    /// `n`.
    pub fn plate_name(&self, p: PlateId) -> &str {
        &self.plates[p.0].name
    }
    /// `k`, `corpus.word` or `3`.
    pub fn extent_name(&self, x: Extent) -> String {
        match x {
            Extent::Number(n) => n.to_string(),
            Extent::Plate(p) => self.plate_name(p).to_owned(),
            Extent::Levels(c) => self.column_name(c),
        }
    }
    /// `[n,k]`, or nothing.
    pub fn plates_text(&self, plates: &[PlateId]) -> String {
        bracket(plates.iter().map(|&p| self.plate_name(p).to_owned()))
    }
    /// `z[n]`.
    pub fn node_text(&self, n: NodeId) -> String {
        format!("{}{}", self.nodes[n.0].name, self.plates_text(&self.nodes[n.0].plates))
    }
    /// The key of a line: `z[0]` for a first step.
    pub fn line_text(&self, f: &Factor) -> String {
        let node = &self.nodes[f.node.0];
        let first = match f.rows {
            RowSet::Step(s) => Some(s),
            RowSet::Roots => Some(0),
            _ => None,
        };
        let ordered =
            |p: PlateId| matches!(self.plates[p.0].kind, PlateKind::Steps { .. } | PlateKind::Tree { .. });
        let names = node.plates.iter().map(|&p| match first {
            Some(s) if ordered(p) => s.to_string(),
            _ => self.plate_name(p).to_owned(),
        });
        format!("{}{}", node.name, bracket(names))
    }
    /// An expression in the model's own spelling.
    pub fn expr_text(&self, e: &Expr) -> String {
        Shown { graph: self, expr: e, least: 0 }.to_string()
    }
    /// A reference with its indices.
    pub fn ref_text(&self, r: &Ref) -> String {
        let name = match r.target {
            Target::Node(n) => self.nodes[n.0].name.clone(),
            Target::Input(i) => self.inputs[i.0].name.clone(),
            Target::Column(c) => self.column_name(c),
        };
        format!("{name}{}", bracket(r.index.iter().map(|i| self.index_text(i))))
    }
    fn index_text(&self, i: &Index) -> String {
        match i {
            Index::Plate(p) => self.plate_name(*p).to_owned(),
            Index::Column { column, plate } => {
                format!("{}[{}]", self.column_name(*column), self.plate_name(*plate))
            }
            Index::Gate(r) => self.ref_text(r),
            Index::Before { plate, lag } => format!("{}-{lag}", self.plate_name(*plate)),
            Index::Parent(p) => format!("parent({})", self.plate_name(*p)),
            Index::At(fixed) => self.fixed_text(*fixed),
        }
    }
    /// One element, as the model names it: `2`, `'F'`.
    pub fn fixed_text(&self, fixed: Fixed) -> String {
        match fixed {
            Fixed::Number(i) => (i + 1).to_string(),
            Fixed::Label(l) => label_text(&self.labelled[l].label),
        }
    }
    /// A vector's text with one of its elements named.
    pub fn element_text(&self, vector: &str, fixed: Fixed) -> String {
        let fixed = self.fixed_text(fixed);
        match vector.strip_suffix(']') {
            Some(indexed) => format!("{indexed}, {fixed}]"),
            None => format!("{vector}[{fixed}]"),
        }
    }
    /// `Rows(corpus, weight: corpus.count)`.
    pub fn plate_kind_text(&self, kind: &PlateKind) -> String {
        let column = |c: &ColumnId| self.column_name(*c);
        match kind {
            PlateKind::Size(n) => format!("Size({n})"),
            PlateKind::Rows { table, weight, id } => {
                let id = id.as_ref().map_or(String::new(), |i| format!(", id: {}", column(i)));
                let weight = weight.as_ref().map_or(String::new(), |w| format!(", weight: {}", column(w)));
                format!("Rows({}{weight}{id})", self.table_name(*table))
            }
            PlateKind::Steps { table, sequence, id } => {
                let id = id.as_ref().map_or(String::new(), |i| format!(", id: {}", column(i)));
                let sequence =
                    sequence.as_ref().map_or(String::new(), |s| format!(", sequence: {}", column(s)));
                format!("Steps({}{sequence}{id})", self.table_name(*table))
            }
            PlateKind::Groups { columns } => {
                format!("Groups({})", columns.iter().map(column).collect::<Vec<_>>().join(", "))
            }
            PlateKind::Columns { table, only, except } => {
                let only = only.as_ref().map_or(String::new(), |o| format!(", only: {}", o.join(", ")));
                let except = if except.is_empty() {
                    String::new()
                } else {
                    format!(", except: {}", except.join(", "))
                };
                format!("Columns({}{only}{except})", self.table_name(*table))
            }
            PlateKind::Tree { table, id, parent } => {
                let id = id.as_ref().map_or(String::new(), |i| format!(", id: {}", column(i)));
                format!("Tree({}{id}, parent: {})", self.table_name(*table), column(parent))
            }
        }
    }
    fn section<T>(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        rows: impl IntoIterator<Item = T>,
        cells: impl Fn(T) -> (String, String),
    ) -> fmt::Result {
        let rows: Vec<_> = rows.into_iter().map(cells).collect();
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(f, "{title}")?;
        let width = rows.iter().map(|(a, _)| a.chars().count()).max().unwrap_or(0);
        for (a, b) in rows {
            writeln!(f, "  {a:width$}  {b}")?;
        }
        Ok(())
    }
}

/// The model with every name resolved: what `--emit graph` prints.
impl fmt::Display for FactorGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            writeln!(f, "model {}", self.name)?;
        }
        self.section(f, "tables", &self.tables, |t| {
            let source = match &t.source {
                TableSource::File(path) => path.clone(),
                TableSource::Inline(columns) => {
                    format!(
                        "in the model: {}",
                        columns.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(", ")
                    )
                }
            };
            (t.name.clone(), source)
        })?;
        self.section(f, "plates", &self.plates, |p| (p.name.clone(), self.plate_kind_text(&p.kind)))?;
        self.section(f, "inputs", &self.inputs, |i| {
            let event = bracket(i.event.iter().map(ToString::to_string));
            let source = match &i.source {
                InputSource::Numbers(n) if n.len() <= 8 => numbers_text(n),
                InputSource::Numbers(n) => format!("{} numbers", n.len()),
                InputSource::Columns(c) => {
                    c.iter().map(|c| self.column_name(*c)).collect::<Vec<_>>().join(", ")
                }
                InputSource::Table(t) => format!("columns of {}", self.table_name(*t)),
            };
            (
                format!("{}{}", i.name, self.plates_text(&i.plates)),
                format!("{source}{}{event}", if event.is_empty() { "" } else { " each " }),
            )
        })?;
        self.section(f, "factors", &self.factors, |factor| {
            let args: Vec<_> = factor
                .args
                .iter()
                .zip(factor.spec.params)
                .map(|(a, p)| {
                    format!(
                        "{}: {}",
                        a.spelling.map_or(p.name, |s| p.spellings[s].name),
                        self.expr_text(&a.expr)
                    )
                })
                .collect();
            (self.line_text(factor), format!("~ {}({})", factor.spec.name, args.join(", ")))
        })?;
        let observed = self.nodes.iter().filter_map(|n| n.observed.as_ref().map(|o| (n, o)));
        self.section(f, "observed", observed, |(n, o)| {
            let from = match &o.values {
                ObservedValues::Columns(c) => {
                    c.iter().map(|c| self.column_name(*c)).collect::<Vec<_>>().join(", ")
                }
                ObservedValues::Table(t) => format!("columns of {}", self.table_name(*t)),
                ObservedValues::Interval([from, to]) => {
                    format!("between {} and {}", self.column_name(*from), self.column_name(*to))
                }
                ObservedValues::Zero => "0".into(),
            };
            (format!("{}{}", n.name, self.plates_text(&n.plates)), format!("= {from}"))
        })?;
        match &self.factorize {
            Factorize::Auto => writeln!(f, "factorize Auto")?,
            Factorize::MeanField(_) => writeln!(f, "factorize MeanField")?,
            Factorize::Blocks(blocks) => {
                let blocks: Vec<_> = blocks
                    .iter()
                    .map(|(nodes, _)| {
                        format!(
                            "{{{}}}",
                            nodes
                                .iter()
                                .map(|(n, _)| self.nodes[n.0].name.as_str())
                                .collect::<Vec<_>>()
                                .join(", ")
                        )
                    })
                    .collect();
                writeln!(f, "factorize {}", blocks.join(" "))?;
            }
        }
        self.section(f, "derived", &self.derived, |d| {
            (format!("{}{}", d.name, self.plates_text(&d.plates)), format!("= {}", self.expr_text(&d.expr)))
        })
    }
}

/// The types of a graph: what `--emit types` prints. Each node with its plates, the axis of its values and
/// the statistic that it carries; each factor with what its slots need.
#[derive(Clone, Copy, Debug)]
pub struct Types<'g>(pub &'g FactorGraph);

impl fmt::Display for Types<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let g = self.0;
        g.section(f, "nodes", g.nodes.iter().enumerate(), |(i, n)| {
            let over = n.event.map_or(String::new(), |e| format!(" over {}", g.extent_name(e)));
            let bound = if n.observed.is_some() { ", observed" } else { "" };
            (g.node_text(NodeId(i)), format!("{}: {}{over}{bound}", n.spec.name, n.spec.stat.symbols()))
        })?;
        g.section(f, "factors", &g.factors, |factor| {
            let slots: Vec<_> = factor
                .args
                .iter()
                .zip(factor.spec.params)
                .map(|(a, p)| {
                    let axes = bracket(a.expr.axes.iter().map(|&x| g.extent_name(x)));
                    let what = if a.expr.random { "random" } else { "known" };
                    format!(
                        "{} {} ← {what}{}{axes}",
                        p.name,
                        p.stat.symbols(),
                        if axes.is_empty() { "" } else { " " }
                    )
                })
                .collect();
            (g.line_text(factor), format!("{}: {}", factor.spec.name, slots.join("; ")))
        })?;
        g.section(f, "equal lengths", &g.same, |s| {
            (g.extent_name(s.left), format!("= {}", g.extent_name(s.right)))
        })
    }
}

fn bracket(names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { String::new() } else { format!("[{}]", names.join(",")) }
}

fn numbers_text(n: &[f64]) -> String {
    let all: Vec<_> = n.iter().map(ToString::to_string).collect();
    if let [one] = &all[..] { one.clone() } else { format!("[{}]", all.join(", ")) }
}

struct Shown<'a> {
    graph: &'a FactorGraph,
    expr: &'a Expr,
    /// How tightly the surroundings bind.
    least: u8,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = |expr, least| Shown { graph: self.graph, expr, least };
        match &self.expr.kind {
            ExprKind::Numbers(n) if self.expr.axes.is_empty() => {
                write!(f, "{}", n.first().copied().unwrap_or_default())
            }
            ExprKind::Numbers(n) if n.len() <= 8 => f.write_str(&numbers_text(n)),
            ExprKind::Numbers(n) => write!(f, "[{} numbers]", n.len()),
            ExprKind::Ref(r) => f.write_str(&self.graph.ref_text(r)),
            ExprKind::Negate(a) => write!(f, "-{}", inner(a, 4)),
            ExprKind::Binary(op, a, b) => {
                let level = op.precedence();
                if level < self.least {
                    return write!(f, "({})", inner(self.expr, 0));
                }
                write!(f, "{} {} {}", inner(a, level), op.sign(), inner(b, level + 1))
            }
            ExprKind::Call(Function::MatrixVector, args) => {
                write!(f, "{} * {}", inner(&args[0], 3), inner(&args[1], 4))
            }
            ExprKind::Call(Function::Identity, _) => {
                write!(
                    f,
                    "identity({})",
                    self.expr.axes.first().map_or(String::new(), |&x| self.graph.extent_name(x))
                )
            }
            ExprKind::Call(Function::Element(at), args) => {
                f.write_str(&self.graph.element_text(&inner(&args[0], 6).to_string(), *at))
            }
            ExprKind::Call(Function::Unit(at), _) => write!(f, "[is {}]", self.graph.fixed_text(*at)),
            ExprKind::Call(Function::Earlier, _) => f.write_str("[earlier]"),
            ExprKind::Call(Function::NotLast, _) => f.write_str("[not the last]"),
            ExprKind::Call(function, args) => {
                let name = match function {
                    Function::Scalar(scalar) => scalar.name(),
                    Function::Dot => "dot",
                    Function::Diag => "diag",
                    _ => "stick",
                };
                let args: Vec<_> = args.iter().map(|a| inner(a, 0).to_string()).collect();
                write!(f, "{name}({})", args.join(", "))
            }
        }
    }
}
