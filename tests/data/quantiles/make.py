# Writes gamma.csv and beta.csv: quantiles from mpmath with 60 digits, printed with 20. Distribution functions
# are mpmath's `gammainc` and `betainc` at small shapes, and integrals of the density over 60 standard
# deviations (Gauss-Legendre, digits enough for the shape) where these do not end; roots by secants in the
# logarithm. p is the double nearest to what is written. Run here: python3 make.py
from mpmath import mp, mpf, gammainc, betainc, loggamma, quad, findroot, log, exp, sqrt, nstr, erfinv, linspace


def normal(p):
    return sqrt(2) * erfinv(2 * mpf(p) - 1)


def by_density(ln_density, mean, sd, p):
    """The quantile of a density near to a Normal's; z in standard deviations."""
    f = lambda z: exp(ln_density(mean + z * sd)) * sd
    cdf = lambda z: quad(f, linspace(-30, z, 12), method="gauss-legendre")
    z = normal(p)
    for _ in range(6):
        z -= (cdf(z) - p) / f(z)
    return mean + z * sd


def gamma(a, p):
    a, p = mpf(a), mpf(p)
    if a > 3000:
        norm = loggamma(a)
        return by_density(lambda x: (a - 1) * log(x) - x - norm, a, sqrt(a), p)
    start = (log(p) + loggamma(a + 1)) / a
    if start < -60:
        return exp(start)
    if a > 1:
        start = log(a * max(mpf("0.01"), 1 - 1 / (9 * a) + normal(p) / (3 * sqrt(a))) ** 3)
    f = lambda u: log(gammainc(a, 0, exp(u), regularized=True)) - log(p)
    return exp(findroot(f, (start, start + mpf("0.01")), tol=mpf(10) ** -40, maxsteps=200))


def beta(a, b, p):
    a, b, p = mpf(a), mpf(b), mpf(p)
    if a > b:
        return 1 - beta(b, a, 1 - p)
    n = a + b
    if a > 3000:
        norm = loggamma(a) + loggamma(b) - loggamma(n)
        return by_density(lambda x: (a - 1) * log(x) + (b - 1) * log(1 - x) - norm,
                          a / n, sqrt(a * b / n / n / (n + 1)), p)
    start = (log(p) + log(a) + loggamma(a) + loggamma(b) - loggamma(n)) / a
    if start < -60:
        return exp(start)
    end = (log(1 - p) + log(b) + loggamma(a) + loggamma(b) - loggamma(n)) / b
    if end < -60:
        return 1 - exp(end)
    if a > 1:
        start = log(a / n) + normal(p) / sqrt(a)
    g = lambda w: log(betainc(a, b, 0, 1 / (1 + exp(-w)), regularized=True)) - log(p)
    if a > 1 and p > 0.5:
        g = lambda w: log(betainc(b, a, 0, 1 / (1 + exp(w)), regularized=True)) - log(1 - p)
    if b <= 1:
        return 1 / (1 + exp(-findroot(g, (start - 1, 1 - end), solver="anderson", tol=mpf(10) ** -40, maxsteps=400)))
    return 1 / (1 + exp(-findroot(g, (start, start + mpf("0.01")), tol=mpf(10) ** -40, maxsteps=200)))


P = ["1e-10", "0.05", "0.5", "0.95", "0.999"]
SHAPES = ["1e-3", "0.01", "0.3", "0.9", "1", "2.5", "40", "1000", "15000", "25000", "1e6", "1e12", "1e18", "1e100"]
PAIRS = [("1e-3", "1e-3"), ("0.01", "5"), ("0.3", "0.7"), ("0.5", "2e6"), ("0.5", "1e12"), ("5", "0.01"), ("1", "1"),
         ("2.5", "7"), ("7", "300"), ("300", "7"), ("40", "1e9"), ("5000", "9000"), ("15000", "1e8"),
         ("25000", "25000"), ("25000", "1e9"), ("1e6", "3e7"), ("1e12", "1e12"), ("1e18", "3e18"), ("1e100", "1e90")]


def digits(*shapes):
    return 60 + int(max(log(mpf(s)) / log(10) for s in shapes) * 2 if max(map(mpf, shapes)) > 1e3 else 0)


def write(name, head, rows):
    with open(name, "w") as out:
        out.write(head + "\n")
        for shapes, p, of in rows:
            mp.dps = digits(*shapes)
            try:
                value = of(*[float(s) for s in shapes], float(p))
            except (ValueError, ZeroDivisionError) as error:
                raise SystemExit(f"{shapes} {p}: {error}")
            out.write(",".join([*shapes, p, nstr(value, 20)]) + "\n")
            out.flush()


if __name__ == "__main__":
    write("gamma.csv", "shape,p,quantile", [((a,), p, gamma) for a in SHAPES for p in P])
    write("beta.csv", "a,b,p,quantile", [((a, b), p, beta) for a, b in PAIRS for p in P])
