//! What is known of one value at a point of a rule, and whether a test of it is decided by that.
//!
//! In: tests that hold, as `x >= 10`, `x in ["a", "b"]`. Out: whether a further test must hold, cannot hold, or neither.
//! Must not know: trees. Numbers are never NaN in the dialect, so `!(x < 10)` is `x >= 10`.

use super::constant::{Value, holds};
use crate::rules::ast::BinaryOp;

/// A test of one value against constants.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Compare(BinaryOp, Value),
    OneOf(Vec<Value>),
    NoneOf(Vec<Value>),
}

impl Test {
    /// The test that holds where this one does not.
    pub(super) fn opposite(&self) -> Test {
        match self {
            Test::Compare(op, value) => {
                let op = match op {
                    BinaryOp::Equal => BinaryOp::NotEqual,
                    BinaryOp::NotEqual => BinaryOp::Equal,
                    BinaryOp::Less => BinaryOp::GreaterEqual,
                    BinaryOp::LessEqual => BinaryOp::Greater,
                    BinaryOp::Greater => BinaryOp::LessEqual,
                    BinaryOp::GreaterEqual => BinaryOp::Less,
                    other => *other,
                };
                Test::Compare(op, value.clone())
            }
            Test::OneOf(values) => Test::NoneOf(values.clone()),
            Test::NoneOf(values) => Test::OneOf(values.clone()),
        }
    }
}

/// The values that a value may still have.
#[derive(Clone, Debug)]
pub(super) struct Domain {
    /// Whether numbers are whole.
    whole: bool,
    /// Smallest number, and whether it is itself out.
    low: (f64, bool),
    /// Largest number, and whether it is itself out.
    high: (f64, bool),
    /// The only values, if they are known.
    only: Option<Vec<Value>>,
    /// Values that it does not have.
    never: Vec<Value>,
}

impl Domain {
    /// Every value; `whole` numbers are ints or days; a bool is one of two.
    pub(super) fn all(whole: bool, bool: bool) -> Domain {
        let only = bool.then(|| vec![Value::Bool(true), Value::Bool(false)]);
        Domain { whole, low: (f64::NEG_INFINITY, false), high: (f64::INFINITY, false), only, never: Vec::new() }
    }

    /// The same within bounds, both included.
    pub(super) fn within(mut self, (low, high): (f64, f64)) -> Domain {
        self.raise(low, false);
        self.lower(high, false);
        self
    }

    /// The same where a test holds.
    pub(super) fn and(mut self, test: &Test) -> Domain {
        match test {
            Test::Compare(BinaryOp::Equal, value) => self.keep(std::slice::from_ref(value)),
            Test::Compare(BinaryOp::NotEqual, value) => self.never.push(value.clone()),
            Test::Compare(op, Value::Number(x)) => match op {
                BinaryOp::Less => self.lower(*x, true),
                BinaryOp::LessEqual => self.lower(*x, false),
                BinaryOp::Greater => self.raise(*x, true),
                BinaryOp::GreaterEqual => self.raise(*x, false),
                _ => {}
            },
            Test::Compare(op, value) => {
                if let Some(only) = &mut self.only {
                    only.retain(|v| v.order(value).is_none_or(|order| holds(*op, order)));
                }
            }
            Test::OneOf(values) => self.keep(values),
            Test::NoneOf(values) => self.never.extend(values.iter().cloned()),
        }
        self
    }

    /// Whether a test always holds (`true`) or never (`false`) for these values.
    pub(super) fn decides(&self, test: &Test) -> Option<bool> {
        if self.is_empty() {
            return None;
        }
        if self.clone().and(test).is_empty() {
            return Some(false);
        }
        self.clone().and(&test.opposite()).is_empty().then_some(true)
    }

    fn keep(&mut self, values: &[Value]) {
        match &mut self.only {
            Some(only) => only.retain(|v| values.contains(v)),
            None => self.only = Some(values.to_vec()),
        }
    }

    fn raise(&mut self, x: f64, open: bool) {
        let (x, open) = match (self.whole, open) {
            (true, true) => (x.floor() + 1.0, false),
            (true, false) => (x.ceil(), false),
            _ => (x, open),
        };
        if x > self.low.0 || (x == self.low.0 && open) {
            self.low = (x, open);
        }
    }

