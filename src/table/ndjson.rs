//! One JSON object a line: keys are columns.
//!
//! In: a reader of bytes, a [`Plan`]. Out: batches in source order, and [`Whole`]. Must not know: paths on disk, how the
//! bytes are packed, keys of tables. Start at [`read`]; [`scan`] reads one line.
//!
//! A line ends in LF or CRLF; empty lines are no rows. Lines are read in stretches, and those of a stretch in parallel;
//! stretches do not depend on the number of threads, and few of them are held at a time.
//!
//! | declared | what may stand there |
//! |---|---|
//! | any | a text, read as in CSV; `null` or no such key, which are missing |
//! | text | a number or a bool, as it is written |
//! | int | a number without point and exponent |
//! | float | a number |
//! | decimal(p,s) | a number, exact; its exponent is resolved |
//! | bool | `true`, `false` |

use super::batch::{Batch, BatchBuilder, Plan};
use super::field::FieldRow;
use super::number::without_exponent;
use super::whole::Whole;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::model::Column;
use rayon::prelude::*;
use scan::{Fault, Found, Paths, scan};
use std::collections::BTreeSet;
use std::io::BufRead;

mod scan;

/// Bytes of a stretch, but for its last line.
const STRETCH: usize = 1 << 20;
/// Stretches held at a time.
const HELD: usize = 8;
/// Bytes of a line at most.
const LINE: usize = 1 << 28;
/// Names of undeclared keys that are kept of a file.
const NAMES: usize = 1000;

/// Lines that follow one another.
struct Stretch {
    bytes: Vec<u8>,
    /// Line of its start, from 1.
    line: u32,
}

/// What the lines of a stretch hold.
struct Read {
    batch: Batch,
    other: BTreeSet<String>,
    present: Vec<bool>,
}

/// Reads all lines; `rows` gets them in batches. `shown` is the file's path for messages.
///
/// # Errors
/// What the reader of bytes says.
pub fn read(
    input: &mut dyn BufRead,
    plan: &Plan,
    shown: &str,
    rows: &mut dyn FnMut(Batch),
) -> Result<Whole, std::io::Error> {
    let mut whole = Whole { present: Some(vec![false; plan.table.columns.len()]), ..Whole::default() };
    let paths = Paths::new(plan.table.columns.values().map(|c| c.from.as_str()));
    let mut other: BTreeSet<String> = BTreeSet::new();
    let mut line: u32 = 1;
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = input.fill_buf()? {
        let finding = Diagnostic::error(ids::ENCODING, format!("`{shown}` is UTF-16")).located(shown);
        whole.findings.push(finding.help("save the file as UTF-8"));
        return Ok(whole);
    }
    let start = input.fill_buf()?;
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    if start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        let message = format!("`{shown}` is one list, where one object a line is expected");
        let finding = Diagnostic::error(ids::FILE_FORMAT, message).located(shown);
        whole.findings.push(finding.help("write each object of the list in a line of its own, as `jq -c '.[]'` does"));
        return Ok(whole);
    }
    loop {
        let mut stretches = Vec::new();
        while stretches.len() < HELD {
            let Some(bytes) = stretch(input)? else { break };
            if bytes.len() > LINE {
                let before = bytes.iter().filter(|b| **b == b'\n').count() as u32;
                let within = before.saturating_sub(u32::from(bytes.ends_with(b"\n")));
                let place = format!("{shown}:{}", line.saturating_add(within));
                let finding = Diagnostic::error(ids::FILE_FORMAT, "a line of more than 256 MiB").located(place);
                whole.findings.push(finding.help("write one JSON object a line, with a line end behind each"));
                return Ok(whole);
            }
            let ends = bytes.iter().filter(|b| **b == b'\n').count();
            stretches.push(Stretch { bytes, line });
            line = line.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        }
        if stretches.is_empty() {
            break;
        }
        let read: Vec<Read> = stretches.par_iter().map(|stretch| stretch.read(plan, &paths)).collect();
        for piece in read {
            other.extend(piece.other);
            whole.note(&piece.present);
            rows(piece.batch);
        }
    }
    whole.undeclared = other.into_iter().take(NAMES).collect();
    Ok(whole)
}

