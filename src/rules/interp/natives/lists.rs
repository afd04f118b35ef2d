//! Lists and maps: growing, looking up, aggregating.
//!
//! Floats fold left in list order from 0.0. A missing element that reaches an aggregate is a failure at
//! [`Part::Element`].

use super::numbers::finite;
use super::order::{Key, compare};
use super::{Args, Native, as_number, float, int, list, map, natives, present, text};
use crate::rules::cause::CauseKind;
use crate::rules::figure::{Figure, Figured};
use crate::rules::interp::meter;
use crate::rules::interp::site::{Failure, Outcome};
use crate::rules::site::Part;
use rhai::{Array, Dynamic};
use std::cmp::Ordering;
use std::collections::HashSet;

natives! {
    /// Appends to the list that is its first argument.
    PUSH "push" push;
    /// Appends a list to the list that is its first argument.
    APPEND "append" append;
    /// Sets argument 2 at the path (argument 1) in the map or list that is its first argument.
    SET "set" set;
    /// A list or map literal whose parts are lists or maps, within the limit.
    SIZED "sized" |a| { meter::check_collection(size_of(a[0]))?; Ok(std::mem::take(a[0])) };
    LEN_LIST "len_l" |a| Ok(Dynamic::from_int(list(a, 0)?.len() as i64));
    SUM_INT "sum_i" sum_ints;
    SUM "sum_f" |a| finite(fold(&numbers(a)?));
    MEAN "mean_l" mean;
    MEDIAN "median_l" |a| quantile(numbers(a)?, 0.5);
    QUANTILE "quantile_l" quantile_at;
    STD "std_l" deviation;
    GINI "gini_l" |a| figured(Figure::Gini, a);
    HERFINDAHL "herfindahl_l" |a| figured(Figure::Herfindahl, a);
    TOP_SHARE "top_share_l" |a| figured(Figure::TopShare, a);
    NPV "npv_l" |a| figured(Figure::Npv, a);
    PAYBACK "payback_l" |a| figured(Figure::Payback, a);
    TREND "trend_l" |a| figured(Figure::Trend, a);
    SEASONALITY "seasonality_l" |a| figured(Figure::Seasonality, a);
    MIN_LIST "min_l" |a| extreme(a, Ordering::Less);
    MAX_LIST "max_l" |a| extreme(a, Ordering::Greater);
    COUNT_DISTINCT "distinct" distinct;
    FIRST "first" |a| Ok(list(a, 0)?.first().cloned().unwrap_or_default());
    LAST "last" |a| Ok(list(a, 0)?.last().cloned().unwrap_or_default());
    /// A count of elements: an int that is not negative.
    HOW_MANY "how_many" how_many;
    /// A number that is there.
    RATE "rate_of" |a| Ok(Dynamic::from_float(float(a, 0)?));
    /// An int that is there, as a float.
    LENGTH "length_of" |a| Ok(Dynamic::from_float(int(a, 0)? as f64));
    /// A share: a float from 0 to 1.
    SHARE "share_of" share;
    /// Of a list the elements with the largest keys (argument 1), as many as argument 2 says, largest first.
    TOP "top" top;
    /// A list by its keys (argument 1), ascending, equals in their order.
    SORT "sort" sort;
    GAPS "gaps" gaps;
    /// An element by its index, from the end if negative.
    AT "at" at;
    AT_SAFE "at_safe" |a| if a[0].is_unit() { Ok(Dynamic::UNIT) } else { at(a) };
    /// The value of a computed key; missing where there is none.
    LOOK_UP "look_up" |a| Ok(map(a, 0)?.get(text(a, 1)?.as_str()).cloned().unwrap_or_default());
    /// The value behind known keys, one below the other; operand `i` is the map of key `i`.
    GET "get" get;
    /// The value of a known key; missing where the map is.
    GET_SAFE "get_safe" |a| if a[0].is_unit() { Ok(Dynamic::UNIT) } else { get(a) };
    IN_LIST "in_l" in_list;
    IN_MAP "in_m" |a| Ok(map(a, 0)?.contains_key(text(a, 1)?.as_str()).into());
    KEYS "keys_m" |a| Ok(map(a, 0)?.keys().map(|k| k.as_str().into()).collect::<Array>().into());
    VALUES "values_m" |a| Ok(map(a, 0)?.values().cloned().collect::<Array>().into());
    /// The current statement, noted for the message of a limit.
    MARK "mark" |a| { meter::set_mark(int(a, 0)? as u32); Ok(Dynamic::UNIT) };
}

