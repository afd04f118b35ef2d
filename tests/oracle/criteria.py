"""Rankings over several criteria, weights made of the figures, and concentration, in plain numpy.

    criteria.py PARQUET --values a b c [--weights 0.5 0.3 0.2] [--group region] [--of a --top 0.2]

PARQUET is a file or a folder of the program's decisions. Columns `topsis`, `vikor`, `promethee`, `entropy_a`, `critic_a` (and so on for each
criterion), `gini`, `herfindahl` and `top_share` (of the column that `--of` names) are compared as far as they are there. With a group each is
made anew for those who have the same. More is better in every criterion. Whoever lacks a figure has no score and does not count.

TOPSIS: Hwang & Yoon 1981. VIKOR: Opricovic & Tzeng 2004. PROMETHEE II: Brans & Vincke 1985. Entropy: Shannon 1948. CRITIC: Diakoulaki,
Mavrotas & Papayannakis 1995.
"""

import argparse
import sys
from pathlib import Path

import numpy
import polars

TOLERANCE = 1e-9


def shares(figures):
    total = figures.sum()
    return figures / total if total > 0 else numpy.full(len(figures), 1 / len(figures))


def unit(figures):
    """From 0, the smallest, to 1, the largest; 0 where all are equal."""
    span = figures.max(axis=0) - figures.min(axis=0)
    return (figures - figures.min(axis=0)) / numpy.where(span > 0, span, 1)


def topsis(table, weights):
    length = numpy.sqrt((table**2).sum(axis=0))
    scaled = weights * table / numpy.where(length > 0, length, 1)
    best = numpy.sqrt(((scaled - scaled.max(axis=0)) ** 2).sum(axis=1))
    worst = numpy.sqrt(((scaled - scaled.min(axis=0)) ** 2).sum(axis=1))
    return numpy.where(best + worst > 0, worst / numpy.where(best + worst > 0, best + worst, 1), 0.5)


def vikor(table, weights):
    """1 - Q, with half the weight on the sum of regrets and half on the largest."""
    varies = table.max(axis=0) > table.min(axis=0)
    regret = weights * varies * (1 - unit(table))
    total, largest = regret.sum(axis=1), regret.max(axis=1)
    scaled = [unit(part) if part.max() - part.min() > 1e-13 else 0 * part for part in (total, largest)]
    return 1 - (scaled[0] + scaled[1]) / 2


def promethee(table, weights):
    """How many of the others are worse less how many are better, as a share, by criterion."""
    others = max(len(table) - 1, 1)
    flow = [numpy.sign(column[:, None] - column[None, :]).sum(axis=1) / others for column in table.T]
    return numpy.array(flow).T @ weights


def entropy(table):
    if len(table) < 2:
        return numpy.full(table.shape[1], 1 / table.shape[1])
    spread = []
    for column in table.T:
        parts = shares(column)
        known = parts[parts > 0]
        constant = column.max() == column.min()
        spread.append(0.0 if constant else 1 + (known * numpy.log(known)).sum() / numpy.log(len(column)))
    return shares(numpy.array(spread))


def critic(table):
    scaled = unit(table)
    varies = scaled.std(axis=0) > 0
    told = numpy.zeros(table.shape[1])
    for at in numpy.flatnonzero(varies):
        others = [other for other in numpy.flatnonzero(varies) if other != at]
        conflict = sum(1 - numpy.corrcoef(scaled[:, at], scaled[:, other])[0, 1] for other in others)
        told[at] = scaled[:, at].std() * (conflict if conflict > 1e-12 else 0)
    return shares(told) if told.sum() > 0 or not varies.any() else shares(varies.astype(float))


def gini(figures):
    """Half the mean difference of all pairs, over the mean."""
    return numpy.abs(figures[:, None] - figures[None, :]).mean() / 2 / figures.mean()


def herfindahl(figures):
    return ((figures / figures.sum()) ** 2).sum()


def top_share(figures, share):
    count = max(1, int(numpy.floor(share * len(figures) + 0.5)))
    return numpy.sort(figures)[::-1][:count].sum() / figures.sum()


def expected(table, options):
    """Every column that the rows of one group should have, as arrays."""
    figures = table.select(options.values).to_numpy().astype(float)
    wanted = {}
    if options.weights:
        weights = shares(numpy.array(options.weights))
        wanted = {"topsis": topsis(figures, weights), "vikor": vikor(figures, weights), "promethee": promethee(figures, weights)}
    for name, made in (("critic", critic), ("entropy", entropy)):
        if name == "critic" or (figures >= 0).all():
            for criterion, weight in zip(options.values, made(figures)):
                wanted[f"{name}_{criterion}"] = numpy.full(len(figures), weight)
    if options.of:
        one = table[options.of].to_numpy().astype(float)
        if (one >= 0).all() and one.sum() > 0:
            for name, figure in (("gini", gini(one)), ("herfindahl", herfindahl(one)), ("top_share", top_share(one, options.top))):
                wanted[name] = numpy.full(len(one), figure)
    return wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parquet")
    parser.add_argument("--values", nargs="+", required=True)
    parser.add_argument("--weights", nargs="*", type=float)
    parser.add_argument("--group")
    parser.add_argument("--of")
    parser.add_argument("--top", type=float, default=0.2)
    parser.add_argument("--only", nargs="*", help="the columns that are compared")
    options = parser.parse_args()
    path = Path(options.parquet)
    table = polars.read_parquet(path / "**/*.parquet" if path.is_dir() else path).filter(polars.col("undetermined_step").is_null())
    whole = table.drop_nulls(options.values + ([options.of] if options.of else []))
    parts = whole.partition_by(options.group) if options.group else [whole]
    compared, wrong = 0, []
    for part in parts:
        for name, column in expected(part, options).items():
            if name not in (options.only or table.columns):
                continue
            compared += len(part)
            found = part[name].to_list()
            apart = [at for at, value in enumerate(found) if value is None or abs(value - column[at]) > TOLERANCE]
            wrong += [f"{name} of row {part.row(at)[:4]} is {found[at]}, expected {column[at]}" for at in apart]
    for row in table.filter(polars.any_horizontal(polars.col(options.values).is_null())).to_dicts():
        wrong += [f"{name} is {row[name]} without a figure" for name in ("topsis", "vikor", "promethee") if row.get(name) is not None]
    print("\n".join(wrong[:20]))
    print(f"{compared} values of {len(parts)} groups compared, {len(wrong)} differ")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
