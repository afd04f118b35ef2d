"""Independent evaluation of the default project: profile, value, tier and policy of every account, in plain Python.

Reads the four CSV files and nothing else: no program, no rule file, no parameter file. What the rules say is written
here a second time, with its own arithmetic, so that the program has something to agree with. Whoever changes a rule or
a parameter changes it here too.

    python tests/oracle/crm.py                     both cycles as CSV on standard output
    python tests/oracle/crm.py --tiers             the tier tables and the migration between the cycles
    python tests/oracle/crm.py --account Kan-code  every figure of one account in both cycles
"""

import argparse
import csv
import sys
from bisect import bisect_left
from collections import Counter
from datetime import date
from pathlib import Path

DATASETS = Path(__file__).resolve().parents[2] / "datasets"

CYCLES = [("FY2016", date(2017, 4, 1)), ("FY2017", date(2018, 1, 1))]
COVERED_FROM, COVERED_TO = date(2017, 3, 1), date(2018, 1, 1)
WINDOW_MONTHS, COMPARE_MONTHS = 12, 5

WEIGHTS = {"economic": 0.35, "traction": 0.20, "improvement": 0.10, "fit": 0.15, "long_term": 0.20}
ECONOMIC = {"revenue": 0.75, "price": 0.10, "pipeline": 0.15, "price_low": 0.90, "price_high": 1.05}
TRACTION = {"breadth": 0.50, "series": 0.20, "new_series": 0.30, "products_full": 7, "series_full": 3, "asked": 0.5}
NEW_SERIES = ["GTK"]
IMPROVEMENT = {"discipline": 0.6, "speed": 0.4, "win_low": 0.40, "win_high": 0.90, "days_short": 30.0, "days_long": 90.0}
FIT = {"sector": 0.70, "region": 0.30, "region_unknown": 0.5}
SECTOR = {
    "technology": 1.0, "software": 1.0, "telecommunications": 0.9, "medical": 0.8, "finance": 0.7, "retail": 0.6,
    "marketing": 0.5, "services": 0.5, "entertainment": 0.4, "employment": 0.3,
}
REGION = {"Central": 0.6, "East": 0.8, "West": 1.0}
LONG_TERM = {
    "sustained": 0.4, "rhythm": 0.3, "growth": 0.3, "months_full": 12, "silence_short": 15.0, "silence_long": 60.0,
    "growth_low": -0.5, "growth_high": 0.5,
}
RELATIONSHIP = {"floor": 0.9, "cap": 1.1, "breadth": 0.5, "recency": 0.5, "contacts_full": 10.0, "recent": 0.0, "stale": 45.0}
LINES = {"strategic": 75.0, "partner": 65.0, "commercial": 52.0}
BAND = 3.0
FALL_STEPS, GRACE_CYCLES, LEAST_CYCLES = 1, 0, 1
REPEAT_MONTHS, REPEAT_DAYS = 3, 3
ORDER = ["general", "commercial", "partner", "strategic"]
POLICY = {
    "strategic": (0.25, 90, 6, True, "dedicated team", 3),
    "partner": (0.18, 60, 3, False, "named engineer", 6),
    "commercial": (0.12, 45, 1, False, "priority desk", 12),
    "general": (0.08, 30, 0, False, "standard desk", 12),
}
FLOOR_SHARE = 0.70
LARGE, MEDIUM = 5000, 1000
HOME = "United States"


def months_before(day, months):
    """The day `months` earlier. Every as-of date here is the first of a month, so no month end needs care."""
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, day.day)


def clamp(x, low, high):
    return low if x < low else high if x > high else x


def scale(x, low, high):
    return clamp((x - low) / (high - low), 0.0, 1.0)


def pct_ranks(values):
    """(r - 1) / (n - 1), r = 1 + how many are smaller."""
    ordered = sorted(values)
    n = len(values)
    return [bisect_left(ordered, v) / (n - 1) if n > 1 else 0.0 for v in values]


