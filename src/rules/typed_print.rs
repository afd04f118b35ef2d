//! Typed steps as text, for tests and for people.
//!
//! In: a [`Program`]. Out: a line a statement; of each expression its parts, its type and its byte range, as in
//! `(Add n#1:int@30..31 1:int@34..35):int@30..35`. Columns, references and related tables are positions in the schema. Must not
//! know: sources, schemas.

use super::format;
use super::stack;
use super::typed::{
    Arm, Block, Case, Expr, ExprKind, Instance, Iterable, Key, LocalId, Population, Program, Stmt, StmtKind,
};
use crate::source::Span;
use std::fmt::{self, Display, Formatter};

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // Long sums are deep trees.
        let text = stack::with_deep_stack(|| {
            let mut printer = Printer { out: String::new(), depth: 0, instance: None };
            printer.program(self);
            printer.out
        });
        f.write_str(&text)
    }
}

struct Printer<'p> {
    out: String,
    depth: usize,
    instance: Option<&'p Instance>,
}

fn at(span: Span) -> String {
    format!("@{}..{}", span.start, span.end)
}

impl<'p> Printer<'p> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.push("\n");
        for _ in 0..self.depth.min(16) {
            self.push("  ");
        }
    }

    fn program(&mut self, program: &'p Program) {
        self.push(&format!("step {} = fn {}", program.step, program.entry.0));
        for (n, population) in program.populations.iter().enumerate() {
            self.population(n, population);
        }
        for (n, instance) in program.instances.iter().enumerate() {
            self.instance = Some(instance);
            let params: Vec<String> = (0..instance.params).map(|p| self.local(LocalId(p as u32))).collect();
            self.push(&format!(
                "\nfn {n} {}({}):{}{} ",
                instance.name,
                params.join(", "),
                instance.result,
                at(instance.span)
            ));
            self.block(&instance.body);
        }
        for position in &program.output.order {
            if let Some((name, ty)) = program.output.columns.get(*position) {
                self.push(&format!("\ncolumn {name}:{ty}"));
            }
        }
        self.push("\n");
    }

    fn population(&mut self, n: usize, population: &Population) {
        let group = population.group.map(|g| format!(" by fn {}", g.0)).unwrap_or_default();
        let (name, argument, place) = (
            population.standing.name(),
            population.arguments.first().map_or(0, |argument| argument.0),
            at(population.span),
        );
        self.push(&format!("\npopulation {n} = {name} of fn {argument}{group} {place}"));
    }

    fn local(&self, local: LocalId) -> String {
        let name = self.instance.and_then(|i| i.locals.get(local.0 as usize));
        format!("{}#{}", name.map_or("", String::as_str), local.0)
    }

    fn block(&mut self, block: &'p Block) {
        self.push("{");
        self.depth += 1;
        for stmt in &block.stmts {
            self.line();
            self.stmt(stmt);
        }
        self.depth -= 1;
        self.line();
        self.push("}");
    }

    fn stmt(&mut self, stmt: &'p Stmt) {
        match &stmt.kind {
            StmtKind::Let { local, value } => self.value(&format!("let {} =", self.local(*local)), value.as_ref()),
            StmtKind::Assign { local, value } => self.value(&format!("{} =", self.local(*local)), Some(value)),
            StmtKind::Push { local, value } => self.value(&format!("push {}", self.local(*local)), Some(value)),
            StmtKind::Return(value) => self.value("return", value.as_ref()),
            StmtKind::Throw(value) => self.value("throw", Some(value)),
            StmtKind::Expr(e) => return self.expr(e),
            StmtKind::SetKey { local, path, value } => {
                self.push(&self.local(*local));
                path.iter().for_each(|key| self.key(key));
                self.value(" =", Some(value));
            }
            StmtKind::While { condition, body } => {
                self.value("while", Some(condition));
                self.push(" ");
                self.block(body);
            }
            StmtKind::Loop { body } => {
                self.push("loop ");
                self.block(body);
            }
            StmtKind::DoWhile { body, condition, until } => {
                self.push("do ");
                self.block(body);
                self.value(if *until { " until" } else { " while" }, Some(condition));
            }
            StmtKind::For { variable, counter, iterable, body } => {
                let counter = counter.map(|c| format!(", {}", self.local(c))).unwrap_or_default();
                self.push(&format!("for {}{counter} in ", self.local(*variable)));
                self.iterable(iterable);
                self.push(" ");
                self.block(body);
            }
            StmtKind::Break => self.push("break"),
            StmtKind::Continue => self.push("continue"),
        }
        self.push(&format!(" {}", at(stmt.span)));
    }

    fn value(&mut self, before: &str, value: Option<&'p Expr>) {
        self.push(before);
        if let Some(value) = value {
            self.push(" ");
            self.expr(value);
        }
    }

    fn key(&mut self, key: &'p Key) {
        match key {
            Key::Name(name) => self.push(&format!(".{name}")),
            Key::Computed(e) => {
                self.push("[");
                self.expr(e);
                self.push("]");
            }
        }
    }

    fn iterable(&mut self, iterable: &'p Iterable) {
        match iterable {
            Iterable::List(list) => self.expr(list),
            Iterable::Range { from, to, inclusive } => {
                self.expr(from);
                self.push(if *inclusive { " ..= " } else { " .. " });
                self.expr(to);
            }
        }
    }

    fn expr(&mut self, e: &'p Expr) {
        self.kind(&e.kind);
        self.push(&format!(":{}{}", e.ty, at(e.span)));
    }

    /// `(name part part)`.
    fn parts(&mut self, name: &str, parts: impl IntoIterator<Item = &'p Expr>) {
        self.push(&format!("({name}"));
        for part in parts {
            self.push(" ");
            self.expr(part);
        }
        self.push(")");
    }

    fn kind(&mut self, kind: &'p ExprKind) {
        let safely = |safe: &bool| if *safe { "?" } else { "" };
        match kind {
            ExprKind::Unit => self.push("()"),
            ExprKind::Bool(b) => self.push(&b.to_string()),
            ExprKind::Int(n) => self.push(&n.to_string()),
            ExprKind::Float(x) => self.push(&format::float(*x)),
            ExprKind::Text(text) => self.push(&format!("{text:?}")),
            ExprKind::Date(days) => self.push(&format::date(*days)),
            ExprKind::DateTime(micros) => self.push(&format!("instant {micros}")),
            ExprKind::Local(local) => self.push(&self.local(*local)),
            ExprKind::Interpolated(parts) => self.parts("join", parts),
            ExprKind::List(parts) => self.parts("list", parts),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Column { row, table, column, safe } => {
                self.parts(&format!("column{} {}.{}", safely(safe), table.0, column.0), [&**row]);
            }
            ExprKind::Reference { row, table, reference, safe } => {
                self.parts(&format!("reference{} {}.{reference}", safely(safe), table.0), [&**row]);
            }
            ExprKind::Related { row, table, many, safe } => {
                self.parts(&format!("related{} {}.{many}", safely(safe), table.0), [&**row]);
            }
            ExprKind::Field { map, key, safe } => self.parts(&format!("field{} {key}", safely(safe)), [&**map]),
            ExprKind::Lookup { map, key } => self.parts("lookup", [&**map, key]),
            ExprKind::Element { list, index, safe } => {
                self.parts(&format!("element{}", safely(safe)), [&**list, index]);
            }
            ExprKind::ParameterTable { table, key } => self.parts(&format!("table {table}"), [&**key]),
            ExprKind::Negate(a) => self.parts("Negate", [&**a]),
            ExprKind::Not(a) => self.parts("Not", [&**a]),
            ExprKind::Binary { op, left, right } => self.parts(&format!("{op:?}"), [&**left, right]),
            ExprKind::And(a, b) => self.parts("And", [&**a, b]),
            ExprKind::Or(a, b) => self.parts("Or", [&**a, b]),
            ExprKind::Coalesce(a, b) => self.parts("Coalesce", [&**a, b]),
            ExprKind::IsMissing(a) => self.parts("IsMissing", [&**a]),
            ExprKind::In { item, container, negated } => {
                self.parts(if *negated { "NotIn" } else { "In" }, [&**item, container]);
            }
            ExprKind::ToFloat(a) => self.parts("ToFloat", [&**a]),
            ExprKind::DecimalsToFloats(a) => self.parts("DecimalsToFloats", [&**a]),
            ExprKind::Call { function, args } => self.parts(&format!("call {function:?}"), args),
            ExprKind::CallInstance { instance, args } => self.parts(&format!("fn {}", instance.0), args),
            ExprKind::Standing { index, extra } => self.parts(&format!("standing {index}"), extra.as_deref()),
            ExprKind::Block(block) => self.block(block),
            ExprKind::If { condition, then, otherwise } => {
                self.value("if", Some(condition));
                self.push(" ");
                self.block(then);
                self.value(if otherwise.is_some() { " else" } else { "" }, otherwise.as_deref());
            }
            ExprKind::Switch { value, arms } => self.switch(value, arms),
            ExprKind::ListCall { method, list, args, lambda } => {
                self.push(&format!("({method:?} "));
                self.expr(list);
                args.iter().for_each(|a| self.value("", Some(a)));
                if let Some(lambda) = lambda {
                    self.value(&format!(" |{}|", self.local(lambda.param)), Some(&lambda.body));
                }
                self.push(")");
            }
        }
    }

    fn map(&mut self, entries: &'p [(String, Expr)]) {
        self.push("#{");
        self.depth += 1;
        for (key, value) in entries {
            self.line();
            self.value(&format!("{key}:"), Some(value));
        }
        self.depth -= 1;
        self.line();
        self.push("}");
    }

    fn switch(&mut self, value: &'p Expr, arms: &'p [Arm]) {
        self.value("switch", Some(value));
        self.push(" {");
        self.depth += 1;
        for arm in arms {
            self.line();
            let cases: Vec<String> = arm.cases.iter().map(case).collect();
            self.push(if cases.is_empty() { "_" } else { "" });
            self.push(&cases.join(" | "));
            self.value(if arm.condition.is_some() { " if" } else { "" }, arm.condition.as_ref());
            self.value(" =>", Some(&arm.value));
        }
        self.depth -= 1;
        self.line();
        self.push("}");
    }
}

fn case(case: &Case) -> String {
    match case {
        Case::Unit => "()".to_owned(),
        Case::Bool(b) => b.to_string(),
        Case::Int(n) => n.to_string(),
        Case::Float(x) => format::float(*x),
        Case::Text(text) => format!("{text:?}"),
        Case::Range { from, to, inclusive } => format!("{from}..{}{to}", if *inclusive { "=" } else { "" }),
    }
}
