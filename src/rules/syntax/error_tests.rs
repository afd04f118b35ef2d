//! What is said about wrong texts, and where.

use super::{MAX_HEIGHT, MAX_NESTING, parse};
use crate::diag::Diagnostic;
use crate::rules::stack::with_deep_stack;
use crate::source::SourceMap;

fn found(text: &str) -> (SourceMap, Vec<Diagnostic>) {
    let mut map = SourceMap::default();
    let id = map.add("r", text);
    let findings = with_deep_stack(|| parse(id, &map.file(id).text).1);
    (map, findings)
}

/// Findings as `id line:column message`.
fn findings(text: &str) -> Vec<String> {
    let (map, findings) = found(text);
    let show = |d: Diagnostic| {
        let place = d.span.map(|s| map.place(s)).unwrap_or_default();
        format!("{} {} {}", d.id.name(), place.trim_start_matches("r:"), d.message)
    };
    findings.into_iter().map(show).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(findings(text), expected, "{text}");
}

/// The help of the one finding of a text.
#[track_caller]
fn help(text: &str) -> String {
    let (_, found) = found(text);
    let [one] = &found[..] else { panic!("{text}: {found:?}") };
    one.help.join("; ")
}

#[test]
fn a_map_without_its_hash_is_one_finding() {
    let hash = "syntax 1:11 a map without its `#`";
    check("fn f(c) { { tier: \"low\", value: 1.0 } }", &[hash]);
    check("fn f(c) { { \"tier\": \"low\" } }", &[hash]);
    check(
        "fn f(c) { return { a: 1, b: { c: 2 } }; }",
        &["syntax 1:18 a map without its `#`", "syntax 1:29 a map without its `#`"],
    );
    check("fn f(c) { let x = { a: 1 }; x.a }", &["syntax 1:19 a map without its `#`"]);
    let block = "a block that holds the entries of a map";
    check("fn f(c) { tier: \"low\", value: 1.0 }", &[&format!("syntax 1:9 {block}")]);
    check(
        "fn f(c) { if c.a { x: 1 } else { x: 2 } }",
        &[&format!("syntax 1:18 {block}"), &format!("syntax 1:32 {block}")],
    );
    check("fn f(c) { { outer: loop { break; } } }", &["unsupported 1:13 the dialect has no labels"]);
}

#[test]
fn what_other_languages_write_has_help() {
    assert!(help("fn f(c) { if c.x > 10% { 1 } else { 2 } }").contains("`0.1`"));
    assert!(help("fn f(c) { let x = 10%; x }").contains("`0.1`"));
    assert!(help("fn f(c) { let x = 1,5; x }").contains("`1.5`"));
    assert!(help("fn f(c) { switch c.x { 1: 2, _: 3 } }").contains("`=>`"));
    assert!(help("fn f(c) { for i in 0..3 { g(i); } -1 }").contains("`return -…;`"));
    check("fn f(c) { for i in 0..3 { g(i); } (-1) }", &[]);
    check("fn f(c) { for i in 0..3 { g(i); } return -1; }", &[]);
    check("fn f(c) { c.x % { 3 } }", &[]);
    check("fn f(c) { g(1,5) + [1,5].len() }", &[]);
}

