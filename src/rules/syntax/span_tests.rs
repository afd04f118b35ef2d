//! Where the parts of a tree stand in its text.

use super::parse;
use crate::rules::ast::{Arm, Block, Case, Expr, ExprKind, Name, Stmt, StmtKind};
use crate::source::{FileId, Span};

/// Collects `kind: text` of every node, parents first.
struct Spans<'a> {
    text: &'a str,
    out: Vec<String>,
}

impl Spans<'_> {
    fn add(&mut self, kind: &str, span: Span) {
        let text = &self.text[span.range()];
        self.out.push(format!("{kind}: {text}"));
    }

    fn name(&mut self, name: &Name) {
        self.add("name", name.span);
    }

    fn block(&mut self, block: &Block) {
        self.add("block", block.span);
        block.stmts.iter().for_each(|s| self.stmt(s));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.add("stmt", stmt.span);
        match &stmt.kind {
            StmtKind::Let { name, value, .. } => {
                self.name(name);
                value.iter().for_each(|e| self.expr(e));
            }
            StmtKind::Assign { target, value, .. } => self.exprs([target, value]),
            StmtKind::Expr(e) => self.expr(e),
            StmtKind::For { variable, counter, iterable, body } => {
                self.name(variable);
                counter.iter().for_each(|n| self.name(n));
                self.expr(iterable);
                self.block(body);
            }
            StmtKind::While { condition, body } | StmtKind::DoWhile { condition, body, .. } => {
                self.expr(condition);
                self.block(body);
            }
            StmtKind::Loop { body } => self.block(body),
            StmtKind::Return(value) | StmtKind::Throw(value) => value.iter().for_each(|e| self.expr(e)),
            StmtKind::Break | StmtKind::Continue => {}
        }
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        exprs.into_iter().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, expr: &Expr) {
        let kind = format!("{:?}", expr.kind);
        let kind: String = kind.chars().take_while(|c| c.is_alphabetic()).collect();
        self.add(&kind, expr.span);
        match &expr.kind {
            ExprKind::Unit | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Text(_) => {}
            ExprKind::Name(_) => {}
            ExprKind::Interpolated(parts) | ExprKind::Array(parts) => self.exprs(parts),
            ExprKind::Map(entries) => entries.iter().for_each(|(key, value)| {
                self.name(key);
                self.expr(value);
            }),
            ExprKind::Field { base, name, .. } => {
                self.expr(base);
                self.name(name);
            }
            ExprKind::Index { base, index, .. } => self.exprs([&**base, index]),
            ExprKind::Call { name, args } => {
                self.name(name);
                self.exprs(args);
            }
            ExprKind::Method { base, name, args, .. } => {
                self.expr(base);
                self.name(name);
                self.exprs(args);
            }
            ExprKind::Closure { params, body } => {
                params.iter().for_each(|n| self.name(n));
                self.expr(body);
            }
            ExprKind::Negate(e) | ExprKind::Not(e) => self.expr(e),
            ExprKind::Binary { op_span, left, right, .. } => {
                self.add("op", *op_span);
                self.exprs([&**left, right]);
            }
            ExprKind::And(a, b) | ExprKind::Or(a, b) | ExprKind::Coalesce(a, b) => self.exprs([&**a, b]),
            ExprKind::In { item: a, container: b, .. } | ExprKind::Range { from: a, to: b, .. } => {
                self.exprs([&**a, b])
            }
            ExprKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.block(then);
                otherwise.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Switch { value, arms } => {
                self.expr(value);
                arms.iter().for_each(|arm| self.arm(arm));
            }
            ExprKind::Block(block) => self.block(block),
        }
    }

    fn arm(&mut self, arm: &Arm) {
        self.add("arm", arm.span);
        for case in &arm.cases {
            match case {
                Case::Value(e) => self.expr(e),
                Case::Range { span, .. } => self.add("range", *span),
            }
        }
        arm.condition.iter().for_each(|e| self.expr(e));
        self.expr(&arm.value);
    }
}

/// The nodes of the body of `fn 甲(客) { … }`, without its block.
fn spans(body: &str) -> Vec<String> {
    let text = format!("fn 甲(客) {{ {body} }}");
    let (file, findings) = parse(FileId(0), &text);
    assert_eq!(findings, []);
    let function = &file.functions[0];
    assert_eq!(&text[function.span.range()], text);
    assert_eq!(&text[function.name.span.range()], "甲");
    assert_eq!(&text[function.params[0].span.range()], "客");
    let mut spans = Spans { text: &text, out: Vec::new() };
    spans.block(&function.body);
    spans.out.split_off(1)
}

