#!/usr/bin/env python3
"""Writes digits.jsonl: evidences and posterior moments of conjugate models to 20 digits, for `tests/answers/digits.rs`.

    python3 tests/references/digits.py > tests/references/digits.jsonl        (needs mpmath)

Every number of a model is a double, written so that it is read back as that double; what is exact is computed from
these doubles with 200 digits (mpmath), those with shapes to 1e300 with 700, so that what cancels leaves 60. Nothing is random.

    linear Gaussian models      x ~ Normal(m, P⁻¹) by its lines, y = Hx + noise of precision R: Λ = P + HᵀRH,
                                h = Pm + HᵀRy, mean Λ⁻¹h, covariance Λ⁻¹, and
                                ln p(y) = ½ ln|P| − ½ ln|Λ| + ½ ln|R/2π| − ½(mᵀPm + yᵀRy − hᵀΛ⁻¹h)
    with a precision τ          the same with τP, τR and τ ~ Gamma(a, b): a′ = a + ½N, b′ = b + ½(the last bracket),
                                ln p(y) = ½ ln|P| − ½ ln|Λ| + ½ ln|R/2π| + ln Γ(a′)/Γ(a) + a ln b − a′ ln b′;
                                sd of x is that of its Student-t, √(b′/(a′ − 1) Λ⁻¹)
    Normal–Wishart              κ′ = κ + N, ν′ = ν + N, V′⁻¹ = V⁻¹ + S + κN/κ′ (ȳ − m)(ȳ − m)ᵀ, and ln p(y) =
                                −½ND ln π + ln Γ_D(½ν′)/Γ_D(½ν) − ½ν ln|V| + ½ν′ ln|V′| + ½D ln κ/κ′
                                (ȳ the mean of the rows, S the sum of their squares about it)
    Gamma–Poisson               ln p(y) = ln Γ(a′)/Γ(a) + a ln b − a′ ln b′ − Σ ln y!
    Dirichlet–multinomial       ln p(c) = ln B(α + Σ c)/B(α) + Σ ln (trials!/Π c!)
    Beta–binomial               the same of two categories

A line is an object: `kind`, `at` (the corner), `model`, `evidence`, and `moments` by node: `mean`, `sd`.
"""
import json
from mpmath import mp, mpf, matrix, cholesky, lu_solve, log, loggamma, pi, sqrt, inverse, det

mp.dps = 200
Z = [0.375, -1.25, 0.8125, 1.5, -0.4375, -0.9375, 2.125, -1.6875, 0.0625, 0.625, -0.21875, -0.90625]


def num(x):
    """A double as RON has it."""
    x = float(x)
    return repr(int(x)) if x == int(x) and abs(x) < 1e15 else repr(x).replace("e+", "e")


def nums(xs):
    return "[" + ", ".join(num(x) for x in xs) + "]"


def out(x):
    return float(x) if abs(x) == 0 or mpf("1e-300") < abs(x) < mpf("1e300") else mp.nstr(x, 20)


def case(kind, at, model, evidence, **moments):
    model = " ".join(model.split())
    text = {n: {k: [out(v) for v in vs] for k, vs in m.items()} for n, m in moments.items()}
    print(json.dumps({"kind": kind, "at": at, "model": model, "evidence": out(evidence), "moments": text}, ensure_ascii=False))


def ln_det(m):
    l = cholesky(m)
    return 2 * sum(log(l[i, i]) for i in range(m.rows))


class Linear:
    """Prior lines and observations, each (coefficients by entry, value, precision)."""

    def __init__(self, size, prior, seen):
        self.n = len(seen)
        p, self.h, self.squares, self.ln_r = matrix(size, size), matrix(size, 1), mpf(0), mpf(0)
        self.add(p, prior)
        self.ln_p = ln_det(p)
        self.big = p
        self.add(self.big, seen)
        self.ln_r = sum(log(mpf(r) / (2 * pi)) for _, _, r in seen)
        self.cov = inverse(self.big)
        self.mean = self.cov * self.h
        self.left = self.squares - (self.h.T * self.mean)[0]

    def add(self, p, rows):
        for c, y, r in rows:
            y, r = mpf(y), mpf(r)
            self.squares += r * y * y
            for i, u in c.items():
                self.h[i] += r * mpf(u) * y
                for k, v in c.items():
                    p[i, k] += r * mpf(u) * mpf(v)

    def known(self):
        evidence = (self.ln_p - ln_det(self.big) + self.ln_r - self.left) / 2
        return evidence, list(self.mean), [sqrt(self.cov[i, i]) for i in range(self.cov.rows)]

    def scaled(self, a, b):
        a, b = mpf(a), mpf(b)
        a2, b2 = a + mpf(self.n) / 2, b + self.left / 2
        evidence = (self.ln_p - ln_det(self.big) + self.ln_r) / 2 + loggamma(a2) - loggamma(a) + a * log(b) - a2 * log(b2)
        sd = [sqrt(b2 / (a2 - 1) * self.cov[i, i]) for i in range(self.cov.rows)]
        return evidence, list(self.mean), sd, a2 / b2, sqrt(a2) / b2


