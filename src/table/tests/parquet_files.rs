//! Parquet: declared types against the file's.

use super::*;
use crate::diag::ids as id;
use crate::manifest::model::Mending;
use ::parquet::arrow::ArrowWriter;
use ::parquet::file::properties::WriterProperties;
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int16Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array, types::Int32Type,
};
use std::sync::Arc;

pub fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
    let mut bytes = Vec::new();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

pub fn parquet_table(columns: &str) -> Table {
    let mut t = table("t", columns);
    t.source.format = Format::Parquet;
    t.source.paths = vec!["t.parquet".into()];
    t
}

fn fixture(table: Table, columns: Vec<(&str, ArrayRef)>) -> Fixture {
    Fixture::new(vec![table]).file("t.parquet", parquet(columns))
}

fn keys(n: i64) -> (&'static str, ArrayRef) {
    ("k", Arc::new(Int64Array::from_iter_values(1..=n)))
}

#[test]
fn types_that_are_the_declared_ones_pass() {
    let loaded = fixture(
        parquet_table("k:int t:text f:float b:bool d:date at:datetime m:decimal(9,2)"),
        vec![
            ("t", Arc::new(StringArray::from(vec![Some("007"), None, Some("客户")]))),
            ("f", Arc::new(Float64Array::from(vec![Some(0.5), None, Some(-0.0)]))),
            ("b", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
            ("d", Arc::new(Date32Array::from(vec![Some(17_257), None, Some(-1)]))),
            ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None, Some(-1)]).with_timezone("UTC"))),
            (
                "m",
                Arc::new(
                    Decimal128Array::from(vec![Some(150), None, Some(-1)]).with_precision_and_scale(9, 2).unwrap(),
                ),
            ),
            keys(3),
        ],
    )
    .load();
    assert_eq!(cells(&loaded, "t", "t"), "007 - 客户");
    assert_eq!(cells(&loaded, "t", "f"), "0.5 - -0.0");
    assert_eq!(cells(&loaded, "t", "b"), "true - false");
    assert_eq!(cells(&loaded, "t", "d"), "2017-04-01 - 1969-12-31");
    assert_eq!(cells(&loaded, "t", "at"), "1970-01-01 00:00:00.000001 - 1969-12-31 23:59:59.999999");
    assert_eq!(cells(&loaded, "t", "m"), "1.50 - -0.01");
    let types: Vec<_> = loaded.tables["t"].frame.dtypes().iter().map(ToString::to_string).collect();
    assert_eq!(types, ["i64", "str", "f64", "bool", "date", "datetime[μs]", "decimal[9,2]"]);
    assert_eq!(loaded.tables["t"].lines.place(2), "datasets/t.parquet:3");
    assert_eq!(loaded.inputs[0].rows, 3);
}

