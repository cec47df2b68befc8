//! Known numbers by row: what a pass reads beside tables. Kept once, in the stream's order, as the data have
//! them and shared with them where the orders agree; statistics of values, about their centre, are made chunk
//! by chunk.

use crate::{
    expfam::stat::{PartRole, PartShape, StatKind},
    num::{
        numbers::Numbers,
        wide::{Vectors, wide},
    },
};
use std::{ops::Range, sync::Arc};

/// All known numbers by row.
#[derive(Debug, Default)]
pub struct RowArrays {
    /// Arrays of numbers.
    pub dense: Vec<Dense>,
    /// Arrays of levels.
    pub codes: Vec<Codes>,
}

impl RowArrays {
    /// How many numbers and how many levels are held.
    pub fn held(&self) -> (usize, usize) {
        let numbers = |d: &Dense| match d {
            Dense::Plain { data, .. } => data.len(),
            Dense::Part { values, .. } => values.len(),
        };
        (self.dense.iter().map(numbers).sum(), self.codes.iter().map(|c| c.data.len()).sum())
    }
}

/// Numbers by row.
#[derive(Clone, Debug)]
pub enum Dense {
    /// As they are: `width` numbers a row.
    Plain {
        /// Row-major.
        data: Numbers,
        /// Numbers in a row.
        width: usize,
    },
    /// A part of the statistic of values about their centre: `inner` values a row, each of the value's shape.
    /// The statistic of a value with a NaN, which is missing, is zero.
    Part {
        /// The values, row-major, not centred.
        values: Numbers,
        /// What is taken off each value; empty for nothing.
        centre: Arc<[f64]>,
        /// Values in a row.
        inner: usize,
        /// Numbers in a value.
        value_width: usize,
        /// The statistic.
        kind: &'static StatKind,
        /// The part.
        part: usize,
        /// Event dimension.
        d: usize,
        /// Upper triangle only, row by row (a symmetric matrix).
        packed: bool,
        /// Whether any value is missing.
        missing: bool,
    },
}

/// Levels by row.
#[derive(Clone, Debug)]
pub struct Codes {
    /// Column after column of `rows` codes each (one column but for nodes with inner plates); `u32::MAX` is
    /// none.
    pub data: Arc<[u32]>,
    /// Rows.
    pub rows: usize,
}

impl Codes {
    /// One more than the largest level.
    pub fn levels(&self) -> usize {
        self.data.iter().filter(|&&c| c != u32::MAX).max().map_or(0, |m| *m as usize + 1)
    }
}

impl Dense {
    /// Nothing but 0 and 1, one a row?
    pub fn is_mask(&self) -> bool {
        matches!(self, Dense::Plain { data, width: 1 } if data.iter().all(|x| *x == 0.0 || *x == 1.0))
    }

    /// Are both plain, with the same numbers?
    pub fn same_plain(&self, other: &Self) -> bool {
        match (self, other) {
            (Dense::Plain { data: a, width: x }, Dense::Plain { data: b, width: y }) => {
                x == y && (a.same(b) || a == b)
            }
            _ => false,
        }
    }

    /// Numbers in a row.
    pub fn width(&self) -> usize {
        match self {
            Dense::Plain { width, .. } => *width,
            Dense::Part { inner, kind, part, d, packed, .. } => {
                inner * if *packed { d * (d + 1) / 2 } else { kind.parts[*part].shape.width(*d) }
            }
        }
    }

    /// The rows `range` as they are, if no statistic has to be made.
    pub fn slice(&self, range: Range<usize>) -> Option<&[f64]> {
        match self {
            Dense::Plain { data, width } => Some(&data[range.start * width..range.end * width]),
            Dense::Part { values, centre, inner, value_width, missing: false, .. }
                if centre.is_empty() && self.is_value() =>
            {
                let w = inner * value_width;
                Some(&values[range.start * w..range.end * w])
            }
            Dense::Part { .. } => None,
        }
    }

    /// Whether the part is the value itself, as the first of a statistic often is.
    fn is_value(&self) -> bool {
        matches!(self, Dense::Part { kind, part: 0, .. } if kind.parts[0].role == PartRole::Value && kind.parts[0].shape == kind.value)
    }

    /// Whether the part is the square of a number.
    fn is_square(&self) -> bool {
        matches!(self, Dense::Part { kind, part, value_width: 1, .. } if kind.parts[*part].is(PartRole::Square, PartShape::Scalar))
    }

    /// Writes the rows `range` into `out`, which is made of the right length.
    pub fn write_range(&self, range: Range<usize>, out: &mut Vec<f64>, scratch: &mut Vec<f64>) {
        let (width, rows) = (self.width(), range.len());
        out.resize(rows * width + OVERHANG, 0.0);
        self.write_rows(range, out, width, scratch);
        out.truncate(rows * width);
    }

