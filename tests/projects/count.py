"""Counts what tests/it/dirty.rs asserts, from the data alone, with Python's own library.

    python3 tests/projects/count.py ../shared/data [set ...]

It splits rows and reads numbers in its own way, and repeats the rules of each project in a few lines.
"""

import bisect
import collections
import csv
import datetime
import decimal
import gzip
import io
import sys

FOLDER = sys.argv[1]
TIERS = ["strategic", "partner", "commercial", "general"]


def rows(path, encoding="utf-8", **dialect):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(f"{FOLDER}/{path}", "rb") as file:
        return list(csv.reader(io.TextIOWrapper(file, encoding=encoding, newline=""), **dialect))


def table(path, **how):
    """Rows of the header's width as maps, and how many are not."""
    header, *body = rows(path, **how)
    return [dict(zip(header, row)) for row in body if len(row) == len(header)], sum(len(r) != len(header) for r in body)


def ranks(xs):
    """pct_rank of each."""
    ordered = sorted(xs)
    return [bisect.bisect_left(ordered, x) / (len(xs) - 1) for x in xs]


def tiers(values, lines, may=lambda i: True):
    found = collections.Counter()
    for i, value in enumerate(values):
        reach = [t for t, line in zip(TIERS, lines) if value >= line and (may(i) or t not in TIERS[:2])]
        found[reach[0] if reach else "general"] += 1
    print("  tiers:", len(values), "decided,", ", ".join(f"{t} {found[t]}" for t in TIERS))


def by(key, items):
    groups = collections.defaultdict(list)
    for item in items:
        groups[item[key] if isinstance(key, str) else key(item)].append(item)
    return groups


def northwind():
    kept = {}
    for name in ["customers", "orders", "order-details", "products", "suppliers", "categories", "employees",
                 "employee-territories", "territories", "regions", "shippers"]:
        good, bad = table(f"northwind/{name}.csv")
        nulls = {column: n for column in good[0] if (n := sum(r[column] == "NULL" for r in good))}
        blanks = {column: n for column in good[0] if (n := sum(r[column] != r[column].strip() for r in good))}
        print(f"  {name}: {len(good) + bad} read, {bad} of the wrong width, NULL {nulls}, blanks at ends {blanks}")
        kept[name] = good
    orders = {o["orderID"]: o for o in kept["orders"]}
    customers = {c["customerID"] for c in kept["customers"]}
    suppliers = {s["supplierID"] for s in kept["suppliers"]}
    products = {p["productID"]: p for p in kept["products"]}
    print("  orphans: orders", sum(o["customerID"] not in customers for o in kept["orders"]),
          "lines", sum(l["orderID"] not in orders for l in kept["order-details"]),
          "products", sum(p["supplierID"] not in suppliers for p in kept["products"]))
    print("  discontinued:", collections.Counter(p["discontinued"] for p in kept["products"]))
    revenue, kinds = collections.Counter(), collections.defaultdict(set)
    for line in kept["order-details"]:
        order = orders.get(line["orderID"])
        if order and "1997-05-07" <= order["orderDate"][:10] < "1998-05-07":
            exact = decimal.Decimal(line["unitPrice"]) * int(line["quantity"]) * (1 - decimal.Decimal(line["discount"]))
            revenue[order["customerID"]] += exact.quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_UP)
            kinds[order["customerID"]].add(products[line["productID"]]["categoryID"])
    order = sorted(customers)
    tiers([60 * r + 40 * len(kinds[c]) / 8 for c, r in zip(order, ranks([revenue[c] for c in order]))], (90, 70, 40))


