//! Branches of rules with the customers and the cases that take them, for a terminal and as JSON.
//!
//! In: a [`Coverage`]. Out: text, JSON. Must not know: how branches are counted.

use super::output::printable;
use super::table::{columns, count, counted, fit, grid, number, percent};
use crate::rule_test::coverage::{Coverage, Covered, words};
use crate::rule_test::{Cases, Ready};
use crate::source::SourceMap;
use serde_json::{Value, json};

/// What may be wrong with a branch, and what that means.
const FAULTS: [(&str, &str); 4] = [
    ("shadowed", "a branch before it takes all customers who would take it"),
    ("not reached", "no customer comes to where it is asked"),
    ("dead", "it is asked, and no customer takes it"),
    ("untested", "customers take it, and no case does"),
];

/// Columns that the words of a branch take at most.
const WORDS: usize = 46;

/// A table for each rule file, then the branches that something is to be said of.
pub fn text(coverage: &Coverage, by: Option<&str>, cases: &Cases, sources: &SourceMap) -> String {
    let of_run = match &coverage.run {
        Some(run) => format!("of run {} ({})", printable(run), coverage.cycle),
        None => format!("of the data ({}; there is no run yet)", coverage.cycle),
    };
    let amount = match (by, coverage.amount) {
        (Some(by), Some(amount)) => format!(", {} {}", printable(by), number(amount)),
        _ => String::new(),
    };
    let mut text = format!(
        "\nbranches of the rules: {} {of_run}{amount}, {}\n",
        counted(coverage.customers as u64, "customer"),
        counted(cases.ready.len() as u64, "case")
    );
    for (path, branches) in by_file(coverage, sources) {
        let mut head = vec![path, "customers".to_owned(), "share".to_owned()];
        head.extend(by.map(printable));
        head.extend(["cases".to_owned(), String::new()]);
        let rows: Vec<Vec<String>> = branches.iter().map(|covered| row(covered, coverage, by, sources)).collect();
        text += &format!("\n{}", grid(&head, &rows));
    }
    text += &faults(coverage, sources);
    text
}

fn by_file<'c>(coverage: &'c Coverage, sources: &SourceMap) -> Vec<(String, Vec<&'c Covered>)> {
    let mut files: Vec<(String, Vec<&Covered>)> = Vec::new();
    for covered in &coverage.branches {
        let path = printable(&sources.file(covered.branch.place.file).path);
        match files.iter_mut().find(|(own, _)| *own == path) {
            Some((_, branches)) => branches.push(covered),
            None => files.push((path, vec![covered])),
        }
    }
    files
}

fn row(covered: &Covered, coverage: &Coverage, by: Option<&str>, sources: &SourceMap) -> Vec<String> {
    let file = sources.file(covered.branch.place.file);
    let (line, column) = file.line_column(covered.branch.place.start as usize);
    let what = said(covered, sources);
    let share = if coverage.customers == 0 { 0.0 } else { covered.customers as f64 / coverage.customers as f64 };
    let mut row = vec![fit(&format!("{line}:{column}  {what}"), WORDS), count(covered.customers), percent(share)];
    row.extend(by.map(|_| covered.amount.map_or_else(String::new, number)));
    row.extend([count(covered.cases.len() as u64), covered.fault().unwrap_or("").to_owned()]);
    row
}

/// What a branch is, in one line.
fn said(covered: &Covered, sources: &SourceMap) -> String {
    let words = words(&covered.branch, sources);
    printable(&words.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn faults(coverage: &Coverage, sources: &SourceMap) -> String {
    let mut text = String::new();
    let mut counts = Vec::new();
    for (fault, meaning) in FAULTS {
        let mut found: Vec<&Covered> = coverage.branches.iter().filter(|b| b.fault() == Some(fault)).collect();
        // Where most customers go by is where the next case belongs.
        found.sort_by_key(|covered| std::cmp::Reverse(covered.customers + covered.shadowed));
        if found.is_empty() {
            continue;
        }
        counts.push(format!("{} {fault}", count(found.len() as u64)));
        text += &format!("\n{fault}: {meaning}\n");
        let line = |covered: &&Covered| {
            let place = printable(&sources.place(covered.branch.place));
            let what = fit(&said(covered, sources), WORDS + 14);
            let who = match (covered.customers + covered.shadowed, covered.cases.len()) {
                (0, 0) => "no case".to_owned(),
                (0, cases) => counted(cases as u64, "case"),
                (customers, _) => counted(customers, "customer"),
            };
            vec![place, what, who]
        };
        text += &columns(&found.iter().map(line).collect::<Vec<_>>());
    }
    let sound = coverage.branches.iter().filter(|b| b.fault().is_none()).count();
    counts.insert(0, format!("{} taken and tested", count(sound as u64)));
    format!("{text}\n{} branches: {}\n", count(coverage.branches.len() as u64), counts.join(", "))
}

/// The same as JSON, with the names of the cases.
pub fn json(coverage: &Coverage, by: Option<&str>, ready: &[Ready], sources: &SourceMap) -> Value {
    let branch = |covered: &Covered| {
        let file = sources.file(covered.branch.place.file);
        let (line, column) = file.line_column(covered.branch.place.start as usize);
        json!({
            "file": file.path,
            "line": line,
            "column": column,
            "branch": said(covered, sources),
            "customers": covered.customers,
            "amount": covered.amount,
            "cases": covered.cases.iter().filter_map(|at| ready.get(*at)).map(|r| &r.case.name).collect::<Vec<_>>(),
            "shadowed": covered.shadowed,
            "fault": covered.fault(),
        })
    };
    json!({
        "run": coverage.run,
        "cycle": coverage.cycle,
        "customers": coverage.customers,
        "by": by,
        "amount": coverage.amount,
        "branches": coverage.branches.iter().map(branch).collect::<Vec<_>>(),
    })
}
