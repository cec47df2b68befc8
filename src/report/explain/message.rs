//! The messages of one factor to one part of a block: its products with that part taken out, gathered under
//! common sums and responsibilities. Not here: products (`product`), blocks (`updates`).

use super::{
    letters::Letters,
    number::{alone, front, join},
    one_factor::OneFactor,
    product::ProductText,
};
use crate::{
    factorize::{
        message::{Entry, To},
        symbol::is_sum,
    },
    graph::energy::{Element, LabelId, Op, Source, View},
    shape::PlateId,
};

/// One way to take the target out of a product.
struct TakenOut {
    /// Which operands; the first gives the target's own index.
    ops: Vec<usize>,
    /// The letters of the target's axes.
    axes: Vec<LabelId>,
    /// Indices inside a jointly Gaussian block.
    inner: Vec<(String, Element)>,
}

/// A message as a sum: signs and texts.
#[derive(Clone, Debug)]
pub struct MessageText {
    /// Each with its sign.
    pub pieces: Vec<(bool, String)>,
    /// Where it comes from: the line of the model.
    pub from: String,
    /// `t=0`, where it goes to some elements only.
    pub only: Vec<String>,
}

/// All messages of one factor, those of these products.
pub fn messages(
    of: OneFactor<'_>,
    terms: &[usize],
    to: &To,
    plates: &[PlateId],
    event: &[String],
) -> Vec<MessageText> {
    let energy = of.energy();
    type Target = (Vec<Op>, Vec<String>);
    let mut groups: Vec<(Target, Vec<ProductText>)> = vec![];
    for term in terms.iter().map(|&t| &energy.terms[t]) {
        for TakenOut { ops: out, axes, mut inner } in taken(of, to, &term.ops) {
            // A letter that is an index by itself comes before what it decides.
            inner.sort_by_key(|i| !matches!(i.1, Element::Label(_)));
            let target = &term.ops[out[0]];
            let mut letters = Letters::new(of.graph, energy);
            letters.target(energy, plates, &target.elements, &axes, event);
            let mut names: Vec<String> = plates.iter().map(|p| of.graph.plate_name(*p).to_owned()).collect();
            names.extend_from_slice(event);
            names.extend(inner.iter().map(|i| i.0.clone()));
            for (name, e) in inner {
                letters.target_index(energy, name, e);
            }
            letters.rest(energy, term, &names);
            // Products with the same target element belong together, whatever the letters of its axes are
            // called.
            let ops: Vec<Op> = out
                .iter()
                .map(|&i| Op {
                    part: 0,
                    axes: term.ops[i].axes.iter().copied().filter(|l| !of.is_axis(*l)).collect(),
                    views: vec![],
                    ..term.ops[i].clone()
                })
                .collect();
            if let Some(product) = of.without(term, &out, &letters, &axes) {
                let key = (ops, product.only.clone());
                match groups.iter_mut().find(|g| g.0 == key) {
                    Some(g) => g.1.push(product),
                    None => groups.push((key, vec![product])),
                }
            }
        }
    }
    let from = of.graph.line_text(&of.graph.factors[of.factor]);
    let mut out: Vec<MessageText> = vec![];
    for (_, products) in groups {
        let only = products[0].only.clone();
        let pieces = gather(products);
        match out.iter_mut().find(|m| m.only == only) {
            Some(m) => m.pieces.extend(pieces),
            None => out.push(MessageText { pieces, from: from.clone(), only }),
        }
    }
    out.retain(|m| !m.pieces.is_empty());
    out
}

/// Each way to take the target out of a product.
fn taken(of: OneFactor<'_>, to: &To, ops: &[Op]) -> Vec<TakenOut> {
    let pair = |i: usize, j: usize| of.blocks.keeps_pair(of.graph, &ops[i], &ops[j]);
    let in_pair = |i: usize| (0..ops.len()).any(|j| j != i && pair(i, j));
    // Of two neighbours, the earlier and the later.
    let pairs = |source: Source| {
        let all = (0..ops.len()).flat_map(|i| (i + 1..ops.len()).map(move |j| (i, j)));
        let list: Vec<(usize, usize)> = all.filter(|&(i, j)| ops[i].source == source && pair(i, j)).collect();
        let before = |o: &Op| o.elements.iter().any(|e| e.is_before());
        list.into_iter().map(move |(i, j)| if before(&ops[i]) { (i, j) } else { (j, i) })
    };
    match to {
        To::Part(source, part) => (0..ops.len())
            .filter(|&i| ops[i].source == *source && ops[i].part == *part && !in_pair(i))
            .map(|i| TakenOut { ops: vec![i], axes: ops[i].axes.clone(), inner: vec![] })
            .collect(),
        // The later step gives the target's index, the earlier step's category comes first.
        To::Pair(source) => pairs(*source)
            .take(1)
            .map(|(then, now)| TakenOut {
                ops: vec![now, then],
                axes: [ops[then].axes.as_slice(), &ops[now].axes].concat(),
                inner: vec![],
            })
            .collect(),
        To::Entries { source, views, apart: 0, same, .. } => (0..ops.len())
            .filter(|&i| ops[i].source == *source && ops[i].part + 1 == views.len() && !in_pair(i))
            .filter(|&i| same.is_none_or(|s| s == is_square(&ops[i].views)))
            .filter_map(|i| entries(&ops[i].views.iter().collect::<Vec<_>>(), views, vec![i]))
            .map(|mut t| {
                if *same == Some(true) {
                    t.inner.truncate(views[0].names.len());
                }
                t
            })
            .collect(),
        To::Entries { source, views, apart, within: true, .. } => (0..ops.len())
            .filter(|&i| ops[i].source == *source && ops[i].part == 1 + apart)
            .filter(|&i| ops[i].views.iter().zip(views).all(|(v, e)| v.member == e.member))
            .filter_map(|i| entries(&ops[i].views.iter().collect::<Vec<_>>(), views, vec![i]))
            .collect(),
        To::Entries { source, views, .. } => pairs(*source)
            .filter_map(|(then, now)| {
                let of: Vec<&View> = ops[then].views.iter().chain(&ops[now].views).collect();
                let ordered = of.iter().zip(views).all(|(v, e)| v.member == e.member);
                if ordered { entries(&of, views, vec![now, then]) } else { None }
            })
            .collect(),
    }
}

