//! Expressions as Rhai text.
//!
//! In: a typed expression. Out: its text, which stands for itself (a literal, a variable, a call, or in parentheses or
//! braces). Where types say that nothing can be missing, an operation of Rhai that means the same is used as it is:
//! `&&`, `||`, `??`, `!`, `if`, and comparisons of ints, dates, bools and texts.

use super::natives::{LISTED, MANY_DIRECT, Native, Run, columns, lists, numbers, texts};
use super::operation::Operation;
use super::rewrite::{Result, Rewriter};
use crate::error::Error;
use crate::rules::ast::BinaryOp;
use crate::rules::builtin::Builtin;
use crate::rules::trace::BranchKind;
use crate::rules::typed::{Arm, Case, Expr, ExprKind};
use crate::rules::types::{ColumnId, Kind, TableId, Type};
use crate::source::Span;
use std::fmt::Write;
use std::sync::Arc;

impl<'a> Rewriter<'a> {
    /// Appends an expression, without a note of its value.
    pub(super) fn plain(&mut self, e: &'a Expr) -> Result {
        if self.fused(e)? {
            return Ok(());
        }
        match &e.kind {
            ExprKind::Unit => self.raw("()"),
            ExprKind::Bool(b) => self.raw(if *b { "true" } else { "false" }),
            ExprKind::Int(n) | ExprKind::DateTime(n) => self.int(*n),
            ExprKind::Date(days) => self.int(i64::from(*days)),
            ExprKind::Float(x) => self.float(*x),
            ExprKind::Text(text) => self.literal(text),
            ExprKind::Local(local) => self.raw(&format!("v{}", local.0)),
            ExprKind::Interpolated(parts) => self.interpolated(e.span, parts)?,
            ExprKind::List(items) => self.list_literal(e.span, items)?,
            ExprKind::Map(entries) => match self.rows.number(e) {
                Some(number) => self.row_literal(number, entries)?,
                None => self.map_literal(e.span, entries)?,
            },
            ExprKind::Related { row, table, many, safe } => self.related(e.span, row, *table, *many, *safe)?,
            ExprKind::Not(below) if !below.ty.optional => self.wrapped("(!", below, ")")?,
            ExprKind::Binary { op, left, right } if !self.turns() && is_of_rhai(*op, left, right) => {
                self.wrapped("(", left, " ")?;
                self.raw(op.text());
                self.wrapped(" ", right, ")")?;
            }
            ExprKind::And(left, right) => self.logical(e.span, (left, " && ", right), false)?,
            ExprKind::Or(left, right) => self.logical(e.span, (left, " || ", right), true)?,
            ExprKind::Coalesce(left, right) => self.coalesce(e.span, left, right)?,
            ExprKind::In { item, container, negated } => {
                self.raw(if *negated { "(!" } else { "" });
                self.contains(e.span, container, item)?;
                self.raw(if *negated { ")" } else { "" });
            }
            ExprKind::If { .. } => self.if_chain(e)?,
            ExprKind::Switch { value, arms } => self.switch(e.span, value, arms)?,
            ExprKind::Block(block) => self.block(block, false)?,
            ExprKind::CallInstance { instance, args } => {
                self.raw(&format!("f{}(", instance.0));
                self.arguments(&args.iter().collect::<Vec<_>>())?;
                self.raw(")");
            }
            ExprKind::ListCall { method, list, args, lambda } => {
                self.list_call(e, *method, list, args, lambda.as_deref())?;
            }
            ExprKind::ToFloat(below) => match below.kind {
                ExprKind::Int(n) => self.float(n as f64),
                _ => self.operated(e)?,
            },
            ExprKind::DecimalsToFloats(below) => self.floats_of(below)?,
            _ => self.operated(e)?,
        }
        Ok(())
    }

    /// Appends an operation, or a built-in that is written in a way of its own.
    fn operated(&mut self, e: &'a Expr) -> Result {
        if let Some(operation) = self.operation(e)? {
            return self.operate(operation);
        }
        match &e.kind {
            ExprKind::Call { function: Builtin::Contains, args } => match &args[..] {
                [container, item] => self.contains(e.span, container, item),
                _ => Err(self.absent("argument")),
            },
            _ => Err(Error::Defect(format!("step `{}` has an expression of no kind", self.world.program.step))),
        }
    }

