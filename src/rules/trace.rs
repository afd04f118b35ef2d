//! What was evaluated for one customer, expression by expression, and which branches were taken.
//!
//! In: nothing; [`super::interp::Tracer`] and [`super::interp::branches_taken`] make it. Out: [`Trace`], [`Taken`]. Must not
//! know: the engine, what is shown of a trace.
//!
//! A trace belongs to the typed tree of its step: its [`Frame`]s give the value of an expression of that very tree. A
//! **branch** is known by its place in the text and not by the typed tree: a function that is typed several times, or that several steps call, has
//! its branches once. Elements of lists are not traced one by one: what a lambda evaluates has no values, its branches count.

use super::ast::BinaryOp;
use super::cause::Cause;
use super::typed::{Expr, ExprKind, InstanceId};
use super::types::{Kind, TableId};
use crate::source::Span;
use std::collections::HashMap;

/// Which of its branches an expression takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BranchKind {
    /// The block of an `if` whose condition holds.
    Then,
    /// The `else` block of an `if`, or that there is none. An `else if` is the branches of that `if`.
    Else,
    /// An arm of a `switch`, from 0.
    Arm(u32),
    /// No arm of a `switch` without `_`.
    NoArm,
    /// The left side of `&&` or `||` decides alone.
    Short,
    /// The right side of `&&` or `||` was asked and holds.
    RightHolds,
    /// The right side of `&&` or `||` was asked and does not hold.
    RightFails,
    /// The left side of `??` is there.
    There,
    /// The right side of `??` stands in.
    Default,
}

/// A branch of an `if`, `switch`, `&&`, `||` or `??`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Branch {
    /// The whole expression.
    pub whole: Span,
    /// Which branch of it.
    pub kind: BranchKind,
    /// Its own place: the block, the arm's value, the side; the whole where nothing is written.
    pub place: Span,
}

/// A value of the rules, as a trace shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `()`.
    Missing,
    /// A bool.
    Bool(bool),
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A text.
    Text(String),
    /// A day number.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    /// A row of a table.
    Row(TableId, u32),
    /// Rows of a table: how many, and the first [`KEPT`] of them.
    Rows {
        /// Their table.
        table: TableId,
        /// How many there are.
        count: usize,
        /// Row numbers.
        rows: Vec<u32>,
    },
    /// A list of other elements: how many, and the first [`KEPT`] of them.
    List {
        /// How many there are.
        count: usize,
        /// The elements.
        items: Vec<Value>,
    },
    /// A map, sorted by key.
    Map(Vec<(String, Value)>),
}

/// Elements of a list that a trace keeps.
pub const KEPT: usize = 1_000;

impl Value {
    /// The value as a number: an int as its nearest double, a date or instant as its days.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Int(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            Value::Date(days) => Some(f64::from(*days)),
            Value::DateTime(micros) => Some(*micros as f64 / 86_400_000_000.0),
            _ => None,
        }
    }

    /// The value of a literal.
    pub(in crate::rules) fn literal(e: &Expr) -> Option<Value> {
        Some(match &e.kind {
            ExprKind::Unit => Value::Missing,
            ExprKind::Bool(b) => Value::Bool(*b),
            ExprKind::Int(n) => Value::Int(*n),
            ExprKind::Float(x) => Value::Float(*x),
            ExprKind::Text(text) => Value::Text(text.to_string()),
            ExprKind::Date(days) => Value::Date(*days),
            ExprKind::DateTime(micros) => Value::DateTime(*micros),
            _ => return None,
        })
    }
}

/// Stands for the expression of a call that did not end.
pub(in crate::rules) const UNFINISHED: usize = 0;

/// The identity of an expression within its typed tree.
pub(in crate::rules) fn identity(e: &Expr) -> usize {
    std::ptr::from_ref(e) as usize
}

/// One call of a function of the rules, the step's own among them.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The function.
    pub instance: InstanceId,
    /// What its expressions gave: the last value, and how often.
    pub(in crate::rules) values: HashMap<usize, (Value, u32)>,
    /// Calls by the expression that makes them, in their order.
    pub(in crate::rules) calls: HashMap<usize, Vec<Frame>>,
    /// Branches taken, that of the last evaluation last.
    pub branches: Vec<Branch>,
}

