//! What expressions, statements and populations give, and why customers are undetermined.

use super::*;

#[test]
fn columns_and_missing_values() {
    check("c.id", ["A", "B", "C", "D"]);
    check("c.客户等级", ["战略客户", "伙伴", "()", "一般"]);
    check("c.growth ?? -1.0", ["0.5", "-0.25", "-1.0", "0.0"]);
    check("c.growth * 2.0", ["1.0", "-0.5", "missing: customers.growth", "0.0"]);
    check("let g = c.growth; g + 1.0", ["1.5", "0.75", "missing: customers.growth", "1.0"]);
    check("let g = c.growth; g = c.growth; g + 1.0", ["1.5", "0.75", "missing: g", "1.0"]);
    check("c.staff + 0.5", ["10.5", "0.5", "missing: customers.staff", "3.5"]);
    check("c.growth == ()", ["false", "false", "true", "false"]);
    check("if c.staff > 5 { 1 } else { 2 }", ["1", "2", "missing: customers.staff", "2"]);
    check("c.prior?.tier ?? \"none\"", ["strategic", "none", "none", "general"]);
    check("c.prior.tier", ["strategic", "missing: customers.prior", "missing: customers.prior", "general"]);
    check("c.active && c.revenue > 50.0", ["true", "false", "missing: customers.active", "true"]);
    check("c.revenue > 50.0 && c.active", ["true", "false", "false", "true"]);
    check("!c.active", ["false", "true", "missing: customers.active", "false"]);
    check("`${c.id}: ${c.growth}`", ["A: 0.5", "B: -0.25", "missing: customers.growth", "D: 0.0"]);
    check("c.sector in [\"retail\", \"x\"]", ["true", "missing: customers.sector", "false", "true"]);
    check("P.priority[c.sector] ?? 0.0", ["1.0", "missing: customers.sector", "0.0", "1.0"]);
    check("P.sectors[c.sector ?? \"\"]?.owner ?? \"-\"", ["Lin", "-", "-", "Lin"]);
    check(
        "(P.sectors[c.sector ?? \"\"]).weight",
        ["2.0", "missing: P.sectors[c.sector ?? \"\"]", "missing: P.sectors[c.sector ?? \"\"]", "2.0"],
    );
}

#[test]
fn arithmetic_is_checked() {
    check("1.0 / c.growth", ["2.0", "-4.0", "missing: customers.growth", "division by zero: 1.0 / c.growth"]);
    check("idiv(7, c.staff ?? 2)", ["0", "division by zero: idiv(7, c.staff ?? 2)", "3", "2"]);
    constant("9223372036854775807 + 1", "overflow: 9223372036854775807 + 1");
    constant("-9223372036854775808", "-9223372036854775808");
    constant("1.0e308 * 10.0", "not finite: 1.0e308 * 10.0");
    constant("0.1 + 0.2 == 0.3 // allow: float-equality\n", "false");
    constant("7 % -2", "1");
    constant("-7.5 % 2.0", "-1.5");
    constant("1e300 * 1e-300", "1.0");
    constant("to_int(\"12a\")", "not a number: to_int(\"12a\")");
    constant("round(2.5) + round(-2.5, 0)", "0.0");
    constant("min(3, 2.5) + max(1, 2)", "4.5");
    constant("clamp(5, 1, 3) + abs(-2)", "5");
    constant("ln(exp(1.0))", "1.0");
    constant("`${1} ${2.0} ${true} ${date(\"2017-04-01\")} ${1e21}`", "1 2.0 true 2017-04-01 1e21");
    check(
        "`${c.since}`",
        [
            "2017-03-31T08:00:00+08:00",
            "2017-04-01T00:00:00+08:00",
            "1970-01-01T08:00:00+08:00",
            "1970-01-01T08:00:00.000001+08:00",
        ],
    );
    check("date(c.since)", ["2017-03-31", "2017-04-01", "1970-01-01", "1970-01-01"]);
}

