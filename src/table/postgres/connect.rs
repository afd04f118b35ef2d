//! From an environment variable to an open transaction.
//!
//! In: the name of the variable. Out: a [`Session`], or a finding that names host, port, database and user. Must not
//! know: tables. Start at [`Session::open`].
//!
//! The variable's value, and with it the password, stays in this file: no message repeats it, and what a server or the
//! client says is looked through for it. What cannot be read as a URL is not repeated in part either, because a part may
//! be the password's.

use crate::diag::{Diagnostic, ids};
use crate::system::System;
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use std::error::Error as _;
use std::fmt;
use std::sync::mpsc;
use std::time::Duration;

/// How long a server may take to answer, unless the URL says otherwise.
const ANSWER: Duration = Duration::from_secs(10);

/// An open transaction that only reads.
pub struct Session {
    /// The connection.
    pub client: Client,
    /// Where it leads.
    pub target: Target,
}

/// Where a connection leads, as messages name it.
pub struct Target {
    shown: String,
    secret: Option<String>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Target {
    fn of(config: &Config) -> Target {
        let ports = config.get_ports();
        let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let host = |(at, host): (usize, &Host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(at)),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{}", path.display(), port(at)),
        };
        let mut hosts: Vec<String> = config.get_hosts().iter().enumerate().map(host).collect();
        if hosts.is_empty() {
            hosts = config.get_hostaddrs().iter().enumerate().map(|(at, ip)| format!("{ip}:{}", port(at))).collect();
        }
        let user = config.get_user().unwrap_or("the system's user");
        let database = config.get_dbname().unwrap_or(user);
        let shown = format!("{}, database `{database}`, user `{user}`", hosts.join(" or "));
        let secret = config.get_password().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Target { shown, secret: secret.filter(|secret| !secret.is_empty()) }
    }

    /// A text from elsewhere, with `***` where it holds the password.
    pub fn without_secrets(&self, text: &str) -> String {
        match &self.secret {
            Some(secret) => text.replace(secret.as_str(), "***"),
            None => text.to_owned(),
        }
    }
}

impl Session {
    /// Connects as the environment variable says, and opens the transaction.
    ///
    /// # Errors
    /// `connection`.
    pub fn open(system: &dyn System, variable: &str) -> Result<Session, Diagnostic> {
        let (config, target) = config(system, variable)?;
        let answer = config.get_connect_timeout().copied().unwrap_or(ANSWER);
        let tried = u32::try_from(config.get_hosts().len().max(1)).unwrap_or(1);
        let refused = |note: String| {
            let note = target.without_secrets(&note);
            Diagnostic::error(ids::CONNECTION, format!("cannot connect to {target}"))
                .note(note)
                .help(format!("see whether the server runs, and what the environment variable `{variable}` says"))
        };
        // The client bounds how long a connection takes to open, not how long a server is silent behind that.
        let (send, receive) = mpsc::channel();
        let connect = move || {
            let _ = send.send(config.connect(NoTls));
        };
        let thread = std::thread::Builder::new().name("connect".to_owned()).spawn(connect);
        if let Err(error) = thread {
            return Err(refused(error.to_string()));
        }
        let mut client = match receive.recv_timeout(answer.saturating_mul(tried).saturating_add(Duration::from_secs(1)))
        {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(refused(said(&error))),
            Err(_) => return Err(refused(format!("no answer within {} s", answer.as_secs()))),
        };
        let begun = client.batch_execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
             SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL intervalstyle = 'postgres'; \
             SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'",
        );
        match begun {
            Ok(()) => Ok(Session { client, target }),
            Err(error) => Err(refused(said(&error))),
        }
    }

    /// Begins the work on one table, which may take this many milliseconds.
    ///
    /// # Errors
    /// What the server says.
    pub fn begin(&mut self, timeout: u64) -> Result<(), super::Refusal> {
        Ok(self.client.batch_execute(&format!("SAVEPOINT one_table; SET LOCAL statement_timeout = {timeout}"))?)
    }

    /// Undoes what the work on one table has left, a failure too. If that fails, so does what comes next, which says so.
    pub fn end(&mut self) {
        let _ = self.client.batch_execute("ROLLBACK TO SAVEPOINT one_table");
    }
}

/// Host with port, and database, that an environment variable leads to; none if it cannot be read.
pub fn database(system: &dyn System, variable: &str) -> Option<(String, String)> {
    let (config, _) = config(system, variable).ok()?;
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let host = match (config.get_hosts().first(), config.get_hostaddrs().first()) {
        (Some(Host::Tcp(name)), _) => name.clone(),
        (None, Some(address)) => address.to_string(),
        _ => "localhost".to_owned(),
    };
    let database = config.get_dbname().or(config.get_user())?;
    Some((format!("{host}:{port}"), database.to_owned()))
}

/// What the variable says.
fn config(system: &dyn System, variable: &str) -> Result<(Config, Target), Diagnostic> {
    let form = "set it to `postgres://user:password@host:5432/database`, with `%40` for an `@` in the password and the \
                like, or to `host=… port=… user=… password=… dbname=…`";
    let Some(text) = system.env(variable) else {
        let message = format!("the environment variable `{variable}` is not set");
        return Err(Diagnostic::error(ids::CONNECTION, message).help(form));
    };
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let encrypted = || {
        let message = format!("`{variable}` asks for an encrypted connection (`sslmode`), and there is none here");
        Diagnostic::error(ids::CONNECTION, message)
            .note("connections are not encrypted: they are for this machine, a tunnel, or a network that you trust")
            .help("open a tunnel, as `ssh -L 5433:localhost:5432 host`, and connect to its end without `sslmode`")
    };
    let unread = || {
        let message = format!("the environment variable `{variable}` holds no PostgreSQL URL that can be read");
        Diagnostic::error(ids::CONNECTION, message).help(form)
    };
    let config = match text.parse::<Config>() {
        Ok(config) => config,
        Err(_) if lower.contains("sslmode=verify-") => return Err(encrypted()),
        Err(_) => return Err(unread()),
    };
    if config.get_ssl_mode() == SslMode::Require {
        return Err(encrypted());
    }
    let is_host = |host: &Host| match host {
        Host::Tcp(name) => name.chars().all(|c| c.is_alphanumeric() || ".-_:%".contains(c)),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    // An `@` that is not written as `%40` moves the end of the password into host or database.
    let misread = text.contains("://") && text.matches('@').count() > 1;
    if misread || !config.get_hosts().iter().all(is_host) {
        return Err(unread());
    }
    let mut config = config;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(ANSWER);
    }
    config.application_name("tierwright");
    let target = Target::of(&config);
    Ok((config, target))
}

/// What a client or a server says, with its cause.
pub fn said(error: &postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        let more = |label: &str, text: Option<&str>| text.map_or_else(String::new, |text| format!("; {label}{text}"));
        return format!("{}{}{}", said.message(), more("", said.detail()), more("hint: ", said.hint()));
    }
    let text = error.to_string();
    match error.source().map(ToString::to_string) {
        Some(source) if !text.contains(&source) => format!("{text}: {source}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
