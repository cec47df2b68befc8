//! Discrete trees: log potentials in, marginals, summed pair marginals and log norm out; forward–backward
//! with another map. Knows nothing of graphs or of where the potentials come from.
//!
//! The sum–product algorithm (Pearl 1988, section 4.2; Bishop 2006, section 8.4.4), leaves to roots and back.
//! What a node and all below it say of the node's state is kept as logarithms; a message up is a product with
//! the exponentiated pair table, each row's largest entry moved out of it. On the way back the pair of a node
//! and the one above is q(above) times the conditional that the message up was summed from, so nothing is
//! divided by what could have vanished. Where a sum is lost to underflow, it is done again in log space. A
//! log potential under −1e100 stands for ln 0: marginals there are exactly 0.

use super::forward_backward::ChainError;
use crate::num::{reduce, special, stream::Stream};

/// Log potentials under this are ln 0.
const LN_ZERO: f64 = -1e100;

/// Sums smaller than this have lost digits.
const SAFE_SUM: f64 = 1e-280;

/// M pair tables made ready once an iteration and shared by all chunks.
#[derive(Clone, Debug, Default)]
pub struct TreeTables {
    k: usize,
    /// Log potentials, M×K×K, `[m][above][below]`; −∞ for ln 0.
    log: Vec<f64>,
    /// exp(log − row's largest).
    scaled: Vec<f64>,
    /// M×K: each row's largest log potential; 0 where the row is impossible.
    top: Vec<f64>,
}

impl TreeTables {
    /// States of a node.
    pub fn states(&self) -> usize {
        self.k
    }

    /// Takes M×K×K log potentials `[m][above][below]`; allocates only where it has not held as many before.
    pub fn prepare(&mut self, k: usize, pair: &[f64]) {
        self.k = k;
        self.log.clear();
        self.log.extend(pair.iter().map(|&x| if x < LN_ZERO { f64::NEG_INFINITY } else { x }));
        self.scaled.clone_from(&self.log);
        self.top.clear();
        for row in self.scaled.chunks_exact_mut(k.max(1)) {
            let top = reduce::max(row);
            let top = if top == f64::NEG_INFINITY { 0.0 } else { top };
            row.iter_mut().for_each(|x| *x -= top);
            self.top.push(top);
        }
        special::exp_slice(&mut self.scaled);
    }
}

/// The trees of one chunk.
#[derive(Debug)]
pub struct Trees<'a> {
    /// For each node, which table leads into it (not read at roots); none: table 0.
    pub pair_index: Option<&'a [u32]>,
    /// T×K log potentials, overwritten by the marginals.
    pub node: &'a mut [f64],
    /// For each node, the one above, which comes before it; `u32::MAX` at roots.
    pub above: &'a [u32],
}

/// How many `f64`s of scratch [`run`] takes for T nodes with K states.
pub fn scratch_len(nodes: usize, k: usize) -> usize {
    2 * nodes * k + 2 * k
}

