//! Which conditions decide a customer's tier, and how near others are.
//!
//! In: the tests of the tier step's trace, and what the tier would be if one of them alone came out otherwise. Out: [`Test`]s with their
//! effects, the decisive one, the nearest. Must not know: how a step is evaluated.
//!
//! - A test **holds the tier up** if the tier would be lower without it. The decisive test is the first of these in the order in which
//!   they were asked. Where there is none, as in the lowest tier, it is the nearest that keeps a higher tier away; where no number does, the last one.
//! - The nearest is, of the tests that keep a higher tier away and compare numbers or days, the one whose sides are least apart in
//!   proportion to the larger of them; of equals the first.
//! - Where no single test keeps a higher tier away, two may do so together: the pair whose farther one is nearest, of equals that
//!   whose other one is.

use super::model::{Effect, Test};
use super::shown::number;
use super::tree::Teller;
use crate::rules::trace::{self, Value};

/// How a tier compares with the one that the customer has, by the project's order, lowest first.
pub(super) fn effect(order: &[String], tier: Option<&str>, otherwise: Option<&str>) -> Effect {
    let rank = |name: Option<&str>| name.and_then(|name| order.iter().position(|own| own == name));
    match (rank(tier), rank(otherwise)) {
        (Some(now), Some(then)) if then > now => Effect::Higher,
        (Some(now), Some(then)) if then < now => Effect::Lower,
        (Some(_), Some(_)) => Effect::Same,
        _ => Effect::None,
    }
}

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

/// How far the sides of a comparison of numbers, days or instants (in days) are apart.
pub(super) fn distance(test: &trace::Test) -> Option<f64> {
    let (left, right) = sides(test)?;
    Some((left - right).abs())
}

fn sides(test: &trace::Test) -> Option<(f64, f64)> {
    test.op?;
    let [left, right] = test.values.as_slice() else { return None };
    left.number().zip(right.number())
}

/// The distance in proportion to the larger side.
fn nearness(test: &trace::Test) -> Option<f64> {
    let (left, right) = sides(test)?;
    let size = left.abs().max(right.abs());
    Some(if size == 0.0 { 0.0 } else { (left - right).abs() / size })
}

/// How far two tests are from coming out otherwise, in proportion, the farther first; what is no number is as far as can be.
pub(super) fn apart(one: &trace::Test, other: &trace::Test) -> (f64, f64) {
    let far = |test| nearness(test).unwrap_or(1.0);
    (far(one).max(far(other)), far(one).min(far(other)))
}

/// The position of the decisive test, where that of the nearest one is known.
pub(super) fn decisive(effects: &[Effect], nearest: Option<usize>) -> Option<usize> {
    let holding = effects.iter().position(|effect| *effect == Effect::Lower);
    holding.or(nearest).or_else(|| effects.iter().rposition(|effect| *effect == Effect::Higher))
}

/// The position of the nearest test that keeps a higher tier away.
pub(super) fn nearest(tests: &[trace::Test], effects: &[Effect]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (n, (test, effect)) in tests.iter().zip(effects).enumerate() {
        let Some(near) = nearness(test).filter(|_| *effect == Effect::Higher) else { continue };
        if best.is_none_or(|(_, known)| near < known) {
            best = Some((n, near));
        }
    }
    best.map(|(n, _)| n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::ast::BinaryOp;
    use crate::source::Span;

    fn compared(left: Value, right: Value) -> trace::Test {
        trace::Test {
            span: Span::default(),
            op: Some(BinaryOp::GreaterEqual),
            operands: Vec::new(),
            values: vec![left, right],
            holds: false,
        }
    }

    #[test]
    fn the_first_that_holds_the_tier_up_decides() {
        use Effect::{Higher, Lower, None, Same};
        assert_eq!(decisive(&[Higher, Same, Lower, Lower, Higher], Some(0)), Some(2));
        assert_eq!(decisive(&[Higher, Same, Higher, None], Some(0)), Some(0));
        assert_eq!(decisive(&[Higher, Same, Higher, None], Option::None), Some(2));
        assert_eq!(decisive(&[Same, None], Option::None), Option::None);
    }

    #[test]
    fn the_nearest_is_nearest_in_proportion() {
        let tests = [
            compared(Value::Float(60.0), Value::Float(75.0)),
            compared(Value::Int(2), Value::Int(3)),
            compared(Value::Float(60.0), Value::Float(65.0)),
            compared(Value::Text("a".into()), Value::Text("b".into())),
            compared(Value::Float(60.0), Value::Float(60.5)),
        ];
        use Effect::{Higher, Same};
        assert_eq!(nearest(&tests, &[Higher, Higher, Higher, Higher, Same]), Some(2));
        assert_eq!(nearest(&tests[3..], &[Higher, Same]), None);
        assert_eq!(distance(&tests[1]), Some(1.0));
        assert_eq!(distance(&compared(Value::Date(17_000), Value::Date(17_030))), Some(30.0));
    }

    #[test]
    fn tiers_compare_by_the_projects_order() {
        let order = ["一般".to_owned(), "战略".to_owned()];
        assert_eq!(effect(&order, Some("一般"), Some("战略")), Effect::Higher);
        assert_eq!(effect(&order, Some("战略"), Some("一般")), Effect::Lower);
        assert_eq!(effect(&order, Some("战略"), None), Effect::None);
        assert_eq!(effect(&order, Some("战略"), Some("other")), Effect::None);
    }
}
