//! The quality report: reasons that add up, completeness, what moved since an earlier run.

use super::*;
use crate::table::drift::Earlier;
use crate::table::report::{self, Line, lines};

/// A table with a row for every way to leave it.
fn every_fault() -> Written {
    let columns = "k: int\n码: { type: text, trim: true, allowed: [甲, 乙] }\nn: { type: int, range: [0, 9] }\nd: date\nw: { type: float, required: true }\ns: { type: float, compute: 1.0 / (w - 2.0) }\nr: int";
    let more = "filter: n != 7\nchecks: [{ name: small, rule: n < 9 }, { name: odd, rule: n != 1, severity: warn }]\nexact_duplicates: remove\nduplicates: first\nunique: [{ is: [d], severity: quarantine }]\nreferences: { of: { table: u, column: r, many: ts, orphans: quarantine } }\ncompleteness: [码, d, u]";
    let csv = "k,码,n,d,w,r\n1,甲 ,1,2017-01-01,1,1\n2,乙,2,,2,1\n2,乙,2,,2,1\n2,甲,3,2017-01-03,1,1\n3,丙,1,2017-01-04,1,1\n4,甲,x,2017-01-05,1,1\n5,甲,99,2017-01-06,1,1\n6,甲,7,2017-01-07,1,1\n7,甲,9,2017-01-08,1,1\n8,甲,2,2017-01-01,1,1\n9,甲,2,2017-01-09,,1\n10,甲,2,2017-01-10,1,5\n11,甲,2\n12,甲,0,2017-01-12,1,2\n,甲,2,2017-01-13,1,1\n14,甲,2,32.1.2017,1,1\n15,,3,,4,1\n";
    let columns = columns.lines().map(|line| format!("  {line}\n")).collect::<String>();
    let manifest = format!("source: t.csv\nquarantine: {{ at_most: 1.0 }}\nkey: k\n{more}\ncolumns:\n{columns}");
    let other = "source: u.csv\ncolumns: { id: int, t: int }\nkey: id\nreferences: { back: { table: t, column: t, many: us, orphans: count } }\n";
    Written::new(&[("t.yaml", &manifest), ("t.csv", csv), ("u.yaml", other), ("u.csv", "id,t\n1,1\n2,12\n3,77\n")])
}

fn figure<'l>(lines: &'l [Line], table: &str, column: Option<&str>, measure: &str) -> Vec<&'l Line> {
    let of = |l: &&Line| l.table == table && l.column.as_deref() == column && l.measure == measure;
    lines.iter().filter(of).collect()
}

#[test]
fn reasons_sum_to_the_rows_that_are_not_kept() {
    let loaded = every_fault().load();
    let lines = lines(&loaded.figures);
    let rows = |measure: &str| figure(&lines, "t", None, measure)[0].count.unwrap();
    let sum = |measure: &str| -> u64 {
        lines.iter().filter(|l| l.table == "t" && l.measure == measure).filter_map(|l| l.count).sum()
    };
    assert_eq!(rows("rows_read"), 17);
    assert_eq!(rows("rows_read"), rows("rows_kept") + rows("rows_quarantined") + rows("rows_removed"));
    assert_eq!((sum("quarantined"), sum("removed")), (rows("rows_quarantined"), rows("rows_removed")));
    let reasons: Vec<String> = lines
        .iter()
        .filter(|l| l.table == "t" && ["quarantined", "removed"].contains(&l.measure.as_str()))
        .map(|l| {
            let (column, detail) = (l.column.as_deref().unwrap_or("-"), l.detail.as_deref().unwrap());
            format!("{} {column} {}: {}", l.measure, detail.split(':').next().unwrap(), l.count.unwrap())
        })
        .collect();
    for wanted in
        ["key-empty", "value-wrong", "value-required", "row-width", "not-allowed", "check-failed", "not-unique"]
    {
        assert!(reasons.iter().any(|r| r.starts_with("quarantined") && r.contains(wanted)), "{wanted}: {reasons:#?}");
    }
    for wanted in ["removed - exact-duplicate: 1", "removed k key-repeated: 1", "quarantined r orphan: 1"] {
        assert!(reasons.iter().any(|r| r == wanted), "{wanted}: {reasons:#?}");
    }
    assert!(reasons.iter().any(|r| r.starts_with("removed") && r.contains("filtered: 1")), "{reasons:#?}");
    assert_eq!(figure(&lines, "u", Some("t"), "orphans")[0].count, Some(1));
    assert!(lines.iter().any(|l| l.measure == "not_computed" && l.count == Some(1)), "1.0 / 0.0");
    let again = report::read(&columns_of(&report::quality_frame(&lines).unwrap())).unwrap();
    assert_eq!(again, lines, "the frame holds the lines");
}

fn columns_of(frame: &DataFrame) -> Vec<Series> {
    frame.columns().iter().map(|column| column.as_materialized_series().clone()).collect()
}

