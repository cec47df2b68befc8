//! The ways over rows, one a file, and which of them a pass takes: what the plan has chosen, or the general
//! way for all. Not here: the rules (`plan::paths`), nor the pass (`engine::pass`).

mod asked;
mod begin;
mod chain;
mod gather;
mod general;
pub(super) mod given;
mod lines;
mod local_ascent;
pub(super) mod path;
mod potentials;
mod shared_covariance;
mod split_sequences;
mod stacked_product;
mod steps;

use super::work::Work;
use crate::plan::{
    layout::{StreamId, TableId, VarId},
    paths::{self as rules, PathRule as Rule, Way},
    table::{Sent, Table},
};
use begin::Begin;
use chain::WholeSequences;
use general::{General, Messages};
use given::{First, GivenRows, GivenSteps};
use lines::Lines;
use local_ascent::LocalAscent;
use path::Path;
use shared_covariance::SharedCovariance;
use stacked_product::TableProduct;
use steps::ByBlocks;

/// Ways over a stream's rows, in the order in which blocks are updated.
pub(super) type Ways<'a> = Vec<Box<dyn Path + 'a>>;

/// The ways that the plan has chosen.
pub(super) fn chosen<'p>(work: &Work<'p>, s: StreamId) -> Ways<'p> {
    let pass = &work.plan.passes[s];
    pass.ways.iter().map(|way| by_rule(work, pass, way, &way.messages, true)).collect()
}

/// The general way for all blocks: rows have their natural parameters and moments.
pub(super) fn general<'p>(work: &Work<'p>, s: StreamId) -> Ways<'p> {
    let one = |way: &'p Way| generally(work, messages(work, s, way, &way.messages, true), way, &way.messages);
    work.plan.passes[s].ways.iter().map(one).collect()
}

/// The ways of the first pass, when nothing has moments yet: blocks that are given come first, the others of
/// the same rows are updated from these, a block's parents before it, wherever they stand in the file. A
/// block without moments yet says nothing to those above it.
pub(super) fn first<'a, 'p: 'a>(
    work: &Work<'p>,
    s: StreamId,
    order: &[VarId],
    first: &'a dyn First,
) -> Ways<'a> {
    let (plan, pass) = (work.plan, &work.plan.passes[s]);
    let mut ways: Vec<&'p Way> = pass.ways.iter().collect();
    ways.sort_by_key(|w| order.iter().position(|o| *o == w.var));
    let (given, rest): (Vec<&'p Way>, Vec<&'p Way>) = ways.into_iter().partition(|w| first.gives(w.var));
    let (sites, mut rest): (Vec<&'p Way>, Vec<&'p Way>) =
        rest.into_iter().partition(|w| plan.vars[w.var].shape.is_site());
    let any = !given.is_empty() || !sites.is_empty();
    let mut out: Ways<'a> = given.into_iter().map(|way| written(pass, way, first)).collect();
    for way in sites {
        out.push(Box::new(Begin { messages: messages(work, s, way, &way.messages, false) }));
    }
    while !rest.is_empty() {
        let way = rest.remove(0);
        let of = |v: VarId, t: &Table| plan.vars[v].nodes.iter().any(|n| n.0 == t.node);
        let silent = |m: &Sent| rest.iter().any(|later| of(later.var, &plan.tables[m.0]));
        let sent: Vec<Sent> = way.messages.iter().copied().filter(|m| !silent(m)).collect();
        out.push(if any {
            generally(work, messages(work, s, way, &sent, false), way, &sent)
        } else {
            by_rule(work, pass, way, &sent, false)
        });
    }
    out
}

fn written<'a>(pass: &'a rules::RowPass, way: &'a Way, first: &'a dyn First) -> Box<dyn Path + 'a> {
    let var = way.var;
    match &way.path {
        Rule::Chain(c) if c.by_blocks => Box::new(GivenSteps { var, first, tables: pass.tables.clone() }),
        Rule::Chain(c) => {
            let pairs = c.pairs.tables.iter().map(|p| p.table).collect();
            Box::new(GivenRows { var, first, pairs })
        }
        _ => Box::new(GivenRows { var, first, pairs: vec![] }),
    }
}

/// What tables send a block; `stacked`: some of them as one product, if the plan says so.
fn messages<'p>(
    work: &Work<'p>,
    stream: StreamId,
    way: &'p Way,
    sent: &[Sent],
    stacked: bool,
) -> Messages<'p> {
    let product = way.path.product().filter(|_| stacked);
    let sent = sent.iter().copied().filter(|m| product.is_none_or(|p| !p.sends(*m))).collect();
    Messages { var: way.var, stream, sent, product: product.map(|p| TableProduct::new(work.plan, stream, p)) }
}

fn by_rule<'p>(
    work: &Work<'p>,
    pass: &'p rules::RowPass,
    way: &'p Way,
    sent: &[Sent],
    stacked: bool,
) -> Box<dyn Path + 'p> {
    let messages = || messages(work, pass.stream, way, sent, stacked);
    match &way.path {
        Rule::General | Rule::StackedProduct(_) => Box::new(General { messages: messages() }),
        Rule::SharedCovariance(of) => Box::new(SharedCovariance::new(work, pass.stream, way, of)),
        Rule::LocalAscent(rule) => Box::new(LocalAscent::new(work.plan, rule)),
        Rule::Chain(rule) if rule.by_blocks => {
            let lines = Lines::new(work.plan, way.var, rule, sent);
            Box::new(ByBlocks::new(work, messages(), rule, &pass.tables, lines))
        }
        Rule::Chain(_) => generally(work, messages(), way, sent),
    }
}

fn generally<'p>(work: &Work<'p>, messages: Messages<'p>, way: &'p Way, sent: &[Sent]) -> Box<dyn Path + 'p> {
    match &way.path {
        Rule::Chain(rule) => {
            let lines = Lines::new(work.plan, way.var, rule, sent);
            Box::new(WholeSequences::new(messages, rule, lines))
        }
        _ => Box::new(General { messages }),
    }
}

/// Tables that a pass gathers one by one, as no way sums them itself.
pub(super) fn gathered(pass: &rules::RowPass, ways: &[Box<dyn Path + '_>]) -> Vec<TableId> {
    pass.tables.iter().copied().filter(|&t| !ways.iter().any(|w| w.sums(t))).collect()
}
