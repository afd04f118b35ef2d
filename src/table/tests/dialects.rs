//! CSV as others write it, read as the manifest says.

use super::streaming::{streamed, tiny};
use super::*;
use crate::diag::ids as id;

fn csv(columns: &str, csv: Csv) -> Table {
    let mut t = table("t", columns);
    t.source.format = Format::Csv(csv);
    t
}

#[test]
fn columns_between_blanks() {
    // As the CDNOW log is written.
    let text = " 00001 19970101  1   11.77\r\n 00002 19970112  1   12.00\r\n 00002\t19970112  5   77.00 \r\n 00003 19970102\r\n";
    let mut t = csv(
        "id:text day:date n:int value:decimal(9,2)",
        Csv { header: false, delimiter: Delimiter::Blanks, ..Csv::default() },
    );
    t.key.clear();
    t.columns["day"].formats = vec!["%Y%m%d".into()];
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "id"), "00001 00002 00002");
    assert_eq!(cells(&loaded, "t", "value"), "11.77 12.00 77.00");
    assert_eq!(cells(&loaded, "t", "day"), "1997-01-01 1997-01-12 1997-01-12");
    assert_eq!(rejected(&loaded), ["4  row-width"]);
    assert_eq!(loaded.rejected[0].text, " 00003 19970102");
}

#[test]
fn several_characters_between_fields_and_one_at_the_end() {
    let t = csv("k:text v:int", Csv { delimiter: Delimiter::Text("||".into()), ..Csv::default() });
    let loaded = Fixture::one(t, "k||v\na|b||1\n\"c||d\"||2\n").load();
    assert_eq!(cells(&loaded, "t", "k"), "a|b c||d");
    let t = csv("k:text v:int", Csv { trailing_delimiter: true, ..Csv::delimited(b'|') });
    let loaded = Fixture::one(t, "k|v|\na|1|\nb|2\nc||\n").load();
    assert_eq!((cells(&loaded, "t", "k"), cells(&loaded, "t", "v")), ("a c".into(), "1 -".into()));
    assert_eq!(loaded.rejected[0].line_of_text(), "datasets/t.csv:3: the row does not end in a delimiter: `b|2`");
}

#[test]
fn decimal_commas_and_separators_between_thousands() {
    let numbers = Numbers { decimal: b',', thousands: Some(Thousands::Point) };
    let mut t = csv("k:text f:float d:decimal(12,2) i:int", Csv { numbers, ..Csv::delimited(b';') });
    t.columns["f"].values = [("n/a".to_owned(), "0,5".to_owned())].into();
    let text = "k;f;d;i\na;1.234,5;-1.234.567,89;12.345\nb;0,5;0,5;7\nc;1.5;1;1\nd;1;12 %;1\ne;n/a;1;1\nf;€ 5;1;1\n";
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "f"), "1234.5 0.5 0.5");
    assert_eq!(cells(&loaded, "t", "d"), "-1234567.89 0.50 1.00");
    assert_eq!(cells(&loaded, "t", "i"), "12345 7 1");
    assert_eq!(rejected(&loaded), ["4 f value-wrong", "5 d value-wrong", "7 f value-wrong"]);
    assert_eq!(loaded.rejected[0].message, "not a number with groups of three digits");
}

#[test]
fn notes_before_and_comments_between_the_rows() {
    let csv_of = |skip_rows| Csv { skip_rows, comment: Some(b'#'), ..Csv::default() };
    let text = "Report \"of\", May\nmade by \"ERP\n\n# columns\nk,v\na,1\n# b \"is gone\n#b,2\n\"#c\",3\n";
    let loaded = Fixture::one(csv("k:text v:int", csv_of(3)), text).load();
    assert_eq!(cells(&loaded, "t", "k"), "a #c");
    assert_eq!(loaded.tables["t"].lines.place(1), "datasets/t.csv:9");
    assert_eq!(totals(&loaded, "t"), [2, 2, 0, 0]);
    let (findings, _) = Fixture::one(csv("k:text v:int", csv_of(99)), text).fails();
    assert_eq!(findings[0].message, "`datasets/t.csv` is empty: not even a header");
}

