//! What a step notes while it runs for one customer, on the thread that runs it.
//!
//! In: calls from the rewritten text, each with numbers of [`Probes`](super::probe::Probes). Out: [`Record`]. Must not know:
//! what the numbers stand for. Everything is thread-local, as in [`super::meter`].
//!
//! Within a lambda only branches are noted: `depth` says how many lambdas of the function that runs are open. A function that is
//! called from within a lambda is hidden as a whole.

use super::meter;
use super::natives::{Args, int, natives};
use super::site::Outcome;
use crate::rules::trace::KEPT;
use rhai::Dynamic;
use std::cell::RefCell;
use std::collections::HashMap;

/// No probe.
pub(super) const NONE: usize = u32::MAX as usize;

/// Values, calls and tests that are kept of one customer.
const MOST: usize = 200_000;

natives! {
    /// A value of a probe.
    SEEN "tr_seen" |a| { let n = number(a, 1)?; note(|r| r.seen(n, a[0])); Ok(a[0].clone()) };
    /// A test's outcome, with its operands' probes; the other one where it is to come out otherwise.
    TEST "tr_test" test;
    /// A function begins.
    ENTER "tr_enter" |a| { let n = number(a, 0)?; note(|r| r.enter(n)); Ok(Dynamic::UNIT) };
    /// A function's value.
    LEAVE "tr_leave" |a| { let n = number(a, 1)?; note(|r| r.leave(n, a[0])); Ok(a[0].clone()) };
    TAKEN "tr_taken" |a| { let n = number(a, 0)?; note(|r| r.taken(n)); Ok(Dynamic::UNIT) };
    TAKEN_IF_TRUE "tr_true" |a| taken_if(a, true);
    TAKEN_IF_FALSE "tr_false" |a| taken_if(a, false);
    TAKEN_IF_THERE "tr_there" |a| {
        let n = number(a, 1)?;
        if !a[0].is_unit() { note(|r| r.taken(n)); }
        Ok(a[0].clone())
    };
    /// The first branch if it is true, else the second.
    TAKEN_BY_VALUE "tr_value" |a| {
        let n = if a[0].as_bool().unwrap_or(false) { number(a, 1)? } else { number(a, 2)? };
        note(|r| r.taken(n));
        Ok(a[0].clone())
    };
    /// A lambda sees an element.
    ELEMENT "tr_elem" |a| {
        let (n, depth) = (number(a, 1)?, number(a, 2)?);
        note(|r| r.element(n, depth, a[0]));
        Ok(Dynamic::UNIT)
    };
    /// The elements of a list are done; so many lambdas are open.
    ELEMENTS_END "tr_done" |a| { let depth = number(a, 0)?; note(|r| r.elements_end(depth)); Ok(Dynamic::UNIT) };
}

fn number(args: &[&mut Dynamic], n: usize) -> Outcome<usize> {
    Ok(int(args, n)? as usize)
}

fn taken_if(args: Args<'_, '_>, when: bool) -> Outcome {
    let n = number(args, 1)?;
    if args[0].as_bool().is_ok_and(|value| value == when) {
        note(|r| r.taken(n));
    }
    Ok(args[0].clone())
}

fn test(args: Args<'_, '_>) -> Outcome {
    let (probe, operands) = (number(args, 1)?, [number(args, 2)?, number(args, 3)?]);
    let Ok(holds) = args[0].as_bool() else {
        note(|r| r.seen(probe, args[0]));
        return Ok(args[0].clone());
    };
    let value = Dynamic::from_bool(note(|r| r.test(probe, operands, holds)));
    note(|r| r.seen(probe, &value));
    Ok(value)
}

/// A value as it is kept.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// Itself.
    Whole(Dynamic),
    /// A list: its length and first elements.
    List(usize, Vec<Dynamic>),
}

impl Kept {
    fn of(value: &Dynamic) -> Kept {
        match value.as_array_ref() {
            Ok(list) => Kept::List(list.len(), list.iter().take(KEPT).cloned().collect()),
            Err(_) => Kept::Whole(value.clone()),
        }
    }
}

/// A call of a function.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) instance: usize,
    /// The probe of the expression that makes it; [`NONE`] of the step's own and of one that did not end.
    pub(super) by: usize,
    pub(super) values: HashMap<usize, (Kept, u32)>,
    /// Positions in [`Record::calls`].
    pub(super) calls: Vec<usize>,
    /// Branches, that of the last evaluation last.
    pub(super) branches: Vec<usize>,
}

/// A test.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) probe: usize,
    pub(super) values: Vec<Option<Kept>>,
    pub(super) holds: bool,
}

