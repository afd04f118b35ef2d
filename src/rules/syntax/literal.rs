//! Numbers and texts, character by character as Rhai reads them.
//!
//! In: a [`Lexer`] that stands at a literal. Out: its token, and findings. Must not know: what follows. Where Rhai is
//! silent (a whole number too large becomes a float, a float too large becomes infinite), this reports an error.

use super::lexer::{Lexer, starts_name};
use super::token::Tok;

const TOO_LARGE: &str = "a whole number lies between -9223372036854775808 and 9223372036854775807";

impl Lexer<'_> {
    /// A number; `at` stands at its first digit, `start` at its sign or first digit.
    pub(super) fn number(&mut self, start: usize, negative: bool) -> Tok {
        let first = self.at;
        if self.peek() == Some('0') {
            let bytes = self.rest().as_bytes();
            // Separators may stand between the zero and its letter.
            let letter = bytes.iter().skip(1).position(|b| *b != b'_').map(|i| i + 1);
            if let Some(i) = letter
                && let Some(radix) = radix_of(bytes[i])
            {
                self.at += i + 1;
                return self.radix(start, negative, radix);
            }
        }
        let (digits, float) = self.decimal_digits();
        if float {
            return match digits.parse::<f64>() {
                Ok(value) if value.is_finite() => Tok::Float { value, negative },
                Ok(_) => self.error(first, "this number is too large", ""),
                Err(_) => self.error(first, "this number is not complete", "write digits after the exponent"),
            };
        }
        match digits.parse::<u64>() {
            Ok(n) if n <= i64::MAX as u64 => Tok::Int { value: n as i64, negative },
            Ok(n) if negative && n == i64::MIN.unsigned_abs() => Tok::Int { value: i64::MIN, negative: false },
            _ => self.error(first, "this whole number is too large", TOO_LARGE),
        }
    }

    /// The digits from here without separators, and whether they have a point or an exponent.
    fn decimal_digits(&mut self) -> (String, bool) {
        let mut digits = String::new();
        let mut float = false;
        while let Some(c) = self.peek() {
            let tail = &self.rest()[c.len_utf8()..];
            match c {
                '_' => self.at += 1,
                '0'..='9' => {
                    digits.push(c);
                    self.at += 1;
                }
                // `1.5` and `1.` are floats; `1..5`, `1._`, `1.abs()` and a point at the end of the file are not.
                '.' if !float => match tail.chars().next() {
                    Some('0'..='9') => {
                        digits.push('.');
                        float = true;
                        self.at += 1;
                    }
                    Some('_' | '.') | None => break,
                    Some(next) if !starts_name(next) => {
                        digits.push_str(".0");
                        float = true;
                        self.at += 1;
                    }
                    Some(_) => break,
                },
                'e' | 'E' if !digits.contains('e') => match tail.chars().next() {
                    Some('0'..='9') => {
                        digits.push('e');
                        float = true;
                        self.at += 1;
                    }
                    Some(sign @ ('+' | '-')) => {
                        digits.push('e');
                        digits.push(sign);
                        float = true;
                        self.at += 2;
                    }
                    _ => break,
                },
                _ => break,
            }
        }
        (digits, float)
    }

    /// The digits after `0x`, `0o` or `0b`. As in Rhai, the upper half of the 64 bits stands for negative numbers.
    fn radix(&mut self, start: usize, negative: bool, radix: u32) -> Tok {
        let mut digits = String::new();
        while let Some(c) = self.peek().filter(|c| *c == '_' || c.is_digit(radix)) {
            if c != '_' {
                digits.push(c);
            }
            self.at += 1;
        }
        if negative {
            return self.error(
                start,
                "a sign before a number of this form",
                "put the number in parentheses: `-(0x10)`",
            );
        }
        match u64::from_str_radix(&digits, radix) {
            Ok(n) => Tok::Int { value: n as i64, negative: false },
            Err(_) if digits.is_empty() => self.error(start, "this number has no digits", ""),
            Err(_) => self.error(start, "this whole number is too large", TOO_LARGE),
        }
    }

    /// `"…"`: one line unless continued with `\`, `""` for a quote inside.
    pub(super) fn quoted(&mut self, start: usize) -> Tok {
        self.at += 1;
        match self.escaped('"', start) {
            Ok(text) => Tok::Text(text),
            Err(tok) => tok,
        }
    }

    /// `'x'`.
    pub(super) fn character(&mut self, start: usize) -> Tok {
        self.at += 1;
        if self.take("'") {
            return self.error(start, "an empty character", "the dialect has no characters; write a text: `\"\"`");
        }
        match self.escaped('\'', start) {
            Ok(text) => Tok::Char(text),
            Err(tok) => tok,
        }
    }

    /// Text with escapes up to `end`, which was opened before. At the end of the line or file: an error that ends there.
    fn escaped(&mut self, end: char, start: usize) -> Result<String, Tok> {
        let mut text = String::new();
        let mut skip_to = 0;
        loop {
            let here = self.at;
            let Some(c) = self.next() else { return Err(self.unterminated(start)) };
            match c {
                _ if c == end => {
                    if self.peek() != Some(end) {
                        return Ok(text);
                    }
                    self.next();
                    text.push(end);
                    skip_to = 0;
                }
                '\r' if self.peek() == Some('\n') => {}
                '\n' => {
                    self.at = here;
                    return Err(self.unterminated(start));
                }
                '\\' => {
                    if self.rest().starts_with("\r\n") {
                        self.at += 1;
                    }
                    if end == '"' && self.take("\n") {
                        // The next line goes on where the text began, so that blanks up to there are left out.
                        skip_to = self.column(start) + 1;
                        continue;
                    }
                    match self.escape(here, end) {
                        Some(c) => text.push(c),
                        None => return Err(self.skip_text(end)),
                    }
                }
                // Rhai leaves out blanks by `is_whitespace` up to the column, until another character comes.
                _ if c.is_whitespace() && skip_to > 0 && self.column(here) < skip_to => {}
                _ => {
                    skip_to = 0;
                    text.push(c);
                }
            }
        }
    }

    /// The character of an escape sequence, after its backslash; reports one that Rhai does not know.
    fn escape(&mut self, backslash: usize, end: char) -> Option<char> {
        const KNOWN: &str = "the escapes are `\\n`, `\\r`, `\\t`, `\\\\`, `\\\"`, `\\x41`, `\\u5b57`, `\\U0001f600`";
        let length = match self.next() {
            Some('n') => return Some('\n'),
            Some('r') => return Some('\r'),
            Some('t') => return Some('\t'),
            Some('\\') => return Some('\\'),
            Some(c) if c == end => return Some(c),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => {
                self.error(backslash, "an unknown escape in a text", KNOWN);
                return None;
            }
        };
        let hex: String = self.rest().chars().take_while(char::is_ascii_hexdigit).take(length).collect();
        self.at += hex.len();
        let c = u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == length).and_then(char::from_u32);
        if c.is_none() {
            self.error(backslash, "an escape in a text that is no character", KNOWN);
        }
        c
    }

    /// Goes to the end of a text that was already reported, at most to the end of its line.
    fn skip_text(&mut self, end: char) -> Tok {
        while let Some(c) = self.peek().filter(|c| *c != '\n') {
            self.next();
            if c == '\\' && self.peek() != Some('\n') {
                self.next();
            } else if c == end {
                break;
            }
        }
        Tok::Error
    }

    fn unterminated(&mut self, start: usize) -> Tok {
        let help =
            "close it with the character that it opens with; a text over several lines stands between back-ticks";
        let width = self.text[start..].chars().next().map_or(0, char::len_utf8);
        let span = self.span(start, start + width);
        self.open_ended = self.at == self.text.len();
        self.error_at(span, "this text is not closed", help)
    }

    /// The column of a byte, counted in characters from 1.
    fn column(&self, at: usize) -> usize {
        let line = self.text[..at].rfind('\n').map_or(0, |i| i + 1);
        self.text[line..at].chars().count() + 1
    }

    /// The part of a back-tick text from here to its end ([`Tok::Text`]) or to `${` ([`Tok::Template`], with the dollar).
    pub(super) fn template_part(&mut self, start: usize) -> Tok {
        let mut text = String::new();
        loop {
            if self.rest().starts_with("${") {
                self.at += 1;
                return Tok::Template(text);
            }
            if self.take("\\${") {
                text.push_str("${");
                continue;
            }
            match self.next() {
                None => return self.unterminated(start),
                Some('`') if !self.take("`") => return Tok::Text(text),
                Some('\r') if self.peek() == Some('\n') => {}
                Some(c) => text.push(c),
            }
        }
    }

    /// `#"…"#` with any number of `#`: nothing in it is an escape.
    pub(super) fn raw(&mut self, start: usize) -> Tok {
        let rest = self.rest();
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        self.at += hashes;
        if !self.take("\"") {
            return self.error(start, "`#` is no symbol of its own", "a map is `#{ … }`, a raw text `#\"…\"#`");
        }
        let end = format!("\"{}", "#".repeat(hashes));
        match self.rest().find(&end) {
            Some(i) => {
                let text = self.rest()[..i].to_string();
                self.at += i + end.len();
                Tok::Text(text)
            }
            None => {
                self.at = self.text.len();
                self.open_ended = true;
                let span = self.span(start, start + hashes + 1);
                self.error_at(span, "this text is not closed", &format!("close it with `{end}`"))
            }
        }
    }
}

fn radix_of(letter: u8) -> Option<u32> {
    match letter {
        b'x' | b'X' => Some(16),
        b'o' | b'O' => Some(8),
        b'b' | b'B' => Some(2),
        _ => None,
    }
}
