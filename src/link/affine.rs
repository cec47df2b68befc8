//! The link y = s·x + o with known s and o: each part of t(y) as a sum of products of s, o and parts of t(x).
//! Not here: which expression is of this form (`graph::energy::linear`).
//!
//! The pieces are linear in t(x), so the message to x is the transposed map of the message to y (law L1), and
//! it falls out of the rewritten form by itself.

use crate::expfam::stat::{
    Arithmetic::{self, Product, Sum},
    PartRole::{self, Log, Square, Value},
    PartShape::{self, Matrix, Scalar, Vector},
    StatKind,
};

/// A known factor of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// s
    Scale,
    /// s²
    ScaleSquared,
    /// ln s
    LnScale,
    /// o, with the letters of its axes.
    Offset(&'static str),
    /// o² (scalars).
    OffsetSquared,
}

/// `number · d^d_power · Π known · part`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// In front.
    pub number: f64,
    /// Power of the event dimension in front.
    pub d_power: u32,
    /// Known factors.
    pub known: &'static [Known],
    /// The part of t(x) and its letters, if one is there.
    pub part: Option<(usize, &'static str)>,
}

const fn piece(number: f64, known: &'static [Known], part: Option<(usize, &'static str)>) -> Piece {
    Piece { number, d_power: 0, known, part }
}

use Known::{LnScale, Offset, OffsetSquared, Scale, ScaleSquared};

/// One row of the table of links: what a value can do, its shape, which part of its statistic, and the pieces.
/// A piece without offset in its factors is there with or without one.
type Row = (Arithmetic, PartShape, PartRole, &'static [Piece]);

static ROWS: &[Row] = &[
    (Sum, Scalar, Value, &[piece(1.0, &[Scale], Some((0, ""))), piece(1.0, &[Offset("")], None)]),
    (
        Sum,
        Scalar,
        Square,
        &[
            piece(1.0, &[ScaleSquared], Some((1, ""))),
            piece(2.0, &[Scale, Offset("")], Some((0, ""))),
            piece(1.0, &[OffsetSquared], None),
        ],
    ),
    (Product, Scalar, Value, &[piece(1.0, &[Scale], Some((0, "")))]),
    (Product, Scalar, Log, &[piece(1.0, &[], Some((1, ""))), piece(1.0, &[LnScale], None)]),
    (Product, Matrix, Value, &[piece(1.0, &[Scale], Some((0, "ab")))]),
    (
        Product,
        Matrix,
        Log,
        &[piece(1.0, &[], Some((1, ""))), Piece { number: 1.0, d_power: 1, known: &[LnScale], part: None }],
    ),
    (Sum, Vector, Value, &[piece(1.0, &[Scale], Some((0, "a"))), piece(1.0, &[Offset("a")], None)]),
    (
        Sum,
        Vector,
        Square,
        &[
            piece(1.0, &[ScaleSquared], Some((1, "ab"))),
            piece(1.0, &[Scale, Offset("a")], Some((0, "b"))),
            piece(1.0, &[Scale, Offset("b")], Some((0, "a"))),
            piece(1.0, &[Offset("a"), Offset("b")], None),
        ],
    ),
];

/// Part `part` of t(s·x + o). Letters `a`, `b` are those of the part's own axes, in order. `None`: the
/// statistic has no such link.
pub fn pieces(kind: &'static StatKind, part: usize, scaled: bool, shifted: bool) -> Option<Vec<Piece>> {
    if !scaled && !shifted {
        let letters = ["", "a", "ab"][kind.parts[part].shape.rank()];
        return Some(vec![piece(1.0, &[], Some((part, letters)))]);
    }
    let of = |r: &&Row| kind.is(r.0, r.1) && kind.parts[part].role == r.2;
    let pieces = ROWS.iter().find(of)?.3;
    let has = |p: &&Piece, test: fn(&Known) -> bool| p.known.iter().any(test);
    let offset = |k: &Known| matches!(k, Offset(_) | OffsetSquared);
    if shifted && kind.arithmetic != Sum {
        return None;
    }
    let keep =
        pieces.iter().filter(|p| shifted || !has(p, offset)).filter(|p| scaled || !has(p, |k| *k == LnScale));
    Some(keep.copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expfam::stat::{GAMMA, GAUSSIAN, GAUSSIAN_VECTOR, WISHART};

    fn at(kind: &'static StatKind, x: &[f64], d: usize) -> Vec<f64> {
        let mut out = vec![0.0; kind.width(d)];
        (kind.of_value)(x, d, &mut out).unwrap();
        out
    }

    /// L1 at values: the pieces evaluated at t(x) are t(s·x + o).
    #[test]
    fn pieces_give_the_statistic_of_the_linked_value() {
        type Case = (&'static StatKind, &'static [f64], usize, f64, Option<&'static [f64]>);
        let cases: &[Case] = &[
            (&GAUSSIAN, &[1.5], 1, -2.0, Some(&[0.7])),
            (&GAMMA, &[1.5], 1, 3.0, None),
            (&WISHART, &[2.0, 0.3, 0.3, 1.0], 2, 0.1, None),
            (&GAUSSIAN_VECTOR, &[1.5, -0.2], 2, 2.5, Some(&[0.7, -4.0])),
        ];
        for &(kind, x, d, s, o) in cases {
            let linked: Vec<f64> =
                x.iter().enumerate().map(|(i, v)| s * v + o.map_or(0.0, |o| o[i])).collect();
            let (tx, ty) = (at(kind, x, d), at(kind, &linked, d));
            for (p, part) in kind.parts.iter().enumerate() {
                let rank = part.shape.rank();
                for i in 0..part.shape.width(d) {
                    let letter = |c: char| if c == 'a' { if rank == 2 { i / d } else { i } } else { i % d };
                    let mut sum = 0.0;
                    for piece in pieces(kind, p, true, o.is_some()).unwrap() {
                        let mut v = piece.number * (d as f64).powi(piece.d_power as i32);
                        for k in piece.known {
                            v *= match *k {
                                Scale => s,
                                ScaleSquared => s * s,
                                LnScale => s.ln(),
                                Offset(l) => o.unwrap()[l.chars().next().map_or(0, letter)],
                                OffsetSquared => o.unwrap()[0] * o.unwrap()[0],
                            };
                        }
                        if let Some((q, axes)) = piece.part {
                            let index = axes.chars().fold(0, |at, c| at * d + letter(c));
                            v *= tx[kind.offset(q, d) + index];
                        }
                        sum += v;
                    }
                    let want = ty[kind.offset(p, d) + i];
                    assert!(
                        (sum - want).abs() < 1e-12 * (1.0 + want.abs()),
                        "{kind:?} part {p} element {i}: {sum} is not {want}"
                    );
                }
            }
        }
    }
}
