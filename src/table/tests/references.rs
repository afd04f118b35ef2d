//! References: found, missing, orphaned, related rows.

use super::*;
use crate::diag::ids as id;
use crate::rules::data::Related;
use crate::rules::schema::{ManySchema, ReferenceSchema, Schema, TableSchema};
use crate::rules::types::TableId;

const NONE: u32 = u32::MAX;

fn orders(orphans: Orphans) -> Fixture {
    let customers = table("customers", "k:text parent:text");
    let mut orders = table("orders", "id:int customer:text");
    orders.references = vec![reference("who", "customer", "customers", orphans)];
    Fixture::new(vec![customers, orders])
        .file("customers.csv", "k,parent\n华为,\nb,华为\nc,gone\n")
        .file("orders.csv", "id,customer\n1,c\n2,华为\n3,\n4,nobody\n5,c\n")
}

#[test]
fn references_find_rows_and_orphans_are_counted() {
    let loaded = orders(Orphans::Count).load();
    assert_eq!(loaded.tables["orders"].references, [[2, 0, NONE, NONE, 2]]);
    let figures = &loaded.figures[1].references[0];
    assert_eq!((figures.missing, figures.orphans), (1, 1));
    assert_eq!(totals(&loaded, "orders"), [5, 5, 0, 0]);
}

#[test]
fn orphans_go_to_quarantine_or_fail_where_declared() {
    let loaded = orders(Orphans::Quarantine).load();
    assert_eq!(loaded.tables["orders"].references, [[2, 0, 2]]);
    assert_eq!(rejected(&loaded), ["4 customer orphan", "5 customer orphan"]);
    assert_eq!(loaded.rejected[0].message, "reference `who` is missing");
    assert_eq!(loaded.rejected[1].message, "reference `who` finds no row of `customers`");
    assert_eq!(loaded.rejected[1].text, "nobody");
    let (findings, _) = orders(Orphans::Fail).fails();
    assert_eq!(ids(&findings), [id::ORPHAN]);
    assert_eq!(findings[0].message, "2 rows of `orders` refer to no row of `customers`");
    assert_eq!(
        findings[0].notes,
        ["datasets/orders.csv:4: `customer` is missing", "datasets/orders.csv:5: no `nobody`"]
    );
}

#[test]
fn row_numbers_are_those_of_rows_that_stay() {
    let mut fixture = orders(Orphans::Count);
    fixture.tables[0].references = vec![reference("up", "parent", "customers", Orphans::Quarantine)];
    let loaded = fixture.file("customers.csv", "k,parent\nx,x\nc,gone\n华为,x\nz,c\nb,华为\n").load();
    assert_eq!(cells(&loaded, "customers", "k"), "x 华为 b", "a row may refer to itself");
    assert_eq!(loaded.tables["customers"].references, [[0, 0, 1]]);
    assert_eq!(loaded.rejected[1].message, "the row of `customers` that it refers to is in quarantine");
    assert_eq!(loaded.tables["orders"].references, [[NONE, 1, NONE, NONE, NONE]]);
    assert_eq!(loaded.figures[1].references[0].orphans, 3, "those in quarantine are lost too");
}

#[test]
fn quarantine_spreads_along_a_chain_and_stops_in_a_circle() {
    let mut a = table("a", "k:int up:int");
    a.references = vec![reference("next", "up", "a", Orphans::Quarantine)];
    // 1 to 1000 hang on one that is not there; 2001 and 2002 on each other.
    let chain: String = (1..=1000).map(|i| format!("{i},{}\n", i - 1)).collect();
    let loaded = Fixture::one(a, format!("k,up\n{chain}2001,2002\n2002,2001\n")).load();
    assert_eq!(cells(&loaded, "a", "k"), "2001 2002");
    assert_eq!(totals(&loaded, "a"), [1002, 2, 1000, 0]);
    assert_eq!(loaded.tables["a"].references, [[1, 0]]);
}

