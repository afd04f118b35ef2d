//! What texts are read as, where their parts stand, and what is wrong with wrong ones.

use super::{parse, print};
use crate::source::FileId;

/// The canonical text of the one expression of `fn f() { … }`.
fn shape(text: &str) -> String {
    let (file, findings) = parse(FileId(0), &format!("fn f(c) {{\n{text}\n}}"));
    assert_eq!(findings, [], "{text}");
    let printed = print(&file);
    let body = printed.trim_start_matches("fn f(c) {").trim_end().trim_end_matches('}').trim();
    body.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim_end_matches(';').to_string()
}

fn check_shapes(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(shape(text), *expected, "{text}");
    }
}

#[test]
fn operators_bind_as_in_rhai() {
    check_shapes(
        &[
            ("1 + 2 * 3", "(1 + (2 * 3))"),
            ("1 - 2 - 3", "((1 - 2) - 3)"),
            ("a || b && c == d", "(a || (b && (c == d)))"),
            ("a == b < c", "(a == (b < c))"),
            ("a == b in c", "(a == (b in c))"),
            ("a in b < c", "(a in (b < c))"),
            ("a !in b && !c", "((a !in b) && (!(c)))"),
            ("0.3 * g ?? 0.0", "((0.3 * g) ?? 0.0)"),
            ("a < b ?? c", "(a < (b ?? c))"),
            ("a ?? b ?? c", "((a ?? b) ?? c)"),
            ("(a + b) * c", "((a + b) * c)"),
            ("-a.b", "(-(a.b))"),
            ("!a.b[0]", "(!(a.b[0]))"),
            ("-5", "(-(5))"),
            ("- 5", "(-(5))"),
            ("a -5", "(a - 5)"),
            ("a - -5", "(a - (-(5)))"),
            ("[-5.abs()]", "[(-(5)).abs()]"),
            ("- 5.abs()", "(-((5).abs()))"),
            ("x % 2 == 0", "((x % 2) == 0)"),
            ("!indeed", "(!(indeed))"),
            ("a !in客", "(a !in客)"),
        ][..21],
    );
}

