//! The quality report for a terminal.
//!
//! In: the figures of a run. Out: text of at most [`width`] columns, Chinese characters two wide. Must not know: where it
//! goes, how figures are computed. Start at [`report`].

use super::output::printable;
use super::table::{WIDTH, count, fit, lines, number, percent, plain, width};
use crate::table::drift::SOME;
use crate::table::report::Line;
use unicode_width::UnicodeWidthStr;

/// Lines of one kind that the short report shows of a table.
const SHOWN: usize = 5;

/// One block for each table: what became of its rows, and of its columns what is worth a look; with `full` every column.
pub fn report(figures: &[Line], full: bool) -> String {
    let mut names: Vec<&str> = Vec::new();
    for line in figures.iter().filter(|line| line.measure == "rows_read") {
        names.push(&line.table);
    }
    let of = |name: &str| -> Vec<&Line> { figures.iter().filter(|line| line.table == name).collect() };
    let mut text = totals(&names.iter().map(|name| (*name, of(name))).collect::<Vec<_>>());
    for name in &names {
        let own = of(name);
        let mut block = notable(&own, full);
        if full {
            block += &columns(&own);
        }
        if !block.is_empty() {
            text += &format!("\n{}\n{block}", fit(&printable(name), width()));
        }
    }
    let changed = figures.iter().filter(|l| l.column.is_none() && l.measure.starts_with("drift_"));
    let changed: Vec<String> = changed.map(|l| format!("{} {}", word(&l.measure), printable(&l.table))).collect();
    if !changed.is_empty() {
        text += &format!("\n{}\n", fit(&format!("tables: {}", changed.join(", ")), width()));
    }
    text
}

fn totals(tables: &[(&str, Vec<&Line>)]) -> String {
    let mut rows = plain(&["table", "read", "kept", "quarantined", "removed", "corrected", "orphans", "completeness"]);
    for (name, figures) in tables {
        let sum = |measures: &[&str]| -> u64 {
            figures.iter().filter(|l| measures.contains(&l.measure.as_str())).filter_map(|l| l.count).sum()
        };
        let dash = |n: u64| if n == 0 { "-".to_owned() } else { count(n) };
        let share = figures.iter().find(|l| l.measure == "completeness").and_then(|l| l.value);
        rows.add_row([
            fit(&printable(name), 24),
            count(sum(&["rows_read"])),
            count(sum(&["rows_kept"])),
            dash(sum(&["rows_quarantined"])),
            dash(sum(&["rows_removed"])),
            dash(sum(&["corrected", "mended", "missing_token"])),
            dash(sum(&["orphans"])),
            share.map_or_else(|| "-".to_owned(), percent),
        ]);
    }
    lines(&rows)
}

/// What the kinds of figures are called, and which measures they are; the largest first.
const KINDS: [(&str, &[&str]); 11] = [
    ("quarantined", &["quarantined"]),
    ("removed", &["removed"]),
    ("breaks", &["broken"]),
    ("missing", &["missing"]),
    ("lacking", &["completeness_lacking"]),
    ("corrected", &["corrected", "mended"]),
    ("marked missing", &["missing_token"]),
    ("not computed", &["not_computed", "not_finite"]),
    ("orphans", &["orphans", "reference_missing"]),
    ("undeclared", &["undeclared"]),
    ("absent", &["absent"]),
];

fn notable(figures: &[&Line], full: bool) -> String {
    let kept = figures.iter().find(|l| l.measure == "rows_kept").and_then(|l| l.count).unwrap_or(0);
    let mut text = String::new();
    for (kind, measures) in KINDS {
        let of_kind = figures.iter().filter(|l| measures.contains(&l.measure.as_str()));
        let mut found: Vec<(u64, &Line)> = of_kind.filter_map(|l| Some((l.count.filter(|n| *n > 0)?, *l))).collect();
        // A stable sort: what is equal stays in the order of the file.
        found.sort_by_key(|(rows, _)| std::cmp::Reverse(*rows));
        let most = if full { found.len() } else { SHOWN };
        for (rows, line) in found.iter().take(most) {
            let share = (kind == "missing" && kept > 0).then(|| percent(*rows as f64 / kept as f64));
            text += &row(kind, line, share.as_deref(), &count(*rows));
        }
        if found.len() > most {
            text += &format!("  and {} more {kind}\n", found.len() - most);
        }
    }
    text.push_str(&moved(figures, full));
    text
}