def online_retail():
    all_rows, _ = table("online_retail/online_retail.csv.gz")
    services = "POST,DOT,M,m,C2,D,S,B,BANK CHARGES,AMAZONFEE,CRUK,PADS".split(",")
    print("  read", len(all_rows), "exact duplicates", len(all_rows) - len({tuple(r.values()) for r in all_rows}))
    known = [r for r in all_rows if r["CustomerID"]]
    pairs = {(r["CustomerID"], r["Country"]) for r in known}
    names = sorted({r["CustomerID"] for r in known})
    print("  customers: without a number", len(all_rows) - len(known), "alike", len(known) - len(pairs), "in two countries",
          len(pairs) - len(names), "kept", len(names), "not like 17850.0", sum(n[5:] != ".0" for n in names))
    charged, goods = [], []
    for r in all_rows:
        (charged if r["InvoiceNo"][0] == "A" or r["StockCode"] in services else goods).append(r)
    for name, part in [("lines", goods), ("charges", charged)]:
        unlike = list({tuple(r.values()): r for r in part}.values())
        less = sum(int(r["Quantity"]) <= 0 and r["InvoiceNo"][0] != "C" for r in unlike)
        print(f"  {name}: filtered {len(all_rows) - len(part)}, alike {len(part) - len(unlike)}, kept {len(unlike)}, without a number",
              sum(not r["CustomerID"] for r in unlike), "less than nothing", less,
              "for nothing", sum(float(r["UnitPrice"]) <= 0 for r in unlike),
              "credit notes", sum(r["InvoiceNo"][0] == "C" for r in unlike),
              "bad debt", sum(r["InvoiceNo"][0] == "A" for r in unlike))
        if name == "lines":
            lines = by("CustomerID", unlike)
    year = {c: [r for r in lines[c] if "2010-12-10" <= r["InvoiceDate"] < "2011-12-10"] for c in names}
    bought = {c: [r for r in year[c] if r["InvoiceNo"][0] != "C"] for c in names}
    money = [sum(int(r["Quantity"]) * decimal.Decimal(r["UnitPrice"]) for r in year[c]) for c in names]
    day = datetime.date.fromisoformat
    silent = [min([(day("2011-12-10") - day(r["InvoiceDate"][:10])).days for r in bought[c]], default=365) for c in names]
    parts = zip(ranks(silent), ranks([len({r["InvoiceNo"] for r in bought[c]}) for c in names]), ranks(money))
    months = [len({r["InvoiceDate"][:7] for r in bought[c]}) for c in names]
    tiers([((1 - s) + f + m) * 100 / 3 for s, f, m in parts], (85, 60, 30), lambda i: months[i] >= 3)


def saas_sales():
    lines, bad = table("saas_sales/SaaS-Sales.csv", encoding="utf-8-sig")
    read = datetime.datetime.strptime
    days = [(read(r["Order Date"], "%m/%d/%Y"), read(r["Date Key"], "%Y%m%d")) for r in lines]
    names = sorted({r["Customer ID"] for r in lines})
    print("  lines", len(lines), "of the wrong width", bad, "days unlike", sum(a != b for a, b in days),
          "at a loss", sum(float(r["Profit"]) < 0 for r in lines), "customers", len(names),
          "alike but the customer", len(lines) - len({(r["Customer ID"], r["Customer"], r["Industry"]) for r in lines}),
          "in several segments", sum(len({r["Segment"] for r in g}) > 1 for g in by("Customer ID", lines).values()))
    groups = by("Customer ID", [r for r in lines if r["Order Date"].endswith("/2023")])
    total = lambda key: ranks([sum(decimal.Decimal(r[key]) for r in groups[c]) for c in names])
    kinds = [len({r["Product"] for r in groups[c]}) for c in names]
    tiers([50 * s + 30 * p + 20 * k / 14 for s, p, k in zip(total("Sales"), total("Profit"), kinds)], (75, 60, 40))


def india_ecommerce():
    orders, bad = table("india_ecommerce_fy2018/list_of_orders.csv", delimiter=";")
    lines, worse = table("india_ecommerce_fy2018/order_details.csv", delimiter=";")
    targets, worst = table("india_ecommerce_fy2018/sales_target.csv", delimiter=";")
    who = {o["Order ID"]: (o["CustomerName"], o["City"]) for o in orders}
    names = sorted(set(who.values()))
    first = {}
    for o in orders:
        first.setdefault((o["CustomerName"], o["State"].strip(), o["City"]), o)
    print("  orders", len(orders), "lines", len(lines), "targets", len(targets), "of the wrong width", bad, worse, worst)
    print("  names", len({n for n, _ in names}), "buyers", len(names), "alike", len(orders) - len(first), "blanks at ends of state",
          sum(o["State"] != o["State"].strip() for o in first.values()), "at a loss", sum(float(l["Profit"]) < 0 for l in lines),
          "months", collections.Counter(t["Month of Order Date"] for t in targets))
    total = lambda key: ranks([sum(decimal.Decimal(l[key]) for l in groups[n]) for n in names])
    groups = by(lambda l: who[l["Order ID"]], lines)
    tiers([60 * s + 40 * p for s, p in zip(total("Amount"), total("Profit"))], (90, 75, 40))


