//! What was read, kept, corrected and turned away, as figures.
//!
//! In: settled tables. Out: [`TableQuality`] and [`Rejected`], and the frames that a run writes of them. Must not
//! know: how any of it was found. Start at [`TableQuality`].
//!
//! Figures of columns are over the rows that are kept. Rows read = kept + quarantined + removed, always.

use super::contract::Settled;
use super::contracts::breach::{Breach, Counted};
use super::keys::{Keys, distinct};
use super::read::RawTable;
use super::rejected::{Outcome, Rejected};
use super::value::Noted;
use super::withhold::WITHHELD;
use crate::error::Error;
use crate::manifest::model::{Column, Mended};
use jiff::tz::TimeZone;
use polars::prelude::{Column as FrameColumn, DataFrame, Series};
use polars::prelude::{IntoColumn, NamedFrom};
use rayon::prelude::*;

/// Figures of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableQuality {
    /// The table.
    pub table: String,
    /// Rows of its files.
    pub read: u64,
    /// Rows in its frame.
    pub kept: u64,
    /// Rows with something wrong.
    pub quarantined: u64,
    /// Rows that the manifest says go.
    pub removed: u64,
    /// Columns of the source that the manifest does not declare, with the number of files that have them.
    pub undeclared: Vec<(String, u64)>,
    /// What was mended while rows were read, or looks wrong: column if one is meant, measure, rows. Rows that keys or
    /// references take away later are among them.
    pub mended: Vec<(Option<String>, &'static str, u64)>,
    /// References in order.
    pub references: Vec<ReferenceQuality>,
    /// Rules that rows break and stay, or that fail the run.
    pub broken: Vec<RuleQuality>,
    /// Columns in order.
    pub columns: Vec<ColumnQuality>,
}

/// Figures of one rule that rows break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleQuality {
    /// The columns that it is about; none for the row as a whole.
    pub columns: Vec<String>,
    /// The rule as it is written.
    pub rule: String,
    /// Rows that stay and break it.
    pub rows: u64,
    /// The first of them, with what stands there.
    pub examples: Vec<String>,
}

/// Figures of one reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferenceQuality {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Rows in which it is missing.
    pub missing: u64,
    /// Rows in which it is there and finds no row.
    pub orphans: u64,
}

/// Figures of one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnQuality {
    /// Its name.
    pub name: String,
    /// Rows without a value, for whatever reason.
    pub missing: u64,
    /// Texts that mean a missing value, each with its rows.
    pub tokens: Vec<(String, u64)>,
    /// Corrections (from, to), each with its rows.
    pub corrected: Vec<(String, String, u64)>,
    /// Ways in which texts were mended, each with its rows.
    pub mended: Vec<(String, u64)>,
    /// Rows with NaN or an infinity, which count as missing.
    pub not_finite: u64,
    /// Why a computed column is missing, each with its rows.
    pub not_computed: Vec<(String, u64)>,
    /// Rows read from files that lack the column, as they may.
    pub absent: u64,
    /// Unlike values; `None` above [`super::keys::MOST_DISTINCT`].
    pub distinct: Option<u64>,
    /// Smallest value as text; text by UTF-8 bytes.
    pub min: Option<String>,
    /// Largest value as text.
    pub max: Option<String>,
}

/// The figures of a table. `columns` has those of its columns that the values alone give, for the rows that stay.
///
/// # Errors
/// [`Error::Defect`] if rows read are not those kept, quarantined and removed.
pub fn measure(
    settled: &Settled,
    columns: Vec<ColumnQuality>,
    rejected: &[Rejected],
    references: Vec<ReferenceQuality>,
) -> Result<TableQuality, Error> {
    let raw = settled.raw;
    let of = |outcome| rejected.iter().filter(|r| r.outcome == outcome).count() as u64;
    let declared: Vec<&Column> = raw.table.columns.values().collect();
    let mut columns = columns;
    columns.par_iter_mut().enumerate().for_each(|(k, quality)| {
        count(quality, declared[k], &raw.notes[k], &settled.alive);
        let of_column = settled.causes.iter().filter(|(position, ..)| *position == k);
        let left = |rows: &[u32]| rows.iter().filter(|row| settled.alive[**row as usize]).count() as u64;
        quality.not_computed = of_column.map(|(_, cause, rows)| (cause.clone(), left(rows))).collect();
        quality.absent = raw.absent.get(&declared[k].name).copied().unwrap_or(0);
        if declared[k].contract.sensitive {
            withheld(quality);
        }
    });
    let quality = TableQuality {
        table: raw.table.name.clone(),
        read: raw.read,
        kept: settled.alive.iter().filter(|alive| **alive).count() as u64,
        quarantined: of(Outcome::Quarantined),
        removed: of(Outcome::Removed),
        undeclared: raw.undeclared.iter().map(|(name, files)| (name.clone(), *files)).collect(),
        mended: mended(raw),
        references,
        broken: settled.breaches.iter().map(|breach| broken(breach, settled)).collect(),
        columns,
    };
    if quality.read != quality.kept + quality.quarantined + quality.removed {
        return Err(Error::Defect(format!("rows of table {} do not reconcile: {quality:?}", quality.table)));
    }
    Ok(quality)
}

