use super::*;
use crate::rules::data::{NO_ROW, nearest_double};
use crate::rules::site::Part;
use crate::rules::vm::text::{FIRST, Texts};
use crate::rules::vm::value::Src;
use std::fmt::Debug;

/// Lists with each form of bits.
struct Case {
    offsets: Vec<u32>,
    keep: Option<Vec<u64>>,
    there: Option<Vec<u64>>,
}

/// A kept element and whether it is there.
type Kept = [(usize, bool)];
type Expected<T> = Result<T, (CauseKind, Part)>;

const MISSING_ELEMENT: (CauseKind, Part) = (CauseKind::Missing, Part::Element);

/// Numbers that look random (xorshift, Marsaglia 2003).
fn random(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15);
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    }
}

fn bits(n: usize, mut bit: impl FnMut(usize) -> bool) -> Vec<u64> {
    let mut found = vec![0; words(n)];
    (0..n).filter(|i| bit(*i)).for_each(|i| found[i / 64] |= 1 << (i % 64));
    found
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for owners in [0, 1, 2, 63, 64, 65, 1_024] {
        for forms in 0..6 {
            let mut next = random(owners as u64 * 10 + forms);
            let mut offsets = vec![0u32];
            for owner in 0..owners {
                let len = if owner % 37 == 1 { next(300) } else { next(6) };
                offsets.push(offsets[owner] + len as u32);
            }
            let n = *offsets.last().unwrap() as usize;
            let keep = (forms % 2 == 1).then(|| bits(n, |_| next(3) > 0));
            let there = match forms / 2 {
                0 => None,
                1 => Some(bits(n, |_| next(12) > 0)),
                _ => Some(bits(n, |i| keep.as_ref().is_none_or(|keep| Bits::Each(keep).get(i)))),
            };
            cases.push(Case { offsets, keep, there });
        }
    }
    cases
}

impl Case {
    fn lists(&self) -> Lists<'_> {
        Lists { offsets: &self.offsets, keep: self.keep.as_deref().map_or(Bits::All(true), Bits::Each) }
    }

    fn there(&self) -> Bits<'_> {
        self.there.as_deref().map_or(Bits::All(true), Bits::Each)
    }

    fn len(&self) -> usize {
        self.lists().elements()
    }

    fn kept(&self, owner: usize) -> Vec<(usize, bool)> {
        let all = self.offsets[owner] as usize..self.offsets[owner + 1] as usize;
        all.filter(|at| self.lists().keep.get(*at)).map(|at| (at, self.there().get(at))).collect()
    }

    /// Holds results by owner against what is expected of the kept elements.
    fn check<T: PartialEq + Debug + Copy>(
        &self,
        out: &[T],
        fails: &Fails,
        expected: impl Fn(usize, &Kept) -> Expected<Option<T>>,
    ) {
        for (owner, out) in out.iter().enumerate() {
            let kept = self.kept(owner);
            let expected = expected(owner, &kept);
            let got = fails.get(owner).read().map_or(Ok(*out), Err);
            // No value is expected where it may be garbage.
            match expected {
                Ok(None) => assert!(got.is_ok(), "{kept:?}"),
                expected => assert_eq!(got.map(Some), expected, "owner {owner}: {kept:?}"),
            }
        }
    }
}

fn all_there(kept: &Kept) -> Expected<()> {
    if kept.iter().all(|(_, there)| *there) { Ok(()) } else { Err(MISSING_ELEMENT) }
}

fn finite(x: f64) -> Expected<Option<u64>> {
    if x.is_finite() { Ok(Some(x.to_bits())) } else { Err((CauseKind::NotFinite, Part::Whole)) }
}

/// Floats of an element: few of them, some hostile; NaN where a case has none.
fn floats(case: &Case) -> Vec<f64> {
    const VALUES: [f64; 8] = [0.1, -0.0, 0.0, 2.5, -1e16, 1e16, 1.0, 1e308];
    let mut next = random(7);
    let (lists, there) = (case.lists(), case.there());
    (0..case.len()).map(|at| if lists.keep.get(at) && there.get(at) { VALUES[next(8)] } else { f64::NAN }).collect()
}

