//! Tiers, moves and what is carried on.

use super::bench::project;
use crate::manifest::model::{Project, Undetermined};
use crate::rules::cause::{Cause, CauseKind};
use crate::run::added::{
    CAUSE, DECIDED_CYCLE, DECIDED_CYCLES, DECIDED_SINCE, DECIDED_TIER, DECIDED_VALUE, MOVE, PRIOR_TIER, STATUS, STEP,
};
use crate::run::keys::Keys;
use crate::run::ledger::{Ledger, unknown_tiers};
use crate::run::outcome::*;
use crate::run::past::Past;
use crate::run::prior::Prior;
use crate::run::tables;
use polars::prelude::{DataType, NamedFrom, Series};

fn series(name: &str, values: &[Option<&str>]) -> Series {
    Series::new(name.into(), values)
}

fn cause() -> Cause {
    Cause::new(CauseKind::Missing, "rules/x.rhai:1:1", "客户.区域")
}

/// Customers a to f: a up, b down, c same, d new, e fails the value step, f fails a step after the tier.
fn decided(change: impl FnOnce(&mut Project)) -> Outcome {
    let mut project = project();
    project.decision.order = ["低", "中", "高"].map(str::to_owned).to_vec();
    change(&mut project);
    let ids = series("id", &["f", "e", "d", "c", "b", "a"].map(Some));
    let value = Series::new("value".into(), [Some(6.0), None, Some(4.0), Some(3.0), Some(2.0), Some(1.0)]);
    let tier = series("tier", &[Some("中"), None, Some("高"), Some("中"), Some("低"), Some("高")]);
    let mut ledger = Ledger::new(6);
    ledger.enter(0, vec![(1, cause())]).unwrap();
    ledger.enter(2, vec![(0, cause())]).unwrap();
    let key = series("id", &["a", "b", "c", "e", "f", "gone"].map(Some));
    let days = [Some(100), Some(200), Some(300), Some(400), Some(500), None];
    let prior = Prior {
        run: "0123".into(),
        cycle: "FY2016".into(),
        keys: Keys::new(&key).unwrap(),
        past: Past::none(&key),
        key,
        since: Series::new("s".into(), days).cast(&DataType::Date).unwrap(),
        cycles: Series::new("n".into(), [Some(1_i64), Some(2), Some(3), Some(4), Some(5), None]),
        tier: series("t", &["低", "高", "中", "高", "低", "旧"].map(Some)),
        value: Series::new("v".into(), [Some(10.0), Some(20.0), None, Some(50.0), Some(60.0), Some(70.0)]),
        decided: series("c", &["FY2016", "FY2016", "FY2016", "FY2014", "FY2016", "FY2015"].map(Some)),
        read_back: vec![],
    };
    let found = Keys::new(&ids).unwrap().find_in(&prior.keys);
    let policy = series("cap", &[None, None, Some("x"), Some("x"), Some("x"), Some("x")]);
    let steps =
        vec![("value".to_owned(), vec![value]), ("tier".to_owned(), vec![tier]), ("policy".to_owned(), vec![policy])];
    let customers = vec![ids];
    let prior = Some((&prior, found));
    decide(Parts {
        project: &project,
        cycle: "FY2017",
        as_of: 900,
        order: Keys::new(&customers[0]).unwrap().order(),
        customers,
        steps,
        ledger,
        prior,
        reasons: None,
        merged: None,
    })
    .unwrap()
}

fn texts(outcome: &Outcome, name: &str) -> Vec<Option<String>> {
    let column = outcome.column(name).unwrap().take_slice(&outcome.order).unwrap();
    column.str().unwrap().iter().map(|t| t.map(str::to_owned)).collect()
}

fn some(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|v| (*v != "-").then(|| (*v).to_owned())).collect()
}

#[test]
fn moves_compare_with_the_prior_tier() {
    let outcome = decided(|_| {});
    assert_eq!(texts(&outcome, "id"), some(&["a", "b", "c", "d", "e", "f"]));
    assert_eq!(texts(&outcome, "tier"), some(&["高", "低", "中", "高", "-", "中"]));
    assert_eq!(texts(&outcome, PRIOR_TIER), some(&["低", "高", "中", "-", "高", "低"]));
    assert_eq!(texts(&outcome, MOVE), some(&["up", "down", "same", "new", "undetermined", "undetermined"]));
    let status = ["decided", "decided", "decided", "decided", "undetermined", "undetermined"];
    assert_eq!(texts(&outcome, STATUS), some(&status));
    assert_eq!(texts(&outcome, STEP), some(&["-", "-", "-", "-", "value", "policy"]));
    assert_eq!(texts(&outcome, CAUSE)[4].as_deref(), Some("rules/x.rhai:1:1: missing: 客户.区域"));
}

