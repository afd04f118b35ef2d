//! Passwords that stand in a YAML file, where none may stand: they are made unreadable before anything is said.
//!
//! In: the text of a file. Out: the text with `*` in place of passwords, byte for byte, so that places stay. Must not
//! know: what the keys mean, who shows or copies the text. Start at [`masked`].
//!
//! What is masked before the text is read: the password of a PostgreSQL URL, and what follows `password=`. The value of a
//! key `password` under `source` is masked once the tree is known, by [`hide`]. Findings, run records and copies of the
//! project show the masked text.

use super::yaml::{Kind, Node};
use crate::source::{FileId, SourceMap, Span};

/// Keys under `source` whose values nobody may see.
pub const KEYS: [&str; 6] = ["password", "passwd", "pwd", "pass", "token", "secret"];

/// The text with passwords masked.
pub fn masked(text: String) -> String {
    let mut ranges = Vec::new();
    let lower = text.to_ascii_lowercase();
    for scheme in ["postgres://", "postgresql://"] {
        ranges.extend(lower.match_indices(scheme).filter_map(|(at, _)| in_url(&lower, at + scheme.len())));
    }
    for word in ["password=", "passwd=", "pwd="] {
        ranges.extend(lower.match_indices(word).map(|(at, _)| behind(&lower, at + word.len())));
    }
    let mut bytes = text.into_bytes();
    for (start, end) in ranges {
        bytes[start..end].iter_mut().filter(|b| !b"\r\n".contains(b)).for_each(|b| *b = b'*');
    }
    // Ranges begin and end beside ASCII, so the rest is as it was.
    String::from_utf8(bytes).unwrap_or_default()
}

/// The password of a URL whose user begins at `start`: from the first `:` to the last `@` of the word.
fn in_url(text: &str, start: usize) -> Option<(usize, usize)> {
    let rest = &text[start..];
    let word = &rest[..rest.find(|c: char| c.is_whitespace() || "\"'`".contains(c)).unwrap_or(rest.len())];
    let at = word.rfind('@')?;
    let colon = word[..at].find(':')?;
    Some((start + colon + 1, start + at))
}

/// What stands behind `password=`: to the next blank, or to the closing quote.
fn behind(text: &str, start: usize) -> (usize, usize) {
    let rest = &text[start..];
    let end = match rest.strip_prefix(['\'', '"']) {
        Some(inner) => inner.find(&rest[..1]).map(|at| at + 2),
        None => rest.find(|c: char| c.is_whitespace() || "\"'`&,}]".contains(c)),
    };
    (start, start + end.unwrap_or(rest.len()))
}

/// Masks the values of [`KEYS`] under `source` in the texts that findings show.
pub fn hide(root: &Node, sources: &mut SourceMap) {
    let Kind::Map(entries) = &root.kind else { return };
    for source in entries.iter().filter(|entry| entry.key == "source") {
        let Kind::Map(entries) = &source.value.kind else { continue };
        for entry in entries.iter().filter(|entry| is_secret(&entry.key)) {
            sources.mask(entry.value.span);
        }
    }
}

/// Masks what stands behind [`KEYS`] in a text that is no YAML, to the ends of their lines.
pub fn hide_lines(file: FileId, sources: &mut SourceMap) {
    let lower = sources.file(file).text.to_ascii_lowercase();
    let mut ranges = Vec::new();
    for (at, key) in KEYS.iter().flat_map(|key| lower.match_indices(key)) {
        let rest = &lower[at + key.len()..];
        let value = rest.trim_start_matches(['"', '\'', ' ', '\t']);
        if value.starts_with(':') {
            let end = at + key.len() + rest.find('\n').unwrap_or(rest.len());
            ranges.push((lower.len() - value.len() + 1, end));
        }
    }
    ranges.into_iter().for_each(|(start, end)| sources.mask(Span::new(file, start, end)));
}

/// Whether nobody may see the value of a key.
pub fn is_secret(key: &str) -> bool {
    KEYS.iter().any(|secret| key.eq_ignore_ascii_case(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_in_place() {
        let mask = |text: &str| {
            let masked = masked(text.to_owned());
            assert_eq!(masked.len(), text.len(), "{text}");
            masked
        };
        assert_eq!(
            mask("connection: postgres://crm:s3@:t@db:5432/x # 客"),
            "connection: postgres://crm:*****@db:5432/x # 客"
        );
        assert_eq!(mask("\"PostgreSQL://a:密@h/d\""), "\"PostgreSQL://a:***@h/d\"");
        assert_eq!(mask("c: 'host=h Password=s3cret user=u'"), "c: 'host=h Password=****** user=u'");
        assert_eq!(mask("c: \"password='a b' user=u\""), "c: \"password=***** user=u\"");
        assert_eq!(mask("postgres://h/d?password=x&user=u"), "postgres://h/d?password=*&user=u");
        for same in ["connection: CRM_DATABASE", "postgres://user@host/db", "password: text", "postgres://h:5432/d"] {
            assert_eq!(mask(same), same);
        }
    }
}
