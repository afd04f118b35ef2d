"""The workload of this folder in DuckDB and in Python's polars, and on request row by row in zen-engine (a rules engine in Rust).

    python duckdb_polars.py [CUSTOMERS.parquet] [--customers 5000000] [--rounds 5] [--threads 2] [--zen 20000]

The file is what `peers --export FILE` writes; without it customers of the same distributions are made with numpy (other
ones, so that sums differ). Needs duckdb, polars, pyarrow, numpy (and zen-engine). Processor time is that of the process, user and system.
All results are materialised: in DuckDB as a table in memory, and as Arrow; in polars as a frame.
"""

import argparse
import os
import statistics
import time

parser = argparse.ArgumentParser()
parser.add_argument("file", nargs="?")
parser.add_argument("--customers", type=int, default=5_000_000)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--zen", type=int, default=0, metavar="CUSTOMERS", help="customers for zen-engine, row by row")
args = parser.parse_args()
os.environ["POLARS_MAX_THREADS"] = str(args.threads)

import duckdb  # noqa: E402
import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

SECTORS = {"technology": 1.0, "software": 1.0, "telecommunications": 0.9, "medical": 0.8, "finance": 0.7, "retail": 0.6,
           "marketing": 0.5, "services": 0.5, "entertainment": 0.4, "employment": 0.3}
REGIONS = {"Central": 0.6, "East": 0.8, "West": 1.0}
TIERS = ["general", "commercial", "partner", "strategic"]
OWNERS = ["inside sales", "export desk", "account manager", "international sales manager", "key account manager",
          "international account manager", "key account manager", "international account manager"]
LEVELS = ["standard desk", "priority desk", "named engineer", "dedicated team"]
PRICES = np.array([55.0, 550.0, 1096.0, 3393.0, 4821.0, 5482.0, 26768.0])


def made(n):
    """Customers of the distributions of src/workload.rs."""
    r = np.random.default_rng(2018)
    activity = r.random(n)

    def some(most):
        return ((0.3 * r.random(n) + 0.7 * activity) * (most + 1)).astype(np.int64)

    def missing(values, kind, also=None):
        mask = r.random(n) < 0.05
        return pa.array(values, kind, mask=mask if also is None else mask | also)

    def ranks(figures):
        ordered = np.sort(figures)
        return np.searchsorted(ordered, figures) / max(n - 1, 1)

    def texts(names, numbers, mask=None):
        return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32(), mask=mask), pa.array(names)).cast(pa.string())

    revenue = np.where(r.random(n) < 0.05, 0.0, activity**2 * (0.5 + r.random(n)) * 1e6)
    deals = some(6)
    pipeline = sum(np.where(deals > i, PRICES[r.integers(0, 7, n)], 0.0) for i in range(7))
    no_close = r.random(n) < 0.05
    new = r.random(n) < 0.1
    held = np.minimum(((r.random(n) + activity) * 2).astype(np.int32), 3)
    return pa.table({
        "id": pa.array(np.arange(n)),
        "sector": texts([*SECTORS, "agriculture"], np.where(r.random(n) < 0.0008, 10, r.integers(0, 10, n))),
        "region": texts(list(REGIONS), r.integers(0, 3, n), r.random(n) < 0.05),
        "abroad": pa.array(r.random(n) < 0.2),
        "revenue_counted": pa.array(revenue),
        "open_value": pa.array(pipeline),
        "revenue_rank": pa.array(ranks(revenue)),
        "pipeline_rank": pa.array(ranks(pipeline)),
        "price_realisation": missing(0.88 + 0.2 * r.random(n), pa.float64()),
        "new_series_won": pa.array(np.where(r.random(n) < 0.4, some(3), 0)),
        "new_series_asked": pa.array(r.random(n) < 0.5),
        "products": pa.array(some(7)),
        "series": pa.array(some(3)),
        "win_rate": pa.array(0.35 + 0.6 * (0.5 * r.random(n) + 0.5 * activity), mask=no_close),
        "days_to_close": pa.array(25.0 + 75.0 * r.random(n), mask=no_close | (r.random(n) < 0.0004)),
        "active_months": pa.array(some(12)),
        "purchase_days": pa.array(some(40)),
        "longest_silence": pa.array(r.integers(10, 80, n)),
        "growth_counted": missing(1.6 * r.random(n) - 0.6, pa.float64()),
        "recency_days": missing(r.integers(0, 60, n), pa.int64()),
        "contacts": pa.array(some(12)),
        "months_covered": pa.array(r.integers(1, 13, n)),
        "prior_tier": texts(TIERS, held, new),
        "prior_cycles_held": missing(r.integers(1, 10, n), pa.int64(), new),
    })