def entries(mean, sd):
    return {"mean": mean, "sd": sd}


def single(mean, sd):
    return {"mean": [mean], "sd": [sd]}


OFFSETS = [1.0, 1e3, 1e6, 1e9, 1e12, 1e15]
NOISES = [1.0, 1e-4, 1e-8, 1e-16]


def corners():
    """(words, offset, noise, far, count)."""
    for i, offset in enumerate(OFFSETS):
        for k, noise in enumerate(NOISES):
            count = 4 if (i + k) % 2 else 12
            yield f"offset {offset:g}, noise {noise:g}, {count} rows", offset, noise, 0.0, count
    for offset in (1.0, 1e9, 1e15):
        for noise in (1.0, 1e-8):
            yield f"offset {offset:g}, noise {noise:g}, one cell 1e10 away, 12 rows", offset, noise, 1e10, 12
    yield "offset 1e6, noise 1e-4, 200 rows", 1e6, 1e-4, 0.0, 200


def column(offset, noise, far, count, turn=0):
    y = [offset + noise * (Z[(i + turn) % 12] + 0.001 * (i // 12)) for i in range(count)]
    if far:
        y[count // 2] += far
    return y


def rows(**columns):
    """The head of a model with these columns in a table `t`."""
    texts = ", ".join(f'"{n}": {nums(c)}' for n, c in columns.items())
    return f'Model( data: {{ "t": {{ {texts} }} }},'


def normal():
    for at, offset, noise, far, count in corners():
        y, r = column(offset, noise, far, count), noise ** -2
        e, m, s = Linear(1, [({0: 1}, 0, 1e-6)], [({0: 1}, v, r) for v in y]).known()
        case("Normal, known precision", at, rows(y=y) + f"""
            plates: {{ "n": Rows(table: "t") }},
            nodes: {{ "mu": Normal(mean: 0, precision: 1e-6), "y[n]": Normal(mean: "mu", precision: {num(r)}) }},
            observe: {{ "y": "y" }})""", e, mu=entries(m, s))


def normal_gamma():
    for at, offset, noise, far, count in corners():
        y = column(offset, noise, far, count)
        e, m, s, t, ts = Linear(1, [({0: 1}, 0, 0.01)], [({0: 1}, v, 1) for v in y]).scaled(2, noise * noise)
        case("Normal–Gamma", at, rows(y=y) + f"""
            plates: {{ "n": Rows(table: "t") }},
            nodes: {{ "tau": Gamma(shape: 2, rate: {num(noise * noise)}), "mu": Normal(mean: 0, precision: "0.01 * tau"),
                "y[n]": Normal(mean: "mu", precision: "tau") }},
            observe: {{ "y": "y" }})""", e, mu=entries(m, s), tau=single(t, ts))


def ln_multigamma(d, x):
    return mpf(d * (d - 1)) / 4 * log(pi) + sum(loggamma(x - mpf(i) / 2) for i in range(d))


def normal_wishart():
    for at, offset, noise, far, count in corners():
        a, b = column(offset, noise, far, count), column(-2 * offset, 3 * noise, 0.0, count, 5)
        v = 1 / (noise * noise)
        n, k, nu = mpf(count), mpf(0.01), mpf(4)
        mean = [sum(map(mpf, c)) / n for c in (a, b)]
        s = matrix(2, 2)
        for x in zip(a, b):
            d = [mpf(x[i]) - mean[i] for i in range(2)]
            for i in range(2):
                for j in range(2):
                    s[i, j] += d[i] * d[j]
        k2, nu2 = k + n, nu + n
        prior = matrix([[1 / mpf(v), 0], [0, 1 / mpf(v)]])
        w = prior + s + k * n / k2 * matrix([[mean[i] * mean[j] for j in range(2)] for i in range(2)])
        e = (-n * log(pi) + ln_multigamma(2, nu2 / 2) - ln_multigamma(2, nu / 2)
             + nu / 2 * log(det(prior)) - nu2 / 2 * log(det(w)) + log(k / k2))
        scale = inverse(w)
        # A multivariate Student-t of ν′ − 1 degrees of freedom.
        sd = [sqrt(w[i, i] / (k2 * (nu2 - 3))) for i in range(2)]
        case("Normal–Wishart", at, rows(a=a, b=b) + f"""
            plates: {{ "n": Rows(table: "t") }},
            nodes: {{ "spread": Wishart(dof: 4, scale: [[{num(v)}, 0], [0, {num(v)}]]),
                "mu": MvNormal(mean: [0, 0], precision: "0.01 * spread"),
                "x[n]": MvNormal(mean: "mu", precision: "spread") }},
            observe: {{ "x": ["a", "b"] }})""", e, mu=entries([n * m / k2 for m in mean], sd),
             spread={"mean": [nu2 * scale[i, j] for i in range(2) for j in range(2)]})


def wishart(data, m, kappa, nu, scale):
    """Evidence of rows, mean and deviation of the mean, mean of the precision; MvNormal(m, κΛ) and Wishart(ν, scale)."""
    d, n = len(m), len(data)
    k2, nu2 = mpf(kappa) + n, mpf(nu) + n
    x = [[mpf(v) for v in row] for row in data]
    mean = [sum(row[i] for row in x) / n if n else mpf(0) for i in range(d)]
    prior = inverse(matrix([[mpf(v) for v in row] for row in scale]))
    w = prior.copy()
    for i in range(d):
        for j in range(d):
            w[i, j] += sum((row[i] - mean[i]) * (row[j] - mean[j]) for row in x)
            w[i, j] += mpf(kappa) * n / k2 * (mean[i] - mpf(m[i])) * (mean[j] - mpf(m[j]))
    e = (-mpf(n * d) / 2 * log(pi) + ln_multigamma(d, nu2 / 2) - ln_multigamma(d, mpf(nu) / 2)
         + mpf(nu) / 2 * ln_det(prior) - nu2 / 2 * ln_det(w) + mpf(d) / 2 * log(mpf(kappa) / k2))
    sd = [sqrt(w[i, i] / (k2 * (nu2 - d - 1))) for i in range(d)]
    v = inverse(w)
    at = [(mpf(kappa) * mpf(m[i]) + n * mean[i]) / k2 for i in range(d)]
    return e, at, sd, [nu2 * v[i, j] for i in range(d) for j in range(d)]


PLACES = [0.7, -1.3, 2.9, 0.02, -0.45, 1.7, -3.1, 0.9]


def cloud(d, count, place, noise, far=0.0):
    """Rows about a place that is no multiple of anything, one of them `far` away in every second column."""
    z = [[Z[(5 * i + 7 * j + i * j) % 12] + 0.01 * Z[(i + j) % 12] for j in range(d)] for i in range(count)]
    data = [[place * PLACES[j] + noise * (z[i][j] + 0.5 * z[i][0]) for j in range(d)] for i in range(count)]
    if far:
        data[count // 3] = [v + far * PLACES[j] if j % 2 == 0 else v for j, v in enumerate(data[count // 3])]
    return data


def vectors():
    for d in (1, 2, 3, 5, 8):
        for place, noise, far, at in ((1.0, 1.0, 0.0, 0.0), (1.7e9, 1.0, 0.0, 0.0), (1e6, 1e-4, 0.0, 12.5),
                                      (1e9, 1e-3, 1e10, 0.0), (1.0, 1.0, 1e9, 0.0), (1e12, 1e3, 0.0, 1e12)):
            data = cloud(d, 3 * d + 5, place, noise, far)
            nu, kappa = d + 2, 0.25
            scale = [[(1.0 if i == j else 0.25 / (1 + abs(i - j))) / (noise * noise) for j in range(d)] for i in range(d)]
            m = [at] * d
            e, mean, sd, spread = wishart(data, m, kappa, nu, scale)
            names = [f"c{j}" for j in range(d)]
            matrix_text = "[" + ", ".join(nums(row) for row in scale) + "]"
            case("Normal–Wishart of many entries",
                 f"{d} entries, place {place:g}, noise {noise:g}, prior at {at:g}, a row {far:g} away",
                 rows(**{n: [row[j] for row in data] for j, n in enumerate(names)}) + f"""
                plates: {{ "n": Rows(table: "t") }},
                nodes: {{ "spread": Wishart(dof: {nu}, scale: {matrix_text}),
                    "mu": MvNormal(mean: {nums(m)}, precision: "0.25 * spread"),
                    "x[n]": MvNormal(mean: "mu", precision: "spread") }},
                observe: {{ "x": [{", ".join(f'"{n}"' for n in names)}] }})""", e, mu=entries(mean, sd), spread={"mean": spread})


def vector_groups():
    """Groups that lie apart in other directions, with one prior."""
    d, noise = 3, 1.0
    for apart in (1.0, 1e6, 1e9, 1e12):
        clouds = [cloud(d, 7, place, noise) for place in (0.0, apart, -2.0 * apart)]
        clouds[2] = [[row[2], row[0], row[1]] for row in clouds[2]]
        g = [k for i in range(7) for k in range(3)]
        data = [clouds[k][i] for i in range(7) for k in range(3)]
        of = [wishart(c, [0.0] * d, 0.01, 4, [[1.0 if i == j else 0.0 for j in range(d)] for i in range(d)]) for c in clouds]
        e = sum(o[0] for o in of)
        flat = lambda at: [v for o in of for v in o[at]]
        case("vectors of groups", f"{apart:g} apart", rows(g=[k + 1 for k in g], **{f"c{j}": [r[j] for r in data] for j in range(d)}) + """
            plates: { "n": Rows(table: "t"), "k": Groups(column: "t.g") }, inputs: { "g[n]": "g" },
            nodes: { "spread[k]": Wishart(dof: 4, scale: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
                "mu[k]": MvNormal(mean: [0, 0, 0], precision: "0.01 * spread[k]"),
                "x[n]": MvNormal(mean: "mu[g[n]]", precision: "spread[g[n]]") },
            observe: { "x": ["c0", "c1", "c2"] })""", e, mu=entries(flat(1), flat(2)), spread={"mean": flat(3)})


def line(offset, noise, far, count):
    x = [offset + 0.5 * i for i in range(count)]
    if far:
        x[count // 2] += far
    return x, [2.0 * v + 3.0 + noise * Z[i % 12] for i, v in enumerate(x)]


def regression():
    for at, offset, noise, far, count in corners():
        x, y = line(offset, noise, far, count)
        r = noise ** -2
        e, m, s = Linear(2, [({0: 1}, 0, 1e-4), ({1: 1}, 0, 1e-6)], [({0: u, 1: 1}, v, r) for u, v in zip(x, y)]).known()
        case("regression, known precision", at, rows(x=x, y=y) + f"""
            plates: {{ "n": Rows(table: "t") }}, inputs: {{ "x[n]": "x" }},
            nodes: {{ "b": Normal(mean: 0, precision: 1e-4), "a": Normal(mean: 0, precision: 1e-6),
                "y[n]": Normal(mean: "b * x[n] + a", precision: {num(r)}) }},
            observe: {{ "y": "y" }})""", e, b=single(m[0], s[0]), a=single(m[1], s[1]))


def regression_gamma():
    for at, offset, noise, far, count in corners():
        x, y = line(offset, noise, far, count)
        e, m, s, t, ts = Linear(2, [({0: 1}, 0, 0.01), ({1: 1}, 0, 0.001)],
                                [({0: u, 1: 1}, v, 1) for u, v in zip(x, y)]).scaled(2, noise * noise)
        case("regression, Normal–Gamma", at, rows(x=x, y=y) + f"""
            plates: {{ "n": Rows(table: "t") }}, inputs: {{ "x[n]": "x" }},
            nodes: {{ "tau": Gamma(shape: 2, rate: {num(noise * noise)}), "b": Normal(mean: 0, precision: "0.01 * tau"),
                "a": Normal(mean: 0, precision: "0.001 * tau"), "y[n]": Normal(mean: "b * x[n] + a", precision: "tau") }},
            observe: {{ "y": "y" }})""", e, b=single(m[0], s[0]), a=single(m[1], s[1]), tau=single(t, ts))


def groups():
    for at, offset, noise, far, count in corners():
        if count > 12:
            continue
        places = [0.0, offset, -2.0 * offset]
        g = [i % 3 for i in range(count + 2)]
        y = [places[k] + noise * Z[i % 12] for i, k in enumerate(g)]
        if far:
            y[4] += far
        r = noise ** -2
        e, m, s = Linear(3, [({k: 1}, 0, 1e-6) for k in range(3)], [({k: 1}, v, r) for k, v in zip(g, y)]).known()
        case("groups at different places", at, rows(g=[k + 1 for k in g], y=y) + f"""
            plates: {{ "n": Rows(table: "t"), "k": Size(3) }}, inputs: {{ "g[n]": "g" }},
            nodes: {{ "mu[k]": Normal(mean: 0, precision: 1e-6), "y[n]": Normal(mean: "mu[g[n]]", precision: {num(r)}) }},
            observe: {{ "y": "y" }})""".replace('"k": Size(3) }, inputs: { "g[n]": "g" }', '"k": Groups(column: "t.g") }'),
             e, mu=entries(m, s))


def columns():
    for at, offset, noise, far, count in corners():
        if count > 12:
            continue
        names, scales = ["micro", "plain", "mega"], [1e-6, 1.0, 1e6]
        data = [column(offset * s, noise * s, far * s, count, 3 * j) for j, s in enumerate(scales)]
        e, mean, sd, tau, tau_sd = mpf(0), [], [], [], []
        for y in data:
            one, m, s, t, ts = Linear(1, [({0: 1}, 0, 0.01)], [({0: 1}, v, 1) for v in y]).scaled(2, 1)
            e, mean, sd, tau, tau_sd = e + one, mean + m, sd + s, tau + [t], tau_sd + [ts]
        case("columns of different units", at, rows(**dict(zip(names, data))) + """
            plates: { "n": Rows(table: "t"), "j": Columns(table: "t") },
            nodes: { "tau[j]": Gamma(shape: 2, rate: 1), "mu[j]": Normal(mean: 0, precision: "0.01 * tau[j]"),
                "y[n,j]": Normal(mean: "mu[j]", precision: "tau[j]") },
            observe: { "y": "t" })""", e, mu=entries(mean, sd), tau=entries(tau, tau_sd))


def schools():
    for at, offset, noise, far, _ in corners():
        y = column(offset, noise, far, 8)
        se = [noise * v for v in (15, 10, 16, 11, 9, 11, 10, 18)]
        among = noise ** -2 / 100
        prior = [({0: 1}, 0, 1e-6)] + [({0: -1, j + 1: 1}, 0, among) for j in range(8)]
        precision = [v ** -2 for v in se]
        e, m, s = Linear(9, prior, [({j + 1: 1}, v, r) for j, (v, r) in enumerate(zip(y, precision))]).known()
        if "200" in at:
            continue
        case("hierarchy, known variances", at, rows(y=y, r=precision) + f"""
            plates: {{ "j": Rows(table: "t") }}, inputs: {{ "r[j]": "r" }},
            nodes: {{ "mu": Normal(mean: 0, precision: 1e-6), "theta[j]": Normal(mean: "mu", precision: {num(among)}),
                "y[j]": Normal(mean: "theta[j]", precision: "r[j]") }},
            observe: {{ "y": "y" }})""", e, mu=single(m[0], s[0]), theta=entries(m[1:], s[1:]))


def chain():
    for offset in (0.0, 1e6, 1e12):
        for ratio in (1e-20, 1e-12, 1e-6, 1.0, 1e6, 1e12, 1e20):
            count = 12
            y = [offset + Z[i] + 0.25 * i for i in range(count)]
            q = 1.0 / ratio if ratio < 1 else 1.0
            r = 1.0 if ratio < 1 else 1.0 / ratio
            # q and r are precisions: of steps, of readings.
            r, q = q, r
            first = 1e-6
            prior = [({0: 1}, 0, first)] + [({i: 1, i - 1: -1}, 0, q) for i in range(1, count)]
            e, m, s = Linear(count, prior, [({i: 1}, v, r) for i, v in enumerate(y)]).known()
            case("local level", f"offset {offset:g}, precision of steps / readings {q / r:g}", rows(y=y) + f"""
                plates: {{ "t": Steps(table: "t") }},
                nodes: {{ "l[0]": Normal(mean: 0, precision: 1e-6), "l[t]": Normal(mean: "l[t-1]", precision: {num(q)}),
                    "y[t]": Normal(mean: "l[t]", precision: {num(r)}) }},
                observe: {{ "y": "y" }})""", e, l=entries(m, s))


SHAPES = [1e-300, 1e-100, 1e-17, 1e-3, 1.0, 1e3, 1e12, 1e100, 1e300]
COUNTS = [[0, 0, 0], [3, 0, 5], [1000, 20, 0], [10 ** 9, 3, 10 ** 6], [10 ** 12, 7, 10 ** 12], [10 ** 15, 0, 10 ** 15]]


def gamma_poisson():
    for a in SHAPES:
        for b in (1e-6, 1.0, 1e9):
            for c in COUNTS:
                a2, b2 = mpf(a) + sum(c), mpf(b) + 3
                e = loggamma(a2) - loggamma(mpf(a)) + mpf(a) * log(mpf(b)) - a2 * log(b2) - sum(loggamma(mpf(v) + 1) for v in c)
                if b != 1.0 and (c not in COUNTS[1:6:2] or a not in SHAPES[::2]):
                    continue
                case("Gamma–Poisson", f"shape {a:g}, rate {b:g}, counts {c}", rows(y=c) + f"""
                    plates: {{ "n": Rows(table: "t") }},
                    nodes: {{ "rate": Gamma(shape: {num(a)}, rate: {num(b)}), "y[n]": Poisson(rate: "rate") }},
                    observe: {{ "y": "y" }})""", e, rate=single(a2 / b2, sqrt(a2) / b2))


def ln_beta(xs):
    return sum(loggamma(x) for x in xs) - loggamma(sum(xs))


def ln_ways(c):
    return loggamma(mpf(sum(c)) + 1) - sum(loggamma(mpf(v) + 1) for v in c)


def shares(a):
    t = sum(a)
    return entries([x / t for x in a], [sqrt(x / t * ((t - x) / t) / (t + 1)) for x in a])


def dirichlet():
    for a in SHAPES:
        for c in COUNTS:
            for alpha in ([a, a, a], [a, 1.0, 2.5]):
                if sum(alpha) > 1.7e308:
                    continue
                post = [mpf(x) + v for x, v in zip(alpha, c)]
                e = ln_beta(post) - ln_beta([mpf(x) for x in alpha]) + ln_ways(c)
                case("Dirichlet–multinomial", f"concentration {alpha}, counts {c}", rows(a=c[:1], b=c[1:2], c=c[2:], n=[sum(c)]) + f"""
                    plates: {{ "r": Rows(table: "t") }}, inputs: {{ "n[r]": "n" }},
                    nodes: {{ "p": Dirichlet(concentration: {nums(alpha)}),
                        "x[r]": Multinomial(trials: "n[r]", p: "p") }},
                    observe: {{ "x": ["a", "b", "c"] }})""", e, p=shares(post))


def beta():
    for a in SHAPES:
        for c in COUNTS:
            for b in (a, 2.5):
                post = [mpf(a) + c[0], mpf(b) + c[1]]
                e = ln_beta(post) - ln_beta([mpf(a), mpf(b)]) + ln_ways(c[:2])
                p = shares(post)
                case("Beta–binomial", f"alpha {a:g}, beta {b:g}, {c[0]} of {c[0] + c[1]}", rows(x=c[:1], n=[c[0] + c[1]]) + f"""
                    plates: {{ "r": Rows(table: "t") }}, inputs: {{ "n[r]": "n" }},
                    nodes: {{ "p": Beta(alpha: {num(a)}, beta: {num(b)}), "x[r]": Binomial(trials: "n[r]", p: "p") }},
                    observe: {{ "x": "x" }})""", e, p=single(p["mean"][0], p["sd"][0]))


if __name__ == "__main__":
    for kind in (normal, normal_gamma, normal_wishart, vectors, vector_groups, regression, regression_gamma, groups, columns, schools, chain,
                 gamma_poisson, dirichlet, beta):
        mp.dps = 700 if kind in (gamma_poisson, dirichlet, beta) else 200
        kind()