/// A missing element.
pub(super) const NO_ELEMENT: Failure = Failure::At(CauseKind::Missing, Part::Element);
const OVERFLOW: Failure = Failure::At(CauseKind::Overflow, Part::Whole);
const NOT_ORDERED: Failure = Failure::Defect("an aggregate of elements that are no scalars");

fn push(args: Args<'_, '_>) -> Outcome {
    let [target, value] = args else { return Err(Failure::Defect("push takes two arguments")) };
    let mut items = target.as_array_mut().map_err(|_| Failure::missing(0))?;
    meter::check_collection(items.len() + size_of(value).max(1))?;
    items.push(std::mem::take(*value));
    Ok(Dynamic::UNIT)
}

fn append(args: Args<'_, '_>) -> Outcome {
    let [target, more] = args else { return Err(Failure::Defect("append takes two arguments")) };
    let more = std::mem::take(*more).into_array().map_err(|_| Failure::missing(1))?;
    let mut items = target.as_array_mut().map_err(|_| Failure::missing(0))?;
    meter::charge(more.len());
    meter::check_collection(items.len() + more.len())?;
    items.extend(more);
    Ok(Dynamic::UNIT)
}

/// Elements and entries of a value, those of its parts included; 0 for a scalar.
fn size_of(value: &Dynamic) -> usize {
    fn below<'a>(parts: impl Iterator<Item = &'a Dynamic>) -> usize {
        parts.fold(0, |sum, part| sum.saturating_add(1).saturating_add(size_of(part)))
    }
    if let Ok(items) = value.as_array_ref() {
        return below(items.iter());
    }
    value.as_map_ref().map_or(0, |entries| below(entries.values()))
}

fn set(args: Args<'_, '_>) -> Outcome {
    let [target, path, value] = args else { return Err(Failure::Defect("set takes three arguments")) };
    let path = std::mem::take(*path).into_array().map_err(|_| Failure::Defect("set without a path"))?;
    let value = std::mem::take(*value);
    let size = size_of(&value);
    set_at(target, &path, 2, value, size)
}

/// Sets a value below `target`; operand `n` is the first key of `path`.
fn set_at(target: &mut Dynamic, path: &[Dynamic], n: usize, value: Dynamic, size: usize) -> Outcome {
    let Some((key, rest)) = path.split_first() else {
        *target = value;
        return Ok(Dynamic::UNIT);
    };
    if key.is_unit() {
        return Err(Failure::missing(n));
    }
    if let Ok(mut items) = target.as_array_mut() {
        let index = key.as_int().map_err(|_| Failure::Defect("a list's key is no int"))?;
        let index = position(index, items.len()).ok_or(Failure::whole(CauseKind::OutOfRange))?;
        meter::check_collection(items.len().saturating_add(size))?;
        return set_at(&mut items[index], rest, n + 1, value, size);
    }
    let mut entries = target.as_map_mut().map_err(|_| Failure::whole(CauseKind::Missing))?;
    let key = key.as_immutable_string_ref().map_err(|_| Failure::Defect("a map's key is no text"))?;
    meter::check_collection(entries.len().saturating_add(size).saturating_add(1))?;
    if rest.is_empty() {
        entries.insert(key.as_str().into(), value);
        return Ok(Dynamic::UNIT);
    }
    let below = entries.get_mut(key.as_str()).ok_or(Failure::whole(CauseKind::Missing))?;
    set_at(below, rest, n + 1, value, size)
}

fn position(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(i64::try_from(len).ok()?)? } else { index };
    usize::try_from(index).ok().filter(|i| *i < len)
}

/// The list that is operand 0, as floats.
fn numbers(args: Args<'_, '_>) -> Outcome<Vec<f64>> {
    let items = list(args, 0)?;
    meter::charge(items.len());
    let number = |value: &Dynamic| match as_number(value) {
        Some(x) => Ok(x),
        None if value.is_unit() => Err(NO_ELEMENT),
        None => Err(NOT_ORDERED),
    };
    items.iter().map(number).collect()
}

/// The sum from 0.0, left to right.
fn fold(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, x| sum + x)
}