    /// Writes the rows `range` into `out`, `stride` numbers from one to the next. What stands behind a row
    /// may be overwritten, up to [`OVERHANG`] numbers, for which the last row has to have room, too.
    pub fn write_rows(&self, range: Range<usize>, out: &mut [f64], stride: usize, scratch: &mut Vec<f64>) {
        let width = self.width();
        if let Dense::Part { values, centre, inner, value_width, d, packed: true, missing, .. } = self {
            // The value, room past it, and the centre.
            scratch.clear();
            scratch.resize(2 * d + LANES, 0.0);
            let (x, mean) = scratch.split_at_mut(d + LANES);
            let mean = &mut mean[..*d];
            mean.iter_mut().zip(centre.iter()).for_each(|(m, c)| *m = *c);
            let values = &values[range.start * inner * value_width..range.end * inner * value_width];
            let places = (*inner, stride);
            match Vectors::new() {
                Some(vectors) => vectors.run(
                    #[inline(always)]
                    || match mean.len() {
                        2 => small_outer_products::<2>(values, mean, out, places),
                        3 => small_outer_products::<3>(values, mean, out, places),
                        4 => small_outer_products::<4>(values, mean, out, places),
                        5 => small_outer_products::<5>(values, mean, out, places),
                        6 => small_outer_products::<6>(values, mean, out, places),
                        8 => small_outer_products::<8>(values, mean, out, places),
                        10 => small_outer_products::<10>(values, mean, out, places),
                        16 => small_outer_products::<16>(values, mean, out, places),
                        _ => outer_products(values, mean, out, places, x),
                    },
                ),
                // The same numbers: loops of known length are not worth a third copy.
                None => outer_products(values, mean, out, places, x),
            }
            if *missing {
                let each = d * (d + 1) / 2;
                let lacks = |v: &[f64]| v.iter().any(|x| x.is_nan());
                for (i, _) in values.chunks_exact(*d).enumerate().filter(|x| lacks(x.1)) {
                    out[i / inner * stride + i % inner * each..][..each].fill(0.0);
                }
            }
            return;
        }
        if let Dense::Part { values, centre, inner, value_width: 1, .. } = self
            && (self.is_value() || self.is_square())
        {
            let (values, square) = (&values[range.start * inner..range.end * inner], self.is_square());
            let centre = centre.first().copied().unwrap_or(0.0);
            wide(
                #[inline(always)]
                || {
                    if *inner == 1 {
                        for (i, value) in values.iter().enumerate() {
                            let x = if value.is_nan() { 0.0 } else { value - centre };
                            out[i * stride] = if square { x * x } else { x };
                        }
                        return;
                    }
                    let step = if *inner == stride { values.len() } else { *inner };
                    for (out, values) in out.chunks_mut(step.max(stride)).zip(values.chunks(step.max(1))) {
                        for (out, value) in out.iter_mut().zip(values) {
                            let x = if value.is_nan() { 0.0 } else { value - centre };
                            *out = if square { x * x } else { x };
                        }
                    }
                },
            );
            return;
        }
        let vectors = match self {
            Dense::Part { values, centre, inner: 1, missing: false, .. } if self.is_value() => {
                Some((values, &centre[..]))
            }
            Dense::Plain { data, .. } => Some((data, &[][..])),
            Dense::Part { .. } => None,
        };
        for (place, out) in range.zip(out.chunks_mut(stride.max(1))) {
            match vectors {
                Some((values, centre)) => {
                    out[..width].copy_from_slice(&values[place * width..(place + 1) * width]);
                    out.iter_mut().zip(centre).for_each(|(x, c)| *x -= c);
                }
                None => self.write(place, &mut out[..width], scratch),
            }
        }
    }

    /// Writes the row at `place` into `out`, of length [`Dense::width`].
    pub fn write(&self, place: usize, out: &mut [f64], scratch: &mut Vec<f64>) {
        if let Some(s) = self.slice(place..place + 1) {
            out.copy_from_slice(s);
            return;
        }
        let Dense::Part { inner, value_width, kind, part, d, packed, .. } = self else { return };
        let (d, w) = (*d, *value_width);
        let each = out.len() / (*inner).max(1);
        scratch.resize((w + kind.width(d)).max(scratch.len()), 0.0);
        let (x, statistic) = scratch.split_at_mut(w);
        for (i, out) in out.chunks_exact_mut(each.max(1)).enumerate() {
            if !self.value(place * inner + i, x) {
                out.fill(0.0);
            } else if *packed {
                let mut at = 0;
                for a in 0..d {
                    for b in a..d {
                        out[at] = x[a] * x[b];
                        at += 1;
                    }
                }
            } else if self.is_value() {
                out.copy_from_slice(x);
            } else {
                let statistic = &mut statistic[..kind.width(d)];
                // Values were checked when they were bound.
                let _ = (kind.of_value)(x, d, statistic);
                let from = kind.offset(*part, d);
                out.copy_from_slice(&statistic[from..from + out.len()]);
            }
        }
    }

