//! Tokens to the tree: the state that all parts of the parser share, and recovery after errors.
//!
//! In: the tokens of one file. Out: its tree and findings. Must not know: `rhai`. Start at [`parse_file`]; constants and
//! functions are in `items`, statements in `stmt` and `assign`, expressions in `expr`, `primary` and `switch`.
//!
//! A part that fails has reported why and returns [`Failed`]; the next statement or function goes on.

use super::lexer::{Lexed, lex};
use super::token::{Tok, Token, shorten};
use super::{MAX_FINDINGS, MAX_HEIGHT, MAX_NESTING};
use crate::diag::{Diagnostic, Id, ids};
use crate::rules::ast::{Block, Expr, ExprKind, File, NodeId};
use crate::source::{FileId, Span};

/// The part could not be read, and that is reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed;

/// A part of the tree, unless it could not be read.
pub(super) type Parsed<T> = Result<T, Failed>;

/// An expression with what its parents need to know.
pub(super) struct Node {
    pub(super) expr: Expr,
    /// Its place with the parentheses around it.
    pub(super) outer: Span,
    /// How many nodes it is deep.
    pub(super) height: u32,
}

/// A block and how many nodes it is deep.
pub(super) struct Body {
    pub(super) block: Block,
    pub(super) height: u32,
}

/// The tree of `text`, and what is wrong with it by our own reading.
pub(super) fn parse_file(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let Lexed { tokens, findings, open_ended } = lex(file, text);
    let mut parser = Parser {
        file,
        text,
        tokens,
        at: 0,
        findings,
        nodes: 0,
        nesting: 0,
        loops: 0,
        in_case: false,
        unwinding: false,
        open_ended,
    };
    let (constants, functions) = parser.file_level();
    (File { file, constants, functions, nodes: parser.nodes }, parser.findings)
}

/// The state of reading one file.
pub(super) struct Parser<'a> {
    pub(super) file: FileId,
    pub(super) text: &'a str,
    tokens: Vec<Token>,
    pub(super) at: usize,
    findings: Vec<Diagnostic>,
    nodes: NodeId,
    nesting: u32,
    /// How many loops the current function or closure has open here.
    pub(super) loops: u32,
    /// Whether `|` ends an expression, as between the cases of a `switch`.
    pub(super) in_case: bool,
    /// Whether a block that is not closed was reported, and blocks end up to the file's level.
    pub(super) unwinding: bool,
    /// Whether a text or comment that is not closed took the rest of the file.
    open_ended: bool,
}

/// Tokens and places.
impl<'a> Parser<'a> {
    pub(super) fn tok(&self) -> &Tok {
        &self.token().tok
    }

    /// The current token; the last is [`Tok::End`] for ever.
    pub(super) fn token(&self) -> &Token {
        &self.tokens[self.at]
    }

    pub(super) fn ahead(&self, n: usize) -> &Tok {
        &self.tokens[(self.at + n).min(self.tokens.len() - 1)].tok
    }

    pub(super) fn is(&self, sym: &str) -> bool {
        matches!(self.tok(), Tok::Sym(s) if *s == sym)
    }

    pub(super) fn is_key(&self, key: &str) -> bool {
        matches!(self.tok(), Tok::Key(k) if *k == key)
    }

    /// Takes the current token and gives its place.
    pub(super) fn bump(&mut self) -> Span {
        let span = self.here();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        span
    }

    pub(super) fn eat(&mut self, sym: &str) -> bool {
        let found = self.is(sym);
        if found {
            self.bump();
        }
        found
    }

    pub(super) fn eat_key(&mut self, key: &str) -> bool {
        let found = self.is_key(key);
        if found {
            self.bump();
        }
        found
    }

    /// The place of the current token.
    pub(super) fn here(&self) -> Span {
        let token = self.token();
        self.span(token.start, token.end)
    }

