//! Against enumeration, against central differences, and against a twin in log space.

use super::*;
use crate::num::stream::Stream;
use proptest::prelude::*;

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

    fn run(&self) -> Result<Answer, ChainError> {
        let mut tables = PairTables::default();
        tables.prepare(self.k, &self.pair);
        let mut a = Answer { node: self.node.clone(), pair: vec![0.0; self.pair.len()], z: 0.0 };
        let steps = self.node.len() / self.k;
        let mut scratch = vec![f64::NAN; scratch_len(steps, steps, self.k, self.pair.len() / self.k / self.k)];
        let chains = Chains { initial: Some(&self.initial), pair_index: self.index.as_deref(), node: &mut a.node, starts: &self.starts };
        run(&tables, chains, &mut a.pair, &mut a.z, &mut scratch)?;
        Ok(a)
    }

    /// Every sequence by the log-space twin.
    fn twin(&self) -> Answer {
        let mut tables = PairTables::default();
        tables.prepare(self.k, &self.pair);
        let k = self.k;
        let mut a = Answer { node: self.node.clone(), pair: vec![0.0; self.pair.len()], z: 0.0 };
        let table = |t: usize| self.index.as_ref().map_or(0, |ix| ix[t] as usize);
        for w in self.starts.windows(2).filter(|w| w[0] < w[1]) {
            let (lo, hi) = (w[0] as usize, w[1] as usize);
            let (mut x, mut y, mut v) = (vec![0.0; (hi - lo) * k], vec![0.0; (hi - lo) * k], vec![0.0; k]);
            let node = &mut a.node[lo * k..hi * k];
            a.z += in_logs(&tables, Some(&self.initial), &table, lo, node, &mut x, &mut y, &mut v, &mut a.pair).expect("possible");
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
                self.index.as_ref().map_or(0, |ix| ix[t] as usize) * k * k + state(code, t - 1) * k + state(code, t)
            };
            let weight = |code: usize| {
                let nodes: f64 = (lo..hi).map(|t| self.node[t * k + state(code, t)]).sum();
                self.initial[state(code, lo)] + nodes + (lo + 1..hi).map(|t| self.pair[pair_at(code, t)]).sum::<f64>()
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

/// Speed: `cargo test --release chain_speed -- --ignored --nocapture`.
#[test]
#[ignore = "a timing"]
fn chain_speed() {
    for (k, steps) in [(2, 10_000), (3, 10_000), (16, 10_000), (64, 2_000), (500, 50)] {
        let case = Case::random(8, k, &[steps], 1, 1.0);
        let mut tables = PairTables::default();
        let mut scratch = vec![0.0; scratch_len(steps as usize, steps as usize, k, 1)];
        let (mut pair, mut z, mut node) = (vec![0.0; k * k], 0.0, case.node.clone());
        let (start, turns) = (std::time::Instant::now(), 20);
        for _ in 0..turns {
            tables.prepare(k, &case.pair);
            node.copy_from_slice(&case.node);
            let chains = Chains { initial: Some(&case.initial), pair_index: None, node: &mut node, starts: &case.starts };
            run(&tables, chains, &mut pair, &mut z, &mut scratch).expect("possible");
        }
        println!("{k} states: {:.1} ns a step", start.elapsed().as_nanos() as f64 / f64::from(turns) / f64::from(steps));
    }
}
