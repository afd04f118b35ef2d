//! Values that may stand in one row only.
//!
//! In: the rows of a table whose key is settled. Out: the rows that repeat a value; the first stays. Must not know: other
//! tables. Start at [`settle`]. A value of which a part is missing repeats none.

use super::{Broken, Judged};
use crate::diag::ids;
use crate::error::Error;
use crate::manifest::model::{Rule, Severity};
use crate::source::Span;
use crate::table::batch::cut;
use crate::table::keys::{KeyIndex, Keys};
use crate::table::read::RawTable;
use jiff::tz::TimeZone;

/// Holds the rows against `unique` of columns, then of the table.
pub fn settle(raw: &RawTable, zone: &TimeZone, judged: &mut Judged) -> Result<(), Error> {
    for column in raw.table.columns.values() {
        if let Some(Rule { severity, span, .. }) = &column.contract.unique {
            one(raw, std::slice::from_ref(&column.name), *severity, *span, zone, judged)?;
        }
    }
    for rule in &raw.table.contract.unique {
        one(raw, &rule.is, rule.severity, rule.span, zone, judged)?;
    }
    Ok(())
}

fn one(
    raw: &RawTable,
    columns: &[String],
    severity: Severity,
    span: Span,
    zone: &TimeZone,
    judged: &mut Judged,
) -> Result<(), Error> {
    let positions = columns.iter().filter_map(|name| raw.table.columns.get_index_of(name));
    let series: Vec<_> = positions.filter_map(|position| raw.columns.get(position)).collect();
    let keys = Keys::new(&series)?;
    let rows = judged.rows();
    let mut index = KeyIndex::new(keys.clone(), rows.len());
    let present = rows.into_iter().filter(|row| !keys.is_missing(*row as usize));
    let repeats: Vec<u32> = present.filter(|row| index.enter(*row as usize, |_, _| false).is_some()).collect();
    let text = |row: u32| cut(&keys.text(row as usize, zone));
    let names = columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let broken = Broken {
        severity,
        columns: columns.to_vec(),
        id: ids::NOT_UNIQUE,
        message: "the value stands in a row before it".into(),
        rule: format!("`unique` of {names}"),
        span,
        text: &text,
    };
    judged.take(broken, repeats);
    Ok(())
}
