//! Parameter tables: `table:` with a map, or with the name of a CSV file under `rules/`.
//!
//! In: the tree of one parameter, the text of its CSV file. Out: a [`ParameterTable`] and diagnostics. Must not know:
//! rules. Start at [`read`].

use super::field::{Field, Fields, Findings};
use super::files::Files;
use super::glob;
use super::model::{ParameterTable, ParameterValue};
use super::parameter_value::{ValueType, parse_float, scalar, unify};
use super::shape::parameters::TABLE;
use crate::diag::{Diagnostic, ids};
use crate::source::{FileId, Span};
use indexmap::IndexMap;

/// Reads a table parameter.
pub fn read(field: &Field<'_>, files: &mut Files<'_>) -> Option<ParameterTable> {
    let what = format!("the table `{}`", field.key);
    let fields = Fields::open(field, &what, &TABLE, &mut files.findings)?;
    let meaning = fields.get("meaning").and_then(|f| f.text(&mut files.findings)).unwrap_or_default();
    let place = fields.get("table")?;
    if place.as_map().is_some() {
        for key in ["key", "types"] {
            if let Some(field) = fields.get(key) {
                let found = Diagnostic::error(ids::UNKNOWN_KEY, format!("`{key}` is for tables in a CSV file"));
                files.findings.push(found.at(field.at));
            }
        }
        let declared = match fields.get("type") {
            Some(f) => Some(f.choice(&ValueType::WORDS, &mut files.findings)?),
            None => None,
        };
        let table = from_map(&place, declared, &mut files.findings)?;
        return Some(ParameterTable { meaning, span: field.at, ..table });
    }
    if let Some(field) = fields.get("type") {
        let found = Diagnostic::error(ids::UNKNOWN_KEY, "`type` is for tables written here");
        files.findings.push(found.at(field.at).help("a CSV table has `types`: a map of column to type"));
    }
    let path = place.name(&mut files.findings)?;
    if let Some(fault) = glob::fault(&path, 0) {
        files.findings.push(place.wrong_value(format!("{} {fault}: `{path}`", place.title)));
        return None;
    }
    let key = fields.need("key", &mut files.findings).and_then(|f| f.text(&mut files.findings));
    let types = fields.get("types").map(|f| types(&f, &mut files.findings)).unwrap_or_default();
    let (file, text) = files.table(&path, place.place())?;
    let csv = Csv { file, text: &text, path: &path };
    let table = csv.table(&key?, &types, &mut files.findings)?;
    Some(ParameterTable { meaning, span: field.at, ..table })
}

fn types(field: &Field<'_>, findings: &mut Findings) -> IndexMap<String, (ValueType, Span)> {
    let entries = field.entries(findings).unwrap_or_default();
    let typed = |entry: Field<'_>, findings: &mut Findings| {
        entry.choice(&ValueType::WORDS, findings).map(|ty| (entry.key.to_owned(), (ty, entry.at)))
    };
    entries.into_iter().filter_map(|entry| typed(entry, findings)).collect()
}

/// A table written in YAML: key to value, or key to a map of values with the same keys everywhere.
fn from_map(field: &Field<'_>, declared: Option<ValueType>, findings: &mut Findings) -> Option<ParameterTable> {
    let entries = field.entries(findings)?;
    let Some(first) = entries.first() else {
        findings.push(field.wrong_value("the table is empty, and nothing tells the type of its values"));
        return None;
    };
    let plain = first.as_map().is_none();
    let columns: Vec<String> = match first.as_map() {
        None => vec!["value".to_owned()],
        Some(columns) => columns.iter().map(|entry| entry.key.clone()).collect(),
    };
    if columns.is_empty() {
        findings.push(first.wrong("a map of values"));
        return None;
    }
    let before = findings.len();
    let mut cells: Vec<Vec<(Field<'_>, ParameterValue)>> = columns.iter().map(|_| Vec::new()).collect();
    for entry in &entries {
        let row = row(entry, plain, &columns, first, findings);
        for (i, cell) in row.into_iter().enumerate() {
            if let Some(value) = scalar(&cell, declared, findings) {
                cells[i].push((cell, value));
            }
        }
    }
    let mut rows: IndexMap<String, Vec<ParameterValue>> =
        entries.iter().map(|entry| (entry.key.to_owned(), Vec::new())).collect();
    for column in cells {
        let (places, mut values): (Vec<Field<'_>>, Vec<ParameterValue>) = column.into_iter().unzip();
        unify(&mut values, &places.iter().collect::<Vec<_>>(), findings);
        for (row, value) in rows.values_mut().zip(values) {
            row.push(value);
        }
    }
    let whole = findings.len() == before;
    whole.then_some(ParameterTable { columns, plain, rows, meaning: String::new(), span: field.at })
}

/// The cells of one row in the order of the columns; none with a diagnostic if they are not those of the first row.
fn row<'n>(
    entry: &Field<'n>,
    plain: bool,
    columns: &[String],
    first: &Field<'_>,
    findings: &mut Findings,
) -> Vec<Field<'n>> {
    if plain {
        return vec![entry.clone()];
    }
    let Some(cells) = entry.as_map() else {
        findings.push(entry.wrong("a map as in the first row").label(first.at, "the first row"));
        return Vec::new();
    };
    let found: Vec<Field<'n>> =
        columns.iter().filter_map(|column| cells.iter().find(|cell| cell.key == *column)).map(Field::of).collect();
    if found.len() != columns.len() || cells.len() != columns.len() {
        let message = format!("`{}` must have the keys {}, as the first row has", entry.key, columns.join(", "));
        findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(entry.at).label(first.at, "the first row"));
        return Vec::new();
    }
    found
}

