//! Blocks that can't be exact: elements of one variable that meet, and that no block holds together. Not here:
//! blocks that the user asked for (`wishes`).

use super::{blocks::Blocks, wishes::E_NOT_EXACT};
use crate::{
    diag::{Diagnostic, Diagnostics, Reported},
    graph::{
        energy::{Element, Op, Source},
        factor_graph::FactorGraph,
    },
};

/// Entries of one variable that meet each other, and that no block holds together, would be taken for
/// independent even where they are one and the same.
///
/// # Errors
/// Such entries.
pub fn check(blocks: &Blocks, graph: &FactorGraph, diags: &mut Diagnostics) -> Result<(), Reported> {
    for f in blocks.energy.factors() {
        for t in &f.terms {
            for (i, a) in t.ops.iter().enumerate() {
                let twin =
                    t.ops[..i].iter().find(|b| b.source == a.source && kept_by_element(blocks, a.source));
                let Some(b) = twin.filter(|b| could_be_one(a, b)) else { continue };
                let block = blocks.of_source(a.source).or_else(|| blocks.of_source(b.source));
                let Some(block) = block else { continue };
                let node = &graph.nodes[blocks.list[block].nodes[0].0];
                let d = Diagnostic::error(
                    E_NOT_EXACT,
                    format!(
                        "no block can hold all of `{}` that one factor of `{}` needs",
                        node.name, graph.nodes[f.node.0].name
                    ),
                );
                let mut d = d.at(node.span, "its elements meet each other in a product");
                for why in &blocks.list[block].why {
                    d = d.note(why.clone());
                }
                return Err(diags.error(
                    d.help("sum over a `Size` or `Columns` plate, or index the elements one by one"),
                ));
            }
        }
    }
    Ok(())
}

/// Are elements of a source apart in q, unless one block holds them?
fn kept_by_element(blocks: &Blocks, source: Source) -> bool {
    match source {
        Source::Node(_) => true,
        Source::Block(b) => blocks.list[b.0].kind.gaussian(),
        Source::Known(_) => false,
    }
}

/// Could two ops of one source be the same element for some values of their letters? Different plain letters
/// of one plate could.
fn could_be_one(a: &Op, b: &Op) -> bool {
    let differ_by_letter =
        |(x, y): (&Element, &Element)| matches!((x, y), (Element::Label(l), Element::Label(m)) if l != m);
    let same = a.elements.iter().zip(&b.elements).all(|(x, y)| x == y || differ_by_letter((x, y)));
    same && a.elements.iter().zip(&b.elements).any(|p| differ_by_letter((p.0, p.1)) || p.0 == p.1)
        || a.elements.is_empty()
}
