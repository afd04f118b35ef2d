//! Stands of a few customers, compared; customers of whom not all is laid out.

use super::compare::{Measure, Question, compare};
use super::stand::Stand;
use crate::error::{Error, Stop};
use crate::rules::data::TableData;
use crate::run::execute::execute_unwatched;
use crate::run::replay::{Given, Replay, World};
use crate::run::{Engine, Plan, Request, plan};
use crate::source::SourceMap;
use crate::system::Os;
use jiff::tz::TimeZone;
use polars::prelude::{NamedFrom, Series};

type Row<'r> = (&'r str, Option<&'r str>, f64, f64, Option<&'r str>);

fn stand(rows: &[Row<'_>]) -> Stand {
    let order = ["普通", "战略"].map(str::to_owned);
    let key = Series::new("k".into(), rows.iter().map(|r| r.0).collect::<Vec<_>>());
    let tier = Series::new("tier".into(), rows.iter().map(|r| r.1).collect::<Vec<_>>());
    let value = Series::new("value".into(), rows.iter().map(|r| r.2).collect::<Vec<_>>());
    let sales = Series::new("sales".into(), rows.iter().map(|r| r.3).collect::<Vec<_>>());
    let sector = Series::new("sector".into(), rows.iter().map(|r| r.4).collect::<Vec<_>>());
    Stand::new(key, &tier, &value, vec![sales, sector], &order).unwrap()
}

#[test]
fn everybody_is_counted_once() {
    let before = stand(&[
        ("a", Some("战略"), 9.0, 100.0, Some("云")),
        ("b", Some("普通"), 5.0, 50.0, Some("云")),
        ("c", Some("普通"), 4.0, 10.0, None),
        ("d", Some("战略"), 8.0, 30.0, None),
        ("e", None, 0.0, 1.0, None),
    ]);
    let after = stand(&[
        ("a", Some("普通"), 9.0, 100.0, Some("云")),
        ("b", Some("战略"), 7.0, 60.0, Some("云")),
        ("c", Some("普通"), 4.0, 10.0, None),
        ("e", Some("普通"), 1.0, 1.0, None),
        ("f", Some("old"), 1.0, 5.0, None),
    ]);
    let measures = vec![Measure { name: "revenue".into(), column: "sales".into() }];
    let question = Question { measures, by: vec!["sector".into()], movers: 2 };
    let order = ["普通", "战略"].map(str::to_owned);
    let found = compare(&before, &after, &question, &order).unwrap();
    assert_eq!((found.up, found.down, found.same, found.undetermined, found.new, found.gone), (1, 1, 1, 1, 1, 1));
    assert_eq!(found.revalued, 2);
    let shown: Vec<_> = found.cells.iter().map(|c| (c.from.as_deref(), c.to.as_deref(), c.customers)).collect();
    let wanted = [
        (Some("战略"), Some("普通"), 1),
        (Some("普通"), Some("战略"), 1),
        (Some("普通"), Some("普通"), 1),
        (None, Some("普通"), 1),
    ];
    assert_eq!(shown, wanted);
    let revenue = &found.totals[1];
    assert_eq!((revenue.before, revenue.after, revenue.moved), (191.0, 176.0, 151.0));
    let movers: Vec<_> = found.movers.iter().map(|m| (m.customer.as_str(), m.weight)).collect();
    assert_eq!(movers, [("a", Some(100.0)), ("b", Some(50.0))]);
    let segment = &found.segments[0];
    assert_eq!((segment.value.as_deref(), segment.customers, segment.up, segment.down), (Some("云"), 2, 1, 1));
    assert_eq!(segment.change, [2.0, 10.0]);
    assert_eq!(compare(&before, &before, &question, &order).unwrap().segments, []);
}

/// Three steps; the last one reads nothing of those before.
fn planned() -> (Plan, SourceMap) {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "tierwright.yaml",
        "name: p\ncustomer: firms\nsteps: [value, tier, policy]\ndecision: { order: [low, high] }\nas_of: 2026-01-01\n",
    );
    write(
        "datasets/firms.yaml",
        "source: firms.csv\ncolumns: { firm: text, revenue: { type: float, required: true } }\nkey: firm\n",
    );
    write("rules/value.rhai", "fn value(c) { c.revenue * 2.0 }\n");
    write("rules/tier.rhai", "fn tier(c) { if c.value >= 50.0 { \"high\" } else { \"low\" } }\n");
    write("rules/policy.rhai", "fn policy(c) { #{ visits: 3 } }\n");
    let mut sources = SourceMap::default();
    let request = Request { root: root.path().to_owned(), ..Request::default() };
    let plan = plan::plan(&Os, &request, &mut sources).unwrap_or_else(|stop| panic!("{stop:?}"));
    (plan, sources)
}

