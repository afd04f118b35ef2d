//! Steps from their texts to their columns, on a small set of tables.

use super::data::{ColumnData, Data, NO_ROW, Related, TableData, Values, series};
use super::{Context, StepResult, run_step, thread_pool};
use crate::calendar::parse_date_iso;
use crate::dtype::DataType;
use crate::error::Stop;
use crate::manifest::model::{Leaf, Limits, Parameter, ParameterTable, ParameterValue, Parameters};
use crate::rules::resolve::resolve;
use crate::rules::schema::{ColumnSchema, ManySchema, ReferenceSchema, Schema, TableSchema};
use crate::rules::typeck::{Environment, RunDates, typecheck};
use crate::rules::typed::Program;
use crate::rules::types::TableId;
use crate::rules::{stack, syntax};
use crate::source::{SourceMap, Span};
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use polars::prelude::{AnyValue, Int128Chunked, IntoSeries, NewChunkedArray, Series};
use std::sync::{Arc, OnceLock};

fn column(name: &str, dtype: DataType, optional: bool) -> ColumnSchema {
    ColumnSchema { name: name.into(), dtype, optional, minor_units: false, unit: None }
}

/// Four customers with orders, and the decisions of the cycle before.
fn schema() -> Schema {
    let customers = TableSchema {
        name: "customers".into(),
        columns: vec![
            column("id", DataType::Text, false),
            column("sector", DataType::Text, true),
            column("growth", DataType::Float, true),
            column("revenue", DataType::Float, false),
            column("staff", DataType::Int, true),
            column("客户等级", DataType::Text, true),
            column("since", DataType::DateTime, false),
            column("active", DataType::Bool, true),
        ],
        references: vec![ReferenceSchema { name: "prior".into(), target: TableId(2), optional: true }],
        many: vec![ManySchema { name: "orders".into(), table: TableId(1), path: vec![(TableId(1), 0)] }],
    };
    let orders = TableSchema {
        name: "orders".into(),
        columns: vec![
            column("date", DataType::Date, false),
            column("amount", DataType::Decimal { precision: 12, scale: 2 }, false),
            column("discount", DataType::Float, true),
            column("product", DataType::Text, false),
            column("pieces", DataType::Int, false),
        ],
        references: vec![ReferenceSchema { name: "customer".into(), target: TableId(0), optional: true }],
        many: Vec::new(),
    };
    let prior = TableSchema {
        name: "prior".into(),
        columns: vec![column("tier", DataType::Text, false)],
        references: Vec::new(),
        many: Vec::new(),
    };
    Schema { tables: vec![customers, orders, prior], customer: TableId(0) }
}

fn texts(values: &[Option<&str>]) -> Series {
    series("x", Values::Text(values.iter().map(|v| v.map(Into::into)).collect()))
}

fn table(schema: &TableSchema, rows: usize, columns: Vec<Series>) -> TableData {
    let columns = schema.columns.iter().zip(&columns).map(|(c, s)| ColumnData::from_series(s, c).unwrap()).collect();
    TableData { rows, columns, references: Vec::new(), many: Vec::new() }
}

