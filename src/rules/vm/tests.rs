//! Programs of small graphs over tables of many lengths.

use super::bind::Bound;
use super::checks::What;
use super::evaluate::{Evaluated, evaluate};
use super::parameters::Tables;
use crate::dtype::DataType;
use crate::manifest::model::Limits;
use crate::rules::cause::CauseKind;
use crate::rules::codegen::compile;
use crate::rules::context::Context;
use crate::rules::data::{ColumnData, Data, Related, TableData, Values, series};
use crate::rules::interp::thread_pool;
use crate::rules::ir::{Aggregate, Builder, Check, Domain, DomainId, Lowered, NodeId, Op, Order, Output, Repr};
use crate::rules::schema::{ColumnSchema, ManySchema, Schema, TableSchema};
use crate::rules::site::{Failure, Site, Subject};
use crate::rules::types::{ColumnId, Kind, TableId};
use crate::source::{SourceMap, Span};
use jiff::tz::TimeZone;
use polars::prelude::{AnyValue, Series};
use std::sync::{Arc, OnceLock};

const CUSTOMERS: TableId = TableId(0);
const ORDERS: TableId = TableId(1);
const SITE: u32 = 0;

fn schema() -> Schema {
    let column = |name: &str, dtype| ColumnSchema {
        name: name.into(),
        dtype,
        optional: true,
        added: false,
        minor_units: false,
        unit: None,
    };
    let columns = vec![
        column("x", DataType::Float),
        column("n", DataType::Int),
        column("name", DataType::Text),
        column("flag", DataType::Bool),
        column("day", DataType::Date),
    ];
    let many = vec![ManySchema { name: "orders".into(), table: ORDERS, path: Vec::new() }];
    let customers = TableSchema { name: "customers".into(), columns, references: Vec::new(), many };
    let columns = vec![column("value", DataType::Float), column("row", DataType::Int)];
    let orders = TableSchema { name: "orders".into(), columns, references: Vec::new(), many: Vec::new() };
    Schema { tables: vec![customers, orders], customer: CUSTOMERS }
}

fn x(row: usize) -> Option<f64> {
    (row % 7 != 3).then_some(row as f64 / 4.0 - 10.0)
}

fn name(row: usize) -> Option<String> {
    match row % 5 {
        0 => None,
        1 => Some(format!("客户 {row}，长期合作")),
        _ => Some(format!("k{row}")),
    }
}

/// Customer `i` has `i % 4` orders.
fn owners(rows: usize) -> Vec<u32> {
    (0..rows).flat_map(|row| vec![row as u32; row % 4]).collect()
}

fn value(order: usize) -> Option<f64> {
    match order % 23 {
        5 => None,
        17 => Some(0.0),
        n => Some(n as f64),
    }
}

fn data(rows: usize, schema: &Schema) -> Data {
    let owners = owners(rows);
    let columns: [Vec<Series>; 2] = [
        vec![
            series("x", Values::Float((0..rows).map(x).collect())),
            series("n", Values::Int((0..rows).map(|row| Some(row as i64)).collect())),
            series("name", Values::Text((0..rows).map(|row| name(row).map(Into::into)).collect())),
            series("flag", Values::Bool((0..rows).map(|row| Some(row % 3 == 0)).collect())),
            series("day", Values::Date((0..rows).map(|row| Some(row as i32)).collect())),
        ],
        vec![
            series("value", Values::Float((0..owners.len()).map(value).collect())),
            series("row", Values::Int((0..owners.len()).map(|order| Some(order as i64)).collect())),
        ],
    ];
    let mut tables: Vec<TableData> = Vec::new();
    for (of, columns) in schema.tables.iter().zip(columns) {
        let rows = columns[0].len();
        let columns = of.columns.iter().zip(&columns).map(|(c, s)| ColumnData::from_series(s, c).unwrap()).collect();
        tables.push(TableData { rows, columns, references: Vec::new(), many: Vec::new() });
    }
    tables[0].many.push(Arc::new(Related::group(&owners, rows)));
    Data { tables }
}

fn pools() -> &'static [rayon::ThreadPool; 2] {
    static POOLS: OnceLock<[rayon::ThreadPool; 2]> = OnceLock::new();
    POOLS.get_or_init(|| [thread_pool(1).unwrap(), thread_pool(2).unwrap()])
}

/// What a graph gives: columns as series, who failed, what was dropped. The same with one thread and with two.
struct Found {
    columns: Vec<Series>,
    failed: Vec<(u32, What)>,
    dropped: Vec<u64>,
    left: Vec<u32>,
}

