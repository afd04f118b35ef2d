//! Batches do not depend on how much of a file is in memory at a time.

use super::parquet_files::{parquet, parquet_table};
use super::*;
use crate::diag::ids as id;
use crate::table::stream::{StreamEnd, stream_in};
use arrow_array::{ArrayRef, Int64Array, StringArray};
use std::sync::Arc;

/// Sizes with which a few bytes are a large file.
pub fn tiny(window: usize, piece: usize) -> Sizes {
    Sizes { window, piece, row: 1 << 20 }
}

/// Every row and every row turned away, in the order of the batches.
pub fn streamed(fixture: &Fixture, sizes: Sizes, columns: Option<&[bool]>) -> (Vec<String>, StreamEnd) {
    let (table, root) = (&fixture.tables[0], fixture.dir.path());
    let paths = table.source.paths.iter().map(|path| root.join("datasets").join(path)).collect();
    let mut rows = Vec::new();
    let mut sink = |batch: Batch| {
        for (row, line) in batch.lines.iter().enumerate() {
            let cell = |series: &Series| series.get(row).map_or_else(|_| "?".to_owned(), |value| value.to_string());
            let cells: Vec<String> = batch.columns.iter().map(cell).collect();
            rows.push(format!("{}:{line} {}", batch.file, cells.join(" ")));
        }
        let reject =
            |r: &Reject| format!("{}:{} {} {} {} {}", batch.file, r.line, r.column, r.id.name(), r.text, r.message);
        rows.extend(batch.rejects.iter().map(reject));
        rows.extend(batch.counts.iter().map(|(what, n)| format!("{what:?} {n}")));
        Ok(())
    };
    let zone = &fixture.zone;
    let end = stream_in(&Os, root, table, paths, zone, columns, sizes, &mut sink).unwrap();
    rows.sort();
    (rows, end)
}

fn shown(end: &StreamEnd) -> String {
    let findings: Vec<String> =
        end.findings.iter().map(|f| format!("{:?} {} {:?}", f.id, f.message, f.location)).collect();
    format!("{findings:?} {:?} {:?}", end.undeclared, end.inputs)
}

/// Rows as the whole table has them.
fn same_for_all_sizes(fixture: &Fixture) -> Vec<String> {
    let (whole, whole_end) = streamed(fixture, Sizes::default(), None);
    for (window, piece) in [(1, 1), (2, 100), (7, 3), (64, 16), (1000, 1), (1000, 300)] {
        let (rows, end) = streamed(fixture, tiny(window, piece), None);
        let counts = |rows: &[String]| rows.iter().filter(|row| !row.starts_with('(')).cloned().collect::<Vec<_>>();
        assert_eq!(counts(&rows), counts(&whole), "{window} {piece}");
        assert_eq!(shown(&end), shown(&whole_end), "{window} {piece}");
    }
    whole
}

#[test]
fn windows_and_pieces_change_nothing() {
    let mut random = dirty::Random(11);
    let mut rows = 0;
    for round in 0..40 {
        let mut text = dirty::file(&mut random);
        let long = "x\"\"y\n".repeat(round * 7);
        text.extend(format!("9,1,1,1,1,2017-01-01,\"{long}\"\r\n").into_bytes());
        let fixture = Fixture::one(table("t", "k:text up:int i:int f:float d:decimal(5,2) day:date t:text"), &text);
        rows += same_for_all_sizes(&fixture).len();
    }
    assert!(rows > 400, "{rows}");
}

#[test]
fn encodings_and_packing_change_nothing_either() {
    let text: String = (0..400).map(|i| format!("{i};客户{i};\"战\n略\"\r\n")).collect();
    let bytes = encoding_rs::GB18030.encode(&format!("k;name;note\r\n{text}")).0.into_owned();
    let mut t = table("t", "k:int name:text note:text");
    t.source.format = Format::Csv(Csv { encoding: Encoding::parse("gb18030").unwrap(), ..Csv::delimited(b';') });
    t.source.packing = Packing::Zstd;
    let rows = same_for_all_sizes(&Fixture::one(t, zstd::encode_all(&bytes[..], 1).unwrap()));
    assert_eq!(rows.len(), 400);
    assert!(rows.contains(&"0:102 50 \"客户50\" \"战\n略\"".to_owned()), "{:?}", &rows[..3]);
}

#[test]
fn columns_that_are_not_wanted_are_checked_and_not_kept() {
    let text = "k,n,s\n1,5,a\n2,x,b\n,6,c\n4,7,\0\n5,8,d\n";
    let fixture = Fixture::one(table("t", "k:int n:int s:text"), text);
    let (all, _) = streamed(&fixture, tiny(10, 3), None);
    let (some, end) = streamed(&fixture, tiny(10, 3), Some(&[true, false, false]));
    assert_eq!(end.inputs[0].rows, 5);
    assert_eq!(some.len(), all.len());
    assert_eq!(some.iter().filter(|row| row.contains("value-wrong")).count(), 2, "{some:#?}");
    assert!(some.contains(&"0:2 1 ? ?".to_owned()), "{some:#?}");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("k", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("n", Arc::new(StringArray::from(vec!["5", "x", "6"]))),
        ("s", Arc::new(StringArray::from(vec!["a", "b", "c"]))),
    ];
    let fixture = Fixture::new(vec![parquet_table("k:int n:int s:text")]).file("t.parquet", parquet(columns));
    let (some, _) = streamed(&fixture, Sizes::default(), Some(&[false, false, true]));
    assert_eq!(some, ["0:1 ? ? \"a\"", "0:2 n value-wrong x not an int", "0:3 ? ? \"c\""]);
}

