//! Bytes that stay: the same in every surrounding, and old where an output cannot be written.

use crate::project::{chinese, files, list};
use std::io::Write;
use std::path::Path;
use std::process::Command;

#[test]
fn threads_locales_zones_and_places_change_no_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let surroundings: [(&str, &str, &str, &Path); 3] = [
        ("1", "C", "UTC", root),
        ("2", "tr_TR.UTF-8", "Asia/Kolkata", &root.join("datasets")),
        ("8", "zh_CN.GB18030", "America/St_Johns", Path::new("/")),
    ];
    let mut trees = Vec::new();
    for (threads, locale, zone, folder) in surroundings {
        let out = tempfile::tempdir().unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_tierwright"))
            .args(["run", "--as-of", "2018-01-01", "--threads", threads, "--project"])
            .arg(root)
            .arg("--out")
            .arg(out.path())
            .envs([("LC_ALL", locale), ("LANG", locale), ("TZ", zone)])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        trees.push(files(&list(&out.path().join("crm/runs/cycle=FY2017"))[0]));
    }
    assert!(trees[0].len() > 10);
    for (at, tree) in trees.iter().enumerate() {
        let differ: Vec<&str> = tree.iter().zip(&trees[0]).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str()).collect();
        assert!(tree.len() == trees[0].len() && differ.is_empty(), "surrounding {at}: {differ:?}");
    }
}

/// Past the harness, which would swallow the reason of a test that passes.
pub fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_an_output_that_failed() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return skipped("no /dev/full") };
    let project = chinese();
    let done = Command::new(env!("CARGO_BIN_EXE_tierwright"))
        .args(["check", "--json"])
        .current_dir(project.path("."))
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(4), "{said}");
    let lines = crate::logs::lines(&said);
    assert_eq!((lines.len(), &lines[0]["level"]), (1, &"error".into()), "{said}");
    assert!(said.contains("\"cannot write to standard output: No space left"), "{said}");
}
