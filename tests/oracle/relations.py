"""Independent evaluation of tests/projects/relations: a part of its columns for each of the 99 companies, in plain Python.

    python tests/oracle/relations.py OUT/relations DATA

where OUT was given to two runs, `--as-of 2023-01-01`, then `--as-of 2024-01-01`, and DATA is the folder of the public data. Reads
the sales and the project's tables, and nothing of its rules or parameters: what they say is written here a second time. Compares
with the decisions, and with the profile where that has the column, floats to 1e-9 relative, the rest exactly. Prints each
difference, and exits with 1 if there is one.
"""

import csv
import math
import sys
from collections import defaultdict
from datetime import date, datetime
from fractions import Fraction
from heapq import heappop, heappush
from pathlib import Path
from statistics import median

import pyarrow.parquet

TABLES = Path(__file__).resolve().parents[1] / "projects/relations/datasets"
CYCLES = [("FY2022", date(2023, 1, 1)), ("FY2023", date(2024, 1, 1))]
TOLERANCE = 1e-9
SEGMENTS = {"SMB": 0.84, "Strategic": 0.80, "Enterprise": 0.78, "mixed": 0.81}
INDUSTRY = {
    "Communications": 1.0, "Energy": 0.9, "Tech": 0.9, "Finance": 0.8, "Manufacturing": 0.8, "Healthcare": 0.7,
    "Transportation": 0.6, "Consumer Products": 0.5, "Retail": 0.4,
}
MARKETS = {
    "NAMER": ("core", 0.7), "EU-WEST": ("core", 0.7), "UKIR": ("core", 0.6), "JAPN": ("core", 0.6), "EU": ("core", 0.6),
    "ANZ": ("outer", 0.7), "NOR": ("outer", 0.8), "LATAM": ("outer", 0.9), "EU-EAST": ("outer", 0.8), "APAC": ("outer", 1.0),
    "IND": ("outer", 1.0), "MEA": ("outer", 0.9),
}
PLAYS = {
    ("outer", True, False): ("take", 0.10), ("outer", True, True): ("surround", 0.05), ("outer", False, False): ("grow", 0.0),
    ("outer", False, True): ("build", 0.03), ("core", True, False): ("strike", 0.08), ("core", True, True): ("encircle", 0.0),
    ("core", False, False): ("hold", 0.0), ("core", False, True): ("probe", 0.02),
}
LAYER = {"paid on time": 0, "complaint settled": 0, "result review": 1, "reference given": 1, "joint plan": 2, "joint development": 2}
ORDER = ["一般", "商业", "伙伴", "战略"]
LINES = [38.0, 52.0, 65.0]
REVIEW = {"战略": 6, "伙伴": 9, "商业": 12, "一般": 12}
ONE_CONTACT = {"战略": 3, "伙伴": 6, "商业": 12, "一般": 12}
WANTED = ["decider", "budget", "technical"]
DECAY = Fraction("0.7")
DISCOUNT = {"战略": 0.25, "伙伴": 0.18, "商业": 0.12, "一般": 0.08}


