//! A joint Gaussian over many scalars of which few pairs are coupled: natural parameters in, moments of the
//! variables and of the coupled pairs, and log norm out. Knows nothing of graphs or of what the variables
//! mean.
//!
//! The precision is factored as L D Lᵀ in a fill-reducing order (approximate minimum degree, Amestoy, Davis
//! and Duff 1996), column by column. Covariances are taken only where L has an entry, last column first
//! (Takahashi, Fagan and Chin 1973; Rue and Held, "Gaussian Markov Random Fields", section 2.4.2): that is
//! all that the coupled pairs need. On a star or a tree both cost a few operations a variable.

use crate::num::stream::Stream;
use std::fmt;

/// Why a list of pairs is no pattern for a sparse joint Gaussian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// This pair is not of two variables in ascending order, or stands in the list twice.
    Pair {
        /// Where it stands in the list.
        pair: usize,
    },
    /// The factor has more entries off its diagonal than are allowed.
    Fill {
        /// How many are allowed.
        limit: usize,
    },
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pair { pair } => write!(
                f,
                "pair {} repeats another, or does not name two variables in ascending order",
                pair + 1
            ),
            Self::Fill { limit } => write!(f, "the joint distribution needs more than {limit} covariances"),
        }
    }
}

impl std::error::Error for PatternError {}

/// Why there is no such distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SparseGaussianError {
    /// The precision is not positive definite; it showed at this variable.
    NotPositive {
        /// Its index.
        variable: usize,
    },
    /// A natural parameter of this variable is NaN or infinite, or overflows.
    NotFinite {
        /// Its index; of a pair, the first of the two.
        variable: usize,
    },
}

impl fmt::Display for SparseGaussianError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPositive { variable } => {
                write!(f, "the precision is not positive definite at variable {}", variable + 1)
            }
            Self::NotFinite { variable } => {
                write!(f, "a natural parameter of variable {} is not a finite number", variable + 1)
            }
        }
    }
}

impl std::error::Error for SparseGaussianError {}

/// The pattern of a sparse joint Gaussian: everything about its factor but the numbers. Made once, used at
/// every iteration.
#[derive(Clone, Debug)]
pub struct SparseGaussian {
    /// The variable at each place of the order of elimination.
    order: Vec<u32>,
    /// Where each column of L starts among its entries, and their number at the end.
    columns: Vec<usize>,
    /// The rows of the entries under the diagonal, ascending in each column.
    rows: Vec<u32>,
    /// The entry of each pair.
    entry: Vec<usize>,
    /// The pairs, as given.
    pairs: Vec<(u32, u32)>,
}

