//! A step, as it is told of one customer.
//!
//! In: the step's program, its context, a [`Tracer`]. Out: [`Told`]. Must not know: runs, which customers are asked for.

use super::condition;
use super::model::{Column, Contributions, RowSet, Shown, Standing, Step, Test, Undetermined};
use super::scope::Scope;
use super::terms;
use super::tree::Teller;
use crate::error::Result;
use crate::manifest::model::Decision;
use crate::rules::context::Context;
use crate::rules::data;
use crate::rules::interp::Tracer;
use crate::rules::site::on_one_line;
use crate::rules::standing::Population;
use crate::rules::trace::{Ended, Trace, Value};
use crate::rules::typed::{ExprKind, Program};
use crate::rules::types::{ColumnId, TableId};
use crate::rules::walk::{self, Node};
use crate::run::reasons::ranking::{self, Effect};
use crate::run::reasons::sensitive_places;
use crate::source::Span;
use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

/// Tests of which it is found out what would be otherwise.
const TESTS: usize = 500;

/// Tests of which it is found out what two of them would change.
const PAIRED: usize = 40;

/// What a step is told with.
pub(super) struct Telling<'a> {
    pub(super) program: &'a Program,
    pub(super) context: &'a Context<'a>,
    pub(super) populations: &'a [Population],
    pub(super) decision: &'a Decision,
    pub(super) made_by: &'a [(String, String)],
    pub(super) sensitive: &'a HashSet<(TableId, ColumnId)>,
    /// Whether the text of a `throw` is withheld.
    pub(super) withheld: bool,
    /// Whether rows behind aggregates are wanted.
    pub(super) rows: bool,
}

/// What is told of a step.
pub(super) struct Told {
    pub(super) step: Step,
    /// The tier, if this step gives it.
    pub(super) tier: Option<Option<String>>,
    /// The value, if this step gives it.
    pub(super) value: Option<Option<f64>>,
    pub(super) contributions: Option<Contributions>,
    pub(super) tests: Vec<Test>,
    pub(super) decisive: Option<Test>,
    pub(super) nearest: Option<Test>,
    pub(super) together: Vec<Test>,
    pub(super) undetermined: Option<Undetermined>,
}

/// Evaluates the step for a customer, and tells of it.
pub(super) fn tell(telling: &Telling<'_>, tracer: &mut Tracer<'_>, row: u32) -> Result<Told> {
    let trace = tracer.trace(row)?;
    let Telling { program, context, .. } = telling;
    let teller = Teller {
        schema: context.schema,
        data: context.data,
        sources: context.sources,
        zone: context.zone,
        populations: telling.populations,
        row,
        made_by: telling.made_by,
        sensitive: telling.sensitive,
        secrets: secrets(telling, row),
        left: Cell::new(0),
    };
    let scope = Scope::entry(program, &trace.frame);
    let mut told = Told {
        step: step(telling, &teller, &trace, scope.as_ref()),
        tier: None,
        value: None,
        contributions: None,
        tests: Vec::new(),
        decisive: None,
        nearest: None,
        together: Vec::new(),
        undetermined: undetermined(telling, &teller, &trace),
    };
    if program.gives(&telling.decision.value) {
        told.value = Some(trace.ended.column(&telling.decision.value).and_then(Value::number));
        let of = scope.as_ref().and_then(|scope| terms::column(&telling.decision.value, scope));
        told.contributions = of.and_then(|(e, scope)| terms::contributions(e, &scope, &teller));
    }
    if program.gives(&telling.decision.tier) {
        let tier = text(trace.ended.column(&telling.decision.tier));
        judge(telling, &teller, tracer, (row, &trace, tier.as_deref()), &mut told)?;
        told.tier = Some(tier);
    }
    Ok(told)
}

fn text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Finds out which tests decide the tier.
fn judge(
    telling: &Telling<'_>,
    teller: &Teller<'_>,
    tracer: &mut Tracer<'_>,
    (row, trace, tier): (u32, &Trace, Option<&str>),
    told: &mut Told,
) -> Result<()> {
    let decision = telling.decision;
    let hidden = sensitive_places(telling.program, telling.sensitive);
    let hides = |span: Span| hidden.contains(&span);
    let mut effects = Vec::with_capacity(trace.tests.len());
    for (n, test) in trace.tests.iter().enumerate().take(TESTS) {
        let otherwise = tracer.otherwise(row, n)?;
        let otherwise = text(otherwise.as_ref().and_then(|ended| ended.column(&decision.tier)));
        let effect = ranking::effect(&decision.order, tier, otherwise.as_deref());
        effects.push(effect);
        let known = otherwise.filter(|_| effect != Effect::None);
        told.tests.push(condition::told(test, (effect, known), teller, &hides));
    }
    let at = |position: Option<usize>| position.and_then(|n| told.tests.get(n).cloned());
    let nearest = ranking::nearest(&trace.tests, &effects);
    told.decisive = at(ranking::decisive(&effects, nearest));
    told.nearest = at(nearest);
    if tier.is_some() && !effects.contains(&Effect::Higher) {
        told.together = together(telling, teller, tracer, (row, trace, tier), &hides)?;
    }
    Ok(())
}