fn run(lowered: &Lowered, rows: usize, kinds: &[Kind], active: impl Fn(usize) -> bool, limits: &Limits) -> Found {
    let (schema, sources) = (schema(), SourceMap::default());
    let data = data(rows, &schema);
    let active: Vec<u32> = (0..rows as u32).filter(|row| active(*row as usize)).collect();
    let program = compile(lowered, &schema).unwrap();
    let tables = Tables::new(&[]);
    let reprs: Vec<Repr> = kinds.iter().map(super::output::repr_of).collect();
    let mut found = pools().iter().map(|pool| {
        let zone = TimeZone::UTC;
        let context = Context {
            schema: &schema,
            data: &data,
            sources: &sources,
            active: &active,
            keys: &[],
            limits,
            zone: &zone,
            pool,
        };
        let bound = Bound::new(&program, &context, &tables, &[]);
        let evaluated = pool.install(|| evaluate(&bound, &reprs, &active)).unwrap();
        let Evaluated { columns, failed, dropped, left } = evaluated;
        let columns = columns.into_iter().zip(kinds).map(|(c, kind)| c.series("", kind, bound.sources()).unwrap());
        Found { columns: columns.collect(), failed, dropped, left }
    });
    let (one, two) = (found.next().unwrap(), found.next().unwrap());
    assert_eq!((&one.failed, &one.dropped, &one.left), (&two.failed, &two.dropped, &two.left));
    assert!(one.columns.iter().zip(&two.columns).all(|(a, b)| a.equals_missing(b)));
    two
}

/// A graph that grows, with its customers' columns.
struct Graph {
    b: Builder,
    customer: NodeId,
    all: NodeId,
}

impl Graph {
    fn new() -> Graph {
        let mut b = Builder::default();
        let customer = b.over(DomainId::CUSTOMERS, Op::Customer, &[]);
        let all = b.bool(true);
        Graph { b, customer, all }
    }

    fn column(&mut self, column: u16, repr: Repr) -> NodeId {
        self.b.column(CUSTOMERS, ColumnId(column), repr, self.customer)
    }

    fn there(&mut self, column: u16) -> NodeId {
        self.b.op(Op::ColumnThere(CUSTOMERS, ColumnId(column)), &[self.customer])
    }

    fn lowered(self, checks: Vec<Check>, outputs: Vec<Output>) -> Lowered {
        let site = Site { whole: Span::default(), operands: Vec::new(), element: None };
        let counters = vec![Span::default()];
        Lowered { graph: self.b.finish(), checks, attempts: Vec::new(), outputs, sites: vec![site], counters }
    }
}

fn subject() -> Subject {
    Subject::unnamed(Span::default())
}

#[test]
fn columns_of_any_length() {
    for rows in [0, 1, 63, 64, 65, 1_023, 1_024, 1_025, 3_000] {
        let mut g = Graph::new();
        let (x_node, n, text) = (g.column(0, Repr::Float), g.column(1, Repr::Int), g.column(2, Repr::Text));
        let (flag, day) = (g.column(3, Repr::Bool), g.column(4, Repr::Date));
        let (x_there, text_there) = (g.there(0), g.there(2));
        let two = g.b.float(2.0);
        let double = g.b.op(Op::Multiply, &[x_node, two]);
        let limit = g.b.int(500);
        let small = g.b.op(Op::Compare(Order::Less), &[n, limit]);
        let chosen = g.b.op(Op::Select, &[small, n, limit]);
        // Customers from 900 on need `x`.
        let from = g.b.int(900);
        let mask = g.b.op(Op::Compare(Order::LessEqual), &[from, n]);
        let checks = vec![Check::There { there: x_there, mask, subject: subject() }];
        let output = |value, there| Output { value, there };
        let all = g.all;
        let outputs = vec![
            output(double, x_there),
            output(chosen, all),
            output(text, text_there),
            output(flag, all),
            output(day, small),
        ];
        let lowered = g.lowered(checks, outputs);
        let kinds = [Kind::Float, Kind::Int, Kind::Text, Kind::Bool, Kind::Date];
        let active = |row: usize| row % 10 != 9 && !(128..192).contains(&row);
        let found = run(&lowered, rows, &kinds, active, &Limits::default());
        let fails = |row: usize| row >= 900 && x(row).is_none();
        let failed: Vec<u32> = (0..rows).filter(|row| active(*row) && fails(*row)).map(|row| row as u32).collect();
        assert_eq!(found.failed.iter().map(|(row, _)| *row).collect::<Vec<_>>(), failed);
        for row in 0..rows {
            let cells: Vec<AnyValue<'_>> = found.columns.iter().map(|c| c.get(row).unwrap()).collect();
            if !active(row) || fails(row) {
                assert!(cells.iter().all(|c| *c == AnyValue::Null), "{rows} {row}");
                continue;
            }
            let name = name(row);
            let expected = [
                x(row).map_or(AnyValue::Null, |x| AnyValue::Float64(2.0 * x)),
                AnyValue::Int64(row.min(500) as i64),
                name.as_deref().map_or(AnyValue::Null, AnyValue::String),
                AnyValue::Boolean(row % 3 == 0),
                if row < 500 { AnyValue::Date(row as i32) } else { AnyValue::Null },
            ];
            assert_eq!(cells, expected, "{rows} {row}");
        }
    }
}

