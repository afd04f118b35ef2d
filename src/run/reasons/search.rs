//! Which tests of a customer have to come out otherwise before it is known which one decides.
//!
//! In: the tests that were asked, how high the tier is, what came of tests that were turned. Out: the next ones to turn, then the decisive
//! test and the nearest. Must not know: how a test is turned. The answer is that of [`ranking`](super::ranking) for all effects; but the nearest
//! test is sought from the nearest on, the one that holds the tier up from the first, and neither where there is no tier to
//! rise or fall to.

use super::ranking::{self, Effect};
use crate::rules::trace::Test;
use std::cmp::Ordering;

/// What is known of a customer's tests.
pub(super) struct Search<'t> {
    tests: &'t [Test],
    effects: Vec<Option<Effect>>,
    /// Tests that may keep a higher tier away by a number, the nearest first; none in the highest tier.
    near: Vec<usize>,
    /// Whether all distances are numbers: else all those tests are turned.
    ordered: bool,
    /// Whether there is a tier below, and above.
    falls: bool,
    rises: bool,
    /// Tests that each kind of search turns at once: twice as many each time.
    stride: usize,
}

impl<'t> Search<'t> {
    /// A search among the tests of a customer whose tier has this position among so many, the lowest first.
    pub(super) fn new(tests: &'t [Test], position: usize, tiers: usize) -> Search<'t> {
        let (falls, rises) = (position > 0, position + 1 < tiers);
        let far: Vec<Option<f64>> = tests.iter().map(ranking::nearness).collect();
        let mut near: Vec<usize> = (0..tests.len()).filter(|n| rises && far[*n].is_some()).collect();
        let ordered = !far.iter().flatten().any(|near| near.is_nan());
        if ordered {
            near.sort_by(|a, b| far[*a].partial_cmp(&far[*b]).unwrap_or(Ordering::Equal));
        }
        Search { tests, effects: vec![None; tests.len()], near, ordered, falls, rises, stride: 1 }
    }

    /// The tests to turn next; none if all is known.
    pub(super) fn next(&mut self) -> Vec<usize> {
        let falls = if self.falls { 0..self.tests.len() } else { 0..0 };
        let mut wanted = self.unknown(self.near.iter().copied(), self.ordered.then_some(Effect::Higher));
        wanted.extend(self.unknown(falls, Some(Effect::Lower)));
        if wanted.is_empty() && self.rises && self.nearest().is_none() && !self.known().contains(&Effect::Lower) {
            wanted = self.unknown((0..self.tests.len()).rev(), Some(Effect::Higher));
        }
        self.stride *= 2;
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Some of these tests of which nothing is known, as long as none before them has the wanted effect.
    fn unknown(&self, tests: impl Iterator<Item = usize>, until: Option<Effect>) -> Vec<usize> {
        let of = |n: usize| self.effects.get(n).copied().flatten();
        let searched = tests.take_while(|n| until.is_none() || of(*n) != until);
        searched.filter(|n| of(*n).is_none()).take(self.stride).collect()
    }

    /// Notes what came of a test.
    pub(super) fn tell(&mut self, test: usize, effect: Effect) {
        if let Some(slot) = self.effects.get_mut(test) {
            *slot = Some(effect);
        }
    }

    /// Effects of all tests; of those that do not matter none.
    fn known(&self) -> Vec<Effect> {
        self.effects.iter().map(|effect| effect.unwrap_or(Effect::Same)).collect()
    }

    fn nearest(&self) -> Option<usize> {
        ranking::nearest(self.tests, &self.known())
    }

    /// The decisive test and the nearest one, where nothing is left to turn.
    pub(super) fn found(&self) -> (Option<usize>, Option<usize>) {
        let nearest = self.nearest();
        (ranking::decisive(&self.known(), nearest), nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::ast::BinaryOp;
    use crate::rules::trace::Value;
    use crate::source::Span;

    /// The next of a sequence of made-up numbers below `n`.
    fn below(state: &mut u64, n: u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % n
    }

    fn test(state: &mut u64) -> Test {
        let values = match below(state, 8) {
            0 => vec![],
            1 => vec![Value::Float(f64::NAN), Value::Float(1.0)],
            _ => vec![Value::Int(below(state, 6) as i64), Value::Int(3)],
        };
        let op = (!values.is_empty()).then_some(BinaryOp::Less);
        Test { span: Span::default(), op, operands: Vec::new(), values, holds: true }
    }

    /// Made-up tests and effects: what a search finds is what all effects say, and it turns no test twice.
    #[test]
    fn a_search_finds_what_all_effects_say() {
        let state = &mut 7;
        for case in 0..20_000 {
            let (tiers, count) = (1 + below(state, 4) as usize, below(state, 12));
            let position = below(state, tiers as u64) as usize;
            let tests: Vec<Test> = (0..count).map(|_| test(state)).collect();
            let effect = |state: &mut u64| match below(state, 9) {
                0 | 1 if position > 0 => Effect::Lower,
                2 if position + 1 < tiers => Effect::Higher,
                3 => Effect::None,
                _ => Effect::Same,
            };
            let effects: Vec<Effect> = tests.iter().map(|_| effect(state)).collect();
            let mut search = Search::new(&tests, position, tiers);
            let mut turned = Vec::new();
            loop {
                let next = search.next();
                if next.is_empty() {
                    break;
                }
                next.iter().for_each(|n| search.tell(*n, effects[*n]));
                turned.extend(next);
            }
            let nearest = ranking::nearest(&tests, &effects);
            assert_eq!(search.found(), (ranking::decisive(&effects, nearest), nearest), "case {case}");
            let all = turned.len();
            turned.sort_unstable();
            turned.dedup();
            assert_eq!(turned.len(), all, "case {case}");
        }
    }
}
