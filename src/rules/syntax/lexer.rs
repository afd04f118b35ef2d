//! Text to tokens, by exactly Rhai 1.27's lexical grammar.
//!
//! In: the text of one file. Out: all its tokens, ending with [`Tok::End`], and what is wrong with it; a piece that is no
//! token is [`Tok::Error`] and already reported. Must not know: the grammar above tokens, except that the braces of an
//! interpolation `${ … }` are counted to find where its text goes on. Start at [`lex`].

use super::MAX_FINDINGS;
use super::token::shorten;
use super::token::{KEYWORDS, RESERVED, RESERVED_SYMBOLS, SYMBOLS, Tok, Token};
use crate::diag::{Diagnostic, ids};
use crate::source::{FileId, Span};

/// What a text consists of.
pub(super) struct Lexed {
    /// The tokens; the last is [`Tok::End`].
    pub(super) tokens: Vec<Token>,
    /// What is wrong.
    pub(super) findings: Vec<Diagnostic>,
    /// Whether a text or comment that is not closed took the rest of the file.
    pub(super) open_ended: bool,
}

/// The tokens of `text`, with findings.
pub(super) fn lex(file: FileId, text: &str) -> Lexed {
    let mut lexer = Lexer::new(file, text);
    lexer.run();
    Lexed { tokens: lexer.tokens, findings: lexer.findings, open_ended: lexer.open_ended }
}

/// The state of reading one text.
pub(super) struct Lexer<'a> {
    pub(super) file: FileId,
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) findings: Vec<Diagnostic>,
    tokens: Vec<Token>,
    braces: u32,
    /// For each interpolation that is open: how many braces were open at its start.
    interpolations: Vec<u32>,
    first: bool,
    unary: bool,
    pub(super) open_ended: bool,
}

