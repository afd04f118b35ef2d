//! What a table and its columns must keep, and how their values are mended, validated.
//!
//! In: nothing; these are plain values that [`column`] and [`table`] read from a manifest. Out: [`ColumnContract`],
//! [`TableContract`], [`ReferenceContract`]. Must not know: YAML, data, how a rule is held against rows.
//!
//! Every rule has one short form, its value, and one long form, `{ is: value, severity: … }` ([`Rule`]).

pub(super) mod column;
pub mod completeness;
pub mod mend;
pub mod money;
pub mod network;
pub(super) mod read;
pub(super) mod table;
mod written;

use self::network::Measured;
use super::model::{Table, Written};
use crate::dtype::DataType;
use crate::source::Span;
use indexmap::IndexMap;
use std::fmt;

/// What happens where a rule does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The row stays; the run warns, and the quality report counts it.
    Warn,
    /// The row goes to quarantine.
    Quarantine,
    /// The run fails.
    Fail,
}

/// A rule with what happens where it does not hold.
#[derive(Clone, Debug)]
pub struct Rule<T> {
    /// What must hold.
    pub is: T,
    /// What happens if not.
    pub severity: Severity,
    /// Where it is declared.
    pub span: Span,
}

/// A text in the rule language over the columns of one row.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The text.
    pub text: String,
    /// The scalar that holds it.
    pub span: Span,
}

/// A value of a column as a manifest writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// Int.
    Int(i64),
    /// Float.
    Float(f64),
    /// Bool.
    Bool(bool),
    /// Days since 1970-01-01.
    Day(i32),
    /// Smallest units of a decimal of the column's scale.
    Units(i128),
}

/// Smallest and largest value, both allowed; open where there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The smallest.
    pub from: Option<Scalar>,
    /// The largest.
    pub to: Option<Scalar>,
    /// As it is written: `[0, 100]`.
    pub text: String,
}

/// Fewest and most; open where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The fewest.
    pub from: Option<u64>,
    /// The most.
    pub to: Option<u64>,
}

impl Bounds {
    /// Whether so many are allowed.
    pub fn hold(&self, count: u64) -> bool {
        self.from.is_none_or(|from| count >= from) && self.to.is_none_or(|to| count <= to)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |end: Option<u64>| end.map_or("null".to_owned(), |n| n.to_string());
        write!(f, "[{}, {}]", end(self.from), end(self.to))
    }
}

/// A regular expression that the whole text must match.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As it is written.
    pub text: String,
    /// Anchored at both ends.
    pub regex: regex::Regex,
}

/// Upper or lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// All letters small.
    Lower,
    /// All letters large.
    Upper,
}

/// How texts are mended before they are read. The order is: composed characters, width, trim, missing texts, case, corrections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mending {
    /// A letter and the marks that stand behind it become one character (NFC).
    pub composed: bool,
    /// Full-width ASCII becomes ASCII.
    pub half_width: bool,
    /// White space at both ends goes.
    pub trim: bool,
    /// Letters are of one case.
    pub case: Option<Case>,
}

/// A text with which a row is no data: a total, a header that is repeated.
#[derive(Clone, Debug)]
pub enum Drop {
    /// This text, as it stands or mended.
    Text(String),
    /// A text that looks like this.
    Pattern(Pattern),
}

impl Drop {
    /// Whether it is this text.
    pub fn is(&self, text: &str) -> bool {
        match self {
            Drop::Text(known) => known == text,
            Drop::Pattern(pattern) => pattern.regex.is_match(text),
        }
    }
}

