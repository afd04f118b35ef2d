//! Currencies of columns, and conversion by a dated table of rates.
//!
//! In: the fields of a column or a table. Out: [`Currency`], [`Convert`], [`Rates`] and diagnostics. Must not know: rates, how
//! units are calculated with. Start at [`currency`].
//!
//! A currency is the unit of its column, so that unlike ones do not add up. One that another column of the row names is a
//! unit of its own, which only itself fits.

use super::read::expression;
use super::table::days;
use super::{ColumnContract, Convert, Currency, Rates};
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::manifest::check::Tables;
use crate::manifest::field::{Field, Fields, Findings};
use crate::manifest::model::{Column, Table};
use crate::manifest::shape::{column::CURRENCY, table::RATES};
use indexmap::IndexMap;

/// How the unit of amounts begins whose currency another column names.
pub const VARYING: &str = "currency by ";

type Columns = IndexMap<String, Column>;

fn is_number(dtype: DataType) -> bool {
    matches!(dtype, DataType::Decimal { .. } | DataType::Float)
}

/// An ISO 4217 code.
fn code(field: &Field<'_>, findings: &mut Findings) -> Option<String> {
    let text = field.text(findings)?;
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        return Some(text);
    }
    findings.push(field.wrong("a currency's code of three letters, as EUR"));
    None
}

/// `currency: EUR` or `currency: { column: cur }`.
pub fn currency(fields: &Fields<'_>, column: &Column, typed: bool, findings: &mut Findings) -> Option<Currency> {
    let field = fields.get("currency")?;
    if typed && !is_number(column.dtype) {
        findings.push(field.wrong_value("`currency` is for columns of type decimal(p,s) or float"));
    }
    if let Some(unit) = fields.get("unit") {
        let clash = Diagnostic::error(ids::NAME_CLASH, "`unit` and `currency` say the same thing");
        findings.push(clash.at(field.at).label(unit.at, "also here"));
    }
    if field.as_map().is_some() {
        let by = Fields::open(&field, "`currency`", &CURRENCY, findings)?.need("column", findings)?;
        return by.text(findings).map(Currency::Column);
    }
    code(&field, findings).map(Currency::One)
}

/// `convert: amount, to: EUR, on: order_date`.
pub fn convert(fields: &Fields<'_>, column: &Column, typed: bool, findings: &mut Findings) -> Option<Convert> {
    let Some(amount) = fields.get("convert") else {
        for field in ["to", "on"].iter().filter_map(|key| fields.get(key)) {
            let message = format!("{} belongs to `convert`, which is not there", field.title);
            findings.push(Diagnostic::error(ids::MISSING_KEY, message).at(field.at));
        }
        return None;
    };
    if typed && !is_number(column.dtype) {
        findings.push(amount.wrong_value("an amount is converted to decimal(p,s) or float"));
    }
    if let Some(field) = fields.get("compute").or(fields.get("currency")) {
        let message = format!("{} and `convert` exclude one another", field.title);
        findings.push(Diagnostic::error(ids::NAME_CLASH, message).at(field.at).label(amount.at, "also here"));
    }
    let (to, on) = (fields.need("to", findings), fields.need("on", findings));
    let to = to.and_then(|f| code(&f, findings));
    let on = on.and_then(|f| f.text(findings));
    Some(Convert { amount: expression(&amount, findings)?.text, to: to?, on: on?, span: amount.place() })
}

/// The unit that a currency or a conversion gives a column.
pub fn unit(contract: &ColumnContract) -> Option<String> {
    match (&contract.currency, &contract.convert) {
        (_, Some(convert)) => Some(convert.to.clone()),
        (Some(Currency::One(code)), _) => Some(code.clone()),
        // Signs by which units are multiplied and divided say nothing here.
        (Some(Currency::Column(column)), _) => {
            Some(format!("{VARYING}{}", column.replace(['/', '*', '·'], "_").replace(" per ", " ")))
        }
        (None, None) => None,
    }
}

/// The column for the days of the rates of a converted one.
pub fn rate_date(column: &Column) -> Option<Column> {
    let convert = column.contract.convert.as_ref()?;
    let name = format!("{}_rate_date", column.name);
    Some(Column {
        description: format!("The day of the rate by which `{}` is converted", convert.amount),
        contract: ColumnContract { is_rate_date: true, ..ColumnContract::default() },
        ..Column::new(&name, DataType::Date, column.span)
    })
}

/// `rates: { table: fx, from: cur, to: EUR, date: date, rate: rate }`.
pub fn rates(field: &Field<'_>, findings: &mut Findings) -> Option<Rates> {
    let fields = Fields::open(field, "`rates`", &RATES, findings)?;
    let mut text = |key: &str| fields.need(key, findings).and_then(|f| f.text(findings));
    let (table, from, date, rate) = (text("table"), text("from"), text("date"), text("rate"));
    let to = fields.need("to", findings).and_then(|f| code(&f, findings));
    let max_age = fields.get("max_age").and_then(|f| days(&f, findings));
    let words = [("missing", true), ("quarantine", false)];
    let may_lack = fields.get("no_rate").and_then(|f| f.choice(&words, findings)).unwrap_or(false);
    Some(Rates { table: table?, from: from?, to: to?, date: date?, rate: rate?, max_age, may_lack, span: field.at })
}