def cdnow():
    with open(f"{FOLDER}/cdnow/CDNOW_master.txt") as file:
        _, *master = [tuple(line.split()) for line in file]
    with open(f"{FOLDER}/cdnow/CDNOW_sample.txt") as file:
        sample = [tuple(line.split()) for line in file]
    names = sorted({r[0] for r in master})
    for name, part in [("purchases", master), ("sample", sample)]:
        print(f"  {name}: {len(part)}, alike {len(part) - len(set(part))}, for nothing {sum(float(r[-1]) == 0 for r in part)}",
              "of", len({r[0] for r in part}), "buyers, fields", collections.Counter(map(len, part)))
    print("  sampled without a purchase", len({r[0] for r in sample} - set(names)), "summary", len(rows("cdnow/cdnow_customers_summary_with_transactions.csv")) - 1)
    groups, day = by(lambda r: r[0], master), lambda text: datetime.datetime.strptime(text, "%Y%m%d")
    money = ranks([sum(decimal.Decimal(r[3]) for r in groups[n]) for n in names])
    often = ranks([len({r[1] for r in groups[n]}) for n in names])
    silent = ranks([(day("19980701") - day(max(r[1] for r in groups[n]))).days for n in names])
    tiers([50 * m + 30 * o + 20 * (1 - s) for m, o, s in zip(money, often, silent)], (90, 75, 50))


def wholesale():
    _, *body = rows("wholesale_customers/wholesale_customers.csv", encoding="latin-1")
    print("  rows", len(body), "unlike", len({tuple(r[:8]) for r in body}), "notes", sum(bool(r[11]) for r in body), "with 0xA0",
          sum("\xa0" in "".join(r) for r in body), collections.Counter(r[0] for r in body), collections.Counter(r[1] for r in body))
    spends = [[int(x) for x in r[2:8]] for r in body]
    rank = {}
    for channel in "12":
        at = [i for i, r in enumerate(body) if r[0] == channel]
        rank.update(zip(at, ranks([sum(spends[i]) for i in at])))
    tiers([70 * rank[i] + 30 * sum(x >= 1000 for x in s) / 6 for i, s in enumerate(spends)], (90, 70, 40))


def helpdesk():
    _, *events = rows("helpdesk_tickets/helpdesk.csv")
    unlike = {tuple(e) for e in events}
    names = sorted({f"account {int(e[0]) % 40}" for e in events})
    print("  events", len(events), "alike", len(events) - len(unlike), "cases", len({e[0] for e in events}), "accounts", len(names))
    asked = collections.Counter(f"account {int(e[0]) % 40}" for e in unlike if "2011-11-07" <= e[2] < "2012-11-07")
    tiers([100 * (1 - r) for r in ranks([asked[n] for n in names])], (75, 50, 25))


def managers():
    people = rows("org_networks/krackhardt_attributes.csv")[1:]
    ties = {}
    for name in ["advice", "friendship"]:
        pairs = rows(f"org_networks/krackhardt_{name}.csv")[1:]
        ties[name] = [(a, b) for a, b, tie in pairs if tie == "1" and a != b]
        print(f"  {name}: {len(pairs)} pairs, {len(ties[name])} ties, {sum(a == b and tie == '1' for a, b, tie in pairs)} with himself")
    asked, liked = (collections.Counter(b for _, b in ties[name]) for name in ["advice", "friendship"])
    tiers([60 * asked[p[0]] / 20 + 20 * liked[p[0]] / 20 + 20 * (3 - int(p[3])) / 2 for p in people], (60, 45, 25))


def crm():
    accounts, bad = table("crm_sales_opportunities/accounts.csv")
    pipeline, worse = table("crm_sales_opportunities/sales_pipeline.csv")
    series = {p["product"]: p["series"] for p in table("crm_sales_opportunities/products.csv")[0]}
    print("  accounts", len(accounts), "opportunities", len(pipeline), "of the wrong width", bad, worse, "without a parent",
          sum(not a["subsidiary_of"] for a in accounts), "technolgy", sum(a["sector"] == "technolgy" for a in accounts),
          "Philipines", sum(a["office_location"] == "Philipines" for a in accounts), "GTXPro",
          sum(o["product"] == "GTXPro" for o in pipeline), "without an account", sum(not o["account"] for o in pipeline))
    won = by("account", [o for o in pipeline if o["deal_stage"] == "Won"])
    names = [a["account"] for a in accounts]
    kinds = [len({series[o["product"].replace("GTXPro", "GTX Pro")] for o in won[n]}) for n in names]
    tiers([70 * r + 30 * k / 3 for r, k in zip(ranks([sum(int(o["close_value"]) for o in won[n]) for n in names]), kinds)], (85, 65, 40))


for chosen in sys.argv[2:] or ["northwind", "online_retail", "saas_sales", "india_ecommerce", "cdnow", "wholesale", "helpdesk", "managers", "crm"]:
    print(chosen)
    globals()[chosen]()
