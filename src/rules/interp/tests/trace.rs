//! What is noted of a step while it runs, for one customer and for many.

use super::{Case, pool};
use crate::rules::ast::BinaryOp;
use crate::rules::context::Context;
use crate::rules::interp::{Outcomes, Tracer, branches_taken, populations};
use crate::rules::trace::{BranchKind, Ended, Frame, Trace, Value};
use crate::rules::typed::{Expr, ExprKind, Instance, Program, StmtKind};
use crate::rules::walk::{self, Node};
use jiff::tz::TimeZone;

const ALL: [u32; 4] = [0, 1, 2, 3];

fn with<T>(case: &Case, what: impl FnOnce(&Context<'_>) -> T) -> T {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let context = Context {
        schema: &case.schema,
        data: &case.data,
        sources: &case.sources,
        active: &ALL,
        keys: &ALL,
        limits: &case.limits,
        zone: &zone,
        pool: pool(),
    };
    what(&context)
}

fn traces(case: &Case) -> Vec<Trace> {
    with(case, |context| {
        let populations = populations(&case.program, context).unwrap();
        let mut tracer = Tracer::new(&case.program, context, &populations).unwrap();
        ALL.map(|row| tracer.trace(row).unwrap()).into()
    })
}

fn trace(text: &str) -> (Case, Trace) {
    let case = Case::new(text);
    let trace = traces(&case).swap_remove(0);
    (case, trace)
}

fn instance<'p>(program: &'p Program, frame: &Frame) -> &'p Instance {
    &program.instances[frame.instance.0 as usize]
}

/// The value of the local that a frame's function defines with `let`.
#[track_caller]
fn local<'p>(program: &'p Program, frame: &Frame, name: &str) -> (&'p Expr, Value) {
    let instance = instance(program, frame);
    let mut found = None;
    walk::block(&instance.body, &mut |node| {
        if let Node::Stmt(stmt) = node
            && let StmtKind::Let { local, value: Some(value) } = &stmt.kind
            && instance.locals[local.0 as usize] == name
        {
            found = Some(value);
        }
    });
    let e = found.unwrap_or_else(|| panic!("no `{name}`"));
    (e, frame.value(e).unwrap_or_else(|| panic!("`{name}` has no value")))
}

/// Branches that customers take, as `kind text: rows`.
fn branches(text: &str) -> Vec<String> {
    let case = Case::new(text);
    let taken = with(&case, |context| {
        let populations = populations(&case.program, context).unwrap();
        branches_taken(&case.program, context, &populations, &ALL).unwrap()
    });
    let line = |(position, branch): (u32, &crate::rules::trace::Branch)| {
        let rows = taken.rows.iter().filter(|(_, own)| own.contains(&position)).map(|(row, _)| row.to_string());
        format!("{:?} {}: {}", branch.kind, case.sources.text(branch.place), rows.collect::<Vec<String>>().join(" "))
    };
    (0..).zip(&taken.branches).map(line).collect()
}

#[test]
fn values_of_lets_calls_and_columns() {
    let (case, trace) = trace(
        "fn s(c) { let doubled = twice(c.revenue); let n = c.orders.len(); #{ a: doubled + n, b: c.sector ?? \"none\" } }\n\
         fn twice(x) { let y = x * 2.0; y }",
    );
    let (call, doubled) = local(&case.program, &trace.frame, "doubled");
    assert_eq!(doubled, Value::Float(200.0));
    assert_eq!(local(&case.program, &trace.frame, "n").1, Value::Int(3));
    let below = trace.frame.call(call).unwrap();
    assert_eq!(instance(&case.program, below).name, "twice");
    assert_eq!(local(&case.program, below, "y").1, Value::Float(200.0));
    assert_eq!(trace.ended.column("a"), Some(&Value::Float(203.0)));
    assert_eq!(trace.ended.column("b"), Some(&Value::Text("retail".into())));
    assert!(!trace.cut);
}

