//! What stands above the rows of a file: lines that belong to no table, and the header.
//!
//! In: rows of texts. Out: where the table begins ([`begin`]), whether its first row names the columns ([`is_header`]), whether those names can be used
//! ([`unusable`]). Must not know: bytes, types, manifests.

use super::column::Sure;
use super::names::is_heading;
use super::text::TRIED;

/// Rows among which the first of the table is looked for.
pub(super) const LOOKED_AT: usize = 30;
/// What a line begins with that is a comment.
pub(super) const COMMENT: char = '#';
/// Of the texts of a column so many must be alike to say something of the first.
const MOST: f64 = 0.8;

/// The share of rows with a value from which on a column without a name is one.
const COLUMN: f64 = 0.05;

/// How many rows stand before the table, of which most rows have `width` fields: titles and notes, with hardly a field. And whether they are
/// comments, so that no row of the table begins as they do.
pub(super) fn begin(rows: &[Vec<String>], width: usize) -> (usize, bool) {
    let is_before = |row: &&Vec<String>| {
        let filled = row.iter().filter(|cell| !cell.trim().is_empty()).count();
        let is_title = width > 2 && filled == 1 && !row.iter().any(|cell| is_value(cell));
        row.len() < width && row.len() * 2 <= width || is_title
    };
    let count = if width < 2 { 0 } else { rows.iter().take(LOOKED_AT).take_while(is_before).count() };
    if count == 0 || count == LOOKED_AT || count == rows.len() {
        return (0, false);
    }
    let (before, table) = rows.split_at(count);
    let begins = |row: &Vec<String>| row.first().is_some_and(|cell| cell.starts_with(COMMENT));
    (count, before.iter().all(begins) && !table.iter().any(|row| begins(row) && row.len() == width))
}

/// Whether a text is a number, a day or the like.
fn is_value(cell: &str) -> bool {
    let cell = cell.trim();
    cell.contains(|c: char| c.is_ascii_digit())
        && cell.chars().all(|c| c.is_ascii_digit() || "+-.,:/ %$€¥£()T".contains(c))
}

/// What a text looks like: letters by their case, one `9` for digits side by side, other characters as they are.
fn shape(cell: &str) -> String {
    let mut shape = String::new();
    for c in cell.trim().chars() {
        match c {
            c if c.is_numeric() => {
                if !shape.ends_with('9') {
                    shape.push('9');
                }
            }
            c if c.is_uppercase() => shape.push('A'),
            c if c.is_alphabetic() => shape.push('a'),
            c => shape.push(c),
        }
    }
    shape
}

/// The letters of a text, without its digits.
fn letters(cell: &str) -> String {
    cell.trim().chars().filter(|c| !c.is_numeric()).collect()
}

/// What the column below a text of the first row says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Below {
    /// The very text stands there again.
    again: bool,
    /// Most texts look like it, digits and all, and one has its letters too.
    alike: bool,
    /// Most look like it, digits and all.
    similar: bool,
    /// Most are numbers, days or codes, and it is none.
    unlike: bool,
}

fn below(at: usize, cell: &str, rest: &[Vec<String>]) -> Below {
    let cells: Vec<&str> = rest.iter().take(TRIED).filter_map(|row| row.get(at)).map(|cell| cell.trim()).collect();
    let filled: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
    let cell = cell.trim();
    if cell.is_empty() || filled.is_empty() {
        return Below::default();
    }
    let most =
        |is: &dyn Fn(&str) -> bool| filled.iter().filter(|text| is(text)).count() as f64 >= MOST * filled.len() as f64;
    let own = shape(cell);
    let similar = own.contains('9') && filled.len() > 1 && most(&|text| shape(text) == own);
    let first = shape(filled[0]);
    let is_code = first.contains('9') && filled.len() > 1 && most(&|text| shape(text) == first);
    Below {
        again: filled.contains(&cell),
        alike: similar && filled.iter().any(|text| letters(text) == letters(cell)),
        similar,
        unlike: !is_value(cell) && (most(&is_value) || is_code && own != first),
    }
}

/// Whether the first row names the columns, how sure that is, and why.
pub(super) fn is_header(first: &[String], rest: &[Vec<String>]) -> (bool, Sure, String) {
    let is_name = |cell: &&String| !is_value(cell) && !cell.trim().is_empty();
    if let Some(value) = first.iter().find(|cell| is_value(cell)) {
        // A year may be the name of a column; but not every name is one.
        let years = first.iter().filter(|cell| is_value(cell)).all(|cell| cell.trim().len() == 4);
        return match first.iter().any(|cell| is_name(&cell)) && years {
            true => (true, Sure::Likely, format!("years such as `{}` are among its names", value.trim())),
            false => (false, Sure::Sure, "the first row has numbers or days as the others have".to_owned()),
        };
    }
    let below: Vec<Below> = first.iter().enumerate().map(|(at, cell)| below(at, cell, rest)).collect();
    let count = |is: fn(&Below) -> bool| below.iter().filter(|below| is(below)).count();
    if count(|b| b.again) * 2 > first.len() {
        return (false, Sure::Likely, "the texts of the first row stand in others, too".to_owned());
    }
    let alike = below
        .iter()
        .position(|b| b.alike)
        .or_else(|| below.iter().position(|b| b.similar).filter(|_| count(|b| b.similar) > 1));
    if let Some(at) = alike {
        let cell: String = first[at].trim().chars().take(40).collect();
        return (
            false,
            Sure::Likely,
            format!("`{}` in the first row looks like the texts below it", cell.escape_debug()),
        );
    }
    if count(|b| b.unlike) > 0 {
        return (true, Sure::Sure, "numbers, days or codes stand below names".to_owned());
    }
    if first.iter().any(|cell| is_heading(cell)) {
        return (true, Sure::Likely, "it has words that columns are named by".to_owned());
    }
    (
        true,
        Sure::Guess,
        "nothing shows whether the first row names the columns; if it does not, say `header: false`".to_owned(),
    )
}

