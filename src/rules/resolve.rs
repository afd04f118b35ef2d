//! What each name of the rule files means.
//!
//! In: parsed rule files of one project. Out: [`Resolved`]: functions and constants of all files, and for each name that
//! stands for a value its [`Binding`]. Must not know: types, columns, parameters' values. All independent errors are
//! reported. Start at [`resolve`].

use super::ast::{Block, Case, Expr, ExprKind, File, Function, Name, NodeId, Stmt, StmtKind};
use super::builtin::{Builtin, ListMethod, Standing};
use crate::diag::{Diagnostic, ids};
use crate::source::Span;
use indexmap::IndexMap;
use std::collections::HashMap;

/// A variable: where it is declared (start of its name in its file) tells it apart.
pub type LocalAt = u32;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A variable or parameter of the function around it.
    Local(LocalAt),
    /// A top-level constant, by position in [`Resolved::constants`].
    Constant(usize),
    /// `P`.
    Parameters,
    /// `AS_OF`, `CYCLE_START`, `CYCLE_END`.
    Date(RunDate),
}

/// A date of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunDate {
    /// `AS_OF`: the exclusive end of what the run may know.
    AsOf,
    /// `CYCLE_START`: first day of the planning year.
    CycleStart,
    /// `CYCLE_END`: first day behind it.
    CycleEnd,
}

/// Where a function or constant stands: file, then position in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Position in the files given to [`resolve`].
    pub file: usize,
    /// Position in the file's functions or constants.
    pub item: usize,
}

/// Names of all files of a project.
#[derive(Debug)]
pub struct Resolved<'a> {
    /// The files, in the order given.
    pub files: &'a [File],
    /// Functions by name.
    pub functions: IndexMap<String, Place>,
    /// Constants by name.
    pub constants: IndexMap<String, Place>,
    /// Whether every name was found; where not, what has no type is reported already.
    pub complete: bool,
    names: HashMap<(usize, NodeId), Binding>,
}

impl<'a> Resolved<'a> {
    /// What the name at a node stands for; `None` where it was an error.
    pub fn binding(&self, file: usize, node: NodeId) -> Option<Binding> {
        self.names.get(&(file, node)).copied()
    }

    /// The names behind `P` where an expression is a chain of them, outermost first, and its inner parts, which are no chains of their own.
    pub fn parameter_chain(&self, file: usize, expr: &Expr) -> Option<(Vec<String>, Vec<NodeId>)> {
        let (base, name) = match &expr.kind {
            ExprKind::Name(_) => {
                let is_root = self.binding(file, expr.id) == Some(Binding::Parameters);
                return is_root.then(Default::default);
            }
            ExprKind::Field { base, name, .. } => (base, &name.text),
            ExprKind::Index { base, index, .. } => match &index.kind {
                ExprKind::Text(key) => (base, key),
                _ => return None,
            },
            _ => return None,
        };
        let (mut names, mut inner) = self.parameter_chain(file, base)?;
        inner.push(base.id);
        names.push(name.clone());
        Some((names, inner))
    }

    /// A function.
    pub fn function(&self, place: Place) -> &'a Function {
        &self.files[place.file].functions[place.item]
    }
}

/// Names that mean something everywhere and cannot be defined.
pub const GLOBALS: [&str; 4] = ["P", "AS_OF", "CYCLE_START", "CYCLE_END"];

fn is_function_of_ours(name: &str) -> bool {
    Builtin::find(name).is_some()
        || Standing::find(name).is_some()
        || ListMethod::find(name).is_some()
        || name == "push"
}

/// Resolves the names of all files of a project.
///
/// # Errors
/// `duplicate-name`, `unknown-name`, `unknown-function`, `arguments` (number), `assign`.
pub fn resolve(files: &[File]) -> (Resolved<'_>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let (functions, constants) = collect(files, &mut diagnostics);
    let mut resolved = Resolved { files, functions, constants, complete: true, names: HashMap::new() };
    for (index, file) in files.iter().enumerate() {
        for constant in &file.constants {
            let mut walker = Walker::new(&resolved, index);
            walker.expr(&constant.value);
            let (names, found) = walker.finish();
            resolved.names.extend(names);
            diagnostics.extend(found);
        }
        for function in &file.functions {
            let mut walker = Walker::new(&resolved, index);
            walker.function(function);
            let (names, found) = walker.finish();
            resolved.names.extend(names);
            diagnostics.extend(found);
        }
    }
    resolved.complete = !diagnostics.iter().any(Diagnostic::is_error);
    (resolved, diagnostics)
}