#[test]
fn rows_behind_an_aggregate_are_kept() {
    let (case, trace) =
        trace("fn s(c) { let large = c.orders.filter(|o| o.pieces > 1); large.map(|o| o.pieces).sum() }");
    let (list, rows) = local(&case.program, &trace.frame, "large");
    let Value::Rows { count, rows, .. } = rows else { panic!("{rows:?}") };
    assert_eq!((count, rows), (2, vec![0, 2]));
    assert!(matches!(list.kind, ExprKind::ListCall { .. }));
    assert_eq!(trace.ended.column("s"), Some(&Value::Int(5)));
}

#[test]
fn tests_tell_both_sides_and_what_would_be_otherwise() {
    let case = Case::new(
        "fn s(c) { let points = c.revenue + 1.0; if points >= 90.0 && c.active { \"high\" } else if points >= 30.0 { \"mid\" } else { \"low\" } }",
    );
    with(&case, |context| {
        let mut tracer = Tracer::new(&case.program, context, &[]).unwrap();
        let trace = tracer.trace(0).unwrap();
        let seen: Vec<_> = trace.tests.iter().map(|test| (case.sources.text(test.span), test.holds)).collect();
        assert_eq!(seen, [("points >= 90.0", true), ("c.active", true)]);
        assert_eq!(trace.tests[0].values, [Value::Float(101.0), Value::Float(90.0)]);
        assert_eq!(trace.tests[0].op, Some(BinaryOp::GreaterEqual));
        let column = |ended: Ended| ended.column("s").cloned();
        assert_eq!(column(tracer.otherwise(0, 0).unwrap().unwrap()), Some(Value::Text("mid".into())));
        assert_eq!(column(tracer.otherwise(0, 1).unwrap().unwrap()), Some(Value::Text("mid".into())));
        // B has 41.0: the first test fails, and had it held, `c.active` would be asked, which is false.
        assert_eq!(tracer.trace(1).unwrap().tests.len(), 2);
        assert_eq!(column(tracer.otherwise(1, 0).unwrap().unwrap()), Some(Value::Text("mid".into())));
        assert_eq!(column(tracer.otherwise(1, 1).unwrap().unwrap()), Some(Value::Text("low".into())));
        // D is as A was: nothing is left over from what came out otherwise.
        assert_eq!(column(tracer.trace(3).unwrap().ended), Some(Value::Text("high".into())));
    });
}

#[test]
fn what_is_missing_behind_a_test_that_comes_out_otherwise_means_nothing() {
    // B has no sector: if it had one, there would be nothing to compare.
    let case = Case::new(
        "fn s(c) { if is_missing(c.sector) { \"none\" } else { if c.sector == \"retail\" { \"high\" } else { \"low\" } } }",
    );
    with(&case, |context| {
        let mut tracer = Tracer::new(&case.program, context, &[]).unwrap();
        let outcomes = Outcomes::new(&case.program, context, &[], "s").unwrap();
        for row in context.active {
            let trace = tracer.trace(*row).unwrap();
            let otherwise = tracer.otherwise(*row, 0).unwrap();
            let (asked, turned) =
                context.pool.install(|| (outcomes.asked(&[*row]).unwrap(), outcomes.turned(&[(*row, 0)]).unwrap()));
            assert_eq!(trace.ended.column("s"), asked[0].value.as_ref());
            if trace.ended.column("s") == Some(&Value::Text("none".into())) {
                assert!(matches!(otherwise, None | Some(Ended::Undetermined(_))), "{otherwise:?}");
                assert_eq!(turned, [None]);
            } else {
                assert_eq!(turned, [Some(Value::Text("none".into()))]);
            }
        }
    });
}