/// Are both of one element?
fn is_square(views: &[View]) -> bool {
    matches!(views, [a, b] if a.member == b.member && a.elements == b.elements)
}

/// Views matched with the entries that a message goes to, in either order.
fn entries(views: &[&View], to: &[Entry], ops: Vec<usize>) -> Option<TakenOut> {
    let fits =
        |list: &[&View]| list.len() == to.len() && list.iter().zip(to).all(|(v, e)| v.member == e.member);
    let turned: Vec<&View> = views.iter().rev().copied().collect();
    let views = [views, turned.as_slice()].into_iter().find(|list| fits(list))?;
    let axes = views.iter().filter_map(|v| v.axis).collect();
    let inner = views
        .iter()
        .zip(to)
        .flat_map(|(v, e)| e.names.iter().cloned().zip(v.elements.iter().copied()))
        .collect();
    Some(TakenOut { ops, axes, inner })
}

/// Products with the same sums and responsibilities are written as one sum.
fn gather(products: Vec<ProductText>) -> Vec<(bool, String)> {
    let mut merged: Vec<ProductText> = vec![];
    for p in products {
        let same =
            |q: &&mut ProductText| (&q.sums, &q.selectors, &q.body) == (&p.sums, &p.selectors, &p.body);
        match merged.iter_mut().find(same) {
            Some(q) => q.number += p.number,
            None => merged.push(p),
        }
    }
    merged.retain(|p| p.number != 0.0);
    let mut out = vec![];
    let mut done = vec![false; merged.len()];
    for i in 0..merged.len() {
        if done[i] {
            continue;
        }
        let p = &merged[i];
        let alike: Vec<usize> = (i..merged.len())
            .filter(|&j| merged[j].sums == p.sums && merged[j].selectors == p.selectors)
            .collect();
        alike.iter().for_each(|&j| done[j] = true);
        let before = [p.sums.join(" "), p.selectors.join(" ")]
            .into_iter()
            .filter(|s| !s.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let bodies: Vec<(bool, String)> =
            alike.iter().map(|&j| body(&merged[j], before.is_empty())).collect();
        if before.is_empty() {
            out.extend(bodies);
        } else if bodies.len() > 1 {
            out.push((false, format!("{before} ({})", sum(&bodies))));
        } else {
            let number = front(p.number.abs());
            let rest = product(&p.body, false);
            // A sum needs something to sum.
            let rest = if rest.is_empty() && p.selectors.is_empty() { "1".to_string() } else { rest };
            out.push((p.number < 0.0, join(&join(&number, &before), &rest)));
        }
    }
    out
}

fn body(p: &ProductText, bare: bool) -> (bool, String) {
    let number = p.number.abs();
    let text = product(&p.body, bare && number == 1.0 && p.number > 0.0);
    (p.number < 0.0, if text.is_empty() { alone(number) } else { join(&front(number), &text) })
}

/// Factors side by side. One alone needs no brackets where it stands `bare`.
fn product(factors: &[String], bare: bool) -> String {
    if let [one] = factors {
        let inner = one.strip_prefix('(').and_then(|s| s.strip_suffix(')'));
        if let Some(inner) = inner.filter(|i| bare && is_sum(i)) {
            return inner.to_string();
        }
    }
    factors.iter().fold(String::new(), |text, f| join(&text, f))
}

/// `a − b + c`.
pub fn sum(pieces: &[(bool, String)]) -> String {
    let mut out = String::new();
    for (i, (minus, text)) in pieces.iter().enumerate() {
        out += match (i, minus) {
            (0, true) => "−",
            (0, false) => "",
            (_, true) => " − ",
            (_, false) => " + ",
        };
        out += text;
    }
    out
}