impl SparseGaussian {
    /// Orders `n` variables of which `pairs` (i < k, distinct) are coupled, and finds the pattern of the
    /// factor.
    ///
    /// # Errors
    /// If a pair is not in order, out of range or repeated, or the factor has more than `max_fill` entries
    /// under its diagonal.
    pub fn new(n: usize, pairs: &[(u32, u32)], max_fill: usize) -> Result<Self, PatternError> {
        if let Some(pair) = pairs.iter().position(|&(i, k)| i >= k || k as usize >= n) {
            return Err(PatternError::Pair { pair });
        }
        let order = elimination_order(n, pairs)?;
        let mut place = vec![0u32; n];
        order.iter().zip(0u32..).for_each(|(&v, at)| place[v as usize] = at);

        // The lower triangle of the permuted precision, by columns.
        let ends = |&(i, k): &(u32, u32)| {
            let (a, b) = (place[i as usize], place[k as usize]);
            (a.min(b), a.max(b))
        };
        let mut below: Vec<Vec<u32>> = vec![Vec::new(); n];
        pairs.iter().map(ends).for_each(|(column, row)| below[column as usize].push(row));

        // Column j of L has the rows of column j of the precision and those of its children, the columns
        // whose first row is j.
        let (mut columns, mut rows) = (vec![0], Vec::new());
        let none = u32::MAX;
        let (mut child, mut sibling, mut seen) = (vec![none; n], vec![none; n], vec![none; n]);
        for j in 0..n {
            let start = rows.len();
            let mut take = |rows: &mut Vec<u32>, row: u32| {
                if row as usize != j && seen[row as usize] != j as u32 {
                    seen[row as usize] = j as u32;
                    rows.push(row);
                }
            };
            below[j].iter().for_each(|&row| take(&mut rows, row));
            let mut c = child[j];
            while c != none {
                for e in columns[c as usize]..columns[c as usize + 1] {
                    let row = rows[e];
                    take(&mut rows, row);
                }
                c = sibling[c as usize];
            }
            if rows.len() > max_fill {
                return Err(PatternError::Fill { limit: max_fill });
            }
            rows[start..].sort_unstable();
            if let Some(&parent) = rows.get(start) {
                sibling[j] = child[parent as usize];
                child[parent as usize] = j as u32;
            }
            columns.push(rows.len());
        }
        let entry = pairs
            .iter()
            .map(ends)
            .map(|(column, row)| {
                let start = columns[column as usize];
                start + rows[start..columns[column as usize + 1]].partition_point(|&r| r < row)
            })
            .collect();
        Ok(Self { order, columns, rows, entry, pairs: pairs.to_vec() })
    }

    /// The pairs, as given.
    pub fn pairs(&self) -> &[(u32, u32)] {
        &self.pairs
    }

    /// How many entries the factor has under its diagonal.
    pub fn fill(&self) -> usize {
        self.rows.len()
    }

    /// About how many multiplications an iteration takes.
    pub fn cost(&self) -> f64 {
        self.columns.windows(2).map(|c| (c[1] - c[0]) as f64).map(|s| 1.5 * s * s + 5.0 * s + 4.0).sum()
    }

    /// How many `f64`s of scratch [`SparseGaussian::run`] takes.
    pub fn scratch_len(&self) -> usize {
        self.rows.len() + 2 * self.order.len() + self.widest()
    }

    fn widest(&self) -> usize {
        self.columns.windows(2).map(|c| c[1] - c[0]).max().unwrap_or(0)
    }

    /// With exponent Σ h_i x_i + Σ j_i x_i² + Σ_e p_e x_i x_k, overwrites `h` (N) by `E[x]`, `j` (N) by
    /// `E[x²]` and `p` (one a pair) by `E[x_i x_k]`, and adds the log normaliser (nats) into `log_norm`.
    ///
    /// # Errors
    /// If the precision is not positive definite or a parameter not finite, naming the variable. The outputs
    /// are then as they were.
    pub fn run(
        &self,
        h: &mut [f64],
        j: &mut [f64],
        p: &mut [f64],
        log_norm: &mut f64,
        scratch: &mut [f64],
    ) -> Result<(), SparseGaussianError> {
        let n = self.order.len();
        let (l, rest) = scratch.split_at_mut(self.rows.len());
        let (d, rest) = rest.split_at_mut(n);
        let (x, rest) = rest.split_at_mut(n);
        let work = &mut rest[..self.widest()];
        self.load(h, j, p, l, d, x)?;
        let z = self.factor(l, d, x)?;
        self.invert(l, d, x, work);
        *log_norm += z;
        for ((&v, x), c) in self.order.iter().zip(&*x).zip(&*d) {
            h[v as usize] = *x;
            j[v as usize] = c + x * x;
        }
        for ((&(a, b), &e), p) in self.pairs.iter().zip(&self.entry).zip(p) {
            *p = l[e] + h[a as usize] * h[b as usize];
        }
        Ok(())
    }

