//! The check of our reading against Rhai's own.
//!
//! In: a tree without errors and its text. Out: findings. Must not know: types. Rhai compiles the text and the tree's
//! canonical text ([`print`]); the two programs, written as [`outline`](super::outline), must be equal. Start at
//! [`check`].

use super::outline::outline;
use super::print::print;
use crate::diag::{Diagnostic, Id, ids};
use crate::rules::ast::File;
use crate::source::{FileId, SourceMap, Span};
use rhai::{Engine, OptimizationLevel, ParseError, ParseErrorType};
use std::sync::OnceLock;

/// Functions that Rhai reads at once: it looks at all of them for each name it meets.
const PIECE: usize = 500;

/// What Rhai has against the text, or that it reads it differently. A long file is read in pieces, cut between
/// functions; what Rhai holds of one function does not depend on the others.
pub(super) fn check(tree: &File, text: &str) -> Vec<Diagnostic> {
    if tree.functions.len() <= PIECE {
        return piece(tree, text, 0);
    }
    let (mut start, mut constants) = (0, tree.constants.iter().peekable());
    let pieces = tree.functions.chunks(PIECE).collect::<Vec<_>>();
    for (nth, functions) in pieces.iter().enumerate() {
        let last = nth + 1 == pieces.len();
        let end = functions.last().filter(|_| !last).map_or(text.len(), |f| f.span.range().end);
        let mut own = Vec::new();
        while let Some(constant) = constants.next_if(|c| c.name.span.range().start < end) {
            own.push(constant.clone());
        }
        let part = File { constants: own, functions: functions.to_vec(), ..*tree };
        let found = piece(&part, text.get(start..end).unwrap_or_default(), start);
        if !found.is_empty() {
            return found;
        }
        start = end;
    }
    Vec::new()
}

/// The check of a piece of a file that begins at byte `start`.
fn piece(tree: &File, text: &str, start: usize) -> Vec<Diagnostic> {
    let ours = print(tree);
    let original = match engine().compile(text) {
        Ok(ast) => ast,
        Err(error) => return vec![rejected(tree.file, text, start, &error)],
    };
    let difference = match engine().compile(&ours) {
        Ok(ast) => first_difference(&outline(&original), &outline(&ast)),
        Err(error) => Some(format!("Rhai rejects its canonical form: {error}")),
    };
    difference.map(|difference| defect(tree, difference)).into_iter().collect()
}

/// The engine that compiles, and evaluates nothing.
pub(super) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut engine = Engine::new_raw();
        engine.set_optimization_level(OptimizationLevel::None);
        // Nesting and height are bounded by the parser, before this engine sees the text.
        engine.set_max_expr_depths(0, 0);
        engine.set_max_functions(usize::MAX);
        engine.set_max_string_size(0);
        engine.set_max_array_size(0);
        engine.set_max_map_size(0);
        engine
    })
}

/// A finding with Rhai's message, at its place.
fn rejected(file: FileId, text: &str, before: usize, error: &ParseError) -> Diagnostic {
    let position = error.position();
    let mut map = SourceMap::default();
    let own = map.add("", text);
    let line = position.line().unwrap_or(1);
    let start = map.file(own).offset(line, position.position().unwrap_or(1));
    let end = start + text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = Span::new(file, before + start, before + end);
    let (id, message, help) = explain(error.err_type());
    let finding = Diagnostic::error(id, message).at(span);
    if help.is_empty() { finding } else { finding.help(help) }
}

/// Id, message and help for what Rhai rejects although our grammar takes it: its few checks beyond grammar.
fn explain(error: &ParseErrorType) -> (Id, String, &'static str) {
    match error {
        ParseErrorType::MismatchedType(wanted, found) => {
            (ids::TYPE_MISMATCH, format!("expected {wanted}, found {found}"), "compare it: `x != 0`, `x == \"…\"`")
        }
        ParseErrorType::MalformedIndexExpr(text) => (ids::TYPE_MISMATCH, lower_first(text), ""),
        ParseErrorType::AssignmentToConstant(name) => {
            (ids::ASSIGN, format!("`{name}` is a constant"), "write `let` where it is defined")
        }
        other => (ids::SYNTAX, lower_first(&other.to_string()), ""),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_lowercase().chain(chars).collect())
}

/// Where two outlines part, with some of what stands there.
fn first_difference(theirs: &str, ours: &str) -> Option<String> {
    if theirs == ours {
        return None;
    }
    let same = theirs.chars().zip(ours.chars()).take_while(|(a, b)| a == b).count();
    let piece = |text: &str| text.chars().skip(same.saturating_sub(20)).take(60).collect::<String>();
    Some(format!("Rhai has `{}`, tierwright `{}`", piece(theirs), piece(ours)))
}

