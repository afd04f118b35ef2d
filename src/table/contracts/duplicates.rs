//! Rows that are alike in all declared columns.
//!
//! In: the rows of a table that are left. Out: the repeats, removed, warned of or failing the run; the first stays. Must not
//! know: keys. Start at [`settle`]. Columns of the source that the manifest does not declare play no part.

use super::{Broken, Judged};
use crate::diag::ids;
use crate::error::Error;
use crate::manifest::model::{ExactDuplicates, Severity};
use crate::table::keys::{KeyIndex, Keys};
use crate::table::read::RawTable;
use crate::table::rejected::Outcome;

/// Finds the repeats. Two missing values are alike.
pub fn settle(raw: &RawTable, judged: &mut Judged) -> Result<(), Error> {
    let wanted = raw.table.contract.exact_duplicates;
    if wanted == ExactDuplicates::Keep {
        return Ok(());
    }
    let columns: Vec<_> = raw.columns.iter().collect();
    let rows = judged.rows();
    let mut index = KeyIndex::new(Keys::new(&columns)?, rows.len());
    let mut repeats = Vec::new();
    for row in rows {
        if let Some(first) = index.enter(row as usize, |_, _| false) {
            repeats.push((row, first));
        }
    }
    let severity = match wanted {
        ExactDuplicates::Keep => return Ok(()),
        ExactDuplicates::Remove => {
            for (row, first) in repeats {
                let message = format!("the same row stands in {} (exact_duplicates: remove)", raw.lines.place(first));
                judged.leave(row, &[], String::new(), Outcome::Removed, ids::EXACT_DUPLICATE, message);
            }
            return Ok(());
        }
        ExactDuplicates::Warn => Severity::Warn,
        ExactDuplicates::Fail => Severity::Fail,
    };
    let broken = Broken {
        severity,
        columns: Vec::new(),
        id: ids::EXACT_DUPLICATE,
        message: "alike in all declared columns to one before it".into(),
        rule: "`exact_duplicates`".into(),
        span: raw.table.span,
        text: &|_| String::new(),
    };
    judged.take(broken, repeats.into_iter().map(|(row, _)| row).collect());
    Ok(())
}
