//! The spanned tree as a list of nodes, parents first.

use tierwright::rules::ast::{Arm, Block, Case, Expr, ExprKind, File, Name, NodeId, Stmt, StmtKind};
use tierwright::source::Span;

/// A node: how deep it stands, what it is, where.
pub struct Node {
    pub depth: usize,
    pub kind: String,
    pub span: Span,
    /// Of an expression its number.
    pub id: Option<NodeId>,
    /// Whether it is a part of an interpolation.
    pub is_part: bool,
    /// What the text at the place must be, where the node says it.
    pub text: Option<String>,
}

/// All nodes of a file.
pub fn nodes(file: &File) -> Vec<Node> {
    let mut walk = Walk { depth: 0, nodes: Vec::new() };
    for constant in &file.constants {
        walk.below("Constant", constant.name.span.to(constant.value.span), |w| {
            w.name(&constant.name);
            w.expr(&constant.value);
        });
    }
    for function in &file.functions {
        walk.below("Function", function.span, |w| {
            w.name(&function.name);
            function.params.iter().for_each(|p| w.name(p));
            w.block(&function.body);
        });
    }
    walk.nodes
}

struct Walk {
    depth: usize,
    nodes: Vec<Node>,
}

impl Walk {
    fn add(&mut self, kind: impl Into<String>, span: Span) {
        self.nodes.push(Node { depth: self.depth, kind: kind.into(), span, id: None, is_part: false, text: None });
    }

    fn says(&mut self, kind: &str, span: Span, text: &str) {
        self.add(kind, span);
        self.nodes.last_mut().unwrap().text = Some(text.to_owned());
    }

    fn below(&mut self, kind: impl Into<String>, span: Span, parts: impl FnOnce(&mut Walk)) {
        self.add(kind, span);
        self.depth += 1;
        parts(self);
        self.depth -= 1;
    }

    fn name(&mut self, name: &Name) {
        self.says("name", name.span, &name.text);
    }

    fn block(&mut self, block: &Block) {
        self.below("Block", block.span, |w| block.stmts.iter().for_each(|s| w.stmt(s)));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        if let StmtKind::Expr(e) = &stmt.kind {
            return self.expr(e);
        }
        self.below(word(&format!("{:?}", stmt.kind)), stmt.span, |w| match &stmt.kind {
            StmtKind::Let { name, value, .. } => {
                w.name(name);
                value.iter().for_each(|e| w.expr(e));
            }
            StmtKind::Assign { target, value, .. } => w.exprs([target, value]),
            StmtKind::Expr(e) => w.expr(e),
            StmtKind::For { variable, counter, iterable, body } => {
                w.name(variable);
                counter.iter().for_each(|n| w.name(n));
                w.expr(iterable);
                w.block(body);
            }
            StmtKind::While { condition, body } | StmtKind::DoWhile { condition, body, .. } => {
                w.expr(condition);
                w.block(body);
            }
            StmtKind::Loop { body } => w.block(body),
            StmtKind::Return(value) | StmtKind::Throw(value) => value.iter().for_each(|e| w.expr(e)),
            StmtKind::Break | StmtKind::Continue => {}
        });
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        exprs.into_iter().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, e: &Expr) {
        let place = self.nodes.len();
        self.below(word(&format!("{:?}", e.kind)), e.span, |w| w.parts(&e.kind));
        self.nodes[place].id = Some(e.id);
        let is_part = self.within("Interpolated", place);
        self.nodes[place].is_part = is_part;
        self.nodes[place].text = match &e.kind {
            ExprKind::Unit => Some("()".into()),
            ExprKind::Bool(b) => Some(b.to_string()),
            ExprKind::Int(n) => Some(n.to_string()),
            ExprKind::Text(text) if is_part => Some(text.clone()),
            ExprKind::Text(text) => Some(format!("{text:?}")),
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        };
    }

    /// Whether the node stands directly below one of this kind.
    fn within(&self, kind: &str, place: usize) -> bool {
        let depth = self.nodes[place].depth;
        self.nodes[..place].iter().rev().find(|n| n.depth < depth).is_some_and(|n| n.kind == kind)
    }

    fn parts(&mut self, kind: &ExprKind) {
        match kind {
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
            ExprKind::Binary { op, op_span, left, right } => {
                self.expr(left);
                self.says("operator", *op_span, op.text());
                self.expr(right);
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
        self.below("Arm", arm.span, |w| {
            for case in &arm.cases {
                match case {
                    Case::Value(e) => w.expr(e),
                    Case::Range { span, from, to, inclusive } => {
                        w.says("Range", *span, &format!("{from}..{}{to}", if *inclusive { "=" } else { "" }));
                    }
                }
            }
            arm.condition.iter().for_each(|e| w.expr(e));
            w.expr(&arm.value);
        });
    }
}

/// The name of a variant.
fn word(debug: &str) -> String {
    debug.chars().take_while(|c| c.is_alphabetic()).collect()
}