fn broken(breach: &Breach, settled: &Settled) -> RuleQuality {
    let counted = breach.among(settled.raw.table, &settled.raw.lines, &settled.alive);
    let Counted { rows, examples } = counted;
    RuleQuality { columns: breach.columns.clone(), rule: breach.rule.clone(), rows, examples }
}

/// Takes out what tells values.
fn withheld(quality: &mut ColumnQuality) {
    for text in [&mut quality.min, &mut quality.max].into_iter().flatten() {
        *text = WITHHELD.to_owned();
    }
    let rows = quality.corrected.iter().map(|(_, _, rows)| rows).sum();
    if !quality.corrected.is_empty() {
        quality.corrected = vec![(WITHHELD.to_owned(), WITHHELD.to_owned(), rows)];
    }
}

/// What was mended while the rows of a table were read, by the columns' names.
pub fn mended(raw: &RawTable) -> Vec<(Option<String>, &'static str, u64)> {
    let name = |k: usize| raw.table.columns.get_index(k).map(|(name, _)| name.clone());
    raw.counts.iter().map(|((k, measure), n)| (k.and_then(name), *measure, *n)).collect()
}

/// What the values of columns give.
///
/// # Errors
/// [`Error::Defect`] if a column is of no type that tables have.
pub fn columns(frame: &[Series], zone: &TimeZone) -> Result<Vec<ColumnQuality>, Error> {
    frame.par_iter().map(|series| column(series, zone)).collect::<Vec<_>>().into_iter().collect()
}

fn column(series: &Series, zone: &TimeZone) -> Result<ColumnQuality, Error> {
    let keys = Keys::new(&[series])?;
    let text = |row: usize| super::batch::cut(&keys.text(row, zone));
    let extremes = extremes(&keys);
    Ok(ColumnQuality {
        name: series.name().to_string(),
        missing: series.null_count() as u64,
        distinct: distinct(series)?.map(|rows| rows.len() as u64),
        min: extremes.map(|(min, _)| text(min)),
        max: extremes.map(|(_, max)| text(max)),
        ..ColumnQuality::default()
    })
}

/// The first row with the smallest value, the last one with the largest.
pub fn extremes(keys: &Keys) -> Option<(usize, usize)> {
    let present = || (0..keys.len()).filter(|row| !keys.is_missing(*row));
    let min = present().min_by(|a, b| keys.compare(*a, *b))?;
    let max = present().max_by(|a, b| keys.compare(*a, *b))?;
    Some((min, max))
}

fn count(quality: &mut ColumnQuality, column: &Column, notes: &[(u32, Noted)], alive: &[bool]) {
    quality.tokens = column.missing.iter().map(|token| (token.clone(), 0)).collect();
    quality.corrected = column.values.iter().map(|(from, to)| (from.clone(), to.clone(), 0)).collect();
    quality.mended = Mended::ALL.iter().map(|(_, name)| ((*name).to_owned(), 0)).collect();
    for (_, noted) in notes.iter().filter(|(row, _)| alive[*row as usize]) {
        match noted {
            Noted::Token(n) => quality.tokens[*n as usize].1 += 1,
            Noted::Corrected(n) => quality.corrected[*n as usize].2 += 1,
            Noted::NotFinite => quality.not_finite += 1,
            Noted::Mended(done) => {
                let each = quality.mended.iter_mut().zip(Mended::ALL);
                each.filter(|(_, (one, _))| done.has(*one)).for_each(|((_, rows), _)| *rows += 1);
            }
        }
    }
    let mending = column.contract.mending;
    let declared = [mending.half_width, mending.trim, mending.case.is_some()];
    let mut declared = declared.into_iter();
    quality.mended.retain(|_| declared.next().unwrap_or(false));
}

/// One measure of the quality frame.
struct Row<'a> {
    table: &'a str,
    column: Option<String>,
    measure: &'static str,
    detail: Option<String>,
    count: Option<u64>,
}