/// What currencies and conversions name in their own table.
pub fn check(columns: &Columns, rates: Option<&Rates>, findings: &mut Findings) {
    for (position, column) in columns.values().enumerate() {
        if let Some(Currency::Column(by)) = &column.contract.currency
            && columns.get(by).is_none_or(|by| by.dtype != DataType::Text)
        {
            let message = format!("the currency of `{}` stands in `{by}`, which is no text column", column.name);
            let found = Diagnostic::error(ids::UNKNOWN_COLUMN, message).at(column.span);
            findings.push(found.did_you_mean(by, columns.keys().map(String::as_str)));
        }
        let Some(convert) = &column.contract.convert else { continue };
        let mut wrong = |id, message: String, help: &str| {
            findings.push(Diagnostic::error(id, message).at(convert.span).help(help));
        };
        let above = |name: &str| {
            let (at, _, column) = columns.get_full(name)?;
            (column.contract.is_of_source() || at < position).then_some(column)
        };
        match above(&convert.amount).map(|amount| (is_number(amount.dtype), &amount.contract.currency)) {
            Some((true, Some(_))) => {}
            Some((true, None)) => {
                let message = format!("nothing tells the currency of `{}`", convert.amount);
                wrong(ids::MISSING_KEY, message, "declare it: `currency: USD` or `currency: { column: … }`");
            }
            _ => {
                let message = format!("no column `{}` with an amount stands in this table", convert.amount);
                wrong(ids::UNKNOWN_COLUMN, message, "name a decimal or float column; a computed one stands above");
            }
        }
        if above(&convert.on).is_none_or(|on| !matches!(on.dtype, DataType::Date | DataType::DateTime)) {
            let message = format!("no column `{}` with a day stands in this table", convert.on);
            wrong(ids::UNKNOWN_COLUMN, message, "name the date or datetime column whose day counts");
        }
        match rates {
            None => {
                let message = format!("`{}` is converted, and the table names no rates", column.name);
                let help = "add `rates: { table: …, from: …, to: …, date: …, rate: … }` to the manifest";
                wrong(ids::MISSING_KEY, message, help);
            }
            Some(rates) if rates.to != convert.to => {
                let message = format!("the rates lead to {}, not to {}", rates.to, convert.to);
                wrong(ids::WRONG_VALUE, message, "convert to the currency of the rates");
            }
            Some(_) => {}
        }
    }
}

/// What a table's rates name in the table of rates.
pub fn check_rates(table: &Table, tables: &Tables<'_>, findings: &mut Findings) {
    let Some(rates) = &table.contract.rates else { return };
    let wrong = |id, message: String| Diagnostic::error(id, message).at(rates.span);
    let Some(other) = tables.read.get(&rates.table).map(|file| &file.table) else {
        if !tables.broken.contains(&rates.table) {
            let names = tables.read.keys().map(String::as_str);
            let found = wrong(ids::UNKNOWN_TABLE, format!("no table `{}`", rates.table));
            findings.push(found.did_you_mean(&rates.table, names));
        }
        return;
    };
    if other.contract.rates.is_some() {
        let message = format!("the table of rates `{}` converts amounts itself", rates.table);
        findings.push(wrong(ids::WRONG_VALUE, message).help("take the rates from a table that converts nothing"));
    }
    let fits = |name: &str, fits: &dyn Fn(DataType) -> bool| {
        let column = other.columns.get(name);
        column.is_some_and(|column| fits(column.dtype) && column.contract.is_of_source())
    };
    for (name, good, wanted) in [
        (&rates.from, fits(&rates.from, &|d| d == DataType::Text), "a text column"),
        (&rates.date, fits(&rates.date, &|d| d == DataType::Date), "a date column"),
        (&rates.rate, fits(&rates.rate, &is_number), "a decimal or float column"),
    ] {
        if !good {
            let found =
                wrong(ids::UNKNOWN_COLUMN, format!("`{name}` of `{}` must be {wanted} of its files", other.name));
            findings.push(found.did_you_mean(name, other.columns.keys().map(String::as_str)));
        }
    }
    let mut key: Vec<&String> = other.key.iter().collect();
    let mut wanted = vec![&rates.from, &rates.date];
    key.sort();
    wanted.sort();
    if key != wanted {
        let message = format!("the key of `{}` must be [{}, {}]", other.name, rates.from, rates.date);
        findings.push(wrong(ids::MISSING_KEY, message).help("else a day could have two rates of one currency"));
    }
}
