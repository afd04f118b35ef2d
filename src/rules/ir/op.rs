//! Operations of nodes.
//!
//! In: nothing. Out: [`Op`] with what it takes, gives, and how it fails. Must not know: kernels. Back ends match it
//! exhaustively.

use super::DomainId;
use crate::rules::figure::Figure;
use crate::rules::site::Failure;
use crate::rules::types::{ColumnId, TableId};
use std::sync::Arc;

/// Representation of a node's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Repr {
    /// Bit.
    Bool,
    /// 64-bit int; also microseconds of a datetime.
    Int,
    /// Double.
    Float,
    /// Day number, 32 bits.
    Date,
    /// Text.
    Text,
    /// Row of a table, or position in a domain, 32 bits; [`crate::rules::data::NO_ROW`] for none.
    Row,
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Const {
    /// Bool.
    Bool(bool),
    /// Int or datetime.
    Int(i64),
    /// Bits of a float.
    Float(u64),
    /// Day number.
    Date(i32),
    /// Text.
    Text(Arc<str>),
    /// Row.
    Row(u32),
}

impl Const {
    /// Its representation.
    pub fn repr(&self) -> Repr {
        match self {
            Const::Bool(_) => Repr::Bool,
            Const::Int(_) => Repr::Int,
            Const::Float(_) => Repr::Float,
            Const::Date(_) => Repr::Date,
            Const::Text(_) => Repr::Text,
            Const::Row(_) => Repr::Row,
        }
    }

    /// The constant of a float.
    pub fn float(value: f64) -> Const {
        Const::Float(value.to_bits())
    }
}

/// Comparisons; the others are these with operands changed or negated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "names say it")]
pub enum Order {
    Equal,
    Less,
    LessEqual,
}

/// Functions of one float; what is not finite is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "as the built-ins of these names")]
pub enum FloatUnary {
    Negate,
    Abs,
    Round,
    Floor,
    Ceil,
    Sqrt,
    Ln,
    Exp,
}

/// Parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "as the built-ins of these names")]
pub enum DatePart {
    Year,
    Month,
    Day,
    Quarter,
    Weekday,
    YearMonth,
}

/// One value of the elements of a list, for each row of its owner. Operands: `keep` (a bool of the elements' domain: which
/// are in the list), then as said. An element that is not there is a failure at the element unless said otherwise;
/// which failure comes first is as the interpreter has it: all elements are looked at for missing ones before
/// anything is computed, but for `SumInt`, `SumDecimal`, `Smallest` and `Largest`, which go element by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// `keep` → int: how many are kept.
    Count,
    /// `keep there value` → float: left fold from 0.0.
    SumFloat,
    /// `keep there value` → int, checked at each addition.
    SumInt,
    /// `keep row` → float: the exact sum of a decimal column at the rows, as its nearest double. A row that is
    /// none, or whose cell is missing, is a missing element; beyond 128 bits overflows.
    SumDecimal {
        /// The table of the rows.
        table: TableId,
        /// Its decimal column.
        column: ColumnId,
    },
    /// `keep there value` → float; garbage for none.
    Mean,
    /// `keep there value` → float: standard deviation over n in two passes; garbage for none.
    Deviation,
    /// `keep there value q` → float: quantile of type 7; `q` is of the owner's domain and checked before; garbage for none.
    Quantile,
    /// `keep there value argument` → float: a figure; `argument` is a float of the owner's domain; an element or argument that it is not made of
    /// fails as a whole; garbage where there is none.
    Figure(Figure),
    /// The same operands → bool: whether there is one. Never fails.
    HasFigure(Figure),
    /// `keep there value` → row: position in the elements' domain of the smallest, the first of equals; `NO_ROW` for none.
    Smallest,
    /// The same of the largest.
    Largest,
    /// `keep there value` → int: how many different values.
    Distinct,
    /// `keep` → row: position of the first kept element; `NO_ROW` for none. Never fails.
    First,
    /// `keep` → row: position of the last. Never fails.
    Last,
    /// `keep index` → row: position of the kept element with this index (int over the owner; from the end if negative).
    /// Out of range fails as a whole.
    At,
    /// `keep there value item` → bool: whether an element equals `item` (over the owner). A missing element before the
    /// first equal one is a failure.
    Holds,
    /// `keep holds` → bool: whether any kept element holds. Never fails.
    Any,
}

