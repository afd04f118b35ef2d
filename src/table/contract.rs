//! What a table as a whole must keep: one row for each key, few rows in quarantine, not empty.
//!
//! In: a [`RawTable`]. Out: a [`Settled`] table, which says for each row whether it stays, and why those that go do.
//! Must not know: other tables. Start at [`settle`].
//!
//! Keys are settled before references: of the rows with one key it is decided which stays before any of them can go
//! for want of the row it refers to.

use super::batch::cut;
use super::contracts::breach::Breach;
use super::contracts::{Cause, Judged, unique};
use super::hints::hints;
use super::keys::{KeyIndex, Keys};
use super::read::RawTable;
use super::rejected::{Outcome, Rejected, Shared};
use super::withhold;
use crate::diag::{Diagnostic, Id, ids};
use crate::error::Error;
use crate::manifest::model::{Duplicates, Table};
use crate::source::SourceMap;
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// A table whose keys are settled.
pub struct Settled<'r> {
    /// The rows.
    pub raw: &'r RawTable<'r>,
    /// Whether each row stays.
    pub alive: Vec<bool>,
    /// The rows that stay, by key, if the table has one and is complete.
    pub index: Option<Arc<KeyIndex<'r>>>,
    /// Rows that do not stay.
    pub gone: Vec<Gone>,
    /// Rules that rows break and stay all the same, or that fail the run.
    pub breaches: Vec<Breach>,
    /// For each computed column (its position) and cause the rows in which it is missing for it.
    pub causes: Vec<(usize, Cause, Vec<u32>)>,
    /// Repeated keys that fail the run.
    pub repeats: Repeats,
}

/// Keys that stand in several rows: the first ones, and how many there are.
#[derive(Debug, Default)]
pub struct Repeats {
    first: Vec<Repeat>,
    keys: usize,
}

#[derive(Debug)]
struct Repeat {
    /// Number of the second row with this key.
    number: u64,
    key: String,
    place: String,
    /// Where further rows stand, a few of them.
    further: Vec<String>,
    more: usize,
}

impl Repeats {
    fn new(raw: &RawTable, keys: &Keys, repeated: &IndexMap<u32, Vec<u32>>, zone: &TimeZone) -> Repeats {
        let repeat = |(first, further): (&u32, &Vec<u32>)| Repeat {
            number: further.first().map_or(0, |row| raw.number(*row as usize)),
            key: withhold::of_columns(raw.table, &raw.table.key, &cut(&keys.text(*first as usize, zone))).to_owned(),
            place: raw.lines.place(*first),
            further: further.iter().take(EXAMPLES).map(|row| raw.lines.place(*row)).collect(),
            more: further.len().saturating_sub(EXAMPLES),
        };
        Repeats { first: repeated.iter().take(LISTED).map(repeat).collect(), keys: repeated.len() }
    }

    /// Whether no key is repeated.
    pub fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// Takes over the repeated keys of other rows of the table.
    pub fn add(&mut self, more: Repeats) {
        self.first.extend(more.first);
        self.first.sort_by_key(|repeat| repeat.number);
        self.first.truncate(LISTED);
        self.keys += more.keys;
    }

    /// One finding for all repeated keys: it names the first, and notes the others.
    pub fn finding(&self, table: &Table, sources: &SourceMap) -> Option<Diagnostic> {
        let line = |repeat: &Repeat| {
            let places = repeat.further.join(" and ");
            let more = if repeat.more > 0 { format!(" and {} more rows", repeat.more) } else { String::new() };
            format!("key `{}` of `{}` stands in {} and {places}{more}", repeat.key, table.name, repeat.place)
        };
        let (first, others) = self.first.split_first()?;
        let place = first.further.first().cloned().unwrap_or_default();
        let mut finding = Diagnostic::error(ids::KEY_REPEATED, line(first)).located(place);
        finding.notes = others.iter().map(line).collect();
        if self.keys > self.first.len() {
            finding.notes.push(format!("and {} more keys", self.keys - self.first.len()));
        }
        Some(finding.help(format!(
            "mend the source, or say `duplicates: first`, `last`, `{{last_by: column}}` or `quarantine` in {}",
            manifest(table, sources)
        )))
    }
}

/// A row that entered its table and does not stay.
pub struct Gone {
    /// Which.
    pub row: u32,
    /// The columns that it goes for.
    pub column: Shared,
    /// What stands there.
    pub text: String,
    /// Quarantined, or removed as declared.
    pub outcome: Outcome,
    /// What kind of fault it is.
    pub id: Id,
    /// What is wrong, as a clause.
    pub message: Shared,
}

