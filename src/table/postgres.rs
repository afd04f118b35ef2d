//! Rows of PostgreSQL databases.
//!
//! In: the tables of a project that come from there. Out: a [`RawTable`] for each. Must not know: keys, references,
//! files. Start at [`read`].
//!
//! All tables of one connection are read in one transaction that only reads, so that they are one state of the database;
//! one after the other, because a connection does one thing at a time. Rows come as a binary stream, and few are held.
//!
//! | module | what it does |
//! |---|---|
//! | [`connect`] | from an environment variable to an open transaction; knows the password, and tells nobody |
//! | [`statement`] | what is asked of the database: columns, their types, the order of the rows |
//! | [`stream`] | the rows of the answer |
//! | [`value`] | one value |

use super::Input;
use super::batch::{Batch, Plan};
use super::database::RowSink;
use super::read::RawTable;
use super::whole::Whole;
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::{Format, Postgres, Table};
use crate::system::System;
use connect::Session;
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use statement::Statement;

pub use connect::database;

mod connect;
mod statement;
mod stream;
mod value;

/// What a table's manifest says of a PostgreSQL database, if it comes from one.
pub fn source(table: &Table) -> Option<&Postgres> {
    match &table.source.format {
        Format::Postgres(postgres) => Some(postgres),
        _ => None,
    }
}

/// Reads those of the tables that come from PostgreSQL, each with its place in `tables`.
///
/// # Errors
/// [`Error::Defect`]. What is wrong with a database is a finding of its tables.
pub fn read<'a>(
    system: &dyn System,
    tables: &[&'a Table],
    zone: &TimeZone,
) -> Result<Vec<(usize, RawTable<'a>)>, Error> {
    let mut connections: IndexMap<&str, Vec<(usize, &'a Table, &'a Postgres)>> = IndexMap::new();
    for (number, table) in tables.iter().enumerate() {
        if let Some(postgres) = source(table) {
            connections.entry(&postgres.connection).or_default().push((number, table, postgres));
        }
    }
    let mut read = Vec::new();
    for (name, tables) in connections {
        let mut session = Session::open(system, name);
        for (number, table, postgres) in tables {
            let plan = Plan::new(table, zone);
            let shown = format!("{name}/{}", postgres.rows.what.shown());
            let (input, batches, whole) = match &mut session {
                Ok(session) => one(session, postgres, &plan, &shown),
                Err(finding) => {
                    let finding = finding.clone().at(table.source.span);
                    (input(table, &shown, 0, blake3::hash(b"")), Vec::new(), Whole::failed(finding))
                }
            };
            read.push((number, RawTable::of(table, input, batches, whole)?));
        }
    }
    Ok(read)
}

fn input(table: &Table, shown: &str, bytes: u64, hash: blake3::Hash) -> Input {
    let hash = hash.to_hex().to_string();
    Input { table: table.name.clone(), path: shown.to_owned(), bytes, hash, rows: 0, state: None }
}

/// Reads one table. What goes wrong is undone in the transaction, so that the next can be read.
fn one(session: &mut Session, postgres: &Postgres, plan: &Plan, shown: &str) -> (Input, Vec<Batch>, Whole) {
    let mut batches: Vec<Batch> = Vec::new();
    let mut whole = Whole::default();
    let mut rows = |batch| batches.push(batch);
    let mut sink = RowSink::new(plan, &mut rows);
    let read = session.begin(postgres.rows.timeout).and_then(|()| {
        let statement = Statement::of(session, &postgres.rows, plan, shown, &mut whole)?;
        match statement {
            Some(statement) => stream::copy(session, &statement, plan, &mut sink),
            None => Ok(()),
        }
    });
    let (bytes, hash) = sink.finish();
    if let Err(refusal) = read {
        whole.findings.push(refused(session, &refusal, postgres, shown).at(plan.table.source.span));
    }
    session.end();
    (input(plan.table, shown, bytes, hash), batches, whole)
}

/// Why a database does not give rows.
enum Refusal {
    /// The client or the server says so.
    Postgres(postgres::Error),
    /// The stream breaks off.
    Stream(std::io::Error),
    /// What was found out here.
    Finding(Box<Diagnostic>),
}

impl From<postgres::Error> for Refusal {
    fn from(error: postgres::Error) -> Refusal {
        Refusal::Postgres(error)
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Refusal {
        Refusal::Stream(error)
    }
}

fn refused(session: &Session, refusal: &Refusal, asked: &Postgres, shown: &str) -> Diagnostic {
    let error = match refusal {
        Refusal::Finding(finding) => return (**finding).clone(),
        Refusal::Postgres(error) => Some(error),
        Refusal::Stream(error) => error.get_ref().and_then(|inner| inner.downcast_ref::<postgres::Error>()),
    };
    let target = &session.target;
    let note = match (refusal, error) {
        (_, Some(error)) => connect::said(error),
        (Refusal::Stream(error), None) => error.to_string(),
        _ => String::new(),
    };
    let code = error.and_then(postgres::Error::code).map_or("", |code| code.code());
    let (id, message, help) = match code {
        "57014" => (
            ids::QUERY,
            format!("the rows of `{shown}` took longer than {} ms on {target}", asked.rows.timeout),
            "make the query faster, or raise `timeout` in the manifest",
        ),
        "42501" => (
            ids::QUERY,
            format!("the user may not read `{shown}` on {target}"),
            "ask for `grant select` on the table and `grant usage` on its schema",
        ),
        "25006" => (ids::QUERY, format!("`{shown}` would change something on {target}"), "let the query read alone"),
        "" => (
            ids::CONNECTION,
            format!("the connection for `{shown}` to {target} broke off"),
            "see whether the server runs, and run again",
        ),
        _ => (
            ids::QUERY,
            format!("{target} does not give the rows of `{shown}`"),
            "mend `table` or `query` in the manifest",
        ),
    };
    Diagnostic::error(id, message).note(session.target.without_secrets(&note)).help(help)
}
