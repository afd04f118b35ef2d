//! Rows of a PostgreSQL server, whose URL stands in `TIERWRIGHT_TEST_POSTGRES`; without it these tests say that they
//! are skipped. Each works in a schema of its own.

use super::*;
use crate::diag::ids as id;
use crate::manifest::model::{Postgres, Relation, Rows};
use ::postgres::{Client, NoTls};

const VARIABLE: &str = "TIERWRIGHT_TEST_POSTGRES";

/// A client, after `sql` has run in the fresh schema.
fn server(schema: &str, sql: &str) -> Option<Client> {
    let Ok(url) = std::env::var(VARIABLE) else {
        eprintln!("skipped: {VARIABLE} is not set");
        return None;
    };
    let mut client = Client::connect(&url, NoTls).expect("the server of the tests");
    let head =
        format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path = {schema}, public;");
    client.batch_execute(&format!("{head}{sql}")).expect("the statements of the test");
    Some(client)
}

fn of(columns: &str, what: Relation) -> Table {
    let mut t = table("t", columns);
    let rows = Rows { what, order_by: Vec::new(), timeout: 60_000 };
    let postgres = Postgres { connection: VARIABLE.into(), rows };
    t.source = Source { paths: Vec::new(), format: Format::Postgres(postgres), ..t.source };
    t
}

fn of_table(columns: &str, name: &str) -> Table {
    of(columns, Relation::Table(name.into()))
}

fn of_query(columns: &str, query: &str) -> Table {
    of(columns, Relation::Query(query.into()))
}

fn rows(table: &mut Table) -> &mut Rows {
    let Format::Postgres(postgres) = &mut table.source.format else { panic!("PostgreSQL") };
    &mut postgres.rows
}

fn load_one(table: Table) -> Loaded {
    Fixture::new(vec![table]).load()
}

#[test]
fn values_are_read_as_declared() {
    let sql = "CREATE TYPE mood AS ENUM ('froh', '忧'); CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
        CREATE DOMAIN money_of AS numeric(12,2);
        CREATE TABLE v(k int8 PRIMARY KEY, i2 int2, i4 int4, n numeric, d money_of, f8 float8, f4 float4, b bool,
          day date, at timestamptz, local timestamp, t text, v varchar(9), c char(5), m mood, u uuid, ci public.citext, j jsonb, a int[]);
        INSERT INTO v VALUES
        (9223372036854775807, 32767, -2147483648, 12345678901234567890123456.0123456789, 19.99, 0.1, 0.5, true,
          '2017-03-31', '2017-03-31 08:00:00.123456+08', '2017-03-31 08:00:00', '客户', 'x', 'ab', '忧',
          '00000000-0000-0000-0000-00000000000a', 'MiX', '{\"a\":1}', '{1,2}'),
        (-9223372036854775808, NULL, NULL, -0.00005, -0.01, -1e300, NULL, false, '0001-01-01', NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL);";
    let Some(_server) = server("tw_values", sql) else { return };
    let mut t = of_table(
        "k:int i2:int i4:int n:decimal(38,10) d:decimal(12,2) f8:float f4:float b:bool day:date at:datetime local:datetime t:text v:text c:text m:text u:text ci:text j:text a:text",
        "tw_values.v",
    );
    t.columns["t"].empty_is_text = true;
    let loaded = Fixture { zone: TimeZone::get("Asia/Shanghai").unwrap(), ..Fixture::new(vec![t]) }.load();
    let both = |column: &str| cells(&loaded, "t", column);
    assert_eq!(both("k"), "-9223372036854775808 9223372036854775807");
    assert_eq!(both("i2"), "- 32767");
    assert_eq!(both("i4"), "- -2147483648");
    assert_eq!(both("n"), "-0.0000500000 12345678901234567890123456.0123456789");
    assert_eq!(both("d"), "-0.01 19.99");
    assert_eq!(both("f8"), "-1.0000e300 0.1");
    assert_eq!(both("b"), "false true");
    assert_eq!(both("day"), "0001-01-01 2017-03-31");
    assert_eq!(cell(&loaded, "t", "at", 1), "2017-03-31 00:00:00.123456");
    assert_eq!(cell(&loaded, "t", "local", 1), "2017-03-31 00:00:00");
    let texts: Vec<String> =
        ["t", "v", "c", "m", "u", "ci", "j", "a"].iter().map(|c| cell(&loaded, "t", c, 1)).collect();
    let uuid = "00000000-0000-0000-0000-00000000000a";
    assert_eq!(texts, ["客户", "x", "ab", "忧", uuid, "MiX", "{\"a\": 1}", "{1,2}"]);
    assert_eq!(cell(&loaded, "t", "t", 0), "");
    assert_eq!(loaded.tables["t"].lines.place(1), format!("{VARIABLE}/tw_values.v:2"));
    assert!(loaded.warnings.is_empty());
}

