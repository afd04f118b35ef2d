//! Sources that are no CSV and no Parquet: what they mean, what is found in those with faults, and that no password is
//! ever shown.

use super::{ACCOUNTS, PROJECT, load_files, manual, shown, table_with};
use crate::diag::render;
use crate::manifest::model::{
    CellRange, Excel, Format, HeaderRow, Numbers, Postgres, Relation, Rows, Sheet, Thousands,
};

#[test]
fn the_manuals_further_sources_mean_what_they_say() {
    let project = manual().remove(0);
    let format = |table: &str| project.tables[table].source.format.clone();
    assert_eq!(format("site_visits"), Format::Ndjson(Default::default()));
    assert_eq!(project.tables["site_visits"].source.paths, ["visits/*.ndjson"]);
    assert_eq!(project.tables["site_visits"].columns["account"].from, "customer.id");
    let budgets = Excel {
        sheet: Some(Sheet::Name("Plan 2017".into())),
        range: Some(CellRange { columns: (1, 4), rows: (2, Some(199)) }),
        header: HeaderRow::Row(2),
        numbers: Numbers { decimal: b',', thousands: Some(Thousands::Point) },
    };
    assert_eq!(format("budgets"), Format::Excel(budgets));
    let rows = |what, timeout| Rows { what, order_by: Vec::new(), timeout };
    assert_eq!(format("tickets"), Format::Sqlite(rows(Relation::Table("tickets".into()), 1_800_000)));
    let Format::Sqlite(Rows { what: Relation::Query(query), timeout: 300_000, .. }) = format("calls") else {
        panic!("a query")
    };
    assert!(query.contains("group by account"));
    let invoices = rows(Relation::Table("public.invoices".into()), 1_800_000);
    assert_eq!(format("ledger"), Format::Postgres(Postgres { connection: "CRM_DATABASE".into(), rows: invoices }));
    assert!(project.tables["ledger"].source.paths.is_empty());
}

