//! What is said about wrong texts, and where.

use super::parse;
use crate::diag::Diagnostic;
use crate::rules::stack::with_deep_stack;
use crate::source::SourceMap;

/// Findings as `id line:column message`.
fn findings(text: &str) -> Vec<String> {
    let mut map = SourceMap::default();
    let id = map.add("r", text);
    let show = |d: Diagnostic| {
        let (line, column) = d.span.map_or((0, 0), |s| map.file(id).line_column(s.start as usize));
        format!("{} {line}:{column} {}", d.id.name(), d.message)
    };
    with_deep_stack(|| parse(id, map.file(id).text.as_str()).1).into_iter().map(show).collect()
}

#[test]
fn dump() {
    for text in [
        "fn f(c) { try { 1 } catch (e) { 2 } this.x; print(1); x.call(2); a ** b; a & b; a::b; global::X; 'x'; +1; }",
        "fn f(c) { let x = 1\n let y = 2; x === y; x++; }\nfn g(c) { ( ; 2; #{ a: , b: 2 }; 3 }\nfn h() { \"abc\n; 5 }",
        "fn f(c) {\n  if a {\n   1\n}\nfn g() { 1 }\nlet x = 5;\nx;\nimport \"a\" as b;\n",
        "#!/usr/bin/rhai\nfn f() { break; label: loop { break 5; } fn g() {} 0..5; if a = b { 1 } }",
        "fn f(c) { c.case + c.in; switch c { a => 1, _ => 2, 3 => 4 } switch c { 1..2 => 1, 3 => 2 } }",
        "fn f(c) { 99999999999999999999 + 1e999 + 0x; “a” ； let 值　= 1; }",
        "fn f(a, a) { f(1)(2); ( ) } fn f(x, y) { #{a: 1, a: 2} } private fn p() {} fn int.q() {}",
        "fn f(c) { 1 = 2; f() = 1; a.b() = 3; a?.b = 4; x &= 1; if a {} -1 }",
        "fn f(c) { if x and y { 1 } elif z { 2 } }",
        "fn f(c) { null; var x = 1; x ? 1 : 2; x -> 1; a <-1; 1.5.a; \"\\q\"; `abc",
        "fn f(c) { #{case: 1}; #{ `a${1}`: 2}; for i in 0.. { } ..5; let a = loop { break; }; eval(\"1\"); Fn(\"x\") }",
        "fn f(c) { [1, 2; } fn g() { f(1, 2; }\nfn h() { /* abc ",
        "}\nfn f() { 1 } )",
        "fn () { 1 }\nfn g { 1 }\nfn h() 1\nconst = 5;\nconst A;\nconst B = 5\nconst C = 6;",
    ] {
        println!("{text}");
        for f in findings(text) {
            println!("    {f}");
        }
    }
}