#[test]
fn the_first_check_that_breaks_is_found() {
    let mut g = Graph::new();
    let (n, x_there) = (g.column(1, Repr::Int), g.there(0));
    let hundred = g.b.int(100);
    let over = g.b.op(Op::Idiv, &[hundred, n]);
    let text = g.b.text("zu spät, und ziemlich lang");
    let five = g.b.int(5);
    let late = g.b.op(Op::Compare(Order::LessEqual), &[five, n]);
    let all = g.all;
    let checks = vec![
        Check::Works { node: over, mask: all, site: SITE },
        Check::There { there: x_there, mask: all, subject: subject() },
        Check::Throw { text, mask: late, site: SITE },
    ];
    let lowered = g.lowered(checks, vec![Output { value: over, there: all }]);
    let found = run(&lowered, 7, &[Kind::Int], |_| true, &Limits::default());
    let by_zero = What::Failed(SITE, Failure::whole(CauseKind::DivisionByZero));
    let thrown = || What::Thrown(SITE, "zu spät, und ziemlich lang".into());
    assert_eq!(found.failed, [(0, by_zero), (3, What::Missing(0)), (5, thrown()), (6, thrown())]);
    let cells: Vec<_> = found.columns[0].i64().unwrap().iter().collect();
    assert_eq!(cells, [None, Some(100), Some(50), None, Some(25), None, None]);
}

/// For each customer what its first order fails at: a missing value, or the first zero.
fn first_of_orders(rows: usize) -> Vec<(u32, What)> {
    let by_zero = || What::Failed(SITE, Failure::whole(CauseKind::DivisionByZero));
    let mut first: Vec<(u32, What)> = Vec::new();
    for (order, owner) in owners(rows).into_iter().enumerate() {
        let what = match value(order) {
            None => What::Missing(0),
            Some(0.0) => by_zero(),
            Some(_) => continue,
        };
        if first.last().is_none_or(|(known, _)| *known != owner) {
            first.push((owner, what));
        }
    }
    first
}

#[test]
fn the_first_element_that_breaks_a_check_makes_its_owner_fail() {
    for rows in [1, 65, 1_100] {
        let mut g = Graph::new();
        let related = Domain::Related { parent: DomainId::CUSTOMERS, row: g.customer, table: CUSTOMERS, many: 0 };
        let orders = g.b.domain(related);
        let element = g.b.over(orders, Op::Element, &[]);
        let value_node = g.b.column(ORDERS, ColumnId(0), Repr::Float, element);
        let there = g.b.op(Op::ColumnThere(ORDERS, ColumnId(0)), &[element]);
        let one = g.b.float(1.0);
        let inverse = g.b.op(Op::Divide, &[one, value_node]);
        let gone = g.b.op(Op::Not, &[there]);
        let all = g.all;
        let sum = g.b.aggregate(DomainId::CUSTOMERS, orders, Aggregate::SumFloat, &[there, there, inverse]);
        let inner = vec![
            // Counted before the check: the element that fails counts, those behind it do not.
            Check::Dropped { gone, counter: 0 },
            Check::There { there, mask: all, subject: subject() },
            Check::Works { node: inverse, mask: all, site: SITE },
        ];
        let each = Check::Each { domain: orders, owner: DomainId::CUSTOMERS, mask: all, checks: inner };
        let lowered = g.lowered(vec![each], vec![Output { value: sum, there: all }]);
        let found = run(&lowered, rows, &[Kind::Float], |_| true, &Limits::default());
        let expected = first_of_orders(rows);
        assert_eq!(found.failed, expected);
        let missing = expected.iter().filter(|(_, what)| *what == What::Missing(0)).count();
        assert_eq!(found.dropped, [missing as u64]);
        for row in 0..rows {
            let sum: f64 = owners(rows)
                .iter()
                .enumerate()
                .filter(|(_, owner)| **owner == row as u32)
                .fold(0.0, |sum, (order, _)| sum + 1.0 / value(order).unwrap_or(f64::NAN));
            let cell = found.columns[0].f64().unwrap().get(row);
            let failed = expected.iter().any(|(known, _)| *known == row as u32);
            assert_eq!(cell, (!failed).then_some(sum), "{row}");
        }
    }
}

