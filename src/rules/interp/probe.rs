//! What a rewritten step notes while it runs, beside doing what it does.
//!
//! In: which notes are wanted. Out: calls of the recorder's functions around expressions and in branches, and [`Probes`], which say
//! what each number in them stands for. Must not know: what is made of the notes.
//!
//! Each of these functions gives back its argument. So a step with notes means what it means without, by construction.

use super::natives::Native;
use super::recorder::{self, NONE};
use super::rewrite::{Result, Rewriter};
use crate::rules::ast::BinaryOp;
use crate::rules::trace::{Branch, BranchKind, Value, identity, present, test_of};
use crate::rules::typed::{Expr, ExprKind, InstanceId};
use crate::rules::types::{Kind, Type};
use crate::source::Span;
use std::collections::HashMap;

/// What is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notes {
    /// Nothing.
    Nothing,
    /// Each statement before it runs, so that the message of a limit can name it.
    Statements,
    /// Which branches are taken.
    Branches,
    /// Which tests are asked, and what those of numbers and days compare.
    Tests,
    /// Those, what expressions give, and which functions are called.
    Everything,
}

/// An expression whose value is noted.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) identity: usize,
    pub(super) span: Span,
    pub(super) ty: Type,
    /// Of a test: its comparison and the places of its operands.
    pub(super) op: Option<BinaryOp>,
    pub(super) operands: Vec<Operand>,
}

/// What a test asks about.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) span: Span,
    pub(super) ty: Type,
    /// Its value, if it is a literal.
    pub(super) literal: Option<Value>,
}

/// What the numbers in notes stand for.
#[derive(Debug, Default)]
pub(super) struct Probes {
    pub(super) exprs: Vec<Probe>,
    by_identity: HashMap<usize, usize>,
    pub(super) branches: Vec<Branch>,
    by_branch: HashMap<(Span, BranchKind), usize>,
    /// Lambdas: their bodies' places and their elements' types.
    pub(super) lambdas: Vec<(Span, Type)>,
}

impl Probes {
    fn expr(&mut self, e: &Expr) -> usize {
        let identity = identity(e);
        *self.by_identity.entry(identity).or_insert_with(|| {
            let probe = Probe { identity, span: e.span, ty: e.ty.clone(), op: None, operands: Vec::new() };
            self.exprs.push(probe);
            self.exprs.len() - 1
        })
    }

    fn branch(&mut self, branch: Branch) -> usize {
        *self.by_branch.entry((branch.whole, branch.kind)).or_insert_with(|| {
            self.branches.push(branch);
            self.branches.len() - 1
        })
    }
}

/// Whether the value of an expression is noted: not of those that can be read off, nor of statements.
fn is_worth(e: &Expr) -> bool {
    match e.kind {
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Date(_)
        | ExprKind::DateTime(_) => false,
        // A block or branch that gives no value may leave its loop, which must not happen within a call.
        ExprKind::If { .. } | ExprKind::Switch { .. } | ExprKind::Block(_) => e.ty.kind != Kind::Never,
        _ => true,
    }
}

impl<'a> Rewriter<'a> {
    fn noting(&self) -> bool {
        self.notes == Notes::Everything
    }

    /// Whether a test may come out otherwise: then what is there by its type may be missing, which Rhai compares without a word.
    pub(super) fn turns(&self) -> bool {
        matches!(self.notes, Notes::Tests | Notes::Everything)
    }

    /// A function that a lambda calls is hidden, if it has anything to note.
    fn noting_elements(&mut self) -> bool {
        self.noting() || self.notes == Notes::Tests && self.functions_ask()
    }

    fn noting_branches(&self) -> bool {
        matches!(self.notes, Notes::Branches | Notes::Everything)
    }

    /// Appends an expression, with a note of its value.
    pub(super) fn expr(&mut self, e: &'a Expr) -> Result {
        if self.notes == Notes::Tests {
            return self.asking(e);
        }
        let is_call = matches!(e.kind, ExprKind::CallInstance { .. });
        if !self.noting() || !(is_call || self.lambdas == 0 && is_worth(e)) {
            return self.plain(e);
        }
        let probe = self.probes.expr(e);
        if is_call {
            return self.around(recorder::LEAVE, &[probe], |w| w.plain(e));
        }
        if let (ExprKind::Not(below), Some(_)) = (&e.kind, present(e)) {
            self.negated = Some(identity(below));
        } else if self.negated.take_if(|below| *below == identity(e)).is_some() {
            return self.around(recorder::SEEN, &[probe], |w| w.plain(e));
        }
        match test_of(e) {
            Some(asked) => self.tested(e, asked),
            None => self.around(recorder::SEEN, &[probe], |w| w.plain(e)),
        }
    }

