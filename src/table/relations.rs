//! References between tables: from the values of a row's columns to the row that they name.
//!
//! In: settled tables. Out: for each reference the row of the other table. Must not know: files, rules. Start at
//! [`resolve`].
//!
//! A row whose reference finds nothing goes to quarantine where its manifest says so, and with it every row that can
//! no longer find it, through any number of tables, also around a circle: what stays is the largest set of rows in which
//! each such reference finds a row. The order of tables plays no part.

use super::batch::cut;
use super::contract::{Gone, LISTED, Settled, manifest, percent};
use super::contracts::Broken;
use super::contracts::breach::Breach;
use super::keys::Keys;
use super::quality::ReferenceQuality;
use super::rejected::{Outcome, Shared};
use super::rows::NONE;
use super::withhold;
use crate::diag::{Diagnostic, Id, ids};
use crate::error::Error;
use crate::manifest::model::{Orphans, Reference, Severity, Table};
use crate::rules::data::Related;
use crate::source::SourceMap;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

/// No row: a part of the reference is missing. Only until rows are renumbered.
const EMPTY: u32 = u32::MAX - 1;

/// The references of one table: for each, the row of the target before renumbering.
pub struct Resolved {
    /// By reference, by row.
    pub targets: Vec<Vec<u32>>,
}

/// Finds the rows that all references name, and sends rows to quarantine that find none where the manifest says so.
/// `known` has what is known already of tables, by their place.
///
/// # Errors
/// [`Error::Defect`] if a column cannot be compared.
pub fn resolve(
    tables: &mut [Settled],
    known: &[Option<Arc<Resolved>>],
    zone: &TimeZone,
) -> Result<Vec<Arc<Resolved>>, Error> {
    let mut resolved = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        if let Some(Some(known)) = known.get(number) {
            resolved.push(known.clone());
            continue;
        }
        let references = table.raw.table.references.par_iter();
        let targets = references.map(|r| find_rows(table, r, tables)).collect::<Result<_, _>>()?;
        resolved.push(Arc::new(Resolved { targets }));
    }
    quarantine(tables, &resolved, zone)?;
    Ok(resolved)
}

fn position(tables: &[Settled], name: &str) -> Option<usize> {
    tables.iter().position(|t| t.raw.table.name == name)
}

/// Whether a reference can be followed: both tables are complete, and the other has a key.
fn can_follow(tables: &[Settled], from: &Settled, reference: &Reference) -> bool {
    from.is_complete() && position(tables, &reference.table).is_some_and(|t| tables[t].index.is_some())
}

fn keys_of<'r>(table: &Settled<'r>, reference: &Reference) -> Result<Keys<'r>, Error> {
    let columns: Vec<_> = reference
        .columns
        .iter()
        .filter_map(|c| table.raw.table.columns.get_index_of(c))
        .map(|k| &table.raw.columns[k])
        .collect();
    Keys::new(&columns)
}

fn find_rows(table: &Settled, reference: &Reference, tables: &[Settled]) -> Result<Vec<u32>, Error> {
    let target = position(tables, &reference.table).and_then(|t| tables[t].index.as_ref());
    let Some(index) = target.filter(|_| table.is_complete()) else { return Ok(vec![NONE; table.raw.rows()]) };
    let keys = keys_of(table, reference)?;
    let find = |row: usize| match keys.is_missing(row) {
        true => EMPTY,
        false => index.find(&keys, row).unwrap_or(NONE),
    };
    Ok((0..table.raw.rows()).into_par_iter().map(find).collect())
}

/// A reference whose rows go to quarantine, with the rows of this table by target.
struct Strict {
    from: usize,
    number: usize,
    by_target: Related,
}

