//! Networks of discrete variables, exactly, by a junction tree of bounded cliques: log potentials in,
//! marginals and log norm out. Knows nothing of graphs or of what the variables mean; evidence is a potential
//! like any other.
//!
//! Variables are eliminated in the order of least fill (Koller and Friedman, "Probabilistic Graphical
//! Models", section 9.4.3.2); cliques exchange messages toward the root and back (section 10.3, belief
//! update), all in log space, each message's largest entry moved into the log norm. A log potential under
//! −1e100 stands for ln 0: marginals there are exactly 0.

use crate::num::{
    reduce, special,
    stream::Stream,
    wide::{MulAdd, fused},
};
use std::collections::BTreeSet;
use std::fmt;

/// Log potentials under this are ln 0.
const LN_ZERO: f64 = -1e100;

/// Why a network has no junction tree.
#[derive(Clone, Debug, PartialEq)]
pub enum TreeError {
    /// A clique's table would have more entries than are allowed.
    Clique {
        /// Its variables, ascending.
        variables: Vec<usize>,
        /// The entries of its table.
        entries: f64,
        /// How many are allowed.
        limit: usize,
    },
    /// A variable without states.
    Empty {
        /// Its index.
        variable: usize,
    },
    /// A factor names no variable, one that there is not, or one twice.
    Factor {
        /// Its place in the list.
        factor: usize,
    },
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clique { variables, entries, limit } => {
                let names: Vec<_> = variables.iter().map(|v| (v + 1).to_string()).collect();
                write!(
                    f,
                    "variables {} need a joint table of {entries} entries; {limit} are allowed",
                    names.join(", ")
                )
            }
            Self::Empty { variable } => write!(f, "variable {} has no states", variable + 1),
            Self::Factor { factor } => {
                write!(f, "factor {} names no variable, an unknown one, or one twice", factor + 1)
            }
        }
    }
}

impl std::error::Error for TreeError {}

/// Why a network has no posterior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// Every configuration of this row has probability zero.
    Impossible {
        /// Its index.
        row: usize,
    },
    /// A log potential of this row is NaN or +∞.
    NotFinite {
        /// Its index.
        row: usize,
        /// The factor where it was seen.
        factor: usize,
    },
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible { row } => write!(f, "no configuration is possible in row {}", row + 1),
            Self::NotFinite { row, factor } => {
                write!(f, "a potential of factor {} is not a finite number in row {}", factor + 1, row + 1)
            }
        }
    }
}

impl std::error::Error for NetworkError {}

/// For each entry of a clique's table, its entry in a table over some of the clique's variables.
#[derive(Clone, Debug)]
struct Projection {
    clique: usize,
    map: Vec<u32>,
    /// Where the smaller table stands among its kind, and its length.
    at: usize,
    len: usize,
}

#[derive(Clone, Debug)]
struct Clique {
    variables: Vec<usize>,
    /// Where its table stands in the scratch.
    at: usize,
    len: usize,
    /// Onto what it shares with its parent: its own side and the parent's. The root of a tree shares nothing
    /// with nothing.
    own: Projection,
    parent: Option<Projection>,
    /// Has neither parent nor children: no message is sent, and its table is exponentiated once.
    alone: bool,
}

/// The junction tree of a network: everything but the numbers. Made once, used at every iteration and for
/// every row.
#[derive(Clone, Debug)]
pub struct JunctionTree {
    /// Children before parents.
    cliques: Vec<Clique>,
    factors: Vec<Projection>,
    marginals: Vec<Projection>,
    factor_len: usize,
    marginal_len: usize,
    message_len: usize,
    table_len: usize,
}