#[test]
fn what_the_dialect_leaves_out_is_named_and_read_on() {
    check(
        "fn f(c) { try { 1 } catch (e) { 2 } this.x; print(1); x.call(2); a ** b; a & b; a::b; 'x'; +1; 0..5; }",
        &[
            "unsupported 1:11 the dialect has no `try`",
            "unsupported 1:37 the dialect has no `this`",
            "unsupported 1:45 the dialect has no `print`",
            "unsupported 1:57 the dialect has no `call`",
            "unsupported 1:68 the dialect has no operator `**`",
            "unsupported 1:76 the dialect has no operator `&`",
            "unsupported 1:81 the dialect has no namespaces",
            "unsupported 1:87 the dialect has no character literals",
            "unsupported 1:92 the dialect has no sign `+`",
            "unsupported 1:96 the dialect has no ranges as values",
        ],
    );
    check(
        "#!/usr/bin/rhai\nfn f() { label: loop { break 5; } fn g() {} x <<= 1; let a = loop { break; }; |a| ;; f!(1); }",
        &[
            "unsupported 1:1 the dialect has no shebang lines",
            "unsupported 2:10 the dialect has no labels",
            "unsupported 2:30 the dialect has no `break` with a value",
            "unsupported 2:35 the dialect has no functions inside functions",
            "unsupported 2:47 the dialect has no operator `<<`",
            "unsupported 2:62 the dialect has no loops as values",
            "unsupported 2:83 the dialect has no values that are a lone `;`",
            "unsupported 2:87 the dialect has no calls in the caller's scope, `f!(…)`",
        ],
    );
    check(
        "let x = 5;\nx;\nimport \"a\" as b;\nexport const A = 1;\nprivate fn p() { }\nfn int.q() { eval(\"1\"); Fn(\"x\") }\nif 1 { }",
        &[
            "unsupported 1:1 the dialect has no statements outside functions",
            "unsupported 2:1 the dialect has no statements outside functions",
            "unsupported 3:1 the dialect has no `import`",
            "unsupported 4:1 the dialect has no `export`",
            "unsupported 5:1 the dialect has no private functions",
            "unsupported 6:4 the dialect has no functions of a type",
            "unsupported 6:14 the dialect has no `eval`",
            "unsupported 6:25 the dialect has no `Fn`",
            "unsupported 7:1 the dialect has no statements outside functions",
        ],
    );
}

#[test]
fn help_says_what_to_write() {
    let help = |text: &str| found(text).1.into_iter().flat_map(|d| d.help).collect::<Vec<_>>().join("; ");
    for (text, expected) in [
        ("fn f() { a ** b }", "write `pow(a, b)`"),
        ("fn f() { global::LIMIT }", "a constant is seen everywhere by its own name: `LIMIT`"),
        ("fn f() { 'x' }", "write a text: `\"x\"`"),
        ("fn f() { a === b }", "write `==`"),
        ("fn f() { if a and b { 1 } }", "write `&&`"),
        ("fn f() { if a { 1 } elif b { 2 } }", "write `else if`"),
        ("fn f() { #{ x: if a { 1 } elseif b { 2 } } }", "write `else if`"),
        ("fn f() { a <> b }", "write `!=`"),
        ("fn f() { [not a] }", "write `!` before what is denied: `!(a == b)`"),
        ("fn f() { xs.map(lambda o: o) }", "a closure is `|x| …`"),
        ("fn f() { switch a { else => 1 } }", "the arm for everything else is `_ => …`"),
        ("fn f() { [a is null] }", "write `==` to compare; whether a value is missing, `x == ()`"),
        ("fn f() { if a = b { 1 } }", "write `==` to compare"),
        ("fn f() { null }", "a missing value is `()`"),
        ("fn f(c) { c.case }", "write it as a text: `[\"case\"]`"),
        ("fn f(c) { c?.in }", "write it as a text: `?[\"in\"]`"),
        ("fn f() { #{ default: 1 } }", "write it as a text: `\"default\": …`"),
        ("fn f() { a ； b }", "write the ASCII character `;`"),
        ("fn f() { a <-1 }", "write a space: `a < -b`"),
        ("fn f() { ( ) }", "a missing value is `()`, without a space"),
        ("fn f() { let x = 1\n x }", "a statement ends with `;`"),
        ("let x = 1;", "write `const`"),
        ("fn f() { [-0x10] }", "put the number in parentheses: `-(0x10)`"),
    ] {
        assert_eq!(help(text), expected, "{text}");
    }
}

