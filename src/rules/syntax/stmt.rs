//! Statements and blocks.
//!
//! In: a parser at the first token of a statement. Out: statements. Must not know: what stands around the block. A
//! statement that starts with `if`, `switch` or `{` ends with its brace, as in Rhai: no operator goes on after it.

use super::parser::{Body, Failed, Node, Parsed, Parser};
use super::token::Tok;
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::{Block, Expr, ExprKind, Stmt, StmtKind};
use crate::source::Span;

/// A statement with its height, and whether it ends with its own brace.
pub(super) struct Statement {
    pub(super) stmt: Stmt,
    pub(super) height: u32,
    closed: bool,
}

impl Statement {
    /// Whether it ends with its own brace, so that no `;` need follow.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }
}

impl Parser<'_> {
    /// `{ … }`. Fails only where the block is lost; statements in it that fail are left out.
    pub(super) fn block(&mut self) -> Parsed<Body> {
        let open = self.here();
        if !self.is("{") {
            return self.expected("a block, `{ … }`");
        }
        if self.holds_entries() {
            return self.entries_as_block(open);
        }
        self.nested(open, |p| p.block_inside(open))
    }

    /// `{ a: 1 }` as the body of something: reported, and read as a block whose value is that map.
    fn entries_as_block(&mut self, open: Span) -> Parsed<Body> {
        let help = "a map is `#{ … }`, inside the braces of the block: `{ #{ … } }`";
        self.error(ids::SYNTAX, open, "a block that holds the entries of a map", help);
        let node = self.nested(open, |p| p.map(open))?;
        let span = node.outer;
        let stmts = vec![Stmt { span, kind: StmtKind::Expr(node.expr) }];
        Ok(Body { block: Block { stmts, span }, height: node.height })
    }

    fn block_inside(&mut self, open: Span) -> Parsed<Body> {
        self.bump();
        let braces = self.braces();
        let (mut stmts, mut height) = (Vec::new(), 0);
        // A statement that starts with a sign right after a closed one was meant to go on with it.
        let mut after_closed = false;
        loop {
            if self.is("}") {
                self.bump();
                break;
            }
            if self.block_is_lost(open) {
                return Err(Failed);
            }
            if self.eat(";") {
                after_closed = false;
                continue;
            }
            if after_closed && (self.is("-") || self.is("+")) {
                let sign = self.text_of(self.here());
                let help = format!(
                    "a value of its own is written `return {sign}…;` or `({sign}…)`; to go on with what stands before, \
                     put parentheses around it"
                );
                self.unsupported(self.here(), "statements that start with a sign", help);
            }
            let start = self.here();
            match self.statement() {
                Ok(Statement { stmt, height: h, closed }) => {
                    stmts.push(stmt);
                    height = height.max(h);
                    after_closed = closed;
                    if !closed && self.end_of_statement().is_err() {
                        self.recover(braces);
                    }
                }
                Err(Failed) => {
                    if self.here() == start && !self.at_function() && !self.is("}") {
                        self.bump();
                    }
                    self.recover(braces);
                }
            }
        }
        Ok(Body { block: Block { stmts, span: open.to(self.behind()) }, height })
    }

    /// Takes the `;` after a statement; the last one of a block or file needs none. A missing one before a new line is
    /// reported, and the next line read as a statement of its own.
    pub(super) fn end_of_statement(&mut self) -> Parsed<()> {
        if self.eat(";") || self.is("}") || *self.tok() == Tok::End {
            return Ok(());
        }
        if *self.tok() == Tok::Error {
            return Err(Failed);
        }
        let new_line = self.token().first;
        let help = self.help_for_found();
        let span =
            if new_line { self.span(self.behind().end as usize, self.behind().end as usize) } else { self.here() };
        let message = format!("expected `;`, found {}", self.found());
        let finding = Diagnostic::error(ids::SYNTAX, message).at(span);
        let help = if help.is_empty() { "a statement ends with `;`".to_string() } else { help };
        self.report(finding.help(help));
        if new_line { Ok(()) } else { Err(Failed) }
    }

    /// One statement, without the `;` after it.
    pub(super) fn statement(&mut self) -> Parsed<Statement> {
        let start = self.here();
        let tok = self.tok().clone();
        if let Tok::Key(key) = tok {
            match key {
                "let" | "const" => return self.definition(key == "const"),
                "while" | "loop" | "do" | "for" => return self.repetition(key),
                "break" | "continue" => return self.leave_loop(key),
                "return" | "throw" => return self.leave_function(key),
                "if" => return self.if_chain().map(|node| self.closed(node)),
                "switch" => return self.switch().map(|node| self.closed(node)),
                "fn" | "private" => return self.nested_function(),
                "try" => return self.try_catch(),
                "import" | "export" => return self.import_export(key),
                _ => {}
            }
        }
        if self.holds_entries() {
            return self.map_without_hash().map(|node| self.closed(node));
        }
        if self.is("{") {
            let body = self.block()?;
            let span = body.block.span;
            return self.node(span, ExprKind::Block(body.block), body.height).map(|node| self.closed(node));
        }
        if let (Tok::Ident, Tok::Sym(":")) = (self.tok(), self.ahead(1)) {
            self.bump();
            self.bump();
            self.unsupported(start, "labels", "leave it out; `break` and `continue` are for the innermost loop");
            return self.nested(start, Parser::statement);
        }
        self.expression_or_assignment()
    }

    fn closed(&self, node: Node) -> Statement {
        let span = node.outer;
        Statement { stmt: Stmt { span, kind: StmtKind::Expr(node.expr) }, height: node.height, closed: true }
    }

    /// A statement from `start` to the last token taken.
    pub(super) fn open(&self, start: Span, kind: StmtKind, height: u32) -> Statement {
        Statement { stmt: Stmt { span: start.to(self.behind()), kind }, height, closed: false }
    }

    /// A statement that was read and reported, as one that does nothing.
    pub(super) fn stand_in_statement(&mut self, start: Span, closed: bool) -> Statement {
        let span = start.to(self.behind());
        let kind = StmtKind::Expr(self.stand_in(span).expr);
        Statement { stmt: Stmt { span, kind }, height: 1, closed }
    }

    fn definition(&mut self, constant: bool) -> Parsed<Statement> {
        let start = self.bump();
        let name = self.name("the name of a variable")?;
        let (mut value, mut height) = (None, 0);
        if self.eat("=") {
            let node = self.expression()?;
            height = node.height;
            value = Some(node.expr);
        }
        Ok(self.open(start, StmtKind::Let { name, value, constant }, height + 1))
    }

    fn repetition(&mut self, key: &str) -> Parsed<Statement> {
        let start = self.bump();
        match key {
            "while" => {
                let condition = self.condition()?;
                let body = self.loop_body()?;
                let height = condition.height.max(body.height) + 1;
                let kind = StmtKind::While { condition: condition.expr, body: body.block };
                Ok(Statement { closed: true, ..self.open(start, kind, height) })
            }
            "loop" => {
                let body = self.loop_body()?;
                let kind = StmtKind::Loop { body: body.block };
                Ok(Statement { closed: true, ..self.open(start, kind, body.height + 1) })
            }
            "do" => {
                let body = self.loop_body()?;
                let until = self.is_key("until");
                if !self.eat_key("until") && !self.eat_key("while") {
                    return self.expected("`while` or `until` after the block of `do`");
                }
                let condition = self.condition()?;
                let height = condition.height.max(body.height) + 1;
                Ok(self.open(start, StmtKind::DoWhile { body: body.block, condition: condition.expr, until }, height))
            }
            _ => self.for_loop(start),
        }
    }

    fn for_loop(&mut self, start: Span) -> Parsed<Statement> {
        let open = self.here();
        let (variable, counter) = if self.eat("(") {
            let variable = self.name("the name of a variable")?;
            if !self.eat(",") {
                return self.expected("`,` and the name of the counter");
            }
            let counter = self.name("the name of the counter")?;
            self.close(")", open)?;
            if counter == variable {
                let message = format!("the variable `{}` is there twice", counter.text);
                self.error(ids::DUPLICATE_NAME, counter.span, message, "give the counter another name");
            }
            (variable, Some(counter))
        } else {
            (self.name("the name of a variable")?, None)
        };
        if !self.eat_key("in") {
            return self.expected("`in` and what to go through");
        }
        if self.is("{") {
            return self.expected("a list or a range");
        }
        let iterable = self.expression_or_range()?;
        let body = self.loop_body()?;
        let height = iterable.height.max(body.height) + 1;
        let kind = StmtKind::For { variable, counter, iterable: iterable.expr, body: body.block };
        Ok(Statement { closed: true, ..self.open(start, kind, height) })
    }

    fn loop_body(&mut self) -> Parsed<Body> {
        self.loops += 1;
        let body = self.block();
        self.loops -= 1;
        body
    }

    fn leave_loop(&mut self, key: &str) -> Parsed<Statement> {
        let start = self.bump();
        if self.loops == 0 {
            self.error(ids::SYNTAX, start, format!("`{key}` outside a loop"), "a function is left with `return`");
        }
        if key == "break" && self.starts_expression() {
            let value = self.expression()?;
            let help = "set a variable before `break`";
            self.unsupported(value.outer, "`break` with a value", help);
        }
        Ok(self.open(start, if key == "break" { StmtKind::Break } else { StmtKind::Continue }, 1))
    }

    fn leave_function(&mut self, key: &str) -> Parsed<Statement> {
        let start = self.bump();
        let value = if self.starts_expression() { Some(self.expression()?) } else { None };
        let height = value.as_ref().map_or(0, |v| v.height) + 1;
        let value = value.map(|v| v.expr);
        Ok(self.open(start, if key == "return" { StmtKind::Return(value) } else { StmtKind::Throw(value) }, height))
    }

    /// A condition: no block, and no `=` where `==` is meant.
    pub(super) fn condition(&mut self) -> Parsed<Node> {
        if self.is("{") {
            return self.expected("a condition");
        }
        let node = self.expression()?;
        if self.is("=") {
            return self.fail("an assignment inside a condition", "write `==` to compare");
        }
        Ok(node)
    }

    /// The value of a `switch` arm or of a closure: an expression, or a statement, which is a block of its own.
    pub(super) fn statement_as_value(&mut self) -> Parsed<(Node, bool)> {
        if self.is(";") {
            let span = self.bump();
            self.unsupported(span, "values that are a lone `;`", "write the value, or `()`");
            return Ok((self.stand_in(span), false));
        }
        let Statement { stmt, height, closed } = self.statement()?;
        let span = stmt.span;
        match stmt.kind {
            StmtKind::Expr(expr) => Ok((Node { expr, outer: span, height }, closed)),
            _ => {
                let block = ExprKind::Block(Block { stmts: vec![stmt], span });
                Ok((self.node(span, block, height)?, closed))
            }
        }
    }

    /// The parts of `if … else if … else`; a loop, because such chains are long.
    pub(super) fn if_chain(&mut self) -> Parsed<Node> {
        let mut parts = Vec::new();
        let mut last: Option<Node> = None;
        loop {
            let start = self.bump();
            let condition = self.condition()?;
            let then = self.block()?;
            parts.push((start, condition, then));
            if !self.eat_key("else") {
                break;
            }
            if self.is_key("if") {
                continue;
            }
            let body = self.block()?;
            let span = body.block.span;
            last = Some(self.node(span, ExprKind::Block(body.block), body.height)?);
            break;
        }
        let end = self.behind();
        while let Some((start, condition, then)) = parts.pop() {
            let height = condition.height.max(then.height).max(last.as_ref().map_or(0, |n| n.height));
            let otherwise = last.take().map(|n| Box::new(n.expr));
            let kind = ExprKind::If { condition: Box::new(condition.expr), then: then.block, otherwise };
            last = Some(self.node(start.to(end), kind, height)?);
        }
        last.ok_or(Failed)
    }
}

/// Whether an expression can be assigned to: a name, or a field or an index of one, without `?`.
pub(super) fn is_place(mut expr: &Expr) -> bool {
    loop {
        match &expr.kind {
            ExprKind::Name(_) => return true,
            ExprKind::Field { base, safe: false, .. } | ExprKind::Index { base, safe: false, .. } => expr = base,
            _ => return false,
        }
    }
}