/// Kills rows until each that stays finds what its strict references name.
fn quarantine(tables: &mut [Settled], resolved: &[Arc<Resolved>], zone: &TimeZone) -> Result<(), Error> {
    let mut strict: Vec<Vec<Strict>> = tables.iter().map(|_| Vec::new()).collect();
    let mut dead = VecDeque::new();
    for from in 0..tables.len() {
        let table = tables[from].raw.table;
        for (number, reference) in table.references.iter().enumerate() {
            if reference.orphans != Orphans::Quarantine || !can_follow(tables, &tables[from], reference) {
                continue;
            }
            let targets = &resolved[from].targets[number];
            for row in (0..targets.len()).filter(|row| targets[*row] >= EMPTY) {
                kill(tables, from, row, reference, reason(targets[row], reference), zone, &mut dead)?;
            }
            if let Some(target) = position(tables, &reference.table) {
                // Rows of the other table that are gone already, as those whose value is not unique.
                for row in (0..targets.len()).filter(|row| targets[*row] < EMPTY) {
                    if !tables[target].alive[targets[row] as usize] {
                        kill(tables, from, row, reference, gone_before(reference), zone, &mut dead)?;
                    }
                }
                let by_target = Related::group(targets, tables[target].raw.rows());
                strict[target].push(Strict { from, number, by_target });
            }
        }
    }
    cardinality(tables, resolved, zone, &mut dead)?;
    while let Some((table, row)) = dead.pop_front() {
        for Strict { from, number, by_target } in &strict[table] {
            let reference = &tables[*from].raw.table.references[*number];
            for follower in by_target.of(row) {
                kill(tables, *from, *follower as usize, reference, gone_before(reference), zone, &mut dead)?;
            }
        }
    }
    Ok(())
}

fn gone_before(reference: &Reference) -> String {
    format!("the row of `{}` that it refers to is in quarantine", reference.table)
}

fn reason(target: u32, reference: &Reference) -> String {
    match target {
        EMPTY => format!("reference `{}` is missing", reference.name),
        _ => format!("reference `{}` finds no row of `{}`", reference.name, reference.table),
    }
}

fn kill(
    tables: &mut [Settled],
    table: usize,
    row: usize,
    reference: &Reference,
    message: String,
    zone: &TimeZone,
    dead: &mut VecDeque<(usize, usize)>,
) -> Result<(), Error> {
    kill_for(tables, table, row, reference, ids::ORPHAN, message, zone, dead)
}

#[allow(clippy::too_many_arguments, reason = "which row, for what, and where it is written")]
fn kill_for(
    tables: &mut [Settled],
    table: usize,
    row: usize,
    reference: &Reference,
    id: Id,
    message: String,
    zone: &TimeZone,
    dead: &mut VecDeque<(usize, usize)>,
) -> Result<(), Error> {
    if !std::mem::replace(&mut tables[table].alive[row], false) {
        return Ok(());
    }
    let text = cut(&keys_of(&tables[table], reference)?.text(row, zone));
    let before = tables[table].gone.last();
    let column = Shared::with(before.map(|gone| &gone.column), &reference.columns.join(", "));
    let message = Shared::with(before.map(|gone| &gone.message), &message);
    let outcome = Outcome::Quarantined;
    tables[table].gone.push(Gone { row: row as u32, column, text, outcome, id, message });
    dead.push_back((table, row));
    Ok(())
}

/// Finds the rows that lead where a row before them leads, though the manifest says that only one may.
fn cardinality(
    tables: &mut [Settled],
    resolved: &[Arc<Resolved>],
    zone: &TimeZone,
    dead: &mut VecDeque<(usize, usize)>,
) -> Result<(), Error> {
    for from in 0..tables.len() {
        let table = tables[from].raw.table;
        for (number, reference) in table.references.iter().enumerate() {
            let Some(severity) = reference.contract.one else { continue };
            let Some(target) = position(tables, &reference.table) else { continue };
            if !can_follow(tables, &tables[from], reference) {
                continue;
            }
            let targets = &resolved[from].targets[number];
            let mut taken = vec![false; tables[target].raw.rows()];
            let leads = |row: &usize| tables[from].alive[*row] && targets[*row] < EMPTY;
            let mut second = |row: &usize| std::mem::replace(&mut taken[targets[*row] as usize], true);
            let further: Vec<usize> = (0..targets.len()).filter(|row| leads(row) && second(row)).collect();
            let message = format!(
                "reference `{}` leads to a row of `{}` that one before it has",
                reference.name, reference.table
            );
            if severity == Severity::Quarantine {
                for row in further {
                    kill_for(tables, from, row, reference, ids::CARDINALITY, message.clone(), zone, dead)?;
                }
            } else if !further.is_empty() {
                let keys = keys_of(&tables[from], reference)?;
                let text = |row: u32| cut(&keys.text(row as usize, zone));
                let broken = Broken {
                    severity,
                    columns: reference.columns.clone(),
                    id: ids::CARDINALITY,
                    message,
                    rule: format!("`cardinality: one` of reference `{}`", reference.name),
                    span: reference.span,
                    text: &text,
                };
                let breach = Breach::new(broken, further.into_iter().map(|row| row as u32).collect());
                tables[from].breaches.push(breach);
            }
        }
    }
    Ok(())
}