#[test]
fn values_that_do_not_fit_go_to_quarantine() {
    let sql = "CREATE TABLE w(k int PRIMARY KEY, i numeric, f int8, d numeric, day date, at timestamptz, t text);
        INSERT INTO w VALUES (1, 1.5), (2, 9223372036854775808), (3, 9223372036854775807.00);
        INSERT INTO w(k, f) VALUES (4, 9007199254740993);
        INSERT INTO w(k, d) VALUES (5, 1.005), (6, 10000000), (7, 'NaN'), (8, 1.500);
        INSERT INTO w(k, day) VALUES (9, 'infinity'), (10, '-infinity'), (11, '5000-01-01'), (12, '20000-01-01'), (13, '0044-03-15 BC');
        INSERT INTO w(k, at) VALUES (14, 'infinity'), (15, '294276-01-01');
        INSERT INTO w(k, t) VALUES (16, '12x'), (17, '12');";
    let Some(_server) = server("tw_wrong", sql) else { return };
    let loaded = load_one(of_table("k:int i:int f:float d:decimal(9,2) day:date at:datetime t:int", "tw_wrong.w"));
    let listed: Vec<String> =
        loaded.rejected.iter().map(|r| format!("{} {} {}: {}", r.line, r.column, r.text, r.message)).collect();
    assert_eq!(
        listed,
        [
            "1 i 1.5: not an int",
            "2 i 9223372036854775808: an int beyond 64 bits",
            "4 f 9007199254740993: an integer that a float does not hold exactly",
            "5 d 1.005: a decimal with more than 2 digits behind the point",
            "6 d 10000000: a decimal with more than 7 digits before the point",
            "9 day infinity: infinity, which is no date",
            "10 day -infinity: infinity, which is no date",
            "12 day day 6574365 since 2000-01-01: a date outside of the years 1 to 9999",
            "13 day day -746117 since 2000-01-01: a date outside of the years 1 to 9999",
            "14 at infinity: infinity, which is no datetime",
            "15 at microsecond 9223339708800000000 since 2000-01-01: a datetime outside of the years 1 to 9999",
            "16 t 12x: not an int",
        ]
    );
    assert_eq!(loaded.figures[0].columns[3].not_finite, 1);
    assert_eq!(totals(&loaded, "t"), [17, 5, 12, 0]);
}

#[test]
fn types_that_do_not_fit_are_named() {
    let sql = "CREATE TYPE pair AS (a int, b int); CREATE TABLE x(k int PRIMARY KEY, a int[], j json, p pair, f float8, u uuid);";
    let Some(_server) = server("tw_types", sql) else { return };
    let t = of_table("k:int a:int j:float p:text f:decimal(9,2) u:int", "tw_types.x");
    let (findings, _) = Fixture::new(vec![t]).fails();
    let messages: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
    let place = format!("{VARIABLE}/tw_types.x");
    assert_eq!(
        messages,
        [
            format!("`a` of `{place}` is an array of int4, not int"),
            format!("`j` of `{place}` is json, not float"),
            format!("`f` of `{place}` is float8, not decimal(9,2)"),
            format!("`u` of `{place}` is uuid, not int"),
        ]
    );
    assert!(findings.iter().all(|f| f.id == id::TYPE_MISMATCH));
    assert!(findings[0].help[0].contains("take one value out of it"));
}

#[test]
fn rows_have_an_order() {
    let sql = "CREATE TABLE o(b int, a int, v text, PRIMARY KEY (a, b)); INSERT INTO o VALUES (2, 1, 'y'), (1, 2, 'z'), (1, 1, 'x');
        CREATE TABLE bare(v text); INSERT INTO bare VALUES ('b'), ('a'); CREATE VIEW seen AS SELECT v FROM o;";
    let Some(_server) = server("tw_order", sql) else { return };
    assert_eq!(cells(&load_one(of_table("v:text", "tw_order.o")), "t", "v"), "x y z");
    let mut by = of_table("w:text", "tw_order.o");
    by.columns["w"].from = "v".into();
    rows(&mut by).order_by = vec!["w".into()];
    assert_eq!(cells(&load_one(by), "t", "w"), "x y z");
    for (name, what) in [("bare", "a table without a primary key"), ("seen", "a view")] {
        let mut t = of_table("v:text", &format!("tw_order.{name}"));
        let loaded = load_one(t.clone());
        assert_eq!(ids(&loaded.warnings), [id::ROW_ORDER]);
        assert!(loaded.warnings[0].message.contains(what), "{}", loaded.warnings[0].message);
        rows(&mut t).order_by = vec!["v".into()];
        assert!(load_one(t).warnings.is_empty());
    }
    let query = "select v, 'it''s; --' as x from tw_order.o order by v desc -- that is all";
    assert_eq!(cells(&load_one(of_query("v:text", query)), "t", "v"), "z y x");
    let mut t =
        of_query("v:text n:int", "with c as (select v, count(*) as n from tw_order.o group by v) select * from c;");
    rows(&mut t).order_by = vec!["v".into()];
    assert_eq!(cells(&load_one(t), "t", "v"), "x y z");
}