impl JunctionTree {
    /// Plans for variables with `sizes` states each and factors over the variables listed, each table
    /// row-major in the order of its list.
    ///
    /// # Errors
    /// If a list or size is none, or a clique's table would have more than `max_table` entries.
    pub fn new(sizes: &[usize], factors: &[Vec<usize>], max_table: usize) -> Result<Self, TreeError> {
        let n = sizes.len();
        if let Some(variable) = sizes.iter().position(|&s| s == 0) {
            return Err(TreeError::Empty { variable });
        }
        let mut near = vec![BTreeSet::new(); n];
        for (factor, list) in factors.iter().enumerate() {
            if list.is_empty()
                || list.iter().any(|&v| v >= n)
                || list.iter().collect::<BTreeSet<_>>().len() < list.len()
            {
                return Err(TreeError::Factor { factor });
            }
            list.iter().for_each(|&v| near[v].extend(list.iter().copied().filter(|&w| w != v)));
        }
        let (position, later) = eliminate(sizes, near);

        // One clique a variable, but for those that an earlier clique holds.
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_unstable_by_key(|&v| position[v]);
        let first = |set: &BTreeSet<usize>| set.iter().copied().min_by_key(|&v| position[v]);
        let mut home = vec![usize::MAX; n];
        // Variables, and the variable at which it hangs from the rest.
        let mut sets: Vec<(BTreeSet<usize>, usize)> = Vec::new();
        let mut hanging = vec![vec![]; n];
        for &v in &order {
            let held =
                hanging[v].iter().copied().find(|&c: &usize| later[sets[c].1].len() == later[v].len() + 1);
            home[v] = held.unwrap_or(sets.len());
            if let Some(up) = first(&later[v]) {
                hanging[up].push(home[v]);
            }
            if let Some(c) = held {
                sets[c].1 = v;
                continue;
            }
            let mut set = later[v].clone();
            set.insert(v);
            let entries: f64 = set.iter().map(|&v| sizes[v] as f64).product();
            if entries > max_table.min(u32::MAX as usize) as f64 {
                return Err(TreeError::Clique {
                    variables: set.into_iter().collect(),
                    entries,
                    limit: max_table,
                });
            }
            sets.push((set, v));
        }
        let mut turn: Vec<usize> = (0..sets.len()).collect();
        turn.sort_unstable_by_key(|&c| position[sets[c].1]);
        let mut rank = vec![0; sets.len()];
        turn.iter().enumerate().for_each(|(at, &c)| rank[c] = at);

        let list = |c: usize| sets[c].0.iter().copied().collect::<Vec<_>>();
        let project = |c: usize, onto: &[usize], at: usize| Projection {
            clique: rank[c],
            map: projection(sizes, &list(c), onto),
            at,
            len: onto.iter().map(|&v| sizes[v]).product(),
        };
        let (mut table_len, mut message_len, mut cliques) = (0, 0, Vec::new());
        for &c in &turn {
            let shared: Vec<usize> = later[sets[c].1].iter().copied().collect();
            let own = project(c, &shared, message_len);
            let parent = first(&later[sets[c].1]).map(|v| project(home[v], &shared, message_len));
            let variables = list(c);
            let len = variables.iter().map(|&v| sizes[v]).product();
            message_len += own.len;
            cliques.push(Clique { variables, at: table_len, len, own, parent, alone: false });
            table_len += len;
        }
        let parents: BTreeSet<usize> =
            cliques.iter().filter_map(|c| c.parent.as_ref().map(|p| p.clique)).collect();
        for (c, clique) in cliques.iter_mut().enumerate() {
            clique.alone = clique.parent.is_none() && !parents.contains(&c);
        }
        let mut factor_len = 0;
        let mut planned = Vec::new();
        for list in factors {
            // Its first variable's clique has all the others.
            let Some(v) = list.iter().copied().min_by_key(|&v| position[v]) else { continue };
            let p = project(home[v], list, factor_len);
            factor_len += p.len;
            planned.push(p);
        }
        let mut marginal_len = 0;
        let mut marginals = Vec::new();
        for v in 0..n {
            marginals.push(project(home[v], &[v], marginal_len));
            marginal_len += sizes[v];
        }
        Ok(Self { cliques, factors: planned, marginals, factor_len, marginal_len, message_len, table_len })
    }

    /// The variables of each clique, ascending.
    pub fn cliques(&self) -> impl Iterator<Item = &[usize]> {
        self.cliques.iter().map(|c| &c.variables[..])
    }

    /// The entries of all cliques' tables, which is what a row costs.
    pub fn table_len(&self) -> usize {
        self.table_len
    }

    /// How many `f64`s of scratch [`JunctionTree::run`] takes, however many rows there are.
    pub fn scratch_len(&self) -> usize {
        self.scratch_of(self.together())
    }

    /// How many it takes for so few rows.
    pub fn scratch_of(&self, rows: usize) -> usize {
        let of_row =
            self.factor_len + self.marginal_len + self.table_len + self.message_len + 2 * self.widest() + 1;
        rows.min(self.together()) * of_row
    }