type Items = IndexMap<String, Place>;

fn collect(files: &[File], diagnostics: &mut Vec<Diagnostic>) -> (Items, Items) {
    let (mut functions, mut constants): (Items, Items) = (IndexMap::new(), IndexMap::new());
    for (file, tree) in files.iter().enumerate() {
        for (item, function) in tree.functions.iter().enumerate() {
            let name = &function.name;
            if is_function_of_ours(&name.text) {
                diagnostics.push(
                    Diagnostic::error(ids::DUPLICATE_NAME, format!("`{}` is a function of the language", name.text))
                        .at(name.span)
                        .help("give yours another name"),
                );
            }
            match functions.get(&name.text) {
                Some(first) => {
                    let first = files[first.file].functions[first.item].name.span;
                    diagnostics.push(twice("function", name, first));
                }
                None => {
                    functions.insert(name.text.clone(), Place { file, item });
                }
            }
        }
        for (item, constant) in tree.constants.iter().enumerate() {
            let name = &constant.name;
            if GLOBALS.contains(&name.text.as_str()) {
                diagnostics.push(reserved(name));
            }
            match constants.get(&name.text) {
                Some(first) => {
                    let first = files[first.file].constants[first.item].name.span;
                    diagnostics.push(twice("constant", name, first));
                }
                None => {
                    constants.insert(name.text.clone(), Place { file, item });
                }
            }
        }
    }
    (functions, constants)
}

fn twice(what: &str, name: &Name, first: Span) -> Diagnostic {
    Diagnostic::error(ids::DUPLICATE_NAME, format!("the {what} `{}` is defined twice", name.text))
        .at_with(name.span, "defined again here")
        .label(first, "first defined here")
        .help(format!("{what}s are seen in all rule files of the project: rename or remove one"))
}

fn reserved(name: &Name) -> Diagnostic {
    Diagnostic::error(ids::DUPLICATE_NAME, format!("`{}` always means the run's own", name.text))
        .at(name.span)
        .help("choose another name")
}

/// A name's node, in its file, with what it stands for.
type Bound = ((usize, NodeId), Binding);

struct Local {
    name: String,
    at: LocalAt,
    constant: bool,
    /// How many lambdas stand around its declaration.
    depth: usize,
}

struct Walker<'r, 'a> {
    resolved: &'r Resolved<'a>,
    file: usize,
    locals: Vec<Local>,
    depth: usize,
    customer: Option<LocalAt>,
    names: Vec<Bound>,
    diagnostics: Vec<Diagnostic>,
}

