"""The same features in DuckDB and polars: times, and every value compared with the run's profile.

    python compare.py DATA_FOLDER RUN_FOLDER [--threads 2]
    /usr/bin/time -v python compare.py DATA_FOLDER --only duckdb    # peak memory of one engine alone
"""

import argparse
import glob
import sys
import time

FEATURES = [
    "order_count", "line_count", "gross", "revenue", "revenue_1997", "revenue_1996", "quantity", "discount_share",
    "returned_share", "late_share", "parts", "largest_line", "urgent_share", "recency_days", "longest_gap",
    "active_months",
]

SQL = """
with lines as (
    select o.o_custkey custkey, year(o.o_orderdate) y,
           l.l_extendedprice::double price, l.l_discount::double discount, l.l_quantity::double quantity,
           l.l_returnflag = 'R' returned, l.l_receiptdate > l.l_commitdate late, l.l_partkey part
    from '{data}/lineitem.parquet' l join '{data}/orders.parquet' o on l.l_orderkey = o.o_orderkey
), of_lines as (
    select custkey, count(*) line_count, sum(price) gross, sum(price * (1.0 - discount)) revenue,
           coalesce(sum(price * (1.0 - discount)) filter (y = 1997), 0.0) revenue_1997,
           coalesce(sum(price * (1.0 - discount)) filter (y = 1996), 0.0) revenue_1996,
           sum(quantity) quantity, count(*) filter (returned) / count(*) returned_share,
           count(*) filter (late) / count(*) late_share, count(distinct part) parts, max(price) largest_line
    from lines group by custkey
), gaps as (
    select o_custkey custkey, max(gap) longest_gap from (
        select o_custkey, o_orderdate - lag(o_orderdate) over (partition by o_custkey order by o_orderdate) gap
        from '{data}/orders.parquet') group by o_custkey
), of_orders as (
    select o_custkey custkey, count(*) order_count,
           count(*) filter (o_orderpriority = '1-URGENT') / count(*) urgent_share,
           date '1998-09-01' - max(o_orderdate) recency_days,
           count(distinct year(o_orderdate) * 100 + month(o_orderdate)) active_months
    from '{data}/orders.parquet' group by o_custkey
)
select c.c_custkey custkey, coalesce(o.order_count, 0) order_count, coalesce(l.line_count, 0) line_count,
       coalesce(gross, 0.0) gross, coalesce(revenue, 0.0) revenue, coalesce(revenue_1997, 0.0) revenue_1997,
       coalesce(revenue_1996, 0.0) revenue_1996, coalesce(quantity, 0.0) quantity,
       1.0 - revenue / gross discount_share, returned_share, late_share, coalesce(parts, 0) parts, largest_line,
       urgent_share, recency_days, longest_gap, coalesce(active_months, 0) active_months
from '{data}/customer.parquet' c left join of_orders o on o.custkey = c.c_custkey
     left join of_lines l on l.custkey = c.c_custkey left join gaps g on g.custkey = c.c_custkey
order by custkey
"""


def of_duckdb(data, threads):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    import polars as pl

    return pl.from_arrow(connection.sql(SQL.format(data=data)).to_arrow_table())


def of_polars(data, threads):
    import datetime

    import polars as pl

    orders = pl.scan_parquet(f"{data}/orders.parquet").select(
        "o_orderkey", "o_custkey", "o_orderdate", "o_orderpriority"
    )
    price = pl.col("l_extendedprice").cast(pl.Float64)
    net = price * (1.0 - pl.col("l_discount").cast(pl.Float64))
    year = pl.col("o_orderdate").dt.year()
    lines = (
        pl.scan_parquet(f"{data}/lineitem.parquet")
        .join(orders.select("o_orderkey", "o_custkey", "o_orderdate"), left_on="l_orderkey", right_on="o_orderkey")
        .group_by("o_custkey")
        .agg(
            line_count=pl.len(),
            gross=price.sum(),
            revenue=net.sum(),
            revenue_1997=net.filter(year == 1997).sum(),
            revenue_1996=net.filter(year == 1996).sum(),
            quantity=pl.col("l_quantity").cast(pl.Float64).sum(),
            returned_share=(pl.col("l_returnflag") == "R").mean(),
            late_share=(pl.col("l_receiptdate") > pl.col("l_commitdate")).mean(),
            parts=pl.col("l_partkey").n_unique(),
            largest_line=price.max(),
        )
    )
    day = pl.col("o_orderdate")
    of_orders = orders.group_by("o_custkey").agg(
        order_count=pl.len(),
        urgent_share=(pl.col("o_orderpriority") == "1-URGENT").mean(),
        recency_days=(pl.lit(datetime.date(1998, 9, 1)) - day.max()).dt.total_days(),
        longest_gap=day.sort().diff().max().dt.total_days(),
        active_months=(day.dt.year() * 100 + day.dt.month()).n_unique(),
    )
    zero = ["order_count", "line_count", "gross", "revenue", "revenue_1997", "revenue_1996", "quantity", "parts"]
    return (
        pl.scan_parquet(f"{data}/customer.parquet")
        .select(custkey="c_custkey")
        .join(of_orders, left_on="custkey", right_on="o_custkey", how="left")
        .join(lines, left_on="custkey", right_on="o_custkey", how="left")
        .with_columns(discount_share=1.0 - pl.col("revenue") / pl.col("gross"))
        .with_columns(pl.col([*zero, "active_months"]).fill_null(0))
        .select("custkey", *FEATURES)
        .sort("custkey")
        .collect(engine="streaming")
    )


def compared(ours, theirs, name):
    """How far apart the values are: whole numbers must be equal, floats to 1 in 10^9, as orders of sums differ."""
    import polars as pl

    assert ours.height == theirs.height, (ours.height, theirs.height)
    assert (ours["custkey"] == theirs["custkey"]).all()
    wrong = 0
    for feature in FEATURES:
        a, b = ours[feature].cast(pl.Float64), theirs[feature].cast(pl.Float64)
        missing = int((a.is_null() != b.is_null()).sum())
        # Shares are compared as they are, larger numbers by their size.
        apart = (a - b).abs() / b.abs().clip(lower_bound=1.0)
        exact = feature in ("order_count", "line_count", "parts", "recency_days", "longest_gap", "active_months")
        far = int((apart > (0.0 if exact else 1e-9)).sum()) + missing
        wrong += far
        print(f"  {feature:15} {'equal' if far == 0 else f'{far} DIFFER'}  (largest difference {apart.max():.2g})")
    print(f"{name}: {ours.height * len(FEATURES)} values compared, {wrong} differ")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("run", nargs="?", help="folder of the committed run")
    parser.add_argument("--only", choices=["duckdb", "polars"])
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    wrong = 0
    for name, features in [("duckdb", of_duckdb), ("polars", of_polars)]:
        if args.only not in (None, name):
            continue
        start = time.time()
        theirs = features(args.data, args.threads)
        print(f"{name}: {time.time() - start:.1f} s")
        if args.run:
            import polars as pl

            files = sorted(glob.glob(f"{args.run}/profile/*.parquet"))
            ours = pl.read_parquet(files, columns=["custkey", *FEATURES]).sort("custkey")
            wrong += compared(ours, theirs, name)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
