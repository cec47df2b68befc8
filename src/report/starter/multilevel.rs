//! A regression with a level of each group. Not here: other kinds.

use super::{
    columns::{Columns, in_expression, quoted, round},
    regression::terms,
};

/// The model.
pub(super) fn write(of: &Columns<'_>) -> Result<String, String> {
    let group = of.group().ok_or("it needs a column of groups, with several rows each")?;
    let response = of.response()?;
    let (inputs, nodes, mean) = terms(
        &Columns {
            file: of.file,
            rows: of.rows,
            // What names the groups does not explain as a number too.
            measures: of.measures.iter().filter(|m| m.name != group.name).cloned().collect(),
            namings: vec![],
            response: of.response.clone(),
            group: Some(group.name.clone()),
        },
        response,
    );
    let variance = response.sd * response.sd;
    Ok(format!(
        r#"// A multilevel regression of `{name}`: each {label} has a level of its own, and what these have in common is learned.
Model(
    name: "A multilevel regression",
    data: {{ "t": {file} }},
    plates: {{
        "n": Rows(table: "t"),
        "g": Groups(column: {groups}),
    }},
{inputs}    nodes: {{
        "level": Normal(mean: {centre}, precision: {wide}),
        // Precisions, 1/sd²: between groups and within them, both about the spread of `{name}`.
        "between": Gamma(shape: 1, rate: {variance}),
        "noise": Gamma(shape: 1, rate: {variance}),
        "u[g]": Normal(mean: 0, precision: "between"),
{nodes}        "y[n]": Normal(mean: "level + u[{picks}[n]]{mean}", precision: "noise"),
    }},
    observe: {{ "y": {column} }},
    derive: {{
        "sd_between": "1 / sqrt(between)",
        "sd_within": "1 / sqrt(noise)",
        // The share of the variance that lies between groups.
        "share": "noise / (noise + between)",
    }},
)
"#,
        name = response.name,
        label = group.name,
        file = quoted(of.file),
        groups = quoted(&format!("t.{}", group.name)),
        picks = in_expression(&group.name)?,
        inputs = if inputs.is_empty() { String::new() } else { format!("    inputs: {{\n{inputs}    }},\n") },
        centre = round(response.mean),
        wide = round(0.01 / variance),
        variance = round(variance),
        column = quoted(&response.name),
    ))
}
