//! How files of text are written.
//!
//! In: nothing; these are plain values made by [`super::source`]. Out: [`Csv`] and its parts. Must not know: YAML, files,
//! columns. Start at [`Csv`].

/// Comma-separated values and their kin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csv {
    /// Between fields.
    pub delimiter: Delimiter,
    /// Around fields that hold the delimiter, the quote (doubled) or line ends; `None` takes quotes as they are.
    pub quote: Option<u8>,
    /// Whether the first row names the columns; without it columns are taken in the manifest's order, or by the position
    /// that their `from` gives.
    pub header: bool,
    /// Lines before the header, or before the first row, that are not looked at.
    pub skip_rows: u32,
    /// What a line begins with that is not looked at.
    pub comment: Option<u8>,
    /// What ends a line.
    pub line_ends: LineEnds,
    /// Whether every row ends in a delimiter, behind which there is no field.
    pub trailing_delimiter: bool,
    /// Whether the last fields of a row may be lacking; they are missing then.
    pub short_rows: bool,
    /// Whether a row may have further fields, which are not looked at.
    pub long_rows: bool,
    /// What bytes mean.
    pub encoding: Encoding,
    /// How numbers are written.
    pub numbers: Numbers,
    /// Whether texts that were made UTF-8 twice are made what they were.
    pub undo_double_encoding: bool,
    /// Whether a file may be without a header, if it is without anything else.
    pub empty_files: bool,
}

impl Default for Csv {
    fn default() -> Csv {
        Csv {
            delimiter: Delimiter::Byte(b','),
            quote: Some(b'"'),
            header: true,
            skip_rows: 0,
            comment: None,
            line_ends: LineEnds::Found,
            trailing_delimiter: false,
            short_rows: false,
            long_rows: false,
            encoding: Encoding::Utf8,
            numbers: Numbers::default(),
            undo_double_encoding: false,
            empty_files: false,
        }
    }
}

impl Csv {
    /// What differs from the default in the delimiter alone.
    pub fn delimited(delimiter: u8) -> Csv {
        Csv { delimiter: Delimiter::Byte(delimiter), ..Csv::default() }
    }
}

/// What stands between the fields of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// One ASCII character.
    Byte(u8),
    /// Several ASCII characters.
    Text(String),
    /// Spaces and tabs, any number of them; those at both ends of a row do not count.
    Blanks,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// What the first line of a file ends with.
    Found,
    /// A line feed, with or without carriage returns before it.
    Lf,
    /// A carriage return.
    Cr,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Between the whole part and the rest: `.` or `,`.
    pub decimal: u8,
    /// Between groups of three digits of the whole part.
    pub thousands: Option<Thousands>,
}

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers { decimal: b'.', thousands: None }
    }
}

/// How the numbers of one column are written, where it is not as the source writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Decimals and thousands; as the source writes them if `None`.
    pub numbers: Option<Numbers>,
    /// How numbers below zero are written beside a minus in front.
    pub negative: Negative,
    /// What may stand before or behind a number and is no part of it: `€`, `EUR`, `%`.
    pub marks: Vec<String>,
}

/// How numbers below zero are written beside a minus in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Negative {
    /// With the minus behind: `12.50-`.
    pub trailing: bool,
    /// In parentheses: `(12.50)`.
    pub parentheses: bool,
    /// With the minus sign of typesetters, U+2212: `−12.50`.
    pub minus_sign: bool,
}

/// What stands between groups of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thousands {
    /// `,`
    Comma,
    /// `.`
    Point,
    /// `'`, straight or curly.
    Apostrophe,
    /// A space, also one that does not break or is narrow.
    Space,
}

/// What the bytes of a text mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without byte-order mark.
    Utf8,
    /// UTF-16 with a byte-order mark.
    Utf16,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// ISO-8859-1: each byte is the character of its number.
    Latin1,
    /// Windows-1252.
    Windows1252,
    /// One of [`Encoding::OTHERS`], by its place there.
    Other(u8),
}