/// Customer A has three orders, B one, C none, D one; one order leads nowhere.
fn data(schema: &Schema) -> Data {
    let midnight = i64::from(parse_date_iso("2017-03-31").unwrap()) * 86_400_000_000;
    let mut customers = table(
        &schema.tables[0],
        4,
        vec![
            texts(&[Some("A"), Some("B"), Some("C"), Some("D")]),
            texts(&[Some("retail"), None, Some("medical"), Some("retail")]),
            series("x", Values::Float(vec![Some(0.5), Some(-0.25), None, Some(0.0)])),
            series("x", Values::Float(vec![Some(100.0), Some(40.0), Some(10.0), Some(100.0)])),
            series("x", Values::Int(vec![Some(10), Some(0), None, Some(3)])),
            texts(&[Some("战略客户"), Some("伙伴"), None, Some("一般")]),
            series("x", Values::DateTime(vec![Some(midnight), Some(midnight + 57_600_000_000), Some(0), Some(1)])),
            series("x", Values::Bool(vec![Some(true), Some(false), None, Some(true)])),
        ],
    );
    let day = |text| parse_date_iso(text);
    let dates = ["2017-01-31", "2017-03-01", "2016-12-01", "2017-02-28", "2017-02-28", "2017-01-01"];
    let cents = [110i128, 220, 330, 1_000, 5, 99];
    let amounts = Int128Chunked::from_iter_options("x".into(), cents.into_iter().map(Some));
    let mut orders = table(
        &schema.tables[1],
        6,
        vec![
            series("x", Values::Date(dates.map(day).to_vec())),
            amounts.into_decimal(12, 2).unwrap().into_series(),
            series("x", Values::Float(vec![Some(0.1), None, Some(0.3), Some(0.0), None, Some(0.5)])),
            texts(&[Some("GTX"), Some("MG"), Some("GTX"), Some("GTK"), Some("MG"), Some("MG")]),
            series("x", Values::Int(vec![Some(3), Some(1), Some(2), Some(9), Some(4), Some(7)])),
        ],
    );
    let customer_of: Arc<[u32]> = vec![0, 0, 0, 1, 3, NO_ROW].into();
    customers.many.push(Arc::new(Related::group(&customer_of, 4)));
    customers.references.push(vec![1, NO_ROW, NO_ROW, 0].into());
    orders.references.push(customer_of);
    let prior = table(&schema.tables[2], 2, vec![texts(&[Some("general"), Some("strategic")])]);
    Data { tables: vec![customers, orders, prior] }
}

fn parameters(sources: &mut SourceMap) -> Parameters {
    let span = Span::new(sources.add("rules/parameters.yaml", ""), 0, 0);
    let leaf = |value| Parameter::Leaf(Leaf { value, unit: None, range: None, meaning: String::new(), span });
    let plain = ParameterTable {
        columns: vec!["value".into()],
        plain: true,
        rows: IndexMap::from([("retail".to_owned(), vec![ParameterValue::Float(1.0)])]),
        meaning: String::new(),
        span,
    };
    let wide = ParameterTable {
        columns: vec!["weight".into(), "owner".into()],
        plain: false,
        rows: IndexMap::from([(
            "retail".to_owned(),
            vec![ParameterValue::Float(2.0), ParameterValue::Text("Lin".into())],
        )]),
        meaning: String::new(),
        span,
    };
    let entries = IndexMap::from([
        ("line".to_owned(), leaf(ParameterValue::Float(60.0))),
        ("priority".to_owned(), Parameter::Table(plain)),
        ("sectors".to_owned(), Parameter::Table(wide)),
    ]);
    Parameters { entries }
}

/// One pool for all tests: a thread is 256 MiB of address space.
fn pool() -> &'static rayon::ThreadPool {
    static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| thread_pool(2).unwrap())
}

struct Case {
    schema: Schema,
    data: Data,
    sources: SourceMap,
    program: Program,
    limits: Limits,
}

impl Case {
    /// A step `s` in `rules/s.rhai`.
    #[track_caller]
    fn new(text: &str) -> Case {
        let schema = schema();
        let mut sources = SourceMap::default();
        let parameters = parameters(&mut sources);
        let file = sources.add("rules/s.rhai", text);
        let (program, found) = stack::with_deep_stack(|| {
            let (tree, mut found) = syntax::parse(file, &sources.file(file).text);
            let trees = [tree];
            let (resolved, more) = resolve(&trees);
            found.extend(more);
            let dates = RunDates { as_of: 17_257, cycle_start: 16_892, cycle_end: 17_257 };
            let env =
                Environment { schema: &schema, parameters: &parameters, dates, sources: &sources, resolved: &resolved };
            let program = resolved.functions.get("s").copied().and_then(|place| {
                let checked = typecheck(env, "s", place);
                found.extend(checked.diagnostics);
                checked.program
            });
            (program, found)
        });
        let data = data(&schema);
        let program = program.unwrap_or_else(|| panic!("{text}: {found:#?}"));
        Case { schema, data, sources, program, limits: Limits::default() }
    }

