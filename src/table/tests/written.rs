//! Values as other programs write them, and rows that are no data.

use super::streaming::{streamed, tiny};
use super::*;
use crate::diag::ids as id;
use crate::manifest::model::{Drop, Negative, Pattern};

fn drops(texts: &[&str]) -> Vec<Drop> {
    texts.iter().map(|text| Drop::Text((*text).to_owned())).collect()
}

#[test]
fn rows_that_are_no_data_are_removed_before_anything_else_is_asked() {
    let mut t = table("t", "k:text v:int w:text");
    let regex = regex::Regex::new(r"^(?:\([0-9]+ rows\))$").unwrap();
    t.columns["k"].contract.mending.trim = true;
    t.columns["k"].contract.drops = drops(&["k", "合计", ""]);
    t.columns["k"].contract.drops.push(Drop::Pattern(Pattern { text: r"\([0-9]+ rows\)".to_owned(), regex }));
    t.columns["w"].contract.drops = drops(&["test"]);
    let text = "k,v,w\na,1,\nk,v,w\nb,x,test\n,3,\n 合计 ,many,\n(4 rows)\nc,x,\nd,4,\n";
    let loaded = Fixture::one(t.clone(), text).load();
    assert_eq!(cells(&loaded, "t", "k"), "a d");
    assert_eq!(totals(&loaded, "t"), [8, 2, 1, 5]);
    let listed: Vec<_> = loaded.rejected.iter().map(|r| (r.line, r.column.as_str(), r.text.as_str(), r.id)).collect();
    assert_eq!(
        listed,
        [
            (3, "k", "k", id::DROPPED),
            (4, "w", "test", id::DROPPED),
            (5, "k", "", id::DROPPED),
            (6, "k", " 合计 ", id::DROPPED),
            (7, "k", "(4 rows)", id::DROPPED),
            (8, "v", "x", id::VALUE_WRONG),
        ]
    );
    let (rows, _) = streamed(&Fixture::one(t, text), tiny(16, 5), None);
    assert_eq!(rows.iter().filter(|row| row.contains(" dropped ")).count(), 5, "{rows:#?}");
}

#[test]
fn the_texts_of_typed_values_may_mean_no_data() {
    let mut t = table("t", "k:int v:int");
    t.source.paths = vec!["t.ndjson".into()];
    t.source.format = Format::Ndjson(Numbers::default());
    t.columns["k"].contract.drops = drops(&["0", "total"]);
    let loaded =
        Fixture::new(vec![t]).file("t.ndjson", "{\"k\":0}\n{\"k\":\"total\",\"v\":\"x\"}\n{\"k\":10}\n").load();
    assert_eq!(cells(&loaded, "t", "k"), "10");
    assert_eq!(rejected(&loaded), ["1 k dropped", "2 k dropped"]);
}

#[test]
fn numbers_are_read_as_their_column_writes_them() {
    let mut t = table("t", "k:text eu:decimal(12,2) share:float n:int");
    let source = Numbers { decimal: b',', thousands: Some(Thousands::Point) };
    t.source.format = Format::Csv(Csv { numbers: source, ..Csv::delimited(b';') });
    t.columns["eu"].contract.written.negative = Negative { trailing: true, parentheses: true, minus_sign: false };
    t.columns["eu"].contract.written.marks = vec!["EUR".to_owned(), "€".to_owned()];
    t.columns["share"].contract.written.numbers = Some(Numbers::default());
    t.columns["share"].contract.written.marks = vec!["%".to_owned()];
    let text = "k;eu;share;n\na;1.234,50- €;12.5 %;1.000\nb;(0,05);7;2\nc;EUR 3;1,5;3\nd;-4-;1;4\ne;5;1;5-\n";
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "eu"), "-1234.50 -0.05");
    assert_eq!(cells(&loaded, "t", "share"), "12.5 7.0");
    assert_eq!(cells(&loaded, "t", "n"), "1000 2");
    assert_eq!(rejected(&loaded), ["4 share value-wrong", "5 eu value-wrong", "6 n value-wrong"]);
    assert_eq!(loaded.rejected[1].message, "not a number: it has two signs");
}