#[test]
fn the_last_decision_is_carried_on() {
    let outcome = decided(|_| {});
    // e carries what it had; f keeps the tier that stands, since only a later step failed.
    assert_eq!(texts(&outcome, DECIDED_TIER), some(&["高", "低", "中", "高", "高", "中"]));
    assert_eq!(texts(&outcome, DECIDED_CYCLE), some(&["FY2017", "FY2017", "FY2017", "FY2017", "FY2014", "FY2017"]));
    let value = outcome.column(DECIDED_VALUE).unwrap().take_slice(&outcome.order).unwrap();
    let value: Vec<Option<f64>> = value.f64().unwrap().iter().collect();
    assert_eq!(value, [Some(1.0), Some(2.0), Some(3.0), Some(4.0), Some(50.0), Some(6.0)]);
}

#[test]
fn a_tier_is_held_since_its_first_decision_in_a_row() {
    let outcome = decided(|_| {});
    let of = |name: &str| {
        let column = outcome.column(name).unwrap().take_slice(&outcome.order).unwrap();
        column.to_physical_repr().into_owned()
    };
    // a, b, d and f are decided into another tier than before; c is again; e is undetermined and keeps what it had.
    let days: Vec<Option<i32>> = of(DECIDED_SINCE).i32().unwrap().iter().collect();
    assert_eq!(days, [Some(900), Some(900), Some(300), Some(900), Some(400), Some(900)]);
    let cycles: Vec<Option<i64>> = of(DECIDED_CYCLES).i64().unwrap().iter().collect();
    assert_eq!(cycles, [Some(1), Some(1), Some(4), Some(1), Some(4), Some(1)]);
}

#[test]
fn keep_prior_keeps_the_tier_and_stays_undetermined() {
    let outcome = decided(|p| p.undetermined = Undetermined::KeepPrior);
    assert_eq!(texts(&outcome, "tier"), some(&["高", "低", "中", "高", "高", "中"]));
    assert_eq!(texts(&outcome, STATUS)[4].as_deref(), Some("undetermined"));
    let counts = outcome.counts(9, 2, 1);
    assert_eq!((counts.decided, counts.undetermined, counts.reconcile()), (4, 2, true));
    assert!(!outcome.counts(10, 2, 1).reconcile());
}

#[test]
fn the_tier_table_has_every_tier_and_shares_of_all() {
    let rows = tables::tiers(&decided(|_| {}), 3);
    let shown: Vec<_> = rows.iter().map(|r| (r.tier.as_deref(), r.customers, r.undetermined, r.value_sum)).collect();
    assert_eq!(shown, [(Some("高"), 2, 0, 5.0), (Some("中"), 2, 1, 9.0), (Some("低"), 1, 0, 2.0), (None, 1, 1, 0.0)]);
    assert_eq!(rows[0].value_mean, Some(2.5));
    assert_eq!(rows[3].value_mean, None);
    assert!((rows.iter().map(|r| r.share).sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn migration_rows_sum_to_the_prior_tiers() {
    let rows = tables::migration(&decided(|_| {}));
    let of =
        |from: Option<&str>| -> u64 { rows.iter().filter(|r| r.from.as_deref() == from).map(|r| r.customers).sum() };
    assert_eq!([of(Some("低")), of(Some("中")), of(Some("高")), of(Some("旧")), of(None)], [2, 1, 2, 1, 1]);
    let gone = rows.iter().find(|r| r.movement == "gone").unwrap();
    assert_eq!((gone.from.as_deref(), gone.to.as_deref(), gone.prior_value), (Some("旧"), None, 70.0));
    assert_eq!(rows[0].from.as_deref(), Some("旧"));
    assert_eq!(rows.last().unwrap().from, None);
}

#[test]
fn undetermined_customers_are_listed_in_key_order() {
    let columns = tables::undetermined_columns(&decided(|_| {})).unwrap();
    let names: Vec<&str> = columns.iter().map(|c| c.name().as_str()).collect();
    assert_eq!(names, ["id", "step", "place", "kind", "subject", "text"]);
    assert_eq!(columns[0].str().unwrap().iter().collect::<Vec<_>>(), [Some("e"), Some("f")]);
    assert_eq!(columns[3].str().unwrap().get(0), Some("missing"));
}

#[test]
fn a_tier_of_an_earlier_order_has_no_direction() {
    let outcome = decided(|p| p.decision.order = ["中", "高", "低2"].map(str::to_owned).to_vec());
    // a had 低, which is no tier any more; b is 低 now, which execute would not let through.
    assert_eq!(texts(&outcome, MOVE)[0].as_deref(), Some("new"));
    assert!(unknown_tiers(&outcome.column("tier").unwrap(), &["高".to_owned()], &[2], "p").unwrap().is_empty());
}
