#!/usr/bin/env python3
"""Writes recentred.jsonl: models whose parts lie far apart, with evidences and moments to 20 digits, for
`tests/answers/recentred.rs`.

    python3 tests/references/recentred.py > tests/references/recentred.jsonl        (needs mpmath)

As in digits.py, numbers of a model are doubles and what is exact is computed from these with 200 digits. Mixtures and
hidden Markov models have components so far apart that q of the selectors is certain: the bound is then ln p(x, z) at the
z that the groups of the data are, a product of Normal–Gamma evidences and Dirichlet–multinomial ones.
"""
from digits import *


def beta(alpha, counts):
    """ln B(α + counts) / B(α)."""
    a = [mpf(x) for x in alpha]
    up = sum(loggamma(x + n) - loggamma(x) for x, n in zip(a, counts))
    return up + loggamma(sum(a)) - loggamma(sum(a) + sum(counts))


def normal_gamma_evidence(y):
    """Gamma(1, 1) and Normal(0, 0.01 τ)."""
    return Linear(1, [({0: 1}, 0, 0.01)], [({0: 1}, v, 1) for v in y]).scaled(1, 1)[0]


COMPONENTS = """
    "tau[k]": Gamma(shape: 1, rate: 1), "mu[k]": Normal(mean: 0, precision: "0.01 * tau[k]"),"""


def groups(far, places=(0.0, 40.0)):
    """Two groups of 18 and a cell far away."""
    near = [[place + Z[i % 12] * (1 + 0.01 * i) for i in range(18)] for place in places]
    return near + [[far]]


def mixtures():
    for far in (2147483647.0, -9999999999.0, 1e12, 99999.0):
        g = groups(far)
        x = [v for i in range(18) for v in (g[0][i], g[1][i])] + g[2]
        e = beta([1] * 3, [18, 18, 1]) + sum(map(normal_gamma_evidence, g))
        case("mixture with a sentinel", f"{far:g}", rows(x=x) + f"""
            plates: {{ "n": Rows(table: "t"), "k": Size(3) }},
            nodes: {{ "w": Dirichlet(concentration: 1, over: "k"), {COMPONENTS} "z[n]": Categorical(p: "w"),
                "x[n]": Normal(mean: "mu[z[n]]", precision: "tau[z[n]]") }},
            observe: {{ "x": "x" }})""", e)


def vector_mixtures():
    """Groups of vectors and one row far from both, in several columns at once."""
    for d, far in ((2, 1e8), (2, -2147483647.0), (3, 1e10), (5, 99999.0)):
        clouds = [cloud(d, 18, 0.0, 1.0), [[v + 30.0 for v in row] for row in cloud(d, 18, 0.0, 1.0)]]
        sentinel = [far * (1 if j % 2 == 0 else -1) for j in range(d)]
        data = [row for pair in zip(*clouds) for row in pair] + [sentinel]
        unit = [[1.0 if i == j else 0.0 for j in range(d)] for i in range(d)]
        e = beta([1] * 3, [18, 18, 1]) + sum(wishart(g, [0.0] * d, 0.01, d + 1, unit)[0] for g in clouds + [[sentinel]])
        names = [f"c{j}" for j in range(d)]
        identity = "[" + ", ".join(nums(row) for row in unit) + "]"
        case("vectors with a sentinel", f"{d} entries, {far:g}", rows(**{n: [r[j] for r in data] for j, n in enumerate(names)}) + f"""
            plates: {{ "n": Rows(table: "t"), "k": Size(3) }},
            nodes: {{ "w": Dirichlet(concentration: 1, over: "k"),
                "S[k]": Wishart(dof: {d + 1}, scale: {identity}),
                "c[k]": MvNormal(mean: {nums([0.0] * d)}, precision: "0.01 * S[k]"), "z[n]": Categorical(p: "w"),
                "x[n]": MvNormal(mean: "c[z[n]]", precision: "S[z[n]]") }},
            observe: {{ "x": [{", ".join(f'"{n}"' for n in names)}] }})""", e)


