//! The typed tree of one step: what `typeck` makes and every evaluator reads.
//!
//! In: nothing; `typeck` makes it. Out: [`Program`]. Must not know: engines, frames. Guaranteed of every tree:
//!
//! - names are gone: variables are [`LocalId`]s of their [`Instance`], columns are positions in the schema, functions are
//!   instances (one for each combination of argument types);
//! - constants and parameters stand in place as literals; parameter tables are [`ExprKind::ParameterTable`];
//! - an int that is used as a float stands in [`ExprKind::ToFloat`]; a bare decimal column that is used as floats in
//!   [`ExprKind::DecimalsToFloats`]; so operands of [`ExprKind::Binary`] are always of one kind;
//! - `x == ()`, `() != x` and `is_missing(x)` are [`ExprKind::IsMissing`]; no other node takes a missing value on purpose
//!   but `Coalesce`, safe access, a `switch` with a unit case, stores, passes and returns;
//! - each expression's `ty` is what it gives there (after narrowing).
//!
//! **Strict places.** An operand of `Binary`, `Negate`, `Not`, `And`, `Or`, `In`, `Interpolated`, `ToFloat` of those, an
//! argument of `Call` (but `IsMissing`), a condition, an index, a range bound, the receiver of an unsafe access or of a
//! list method, a lambda's bool, an element that reaches an aggregate, the value of a `switch` without a unit case: where
//! the value is missing, the step is undetermined with [`super::cause::CauseKind::Missing`] at that operand's span.

use super::ast::BinaryOp;
use super::builtin::{Builtin, ListMethod, Standing};
use super::model::Setting;
use super::types::{ColumnId, TableId, Type};
use crate::manifest::model::ParameterTable;
use crate::source::Span;
use std::sync::Arc;

/// A local variable of an [`Instance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// An instance of a function in [`Program::instances`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub u32);

/// One step, ready for an evaluator.
#[derive(Clone, Debug)]
pub struct Program {
    /// The step's name.
    pub step: String,
    /// Functions, one for each combination of argument types; called by [`InstanceId`].
    pub instances: Vec<Instance>,
    /// The step's function: one parameter, the customer's row.
    pub entry: InstanceId,
    /// Population functions in source order; computed for all customers before the step.
    pub populations: Vec<Population>,
    /// What becomes columns.
    pub output: Output,
    /// Parameter tables by position.
    pub tables: Vec<Arc<ParameterTable>>,
}

impl Program {
    /// Whether the step gives a column.
    pub fn gives(&self, column: &str) -> bool {
        self.output.columns.iter().any(|(name, _)| name == column)
    }
}

/// What a step returns.
#[derive(Clone, Debug)]
pub struct Output {
    /// Whether it returns a map with one entry a column; else its value is the one column.
    pub is_map: bool,
    /// Columns: for a map sorted by key as its type is, with scalar types. Written in source order: see `order`.
    pub columns: Vec<(String, Type)>,
    /// Positions in `columns` in the order in which the rule first writes the keys.
    pub order: Vec<usize>,
}

/// A function with its argument types fixed.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name, for messages.
    pub name: String,
    /// Names of locals, by [`LocalId`]; the first `params` are the parameters.
    pub locals: Vec<String>,
    /// How many parameters.
    pub params: usize,
    /// Its body.
    pub body: Block,
    /// What it returns.
    pub result: Type,
    /// The function in its source.
    pub span: Span,
}

/// A population function's call.
#[derive(Clone, Debug)]
pub struct Population {
    /// Which.
    pub standing: Standing,
    /// For each argument an instance of one parameter (the customer) that gives it: the lets it uses, then the argument. One, or those of a model.
    pub arguments: Vec<InstanceId>,
    /// What a model is told beside its arguments.
    pub setting: Setting,
    /// The same for the group, if there is one.
    pub group: Option<InstanceId>,
    /// Where it is called.
    pub span: Span,
}

