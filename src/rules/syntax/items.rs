//! Constants, functions and the names of both.
//!
//! In: a parser at the file's level. Out: what the file defines. Must not know: statements, expressions.

use super::parser::{Parsed, Parser};
use super::token::Tok;
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::{Constant, Function, Name};
use crate::source::Span;
use std::collections::HashMap;

/// Where the functions so far are named, by name and number of parameters.
type Defined = HashMap<(String, usize), Span>;

impl Parser<'_> {
    /// A name that is being defined.
    pub(super) fn name(&mut self, what: &str) -> Parsed<Name> {
        match self.tok() {
            Tok::Ident => {
                let span = self.bump();
                Ok(Name { text: self.text_of(span).to_string(), span })
            }
            Tok::Reserved | Tok::Key(_) => {
                let word = self.text_of(self.here());
                self.fail(format!("`{word}` is a word of Rhai and cannot be {what}"), "choose another name")
            }
            _ => self.expected(what),
        }
    }

    /// All constants and functions, up to the end.
    pub(super) fn file_level(&mut self) -> (Vec<Constant>, Vec<Function>) {
        let (mut constants, mut functions) = (Vec::new(), Vec::new());
        let mut defined = HashMap::new();
        while *self.tok() != Tok::End {
            self.unwinding = false;
            self.loops = 0;
            self.in_case = false;
            let start = self.at;
            let result = match self.tok() {
                Tok::Key("fn" | "private") => {
                    self.function().map(|f| self.add_function(&mut functions, &mut defined, f))
                }
                Tok::Key("const") => self.constant().map(|c| constants.push(c)),
                Tok::Sym(";") => {
                    self.bump();
                    Ok(())
                }
                Tok::Sym("}") => self.fail("a `}` without its `{`", ""),
                _ => self.foreign_statement(),
            };
            if result.is_err() {
                if self.at == start {
                    self.bump();
                }
                self.recover_file_level();
            }
        }
        (constants, functions)
    }

    /// Goes on to the next thing that can stand at the file's level.
    fn recover_file_level(&mut self) {
        loop {
            let token = self.token();
            match token.tok {
                Tok::End => return,
                Tok::Key("fn" | "private" | "const") if token.first && (token.braces == 0 || self.at_function()) => {
                    return;
                }
                Tok::Sym(";") if token.braces == 0 => {
                    self.bump();
                    return;
                }
                _ => {
                    self.bump();
                }
            }
        }
    }

    fn add_function(&mut self, functions: &mut Vec<Function>, defined: &mut Defined, function: Function) {
        let key = (function.name.text.clone(), function.params.len());
        if let Some(first) = defined.get(&key) {
            let message = format!("the function `{}` is defined twice", function.name.text);
            let finding = Diagnostic::error(ids::DUPLICATE_NAME, message).at(function.name.span);
            self.report(finding.label(*first, "first defined here").help("give one of them another name"));
        }
        defined.entry(key).or_insert(function.name.span);
        functions.push(function);
    }

    fn constant(&mut self) -> Parsed<Constant> {
        self.bump();
        let name = self.name("the name of a constant")?;
        if !self.eat("=") {
            return self.expected("`=` and the constant's value");
        }
        let value = self.expression()?.expr;
        self.end_of_statement()?;
        Ok(Constant { name, value })
    }

    /// `fn name(a, b) { … }`, with what the dialect leaves out reported.
    pub(super) fn function(&mut self) -> Parsed<Function> {
        let start = self.here();
        if self.eat_key("private") {
            self.unsupported(start, "private functions", "leave out `private`");
        }
        if !self.eat_key("fn") {
            return self.expected("`fn`");
        }
        self.this_type();
        let name = self.name("the name of a function")?;
        let params = self.parameters(&name)?;
        if !self.is("{") {
            return self.expected("the function's body, `{ … }`");
        }
        let loops = std::mem::take(&mut self.loops);
        let body = self.block();
        self.loops = loops;
        Ok(Function { name, params, body: body?.block, span: start.to(self.behind()) })
    }

    fn parameters(&mut self, function: &Name) -> Parsed<Vec<Name>> {
        if self.eat("()") {
            return Ok(Vec::new());
        }
        let open = self.here();
        if !self.eat("(") {
            return self.expected(&format!("the parameters of `{}` in parentheses", function.text));
        }
        self.names_until(")", open)
    }

    /// Names with commas between, up to `close`; a comma may stand before it.
    pub(super) fn names_until(&mut self, close: &str, open: Span) -> Parsed<Vec<Name>> {
        let mut names: Vec<Name> = Vec::new();
        while !self.is(close) {
            let name = self.name("the name of a parameter")?;
            if let Some(first) = names.iter().find(|n| **n == name) {
                let message = format!("the parameter `{}` is there twice", name.text);
                let finding = Diagnostic::error(ids::DUPLICATE_NAME, message).at(name.span);
                let finding = finding.label(first.span, "first defined here").help("choose another name");
                self.report(finding);
            }
            names.push(name);
            if !self.eat(",") {
                break;
            }
        }
        self.close(close, open)?;
        Ok(names)
    }
}