    fn widest(&self) -> usize {
        self.cliques.iter().map(|c| c.own.len).max().unwrap_or(0)
    }

    /// Rows that are worked off together, number by number, so that each number is a vector of rows: what
    /// they need stays in the cache.
    fn together(&self) -> usize {
        (4096 / (self.table_len + self.factor_len).max(1)).clamp(8, 64)
    }

    /// Overwrites each row of log potentials (N × all factors' tables, one after another) by the factors'
    /// marginals, writes the variables' marginals (N × all sizes, one after another; none if the slice is
    /// empty), and adds each row's log normaliser (nats) to its number in `log_norm` (N).
    ///
    /// # Errors
    /// If a row has no possible configuration, or a potential is NaN or +∞. The outputs are then of no use.
    pub fn run(
        &self,
        factors: &mut [f64],
        marginals: &mut [f64],
        log_norm: &mut [f64],
        scratch: &mut [f64],
    ) -> Result<(), NetworkError> {
        let some = self.together();
        for (block, z) in log_norm.chunks_mut(some).enumerate() {
            let rows = block * some..block * some + z.len();
            let potentials = &mut factors[rows.start * self.factor_len..rows.end * self.factor_len];
            let singles = marginals
                .get_mut(rows.start * self.marginal_len..rows.end * self.marginal_len)
                .unwrap_or_default();
            if let Some((at, factor)) = self.not_finite(potentials) {
                return Err(NetworkError::NotFinite { row: rows.start + at, factor });
            }
            fused!(A => self.block::<A>(potentials, singles, z, scratch))
                .map_err(|at| NetworkError::Impossible { row: rows.start + at })?;
        }
        Ok(())
    }

    /// Draws a state of each variable of one row of log potentials: from the roots on, each clique given what
    /// it shares with its parent (Koller and Friedman, exercise 10.11).
    ///
    /// # Errors
    /// As [`JunctionTree::run`], with the row given as 0.
    pub fn draw(&self, potentials: &[f64], random: &mut Stream) -> Result<Vec<usize>, NetworkError> {
        if let Some((row, factor)) = self.not_finite(potentials) {
            return Err(NetworkError::NotFinite { row, factor });
        }
        let mut tables = vec![0.0; self.table_len];
        let (mut messages, mut log_norm) = (vec![0.0; self.message_len], [0.0]);
        let mut peak = vec![0.0; (self.widest() + 1).max(2)];
        let mut work = Work { peak: &mut peak, n: 1 };
        self.load(potentials, &mut tables, 1);
        fused!(A => self.collect::<A>(&mut tables, &mut messages, &mut log_norm, &mut work))
            .map_err(|row| NetworkError::Impossible { row })?;
        let mut drawn = vec![0; self.cliques.len()];
        for (at, c) in self.cliques.iter().enumerate().rev() {
            let shared = c.parent.as_ref().map(|p| p.map[drawn[p.clique]]);
            let fits = |e: usize| shared.is_none_or(|s| c.own.map[e] == s);
            let logs = &tables[c.at..c.at + c.len];
            let top = (0..c.len).filter(|&e| fits(e)).fold(f64::NEG_INFINITY, |t, e| t.max(logs[e]));
            // A clique alone holds probabilities already.
            let weight = |e: usize| if c.alone { logs[e] } else { (logs[e] - top).exp() };
            let weights: Vec<f64> = (0..c.len).map(|e| if fits(e) { weight(e) } else { 0.0 }).collect();
            drawn[at] = random.categorical(&weights);
        }
        Ok(self.marginals.iter().map(|m| m.map[drawn[m.clique]] as usize).collect())
    }

    /// The first row, and its first factor, with a potential that is NaN or +∞.
    fn not_finite(&self, potentials: &[f64]) -> Option<(usize, usize)> {
        if reduce::all_finite(potentials) {
            return None;
        }
        let bad = |x: &f64| x.is_nan() || *x == f64::INFINITY;
        potentials.iter().position(bad).map(|i| {
            let (row, at) = (i / self.factor_len, i % self.factor_len);
            (row, self.factors.iter().position(|p| (p.at..p.at + p.len).contains(&at)).unwrap_or(0))
        })
    }

