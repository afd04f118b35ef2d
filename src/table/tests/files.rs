//! Whole files: headers, several files, files that are not what they should be, keys.

use super::*;
use crate::diag::ids as id;

#[test]
fn all_columns_that_are_not_there_are_named() {
    let mut t = table("t", "k:text amount:float 客户等级:text");
    t.columns["amount"].from = "Amount".into();
    let (findings, loaded) = Fixture::one(t, "k,Amuont,客户等及\na,1,x\n").fails();
    assert_eq!(ids(&findings), [id::COLUMN_MISSING, id::COLUMN_MISSING]);
    assert_eq!(findings[0].message, "no column `Amount` in `datasets/t.csv`");
    assert_eq!(findings[0].help, ["did you mean `Amuont`?"]);
    assert_eq!(findings[1].help, ["did you mean `客户等及`?"]);
    assert_eq!(loaded.tables["t"].rows(), 0);
    let (findings, _) = Fixture::one(table("t", "revenue:int"), "a,b\n1,2\n").fails();
    assert_eq!(findings[0].help, ["the file has `a`, `b`"]);
}

#[test]
fn a_declared_column_that_stands_twice_is_an_error() {
    let (findings, _) = Fixture::one(table("t", "k:text v:text"), "k,v,x,v,x\na,1,2,3,4\n").fails();
    assert_eq!(ids(&findings), [id::COLUMN_REPEATED]);
    assert_eq!(findings[0].message, "`datasets/t.csv` has 2 columns `v`");
    let loaded = Fixture::one(table("t", "k:text"), "k,x,x\na,1,2\n").load();
    assert_eq!(loaded.figures[0].undeclared, [("x".to_owned(), 1)], "one that nobody reads is listed");
}

#[test]
fn an_unclosed_quote_fails_with_the_line_where_it_opens() {
    let (findings, _) = Fixture::one(table("t", "k:text v:text"), "k,v\na,1\nb,\"2\nc,3\nd,4\n").fails();
    assert_eq!(ids(&findings), [id::FILE_FORMAT]);
    assert_eq!(findings[0].location.as_deref(), Some("datasets/t.csv:3"));
}

#[test]
fn files_in_other_encodings_are_refused() {
    let utf16: Vec<u8> = "\u{feff}k,v\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (findings, _) = Fixture::one(table("t", "k:text"), utf16).fails();
    assert_eq!(ids(&findings), [id::ENCODING]);
    let gbk = b"\xbf\xcd\xbb\xa7,v\na,b\n";
    let (findings, _) = Fixture::one(table("t", "客户:text"), gbk).fails();
    assert_eq!(ids(&findings), [id::ENCODING]);
    assert_eq!(findings[0].location.as_deref(), Some("datasets/t.csv:1"));
}

#[test]
fn empty_and_absent_files_are_findings() {
    let (findings, _) = Fixture::one(table("t", "k:text"), "").fails();
    assert_eq!(ids(&findings), [id::FILE_FORMAT]);
    let (findings, _) = Fixture::new(vec![table("t", "k:text")]).fails();
    assert_eq!(ids(&findings), [id::FILE_MISSING]);
    assert_eq!(findings[0].message, "no file `datasets/t.csv`");
}

#[test]
fn a_folder_in_place_of_a_file_is_a_finding() {
    let (findings, _) = Fixture::new(vec![table("t", "k:text")]).file("t.csv/x", "").fails();
    assert_eq!(ids(&findings), [id::FILE_UNREADABLE]);
    assert_eq!(findings[0].message, "`datasets/t.csv` cannot be read: it is a folder, not a regular file");
}

#[test]
fn files_follow_each_other_by_path_whatever_their_columns_order() {
    let mut t = table("t", "k:text v:int");
    t.source.paths = vec!["b.csv".into(), "a.csv".into()];
    let fixture = Fixture::new(vec![t]).file("a.csv", "k,v,x\na1,1,0\na2,z,0\na3,3,0\n").file("b.csv", "v,k\n4,b1\n");
    let loaded = fixture.load();
    assert_eq!(cells(&loaded, "t", "k"), "a1 a3 b1");
    assert_eq!(loaded.tables["t"].lines.place(2), "datasets/b.csv:2");
    assert_eq!(loaded.rejected[0].place(), "datasets/a.csv:3");
    let inputs: Vec<_> = loaded.inputs.iter().map(|i| (i.path.as_str(), i.bytes, i.rows)).collect();
    assert_eq!(inputs, [("datasets/a.csv", 27, 3), ("datasets/b.csv", 9, 1)]);
    assert_eq!(loaded.inputs[1].hash, blake3::hash(b"v,k\n4,b1\n").to_hex().to_string());
}

#[test]
fn faults_of_all_tables_are_told_at_once() {
    let customers = table("t", "k:text v:int");
    let orders = table("orders", "id:int");
    let lines = table("lines", "id:int nothing:text");
    let fixture = Fixture::new(vec![customers, orders, lines])
        .file("t.csv", "k,v\na,1\na,2\n")
        .file("orders.csv", "id\n\"1\n")
        .file("lines.csv", "id\n1\n");
    let mut found = ids(&fixture.fails().0);
    found.sort_by_key(|id| id.name());
    assert_eq!(found, [id::COLUMN_MISSING, id::FILE_FORMAT, id::KEY_REPEATED]);
}

