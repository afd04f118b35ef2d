//! Databases as sources: which rows, in which order, and where the database is.
//!
//! In: the tree under `source:`, the columns of the table. Out: a [`Source`] and diagnostics. Must not know: data,
//! databases. Start at [`sqlite`] and [`postgres`]; [`check`] looks at what needs the columns.
//!
//! Where a PostgreSQL database is and how to log in stands in an environment variable, which the manifest names; a
//! password in the manifest is an error.

use super::field::{Field, Fields, Findings};
use super::model::{Column, Format, Postgres, Relation, Rows, Source};
use super::project::millis;
use super::shape::source::{POSTGRES, SQLITE};
use super::source::{self, path};
use super::source_kind::paths;

use super::{secrets, sql};
use crate::diag::{Diagnostic, ids};
use crate::source::Span;
use indexmap::IndexMap;

/// Milliseconds that reading the rows of a source may take unless said: half an hour.
const TIMEOUT: u64 = 30 * 60_000;

/// Reads a source that is a SQLite file.
pub fn sqlite(field: &Field<'_>, findings: &mut Findings) -> Option<Source> {
    if field.value.scalar_text().is_some() {
        path(field, findings)?;
        let message = "a SQLite file holds several tables";
        findings.push(field.finding(ids::MISSING_KEY, message).help("say `source: { path: …, table: … }`"));
        return None;
    }
    let fields = Fields::open(field, "a SQLite `source`", &SQLITE, findings)?;
    let found = paths(&fields, findings);
    let rows = rows(&fields, field.at, findings)?;
    let (paths, span) = found?;
    Some(Source { paths, format: Format::Sqlite(rows), ..source::none(span) })
}

/// Reads a source that is a PostgreSQL database.
pub fn postgres(field: &Field<'_>, findings: &mut Findings) -> Option<Source> {
    for entry in field.as_map().unwrap_or_default().iter().filter(|entry| secrets::is_secret(&entry.key)) {
        findings.push(credentials(&format!("`{}` is a credential", entry.key), entry.span));
    }
    let fields = Fields::open_beside(field, "a PostgreSQL `source`", &POSTGRES, &secrets::is_secret, findings)?;
    let connection = fields.need("connection", findings).and_then(|f| connection(&f, findings));
    let rows = rows(&fields, field.at, findings)?;
    let postgres = Postgres { connection: connection?, rows };
    Some(Source { format: Format::Postgres(postgres), ..source::none(field.at) })
}

fn credentials(what: &str, at: Span) -> Diagnostic {
    Diagnostic::error(ids::CREDENTIALS, format!("{what}, which no file of the project may hold")).at(at).help(
        "put the URL into an environment variable and name that: `connection: CRM_DATABASE`; a password that stood \
         in a file should be changed",
    )
}

/// The name of an environment variable.
fn connection(field: &Field<'_>, findings: &mut Findings) -> Option<String> {
    let text = field.value.scalar_text().unwrap_or_default();
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    if text.starts_with(letter) && text.chars().all(|c| letter(c) || c.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let lower = text.to_ascii_lowercase();
    let has_password = secrets::KEYS.iter().any(|key| lower.contains(&format!("{key}=")))
        || lower
            .split_once("://")
            .is_some_and(|(_, rest)| rest.split_once('@').is_some_and(|(user, _)| user.contains(':')));
    findings.push(match has_password {
        true => credentials("`connection` holds a password", field.place()),
        // The value is not repeated: nobody knows what it holds.
        false => field
            .wrong_value("`connection` must be the name of an environment variable: letters, digits and `_`")
            .help("put the URL into that variable: `postgres://user:password@host:5432/database`"),
    });
    None
}

/// The keys that all databases have.
fn rows(fields: &Fields<'_>, at: Span, findings: &mut Findings) -> Option<Rows> {
    let what = match (fields.get("table"), fields.get("query")) {
        (Some(table), Some(query)) => {
            let clash = Diagnostic::error(ids::NAME_CLASH, "`table` and `query` say two things");
            findings.push(clash.at(query.at).label(table.at, "also here"));
            None
        }
        (Some(table), None) => table.name(findings).map(Relation::Table),
        (None, Some(query)) => query.text(findings).and_then(|text| match sql::check(&text) {
            Ok(_) => Some(Relation::Query(text)),
            Err(fault) => {
                findings.push(query.wrong_value(format!("`query` {fault}")));
                None
            }
        }),
        (None, None) => {
            let message = "a database as `source` needs the key `table` or `query`";
            findings.push(Diagnostic::error(ids::MISSING_KEY, message).at(at));
            None
        }
    };
    let order = fields.get("order_by").map(|f| f.one_or_more()).unwrap_or_default();
    let order_by = order.iter().filter_map(|item| item.text(findings)).collect();
    let mut timeout = TIMEOUT;
    if let Some(field) = fields.get("timeout") {
        match field.value.scalar_text().and_then(millis).filter(|millis| i32::try_from(*millis).is_ok()) {
            Some(millis) => timeout = millis,
            None => findings.push(field.wrong("a time as 30s or 5min").help("at least 1ms, and at most 24 days")),
        }
    }
    Some(Rows { what: what?, order_by, timeout })
}

/// Looks at what needs the table's columns: by which the rows are sorted, and whether they are at all.
pub fn check(source: &Source, field: &Field<'_>, columns: &IndexMap<String, Column>, findings: &mut Findings) {
    let (Format::Sqlite(rows) | Format::Postgres(Postgres { rows, .. })) = &source.format else { return };
    let entry = |key: &str| field.as_map()?.iter().find(|entry| entry.key == key).map(Field::of);
    for item in entry("order_by").map(|f| f.one_or_more()).unwrap_or_default() {
        let name = item.value.scalar_text().unwrap_or_default();
        if !name.is_empty() && !columns.contains_key(name) {
            let found = item.finding(ids::UNKNOWN_COLUMN, format!("no column `{name}` in this table"));
            findings.push(found.did_you_mean(name, columns.keys().map(String::as_str)));
        }
    }
    let Relation::Query(query) = &rows.what else { return };
    if rows.order_by.is_empty() && !sql::check(query).is_ok_and(|checked| checked.ordered) {
        let at = entry("query").map_or(field.at, |query| query.at);
        findings.push(unordered("the query does not say in which order its rows come").at(at));
    }
}

/// The warning of rows that may come in any order.
fn unordered(message: &str) -> Diagnostic {
    Diagnostic::warning(ids::ROW_ORDER, message)
        .note("`first`, `last`, ties and sums of floats may differ from run to run")
        .help("end the query with `order by`, or say `order_by: [column, …]`, with columns that name a row")
}
