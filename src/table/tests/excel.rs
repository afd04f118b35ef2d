//! Sheets of workbooks; tests/workbooks/make.py makes the files.

use super::*;
use crate::diag::ids as id;
use crate::manifest::model::{CellRange, Excel, HeaderRow, Sheet};

const XLSX: &[u8] = include_bytes!("../../../tests/workbooks/orders.xlsx");
const XLSX_1904: &[u8] = include_bytes!("../../../tests/workbooks/orders-1904.xlsx");
const XLS: &[u8] = include_bytes!("../../../tests/workbooks/orders.xls");
const ODS: &[u8] = include_bytes!("../../../tests/workbooks/orders.ods");
const COLUMNS: &str =
    "Order:text Customer:text Qty:int Price:decimal(9,2) Placed:date Changed:datetime Paid:bool Ratio:float";

fn one(columns: &str, name: &str, bytes: impl AsRef<[u8]>, excel: Excel) -> Fixture {
    let mut t = table("t", columns);
    t.source = Source { paths: vec![name.into()], format: Format::Excel(excel), ..t.source };
    Fixture::new(vec![t]).file(name, bytes)
}

fn sheet(name: &str) -> Excel {
    Excel { sheet: Some(Sheet::Name(name.into())), ..Excel::default() }
}

/// Rows that are turned away, as `line column text: message`.
fn reasons(loaded: &Loaded) -> Vec<String> {
    loaded.rejected.iter().map(|r| format!("{} {} {}: {}", r.line, r.column, r.text, r.message)).collect()
}

#[test]
fn cells_are_read_as_declared() {
    for (name, bytes) in [("orders.xlsx", XLSX), ("orders-1904.xlsx", XLSX_1904)] {
        let loaded = one(COLUMNS, name, bytes, sheet("Orders")).load();
        assert_eq!(cells(&loaded, "t", "Order"), "007 16 M1", "{name}");
        assert_eq!(cells(&loaded, "t", "Customer"), "17850 e merged");
        assert_eq!(cells(&loaded, "t", "Price"), "19.99 2.50 1.00");
        assert_eq!(cells(&loaded, "t", "Placed"), "2017-03-31 2017-04-01 2017-03-31");
        assert_eq!(cell(&loaded, "t", "Changed", 0), "2017-03-31 08:30:15");
        assert_eq!(cells(&loaded, "t", "Paid"), "true true true");
        assert_eq!(cells(&loaded, "t", "Ratio"), "0.5 3.0 1.0");
        assert_eq!(loaded.tables["t"].lines.place(1), format!("datasets/{name}:8"));
        assert_eq!(loaded.figures[0].undeclared, [("column XFD".to_owned(), 1)]);
        let reasons = reasons(&loaded);
        let expected = [
            "3 Qty 9007199254740992: a number of 2^53 or more, which a double does not hold exactly",
            "4 Qty 2.5: not a whole number",
            "5 Price 1.005: a decimal with more than 2 digits behind the point",
            "6 Placed 2017-03-31T08:30:15: a date with a time of day",
            "7 Placed 42825: a number whose cell has no date's format, not a date",
            "10 Qty #N/A: an error of the sheet",
            "11 Qty #DIV/0!: an error of the sheet",
        ];
        assert_eq!(reasons[1..7], expected[1..7], "{name}");
        assert!(reasons[0].starts_with("3 Qty 9007199254740992"), "{}", reasons[0]);
        assert_eq!(totals(&loaded, "t")[0], 3 + reasons.len() as u64);
    }
}

#[test]
fn times_and_merged_cells() {
    let loaded = one("Order:text Customer:text Placed:date", "o.xlsx", XLSX, sheet("Orders")).load();
    assert_eq!(
        loaded.rejected.last().map(|r| (r.line, r.message.as_str())),
        Some((13, "a time, or a number that is no day of the workbook's calendar, not a date"))
    );
    let loaded = one("Order:text Customer:text", "o.xlsx", XLSX, sheet("Orders")).load();
    assert_eq!(cells(&loaded, "t", "Customer"), "17850 17850 a b c d e f f merged -");
    assert_eq!(cells(&loaded, "t", "Order"), "007 客-2 12 13 14 15 16 E1 E2 M1 M2");
}

#[test]
fn dates_of_both_systems_are_the_same_days() {
    for bytes in [XLSX, XLSX_1904] {
        let loaded = one("Order:text Placed:text Changed:text Paid:text", "o.xlsx", bytes, sheet("Orders")).load();
        assert_eq!(cell(&loaded, "t", "Placed", 0), "2017-03-31");
        assert_eq!(cell(&loaded, "t", "Changed", 0), "2017-03-31T08:30:15");
        let old: Vec<String> = reasons(&loaded).into_iter().filter(|reason| reason.starts_with("3 ")).collect();
        match bytes == XLSX {
            true => assert_eq!(cell(&loaded, "t", "Paid", 1), "FALSE"),
            false => assert_eq!(
                old,
                ["3 Placed -1401: a time, or a number that is no day of the workbook's calendar, not a text"],
                "no day before 1904"
            ),
        }
    }
    let loaded = one("Order:text Placed:date", "o.xlsx", XLSX, sheet("Orders")).load();
    assert_eq!(cell(&loaded, "t", "Placed", 1), "1900-03-01");
}