/// Rows and keys that one finding names at most.
pub const LISTED: usize = 20;
/// Rows that a message gives as examples of one thing.
const EXAMPLES: usize = 3;

impl<'r> Settled<'r> {
    /// A table whose keys are not settled.
    pub fn new(raw: &'r RawTable<'r>, judged: Judged) -> Settled<'r> {
        let Judged { alive, gone, breaches, causes } = judged;
        Settled { raw, alive, index: None, gone, breaches, causes, repeats: Repeats::default() }
    }

    /// Whether all files of the table could be read.
    pub fn is_complete(&self) -> bool {
        self.raw.findings.is_empty()
    }

    /// All rows of the table that are not in its frame, in source order.
    pub fn rejected(&self) -> Vec<Rejected> {
        let lines = &self.raw.lines;
        let table = Shared::from(self.raw.table.name.as_str());
        let mut all: Vec<Rejected> = Vec::with_capacity(self.raw.rejects.len() + self.gone.len());
        for (file, reject) in &self.raw.rejects {
            let before = all.last();
            let (file, column, message) = (&lines.files()[*file as usize], &reject.column, &reject.message);
            all.push(Rejected {
                table: table.clone(),
                file: Shared::with(before.map(|r| &r.file), file),
                line: reject.line,
                column: column.clone(),
                text: withhold::text(self.raw.table, column, &reject.text).to_owned(),
                outcome: reject.outcome,
                id: reject.id,
                message: message.clone(),
            });
        }
        for gone in &self.gone {
            all.push(Rejected {
                table: table.clone(),
                file: Shared::with(all.last().map(|r| &r.file), lines.file(gone.row)),
                line: lines.line(gone.row),
                column: gone.column.clone(),
                text: withhold::text(self.raw.table, &gone.column, &gone.text).to_owned(),
                outcome: gone.outcome,
                id: gone.id,
                message: gone.message.clone(),
            });
        }
        all.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        all
    }
}

/// Settles which of the rows that are left stays for each key, then what must be unique.
///
/// # Errors
/// [`Error::Defect`] if a column cannot be compared.
pub fn settle<'r>(raw: &'r RawTable<'r>, judged: Judged, zone: &TimeZone) -> Result<Settled<'r>, Error> {
    let mut settled = Settled::new(raw, judged);
    if !settled.is_complete() {
        return Ok(settled);
    }
    settle_key(&mut settled, zone)?;
    let Settled { alive, gone, breaches, causes, .. } = &mut settled;
    let mut judged = Judged {
        alive: std::mem::take(alive),
        gone: std::mem::take(gone),
        breaches: std::mem::take(breaches),
        causes: std::mem::take(causes),
    };
    unique::settle(raw, zone, &mut judged)?;
    let Judged { alive, gone, mut breaches, causes } = judged;
    breaches.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(Settled { alive, gone, breaches, causes, ..settled })
}

fn settle_key(settled: &mut Settled<'_>, zone: &TimeZone) -> Result<(), Error> {
    let raw = settled.raw;
    let columns: Vec<_> = raw.table.key.iter().filter_map(|key| raw.table.columns.get_index_of(key)).collect();
    if columns.is_empty() || columns.len() != raw.table.key.len() {
        return Ok(());
    }
    let series: Vec<_> = columns.iter().map(|k| &raw.columns[*k]).collect();
    let mut index = KeyIndex::new(Keys::new(&series)?, raw.rows());
    let by = match &raw.table.duplicates {
        Duplicates::Last(Some(column)) => raw.table.columns.get_index_of(column),
        _ => None,
    };
    let by = by.map(|k| Keys::new(&[&raw.columns[k]])).transpose()?;
    let judged_alive = settled.alive.clone();
    // The first row of a repeated key, with the further ones.
    let mut repeated: IndexMap<u32, Vec<u32>> = IndexMap::new();
    for row in (0..raw.rows()).filter(|row| judged_alive[*row]) {
        let mut replaced = false;
        let held = index.enter(row, |_, held| {
            let later = |by: &Keys| by.compare(row, held as usize).is_ge();
            replaced = matches!(raw.table.duplicates, Duplicates::Last(_)) && by.as_ref().is_none_or(later);
            replaced
        });
        let Some(held) = held else { continue };
        let row = row as u32;
        if raw.table.duplicates == Duplicates::Fail {
            repeated.entry(held).or_default().push(row);
        } else {
            let (goes, stays) = if replaced { (held, row) } else { (row, held) };
            settled.alive[goes as usize] = false;
            settled.gone.push(twin(raw, index.keys(), goes, stays, zone));
        }
    }
    settled.repeats = Repeats::new(raw, index.keys(), &repeated, zone);
    settled.index = Some(Arc::new(index));
    Ok(())
}

