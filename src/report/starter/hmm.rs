//! A hidden Markov model. Not here: other kinds.

use super::columns::{Columns, quoted, round};

/// The model.
pub(super) fn write(of: &Columns<'_>) -> Result<String, String> {
    let file = quoted(of.file);
    let sequence = of.group.as_ref().map_or(String::new(), |g| format!(", sequence: {}", quoted(g)));
    let seen = of.measures.iter().find(|m| of.response.as_ref().is_none_or(|r| *r == m.name));
    let names = of.namings.iter().find(|n| {
        Some(&n.name) != of.group.as_ref()
            && of.response.as_ref().is_none_or(|r| *r == n.name)
            && n.levels > 1
    });
    let (about, emission, line, column) = match (seen, names) {
        (Some(m), _) if m.counts && m.mean < 1000.0 => (
            "a rate of counts",
            format!(r#"        "rate[k]":  Gamma(shape: 2, rate: {}),"#, round(2.0 / m.mean)),
            r#""x[t]":     Poisson(rate: "rate[z[t]]"),"#,
            &m.name,
        ),
        (Some(m), _) => (
            "a centre and a precision, 1/sd²",
            format!(
                r#"        "precision[k]": Gamma(shape: 2, rate: {}),
        "centre[k]":    Normal(mean: {}, precision: "0.1 * precision[k]"),"#,
                round(2.0 * (m.sd / 2.0).powi(2)),
                round(m.mean)
            ),
            r#""x[t]":     Normal(mean: "centre[z[t]]", precision: "precision[z[t]]"),"#,
            &m.name,
        ),
        (None, Some(n)) => (
            "the probabilities of what is seen",
            format!(
                r#"        "emit[k]":  Dirichlet(concentration: 1, over: {}),"#,
                quoted(&format!("t.{}", n.name))
            ),
            r#""x[t]":     Categorical(p: "emit[z[t]]"),"#,
            &n.name,
        ),
        (None, None) => return Err("it needs a column of what is seen in each row".into()),
    };
    Ok(format!(
        r#"// States that rows go through in their order. `--nodes z` prints each row's state; `elbow predict --most-likely` the
// most probable path. Try several starts: `--restarts 10`.
Model(
    name: "A hidden Markov model",
    data: {{ "t": {file} }},
    plates: {{
        // In the order of the file; with `sequence: "column"` several sequences in one table.
        "t": Steps(table: "t"{sequence}),
        "k": Size(3),
    }},
    nodes: {{
        "start":    Dirichlet(concentration: 1, over: "k"),
        "trans[k]": Dirichlet(concentration: 1, over: "k"),
        // A state: {about}.
{emission}
        "z[0]":     Categorical(p: "start"),
        "z[t]":     Categorical(p: "trans[z[t-1]]"),
        {line}
    }},
    observe: {{ "x": {} }},
)
"#,
        quoted(column)
    ))
}
