//! Networks of discrete variables, exactly, by a junction tree of bounded cliques: log potentials in, marginals and log norm out. Knows nothing of graphs or
//! of what the variables mean; evidence is a potential like any other.
//!
//! Variables are eliminated in the order of least fill (Koller and Friedman, "Probabilistic Graphical Models", section 9.4.3.2); cliques exchange messages
//! toward the root and back (section 10.3, belief update), all in log space, each message's largest entry moved into the log norm. A log potential under
//! −1e100 stands for ln 0: marginals there are exactly 0.

use crate::num::reduce;
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
                write!(f, "variables {} need a joint table of {entries} entries; {limit} are allowed", names.join(", "))
            }
            Self::Empty { variable } => write!(f, "variable {} has no states", variable + 1),
            Self::Factor { factor } => write!(f, "factor {} names no variable, an unknown one, or one twice", factor + 1),
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
            Self::NotFinite { row, factor } => write!(f, "a potential of factor {} is not a finite number in row {}", factor + 1, row + 1),
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
    /// Onto what it shares with its parent: its own side and the parent's. The root of a tree shares nothing with nothing.
    own: Projection,
    parent: Option<Projection>,
}

/// The junction tree of a network: everything but the numbers. Made once, used at every iteration and for every row.
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
    /// Plans for variables with `sizes` states each and factors over the variables listed, each table row-major in the order of its list.
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
            if list.is_empty() || list.iter().any(|&v| v >= n) || list.iter().collect::<BTreeSet<_>>().len() < list.len() {
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
            let held = hanging[v].iter().copied().find(|&c: &usize| later[sets[c].1].len() == later[v].len() + 1);
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
                return Err(TreeError::Clique { variables: set.into_iter().collect(), entries, limit: max_table });
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
            cliques.push(Clique { variables, at: table_len, len, own, parent });
            table_len += len;
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
        self.table_len + self.message_len + 2 * self.widest()
    }

    fn widest(&self) -> usize {
        self.cliques.iter().map(|c| c.own.len).max().unwrap_or(0)
    }

    /// Overwrites each row of log potentials (N × all factors' tables, one after another) by the factors' marginals, writes the variables' marginals (N × all
    /// sizes, one after another), and adds each row's log normaliser (nats) to its number in `log_norm` (N).
    ///
    /// # Errors
    /// If a row has no possible configuration, or a potential is NaN or +∞. The outputs are then of no use.
    pub fn run(&self, factors: &mut [f64], marginals: &mut [f64], log_norm: &mut [f64], scratch: &mut [f64]) -> Result<(), NetworkError> {
        let (tables, rest) = scratch.split_at_mut(self.table_len);
        let (messages, work) = rest.split_at_mut(self.message_len);
        let work = &mut work[..2 * self.widest()];
        let (now, peak) = work.split_at_mut(work.len() / 2);
        for (row, z) in log_norm.iter_mut().enumerate() {
            let potentials = &mut factors[row * self.factor_len..][..self.factor_len];
            let singles = &mut marginals[row * self.marginal_len..][..self.marginal_len];
            self.load(row, potentials, tables)?;
            let total = self.collect(tables, messages, peak).ok_or(NetworkError::Impossible { row })?;
            self.distribute(tables, messages, now, peak);
            tables.iter_mut().for_each(|x| *x = x.exp());
            for (out, projections) in [(potentials, &self.factors), (singles, &self.marginals)] {
                out.fill(0.0);
                for p in projections {
                    let clique = &self.cliques[p.clique];
                    let out = &mut out[p.at..][..p.len];
                    p.map.iter().zip(&tables[clique.at..][..clique.len]).for_each(|(&to, x)| out[to as usize] += x);
                }
            }
            *z += total;
        }
        Ok(())
    }

    fn load(&self, row: usize, potentials: &[f64], tables: &mut [f64]) -> Result<(), NetworkError> {
        tables.fill(0.0);
        for (factor, p) in self.factors.iter().enumerate() {
            let (clique, from) = (&self.cliques[p.clique], &potentials[p.at..][..p.len]);
            if from.iter().any(|x| x.is_nan() || *x == f64::INFINITY) {
                return Err(NetworkError::NotFinite { row, factor });
            }
            for (x, &at) in tables[clique.at..][..clique.len].iter_mut().zip(&p.map) {
                let add = from[at as usize];
                *x += if add < LN_ZERO { f64::NEG_INFINITY } else { add };
            }
        }
        Ok(())
    }

    /// Each clique's message goes into its parent's table. Returns the log normaliser, or nothing if nothing is possible.
    fn collect(&self, tables: &mut [f64], messages: &mut [f64], peak: &mut [f64]) -> Option<f64> {
        let mut z = 0.0;
        for c in &self.cliques {
            let message = &mut messages[c.own.at..][..c.own.len];
            log_sums(&tables[c.at..][..c.len], &c.own.map, message, peak);
            let top = reduce::max(message);
            if top < LN_ZERO {
                return None;
            }
            z += top;
            message.iter_mut().for_each(|x| *x -= top);
            tables[c.at..][..c.len].iter_mut().for_each(|x| *x -= top);
            if let Some(p) = &c.parent {
                let parent = &self.cliques[p.clique];
                tables[parent.at..][..parent.len].iter_mut().zip(&p.map).for_each(|(x, &at)| *x += message[at as usize]);
            }
        }
        Some(z)
    }

    /// From the roots on, each table becomes its clique's log marginal: its parent's, where they meet, in place of the message it sent.
    fn distribute(&self, tables: &mut [f64], messages: &[f64], now: &mut [f64], peak: &mut [f64]) {
        for c in self.cliques.iter().rev() {
            let Some(p) = &c.parent else { continue };
            let (sent, parent) = (&messages[p.at..][..p.len], &self.cliques[p.clique]);
            let now = &mut now[..p.len];
            log_sums(&tables[parent.at..][..parent.len], &p.map, now, peak);
            for (now, sent) in now.iter_mut().zip(sent) {
                // What is impossible below is so already.
                *now = if *sent < LN_ZERO { 0.0 } else { *now - sent };
            }
            tables[c.at..][..c.len].iter_mut().zip(&c.own.map).for_each(|(x, &at)| *x += now[at as usize]);
        }
    }
}

