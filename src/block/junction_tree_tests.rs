//! Against enumeration, against central differences, and on a tree too large to enumerate.

use super::*;
use crate::num::stream::Stream;

#[derive(Clone)]
struct Case {
    sizes: Vec<usize>,
    factors: Vec<Vec<usize>>,
    /// One row of log potentials.
    logs: Vec<f64>,
}

struct Answer {
    factors: Vec<f64>,
    singles: Vec<f64>,
    z: f64,
}

impl Case {
    fn random(seed: u64, sizes: &[usize], factors: &[&[usize]], scale: f64) -> Self {
        let mut s = Stream::new(seed, "network", 0);
        let factors: Vec<_> = factors.iter().map(|f| f.to_vec()).collect();
        let len = factors.iter().map(|f| f.iter().map(|&v| sizes[v]).product::<usize>()).sum::<usize>();
        Self { sizes: sizes.to_vec(), factors, logs: (0..len).map(|_| scale * s.normal()).collect() }
    }

    fn run(&self) -> Result<Answer, NetworkError> {
        let tree = JunctionTree::new(&self.sizes, &self.factors, 1 << 16).expect("small cliques");
        let mut a =
            Answer { factors: self.logs.clone(), singles: vec![f64::NAN; self.sizes.iter().sum()], z: 0.0 };
        let mut z = [0.0];
        tree.run(&mut a.factors, &mut a.singles, &mut z, &mut vec![f64::NAN; tree.scratch_len()])?;
        a.z = z[0];
        Ok(a)
    }

    fn enumerated(&self) -> Answer {
        let total: usize = self.sizes.iter().product();
        let mut a = Answer {
            factors: vec![0.0; self.logs.len()],
            singles: vec![0.0; self.sizes.iter().sum()],
            z: 0.0,
        };
        for pass in 0..2 {
            let mut mass = 0.0;
            for configuration in 0..total {
                let mut rest = configuration;
                let x: Vec<usize> = self.sizes.iter().map(|s| (rest % s, rest /= s).0).collect();
                let (mut start, mut at, mut log) = (0, vec![], -a.z);
                for f in &self.factors {
                    at.push(start + f.iter().fold(0, |i, &v| i * self.sizes[v] + x[v]));
                    log += self.logs[at[at.len() - 1]];
                    start += f.iter().map(|&v| self.sizes[v]).product::<usize>();
                }
                let p = log.exp();
                mass += p;
                if pass == 1 {
                    at.iter().for_each(|&i| a.factors[i] += p);
                    let mut start = 0;
                    for (s, x) in self.sizes.iter().zip(&x) {
                        a.singles[start + x] += p;
                        start += s;
                    }
                }
            }
            a.z += mass.ln();
        }
        a
    }

    fn check(&self, what: &str) {
        let (got, want) = (self.run().expect("possible"), self.enumerated());
        assert!(
            (got.z - want.z).abs() < 1e-11 * want.z.abs().max(1.0),
            "log norm, {what}: {} is not {}",
            got.z,
            want.z
        );
        for (part, got, want) in
            [("factor", &got.factors, &want.factors), ("variable", &got.singles, &want.singles)]
        {
            for (i, (g, w)) in got.iter().zip(want).enumerate() {
                assert!((g - w).abs() < 1e-12, "{part} marginals, {what}, number {i}: {g} is not {w}");
            }
        }
    }
}