def rows(name):
    with open(TABLES / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_customer(name):
    result = defaultdict(list)
    for row in rows(name):
        result[row["customer_id"]].append(row)
    return result


def day_of(text):
    if "/" in text:
        return datetime.strptime(text, "%m/%d/%Y").date()
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if "-" not in text else date.fromisoformat(text)


def load(data):
    companies = defaultdict(list)
    with open(data / "saas_sales/SaaS-Sales.csv", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            day = day_of(row["Order Date"])
            assert day == day_of(row["Date Key"]), row
            sales = float(row["Sales"])
            companies[row["Customer ID"]].append({
                "order": row["Order ID"], "day": day, "segment": row["Segment"], "product": row["Product"], "sales": sales,
                "profit": float(row["Profit"]), "list": round(sales / (1.0 - float(row["Discount"])), 4),
                "market": row["Subregion"], "industry": row["Industry"],
            })
    return companies


def years_before(day, years):
    return date(day.year - years, day.month, day.day)


def total(lines, key="sales"):
    return math.fsum(line[key] for line in lines)


def clamp(x, low, high):
    return min(max(x, low), high)


def scale(x, low, high):
    return clamp((x - low) / (high - low), 0.0, 1.0)


def profile(lines, as_of):
    year = [x for x in lines if years_before(as_of, 1) <= x["day"] < as_of]
    before = [x for x in lines if years_before(as_of, 2) <= x["day"] < years_before(as_of, 1)]
    revenue, listed = total(year), total(year, "list")
    orders = defaultdict(list)
    for line in year:
        orders[line["order"]].append(line)
    amounts = [total(order) for order in orders.values()]
    cap = 3.0 * median(amounts)
    # Once more, with the lines of an order above the cap made smaller, so that they sum to it.
    year_capped = [{**line, **{key: line[key] * min(1.0, cap / total(order)) for key in ("sales", "profit", "list")}}
                   for order in orders.values() if total(order) > 0.0 for line in order]
    counted = total(year_capped)
    quarter = lambda line: (line["day"].year, (line["day"].month - 1) // 3)
    quarters = defaultdict(set)
    for line in year:
        quarters[line["product"]].add(quarter(line))
    shares_of = lambda lines: {s: total([x for x in lines if x["segment"] == s]) / total(lines) for s in ("SMB", "Strategic", "Enterprise")}
    shares = shares_of(year)
    large = [s for s, share in shares_of(year_capped).items() if share > 0.5]
    old, products = {x["product"] for x in before}, {x["product"] for x in year}
    segment = large[0] if large else "mixed"
    shift = None
    if before:
        shift = sum(abs(shares[s] - total([x for x in before if x["segment"] == s]) / total(before)) for s in shares) / 2.0
    markets = defaultdict(list)
    for order in orders.values():
        markets[order[0]["market"]].append((min(total(order), cap), order[0]["day"]))
    most = lambda market: (round(sum(amount for amount, _ in markets[market]), 6), max(day for _, day in markets[market]))
    return {
        "revenue": revenue,
        "revenue_counted": sum(min(amount, cap) for amount in amounts),
        "orders_placed": len(orders),
        "largest_order": max(amounts),
        "quarters": len({quarter(x) for x in year}),
        "recurring_share": total([x for x in year_capped if len(quarters[x["product"]]) >= 2]) / counted,
        "repeat_rate": len(old & products) / len(old) if old else None,
        "segment": segment,
        "segment_shift": shift,
        "products": len(products),
        "markets": len(markets),
        "market": max(markets, key=most),
        "price_paid": revenue / listed,
        "price_index": counted / total(year_capped, "list") / SEGMENTS[segment],
        "margin": total(year_capped, "profit") / counted,
        "cost_share": (revenue - total(year, "profit")) / listed,
    }


def network(as_of):
    """The people and ties known on a day: (our own, {company: its people}, {person: whom it knows, how well}, betweenness)."""
    people = [p for p in rows("people") if day_of(p["known"]) < as_of]
    knows = {p["person"]: {} for p in people}
    for tie in rows("ties"):
        if day_of(tie["known"]) < as_of:
            knows[tie["a_id"]][tie["b_id"]] = knows[tie["b_id"]][tie["a_id"]] = Fraction(tie["strength"])
    companies = defaultdict(list)
    for p in people:
        companies[p["customer_id"]].append(p)
    return {p["person"] for p in companies.pop("")}, companies, knows, between(knows)


def between(knows):
    """For each person, the pairs of others of whose shortest ways it is a part, each way counted as its share of the pair's ways.

    A tie is as long as it is weak, 1 / strength."""
    result = dict.fromkeys(knows, Fraction(0))
    for start in knows:
        far, ways, before, order = {start: Fraction(0)}, {start: 1}, defaultdict(list), []
        queue, done = [(Fraction(0), start)], set()
        while queue:
            length, person = heappop(queue)
            if person in done:
                continue
            done.add(person)
            order.append(person)
            for other, strength in knows[person].items():
                there = length + 1 / strength
                if other not in far or there < far[other]:
                    far[other], ways[other], before[other] = there, 0, []
                    heappush(queue, (there, other))
                if there == far[other]:
                    ways[other] += ways[person]
                    before[other].append(person)
        on = defaultdict(Fraction)
        for other in reversed(order):
            for person in before[other]:
                on[person] += Fraction(ways[person], ways[other]) * (1 + on[other])
            if other != start:
                result[other] += on[other]
    return result


def weights(ours, knows, without=None, met=None):
    """What each reached person counts: walks every way of one or two ties, without one person, or with a new tie to one."""
    result = {}
    for own in ours - {without}:
        result.update((first, Fraction(1)) for first in knows[own] if first != without)
    if met:
        result[met] = Fraction(1)
    for first in list(result):
        for second in knows[first]:
            if second != without:
                result.setdefault(second, DECAY)
    return result


def held(people, weighed):
    return sum((Fraction(p["influence"]) * weighed.get(p["person"], 0) for p in people), Fraction(0))


def access(key, net):
    """Reach, on whom it hangs and whom to meet next, each found by trying everybody."""
    ours, companies, knows, standing = net
    people = companies.get(key, [])
    now = weights(ours, knows)
    total, has = sum(Fraction(p["influence"]) for p in people), held(people, now)
    # Of several with the same figure it is the first in the table.
    lost = lambda x: (has - held(people, weights(ours, knows, without=x))) / has
    theirs = [(lost(p["person"]), p["person"]) for p in people] if has else []
    own = [(lost(x), x) for x in sorted(ours)] if has else []
    first = lambda pairs: max(pairs, key=lambda pair: pair[0], default=(None, None))
    contact, contact_one = first(theirs)
    own_risk, own_one = first(own)
    open_ones = [p for p in people if p["person"] not in now]
    most, nearest = first([((held(people, weights(ours, knows, met=p["person"])) - has) / total, p["person"]) for p in open_ones])
    gain, met = (most, nearest) if nearest and most >= Fraction("0.05") else (None, None)
    covered = {p["role"] for p in people if p["person"] in now}
    missing = [role for role in WANTED if role not in covered]
    if not people:
        kind = "unknown"
    elif not has:
        kind = "nobody reached"
    else:
        kind = "one contact" if contact > 0.75 else "one of ours" if own_risk > 0.75 else "several"
    if kind == "unknown":
        action = "find out who decides"
    elif kind == "one contact":
        action = "get a second contact"
    elif met:
        action = "get to know the next person"
    elif kind == "nobody reached":
        action = "find out who decides"
    else:
        action = "find who has the missing roles" if missing else "bring in a second of ours" if kind == "one of ours" else "keep"
    share = has / total if people else None
    number = lambda x: None if x is None else float(x)
    stands, connector = first([(standing[p["person"]], p["person"]) for p in people])
    return {
        "reach": number(share),
        "roles_reached": 1 - len(missing) / 3 if people else None,
        "roles_missing": ", ".join(missing) if people else None,
        "access": number(Fraction("0.7") * share + Fraction("0.3") * Fraction(3 - len(missing), 3)) if people else None,
        "contact_risk": number(contact),
        "contact_one": contact_one if contact else None,
        "own_risk": number(own_risk),
        "own_one": own_one if own_risk else None,
        "deciding": sum(1 for p in people if float(p["influence"]) > 0.0),
        "deciding_reached": sum(1 for p in people if float(p["influence"]) > 0.0 and p["person"] in now),
        "next_one": nearest,
        "next_gain": number(most),
        "held_by": kind,
        "held_by_person": {"one contact": contact_one, "one of ours": own_one}.get(kind),
        "get_to_know": met,
        "get_to_know_role": next((p["role"] for p in people if p["person"] == met), None),
        "get_to_know_gain": number(gain),
        "connector": connector if stands else None,
        "network_action": action,
    }


def back_after(flows):
    """Years until what was put in has come back, a year's part in proportion; none if never."""
    has = 0.0
    for year, amount in enumerate(flows):
        if has + amount >= 0.0:
            return float(year) if year == 0 else year - 1 + -has / amount
        has += amount
    return None


def evidence(key, p, tables, as_of, reached):
    known = lambda name, column, years: [
        row for row in tables[name][key] if years_before(as_of, years) <= day_of(row[column]) < as_of]
    recorded = any(day_of(r["day"]) < as_of for r in tables["requests"][key])
    pulled = sum(1 for r in known("requests", "day", 2) if r["planned"] and day_of(r["planned"]) < as_of)
    changes = [(float(o["after"]) / float(o["before"]) - 1.0) * (1 if o["good"] == "rise" else -1) for o in known("outcomes", "day", 1)]
    saved = [float(i["saved"]) for i in known("improvements", "day", 2) if i["confirmed"] == "true" and i["saved"]]
    estimates = sorted(known("wallets", "day", 2), key=lambda w: w["day"])
    wallet = float(estimates[-1]["wallet"]) if estimates and estimates[-1]["wallet"] else None
    flows = {int(f["year"]): float(f["amount"]) for f in tables["cash_flows"][key] if day_of(f["estimated"]) < as_of}
    worth = lambda years: math.fsum(amount / 1.1 ** year for year, amount in flows.items() if year <= years) if flows else None
    events = known("events", "day", 1)
    layers = [min(sum(1 for e in events if LAYER[e["kind"]] == n) / full, 1.0) for n, full in enumerate((4, 2, 2))]
    for n in (1, 2):
        layers[n] = min(layers[n], layers[n - 1])
    if reached["access"] is not None:
        layers[2] = min(layers[2], reached["access"])
    shown = 0.4 * layers[0] + 0.35 * layers[1] + 0.25 * layers[2]
    scores = sorted(known("scores", "day", 1), key=lambda s: s["day"])
    score = float(scores[-1]["score"]) if scores else None
    seen = {}
    for rival in sorted(known("rivals", "day", 2), key=lambda r: r["day"]):
        seen[rival["rival"]] = rival
    first = max(seen.values(), key=lambda r: float(r["share"]), default=None)
    play, against = "find out", None
    if first:
        play, undercut = PLAYS[MARKETS[p["market"]][0], first["rival"] == "Nordlicht", float(first["share"]) >= 0.3]
        against = float(first["price"]) * (1.0 - undercut) if first["price"] else None
    launch = tables["plan"].get(key)
    stage = stage_of(launch, as_of)
    signs = [s for s in tables["openness"][key] if s["product_name"] == launch and day_of(s["day"]) < as_of]
    last = max(signs, key=lambda s: s["day"])["kind"] if signs else None
    openness = "unknown" if last is None else "closed" if last == "refused" else "open"
    wins = sum(1 for w in rows("wins") if w["product_name"] == launch and day_of(w["day"]) < as_of)
    asked = "ask, with references" if wins >= 3 else "win new companies first"
    action = {None: "none planned", "planned": "wait for introduction", "withdrawn": "not sold", "introduction": {
        "open": "offer", "closed": "leave alone", "unknown": asked}[openness]}.get(stage, "sell as any product")
    return {
        "launch_stage": stage,
        "launch_wins": wins if launch else None,
        "launch_openness": openness,
        "launch_action": action,
        "requests_pulled": pulled if recorded else None,
        "saved": math.fsum(saved),
        "outcome_change": sum(changes) / len(changes) if changes else None,
        "opportunities": sum(1 for o in tables["openings"][key]
                             if day_of(o["opened"]) < as_of and (not o["closed"] or day_of(o["closed"]) >= as_of)),
        "share_of_wallet": p["revenue"] / wallet if wallet and p["revenue"] <= wallet else None,
        "worth": worth(5),
        "worth_short": worth(2),
        "horizon_gain": worth(5) - worth(2) if flows else None,
        "payback_years": back_after([flows[year] for year in sorted(flows) if year <= 5]) if flows else None,
        "layer_strategy": layers[2],
        "relationship_shown": shown,
        "relationship_gap": score - shown if score is not None else None,
        "relationship": min(score, shown + 0.15) if score is not None else shown if events else None,
        "play": play,
        "price_against": against,
    }


def stage_of(product, as_of):
    for row in rows("products"):
        if row["product"] == product:
            sold = "withdrawn" if row["withdrawn"] and as_of > day_of(row["withdrawn"]) else "general"
            return "planned" if as_of <= day_of(row["introduced"]) else "introduction" if as_of <= day_of(row["general"]) else sold
    return None


def value(p, e, industry, rank):
    economic = 0.7 * rank + 0.15 * scale(p["price_index"], 0.85, 1.1) + 0.15 * scale(p["margin"], 0.0, 0.3)
    pulled = e["requests_pulled"]
    marks = {
        "economic": (0.35, economic),
        "traction": (0.15, min(pulled / 3, 1.0) if pulled is not None else 0.5 * min(p["products"] / 14, 1.0)),
        "improvement": (0.10, clamp(e["saved"] / 4000.0, 0.0, 1.0)),
        "success": (0.15, scale(e["outcome_change"], -0.1, 0.3) if e["outcome_change"] is not None else None),
        "fit": (0.10, 0.7 * INDUSTRY[industry] + 0.3 * MARKETS[p["market"]][1]),
        "long_term": (0.15, clamp(e["worth"] / 6000.0, 0.0, 1.0) if e["worth"] is not None else None),
    }
    known = 100.0 * math.fsum(weight * mark for weight, mark in marks.values() if mark is not None)
    unknown = 100.0 * sum(weight for weight, mark in marks.values() if mark is None)
    relation = e["relationship"]
    factor, best = 0.9 + 0.2 * (relation or 0.0), 0.9 + 0.2 * (1.0 if relation is None else relation)
    return {"fit": marks["fit"][1], "relationship_factor": factor, "value": factor * known, "value_possible": best * (known + unknown)}


def grade(points):
    return sum(points >= line for line in LINES)


def overrides(key, tables, bosses, as_of):
    holding = [o for o in tables["overrides"][key] if day_of(o["asked"]) < as_of <= day_of(o["ends"])]
    approved = [o for o in holding if o["approver_id"] and o["asker_id"] not in upward(o["approver_id"], bosses)]
    last = max(approved, key=lambda o: o["asked"], default={})
    return {"override_mark": float(len(holding) > 0), "override_tier": last.get("to_tier"), "override_asker": last.get("asker_id"),
            "override_approver": last.get("approver_id"),
            "override_refused": sum(1 for o in holding if o["approver_id"] and o not in approved)}


def upward(person, bosses):
    """A person, to whom they report, and so on to the top."""
    return [person, *(upward(bosses[person], bosses) if bosses[person] else [])]


def tier(p, v, asked, rate, prior):
    held = ORDER.index(prior["tier"]) if prior and prior.get("tier") else 0
    earned = grade(v["value"])
    repeats = (p["orders_placed"] >= 4 and p["quarters"] >= 3 and p["recurring_share"] >= 0.4
               and (p["repeat_rate"] is None or p["repeat_rate"] >= 0.25))
    if earned > held:
        number = earned if repeats else held
    elif grade(v["value_possible"] + 3.0) < held:
        number = max(grade(v["value_possible"]), held - 1)
    else:
        number = held
    if asked and rate <= 0.25:
        number = int(clamp(ORDER.index(asked), number - 1, number + 1))
    if number > held and not repeats:
        number = held
    fits = v["fit"] >= 0.55
    return {"tier": ORDER[number if fits else min(number, 1)], "repeats": repeats, "fits": fits, "override_rate": rate}


def policy(p, e, t, prior):
    floor = max(p["cost_share"] / 0.95, 0.6)
    wished = SEGMENTS[p["segment"]] if e["price_against"] is None else e["price_against"]
    before = prior["segment"] if prior and prior.get("tier") else "mixed"
    other = "mixed" not in (before, p["segment"]) and before != p["segment"]
    drifted = other or (p["segment_shift"] or 0.0) >= 0.5
    broad = p["products"] >= 9
    usual = (ONE_CONTACT if e["held_by"] == "one contact" else REVIEW)[t["tier"]]
    return {
        "review_months": min(usual, 6 if broad else 12, 3 if drifted else 12),
        "price_floor": floor,
        "price": max(clamp(wished, 1.0 - DISCOUNT[t["tier"]], 1.0), floor),
        "drifted": drifted,
        "broad": broad,
    }


def cycles(data):
    """(cycle, {company: its figures}) of both cycles; the second reads the first one's tiers and segments back."""
    companies = load(data)
    names = ["requests", "outcomes", "improvements", "wallets", "cash_flows", "events", "scores", "rivals", "openings", "overrides",
             "openness"]
    tables = {name: by_customer(name) for name in names}
    tables["plan"] = {a["customer"]: a["launch_name"] or None for a in rows("accounts")}
    managers = {a["customer"]: a["manager_id"] for a in rows("accounts")}
    bosses = {e["employee"]: e["boss_id"] for e in rows("employees")}
    prior = {}
    for cycle, as_of in CYCLES:
        result, marks = {}, defaultdict(list)
        profiles = {key: profile(lines, as_of) for key, lines in companies.items()}
        # Whom the value step cannot decide, it still counts by rank; the tier step does not see it any more.
        counted = sorted(p["revenue_counted"] for p in profiles.values())
        decided = {key for key, lines in companies.items() if lines[0]["industry"] in INDUSTRY}
        net = network(as_of)
        asked = {key: overrides(key, tables, bosses, as_of) for key in companies}
        for key in decided:
            marks[managers[key]].append(asked[key]["override_mark"])
        for key, p in profiles.items():
            reached = access(key, net)
            e = {**evidence(key, p, tables, as_of, reached), **reached, **asked[key]}
            result[key] = {**p, **e, "tier": None, "value": None}
            if key in decided:
                below = sum(amount < p["revenue_counted"] - 1e-9 for amount in counted)
                v = value(p, e, companies[key][0]["industry"], below / (len(counted) - 1))
                group = marks[managers[key]]
                t = tier(p, v, e["override_tier"], sum(group) / len(group), prior.get(key))
                result[key].update({**v, **t, **policy(p, e, t, prior.get(key))})
        yield cycle, result
        prior = result


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-9)
    return a == b and (a is None) == (b is None)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    asked, wrong = 0, []
    for cycle, expected in cycles(Path(sys.argv[2])):
        runs = [p for p in (Path(sys.argv[1]) / "runs" / f"cycle={cycle}").iterdir() if (p / "run.json").is_file()]
        if len(runs) != 1:
            sys.exit(f"{len(runs)} runs of {cycle}, one is expected")
        for part in ("decisions", "profile"):
            table = pyarrow.parquet.read_table(str(runs[0] / part))
            found = {row["customer"]: row for row in table.to_pylist()}
            if set(found) != set(expected):
                wrong.append(f"{cycle}, {part}: companies differ")
            for key, figures in expected.items():
                for column, figure in figures.items():
                    if column not in table.schema.names:
                        if part == "decisions":
                            wrong.append(f"{cycle}: no column {column}")
                        continue
                    asked += 1
                    actual = found.get(key, {}).get(column)
                    if not same(actual, figure):
                        wrong.append(f"{cycle}, {part}, {key}.{column}: program {actual!r}, here {figure!r}")
        print(f"{cycle}: {len(expected)} companies, {max(len(f) for f in expected.values())} columns")
    for text in wrong[:40]:
        print(f"  {text}")
    print(f"{asked} comparisons, {len(wrong)} differences")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