fn check_floats(
    kernel: impl Fn(Lists<'_>, Bits<'_>, Src<'_, f64>, &mut [f64], &mut Fails),
    expected: impl Fn(usize, &[f64]) -> Option<f64>,
) {
    for case in cases() {
        let values = floats(&case);
        for values in [Src::Each(&values[..]), Src::All(-0.0), Src::All(1e308)] {
            let (mut out, mut fails) = (vec![9.0; case.lists().owners()], Fails::default());
            kernel(case.lists(), case.there(), values, &mut out, &mut fails);
            let out: Vec<u64> = out.iter().map(|x| x.to_bits()).collect();
            case.check(&out, &fails, |owner, kept| {
                all_there(kept)?;
                let values: Vec<f64> = kept.iter().map(|(at, _)| values.get(*at)).collect();
                expected(owner, &values).map_or(Ok(None), finite)
            });
        }
    }
}

fn sum(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, x| sum + x)
}

#[test]
fn floats_fold_from_zero_in_order() {
    check_floats(sum_floats, |_, values| Some(sum(values)));
    check_floats(mean, |_, values| (!values.is_empty()).then(|| sum(values) / values.len() as f64));
    check_floats(deviation, |_, values| {
        let n = values.len() as f64;
        let mean = sum(values) / n;
        let squares = values.iter().fold(0.0, |sum, x| sum + (x - mean) * (x - mean));
        (!values.is_empty()).then(|| (squares / n).sqrt())
    });
}

#[test]
fn quantiles_are_type_seven() {
    const Q: [f64; 5] = [0.0, 0.25, 0.5, 0.9, 1.0];
    let seven = |values: &[f64], q: f64| {
        let mut sorted = values.to_vec();
        sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let place = (values.len().checked_sub(1)?) as f64 * q;
        let low = place.floor() as usize;
        let (below, above) = (sorted[low.min(sorted.len() - 1)], sorted[(low + 1).min(sorted.len() - 1)]);
        Some(below + (place - place.floor()) * (above - below))
    };
    for q in Q {
        let kernel = |lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails| {
            quantile(lists, there, values, Src::All(q), &mut Scratch::default(), out, fails);
        };
        check_floats(kernel, |_, values| seven(values, q));
    }
    let kernel = |lists: Lists<'_>, there: Bits<'_>, values: Src<'_, f64>, out: &mut [f64], fails: &mut Fails| {
        let q: Vec<f64> = (0..lists.owners()).map(|owner| Q[owner % 5]).collect();
        quantile(lists, there, values, Src::Each(&q), &mut Scratch::default(), out, fails);
    };
    check_floats(kernel, |owner, values| seven(values, Q[owner % 5]));
    // Garbage.
    let lists = Lists { offsets: &[0, 3], keep: Bits::All(true) };
    for q in [f64::NAN, f64::INFINITY, -1.0] {
        let values = Src::Each(&[1.0, f64::NAN, -f64::NAN][..]);
        quantile(
            lists,
            Bits::All(true),
            values,
            Src::All(q),
            &mut Scratch::default(),
            &mut [0.0],
            &mut Fails::default(),
        );
    }
}

#[test]
fn ints_are_summed_until_something_is_wrong() {
    const VALUES: [i64; 6] = [0, 1, -5, i64::MAX, i64::MIN, i64::MAX / 2];
    for case in cases() {
        let mut next = random(11);
        let values: Vec<i64> = (0..case.len()).map(|_| VALUES[next(6)]).collect();
        for values in [Src::Each(&values[..]), Src::All(i64::MAX), Src::All(3)] {
            let (mut out, mut fails) = (vec![9; case.lists().owners()], Fails::default());
            sum_ints(case.lists(), case.there(), values, &mut out, &mut fails);
            case.check(&out, &fails, |_, kept| {
                let mut sum = 0i64;
                for (at, there) in kept {
                    let value = if *there { values.get(*at) } else { return Err(MISSING_ELEMENT) };
                    sum = sum.checked_add(value).ok_or((CauseKind::Overflow, Part::Whole))?;
                }
                Ok(Some(sum))
            });
        }
    }
}