    /// Draws the variables into `x` (N), with the exponent of [`SparseGaussian::run`]: x = Λ⁻¹ h + L⁻ᵀ D^−½ z
    /// (Rue and Held, section 2.4.1).
    ///
    /// # Errors
    /// As `run`.
    pub fn draw(
        &self,
        [h, j, p]: [&[f64]; 3],
        random: &mut Stream,
        x: &mut [f64],
        scratch: &mut [f64],
    ) -> Result<(), SparseGaussianError> {
        let n = self.order.len();
        let (l, rest) = scratch.split_at_mut(self.rows.len());
        let (d, rest) = rest.split_at_mut(n);
        let ordered = &mut rest[..n];
        self.load(h, j, p, l, d, ordered)?;
        self.factor(l, d, ordered)?;
        for c in (0..n).rev() {
            let column = self.columns[c]..self.columns[c + 1];
            let later: f64 =
                self.rows[column.clone()].iter().zip(&l[column]).map(|(&k, l)| l * ordered[k as usize]).sum();
            ordered[c] = ordered[c] / d[c] + random.normal() / d[c].sqrt() - later;
        }
        self.order.iter().zip(&*ordered).for_each(|(&v, value)| x[v as usize] = *value);
        Ok(())
    }

    /// The precision and h, in the order of elimination.
    fn load(
        &self,
        h: &[f64],
        j: &[f64],
        p: &[f64],
        l: &mut [f64],
        d: &mut [f64],
        x: &mut [f64],
    ) -> Result<(), SparseGaussianError> {
        for ((&v, d), x) in self.order.iter().zip(d).zip(x) {
            (*d, *x) = (-2.0 * j[v as usize], h[v as usize]);
            if !(d.is_finite() && x.is_finite()) {
                return Err(SparseGaussianError::NotFinite { variable: v as usize });
            }
        }
        l.fill(0.0);
        for ((&e, &p), &(i, _)) in self.entry.iter().zip(p).zip(&self.pairs) {
            if !p.is_finite() {
                return Err(SparseGaussianError::NotFinite { variable: i as usize });
            }
            l[e] = -p;
        }
        Ok(())
    }

    /// L, D and L⁻¹ h in place, each column taken out of all columns to its right. Returns the log
    /// normaliser.
    fn factor(&self, l: &mut [f64], d: &mut [f64], x: &mut [f64]) -> Result<f64, SparseGaussianError> {
        let (mut quadratic, mut log_det) = (0.0, 0.0);
        for c in 0..d.len() {
            let (pivot, y) = (d[c], x[c]);
            let variable = self.order[c] as usize;
            if !(pivot > 0.0 && pivot.is_finite()) {
                return Err(SparseGaussianError::NotPositive { variable });
            }
            let r = 1.0 / pivot;
            log_det += pivot.ln();
            quadratic += y * y * r;
            if !quadratic.is_finite() {
                return Err(SparseGaussianError::NotFinite { variable });
            }
            let (start, end) = (self.columns[c], self.columns[c + 1]);
            // Entries to the right stand behind these.
            let (own, right) = l.split_at_mut(end);
            let (own, set) = (&mut own[start..], &self.rows[start..end]);
            for a in 0..set.len() {
                let k = set[a] as usize;
                let scaled = own[a] * r;
                if scaled == 0.0 {
                    continue;
                }
                d[k] -= own[a] * scaled;
                x[k] -= y * scaled;
                let (first, last) = (self.columns[k], self.columns[k + 1]);
                let column = &mut right[first - end..last - end];
                let tail = &own[a + 1..];
                if column.len() == tail.len() {
                    column.iter_mut().zip(tail).for_each(|(x, t)| *x -= scaled * t);
                } else {
                    each_place(&set[a + 1..], &self.rows[first..last], |b, at| {
                        column[at] -= scaled * tail[b]
                    });
                }
            }
            own.iter_mut().for_each(|x| *x *= r);
        }
        Ok(0.5 * (quadratic - log_det + d.len() as f64 * std::f64::consts::TAU.ln()))
    }

