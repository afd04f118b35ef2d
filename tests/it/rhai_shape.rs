//! The shapes of Rhai's syntax tree that `rules::syntax` relies on. Its authors call the tree volatile: a change of
//! Rhai's version that breaks one of these needs a look at `rules/syntax/outline.rs`.

use rhai::{AST, ASTFlags, ASTNode, Engine, Expr, FnPtr, OptimizationLevel, Stmt};

fn compile(text: &str) -> AST {
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.compile(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The top-level statement of `text`, which has one.
fn stmt(text: &str) -> Stmt {
    let ast = compile(text);
    assert_eq!(ast.statements().len(), 1, "{text}");
    ast.statements()[0].clone()
}

fn expr(text: &str) -> Expr {
    match stmt(text) {
        Stmt::Expr(expr) => *expr,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn bodies_are_reached_by_walking_a_copy_with_one_function() {
    let ast = compile("fn f(a) { a; a + 1 } fn f(a, b) { b } fn g() { f(1) }");
    let mut heads: Vec<(String, usize)> = ast.iter_functions().map(|f| (f.name.to_string(), f.params.len())).collect();
    heads.sort();
    assert_eq!(heads, [("f".to_string(), 1), ("f".to_string(), 2), ("g".to_string(), 0)]);
    let count = |name: &str, params: usize| {
        let mut only = ast.clone();
        only.clear_statements();
        only.retain_functions(|_, _, n, p| n == name && p == params);
        let mut stmts = 0;
        only.walk(&mut |path: &[ASTNode]| {
            stmts += usize::from(matches!(path, [ASTNode::Stmt(_)]));
            true
        });
        stmts
    };
    assert_eq!([count("f", 1), count("f", 2), count("g", 0)], [2, 1, 1]);
}

#[test]
fn chains_nest_to_the_right() {
    let Expr::Dot(first, flags, _) = expr("a.b.c") else { panic!() };
    assert!(matches!(first.lhs, Expr::Variable(..)) && flags.is_empty());
    let Expr::Dot(second, ..) = &first.rhs else { panic!() };
    assert!(matches!((&second.lhs, &second.rhs), (Expr::Property(..), Expr::Property(..))));

    let Expr::Dot(safe, flags, _) = expr("a?.b()") else { panic!() };
    assert!(matches!(safe.rhs, Expr::MethodCall(..)) && flags == ASTFlags::NEGATED);
}

#[test]
fn index_chains_carry_a_break() {
    let Expr::Index(outer, flags, _) = expr("a[0][1]") else { panic!() };
    assert!(flags.is_empty() && matches!(outer.lhs, Expr::Variable(..)));
    let Expr::Index(inner, flags, _) = &outer.rhs else { panic!() };
    assert!(matches!(inner.lhs, Expr::IntegerConstant(0, _)) && *flags == ASTFlags::BREAK);
}

#[test]
fn in_is_a_call_of_contains_with_the_sides_swapped() {
    let Expr::FnCall(call, _) = expr("x in y") else { panic!() };
    assert_eq!(call.name.as_str(), "contains");
    assert!(matches!(&call.args[0], Expr::Variable(v, ..) if v.1.as_str() == "y"));
    let Expr::FnCall(not, _) = expr("x !in y") else { panic!() };
    assert_eq!(not.name.as_str(), "!");
    assert!(matches!(&not.args[0], Expr::FnCall(inner, _) if inner.name.as_str() == "contains"));
}

#[test]
fn closures_are_pointers_curried_with_what_they_capture() {
    let Expr::DynamicConstant(pointer, _) = expr("|a| a") else { panic!() };
    let name = pointer.clone().try_cast::<FnPtr>().map(|p| p.fn_name().to_string());
    assert!(name.is_some_and(|n| n.starts_with("anon$")));

    let ast = compile("let x = 1; let f = |a| a + x;");
    let Stmt::Var(parts, ..) = &ast.statements()[1] else { panic!() };
    let Expr::Stmt(block) = &parts.1 else { panic!() };
    let [Stmt::Share(shared), Stmt::Expr(curry)] = block.statements() else { panic!("{block:?}") };
    assert_eq!(shared[0].0.as_str(), "x");
    assert!(matches!(&**curry, Expr::FnCall(call, _) if call.name.as_str() == "curry" && call.args.len() == 2));
    assert_eq!(ast.iter_functions().map(|f| f.params.len()).collect::<Vec<_>>(), [2]);
}

#[test]
fn values_that_are_blocks_are_wrapped_and_parentheses_are_dropped() {
    let Stmt::Var(parts, ..) = stmt("let x = if a { 1 } else if b { 2 };") else { panic!() };
    let Expr::Stmt(block) = &parts.1 else { panic!() };
    let [Stmt::If(flow, _)] = block.statements() else { panic!() };
    assert!(matches!(flow.branch.statements(), [Stmt::If(next, _)] if next.branch.is_empty()));

    let Expr::FnCall(sum, _) = expr("(a) + (b)") else { panic!() };
    assert!(matches!((&sum.args[0], &sum.args[1]), (Expr::Variable(..), Expr::Variable(..))));
    assert!(matches!(expr("a && (b && c)"), Expr::And(parts, _) if parts.len() == 3));
    assert!(matches!(expr("a ?? b ?? c"), Expr::Coalesce(parts, _) if parts.len() == 3));
}

#[test]
fn statements_that_end_with_a_brace_take_no_operator() {
    let ast = compile("if a { 1 } else { 2 } - 3");
    assert!(matches!(ast.statements(), [Stmt::If(..), Stmt::Expr(e)] if matches!(**e, Expr::IntegerConstant(-3, _))));
}

#[test]
fn signs_are_folded_and_large_whole_numbers_become_floats() {
    assert!(matches!(expr("-5"), Expr::IntegerConstant(-5, _)));
    assert!(matches!(expr("-9223372036854775808"), Expr::IntegerConstant(i64::MIN, _)));
    assert!(matches!(expr("9223372036854775808"), Expr::FloatConstant(..)));
    assert!(matches!(expr("-(-9223372036854775808)"), Expr::FloatConstant(..)));
    assert!(matches!(expr("0xFFFF_FFFF_FFFF_FFFF"), Expr::IntegerConstant(-1, _)));
    // A sign directly before the digit belongs to the number, with a blank it is an operation on the whole chain.
    assert!(matches!(expr("-5.abs()"), Expr::Dot(..)));
    assert!(matches!(expr("- 5.abs()"), Expr::FnCall(..)));
}

#[test]
fn switch_keeps_hashes_that_are_equal_for_equal_values() {
    let cases = |text: &str| match stmt(text) {
        Stmt::Switch(parts, _) => parts.1.clone(),
        other => panic!("{other:?}"),
    };
    let first = cases("switch x { 1 | \"a\" => 1, 2..5 if c => 2, _ => 3 }");
    let second = cases("switch y { \"a\" | 1 => 1, 2..5 if c => 2, _ => 3 }");
    assert_eq!((first.expressions.len(), first.cases.len(), first.ranges.len(), first.def_case), (3, 3, 1, Some(2)));
    let keys = |c: &rhai::SwitchCasesCollection| {
        let mut keys: Vec<u64> = c.cases.keys().copied().collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys(&first), keys(&second));
    assert_ne!(keys(&first), keys(&cases("switch x { 1 | \"b\" => 1, 2..5 if c => 2, _ => 3 }")));
    assert!(matches!(&first.expressions[0].rhs, Expr::Stmt(block) if block.len() == 1));
}

#[test]
fn texts_with_interpolation_hold_blocks() {
    let Expr::InterpolatedString(parts, _) = expr("`a${b}`") else { panic!() };
    assert!(matches!(&parts[0], Expr::StringConstant(text, _) if text == "a"));
    assert!(matches!(&parts[1], Expr::Stmt(block) if block.len() == 1));
}