#[test]
fn completeness_counts_columns_and_related_rows() {
    let loaded = every_fault().load();
    let frame = &loaded.tables["t"].frame;
    let column = frame.column("completeness").unwrap().f64().unwrap();
    let keys: Vec<i64> = frame.column("k").unwrap().i64().unwrap().iter().flatten().collect();
    let shares: Vec<f64> = column.iter().flatten().collect();
    let of = |key: i64| shares[keys.iter().position(|k| *k == key).unwrap()];
    // 1 has all, 12 a code, a day and a row of `u`; 2 a code alone, 15 nothing.
    assert_eq!((of(1), of(12), of(2), of(15)), (1.0, 1.0, 1.0 / 3.0, 0.0));
    let completeness = loaded.figures[0].completeness.as_ref().unwrap();
    assert_eq!(completeness.mean, Some((3.0 + 3.0 + 1.0) / 12.0));
    let lacking: Vec<(&str, u64)> = completeness.lacking.iter().map(|(name, rows)| (name.as_str(), *rows)).collect();
    assert_eq!(lacking, [("码", 1), ("d", 2), ("u", 2)]);
}

#[test]
fn completeness_that_cannot_be_is_refused() {
    let refused = |columns: &str, more: &str| {
        let written = Written::table(columns, more, "k,completeness\n1,1\n");
        written.project().0.unwrap_err().iter().map(|d| d.id.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(refused("k: int\ncompleteness: float", "completeness: [k]"), ["name-clash"]);
    assert_eq!(refused("k: int", "completeness: [sector]"), ["unknown-column"]);
    assert_eq!(refused("k: int", "completeness: [k, k]"), ["duplicate-name"]);
    assert_eq!(refused("k: int", "completeness: [completeness]"), ["wrong-value"]);
    assert_eq!(refused("k: int", "completeness: []"), ["wrong-value"]);
    assert_eq!(refused("k: int\nx: { type: float, compute: completeness }", "completeness: [k]"), ["unknown-column"]);
    let t = "source: t.csv\ncolumns: { k: int }\nkey: k\n";
    let written = Written::new(&[("t.yaml", t), ("u.yaml", &format!("{t}completeness: [k]\n"))]);
    assert_eq!(written.project().0.unwrap_err()[0].id.name(), "wrong-value");
}

/// 400 rows: an amount times `factor`, a sector that is `other` in the last `others`, a note that is missing in as many.
fn moving(columns: &str, factor: f64, others: usize, earlier: Option<&Earlier>) -> Loaded {
    let mut csv = "k,amount,sector,note,day,secret\n".to_owned();
    for k in 0..400 {
        let other = k >= 400 - others;
        let (sector, note) = (if other { "其他" } else { "制造" }, if other { "" } else { "x" });
        csv += &format!("{k},{},{sector},{note},2017-01-{:02},s{}\n", f64::from(k as u16) * factor, k % 28 + 1, k % 3);
    }
    Written::table(columns, "", &csv).load_after(earlier)
}

/// What the quality report of a load says beside the figures of its tables.
fn drift(loaded: &Loaded) -> Vec<Line> {
    let all = report::read(&columns_of(&loaded.quality)).unwrap();
    let own = lines(&loaded.figures);
    assert_eq!(all[..own.len()], own);
    all[own.len()..].to_vec()
}

#[test]
fn what_moved_is_told_and_what_did_not_is_not() {
    let columns = "k: int\namount: float\nsector: text\nnote: text\nday: date\nsecret: { type: text, sensitive: true }";
    let first = lines(&moving(columns, 1.0, 10, None).figures);
    let names_rows = |l: &Line| ["k", "secret"].contains(&l.column.as_deref().unwrap_or_default());
    assert!(first.iter().all(|l| l.measure != "bin" || !names_rows(l)));
    let earlier = Earlier::new("run 1 of FY2016".into(), &first);
    let same = moving(columns, 1.0, 10, Some(&earlier));
    let told = drift(&same);
    assert!(same.warnings.is_empty() && told.iter().all(|l| l.measure == "psi" && l.value == Some(0.0)), "{told:?}");
    assert_eq!(told.len(), 4);
    let second = moving(columns, 1000.0, 200, Some(&earlier));
    let found = drift(&second);
    let value = |column: &str, measure: &str| figure(&found, "t", Some(column), measure)[0].value.unwrap();
    // By hand: 10 and 390 of 400, then 200 and 200.
    let psi = (0.5 - 0.025) * (0.5_f64 / 0.025).ln() + (0.5 - 0.975) * (0.5_f64 / 0.975).ln();
    assert!((value("sector", "psi") - psi).abs() < 1e-12, "{found:?}");
    assert!(value("amount", "psi") > 0.25 && value("day", "psi") == 0.0);
    assert!((value("note", "drift_missing") - 0.475).abs() < 1e-12, "{found:?}");
    let warnings = &second.warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].message, "2 columns of `t` are distributed otherwise than in run 1 of FY2016");
    assert!(warnings[0].notes[1].starts_with("`sector`: population stability index 1.74"), "{warnings:?}");
}

#[test]
fn columns_that_are_new_gone_or_retyped_are_told() {
    let first = moving("k: int\namount: float\nsector: text\nnote: text", 1.0, 10, None);
    let earlier = Earlier::new("run 1 of FY2016".into(), &lines(&first.figures));
    let second = moving("k: int\namount: text\nsector: text\nday: date", 1.0, 10, Some(&earlier));
    let told: Vec<String> = drift(&second)
        .iter()
        .filter(|l| l.measure != "psi")
        .map(|l| format!("{} {} {}", l.measure, l.column.as_deref().unwrap(), l.detail.as_deref().unwrap()))
        .collect();
    assert_eq!(told, ["drift_retyped amount float -> text", "drift_new day date", "drift_gone note text"]);
    let message = "the columns of `t` are not those of run 1 of FY2016: new `day`; gone `note`; of another type `amount` (float before, now text)";
    assert_eq!(second.warnings.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(), [message]);
}