#[test]
fn equals_enumeration() {
    type Shape<'a> = (&'a str, &'a [usize], &'a [&'a [usize]]);
    let shapes: &[Shape<'_>] = &[
        ("one variable", &[3], &[&[0]]),
        ("no factors", &[3, 2], &[]),
        ("one factor, turned", &[3, 2, 4], &[&[2, 0, 1]]),
        ("a chain", &[2, 3, 4, 3, 2], &[&[0], &[0, 1], &[2, 1], &[2, 3], &[4, 3]]),
        ("a tree", &[2, 3, 2, 3, 2, 2], &[&[0, 1], &[0, 2], &[1, 3], &[1, 4], &[2, 5], &[5]]),
        ("a loop of four", &[3, 2, 3, 2], &[&[0, 1], &[1, 2], &[2, 3], &[3, 0]]),
        ("two parts and a loner", &[2, 3, 2, 2, 3], &[&[0, 1], &[2, 3]]),
        (
            "a family and two loops",
            &[2, 2, 3, 2, 2, 3],
            &[&[0, 1, 2], &[2, 3], &[3, 4], &[4, 5], &[5, 2], &[0, 5], &[2, 3]],
        ),
        (
            "a square grid",
            &[2; 9],
            &[
                &[0, 1],
                &[1, 2],
                &[3, 4],
                &[4, 5],
                &[6, 7],
                &[7, 8],
                &[0, 3],
                &[3, 6],
                &[1, 4],
                &[4, 7],
                &[2, 5],
                &[5, 8],
            ],
        ),
    ];
    for (what, sizes, factors) in shapes {
        for seed in 0..5 {
            Case::random(seed, sizes, factors, 1.5).check(&format!("{what}, seed {seed}"));
        }
    }
}

#[test]
fn impossible_configurations_stay_at_zero() {
    for seed in 0..20 {
        let mut case = Case::random(seed, &[3, 2, 3, 2], &[&[0, 1], &[1, 2], &[2, 3], &[3, 0]], 1.0);
        let mut s = Stream::new(seed, "zeros", 0);
        case.logs.iter_mut().filter(|_| s.uniform() < 0.3).for_each(|x| *x = f64::NEG_INFINITY);
        match case.run() {
            Ok(_) => case.check(&format!("seed {seed}")),
            Err(e) => {
                assert_eq!(e, NetworkError::Impossible { row: 0 });
                assert_eq!(case.enumerated().z, f64::NEG_INFINITY, "seed {seed}");
            }
        }
    }
}

#[test]
fn the_log_norm_has_the_marginals_as_its_gradient() {
    let case = Case::random(2, &[2, 3, 2, 3], &[&[0, 1], &[1, 2], &[2, 3], &[3, 0]], 1.0);
    let answer = case.run().expect("possible");
    for (i, want) in answer.factors.iter().enumerate() {
        let at = |by: f64| {
            let mut c = case.clone();
            c.logs[i] += by;
            c.run().expect("possible").z
        };
        let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((slope - want).abs() < 1e-9, "number {i}: {slope} is not {want}");
    }
}

#[test]
fn the_sprinkler_has_its_known_answers() {
    // Murphy's example (rain, sprinkler, wet grass, clouds): P(S = 1 | W = 1) = 0.4298, P(R = 1 | W = 1) =
    // 0.7079.
    let ln = |p: &[f64]| p.iter().map(|x| x.ln()).collect::<Vec<_>>();
    let tables = [
        ln(&[0.5, 0.5]),
        ln(&[0.5, 0.5, 0.9, 0.1]),
        ln(&[0.8, 0.2, 0.2, 0.8]),
        ln(&[1.0, 0.0, 0.1, 0.9, 0.1, 0.9, 0.01, 0.99]),
        ln(&[0.0, 1.0]),
    ];
    let case = Case {
        sizes: vec![2; 4],
        factors: vec![vec![0], vec![0, 1], vec![0, 2], vec![1, 2, 3], vec![3]],
        logs: tables.concat(),
    };
    let got = case.run().expect("possible");
    assert!((got.z - 0.6471f64.ln()).abs() < 1e-12, "{}", got.z);
    assert!(
        (got.singles[3] - 0.2781 / 0.6471).abs() < 1e-12 && (got.singles[5] - 0.4581 / 0.6471).abs() < 1e-12,
        "{:?}",
        got.singles
    );
}

#[test]
fn rows_are_independent_and_large_potentials_keep_their_digits() {
    let case = Case::random(4, &[2, 3, 2], &[&[0, 1], &[1, 2]], 1.0);
    let single = case.run().expect("possible");
    let tree = JunctionTree::new(&case.sizes, &case.factors, 100).expect("small cliques");
    let far: Vec<f64> = case.logs.iter().map(|x| x - 4000.0).collect();
    let (mut factors, mut singles, mut z) =
        ([case.logs.clone(), far].concat(), vec![0.0; 14], vec![1.0, 0.0]);
    tree.run(&mut factors, &mut singles, &mut z, &mut vec![0.0; tree.scratch_len()]).expect("possible");
    assert!((z[0] - 1.0 - single.z).abs() < 1e-13 && (z[1] + 8000.0 - single.z).abs() < 1e-11, "{z:?}");
    assert_eq!(singles[..7], single.singles);
    singles[7..].iter().zip(&single.singles).for_each(|(a, b)| assert!((a - b).abs() < 1e-11));
    factors[12..].iter().zip(&single.factors).for_each(|(a, b)| assert!((a - b).abs() < 1e-11));
}

#[test]
fn a_large_tree_has_pairs_for_cliques_and_its_known_norm() {
    // Each child is as its parent with probability 0.9; leaves are seen nowhere, so the norm is the root's
    // two states.
    let n = 2000;
    let factors: Vec<_> = (1..n).map(|v| vec![(v - 1) / 3, v]).collect();
    let tree = JunctionTree::new(&vec![2; n], &factors, 4).expect("pairs");
    assert!(tree.cliques().all(|c| c.len() == 2));
    assert_eq!(tree.cliques().count(), n - 1);
    assert_eq!(tree.table_len(), 4 * (n - 1));
    let mut logs = [0.9f64, 0.1, 0.1, 0.9].map(f64::ln).repeat(n - 1);
    let (mut singles, mut z) = (vec![0.0; 2 * n], [0.0]);
    tree.run(&mut logs, &mut singles, &mut z, &mut vec![0.0; tree.scratch_len()]).expect("possible");
    assert!((z[0] - 2f64.ln()).abs() < 1e-11, "{}", z[0]);
    assert!(singles.iter().all(|p| (p - 0.5).abs() < 1e-12));
    logs.chunks_exact(4).for_each(|t| assert!((t[0] - 0.45).abs() < 1e-12 && (t[1] - 0.05).abs() < 1e-12));
}

#[test]
fn refuses_what_it_cannot_carry() {
    let new = |sizes: &[usize], factors: &[&[usize]], limit| {
        JunctionTree::new(sizes, &factors.iter().map(|f| f.to_vec()).collect::<Vec<_>>(), limit)
            .map(|t| t.table_len())
    };
    let loops: &[&[usize]] = &[&[0, 1], &[1, 2], &[2, 3], &[3, 0]];
    assert_eq!(new(&[3, 3, 3, 3], loops, 27), Ok(54));
    let error = new(&[3, 3, 3, 3], loops, 26).expect_err("too large");
    assert!(
        matches!(&error, TreeError::Clique { variables, entries: 27.0, limit: 26 } if variables.len() == 3),
        "{error:?}"
    );
    assert_eq!(new(&[3, 0], &[], 9), Err(TreeError::Empty { variable: 1 }));
    for bad in [&[0, 2][..], &[1, 1], &[]] {
        assert_eq!(new(&[2, 2], &[&[0], bad], 9), Err(TreeError::Factor { factor: 1 }));
    }
    let mut case = Case::random(1, &[2, 2], &[&[0], &[0, 1]], 1.0);
    case.logs[3] = f64::NAN;
    assert_eq!(case.run().err(), Some(NetworkError::NotFinite { row: 0, factor: 1 }));
}