/// Why a reference can never find its row: the manifests do not fit.
fn misfit(tables: &[Settled], from: &Settled, reference: &Reference) -> Option<Diagnostic> {
    let fail = |id, message: String| Some(Diagnostic::error(id, message).at(reference.span));
    let Some(target) = position(tables, &reference.table).map(|t| tables[t].raw.table) else {
        return fail(ids::UNKNOWN_TABLE, format!("reference `{}` leads to no table", reference.name));
    };
    if target.key.is_empty() || target.key.len() != reference.columns.len() {
        let columns = target.key.len();
        return fail(ids::WRONG_VALUE, format!("the key of `{}` has {columns} columns", target.name))
            .map(|finding| finding.help("name as many columns as the other table's key has, in its order"));
    }
    let dtype = |table: &Table, column: &String| table.columns.get(column).map(|c| c.dtype);
    let pairs = reference.columns.iter().zip(&target.key);
    let (column, key) = pairs.into_iter().find(|(c, k)| dtype(from.raw.table, c) != dtype(target, k))?;
    let message = format!("`{column}` and `{}.{key}` are of unlike types", target.name);
    fail(ids::TYPE_MISMATCH, message).map(|finding| finding.help("declare both with the same type"))
}

/// Rows that stay and find no row: how many, and the first of them by their numbers.
#[derive(Debug, Default)]
pub struct Lost {
    rows: usize,
    first: Vec<(u64, String)>,
    /// Orphans, rows and the share allowed, where there are more.
    too_many: Option<(usize, usize, f64)>,
}

impl Lost {
    /// Takes over those among other rows of the table.
    pub fn add(&mut self, more: Lost) {
        self.rows += more.rows;
        self.first.extend(more.first);
        self.first.sort_by_key(|(number, _)| *number);
        self.first.truncate(LISTED);
    }

    /// What fails the run where a reference must find its row.
    pub fn finding(&self, table: &Table, reference: &Reference, sources: &SourceMap) -> Option<Diagnostic> {
        let first = || {
            let mut lines: Vec<String> = self.first.iter().map(|(_, line)| line.clone()).collect();
            if self.rows > lines.len() {
                lines.push(format!("and {} more rows", self.rows - lines.len()));
            }
            lines
        };
        if let Some((orphans, rows, most)) = self.too_many {
            let mut finding = too_many(table, reference, orphans, rows, most);
            finding.notes = first();
            return Some(finding);
        }
        if reference.orphans != Orphans::Fail || self.rows == 0 {
            return None;
        }
        let message = format!("{} rows of `{}` refer to no row of `{}`", self.rows, table.name, reference.table);
        let mut finding = Diagnostic::error(ids::ORPHAN, message).at_with(reference.span, "must find its row");
        finding.notes = first();
        let manifest = manifest(table, sources);
        Some(finding.help(format!("mend the source, or say `orphans: count` or `quarantine` in {manifest}")))
    }
}

/// What can never be found, whatever the rows are: references that do not fit their tables.
pub fn misfits(tables: &[Settled], number: usize) -> Vec<Diagnostic> {
    let table = &tables[number];
    table.raw.table.references.iter().filter_map(|reference| misfit(tables, table, reference)).collect()
}

