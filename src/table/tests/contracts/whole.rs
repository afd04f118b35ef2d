//! What a table and a reference must keep as a whole.

use super::*;

#[test]
fn rows_in_the_end() {
    let csv = "k,n\na,1\nb,x\nc,3\n";
    let columns = "k: text\nn: int";
    assert_eq!(Written::table(columns, "rows: [2, 2]", csv).load().tables["t"].rows(), 2);
    let found = Written::table(columns, "rows: [3, null]", csv).fails();
    assert_eq!(found, ["row-count: `t` has 2 rows in the end, not within [3, null]"]);
    let loaded = Written::table(columns, "rows: { is: [null, 1], severity: warn }", csv).load();
    assert_eq!(warnings(&loaded), ["row-count: `t` has 2 rows in the end, not within [null, 1] (3 rows were read)"]);
    let found = Written::table(columns, "rows: { is: [1, 2], severity: quarantine }", csv).wrong();
    assert!(found[0].contains("`severity` must be `warn` or `fail`"), "{found:?}");
}

#[test]
fn the_newest_row_is_fresh() {
    let columns = "k: int\n成交: date\nat: datetime";
    let csv = "k,成交,at\n1,2017-03-01,2017-03-31T16:30:00Z\n2,2017-03-10,\n3,,2016-01-01T00:00:00\n";
    let fresh = |rule: &str| Written::table(columns, &format!("freshness: {{ {rule} }}"), csv);
    assert_eq!(fresh("column: 成交, within: 22d").load().warnings, []);
    let found = fresh("column: 成交, within: 21d").fails();
    assert_eq!(found, ["stale: the newest `成交` of `t` is 2017-03-10, not within 21 days before 2017-04-01"]);
    let loaded = fresh("column: 成交, within: 21d, severity: warn").load();
    assert_eq!(loaded.warnings.len(), 1);
    // 00:30 of the as-of date in the project's zone.
    let found = fresh("column: at, within: 45d, max_future: 0d").fails();
    assert_eq!(found, ["stale: the newest `at` of `t` is 2017-04-01, not before 2017-04-01 plus 0 days"]);
    assert_eq!(fresh("column: at, within: 45d, max_future: 1d").load().warnings, []);
    let found = Written::table(columns, "freshness: { column: 成交, within: 9d }", "k,成交,at\n1,,\n").fails();
    assert_eq!(found, ["stale: no row of `t` has a `成交`, so nothing tells how old the table is"]);
    for (rule, wrong) in [
        ("column: k, within: 9d", "`k` is no date and no datetime"),
        ("column: 成交, within: 9", "`within` must be a number of days, as 45d, found the int `9`"),
        ("column: nix, within: 9d", "no column `nix` in this table"),
    ] {
        let found = fresh(rule).wrong();
        assert!(found[0].contains(wrong), "{found:?}");
    }
}

const CUSTOMERS: &str = "source: t.csv\ncolumns: { k: text, 税号: text }\nkey: k\n";

fn orders(reference: &str, csv: &str) -> Written {
    let manifest = format!(
        "source: o.csv\ncolumns: {{ o: int, k: text }}\nkey: o\nquarantine: {{ at_most: 1.0 }}\nreferences:\n  c: {{ table: t, column: k, many: orders, {reference} }}\n"
    );
    Written::new(&[("t.yaml", CUSTOMERS), ("t.csv", "k,税号\n甲,1\n乙,2\n"), ("o.yaml", &manifest), ("o.csv", csv)])
}

#[test]
fn a_share_of_orphans_is_allowed() {
    let csv = "o,k\n1,甲\n2,甲\n3,乙\n4,丙\n5,\n";
    let loaded = orders("orphans: { at_most: 0.4 }", csv).load();
    assert_eq!(loaded.tables["o"].rows(), 5);
    let found = orders("orphans: { at_most: 0.39 }", csv).fails();
    assert_eq!(found, ["orphan: 2 of 5 rows of `o` refer to no row of `t` (40 %), more than the 39 % allowed"]);
    let loaded = orders("orphans: { is: quarantine, at_most: 0.4 }", csv).load();
    assert_eq!(loaded.tables["o"].rows(), 3);
    let found = orders("orphans: { is: quarantine, at_most: 0.2 }", csv).fails();
    assert_eq!(found.len(), 1, "{found:?}");
    let found = orders("orphans: { is: fail }", csv).wrong();
    assert!(found[0].contains("must be `count` or `quarantine`"), "{found:?}");
}

#[test]
fn one_row_leads_where_the_reference_says_one() {
    let csv = "o,k\n1,甲\n2,乙\n3,甲\n4,丙\n5,丙\n6,甲\n";
    let found = orders("cardinality: one", csv).fails();
    let rule = "cardinality: 2 rows break `cardinality: one` of reference `c` of `o`";
    assert_eq!(found, [format!("{rule}: reference `c` leads to a row of `t` that one before it has")]);
    let loaded = orders("cardinality: { is: one, severity: quarantine }", csv).load();
    assert_eq!(cells(&loaded, "o", "o"), "1 2 4 5", "orphans lead nowhere");
    assert_eq!(loaded.rejected[0].text, "甲");
    let loaded = orders("cardinality: { is: one, severity: warn }", csv).load();
    assert_eq!((loaded.tables["o"].rows(), loaded.warnings.len()), (6, 1));
    assert_eq!(orders("cardinality: many", csv).load().warnings, []);
}

#[test]
fn rows_that_refer_to_a_row_that_is_not_unique_go_with_it() {
    let customers = CUSTOMERS.replace("税号: text", "税号: { type: text, unique: { is: true, severity: quarantine } }")
        + "quarantine: { at_most: 1.0 }\n";
    let orders = "source: o.csv\ncolumns: { o: int, k: text }\nkey: o\nquarantine: { at_most: 1.0 }\nreferences:\n  c: { table: t, column: k, orphans: quarantine }\n";
    let files = [
        ("t.yaml", customers.as_str()),
        ("t.csv", "k,税号\n甲,1\n乙,1\n"),
        ("o.yaml", orders),
        ("o.csv", "o,k\n1,甲\n2,乙\n"),
    ];
    let loaded = Written::new(&files).load();
    assert_eq!(cells(&loaded, "o", "o"), "1");
    assert_eq!(loaded.tables["o"].references, [[0]]);
    assert_eq!(loaded.rejected[0].message, "the row of `t` that it refers to is in quarantine");
}