/// Overwrites node potentials by marginals, adds Σ of the pair marginals into `pair_sums` (M×K×K) and the
/// trees' log normalisers into `log_norm` (nats).
///
/// # Errors
/// If no assignment is possible, or a potential is NaN or +∞. The outputs are then of no use.
pub fn run(
    tables: &TreeTables,
    trees: Trees<'_>,
    pair_sums: &mut [f64],
    log_norm: &mut f64,
    scratch: &mut [f64],
) -> Result<(), ChainError> {
    let k = tables.k;
    let Trees { pair_index, node, above } = trees;
    if k == 0 {
        return Ok(());
    }
    let count = above.len();
    let (below, rest) = scratch.split_at_mut(count * k);
    let (up, rest) = rest.split_at_mut(count * k);
    let (weights, rest) = rest.split_at_mut(k);
    let row = &mut rest[..k];
    let table = |t: usize| pair_index.map_or(0, |ix| ix[t] as usize);
    let bad = |x: &f64| x.is_nan() || *x == f64::INFINITY;
    for (step, (out, from)) in below.chunks_exact_mut(k).zip(node.chunks_exact(k)).enumerate() {
        if from.iter().any(bad) {
            return Err(ChainError::NotFinite { step });
        }
        out.iter_mut().zip(from).for_each(|(o, &x)| *o = if x < LN_ZERO { f64::NEG_INFINITY } else { x });
    }
    // Looked for in all tables at once, and by step only where there is something to find.
    let uses = |t: &usize| above[*t] != u32::MAX && tables.log[table(*t) * k * k..][..k * k].iter().any(bad);
    if tables.log.iter().any(bad)
        && let Some(step) = (0..count).find(uses)
    {
        return Err(ChainError::NotFinite { step });
    }

    // Up: each node's message into the one above.
    for t in (0..count).rev() {
        let (ahead, mine) = below.split_at_mut(t * k);
        let mine = &mut mine[..k];
        let top = reduce::max(mine);
        if top == f64::NEG_INFINITY {
            return Err(ChainError::Impossible { step: t });
        }
        if above[t] == u32::MAX {
            continue;
        }
        weights.iter_mut().zip(&*mine).for_each(|(w, x)| *w = x - top);
        special::exp_slice(weights);
        let message = &mut up[t * k..][..k];
        let at = table(t) * k;
        for (i, m) in message.iter_mut().enumerate() {
            let sum = reduce::dot(&tables.scaled[(at + i) * k..][..k], weights);
            *m = if sum > SAFE_SUM {
                tables.top[at + i] + top + sum.ln()
            } else {
                log_sum(&tables.log[(at + i) * k..][..k], mine)
            };
        }
        let parent = &mut ahead[above[t] as usize * k..][..k];
        parent.iter_mut().zip(&*message).for_each(|(p, m)| *p += m);
    }

    // Down: q(node above) times the conditional of the node.
    let mut total = 0.0;
    for t in 0..count {
        let mine = &below[t * k..][..k];
        let top = reduce::max(mine);
        weights.iter_mut().zip(mine).for_each(|(w, x)| *w = x - top);
        special::exp_slice(weights);
        if above[t] == u32::MAX {
            let sum = reduce::sum(weights);
            total += top + sum.ln();
            node[t * k..][..k].iter_mut().zip(&*weights).for_each(|(q, w)| *q = w / sum);
            continue;
        }
        let (ahead, now) = node.split_at_mut(t * k);
        let (parent, now) = (&ahead[above[t] as usize * k..][..k], &mut now[..k]);
        now.fill(0.0);
        let at = table(t) * k;
        for (i, &p) in parent.iter().enumerate().filter(|(_, p)| **p > 0.0) {
            let scaled = &tables.scaled[(at + i) * k..][..k];
            row.iter_mut().zip(scaled).zip(&*weights).for_each(|((r, a), w)| *r = a * w);
            let mut sum = reduce::sum(row);
            if sum <= SAFE_SUM {
                let m = up[t * k + i];
                row.iter_mut()
                    .zip(&tables.log[(at + i) * k..])
                    .zip(mine)
                    .for_each(|((r, a), x)| *r = (a + x - m).exp());
                sum = reduce::sum(row);
            }
            let share = p / sum;
            let sums = &mut pair_sums[(at + i) * k..][..k];
            for ((q, s), r) in now.iter_mut().zip(sums).zip(&*row) {
                *q += share * r;
                *s += share * r;
            }
        }
    }
    *log_norm += total;
    Ok(())
}

/// Draws a state for each node: messages from the leaves up, then from the roots down each node given the one
/// above. `node` is of no use afterwards.
///
/// # Errors
/// As [`run`].
pub fn draw(tables: &TreeTables, trees: Trees<'_>, random: &mut Stream) -> Result<Vec<usize>, ChainError> {
    let k = tables.k;
    let Trees { pair_index, node: below, above } = trees;
    let bad = |x: &f64| x.is_nan() || *x == f64::INFINITY;
    let table = |t: usize| &tables.log[pair_index.map_or(0, |ix| ix[t] as usize) * k * k..][..k * k];
    for (step, row) in below.chunks_exact_mut(k.max(1)).enumerate() {
        let leads = above[step] != u32::MAX;
        if row.iter().any(bad) || leads && table(step).iter().any(bad) {
            return Err(ChainError::NotFinite { step });
        }
        row.iter_mut().filter(|x| **x < LN_ZERO).for_each(|x| *x = f64::NEG_INFINITY);
    }
    for t in (0..above.len()).rev() {
        let (ahead, mine) = below.split_at_mut(t * k);
        let mine = &mine[..k];
        if reduce::max(mine) == f64::NEG_INFINITY {
            return Err(ChainError::Impossible { step: t });
        }
        if above[t] != u32::MAX {
            let parent = &mut ahead[above[t] as usize * k..][..k];
            parent.iter_mut().zip(table(t).chunks_exact(k)).for_each(|(p, row)| *p += log_sum(row, mine));
        }
    }
    let mut states = vec![0; above.len()];
    for t in 0..above.len() {
        let mut logs = below[t * k..][..k].to_vec();
        if above[t] != u32::MAX {
            let row = &table(t)[states[above[t] as usize] * k..][..k];
            logs.iter_mut().zip(row).for_each(|(l, x)| *l += x);
        }
        states[t] = random.log_categorical(&logs);
    }
    Ok(states)
}

