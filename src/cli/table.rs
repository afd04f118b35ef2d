//! Tables for a terminal.
//!
//! In: a run record. Out: text with columns that line up, Chinese characters two columns wide. Must not know: where it
//! goes.

use super::output::printable;
pub use crate::language::{count, counted};
use crate::run::record::{MoveRow, Record, TierRow};
use crate::run::strategic::columns::Figures;
use comfy_table::{CellAlignment, Table, presets};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that an answer takes at most where nobody says how wide a terminal is.
pub const WIDTH: usize = 100;
/// Columns that answers take whatever the terminal: fewer hold no table, more are not read in one line.
const BOUNDS: (usize, usize) = (60, 180);

static COLUMNS: AtomicUsize = AtomicUsize::new(WIDTH);

/// Has answers take the columns of a terminal.
pub fn fit_to(columns: Option<usize>) {
    COLUMNS.store(columns.map_or(WIDTH, |columns| columns.clamp(BOUNDS.0, BOUNDS.1)), Ordering::Relaxed);
}

/// Columns that an answer takes at most.
pub fn width() -> usize {
    COLUMNS.load(Ordering::Relaxed)
}

/// The tier table: tiers highest first, then customers without one.
pub fn tiers(record: &Record) -> String {
    let mut table = plain(&["tier", "customers", "share", "value", "mean"]);
    for row in &record.tiers {
        table.add_row([
            tier(row.tier.as_deref()),
            count(row.customers),
            percent(row.share),
            number(row.value_sum),
            row.value_mean.map_or_else(|| "-".to_owned(), number),
        ]);
    }
    lines(&table)
}

/// The migration: one line for each prior tier, one column for each tier now.
pub fn migration(record: &Record) -> String {
    let mut to: Vec<Option<&str>> = record.tiers.iter().map(|row| row.tier.as_deref()).collect();
    let left = ["gone", "merged"];
    let left: Vec<&str> = left.into_iter().filter(|word| record.moves.iter().any(|m| m.movement == *word)).collect();
    let has_left = |m: &MoveRow| left.contains(&m.movement.as_str());
    if record.moves.iter().any(|m| m.to.is_none() && !has_left(m)) && !to.contains(&None) {
        to.push(None);
    }
    let mut head: Vec<String> = vec!["from \\ to".to_owned()];
    head.extend(to.iter().map(|t| tier(*t)));
    head.extend(left.iter().map(|word| format!("({word})")));
    head.push("all".to_owned());
    let mut table = plain(&head.iter().map(String::as_str).collect::<Vec<_>>());
    // Who had no tier before is new, or was undetermined then, too.
    let label = |m: &MoveRow| match (m.from.as_deref(), m.movement.as_str()) {
        (Some(prior), _) => tier(Some(prior)),
        (None, "new") => "(new)".to_owned(),
        (None, _) => "(none before)".to_owned(),
    };
    let mut from: Vec<String> = Vec::new();
    for label in record.moves.iter().map(label) {
        if !from.contains(&label) {
            from.push(label);
        }
    }
    for prior in from {
        let of = |wanted: &dyn Fn(&MoveRow) -> bool| -> u64 {
            record.moves.iter().filter(|m| label(m) == prior && wanted(m)).map(|m| m.customers).sum()
        };
        let mut cells = vec![prior.clone()];
        cells.extend(to.iter().map(|t| dash(of(&|m| m.to.as_deref() == *t && !has_left(m)))));
        cells.extend(left.iter().map(|word| dash(of(&|m| m.movement == *word))));
        cells.push(count(of(&|_| true)));
        table.add_row(cells);
    }
    lines(&table)
}

