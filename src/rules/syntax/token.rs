//! Tokens, with the tables of Rhai's lexical grammar: keywords, symbols, reserved words, precedence.
//!
//! In: nothing. Out: [`Token`] and the tables that `lexer` and `parser` share. Must not know: texts. The tables follow
//! `rhai-1.27.0/src/types/token.rs` and `tokenizer.rs`.

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum Tok {
    /// A name; its text is the token's.
    Ident,
    /// A word that Rhai reserves without giving it a meaning in the grammar (`case`, `this`, `print`).
    Reserved,
    /// A keyword.
    Key(&'static str),
    /// A symbol of the grammar.
    Sym(&'static str),
    /// A symbol that Rhai reserves (`===`, `->`).
    BadSym(&'static str),
    /// A whole number. `negative` where the sign is part of the token, as in `[-5]`; the smallest number is one literal,
    /// neither negated nor negative.
    Int { value: i64, negative: bool },
    /// A number with a point or an exponent, without its sign.
    Float { value: f64, negative: bool },
    /// `'x'`.
    Char(String),
    /// A text without interpolation.
    Text(String),
    /// The part of a back-tick text before `${`; a block follows.
    Template(String),
    /// The last part of a back-tick text with interpolation.
    TemplateEnd(String),
    /// Something already reported.
    Error,
    /// End of file.
    End,
}

/// A token with its byte range.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub tok: Tok,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// How many braces are open before it.
    pub braces: u32,
    /// Whether it is the first of its line.
    pub first: bool,
}

/// Keywords of the grammar.
pub const KEYWORDS: &[&str] = &[
    "as", "break", "catch", "const", "continue", "do", "else", "export", "false", "fn", "for", "if", "import", "in",
    "let", "loop", "private", "return", "switch", "throw", "true", "try", "until", "while",
];

/// Words that Rhai reserves.
pub const RESERVED: &[&str] = &[
    "Fn",
    "async",
    "await",
    "call",
    "case",
    "curry",
    "debug",
    "default",
    "eval",
    "go",
    "goto",
    "is",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "print",
    "protected",
    "public",
    "shared",
    "spawn",
    "static",
    "super",
    "sync",
    "this",
    "thread",
    "type_of",
    "use",
    "var",
    "void",
    "with",
    "yield",
];

/// Symbols of the grammar, longest first; `!in`, comments and numbers are read elsewhere.
pub const SYMBOLS: &[&str] = &[
    "**=", "<<=", ">>=", "..=", "()", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "**", "<<", ">>", "..", "==",
    "!=", "<=", ">=", "=>", "&&", "||", "??", "?.", "?[", "::", "#{", "{", "}", "(", ")", "[", "]", "+", "-", "*", "/",
    "%", "&", "|", "^", "=", "<", ">", "!", ";", ":", ",", ".",
];

/// Symbols that Rhai reserves, longest first. They win over a [`SYMBOLS`] entry of the same or a smaller length.
pub const RESERVED_SYMBOLS: &[&str] = &[
    "===", "!==", "...", "::<", "++", "--", "->", "<-", ":=", ":;", "(*", "*)", "<|", "|>", "!.", "#!", "#", "?", "~",
    "@", "$",
];

impl Tok {
    /// Whether a sign that follows belongs to the number after it (Rhai's `is_next_unary`).
    pub fn sign_may_follow(&self) -> bool {
        match self {
            Tok::Key(word) => matches!(*word, "if" | "while" | "until" | "in" | "return" | "throw"),
            Tok::Sym(sym) => !matches!(*sym, "=>" | "#{" | "()" | "::" | "." | "?." | ")" | "]" | "}"),
            Tok::Error => true,
            _ => false,
        }
    }

    /// How tightly a binary operator binds, in Rhai's numbers; 0 for anything else.
    pub fn precedence(&self) -> u8 {
        match self {
            Tok::Sym(sym) => match *sym {
                "||" | "|" | "^" => 30,
                "&&" | "&" => 60,
                "==" | "!=" => 90,
                "!in" => 110,
                "<" | "<=" | ">" | ">=" => 130,
                "??" => 135,
                ".." | "..=" => 140,
                "+" | "-" => 150,
                "*" | "/" | "%" => 180,
                "**" => 190,
                "<<" | ">>" => 210,
                _ => 0,
            },
            Tok::Key("in") => 110,
            _ => 0,
        }
    }

    /// The operator of an assignment: `Some("")` for `=`, `Some("+")` for `+=`.
    pub fn assignment(&self) -> Option<&'static str> {
        match self {
            Tok::Sym(sym) => match *sym {
                "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" | "**=" | "<<=" | ">>=" => {
                    Some(&sym[..sym.len() - 1])
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// At most the first 40 characters.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((i, _)) => format!("{}…", &text[..i]),
        None => text.to_string(),
    }
}
