//! The figures of tables as one long list, and as a frame.
//!
//! In: [`TableQuality`] and [`Rejected`]. Out: [`Line`]s, the frames that a run writes of them, and the lines of a frame that
//! an earlier run wrote. Must not know: files. Start at [`lines`].

use super::quality::{ColumnQuality, TableQuality};
use super::rejected::{Outcome, Rejected};
use crate::diag::Id;
use crate::error::Error;
use indexmap::{IndexMap, IndexSet};
use polars::prelude::{Column as FrameColumn, DataFrame, IdxSize, IntoColumn, NamedFrom, Series};

/// One figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The table.
    pub table: String,
    /// The column; none for the table as a whole.
    pub column: Option<String>,
    /// What is counted or measured.
    pub measure: String,
    /// The correction, token, reference, reason, bin or text.
    pub detail: Option<String>,
    /// How often.
    pub count: Option<u64>,
    /// A figure that is no count.
    pub value: Option<f64>,
}

/// The lines of one table.
struct Lines<'t> {
    table: &'t str,
    all: Vec<Line>,
}

impl Lines<'_> {
    fn add(
        &mut self,
        column: Option<&str>,
        measure: &str,
        detail: Option<String>,
        count: Option<u64>,
        value: Option<f64>,
    ) {
        let (table, column) = (self.table.to_owned(), column.map(str::to_owned));
        self.all.push(Line { table, column, measure: measure.to_owned(), detail, count, value });
    }

    fn count(&mut self, column: Option<&str>, measure: &str, detail: Option<String>, count: u64) {
        self.add(column, measure, detail, Some(count), None);
    }
}

/// The figures of tables in order.
pub fn lines(tables: &[TableQuality]) -> Vec<Line> {
    tables.iter().flat_map(of_table).collect()
}

fn of_table(table: &TableQuality) -> Vec<Line> {
    let mut lines = Lines { table: &table.table, all: Vec::new() };
    lines.count(None, "rows_read", None, table.read);
    lines.count(None, "rows_kept", None, table.kept);
    lines.count(None, "rows_quarantined", None, table.quarantined);
    lines.count(None, "rows_removed", None, table.removed);
    for (outcome, column, reason, rows) in &table.reasons {
        let measure = if *outcome == Outcome::Quarantined { "quarantined" } else { "removed" };
        lines.count(column.as_deref(), measure, Some(reason.clone()), *rows);
    }
    for (name, files) in &table.undeclared {
        lines.count(Some(name), "undeclared", None, *files);
    }
    for (column, measure, rows) in &table.mended {
        lines.count(column.as_deref(), measure, None, *rows);
    }
    for reference in &table.references {
        let columns = reference.columns.join(", ");
        lines.count(Some(&columns), "reference_missing", Some(reference.name.clone()), reference.missing);
        lines.count(Some(&columns), "orphans", Some(reference.name.clone()), reference.orphans);
    }
    for broken in &table.broken {
        let columns = broken.columns.join(", ");
        let column = Some(columns.as_str()).filter(|columns| !columns.is_empty());
        let examples = broken.examples.join(", ");
        let detail = if examples.is_empty() { broken.rule.clone() } else { format!("{}: {examples}", broken.rule) };
        lines.count(column, "broken", Some(detail), broken.rows);
    }
    if let Some(completeness) = &table.completeness {
        lines.add(None, "completeness", None, None, completeness.mean);
        for (field, rows) in &completeness.lacking {
            lines.count(Some(field), "completeness_lacking", None, *rows);
        }
    }
    if let Some(ties) = &table.ties {
        lines.count(None, "ties", None, ties.rows);
        lines.count(None, "ties_open", None, ties.open);
        lines.count(None, "ties_own", None, ties.own);
        lines.count(None, "ties_merged", None, ties.merged);
    }
    table.columns.iter().for_each(|column| of_column(&mut lines, column));
    lines.all
}

fn of_column(lines: &mut Lines, column: &ColumnQuality) {
    let (name, figures) = (Some(column.name.as_str()), &column.figures);
    lines.add(name, "type", Some(column.dtype.to_string()), None, None);
    lines.count(name, "missing", None, figures.missing);
    for (token, rows) in &column.tokens {
        lines.count(name, "missing_token", Some(token.clone()), *rows);
    }
    for (from, to, rows) in &column.corrected {
        lines.count(name, "corrected", Some(format!("{from} -> {to}")), *rows);
    }
    for (what, rows) in &column.mended {
        lines.count(name, "mended", Some(what.clone()), *rows);
    }
    lines.count(name, "not_finite", None, column.not_finite);
    for (cause, rows) in &column.not_computed {
        lines.count(name, "not_computed", Some(cause.text.clone()), *rows);
    }
    if column.absent > 0 {
        lines.count(name, "absent", None, column.absent);
    }
    lines.add(name, "distinct", None, figures.distinct, None);
    lines.add(name, "min", figures.min.clone(), None, None);
    lines.add(name, "max", figures.max.clone(), None, None);
    if let Some(mean) = figures.mean {
        lines.add(name, "mean", None, None, Some(mean));
    }
    if let Some((shortest, longest)) = figures.lengths {
        lines.count(name, "shortest", None, shortest);
        lines.count(name, "longest", None, longest);
    }
    for (bin, rows) in &figures.bins {
        lines.count(name, "bin", Some(bin.clone()), *rows);
    }
}