/// What a node computes. Operands in order; see [`Aggregate`] for those of lists.
///
/// Floats are IEEE doubles; a result that is not finite is a failure (`NotFinite`), as is a division by zero
/// (`DivisionByZero`). Ints are checked (`Overflow`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// The same for all rows.
    Const(Const),
    /// → row: the customer's own row. Over customers.
    Customer,
    /// → row: over [`super::Domain::Related`], the element's row of its table.
    Element,
    /// `value` → the same for each element: over an element domain, `value` is of an ancestor. Only where a node's own domain must be the
    /// elements'; operands of other operations are lifted by themselves.
    Lift,
    /// → row: the row's own number in its domain. Over any domain.
    Number,
    /// `value` (over the base) → its value for the element: over [`super::Domain::Sorted`] and [`super::Domain::Copied`].
    Pick,
    /// One operand for each element, over the parent → over [`super::Domain::Written`].
    Written,
    /// → text: over [`super::Domain::Split`], the part.
    Part,
    /// `value` (over the sorted base of the domain) → the difference between the element after and the one before, over
    /// [`super::Domain::Between`]. Int, date (as int) or float; fails as the subtraction.
    Gap,
    /// → int: over an element domain, the element's position among those of its parent's row, from 0.
    Position,
    /// `condition` → bool: the condition itself; where it holds, the row fails like this.
    Refuse(Failure),
    /// `position value` → the value (any representation, over the elements' domain) at a position; garbage for `NO_ROW`. Over the
    /// position's domain.
    Fetch,

    /// `row` → a cell: text, int, float, bool, date; a decimal as its nearest double, in minor units as an int, which can
    /// overflow. Garbage where the row is none or the cell missing.
    Column(TableId, ColumnId),
    /// `row` → bool: whether the row is one and its cell there.
    ColumnThere(TableId, ColumnId),
    /// `row` → row of the reference's target; `NO_ROW` where the row is none or the reference finds none.
    Reference(TableId, u32),
    /// `row` → bool: whether it is one.
    RowThere,
    /// `key` (text) → row of a parameter table of the program; `NO_ROW` where it has no such key.
    TableRow(u32),
    /// `row` → a cell of a parameter table; garbage for none.
    TableCell(u32, u32),
    /// → int or float: the customer's standing in a population of the program; over customers. Garbage where there is
    /// none; can be not finite. For `ntile` the percent rank, for `quantile_of` see [`Op::QuantileOf`].
    Standing(u32),
    /// → bool: whether the customer has one.
    StandingThere(u32),
    /// `q` (checked before) → float: the quantile of the customer's group.
    QuantileOf(u32),
    /// `rank tiles` → int: `min(n, floor(rank * n) + 1)`, with tiles of at least 1 (checked before).
    Ntile,

    /// `number` (row) → text: the text of this number in the graph's pool; only of numbers that are in it.
    Pooled,
    /// `condition a b` → `a` where the condition holds, else `b`; any representation.
    Select,
    /// `a b` → bool.
    And,
    /// `a b` → bool.
    Or,
    /// `a` → bool.
    Not,
    /// `a b` → bool: operands of one representation (not row). Floats by IEEE order, text by UTF-8 bytes, false before true.
    Compare(Order),

    /// `a b` → int.
    AddInt,
    /// `a b` → int.
    SubtractInt,
    /// `a b` → int.
    MultiplyInt,
    /// `a b` → int, sign of `a`. By zero fails.
    RemainderInt,
    /// `a b` → int, toward zero. By zero fails.
    Idiv,
    /// `a` → int.
    NegateInt,
    /// `a` → int.
    AbsInt,
    /// `a b` → float.
    Add,
    /// `a b` → float.
    Subtract,
    /// `a b` → float.
    Multiply,
    /// `a b` → float. By zero (of either sign) fails.
    Divide,
    /// `a b` → float, sign of `a`. By zero fails.
    Remainder,
    /// `a b` → float: `libm::pow`.
    Pow,
    /// `a` → float.
    Float(FloatUnary),
    /// `x digits` → float: half away from zero; a power of ten that is not finite is out of range at operand 1.
    RoundTo,
    /// `x low high` → float of 0 to 1. `low == high` is a division by zero; a difference or quotient that is not finite fails.
    Scale,
    /// `a b` → the smaller, `a` if equal (so that the sign of zero is kept); any ordered representation but bool and row.
    Min,
    /// `a b` → the larger, `a` if equal.
    Max,
    /// `x low high` → any ordered representation; `low > high` is out of range as a whole.
    Clamp,
    /// Int → float: nearest double.
    IntToFloat,
    /// Bool → int.
    BoolToInt,
    /// Float → int, truncated; beyond 64 bits overflows.
    FloatToInt,
    /// Text → int (`format::parse_int`); beyond 64 bits overflows, else is not a number.
    TextToInt,
    /// Text → float (`format::parse_float`); too large is not finite, else not a number.
    TextToFloat,

    /// `from to` (dates) → int.
    DaysBetween,
    /// `from to` (dates) → int; a date out of range overflows.
    MonthsBetween,
    /// Date → int; a date out of range overflows (but `Weekday`, which has no range).
    DatePart(DatePart),
    /// `date count` → date; out of range overflows.
    PlusDays,
    /// `date count` → date.
    MinusDays,
    /// `date count` → date.
    PlusMonths,
    /// `date count` → date.
    MinusMonths,
    /// Instant (int) → date in the project's time zone; out of range overflows.
    DateOf,

    /// Texts → text: joined.
    Join,
    /// `whole part` → bool.
    Contains,
    /// `whole part` → bool.
    StartsWith,
    /// `whole part` → bool.
    EndsWith,
    /// Text → text.
    Lower,
    /// Text → text.
    Upper,
    /// Text → text, without white space at both ends.
    Trim,
    /// `whole from to` → text; an empty `from` is out of range at operand 1.
    Replace,
    /// Text → int: characters.
    TextLen,
    /// Text → bool: whether it has no bytes.
    IsEmpty,
    /// Int → text.
    IntToText,
    /// Float → text (`format::float`).
    FloatToText,
    /// Bool → text.
    BoolToText,
    /// Date → text (`format::date`).
    DateToText,
    /// Instant (int) → text in the project's time zone (`format::datetime`).
    InstantToText,

    /// → bool: whether the customer breaks none of the checks of an attempt of the program, which are made here. Over customers.
    Sound(u32),

    /// Of a list whose elements are this domain; over the owner. Operands may be constants.
    Of(Aggregate, DomainId),
}

