//! The kernels under the jobs, each beside its floor. Also the rates that the floors of jobs are made of.

use super::{
    bare,
    machine::{Machine, best},
    table,
};
use elbow::num::{
    cholesky,
    contract::{Axes, Contraction, Operand, OperandShape},
    matmul::{Strides, gemm},
    special,
};
use std::hint::black_box;

/// Rows of a block that stays in the cache.
const BLOCK: usize = 1024;

fn dense(rows: usize, cols: usize) -> (Vec<f64>, Strides) {
    (
        (0..rows * cols).map(|i| ((i * 7) % 11) as f64 * 0.1).collect(),
        Strides { offset: 0, row: cols, col: 1 },
    )
}

/// Multiply-adds a second of a gate's two products, in blocks of rows: `n × s · s × k`, and `k × n · n × s`
/// back.
pub fn products(n: usize, s: usize, k: usize) -> [f64; 2] {
    let ((x, sx), (t, st)) = (dense(BLOCK, s), dense(s, k));
    let (r, sr) = dense(BLOCK, k);
    let blocks = (n / BLOCK).max(1);
    let (mut out, mut sum) = (vec![0.0; BLOCK * k], vec![0.0; k * s]);
    let across = Strides { offset: 0, row: 1, col: k };
    let there = best(5, || {
        for _ in 0..blocks {
            gemm(BLOCK, k, s, 1.0, black_box(&x), sx, &t, st, &mut out, sr);
        }
    });
    let back = best(5, || {
        for _ in 0..blocks {
            gemm(
                k,
                s,
                BLOCK,
                1.0,
                black_box(&r),
                across,
                &x,
                sx,
                &mut sum,
                Strides { offset: 0, row: s, col: 1 },
            );
        }
    });
    let madds = (blocks * BLOCK * s * k) as f64;
    [madds / there, madds / back]
}

/// A symmetric positive definite matrix.
fn spd(d: usize) -> Vec<f64> {
    (0..d * d).map(|k| if k / d == k % d { d as f64 } else { 1.0 / (1.0 + (k / d + k % d) as f64) }).collect()
}

/// d³ over the seconds that a Cholesky factor and an inverse of d × d take.
pub fn cholesky(d: usize) -> f64 {
    let (a, mut l, mut inverse) = (spd(d), vec![0.0; d * d], vec![0.0; d * d]);
    let t = best(20, || {
        l.copy_from_slice(black_box(&a));
        // Positive definite by construction.
        let _ = cholesky::factor(d, &mut l);
        cholesky::inverse(d, &l, &mut inverse);
        black_box(&inverse);
    });
    (d * d * d) as f64 / t
}