    /// Appends the call of an operation.
    pub(super) fn operate(&mut self, operation: Operation<'a>) -> Result {
        let Operation { mut name, run, operands, keys, site } = operation;
        let count = operands.len() + keys.len();
        let listed = count > MANY_DIRECT;
        if let Run::Native(native) = run {
            self.natives.add(native, count);
            if listed {
                name.push_str(LISTED);
            }
        }
        self.open(&name, site);
        self.raw(if listed { "[" } else { "" });
        self.arguments(&operands)?;
        for (n, key) in keys.iter().enumerate() {
            self.raw(if n > 0 || !operands.is_empty() { ", " } else { "" });
            self.literal(key);
        }
        self.raw(if listed { "])" } else { ")" });
        Ok(())
    }

    fn wrapped(&mut self, before: &str, e: &'a Expr, after: &str) -> Result {
        self.raw(before);
        self.expr(e)?;
        self.raw(after);
        Ok(())
    }

    fn int(&mut self, n: i64) {
        match n {
            // Rhai reads the digits before the sign.
            i64::MIN => self.raw("(-9223372036854775807 - 1)"),
            n if n < 0 => self.raw(&format!("({n})")),
            n => self.raw(&n.to_string()),
        }
    }

    fn float(&mut self, x: f64) {
        let mut digits = format!("{x:?}");
        if let Some(exponent) = digits.find('e')
            && !digits.contains('.')
        {
            digits.insert_str(exponent, ".0");
        }
        self.raw(&if x.is_sign_negative() { format!("({digits})") } else { digits });
    }