/// Counts the orphans among the rows that stay, for each reference.
///
/// # Errors
/// [`Error::Defect`] if a column cannot be compared.
pub fn orphans(
    tables: &[Settled],
    resolved: &[Arc<Resolved>],
    number: usize,
    zone: &TimeZone,
) -> Result<Vec<(ReferenceQuality, Lost)>, Error> {
    let (table, targets) = (&tables[number], &resolved[number].targets);
    let mut counts = Vec::new();
    for (reference, targets) in table.raw.table.references.iter().zip(targets) {
        let mut count =
            ReferenceQuality { name: reference.name.clone(), columns: reference.columns.clone(), ..Default::default() };
        let mut all = Lost::default();
        if let Some(target) = position(tables, &reference.table).filter(|_| can_follow(tables, table, reference)) {
            let finds = |row: &usize| targets[*row] < EMPTY && tables[target].alive[targets[*row] as usize];
            let lost: Vec<usize> = (0..targets.len()).filter(|row| table.alive[*row] && !finds(row)).collect();
            count.missing = lost.iter().filter(|row| targets[**row] == EMPTY).count() as u64;
            count.orphans = lost.len() as u64 - count.missing;
            let of_reference = |gone: &&Gone| gone.id == ids::ORPHAN && gone.column == *reference.columns.join(", ");
            let gone: Vec<usize> = match reference.orphans {
                Orphans::Quarantine => table.gone.iter().filter(of_reference).map(|gone| gone.row as usize).collect(),
                _ => Vec::new(),
            };
            // Rows that left for a cardinality have been asked for what they refer to before.
            let left = table.gone.iter().filter(|gone| gone.id == ids::CARDINALITY).count();
            let rows = table.alive.iter().filter(|alive| **alive).count() + gone.len() + left;
            let share = (lost.len() + gone.len()) as f64 / rows.max(1) as f64;
            if reference.orphans == Orphans::Fail && !lost.is_empty() {
                all = first_lost(table, reference, targets, &lost, zone)?;
            } else if let Some(most) = reference.contract.at_most.filter(|most| share > *most) {
                let mut every = [&lost[..], &gone[..]].concat();
                every.sort_unstable();
                all = first_lost(table, reference, targets, &every, zone)?;
                all.too_many = Some((every.len(), rows, most));
            }
        }
        counts.push((count, all));
    }
    Ok(counts)
}

fn too_many(table: &Table, reference: &Reference, orphans: usize, rows: usize, most: f64) -> Diagnostic {
    let message = format!(
        "{orphans} of {rows} rows of `{}` refer to no row of `{}` ({} %), more than the {} % allowed",
        table.name,
        reference.table,
        percent(orphans as f64 / rows.max(1) as f64),
        percent(most)
    );
    let finding = Diagnostic::error(ids::ORPHAN, message).at(reference.span);
    finding.help("mend the source, correct the codes with `values`, `trim` or `case`, or raise `at_most` of `orphans`")
}

fn first_lost(
    table: &Settled,
    reference: &Reference,
    targets: &[u32],
    lost: &[usize],
    zone: &TimeZone,
) -> Result<Lost, Error> {
    let keys = keys_of(table, reference)?;
    let text = |row: usize| {
        let text = cut(&keys.text(row, zone));
        withhold::of_columns(table.raw.table, &reference.columns, &text).to_owned()
    };
    let line = |row: &usize| {
        let place = table.raw.lines.place(*row as u32);
        let text = match targets[*row] {
            EMPTY => format!("{place}: `{}` is missing", reference.columns.join(", ")),
            NONE => format!("{place}: no `{}`", text(*row)),
            _ => format!("{place}: `{}` is in quarantine", text(*row)),
        };
        (table.raw.number(*row), text)
    };
    Ok(Lost { rows: lost.len(), first: lost.iter().take(LISTED).map(line).collect(), too_many: None })
}

/// The targets of the rows that stay, by their numbers among those that stay.
pub fn renumber(targets: &[u32], alive: &[bool], numbers: Option<&[u32]>) -> Vec<u32> {
    let number = |target: &u32| numbers.and_then(|n| n.get(*target as usize)).copied().unwrap_or(NONE);
    targets.iter().zip(alive).filter(|(_, alive)| **alive).map(|(target, _)| number(target)).collect()
}
