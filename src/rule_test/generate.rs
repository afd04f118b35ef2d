//! Cases at the lines that rules draw: proposals for an analyst to look at.
//!
//! In: the project, its customers as they are graded now, the cases there are. Out: the text of a file of cases. Must not
//! know: where it goes. A line is a comparison of a customer's column with a parameter or a literal, found in the graph of
//! a step, where functions and locals are gone. Start at [`boundaries`] and [`propose`].

use super::bind::step_of;
use super::reads::Reads;
use super::value::{Value, quoted};
use super::{Graded, Ready, Tester, Verdict, of_text};
use crate::dtype::DataType;
use crate::error::{Error, Result};
use crate::manifest::model::{Parameter, ParameterValue};
use crate::rules::data::{Cell, ColumnData};
use crate::rules::ir::{Const, DomainId, Graph, NodeId, Op, Order};
use crate::rules::lower::lower;
use crate::rules::tables::PRIOR;
use crate::rules::typed::{Output, Program};
use crate::run::{Plan, withheld};
use crate::source::SourceMap;
use indexmap::IndexMap;
use jiff::tz::TimeZone;

/// A value of a column at which a rule answers otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// The step that compares.
    pub step: usize,
    /// The column, by the customer's columns.
    pub column: usize,
    /// The value.
    pub value: Value,
    /// Its neighbour on the other side of the line.
    pub beside: Value,
    /// What it is compared with, before what the rule adds to the column.
    pub compared: f64,
}

/// The lines that the steps draw, in the order of the steps; each once. Steps that are not compiled have none.
pub fn boundaries(plan: &Plan) -> Vec<Boundary> {
    let mut found: Vec<Boundary> = Vec::new();
    for (step, program) in plan.programs.iter().enumerate() {
        let Ok(lowered) = lower(program, &plan.schema) else { continue };
        let graph = &lowered.main.graph;
        for node in graph.nodes.iter().filter(|node| node.domain == DomainId::CUSTOMERS) {
            let (Op::Compare(order), [left, right]) = (&node.op, node.args.as_slice()) else { continue };
            let side = |column: NodeId, limit: NodeId| Some((linear(graph, plan, column)?, number(graph, limit)?));
            // Which neighbour is on the other side: the one below of `x < limit` and `limit <= x`, else the one above.
            let (((column, added), limit), below) = match (order, side(*left, *right), side(*right, *left)) {
                (Order::Equal, _, _) => continue,
                (Order::Less, Some(line), _) | (Order::LessEqual, None, Some(line)) => (line, true),
                (Order::LessEqual, Some(line), _) | (Order::Less, None, Some(line)) => (line, false),
                (_, None, None) => continue,
            };
            // What the rule adds is taken off again, but for the last digits of that.
            let line = if added == 0.0 { limit } else { ((limit - added) * 1e9).round() / 1e9 };
            let Some((value, beside)) = neighbours(plan, column, line, below) else { continue };
            let boundary = Boundary { step, column, value, beside, compared: limit };
            if !found.iter().any(|own| own.column == column && own.value == boundary.value && own.step == step) {
                found.push(boundary);
            }
        }
    }
    found
}

/// The customer's column that a node is, and what is added to it.
fn linear(graph: &Graph, plan: &Plan, id: NodeId) -> Option<(usize, f64)> {
    let node = graph.node(id);
    let arg = |at: usize| node.args.get(at).copied();
    match &node.op {
        Op::Column(table, column) if *table == plan.schema.customer => {
            let is_own = matches!(graph.node(arg(0)?).op, Op::Customer);
            is_own.then_some((usize::from(column.0), 0.0))
        }
        Op::IntToFloat => linear(graph, plan, arg(0)?),
        Op::Add | Op::AddInt => match (number(graph, arg(0)?), number(graph, arg(1)?)) {
            (None, Some(more)) => linear(graph, plan, arg(0)?).map(|(column, added)| (column, added + more)),
            (Some(more), None) => linear(graph, plan, arg(1)?).map(|(column, added)| (column, added + more)),
            _ => None,
        },
        Op::Subtract | Op::SubtractInt => {
            let less = number(graph, arg(1)?)?;
            linear(graph, plan, arg(0)?).map(|(column, added)| (column, added - less))
        }
        _ => None,
    }
}

