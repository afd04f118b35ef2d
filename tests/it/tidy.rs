//! House rules as tests: which module may import which, who may name the rule engine, print, or use `unsafe`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors of ARCHITECTURE.md: a module imports its own floor's neighbours only where [`NEIGHBOURS`] says so, and lower
/// floors freely.
const FLOORS: [&[&str]; 7] = [
    &["source", "diag", "dtype", "error", "system", "calendar", "language", "measures"],
    &["manifest"],
    &["rules"],
    &["table"],
    &["run", "migrate", "rule_test"],
    &["desk", "report", "edit"],
    &["cli"],
];

/// Imports inside a floor: (from, to).
const NEIGHBOURS: [(&str, &str); 6] = [
    ("diag", "source"),
    ("error", "diag"),
    ("system", "error"),
    ("run", "migrate"),
    ("rule_test", "run"),
    ("edit", "desk"),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.into_iter().map(|(p, t)| (p.strip_prefix(&root).unwrap().to_owned(), t)).collect()
}

/// The text without its tests, comments and documentation.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod").next().unwrap_or(text);
    body.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test_file(path: &Path) -> bool {
    path.file_stem().is_some_and(|s| s == "tests" || s.to_string_lossy().ends_with("_tests"))
        || path.components().any(|c| c.as_os_str() == "tests" || c.as_os_str() == "equality")
}

fn module(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|names| names.contains(&module))
}

/// Modules named behind `crate::` in a text.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split('}').next().unwrap_or("");
            found.extend(group.split(',').filter_map(|p| p.trim().split("::").next().map(str::to_owned)));
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
        }
    }
    found.retain(|m| floor(m).is_some());
    found
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let from = module(&path);
        if ["main", "lib"].contains(&from.as_str()) {
            continue;
        }
        let own = floor(&from).unwrap_or_else(|| panic!("`{from}` has no floor: enter it in FLOORS"));
        for to in imports(&code(&text)) {
            let target = floor(&to).unwrap();
            let neighbour = NEIGHBOURS.contains(&(from.as_str(), to.as_str()));
            if target > own || (target == own && to != from && !neighbour) {
                wrong.push(format!("{} imports {to}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not point down:\n{}", wrong.join("\n"));
}

#[test]
fn every_import_of_a_floor_is_seen() {
    assert_eq!(
        imports("use crate::{diag::Diagnostic, run::plan};\nlet x = crate::cli::main();"),
        ["diag", "run", "cli"]
    );
}

/// What only some files may say.
#[test]
fn words_stand_where_they_belong() {
    let rules: [(&str, &[&str]); 9] = [
        ("rhai::", &["rules/syntax", "rules/interp"]),
        ("println!", &["cli", "main.rs"]),
        ("print!(", &["cli", "main.rs"]),
        ("process::exit", &["cli", "main.rs"]),
        ("SystemTime", &["system.rs"]),
        ("std::env::", &["system.rs", "cli", "main.rs"]),
        ("std::fs", &["system.rs"]),
        ("unsafe ", &["table/ffi.rs", "rules/vm/simd.rs", "rules/vm/views.rs"]),
        ("dbg!", &[]),
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if is_test_file(&path) {
            continue;
        }
        let name = path.to_string_lossy().replace('\\', "/");
        let text = code(&text);
        for (word, places) in rules {
            if text.contains(word) && !places.iter().any(|p| name.starts_with(p)) {
                wrong.push(format!("{name}: `{word}`"));
            }
        }
        for word in [".unwrap()", ".expect(", "todo!(", "unimplemented!("] {
            if text.contains(word) {
                wrong.push(format!("{name}: `{word}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "words out of their place:\n{}", wrong.join("\n"));
}

#[test]
fn files_have_heads_and_bounds() {
    let mut wrong = Vec::new();
    let mut lengths = BTreeMap::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        lengths.insert(path.display().to_string(), lines);
        if lines > 800 {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
        if !is_test_file(&path) && !text.starts_with("//!") {
            wrong.push(format!("{}: no module head", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut sorted: Vec<usize> = lengths.into_values().collect();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];
    assert!((60..=300).contains(&median), "median file of {median} lines");
}