const TWINS: &str = "k,at,v\na,2,1\nb,1,2\na,3,3\nc,1,4\na,2,5\nb,,6\n";

fn twins(duplicates: Duplicates) -> Fixture {
    Fixture::one(Table { duplicates, ..table("t", "k:text at:int v:int") }, TWINS)
}

#[test]
fn repeated_keys_fail_with_both_places() {
    let (findings, loaded) = twins(Duplicates::Fail).fails();
    assert_eq!(ids(&findings), [id::KEY_REPEATED]);
    let places = "datasets/t.csv:2 and datasets/t.csv:4 and datasets/t.csv:6";
    assert_eq!(findings[0].message, format!("key `a` of `t` stands in {places}"));
    assert_eq!(findings[0].notes, ["key `b` of `t` stands in datasets/t.csv:3 and datasets/t.csv:7"]);
    assert_eq!(findings[0].location.as_deref(), Some("datasets/t.csv:4"));
    let many = format!("k,v\n{}", "a,1\n".repeat(10));
    let (findings, _) = Fixture::one(table("t", "k:text v:int"), many).fails();
    assert!(findings[0].message.ends_with("datasets/t.csv:5 and 6 more rows"), "{}", findings[0].message);
    assert_eq!(totals(&loaded, "t"), [6, 6, 0, 0]);
}

#[test]
fn of_rows_with_one_key_the_declared_one_stays() {
    let kept = |duplicates| {
        let loaded = twins(duplicates).load();
        assert_eq!(totals(&loaded, "t")[1], 3);
        (cells(&loaded, "t", "v"), totals(&loaded, "t"), rejected(&loaded))
    };
    let (values, totals, listed) = kept(Duplicates::First);
    assert_eq!((values.as_str(), totals), ("1 2 4", [6, 3, 0, 3]));
    assert_eq!(listed, ["4 k key-repeated", "6 k key-repeated", "7 k key-repeated"]);
    assert_eq!(kept(Duplicates::Last(None)).0, "4 5 6");
    assert_eq!(kept(Duplicates::Last(Some("at".into()))).0, "2 3 4", "a missing value is the smallest");
    assert_eq!(kept(Duplicates::Quarantine).1, [6, 3, 3, 0]);
    let loaded = twins(Duplicates::First).load();
    assert_eq!(loaded.rejected[0].message, "the key stands also in datasets/t.csv:2 (duplicates: first)");
    assert_eq!(loaded.rejected[0].outcome, Outcome::Removed);
}

#[test]
fn later_of_equal_rows_stays_with_last_by() {
    let t = Table { duplicates: Duplicates::Last(Some("at".into())), ..table("t", "k:text at:date v:int") };
    let loaded = Fixture::one(t, "k,at,v\na,2017-01-01,1\na,2017-01-01,2\n").load();
    assert_eq!(cells(&loaded, "t", "v"), "2");
}

#[test]
fn compound_keys_of_any_type() {
    let mut t = table("t", "a:int b:date c:decimal(4,1) d:bool");
    t.key = t.columns.keys().cloned().collect();
    t.duplicates = Duplicates::First;
    let text =
        "a,b,c,d\n1,2017-01-01,1.0,true\n1,2017-01-01,1,TRUE\n1,2017-01-01,1,false\n1,2017-01-02,1,true\n1,,1,true\n";
    let loaded = Fixture::one(t, text).load();
    assert_eq!(totals(&loaded, "t"), [5, 3, 1, 1]);
    assert_eq!(rejected(&loaded), ["3 a, b, c, d key-repeated", "6 b key-empty"]);
    assert_eq!(loaded.rejected[0].text, "1, 2017-01-01, 1.0, true");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let rows: String = (0..300_000).map(|i| format!("{i},{}.5,x{}\n", i % 977, i % 13)).collect();
    let mut fixture = Fixture::one(table("t", "k:int v:float w:text"), format!("k,v,w\n{rows}oops,1,x\n\"7\",1,x\n"));
    fixture.tables[0].duplicates = Duplicates::First;
    let one = Fixture { threads: 1, ..fixture };
    let (a, b) = (one.load(), Fixture { threads: 4, ..one }.load());
    assert!(a.tables["t"].frame.equals_missing(&b.tables["t"].frame));
    assert_eq!((&a.figures, &a.rejected), (&b.figures, &b.rejected));
    assert_eq!(totals(&a, "t"), [300_002, 300_000, 1, 1]);
    assert_eq!(a.tables["t"].lines.line(299_999), 300_001);
    assert_eq!(rejected(&a), ["300002 k value-wrong", "300003 k key-repeated"]);
}

#[test]
fn a_table_that_is_another_is_not_read_to_its_end() {
    let mut t = table("t", "k:int v:int");
    t.quarantine_limit = 0.0;
    let (findings, _) = Fixture::one(t, format!("k,v\n{}", "1\n".repeat(2_500_000))).fails();
    assert_eq!(ids(&findings), [id::TOO_MANY_QUARANTINED]);
    assert!(findings[0].message.ends_with("rows of `t` are in quarantine; the rest is not read"), "{findings:?}");
    assert_eq!(findings[0].notes[0], "line 2: 1 fields where 2 are expected");
}