fn sum_ints(args: Args<'_, '_>) -> Outcome {
    let items = list(args, 0)?;
    meter::charge(items.len());
    let mut sum = 0i64;
    for item in items.iter() {
        let item = item.as_int().map_err(|_| if item.is_unit() { NO_ELEMENT } else { NOT_ORDERED })?;
        sum = sum.checked_add(item).ok_or(OVERFLOW)?;
    }
    Ok(Dynamic::from_int(sum))
}

fn mean(args: Args<'_, '_>) -> Outcome {
    let values = numbers(args)?;
    if values.is_empty() { Ok(Dynamic::UNIT) } else { finite(fold(&values) / values.len() as f64) }
}

/// R's type 7: between the neighbours of (n - 1) * q.
fn quantile(mut values: Vec<f64>, q: f64) -> Outcome {
    if values.is_empty() {
        return Ok(Dynamic::UNIT);
    }
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
    let place = (values.len() - 1) as f64 * q;
    let low = place.floor() as usize;
    let (below, above) = (values[low.min(values.len() - 1)], values[(low + 1).min(values.len() - 1)]);
    finite(below + (place - place.floor()) * (above - below))
}

fn quantile_at(args: Args<'_, '_>) -> Outcome {
    let q = float(args, 1)?;
    quantile(numbers(args)?, q)
}

/// Two passes; divided by n.
fn deviation(args: Args<'_, '_>) -> Outcome {
    let values = numbers(args)?;
    if values.is_empty() {
        return Ok(Dynamic::UNIT);
    }
    let n = values.len() as f64;
    let mean = fold(&values) / n;
    let squares = values.iter().fold(0.0, |sum, x| sum + (x - mean) * (x - mean));
    finite((squares / n).sqrt())
}

/// The native function of a figure.
pub(in crate::rules::interp) fn figure(figure: Figure) -> Native {
    match figure {
        Figure::Gini => GINI,
        Figure::Herfindahl => HERFINDAHL,
        Figure::TopShare => TOP_SHARE,
        Figure::Npv => NPV,
        Figure::Payback => PAYBACK,
        Figure::Trend => TREND,
        Figure::Seasonality => SEASONALITY,
    }
}

/// A figure of a list, with the argument behind it if it has one.
fn figured(figure: Figure, args: Args<'_, '_>) -> Outcome {
    let argument = if figure.has_argument() { float(args, 1)? } else { 0.0 };
    match figure.of(&numbers(args)?, argument) {
        Figured::Missing => Ok(Dynamic::UNIT),
        Figured::Value(value) => finite(value),
        Figured::Refused => Err(Failure::whole(CauseKind::OutOfRange)),
    }
}

fn extreme(args: Args<'_, '_>, wanted: Ordering) -> Outcome {
    let items = list(args, 0)?;
    meter::charge(items.len());
    let mut best: Option<&Dynamic> = None;
    for item in items.iter() {
        if item.is_unit() {
            return Err(NO_ELEMENT);
        }
        match best {
            Some(value) if compare(item, value)? != wanted => {}
            _ => best = Some(item),
        }
    }
    Ok(best.cloned().unwrap_or_default())
}

fn distinct(args: Args<'_, '_>) -> Outcome {
    let items = list(args, 0)?;
    meter::charge(items.len());
    let mut seen = HashSet::with_capacity(items.len());
    for item in items.iter() {
        match Key::of(item) {
            Some(Key::Missing) => return Err(NO_ELEMENT),
            Some(key) => seen.insert(key),
            None => return Err(NOT_ORDERED),
        };
    }
    Ok(Dynamic::from_int(seen.len() as i64))
}

fn how_many(args: Args<'_, '_>) -> Outcome {
    match int(args, 0)? {
        n @ 0.. => Ok(Dynamic::from_int(n)),
        _ => Err(Failure::At(CauseKind::OutOfRange, Part::Operand(0))),
    }
}

fn share(args: Args<'_, '_>) -> Outcome {
    match float(args, 0)? {
        q if (0.0..=1.0).contains(&q) => Ok(Dynamic::from_float(q)),
        _ => Err(Failure::At(CauseKind::OutOfRange, Part::Operand(0))),
    }
}