impl Encoding {
    /// Encodings that need no rule of their own, by the name of the manifest and of the WHATWG standard.
    pub const OTHERS: [(&'static str, &'static str); 9] = [
        ("gb18030", "gb18030"),
        ("gbk", "gbk"),
        ("big5", "big5"),
        ("shift-jis", "shift_jis"),
        ("euc-jp", "euc-jp"),
        ("euc-kr", "euc-kr"),
        ("windows-1250", "windows-1250"),
        ("windows-1251", "windows-1251"),
        ("iso-8859-2", "iso-8859-2"),
    ];
    const OWN: [(&'static str, Encoding); 6] = [
        ("utf-8", Encoding::Utf8),
        ("utf-16", Encoding::Utf16),
        ("utf-16le", Encoding::Utf16Le),
        ("utf-16be", Encoding::Utf16Be),
        ("latin-1", Encoding::Latin1),
        ("windows-1252", Encoding::Windows1252),
    ];

    /// Other common spellings, and what each means.
    const ALIASES: [(&'static str, &'static str); 16] = [
        ("utf8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf16", "utf-16"),
        ("utf-16-le", "utf-16le"),
        ("utf-16-be", "utf-16be"),
        ("latin1", "latin-1"),
        ("iso-8859-1", "latin-1"),
        ("iso8859-1", "latin-1"),
        ("cp1252", "windows-1252"),
        ("cp1250", "windows-1250"),
        ("cp1251", "windows-1251"),
        ("gb2312", "gbk"),
        ("cp936", "gbk"),
        ("sjis", "shift-jis"),
        ("shiftjis", "shift-jis"),
        ("cp932", "shift-jis"),
    ];

    /// All spellings that are read, in small letters and with `-`.
    pub fn spellings() -> impl Iterator<Item = &'static str> {
        Encoding::names().chain(Encoding::ALIASES.iter().map(|(alias, _)| *alias))
    }

    /// All names, in the order of messages.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Encoding::OWN.iter().map(|(name, _)| *name).chain(Encoding::OTHERS.iter().map(|(name, _)| *name))
    }

    /// The encoding of a name, in any case and with `_` for `-`; some other common spellings are known too.
    pub fn parse(name: &str) -> Option<Encoding> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let name = Encoding::ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| name);
        let own = Encoding::OWN.iter().find(|(known, _)| *known == name).map(|(_, encoding)| *encoding);
        own.or_else(|| {
            let place = Encoding::OTHERS.iter().position(|(known, _)| *known == name)?;
            u8::try_from(place).ok().map(Encoding::Other)
        })
    }

    /// The name that manifests use.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Other(place) => Encoding::OTHERS.get(usize::from(place)).map_or("", |(name, _)| name),
            own => Encoding::OWN.iter().find(|(_, encoding)| *encoding == own).map_or("", |(name, _)| name),
        }
    }
}

/// How the files of a source are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As the name of each file says: `.gz` and `.zst`.
    ByName,
    /// Not at all.
    None,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstd,
}

impl Packing {
    /// What a file's name says, and the name without it.
    pub fn of(path: &str) -> (Packing, &str) {
        let Some((stem, ending)) = path.rsplit_once('.') else { return (Packing::None, path) };
        match ending.to_ascii_lowercase().as_str() {
            "gz" | "gzip" => (Packing::Gzip, stem),
            "zst" | "zstd" => (Packing::Zstd, stem),
            _ => (Packing::None, path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_has_one_name_that_reads_back() {
        for name in Encoding::names() {
            assert_eq!(Encoding::parse(name).map(Encoding::name), Some(name));
        }
        assert_eq!(Encoding::parse("ISO-8859-1"), Some(Encoding::Latin1));
        assert_eq!(Encoding::parse("Shift_JIS").map(Encoding::name), Some("shift-jis"));
        assert_eq!(Encoding::parse("utf-7"), None);
    }

    #[test]
    fn packing_is_told_from_the_last_part_of_a_name() {
        assert_eq!(Packing::of("a.csv.GZ"), (Packing::Gzip, "a.csv"));
        assert_eq!(Packing::of("订单.zst"), (Packing::Zstd, "订单"));
        assert_eq!(Packing::of("a.csv"), (Packing::None, "a.csv"));
    }
}