/// `out[s]` = ln Σ exp(table[e]) over the entries e that `map` sends to s.
fn log_sums(table: &[f64], map: &[u32], out: &mut [f64], peak: &mut [f64]) {
    let peak = &mut peak[..out.len()];
    peak.fill(f64::NEG_INFINITY);
    for (x, &at) in table.iter().zip(map) {
        let p = &mut peak[at as usize];
        *p = p.max(*x);
    }
    out.fill(0.0);
    for (x, &at) in table.iter().zip(map) {
        if *x > LN_ZERO {
            out[at as usize] += (x - peak[at as usize]).exp();
        }
    }
    // ln 0 = −∞ where nothing is possible, whatever the peak.
    out.iter_mut().zip(&*peak).for_each(|(o, p)| *o = if *o > 0.0 { p + o.ln() } else { f64::NEG_INFINITY });
}

/// For each entry of the row-major table over `from`, its entry in the table over `onto`, all of which stand in `from`.
fn projection(sizes: &[usize], from: &[usize], onto: &[usize]) -> Vec<u32> {
    let stride = |v: usize| onto.iter().position(|&w| w == v).map_or(0, |at| onto[at + 1..].iter().map(|&w| sizes[w]).product::<usize>());
    from.iter().fold(vec![0], |map, &v| {
        let stride = stride(v);
        map.iter().flat_map(|&at: &u32| (0..sizes[v]).map(move |s| at + (s * stride) as u32)).collect()
    })
}

/// Each variable's place in an order of least fill (then least table, then least index), and its neighbours among those that come after.
fn eliminate(sizes: &[usize], mut near: Vec<BTreeSet<usize>>) -> (Vec<usize>, Vec<BTreeSet<usize>>) {
    let n = sizes.len();
    let score = |near: &[BTreeSet<usize>], v: usize| {
        let all: Vec<usize> = near[v].iter().copied().collect();
        let missing = |(i, a): (usize, &usize)| all[i + 1..].iter().filter(|b| !near[*a].contains(b)).count();
        let fill: usize = all.iter().enumerate().map(missing).sum();
        (fill, all.iter().chain([&v]).map(|&w| sizes[w] as f64).product::<f64>())
    };
    let mut scores: Vec<_> = (0..n).map(|v| score(&near, v)).collect();
    let (mut position, mut later) = (vec![usize::MAX; n], vec![BTreeSet::new(); n]);
    for turn in 0..n {
        let open = (0..n).filter(|&v| position[v] == usize::MAX);
        let Some(v) = open.min_by(|&a, &b| scores[a].0.cmp(&scores[b].0).then(scores[a].1.total_cmp(&scores[b].1))) else { break };
        position[v] = turn;
        let clique = std::mem::take(&mut near[v]);
        let mut touched = clique.clone();
        for &a in &clique {
            near[a].remove(&v);
            near[a].extend(clique.iter().copied().filter(|&b| b != a));
            touched.extend(&near[a]);
        }
        touched.iter().for_each(|&a| scores[a] = score(&near, a));
        later[v] = clique;
    }
    (position, later)
}

#[cfg(test)]
#[path = "junction_tree_tests.rs"]
mod tests;