    fn run_with(&self, active: &[u32], pool: &rayon::ThreadPool) -> Result<StepResult, Stop> {
        let context = Context {
            schema: &self.schema,
            data: &self.data,
            sources: &self.sources,
            active,
            keys: &[0, 1, 2, 3],
            limits: &self.limits,
            zone: &TimeZone::get("Asia/Shanghai").unwrap(),
            pool,
        };
        run_step(&self.program, &context)
    }

    #[track_caller]
    fn run(&self) -> StepResult {
        self.run_with(&[0, 1, 2, 3], pool()).unwrap()
    }
}

fn shown(value: AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "()".to_owned(),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::Float64(x) => crate::rules::format::float(x),
        AnyValue::Date(days) => crate::rules::format::date(days),
        other => other.to_string(),
    }
}

/// Columns as lines `name: a b c d`, then causes as lines `row: cause`.
fn lines(result: &StepResult) -> Vec<String> {
    let column = |(name, values): &(String, Series)| {
        let values: Vec<String> = values.iter().map(shown).collect();
        format!("{name}: {}", values.join(" | "))
    };
    let mut lines: Vec<String> = result.columns.iter().map(column).collect();
    lines.extend(result.undetermined.iter().map(|(row, cause)| format!("{row}: {cause}")));
    lines
}

/// The value of an expression for each of the four customers; causes without their place.
#[track_caller]
fn values(expr: &str) -> Vec<String> {
    let result = Case::new(&format!("fn s(c) {{ {expr} }}")).run();
    let mut shown: Vec<String> = result.columns[0].1.iter().map(shown).collect();
    for (row, cause) in result.undetermined {
        shown[row as usize] = format!("{}: {}", cause.kind.word(), cause.subject);
    }
    shown
}

#[track_caller]
fn check(expr: &str, expected: [&str; 4]) {
    assert_eq!(values(expr), expected, "{expr}");
}

/// An expression that is the same for all customers.
#[track_caller]
fn constant(expr: &str, expected: &str) {
    check(expr, [expected; 4]);
}

