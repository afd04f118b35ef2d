//! Workbooks made here, among them such as no program for workbooks writes.

use super::*;
use crate::diag::ids as id;
use crate::manifest::model::Excel;
use std::io::Write;

/// A ZIP file of deflated parts.
fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in parts {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(data).unwrap();
        let packed = packer.finish().unwrap();
        let mut head = Vec::new();
        head.extend([20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0]);
        for number in [crc.sum(), packed.len() as u32, data.len() as u32] {
            head.extend(number.to_le_bytes());
        }
        head.extend((name.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend((file.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        file.extend(b"PK\x03\x04");
        file.extend(&head);
        file.extend(name.as_bytes());
        file.extend(packed);
    }
    let (start, size, count) = (file.len() as u32, directory.len() as u32, parts.len() as u16);
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(size.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
const ROOT: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Orders" sheetId="1" r:id="rId1"/></sheets></workbook>"#;

/// A workbook of one sheet with these rows.
fn workbook(rows: &str) -> Vec<u8> {
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    );
    zip(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn text(text: &str) -> String {
    format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn row(cells: &[&str]) -> String {
    format!("<row>{}</row>", cells.concat())
}

fn one(columns: &str, bytes: Vec<u8>, excel: Excel) -> Fixture {
    let mut t = table("t", columns);
    t.source = Source { paths: vec!["t.xlsx".into()], format: Format::Excel(excel), ..t.source };
    Fixture::new(vec![t]).file("t.xlsx", bytes)
}

fn reasons(loaded: &Loaded) -> Vec<String> {
    loaded.rejected.iter().map(|r| format!("{} {} {}: {}", r.line, r.column, r.text, r.message)).collect()
}

#[test]
fn formulas_without_a_value_go_to_quarantine() {
    let number = |v: &str| format!("<c><v>{v}</v></c>");
    let rows = [
        row(&[&text("k"), &text("net"), &text("note"), &text("far")]),
        row(&[&text("a"), "<c><f>B9*2</f><v>5</v></c>"]),
        row(&[&text("b"), "<c><f>B9*C9</f></c>"]),
        row(&[&text("c"), r#"<c><f t="shared" si="0" ref="B4:B5">A4&amp;"x"</f><v/></c>"#]),
        row(&[&text("d"), r#"<c><f t="shared" si="0"/><v></v></c>"#]),
        row(&[&text("e"), &number("1"), r#"<c t="str"><f>IF(A1="","","x")</f><v></v></c>"#]),
        row(&[&text("f"), r#"<c s="0"/>"#, "<c/>", "<c><f>1+1</f></c>"]),
        // Formulas of an undeclared column alone make no row.
        row(&["<c/>", "<c/>", "<c/>", "<c><f>D9+1</f></c>"]),
        row(&["<c/>", "<c><f>B9+1</f></c>"]),
    ];
    let mut fixture = one("k:text net:decimal(9,2) note:text", workbook(&rows.concat()), Excel::default());
    let why = "a formula without a saved value: open the workbook in Excel or LibreOffice and save it there";
    let loaded = fixture.load();
    assert_eq!(cells(&loaded, "t", "k"), "a e f");
    assert_eq!(cells(&loaded, "t", "net"), "5.00 1.00 -");
    assert_eq!(
        reasons(&loaded)[..3],
        ["3 net =B9*C9", "4 net =A4&\"x\"", "5 net =A4&\"x\" as in B4"].map(|place| format!("{place}: {why}"))
    );
    assert_eq!(loaded.rejected[3].line, 9);
    assert_eq!(loaded.rejected[3].id, id::KEY_EMPTY, "the first column is empty, which is told first");
    assert_eq!(totals(&loaded, "t"), [7, 3, 4, 0]);
    // A text column has no formula for its text.
    fixture.tables[0].columns["net"].dtype = DataType::Text;
    assert_eq!(cells(&fixture.load(), "t", "net"), "5 1 -");
}

#[test]
fn parts_beyond_reason_are_not_read() {
    let fails = |bytes: Vec<u8>| {
        let (findings, _) = one("k:text", bytes, Excel::default()).fails();
        assert_eq!(findings[0].id, id::FILE_FORMAT);
        format!("{} {}", findings[0].message, findings[0].notes.join(" "))
    };
    let head = row(&[&text("k")]);
    let long = fails(workbook(&format!("{head}{}", row(&[&text(&"x".repeat(40_000))]))));
    assert!(long.ends_with("the cell A2 has more than 32,767 characters, which Excel does not hold"), "{long}");
    let fits = workbook(&format!("{head}{}", row(&[&text(&"客".repeat(32_767))])));
    assert_eq!(totals(&one("k:text", fits, Excel::default()).load(), "t"), [1, 1, 0, 0]);
    let longer = fails(workbook(&format!("{head}{}", row(&[&text(&"x".repeat(3 << 20))]))));
    assert!(longer.contains("its part `xl/worksheets/sheet1.xml` has a cell of more than a million"), "{longer}");
    let large = fails(workbook(&format!("{head}{}", row(&[&text("x")]).repeat(3 << 20))));
    assert!(large.contains("brings it above 128 MiB unpacked, more than 100 times"), "{large}");
    // What the directory says of sizes is not believed.
    let mut lies = workbook(&format!("{head}{}", row(&[&text(&"x".repeat(3 << 20))])));
    let at = lies.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    lies[at + 24..at + 28].copy_from_slice(&100_u32.to_le_bytes());
    assert!(fails(lies).contains("more than a million"));
}

#[test]
fn numbers_beyond_all_are_wrong_as_in_csv() {
    let rows = [
        row(&[&text("k"), &text("f")]),
        row(&[&text("a"), "<c><v>1e999</v></c>"]),
        row(&[&text("b"), "<c><v>-1e999</v></c>"]),
        row(&[&text("c"), &text("1e999")]),
        row(&[&text("d"), "<c><v>1e300</v></c>"]),
    ];
    let loaded = one("k:text f:float", workbook(&rows.concat()), Excel::default()).load();
    assert_eq!(cells(&loaded, "t", "k"), "d");
    let out = "a float out of range";
    let expected = [format!("2 f inf: {out}"), format!("3 f -inf: {out}"), format!("4 f 1e999: {out}")];
    assert_eq!(reasons(&loaded), expected);
}

#[test]
fn texts_are_numbers_as_the_manifest_says() {
    let rows = [
        row(&[&text("k"), &text("f"), &text("m")]),
        row(&[&text("a"), &text("1.234,5"), &text("-1.234,56")]),
        row(&[&text("b"), "<c><v>1234.5</v></c>", "<c><v>1234.56</v></c>"]),
        row(&[&text("c"), &text("1234.5"), "<c><v>1</v></c>"]),
    ];
    let numbers = Numbers { decimal: b',', thousands: Some(Thousands::Point) };
    let excel = |numbers| Excel { numbers, ..Excel::default() };
    let mut fixture = one("k:text f:float m:decimal(9,2)", workbook(&rows.concat()), excel(numbers));
    let loaded = fixture.load();
    assert_eq!(cells(&loaded, "t", "f"), "1234.5 1234.5");
    assert_eq!(cells(&loaded, "t", "m"), "-1234.56 1234.56");
    assert_eq!(reasons(&loaded), ["4 f 1234.5: not a number with groups of three digits"]);
    // Corrections are looked up by the number that the cell holds.
    fixture.tables[0].columns["m"].values = [("1234.56".to_owned(), "7,5".to_owned())].into();
    assert_eq!(cells(&fixture.load(), "t", "m"), "-1234.56 7.50");
    let loaded = one("k:text f:float", workbook(&rows.concat()), excel(Numbers::default())).load();
    assert_eq!(reasons(&loaded), ["2 f 1.234,5: not a float"]);
    assert_eq!(cells(&loaded, "t", "f"), "1234.5 1234.5");
}

#[test]
fn a_part_that_does_not_match_its_checksum_is_damage() {
    let mut t = table("o", "k:text");
    t.source.paths = vec!["o.xlsx".into()];
    t.source.format = Format::Excel(Excel::default());
    let row =
        |n: usize, text: &str| format!(r#"<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{text}</t></is></c></row>"#);
    let whole = workbook(&[row(1, "k"), row(2, "a")].concat());
    let loaded = Fixture::new(vec![t.clone()]).file("o.xlsx", &whole).load();
    assert_eq!(cells(&loaded, "o", "k"), "a");
    // The checksum of the sheet, as the directory has it.
    let place = whole.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap() + 16;
    let mut damaged = whole;
    damaged[place] ^= 1;
    let (findings, _) = Fixture::new(vec![t]).file("o.xlsx", damaged).fails();
    assert_eq!(ids(&findings), [id::FILE_FORMAT]);
    assert!(findings[0].notes[0].contains("xl/worksheets/sheet1.xml"), "{findings:?}");
}

#[test]
fn shared_texts_that_are_promised_and_not_there_are_refused() {
    let shared = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="4294967295"><si><t>k</t></si></sst>"#;
    let bytes = zip(&[("xl/sharedStrings.xml", shared.as_bytes())]);
    let mut t = table("o", "k:text");
    t.source.paths = vec!["o.xlsx".into()];
    t.source.format = Format::Excel(Excel::default());
    let (findings, _) = Fixture::new(vec![t]).file("o.xlsx", bytes).fails();
    assert!(findings[0].message.ends_with("says that it has more texts than it has room for"), "{findings:?}");
}
