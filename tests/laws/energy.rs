//! Laws P5 and E1 on whole models: each node's share of the bound equals plain loops over elements and
//! categories, and no q nearby has a better bound. The models cover the parts: every distribution as a child,
//! every gate, scaled parameters, weights, missing cells.

use crate::loops::{at_rest, compare, options, ready};
use elbow::start::given::Selector;

/// `data`, `plates`, `nodes` and the rest of a model.
fn model(data: &str, plates: &str, nodes: &str, rest: &str) -> String {
    format!("Model(data: {{{data}}},\nplates: {{{plates}}},\nnodes: {{{nodes}}},\n{rest})")
}

const X: &str = r#""t": { "x": [1.2, 0.8, -0.5, 3.9, 4.4, 4.1, 0.1, 5.2], "y": [0.3, 1.1, 0.2, -2.0, -1.5, -2.2, 0.4, -1.8],
    "g": ["a", "b", "a", "b", "c", "a", "c", "b"], "h": ["u", "v", "v", "u", "u", "v", "v", "u"],
    "c": [0, 3, 1, 7, 9, 5, 2, 8], "e": [1.0, 2.0, 0.5, 1.5, 1.0, 3.0, 2.0, 1.0], "w": [1, 2, 3, 1, 1, 2, 1, 4],
    "b": [0, 1, 0, 1, 1, 1, 0, 1], "s": [1, 4, 2, 5, 6, 3, 0, 6], "pos": [0.4, 1.3, 0.2, 2.5, 3.1, 0.9, 1.1, 2.0],
    "prop": [0.2, 0.6, 0.15, 0.8, 0.9, 0.7, 0.3, 0.85] }"#;

const N: &str = r#""n": Rows(table: "t")"#;
const NK: &str = r#""n": Rows(table: "t"), "k": Size(2)"#;
const NKJ: &str = r#""n": Rows(table: "t"), "k": Size(2), "j": Size(3)"#;
const PI: &str = r#""pi": Dirichlet(concentration: 1.5, over: "k"), "z[n]": Categorical(p: "pi"),"#;

/// Steps in three sequences of unequal length, their rows not neighbours.
const STEPS: &str = r#""t": { "x": ["a", "b", "a", "c", "c", "a", "b", "c", "a"], "c": [0, 6, 1, 8, 7, 0, 5, 9, 2],
    "v": [0.1, 2.0, -0.3, 2.2, 1.9, 0.4, 2.4, 2.1, -0.1], "s": ["q", "p", "q", "p", "q", "p", "q", "p", "r"],
    "u": [1.1, 0.2, "", 0.4, 2.0, 1.9, 0.1, 1.8, 0.0], "season": ["wet", "dry", "dry", "wet", "wet", "dry", "wet", "dry", "dry"] }"#;
const STEP_PLATES: &str = r#""t": Steps(table: "t", sequence: "s"), "k": Size(2)"#;

