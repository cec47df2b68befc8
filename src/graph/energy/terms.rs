//! What an energy is made of: products of moments and known arrays, with an index for each of their axes. Not
//! here: where each source stands in them (`index`), nor how they come from a graph (`expand`).

use crate::{
    expfam::{
        form::{Coefficient, Measure},
        spec::Convert,
        stat::{Part, PartRole, PartShape, StatKind},
    },
    graph::factor_graph::{Expr, Fixed},
    shape::{BlockId, ColumnId, Extent, NodeId, PlateId},
};

/// An index letter of one factor, by its place in [`FactorEnergy::labels`].
pub type LabelId = usize;

/// E[ln p] of one factor, without its base measure.
#[derive(Clone, Debug)]
pub struct FactorEnergy {
    /// The child.
    pub node: NodeId,
    /// All index letters.
    pub labels: Vec<Label>,
    /// The letters of the child's plates, in their order.
    pub child: Vec<LabelId>,
    /// What the event dimension `d` runs over.
    pub event: Option<Extent>,
    /// The sum's products.
    pub terms: Vec<EnergyTerm>,
}

/// One index letter.
#[derive(Clone, Debug)]
pub struct Label {
    /// As shown to people.
    pub name: String,
    /// What it runs over.
    pub extent: Extent,
    /// Why it is there.
    pub role: Role,
}

/// Why a letter is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is the child's own index in a plate.
    Plate(PlateId),
    /// It is the category of a selector.
    Gate,
    /// It is a category of a joint block that the product does not speak of: summed out.
    Other,
    /// It is an axis of a value.
    Event,
}

/// `scale · coefficient(d) · Π ops`, summed over all letters.
#[derive(Clone, Debug)]
pub struct EnergyTerm {
    /// A number in front.
    pub scale: f64,
    /// Power of the event dimension in front.
    pub d_power: u32,
    /// The form's own coefficient.
    pub coefficient: Coefficient,
    /// Moments and known arrays.
    pub ops: Vec<Op>,
    /// The only measure of the child that it counts against, until it is known which that is.
    pub against: Option<Measure>,
}

/// One part of one array with an index for each of its axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Op {
    /// The array.
    pub source: Source,
    /// Which part of its statistic.
    pub part: usize,
    /// One for each of the array's plates.
    pub elements: Vec<Element>,
    /// One letter for each axis of the part.
    pub axes: Vec<LabelId>,
    /// Which factor of a product of sums the op comes from: two ops of one copy are multiplied by each other
    /// in a summand, two of different copies stand in different summands or in the two sides of a square. 0:
    /// it comes from no sum.
    pub copy: u8,
    /// For a Gaussian joint block: whose entries of the joint vector (part 0) or of its second moment (part
    /// 1, two of them).
    pub views: Vec<View>,
}

/// Entries of a Gaussian joint block's vector: those of one member.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// The member, by its place in the block.
    pub member: usize,
    /// One for each of the member's inner plates.
    pub elements: Vec<Element>,
    /// The letter of the member's own vector axis, if it has one.
    pub axis: Option<LabelId>,
}

/// Which array an op names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A node's moments.
    Node(NodeId),
    /// A known array: index into [`super::Energy::knowns`].
    Known(usize),
    /// The moments of a block that products name, and not its nodes.
    Block(BlockId),
}

/// How the element of an array along one of its plates follows from the letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// The letter itself.
    Label(LabelId),
    /// What a data column names at the row that the letter stands for.
    Column {
        /// The column.
        column: ColumnId,
        /// The letter of its table's row plate.
        label: LabelId,
    },
    /// `lag` steps before in the same sequence.
    Before {
        /// The letter of the step.
        label: LabelId,
        /// How many steps.
        lag: u32,
    },
    /// The row above in a tree.
    Parent {
        /// The letter of the row.
        label: LabelId,
    },
    /// The place, in a list of combinations of elements, of the one that several data columns name together
    /// at a row.
    Listed {
        /// The letter of the row.
        label: LabelId,
        /// Which list, of a plan's.
        list: usize,
    },
    /// Always this one.
    At(Fixed),
}

impl Element {
    /// Is it an earlier step, or the row above?
    pub fn is_before(self) -> bool {
        matches!(self, Element::Before { .. } | Element::Parent { .. })
    }