# --- DuckDB ----------------------------------------------------------------------------------------------------------


def case(column, table):
    return f"CASE {column} " + " ".join(f"WHEN '{k}' THEN {v}::DOUBLE" for k, v in table.items()) + " END"


# DuckDB's `least` and `greatest` pass over NULL: where one may come, a CASE stands before.
def part(x, low, high, weight):
    return f"{weight}::DOUBLE * least(greatest(({x} - {low}::DOUBLE) / {high - low}::DOUBLE, 0), 1)"


def falling(x, low, high, weight):
    return f"{weight}::DOUBLE * (1 - least(greatest(({x} - {low}::DOUBLE) / {high - low}::DOUBLE, 0), 1))"


def lookup(column, values):
    """CASE over a tier's number; DuckDB has no gather from a list of constants that is faster."""
    text = [f"'{v}'" if isinstance(v, str) else str(v) for v in values]
    return f"CASE {column} " + " ".join(f"WHEN {i} THEN {v}" for i, v in enumerate(text)) + " END"


def sql(ranked):
    given = "revenue_rank, pipeline_rank"
    percent = "percent_rank() OVER (ORDER BY {})"
    ranks = given if not ranked else f"{percent.format('revenue_counted')} AS revenue_rank, {percent.format('open_value')} AS pipeline_rank"
    points = {"economic": 0.35, "traction": 0.20, "improvement": 0.10, "fit": 0.15, "long_term": 0.20}
    lines = lambda x: f"(({x} >= 52)::TINYINT + ({x} >= 65)::TINYINT + ({x} >= 75)::TINYINT)"  # noqa: E731
    return f"""
    WITH ranked AS (SELECT * EXCLUDE (revenue_rank, pipeline_rank), {ranks} FROM customers),
    dimensions AS (SELECT *,
        0.75::DOUBLE * revenue_rank + {part("coalesce(price_realisation, 0)", 0.90, 1.05, 0.10)} + 0.15::DOUBLE * pipeline_rank AS economic,
        {part("products", 0, 7, 0.5)} + {part("series", 0, 3, 0.2)}
            + CASE WHEN new_series_won > 0 THEN 0.3::DOUBLE WHEN new_series_asked THEN 0.15::DOUBLE ELSE 0 END AS traction,
        CASE WHEN win_rate IS NULL THEN 0 WHEN days_to_close IS NULL THEN NULL ELSE {part("win_rate", 0.40, 0.90, 0.6)} + {falling("days_to_close", 30, 90, 0.4)} END AS improvement,
        0.7::DOUBLE * {case("sector", SECTORS)} + 0.3::DOUBLE * CASE WHEN region IS NULL THEN 0.5 ELSE {case("region", REGIONS)} END AS fit,
        {part("active_months", 0, 12, 0.4)}
            + CASE WHEN purchase_days < 3 THEN 0 ELSE {falling("longest_silence", 15, 60, 0.3)} END
            + {part("coalesce(growth_counted, 0)", -0.5, 0.5, 0.3)} AS long_term,
        CASE WHEN recency_days IS NULL THEN 1 ELSE 0.9::DOUBLE + {part("contacts", 0, 10, 0.1)} + {falling("recency_days", 0, 45, 0.1)} END AS relationship
        FROM ranked),
    points AS (SELECT *, {", ".join(f"100 * relationship * {w}::DOUBLE * {n} AS points_{n}" for n, w in points.items())} FROM dimensions),
    valued AS (SELECT *, {" + ".join(f"points_{n}" for n in points)} AS value FROM points),
    earned AS (SELECT *, {lines("value")} AS earned, {lines("(value + 3)")} AS kept,
        CASE prior_tier WHEN 'strategic' THEN 3 WHEN 'partner' THEN 2 WHEN 'commercial' THEN 1 ELSE 0 END AS held,
        CASE WHEN months_covered < 3 THEN purchase_days >= 3 ELSE active_months >= 3 END AS repeat_buyer
        FROM valued),
    numbered AS (SELECT *, CASE WHEN (earned > held AND NOT repeat_buyer) OR (earned < held AND kept >= held) THEN held ELSE earned END AS number
        FROM earned)
    SELECT economic, traction, improvement, fit, long_term, relationship, {", ".join(f"points_{n}" for n in points)}, value,
        {lookup("number", TIERS)} AS tier, {lookup("earned", TIERS)} AS tier_by_value, repeat_buyer,
        CASE WHEN prior_tier IS NULL OR number != held THEN 1 ELSE coalesce(prior_cycles_held, 0) + 1 END AS cycles_held,
        {lookup("number", ["0.08::DOUBLE", "0.12::DOUBLE", "0.18::DOUBLE", "0.25::DOUBLE"]).replace("'", "")} AS discount_cap,
        {lookup("number", ["0.92::DOUBLE", "0.88::DOUBLE", "0.82::DOUBLE", "0.75::DOUBLE"]).replace("'", "")} AS price_floor,
        {lookup("number", [30, 45, 60, 90])} AS credit_days, {lookup("number", [0, 1, 3, 6])} AS visits_per_quarter,
        number = 3 AS sponsor, {lookup("number", LEVELS)} AS service_level,
        {lookup("number * 2 + abroad::TINYINT", OWNERS)} AS owner_role,
        DATE '2018-01-01' + {lookup("number", [365, 365, 181, 90])} AS next_review
    FROM numbered"""