    /// Writes the values of the row at `place`, about their centre, into `out`; missing ones as zeros.
    pub fn write_values(&self, place: usize, out: &mut [f64]) {
        match self {
            Dense::Plain { data, width } => out.copy_from_slice(&data[place * width..(place + 1) * width]),
            Dense::Part { inner, value_width, .. } => {
                for (i, x) in out.chunks_exact_mut(*value_width).enumerate() {
                    if !self.value(place * inner + i, x) {
                        x.fill(0.0);
                    }
                }
            }
        }
    }

    /// The `i`-th value about its centre; `false` where it is missing.
    fn value(&self, i: usize, out: &mut [f64]) -> bool {
        let Dense::Part { values, centre, value_width: w, .. } = self else { return false };
        out.copy_from_slice(&values[i * w..(i + 1) * w]);
        out.iter_mut().zip(centre.iter()).for_each(|(x, c)| *x -= c);
        !out.iter().any(|x| x.is_nan())
    }
}

/// A triangle's rows are written so many numbers at a time.
const LANES: usize = 4;

/// How far past its end the writing of a row may reach.
pub const OVERHANG: usize = LANES - 1;

/// [`outer_products`] for a number of dimensions that the compiler knows, up to 16.
#[inline(always)]
fn small_outer_products<const D: usize>(
    values: &[f64],
    mean: &[f64],
    out: &mut [f64],
    (inner, stride): (usize, usize),
) {
    let triangle = D * (D + 1) / 2;
    let Some(mean) = mean.first_chunk::<D>() else { return };
    for (row, values) in values.chunks_exact(inner * D).enumerate() {
        for (i, value) in values.as_chunks::<D>().0.iter().enumerate() {
            let out = &mut out[row * stride + i * triangle..][..triangle + OVERHANG];
            let mut x = [0.0; 16 + LANES];
            for i in 0..D {
                x[i] = value[i] - mean[i];
            }
            let mut at = 0;
            for a in 0..D {
                for b in (a..D).step_by(LANES) {
                    for l in 0..LANES {
                        out[at + b - a + l] = x[a] * x[b + l];
                    }
                }
                at += D - a;
            }
        }
    }
}

