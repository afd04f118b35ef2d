//! The forms that all rules share: short and long, bounds, ranges, expressions.
//!
//! In: a field of a manifest. Out: values of [`super`] and diagnostics. Must not know: which key it reads. Start at
//! [`rule`].

use super::{Bounds, Expression, Range, Rule, Scalar, Severity, scalar};
use crate::diag::ids;
use crate::dtype::DataType;
use crate::manifest::field::{Field, Fields, Findings};
use crate::manifest::shape::{Is, ROW_RULE, TABLE_RULE};
use crate::manifest::yaml::Kind;
use std::cmp::Ordering;

const ROWS: [(&str, Severity); 3] =
    [("warn", Severity::Warn), ("quarantine", Severity::Quarantine), ("fail", Severity::Fail)];
const TABLES: [(&str, Severity); 2] = [("warn", Severity::Warn), ("fail", Severity::Fail)];

/// What a rule is about, and with it which severities it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Rows: any.
    Rows,
    /// The table as a whole: there is no row to quarantine.
    Table,
}

/// A severity.
pub fn severity(field: &Field<'_>, about: About, findings: &mut Findings) -> Option<Severity> {
    match about {
        About::Rows => field.choice(&ROWS, findings),
        About::Table => field.choice(&TABLES, findings),
    }
}

/// A rule in its short form, or as `{ is: …, severity: … }`.
pub fn rule<T>(
    field: &Field<'_>,
    about: About,
    unless_said: Severity,
    findings: &mut Findings,
    read: impl FnOnce(&Field<'_>, &mut Findings) -> Option<T>,
) -> Option<Rule<T>> {
    let span = field.at;
    if field.as_map().is_none() {
        return read(field, findings).map(|is| Rule { is, severity: unless_said, span });
    }
    let shape = match about {
        About::Rows => &ROW_RULE,
        About::Table => &TABLE_RULE,
    };
    let fields = Fields::open(field, &field.title, shape, findings)?;
    let severity = fields.get("severity").and_then(|f| severity(&f, about, findings)).unwrap_or(unless_said);
    let mut place = fields.need("is", findings)?;
    place.title = field.title.clone();
    if let Is::Rule(is, _) | Is::LongRule(_, is, _) = field.is {
        place.is = *is;
    }
    read(&place, findings).map(|is| Rule { is, severity, span })
}

/// A text in the rule language.
pub fn expression(field: &Field<'_>, findings: &mut Findings) -> Option<Expression> {
    let text = field.text(findings)?;
    if text.trim().is_empty() {
        findings.push(field.wrong_value(format!("{} holds no expression", field.title)));
        return None;
    }
    Some(Expression { text, span: field.place() })
}

/// The two ends of a list `[from, to]`; `None` in it for an open end.
fn ends<'n>(field: &Field<'n>, example: &str, findings: &mut Findings) -> Option<[Option<Field<'n>>; 2]> {
    let items = match field.value.kind {
        Kind::List(_) => field.list(findings)?,
        _ => Vec::new(),
    };
    let [from, to] = &items[..] else {
        findings.push(field.wrong(&format!("a list of two ends, as {example}")));
        return None;
    };
    let end = |end: &Field<'n>| (!matches!(end.value.kind, Kind::Null)).then(|| end.clone());
    let ends = [end(from), end(to)];
    if ends.iter().all(Option::is_none) {
        findings.push(field.wrong_value(format!("{} is open at both ends and says nothing", field.title)));
        return None;
    }
    Some(ends)
}

/// Fewest and most.
pub fn bounds(field: &Field<'_>, findings: &mut Findings) -> Option<Bounds> {
    let [from, to] = ends(field, "[1, 100] or [1, null]", findings)?;
    let mut end = |f: Option<Field<'_>>| f.and_then(|f| f.int(0..=i64::MAX, findings)).map(i64::unsigned_abs);
    let bounds = Bounds { from: end(from), to: end(to) };
    if let (Some(from), Some(to)) = (bounds.from, bounds.to)
        && from > to
    {
        findings.push(field.wrong_value(format!("{} begins at {from} and ends at {to}", field.title)));
        return None;
    }
    Some(bounds)
}

/// Smallest and largest value of a column of this type.
pub fn range(field: &Field<'_>, dtype: DataType, findings: &mut Findings) -> Option<Range> {
    let [from, to] = ends(field, "[0, 100], [0, null] or [2016-01-01, null]", findings)?;
    if matches!(dtype, DataType::Text | DataType::Bool) {
        findings.push(
            field
                .wrong_value(format!("{} is for numbers and days, this column is {dtype}", field.title))
                .help("list the values under `allowed`, or say `pattern`"),
        );
        return None;
    }
    let shown = |end: &Option<Field<'_>>| end.as_ref().map_or("null".to_owned(), |f| f.value.source.clone());
    let text = format!("[{}, {}]", shown(&from), shown(&to));
    let mut end = |f: Option<Field<'_>>| match f {
        None => Some(None),
        Some(f) => value(&f, dtype, findings).map(Some),
    };
    let (from, to) = (end(from)?, end(to)?);
    if let (Some(a), Some(b)) = (&from, &to)
        && compare(a, b) == Some(Ordering::Greater)
    {
        findings.push(field.wrong_value(format!("no value lies in {text}")));
        return None;
    }
    Some(Range { from, to, text })
}

/// A value of a column of this type.
pub fn value(field: &Field<'_>, dtype: DataType, findings: &mut Findings) -> Option<Scalar> {
    let text = field.text(findings)?;
    let value = scalar(&text, dtype);
    if value.is_none() {
        let wanted = match dtype {
            DataType::DateTime => "a day as 2018-01-31".to_owned(),
            other => format!("of the column's type, {other}"),
        };
        findings.push(field.finding(ids::WRONG_VALUE, format!("{} must be {wanted}, not `{text}`", field.title)));
    }
    value
}

fn compare(a: &Scalar, b: &Scalar) -> Option<Ordering> {
    match (a, b) {
        (Scalar::Int(a), Scalar::Int(b)) => Some(a.cmp(b)),
        (Scalar::Float(a), Scalar::Float(b)) => a.partial_cmp(b),
        (Scalar::Day(a), Scalar::Day(b)) => Some(a.cmp(b)),
        (Scalar::Units(a), Scalar::Units(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
