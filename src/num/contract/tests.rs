//! The compiled contraction against nested loops.

use super::*;
use proptest::prelude::*;

const A: Letter = 0;
const B: Letter = 1;
const C: Letter = 2;
const D: Letter = 3;

fn dense(axes: &[(Letter, usize)]) -> OperandShape {
    OperandShape::Dense(Axes(axes.to_vec()))
}

fn filled(len: usize, seed: u64) -> Vec<f64> {
    let mut s = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            s = s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (s >> 11) as f64 / (1u64 << 53) as f64 * 4.0 - 2.0
        })
        .collect()
}

/// Runs both and compares; `compiled` are the sizes at compile time, `sizes` at run time.
fn agree(
    compiled: &[usize],
    sizes: &[usize],
    varying: &[Letter],
    shapes: &[OperandShape],
    out: &Axes,
    codes: &[Vec<u32>],
) -> String {
    let c = Contraction::compile(compiled, varying, shapes, out);
    let arrays: Vec<Vec<f64>> = shapes
        .iter()
        .enumerate()
        .map(|(i, s)| match s {
            OperandShape::Dense(axes) => filled(axes.extent(sizes), i as u64 + 1),
            OperandShape::OneHot { .. } => vec![],
        })
        .collect();
    let operands: Vec<Operand<'_>> = shapes
        .iter()
        .enumerate()
        .map(|(i, s)| match s {
            OperandShape::Dense(_) => Operand::Dense(&arrays[i]),
            OperandShape::OneHot { .. } => Operand::Codes(&codes[i]),
        })
        .collect();
    let mut want = filled(out.extent(sizes), 99);
    let mut got = want.clone();
    // The scale of what is added up, for a tolerance that knows of cancellation.
    let absolute: Vec<Vec<f64>> = arrays.iter().map(|a| a.iter().map(|x| x.abs()).collect()).collect();
    let mut scale: Vec<f64> = want.iter().map(|x| x.abs()).collect();
    let positive: Vec<Operand<'_>> = operands
        .iter()
        .zip(&absolute)
        .map(|(o, a)| if let Operand::Dense(_) = o { Operand::Dense(a) } else { *o })
        .collect();
    reference(sizes, 1.7, shapes, &positive, &mut scale, out);
    reference(sizes, 1.7, shapes, &operands, &mut want, out);
    let mut scratch = vec![f64::NAN; c.scratch_len(sizes)];
    c.run(sizes, 1.7, &operands, &mut got, &mut scratch);
    for (i, ((g, w), s)) in got.iter().zip(&want).zip(&scale).enumerate() {
        assert!(
            (g - w).abs() <= 1e-12 * s,
            "element {i}: {g} for {w}\n{c}\n{shapes:?} → {out:?}, sizes {sizes:?}\n{c:?}"
        );
    }
    c.to_string()
}

#[test]
fn mixture_products_are_gemms() {
    let (n, s, k) = (100, 13, 7);
    let sizes = [n, s, k];
    let (x, r) = (dense(&[(A, s), (B, 1)]), dense(&[(A, k), (C, 1)]));
    let shown =
        agree(&sizes, &sizes, &[A], &[x.clone(), dense(&[(B, k), (C, 1)])], &Axes(vec![(A, k), (C, 1)]), &[]);
    assert!(shown.starts_with("gemm"), "{shown}");
    let shown = agree(&sizes, &[37, s, k], &[A], &[r, x], &Axes(vec![(C, s), (B, 1)]), &[]);
    assert!(shown.starts_with("gemm"), "{shown}");
}

#[test]
fn accumulates_outer_products_of_a_vector_with_itself() {
    let (n, d, k) = (200, 4, 3);
    let x = |l| dense(&[(A, d), (l, 1)]);
    let shapes = [x(B), x(D), dense(&[(A, k), (C, 1)]), dense(&[(A, 1)])];
    let shown =
        agree(&[n, d, k, d], &[20, d, k, d], &[A], &shapes, &Axes(vec![(C, d * d), (B, d), (D, 1)]), &[]);
    assert!(shown.contains("gemm"), "{shown}");
}