/// What a column must keep beside its type, and what makes its values.
#[derive(Clone, Debug, Default)]
pub struct ColumnContract {
    /// How its texts are mended.
    pub mending: Mending,
    /// How its numbers are written.
    pub written: Written,
    /// Texts with which a row is no data, and is removed.
    pub drops: Vec<Drop>,
    /// Further names that a file may use for it; [`super::model::Column::from`] is the first.
    pub also: Vec<String>,
    /// Whether files may be without it; it is missing there.
    pub may_be_absent: bool,
    /// The values that it may have.
    pub allowed: Option<Rule<Vec<Scalar>>>,
    /// Smallest and largest value; of datetimes the day in the project's zone.
    pub range: Option<Rule<Range>>,
    /// What its texts look like.
    pub pattern: Option<Rule<Pattern>>,
    /// Characters of its texts.
    pub length: Option<Rule<Bounds>>,
    /// Whether a value may stand in one row only.
    pub unique: Option<Rule<()>>,
    /// What its values are computed of; it is then in no file.
    pub compute: Option<Expression>,
    /// Whether its values stay out of everything that people read.
    pub sensitive: bool,
    /// Whether the manifest says that they do not have to.
    pub open: bool,
    /// The currency of its amounts.
    pub currency: Option<Currency>,
    /// The amount in another currency that it is; it is then in no file.
    pub convert: Option<Convert>,
    /// What it is measured as on a network; it is then in no file.
    pub measured: Option<Measured>,
    /// Whether it says how complete the row is; it is then in no file.
    pub is_completeness: bool,
    /// Whether it holds the day of the rate of the converted column before it.
    pub is_rate_date: bool,
}

impl ColumnContract {
    /// Whether files have the column.
    pub fn is_of_source(&self) -> bool {
        self.compute.is_none() && self.convert.is_none() && !self.is_rate_date && !self.is_late()
    }

    /// Whether it is known only when all tables are.
    pub fn is_late(&self) -> bool {
        self.is_completeness || self.measured.is_some()
    }
}

/// The currency of a column's amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Currency {
    /// One for all rows, by its ISO 4217 code.
    One(String),
    /// That which another column of the row names.
    Column(String),
}

/// What a converted column is made of.
#[derive(Clone, Debug)]
pub struct Convert {
    /// The column with the amount.
    pub amount: String,
    /// The currency that it gets.
    pub to: String,
    /// The column with the day whose rate counts.
    pub on: String,
    /// Where it is declared.
    pub span: Span,
}

/// Where a table's rates stand.
#[derive(Clone, Debug)]
pub struct Rates {
    /// The table of rates.
    pub table: String,
    /// Its column with the currency that a rate is of.
    pub from: String,
    /// The currency that a rate leads to.
    pub to: String,
    /// Its column with the day from which on a rate holds.
    pub date: String,
    /// Its column with the units of `to` for one of `from`.
    pub rate: String,
    /// Days for which a rate holds; any number if `None`.
    pub max_age: Option<u32>,
    /// Whether a row without a rate stays, with the amount missing.
    pub may_lack: bool,
    /// Where it is declared.
    pub span: Span,
}

/// A condition over one row.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name, unique in the table.
    pub name: String,
    /// What must hold.
    pub rule: Expression,
    /// What happens if not.
    pub severity: Severity,
    /// Where it is declared.
    pub span: Span,
}

/// How old the newest row may be.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// A date or datetime column.
    pub column: String,
    /// Days before the as-of date in which its newest value must lie.
    pub within: u32,
    /// Days from the as-of date on in which it may lie; any if `None`.
    pub max_future: Option<u32>,
    /// What happens if not.
    pub severity: Severity,
    /// Where it is declared.
    pub span: Span,
}

/// What happens to a row that is in all columns like one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExactDuplicates {
    /// It stays.
    #[default]
    Keep,
    /// It stays, and the run warns.
    Warn,
    /// It is removed.
    Remove,
    /// The run fails.
    Fail,
}

/// What a table must keep beside its columns' contracts.
#[derive(Clone, Debug, Default)]
pub struct TableContract {
    /// Rows that stay; the others are removed as declared.
    pub filter: Option<Expression>,
    /// Conditions over one row.
    pub checks: Vec<Check>,
    /// What happens to rows that are alike in all columns.
    pub exact_duplicates: ExactDuplicates,
    /// Columns whose values together may stand in one row only.
    pub unique: Vec<Rule<Vec<String>>>,
    /// How old the newest row may be.
    pub freshness: Option<Freshness>,
    /// Rows that the table has in the end.
    pub rows: Option<Rule<Bounds>>,
    /// Where the rates of its converted columns stand.
    pub rates: Option<Rates>,
    /// What a complete row has.
    pub completeness: Option<completeness::Completeness>,
    /// The ties between its rows.
    pub network: Option<network::Network>,
}

/// What a reference must keep beside what happens to its orphans.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReferenceContract {
    /// The share of rows that may find no row before the run fails; any if `None`.
    pub at_most: Option<f64>,
    /// What happens where a second row leads to one row; `None` where many may.
    pub one: Option<Severity>,
}