    /// L and D become the covariances at their places, `x` the means.
    fn invert(&self, l: &mut [f64], d: &mut [f64], x: &mut [f64], work: &mut [f64]) {
        for c in (0..d.len()).rev() {
            let (start, end) = (self.columns[c], self.columns[c + 1]);
            let (own, right) = l.split_at_mut(end);
            let (own, set) = (&mut own[start..], &self.rows[start..end]);
            // w = Z l, with Z the covariances of the set.
            let w = &mut work[..set.len()];
            w.fill(0.0);
            let mut mean = x[c] / d[c];
            for a in 0..set.len() {
                let k = set[a] as usize;
                mean -= own[a] * x[k];
                let (first, last) = (self.columns[k], self.columns[k + 1]);
                let column = &right[first - end..last - end];
                let (head, tail) = w.split_at_mut(a + 1);
                let (scale, others) = (own[a], &own[a + 1..]);
                let mut sum = scale * d[k];
                if column.len() == tail.len() {
                    sum += crate::num::reduce::dot(column, others);
                    tail.iter_mut().zip(column).for_each(|(w, z)| *w += scale * z);
                } else {
                    each_place(&set[a + 1..], &self.rows[first..last], |b, at| {
                        sum += others[b] * column[at];
                        tail[b] += scale * column[at];
                    });
                }
                head[a] += sum;
            }
            x[c] = mean;
            d[c] = 1.0 / d[c] + own.iter().zip(&*w).map(|(l, w)| l * w).sum::<f64>();
            own.iter_mut().zip(&*w).for_each(|(l, w)| *l = -w);
        }
    }
}

/// Calls `at` with each index of `some` and its place in `all`; both ascend, and `all` has them all.
#[inline(always)]
fn each_place(some: &[u32], all: &[u32], mut at: impl FnMut(usize, usize)) {
    let mut place = 0;
    // A few among many are searched for; many are met on the way.
    if some.len() * 8 < all.len() {
        for (b, row) in some.iter().enumerate() {
            place += all[place..].partition_point(|r| r < row);
            at(b, place);
        }
    } else {
        for (b, row) in some.iter().enumerate() {
            while all[place] < *row {
                place += 1;
            }
            at(b, place);
        }
    }
}

/// Approximate minimum degree.
fn elimination_order(n: usize, pairs: &[(u32, u32)]) -> Result<Vec<u32>, PatternError> {
    // Both triangles and the diagonal, by columns.
    let mut starts = vec![1isize; n + 1];
    starts[0] = 0;
    for &(i, k) in pairs {
        starts[i as usize + 1] += 1;
        starts[k as usize + 1] += 1;
    }
    for c in 0..n {
        starts[c + 1] += starts[c];
    }
    let mut next = starts.clone();
    let mut rows = vec![0isize; starts[n] as usize];
    let mut put = |column: usize, row: usize| {
        rows[next[column] as usize] = row as isize;
        next[column] += 1;
    };
    (0..n).for_each(|c| put(c, c));
    for &(i, k) in pairs {
        put(i as usize, k as usize);
        put(k as usize, i as usize);
    }
    for c in 0..n {
        let column = &mut rows[starts[c] as usize..starts[c + 1] as usize];
        column.sort_unstable();
        if let Some(at) = column.windows(2).position(|w| w[0] == w[1]) {
            let (a, b) = (c.min(column[at] as usize), c.max(column[at] as usize));
            let twice =
                pairs.iter().enumerate().filter(|(_, p)| (p.0 as usize, p.1 as usize) == (a, b)).nth(1);
            return Err(PatternError::Pair { pair: twice.map_or(0, |t| t.0) });
        }
    }
    match amd::order(n as isize, &starts, &rows, &amd::Control::default()) {
        Ok((order, _, _)) => Ok(order.into_iter().map(|v| v as u32).collect()),
        // It refuses only what is no pattern, which the above has ruled out; the order as given is always
        // right.
        Err(_) => Ok((0..n as u32).collect()),
    }
}

#[cfg(test)]
#[path = "sparse_gaussian_tests.rs"]
mod tests;