/// Positions of the keys in order; a missing key is a missing element.
fn order_of(keys: &Array, descending: bool) -> Outcome<Vec<usize>> {
    meter::charge(keys.len().saturating_mul(4));
    for key in keys {
        if key.is_unit() {
            return Err(NO_ELEMENT);
        }
        compare(key, &keys[0])?;
    }
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|a, b| {
        let ascending = compare(&keys[*a], &keys[*b]).unwrap_or(Ordering::Equal);
        if descending { ascending.reverse() } else { ascending }
    });
    Ok(order)
}

fn top(args: Args<'_, '_>) -> Outcome {
    let (items, keys, count) = (list(args, 0)?, list(args, 1)?, int(args, 2)?);
    let order = order_of(&keys, true)?;
    let count = usize::try_from(count).unwrap_or(0);
    Ok(order.into_iter().take(count).map(|i| items[i].clone()).collect::<Array>().into())
}

fn sort(args: Args<'_, '_>) -> Outcome {
    let (items, keys) = (list(args, 0)?, list(args, 1)?);
    Ok(order_of(&keys, false)?.into_iter().map(|i| items[i].clone()).collect::<Array>().into())
}

fn gaps(args: Args<'_, '_>) -> Outcome {
    let items = list(args, 0)?;
    let order = order_of(&items, false)?;
    let gap = |pair: &[usize]| {
        let (a, b) = (&items[pair[0]], &items[pair[1]]);
        match (a.as_int(), b.as_int()) {
            (Ok(a), Ok(b)) => b.checked_sub(a).map(Dynamic::from_int).ok_or(OVERFLOW),
            _ => match (as_number(a), as_number(b)) {
                (Some(a), Some(b)) => finite(b - a),
                _ => Err(NOT_ORDERED),
            },
        }
    };
    Ok(order.windows(2).map(gap).collect::<Outcome<Array>>()?.into())
}

fn at(args: Args<'_, '_>) -> Outcome {
    let (items, index) = (list(args, 0)?, int(args, 1)?);
    let index = position(index, items.len()).ok_or(Failure::whole(CauseKind::OutOfRange))?;
    Ok(items[index].clone())
}

fn get(args: Args<'_, '_>) -> Outcome {
    let mut value = present(args, 0)?.clone_entry(&text(args, 1)?, 0)?;
    for n in 2..args.len() {
        value = value.clone_entry(&text(args, n)?, n - 1)?;
    }
    Ok(value)
}

/// Entries of maps.
trait Entry {
    /// A copy of the value of a key; operand `n` is this map.
    fn clone_entry(&self, key: &str, n: usize) -> Outcome;
}

impl Entry for Dynamic {
    fn clone_entry(&self, key: &str, n: usize) -> Outcome {
        if self.is_unit() {
            return Err(Failure::missing(n));
        }
        let entries = self.as_map_ref().map_err(|_| Failure::Defect("a field of what is no map"))?;
        Ok(entries.get(key).cloned().unwrap_or_default())
    }
}

