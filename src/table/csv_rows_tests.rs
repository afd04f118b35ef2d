use super::super::csv_record::Record;
use super::*;

fn dialect(csv: Csv) -> Dialect {
    Dialect::new(&csv, b"")
}

fn comma() -> Dialect {
    dialect(Csv::default())
}

/// Rows as the `csv` crate sees them.
fn expected(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    reader.byte_records().map(|r| r.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
}

fn fields(row: &[u8], dialect: &Dialect) -> Vec<Vec<u8>> {
    let mut record = Record::default();
    record.split(row, dialect);
    if record.fault().is_some() {
        return Vec::new();
    }
    (0..record.len()).map(|field| record.bytes(row, field).unwrap().to_vec()).collect()
}

/// Rows as steps see them; `None` if a quote stays open.
fn rows(bytes: &[u8], dialect: &Dialect) -> Option<Vec<Vec<Vec<u8>>>> {
    let (mut at, mut found) = (0, Vec::new());
    loop {
        match dialect.step(bytes, at, true) {
            Step::Row { content, next } => {
                found.push(fields(&bytes[content], dialect));
                at = next;
            }
            Step::Skip(next) => at = next,
            Step::Unclosed => return None,
            Step::End => return Some(found),
            Step::More => panic!("nothing more comes"),
        }
    }
}

fn texts(bytes: &[u8], dialect: &Dialect) -> String {
    let rows = rows(bytes, dialect).unwrap();
    let row = |row: &Vec<Vec<u8>>| {
        row.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect::<Vec<_>>().join("|")
    };
    rows.iter().map(row).collect::<Vec<_>>().join(" / ")
}

#[test]
fn pieces_hold_whole_rows_and_know_their_line() {
    let text = b"a,b\n1,\"x\ny\"\n2,\"\"\"\"\n3,c\n";
    let scan = comma().scan(text, 4, true);
    let pieces: Vec<_> = scan.pieces.iter().map(|p| (&text[p.bytes.clone()], p.lines)).collect();
    assert_eq!(pieces, [(&b"a,b\n"[..], 0), (b"1,\"x\ny\"\n", 1), (b"2,\"\"\"\"\n", 3), (b"3,c\n", 4)]);
    assert_eq!((scan.end, scan.lines, scan.unclosed), (text.len(), 5, false));
    let plain = comma().scan(b"a\nbb\r\ncc", 4, true);
    let lines: Vec<_> = plain.pieces.iter().map(|p| (p.bytes.clone(), p.lines)).collect();
    assert_eq!(lines, [(0..6, 0), (6..8, 2)]);
}

#[test]
fn rows_that_are_not_whole_are_left() {
    for (text, end) in [("a\nb", 2), ("a\n\"b\n", 2), ("a\n\"b\"", 2), ("a", 0), ("a\n\"b\"\"", 2), ("a\nb\n", 4)] {
        let scan = comma().scan(text.as_bytes(), 100, false);
        assert_eq!((scan.end, scan.unclosed), (end, false), "{text:?}");
    }
    let open = comma().scan(b"a,b\r\n\r\n1,x\n2,\"y\n3,z\n", 100, true);
    assert_eq!((open.unclosed, open.lines), (true, 3), "the row with the quote is the fourth line");
    assert!(!comma().scan(b"1,5\"\n", 99, true).unclosed, "a quote inside a plain field is text");
    assert!(!dialect(Csv { quote: None, ..Csv::default() }).scan(b"\"a\n", 99, true).unclosed);
}

#[test]
fn text_behind_a_closing_quote_and_stray_line_ends_are_found() {
    let fault = |row: &[u8]| {
        let mut record = Record::default();
        record.split(row, &comma());
        record.fault().map(|fault| fault.split(' ').take(3).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(fault(b"\"x\"y"), Some("text behind a".into()));
    assert_eq!(fault(b"1,\"x\" ,2"), Some("text behind a".into()));
    assert_eq!(fault(b"\"x\"\"y\""), None);
    assert_eq!(fault(b"a\rb,c"), Some("a carriage return".into()));
    assert_eq!(fault(b"\"a\rb\",c"), None);
}

#[test]
fn delimiters_of_every_kind() {
    let text = |delimiter: &str| dialect(Csv { delimiter: Delimiter::Text(delimiter.into()), ..Csv::default() });
    assert_eq!(texts(b"a||b|c||\n\"x||y\"||z\n", &text("||")).replace("||", "~"), "a|b|c| / x~y|z");
    assert_eq!(texts(b"a::::b", &text("::")), "a||b");
    let blanks = dialect(Csv { delimiter: Delimiter::Blanks, ..Csv::default() });
    assert_eq!(texts(b" 00001 19970101  1\t11.77 \r\n\n  \n\"a b\" c\n", &blanks), "00001|19970101|1|11.77 / a b|c");
    let semicolon = dialect(Csv { comment: Some(b'#'), ..Csv::delimited(b';') });
    assert_eq!(texts(b"# a \"note\na;b;\n#\n\"#x\";c\n", &semicolon), "a|b| / #x|c");
}

#[test]
fn lines_end_as_the_file_says() {
    assert_eq!(Dialect::new(&Csv::default(), b"a,b\rc,d\r").line_end, b'\r');
    assert_eq!(Dialect::new(&Csv::default(), b"a,b\rc,d\n").line_end, b'\n', "it is not sure");
    assert_eq!(Dialect::new(&Csv { line_ends: LineEnds::Cr, ..Csv::default() }, b"a\n").line_end, b'\r');
    let cr = dialect(Csv { line_ends: LineEnds::Cr, ..Csv::default() });
    assert_eq!(texts(b"a,b\r\r\"x\ry\",2\r3,4", &cr), "a|b / x\ry|2 / 3|4");
    assert_eq!(texts(b"a,b\r\r\n1,2\r\n\r\n", &comma()), "a|b / 1|2", "line ends that were made twice");
}

#[test]
fn rows_are_those_of_the_csv_crate_however_the_text_is_cut() {
    let mut seed = 7_u64;
    let mut next = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut compared = 0;
    for _ in 0..3000 {
        let parts: [&[u8]; 9] = [b"a", b"b", b",", b",", b"\"", b"\"", b"\n", b"\r\n", b"\"\""];
        let text: Vec<u8> = (0..next(50)).flat_map(|_| parts[next(9) as usize].to_vec()).collect();
        let Some(whole) = rows(&text, &comma()) else { continue };
        let expected = expected(&text);
        assert_eq!(whole.len(), expected.len(), "{:?}", String::from_utf8_lossy(&text));
        for (row, expected) in whole.iter().zip(&expected).filter(|(row, _)| !row.is_empty()) {
            assert_eq!(row, expected, "{:?}", String::from_utf8_lossy(&text));
        }
        let scan = comma().scan(&text, 1 + next(20) as usize, true);
        let apart: Vec<_> = scan.pieces.iter().flat_map(|p| rows(&text[p.bytes.clone()], &comma()).unwrap()).collect();
        assert_eq!(apart, whole);
        assert_eq!(scan.end, text.len());
        compared += whole.len();
        // What is left of a cut text goes before what follows.
        let at = next(text.len() as u64 + 1) as usize;
        let first = comma().scan(&text[..at], 9, false);
        let mut joined = rows(&text[..first.end], &comma()).unwrap();
        joined.extend(rows(&text[first.end..], &comma()).unwrap());
        assert_eq!(joined, whole, "{at}: {:?}", String::from_utf8_lossy(&text));
    }
    assert!(compared > 3000, "{compared}");
}
