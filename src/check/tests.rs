//! What is conjugate and what is not, one line at a time.

use super::check;
use crate::{
    diag::{Diagnostic, Diagnostics},
    graph::resolve,
    source::Source,
    syntax,
};

#[test]
fn arguments_are_refused_with_their_code_and_nothing_else() {
    let mut wrong = vec![];
    // The last line of a model that has one node of each kind; an empty code is a conjugate factor.
    for (line, want) in [
        ("Normal(mean: \"mu\", precision: \"tau * u\")", ""),
        ("Normal(mean: \"mu\", precision: \"2 * tau * u / a[n]\")", ""),
        ("Normal(mean: \"mu\", precision: \"tau * tau\")", "E0405"),
        ("Normal(mean: \"mu\", precision: \"tau * mu\")", "E0401"),
        ("Normal(mean: \"mu\", precision: \"-1 * tau * u\")", "E0404"),
        ("Normal(mean: \"mu\", precision: \"-(tau * u)\")", "E0404"),
        ("Normal(mean: \"mu\", precision: \"tau / u\")", "E0407"),
        ("Poisson(rate: \"tau * u\")", ""),
        ("StudentT(mean: \"2 * mu + a[n]\", precision: \"tau\", dof: \"a[n]\")", ""),
        ("StudentT(mean: \"mu\", precision: \"mu\", dof: 3)", "E0401"),
        ("StudentT(mean: \"mu\", precision: \"tau\", dof: \"tau\")", ""),
        ("StudentT(mean: \"mu\", precision: \"tau\", dof: 0)", "E0408"),
        ("LogNormal(mean: \"mu\", precision: \"tau * u\")", ""),
        ("LogNormal(mean: \"tau\", precision: 1)", "E0401"),
        ("Beta(alpha: 1, beta: \"2 * tau\")", ""),
        ("Beta(alpha: \"tau\", beta: 1)", ""),
        ("Beta(alpha: 2, beta: \"tau\")", "E0408"),
        ("Beta(alpha: \"tau\", beta: \"u\")", "E0402 E0402"),
        ("Beta(alpha: 1, beta: \"mu\")", "E0401"),
        ("Categorical(p: \"stick(v)\")", ""),
        ("Categorical(p: \"stick(al)\")", "E0401"),
        ("Categorical(p: \"stick(2 * v)\")", "E0407"),
        ("MvNormal(mean: 0, precision: \"diag(al)\")", ""),
        ("MvNormal(mean: 0, precision: \"tau * diag(2 * al)\")", ""),
        ("MvNormal(mean: 0, precision: \"tau * identity(2)\")", ""),
        ("MvNormal(mean: 0, precision: \"u * spread\")", ""),
        ("MvNormal(mean: 0, precision: \"diag(v)\")", "E0401"),
        ("MvNormal(mean: 0, precision: \"mu * spread\")", "E0401"),
        ("Normal(mean: \"mu\", precision: \"tau\")", ""),
        ("Normal(mean: \"2 * mu - 1\", precision: \"tau / 4\")", ""),
        ("Normal(mean: \"1 - mu\", precision: \"a[n] * tau\")", ""),
        ("Normal(mean: \"a[n] * mu + a[n]\", sd: \"a[n]\")", ""),
        ("Normal(mean: \"tau\", precision: 1)", "E0401"),
        ("Normal(mean: \"mu\", precision: \"mu\")", "E0401"),
        ("Normal(mean: \"mu\", sd: \"tau\")", ""),
        ("Normal(mean: \"mu\", precision: \"tau + 1\")", "E0404"),
        ("Normal(mean: \"mu\", precision: \"-2 * tau\")", "E0404"),
        ("Normal(mean: \"mu\", precision: \"1 / tau\")", "E0404"),
        ("Normal(mean: \"mu / 0\", precision: 1)", "E0404"),
        ("Normal(mean: \"mu * mu\", precision: 1)", "E0405"),
        ("Normal(mean: \"mu + mu\", precision: 1)", ""),
        ("Normal(mean: \"mu * tau\", precision: 1)", "E0407"),
        ("Normal(mean: \"mu\", precision: 0)", "E0408"),
        ("Normal(mean: \"mu\", variance: -1)", "E0408"),
        ("Gamma(shape: 2, rate: \"tau\")", ""),
        ("Gamma(shape: \"tau\", rate: 1)", ""),
        ("Bernoulli(p: \"bias\")", ""),
        ("Bernoulli(p: \"1 - bias\")", "E0404"),
        ("Bernoulli(p: 1.5)", "E0408"),
        ("Binomial(trials: 3, p: \"bias\")", ""),
        ("Binomial(trials: 2.5, p: \"bias\")", "E0408"),
        ("Poisson(rate: \"a[n] * tau\")", ""),
        ("Poisson(rate: \"bias\")", "E0401"),
        ("Categorical(p: \"theta\")", ""),
        ("Categorical(p: [0.5, 0.6])", "E0408"),
        ("Categorical(p: [1, 0])", ""),
        ("Dirichlet(concentration: [1, 0])", "E0408"),
        ("Dirichlet(concentration: \"theta\")", "E0303"),
        ("MvNormal(mean: 0, precision: \"2 * spread\")", ""),
        ("MvNormal(mean: 0, precision: [[1, 2], [2, 1]])", "E0408"),
        ("Wishart(dof: 0.5, scale: \"identity(2)\")", "E0408"),
    ] {
        let found = diagnose(line);
        let codes: Vec<_> = found.iter().map(|d| d.code.0).collect();
        if codes.join(" ") != want {
            wrong.push(format!(
                "{line}: found {codes:?}, want {want:?}: {:?}",
                found.iter().map(|d| &d.title).collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_refused_says_what_to_write() {
    for (line, code, words) in [
        (
            "Normal(mean: 0, variance: \"1 / tau\")",
            "E0402",
            "write `precision: \"tau\"`: it is the same model",
        ),
        ("Normal(mean: 0, variance: \"a[n] / tau\")", "E0402", "write `precision: \"tau / t.a[n]\"`"),
        ("Normal(mean: \"mu\", sd: \"mu\")", "E0402", "the precision"),
        ("Normal(mean: 0, variance: \"tau + u\")", "E0402", "a line of its own"),
        ("Normal(mean: 0, variance: \"1 + tau\")", "E0402", "write a known variance"),
        ("MvNormal(mean: [0, 0], covariance: \"spread\")", "E0402", "the inverse of the covariance"),
        ("Wishart(dof: 3, scale: \"tau * identity(2)\")", "E0402", "a prior on scale⁻¹ would be conjugate"),
        ("Normal(mean: \"mu\", precision: \"tau / u\")", "E0407", "has no closed form"),
        ("Poisson(rate: \"tau + u\")", "E0407", "the expected logarithm of a sum"),
        ("Normal(mean: \"mu * tau\", precision: 1)", "E0407", "conjugate to Normals alone"),
        ("Poisson(rate: \"exp(mu)\")", "E0219", "LogNormal"),
        ("Normal(mean: 0, sd: \"sqrt(tau)\")", "E0219", "1 / sqrt(tau)"),
        ("Bernoulli(p: \"sigmoid(mu)\")", "E0219", "`Bernoulli(logit: "),
        ("Normal(mean: \"dott(mu, mu)\", precision: 1)", "E0219", "did you mean `dot`"),
        ("Gaussian(mean: 0, precision: 1)", "E0203", "`Normal("),
        ("Poison(rate: 1)", "E0203", "did you mean `Poisson`"),
    ] {
        let found = diagnose(line);
        let said: String =
            found.iter().map(|d| [&d.title[..], &d.notes.concat(), &d.helps.concat()].concat()).collect();
        assert_eq!(found.iter().map(|d| d.code.0).collect::<Vec<_>>(), [code], "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
        assert!(!said.contains("not supported yet"), "{line}: {said}");
    }
    // Where the inverse is no parameter, nothing is said to be one.
    let sum = diagnose("Normal(mean: 0, variance: \"tau + u\")");
    assert!(!sum[0].helps.concat().contains("precision: \"tau"), "{sum:?}");
}

/// What is found wrong with a line, the last of a model that has one node of each kind.
fn diagnose(line: &str) -> Vec<Diagnostic> {
    let text = format!(
        r#"Model(data: {{ "t": {{ "a": [1, 2] }} }}, plates: {{ "n": Rows(table: "t"), "k": Size(2) }}, nodes: {{
                "mu": Normal(mean: 0, precision: 1), "tau": Gamma(shape: 1, rate: 1), "bias": Beta(alpha: 1, beta: 1),
                "u": Gamma(shape: 1, rate: 1), "v[k]": Beta(alpha: 1, beta: 1), "al[k]": Gamma(shape: 1, rate: 1), "theta": Dirichlet(concentration: 1, over: 2), "spread": Wishart(dof: 2, scale: "identity(2)"),
                "x[n]": {line} }})"#
    );
    let source = Source::new("model.ron", text);
    let mut diags = Diagnostics::default();
    let graph = syntax::parse(&source, &mut diags).and_then(|m| resolve(&m, &source, &mut diags));
    if let Ok(graph) = graph {
        let _ = check(&graph, &source, &mut diags);
    }
    diags.list().to_vec()
}
