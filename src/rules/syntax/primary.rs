//! Operands: literals, names, calls, fields, lists, maps, closures, texts with interpolation.
//!
//! In: a parser at the first token of an operand. Out: a [`Node`] with all that follows it by `.`, `[` and `(`. Must not
//! know: operators.

use super::parser::{Failed, Node, Parsed, Parser};
use super::token::Tok;
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::{Block, Expr, ExprKind, Name, StmtKind};
use crate::source::Span;
use std::collections::HashMap;

impl Parser<'_> {
    /// An operand with its fields, indexes and calls.
    pub(super) fn primary(&mut self) -> Parsed<Node> {
        let root = self.root()?;
        if self.in_case && self.is("|") {
            return Ok(root);
        }
        self.postfix(root)
    }

    fn root(&mut self) -> Parsed<Node> {
        let span = self.here();
        match self.tok().clone() {
            Tok::Int { value, negative } => self.number(ExprKind::Int(value), negative),
            Tok::Float { value, negative } => self.number(ExprKind::Float(value), negative),
            Tok::Text(text) => self.leaf(ExprKind::Text(text)),
            Tok::Char(text) => {
                let help = format!("write a text: `{text:?}`");
                self.unsupported(span, "character literals", help);
                self.leaf(ExprKind::Text(text))
            }
            Tok::Template(text) => self.nested(span, |p| p.template(text)),
            Tok::Ident => {
                let name = self.text_of(span).to_string();
                self.leaf(ExprKind::Name(name))
            }
            Tok::Reserved => self.reserved(),
            Tok::Key(key) => self.keyword(key, span),
            Tok::Sym(sym) => self.bracketed(sym, span),
            _ => self.expected("a value"),
        }
    }

    fn leaf(&mut self, kind: ExprKind) -> Parsed<Node> {
        let span = self.bump();
        self.node(span, kind, 0)
    }

    /// A number whose sign may be part of its token: what follows, as in `-5.abs()`, belongs to the negative number.
    fn number(&mut self, kind: ExprKind, negative: bool) -> Parsed<Node> {
        let span = self.bump();
        if !negative {
            return self.node(span, kind, 0);
        }
        let digits = self.span(span.start as usize + 1, span.end as usize);
        let number = self.expr(digits, kind);
        self.node(span, ExprKind::Negate(Box::new(number)), 1)
    }

    fn keyword(&mut self, key: &str, span: Span) -> Parsed<Node> {
        match key {
            "true" | "false" => self.leaf(ExprKind::Bool(key == "true")),
            "if" => self.nested(span, Parser::if_chain),
            "switch" => self.nested(span, Parser::switch),
            "while" | "loop" | "do" | "for" => {
                self.nested(span, Parser::statement)?;
                let whole = span.to(self.behind());
                self.unsupported(span, "loops as values", "set a variable in the loop, and use it after");
                Ok(self.stand_in(whole))
            }
            _ => self.expected("a value"),
        }
    }

    fn bracketed(&mut self, sym: &str, span: Span) -> Parsed<Node> {
        match sym {
            "()" => self.leaf(ExprKind::Unit),
            "(" => self.nested(span, |p| p.parenthesised(span)),
            "[" => self.nested(span, |p| p.list(span)),
            "#{" => self.nested(span, |p| p.map(span)),
            "{" if self.holds_entries() => self.map_without_hash(),
            "{" => {
                let body = self.block()?;
                let span = body.block.span;
                self.node(span, ExprKind::Block(body.block), body.height)
            }
            "|" | "||" => self.nested(span, |p| p.closure(span)),
            ".." | "..=" => {
                self.half_range(span);
                Ok(self.stand_in(span))
            }
            _ => self.expected("a value"),
        }
    }

    fn parenthesised(&mut self, open: Span) -> Parsed<Node> {
        self.bump();
        if self.is(")") {
            return self.fail("expected a value, found `)`", "a missing value is `()`, without a space");
        }
        let node = self.expression_or_range()?;
        let close = self.close(")", open)?;
        Ok(Node { outer: open.to(close), ..node })
    }

    fn list(&mut self, open: Span) -> Parsed<Node> {
        self.bump();
        let (items, height) = self.expressions_until("]", open)?;
        self.node(open.to(self.behind()), ExprKind::Array(items), height)
    }

    /// Expressions with commas between, up to `close`; a comma may stand before it. With the largest height.
    fn expressions_until(&mut self, close: &str, open: Span) -> Parsed<(Vec<Expr>, u32)> {
        let (mut items, mut height) = (Vec::new(), 0);
        while !self.is(close) {
            let node = self.expression()?;
            height = height.max(node.height);
            items.push(node.expr);
            if !self.eat(",") && !self.is(close) {
                return self.unclosed(&format!("`,` or `{close}`"), open);
            }
        }
        self.close(close, open)?;
        Ok((items, height))
    }

    pub(super) fn map(&mut self, open: Span) -> Parsed<Node> {
        self.bump();
        let (mut entries, mut height, mut seen) = (Vec::new(), 0, HashMap::new());
        while !self.is("}") {
            let key = self.key()?;
            if let Some(first) = seen.insert(key.text.clone(), key.span) {
                let message = format!("the key `{}` is there twice", key.text);
                let finding = Diagnostic::error(ids::DUPLICATE_NAME, message).at(key.span);
                self.report(finding.label(first, "first given here").help("remove one of them"));
            }
            if !self.eat(":") {
                return self.expected(&format!("`:` after the key `{}`", key.text));
            }
            let node = self.expression()?;
            height = height.max(node.height);
            entries.push((key, node.expr));
            if !self.eat(",") && !self.is("}") {
                return self.unclosed("`,` or `}`", open);
            }
        }
        self.close("}", open)?;
        self.node(open.to(self.behind()), ExprKind::Map(entries), height)
    }

    /// Whether a brace opens on a key with its colon. A label stands before a loop.
    pub(super) fn holds_entries(&self) -> bool {
        let is_label = matches!(self.ahead(3), Tok::Key("loop" | "while" | "for" | "do"));
        self.is("{")
            && matches!(self.ahead(1), Tok::Ident | Tok::Text(_))
            && *self.ahead(2) == Tok::Sym(":")
            && !is_label
    }

    /// `{ a: 1 }` where a value stands: reported, and read as the map that it was meant for.
    pub(super) fn map_without_hash(&mut self) -> Parsed<Node> {
        let open = self.here();
        self.error(ids::SYNTAX, open, "a map without its `#`", "a map is `#{ … }`: write `#` before the brace");
        self.nested(open, |p| p.map(open))
    }

    fn key(&mut self) -> Parsed<Name> {
        match self.tok().clone() {
            Tok::Ident => self.name("a key"),
            Tok::Text(text) => Ok(Name { text, span: self.bump() }),
            Tok::Reserved | Tok::Key(_) => {
                let word = self.text_of(self.here());
                self.fail(format!("`{word}` is a word of Rhai"), format!("write it as a text: `\"{word}\": …`"))
            }
            Tok::Template(_) => self.fail("a key with an interpolation", "a key is a name or a plain text"),
            _ => self.expected("a key or `}`"),
        }
    }

    /// The texts and blocks of a back-tick text, up to its end.
    fn template(&mut self, first: String) -> Parsed<Node> {
        let start = self.bump();
        let (mut parts, mut height) = (Vec::new(), 0);
        // The first part begins with its back tick; what comes before an interpolation ends with its dollar.
        let mut part = Span { start: start.start + 1, end: start.end.saturating_sub(1), ..start };
        let mut text = first;
        loop {
            if !text.is_empty() {
                parts.push(self.expr(part, ExprKind::Text(text)));
            }
            let body = self.block()?;
            height = height.max(body.height);
            parts.push(self.interpolated(body.block));
            let span = self.here();
            part = Span { end: span.end.saturating_sub(1), ..span };
            match self.tok().clone() {
                Tok::Template(next) => {
                    self.bump();
                    text = next;
                }
                Tok::TemplateEnd(last) => {
                    self.bump();
                    if !last.is_empty() {
                        parts.push(self.expr(part, ExprKind::Text(last)));
                    }
                    return self.node(start.to(span), ExprKind::Interpolated(parts), height + 1);
                }
                _ => return self.expected("the rest of the text"),
            }
        }
    }

    /// A block that is one expression stands for it.
    fn interpolated(&mut self, mut block: Block) -> Expr {
        if let [stmt] = block.stmts.as_slice()
            && matches!(stmt.kind, StmtKind::Expr(_))
            && let Some(StmtKind::Expr(expr)) = block.stmts.pop().map(|s| s.kind)
        {
            return expr;
        }
        let span = block.span;
        self.expr(span, ExprKind::Block(block))
    }

    /// `|a, b| body`. A body that is a statement, `|a| throw "…"`, is a block of its own.
    fn closure(&mut self, start: Span) -> Parsed<Node> {
        let open = self.bump();
        let params = if self.text_of(open) == "||" { Vec::new() } else { self.names_until("|", open)? };
        let (loops, in_case) = (std::mem::take(&mut self.loops), std::mem::take(&mut self.in_case));
        let body = self.statement_as_value();
        (self.loops, self.in_case) = (loops, in_case);
        let (body, _) = body?;
        let kind = ExprKind::Closure { params, body: Box::new(body.expr) };
        self.node(start.to(self.behind()), kind, body.height)
    }

    /// Fields, indexes and calls after `node`; a loop, because such chains are long.
    fn postfix(&mut self, mut node: Node) -> Parsed<Node> {
        loop {
            if matches!(self.tok(), Tok::Sym("." | "?." | "[" | "?[")) {
                self.reject_range(&node);
            }
            node = match self.tok() {
                Tok::Sym("." | "?.") => self.member(node)?,
                Tok::Sym("[" | "?[") => self.index(node)?,
                Tok::Sym("(" | "()") => self.call(node)?,
                Tok::Sym("!") if matches!(node.expr.kind, ExprKind::Name(_)) => {
                    let help = "give what the function needs as arguments";
                    self.unsupported(self.here(), "calls in the caller's scope, `f!(…)`", help);
                    self.bump();
                    if !self.is("(") && !self.is("()") {
                        return Err(Failed);
                    }
                    node
                }
                Tok::Sym("::") => self.namespace(node)?,
                _ => return Ok(node),
            };
        }
    }

    /// `.name`, `?.name`, `.name(…)`.
    fn member(&mut self, base: Node) -> Parsed<Node> {
        let safe = self.is("?.");
        self.bump();
        let span = self.here();
        let text = self.text_of(span).to_string();
        let left_out = match self.tok() {
            Tok::Ident => false,
            Tok::Reserved if matches!(text.as_str(), "call" | "curry" | "is_shared" | "type_of") => true,
            Tok::Reserved | Tok::Key(_) => {
                let mark = if safe { "?" } else { "" };
                let help = format!("write it as a text: `{mark}[\"{text}\"]`");
                return self.fail(format!("`{text}` is a word of Rhai"), help);
            }
            _ => return self.expected("the name of a field or method"),
        };
        if left_out {
            self.unsupported_word(&text, span);
        }
        self.bump();
        let name = Name { text, span };
        if !self.is("(") && !self.is("()") {
            let kind = ExprKind::Field { base: Box::new(base.expr), name, safe };
            return self.node(base.outer.to(span), kind, base.height);
        }
        let (args, height) = self.arguments()?;
        let kind = ExprKind::Method { base: Box::new(base.expr), name, args, safe };
        self.node(base.outer.to(self.behind()), kind, base.height.max(height))
    }

    fn index(&mut self, base: Node) -> Parsed<Node> {
        let safe = self.is("?[");
        let open = self.bump();
        let index = self.nested(open, |p| {
            let index = p.expression()?;
            p.close("]", open)?;
            Ok(index)
        })?;
        let parts = base.height.max(index.height);
        let kind = ExprKind::Index { base: Box::new(base.expr), index: Box::new(index.expr), safe };
        self.node(base.outer.to(self.behind()), kind, parts)
    }

    /// `f(…)`; only a name can be called.
    fn call(&mut self, callee: Node) -> Parsed<Node> {
        let Expr { kind: ExprKind::Name(text), span, .. } = callee.expr else {
            return self
                .fail("only a function's name can be called", "write `;` or an operator before the parenthesis");
        };
        let (args, height) = self.arguments()?;
        let kind = ExprKind::Call { name: Name { text, span }, args };
        self.node(callee.outer.to(self.behind()), kind, height)
    }

    /// `(a, b)` with the largest height.
    pub(super) fn arguments(&mut self) -> Parsed<(Vec<Expr>, u32)> {
        let open = self.bump();
        if self.text_of(open) == "()" {
            return Ok((Vec::new(), 0));
        }
        self.nested(open, |p| p.expressions_until(")", open))
    }
}
