use super::*;
use crate::rules::cause::CauseKind;
use crate::rules::data::{NO_ROW, Related};
use crate::rules::site::Part;
use crate::rules::vm::text::{FIRST, Text, Texts};
use crate::rules::vm::value::{Bits, Fails, Src, words};

/// Runs what makes elements, with buffers that were used before.
fn run<T>(
    max: usize,
    make: impl FnOnce(Elements<'_, T>) -> Result<(), TooMany>,
) -> Result<(Vec<u32>, Vec<T>), TooMany> {
    let (mut offsets, mut values) = (vec![7, 7], Vec::new());
    make(Elements { max, offsets: &mut offsets, values: &mut values })?;
    Ok((offsets, values))
}

#[test]
fn runs_are_consecutive() {
    assert_eq!((first_of_run(&[]), first_of_run(&[5]), first_of_run(&[5, 6, 7])), (None, Some(5), Some(5)));
    assert_eq!((first_of_run(&[5, 7, 6]), first_of_run(&[5, 5]), first_of_run(&[5, 9, 7])), (None, None, None));
    assert_eq!((first_of_run(&[NO_ROW, 0]), first_of_run(&[NO_ROW - 1, NO_ROW])), (None, Some(NO_ROW - 1)));
    let long: Vec<u32> = (100..10_100).collect();
    assert_eq!(first_of_run(&long), Some(100));
}

#[test]
fn related_rows_stand_in_the_owners_order() {
    let targets: Vec<u32> = (0..500).map(|i| if i % 7 == 0 { NO_ROW } else { i * 31 % 100 }).collect();
    let many = Related::group(&targets, 100);
    let runs: [Vec<u32>; 5] =
        [vec![], vec![99], (0..100).collect(), (36..99).collect(), vec![3, 3, NO_ROW, 99, 100, 0]];
    for rows in &runs {
        let owners = rows.len();
        let mask: Vec<u64> = vec![0x5555_5555_5555_5555; words(owners)];
        for mask in [Bits::All(true), Bits::Each(&mask), Bits::All(false)] {
            let make = |into: Elements<'_, u32>| related(&many, Src::Each(rows), owners, mask, into);
            let (offsets, elements) = run(10_000, make).unwrap();
            let mut expected = (vec![0], Vec::new());
            for (owner, row) in rows.iter().enumerate() {
                expected.1.extend(many.of(*row as usize).iter().filter(|_| mask.get(owner)));
                expected.0.push(expected.1.len() as u32);
            }
            let len = expected.1.len();
            assert_eq!((offsets, elements), expected);
            assert!(run(len, make).is_ok());
            assert!(len == 0 || run(len - 1, make) == Err(TooMany));
        }
    }
    let make = |into: Elements<'_, u32>| related(&many, Src::All(5), 3, Bits::All(true), into);
    assert_eq!(run(100, make).unwrap().1, many.of(5).repeat(3));
    // Rows behind the last are no run of this table.
    let beyond: Vec<u32> = (98..103).collect();
    let make = |into: Elements<'_, u32>| related(&many, Src::Each(&beyond), 5, Bits::All(true), into);
    assert_eq!(run(100, make).unwrap().1, [many.of(98), many.of(99)].concat());
}

#[test]
fn copied_elements_are_those_of_a_row() {
    let base = [0, 2, 2, 5];
    let rows = [2, 0, NO_ROW, 1, 2, 3];
    let make = |mask| move |into: Elements<'_, u32>| copied((&base, Bits::All(true)), Src::Each(&rows), 6, mask, into);
    let all = run(8, make(Bits::All(true))).unwrap();
    assert_eq!(all, (vec![0, 3, 5, 5, 5, 8, 8], vec![2, 3, 4, 0, 1, 2, 3, 4]));
    assert_eq!(run(7, make(Bits::All(true))), Err(TooMany));
    let some = run(8, make(Bits::Each(&[0b01_0010]))).unwrap();
    assert_eq!(some, (vec![0, 0, 2, 2, 2, 5, 5], vec![0, 1, 2, 3, 4]));
    let kept =
        |into: Elements<'_, u32>| copied((&base, Bits::Each(&[0b1_0110])), Src::Each(&rows), 6, Bits::All(true), into);
    assert_eq!(run(5, kept).unwrap(), (vec![0, 2, 3, 3, 3, 5, 5], vec![2, 4, 1, 2, 4]));
    assert_eq!(run(4, kept), Err(TooMany));
}

#[test]
fn elements_know_their_owners() {
    let mut out = vec![9];
    parents(&[0, 0, 2, 2, 5], &mut out);
    assert_eq!(out, [1, 1, 3, 3, 3]);
    parents(&[0], &mut out);
    assert!(out.is_empty());
    compose(&[0, 0, 2, 4], &[0, 3, 3, 7, 8], &mut out);
    assert_eq!(out, [0, 0, 3, 8]);
}

#[test]
fn written_lists_are_interleaved() {
    let mut offsets = vec![1];
    assert_eq!(written(3, 2, 6, &mut offsets), Ok(()));
    assert_eq!(offsets, [0, 2, 4, 6]);
    assert_eq!(written(3, 0, 0, &mut offsets), Ok(()));
    assert_eq!(offsets, [0; 4]);
    assert_eq!(written(3, 2, 5, &mut offsets), Err(TooMany));
    assert_eq!(written(usize::MAX, 2, 5, &mut offsets), Err(TooMany));
    let mut out = [0; 6];
    interleave(&[Src::Each(&[1, 2, 3]), Src::All(9)], &mut out);
    assert_eq!(out, [1, 9, 2, 9, 3, 9]);
    interleave::<i32>(&[], &mut []);
    for (owners, k) in [(0, 3), (1, 1), (64, 3), (65, 2), (7, 10)] {
        let columns: Vec<Vec<u64>> =
            (0..k).map(|n| vec![0x1234_5678_9ABC_DEF0u64.rotate_left(n * 7); words(owners)]).collect();
        let mut operands: Vec<Bits<'_>> = columns.iter().map(|c| Bits::Each(c)).collect();
        operands[0] = Bits::All(true);
        let n = owners * operands.len();
        let mut out = vec![u64::MAX; words(n)];
        interleave_bits(&operands, owners, &mut out);
        let expected: Vec<bool> = (0..owners).flat_map(|i| operands.iter().map(move |o| o.get(i))).collect();
        assert_eq!((0..n).map(|at| Bits::Each(&out).get(at)).collect::<Vec<_>>(), expected);
        assert!(n.is_multiple_of(64) || out[n / 64] >> (n % 64) == 0);
    }
}

/// Sorts lists of 0, 1, 40 and 3 elements of `values`, and holds that against a stable sort.
fn check_sort<T: Copy>(values: &[T], key: SortKey<'_>, compare: impl Fn(T, T) -> std::cmp::Ordering) {
    let base = [0, 0, 1, 41, 44];
    let keep: Vec<u64> = vec![0xF7FF_FF5A_FFFB_FFFF];
    let mut sorter = Sorter::default();
    for keep in [Bits::All(true), Bits::Each(&keep), Bits::All(false)] {
        for descending in [false, true] {
            let (mut offsets, mut positions) = (vec![3], vec![4]);
            sorter.sort(&base, keep, key, descending, &mut offsets, &mut positions);
            let mut expected = (vec![0], Vec::new());
            for ends in base.windows(2) {
                let mut list: Vec<u32> = (ends[0]..ends[1]).filter(|at| keep.get(*at as usize)).collect();
                list.sort_by(|a, b| {
                    let order = compare(values[*a as usize], values[*b as usize]);
                    if descending { order.reverse() } else { order }
                });
                expected.1.extend(list);
                expected.0.push(expected.1.len() as u32);
            }
            assert_eq!((offsets, positions), expected);
        }
    }
}

#[test]
fn sorting_is_stable_either_way() {
    let pick = |n: usize| n * 7 % 5;
    let floats: Vec<f64> = (0..44).map(|n| [-0.0, 0.0, -1e300, 5e-324, 2.5][pick(n)]).collect();
    check_sort(&floats, SortKey::Float(Src::Each(&floats)), |a, b| a.partial_cmp(&b).unwrap());
    let ints: Vec<i64> = (0..44).map(|n| [i64::MIN, i64::MAX, 0, -1, 1][pick(n)]).collect();
    check_sort(&ints, SortKey::Int(Src::Each(&ints)), |a, b| a.cmp(&b));
    let days: Vec<i32> = (0..44).map(|n| [i32::MIN, i32::MAX, 0, -1, 1][pick(n)]).collect();
    check_sort(&days, SortKey::Date(Src::Each(&days)), |a, b| a.cmp(&b));
    check_sort(&[8.0; 44], SortKey::Float(Src::All(8.0)), |_, _| std::cmp::Ordering::Equal);
    let bools: Vec<bool> = (0..44).map(|n| 0x0F0F_1234_5678u64 >> n & 1 == 1).collect();
    check_sort(&bools, SortKey::Bool(Bits::Each(&[0x0F0F_1234_5678])), |a, b| a.cmp(&b));

    let words = ["一般客户", "一般客户，长期合作", "一般客户，短期合作", "", "a\0"];
    let buffer = words.concat().into_bytes();
    let texts = Texts::new(vec![&buffer], 100);
    let text = |n: usize| Text::new(words[n].as_bytes(), FIRST, words[..n].concat().len() as u32);
    let values: Vec<Text> = (0..44).map(|n| text(pick(n))).collect();
    check_sort(&values, SortKey::Text(Src::Each(&values), &texts), |a, b| texts.compare(a, b));
}

#[test]
fn garbage_is_sorted_somehow() {
    let mut sorter = Sorter::default();
    let (mut offsets, mut positions) = (Vec::new(), Vec::new());
    let buffer = "abcdefghijklmnopqrstuvwxyz".repeat(3).into_bytes();
    let texts = Texts::new(vec![&buffer], 100);
    let garbage: Vec<Text> = (0..200u128)
        .map(|n| match n % 3 {
            0 => Text(u128::MAX - n * 97),
            1 => Text::new(&buffer[n as usize % 50..][..20], FIRST, (n * 31 % 70) as u32),
            _ => Text::new(&buffer[n as usize % 50..][..5], 0, 0),
        })
        .collect();
    sorter.sort(
        &[0, 200],
        Bits::All(true),
        SortKey::Text(Src::Each(&garbage), &texts),
        false,
        &mut offsets,
        &mut positions,
    );
    let floats: Vec<f64> = (0..200).map(|n| if n % 2 == 0 { f64::NAN } else { f64::from(n) }).collect();
    sorter.sort(&[0, 200], Bits::All(true), SortKey::Float(Src::Each(&floats)), true, &mut offsets, &mut positions);
    positions.sort_unstable();
    assert_eq!(positions, (0..200).collect::<Vec<u32>>());
}

#[test]
fn gaps_lie_between_neighbours() {
    let base = [0, 0, 1, 4, 6];
    let mut offsets = vec![5];
    between(&base, &mut offsets);
    assert_eq!(offsets, [0, 0, 0, 2, 3]);
    let (mut ints, mut floats, mut fails) = ([9; 3], [9.0; 3], Fails::default());
    gaps_of_ints(&base, &offsets, Src::Each(&[7, i64::MIN, -1, 5, -2, i64::MAX]), &mut ints, &mut fails);
    assert_eq!((ints[0], ints[1]), (i64::MAX, 6));
    let read = |fails: &Fails| (0..3).map(|gap| fails.get(gap).read()).collect::<Vec<_>>();
    assert_eq!(read(&fails), [None, None, Some((CauseKind::Overflow, Part::Whole))]);
    gaps_of_dates(&base, &offsets, Src::Each(&[7, i32::MIN, -1, 5, -2, i32::MAX]), &mut ints);
    assert_eq!(ints, [i64::from(i32::MAX), 6, i64::from(i32::MAX) + 2]);
    fails.clear();
    gaps_of_floats(&base, &offsets, Src::Each(&[0.5, -1e308, 1e308, 1e308, 0.0, -0.0]), &mut floats, &mut fails);
    assert_eq!(read(&fails), [Some((CauseKind::NotFinite, Part::Whole)), None, None]);
    assert_eq!((floats[1].to_bits(), floats[2].to_bits()), (0.0f64.to_bits(), (-0.0f64).to_bits()));
}

#[test]
fn texts_are_split_without_copying() {
    let wholes =
        ["a,b,,c", "", ",", "战略客户，长期合作的伙伴，一般", "none at all here", ",,,aaaaaaaaaaaaaaaaaaaaaaaaa"];
    let separators = [",", "，", "，长期合作的伙伴，", "aa"];
    let buffer = [wholes.concat(), separators.concat()].concat().into_bytes();
    let texts = Texts::new(vec![&buffer], 100);
    let mut at = 0;
    let mut text = |s: &&str| {
        at += s.len() as u32;
        Text::new(s.as_bytes(), FIRST, at - s.len() as u32)
    };
    let whole: Vec<Text> = wholes.iter().map(&mut text).collect();
    let separator: Vec<Text> = separators.iter().map(&mut text).collect();
    let mask = [0b10_1111];
    for (s, separator) in separators.iter().zip(&separator) {
        let make = |into: Elements<'_, Text>| {
            split(&texts, Src::Each(&whole), Src::All(*separator), wholes.len(), Bits::Each(&mask), into)
        };
        let (offsets, parts) = run(1_000, make).unwrap();
        let mut expected = (vec![0], Vec::new());
        for (owner, whole) in wholes.iter().enumerate() {
            expected.1.extend(whole.split(s).filter(|_| owner != 4));
            expected.0.push(expected.1.len() as u32);
        }
        let parts: Vec<String> = parts.iter().map(|t| texts.with(*t, str::to_owned)).collect();
        let len = parts.len();
        assert_eq!((offsets, parts), (expected.0, expected.1.iter().map(|s| (*s).to_owned()).collect()));
        assert!(run(len, make).is_ok());
        assert_eq!(run(len - 1, make).err(), Some(TooMany));
    }
    let empty = Src::All(Text::default());
    let (offsets, parts) = run(9, |into| split(&texts, Src::Each(&whole), empty, 6, Bits::All(true), into)).unwrap();
    assert_eq!((offsets, parts), (vec![0; 7], Vec::new()));
    let garbage = Src::All(Text(u128::MAX));
    let (offsets, _) = run(9, |into| split(&texts, Src::Each(&whole), garbage, 6, Bits::All(true), into)).unwrap();
    assert_eq!(offsets, [0, 1, 2, 3, 4, 5, 6]);
}
