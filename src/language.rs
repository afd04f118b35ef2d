//! The languages in which what people read is written.
//!
//! In: nothing. Out: [`Language`], counts as they are read. Must not know: which words there are; each text that has two versions keeps both.

/// The language of headings and fixed words; what a project says stays as it is.
///
/// ```
/// use tierwright::language::Language;
/// assert_eq!(Language::of("zh"), Some(Language::Chinese));
/// assert_eq!((Language::of("de"), Language::default().code()), (None, "en"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese.
    Chinese,
}

impl Language {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh",
        }
    }

    /// The language of a code.
    pub fn of(code: &str) -> Option<Language> {
        [Language::English, Language::Chinese].into_iter().find(|language| language.code() == code)
    }
}

/// A count with its thousands apart: `1,234,567`.
///
/// ```
/// use tierwright::language::count;
/// assert_eq!([count(7), count(1_000), count(1_234_567)], ["7", "1,000", "1,234,567"]);
/// ```
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// So many of something that is named: `1 case`, `1,234 cases`.
///
/// ```
/// use tierwright::language::counted;
/// assert_eq!([counted(0, "case"), counted(1, "case"), counted(1_234, "row")], ["0 cases", "1 case", "1,234 rows"]);
/// ```
pub fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n))
}

/// Digits with their thousands apart.
pub fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
