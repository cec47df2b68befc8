//! Writes the simulated tables of `graphs/data`, the same bytes on every machine:
//! `cargo run --example make_data`.
//!
//! The real tables (Old Faithful, the Nile, the earthquakes, the King James chapters, the pumps) are not made
//! here. The generator is written out so that no release of a crate can change the data.
use std::fmt::Write as _;

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform on [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn yes(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    fn pick(&mut self, p: &[f64]) -> usize {
        let mut left = self.unit();
        for (i, &share) in p.iter().enumerate() {
            left -= share;
            if left < 0.0 {
                return i;
            }
        }
        p.len() - 1
    }

    /// Box and Muller's method.
    fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        mean + sd * radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Knuth's method: how many uniform numbers until their product is below e^-rate.
    fn poisson(&mut self, rate: f64) -> u64 {
        let floor = (-rate).exp();
        let (mut product, mut count) = (self.unit(), 0);
        while product > floor {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

/// Two games of an occasionally loaded die.
fn dice() -> String {
    let mut random = Random(1);
    let mut out = String::from("game,face\n");
    for (game, rolls) in [("first", 300), ("second", 200)] {
        let mut loaded = false;
        for roll in 0..rolls {
            if roll > 0 {
                loaded = if loaded { !random.yes(0.06) } else { random.yes(0.04) };
            }
            let p = if loaded { [0.08, 0.08, 0.08, 0.08, 0.08, 0.6] } else { [1.0 / 6.0; 6] };
            let _ = writeln!(out, "{game},{}", random.pick(&p) + 1);
        }
    }
    out
}

/// Calls to a help desk in a year: three kinds of day.
fn calls() -> String {
    let mut random = Random(2);
    let mut out = String::from("day,calls\n");
    for day in 1..=365 {
        let kind = random.pick(&[0.3, 0.6, 0.1]);
        let _ = writeln!(out, "{day},{}", random.poisson([6.0, 18.0, 40.0][kind]));
    }
    out
}

/// Yes or no to eight questions on travel, from drivers, cyclists and train passengers.
fn travel() -> String {
    const YES: [[f64; 8]; 3] = [
        [0.95, 0.85, 0.15, 0.10, 0.10, 0.05, 0.80, 0.30],
        [0.30, 0.15, 0.95, 0.80, 0.25, 0.15, 0.20, 0.70],
        [0.40, 0.10, 0.30, 0.10, 0.95, 0.90, 0.30, 0.60],
    ];
    let mut random = Random(3);
    let mut out = String::from(
        "person,owns_car,drives_to_work,owns_bicycle,cycles_to_work,takes_train,has_season_ticket,parks_at_home,walks_to_shops\n",
    );
    for person in 1..=300 {
        let group = random.pick(&[0.5, 0.3, 0.2]);
        let _ = write!(out, "{person}");
        for p in YES[group] {
            let _ = write!(out, ",{}", u8::from(random.yes(p)));
        }
        out.push('\n');
    }
    out
}

/// Never, sometimes or often, to six questions, from three classes of people; one cell in twelve is left
/// empty.
fn survey() -> String {
    const OFTEN: [[[f64; 3]; 6]; 3] = [
        [
            [0.1, 0.3, 0.6],
            [0.1, 0.3, 0.6],
            [0.2, 0.5, 0.3],
            [0.7, 0.2, 0.1],
            [0.6, 0.3, 0.1],
            [0.3, 0.5, 0.2],
        ],
        [
            [0.6, 0.3, 0.1],
            [0.5, 0.4, 0.1],
            [0.3, 0.4, 0.3],
            [0.1, 0.3, 0.6],
            [0.1, 0.2, 0.7],
            [0.1, 0.3, 0.6],
        ],
        [
            [0.8, 0.1, 0.1],
            [0.8, 0.1, 0.1],
            [0.8, 0.1, 0.1],
            [0.8, 0.1, 0.1],
            [0.8, 0.1, 0.1],
            [0.1, 0.2, 0.7],
        ],
    ];
    let mut random = Random(4);
    let mut out = String::from("person,reading,museums,cooking,running,football,television\n");
    for person in 1..=400 {
        let class = random.pick(&[0.45, 0.35, 0.20]);
        let _ = write!(out, "{person}");
        for p in OFTEN[class] {
            let answer = ["never", "sometimes", "often"][random.pick(&p)];
            let _ = write!(out, ",{}", if random.yes(1.0 / 12.0) { "" } else { answer });
        }
        out.push('\n');
    }
    out
}

/// Fruit, with what it is written down for one in three.
fn fruit() -> String {
    const KINDS: [&str; 3] = ["apple", "lemon", "plum"];
    const COLOURS: [&str; 4] = ["green", "purple", "red", "yellow"];
    let mut random = Random(5);
    let mut out = String::from("grams,millimetres,colour,kind\n");
    for _ in 0..240 {
        let kind = random.pick(&[0.4, 0.35, 0.25]);
        let grams = random.normal([150.0, 120.0, 60.0][kind], [20.0, 18.0, 10.0][kind]);
        let width = random.normal([72.0, 58.0, 45.0][kind], [5.0, 4.0, 4.0][kind]);
        let colour =
            random.pick(&[[0.35, 0.0, 0.45, 0.20], [0.15, 0.0, 0.0, 0.85], [0.10, 0.65, 0.20, 0.05]][kind]);
        let label = if random.yes(1.0 / 3.0) { KINDS[kind] } else { "" };
        let _ = writeln!(out, "{grams:.0},{width:.1},{},{label}", COLOURS[colour]);
    }
    out
}

/// Zachary's karate club (1977), not simulated: for each member, the members of a higher number tied to them.
const KARATE: [(usize, &[usize]); 26] = [
    (1, &[2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 18, 20, 22, 32]),
    (2, &[3, 4, 8, 14, 18, 20, 22, 31]),
    (3, &[4, 8, 9, 10, 14, 28, 29, 33]),
    (4, &[8, 13, 14]),
    (5, &[7, 11]),
    (6, &[7, 11, 17]),
    (7, &[17]),
    (9, &[31, 33, 34]),
    (10, &[34]),
    (14, &[34]),
    (15, &[33, 34]),
    (16, &[33, 34]),
    (19, &[33, 34]),
    (20, &[34]),
    (21, &[33, 34]),
    (23, &[33, 34]),
    (24, &[26, 28, 30, 33, 34]),
    (25, &[26, 28, 32]),
    (26, &[32]),
    (27, &[30, 34]),
    (28, &[34]),
    (29, &[32, 34]),
    (30, &[33, 34]),
    (31, &[33, 34]),
    (32, &[33, 34]),
    (33, &[34]),
];

/// All 561 pairs of the 34 members, with 1 for each of the 78 ties.
fn karate() -> String {
    let mut out = String::from("from,to,tie\n");
    for from in 1..=34 {
        for to in from + 1..=34 {
            let tie = KARATE.iter().any(|(member, others)| *member == from && others.contains(&to));
            let _ = writeln!(out, "{from},{to},{}", u8::from(tie));
        }
    }
    out
}

/// Six covariates, of which three matter.
fn regression() -> String {
    const W: [f64; 6] = [2.0, -1.0, 0.5, 0.0, 0.0, 0.0];
    let mut random = Random(6);
    let mut out = String::from("x1,x2,x3,x4,x5,x6,y\n");
    for _ in 0..100 {
        let mut mean = 3.0;
        for w in W {
            let x = random.normal(0.0, 1.0);
            mean += w * x;
            let _ = write!(out, "{x:.3},");
        }
        let _ = writeln!(out, "{:.3}", random.normal(mean, 1.0));
    }
    out
}

/// Marks in six subjects, from a talent for numbers and one for words; one cell in twenty is left empty.
fn marks() -> String {
    const LOADINGS: [[f64; 2]; 6] = [[8.0, 0.0], [9.0, 1.0], [7.0, 2.0], [0.0, 8.0], [1.0, 9.0], [3.0, 6.0]];
    const MEANS: [f64; 6] = [60.0, 55.0, 58.0, 65.0, 62.0, 50.0];
    const NOISE: [f64; 6] = [4.0, 3.0, 6.0, 3.0, 4.0, 6.0];
    let mut random = Random(7);
    let mut out = String::from("arithmetic,algebra,physics,reading,writing,history\n");
    for _ in 0..200 {
        let talent = [random.normal(0.0, 1.0), random.normal(0.0, 1.0)];
        let cells: Vec<String> = (0..6)
            .map(|j| {
                let mean = MEANS[j] + LOADINGS[j][0] * talent[0] + LOADINGS[j][1] * talent[1];
                let mark = random.normal(mean, NOISE[j]);
                if random.yes(0.05) { String::new() } else { format!("{mark:.1}") }
            })
            .collect();
        let _ = writeln!(out, "{}", cells.join(","));
    }
    out
}

/// Ratings about their mean, of 40 readers for 25 books, with two tastes; half of the pairs are there.
fn ratings() -> String {
    let mut random = Random(8);
    let mut pairs = |n: usize| -> Vec<[f64; 2]> {
        (0..n).map(|_| [random.normal(0.0, 1.0), random.normal(0.0, 1.0)]).collect()
    };
    let (readers, books) = (pairs(40), pairs(25));
    let mut out = String::from("reader,book,rating\n");
    for (i, u) in readers.iter().enumerate() {
        for (j, v) in books.iter().enumerate() {
            let rating = random.normal(u[0] * v[0] + u[1] * v[1], 0.4);
            if random.yes(0.5) {
                let _ = writeln!(out, "{},{},{rating:.2}", i + 1, j + 1);
            }
        }
    }
    out
}

/// Two runs of a slow rotation that dies away and is pushed at random, seen by three meters; some readings
/// are lost.
fn rotation() -> String {
    const SEEN: [[f64; 2]; 3] = [[1.0, 0.0], [0.0, 1.0], [0.7, -0.7]];
    let mut random = Random(9);
    let (c, s) = (0.95 * 0.4f64.cos(), 0.95 * 0.4f64.sin());
    let mut out = String::from("run,east,north,across\n");
    for (run, steps) in [("first", 150), ("second", 100)] {
        let mut h = [random.normal(0.0, 1.0), random.normal(0.0, 1.0)];
        for step in 0..steps {
            if step > 0 {
                h = [
                    c * h[0] - s * h[1] + random.normal(0.0, 1.0),
                    s * h[0] + c * h[1] + random.normal(0.0, 1.0),
                ];
            }
            let _ = write!(out, "{run}");
            for seen in SEEN {
                let y = random.normal(seen[0] * h[0] + seen[1] * h[1], 0.5);
                let _ = if random.yes(0.05) { write!(out, ",") } else { write!(out, ",{y:.3}") };
            }
            out.push('\n');
        }
    }
    out
}

/// A room whose heater is on or off for a while each time: its temperature is drawn to 24 or to 8 degrees. A
/// thermometer with errors; some readings are lost.
fn heater() -> String {
    let mut random = Random(17);
    let (mut on, mut temperature) = (false, 15.0);
    let mut out = String::from("step,reading\n");
    for step in 1..=600 {
        if random.yes(0.04) {
            on = !on;
        }
        if step > 1 {
            let moved = if on { 0.9 * temperature + 2.4 } else { 0.97 * temperature + 0.24 };
            temperature = random.normal(moved, 0.1);
        }
        let reading = random.normal(temperature, 0.2);
        let _ = if random.yes(0.1) { writeln!(out, "{step},") } else { writeln!(out, "{step},{reading:.2}") };
    }
    out
}

/// Points about two lines that cross.
fn lines() -> String {
    let mut random = Random(10);
    let mut out = String::from("one,x,y\n");
    for _ in 0..200 {
        let x = 4.0 * random.unit();
        let mean = if random.yes(0.6) { 2.0 * x - 1.0 } else { 4.0 - x };
        let _ = writeln!(out, "1,{x:.3},{:.3}", random.normal(mean, 0.4));
    }
    out
}

/// Power of a house each five minutes, in watts: a fridge that goes on and off, and a heater with two stages.
fn power() -> String {
    const FRIDGE: [[f64; 2]; 2] = [[0.85, 0.15], [0.25, 0.75]];
    const HEATER: [[f64; 3]; 3] = [[0.95, 0.04, 0.01], [0.06, 0.9, 0.04], [0.02, 0.08, 0.9]];
    let mut random = Random(13);
    let mut out = String::from("watts\n");
    let (mut fridge, mut heater) = (0, 0);
    for _ in 0..400 {
        let mean = 60.0 + [0.0, 120.0][fridge] + [0.0, 200.0, 450.0][heater];
        let _ = writeln!(out, "{:.1}", random.normal(mean, 40.0));
        (fridge, heater) = (random.pick(&FRIDGE[fridge]), random.pick(&HEATER[heater]));
    }
    out
}

/// Eighteen drivers on ten days without enough sleep, some readings missing.
fn reactions() -> String {
    let mut random = Random(21);
    let mut out = String::from("driver,day,ms\n");
    for driver in 1..=18 {
        let (a, b) = (random.normal(250.0, 25.0), random.normal(10.0, 6.0));
        for day in 0..10 {
            let ms = random.normal(a + b * f64::from(day), 25.0);
            let missing = random.yes(0.07);
            let cell = if missing { String::new() } else { format!("{ms:.1}") };
            let _ = writeln!(out, "d{driver:02},{day},{cell}");
        }
    }
    out
}

/// Twelve judges taste about half of twenty wines.
fn tasting() -> String {
    let mut random = Random(22);
    let mut out = String::from("taster,bottle,score\n");
    let wines: Vec<f64> = (0..20).map(|_| random.normal(0.0, 1.0)).collect();
    for judge in 1..=12 {
        let kind = random.normal(0.0, 0.5);
        for (wine, good) in wines.iter().enumerate() {
            let score = random.normal(14.0 + kind + good, 0.7);
            if random.yes(0.5) {
                let _ = writeln!(out, "judge {judge:02},wine {:02},{score:.1}", wine + 1);
            }
        }
    }
    out
}

/// Each table's file name and content.
pub fn tables() -> Vec<(&'static str, String)> {
    vec![
        ("dice.csv", dice()),
        ("calls.csv", calls()),
        ("travel.csv", travel()),
        ("survey.csv", survey()),
        ("fruit.csv", fruit()),
        ("karate.csv", karate()),
        ("regression.csv", regression()),
        ("marks.csv", marks()),
        ("ratings.csv", ratings()),
        ("rotation.csv", rotation()),
        ("heater.csv", heater()),
        ("lines.csv", lines()),
        ("power.csv", power()),
        ("reactions.csv", reactions()),
        ("tasting.csv", tasting()),
    ]
}

#[allow(dead_code)] // Not called where a test includes this file.
fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("graphs/data");
    for (name, content) in tables() {
        std::fs::write(folder.join(name), content)?;
        println!("graphs/data/{name}");
    }
    Ok(())
}
