//! Rows of SQLite files.

use super::*;
use crate::diag::ids as id;
use crate::manifest::model::{Relation, Rows};
use rusqlite::Connection;

fn fixture(columns: &str, what: Relation) -> Fixture {
    let mut t = table("t", columns);
    let rows = Rows { what, order_by: Vec::new(), timeout: 60_000 };
    t.source = Source { paths: vec!["crm.db".into()], format: Format::Sqlite(rows), ..t.source };
    Fixture::new(vec![t]).file("x", "")
}

fn of_table(columns: &str, name: &str, sql: &str) -> Fixture {
    let fixture = fixture(columns, Relation::Table(name.into()));
    connection(&fixture).execute_batch(sql).unwrap();
    fixture
}

fn of_query(columns: &str, query: &str, sql: &str) -> Fixture {
    let fixture = fixture(columns, Relation::Query(query.into()));
    connection(&fixture).execute_batch(sql).unwrap();
    fixture
}

fn connection(fixture: &Fixture) -> Connection {
    Connection::open(fixture.dir.path().join("datasets/crm.db")).unwrap()
}

fn rows(fixture: &mut Fixture) -> &mut Rows {
    let Format::Sqlite(rows) = &mut fixture.tables[0].source.format else { panic!("SQLite") };
    rows
}

const ORDERS: &str = "CREATE TABLE orders(id TEXT, n INTEGER, amount DECIMAL(9,2), paid BOOLEAN, day TEXT, f REAL, x);
    INSERT INTO orders VALUES
    ('007', 9223372036854775807, 19.99, 1, '2017-03-31', 0.5, 1),
    ('客', NULL, 20, 0, NULL, 3, 'a'),
    ('b', -1, 0.1 + 0.2, TRUE, '2017-04-01', -1e300, NULL);";

#[test]
fn values_are_read_as_declared() {
    let loaded = of_table("id:text n:int amount:decimal(9,2) paid:bool day:date f:float", "orders", ORDERS).load();
    assert_eq!(cells(&loaded, "t", "id"), "007 客 b");
    assert_eq!(cells(&loaded, "t", "n"), "9223372036854775807 - -1");
    assert_eq!(cells(&loaded, "t", "amount"), "19.99 20.00 0.30");
    assert_eq!(cells(&loaded, "t", "paid"), "true false true");
    assert_eq!(cells(&loaded, "t", "day"), "2017-03-31 - 2017-04-01");
    assert_eq!(cells(&loaded, "t", "f"), "0.5 3.0 -1.0000e300");
    assert_eq!(loaded.tables["t"].lines.place(2), "datasets/crm.db:3");
    assert_eq!(loaded.figures[0].undeclared, [("x".to_owned(), 1)]);
    assert!(loaded.warnings.is_empty());
}