impl<'r, 'a> Walker<'r, 'a> {
    fn new(resolved: &'r Resolved<'a>, file: usize) -> Self {
        Walker {
            resolved,
            file,
            locals: Vec::new(),
            depth: 0,
            customer: None,
            names: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    fn finish(self) -> (Vec<Bound>, Vec<Diagnostic>) {
        (self.names, self.diagnostics)
    }

    fn function(&mut self, function: &Function) {
        for (i, param) in function.params.iter().enumerate() {
            if function.params[..i].contains(param) {
                self.diagnostics.push(
                    Diagnostic::error(ids::DUPLICATE_NAME, format!("two parameters are named `{}`", param.text))
                        .at(param.span),
                );
            }
            self.declare(param, false);
        }
        self.customer = function.params.first().filter(|p| p.text == "c").map(|p| p.span.start);
        self.block(&function.body);
    }

    fn declare(&mut self, name: &Name, constant: bool) {
        if GLOBALS.contains(&name.text.as_str()) {
            self.diagnostics.push(reserved(name));
        }
        self.locals.push(Local { name: name.text.clone(), at: name.span.start, constant, depth: self.depth });
    }

    fn block(&mut self, block: &Block) {
        let mark = self.locals.len();
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
        self.locals.truncate(mark);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let { name, value, constant } => {
                if let Some(value) = value {
                    self.expr(value);
                }
                self.declare(name, *constant);
            }
            StmtKind::Assign { target, value, .. } => {
                self.expr(value);
                self.target(target);
            }
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::While { condition, body } => {
                self.expr(condition);
                self.block(body);
            }
            StmtKind::Loop { body } => self.block(body),
            StmtKind::DoWhile { body, condition, .. } => {
                self.block(body);
                self.expr(condition);
            }
            StmtKind::For { variable, counter, iterable, body } => {
                self.expr(iterable);
                let mark = self.locals.len();
                self.declare(variable, false);
                if let Some(counter) = counter {
                    self.declare(counter, false);
                }
                self.block(body);
                self.locals.truncate(mark);
            }
            StmtKind::Break | StmtKind::Continue => {}
            StmtKind::Return(value) | StmtKind::Throw(value) => {
                if let Some(value) = value {
                    self.expr(value);
                }
            }
        }
    }

    /// The left side of an assignment: its root must be a variable of this function, outside no lambda, and not `c`.
    fn target(&mut self, target: &Expr) {
        let mut root = target;
        loop {
            match &root.kind {
                ExprKind::Field { base, .. } => root = base,
                ExprKind::Index { base, index, .. } => {
                    self.expr(index);
                    root = base;
                }
                _ => break,
            }
        }
        let ExprKind::Name(name) = &root.kind else {
            self.diagnostics.push(
                Diagnostic::error(ids::ASSIGN, "only a variable, or an entry of one, can be assigned to")
                    .at(target.span),
            );
            return;
        };
        self.expr(root);
        self.assignable(name, root.span);
    }

    fn assignable(&mut self, name: &str, span: Span) {
        let refuse = |message: String, help: &str| Diagnostic::error(ids::ASSIGN, message).at(span).help(help);
        match self.locals.iter().rev().find(|l| l.name == *name) {
            Some(local) if Some(local.at) == self.customer => self
                .diagnostics
                .push(refuse("the customer cannot be changed".into(), "return what is new as a column of this step")),
            Some(local) if local.constant => {
                self.diagnostics.push(refuse(format!("`{name}` is a constant"), "declare it with `let` to change it"));
            }
            Some(local) if local.depth < self.depth => self.diagnostics.push(refuse(
                format!("a lambda cannot change `{name}`, which is declared outside it"),
                "use a method such as `sum`, or a `for` loop",
            )),
            Some(_) => {}
            None if GLOBALS.contains(&name) || self.resolved.constants.contains_key(name) => {
                self.diagnostics.push(refuse(format!("`{name}` is a constant"), "copy it with `let` to change it"));
            }
            None => {}
        }
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Unit | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Text(_) => {}
            ExprKind::Name(name) => self.name(name, expr),
            ExprKind::Interpolated(parts) | ExprKind::Array(parts) => self.exprs(parts),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Field { base, .. } => self.expr(base),
            ExprKind::Index { base, index, .. } => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Call { name, args } => {
                self.call(name, args.len());
                self.exprs(args);
            }
            ExprKind::Method { base, name, args, .. } => {
                self.expr(base);
                self.method(name, base);
                self.exprs(args);
            }
            ExprKind::Closure { params, body } => {
                let mark = self.locals.len();
                self.depth += 1;
                for param in params {
                    self.declare(param, false);
                }
                self.expr(body);
                self.depth -= 1;
                self.locals.truncate(mark);
            }
            ExprKind::Negate(inner) | ExprKind::Not(inner) => self.expr(inner),
            ExprKind::Binary { .. } | ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Coalesce(..) => self.chain(expr),
            ExprKind::In { item, container, .. } => {
                self.expr(item);
                self.expr(container);
            }
            ExprKind::Range { from, to, .. } => {
                self.expr(from);
                self.expr(to);
            }
            ExprKind::If { .. } => self.if_chain(expr),
            ExprKind::Switch { value, arms } => {
                self.expr(value);
                for arm in arms {
                    for case in &arm.cases {
                        if let Case::Value(value) = case {
                            self.expr(value);
                        }
                    }
                    if let Some(condition) = &arm.condition {
                        self.expr(condition);
                    }
                    self.expr(&arm.value);
                }
            }
            ExprKind::Block(block) => self.block(block),
        }
    }

    /// Left-nested chains of operators, walked in a loop: a sum of thousands of terms is not deep.
    fn chain(&mut self, expr: &Expr) {
        let mut rights = Vec::new();
        let mut left = expr;
        while let ExprKind::Binary { left: l, right, .. }
        | ExprKind::And(l, right)
        | ExprKind::Or(l, right)
        | ExprKind::Coalesce(l, right) = &left.kind
        {
            rights.push(&**right);
            left = l;
        }
        self.expr(left);
        for right in rights.into_iter().rev() {
            self.expr(right);
        }
    }

    fn if_chain(&mut self, expr: &Expr) {
        let mut next = Some(expr);
        while let Some(current) = next.take() {
            match &current.kind {
                ExprKind::If { condition, then, otherwise } => {
                    self.expr(condition);
                    self.block(then);
                    next = otherwise.as_deref();
                }
                _ => self.expr(current),
            }
        }
    }