#[test]
fn narrower_and_wider_types_are_read_exactly() {
    let dictionary: DictionaryArray<Int8Type> = vec![Some("x"), Some("y"), None].into_iter().collect();
    let loaded = fixture(
        parquet_table(
            "k:int i:int f:float f32:float d:date ms:datetime ns:datetime m:decimal(9,3) t:text u:text v:text",
        ),
        vec![
            keys(3),
            ("i", Arc::new(Int16Array::from(vec![Some(-7), None, Some(9)]))),
            ("f", Arc::new(Int64Array::from(vec![Some(3), None, Some(1 << 53)]))),
            ("f32", Arc::new(Float32Array::from(vec![Some(0.1), Some(f32::NAN), None]))),
            ("d", Arc::new(Date64Array::from(vec![Some(86_400_000), None, Some(0)]))),
            ("ms", Arc::new(TimestampMillisecondArray::from(vec![Some(1), None, Some(-1)]).with_timezone("+08:00"))),
            ("ns", Arc::new(TimestampNanosecondArray::from(vec![Some(1999), None, Some(-1)]).with_timezone("UTC"))),
            (
                "m",
                Arc::new(Decimal128Array::from(vec![Some(15), None, Some(-1)]).with_precision_and_scale(4, 1).unwrap()),
            ),
            ("t", Arc::new(dictionary)),
            ("u", Arc::new(LargeStringArray::from(vec![Some("u"), None, Some("")]))),
            ("v", Arc::new(StringViewArray::from(vec![Some("v"), None, Some("a text of more than twelve bytes")]))),
        ],
    )
    .load();
    assert_eq!(cells(&loaded, "t", "i"), "-7 - 9");
    assert_eq!(cells(&loaded, "t", "f"), "3.0 - 9.0072e15");
    let float = loaded.tables["t"].frame.column("f").unwrap().get(2).unwrap();
    assert_eq!(float.try_extract::<f64>().unwrap(), 9_007_199_254_740_992.0);
    let float = loaded.tables["t"].frame.column("f32").unwrap().get(0).unwrap();
    assert_eq!(float.try_extract::<f64>().unwrap(), f64::from(0.1_f32), "{}", cells(&loaded, "t", "f32"));
    assert_eq!(loaded.figures[0].columns[3].not_finite, 1);
    assert_eq!(cells(&loaded, "t", "d"), "1970-01-02 - 1970-01-01");
    assert_eq!(cells(&loaded, "t", "ms"), "1970-01-01 00:00:00.001 - 1969-12-31 23:59:59.999");
    assert_eq!(cells(&loaded, "t", "ns"), "1970-01-01 00:00:00.000001 - 1969-12-31 23:59:59.999999");
    assert_eq!(cells(&loaded, "t", "m"), "1.500 - -0.100");
    assert_eq!(cells(&loaded, "t", "t"), "x y -");
    assert_eq!(cells(&loaded, "t", "u"), "u - -", "an empty text is missing");
    assert_eq!(cells(&loaded, "t", "v"), "v - a text of more than twelve bytes");
}

#[test]
fn doubles_are_the_ints_decimals_and_texts_that_people_mean() {
    // As pandas writes whole numbers where one is missing.
    let doubles = || -> ArrayRef {
        Arc::new(Float64Array::from(vec![Some(17850.0), None, Some(f64::NAN), Some(-3.0), Some(0.5), Some(1e16)]))
    };
    let narrow: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.1), None, Some(-2.5), Some(1.0), Some(1.0), None]));
    let loaded = fixture(
        parquet_table("k:int i:int t:text m:decimal(9,2) n:text"),
        vec![
            keys(6),
            ("i", doubles()),
            ("t", doubles()),
            ("m", narrow),
            ("n", Arc::new(Int64Array::from_iter_values(0..6))),
        ],
    )
    .load();
    assert_eq!(cells(&loaded, "t", "i"), "17850 - - -3");
    assert_eq!(cells(&loaded, "t", "t"), "17850 - - -3");
    assert_eq!(cells(&loaded, "t", "m"), "0.10 - -2.50 1.00");
    assert_eq!(cells(&loaded, "t", "n"), "0 1 2 3");
    assert_eq!(loaded.figures[0].columns[1].not_finite, 1);
    let texts: Vec<_> = loaded.rejected.iter().map(|r| r.line_of_text()).collect();
    assert_eq!(texts[0], "datasets/t.parquet:5: `i` is `0.5`: not a whole number");
    assert!(texts[1].ends_with("a number of 2^53 or more, which a double does not hold exactly"), "{}", texts[1]);
}

#[test]
fn typed_values_are_corrected_missing_or_no_data_by_their_texts() {
    let mut t = parquet_table("k:int n:int d:date");
    t.columns["k"].contract.drops = vec![crate::manifest::model::Drop::Text("1".into())];
    t.columns["n"].missing = vec!["-1".into()];
    t.columns["n"].values = [("7".to_owned(), "70".to_owned())].into();
    t.columns["d"].missing = vec!["1970-01-01".into()];
    let loaded = fixture(
        t,
        vec![
            keys(4),
            ("n", Arc::new(Int64Array::from(vec![1, -1, 7, 8]))),
            ("d", Arc::new(Date32Array::from(vec![5, 5, 0, 6]))),
        ],
    )
    .load();
    assert_eq!(cells(&loaded, "t", "k"), "2 3 4");
    assert_eq!(cells(&loaded, "t", "n"), "- 70 8");
    assert_eq!(cells(&loaded, "t", "d"), "1970-01-06 - 1970-01-07");
    assert_eq!(rejected(&loaded), ["1 k dropped"]);
}

