//! Which expression gave a value, along the path that a customer took.
//!
//! In: a typed program and a [`Frame`] of its trace. Out: for a block or a local the expression that its value came from, with the
//! conditions on the way. Must not know: what is told of them. Start at [`Scope::result`].

use crate::rules::trace::{BranchKind, Frame, Value};
use crate::rules::typed::{Block, Expr, ExprKind, Instance, LocalId, Program, Stmt, StmtKind};
use crate::rules::walk::{self, Node};
use std::collections::HashMap;
use std::rc::Rc;

/// A call of a function of the rules, with where its arguments come from.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) program: &'a Program,
    pub(super) frame: &'a Frame,
    bound: HashMap<LocalId, &'a Expr>,
    arguments: &'a [Expr],
    above: Option<Rc<Scope<'a>>>,
}

/// A condition on the way to a value.
#[derive(Clone, Debug)]
pub(super) struct Passed<'a> {
    pub(super) condition: &'a Expr,
    pub(super) scope: Rc<Scope<'a>>,
}

/// What a block gave, and how one came there.
#[derive(Debug, Default)]
pub(super) struct Way<'a> {
    pub(super) passed: Vec<Passed<'a>>,
    /// The expression that gave the value; none of `()` and of what ended early.
    pub(super) value: Option<&'a Expr>,
    /// Whether the function returned there.
    returned: bool,
}

/// Where the value of a local comes from.
pub(super) enum Origin<'a> {
    /// An expression of that scope.
    Of(&'a Expr, Rc<Scope<'a>>),
    /// A variable that is set more than once, an element of a list, or the customer.
    Unknown,
}

impl<'a> Scope<'a> {
    /// The scope of the step's own call.
    pub(super) fn entry(program: &'a Program, frame: &'a Frame) -> Option<Rc<Scope<'a>>> {
        Scope::new(program, frame, &[], None)
    }

    fn new(
        program: &'a Program,
        frame: &'a Frame,
        arguments: &'a [Expr],
        above: Option<Rc<Scope<'a>>>,
    ) -> Option<Rc<Scope<'a>>> {
        let instance = program.instances.get(frame.instance.0 as usize)?;
        let bound = walk::bound_once(instance);
        Some(Rc::new(Scope { program, frame, bound, arguments, above }))
    }

    /// The function.
    pub(super) fn instance(&self) -> Option<&'a Instance> {
        self.program.instances.get(self.frame.instance.0 as usize)
    }

    /// The name of a local.
    pub(super) fn name(&self, local: LocalId) -> &'a str {
        self.instance().and_then(|i| i.locals.get(local.0 as usize)).map_or("", String::as_str)
    }

    /// The scope of the call that an expression made.
    pub(super) fn call(self: &Rc<Self>, e: &'a Expr) -> Option<Rc<Scope<'a>>> {
        let ExprKind::CallInstance { args, .. } = &e.kind else { return None };
        Scope::new(self.program, self.frame.call(e)?, args, Some(Rc::clone(self)))
    }

    /// What an expression gave.
    pub(super) fn value(&self, e: &Expr) -> Option<Value> {
        self.frame.value(e)
    }

    /// Where a local's value comes from.
    pub(super) fn origin(self: &Rc<Self>, local: LocalId) -> Origin<'a> {
        if let Some(e) = self.bound.get(&local) {
            return Origin::Of(e, Rc::clone(self));
        }
        let params = self.instance().map_or(0, |instance| instance.params);
        let is_param = (local.0 as usize) < params;
        match (self.arguments.get(local.0 as usize).filter(|_| is_param), &self.above) {
            (Some(e), Some(above)) if !self.is_set(local) => Origin::Of(e, Rc::clone(above)),
            _ => Origin::Unknown,
        }
    }

    fn is_set(&self, local: LocalId) -> bool {
        let mut set = false;
        if let Some(instance) = self.instance() {
            walk::block(&instance.body, &mut |node| {
                if let Node::Stmt(Stmt { kind, .. }) = node {
                    set |= matches!(kind, StmtKind::Assign { local: l, .. } | StmtKind::SetKey { local: l, .. } | StmtKind::Push { local: l, .. } if *l == local);
                }
            });
        }
        set
    }

    /// What the function's body gave.
    pub(super) fn result(self: &Rc<Self>) -> Way<'a> {
        self.instance().map(|instance| self.block(&instance.body)).unwrap_or_default()
    }

    /// What a block gave.
    pub(super) fn block(self: &Rc<Self>, block: &'a Block) -> Way<'a> {
        let mut way = Way::default();
        for (n, stmt) in block.stmts.iter().enumerate() {
            let is_last = n + 1 == block.stmts.len();
            match &stmt.kind {
                StmtKind::Return(value) => {
                    way.value = value.as_ref();
                    way.returned = true;
                    return way;
                }
                StmtKind::Throw(_) => return way,
                StmtKind::Expr(e) if returns(e) => {
                    let inner = self.branch(e);
                    way.passed.extend(inner.passed);
                    if inner.returned || is_last {
                        way.value = inner.value;
                        way.returned = inner.returned;
                        return way;
                    }
                }
                StmtKind::Expr(e) if is_last => way.value = Some(e),
                _ => {}
            }
        }
        way
    }

    /// What the branch taken of an `if` or `switch` gave; of anything else the expression itself.
    pub(super) fn branch(self: &Rc<Self>, e: &'a Expr) -> Way<'a> {
        match &e.kind {
            ExprKind::If { condition, then, otherwise } => {
                let passed = Passed { condition, scope: Rc::clone(self) };
                let taken = self.frame.branch(e.span);
                let mut way = match (taken, otherwise) {
                    (Some(BranchKind::Then), _) => self.block(then),
                    (_, Some(otherwise)) => self.branch(otherwise),
                    (_, None) => Way::default(),
                };
                way.passed.insert(0, passed);
                way
            }
            ExprKind::Switch { value, arms } => {
                let passed = Passed { condition: value, scope: Rc::clone(self) };
                let mut way = match self.frame.branch(e.span) {
                    Some(BranchKind::Arm(n)) => {
                        arms.get(n as usize).map(|arm| self.branch(&arm.value)).unwrap_or_default()
                    }
                    _ => Way::default(),
                };
                way.passed.insert(0, passed);
                way
            }
            ExprKind::Block(block) => self.block(block),
            _ => Way { value: Some(e), ..Way::default() },
        }
    }
}

/// Whether an expression may return from its function.
fn returns(e: &Expr) -> bool {
    let mut found = false;
    walk::expr(e, &mut |node| found |= matches!(node, Node::Stmt(Stmt { kind: StmtKind::Return(_), .. })));
    found
}

/// The expression below conversions that no rule writes.
pub(super) fn peel(e: &Expr) -> &Expr {
    match &e.kind {
        ExprKind::ToFloat(below) | ExprKind::DecimalsToFloats(below) => peel(below),
        _ => e,
    }
}
