//! Functions, their parameters, variables, constants and parameters of the project that nothing reads.
//!
//! In: the trees of all files with their names, the steps, `rules/parameters.yaml`. Out: `unused-…`. Must not know:
//! types. A name that begins with `_` is meant to be unused. In a function that no step calls nothing else is reported;
//! what it reads counts as read.

use super::Rules;
use crate::diag::{Diagnostic, Id, ids};
use crate::manifest::model::Parameter;
use crate::rules::ast::{Expr, ExprKind, Function, Name, NodeId, StmtKind};
use crate::rules::resolve::{Binding, LocalAt, Place, Resolved};
use crate::rules::rows;
use crate::rules::tree::{self, Node};
use crate::source::Span;
use indexmap::IndexMap;
use std::collections::HashSet;

/// What one function, or one constant, reads.
#[derive(Default)]
struct Reads {
    functions: Vec<Place>,
    constants: Vec<usize>,
    locals: HashSet<LocalAt>,
    /// Chains of names behind `P`.
    parameters: Vec<Vec<String>>,
}

/// Everything that nothing reads.
pub(super) fn find(rules: Rules<'_>) -> Vec<Diagnostic> {
    let resolved = rules.resolved;
    let all: IndexMap<Place, Reads> =
        resolved.functions.values().map(|p| (*p, function_reads(resolved, *p, resolved.function(*p)))).collect();
    let constants: Vec<Reads> = resolved.constants.values().map(|p| constant_reads(resolved, *p)).collect();
    let project = rules.project;
    let outlook = project.strategic.iter().filter_map(|plan| plan.outlook.as_ref());
    // Steps of one phase are no less used for being none of this run.
    let of_phases = project.planning.variants.iter().flat_map(|(_, variant)| variant.steps.iter().flatten());
    let named = project.steps.iter().chain(outlook).chain(of_phases);
    let steps: Vec<Place> = named.filter_map(|step| resolved.functions.get(&step.name).copied()).collect();
    let called = called(&all, &constants, &steps);
    let mut found = Vec::new();
    for (place, reads) in &all {
        let function = resolved.function(*place);
        if called.contains(place) {
            found.extend(locals(function, reads, steps.contains(place)));
        } else {
            found.push(unused_function(function));
        }
    }
    found.extend(unused_constants(resolved, &all, &constants));
    let of_manifests = rows::parameters(rules.project);
    let of_rules = all.values().chain(&constants).flat_map(|r| &r.parameters);
    let chains: Vec<&[String]> = of_rules.chain(&of_manifests).map(Vec::as_slice).collect();
    parameters(&rules.project.parameters.entries, &mut Vec::new(), &chains, &mut found);
    found
}

fn function_reads(resolved: &Resolved<'_>, place: Place, function: &Function) -> Reads {
    let mut reader = Reader { resolved, file: place.file, written: HashSet::new(), reads: Reads::default() };
    tree::block(&function.body, &mut |node| reader.see(node));
    reader.reads
}

fn constant_reads(resolved: &Resolved<'_>, place: Place) -> Reads {
    let mut reader = Reader { resolved, file: place.file, written: HashSet::new(), reads: Reads::default() };
    tree::expr(&resolved.files[place.file].constants[place.item].value, &mut |node| reader.see(node));
    reader.reads
}

struct Reader<'a> {
    resolved: &'a Resolved<'a>,
    file: usize,
    /// Names that are set where they stand, and inner parts of chains that count with the whole.
    written: HashSet<NodeId>,
    reads: Reads,
}

