//! Customer keys: order, look-up, text.
//!
//! In: the key column. Out: [`Keys`]. Must not know: what else a customer has.

use crate::error::Error;
use hashbrown::HashMap;
use polars::prelude::{DataType, Int64Chunked, Series, StringChunked};
use rayon::prelude::*;
use std::hash::Hash;

/// The keys of all customers, by row. Keys are unique and never missing: the table's contract.
#[derive(Clone, Debug)]
pub enum Keys {
    /// Text, ordered by UTF-8 bytes.
    Text(StringChunked),
    /// Ints, dates and instants, ordered by number.
    Int(Int64Chunked),
    /// Anything else (decimals, bools, floats), ordered by a number that keeps the order.
    Wide(Vec<i128>),
}

impl Keys {
    /// The keys of a column.
    ///
    /// # Errors
    /// [`Error::Defect`] for a column without a total order or with a missing key.
    pub fn new(column: &Series) -> Result<Keys, Error> {
        let defect = |e: &dyn std::fmt::Display| Error::Defect(format!("key column {}: {e}", column.name()));
        if column.null_count() > 0 {
            return Err(defect(&"a key is missing"));
        }
        let column = column.rechunk();
        Ok(match column.dtype() {
            DataType::String => Keys::Text(column.str().map_err(|e| defect(&e))?.clone()),
            DataType::Int64 | DataType::Date | DataType::Datetime(_, _) => {
                let ints = column.to_physical_repr().cast(&DataType::Int64).map_err(|e| defect(&e))?;
                Keys::Int(ints.i64().map_err(|e| defect(&e))?.clone())
            }
            DataType::Boolean => {
                Keys::Wide(column.bool().map_err(|e| defect(&e))?.iter().flatten().map(i128::from).collect())
            }
            DataType::Float64 => {
                let bits = |x: f64| i128::from((x + 0.0).to_bits() as i64 ^ (((x.to_bits() as i64) >> 63) & i64::MAX));
                Keys::Wide(column.f64().map_err(|e| defect(&e))?.iter().flatten().map(bits).collect())
            }
            DataType::Decimal(_, _) => {
                let decimals = column.decimal().map_err(|e| defect(&e))?;
                Keys::Wide(decimals.physical().iter().flatten().collect())
            }
            other => return Err(defect(&format!("no key of type {other}"))),
        })
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Keys::Text(keys) => keys.len(),
            Keys::Int(keys) => keys.len(),
            Keys::Wide(keys) => keys.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All rows in key order: text by UTF-8 bytes, numbers by value.
    pub fn order(&self) -> Vec<u32> {
        match self {
            Keys::Text(keys) => sorted(&texts(keys)),
            Keys::Int(keys) => sorted(&ints(keys)),
            Keys::Wide(keys) => sorted(keys),
        }
    }

    /// For each key of `self` the row of `other` with the same key; none if there is no such row, or the keys are of
    /// another type.
    pub fn find_in(&self, other: &Keys) -> Vec<Option<u32>> {
        match (self, other) {
            (Keys::Text(a), Keys::Text(b)) => rows_of(&texts(a), &texts(b)),
            (Keys::Int(a), Keys::Int(b)) => rows_of(&ints(a), &ints(b)),
            (Keys::Wide(a), Keys::Wide(b)) => rows_of(a, b),
            _ => vec![None; self.len()],
        }
    }
}

fn texts(keys: &StringChunked) -> Vec<&str> {
    keys.iter().map(|key| key.unwrap_or("")).collect()
}

fn ints(keys: &Int64Chunked) -> Vec<i64> {
    keys.iter().map(|key| key.unwrap_or(0)).collect()
}

/// For each key its row among others; the last one where it is there twice.
fn rows_of<K: Ord + Hash + Copy>(keys: &[K], others: &[K]) -> Vec<Option<u32>> {
    // Files of runs are sorted by their key, and so are most sources.
    if !keys.is_sorted() || !others.is_sorted() {
        let rows: HashMap<K, u32> = others.iter().copied().zip(0..).collect();
        return keys.iter().map(|key| rows.get(key).copied()).collect();
    }
    let mut at = 0;
    let find = |key: &K| {
        while others.get(at).is_some_and(|other| other < key) {
            at += 1;
        }
        while others.get(at + 1).is_some_and(|other| other == key) {
            at += 1;
        }
        others.get(at).filter(|other| *other == key).map(|_| at as u32)
    };
    keys.iter().map(find).collect()
}

fn sorted<K: Ord + Sync>(keys: &[K]) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..u32::try_from(keys.len()).unwrap_or(u32::MAX)).collect();
    // Most sources are sorted by their key.
    if keys.is_sorted() {
        return rows;
    }
    rows.par_sort_unstable_by(|a, b| keys[*a as usize].cmp(&keys[*b as usize]).then(a.cmp(b)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::NamedFrom;

    #[test]
    fn text_is_ordered_by_bytes_and_numbers_by_value() {
        let text = Keys::new(&Series::new("k".into(), ["客", "b", "B", "é", "10", "9"])).unwrap();
        assert_eq!(text.order(), [4, 5, 2, 1, 3, 0]);
        let ints = Keys::new(&Series::new("k".into(), [10_i64, 9, -1])).unwrap();
        assert_eq!(ints.order(), [2, 1, 0]);
        let floats = Keys::new(&Series::new("k".into(), [1.5, -2.5, -0.5, 0.0])).unwrap();
        assert_eq!(floats.order(), [1, 2, 3, 0]);
    }

    #[test]
    fn keys_find_their_rows() {
        let now = Keys::new(&Series::new("k".into(), ["a", "b", "c"])).unwrap();
        let before = Keys::new(&Series::new("k".into(), ["c", "x", "a"])).unwrap();
        assert_eq!(now.find_in(&before), [Some(2), None, Some(0)]);
        let ints = Keys::new(&Series::new("k".into(), [1_i64])).unwrap();
        assert_eq!(now.find_in(&ints), [None, None, None]);
    }

    #[test]
    fn sorted_keys_find_the_rows_that_unsorted_ones_do() {
        let keys = |ints: &[i64]| Keys::new(&Series::new("k".into(), ints)).unwrap();
        let (now, before) = ([-3, 0, 4, 4, 9, 12], [-7, 0, 4, 8, 9, 9, 20]);
        let found = [None, Some(1), Some(2), Some(2), Some(5), None];
        assert_eq!(keys(&now).find_in(&keys(&before)), found);
        let turned: Vec<i64> = now.iter().rev().copied().collect();
        let mut back = keys(&turned).find_in(&keys(&before));
        back.reverse();
        assert_eq!(back, found);
        assert_eq!(keys(&now).find_in(&keys(&[])), [None; 6]);
        assert!(keys(&[]).find_in(&keys(&before)).is_empty());
    }

    #[test]
    fn a_missing_key_is_a_defect() {
        assert!(Keys::new(&Series::new("k".into(), [Some("a"), None])).is_err());
    }
}
