//! Rhai's program as text without places, for comparison.
//!
//! In: a compiled program. Out: text that is equal for programs that do the same thing in the same way. Must not know: our
//! tree. Start at [`outline`]. tests/it/rhai_shape.rs pins the shapes that this relies on.
//!
//! Left out, because our tree does not tell it apart and it changes nothing: a block of one expression is that
//! expression. Rhai names a closure by a hash of its places; here its body stands in place of its name. Function bodies
//! are not exported, so they are reached by walking a copy that holds one function.

use rhai::{AST, ASTFlags, ASTNode, BinaryExpr, Expr, FlowControl, FnCallExpr, FnPtr, Stmt, StmtBlock};
use rhai::{Dynamic, FnAccess, SwitchCasesCollection};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// Marks the name of a closure until its body is put in. No literal holds it: those are written with escapes.
const MARK: char = '\u{1}';

/// The prefix of the names that Rhai gives to closures.
const ANONYMOUS: &str = "anon$";

/// The program: its top-level statements, then its functions by name.
pub(super) fn outline(ast: &AST) -> String {
    let (mut named, mut closures) = (BTreeMap::new(), HashMap::new());
    for (key, text) in functions(ast) {
        if key.0.starts_with(ANONYMOUS) {
            closures.insert(key.0, text)
        } else {
            named.insert(key, text)
        };
    }
    let mut top = ast.clone();
    top.clear_functions();
    let mut out = String::new();
    fill(&statements(&top), &closures, &mut out);
    for ((name, _), text) in &named {
        let _ = write!(out, "\n(fn {name} ");
        fill(text, &closures, &mut out);
        out.push(')');
    }
    out
}

/// Copies `text`, with closures' bodies for their names.
fn fill(text: &str, closures: &HashMap<String, String>, out: &mut String) {
    for (i, piece) in text.split(MARK).enumerate() {
        match closures.get(piece).filter(|_| i % 2 == 1) {
            Some(body) => fill(body, closures, out),
            None => out.push_str(piece),
        }
    }
}

/// A function's name and number of parameters.
type Key = (String, usize);

/// Every function with its parameters and body.
fn functions(ast: &AST) -> Vec<(Key, String)> {
    let heads: Vec<(Key, String)> = ast
        .iter_functions()
        .map(|f| {
            let access = if f.access == FnAccess::Private { "private " } else { "" };
            ((f.name.to_string(), f.params.len()), format!("{access}|{}|", f.params.join(",")))
        })
        .collect();
    let keys: Vec<&Key> = heads.iter().map(|(key, _)| key).collect();
    let mut bodies = HashMap::new();
    let mut only = ast.clone();
    only.clear_statements();
    split(only, &keys, &mut bodies);
    heads.into_iter().map(|(key, head)| (key.clone(), head + bodies.get(&key).map_or("", |b| b))).collect()
}

/// Halves the program until one function is left; one by one would take a square of time.
fn split(ast: AST, keys: &[&Key], bodies: &mut HashMap<Key, String>) {
    match keys {
        [] => {}
        [key] => {
            bodies.insert((*key).clone(), statements(&ast));
        }
        _ => {
            for half in [&keys[..keys.len() / 2], &keys[keys.len() / 2..]] {
                let mut part = ast.clone();
                let set: std::collections::HashSet<(&str, usize)> = half.iter().map(|k| (k.0.as_str(), k.1)).collect();
                part.retain_functions(|_, _, name, params| set.contains(&(name, params)));
                split(part, half, bodies);
            }
        }
    }
}

/// All statements at the top of a program that holds only statements, or only one function. Where that is one block, its
/// own statements: `|o| { … }` and `|o| ({ … })` are the same.
fn statements(ast: &AST) -> String {
    let mut writer = Writer { out: String::new() };
    let mut count = 0;
    top_statements(ast, &mut |_| count += 1);
    top_statements(ast, &mut |stmt| writer.body(stmt, count == 1));
    writer.out
}

