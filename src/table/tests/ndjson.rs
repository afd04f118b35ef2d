//! One JSON object a line.

use super::*;
use crate::diag::ids as id;

fn one(columns: &str, text: impl AsRef<[u8]>) -> Fixture {
    let mut t = table("t", columns);
    t.source = Source { paths: vec!["t.ndjson".into()], format: Format::Ndjson(Numbers::default()), ..t.source };
    Fixture::new(vec![t]).file("t.ndjson", text)
}

#[test]
fn values_are_read_as_declared() {
    let text = "\u{feff}{\"k\":\"007\",\"i\":9223372036854775807,\"f\":1e-3,\"d\":12.50,\"b\":true,\"day\":\"2017-03-31\",\"at\":\"2017-03-31T08:00:00+08:00\"}\r\n\
                \n  \n\
                {\"k\":17850,\"i\":null,\"d\":\"3.1\",\"b\":\"FALSE\",\"客户\":\"\\u5ba2\\ud83d\\ude00\\n\"}\n\
                {\"k\":\"c\",\"i\":-1,\"f\":2,\"d\":1.25E1,\"b\":false}";
    let loaded = one("k:text i:int f:float d:decimal(38,2) b:bool day:date at:datetime 客户:text", text).load();
    assert_eq!(cells(&loaded, "t", "k"), "007 17850 c");
    assert_eq!(cells(&loaded, "t", "i"), "9223372036854775807 - -1");
    assert_eq!(cells(&loaded, "t", "f"), "0.001 - 2.0");
    assert_eq!(cells(&loaded, "t", "d"), "12.50 3.10 12.50");
    assert_eq!(cells(&loaded, "t", "b"), "true false false");
    assert_eq!(cells(&loaded, "t", "day"), "2017-03-31 - -");
    assert_eq!(cells(&loaded, "t", "at"), "2017-03-31 00:00:00 - -");
    assert_eq!(cell(&loaded, "t", "客户", 1), "客😀\n");
    assert_eq!(loaded.tables["t"].lines.place(1), "datasets/t.ndjson:4");
    assert_eq!(loaded.inputs[0].hash, blake3::hash(text.as_bytes()).to_hex().to_string());
    assert_eq!((loaded.inputs[0].bytes, loaded.inputs[0].rows), (text.len() as u64, 3));
}

#[test]
fn what_is_not_of_its_type_goes_with_line_and_text() {
    let rows = [
        r#"{"k":"a","i":1.0}"#,
        r#"{"k":"b","i":1e3}"#,
        r#"{"k":"c","i":9223372036854775808}"#,
        r#"{"k":"d","i":"x"}"#,
        r#"{"k":"e","i":[1]}"#,
        r#"{"k":"f","i":{"x":1}}"#,
        r#"{"k":null,"i":1}"#,
        r#"{"i":1}"#,
        r#"{"k":"g","d":1.005}"#,
        r#"{"k":"h","d":1e99}"#,
        r#"{"k":"i","i":1,"i":2}"#,
        r#"{"k":"j","x":{"y":1,"y":1}}"#,
    ];
    let loaded = one("k:text i:int d:decimal(9,2)", rows.join("\n")).fails().1;
    assert_eq!(totals(&loaded, "t"), [12, 0, 12, 0]);
    let listed: Vec<String> =
        loaded.rejected.iter().map(|r| format!("{} {} {} {}", r.line, r.column, r.text, r.message)).collect();
    assert_eq!(
        listed,
        [
            "1 i 1.0 not an int",
            "2 i 1e3 not an int",
            "3 i 9223372036854775808 an int beyond 64 bits",
            "4 i x not an int",
            "5 i [1] a list where one value is expected",
            "6 i {\"x\":1} an object where one value is expected: name a key of it in `from`",
            "7 k  a part of the key is missing",
            "8 k  a part of the key is missing",
            "9 d 1.005 a decimal with more than 2 digits behind the point",
            "10 d 1e99 a decimal beyond 38 digits",
            "11  {\"k\":\"i\",\"i\":1,\"i\":2} the key `i` stands twice in one object",
            "12  {\"k\":\"j\",\"x\":{\"y\":1,\"y\":1}} the key `y` stands twice in one object",
        ]
    );
    assert_eq!(loaded.rejected[10].id, id::COLUMN_REPEATED);
}

#[test]
fn broken_lines_go_and_the_others_stay() {
    let broken = [
        "{\"k\":\"a\"",
        "{\"k\":\"a\"} {",
        "[1]",
        "\"k\"",
        "{k:1}",
        "{\"k\":01}",
        "{\"k\":.5}",
        "{\"k\":1.}",
        "{\"k\":-}",
        "{\"k\":NaN}",
        "{\"k\":\"\\x\"}",
        "{\"k\":\"\\ud83d\"}",
        "{\"k\":\"\\ud83d\\u0041\"}",
        "{\"k\":\"\\u12\"}",
        "{\"k\":\"a\tb\"}",
        "{\"k\":\"a",
        "{\"k\":1,}",
        "{,}",
        "{\"k\" 1}",
        "{\"k\":tru}",
        "{\"k\":[1,]}",
        "{\"k\":[1 2]}",
    ];
    for line in broken {
        let loaded = one("k:text", format!("{{\"k\":\"x\"}}\n{line}\n{{\"k\":\"y\"}}\n")).load();
        assert_eq!(cells(&loaded, "t", "k"), "x y", "{line}");
        assert_eq!(rejected(&loaded), ["2  value-wrong"], "{line}");
        assert!(loaded.rejected[0].message.starts_with("not a JSON object: "), "{}", loaded.rejected[0].message);
        assert_eq!(loaded.rejected[0].text, line);
    }
    let loaded = one("k:text", b"{\"k\":\"x\"}\n{\"k\":\"\xff\"}\n").load();
    assert_eq!(rejected(&loaded), ["2  encoding"]);
}