#[test]
fn values_that_do_not_fit_send_their_row_to_quarantine() {
    let mut t = parquet_table("k:int i:int m:decimal(4,1) f:float d:date");
    t.columns["i"].required = true;
    let loaded = fixture(
        t,
        vec![
            ("k", Arc::new(Int64Array::from(vec![Some(1), None, Some(3), Some(4), Some(5), Some(6), Some(7)]))),
            ("i", Arc::new(UInt64Array::from(vec![Some(1), Some(2), Some(u64::MAX), None, Some(5), Some(6), Some(7)]))),
            (
                "m",
                Arc::new(
                    Decimal128Array::from(vec![150, 150, 150, 151, 151, 9_999_900, 150])
                        .with_precision_and_scale(9, 2)
                        .unwrap(),
                ),
            ),
            ("f", Arc::new(Int64Array::from(vec![1, 1, 1, 1, 1, 1, (1 << 53) + 1]))),
            ("d", Arc::new(Date64Array::from(vec![0, 0, 0, 0, 0, 0, 5]))),
        ],
    )
    .load();
    assert_eq!(cells(&loaded, "t", "k"), "1");
    assert_eq!(
        rejected(&loaded),
        [
            "2 k key-empty",
            "3 i value-wrong",
            "4 i value-required",
            "5 m value-wrong",
            "6 m value-wrong",
            "7 f value-wrong"
        ]
    );
    let texts: Vec<_> = loaded.rejected.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(texts, ["", "18446744073709551615", "", "1.51", "99999.00", "9007199254740993"]);
    assert_eq!(totals(&loaded, "t"), [7, 1, 6, 0]);
}

#[test]
fn texts_are_read_as_in_csv() {
    let mut t = parquet_table("k:int n:int p:text e:text");
    t.columns["p"].values = [("GTXPro".to_owned(), "GTX Pro".to_owned())].into();
    t.columns["n"].missing = vec!["NULL".into()];
    t.columns["e"].empty_is_text = true;
    let loaded = fixture(
        t,
        vec![
            keys(4),
            ("n", Arc::new(StringArray::from(vec![Some("7"), Some("NULL"), Some("x"), None]))),
            ("p", Arc::new(StringArray::from(vec![Some("GTXPro"), Some("a"), Some("GTXPro"), None]))),
            ("e", Arc::new(StringArray::from(vec![Some(""), Some("e"), None, None]))),
        ],
    )
    .load();
    assert_eq!(cells(&loaded, "t", "n"), "7 - -");
    assert_eq!(cells(&loaded, "t", "p"), "GTX Pro a -");
    assert_eq!(cells(&loaded, "t", "e"), " e -", "a null is missing also where an empty text is text");
    assert_eq!(loaded.figures[0].columns[2].corrected[0].2, 1);
    assert_eq!(rejected(&loaded), ["3 n value-wrong"]);
}

#[test]
fn timestamps_without_zone_are_in_the_projects() {
    let columns =
        || -> Vec<(&str, ArrayRef)> { vec![keys(1), ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(0)])))] };
    let mut fixture = fixture(parquet_table("k:int at:datetime"), columns());
    assert_eq!(cells(&fixture.load(), "t", "at"), "1970-01-01 00:00:00");
    fixture.zone = TimeZone::get("Asia/Shanghai").unwrap();
    assert_eq!(cells(&fixture.load(), "t", "at"), "1969-12-31 16:00:00");
}