/// A function that runs.
#[derive(Debug)]
struct Open {
    /// Its position in [`Record::calls`]; none of a hidden one.
    call: Option<usize>,
    /// Lambdas and elements open where it was called.
    depth: usize,
    elements: usize,
}

/// What was noted for one customer.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) calls: Vec<Call>,
    pub(super) tests: Vec<Asked>,
    /// Lambdas and elements at work, the outermost first.
    pub(super) elements: Vec<(usize, Dynamic)>,
    pub(super) cut: bool,
    /// Branches taken by the customer's row, as bits; of several rows in the order in which they ran.
    pub(super) taken: Vec<(u32, Vec<u64>)>,
    open: Vec<Open>,
    depth: usize,
    noted: usize,
    /// Tests that are to come out otherwise.
    otherwise: Vec<usize>,
}

thread_local! {
    static RECORD: RefCell<Record> = RefCell::new(Record::default());
}

fn note<T>(what: impl FnOnce(&mut Record) -> T) -> T {
    RECORD.with(|record| what(&mut record.borrow_mut()))
}

/// Begins anew; the tests `otherwise`, from 0 in the order in which tests are asked, come out otherwise.
pub(super) fn begin(otherwise: &[usize]) {
    note(|record| *record = Record { otherwise: otherwise.to_vec(), ..Record::default() });
}

/// What was noted since [`begin`].
pub(super) fn take() -> Record {
    note(std::mem::take)
}

impl Record {
    /// The function that runs, if what it evaluates is noted.
    fn visible(&mut self) -> Option<&mut Call> {
        let call = self.open.last()?.call.filter(|_| self.depth == 0)?;
        self.noted += 1;
        if self.noted > MOST {
            self.cut = true;
            return None;
        }
        self.calls.get_mut(call)
    }

    fn seen(&mut self, probe: usize, value: &Dynamic) {
        if let Some(call) = self.visible() {
            let kept = Kept::of(value);
            let slot = call.values.entry(probe).or_insert_with(|| (Kept::Whole(Dynamic::UNIT), 0));
            *slot = (kept, slot.1.saturating_add(1));
        }
    }

    fn test(&mut self, probe: usize, operands: [usize; 2], holds: bool) -> bool {
        let Some(call) = self.visible() else { return holds };
        let asked = operands.iter().filter(|operand| **operand != NONE);
        let values = asked.map(|operand| call.values.get(operand).map(|(kept, _)| kept.clone())).collect();
        let position = self.tests.len();
        self.tests.push(Asked { probe, values, holds });
        holds != self.otherwise.contains(&position)
    }

    fn enter(&mut self, instance: usize) {
        let is_seen = self.open.last().is_none_or(|open| open.call.is_some()) && self.depth == 0 && self.noted < MOST;
        let call = is_seen.then(|| {
            self.noted += 1;
            self.calls.push(Call { instance, by: NONE, ..Call::default() });
            self.calls.len() - 1
        });
        if let (Some(call), Some(above)) = (call, self.open.last().and_then(|open| open.call))
            && let Some(above) = self.calls.get_mut(above)
        {
            above.calls.push(call);
        }
        self.open.push(Open { call, depth: self.depth, elements: self.elements.len() });
        self.depth = 0;
    }

    fn leave(&mut self, by: usize, value: &Dynamic) {
        let Some(open) = self.open.pop() else { return };
        self.depth = open.depth;
        self.elements.truncate(open.elements);
        if let Some(call) = open.call.and_then(|call| self.calls.get_mut(call)) {
            call.by = by;
        }
        self.seen(by, value);
    }

    fn taken(&mut self, branch: usize) {
        let row = meter::row();
        if self.taken.last().is_none_or(|(last, _)| *last != row) {
            self.taken.push((row, Vec::new()));
        }
        if let Some((_, bits)) = self.taken.last_mut() {
            let word = branch / 64;
            if bits.len() <= word {
                bits.resize(word + 1, 0);
            }
            bits[word] |= 1 << (branch % 64);
        }
        if let Some(call) = self.visible() {
            call.branches.retain(|known| *known != branch);
            call.branches.push(branch);
        }
    }

    fn elements_of(&self) -> usize {
        self.open.last().map_or(0, |open| open.elements)
    }

    fn element(&mut self, lambda: usize, depth: usize, value: &Dynamic) {
        let below = self.elements_of() + depth.saturating_sub(1);
        self.elements.truncate(below);
        self.elements.push((lambda, value.clone()));
        self.depth = depth;
    }

    fn elements_end(&mut self, depth: usize) {
        let below = self.elements_of() + depth;
        self.elements.truncate(below);
        self.depth = depth;
    }
}