fn number(graph: &Graph, id: NodeId) -> Option<f64> {
    match graph.constant(id)? {
        Const::Int(n) => Some(*n as f64),
        Const::Float(bits) => Some(f64::from_bits(*bits)),
        _ => None,
    }
}

/// A line as a value of its column, and the value next to it as people write it.
fn neighbours(plan: &Plan, column: usize, line: f64, below: bool) -> Option<(Value, Value)> {
    if !line.is_finite() || line.abs() > 1e15 {
        return None;
    }
    let toward = if below { -1.0 } else { 1.0 };
    match plan.schema.table(plan.schema.customer).columns.get(column)?.dtype {
        DataType::Int => {
            // Between two ints the line is at the one that the rule answers otherwise for.
            let at = if below { line.ceil() } else { line.floor() };
            Some((Value::Int(at as i64), Value::Int((at + toward) as i64)))
        }
        DataType::Float => {
            let unit = 10f64.powf((line.abs().max(1.0).log10() - 4.0).ceil()).min(0.01);
            let digits = (1.0 / unit).round();
            Some((Value::Float(line), Value::Float(((line + toward * unit) * digits).round() / digits)))
        }
        DataType::Decimal { scale, precision: _ } => {
            let units = (line * 10f64.powi(i32::from(scale))).round();
            (units.abs() < 1e15).then_some(())?;
            Some((Value::Decimal(units as i128, scale), Value::Decimal(units as i128 + toward as i128, scale)))
        }
        _ => None,
    }
}

/// A case that is proposed.
struct Proposal {
    name: String,
    why: String,
    key: Option<String>,
    given: Vec<(String, Value)>,
    expected: Vec<String>,
}

/// The text of a file with a case at each line that a customer is near, and one beside it; `None` where there is nothing to
/// propose. A line that a case of the project has already is left out. What is expected is what the rules give now.
///
/// # Errors
/// As [`Tester::test`].
pub fn propose(
    tester: &mut Tester<'_>,
    plan: &Plan,
    sources: &mut SourceMap,
    customers: &Graded,
    known: &[Ready],
) -> Result<Option<(String, usize)>> {
    let zone = tester.zone().clone();
    let mut text = head(plan);
    let mut count = 0;
    for boundary in boundaries(plan) {
        let Some((row, near)) = nearest(&boundary, customers) else { continue };
        for value in [&boundary.value, &boundary.beside] {
            if known.iter().any(|ready| tests(ready, &boundary, value, plan)) {
                continue;
            }
            let proposal = proposal(&boundary, value, row, near, (plan, customers), &zone);
            let draft = format!("{}{}", head(plan), written(&proposal, None, &zone));
            let ready = of_text("the proposal", &draft, plan, &zone, sources).map_err(|found| broken(&found))?;
            let [ready] = ready.as_slice() else { return Err(broken(&[]).into()) };
            let tested = tester.test(0, ready)?;
            let (Verdict::Passed | Verdict::Failed(_), Some(outcome)) = (&tested.verdict, &tested.outcome) else {
                continue;
            };
            let table = plan.schema.table(plan.schema.customer);
            let values = match &outcome.failure {
                Some((step, cause)) => {
                    let step = plan.programs.get(*step).map_or("", |program| program.step.as_str());
                    let (kind, what) = (cause.kind.word(), quoted(&cause.subject));
                    format!("undetermined: {{ step: {}, kind: {kind}, text: {what} }}", quoted(step))
                }
                None => {
                    let value = |name: &String| {
                        let column = table.column(name).map(|column| usize::from(column.0));
                        let value = column.and_then(|column| outcome.columns.get(&column));
                        format!("{}: {}", quoted(name), value.unwrap_or(&Value::Missing).yaml(&zone))
                    };
                    let values: Vec<String> = proposal.expected.iter().map(value).collect();
                    format!("expect: {{ {} }}", values.join(", "))
                }
            };
            text += &written(&proposal, Some(&values), &zone);
            count += 1;
        }
    }
    Ok((count > 0).then_some((text, count)))
}