    /// The place of the last token taken.
    pub(super) fn behind(&self) -> Span {
        let token = &self.tokens[self.at.saturating_sub(1)];
        self.span(token.start, token.end)
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    pub(super) fn text_of(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The current token as messages name it.
    pub(super) fn found(&self) -> String {
        match self.tok() {
            Tok::End => "the end of the file".to_string(),
            Tok::Text(_) | Tok::Template(_) | Tok::TemplateEnd(_) => "a text".to_string(),
            _ => format!("`{}`", shorten(self.text_of(self.here()))),
        }
    }
}

/// Findings and recovery.
impl Parser<'_> {
    /// Adds a finding.
    pub(super) fn report(&mut self, finding: Diagnostic) {
        if self.findings.len() < 4 * MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// Adds an error with help (none if empty).
    pub(super) fn error(&mut self, id: Id, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let (finding, help) = (Diagnostic::error(id, message).at(span), help.into());
        self.report(if help.is_empty() { finding } else { finding.help(help) });
    }

    /// Whether the lexer has reported what is wrong here.
    fn is_told(&self) -> bool {
        *self.tok() == Tok::Error || (self.open_ended && *self.tok() == Tok::End)
    }

    /// At the end of the file, the blocks that are open there are not reported as well.
    fn failed(&mut self) -> Failed {
        self.unwinding |= *self.tok() == Tok::End;
        Failed
    }

    /// Fails at the current token, silently if the lexer has reported it.
    pub(super) fn fail<T>(&mut self, message: impl Into<String>, help: impl Into<String>) -> Parsed<T> {
        if !self.is_told() {
            self.error(ids::SYNTAX, self.here(), message, help);
        }
        Err(self.failed())
    }

    /// Fails because `what` should stand here.
    pub(super) fn expected<T>(&mut self, what: &str) -> Parsed<T> {
        let help = self.help_for_found();
        self.fail(format!("expected {what}, found {}", self.found()), help)
    }

    /// Takes a closing bracket, or fails with a label at the one that opens.
    pub(super) fn close(&mut self, sym: &str, open: Span) -> Parsed<Span> {
        if self.is(sym) { Ok(self.bump()) } else { self.unclosed(&format!("`{sym}`"), open) }
    }

    /// Fails because `what` should stand here, with a label at the bracket that opens.
    pub(super) fn unclosed<T>(&mut self, what: &str, open: Span) -> Parsed<T> {
        if !self.is_told() {
            let message = format!("expected {what}, found {}", self.found());
            let help = self.help_for_found();
            let mut finding = Diagnostic::error(ids::SYNTAX, message).at(self.here()).label(open, "opened here");
            if !help.is_empty() {
                finding = finding.help(help);
            }
            self.report(finding);
        }
        Err(self.failed())
    }

    /// Runs `f` one level of nesting deeper, or fails at `span`.
    pub(super) fn nested<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            let message = format!("more than {MAX_NESTING} levels inside one another");
            self.error(ids::TOO_DEEP, span, message, "give parts a name with `let`, or a function of their own");
            return Err(Failed);
        }
        self.nesting += 1;
        let result = f(self);
        self.nesting -= 1;
        result
    }

    /// One more than the height of the parts, or fails at `span` where the tree would be too deep.
    pub(super) fn height(&mut self, span: Span, parts: u32) -> Parsed<u32> {
        if parts >= MAX_HEIGHT {
            let message = format!("an expression of more than {MAX_HEIGHT} steps");
            self.error(ids::TOO_DEEP, span, message, "give parts a name with `let`");
            return Err(Failed);
        }
        Ok(parts + 1)
    }

    /// A new expression without parentheses around it.
    pub(super) fn node(&mut self, span: Span, kind: ExprKind, parts: u32) -> Parsed<Node> {
        let height = self.height(span, parts)?;
        Ok(Node { expr: self.expr(span, kind), outer: span, height })
    }

    pub(super) fn expr(&mut self, span: Span, kind: ExprKind) -> Expr {
        let id = self.nodes;
        self.nodes += 1;
        Expr { id, span, kind }
    }

    /// What stands in for an expression that was read but cannot be kept.
    pub(super) fn stand_in(&mut self, span: Span) -> Node {
        Node { expr: self.expr(span, ExprKind::Unit), outer: span, height: 1 }
    }

    /// Whether a function of the file's level starts here: `fn` in the first column.
    pub(super) fn at_function(&self) -> bool {
        let start = self.token().start;
        let first_column = start == 0 || self.text.as_bytes()[start - 1] == b'\n';
        first_column && matches!(self.tok(), Tok::Key("fn" | "private"))
    }

    /// Whether the block that is being read ends here although it is not closed; reports that once.
    pub(super) fn block_is_lost(&mut self, open: Span) -> bool {
        if *self.tok() != Tok::End && !self.at_function() {
            return false;
        }
        let told = self.open_ended && *self.tok() == Tok::End;
        if !self.unwinding && !told {
            let finding = Diagnostic::error(ids::SYNTAX, "this block is not closed").at(open);
            self.report(finding.help("write `}` where it ends"));
        }
        self.unwinding = true;
        true
    }

    /// How many braces are open at the current token.
    pub(super) fn braces(&self) -> u32 {
        self.token().braces
    }

    /// Goes on to the next statement of a block that has `braces` open: past its `;`, or to its `}`, or to a statement
    /// that starts a line. `from` is where the failed statement starts; at least one token is taken.
    pub(super) fn recover(&mut self, braces: u32) {
        loop {
            let token = self.token();
            match &token.tok {
                Tok::End => return,
                _ if self.at_function() => return,
                _ if token.braces < braces => return,
                Tok::Sym("}") if token.braces == braces => return,
                Tok::Sym(";") if token.braces == braces => {
                    self.bump();
                    return;
                }
                Tok::Key("let" | "const" | "if" | "for" | "while" | "loop" | "do" | "return" | "throw")
                    if token.first && token.braces == braces =>
                {
                    return;
                }
                _ => {
                    self.bump();
                }
            }
        }
    }
}
