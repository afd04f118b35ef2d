//! Rows of SQLite files.
//!
//! In: a file, the rows that a manifest asks for. Out: batches in their order, [`Whole`], and a hash of the rows; a row's
//! line is its number among them, from 1. Must not know: other files of the table, keys. Start at [`read`];
//! [`value`] reads one value.
//!
//! The file is opened for reading alone, and all is read in one transaction. Nothing is created beside it: a file in
//! write-ahead mode that nobody has open is read as one that does not change, or together with a log that was left
//! without its `-shm`; that neither did change is looked at behind. A table comes by rowid, one without rowid by its primary key.

use super::batch::{Batch, Plan};
use super::database::{RowSink, clause, order_by, quoted, unordered};
use super::field::FieldRow;
use super::layout::{fields, undeclared};
use super::whole::Whole;
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::{Column, Relation, Rows};
use crate::manifest::sql;
use crate::system::{FileState, System};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

mod value;

/// How long another program's lock is waited for.
/// Bytes of a value at most, as of a row of text.
const LONGEST: i32 = 256 << 20;
const BUSY: Duration = Duration::from_secs(10);

/// Reads the rows of one file; `rows` gets them in batches. `shown` is the file's path for messages.
///
/// # Errors
/// [`Error::Io`] where the file cannot be opened.
pub fn read(
    system: &dyn System,
    path: &Path,
    asked: &Rows,
    plan: &Plan,
    shown: &str,
    rows: &mut dyn FnMut(Batch),
) -> Result<(Whole, u64, blake3::Hash), Error> {
    let mut sink = RowSink::new(plan, rows);
    let mut whole = Whole::default();
    let before = Stamp::of(system, path)?;
    if !before.is_sqlite {
        let finding = Diagnostic::error(ids::FILE_FORMAT, format!("`{shown}` is no SQLite file")).located(shown);
        whole.findings.push(finding.help("see what `path` names"));
    } else {
        let log = log(system, path);
        let opening = match log {
            _ if !before.write_ahead => Opening::Shared,
            None => Opening::Unchanging,
            Some(_) if system.exists(&beside(&system.real_path(path)?, "-shm")) => Opening::Shared,
            Some(_) => Opening::WithLog,
        };
        let file = File { path: system.real_path(path)?, opening, shown };
        if let Err(finding) = file.rows(asked, plan, &mut whole, &mut sink) {
            whole.findings.push(finding);
        }
        let is_same = || Ok::<_, Error>(Stamp::of(system, path)? == before && self::log(system, path) == log);
        if opening != Opening::Shared && !is_same()? {
            let finding = Diagnostic::error(ids::FILE_FORMAT, format!("`{shown}` changed while it was read"));
            whole.findings.push(finding.located(shown).help("run again when nobody writes to it"));
        }
    }
    let (bytes, hash) = sink.finish();
    Ok((whole, bytes, hash))
}

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// With the locks by which other programs know of it.
    Shared,
    /// As a file that does not change.
    Unchanging,
    /// Without locks, with its log, whose index is kept in memory: there is none on disk that others would use.
    WithLog,
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Size and time of the last change of the file beside it that holds changes which are not in it yet, if there are any.
/// Its other time changes when the library opens it as root: it sees to it that both files have one owner.
fn log(system: &dyn System, path: &Path) -> Option<FileState> {
    // Of a linked file the log stands where the link leads.
    let path = system.real_path(path).ok()?;
    let (file, size) = system.open(&beside(&path, "-wal")).ok()?;
    FileState::of(&file).ok().filter(|_| size > 0).map(FileState::of_content)
}

/// What a file is known by.
#[derive(PartialEq)]
struct Stamp {
    state: FileState,
    is_sqlite: bool,
    write_ahead: bool,
}

