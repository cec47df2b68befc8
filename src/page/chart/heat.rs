//! A matrix of numbers as tinted cells, each with its number where there is room. Not here: strips over many
//! groups (`strips`).

use crate::page::{
    number::fixed,
    svg::{Anchor, SMALL, Svg, text_width, twice},
};

use super::dots::shortened;

/// A matrix.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// Names of its rows.
    pub rows: Vec<String>,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Row-major.
    pub values: Vec<f64>,
    /// A second line for each cell, such as an interval; or nothing.
    pub under: Vec<String>,
    /// Decimals of the numbers.
    pub decimals: usize,
    /// Whether numbers have a sign that matters: two hues about 0.
    pub signed: bool,
    /// What stands over the names of the rows.
    pub corner: String,
    /// Colours of the names: of rows, of columns; nothing where they have none.
    pub colours: Vec<usize>,
}

/// The chart.
pub fn chart(m: &Matrix, label: &str) -> String {
    twice(label, |w| draw(w, m))
}

fn draw(width: f64, m: &Matrix) -> Svg {
    let narrow = width < 500.0;
    let columns = m.columns.len().max(1);
    let named = m.rows.iter().map(|r| text_width(r, 12.0)).fold(0.0, f64::max);
    let left = (named + 14.0).clamp(30.0, if narrow { 92.0 } else { 180.0 });
    let cell = ((width - left) / columns as f64).min(if narrow { 110.0 } else { 150.0 });
    let number = m.values.iter().map(|v| text_width(&fixed(*v, m.decimals), 13.0) * 1.07).fold(0.0, f64::max);
    let texts = number + 4.0 <= cell;
    let second = m.under.iter().map(|t| text_width(t, 12.0)).fold(0.0, f64::max);
    let under = !m.under.is_empty() && second + 4.0 <= cell;
    let height = if under {
        52.0
    } else if texts {
        if m.rows.len() > 14 { 22.0 } else { 30.0 }
    } else {
        16.0
    };
    let widest = m.columns.iter().map(|c| text_width(c, 12.0)).fold(0.0, f64::max);
    let slanted = widest > cell - 4.0;
    let head = if slanted { (widest.min(110.0) * 0.72) + 14.0 } else { 22.0 };
    let mut svg = Svg::new(width, head + height * m.rows.len() as f64 + 4.0);
    svg.text((0.0, head - 8.0), Anchor::Start, "m s", &m.corner);
    let largest =
        m.values.iter().filter(|v| v.is_finite()).fold(0.0f64, |a, v| a.max(v.abs())).max(f64::MIN_POSITIVE);
    let tone = |i: usize| m.colours.get(i).map_or("b s".to_string(), |c| format!("t{c} b s"));
    for (j, name) in m.columns.iter().enumerate() {
        let x = left + cell * (j as f64 + 0.5);
        if slanted {
            let short = shortened(name, 110.0, SMALL);
            let class = tone(j);
            svg.raw(&format!("<g transform=\"translate({x:.1} {:.1}) rotate(-45)\">", head - 6.0));
            svg.raw(&format!(
                "<text x=\"0\" y=\"0\" class=\"{class}\">{}</text></g>",
                crate::page::html::escaped(&short)
            ));
        } else {
            svg.text((x, head - 8.0), Anchor::Middle, &tone(j), name);
        }
    }
    for (i, name) in m.rows.iter().enumerate() {
        let y = head + height * i as f64;
        if height >= 15.0 {
            svg.text((0.0, y + 0.5 * height + 4.0), Anchor::Start, &tone(i), &shortened(name, left, SMALL));
        }
        for j in 0..m.columns.len() {
            let at = i * columns + j;
            let v = m.values.get(at).copied().unwrap_or(f64::NAN);
            let (x, share) = (left + cell * j as f64, (v.abs() / largest).min(1.0));
            let class = if m.signed && v < 0.0 { "f2" } else { "heatf" };
            let tint = if v.is_finite() {
                format!("fill-opacity=\"{:.2}\"", 0.06 + 0.49 * share)
            } else {
                "fill-opacity=\"0\"".into()
            };
            svg.rect((x, y), (cell - 1.5, height - 1.5), class, &tint);
            if texts {
                let up = if under { -5.0 } else { 4.0 };
                let class = if under { "b" } else { "s" };
                svg.text(
                    (x + 0.5 * cell, y + 0.5 * height + up),
                    Anchor::Middle,
                    class,
                    &fixed(v, m.decimals),
                );
            }
            if under && let Some(t) = m.under.get(at) {
                svg.text((x + 0.5 * cell, y + 0.5 * height + 13.0), Anchor::Middle, "s", t);
            }
        }
    }
    svg
}
