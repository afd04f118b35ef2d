//! What connections say, and what they never say.

use super::*;
use crate::error::Error;
use crate::system::{Lock, Os, OutFile};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The system with one variable set.
struct With(&'static str);

impl System for With {
    fn env(&self, name: &str) -> Option<String> {
        (name == "DB").then(|| self.0.to_owned())
    }
    fn now_micros(&self) -> i64 {
        0
    }
    fn holder(&self) -> String {
        String::new()
    }
    fn open(&self, path: &Path) -> Result<(File, u64), Error> {
        Os.open(path)
    }
    fn list(&self, path: &Path) -> Result<Vec<PathBuf>, Error> {
        Os.list(path)
    }
    fn exists(&self, _: &Path) -> bool {
        false
    }
    fn is_dir(&self, _: &Path) -> bool {
        false
    }
    fn create_dir(&self, path: &Path) -> Result<(), Error> {
        Os.create_dir(path)
    }
    fn create(&self, path: &Path) -> Result<Box<dyn OutFile>, Error> {
        Os.create(path)
    }
    fn append(&self, path: &Path, line: &str) -> Result<(), Error> {
        Os.append(path, line)
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        Os.rename(from, to)
    }
    fn sync_dir(&self, path: &Path) -> Result<(), Error> {
        Os.sync_dir(path)
    }
    fn remove_dir(&self, path: &Path) -> Result<(), Error> {
        Os.remove_dir(path)
    }
    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Lock>, Error> {
        Os.lock(path, holder)
    }
}

fn refused(url: &'static str) -> String {
    match Session::open(&With(url), "DB") {
        Ok(_) => panic!("a session"),
        Err(found) => format!("{} {} {:?} {:?}", found.id.name(), found.message, found.notes, found.help),
    }
}

#[test]
fn urls_that_cannot_be_read_are_not_repeated() {
    for url in [
        "postgres://crm:hunter2x@y@127.0.0.1:1/crm",
        "postgres://crm:hunter2x@y:1/z@127.0.0.1:1/crm",
        "postgres://crm:hunter2x@127.0.0.1:hunter2x/crm",
        "host=127.0.0.1 password=my hunter2x user=crm",
        "host=127.0.0.1 user=crm password=a hunter2x=b",
        "postgres://crm:hunter2x@hunter2x host/crm",
        "postgres://crm:hunter2x@127.0.0.1/crm?hunter2x=1",
        "password='hunter2x",
        "hunter2x",
    ] {
        let said = refused(url);
        assert!(said.starts_with("connection the environment variable `DB` holds no PostgreSQL URL"), "{url}: {said}");
        assert!(!said.contains("hunter2x"), "{said}");
    }
}

#[test]
fn encryption_is_refused_and_not_ignored() {
    for url in [
        "postgres://crm:hunter2x@127.0.0.1:1/crm?sslmode=require",
        "postgres://crm:hunter2x@127.0.0.1:1/crm?sslmode=verify-full",
        "host=127.0.0.1 password=hunter2x sslmode=verify-ca",
    ] {
        let said = refused(url);
        assert!(said.contains("asks for an encrypted connection") && said.contains("tunnel"), "{url}: {said}");
        assert!(!said.contains("hunter2x"), "{said}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named_without_the_password() {
    let said = refused("postgres://reader:hunter2x@127.0.0.1:1/crm");
    assert!(said.contains("cannot connect to 127.0.0.1:1, database `crm`, user `reader`"), "{said}");
    assert!(said.contains("onnection refused") && !said.contains("hunter2x"), "{said}");
    let unset = Session::open(&With(""), "OTHER").err().map(|found| found.message);
    assert_eq!(unset.as_deref(), Some("the environment variable `OTHER` is not set"));
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("postgres://reader:hunter2x@127.0.0.1:{port}/crm?connect_timeout=1");
    let begun = Instant::now();
    let said = refused(Box::leak(url.into_boxed_str()));
    assert!(said.contains("no answer within 1 s"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(8));
}