impl Stamp {
    fn of(system: &dyn System, path: &Path) -> Result<Stamp, Error> {
        let (mut file, _) = system.open(path)?;
        let state = FileState::of(&file).map_err(Error::io("read", path))?;
        let mut head = Vec::new();
        file.by_ref().take(20).read_to_end(&mut head).map_err(Error::io("read", path))?;
        let is_sqlite = head.starts_with(b"SQLite format 3\0");
        Ok(Stamp { state, is_sqlite, write_ahead: head.get(18) == Some(&2) })
    }
}

struct File<'s> {
    path: PathBuf,
    opening: Opening,
    shown: &'s str,
}

/// A statement to run, and where in its rows the declared columns stand.
struct Statement {
    text: String,
    places: Vec<usize>,
}

impl File<'_> {
    fn rows(&self, asked: &Rows, plan: &Plan, whole: &mut Whole, sink: &mut RowSink) -> Result<(), Diagnostic> {
        let fail = |error: rusqlite::Error| self.refused(&error, asked);
        let connection = self.open().map_err(fail)?;
        let Some(statement) = self.statement(&connection, asked, plan, whole)? else { return Ok(()) };
        let handle = connection.get_interrupt_handle();
        let (done, waiting) = mpsc::channel::<()>();
        let limit = Duration::from_millis(asked.timeout);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if waiting.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                    handle.interrupt();
                }
            });
            let read = copy(&connection, &statement, plan, sink).map_err(fail);
            drop(done);
            read
        })
    }

    fn open(&self) -> Result<Connection, rusqlite::Error> {
        let mut name = String::from("file:");
        for byte in self.path.to_string_lossy().bytes() {
            match byte {
                b'?' | b'#' | b'%' | 0..=0x20 | 0x7f.. => name.push_str(&format!("%{byte:02x}")),
                _ => name.push(char::from(byte)),
            }
        }
        name.push_str(match self.opening {
            Opening::Shared => "?mode=ro",
            Opening::Unchanging => "?mode=ro&immutable=1",
            Opening::WithLog if cfg!(windows) => "?mode=ro&vfs=win32-none",
            Opening::WithLog => "?mode=ro&vfs=unix-none",
        });
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(name, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
        if self.opening == Opening::WithLog {
            // Whoever has a file for himself keeps the log's index in memory; and leaves the log as it is.
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        // A file from elsewhere must not make functions run that do more than compute, and a misspelt name in quotes is
        // no text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.execute_batch("BEGIN")?;
        Ok(connection)
    }

    /// `None` if the columns are not those declared; `whole` says why.
    fn statement(
        &self,
        connection: &Connection,
        asked: &Rows,
        plan: &Plan,
        whole: &mut Whole,
    ) -> Result<Option<Statement>, Diagnostic> {
        let fail = |error: rusqlite::Error| self.refused(&error, asked);
        let mut order = order_by(asked, plan.table, "");
        let relation = match &asked.what {
            Relation::Table(name) => {
                if order.is_empty() {
                    order = self.own_order(connection, name, plan, whole).map_err(fail)?;
                }
                quoted(name)
            }
            Relation::Query(query) => {
                let text = sql::check(query).map_or_else(|_| query.clone(), |checked| checked.text);
                format!("(\n{text}\n)")
            }
        };
        let all = format!("SELECT * FROM {relation}");
        let prepared = connection.prepare(&all).map_err(|error| match self.stranger(connection, asked) {
            Some(finding) => finding,
            None => fail(error),
        })?;
        let names: Vec<&str> = prepared.column_names().collect();
        let place = format!("{} ({})", self.shown, asked.what.shown());
        let (places, findings) = fields(&names, plan.table, &place, self.shown);
        whole.undeclared = undeclared(&names, plan.table);
        whole.findings.extend(findings);
        let Some(places) = places else { return Ok(None) };
        if let (Relation::Query(query), true) = (&asked.what, order.is_empty()) {
            let text = sql::check(query).map_or_else(|_| query.clone(), |checked| checked.text);
            return Ok(Some(Statement { text, places }));
        }
        let columns: Vec<String> = places.iter().filter_map(|place| names.get(*place)).map(|n| quoted(n)).collect();
        let text = format!("SELECT {} FROM {relation}{order}", columns.join(", "));
        Ok(Some(Statement { text, places: (0..columns.len()).collect() }))
    }

    /// The order of a table whose manifest names none.
    fn own_order(
        &self,
        connection: &Connection,
        name: &str,
        plan: &Plan,
        whole: &mut Whole,
    ) -> Result<String, rusqlite::Error> {
        let mut kind =
            connection.prepare("SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1")?;
        let found = kind.query_map([name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?;
        let Some((kind, without_rowid)) = found.into_iter().next().transpose()? else { return Ok(String::new()) };
        if kind != "table" {
            let what = if kind == "view" { "a view" } else { "a virtual table" };
            whole.warnings.push(unordered(&format!("{} ({name})", self.shown), what, plan.table));
            return Ok(String::new());
        }
        let mut columns = connection.prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY pk, cid")?;
        let columns = columns.query_map([name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let is_column = |word: &&str| columns.iter().any(|(name, _)| name.eq_ignore_ascii_case(word));
        let rowid = ["rowid", "_rowid_", "oid"].into_iter().find(|word| !is_column(word));
        Ok(match rowid.filter(|_| !without_rowid) {
            Some(rowid) => clause(&[rowid.to_owned()]),
            None => clause(&columns.iter().filter(|(_, pk)| *pk > 0).map(|(name, _)| quoted(name)).collect::<Vec<_>>()),
        })
    }

    /// The finding of a table that is not there.
    fn stranger(&self, connection: &Connection, asked: &Rows) -> Option<Diagnostic> {
        let Relation::Table(wanted) = &asked.what else { return None };
        let mut names = connection
            .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
            .ok()?;
        let names = names.query_map([], |row| row.get::<_, String>(0)).ok()?;
        let names: Vec<String> = names.filter_map(Result::ok).collect();
        if names.contains(wanted) {
            return None;
        }
        let found =
            Diagnostic::error(ids::QUERY, format!("no table `{wanted}` in `{}`", self.shown)).located(self.shown);
        let found = found.did_you_mean(wanted, names.iter().map(String::as_str));
        Some(match found.help.is_empty() {
            true => found.help(format!("its tables are {}", names.join(", "))),
            false => found,
        })
    }

    fn refused(&self, error: &rusqlite::Error, asked: &Rows) -> Diagnostic {
        let (id, message, help) = match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => {
                let message = format!("`{}` took longer than {} ms", self.shown, asked.timeout);
                (ids::QUERY, message, "make the query faster, or raise `timeout` in the manifest")
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                let message = format!("`{}` is not a whole SQLite file", self.shown);
                (ids::FILE_FORMAT, message, "copy it again, from a program that has it open with `VACUUM INTO`")
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
                let message =
                    format!("`{}` is in use by another program, or was left by one that broke off", self.shown);
                (ids::CONNECTION, message, "close the program that has it open; open and close it once in SQLite")
            }
            _ => {
                let message = format!("`{}` does not give the rows of `{}`", self.shown, asked.what.shown());
                (ids::QUERY, message, "mend `table` or `query` in the manifest")
            }
        };
        Diagnostic::error(id, message).located(self.shown).note(error.to_string()).help(help)
    }
}

/// Reads all rows of a statement.
fn copy(
    connection: &Connection,
    statement: &Statement,
    plan: &Plan,
    sink: &mut RowSink,
) -> Result<(), rusqlite::Error> {
    let columns: Vec<&Column> = plan.table.columns.values().collect();
    let mut prepared = connection.prepare(&statement.text)?;
    let mut rows = prepared.query([])?;
    let (mut fields, mut raw) = (FieldRow::default(), Vec::new());
    while let Some(row) = rows.next()? {
        fields.clear();
        raw.clear();
        for (column, place) in columns.iter().zip(&statement.places) {
            let found = row.get_ref(*place)?;
            value::hashed(found, &mut raw);
            value::field(found, column, &mut fields);
        }
        sink.row(&fields, &raw);
    }
    Ok(())
}