#[test]
fn the_first_failure_counts_however_operations_are_called() {
    let by_zero = "division by zero: 1.0 / c.growth";
    let (growth, staff) = ("missing: customers.growth", "missing: customers.staff");
    check("1.0 / c.growth * (c.staff + 1).to_float()", ["22.0", "-4.0", growth, by_zero]);
    check("(c.staff + 1).to_float() + 1.0 / c.growth", ["13.0", "-3.0", staff, by_zero]);
    check("c.staff > 5 || 1.0 / c.growth < 0.0", ["true", "true", staff, by_zero]);
    check("c.staff < 5 && 1.0 / c.growth < 0.0", ["false", "true", staff, by_zero]);
    check("(c.growth ?? c.staff.to_float()) + 1.0", ["1.5", "0.75", staff, "1.0"]);
    check("(c.growth ?? 1.0) * 2.0 - (c.growth ?? 1.0)", ["0.5", "-0.25", "1.0", "0.0"]);
    // What the engine evaluates itself stands before or behind what fails.
    check("1.0 / c.growth + { let n = c.staff; n.to_float() }", ["12.0", "-4.0", growth, by_zero]);
    check("let all = { let n = c.staff; n.to_float() } + 1.0 / c.growth; all", ["12.0", "-4.0", staff, by_zero]);
    check("let n = 1.0; n * 2.0 + { n = 3.0; n } * c.growth", ["3.5", "1.25", growth, "2.0"]);
    check("(P.priority[c.sector ?? \"\"] ?? 1.0 / c.growth) * 2.0", ["2.0", "-8.0", growth, "2.0"]);
    check("let all = { let x = c.growth ?? 1.0; [x, 2.0].sum() } * 2.0; all", ["5.0", "3.5", "6.0", "4.0"]);
    check("(if c.staff > 5 { 1.0 } else { 1.0 / c.growth }) + 1.0", ["2.0", "-3.0", staff, by_zero]);
    check("(switch c.staff { 0 => 1.0, 1..=3 => 1.0 / c.growth, _ => 2.0 }) * 2.0", ["4.0", "2.0", staff, by_zero]);
    check("`${c.id} ${1.0 / c.growth}`.len()", ["5", "6", growth, by_zero]);
}

#[test]
fn many_values_meet_in_one_expression() {
    for count in [3, 4, 5, 16, 17, 40] {
        let lets: String = (0..count).map(|n| format!("let v{n} = c.growth ?? {n}.0; v{n} = v{n} + 0.0; ")).collect();
        let sum: Vec<String> = (0..count).map(|n| format!("v{n} * 1.0")).collect();
        let of = |x: f64| format!("{:?}", x * f64::from(count));
        let missing = format!("{:?}", f64::from(count * (count - 1) / 2));
        check(&format!("{lets}{}", sum.join(" + ")), [&of(0.5), &of(-0.25), &missing, "0.0"]);
    }
}

#[test]
fn functions_are_computed_where_they_are_called() {
    let with = |body: &str| {
        format!(
            "{body} }} fn part(a, b) {{ if a == () {{ return 0.5; }} if a == 0.0 {{ throw `a is ${{a}}`; }} let r = b / a; r * 2.0"
        )
    };
    let zero = "thrown: a is 0.0";
    check(&with("part(c.growth, 1.0) + 1.0"), ["5.0", "-7.0", "1.5", zero]);
    check(&with("part(c.growth, c.staff.to_float())"), ["40.0", "0.0", "missing: customers.staff", zero]);
    check(
        &with("part(1.0 / (c.growth ?? 2.0), 1.0)"),
        ["1.0", "-0.5", "4.0", "division by zero: 1.0 / (c.growth ?? 2.0)"],
    );
    check(&with("part(part(c.growth, 1.0), 1.0)"), ["0.5", "-0.25", "4.0", zero]);
}

