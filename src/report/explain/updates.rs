//! Each block of q with its reasons, its natural parameters as sums of messages, and how they become moments.
//! Not here: the messages (`message`).

use super::{
    message::{MessageText, messages, sum},
    one_factor::OneFactor,
};
use crate::{
    factorize::{
        Blocks,
        contract::Asked,
        message::{Head, To},
    },
    graph::{energy::Energy, energy::Source, factor_graph::FactorGraph},
};
use std::collections::{BTreeMap, HashMap};

/// Lines longer than this are broken at their plus signs.
const WIDTH: usize = 96;

/// All blocks, in the order in which they are updated.
pub fn updates(graph: &FactorGraph, blocks: &Blocks) -> String {
    (0..blocks.list.len()).map(|i| block(graph, blocks, i) + "\n").collect()
}

fn block(graph: &FactorGraph, blocks: &Blocks, i: usize) -> String {
    let (kind, source) = (&blocks.list[i].kind, blocks.source(i));
    let update = kind.update(Asked { graph, energy: &blocks.energy, roles: &blocks.roles, source });
    let products = Holding::new(&blocks.energy, source);
    let all = |head: Head| -> (String, Vec<MessageText>) {
        let of = products.of(&head.to).iter();
        let list = of.flat_map(|(&factor, terms)| {
            messages(OneFactor { graph, blocks, factor }, terms, &head.to, kind.plates(graph), &head.event)
        });
        let list = list.collect();
        (head.text, list)
    };
    let (optional, heads): (Vec<bool>, Vec<(String, Vec<MessageText>)>) =
        update.heads.into_iter().map(|h| (h.optional, all(h))).unzip();
    let shown = heads.into_iter().zip(optional).filter(|(h, optional)| !optional || !h.1.is_empty());
    let heads: Vec<(String, Vec<MessageText>)> = shown.map(|h| h.0).collect();
    let mut out = format!("{}{}    {}\n", blocks.paragraph(graph, i), lines(&heads), update.moments);
    if !update.legend.is_empty() {
        out += &format!("    Here {}.\n", update.legend.join(", "));
    }
    out
}

/// The products of each factor that hold a block; of one with a vector, also those that hold a member or two.
struct Holding {
    all: BTreeMap<usize, Vec<usize>>,
    members: HashMap<Vec<usize>, BTreeMap<usize, Vec<usize>>>,
    none: BTreeMap<usize, Vec<usize>>,
}

impl Holding {
    fn new(energy: &Energy, source: Source) -> Self {
        let mut out = Self { all: BTreeMap::new(), members: HashMap::new(), none: BTreeMap::new() };
        let add = |to: &mut BTreeMap<usize, Vec<usize>>, factor: usize, term: usize| {
            let terms = to.entry(factor).or_default();
            if terms.last() != Some(&term) {
                terms.push(term);
            }
        };
        for at in energy.places(source) {
            add(&mut out.all, at.factor, at.term);
            let ops = &energy.term(at).ops;
            let views = |op: usize| ops[op].views.iter().map(|v| v.member);
            // Entries of one operand, and of two that stand side by side.
            let beside = (0..at.op).filter(|&o| ops[o].source == source);
            for with in std::iter::once(None).chain(beside.map(Some)) {
                let mut key: Vec<usize> = views(at.op).chain(with.into_iter().flat_map(views)).collect();
                key.sort_unstable();
                if !key.is_empty() {
                    add(out.members.entry(key).or_default(), at.factor, at.term);
                }
            }
        }
        out
    }

    fn of(&self, to: &To) -> &BTreeMap<usize, Vec<usize>> {
        match to {
            To::Part(..) | To::Pair(_) => &self.all,
            To::Entries { views, .. } => {
                let mut key: Vec<usize> = views.iter().map(|v| v.member).collect();
                key.sort_unstable();
                self.members.get(&key).unwrap_or(&self.none)
            }
        }
    }
}

/// Each part with one line for each message, where they come from set in a column.
fn lines(heads: &[(String, Vec<MessageText>)]) -> String {
    let mut rows: Vec<(String, String)> = vec![];
    for (head, list) in heads {
        if list.is_empty() {
            rows.push((format!("    {head} = 0"), String::new()));
            continue;
        }
        rows.push((format!("    {head}"), String::new()));
        for (i, m) in list.iter().enumerate() {
            let only =
                if m.only.is_empty() { String::new() } else { format!(" where {}", m.only.join(", ")) };
            let whole = sum(&m.pieces).chars().count() <= WIDTH - 40;
            let groups: Vec<&[(bool, String)]> =
                if whole { vec![&m.pieces] } else { m.pieces.chunks(1).collect() };
            for (g, pieces) in groups.into_iter().enumerate() {
                let sign = match (i + g, pieces[0].0) {
                    (0, true) => "= −",
                    (0, false) => "= ",
                    (_, true) => "− ",
                    (_, false) => "+ ",
                };
                let mut rest = pieces.to_vec();
                rest[0].0 = false;
                let from = if g == 0 { format!("from {}{only}", m.from) } else { String::new() };
                rows.push((format!("        {sign}{}", sum(&rest)), from));
            }
        }
    }
    let width = rows
        .iter()
        .filter(|r| !r.1.is_empty())
        .map(|r| r.0.chars().count())
        .filter(|w| *w <= WIDTH)
        .max()
        .unwrap_or(0);
    rows.iter().map(|(a, b)| format!("{a:width$}  {b}").trim_end().to_string() + "\n").collect()
}
