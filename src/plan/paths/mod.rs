//! Which way each stream's rows are gone over: one rule a file, decided once, when a model is lowered, with a
//! sentence that says why. Not here: the ways themselves (`engine::paths`).

pub mod chain;
pub mod gather;
pub mod local_ascent;
pub mod pairs;
pub mod shared_covariance;
pub mod split_sequences;
pub mod stacked_product;

use super::{
    layout::{StreamId, TableId, VarId},
    lowered::Lowered,
    table::{From, Sent, Table},
};
use chain::ChainRule;
use local_ascent::AscentRule;
use shared_covariance::SharedCovarianceRule;
use stacked_product::StackedProduct;

/// A pass over a stream's rows.
#[derive(Debug)]
pub struct RowPass {
    /// The stream.
    pub stream: StreamId,
    /// Its blocks in the order of the file, and the way that each goes.
    pub ways: Vec<Way>,
    /// Tables whose statistics it sums.
    pub tables: Vec<TableId>,
}

/// How one block's rows are gone over.
#[derive(Debug)]
pub struct Way {
    /// The block.
    pub var: VarId,
    /// What tables send it, but for a chain's pairs.
    pub messages: Vec<Sent>,
    /// By which path.
    pub path: PathRule,
}

/// A way over rows.
#[derive(Debug)]
pub enum PathRule {
    /// Messages table by table, then moments element by element.
    General,
    /// The same, with one product for all tables whose rows hold known numbers.
    StackedProduct(StackedProduct),
    /// Means only.
    SharedCovariance(SharedCovarianceRule),
    /// A selector and a block of its rows together, group by group.
    LocalAscent(AscentRule),
    /// Sequences.
    Chain(ChainRule),
}

impl PathRule {
    /// The product of all tables whose rows hold known numbers, if there is one.
    pub fn product(&self) -> Option<&StackedProduct> {
        match self {
            PathRule::StackedProduct(p) => Some(p),
            PathRule::Chain(c) => c.product.as_ref(),
            PathRule::General | PathRule::SharedCovariance(_) | PathRule::LocalAscent(_) => None,
        }
    }
    /// Does it sum Σ mean meanᵀ in place of second moments?
    pub fn shares_covariance(&self) -> bool {
        matches!(self, PathRule::SharedCovariance(_))
    }
    /// Is this table's statistic made at the end of the pass, from what the path has summed?
    pub fn finishes(&self, t: TableId) -> bool {
        match self {
            PathRule::SharedCovariance(s) => s.tables.iter().any(|x| x.0 == t),
            PathRule::LocalAscent(l) => l.sums(t),
            PathRule::General | PathRule::StackedProduct(_) | PathRule::Chain(_) => {
                self.product().is_some_and(|p| p.parts.iter().any(|x| x.table == t))
            }
        }
    }
}

impl PathRule {
    /// The way in words, and why it is taken.
    pub fn describe(&self, lowered: &Lowered, v: VarId) -> String {
        match self {
            PathRule::General => "the general way, messages table by table".into(),
            PathRule::StackedProduct(p) => p.describe(),
            PathRule::SharedCovariance(s) => s.describe(),
            PathRule::LocalAscent(l) => l.describe(lowered),
            PathRule::Chain(c) => c.describe(lowered, v),
        }
    }
}

impl RowPass {
    /// Where a selector and a block of its rows go up together, if they do.
    pub fn local_ascent(&self) -> Option<&AscentRule> {
        self.ways.iter().find_map(|w| match &w.path {
            PathRule::LocalAscent(l) => Some(l),
            _ => None,
        })
    }
}

/// The general way for all blocks of a stream but for chains, whose steps need their kernel.
pub fn general(lowered: &Lowered, stream: StreamId) -> RowPass {
    let messages = |v: VarId| {
        let sent = |(t, table): (TableId, &Table)| {
            let read = |from: &From| {
                matches!(from, From::Streamed { var, .. } if *var == v) && table.pair != Some(v)
            };
            let operands: Vec<Sent> = table
                .operands
                .iter()
                .enumerate()
                .filter(|(_, o)| read(&o.from))
                .map(|(i, _)| (t, i))
                .collect();
            operands
        };
        lowered.holding(v).flat_map(sent).collect()
    };
    let reads = |t: &Table| t.operands.iter().any(|o| matches!(o.from, From::Streamed { .. }));
    let tables = lowered
        .tables
        .enumerate()
        .filter(|(_, t)| t.stream == Some(stream) && reads(t))
        .map(|(t, _)| t)
        .collect();
    let way = |v: VarId| Way {
        var: v,
        messages: messages(v),
        path: if lowered.vars[v].shape.sequences().is_some() {
            PathRule::Chain(ChainRule::whole(lowered, v))
        } else {
            PathRule::General
        },
    };
    RowPass { stream, ways: lowered.streamed(stream).map(way).collect(), tables }
}

/// The best way for each block of a stream; `ascent` and `shared` have been found before.
pub fn choose(
    lowered: &Lowered,
    stream: StreamId,
    ascent: Option<AscentRule>,
    shared: &mut Vec<SharedCovarianceRule>,
) -> RowPass {
    let mut pass = general(lowered, stream);
    if let [Way { var, messages, path: PathRule::Chain(chain) }] = pass.ways.as_mut_slice() {
        chain.by_blocks(lowered, *var, messages, &pass.tables);
    }
    let mut ascent = ascent;
    for way in &mut pass.ways {
        if let Some(l) = ascent.take_if(|l| l.selector == way.var) {
            way.path = PathRule::LocalAscent(l);
            continue;
        }
        if let Some(at) = shared.iter().position(|s| s.var == way.var) {
            way.path = PathRule::SharedCovariance(shared.swap_remove(at));
            continue;
        }
        let product = || StackedProduct::of(lowered, way.var, &way.messages);
        match &mut way.path {
            PathRule::General => {
                if let Some(product) = product() {
                    way.path = PathRule::StackedProduct(product);
                }
            }
            PathRule::Chain(chain) if chain.gather.is_none() => chain.product = product(),
            _ => {}
        }
    }
    pass
}
