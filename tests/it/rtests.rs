//! `tierwright test`: cases of `.rtest` files on both evaluators; what is wrong with them; values written anew; proposals.

use crate::project::{Done, Project, chinese, files, program};
use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn with_cases(text: &str) -> Project {
    let project = chinese();
    project.write("rules/tests/等级.rtest", text);
    project
}

/// Shops with orders, lines of orders and products; a rank, a loop that no columns can do, parameters, a prior decision.
fn shops() -> Project {
    Project::new(&[
        (
            "tierwright.yaml",
            "name: shops\ncustomer: shops\nsteps: [sums, value, score, tier]\n\
             decision: { tier: tier, value: value, order: [low, high], earlier: decisions, read_back: { weak: int } }\n\
             as_of: 2018-01-01\n",
        ),
        (
            "datasets/shops.yaml",
            "source: { path: shops.csv }\ncolumns:\n  shop: text\n  region: { type: text, required: true }\n  size: int\n  \
             opened: date\n  capital: 'decimal(12,2)'\nkey: shop\n",
        ),
        (
            "datasets/orders.yaml",
            "source: { path: orders.csv }\ncolumns:\n  order: text\n  shop_name: text\n  day: { type: date, required: true }\n  \
             at: datetime\nkey: order\nreferences:\n  shop: { table: shops, column: shop_name, many: orders }\n",
        ),
        (
            "datasets/lines.yaml",
            "source: { path: lines.csv }\ncolumns:\n  line: text\n  order_no: text\n  product_name: text\n  amount: { type: \
             'decimal(12,2)', required: true }\nkey: line\nreferences:\n  order: { table: orders, column: order_no, many: lines \
             }\n  product: { table: products, column: product_name, orphans: fail }\n",
        ),
        (
            "datasets/products.yaml",
            "source: { path: products.csv }\ncolumns:\n  product: text\n  weight: { type: float, required: true }\nkey: product\n",
        ),
        (
            "datasets/shops.csv",
            "shop,region,size,opened,capital\nA,East,9,2015-01-01,10.50\nB,West,11,,\nC,East,30,,7.00\n",
        ),
        ("datasets/orders.csv", "order,shop_name,day,at\n1,A,2017-05-01,\n2,B,2017-06-01,2017-06-01T08:00:00Z\n"),
        ("datasets/lines.csv", "line,order_no,product_name,amount\n1,1,P,10.00\n2,1,Q,5.50\n3,2,P,1.00\n"),
        ("datasets/products.csv", "product,weight\nP,2.0\nQ,1.0\n"),
        (
            "rules/parameters.yaml",
            "line: { value: 20.0, range: [0, 100] }\nshares: { sum_to: 1.0, a: 0.5, b: 0.5 }\nregions: { table: { East: 1.0, West: 2.0 } }\n",
        ),
        (
            "rules/sums.rhai",
            "fn sums(c) {\n    #{ weighed: c.orders.flat_map(|o| o.lines).map(|l| l.amount * l.product.weight).sum() }\n}\n",
        ),
        (
            "rules/value.rhai",
            "fn value(c) {\n    let region = P.regions[c.region];\n    if region == () { throw `no region ${c.region}`; }\n    #{ value: c.weighed * \
             region * (P.shares.a + P.shares.b), rank: pct_rank(c.weighed) }\n}\n",
        ),
        (
            "rules/score.rhai",
            "fn score(c) {\n    let n = 0;\n    let left = c.size ?? 0;\n    while left > 1 { left = idiv(left, 2); n += 1; }\n    n\n}\n",
        ),
        (
            "rules/tier.rhai",
            "fn tier(c) {\n    let held = c.prior?.tier ?? \"low\";\n    let before = c.decisions.len();\n    let tier = if c.value >= P.line \
             || held == \"high\" { \"high\" } else { \"low\" };\n    #{ tier: tier, weak: if c.value < P.line { 1 } else { 0 }, before: \
             before, score_counted: c.score }\n}\n",
        ),
    ])
}

fn test(project: &Project, text: &str) -> Done {
    project.write("rules/tests/a.rtest", text);
    project.tierwright(&["test", "--json"])
}

