//! `allowed`, `range`, `pattern`, `length`, `unique`, in each severity.

use super::*;

#[test]
fn allowed_values_of_each_type() {
    let columns = "k: int
        地区: { type: text, allowed: [华东, 华北] }
        n: { type: int, allowed: [1, 2] }
        d: { type: 'decimal(6,2)', allowed: [0.50] }
        b: { type: bool, allowed: [true] }
        day: { type: date, allowed: [2017-03-01] }";
    let csv = "k,地区,n,d,b,day\n1,华东,1,0.5,true,2017-03-01\n2,华南,1,0.5,true,2017-03-01\n3,华北,3,0.5,true,\n4,,2,0.51,true,\n5,,,,false,\n6,,,,,2017-03-02\n7,,,,,\n";
    let loaded = Written::table(columns, "", csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "1 7", "a missing value breaks no rule");
    assert_eq!(
        gone(&loaded),
        [
            "3 地区 not-allowed: not an allowed value [华南]",
            "4 n not-allowed: not an allowed value [3]",
            "5 d not-allowed: not an allowed value [0.51]",
            "6 b not-allowed: not an allowed value [false]",
            "7 day not-allowed: not an allowed value [2017-03-02]",
        ]
    );
    assert_eq!(totals(&loaded, "t"), [7, 2, 5, 0]);
}

#[test]
fn ranges_are_closed_and_may_be_open_at_an_end() {
    let columns = "k: int
        n: { type: int, range: [0, 100] }
        f: { type: float, range: [null, 0.3] }
        d: { type: 'decimal(6,2)', range: [-0.10, null] }
        day: { type: date, range: [2016-01-01, 2016-12-31] }
        at: { type: datetime, range: [2017-01-01, 2017-01-01] }";
    let csv = "k,n,f,d,day,at
1,0,0.3,-0.1,2016-01-01,2016-12-31T16:00:00Z
2,100,-1e300,9999.99,2016-12-31,2017-01-01T23:59:59
3,101,,,,
4,,0.30000000000000004,,,
5,,,-0.11,,
6,,,,2015-12-31,
7,,,,,2017-01-01T16:00:00Z
8,-1,9,,,
";
    let loaded = Written::table(columns, "", csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "1 2");
    assert_eq!(
        gone(&loaded),
        [
            "4 n not-allowed: not within [0, 100] [101]",
            "5 f not-allowed: not within [null, 0.3] [0.30000000000000004]",
            "6 d not-allowed: not within [-0.10, null] [-0.11]",
            "7 day not-allowed: not within [2016-01-01, 2016-12-31] [2015-12-31]",
            "8 at not-allowed: not within [2017-01-01, 2017-01-01] [2017-01-02T00:00:00+08:00]",
            "9 n not-allowed: not within [0, 100] [-1]",
        ],
        "days of instants are those of the project's zone; the first broken rule is the reason"
    );
}

#[test]
fn a_pattern_matches_the_whole_text() {
    let columns = "k: { type: text, pattern: '[A-Z]{2}[0-9]+|客户\\d+' }
        v: { type: text, length: [2, 4] }";
    let csv = "k,v\nAB12,ab\n客户7,战略客户\nAB12x,ab\nxAB12,ab\n\"AB1\n\",ab\n客户8,战略客户甲\n客户9,战\n客户10,\n";
    let loaded = Written::table(columns, "", csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "AB12 客户7 客户10");
    let pattern = "k not-allowed: not of the pattern [A-Z]{2}[0-9]+|客户\\d+";
    assert_eq!(
        gone(&loaded),
        [
            format!("4 {pattern} [AB12x]"),
            format!("5 {pattern} [xAB12]"),
            format!("6 {pattern} [AB1\n]"),
            "8 v not-allowed: its length is not within [2, 4] [战略客户甲]".to_owned(),
            "9 v not-allowed: its length is not within [2, 4] [战]".to_owned(),
        ]
    );
}

