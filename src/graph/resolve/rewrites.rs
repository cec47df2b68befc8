//! What to write for functions and distributions that the language does not have. Not here: misspelt names,
//! which `diag::suggest` finds.

/// What to write instead of a function.
pub(super) fn of_function(name: &str) -> Option<&'static str> {
    find(FUNCTIONS, name)
}

/// What to write instead of a function of a random variable, where known numbers may go through it.
pub(super) fn of_random(name: &str) -> Option<&'static str> {
    find(OF_RANDOM, name)
}

/// What to write instead of a distribution.
pub(super) fn of_distribution(name: &str) -> Option<&'static str> {
    find(DISTRIBUTIONS, name)
}

type Row = (&'static [&'static str], &'static str);

fn find(rows: &'static [Row], name: &str) -> Option<&'static str> {
    let name: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    rows.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, help)| *help)
}

/// Names in lower case and without `_`.
const FUNCTIONS: &[Row] = &[
    (
        &["ln", "log10", "log2", "log1p", "expm1"],
        "the natural logarithm of a known number is `log(x[n])`, to another base `log(x[n]) / log(10)`",
    ),
    (&["pow", "power", "square"], "a power of a known number is `x[n] ^ 2`"),
    (
        &["sigmoid", "logistic", "logit", "invlogit", "expit", "probit", "phi", "softmax"],
        "a link stands in the call of the distribution: `Bernoulli(logit: \"…\")`, `Bernoulli(probit: …)`, `Binomial(trials: …, logit: …)`, `Categorical(logits: …)`",
    ),
    (&["sum"], "write a sum out, `a + b`, or as `dot(w, x)` of two vectors"),
    (
        &["mean", "avg", "average"],
        "a mean of known numbers is `dot(w, x)` with weights, or a column of its own",
    ),
    (
        &["matmul", "mv", "matvec"],
        "a matrix times a vector is `A * h`, the product of two vectors is `dot(a, b)`",
    ),
    (
        &["inv", "inverse"],
        "a known covariance is written `covariance: …`; the inverse of a random one is a Wishart `precision`",
    ),
    (&["eye", "identitymatrix"], "write `identity(2)` or `identity(k)`"),
    (
        &["min", "max", "round", "floor", "ceil", "sin", "cos", "tan", "tanh", "relu"],
        "compute it of a column beforehand, as a column of its own; of a random variable it has no closed form",
    ),
    (
        &["ifelse", "where", "select"],
        "a case is picked by a category: `mu[z[n]]`, with `z[n]` a Categorical or a column",
    ),
    (&["lag", "previous", "prev", "shift"], "the step before is `h[t-1]`, on a plate `Steps`"),
];

const OF_RANDOM: &[Row] = &[
    (
        &["exp"],
        "the exponential of a Normal stands in the call of the distribution: `Poisson(log_rate: \"…\")`, `Exponential(log_rate: …)`; of a node that is observed, `LogNormal` is the exponential of a Normal; elsewhere let a Gamma be the positive factor, `rate: \"a * b\"`",
    ),
    (&["log"], "where the logarithm of an observed value is Normal, observe the value by a `LogNormal`"),
    (&["sqrt"], "an sd may be random, `sd: \"s\"`; `precision: \"tau\"` stands for an sd of 1 / sqrt(tau)"),
    (
        &["abs"],
        "the absolute value of a random variable has no closed form: let a Gamma be the positive number",
    ),
    (
        &["^"],
        "no distribution is conjugate to a power: a product takes two different random variables, `a * b`",
    ),
    (&["<"], "a case is picked by a category: `mu[z[n]]`, with `z[n]` a Categorical or a column"),
];