#[test]
fn paths_lead_into_objects() {
    let mut fixture = one(
        "k:text city:text zip:text both:text",
        r#"{"k":"a","address":{"city":"北京","geo":{"zip":"00100"},"other":[1,{"city":2}]}}
{"k":"b","address":null}
{"k":"c","address":{"city":null}}
{"k":"d","address":"x"}
{"k":"e","address.city":"literal"}
{"k":"f","address.city":"literal","address":{"city":"path"}}
{"k":"g","address":[{"city":"x"}]}"#,
    );
    fixture.tables[0].columns["city"].from = "address.city".into();
    fixture.tables[0].columns["zip"].from = "address.geo.zip".into();
    let loaded = fixture.load();
    assert_eq!(cells(&loaded, "t", "k"), "a b c e");
    assert_eq!(cells(&loaded, "t", "city"), "北京 - - literal");
    assert_eq!(cells(&loaded, "t", "zip"), "00100 - - -");
    let listed: Vec<_> = loaded.rejected.iter().map(|r| format!("{} {}", r.line, r.message)).collect();
    assert_eq!(
        listed,
        [
            "4 its path leads through a value that is no object",
            "6 a key with points in its name, and a path of the same name",
            "7 its path leads through a value that is no object",
        ]
    );
}

#[test]
fn a_key_that_no_row_has_is_told_of() {
    let mut fixture =
        one("k:text note:text amount:int", "{\"k\":\"a\",\"Amount\":1,\"x\":1}\n{\"k\":\"b\",\"note\":null}\n");
    let loaded = fixture.load();
    let warned: Vec<_> = loaded.warnings.iter().map(|w| (w.id, w.message.as_str(), w.help.clone())).collect();
    let help = vec!["did you mean `Amount`?".to_owned()];
    assert_eq!(warned, [(id::COLUMN_MISSING, "no row of `t` has a key `amount`", help)]);
    assert_eq!(loaded.figures[0].undeclared, [("Amount".to_owned(), 1), ("x".to_owned(), 1)]);
    // Of several files one with the key is enough.
    fixture.tables[0].source.paths.push("u.ndjson".into());
    let loaded = fixture.file("u.ndjson", "{\"k\":\"c\",\"amount\":3}").load();
    assert!(loaded.warnings.is_empty());
}

#[test]
fn hostile_lines_end_at_once() {
    let deep = format!("{{\"k\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let keys: String = (0..200_000).map(|i| format!(",\"k{i}\":1")).collect();
    let wide = format!("{{\"k\":\"w\"{keys}}}");
    let long = format!("{{\"k\":\"{}\"}}", "x".repeat(10_000_000));
    let loaded = one("k:text", format!("{deep}\n{wide}\n{long}\n{{\"k\":\"end\"}}")).load();
    assert_eq!(totals(&loaded, "t"), [4, 3, 1, 0]);
    assert!(loaded.rejected[0].message.contains("more than 64 lists and objects"));
    assert_eq!(cell(&loaded, "t", "k", 1).len(), 10_000_000);
    assert_eq!(loaded.tables["t"].lines.line(2), 4);
    assert!(loaded.figures[0].undeclared.len() <= 1000);
    let utf16: Vec<u8> = "\u{feff}{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(ids(&one("k:text", utf16).fails().0), [id::ENCODING]);
    assert_eq!(ids(&one("k:text", "").fails().0), [id::TABLE_EMPTY]);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let rows: String = (0..200_000).map(|i| format!("{{\"k\":{},\"v\":{}.5}}\n", i % 977, i)).collect();
    let mut fixture = one("k:int v:float", format!("{rows}oops\n{{\"k\":7}}"));
    fixture.tables[0].duplicates = Duplicates::First;
    let one = Fixture { threads: 1, ..fixture };
    let (a, b) = (one.load(), Fixture { threads: 4, ..one }.load());
    assert!(a.tables["t"].frame.equals_missing(&b.tables["t"].frame));
    assert_eq!((&a.figures, &a.rejected), (&b.figures, &b.rejected));
    assert_eq!(totals(&a, "t"), [200_002, 977, 1, 199_024]);
    assert_eq!(a.rejected.last().map(|r| r.line), Some(200_002));
}

#[test]
fn texts_are_numbers_as_the_manifest_says() {
    let rows = [
        r#"{"k":"a","f":"1.234,5","m":"-1.234,56"}"#,
        r#"{"k":"b","f":1234.5,"m":1234.56}"#,
        r#"{"k":"c","f":"1234.5","m":1}"#,
        r#"{"k":"d","f":1e999}"#,
    ];
    let mut fixture = one("k:text f:float m:decimal(9,2)", rows.join("\n"));
    fixture.tables[0].source.format = Format::Ndjson(Numbers { decimal: b',', thousands: Some(Thousands::Point) });
    let loaded = fixture.load();
    assert_eq!(cells(&loaded, "t", "f"), "1234.5 1234.5");
    assert_eq!(cells(&loaded, "t", "m"), "-1234.56 1234.56");
    assert_eq!(rejected(&loaded), ["3 f value-wrong", "4 f value-wrong"]);
    let loaded = one("k:text f:float m:decimal(9,2)", rows.join("\n")).load();
    assert_eq!(rejected(&loaded), ["1 f value-wrong", "4 f value-wrong"]);
}