#[test]
fn rows_that_break_a_rule_may_stay_and_are_counted() {
    let columns = "k: int\nn: { type: int, range: { is: [0, 9], severity: warn } }\nm: { type: int, range: [0, 9] }";
    let csv = "k,n,m\n1,10,1\n2,11,99\n3,-1,1\n4,12,1\n5,13,1\n6,3,1\n";
    let loaded = Written::table(columns, "", csv).load();
    assert_eq!(totals(&loaded, "t"), [6, 5, 1, 0]);
    let broken = &loaded.figures[0].broken;
    assert_eq!((broken.len(), broken[0].rows), (1, 4), "the row of line 3 is in quarantine for another rule");
    assert_eq!(broken[0].examples, ["datasets/t.csv:2 `10`", "datasets/t.csv:4 `-1`", "datasets/t.csv:5 `12`"]);
    let warning = "not-allowed: 4 rows break `range: [0, 9]` of `n` of `t`: not within [0, 9] (datasets/t.csv:2 `10`, datasets/t.csv:4 `-1`, datasets/t.csv:5 `12`, and 1 more)";
    assert_eq!(warnings(&loaded), [warning]);
    let measures = loaded.quality.column("measure").unwrap();
    assert!((0..measures.len()).any(|i| measures.get(i).unwrap() == AnyValue::String("broken")));
}

#[test]
fn a_rule_that_fails_ends_the_run_wherever_its_rows_go() {
    let columns = "k: int\nn: { type: int, range: { is: [0, 9], severity: fail } }\nm: { type: int, range: [0, 9] }";
    let found = Written::table(columns, "", "k,n,m\n1,10,99\n2,1,1\n").fails();
    assert_eq!(found, ["not-allowed: 1 row breaks `range: [0, 9]` of `n` of `t`: not within [0, 9]"]);
}

#[test]
fn what_is_unique_stands_once() {
    let columns = "k: int\n税号: { type: text, unique: true }\na: int\nb: int";
    let csv = "k,税号,a,b\n1,甲,1,1\n2,乙,1,2\n3,甲,1,1\n4,,1,\n5,,1,\n";
    let found = Written::table(columns, "", csv).fails();
    assert_eq!(found, ["not-unique: 1 row breaks `unique` of `税号` of `t`: the value stands in a row before it"]);
    let quiet = columns.replace("unique: true", "unique: { is: true, severity: quarantine }");
    let loaded = Written::table(&quiet, "", csv).load();
    assert_eq!(gone(&loaded), ["4 税号 not-unique: the value stands in a row before it [甲]"]);
    let pairs = "unique: [{ is: [a, b], severity: warn }]";
    let loaded = Written::table("k: int\na: int\nb: int", pairs, csv).load();
    assert_eq!(totals(&loaded, "t"), [5, 5, 0, 0]);
    assert_eq!(loaded.figures[0].broken[0].examples, ["datasets/t.csv:4 `1, 1`"]);
    let found = Written::table("k: int\na: int\nb: int", "unique: [[a, b]]", csv).fails();
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn rules_that_make_no_sense_are_told_where_they_stand() {
    let columns = "k: text
        a: { type: text, range: [0, 1], allowed: [] }
        b: { type: int, pattern: x, range: [5, 1], allowed: [1, 1, x] }
        c: { type: text, pattern: '(', length: 5 }
        d: { type: float, allowed: [0.5], range: [null, null] }
        e: { type: 'decimal(6,2)', range: { is: [0, 0.005] } }
        f: { type: int, range: { is: [0, 1], severity: ignore } }
        g: { type: int, unique: yes, range: [0.5, null] }";
    let found = Written::table(columns, "", "k\n").wrong();
    for wrong in [
        "t.yaml:7:44 wrong-value: `allowed` lists no value",
        "wrong-value: `range` is for numbers and days, this column is text; list the values under `allowed`",
        "wrong-value: `pattern` is for columns of type text",
        "wrong-value: no value lies in [5, 1]",
        "duplicate-name: the value stands twice in `allowed`",
        "wrong-value: an item of `allowed` must be of the column's type, int, not `x`",
        "wrong-value: `(` is no regular expression: unclosed group",
        "wrong-value: `length` must be a list of two ends, as [1, 100] or [1, null], found the int `5`",
        "wrong-value: `allowed` does not fit the type float; say `range`",
        "wrong-value: `range` is open at both ends and says nothing",
        "of the column's type, decimal(6,2), not `0.005`",
        "`severity` must be `warn`, `quarantine` or `fail`, found the text `ignore`",
        "`unique` must be true or false, found the text `yes`",
        "of the column's type, int, not `0.5`",
    ] {
        assert!(found.iter().any(|line| line.contains(wrong)), "{wrong}: {found:#?}");
    }
}