/// Why fields must go by number although there is a header, if so.
pub(super) fn unusable(header: &[String], rows: &[Vec<String>]) -> Option<&'static str> {
    if (1..header.len()).any(|at| !header[at].is_empty() && header[..at].contains(&header[at])) {
        return Some("a name stands twice in the header");
    }
    // The first row tells how many fields there are.
    let is_whole = rows.first().is_some_and(|row| row.len() >= header.len());
    let holds = |at: usize| unnamed(header, at) && is_column(rows, at) && !numbers_rows(rows, at);
    (is_whole && (0..header.len()).any(holds)).then_some("a column has no name in the header")
}

/// Whether a column has no name.
pub(super) fn unnamed(header: &[String], at: usize) -> bool {
    header.get(at).is_some_and(|name| name.trim().is_empty())
}

/// Rows with a value in a column.
pub(super) fn filled(rows: &[Vec<String>], at: usize) -> usize {
    rows.iter().filter(|row| row.get(at).is_some_and(|cell| !cell.trim().is_empty())).count()
}

/// Whether so many rows have a value in a column that it is one; a few are notes beside the table.
pub(super) fn is_column(rows: &[Vec<String>], at: usize) -> bool {
    let filled = filled(rows, at);
    filled > 0 && filled as f64 >= COLUMN * rows.len() as f64
}

/// Whether a column counts the rows, as programs write it that save a table with its positions.
pub(super) fn numbers_rows(rows: &[Vec<String>], at: usize) -> bool {
    let number = |row: &Vec<String>| row.get(at)?.trim().parse::<usize>().ok();
    let Some(first) = rows.first().and_then(number).filter(|first| *first < 2) else { return false };
    rows.iter().enumerate().all(|(place, row)| number(row) == Some(first + place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn headers_are_told_from_rows() {
        for (text, has_header, sure) in [
            ("C0,Name 0,Town\nC1,Name 1,Town\nC2,Name 2,Town", false, Sure::Likely),
            ("DEU100,x\nFRA101,y\nDEU102,z", false, Sure::Likely),
            ("Q1,Q2\nyes,no\nno,no", true, Sure::Guess),
            ("id,name\nC1,Ada\nC2,Bob", true, Sure::Sure),
            ("x,y\n1,2\n3,4", true, Sure::Sure),
            ("name,city\nAda,Paris\nBob,Rome", true, Sure::Likely),
            ("alpha,beta\nAda,Paris\nBob,Rome", true, Sure::Guess),
            ("Ada,Paris\nAda,Rome\nBob,Paris", false, Sure::Likely),
            ("a,2016,2017\nx,1,2", true, Sure::Likely),
            ("1,2\n3,4", false, Sure::Sure),
        ] {
            let rows = rows(text);
            let (is, how, why) = is_header(&rows[0], &rows[1..]);
            assert_eq!((is, how), (has_header, sure), "{text}: {why}");
        }
    }

    #[test]
    fn tables_begin_where_their_width_does() {
        for (text, width, begins) in [
            ("Report\nid,name,x\n1,a,2", 3, (1, false)),
            ("# one\n# two, with a comma\nid,name,x,y\n1,a,2,3", 4, (2, true)),
            ("# one\nid,name,x\n#1,a,2", 3, (1, false)),
            ("Report,,\nid,name,x\n1,a,2", 3, (1, false)),
            ("id,name,x\n1,a,2", 3, (0, false)),
            ("id,name\n1,a\n2,b", 2, (0, false)),
            ("a\nb", 1, (0, false)),
            // A header that is a little short of its rows.
            ("id,name\n1,a,\n2,b,", 3, (0, false)),
        ] {
            assert_eq!(begin(&rows(text), width), begins, "{text}");
        }
    }

    #[test]
    fn names_that_lack_are_told() {
        for (text, why) in [
            ("id,,x\n1,a,2\n2,b,3", Some("a column has no name in the header")),
            ("id,,x\n1,,2\n2,,3", None),
            (",id,x\n0,a,2\n1,b,3", None),
            ("a,a\n1,2", Some("a name stands twice in the header")),
            ("id,,x\n1\n2,b,3", None),
            (&format!("id,,x\n{}1,note,2\n", "1,,2\n".repeat(30)), None),
        ] {
            let rows = rows(text);
            assert_eq!(unusable(&rows[0], &rows[1..]), why, "{text}");
        }
    }
}