    /// All of some rows. The error is the first row of which nothing is possible.
    #[inline(always)]
    fn block<A: MulAdd>(
        &self,
        potentials: &mut [f64],
        singles: &mut [f64],
        log_norm: &mut [f64],
        scratch: &mut [f64],
    ) -> Result<(), usize> {
        let n = log_norm.len();
        let (by_factor, rest) = scratch.split_at_mut(self.factor_len * n);
        let (by_variable, rest) = rest.split_at_mut(self.marginal_len * n);
        let (tables, rest) = rest.split_at_mut(self.table_len * n);
        let (messages, rest) = rest.split_at_mut(self.message_len * n);
        let (now, rest) = rest.split_at_mut(self.widest() * n);
        let mut work = Work { peak: &mut rest[..(self.widest() + 1) * n], n };
        turn(potentials, n, self.factor_len, by_factor);
        self.load(by_factor, tables, n);
        self.collect::<A>(tables, messages, log_norm, &mut work)?;
        self.distribute::<A>(tables, messages, now, &mut work);
        for c in self.cliques.iter().filter(|c| !c.alone) {
            special::exp_slice_plain::<A>(&mut tables[c.at * n..][..c.len * n]);
        }
        for (out, by_number, projections) in
            [(potentials, by_factor, &self.factors), (singles, by_variable, &self.marginals)]
        {
            if out.is_empty() {
                continue;
            }
            by_number.fill(0.0);
            for p in projections {
                let clique = &self.cliques[p.clique];
                let to = &mut by_number[p.at * n..][..p.len * n];
                add_where(to, &tables[clique.at * n..][..clique.len * n], &p.map, n);
            }
            turn(by_number, by_number.len() / n.max(1), n, out);
        }
        Ok(())
    }

    #[inline(always)]
    fn load(&self, potentials: &[f64], tables: &mut [f64], n: usize) {
        tables.fill(0.0);
        for p in &self.factors {
            let (clique, from) = (&self.cliques[p.clique], &potentials[p.at * n..][..p.len * n]);
            for (x, &at) in tables[clique.at * n..][..clique.len * n].chunks_exact_mut(n).zip(&p.map) {
                for (x, add) in x.iter_mut().zip(&from[at as usize * n..]) {
                    *x += if *add < LN_ZERO { f64::NEG_INFINITY } else { *add };
                }
            }
        }
    }

    /// Each clique's message goes into its parent's table. Adds to the log normalisers; the error is a row of
    /// which nothing is possible.
    #[inline(always)]
    fn collect<A: MulAdd>(
        &self,
        tables: &mut [f64],
        messages: &mut [f64],
        z: &mut [f64],
        work: &mut Work<'_>,
    ) -> Result<(), usize> {
        let n = work.n;
        for c in &self.cliques {
            if c.alone {
                softmax::<A>(&mut tables[c.at * n..][..c.len * n], z, work)?;
                continue;
            }
            let message = &mut messages[c.own.at * n..][..c.own.len * n];
            log_sums::<A>(&tables[c.at * n..][..c.len * n], &c.own.map, message, work);
            let top = largest(message, work)?;
            for (z, top) in z.iter_mut().zip(top) {
                *z += top;
            }
            for x in message.chunks_exact_mut(n).chain(tables[c.at * n..][..c.len * n].chunks_exact_mut(n)) {
                for (x, top) in x.iter_mut().zip(top) {
                    *x -= top;
                }
            }
            if let Some(p) = &c.parent {
                let parent = &self.cliques[p.clique];
                add_from(&mut tables[parent.at * n..][..parent.len * n], message, &p.map, n);
            }
        }
        Ok(())
    }

    /// From the roots on, each table becomes its clique's log marginal: its parent's, where they meet, in
    /// place of the message it sent.
    #[inline(always)]
    fn distribute<A: MulAdd>(
        &self,
        tables: &mut [f64],
        messages: &[f64],
        now: &mut [f64],
        work: &mut Work<'_>,
    ) {
        let n = work.n;
        for c in self.cliques.iter().rev() {
            let Some(p) = &c.parent else { continue };
            let (sent, parent) = (&messages[p.at * n..][..p.len * n], &self.cliques[p.clique]);
            let now = &mut now[..p.len * n];
            log_sums::<A>(&tables[parent.at * n..][..parent.len * n], &p.map, now, work);
            for (now, sent) in now.iter_mut().zip(sent) {
                // What is impossible below is so already.
                *now = if *sent < LN_ZERO { 0.0 } else { *now - sent };
            }
            add_from(&mut tables[c.at * n..][..c.len * n], now, &c.own.map, n);
        }
    }
}

