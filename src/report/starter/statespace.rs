//! A level that moves, seen with noise. Not here: other kinds.

use super::columns::{Columns, quoted, round};

/// The model.
pub(super) fn write(of: &Columns<'_>) -> Result<String, String> {
    let response = of.response()?;
    let variance = response.sd * response.sd;
    let sequence = of.group.as_ref().map_or(String::new(), |g| format!(", sequence: {}", quoted(g)));
    Ok(format!(
        r#"// A level that moves from row to row, seen with noise. Rows whose `{name}` is empty are filled in; `elbow predict --steps
// N` goes on after the last.
Model(
    name: "A level that moves",
    data: {{ "t": {file} }},
    plates: {{ "t": Steps(table: "t"{sequence}) }},
    nodes: {{
        // Precisions, 1/sd²: of a step of the level, about a tenth of the spread, and of the noise, about a half.
        "step":     Gamma(shape: 1, rate: {step}),
        "noise":    Gamma(shape: 1, rate: {noise}),
        "level[0]": Normal(mean: {mean}, precision: {first}),
        "level[t]": Normal(mean: "level[t-1]", precision: "step"),
        "y[t]":     Normal(mean: "level[t]", precision: "noise"),
    }},
    observe: {{ "y": {column} }},
    derive: {{ "sd_of_a_step": "1 / sqrt(step)", "sd_of_noise": "1 / sqrt(noise)" }},
)
"#,
        name = response.name,
        file = quoted(of.file),
        step = round(0.01 * variance),
        noise = round(0.25 * variance),
        mean = round(response.mean),
        first = round(0.25 / variance),
        column = quoted(&response.name),
    ))
}