    /// Of two elements, is one the step just before the other, or the row above it?
    pub fn linked(self, other: Element) -> bool {
        let one = |x, y| match (x, y) {
            (Element::Before { label, lag: 1 } | Element::Parent { label }, Element::Label(l)) => label == l,
            _ => false,
        };
        one(self, other) || one(other, self)
    }

    /// The letter that decides the element, if any does.
    pub fn label(self) -> Option<LabelId> {
        match self {
            Element::Label(label)
            | Element::Column { label, .. }
            | Element::Before { label, .. }
            | Element::Parent { label }
            | Element::Listed { label, .. } => Some(label),
            Element::At(_) => None,
        }
    }
}

impl Element {
    /// With places for labels, which data have told.
    pub(super) fn settled(self, labelled: &[usize]) -> Self {
        match self {
            Element::At(fixed) => Element::At(Fixed::Number(fixed.settled(labelled))),
            other => other,
        }
    }
}

impl Op {
    /// An op that comes from no sum.
    pub fn new(source: Source, part: usize, elements: Vec<Element>, axes: Vec<LabelId>) -> Self {
        Self { source, part, elements, axes, copy: 0, views: vec![] }
    }
    /// All letters the op depends on.
    pub fn labels(&self) -> impl Iterator<Item = LabelId> + '_ {
        let views = self.views.iter().flat_map(|v| v.elements.iter().filter_map(|e| e.label()).chain(v.axis));
        self.elements.iter().filter_map(|e| e.label()).chain(self.axes.iter().copied()).chain(views)
    }
}

/// A known array: an expression without random variables, and the statistic or function of it that is needed.
#[derive(Clone, Debug)]
pub struct Known {
    /// The expression.
    pub expr: Expr,
    /// The letters of the factor that index its elements, with what they stand for; one for each plate axis
    /// of the array. For a plain reference, these are the reference's own plates and `by_reference` is true.
    pub elements: Vec<Extent>,
    /// For expressions other than plain references: how a factor's letters give the expression's indices.
    pub letters: Vec<Letter>,
    /// What of the value is needed.
    pub map: KnownMap,
    /// What the event dimension runs over.
    pub event: Option<Extent>,
    /// The factor whose argument it is, and the slot: for messages about its values.
    pub place: (usize, usize),
}

/// What an index of a known expression is, in the order of [`Known::elements`].
#[derive(Clone, Debug, PartialEq)]
pub enum Letter {
    /// The child's own index in a plate.
    Plate(PlateId),
    /// The category of a selector: the n-th gate met when the expression is read from left to right.
    Gate(usize),
    /// A plate of the referenced array itself (plain references only).
    Own(usize),
}

/// What of a known value is needed.
#[derive(Clone, Copy)]
pub enum KnownMap {
    /// The parts of a statistic.
    Stat {
        /// Which.
        kind: &'static StatKind,
        /// From the spelling used to the slot's own value.
        convert: Option<Convert>,
    },
    /// The number itself: a scale.
    Value,
    /// Its square.
    Square,
    /// Its logarithm; the number must be positive.
    Ln,
}

impl KnownMap {
    /// The part that a product reads: part `part` of a statistic; of the others, there is one.
    pub fn part(&self, part: usize) -> Part {
        let number = |symbol, role| Part { symbol, shape: PartShape::Scalar, role };
        match self {
            KnownMap::Stat { kind, .. } => kind.parts[part],
            KnownMap::Value => number("x", PartRole::Value),
            KnownMap::Square => number("x²", PartRole::Square),
            KnownMap::Ln => number("ln x", PartRole::Log),
        }
    }
}

/// The spelling belongs to the place: of one place, what is needed is the same if its statistic is.
impl PartialEq for KnownMap {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (KnownMap::Stat { kind: a, .. }, KnownMap::Stat { kind: b, .. }) => a == b,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl std::fmt::Debug for KnownMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KnownMap::Stat { kind, .. } => write!(f, "{kind:?}"),
            KnownMap::Value => f.write_str("value"),
            KnownMap::Square => f.write_str("square"),
            KnownMap::Ln => f.write_str("ln"),
        }
    }
}