#[test]
fn compound_references_and_unlike_types() {
    let mut regions = table("regions", "country:text number:int");
    regions.key = vec!["country".into(), "number".into()];
    let mut t = table("t", "k:int c:text n:int");
    t.references = vec![reference("region", "c+n", "regions", Orphans::Count)];
    let mut fixture = Fixture::new(vec![t, regions])
        .file("regions.csv", "country,number\nCN,1\nCN,2\nDE,1\n")
        .file("t.csv", "k,c,n\n1,DE,1\n2,CN,2\n3,CN,\n4,FR,1\n");
    let loaded = fixture.load();
    assert_eq!(loaded.tables["t"].references, [[2, 1, NONE, NONE]]);
    assert_eq!((loaded.figures[0].references[0].missing, loaded.figures[0].references[0].orphans), (1, 1));
    let odd = ["n+c", "c"].map(|columns| reference("odd", columns, "regions", Orphans::Count));
    fixture.tables[0].references = odd.into_iter().chain([reference("none", "c", "nothing", Orphans::Count)]).collect();
    let mut found = ids(&fixture.fails().0);
    found.sort_by_key(|id| id.name());
    assert_eq!(found, [id::TYPE_MISMATCH, id::UNKNOWN_TABLE, id::WRONG_VALUE]);
}

#[test]
fn a_broken_table_does_not_orphan_others() {
    let fixture = orders(Orphans::Fail).file("customers.csv", "wrong\nx\n");
    let findings = fixture.fails().0;
    assert_eq!(ids(&findings), [id::COLUMN_MISSING, id::COLUMN_MISSING]);
}

fn table_schema(name: &str, references: &[(&str, u16)], many: Vec<ManySchema>) -> TableSchema {
    let reference = |(name, target): &(&str, u16)| ReferenceSchema {
        name: (*name).into(),
        target: TableId(*target),
        optional: true,
    };
    TableSchema { name: name.into(), columns: Vec::new(), references: references.iter().map(reference).collect(), many }
}

#[test]
fn related_rows_come_in_the_order_of_the_far_table() {
    let mut lines = table("lines", "id:int order:int");
    lines.references = vec![reference("of", "order", "orders", Orphans::Count)];
    let mut fixture = orders(Orphans::Count);
    fixture.tables.push(lines);
    let loaded = fixture.file("lines.csv", "id,order\n1,5\n2,1\n3,99\n4,2\n5,5\n6,4\n").load();
    let many = |name: &str, table, path: &[(u16, usize)]| ManySchema {
        name: name.into(),
        table: TableId(table),
        path: path.iter().map(|(t, r)| (TableId(*t), *r)).collect(),
    };
    let schema = Schema {
        tables: vec![
            table_schema("customers", &[], vec![many("orders", 1, &[(1, 0)]), many("lines", 2, &[(2, 0), (1, 0)])]),
            table_schema("orders", &[("who", 0)], vec![many("lines", 2, &[(2, 0)])]),
            table_schema("lines", &[("of", 1)], Vec::new()),
            table_schema("not loaded", &[], vec![many("x", 1, &[(1, 0)])]),
        ],
        customer: TableId(0),
    };
    let related = related(&schema, &loaded.tables);
    assert_eq!(related[0][0], Related { offsets: vec![0, 1, 1, 3], rows: vec![1, 0, 4] });
    assert_eq!(related[0][1], Related { offsets: vec![0, 1, 1, 4], rows: vec![3, 0, 1, 4] });
    assert_eq!(related[1][0].of(4), [0, 4]);
    assert_eq!(related[3][0], Related { offsets: vec![0], rows: vec![] });
}

#[test]
fn references_most_of_which_find_nothing_are_warned_of() {
    let mut t = table("t", "k:int of:text");
    t.references = vec![reference("unit", "of", "units", Orphans::Count)];
    let mut units = table("units", "id:text");
    units.key = vec!["id".into()];
    let load = |csv: &str| {
        let fixture = Fixture::new(vec![t.clone(), units.clone()]).file("units.csv", "id\n1\n2\n");
        fixture.file("t.csv", csv).load().warnings.iter().map(|d| d.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(load("k,of\n1,01\n2,1\n3,\n"), Vec::<String>::new(), "one of two is not most");
    assert_eq!(load("k,of\n1,01\n2,02\n3,1\n4,\n"), ["2 of 3 references of `t` find no row of `units`"]);
    assert_eq!(load("k,of\n1,\n"), Vec::<String>::new());
}