#[test]
fn days_may_be_numbers() {
    let mut t = table("t", "k:text d:date at:datetime");
    t.columns["d"].formats = vec!["serial".into(), "%d.%m.%Y".into()];
    t.columns["at"].formats = vec!["serial".into()];
    let text = "k,d,at\na,45292,45292.25\nb,02.01.2024,\nc,45292.5,\nd,12,\n";
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "d"), "2024-01-01 2024-01-02");
    assert_eq!(cells(&loaded, "t", "at"), "2024-01-01 06:00:00 -");
    assert_eq!(rejected(&loaded), ["4 d value-wrong", "5 d value-wrong"]);
    assert_eq!(loaded.rejected[0].message, "a date with a time of day");
}

#[test]
fn numbers_side_by_side_have_all_their_digits() {
    let mut t = table("t", "k:text d:date e:date at:datetime");
    t.columns["d"].formats = vec!["%y%m%d".into()];
    t.columns["e"].formats = vec!["%Y%m%d".into(), "%d.%m.%Y".into()];
    t.columns["at"].formats = vec!["%Y-%m-%d %H%M".into()];
    let text =
        "k,d,e,at\na,050105,20231005,2024-01-01 0130\nb,50105,,\nc,,2023105,\nd,,,2024-01-01 130\ne,,1.2.2024,\n";
    let loaded = Fixture::one(t, text).load();
    assert_eq!(cells(&loaded, "t", "k"), "a e");
    assert_eq!(cells(&loaded, "t", "d"), "2005-01-05 -");
    assert_eq!(cells(&loaded, "t", "e"), "2023-10-05 2024-02-01");
    assert_eq!(cells(&loaded, "t", "at"), "2024-01-01 01:30:00 -");
    assert_eq!(rejected(&loaded), ["3 d value-wrong", "4 e value-wrong", "5 at value-wrong"]);
}

#[test]
fn files_without_anything_are_allowed_where_it_is_said() {
    let mut t = table("t", "k:text");
    t.source.paths = vec!["a.csv".into(), "b.csv".into()];
    let files = |t: Table| Fixture::new(vec![t]).file("a.csv", "").file("b.csv", "k\nx\n");
    let (findings, _) = files(t.clone()).fails();
    assert_eq!(ids(&findings), [id::FILE_FORMAT]);
    assert!(findings[0].help[0].ends_with("say `empty_files: allowed`"));
    t.source.format = Format::Csv(Csv { empty_files: true, ..Csv::default() });
    let loaded = files(t).load();
    assert_eq!(cells(&loaded, "t", "k"), "x");
    assert_eq!(loaded.inputs.iter().map(|input| input.rows).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn help_says_what_to_declare() {
    let mut t = table("t", "k:text n:int d:date");
    t.quarantine_limit = 0.0;
    let (findings, _) = Fixture::one(t, "k,n,d\na,5-,2024-01-01\nb,1,31.12.2024\nc,1,45292\n").fails();
    let help = findings[0].help.join("\n");
    assert!(help.contains("`n` has numbers below zero as `5-`: say `negative: trailing`"), "{help}");
    assert!(help.contains("`d` has days as `31.12.2024`: say `format: …` with `%d.%m.%Y`"), "{help}");
}

#[test]
fn one_letter_is_one_letter_however_it_is_written() {
    let mut t = table("t", "k:text v:int");
    let text = "k,v\nM\u{fc}ller,1\nMu\u{308}ller,2\n";
    assert_eq!(Fixture::one(t.clone(), text).load().tables["t"].rows(), 2, "they are two keys as they stand");
    t.columns["k"].contract.mending.composed = true;
    let (findings, _) = Fixture::one(t.clone(), text).fails();
    assert_eq!(ids(&findings), [id::KEY_REPEATED]);
    t.columns["v"].from = "Gr\u{f6}\u{df}e".into();
    let (findings, _) = Fixture::one(t, "k,Gro\u{308}\u{df}e\na,1\n").fails();
    assert_eq!(ids(&findings), [id::COLUMN_MISSING]);
    assert!(findings[0].notes[0].starts_with("the file has it as `Gro\\u{308}\\u{df}e`"), "{findings:?}");
}