#[test]
fn unlike_types_are_told_all_at_once() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)])]);
    let (findings, _) = fixture(
        parquet_table("k:text f:int l:int b:date gone:int"),
        vec![
            keys(1),
            ("f", Arc::new(Float64Array::from(vec![1.0]))),
            ("l", Arc::new(list)),
            ("b", Arc::new(BooleanArray::from(vec![true]))),
        ],
    )
    .fails();
    assert_eq!(ids(&findings), [id::COLUMN_MISSING]);
    let (findings, _) = fixture(
        parquet_table("k:date f:bool b:date"),
        vec![keys(1), ("f", Arc::new(Float64Array::from(vec![1.0]))), ("b", Arc::new(BooleanArray::from(vec![true])))],
    )
    .fails();
    assert_eq!(ids(&findings), [id::TYPE_MISMATCH; 3]);
    let mut messages: Vec<_> = findings.iter().map(|f| f.message.as_str()).collect();
    messages.sort_unstable();
    assert_eq!(messages[1], "`f` of `datasets/t.parquet` is Float64, not bool");
}

#[test]
fn files_that_are_no_whole_parquet_are_named() {
    let whole = parquet(vec![keys(5)]);
    for bytes in [&b""[..], b"k\n1\n", &whole[..whole.len() / 2], &whole[..whole.len() - 1]] {
        let (findings, _) = Fixture::new(vec![parquet_table("k:int")]).file("t.parquet", bytes).fails();
        assert_eq!(ids(&findings), [id::FILE_FORMAT], "{}", bytes.len());
        assert_eq!(findings[0].location.as_deref(), Some("datasets/t.parquet"));
    }
}

#[test]
fn damaged_files_are_findings_or_other_values() {
    let whole = parquet(vec![keys(5), ("t", Arc::new(StringArray::from(vec!["a", "b", "c", "d", "e"])))]);
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let fixture = Fixture::new(vec![parquet_table("k:int t:text")]).file("t.parquet", &bytes);
        match fixture.try_load() {
            Ok(_) => {}
            Err(LoadFailure::Findings(..)) => refused += 1,
            Err(LoadFailure::Error(error)) => panic!("byte {at}: {error}"),
        }
    }
    assert!(refused > whole.len() / 4, "{refused} of {}", whole.len());
}

#[test]
fn columns_that_nobody_declares_are_not_read() {
    let loaded = fixture(parquet_table("k:int"), vec![("x", Arc::new(Int64Array::from(vec![1, 2]))), keys(2)]).load();
    assert_eq!(cells(&loaded, "t", "k"), "1 2");
    assert_eq!(loaded.figures[0].undeclared, [("x".to_owned(), 1)]);
}

#[test]
fn texts_without_a_word_that_they_are_and_columns_of_nothing() {
    use arrow_array::{BinaryArray, NullArray};
    let texts: Vec<Option<&[u8]>> = vec![Some("客户".as_bytes()), None, Some(b"\xffx")];
    let years = DictionaryArray::<Int8Type>::new(vec![1, 0, 1].into(), Arc::new(Int64Array::from(vec![2016, 2017])));
    let columns: Vec<(&str, ArrayRef)> = vec![
        keys(3),
        ("t", Arc::new(BinaryArray::from(texts))),
        ("n", Arc::new(NullArray::new(3))),
        ("y", Arc::new(years)),
    ];
    let loaded = fixture(parquet_table("k:int t:text n:decimal(5,2) y:int"), columns).load();
    assert_eq!(cells(&loaded, "t", "y"), "2017 2016");
    assert_eq!(cells(&loaded, "t", "t"), "客户 -");
    assert_eq!(cells(&loaded, "t", "n"), "- -");
    assert_eq!(rejected(&loaded), ["3 t encoding"]);
    assert_eq!(loaded.rejected[0].text, "<FF>x");
}