/// Room for some rows: the largest terms of a message, and the terms of one number of it.
struct Work<'a> {
    peak: &'a mut [f64],
    n: usize,
}

/// The largest number of each row; the error is a row of which nothing is possible.
#[inline(always)]
fn largest<'a>(numbers: &[f64], work: &'a mut Work<'_>) -> Result<&'a [f64], usize> {
    let top = &mut work.peak[..work.n];
    top.fill(f64::NEG_INFINITY);
    for x in numbers.chunks_exact(work.n) {
        for (top, x) in top.iter_mut().zip(x) {
            *top = if *x > *top { *x } else { *top };
        }
    }
    match top.iter().position(|t| *t < LN_ZERO) {
        Some(row) => Err(row),
        None => Ok(top),
    }
}

/// Probabilities from their logarithms; adds the normalisers to z.
#[inline(always)]
fn softmax<A: MulAdd>(table: &mut [f64], z: &mut [f64], work: &mut Work<'_>) -> Result<(), usize> {
    let n = work.n;
    let top = largest(table, work)?;
    for (z, top) in z.iter_mut().zip(top) {
        *z += top;
    }
    for x in table.chunks_exact_mut(n) {
        for (x, top) in x.iter_mut().zip(top) {
            *x -= top;
        }
    }
    special::exp_slice_plain::<A>(table);
    let (sum, inverse) = work.peak[..2 * n].split_at_mut(n);
    sum.fill(0.0);
    for x in table.chunks_exact(n) {
        for (sum, x) in sum.iter_mut().zip(x) {
            *sum += x;
        }
    }
    for (inverse, sum) in inverse.iter_mut().zip(&*sum) {
        *inverse = 1.0 / sum;
    }
    for x in table.chunks_exact_mut(n) {
        for (x, inverse) in x.iter_mut().zip(&*inverse) {
            *x *= inverse;
        }
    }
    special::ln_slice_plain::<A>(sum);
    for (z, sum) in z.iter_mut().zip(sum) {
        *z += *sum;
    }
    Ok(())
}

/// Rows of `width` numbers become columns of `rows`; four rows at a time, so that four numbers are written
/// side by side.
#[inline(always)]
fn turn(from: &[f64], rows: usize, width: usize, to: &mut [f64]) {
    const SIDE: usize = 4;
    if rows == 0 || width == 0 {
        return;
    }
    let whole = rows / SIDE * SIDE;
    for (i, four) in from[..whole * width].chunks_exact(SIDE * width).enumerate() {
        let (a, b) = four.split_at(2 * width);
        let ((a0, a1), (b0, b1)) = (a.split_at(width), b.split_at(width));
        for ((((to, a0), a1), b0), b1) in to.chunks_exact_mut(rows).zip(a0).zip(a1).zip(b0).zip(b1) {
            to[i * SIDE..][..SIDE].copy_from_slice(&[*a0, *a1, *b0, *b1]);
        }
    }
    for (i, row) in from.chunks_exact(width).take(rows).enumerate().skip(whole) {
        for (to, x) in to.chunks_exact_mut(rows).zip(row) {
            to[i] = *x;
        }
    }
}

/// Adds number e of `from` to number `map[e]` of `to`; each number is one of n rows.
#[inline(always)]
fn add_where(to: &mut [f64], from: &[f64], map: &[u32], n: usize) {
    for (x, &at) in from.chunks_exact(n).zip(map) {
        for (to, x) in to[at as usize * n..][..n].iter_mut().zip(x) {
            *to += x;
        }
    }
}

/// Adds number `map[e]` of `from` to number e of `to`.
#[inline(always)]
fn add_from(to: &mut [f64], from: &[f64], map: &[u32], n: usize) {
    for (to, &at) in to.chunks_exact_mut(n).zip(map) {
        for (to, x) in to.iter_mut().zip(&from[at as usize * n..]) {
            *to += x;
        }
    }
}

