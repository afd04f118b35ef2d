//! What a case expects beside what came of it.
//!
//! In: a [`Bound`] case, its [`Outcome`]. Out: [`Difference`]s, each with the text that would mend the file. Must not know:
//! how the steps were evaluated, files.

use super::bind::{Bound, Said, Wanted};
use super::evaluate::Outcome;
use super::value::{Value, quoted};
use crate::rules::format;
use crate::rules::typed::{Expr, ExprKind, LocalId, Program, StmtKind};
use crate::rules::walk::{self, Node};
use crate::run::Plan;
use crate::source::{SourceMap, Span};
use jiff::tz::TimeZone;

/// What did not come as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The column, or `undetermined`, or `error`.
    pub what: String,
    /// What the case says.
    pub expected: String,
    /// What came.
    pub got: String,
    /// The line of a rule that it came from, where that is known.
    pub place: Option<String>,
    /// What to do, where that is not plain.
    pub help: Option<String>,
    /// Where the case says it.
    pub span: Span,
    /// What would have to stand there; `None` where more than a value would have to change.
    pub instead: Option<String>,
}

/// Compares an outcome with what a case expects; nothing where it is that.
pub fn judge(bound: &Bound, outcome: &Outcome, plan: &Plan, sources: &SourceMap, zone: &TimeZone) -> Vec<Difference> {
    let at = bound.columns.first().map(|wanted| wanted.said.span).unwrap_or_default();
    if bound.error {
        return match &outcome.stopped {
            Some(_) => Vec::new(),
            None => vec![plain("error", "limit", &decided(outcome, plan), at)],
        };
    }
    if let Some(stopped) = &outcome.stopped {
        let place = stopped.span.map(|span| sources.place(span));
        let got = format!("stopped: {}", stopped.message);
        return vec![Difference { place, ..plain("outcome", "a decision", &got, at) }];
    }
    let mut found = undetermined(bound, outcome, plan, at);
    for wanted in &bound.columns {
        match outcome.columns.get(&wanted.column) {
            Some(value) => found.extend(column(wanted, value, plan, sources, zone)),
            // The step was not reached: what failed is told once.
            None if outcome.failure.is_some() && bound.undetermined.is_none() => {}
            None => {
                let expected = wanted_text(wanted, zone);
                found.push(plain(&wanted.name, &expected, "nothing: its step was not evaluated", wanted.said.span));
            }
        }
    }
    found
}

fn plain(what: &str, expected: &str, got: &str, span: Span) -> Difference {
    let (what, expected, got) = (what.to_owned(), expected.to_owned(), got.to_owned());
    Difference { what, expected, got, place: None, help: None, span, instead: None }
}

/// What came of a customer, in a few words.
fn decided(outcome: &Outcome, plan: &Plan) -> String {
    match (&outcome.stopped, &outcome.failure) {
        (Some(stopped), _) => format!("stopped: {}", stopped.message),
        (None, Some((step, cause))) => {
            format!("undetermined in step `{}`: {cause}", plan.programs.get(*step).map_or("", |p| &p.step))
        }
        (None, None) => "decided".to_owned(),
    }
}

fn undetermined(bound: &Bound, outcome: &Outcome, plan: &Plan, at: Span) -> Vec<Difference> {
    let name = |step: usize| plan.programs.get(step).map_or("", |program| program.step.as_str()).to_owned();
    let (cause, wanted) = match (&outcome.failure, &bound.undetermined) {
        (None, None) => return Vec::new(),
        (Some((step, cause)), None) => {
            let got = format!("in step `{}`: {}: {}", name(*step), cause.kind.word(), cause.subject);
            let help = "the customer is undetermined: write `undetermined:` in place of `expect:` if that is meant";
            let found = Difference { help: Some(help.to_owned()), ..plain("undetermined", "a decision", &got, at) };
            return vec![Difference { place: Some(cause.place.clone()), ..found }];
        }
        (None, Some(wanted)) => {
            let help = "the customer is decided: write `expect:` in place of `undetermined:` if that is meant";
            let found = plain("undetermined", "undetermined", "decided", wanted.span);
            return vec![Difference { help: Some(help.to_owned()), ..found }];
        }
        (Some(cause), Some(wanted)) => (cause, wanted),
    };
    let (step, cause) = cause;
    let mut found = Vec::new();
    let mut differs = |what: &str, expected: &str, got: &str, Said { span, whole }: Said| {
        let instead = whole.then(|| quoted(got));
        let place = Some(cause.place.clone());
        found.push(Difference { place, instead, ..plain(what, expected, got, span) });
    };
    if let Some((wanted, said)) = wanted.step.filter(|(wanted, _)| wanted != step) {
        differs("undetermined: step", &name(wanted), &name(*step), said);
    }
    if let Some((wanted, said)) = wanted.kind.filter(|(wanted, _)| *wanted != cause.kind.word()) {
        differs("undetermined: kind", wanted, cause.kind.word(), said);
    }
    let text = format!("{}: {}", cause.kind.word(), cause.subject);
    if let Some((wanted, said)) = wanted.text.as_ref().filter(|(wanted, _)| !text.contains(wanted.as_str())) {
        differs("undetermined", wanted, &cause.subject, *said);
    }
    found
}