impl Op {
    /// Whether a row can fail: then the node keeps a code for each row (see [`crate::rules::site::Failure`]).
    pub fn can_fail(&self) -> bool {
        match self {
            Op::Column(..)
            | Op::Standing(_)
            | Op::QuantileOf(_)
            | Op::Gap
            | Op::Refuse(_)
            | Op::AddInt
            | Op::SubtractInt
            | Op::MultiplyInt
            | Op::RemainderInt
            | Op::Idiv
            | Op::NegateInt
            | Op::AbsInt
            | Op::Add
            | Op::Subtract
            | Op::Multiply
            | Op::Divide
            | Op::Remainder
            | Op::Pow
            | Op::RoundTo
            | Op::Scale
            | Op::Clamp
            | Op::FloatToInt
            | Op::TextToInt
            | Op::TextToFloat
            | Op::MonthsBetween
            | Op::PlusDays
            | Op::MinusDays
            | Op::PlusMonths
            | Op::MinusMonths
            | Op::DateOf
            | Op::Replace => true,
            Op::Float(function) => matches!(function, FloatUnary::Sqrt | FloatUnary::Ln | FloatUnary::Exp),
            Op::DatePart(part) => *part != DatePart::Weekday,
            Op::Of(aggregate, _) => !matches!(
                aggregate,
                Aggregate::Count | Aggregate::First | Aggregate::Last | Aggregate::Any | Aggregate::HasFigure(_)
            ),
            Op::Const(_)
            | Op::Customer
            | Op::Element
            | Op::Number
            | Op::Lift
            | Op::Pick
            | Op::Written
            | Op::Part
            | Op::Position
            | Op::Fetch
            | Op::ColumnThere(..)
            | Op::Reference(..)
            | Op::RowThere
            | Op::TableRow(_)
            | Op::TableCell(..)
            | Op::StandingThere(_)
            | Op::Sound(_)
            | Op::Ntile
            | Op::Pooled
            | Op::Select
            | Op::And
            | Op::Or
            | Op::Not
            | Op::Compare(_)
            | Op::Min
            | Op::Max
            | Op::IntToFloat
            | Op::BoolToInt
            | Op::DaysBetween
            | Op::Join
            | Op::Contains
            | Op::StartsWith
            | Op::EndsWith
            | Op::Lower
            | Op::Upper
            | Op::Trim
            | Op::TextLen
            | Op::IsEmpty
            | Op::IntToText
            | Op::FloatToText
            | Op::BoolToText
            | Op::DateToText
            | Op::InstantToText => false,
        }
    }
}
