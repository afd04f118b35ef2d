//! Types of a step: resolved tree in, typed program out.
//!
//! In: resolved rule files, the schema, parameters, the run's dates. Out: a [`Program`] for one step and its diagnostics;
//! a program only where there is no error. Must not know: engines, data. Types follow the flow: a variable's type is that
//! of its last assignment, joined where branches meet; tests for `()` narrow. Functions are checked once for each
//! combination of argument types. Start at [`typecheck`], then `expr.rs`.

mod access;
mod assign;
mod branch;
mod call;
mod can_fail;
mod chain;
mod expr;
mod flow;
mod list;
mod literal;
mod model;
mod operators;
mod population;
mod stmt;
#[cfg(test)]
mod tests;

use super::ast;
use super::resolve::{LocalAt, Place, Resolved};
use super::schema::{Schema, column_type};
use super::tree;
use super::typed::{Block, Expr, ExprKind, Instance, InstanceId, LocalId, Output, Population, Program, StmtKind};
use super::types::{Kind, Type, Unlike};
use super::walk;
use crate::diag::{Diagnostic, Id, ids};
use crate::manifest::model::{ParameterTable, Parameters};
use crate::manifest::name_fault;
use crate::source::{SourceMap, Span};
use flow::State;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Dates of a run, in days since 1970-01-01; the ends are exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunDates {
    /// `AS_OF`
    pub as_of: i32,
    /// `CYCLE_START`
    pub cycle_start: i32,
    /// `CYCLE_END`
    pub cycle_end: i32,
}

/// What rules are checked against.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// Tables, with the columns of the steps before.
    pub schema: &'a Schema,
    /// Parameters.
    pub parameters: &'a Parameters,
    /// Dates.
    pub dates: RunDates,
    /// Texts.
    pub sources: &'a SourceMap,
    /// Names.
    pub resolved: &'a Resolved<'a>,
}

/// What the check of one step gives.
#[derive(Debug)]
pub struct Checked {
    /// The program; only where there is no error.
    pub program: Option<Program>,
    /// What becomes columns, also where there are errors elsewhere in the step; `None` where that is not known.
    pub output: Option<Output>,
    /// Findings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks one step; `function` is `fn step(c)`.
pub fn typecheck(env: Environment<'_>, step: &str, function: Place) -> Checked {
    check(Checker::new(env), step, function)
}

/// The same of a rule whose columns take the place of those that customers have, as the outlook's do.
pub fn typecheck_anew(env: Environment<'_>, rule: &str, function: Place) -> Checked {
    check(Checker { anew: true, ..Checker::new(env) }, rule, function)
}

fn check(mut checker: Checker<'_>, step: &str, function: Place) -> Checked {
    let env = checker.env;
    let customer = Type::of(Kind::Row(env.schema.customer));
    let (entry, result) = checker.instance(function, vec![customer], true);
    let output = checker.output(step, &result, env.resolved.function(function));
    checker.no_poison_unreported();
    let Checker { instances, populations, tables, mut diagnostics, live_defaults, .. } = checker;
    // A function may be called with what is there and with what may be missing.
    diagnostics
        .retain(|found| found.id != ids::DEAD_DEFAULT || !found.span.is_some_and(|at| live_defaults.contains(&at)));
    crate::diag::sort(&mut diagnostics);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    let instances: Option<Vec<Instance>> = instances.into_iter().collect();
    let program = instances.filter(|_| !failed).zip(output.clone()).map(|(instances, output)| Program {
        step: step.to_owned(),
        instances,
        entry,
        populations,
        output,
        tables,
    });
    Checked { program, output, diagnostics }
}

/// Instances of one function that may call one another before its types are held to grow without an end.
const MOST_TYPINGS: usize = 16;

/// A function instance that is known or being checked.
struct Known {
    place: Place,
    args: Vec<Type>,
    customer: bool,
    id: InstanceId,
    result: Type,
    busy: bool,
    recursive: bool,
}

/// The function being checked.
struct Frame {
    file: usize,
    locals: Vec<String>,
    at: HashMap<LocalAt, LocalId>,
    assigned: HashSet<LocalAt>,
    state: State,
    result: Type,
    /// States at `break` and `continue` of each loop around.
    exits: Vec<Vec<State>>,
    lambdas: usize,
    function: Option<Place>,
    /// Whether the first parameter is the customer that the step runs for.
    customer: bool,
    /// Locals for values that are needed twice, by the expression that gives them.
    temporaries: HashMap<ast::NodeId, LocalId>,
}

struct Checker<'a> {
    env: Environment<'a>,
    diagnostics: Vec<Diagnostic>,
    instances: Vec<Option<Instance>>,
    known: Vec<Known>,
    constants_open: Vec<usize>,
    populations: Vec<Population>,
    in_population: bool,
    tables: Vec<Arc<ParameterTable>>,
    table_at: HashMap<String, usize>,
    key_orders: HashMap<Vec<String>, Vec<String>>,
    /// Bases of `?.` whose chain goes on, while the rest of the chain is checked: how they are read, being there.
    there: HashMap<(usize, ast::NodeId), Expr>,
    frame: Frame,
    /// What is there of each element of the list whose method is checked next, behind the element's own path.
    kept: Vec<String>,
    /// Left sides of `??` that may be missing in some call or turn.
    live_defaults: HashSet<Span>,
    /// Whether what the rule returns may have the names of columns that are there.
    anew: bool,
}

