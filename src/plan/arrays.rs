//! Known numbers by row: what a pass reads beside tables. Kept once, in the stream's order, as the data have them; statistics of values
//! are made chunk by chunk.

use crate::{expfam::stat::StatKind, num::wide::wide};
use std::sync::Arc;

/// All known numbers by row.
#[derive(Debug, Default)]
pub struct RowArrays {
    /// Arrays of numbers.
    pub dense: Vec<Dense>,
    /// Arrays of levels.
    pub codes: Vec<Codes>,
}

/// Numbers by row.
#[derive(Clone, Debug)]
pub enum Dense {
    /// As they are: `width` numbers a row.
    Plain {
        /// Row-major.
        data: Arc<[f64]>,
        /// Numbers in a row.
        width: usize,
    },
    /// A part of the statistic of values: `inner` values a row, each of the value's shape. Missing values are zeros.
    Part {
        /// The values, row-major.
        values: Arc<[f64]>,
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
        /// Which values are missing, where any is: their statistic is zero, which that of the value zero need not be.
        missing: Option<Arc<[bool]>>,
    },
}

/// Levels by row.
#[derive(Clone, Debug)]
pub struct Codes {
    /// Column after column of `rows` codes each (one column but for nodes with inner plates); `u32::MAX` is none.
    pub data: Arc<[u32]>,
    /// Rows.
    pub rows: usize,
}

impl Dense {
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
    pub fn slice(&self, range: std::ops::Range<usize>) -> Option<&[f64]> {
        match self {
            Dense::Plain { data, width } => Some(&data[range.start * width..range.end * width]),
            // The first part of a value's statistic is often the value itself.
            Dense::Part { values, inner, value_width, kind, part: 0, .. }
                if kind.parts[0].symbol == "x" && kind.parts[0].shape == kind.value =>
            {
                let w = inner * value_width;
                Some(&values[range.start * w..range.end * w])
            }
            Dense::Part { .. } => None,
        }
    }

    /// Writes the rows `range` into `out`, which is made of the right length.
    pub fn write_range(&self, range: std::ops::Range<usize>, out: &mut Vec<f64>, scratch: &mut Vec<f64>) {
        let width = self.width();
        let len = range.len() * width;
        if let Dense::Part { values, inner, value_width, d, packed: true, missing, .. } = self {
            out.resize(len + LANES, 0.0);
            scratch.resize(d + LANES, 0.0);
            let (first, end) = (range.start * inner, range.end * inner);
            let values = &values[first * value_width..end * value_width];
            wide(
                #[inline(always)]
                || outer_products(values, *d, out, scratch),
            );
            out.truncate(len);
            if let Some(m) = missing {
                let each = d * (d + 1) / 2;
                out.chunks_exact_mut(each).zip(&m[first..end]).filter(|x| *x.1).for_each(|(x, _)| x.fill(0.0));
            }
            return;
        }
        out.resize(len, 0.0);
        for (place, out) in range.zip(out.chunks_exact_mut(width.max(1))) {
            self.write(place, out, scratch);
        }
    }

    /// Writes the row at `place` into `out`, of length [`Dense::width`].
    pub fn write(&self, place: usize, out: &mut [f64], scratch: &mut Vec<f64>) {
        if let Some(s) = self.slice(place..place + 1) {
            out.copy_from_slice(s);
            return;
        }
        let Dense::Part { values, inner, value_width, kind, part, d, packed, missing } = self else { return };
        let (d, w) = (*d, *value_width);
        let each = out.len() / (*inner).max(1);
        for (i, out) in out.chunks_exact_mut(each.max(1)).enumerate() {
            let x = &values[(place * inner + i) * w..][..w];
            if missing.as_ref().is_some_and(|m| m[place * inner + i]) {
                out.fill(0.0);
                continue;
            }
            if *packed {
                let mut at = 0;
                for a in 0..d {
                    for b in a..d {
                        out[at] = x[a] * x[b];
                        at += 1;
                    }
                }
            } else {
                scratch.resize(kind.width(d), 0.0);
                // Values were checked when they were bound.
                let _ = (kind.of_value)(x, d, scratch);
                let from = kind.offset(*part, d);
                out.copy_from_slice(&scratch[from..from + out.len()]);
            }
        }
    }
}

/// A triangle's rows are written so many numbers at a time.
const LANES: usize = 8;

/// The upper triangle of x xᵀ for each x of `d` numbers, row by row. `out` has room for `LANES` numbers past the last, and `x` holds d + `LANES`: each row
/// of a triangle is written in whole blocks, whose overhang the next row overwrites.
#[inline(always)]
fn outer_products(values: &[f64], d: usize, out: &mut [f64], x: &mut [f64]) {
    let mut at = 0;
    for value in values.chunks_exact(d) {
        x[..d].copy_from_slice(value);
        for a in 0..d {
            for b in (a..d).step_by(LANES) {
                let (to, from) = (&mut out[at + b - a..][..LANES], &x[b..][..LANES]);
                for l in 0..LANES {
                    to[l] = x[a] * from[l];
                }
            }
            at += d - a;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expfam::stat::GAUSSIAN_VECTOR;

    #[test]
    fn a_range_is_its_rows() {
        for d in [1, 2, 3, 7, 8, 9, 16, 17] {
            let rows = 5;
            let values: Vec<f64> = (0..rows * 2 * d).map(|i| ((i * 7) % 11) as f64 - 4.5).collect();
            for missing in [None, Some((0..rows * 2).map(|i| i % 3 == 1).collect::<Vec<_>>().into())] {
                let array = Dense::Part {
                    values: values.clone().into(),
                    inner: 2,
                    value_width: d,
                    kind: &GAUSSIAN_VECTOR,
                    part: 1,
                    d,
                    packed: true,
                    missing,
                };
                let (mut all, mut one, mut scratch) = (vec![f64::NAN; 3], vec![0.0; array.width()], vec![]);
                array.write_range(1..4, &mut all, &mut scratch);
                assert_eq!(all.len(), 3 * array.width());
                for (place, row) in (1..4).zip(all.chunks_exact(array.width())) {
                    array.write(place, &mut one, &mut scratch);
                    assert_eq!(row, one, "d {d}, place {place}");
                }
            }
        }
    }
}