#[test]
fn decimals_are_summed_exactly() {
    let cells = [Some(110), None, Some(i128::MAX), Some(-220), Some(i128::MIN), Some(9_007_199_254_740_993)];
    for case in cases() {
        let mut next = random(13);
        let rows: Vec<u32> = (0..case.len())
            .map(|_| match next(40) {
                0 => NO_ROW,
                n => [0, 3, 5][n % 3],
            })
            .collect();
        let hostile: Vec<u32> = (0..case.len()).map(|_| next(6) as u32).collect();
        for rows in [Src::Each(&rows[..]), Src::Each(&hostile), Src::All(3), Src::All(NO_ROW)] {
            let (mut out, mut fails) = (vec![9.0; case.lists().owners()], Fails::default());
            sum_decimals(case.lists(), rows, 2, |row| cells[row as usize], &mut out, &mut fails);
            case.check(&out, &fails, |_, kept| {
                let mut sum = 0i128;
                for (at, _) in kept {
                    let value = cells.get(rows.get(*at) as usize).copied().flatten().ok_or(MISSING_ELEMENT)?;
                    sum = sum.checked_add(value).ok_or((CauseKind::Overflow, Part::Whole))?;
                }
                Ok(Some(nearest_double(sum, 2)))
            });
        }
    }
}

