//! Random trees and broken texts against Rhai.

use super::conform::{check, engine};
use super::generate::{Generator, mutate};
use super::parser::parse_file;
use super::{parse, print};
use crate::diag::{Diagnostic, ids};
use crate::rules::ast::Function;
use crate::rules::stack::with_deep_stack;
use crate::source::FileId;

#[test]
fn printed_trees_are_read_as_the_same_tree() {
    with_deep_stack(|| {
        for seed in 0..1_000 {
            let tree = Generator::new(seed).file();
            let text = print(&tree);
            let (read, findings) = parse_file(FileId(0), &text);
            assert_eq!(findings, [], "seed {seed}\n{text}");
            let same_constants = read.constants.iter().map(|c| &c.value).eq(tree.constants.iter().map(|c| &c.value));
            let parts = |f: &Function| (f.name.clone(), f.params.clone(), f.body.clone());
            let same_functions = read.functions.iter().map(parts).eq(tree.functions.iter().map(parts));
            assert!(same_constants && same_functions, "seed {seed}\n{text}\n{}", print(&read));
            assert_eq!(check(&read, &text), [], "seed {seed}\n{text}");
        }
    });
}

/// What we accept, Rhai reads alike; what Rhai accepts, we accept or say why not.
#[test]
fn changed_texts_are_read_as_rhai_reads_them() {
    with_deep_stack(|| {
        let (mut accepted, mut rejected) = (0, 0);
        for seed in 0..1_500 {
            let mut g = Generator::new(seed);
            let text = mutate(&print(&g.file()), &mut g);
            let (_, findings) = parse(FileId(0), &text);
            let told = findings.iter().find(|f| f.message.contains("differently"));
            assert!(told.is_none(), "seed {seed}\n{text}\n{told:?}");
            if findings.is_empty() {
                accepted += 1;
            } else {
                rejected += 1;
                let rhai = engine().compile(&text).is_ok();
                let explained =
                    |f: &crate::diag::Diagnostic| f.id != ids::SYNTAX || STRICTER.iter().any(|m| f.message.contains(m));
                assert!(!rhai || findings.iter().any(explained), "seed {seed}\n{text}\n{findings:?}");
            }
        }
        assert!(accepted > 100 && rejected > 100, "{accepted} {rejected}");
    });
}

/// Messages of `syntax` where Rhai itself is silent.
const STRICTER: [&str; 4] = [
    "this range holds no number",
    "this whole number is too large",
    "this comment is not closed",
    "this number is too large",
];

/// A few pieces in a row, with and without blanks between: mostly about tokens and their borders.
fn soup(g: &mut Generator) -> String {
    const PIECES: [&str; 92] = [
        "1",
        "1.",
        "1.5",
        "0x1F",
        "0b1",
        "0o7",
        "1e3",
        "1e+3",
        "1_0",
        ".5",
        "1..2",
        "1..=2",
        "00",
        "9",
        "x",
        "客户",
        "_a",
        "__",
        "_",
        "e5",
        "x1",
        "true",
        "false",
        "()",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "#{",
        "a:",
        "+",
        "-",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "&&",
        "||",
        "??",
        "!",
        "!in",
        "in",
        ".",
        "?.",
        "?[",
        "..",
        "..=",
        "=",
        "+=",
        "-=",
        ";",
        ",",
        "=>",
        "|",
        "|a|",
        "if",
        "else",
        "switch",
        "let",
        "return",
        "throw",
        "for",
        "while",
        "loop",
        "do",
        "until",
        "break",
        "\"a\"",
        "\"a\"\"b\"",
        "\"\\n\"",
        "\"\\x41\"",
        "`a`",
        "`a${1}b`",
        "`${`",
        "`\n",
        "'a'",
        "#\"a\"#",
        "##\"a\"#\"##",
        "//c\n",
        "/*c*/",
        "/*",
        "\n",
        "\r\n",
        "\"a\\\n  b\"",
        "-5",
    ];
    let mut text = String::new();
    for _ in 0..1 + g.below(9) {
        text.push_str(PIECES[g.below(PIECES.len())]);
        if g.below(3) > 0 {
            text.push(' ');
        }
    }
    text
}

/// Where our reading and Rhai's part: what is told of it, if anything.
fn parting(text: &str) -> Option<String> {
    let (tree, own) = parse_file(FileId(0), text);
    if own.is_empty() {
        let found = check(&tree, text);
        return found.into_iter().find(|f| f.id == ids::SYNTAX).map(|f| format!("{text}\n{f:?}"));
    }
    let explained = |f: &Diagnostic| f.id != ids::SYNTAX || STRICTER.iter().any(|m| f.message.contains(m));
    let unexplained = !own.iter().any(explained) && engine().compile(text).is_ok();
    unexplained.then(|| format!("{text}\n{own:?}"))
}

#[test]
fn pieces_in_a_row_are_read_as_rhai_reads_them() {
    with_deep_stack(|| {
        let mut found = Vec::new();
        for seed in 0..4_000 {
            let mut g = Generator::new(seed);
            let text = format!("fn f(c) {{ let v = {} }}", soup(&mut g));
            found.extend(parting(&text));
            let text = format!("fn f(c) {{ {}; x }}", soup(&mut g));
            found.extend(parting(&text));
        }
        assert!(found.is_empty(), "{} {}", found.len(), found.iter().take(20).cloned().collect::<Vec<_>>().join("\n"));
    });
}