#[test]
fn dates_and_texts() {
    constant("AS_OF.minus_months(1)", "2017-03-01");
    constant("days_between(date(\"2017-03-31\"), AS_OF)", "1");
    constant("date(\"2016-01-31\").plus_months(1).year_month()", "201602");
    constant("date(\"2017-04-01\").weekday() * 10 + date(\"2017-04-01\").quarter()", "62");
    constant("months_between(date(\"2016-04-01\"), AS_OF)", "12");
    constant("date(\"9999-12-31\").plus_days(1)", "overflow: date(\"9999-12-31\").plus_days(1)");
    constant("\" 战略 \".trim() + \"客户\".len().to_text()", "战略2");
    constant("\"a,b\".split(\",\")[-1] + \"abc\".replace(\"b\", \"-\").upper()", "bA-C");
    constant("\"a,b\".split(\";\").len()", "1");
    constant("\"abc\".contains(\"bc\") && \"b\" in \"abc\" && \"abc\".starts_with(\"a\")", "true");
    constant("\"ab\" < \"b\" && \"ä\" > \"z\"", "true");
    constant("\"line\\n\\\"quoted\\\" \\\\ 战略\"", "line\n\"quoted\" \\ 战略");
}

#[test]
fn rows_and_their_methods() {
    check("c.orders.len()", ["3", "1", "0", "1"]);
    check("c.orders.map(|o| o.amount).sum()", ["6.6", "10.0", "0.0", "0.05"]);
    check("c.orders.map(|o| o.pieces).sum()", ["6", "9", "0", "4"]);
    check("c.orders.map(|o| o.amount).max()", ["3.3", "10.0", "()", "0.05"]);
    check("c.orders.filter(|o| o.date >= date(\"2017-01-01\")).count()", ["2", "1", "0", "1"]);
    check("c.orders.count(|o| o.amount > 2.0)", ["2", "1", "0", "0"]);
    check("c.orders.some(|o| o.product == \"MG\")", ["true", "false", "false", "true"]);
    check("c.orders.all(|o| o.product == \"MG\")", ["false", "false", "true", "true"]);
    check("c.orders.map(|o| o.product).count_distinct()", ["2", "1", "0", "1"]);
    check("c.orders.map(|o| o.date).max()", ["2017-03-01", "2017-02-28", "()", "2017-02-28"]);
    check("c.orders.map(|o| o.date).gaps().sum()", ["90", "0", "0", "0"]);
    check("c.orders.sort_by(|o| o.date).map(|o| o.product).first()", ["GTX", "GTK", "()", "MG"]);
    check("c.orders.top(2, |o| o.amount).map(|o| o.amount).sum()", ["5.5", "10.0", "0.0", "0.05"]);
    check("c.orders.top(-1, |o| o.amount).len()", ["out of range: -1"; 4]);
    check("c.orders.map(|o| o.pieces).median()", ["2.0", "9.0", "()", "4.0"]);
    check("c.orders.map(|o| o.pieces).quantile(0.25)", ["1.5", "9.0", "()", "4.0"]);
    check("c.orders.map(|o| o.pieces).quantile(1.5)", ["out of range: 1.5"; 4]);
    check("c.orders[0].product", ["GTX", "GTK", "out of range: c.orders[0]", "MG"]);
    check("c.orders.flat_map(|o| [o.pieces, 1]).sum()", ["9", "10", "0", "5"]);
    check("c.orders.map(|o| o.customer?.id ?? \"-\").count_distinct()", ["1", "1", "0", "1"]);
    check("c.orders.filter(|o| c.orders.some(|p| p.pieces > o.pieces)).len()", ["2", "0", "0", "0"]);
}

#[test]
fn missing_elements() {
    let sum = "c.orders.map(|o| o.discount).sum()";
    check(sum, ["missing: orders.discount", "0.0", "0.0", "missing: orders.discount"]);
    check(
        "let d = c.orders.map(|o| o.discount); d.mean()",
        ["missing: orders.discount", "0.0", "()", "missing: orders.discount"],
    );
    check("c.orders.map(|o| o.discount).known().sum()", ["0.4", "0.0", "0.0", "0.0"]);
    check("c.orders.count(|o| o.discount > 0.05)", ["missing: orders.discount", "0", "0", "missing: orders.discount"]);
    check("c.orders.filter(|o| o.discount == ()).len()", ["1", "0", "0", "1"]);
    check("c.orders.sort_by(|o| o.discount).len()", ["missing: orders.discount", "1", "0", "missing: orders.discount"]);
    let case = Case::new("fn s(c) {\n  c.orders.map(|o| o.discount).known().len()\n}");
    assert_eq!(case.run().dropped_unknown, [("rules/s.rhai:2:3".to_owned(), 2)]);
    let places = Case::new("fn s(c) {\n  let x = 1.0;\n  x + c.orders.map(|o| o.discount ).sum()\n}").run();
    assert_eq!(lines(&places)[1], "0: rules/s.rhai:3:24: missing: orders.discount");
}