fn broken(found: &[crate::diag::Diagnostic]) -> Error {
    let why = found.first().map_or("no case", |found| found.message.as_str());
    Error::Defect(format!("a proposed case: {why}"))
}

fn head(plan: &Plan) -> String {
    format!(
        "# Proposed by `tierwright test --generate`: customers of the data, moved to a line that a rule draws and beside it. What is\n\
         # expected is what the rules gave on that day, right or wrong. Look at each, move it to a file of your own, and delete the rest.\n\
         as_of: {}\nreview: true\ncases:\n",
        plan.dates.as_of
    )
}

/// The nearest customer, and how many are within a tenth of the column's spread.
fn nearest(boundary: &Boundary, customers: &Graded) -> Option<(u32, usize)> {
    let column = customers.columns.get(boundary.column)?;
    let line = boundary.value.number()?;
    let values: Vec<(u32, f64)> = customers.rows.iter().filter_map(|row| Some((*row, cell(column, *row)?))).collect();
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), (_, x)| (low.min(*x), high.max(*x)));
    let within = (high - low) / 10.0;
    let near: Vec<&(u32, f64)> = values.iter().filter(|(_, x)| (x - line).abs() <= within).collect();
    let first = near.iter().min_by(|a, b| (a.1 - line).abs().total_cmp(&(b.1 - line).abs()))?;
    Some((first.0, near.len()))
}

/// The number of a cell.
fn cell(column: &ColumnData, row: u32) -> Option<f64> {
    match column.get(row as usize)? {
        Cell::Float(x) => Some(x),
        Cell::Int(n) => Some(n as f64),
        _ => None,
    }
}

/// Whether a case has this value in this column, and evaluates the step that draws the line.
fn tests(ready: &Ready, boundary: &Boundary, value: &Value, plan: &Plan) -> bool {
    let bound = &ready.bound;
    let row = bound.tables.get(usize::from(plan.schema.customer.0)).and_then(|rows| rows.first());
    let same = |own: &Value| own == value || own.number().zip(value.number()).is_some_and(|(a, b)| a == b);
    row.and_then(|row| row.values.get(boundary.column)).is_some_and(same)
        && (bound.from..=bound.to).contains(&boundary.step)
        && ready.case.set.is_empty()
}

fn proposal(
    boundary: &Boundary,
    value: &Value,
    row: u32,
    near: usize,
    (plan, customers): (&Plan, &Graded),
    zone: &TimeZone,
) -> Proposal {
    let table = plan.schema.table(plan.schema.customer);
    let name = |column: usize| table.columns.get(column).map_or("", |column| column.name.as_str()).to_owned();
    let key = customers.names.get(row as usize).cloned().unwrap_or_default();
    let (own, step) = (name(boundary.column), boundary.step);
    let given = alone(boundary, row, plan, customers);
    let parameter = parameter_of(&plan.project.parameters.entries, boundary.compared, "P");
    let line = parameter.unwrap_or_else(|| "a number of the rule".to_owned());
    let program = plan.programs.get(step);
    let of_step = program.map_or("", |program| program.step.as_str());
    let plural = if near == 1 { "customer is" } else { "customers are" };
    let mut given_or_key = given.map_or((Some(key.clone()), Vec::new()), |given| (None, given));
    given_or_key.1.retain(|(name, _)| *name != own);
    given_or_key.1.insert(0, (own.clone(), value.clone()));
    Proposal {
        name: format!("{own} {} in step {of_step}, as of {key}", value.text(zone)),
        why: format!("{line}; {near} {plural} near"),
        key: given_or_key.0,
        given: given_or_key.1,
        expected: program.iter().flat_map(|program| in_order(program)).collect(),
    }
}