/// `out[s]` = ln Σ exp(table[e]) over the entries e that `map` sends to s, for each of n rows.
#[inline(always)]
fn log_sums<A: MulAdd>(table: &[f64], map: &[u32], out: &mut [f64], work: &mut Work<'_>) {
    let n = work.n;
    let (terms, peak) = work.peak.split_at_mut(n);
    let peak = &mut peak[..out.len()];
    peak.fill(f64::NEG_INFINITY);
    for (x, &at) in table.chunks_exact(n).zip(map) {
        for (p, x) in peak[at as usize * n..][..n].iter_mut().zip(x) {
            *p = if *x > *p { *x } else { *p };
        }
    }
    out.fill(0.0);
    for (x, &at) in table.chunks_exact(n).zip(map) {
        let at = at as usize * n;
        for ((term, x), p) in terms.iter_mut().zip(x).zip(&peak[at..]) {
            *term = if *x > LN_ZERO { x - p } else { f64::NEG_INFINITY };
        }
        special::exp_slice_plain::<A>(terms);
        for (o, term) in out[at..][..n].iter_mut().zip(&*terms) {
            *o += term;
        }
    }
    special::ln_slice_plain::<A>(out);
    // ln 0 = −∞ where nothing is possible, whatever the peak.
    for (o, p) in out.iter_mut().zip(&*peak) {
        *o = if *o > f64::NEG_INFINITY { p + *o } else { f64::NEG_INFINITY };
    }
}

/// For each entry of the row-major table over `from`, its entry in the table over `onto`, all of which stand
/// in `from`.
fn projection(sizes: &[usize], from: &[usize], onto: &[usize]) -> Vec<u32> {
    let stride = |v: usize| {
        onto.iter()
            .position(|&w| w == v)
            .map_or(0, |at| onto[at + 1..].iter().map(|&w| sizes[w]).product::<usize>())
    };
    from.iter().fold(vec![0], |map, &v| {
        let stride = stride(v);
        map.iter().flat_map(|&at: &u32| (0..sizes[v]).map(move |s| at + (s * stride) as u32)).collect()
    })
}

/// Neighbours of a variable past which its fill is not counted: as if none of them met.
const MANY: usize = 64;

/// Each variable's place in an order of least fill (then least table, then least index), and its neighbours
/// among those that come after.
fn eliminate(sizes: &[usize], mut near: Vec<BTreeSet<usize>>) -> (Vec<usize>, Vec<BTreeSet<usize>>) {
    let n = sizes.len();
    // A table's entries are a positive number: its bits stand in its order.
    let score = |near: &[BTreeSet<usize>], v: usize| -> (usize, u64) {
        let mine = &near[v];
        let entries =
            |all: &mut dyn Iterator<Item = usize>| -> f64 { all.map(|w| sizes[w] as f64).product() };
        if mine.len() > MANY {
            return (mine.len() * (mine.len() - 1) / 2, f64::INFINITY.to_bits());
        }
        let all: Vec<usize> = mine.iter().copied().collect();
        let missing = |(i, a): (usize, &usize)| all[i + 1..].iter().filter(|b| !near[*a].contains(b)).count();
        let fill: usize = all.iter().enumerate().map(missing).sum();
        (fill, entries(&mut all.iter().copied().chain([v])).to_bits())
    };
    let mut scores: Vec<_> = (0..n).map(|v| score(&near, v)).collect();
    let mut open: BTreeSet<((usize, u64), usize)> = scores.iter().copied().zip(0..).collect();
    let (mut position, mut later) = (vec![usize::MAX; n], vec![BTreeSet::new(); n]);
    for turn in 0..n {
        let Some((_, v)) = open.pop_first() else { break };
        position[v] = turn;
        let clique = std::mem::take(&mut near[v]);
        // What has other neighbours, or neighbours that have come to meet, has another score.
        let mut touched = clique.clone();
        for &a in &clique {
            near[a].remove(&v);
        }
        for &a in &clique {
            for &b in clique.range(a + 1..) {
                if near[a].insert(b) {
                    near[b].insert(a);
                    let (few, many) = if near[a].len() < near[b].len() { (a, b) } else { (b, a) };
                    touched.extend(near[few].iter().filter(|w| near[many].contains(w)));
                }
            }
        }
        for &a in &touched {
            open.remove(&(scores[a], a));
            scores[a] = score(&near, a);
            open.insert((scores[a], a));
        }
        later[v] = clique;
    }
    (position, later)
}

#[cfg(test)]
#[path = "junction_tree_tests.rs"]
mod tests;
