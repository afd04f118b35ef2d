//! Single rows: width, encoding, types, needed values.

use super::*;
use crate::diag::ids as id;

#[test]
fn chinese_headers_values_and_a_byte_order_mark() {
    let text = "\u{feff}名称,编号\r\n华为技术,1\r\n\"小米, 北京\",2\r\n";
    let loaded = Fixture::one(table("客户", "编号:int 名称:text"), text).load();
    assert_eq!(cells(&loaded, "客户", "编号"), "1 2");
    assert_eq!(cell(&loaded, "客户", "名称", 1), "小米, 北京");
    assert_eq!(loaded.tables["客户"].lines.place(1), "datasets/客户.csv:3");
    let names: Vec<_> = loaded.tables["客户"].frame.get_column_names().iter().map(|n| n.to_string()).collect();
    assert_eq!(names, ["编号", "名称"], "columns are in the manifest's order");
}

#[test]
fn every_type_comes_out_as_declared() {
    use polars::prelude::{DataType as P, TimeUnit};
    let columns = "k:text i:int f:float d:decimal(6,2) b:bool day:date at:datetime";
    let text = "k,i,f,d,b,day,at\n007,-1,1.5,12.30,True,2016-02-29,2016-02-29T00:00:00.000001Z\nx,,,,,,\ny,\"\",\"\",\"\",\"\",\"\",\"\"\n";
    let loaded = Fixture::one(table("t", columns), text).load();
    let frame = &loaded.tables["t"].frame;
    let types: Vec<_> = frame.dtypes();
    let at = P::Datetime(TimeUnit::Microseconds, None);
    assert_eq!(types, [P::String, P::Int64, P::Float64, P::Decimal(6, 2), P::Boolean, P::Date, at]);
    let row: Vec<_> = frame.get_column_names().iter().map(|n| cell(&loaded, "t", n, 0)).collect();
    assert_eq!(row, ["007", "-1", "1.5", "12.30", "true", "2016-02-29", "2016-02-29 00:00:00.000001"]);
    for row in 1..3 {
        assert!(frame.columns()[1..].iter().all(|c| c.get(row).unwrap() == AnyValue::Null), "quoted or not");
    }
}

#[test]
fn the_first_fault_in_column_order_is_the_reason() {
    let mut t = table("t", "k:text n:int m:int");
    t.columns["m"].required = true;
    let text = "m,n,k\n1,1,a\n,x,b\n,2,c\n3,3\n3,3,d,e\n3,3,\n\n4,99999999999999999999,f\n5,5,g\n";
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "k"), "a g");
    assert_eq!(
        rejected(&loaded),
        ["3 n value-wrong", "4 m value-required", "5  row-width", "6  row-width", "7 k key-empty", "9 n value-wrong"]
    );
    let texts: Vec<_> = loaded.rejected.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(texts, ["x", "", "3,3", "3,3,d,e", "", "99999999999999999999"]);
    assert_eq!(loaded.rejected[2].message, "2 fields where 3 are expected");
    assert_eq!(loaded.rejected[0].line_of_text(), "datasets/t.csv:3: `n` is `x`: not an int");
    assert_eq!(totals(&loaded, "t"), [8, 2, 6, 0]);
    assert_eq!(loaded.tables["t"].lines.place(1), "datasets/t.csv:10");
}

#[test]
fn bytes_that_are_not_utf8_matter_where_they_are_read() {
    let text = b"k,v,other\na,ok,\xff\n\xff,x,y\nb,\xce\xd2,y\nc,ok,y\n";
    let loaded = Fixture::one(table("t", "k:text v:text"), text).load();
    assert_eq!(cells(&loaded, "t", "k"), "a c");
    assert_eq!(rejected(&loaded), ["3 k encoding", "4 v encoding"]);
    assert_eq!(loaded.rejected[1].text, "<CE><D2>");
}

#[test]
fn lines_count_from_the_records_start() {
    let text = "k,v\r\na,\"one\r\ntwo\"\r\n\r\nb,x\r\nc,3\r\n";
    let loaded = Fixture::one(table("t", "k:text v:text"), text).load();
    let lines: Vec<_> = (0..3).map(|row| loaded.tables["t"].lines.line(row)).collect();
    assert_eq!(lines, [2, 5, 6]);
    assert_eq!(cell(&loaded, "t", "v", 0), "one\r\ntwo");
}

#[test]
fn nul_bytes_and_long_fields_are_named() {
    let long = "x".repeat(10 << 20);
    let text = format!("k,v,n\na,q\0q,1\nb,{long},2\nc,w,{long}\n");
    let loaded = Fixture::one(table("t", "k:text v:text n:int"), text).load();
    assert_eq!(cell(&loaded, "t", "v", 0).len(), 10 << 20);
    assert_eq!(rejected(&loaded), ["2 v value-wrong", "4 n value-wrong"]);
    assert_eq!(loaded.rejected[1].text.chars().count(), 201);
}

#[test]
fn text_behind_a_closing_quote_is_turned_away() {
    let text = "k,v\n\"a\"x,1\n\"b\"\"c\",2\nd\"e\",3\n";
    let loaded = Fixture::one(table("t", "k:text v:int"), text).load();
    assert_eq!(cells(&loaded, "t", "k"), "b\"c d\"e\"");
    assert_eq!(loaded.rejected[0].message, "text behind a closing quote");
    assert_eq!(loaded.rejected[0].line, 2);
}

#[test]
fn delimiter_quote_and_header_are_as_declared() {
    let mut t = table("t", "k:text v:text");
    t.source.format = Format::Csv(Csv { quote: None, header: false, ..Csv::delimited(b';') });
    let loaded = Fixture::one(t, "a;\"1\nb;5\"\n").load();
    assert_eq!(cells(&loaded, "t", "k"), "a b");
    assert_eq!(cells(&loaded, "t", "v"), "\"1 5\"");
    assert_eq!(loaded.tables["t"].lines.line(0), 1);
}