# --- polars ----------------------------------------------------------------------------------------------------------


def chain(column, table):
    result = pl.lit(None, pl.Float64)
    for name, figure in reversed(table.items()):
        result = pl.when(pl.col(column) == name).then(figure).otherwise(result)
    return result


def p(x, low, high, weight):
    slope = weight / (high - low)
    return (x * slope - low * slope).clip(0.0, weight)


def f(x, low, high, weight):
    slope = weight / (high - low)
    return ((weight + low * slope) - x * slope).clip(0.0, weight)


def lazy(frame, ranked):
    c = pl.col
    rank = lambda x: (x.rank("min").cast(pl.Float64) - 1.0) / (pl.len() - 1)  # noqa: E731
    first, second = (rank(c("revenue_counted")), rank(c("open_value"))) if ranked else (c("revenue_rank"), c("pipeline_rank"))
    lines = lambda x: (x >= 52.0).cast(pl.UInt8) + (x >= 65.0).cast(pl.UInt8) + (x >= 75.0).cast(pl.UInt8)  # noqa: E731
    held = pl.when(c("prior_tier") == "strategic").then(pl.lit(3, pl.UInt8)).when(c("prior_tier") == "partner").then(pl.lit(2, pl.UInt8))
    held = held.when(c("prior_tier") == "commercial").then(pl.lit(1, pl.UInt8)).otherwise(pl.lit(0, pl.UInt8))
    weights = {"economic": 35.0, "traction": 20.0, "improvement": 10.0, "fit": 15.0, "long_term": 20.0}
    take = lambda values, dtype, number="number": pl.lit(pl.Series(values, dtype=dtype)).gather(c(number))  # noqa: E731
    days = [17_897, 17_897, 17_713, 17_622]
    stays = ((c("earned") > c("held")) & ~c("repeat_buyer")) | ((c("earned") < c("held")) & (lines(c("value") + 3.0) >= c("held")))
    return (
        frame.lazy()
        .with_columns(
            economic=0.75 * first + p(c("price_realisation"), 0.90, 1.05, 0.10).fill_null(0.0) + 0.15 * second,
            traction=p(c("products"), 0, 7, 0.5) + p(c("series"), 0, 3, 0.2)
            + pl.when(c("new_series_won") > 0).then(0.3).when(c("new_series_asked")).then(0.15).otherwise(0.0),
            improvement=pl.when(c("win_rate").is_null()).then(0.0).otherwise(p(c("win_rate"), 0.40, 0.90, 0.6) + f(c("days_to_close"), 30, 90, 0.4)),
            fit=chain("sector", {k: 0.7 * v for k, v in SECTORS.items()})
            + pl.when(c("region").is_null()).then(0.15).otherwise(chain("region", {k: 0.3 * v for k, v in REGIONS.items()})),
            long_term=p(c("active_months"), 0, 12, 0.4)
            + pl.when(c("purchase_days") < 3).then(0.0).otherwise(f(c("longest_silence"), 15, 60, 0.3))
            + p(c("growth_counted"), -0.5, 0.5, 0.3).fill_null(0.15),
            relationship=(0.9 + p(c("contacts"), 0, 10, 0.1) + f(c("recency_days"), 0, 45, 0.1)).fill_null(1.0),
        )
        .with_columns([(c(n) * (c("relationship") * w)).alias(f"points_{n}") for n, w in weights.items()])
        .with_columns(value=c("points_economic") + c("points_traction") + c("points_improvement") + c("points_fit") + c("points_long_term"))
        .with_columns(
            earned=lines(c("value")),
            held=held,
            repeat_buyer=pl.when(c("months_covered") < 3).then(c("purchase_days") >= 3).otherwise(c("active_months") >= 3),
        )
        .with_columns(number=pl.when(stays).then(c("held")).otherwise(c("earned")))
        .with_columns(
            tier=take(TIERS, pl.String),
            tier_by_value=take(TIERS, pl.String, "earned"),
            cycles_held=pl.when(c("prior_tier").is_null() | (c("number") != c("held"))).then(1).otherwise(c("prior_cycles_held").fill_null(0) + 1),
            discount_cap=take([0.08, 0.12, 0.18, 0.25], pl.Float64),
            price_floor=take([0.92, 0.88, 0.82, 0.75], pl.Float64),
            credit_days=take([30, 45, 60, 90], pl.Int64),
            visits_per_quarter=take([0, 1, 3, 6], pl.Int64),
            sponsor=c("number") == 3,
            service_level=take(LEVELS, pl.String),
            owner=c("number") * pl.lit(2, pl.UInt8) + c("abroad").cast(pl.UInt8),
            next_review=take(days, pl.Int32).cast(pl.Date),
        )
        .with_columns(owner_role=take(OWNERS, pl.String, "owner"))
        .select([
            "economic", "traction", "improvement", "fit", "long_term", "relationship", *(f"points_{n}" for n in weights), "value",
            "tier", "tier_by_value", "repeat_buyer", "cycles_held", "discount_cap", "price_floor", "credit_days",
            "visits_per_quarter", "sponsor", "service_level", "owner_role", "next_review",
        ])
    )


