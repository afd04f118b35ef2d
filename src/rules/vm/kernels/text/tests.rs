use super::*;
use crate::rules::cause::CauseKind;
use crate::rules::data::NO_ROW;
use crate::rules::format;
use crate::rules::site::Part;
use crate::rules::vm::text::{FIRST, Text, Texts, TooLong};
use crate::rules::vm::value::{Bits, Fails, Src, words};
use jiff::tz::TimeZone;
use polars_arrow::array::{Utf8ViewArray, View};

const LIMIT: usize = 1_000;

const SAMPLES: [&str; 30] = [
    "",
    "a",
    "a\0",
    "a\0b",
    "ab",
    "abc",
    "abcd",
    "abcde",
    "abcdefghijkl",
    "abcdefghijkl\0",
    "abcdefghijklm",
    "abcdefghijklMN",
    "abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyY",
    " \u{3000}trim\tme \n",
    "   a text of more than twelve bytes  ",
    "\u{a0}",
    "战略客户",
    "战略",
    "一般客户，长期合作",
    "战略客户，长期合作",
    "ΑΣ",
    "ΌΣΟΣ ΣΊΣΥΦΟΣ",
    "ß straße İstanbul ǅ",
    "AbC-12 [z]@`{",
    "ÀÉ",
    "a,b,,c",
    ",",
    "aXbXcXdXeXfXgXhXiXjX",
    "ﬀ",
];

/// Texts of [`SAMPLES`], long ones in a buffer of their own.
fn samples(buffer: &[u8]) -> Vec<Text> {
    let mut at = 0;
    let text = |sample: &&str| {
        let text = Text::new(sample.as_bytes(), FIRST, at);
        at += sample.len() as u32;
        text
    };
    assert_eq!(buffer.len(), SAMPLES.iter().map(|s| s.len()).sum::<usize>());
    SAMPLES.iter().map(text).collect()
}

fn read(texts: &Texts<'_>, out: &[Text]) -> Vec<String> {
    out.iter().map(|t| texts.with(*t, str::to_owned)).collect()
}

