//! A condition of the rules, as it is told.
//!
//! In: a test of the tier step's trace, its effect. Out: [`Test`]. Must not know: which tests decide.

use super::model::Test;
use super::shown::number;
use super::tree::Teller;
use crate::rules::trace::{self, Value};
use crate::run::reasons::ranking::{Effect, distance};

/// What is told of a test; `hides` says whether a place reads what is withheld.
pub(super) fn told(
    test: &trace::Test,
    (effect, otherwise): (Effect, Option<String>),
    teller: &Teller<'_>,
    hides: &dyn Fn(crate::source::Span) -> bool,
) -> Test {
    let is_hidden = |n: usize| {
        let value = test.values.get(n).filter(|value| **value != Value::Missing);
        value.is_some_and(|value| test.operands.get(n).is_some_and(|span| hides(*span)) || teller.is_secret(value))
    };
    let shown = |n: usize| {
        let value = test.values.get(n)?;
        Some(if is_hidden(n) { super::shown::WITHHELD.to_owned() } else { text(value, teller) })
    };
    let sides = match test.op {
        Some(op) => shown(0).zip(shown(1)).map(|(left, right)| format!("{left} {} {right}", op.text())),
        None => shown(0),
    };
    let hidden = (0..test.values.len()).any(is_hidden);
    Test {
        text: teller.text(test.span),
        place: teller.place(test.span),
        values: sides,
        holds: test.holds,
        distance: distance(test).filter(|_| !hidden),
        effect,
        otherwise,
    }
}

fn text(value: &Value, teller: &Teller<'_>) -> String {
    match value {
        Value::Text(text) => format!("\"{text}\""),
        Value::Float(x) => number(*x),
        value => super::model::Shown::of(value, teller.zone).text,
    }
}