#[test]
fn columns_by_their_position() {
    let mut t = csv("k:text v:int", Csv { header: false, ..Csv::default() });
    t.columns["k"].from = "3".into();
    t.columns["v"].from = "1".into();
    let loaded = Fixture::one(t.clone(), "1,x,a,n\n2,y,b,n\n3,z,c\n").load();
    assert_eq!((cells(&loaded, "t", "k"), cells(&loaded, "t", "v")), ("a b".into(), "1 2".into()));
    assert_eq!(rejected(&loaded), ["3  row-width"]);
    let (findings, _) = Fixture::one(t, "1,x\n").fails();
    assert_eq!(findings[0].message, "`datasets/t.csv` has 2 fields, `k` would be number 3");
}

#[test]
fn short_and_long_rows_are_mended_where_declared() {
    let text = "k,v,t\na,1,x\nb,2\nc\nd,3,y,a note,,\ne,z,w,n\n,,,\n";
    let mut t = csv("k:text v:int t:text", Csv { short_rows: true, long_rows: true, ..Csv::default() });
    t.columns["t"].empty_is_text = true;
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "k"), "a b c d");
    assert_eq!(cells(&loaded, "t", "t"), "x - - y", "what is not there is no empty text");
    assert_eq!(rejected(&loaded), ["6 v value-wrong", "7 k key-empty"]);
    let mended = &loaded.figures[0].mended;
    assert_eq!(mended[..], [(None, "long_rows_cut", 1), (None, "short_rows_filled", 2)], "rows that are kept");
    let measures = loaded.quality.column("measure").unwrap();
    assert!((0..measures.len()).any(|i| measures.get(i).unwrap() == AnyValue::String("long_rows_cut")));
    assert_eq!(totals(&loaded, "t"), [6, 4, 2, 0]);
    let loaded = Fixture::one(csv("k:text v:int t:text", Csv { long_rows: true, ..Csv::default() }), text).load();
    assert_eq!(totals(&loaded, "t"), [6, 2, 4, 0], "one does not say the other");
}

#[test]
fn lines_that_end_in_a_carriage_return_alone() {
    let loaded = Fixture::one(csv("k:text v:int", Csv::default()), "k,v\ra,1\r\"b\rc\",2\r").load();
    assert_eq!(cells(&loaded, "t", "k"), "a b\rc");
    assert_eq!(loaded.tables["t"].lines.line(1), 3);
    // One among line feeds ends nothing, and is no part of a text that nobody quoted.
    let loaded = Fixture::one(csv("k:text v:int", Csv::default()), "k,v\na\rx,1\nb,2\r\n").load();
    assert_eq!(cells(&loaded, "t", "k"), "b");
    assert!(loaded.rejected[0].message.starts_with("a carriage return that ends no line"));
}

#[test]
fn long_rows_unclosed_quotes_and_many_columns_are_plain_findings() {
    let begun = std::time::Instant::now();
    let open = Fixture::one(csv("k:text", Csv::default()), format!("k\na\n\"{}", "b\n".repeat(2_000_000)));
    let (_, end) = streamed(&open, tiny(1 << 16, 1 << 14), None);
    assert_eq!(end.findings[0].message, "a row of more than 1 MiB");
    assert_eq!(end.findings[0].location.as_deref(), Some("datasets/t.csv:3"));
    assert_eq!(ids(&open.fails().0), [id::FILE_FORMAT]);
    let names: Vec<String> = (0..100_000).map(|i| format!("c{i}")).collect();
    let wide = format!("{}\n{}\n{}\n", names.join(","), "1,".repeat(99_999) + "1", "1,".repeat(50));
    let loaded = Fixture::one(csv("c0:int c99999:int", Csv::default()), &wide).load();
    assert_eq!(totals(&loaded, "t"), [2, 1, 1, 0]);
    assert_eq!(loaded.figures[0].undeclared.len(), 99_998);
    let absent: String = (0..50).map(|i| format!("x{i}:int ")).collect();
    assert_eq!(Fixture::one(csv(&absent, Csv::default()), &wide).fails().0.len(), 50);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    for text in ["\0", "\0\0\0\n\0", "\n\n\r\n", "\u{feff}", "\"\"", ",\n,,,\n", "k", "k\n"] {
        match Fixture::one(csv("k:text", Csv::default()), text).try_load() {
            Err(LoadFailure::Findings(found, _)) => assert_eq!(found.len(), 1, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
}
