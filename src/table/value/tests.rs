use super::*;
use crate::source::Span;
use indexmap::IndexMap;

fn column(dtype: &str) -> Column {
    Column::new("c", DataType::parse(dtype).unwrap(), Span::default())
}

fn parse_in(column: &Column, zone: &TimeZone, text: &str) -> Result<(Cell, Option<Noted>), String> {
    CellParser::new(column, zone).parse(text, &mut Memo::default())
}

fn cell(dtype: &str, text: &str) -> Result<Cell, String> {
    parse_in(&column(dtype), &TimeZone::UTC, text).map(|(cell, _)| cell)
}

fn formatted(dtype: &str, format: &str, text: &str) -> Result<Cell, String> {
    let column = Column { formats: vec![format.into()], ..column(dtype) };
    parse_in(&column, &TimeZone::UTC, text).map(|(cell, _)| cell)
}

#[test]
fn text_stays_as_it_is() {
    for text in ["007", " a ", "客户", "NaN", "null"] {
        assert_eq!(cell("text", text), Ok(Cell::Source), "{text}");
    }
    assert_eq!(cell("text", ""), Ok(Cell::Missing));
    assert!(cell("text", "a\0b").is_err());
}

#[test]
fn ints_are_digits_within_64_bits() {
    for (text, value) in [("7", 7), ("-7", -7), ("+7", 7), ("007", 7), ("-9223372036854775808", i64::MIN)] {
        assert_eq!(cell("int", text), Ok(Cell::Int(value)));
    }
    assert_eq!(cell("int", "9223372036854775808"), Err("an int beyond 64 bits".into()));
    for text in ["1.0", "1e3", "1,000", "-", "0x10", "１", "17850.0"] {
        assert_eq!(cell("int", text), Err("not an int".into()), "{text}");
    }
    assert_eq!(cell("int", " 7"), Err("not an int (blanks around it)".into()));
}

#[test]
fn floats_that_are_not_finite_are_missing_and_counted() {
    assert_eq!(cell("float", "1.5e3"), Ok(Cell::Float(1500.0)));
    assert_eq!(cell("float", "-.5"), Ok(Cell::Float(-0.5)));
    for text in ["NaN", "nan", "inf", "-Infinity"] {
        let (_, noted) = parse_in(&column("float"), &TimeZone::UTC, text).unwrap();
        assert_eq!(noted, Some(Noted::NotFinite), "{text}");
    }
    assert_eq!(cell("float", "1e400"), Err("a float out of range".into()));
    for text in ["1,5", "abc", "1_000", "--1", "."] {
        assert_eq!(cell("float", text), Err("not a float".into()), "{text}");
    }
}

#[test]
fn decimals_are_exact_or_wrong() {
    let good = [("12.34", 1234), ("-0.05", -5), ("7", 700), ("7.1", 710), ("7.100", 710), ("+.5", 50), ("5.", 500)];
    for (text, units) in good {
        assert_eq!(cell("decimal(5,2)", text), Ok(Cell::Decimal(units)), "{text}");
    }
    assert_eq!(cell("decimal(5,2)", "000999.99"), Ok(Cell::Decimal(99_999)));
    assert_eq!(cell("decimal(5,2)", "1000"), Err("a decimal with more than 3 digits before the point".into()));
    assert_eq!(cell("decimal(5,2)", "1.234"), Err("a decimal with more than 2 digits behind the point".into()));
    for text in ["1e3", "1,00", ".", "-", "1.2.3", "NaN"] {
        assert_eq!(cell("decimal(5,2)", text), Err("not a decimal(5,2)".into()), "{text}");
    }
    let most = "9".repeat(38);
    assert_eq!(cell("decimal(38,0)", &most), Ok(Cell::Decimal(most.parse().unwrap())));
    assert!(cell("decimal(38,0)", &"9".repeat(39)).is_err());
    assert!(cell("decimal(38,0)", &"9".repeat(1000)).is_err());
}

#[test]
fn bools_are_true_and_false() {
    assert_eq!(cell("bool", "TRUE"), Ok(Cell::Bool(true)));
    assert_eq!(cell("bool", "false"), Ok(Cell::Bool(false)));
    assert_eq!(cell("bool", "1"), Err("not true or false".into()));
}

