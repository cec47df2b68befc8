//! A linear regression. Not here: other kinds.

use super::columns::{Columns, Measure, quoted, round, word};

/// Covariates at most.
const COVARIATES: usize = 12;

/// Inputs, coefficients and summands of columns in units of their spread, with a precision for each coefficient about
/// the response's.
pub(super) fn terms(of: &Columns<'_>, response: &Measure) -> (String, String, String) {
    let (mut inputs, mut nodes, mut mean) = (String::new(), String::new(), String::new());
    let mut taken = vec![];
    for m in of.covariates(response).into_iter().take(COVARIATES) {
        let name = word(&m.name, &taken);
        inputs += &format!("        \"{name}[n]\": {},\n", quoted(&m.name));
        nodes += &format!(
            "        \"b_{name}\": Normal(mean: 0, precision: {}),\n",
            round(1.0 / (response.sd * response.sd))
        );
        let shift =
            if m.mean < 0.0 { format!("+ {}", round(-m.mean)) } else { format!("- {}", round(m.mean)) };
        mean += &format!(" + b_{name} * (({name}[n] {shift}) / {})", round(m.sd));
        taken.push(name);
    }
    (inputs, nodes, mean)
}

/// The model.
pub(super) fn write(of: &Columns<'_>) -> Result<String, String> {
    let response = of.response()?;
    let (inputs, nodes, mean) = terms(of, response);
    if mean.is_empty() {
        return Err(format!(
            "it needs a column of numbers without missing cells that explains `{}`",
            response.name
        ));
    }
    let variance = response.sd * response.sd;
    Ok(format!(
        r#"// A linear regression of `{name}`. Each covariate is taken in standard deviations from its mean, so that a coefficient
// says what one of these does to `{name}`.
Model(
    name: "A regression",
    data: {{ "t": {file} }},
    plates: {{ "n": Rows(table: "t") }},
    inputs: {{
{inputs}    }},
    nodes: {{
        // At the means of all covariates.
        "level": Normal(mean: {centre}, precision: {wide}),
{nodes}        // The precision of the noise, 1/sd²: a prior about the spread of `{name}` itself.
        "noise": Gamma(shape: 1, rate: {variance}),
        "y[n]": Normal(mean: "level{mean}", precision: "noise"),
    }},
    observe: {{ "y": {column} }},
    derive: {{ "sd": "1 / sqrt(noise)" }},
)
"#,
        name = response.name,
        file = quoted(of.file),
        centre = round(response.mean),
        wide = round(0.01 / variance),
        variance = round(variance),
        column = quoted(&response.name),
    ))
}
