//! Random trees and broken texts against Rhai.

use super::conform::{check, engine};
use super::generate::{Generator, mutate};
use super::parser::parse_file;
use super::{parse, print};
use crate::diag::ids;
use crate::rules::ast::Function;
use crate::rules::stack::with_deep_stack;
use crate::source::FileId;

#[test]
fn printed_trees_are_read_as_the_same_tree() {
    with_deep_stack(|| {
        for seed in 0..3_000 {
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
        for seed in 0..6_000 {
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
        assert!(accepted > 500 && rejected > 500, "{accepted} {rejected}");
    });
}

/// Messages of `syntax` where Rhai itself is silent.
const STRICTER: [&str; 4] = [
    "this range holds no number",
    "this whole number is too large",
    "this comment is not closed",
    "this number is too large",
];