    /// Appends a text in quotes, in ASCII.
    pub(super) fn literal(&mut self, text: &str) {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                ' '..='~' => quoted.push(c),
                // Writing to a String cannot fail.
                _ => _ = write!(quoted, "\\U{:08x}", u32::from(c)),
            }
        }
        quoted.push('"');
        self.raw(&quoted);
    }

    fn interpolated(&mut self, whole: Span, parts: &'a [Expr]) -> Result {
        let operands: Vec<&Expr> = parts.iter().collect();
        let site = self.site(whole, &operands);
        self.native(texts::CONCAT, 1, site, |w| {
            w.raw("[");
            for (n, part) in parts.iter().enumerate() {
                w.raw(if n > 0 { ", " } else { "" });
                if part.ty.kind == Kind::Text {
                    w.expr(part)?;
                } else {
                    let text = w.text_of(part.span, part);
                    w.operate(text)?;
                }
            }
            w.raw("]");
            Ok(())
        })
    }

    fn list_literal(&mut self, whole: Span, items: &'a [Expr]) -> Result {
        let write = |w: &mut Self| {
            w.raw("[");
            for (n, item) in items.iter().enumerate() {
                w.raw(if n > 0 { ", " } else { "" });
                w.expr(item)?;
            }
            w.raw("]");
            Ok(())
        };
        self.sized(whole, items.iter().any(|i| is_compound(&i.ty)), write)
    }

    fn map_literal(&mut self, whole: Span, entries: &'a [(String, Expr)]) -> Result {
        let write = |w: &mut Self| {
            w.raw("#{");
            for (n, (key, value)) in entries.iter().enumerate() {
                w.raw(if n > 0 { ", " } else { "" });
                w.literal(key);
                w.raw(": ");
                w.expr(value)?;
            }
            w.raw("}");
            Ok(())
        };
        self.sized(whole, entries.iter().any(|(_, v)| is_compound(&v.ty)), write)
    }

    /// The values of a map of the step's columns, behind a number that says which they are.
    fn row_literal(&mut self, number: usize, entries: &'a [(String, Expr)]) -> Result {
        self.raw(&format!("[{number}"));
        for (_, value) in entries {
            self.raw(", ");
            self.expr(value)?;
        }
        self.raw("]");
        Ok(())
    }

    fn sized(&mut self, whole: Span, is_compound: bool, write: impl FnOnce(&mut Self) -> Result) -> Result {
        if !is_compound {
            return write(self);
        }
        let site = self.site(whole, &[]);
        self.native(lists::SIZED, 1, site, write)
    }

    pub(super) fn absent(&self, what: &str) -> Error {
        Error::Defect(format!("step `{}` reads a {what} that its data does not have", self.world.program.step))
    }

    /// The data of a column.
    pub(super) fn column_data(&self, table: TableId, column: ColumnId) -> Result<crate::rules::data::ColumnData> {
        let found = self.world.data.table(table).and_then(|t| t.columns.get(column.0 as usize));
        found.cloned().ok_or_else(|| self.absent("column"))
    }

    fn related(&mut self, whole: Span, row: &'a Expr, table: TableId, n: usize, safe: bool) -> Result {
        let found = self.world.data.table(table).and_then(|t| t.many.get(n));
        let many = Arc::clone(found.ok_or_else(|| self.absent("related table"))?);
        let name = format!("m{}_{n}{}", table.0, if safe { "s" } else { "" });
        self.call_closure(&name, whole, &[row], || columns::related(many, safe))
    }

    /// `short` is the value of the left side that decides alone.
    fn logical(&mut self, whole: Span, (left, operator, right): (&'a Expr, &str, &'a Expr), short: bool) -> Result {
        self.raw("(");
        self.short(whole, left, short)?;
        self.raw(operator);
        self.asked(whole, right)?;
        self.raw(")");
        Ok(())
    }

    /// Whether `container` holds `item`: Rhai evaluates the container first.
    fn contains(&mut self, whole: Span, container: &'a Expr, item: &'a Expr) -> Result {
        match container.ty.kind {
            Kind::Map(_) | Kind::Dict(_) => self.call(lists::IN_MAP, whole, &[container, item]),
            Kind::List(_) | Kind::Decimals { .. } => {
                let mut site = self.site(whole, &[container, item]);
                site.element = Some(self.element(container));
                self.native(lists::IN_LIST, 2, site, |w| {
                    w.scalars(container)?;
                    w.wrapped(", ", item, "")
                })
            }
            _ => self.call(texts::CONTAINS, whole, &[container, item]),
        }
    }

    /// A chain of `else if` is written in one loop, so that its length costs no stack here.
    fn if_chain(&mut self, e: &'a Expr) -> Result {
        self.raw("(");
        let mut rest = e;
        while let ExprKind::If { condition, then, otherwise } = &rest.kind {
            self.raw("if ");
            self.condition(condition)?;
            self.raw(" ");
            let taken = self.taken(rest.span, BranchKind::Then, then.span);
            self.block_noting(then, false, &taken)?;
            let Some(otherwise) = otherwise else {
                self.not_taken(rest.span, BranchKind::Else);
                break;
            };
            self.raw(" else ");
            let whole = rest.span;
            match &otherwise.kind {
                ExprKind::If { .. } => rest = otherwise,
                ExprKind::Block(block) => {
                    let taken = self.taken(whole, BranchKind::Else, block.span);
                    self.block_noting(block, false, &taken)?;
                    break;
                }
                _ => {
                    let taken = self.taken(whole, BranchKind::Else, otherwise.span);
                    self.wrapped(&format!("{{ {taken} "), otherwise, " }")?;
                    break;
                }
            }
        }
        self.raw(")");
        Ok(())
    }

    /// Whether it is looked whether the value of a `switch` is there.
    pub(super) fn needs(&self, value: &Expr, takes_missing: bool) -> bool {
        if value.ty.optional { !takes_missing } else { self.turns() }
    }

    /// A `switch` as a chain of `if` on a value evaluated once: Rhai's own compares hashes.
    fn switch(&mut self, whole: Span, value: &'a Expr, arms: &'a [Arm]) -> Result {
        let takes_missing = takes_missing(arms);
        let temporary = self.temporary();
        self.raw(&format!("{{ let {temporary} = "));
        if self.needs(value, takes_missing) {
            self.call(numbers::PRESENT, value.span, &[value])?;
        } else {
            self.expr(value)?;
        }
        self.raw("; ");
        let is_there = !(takes_missing && value.ty.optional);
        let mut is_first = true;
        for (arm, position) in arms.iter().zip(0..) {
            let is_default = arm.cases.is_empty() && arm.condition.is_none();
            self.raw(if is_first { "" } else { " else " });
            if !is_default {
                self.raw("if ");
                self.arm_test(&temporary, is_there, arm, value.span)?;
                self.raw(" ");
            }
            let taken = self.taken(whole, BranchKind::Arm(position), arm.value.span);
            self.wrapped(&format!("{{ {taken} "), &arm.value, " }")?;
            if is_default {
                self.raw(" }");
                return Ok(());
            }
            is_first = false;
        }
        if !is_first {
            self.not_taken(whole, BranchKind::NoArm);
        }
        self.raw(" }");
        Ok(())
    }

    fn arm_test(&mut self, value: &str, is_there: bool, arm: &'a Arm, span: Span) -> Result {
        self.raw("(");
        for (n, case) in arm.cases.iter().enumerate() {
            self.raw(if n > 0 { " || " } else { "(" });
            self.case_test(value, is_there, case, span)?;
        }
        self.raw(if arm.cases.is_empty() { "" } else { ")" });
        if let Some(condition) = &arm.condition {
            self.raw(if arm.cases.is_empty() { "" } else { " && " });
            self.condition(condition)?;
        }
        self.raw(")");
        Ok(())
    }

    fn case_test(&mut self, value: &str, is_there: bool, case: &Case, span: Span) -> Result {
        match case {
            Case::Range { from, to, inclusive } if is_there => {
                self.raw(&format!("({value} >= "));
                self.int(*from);
                self.raw(&format!(" && {value} {} ", if *inclusive { "<=" } else { "<" }));
                self.int(*to);
                self.raw(")");
                return Ok(());
            }
            Case::Bool(_) | Case::Int(_) | Case::Text(_) if is_there => {
                self.raw(&format!("{value} == "));
                return self.case_literal(case);
            }
            _ => {}
        }
        let count = match case {
            Case::Unit => 1,
            Case::Range { .. } => 3,
            _ => 2,
        };
        let site = self.site(span, &[]);
        self.native(native_of(case), count, site, |w| {
            w.raw(value);
            if count == 1 {
                return Ok(());
            }
            w.raw(", ");
            w.case_literal(case)
        })
    }

    fn case_literal(&mut self, case: &Case) -> Result {
        match case {
            Case::Unit => self.raw("()"),
            Case::Bool(b) => self.raw(if *b { "true" } else { "false" }),
            Case::Int(n) => self.int(*n),
            Case::Float(x) => self.float(*x),
            Case::Text(text) => self.literal(text),
            Case::Range { from, to, .. } => {
                self.int(*from);
                self.raw(", ");
                self.int(*to);
            }
        }
        Ok(())
    }
}

