//! Stands of a few customers, compared.

use super::compare::{Measure, Question, compare};
use super::stand::Stand;
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