#[test]
fn an_undetermined_customer_has_a_trace_up_to_its_end() {
    let text = "fn s(c) { let n = c.revenue; helper(c) }\n\
                fn helper(c) { c.orders.map(|o| o.discount + 1.0).sum() }";
    let (case, trace) = trace(text);
    let Ended::Undetermined(cause) = &trace.ended else { panic!("{:?}", trace.ended) };
    assert_eq!(cause.to_string(), "rules/s.rhai:2:33: missing: orders.discount");
    assert_eq!(local(&case.program, &trace.frame, "n").1, Value::Float(100.0));
    assert_eq!(instance(&case.program, trace.frame.unfinished().unwrap()).name, "helper");
    // The second order of A has no discount.
    assert_eq!(trace.elements.len(), 1);
    assert!(matches!(trace.elements[0].value, Value::Row(_, 1)), "{:?}", trace.elements);
}

#[test]
fn standings_are_values() {
    let case = Case::new("fn s(c) { let r = rank(c.revenue); r }");
    let ranks: Vec<Value> = traces(&case).iter().map(|t| local(&case.program, &t.frame, "r").1).collect();
    assert_eq!(ranks, [1, 3, 4, 1].map(Value::Int));
}

#[test]
fn branches_of_each_kind() {
    assert_eq!(
        branches("fn s(c) { if c.revenue > 50.0 { 1 } else if c.revenue > 20.0 { 2 } else { 3 } }"),
        ["Then { 1 }: 0 3", "Then { 2 }: 1", "Else { 3 }: 2"]
    );
    assert_eq!(
        branches("fn s(c) { let n = 0; if c.revenue > 50.0 { n = 1; } n }"),
        ["Then { n = 1; }: 0 3", "Else if c.revenue > 50.0 { n = 1; }: 1 2"]
    );
    let mut lines = branches("fn s(c) { switch c.sector ?? \"none\" { \"retail\" => 1, \"medical\" => 2, _ => 3 } }");
    lines.sort();
    assert_eq!(lines, ["Arm(0) 1: 0 3", "Arm(1) 2: 2", "Arm(2) 3: 1", "Default \"none\": 1", "There c.sector: 0 2 3"]);
}

#[test]
fn sides_of_logical_operators() {
    assert_eq!(
        branches("fn s(c) { c.revenue > 50.0 && c.growth != () && c.growth > 0.1 }").len(),
        6,
        "three branches of each `&&`"
    );
    let lines = branches("fn s(c) { c.revenue > 50.0 || c.revenue > 20.0 }");
    assert_eq!(
        lines,
        ["Short c.revenue > 50.0: 0 3", "RightHolds c.revenue > 20.0: 1", "RightFails c.revenue > 20.0: 2"]
    );
}

#[test]
fn a_function_typed_twice_has_its_branches_once() {
    let lines = branches(
        "fn s(c) { positive(c.revenue) + positive(c.orders.len()) }\nfn positive(x) { if x > 50 { 1 } else { 0 } }",
    );
    assert_eq!(lines, ["Then { 1 }: 0 3", "Else { 0 }: 0 1 2 3"]);
}

#[test]
fn branches_within_lambdas_and_populations_count() {
    let lines = branches("fn s(c) { c.orders.map(|o| if o.pieces > 3 { 1 } else { 0 }).sum() }");
    assert_eq!(lines, ["Then { 1 }: 1 3", "Else { 0 }: 0"]);
    let lines = branches("fn s(c) { rank(c.growth ?? 0.0) }");
    assert_eq!(lines, ["There c.growth: 0 1 3", "Default 0.0: 2"]);
}

#[test]
fn the_last_branch_of_a_loop_is_told() {
    let (case, trace) = trace("fn s(c) { let n = 0; for i in 0..3 { if i == 1 { n += 1; } } n }");
    let entry = &case.program.instances[case.program.entry.0 as usize];
    let mut whole = None;
    walk::block(&entry.body, &mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::If { condition, .. }, span, .. }) = node {
            assert_eq!(trace.frame.turns(condition), 3);
            whole = Some(*span);
        }
    });
    assert_eq!(trace.frame.branch(whole.unwrap()), Some(BranchKind::Else));
}
