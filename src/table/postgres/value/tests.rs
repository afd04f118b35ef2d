//! Values in PostgreSQL's binary form.

use super::*;

fn words(words: &[i32]) -> Vec<u8> {
    words.iter().flat_map(|word| (*word as u16).to_be_bytes()).collect()
}

/// Digits, weight, sign and scale as the server sends them.
fn sent(digits: &[i32], weight: i32, sign: i32, scale: i32) -> String {
    let head = [digits.len() as i32, weight, sign, scale];
    numeric(&words(&[&head, digits].concat())).unwrap_or_else(|| "garbled".into())
}

#[test]
fn numerics_keep_every_digit() {
    assert_eq!(sent(&[], 0, 0, 0), "0");
    assert_eq!(sent(&[], 0, 0, 2), "0.00");
    assert_eq!(sent(&[12, 3400], 0, 0x4000, 2), "-12.34");
    assert_eq!(sent(&[1], 2, 0, 0), "100000000");
    assert_eq!(sent(&[1, 0, 5], 1, 0, 4), "10000.0005");
    assert_eq!(sent(&[5], -1, 0, 4), "0.0005");
    assert_eq!(sent(&[5000], -2, 0, 5), "0.00005");
    assert_eq!(sent(&[5], -3, 0, 12), "0.000000000005");
    assert_eq!(sent(&[123], 0, 0, 3), "123.000");
    assert_eq!(sent(&[], 0, 0xc000, 0), "NaN");
    assert_eq!(sent(&[], 0, 0xf000, 0), "-Infinity");
    assert_eq!(numeric(&words(&[2, 0, 0, 0, 1])), None);
    assert_eq!(numeric(b"\0"), None);
}

#[test]
fn numerics_are_ints_where_they_are_whole() {
    let int = |text| of_numeric(text, DataType::Int);
    assert_eq!(int("9223372036854775807.00"), Ok(Cell::Int(i64::MAX)));
    assert_eq!(int("-9223372036854775808"), Ok(Cell::Int(i64::MIN)));
    assert_eq!(int("9223372036854775808").unwrap_err(), "an int beyond 64 bits");
    assert_eq!(int("1.5").unwrap_err(), "not an int");
    let decimal = DataType::Decimal { precision: 12, scale: 2 };
    assert_eq!(of_numeric("-12.5000", decimal), Ok(Cell::Decimal(-1250)));
    assert!(of_numeric("1.005", decimal).is_err());
    assert!(of_numeric("NaN", decimal).is_ok_and(|cell| matches!(cell, Cell::Float(f) if f.is_nan())));
}

#[test]
fn days_and_instants_have_bounds() {
    let days = |since: i32| How::Date.typed(&since.to_be_bytes(), DataType::Date, &TimeZone::UTC);
    assert_eq!(days(0).0, Ok(Cell::Date(10_957)));
    assert_eq!(days(i32::MAX), (Err("infinity, which is no date".into()), "infinity".into()));
    assert_eq!(days(i32::MIN).1, "-infinity");
    assert_eq!(days(2_921_939).0, Ok(Cell::Date(2_932_896)));
    assert_eq!(days(2_921_940).0, Err("a date outside of the years 1 to 9999".into()));
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let at = |how: How, since: i64| how.typed(&since.to_be_bytes(), DataType::DateTime, &zone).0;
    assert_eq!(at(How::Instant, 1), Ok(Cell::DateTime(946_684_800_000_001)));
    assert_eq!(at(How::Local, 0), Ok(Cell::DateTime(946_684_800_000_000 - 8 * 3_600_000_000)));
    assert_eq!(at(How::Instant, i64::MIN), Err("infinity, which is no datetime".into()));
    assert_eq!(at(How::Local, i64::MAX - 1), Err("a datetime outside of the years 1 to 9999".into()));
}

#[test]
fn bytes_of_another_length_are_wrong() {
    for how in [How::Integer, How::Oid, How::Float, How::Bool, How::Date, How::Instant, How::Numeric] {
        let (read, _) = how.typed(b"abc", DataType::Int, &TimeZone::UTC);
        assert!(read.is_err(), "{how:?}");
    }
}

#[test]
fn arrays_and_documents_are_texts_alone() {
    assert_eq!(How::of(&Type::INT4_ARRAY, DataType::Int), None);
    assert_eq!(How::of(&Type::JSONB, DataType::Float), None);
    assert_eq!(How::of(&Type::JSONB, DataType::Text), Some(How::Cast));
    assert_eq!(How::of(&Type::INT4_ARRAY, DataType::Text), Some(How::Cast));
    assert_eq!(How::of(&Type::UUID, DataType::Text), Some(How::Cast));
    assert_eq!(How::of(&Type::UUID, DataType::Int), None);
    assert_eq!(How::of(&Type::VARCHAR, DataType::Date), Some(How::Text));
    assert_eq!(How::of(&Type::FLOAT8, DataType::Decimal { precision: 9, scale: 2 }), None);
    assert_eq!(How::of(&Type::TIMESTAMPTZ, DataType::Date), None);
}