/// Numbers of elements whose order is that of `of`.
fn check_extremes<T: Copy>(
    of: impl Fn(usize) -> T,
    less: impl Fn(T, T) -> bool,
    smallest: impl Fn(Lists<'_>, Bits<'_>, Src<'_, T>, &mut [u32], &mut Fails),
    largest: impl Fn(Lists<'_>, Bits<'_>, Src<'_, T>, &mut [u32], &mut Fails),
) {
    for case in cases() {
        let mut next = random(17);
        let values: Vec<T> = (0..case.len()).map(|_| of(next(5))).collect();
        for values in [Src::Each(&values[..]), Src::All(of(2))] {
            let owners = case.lists().owners();
            let expected = |kept: &Kept, better: &dyn Fn(T, T) -> bool| {
                all_there(kept)?;
                let best = kept
                    .iter()
                    .map(|(at, _)| *at)
                    .reduce(|best, at| if better(values.get(at), values.get(best)) { at } else { best });
                Ok(Some(best.map_or(NO_ROW, |at| at as u32)))
            };
            let (mut out, mut fails) = (vec![9; owners], Fails::default());
            smallest(case.lists(), case.there(), values, &mut out, &mut fails);
            case.check(&out, &fails, |_, kept| expected(kept, &less));
            fails.clear();
            largest(case.lists(), case.there(), values, &mut out, &mut fails);
            case.check(&out, &fails, |_, kept| expected(kept, &|a, b| less(b, a)));
        }
    }
}

/// Five texts, ascending; the long ones in a buffer.
const WORDS: [&str; 5] = ["", "一般客户", "一般客户，长期合作", "一般客户，长期合作！", "战略"];

fn word(n: usize) -> Text {
    let offset = WORDS[..n].iter().map(|w| w.len()).sum::<usize>();
    Text::new(WORDS[n].as_bytes(), FIRST, offset as u32)
}

#[test]
fn extremes_are_the_first_of_equals() {
    let floats = [-1e300, -0.0, 0.0, 5e-324, 7.0];
    check_extremes(|n| floats[n], |a, b| a < b, smallest_float, largest_float);
    check_extremes(|n| [i64::MIN, -1, 0, 3, i64::MAX][n], |a, b| a < b, smallest_int, largest_int);
    check_extremes(|n| [i32::MIN, -1, 0, 3, i32::MAX][n], |a, b| a < b, smallest_date, largest_date);
    let buffer = WORDS.concat().into_bytes();
    let texts = Texts::new(vec![&buffer], 100);
    check_extremes(
        word,
        |a, b| texts.compare(a, b).is_lt(),
        |lists, there, values, out, fails| smallest_text(lists, there, values, &texts, out, fails),
        |lists, there, values, out, fails| largest_text(lists, there, values, &texts, out, fails),
    );
}

/// Values of elements by number, of which `of` makes equal ones of equal numbers.
fn check_distinct<T: Copy>(
    of: impl Fn(usize) -> T,
    kernel: impl Fn(Lists<'_>, Bits<'_>, Src<'_, T>, &mut Scratch, &mut [i64], &mut Fails),
) {
    let mut scratch = Scratch::default();
    for case in cases() {
        for kinds in [1, 3, 32, 33, 200] {
            let mut next = random(19);
            let numbers: Vec<usize> = (0..case.len()).map(|_| next(kinds)).collect();
            let values: Vec<T> = numbers.iter().map(|n| of(*n)).collect();
            let (mut out, mut fails) = (vec![9; case.lists().owners()], Fails::default());
            kernel(case.lists(), case.there(), Src::Each(&values), &mut scratch, &mut out, &mut fails);
            case.check(&out, &fails, |_, kept| {
                all_there(kept)?;
                let mut seen: Vec<usize> = kept.iter().map(|(at, _)| numbers[*at]).collect();
                seen.sort_unstable();
                seen.dedup();
                Ok(Some(seen.len() as i64))
            });
        }
    }
}

#[test]
fn values_are_distinct_by_value() {
    check_distinct(|n| n as f64 - 3.0, distinct_floats);
    check_distinct(|n| i64::MAX - n as i64, distinct_ints);
    check_distinct(|n| 1 - n as i32, distinct_dates);
    check_distinct(|n| NO_ROW - n as u32, distinct_rows);
    let words: Vec<String> =
        (0..200).map(|n| if n % 2 == 0 { format!("客户{n}") } else { format!("战略客户第{n}号") }).collect();
    // Long texts are written twice, so that equal ones stand in two places.
    let buffer = [words.concat(), words.concat()].concat().into_bytes();
    let texts = Texts::new(vec![&buffer], 100);
    let turn = std::cell::Cell::new(0);
    let text = |n: usize| {
        turn.set(1 - turn.get());
        let offset = words[..n].iter().map(String::len).sum::<usize>() + turn.get() * buffer.len() / 2;
        Text::new(words[n].as_bytes(), FIRST, offset as u32)
    };
    check_distinct(text, |lists, there, values, scratch, out, fails| {
        distinct_texts(lists, there, values, &texts, scratch, out, fails);
    });
    let lists = Lists { offsets: &[0, 0, 3, 4], keep: Bits::All(true) };
    let mut out = [0; 3];
    let zeros = [0.0, -0.0, 1.0, -0.0];
    distinct_floats(
        lists,
        Bits::All(true),
        Src::Each(&zeros),
        &mut Scratch::default(),
        &mut out,
        &mut Fails::default(),
    );
    assert_eq!(out, [0, 2, 1]);
    // Garbage.
    let garbage: Vec<Text> = (0..40).map(|n| Text(u128::MAX - n * 97)).collect();
    let lists = Lists { offsets: &[0, 40], keep: Bits::All(true) };
    let (scratch, out) = (&mut Scratch::default(), &mut [0]);
    distinct_texts(lists, Bits::All(true), Src::Each(&garbage), &texts, scratch, out, &mut Fails::default());
}

#[test]
fn bools_are_told_apart() {
    for case in cases() {
        let mut next = random(23);
        let values = bits(case.len(), |_| next(3) == 0);
        for values in [Bits::Each(&values), Bits::All(true), Bits::All(false)] {
            let owners = case.lists().owners();
            let (mut out, mut fails) = (vec![9; owners], Fails::default());
            distinct_bools(case.lists(), case.there(), values, &mut out, &mut fails);
            case.check(&out, &fails, |_, kept| {
                all_there(kept)?;
                let has = |wanted| i64::from(kept.iter().any(|(at, _)| values.get(*at) == wanted));
                Ok(Some(has(true) + has(false)))
            });
            let mut out = vec![u64::MAX; words(owners)];
            any(case.lists(), values, &mut out);
            let out: Vec<bool> = (0..owners).map(|owner| Bits::Each(&out).get(owner)).collect();
            case.check(&out, &Fails::default(), |_, kept| Ok(Some(kept.iter().any(|(at, _)| values.get(*at)))));
        }
    }
}

#[test]
fn positions_are_in_order() {
    for case in cases() {
        let (lists, owners, none) = (case.lists(), case.lists().owners(), Fails::default());
        let mut counts = vec![9; owners];
        count(lists, &mut counts);
        case.check(&counts, &none, |_, kept| Ok(Some(kept.len() as i64)));
        let mut out = vec![9; owners];
        let position = |found: Option<&(usize, bool)>| Ok(Some(found.map_or(NO_ROW, |(at, _)| *at as u32)));
        first(lists, &mut out);
        case.check(&out, &none, |_, kept| position(kept.first()));
        last(lists, &mut out);
        case.check(&out, &none, |_, kept| position(kept.last()));
        let by_owner: Vec<i64> = (0..owners).map(|owner| owner as i64 % 7 - 3).collect();
        for index in [Src::All(0), Src::All(-1), Src::All(i64::MIN), Src::All(i64::MAX), Src::Each(&by_owner)] {
            let mut fails = Fails::default();
            at(lists, index, &mut out, &mut fails);
            case.check(&out, &fails, |owner, kept| {
                let index = index.get(owner);
                let index = if index < 0 { index + kept.len() as i64 } else { index };
                let found = usize::try_from(index).ok().and_then(|index| kept.get(index));
                position(Some(found.ok_or((CauseKind::OutOfRange, Part::Whole))?))
            });
        }
    }
    let lists = Lists { offsets: &[0, 3, 5], keep: Bits::All(false) };
    let (mut counts, mut out) = ([9; 2], [9; 2]);
    count(lists, &mut counts);
    first(lists, &mut out);
    assert_eq!((counts, out), ([0, 0], [NO_ROW; 2]));
    last(lists, &mut out);
    assert_eq!(out, [NO_ROW; 2]);
}

/// Values of elements and items by number, of which `of` makes equal ones of equal numbers only.
fn check_holds<T: Copy>(
    of: impl Fn(usize) -> T,
    kernel: impl Fn(Lists<'_>, Bits<'_>, Src<'_, T>, Src<'_, T>, &mut [u64], &mut Fails),
) {
    for case in cases() {
        let mut next = random(29);
        let owners = case.lists().owners();
        let numbers: Vec<usize> = (0..case.len()).map(|_| next(5)).collect();
        let items: Vec<usize> = (0..owners).map(|_| next(5)).collect();
        let values: Vec<T> = numbers.iter().map(|n| of(*n)).collect();
        let wanted: Vec<T> = items.iter().map(|n| of(*n)).collect();
        let (mut out, mut fails) = (vec![u64::MAX; words(owners)], Fails::default());
        kernel(case.lists(), case.there(), Src::Each(&values), Src::Each(&wanted), &mut out, &mut fails);
        let out: Vec<bool> = (0..owners).map(|owner| Bits::Each(&out).get(owner)).collect();
        case.check(&out, &fails, |owner, kept| {
            for (at, there) in kept {
                match there {
                    false => return Err(MISSING_ELEMENT),
                    true if numbers[*at] == items[owner] => return Ok(Some(true)),
                    true => {}
                }
            }
            Ok(Some(false))
        });
    }
}

#[test]
fn a_missing_element_matters_before_the_first_equal_one() {
    check_holds(|n| [0.0, 1.5, -7.0, 1e300, 5e-324][n], holds_value);
    check_holds(|n| n as i64 - 2, holds_value);
    check_holds(|n| n as i32 - 2, holds_value);
    check_holds(|n| n as u32, holds_value);
    let buffer = WORDS.concat().into_bytes();
    let texts = Texts::new(vec![&buffer], 100);
    check_holds(word, |lists, there, values, items, out, fails| {
        holds_text(lists, there, values, items, &texts, out, fails);
    });
    let lists = Lists { offsets: &[0, 2, 4, 4], keep: Bits::All(true) };
    let (mut out, mut fails) = ([0], Fails::default());
    let zeros = [1.0, -0.0, 1.0, 2.0];
    holds_value(lists, Bits::All(true), Src::Each(&zeros), Src::All(0.0), &mut out, &mut fails);
    assert_eq!(out, [0b001]);
    holds_bool(lists, Bits::Each(&[0b0011]), Bits::Each(&[0b0010]), Bits::All(true), &mut out, &mut fails);
    assert_eq!((out, fails.get(1).read()), ([0b001], Some(MISSING_ELEMENT)));
}
