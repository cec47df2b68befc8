//! Against enumeration, against central differences, and against a twin in log space.

use super::{logs::in_logs, *};
use crate::num::{special, stream::Stream};
use proptest::prelude::*;
use std::ops::Range;

/// Arrays that say how many weights may be kept.
struct Given<'a> {
    arrays: Arrays<'a>,
    may_keep: usize,
}

impl WeightedSteps for Given<'_> {
    fn may_keep(&self) -> usize {
        self.may_keep
    }
    fn weights(&mut self, steps: Range<usize>, weights: &mut [f64]) -> Result<f64, ChainError> {
        self.arrays.weights(steps, weights)
    }
}

impl crate::block::steps::Steps for Given<'_> {
    fn natural(&mut self, steps: Range<usize>, eta: &mut [f64]) {
        self.arrays.natural(steps, eta);
    }
    fn take(&mut self, steps: Range<usize>, marginals: &[f64]) {
        let k = self.arrays.k;
        assert!(
            self.arrays.marginals[steps.start * k..steps.end * k].iter().all(|x| x.is_nan()),
            "steps are told once"
        );
        self.arrays.take(steps, marginals);
    }
}

struct Case {
    k: usize,
    initial: Vec<f64>,
    pair: Vec<f64>,
    index: Option<Vec<u32>>,
    node: Vec<f64>,
    starts: Vec<u32>,
}

#[derive(Debug)]
struct Answer {
    node: Vec<f64>,
    pair: Vec<f64>,
    z: f64,
}

impl Case {
    fn random(seed: u64, k: usize, lengths: &[u32], m: usize, scale: f64) -> Self {
        let mut s = Stream::new(seed, "chain", 0);
        let mut draw = |n: usize| (0..n).map(|_| scale * s.normal()).collect::<Vec<_>>();
        let mut starts = vec![0];
        lengths.iter().for_each(|l| starts.push(starts[starts.len() - 1] + l));
        let steps = starts[lengths.len()] as usize;
        let (initial, pair, node) = (draw(k), draw(m * k * k), draw(steps * k));
        let index = (m > 1).then(|| (0..steps as u32).map(|t| t * 7 % m as u32).collect());
        Self { k, initial, pair, index, node, starts }
    }

    /// The log potentials of steps, those of first steps with the initial ones.
    fn logs(&self) -> Vec<f64> {
        let mut node = self.node.clone();
        for w in self.starts.windows(2).filter(|w| w[0] < w[1]) {
            node[w[0] as usize * self.k..].iter_mut().zip(&self.initial).for_each(|(x, a)| *x += a);
        }
        node
    }

    fn run(&self) -> Result<Answer, ChainError> {
        self.run_as(Layout::new(self.k), WEIGHTS)
    }

    fn run_as(&self, layout: Layout, may_keep: usize) -> Result<Answer, ChainError> {
        let mut tables = PairTables::default();
        tables.prepare(self.k, &self.pair);
        let mut a =
            Answer { node: vec![f64::NAN; self.node.len()], pair: vec![0.0; self.pair.len()], z: 0.0 };
        let chains = Chains { pair_index: self.index.as_deref(), starts: &self.starts, cuts: &[] };
        let logs = self.logs();
        let mut steps = Given { arrays: Arrays { k: self.k, logs: &logs, marginals: &mut a.node }, may_keep };
        run_laid_out(layout, &tables, chains, &mut steps, &mut a.pair, &mut a.z, &mut Scratch::default())?;
        Ok(a)
    }

    /// Every sequence by the log-space twin.
    fn twin(&self) -> Answer {
        let mut tables = PairTables::default();
        tables.prepare(self.k, &self.pair);
        let mut a = Answer { node: self.node.clone(), pair: vec![0.0; self.pair.len()], z: 0.0 };
        let logs = self.logs();
        for w in self.starts.windows(2).filter(|w| w[0] < w[1]) {
            let (lo, hi) = (w[0] as usize, w[1] as usize);
            let mut steps = Arrays { k: self.k, logs: &logs, marginals: &mut a.node };
            a.z += in_logs(&tables, self.index.as_deref(), (lo, hi, hi), &mut steps, &mut a.pair)
                .expect("possible");
        }
        a
    }