# --- zen-engine ------------------------------------------------------------------------------------------------------


def zen_model():
    """One expression node for value and tier, one decision table for the policy: how such a model is commonly drawn."""

    def part(x, low, high, weight):
        return f"{weight} * min([max([({x} - {low}) / {high - low}, 0]), 1])"

    def falling(x, low, high, weight):
        return f"{weight} * (1 - min([max([({x} - {low}) / {high - low}, 0]), 1]))"

    def of(column, table):
        return " ".join(f"{column} == '{k}' ? {v} :" for k, v in table.items()) + " null"

    def lines(x):
        return f"({x} >= 75 ? 3 : {x} >= 65 ? 2 : {x} >= 52 ? 1 : 0)"

    weights = {"economic": 35, "traction": 20, "improvement": 10, "fit": 15, "long_term": 20}
    rows = {
        "economic": f"0.75 * revenue_rank + {part('(price_realisation ?? 0)', 0.90, 1.05, 0.10)} + 0.15 * pipeline_rank",
        "traction": f"{part('products', 0, 7, 0.5)} + {part('series', 0, 3, 0.2)} + (new_series_won > 0 ? 0.3 : new_series_asked ? 0.15 : 0)",
        "improvement": f"win_rate == null ? 0 : {part('win_rate', 0.40, 0.90, 0.6)} + {falling('days_to_close', 30, 90, 0.4)}",
        "fit": f"0.7 * ({of('sector', SECTORS)}) + 0.3 * (region == null ? 0.5 : ({of('region', REGIONS)}))",
        "long_term": f"{part('active_months', 0, 12, 0.4)} + (purchase_days < 3 ? 0 : {falling('longest_silence', 15, 60, 0.3)})"
        f" + {part('(growth_counted ?? 0)', -0.5, 0.5, 0.3)}",
        "relationship": f"recency_days == null ? 1 : 0.9 + {part('contacts', 0, 10, 0.1)} + {falling('recency_days', 0, 45, 0.1)}",
        **{f"points_{n}": f"{w} * $.relationship * $.{n}" for n, w in weights.items()},
        "value": " + ".join(f"$.points_{n}" for n in weights),
        "earned": lines("$.value"),
        "held": "prior_tier == 'strategic' ? 3 : prior_tier == 'partner' ? 2 : prior_tier == 'commercial' ? 1 : 0",
        "repeat_buyer": "months_covered < 3 ? purchase_days >= 3 : active_months >= 3",
        "number": f"$.earned > $.held and not $.repeat_buyer ? $.held : $.earned < $.held and {lines('($.value + 3)')} >= $.held ? $.held : $.earned",
        "cycles_held": "prior_tier == null or $.number != $.held ? 1 : (prior_cycles_held ?? 0) + 1",
        "abroad": "abroad",
    }
    expressions = [{"id": name, "key": name, "value": text} for name, text in rows.items()]
    outputs = ["tier", "discount_cap", "price_floor", "credit_days", "visits_per_quarter", "sponsor", "service_level", "owner_role", "next_review"]
    table = []
    for n in range(4):
        for abroad in (False, True):
            values = [f"'{TIERS[n]}'", [0.08, 0.12, 0.18, 0.25][n], [0.92, 0.88, 0.82, 0.75][n], [30, 45, 60, 90][n], [0, 1, 3, 6][n],
                      "true" if n == 3 else "false", f"'{LEVELS[n]}'", f"'{OWNERS[2 * n + abroad]}'", f"'{['2019-01-01', '2019-01-01', '2018-07-01', '2018-04-01'][n]}'"]
            row = {"_id": f"{n}{abroad}", "number": str(n), "abroad": "true" if abroad else "false"}
            table.append({**row, **{name: str(v) for name, v in zip(outputs, values)}})
    columns = [{"id": n, "name": n, "field": n} for n in ["number", "abroad"]]
    policy = {"hitPolicy": "first", "passThrough": True, "inputs": columns, "outputs": [{"id": n, "name": n, "field": n} for n in outputs], "rules": table}
    node = lambda name, kind, content=None: {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}, "content": content or {}}  # noqa: E731
    edge = lambda a, b: {"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"}  # noqa: E731
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [node("in", "inputNode"), node("rules", "expressionNode", {"expressions": expressions}), node("policy", "decisionTableNode", policy), node("out", "outputNode")],
        "edges": [edge("in", "rules"), edge("rules", "policy"), edge("policy", "out")],
    }


