//! Which native function an expression calls, with which operands, and what a failure there is called.
//!
//! In: a typed expression. Out: an [`Operation`], if the expression is one: it evaluates its operands in order, then
//! computes. Must not know: how it is written. [`super::rewrite_expr`] writes it as a call, [`super::fuse`] puts several
//! into one call.

use super::natives::{Closure, Native, Run, columns, dates, lists, numbers, texts};
use super::rewrite::{Result, Rewriter};
use crate::rules::ast::BinaryOp;
use crate::rules::builtin::Builtin;
use crate::rules::site::Site;
use crate::rules::typed::{Expr, ExprKind};
use crate::rules::types::{ColumnId, Kind, TableId};
use crate::source::Span;
use std::sync::Arc;

/// An operation on the values of its operands.
pub(super) struct Operation<'a> {
    /// Its name in the rewritten text.
    pub(super) name: String,
    /// What it does.
    pub(super) run: Run,
    /// Expressions, evaluated in this order.
    pub(super) operands: Vec<&'a Expr>,
    /// Texts that it is given behind them.
    pub(super) keys: Vec<&'a str>,
    /// What stands for it in a cause.
    pub(super) site: Site,
}

impl<'a> Rewriter<'a> {
    /// The operation that an expression is; none for literals, variables, control flow, calls of the rules' own
    /// functions, and methods of lists.
    pub(super) fn operation(&mut self, e: &'a Expr) -> Result<Option<Operation<'a>>> {
        Ok(Some(match &e.kind {
            ExprKind::Column { row, table, column, safe } => self.column(e.span, row, (*table, *column), *safe)?,
            ExprKind::Reference { row, table, reference, safe } => {
                self.reference(e.span, row, (*table, *reference), *safe)?
            }
            ExprKind::Field { map, key, safe: true } => {
                let mut operation = self.on(lists::GET_SAFE, e.span, vec![map]);
                operation.keys.push(key);
                operation
            }
            ExprKind::Field { .. } => self.fields(e),
            ExprKind::Lookup { map, key } => self.on(lists::LOOK_UP, e.span, vec![map, key]),
            ExprKind::Element { list, index, safe } => {
                self.on(if *safe { lists::AT_SAFE } else { lists::AT }, e.span, vec![list, index])
            }
            ExprKind::ParameterTable { table, key } => self.parameter_table(e.span, *table, key)?,
            ExprKind::Negate(below) if below.ty.kind == Kind::Int => self.on(numbers::NEGATE_INT, e.span, vec![below]),
            ExprKind::Negate(below) => self.on(numbers::NEGATE, e.span, vec![below]),
            ExprKind::Not(below) => self.on(numbers::NOT, e.span, vec![below]),
            ExprKind::Binary { op, left, right } => {
                let kind = if left.ty.kind == Kind::Never { &right.ty.kind } else { &left.ty.kind };
                self.on(operator(*op, kind), e.span, vec![left, right])
            }
            ExprKind::IsMissing(below) => self.on(numbers::IS_MISSING, e.span, vec![below]),
            ExprKind::Call { function, args } => return self.builtin(e.span, *function, args),
            ExprKind::Standing { index, extra } => {
                let found = self.world.standings.get(*index);
                let closure = Arc::clone(found.ok_or_else(|| self.absent("population"))?);
                self.over(&format!("s{index}"), e.span, extra.as_deref().into_iter().collect(), || closure)
            }
            ExprKind::ToFloat(below) => self.on(numbers::TO_FLOAT, e.span, vec![below]),
            _ => return Ok(None),
        }))
    }

    /// A native function of operands.
    pub(super) fn on(&self, native: Native, whole: Span, operands: Vec<&'a Expr>) -> Operation<'a> {
        let site = self.site(whole, &operands);
        Operation { name: native.name.to_owned(), run: Run::Native(native), operands, keys: Vec::new(), site }
    }

    /// A closure of operands, made at the first use of its name.
    pub(super) fn over(
        &mut self,
        name: &str,
        whole: Span,
        operands: Vec<&'a Expr>,
        make: impl FnOnce() -> Closure,
    ) -> Operation<'a> {
        let closure = self.natives.add_closure(name, operands.len(), make);
        let site = self.site(whole, &operands);
        Operation { name: name.to_owned(), run: Run::Closure(closure), operands, keys: Vec::new(), site }
    }

    fn column(
        &mut self,
        whole: Span,
        row: &'a Expr,
        (table, column): (TableId, ColumnId),
        safe: bool,
    ) -> Result<Operation<'a>> {
        let data = self.column_data(table, column)?;
        let name = format!("c{}_{}{}", table.0, column.0, if safe { "s" } else { "" });
        Ok(self.over(&name, whole, vec![row], || columns::column(data, safe)))
    }