/// The columns of a step, in the order in which the rule writes them.
fn in_order(program: &Program) -> Vec<String> {
    let Output { columns, order, .. } = &program.output;
    order.iter().filter_map(|at| columns.get(*at)).map(|(name, _)| name.clone()).collect()
}

/// All that the step reads of the customer, if it reads nothing else and is the first one after what is given.
fn alone(boundary: &Boundary, row: u32, plan: &Plan, customers: &Graded) -> Option<Vec<(String, Value)>> {
    let program = plan.programs.get(boundary.step)?;
    let reads = Reads::of(std::slice::from_ref(program));
    let customer = plan.schema.customer;
    let is_prior = |table: u16, reference: usize| {
        let reference = plan.schema.tables[usize::from(table)].references.get(reference);
        reference.is_some_and(|reference| reference.name == PRIOR)
    };
    let leads_on = reads.references.keys().any(|(table, reference)| !is_prior(*table, *reference));
    let columns: Vec<usize> = reads
        .columns
        .keys()
        .filter(|(table, _)| *table == customer.0)
        .map(|(_, column)| usize::from(*column))
        .collect();
    let last = columns.iter().filter_map(|column| step_of(plan, *column)).max().map_or(0, |step| step + 1);
    if leads_on || reads.related || reads.standings || last != boundary.step {
        return None;
    }
    let table = plan.schema.table(customer);
    // What nobody may read is not copied into a file.
    if columns.iter().any(|at| withheld::is_sensitive(&plan.project, &table.columns[*at].name)) {
        return None;
    }
    let given = columns.iter().filter_map(|at| {
        let column = &table.columns[*at];
        let scale = match column.dtype {
            DataType::Decimal { scale, .. } => scale,
            _ => 0,
        };
        let value = Value::cell(customers.columns.get(*at)?, scale, row as usize);
        (!value.is_missing()).then(|| (column.name.clone(), value))
    });
    Some(given.collect())
}

/// The parameter of this value, if there is one alone.
fn parameter_of(entries: &IndexMap<String, Parameter>, wanted: f64, path: &str) -> Option<String> {
    fn find(entries: &IndexMap<String, Parameter>, wanted: f64, path: &str, found: &mut Vec<String>) {
        for (name, parameter) in entries {
            let path = format!("{path}.{name}");
            match parameter {
                Parameter::Group { entries, .. } => find(entries, wanted, &path, found),
                Parameter::Leaf(leaf) => match leaf.value {
                    ParameterValue::Int(n) if n as f64 == wanted => found.push(path),
                    ParameterValue::Float(x) if x == wanted => found.push(path),
                    _ => {}
                },
                Parameter::Table(_) => {}
            }
        }
    }
    let mut found = Vec::new();
    find(entries, wanted, path, &mut found);
    (!found.is_empty()).then(|| found.join(" or "))
}

/// A case as text. Without values its columns are expected to be missing, so that a test gives them all.
fn written(proposal: &Proposal, values: Option<&str>, zone: &TimeZone) -> String {
    let given: Vec<String> =
        proposal.given.iter().map(|(name, value)| format!("{}: {}", quoted(name), value.yaml(zone))).collect();
    let key = proposal.key.as_ref().map(|key| format!("    key: {}\n", quoted(key))).unwrap_or_default();
    let missing = || {
        let names: Vec<String> = proposal.expected.iter().map(|name| format!("{}: ~", quoted(name))).collect();
        format!("expect: {{ {} }}", names.join(", "))
    };
    let values = values.map_or_else(missing, str::to_owned);
    format!(
        "\n  - case: {}   # {}\n{key}    customer: {{ {} }}\n    {values}\n",
        quoted(&proposal.name),
        proposal.why.replace(['\n', '\r'], " "),
        given.join(", ")
    )
}