    /// Appends a test, with a note of how it comes out and what it asks about.
    fn tested(&mut self, e: &'a Expr, (op, operands): (Option<BinaryOp>, Vec<&'a Expr>)) -> Result {
        let probe = self.probes.expr(e);
        let mut numbers = vec![probe];
        for operand in &operands {
            // Literals are no probes of their own, but a test tells what it compared.
            numbers.push(self.probes.expr(operand));
        }
        if let Some(slot) = self.probes.exprs.get_mut(probe) {
            slot.op = op;
            let operand = |e: &&Expr| Operand { span: e.span, ty: e.ty.clone(), literal: Value::literal(e) };
            slot.operands = operands.iter().map(operand).collect();
        }
        numbers.resize(3, NONE);
        self.around(recorder::TEST, &numbers, |w| w.plain(e))
    }

    /// Appends an expression, with a note if it is a test, or is what a test of numbers or days compares.
    fn asking(&mut self, e: &'a Expr) -> Result {
        if let ExprKind::CallInstance { instance, .. } = e.kind
            && self.asks_of(instance)
        {
            // Where no test is noted the function may be computed here, and then it is not entered.
            if self.lambdas > 0 && self.fused(e)? {
                return Ok(());
            }
            let probe = self.probes.expr(e);
            return self.around(recorder::LEAVE, &[probe], |w| w.plain(e));
        }
        if self.lambdas > 0 {
            return self.plain(e);
        }
        if let (ExprKind::Not(below), Some(_)) = (&e.kind, present(e)) {
            self.negated = Some(identity(below));
        } else if self.negated.take_if(|below| *below == identity(e)).is_some() {
            return self.plain(e);
        }
        match test_of(e) {
            Some(asked) => {
                self.asking.compares(&asked);
                self.tested(e, asked)
            }
            None if self.asking.is_compared(e) => {
                let probe = self.probes.expr(e);
                self.around(recorder::SEEN, &[probe], |w| w.plain(e))
            }
            None => self.plain(e),
        }
    }

    /// Appends `native(what, numbers …)`.
    fn around(&mut self, native: Native, numbers: &[usize], what: impl FnOnce(&mut Self) -> Result) -> Result {
        self.natives.add(native, 1 + numbers.len());
        self.begin(native.name);
        what(self)?;
        for number in numbers {
            self.raw(&format!(", {number}"));
        }
        self.raw(")");
        Ok(())
    }

    /// The statement that notes the beginning of a function.
    pub(super) fn entered(&mut self, id: InstanceId) -> String {
        let noted = self.noting() || self.notes == Notes::Tests && self.asks_of(id);
        if !noted {
            return String::new();
        }
        self.natives.add(recorder::ENTER, 1);
        format!("{}({});", recorder::ENTER.name, id.0)
    }

    /// The statement that notes a branch: of the expression at `whole`, written at `place`.
    pub(super) fn taken(&mut self, whole: Span, kind: BranchKind, place: Span) -> String {
        if !self.noting_branches() {
            return String::new();
        }
        self.natives.add(recorder::TAKEN, 1);
        format!("{}({});", recorder::TAKEN.name, self.probes.branch(Branch { whole, kind, place }))
    }

    /// The `else` that notes that no branch of the expression at `whole` was taken.
    pub(super) fn not_taken(&mut self, whole: Span, kind: BranchKind) {
        let taken = self.taken(whole, kind, whole);
        if !taken.is_empty() {
            self.raw(&format!(" else {{ {taken} () }}"));
        }
    }

    /// Appends the left side of `&&` or `||`, which decides alone where it is `when`.
    pub(super) fn short(&mut self, whole: Span, left: &'a Expr, when: bool) -> Result {
        if !self.noting_branches() {
            return self.condition(left);
        }
        let branch = self.probes.branch(Branch { whole, kind: BranchKind::Short, place: left.span });
        let native = if when { recorder::TAKEN_IF_TRUE } else { recorder::TAKEN_IF_FALSE };
        self.around(native, &[branch], |w| w.condition(left))
    }

    /// Appends the right side of `&&` or `||`.
    pub(super) fn asked(&mut self, whole: Span, right: &'a Expr) -> Result {
        if !self.noting_branches() {
            return self.condition(right);
        }
        let of = |kind| Branch { whole, kind, place: right.span };
        let holds = self.probes.branch(of(BranchKind::RightHolds));
        let fails = self.probes.branch(of(BranchKind::RightFails));
        self.around(recorder::TAKEN_BY_VALUE, &[holds, fails], |w| w.condition(right))
    }

    /// Appends `left ?? right`.
    pub(super) fn coalesce(&mut self, whole: Span, left: &'a Expr, right: &'a Expr) -> Result {
        self.raw("(");
        if self.noting_branches() {
            let there = self.probes.branch(Branch { whole, kind: BranchKind::There, place: left.span });
            self.around(recorder::TAKEN_IF_THERE, &[there], |w| w.expr(left))?;
        } else {
            self.expr(left)?;
        }
        self.raw(" ?? ");
        let taken = self.taken(whole, BranchKind::Default, right.span);
        if taken.is_empty() {
            self.expr(right)?;
        } else {
            self.raw(&format!("{{ {taken} "));
            self.expr(right)?;
            self.raw(" }");
        }
        self.raw(")");
        Ok(())
    }

    /// Appends the body of a loop over a list, whose elements are not traced one by one: `body` writes it, `element` is
    /// the variable that holds the element.
    pub(super) fn per_element(
        &mut self,
        (lambda, ty): (Span, Option<Type>),
        element: &str,
        body: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        self.lambdas += 1;
        if self.noting_elements() {
            self.natives.add(recorder::ELEMENT, 3);
            self.probes.lambdas.push((lambda, ty.unwrap_or_else(Type::never)));
            let number = self.probes.lambdas.len() - 1;
            self.raw(&format!("{}({element}, {number}, {}); ", recorder::ELEMENT.name, self.lambdas));
        }
        body(self)?;
        self.lambdas -= 1;
        Ok(())
    }

    /// Appends the statement that ends such a loop.
    pub(super) fn elements_end(&mut self) {
        if self.noting_elements() {
            self.natives.add(recorder::ELEMENTS_END, 1);
            self.raw(&format!(" {}({});", recorder::ELEMENTS_END.name, self.lambdas));
        }
    }
}
