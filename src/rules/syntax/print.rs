//! The tree as canonical text: one statement a line, parentheses around every operation.
//!
//! In: a tree. Out: text that Rhai reads as the same program. Must not know: places. Start at [`print`]. Texts with
//! interpolation are written with every part as an interpolation, so that no part depends on back-tick rules.

use crate::rules::ast::{Arm, Block, Case, Expr, ExprKind, File, Function, Name, Stmt, StmtKind};

/// The canonical text of a file: constants and functions in source order.
///
/// ```
/// use tierwright::rules::syntax::{parse, print};
/// use tierwright::source::FileId;
/// let (file, _) = parse(FileId(0), "const A = 1 + 2 * 3;");
/// assert_eq!(print(&file), "const A = (1 + (2 * 3));\n");
/// ```
pub fn print(file: &File) -> String {
    let mut printer = Printer { out: String::new(), indent: 0 };
    let mut functions = file.functions.iter().peekable();
    for constant in &file.constants {
        while let Some(function) = functions.next_if(|f| f.span.end <= constant.name.span.start && f.span.end > 0) {
            printer.function(function);
        }
        printer.push("const ");
        printer.push(&constant.name.text);
        printer.push(" = ");
        printer.operand(&constant.value);
        printer.push(";\n");
    }
    functions.for_each(|function| printer.function(function));
    printer.out
}