impl Frame {
    fn new(file: usize, function: Option<Place>, assigned: HashSet<LocalAt>) -> Frame {
        Frame {
            file,
            locals: Vec::new(),
            at: HashMap::new(),
            assigned,
            state: State::new(),
            result: Type::never(),
            exits: Vec::new(),
            lambdas: 0,
            function,
            customer: false,
            temporaries: HashMap::new(),
        }
    }

    /// The local declared at this name, new or, on a further pass over a loop, the same again.
    fn declare(&mut self, name: &ast::Name, ty: Type) -> LocalId {
        let next = LocalId(self.locals.len() as u32);
        let local = *self.at.entry(name.span.start).or_insert(next);
        if local == next {
            self.locals.push(name.text.clone());
        }
        self.state.set(local, ty);
        local
    }
}

impl<'a> Checker<'a> {
    fn new(env: Environment<'a>) -> Checker<'a> {
        Checker {
            env,
            diagnostics: Vec::new(),
            instances: Vec::new(),
            known: Vec::new(),
            constants_open: Vec::new(),
            populations: Vec::new(),
            in_population: false,
            tables: Vec::new(),
            table_at: HashMap::new(),
            key_orders: HashMap::new(),
            there: HashMap::new(),
            kept: Vec::new(),
            frame: Frame::new(0, None, HashSet::new()),
            live_defaults: HashSet::new(),
            anew: false,
        }
    }

    fn text(&self, span: Span) -> &'a str {
        self.env.sources.text(span)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether something is wrong already, here or with the names.
    fn has_errors(&self) -> bool {
        !self.env.resolved.complete || self.diagnostics.iter().any(Diagnostic::is_error)
    }

    fn error(&mut self, id: Id, span: Span, message: impl Into<String>, help: &str) {
        let mut found = Diagnostic::error(id, message).at(span);
        if !help.is_empty() {
            found = found.help(help);
        }
        self.report(found);
    }

    /// An error, and an expression that causes no further ones.
    fn fail(&mut self, id: Id, span: Span, message: impl Into<String>, help: &str) -> Expr {
        self.error(id, span, message, help);
        poison(span)
    }

    /// The instance of a function for these argument types, checked if it is new, and what it returns; `customer` says
    /// whether the first argument is the customer itself.
    fn instance(&mut self, place: Place, args: Vec<Type>, customer: bool) -> (InstanceId, Type) {
        let is_it = |k: &&mut Known| k.place == place && k.args == args && k.customer == customer;
        if let Some(known) = self.known.iter_mut().find(is_it) {
            known.recursive |= known.busy;
            return (known.id, known.result.clone());
        }
        let function = self.env.resolved.function(place);
        if self.known.iter().filter(|k| k.place == place && k.busy).count() > MOST_TYPINGS {
            let message = format!("`{}` calls itself with ever other types", function.name.text);
            self.error(ids::UNKNOWN_TYPE, function.name.span, message, "let its arguments keep their types");
            return (InstanceId(0), Type::never());
        }
        let id = InstanceId(self.instances.len() as u32);
        self.instances.push(None);
        let index = self.known.len();
        let (result, busy) = (Type::never(), true);
        self.known.push(Known { place, args: args.clone(), customer, id, result, busy, recursive: false });
        // A recursive function's result is first taken as never, then as what its other branches give, until it holds.
        let populations = self.populations.len();
        for round in 0.. {
            let mark = self.diagnostics.len();
            let instance = self.body(place, function, &args, customer);
            let result = instance.result.clone();
            self.instances[id.0 as usize] = Some(instance);
            let known = &mut self.known[index];
            if !known.recursive || known.result == result {
                known.busy = false;
                known.result = result;
                break;
            }
            known.result = result;
            if round == 4 {
                known.busy = false;
                let name = function.name.text.clone();
                let help = "let every branch return one type";
                self.error(
                    ids::UNKNOWN_TYPE,
                    function.name.span,
                    format!("the type of `{name}` does not settle"),
                    help,
                );
                break;
            }
            // What was checked on the way took the result for what it was then.
            self.known.truncate(index + 1);
            self.populations.truncate(populations);
            self.diagnostics.truncate(mark);
        }
        (id, self.known[index].result.clone())
    }

    fn body(&mut self, place: Place, function: &ast::Function, args: &[Type], customer: bool) -> Instance {
        let assigned = flow::assigned(&function.body, self.env.resolved, place.file);
        let stays = function.params.first().is_some_and(|param| !assigned.contains(&param.span.start));
        let frame = Frame { customer: customer && stays, ..Frame::new(place.file, Some(place), assigned) };
        let outer = std::mem::replace(&mut self.frame, frame);
        for (param, ty) in function.params.iter().zip(args) {
            self.frame.declare(param, ty.clone());
        }
        let body = self.block(&function.body, true);
        let body = self.decay_block(body);
        if self.frame.state.reachable {
            self.join_result(body.ty.clone(), body.span);
        }
        let frame = std::mem::replace(&mut self.frame, outer);
        Instance {
            name: function.name.text.clone(),
            locals: frame.locals,
            params: function.params.len(),
            body,
            result: frame.result,
            span: function.span,
        }
    }

    fn join_result(&mut self, ty: Type, span: Span) {
        match self.frame.result.join(&ty) {
            Ok(joined) => self.frame.result = joined,
            Err(unlike) => {
                let before = self.frame.result.clone();
                self.unlike(&unlike, &before, &ty, span, "what the function returns");
            }
        }
    }

    /// Reports branches without a common type.
    fn unlike(&mut self, unlike: &Unlike, before: &Type, ty: &Type, span: Span, what: &str) {
        match unlike {
            Unlike::MixedNumber => self.error(
                ids::MIXED_NUMBER,
                span,
                format!("{what} is {before} and {ty}"),
                "write a float in both, `0.0` for `0`, or convert with `to_float()`",
            ),
            Unlike::Keys(keys) => self.error(
                ids::MAP_KEYS,
                span,
                format!("{what} has other keys here: `{}` stands in one only", keys.join("`, `")),
                "give the maps of all branches the same keys; `()` is a value that is missing",
            ),
            Unlike::Types => {
                self.error(
                    ids::BRANCH_TYPES,
                    span,
                    format!("{what} is {before} and {ty}"),
                    "all branches need one type; `()` makes it optional",
                );
            }
        }
    }

    /// What stands for an error must come with one; else a rule would run as something that it does not say.
    fn no_poison_unreported(&mut self) {
        if self.has_errors() {
            return;
        }
        let mut found = Vec::new();
        for instance in self.instances.iter().flatten() {
            walk::block(&instance.body, &mut |node| {
                if let walk::Node::Expr(expr) = node
                    && expr.ty.is_never()
                    && matches!(expr.kind, ExprKind::Unit)
                {
                    found.push(expr.span);
                }
            });
        }
        for span in found {
            let help = "make it from values whose types are known";
            self.error(ids::UNKNOWN_TYPE, span, "nothing tells the type of this", help);
        }
    }

    /// What a step's value becomes: columns.
    fn output(&mut self, step: &str, result: &Type, function: &ast::Function) -> Option<Output> {
        let span = function.name.span;
        let (is_map, columns) = match &result.kind {
            Kind::Never if !result.optional => {
                if !self.has_errors() {
                    let help = "let some branch end with a value";
                    self.error(ids::NOT_A_COLUMN, span, format!("the step `{step}` never gives a value"), help);
                }
                return None;
            }
            Kind::Map(_) if result.optional => {
                let help = "return a map in every branch; its values may be `()`";
                self.error(ids::NOT_A_COLUMN, span, "the step returns `()` in some branch and a map in another", help);
                return None;
            }
            Kind::Map(keys) => (true, keys.clone()),
            _ => (false, vec![(step.to_owned(), result.clone())]),
        };
        let mut good = true;
        for (name, ty) in &columns {
            let span = || if is_map { key_span(function, name) } else { span };
            if let Some(fault) = name_fault(name).filter(|_| is_map) {
                good = false;
                let message = format!("the key `{}` is the name of a column, which {fault}", name.escape_debug());
                self.error(
                    ids::NOT_A_COLUMN,
                    span(),
                    message,
                    "give it another name; `output.columns` renames what is written",
                );
            } else if ty.is_never() {
                good = false;
                if !self.has_errors() {
                    let message = format!("`{name}` never has a value: what it is made of fails for every customer");
                    self.error(ids::NOT_A_COLUMN, span(), message, "let some branch end with a value");
                }
            } else if ty.is_unit() && self.has_errors() {
                // What the other branch gives may be unknown because of that error.
                good = false;
            } else if column_type(ty).is_none() {
                good = false;
                let message = if ty.is_unit() {
                    format!("`{name}` is missing in every branch, so nothing tells its type")
                } else {
                    format!("`{name}` is {ty}, which cannot be a column")
                };
                let help = "a column is text, int, float, bool, date or datetime; return what you need of it";
                self.error(ids::NOT_A_COLUMN, span(), message, help);
            }
            let customer = self.env.schema.table(self.env.schema.customer);
            if !self.anew && customer.names().any(|n| n == name) {
                good = false;
                let help = "rename the key; a step cannot replace what exists";
                let message = format!("the customer already has `{name}`");
                self.error(ids::DUPLICATE_NAME, span(), message, help);
            }
        }
        let keys: Vec<String> = columns.iter().map(|(k, _)| k.clone()).collect();
        let written = self.key_orders.get(&keys).cloned().unwrap_or_else(|| keys.clone());
        let order = written.iter().filter_map(|w| keys.iter().position(|k| k == w)).collect();
        good.then_some(Output { is_map, columns, order })
    }

    /// Warns where a strict place takes a value that may be missing.
    fn strict(&mut self, expr: Expr) -> Expr {
        if expr.ty.optional {
            let text = one_line(self.text(expr.span));
            let (message, help) = if expr.ty.is_unit() {
                (format!("`{text}` is always missing here"), "the customer will be undetermined".to_owned())
            } else {
                (format!("`{text}` may be missing here"), self.help_for_missing(&expr, &text))
            };
            let label = "a customer without it is undetermined";
            self.report(Diagnostic::warning(ids::MISSING_VALUE, message).at_with(expr.span, label).help(help));
        }
        expr
    }

    fn help_for_missing(&self, expr: &Expr, text: &str) -> String {
        let mut help = match expr.ty.kind {
            Kind::Row(_) | Kind::Map(_) => {
                format!("write `{text}?.` and behind it what to take without it, `?? …`, or test it with `!= ()`")
            }
            _ => format!("say what a missing value means, as in `{text} ?? …`, or test it with `!= ()`"),
        };
        // Steps add columns to the customer, and no manifest declares its prior decision.
        let of_manifest = |table| table != self.env.schema.customer && self.env.schema.table(table).name != "prior";
        match &expr.kind {
            ExprKind::Column { row, table, column, .. } if !row.ty.optional && of_manifest(*table) => {
                let table = self.env.schema.table(*table);
                if let Some(column) = table.columns.get(column.0 as usize) {
                    help += &format!(
                        "; where `{}` always has it, declare `{}` as `required: true`",
                        table.name, column.name
                    );
                }
            }
            ExprKind::Reference { row, table, reference, .. } if !row.ty.optional => {
                let table = self.env.schema.table(*table);
                let of_manifest =
                    |r: &&crate::rules::schema::ReferenceSchema| of_manifest(r.target) || r.name != "prior";
                if let Some(reference) = table.references.get(*reference).filter(of_manifest) {
                    help += &format!(
                        "; where `{}` always has it, declare `{}` with `orphans: quarantine` or `fail`",
                        table.name, reference.name
                    );
                }
            }
            _ => {}
        }
        help
    }

    /// A strict bool.
    fn condition(&mut self, expr: &ast::Expr) -> Expr {
        let found = self.value(expr);
        let found = self.strict(found);
        if !matches!(found.ty.kind, Kind::Bool | Kind::Never) {
            let message = format!("a condition is bool, this is {}", found.ty);
            return self.fail(ids::TYPE_MISMATCH, expr.span, message, "compare it with something");
        }
        found
    }

    /// Nearest doubles, if it is a bare decimal column; else itself.
    fn decay(&mut self, expr: Expr) -> Expr {
        match expr.ty.element() {
            Some(element) if matches!(expr.ty.kind, Kind::Decimals { .. }) => {
                let ty = Type::list(element).optional_if(expr.ty.optional);
                Expr { ty, span: expr.span, kind: ExprKind::DecimalsToFloats(Box::new(expr)) }
            }
            _ => expr,
        }
    }

    fn decay_block(&mut self, block: Block) -> Block {
        if !matches!(block.ty.kind, Kind::Decimals { .. }) {
            return block;
        }
        let span = block.span;
        let inner = Expr { ty: block.ty.clone(), span, kind: ExprKind::Block(block) };
        let value = self.decay(inner);
        let ty = value.ty.clone();
        let stmt = super::typed::Stmt { span, kind: StmtKind::Expr(value) };
        Block { stmts: vec![stmt], ty, span }
    }
}

/// An expression that stands for an error already reported.
fn poison(span: Span) -> Expr {
    Expr { ty: Type::never(), span, kind: ExprKind::Unit }
}

/// What stands for an operation that is never reached, because one of its operands gives no value: the operands alone.
fn never(operands: Vec<Expr>, span: Span) -> Expr {
    let stmts = operands.into_iter().map(|e| super::typed::Stmt { span: e.span, kind: StmtKind::Expr(e) }).collect();
    let ty = Type::never();
    Expr { ty: ty.clone(), span, kind: ExprKind::Block(Block { stmts, ty, span }) }
}

/// Whether an expression gives no value: an error was reported for it, or it always throws.
fn is_poison(expr: &Expr) -> bool {
    expr.ty.is_never()
}

/// Source text on one line, runs of white space as one blank, cut where it is long.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

/// Where a step's function has a key: in the last map with it, which mostly is the one returned; else at its name.
fn key_span(function: &ast::Function, key: &str) -> Span {
    let mut span = function.name.span;
    tree::block(&function.body, &mut |node| {
        if let tree::Node::Expr(ast::Expr { kind: ast::ExprKind::Map(entries), .. }) = node
            && let Some((name, _)) = entries.iter().find(|(name, _)| name.text == key)
        {
            span = name.span;
        }
    });
    span
}