/// The upper triangle of x xᵀ for each x of `d` numbers less its mean, row by row; `inner` of them stand side
/// by side, and begin again `stride` numbers later. `x` holds d + `LANES` numbers: each row of a triangle is
/// written in whole blocks, whose overhang the next row overwrites.
#[inline(always)]
fn outer_products(
    values: &[f64],
    mean: &[f64],
    out: &mut [f64],
    (inner, stride): (usize, usize),
    x: &mut [f64],
) {
    let d = mean.len();
    for (row, values) in values.chunks_exact(inner * d).enumerate() {
        let mut at = row * stride;
        for value in values.chunks_exact(d) {
            x.iter_mut().zip(value).zip(mean).for_each(|((x, v), m)| *x = v - m);
            for a in 0..d {
                let (first, reach) = (x[a], (d - a).next_multiple_of(LANES));
                let (to, _) = out[at..at + reach].as_chunks_mut::<LANES>();
                let (from, _) = x[a..a + reach].as_chunks::<LANES>();
                for (to, from) in to.iter_mut().zip(from) {
                    // Read as a whole before it is written, so that the compiler need not fear that both are
                    // one.
                    let from = *from;
                    *to = from.map(|b| first * b);
                }
                at += d - a;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expfam::stat::{GAUSSIAN, GAUSSIAN_VECTOR};

    fn array(values: &[f64], d: usize, part: usize, centre: Vec<f64>, missing: bool) -> Dense {
        let (values, centre, packed) = (values.to_vec().into(), centre.into(), part == 1 && d > 1);
        Dense::Part {
            values,
            centre,
            inner: 2,
            value_width: d,
            kind: &GAUSSIAN_VECTOR,
            part,
            d,
            packed,
            missing,
        }
    }

    #[test]
    fn a_range_of_numbers_is_its_rows() {
        let values: Vec<f64> =
            (0..30).map(|i| if i % 7 == 3 { f64::NAN } else { f64::from(i * 5 % 13) - 4.5 }).collect();
        for part in [0, 1] {
            for centre in [vec![], vec![0.75]] {
                let (values, kind) = (values.clone().into(), &GAUSSIAN);
                let centre = centre.into();
                let array = Dense::Part {
                    values,
                    centre,
                    inner: 3,
                    value_width: 1,
                    kind,
                    part,
                    d: 1,
                    packed: false,
                    missing: true,
                };
                let (mut all, mut one, mut scratch) = (vec![f64::NAN; 3], vec![0.0; 3], vec![]);
                array.write_range(2..9, &mut all, &mut scratch);
                for (place, row) in (2..9).zip(all.chunks_exact(3)) {
                    array.write(place, &mut one, &mut scratch);
                    assert_eq!(row, one, "place {place}, part {part}");
                }
            }
        }
    }

    #[test]
    fn rows_with_room_between_them_are_the_same() {
        for (d, part) in [(1, 0), (1, 1), (3, 0), (3, 1), (4, 1), (9, 1)] {
            for centre in [vec![], vec![0.25; d]] {
                for missing in [false, true] {
                    let mut values: Vec<f64> = (0..6 * 2 * d).map(|i| ((i * 7) % 11) as f64 - 4.5).collect();
                    if missing {
                        values[5 * d] = f64::NAN;
                    }
                    let (kind, packed) =
                        (if d == 1 { &GAUSSIAN } else { &GAUSSIAN_VECTOR }, part == 1 && d > 1);
                    let (values, centre) = (values.into(), centre.as_slice().into());
                    let array = Dense::Part {
                        values,
                        centre,
                        inner: 2,
                        value_width: d,
                        kind,
                        part,
                        d,
                        packed,
                        missing,
                    };
                    let (w, mut close, mut scratch) = (array.width(), vec![], vec![]);
                    array.write_range(1..6, &mut close, &mut scratch);
                    let stride = w + OVERHANG + 2;
                    let mut apart = vec![0.0; 5 * stride];
                    array.write_rows(1..6, &mut apart, stride, &mut scratch);
                    for (a, b) in close.chunks_exact(w).zip(apart.chunks_exact(stride)) {
                        assert_eq!((a, &b[w + OVERHANG..]), (&b[..w], &[0.0, 0.0][..]), "d {d}, part {part}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_range_is_its_rows() {
        for d in [1, 2, 3, 7, 8, 9, 16, 17] {
            let rows = 5;
            let values: Vec<f64> = (0..rows * 2 * d).map(|i| ((i * 7) % 11) as f64 - 4.5).collect();
            let mut gaps = values.clone();
            gaps.chunks_exact_mut(d).step_by(3).for_each(|v| v[d - 1] = f64::NAN);
            let shift: Vec<f64> = (0..d).map(|i| 0.5 * i as f64 + 0.25).collect();
            for (values, missing) in [(&values, false), (&gaps, true)] {
                for (part, centre) in [(0, vec![]), (0, shift.clone()), (1, vec![]), (1, shift.clone())] {
                    let array = array(values, d, part, centre.clone(), missing);
                    let (mut all, mut one, mut scratch) =
                        (vec![f64::NAN; 3], vec![0.0; array.width()], vec![]);
                    array.write_range(1..4, &mut all, &mut scratch);
                    assert_eq!(all.len(), 3 * array.width());
                    for (place, row) in (1..4).zip(all.chunks_exact(array.width())) {
                        array.write(place, &mut one, &mut scratch);
                        assert_eq!(row, one, "d {d}, place {place}");
                        let mut by_hand = vec![];
                        for x in values[place * 2 * d..(place + 1) * 2 * d].chunks_exact(d) {
                            let x: Vec<f64> = x
                                .iter()
                                .enumerate()
                                .map(|(i, x)| x - centre.get(i).unwrap_or(&0.0))
                                .collect();
                            let there = f64::from(u8::from(!x.iter().any(|x| x.is_nan())));
                            let part_of = |a: usize, b: usize| {
                                if there == 0.0 { 0.0 } else { x[a] * if part == 1 { x[b] } else { 1.0 } }
                            };
                            for a in 0..d {
                                by_hand.extend((a..if part == 1 { d } else { a + 1 }).map(|b| part_of(a, b)));
                            }
                        }
                        assert_eq!(row, by_hand, "d {d}, place {place}, part {part}");
                    }
                    let mut x = vec![0.0; 2 * d];
                    array.write_values(3, &mut x);
                    assert!(x.iter().all(|x| !x.is_nan()));
                }
            }
            let plain = array(&values, d, 0, vec![], false);
            assert_eq!(plain.slice(1..3), Some(&values[2 * d..6 * d]));
        }
    }
}