/// ln Σ exp(a + b).
fn log_sum(a: &[f64], b: &[f64]) -> f64 {
    let top = a.iter().zip(b).fold(f64::NEG_INFINITY, |t, (x, y)| t.max(x + y));
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + a.iter().zip(b).map(|(x, y)| (x + y - top).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const K: usize = 3;
    /// A forest: two roots; the first tree branches.
    const ABOVE: [u32; 7] = [u32::MAX, 0, 0, 1, 1, u32::MAX, 5];

    struct Case {
        pair: Vec<f64>,
        node: Vec<f64>,
        index: Vec<u32>,
    }

    fn case(spread: f64) -> Case {
        let number = |i: usize| ((i * 37 + 11) % 23) as f64 / 23.0 * 2.0 - 1.0;
        Case {
            pair: (0..2 * K * K).map(|i| spread * number(i)).collect(),
            node: (0..ABOVE.len() * K).map(|i| spread * number(i + 50)).collect(),
            index: vec![0, 1, 0, 0, 1, 0, 1],
        }
    }

    /// log norm, marginals, summed pairs.
    type Answer = (f64, Vec<f64>, Vec<f64>);

    fn ran(c: &Case) -> Result<Answer, ChainError> {
        let mut tables = TreeTables::default();
        tables.prepare(K, &c.pair);
        let (mut node, mut pairs, mut z) = (c.node.clone(), vec![0.0; c.pair.len()], 0.0);
        let trees = Trees { pair_index: Some(&c.index), node: &mut node, above: &ABOVE };
        run(&tables, trees, &mut pairs, &mut z, &mut vec![0.0; scratch_len(ABOVE.len(), K)])?;
        Ok((z, node, pairs))
    }

    fn by_hand(c: &Case) -> Answer {
        let n = ABOVE.len();
        let states = |x: usize| (0..n).map(move |t| x / K.pow(t as u32) % K).collect::<Vec<_>>();
        let at = |t: usize, s: &[usize]| (c.index[t] as usize * K + s[ABOVE[t] as usize]) * K + s[t];
        let score = |s: &[usize]| -> f64 {
            (0..n)
                .map(|t| c.node[t * K + s[t]] + if ABOVE[t] == u32::MAX { 0.0 } else { c.pair[at(t, s)] })
                .sum()
        };
        let all: Vec<(Vec<usize>, f64)> =
            (0..K.pow(n as u32)).map(states).map(|s| (s.clone(), score(&s))).collect();
        let top = all.iter().map(|a| a.1).fold(f64::NEG_INFINITY, f64::max);
        let z = top + all.iter().map(|a| (a.1 - top).exp()).sum::<f64>().ln();
        let (mut node, mut pairs) = (vec![0.0; n * K], vec![0.0; c.pair.len()]);
        for (s, x) in &all {
            let p = (x - z).exp();
            for t in 0..n {
                node[t * K + s[t]] += p;
                if ABOVE[t] != u32::MAX {
                    pairs[at(t, s)] += p;
                }
            }
        }
        (z, node, pairs)
    }

    #[track_caller]
    fn same(c: &Case, within: f64) {
        let ((z, node, pairs), (wz, wn, wp)) = (ran(c).unwrap(), by_hand(c));
        assert!((z - wz).abs() <= within * wz.abs().max(1.0), "{z} {wz}");
        for (a, b) in node.iter().chain(&pairs).zip(wn.iter().chain(&wp)) {
            assert!((a - b).abs() <= within, "{a} {b}");
        }
    }

    #[test]
    fn equals_enumeration() {
        same(&case(1.0), 1e-13);
        same(&case(30.0), 1e-12);
    }

    #[test]
    fn potentials_far_apart_lose_nothing() {
        // Neither the tables' nor the nodes' own largest entries meet: what underflows in one is wanted by
        // the other.
        let mut c = case(1.0);
        for t in 0..ABOVE.len() {
            c.node[t * K] -= 900.0;
            c.node[t * K + 1] -= 1800.0;
        }
        for m in 0..2 * K {
            c.pair[m * K + 2] -= 3000.0;
        }
        same(&c, 1e-12);
    }

    #[test]
    fn impossible_is_exact() {
        let mut c = case(2.0);
        c.node[K + 1] = -1e200;
        c.pair[2] = -3e200;
        let (_, node, pairs) = ran(&c).unwrap();
        assert_eq!((node[K + 1], pairs[2]), (0.0, 0.0));
        same(&c, 1e-13);
        c.node[..K].fill(-1e200);
        assert_eq!(ran(&c), Err(ChainError::Impossible { step: 0 }));
        c.node[0] = f64::NAN;
        assert_eq!(ran(&c), Err(ChainError::NotFinite { step: 0 }));
    }

    #[test]
    fn the_gradient_of_the_log_norm_is_the_moments() {
        let c = case(1.5);
        let (_, node, pairs) = ran(&c).unwrap();
        let slope = |change: &dyn Fn(&mut Case, f64)| {
            let z = |by: f64| {
                let mut x = Case { pair: c.pair.clone(), node: c.node.clone(), index: c.index.clone() };
                change(&mut x, by);
                ran(&x).unwrap().0
            };
            (z(1e-5) - z(-1e-5)) / 2e-5
        };
        for (i, m) in node.iter().enumerate() {
            assert!((slope(&|x, by| x.node[i] += by) - m).abs() < 1e-8);
        }
        for (i, m) in pairs.iter().enumerate() {
            assert!((slope(&|x, by| x.pair[i] += by) - m).abs() < 1e-8);
        }
    }
}