#[test]
fn a_lookup_gathers_and_scatters() {
    let (n, v, k) = (6, 4, 3);
    let codes = vec![3, 0, NO_LEVEL, 3, 1, 0];
    let hot = OperandShape::OneHot { row: A, level: B };
    let sizes = [n, v, k];
    let gather = [hot.clone(), dense(&[(B, k), (C, 1)])];
    assert_eq!(
        agree(&sizes, &sizes, &[A], &gather, &Axes(vec![(A, k), (C, 1)]), &[codes.clone(), vec![]]),
        "gather axpy c over a→b"
    );
    let scatter = [hot.clone(), dense(&[(A, k), (C, 1)])];
    assert_eq!(
        agree(&sizes, &sizes, &[A], &scatter, &Axes(vec![(B, k), (C, 1)]), &[codes.clone(), vec![]]),
        "scatter-add axpy c over a→b"
    );
    let score = [hot.clone(), dense(&[(B, k), (C, 1)]), dense(&[(A, k), (C, 1)])];
    assert_eq!(
        agree(&sizes, &sizes, &[A], &score, &Axes(vec![]), &[codes.clone(), vec![], vec![]]),
        "gather dot c over a→b"
    );
    let count = [hot.clone()];
    agree(&sizes, &sizes, &[A], &count, &Axes(vec![(B, 1)]), std::slice::from_ref(&codes));
    agree(&sizes, &sizes, &[A], &count, &Axes(vec![]), std::slice::from_ref(&codes));
    agree(&sizes, &sizes, &[A], &count, &Axes(vec![(A, v), (B, 1)]), &[codes]);
}

#[test]
fn two_lookups_on_one_row_make_no_table() {
    // A block model's edge: eta[z[from[e]], z[to[e]]], seen from the table.
    let (e, v, k) = (40, 5, 3);
    let sizes = [e, v, v, k];
    let hot = |level| OperandShape::OneHot { row: A, level };
    let codes: Vec<Vec<u32>> =
        vec![(0..e as u32).map(|i| i % 5).collect(), (0..e as u32).map(|i| i * 3 % 5).collect(), vec![]];
    let shown =
        agree(&sizes, &sizes, &[A], &[hot(B), hot(C), dense(&[(B, v), (C, 1)])], &Axes(vec![(A, 1)]), &codes);
    assert_eq!(shown, "gather multiply over a→b→c");
}

#[test]
fn lookups_follow_one_another_and_constrain_twice() {
    let (n, v, w) = (12, 4, 3);
    let sizes = [n, v, w];
    let hots = [OperandShape::OneHot { row: A, level: B }, OperandShape::OneHot { row: B, level: C }];
    let codes = |len: u32, of: u32| {
        (0..len).map(|i| if i % 7 == 5 { NO_LEVEL } else { i * i % of }).collect::<Vec<_>>()
    };
    let table = dense(&[(C, 1)]);
    let shapes = [hots[0].clone(), hots[1].clone(), table.clone()];
    agree(&sizes, &sizes, &[A], &shapes, &Axes(vec![(A, 1)]), &[codes(12, 4), codes(4, 3), vec![]]);
    agree(&sizes, &sizes, &[A], &shapes, &Axes(vec![(C, 1)]), &[codes(12, 4), codes(4, 3), vec![]]);
    agree(&sizes, &sizes, &[A], &shapes[..2], &Axes(vec![]), &[codes(12, 4), codes(4, 3)]);
    let twice = [hots[0].clone(), OperandShape::OneHot { row: C, level: B }];
    agree(&sizes, &sizes, &[A], &twice, &Axes(vec![(A, w), (C, 1)]), &[codes(12, 4), codes(3, 4)]);
}

#[test]
fn a_lookup_passes_over_what_it_does_not_pick() {
    // ln 0 is written −1e200: 0 × −1e200 must not be computed, nor an infinity be touched.
    let c = Contraction::compile(
        &[2, 3],
        &[],
        &[OperandShape::OneHot { row: A, level: B }, dense(&[(B, 1)])],
        &Axes(vec![(A, 1)]),
    );
    let (codes, table) = ([1, NO_LEVEL], [f64::NEG_INFINITY, -1.0, f64::NAN]);
    let mut out = [0.0; 2];
    c.run(&[2, 3], 1.0, &[Operand::Codes(&codes), Operand::Dense(&table)], &mut out, &mut []);
    assert_eq!(out, [-1.0, 0.0]);
}

