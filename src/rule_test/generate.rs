//! Cases at the lines that rules draw: proposals for an analyst to look at.
//!
//! In: the project, its customers as they are graded now, the cases there are. Out: the text of a file of cases. Must not
//! know: where it goes. A line is a comparison of a customer's column with a parameter or a literal, found in the graph of
//! a step, where functions and locals are gone. Start at [`boundaries`] and [`propose`].

use super::bind::step_of;
use super::compared;
use super::evaluate::Outcome;
use super::reads::Reads;
use super::real::Graded;
use super::value::{Value, quoted};
use super::{Ready, Tested, Tester, Verdict, of_text};
use crate::dtype::DataType;
use crate::error::{Error, Result};
use crate::rules::data::{Cell, ColumnData};
use crate::rules::ir::{Const, DomainId, Graph, NodeId, Op, Order};
use crate::rules::lower::lower;
use crate::rules::tables::PRIOR;
use crate::rules::typed::Output;
use crate::rules::types::ColumnId;
use crate::run::{Plan, withheld};
use crate::source::SourceMap;
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
    /// The parameter that it is compared with, in words.
    pub drawn_by: String,
}

/// The lines that the steps draw, in the order of the steps; each once. Steps that are not compiled have none.
pub fn boundaries(plan: &Plan, sources: &SourceMap) -> Vec<Boundary> {
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
            let meant = (plan.schema.customer, ColumnId(column as u16));
            let drawn_by = compared::parameters(program, meant, limit, sources);
            let boundary = Boundary { step, column, value, beside, compared: limit, drawn_by };
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
    let column = plan.schema.table(plan.schema.customer).columns.get(column)?;
    match column.dtype {
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
        // Rules see an int where a decimal is in minor units: what they compare it with is no value of the column.
        DataType::Decimal { scale, .. } if !column.minor_units => {
            let units = (line * 10f64.powi(i32::from(scale))).round();
            (units.abs() < 1e15).then_some(())?;
            Some((Value::Decimal(units as i128, scale), Value::Decimal(units as i128 + toward as i128, scale)))
        }
        _ => None,
    }
}

/// A case that is proposed: a customer moved to one side of a line.
struct Proposal<'a> {
    boundary: &'a Boundary,
    value: &'a Value,
    row: u32,
    /// Customers that are near the line.
    near: usize,
    /// The tier that it had before, if it is given one.
    prior: Option<&'a str>,
}

/// What proposals are made from.
struct Proposer<'a> {
    plan: &'a Plan,
    customers: &'a Graded,
    zone: TimeZone,
}

/// Customers near a line that are tried, the nearest first.
const TRIED: usize = 3;

/// The text of a file with a case at each line that a customer is near, and one beside it; `None` where there is nothing to
/// propose. A line is left out that a case of the project has already, or that makes no difference to the customers next to it,
/// whatever tier they had before. What is expected is what the rules give now, in the columns that differ across the line.
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
    let proposer = Proposer { plan, customers, zone: tester.zone().clone() };
    let mut text = head(plan);
    let mut count = 0;
    for boundary in boundaries(plan, sources) {
        let is_known = |value: &Value| known.iter().any(|ready| tests(ready, &boundary, value, plan));
        let sides = [&boundary.value, &boundary.beside];
        if sides.iter().all(|value| is_known(value)) {
            continue;
        }
        let Some([at, beside]) = proposer.across(tester, sources, &boundary)? else { continue };
        for (value, text_of) in sides.into_iter().zip([at, beside]) {
            if !is_known(value) {
                text += &text_of;
                count += 1;
            }
        }
    }
    Ok((count > 0).then_some((text, count)))
}

