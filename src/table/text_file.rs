//! One file of text: unpacked, made UTF-8, its rows read.
//!
//! In: an open file, what the manifest says of it, a [`Plan`]. Out: batches, handed to a sink; a [`FileEnd`]. Must not know:
//! paths on disk, other files of the table. Start at [`Text::read`].
//!
//! What the file itself says of its packing and encoding is held against the manifest; a difference is a finding that names
//! the key to write, never acted on.

use super::batch::{Batch, Plan, Reject, Sink};
use super::csv::{self, CsvFile, FileEnd, Stopped};
use super::csv_rows::Dialect;
use super::decode::Decoding;
use super::layout::Partitions;
use super::sniff::{self, Utf8Watch};
use super::source_file::{Peeked, SourceFile, packed_as, unpack};
use super::windows::Sizes;
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Csv, Encoding, Packing};
use std::io::{self, Read};

/// One file of text.
pub struct Text<'t> {
    /// How it is written.
    pub csv: &'t Csv,
    /// How it is packed.
    pub packing: Packing,
    /// The columns that its folders give.
    pub partitions: &'t Partitions,
    /// Its path for messages.
    pub shown: &'t str,
    /// What is read of it at a time.
    pub sizes: Sizes,
}

impl Text<'_> {
    /// Reads its rows.
    ///
    /// # Errors
    /// [`Stopped`]; what is wrong with the file is a finding.
    pub fn read(&self, file: &mut SourceFile, plan: &Plan, sink: &mut Sink) -> Result<FileEnd, Stopped> {
        match self.unpacked(file, plan, sink) {
            // What unpacks the file gave up, not the system.
            Err(Stopped::Read(error)) if !file.failed() => {
                Ok(FileEnd::found(broken(self.packing, self.shown, file, &error)))
            }
            other => other,
        }
    }

    fn unpacked(&self, file: &mut SourceFile, plan: &Plan, sink: &mut Sink) -> Result<FileEnd, Stopped> {
        let mut raw = unpack(self.packing, file)?;
        let mut watch = Utf8Watch::default();
        let mut raw = Watched { raw: &mut raw, watch: self.is_of_bytes().then_some(&mut watch) };
        let head = Peeked::new(&mut raw, sniff::SNIFFED as u64)?;
        let likely = sniff::likely(head.head());
        let (encoding, mut decoded) = match self.decoded(head) {
            Ok(decoded) => decoded,
            Err(finding) => return Ok(FileEnd::found(*finding)),
        };
        let mut text = Peeked::new(&mut decoded, sniff::SNIFFED as u64)?;
        if text.head().starts_with(BOM) {
            text.skip(BOM.len());
        }
        let dialect = Dialect::new(self.csv, text.head());
        let (partitions, shown, sizes) = (self.partitions, self.shown, self.sizes);
        let file = CsvFile { csv: self.csv, dialect, encoding, partitions, shown, sizes };
        let mut undecodable = Undecodable::default();
        let mut end = csv::stream(&file, &mut text, plan, &mut |batch| {
            undecodable.count(&batch);
            sink(batch)
        })?;
        drop(decoded);
        if watch.is_utf8() {
            end.findings.push(self.other_encoding(Encoding::Utf8));
        }
        if encoding == Encoding::Utf8 {
            let help = match likely {
                Some(likely) => format!("say `encoding: {}` in the manifest, or save the file as UTF-8", likely.name()),
                None => "save the file as UTF-8, or say its `encoding` in the manifest".to_owned(),
            };
            for finding in end.findings.iter_mut().filter(|finding| finding.id == ids::ENCODING) {
                finding.help.push(help.clone());
            }
            let is_too_much = undecodable.share() > plan.table.quarantine_limit;
            end.findings.extend(likely.filter(|_| is_too_much).map(|likely| self.not_utf8(&undecodable, likely, help)));
        }
        Ok(end)
    }

    /// Whether bytes that are UTF-8 would be read as other texts.
    fn is_of_bytes(&self) -> bool {
        use Encoding::{Utf8, Utf16, Utf16Be, Utf16Le};
        !matches!(self.csv.encoding, Utf8 | Utf16 | Utf16Le | Utf16Be)
    }

    fn not_utf8(&self, undecodable: &Undecodable, likely: Encoding, help: String) -> Diagnostic {
        let Undecodable { rows, read, first } = undecodable;
        let (line, name) = (first.as_ref().map_or(1, |first| first.line), likely.name());
        let message = format!("{rows} of {read} rows of `{}` are not UTF-8; the file looks like {name}", self.shown);
        let finding = Diagnostic::error(ids::ENCODING, message).located(format!("{}:{line}", self.shown)).help(help);
        match first {
            Some(first) => finding.note(format!("line {line}: `{}` is not UTF-8", first.column)),
            None => finding,
        }
    }

    /// The text as UTF-8, and what it was; or what is wrong with what the manifest says of it.
    fn decoded<'r, R: Read + Send + 'r>(
        &self,
        mut head: Peeked<R>,
    ) -> Result<(Encoding, Box<dyn Read + Send + 'r>), Box<Diagnostic>> {
        let declared = self.csv.encoding;
        let marked = sniff::marked(head.head());
        let packed = packed_as(head.head());
        if packed != Packing::None {
            return Err(Box::new(self.packed(packed)));
        }
        if let Some(found) = self.no_text(head.head()) {
            return Err(Box::new(found));
        }
        let encoding = match (declared, marked) {
            (Encoding::Utf16, Some((found @ (Encoding::Utf16Le | Encoding::Utf16Be), length))) => {
                head.skip(length);
                found
            }
            (Encoding::Utf16, _) => {
                let help = match sniff::unmarked_utf16(head.head()) {
                    Some(found) => format!("say `encoding: {}`", found.name()),
                    None => "say `encoding: utf-16le` or `encoding: utf-16be` if it is UTF-16".to_owned(),
                };
                let message = format!("`{}` does not begin with the byte-order mark of UTF-16", self.shown);
                return Err(Box::new(self.encoding_finding(message).help(help)));
            }
            (declared, Some((found, length))) if declared == found => {
                head.skip(length);
                declared
            }
            (_, Some((found, _))) => return Err(Box::new(self.other_encoding(found))),
            (Encoding::Utf8, None) => match sniff::unmarked_utf16(head.head()) {
                Some(found) => return Err(Box::new(self.other_encoding(found))),
                None => declared,
            },
            (declared, None) => declared,
        };
        Ok((
            encoding,
            match encoding {
                Encoding::Utf8 => Box::new(head),
                other => match Decoding::new(head, other) {
                    Some(decoding) => Box::new(decoding),
                    None => Box::new(io::empty()),
                },
            },
        ))
    }

    fn encoding_finding(&self, message: String) -> Diagnostic {
        Diagnostic::error(ids::ENCODING, message).located(self.shown)
    }

    fn other_encoding(&self, found: Encoding) -> Diagnostic {
        let (found, name) = match found {
            Encoding::Utf16Le | Encoding::Utf16Be => ("UTF-16", found.name()),
            other => (csv::shown_name(other), other.name()),
        };
        let message = format!("`{}` looks like {found}, not {}", self.shown, csv::shown_name(self.csv.encoding));
        self.encoding_finding(message).help(format!("say `encoding: {name}` in the manifest"))
    }

    /// The finding of a file that is no text at all.
    fn no_text(&self, head: &[u8]) -> Option<Diagnostic> {
        let (what, help) = match head {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => ("UTF-32, which is not read", "save it as UTF-8"),
            [b'P', b'A', b'R', b'1', ..] => ("a Parquet file", "say `format: parquet` in the manifest"),
            [b'P', b'K', 3, 4, ..] => {
                ("a zip archive, as workbooks of Excel are", "unpack it, or save the sheet as CSV")
            }
            _ => return None,
        };
        let found = Diagnostic::error(ids::FILE_FORMAT, format!("`{}` is {what}", self.shown));
        Some(found.located(self.shown).help(help))
    }

    fn packed(&self, found: Packing) -> Diagnostic {
        let name = if found == Packing::Gzip { "gzip" } else { "zstd" };
        Diagnostic::error(ids::FILE_FORMAT, format!("`{}` is a {name} file", self.shown))
            .located(self.shown)
            .help(format!("say `compression: {name}` in the manifest"))
    }
}