#[test]
fn values_of_other_types_go_to_quarantine() {
    let sql = "CREATE TABLE t(k, i, f, d, b, day, s); INSERT INTO t VALUES
        (1, 1.0, NULL, NULL, NULL, NULL, NULL), (2, 'x', NULL, NULL, NULL, NULL, NULL), (3, x'00ff', NULL, NULL, NULL, NULL, NULL),
        (4, NULL, 9007199254740993, NULL, NULL, NULL, NULL), (5, NULL, NULL, 1.005, NULL, NULL, NULL),
        (6, NULL, NULL, NULL, 2, NULL, NULL), (7, NULL, NULL, NULL, NULL, 1490918400, NULL),
        (8, NULL, NULL, NULL, NULL, NULL, 1.5), (NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (10, NULL, 9e999, NULL, NULL, NULL, 12), (11, '42', '1.5', '2.50', 'false', '2017-01-01', CAST(x'ff' AS TEXT));";
    let loaded = of_table("k:int i:int f:float d:decimal(9,2) b:bool day:date s:text", "t", sql).load();
    let listed: Vec<String> =
        loaded.rejected.iter().map(|r| format!("{} {} {}: {}", r.line, r.column, r.text, r.message)).collect();
    assert_eq!(
        listed,
        [
            "1 i 1.0: a float, not an int",
            "2 i x: not an int",
            "3 i x'00ff': bytes (a blob), not an int",
            "4 f 9007199254740993: an integer that a float does not hold exactly",
            "5 d 1.005: a decimal with more than 2 digits behind the point",
            "6 b 2: not true or false (1 or 0)",
            "7 day 1490918400: an integer, not a date",
            "8 s 1.5: a float, not a text",
            "9 k : a part of the key is missing",
            "11 s <FF>: not UTF-8",
        ]
    );
    assert_eq!(cells(&loaded, "t", "s"), "12");
    assert_eq!(loaded.figures[0].columns[2].not_finite, 1);
    assert_eq!(totals(&loaded, "t"), [11, 1, 10, 0]);
}

#[test]
fn corrections_and_tokens_hold_for_typed_values() {
    let mut fixture =
        of_table("k:int n:int", "t", "CREATE TABLE t(k, n); INSERT INTO t VALUES (1, -1), (2, 5), (3, 7);");
    fixture.tables[0].columns["n"].missing = vec!["-1".into()];
    fixture.tables[0].columns["n"].values.insert("5".into(), "50".into());
    let loaded = fixture.load();
    assert_eq!(cells(&loaded, "t", "n"), "- 50 7");
    assert_eq!(loaded.figures[0].columns[1].tokens, [("-1".to_owned(), 1)]);
    assert_eq!(loaded.figures[0].columns[1].corrected, [("5".to_owned(), "50".to_owned(), 1)]);
}

#[test]
fn rows_have_an_order() {
    let make = "CREATE TABLE a(k TEXT, v INT); INSERT INTO a(rowid, k, v) VALUES (3, 'c', 1), (1, 'a', 2), (2, 'b', 1);
        CREATE INDEX a_k ON a(k DESC, v);
        CREATE TABLE b(k TEXT PRIMARY KEY, rowid INT) WITHOUT ROWID; INSERT INTO b VALUES ('z', 1), ('y', 2);
        CREATE TABLE r(rowid TEXT, _rowid_ TEXT, oid TEXT, k INT PRIMARY KEY); INSERT INTO r VALUES ('x', 'x', 'x', 2), ('a', 'a', 'a', 1);
        CREATE VIEW v AS SELECT k FROM a;";
    assert_eq!(cells(&of_table("k:text", "a", make).load(), "t", "k"), "a b c");
    assert_eq!(cells(&of_table("k:text", "b", make).load(), "t", "k"), "y z");
    assert_eq!(cells(&of_table("k:int", "r", make).load(), "t", "k"), "1 2");
    let mut by = of_table("k:text w:int", "a", make);
    by.tables[0].columns["w"].from = "v".into();
    rows(&mut by).order_by = vec!["w".into(), "k".into()];
    assert_eq!(cells(&by.load(), "t", "k"), "b c a");
    let mut view = of_table("k:text", "v", make);
    assert_eq!(ids(&view.load().warnings), [id::ROW_ORDER]);
    rows(&mut view).order_by = vec!["k".into()];
    let loaded = view.load();
    assert_eq!((cells(&loaded, "t", "k").as_str(), loaded.warnings.len()), ("a b c", 0));
    let query = "SELECT v AS n, upper(k) AS \"k\" FROM a WHERE v = 1 ORDER BY k DESC -- all\n;";
    let loaded = of_query("k:text n:int", query, make).load();
    assert_eq!(cells(&loaded, "t", "k"), "C B");
    let mut ordered = of_query("k:text n:int", query, make);
    rows(&mut ordered).order_by = vec!["k".into()];
    assert_eq!(cells(&ordered.load(), "t", "k"), "B C");
}

#[test]
fn what_is_not_there_is_named() {
    let first = |fixture: Fixture| fixture.fails().0.remove(0);
    let found = first(of_table("id:text", "order", ORDERS));
    assert_eq!((found.id, found.message.as_str()), (id::QUERY, "no table `order` in `datasets/crm.db`"));
    assert_eq!(found.help, ["did you mean `orders`?"]);
    let found = first(of_table("id:text nn:int", "orders", ORDERS));
    assert_eq!((found.id, found.help[0].as_str()), (id::COLUMN_MISSING, "did you mean `n`?"));
    let found = first(of_query("id:text", "select \"idd\" as id from orders order by 1", ORDERS));
    assert_eq!(found.id, id::QUERY, "a misspelt name in quotes is no text");
    assert!(found.notes[0].contains("no such column"), "{:?}", found.notes);
    let found = first(fixture("k:text", Relation::Table("t".into())).file("crm.db", "a,b\n"));
    assert_eq!((found.id, found.message.as_str()), (id::FILE_FORMAT, "`datasets/crm.db` is no SQLite file"));
    assert_eq!(first(fixture("k:text", Relation::Table("t".into()))).id, id::FILE_MISSING);
}

#[test]
fn nothing_is_written() {
    let fixture = of_query("k:text", "with x as (select 1) select 1 as k from x order by 1", ORDERS);
    let path = fixture.dir.path().join("datasets/crm.db");
    let before = std::fs::read(&path).unwrap();
    fixture.load();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // In write-ahead mode neither, and nothing is made beside it.
    connection(&fixture).execute_batch("PRAGMA journal_mode = wal; INSERT INTO orders(id) VALUES ('w');").unwrap();
    fixture.load();
    let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn changes_that_stand_in_the_log_are_read() {
    let fixture = of_table("id:text", "orders", ORDERS);
    let writer = connection(&fixture);
    writer.execute_batch("PRAGMA journal_mode = wal; INSERT INTO orders(id) VALUES ('new');").unwrap();
    assert_eq!(cells(&fixture.load(), "t", "id"), "007 客 b new");
    // A writer in the midst of its transaction is not seen.
    writer.execute_batch("BEGIN IMMEDIATE; DELETE FROM orders").unwrap();
    assert_eq!(totals(&fixture.load(), "t")[1], 4);
}

#[test]
fn a_log_without_its_index_is_read_and_nothing_is_made() {
    let fixture = of_table("id:text", "orders", ORDERS);
    let writer = connection(&fixture);
    writer.execute_batch("PRAGMA journal_mode = wal; INSERT INTO orders(id) VALUES ('new');").unwrap();
    // A copy of the file and its log, as a program leaves them that breaks off.
    let folder = fixture.dir.path().join("datasets");
    let copy = of_table("id:text", "orders", ORDERS);
    let other = copy.dir.path().join("datasets");
    for name in ["crm.db", "crm.db-wal"] {
        std::fs::copy(folder.join(name), other.join(name)).unwrap();
    }
    let state = || {
        let mut files: Vec<_> = std::fs::read_dir(&other).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect::<Vec<_>>()
    };
    let before = state();
    assert_eq!(cells(&copy.load(), "t", "id"), "007 客 b new");
    assert!(state() == before, "{:?}", state().iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn the_hash_is_that_of_the_rows() {
    let fixture = of_table("id:text n:int", "orders", ORDERS);
    let hash = || fixture.load().inputs[0].hash.clone();
    let first = hash();
    connection(&fixture).execute_batch("UPDATE orders SET x = 'not read'; VACUUM").unwrap();
    assert_eq!(hash(), first, "what is not read does not count");
    connection(&fixture).execute_batch("UPDATE orders SET n = 2 WHERE id = '客'").unwrap();
    assert_ne!(hash(), first);
}

#[test]
fn a_query_without_an_end_is_broken_off() {
    let endless =
        "with recursive x(n) as (select 1 union all select n + 1 from x) select n as k from x where n < 0 order by 1";
    let mut fixture = of_query("k:int", endless, ORDERS);
    rows(&mut fixture).timeout = 200;
    let begun = std::time::Instant::now();
    let (findings, _) = fixture.fails();
    assert_eq!(
        (findings[0].id, findings[0].message.as_str()),
        (id::QUERY, "`datasets/crm.db` took longer than 200 ms")
    );
    assert!(begun.elapsed().as_secs() < 20);
}

#[test]
fn damaged_files_are_findings() {
    let fixture = of_table("id:text n:int", "orders", ORDERS);
    let path = fixture.dir.path().join("datasets/crm.db");
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(61) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        std::fs::write(&path, bytes).unwrap();
        assert!(!matches!(fixture.try_load(), Err(LoadFailure::Error(_))), "byte {at}");
    }
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(fixture.try_load(), Err(LoadFailure::Findings(..))));
}
