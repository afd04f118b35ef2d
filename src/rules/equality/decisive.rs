//! What decides a tier, found for all customers at once, against what is found of one customer after the other.
//!
//! In: a typed step, its context. Out: the step's own result; a difference is a panic. Must not know: how cases are made. Any column of texts
//! stands for a tier; the order is that of its texts.

use crate::error::Stop;
use crate::rules::context::{Context, StepResult};
use crate::rules::interp::{self, Asked, Outcomes, Tracer, populations};
use crate::rules::lower::{self, Ladder, lower};
use crate::rules::schema::Schema;
use crate::rules::trace::{Ended, Test, Trace, Value};
use crate::rules::typed::Program;
use crate::rules::types::Kind;
use crate::rules::{codegen, vm};
use crate::source::Span;
use std::collections::BTreeSet;

/// Customers that are traced of a case, and tests that are turned of each.
const TRACED: usize = 6;
const TESTS: usize = 60;

/// What is told of a customer.
#[derive(Debug, PartialEq)]
struct Told {
    decisive: Option<Span>,
    nearest: Option<(Span, u64)>,
}

/// The step's result, after what decides each of its columns of texts was found in both ways.
pub(super) fn decided(program: &Program, schema: &Schema, context: &Context<'_>) -> Option<Result<StepResult, Stop>> {
    let plain = match interp::run_step(program, context) {
        Ok(plain) => plain,
        Err(stop) => return Some(Err(stop)),
    };
    let step = codegen::Step::compile(&lower(program, schema).ok()?, schema).unwrap();
    let mut found_any = false;
    for (name, ty) in program.output.columns.iter().filter(|(_, ty)| ty.kind == Kind::Text) {
        let column = &plain.columns.iter().find(|(own, _)| own == name)?.1;
        let order: BTreeSet<&str> = column.str().unwrap().iter().flatten().take(40).collect();
        let order: Vec<String> = order.into_iter().map(str::to_owned).collect();
        let ladder = Ladder { column: name, order: &order };
        let Ok(found) = lower::decisive(program, schema, &ladder, &|_| false) else { continue };
        let compiled = codegen::compile(&found.lowered, schema).unwrap();
        let kinds = [Kind::Int, Kind::Int, Kind::Float];
        let (columns, left) = vm::run_other((&step, &compiled), program, context, &kinds).unwrap();
        found_any = true;
        let failed: Vec<u32> = plain.undetermined.iter().map(|(row, _)| *row).collect();
        let rows = context.active.iter().filter(|row| !failed.contains(row) && !left.contains(row));
        let populations = populations(program, context).unwrap();
        let mut tracer = Tracer::new(program, context, &populations).unwrap();
        let rows: Vec<u32> = rows.take(TRACED).copied().collect();
        let outcomes = Outcomes::new(program, context, &populations, name).unwrap();
        let asked = context.pool.install(|| outcomes.asked(&rows)).unwrap();
        for (row, asked) in rows.iter().zip(&asked) {
            let trace = tracer.trace(*row).unwrap();
            if trace.tests.len() > TESTS {
                continue;
            }
            same_outcome(&mut tracer, &trace, *row, (&outcomes, asked), name);
            let at = |n: usize| columns[n].get(*row as usize).ok().and_then(|value| value.extract::<f64>());
            let span = |n: usize| at(n).map(|position| found.tests[position as usize]);
            let nearest = span(1).map(|span| (span, at(2).unwrap_or(f64::NAN).to_bits()));
            let said = Told { decisive: span(0), nearest };
            assert_eq!(said, told(&mut tracer, &trace, *row, &ladder), "column {name} of row {row}: {ty}");
        }
    }
    found_any.then_some(Ok(plain))
}

/// Many customers at once say what one by itself says.
fn same_outcome(
    tracer: &mut Tracer<'_>,
    trace: &Trace,
    row: u32,
    (outcomes, asked): (&Outcomes<'_>, &Asked),
    column: &str,
) {
    let said = |value: Option<&Value>| value.map(|value| format!("{value:?}"));
    assert_eq!(said(trace.ended.column(column)), said(asked.value.as_ref()), "row {row}");
    let sides = |test: &Test| {
        let number = |value: &Value| value.number().map(f64::to_bits);
        test.op
            .map(|_| test.values.iter().map(number).collect::<Vec<_>>())
            .filter(|all| all.iter().all(Option::is_some))
    };
    let shown = |test: &Test| (test.span, test.op, test.operands.clone(), sides(test), test.holds);
    let tests = |tests: &[Test]| tests.iter().map(shown).collect::<Vec<_>>();
    assert_eq!(tests(&trace.tests), tests(&asked.tests), "row {row}");
    let jobs: Vec<(u32, usize)> = (0..asked.tests.len()).map(|test| (row, test)).collect();
    for (n, turned) in outcomes.turned(&jobs).unwrap().iter().enumerate() {
        let alone = tracer.otherwise(row, n).unwrap();
        assert_eq!(said(alone.as_ref().and_then(|e| e.column(column))), said(turned.as_ref()), "row {row}, test {n}");
    }
}

fn place(ended: &Ended, ladder: &Ladder<'_>) -> Option<usize> {
    let Some(Value::Text(text)) = ended.column(ladder.column) else { return None };
    ladder.order.iter().position(|tier| tier == text)
}

/// The same, one test after the other.
fn told(tracer: &mut Tracer<'_>, trace: &Trace, row: u32, ladder: &Ladder<'_>) -> Told {
    let own = place(&trace.ended, ladder);
    let (mut holding, mut last) = (None, None);
    let mut nearest: Option<(&Test, f64, f64)> = None;
    for (n, test) in trace.tests.iter().enumerate() {
        let otherwise = tracer.otherwise(row, n).unwrap().and_then(|ended| place(&ended, ladder));
        let (Some(own), Some(otherwise)) = (own, otherwise) else { continue };
        if otherwise < own && holding.is_none() {
            holding = Some(test.span);
        }
        if otherwise > own {
            last = Some(test.span);
            let sides = test.op.and_then(|_| Some((test.values[0].number()?, test.values[1].number()?)));
            if let Some((left, right)) = sides {
                let (apart, size) = ((left - right).abs(), left.abs().max(right.abs()));
                let near = if size == 0.0 { 0.0 } else { apart / size };
                if nearest.is_none_or(|(_, known, _)| near < known) {
                    nearest = Some((test, near, apart));
                }
            }
        }
    }
    Told {
        decisive: holding.or(nearest.map(|(test, ..)| test.span)).or(last),
        nearest: nearest.map(|(test, _, apart)| (test.span, apart.to_bits())),
    }
}
