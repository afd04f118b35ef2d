//! The files of a table, one after the other, as batches in source order, in bounded memory.
//!
//! In: a table of the project, its files. Out: [`Batch`]es, handed to a sink in source order, then a [`StreamEnd`]. Must
//! not know: keys, references, other tables. Start at [`stream`]; [`super::read`] collects the batches of a whole table.
//!
//! A large file is read in windows, several small ones at a time. Neither shows in the batches' rows.

use super::Input;
use super::batch::{Batch, Plan, Sink};
use super::csv::{self, CsvFile, FileEnd, Stopped};
use super::csv_rows::Dialect;
use super::decode::Decoding;
use super::layout::Partitions;
use super::parquet;
use super::sniff;
use super::source_file::{Peeked, SourceFile, packed_as, unpack};
use super::windows::Sizes;
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use crate::manifest::model::{Csv, Encoding, Format, Packing, Table};
use crate::system::System;
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What is known of a table once its files are read.
#[derive(Debug, Default)]
pub struct StreamEnd {
    /// The files, in the order in which they were read; [`Batch::file`] counts them.
    pub inputs: Vec<Input>,
    /// Columns that the manifest does not declare, with the number of files that have them.
    pub undeclared: IndexMap<String, u64>,
    /// Findings about whole files; with one of them the batches are not all rows.
    pub findings: Vec<Diagnostic>,
}

/// Reads the files of a table in the order of their shown paths' bytes, and hands batches to `sink` in source order.
///
/// `columns` says for each declared column whether its values are kept; all are checked as declared. No more is in
/// memory at a time than a few windows of [`Sizes::window`] and what `sink` keeps.
///
/// # Errors
/// [`Error::Io`] where a file cannot be read; one that is not there is a finding of the table. What `sink` gives.
pub fn stream(
    system: &dyn System,
    root: &Path,
    table: &Table,
    paths: Vec<PathBuf>,
    zone: &TimeZone,
    columns: Option<&[bool]>,
    sink: &mut Sink,
) -> Result<StreamEnd, Error> {
    stream_in(system, root, table, paths, zone, columns, Sizes::default(), sink)
}

/// As [`stream`], with other sizes.
#[allow(clippy::too_many_arguments, reason = "those of `stream`, and one")]
pub fn stream_in(
    system: &dyn System,
    root: &Path,
    table: &Table,
    mut paths: Vec<PathBuf>,
    zone: &TimeZone,
    columns: Option<&[bool]>,
    sizes: Sizes,
    sink: &mut Sink,
) -> Result<StreamEnd, Error> {
    paths.sort_by_cached_key(|path| shown(root, path));
    let mut plan = Plan::new(table, zone);
    if let Some(columns) = columns {
        plan.wanted = columns.to_vec();
    }
    let reader = Files { system, root, plan: &plan, sizes };
    let mut end = StreamEnd::default();
    let mut rest = &paths[..];
    while let Some(first) = rest.first() {
        let (group, after) = rest.split_at(reader.small(rest).max(1));
        rest = after;
        if group.len() == 1 {
            let (number, mut rows) = (end.inputs.len() as u32, 0);
            let read = reader.file(first, &mut |batch| {
                rows += batch.read();
                sink(Batch { file: number, ..batch })
            })?;
            end.add(read, rows);
            continue;
        }
        for file in group.par_iter().map(|path| reader.collected(path)).collect::<Vec<_>>() {
            let (batches, read) = file?;
            let (number, mut rows) = (end.inputs.len() as u32, 0);
            for batch in batches {
                rows += batch.read();
                sink(Batch { file: number, ..batch })?;
            }
            end.add(read, rows);
        }
    }
    Ok(end)
}

impl StreamEnd {
    fn add(&mut self, file: FileRead, rows: u64) {
        for name in file.end.undeclared {
            *self.undeclared.entry(name).or_default() += 1;
        }
        self.findings.extend(file.end.findings);
        self.inputs.push(Input { rows, ..file.input });
    }
}

/// What is known of one file once it is read.
struct FileRead {
    input: Input,
    end: FileEnd,
}

/// The files of one table.
struct Files<'f> {
    system: &'f dyn System,
    root: &'f Path,
    plan: &'f Plan<'f>,
    sizes: Sizes,
}