/// Statements with a value: that of the last one, if it is an expression; else `()`.
#[derive(Clone, Debug)]
pub struct Block {
    /// Statements.
    pub stmts: Vec<Stmt>,
    /// What it gives.
    pub ty: Type,
    /// Its place.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// What a statement is.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in the untyped tree")]
pub enum StmtKind {
    /// Defines a local anew (shadowing has given it its own id); without a value it is missing.
    Let {
        local: LocalId,
        value: Option<Expr>,
    },
    /// Sets a local.
    Assign {
        local: LocalId,
        value: Expr,
    },
    /// `m.key = v` on a local that holds a map: the path of keys from the local.
    SetKey {
        local: LocalId,
        path: Vec<Key>,
        value: Expr,
    },
    /// `list.push(v)` on a local.
    Push {
        local: LocalId,
        value: Expr,
    },
    Expr(Expr),
    While {
        condition: Expr,
        body: Block,
    },
    Loop {
        body: Block,
    },
    DoWhile {
        body: Block,
        condition: Expr,
        until: bool,
    },
    /// Over a list, or over a range of ints.
    For {
        variable: LocalId,
        counter: Option<LocalId>,
        iterable: Iterable,
        body: Block,
    },
    Break,
    Continue,
    Return(Option<Expr>),
    /// The text that the cause shows; strict.
    Throw(Expr),
}

/// A key in an assignment's path.
#[derive(Clone, Debug)]
pub enum Key {
    /// A known key.
    Name(String),
    /// A computed text (map) or int (list) key.
    Computed(Expr),
}

/// What a `for` goes over.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "names say it")]
pub enum Iterable {
    List(Expr),
    Range { from: Expr, to: Expr, inclusive: bool },
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it gives.
    pub ty: Type,
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "names say it, the head of this module says the rest")]
pub enum ExprKind {
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    Local(LocalId),
    Interpolated(Vec<Expr>),
    List(Vec<Expr>),
    /// Evaluated in the order written.
    Map(Vec<(String, Expr)>),
    /// A column of a row. `safe` (`?.`): missing where the row is.
    Column {
        row: Box<Expr>,
        table: TableId,
        column: ColumnId,
        safe: bool,
    },
    /// The row that a reference leads to.
    Reference {
        row: Box<Expr>,
        table: TableId,
        reference: usize,
        safe: bool,
    },
    /// Rows that lead to this row; see `ManySchema`.
    Related {
        row: Box<Expr>,
        table: TableId,
        many: usize,
        safe: bool,
    },
    /// A known key of a map.
    Field {
        map: Box<Expr>,
        key: String,
        safe: bool,
    },
    /// A computed key of a map; missing where it has no such key. Strict in both operands.
    Lookup {
        map: Box<Expr>,
        key: Box<Expr>,
    },
    /// An element of a list, from 0, from the end if negative; out of range is undetermined.
    Element {
        list: Box<Expr>,
        index: Box<Expr>,
        safe: bool,
    },
    /// A row of a parameter table by a text key: the value itself if the table is plain, else a map; missing where the
    /// table has no such key.
    ParameterTable {
        table: usize,
        key: Box<Expr>,
    },
    Negate(Box<Expr>),
    Not(Box<Expr>),
    /// Operands of one kind: int, float, text (`+` joins, order by UTF-8 bytes), bool (equality), date, datetime
    /// (comparison).
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Coalesce(Box<Expr>, Box<Expr>),
    /// `x == ()`.
    IsMissing(Box<Expr>),
    /// Item of a list, key of a map, or part of a text.
    In {
        item: Box<Expr>,
        container: Box<Expr>,
        negated: bool,
    },
    If {
        condition: Box<Expr>,
        then: Block,
        otherwise: Option<Box<Expr>>,
    },
    Switch {
        value: Box<Expr>,
        arms: Vec<Arm>,
    },
    Block(Block),
    /// Strict in every argument.
    Call {
        function: Builtin,
        args: Vec<Expr>,
    },
    /// A function of the rules.
    CallInstance {
        instance: InstanceId,
        args: Vec<Expr>,
    },
    /// A method of a list. `args` are those that are no lambda (`n` of `top`, `q` of `quantile`).
    ListCall {
        method: ListMethod,
        list: Box<Expr>,
        args: Vec<Expr>,
        lambda: Option<Box<Lambda>>,
    },
    /// This customer's standing in `Program::populations[index]`; `extra` is `n` of `ntile`, `q` of `quantile_of`.
    Standing {
        index: usize,
        extra: Option<Box<Expr>>,
    },
    /// The nearest double of an int.
    ToFloat(Box<Expr>),
    /// Nearest doubles of a bare decimal column.
    DecimalsToFloats(Box<Expr>),
}

/// A lambda: its parameter is a local of the instance around it.
#[derive(Clone, Debug)]
pub struct Lambda {
    /// The element.
    pub param: LocalId,
    /// The value for it.
    pub body: Expr,
}

/// One arm of a `switch`, tried in order; `_` has no cases and stands last.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Cases, all of the kind of the switch's value.
    pub cases: Vec<Case>,
    /// The place of each case.
    pub places: Vec<Span>,
    /// Strict.
    pub condition: Option<Expr>,
    /// Its value.
    pub value: Expr,
}

/// A case of an arm.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "names say it")]
pub enum Case {
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    Range { from: i64, to: i64, inclusive: bool },
}
