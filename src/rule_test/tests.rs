//! Evaluators that come to unlike results, by a defect that is switched on; lines that rules draw.

use super::generate::{Boundary, boundaries};
use super::value::Value;
use super::{Cases, Tested, Tester, Verdict, ready};
use crate::rules::defect::{Defect, seed};
use crate::run::{Plan, Request, engine, plan};
use crate::source::SourceMap;
use crate::system::Os;
use std::fs;

/// A project of one step, with one case.
fn project(rule: &str, case: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("tierwright.yaml", "name: p\ncustomer: k\nsteps: [t]\ndecision: { order: [a, b] }\nas_of: 2018-01-01\n"),
        (
            "datasets/k.yaml",
            "source: { path: k.csv }\ncolumns:\n  k: text\n  x: { type: float, required: true }\n  n: { type: int, required: \
             true }\n  d: { type: 'decimal(8,2)', required: true }\n  m: { type: 'decimal(8,2)', required: true, minor_units: true }\n\
             key: k\n",
        ),
        ("datasets/k.csv", "k,x,n,d,m\nA,2.5,1,1.00,1.00\n"),
        ("rules/t.rhai", rule),
        ("rules/tests/a.rtest", case),
    ] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn planned(root: &tempfile::TempDir) -> (Request, Plan, Cases) {
    let request = Request { root: root.path().to_owned(), ..Request::default() };
    let mut sources = SourceMap::default();
    let plan = plan::plan(&Os, &request, &mut sources).unwrap_or_else(|stop| panic!("{stop:?}"));
    let cases = ready(&Os, &plan, &mut sources).unwrap();
    assert!(cases.findings.is_empty(), "{:#?}", cases.findings);
    (request, plan, cases)
}

#[test]
fn evaluators_that_differ_are_told() {
    let root = project(
        "fn t(c) { #{ tier: if round(c.x) > 2.0 { \"b\" } else { \"a\" }, value: round(c.x) } }\n",
        "cases:\n- case: half\n  customer: { x: 2.5 }\n  expect: { value: 3.0 }\n",
    );
    let (request, plan, cases) = planned(&root);
    let pool = engine::thread_pool(Some(1)).unwrap();
    let mut tester = Tester::new(&Os, &request, &plan, &pool).unwrap();
    let mut verdict = || -> Tested { tester.test(0, &cases.ready[0]).unwrap_or_else(|stop| panic!("{stop:?}")) };
    assert!(matches!(verdict().verdict, Verdict::Passed));
    seed(&pool, Some(Defect::HalfToEven));
    let Verdict::Unlike(rows) = verdict().verdict else { panic!() };
    let rows: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
    assert_eq!(rows, ["tier|b|a", "value|3.0|2.0"]);
    seed(&pool, None);
    assert!(matches!(verdict().verdict, Verdict::Passed));
}

#[test]
fn lines_are_found_through_functions_and_locals() {
    let root = project(
        "fn t(c) {\n    let raised = c.x + 1.5;\n    let far = above(raised) || 7 < c.n || c.n - 2 <= 7 || c.d >= 2.5 || c.m > 250;\n    let same = c.n == \
         3;\n    #{ tier: if far && !same { \"b\" } else { \"a\" }, value: 0.0 }\n}\nfn above(v) { v >= 10.0 }\n",
        "cases: []\n",
    );
    let (_, plan, _) = planned(&root);
    let mut found: Vec<(usize, Value, Value, f64)> = boundaries(&plan, &SourceMap::default())
        .into_iter()
        .map(|Boundary { column, value, beside, compared, .. }| (column, value, beside, compared))
        .collect();
    found.sort_by(|a, b| {
        a.0.cmp(&b.0).then(a.3.total_cmp(&b.3)).then(a.1.number().unwrap().total_cmp(&b.1.number().unwrap()))
    });
    // `x + 1.5 >= 10`: at 8.5 and below it. `7 < n`: at 7 and above it. `n - 2 <= 7`: at 9 and above it. `d >= 2.5`: one smallest unit.
    let wanted = [
        (1, Value::Float(8.5), Value::Float(8.4999), 10.0),
        (2, Value::Int(7), Value::Int(8), 7.0),
        (2, Value::Int(9), Value::Int(10), 7.0),
        (3, Value::Decimal(250, 2), Value::Decimal(249, 2), 2.5),
    ];
    assert_eq!(found.len(), wanted.len(), "{found:?}");
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!((found.0, &found.1, found.3), (wanted.0, &wanted.1, wanted.3));
        assert!((found.2.number().unwrap() - wanted.2.number().unwrap()).abs() < 0.011, "{found:?}");
    }
}