#[test]
fn bare_decimals() {
    let amounts = "let a = c.orders.map(|o| o.amount); ";
    let each = |rest: &str, expected: [&str; 4]| check(&format!("{amounts}{rest}"), expected);
    each("a.filter(|x| x > 1.5).sum()", ["5.5", "10.0", "0.0", "0.0"]);
    each("a.filter(|x| x > 1.5).len()", ["2", "1", "0", "0"]);
    each("a.filter(|x| x > 1.5).map(|x| x * 2.0).sum()", ["11.0", "20.0", "0.0", "0.0"]);
    each("a.known().sum() + (a.first() ?? 0.0)", ["7.699999999999999", "20.0", "0.0", "0.1"]);
    each("let n = 0.0; for x in a { n += x; } n", ["6.6", "10.0", "0.0", "0.05"]);
    each("a.mean() ?? 0.0", ["2.1999999999999997", "10.0", "0.0", "0.05"]);
    each("let b = a; if c.id == \"A\" { b = [1.0]; } b.sum()", ["1.0", "10.0", "0.0", "0.05"]);
    each("3.3 in a", ["true", "false", "false", "false"]);
    // Exact: folding doubles from 0.0 gives 6.6000000000000005.
    check("c.orders.map(|o| o.amount + 0.0).sum()", ["6.6", "10.0", "0.0", "0.05"]);
}

#[test]
fn maps_and_lists() {
    let map = "let m = #{a: 1, b: c.staff}; ";
    check(&format!("{map}m.b ?? 7"), ["10", "0", "7", "3"]);
    check(&format!("{map}m.b + m.a"), ["11", "1", "missing: m.b", "4"]);
    check(&format!("{map}m.keys().len() + m.len()"), ["4"; 4]);
    check(&format!("{map}m[c.id.lower()] ?? 9"), ["1", "0", "9", "9"]);
    check(&format!("{map}c.id.lower() in m"), ["true", "true", "false", "false"]);
    check(&format!("{map}c.id.lower() !in m"), ["false", "false", "true", "true"]);
    check(&format!("{map}m.values().known().sum()"), ["11", "1", "1", "4"]);
    check("let o = c.orders.first(); o?.product ?? \"-\"", ["GTX", "GTK", "-", "MG"]);
    check("c.orders.first().product", ["GTX", "GTK", "missing: c.orders.first()", "MG"]);
    check("c.prior?.tier?.len() ?? 0", ["9", "0", "0", "7"]);
    check("c.sector == \"retail\"", ["true", "missing: customers.sector", "false", "true"]);
    check("c.sector ?? \"\" == \"retail\"", ["true", "false", "false", "true"]);
    check("[c.staff, 1].max()", ["10", "1", "missing: [c.staff, 1]", "3"]);
    check("(c.staff ?? 5) in [0, 5, 10]", ["true", "true", "true", "false"]);
    check("c.since > c.since || c.active == true", ["true", "false", "missing: customers.active", "true"]);
    constant("let a = [[1, 2], [3]]; a[1][0] = 9; a[1][0] + a[0].sum()", "12");
    constant("let m = #{x: #{y: [1]}}; let n = m; n.x.y = [1, 2]; m.x.y.len()", "1");
    constant("min(date(\"2017-04-01\"), AS_OF) == AS_OF", "true");
}