/// The figures as a frame: `table`, `column` (missing for the table as a whole), `measure`, `detail`, `count`.
///
/// # Errors
/// [`Error::Defect`] if polars refuses the frame.
pub fn quality_frame(tables: &[TableQuality]) -> Result<DataFrame, Error> {
    let rows: Vec<Row> = tables.iter().flat_map(rows).collect();
    frame(vec![
        text("table", rows.iter().map(|r| Some(r.table))),
        text("column", rows.iter().map(|r| r.column.as_deref())),
        text("measure", rows.iter().map(|r| Some(r.measure))),
        text("detail", rows.iter().map(|r| r.detail.as_deref())),
        int("count", rows.iter().map(|r| r.count)),
    ])
}

fn rows(table: &TableQuality) -> Vec<Row<'_>> {
    let row = |column: Option<&str>, measure, detail: Option<String>, count: Option<u64>| Row {
        table: &table.table,
        column: column.map(str::to_owned),
        measure,
        detail,
        count,
    };
    let mut rows = vec![
        row(None, "rows_read", None, Some(table.read)),
        row(None, "rows_kept", None, Some(table.kept)),
        row(None, "rows_quarantined", None, Some(table.quarantined)),
        row(None, "rows_removed", None, Some(table.removed)),
    ];
    rows.extend(table.undeclared.iter().map(|(name, files)| row(Some(name), "undeclared", None, Some(*files))));
    let mended = table.mended.iter();
    rows.extend(mended.map(|(column, measure, n)| row(column.as_deref(), measure, None, Some(*n))));
    for reference in &table.references {
        let columns = reference.columns.join(", ");
        let name = Some(reference.name.clone());
        rows.push(row(Some(&columns), "reference_missing", name.clone(), Some(reference.missing)));
        rows.push(row(Some(&columns), "orphans", name, Some(reference.orphans)));
    }
    for broken in &table.broken {
        let columns = broken.columns.join(", ");
        let column = Some(columns.as_str()).filter(|columns| !columns.is_empty());
        let examples = broken.examples.join(", ");
        let detail = if examples.is_empty() { broken.rule.clone() } else { format!("{}: {examples}", broken.rule) };
        rows.push(row(column, "broken", Some(detail), Some(broken.rows)));
    }
    for column in &table.columns {
        let name = Some(column.name.as_str());
        rows.push(row(name, "missing", None, Some(column.missing)));
        rows.extend(column.tokens.iter().map(|(token, n)| row(name, "missing_token", Some(token.clone()), Some(*n))));
        let correction =
            |(from, to, n): &(String, String, u64)| row(name, "corrected", Some(format!("{from} -> {to}")), Some(*n));
        rows.extend(column.corrected.iter().map(correction));
        rows.extend(column.mended.iter().map(|(what, n)| row(name, "mended", Some(what.clone()), Some(*n))));
        rows.push(row(name, "not_finite", None, Some(column.not_finite)));
        let computed = column.not_computed.iter();
        rows.extend(computed.map(|(cause, n)| row(name, "not_computed", Some(cause.clone()), Some(*n))));
        rows.extend((column.absent > 0).then(|| row(name, "absent", None, Some(column.absent))));
        rows.push(row(name, "distinct", None, column.distinct));
        rows.push(row(name, "min", column.min.clone(), None));
        rows.push(row(name, "max", column.max.clone(), None));
    }
    rows
}

/// Rows turned away as a frame: `table`, `file`, `line`, `column` (missing for the row as a whole), `text`, `reason`
/// (`value-wrong: not an int`), `outcome` (`quarantined` or `removed`).
///
/// # Errors
/// [`Error::Defect`] if polars refuses the frame.
pub fn quarantine_frame(rejected: &[Rejected]) -> Result<DataFrame, Error> {
    let reasons: Vec<String> = rejected.iter().map(|r| format!("{}: {}", r.id.name(), r.message)).collect();
    let outcome = |r: &Rejected| match r.outcome {
        Outcome::Quarantined => "quarantined",
        Outcome::Removed => "removed",
    };
    frame(vec![
        text("table", rejected.iter().map(|r| Some(r.table.as_str()))),
        text("file", rejected.iter().map(|r| Some(r.file.as_str()))),
        int("line", rejected.iter().map(|r| Some(u64::from(r.line)))),
        text("column", rejected.iter().map(|r| Some(r.column.as_str()).filter(|c| !c.is_empty()))),
        text("text", rejected.iter().map(|r| Some(r.text.as_str()))),
        text("reason", reasons.iter().map(|r| Some(r.as_str()))),
        text("outcome", rejected.iter().map(|r| Some(outcome(r)))),
    ])
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