#[test]
fn broadcasts_diagonals_and_unused_labels() {
    let sizes = [3, 4];
    agree(&sizes, &sizes, &[], &[dense(&[(A, 4), (A, 1)])], &Axes(vec![]), &[]);
    agree(&sizes, &sizes, &[], &[dense(&[(A, 1)])], &Axes(vec![(A, 4), (A, 1)]), &[]);
    agree(&sizes, &sizes, &[], &[dense(&[(A, 1), (B, 0)])], &Axes(vec![(A, 1)]), &[]);
    agree(&sizes, &sizes, &[], &[dense(&[(A, 1)])], &Axes(vec![(A, 4), (B, 1)]), &[]);
    agree(&sizes, &sizes, &[], &[], &Axes(vec![(A, 1)]), &[]);
    agree(&sizes, &sizes, &[], &[], &Axes(vec![]), &[]);
    agree(&sizes, &[0, 4], &[A], &[dense(&[(A, 4), (B, 1)])], &Axes(vec![(B, 1)]), &[]);
}

/// A random operand: letters in random order with random padding, or codes.
#[derive(Clone, Debug)]
enum Draw {
    Dense(Vec<(Letter, usize, bool)>),
    OneHot(Letter, Letter),
}

const LABELS: Letter = 6;

fn draw() -> impl Strategy<Value = Draw> {
    prop_oneof![
        3 => prop::collection::vec((0..LABELS, 1..3usize, prop::bool::weighted(0.08)), 0..4).prop_map(Draw::Dense),
        1 => (0..LABELS, 0..LABELS - 1).prop_map(|(row, step)| Draw::OneHot(row, (row + 1 + step) % LABELS)),
    ]
}

