//! Limits, deep rules, threads, and how long a customer takes.

use super::*;

/// A step on as many customers as it takes to fill several chunks; one in twenty has no growth.
fn wide(text: &str, rows: usize) -> Case {
    let mut case = Case::new(text);
    let schema = schema();
    let spread = |n: usize| (n.wrapping_mul(2_654_435_761) % 1_000) as f64;
    let customers = &mut case.data.tables[0];
    customers.rows = rows;
    customers.columns[2] = ColumnData::from_series(
        &series("x", Values::Float((0..rows).map(|n| (n % 20 != 0).then(|| spread(n) / 1_000.0 - 0.5)).collect())),
        &schema.tables[0].columns[2],
    )
    .unwrap();
    let floats = Values::Float((0..rows).map(|n| Some(spread(n))).collect());
    customers.columns[3] = ColumnData::from_series(&series("x", floats), &schema.tables[0].columns[3]).unwrap();
    let ints = Values::Int((0..rows).map(|n| Some((n % 15) as i64)).collect());
    customers.columns[4] = ColumnData::from_series(&series("x", ints), &schema.tables[0].columns[4]).unwrap();
    customers.references[0] = (0..rows as u32).map(|n| if n % 3 == 0 { NO_ROW } else { n % 2 }).collect();
    case
}

#[test]
fn results_do_not_depend_on_threads() {
    let rows = 5_000;
    let text = "fn s(c) { #{ x: pct_rank(c.revenue) + c.growth, y: share(c.revenue), z: c.prior?.tier } }";
    let case = wide(text, rows);
    let all: Vec<u32> = (0..rows as u32).collect();
    let run = |threads| lines(&case.run_on(&all, &all, &thread_pool(threads).unwrap()).unwrap());
    let one = run(1);
    assert_eq!(one.len(), 3 + rows / 20);
    assert_eq!(one[3], "0: rules/s.rhai:1:39: missing: customers.growth");
    assert_eq!(one, run(4));
}

#[test]
fn limits_name_the_statement() {
    let few = Limits { operations: 10_000, millis: 1_000, call_depth: 10, collection: 100, text: 1_000, memory: None };
    let endless = "fn s(c) {\n  let n = 0;\n  loop {\n    n += 0;\n    if n > 0 { break; }\n  }\n  n\n}";
    assert_eq!(
        limit(endless, few),
        "rules/s.rhai:4:5[limit] step `s` goes over the limit of 10000 operations for one customer"
    );
    let slow = Limits { operations: u64::MAX, millis: 50, ..few };
    assert!(limit(endless, slow).ends_with("[limit] step `s` goes over the limit of 50 milliseconds for one customer"));
    let deep = "fn down(n) {\n  if n <= 0 { return 0; }\n  down(n - 1)\n}\nfn s(c) { down(11) }";
    assert!(limit(deep, few).contains("rules/s.rhai:3:3[limit] step `s` goes over the limit of 10 nested calls"));
    assert_eq!(Case::new(&deep.replace("down(11)", "down(2)")).run().undetermined, []);
    let growing = "fn s(c) {\n  let xs = [];\n  for i in 0..1000 {\n    xs.push(i);\n  }\n  xs.len()\n}";
    assert!(limit(growing, few).starts_with("rules/s.rhai:4:5[limit]"));
    let keys = "fn s(c) {\n  let m = #{};\n  for i in 0..1000 {\n    m[i.to_text()] = i;\n  }\n  m.len()\n}";
    assert!(limit(keys, few).contains("100 elements of a list or map"));
    let text = "fn s(c) {\n  let t = \"ab\";\n  for i in 0..20 {\n    t = t + t;\n  }\n  t\n}";
    assert!(limit(text, few).contains("1000 bytes of a text"));
    let text = "fn s(c) {\n  let t = \"ab\";\n  for i in 0..20 {\n    t = `${t}${t}`;\n  }\n  t\n}";
    assert!(limit(text, few).starts_with("rules/s.rhai:4:5[limit]"));
    let doubled =
        "fn s(c) {\n let a = [1, 2, 3, 4, 5, 6, 7, 8];\n let b = [a, a, a, a];\n let d = [b, b, b, b];\n d.len() }";
    assert!(limit(doubled, few).starts_with("rules/s.rhai:4:2[limit]"));
}

#[test]
fn call_depth_is_exact() {
    let text =
        |n: usize| format!("fn down(n) {{ if n <= 1 {{ return 1; }} down(n - 1) + 1 }}\nfn s(c) {{ down({n}) }}");
    let mut case = Case::new(&text(64));
    case.limits = Limits { call_depth: 64, ..Limits::default() };
    assert_eq!(lines(&case.run())[0], "s: 64 | 64 | 64 | 64");
    let over = limit(&text(65), Limits { call_depth: 64, ..Limits::default() });
    assert!(over.contains("64 nested calls"), "{over}");
}

#[test]
fn deep_and_long_rules_work() {
    let sum = |n: usize| format!("fn s(c) {{ {} }}", vec!["c.revenue"; n].join(" + "));
    assert_eq!(lines(&Case::new(&sum(9_990)).run())[0], "s: 999000.0 | 399600.0 | 99900.0 | 999000.0");
    let mut chain = String::new();
    for n in 0..1_000 {
        chain.push_str(&format!("if c.revenue == {n}.5 {{ {n} }} else "));
    }
    let text = format!("fn s(c) {{ {chain} {{ -1 }} }} // allow: float-equality");
    assert_eq!(lines(&Case::new(&text).run())[0], "s: -1 | -1 | -1 | -1");
    let deep = format!("fn s(c) {{ {}c.revenue{} }}", "abs(".repeat(400), ")".repeat(400));
    assert_eq!(lines(&Case::new(&deep).run())[0], "s: 100.0 | 40.0 | 10.0 | 100.0");
}

#[test]
fn recursion_within_long_expressions_ends_before_the_stack() {
    let text = |term: &str, end: &str, n: usize| {
        let (open, close) = (term.repeat(n), end.repeat(n));
        let down = "fn down(n) {\n  if n <= 0 { return 0.0; }\n  ";
        format!("{down}{open}down(n - 1){close}\n}}\nfn s(c) {{ down(2000) }}")
    };
    let deep = Limits { call_depth: 3_000, ..Limits::default() };
    // What can fail before the call keeps the engine within the expression while it calls.
    let found = limit(&text("n.to_float() + (", ")", 400), deep);
    assert!(found.starts_with("rules/s.rhai:3:3[limit] step `s` goes over the limit of nested calls"), "{found}");
    let mut flat = Case::new(&text("", " + 1.0", 5_000));
    flat.limits = deep;
    assert_eq!(lines(&flat.run())[0], "s: 10000000.0 | 10000000.0 | 10000000.0 | 10000000.0");
}
