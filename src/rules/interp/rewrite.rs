//! The typed tree of a step as a Rhai text.
//!
//! In: a [`Program`], an entry instance, the data behind the schema. Out: [`Rewritten`]: functions `f0 f1 …` in which
//! control flow, locals, calls and loops are Rhai's own and every operation of ours is a call of a native function, with
//! the functions it calls and, for each call, the place it stands for. Must not know: customers, threads, limits.
//!
//! The text is ASCII, so that the column of a call is its byte in its line. Locals are `v<id>`, temporaries `t<n>`. A
//! method with a lambda is a `for` loop in a block expression: Rhai's closures would make captured variables shared.
//! Start at [`rewrite`]; expressions are in `rewrite_expr`, methods of lists in `rewrite_list`.

use super::asking::Asking;
use super::natives::{Closure, Native, Registry, lists, numbers, texts};
use super::probe::{Notes, Probes};
use super::rows::Rows;
use super::site::Sites;
use crate::error::Error;
use crate::rules::data::Data;
use crate::rules::schema::Schema;
use crate::rules::site::{Names, Site, Subject};
use crate::rules::typed::{
    Block, Expr, ExprKind, Instance, InstanceId, Iterable, Key, Lambda, LocalId, Program, Stmt, StmtKind,
};
use crate::rules::types::Type;
use crate::rules::walk;
use crate::source::Span;
use jiff::tz::TimeZone;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Result of rewriting: an error is a defect of ours, since the tree is typed.
pub(super) type Result<T = ()> = std::result::Result<T, Error>;

/// What a step reads while it runs.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    /// The step.
    pub(super) program: &'a Program,
    /// What its table and column ids mean.
    pub(super) schema: &'a Schema,
    /// The tables.
    pub(super) data: &'a Data,
    /// The project's time zone.
    pub(super) zone: &'a TimeZone,
    /// For each population of the program this customer's standing.
    pub(super) standings: &'a [Closure],
}

/// A step as Rhai text.
pub(super) struct Rewritten {
    /// The text: functions, and the driver's call of the entry.
    pub(super) text: String,
    /// What the calls stand for.
    pub(super) sites: Sites,
    /// The functions that it calls.
    pub(super) natives: Registry,
    /// For each `known` its place and how many elements it dropped.
    pub(super) dropped: Vec<(Span, Arc<AtomicU64>)>,
    /// Statements by their mark, if marks were wanted.
    pub(super) marks: Vec<Span>,
    /// What is noted, if notes were wanted.
    pub(super) probes: Probes,
    /// If the entry gives no maps but lists of their values, keys in the order of the values: the first value is a number, by
    /// which its keys stand here.
    pub(super) rows: Vec<Vec<String>>,
}

/// Name of the custom syntax that evaluates its expression for each customer.
pub(super) const EACH: &str = "each_customer";
/// Name of the driver's variable: the customer's row.
pub(super) const ROW: &str = "row";

/// Bytes after which a new line begins; columns and lines have 16 bits in Rhai.
const LINE: usize = 1_000;

/// The Rhai text of the instances that `entry` reaches, with what it notes while it runs.
pub(super) fn rewrite(world: World<'_>, entry: InstanceId, notes: Notes) -> Result<Rewritten> {
    let mut rewriter = Rewriter::new(world, notes);
    if notes == Notes::Nothing {
        rewriter.rows = Rows::of(rewriter.instance_of(entry)?);
    }
    for id in walk::reachable(world.program, entry) {
        let instance = rewriter.instance_of(id)?;
        rewriter.function(id, instance)?;
    }
    rewriter.raw(&format!("{EACH} f{}({ROW})", entry.0));
    Ok(rewriter.finish())
}