    /// Every path written out.
    fn enumerate(&self) -> Answer {
        let k = self.k;
        let mut a = Answer { node: vec![0.0; self.node.len()], pair: vec![0.0; self.pair.len()], z: 0.0 };
        for w in self.starts.windows(2).filter(|w| w[0] < w[1]) {
            let (lo, hi) = (w[0] as usize, w[1] as usize);
            let paths = k.pow((hi - lo) as u32);
            let state = |code: usize, t: usize| code / k.pow((t - lo) as u32) % k;
            let pair_at = |code: usize, t: usize| {
                self.index.as_ref().map_or(0, |ix| ix[t] as usize) * k * k
                    + state(code, t - 1) * k
                    + state(code, t)
            };
            let weight = |code: usize| {
                let nodes: f64 = (lo..hi).map(|t| self.node[t * k + state(code, t)]).sum();
                self.initial[state(code, lo)]
                    + nodes
                    + (lo + 1..hi).map(|t| self.pair[pair_at(code, t)]).sum::<f64>()
            };
            let weights: Vec<f64> = (0..paths).map(weight).collect();
            let z = special::log_sum_exp(&weights);
            a.z += z;
            for (code, w) in weights.iter().enumerate() {
                let p = (w - z).exp();
                (lo..hi).for_each(|t| a.node[t * k + state(code, t)] += p);
                (lo + 1..hi).for_each(|t| a.pair[pair_at(code, t)] += p);
            }
        }
        a
    }
}

fn same(got: &Answer, want: &Answer, tolerance: f64) {
    assert!((got.z - want.z).abs() <= tolerance * want.z.abs().max(1.0), "log norm {} for {}", got.z, want.z);
    for (name, g, w) in [("node", &got.node, &want.node), ("pair", &got.pair, &want.pair)] {
        for (i, (g, w)) in g.iter().zip(w).enumerate() {
            assert!((g - w).abs() <= tolerance * w.abs().max(1.0), "{name} {i}: {g} for {w}");
        }
    }
}

proptest! {
    #[test]
    fn equals_enumeration(
        seed in 0..10_000u64,
        k in 1..4usize,
        lengths in prop::collection::vec(0..6u32, 1..4),
        m in 1..3usize,
        scale in prop_oneof![Just(1.0), Just(30.0), Just(500.0)],
        zeros in prop::collection::vec(0..1000usize, 0..3),
    ) {
        let mut case = Case::random(seed, k, &lengths, m, scale);
        for z in zeros {
            let at = z % case.pair.len();
            case.pair[at] = -1e200;
        }
        let want = case.enumerate();
        match case.run() {
            Ok(got) => same(&got, &want, 1e-10),
            Err(e) => prop_assert!(want.z < -1e100, "{e} though log norm is {}", want.z),
        }
    }
}

/// Weights that underflow at the first step, of the states that the later ones want: the messages meet in 1
/// all the same.
#[test]
fn a_first_step_against_all_others_is_not_lost() {
    let case = Case::random(3464, 2, &[4], 2, 500.0);
    same(&case.run().expect("possible"), &case.enumerate(), 1e-10);
}

#[test]
fn marginals_are_the_gradient_of_the_log_norm() {
    let case = Case::random(5, 3, &[4, 1, 3], 2, 1.0);
    let a = case.run().expect("possible");
    let h = 1e-5;
    let slope = |change: &dyn Fn(&mut Case, f64)| {
        let z = |h| {
            let mut c = Case::random(5, 3, &[4, 1, 3], 2, 1.0);
            change(&mut c, h);
            c.run().expect("possible").z
        };
        (z(h) - z(-h)) / (2.0 * h)
    };
    for i in 0..case.node.len() {
        assert!((slope(&|c, h| c.node[i] += h) - a.node[i]).abs() < 1e-8, "node {i}");
    }
    for i in 0..case.pair.len() {
        assert!((slope(&|c, h| c.pair[i] += h) - a.pair[i]).abs() < 1e-8, "pair {i}");
    }
}

