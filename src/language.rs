//! The languages in which what people read is written.
//!
//! In: nothing. Out: [`Language`]. Must not know: which words there are; each text that has two versions keeps both.

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
