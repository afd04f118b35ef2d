//! Rows with more fields than the header.
//!
//! In: a [`Draft`] whose sheet has such rows, with columns and key as the other rows have them. Out: the same with those rows kept, to be cut, or put aside. Must
//! not know: YAML, keys.
//!
//! A field that holds a delimiter and no quotes becomes two, and all behind it stand one column too far. Where exactly, nothing says. Cutting
//! such rows keeps them, with texts in wrong columns; setting them aside loses them, a quarter of the customers maybe. So they are cut where
//! only texts can be displaced, and set aside where a number, a day or a key can: sums would be wrong, and nobody would see it.

use super::column::{Guess, Sure};
use super::tables::Draft;
use super::text::Sheet;
use super::yaml::counted;
use crate::dtype::DataType;
use crate::table::value::{CellParser, Memo};
use jiff::tz::TimeZone;

/// The rows that have no more fields than the header; all, if most have more.
pub(super) fn regular(sheet: &Sheet) -> Vec<Vec<String>> {
    let fits = |row: &&Vec<String>| row.len() <= sheet.width;
    if sheet.long * 2 > sheet.rows.len() {
        sheet.rows.clone()
    } else {
        sheet.rows.iter().filter(fits).cloned().collect()
    }
}

/// Keeps rows with too many fields, or puts them aside, and tells so.
pub(super) fn part(draft: &mut Draft) {
    let (width, long, all) = (draft.sheet.width, draft.sheet.long, draft.sheet.rows.len());
    let rows = format!(
        "{} with more fields than {}",
        counted(long, "row"),
        if draft.sheet.header.is_empty() { "most" } else { "the header" }
    );
    if !draft.sheet.rows.iter().any(|row| row.len() > width && may_displace(row, draft)) {
        let further = |row: &&Vec<String>| row.len() > width && row[width..].iter().any(|cell| !cell.trim().is_empty());
        let (what, sure) = match draft.sheet.rows.iter().filter(further).count() {
            0 => (format!("{rows}, all of them empty: cut (`long_rows: cut`)"), Sure::Likely),
            _ => (
                format!(
                    "{rows}, cut behind the last column (`long_rows: cut`): texts behind a surplus delimiter are displaced, \
                     each in the next column"
                ),
                Sure::Guess,
            ),
        };
        return draft.remark(what, sure, all);
    }
    if long * 2 > all {
        let what = format!(
            "{rows}, cut behind the last column (`long_rows: cut`): what stands behind a surplus delimiter is displaced, numbers too; \
             mend the header"
        );
        return draft.remark(what, Sure::Guess, all);
    }
    let (aside, rest) =
        std::mem::take(&mut draft.sheet.rows).into_iter().partition(|row: &Vec<String>| row.len() > width);
    (draft.sheet.rows, draft.sheet.aside) = (rest, aside);
    let what = format!(
        "{rows}: set aside, because numbers, days or keys behind a surplus delimiter would be displaced; quote \
         such fields in the file"
    );
    draft.remark(what, Sure::Guess, all);
}

/// Whether a row's surplus delimiter may stand before the last column that is more than a text: then what belongs there stands further behind,
/// where it fits, too. What does not fit in its place is no question: such a row goes to quarantine by itself.
fn may_displace(row: &[String], draft: &Draft) -> bool {
    let matters = |at: &usize| draft.column(*at).column.dtype != DataType::Text || draft.key.contains(at);
    let Some(last) = (0..draft.columns.len()).rfind(matters).map(|at| &draft.columns[at]) else { return false };
    if last.at == 0 {
        return false;
    }
    let moved = &row[(last.at + 1).min(row.len())..(last.at + 1 + row.len() - draft.sheet.width).min(row.len())];
    // A key is a text of which nothing says that it does not fit.
    let fits = |cell: &str| !cell.is_empty() && (last.guess.column.dtype == DataType::Text || reads(&last.guess, cell));
    moved.iter().any(|cell| fits(cell.trim()))
}

fn reads(guess: &Guess, text: &str) -> bool {
    CellParser::new(&guess.column, &TimeZone::UTC).parse(text, &mut Memo::default()).is_ok()
}