#[test]
fn operations_hold_the_parentheses_of_their_operands() {
    assert_eq!(
        spans("( (客.收入 + 1) ) * -2.5 /* 注 */;"),
        [
            "stmt: ( (客.收入 + 1) ) * -2.5",
            "Binary: ( (客.收入 + 1) ) * -2.5",
            "op: *",
            "Binary: 客.收入 + 1",
            "op: +",
            "Field: 客.收入",
            "Name: 客",
            "name: 收入",
            "Int: 1",
            "Negate: -2.5",
            "Float: 2.5",
        ]
    );
    assert_eq!(
        spans("(a && !b) ?? (c in [1, \"甲\"])"),
        [
            "stmt: (a && !b) ?? (c in [1, \"甲\"])",
            "Coalesce: (a && !b) ?? (c in [1, \"甲\"])",
            "And: a && !b",
            "Name: a",
            "Not: !b",
            "Name: b",
            "In: c in [1, \"甲\"]",
            "Name: c",
            "Array: [1, \"甲\"]",
            "Int: 1",
            "Text: \"甲\"",
        ]
    );
}

#[test]
fn chains_calls_and_closures() {
    assert_eq!(
        spans("客.订单.filter(|单| { 单.额 > 0 })[0]?.额"),
        [
            "stmt: 客.订单.filter(|单| { 单.额 > 0 })[0]?.额",
            "Field: 客.订单.filter(|单| { 单.额 > 0 })[0]?.额",
            "Index: 客.订单.filter(|单| { 单.额 > 0 })[0]",
            "Method: 客.订单.filter(|单| { 单.额 > 0 })",
            "Field: 客.订单",
            "Name: 客",
            "name: 订单",
            "name: filter",
            "Closure: |单| { 单.额 > 0 }",
            "name: 单",
            "Block: { 单.额 > 0 }",
            "block: { 单.额 > 0 }",
            "stmt: 单.额 > 0",
            "Binary: 单.额 > 0",
            "op: >",
            "Field: 单.额",
            "Name: 单",
            "name: 额",
            "Int: 0",
            "Int: 0",
            "name: 额",
        ]
    );
    assert_eq!(
        spans("f((1), `甲${乙}丙`, #{\"键\": ()})"),
        [
            "stmt: f((1), `甲${乙}丙`, #{\"键\": ()})",
            "Call: f((1), `甲${乙}丙`, #{\"键\": ()})",
            "name: f",
            "Int: 1",
            "Interpolated: `甲${乙}丙`",
            "Text: 甲",
            "Name: 乙",
            "Text: 丙",
            "Map: #{\"键\": ()}",
            "name: \"键\"",
            "Unit: ()",
        ]
    );
}

#[test]
fn branches_and_statements() {
    assert_eq!(
        spans("let 值 = if a { 1 } else if b { 2 } else { 3 };"),
        [
            "stmt: let 值 = if a { 1 } else if b { 2 } else { 3 }",
            "name: 值",
            "If: if a { 1 } else if b { 2 } else { 3 }",
            "Name: a",
            "block: { 1 }",
            "stmt: 1",
            "Int: 1",
            "If: if b { 2 } else { 3 }",
            "Name: b",
            "block: { 2 }",
            "stmt: 2",
            "Int: 2",
            "Block: { 3 }",
            "block: { 3 }",
            "stmt: 3",
            "Int: 3",
        ]
    );
    assert_eq!(
        spans("switch 客 { \"战略\" | -1 => 1, 2..=5 if a => { 2 } _ => throw \"坏\", }"),
        [
            "stmt: switch 客 { \"战略\" | -1 => 1, 2..=5 if a => { 2 } _ => throw \"坏\", }",
            "Switch: switch 客 { \"战略\" | -1 => 1, 2..=5 if a => { 2 } _ => throw \"坏\", }",
            "Name: 客",
            "arm: \"战略\" | -1 => 1",
            "Text: \"战略\"",
            "Int: -1",
            "Int: 1",
            "arm: 2..=5 if a => { 2 }",
            "range: 2..=5",
            "Name: a",
            "Block: { 2 }",
            "block: { 2 }",
            "stmt: 2",
            "Int: 2",
            "arm: _ => throw \"坏\"",
            "Block: throw \"坏\"",
            "block: throw \"坏\"",
            "stmt: throw \"坏\"",
            "Text: \"坏\"",
        ]
    );
    assert_eq!(
        spans("for (单, 序) in 客.单 { 和 += 单; } while a { break; } return 和;"),
        [
            "stmt: for (单, 序) in 客.单 { 和 += 单; }",
            "name: 单",
            "name: 序",
            "Field: 客.单",
            "Name: 客",
            "name: 单",
            "block: { 和 += 单; }",
            "stmt: 和 += 单",
            "Name: 和",
            "Name: 单",
            "stmt: while a { break; }",
            "Name: a",
            "block: { break; }",
            "stmt: break",
            "stmt: return 和",
            "Name: 和",
        ]
    );
}

#[test]
fn node_numbers_are_unique_and_below_the_count() {
    let (file, _) = parse(FileId(0), "fn f(c) { let x = c.a + -2 * [1, 2][0]; switch x { 1..2 => `a${x}`, _ => x } }");
    let mut ids = Vec::new();
    let printed = format!("{file:?}");
    for piece in printed.split("Expr { id: ").skip(1) {
        ids.push(piece.split(',').next().unwrap().parse::<u32>().unwrap());
    }
    let count = ids.len();
    assert!(count > 12);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(ids.iter().all(|id| *id < file.nodes));
}
