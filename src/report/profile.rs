//! Where a run's time went: a table for a person, fields for JSON. Not here: how it is measured
//! (`engine::profile`).

use super::{number::short, table::Sheet};
use crate::engine::profile::{Line, RunProfile};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io;

/// The table: a row for each step, those within a pass set in, an iteration's numbers.
pub(super) fn write(p: &RunProfile, width: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let each = 1.0 / p.iterations.max(1) as f64;
    writeln!(
        out,
        "\nprofile: {} an iteration (by the clock), {} before the first; {} thread{}",
        seconds(p.seconds * each),
        seconds(p.start),
        p.threads,
        if p.threads == 1 { "" } else { "s, whose times are added in the table" }
    )?;
    let total: f64 = p.lines.iter().filter(|l| !l.part).map(|l| l.spent.seconds).sum();
    let mut sheet = Sheet::new();
    sheet
        .text("step")
        .number("time")
        .number("share")
        .number("multiply-adds")
        .number("bytes of rows")
        .number("floor")
        .number("floor/time");
    for l in &p.lines {
        let floor = p.floor(&l.spent);
        let known = floor > 0.0 && l.spent.seconds > 0.0;
        let some = |x: f64, text: String| if x > 0.0 { text } else { String::new() };
        sheet.row(vec![
            format!("{}{}", if l.part { "  " } else { "" }, l.step),
            seconds(l.spent.seconds * each),
            format!("{:.1} %", 100.0 * l.spent.seconds / total.max(f64::MIN_POSITIVE)),
            some(l.spent.multiply_adds, counted(l.spent.multiply_adds * each)),
            some(l.spent.bytes, counted(l.spent.bytes * each)),
            some(floor, seconds(floor * each)),
            if known { format!("{:.1} %", 100.0 * floor / l.spent.seconds) } else { String::new() },
        ]);
    }
    write!(out, "{}", sheet.render(width))?;
    writeln!(
        out,
        "floor: multiply-adds at {} a second or, where there are none, bytes at {} a second, as measured on this machine",
        counted(p.multiply_adds_per_second),
        counted(p.bytes_per_second)
    )
}

/// Seconds, in the unit that fits.
fn seconds(t: f64) -> String {
    match t {
        t if t < 1e-3 => format!("{} µs", short(t * 1e6, 3)),
        t if t < 1.0 => format!("{} ms", short(t * 1e3, 3)),
        t => format!("{} s", short(t, 3)),
    }
}

/// A large number with the letter of its size.
fn counted(x: f64) -> String {
    match x {
        x if x < 1e3 => short(x, 3),
        x if x < 1e6 => format!("{} k", short(x / 1e3, 3)),
        x if x < 1e9 => format!("{} M", short(x / 1e6, 3)),
        x => format!("{} G", short(x / 1e9, 3)),
    }
}

/// `{ "iterations", "seconds", "start", "threads", "multiply_adds_per_second", "bytes_per_second", "steps" }`.
pub(super) struct ProfileJson<'a>(pub &'a RunProfile);

impl Serialize for ProfileJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let p = self.0;
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("iterations", &p.iterations)?;
        map.serialize_entry("seconds", &p.seconds)?;
        map.serialize_entry("start", &p.start)?;
        map.serialize_entry("threads", &p.threads)?;
        map.serialize_entry("multiply_adds_per_second", &p.multiply_adds_per_second)?;
        map.serialize_entry("bytes_per_second", &p.bytes_per_second)?;
        map.serialize_entry("steps", &p.lines.iter().map(|l| LineJson(l, p)).collect::<Vec<_>>())?;
        map.end()
    }
}

/// `{ "step", "part", "seconds", "multiply_adds", "bytes", "floor" }`, of all iterations.
struct LineJson<'a>(&'a Line, &'a RunProfile);

impl Serialize for LineJson<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Self(line, profile) = self;
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("step", &line.step)?;
        map.serialize_entry("part", &line.part)?;
        map.serialize_entry("seconds", &line.spent.seconds)?;
        map.serialize_entry("multiply_adds", &line.spent.multiply_adds)?;
        map.serialize_entry("bytes", &line.spent.bytes)?;
        map.serialize_entry("floor", &profile.floor(&line.spent))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::profile::Spent;

    fn sample() -> RunProfile {
        let line = |step: &str, part, seconds, multiply_adds, bytes| Line {
            step: step.into(),
            part,
            spent: Spent { seconds, multiply_adds, bytes },
        };
        RunProfile {
            lines: vec![
                line("update weights", false, 2e-5, 600.0, 96.0),
                line("pass over the rows of z", false, 0.35, 0.0, 0.0),
                line("message to z from x (table 3)", true, 0.2, 3e9, 2.56e8),
                line("moments of z", true, 0.1, 0.0, 1.024e9),
                line("the bound", false, 1e-4, 0.0, 0.0),
            ],
            iterations: 10,
            seconds: 0.36,
            start: 1.25,
            threads: 2,
            multiply_adds_per_second: 3e10,
            bytes_per_second: 1.024e10,
        }
    }

    #[test]
    fn the_table() {
        let mut out = vec![];
        write(&sample(), 120, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn a_floor_is_the_work_at_the_best_rate() {
        let json = serde_json::to_value(ProfileJson(&sample())).unwrap();
        let floor = |i: usize| json["steps"][i]["floor"].as_f64().unwrap();
        assert!((floor(2) - 0.1).abs() < 1e-12, "multiply-adds");
        assert!((floor(3) - 0.1).abs() < 1e-12, "bytes, where there are no multiply-adds");
        assert_eq!(json["steps"][1]["part"], false);
    }
}