/// The finding of a packed file that cannot be unpacked.
pub fn broken(packing: Packing, shown: &str, file: &SourceFile, error: &io::Error) -> Diagnostic {
    let name = if packing == Packing::Gzip { "gzip" } else { "zstd" };
    let what = match error.kind() {
        io::ErrorKind::UnexpectedEof => "ends in the middle of its packed data",
        _ => "is not a whole file of this kind",
    };
    let message = format!("`{shown}` ({name}) {what}, at or before byte {}", file.position());
    Diagnostic::error(ids::FILE_FORMAT, message)
        .located(shown)
        .note(error.to_string())
        .help("copy or pack the file again, or mend `compression` in the manifest")
}

/// The byte-order mark in UTF-8, which every encoding of Unicode decodes to.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// A reader whose bytes are looked at on the way.
struct Watched<'w, R> {
    raw: R,
    watch: Option<&'w mut Utf8Watch>,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.raw.read(buffer)?;
        if let Some(watch) = &mut self.watch {
            watch.see(&buffer[..n]);
        }
        Ok(n)
    }
}

/// Rows that were turned away for their bytes.
#[derive(Default)]
struct Undecodable {
    rows: u64,
    read: u64,
    first: Option<Reject>,
}

impl Undecodable {
    fn count(&mut self, batch: &Batch) {
        self.read += batch.read();
        for reject in batch.rejects.iter().filter(|reject| reject.id == ids::ENCODING) {
            self.rows += 1;
            self.first.get_or_insert_with(|| reject.clone());
        }
    }

    fn share(&self) -> f64 {
        self.rows as f64 / self.read.max(1) as f64
    }
}
