//! The finding for a customer who goes over a limit.
//!
//! In: which customer and which limit. Out: a diagnostic at the statement that ran. Must not know: what the step computes.

use super::engine::Plan;
use super::meter;
use super::probe::Notes;
use super::rewrite::{World, rewrite};
use super::site::Over;
use crate::diag::{Diagnostic, ids};
use crate::error::Stop;
use crate::manifest::model::Limits;
use crate::rules::context::Context;
use crate::rules::typed::InstanceId;
use crate::source::Span;

/// The finding for a customer who went over a limit. The customer runs again with marks, so that it names the statement.
pub(super) fn finding(world: World<'_>, context: &Context<'_>, entry: InstanceId, row: u32, over: Over) -> Stop {
    let (step, limits) = (&world.program.step, context.limits);
    let (what, raise) = match over {
        Over::Time => (format!("{} milliseconds", limits.millis), Some("time")),
        Over::Work => (format!("{} operations", limits.operations), Some("operations")),
        Over::Stack => ("nested calls within nested expressions".to_owned(), None),
        Over::Depth => (format!("{} nested calls", limits.call_depth), Some("call_depth")),
        Over::Collection => (format!("{} elements of a list or map", limits.collection), Some("collection")),
        Over::Text => (format!("{} bytes of a text", limits.text), Some("text")),
    };
    let message = format!("step `{step}` goes over the limit of {what} for one customer");
    let help = match raise {
        Some(key) => {
            format!("look for a loop or recursion without an end, or raise `limits: {key}` in the project file")
        }
        None => "look for a recursion without an end, or give parts of long expressions a name with `let`".to_owned(),
    };
    let mut finding = Diagnostic::error(ids::LIMIT, message)
        .help(help)
        .note(format!("the first such customer is in row {} of the customer table", u64::from(row) + 1));
    if let Some(span) = marked_place(world, context, entry, row) {
        finding = finding.at_with(span, "reached while this runs");
    }
    Stop::Findings(vec![finding])
}

/// The statement that a customer runs when it goes over a limit.
fn marked_place(world: World<'_>, context: &Context<'_>, entry: InstanceId, row: u32) -> Option<Span> {
    let whole = world.program.instances.get(entry.0 as usize).map(|i| i.span);
    let Ok(rewritten) = rewrite(world, entry, Notes::Statements) else { return whole };
    // The statement is known long before the time is over again.
    let limits = Limits { millis: context.limits.millis.min(1_000), ..*context.limits };
    let Ok(mut worker) = Plan::new(&rewritten, &limits, true).worker() else { return whole };
    let ran = worker.run(&[row]);
    let is_over = ran.is_ok_and(|results| results.iter().any(|(_, r)| r.is_err()));
    let span = if is_over { rewritten.marks.get(meter::mark() as usize).copied() } else { None };
    span.or(whole)
}