/// The verdicts in the order of the cases.
fn verdicts(done: &Done) -> Vec<String> {
    let document = done.json();
    let cases = document["cases"].as_array().unwrap_or_else(|| panic!("{}{}", done.out, done.err)).clone();
    cases.iter().map(|case| case["verdict"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn passes(project: &Project, text: &str) {
    let done = test(project, text);
    assert_eq!(done.status, 0, "{}{}", done.out, done.err);
    assert!(!verdicts(&done).is_empty());
}

#[test]
fn the_default_projects_cases_pass() {
    let done = program(Path::new(ROOT), &["test", "--json"]).expect(0);
    let document = done.json();
    assert_eq!(document["failed"], 0);
    assert!(document["passed"].as_u64().unwrap() >= 70, "{}", document["passed"]);
    let on_both = document["cases"].as_array().unwrap().iter().filter(|case| case["evaluators"] == "both").count();
    assert_eq!(Some(on_both as u64), document["passed"].as_u64());
}

#[test]
fn chinese_cases_pass_and_fail_readably() {
    let project = with_cases(
        "cases:\n- case: 线上为战略客户\n  table:\n  - [价值, =>, 等级]\n  - [1000.0, =>, 战略/客户 A]\n  - [999.99, =>, 一般]\n\
         - case: 华北按原值\n  customer: { 区域: 华北, 金额: 20.25 }\n  expect: { 价值: 20.25, 等级: 一般 }\n\
         - case: 错\n  customer: { 区域: 华东, 金额: 600 }\n  expect: { 价值: 1201.0, 等级: 一般 }\n\
         - case: 实客\n  key: 丙\n  expect: { 价值: 2000.2 }\n- case: 无区域\n  key: 乙\n  undetermined: 客户.区域\n",
    );
    let done = project.tierwright(&["test"]).expect(1);
    let wanted = "rules/tests/等级.rtest: 5 passed, 1 failed\n\nfailed: 错\n  --> rules/tests/等级.rtest:10:9\n\
        \x20       expected  got          from\n  价值  1201.0    1200.0       rules/价值.rhai:2:5\n\
        \x20 等级  一般      战略/客户 A  rules/等级.rhai:2:5\n\n\
        6 cases on both evaluators: 5 passed, 1 failed, ";
    assert!(done.out.starts_with(wanted), "{}\n{wanted}", done.out);
    let document = project.tierwright(&["test", "--json", "--filter", "错"]).expect(1).json();
    assert_eq!((document["passed"].as_u64(), document["failed"].as_u64()), (Some(0), Some(1)));
    let case = &document["cases"][0];
    assert_eq!((case["file"].as_str(), case["line"].as_u64()), (Some("rules/tests/等级.rtest"), Some(10)));
    assert_eq!(case["differences"][1]["got"], "战略/客户 A");
    let none = project.tierwright(&["test", "--filter", "nothing of this name"]).expect(2);
    assert!(none.err.contains("no case or file of cases has `nothing of this name` in its name"), "{}", none.err);
}

#[test]
fn related_rows_references_populations_and_prior_decisions_are_what_rules_see() {
    let project = shops();
    passes(
        &project,
        "customer: { region: West, size: 9 }\ncases:\n\
         - case: lines within orders, products in place\n  customer:\n    orders:\n    - { day: 2017-01-01, lines: [{ amount: 3, \
         product: { weight: 2 } }, { amount: 4.25, product: { weight: 1 } }] }\n    - { day: 2017-01-02 }\n  expect: { weighed: 10.25, \
         value: 20.5, tier: high, weak: 0, score: 3, rank: 0.0 }\n\
         - case: products by their key\n  tables: { products: [{ product: X, weight: 10 }] }\n  customer: { orders: [{ day: 2017-01-01, \
         lines: [{ amount: 0.5, product_name: X }] }] }\n  expect: { weighed: 5.0 }\n\
         - case: others\n  customer: { orders: [{ day: 2017-01-01, lines: [{ amount: 2, product: { weight: 1 } }] }] }\n  population:\n  \
         - { region: East }\n  - { region: East, orders: [{ day: 2017-01-01, lines: [{ amount: 9, product: { weight: 1 } }] }] }\n  \
         expect: { rank: 0.5 }\n\
         - case: held\n  customer: { value: 1.0, score: 0, prior: { tier: high } }\n  expect: { tier: high, weak: 1, before: 0 }\n\
         - case: never decided\n  customer: { value: 1.0, score: 0, prior: { tier: ~ } }\n  expect: { tier: low }\n\
         - case: earlier decisions\n  customer: { value: 1.0, score: 0, decisions: [{ cycle: FY2015, as_of: 2016-04-01, tier: low }] }\n  \
         expect: { before: 1 }\n\
         - case: parameters\n  set: { line: 0.5, shares.a: 0.25, shares.b: 0.75, 'regions[\"West\"]': 3.0 }\n  customer: { orders: [{ day: \
         2017-01-01, lines: [{ amount: 1, product: { weight: 1 } }] }] }\n  expect: { value: 3.0, tier: high }\n\
         - case: no region\n  customer: { region: North }\n  undetermined: { step: value, kind: thrown, text: no region North }\n\
         - case: with what came before\n  customer: { region: North }\n  expect: { weighed: 0.0 }\n  undetermined: no region\n\
         - case: none at all\n  customer: { region: North }\n  undetermined: true\n",
    );
    let done = project.tierwright(&["test"]).expect(0);
    assert!(done.out.contains("10 cases on both evaluators, "), "{}", done.out);
}

#[test]
fn customers_of_the_data_are_graded_with_what_the_case_changes() {
    let project = shops();
    passes(
        &project,
        "cases:\n- case: as it is\n  key: A\n  expect: { weighed: 25.5, value: 25.5, rank: 1.0, tier: high }\n\
         - case: elsewhere\n  key: A\n  customer: { region: West }\n  expect: { weighed: 25.5, value: 51.0, tier: high }\n\
         - case: another value\n  key: A\n  customer: { value: 1.0 }\n  expect: { weighed: 25.5, value: 1.0, tier: low }\n\
         - case: no size\n  key: C\n  customer: { size: ~, capital: 3.5 }\n  expect: { score: 0 }\n\
         - case: held\n  key: B\n  customer: { prior: { tier: high } }\n  expect: { value: 4.0, tier: high }\n",
    );
    let done = test(&project, "cases:\n- case: x\n  key: shop D\n  expect: { tier: low }\n");
    assert_eq!(done.status, 1);
    let document = done.json();
    assert_eq!(document["cases"][0]["differences"][0]["got"], "the project's data has no customer `shop D`");
    // Where no step asks for standings the others are not graded, and the result is the same.
    project.write("rules/value.rhai", "fn value(c) { #{ value: c.weighed } }\n");
    passes(&project, "cases:\n- case: x\n  key: A\n  expect: { value: 25.5, tier: high }\n");
}

#[test]
fn what_is_not_as_expected_fails() {
    let project = shops();
    let held = "customer: { region: East, score: 0, value: 1.0 }\ncases:\n- case: x\n  ";
    for (case, differences) in [
        ("expect: { tier: high }", vec!["tier|high|low"]),
        ("expect: { weak: ~, tier: low }", vec!["weak|~|1"]),
        ("undetermined: true", vec!["undetermined|undetermined|decided"]),
        ("error: limit", vec!["error|limit|decided"]),
        ("customer: { value: 19.999 }\n  expect: { tier: high, weak: 0 }", vec!["tier|high|low", "weak|0|1"]),
    ] {
        let done = test(&project, &format!("{held}{case}\n"));
        assert_eq!(done.status, 1, "{case}: {}", done.out);
        let document = done.json();
        let found: Vec<String> = document["cases"][0]["differences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| {
                format!(
                    "{}|{}|{}",
                    d["what"].as_str().unwrap(),
                    d["expected"].as_str().unwrap(),
                    d["got"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(found, differences, "{case}");
    }
    let region = "cases:\n- case: x\n  customer: { region: North }\n  ";
    for case in [
        "expect: { value: 1.0 }",
        "undetermined: no region South",
        "undetermined: { step: score }",
        "undetermined: { kind: missing }",
        "undetermined: { step: value, text: elsewhere }",
    ] {
        let done = test(&project, &format!("{region}{case}\n"));
        assert_eq!((done.status, verdicts(&done)), (1, vec!["failed".to_owned()]), "{case}");
    }
}

#[test]
fn floats_are_equal_or_within_what_is_said() {
    let project = shops();
    let case = |value: &str| {
        let orders = "[{ day: 2017-01-01, lines: [{ amount: 0.1, product: { weight: 1 } }, { amount: 0.2, product: { weight: 1 } }] }]";
        format!(
            "cases:\n- case: x\n  customer: {{ region: East, orders: {orders} }}\n  expect: {{ weighed: {value} }}\n"
        )
    };
    for value in ["0.30000000000000004", "0.3 ± 0.001", "0.3 +- 0.001", "\"0.29 ± 0.0101\""] {
        passes(&project, &case(value));
    }
    for value in ["0.3", "0.3 ± 0", "0.29 ± 0.001"] {
        assert_eq!(test(&project, &case(value)).status, 1, "{value}");
    }
    let text = project.tierwright(&["test"]).out;
    assert!(text.contains("0.29 ± 0.001  0.30000000000000004"), "{text}");
    for (value, help) in [("0.3", Some("0.3 ± 0.000001")), ("0.31", None), ("0.4", None)] {
        test(&project, &case(value));
        let text = project.tierwright(&["test"]).out;
        assert_eq!(text.contains("if it is near enough"), help.is_some(), "{text}");
        assert!(text.contains(help.unwrap_or("0.30000000000000004")), "{text}");
    }
}

#[test]
fn a_limit_stops_a_case_alone() {
    let project = shops();
    let file = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write("tierwright.yaml", &format!("{file}limits: {{ operations: 3000 }}\n"));
    project.write(
        "rules/score.rhai",
        "fn score(c) {\n    let n = 0;\n    while n < (c.size ?? 0) * 1000 { n += 1; }\n    n\n}\n",
    );
    passes(
        &project,
        "customer: { region: East, weighed: 0.0, value: 0.0, rank: 0.0 }\ncases:\n- case: large\n  customer: { size: 9 }\n  error: limit\n\
         - case: none\n  expect: { score: 0 }\n",
    );
    let done =
        test(&project, "cases:\n- case: large\n  customer: { value: 0.0, size: 9 }\n  expect: { score: 9000 }\n");
    assert_eq!(done.status, 1);
    assert!(done.out.contains("stopped: "), "{}", done.out);
}

/// Files that are wrong: the case behind a common head, the place, and a part of what is said.
const WRONG: [(&str, &str, &str); 33] = [
    ("cases: [", "1:8", "the text is not YAML"),
    ("case: []", "1:1", "a file of cases has no key `case`"),
    ("cases:\n- expect: { tier: low }", "2:3", "a case needs the key `case`"),
    ("cases:\n- case: x", "2:9", "the case `x` expects nothing"),
    ("cases:\n- case: x\n  expects: { tier: low }", "3:3", "did you mean `expect`?"),
    ("cases:\n- case: x\n  customer: { regio: East }\n  expect: { weighed: 0.0 }", "3:15", "did you mean `region`?"),
    (
        "cases:\n- case: x\n  customer: { size: many }\n  expect: { score: 0 }",
        "3:21",
        "`size` must be int, found the text `many`",
    ),
    ("cases:\n- case: x\n  customer: { opened: 1/2/2017 }\n  expect: { score: 0 }", "3:23", "`opened` must be date"),
    (
        "cases:\n- case: x\n  customer: { capital: 1.234 }\n  expect: { score: 0 }",
        "3:24",
        "`capital` must be decimal(12,2)",
    ),
    (
        "cases:\n- case: x\n  customer: { orders: 3 }\n  expect: { weighed: 0.0 }",
        "3:23",
        "`orders` must be a list of rows",
    ),
    (
        "cases:\n- case: x\n  customer: { orders: [3] }\n  expect: { weighed: 0.0 }",
        "3:24",
        "a row of `orders` must be a map",
    ),
    (
        "cases:\n- case: x\n  customer: { orders: [{ dai: 2017-01-01 }] }\n  expect: { weighed: 0.0 }",
        "3:26",
        "did you mean `day`?",
    ),
    (
        "cases:\n- case: x\n  customer: { lines: [] }\n  expect: { weighed: 0.0 }",
        "3:15",
        "write them inside a row of `orders`",
    ),
    (
        "cases:\n- case: x\n  customer: { prior: high }\n  expect: { tier: low }",
        "3:22",
        "`prior` must be a map of its row's columns",
    ),
    ("cases:\n- case: x\n  customer: { prior: { weak: 1 } }\n  expect: { tier: low }", "3:15", "`prior` needs `tier`"),
    (
        "cases:\n- case: x\n  customer: { prior: { tear: a, tier: low } }\n  expect: { tier: low }",
        "3:24",
        "no column `tear`",
    ),
    ("cases:\n- case: x\n  expect: { value: 0.0 }", "2:9", "the customer needs `region`"),
    ("cases:\n- case: x\n  customer: { score: 1 }\n  expect: { tier: low }", "2:9", "the customer needs `value`"),
    (
        "cases:\n- case: x\n  customer: { region: East, orders: [{ lines: [{ amount: 1 }] }] }\n  expect: { weighed: 1.0 }",
        "3:48",
        "a row of `lines` needs `product`",
    ),
    (
        "cases:\n- case: x\n  customer: { score: 1, value: 1.0 }\n  expect: { weighed: 0.0 }",
        "4:22",
        "no step of this case gives `weighed`",
    ),
    ("cases:\n- case: x\n  expect: { region: East }", "3:21", "it is a column of the table of customers"),
    (
        "cases:\n- case: x\n  customer: { before: 1 }\n  undetermined: { step: value }",
        "4:17",
        "no step of this case can fail",
    ),
    ("cases:\n- case: x\n  expect: { teir: low }", "3:13", "did you mean `tier`?"),
    ("cases:\n- case: x\n  expect: { tier: [low] }", "3:19", "`tier` must be text"),
    ("cases:\n- case: x\n  undetermined: { step: valu }", "3:25", "did you mean `value`?"),
    ("cases:\n- case: x\n  undetermined: { kind: absent }", "3:25", "`kind` must be one of missing, division by zero"),
    ("cases:\n- case: x\n  undetermined: 3", "3:17", "`undetermined` must be true, a part of the cause's text"),
    ("cases:\n- case: x\n  error: crash", "3:10", "`error` must be `limit`"),
    ("cases:\n- case: x\n  set: { lin: 3 }\n  expect: { tier: low }", "3:10", "no parameter `P.lin`"),
    ("cases:\n- case: x\n  set: { line: 300 }\n  expect: { tier: low }", "3:10", "outside its range 0 to 100"),
    ("cases:\n- case: x\n  set: { shares.a: 0.6 }\n  expect: { tier: low }", "3:10", "sum to 1.1, not to 1"),
    (
        "cases:\n- case: x\n  key: A\n  population: [{ region: East }]\n  expect: { tier: low }",
        "4:16",
        "a case with `key` has neither `population` nor `tables`",
    ),
    ("cases:\n- case: x\n  tables: { product: [] }\n  expect: { tier: low }", "3:13", "did you mean `products`?"),
];

#[test]
fn wrong_files_are_told_with_their_places_by_check_and_test() {
    let project = shops();
    let mut wrong = Vec::new();
    for (text, place, part) in WRONG {
        project.write("rules/tests/a.rtest", &format!("{text}\n"));
        for command in ["check", "test"] {
            let done = project.tierwright(&[command, "--json"]);
            let document = done.json();
            let (line, column) = place.split_once(':').unwrap();
            let (line, column) = (line.parse().ok(), column.parse().ok());
            let found = document["findings"].as_array().cloned().unwrap_or_default();
            let said = |finding: &&serde_json::Value| {
                let here = finding["file"] == "rules/tests/a.rtest"
                    && finding["line"].as_u64() == line
                    && finding["column"].as_u64() == column;
                here && finding.to_string().contains(part)
            };
            if done.status != 2 || !found.iter().any(|finding| said(&finding)) {
                wrong.push(format!("{command}, {}: {text}\n  wanted {place} {part}\n  found {found:#?}", done.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), 2 * WRONG.len(), wrong.join("\n"));
    // All files at once, each finding at its place.
    project.write(
        "rules/tests/a.rtest",
        "cases:\n- case: x\n  expect: { teir: low }\n- case: y\n  undetermined: { step: valu }\n",
    );
    project.write("rules/tests/deep/b.rtest", "cases: 3\n");
    let document = project.tierwright(&["check", "--json"]).expect(2).json();
    let errors = document["findings"].as_array().unwrap().iter().filter(|found| found["severity"] == "error").count();
    assert_eq!(errors, 3, "{document}");
}

#[test]
fn without_a_date_a_case_needs_one() {
    let project = shops();
    let file = fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    project.write("tierwright.yaml", &file.replace("as_of: 2018-01-01\n", ""));
    let done = test(
        &project,
        "cases:\n- case: x\n  customer: { value: 1.0, score: 0, region: East }\n  expect: { tier: low }\n",
    );
    assert!(done.status == 2 && done.out.contains("needs `as_of`: the project file has none"), "{}", done.out);
    passes(
        &project,
        "as_of: 2017-04-01\ncases:\n- case: x\n  customer: { value: 1.0, score: 0, region: East }\n  expect: { tier: low }\n",
    );
}

const STALE: &str = "# 保留\ncustomer: { region: East, score: 0 }   # all of them\r\ncases:\n  - case:   x\n    customer: { value: 30.0 }\n    expect:\n        \
    tier:    low     # was it?\n        'weak':  \"0\"\n        before: 7\n\n  - case: y\n    table:\n      - [value, =>, tier,  weak]\n      - [1.0,   =>, \
    'high', 3]   # two\n      - [99.0,  =>, high,  0]\n  - case: z\n    customer: { value: ~, region: South, score: ~ }\n    undetermined: x\n\
    \x20 - case: w\n    customer: { value: 1.0 }\n    undetermined: true\n";

#[test]
fn update_writes_values_in_place_and_nothing_else() {
    let project = shops();
    let text =
        STALE.replace("  - case: z\n    customer: { value: ~, region: South, score: ~ }\n    undetermined: x\n", "");
    project.write("rules/tests/a.rtest", &text);
    let done = project.tierwright(&["test", "--update"]).expect(1);
    assert!(done.out.contains("2 updated") && done.out.contains("1 failed"), "{}", done.out);
    assert!(done.err.contains("is written by hand"), "{}", done.err);
    let wanted = text
        .replace("tier:    low     # was it?", "tier:    high     # was it?")
        .replace("before: 7", "before: 0")
        .replace("'high', 3]", "low, 1]");
    let now = fs::read_to_string(project.path("rules/tests/a.rtest")).unwrap();
    assert_eq!(now, wanted);
    let again = project.tierwright(&["test", "--update", "--json"]).expect(1).json();
    assert_eq!((again["updated"].as_u64(), again["passed"].as_u64()), (Some(0), Some(3)));
    assert_eq!(fs::read_to_string(project.path("rules/tests/a.rtest")).unwrap(), wanted);
    assert_eq!(crate::project::list(&project.path("rules/tests")).len(), 1, "a file was left over");
}

#[test]
fn update_writes_causes_and_keeps_how_near_is_near_enough() {
    let project = shops();
    let text = "cases:\n- case: x\n  customer: { region: 'a: \"b\"' }\n  undetermined: { step: tier, kind: missing, text: x }\n\
                - case: y\n  customer: { region: West }\n  expect: { weighed: 3.0 ± 0.5, rank: 1.0 }\n\
                - case: z\n  customer: { region: West }\n  expect: { weighed: &w 1.0, value: *w }\n";
    project.write("rules/tests/a.rtest", text);
    project.tierwright(&["test", "--update"]).expect(0);
    let now = fs::read_to_string(project.path("rules/tests/a.rtest")).unwrap();
    let wanted = text
        .replace(
            "{ step: tier, kind: missing, text: x }",
            "{ step: value, kind: thrown, text: \"no region a: \\\"b\\\"\" }",
        )
        .replace("3.0 ± 0.5, rank: 1.0", "0.0 ± 0.5, rank: 0.0")
        .replace("&w 1.0", "&w 0.0");
    assert_eq!(now, wanted);
    project.tierwright(&["test"]).expect(0);
    // What stands nowhere, or on several lines, is no place.
    for expected in ["tier:", "tier: >-\n      lo\n      w", "tier: \"lo\\\n      w\""] {
        let text = format!(
            "cases:\n- case: x\n  customer: {{ score: 0, value: 99.0 }}\n  expect:\n    {expected}\n    weak: 0\n"
        );
        project.write("rules/tests/a.rtest", &text);
        let done = project.tierwright(&["test", "--update"]).expect(1);
        assert!(done.err.contains("is left as it is"), "{expected}: {}{}", done.out, done.err);
        assert_eq!(fs::read_to_string(project.path("rules/tests/a.rtest")).unwrap(), text);
    }
    let shared = "cases:\n- case: x\n  customer: { region: West, orders: [{ day: 2017-01-01, lines: [{ amount: 1, product: { weight: 1 } }] }] }\n  \
                  expect: { weighed: &w 9.0, value: *w }\n";
    project.write("rules/tests/a.rtest", shared);
    let done = project.tierwright(&["test", "--update"]).expect(1);
    assert!(done.err.contains("would have to say two things"), "{}", done.err);
    assert_eq!(fs::read_to_string(project.path("rules/tests/a.rtest")).unwrap(), shared);
}

#[test]
fn no_run_depends_on_cases() {
    let project = chinese();
    let before = project.tierwright(&["run", "--json"]).expect(0).json();
    project.write("rules/tests/a.rtest", "cases:\n- case: x\n  customer: { 价值: 1.0 }\n  expect: { 等级: 一般 }\n");
    let after = project.tierwright(&["run", "--json"]).expect(0).json();
    assert_eq!((&after["run"], after["outcome"].as_str()), (&before["run"], Some("already done")));
    let folder = project.path(before["folder"].as_str().unwrap());
    assert!(!files(&folder).iter().any(|(path, _)| path.contains("rtest")));
}

#[test]
fn proposals_stand_at_lines_and_hold() {
    let project = shops();
    let parameters = fs::read_to_string(project.path("rules/parameters.yaml")).unwrap();
    project.write("rules/parameters.yaml", &parameters.replace("line: { value: 20.0", "line: { value: 24.0"));
    // Another parameter with that value draws no line.
    let parameters = fs::read_to_string(project.path("rules/parameters.yaml")).unwrap();
    project
        .write("rules/parameters.yaml", &format!("# allow: unused-parameter\nalike: {{ value: 24.0 }}\n{parameters}"));
    let done = project.tierwright(&["test", "--generate"]).expect(0);
    assert!(done.out.starts_with("rules/tests/proposed.rtest: "), "{}", done.out);
    let text = fs::read_to_string(project.path("rules/tests/proposed.rtest")).unwrap();
    assert!(text.contains("review: true") && text.contains("# P.line; 1 near"), "{text}");
    assert!(text.contains("customer: { value: 24.0 }") && text.contains("customer: { value: 23.99 }"), "{text}");
    assert!(text.contains("tier: high, weak: 0") && text.contains("tier: low, weak: 1"), "{text}");
    let tested = project.tierwright(&["test"]).expect(0);
    assert!(tested.out.contains(" to be reviewed"), "{}", tested.out);
    // What is tested is not proposed again, and no file is overwritten.
    let done = project.tierwright(&["test", "--generate"]).expect(0);
    assert!(done.out.starts_with("nothing to propose"), "{}", done.out);
    project.write("rules/tests/proposed.rtest", "cases: []\n");
    let document = project.tierwright(&["test", "--generate", "--json"]).expect(0).json();
    assert_eq!(document["file"], "rules/tests/proposed-2.rtest");
    assert_eq!(fs::read_to_string(project.path("rules/tests/proposed.rtest")).unwrap(), "cases: []\n");
}

#[test]
fn a_project_without_cases_says_where_they_are_written() {
    let done = shops().tierwright(&["test"]).expect(0);
    assert_eq!(done.out, "the project has no cases: they are written in rules/tests/*.rtest\n");
}

/// Four customers of whom one branch before others takes three.
fn shadows() -> Project {
    Project::new(&[
        (
            "tierwright.yaml",
            "name: s\ncustomer: 客户\nsteps: [tier]\ndecision: { order: [low, neg, mid, high] }\nas_of: 2018-01-01\n",
        ),
        (
            "datasets/客户.yaml",
            "source: { path: k.csv }\ncolumns:\n  编号: text\n  x: { type: int, required: true }\n  额: { type: 'decimal(12,2)' }\n  flag: { \
             type: bool, required: true }\n  种: { type: text, required: true }\nkey: 编号\n",
        ),
        (
            "datasets/k.csv",
            "编号,x,额,flag,种\n甲,5,1.50,false,a\n乙,15,2.00,false,b\n丙,25,4.00,false,b\n丁,35,,false,b\n",
        ),
        (
            "rules/tier.rhai",
            "fn tier(c) {\n    let tier = if c.x > 10 { \"high\" }\n        else if c.x > 20 { \"mid\" }\n        else if c.x < 0 { \"neg\" }\n        \
             else { \"low\" };\n    let more = if c.flag { if c.x > 100 { 1 } else { 2 } } else { 3 };\n    let kind = switch c.种 {\n        \"a\" | \
             \"b\" => 1,\n        \"c\" => 2,\n        _ => 3,\n    };\n    #{ tier: tier, value: c.额 ?? 0.0, more: more, kind: kind }\n}\n",
        ),
    ])
}

#[test]
fn branches_are_counted_for_customers_and_cases() {
    let project = shadows();
    let case = "cases:\n- case: 高\n  customer: { x: 12, flag: false, 种: a, 额: 1 }\n  expect: { tier: high }\n";
    project.write("rules/tests/a.rtest", case);
    let covered = |project: &Project, args: &[&str]| -> Vec<String> {
        let document = project.tierwright(&[&["test", "--coverage", "--json"], args].concat()).expect(0).json();
        let branches = document["coverage"]["branches"].as_array().unwrap_or_else(|| panic!("{document}")).clone();
        let text = |b: &serde_json::Value| {
            let amount = b["amount"].as_f64().map_or(String::new(), |amount| format!(" {amount}"));
            let cases = b["cases"].as_array().unwrap().len();
            let (line, customers) = (&b["line"], &b["customers"]);
            format!(
                "{line} {} {customers}{amount} {cases} {}",
                b["branch"].as_str().unwrap(),
                b["fault"].as_str().unwrap_or("-")
            )
        };
        branches.iter().map(text).collect()
    };
    let wanted = [
        "2 if c.x > 10 3 6 1 -",
        "3 if c.x > 20 0 0 0 shadowed",
        "4 if c.x < 0 0 0 0 dead",
        "5 else of `if c.x < 0` 1 1.5 0 untested",
        "6 if c.x > 100 0 0 0 not reached",
        "6 if c.flag 0 0 0 dead",
        "6 else of `if c.x > 100` 0 0 0 not reached",
        "6 else of `if c.flag` 4 7.5 1 -",
        "8 \"a\" | \"b\" => 1 4 7.5 1 -",
        "9 \"c\" => 2 0 0 0 dead",
        "10 _ => 3 0 0 0 dead",
        "12 there: `c.额 ?? 0.0` 3 7.5 1 -",
        "12 default of `c.额 ?? 0.0` 1 0 0 untested",
    ];
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let found = covered(&project, &["--by", "额"]);
    assert_eq!(sorted(found.clone()), sorted(wanted.map(str::to_owned).to_vec()), "{found:#?}");
    let text = project.tierwright(&["test", "--coverage", "--by", "额"]).expect(0).out;
    for part in [
        "branches of the rules: 4 customers of the data (FY2017; there is no run yet), 额 7.50, 1 case\n",
        "shadowed: a branch before it takes all customers who would take it",
        "  rules/tier.rhai:3:26  if c.x > 20",
        "13 branches: 4 taken and tested, 1 shadowed, 2 not reached, 4 dead, 2 untested",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for (by, part) in [("额度", "the customers have no column"), ("种", "no number that could be summed")] {
        let done = project.tierwright(&["test", "--coverage", "--by", by]).expect(2);
        assert!(done.err.contains(part), "{}", done.err);
    }
    project.tierwright(&["test", "--by", "x"]).expect(2);
}

/// The customers of the last run have its prior decisions.
#[test]
fn branches_of_the_last_run_know_the_cycle_before() {
    let project = shadows();
    let rule = "fn tier(c) {\n    let held = c.prior?.tier ?? \"low\";\n    #{ tier: if held == \"high\" { \"mid\" } else { \"high\" }, value: 0.0 }\n}\n";
    project.write("rules/tier.rhai", rule);
    let held = |project: &Project| {
        let document = project.tierwright(&["test", "--coverage", "--json"]).expect(0).json();
        let coverage = &document["coverage"];
        let branches = coverage["branches"].as_array().unwrap();
        let of = |text: &str| branches.iter().find(|b| b["branch"] == text).unwrap()["customers"].as_u64().unwrap();
        (
            coverage["cycle"].as_str().unwrap().to_owned(),
            of("if held == \"high\""),
            of("default of `c.prior?.tier ?? \"low\"`"),
        )
    };
    assert_eq!(held(&project), ("FY2017".to_owned(), 0, 4));
    project.tierwright(&["run", "--as-of", "2017-04-01"]).expect(0);
    assert_eq!(held(&project), ("FY2016".to_owned(), 0, 4));
    project.tierwright(&["run"]).expect(0);
    assert_eq!(held(&project), ("FY2017".to_owned(), 4, 0));
}

/// A line that matters to who holds a tier alone is proposed for such a customer.
#[test]
fn proposals_at_the_band_have_a_tier_before() {
    let project = default_project();
    for file in ["tiers", "accounts", "profile"] {
        fs::remove_file(project.path(&format!("rules/tests/{file}.rtest"))).unwrap();
    }
    project.tierwright(&["test", "--generate"]).expect(0);
    let text = fs::read_to_string(project.path("rules/tests/proposed.rtest")).unwrap();
    let at = |part: &str| {
        text.split(part)
            .nth(1)
            .unwrap_or_else(|| panic!("{part}\n{text}"))
            .lines()
            .take(4)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(at("value 75.0 in").contains("expect: { tier: strategic, tier_by_value: strategic }"), "{text}");
    assert!(at("value 74.99 in").contains("expect: { tier: partner, tier_by_value: partner }"), "{text}");
    assert!(
        at("value 72.0 in")
            .contains("prior: { tier: strategic, cycles: 1 } }\n    expect: { tier: strategic, weak_cycles: 0 }"),
        "{text}"
    );
    assert!(at("value 71.99 in").contains("expect: { tier: partner, weak_cycles: 1 }"), "{text}");
    assert!(at("employees 4999 in").contains("expect: { size: medium }"), "{text}");
    project.tierwright(&["test"]).expect(0);
}

/// The default project in a folder of its own.
fn default_project() -> Project {
    let project = Project::new(&[]);
    for folder in ["tierwright.yaml", "datasets", "rules"] {
        let path = Path::new(ROOT).join(folder);
        match path.is_dir() {
            true => files(&path).into_iter().for_each(|(name, bytes)| {
                project.write(&format!("{folder}/{name}"), &String::from_utf8(bytes).unwrap());
            }),
            false => project.write(folder, &fs::read_to_string(&path).unwrap()),
        }
    }
    project
}

#[test]
fn the_manuals_examples_pass_and_its_failure_is_what_is_shown() {
    let project = default_project();
    let page = crate::checks::read("docs/testing.md");
    let blocks = crate::checks::blocks(&page);
    let of =
        |kind: &str| -> Vec<&String> { blocks.iter().filter(|(own, _)| own == kind).map(|(_, text)| text).collect() };
    let file = of("yaml cases")[0];
    let more: String =
        of("yaml case").into_iter().map(|text| text.lines().map(|l| format!("  {l}\n")).collect::<String>()).collect();
    project.write("rules/tests/manual.rtest", &format!("{file}{more}"));
    let done = project.tierwright(&["test", "--filter", "manual.rtest"]).expect(0);
    assert!(done.out.contains("rules/tests/manual.rtest: 6 passed"), "{}", done.out);
    let parameters = fs::read_to_string(project.path("rules/parameters.yaml")).unwrap();
    let higher = parameters.replace("strategic:  { value: 75.0", "strategic:  { value: 76.0");
    assert_ne!(higher, parameters);
    project.write("rules/parameters.yaml", &higher);
    let done = project.tierwright(&["test", "--filter", "each tier begins"]).expect(1);
    let shown = page.split("```\nfailed: ").nth(1).unwrap().split("```").next().unwrap();
    assert!(done.out.contains(shown), "{}\n{shown}", done.out);
}

#[test]
fn the_default_projects_branches_add_up() {
    let project = default_project();
    project.tierwright(&["run", "--as-of", "2017-04-01"]).expect(0);
    project.tierwright(&["run"]).expect(0);
    let document = project.tierwright(&["test", "--coverage", "--by", "revenue_12m", "--json"]).expect(0).json();
    let coverage = &document["coverage"];
    assert_eq!(coverage["customers"], 85);
    let all = coverage["amount"].as_f64().unwrap();
    let branches = coverage["branches"].as_array().unwrap();
    // Whoever comes to an `if` of the step takes one of its branches.
    let of =
        |text: &str| branches.iter().find(|b| b["branch"] == text).unwrap_or_else(|| panic!("{text}: {coverage:#}"));
    let (risen, not) = (of("if earned > held"), of("if repeats"));
    let count = |b: &serde_json::Value| b["customers"].as_u64().unwrap();
    assert_eq!(count(risen), 47);
    assert_eq!(count(of("if falls")), 7);
    assert_eq!(count(of("else of `if falls`")), 31);
    assert_eq!(count(not), 47);
    let amount = |b: &serde_json::Value| b["amount"].as_f64().unwrap();
    let sum = amount(risen) + amount(of("if falls")) + amount(of("else of `if falls`"));
    assert!((sum - all).abs() < 1e-6 * all, "{sum} of {all}");
    let untested: Vec<&str> =
        branches.iter().filter(|b| b["fault"] == "untested").map(|b| b["branch"].as_str().unwrap()).collect();
    assert!(untested.is_empty(), "branches of the default project that no case takes: {untested:?}");
}