impl Files<'_> {
    /// How many of the first files are small enough to be read at a time.
    fn small(&self, paths: &[PathBuf]) -> usize {
        let mut bytes = 0;
        let fits = |path: &&PathBuf| {
            let packed = self.packing(path) != Packing::None;
            let size = self.system.open(&self.root.join(path)).map_or(0, |(_, size)| size);
            bytes += size;
            !packed && bytes <= self.sizes.window as u64 / 2
        };
        paths.iter().take(MANY).take_while(fits).count()
    }

    fn packing(&self, path: &Path) -> Packing {
        match self.plan.table.source.packing {
            Packing::ByName => Packing::of(&path.to_string_lossy()).0,
            stated => stated,
        }
    }

    fn collected(&self, path: &Path) -> Result<(Vec<Batch>, FileRead), Error> {
        let mut batches = Vec::new();
        let read = self.file(path, &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
        Ok((batches, read))
    }

    fn file(&self, path: &Path, sink: &mut Sink) -> Result<FileRead, Error> {
        let shown = shown(self.root, path);
        let full = self.root.join(path);
        let table = self.plan.table;
        let mut input =
            Input { table: table.name.clone(), path: shown.clone(), bytes: 0, hash: String::new(), rows: 0 };
        if !self.system.exists(&full) {
            let finding = Diagnostic::error(ids::FILE_MISSING, format!("no file `{shown}`")).at(table.source.span);
            let finding = finding.help("put the file there, or mend `path` in the manifest");
            return Ok(FileRead { input, end: FileEnd::found(finding) });
        }
        let mut file = match SourceFile::open(self.system, &full)? {
            Ok(file) => file,
            Err(why) => {
                let message = format!("`{shown}` cannot be read: {why}");
                let finding = Diagnostic::error(ids::FILE_UNREADABLE, message).located(&shown);
                return Ok(FileRead { input, end: FileEnd::found(finding.help("name files in `path`")) });
            }
        };
        let mut end = match &table.source.format {
            Format::Csv(csv) => {
                let text = Text { csv, packing: self.packing(path), shown: &shown, sizes: self.sizes };
                text.read(&mut file, self.plan, sink)
            }
            Format::Parquet => parquet::stream(&file, &Partitions::new(), self.plan, &shown, self.sizes, sink),
        }
        .or_else(|stopped| match stopped {
            Stopped::Read(error) => Err(Error::io("read", &full)(error)),
            Stopped::Sink(error) => Err(error),
        })?;
        let whole = file.finish().map_err(Error::io("read", &full))?;
        if whole.changed {
            let message = format!("`{shown}` was changed while it was read");
            let finding = Diagnostic::error(ids::FILE_CHANGED, message).located(&shown);
            end.findings = vec![
                finding.help("run again once nobody writes the file; let exports write to another name and rename"),
            ];
        }
        (input.bytes, input.hash) = (whole.bytes, whole.hash);
        Ok(FileRead { input, end })
    }
}

/// Small files that are read at a time at most.
const MANY: usize = 64;

/// One file of text.
struct Text<'t> {
    csv: &'t Csv,
    packing: Packing,
    shown: &'t str,
    sizes: Sizes,
}

impl Text<'_> {
    fn read(&self, file: &mut SourceFile, plan: &Plan, sink: &mut Sink) -> Result<FileEnd, Stopped> {
        match self.unpacked(file, plan, sink) {
            // What unpacks the file gave up, not the system.
            Err(Stopped::Read(error)) if !file.failed() => Ok(FileEnd::found(self.broken(file, &error))),
            other => other,
        }
    }

    fn unpacked(&self, file: &mut SourceFile, plan: &Plan, sink: &mut Sink) -> Result<FileEnd, Stopped> {
        let mut raw = unpack(self.packing, file)?;
        let head = Peeked::new(&mut raw, sniff::SNIFFED as u64)?;
        let (encoding, mut text) = match self.decoded(head) {
            Ok(decoded) => decoded,
            Err(finding) => return Ok(FileEnd::found(*finding)),
        };
        let mut text = Peeked::new(&mut text, sniff::SNIFFED as u64)?;
        if text.head().starts_with(BOM) {
            text.skip(BOM.len());
        }
        let partitions = Partitions::new();
        let dialect = Dialect::new(self.csv, text.head());
        let (shown, sizes) = (self.shown, self.sizes);
        let file = CsvFile { csv: self.csv, dialect, encoding, partitions: &partitions, shown, sizes };
        csv::stream(&file, &mut text, plan, sink)
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

    fn packed(&self, found: Packing) -> Diagnostic {
        let name = if found == Packing::Gzip { "gzip" } else { "zstd" };
        Diagnostic::error(ids::FILE_FORMAT, format!("`{}` is a {name} file", self.shown))
            .located(self.shown)
            .help(format!("say `compression: {name}` in the manifest"))
    }

    fn broken(&self, file: &SourceFile, error: &io::Error) -> Diagnostic {
        let name = if self.packing == Packing::Gzip { "gzip" } else { "zstd" };
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "ends in the middle of its packed data",
            _ => "is not a whole file of this kind",
        };
        Diagnostic::error(
            ids::FILE_FORMAT,
            format!("`{}` ({name}) {what}, at or before byte {}", self.shown, file.position()),
        )
        .located(self.shown)
        .note(error.to_string())
        .help("copy or pack the file again, or mend `compression` in the manifest")
    }
}

/// The byte-order mark in UTF-8, which every encoding of Unicode decodes to.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// A path as messages show it: relative to the project, with `/`.
pub fn shown(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/").replacen("//", "/", 1)
}