/// Customers by tier now and in the last year of each scenario, and the sum of their values.
pub fn scenarios(record: &Record, plan: &Figures) -> String {
    let mut tiers: Vec<Option<&str>> = record.tiers.iter().map(|row| row.tier.as_deref()).collect();
    for row in plan.scenarios.iter().flat_map(|scenario| &scenario.tiers) {
        if !tiers.contains(&row.tier.as_deref()) {
            tiers.push(row.tier.as_deref());
        }
    }
    let all: Vec<&[TierRow]> =
        [record.tiers.as_slice()].into_iter().chain(plan.scenarios.iter().map(|s| s.tiers.as_slice())).collect();
    let head = ["tier", "now"].map(str::to_owned).into_iter().chain(plan.scenarios.iter().map(|s| printable(&s.name)));
    let of = |rows: &[TierRow], wanted: Option<&str>| {
        rows.iter().filter(|row| row.tier.as_deref() == wanted).map(|row| row.customers).sum::<u64>()
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for wanted in tiers {
        let counts = all.iter().map(|rows| dash(of(rows, wanted)));
        rows.push([tier(wanted)].into_iter().chain(counts).collect());
    }
    let values = all.iter().map(|rows| number(rows.iter().map(|row| row.value_sum).sum()));
    rows.push(["value".to_owned()].into_iter().chain(values).collect());
    if plan.scenarios.iter().any(|scenario| scenario.left > 0) {
        let left = plan.scenarios.iter().map(|scenario| dash(scenario.left));
        rows.push(["(left)", "-"].map(str::to_owned).into_iter().chain(left).collect());
    }
    grid(&head.collect::<Vec<_>>(), &rows)
}

/// Customers by move, in one line: `12 up, 3 down, 60 same`.
pub fn moves(record: &Record) -> String {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    record.moves.iter().for_each(|m| *sums.entry(m.movement.as_str()).or_default() += m.customers);
    let order = ["up", "down", "same", "new", "undetermined", "gone", "merged"];
    let parts: Vec<String> =
        order.iter().filter_map(|word| sums.get(word).map(|n| format!("{} {word}", count(*n)))).collect();
    parts.join(", ")
}

/// Columns of text and numbers: the first to the left, the rest to the right.
pub fn plain(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(head.iter().map(|h| printable(h)));
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        column.set_cell_alignment(if at == 0 { CellAlignment::Left } else { CellAlignment::Right });
    }
    table
}

/// A table's lines, indented, without blanks at their ends. Where they are wider than a terminal, the columns go on below.
pub fn lines(table: &Table) -> String {
    let text: String = table.lines().map(|line| format!("  {}\n", line.trim_end())).collect();
    if text.lines().all(|line| line.width() <= width()) {
        return text;
    }
    let cells = |row: &comfy_table::Row| row.cell_iter().map(|cell| cell.content()).collect::<Vec<String>>();
    let rows: Vec<Vec<String>> = table.row_iter().map(cells).collect();
    table.header().map_or(text, |head| grid(&cells(head), &rows))
}

/// Columns that line up, the first to the left, the rest to the right. Where they are wider than a terminal the columns go on
/// below, with the first one again.
pub fn grid(head: &[String], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    let wide =
        |at: usize| rows.iter().map(|row| cell(row, at).width()).chain([cell(head, at).width()]).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let (mut text, mut begin) = (String::new(), 1);
    while begin < head.len() {
        let mut room = width().saturating_sub(2 + widths[0]);
        let fits = widths[begin..].iter().take_while(|width| {
            let enough = **width + 2 <= room;
            room = room.saturating_sub(**width + 2);
            enough
        });
        let end = begin + fits.count().max(1);
        text.push_str(if begin > 1 { "\n" } else { "" });
        for row in [head].into_iter().chain(rows.iter().map(Vec::as_slice)) {
            let first = cell(row, 0);
            let mut line = format!("  {first}{}", " ".repeat(widths[0] - first.width()));
            for (at, width) in widths.iter().enumerate().take(end).skip(begin) {
                let own = cell(row, at);
                line += &format!("{}{own}", " ".repeat(2 + width - own.width()));
            }
            text += &format!("{}\n", line.trim_end());
        }
        begin = end;
    }
    text
}