/// A file of INT96, as older Spark and Impala write times.
fn int96(days: &[u32]) -> Vec<u8> {
    use ::parquet::data_type::{Int96, Int96Type};
    use ::parquet::file::writer::SerializedFileWriter;
    let schema = ::parquet::schema::parser::parse_message_type("message m { required int96 at; }").unwrap();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let values: Vec<Int96> = days
        .iter()
        .map(|day| {
            let mut value = Int96::new();
            value.set_data(1_000, 0, *day);
            value
        })
        .collect();
    column.typed::<Int96Type>().write_batch(&values, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn times_of_any_year_in_the_old_format() {
    let mut t = parquet_table("at:datetime");
    t.key.clear();
    let mut fixture = Fixture::new(vec![t]).file("t.parquet", int96(&[2_440_588, 1_721_426, 5_373_482, 5_373_484]));
    fixture.zone = TimeZone::get("Asia/Shanghai").unwrap();
    let at = "1970-01-01 00:00:00.000001 0001-01-01 00:00:00.000001 9999-12-29 00:00:00.000001";
    let loaded = fixture.load();
    assert_eq!(cells(&loaded, "t", "at"), at, "they are instants");
    assert_eq!(loaded.rejected[0].message, "a datetime after 9999-12-30T22:00:00Z");
}

fn hive(columns: &str) -> Table {
    let mut t = parquet_table(columns);
    t.source.partitions = true;
    t
}

#[test]
fn folders_give_columns_of_declared_types() {
    let mut t = hive("k:int year:int 地区:text");
    t.source.paths = ["year=2016/地区=华%2F东/a", "year=2017/地区=__HIVE_DEFAULT_PARTITION__/b", "year=x/地区=z/c"]
        .map(|path| format!("{path}.parquet"))
        .to_vec();
    let mut fixture = Fixture::new(vec![t.clone()]);
    for (i, path) in t.source.paths.iter().enumerate() {
        fixture =
            fixture.file(path, parquet(vec![("k", Arc::new(Int64Array::from(vec![i as i64 * 2, i as i64 * 2 + 1])))]));
    }
    let loaded = fixture.load();
    assert_eq!(cells(&loaded, "t", "k"), "0 1 2 3");
    assert_eq!(cells(&loaded, "t", "year"), "2016 2016 2017 2017");
    assert_eq!(cells(&loaded, "t", "地区"), "华/东 华/东 - -");
    assert_eq!(rejected(&loaded), ["1 year value-wrong", "2 year value-wrong"]);
    fixture.tables[0].columns["地区"].required = true;
    assert_eq!(rejected(&fixture.load()).len(), 4, "a needed value that the folder lacks");
    fixture.tables[0].source.partitions = false;
    assert_eq!(ids(&fixture.fails().0), vec![id::COLUMN_MISSING; 6]);
}

#[test]
fn a_column_in_file_and_folder_is_an_error_and_csv_has_folders_too() {
    let mut t = hive("k:int year:int");
    t.source.paths = vec!["year=2016/a.parquet".into()];
    let columns: Vec<(&str, ArrayRef)> = vec![keys(1), ("year", Arc::new(Int64Array::from(vec![2016])))];
    let (findings, _) = Fixture::new(vec![t]).file("year=2016/a.parquet", parquet(columns)).fails();
    assert_eq!(ids(&findings), [id::COLUMN_REPEATED]);
    let mut t = table("t", "k:int year:int");
    t.source.partitions = true;
    t.source.paths = vec!["year=2016/a.csv".into()];
    let loaded = Fixture::new(vec![t]).file("year=2016/a.csv", "k\n1\n2\n").load();
    assert_eq!(cells(&loaded, "t", "year"), "2016 2016");
}

#[test]
fn files_of_unlike_schemas_and_without_rows() {
    let mut t = parquet_table("k:int v:text");
    t.source.paths = vec!["a.parquet".into(), "b.parquet".into(), "c.parquet".into()];
    let whole = || -> Vec<(&str, ArrayRef)> { vec![keys(1), ("v", Arc::new(StringArray::from(vec!["x"])))] };
    let fixture = Fixture::new(vec![t.clone()])
        .file("a.parquet", parquet(whole()))
        .file("b.parquet", parquet(vec![keys(1), ("w", keys(1).1)]))
        .file("c.parquet", parquet(vec![keys(1), ("v", Arc::new(BooleanArray::from(vec![true])) as ArrayRef)]));
    let (findings, _) = fixture.fails();
    let told: Vec<_> = findings.iter().map(|f| (f.id, f.message.contains("datasets/b"))).collect();
    assert!(told.contains(&(id::COLUMN_MISSING, true)) && told.contains(&(id::TYPE_MISMATCH, false)), "{findings:?}");
    t.source.paths.truncate(1);
    let none: Vec<(&str, ArrayRef)> = vec![
        ("k", Arc::new(Int64Array::from(Vec::<i64>::new()))),
        ("v", Arc::new(StringArray::from(Vec::<&str>::new()))),
    ];
    assert_eq!(ids(&Fixture::new(vec![t]).file("a.parquet", parquet(none)).fails().0), [id::TABLE_EMPTY]);
}

#[test]
fn columns_may_be_absent_renamed_and_mended() {
    let mut t = parquet_table("k:int 名:text gone:float c:text");
    t.columns["gone"].contract.may_be_absent = true;
    t.columns["名"].contract.mending = Mending { trim: true, half_width: true, ..Mending::default() };
    t.columns["名"].contract.also = vec!["name".into()];
    t.columns["c"].contract.may_be_absent = true;
    let names = StringArray::from(vec![Some("\u{3000}Ａ１"), None, Some("b ")]);
    let loaded = fixture(t, vec![("name", Arc::new(names)), keys(3)]).load();
    assert_eq!(cells(&loaded, "t", "名"), "A1 - b");
    assert_eq!(cells(&loaded, "t", "gone"), "- - -");
    let columns = &loaded.figures[0].columns;
    assert_eq!((columns[1].mended[0].1, columns[1].mended[1].1), (1, 2));
    assert_eq!((columns[2].absent, columns[3].absent), (3, 3));
}

#[test]
fn days_and_instants_of_every_unit_have_the_same_bounds() {
    use arrow_array::TimestampSecondArray;
    // The first and last that are held, and their neighbours outside.
    let days = [-719_162, -719_163, 2_932_896, 2_932_897, i32::MIN, i32::MAX];
    let seconds = days.map(|day| i64::from(day) * 86_400);
    let last = 253_402_207_200_000_000;
    let micros = vec![seconds[0] * 1_000_000, seconds[0] * 1_000_000 - 1, last, last + 1_000_000, i64::MIN, i64::MAX];
    let by = |unit: i64| micros.iter().map(|micros| micros.div_euclid(unit)).collect::<Vec<_>>();
    let columns: Vec<(&str, ArrayRef, &str)> = vec![
        ("d32", Arc::new(Date32Array::from(days.to_vec())), "date"),
        ("d64", Arc::new(Date64Array::from(seconds.map(|s| s * 1000).to_vec())), "date"),
        ("us", Arc::new(TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC")), "datetime"),
        ("ms", Arc::new(TimestampMillisecondArray::from(by(1000)).with_timezone("UTC")), "datetime"),
        ("s", Arc::new(TimestampSecondArray::from(by(1_000_000)).with_timezone("UTC")), "datetime"),
        ("local", Arc::new(TimestampMicrosecondArray::from(micros.clone())), "datetime"),
    ];
    for (name, values, dtype) in columns {
        let loaded = fixture(parquet_table(&format!("k:int {name}:{dtype}")), vec![keys(6), (name, values)]).load();
        assert_eq!(cells(&loaded, "t", "k"), "1 3", "{name}");
        let reasons: Vec<&str> = loaded.rejected.iter().map(|r| r.message.as_str()).collect();
        let outside = format!("a {dtype} outside of the years 1 to 9999");
        let late = if dtype == "date" { &*outside } else { "a datetime after 9999-12-30T22:00:00Z" };
        assert_eq!(reasons, [&outside, late, &outside, &outside], "{name}");
    }
    let most = Arc::new(TimestampMillisecondArray::from(vec![i64::MIN, i64::MAX]).with_timezone("UTC"));
    let loaded = fixture(parquet_table("k:int ms:datetime"), vec![keys(2), ("ms", most)]).fails().1;
    assert_eq!(totals(&loaded, "t"), [2, 0, 2, 0]);
}

#[test]
fn codecs_that_are_not_read_are_named() {
    use ::parquet::basic::{Compression, Type};
    use ::parquet::file::metadata::{
        ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData,
    };
    use ::parquet::schema::types::{SchemaDescriptor, Type as SchemaType};
    for (codec, name) in [
        (Compression::GZIP(Default::default()), "gzip"),
        (Compression::BROTLI(Default::default()), "brotli"),
        (Compression::LZ4_RAW, "lz4"),
    ] {
        // Nothing here packs with these: a file is made up to its footer.
        let field = SchemaType::primitive_type_builder("k", Type::INT64).build().unwrap();
        let root = SchemaType::group_type_builder("schema").with_fields(vec![Arc::new(field)]).build().unwrap();
        let schema = Arc::new(SchemaDescriptor::new(Arc::new(root)));
        let chunk = ColumnChunkMetaData::builder(schema.column(0)).set_compression(codec).set_num_values(1);
        let chunk = chunk.set_data_page_offset(4).set_total_compressed_size(4).build().unwrap();
        let group =
            RowGroupMetaData::builder(schema.clone()).set_num_rows(1).add_column_metadata(chunk).build().unwrap();
        let file = FileMetaData::new(1, 1, None, None, schema, None);
        let mut bytes = b"PAR1????".to_vec();
        ParquetMetaDataWriter::new(&mut bytes, &ParquetMetaData::new(file, vec![group])).finish().unwrap();
        let (findings, _) = Fixture::new(vec![parquet_table("k:int")]).file("t.parquet", &bytes).fails();
        assert_eq!(ids(&findings), [id::FILE_FORMAT]);
        assert_eq!(findings[0].message, format!("`datasets/t.parquet` is packed with {name}, which is not read"));
    }
}

#[test]
fn many_small_row_groups_take_little_room() {
    let many = Int64Array::from_iter_values(0..4_000);
    let batch = RecordBatch::try_from_iter([("k", Arc::new(many) as ArrayRef)]).unwrap();
    let mut bytes = Vec::new();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(1)).build();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let loaded = Fixture::new(vec![parquet_table("k:int")]).file("t.parquet", bytes).load();
    assert_eq!(totals(&loaded, "t"), [4_000, 4_000, 0, 0]);
}

#[test]
fn decimals_beyond_38_digits_are_shown() {
    use arrow_array::Decimal256Array;
    use arrow_array::types::{ArrowPrimitiveType, Decimal256Type};
    type Wide = <Decimal256Type as ArrowPrimitiveType>::Native;
    let wide = Wide::from_string("1234567890123456789012345678901234567890123").unwrap();
    let values = Decimal256Array::from(vec![Wide::from_i128(150), wide]).with_precision_and_scale(50, 2).unwrap();
    let loaded = fixture(parquet_table("k:int m:decimal(9,2)"), vec![keys(2), ("m", Arc::new(values))]).load();
    assert_eq!(cells(&loaded, "t", "m"), "1.50");
    let listed = &loaded.rejected[0];
    assert_eq!(listed.text, "12345678901234567890123456789012345678901.23");
    assert_eq!(listed.message, "a decimal beyond 38 digits");
}

/// The ints 1001, 1002 and 1003 in one page with its checksum, as pyarrow writes them.
const WITH_CHECKSUM: &str = "\
504152311500153c153c15aedef5dc071c15061500150615061c000000020000000601e903000000000000ea03000000\
000000eb030000000000001504192c35001806736368656d611502001504250218016b001606191c191c26001c150419\
2506001918016b15001606166e166e2608491c150015001502003c290619260006000000166e16062608166e00282070\
6172717565742d6370702d6172726f772076657273696f6e2032362e302e31191c1c0000007a00000050415231";

#[test]
fn a_page_that_does_not_match_its_checksum_is_damage() {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let mut bytes: Vec<u8> = WITH_CHECKSUM.as_bytes().chunks(2).map(byte).collect();
    let load = |bytes: &[u8]| Fixture::new(vec![parquet_table("k:int")]).file("t.parquet", bytes).try_load();
    assert_eq!(cells(&load(&bytes).unwrap(), "t", "k"), "1001 1002 1003");
    let place = bytes.windows(8).position(|eight| eight == 1002_i64.to_le_bytes()).unwrap();
    bytes[place] ^= 1;
    assert!(matches!(load(&bytes), Err(LoadFailure::Findings(findings, _)) if ids(&findings) == [id::FILE_FORMAT]));
}