impl Proposer<'_> {
    /// Two cases to which a line makes a difference, as text; the nearest customer to whom it does.
    fn across(
        &self,
        tester: &mut Tester<'_>,
        sources: &mut SourceMap,
        boundary: &Boundary,
    ) -> Result<Option<[String; 2]>> {
        let rows = nearest(boundary, self.customers);
        let tiers = self.plan.project.decision.order.iter().map(|tier| Some(tier.as_str()));
        let priors: Vec<Option<&str>> = match self.reads_prior(boundary.step) {
            true => std::iter::once(None).chain(tiers).collect(),
            false => vec![None],
        };
        for row in rows.iter().take(TRIED) {
            for prior in &priors {
                let side = |value| Proposal { boundary, value, row: *row, near: rows.len(), prior: *prior };
                let sides = [side(&boundary.value), side(&boundary.beside)];
                let mut outcomes = Vec::new();
                for side in &sides {
                    outcomes.extend(self.outcome(tester, sources, side)?);
                }
                let [at, beside] = outcomes.as_slice() else { continue };
                let columns = self.differing(boundary.step, at, beside);
                if columns.is_empty() && at.failure == beside.failure {
                    continue;
                }
                let [one, other] = &sides;
                let written =
                    |side: &Proposal<'_>, outcome| self.written(side, &came(outcome, &columns, self.plan, &self.zone));
                return Ok(Some([written(one, at), written(other, beside)]));
            }
        }
        Ok(None)
    }

    /// What comes of a proposal; nothing where it cannot be evaluated, or a limit stops it.
    fn outcome(
        &self,
        tester: &mut Tester<'_>,
        sources: &mut SourceMap,
        proposal: &Proposal<'_>,
    ) -> Result<Option<Outcome>> {
        let columns = self.columns(proposal.boundary.step);
        let missing: Vec<String> = columns.iter().map(|name| format!("{}: ~", quoted(name))).collect();
        let draft = self.written(proposal, &format!("expect: {{ {} }}", missing.join(", ")));
        let draft = format!("{}{draft}", head(self.plan));
        let ready = of_text("a proposal", &draft, self.plan, &self.zone, sources).map_err(|found| broken(&found))?;
        let Some(ready) = ready.first() else { return Err(broken(&[]).into()) };
        let Tested { verdict, outcome, .. } = tester.test(0, ready)?;
        let is_sound = matches!(verdict, Verdict::Passed | Verdict::Failed(_));
        Ok(outcome.filter(|outcome| is_sound && outcome.stopped.is_none()))
    }

    /// The columns of a step, in the order in which the rule writes them.
    fn columns(&self, step: usize) -> Vec<String> {
        let Some(Output { columns, order, .. }) = self.plan.programs.get(step).map(|program| &program.output) else {
            return Vec::new();
        };
        order.iter().filter_map(|at| columns.get(*at)).map(|(name, _)| name.clone()).collect()
    }

    /// Those of them that are unlike in two outcomes.
    fn differing(&self, step: usize, one: &Outcome, other: &Outcome) -> Vec<String> {
        let table = self.plan.schema.table(self.plan.schema.customer);
        let mut columns = self.columns(step);
        columns.retain(|name| {
            let column = table.column(name).map(|column| usize::from(column.0));
            let of = |outcome: &Outcome| column.and_then(|column| outcome.columns.get(&column).cloned());
            of(one) != of(other)
        });
        columns
    }

    fn reads_prior(&self, step: usize) -> bool {
        let reads = Reads::of(self.plan.programs.get(step..=step).unwrap_or_default());
        reads.references.keys().any(|(table, reference)| is_prior(self.plan, *table, *reference))
    }

    /// A case as text.
    fn written(&self, proposal: &Proposal<'_>, expected: &str) -> String {
        let Proposal { boundary, value, row, near, prior } = proposal;
        let table = self.plan.schema.table(self.plan.schema.customer);
        let own = table.columns.get(boundary.column).map_or("", |column| column.name.as_str());
        let key = self.customers.names.get(*row as usize).map_or("", String::as_str);
        let (as_key, mut given) = match alone(boundary, *row, self.plan, self.customers) {
            Some(given) => (String::new(), given),
            None => (format!("    key: {}\n", quoted(key)), Vec::new()),
        };
        given.retain(|(name, _)| name != own);
        given.insert(0, (own.to_owned(), (*value).clone()));
        let mut given: Vec<String> =
            given.iter().map(|(name, value)| format!("{}: {}", quoted(name), value.yaml(&self.zone))).collect();
        if let Some(tier) = prior {
            let decision = quoted(&self.plan.project.decision.tier);
            given.push(format!("{PRIOR}: {{ {decision}: {}, cycles: 1 }}", quoted(tier)));
        }
        let step = self.plan.programs.get(boundary.step).map_or("", |program| program.step.as_str());
        let before = prior.map_or_else(String::new, |tier| format!(", {tier} before"));
        let name = format!("{own} {} in step {step}, as of {key}{before}", value.text(&self.zone));
        format!(
            "\n  - case: {}   # {}; {near} near\n{as_key}    customer: {{ {} }}\n    {expected}\n",
            quoted(&name),
            boundary.drawn_by,
            given.join(", ")
        )
    }
}

fn is_prior(plan: &Plan, table: u16, reference: usize) -> bool {
    let table = plan.schema.tables.get(usize::from(table));
    table.and_then(|table| table.references.get(reference)).is_some_and(|reference| reference.name == PRIOR)
}

/// What came of a customer, as a case expects it.
fn came(outcome: &Outcome, columns: &[String], plan: &Plan, zone: &TimeZone) -> String {
    if let Some((step, cause)) = &outcome.failure {
        let step = plan.programs.get(*step).map_or("", |program| program.step.as_str());
        let (kind, what) = (cause.kind.word(), quoted(&cause.subject));
        return format!("undetermined: {{ step: {}, kind: {kind}, text: {what} }}", quoted(step));
    }
    let table = plan.schema.table(plan.schema.customer);
    let value = |name: &String| {
        let column = table.column(name).map(|column| usize::from(column.0));
        let value = column.and_then(|column| outcome.columns.get(&column));
        format!("{}: {}", quoted(name), value.unwrap_or(&Value::Missing).yaml(zone))
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!("expect: {{ {} }}", values.join(", "))
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

/// The customers within a tenth of what the column spans from a line, the nearest first.
fn nearest(boundary: &Boundary, customers: &Graded) -> Vec<u32> {
    let (Some(column), Some(line)) = (customers.columns.get(boundary.column), boundary.value.number()) else {
        return Vec::new();
    };
    let values: Vec<(u32, f64)> = customers.rows.iter().filter_map(|row| Some((*row, cell(column, *row)?))).collect();
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), (_, x)| (low.min(*x), high.max(*x)));
    let within = (high - low) / 10.0;
    let mut near: Vec<(u32, f64)> = values.into_iter().map(|(row, x)| (row, (x - line).abs())).collect();
    near.retain(|(_, apart)| *apart <= within);
    near.sort_by(|a, b| a.1.total_cmp(&b.1));
    near.into_iter().map(|(row, _)| row).collect()
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

/// All that the step reads of the customer, if it reads nothing else and is the first one after what is given.
fn alone(boundary: &Boundary, row: u32, plan: &Plan, customers: &Graded) -> Option<Vec<(String, Value)>> {
    let program = plan.programs.get(boundary.step)?;
    let reads = Reads::of(std::slice::from_ref(program));
    let customer = plan.schema.customer;
    let leads_on = reads.references.keys().any(|(table, reference)| !is_prior(plan, *table, *reference));
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