/// Rows of text whose columns begin below one another, indented.
pub fn columns(rows: &[Vec<String>]) -> String {
    let wide = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0)).map(wide).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("  {cell}{}", " ".repeat(width.saturating_sub(cell.width()))));
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    rows.iter().map(line).collect()
}

/// A tier's name, or `(undetermined)`.
pub fn tier(name: Option<&str>) -> String {
    name.map_or_else(|| "(undetermined)".to_owned(), printable)
}

fn dash(n: u64) -> String {
    if n == 0 { "-".to_owned() } else { count(n) }
}

/// The text in one line of at most so many columns.
pub fn fit(text: &str, width: usize) -> String {
    let text = text.replace('\n', " ");
    if text.width() <= width {
        return text;
    }
    let (mut cut, mut used) = (String::new(), 1);
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut + "…"
}

/// The text in one line of at most so many columns, cut in the middle: of texts that begin alike the ends are to be seen.
pub fn fit_between(text: &str, width: usize) -> String {
    let text = text.replace('\n', " ");
    if text.width() <= width {
        return text;
    }
    let room = width.saturating_sub(1);
    let within = |room: usize, chars: &mut dyn Iterator<Item = char>| -> Vec<char> {
        let mut used = 0;
        let fits = |c: &char| {
            used += c.width().unwrap_or(0);
            used <= room
        };
        chars.take_while(fits).collect()
    };
    let end = within(room / 2, &mut text.chars().rev());
    let begin = within(room - room / 2, &mut text.chars());
    begin.into_iter().chain(['…']).chain(end.into_iter().rev()).collect()
}

/// The text with blanks behind it, so many columns wide at least.
pub fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// The text with blanks before it, so many columns wide at least.
pub fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// A share in percent: `12.5 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A number with two digits behind the point and its thousands apart.
pub fn number(x: f64) -> String {
    if !x.is_finite() || x.abs() >= 1e15 {
        return format!("{x:e}");
    }
    let text = format!("{:.2}", x.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, "00"));
    let sign = if x < 0.0 && text.chars().any(|c| c.is_ascii_digit() && c != '0') { "-" } else { "" };
    format!("{sign}{}.{part}", count(whole.parse().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([number(-1234.5), number(-0.001), number(0.005)], ["-1,234.50", "0.00", "0.01"]);
        assert_eq!(number(1e20), "1e20");
    }

    #[test]
    fn texts_that_begin_alike_are_told_apart() {
        let cut = ["1", "2"].map(|end| fit_between(&format!("{}{end}", "客户 ".repeat(20)), 12));
        assert_eq!(cut, ["客户 …户 1", "客户 …户 2"].map(str::to_owned));
        assert_eq!((fit_between("abcdef", 6), fit_between("abcdefg", 6)), ("abcdef".to_owned(), "abc…fg".to_owned()));
    }

    #[test]
    fn columns_that_do_not_fit_go_on_below() {
        let row = |name: &str, cell: &str| [vec![name.to_owned()], vec![cell.to_owned(); 12]].concat();
        let text = grid(&row("from", "战略客户"), &[row("战略", "12"), row("x", "-")]);
        assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        assert_eq!(text.matches("战略客户").count(), 12, "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("  战略  ")).count(), 2, "{text}");
        assert!(text.contains("\n\n  from  战略客户"), "{text}");
    }

    #[test]
    fn chinese_names_line_up() {
        let mut table = plain(&["tier", "customers"]);
        table.add_row(["战略客户", "12"]);
        table.add_row(["general", "3"]);
        let text = lines(&table);
        let width = |line: &str| unicode_width::UnicodeWidthStr::width(line);
        let widths: Vec<usize> = text.lines().map(width).collect();
        assert_eq!(widths, [widths[0]; 3], "{text}");
        assert!(text.contains("\n  战略客户") && text.ends_with("3\n"), "{text}");
    }
}