def rows(name):
    with open(DATASETS / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def optional_date(text):
    return date.fromisoformat(text) if text else None


def load():
    """Accounts by name, each with its opportunities in source order; faults of the source mended as the manifests do."""
    series = {p["product"]: p["series"] for p in rows("products.csv")}
    price = {p["product"]: float(p["sales_price"]) for p in rows("products.csv")}
    region = {a["sales_agent"]: a["regional_office"] for a in rows("sales_teams.csv")}
    manager = {a["sales_agent"]: a["manager"] for a in rows("sales_teams.csv")}
    accounts = {}
    for a in rows("accounts.csv"):
        accounts[a["account"]] = {
            "sector": {"technolgy": "technology"}.get(a["sector"], a["sector"]),
            "country": {"Philipines": "Philippines"}.get(a["office_location"], a["office_location"]),
            "employees": int(a["employees"]),
            "parent": a["subsidiary_of"] or None,
            "deals": [],
        }
    for o in rows("sales_pipeline.csv"):
        if not o["account"]:
            continue
        product = {"GTXPro": "GTX Pro"}.get(o["product"], o["product"])
        accounts[o["account"]]["deals"].append(
            {
                "stage": o["deal_stage"],
                "engaged": optional_date(o["engage_date"]),
                "closed": optional_date(o["close_date"]),
                "value": float(o["close_value"]) if o["close_value"] else None,
                "product": product,
                "series": series[product],
                "list_price": price[product],
                "agent": o["sales_agent"],
                "region": region[o["sales_agent"]],
                "manager": manager[o["sales_agent"]],
            }
        )
    return accounts


def won_between(deals, start, end):
    return [d for d in deals if d["stage"] == "Won" and d["closed"] and start <= d["closed"] < end]


def revenue(deals):
    total = 0.0
    for d in deals:
        total += d["value"]
    return total


def counted(deals):
    """Revenue in which the largest deal counts only as much as the next largest."""
    values = sorted((d["value"] for d in deals), reverse=True)
    return revenue(deals) - values[0] + values[1] if len(values) >= 2 else 0.0


def profile(account, as_of):
    deals = account["deals"]
    start = months_before(as_of, WINDOW_MONTHS)
    won = won_between(deals, start, as_of)
    lost = [d for d in deals if d["stage"] == "Lost" and d["closed"] and start <= d["closed"] < as_of]
    closed = [d for d in deals if d in won or d in lost]
    opened = [d for d in deals if d["engaged"] and d["engaged"] < as_of and (d["closed"] is None or d["closed"] >= as_of)]
    total = revenue(won)
    p = {"revenue_12m": total}

    middle = months_before(as_of, COMPARE_MONTHS)
    early = months_before(as_of, 2 * COMPARE_MONTHS)
    p["revenue_recent"] = p["revenue_before"] = p["growth"] = p["growth_counted"] = None
    if early >= COVERED_FROM and as_of <= COVERED_TO:
        recent, before = won_between(deals, middle, as_of), won_between(deals, early, middle)
        p["revenue_recent"], p["revenue_before"] = revenue(recent), revenue(before)
        p["growth"] = revenue(recent) / revenue(before) - 1.0 if revenue(before) > 0.0 else None
        p["growth_counted"] = counted(recent) / counted(before) - 1.0 if counted(before) > 0.0 else None

    largest = max((d["value"] for d in won), default=None)
    p["largest_share"] = largest / total if largest is not None and total > 0.0 else None
    p["revenue_counted"] = counted(won)
    p["deals_won"], p["deals_lost"] = len(won), len(lost)
    p["win_rate"] = len(won) / len(closed) if closed else None
    spans = [(d["closed"] - d["engaged"]).days for d in closed]
    p["days_to_close"] = sum(spans) / len(spans) if spans else None
    paid = 0.0
    for d in won:
        paid += d["value"] / d["list_price"]
    p["price_realisation"] = paid / len(won) if won else None
    p["products"] = len({d["product"] for d in won})
    p["series"] = len({d["series"] for d in won})
    p["new_series_won"] = sum(1 for d in won if d["series"] in NEW_SERIES)
    p["new_series_asked"] = any(d["series"] in NEW_SERIES and d["engaged"] and d["engaged"] < as_of for d in deals)
    p["open_deals"] = len(opened)
    p["open_value"] = sum(d["list_price"] for d in opened) + 0.0

    start_covered = max(start, COVERED_FROM)
    p["months_covered"] = (as_of.year - start_covered.year) * 12 + as_of.month - start_covered.month
    p["active_months"] = len({(d["closed"].year, d["closed"].month) for d in won})
    days = sorted({d["closed"] for d in won})
    p["purchase_days"] = len(days)
    p["recency_days"] = (as_of - days[-1]).days if days else None
    marks = [start_covered] + days + [as_of]
    p["longest_silence"] = max((b - a).days for a, b in zip(marks, marks[1:]))
    p["contacts"] = len({d["agent"] for d in opened})
    for place in ("region", "manager"):
        best, most = None, 0.0
        for name in sorted({d[place] for d in won}):
            here = revenue([d for d in won if d[place] == name])
            if here > most:
                best, most = name, here
        p[place] = best
    p["size"] = "large" if account["employees"] >= LARGE else "medium" if account["employees"] >= MEDIUM else "small"
    p["abroad"] = account["country"] != HOME
    return p


def value(accounts, profiles):
    names = list(profiles)
    by_revenue = dict(zip(names, pct_ranks([profiles[n]["revenue_counted"] for n in names])))
    by_pipeline = dict(zip(names, pct_ranks([profiles[n]["open_value"] for n in names])))
    result = {}
    for name in names:
        p = profiles[name]
        paid = 0.0 if p["price_realisation"] is None else scale(
            p["price_realisation"], ECONOMIC["price_low"], ECONOMIC["price_high"])
        economic = (ECONOMIC["revenue"] * by_revenue[name] + ECONOMIC["price"] * paid
                    + ECONOMIC["pipeline"] * by_pipeline[name])
        new = 1.0 if p["new_series_won"] > 0 else TRACTION["asked"] if p["new_series_asked"] else 0.0
        traction = (TRACTION["breadth"] * clamp(p["products"] / TRACTION["products_full"], 0.0, 1.0)
                    + TRACTION["series"] * clamp(p["series"] / TRACTION["series_full"], 0.0, 1.0)
                    + TRACTION["new_series"] * new)
        discipline = 0.0 if p["win_rate"] is None else scale(
            p["win_rate"], IMPROVEMENT["win_low"], IMPROVEMENT["win_high"])
        speed = 0.0 if p["days_to_close"] is None else 1.0 - scale(
            p["days_to_close"], IMPROVEMENT["days_short"], IMPROVEMENT["days_long"])
        improvement = IMPROVEMENT["discipline"] * discipline + IMPROVEMENT["speed"] * speed
        place = FIT["region_unknown"] if p["region"] is None else REGION[p["region"]]
        fit = FIT["sector"] * SECTOR[accounts[name]["sector"]] + FIT["region"] * place
        sustained = clamp(p["active_months"] / LONG_TERM["months_full"], 0.0, 1.0)
        rhythm = 0.0 if p["purchase_days"] < REPEAT_DAYS else 1.0 - scale(
            float(p["longest_silence"]), LONG_TERM["silence_short"], LONG_TERM["silence_long"])
        growth = scale(p["growth_counted"] or 0.0, LONG_TERM["growth_low"], LONG_TERM["growth_high"])
        long_term = (LONG_TERM["sustained"] * sustained + LONG_TERM["rhythm"] * rhythm
                     + LONG_TERM["growth"] * growth)
        relationship = 1.0
        if p["recency_days"] is not None:
            score = (RELATIONSHIP["breadth"] * clamp(p["contacts"] / RELATIONSHIP["contacts_full"], 0.0, 1.0)
                     + RELATIONSHIP["recency"] * (1.0 - scale(
                         float(p["recency_days"]), RELATIONSHIP["recent"], RELATIONSHIP["stale"])))
            span = RELATIONSHIP["cap"] - RELATIONSHIP["floor"]
            relationship = clamp(RELATIONSHIP["floor"] + span * score, RELATIONSHIP["floor"], RELATIONSHIP["cap"])
        v = {"economic": economic, "traction": traction, "improvement": improvement, "fit": fit,
             "long_term": long_term, "relationship": relationship}
        total = 0.0
        for dimension, weight in WEIGHTS.items():
            v[f"points_{dimension}"] = 100.0 * relationship * weight * v[dimension]
            total += v[f"points_{dimension}"]
        v["value"] = total
        result[name] = v
    return result


def grade(points):
    for number, name in ((3, "strategic"), (2, "partner"), (1, "commercial")):
        if points >= LINES[name]:
            return number
    return 0


def tier(p, points, prior):
    held = ORDER.index(prior["tier"]) if prior else 0
    earned = grade(points)
    short = p["months_covered"] < REPEAT_MONTHS
    repeats = p["purchase_days"] >= REPEAT_DAYS if short else p["active_months"] >= REPEAT_MONTHS
    weak = (prior["weak_cycles"] if prior else 0) + 1 if grade(points + BAND) < held else 0
    if earned > held:
        got = earned if repeats else held
    elif weak > GRACE_CYCLES and tenure(prior) >= LEAST_CYCLES:
        got = max(earned, held - FALL_STEPS)
    else:
        got = held
    return {"tier": ORDER[got], "tier_by_value": ORDER[earned], "repeat_buyer": repeats, "weak_cycles": weak}


def tenure(prior):
    """In how many cycles running the tier is held. There are two cycles, so it is one for whoever has a prior decision."""
    return 1 if prior else 0


def months_after(day, months):
    return months_before(day, -months)


def policy(account, name, as_of):
    cap, credit, visits, sponsor, service, review = POLICY[name]
    if name in ("strategic", "partner"):
        owner = "international account manager" if account["country"] != HOME else "key account manager"
    elif name == "commercial":
        owner = "international sales manager" if account["country"] != HOME else "account manager"
    else:
        owner = "export desk" if account["country"] != HOME else "inside sales"
    return {"discount_cap": cap, "credit_days": credit, "visits_per_quarter": visits, "sponsor": sponsor,
            "service_level": service, "price_floor": max(int((1.0 - cap) * 100 + 0.5) / 100, FLOOR_SHARE), "owner_role": owner,
            "next_review": months_after(as_of, review)}


def cycles():
    """(cycle, {account: every figure}) of both cycles, the second reading the first's tiers back."""
    accounts = load()
    prior = {}
    for cycle, as_of in CYCLES:
        profiles = {name: profile(a, as_of) for name, a in sorted(accounts.items(), key=lambda x: x[0].encode())}
        values = value(accounts, profiles)
        result = {}
        for name, p in profiles.items():
            t = tier(p, values[name]["value"], prior.get(name))
            group = accounts[name]["parent"] or name
            result[name] = {"account": name, "sector": accounts[name]["sector"], "country": accounts[name]["country"],
                            "group_name": group, **p, **values[name], **t, **policy(accounts[name], t["tier"], as_of)}
        yield cycle, result
        prior = result


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def print_csv():
    out = csv.writer(sys.stdout, lineterminator="\n")
    for i, (cycle, result) in enumerate(cycles()):
        for row in result.values():
            if i == 0:
                out.writerow(["cycle", *row])
                i = 1
            out.writerow([cycle, *(text(v) for v in row.values())])


def print_tiers():
    before = None
    for cycle, result in cycles():
        print(cycle)
        total = sum(r["revenue_12m"] for r in result.values())
        for name in reversed(ORDER):
            group = [r for r in result.values() if r["tier"] == name]
            share = sum(r["revenue_12m"] for r in group) / total
            mean = sum(r["value"] for r in group) / len(group) if group else 0.0
            visits = sum(r["visits_per_quarter"] for r in group)
            print(f"  {name:<11}{len(group):>4} accounts  {share:>6.1%} of revenue  mean value {mean:>5.1f}  "
                  f"{visits:>3} visits a quarter")
        if before:
            print(f"  moves {', '.join(f'{a}->{b} {n}' for (a, b), n in sorted(moves(before, result).items()))}")
        before = result


def moves(before, after):
    return Counter((before[name]["tier"], after[name]["tier"]) for name in after)


def print_account(name):
    for cycle, result in cycles():
        print(cycle)
        for key, v in result[name].items():
            print(f"  {key:<22}{text(v)}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tiers", action="store_true")
    options.add_argument("--account")
    chosen = options.parse_args()
    if chosen.tiers:
        print_tiers()
    elif chosen.account:
        print_account(chosen.account)
    else:
        print_csv()


if __name__ == "__main__":
    main()
