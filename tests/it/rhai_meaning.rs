//! What Rhai's statements and expressions give, and in which order they are evaluated. The dialect's meaning and its
//! causes ("the first failure in Rhai's order of evaluation") rest on these.

use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext, OptimizationLevel};
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex};

type Log = Arc<Mutex<Vec<String>>>;

/// A raw engine whose functions write down that they ran: `t(n)` gives n, `x.m(n)` gives n, `arr(n)` a list.
fn engine(log: &Log) -> Engine {
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(OptimizationLevel::None);
    let own = log.clone();
    engine.register_fn("t", move |n: i64| {
        own.lock().unwrap().push(n.to_string());
        n
    });
    let own = log.clone();
    engine.register_fn("m", move |_: i64, n: i64| {
        own.lock().unwrap().push(format!("m{n}"));
        n
    });
    let own = log.clone();
    engine.register_fn("arr", move |n: i64| -> Array {
        own.lock().unwrap().push(format!("arr{n}"));
        vec![Dynamic::from(1_i64), Dynamic::from(2_i64)]
    });
    let own = log.clone();
    engine.register_fn("contains", move |list: &mut Array, n: i64| {
        own.lock().unwrap().push(format!("contains{n}"));
        list.iter().any(|x| x.as_int() == Ok(n))
    });
    engine.register_fn(
        "apply",
        |context: NativeCallContext, f: FnPtr, n: i64| -> Result<Dynamic, Box<EvalAltResult>> {
            f.call_within_context(&context, (n,))
        },
    );
    engine.register_iterator::<Array>();
    engine.register_iterator::<Range<i64>>();
    engine.register_iterator::<RangeInclusive<i64>>();
    engine
}

/// Each text's value, or `error`, and what ran.
fn check(cases: &[(&str, &str, &str)]) {
    for (text, value, ran) in cases {
        let log = Log::default();
        let result = engine(&log).eval::<Dynamic>(text);
        let result = result.map_or("error".to_string(), |v| format!("{v:?}"));
        assert_eq!((result.as_str(), log.lock().unwrap().join(" ").as_str()), (*value, *ran), "{text}");
    }
}

#[test]
fn a_block_has_the_value_of_its_last_statement_with_or_without_semicolon() {
    check(&[
        ("5;", "5", ""),
        ("{ 5; }", "5", ""),
        ("fn f() { 5; } f()", "5", ""),
        ("if true { 1; }", "1", ""),
        ("let x = { let y = 3; y + 1; }; x", "4", ""),
        ("fn f() { } f()", "()", ""),
    ]);
}

#[test]
fn other_statements_give_unit() {
    check(&[
        ("let x = 5", "()", ""),
        ("const x = 5", "()", ""),
        ("let x = 1; x = 2", "()", ""),
        ("let x = 1; x += 2", "()", ""),
        ("for i in [1] { 5 }", "()", ""),
        ("while false { 1 }", "()", ""),
        ("loop { break }", "()", ""),
        ("do { 5 } while false", "()", ""),
        ("if false { 1 }", "()", ""),
        ("switch 3 { 9 => 1 }", "()", ""),
        ("fn f() { return; } f()", "()", ""),
    ]);
}

#[test]
fn switch_tries_equal_values_first_then_ranges_then_the_rest() {
    check(&[
        ("switch 5 { 5 => 1, 0..10 => 2, _ => 3 }", "1", ""),
        ("switch 5 { 5 if false => 1, 0..10 => 2, _ => 3 }", "2", ""),
        ("switch 5 { 5 if false => 1, 5 => 2, 5 => 3, _ => 4 }", "2", ""),
        ("switch 5 { 0..10 if false => 1, 3..7 => 2, 0..=9 => 3 }", "2", ""),
        ("switch t(5) { 5 if t(1) == 2 => 3, 5 if t(2) == 2 => t(4), _ => 9 }", "4", "5 1 2 4"),
        // No conversion between int and float; floats match bit by bit, but also lie in ranges.
        ("switch 5 { 5.0 => 1, _ => 2 }", "2", ""),
        ("switch 5.0 { 5 => 1, _ => 2 }", "2", ""),
        ("switch 5.0 { 5.0 => 1, _ => 2 }", "1", ""),
        ("switch 0.0 { -0.0 => 1, _ => 2 }", "2", ""),
        ("switch 5.5 { 0..10 => 1, _ => 2 }", "1", ""),
        ("switch () { () => 1, _ => 2 }", "1", ""),
    ]);
}