#[test]
fn all_tables_of_a_connection_are_one_state() {
    let sql = "CREATE TABLE a(k int PRIMARY KEY, s text); CREATE TABLE b(k int PRIMARY KEY); INSERT INTO a VALUES (1, repeat('x', 100)); INSERT INTO b VALUES (1);";
    let Some(mut writer) = server("tw_state", sql) else { return };
    // The first table takes a while; behind its start, rows are added to both.
    let slow = "select k, pg_sleep(1.5)::text as s from tw_state.a order by k";
    let mut second = of_table("k:int", "tw_state.b");
    second.name = "u".into();
    let writing = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(700));
        writer.batch_execute("INSERT INTO a VALUES (2); INSERT INTO b VALUES (2);").unwrap();
    });
    let loaded = Fixture::new(vec![of_query("k:int", slow), second]).load();
    writing.join().unwrap();
    assert_eq!((totals(&loaded, "t")[0], totals(&loaded, "u")[0]), (1, 1));
    assert_eq!(totals(&load_one(of_table("k:int", "tw_state.b")), "t")[0], 2);
}

#[test]
fn what_goes_wrong_with_one_table_leaves_the_others() {
    let sql = "CREATE TABLE a(k int PRIMARY KEY); INSERT INTO a VALUES (1);";
    let Some(_server) = server("tw_faults", sql) else { return };
    let named = |table: Table, name: &str| Table { name: name.into(), ..table };
    let mut slow = named(of_query("k:int", "select 1 as k, pg_sleep(60) order by 1"), "slow");
    rows(&mut slow).timeout = 300;
    let tables = vec![
        named(of_table("k:int", "tw_faults.b"), "absent"),
        named(of_query("k:int", "select 1/0 as k order by 1"), "divided"),
        slow,
        named(of_query("k:int", "select nextval('tw_faults.s') as k order by 1"), "sequence"),
        named(
            of_query("k:int", "with x as (insert into tw_faults.a values (7) returning k) select k from x order by 1"),
            "writes",
        ),
        named(of_table("kk:int", "tw_faults.a"), "column"),
        named(of_table("k:int", "tw_faults.a"), "fine"),
    ];
    let begun = std::time::Instant::now();
    let (findings, loaded) = Fixture::new(tables).fails();
    assert!(begun.elapsed().as_secs() < 30);
    assert_eq!(cells(&loaded, "fine", "k"), "1");
    let text: Vec<String> =
        findings.iter().map(|f| format!("{}: {} {:?} {:?}", f.id.name(), f.message, f.notes, f.help)).collect();
    let has =
        |words: &[&str]| assert!(text.iter().any(|t| words.iter().all(|w| t.contains(w))), "{words:?}: {text:#?}");
    has(&["query: no table `TIERWRIGHT_TEST_POSTGRES/tw_faults.b` on 127.0.0.1:", "did you mean `tw_faults.a`"]);
    has(&["query: ", "does not give the rows", "division by zero"]);
    has(&["query: ", "took longer than 300 ms"]);
    has(&["query: ", "relation \\\"tw_faults.s\\\" does not exist"]);
    has(&["query: ", "data-modifying"]);
    has(&["column-missing: no column `kk`", "did you mean `k`"]);
    assert_eq!(findings.len(), 6, "{text:#?}");
}

#[test]
fn the_hash_is_that_of_the_rows() {
    let sql = "CREATE TABLE a(k int PRIMARY KEY, v text, x int); INSERT INTO a VALUES (1, 'a', 1), (2, 'b', 1);";
    let Some(mut writer) = server("tw_hash", sql) else { return };
    let t = of_table("k:int v:text", "tw_hash.a");
    let hash = || load_one(t.clone()).inputs[0].hash.clone();
    let first = hash();
    assert_eq!(load_one(t.clone()).inputs[0].path, format!("{VARIABLE}/tw_hash.a"));
    writer.batch_execute("UPDATE a SET x = 2; UPDATE a SET v = 'a' WHERE k = 1").unwrap();
    writer.batch_execute("VACUUM FULL a").unwrap();
    assert_eq!(hash(), first);
    writer.batch_execute("UPDATE a SET v = 'c' WHERE k = 1").unwrap();
    assert_ne!(hash(), first);
}

#[test]
fn many_rows_at_any_number_of_threads() {
    let sql = "CREATE TABLE a(k int PRIMARY KEY, v numeric(12,2), t text); INSERT INTO a SELECT g, g / 7.0, 'n' || g FROM generate_series(1, 200000) g;";
    let Some(_server) = server("tw_many", sql) else { return };
    let one = Fixture { threads: 1, ..Fixture::new(vec![of_table("k:int v:decimal(12,2) t:text", "tw_many.a")]) };
    let (a, b) = (one.load(), Fixture { threads: 4, ..one }.load());
    assert!(a.tables["t"].frame.equals_missing(&b.tables["t"].frame));
    assert_eq!((&a.figures, &a.inputs), (&b.figures, &b.inputs));
    assert_eq!(totals(&a, "t"), [200_000, 200_000, 0, 0]);
    assert_eq!(cell(&a, "t", "v", 199_999), "28571.43");
}
