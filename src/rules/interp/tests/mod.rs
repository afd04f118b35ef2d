//! Steps from their texts to their columns, on a small set of tables.

mod limits;
mod trace;
mod values;

use crate::calendar::parse_date_iso;
use crate::dtype::DataType;
use crate::error::Stop;
use crate::manifest::model::{Leaf, Limits, Parameter, ParameterTable, ParameterValue, Parameters};
use crate::rules::codegen;
use crate::rules::context::{Context, StepResult};
use crate::rules::data::{ColumnData, Data, NO_ROW, Related, TableData, Values, series};
use crate::rules::interp::{run_step, thread_pool};
use crate::rules::lower::lower;
use crate::rules::resolve::resolve;
use crate::rules::schema::{ColumnSchema, ManySchema, ReferenceSchema, Schema, TableSchema};
use crate::rules::typeck::{Environment, RunDates, typecheck};
use crate::rules::typed::Program;
use crate::rules::types::TableId;
use crate::rules::{stack, syntax, vm};
use crate::source::{SourceMap, Span};
use indexmap::IndexMap;
use jiff::tz::TimeZone;
use polars::prelude::{AnyValue, Int128Chunked, IntoSeries, NewChunkedArray, Series};
use std::sync::{Arc, OnceLock};

fn column(name: &str, dtype: DataType, optional: bool) -> ColumnSchema {
    ColumnSchema { name: name.into(), dtype, optional, added: false, minor_units: false, unit: None }
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
        self.run_on(active, &[0, 1, 2, 3], pool)
    }

    fn run_on(&self, active: &[u32], keys: &[u32], pool: &rayon::ThreadPool) -> Result<StepResult, Stop> {
        let context = Context {
            schema: &self.schema,
            data: &self.data,
            sources: &self.sources,
            active,
            keys,
            limits: &self.limits,
            zone: &TimeZone::get("Asia/Shanghai").unwrap(),
            pool,
        };
        let result = run_step(&self.program, &context);
        self.compiled_agrees(&context, &result);
        result
    }

    /// What cannot be compiled, and what goes over a limit, is not compared.
    #[track_caller]
    fn compiled_agrees(&self, context: &Context<'_>, expected: &Result<StepResult, Stop>) {
        let (Ok(expected), Ok(step)) = (expected, context.pool.install(|| lower(&self.program, &self.schema))) else {
            return;
        };
        let compiled = codegen::Step::compile(&step, &self.schema).unwrap();
        let shown = || {
            let population = |(arguments, group): &(Vec<codegen::Program>, Option<codegen::Program>)| {
                arguments.iter().chain(group).map(|program| format!("{program}\n")).collect::<String>()
            };
            let populations: Vec<String> = compiled.populations.iter().map(population).collect();
            format!("{}\n{}\n{}", step.main, populations.join("\n"), compiled.main)
        };
        let found = vm::run_step(&compiled, &self.program, context).unwrap_or_else(|e| panic!("{e:?}\n{}", shown()));
        assert_eq!(lines(&found), lines(expected), "{}", shown());
        assert_eq!(found.dropped_unknown, expected.dropped_unknown, "{}", shown());
        for ((name, a), (_, b)) in found.columns.iter().zip(&expected.columns) {
            assert_eq!(a.dtype(), b.dtype(), "{name}");
        }
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