/// Whether a list (operand 0) holds a value (operand 1): its elements are compared in order until one is equal, so that a
/// missing one before that is a failure.
fn in_list(args: Args<'_, '_>) -> Outcome {
    let items = list(args, 0)?;
    let wanted = Key::of(present(args, 1)?).ok_or(NOT_ORDERED)?;
    meter::charge(items.len());
    for item in items.iter() {
        match Key::of(item) {
            Some(Key::Missing) => return Err(NO_ELEMENT),
            Some(key) if key == wanted => return Ok(true.into()),
            Some(_) => {}
            None => return Err(NOT_ORDERED),
        }
    }
    Ok(false.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::interp::natives::Native;

    fn run(native: Native, values: Vec<Dynamic>) -> Outcome {
        let mut values = values;
        let mut args: Vec<&mut Dynamic> = values.iter_mut().collect();
        (native.run)(&mut args)
    }

    fn floats(values: &[f64]) -> Dynamic {
        values.iter().map(|x| Dynamic::from_float(*x)).collect::<Array>().into()
    }

    fn float_of(outcome: Outcome) -> f64 {
        outcome.unwrap().as_float().unwrap()
    }

    #[test]
    fn floats_fold_from_zero_in_order() {
        assert_eq!(float_of(run(SUM, vec![floats(&[1e16, 1.0, -1e16])])), 0.0);
        assert_eq!(float_of(run(SUM, vec![floats(&[])])).to_bits(), 0.0f64.to_bits());
        assert_eq!(float_of(run(SUM, vec![floats(&[-0.0])])).to_bits(), 0.0f64.to_bits());
        assert!(run(MEAN, vec![floats(&[])]).unwrap().is_unit());
        let overflow = run(SUM, vec![floats(&[1e308, 1e308, -1e308])]);
        assert!(matches!(overflow, Err(Failure::At(CauseKind::NotFinite, Part::Whole))));
    }

    #[test]
    fn quantiles_are_type_seven() {
        assert_eq!(float_of(run(MEDIAN, vec![floats(&[4.0, 1.0, 3.0, 2.0])])), 2.5);
        let q = |q| float_of(run(QUANTILE, vec![floats(&[10.0, 20.0, 40.0]), Dynamic::from_float(q)]));
        assert_eq!((q(0.0), q(0.25), q(0.75), q(1.0)), (10.0, 15.0, 30.0, 40.0));
        assert_eq!(float_of(run(STD, vec![floats(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])])), 2.0);
    }

    #[test]
    fn top_takes_the_largest_and_ties_in_order() {
        let items: Array = ["a", "b", "c", "d"].into_iter().map(Into::into).collect();
        let keys = floats(&[1.0, 3.0, 2.0, 3.0]);
        let best = run(TOP, vec![items.clone().into(), keys.clone(), Dynamic::from_int(3)]).unwrap();
        assert_eq!(best.to_string(), r#"["b", "d", "c"]"#);
        let sorted = run(SORT, vec![items.into(), keys]).unwrap();
        assert_eq!(sorted.to_string(), r#"["a", "c", "b", "d"]"#);
    }

    #[test]
    fn missing_elements_fail() {
        let items: Array = vec![Dynamic::from_int(1), Dynamic::UNIT];
        for native in [SUM_INT, SUM, MEAN, MEDIAN, STD, MIN_LIST, MAX_LIST, COUNT_DISTINCT, GAPS] {
            let outcome = run(native, vec![items.clone().into()]);
            assert!(matches!(outcome, Err(Failure::At(CauseKind::Missing, Part::Element))), "{}", native.name);
        }
        assert!(run(LAST, vec![items.clone().into()]).unwrap().is_unit());
        assert!(run(IN_LIST, vec![items.clone().into(), Dynamic::from_int(1)]).unwrap().as_bool().unwrap());
        let absent = run(IN_LIST, vec![items.into(), Dynamic::from_int(2)]);
        assert!(matches!(absent, Err(Failure::At(CauseKind::Missing, Part::Element))));
    }

    #[test]
    fn values_are_distinct_by_value() {
        assert_eq!(run(COUNT_DISTINCT, vec![floats(&[0.0, -0.0, 1.0, 1.0])]).unwrap().as_int(), Ok(2));
        let days: Array = [7, 1, 10].into_iter().map(Dynamic::from_int).collect();
        assert_eq!(run(GAPS, vec![days.into()]).unwrap().to_string(), "[6, 3]");
        assert_eq!(run(GAPS, vec![floats(&[1.0])]).unwrap().to_string(), "[]");
    }

    #[test]
    fn an_index_counts_from_the_end_when_negative() {
        let items = floats(&[1.0, 2.0]);
        let at = |n| run(AT, vec![items.clone(), Dynamic::from_int(n)]);
        assert_eq!((float_of(at(0)), float_of(at(-1))), (1.0, 2.0));
        for n in [2, -3, i64::MIN, i64::MAX] {
            assert!(matches!(at(n), Err(Failure::At(CauseKind::OutOfRange, Part::Whole))), "{n}");
        }
    }

    #[test]
    fn a_path_is_set_inside() {
        let mut map: Dynamic = rhai::Map::from([("a".into(), Dynamic::from_map(rhai::Map::new()))]).into();
        let path: Array = vec!["a".into(), "b".into()];
        assert!(set_at(&mut map, &path, 2, Dynamic::from_int(1), 0).is_ok());
        assert_eq!(map.to_string(), r##"#{"a": #{"b": 1}}"##);
        let absent = set_at(&mut map, &["x".into(), "y".into()], 2, Dynamic::UNIT, 0);
        assert!(matches!(absent, Err(Failure::At(CauseKind::Missing, Part::Whole))));
    }
}