/// Writes the text; see the head of this module.
pub(super) struct Rewriter<'a> {
    pub(super) world: World<'a>,
    pub(super) natives: Registry,
    text: String,
    line: usize,
    line_start: usize,
    pub(super) sites: Sites,
    dropped: Vec<(Span, Arc<AtomicU64>)>,
    pub(super) notes: Notes,
    /// The test below a `!` of the same place: `x != ()` is one test, not two.
    pub(super) negated: Option<usize>,
    pub(super) probes: Probes,
    pub(super) asking: Asking,
    /// Lambdas that are open in the function that is written.
    pub(super) lambdas: usize,
    marks: Vec<Span>,
    temporaries: usize,
    pub(super) names: Names<'a>,
    /// Expressions that are not computed together with those around them.
    pub(super) apart: HashSet<usize>,
    pub(super) rows: Rows,
}

impl<'a> Rewriter<'a> {
    fn new(world: World<'a>, notes: Notes) -> Rewriter<'a> {
        Rewriter {
            world,
            natives: Registry::default(),
            text: String::new(),
            line: 1,
            line_start: 0,
            sites: Sites::default(),
            dropped: Vec::new(),
            notes,
            negated: None,
            probes: Probes::default(),
            asking: Asking::default(),
            lambdas: 0,
            marks: Vec::new(),
            temporaries: 0,
            names: Names::new(world.schema, None),
            apart: HashSet::new(),
            rows: Rows::default(),
        }
    }

    fn finish(self) -> Rewritten {
        let Rewriter { text, sites, natives, dropped, marks, probes, rows, .. } = self;
        Rewritten { text, sites, natives, dropped, marks, probes, rows: rows.keys }
    }

    pub(super) fn instance_of(&self, id: InstanceId) -> Result<&'a Instance> {
        let found = self.world.program.instances.get(id.0 as usize);
        found.ok_or_else(|| Error::Defect(format!("step `{}` has no instance {}", self.world.program.step, id.0)))
    }

