"""Writes a Chinese project whose customers' names are markup, formulas and other trouble, with a business plan.

python3 project.py FOLDER
In: an empty folder. Out: the project's files in it: 40 customers, four years of orders by month and two months of a fifth, two owners. The largest customer is
`</script><img src=x onerror=alert(1)>`.
"""
import pathlib
import sys

NAMES = ["</script><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A1", "{{data}}", "\u202eabc", "😀 客户", "很长的名字" * 20, "a&b<c>d", "' OR 1=1 --", "__proto__", "constructor"]
SEASON = [100, 110, 120, 90, 60, 50, 80, 100, 130, 160, 240, 300]

FILES = {
    "tierwright.yaml": """name: 客户分级
customer: 客户
steps: [等级]
decision: { tier: 等级, value: 价值, order: [普通客户, 合作客户, 战略客户] }
planning: { time_zone: Asia/Shanghai, phases: { BP: [01-01, 04-01], monitor: [04-01, 01-01] } }
plan:
  actuals: { rows: 订单, date: 日期, amount: 金额 }
  by: [区域, 负责人]
  capacity: { demand: 拜访, owner: 负责人, table: 负责人表, key: 负责人, capacity: 拜访 }
  monitor: { owner: 负责人, short: 0.1, severe: 0.5, least: 10 }
report: { measure: 规模, matrix: [负责人, 区域], dimensions: [规模分, 年限分], key_tiers: [战略客户, 合作客户] }
""",
    "datasets/客户.yaml": """source: { path: 客户.csv, format: csv }
columns: { 客户: text, 区域: text, 负责人: text, 规模: { type: float, required: true, unit: 万元 } }
key: 客户
""",
    "datasets/订单.yaml": """source: { path: 订单.csv, format: csv }
columns: { 客户: text, 日期: date, 金额: 'decimal(12,2)' }
references: { 买方: { table: 客户, column: 客户, many: 订单, orphans: fail } }
""",
    "datasets/负责人表.yaml": """source: { path: 负责人表.csv, format: csv }
columns: { 负责人: text, 拜访: int }
key: 负责人
""",
    "datasets/负责人表.csv": "负责人,拜访\n王,60\n李,40\n",
    "rules/等级.rhai": """fn 等级(c) {
    let size = 80.0 * pct_rank(c.规模);
    let years = 20.0 * scale(c.订单.len().to_float(), 0.0, 48.0);
    let value = size + years;
    let tier = if value >= 75.0 { "战略客户" } else if value >= 50.0 && c.区域 != () { "合作客户" } else { "普通客户" };
    #{ 规模分: size, 年限分: years, 价值: value, 等级: tier, 拜访: if tier == "战略客户" { 6 } else { 2 } }
}
""",
}


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def main(folder):
    folder = pathlib.Path(folder)
    names = NAMES + [f"第{n:03d}公司" for n in range(30)]
    customers, orders = ["客户,区域,负责人,规模"], ["客户,日期,金额"]
    for n, name in enumerate(names):
        region = ["华东", "华北", "West & <East>", ""][n % 4]
        customers.append(f"{quoted(name)},{region},{'王李'[n % 2]},{200 if n == 0 else (n * 37) % 101}")
        for year in range(2014, 2019):
            for month, amount in enumerate(SEASON):
                # Of the last year two months are over, and half of the customers bought.
                if (n + month) % 3 == 0 and (year < 2018 or (month < 2 and n % 2 == 0)):
                    y, m = year + (month + 3) // 12, (month + 3) % 12 + 1
                    orders.append(f"{quoted(name)},{y}-{m:02d}-15,{amount * (n + 1)}")
    files = {**FILES, "datasets/客户.csv": "\n".join(customers) + "\n", "datasets/订单.csv": "\n".join(orders) + "\n"}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
