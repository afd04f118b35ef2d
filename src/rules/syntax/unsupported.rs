//! What Rhai has and the dialect leaves out: what to write instead.
//!
//! In: a parser at such a piece. Out: a finding `unsupported` with help, and something to go on with. Must not know: why
//! a word was used.

use super::parser::{Node, Parsed, Parser};
use super::stmt::Statement;
use super::token::Tok;
use crate::diag::ids;
use crate::rules::ast::ExprKind;
use crate::source::Span;

impl Parser<'_> {
    /// Reports that the dialect has no `what`.
    pub(super) fn unsupported(&mut self, span: Span, what: &str, help: impl Into<String>) {
        self.error(ids::UNSUPPORTED, span, format!("the dialect has no {what}"), help);
    }

    pub(super) fn unsupported_operator(&mut self, op: &str, span: Span) {
        let help = match op {
            "**" => "write `pow(a, b)`",
            "&" => "write `&&` for \"and\", and `+` to join texts",
            "|" => "write `||` for \"or\"",
            "^" => "write `!=` between two bools, or `pow(a, b)` for a power",
            _ => "write `idiv(a, b)` or `a * b` with a power of two",
        };
        self.unsupported(span, &format!("operator `{op}`"), help);
    }

    /// A function that Rhai itself gives to every script.
    pub(super) fn unsupported_word(&mut self, word: &str, span: Span) {
        let help = match word {
            "this" => "a rule gets its customer as the parameter `c`",
            "print" | "debug" => "return the value as a key of the step's map, or see `tierwright explain`",
            "eval" => "write the expression itself, or a function under `rules/lib/`",
            "Fn" | "call" | "curry" => "call the function by its name, or write a closure: `|x| f(x)`",
            "type_of" => "types are known before a run; a missing value is tested with `x == ()`",
            "is_def_var" | "is_def_fn" => "names are checked before a run",
            _ => "leave it out",
        };
        self.unsupported(span, &format!("`{word}`"), help);
    }

    /// A reserved word where a value should be.
    pub(super) fn reserved(&mut self) -> Parsed<Node> {
        let span = self.here();
        let word = self.text_of(span).to_string();
        let callable = matches!(word.as_str(), "Fn" | "call" | "curry" | "debug" | "eval" | "is_def_fn" | "is_def_var")
            || matches!(word.as_str(), "is_shared" | "print" | "type_of");
        if word == "this" || (callable && matches!(self.ahead(1), Tok::Sym("(" | "()"))) {
            self.unsupported_word(&word, span);
            self.bump();
            if word != "this" {
                self.arguments()?;
            }
            let whole = span.to(self.behind());
            return Ok(self.stand_in(whole));
        }
        let help = match word.as_str() {
            "null" | "nil" | "void" => "a missing value is `()`",
            "match" | "case" => "write `switch x { value => …, _ => … }`",
            "var" | "static" => "write `let`",
            "default" => "the arm for everything else is `_ => …`",
            "is" => "write `==`",
            _ => "choose another name; a column of this name is `c[\"…\"]`",
        };
        self.fail(format!("`{word}` is a word that Rhai reserves"), help)
    }

    /// `a::b`
    pub(super) fn namespace(&mut self, node: Node) -> Parsed<Node> {
        let ExprKind::Name(first) = &node.expr.kind else { return self.expected("an operator") };
        let global = first == "global";
        let mut name = String::new();
        let mut last = node.outer;
        while self.eat("::") {
            last = self.here();
            name = self.name("a name")?.text;
        }
        let span = node.outer.to(last);
        let help = if global {
            format!("a constant is seen everywhere by its own name: `{name}`")
        } else {
            format!("functions of `rules/lib/` are seen everywhere by their own names: `{name}`")
        };
        self.unsupported(span, "namespaces", help);
        self.node(span, ExprKind::Name(name), 0)
    }

    /// A type before a function's name: `fn Type.name()`.
    pub(super) fn this_type(&mut self) {
        if let (Tok::Ident | Tok::Text(_), Tok::Sym(".")) = (self.tok(), self.ahead(1)) {
            let span = self.bump();
            self.bump();
            self.unsupported(span, "functions of a type", "give the value as a parameter");
        }
    }

    pub(super) fn nested_function(&mut self) -> Parsed<Statement> {
        let start = self.here();
        self.nested(start, |p| {
            let function = p.function()?;
            let span = start.to(function.name.span);
            p.unsupported(span, "functions inside functions", "move it to the file's level, or write a closure");
            Ok(p.stand_in_statement(start, true))
        })
    }

    pub(super) fn try_catch(&mut self) -> Parsed<Statement> {
        let start = self.bump();
        let help = "test for what can fail before: `x != ()`, `x ?? d`, `if n == 0 { … }`";
        self.unsupported(start, "`try`", help);
        self.block()?;
        if self.eat_key("catch") {
            let open = self.here();
            if self.eat("(") {
                self.name("the name of a variable")?;
                self.close(")", open)?;
            }
            self.block()?;
        }
        Ok(self.stand_in_statement(start, true))
    }

    pub(super) fn import_export(&mut self, key: &str) -> Parsed<Statement> {
        let start = self.bump();
        let help = "functions of `rules/lib/` and constants of all files are seen everywhere; leave it out";
        self.unsupported(start, &format!("`{key}`"), help);
        if self.is_key("let") || self.is_key("const") {
            self.statement()?;
        } else {
            self.expression()?;
            if self.eat_key("as") {
                self.name("a name")?;
            }
        }
        Ok(self.stand_in_statement(start, false))
    }

    /// A statement that stands at the file's level.
    pub(super) fn foreign_statement(&mut self) -> Parsed<()> {
        let start = self.here();
        if *self.tok() == Tok::BadSym("#!") {
            self.unsupported(start, "shebang lines", "remove the line");
            while *self.tok() != Tok::End && (self.here() == start || !self.token().first) {
                self.bump();
            }
            return Ok(());
        }
        let key = matches!(self.tok(), Tok::Key("let" | "import" | "export" | "try"));
        let is_let = self.is_key("let");
        // A piece that is no statement at all is reported as that.
        let statement = self.statement()?;
        if is_let || !key {
            let help = match is_let {
                true => "write `const`",
                false => "write it inside a function: a step is `fn name(c) { … }`",
            };
            self.unsupported(statement.stmt.span, "statements outside functions", help);
        }
        if statement.is_closed() { Ok(()) } else { self.end_of_statement() }
    }

    /// Whether a number with its `%`, as in `10%`, was just read.
    pub(super) fn is_percentage(&self) -> bool {
        let sign = self.behind();
        let before = sign.start.checked_sub(1).map(|start| Span { start, end: sign.start, ..sign });
        self.text_of(sign) == "%"
            && before.is_some_and(|span| self.text_of(span).starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Whether a comma stands between two digits.
    fn is_decimal_comma(&self) -> bool {
        let comma = self.here();
        let around = [comma.start.saturating_sub(1), comma.end];
        let digit = |start: u32| {
            self.text_of(Span { start, end: start + 1, ..comma }).starts_with(|c: char| c.is_ascii_digit())
        };
        around.into_iter().all(digit)
    }

    /// What a word or symbol that should not stand here was probably meant for.
    pub(super) fn help_for_found(&self) -> String {
        let help = match self.tok() {
            Tok::BadSym(sym) => match *sym {
                "===" => "write `==`",
                "!==" => "write `!=`",
                "++" => "write `x += 1`; between two numbers, one `+`",
                "--" => "write `x -= 1`; before a number, `-(-x)` or a space between",
                "->" => "a closure is `|x| …`; an arm of a `switch` has `=>`",
                "<-" => "write a space: `a < -b`",
                ":=" => "write `=`",
                "?" => "write `if a { b } else { c }`",
                "(*" | "*)" => "a comment is `// …` or `/* … */`",
                "#" => "a comment is `// …`, a map `#{ … }`",
                "|>" | "<|" => "call functions one after the other: `g(f(x))`",
                _ => "",
            },
            _ if self.is_percentage() => "a percentage is a share: for 10 % write `0.1`",
            Tok::Sym(",") if self.is_decimal_comma() => "decimals stand behind a point: `1.5`",
            _ if matches!(self.text_of(self.behind()), "elif" | "elsif" | "elseif") => "write `else if`",
            _ if self.text_of(self.behind()) == "lambda" => "a closure is `|x| …`",
            _ if matches!(self.text_of(self.behind()), "not" | "NOT") => "write `!` before what is denied: `!(a == b)`",
            Tok::Sym(">") if self.text_of(self.behind()) == "<" => "write `!=`",
            Tok::Key("else") if *self.ahead(1) == Tok::Sym("=>") => "the arm for everything else is `_ => …`",
            _ if matches!(self.text_of(self.here()), "elif" | "elsif" | "elseif") => "write `else if`",
            _ if self.text_of(self.here()) == "is" => "write `==` to compare; whether a value is missing, `x == ()`",
            Tok::Ident => match self.text_of(self.here()) {
                "and" | "AND" => "write `&&`",
                "or" | "OR" => "write `||`",
                "then" => "write `{ … }` after the condition",
                _ => "",
            },
            Tok::Sym("=") => "write `==` to compare",
            Tok::Sym("=>") => "a closure is `|x| …`",
            _ => "",
        };
        help.to_string()
    }
}
