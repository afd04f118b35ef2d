//! Customers that a compiled step leaves to the interpreter because of their size: the result is as if it had not.
//!
//! In: bounds so low that some customers are left, others not. Out: equality of values, causes and counts of dropped elements.

use super::evaluate::{Setting, limits, run};
use super::rules::{Texts, compile};
use super::run::{Suite, cases};
use super::tables::tables;
use super::tests::second;
use crate::manifest::model::Limits;
use crate::rules::interp::thread_pool;
use crate::rules::vm::bounds;

/// Texts beside bools and dates, short and long; `known`; a `throw`; what fails.
const LISTS: &str = "fn s(c) {
    let size = c.n + c.orders.len();
    if c.orders.count(|o| o.quantity > 8) > 1 && c.flag { throw `zu viele: ${c.note}`; }
    let known = c.orders.map(|o| o.tip).known();
    #{
        名称: `${c.note} 客户 ${c.orders.map(|o| o.channel).last() ?? \"无\"}`,
        short: c.orders.map(|o| o.channel).min(),
        day: c.orders.map(|o| o.day).max(),
        first: c.since,
        instant: c.opened,
        any: c.orders.some(|o| o.paid),
        tips: known.sum(),
        pieces: c.orders.map(|o| o.lines.map(|l| idiv(12, l.pieces)).sum()).sum(),
        later: c.orders.map(|o| c.orders.filter(|p| p.day > o.day).map(|p| p.tip).known().len()).sum(),
        share: pct_rank(size),
        place: rank(c.since.plus_days(c.orders.len())),
        middle: quantile_of(c.x + c.orders.len(), 0.5, split(c.note, \"-\")[0]),
        grouped: rank(c.x, c.orders.len() > 2),
    }
}";

/// Texts that are too long where the path does not come by, in the step, in an argument and in a group.
const TEXTS: &str = "fn s(c) {
    let is_short = c.note.len() < 6;
    let name = if is_short { `${c.note}${c.note}${c.note}` } else { c.note };
    let fitting = if c.note.len() < 8 { c.note + c.note } else { c.region };
    if c.m > 9 { throw `${c.note}: ${c.m}`; }
    #{
        名称: name,
        fitting: if c.flag { fitting } else { name },
        day: if is_short { date(\"2016-02-29\") } else { c.since },
        any: name.contains(\"战略\") || c.maybe,
        tips: c.orders.map(|o| o.tip).known().sum(),
        place: rank((if c.note.len() < 6 { c.note + c.note + c.note } else { c.note }).len()),
        share: share(c.x, if c.note.len() < 6 { c.note + c.note + c.note } else { c.note }),
    }
}";

/// How many of some tables' customers, and of their populations, are left in these bounds; what a rule gives is as without.
fn left(text: &str, customers: usize, limits: Limits, elements: Option<usize>) -> usize {
    let texts = Texts { files: vec![("s".to_owned(), text.to_owned())], steps: vec!["s".to_owned()] };
    let compiled = compile(&texts).unwrap();
    let (mut all, mut decided, mut evaluated) = (0, 0, 0);
    for threads in [1, 2] {
        let pool = thread_pool(threads).unwrap();
        bounds::lower(&pool, elements);
        let setting = Setting { second: &second, limits, pool: &pool };
        for seed in 0..6 {
            let outcome = run(&compiled, &tables(customers, seed), &setting);
            assert_eq!((outcome.difference, outcome.stopped, outcome.compiled), (None, None, 1));
            decided += outcome.decided;
            evaluated += outcome.customers;
        }
        all = bounds::left(&pool);
    }
    assert!(decided > evaluated / 4 && decided < evaluated, "{decided} of {evaluated}");
    all
}

#[test]
fn long_lists_are_left() {
    let of = |elements| left(LISTS, 64, limits(), elements);
    assert_eq!(of(None), 0);
    let (few, many) = (of(Some(4)), of(Some(1)));
    assert!(few > 100 && many > few, "{few} {many}");
}

#[test]
fn long_texts_are_left() {
    let of = |text| left(TEXTS, 65, Limits { text, ..limits() }, None);
    assert_eq!(of(1_000_000), 0);
    let some = of(45);
    assert!(some > 100, "{some}");
}

/// Some steps stop with a text that is too long; the others agree.
#[test]
fn generated_rules_mean_the_same_in_narrow_bounds() {
    let narrow = Limits { text: 60, ..limits() };
    let suite = Suite { cases: 1_500, limits: narrow, elements: Some(3), ..Suite::new(77, &second) };
    let total = cases(&suite);
    println!("{}", total.shown());
    assert!(total.differences.is_empty(), "{}", total.differences.join("\n---\n"));
    assert!(total.panicked.is_empty(), "seeds that panicked: {:?}", total.panicked);
    assert!(total.stopped.len() < total.cases / 2, "{} stopped", total.stopped.len());
    assert!(total.left > 5_000, "only {} customers are left", total.left);
}
