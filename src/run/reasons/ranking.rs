//! Which conditions decide a customer's tier, and how near others are.
//!
//! In: the tests of the tier step's trace, and what the tier would be if one of them alone came out otherwise. Out: their [`Effect`]s, the
//! decisive one, the nearest. Must not know: how a step is evaluated, how a test is shown.
//!
//! - A test **holds the tier up** if the tier would be lower without it. The decisive test is the first of these in the order in which
//!   they were asked. Where there is none, as in the lowest tier, it is the nearest that keeps a higher tier away; where no number does, the last one.
//! - The nearest is, of the tests that keep a higher tier away and compare numbers or days, the one whose sides are least apart in
//!   proportion to the larger of them; of equals the first.
//! - Where no single test keeps a higher tier away, two may do so together: the pair whose farther one is nearest, of equals that
//!   whose other one is.

use crate::rules::trace;
use serde::Serialize;

/// Which way the tier would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The same tier.
    Same,
    /// A higher one.
    Higher,
    /// A lower one.
    Lower,
    /// None: the customer would be undetermined, or have a tier that the project does not order.
    None,
}

/// How a tier compares with the one that the customer has, by the project's order, lowest first.
pub(in crate::run) fn effect(order: &[String], tier: Option<&str>, otherwise: Option<&str>) -> Effect {
    let rank = |name: Option<&str>| name.and_then(|name| order.iter().position(|own| own == name));
    match (rank(tier), rank(otherwise)) {
        (Some(now), Some(then)) if then > now => Effect::Higher,
        (Some(now), Some(then)) if then < now => Effect::Lower,
        (Some(_), Some(_)) => Effect::Same,
        _ => Effect::None,
    }
}

/// How far the sides of a comparison of numbers, days or instants (in days) are apart.
pub(in crate::run) fn distance(test: &trace::Test) -> Option<f64> {
    let (left, right) = sides(test)?;
    Some((left - right).abs())
}

fn sides(test: &trace::Test) -> Option<(f64, f64)> {
    test.op?;
    let [left, right] = test.values.as_slice() else { return None };
    left.number().zip(right.number())
}

/// The distance in proportion to the larger side.
pub(super) fn nearness(test: &trace::Test) -> Option<f64> {
    let (left, right) = sides(test)?;
    let size = left.abs().max(right.abs());
    Some(if size == 0.0 { 0.0 } else { (left - right).abs() / size })
}

/// How far two tests are from coming out otherwise, in proportion, the farther first; what is no number is as far as can be.
pub(in crate::run) fn apart(one: &trace::Test, other: &trace::Test) -> (f64, f64) {
    let far = |test| nearness(test).unwrap_or(1.0);
    (far(one).max(far(other)), far(one).min(far(other)))
}

/// The position of the decisive test, where that of the nearest one is known.
pub(in crate::run) fn decisive(effects: &[Effect], nearest: Option<usize>) -> Option<usize> {
    let holding = effects.iter().position(|effect| *effect == Effect::Lower);
    holding.or(nearest).or_else(|| effects.iter().rposition(|effect| *effect == Effect::Higher))
}

/// The position of the nearest test that keeps a higher tier away.
pub(in crate::run) fn nearest(tests: &[trace::Test], effects: &[Effect]) -> Option<usize> {
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
    use crate::rules::trace::Value;
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
