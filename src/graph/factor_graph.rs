//! The typed factor graph: names resolved, shapes known up to the sizes that data give. Not here: how it is
//! made (`resolve`) nor the data (`bound`).

use crate::{
    expfam::spec::DistSpec,
    shape::{ColumnId, DataTableId, Extent, InputId, NodeId, PlateId},
    source::Span,
    syntax::{ast::Cell, expr::BinaryOp},
};

/// A model whose every name, plate and shape is resolved. Immutable once built.
#[derive(Clone, Debug)]
pub struct FactorGraph {
    /// The model's `name`, or the empty string.
    pub name: String,
    /// Tables in file order.
    pub tables: Vec<DataTable>,
    /// Plates in file order.
    pub plates: Vec<Plate>,
    /// Columns the model uses, each once.
    pub columns: Vec<DataColumn>,
    /// Inputs in file order.
    pub inputs: Vec<Input>,
    /// Nodes in file order; the lines `"z[0]"` and `"z[t]"` are one node.
    pub nodes: Vec<Node>,
    /// ln p of each line of `nodes`, in file order.
    pub factors: Vec<Factor>,
    /// Axes of unlike names that must turn out equally long.
    pub same: Vec<Same>,
    /// Elements that the model calls by their labels, each once.
    pub labelled: Vec<Labelled>,
    /// What the user asked of q.
    pub factorize: Factorize,
    /// What is reported beside the nodes, in file order.
    pub derived: Vec<DerivedQuantity>,
}

/// An expression of random variables that is reported beside them.
#[derive(Clone, Debug)]
pub struct DerivedQuantity {
    /// Its name.
    pub name: String,
    /// Its key.
    pub span: Span,
    /// Its plates, in the order of the key.
    pub plates: Vec<PlateId>,
    /// What it is: of random variables also what no density may hold, powers, logarithms and comparisons.
    pub expr: Expr,
}

/// Two axes that stand for each other: their lengths must agree once the data give them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Same {
    /// One axis.
    pub left: Extent,
    /// The other.
    pub right: Extent,
    /// The place in the model that makes them one.
    pub span: Span,
}

/// An element that the model calls by its label: `b['F']`. Which one that is, data say.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// What has elements of that kind.
    pub of: LabelledAxis,
    /// The label.
    pub label: String,
    /// First place in the model that names it.
    pub span: Span,
}

/// What a labelled element is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelledAxis {
    /// A plate.
    Plate(PlateId),
    /// A node's event axis.
    Event(NodeId),
}

/// One element, the same whatever row is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fixed {
    /// By its place, from 0.
    Number(usize),
    /// By its label: index into [`FactorGraph::labelled`].
    Label(usize),
}

impl Fixed {
    /// Its place, from 0, once data have told those of labels.
    pub fn settled(self, labelled: &[usize]) -> usize {
        match self {
            Fixed::Number(i) => i,
            Fixed::Label(l) => labelled.get(l).copied().unwrap_or(0),
        }
    }
}

/// A table, read or written in the file.
#[derive(Clone, Debug)]
pub struct DataTable {
    /// Its name in the model.
    pub name: String,
    /// Where it is named.
    pub span: Span,
    /// The path, relative to the model file, or the columns themselves.
    pub source: TableSource,
}

/// Where a table's cells are.
#[derive(Clone, Debug, PartialEq)]
pub enum TableSource {
    /// In a file.
    File(String),
    /// In the model.
    Inline(Vec<(String, Vec<Cell>)>),
}

/// An index set.
#[derive(Clone, Debug)]
pub struct Plate {
    /// Its name: `n`.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// What it has one index for.
    pub kind: PlateKind,
}

impl Plate {
    /// Elements, where the model says so itself.
    pub fn known_size(&self) -> Option<usize> {
        match self.kind {
            PlateKind::Size(n) => Some(n),
            _ => None,
        }
    }
}

/// What a plate has one index for.
#[derive(Clone, Debug, PartialEq)]
pub enum PlateKind {
    /// 1..n.
    Size(usize),
    /// Each row; a row stands for `weight` equal ones.
    Rows {
        /// The table.
        table: DataTableId,
        /// How many rows each stands for.
        weight: Option<ColumnId>,
        /// What names a row to rows of other tables; row numbers from 1 where left out.
        id: Option<ColumnId>,
    },
    /// Each row, in order within its sequence.
    Steps {
        /// The table.
        table: DataTableId,
        /// Which sequence a row belongs to.
        sequence: Option<ColumnId>,
        /// What names a step to rows of other tables; row numbers from 1 where left out.
        id: Option<ColumnId>,
    },
    /// Each level of a column, or of several joined.
    Groups {
        /// The columns.
        columns: Vec<ColumnId>,
    },
    /// Each of a table's columns.
    Columns {
        /// The table.
        table: DataTableId,
        /// Only these, in this order (names).
        only: Option<Vec<String>>,
        /// All but these (names).
        except: Vec<String>,
    },
    /// Each row of a tree.
    Tree {
        /// The table.
        table: DataTableId,
        /// What names a row; row numbers from 1 where left out.
        id: Option<ColumnId>,
        /// The row above; empty for a root.
        parent: ColumnId,
    },
}