fn top_statements(ast: &AST, see: &mut dyn FnMut(&Stmt)) {
    ast.walk(&mut |path: &[ASTNode]| {
        if let [ASTNode::Stmt(stmt)] = path {
            see(stmt);
        }
        // The walk goes on to the children whatever is answered; they are passed over by the length of their path.
        true
    });
}

struct Writer {
    out: String,
}

impl Writer {
    fn word(&mut self, text: &str) {
        self.out.push(' ');
        self.out.push_str(text);
    }

    fn group(&mut self, head: &str, f: impl FnOnce(&mut Self)) {
        self.out.push('(');
        self.out.push_str(head);
        f(self);
        self.out.push(')');
    }

    /// A statement of a function; where it is the only one and a block, what stands in that.
    fn body(&mut self, stmt: &Stmt, only: bool) {
        let inside = match stmt {
            Stmt::Block(block) => Some(block.statements()),
            Stmt::Expr(expr) => match &**expr {
                Expr::Stmt(block) => Some(block.statements()),
                _ => None,
            },
            _ => None,
        };
        match inside.filter(|_| only) {
            Some(stmts) => stmts.iter().for_each(|s| self.body(s, stmts.len() == 1)),
            None => self.stmt(stmt),
        }
    }

    fn block(&mut self, head: &str, stmts: &[Stmt]) {
        self.group(head, |w| stmts.iter().for_each(|s| w.stmt(s)));
    }

    /// A block that is a value: its only expression, or the block.
    fn value(&mut self, block: &StmtBlock) {
        match block.statements() {
            [stmt @ (Stmt::Expr(_) | Stmt::FnCall(..) | Stmt::If(..) | Stmt::Switch(..) | Stmt::Block(_))] => {
                self.stmt(stmt);
            }
            stmts => self.block("block", stmts),
        }
    }