/// The nearest two tests that keep a higher tier away together: if both came out otherwise, the second on the way that the first opens.
fn together(
    telling: &Telling<'_>,
    teller: &Teller<'_>,
    tracer: &mut Tracer<'_>,
    (row, trace, tier): (u32, &Trace, Option<&str>),
    hides: &dyn Fn(Span) -> bool,
) -> Result<Vec<Test>> {
    let decision = telling.decision;
    let mut best: Option<((f64, f64), Vec<Test>)> = None;
    for (first, test) in trace.tests.iter().enumerate().take(PAIRED) {
        let Some(opened) = tracer.trace_otherwise(row, &[first])? else { continue };
        for (second, other) in opened.tests.iter().enumerate().take(PAIRED).skip(first + 1) {
            let far = ranking::apart(test, other);
            if best.as_ref().is_some_and(|(known, _)| *known <= far) {
                continue;
            }
            let Some(both) = tracer.trace_otherwise(row, &[first, second])? else { continue };
            let ended = both.ended;
            let otherwise = text(ended.column(&decision.tier));
            let effect = ranking::effect(&decision.order, tier, otherwise.as_deref());
            if effect == Effect::Higher {
                let told = |test| condition::told(test, (effect, otherwise.clone()), teller, hides);
                best = Some((far, vec![told(test), told(other)]));
            }
        }
    }
    Ok(best.map(|(_, tests)| tests).unwrap_or_default())
}

/// What a customer has in the sensitive columns of its table.
fn secrets(telling: &Telling<'_>, row: u32) -> Vec<Value> {
    let context = telling.context;
    let own = telling.sensitive.iter().filter(|(table, _)| *table == context.schema.customer);
    let value = |(table, column): &(TableId, ColumnId)| {
        let column = context.data.tables.get(usize::from(table.0))?.columns.get(usize::from(column.0))?;
        Some(match column.get(row as usize)? {
            data::Cell::Text(text) => Value::Text(text.to_owned()),
            data::Cell::Int(n) => Value::Int(n),
            data::Cell::Float(x) => Value::Float(x),
            data::Cell::Date(days) => Value::Date(days),
            data::Cell::DateTime(micros) => Value::DateTime(micros),
            data::Cell::Bool(_) | data::Cell::TooLarge => return None,
        })
    };
    own.filter_map(value).filter(|value| !matches!(value, Value::Text(text) if text.is_empty())).collect()
}

fn step(telling: &Telling<'_>, teller: &Teller<'_>, trace: &Trace, scope: Option<&Rc<Scope<'_>>>) -> Step {
    let program = telling.program;
    let mut columns = Vec::new();
    if let Ended::Columns(values) = &trace.ended {
        for (name, value) in program.output.order.iter().filter_map(|position| values.get(*position)) {
            let of = scope.and_then(|scope| terms::column(name, scope));
            let tree = of.as_ref().and_then(|(e, scope)| teller.tree(e, scope));
            let shown = of.as_ref().and_then(|(e, scope)| teller.shown(e, scope));
            let hides = shown.is_some_and(|shown| shown == Shown::withheld());
            let value = if hides { Shown::withheld() } else { Shown::of(value, telling.context.zone) };
            columns.push(Column { name: name.clone(), value, tree });
        }
    }
    let mut standings = Vec::new();
    let mut rows: Vec<RowSet> = Vec::new();
    if let Some(scope) = scope {
        standings_of(teller, scope, &mut standings);
        if telling.rows {
            teller.row_sets(scope, &mut rows);
        }
    }
    Step { step: program.step.clone(), columns, standings, rows, cut: trace.cut }
}

/// Standings that a call asked for, and the calls below it.
fn standings_of<'a>(teller: &Teller<'a>, scope: &Rc<Scope<'a>>, found: &mut Vec<Standing>) {
    let Some(instance) = scope.instance() else { return };
    walk::block(&instance.body, &mut |node| {
        let Node::Expr(e) = node else { return };
        match &e.kind {
            ExprKind::Standing { index, .. } => {
                let asked = scope.value(e).is_some();
                let standing = teller.standing(*index, scope, teller.shown(e, scope)).filter(|_| asked);
                found.extend(standing);
            }
            ExprKind::CallInstance { .. } => {
                if let Some(inner) = scope.call(e) {
                    standings_of(teller, &inner, found);
                }
            }
            _ => {}
        }
    });
}

fn undetermined(telling: &Telling<'_>, teller: &Teller<'_>, trace: &Trace) -> Option<Undetermined> {
    let Ended::Undetermined(cause) = &trace.ended else { return None };
    let mut causes = vec![(teller.row, cause.clone())];
    if telling.withheld {
        super::super::withheld::withhold(&mut causes);
    }
    let cause = causes.pop().map(|(_, cause)| cause)?;
    let rows = trace.elements.iter().filter_map(|element| teller.row_set(element.lambda, &element.value));
    Some(Undetermined {
        step: telling.program.step.clone(),
        line: line_of(telling, &cause.place),
        cause: cause.to_string(),
        rows: rows.collect(),
    })
}

/// The line of the rules that a cause's place names.
fn line_of(telling: &Telling<'_>, place: &str) -> String {
    let mut parts = place.rsplitn(3, ':');
    let (_, line, path) = (parts.next(), parts.next(), parts.next());
    let line = line.and_then(|line| line.parse().ok());
    let file = telling.context.sources.files().find(|(_, file)| Some(file.path.as_str()) == path);
    line.zip(file).map_or_else(String::new, |(line, (_, file))| on_one_line(file.line(line)))
}