#[test]
fn literals_are_read_as_in_rhai() {
    check_shapes(&[
        ("1_000_000", "1000000"),
        ("0xff", "255"),
        ("0xFFFF_FFFF_FFFF_FFFF", "(0xFFFFFFFFFFFFFFFF)"),
        ("0o17 + 0b101", "(15 + 5)"),
        ("[-9223372036854775808]", "[(-9223372036854775808)]"),
        ("1.", "1.0"),
        ("1.5e-3", "0.0015"),
        ("1e3", "1000.0"),
        ("1E+2", "100.0"),
        ("[1.+2]", "[(1.0 + 2)]"),
        (r#""a\n\t\\\"\x41\u5b57\U0001F600""#, "\"a\\n\\t\\\\\\\"A字😀\""),
        (r#""say ""yes""""#, r#""say \"yes\"""#),
        (r##"#"a\n"b"#"##, r#""a\\n\"b""#),
        ("\"a\\\n  b\"", "\"a b\""),
        ("`a${1}b`", "`${ \"a\" }${ 1 }${ \"b\" }`"),
        ("`\nfirst line`", "\"first line\""),
        ("`a``b`", "\"a`b\""),
        (r"`\${x}`", "\"${x}\""),
        ("`${ #{a: `${1}`}.a }`", "`${ #{\"a\": `${ 1 }`}.a }`"),
        ("()", "()"),
    ]);
    let body = |text: &str| {
        let (file, findings) = parse(FileId(0), text);
        assert_eq!(findings, []);
        print(&file)
    };
    assert_eq!(body("fn f() { for i in 1..3 { g(i) } }"), "fn f() {\n    for i in 1 .. 3 {\n        g(i);\n    }\n}\n");
}

#[test]
fn postfix_parts_nest_to_the_left() {
    check_shapes(&[
        ("a.b.c", "a.b.c"),
        ("(a.b).c", "a.b.c"),
        ("a?.b?[0].c()", "a?.b?[0].c()"),
        ("a[0][1].x[2]", "a[0][1].x[2]"),
        ("f(1).g(2, 3,)[4]", "f(1).g(2, 3)[4]"),
        (
            "c.orders.filter(|o| o.x > 1 && o.y).map(|o| o.z).sum()",
            "c.orders.filter((|o| ((o.x > 1) && o.y))).map((|o| o.z)).sum()",
        ),
        ("c.客户等级 == \"战略客户\"", "(c.客户等级 == \"战略客户\")"),
        ("c[\"case\"]", "c[\"case\"]"),
        ("[1, 2,].len", "[1, 2].len"),
        ("#{ a: 1, \"b c\": 2, }.a", "#{\"a\": 1, \"b c\": 2}.a"),
        ("(f)(1)", "f(1)"),
        ("if a { 1 } else { 2 }", "if a { 1; } else { 2; }"),
        (
            "let x = if a { 1 } else if b { 2 } else { 3 }.y; x",
            "let x = (if a { 1; } else if b { 2; } else { 3; }).y; x",
        ),
    ]);
}

#[test]
fn statements_are_read_as_in_rhai() {
    check_shapes(&[
        ("let x; x = 1; x += 2; x.y[0] = 3; x", "let x; x = 1; x += 2; x.y[0] = 3; x"),
        ("const k = 1; k", "const k = 1; k"),
        ("while a { break; } loop { continue }", "while a { break; } loop { continue; }"),
        ("do { x = 1 } until x > 2; x", "do { x = 1; } until (x > 2); x"),
        ("for (x, i) in [1] { return; } 5", "for (x, i) in [1] { return; } 5"),
        ("return; ", "return"),
        ("throw `bad ${c}`", "throw `${ \"bad \" }${ c }`"),
        ("a ?? return 5", "(a ?? ({ return 5; }))"),
        ("{ 1 } { 2 }", "{ 1; } { 2; }"),
        (
            "switch c { 1 | 2 => 3, 4..6 if d => 5, \"x\" => { 7 } () => throw 1, _ => x = 8, }",
            "switch c { 1 | 2 => 3, 4..6 if d => 5, \"x\" => { 7; }, () => { throw 1; }, _ => { x = 8; }, }",
        ),
        ("switch c { -1 | - 2.5 => -3, -5..=-4 => 1 }", "switch c { -1 | -2.5 => (-(3)), -5..=-4 => 1, }"),
        ("let f = || 1; f", "let f = (|| 1); f"),
        ("|a, b| { a }", "(|a, b| { a; })"),
        ("|a| return a", "(|a| { return a; })"),
        ("|a| if a { 1 } else { 2 }", "(|a| (if a { 1; } else { 2; }))"),
        ("/* a /* b */ c */ 1 // d", "1"),
    ]);
}

#[test]
fn a_whole_project_is_read() {
    for text in [PROFILE, VALUE, TIER, POLICY] {
        let (file, findings) = parse(FileId(0), text);
        assert_eq!(findings, []);
        assert_eq!((file.functions.len(), file.functions[0].params.len()), (1, 1));
    }
    let (file, _) = parse(FileId(0), TIER);
    let first = print(&file).lines().nth(2).map(str::trim).map(str::to_string);
    let promoted = "(c.value >= P.lines.strategic)";
    let held = "((held == \"strategic\") && (c.value >= (P.lines.strategic - P.band)))";
    assert_eq!(first, Some(format!("if ({promoted} || {held}) {{")));
}

const PROFILE: &str = r#"
fn profile(c) {
    let year   = c.orders.filter(|o| o.date >= AS_OF.minus_months(12) && o.date < AS_OF);
    let before = c.orders.filter(|o| o.date >= AS_OF.minus_months(24) && o.date < AS_OF.minus_months(12));
    let revenue = year.map(|o| o.amount).sum();
    let last = c.orders.map(|o| o.date).max();
    #{
        revenue_12m:   revenue,
        growth:        if before.len() == 0 { () } else { revenue / before.map(|o| o.amount).sum() - 1.0 },
        active_months: year.map(|o| o.date.year_month()).count_distinct(),
        products:      year.map(|o| o.product).count_distinct(),
        recency_days:  if last == () { () } else { days_between(last, AS_OF) },
    }
}
"#;

const VALUE: &str = r#"
fn value(c) {
    let economic = 0.7 * pct_rank(c.revenue_12m) + 0.3 * scale(c.growth ?? 0.0, -0.5, 0.5);
    let traction = clamp(c.products.to_float() / 10.0, 0.0, 1.0);
    #{ economic: economic, traction: traction,
       value: 100.0 * (P.weights.economic * economic + P.weights.traction * traction) }
}
"#;

const TIER: &str = r#"
fn tier(c) {
    let held = c.prior?.tier ?? "general";
    if c.value >= P.lines.strategic || (held == "strategic" && c.value >= P.lines.strategic - P.band) { "strategic" }
    else if c.value >= P.lines.partner || (held == "partner" && c.value >= P.lines.partner - P.band) { "partner" }
    else if c.value >= P.lines.commercial { "commercial" }
    else { "general" }
}
"#;

const POLICY: &str = r#"
fn policy(c) {
    switch c.tier {
        "strategic" => #{ discount_cap: 0.25, credit_days: 90, visits_per_quarter: 6, sponsor: true },
        "partner"   => #{ discount_cap: 0.18, credit_days: 60, visits_per_quarter: 3, sponsor: false },
        _           => #{ discount_cap: 0.08, credit_days: 30, visits_per_quarter: 0, sponsor: false },
    }
}
"#;
