//! The tables, parameters and dates that generated rules stand on.
//!
//! In: nothing. Out: one schema, one set of parameters. Must not know: the rules, the rows.

use crate::dtype::DataType;
use crate::manifest::model::{Leaf, Parameter, ParameterTable, ParameterValue, Parameters};
use crate::rules::schema::{ColumnSchema, ManySchema, ReferenceSchema, Schema, TableSchema};
use crate::rules::typeck::RunDates;
use crate::rules::types::TableId;
use crate::source::Span;
use indexmap::IndexMap;

pub(super) const CUSTOMERS: TableId = TableId(0);
pub(super) const ORDERS: TableId = TableId(1);
pub(super) const LINES: TableId = TableId(2);
pub(super) const PRODUCTS: TableId = TableId(3);
pub(super) const PRIOR: TableId = TableId(4);

/// 2017-04-01 and the planning year before it.
pub(super) const DATES: RunDates = RunDates { as_of: 17_257, cycle_start: 16_892, cycle_end: 17_257 };

const MONEY: DataType = DataType::Decimal { precision: 18, scale: 2 };

fn column(name: &str, dtype: DataType, optional: bool) -> ColumnSchema {
    ColumnSchema { name: name.into(), dtype, optional, added: false, minor_units: name.ends_with("cents"), unit: None }
}

fn columns(wanted: &[(&str, DataType, bool)]) -> Vec<ColumnSchema> {
    wanted.iter().map(|(name, dtype, optional)| column(name, *dtype, *optional)).collect()
}

fn reference(name: &str, target: TableId, optional: bool) -> ReferenceSchema {
    ReferenceSchema { name: name.into(), target, optional }
}

fn many(name: &str, table: TableId, path: Vec<(TableId, usize)>) -> ManySchema {
    ManySchema { name: name.into(), table, path }
}

/// Customers, their orders, the orders' lines, products, the decisions of the cycle before.
pub(super) fn schema() -> Schema {
    use DataType::{Bool, Date, DateTime, Float, Int, Text};
    let customers = TableSchema {
        name: "customers".into(),
        columns: columns(&[
            ("id", Text, false),
            ("region", Text, false),
            ("sector", Text, true),
            ("客户等级", Text, true),
            ("note", Text, false),
            ("digits", Text, false),
            ("n", Int, false),
            ("m", Int, true),
            ("large", Int, false),
            ("x", Float, false),
            ("y", Float, false),
            ("growth", Float, true),
            ("wild", Float, false),
            ("flag", Bool, false),
            ("maybe", Bool, true),
            ("since", Date, false),
            ("left", Date, true),
            ("far", Date, false),
            ("opened", DateTime, false),
            ("seen", DateTime, true),
            ("credit", MONEY, true),
            ("cents", MONEY, false),
        ]),
        references: vec![reference("parent", CUSTOMERS, true), reference("prior", PRIOR, true)],
        many: vec![
            many("orders", ORDERS, vec![(ORDERS, 0)]),
            many("lines", LINES, vec![(LINES, 0), (ORDERS, 0)]),
            many("subsidiaries", CUSTOMERS, vec![(CUSTOMERS, 0)]),
        ],
    };
    let orders = TableSchema {
        name: "orders".into(),
        columns: columns(&[
            ("order", Text, false),
            ("day", Date, false),
            ("due", Date, true),
            ("amount", MONEY, false),
            ("tip", MONEY, true),
            ("order_cents", MONEY, false),
            ("quantity", Int, false),
            ("weight", Float, false),
            ("discount", Float, true),
            ("channel", Text, false),
            ("备注", Text, true),
            ("paid", Bool, false),
        ]),
        references: vec![reference("customer", CUSTOMERS, true)],
        many: vec![many("lines", LINES, vec![(LINES, 0)])],
    };
    let lines = TableSchema {
        name: "lines".into(),
        columns: columns(&[
            ("line", Int, false),
            ("pieces", Int, false),
            ("bonus", Int, true),
            ("price", Float, false),
            ("tag", Text, true),
        ]),
        references: vec![reference("order", ORDERS, false), reference("product", PRODUCTS, true)],
        many: Vec::new(),
    };
    let products = TableSchema {
        name: "products".into(),
        columns: columns(&[("series", Text, false), ("mass", Float, true), ("launched", Date, false)]),
        references: Vec::new(),
        many: vec![many("sold", LINES, vec![(LINES, 1)])],
    };
    let prior = TableSchema {
        name: "prior".into(),
        columns: columns(&[("tier", Text, false), ("value", Float, true), ("cycles", Int, true)]),
        references: Vec::new(),
        many: Vec::new(),
    };
    Schema { tables: vec![customers, orders, lines, products, prior], customer: CUSTOMERS }
}

/// Leaves of each type, a group, a list, a plain table and one of several columns.
pub(super) fn parameters(span: Span) -> Parameters {
    let leaf = |value| Parameter::Leaf(Leaf { value, unit: None, range: None, meaning: String::new(), span });
    let text = |t: &str| ParameterValue::Text(t.to_owned());
    let plain = |rows| {
        Parameter::Table(ParameterTable {
            columns: vec!["value".into()],
            plain: true,
            rows,
            meaning: String::new(),
            span,
        })
    };
    let floats = [("East", 1.0), ("West", 0.8), ("华东", -0.25)];
    let floats = floats.map(|(k, v)| (k.to_owned(), vec![ParameterValue::Float(v)]));
    let ints = [("retail", 3), ("软件", -1), ("x", 0)].map(|(k, v)| (k.to_owned(), vec![ParameterValue::Int(v)]));
    let row = |cap, days, text: &str| {
        vec![ParameterValue::Float(cap), ParameterValue::Int(days), ParameterValue::Text(text.into())]
    };
    let terms = Parameter::Table(ParameterTable {
        columns: vec!["cap".into(), "days".into(), "owner".into()],
        plain: false,
        rows: IndexMap::from([
            ("战略客户".to_owned(), row(0.25, 90, "Lin")),
            ("general".to_owned(), row(0.08, 30, "王")),
        ]),
        meaning: String::new(),
        span,
    });
    let group = IndexMap::from([
        ("high".to_owned(), leaf(ParameterValue::Float(75.0))),
        ("low".to_owned(), leaf(ParameterValue::Float(0.1))),
    ]);
    let focus = ["retail", "软件", "East"].map(text).to_vec();
    let steps = [0.5, -0.0, 2.5].map(ParameterValue::Float).to_vec();
    let first = jiff::civil::date(2016, 2, 29);
    let entries = IndexMap::from([
        ("bounds".to_owned(), Parameter::Group { entries: group, sum_to: None, span }),
        ("months".to_owned(), leaf(ParameterValue::Int(12))),
        ("open".to_owned(), leaf(ParameterValue::Bool(true))),
        ("first".to_owned(), leaf(ParameterValue::Date(first))),
        ("word".to_owned(), leaf(text("战略"))),
        ("focus".to_owned(), leaf(ParameterValue::List(focus))),
        ("steps".to_owned(), leaf(ParameterValue::List(steps))),
        ("shares".to_owned(), plain(IndexMap::from(floats))),
        ("ranks".to_owned(), plain(IndexMap::from(ints))),
        ("terms".to_owned(), terms),
    ]);
    Parameters { entries }
}