    /// Appends text without a line end.
    pub(super) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        self.line += 1;
        self.line_start = self.text.len();
    }

    /// A name that nothing else has.
    pub(super) fn temporary(&mut self) -> String {
        self.temporaries += 1;
        format!("t{}", self.temporaries)
    }

    /// Appends `name(`, the call at which `site` is found again.
    pub(super) fn open(&mut self, name: &str, site: Site) {
        self.break_long();
        self.sites.add((self.line, self.text.len() - self.line_start + 1), site);
        self.raw(name);
        self.raw("(");
    }

    /// Appends `name(`, a call that cannot fail.
    pub(super) fn begin(&mut self, name: &str) {
        self.break_long();
        self.raw(name);
        self.raw("(");
    }

    fn break_long(&mut self) {
        if self.text.len() - self.line_start > LINE {
            self.new_line();
        }
    }

    /// Appends a call of a native function whose arguments `arguments` writes.
    pub(super) fn native(
        &mut self,
        native: Native,
        count: usize,
        site: Site,
        arguments: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        self.natives.add(native, count);
        self.open(native.name, site);
        arguments(self)?;
        self.raw(")");
        Ok(())
    }

    /// Appends a call of a native function with these operands.
    pub(super) fn call(&mut self, native: Native, whole: Span, operands: &[&'a Expr]) -> Result {
        let operation = self.on(native, whole, operands.to_vec());
        self.operate(operation)
    }

    /// Appends a call of a closure with these operands.
    pub(super) fn call_closure(
        &mut self,
        name: &str,
        whole: Span,
        operands: &[&'a Expr],
        make: impl FnOnce() -> Closure,
    ) -> Result {
        let operation = self.over(name, whole, operands.to_vec(), make);
        self.operate(operation)
    }

    /// Appends arguments. Rhai reads a first argument that is a variable after the others, so one that they set is
    /// wrapped in a block, which reads it in its turn.
    pub(super) fn arguments(&mut self, operands: &[&'a Expr]) -> Result {
        for (n, operand) in operands.iter().enumerate() {
            if n > 0 {
                self.raw(", ");
            }
            let is_variable = n == 0 && matches!(operand.kind, ExprKind::Local(_));
            let guarded = is_variable && operands[1..].iter().any(|e| walk::assigns(e));
            self.raw(if guarded { "{ " } else { "" });
            self.expr(operand)?;
            self.raw(if guarded { " }" } else { "" });
        }
        Ok(())
    }

    /// The site of an operation with these operands.
    pub(super) fn site(&self, whole: Span, operands: &[&'a Expr]) -> Site {
        self.names.site(whole, operands)
    }

    /// What a cause calls an expression that is missing.
    pub(super) fn subject(&self, e: &Expr) -> Subject {
        self.names.subject(e)
    }

    /// A counter for what the `known` at `span` drops.
    pub(super) fn dropped_at(&mut self, span: Span) -> (String, Arc<AtomicU64>) {
        let counter = Arc::new(AtomicU64::new(0));
        self.dropped.push((span, Arc::clone(&counter)));
        (format!("known{}", self.dropped.len()), counter)
    }

    fn function(&mut self, id: InstanceId, instance: &'a Instance) -> Result {
        let params: Vec<String> = (0..instance.params).map(|p| format!("v{p}")).collect();
        self.names = Names::new(self.world.schema, Some(instance));
        self.raw(&format!("fn f{}({}) ", id.0, params.join(", ")));
        let entered = self.entered(id);
        self.block_noting(&instance.body, true, &entered)?;
        self.new_line();
        Ok(())
    }

    /// Appends `{ … }`; in a function's own block a `return` at the end is its value.
    pub(super) fn block(&mut self, block: &'a Block, is_function: bool) -> Result {
        self.block_noting(block, is_function, "")
    }

    /// Appends a block that begins with a note.
    pub(super) fn block_noting(&mut self, block: &'a Block, is_function: bool, note: &str) -> Result {
        self.raw("{");
        self.raw(note);
        for (n, stmt) in block.stmts.iter().enumerate() {
            let is_last = n + 1 == block.stmts.len();
            self.new_line();
            self.mark(stmt.span);
            match &stmt.kind {
                StmtKind::Return(Some(value)) if is_function && is_last => self.expr(value)?,
                _ => self.stmt(stmt)?,
            }
            if !is_last {
                self.raw(";");
            }
        }
        self.raw(" }");
        Ok(())
    }

    /// Notes what begins here, if marks are wanted.
    pub(super) fn mark(&mut self, span: Span) {
        if self.notes == Notes::Statements {
            self.natives.add(lists::MARK, 1);
            self.raw(&format!("{}({}); ", lists::MARK.name, self.marks.len()));
            self.marks.push(span);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> Result {
        match &stmt.kind {
            StmtKind::Let { local, value } => {
                self.raw(&format!("let v{} = ", local.0));
                match value {
                    Some(value) => self.expr(value)?,
                    None => self.raw("()"),
                }
            }
            StmtKind::Assign { local, value } => {
                self.raw(&format!("v{} = ", local.0));
                self.expr(value)?;
            }
            StmtKind::SetKey { local, path, value } => self.set_key(stmt.span, *local, path, value)?,
            StmtKind::Push { local, value } => {
                let operands = vec![Subject { span: stmt.span, name: None }, self.subject(value)];
                let site = Site { whole: stmt.span, operands, element: None };
                self.native(lists::PUSH, 2, site, |w| {
                    w.raw(&format!("v{}, ", local.0));
                    w.expr(value)
                })?;
            }
            StmtKind::Expr(e) => self.expr(e)?,
            StmtKind::While { condition, body } => {
                self.raw("while ");
                self.condition(condition)?;
                self.raw(" ");
                self.block(body, false)?;
            }
            StmtKind::Loop { body } => {
                self.raw("loop ");
                self.block(body, false)?;
            }
            StmtKind::DoWhile { body, condition, until } => {
                self.raw("do ");
                self.block(body, false)?;
                self.raw(if *until { " until " } else { " while " });
                self.condition(condition)?;
            }
            StmtKind::For { variable, counter, iterable, body } => {
                self.for_loop(*variable, *counter, iterable, body)?;
            }
            StmtKind::Break => self.raw("break"),
            StmtKind::Continue => self.raw("continue"),
            StmtKind::Return(None) => self.raw("return ()"),
            StmtKind::Return(Some(value)) => {
                self.raw("return ");
                self.expr(value)?;
            }
            StmtKind::Throw(text) => self.call(texts::THROW, stmt.span, &[text])?,
        }
        Ok(())
    }

    fn for_loop(
        &mut self,
        variable: LocalId,
        counter: Option<LocalId>,
        iterable: &'a Iterable,
        body: &'a Block,
    ) -> Result {
        match counter {
            Some(counter) => self.raw(&format!("for (v{}, v{}) in ", variable.0, counter.0)),
            None => self.raw(&format!("for v{} in ", variable.0)),
        }
        match iterable {
            // Behind `in` Rhai takes no bare block.
            Iterable::List(list) => {
                self.raw("(");
                self.strict_list(list)?;
                self.raw(")");
            }
            Iterable::Range { from, to, inclusive } => {
                self.raw("(");
                self.strict(from)?;
                self.raw(if *inclusive { "..=" } else { ".." });
                self.strict(to)?;
                self.raw(")");
            }
        }
        self.raw(" ");
        self.block(body, false)
    }

    /// `m.key = v`: Rhai evaluates the value, then the keys, then sets.
    fn set_key(&mut self, span: Span, local: LocalId, path: &'a [Key], value: &'a Expr) -> Result {
        let mut operands = vec![Subject { span, name: None }; 2];
        for key in path {
            operands.push(match key {
                Key::Name(_) => Subject { span, name: None },
                Key::Computed(key) => self.subject(key),
            });
        }
        let site = Site { whole: span, operands, element: None };
        let temporary = self.temporary();
        self.raw(&format!("{{ let {temporary} = "));
        self.expr(value)?;
        self.raw("; ");
        self.native(lists::SET, 3, site, |w| {
            w.raw(&format!("v{}, [", local.0));
            for (n, key) in path.iter().enumerate() {
                w.raw(if n > 0 { ", " } else { "" });
                match key {
                    Key::Name(name) => w.literal(name),
                    Key::Computed(key) => w.expr(key)?,
                }
            }
            w.raw(&format!("], {temporary}"));
            Ok(())
        })?;
        self.raw(" }");
        Ok(())
    }

    /// Appends a bool that must be there. Behind `if` and `while` Rhai takes no block but in parentheses.
    pub(super) fn condition(&mut self, e: &'a Expr) -> Result {
        if e.ty.optional {
            return self.call(numbers::CONDITION, e.span, &[e]);
        }
        self.raw("(");
        self.expr(e)?;
        self.raw(")");
        Ok(())
    }

    /// Appends a value that must be there.
    pub(super) fn strict(&mut self, e: &'a Expr) -> Result {
        if e.ty.optional { self.call(numbers::PRESENT, e.span, &[e]) } else { self.expr(e) }
    }

    /// Appends `for` over the elements of a list that `list` writes; in its body the lambda's parameter is the element.
    pub(super) fn each(
        &mut self,
        (lambda, ty): (&'a Lambda, Option<Type>),
        list: impl FnOnce(&mut Self) -> Result,
        body: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        // Behind `in` Rhai takes no bare block.
        self.raw(&format!("for v{} in (", lambda.param.0));
        list(self)?;
        self.raw(") { ");
        self.mark(lambda.body.span);
        self.per_element((lambda.body.span, ty), &format!("v{}", lambda.param.0), body)?;
        self.raw(" }");
        self.elements_end();
        Ok(())
    }
}