#[test]
fn iso_dates_are_days_of_the_calendar() {
    let days = [("1970-01-01", 0), ("1969-12-31", -1), ("2017-04-01", 17_257), ("2000-02-29", 11_016)];
    for (text, days) in days {
        assert_eq!(cell("date", text), Ok(Cell::Date(days)));
        assert_eq!(date_text(days), text);
    }
    for text in ["2017-02-29", "1900-02-29", "2017-13-01", "2017-00-10", "2017-04-31", "2017-01-00"] {
        assert_eq!(cell("date", text), Err("a day that the calendar does not have".into()), "{text}");
    }
    for text in ["2017-4-1", "01/04/2017", "20170401", "2017-04-01T00:00", "2017-04-0１", "17-04-01", "2017/04/01"] {
        assert_eq!(cell("date", text), Err("not a date of the form YYYY-MM-DD".into()), "{text}");
    }
}

#[test]
fn every_day_of_four_centuries_agrees_with_the_calendar_library() {
    let first = Date::new(1600, 1, 1).unwrap();
    let mut date = first;
    while date.year() < 2004 {
        let Ok(Cell::Date(days)) = cell("date", &date.to_string()) else { panic!("{date}") };
        assert_eq!(date_text(days), date.to_string());
        date = date.checked_add(jiff::Span::new().days(17)).unwrap();
    }
}

#[test]
fn declared_formats_are_tried_in_order() {
    assert_eq!(formatted("date", "%d/%m/%Y", "01/04/2017"), Ok(Cell::Date(17_257)));
    assert_eq!(formatted("date", "%Y年%m月%d日", "2017年04月01日"), Ok(Cell::Date(17_257)));
    assert_eq!(formatted("date", "%d/%m/%Y", "01/04/17"), Err("not a date of the form %d/%m/%Y".into()));
    assert!(formatted("date", "%d/%m/%Y", "31/02/2017").is_err());
    assert!(formatted("date", "%d/%m/%Y", "2017-04-01").is_err());
    let both = Column { formats: vec!["%d/%m/%Y".into(), "%Y-%m-%d".into()], ..column("date") };
    let zone = TimeZone::UTC;
    let parser = CellParser::new(&both, &zone);
    let mut memo = Memo::default();
    for text in ["01/04/2017", "2017-04-01", "01/04/2017"] {
        assert_eq!(parser.parse(text, &mut memo), Ok((Cell::Date(17_257), None)));
    }
    assert!(parser.parse("x", &mut memo).unwrap_err().ends_with("%d/%m/%Y or %Y-%m-%d"));
    let minute = 17_257 * 86_400_000_000 + 60_000_000;
    assert_eq!(formatted("datetime", "%d.%m.%Y %H:%M", "01.04.2017 00:01"), Ok(Cell::DateTime(minute)));
    assert_eq!(formatted("datetime", "%Y-%m-%d %H:%M %z", "2017-04-01 08:01 +0800"), Ok(Cell::DateTime(minute)));
}

#[test]
fn datetimes_are_instants() {
    let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
    let at = |text: &str| parse_in(&column("datetime"), &shanghai, text).map(|(cell, _)| cell);
    let hour = 3_600_000_000;
    let midnight = 17_257 * 24 * hour;
    for text in ["2017-04-01T00:00:00Z", "2017-04-01T08:00:00+08:00", "2017-04-01 08:00", "2017-04-01T08:00:00.000"] {
        assert_eq!(at(text), Ok(Cell::DateTime(midnight)), "{text}");
    }
    assert_eq!(at("2017-04-01"), Ok(Cell::DateTime(midnight - 8 * hour)));
    assert_eq!(at("1969-12-31T23:59:59.9999999Z"), Ok(Cell::DateTime(-1)));
    for text in ["2017-02-29T00:00:00Z", "yesterday", "2017-04-01T25:00", "08:00"] {
        assert_eq!(at(text), Err("not an ISO 8601 datetime".into()), "{text}");
    }
    assert_eq!(datetime_text(midnight, &shanghai), "2017-04-01T08:00:00+08:00");
    // Clocks that skip an hour, and that show one twice.
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let at = |text: &str| parse_in(&column("datetime"), &berlin, text).map(|(cell, _)| cell);
    assert_eq!(at("2017-03-26T02:30"), at("2017-03-26T01:30:00Z"));
    assert_eq!(at("2017-10-29T02:30"), at("2017-10-29T00:30:00Z"));
}