/// A column that some expression, plate or observation uses.
#[derive(Clone, Debug, PartialEq)]
pub struct DataColumn {
    /// Its table.
    pub table: DataTableId,
    /// Its name in the header.
    pub name: String,
    /// Not a column of the file but the joined levels of this `Columns` plate's columns.
    pub joined: Option<PlateId>,
    /// Read for each group and not for each row: of the row that has the group's name.
    pub by_name: Option<ByName>,
    /// First place in the model that uses it.
    pub span: Span,
}

impl PlateKind {
    /// The table that it has an element for each row of.
    pub fn rows_of(&self) -> Option<DataTableId> {
        match self {
            PlateKind::Rows { table, .. }
            | PlateKind::Steps { table, .. }
            | PlateKind::Tree { table, .. } => Some(*table),
            _ => None,
        }
    }
}

/// How a group finds a row of another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByName {
    /// The `Groups` plate.
    pub groups: PlateId,
    /// The plate whose rows have names.
    pub rows: PlateId,
}

/// A known array.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Its plates, in the order of the key.
    pub plates: Vec<PlateId>,
    /// Axes past its plates, known sizes.
    pub event: Vec<usize>,
    /// Lengths of the list as written, outermost first; empty for one number for all, and for columns.
    pub sizes: Vec<usize>,
    /// Where its numbers are.
    pub source: InputSource,
}

/// Where an input's numbers are.
#[derive(Clone, Debug, PartialEq)]
pub enum InputSource {
    /// Written out, row-major: plates first, then the event's axes.
    Numbers(Vec<f64>),
    /// One column for each element of the last axis (one column and no such axis: a scalar for each row).
    Columns(Vec<ColumnId>),
    /// All columns of a `Columns` plate (the last plate of the key) of this table.
    Table(DataTableId),
}

/// A random variable for each element of its plates.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The key of its first line.
    pub span: Span,
    /// Its plates, in the order of the key; elements are row-major over them.
    pub plates: Vec<PlateId>,
    /// Its distribution (all lines carry the same statistic).
    pub spec: &'static DistSpec,
    /// The distribution that the model calls: `spec`, but for a mixture over an auxiliary variable, which
    /// `augment` takes apart.
    pub called: &'static DistSpec,
    /// Is it the vector of a `stick`? Then the last element along its last plate is 1 and not random: it has
    /// no density and no q.
    pub stick: bool,
    /// What the event dimension `d` runs over: categories, vector axes. `None` for plain scalars.
    pub event: Option<Extent>,
    /// Where its values are, if it is bound to data.
    pub observed: Option<Observed>,
    /// Where its distribution's call is written.
    pub call: Span,
}

/// How a node is bound to data.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Where `observe` says so.
    pub span: Span,
    /// Where the values are.
    pub values: ObservedValues,
}

/// Where observed values are.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservedValues {
    /// One column for each number of the value, in order; the node's one plate is the table's row plate.
    Columns(Vec<ColumnId>),
    /// A node with a row plate and a `Columns` plate: the plate's columns of this table.
    Table(DataTableId),
    /// The ends between which each value lies: a column of lower ones, and one of upper ones.
    Interval([ColumnId; 2]),
    /// 0 everywhere: what a latent variable is from its mean, where a site stands for its line.
    Zero,
}

/// Which elements of the child's plates a line speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowSet {
    /// All.
    All,
    /// Step number `.0` (from 0) of each sequence.
    Step(u32),
    /// Steps from number `.0` on, of each sequence.
    From(u32),
    /// Roots of a tree.
    Roots,
    /// All of a tree but its roots.
    Below,
}

/// ln p of one line of a node given its arguments.
#[derive(Clone, Debug)]
pub struct Factor {
    /// The child.
    pub node: NodeId,
    /// Which of its elements.
    pub rows: RowSet,
    /// Its distribution: the node's, or one that carries the same statistic.
    pub spec: &'static DistSpec,
    /// One argument for each parameter, in slot order from 1.
    pub args: Vec<Arg>,
    /// The line's key.
    pub key: Span,
    /// The call.
    pub span: Span,
    /// The line as the model has it, where `augment` has made two of it.
    pub written: Option<Box<Written>>,
}

/// A line before its auxiliary variable was written in.
#[derive(Clone, Debug)]
pub struct Written {
    /// The distribution that was called.
    pub spec: &'static DistSpec,
    /// Its arguments.
    pub args: Vec<Arg>,
}

/// A parameter's value as written.
#[derive(Clone, Debug)]
pub struct Arg {
    /// The value.
    pub expr: Expr,
    /// The spelling used, if not the parameter's own name (index into its spellings).
    pub spelling: Option<usize>,
    /// `name: value` as written.
    pub span: Span,
    /// Where it comes from, if `augment` made it.
    pub from: Option<Origin>,
}

