//! Types and findings of small rule files against a small schema.

use super::*;
use crate::diag::Severity;
use crate::dtype::DataType;
use crate::manifest::model::{Leaf, Parameter, ParameterValue};
use crate::rules::resolve::resolve;
use crate::rules::schema::{ColumnSchema, ManySchema, ReferenceSchema, TableSchema};
use crate::rules::syntax;
use crate::rules::types::TableId;
use indexmap::IndexMap;

fn column(name: &str, dtype: DataType, optional: bool) -> ColumnSchema {
    ColumnSchema { name: name.into(), dtype, optional, added: false, minor_units: false, unit: None }
}

/// Customers with orders, which refer back; order amounts are decimals.
fn schema() -> Schema {
    let customers = TableSchema {
        name: "customers".into(),
        columns: vec![
            column("id", DataType::Text, false),
            column("sector", DataType::Text, false),
            column("growth", DataType::Float, true),
            column("revenue", DataType::Float, false),
            column("staff", DataType::Int, false),
            column("客户等级", DataType::Text, true),
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

fn parameters(sources: &mut SourceMap) -> Parameters {
    let span = Span::new(sources.add("rules/parameters.yaml", ""), 0, 0);
    let leaf = |value| Parameter::Leaf(Leaf { value, unit: None, range: None, meaning: String::new(), span });
    let table = ParameterTable {
        columns: vec!["value".into()],
        plain: true,
        rows: IndexMap::from([("retail".to_owned(), vec![ParameterValue::Float(1.0)])]),
        meaning: String::new(),
        span,
    };
    let lines = IndexMap::from([("partner".to_owned(), leaf(ParameterValue::Float(60.0)))]);
    let entries = IndexMap::from([
        ("lines".to_owned(), Parameter::Group { entries: lines, sum_to: None, span }),
        ("priority".to_owned(), Parameter::Table(table)),
        ("months".to_owned(), leaf(ParameterValue::Int(12))),
    ]);
    Parameters { entries }
}

/// Output types and findings of `fn s(c) { … }` in a file that holds `text`.
fn check(text: &str) -> (Option<String>, Vec<String>) {
    let (shown, found) = advised(text.to_owned());
    (shown, found.into_iter().map(|(line, _)| line).collect())
}

/// The same with what is advised for each finding.
fn advised(text: String) -> (Option<String>, Vec<(String, Vec<String>)>) {
    crate::rules::stack::with_deep_stack(move || {
        let mut sources = SourceMap::default();
        let parameters = parameters(&mut sources);
        let file = sources.add("rules/s.rhai", text);
        let (tree, mut found) = syntax::parse(file, &sources.file(file).text);
        let trees = [tree];
        let (resolved, more) = resolve(&trees);
        found.extend(more);
        let mut shown = None;
        if let Some(place) = resolved.functions.get("s").copied() {
            let dates = RunDates { as_of: 17532, cycle_start: 17257, cycle_end: 17622 };
            let schema = schema();
            let env =
                Environment { schema: &schema, parameters: &parameters, dates, sources: &sources, resolved: &resolved };
            let checked = typecheck(env, "s", place);
            found.extend(checked.diagnostics);
            shown = checked.program.map(|p| {
                let columns = p.output.order.iter().map(|i| &p.output.columns[*i]);
                columns.map(|(name, ty)| format!("{name}: {ty}")).collect::<Vec<_>>().join(", ")
            });
        }
        let lines = found.iter().map(|d| {
            let word = if d.severity == Severity::Error { "error" } else { "warning" };
            let text = d.span.map_or("", |s| sources.text(s));
            (format!("{word}[{}] at `{}`: {}", d.id.name(), one_line(text), d.message), d.help.clone())
        });
        (shown, lines.collect())
    })
}

/// The type of one expression that has no findings.
#[track_caller]
fn type_of(expr: &str) -> String {
    let (shown, found) = check(&format!("fn s(c) {{ {expr} }}"));
    assert_eq!(found, Vec::<String>::new(), "{expr}");
    shown.unwrap_or_default().trim_start_matches("s: ").to_owned()
}

/// The one finding of an expression, as `id` and place.
#[track_caller]
fn finding(expr: &str) -> String {
    let (_, found) = check(&format!("fn s(c) {{ {expr} }}"));
    assert_eq!(found.len(), 1, "{expr}: {found:#?}");
    found[0].rsplit_once("`: ").map_or(found[0].clone(), |(head, _)| format!("{head}`"))
}

#[test]
fn scalars_and_operators() {
    assert_eq!(type_of("1 + 2"), "int");
    assert_eq!(type_of("1 + 2.0"), "float");
    assert_eq!(type_of("c.revenue / 2"), "float");
    assert_eq!(type_of("c.staff % 7"), "int");
    assert_eq!(type_of("c.sector + \"!\""), "text");
    assert_eq!(type_of("c.staff > 1.5 && !(c.sector == \"a\")"), "bool");
    assert_eq!(type_of("AS_OF.minus_months(P.months)"), "date");
    assert_eq!(type_of("date(\"2016-02-29\") < AS_OF"), "bool");
    assert_eq!(type_of("`${c.staff} in ${c.sector}`"), "text");
    assert_eq!(type_of("-9223372036854775808"), "int");
}

#[test]
fn unlike_types_are_errors() {
    assert_eq!(finding("\"5\" > 1"), "error[type-mismatch] at `\"5\" > 1`");
    assert_eq!(finding("3 == \"3\""), "error[type-mismatch] at `3 == \"3\"`");
    assert_eq!(finding("AS_OF > 3"), "error[type-mismatch] at `AS_OF > 3`");
    assert_eq!(finding("c.staff / 2"), "error[integer-division] at `c.staff / 2`");
    assert_eq!(finding("if c.staff > 1 { 0 } else { c.revenue }"), "error[mixed-number] at `{ c.revenue }`");
    assert_eq!(finding("if c.staff > 1 { 0 } else { \"a\" }"), "error[branch-types] at `{ \"a\" }`");
    assert_eq!(finding("date(\"2017-02-29\")"), "error[bad-literal] at `\"2017-02-29\"`");
    assert_eq!(finding("c.revenue == 1.0"), "warning[float-equality] at `c.revenue == 1.0`");
    assert_eq!(type_of("c.revenue == 1.0 // allow: float-equality\n"), "bool");
}

/// The message of the one finding of an expression, and what it advises.
#[track_caller]
fn advice(expr: &str) -> String {
    let (_, found) = advised(format!("fn s(c) {{ {expr} }}"));
    assert_eq!(found.len(), 1, "{expr}: {found:#?}");
    let (line, help) = &found[0];
    format!("{}; {}", line.rsplit_once("`: ").map_or("", |(_, message)| message), help.join("; "))
}

/// What is advised, written into the rule, means what was meant.
#[test]
fn advice_keeps_what_binds_together() {
    let lost = "int divided by int: the fraction would be lost; write";
    let of = |share: &str, times: &str| format!("{lost} `{share}` for a share, `{times}` for whole times");
    assert_eq!(advice("c.staff / 2"), of("c.staff.to_float() / 2", "idiv(c.staff, 2)"));
    assert_eq!(advice("(c.staff + 1) / 2"), of("(c.staff + 1).to_float() / 2", "idiv(c.staff + 1, 2)"));
    assert_eq!(advice("7 / (c.staff - 1)"), of("7.to_float() / (c.staff - 1)", "idiv(7, c.staff - 1)"));
    assert_eq!(advice("-c.staff / 2"), of("(-c.staff).to_float() / 2", "idiv(-c.staff, 2)"));
    for mended in ["(c.staff + 1).to_float() / 2", "7.to_float() / (c.staff - 1)", "(-c.staff).to_float() / 2"] {
        assert_eq!(type_of(mended), "float");
    }
    let (_, found) = advised("fn s(c) { -c.growth ?? 0.0 }".to_owned());
    let dead = found.iter().find(|(line, _)| line.starts_with("error[dead-default] at `-c.growth`"));
    let wanted = "`??` binds looser than `-`: write `-(c.growth ?? 0.0)` if `c.growth` may be missing";
    assert_eq!(dead.map(|(_, help)| help.as_slice()), Some([wanted.to_owned()].as_slice()), "{found:?}");
    assert_eq!(type_of("-(c.growth ?? 0.0)"), "float");
}

#[test]
fn wrong_counts_of_arguments_say_which_are_right() {
    let help = "a method's receiver counts as its first argument";
    assert_eq!(advice("round(c.revenue, 1, 2)"), format!("`round` takes 1 or 2 arguments, 3 given; {help}"));
    assert_eq!(advice("c.revenue.max()"), format!("`max` takes 2 arguments or more, 1 given; {help}"));
    assert_eq!(advice("min(c.revenue)"), format!("`min` takes 2 arguments or more, 1 given; {help}"));
    assert_eq!(advice("len(c.sector, 2)"), format!("`len` takes 1 argument, 2 given; {help}"));
    assert_eq!(type_of("min(c.revenue, 1.0, 2.0)"), "float");
}

#[test]
fn missing_values_are_followed() {
    assert_eq!(finding("c.growth > 1.0"), "warning[missing-value] at `c.growth`");
    assert_eq!(type_of("c.growth ?? 0.0"), "float");
    assert_eq!(type_of("c.growth"), "optional float");
    assert_eq!(type_of("if c.growth != () { c.growth + 1.0 } else { 0.0 }"), "float");
    assert_eq!(type_of("c.growth == () || c.growth > 1.0"), "bool");
    assert_eq!(type_of("!is_missing(c.growth) && c.growth > 1.0"), "bool");
    assert_eq!(type_of("if c.growth == () { return 0.0; } c.growth"), "float");
    assert_eq!(type_of("c.prior?.tier ?? \"general\""), "text");
    assert_eq!(type_of("if c.prior?.tier != () { c.prior.tier } else { \"none\" }"), "text");
    assert_eq!(finding("c.prior.tier"), "warning[missing-value] at `c.prior`");
    assert_eq!(finding("c.revenue ?? 0.0"), "error[dead-default] at `c.revenue`");
    assert_eq!(type_of("let x = c.growth; x = (); if x != () { x } else { 1.0 }"), "float");
}

#[test]
fn dead_defaults_name_the_parentheses() {
    let (_, found) = check("fn s(c) { 0.3 * c.growth ?? 0.0 }");
    assert!(found.iter().any(|f| f.starts_with("error[dead-default] at `0.3 * c.growth`")), "{found:?}");
}

#[test]
fn a_default_is_dead_in_a_function_if_no_call_needs_it() {
    let both = "fn s(c) { or_else(c.growth, 0.0) + or_else(c.revenue, 0.0) } fn or_else(x, d) { x ?? d }";
    assert_eq!(check(both).1, Vec::<String>::new());
    let neither = check("fn s(c) { or_else(c.revenue, 0.0) } fn or_else(x, d) { x ?? d }").1;
    assert!(neither.iter().any(|f| f.starts_with("error[dead-default] at `x`")), "{neither:?}");
}

#[test]
fn variables_follow_the_flow() {
    assert_eq!(type_of("let x = (); if c.staff > 1 { x = 1.0; } x"), "optional float");
    assert_eq!(type_of("let x = 1; x += 2; x"), "int");
    assert_eq!(type_of("let t = 0.0; for o in c.orders { t += o.amount; } t"), "float");
    assert_eq!(type_of("let xs = []; for i in 0..3 { xs.push(i * 2); } xs.sum()"), "int");
    assert_eq!(type_of("let m = #{}; for o in c.orders { m[`${o.date}`] = o.amount; } m[\"a\"] ?? 0.0"), "float");
    assert_eq!(type_of("let n = 0; while n < 3 { n += 1; if n == 2 { break; } } n"), "int");
    assert_eq!(finding("let x = 1; x = 2.0; x"), "error[mixed-number] at `2.0`");
    assert_eq!(
        finding("let last = (); for o in c.orders { last = o.date; } last > AS_OF"),
        "warning[missing-value] at `last`"
    );
}

#[test]
fn related_rows() {
    assert_eq!(type_of("c.orders.filter(|o| o.date < AS_OF).map(|o| o.amount).sum()"), "float");
    assert_eq!(type_of("c.orders.map(|o| o.date).max()"), "optional date");
    assert_eq!(type_of("c.orders.map(|o| o.date).gaps().mean()"), "optional float");
    assert_eq!(type_of("c.orders.top(2, |o| o.amount).map(|o| o.amount).sum()"), "float");
    assert_eq!(type_of("c.orders.some(|o| o.amount > c.revenue)"), "bool");
    assert_eq!(type_of("c.orders.first()?.date"), "optional date");
    assert_eq!(type_of("c.orders.map(|o| o.discount).known().mean()"), "optional float");
    assert_eq!(type_of("c.orders.len() + c.orders.count(|o| o.amount > 1.0)"), "int");
    assert_eq!(finding("c.orders.map(|o| o.discount).sum()"), "warning[missing-value] at `o.discount`");
    assert_eq!(finding("c.orders.amount"), "error[type-mismatch] at `amount`");
    assert_eq!(finding("c.orders.map(|o| o.amonut).sum()"), "error[unknown-column] at `amonut`");
    assert_eq!(finding("c.orders"), "error[not-a-column] at `s`");
}

#[test]
fn switches() {
    assert_eq!(type_of("switch c.sector { \"a\" => 1, \"b\" | \"c\" => 2, _ => 3 }"), "int");
    assert_eq!(type_of("switch c.staff { 0..10 => \"s\", 10..=20 if c.revenue > 1.0 => \"m\", _ => \"l\" }"), "text");
    assert_eq!(type_of("switch c.sector { \"a\" => 1 }"), "optional int");
    assert_eq!(type_of("switch c.客户等级 { () => 0, \"战略客户\" => 2, _ => 1 }"), "int");
    assert_eq!(finding("switch c.客户等级 { \"战略客户\" => 2, _ => 1 }"), "warning[missing-value] at `c.客户等级`");
    assert_eq!(finding("switch c.sector { 1 => 1, _ => 2 }"), "error[type-mismatch] at `1`");
}

#[test]
fn parameters_are_literals() {
    assert_eq!(type_of("c.revenue >= P.lines.partner"), "bool");
    assert_eq!(type_of("P.priority[c.sector] ?? 0.0"), "float");
    assert_eq!(type_of("P[\"lines\"].partner"), "float");
    assert_eq!(type_of("c.sector in keys(P.priority)"), "bool");
    assert_eq!(finding("P.lines.partnr"), "error[unknown-parameter] at `partnr`");
    assert_eq!(finding("P.lines"), "error[unknown-parameter] at `P.lines`");
    assert_eq!(finding("P.priority[c.staff] ?? 0.0"), "error[type-mismatch] at `c.staff`");
}

#[test]
fn functions_are_checked_by_their_arguments() {
    let text = "const N = 2;\nfn s(c) { #{ b: twice(c.staff), a: twice(c.revenue), t: fact(5) } }\n\
        fn twice(x) { x * N }\nfn fact(n) { if n <= 1 { 1 } else { n * fact(n - 1) } }";
    assert_eq!(check(text), (Some("b: int, a: float, t: int".into()), vec![]));
}

#[test]
fn populations() {
    assert_eq!(type_of("pct_rank(c.revenue)"), "float");
    assert_eq!(type_of("pct_rank(c.revenue, c.sector)"), "float");
    assert_eq!(type_of("rank(c.staff)"), "int");
    assert_eq!(type_of("share(c.revenue) ?? 0.0"), "float");
    assert_eq!(type_of("let x = if c.staff > 3 { 1.0 } else { 2.0 }; let y = x; pct_rank(y)"), "float");
    assert_eq!(type_of("pct_rank(c.revenue * 2.0)"), "optional float");
    assert_eq!(type_of("pct_rank(c.growth)"), "optional float");
    assert_eq!(type_of("ntile(c.revenue, 5)"), "int");
    assert_eq!(type_of("c.orders.count(|o| o.amount > mean_of(c.revenue))"), "int");
    assert_eq!(finding("c.orders.map(|o| pct_rank(o.amount)).sum()"), "error[population-argument] at `o`");
    assert_eq!(
        finding("pct_rank(c.orders.map(|o| o.amount).sum())").split(" at").next(),
        Some("error[population-argument]")
    );
    assert_eq!(finding("pct_rank(rank(c.staff))"), "error[population-argument] at `rank(c.staff)`");
    assert_eq!(finding("let x = 1.0; x = 2.0; pct_rank(x)"), "error[population-argument] at `x`");
}

#[test]
fn step_outputs() {
    let (shown, found) = check("fn s(c) { if c.staff > 1 { #{ b: 1.0, a: () } } else { #{ b: 2.0, a: 1 } } }");
    assert_eq!((shown, found), (Some("b: float, a: optional int".into()), vec![]));
    assert_eq!(
        finding("if c.staff > 1 { #{ b: 1 } } else { #{ b: 2, d: 1 } }"),
        "error[map-keys] at `{ #{ b: 2, d: 1 } }`"
    );
    assert_eq!(finding("loop { let x = 1; }"), "error[not-a-column] at `s`");
    assert_eq!(finding("throw \"no\""), "error[not-a-column] at `s`");
    assert_eq!(finding("#{ sector: 1 }"), "error[duplicate-name] at `sector`");
    assert_eq!(finding("#{ \"\": 1 }"), "error[not-a-column] at `\"\"`");
}

#[test]
fn long_texts_are_not_deep() {
    let sum = vec!["c.staff"; 5000].join(" + ");
    assert_eq!(type_of(&sum), "int");
    let chain: String = (0..1000).map(|i| format!("if c.staff == {i} {{ {i} }} else ")).collect();
    assert_eq!(type_of(&format!("{chain}{{ 0 }}")), "int");
}

#[test]
fn safe_access_ends_the_whole_chain() {
    assert_eq!(type_of("c.prior?.tier.len()"), "optional int");
    assert_eq!(type_of("c.orders.first()?.date.year_month() ?? 0"), "int");
    assert_eq!(type_of("c.orders.first()?.customer?.sector.len() ?? 0"), "int");
    assert_eq!(finding("c.orders.first()?.discount.round()"), "warning[missing-value] at `c.orders.first()?.discount`");
    assert_eq!(finding("c.orders.first()?.customer.sector"), "warning[missing-value] at `c.orders.first()?.customer`");
}

#[test]
fn what_never_gives_a_value_is_kept() {
    let text = "fn s(c) { let x = if c.staff > 1 { 1.0 } else { no() }; x + 1.0 }\nfn no() { throw \"no\" }";
    assert_eq!(check(text), (Some("s: float".into()), vec![]));
    let text = "fn s(c) { let x = 1.0 + no(); 2.0 }\nfn no() { throw \"no\" }";
    assert_eq!(check(text), (Some("s: float".into()), vec![]));
    let (shown, found) = check("fn s(c) { let x = () + (); 2.0 }");
    assert_eq!(shown, None);
    assert!(found.iter().any(|f| f.starts_with("error[unknown-type]")), "{found:?}");
}
