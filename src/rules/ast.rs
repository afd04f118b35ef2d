//! The spanned tree of a rule file.
//!
//! In: nothing; `syntax` makes it. Out: [`File`], which `resolve` and `typeck` walk. Must not know: `rhai`, types, what
//! names mean. Spans are exact byte ranges and take no part in equality ([`Expr`] compares kinds alone).

use crate::source::{FileId, Span};

/// Number of an expression, unique in its [`File`]; spans are too little to tell expressions apart.
pub type NodeId = u32;

/// A name with its place.
#[derive(Clone, Debug)]
pub struct Name {
    /// The text, unquoted.
    pub text: String,
    /// Its place.
    pub span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.text == other.text
    }
}

/// One rule file: top-level constants and functions, in source order.
#[derive(Clone, Debug)]
pub struct File {
    /// Its text.
    pub file: FileId,
    /// `const NAME = …;`
    pub constants: Vec<Constant>,
    /// `fn name(…) { … }`
    pub functions: Vec<Function>,
    /// One more than the largest [`NodeId`].
    pub nodes: u32,
}

/// A top-level constant.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Name>,
    /// Its body.
    pub body: Block,
    /// From `fn` to the closing brace.
    pub span: Span,
}

/// `{ … }`. Its value is that of the last statement (as in Rhai, with or without a semicolon), if that is an expression.
#[derive(Clone, Debug)]
pub struct Block {
    /// Statements.
    pub stmts: Vec<Stmt>,
    /// With the braces.
    pub span: Span,
}

impl PartialEq for Block {
    fn eq(&self, other: &Block) -> bool {
        self.stmts == other.stmts
    }
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// Its place, without the semicolon.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

impl PartialEq for Stmt {
    fn eq(&self, other: &Stmt) -> bool {
        self.kind == other.kind
    }
}

/// What a statement is. `if`, `switch` and blocks are expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `let x = e;`, `let x;`, and `const x = e;` inside a function.
    Let { name: Name, value: Option<Expr>, constant: bool },
    /// `x = e`, `x += e`, `m.key = e`, `m[k] = e`.
    Assign { target: Expr, op: Option<BinaryOp>, value: Expr },
    /// An expression, last in its block or not.
    Expr(Expr),
    /// `while c { … }`
    While { condition: Expr, body: Block },
    /// `loop { … }`
    Loop { body: Block },
    /// `do { … } while c` and, with `until`, `do { … } until c`.
    DoWhile { body: Block, condition: Expr, until: bool },
    /// `for x in e { … }` and `for (x, i) in e { … }` with a counter from 0.
    For { variable: Name, counter: Option<Name>, iterable: Expr, body: Block },
    /// `break;`
    Break,
    /// `continue;`
    Continue,
    /// `return e;` and `return;`
    Return(Option<Expr>),
    /// `throw e;` and `throw;`
    Throw(Option<Expr>),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its number.
    pub id: NodeId,
    /// Its place, without parentheses around it.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        match (&self.kind, &other.kind) {
            // The derived comparison of kinds would compare the operator's place.
            (
                ExprKind::Binary { op, left, right, op_span: _ },
                ExprKind::Binary { op: op2, left: left2, right: right2, op_span: _ },
            ) => op == op2 && left == left2 && right == right2,
            (a, b) => a == b,
        }
    }
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `()`
    Unit,
    /// `true`, `false`
    Bool(bool),
    /// Integer literal; `-5` is a negation of 5, except that `-9223372036854775808` is one literal.
    Int(i64),
    /// Float literal.
    Float(f64),
    /// Text literal, unescaped.
    Text(String),
    /// `` `a ${e} b` ``: texts and expressions in turn.
    Interpolated(Vec<Expr>),
    /// `[a, b]`
    Array(Vec<Expr>),
    /// `#{ key: e }`
    Map(Vec<(Name, Expr)>),
    /// A variable, a constant, `P`, `AS_OF`.
    Name(String),
    /// `e.name`, `e?.name`
    Field { base: Box<Expr>, name: Name, safe: bool },
    /// `e[i]`, `e?[i]`
    Index { base: Box<Expr>, index: Box<Expr>, safe: bool },
    /// `f(a, b)`
    Call { name: Name, args: Vec<Expr> },
    /// `e.f(a)`, `e?.f(a)`
    Method { base: Box<Expr>, name: Name, args: Vec<Expr>, safe: bool },
    /// `|a| e`
    Closure { params: Vec<Name>, body: Box<Expr> },
    /// `-e`
    Negate(Box<Expr>),
    /// `!e`
    Not(Box<Expr>),
    /// Arithmetic and comparison.
    Binary { op: BinaryOp, op_span: Span, left: Box<Expr>, right: Box<Expr> },
    /// `a && b`
    And(Box<Expr>, Box<Expr>),
    /// `a || b`
    Or(Box<Expr>, Box<Expr>),
    /// `a ?? b`
    Coalesce(Box<Expr>, Box<Expr>),
    /// `x in list`, `x !in list`
    In { item: Box<Expr>, container: Box<Expr>, negated: bool },
    /// `a..b`, `a..=b`; in `for` alone.
    Range { from: Box<Expr>, to: Box<Expr>, inclusive: bool },
    /// `if c { … } else …`; what follows `else` is a block or another `if`.
    If { condition: Box<Expr>, then: Block, otherwise: Option<Box<Expr>> },
    /// `switch v { … }`
    Switch { value: Box<Expr>, arms: Vec<Arm> },
    /// `{ … }`
    Block(Block),
}

/// One arm of a `switch`.
#[derive(Clone, Debug)]
pub struct Arm {
    /// What it takes; several for `1 | 2 => …`; empty for `_`.
    pub cases: Vec<Case>,
    /// `… if condition => …`
    pub condition: Option<Expr>,
    /// Its value: a block or an expression.
    pub value: Expr,
    /// From the first case to the end of the value.
    pub span: Span,
}

impl PartialEq for Arm {
    fn eq(&self, other: &Arm) -> bool {
        self.cases == other.cases && self.condition == other.condition && self.value == other.value
    }
}

/// One case of an arm.
#[derive(Clone, Debug)]
pub enum Case {
    /// A literal (unit, bool, int, float, text), with its sign folded in.
    Value(Expr),
    /// `from..to` or `from..=to` of ints.
    Range { from: i64, to: i64, inclusive: bool, span: Span },
}

impl PartialEq for Case {
    fn eq(&self, other: &Case) -> bool {
        match (self, other) {
            (Case::Value(a), Case::Value(b)) => a == b,
            (
                Case::Range { from, to, inclusive, .. },
                Case::Range { from: from2, to: to2, inclusive: inclusive2, .. },
            ) => (from, to, inclusive) == (from2, to2, inclusive2),
            _ => false,
        }
    }
}

/// Arithmetic and comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl BinaryOp {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Remainder => "%",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
        }
    }

    /// Whether it gives a bool.
    pub fn is_comparison(self) -> bool {
        !matches!(
            self,
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder
        )
    }
}