/// The lines as a frame: `table`, `column` (missing for the table as a whole), `measure`, `detail`, `count`, `value`.
///
/// # Errors
/// [`Error::Defect`] if polars refuses the frame.
pub fn quality_frame(lines: &[Line]) -> Result<DataFrame, Error> {
    frame(vec![
        text("table", lines.iter().map(|l| Some(l.table.as_str()))),
        text("column", lines.iter().map(|l| l.column.as_deref())),
        text("measure", lines.iter().map(|l| Some(l.measure.as_str()))),
        text("detail", lines.iter().map(|l| l.detail.as_deref())),
        int("count", lines.iter().map(|l| l.count)),
        Series::new("value".into(), lines.iter().map(|l| l.value).collect::<Vec<_>>()).into_column(),
    ])
}

/// The lines of columns that an earlier run wrote, in the order of [`quality_frame`]; none if they are of another shape.
pub fn read(columns: &[Series]) -> Option<Vec<Line>> {
    let [tables, names, measures, details, counts, values] = columns else { return None };
    let (tables, names, measures) = (tables.str().ok()?, names.str().ok()?, measures.str().ok()?);
    let (details, counts, values) = (details.str().ok()?, counts.i64().ok()?, values.f64().ok()?);
    let line = |row: usize| Line {
        table: tables.get(row).unwrap_or_default().to_owned(),
        column: names.get(row).map(str::to_owned),
        measure: measures.get(row).unwrap_or_default().to_owned(),
        detail: details.get(row).map(str::to_owned),
        count: counts.get(row).and_then(|n| u64::try_from(n).ok()),
        value: values.get(row),
    };
    Some((0..tables.len()).map(line).collect())
}

/// Rows turned away as a frame: `table`, `file`, `line`, `column` (missing for the row as a whole), `text`, `reason`
/// (`value-wrong: not an int`), `outcome` (`quarantined` or `removed`).
///
/// # Errors
/// [`Error::Defect`] if polars refuses the frame.
pub fn quarantine_frame(rejected: &[Rejected]) -> Result<DataFrame, Error> {
    let mut unlike: IndexMap<(Id, &str), String> = IndexMap::new();
    for r in rejected {
        let reason = || format!("{}: {}", r.id.name(), r.message);
        unlike.entry((r.id, r.message.as_str())).or_insert_with(reason);
    }
    let outcome = |r: &Rejected| match r.outcome {
        Outcome::Quarantined => "quarantined",
        Outcome::Removed => "removed",
    };
    let rows = || rejected.iter();
    frame(vec![
        few("table", rows().map(|r| Some(r.table.as_str())))?,
        few("file", rows().map(|r| Some(r.file.as_str())))?,
        int("line", rows().map(|r| Some(u64::from(r.line)))),
        few("column", rows().map(|r| Some(r.column.as_str()).filter(|c| !c.is_empty())))?,
        text("text", rows().map(|r| Some(r.text.as_str()))),
        few("reason", rows().map(|r| unlike.get(&(r.id, r.message.as_str())).map(String::as_str)))?,
        few("outcome", rows().map(|r| Some(outcome(r))))?,
    ])
}

/// A column of few unlike texts, each of which is held once.
fn few<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Result<FrameColumn, Error> {
    let mut unlike: IndexSet<Option<&str>> = IndexSet::new();
    let rows: Vec<IdxSize> = values.map(|value| unlike.insert_full(value).0 as IdxSize).collect();
    let unlike = Series::new(name.into(), unlike.into_iter().collect::<Vec<_>>());
    let column = unlike.take_slice(&rows).map_err(|e| Error::Defect(format!("a frame is refused: {e}")))?;
    Ok(column.into_column())
}

fn text<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> FrameColumn {
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

fn int(name: &str, values: impl Iterator<Item = Option<u64>>) -> FrameColumn {
    let values = values.map(|v| v.map(|v| i64::try_from(v).unwrap_or(i64::MAX)));
    Series::new(name.into(), values.collect::<Vec<_>>()).into_column()
}

fn frame(columns: Vec<FrameColumn>) -> Result<DataFrame, Error> {
    DataFrame::new_infer_height(columns).map_err(|e| Error::Defect(format!("a frame is refused: {e}")))
}