/// Prints the table.
pub fn print(machine: &Machine, quick: bool) {
    let n = if quick { 20_000 } else { 200_000 };
    let mut rows = vec![];
    let mut add = |name: String, work: String, t: f64, floor: f64| {
        rows.push(vec![name, work, table::seconds(t), table::seconds(floor), table::times(t, floor)]);
    };
    for (s, k) in [(153, 32), (15, 16), (3, 8), (50, 10)] {
        let rates = products(n, s, k);
        let madds = (n * s * k) as f64;
        for (way, rate) in
            [format!("product {n} × {s} · {s} × {k}"), format!("product {k} × {n} · {n} × {s}")]
                .into_iter()
                .zip(rates)
        {
            add(
                way,
                format!("{} M multiply-adds", table::short(madds / 1e6)),
                madds / rate,
                madds / machine.madd,
            );
        }
    }
    let (x, sx) = dense(BLOCK, 64);
    let mut sum = vec![0.0; 64 * 64];
    let blocks = n / BLOCK;
    let t = best(5, || {
        for _ in 0..blocks {
            gemm(
                64,
                64,
                BLOCK,
                1.0,
                black_box(&x),
                Strides { offset: 0, row: 1, col: 64 },
                &x,
                sx,
                &mut sum,
                Strides { offset: 0, row: 64, col: 1 },
            );
        }
    });
    let madds = (blocks * BLOCK * 64 * 64) as f64;
    // One triangle is enough.
    add(
        format!("XᵀX of {n} × 64"),
        format!("{} M multiply-adds", table::short(madds / 1e6)),
        t,
        0.5 * madds / machine.madd,
    );
    lookups(machine, n, &mut add);
    type Slice = fn(&mut [f64]);
    // A polynomial of each function to 10⁻¹³, the reduction of its argument with it.
    for (name, f, madds) in [
        ("exp", special::exp_slice as Slice, 16.0),
        ("ln", special::ln_slice as Slice, 18.0),
        ("digamma", special::digamma_slice as Slice, 40.0),
        ("ln Γ", special::ln_gamma_slice as Slice, 40.0),
    ] {
        let from: Vec<f64> = (0..4096).map(|i| 0.1 + i as f64 * 1e-2).collect();
        let mut x = from.clone();
        let t = best(5, || {
            for _ in 0..n / 4096 {
                x.copy_from_slice(black_box(&from));
                f(&mut x);
            }
        });
        let count = (n / 4096 * 4096) as f64;
        add(
            format!("{name} of {} numbers", count as usize),
            format!("about {madds} multiply-adds each"),
            t,
            count * madds / machine.madd,
        );
    }
    for d in [4usize, 16, 64] {
        let cube = (d * d * d) as f64;
        // A factor takes d³/6, the inverse d³/3.
        add(
            format!("Cholesky and inverse, {d} × {d}"),
            "d³/2 multiply-adds".into(),
            cube / cholesky(d),
            0.5 * cube / machine.madd,
        );
    }
    let steps = n / 2;
    let symbols: Vec<u8> = (0..steps).map(|t| ((t * 31) % 64) as u8).collect();
    let trans = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 0.7 } else { 0.02 }));
    let emit: Vec<[f64; 16]> =
        (0..64).map(|v| std::array::from_fn(|k| 0.01 + ((v * 5 + k * 3) % 17) as f64 / 100.0)).collect();
    let mut room = vec![];
    let (_, total) = bare::forward_backward::<16>(&trans, &emit, &symbols, &mut room);
    assert!(
        (total - (steps - 1) as f64).abs() < 1e-6 * steps as f64,
        "pair marginals sum to the number of pairs"
    );
    let t = best(3, || {
        _ = black_box(bare::forward_backward::<16>(&trans, &emit, black_box(&symbols), &mut room))
    });
    add(
        format!("bare forward–backward, {steps} × 16 states"),
        "3 K² multiply-adds a step".into(),
        t,
        steps as f64 * 768.0 / machine.madd,
    );
    let t = super::jobs::smoother(steps);
    // Two inverses' worth of products each way: eight products of 4 × 4 a step.
    add(
        format!("bare Kalman smoother, {steps} × 4"),
        "about 8 D³ multiply-adds a step".into(),
        t,
        steps as f64 * 512.0 / machine.madd,
    );
    table::print("Kernels, one thread", &["kernel", "work", "time", "floor", "of floor"], &rows);
}

/// A one-hot child: its product is a gather, the sum into its table a scatter-add.
fn lookups(machine: &Machine, n: usize, add: &mut impl FnMut(String, String, f64, f64)) {
    let (v, k) = (8000, 50);
    let codes: Vec<u32> = (0..BLOCK).map(|i| ((i * 7919) % v) as u32).collect();
    let (table, _) = dense(v, k);
    let (r, _) = dense(BLOCK, k);
    let sizes = [BLOCK, v, k];
    let one_hot = OperandShape::OneHot { row: 0, level: 1 };
    let (rows, levels) = (Axes::row_major(&[0, 2], &sizes), Axes::row_major(&[1, 2], &sizes));
    let gather =
        Contraction::compile(&sizes, &[0], &[one_hot.clone(), OperandShape::Dense(levels.clone())], &rows);
    let scatter = Contraction::compile(&sizes, &[0], &[one_hot, OperandShape::Dense(rows.clone())], &levels);
    let blocks = n / BLOCK;
    let bytes = (blocks * BLOCK * k * 8) as f64;
    let (mut out, mut sum) = (vec![0.0; BLOCK * k], vec![0.0; v * k]);
    for (name, c, from, to) in
        [("gather", &gather, &table, &mut out), ("scatter-add", &scatter, &r, &mut sum)]
    {
        let mut scratch = vec![0.0; c.scratch_len(&sizes)];
        let t = best(5, || {
            for _ in 0..blocks {
                c.run(
                    &sizes,
                    1.0,
                    &[Operand::Codes(black_box(&codes)), Operand::Dense(from)],
                    to,
                    &mut scratch,
                );
            }
        });
        // A row is read, one is read and written.
        add(
            format!("{name} of {n} rows of {k}, {v} levels"),
            "24 bytes a number".into(),
            t,
            3.0 * bytes / machine.copy,
        );
    }
}
