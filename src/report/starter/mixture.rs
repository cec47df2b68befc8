//! A mixture of Gaussians. Not here: other kinds.

use super::columns::{Columns, Measure, quoted, round};

/// Columns at most: more are worth a choice.
const COLUMNS: usize = 8;

/// The model.
pub(super) fn write(of: &Columns<'_>) -> Result<String, String> {
    let group = of.group.as_deref();
    let used: Vec<&Measure> =
        of.measures.iter().filter(|m| Some(m.name.as_str()) != group).take(COLUMNS).collect();
    let (file, d) = (quoted(of.file), used.len());
    let left = match of.measures.len() - d {
        0 => String::new(),
        n => format!(
            "    // {n} more columns of numbers are left out: add them to `observe`, `mean` and `scale`.\n"
        ),
    };
    let (component, line, bound) = match used.as_slice() {
        [] => return Err("it needs a column of numbers that vary".into()),
        [one] => (
            format!(
                r#"        // A component: its precision, 1/sd², about that of a third of the column's spread; and its centre.
        "precision[k]": Gamma(shape: 2, rate: {}),
        "centre[k]":    Normal(mean: {}, precision: "0.1 * precision[k]"),"#,
                round(2.0 * (one.sd / 3.0).powi(2)),
                round(one.mean)
            ),
            r#""x[n]":         Normal(mean: "centre[z[n]]", precision: "precision[z[n]]"),"#.to_string(),
            quoted(&one.name),
        ),
        several => {
            let dof = d + 1;
            let row = |i: usize| {
                let entry = |j: usize| {
                    let sd = several[i].sd / 3.0;
                    if i == j { round(1.0 / (dof as f64 * sd * sd)) } else { "0".to_string() }
                };
                format!("[{}]", (0..d).map(entry).collect::<Vec<_>>().join(", "))
            };
            let scale: Vec<String> = (0..d).map(row).collect();
            let means: Vec<String> = several.iter().map(|m| round(m.mean)).collect();
            let names: Vec<String> = several.iter().map(|m| quoted(&m.name)).collect();
            (
                format!(
                    r#"        // A component: its precision matrix, whose mean is dof · scale, about a third of each column's
        // spread; and its centre.
        "spread[k]": Wishart(dof: {dof}, scale: [
            {},
        ]),
        "centre[k]": MvNormal(mean: [{}], precision: "0.1 * spread[k]"),"#,
                    scale.join(",\n            "),
                    means.join(", ")
                ),
                r#""x[n]":      MvNormal(mean: "centre[z[n]]", precision: "spread[z[n]]"),"#.to_string(),
                format!("[{}]", names.join(", ")),
            )
        }
    };
    Ok(format!(
        r#"// Clusters of rows. `elbow fit` prints each component's share, centre and spread; `--nodes z` the
// probabilities of each row. A mixture has many optima: `--restarts 20`.
Model(
    name: "A mixture",
    data: {{ "t": {file} }},
    plates: {{
        "n": Rows(table: "t"),
        // More components than are needed: those that are not stay empty.
        "k": Size(6),
    }},
    nodes: {{
        // Shares. A small concentration prefers few components.
        "weights":   Dirichlet(concentration: 0.1, over: "k"),
{component}
        "z[n]":      Categorical(p: "weights"),
        {line}
    }},
{left}    observe: {{ "x": {bound} }},
)
"#
    ))
}