    fn map(&mut self, entries: &[(Name, Expr)]) {
        for (i, (key, value)) in entries.iter().enumerate() {
            if let Some((first, _)) = entries[..i].iter().find(|(k, _)| k == key) {
                self.diagnostics.push(twice("key", key, first.span));
            }
            self.expr(value);
        }
    }

    fn name(&mut self, name: &str, expr: &Expr) {
        let binding = match self.locals.iter().rev().find(|l| l.name == name) {
            Some(local) => Binding::Local(local.at),
            None => match name {
                "P" => Binding::Parameters,
                "AS_OF" => Binding::Date(RunDate::AsOf),
                "CYCLE_START" => Binding::Date(RunDate::CycleStart),
                "CYCLE_END" => Binding::Date(RunDate::CycleEnd),
                _ => match self.resolved.constants.get_index_of(name) {
                    Some(index) => Binding::Constant(index),
                    None => return self.unknown_name(name, expr.span),
                },
            },
        };
        self.names.push(((self.file, expr.id), binding));
    }

    fn unknown_name(&mut self, name: &str, span: Span) {
        let known: Vec<&str> = (self.locals.iter().map(|l| l.name.as_str()))
            .chain(self.resolved.constants.keys().map(String::as_str))
            .chain(GLOBALS)
            .collect();
        let mut found = Diagnostic::error(ids::UNKNOWN_NAME, format!("nothing is named `{name}` here"))
            .at(span)
            .did_you_mean(name, known);
        if is_function_of_ours(name) || self.resolved.functions.contains_key(name) {
            found = found.help(format!("`{name}` is a function: write `{name}(…)`"));
        } else if found.help.is_empty() && self.locals.iter().any(|l| l.name == "c") {
            found = found.help(format!("a column of the customer is `c.{name}`, a parameter `P.{name}`"));
        }
        self.diagnostics.push(found);
    }

    fn call(&mut self, name: &Name, given: usize) {
        if let Some(place) = self.resolved.functions.get(&name.text) {
            let function = self.resolved.function(*place);
            let wanted = function.params.len();
            if wanted != given {
                self.diagnostics.push(
                    Diagnostic::error(
                        ids::ARGUMENTS,
                        format!("`{}` takes {}, {given} given", name.text, count(wanted, "argument")),
                    )
                    .at(name.span)
                    .label(function.name.span, "defined here"),
                );
            }
        } else if !is_function_of_ours(&name.text) {
            let found = Diagnostic::error(ids::UNKNOWN_FUNCTION, format!("no function `{}`", name.text)).at(name.span);
            self.diagnostics.push(self.meant(name, found));
        }
    }

    fn method(&mut self, name: &Name, base: &Expr) {
        if is_function_of_ours(&name.text) {
            if name.text == "push" {
                match &base.kind {
                    ExprKind::Name(variable) => self.assignable(variable, base.span),
                    _ => self.diagnostics.push(
                        Diagnostic::error(ids::ASSIGN, "`push` needs a variable that holds a list").at(base.span),
                    ),
                }
            }
            return;
        }
        let mut found = Diagnostic::error(ids::UNKNOWN_FUNCTION, format!("no method `{}`", name.text)).at(name.span);
        if self.resolved.functions.contains_key(&name.text) {
            found = found.help(format!("functions of the rules are called as `{}(…)`", name.text));
        } else {
            found = self.meant(name, found);
        }
        self.diagnostics.push(found);
    }

    /// Says what an unknown function was meant for: one of the same name in other case, one that another language has, the nearest.
    fn meant(&self, name: &Name, found: Diagnostic) -> Diagnostic {
        let same = self.function_names().into_iter().any(|n| n.eq_ignore_ascii_case(&name.text));
        match super::foreign::help(&name.text).filter(|_| !same) {
            Some(help) => found.help(help),
            None => found.did_you_mean(&name.text, self.function_names()),
        }
    }

    fn function_names(&self) -> Vec<&'r str> {
        let ours = Builtin::ALL.iter().map(|(n, _)| *n).chain(["is_missing", "push"]);
        let ours = ours
            .chain(ListMethod::ALL.iter().map(|(n, _)| *n))
            .chain(Standing::names().map(|name| -> &'r str { name }));
        ours.chain(self.resolved.functions.keys().map(String::as_str)).collect()
    }
}

/// `1 argument`, `2 arguments`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