#[test]
fn independent_errors_are_all_reported() {
    check(
        "fn f(c) { let x = 1\n let y = 2; x === y; x++; }\nfn g(c) { ( ; 2; #{ a: , b: 2 }; 3 }\nfn h() { \"abc\n; 5 }",
        &[
            "syntax 1:20 expected `;`, found `let`",
            "syntax 2:15 expected an operator, found `===`",
            "syntax 2:23 expected an operator, found `++`",
            "syntax 3:13 expected a value, found `;`",
            "syntax 3:24 expected a value, found `,`",
            "syntax 4:10 this text is not closed",
        ],
    );
    check(
        "fn f(c) {\n  if a {\n   1\n}\nfn g() { ) }\n",
        &["syntax 1:9 this block is not closed", "syntax 5:10 expected a value, found `)`"],
    );
    check(
        "fn () { 1 }\nfn g { 1 }\nfn h() 1\nconst = 5;\nconst A;\nconst B = 5\nconst C = 6;",
        &[
            "syntax 1:4 expected the name of a function, found `()`",
            "syntax 2:6 expected the parameters of `g` in parentheses, found `{`",
            "syntax 3:8 expected the function's body, `{ … }`, found `1`",
            "syntax 4:7 expected the name of a constant, found `=`",
            "syntax 5:8 expected `=` and the constant's value, found `;`",
            "syntax 6:12 expected `;`, found `const`",
        ],
    );
    check("}\nfn f() { 1 } )", &["syntax 1:1 a `}` without its `{`", "syntax 2:14 expected a value, found `)`"]);
    assert_eq!(findings(&"fn f() { @; }\n".repeat(50)).len(), 20);
}

#[test]
fn names_places_and_switches_are_checked() {
    check(
        "fn f(a, a) { f(1)(2); [1, 2; } fn f(x, y) { #{a: 1, a: 2} }",
        &[
            "duplicate-name 1:9 the parameter `a` is there twice",
            "syntax 1:18 only a function's name can be called",
            "syntax 1:28 expected `,` or `]`, found `;`",
            "duplicate-name 1:35 the function `f` is defined twice",
            "duplicate-name 1:53 the key `a` is there twice",
        ],
    );
    check(
        "fn f(c) { 1 = 2; f() = 1; a.b() = 3; a?.b = 4; if a { } -1 }",
        &[
            "assign 1:11 this cannot be assigned to",
            "assign 1:18 this cannot be assigned to",
            "assign 1:27 this cannot be assigned to",
            "assign 1:38 this cannot be assigned to",
            "unsupported 1:57 the dialect has no statements that start with a sign",
        ],
    );
    check(
        "fn f(c) { switch c { a => 1, _ => 2, 3 => 4 } switch c { 1..2 => 1, 5..=4 => 1, 3 => 2 } break; }",
        &[
            "unsupported 1:22 the dialect has no cases other than literals",
            "syntax 1:38 an arm after `_`",
            "syntax 1:69 this range holds no number",
            "syntax 1:81 a number after a range in one `switch`",
            "syntax 1:90 `break` outside a loop",
        ],
    );
}

#[test]
fn what_is_not_closed_is_said_once() {
    check("fn f() { /* abc", &["syntax 1:10 this comment is not closed"]);
    check("fn f() { `abc", &["syntax 1:10 this text is not closed"]);
    check("fn f() { `a ${ b", &["syntax 1:14 this block is not closed"]);
    check("fn f() { #\"abc", &["syntax 1:10 this text is not closed"]);
    check("fn f() { \"abc", &["syntax 1:10 this text is not closed"]);
    check("fn f() { f(1, 2", &["syntax 1:16 expected `,` or `)`, found the end of the file"]);
}

#[test]
fn literals_that_lose_their_value_are_errors() {
    check(
        "fn f() { 9223372036854775808; 1e999; 0x; -(-9223372036854775808); 1e+; \"\\q\"; '' }",
        &[
            "syntax 1:10 this whole number is too large",
            "syntax 1:31 this number is too large",
            "syntax 1:38 this number has no digits",
            "syntax 1:42 this whole number is too large",
            "syntax 1:67 this number is not complete",
            "syntax 1:73 an unknown escape in a text",
            "syntax 1:78 an empty character",
        ],
    );
    check("fn f() { 99999999999999999999 ?? 0 }", &["syntax 1:10 this whole number is too large"]);
}