def hidden_markov():
    for far in (2147483647.0, -1e10):
        g = groups(far)
        z = [0] * 9 + [1] * 9 + [2] + [1] * 9 + [0] * 9
        left = [list(y) for y in g]
        y = [left[k].pop(0) for k in z]
        pairs = [[0] * 3 for _ in range(3)]
        for a, b in zip(z, z[1:]):
            pairs[a][b] += 1
        e = beta([1] * 3, [1, 0, 0]) + sum(beta([1] * 3, p) for p in pairs) + sum(map(normal_gamma_evidence, g))
        case("hidden Markov model with a sentinel", f"{far:g}", rows(y=y) + f"""
            plates: {{ "t": Steps(table: "t"), "k": Size(3) }},
            nodes: {{ "p": Dirichlet(concentration: 1, over: "k"), "A[k]": Dirichlet(concentration: 1, over: "k"),
                {COMPONENTS} "z[0]": Categorical(p: "p"), "z[t]": Categorical(p: "A[z[t-1]]"),
                "y[t]": Normal(mean: "mu[z[t]]", precision: "tau[z[t]]") }},
            observe: {{ "y": "y" }})""", e)


def designs():
    """Covariates that are nearly alike in all rows."""
    first = 1.6e9
    seconds = [first + 3.0 * i for i in range(14)]
    y = [1e6 + 0.25 * i + Z[i % 12] for i in range(14)]
    flat = 1e-20
    prior = [({i: 1}, 0, flat) for i in range(2)]
    e, m, s, t, ts = Linear(2, prior, [({0: u, 1: 1}, v, 1) for u, v in zip(seconds, y)]).scaled(1, 1)
    scaled = f"""
            nodes: {{ "tau": Gamma(shape: 1, rate: 1), "w": Normal(mean: 0, precision: "{num(flat)} * tau"),
                "b": Normal(mean: 0, precision: "{num(flat)} * tau"),"""
    case("seconds since 1970", "beside an intercept, precision unknown", rows(x=seconds, y=y) + f"""
            plates: {{ "n": Rows(table: "t") }}, {scaled}
                "y[n]": Normal(mean: "w * x[n] + b", precision: "tau") }},
            observe: {{ "y": "y" }})""", e, w=single(m[0], s[0]), tau=single(t, ts))
    case("seconds since 1970", "and a column of ones", rows(x=seconds, one=[1] * 14, y=y) + f"""
            plates: {{ "n": Rows(table: "t") }},
            nodes: {{ "tau": Gamma(shape: 1, rate: 1), "w": Normal(mean: 0, precision: "{num(flat)} * tau"),
                "b": Normal(mean: 0, precision: "{num(flat)} * tau"),
                "y[n]": Normal(mean: "w * x[n] + b * one[n]", precision: "tau") }},
            observe: {{ "y": "y" }})""", e, w=single(m[0], s[0]), tau=single(t, ts))
    for p in (1e-12, 1e-8):
        e, m, s = Linear(2, [({0: 1}, 0, 1e-2), ({1: 1}, 0, p)],
                         [({0: u, 1: 1}, v, 4) for u, v in zip(seconds, y)]).known()
        case("seconds since 1970", f"beside an intercept of precision {p:g}", rows(x=seconds, y=y) + f"""
            plates: {{ "n": Rows(table: "t") }},
            nodes: {{ "w": Normal(mean: 0, precision: 0.01), "b": Normal(mean: 0, precision: {num(p)}),
                "y[n]": Normal(mean: "w * x[n] + b", precision: 4) }},
            observe: {{ "y": "y" }})""", e, w=single(m[0], s[0]), b=single(m[1], s[1]))
    years = [2000.0 + i for i in range(14)]
    z = [3.0 - 0.5 * i + 0.125 * i * i + Z[i % 12] for i in range(14)]
    prior = [({i: 1}, 0, 1e-14) for i in range(3)]
    seen = [({0: u * u, 1: u, 2: 1}, v, 1) for u, v in zip(years, z)]
    e, m, s = Linear(3, prior, seen).known()
    case("polynomial of the year", "second degree", rows(a=[u * u for u in years], b=years, y=z) + """
            plates: { "n": Rows(table: "t") },
            nodes: { "u": Normal(mean: 0, precision: 1e-14), "v": Normal(mean: 0, precision: 1e-14),
                "w": Normal(mean: 0, precision: 1e-14),
                "y[n]": Normal(mean: "u * a[n] + v * b[n] + w", precision: 1) },
            observe: { "y": "y" })""", e, u=single(m[0], s[0]), v=single(m[1], s[1]))


if __name__ == "__main__":
    mixtures()
    vector_mixtures()
    hidden_markov()
    designs()