/// All pairs of samples, and what a function of two makes of them.
fn check_pairs(
    kernel: impl Fn(&Texts<'_>, Src<'_, Text>, Src<'_, Text>, usize, &mut [u64]),
    expected: impl Fn(&str, &str) -> bool,
) {
    let buffer = SAMPLES.concat().into_bytes();
    let texts = Texts::new(vec![&buffer], LIMIT);
    let all = samples(&buffer);
    let n = all.len();
    let a: Vec<Text> = (0..n * n).map(|i| all[i / n]).collect();
    let b: Vec<Text> = (0..n * n).map(|i| all[i % n]).collect();
    for rows in [0, 1, 63, 64, 65, n * n] {
        let mut out = vec![u64::MAX; words(rows)];
        kernel(&texts, Src::Each(&a), Src::Each(&b), rows, &mut out);
        for row in 0..rows {
            let (a, b) = (SAMPLES[row / n], SAMPLES[row % n]);
            assert_eq!(Bits::Each(&out).get(row), expected(a, b), "{a:?} {b:?}");
        }
        assert!(rows.is_multiple_of(64) || out[rows / 64] >> (rows % 64) == 0);
    }
    for (i, one) in all.iter().enumerate() {
        let mut out = vec![0; words(n)];
        kernel(&texts, Src::Each(&all), Src::All(*one), n, &mut out);
        (0..n).for_each(|row| assert_eq!(Bits::Each(&out).get(row), expected(SAMPLES[row], SAMPLES[i])));
        kernel(&texts, Src::All(*one), Src::Each(&all), n, &mut out);
        (0..n).for_each(|row| assert_eq!(Bits::Each(&out).get(row), expected(SAMPLES[i], SAMPLES[row])));
        kernel(&texts, Src::All(*one), Src::All(*one), n, &mut out);
        (0..n).for_each(|row| assert_eq!(Bits::Each(&out).get(row), expected(SAMPLES[i], SAMPLES[i])));
    }
}

#[test]
fn texts_are_compared_by_their_bytes() {
    check_pairs(equal, |a, b| a == b);
    check_pairs(less, |a, b| a < b);
    check_pairs(less_equal, |a, b| a <= b);
}

#[test]
fn parts_are_found() {
    check_pairs(contains, |a, b| a.contains(b));
    check_pairs(starts_with, |a, b| a.starts_with(b));
    check_pairs(ends_with, |a, b| a.ends_with(b));
    let long = "x".repeat(300) + "战略";
    assert_eq!(find(long.as_bytes(), "x战".as_bytes()), Some(299));
    assert_eq!((find(long.as_bytes(), b"xy"), find(b"abcab", b"cab"), find(b"", b"a")), (None, Some(2), None));
}

#[test]
fn sort_keys_order_all_but_long_texts_of_one_start() {
    let buffer = SAMPLES.concat().into_bytes();
    let texts = Texts::new(vec![&buffer], LIMIT);
    let all = samples(&buffer);
    for (i, a) in all.iter().enumerate() {
        for (j, b) in all.iter().enumerate() {
            let by_key = sort_key(&texts, *a).cmp(&sort_key(&texts, *b));
            let same_start = a.len() > 12 && b.len() > 12 && SAMPLES[i].as_bytes()[..12] == SAMPLES[j].as_bytes()[..12];
            assert!(by_key == SAMPLES[i].cmp(SAMPLES[j]) || same_start && by_key.is_eq(), "{i} {j}");
            assert_eq!(order(&texts, *a, *b), SAMPLES[i].cmp(SAMPLES[j]));
        }
    }
    // Garbage.
    assert_eq!(sort_key(&texts, Text(u128::MAX)), 0);
}

#[test]
fn extremes_of_texts_keep_the_first_of_equals() {
    let buffer = SAMPLES.concat().into_bytes();
    let mut texts = Texts::new(vec![&buffer], LIMIT);
    let all = samples(&buffer);
    let copy = texts.push(SAMPLES[12]).unwrap();
    let mut out = vec![Text::default(); all.len()];
    for (i, one) in all.iter().enumerate() {
        min(&texts, Src::Each(&all), Src::All(*one), &mut out);
        (0..all.len()).for_each(|j| assert_eq!(read(&texts, &out[j..=j])[0], SAMPLES[i].min(SAMPLES[j])));
        max(&texts, Src::Each(&all), Src::All(*one), &mut out);
        (0..all.len()).for_each(|j| assert_eq!(read(&texts, &out[j..=j])[0], SAMPLES[i].max(SAMPLES[j])));
    }
    min(&texts, Src::All(copy), Src::Each(&all), &mut out);
    assert_eq!(out[12], copy);
    max(&texts, Src::All(copy), Src::Each(&all), &mut out);
    assert_eq!(out[12], copy);

    let mut fails = Fails::default();
    let (low, high) = (Text::new(b"b", 0, 0), Text::new("战略".as_bytes(), 0, 0));
    clamp(&texts, Src::Each(&all), Src::All(low), Src::All(high), &mut out, &mut fails);
    let expected: Vec<&str> = SAMPLES.iter().map(|s| (*s).clamp("b", "战略")).collect();
    assert!(!fails.any());
    assert_eq!(read(&texts, &out), expected);
    clamp(&texts, Src::All(low), Src::Each(&all), Src::All(high), &mut out, &mut fails);
    for (row, sample) in SAMPLES.iter().enumerate() {
        let wrong = (*sample > "战略").then_some((CauseKind::OutOfRange, Part::Whole));
        assert_eq!(fails.get(row).read(), wrong, "{sample}");
    }
}

#[test]
fn lengths_count_characters() {
    let buffer = SAMPLES.concat().into_bytes();
    let texts = Texts::new(vec![&buffer], LIMIT);
    let all = samples(&buffer);
    let mut out = vec![0; all.len()];
    len(&texts, Src::Each(&all), &mut out);
    let expected: Vec<i64> = SAMPLES.iter().map(|s| s.chars().count() as i64).collect();
    assert_eq!(out, expected);
    let mut bits = [0];
    is_empty(Src::Each(&all), all.len(), &mut bits);
    assert_eq!(bits, [1]);
    // Garbage has some length, and no kernel minds.
    len(&texts, Src::Each(&[Text(u128::MAX), Text(3)]), &mut out[..2]);
}

/// The mask of all rows but each third.
fn two_of_three(rows: usize) -> Vec<u64> {
    let mut mask = vec![0; words(rows)];
    (0..rows).filter(|row| row % 3 != 2).for_each(|row| mask[row / 64] |= 1 << (row % 64));
    mask
}

/// Each sample, and what a function makes of it; rows outside a mask are empty.
fn check_each(
    kernel: impl Fn(&mut Texts<'_>, Src<'_, Text>, Bits<'_>, &mut [Text]) -> Result<(), TooLong>,
    expected: impl Fn(&str) -> String,
) {
    let buffer = SAMPLES.concat().into_bytes();
    let mut texts = Texts::new(vec![&buffer], LIMIT);
    let all = samples(&buffer);
    let mask = two_of_three(all.len());
    for mask in [Bits::All(true), Bits::Each(&mask), Bits::All(false)] {
        let mut out = vec![Text(7); all.len()];
        kernel(&mut texts, Src::Each(&all), mask, &mut out).unwrap();
        for (row, sample) in SAMPLES.iter().enumerate() {
            let expected = if mask.get(row) { expected(sample) } else { String::new() };
            assert_eq!(read(&texts, &out[row..=row])[0], expected, "{sample:?}");
            assert_eq!(out[row].len(), expected.len());
        }
    }
}

#[test]
fn cases_are_the_standard_librarys() {
    check_each(lower, str::to_lowercase);
    check_each(upper, str::to_uppercase);
    check_each(|texts, a, mask, out| trim(texts, a, mask, out), |s| s.trim().to_owned());
    let mut texts = Texts::new(Vec::new(), LIMIT);
    for c in (0..0x3_0000).filter_map(char::from_u32) {
        let text = texts.push(&format!("a{c}")).unwrap();
        let mut out = [Text::default(); 2];
        lower(&mut texts, Src::All(text), Bits::All(true), &mut out[..1]).unwrap();
        upper(&mut texts, Src::All(text), Bits::All(true), &mut out[1..]).unwrap();
        let expected = [format!("a{c}").to_lowercase(), format!("a{c}").to_uppercase()];
        assert_eq!(read(&texts, &out), expected);
    }
}

#[test]
fn what_does_not_change_is_not_copied() {
    let buffer = SAMPLES.concat().into_bytes();
    let mut texts = Texts::new(vec![&buffer], LIMIT);
    let all = samples(&buffer);
    let mut out = vec![Text::default(); all.len()];
    lower(&mut texts, Src::All(all[20]), Bits::All(true), &mut out).unwrap();
    upper(&mut texts, Src::All(all[20]), Bits::All(true), &mut out).unwrap();
    trim(&texts, Src::Each(&all), Bits::All(true), &mut out).unwrap();
    let (whole, none) = (Src::All(all[20]), Src::All(Text::new(b"?", 0, 0)));
    replace(&mut texts, whole, none, none, Bits::All(true), &mut out, &mut Fails::default()).unwrap();
    assert!(texts.computed().is_empty());
    assert_eq!(out, vec![all[20]; all.len()]);
}

#[test]
fn what_is_too_long_is_so_unchanged() {
    let buffer = SAMPLES.concat().into_bytes();
    let mut texts = Texts::new(vec![&buffer], 20);
    let long = Src::All(samples(&buffer)[20]);
    let (none, all, mut out) = (Src::All(Text::new(b"?", 0, 0)), Bits::All(true), [Text::default()]);
    assert_eq!(lower(&mut texts, long, all, &mut out), Err(TooLong));
    assert_eq!(upper(&mut texts, long, all, &mut out), Err(TooLong));
    assert_eq!(trim(&texts, long, all, &mut out), Err(TooLong));
    assert_eq!(join(&mut texts, &[long], all, &mut out), Err(TooLong));
    assert_eq!(replace(&mut texts, long, none, none, all, &mut out, &mut Fails::default()), Err(TooLong));
}

#[test]
fn joined_texts_are_their_parts() {
    for tail in ["", "，x"] {
        let tail = Text::new(tail.as_bytes(), 0, 0);
        let expected = |s: &str| if tail.is_empty() { s.repeat(2) } else { format!("{s}{s}，x") };
        check_each(|texts, a, mask, out| join(texts, &[a, a, Src::All(tail)], mask, out), expected);
        check_each(|texts, a, mask, out| join(texts, &[a], mask, out), str::to_owned);
        check_each(|texts, _, mask, out| join(texts, &[], mask, out), |_| String::new());
    }
    let mut texts = Texts::new(Vec::new(), 20);
    let part = texts.push("0123456789").unwrap();
    let mut out = [Text::default(); 2];
    assert_eq!(join(&mut texts, &[Src::All(part), Src::All(part)], Bits::All(true), &mut out), Ok(()));
    let three = [Src::All(part); 3];
    assert_eq!(join(&mut texts, &three, Bits::All(true), &mut out), Err(TooLong));
    assert_eq!(join(&mut texts, &three, Bits::All(false), &mut out), Ok(()));
}

#[test]
fn parts_are_replaced() {
    for (from, to) in
        [("a", ""), ("a", "aa"), ("X", "，，，，"), ("客户", "户"), ("战略客户，长期合作", "x"), (",", ";")]
    {
        let mut fails = Fails::default();
        let (f, t) = (Text::new(from.as_bytes(), FIRST + 1, 0), Text::new(to.as_bytes(), 0, 0));
        let buffer = SAMPLES.concat().into_bytes();
        let mut texts = Texts::new(vec![&buffer, from.as_bytes()], LIMIT);
        let mut out = vec![Text::default(); SAMPLES.len()];
        let all = samples(&buffer);
        replace(&mut texts, Src::Each(&all), Src::All(f), Src::All(t), Bits::All(true), &mut out, &mut fails).unwrap();
        let expected: Vec<String> = SAMPLES.iter().map(|s| s.replace(from, to)).collect();
        assert_eq!(read(&texts, &out), expected);
        assert!(!fails.any());
    }
    let mut texts = Texts::new(Vec::new(), 20);
    let mut fails = Fails::default();
    let whole = texts.push("aaaaaaaaaaaaaaaa").unwrap();
    let (a, empty) = (Text::new(b"a", 0, 0), Text::default());
    let mut out = [Text(1); 3];
    let twice = Src::All(Text::new(b"aa", 0, 0));
    let result = replace(&mut texts, Src::All(whole), Src::All(a), twice, Bits::All(true), &mut out, &mut fails);
    assert_eq!(result, Err(TooLong));
    let froms = Src::Each(&[empty, a, empty]);
    let mask = Bits::Each(&[0b11]);
    replace(&mut texts, Src::All(whole), froms, Src::All(empty), mask, &mut out, &mut fails).unwrap();
    assert_eq!(fails.get(0).read(), Some((CauseKind::OutOfRange, Part::Operand(1))));
    assert_eq!((fails.get(1).read(), fails.get(2).read(), out[1]), (None, None, empty));
}

#[test]
fn values_have_the_formats_texts() {
    let mut texts = Texts::new(Vec::new(), LIMIT);
    let ints = [0, 0, -7, i64::MAX, i64::MIN, 3];
    let floats = [0.0, -0.0, 0.1, 1e21, f64::NAN, f64::NAN];
    let days = [17_257, 17_257, i32::MAX, calendar_first(), 0, -1];
    let instants = [0, 0, i64::MAX, -1, 1_491_004_800_000_000, 5];
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let mask = two_of_three(6);
    for mask in [Bits::All(true), Bits::Each(&mask)] {
        let check = |texts: &Texts<'_>, out: &[Text], expected: &dyn Fn(usize) -> String| {
            for (row, text) in read(texts, out).into_iter().enumerate() {
                assert_eq!(text, if mask.get(row) { expected(row) } else { String::new() });
            }
        };
        let mut out = [Text(9); 6];
        of_ints(&mut texts, Src::Each(&ints), mask, &mut out).unwrap();
        check(&texts, &out, &|row| ints[row].to_string());
        of_floats(&mut texts, Src::Each(&floats), mask, &mut out).unwrap();
        check(&texts, &out, &|row| format::float(floats[row]));
        of_dates(&mut texts, Src::Each(&days), mask, &mut out).unwrap();
        check(&texts, &out, &|row| format::date(days[row]));
        of_instants(&mut texts, Src::Each(&instants), &zone, mask, &mut out).unwrap();
        check(&texts, &out, &|row| format::datetime(instants[row], &zone));
    }
    let mut out = [Text(9); 2];
    of_bools(Bits::Each(&[0b10]), &mut out);
    assert_eq!(read(&texts, &out), ["false", "true"]);
    assert_eq!(of_ints(&mut Texts::new(Vec::new(), 3), Src::All(1_000), Bits::All(true), &mut out), Err(TooLong));
}

fn calendar_first() -> i32 {
    crate::calendar::FIRST_DAY
}

#[test]
fn numbers_are_read_strictly() {
    let mut texts = Texts::new(Vec::new(), LIMIT);
    let written = ["12", "-9223372036854775808", "9223372036854775808", "", "1e999", "1.5", "一", "+7"];
    let a: Vec<Text> = written.iter().map(|s| texts.push(s).unwrap()).collect();
    let (mut ints, mut floats) = ([9; 8], [9.0; 8]);
    let (mut wrong_ints, mut wrong_floats) = (Fails::default(), Fails::default());
    let mask = Bits::Each(&[0b1111_0111]);
    to_ints(&texts, Src::Each(&a), mask, &mut ints, &mut wrong_ints);
    to_floats(&texts, Src::Each(&a), mask, &mut floats, &mut wrong_floats);
    use CauseKind::{NotANumber, NotFinite, Overflow};
    let kinds = |fails: &Fails| (0..8).map(|row| fails.get(row).read().map(|f| f.0)).collect::<Vec<_>>();
    let (no, yes) = (Some(NotANumber), None);
    assert_eq!(kinds(&wrong_ints), [yes, yes, Some(Overflow), yes, no, no, no, yes]);
    assert_eq!(kinds(&wrong_floats), [yes, yes, yes, yes, Some(NotFinite), yes, no, yes]);
    assert_eq!((ints[0], ints[1], ints[3], ints[7]), (12, i64::MIN, 0, 7));
    assert_eq!((floats[0], floats[3], floats[5]), (12.0, 0.0, 1.5));
}

#[test]
fn keys_are_found() {
    let buffer = SAMPLES.concat().into_bytes();
    let texts = Texts::new(vec![&buffer], LIMIT);
    let all = samples(&buffer);
    let keys = Keys::new(SAMPLES.iter().copied().filter(|s| *s != "战略" && *s != SAMPLES[12]));
    let mut out = vec![0; all.len()];
    keys.rows(&texts, Src::Each(&all), &mut out);
    let mut next = 0..;
    let expected = |s: &&str| if *s == "战略" || *s == SAMPLES[12] { NO_ROW } else { next.next().unwrap() };
    assert_eq!(out, SAMPLES.iter().map(expected).collect::<Vec<u32>>());

    let none = Keys::new([]);
    none.rows(&texts, Src::Each(&all), &mut out);
    assert_eq!(out, vec![NO_ROW; all.len()]);
    let names: Vec<String> = (0..10_000).map(|i| format!("K{i}")).collect();
    let many = Keys::new(names.iter().map(String::as_str).chain(["K5"]));
    let wanted: Vec<Text> = names.iter().map(|n| Text::new(n.as_bytes(), 0, 0)).collect();
    let mut out = vec![0; wanted.len()];
    many.rows(&texts, Src::Each(&wanted), &mut out);
    assert!(out.iter().enumerate().all(|(i, row)| *row == if i == 5 { 10_000 } else { i as u32 }));
    many.rows(&texts, Src::Each(&[Text(u128::MAX), Text(0)]), &mut out[..2]);
    assert_eq!(out[..2], [NO_ROW; 2]);
}

#[test]
fn columns_are_loaded_as_views() {
    let array = Utf8ViewArray::from_slice(SAMPLES.map(Some));
    let buffers: Vec<&[u8]> = array.data_buffers().iter().map(|b| b.as_slice()).collect();
    let texts = Texts::new(std::iter::once(&b"another"[..]).chain(buffers).collect(), LIMIT);
    let views: &[View] = array.views();
    let mut out = vec![Text::default(); SAMPLES.len() - 2];
    load(&views[2..], FIRST + 1, &mut out);
    assert_eq!(read(&texts, &out), SAMPLES[2..]);
}