#[test]
fn control_flow() {
    let tiers = "if c.revenue >= P.line { \"up\" } else if c.revenue >= 20.0 { \"mid\" } else { \"low\" }";
    check(tiers, ["up", "mid", "low", "up"]);
    check("switch c.id { \"A\" | \"B\" => 1, \"C\" if c.revenue > 50.0 => 2, _ => 3 }", ["1", "1", "3", "3"]);
    check(
        "switch c.staff { 0 => \"none\", 1..5 => \"few\", 5..=10 => \"many\", _ => \"?\" }",
        ["many", "none", "missing: customers.staff", "few"],
    );
    check("switch c.staff { () => \"-\", 0 => \"none\", _ => \"some\" }", ["some", "none", "-", "some"]);
    check("switch c.growth { 0.5 => 1, _ => 2 }", ["1", "2", "missing: customers.growth", "2"]);
    check("switch c.id { \"A\" => 1 }", ["1", "()", "()", "()"]);
    constant("let n = 0; for i in 0..5 { if i == 3 { continue; } n += i; } n", "7");
    constant("let n = 0; for (x, i) in [10, 20] { n += x * i; } n", "20");
    constant("let n = 0; while n < 10 { n += 3; } n", "12");
    constant("let n = 0; loop { n += 1; if n > 4 { break; } } n", "5");
    constant("let n = 0; do { n += 1; } until n >= 3; n", "3");
    constant("let xs = []; xs.push(1); xs.push(2); xs[0] = 5; xs.sum()", "7");
    constant("let m = #{a: 1, b: #{d: 2}}; m.b.d = 7; m.a + m.b.d", "8");
    check(
        "let m = #{}; for o in c.orders { m[o.product] = (m[o.product] ?? 0) + o.pieces; } m[\"GTX\"] ?? 0",
        ["5", "0", "0", "0"],
    );
    check("if c.id == \"B\" { return 1; } 2", ["2", "1", "2", "2"]);
    check("if c.id == \"B\" { throw `no ${c.id}`; } 2", ["2", "thrown: no B", "2", "2"]);
    constant("let x = 1; x + { x = 2; x }", "3");
}

#[test]
fn maps_become_columns() {
    let text = "fn bonus(x, y) { if x > 50.0 { return y; } 0.0 }\n\
        fn s(c) { #{ 等级: c.客户等级, bonus: bonus(c.revenue, 0.5), start: date(c.since) } }";
    let expected = [
        "等级: 战略客户 | 伙伴 | () | 一般",
        "bonus: 0.5 | 0.0 | 0.0 | 0.5",
        "start: 2017-03-31 | 2017-04-01 | 1970-01-01 | 1970-01-01",
    ];
    assert_eq!(lines(&Case::new(text).run()), expected);
    // One that fails has no column at all; one that was not evaluated neither.
    let text = "fn s(c) { #{ a: c.id,\n b: c.growth + 1.0 } }";
    let result = Case::new(text).run_with(&[1, 2], pool()).unwrap();
    let expected = ["a: () | B | () | ()", "b: () | 0.75 | () | ()", "2: rules/s.rhai:2:5: missing: customers.growth"];
    assert_eq!(lines(&result), expected);
}

#[test]
fn populations() {
    check("pct_rank(c.revenue)", ["0.6666666666666666", "0.3333333333333333", "0.0", "0.6666666666666666"]);
    check("rank(c.growth) ?? -1", ["1", "3", "-1", "2"]);
    check("rank(c.growth)", ["1", "3", "()", "2"]);
    check("rank(c.growth) + 1", ["2", "4", "missing: rank(c.growth)", "3"]);
    check("ntile(c.revenue, 2)", ["2", "1", "1", "2"]);
    check("ntile(c.revenue, c.staff ?? 1)", ["7", "out of range: c.staff ?? 1", "1", "3"]);
    check("share(c.revenue)", ["0.4", "0.16", "0.04", "0.4"]);
    check("mean_of(c.revenue)", ["62.5"; 4]);
    check("quantile_of(c.revenue, 0.5)", ["70.0"; 4]);
    check("rank(c.revenue, c.sector)", ["1", "1", "1", "1"]);
    check(
        "let x = 1.0 / c.growth; if c.id == \"D\" { 0.0 } else { min_max(x) ?? 0.5 }",
        ["1.0", "0.0", "missing: customers.growth", "division by zero: 1.0 / c.growth"],
    );
}
