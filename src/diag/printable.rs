//! Text that looks like what it is.
//!
//! In: names, values, paths, whole messages. Out: the same with what nobody sees, or what steers a terminal, written as
//! an escape: two names that are not equal do not look alike because of it. Must not know: where the text goes. Start at
//! [`printable`].

use std::borrow::Cow;
use std::fmt::Write;

/// The text with invisible characters written as `\u{200b}`: controls, format characters, blanks that are not U+0020,
/// line separators. Line ends and tabs stay.
///
/// ```
/// use tierwright::diag::printable::printable;
/// assert_eq!(printable("a\u{a0}b\u{200b}\n战略"), "a\\u{a0}b\\u{200b}\n战略");
/// assert_eq!(printable("\u{1b}[31m"), "\\u{1b}[31m");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push(&mut out, c));
    Cow::Owned(out)
}

/// The text of a message on one line, with long names and values cut: in a quotation by back-ticks what is behind
/// [`QUOTED`] characters, of the whole what is behind [`MESSAGE`].
pub fn message(text: &str) -> String {
    let mut out = String::new();
    for (nth, part) in text.split('`').enumerate() {
        if nth > 0 {
            out.push('`');
        }
        let few = if nth % 2 == 1 { QUOTED } else { MESSAGE };
        out.push_str(&cut(part, few));
    }
    let text = printable(&out);
    cut(&text.replace("\r\n", "\n").replace('\n', "\\n").replace('\t', "\\t"), MESSAGE).into_owned()
}

/// Characters of a quoted name or value that are shown, as of a cell.
const QUOTED: usize = 200;

/// Characters of a message that are shown.
const MESSAGE: usize = 2_000;

fn cut(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

/// Appends a character, or its escape.
pub(super) fn push(out: &mut String, c: char) {
    if is_hidden(c) {
        let _ = write!(out, "\\u{{{:x}}}", c as u32);
    } else {
        out.push(c);
    }
}

/// Whether nobody sees a character, or takes it for another: controls but line end and tab, and of Unicode the
/// default-ignorable code points, format characters, and separators but the blank.
pub fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => false,
        _ if c.is_control() => true,
        _ => HIDDEN.binary_search_by(|(from, to)| order(*from, *to, c)).is_ok(),
    }
}

fn order(from: char, to: char, c: char) -> std::cmp::Ordering {
    if to < c {
        std::cmp::Ordering::Less
    } else if from > c {
        std::cmp::Ordering::Greater
    } else {
        std::cmp::Ordering::Equal
    }
}

/// Ranges of Default_Ignorable_Code_Point, Cf, Zs, Zl and Zp of Unicode 16, but for the blank.
const HIDDEN: &[(char, char)] = &[
    ('\u{a0}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_what_nobody_sees_look_unlike() {
        let blanks = "\u{a0}\u{180e}\u{2028}\u{3000}\r";
        let others = "\u{ad}\u{200b}\u{200d}\u{202e}\u{2060}\u{2066}\u{fe0f}\u{feff}\u{e0041}\u{7f}";
        for c in blanks.chars().chain(others.chars()) {
            let shown = printable(&format!("na{c}me")).into_owned();
            assert_eq!(shown, format!("na\\u{{{:x}}}me", c as u32));
        }
        assert!(HIDDEN.windows(2).all(|pair| pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0));
        for text in ["战略 客户", "é ß\tü", "日本\n", "a-b_c", "👍"] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn a_message_is_one_line_and_its_quotations_are_cut() {
        assert_eq!(message("no column `a\nb\tc`"), "no column `a\\nb\\tc`");
        let long = message(&format!("no `{}` in `b`", "客".repeat(5_000)));
        assert_eq!(long, format!("no `{}…` in `b`", "客".repeat(QUOTED)));
        assert_eq!(message(&"x".repeat(9_000)).chars().count(), MESSAGE + 1);
    }
}
