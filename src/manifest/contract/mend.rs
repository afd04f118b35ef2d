//! A text mended as its column declares.
//!
//! In: a text. Out: the text as it is meant, and what was done to it. Must not know: columns, rows. Start at
//! [`Mending::apply`].

use super::{Case, Mending};
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// What was done to a text; several may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mended(u8);

impl Mended {
    /// Full-width characters became ASCII.
    pub const WIDTH: Mended = Mended(1);
    /// White space at its ends went.
    pub const TRIM: Mended = Mended(2);
    /// Letters changed their case.
    pub const CASE: Mended = Mended(4);
    /// Letters and their marks became one character each.
    pub const UNICODE: Mended = Mended(8);
    /// All, each with its name in the quality report.
    pub const ALL: [(Mended, &'static str); 4] =
        [(Mended::UNICODE, "unicode"), (Mended::WIDTH, "width"), (Mended::TRIM, "trim"), (Mended::CASE, "case")];

    /// What was done as bits, and back.
    pub fn bits(self) -> u32 {
        u32::from(self.0)
    }

    /// From [`Mended::bits`].
    pub fn from_bits(bits: u32) -> Mended {
        Mended((bits & 15) as u8)
    }

    /// Whether nothing was done.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether this was done.
    pub fn has(self, other: Mended) -> bool {
        self.0 & other.0 == other.0 && other.0 != 0
    }

    fn add(&mut self, other: Mended) {
        self.0 |= other.0;
    }
}

impl Mending {
    /// Whether texts are taken as they stand.
    pub fn is_none(self) -> bool {
        self == Mending::default()
    }

    /// The mended text: composed characters, then width, then trim, then case.
    ///
    /// ```
    /// use tierwright::manifest::model::{Case, Mending};
    /// let mending = Mending { half_width: true, trim: true, case: Some(Case::Upper), ..Mending::default() };
    /// assert_eq!(mending.apply("\u{3000}ａ１ ").0, "A1");
    /// ```
    pub fn apply(self, text: &str) -> (Cow<'_, str>, Mended) {
        let (mut text, mut done) = (Cow::Borrowed(text), Mended::default());
        if self.composed && !text.is_ascii() && !is_nfc(&text) {
            text = Cow::Owned(text.nfc().collect());
            done.add(Mended::UNICODE);
        }
        if self.half_width && text.chars().any(|c| half(c) != c) {
            text = Cow::Owned(text.chars().map(half).collect());
            done.add(Mended::WIDTH);
        }
        if self.trim {
            let trimmed = text.trim_matches(is_blank);
            if trimmed.len() != text.len() {
                text = match &text {
                    Cow::Borrowed(whole) => Cow::Borrowed(whole.trim_matches(is_blank)),
                    Cow::Owned(_) => Cow::Owned(trimmed.to_owned()),
                };
                done.add(Mended::TRIM);
            }
        }
        if let Some(case) = self.case {
            let cased = match case {
                Case::Lower => text.to_lowercase(),
                Case::Upper => text.to_uppercase(),
            };
            if cased != text {
                text = Cow::Owned(cased);
                done.add(Mended::CASE);
            }
        }
        (text, done)
    }
}

/// The ASCII character that a full-width one stands for.
fn half(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// White space of any script, with the marks of no width that exports leave.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_of_any_kind_go_at_the_ends() {
        let trim = Mending { trim: true, ..Mending::default() };
        for (text, mended) in [
            (" a b ", "a b"),
            ("\u{a0}北京\u{3000}", "北京"),
            ("\u{feff}x\u{200b}\r\n", "x"),
            ("\u{2007}\t", ""),
            ("é", "é"),
        ] {
            let (found, done) = trim.apply(text);
            assert_eq!(found, mended, "{text:?}");
            assert_eq!(done.has(Mended::TRIM), text != mended);
        }
    }

    #[test]
    fn what_was_done_is_told() {
        let all = Mending { half_width: true, trim: true, case: Some(Case::Lower), composed: true };
        let (text, done) = all.apply("\u{3000}ＧＴＸ－１２３e\u{301}");
        assert_eq!(text, "gtx-123é");
        assert!(Mended::ALL.iter().all(|(one, _)| done.has(*one)));
        let (text, done) = all.apply("战略客户 a");
        assert_eq!((text.as_ref(), done.is_none()), ("战略客户 a", true));
        assert!(matches!(text, Cow::Borrowed(_)));
    }

    #[test]
    fn letters_and_their_marks_become_one() {
        let composed = Mending { composed: true, ..Mending::default() };
        let (text, done) = composed.apply("Mu\u{308}ller");
        assert_eq!((text.as_ref(), done.has(Mended::UNICODE)), ("M\u{fc}ller", true));
        assert!(composed.apply("M\u{fc}ller 客户").1.is_none());
        assert_eq!(Mended::from_bits(Mended::UNICODE.bits()), Mended::UNICODE);
    }

    #[test]
    fn half_width_leaves_other_scripts_alone() {
        let half = Mending { half_width: true, ..Mending::default() };
        assert_eq!(half.apply("ﾃﾞｰﾀ、（甲）").0, "ﾃﾞｰﾀ、(甲)");
    }
}