impl Reader<'_> {
    fn see(&mut self, node: Node<'_>) {
        match node {
            Node::Stmt(stmt) => match &stmt.kind {
                StmtKind::Assign { target, .. } => self.sets(target),
                StmtKind::Expr(Expr { kind: ExprKind::Method { base, name, .. }, .. }) if name.text == "push" => {
                    self.sets(base);
                }
                _ => {}
            },
            Node::Expr(expr) if !self.written.contains(&expr.id) => self.reads(expr),
            _ => {}
        }
    }

    fn sets(&mut self, target: &Expr) {
        let mut root = target;
        while let ExprKind::Field { base, .. } | ExprKind::Index { base, .. } = &root.kind {
            root = base;
        }
        self.written.insert(root.id);
    }

    fn reads(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Call { name, .. } => self.reads.functions.extend(self.resolved.functions.get(&name.text)),
            ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Index { .. } => {
                if let Some((chain, inner)) = self.resolved.parameter_chain(self.file, expr) {
                    self.written.extend(inner);
                    self.reads.parameters.push(chain);
                    return;
                }
                match self.resolved.binding(self.file, expr.id) {
                    Some(Binding::Local(at)) => {
                        self.reads.locals.insert(at);
                    }
                    Some(Binding::Constant(index)) => self.reads.constants.push(index),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// Functions that a step calls, itself or through others and through constants.
fn called(all: &IndexMap<Place, Reads>, constants: &[Reads], steps: &[Place]) -> HashSet<Place> {
    let (mut seen, mut open): (HashSet<Place>, Vec<Place>) = (steps.iter().copied().collect(), steps.to_vec());
    while let Some(place) = open.pop() {
        let Some(reads) = all.get(&place) else { continue };
        let mut next = reads.functions.clone();
        let (mut through, mut done) = (reads.constants.clone(), HashSet::new());
        while let Some(index) = through.pop() {
            if let Some(constant) = constants.get(index).filter(|_| done.insert(index)) {
                next.extend(&constant.functions);
                through.extend(&constant.constants);
            }
        }
        open.extend(next.into_iter().filter(|p| seen.insert(*p)));
    }
    seen
}

fn unused_function(function: &Function) -> Diagnostic {
    let message = format!("no step calls the function `{}`", function.name.text);
    warning(ids::UNUSED_FUNCTION, message, function.name.span)
        .help("call it, enter its step under `steps:` of tierwright.yaml, or remove it")
}

fn locals(function: &Function, reads: &Reads, step: bool) -> Vec<Diagnostic> {
    let unread = |name: &Name| !name.text.starts_with('_') && !reads.locals.contains(&name.span.start);
    let mut found = Vec::new();
    for param in function.params.iter().filter(|p| !step && unread(p)) {
        let message = format!("`{}` never reads its parameter `{}`", function.name.text, param.text);
        let help = format!("take it out of the function and its calls, or name it `_{}`", param.text);
        found.push(warning(ids::UNUSED_ARGUMENT, message, param.span).help(help));
    }
    let (mut set, mut declared) = (HashSet::new(), Vec::new());
    tree::block(&function.body, &mut |node| {
        if let Node::Stmt(stmt) = node {
            match &stmt.kind {
                StmtKind::Let { name, .. } if unread(name) => declared.push(name),
                StmtKind::Assign { target: Expr { kind: ExprKind::Name(name), .. }, .. } => {
                    set.insert(name.as_str());
                }
                _ => {}
            }
        }
    });
    for name in declared {
        let often = if set.contains(name.text.as_str()) { "is set and never read" } else { "is never read" };
        let message = format!("the variable `{}` {often}", name.text);
        let help = format!("use it or remove it; if it should stay, name it `_{}`", name.text);
        found.push(warning(ids::UNUSED_VARIABLE, message, name.span).help(help));
    }
    found
}

fn unused_constants(resolved: &Resolved<'_>, all: &IndexMap<Place, Reads>, constants: &[Reads]) -> Vec<Diagnostic> {
    let read: HashSet<usize> = all.values().chain(constants).flat_map(|r| r.constants.iter().copied()).collect();
    let unread =
        resolved.constants.iter().enumerate().filter(|(i, (name, _))| !read.contains(i) && !name.starts_with('_'));
    unread
        .map(|(_, (name, place))| {
            let span = resolved.files[place.file].constants[place.item].name.span;
            let message = format!("no rule reads the constant `{name}`");
            warning(ids::UNUSED_CONSTANT, message, span).help("use it or remove it")
        })
        .collect()
}

/// Reports parameters that no chain reads; a group of which nothing is read once. Gives whether any is read.
fn parameters(
    entries: &IndexMap<String, Parameter>,
    path: &mut Vec<String>,
    chains: &[&[String]],
    found: &mut Vec<Diagnostic>,
) -> bool {
    let mut any = false;
    for (name, parameter) in entries {
        path.push(name.clone());
        let (read, span, what) = match parameter {
            Parameter::Leaf(leaf) => (reads(chains, path), leaf.span, "the parameter"),
            Parameter::Table(table) => (reads(chains, path), table.span, "the table"),
            Parameter::Group { entries, span, .. } => {
                let mark = found.len();
                let read = parameters(entries, path, chains, found) || entries.is_empty();
                if !read {
                    found.truncate(mark);
                }
                (read, *span, "any parameter of the group")
            }
        };
        if !read {
            found.push(unused_parameter(what, &path.join("."), span));
        }
        any |= read;
        path.pop();
    }
    any
}

/// Whether a chain is this path, goes through it, or names a group that holds it.
fn reads(chains: &[&[String]], path: &[String]) -> bool {
    chains.iter().any(|chain| chain.iter().zip(path).all(|(a, b)| a == b))
}

fn unused_parameter(what: &str, path: &str, span: Span) -> Diagnostic {
    let message = format!("no rule reads {what} `P.{path}`");
    let id = ids::UNUSED_PARAMETER;
    Diagnostic::warning(id, message)
        .at(span)
        .help(format!("read it in a rule or remove it; to keep it, end its line with `# allow: {}`", id.name()))
}

fn warning(id: Id, message: String, span: Span) -> Diagnostic {
    Diagnostic::warning(id, message).at(span)
}