/// The bytes of the next whole lines; `None` at the end of the file.
fn stretch(input: &mut dyn BufRead) -> Result<Option<Vec<u8>>, std::io::Error> {
    let mut bytes = Vec::with_capacity(STRETCH + (1 << 12));
    let mut line = 0;
    while bytes.len() < STRETCH || (line > 0 && bytes.len() <= LINE) {
        let more = input.fill_buf()?;
        if more.is_empty() {
            break;
        }
        // Of a line longer than a stretch only its end is looked for.
        let room = STRETCH.saturating_sub(bytes.len()).clamp(1, more.len());
        let wanted = if bytes.len() >= STRETCH { more.len() } else { room };
        let end = more[..wanted].iter().rposition(|b| *b == b'\n');
        let first = more[..wanted].iter().position(|b| *b == b'\n');
        let (taken, open) = match (bytes.len() >= STRETCH, first, end) {
            (true, Some(first), _) => (first + 1, 0),
            (false, _, Some(end)) => (wanted, wanted - end - 1),
            _ => (wanted, line + wanted),
        };
        bytes.extend_from_slice(&more[..taken]);
        input.consume(taken);
        line = open;
    }
    Ok((!bytes.is_empty()).then_some(bytes))
}

impl Stretch {
    fn read(&self, plan: &Plan, paths: &Paths) -> Read {
        let columns: Vec<&Column> = plan.table.columns.values().collect();
        let mut batch = BatchBuilder::new(plan, self.bytes.len() / (16 * columns.len().max(1)) + 1);
        let mut read = (BTreeSet::new(), vec![false; columns.len()]);
        let mut fields = FieldRow::default();
        let bytes = match self.line {
            1 => self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes),
            _ => &self.bytes,
        };
        for (bytes, line) in bytes.split(|b| *b == b'\n').zip(self.line..) {
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let Ok(text) = std::str::from_utf8(bytes) else {
                let text = String::from_utf8_lossy(bytes);
                batch.reject(line, "", &text, ids::ENCODING, "not UTF-8".to_owned());
                continue;
            };
            let mut found = vec![Found::Absent; columns.len()];
            let mut other = |key: &str| {
                if read.0.len() < NAMES && !read.0.contains(key) {
                    read.0.insert(key.to_owned());
                }
            };
            match scan(text, paths, &mut found, &mut other) {
                Ok(()) => {
                    fields.clear();
                    for (k, (column, found)) in columns.iter().zip(&found).enumerate() {
                        read.1[k] |= *found != Found::Absent;
                        field(&mut fields, column, found);
                    }
                    batch.row(line, |k| fields.field(k));
                }
                Err(Fault::Broken(why)) => batch.reject(line, "", text, ids::VALUE_WRONG, why),
                Err(Fault::Repeated(key)) => {
                    let message = format!("the key `{}` stands twice in one object", super::batch::cut(&key));
                    batch.reject(line, "", text, ids::COLUMN_REPEATED, message);
                }
            }
        }
        Read { batch: batch.finish(), other: read.0, present: read.1 }
    }
}

fn field(fields: &mut FieldRow, column: &Column, found: &Found) {
    match found {
        Found::Absent | Found::Null => fields.missing(),
        Found::Text(text) => fields.text(text),
        Found::Bool(value) => fields.text(if *value { "true" } else { "false" }),
        Found::Number(number) => match (column.dtype, without_exponent(number)) {
            (DataType::Decimal { .. }, Some(plain)) => fields.number(&plain),
            (DataType::Decimal { .. }, None) => fields.wrong(number, "a decimal beyond 38 digits"),
            _ => fields.number(number),
        },
        Found::Object(text) => {
            fields.wrong(&super::batch::cut(text), "an object where one value is expected: name a key of it in `from`")
        }
        Found::List(text) => fields.wrong(&super::batch::cut(text), "a list where one value is expected"),
        Found::NoObject => fields.wrong("", "its path leads through a value that is no object"),
        Found::Twice => fields.wrong("", "a key with points in its name, and a path of the same name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_whole_lines() {
        let lines: String = (0..100_000).map(|i| format!("{{\"k\":{i}}}\n")).collect();
        let long = format!("{lines}{}\nlast", "x".repeat(3 * STRETCH));
        let mut input = std::io::BufReader::with_capacity(7000, long.as_bytes());
        let mut read = Vec::new();
        while let Some(bytes) = stretch(&mut input).unwrap() {
            read.push(bytes);
        }
        assert!(read.len() >= 3);
        assert!(read[..read.len() - 1].iter().all(|bytes| bytes.ends_with(b"\n")));
        assert_eq!(read.concat(), long.as_bytes());
    }
}
