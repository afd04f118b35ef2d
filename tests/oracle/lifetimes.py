"""Models of repeat purchases and spend in the program's decisions, fitted and asked a second time with scipy.

    lifetimes.py RUN --unit weeks --horizon 39 --period months --periods 12 --rate 0.01 [--x x --t-x t_x --age age --mean mean]

RUN is the folder of a run. Of its `run.json` the models must stand at a maximum of their likelihoods that scipy, which climbs from
several starts, does not get beyond; of its decisions the columns `alive`, `buys`, `spend` and `clv`, as far as they are there, must be what the
fitted parameters say, by quadrature. Customers whose figures cannot be are left out of both.

BG/NBD: Fader, Hardie & Lee 2005, Marketing Science 24(2). Gamma-Gamma: Fader & Hardie 2013, "The Gamma-Gamma Model of Monetary Value".
"""

import argparse
import json
import sys
from pathlib import Path

import numpy
import polars
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.4375, "years": 365.25}
TOLERANCE = 1e-7


def bg_nbd(parameters, x, t_x, age):
    """The log-likelihood, equation 6: the customer is still there, or left with the last purchase."""
    r, alpha, a, b = parameters
    common = gammaln(r + x) - gammaln(r) + r * numpy.log(alpha)
    stays = betaln(a, b + x) - betaln(a, b) - (r + x) * numpy.log(alpha + age)
    left = betaln(a + 1, b + numpy.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * numpy.log(alpha + t_x)
    return numpy.sum(common + numpy.logaddexp(stays, numpy.where(x > 0, left, -numpy.inf)))


def gamma_gamma(parameters, x, mean):
    """The log-likelihood of mean values of x purchases each, equation 1a."""
    p, q, v = parameters
    own = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * numpy.log(v)
    return numpy.sum(own + (p * x - 1) * numpy.log(mean) + p * x * numpy.log(x) - (p * x + q) * numpy.log(v + mean * x))


def highest(likelihood, starts, count):
    """The highest value that is found from any of the starts, and where."""
    def falls(logarithms):
        value = likelihood(numpy.exp(logarithms))
        return -value / count if numpy.isfinite(value) else 1e9

    best = None
    for start in starts:
        rough = minimize(falls, numpy.log(start), method="Nelder-Mead", options={"maxiter": 6000, "xatol": 1e-9, "fatol": 1e-14})
        fine = minimize(falls, rough.x, method="BFGS", options={"gtol": 1e-10})
        best = min([found for found in (best, rough, fine) if found is not None], key=lambda found: found.fun)
    return -best.fun * count, numpy.exp(best.x)


def alive(parameters, x, t_x, age):
    if x == 0:
        return 1.0
    r, alpha, a, b = parameters
    return 1 / (1 + a / (b + x - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x))


def purchases(parameters, x, t_x, age, horizon):
    """Expected purchases: of a customer who is there, (1 - exp(-rate p t)) / p, over what is known of rate and p."""
    r, alpha, a, b = parameters
    bought = lambda p: -numpy.expm1(-(r + x) * numpy.log1p(p * horizon / (alpha + age))) / p if p > 0 else (r + x) * horizon / (alpha + age)
    # The weight p^(a - 1) (1 - p)^(b + x - 1) is left to the quadrature, which is exact for it at both ends.
    total, _ = quad(bought, 0, 1, weight="alg", wvar=(a - 1, b + x - 1), epsabs=0, epsrel=1e-12, limit=400)
    return total / numpy.exp(betaln(a, b + x)) * alive(parameters, x, t_x, age)


def spend(parameters, x, mean):
    p, q, v = parameters
    known = p * x + q - 1
    return p * (v + x * mean) / known if known > 0 else None


def value(buyers, money, row, options):
    """Purchases of each period at its end, discounted, each of the expected spend."""
    length, each = DAYS[options.period] / DAYS[options.unit], spend(money, row["x"], row["mean"])
    upto = [purchases(buyers, row["x"], row["t_x"], row["age"], n * length) if n else 0.0 for n in range(options.periods + 1)]
    parts = ((upto[n] - upto[n - 1]) / (1 + options.rate) ** n for n in range(1, options.periods + 1))
    return None if each is None else each * sum(parts)


def fitted(model):
    return [parameter["value"] for parameter in model["parameters"]]


def check_fit(model, likelihood, starts, count):
    """What is wrong with a fit: its own likelihood, one that falls short, or parameters elsewhere though the peak is sharp."""
    best, at = highest(likelihood, starts, count)
    told, found = model["log_likelihood"], likelihood(fitted(model))
    wrong = []
    if abs(told - found) > 1e-9 * abs(found):
        wrong.append(f"the log-likelihood of its parameters is {found}, not {told}")
    if told < best - 1e-6 * max(1.0, abs(best)) and not model["doubts"]:
        wrong.append(f"log-likelihood {told}, scipy gets to {best} at {at}")
    errors = [parameter["error"] for parameter in model["parameters"]]
    for name, mine, other, error in zip("r alpha a b".split() if len(at) == 4 else "pqv", fitted(model), at, errors):
        if not model["doubts"] and abs(mine - other) > 0.01 * error:
            wrong.append(f"{name} is {mine}, scipy finds {other}")
    return [f"{model['function']}, {model['model']}: {text}" for text in wrong]


def check(model, figures):
    """What is wrong with a model that was fitted to those of all customers whose figures can be."""
    x, t_x, age, mean = figures.T
    sound = (x >= 0) & (t_x <= age) & ((x > 0) == (t_x > 0))
    if model["model"] == "BG/NBD":
        x, t_x, age = x[sound], t_x[sound], age[sound]
        starts = [[1, age.mean(), 1, 1], [0.3, 5, 0.8, 2.5], [3, 30, 0.3, 3]]
        return check_fit(model, lambda at: bg_nbd(at, x, t_x, age), starts, len(x))
    # The model of spend asked alone knows no times.
    paid = (x > 0) & (mean > 0) & (sound if model["function"] == "lifetime_value" else True)
    x, mean = x[paid], mean[paid]
    starts = [[1, 2, mean.mean()], [6, 4, mean.mean() / 2], [2, 3, mean.mean()]]
    return check_fit(model, lambda at: gamma_gamma(at, x, mean), starts, len(x))


def asked(parameters, options):
    """What a customer's columns should be, by the parameters that the run found for each."""
    bought = lambda function: parameters.get((function, "BG/NBD"))
    paid = lambda function: parameters.get((function, "Gamma-Gamma"))
    columns = {}
    if bought("alive"):
        columns["alive"] = lambda row: alive(bought("alive"), row["x"], row["t_x"], row["age"])
    if at := bought("expected_purchases"):
        columns["buys"] = lambda row: purchases(at, row["x"], row["t_x"], row["age"], options.horizon)
    if paid("expected_spend"):
        columns["spend"] = lambda row: spend(paid("expected_spend"), row["x"], row["mean"])
    if paid("lifetime_value"):
        columns["clv"] = lambda row: value(bought("lifetime_value"), paid("lifetime_value"), row, options)
    return columns


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    for name in ("x", "t-x", "age", "mean"):
        parser.add_argument("--" + name, default=name.replace("-", "_"))
    parser.add_argument("--unit", choices=DAYS, required=True)
    parser.add_argument("--period", choices=DAYS, required=True)
    for name, kind in (("horizon", float), ("periods", int), ("rate", float)):
        parser.add_argument("--" + name, type=kind, required=True)
    parser.add_argument("--most", type=int, default=200, help="customers whose expectations are computed")
    options = parser.parse_args()
    run = Path(options.run)
    models = json.loads((run / "run.json").read_text(encoding="utf-8"))["models"]
    table = polars.read_parquet(run / "decisions/**/*.parquet")
    names = {"x": options.x, "t_x": options.t_x, "age": options.age, "mean": options.mean}
    rows = [{**row, **{own: row[name] for own, name in names.items()}} for row in table.to_dicts()]
    rows = [row for row in rows if all(row[own] is not None for own in names)]
    figures = numpy.array([[row[own] for own in names] for row in rows], dtype=float)
    parameters, wrong = {}, []
    for model in models:
        if not model["parameters"]:
            print(f"{model['function']}, {model['model']}: not fitted: {'; '.join(model['doubts'])}")
            continue
        parameters[model["function"], model["model"]] = fitted(model)
        wrong += check(model, figures)
    columns = asked(parameters, options)
    columns = {name: of for name, of in columns.items() if name in table.columns}
    decided = [row for row in rows if row["undetermined_step"] is None]
    for row in decided[:: max(1, len(decided) // options.most)]:
        for name, of in columns.items():
            found, wanted = row[name], of(row)
            is_apart = (found is None) != (wanted is None)
            if is_apart or (wanted is not None and abs(found - wanted) > TOLERANCE * max(1.0, abs(wanted))):
                wrong.append(f"{name} of {[row[own] for own in names]} is {found}, expected {wanted}")
    print("\n".join(wrong[:20]))
    print(f"{len(models)} models, {len(columns)} columns of {len(decided)} customers compared, {len(wrong)} differ")
    return 1 if wrong or not models or not columns else 0


if __name__ == "__main__":
    sys.exit(main())
