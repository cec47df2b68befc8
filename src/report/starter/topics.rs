//! Topics of words in documents. Not here: other kinds.

use super::columns::{Columns, Naming, in_expression, quoted};

/// The model.
pub(super) fn write(of: &Columns<'_>) -> Result<String, String> {
    let all: Vec<&Naming> = of.namings.iter().filter(|n| n.complete && n.levels > 1).collect();
    let texts: Vec<&Naming> =
        all.iter().copied().filter(|n| !of.measures.iter().any(|m| m.name == n.name)).collect();
    let doc = match &of.group {
        Some(name) => all.iter().copied().find(|n| n.name == *name),
        None => {
            all.iter().copied().find(|n| texts.first().is_none_or(|t| t.name != n.name || texts.len() > 1))
        }
    };
    let doc = doc.ok_or("it needs a column of documents, with several rows each")?;
    let word = match &of.response {
        Some(name) => all.iter().copied().find(|n| n.name == *name),
        None => texts.iter().rev().chain(all.iter().rev()).copied().find(|n| n.name != doc.name),
    };
    let word = word.ok_or("it needs a column of words beside that of documents")?;
    let count =
        of.measures.iter().find(|m| m.counts && m.complete && m.name != doc.name && m.name != word.name);
    let weight = count.map_or(String::new(), |m| format!(", weight: {}", quoted(&m.name)));
    let note = match count {
        Some(m) => format!("        // A row stands for as many words as `{}` says.\n", m.name),
        None => String::new(),
    };
    let column = |n: &Naming| quoted(&format!("t.{}", n.name));
    Ok(format!(
        r#"// Topics: each is a distribution over words, each document a mixture of topics. `elbow fit` prints the largest words
// of each topic; `--nodes theta` the topics of each document.
Model(
    name: "Topics",
    data: {{ "t": {file} }},
    plates: {{
        "d": Groups(column: {documents}),
{note}        "w": Rows(table: "t"{weight}),
        "k": Size(10),
    }},
    nodes: {{
        // Small concentrations: few topics in a document, few words in a topic.
        "theta[d]": Dirichlet(concentration: 0.1, over: "k"),
        "phi[k]":   Dirichlet(concentration: 0.05, over: {words}),
        "z[w]":     Categorical(p: "theta[{index}[w]]"),
        "word_seen[w]": Categorical(p: "phi[z[w]]"),
    }},
    observe: {{ "word_seen": {seen} }},
)
"#,
        file = quoted(of.file),
        index = in_expression(&doc.name)?,
        documents = column(doc),
        words = column(word),
        seen = quoted(&word.name),
    ))
}
