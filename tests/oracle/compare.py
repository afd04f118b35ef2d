"""Compares the decisions of the default project with crm.py, read by pyarrow, DuckDB, polars and pandas.

    python tests/oracle/compare.py OUT/crm

where OUT was given to two runs: `--as-of 2017-04-01`, then `--as-of 2018-01-01`. For each cycle: every reader opens the
data set without options and sees the same rows, with the declared types, the partition column and the run's id in the
metadata of each file; then every figure of every account is compared with crm.py, floats to 1e-12 relative, the rest
exactly. Prints what was compared, each difference, and exits with 1 if there is one.
"""

import json
import math
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.parquet

import crm

TOLERANCE = 1e-12
KEY, PARTITION = "account", "tier"
ARROW_TYPE = {str: "string", bool: "bool", int: "int64", float: "double", date: "date32[day]"}


class Findings:
    """Differences found; `check` counts what was asked, so that a run that asks nothing is seen to."""

    def __init__(self):
        self.asked = 0
        self.wrong = []

    def check(self, holds, text):
        self.asked += 1
        if not holds:
            self.wrong.append(text)


def only_run(base, cycle):
    runs = [p for p in (base / "runs" / f"cycle={cycle}").iterdir() if (p / "run.json").is_file()]
    if len(runs) != 1:
        sys.exit(f"{base}: {len(runs)} runs of {cycle}, one is expected")
    return runs[0]


def plain(value):
    """One Python form for what the readers give."""
    if value is None or value is pandas.NaT:
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, (pandas.Timestamp, datetime)):
        return value.date()
    if isinstance(value, Decimal):
        return float(value)
    return value.item() if hasattr(value, "item") else value


def with_pyarrow(folder):
    return pyarrow.parquet.read_table(folder).to_pylist()


def with_duckdb(folder):
    answer = duckdb.sql(f"select * from '{folder}/**/*.parquet'")
    return [dict(zip(answer.columns, row)) for row in answer.fetchall()]


def with_polars(folder):
    return polars.scan_parquet(folder).collect().to_dicts()


def with_pandas(folder):
    frame = pandas.read_parquet(folder)
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


READERS = {"pyarrow": with_pyarrow, "duckdb": with_duckdb, "polars": with_polars, "pandas": with_pandas}


def by_key(rows, reader, found):
    result = {}
    for row in rows:
        row = {name: plain(value) for name, value in row.items()}
        found.check(row[KEY] not in result, f"{reader}: {row[KEY]} stands twice")
        result[row[KEY]] = row
    return result


def check_files(run, found):
    """Footers: types, metadata, partition folders."""
    files = sorted((run / "decisions").rglob("*.parquet"))
    found.check(bool(files), f"{run}: no decisions")
    rows = 0
    for file in files:
        footer = pyarrow.parquet.read_metadata(file)
        rows += footer.num_rows
        values = [v.decode("utf-8", "replace") for v in (footer.metadata or {}).values()]
        found.check(any(run.name in v for v in values), f"{file}: the run id is not in the metadata")
        found.check(file.parent.name.startswith(f"{PARTITION}="), f"{file}: not in a folder of {PARTITION}")
        tier = file.parent.name.removeprefix(f"{PARTITION}=")
        found.check(tier in crm.ORDER, f"{file}: folder of an unknown tier")
    return rows


def check_types(run, expected, found):
    """The data set's types against those that crm.py's values have."""
    schema = pyarrow.parquet.read_table(str(run / "decisions")).schema
    for name in next(iter(expected.values())):
        kinds = {type(row[name]) for row in expected.values()} - {type(None)}
        found.check(name in schema.names, f"{run.name}: no column {name}")
        if name not in schema.names or not kinds:
            continue
        actual = str(schema.field(name).type).replace("large_", "").replace("string_view", "string")
        if actual.startswith("dictionary"):
            actual = "string"
        wanted = ARROW_TYPE[kinds.pop()]
        found.check(actual == wanted, f"{run.name}: {name} is {actual}, expected {wanted}")


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=0.0)
    return type(a) is type(b) and a == b


def check_record(run, rows, found):
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    written = [o for o in record["outputs"] if o["path"].startswith("decisions/")]
    found.check(sum(o["rows"] for o in written) == rows, f"{run.name}: rows of run.json and of the files differ")


def check_cycle(base, cycle, expected, prior, tenures, found):
    run = only_run(base, cycle)
    rows = check_files(run, found)
    found.check(rows == len(expected), f"{cycle}: {rows} rows, expected {len(expected)}")
    check_record(run, rows, found)
    check_types(run, expected, found)
    first = None
    for name, read in READERS.items():
        seen = by_key(read(str(run / "decisions")), name, found)
        found.check(set(seen) == set(expected), f"{cycle}, {name}: accounts differ")
        if first is None:
            first = seen
            continue
        for key, row in seen.items():
            for column, value in first.get(key, {}).items():
                other = row.get(column)
                found.check(value == other and (value is None) == (other is None),
                            f"{cycle}, {key}.{column}: pyarrow {value!r}, {name} {other!r}")
    for key, row in expected.items():
        for column, value in row.items():
            actual = first.get(key, {}).get(column)
            found.check(same(actual, value), f"{cycle}, {key}.{column}: program {actual!r}, by crm.py {value!r}")
        actual = first.get(key, {}).get("prior_tier")
        held = prior[key]["tier"] if prior else None
        found.check(actual == held, f"{cycle}, {key}.prior_tier: program {actual!r}, by crm.py {held!r}")
        for column, value in zip(("decided_since", "decided_cycles"), tenures[key]):
            actual = first.get(key, {}).get(column)
            found.check(actual == value, f"{cycle}, {key}.{column}: program {actual!r}, by crm.py {value!r}")
    print(f"{cycle}: {rows} rows, {len(next(iter(expected.values())))} columns, read by {', '.join(READERS)}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found, prior, tenures = Findings(), None, {}
    days = dict(crm.CYCLES)
    for cycle, expected in crm.cycles():
        # Since when, and in how many cycles running, each account has its tier.
        for key, row in expected.items():
            stays = prior and prior[key]["tier"] == row["tier"]
            tenures[key] = (tenures[key][0], tenures[key][1] + 1) if stays else (days[cycle], 1)
        check_cycle(Path(sys.argv[1]), cycle, expected, prior, tenures, found)
        prior = expected
    for text in found.wrong[:40]:
        print(f"  {text}")
    print(f"{found.asked} comparisons, {len(found.wrong)} differences")
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