fn column(wanted: &Wanted, value: &Value, plan: &Plan, sources: &SourceMap, zone: &TimeZone) -> Option<Difference> {
    let numbers = wanted.value.number().zip(value.number());
    let fits = match (wanted.within, numbers) {
        (Some(within), Some((wanted, got))) => (wanted - got).abs() <= within,
        // 0.0 and -0.0 are one number to rules.
        (None, Some((wanted, got))) => wanted == got,
        _ => wanted.value.same(value),
    };
    if fits {
        return None;
    }
    let number = value.yaml(zone);
    let (got, instead) = (
        value.text(zone),
        match wanted.within {
            Some(within) => format!("{number} ± {within}"),
            None => number,
        },
    );
    let help = numbers.filter(|_| wanted.within.is_none()).and_then(|(wanted, got)| rounded(wanted, got));
    let place = origin(plan, &wanted.name).map(|span| sources.place(span));
    let expected = wanted_text(wanted, zone);
    Some(Difference {
        what: wanted.name.clone(),
        expected,
        got,
        place,
        help,
        span: wanted.said.span,
        instead: wanted.said.whole.then_some(instead),
    })
}

/// What to write where the float that is expected is what came, rounded.
fn rounded(wanted: f64, got: f64) -> Option<String> {
    let text = format::float(wanted);
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let half = format!("0.{}5", "0".repeat(digits));
    let apart = (wanted - got).abs();
    let within = if apart <= 1e-9 * wanted.abs() { "0.000001" } else { half.as_str() };
    let is_near = within.parse().is_ok_and(|within: f64| apart <= within);
    is_near.then(|| format!("write `{text} ± {within}` if it is near enough"))
}

fn wanted_text(wanted: &Wanted, zone: &TimeZone) -> String {
    match wanted.within {
        Some(within) => format!("{} ± {within}", wanted.value.text(zone)),
        None => wanted.value.text(zone),
    }
}

/// Where a rule gives a column its value, if there is one such place: the value of the only map that has the key, or what its
/// local was set to.
pub fn origin(plan: &Plan, name: &str) -> Option<Span> {
    let program = plan.programs.iter().find(|program| program.gives(name))?;
    let instance = program.instances.get(program.entry.0 as usize)?;
    let mut values: Vec<&Expr> = Vec::new();
    if program.output.is_map {
        walk::block(&instance.body, &mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::Map(entries), .. }) = node {
                values.extend(entries.iter().filter(|(key, _)| key == name).map(|(_, value)| value));
            }
        });
    } else if let Some(StmtKind::Expr(value)) = instance.body.stmts.last().map(|stmt| &stmt.kind) {
        values.push(value);
    }
    let [value] = values.as_slice() else { return None };
    match &value.kind {
        ExprKind::Local(local) => set_at(program, *local).or(Some(value.span)),
        _ => Some(value.span),
    }
}

/// Where a local of the step's function is set, if that is done once.
fn set_at(program: &Program, wanted: LocalId) -> Option<Span> {
    let instance = program.instances.get(program.entry.0 as usize)?;
    let mut places = Vec::new();
    walk::block(&instance.body, &mut |node| {
        let Node::Stmt(stmt) = node else { return };
        match &stmt.kind {
            StmtKind::Let { local, value: Some(value) } | StmtKind::Assign { local, value } if *local == wanted => {
                places.push(value.span);
            }
            _ => {}
        }
    });
    match places.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}
