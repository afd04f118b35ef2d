//! Whether two results of a step are the same, bit by bit.
//!
//! In: two results. Out: the first difference in words, or none. Must not know: which evaluators gave them.

use crate::rules::context::StepResult;
use polars::prelude::{AnyValue, Series};

/// A difference between two results.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    /// The customer's row, if it is one customer's.
    pub(super) row: Option<u32>,
    /// What the first and the second say.
    pub(super) first: String,
    pub(super) second: String,
}

/// A value with all its bits: floats show theirs.
pub(super) fn shown(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "()".to_owned(),
        AnyValue::Float64(x) => format!("{x:?} (bits {:016x})", x.to_bits()),
        AnyValue::String(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    }
}

fn same(a: &AnyValue<'_>, b: &AnyValue<'_>) -> bool {
    match (a, b) {
        (AnyValue::Float64(a), AnyValue::Float64(b)) => a.to_bits() == b.to_bits(),
        (AnyValue::Null, AnyValue::Null) => true,
        (AnyValue::Null, _) | (_, AnyValue::Null) => false,
        (a, b) => a == b,
    }
}

fn whole(first: impl Into<String>, second: impl Into<String>) -> Option<Difference> {
    Some(Difference { row: None, first: first.into(), second: second.into() })
}

/// The first difference of two results: columns, then undetermined customers, then dropped elements.
pub(super) fn difference(a: &StepResult, b: &StepResult) -> Option<Difference> {
    let names =
        |r: &StepResult| r.columns.iter().map(|(n, s)| format!("{n}: {}", s.dtype())).collect::<Vec<_>>().join(", ");
    if names(a) != names(b) {
        return whole(names(a), names(b));
    }
    causes(a, b)
        .or_else(|| a.columns.iter().zip(&b.columns).find_map(|((name, a), (_, b))| column(name, a, b)))
        .or_else(|| {
            let dropped = |r: &StepResult| format!("known dropped {:?}", r.dropped_unknown);
            (a.dropped_unknown != b.dropped_unknown).then(|| whole(dropped(a), dropped(b))).flatten()
        })
}

fn causes(a: &StepResult, b: &StepResult) -> Option<Difference> {
    if a.undetermined == b.undetermined {
        return None;
    }
    let at = |r: &StepResult, row: u32| {
        let found = r.undetermined.iter().find(|(u, _)| *u == row);
        found.map_or("determined".to_owned(), |(_, cause)| format!("undetermined: {cause}"))
    };
    let mut rows: Vec<u32> = a.undetermined.iter().chain(&b.undetermined).map(|(row, _)| *row).collect();
    rows.sort_unstable();
    let row = rows.into_iter().find(|row| at(a, *row) != at(b, *row));
    match row {
        Some(row) => Some(Difference { row: Some(row), first: at(a, row), second: at(b, row) }),
        None => {
            let order = |r: &StepResult| format!("{:?}", r.undetermined.iter().map(|(u, _)| *u).collect::<Vec<_>>());
            whole(order(a), order(b))
        }
    }
}

fn column(name: &str, a: &Series, b: &Series) -> Option<Difference> {
    if a.len() != b.len() {
        return whole(format!("{name} has {} rows", a.len()), format!("{name} has {} rows", b.len()));
    }
    let row = a.iter().zip(b.iter()).position(|(a, b)| !same(&a, &b))?;
    let at = |s: &Series| format!("{name} = {}", shown(&s.get(row).unwrap()));
    Some(Difference { row: Some(row as u32), first: at(a), second: at(b) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::cause::{Cause, CauseKind};
    use crate::rules::data::{Values, series};

    fn result(values: Values, cause: Option<Cause>) -> StepResult {
        let columns = vec![("s".to_owned(), series("s", values))];
        StepResult {
            columns,
            undetermined: cause.into_iter().map(|c| (1, c)).collect(),
            dropped_unknown: Vec::new(),
            fittings: Vec::new(),
        }
    }

    fn floats(values: &[Option<f64>]) -> StepResult {
        result(Values::Float(values.to_vec()), None)
    }

    fn row(a: &StepResult, b: &StepResult) -> Option<u32> {
        difference(a, b).and_then(|d| d.row)
    }

    #[test]
    fn every_bit_counts() {
        assert_eq!(difference(&floats(&[Some(0.1), None]), &floats(&[Some(0.1), None])), None);
        assert_eq!(row(&floats(&[Some(0.0)]), &floats(&[Some(-0.0)])), Some(0));
        assert_eq!(row(&floats(&[None, Some(0.3)]), &floats(&[None, Some(0.1 + 0.2)])), Some(1));
        assert_eq!(row(&floats(&[Some(0.0)]), &floats(&[None])), Some(0));
        let text = |t: &str| result(Values::Text(vec![Some(t.into())]), None);
        assert_eq!(row(&text("战略客户"), &text("战略客户")), None);
        assert_eq!(row(&text("战略客户"), &text("战略")), Some(0));
        assert!(difference(&floats(&[Some(1.0)]), &result(Values::Int(vec![Some(1)]), None)).is_some());
    }

    #[test]
    fn causes_count_in_all_their_parts() {
        let with = |kind, place: &str, subject: &str| {
            result(Values::Int(vec![Some(1), None]), Some(Cause::new(kind, place, subject)))
        };
        let a = with(CauseKind::Missing, "rules/s.rhai:1:9", "customers.m");
        assert_eq!(difference(&a, &with(CauseKind::Missing, "rules/s.rhai:1:9", "customers.m")), None);
        assert_eq!(row(&a, &with(CauseKind::Overflow, "rules/s.rhai:1:9", "customers.m")), Some(1));
        assert_eq!(row(&a, &with(CauseKind::Missing, "rules/s.rhai:1:8", "customers.m")), Some(1));
        assert_eq!(row(&a, &with(CauseKind::Missing, "rules/s.rhai:1:9", "c.m")), Some(1));
        assert_eq!(row(&a, &result(Values::Int(vec![Some(1), None]), None)), Some(1));
        let mut dropped = a.clone();
        dropped.dropped_unknown = vec![("rules/s.rhai:1:9".into(), 2)];
        assert!(difference(&a, &dropped).is_some());
    }
}