#[test]
fn an_impossible_transition_has_a_zero_that_survives_ln_zero() {
    let mut case = Case::random(3, 3, &[6, 2], 1, 1.0);
    case.pair[1] = -1e200;
    case.node[4] = -1e200;
    let a = case.run().expect("possible");
    same(&a, &case.enumerate(), 1e-12);
    assert_eq!((a.pair[1], a.node[4]), (0.0, 0.0));
    assert_eq!(a.pair[1] * -1e200 + a.node[4] * -1e200, 0.0);
}

#[test]
fn impossible_evidence_names_its_step() {
    let mut case = Case::random(3, 2, &[3, 4], 1, 1.0);
    case.pair.copy_from_slice(&[0.0, -1e200, -1e200, 0.0]);
    case.node[8] = -1e200;
    case.node[11] = -1e200;
    assert_eq!(case.run().map(|a| a.z), Err(ChainError::Impossible { step: 5 }));
    case.node[11] = f64::NAN;
    assert_eq!(case.run().map(|a| a.z), Err(ChainError::NotFinite { step: 5 }));
}

#[test]
fn evidence_that_turns_after_a_thousand_nats_is_not_lost() {
    // Two states that never change: the first leads by 1000 nats, then the second by 2000.
    let mut case = Case::random(3, 2, &[4], 1, 0.0);
    case.pair.copy_from_slice(&[0.0, -1e200, -1e200, 0.0]);
    case.node.copy_from_slice(&[0.0, -500.0, 0.0, -500.0, -1000.0, 0.0, -1000.0, 0.0]);
    let a = case.run().expect("possible");
    assert!((a.z + 1000.0).abs() < 1e-9 && a.node[1] == 1.0 && a.pair[3] == 3.0, "{a:?}");
    // A row whose potentials span more than exp can hold.
    case.pair.copy_from_slice(&[0.0, -900.0, -900.0, 0.0]);
    case.node.copy_from_slice(&[0.0, -5000.0, 0.0, -5000.0, -5000.0, 0.0, -5000.0, 0.0]);
    same(&case.run().expect("possible"), &case.enumerate(), 1e-12);
}

#[test]
fn twenty_thousand_steps_and_five_hundred_states() {
    let case = Case::random(8, 3, &[20_000], 1, 2.0);
    same(&case.run().expect("possible"), &case.twin(), 1e-9);
    let case = Case::random(9, 500, &[50], 1, 2.0);
    let a = case.run().expect("possible");
    same(&a, &case.twin(), 1e-9);
    assert!((a.pair.iter().sum::<f64>() - 49.0).abs() < 1e-9);
}

/// However sequences are grouped and whatever is kept, the marginals have the same bits; sums over sequences
/// differ by their order.
#[test]
fn layouts_do_not_matter() {
    for (k, m) in [(1, 1), (3, 1), (3, 2), (16, 1), (16, 3), (21, 1)] {
        let case = Case::random(11, k, &[40, 7, 0, 23, 1, 40, 5, 8, 9, 31], m, 2.0);
        let plain = case
            .run_as(Layout { block: 1000, kept: usize::MAX, together: 1, portable: false }, 1)
            .expect("possible");
        same(&plain, &case.twin(), 1e-12);
        for together in 1..=4 {
            for (block, kept) in [(1, 0), (3, 0), (8, usize::MAX), (8, 1), (64, 0)] {
                for may_keep in [0, 1, 40 * 16, usize::MAX] {
                    let a = case
                        .run_as(Layout { block, kept, together, portable: false }, may_keep)
                        .expect("possible");
                    assert!(
                        a.node == plain.node,
                        "{k} states, {together} together, block {block}, kept {kept}"
                    );
                    same(&a, &plain, 1e-13);
                }
                // Vectors or none: products are rounded once or twice.
                let a = case.run_as(Layout { block, kept, together, portable: true }, 1).expect("possible");
                same(&a, &plain, 1e-13);
            }
        }
    }
}

