//! What this machine can do at best, one thread: multiply-adds, memory, and elementary functions. The floors
//! of everything else.

use super::table;
use elbow::num::{peak, special};
use std::{hint::black_box, time::Instant};

/// Rates of one thread.
#[derive(Clone, Copy)]
pub struct Machine {
    /// Multiply-adds a second.
    pub madd: f64,
    /// Bytes a second, read from memory.
    pub read: f64,
    /// Bytes a second, read and written, in a cache.
    pub copy: f64,
    /// exp of so many numbers a second.
    pub exp: f64,
    /// ln of so many numbers a second.
    pub ln: f64,
}

/// The best time of a few runs, in seconds.
pub fn best(runs: usize, mut f: impl FnMut()) -> f64 {
    let once = |f: &mut dyn FnMut()| {
        let t = Instant::now();
        f();
        t.elapsed().as_secs_f64()
    };
    (0..runs).map(|_| once(&mut f)).fold(f64::INFINITY, f64::min)
}

impl Machine {
    /// Takes a moment.
    pub fn measure() -> Self {
        let (madd, read) = (peak::multiply_adds_per_second(), peak::bytes_per_second());
        let (from, mut to) = (vec![1.5; 8192], vec![0.0; 8192]);
        let copies = 2000;
        let t = best(5, || {
            for _ in 0..copies {
                black_box(&mut to).copy_from_slice(black_box(&from));
            }
        });
        let copy = (copies * from.len() * 16) as f64 / t;
        let rate = |f: fn(&mut [f64])| {
            let from: Vec<f64> = (0..4096).map(|i| 0.1 + i as f64 * 1e-3).collect();
            let mut x = from.clone();
            let one = |x: &mut Vec<f64>| {
                for _ in 0..200 {
                    x.copy_from_slice(black_box(&from));
                    f(x);
                }
            };
            (200 * from.len()) as f64 / best(5, || one(&mut x))
        };
        Self { madd, read, copy, exp: rate(special::exp_slice), ln: rate(special::ln_slice) }
    }

    /// The table.
    pub fn print(&self) {
        let row = |what: &str, rate: f64, unit: &str| {
            vec![what.into(), format!("{} G{unit}/s", table::short(rate / 1e9))]
        };
        table::print(
            "The machine, one thread",
            &["what", "rate"],
            &[
                row("multiply-adds", self.madd, ""),
                row("reading memory", self.read, "B"),
                row("copying in the cache (read and written)", self.copy, "B"),
                row("exp", self.exp, ""),
                row("ln", self.ln, ""),
            ],
        );
    }
}