#[test]
fn blocks_have_scopes_and_closures_share_what_they_capture() {
    check(&[
        ("let x = 1; let x = x + 1; x", "2", ""),
        ("let x = 1; { let x = 2; x = 3; } x", "1", ""),
        ("let x = 1; { x = 5; } x", "5", ""),
        ("let x = 1; switch 1 { 1 => { let x = 4; } } x", "1", ""),
        ("const k = 1; { let k = 2; k }", "2", ""),
        ("let i = 9; for i in 0..3 { } i", "9", ""),
        ("let x = 1; for i in 0..2 { let x = x + 1; t(x); } x", "1", "2 2"),
        ("let x = 1; let f = |y| { x = y; }; apply(f, 5); x", "5", ""),
        ("let x = 1; let f = |y| x + y; x = 10; apply(f, 5)", "15", ""),
        ("let x = 1; let f = |x| { x = 7; x }; apply(f, 5) + x * 100", "107", ""),
        ("let x = 1; let f = |y| { let x = y; x }; apply(f, 5) + x * 100", "105", ""),
        ("let a = [1]; let b = a; b[0] = 5; a[0]", "1", ""),
        ("fn f(m) { m.x = 5; } let a = #{x: 1}; f(a); a.x", "1", ""),
        ("let a = [1, 2]; for x in a { a[1] = 9; t(x); }", "()", "1 2"),
        ("const A = 5; fn f() { A } f()", "error", ""),
    ]);
}

#[test]
fn operands_and_arguments_run_from_left_to_right() {
    check(&[
        ("t(1) + t(2) * t(3)", "7", "1 2 3"),
        ("m(t(1), t(2))", "2", "1 2 m2"),
        ("[t(1), t(2)][0]", "1", "1 2"),
        ("#{b: t(1), a: t(2)}.a", "2", "1 2"),
        ("`${t(1)}${t(2)}`", "\"12\"", "1 2"),
        ("for i in t(1)..t(3) { }", "()", "1 3"),
        ("t(1) == 2 && t(2) == 2", "false", "1"),
        ("t(1) == 1 || t(2) == 2", "true", "1"),
        ("t(1) ?? t(2)", "1", "1"),
        ("() ?? t(2)", "2", "2"),
        ("(t(1) + t(2)) + t(3)", "6", "1 2 3"),
    ]);
}

#[test]
fn in_runs_its_container_first() {
    check(&[("t(2) in arr(1)", "true", "arr1 2 contains2"), ("t(5) !in arr(1)", "true", "arr1 5 contains5")]);
}

#[test]
fn an_assignment_runs_its_value_before_its_target() {
    check(&[
        ("let a = [1, 2]; a[t(1)] = t(9); a[1]", "9", "9 1"),
        ("let a = [1, 2]; a[t(0)] += t(9); a[0]", "10", "9 0"),
        ("let a = [[1, 2], [3, 4]]; a[t(1)][t(0)] = t(9); a[1][0]", "9", "9 1 0"),
    ]);
}

#[test]
fn a_chain_runs_all_its_arguments_and_indexes_before_its_base() {
    check(&[
        ("t(1).m(t(2)).m(t(3))", "3", "2 3 1 m2 m3"),
        ("(t(1) + t(2)).m(t(3))", "3", "3 1 2 m3"),
        ("arr(t(0))[t(1)]", "2", "1 0 arr0"),
        ("let a = [5, 6]; a[t(1)].m(t(2)).m(t(3))", "3", "1 2 3 m2 m3"),
        ("let a = #{x: 5}; a.nope.m(t(1)).m(t(2))", "error", "1 2"),
    ]);
}

#[test]
fn a_safe_step_ends_the_whole_chain_but_its_arguments_ran() {
    check(&[
        ("let a = (); a?.b.c.d", "()", ""),
        ("let a = (); (a?.b).c", "()", ""),
        ("let a = (); a?.m(t(1)).m(t(2))", "()", "1 2"),
        ("let a = (); a?[t(0)]", "()", "0"),
        ("let a = #{}; a?.b.c", "error", ""),
    ]);
}

#[test]
fn arithmetic_fails_on_overflow_and_division_of_whole_numbers_alone() {
    check(&[
        ("9223372036854775807 + 1", "error", ""),
        ("1 / 0", "error", ""),
        ("5 % 0", "error", ""),
        ("-7 / 2", "-3", ""),
        ("-7 % 2", "-1", ""),
        ("1.0 / 0.0", "inf", ""),
        ("1 + 2.5", "3.5", ""),
    ]);
}
