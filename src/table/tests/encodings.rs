//! Files in other encodings, and files that are packed.

use super::streaming::{streamed, tiny};
use super::*;
use crate::diag::ids as id;
use std::io::Write;

fn encoded(columns: &str, encoding: &str) -> Table {
    let mut t = table("t", columns);
    t.source.format = Format::Csv(Csv { encoding: Encoding::parse(encoding).unwrap(), ..Csv::default() });
    t
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn encodings_are_read_as_declared() {
    let text = "k,名称\n1,\"华为, 技术\"\n2,小米\n";
    let all = |encoding: &str, bytes: Vec<u8>| {
        let loaded = Fixture::one(encoded("k:int 名称:text", encoding), bytes).load();
        assert_eq!(cells(&loaded, "t", "名称"), "华为, 技术 小米", "{encoding}");
        assert_eq!(loaded.tables["t"].lines.line(1), 3, "{encoding}");
    };
    all("gb18030", encoding_rs::GB18030.encode(text).0.into_owned());
    all("gbk", encoding_rs::GBK.encode(text).0.into_owned());
    all("utf-16", utf16(&format!("\u{feff}{text}"), true));
    all("utf-16", utf16(&format!("\u{feff}{text}"), false));
    all("utf-16be", utf16(&format!("\u{feff}{text}"), false));
    all("utf-16le", utf16(text, true));
    all("utf-8", text.as_bytes().to_vec());
    let western = b"k,n\n1,M\xfcller \x80\n".to_vec();
    let name = |encoding: &str| {
        let loaded = Fixture::one(encoded("k:int n:text", encoding), &western).load();
        cells(&loaded, "t", "n")
    };
    assert_eq!(name("windows-1252"), "Müller €");
    assert_eq!(name("latin-1"), "Müller \u{80}");
}

#[test]
fn bytes_that_mean_nothing_send_their_row_to_quarantine() {
    let bytes = b"k,n,note\n1,a\xff,x\n2,\xbf\xcd,\xff\n3,b\xbf\n4,c\x81,\n".to_vec();
    let loaded = Fixture::one(encoded("k:int n:text", "gbk"), &bytes).load();
    assert_eq!(cells(&loaded, "t", "n"), "客", "the second row's fault is in a column that nobody reads");
    assert_eq!(rejected(&loaded), ["2 n encoding", "4  row-width", "5 n encoding"]);
    let texts: Vec<_> = loaded.rejected.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(texts, ["a<FF>", "3,b<BF>", "c<81>"]);
    assert_eq!(loaded.rejected[0].message, "not gbk");
    assert_eq!(totals(&loaded, "t"), [4, 1, 3, 0]);
}

#[test]
fn a_file_in_another_encoding_is_told_which() {
    let told = |encoding: &str, bytes: &[u8]| {
        let mut t = encoded("k:text v:text", encoding);
        t.quarantine_limit = 0.0;
        let (findings, _) = Fixture::one(t, bytes).fails();
        assert_eq!(ids(&findings), [id::ENCODING], "{findings:?}");
        format!("{}; {}", findings[0].message, findings[0].help[0])
    };
    let plain = "k,v\na,b\nc,d\n";
    assert!(
        told("utf-8", &utf16(plain, true))
            .ends_with("looks like UTF-16, not UTF-8; say `encoding: utf-16le` in the manifest")
    );
    assert!(told("gbk", &utf16("\u{feff}k,v\n", true)).contains("looks like UTF-16, not gbk"));
    assert!(told("latin-1", "\u{feff}k,v\n".as_bytes()).contains("looks like UTF-8, not latin-1"));
    assert!(told("utf-16", plain.as_bytes()).contains("does not begin with the byte-order mark of UTF-16"));
    assert!(told("utf-16", &utf16(plain, false)).ends_with("say `encoding: utf-16be`"));
    let gbk = encoding_rs::GBK.encode("k,v\n华为技术,通信\n小米,x\n").0.into_owned();
    assert_eq!(
        told("utf-8", &gbk),
        "2 of 2 rows of `datasets/t.csv` are not UTF-8; the file looks like gb18030; say `encoding: gb18030` in the manifest, or save the file as UTF-8"
    );
    let western = b"k,v\nM\xfcller,K\xf6ln\nSmith,x\n";
    assert!(
        told("utf-8", western)
            .starts_with("1 of 2 rows of `datasets/t.csv` are not UTF-8; the file looks like windows-1252")
    );
    assert!(told("utf-8", b"k\xe9y,v\na,b\n").contains("windows-1252"));
    // Few enough rows go to quarantine as others do.
    let mut t = encoded("k:text v:text", "utf-8");
    t.quarantine_limit = 0.5;
    assert_eq!(rejected(&Fixture::one(t, western).load()), ["2 k encoding"]);
}

#[test]
fn names_that_were_encoded_twice_are_counted_and_mended_where_declared() {
    let text = "k,n\n1,MÃ¼ller\n2,Müller\n3,客户\n4,Ã©tÃ©\n5,Smith\n";
    let mut t = encoded("k:int n:text", "utf-8");
    t.columns["n"].values = [("été".to_owned(), "summer".to_owned())].into();
    let loaded = Fixture::one(t.clone(), text).load();
    assert_eq!(cells(&loaded, "t", "n"), "MÃ¼ller Müller 客户 Ã©tÃ© Smith");
    assert_eq!(loaded.figures[0].mended, [(Some("n".to_owned()), "double_encoded", 2)]);
    t.source.format = Format::Csv(Csv { undo_double_encoding: true, ..Csv::default() });
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "n"), "Müller Müller 客户 summer Smith");
    assert_eq!(loaded.figures[0].mended, [(Some("n".to_owned()), "double_encoding_undone", 2)]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstd_with_sum(bytes: &[u8]) -> Vec<u8> {
    let mut writer = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    writer.include_checksum(true).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn packed(name: &str, packing: Packing, bytes: impl AsRef<[u8]>) -> Fixture {
    let mut t = table("t", "k:int v:text");
    t.source.paths = vec![name.to_owned()];
    t.source.packing = packing;
    Fixture::new(vec![t]).file(name, bytes)
}

#[test]
fn packed_files_are_read_by_name_or_as_declared() {
    let text: String = (0..5000).map(|i| format!("{i},text of row {i}\n")).collect();
    let text = format!("k,v\n{text}");
    let (first, second) = text.split_at(text.len() / 3);
    let members = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
    let frames =
        [zstd::encode_all(first.as_bytes(), 1).unwrap(), zstd::encode_all(second.as_bytes(), 3).unwrap()].concat();
    for (name, packing, bytes) in [
        ("t.csv.gz", Packing::ByName, gzip(text.as_bytes())),
        ("t.csv.gz", Packing::ByName, members.clone()),
        ("t.csv.zst", Packing::ByName, frames.clone()),
        ("t.bin", Packing::Gzip, members),
        ("t.csv", Packing::Zstd, frames),
        ("t.gz", Packing::None, text.as_bytes().to_vec()),
    ] {
        let fixture = packed(name, packing, &bytes);
        let loaded = fixture.load();
        assert_eq!(totals(&loaded, "t"), [5000, 5000, 0, 0], "{name}");
        assert_eq!(loaded.inputs[0].bytes, bytes.len() as u64);
        assert_eq!(loaded.inputs[0].hash, blake3::hash(&bytes).to_hex().to_string(), "of the file as it lies there");
        assert_eq!(streamed(&fixture, tiny(100, 10), None).0.len(), 5000);
    }
}

#[test]
fn packed_files_that_are_not_whole_are_findings_with_an_offset() {
    let text = format!("k,v\n{}", "1,some text that packs\n".repeat(20_000));
    for (name, whole) in [("t.csv.gz", gzip(text.as_bytes())), ("t.csv.zst", zstd_with_sum(text.as_bytes()))] {
        let cut = whole[..whole.len() / 2].to_vec();
        let (findings, _) = packed(name, Packing::ByName, &cut).fails();
        assert_eq!(ids(&findings), [id::FILE_FORMAT], "{name}");
        let message = &findings[0].message;
        assert!(message.contains("ends in the middle of its packed data, at or before byte "), "{message}");
        let mut broken = whole.clone();
        let at = whole.len() / 2;
        broken[at..at + 4].copy_from_slice(&[0x55; 4]);
        assert_eq!(ids(&packed(name, Packing::ByName, &broken).fails().0), [id::FILE_FORMAT], "{name}");
        let (findings, _) = packed(name, Packing::None, &whole).fails();
        assert!(findings[0].help[0].starts_with("say `compression: "), "{findings:?}");
        assert_eq!(ids(&packed(name, Packing::ByName, &text).fails().0), [id::FILE_FORMAT], "it is not packed");
        let garbage = [&whole[..], b"garbage"].concat();
        assert_eq!(ids(&packed(name, Packing::ByName, garbage).fails().0), [id::FILE_FORMAT]);
    }
    let (findings, _) = packed("t.csv.gz", Packing::ByName, gzip(b"")).fails();
    assert!(findings[0].message.ends_with("is empty: not even a header"));
    // Far more text than the file has bytes: only a window of it is ever in memory.
    let (_, end) = streamed(&packed("t.csv.gz", Packing::ByName, gzip(&vec![b'x'; 30 << 20])), tiny(1000, 100), None);
    assert_eq!(end.findings[0].message, "a row of more than 1 MiB");
}

#[test]
fn files_that_are_no_text_are_named() {
    for (bytes, what) in [(&b"PAR1\x15\x04"[..], "is a Parquet file"), (b"PK\x03\x04\x14\0", "is a zip archive")] {
        let (findings, _) = Fixture::one(table("t", "k:int"), bytes).fails();
        assert_eq!(ids(&findings), [id::FILE_FORMAT]);
        assert!(findings[0].message.contains(what), "{findings:?}");
    }
}

#[test]
fn utf8_that_is_declared_as_something_else_is_named() {
    // Plain letters first, so that the start of the file tells nothing.
    let text = format!("k,n\n{}x,华为技术有限公司\ny,Привет мир\n", "a,b\n".repeat(30_000));
    for encoding in ["gb18030", "windows-1251", "windows-1252", "latin-1", "shift-jis"] {
        let mut t = encoded("k:text n:text", encoding);
        t.key.clear();
        let (findings, _) = Fixture::one(t, &text).fails();
        let told: Vec<_> = findings.iter().map(|f| f.message.as_str()).collect();
        let message = format!("`datasets/t.csv` looks like UTF-8, not {encoding}");
        assert!(told.contains(&message.as_str()), "{told:?}");
    }
    let mut t = encoded("k:text n:text", "gb18030");
    t.key.clear();
    let bytes = encoding_rs::GB18030.encode(&text).0.into_owned();
    assert_eq!(Fixture::one(t, bytes).load().tables["t"].rows(), 30_002);
}

#[test]
fn what_is_encoded_in_parts_or_three_times_is_told() {
    let text = "k,n\n1,Jörg MÃ¼ller\n2,MÃƒÂ¼ller\n3,Jörg\n";
    let mut t = encoded("k:int n:text", "utf-8");
    t.source.format = Format::Csv(Csv { undo_double_encoding: true, ..Csv::default() });
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "n"), "Jörg Müller MÃ¼ller Jörg");
    let mut counts = loaded.figures[0].mended.clone();
    counts.sort();
    let named = |measure, rows| (Some("n".to_owned()), measure, rows);
    assert_eq!(counts, [named("double_encoded", 1), named("double_encoding_undone", 2)]);
}