impl<'a> Lexer<'a> {
    fn new(file: FileId, text: &'a str) -> Lexer<'a> {
        Lexer {
            file,
            text,
            at: 0,
            findings: Vec::new(),
            tokens: Vec::new(),
            braces: 0,
            interpolations: Vec::new(),
            first: true,
            unary: true,
            open_ended: false,
        }
    }

    fn run(&mut self) {
        loop {
            self.skip_blanks();
            let start = self.at;
            let tok = self.token();
            let done = tok == Tok::End;
            self.push(tok, start);
            if done {
                return;
            }
        }
    }

    /// Adds a token, and reads on in the text of an interpolation that its brace closes.
    fn push(&mut self, tok: Tok, start: usize) {
        let closes = tok == Tok::Sym("}") && self.interpolations.last() == Some(&self.braces.saturating_sub(1));
        let opens = matches!(tok, Tok::Sym("{" | "#{"));
        let template = matches!(tok, Tok::Template(_));
        let braces = self.braces;
        if opens {
            self.braces += 1;
        } else if tok == Tok::Sym("}") {
            self.braces = self.braces.saturating_sub(1);
        }
        self.unary = tok.sign_may_follow();
        self.tokens.push(Token { tok, start, end: self.at, braces, first: std::mem::take(&mut self.first) });
        if template {
            self.interpolations.push(self.braces);
        }
        if closes {
            self.interpolations.pop();
            let start = self.at;
            let tok = self.template_part(start);
            let tok = match tok {
                Tok::Text(text) => Tok::TemplateEnd(text),
                other => other,
            };
            self.push(tok, start);
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes `prefix` if the text goes on with it.
    pub(super) fn take(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// Reports an error from `start` to here.
    pub(super) fn error(&mut self, start: usize, message: impl Into<String>, help: &str) -> Tok {
        let span = self.span(start, self.at.max(start));
        self.error_at(span, message, help)
    }

    pub(super) fn error_at(&mut self, span: Span, message: impl Into<String>, help: &str) -> Tok {
        if self.findings.len() < 4 * MAX_FINDINGS {
            let finding = Diagnostic::error(ids::SYNTAX, message).at(span);
            self.findings.push(if help.is_empty() { finding } else { finding.help(help) });
        }
        Tok::Error
    }

    /// Skips ASCII blanks and comments. Nested block comments are counted, not recursed into.
    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some('\n' | '\r') => {
                    self.at += 1;
                    self.first = true;
                }
                Some(c) if c.is_ascii_whitespace() => self.at += 1,
                Some('/') if self.rest().starts_with("//") => {
                    let rest = self.rest();
                    // A lone carriage return ends a line comment for Rhai too.
                    self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
                }
                Some('/') if self.rest().starts_with("/*") => self.block_comment(),
                _ => return,
            }
        }
    }

    /// Rhai takes a block comment that never ends for the end of the file; here it is an error.
    fn block_comment(&mut self) {
        let start = self.at;
        self.at += 2;
        let mut level = 1;
        while level > 0 {
            if self.take("/*") {
                level += 1;
            } else if self.take("*/") {
                level -= 1;
            } else if self.next().is_none() {
                let span = self.span(start, start + 2);
                self.open_ended = true;
                self.error_at(span, "this comment is not closed", "write `*/` where it ends");
                return;
            }
        }
    }

    /// The next token; always takes at least one character except at the end.
    fn token(&mut self) -> Tok {
        let start = self.at;
        let Some(c) = self.peek() else { return Tok::End };
        match c {
            '0'..='9' => self.number(start, false),
            '-' if self.unary && self.rest()[1..].starts_with(|d: char| d.is_ascii_digit()) => {
                self.at += 1;
                self.number(start, true)
            }
            '"' => self.quoted(start),
            '`' => {
                self.at += 1;
                // A line break directly after the opening back-tick is not part of the text.
                let _ = self.take("\r\n") || self.take("\n") || self.take("\r");
                self.template_part(start)
            }
            '\'' => self.character(start),
            '#' if matches!(self.rest().as_bytes().get(1), Some(b'"' | b'#')) => self.raw(start),
            _ if c == '_' || starts_name(c) => self.word(start),
            _ => self.symbol(start, c),
        }
    }

    fn word(&mut self, start: usize) -> Tok {
        while self.peek().is_some_and(continues_name) {
            self.next();
        }
        let word = &self.text[start..self.at];
        if word == "_" {
            return Tok::Sym("_");
        }
        if let Some(key) = KEYWORDS.iter().find(|k| **k == word) {
            return Tok::Key(key);
        }
        if RESERVED.contains(&word) {
            return Tok::Reserved;
        }
        if !rhai::is_valid_identifier(word) {
            let message = format!("`{}` is not a name", shorten(word));
            return self.error(start, message, "a name starts with a letter, or with `_` and a letter");
        }
        Tok::Ident
    }

    fn symbol(&mut self, start: usize, c: char) -> Tok {
        let rest = self.rest();
        if let Some(tail) = rest.strip_prefix("!in")
            && !tail.starts_with(continues_name)
        {
            self.at += 3;
            return Tok::Sym("!in");
        }
        let good = SYMBOLS.iter().find(|s| rest.starts_with(**s));
        let bad = RESERVED_SYMBOLS.iter().find(|s| rest.starts_with(**s));
        match (good, bad) {
            (good, Some(bad)) if good.is_none_or(|g| g.len() <= bad.len()) => {
                self.at += bad.len();
                Tok::BadSym(bad)
            }
            (Some(good), _) => {
                self.at += good.len();
                Tok::Sym(good)
            }
            _ => {
                self.next();
                self.unknown_character(start, c)
            }
        }
    }

    fn unknown_character(&mut self, start: usize, c: char) -> Tok {
        let (message, help) = match c {
            '\u{feff}' => ("a byte-order mark inside the file".to_string(), "remove it".to_string()),
            '\0' => ("a NUL character".to_string(), "remove it".to_string()),
            _ if c.is_control() || c.is_whitespace() => {
                (format!("the character U+{:04X} is not allowed here", u32::from(c)), "write a space".to_string())
            }
            _ => {
                let help = ascii_of(c).map_or(String::new(), |a| format!("write the ASCII character `{a}`"));
                (format!("the character `{c}` is not allowed here"), help)
            }
        };
        self.error(start, message, &help)
    }
}

/// The ASCII character that an input method for Chinese puts a wide one in place of.
fn ascii_of(c: char) -> Option<char> {
    Some(match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)?,
        // A text stands in double quotes whatever quotes were typed.
        '“' | '”' | '„' | '‘' | '’' | '「' | '」' | '『' | '』' => '"',
        '。' => '.',
        '、' => ',',
        '【' => '[',
        '】' => ']',
        '—' | '–' | '−' => '-',
        '×' => '*',
        '÷' => '/',
        _ => return None,
    })
}

/// Whether a name may start with `c`; asked of Rhai, so that both use the same Unicode tables.
pub(super) fn starts_name(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' => true,
        '\0'..='\x7f' => false,
        _ => rhai::is_valid_identifier(c.encode_utf8(&mut [0; 4])),
    }
}

/// Whether a name may go on with `c`.
pub(super) fn continues_name(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => true,
        '\0'..='\x7f' => false,
        _ => {
            let mut name = String::from("a");
            name.push(c);
            rhai::is_valid_identifier(&name)
        }
    }
}