    fn reference(
        &mut self,
        whole: Span,
        row: &'a Expr,
        (table, n): (TableId, usize),
        safe: bool,
    ) -> Result<Operation<'a>> {
        let found = self.world.data.table(table).and_then(|t| t.references.get(n));
        let targets = Arc::clone(found.ok_or_else(|| self.absent("reference"))?);
        let name = format!("r{}_{n}{}", table.0, if safe { "s" } else { "" });
        Ok(self.over(&name, whole, vec![row], || columns::reference(targets, safe)))
    }

    /// `m.a.b` as one operation, so that `m.a` is not copied.
    fn fields(&mut self, e: &'a Expr) -> Operation<'a> {
        let (mut keys, mut maps, mut below) = (Vec::new(), Vec::new(), e);
        while let ExprKind::Field { map, key, safe: false } = &below.kind {
            keys.push(key.as_str());
            maps.push(&**map);
            below = map;
        }
        keys.reverse();
        maps.reverse();
        let site = self.site(e.span, &maps);
        let native = lists::GET;
        Operation { name: native.name.to_owned(), run: Run::Native(native), operands: vec![below], keys, site }
    }

    fn parameter_table(&mut self, whole: Span, table: usize, key: &'a Expr) -> Result<Operation<'a>> {
        let found = self.world.program.tables.get(table);
        let found = Arc::clone(found.ok_or_else(|| self.absent("parameter table"))?);
        Ok(self.over(&format!("p{table}"), whole, vec![key], || columns::parameter_table(&found)))
    }

    /// A built-in; none if it is written in a way of its own.
    fn builtin(&mut self, whole: Span, function: Builtin, args: &'a [Expr]) -> Result<Option<Operation<'a>>> {
        let operands: Vec<&Expr> = args.iter().collect();
        let kind = operands.first().map_or(&Kind::Never, |e| &e.ty.kind);
        Ok(Some(match function {
            Builtin::ToText => {
                let value = operands.first().ok_or_else(|| self.absent("argument"))?;
                self.text_of(whole, value)
            }
            Builtin::Contains
                if matches!(kind, Kind::Map(_) | Kind::Dict(_) | Kind::List(_) | Kind::Decimals { .. }) =>
            {
                return Ok(None);
            }
            Builtin::DateOf if *kind == Kind::DateTime => {
                let zone = self.world.zone.clone();
                self.over("date_of", whole, operands, || columns::date_of(zone))
            }
            _ => self.on(function_of(function, kind), whole, operands),
        }))
    }

    /// A value as a text.
    pub(super) fn text_of(&mut self, whole: Span, value: &'a Expr) -> Operation<'a> {
        let native = match value.ty.kind {
            Kind::Int => texts::TEXT_OF_INT,
            Kind::Float => texts::TEXT_OF_FLOAT,
            Kind::Bool => texts::TEXT_OF_BOOL,
            Kind::Date => texts::TEXT_OF_DATE,
            Kind::DateTime => {
                let zone = self.world.zone.clone();
                return self.over("text_t", whole, vec![value], || columns::text_of_datetime(zone));
            }
            _ => texts::TEXT_OF_TEXT,
        };
        self.on(native, whole, vec![value])
    }
}

/// The native function of a binary operator on operands of a kind.
fn operator(op: BinaryOp, kind: &Kind) -> Native {
    let is_float = *kind == Kind::Float;
    match op {
        BinaryOp::Add if *kind == Kind::Text => texts::JOIN,
        BinaryOp::Add if is_float => numbers::ADD,
        BinaryOp::Add => numbers::ADD_INT,
        BinaryOp::Subtract if is_float => numbers::SUBTRACT,
        BinaryOp::Subtract => numbers::SUBTRACT_INT,
        BinaryOp::Multiply if is_float => numbers::MULTIPLY,
        BinaryOp::Multiply => numbers::MULTIPLY_INT,
        BinaryOp::Divide => numbers::DIVIDE,
        BinaryOp::Remainder if is_float => numbers::REMAINDER,
        BinaryOp::Remainder => numbers::REMAINDER_INT,
        BinaryOp::Equal if is_float => numbers::EQUAL_FLOAT,
        BinaryOp::Equal => numbers::EQUAL,
        BinaryOp::NotEqual if is_float => numbers::NOT_EQUAL_FLOAT,
        BinaryOp::NotEqual => numbers::NOT_EQUAL,
        BinaryOp::Less if is_float => numbers::LESS_FLOAT,
        BinaryOp::Less => numbers::LESS,
        BinaryOp::LessEqual if is_float => numbers::LESS_EQUAL_FLOAT,
        BinaryOp::LessEqual => numbers::LESS_EQUAL,
        BinaryOp::Greater if is_float => numbers::GREATER_FLOAT,
        BinaryOp::Greater => numbers::GREATER,
        BinaryOp::GreaterEqual if is_float => numbers::GREATER_EQUAL_FLOAT,
        BinaryOp::GreaterEqual => numbers::GREATER_EQUAL,
    }
}

/// The native function of a built-in whose first argument is of a kind.
fn function_of(function: Builtin, kind: &Kind) -> Native {
    match function {
        Builtin::Abs if *kind == Kind::Int => numbers::ABS_INT,
        Builtin::Abs => numbers::ABS,
        Builtin::Min => numbers::MIN,
        Builtin::Max => numbers::MAX,
        Builtin::Clamp => numbers::CLAMP,
        Builtin::Round => numbers::ROUND,
        Builtin::RoundTo => numbers::ROUND_TO,
        Builtin::Floor => numbers::FLOOR,
        Builtin::Ceil => numbers::CEIL,
        Builtin::Sqrt => numbers::SQRT,
        Builtin::Ln => numbers::LN,
        Builtin::Exp => numbers::EXP,
        Builtin::Pow => numbers::POW,
        Builtin::Scale => numbers::SCALE,
        Builtin::Idiv => numbers::IDIV,
        Builtin::ToInt => numbers::TO_INT,
        Builtin::ToFloat => numbers::PARSE_FLOAT,
        Builtin::ToText => texts::TEXT_OF_TEXT,
        Builtin::Contains => texts::CONTAINS,
        Builtin::StartsWith => texts::STARTS_WITH,
        Builtin::EndsWith => texts::ENDS_WITH,
        Builtin::Lower => texts::LOWER,
        Builtin::Upper => texts::UPPER,
        Builtin::Trim => texts::TRIM,
        Builtin::Split => texts::SPLIT,
        Builtin::Replace => texts::REPLACE,
        Builtin::TextLen => texts::LEN,
        Builtin::DaysBetween => dates::DAYS_BETWEEN,
        Builtin::MonthsBetween => dates::MONTHS_BETWEEN,
        Builtin::Year => dates::YEAR,
        Builtin::Month => dates::MONTH,
        Builtin::Day => dates::DAY,
        Builtin::Quarter => dates::QUARTER,
        Builtin::Weekday => dates::WEEKDAY,
        Builtin::YearMonth => dates::YEAR_MONTH,
        Builtin::PlusDays => dates::PLUS_DAYS,
        Builtin::MinusDays => dates::MINUS_DAYS,
        Builtin::PlusMonths => dates::PLUS_MONTHS,
        Builtin::MinusMonths => dates::MINUS_MONTHS,
        Builtin::DateOf => numbers::PRESENT,
        Builtin::Keys => lists::KEYS,
        Builtin::Values => lists::VALUES,
        Builtin::IsMissing => numbers::IS_MISSING,
    }
}