#[test]
fn faults_of_further_sources_are_found_at_once() {
    let columns = "\ncolumns: { a: int }\nkey: a\n";
    let found = |source: &str| table_with(&format!("source: {source}{columns}"));
    insta::assert_snapshot!(found("{ path: a.ndjson, delimiter: ';' }"), @"datasets/t.yaml:1:27 unknown-key: an NDJSON `source` has no key `delimiter`; its keys are path, format, compression, decimal, thousands");
    insta::assert_snapshot!(found("{ path: a.xlsx, sheet: 0, range: A3, header_row: 0, header: maybe }"), @r"
    datasets/t.yaml:1:32 wrong-value: `sheet` must be an int from 1 to 100000, found the int `0`
    datasets/t.yaml:1:42 wrong-value: `range` must be cells as `A3:F200`, `A3:F` or `A:F`, found the text `A3`
    datasets/t.yaml:1:58 wrong-value: `header_row` must be an int from 1 to 1048576, found the int `0`
    datasets/t.yaml:1:69 wrong-value: `header` must be true or false, found the text `maybe`
    ");
    insta::assert_snapshot!(found("{ path: a.xlsx, range: 'A1:B3', header_row: 3, header: false }"), @r"
    datasets/t.yaml:1:53 wrong-value: `header_row` leaves no row of `range`
    datasets/t.yaml:1:64 wrong-value: `header: false` and `header_row` contradict each other
    ");
    insta::assert_snapshot!(found("crm.db"), @"datasets/t.yaml:1:9 missing-key: a SQLite file holds several tables; say `source: { path: …, table: … }`");
    insta::assert_snapshot!(found("{ path: crm.db }"), @"datasets/t.yaml:1:1 missing-key: a database as `source` needs the key `table` or `query`");
    insta::assert_snapshot!(found("{ path: crm.db, table: t, query: select 1 }"), @"datasets/t.yaml:1:35 name-clash: `table` and `query` say two things");
    insta::assert_snapshot!(found("{ path: crm.db, query: drop table t, timeout: soon, order_by: [b] }"), @r"
    datasets/t.yaml:1:32 wrong-value: `query` must begin with `select`, `with` or `values`
    datasets/t.yaml:1:55 wrong-value: `timeout` must be a time as 30s or 5min, found the text `soon`; at least 1ms, and at most 24 days
    ");
    insta::assert_snapshot!(found("{ path: crm.db, table: t, timeout: soon, order_by: [b] }"), @r"
    datasets/t.yaml:1:44 wrong-value: `timeout` must be a time as 30s or 5min, found the text `soon`; at least 1ms, and at most 24 days
    datasets/t.yaml:1:61 unknown-column: no column `b` in this table
    ");
    insta::assert_snapshot!(found("{ format: postgres, path: x, table: t }"), @r"
    datasets/t.yaml:1:1 missing-key: a PostgreSQL `source` needs the key `connection`
    datasets/t.yaml:1:29 unknown-key: a PostgreSQL `source` has no key `path`; its keys are format, connection, table, query, order_by, timeout
    ");
    insta::assert_snapshot!(found("{ format: postgres, connection: db.example/crm, table: t }"), @"datasets/t.yaml:1:41 wrong-value: `connection` must be the name of an environment variable: letters, digits and `_`; put the URL into that variable: `postgres://user:password@host:5432/database`");
    insta::assert_snapshot!(found("{ path: a.csv, format: exel }"), @"datasets/t.yaml:1:32 wrong-value: `format` must be `csv`, `parquet`, `ndjson`, `excel`, `sqlite` or `postgres`, found the text `exel`; did you mean `excel`?");
}

#[test]
fn a_query_without_an_order_is_warned_of() {
    let manifest = |query: &str| {
        let text = format!("source:\n  format: postgres\n  connection: DB\n  query: {query}\ncolumns: {{ a: int }}\n");
        let files = [("tierwright.yaml", PROJECT), ("datasets/accounts.yaml", ACCOUNTS), ("datasets/t.yaml", &text)];
        let (project, findings, sources) = load_files(&files);
        assert!(project.is_some());
        shown(&findings, &sources).join("\n")
    };
    assert_eq!(manifest("select a from t order by a"), "");
    assert_eq!(manifest("select a from t\n  order_by: a"), "");
    let found = manifest("select a from t -- order by a");
    assert!(found.starts_with("datasets/t.yaml:4:3 row-order: the query does not say"), "{found}");
}

/// Whatever else is wrong with a file, its password is in no message and in no text that is shown or copied.
#[test]
fn passwords_in_manifests_are_never_shown() {
    let secret = "hunter2-geheim";
    for (source, found) in [
        ("{ format: postgres, connection: \"postgres://crm:SECRET@db/crm\", table: t }", true),
        ("{ format: postgres, connection: \"postgresql://crm:SECRET@db/crm\", tabel: t, x: 1 }", true),
        ("{ format: postgres, connection: 'host=db password=SECRET', table: t }", true),
        ("{ format: postgres, connection: \"host=db password='a SECRET'\", table: t }", true),
        ("{ format: postgres, connection: DB, table: t, password: SECRET }", true),
        ("{ format: postgres, connection: DB, table: t, Password: \"SECRET\", tabel: x }", true),
        ("{ connection: 'postgres://crm:SECRET@db/crm', table: t }", true),
        ("{ format: csv, path: 'postgres://crm:SECRET@db/crm' }", false),
        ("postgres://crm:SECRET@db/crm", false),
        ("{ format: postgres, connection: 'postgres://crm:SECRET@db/crm', table: [", false),
        ("{ format: postgres, 'password' : SECRET, table: [", false),
    ] {
        let source = source.replace("SECRET", secret);
        let text = format!("source: {source}\ncolumns: {{ a: int }}\nkey: b\n");
        let files = [("tierwright.yaml", PROJECT), ("datasets/accounts.yaml", ACCOUNTS), ("datasets/t.yaml", &text)];
        let (project, findings, sources) = load_files(&files);
        assert!(project.is_none(), "{source}");
        assert_eq!(findings.iter().any(|f| f.id.name() == "credentials"), found, "{source}: {findings:?}");
        let all = format!(
            "{findings:?} {} {} {:?}",
            render::text(&findings, &sources, render::Style::default()),
            render::json(&findings, &sources),
            sources
        );
        assert!(!all.contains(secret), "{all}");
    }
}