    fn lower(&mut self, x: f64, open: bool) {
        let (x, open) = match (self.whole, open) {
            (true, true) => (x.ceil() - 1.0, false),
            (true, false) => (x.floor(), false),
            _ => (x, open),
        };
        if x < self.high.0 || (x == self.high.0 && open) {
            self.high = (x, open);
        }
    }

    fn has(&self, value: &Value) -> bool {
        let inside = match value {
            Value::Number(x) => {
                let above = *x > self.low.0 || (*x == self.low.0 && !self.low.1);
                let below = *x < self.high.0 || (*x == self.high.0 && !self.high.1);
                above && below && (!self.whole || x.fract() == 0.0)
            }
            _ => true,
        };
        inside && !self.never.contains(value)
    }

    fn is_empty(&self) -> bool {
        if let Some(only) = &self.only {
            return !only.iter().any(|value| self.has(value));
        }
        let (low, high) = (self.low, self.high);
        if low.0 > high.0 || (low.0 == high.0 && (low.1 || high.1)) {
            return true;
        }
        low.0 == high.0 && self.never.contains(&Value::Number(low.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};

    fn number(op: BinaryOp, x: f64) -> Test {
        Test::Compare(op, Value::Number(x))
    }

    #[track_caller]
    fn decided(whole: bool, known: &[Test], test: &Test) -> Option<bool> {
        known.iter().fold(Domain::all(whole, false), |domain, t| domain.and(t)).decides(test)
    }

    #[test]
    fn what_is_below_a_line_is_not_above_a_higher_one() {
        let below = [number(Less, 10.0)];
        assert_eq!(decided(false, &below, &number(GreaterEqual, 20.0)), Some(false));
        assert_eq!(decided(false, &below, &number(GreaterEqual, 10.0)), Some(false));
        assert_eq!(decided(false, &below, &number(GreaterEqual, 9.0)), None);
        assert_eq!(decided(false, &below, &number(LessEqual, 10.0)), Some(true));
        assert_eq!(decided(false, &[number(LessEqual, 10.0)], &number(GreaterEqual, 10.0)), None);
    }

    #[test]
    fn whole_numbers_leave_no_gap() {
        assert_eq!(decided(true, &[number(Greater, 5.0)], &number(Less, 6.0)), Some(false));
        assert_eq!(decided(false, &[number(Greater, 5.0)], &number(Less, 6.0)), None);
        assert_eq!(
            decided(true, &[number(GreaterEqual, 5.0), number(NotEqual, 5.0)], &number(LessEqual, 5.0)),
            Some(false)
        );
        assert_eq!(decided(true, &[number(Greater, 4.0), number(Less, 6.0)], &number(Equal, 5.0)), Some(true));
        assert_eq!(decided(true, &[], &number(Equal, 2.5)), Some(false));
    }

    #[test]
    fn what_contradicts_itself_decides_nothing() {
        assert_eq!(decided(false, &[number(Less, 1.0), number(Greater, 2.0)], &number(Equal, 5.0)), None);
    }

    #[test]
    fn texts_are_one_of_some_or_none() {
        let text = |t: &str| Value::Text(t.into());
        let tier = Test::OneOf(vec![text("战略"), text("一般")]);
        assert_eq!(decided(false, std::slice::from_ref(&tier), &Test::Compare(Equal, text("其他"))), Some(false));
        assert_eq!(decided(false, std::slice::from_ref(&tier), &Test::Compare(Equal, text("战略"))), None);
        let none = [Test::Compare(NotEqual, text("战略"))];
        assert_eq!(decided(false, &none, &Test::Compare(Equal, text("战略"))), Some(false));
        assert_eq!(decided(false, &[tier, none[0].clone()], &Test::Compare(Equal, text("一般"))), Some(true));
    }

    #[test]
    fn a_bool_has_two_values() {
        let is = |b| Test::Compare(Equal, Value::Bool(b));
        let domain = Domain::all(false, true);
        assert_eq!(domain.decides(&is(true)), None);
        assert_eq!(domain.clone().and(&is(false)).decides(&is(true)), Some(false));
        assert_eq!(domain.and(&is(false).opposite()).decides(&is(true)), Some(true));
    }
}