const DISTRIBUTIONS: &[Row] = &[
    (&["gaussian", "norm"], "write `Normal(mean: …, precision: …)`"),
    (
        &["multivariatenormal", "multinormal", "multivariategaussian", "mvgaussian", "mvn"],
        "write `MvNormal(mean: …, precision: …)`",
    ),
    (&["unif"], "write `Uniform(lower: …, upper: …)`; of a probability, `Beta(alpha: 1, beta: 1)`"),
    (&["discreteuniform", "randint"], "write `Categorical(p: …)` with equal probabilities"),
    (&["invgamma"], "write `InverseGamma(shape: …, scale: …)`"),
    (
        &["inversewishart", "invwishart"],
        "the prior of a covariance is written as that of its inverse, the precision: `Wishart(dof: …, scale: …)`",
    ),
    (
        &["halft", "truncatednormal"],
        "priors of standard deviations are `HalfNormal`, `HalfCauchy`, `HalfStudentT` and `Uniform`",
    ),
    (
        &["lkj", "lkjcorr", "lkjcholesky"],
        "correlations have no prior of their own: the precision matrix as a whole is a `Wishart(dof: …, scale: …)`",
    ),
    (&["cauchy", "lorentz"], "write `StudentT(mean: …, precision: …, dof: 1)`"),
    (&["doubleexponential"], "write `Laplace(mean: …, scale: …)`"),
    (&["t", "student"], "write `StudentT(mean: …, precision: …, dof: …)`"),
    (
        &["chisquared", "chi2", "chisquare"],
        "with ν degrees of freedom it is `Gamma(shape: ν/2, rate: 0.5)`, in numbers",
    ),
    (&["erlang"], "write `Gamma(shape: …, rate: …)`"),
    (
        &["weibull", "invgaussian", "inversegaussian", "wald", "gumbel"],
        "positive values are a `Gamma`, an `Exponential` or a `LogNormal`",
    ),
    (
        &["negbin", "gammapoisson"],
        "write `NegativeBinomial(log_mean: …, size: …)`, or a Poisson whose rate is a Gamma for each row",
    ),
    (&["betabinomial"], "it is a Binomial whose p is a Beta for each row"),
    (&["geometric"], "it is a Poisson whose rate is an Exponential for each row"),
    (&["dirichletmultinomial"], "it is a Multinomial whose p is a Dirichlet for each row"),
    (
        &["dirichletprocess", "dp", "gem", "stickbreaking"],
        "sticks are `\"v[k]\": Beta(alpha: 1, beta: …)` and `Categorical(p: \"stick(v)\")`",
    ),
    (
        &["mixture", "mixturesamefamily", "normalmixture"],
        "a mixture is a Categorical that picks: `\"z[n]\": Categorical(p: …)` and `mean: \"mu[z[n]]\"`",
    ),
    (
        &["markovchain", "hmm", "hiddenmarkov"],
        "write two lines over a plate `Steps`: `\"z[0]\"` and `\"z[t]\": Categorical(p: \"A[z[t-1]]\")`",
    ),
    (
        &["gaussianprocess", "gp"],
        "smooth curves are chains over a plate `Steps`: `\"h[t]\": Normal(mean: \"h[t-1]\", precision: …)`",
    ),
    (&["flat", "improper"], "priors are proper here: take a wide one, `Normal(mean: 0, precision: 1e-6)`"),
    (
        &["constant", "deterministic", "delta", "dirac"],
        "there are no names for expressions: write the expression where it is used, and a known value as a number or an input",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_known_and_none_stands_twice() {
        for (rows, known) in [
            (FUNCTIONS, &crate::graph::resolve::names::FUNCTIONS.map(str::to_owned)[..]),
            (DISTRIBUTIONS, &crate::dist::REGISTRY.iter().map(|s| s.name.to_lowercase()).collect::<Vec<_>>()),
        ] {
            let mut names: Vec<&str> = rows.iter().flat_map(|(names, _)| *names).copied().collect();
            assert!(names.iter().all(|n| !known.contains(&(*n).to_owned())), "{names:?}");
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all);
        }
        assert!(of_distribution("Half_T").is_some_and(|help| help.contains("HalfStudentT")));
        assert!(of_random("exp").is_some_and(|help| help.contains("LogNormal")));
        assert!(of_function("ln").is_some_and(|help| help.contains("log(x[n])")));
        assert!(of_function("dott").is_none());
    }
}