#[test]
fn a_column_that_was_not_laid_out_is_no_missing_value() {
    let (plan, sources) = planned();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let key = || Some(Series::new("firm".into(), ["A", "B"]));
    let revenue = || Some(Series::new("revenue".into(), [10.0, 40.0]));
    let value = || Some(Series::new("value".into(), [20.0, 80.0]));
    let tier = || Some(Series::new("tier".into(), ["low", "high"]));
    let replayed = |columns: Vec<Option<Series>>, from: usize, engine: Engine| {
        let table = TableData { rows: 2, ..TableData::default() };
        let given = Given { columns, from, failed: Vec::new(), tables: vec![table] };
        let world = World { sources: &sources, zone: &TimeZone::UTC, pool: &pool, engine };
        let mut replay = Replay::new(&plan, world, &given);
        let done = execute_unwatched(&Os, &plan, engine, &mut replay, &given.loaded(&plan), None);
        done.map(|done| (done.outcome.tier, done.outcome.value)).map_err(|stop| match stop {
            Stop::Error(Error::Defect(message)) => message,
            other => panic!("{other:?}"),
        })
    };
    for engine in [Engine::Local, Engine::Interpret] {
        let wanted = Ok((vec![Some(0), Some(1)], vec![Some(20.0), Some(80.0)]));
        assert_eq!(replayed(vec![key(), revenue()], 0, engine), wanted);
        assert_eq!(replayed(vec![key(), None, value()], 1, engine), wanted);
        assert_eq!(replayed(vec![key(), None, value(), tier()], 2, engine), wanted);
        assert_eq!(
            replayed(vec![key(), None, value(), tier(), Some(Series::new("visits".into(), [1i64, 2]))], 3, engine),
            wanted
        );
        for (columns, from, message) in [
            (vec![key(), None], 0, "step value reads `revenue`, which was not laid out"),
            (vec![key(), revenue(), None], 1, "step tier reads `value`, which was not laid out"),
            (vec![key(), revenue(), None, tier()], 2, "no column value among the decisions"),
            (vec![key(), revenue(), value(), None], 2, "no column tier among the decisions"),
        ] {
            assert_eq!(replayed(columns, from, engine), Err(message.to_owned()));
        }
    }
}

#[test]
fn a_tier_that_the_order_does_not_have_is_neither_above_nor_below() {
    let before =
        stand(&[("a", Some("old"), 1.0, 1.0, None), ("b", Some("普通"), 1.0, 1.0, None), ("c", None, 1.0, 1.0, None)]);
    let after =
        stand(&[("a", Some("战略"), 1.0, 1.0, None), ("b", None, 1.0, 1.0, None), ("c", Some("普通"), 1.0, 1.0, None)]);
    let order = ["普通", "战略"].map(str::to_owned);
    let found = compare(&before, &after, &Question::default(), &order).unwrap();
    assert_eq!((found.up, found.down, found.undetermined, found.decided, found.undecided), (0, 0, 3, 1, 1));
    assert_eq!(found.tiers, ["战略", "普通", "old"]);
    let shown: Vec<_> = found.cells.iter().map(|cell| (cell.from.as_deref(), cell.to.as_deref())).collect();
    assert_eq!(shown, [(Some("普通"), None), (Some("old"), Some("战略")), (None, Some("普通"))]);
}