/// The written argument that an argument comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The node whose line it is.
    pub node: NodeId,
    /// The distribution that was called.
    pub spec: &'static DistSpec,
    /// Its slot there, from 1.
    pub slot: usize,
}

/// A resolved expression with its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The axes of its value, beyond the child's plates: `[]` for a scalar.
    pub axes: Vec<Extent>,
    /// Whether any node that it names is random (also an observed one).
    pub random: bool,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// The expression to a power.
    pub fn raised(&self, power: i32) -> Self {
        if power == 1 {
            return self.clone();
        }
        let power = ExprKind::Numbers(vec![f64::from(power)]);
        let power = Self { kind: power, axes: vec![], random: false, span: self.span };
        let kind = ExprKind::Binary(BinaryOp::Power, Box::new(self.clone()), Box::new(power));
        Self { kind, axes: self.axes.clone(), ..*self }
    }
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number or nested list of numbers, row-major (sizes are those of the expression's axes).
    Numbers(Vec<f64>),
    /// A node, an input or a column, with its indices.
    Ref(Ref),
    /// Arithmetic; known scalars scale and shift.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// Minus.
    Negate(Box<Expr>),
    /// A function of the language.
    Call(Function, Vec<Expr>),
}

/// The functions of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// Σ over the shared last axis.
    Dot,
    /// Matrix times vector (`A * h`, found by shape).
    MatrixVector,
    /// A diagonal matrix.
    Diag,
    /// The identity matrix.
    Identity,
    /// Stick-breaking weights.
    Stick,
    /// A function of a known number.
    Scalar(Scalar),
    /// One number of a vector.
    Element(Fixed),
    /// The vector that is 1 there and 0 elsewhere. Not of the language: part of what `Element` comes to.
    Unit(Fixed),
    /// The matrix \[j < i\]. Not of the language: part of what `stick` comes to.
    Earlier,
    /// The vector \[i is not the last\]. Not of the language: part of what `stick` comes to.
    NotLast,
}

/// The functions of a known number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// The natural logarithm.
    Log,
    /// e to the power.
    Exp,
    /// The square root.
    Sqrt,
    /// The absolute value.
    Abs,
}

impl Scalar {
    /// By its name.
    pub fn find(name: &str) -> Option<Self> {
        [Self::Log, Self::Exp, Self::Sqrt, Self::Abs].into_iter().find(|f| f.name() == name)
    }
    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Exp => "exp",
            Self::Sqrt => "sqrt",
            Self::Abs => "abs",
        }
    }
    /// Its value; none is no finite number.
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Self::Log => x.ln(),
            Self::Exp => x.exp(),
            Self::Sqrt => x.sqrt(),
            Self::Abs => x.abs(),
        }
    }
}

/// A named array with its indices; plates left off at the end become axes of the value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ref {
    /// The array.
    pub target: Target,
    /// One for each of the target's leading plates.
    pub index: Vec<Index>,
}

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A random variable.
    Node(NodeId),
    /// A known array.
    Input(InputId),
    /// A column as a covariate; its one plate is its table's row plate.
    Column(ColumnId),
}

/// How one index of a reference is found from the child's element.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Index {
    /// The child's own index in this plate.
    Plate(PlateId),
    /// The level that a column names at the child's row of `plate`.
    Column {
        /// The column.
        column: ColumnId,
        /// The row plate of its table, one of the child's plates.
        plate: PlateId,
    },
    /// The category that a latent (or observed) node has: a gate.
    Gate(Ref),
    /// `lag` steps before, in the same sequence.
    Before {
        /// The `Steps` plate.
        plate: PlateId,
        /// How many steps.
        lag: u32,
    },
    /// The node above in a tree.
    Parent(PlateId),
    /// Always this element.
    At(Fixed),
}

/// What the user asked of q.
#[derive(Clone, Debug, PartialEq)]
pub enum Factorize {
    /// The engine chooses.
    Auto,
    /// Every node by itself.
    MeanField(Span),
    /// These blocks, and `Auto` for what they leave.
    Blocks(Vec<(Vec<(NodeId, Span)>, Span)>),
}

impl FactorGraph {
    /// Where an expression picks an element of one of `nodes` by a column of data.
    pub fn picked_by_column(&self, nodes: &[NodeId]) -> Option<Span> {
        fn find(e: &Expr, nodes: &[NodeId]) -> Option<Span> {
            match &e.kind {
                ExprKind::Numbers(_) => None,
                ExprKind::Ref(r) => {
                    let picked = r.index.iter().any(|i| matches!(i, Index::Column { .. }));
                    let ours = matches!(r.target, Target::Node(n) if nodes.contains(&n));
                    (picked && ours).then_some(e.span)
                }
                ExprKind::Negate(a) => find(a, nodes),
                ExprKind::Binary(_, a, b) => find(a, nodes).or_else(|| find(b, nodes)),
                ExprKind::Call(_, args) => args.iter().find_map(|a| find(a, nodes)),
            }
        }
        self.factors.iter().flat_map(|f| &f.args).find_map(|a| find(&a.expr, nodes))
    }
}
