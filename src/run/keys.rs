//! Customer keys: order, look-up, text.
//!
//! In: the key column. Out: [`Keys`]. Must not know: what else a customer has.

use crate::error::Error;
use hashbrown::HashMap;
use polars::prelude::{DataType, Int64Chunked, Series, StringChunked};
use rayon::prelude::*;

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
            Keys::Text(keys) => sorted(&keys.iter().map(|k| k.unwrap_or("")).collect::<Vec<&str>>()),
            Keys::Int(keys) => sorted(&keys.iter().map(|k| k.unwrap_or(0)).collect::<Vec<i64>>()),
            Keys::Wide(keys) => sorted(keys),
        }
    }

    /// For each key of `self` the row of `other` with the same key; none if there is no such row, or the keys are of
    /// another type.
    pub fn find_in(&self, other: &Keys) -> Vec<Option<u32>> {
        match (self, other) {
            (Keys::Text(a), Keys::Text(b)) => {
                let rows: HashMap<&str, u32> = b.iter().zip(0..).filter_map(|(k, row)| Some((k?, row))).collect();
                a.iter().map(|key| rows.get(key?).copied()).collect()
            }
            (Keys::Int(a), Keys::Int(b)) => {
                let rows: HashMap<i64, u32> = b.iter().zip(0..).filter_map(|(k, row)| Some((k?, row))).collect();
                a.iter().map(|key| rows.get(&key?).copied()).collect()
            }
            (Keys::Wide(a), Keys::Wide(b)) => {
                let rows: HashMap<i128, u32> = b.iter().copied().zip(0..).collect();
                a.iter().map(|key| rows.get(key).copied()).collect()
            }
            _ => vec![None; self.len()],
        }
    }
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
    fn a_missing_key_is_a_defect() {
        assert!(Keys::new(&Series::new("k".into(), [Some("a"), None])).is_err());
    }
}
