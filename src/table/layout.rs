//! Where the declared columns of a table stand in a source.
//!
//! In: the names that a source has, a [`Table`]. Out: a [`Place`] for each column, or findings. Must not know: formats,
//! values. Start at [`layout`].

use super::batch::cut;
use super::header;
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Column, Table};
use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;

/// Where a column's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The field of this number, from 0.
    Field(usize),
    /// The name of a folder; `None` where it says that the value is missing.
    Given(Option<String>),
}

/// Where the declared columns stand in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// For each declared column.
    pub places: Vec<Place>,
    /// Fields of a row.
    pub width: usize,
}

/// Columns that the folders of a file give, with their texts.
pub type Partitions = Vec<(String, Option<String>)>;

/// Names that are compared to find what was meant.
const COMPARED: usize = 1000;

/// The place of each declared column among the names of a source, or what is wrong with them.
pub fn layout(
    names: &[&str],
    table: &Table,
    partitions: &Partitions,
    shown: &str,
    place: &str,
) -> (Option<Vec<Place>>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let mut places = Vec::new();
    let mut known: HashMap<&str, (usize, usize)> = HashMap::new();
    for (field, name) in names.iter().enumerate() {
        known.entry(name).or_insert((field, 0)).1 += 1;
    }
    for column in table.columns.values() {
        let given = partition(column, partitions);
        let mut found = header::names_of(column).filter(|name| known.contains_key(name));
        let (own, other) = (found.next().unwrap_or(&column.from), found.next());
        if let Some(other) = other {
            findings.push(header::ambiguous(column, own, other, shown, place));
            continue;
        }
        let finding = match (known.get(own), given) {
            (None, Some(text)) => {
                places.push(Place::Given(text.clone()));
                continue;
            }
            (Some((field, 1)), None) => {
                places.push(Place::Field(*field));
                continue;
            }
            (None, None) if column.contract.may_be_absent => {
                places.push(Place::Given(None));
                continue;
            }
            (None, None) if table.is_sensitive() => header::withheld(column, shown),
            (None, None) => absent(column, names, shown),
            (Some(_), Some(_)) => {
                let message = format!("`{}` stands in `{shown}` and in the name of its folder", column.from);
                let finding = Diagnostic::error(ids::COLUMN_REPEATED, message).located(place);
                finding.help("say `partitions: none`, or write the files without the column")
            }
            (Some((_, times)), None) => {
                let message = format!("`{shown}` has {times} columns `{}`", column.from);
                let finding = Diagnostic::error(ids::COLUMN_REPEATED, message).located(place);
                finding.help("give each column its own name in the source")
            }
        };
        findings.push(finding);
    }
    (findings.is_empty().then_some(places), findings)
}

/// As [`layout`], the number of each column's field, for sources that do not lie in folders.
pub fn fields(names: &[&str], table: &Table, shown: &str, place: &str) -> (Option<Vec<usize>>, Vec<Diagnostic>) {
    let (places, findings) = layout(names, table, &Partitions::new(), shown, place);
    let field = |place: Place| match place {
        Place::Field(field) => Some(field),
        Place::Given(_) => None,
    };
    (places.map(|places| places.into_iter().filter_map(field).collect()), findings)
}

fn partition<'p>(column: &Column, partitions: &'p Partitions) -> Option<&'p Option<String>> {
    partitions.iter().find(|(name, _)| *name == column.from).map(|(_, text)| text)
}

fn absent(column: &Column, names: &[&str], shown: &str) -> Diagnostic {
    let message = format!("no column `{}` in `{shown}`", column.from);
    let finding = Diagnostic::error(ids::COLUMN_MISSING, message).at_with(column.span, "declared here");
    let composed = |text: &str| text.nfc().collect::<String>();
    let wanted = composed(&column.from);
    let alike = names.iter().take(COMPARED).filter(|name| !name.is_ascii() && name.len() < 500);
    if let Some(same) = alike.into_iter().find(|name| composed(name) == wanted) {
        let escaped: String =
            same.chars().map(|c| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() }).collect();
        return finding
            .note(format!("the file has it as `{escaped}`: the same letters of other characters"))
            .help("write the name in `from` as the file has it, as `from: \"…\"` with these characters, or write the file's header anew");
    }
    let finding = finding.did_you_mean(&column.from, names.iter().take(COMPARED).copied());
    match finding.help.is_empty() {
        true => finding.help(format!("the file has {}", listed(names))),
        false => finding,
    }
}

/// Up to twenty names in quotes, long ones cut.
fn listed(names: &[&str]) -> String {
    let mut text = names.iter().take(20).map(|n| format!("`{}`", cut(n))).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        text.push_str(&format!(" and {} more", names.len() - 20));
    }
    text
}

/// The names that no column of the table comes from, each once.
pub fn undeclared(names: &[&str], table: &Table) -> Vec<String> {
    // A header that does not fit may be a row of values.
    if table.is_sensitive() && !header::fits(names, table) {
        return Vec::new();
    }
    let mut known: HashSet<&str> = table.columns.values().flat_map(header::names_of).collect();
    names.iter().filter(|name| known.insert(name)).map(|name| (*name).to_owned()).collect()
}

impl Layout {
    /// The places in rows without names: the manifest's order, or those that `from` gives. `width` is that of the first
    /// row, 0 if there is none.
    pub fn by_position(
        width: usize,
        table: &Table,
        partitions: &Partitions,
        shown: &str,
    ) -> (Option<Layout>, Option<Diagnostic>) {
        let mut next = 0;
        let mut places = Vec::new();
        let mut is_placed = false;
        let mut last: Option<(usize, &Column)> = None;
        for column in table.columns.values() {
            if let Some(text) = partition(column, partitions) {
                places.push(Place::Given(text.clone()));
                continue;
            }
            let stated = (column.from != column.name).then(|| column.position()).flatten();
            is_placed |= stated.is_some();
            let field = stated.unwrap_or(next);
            next += 1;
            if last.is_none_or(|(before, _)| field > before) {
                last = Some((field, column));
            }
            places.push(Place::Field(field));
        }
        // With positions stated the manifest need not name all fields of a row.
        let width = if is_placed && width > 0 { width } else { last.map_or(0, |(field, _)| field + 1) };
        match last {
            Some((field, column)) if field >= width => {
                let message = format!("`{shown}` has {width} fields, `{}` would be number {}", column.name, field + 1);
                let finding = Diagnostic::error(ids::COLUMN_MISSING, message).at_with(column.span, "declared here");
                (None, Some(finding.help("the first row tells how many fields there are")))
            }
            _ => (Some(Layout { places, width }), None),
        }
    }
}
