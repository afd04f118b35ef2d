//! Whether two results are the same, within what floats may differ by.
//!
//! In: two frames of the rules' columns. Out: how many rows differ. Must not know: who made them. Customers whose tier is
//! null in the reference are undetermined there; in the other frame their value must be null, and the rest may be anything.

use polars::prelude::*;

/// What a result adds up to.
pub fn totals(frame: &DataFrame) -> String {
    let tier = frame.column("tier").expect("a tier").str().expect("texts");
    let count = |name: &str| tier.equal(name).sum().unwrap_or(0);
    let tiers = crate::workload::TIERS.map(|name| format!("{name} {}", count(name))).join(", ");
    let value = frame.column("value").expect("a value").f64().expect("floats");
    format!("{tiers}, undetermined {}, sum of value {:.6e}", tier.null_count(), value.sum().unwrap_or(0.0))
}

fn differing(name: &str, reference: &Series, other: &Series) -> usize {
    if let (Ok(a), Ok(b)) = (reference.f64(), other.f64()) {
        let differs = |(a, b): (Option<f64>, Option<f64>)| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() > 1e-9 * a.abs().max(1.0),
            (a, b) => a.is_some() != b.is_some(),
        };
        return a.iter().zip(b.iter()).filter(|pair| differs(*pair)).count();
    }
    assert_eq!(reference.dtype(), other.dtype(), "type of {name}");
    let same = reference.equal_missing(other).expect("one length");
    reference.len() - same.sum().unwrap_or(0) as usize
}

/// Stops with the columns that differ.
///
/// # Panics
/// If more than one row in a million differs: a value on the line of a tier may fall on either side.
pub fn same(what: &str, reference: &DataFrame, other: &DataFrame) {
    assert_eq!(reference.height(), other.height(), "{what}: rows");
    let decided = reference.column("tier").expect("a tier").is_not_null();
    let undetermined = other.column("value").expect("a value").filter(&!&decided).expect("one length");
    assert_eq!(undetermined.null_count(), undetermined.len(), "{what}: values of undetermined customers");
    let mut found = Vec::new();
    for name in crate::hand::OUTPUTS {
        let column = |frame: &DataFrame| {
            let column = frame.column(name).unwrap_or_else(|e| panic!("{what}: {e}"));
            column.as_materialized_series().filter(&decided).expect("one length").rechunk()
        };
        let count = differing(name, &column(reference), &column(other));
        if count > reference.height() / 1_000_000 {
            found.push(format!("{name}: {count}"));
        }
    }
    assert!(found.is_empty(), "{what}: columns that differ: {}", found.join(", "));
}