#[test]
fn deep_nesting_is_an_error_and_long_chains_are_not() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("- ", ""), ("!", ""), ("f(", ")"), ("a[", "]")] {
        let text = |n: usize| format!("fn f(a) {{ {}1{} }}", open.repeat(n), close.repeat(n));
        let deep = findings(&text(3_000));
        assert!(deep[0].starts_with("too-deep 1:"), "{open} {deep:?}");
        assert!(deep[0].ends_with(&format!("more than {MAX_NESTING} levels inside one another")), "{deep:?}");
        assert!(!findings(&text(400)).iter().any(|f| f.starts_with("too-deep")), "{open}");
    }
    for word in ["if ", "switch ", "while ", "for x in ", "|a| ", "a ?? return ", "`${", "#{a: ", "do {"] {
        let deep = findings(&format!("fn f(a) {{ {} }}", word.repeat(3_000)));
        assert!(deep.iter().any(|f| f.starts_with("too-deep 1:")), "{word} {deep:?}");
    }
    let chain = "if a { 1 } else ".repeat(1_000) + "{ 2 }";
    for long in [
        chain,
        vec!["a"; 5_000].join(" + "),
        vec!["a"; 5_000].join(" && "),
        format!("a{}", ".f(1)".repeat(300)),
        format!("a{}", "[0]".repeat(2_000)),
        format!("[{}]", "1,".repeat(50_000)),
    ] {
        assert_eq!(findings(&format!("fn f(a) {{ {long} }}")), [""; 0]);
    }
    let sum = vec!["a"; MAX_HEIGHT as usize + 10].join("+");
    let told = findings(&format!("fn f(a) {{ {sum} }}"));
    assert_eq!(told, [format!("too-deep 1:11 an expression of more than {MAX_HEIGHT} steps")]);
}

#[test]
fn hostile_texts_give_places_and_never_panic() {
    let long = "a".repeat(1 << 20);
    let texts = [
        String::new(),
        "\u{feff}".repeat(2),
        "\0".to_string(),
        "fn f() { \0 }".to_string(),
        "fn f() {\r\n  let x = 1;\r\n  y z\r\n}".to_string(),
        "\"".to_string(),
        "'".to_string(),
        "`".to_string(),
        "`${`${`${".to_string(),
        "}}}}".to_string(),
        "#".to_string(),
        "##".to_string(),
        "fn".to_string(),
        "fn f".to_string(),
        "fn f(".to_string(),
        "fn f(c".to_string(),
        "fn f(c) {".to_string(),
        "const".to_string(),
        "fn f() { switch".to_string(),
        "fn f() { switch x { 1".to_string(),
        "fn f() { switch x { 1 =>".to_string(),
        "fn f() { \"\\u".to_string(),
        "fn f() { \"\\uD800\" }".to_string(),
        "\u{1F600}".to_string(),
        format!("fn f() {{ {long}{} }}", "(".repeat(100)),
        format!("fn f() {{ {} }}", "@ ".repeat(1 << 18)),
        format!("fn f() {{ {} }}", "“".repeat(1 << 18)),
        format!("fn f() {{ {} }}", "}{".repeat(1 << 18)),
        format!("fn f() {{ {} }}", "\"".repeat((1 << 20) + 1)),
        format!("fn f() {{ {} }}", "1+".repeat(1 << 19)),
    ];
    for text in texts {
        let (map, findings) = found(&text);
        let own = map.files().next().map_or(0, |(_, f)| f.text.len());
        assert_eq!(findings.is_empty(), text.is_empty(), "{}", &text[..text.len().min(60)]);
        for finding in findings {
            let span = finding.span.expect("a place");
            assert!(span.start <= span.end && span.end as usize <= own, "{finding:?}");
            assert!(finding.message.chars().count() < 120, "{finding:?}");
        }
    }
    check("fn f() {\r\n  let x = 1;\r\n  y z\r\n}", &["syntax 3:5 expected `;`, found `z`"]);
    check("fn 评级(客户) {\n    客户.金额 ＞ 5\n}", &["syntax 2:11 the character `＞` is not allowed here"]);
    let line = format!("fn f() {{ [{}] }}", "\"文\", 1.5, ".repeat(100_000));
    check(&line, &[]);
}