def zen(frame, customers):
    from collections import Counter

    import zen as engine

    rules = engine.ZenEngine({"loader": {"type": "static", "content": {"rules": zen_model()}}})
    few = frame.head(customers)
    requests = [{"key": "rules", "context": row} for row in few.to_dicts()]
    costs, counted = [], Counter()
    for _ in range(3):
        cpu, wall = time.process_time(), time.perf_counter()
        results = rules.evaluate_batch(requests)
        costs.append((time.process_time() - cpu, time.perf_counter() - wall))
        counted = Counter(r["data"]["result"]["tier"] if r["success"] else None for r in results)
    meant = dict(lazy(few, False).collect().group_by("tier").len().rows())
    print("\ntiers in zen-engine:", dict(counted), "in polars:", meant)
    cpu, wall = (min(c) * 1e6 / len(requests) for c in zip(*costs))
    print(f"zen-engine, {len(requests)} customers in one batch from Python: {cpu:.2f} microseconds of processor time each, {wall:.2f} wall")


# --- measurement -----------------------------------------------------------------------------------------------------


def main():
    table = pq.read_table(args.file) if args.file else made(args.customers)
    n = table.num_rows
    frame = pl.from_arrow(table).rechunk()
    db = duckdb.connect()
    db.execute(f"SET threads = {args.threads}")
    db.execute("SET preserve_insertion_order = false")
    db.register("loaded", table)
    db.execute("CREATE TABLE customers AS SELECT * FROM loaded")
    ways = {}
    for ranked, title in [(False, "ranks given"), (True, "two `pct_rank`s")]:
        query = sql(ranked)
        ways[f"DuckDB {duckdb.__version__}, to a table in memory, {title}"] = lambda q=query: db.execute(f"CREATE OR REPLACE TABLE result AS {q}")
        ways[f"DuckDB {duckdb.__version__}, to Arrow, {title}"] = lambda q=query: db.sql(q).to_arrow_table()
        plan = lazy(frame, ranked)
        ways[f"Python polars {pl.__version__}, in memory, {title}"] = lambda p=plan: p.collect(engine="in-memory")
        ways[f"Python polars {pl.__version__}, streaming, {title}"] = lambda p=plan: p.collect(engine="streaming")
    in_duckdb = db.execute(f"SELECT tier, count(*), sum(value) FROM ({sql(False)}) GROUP BY tier ORDER BY tier").fetchall()
    in_polars = lazy(frame, False).collect().group_by("tier").agg(pl.len(), pl.col("value").sum()).sort("tier", nulls_last=True).rows()
    print(f"{n} customers, {args.threads} threads, {args.rounds} rounds")
    print("tiers in DuckDB:", in_duckdb)
    print("tiers in polars:", in_polars)
    assert [row[:2] for row in in_duckdb] == [row[:2] for row in in_polars], "the same customers in each tier"
    costs = {name: [] for name in ways}
    for _ in range(args.rounds):
        for name, run in ways.items():
            cpu, wall = time.process_time(), time.perf_counter()
            result = run()
            costs[name].append((time.process_time() - cpu, time.perf_counter() - wall))
            del result
    print("\n| way | processor time, best and median (s) | wall time, best and median (s) | ns a customer |\n|---|---|---|---|")
    for name, rounds in costs.items():
        cpu, wall = zip(*rounds)
        row = (min(cpu), statistics.median(cpu), min(wall), statistics.median(wall), min(cpu) * 1e9 / n)
        print(f"| {name} | {row[0]:.3f}, {row[1]:.3f} | {row[2]:.3f}, {row[3]:.3f} | {row[4]:.1f} |")
    if args.zen:
        zen(frame, min(args.zen, n))


main()