#[test]
fn other_workbooks_hold_the_same() {
    let loaded = one(COLUMNS, "orders.xls", XLS, Excel::default()).load();
    assert_eq!(cells(&loaded, "t", "Order"), "007 16");
    assert_eq!(cells(&loaded, "t", "Customer"), "17850 e");
    assert_eq!(cells(&loaded, "t", "Placed"), "2017-03-31 2017-04-01");
    assert_eq!(cell(&loaded, "t", "Changed", 0), "2017-03-31 08:30:15");
    assert_eq!(reasons(&loaded).len(), 5);
    let loaded = one(COLUMNS, "orders.ods", ODS, Excel::default()).load();
    assert_eq!(cells(&loaded, "t", "Order"), "007 16");
    assert_eq!(cells(&loaded, "t", "Price"), "19.99 2.50");
    assert_eq!(cell(&loaded, "t", "Changed", 0), "2017-03-31 08:30:15");
    assert_eq!(cells(&loaded, "t", "Paid"), "true true");
    assert_eq!(reasons(&loaded).last().map(String::as_str), Some("9 Qty #N/A: an error of the sheet"));
    let loaded = one(COLUMNS, "misnamed.xlsx", ODS, Excel::default()).load();
    assert_eq!(totals(&loaded, "t"), [8, 2, 6, 0], "what it holds counts, not its name");
}

#[test]
fn ranges_and_header_rows() {
    let titled = |excel: Excel| one("Region:text 2016:float 2017:int", "o.xlsx", XLSX, Excel { ..excel });
    let excel = Excel { header: HeaderRow::Row(2), ..sheet("Titled") };
    let loaded = titled(excel.clone()).load();
    assert_eq!(cells(&loaded, "t", "Region"), "East West Total");
    assert_eq!(cells(&loaded, "t", "2016"), "10.0 1.5 11.5");
    assert_eq!(cells(&loaded, "t", "2017"), "20 - 20");
    let range = |rows| Some(CellRange { columns: (1, 3), rows });
    let loaded = titled(Excel { range: range((2, Some(4))), header: HeaderRow::First, ..excel.clone() }).load();
    assert_eq!(cells(&loaded, "t", "Region"), "East West");
    let loaded = titled(Excel { range: range((3, Some(4))), ..excel.clone() }).load();
    assert_eq!(cells(&loaded, "t", "Region"), "East West", "the header stands above the range");
    let loaded = titled(Excel { range: range((3, None)), header: HeaderRow::None, ..excel.clone() }).load();
    assert_eq!(cells(&loaded, "t", "Region"), "East West Total");
    let (findings, _) = titled(Excel { range: range((3, None)), header: HeaderRow::First, ..excel }).fails();
    assert_eq!(ids(&findings), [id::COLUMN_MISSING; 3]);
    let (findings, _) = titled(Excel { header: HeaderRow::Row(1), ..sheet("Titled") }).fails();
    assert_eq!(findings[0].message, "row 2 of datasets/o.xlsx (Titled) is empty: it should name the columns");
}

#[test]
fn sheets_are_named_or_there_is_one() {
    let fails = |excel: Excel| one("a:text", "o.xlsx", XLSX, excel).fails().0.remove(0);
    let found = fails(Excel::default());
    assert_eq!((found.id, found.message.as_str()), (id::WRONG_VALUE, "`datasets/o.xlsx` has 4 visible sheets"));
    assert!(found.help[0].contains("`Orders`, `Notes`, `Titled`, `Empty`, `Hidden`"), "{:?}", found.help);
    assert_eq!(fails(sheet("Orderz")).help, ["did you mean `Orders`?"]);
    let number = |n| Excel { sheet: Some(Sheet::Number(n)), ..Excel::default() };
    assert_eq!(fails(number(6)).message, "no sheet 6 in `datasets/o.xlsx`, which has 5");
    assert_eq!(fails(sheet("Empty")).message, "datasets/o.xlsx (Empty) is empty: not even a header");
    let loaded = one("nothing:text", "o.xlsx", XLSX, number(2));
    assert_eq!(ids(&loaded.fails().0), [id::TABLE_EMPTY]);
}

#[test]
fn damaged_workbooks_are_findings() {
    let not_whole = |bytes: &[u8]| {
        let (findings, _) = one(COLUMNS, "o.xlsx", bytes, sheet("Orders")).fails();
        assert_eq!(findings[0].id, id::FILE_FORMAT, "{findings:?}");
    };
    not_whole(b"");
    not_whole(b"a,b\n1,2\n");
    not_whole(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    for file in [XLSX, XLS, ODS] {
        for part in 1..20 {
            not_whole(&file[..file.len() * part / 20]);
        }
    }
    // Whatever single bytes are, nothing breaks off: there are rows, or findings.
    for file in [XLSX, XLS, ODS] {
        for at in (0..file.len()).step_by(97) {
            let mut bytes = file.to_vec();
            bytes[at] ^= 0xff;
            let fixture = one(COLUMNS, "o.xlsx", bytes, sheet("Orders"));
            assert!(!matches!(fixture.try_load(), Err(LoadFailure::Error(_))), "byte {at}");
        }
    }
}