/// The cells of one row of a CSV file, and where it stands.
type Record = (Span, Vec<String>);

/// A CSV table: the first row names the columns, one of which is the key.
struct Csv<'t> {
    file: FileId,
    text: &'t str,
    path: &'t str,
}

impl Csv<'_> {
    fn table(
        &self,
        key: &str,
        types: &IndexMap<String, (ValueType, Span)>,
        findings: &mut Findings,
    ) -> Option<ParameterTable> {
        let before = findings.len();
        let (header, records) = self.records(findings)?;
        let Some(key_at) = header.iter().position(|name| name == key) else {
            let found = Diagnostic::error(ids::UNKNOWN_COLUMN, format!("no column `{key}` in rules/{}", self.path));
            findings.push(found.at(self.line(0)).did_you_mean(key, header.iter().map(String::as_str)));
            return None;
        };
        for (name, (_, span)) in types {
            if !header.contains(name) || name == key {
                let found = Diagnostic::error(ids::UNKNOWN_COLUMN, format!("no value column `{name}`")).at(*span);
                findings.push(found.did_you_mean(name, header.iter().map(String::as_str).filter(|n| *n != key)));
            }
        }
        let values: Vec<usize> = (0..header.len()).filter(|i| *i != key_at).collect();
        if values.is_empty() || records.is_empty() {
            let what = if values.is_empty() { "a column beside its key" } else { "a row" };
            let message = format!("the table rules/{} needs {what}", self.path);
            findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(self.line(0)));
            return None;
        }
        let mut rows: IndexMap<String, Vec<ParameterValue>> = IndexMap::with_capacity(records.len());
        for (span, record) in &records {
            let name = &record[key_at];
            if rows.insert(name.clone(), Vec::with_capacity(values.len())).is_some() {
                findings.push(Diagnostic::error(ids::KEY_REPEATED, format!("the key `{name}` stands twice")).at(*span));
            }
        }
        for &i in &values {
            let declared = types.get(&header[i]).map(|(ty, _)| *ty);
            let ty = declared.unwrap_or_else(|| narrowest(records.iter().map(|(_, record)| record[i].as_str())));
            for (span, record) in &records {
                match ty.parse(&record[i]) {
                    Some(value) => rows.entry(record[key_at].clone()).or_default().push(value),
                    None => {
                        let message = format!("`{}` in column `{}` must be {}", record[i], header[i], ty.expected());
                        findings.push(Diagnostic::error(ids::VALUE_WRONG, message).at(*span));
                    }
                }
            }
        }
        let columns: Vec<String> = values.iter().map(|&i| header[i].clone()).collect();
        let plain = columns.len() == 1;
        let span = Span::new(self.file, 0, 0);
        (findings.len() == before).then_some(ParameterTable { columns, plain, rows, meaning: String::new(), span })
    }

    /// The header and the records with their places; every cell is there and none is empty.
    fn records(&self, findings: &mut Findings) -> Option<(Vec<String>, Vec<Record>)> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(self.text.as_bytes());
        let (mut header, mut records): (Vec<String>, _) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    findings.push(Diagnostic::error(ids::FILE_FORMAT, error.to_string()).at(self.line(0)));
                    return None;
                }
            };
            let span = self.line(record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0)));
            let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
            if header.is_empty() {
                self.check_header(&cells, span, findings);
                header = cells;
            } else if cells.len() != header.len() {
                let message = format!("{} fields where the header has {}", cells.len(), header.len());
                findings.push(Diagnostic::error(ids::ROW_WIDTH, message).at(span));
            } else if let Some(empty) = cells.iter().position(String::is_empty) {
                let message = format!("the column `{}` is empty: a parameter is never missing", header[empty]);
                findings.push(Diagnostic::error(ids::VALUE_REQUIRED, message).at(span));
            } else {
                records.push((span, cells));
            }
        }
        Some((header, records))
    }

    fn check_header(&self, header: &[String], span: Span, findings: &mut Findings) {
        for (i, name) in header.iter().enumerate() {
            if name.is_empty() {
                let message = format!("column {} has no name", i + 1);
                findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(span));
            } else if header[..i].contains(name) {
                let message = format!("the column `{name}` stands twice");
                findings.push(Diagnostic::error(ids::COLUMN_REPEATED, message).at(span));
            }
        }
    }

    /// The line that begins at or behind a byte.
    fn line(&self, at: usize) -> Span {
        let rest = self.text.get(at..).unwrap_or_default();
        let start = at + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        let rest = self.text.get(start..).unwrap_or_default();
        let end = start + rest.find(['\r', '\n']).unwrap_or(rest.len());
        Span::new(self.file, start.min(self.text.len()), end.min(self.text.len()))
    }
}

/// The narrowest type that all texts have: int, float, bool, date, else text. A number with a leading zero is a code.
fn narrowest<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> ValueType {
    let code = |text: &str| {
        let digits = text.trim_start_matches(['-', '+']);
        digits.len() > 1 && digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
    };
    let all = |ty: ValueType| texts.clone().all(|text| ty.parse(text).is_some());
    let number = texts.clone().all(|text| !code(text) && parse_float(text).is_some());
    if number && all(ValueType::Int) {
        ValueType::Int
    } else if number {
        ValueType::Float
    } else if all(ValueType::Bool) {
        ValueType::Bool
    } else if all(ValueType::Date) {
        ValueType::Date
    } else {
        ValueType::Text
    }
}