impl Frame {
    /// What an expression gave when it was evaluated last; `None` if it was not, or stands in a lambda.
    pub fn value(&self, e: &Expr) -> Option<Value> {
        Value::literal(e).or_else(|| self.values.get(&identity(e)).map(|(value, _)| value.clone()))
    }

    /// How often an expression that is no literal was evaluated; 0 in a lambda.
    pub fn turns(&self, e: &Expr) -> u32 {
        self.values.get(&identity(e)).map_or(0, |(_, turns)| *turns)
    }

    /// The last call that an expression made.
    pub fn call(&self, e: &Expr) -> Option<&Frame> {
        self.calls.get(&identity(e)).and_then(|calls| calls.last())
    }

    /// The call in which the step ended undetermined, if it was in one of this frame's and not within a lambda.
    pub fn unfinished(&self) -> Option<&Frame> {
        self.calls.get(&UNFINISHED).and_then(|calls| calls.last())
    }

    /// Which branch of the expression at `whole` was taken last.
    pub fn branch(&self, whole: Span) -> Option<BranchKind> {
        self.branches.iter().rev().find(|branch| branch.whole == whole).map(|branch| branch.kind)
    }
}

/// A condition without a condition inside: a comparison, `in`, `is_missing`, or a bool that is a column or a function's.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Its place.
    pub span: Span,
    /// The comparison, if it is one.
    pub op: Option<BinaryOp>,
    /// Places of what is compared, or of what is asked about.
    pub operands: Vec<Span>,
    /// Their values.
    pub values: Vec<Value>,
    /// Whether it holds.
    pub holds: bool,
}

/// What `x != ()` asks about: its tree is that of `!(x == ())`, all of it in one place.
pub(in crate::rules) fn present(e: &Expr) -> Option<&Expr> {
    let ExprKind::Not(below) = &e.kind else { return None };
    match &below.kind {
        ExprKind::IsMissing(asked) if below.span == e.span => Some(asked),
        _ => None,
    }
}

/// What a test asks about, if an expression is one: its comparison and its operands.
pub(in crate::rules) fn test_of(e: &Expr) -> Option<(Option<BinaryOp>, Vec<&Expr>)> {
    if e.ty.kind != Kind::Bool {
        return None;
    }
    Some(match &e.kind {
        ExprKind::Binary { op, left, right } if op.is_comparison() => (Some(*op), vec![left, right]),
        ExprKind::IsMissing(below) => (None, vec![below]),
        ExprKind::Not(_) => (None, vec![present(e)?]),
        ExprKind::In { item, container, .. } => (None, vec![item, container]),
        ExprKind::Call { args, .. } => (None, args.iter().take(2).collect()),
        ExprKind::Column { .. }
        | ExprKind::ListCall { .. }
        | ExprKind::Lookup { .. }
        | ExprKind::Element { .. }
        | ExprKind::Field { .. }
        | ExprKind::ParameterTable { .. } => (None, Vec::new()),
        _ => return None,
    })
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// With values of its columns, in the order of [`super::typed::Output::columns`].
    Columns(Vec<(String, Value)>),
    /// Undetermined.
    Undetermined(Cause),
}

impl Ended {
    /// The value of a column.
    pub fn column(&self, name: &str) -> Option<&Value> {
        match self {
            Ended::Columns(columns) => columns.iter().find(|(own, _)| own == name).map(|(_, value)| value),
            Ended::Undetermined(_) => None,
        }
    }
}

/// An element of a list that was at work when the step ended early.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The lambda that saw it.
    pub lambda: Span,
    /// The element.
    pub value: Value,
}

/// What a step evaluated for one customer.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The call of the step's function.
    pub frame: Frame,
    /// Tests outside of lambdas, in the order in which they were asked.
    pub tests: Vec<Test>,
    /// How it ended.
    pub ended: Ended,
    /// Where it ended undetermined within lambdas: their elements, the outermost first.
    pub elements: Vec<Element>,
    /// Whether more was evaluated than a trace keeps.
    pub cut: bool,
}

/// Which branches many customers took in a step.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// All branches of the step, those of its functions and of its populations among them, in the order of the text.
    pub branches: Vec<Branch>,
    /// For each customer its row and the positions in `branches` that it took, ascending. An undetermined customer has those up
    /// to where its step ended.
    pub rows: Vec<(u32, Vec<u32>)>,
}
