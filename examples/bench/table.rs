//! Tables in Markdown, and numbers with the digits that mean something.

/// Prints a title and a table; the first column is text, the others stand to the right.
pub fn print(title: &str, head: &[&str], rows: &[Vec<String>]) {
    println!("\n## {title}\n");
    let width = |j: usize| {
        rows.iter().map(|r| r[j].chars().count()).chain([head[j].chars().count(), 3]).max().unwrap_or(3)
    };
    let line = |cells: &[String]| {
        let cell = |(j, c): (usize, &String)| {
            let space = " ".repeat(width(j) - c.chars().count());
            if j == 0 { format!(" {c}{space} ") } else { format!(" {space}{c} ") }
        };
        println!("|{}|", cells.iter().enumerate().map(cell).collect::<Vec<_>>().join("|"));
    };
    line(&head.iter().map(|h| h.to_string()).collect::<Vec<_>>());
    let rule = |j: usize| if j == 0 { "-".repeat(width(j) + 2) } else { "-".repeat(width(j) + 1) + ":" };
    println!("|{}|", (0..head.len()).map(rule).collect::<Vec<_>>().join("|"));
    rows.iter().for_each(|r| line(r));
}

/// Three significant digits.
pub fn short(x: f64) -> String {
    if !x.is_finite() {
        return "–".into();
    }
    let digits = if x == 0.0 { 0 } else { (2 - x.abs().log10().floor() as i32).max(0) as usize };
    format!("{x:.digits$}")
}

/// Seconds, in the unit that fits.
pub fn seconds(t: f64) -> String {
    match t {
        t if !t.is_finite() => "–".into(),
        t if t < 1e-3 => format!("{} µs", short(t * 1e6)),
        t if t < 1.0 => format!("{} ms", short(t * 1e3)),
        t => format!("{} s", short(t)),
    }
}

/// How often `floor` fits into `t`.
pub fn times(t: f64, floor: f64) -> String {
    if floor > 0.0 && t.is_finite() { format!("{:.1} ×", t / floor) } else { "–".into() }
}