/// Whether a comparison means in Rhai what it means here.
fn is_of_rhai(op: BinaryOp, left: &Expr, right: &Expr) -> bool {
    let kind = if left.ty.kind == Kind::Never { &right.ty.kind } else { &left.ty.kind };
    let is_exact_in_rhai = matches!(kind, Kind::Int | Kind::Date | Kind::DateTime | Kind::Bool | Kind::Text);
    let is_there = |e: &Expr| !e.ty.optional && e.ty.kind == *kind;
    op.is_comparison() && is_exact_in_rhai && is_there(left) && is_there(right)
}

/// Whether a value of this type holds others: copies of it can make a list or map grow as a whole.
pub(super) fn is_compound(ty: &Type) -> bool {
    matches!(ty.kind, Kind::List(_) | Kind::Decimals { .. } | Kind::Map(_) | Kind::Dict(_))
}

/// Whether a `switch` has a case for a missing value.
pub(super) fn takes_missing(arms: &[Arm]) -> bool {
    arms.iter().any(|arm| arm.cases.iter().any(|case| matches!(case, Case::Unit)))
}

/// The native function that says whether a value is a case; its other arguments are the case's literals.
pub(super) fn native_of(case: &Case) -> Native {
    match case {
        Case::Unit => numbers::IS_MISSING,
        Case::Range { inclusive: true, .. } => numbers::WITHIN_INCLUSIVE,
        Case::Range { .. } => numbers::WITHIN,
        Case::Bool(_) | Case::Int(_) | Case::Float(_) | Case::Text(_) => numbers::SAME,
    }
}