/// Strides for letters listed innermost first; the varying letter goes outermost.
fn strided(letters: &[(Letter, usize, bool)], sizes: &[usize], varying: Letter) -> Axes {
    let mut ordered: Vec<_> = letters
        .iter()
        .filter(|l| l.0 != varying)
        .chain(letters.iter().filter(|l| l.0 == varying))
        .copied()
        .collect();
    // A repeated varying letter would need a stride of its own size: keep one.
    while ordered.iter().filter(|l| l.0 == varying).count() > 1 {
        ordered.pop();
    }
    let mut stride = 1;
    Axes(
        ordered
            .into_iter()
            .map(|(l, pad, still)| {
                let s = if still { 0 } else { stride };
                stride *= if l == varying || still { 1 } else { sizes[l as usize] * pad };
                (l, s)
            })
            .collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn compiled_equals_reference(
        sizes in prop::collection::vec(prop_oneof![1 => Just(0usize), 2 => Just(1), 20 => 2..6usize], LABELS as usize),
        now in 0..8usize,
        drawn in prop::collection::vec(draw(), 1..5),
        out in prop::collection::vec((0..LABELS, 1..3usize, Just(false)), 0..4),
        seed in 0..1000u32,
        varying in 0..LABELS,
    ) {
        let mut run_sizes = sizes.clone();
        // A one-hot written out may not outgrow its size; anything else may.
        let lookups = drawn.iter().any(|d| matches!(d, Draw::OneHot(..)));
        run_sizes[varying as usize] = if lookups { now.min(sizes[varying as usize]) } else { now };
        let shapes: Vec<_> = drawn.iter().map(|d| match d {
            Draw::Dense(letters) => OperandShape::Dense(strided(letters, &sizes, varying)),
            Draw::OneHot(row, level) => OperandShape::OneHot { row: *row, level: *level },
        }).collect();
        let codes: Vec<Vec<u32>> = drawn.iter().enumerate().map(|(i, d)| match d {
            Draw::Dense(_) => vec![],
            Draw::OneHot(row, level) => {
                let levels = run_sizes[*level as usize] as u32;
                (0..run_sizes[*row as usize] as u32).map(|j| {
                    let x = (j + 1).wrapping_mul(2_654_435_761).wrapping_add(seed * 97 + i as u32) >> 7;
                    if levels == 0 || x % 6 == 0 { NO_LEVEL } else { x / 6 % levels }
                }).collect()
            }
        }).collect();
        agree(&sizes, &run_sizes, &[varying], &shapes, &strided(&out, &sizes, varying), &codes);
    }

    #[test]
    fn large_enough_for_gemm(m in 8..40usize, n in 8..40usize, k in 8..40usize, batch in 1..3usize, flip in 0..8u8) {
        let sizes = [m, n, k, batch];
        let lay = |rows: Letter, cols: Letter, flip: bool| {
            let letters = if flip { [D, cols, rows] } else { [D, rows, cols] };
            Axes::row_major(&letters, &sizes)
        };
        let shapes = [OperandShape::Dense(lay(A, C, flip & 1 > 0)), OperandShape::Dense(lay(C, B, flip & 2 > 0))];
        let shown = agree(&sizes, &sizes, &[], &shapes, &lay(A, B, flip & 4 > 0), &[]);
        if m * n * k >= 4096 {
            prop_assert!(shown.contains("gemm"), "{}", shown);
        }
    }
}

/// Speed of the two products of a mixture: `cargo test --release gemm_speed -- --ignored --nocapture`.
#[test]
#[ignore = "a timing"]
fn gemm_speed() {
    let time = |name: &str, sizes: &[usize], shapes: &[OperandShape], out: &Axes| {
        let c = Contraction::compile(sizes, &[A], shapes, out);
        let arrays: Vec<Vec<f64>> = shapes
            .iter()
            .map(|s| if let OperandShape::Dense(a) = s { filled(a.extent(sizes), 3) } else { vec![] })
            .collect();
        let codes: Vec<u32> =
            (0..sizes[0] as u32).map(|i| i.wrapping_mul(2_654_435_761) % sizes[1] as u32).collect();
        let operands: Vec<Operand<'_>> = shapes
            .iter()
            .zip(&arrays)
            .map(
                |(s, a)| {
                    if let OperandShape::Dense(_) = s { Operand::Dense(a) } else { Operand::Codes(&codes) }
                },
            )
            .collect();
        let (mut y, mut scratch) = (vec![0.0; out.extent(sizes)], vec![0.0; c.scratch_len(sizes)]);
        let work: f64 = sizes.iter().map(|&s| s as f64).product::<f64>()
            / if codes.is_empty() || matches!(shapes[0], OperandShape::Dense(_)) {
                1.0
            } else {
                sizes[1] as f64
            };
        let turns = (2e8 / work).ceil() as usize;
        c.run(sizes, 1.0, &operands, &mut y, &mut scratch);
        let start = std::time::Instant::now();
        for _ in 0..turns {
            c.run(sizes, 1.0, &operands, &mut y, &mut scratch);
        }
        println!(
            "{name} {sizes:?}: {:.2} GFLOP/s [{c}]",
            2.0 * work * turns as f64 / start.elapsed().as_nanos() as f64
        );
    };
    for (s, k) in [(153, 32), (14, 6), (5, 3), (3, 2), (2, 20), (65, 10)] {
        for n in [512, 1024, 2048] {
            let (x, r, eta) = (dense(&[(A, s), (B, 1)]), dense(&[(A, k), (C, 1)]), dense(&[(C, s), (B, 1)]));
            time("scores", &[n, s, k], &[x.clone(), eta], &Axes(vec![(A, k), (C, 1)]));
            time("statistics", &[n, s, k], &[r, x], &Axes(vec![(C, s), (B, 1)]));
        }
    }
    for k in [3, 16, 50] {
        let hot = OperandShape::OneHot { row: A, level: B };
        time(
            "gather",
            &[2048, 5000, k],
            &[hot.clone(), dense(&[(B, k), (C, 1)])],
            &Axes(vec![(A, k), (C, 1)]),
        );
        time("scatter", &[2048, 5000, k], &[hot, dense(&[(A, k), (C, 1)])], &Axes(vec![(B, k), (C, 1)]));
        time("rows", &[2048, k], &[dense(&[(A, k), (B, 1)]), dense(&[(A, 1)])], &Axes(vec![(A, k), (B, 1)]));
        time("dots", &[2048, k], &[dense(&[(A, k), (B, 1)]), dense(&[(A, k), (B, 1)])], &Axes(vec![(A, 1)]));
    }
}