#[test]
fn missing_comes_before_corrections() {
    let mut column = column("text");
    column.missing = vec!["-".into(), "NULL".into()];
    column.values = [("GTXPro", "GTX Pro"), ("NULL", "no"), ("", "no"), ("gone", "")]
        .into_iter()
        .map(|(a, b)| (a.into(), b.into()))
        .collect();
    let zone = TimeZone::UTC;
    let parser = CellParser::new(&column, &zone);
    let parse = |text| parser.parse(text, &mut Memo::default());
    assert_eq!(parse("GTXPro"), Ok((Cell::Corrected(0), Some(Noted::Corrected(0)))));
    assert_eq!(parser.text(Cell::Corrected(0), "GTXPro"), Some("GTX Pro".into()));
    assert_eq!(parse("NULL"), Ok((Cell::Missing, Some(Noted::Token(1)))));
    assert_eq!(parse("-"), Ok((Cell::Missing, Some(Noted::Token(0)))));
    assert_eq!(parse(""), Ok((Cell::Missing, None)));
    assert_eq!(parse("gone"), Ok((Cell::Missing, Some(Noted::Corrected(3)))));
    assert_eq!(parse("GTXPro "), Ok((Cell::Source, None)), "only the exact text is corrected");
    let kept = Column { empty_is_text: true, ..column.clone() };
    assert_eq!(parse_in(&kept, &zone, ""), Ok((Cell::Corrected(2), Some(Noted::Corrected(2)))));
    let plain = Column { values: IndexMap::new(), ..kept };
    assert_eq!(parse_in(&plain, &zone, ""), Ok((Cell::Source, None)));
}

#[test]
fn corrections_are_read_as_the_type() {
    let mut column = column("int");
    column.values = [("seven", "7"), ("eight", "acht")].into_iter().map(|(a, b)| (a.into(), b.into())).collect();
    assert_eq!(parse_in(&column, &TimeZone::UTC, "seven"), Ok((Cell::Int(7), Some(Noted::Corrected(0)))));
    assert_eq!(parse_in(&column, &TimeZone::UTC, "eight"), Err("its correction `acht` is not an int".into()));
}

#[test]
fn decimals_are_written_with_their_point() {
    assert_eq!(decimal_text(-5, 2), "-0.05");
    assert_eq!(decimal_text(1234, 2), "12.34");
    assert_eq!(decimal_text(7, 0), "7");
}

#[test]
fn dates_are_of_the_years_1_to_9999() {
    let outside = |kind: &str| Err(format!("a {kind} outside of the years 1 to 9999"));
    assert_eq!(cell("date", "0001-01-01"), Ok(Cell::Date(-719_162)));
    assert_eq!(cell("date", "9999-12-31"), Ok(Cell::Date(2_932_896)));
    assert_eq!(cell("date", "0000-12-31"), outside("date"));
    assert_eq!(formatted("date", "%Y-%m-%d", "0001-01-01"), Ok(Cell::Date(-719_162)));
    assert_eq!(formatted("date", "%Y-%m-%d", "0999-12-31"), cell("date", "0999-12-31"));
    assert_eq!(formatted("date", "%d.%m.%Y", "31.12.0999"), cell("date", "0999-12-31"));
    assert_eq!(formatted("date", "%Y-%m-%d", "0000-12-31"), outside("date"));
    assert_eq!(formatted("date", "%Y-%m-%d", "999-12-31"), Err("not a date of the form %Y-%m-%d".into()));
    assert_eq!(formatted("datetime", "%Y-%m-%d %H:%M", "0999-12-31 08:00"), cell("datetime", "0999-12-31T08:00:00Z"));
    assert!(formatted("datetime", "%Y-%m-%d %H:%M", "17-12-31 08:00").is_err());
    assert!(cell("datetime", "0001-01-01T00:00:00Z").is_ok());
    for text in ["0000-12-31T23:59:59Z", "0001-01-01T00:00:00+01:00", "-000001-01-01T00:00:00Z", "0000-06-01"] {
        assert_eq!(cell("datetime", text), outside("datetime"), "{text}");
    }
    assert_eq!(formatted("datetime", "%Y-%m-%d %H:%M", "0000-12-31 08:00"), outside("datetime"));
    assert!(cell("datetime", "9999-12-30T22:00:00Z").is_ok());
    let late = || Err("a datetime after 9999-12-30T22:00:00Z".to_owned());
    for text in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59", "9999-12-31 00:00", "9999-12-31T12:00:00+01:00"] {
        assert_eq!(cell("datetime", text), late(), "{text}");
    }
    assert_eq!(formatted("datetime", "%Y-%m-%d %H:%M:%S", "9999-12-31 23:59:59"), late());
    assert_eq!(formatted("datetime", "%Y-%m-%d %H:%M %z", "9999-12-31 23:59 +0000"), late());
    assert_eq!(cell("datetime", "9999-12-32T00:00:00Z"), Err("not an ISO 8601 datetime".into()));
    assert_eq!(local_cell(i64::MAX, &TimeZone::UTC), outside("datetime"));
}