#[test]
fn rows_of_an_owner_fail_with_its_list() {
    // For each order a lambda over all orders of its customer: each order that comes by counts and fails by itself, and
    // the first that fails makes the customer fail.
    let mut g = Graph::new();
    let related = Domain::Related { parent: DomainId::CUSTOMERS, row: g.customer, table: CUSTOMERS, many: 0 };
    let orders = g.b.domain(related);
    let element = g.b.over(orders, Op::Element, &[]);
    let there = g.b.op(Op::ColumnThere(ORDERS, ColumnId(0)), &[element]);
    let gone = g.b.op(Op::Not, &[there]);
    let number = g.b.column(ORDERS, ColumnId(1), Repr::Int, element);
    let all = g.all;
    let five = g.b.int(5);
    let is_five = g.b.op(Op::Compare(Order::Equal), &[number, five]);
    let inner = vec![Check::Dropped { gone, counter: 0 }];
    let nested = Check::Each { domain: orders, owner: DomainId::CUSTOMERS, mask: all, checks: inner };
    let not_five = g.b.op(Op::Not, &[is_five]);
    let last = Check::There { there: not_five, mask: all, subject: subject() };
    let outer = Check::Each { domain: orders, owner: DomainId::CUSTOMERS, mask: all, checks: vec![nested, last] };
    let lowered = g.lowered(vec![outer], Vec::new());
    let found = run(&lowered, 40, &[], |_| true, &Limits::default());
    // Order 5, whose value is missing, is the third of customer 3's: all three evaluations of the inner list count it.
    assert_eq!(owners(40)[3..6], [3, 3, 3]);
    let others = owners(40).into_iter().enumerate().filter(|(n, _)| *n != 5 && value(*n).is_none());
    let others: u64 = others.map(|(_, owner)| u64::from(owner % 4)).sum();
    assert_eq!(found.dropped, [3 + others]);
    assert_eq!(found.failed, [(3, What::Missing(0))]);
}

#[test]
fn customers_with_too_much_are_left() {
    let mut g = Graph::new();
    let (text, there) = (g.column(2, Repr::Text), g.there(2));
    let joined = g.b.op(Op::Join, &[text, text]);
    let lowered = g.lowered(Vec::new(), vec![Output { value: joined, there }]);
    let limits = Limits { text: 30, ..Limits::default() };
    let found = run(&lowered, 200, &[Kind::Text], |row| row != 6, &limits);
    let long = |row: usize| name(row).is_some_and(|name| 2 * name.len() > 30);
    let expected: Vec<u32> = (0..200).filter(|row| long(*row) && *row != 6).map(|row| row as u32).collect();
    assert_eq!(found.left, expected);
    assert_eq!(found.columns[0].get(198).unwrap(), AnyValue::String("k198k198"));
    let found = run(&lowered, 200, &[Kind::Text], |_| true, &Limits::default());
    let cells = found.columns[0].str().unwrap();
    for row in 0..200 {
        assert_eq!(cells.get(row), name(row).map(|name| format!("{name}{name}")).as_deref());
    }
    let mut g = Graph::new();
    let related = Domain::Related { parent: DomainId::CUSTOMERS, row: g.customer, table: CUSTOMERS, many: 0 };
    let orders = g.b.domain(related);
    let all = g.all;
    let count = g.b.aggregate(DomainId::CUSTOMERS, orders, Aggregate::Count, &[all]);
    let lowered = g.lowered(Vec::new(), vec![Output { value: count, there: all }]);
    let limits = Limits { collection: 2, ..Limits::default() };
    let found = run(&lowered, 100, &[Kind::Int], |_| true, &limits);
    assert_eq!(found.left, (0..100).filter(|row| row % 4 == 3).collect::<Vec<u32>>());
    assert_eq!(found.columns[0].i64().unwrap().iter().flatten().sum::<i64>(), 25 * 3);
}