fn twin(raw: &RawTable, keys: &Keys, goes: u32, stays: u32, zone: &TimeZone) -> Gone {
    let (outcome, rule) = match &raw.table.duplicates {
        Duplicates::Quarantine => (Outcome::Quarantined, "quarantine".to_owned()),
        Duplicates::First => (Outcome::Removed, "first".to_owned()),
        Duplicates::Last(Some(column)) => (Outcome::Removed, format!("last by {column}")),
        Duplicates::Last(None) | Duplicates::Fail => (Outcome::Removed, "last".to_owned()),
    };
    Gone {
        row: goes,
        column: raw.table.key.join(", ").into(),
        text: cut(&keys.text(goes as usize, zone)),
        outcome,
        id: ids::KEY_REPEATED,
        message: format!("the key stands also in {} (duplicates: {rule})", raw.lines.place(stays)).into(),
    }
}

/// The path of the table's manifest.
pub fn manifest<'s>(table: &Table, sources: &'s SourceMap) -> &'s str {
    let file = table.span.file;
    sources.files().find(|(id, _)| *id == file).map_or("the manifest", |(_, f)| f.path.as_str())
}

/// What fails the run once all rows are settled: too many in quarantine, or none left.
pub fn totals(settled: &Settled, rejected: &[Rejected], is_customer: bool, sources: &SourceMap) -> Vec<Diagnostic> {
    let raw = settled.raw;
    let mut findings = Vec::new();
    if !settled.is_complete() {
        return findings;
    }
    let quarantined: Vec<_> = rejected.iter().filter(|r| r.outcome == Outcome::Quarantined).collect();
    let share = quarantined.len() as f64 / raw.read.max(1) as f64;
    let name = &raw.table.name;
    if let Some(first) = quarantined.first().filter(|_| share > raw.table.quarantine_limit) {
        let message = format!(
            "{} of {} rows of `{name}` are in quarantine ({} %), more than the {} % allowed",
            quarantined.len(),
            raw.read,
            percent(share),
            percent(raw.table.quarantine_limit)
        );
        let mut finding = Diagnostic::error(ids::TOO_MANY_QUARANTINED, message).located(first.place());
        finding.notes = reasons(&quarantined);
        finding.help.extend(hints(&quarantined));
        findings.push(finding.help(format!(
            "mend the source, correct texts with `values` or `missing`, or raise `quarantine: {{ at_most: … }}` in {}",
            manifest(raw.table, sources)
        )));
    }
    if !settled.alive.contains(&true) && (is_customer || !raw.table.may_be_empty) && findings.is_empty() {
        let message = match raw.read {
            0 => format!("table `{name}` has no rows"),
            read => format!("none of the {read} rows of `{name}` is left"),
        };
        let finding = Diagnostic::error(ids::TABLE_EMPTY, message).at(raw.table.source.span);
        let mut finding = match (raw.read, is_customer) {
            (0, true) => finding.help("the customer table needs rows: see what `path` names"),
            (0, false) => finding.help("see what `path` names, or say `empty: allowed`"),
            _ => finding.help("mend the source, or what the manifest says of it"),
        };
        finding.notes = rejected.iter().take(3).map(Rejected::line_of_text).collect();
        findings.push(finding);
    }
    findings
}

/// Rows in quarantine, a few for each reason.
fn reasons(quarantined: &[&Rejected]) -> Vec<String> {
    let mut kinds: IndexMap<(&str, &str), (Vec<String>, usize)> = IndexMap::new();
    for rejected in quarantined {
        let (examples, more) = kinds.entry((rejected.column.as_str(), rejected.message.as_str())).or_default();
        if examples.len() < EXAMPLES { examples.push(rejected.line_of_text()) } else { *more += 1 }
    }
    let mut notes = Vec::new();
    let mut rows = 0;
    for ((column, message), (examples, more)) in kinds {
        if notes.len() >= LISTED {
            break;
        }
        rows += examples.len() + more;
        notes.extend(examples);
        if more > 0 {
            let column = if column.is_empty() { String::new() } else { format!("`{column}`: ") };
            notes.push(format!("and {more} more rows with {column}{message}"));
        }
    }
    if rows < quarantined.len() {
        notes.push(format!("and {} more rows", quarantined.len() - rows));
    }
    notes
}

/// A share in percent with up to two digits.
pub fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "0" && share > 0.0 { "under 0.01".into() } else { text.to_owned() }
}