struct Printer {
    out: String,
    indent: usize,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.out.push('\n');
        // Deep blocks would make the text grow by the square of their depth.
        for _ in 0..self.indent.min(16) {
            self.out.push_str("    ");
        }
    }

    fn separated<T>(&mut self, items: &[T], separator: &str, mut each: impl FnMut(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.push(separator);
            }
            each(self, item);
        }
    }

    fn names(&mut self, names: &[Name]) {
        self.separated(names, ", ", |p, name| p.push(&name.text));
    }

    fn function(&mut self, function: &Function) {
        self.push("fn ");
        self.push(&function.name.text);
        self.push("(");
        self.names(&function.params);
        self.push(") ");
        self.block(&function.body);
        self.push("\n");
    }

    fn block(&mut self, block: &Block) {
        if block.stmts.is_empty() {
            return self.push("{ }");
        }
        self.push("{");
        self.indent += 1;
        for stmt in &block.stmts {
            self.line();
            self.stmt(stmt);
        }
        self.indent -= 1;
        self.line();
        self.push("}");
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) => return self.expr_stmt(expr),
            StmtKind::Let { name, value, constant } => {
                self.push(if *constant { "const " } else { "let " });
                self.push(&name.text);
                if let Some(value) = value {
                    self.push(" = ");
                    self.operand(value);
                }
            }
            StmtKind::Assign { target, op, value } => {
                self.operand(target);
                self.push(" ");
                self.push(op.map_or("", |op| op.text()));
                self.push("= ");
                self.operand(value);
            }
            StmtKind::While { condition, body } => return self.headed("while ", condition, body),
            StmtKind::Loop { body } => {
                self.push("loop ");
                return self.block(body);
            }
            StmtKind::DoWhile { body, condition, until } => {
                self.push("do ");
                self.block(body);
                self.push(if *until { " until " } else { " while " });
                self.operand(condition);
            }
            StmtKind::For { variable, counter, iterable, body } => {
                let head = match counter {
                    Some(counter) => format!("for ({}, {}) in ", variable.text, counter.text),
                    None => format!("for {} in ", variable.text),
                };
                return self.headed(&head, iterable, body);
            }
            StmtKind::Break => self.push("break"),
            StmtKind::Continue => self.push("continue"),
            StmtKind::Return(value) => self.leave("return", value.as_ref()),
            StmtKind::Throw(value) => self.leave("throw", value.as_ref()),
        }
        self.push(";");
    }

    fn leave(&mut self, word: &str, value: Option<&Expr>) {
        self.push(word);
        if let Some(value) = value {
            self.push(" ");
            self.operand(value);
        }
    }

    fn headed(&mut self, head: &str, condition: &Expr, body: &Block) {
        self.push(head);
        match &condition.kind {
            ExprKind::Range { from, to, inclusive } => self.bare_operation(from, range_text(*inclusive), to),
            _ => self.operand(condition),
        }
        self.push(" ");
        self.block(body);
    }

    fn expr_stmt(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::If { .. } => self.if_chain(expr),
            ExprKind::Switch { value, arms } => self.switch(value, arms),
            ExprKind::Block(block) => self.block(block),
            _ => {
                self.operand(expr);
                self.push(";");
            }
        }
    }

    /// An expression that can stand in any place: alone or in parentheses.
    fn operand(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Binary { op, left, right, .. } => self.operation(left, op.text(), right),
            ExprKind::And(left, right) => self.operation(left, "&&", right),
            ExprKind::Or(left, right) => self.operation(left, "||", right),
            ExprKind::Coalesce(left, right) => self.operation(left, "??", right),
            ExprKind::In { item, container, negated } => {
                self.operation(item, if *negated { "!in" } else { "in" }, container);
            }
            ExprKind::Range { from, to, inclusive } => self.operation(from, range_text(*inclusive), to),
            ExprKind::Negate(inner) => self.signed("-", inner),
            ExprKind::Not(inner) => self.signed("!", inner),
            ExprKind::Closure { params, body } => self.closure(params, body),
            ExprKind::If { .. } | ExprKind::Switch { .. } | ExprKind::Block(_) => {
                self.push("(");
                self.expr_stmt(expr);
                self.push(")");
            }
            ExprKind::Int(n) if *n < 0 => {
                self.push("(");
                self.out.push_str(&match *n {
                    i64::MIN => n.to_string(),
                    // A negative number that is one literal was written by its bits.
                    _ => format!("{n:#X}").replace("0X", "0x"),
                });
                self.push(")");
            }
            _ => self.primary(expr),
        }
    }

    fn operation(&mut self, left: &Expr, op: &str, right: &Expr) {
        self.push("(");
        self.bare_operation(left, op, right);
        self.push(")");
    }

    fn bare_operation(&mut self, left: &Expr, op: &str, right: &Expr) {
        self.operand(left);
        self.push(" ");
        self.push(op);
        self.push(" ");
        self.operand(right);
    }

    fn signed(&mut self, sign: &str, inner: &Expr) {
        self.push("(");
        self.push(sign);
        self.push("(");
        self.operand(inner);
        self.push("))");
    }

    fn closure(&mut self, params: &[Name], body: &Expr) {
        self.push("(|");
        self.names(params);
        self.push("| ");
        match &body.kind {
            ExprKind::Block(block) => self.block(block),
            _ => self.operand(body),
        }
        self.push(")");
    }

    /// Literals, names and what follows by `.`, `[` and `(`.
    fn primary(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Unit => self.push("()"),
            ExprKind::Bool(b) => self.push(if *b { "true" } else { "false" }),
            ExprKind::Int(n) => self.out.push_str(&n.to_string()),
            ExprKind::Float(x) => self.out.push_str(&format!("{x:?}")),
            ExprKind::Text(text) => self.text(text),
            ExprKind::Interpolated(parts) => self.interpolated(parts),
            ExprKind::Array(items) => self.list("[", items, "]"),
            ExprKind::Map(entries) => {
                self.push("#{");
                self.separated(entries, ", ", |p, (key, value)| {
                    p.text(&key.text);
                    p.push(": ");
                    p.operand(value);
                });
                self.push("}");
            }
            ExprKind::Name(name) => self.push(name),
            ExprKind::Field { base, name, safe } => {
                self.base(base);
                self.push(if *safe { "?." } else { "." });
                self.push(&name.text);
            }
            ExprKind::Index { base, index, safe } => {
                self.base(base);
                self.push(if *safe { "?[" } else { "[" });
                self.operand(index);
                self.push("]");
            }
            ExprKind::Call { name, args } => {
                self.push(&name.text);
                self.list("(", args, ")");
            }
            ExprKind::Method { base, name, args, safe } => {
                self.base(base);
                self.push(if *safe { "?." } else { "." });
                self.push(&name.text);
                self.list("(", args, ")");
            }
            _ => self.operand(expr),
        }
    }

    fn list(&mut self, open: &str, items: &[Expr], close: &str) {
        self.push(open);
        self.separated(items, ", ", |p, item| p.operand(item));
        self.push(close);
    }

    /// What stands before `.` or `[`. Numbers need parentheses, lest the point be read as theirs.
    fn base(&mut self, base: &Expr) {
        match &base.kind {
            ExprKind::Int(n) if *n >= 0 => {
                let text = format!("({n})");
                self.push(&text);
            }
            ExprKind::Float(_) | ExprKind::Unit | ExprKind::Bool(_) => {
                self.push("(");
                self.primary(base);
                self.push(")");
            }
            _ => self.operand(base),
        }
    }

    fn text(&mut self, text: &str) {
        self.push("\"");
        for c in text.chars() {
            match c {
                '"' => self.push("\\\""),
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                '\r' => self.push("\\r"),
                '\t' => self.push("\\t"),
                _ if c.is_ascii_control() => self.out.push_str(&format!("\\x{:02x}", u32::from(c))),
                _ => self.out.push(c),
            }
        }
        self.push("\"");
    }

    fn interpolated(&mut self, parts: &[Expr]) {
        self.push("`");
        for part in parts {
            self.push("$");
            match &part.kind {
                ExprKind::Block(block) if is_plain(block) => self.block(block),
                _ => {
                    self.push("{ ");
                    self.operand(part);
                    self.push(" }");
                }
            }
        }
        self.push("`");
    }

    fn if_chain(&mut self, expr: &Expr) {
        let mut expr = expr;
        while let ExprKind::If { condition, then, otherwise } = &expr.kind {
            self.headed("if ", condition, then);
            let Some(next) = otherwise else { return };
            self.push(" else ");
            expr = next;
        }
        match &expr.kind {
            ExprKind::Block(block) => self.block(block),
            _ => {
                self.push("{ ");
                self.operand(expr);
                self.push(" }");
            }
        }
    }

    fn switch(&mut self, value: &Expr, arms: &[Arm]) {
        self.push("switch ");
        self.operand(value);
        self.push(" {");
        self.indent += 1;
        for arm in arms {
            self.line();
            self.arm(arm);
        }
        self.indent -= 1;
        self.line();
        self.push("}");
    }

    fn arm(&mut self, arm: &Arm) {
        if arm.cases.is_empty() {
            self.push("_");
        }
        self.separated(&arm.cases, " | ", |p, case| p.case(case));
        if let Some(condition) = &arm.condition {
            self.push(" if ");
            self.operand(condition);
        }
        self.push(" => ");
        match &arm.value.kind {
            ExprKind::Block(block) => self.block(block),
            _ => self.operand(&arm.value),
        }
        self.push(",");
    }

    fn case(&mut self, case: &Case) {
        match case {
            Case::Range { from, to, inclusive, .. } => {
                self.out.push_str(&format!("{from}{}{to}", range_text(*inclusive)));
            }
            Case::Value(Expr { kind: ExprKind::Int(n), .. }) => self.out.push_str(&n.to_string()),
            Case::Value(expr) => self.primary(expr),
        }
    }
}

fn range_text(inclusive: bool) -> &'static str {
    if inclusive { "..=" } else { ".." }
}

/// Whether a block in an interpolation cannot be taken for a single expression.
fn is_plain(block: &Block) -> bool {
    !matches!(block.stmts.as_slice(), [Stmt { kind: StmtKind::Expr(_), .. }])
}