/// A sequence that is lost to underflow on the way back keeps what it was told before, and its neighbours
/// notice nothing.
#[test]
fn a_lost_sequence_is_done_again_from_where_it_was_lost() {
    let mut case = Case::random(3, 2, &[30, 40, 12], 1, 1.0);
    case.pair.copy_from_slice(&[0.0, -1e200, -1e200, 0.0]);
    // In the second sequence one state leads by 600 nats, and the last step but ten wants the other.
    for t in 30..70 {
        case.node[2 * t] = if t < 50 { 0.0 } else { 0.3 };
        case.node[2 * t + 1] = if t < 50 { -100.0 } else { -0.1 };
    }
    case.node[2 * 60] = -3000.0;
    let want = case.twin();
    for together in 1..=3 {
        for (block, kept) in [(4, 0), (7, usize::MAX), (100, usize::MAX)] {
            same(
                &case.run_as(Layout { block, kept, together, portable: false }, 1).expect("possible"),
                &want,
                1e-12,
            );
        }
    }
}

impl Case {
    /// Its sequences in pieces, cut at these steps if at least so many steps are looked at on each side; also
    /// which were cut.
    fn in_pieces(
        &self,
        places: &[u32],
        within: usize,
        layout: Layout,
    ) -> (Result<Answer, ChainError>, Vec<u32>) {
        let mut tables = PairTables::default();
        tables.prepare(self.k, &self.pair);
        let mut a =
            Answer { node: vec![f64::NAN; self.node.len()], pair: vec![0.0; self.pair.len()], z: 0.0 };
        let logs = self.logs();
        let mut steps =
            Given { arrays: Arrays { k: self.k, logs: &logs, marginals: &mut a.node }, may_keep: 1 };
        let index = self.index.as_deref();
        let mut found = vec![];
        for &at in places {
            let i = self.starts.partition_point(|s| *s <= at);
            let sequence = self.starts[i - 1] as usize..self.starts[i] as usize;
            let near = (at as usize).saturating_sub(within).max(sequence.start)
                ..(at as usize + within).min(sequence.end);
            if let (Some(cut), _) = cut(&tables, index, at as usize, near, &mut steps).expect("possible") {
                found.push((at, cut));
            }
        }
        let mut all: Vec<(u32, Option<&Cut>)> = self.starts.iter().map(|s| (*s, None)).collect();
        all.extend(found.iter().map(|(at, cut)| (*at, Some(cut))));
        all.sort_by_key(|x| x.0);
        let (starts, cuts): (Vec<u32>, Vec<Option<&Cut>>) = all.into_iter().unzip();
        let chains = Chains { pair_index: index, starts: &starts, cuts: &cuts };
        let done =
            run_laid_out(layout, &tables, chains, &mut steps, &mut a.pair, &mut a.z, &mut Scratch::default());
        (done.map(|()| a), found.into_iter().map(|x| x.0).collect())
    }
}

#[test]
fn pieces_give_what_the_sequence_gives() {
    for (k, m, scale) in [(1, 1, 1.0), (3, 1, 2.0), (3, 2, 2.0), (12, 1, 1.0), (16, 3, 2.0), (21, 1, 1.0)] {
        let case = Case::random(17, k, &[700, 9, 400], m, scale);
        let places = [150, 310, 500, 900];
        let want = case.run().expect("possible");
        for (block, kept, together) in
            [(64, usize::MAX, 4), (64, 0, 4), (7, 0, 2), (1000, usize::MAX, 1), (1, 0, 3)]
        {
            let (got, cuts) = case.in_pieces(&places, 150, Layout { block, kept, together, portable: false });
            assert_eq!(cuts, places, "{k} states");
            same(&got.expect("possible"), &want, 1e-12);
        }
    }
}