fn models() -> Vec<(&'static str, String)> {
    let mut out: Vec<(&'static str, String)> = vec![];
    let mut add = |name, data: &str, plates: &str, nodes: &str, rest: &str| {
        out.push((name, model(data, plates, nodes, rest)))
    };
    add(
        "a Normal–Gamma pair",
        X,
        N,
        r#""tau": Gamma(shape: 2, rate: 1.5), "mu": Normal(mean: 0.5, precision: "0.3 * tau"),
        "x[n]": Normal(mean: "mu", precision: "tau")"#,
        r#"observe: {"x": "x"}"#,
    );
    add(
        "categories that depend on the one two steps before",
        STEPS,
        r#""t": Steps(table: "t", sequence: "s"), "l": Groups(column: "t.x")"#,
        r#""first": Dirichlet(concentration: 1, over: "l"), "second": Dirichlet(concentration: 0.7, over: "l"),
        "next[l]": Dirichlet(concentration: 0.5, over: "l"),
        "x[0]": Categorical(p: "first"), "x[1]": Categorical(p: "second"), "x[t]": Categorical(p: "next[x[t-2]]")"#,
        r#"observe: {"x": "x"}"#,
    );
    add(
        "Normal and Gamma apart",
        X,
        N,
        r#""tau": Gamma(shape: 2, rate: 1.5), "mu": Normal(mean: 0.5, precision: 0.2),
        "x[n]": Normal(mean: "mu", precision: "tau")"#,
        r#"observe: {"x": "x"}"#,
    );
    add(
        "mean field on a pair",
        X,
        N,
        r#""tau": Gamma(shape: 2, rate: 1.5), "mu": Normal(mean: 0.5, precision: "0.3 * tau"),
        "x[n]": Normal(mean: "mu", precision: "tau")"#,
        r#"observe: {"x": "x"}, factorize: MeanField"#,
    );
    add(
        "a mixture of Normal–Gamma pairs with weights",
        X,
        r#""n": Rows(table: "t", weight: "w"), "k": Size(2)"#,
        &format!(
            r#"{PI}
        "tau[k]": Gamma(shape: 2, rate: 1), "mu[k]": Normal(mean: 1, precision: "0.1 * tau[k]"),
        "x[n]": Normal(mean: "mu[z[n]]", precision: "tau[z[n]]")"#
        ),
        r#"observe: {"x": "x"}"#,
    );
    add(
        "a mixture of Normal–Wishart pairs with missing cells",
        r#""t": { "x": [1.2, 0.8, NA, 3.9, 4.4, 4.1, NA], "y": [0.3, 1.1, NA, -2.0, -1.8, -2.2, NA] }"#
            .replace("NA", "\"\"")
            .as_str(),
        NK,
        &format!(
            r#"{PI} "s[k]": Wishart(dof: 3, scale: [[1, 0.2], [0.2, 0.5]]), "m[k]": MvNormal(mean: [1, 0], precision: "0.2 * s[k]"),
        "x[n]": MvNormal(mean: "m[z[n]]", precision: "s[z[n]]")"#
        ),
        r#"observe: {"x": ["x", "y"]}"#,
    );
    add(
        "MvNormal with a scaled precision and apart",
        X,
        NK,
        &format!(
            r#"{PI} "s": Wishart(dof: 3, scale: [[1, 0.2], [0.2, 0.5]]),
        "m[k]": MvNormal(mean: [1, 0], covariance: [[4, 1], [1, 3]]),
        "x[n]": MvNormal(mean: "m[z[n]]", precision: "0.5 * s")"#
        ),
        r#"observe: {"x": ["x", "y"]}"#,
    );
    add(
        "two selectors, one child",
        X,
        NKJ,
        &format!(
            r#"{PI} "rho": Dirichlet(concentration: [1, 2, 3], over: "j"), "c[n]": Categorical(p: "rho"),
        "mu[k]": Normal(mean: "0", precision: 0.1), "tau[j]": Gamma(shape: 2, rate: 2),
        "x[n]": Normal(mean: "mu[z[n]]", precision: "tau[c[n]]")"#
        ),
        r#"observe: {"x": "x"}"#,
    );
    add(
        "two gates on one array",
        X,
        NKJ,
        &format!(
            r#"{PI} "rho": Dirichlet(concentration: 1, over: "j"), "c[n]": Categorical(p: "rho"),
        "p[k,j]": Beta(alpha: 1.5, beta: 2), "b[n]": Bernoulli(p: "p[z[n], c[n]]")"#
        ),
        r#"observe: {"b": "b"}"#,
    );
    add(
        "a gate and a column",
        X,
        r#""n": Rows(table: "t"), "k": Size(2), "g": Groups(column: "t.g")"#,
        &format!(
            r#"{PI}
        "r[k,g]": Gamma(shape: 2, rate: 0.5), "c[n]": Poisson(rate: "e[n] * r[z[n], g[n]]")"#
        )
        .replace("g[n]]", "t.g[n]]"),
        r#"observe: {"c": "c"}"#,
    );
    add(
        "a column as the index",
        X,
        r#""n": Rows(table: "t"), "g": Groups(column: "t.g")"#,
        r#""shape": Gamma(shape: 2, rate: 3),
        "r[g]": Gamma(shape: 3, rate: "shape"), "c[n]": Poisson(rate: "e[n] * r[t.g[n]]")"#,
        r#"observe: {"c": "c"}"#,
    );
    add(
        "a mean moved and scaled",
        X,
        r#""n": Rows(table: "t"), "k": Size(2)"#,
        &format!(
            r#"{PI} "a[k]": Normal(mean: -1, precision: 0.2),
        "tau": Gamma(shape: 2, rate: 1), "x[n]": Normal(mean: "2 * a[z[n]] + 3", precision: "0.5 * tau")"#
        ),
        r#"observe: {"x": "x"}"#,
    );
    add(
        "a mean times a covariate, less another",
        X,
        N,
        r#""a": Normal(mean: 0, sd: 2), "x[n]": Normal(mean: "e[n] * a - y[n]", variance: 0.7)"#,
        r#"observe: {"x": "x"}"#,
    );
    add(
        "binomials",
        X,
        NK,
        &format!(r#"{PI} "p[k]": Beta(alpha: 1, beta: 1.5), "s[n]": Binomial(trials: 6, p: "p[z[n]]")"#),
        r#"observe: {"s": "s"}"#,
    );
    add(
        "weighted counts in columns, the columns first",
        r#""q": { "q1": [0, 3, 2, 1], "q2": [4, 0, 7, 9], "w": [1, 3, 2, 1], "e": [1, 2, 0.5, 1] }"#,
        r#""n": Rows(table: "q", weight: "w"), "j": Columns(table: "q", only: ["q2", "q1"]), "k": Size(2)"#,
        r#""pi": Dirichlet(concentration: 1, over: "k"),
        "r[k,j]": Gamma(shape: 2, rate: 0.5), "z[n]": Categorical(p: "pi"), "a[j,n]": Poisson(rate: "e[n] * r[z[n], j]")"#,
        r#"observe: {"a": "q"}"#,
    );
    add(
        "multinomials",
        r#""t": { "a": [3, 0, 1, 5], "b": [1, 4, 2, 0], "c": [0, 1, 1, 1] }"#,
        NK,
        &format!(
            r#"{PI}
        "p[k]": Dirichlet(concentration: 0.7, over: 3), "m[n]": Multinomial(trials: "a[n] + b[n] + c[n]", p: "p[z[n]]")"#
        ),
        r#"observe: {"m": ["a", "b", "c"]}"#,
    );
    add(
        "observed reals above zero",
        X,
        NK,
        &format!(r#"{PI} "r[k]": Gamma(shape: 2, rate: 1), "pos[n]": Gamma(shape: 1.5, rate: "r[z[n]]")"#),
        r#"observe: {"pos": "pos"}"#,
    );
    add(
        "exponentials",
        X,
        NK,
        &format!(r#"{PI} "r[k]": Gamma(shape: 2, rate: 1), "pos[n]": Exponential(rate: "e[n] * r[z[n]]")"#),
        r#"observe: {"pos": "pos"}"#,
    );
    add(
        "observed proportions under known Betas",
        X,
        N,
        r#""p": Dirichlet(concentration: 1, over: 2), "h[n]": Categorical(p: "p"),
        "prop[n]": Beta(alpha: "e[n]", beta: 2)"#,
        r#"observe: {"prop": "prop", "h": "h"}"#,
    );
    add(
        "a survey with gaps",
        r#""q": { "q1": ["y", "n", "y", "y", "n", "n"], "q2": ["y", "", "y", "n", "n", "n"], "q3": ["n", "n", "", "y", "y", "n"] }"#,
        r#""n": Rows(table: "q"), "j": Columns(table: "q"), "k": Size(2)"#,
        r#""pi": Dirichlet(concentration: 1, over: "k"),
        "theta[k,j]": Dirichlet(concentration: 0.8, over: "q"), "z[n]": Categorical(p: "pi"), "a[n,j]": Categorical(p: "theta[z[n], j]")"#
            .replace(r#", over: "q""#, "")
            .as_str(),
        r#"observe: {"a": "q"}"#,
    );
    add(
        "numbers in columns, a precision each",
        r#""q": { "q1": [0.1, 0.4, 2.2, 2.5], "q2": [1.0, "", -1.0, -1.2] }"#,
        r#""n": Rows(table: "q"), "j": Columns(table: "q", only: ["q2", "q1"]), "k": Size(2)"#,
        r#""pi": Dirichlet(concentration: 1, over: "k"),
        "mu[k,j]": Normal(mean: 0, precision: 0.5), "tau[j]": Gamma(shape: 2, rate: 1), "z[n]": Categorical(p: "pi"),
        "a[n,j]": Normal(mean: "mu[z[n], j]", precision: "tau[j]")"#,
        r#"observe: {"a": "q"}"#,
    );
    add(
        "some categories known",
        r#""t": { "x": [1.2, 0.8, -0.5, 3.9, 4.4, 4.1], "g": ["a", "", "a", "b", "", ""] }"#,
        r#""n": Rows(table: "t"), "l": Groups(column: "t.g")"#,
        r#""pi": Dirichlet(concentration: 1, over: "l"), "mu[g]": Normal(mean: 0, precision: 0.1),
        "g[n]": Categorical(p: "pi"), "x[n]": Normal(mean: "mu[g[n]]", precision: 1)"#
            .replace("mu[g]", "mu[l]")
            .as_str(),
        r#"observe: {"x": "x", "g": "g"}"#,
    );
    add(
        "some reals known, with children",
        r#""t": { "x": [1.2, "", -0.5, 3.9], "y": [1.0, 0.5, -1, 3] }"#,
        N,
        r#""m": Normal(mean: 0, precision: 0.2),
        "tau": Gamma(shape: 2, rate: 1), "x[n]": Normal(mean: "m", precision: "tau"), "y[n]": Normal(mean: "2 * x[n] + 1", precision: 1.5)"#,
        r#"observe: {"x": "x", "y": "y"}"#,
    );
    add(
        "a chain of symbols",
        STEPS,
        STEP_PLATES,
        r#""start": Dirichlet(concentration: 1, over: "k"), "trans[k]": Dirichlet(concentration: [2, 1], over: "k"),
        "emit[k]": Dirichlet(concentration: 0.5, over: "t.x"), "z[0]": Categorical(p: "start"), "z[t]": Categorical(p: "trans[z[t-1]]"),
        "x[t]": Categorical(p: "emit[z[t]]")"#,
        r#"observe: {"x": "x"}"#,
    );
    add(
        "a chain of counts, transitions by season",
        STEPS,
        r#""t": Steps(table: "t", sequence: "s"), "k": Size(2), "m": Groups(column: "t.season")"#,
        r#""start": Dirichlet(concentration: 1, over: "k"), "trans[m,k]": Dirichlet(concentration: 1, over: "k"),
        "rate[k]": Gamma(shape: 2, rate: 0.5), "z[0]": Categorical(p: "start"), "z[t]": Categorical(p: "trans[season[t], z[t-1]]"),
        "c[t]": Poisson(rate: "rate[z[t]]")"#,
        r#"observe: {"c": "c"}"#,
    );
    add(
        "a chain of pairs",
        STEPS,
        STEP_PLATES,
        r#""start": Dirichlet(concentration: 1, over: "k"), "trans[k]": Dirichlet(concentration: 1, over: "k"),
        "tau[k]": Gamma(shape: 2, rate: 1), "mu[k]": Normal(mean: 0, precision: "0.1 * tau[k]"), "z[0]": Categorical(p: "start"),
        "z[t]": Categorical(p: "trans[z[t-1]]"), "v[t]": Normal(mean: "mu[z[t]]", precision: "tau[z[t]]")"#,
        r#"observe: {"v": "v"}"#,
    );
    add(
        "a chain in mean field",
        STEPS,
        STEP_PLATES,
        r#""start": Dirichlet(concentration: 1, over: "k"), "trans[k]": Dirichlet(concentration: 1, over: "k"),
        "emit[k]": Dirichlet(concentration: 0.5, over: "t.x"), "z[0]": Categorical(p: "start"), "z[t]": Categorical(p: "trans[z[t-1]]"),
        "x[t]": Categorical(p: "emit[z[t]]")"#,
        r#"observe: {"x": "x"}, factorize: MeanField"#,
    );
    add(
        "two chains, side by side",
        STEPS,
        r#""t": Steps(table: "t", sequence: "s"), "k": Size(2), "j": Columns(table: "t", only: ["u", "v"])"#,
        r#""start": Dirichlet(concentration: 1, over: "k"), "trans[j,k]": Dirichlet(concentration: [1, 2], over: "k"), "mu[k]": Normal(mean: 1, precision: 0.3),
        "z[0,j]": Categorical(p: "start"), "z[t,j]": Categorical(p: "trans[j, z[t-1, j]]"), "y[t,j]": Normal(mean: "mu[z[t,j]]", precision: 2)"#,
        r#"observe: {"y": "t"}"#,
    );
    add(
        "documents",
        r#""t": { "doc": ["a", "a", "a", "b", "b", "c"], "word": ["x", "y", "z", "x", "z", "y"], "w": [3, 1, 2, 5, 1, 4] }"#,
        r#""d": Groups(column: "t.doc"), "n": Rows(table: "t", weight: "w"), "k": Size(2)"#,
        r#""theta[d]": Dirichlet(concentration: 0.5, over: "k"),
        "phi[k]": Dirichlet(concentration: 0.3, over: "t.word"), "z[n]": Categorical(p: "theta[doc[n]]"), "word[n]": Categorical(p: "phi[z[n]]")"#,
        r#"observe: {"word": "word"}"#,
    );
    add(
        "a block model",
        r#""t": { "from": ["a", "a", "b", "c", "d", "d", "e"], "to": ["b", "c", "c", "d", "e", "a", "b"], "b": [1, 1, 1, 0, 1, 0, 0] }"#,
        r#""e": Rows(table: "t"), "i": Groups(columns: ["t.from", "t.to"]), "k": Size(2), "m": Size(2)"#,
        r#""pi": Dirichlet(concentration: 1, over: "k"),
        "eta[k,m]": Beta(alpha: 1, beta: 1.5), "z[i]": Categorical(p: "pi"), "b[e]": Bernoulli(p: "eta[z[from[e]], z[to[e]]]")"#,
        r#"observe: {"b": "b"}"#,
    );
    add(
        "a tree of categories",
        r#""t": { "id": ["r", "a", "b", "c", "d", "q"], "up": ["", "r", "r", "a", "a", ""], "v": [0.1, 0.3, 2.0, 0.2, 2.4, 1.9] }"#,
        r#""n": Tree(table: "t", id: "id", parent: "up"), "k": Size(2)"#,
        r#""pi": Dirichlet(concentration: 1, over: "k"),
        "trans[k]": Dirichlet(concentration: [3, 1], over: "k"), "mu[k]": Normal(mean: 1, precision: 0.5), "z[0]": Categorical(p: "pi"),
        "z[n]": Categorical(p: "trans[z[parent(n)]]"), "v[n]": Normal(mean: "mu[z[n]]", precision: 2)"#,
        r#"observe: {"v": "v"}"#,
    );
    add(
        "groups with a prior learnt above them",
        X,
        r#""n": Rows(table: "t"), "g": Groups(column: "t.g"), "h": Groups(column: "t.h")"#,
        r#""top": Normal(mean: 0, precision: 0.1), "lam": Gamma(shape: 2, rate: 1), "m[g]": Normal(mean: "top", precision: "lam"),
        "tau[h]": Gamma(shape: 2, rate: 1), "x[n]": Normal(mean: "m[t.g[n]]", precision: "tau[t.h[n]]")"#,
        r#"observe: {"x": "x"}, factorize: MeanField"#,
    );
    add(
        "a category under known tables",
        X,
        r#""n": Rows(table: "t"), "k": Size(2)"#,
        r#""z[n]": Categorical(p: [0.3, 0.7]),
        "h[n]": Categorical(p: "tab[z[n]]")"#,
        r#"inputs: {"tab[k]": [[0.9, 0.1], [0.2, 0.8]]}, observe: {"h": "h"}"#,
    );
    add(
        "a latent real with heavy tails for each row, of which some are not seen",
        r#""t": { "g": ["a", "b", "b", "c", "a"], "y": [-0.7, -0.1, "", 2.5, ""] }"#,
        r#""n": Rows(table: "t"), "g": Groups(column: "t.g")"#,
        r#""mu[g]": Normal(mean: -1.9, precision: 0.3), "u[n]": StudentT(mean: "mu[t.g[n]]", precision: 2.7, dof: 3.5),
        "y[n]": Normal(mean: "u[n] - 2.6", precision: 2.5)"#,
        r#"observe: {"y": "y"}, factorize: MeanField"#,
    );
    add(
        "a latent real for each row",
        X,
        NK,
        &format!(
            r#"{PI} "mu[k]": Normal(mean: 0, precision: 0.1), "u[n]": Normal(mean: "mu[z[n]]", precision: 2),
        "x[n]": Normal(mean: "u[n]", precision: 3), "y[n]": Normal(mean: "-1 * u[n]", precision: 1)"#
        ),
        r#"observe: {"x": "x", "y": "y"}, factorize: MeanField"#,
    );
    add(
        "a latent rate for each row, weighted",
        X,
        r#""n": Rows(table: "t", weight: "w")"#,
        r#""b": Gamma(shape: 2, rate: 1), "r[n]": Gamma(shape: 3, rate: "b"),
        "c[n]": Poisson(rate: "e[n] * r[n]")"#,
        r#"observe: {"c": "c"}"#,
    );
    add(
        "gaps whose statistic is not zero at zero",
        r#""t": { "b": [1, "", 0, 1, ""], "u": [0.5, 1.5, "", 2.5, 0.1], "v": ["", 0.3, 1.2, 4.0, 0.9], "p": [0.1, "", 0.4, 0.9, 0.6] }"#,
        NK,
        &format!(
            r#"{PI} "q[k]": Beta(alpha: 1, beta: 2), "r[k]": Gamma(shape: 2, rate: 1), "b[n]": Bernoulli(p: "q[z[n]]"),
        "u[n]": Gamma(shape: 1.5, rate: "r[z[n]]"), "v[n]": Exponential(rate: "r[z[n]]"), "p[n]": Beta(alpha: 2, beta: 1.5)"#
        ),
        r#"observe: {"b": "b", "u": "u", "v": "v", "p": "p"}"#,
    );
    add(
        "heavy tails in a mixture, with gaps and weights",
        r#""t": { "x": [1.2, "", -0.5, 3.9, 4.4, 14.1], "w": [1, 2, 3, 1, 1, 2], "f": [2, 5, 1, 3, 4, 0.7], "e": [1.0, 2.0, 0.5, 1.5, 1.0, 3.0] }"#,
        r#""n": Rows(table: "t", weight: "w"), "k": Size(2)"#,
        &format!(
            r#"{PI} "mu[k]": Normal(mean: 0, precision: 0.1), "tau[k]": Gamma(shape: 2, rate: 1),
        "x[n]": StudentT(mean: "mu[z[n]] - 0.3", precision: "e[n] * tau[z[n]]", dof: "f[n]")"#
        ),
        r#"observe: {"x": "x"}"#,
    );
    add(
        "heavy tails about a Normal–Gamma pair, and a StudentT above it",
        X,
        NK,
        &format!(
            r#"{PI} "tau[k]": Gamma(shape: 2, rate: 1.5), "mu[k]": Normal(mean: 0.5, precision: "0.3 * tau[k]"),
        "u[k]": StudentT(mean: 1, precision: 0.5, dof: 3), "y[n]": Normal(mean: "u[z[n]]", precision: 2),
        "x[n]": StudentT(mean: "mu[z[n]]", precision: "tau[z[n]]", dof: 4)"#
        ),
        r#"observe: {"x": "x", "y": "y"}"#,
    );
    add(
        "logarithms that are Normal, a gap, a LogNormal of its own",
        r#""t": { "p": [0.4, 1.3, "", 2.5, 3.1, 0.9], "e": [1.0, 2.0, 0.5, 1.5, 1.0, 3.0] }"#,
        NK,
        &format!(
            r#"{PI} "tau": Gamma(shape: 2, rate: 1.5), "mu[k]": Normal(mean: 0.5, precision: 0.3),
        "l[k]": LogNormal(mean: 0.5, precision: 3), "p[n]": LogNormal(mean: "e[n] * mu[z[n]] + 1", precision: "2 * tau")"#
        ),
        r#"observe: {"p": "p"}"#,
    );
    add(
        "products of precisions and of rates",
        X,
        r#""n": Rows(table: "t"), "k": Size(2), "g": Groups(column: "t.g"), "h": Groups(column: "t.h")"#,
        &format!(
            r#"{PI} "mu": Normal(mean: 0.5, precision: 0.3), "tau[k]": Gamma(shape: 2, rate: 1), "u[g]": Gamma(shape: 3, rate: 3),
        "r[h]": Gamma(shape: 2, rate: 2), "s[n]": Exponential(rate: 1), "o[k]": Gamma(shape: 2, rate: 1),
        "x[n]": Normal(mean: "mu", precision: "tau[z[n]] * (u[t.g[n]] / 2) * e[n]"),
        "c[n]": Poisson(rate: "e[n] * r[t.h[n]] * s[n]"), "pos[n]": Exponential(rate: "o[z[n]] * u[t.g[n]]")"#
        ),
        r#"observe: {"x": "x", "c": "c", "pos": "pos"}"#,
    );
    add(
        "diagonal precisions",
        X,
        NKJ,
        &format!(
            r#"{PI} "alpha[k,j]": Gamma(shape: 2, rate: 1), "beta[j]": Gamma(shape: 3, rate: 2), "s": Gamma(shape: 2, rate: 2),
        "tau": Gamma(shape: 2, rate: 1), "m[k]": MvNormal(mean: 0, precision: "diag(2 * beta) * s"),
        "v[n]": MvNormal(mean: "m[z[n]]", precision: "diag(alpha[z[n]])"),
        "o[n]": MvNormal(mean: [0.5, 1, 2], precision: "e[n] * tau * P / 2")"#
        ),
        r#"inputs: {"P": [[2, 0.5, 0], [0.5, 1, 0.1], [0, 0.1, 3]]}, observe: {"v": ["x", "y", "pos"], "o": ["pos", "x", "prop"]}"#,
    );
    add(
        "a scale for each row of vectors, and a scaled identity",
        X,
        N,
        r#""lambda": Wishart(dof: 3, scale: "identity(2)"), "m": MvNormal(mean: 0, precision: "0.2 * lambda"), "u[n]": Gamma(shape: 2, rate: 2),
        "v[n]": MvNormal(mean: "m", precision: "u[n] * lambda"), "tau": Gamma(shape: 2, rate: 1),
        "o[n]": MvNormal(mean: 1, precision: "identity(2) * tau")"#,
        r#"observe: {"v": ["x", "y"], "o": ["pos", "prop"]}"#,
    );
    add(
        "a stick with a random concentration",
        X,
        r#""n": Rows(table: "t"), "k": Size(4)"#,
        r#""a": Gamma(shape: 2, rate: 1), "v[k]": Beta(alpha: 1, beta: "2 * a"), "z[n]": Categorical(p: "stick(v)"),
        "mu[k]": Normal(mean: 0.5, precision: 0.3), "x[n]": Normal(mean: "mu[z[n]]", precision: 2)"#,
        r#"observe: {"x": "x"}"#,
    );
    add(
        "sticks by group and by category",
        X,
        r#""n": Rows(table: "t", weight: "w"), "k": Size(3), "j": Size(2), "g": Groups(column: "t.g")"#,
        r#""v[g,k]": Beta(alpha: 2, beta: 1.5), "w[j,k]": Beta(alpha: "a[j]", beta: 1), "a[j]": Gamma(shape: 2, rate: 1),
        "pi": Dirichlet(concentration: 1, over: "j"), "c[n]": Categorical(p: "pi"),
        "z[n]": Categorical(p: "stick(v[t.g[n]])"), "y[n]": Categorical(p: "stick(w[c[n]])"),
        "mu[k]": Normal(mean: 0.5, precision: 0.3), "x[n]": Normal(mean: "mu[z[n]]", precision: 2),
        "nu[k]": Normal(mean: 0.5, precision: 0.3), "pos[n]": Normal(mean: "nu[y[n]]", precision: 2)"#,
        r#"observe: {"x": "x", "pos": "pos"}"#,
    );
    add(
        "a stick of one, a known stick, and counts from a stick",
        X,
        r#""n": Rows(table: "t"), "k": Size(2), "i": Size(1), "j": Size(3), "g": Groups(column: "t.g")"#,
        r#""v[i]": Beta(alpha: 1, beta: 3), "o[n]": Categorical(p: "stick(v)"), "known[n]": Categorical(p: "stick(share[t.g[n]])"),
        "mu[j]": Normal(mean: 0, precision: 1), "x[n]": Normal(mean: "mu[known[n]]", precision: 1),
        "u[j]": Beta(alpha: 1, beta: 2), "counts[n]": Multinomial(trials: "total[n]", p: "stick(u)")"#,
        r#"inputs: {"share[g]": [[0.5, 0.2, 1], [0.1, 0.9, 0], [0.3, 0.3, 0.3]], "total[n]": "c"}, observe: {"x": "x"}"#,
    );
    add(
        "chances with a random parameter",
        X,
        NK,
        &format!(
            r#"{PI} "known[n]": Beta(alpha: 1, beta: "e[n] * al[z[n]]"), "b[k]": Gamma(shape: 2, rate: 1), "a": Gamma(shape: 2, rate: 1), "prop[n]": Beta(alpha: 1, beta: "e[n] * b[z[n]]"),
        "q[n]": Beta(alpha: "a", beta: 1), "b2[n]": Bernoulli(p: "q[n]")"#
        ),
        r#"inputs: {"al[k]": [1, 6]}, observe: {"prop": "prop", "b2": "b", "known": "prop"}"#,
    );
    out
}

/// Reports every model that fails, not the first only.
fn each(check: impl Fn(&str, &str) -> Result<(), String>) {
    let held = |name: &str, text: &str| {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(name, text)));
        caught.unwrap_or_else(|_| Err(format!("panicked\n{text}"))).err().map(|e| format!("— {name}: {e}"))
    };
    let wrong: Vec<String> = models().iter().filter_map(|(name, text)| held(name, text)).collect();
    assert!(wrong.is_empty(), "{} models:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn shares_of_the_bound_equal_plain_loops() {
    each(|_, text| {
        let r = ready(text)?;
        for iterations in [1, 3, 60] {
            let p = r.fit(&options(iterations))?;
            compare(&r, &p, 1e-10).map_err(|e| format!("after {iterations} iterations: {e}"))?;
        }
        Ok(())
    });
}

#[test]
fn no_q_nearby_is_better() {
    each(|_, text| {
        let r = ready(text)?;
        let p = r.fit(&options(3000))?;
        at_rest(&r, &p)
    });
}

/// A base measure that is no product can't be summed over categories.
#[test]
fn a_selector_in_a_base_measure_is_refused() {
    let text = model(
        X,
        NK,
        &format!(r#"{PI} "prop[n]": Beta(alpha: "al[z[n]]", beta: 2)"#),
        r#"inputs: {"al[k]": [1, 6]}, observe: {"prop": "prop"}"#,
    );
    let said = ready(&text).err().expect("it is refused");
    assert!(said.contains("the alpha of a Beta cannot depend on `z`"), "{said}");
}

/// Where every table is known, q of a chain is the posterior, and the bound is the log evidence.
#[test]
fn a_known_chain_gives_the_log_evidence() {
    let text = model(
        STEPS,
        STEP_PLATES,
        r#""z[0]": Categorical(p: [0.6, 0.4]), "z[t]": Categorical(p: "trans[z[t-1]]"), "x[t]": Categorical(p: "emit[z[t]]")"#,
        r#"inputs: {"trans[k]": [[0.7, 0.3], [0.1, 0.9]], "emit[k]": [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]}, observe: {"x": "x"}"#,
    );
    let r = ready(&text).unwrap();
    let p = r.fit(&options(3)).unwrap();
    // Sequences p: b c a c, q: a a c b, r: a (as codes), in the order of the file.
    let (first, trans) = ([0.6, 0.4], [[0.7, 0.3], [0.1, 0.9]]);
    let emit = [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]];
    let mut log = 0.0;
    for sequence in [vec![1, 2, 0, 2], vec![0, 0, 2, 1], vec![0]] {
        let mut total = 0.0;
        for n in 0..2usize.pow(sequence.len() as u32) {
            let z = |t: usize| n >> t & 1;
            let mut path = first[z(0)];
            for (t, x) in sequence.iter().enumerate() {
                path *= emit[z(t)][*x] * if t > 0 { trans[z(t - 1)][z(t)] } else { 1.0 };
            }
            total += path;
        }
        log += f64::ln(total);
    }
    assert!((p.elbo - log).abs() < 1e-12, "{} and {log}", p.elbo);
}

/// A start moves with its rows: stored, streamed and chained selectors read it in file order.
#[test]
fn a_given_start_is_read_in_file_order() {
    let text = models().into_iter().find(|m| m.0 == "a chain of symbols").unwrap().1;
    let r = ready(&text).unwrap();
    let s = Selector::find(&r.graph, &r.plan, "z").unwrap();
    assert_eq!((s.elements(), s.categories), (9, 2));
    let labels = [0, 1, 0, 1, 1, 0, 1, 1, 0];
    let mut o = options(1);
    o.start = vec![s.from_categories(&labels).unwrap()];
    let p = r.fit(&o).unwrap();
    let emit = &p.nodes.iter().find(|n| n.name == "emit").unwrap().parameters[0].values;
    let x = [0, 1, 0, 2, 2, 0, 1, 2, 0];
    let mut want = vec![0.5; 6];
    labels.iter().zip(x).for_each(|(z, x)| want[*z as usize * 3 + x] += 1.0);
    assert!(emit.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-12), "{emit:?}, not {want:?}");
    assert!(
        s.from_categories(&[0; 8]).is_err()
            && s.from_categories(&[2; 9]).is_err()
            && s.from_responsibilities(&[0.4; 18]).is_err()
    );
    assert!(
        Selector::find(&r.graph, &r.plan, "emit").is_err() && Selector::find(&r.graph, &r.plan, "x").is_err()
    );
}

/// `identity(2)` is the matrix that it names, wherever a known one may stand.
#[test]
fn the_identity_is_a_matrix() {
    let of = |matrix: &str| {
        let text = model(
            r#""t": { "a": [1, 2.5, 4, 3], "b": [1, -2, 0.5, 2] }"#,
            r#""n": Rows(table: "t")"#,
            &format!(
                r#""s": Wishart(dof: 3, scale: {matrix}), "m": MvNormal(mean: 0, precision: {matrix}), "x[n]": MvNormal(mean: "m", precision: "s")"#
            ),
            r#"observe: {"x": ["a", "b"]}"#,
        );
        ready(&text).unwrap().fit(&options(20)).unwrap_or_else(|e| panic!("{e}")).trace
    };
    assert_eq!(of(r#""identity(2)""#), of("[[1, 0], [0, 1]]"));
}

/// Neighbours in a graph are not updated at once: each would take the place that the other just left, and the
/// bound would fall.
#[test]
fn elements_that_meet_are_updated_in_turn() {
    let text = model(
        r#""t": { "from": [1, 1, 2, 2, 3, 3], "to": [4, 5, 5, 6, 6, 4], "a": [1, 1, 1, 1, 1, 1] }"#,
        r#""e": Rows(table: "t"), "i": Groups(columns: ["t.from", "t.to"]), "k": Size(2), "l": Size(2)"#,
        r#""z[i]": Categorical(p: [0.6, 0.4]), "a[e]": Bernoulli(p: "eta[z[from[e]], z[to[e]]]")"#,
        r#"inputs: {"eta[k,l]": [[0.1, 0.9], [0.9, 0.1]]}, observe: {"a": "a"}"#,
    );
    let p = ready(&text).unwrap().fit(&options(60)).unwrap_or_else(|e| panic!("{e}"));
    // Two sides, no edge within a side: each element is of the other kind than its neighbours.
    let z = &p.nodes.iter().find(|n| n.name == "z").unwrap().mean;
    let side = |i: usize| z[2 * i] > 0.9;
    assert!((0..3).all(|i| side(i) == side(0)) && (3..6).all(|i| side(i) != side(0)), "{z:?}");
}