fn defect(tree: &File, difference: String) -> Diagnostic {
    let span = tree.functions.first().map_or(Span::new(tree.file, 0, 0), |f| f.name.span);
    Diagnostic::error(ids::SYNTAX, "tierwright reads this file differently from Rhai")
        .at(span)
        .help("this is a defect of tierwright; please report it with the file")
        .note(difference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::ast::{Expr, ExprKind, StmtKind};
    use crate::rules::stack::with_deep_stack;
    use crate::rules::syntax::parser::parse_file;

    fn tree(text: &str) -> File {
        let (tree, findings) = parse_file(FileId(0), text);
        assert!(findings.is_empty(), "{findings:?}");
        tree
    }

    fn body(tree: &mut File) -> &mut Expr {
        match &mut tree.functions[0].body.stmts[0].kind {
            StmtKind::Expr(expr) => expr,
            other => panic!("{other:?}"),
        }
    }

    /// Rotates `a op (b op c)` to `(a op b) op c`.
    fn rotate(expr: &mut Expr) {
        let ExprKind::Binary { op, op_span, left, right } = expr.kind.clone() else { panic!() };
        let ExprKind::Binary { op: op2, op_span: span2, left: b, right: c } = right.kind.clone() else { panic!() };
        let inner = Expr { kind: ExprKind::Binary { op, op_span, left, right: b }, ..*right };
        expr.kind = ExprKind::Binary { op: op2, op_span: span2, left: Box::new(inner), right: c };
    }

    #[test]
    fn a_wrong_precedence_is_caught() {
        let text = "fn f(a, b, c) { a + b * c }";
        let mut wrong = tree(text);
        assert_eq!(check(&wrong, text), []);
        rotate(body(&mut wrong));
        let findings = check(&wrong, text);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("differently from Rhai"), "{findings:?}");
        assert!(findings[0].notes[0].contains('*'), "{findings:?}");
    }

    #[test]
    fn a_wrong_operator_name_literal_or_closure_is_caught() {
        let texts = [
            ("fn f(a) { a + 1 }", "fn f(a) { a - 1 }"),
            ("fn f(a) { a + 1 }", "fn f(a) { b + 1 }"),
            ("fn f(a) { a + 1 }", "fn f(a) { a + 2 }"),
            ("fn f(a) { a + 1.5 }", "fn f(a) { a + 1.25 }"),
            ("fn f(a) { a.b }", "fn f(a) { a?.b }"),
            ("fn f(a) { a[0][1] }", "fn f(a) { a[0]?[1] }"),
            ("fn f(a) { a in b }", "fn f(a) { a !in b }"),
            ("fn f(a) { a.map(|o| o.x) }", "fn f(a) { a.map(|o| o.y) }"),
            ("fn f(a) { a.map(|o| o.x) }", "fn f(a) { a.map(|p| p.x) }"),
            ("fn f(a) { switch a { 1 => 2, _ => 3 } }", "fn f(a) { switch a { 2 => 2, _ => 3 } }"),
            ("fn f(a) { switch a { 1..5 => 2, _ => 3 } }", "fn f(a) { switch a { 1..=5 => 2, _ => 3 } }"),
            ("fn f(a) { do { g() } while a; }", "fn f(a) { do { g() } until a; }"),
            ("fn f(a) { let x = 1; x }", "fn f(a) { const x = 1; x }"),
            ("fn f(a) { return a; }", "fn f(a) { throw a; }"),
            ("fn f(a) { a += 1; }", "fn f(a) { a -= 1; }"),
            ("fn f(a) { `x${a}` }", "fn f(a) { `y${a}` }"),
            ("const A = 1;", "const A = 2;"),
            ("fn f(a) { 1 }", "fn g(a) { 1 }"),
        ];
        for (text, other) in texts {
            assert_eq!(check(&tree(text), text), [], "{text}");
            assert_eq!(check(&tree(other), text).len(), 1, "{text} / {other}");
        }
    }

    #[test]
    fn rhai_has_the_last_word() {
        let text = "fn f(a) {\n    if 1 { 2 } else { 3 }\n}";
        let findings = check(&tree(text), text);
        assert_eq!(findings[0].id, ids::TYPE_MISMATCH);
        assert_eq!(findings[0].span, Some(Span::new(FileId(0), 17, 18)));
        let text = "fn 函数(客户) { const 甲 = 1; 甲 = 2; }";
        let findings = check(&tree(text), text);
        assert_eq!((findings[0].id, findings[0].message.as_str()), (ids::ASSIGN, "`甲` is a constant"));
        assert_eq!(&text[findings[0].span.unwrap().range()], "甲");
    }

    #[test]
    fn a_file_of_many_functions_is_compared_in_pieces() {
        let line = |n: usize| format!("const C{n} = {n};\nfn f{n}(x) {{ [1].map(|o| o + x + {n}) }}\n");
        let text: String = (0..2 * PIECE + 7).map(line).collect();
        let good = tree(&text);
        assert_eq!(check(&good, &text), []);
        for (wrong, right) in [("x + 700)", "x - 700)"), ("C1000 = 1000", "C1000 = 1001"), ("x + 1006)", "x * 1006)")] {
            let findings = check(&good, &text.replace(wrong, right));
            assert!(findings.len() == 1 && findings[0].message.contains("differently"), "{wrong}: {findings:?}");
        }
        let bad = text.replace("o + x + 900)", "o + x + 900); if 1 { 2 }");
        let findings = check(&tree(&bad), &bad);
        assert_eq!(findings.len(), 1);
        let span = findings[0].span.unwrap().range();
        assert_eq!(&bad[span.start - 3..span.end], "if 1");
    }

    #[test]
    fn a_long_sum_is_compared() {
        with_deep_stack(|| {
            let text = format!("fn f(a) {{ {} }}", vec!["a"; 5_000].join(" + "));
            assert_eq!(check(&tree(&text), &text), []);
        });
    }
}
