//! Computed columns, filters, checks.

use super::*;
use crate::table::contracts::Cause;

#[test]
fn columns_are_computed_in_order() {
    let columns = "k: int
        净额: { type: 'decimal(12,2)', compute: \"数量 * 单价\" }
        数量: int
        单价: 'decimal(12,2)'
        大单: { type: bool, compute: 净额 >= 100.0 }
        说明: { type: text, compute: 'if 大单 { `${k}: 大` } else { () }' }
        n: { type: float, compute: 'row[\"odd name\"]' }
        odd name: int
        cents: { type: 'decimal(12,2)', minor_units: true, compute: k }
        days: { type: int, compute: 'days_between(date(\"2017-01-01\"), AS_OF)' }";
    let csv = "k,数量,单价,odd name\n1,3,33.35,5\n2,1,0.01,\n3,,5,7\n";
    let loaded = Written::table(columns, "", csv).load();
    assert_eq!(cells(&loaded, "t", "净额"), "100.05 0.01 -");
    assert_eq!(cells(&loaded, "t", "大单"), "true false -");
    assert_eq!(cells(&loaded, "t", "说明"), "1: 大 - -");
    assert_eq!(cells(&loaded, "t", "n"), "5.0 - 7.0");
    assert_eq!(cells(&loaded, "t", "cents"), "0.01 0.02 0.03");
    assert_eq!(cells(&loaded, "t", "days"), "90 90 90");
    let names: Vec<_> = loaded.tables["t"].frame.get_column_names().iter().map(|n| n.to_string()).collect();
    assert_eq!(names[..4], ["k", "净额", "数量", "单价"], "in the manifest's order");
    let amount = &loaded.figures[0].columns[1];
    let cause = Cause { text: "datasets/t.yaml:7:42: missing: t.数量".to_owned(), is_failure: false };
    assert_eq!(amount.not_computed, [(cause, 1)]);
    assert_eq!(warnings(&loaded), Vec::<String>::new());
    assert_eq!(amount.figures.missing, 1);
}

#[test]
fn a_computed_column_that_must_be_there_turns_rows_away() {
    let columns = "k: text
        a: int
        b: int
        q: { type: float, compute: a.to_float() / b.to_float(), required: true, range: [0, 9] }
        d: { type: 'decimal(3,1)', compute: q * 20.0 }";
    let csv = "k,a,b\nx,1,2\ny,1,0\nz,,1\nv,99,1\nw,9,1\n";
    let loaded = Written::table(columns, "", csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "x w");
    assert_eq!(
        gone(&loaded),
        [
            "3 q not-computed: it cannot be computed: datasets/t.yaml:9:30: division by zero: a.to_float() / b.to_float() [1, 0]",
            "4 q not-computed: it cannot be computed: datasets/t.yaml:9:30: missing: t.a [(), 1]",
            "5 q not-allowed: not within [0, 9] [99]",
        ]
    );
    assert_eq!(cells(&loaded, "t", "d"), "10.0 -");
    let why = &loaded.figures[0].columns[4].not_computed;
    let cause = Cause { text: "a decimal with more than 2 digits before the point".to_owned(), is_failure: true };
    assert_eq!(why, &[(cause, 1)]);
    assert_eq!(
        warnings(&loaded),
        [
            "not-computed: `d` could not be computed in 1 row of `t`, and is missing there (1 times a decimal with more than 2 digits before the point)"
        ]
    );
}

#[test]
fn a_computed_column_may_be_the_key() {
    let columns = "a: text\nb: int\nk: { type: text, compute: 'a + \"/\" + b.to_text()' }";
    let loaded = Written::table(columns, "", "a,b\n甲,1\n甲,2\n,3\n").load();
    assert_eq!(cells(&loaded, "t", "k"), "甲/1 甲/2");
    assert_eq!(totals(&loaded, "t"), [3, 2, 1, 0]);
    let found = Written::table(columns, "", "a,b\n甲,1\n甲,1\n").fails();
    assert!(found[0].starts_with("key-repeated: key `甲/1`"), "{found:?}");
}

#[test]
fn a_filter_removes_rows_as_declared() {
    let columns = "k: int\nstatus: text\n金额: float";
    let filter = "filter: \"status != \\\"测试\\\" && 金额 > 0.0\"";
    let csv = "k,status,金额\n1,测试,1\n2,ok,2\n3,,3\n4,ok,0\n5,ok,\n6,测试,\n";
    let loaded = Written::table(columns, filter, csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "2");
    let not = "filtered: the filter does not hold: status != \"测试\" && 金额 > 0.0";
    let unknown = "not-computed: the filter cannot be told: datasets/t.yaml:4";
    assert_eq!(
        gone(&loaded),
        [
            format!("2 status, 金额 {not} [测试, 1]"),
            format!("4 status, 金额 {unknown}:10: missing: t.status [(), 3]"),
            format!("5 status, 金额 {not} [ok, 0]"),
            format!("6 status, 金额 {unknown}:28: missing: t.金额 [ok, ()]"),
            format!("7 status, 金额 {not} [测试, ()]"),
        ]
    );
    assert_eq!(totals(&loaded, "t"), [6, 1, 2, 3]);
}

#[test]
fn checks_hold_in_each_severity() {
    let columns = "k: int\namount: float\n开: date\n关: date";
    let checks = |severity: &str| {
        format!(
            "checks:\n  - {{ name: 关在开后, rule: 关 == () || 关 >= 开, severity: {severity} }}\n  - name: not negative\n    rule: |\n      amount\n      >= 0.0\n"
        )
    };
    let csv =
        "k,amount,开,关\n1,1,2017-01-01,2017-01-02\n2,1,2017-01-02,2017-01-01\n3,-1,2017-01-01,\n4,,2017-01-01,\n";
    let loaded = Written::table(columns, &checks("quarantine"), csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "1");
    let found = gone(&loaded);
    assert_eq!(
        found[0],
        "3 开, 关 check-failed: check `关在开后` does not hold: 关 == () || 关 >= 开 [2017-01-02, 2017-01-01]"
    );
    assert_eq!(found[1], "4 amount check-failed: check `not negative` does not hold: amount >= 0.0 [-1]");
    assert!(found[2].starts_with("5 amount check-failed: check `not negative` cannot be told: datasets/t.yaml:"));
    assert!(found[2].ends_with(": missing: t.amount [()]"), "{}", found[2]);
    let loaded = Written::table(columns, &checks("warn"), csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "1 2");
    assert_eq!(warnings(&loaded).len(), 1);
    assert!(warnings(&loaded)[0].contains("datasets/t.csv:3 `2017-01-02, 2017-01-01`"), "{:?}", warnings(&loaded));
    let found = Written::table(columns, &checks("fail"), csv).fails();
    assert!(found[0].starts_with("check-failed: 1 row breaks check `关在开后` of `t`"), "{found:?}");
}

#[test]
fn errors_of_expressions_stand_in_the_manifest() {
    let columns = "k: int
        a: float
        b: { type: float, compute: \"a * c\" }
        c: { type: float, compute: a * aa }
        d: { type: date, compute: a + 1.0 }
        e: { type: float, compute: 'k / 2' }
        f: { type: float, compute: 'pct_rank(a)' }
        g: { type: float, compute: '1.0 } fn g(c) { 2.0' }
        h: { type: float, compute: 'k +' }
        i: { type: 'decimal(6,2)', minor_units: true, compute: a }
        j: { type: text, compute: '#{ x: 1 }' }
        l: { type: text, compute: \"\\\"x\\\" + aa\" }
        m: { type: int, compute: k, from: M, trim: true }
        o: { type: float, compute: 'row.orders.len()' }";
    let more = "filter: k + 1\nchecks: [{ name: a, rule: 'k > \"x\"' }, { name: a, rule: k > 0 }]";
    let written = Written::table(columns, more, "k\n");
    let found = written.wrong();
    for wrong in [
        "t.yaml:16:56 name-clash: `from` is about what a file holds, this column is computed",
        "duplicate-name: two checks are named `a`",
    ] {
        let there = found.iter().any(|line| line.contains(wrong) || line.contains(&wrong[16..]));
        assert!(there, "{wrong}: {found:#?}");
    }
    let columns = columns.replace(", from: M, trim: true", "");
    let written = Written::table(&columns, "filter: k + 1\nchecks: [{ name: a, rule: 'k > \"x\"' }]", "k\n");
    let found = written.wrong();
    for wrong in [
        "datasets/t.yaml:9:35 unknown-column: no column `c` in `t`; a computed column may use those that stand above it",
        "datasets/t.yaml:10:34 unknown-column: no column `aa` in `t`; did you mean `a`?",
        "datasets/t.yaml:11:29 type-mismatch: `d` is declared date, its expression gives float; declare that type",
        "datasets/t.yaml:12:31 integer-division",
        "datasets/t.yaml:13:31 unsupported: an expression of a manifest sees one row",
        "datasets/t.yaml:14:30 syntax: this is more than one expression",
        "datasets/t.yaml:15:",
        "datasets/t.yaml:16:58 type-mismatch: `i` is declared decimal(6,2), its expression gives float; with `minor_units: true`",
        "datasets/t.yaml:17:29 not-a-column: an expression of a manifest gives one value, this is a map",
        "datasets/t.yaml:18:",
        "datasets/t.yaml:20:",
        "datasets/t.yaml:4:9 type-mismatch: a condition is bool, this is int; compare it with something",
        "datasets/t.yaml:5:28 type-mismatch",
    ] {
        assert!(found.iter().any(|line| line.starts_with(wrong)), "{wrong}: {found:#?}");
    }
}

#[test]
fn every_column_may_not_be_computed() {
    let found =
        Written::new(&[("t.yaml", "source: t.csv\ncolumns: { k: { type: int, compute: '1' } }\nkey: k\n")]).wrong();
    assert!(found[0].contains("every column is computed"), "{found:?}");
}

#[test]
fn units_of_expressions_are_checked() {
    let columns =
        "k: int\na: { type: float, unit: EUR }\nb: { type: float, unit: USD }\nc: { type: float, compute: a + b }";
    let found = Written::table(columns, "", "k\n").wrong();
    assert!(found[0].starts_with("datasets/t.yaml:9:"), "{found:?}");
    assert!(found[0].contains("unit-mismatch"), "{found:?}");
}

/// Expressions with random characters put in, taken out and repeated: every one is compiled or refused with findings that can
/// be shown, at a place in the manifest.
#[test]
fn no_expression_breaks_the_compiler() {
    let texts = [
        "数量 * (单价 ?? 0.0) > 3.5",
        "if k > 1 { true } else { `${k}` == \"x\" }",
        "row[\"k\"] == 2 && !(单价 == ())",
    ];
    let signs = [
        "(", ")", "{", "}", "\"", "'", "`", "|x| x", "//", "/*", "#{", "fn ", "row", ".", "P.", "客", "\u{1b}", "[",
        "]", ";", "throw ",
    ];
    let mut seed = 11_u64;
    let mut random = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n.max(1)
    };
    for round in 0..240 {
        let mut characters: Vec<String> = texts[round % texts.len()].chars().map(String::from).collect();
        for _ in 0..1 + random(3) {
            let (at, sign) = (random(characters.len()), signs[random(signs.len())]);
            match random(3) {
                0 => characters[at] = String::new(),
                1 => characters[at] = sign.to_owned(),
                _ => characters[at].push_str(sign),
            }
        }
        let text = characters.concat();
        let scalar = match round % 2 {
            0 => format!("filter: {}", serde_json::to_string(&text).unwrap()),
            _ => format!("filter: |\n  {text}"),
        };
        let written = Written::table("k: int\n数量: float\n单价: float", &scalar, "k,数量,单价\n1,2,3\n");
        let (project, sources) = written.project();
        if let Err(found) = project {
            let shown = crate::diag::render::text(&found, &sources, crate::diag::render::Style::default());
            assert!(shown.contains("datasets/t.yaml:4:") || shown.contains("datasets/t.yaml:5:"), "{text}: {shown}");
        }
    }
}

#[test]
fn parameters_and_dates_mean_what_they_mean_in_rules() {
    let columns =
        "k: int\nday: date\nx: { type: float, compute: k * P.rates.vat }\ny: { type: bool, compute: day < AS_OF }";
    let written = Written::table(columns, "", "k,day\n2,2017-03-31\n3,2017-04-01\n");
    written.write("rules/parameters.yaml", "rates: { vat: 0.5 }\n");
    let loaded = written.load();
    assert_eq!((cells(&loaded, "t", "x"), cells(&loaded, "t", "y")), ("1.0 1.5".into(), "true false".into()));
}

#[test]
fn computed_columns_of_sensitive_ones_are_sensitive() {
    let columns = "k: text
        a: { type: text, sensitive: true }
        b: { type: text, compute: a + k }
        c: { type: bool, compute: a == k, sensitive: false }
        d: { type: int, compute: 'k == \"x\" { 1 } else { 2 }' }"
        .replace("'k ==", "'if k ==");
    let (project, _) = Written::table(&columns, "", "k,a\n").project();
    let (project, _) = project.unwrap();
    let sensitive = project.tables["t"].columns.values().map(|column| column.contract.sensitive);
    assert_eq!(sensitive.collect::<Vec<_>>(), [false, true, true, false, false]);
}