/// What moved since the run before.
fn moved(figures: &[&Line], full: bool) -> String {
    let mut found: Vec<(f64, &Line)> = Vec::new();
    for line in figures.iter().filter(|l| l.column.is_some()) {
        match (line.measure.as_str(), line.value) {
            ("psi", Some(index)) if full || index > SOME => found.push((index, line)),
            ("drift_missing", Some(points)) => found.push((points.abs(), line)),
            ("drift_new" | "drift_gone" | "drift_retyped", _) => found.push((f64::MAX, line)),
            _ => {}
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = if full { found.len() } else { 2 * SHOWN };
    let mut text = String::new();
    for (_, line) in found.iter().take(most) {
        let figure = match (line.measure.as_str(), line.value) {
            ("drift_missing", Some(points)) => format!("{:+.1} points", 100.0 * points),
            (_, Some(index)) => format!("{index:.3}"),
            (_, None) => String::new(),
        };
        text += &row("moved", line, Some(word(&line.measure)), &figure);
    }
    if found.len() > most {
        text += &format!("  and {} more moved\n", found.len() - most);
    }
    text
}

fn word(measure: &str) -> &str {
    match measure {
        "psi" => "population stability index",
        "drift_missing" => "share of missing values",
        "drift_new" => "new",
        "drift_gone" => "gone",
        "drift_retyped" => "of another type",
        other => other,
    }
}

/// Kind, column, detail and figure.
fn row(kind: &str, line: &Line, note: Option<&str>, figure: &str) -> String {
    let column = printable(line.column.as_deref().unwrap_or("-"));
    let detail = match (note, &line.detail) {
        (Some(note), Some(detail)) => format!("{note}: {}", printable(detail)),
        (Some(note), None) => note.to_owned(),
        (None, Some(detail)) => printable(detail),
        (None, None) => String::new(),
    };
    let room = (43 + width()).saturating_sub(WIDTH).max(12);
    let text = format!("  {} {} {} {figure:>14}", fill(kind, 14), fill(&column, 22), fill(&detail, room));
    format!("{}\n", text.trim_end())
}

/// Every column: type, missing, unlike values, ends and mean.
fn columns(figures: &[&Line]) -> String {
    let mut rows = plain(&["column", "type", "missing", "distinct", "min", "max", "mean"]);
    for line in figures.iter().filter(|l| l.measure == "type") {
        let of = |measure: &str| figures.iter().find(|l| l.column == line.column && l.measure == measure);
        let counted = |measure: &str| of(measure).and_then(|l| l.count).map_or_else(|| "-".to_owned(), count);
        let shown = |measure: &str| of(measure).and_then(|l| l.detail.as_deref()).unwrap_or("-").replace('\n', " ");
        rows.add_row([
            fit(&printable(line.column.as_deref().unwrap_or_default()), 20),
            fit(line.detail.as_deref().unwrap_or_default(), 13),
            counted("missing"),
            counted("distinct"),
            fit(&printable(&shown("min")), 12),
            fit(&printable(&shown("max")), 12),
            of("mean").and_then(|l| l.value).map_or_else(|| "-".to_owned(), |mean| fit(&number(mean), 14)),
        ]);
    }
    lines(&rows)
}

/// The same with blanks up to the width.
fn fill(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(column: Option<&str>, measure: &str, detail: Option<&str>, count: Option<u64>, value: Option<f64>) -> Line {
        let (column, detail) = (column.map(str::to_owned), detail.map(str::to_owned));
        Line { table: "客户".into(), column, measure: measure.into(), detail, count, value }
    }

    #[test]
    fn lines_fit_and_line_up_with_chinese_text() {
        let long = "很长的名字".repeat(20);
        let mut figures = vec![
            line(None, "rows_read", None, Some(1_234_567), None),
            line(None, "rows_kept", None, Some(1_000_000), None),
            line(Some(&long), "quarantined", Some(&format!("value-wrong: {long}\n{long}")), Some(234_567), None),
            line(Some("区域"), "type", Some("text"), None, None),
            line(Some("区域"), "missing", None, Some(50_000), None),
            line(Some("区域"), "min", Some(&long), None, None),
            line(Some("区域"), "psi", None, None, Some(0.3)),
            line(Some("金额"), "psi", None, None, Some(0.05)),
            line(Some("旧"), "drift_gone", Some("int"), None, None),
        ];
        for k in 0..9 {
            figures.push(line(Some(&format!("c{k}")), "missing", None, Some(k), None));
        }
        for full in [false, true] {
            let text = report(&figures, full);
            assert!(text.lines().all(|l| l.width() <= width()), "{text}");
            assert!(text.contains("5.0 %") && text.contains("0.300") && text.contains("gone: int"), "{text}");
            assert_eq!(text.contains("and 4 more missing"), !full, "{text}");
            assert_eq!(text.contains("0.050"), full, "{text}");
            let ends: Vec<usize> =
                text.lines().filter(|l| l.starts_with("  missing")).map(UnicodeWidthStr::width).collect();
            assert!(ends.len() > 4 && ends.iter().all(|end| *end == ends[0]), "{text}");
        }
    }
}