#[test]
fn files_keep_their_order_whether_they_are_read_at_a_time_or_not() {
    let mut t = table("t", "k:int");
    t.source.paths = (0..9).map(|i| format!("{i}.csv")).collect();
    let mut fixture = Fixture::new(vec![t]);
    for i in 0..9 {
        fixture = fixture.file(&format!("{i}.csv"), format!("k,x{i}\n{i},0\n{}\n", "z,1\n".repeat(i)));
    }
    let one_by_one = streamed(&fixture, tiny(8, 8), None);
    let together = streamed(&fixture, Sizes::default(), None);
    assert_eq!(one_by_one.0, together.0);
    assert_eq!(shown(&one_by_one.1), shown(&together.1));
    let names: Vec<_> = together.1.inputs.iter().map(|input| (input.path.as_str(), input.rows)).collect();
    assert_eq!(names[8], ("datasets/8.csv", 9));
    assert_eq!(together.1.undeclared.len(), 9);
}

#[test]
fn a_large_row_group_is_read_as_a_small_one() {
    let numbers: Vec<i64> = (0..2000).collect();
    let texts: Vec<String> = numbers.iter().map(|n| format!("客户{n}")).collect();
    let columns: Vec<(&str, ArrayRef)> =
        vec![("k", Arc::new(Int64Array::from(numbers))), ("t", Arc::new(StringArray::from(texts)))];
    let bytes = parquet_in(columns, 1500);
    let fixture = Fixture::new(vec![parquet_table("k:int t:text")]).file("t.parquet", bytes);
    assert_eq!(same_for_all_sizes(&fixture).len(), 2000);
}

fn parquet_in(columns: Vec<(&str, ArrayRef)>, rows: usize) -> Vec<u8> {
    use ::parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
    let batch = arrow_array::RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn a_file_that_changes_while_it_is_read_fails_the_run() {
    let text = format!("k\n{}", "1\n".repeat(100));
    let fixture = Fixture::one(table("t", "k:int"), text);
    let path = fixture.dir.path().join("datasets/t.csv");
    for change in ["2\n", ""] {
        let mut changed = false;
        let mut sink = |_: Batch| {
            if !std::mem::replace(&mut changed, true) {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes.extend_from_slice(change.as_bytes());
                // An export that writes the same bytes anew is a change, too.
                std::thread::sleep(std::time::Duration::from_millis(20));
                std::fs::write(&path, bytes).unwrap();
            }
            Ok(())
        };
        let (root, t) = (fixture.dir.path(), &fixture.tables[0]);
        let end = stream_in(&Os, root, t, vec![path.clone()], &TimeZone::UTC, None, tiny(16, 4), &mut sink).unwrap();
        assert_eq!(ids(&end.findings), [id::FILE_CHANGED], "{change:?}");
        assert_eq!(end.findings[0].location.as_deref(), Some("datasets/t.csv"));
    }
}

#[cfg(unix)]
#[test]
fn a_change_whose_time_was_put_back_is_seen() {
    let text = format!("k\n{}", "1\n".repeat(100));
    let fixture = Fixture::one(table("t", "k:int"), &text);
    let path = fixture.dir.path().join("datasets/t.csv");
    let before = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut changed = false;
    let mut sink = |_: Batch| {
        if !std::mem::replace(&mut changed, true) {
            std::thread::sleep(std::time::Duration::from_millis(20));
            std::fs::write(&path, text.replace('1', "2")).unwrap();
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
        }
        Ok(())
    };
    let (root, t) = (fixture.dir.path(), &fixture.tables[0]);
    let end = stream_in(&Os, root, t, vec![path.clone()], &TimeZone::UTC, None, tiny(16, 4), &mut sink).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_eq!(ids(&end.findings), [id::FILE_CHANGED]);
}

#[test]
fn a_sink_that_fails_stops_the_reading() {
    let fixture = Fixture::one(table("t", "k:int"), format!("k\n{}", "1\n".repeat(1000)));
    let mut batches = 0;
    let mut sink = |_: Batch| {
        batches += 1;
        if batches == 3 { Err(Error::Defect("enough".into())) } else { Ok(()) }
    };
    let root = fixture.dir.path();
    let paths = vec![root.join("datasets/t.csv")];
    let end = stream_in(&Os, root, &fixture.tables[0], paths, &TimeZone::UTC, None, tiny(16, 4), &mut sink);
    assert!(matches!(end, Err(Error::Defect(why)) if why == "enough"));
    assert_eq!(batches, 3);
}