impl Table {
    /// Whether the values of some column stay out of what people read.
    pub fn is_sensitive(&self) -> bool {
        self.columns.values().any(|column| column.contract.sensitive)
    }

    /// Whether the values of one of these columns do.
    pub fn has_sensitive(&self, columns: &[String]) -> bool {
        columns.iter().any(|name| self.columns.get(name).is_some_and(|column| column.contract.sensitive))
    }
}

/// Makes the columns of a reference sensitive where the key that they hold is, and the other way round; and an amount that
/// is converted from a sensitive one.
pub fn spread_sensitivity(tables: &mut IndexMap<String, Table>) {
    let mut pairs: Vec<[(String, String); 2]> = Vec::new();
    for table in tables.values() {
        for reference in &table.references {
            let key = tables.get(&reference.table).map(|other| other.key.clone()).unwrap_or_default();
            let both = reference.columns.iter().zip(key);
            pairs.extend(both.map(|(own, key)| [(table.name.clone(), own.clone()), (reference.table.clone(), key)]));
        }
    }
    for column in tables.values_mut().flat_map(|table| {
        let amounts: Vec<String> =
            table.columns.values().filter(|c| c.contract.sensitive).map(|c| c.name.clone()).collect();
        table.columns.values_mut().filter(move |column| {
            let amount = column.contract.convert.as_ref().map(|convert| &convert.amount);
            amount.is_some_and(|amount| amounts.contains(amount)) && !column.contract.open
        })
    }) {
        column.contract.sensitive = true;
    }
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for pair in &pairs {
            let column = |(table, column): &(String, String)| Some(&tables.get(table)?.columns.get(column)?.contract);
            let sensitive = pair.each_ref().map(|place| column(place).is_some_and(|contract| contract.sensitive));
            for (table, column) in pair.iter().filter(|_| sensitive[0] != sensitive[1]) {
                if let Some(column) = tables.get_mut(table).and_then(|table| table.columns.get_mut(column)) {
                    column.contract.sensitive = true;
                    changed = true;
                }
            }
        }
    }
}

/// A decimal's text in smallest units of `scale` digits; `None` if it has more digits or is no number.
pub(super) fn decimal_units(text: &str, scale: u8) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let scale = usize::from(scale);
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > scale {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<scale$}").parse().ok()?;
    Some(if text.starts_with('-') { -units } else { units })
}

/// The value of a text as a column of this type has it; `None` where it is none, or such values are not compared.
pub(super) fn scalar(text: &str, dtype: DataType) -> Option<Scalar> {
    let day = || {
        let date = super::field::parse_date(text)?;
        Some(Scalar::Day(crate::calendar::day_number(date)))
    };
    match dtype {
        DataType::Text => Some(Scalar::Text(text.to_owned())),
        DataType::Int => text.parse().ok().map(Scalar::Int),
        DataType::Float => text.parse().ok().filter(|f: &f64| f.is_finite()).map(Scalar::Float),
        DataType::Bool => text.parse().ok().map(Scalar::Bool),
        DataType::Date | DataType::DateTime => day(),
        DataType::Decimal { scale, .. } => decimal_units(text, scale).map(Scalar::Units),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal_units("100", 2), Some(10_000));
        assert_eq!(decimal_units("-0.5", 2), Some(-50));
        assert_eq!(decimal_units("0.105", 2), None);
        assert_eq!(decimal_units(".5", 2), None);
        assert_eq!(decimal_units("１", 2), None);
        assert_eq!(decimal_units(&"9".repeat(60), 0), None);
    }

    #[test]
    fn values_are_of_the_columns_type() {
        assert_eq!(scalar("007", DataType::Text), Some(Scalar::Text("007".into())));
        assert_eq!(scalar("0.5", DataType::Int), None);
        assert_eq!(scalar("nan", DataType::Float), None);
        assert_eq!(scalar("1970-01-11", DataType::DateTime), Some(Scalar::Day(10)));
        assert_eq!(scalar("2017-02-30", DataType::Date), None);
    }

    #[test]
    fn bounds_may_be_open() {
        let bounds = Bounds { from: Some(2), to: None };
        assert!(!bounds.hold(1) && bounds.hold(2) && bounds.hold(u64::MAX));
        assert_eq!(bounds.to_string(), "[2, null]");
    }
}
