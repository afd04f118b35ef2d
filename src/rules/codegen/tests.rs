//! Programs of small graphs, as text.

use super::compile;
use crate::dtype::DataType;
use crate::rules::ir::{
    Aggregate, Builder, Check, Const, Domain, DomainId, FloatUnary, Lowered, NodeId, Op, Order, Output, Repr,
};
use crate::rules::schema::{ColumnSchema, ManySchema, Schema, TableSchema};
use crate::rules::site::{Site, Subject};
use crate::rules::types::{ColumnId, TableId};
use crate::source::Span;

const CUSTOMERS: TableId = TableId(0);
const ORDERS: TableId = TableId(1);

fn schema() -> Schema {
    let table = |dtypes: &[DataType]| {
        let column = |dtype: &DataType| ColumnSchema {
            name: "c".into(),
            dtype: *dtype,
            optional: true,
            added: false,
            minor_units: false,
            unit: None,
        };
        let many = vec![ManySchema { name: "orders".into(), table: ORDERS, path: Vec::new() }];
        let columns = dtypes.iter().map(column).collect();
        TableSchema { name: "t".into(), columns, references: Vec::new(), many }
    };
    let customers = table(&[DataType::Float, DataType::Int, DataType::Text, DataType::Bool]);
    Schema { tables: vec![customers, table(&[DataType::Float, DataType::Int])], customer: CUSTOMERS }
}

fn text(b: Builder, checks: Vec<Check>, outputs: &[(NodeId, NodeId)]) -> String {
    let outputs = outputs.iter().map(|(value, there)| Output { value: *value, there: *there }).collect();
    let site = Site { whole: Span::default(), operands: Vec::new(), element: None };
    let lowered = Lowered {
        graph: b.finish(),
        checks,
        attempts: Vec::new(),
        outputs,
        sites: vec![site],
        counters: vec![Span::default()],
    };
    compile(&lowered, &schema()).unwrap().to_string()
}

#[test]
fn registers_are_used_again() {
    let mut b = Builder::default();
    let customer = b.over(DomainId::CUSTOMERS, Op::Customer, &[]);
    let x = b.column(CUSTOMERS, ColumnId(0), Repr::Float, customer);
    let there = b.op(Op::ColumnThere(CUSTOMERS, ColumnId(0)), &[customer]);
    let name = b.column(CUSTOMERS, ColumnId(2), Repr::Text, customer);
    let dead = b.op(Op::Add, &[x, x]);
    let mut value = x;
    for n in 1..5 {
        let n = b.float(f64::from(n));
        value = b.op(Op::Multiply, &[value, n]);
        value = b.op(Op::Float(FloatUnary::Sqrt), &[value]);
    }
    let all = b.bool(true);
    let checks = vec![
        Check::There { there, mask: all, subject: Subject::unnamed(Span::default()) },
        Check::Works { node: value, mask: all, site: 0 },
    ];
    assert_ne!(dead, value);
    insta::assert_snapshot!(text(b, checks, &[(value, all), (name, there)]), @r#"
    b0 = there 0.0 customer
    check b0 in true at 0..0
    f0 = multiply column:0 1.0
    f1 = sqrt f0
    f0 = multiply f1 2.0
    f1 = sqrt f0
    f0 = multiply f1 3.0
    f1 = sqrt f0
    f0 = multiply f1 4.0
    f1 e0 = sqrt f0
    check e0 in true at 0..0
    t0 = column 0.2 customer
    output f1 where true
    output t0 where b0
    "#);
}

#[test]
fn lists_are_made_before_they_are_read() {
    let mut b = Builder::default();
    let customer = b.over(DomainId::CUSTOMERS, Op::Customer, &[]);
    let orders = b.domain(Domain::Related { parent: DomainId::CUSTOMERS, row: customer, table: CUSTOMERS, many: 0 });
    let row = b.over(orders, Op::Element, &[]);
    let amount = b.column(ORDERS, ColumnId(0), Repr::Float, row);
    let there = b.op(Op::ColumnThere(ORDERS, ColumnId(0)), &[row]);
    let x = b.column(CUSTOMERS, ColumnId(0), Repr::Float, customer);
    let large = b.op(Op::Compare(Order::Less), &[x, amount]);
    let all = b.bool(true);
    let sum = b.aggregate(DomainId::CUSTOMERS, orders, Aggregate::SumFloat, &[large, there, amount]);
    let sorted = b.domain(Domain::Sorted {
        owner: DomainId::CUSTOMERS,
        base: orders,
        keep: large,
        key: amount,
        descending: true,
    });
    let picked = b.over(sorted, Op::Pick, &[amount]);
    let first = b.aggregate(DomainId::CUSTOMERS, sorted, Aggregate::First, &[all]);
    let best = b.over(DomainId::CUSTOMERS, Op::Fetch, &[first, picked]);
    let has = b.op(Op::RowThere, &[first]);
    let inner = vec![Check::There { there, mask: large, subject: Subject::unnamed(Span::default()) }];
    let checks = vec![
        Check::Each { domain: orders, owner: DomainId::CUSTOMERS, mask: all, checks: inner },
        Check::Works { node: sum, mask: all, site: 0 },
    ];
    insta::assert_snapshot!(text(b, checks, &[(sum, all), (best, has)]), @r#"
    d1 = related 0.0 customer : l0 from d1 to d0
    each of d1
      b0 = there 1.0 row:d1 over d1
      f0 = column 1.0 row:d1 over d1
      f1 = lift column:0 by l0 over d1
      b1 = less f1 f0 over d1
      check b0 in b1 at 0..0
    end by l0 in true
    f2 e0 = sumfloat d1 b1 b0 f0 by l0
    check e0 in true at 0..0
    d2 = sorted descending d1 b1 f0 by l0 : l1 from d2 to d0
    f3 = pick f0 over d2
    r0 = first d2 true by l1
    f4 = fetch r0 f3
    b2 = rowthere r0
    output f2 where true
    output f4 where b2
    "#);
}

#[test]
fn nested_lists_have_composed_links() {
    let mut b = Builder::default();
    let customer = b.over(DomainId::CUSTOMERS, Op::Customer, &[]);
    let orders = b.domain(Domain::Related { parent: DomainId::CUSTOMERS, row: customer, table: CUSTOMERS, many: 0 });
    let pair = b.domain(Domain::Written { parent: orders, len: 2 });
    let row = b.over(orders, Op::Element, &[]);
    let number = b.column(ORDERS, ColumnId(1), Repr::Int, row);
    let n = b.column(CUSTOMERS, ColumnId(1), Repr::Int, customer);
    let seven = b.constant(Const::Int(7));
    let elements = b.over(pair, Op::Written, &[number, seven]);
    let sums = b.op(Op::AddInt, &[elements, n]);
    let all = b.bool(true);
    let total = b.aggregate(DomainId::CUSTOMERS, pair, Aggregate::SumInt, &[all, all, sums]);
    insta::assert_snapshot!(text(b, Vec::new(), &[(total, all)]), @r#"
    d1 = related 0.0 customer : l0 from d1 to d0
    i0 = column 1.1 row:d1 over d1
    d2 = written 2 : l1 from d2 to d1
    i1 = written i0 7 over d2
    l2 from d2 to d0 = l1 l0
    i2 = lift column:1 by l2 over d2
    i3 = addint i1 i2 over d2
    i4 = sumint d2 true true i3 by l2
    output i4 where true
    "#);
}