#[test]
fn too_many_rows_in_quarantine_fail_the_run() {
    let mut t = table("t", "k:text n:int");
    t.quarantine_limit = 0.5;
    let good = Fixture::one(t.clone(), "k,n\na,1\nb,x\n");
    assert_eq!(good.load().tables["t"].rows(), 1, "the limit itself is allowed");
    let bad: String = (0..30).map(|i| format!("k{i},x\n")).collect();
    let (findings, loaded) = Fixture::one(t, format!("k,n\na,1\n{bad}")).fails();
    assert_eq!(ids(&findings), [id::TOO_MANY_QUARANTINED]);
    assert_eq!(findings[0].message, "30 of 31 rows of `t` are in quarantine (96.77 %), more than the 50 % allowed");
    assert_eq!(findings[0].location.as_deref(), Some("datasets/t.csv:3"));
    assert_eq!(findings[0].notes[0], "datasets/t.csv:3: `n` is `x`: not an int");
    assert_eq!(findings[0].notes[3..], ["and 27 more rows with `n`: not an int"]);
    assert_eq!(loaded.quarantine.height(), 30, "the record of the failed run has them all");
}

#[test]
fn each_reason_of_quarantine_is_shown_with_what_to_declare() {
    let text = "k,n,b\na,17850.0,true\nb,1,0\nc,17851.0,true\nd,5\n";
    let none_allowed = |columns| Table { quarantine_limit: 0.0, ..table("t", columns) };
    let (findings, _) = Fixture::one(none_allowed("k:text n:int b:bool"), text).fails();
    let notes = [
        "datasets/t.csv:2: `n` is `17850.0`: not an int",
        "datasets/t.csv:4: `n` is `17851.0`: not an int",
        "datasets/t.csv:3: `b` is `0`: not true or false",
        "datasets/t.csv:5: 2 fields where 3 are expected: `d,5`",
    ];
    let mut found = findings[0].notes.clone();
    found.sort();
    let mut notes = notes.map(str::to_owned);
    notes.sort();
    assert_eq!(found, notes);
    assert!(findings[0].help[0].starts_with("`n` is written with a point: declare `float`"), "{:?}", findings[0].help);

    let (findings, _) = Fixture::one(none_allowed("k:text b:bool"), "k,b\na,1\n").fails();
    assert!(findings[0].help[0].contains("`values: { 1: true, 0: false }`"), "{:?}", findings[0].help);
}

#[test]
fn an_empty_table_fails_unless_it_may_be_empty() {
    let mut other = table("u", "k:text");
    other.may_be_empty = true;
    let mut customers = table("t", "k:text");
    let both = |t: &Table| Fixture::new(vec![t.clone(), other.clone()]).file("t.csv", "k\na\n").file("u.csv", "k\n");
    assert_eq!(both(&customers).load().tables["u"].rows(), 0);
    other.may_be_empty = false;
    let fixture = Fixture::new(vec![customers.clone(), other]).file("t.csv", "k\na\n").file("u.csv", "k\n");
    assert_eq!(ids(&fixture.fails().0), [id::TABLE_EMPTY]);
    customers.may_be_empty = true;
    let (findings, _) = Fixture::one(customers.clone(), "k\n").fails();
    assert_eq!(findings[0].message, "table `t` has no rows");
    let (findings, _) = Fixture::one(customers, "k\n\"\"\n").fails();
    assert_eq!(findings[0].message, "none of the 1 rows of `t` is left");
}

#[test]
fn figures_are_over_the_rows_that_stay() {
    let mut t = table("t", "k:text p:text f:float n:int");
    t.columns["p"].values = [("GTXPro".to_owned(), "GTX Pro".to_owned())].into();
    t.columns["p"].missing = vec!["-".into()];
    let text = "k,p,f,n,x\na,GTXPro,NaN,1,0\nb,GTX Pro,inf,2,0\nc,-,0.5,2,0\nd,,,,0\ne,GTXPro,1,x,0\n";
    let loaded = Fixture::one(t, text).load();
    let figures = &loaded.figures[0];
    assert_eq!(totals(&loaded, "t"), [5, 4, 1, 0]);
    assert_eq!(figures.undeclared, [("x".to_owned(), 1)]);
    let p = &figures.columns[1];
    assert_eq!((p.figures.missing, p.figures.distinct), (2, Some(1)));
    assert_eq!(p.corrected, [("GTXPro".to_owned(), "GTX Pro".to_owned(), 1)], "the row of line 6 is in quarantine");
    assert_eq!(p.tokens, [("-".to_owned(), 1)]);
    let f = &figures.columns[2];
    assert_eq!((f.figures.missing, f.not_finite, f.figures.distinct), (3, 2, Some(1)));
    let n = &figures.columns[3].figures;
    assert_eq!((n.min.as_deref(), n.max.as_deref(), n.distinct), (Some("1"), Some("2"), Some(2)));
    let names: Vec<_> = loaded.quality.get_column_names().iter().map(|n| n.to_string()).collect();
    assert_eq!(names, ["table", "column", "measure", "detail", "count", "value"]);
    let detail = loaded.quality.column("detail").unwrap();
    assert!((0..detail.len()).any(|i| detail.get(i).unwrap() == AnyValue::String("GTXPro -> GTX Pro")));
    let reason = loaded.quarantine.column("reason").unwrap().get(0).unwrap().to_string();
    assert_eq!(reason, "\"value-wrong: not an int\"");
}
