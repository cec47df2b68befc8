//! Tables for the benchmark, simulated from fixed seeds and written as CSV.

use elbow::num::stream::Stream;
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

/// A table on its way to a file.
struct Csv(BufWriter<File>);

impl Csv {
    fn create(path: &Path, head: &[String]) -> std::io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        writeln!(out, "{}", head.join(","))?;
        Ok(Self(out))
    }
    fn row(&mut self, first: Option<usize>, numbers: &[f64]) -> std::io::Result<()> {
        if let Some(i) = first {
            write!(self.0, "{i}{}", if numbers.is_empty() { "" } else { "," })?;
        }
        for (i, x) in numbers.iter().enumerate() {
            write!(self.0, "{}{x:.6}", if i > 0 { "," } else { "" })?;
        }
        writeln!(self.0)
    }
    fn whole(&mut self, numbers: &[usize]) -> std::io::Result<()> {
        for (i, x) in numbers.iter().enumerate() {
            write!(self.0, "{}{x}", if i > 0 { "," } else { "" })?;
        }
        writeln!(self.0)
    }
    fn done(mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn normals(s: &mut Stream, n: usize, sd: f64) -> Vec<f64> {
    (0..n).map(|_| sd * s.normal()).collect()
}

fn names(letter: &str, n: usize) -> Vec<String> {
    (1..=n).map(|i| format!("{letter}{i}")).collect()
}

/// A row of cumulative sums, and where a uniform number falls in it.
struct Cumulative(Vec<f64>);

impl Cumulative {
    fn new(p: &[f64]) -> Self {
        let mut sum = 0.0;
        Self(
            p.iter()
                .map(|x| {
                    sum += x;
                    sum
                })
                .collect(),
        )
    }
    fn draw(&self, s: &mut Stream) -> usize {
        let u = s.uniform() * self.0.last().copied().unwrap_or(1.0);
        self.0.partition_point(|c| *c <= u).min(self.0.len() - 1)
    }
}

/// m + L e, with a random matrix L of diagonal ½.
fn affine(s: &mut Stream, mean: &[f64], l: &[f64], out: &mut [f64]) {
    let d = mean.len();
    let e = normals(s, d, 1.0);
    for (i, x) in out.iter_mut().enumerate() {
        *x = mean[i] + (0..d).map(|j| l[i * d + j] * e[j]).sum::<f64>();
    }
}

fn mixing(s: &mut Stream, d: usize, sd: f64) -> Vec<f64> {
    (0..d * d).map(|k| sd * s.normal() + if k / d == k % d { 0.5 } else { 0.0 }).collect()
}

/// `n` rows of `d` numbers from `k` Gaussians.
pub fn gaussians(path: &Path, n: usize, d: usize, k: usize) -> std::io::Result<()> {
    let mut s = Stream::new(1, "gaussians", 0);
    let means: Vec<Vec<f64>> = (0..k).map(|_| normals(&mut s, d, 1.6)).collect();
    let spreads: Vec<Vec<f64>> = (0..k).map(|_| mixing(&mut s, d, 1.0 / (d as f64).sqrt())).collect();
    let mut csv = Csv::create(path, &names("x", d))?;
    let mut x = vec![0.0; d];
    for _ in 0..n {
        let z = s.below(k);
        affine(&mut s, &means[z], &spreads[z], &mut x);
        csv.row(None, &x)?;
    }
    csv.done()
}

/// Documents of about 140 words, `v` words in all, from `k` topics. Returns the number of rows.
pub fn documents(path: &Path, docs: usize, v: usize, k: usize) -> std::io::Result<usize> {
    let mut s = Stream::new(2, "documents", 0);
    let base: Vec<f64> = (0..v).map(|i| 1.0 / (i as f64 + 20.0)).collect();
    let total: f64 = base.iter().sum();
    let base: Vec<f64> = base.iter().map(|b| 400.0 * b / total + 1e-3).collect();
    let mut topic = vec![0.0; v];
    let topics: Vec<Cumulative> = (0..k)
        .map(|_| {
            s.dirichlet(&base, &mut topic);
            Cumulative::new(&topic)
        })
        .collect();
    let mut csv = Csv::create(path, &["doc", "word", "count"].map(String::from))?;
    let (mut theta, mut rows) = (vec![0.0; k], 0);
    for doc in 0..docs {
        s.dirichlet(&vec![0.1; k], &mut theta);
        let theta = Cumulative::new(&theta);
        let rate = s.gamma(6.0, 6.0 / 140.0);
        let length = (s.poisson(rate) as usize).max(10);
        let mut words: Vec<usize> = (0..length).map(|_| topics[theta.draw(&mut s)].draw(&mut s)).collect();
        words.sort_unstable();
        for same in words.chunk_by(|a, b| a == b) {
            csv.whole(&[doc, same[0], same.len()])?;
            rows += 1;
        }
    }
    csv.done()?;
    Ok(rows)
}

/// A corpus in LDA-C's format (`how many word:count word:count …` a line). Returns the numbers of rows and of
/// documents.
pub fn corpus(path: &Path, ldac: &Path) -> std::io::Result<(usize, usize)> {
    let mut csv = Csv::create(path, &["doc", "word", "count"].map(String::from))?;
    let (mut rows, mut docs) = (0, 0);
    for (doc, line) in std::fs::read_to_string(ldac)?.lines().enumerate() {
        let mut words: Vec<[usize; 2]> = line
            .split_whitespace()
            .skip(1)
            .filter_map(|p| p.split_once(':').and_then(|(w, c)| Some([w.parse().ok()?, c.parse().ok()?])))
            .collect();
        words.sort_unstable();
        words.iter().try_for_each(|w| csv.whole(&[doc, w[0], w[1]]))?;
        rows += words.len();
        docs += 1;
    }
    csv.done()?;
    Ok((rows, docs))
}

/// A chain of `k` states that mostly stay.
fn chain(s: &mut Stream, k: usize) -> Vec<Cumulative> {
    let mut row = vec![0.0; k];
    (0..k)
        .map(|i| {
            s.dirichlet(&vec![0.5; k], &mut row);
            row.iter_mut().for_each(|p| *p *= 0.4);
            row[i] += 0.6;
            Cumulative::new(&row)
        })
        .collect()
}

/// Sequences of symbols.
pub fn symbols(path: &Path, sequences: usize, steps: usize, k: usize, v: usize) -> std::io::Result<()> {
    let mut s = Stream::new(3, "symbols", 0);
    let trans = chain(&mut s, k);
    let mut p = vec![0.0; v];
    let emit: Vec<Cumulative> = (0..k)
        .map(|_| {
            s.dirichlet(&vec![0.15; v], &mut p);
            Cumulative::new(&p)
        })
        .collect();
    let mut csv = Csv::create(path, &["seq", "symbol"].map(String::from))?;
    for q in 0..sequences {
        let mut z = s.below(k);
        for _ in 0..steps {
            csv.whole(&[q, emit[z].draw(&mut s)])?;
            z = trans[z].draw(&mut s);
        }
    }
    csv.done()
}

/// Sequences of `d` numbers a step.
pub fn walks(path: &Path, sequences: usize, steps: usize, k: usize, d: usize) -> std::io::Result<()> {
    let mut s = Stream::new(4, "walks", 0);
    let trans = chain(&mut s, k);
    let means: Vec<Vec<f64>> = (0..k).map(|_| normals(&mut s, d, 2.0)).collect();
    let spreads: Vec<Vec<f64>> = (0..k).map(|_| mixing(&mut s, d, 0.5)).collect();
    let mut csv = Csv::create(path, &[vec!["seq".to_string()], names("x", d)].concat())?;
    let mut x = vec![0.0; d];
    for q in 0..sequences {
        let mut z = s.below(k);
        for _ in 0..steps {
            affine(&mut s, &means[z], &spreads[z], &mut x);
            csv.row(Some(q), &x)?;
            z = trans[z].draw(&mut s);
        }
    }
    csv.done()
}

/// Sequences with a number, a count and a symbol a step.
pub fn three_columns(path: &Path, steps: usize, k: usize) -> std::io::Result<()> {
    let mut s = Stream::new(5, "three columns", 0);
    let trans = chain(&mut s, k);
    let mut csv = Csv::create(path, &["level", "count", "mark"].map(String::from))?;
    let mut z = s.below(k);
    for _ in 0..steps {
        let level = z as f64 + 0.5 * s.normal();
        let count = s.poisson(1.0 + 3.0 * z as f64) as usize;
        let mark = (z + s.below(3)) % 10;
        writeln!(csv.0, "{level:.6},{count},{mark}")?;
        z = trans[z].draw(&mut s);
    }
    csv.done()
}

/// Two rotations of a state of four, seen through six outputs.
pub fn rotations(path: &Path, steps: usize) -> std::io::Result<()> {
    let mut s = Stream::new(6, "rotations", 0);
    let c = normals(&mut s, 24, 1.0);
    let turn = [(0.99f64, 0.1f64), (0.95, 0.5)].map(|(r, a)| (r * a.cos(), r * a.sin()));
    let mut csv = Csv::create(path, &names("y", 6))?;
    let mut h = [0.0; 4];
    for _ in 0..steps {
        let y: Vec<f64> =
            (0..6).map(|j| (0..4).map(|i| c[j * 4 + i] * h[i]).sum::<f64>() + 1.5 * s.normal()).collect();
        csv.row(None, &y)?;
        for (b, (cos, sin)) in turn.iter().enumerate() {
            let (x, y) = (h[2 * b], h[2 * b + 1]);
            (h[2 * b], h[2 * b + 1]) = (cos * x - sin * y + s.normal(), sin * x + cos * y + s.normal());
        }
    }
    csv.done()
}

/// `n` rows of `d` correlated covariates and an outcome that a quarter of them moves.
pub fn covariates(path: &Path, n: usize, d: usize) -> std::io::Result<()> {
    let mut s = Stream::new(7, "covariates", 0);
    let l: Vec<f64> =
        (0..d * d).map(|k| 0.15 * s.normal() + if k / d == k % d { 1.0 } else { 0.0 }).collect();
    let w: Vec<f64> = (0..d).map(|j| if j % 4 == 0 { s.normal() } else { 0.0 }).collect();
    let mut csv = Csv::create(path, &[names("x", d), vec!["y".to_string()]].concat())?;
    let (zero, mut x) = (vec![0.0; d], vec![0.0; d + 1]);
    for _ in 0..n {
        affine(&mut s, &zero, &l, &mut x[..d]);
        x[d] = (0..d).map(|j| w[j] * x[j]).sum::<f64>() + 2.0 * s.normal();
        csv.row(None, &x)?;
    }
    csv.done()
}

/// `n` rows of `d` numbers from `q` factors.
pub fn factors(path: &Path, n: usize, d: usize, q: usize) -> std::io::Result<()> {
    let mut s = Stream::new(8, "factors", 0);
    let w = normals(&mut s, d * q, 1.0);
    let mut csv = Csv::create(path, &names("y", d))?;
    for _ in 0..n {
        let h = normals(&mut s, q, 1.0);
        let y: Vec<f64> =
            (0..d).map(|j| (0..q).map(|i| w[j * q + i] * h[i]).sum::<f64>() + 0.7 * s.normal()).collect();
        csv.row(None, &y)?;
    }
    csv.done()
}

/// Groups with an effect of their own, a few rows each.
pub fn groups(path: &Path, groups: usize, each: usize) -> std::io::Result<()> {
    let mut s = Stream::new(9, "groups", 0);
    let mut csv = Csv::create(path, &["group", "y"].map(String::from))?;
    for g in 0..groups {
        let m = 3.0 + s.normal();
        (0..each).try_for_each(|_| csv.row(Some(g), &[m + 0.5 * s.normal()]))?;
    }
    csv.done()
}

/// Rows of `d` counts whose rates two hidden categories pick.
pub fn counts(path: &Path, n: usize, d: usize, k: usize, l: usize) -> std::io::Result<()> {
    let mut s = Stream::new(10, "counts", 0);
    let rate: Vec<f64> = (0..k * l * d).map(|_| s.gamma(2.0, 0.3)).collect();
    let mut csv = Csv::create(path, &names("c", d))?;
    for _ in 0..n {
        let at = (s.below(k) * l + s.below(l)) * d;
        let row: Vec<usize> = (0..d).map(|j| s.poisson(rate[at + j]) as usize).collect();
        csv.whole(&row)?;
    }
    csv.done()
}