    fn flow(&mut self, head: &str, flow: &FlowControl) {
        self.group(head, |w| {
            w.expr(&flow.expr);
            w.block("then", flow.body.statements());
            if !flow.branch.is_empty() {
                w.block("else", flow.branch.statements());
            }
        });
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Noop(_) => {}
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::FnCall(call, _) => self.call("call", call),
            Stmt::Block(block) => self.value(block),
            Stmt::If(flow, _) => self.flow("if", flow),
            Stmt::While(flow, _) => self.flow("while", flow),
            Stmt::Do(flow, flags, _) => {
                self.flow(if flags.contains(ASTFlags::NEGATED) { "do-until" } else { "do-while" }, flow)
            }
            Stmt::For(parts, _) => {
                let (name, counter, flow) = &**parts;
                let counter = counter.as_ref().map_or("-", |c| c.as_str());
                self.flow(&format!("for {} {counter}", name.as_str()), flow);
            }
            Stmt::Switch(parts, _) => self.switch(&parts.0, &parts.1),
            Stmt::Var(parts, flags, _) => {
                let word = if flags.contains(ASTFlags::CONSTANT) { "const" } else { "let" };
                self.group(&format!("{word} {} {flags:?}", parts.0.as_str()), |w| w.expr(&parts.1));
            }
            Stmt::Assignment(parts) => {
                let op = parts.0.get_op_assignment_info().map_or("=", |info| info.3);
                self.binary(&format!("assign {op}"), &parts.1);
            }
            Stmt::BreakLoop(value, flags, _) => self.leave("leave-loop", *flags, value.as_deref()),
            Stmt::Return(value, flags, _) => self.leave("leave-function", *flags, value.as_deref()),
            Stmt::Share(names) => {
                self.group("share", |w| names.iter().for_each(|(name, _)| w.word(name.as_str())));
            }
            // What the dialect leaves out, and what a later Rhai may add: written in full, so that it never passes.
            other => self.group("other", |w| w.word(&format!("{other:?}"))),
        }
    }

    fn leave(&mut self, head: &str, flags: ASTFlags, value: Option<&Expr>) {
        self.group(&format!("{head} {flags:?}"), |w| {
            if let Some(value) = value {
                w.expr(value);
            }
        });
    }

    fn binary(&mut self, head: &str, pair: &BinaryExpr) {
        self.group(head, |w| {
            w.expr(&pair.lhs);
            w.expr(&pair.rhs);
        });
    }

    fn exprs<'a>(&mut self, head: &str, exprs: impl IntoIterator<Item = &'a Expr>) {
        self.group(head, |w| exprs.into_iter().for_each(|e| w.expr(e)));
    }

    fn call(&mut self, head: &str, call: &FnCallExpr) {
        let scope = if call.capture_parent_scope { "!" } else { "" };
        let namespace = if call.namespace.is_empty() { String::new() } else { format!("{}::", call.namespace) };
        let op = call.op_token.is_some();
        self.exprs(&format!("{head} {namespace}{}{scope} {op}", call.name), call.args.iter());
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Unit(_) => self.word("()"),
            Expr::BoolConstant(value, _) => self.word(&value.to_string()),
            Expr::IntegerConstant(value, _) => self.word(&value.to_string()),
            Expr::FloatConstant(value, _) => self.word(&format!("float:{:x}", value.to_bits())),
            Expr::CharConstant(value, _) => self.word(&format!("char:{value:?}")),
            Expr::StringConstant(value, _) => self.word(&format!("{:?}", value.as_str())),
            Expr::DynamicConstant(value, _) => self.dynamic(value),
            Expr::InterpolatedString(parts, _) => self.exprs("text", parts.iter()),
            Expr::Array(items, _) => self.exprs("list", items.iter()),
            Expr::Map(entries, _) => self.group("map", |w| {
                for (key, value) in &entries.0 {
                    w.word(&format!("{:?}:", key.as_str()));
                    w.expr(value);
                }
            }),
            Expr::ThisPtr(_) => self.word("this"),
            Expr::Variable(parts, ..) => {
                let namespace = if parts.2.is_empty() { String::new() } else { format!("{}::", parts.2) };
                self.word(&format!("${namespace}{}", parts.1));
            }
            Expr::Property(parts, _) => self.word(&format!(".{}", parts.2)),
            Expr::MethodCall(call, _) => self.call("method", call),
            Expr::FnCall(call, _) => self.call("call", call),
            Expr::Stmt(block) => self.value(block),
            Expr::Dot(pair, flags, _) => self.binary(&format!("dot {flags:?}"), pair),
            Expr::Index(pair, flags, _) => self.binary(&format!("index {flags:?}"), pair),
            Expr::And(parts, _) => self.exprs("and", parts.iter()),
            Expr::Or(parts, _) => self.exprs("or", parts.iter()),
            Expr::Coalesce(parts, _) => self.exprs("coalesce", parts.iter()),
            other => self.group("other", |w| w.word(&format!("{other:?}"))),
        }
    }

    /// A constant without a literal of its own: the pointer to a closure.
    fn dynamic(&mut self, value: &Dynamic) {
        match value.clone().try_cast::<FnPtr>() {
            Some(pointer) if pointer.fn_name().starts_with(ANONYMOUS) => {
                let _ = write!(self.out, "(closure {MARK}{}{MARK})", pointer.fn_name());
            }
            _ => self.word(&format!("constant:{value:?}")),
        }
    }

    /// Cases are hashes of their values, which are equal for equal values within one process.
    fn switch(&mut self, value: &Expr, cases: &SwitchCasesCollection) {
        self.group("switch", |w| {
            w.expr(value);
            for arm in &cases.expressions {
                w.binary("arm", arm);
            }
            let hashes: BTreeMap<&u64, String> =
                cases.cases.iter().map(|(hash, case)| (hash, format!("{:?}", case.blocks))).collect();
            w.word(&format!("{hashes:?} {:?} {:?}", cases.ranges, cases.def_case));
        });
    }
}
