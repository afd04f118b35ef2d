//! Source texts and places in them.
//!
//! In: the text of a rule file or a YAML file, with the path that messages show. Out: file ids, byte spans, and lines
//! and columns for people. Must not know: what the text means. Start at [`SourceMap`].

use std::fmt;
use std::ops::Range;

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A byte range in one source file.
///
/// ```
/// use tierwright::source::{FileId, Span};
/// let a = Span::new(FileId(0), 3, 5);
/// assert_eq!(a.to(Span::new(FileId(0), 9, 12)), Span::new(FileId(0), 3, 12));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file, start: clip(start), end: clip(end) }
    }

    /// From the start of `self` to the end of `other`, which lies in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The byte range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

/// One text with its path, as messages show it (relative to the project folder, `/` between parts).
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path as shown.
    pub path: String,
    /// The text, without a byte-order mark.
    pub text: String,
    line_starts: Vec<usize>,
    /// How many characters begin before each [`STRIDE`]th byte: a column is told without a walk over its line.
    characters: Vec<usize>,
    /// Whether it is a part of another file, made to be read on its own.
    excerpt: bool,
}

/// Bytes between two places of which [`SourceFile`] knows how many characters are before them.
const STRIDE: usize = 512;

/// Whether a byte of UTF-8 begins a character.
fn begins(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

impl SourceFile {
    fn new(path: String, text: String) -> SourceFile {
        let mut line_starts = vec![0];
        line_starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1));
        let mut characters = vec![0];
        let mut before = 0;
        for chunk in text.as_bytes().chunks(STRIDE) {
            before += chunk.iter().filter(|b| begins(**b)).count();
            characters.push(before);
        }
        SourceFile { path, text, line_starts, characters, excerpt: false }
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|s| *s <= offset) - 1;
        let start = self.line_starts[line];
        let column = if self.text.is_char_boundary(offset) { self.before(offset) - self.before(start) } else { 0 };
        (line + 1, column + 1)
    }

    /// How many characters begin before a byte.
    fn before(&self, offset: usize) -> usize {
        let from = offset - offset % STRIDE;
        self.characters[offset / STRIDE] + self.text.as_bytes()[from..offset].iter().filter(|b| begins(**b)).count()
    }

    /// The byte offset of a line and column (both from 1, the column in characters), clipped to the text.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let Some(start) = self.line_starts.get(line.saturating_sub(1)).copied() else { return self.text.len() };
        let wanted = self.before(start).saturating_add(column.saturating_sub(1));
        let stride = self.characters.partition_point(|before| *before <= wanted).saturating_sub(1);
        let from = (stride * STRIDE).min(self.text.len());
        let begin = |(_, byte): &(usize, &u8)| begins(**byte);
        let rest = self.text.as_bytes()[from..].iter().enumerate();
        let place = rest.filter(begin).nth(wanted - self.characters[stride]);
        place.map_or(self.text.len(), |(at, _)| from + at)
    }

    /// The text of a line, from 1, without its end.
    pub fn line(&self, line: usize) -> &str {
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        let text = &self.text[start..end.max(start)];
        text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
    }
}

/// All texts of one project, by id.
///
/// ```
/// use tierwright::source::{SourceMap, Span};
/// let mut map = SourceMap::default();
/// let file = map.add("rules/tier.rhai", "fn tier(c) {\n  c.等级\n}");
/// let span = Span::new(file, 17, 23);
/// assert_eq!(map.text(span), "等级");
/// assert_eq!(map.place(span), "rules/tier.rhai:2:5");
/// ```
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a text; a leading byte-order mark is dropped.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let mut text: String = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        self.files.push(SourceFile::new(path.into(), text));
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds a part of a file that is read on its own, under that file's path. It is no file of the project.
    pub fn add_excerpt(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = self.add(path, text);
        if let Some(file) = self.files.last_mut() {
            file.excerpt = true;
        }
        id
    }

    /// The file of an id.
    ///
    /// # Panics
    /// If the id comes from another map: a defect of the caller.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files, in the order they were added, without excerpts.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().filter(|(_, f)| !f.excerpt).map(|(i, f)| (FileId(i as u32), f))
    }

    /// The text of a span; empty where the span does not lie on character boundaries of its file.
    pub fn text(&self, span: Span) -> &str {
        self.files.get(span.file.0 as usize).and_then(|f| f.text.get(span.range())).unwrap_or("")
    }

    /// Writes `*` over the bytes of a span, but for line ends: what nobody may see is then in no message and no copy.
    pub fn mask(&mut self, span: Span) {
        let Some(file) = self.files.get_mut(span.file.0 as usize) else { return };
        let mut bytes = std::mem::take(&mut file.text).into_bytes();
        for byte in bytes.get_mut(span.range()).into_iter().flatten().filter(|b| !b"\r\n".contains(b)) {
            *byte = b'*';
        }
        file.text = String::from_utf8_lossy(&bytes).into_owned();
    }

    /// `path:line:column` of a span's start.
    pub fn place(&self, span: Span) -> String {
        let file = self.file(span.file);
        let (line, column) = file.line_column(span.start as usize);
        format!("{}:{line}:{column}", file.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_long_lines_are_those_of_a_walk() {
        for text in [String::new(), "客a".repeat(700), format!("{}\n{}\r\n客", "é".repeat(511), "x客".repeat(900))]
        {
            let file = SourceFile::new(String::new(), text.clone());
            let (mut line, mut column) = (1, 1);
            for (at, c) in text.char_indices() {
                assert_eq!(file.line_column(at), (line, column), "{at}");
                assert_eq!(file.offset(line, column), at);
                column += 1;
                if c == '\n' {
                    (line, column) = (line + 1, 1);
                }
            }
            assert_eq!(file.line_column(text.len()), (line, column));
            assert_eq!(file.offset(line, column), text.len());
            let lines: Vec<&str> = (1..=text.lines().count()).map(|n| file.line(n)).collect();
            assert_eq!(lines, text.lines().collect::<Vec<_>>());
            assert_eq!(file.line(99), "");
        }
    }
}
