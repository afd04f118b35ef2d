//! The tutorial, done as it says: its files are written, its changes made, its commands given, in order.
//!
//! `<!-- file: PATH -->` before a fenced block makes it a file of the project, `<!-- change: PATH -->` before a `diff` block changes
//! one. `console` blocks are commands and their output, exact but for times and ids of runs; a line `…` stands for any lines.
//! With `TIERWRIGHT_UPDATE=1` the output in the document is written anew.

use crate::shown::Console;
use std::fs;
use std::path::Path;

/// A part of the document: text as it stands, or a block within its fences.
enum Part {
    Text(String),
    File { path: String, text: String },
    Change { path: String, text: String },
    Console(String),
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// The document in parts; joined again as [`written`] they are what it was.
fn parts(document: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut meant: Option<(String, String)> = None;
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        text += &format!("{line}\n");
        let note = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        if let Some((word, path)) = note.and_then(|note| note.split_once(": ")) {
            meant = Some((word.to_owned(), path.to_owned()));
        }
        let Some(kind) = line.strip_prefix("```") else { continue };
        let body: String = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let block = match (meant.take(), kind) {
            (Some((word, path)), _) if word == "file" => Part::File { path, text: body },
            (Some((word, path)), "diff") if word == "change" => Part::Change { path, text: body },
            (None, "console") => Part::Console(body),
            (None, "text") => Part::Text(body),
            (meant, kind) => panic!("a block that no test does: {kind} {meant:?}\n{body}"),
        };
        parts.extend([Part::Text(std::mem::take(&mut text)), block]);
        text = "```\n".to_owned();
    }
    parts.push(Part::Text(text));
    parts
}

fn written(parts: &[Part]) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) | Part::File { text, .. } | Part::Change { text, .. } | Part::Console(text) => text.clone(),
    };
    parts.iter().map(text).collect()
}

/// A file with a change: lines with `-` and ` ` are what stands there, once; with `+` and ` ` what is to stand there.
fn changed(path: &str, file: &str, change: &str) -> String {
    let side = |other: char| -> String {
        let lines = change.lines().filter(|line| !line.starts_with(other));
        lines.map(|line| format!("{}\n", line.get(1..).unwrap_or(""))).collect()
    };
    let (before, after) = (side('+'), side('-'));
    let found = file.match_indices(&before).filter(|(at, _)| *at == 0 || file[..*at].ends_with('\n')).count();
    assert_eq!(found, 1, "{path} has {found} times\n{before}\nin\n{file}");
    file.replacen(&before, &after, 1)
}

#[test]
fn the_tutorial_is_true() {
    let document = fs::read_to_string(folder().join("tutorial.md")).unwrap();
    let at = tempfile::tempdir().unwrap();
    for name in ["customers.csv", "orders.csv"] {
        fs::copy(folder().join("tutorial").join(name), at.path().join(name)).unwrap();
    }
    let mut console = Console::new(at.path().to_owned());
    let mut parts = parts(&document);
    assert_eq!(written(&parts), document);
    for part in &mut parts {
        match part {
            Part::Text(_) => {}
            Part::File { path, text } => {
                let path = console.folder().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Part::Change { path, text } => {
                let file = console.folder().join(&*path);
                let before = fs::read_to_string(&file).unwrap();
                fs::write(file, changed(path, &before, text)).unwrap();
            }
            Part::Console(text) => *text = console.give(text),
        }
    }
    if std::env::var_os("TIERWRIGHT_UPDATE").is_some() {
        fs::write(folder().join("tutorial.md"), written(&parts)).unwrap();
    } else {
        assert!(console.wrong.is_empty(), "{}", console.wrong.join("\n"));
    }
}

#[test]
fn changes_are_made_where_their_lines_stand() {
    assert_eq!(changed("f", "a\nb\nc\n", " a\n-b\n+B\n+b2\n c\n"), "a\nB\nb2\nc\n");
    assert_eq!(changed("f", "x: 1\ny:\n  x: 1\n", "-y:\n+z:\n"), "x: 1\nz:\n  x: 1\n");
}