#[track_caller]
fn limit(text: &str, limits: Limits) -> String {
    let mut case = Case::new(text);
    case.limits = limits;
    match case.run_with(&[0, 1, 2, 3], pool()) {
        Err(Stop::Findings(found)) => {
            let place = found[0].span.map_or(String::new(), |s| case.sources.place(s));
            format!("{}[{}] {}", place, found[0].id.name(), found[0].message)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn columns_and_missing_values() {
    check("c.id", ["A", "B", "C", "D"]);
    check("c.客户等级", ["战略客户", "伙伴", "()", "一般"]);
    check("c.growth ?? -1.0", ["0.5", "-0.25", "-1.0", "0.0"]);
    check("c.growth * 2.0", ["1.0", "-0.5", "missing: customers.growth", "0.0"]);
    check("let g = c.growth; g + 1.0", ["1.5", "0.75", "missing: customers.growth", "1.0"]);
    check("let g = c.growth; g = c.growth; g + 1.0", ["1.5", "0.75", "missing: g", "1.0"]);
    check("c.staff + 0.5", ["10.5", "0.5", "missing: customers.staff", "3.5"]);
    check("c.growth == ()", ["false", "false", "true", "false"]);
    check("if c.staff > 5 { 1 } else { 2 }", ["1", "2", "missing: customers.staff", "2"]);
    check("c.prior?.tier ?? \"none\"", ["strategic", "none", "none", "general"]);
    check("c.prior.tier", ["strategic", "missing: customers.prior", "missing: customers.prior", "general"]);
    check("c.active && c.revenue > 50.0", ["true", "false", "missing: customers.active", "true"]);
    check("c.revenue > 50.0 && c.active", ["true", "false", "false", "true"]);
    check("!c.active", ["false", "true", "missing: customers.active", "false"]);
    check("`${c.id}: ${c.growth}`", ["A: 0.5", "B: -0.25", "missing: customers.growth", "D: 0.0"]);
    check("c.sector in [\"retail\", \"x\"]", ["true", "missing: customers.sector", "false", "true"]);
    check("P.priority[c.sector] ?? 0.0", ["1.0", "missing: customers.sector", "0.0", "1.0"]);
    check("P.sectors[c.sector ?? \"\"]?.owner ?? \"-\"", ["Lin", "-", "-", "Lin"]);
    check(
        "(P.sectors[c.sector ?? \"\"]).weight",
        ["2.0", "missing: P.sectors[c.sector ?? \"\"]", "missing: P.sectors[c.sector ?? \"\"]", "2.0"],
    );
}

#[test]
fn arithmetic_is_checked() {
    check("1.0 / c.growth", ["2.0", "-4.0", "missing: customers.growth", "division by zero: 1.0 / c.growth"]);
    check("idiv(7, c.staff ?? 2)", ["0", "division by zero: idiv(7, c.staff ?? 2)", "3", "2"]);
    constant("9223372036854775807 + 1", "overflow: 9223372036854775807 + 1");
    constant("-9223372036854775808", "-9223372036854775808");
    constant("1.0e308 * 10.0", "not finite: 1.0e308 * 10.0");
    constant("0.1 + 0.2 == 0.3 // allow: float-equality\n", "false");
    constant("7 % -2", "1");
    constant("-7.5 % 2.0", "-1.5");
    constant("1e300 * 1e-300", "1.0");
    constant("to_int(\"12a\")", "not a number: to_int(\"12a\")");
    constant("round(2.5) + round(-2.5, 0)", "0.0");
    constant("min(3, 2.5) + max(1, 2)", "4.5");
    constant("clamp(5, 1, 3) + abs(-2)", "5");
    constant("ln(exp(1.0))", "1.0");
    constant("`${1} ${2.0} ${true} ${date(\"2017-04-01\")} ${1e21}`", "1 2.0 true 2017-04-01 1e21");
    check(
        "`${c.since}`",
        [
            "2017-03-31T08:00:00+08:00",
            "2017-04-01T00:00:00+08:00",
            "1970-01-01T08:00:00+08:00",
            "1970-01-01T08:00:00.000001+08:00",
        ],
    );
    check("date(c.since)", ["2017-03-31", "2017-04-01", "1970-01-01", "1970-01-01"]);
}

#[test]
fn dates_and_texts() {
    constant("AS_OF.minus_months(1)", "2017-03-01");
    constant("days_between(date(\"2017-03-31\"), AS_OF)", "1");
    constant("date(\"2016-01-31\").plus_months(1).year_month()", "201602");
    constant("date(\"2017-04-01\").weekday() * 10 + date(\"2017-04-01\").quarter()", "62");
    constant("months_between(date(\"2016-04-01\"), AS_OF)", "12");
    constant("date(\"9999-12-31\").plus_days(1)", "overflow: date(\"9999-12-31\").plus_days(1)");
    constant("\" 战略 \".trim() + \"客户\".len().to_text()", "战略2");
    constant("\"a,b\".split(\",\")[-1] + \"abc\".replace(\"b\", \"-\").upper()", "bA-C");
    constant("\"a,b\".split(\";\").len()", "1");
    constant("\"abc\".contains(\"bc\") && \"b\" in \"abc\" && \"abc\".starts_with(\"a\")", "true");
    constant("\"ab\" < \"b\" && \"ä\" > \"z\"", "true");
    constant("\"line\\n\\\"quoted\\\" \\\\ 战略\"", "line\n\"quoted\" \\ 战略");
}

#[test]
fn rows_and_their_methods() {
    check("c.orders.len()", ["3", "1", "0", "1"]);
    check("c.orders.map(|o| o.amount).sum()", ["6.6", "10.0", "0.0", "0.05"]);
    check("c.orders.map(|o| o.pieces).sum()", ["6", "9", "0", "4"]);
    check("c.orders.map(|o| o.amount).max()", ["3.3", "10.0", "()", "0.05"]);
    check("c.orders.filter(|o| o.date >= date(\"2017-01-01\")).count()", ["2", "1", "0", "1"]);
    check("c.orders.count(|o| o.amount > 2.0)", ["2", "1", "0", "0"]);
    check("c.orders.some(|o| o.product == \"MG\")", ["true", "false", "false", "true"]);
    check("c.orders.all(|o| o.product == \"MG\")", ["false", "false", "true", "true"]);
    check("c.orders.map(|o| o.product).count_distinct()", ["2", "1", "0", "1"]);
    check("c.orders.map(|o| o.date).max()", ["2017-03-01", "2017-02-28", "()", "2017-02-28"]);
    check("c.orders.map(|o| o.date).gaps().sum()", ["90", "0", "0", "0"]);
    check("c.orders.sort_by(|o| o.date).map(|o| o.product).first()", ["GTX", "GTK", "()", "MG"]);
    check("c.orders.top(2, |o| o.amount).map(|o| o.amount).sum()", ["5.5", "10.0", "0.0", "0.05"]);
    check("c.orders.top(-1, |o| o.amount).len()", ["out of range: -1"; 4]);
    check("c.orders.map(|o| o.pieces).median()", ["2.0", "9.0", "()", "4.0"]);
    check("c.orders.map(|o| o.pieces).quantile(0.25)", ["1.5", "9.0", "()", "4.0"]);
    check("c.orders.map(|o| o.pieces).quantile(1.5)", ["out of range: 1.5"; 4]);
    check("c.orders[0].product", ["GTX", "GTK", "out of range: c.orders[0]", "MG"]);
    check("c.orders.flat_map(|o| [o.pieces, 1]).sum()", ["9", "10", "0", "5"]);
    check("c.orders.map(|o| o.customer?.id ?? \"-\").count_distinct()", ["1", "1", "0", "1"]);
    check("c.orders.filter(|o| c.orders.some(|p| p.pieces > o.pieces)).len()", ["2", "0", "0", "0"]);
}

#[test]
fn missing_elements() {
    let sum = "c.orders.map(|o| o.discount).sum()";
    check(sum, ["missing: orders.discount", "0.0", "0.0", "missing: orders.discount"]);
    check(
        "let d = c.orders.map(|o| o.discount); d.mean()",
        ["missing: orders.discount", "0.0", "()", "missing: orders.discount"],
    );
    check("c.orders.map(|o| o.discount).known().sum()", ["0.4", "0.0", "0.0", "0.0"]);
    check("c.orders.count(|o| o.discount > 0.05)", ["missing: orders.discount", "0", "0", "missing: orders.discount"]);
    check("c.orders.filter(|o| o.discount == ()).len()", ["1", "0", "0", "1"]);
    check("c.orders.sort_by(|o| o.discount).len()", ["missing: orders.discount", "1", "0", "missing: orders.discount"]);
    let case = Case::new("fn s(c) {\n  c.orders.map(|o| o.discount).known().len()\n}");
    assert_eq!(case.run().dropped_unknown, [("rules/s.rhai:2:3".to_owned(), 2)]);
    let places = Case::new("fn s(c) {\n  let x = 1.0;\n  x + c.orders.map(|o| o.discount ).sum()\n}").run();
    assert_eq!(lines(&places)[1], "0: rules/s.rhai:3:24: missing: orders.discount");
}

#[test]
fn control_flow() {
    let tiers = "if c.revenue >= P.line { \"up\" } else if c.revenue >= 20.0 { \"mid\" } else { \"low\" }";
    check(tiers, ["up", "mid", "low", "up"]);
    check("switch c.id { \"A\" | \"B\" => 1, \"C\" if c.revenue > 50.0 => 2, _ => 3 }", ["1", "1", "3", "3"]);
    check(
        "switch c.staff { 0 => \"none\", 1..5 => \"few\", 5..=10 => \"many\", _ => \"?\" }",
        ["many", "none", "missing: customers.staff", "few"],
    );
    check("switch c.staff { () => \"-\", 0 => \"none\", _ => \"some\" }", ["some", "none", "-", "some"]);
    check("switch c.growth { 0.5 => 1, _ => 2 }", ["1", "2", "missing: customers.growth", "2"]);
    check("switch c.id { \"A\" => 1 }", ["1", "()", "()", "()"]);
    constant("let n = 0; for i in 0..5 { if i == 3 { continue; } n += i; } n", "7");
    constant("let n = 0; for (x, i) in [10, 20] { n += x * i; } n", "20");
    constant("[3, 1, 2].map(|x| x + 1).filter(|x| x > 2).map(|x| x * 10).sum()", "70");
    constant("[1, 2, 3].filter(|x| x > 1).filter(|x| x < 3).all(|x| x == 2)", "true");
    constant("let n = 0; for x in [1, 2].map(|x| x * 2) { n += x; } n", "6");
    constant("let n = 0; while n < 10 { n += 3; } n", "12");
    constant("let n = 0; loop { n += 1; if n > 4 { break; } } n", "5");
    constant("let n = 0; do { n += 1; } until n >= 3; n", "3");
    constant("let xs = []; xs.push(1); xs.push(2); xs[0] = 5; xs.sum()", "7");
    constant("let m = #{a: 1, b: #{d: 2}}; m.b.d = 7; m.a + m.b.d", "8");
    check(
        "let m = #{}; for o in c.orders { m[o.product] = (m[o.product] ?? 0) + o.pieces; } m[\"GTX\"] ?? 0",
        ["5", "0", "0", "0"],
    );
    check("if c.id == \"B\" { return 1; } 2", ["2", "1", "2", "2"]);
    check("if c.id == \"B\" { throw `no ${c.id}`; } 2", ["2", "thrown: no B", "2", "2"]);
    constant("let x = 1; x + { x = 2; x }", "3");
}

#[test]
fn maps_become_columns() {
    let text = "fn bonus(x, y) { if x > 50.0 { return y; } 0.0 }\n\
        fn s(c) { #{ 等级: c.客户等级, bonus: bonus(c.revenue, 0.5), start: date(c.since) } }";
    let expected = [
        "等级: 战略客户 | 伙伴 | () | 一般",
        "bonus: 0.5 | 0.0 | 0.0 | 0.5",
        "start: 2017-03-31 | 2017-04-01 | 1970-01-01 | 1970-01-01",
    ];
    assert_eq!(lines(&Case::new(text).run()), expected);
    // One that fails has no column at all; one that was not evaluated neither.
    let text = "fn s(c) { #{ a: c.id,\n b: c.growth + 1.0 } }";
    let result = Case::new(text).run_with(&[1, 2], pool()).unwrap();
    let expected = ["a: () | B | () | ()", "b: () | 0.75 | () | ()", "2: rules/s.rhai:2:5: missing: customers.growth"];
    assert_eq!(lines(&result), expected);
}

#[test]
fn populations() {
    check("pct_rank(c.revenue)", ["0.6666666666666666", "0.3333333333333333", "0.0", "0.6666666666666666"]);
    check("rank(c.growth) ?? -1", ["1", "3", "-1", "2"]);
    check("rank(c.growth)", ["1", "3", "()", "2"]);
    check("rank(c.growth) + 1", ["2", "4", "missing: rank(c.growth)", "3"]);
    check("ntile(c.revenue, 2)", ["2", "1", "1", "2"]);
    check("ntile(c.revenue, c.staff ?? 1)", ["7", "out of range: c.staff ?? 1", "1", "3"]);
    check("share(c.revenue)", ["0.4", "0.16", "0.04", "0.4"]);
    check("mean_of(c.revenue)", ["62.5"; 4]);
    check("quantile_of(c.revenue, 0.5)", ["70.0"; 4]);
    check("rank(c.revenue, c.sector)", ["1", "1", "1", "1"]);
    check(
        "let x = 1.0 / c.growth; if c.id == \"D\" { 0.0 } else { min_max(x) ?? 0.5 }",
        ["1.0", "0.0", "missing: customers.growth", "division by zero: 1.0 / c.growth"],
    );
}

#[test]
fn results_do_not_depend_on_threads() {
    let case = Case::new("fn s(c) { #{ x: pct_rank(c.revenue) / c.growth, y: c.orders.map(|o| o.amount).sum() } }");
    let rows: Vec<u32> = vec![0, 1, 2, 3];
    let one = lines(&case.run_with(&rows, &thread_pool(1).unwrap()).unwrap());
    let four = lines(&case.run_with(&rows, &thread_pool(4).unwrap()).unwrap());
    assert_eq!(one, four);
}

#[test]
fn limits_name_the_statement() {
    let few = Limits { operations: 10_000, millis: 1_000, call_depth: 10, collection: 100, text: 1_000 };
    let endless = "fn s(c) {\n  let n = 0;\n  loop {\n    n += 0;\n    if n > 0 { break; }\n  }\n  n\n}";
    assert_eq!(
        limit(endless, few),
        "rules/s.rhai:4:5[limit] step `s` goes over the limit of 10000 operations for one customer"
    );
    let slow = Limits { operations: u64::MAX, millis: 50, ..few };
    assert!(limit(endless, slow).ends_with("[limit] step `s` goes over the limit of 50 milliseconds for one customer"));
    let deep = "fn down(n) {\n  if n <= 0 { return 0; }\n  down(n - 1)\n}\nfn s(c) { down(11) }";
    assert!(limit(deep, few).contains("rules/s.rhai:3:3[limit] step `s` goes over the limit of 10 nested calls"));
    assert_eq!(Case::new(&deep.replace("down(11)", "down(2)")).run().undetermined, []);
    let growing = "fn s(c) {\n  let xs = [];\n  for i in 0..1000 {\n    xs.push(i);\n  }\n  xs.len()\n}";
    assert!(limit(growing, few).starts_with("rules/s.rhai:4:5[limit]"));
    let keys = "fn s(c) {\n  let m = #{};\n  for i in 0..1000 {\n    m[i.to_text()] = i;\n  }\n  m.len()\n}";
    assert!(limit(keys, few).contains("100 elements of a list or map"));
    let text = "fn s(c) {\n  let t = \"ab\";\n  for i in 0..20 {\n    t = t + t;\n  }\n  t\n}";
    assert!(limit(text, few).contains("1000 bytes of a text"));
    let text = "fn s(c) {\n  let t = \"ab\";\n  for i in 0..20 {\n    t = `${t}${t}`;\n  }\n  t\n}";
    assert!(limit(text, few).starts_with("rules/s.rhai:4:5[limit]"));
    let doubled =
        "fn s(c) {\n let a = [1, 2, 3, 4, 5, 6, 7, 8];\n let b = [a, a, a, a];\n let d = [b, b, b, b];\n d.len() }";
    assert!(limit(doubled, few).starts_with("rules/s.rhai:4:2[limit]"));
}

#[test]
fn call_depth_is_exact() {
    let text =
        |n: usize| format!("fn down(n) {{ if n <= 1 {{ return 1; }} down(n - 1) + 1 }}\nfn s(c) {{ down({n}) }}");
    let mut case = Case::new(&text(64));
    case.limits = Limits { call_depth: 64, ..Limits::default() };
    assert_eq!(lines(&case.run())[0], "s: 64 | 64 | 64 | 64");
    let over = limit(&text(65), Limits { call_depth: 64, ..Limits::default() });
    assert!(over.contains("64 nested calls"), "{over}");
}

#[test]
fn deep_and_long_rules_work() {
    let sum = |n: usize| format!("fn s(c) {{ {} }}", vec!["c.revenue"; n].join(" + "));
    assert_eq!(lines(&Case::new(&sum(5_000)).run())[0], "s: 500000.0 | 200000.0 | 50000.0 | 500000.0");
    let mut chain = String::new();
    for n in 0..1_000 {
        chain.push_str(&format!("if c.revenue == {n}.5 {{ {n} }} else "));
    }
    let text = format!("fn s(c) {{ {chain} {{ -1 }} }} // allow: float-equality");
    assert_eq!(lines(&Case::new(&text).run())[0], "s: -1 | -1 | -1 | -1");
    let deep = format!("fn s(c) {{ {}c.revenue{} }}", "abs(".repeat(400), ")".repeat(400));
    assert_eq!(lines(&Case::new(&deep).run())[0], "s: 100.0 | 40.0 | 10.0 | 100.0");
}

/// Processor time of this process, where the system tells it in ticks of 10 ms.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.split(' ').skip(13).take(2).filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// How long one customer takes; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn throughput() {
    let rows = 200_000usize;
    let text = r#"
fn s(c) {
    let economic = 0.7 * pct_rank(c.revenue) + 0.3 * scale(c.growth ?? 0.0, -0.5, 0.5);
    let traction = clamp((c.staff ?? 0).to_float() / 10.0, 0.0, 1.0);
    let value = 100.0 * (0.6 * economic + 0.4 * traction);
    let held = c.prior?.tier ?? "general";
    let tier = if value >= 80.0 || (held == "strategic" && value >= 80.0 - 5.0) { "strategic" }
    else if value >= P.line || (held == "partner" && value >= P.line - 5.0) { "partner" }
    else if value >= 30.0 { "commercial" }
    else { "general" };
    let policy = switch tier {
        "strategic" => #{ discount_cap: 0.25, credit_days: 90, visits_per_quarter: 6, sponsor: true },
        "partner"   => #{ discount_cap: 0.18, credit_days: 60, visits_per_quarter: 3, sponsor: false },
        _           => #{ discount_cap: 0.08, credit_days: 30, visits_per_quarter: 0, sponsor: false },
    };
    #{ economic: economic, traction: traction, value: value, tier: tier, cap: policy.discount_cap,
       days: policy.credit_days, visits: policy.visits_per_quarter, sponsor: policy.sponsor }
}"#;
    let mut case = Case::new(text);
    let schema = schema();
    let spread = |n: usize| (n.wrapping_mul(2_654_435_761) % 1_000) as f64;
    let customers = &mut case.data.tables[0];
    customers.rows = rows;
    customers.columns[2] = ColumnData::from_series(
        &series("x", Values::Float((0..rows).map(|n| (n % 20 != 0).then(|| spread(n) / 1_000.0 - 0.5)).collect())),
        &schema.tables[0].columns[2],
    )
    .unwrap();
    let floats = Values::Float((0..rows).map(|n| Some(spread(n))).collect());
    customers.columns[3] = ColumnData::from_series(&series("x", floats), &schema.tables[0].columns[3]).unwrap();
    let ints = Values::Int((0..rows).map(|n| Some((n % 15) as i64)).collect());
    customers.columns[4] = ColumnData::from_series(&series("x", ints), &schema.tables[0].columns[4]).unwrap();
    customers.references[0] = (0..rows as u32).map(|n| if n % 3 == 0 { NO_ROW } else { n % 2 }).collect();
    let all: Vec<u32> = (0..rows as u32).collect();
    let zone = TimeZone::UTC;
    for threads in [1, 2] {
        let pool = thread_pool(threads).unwrap();
        let context = Context {
            schema: &schema,
            data: &case.data,
            sources: &case.sources,
            active: &all,
            keys: &all,
            limits: &case.limits,
            zone: &zone,
            pool: &pool,
        };
        let start = processor_seconds();
        let result = run_step(&case.program, &context).unwrap();
        let micros = (processor_seconds() - start) * 1e6 / rows as f64;
        println!("{threads} threads: {micros:.2} microseconds a customer, {} undetermined", result.undetermined.len());
    }
}
