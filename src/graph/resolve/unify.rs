//! Makes one of the axes that are linked, and tells which cannot be. Not here: the links (`links`).

use super::{
    axes::AxisTerm,
    links::{Link, Why},
    resolver::Resolver,
};
use crate::{
    diag::Diagnostic,
    graph::{
        codes::{AXES_DIFFER, COLUMN_COUNT, WRONG_GATE},
        factor_graph::{PlateKind, Same},
    },
    shape::Extent,
    source::Span,
};

/// Event axes that are one, and what is known of them.
pub(super) struct Classes {
    pub parent: Vec<usize>,
    pub known: Vec<Vec<(Extent, Span)>>,
    /// Classes of which a clash was told: what follows from it is not told again.
    pub clashed: Vec<bool>,
}

impl Classes {
    pub(super) fn find(&self, mut n: usize) -> usize {
        while self.parent[n] != n {
            n = self.parent[n];
        }
        n
    }
}

impl Resolver<'_> {
    pub(super) fn unify(&mut self, link: &Link, classes: &mut Classes, same: &mut Vec<Same>) {
        let span = link.span;
        match (link.left, link.right) {
            (AxisTerm::Known(a), AxisTerm::Known(b)) => {
                self.meet(&[(a, span)], (b, span), link, same);
            }
            (AxisTerm::Event(n), AxisTerm::Known(x)) | (AxisTerm::Known(x), AxisTerm::Event(n)) => {
                let class = classes.find(n.0);
                if classes.clashed[class] {
                    return;
                }
                let have = classes.known[class].clone();
                classes.clashed[class] = !self.meet(&have, (x, span), link, same);
                if have.is_empty()
                    || link.why != Why::Length
                        && !have.iter().any(|(h, _)| *h == x)
                        && have.iter().all(|(h, _)| self.fits(*h, x, link.why))
                {
                    classes.known[class].push((x, span));
                }
            }
            (AxisTerm::Event(a), AxisTerm::Event(b)) => {
                let (a, b) = (classes.find(a.0), classes.find(b.0));
                if a == b || classes.clashed[a] || classes.clashed[b] {
                    return;
                }
                let (have, other) = (classes.known[a].clone(), classes.known[b].clone());
                if let Some(clash) =
                    other.iter().find(|(x, _)| have.iter().any(|(h, _)| !self.fits(*h, *x, link.why)))
                {
                    classes.clashed[b] = !self.meet(&have, *clash, link, same);
                    classes.clashed[a] = classes.clashed[b];
                    return;
                }
                if link.why == Why::Length && !have.is_empty() && !other.is_empty() {
                    self.meet(&have, other[0], link, same);
                    return;
                }
                classes.parent[b] = a;
                for x in other {
                    if !have.iter().any(|(h, _)| *h == x.0) {
                        classes.known[a].push(x);
                    }
                }
            }
        }
    }

    /// Can these two be one axis, for all one can tell without data?
    fn fits(&self, a: Extent, b: Extent, why: Why) -> bool {
        let size = |x: Extent| match x {
            Extent::Number(n) => Some(n),
            Extent::Plate(p) => match self.plates[p.0].kind {
                PlateKind::Size(n) => Some(n),
                _ => None,
            },
            Extent::Levels(_) => None,
        };
        let sized = |x: Extent| matches!(x, Extent::Number(_)) || size(x).is_some();
        match (size(a), size(b)) {
            _ if a == b => true,
            (Some(m), Some(n)) if m != n => false,
            _ if why == Why::Length => true,
            _ => match (a, b) {
                (Extent::Number(_), _) | (_, Extent::Number(_)) => true,
                // Two `Size` plates of one length are equal plates: a block model needs the pairs of one
                // category (`eta[k,l]`), a chain of sticks the weights of each row (`v[k,j]`).
                (Extent::Plate(_), Extent::Plate(_)) => size(a).is_some() && size(b).is_some(),
                _ => sized(a) || sized(b),
            },
        }
    }

    /// Reports what does not fit, and then gives `false`; keeps what data must show.
    fn meet(
        &mut self,
        have: &[(Extent, Span)],
        (x, at): (Extent, Span),
        link: &Link,
        same: &mut Vec<Same>,
    ) -> bool {
        let Some(&(h, first)) = have.iter().find(|(h, _)| !self.fits(*h, x, link.why)) else {
            if link.why == Why::Length
                || matches!((link.left, link.right), (AxisTerm::Known(_), AxisTerm::Known(_)))
            {
                same.extend(have.iter().filter(|(h, _)| *h != x).map(|&(left, _)| Same {
                    left,
                    right: x,
                    span: at,
                }));
            }
            return true;
        };
        let (left, right) = (self.extent_words(h), self.extent_words(x));
        let d = match link.why {
            Why::Gate => Diagnostic::error(
                WRONG_GATE,
                format!("the category runs over {left}, and picks from {right}"),
            )
            .at(link.span, format!("picks from {right}"))
            .help("make the category's probabilities and what it picks run over one plate"),
            Why::Columns => {
                let right = match x {
                    Extent::Number(1) => "1 column".into(),
                    Extent::Number(n) => format!("{n} columns"),
                    Extent::Plate(_) | Extent::Levels(_) => right,
                };
                let d = Diagnostic::error(COLUMN_COUNT, format!("a vector over {left} is bound to {right}"))
                    .at(link.span, right);
                let d = match link.left {
                    AxisTerm::Event(node) => self.with_columns_of(d, node),
                    _ => d,
                };
                d.help("list one column for each element: `[\"a\", \"b\"]`")
            }
            Why::Shape | Why::Length => {
                Diagnostic::error(AXES_DIFFER, format!("this axis is over {left}, and over {right}"))
                    .at(if at == first { link.span } else { at }, format!("over {right}"))
                    .help("let both run over one plate, or have one length")
            }
        };
        let d = if first == link.span { d } else { d.with(first, format!("over {left} here")) };
        // The same clash may come from several lines.
        if !self.diags.list().contains(&d) {
            self.fail(d);
        }
        false
    }

    fn extent_words(&self, x: Extent) -> String {
        match x {
            Extent::Number(n) => format!("{n} elements"),
            Extent::Plate(p) => match self.plates[p.0].kind {
                PlateKind::Size(n) => format!("plate `{}` of {n}", self.plate(p)),
                _ => format!("plate `{}`", self.plate(p)),
            },
            Extent::Levels(c) => {
                let c = &self.columns[c.0];
                format!("the levels of `{}.{}`", self.tables[c.table.0].name, c.name)
            }
        }
    }
}

/// The one name of an axis that has several: the plate, else the levels, else the number.
pub(super) fn canonical(known: &[(Extent, Span)]) -> Option<Extent> {
    let rank = |x: &Extent| match x {
        Extent::Plate(_) => 0,
        Extent::Levels(_) => 1,
        Extent::Number(_) => 2,
    };
    known.iter().map(|(x, _)| *x).min_by_key(rank)
}