/// States that are never left, or left too seldom, are not forgotten.
#[test]
fn what_is_not_forgotten_is_not_cut() {
    let mut case = Case::random(3, 2, &[400], 1, 0.1);
    case.pair.copy_from_slice(&[0.0, -1e200, -1e200, 0.0]);
    assert_eq!(case.in_pieces(&[200], 200, Layout::new(2)).1, [0; 0]);
    case.pair.copy_from_slice(&[0.0, -6.0, -6.0, 0.0]);
    assert_eq!(case.in_pieces(&[200], 200, Layout::new(2)).1, [0; 0]);
    case.pair.copy_from_slice(&[0.0, -1.0, -1.0, 0.0]);
    assert_eq!(case.in_pieces(&[200], 200, Layout::new(2)).1, [200]);
    assert_eq!(case.in_pieces(&[200], 10, Layout::new(2)).1, [0; 0], "ten steps are too few");
    // A state that steps near the cut exclude, but earlier ones may have left.
    case.pair.copy_from_slice(&[0.0, -400.0, -1.0, 0.0]);
    assert_eq!(case.in_pieces(&[200], 200, Layout::new(2)).1, [0; 0]);
}

/// The message at the cut has all but excluded a state, by more than is kept of it, and the steps that follow
/// insist on it: a piece can't know, and says so.
#[test]
fn a_piece_that_has_lost_what_is_wanted_says_so() {
    let mut case = Case::random(3, 3, &[400], 2, 1.0);
    // The second table, in three steps from the cut on, lets no state change.
    (0..9).for_each(|e| case.pair[9 + e] = if e % 4 == 0 { 0.0 } else { -1e200 });
    case.index = Some((0..400).map(|t| u32::from((200..203).contains(&t))).collect());
    for against in [-20.0, -70.0, -250.0] {
        // Exactly as much for the other states as against the first.
        case.node[3 * 199..3 * 200].copy_from_slice(&[3.0 * against, 0.0, 0.0]);
        (200..203).for_each(|t| case.node[3 * t..3 * t + 3].copy_from_slice(&[0.0, against, against]));
        let want = case.twin();
        assert!(want.node[3 * 199] > 0.01 && want.node[3 * 199] < 0.99, "all states count");
        same(&case.run().expect("possible"), &want, 1e-11);
        let (got, cuts) = case.in_pieces(&[200], 60, Layout::new(3));
        assert_eq!(cuts, [200]);
        if against == -20.0 {
            same(&got.expect("nothing is lost"), &want, 1e-11);
        } else {
            assert_eq!(got.expect_err("lost"), ChainError::Cut);
        }
    }
}

/// Speed: `cargo test --release chain_speed -- --ignored --nocapture`.
#[test]
#[ignore = "a timing"]
fn chain_speed() {
    for (k, steps, count) in [
        (2, 10_000, 1),
        (2, 10_000, 4),
        (3, 10_000, 1),
        (16, 10_000, 1),
        (16, 10_000, 4),
        (16, 100_000, 1),
        (64, 2_000, 1),
        (500, 50, 1),
    ] {
        let case = Case::random(8, k, &vec![steps; count], 1, 1.0);
        let mut tables = PairTables::default();
        let mut scratch = Scratch::default();
        let (mut pair, mut z, mut node) = (vec![0.0; k * k], 0.0, case.node.clone());
        let (start, turns) = (std::time::Instant::now(), 10);
        for _ in 0..turns {
            tables.prepare(k, &case.pair);
            let chains = Chains { pair_index: None, starts: &case.starts, cuts: &[] };
            let mut steps = Arrays { k, logs: &case.node, marginals: &mut node };
            run(&tables, chains, &mut steps, &mut pair, &mut z, &mut scratch).expect("possible");
        }
        println!(
            "{k} states, {count} × {steps}: {:.1} ns a step",
            start.elapsed().as_nanos() as f64 / f64::from(turns) / f64::from(steps) / count as f64
        );
    }
}
