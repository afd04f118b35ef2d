//! Typed steps as graphs: what control flow, locals, calls and loops mean is written as selections and masks.
//!
//! In: a typed [`Program`], the [`Schema`]. Out: [`ir::Step`], or [`NotCompiled`]: the place that cannot be a graph, why, and
//! what to write instead. Must not know: data, engines, registers.
//!
//! Evaluation is walked once, in the rule's order. Every local has a symbolic [`Value`]; `live` is the node of the rows
//! whose path comes by. A branch is walked under its condition, then values are merged by it; `return`, `break` and
//! `continue` take rows out of `live`. Functions are walked at each call, loops over what is known at each turn. A
//! lambda's body is walked once, over the domain of its list. What must be there or must not fail is noted as a
//! [`Check`] under `live`.
//!
//! Start at [`lower`]; statements are in `stmt`, expressions in `expr`, methods of lists in `list`.

mod access;
mod call;
mod control;
mod copy;
mod decisive;
mod expr;
mod list;
mod operator;
mod reason;
mod slots;
mod stmt;
mod switch;
mod text;
mod value;

pub use decisive::{Decisive, Ladder, decisive};
pub use reason::NotCompiled;

use super::ir::{self, Builder, Check, DomainId, Lowered, NodeId, Op, Output};
use super::schema::Schema;
use super::site::{Names, Site, Subject};
use super::stack;
use super::typed::{InstanceId, LocalId, Program};
use super::types::Kind;
use crate::source::Span;
use reason::Lower;
use std::collections::HashMap;
use value::Value;

/// Expressions and statements that one instance may be walked through, calls and turns of loops included.
const BUDGET: u32 = 100_000;

/// The graph of a step and of its populations' arguments.
///
/// # Errors
/// [`NotCompiled`]: a loop whose turns depend on data, a list that grows, recursion.
pub fn lower(program: &Program, schema: &Schema) -> Result<ir::Step, NotCompiled> {
    // Deep expressions and calls within calls are deep walks.
    stack::with_deep_stack(|| step(program, schema))
}

fn step(program: &Program, schema: &Schema) -> Result<ir::Step, NotCompiled> {
    let argument = |id: InstanceId| instance(program, schema, id);
    let populations = program.populations.iter().map(|population| {
        let group = population.group.map(argument).transpose()?;
        let arguments = population.arguments.iter().map(|id| argument(*id)).collect::<Result<_, _>>()?;
        Ok((arguments, group))
    });
    Ok(ir::Step {
        populations: populations.collect::<Result<_, _>>()?,
        main: instance(program, schema, program.entry)?,
    })
}

/// How lists of outer rows are gone through for the elements of another list.
#[derive(Clone, Copy)]
struct Ways {
    /// A list is evaluated in the domain that owns it where it can be, and not where it stands.
    hoists: bool,
    /// Only what is in a list is looked at again, and only for rows that come by: less work, but lists of one origin do
    /// not meet any more.
    narrows: bool,
}

/// The ways that are tried, the quickest program first.
const WAYS: [Ways; 3] = [
    Ways { hoists: true, narrows: true },
    Ways { hoists: true, narrows: false },
    Ways { hoists: false, narrows: false },
];

/// One instance of the customer.
fn instance(program: &Program, schema: &Schema, id: InstanceId) -> Result<Lowered, NotCompiled> {
    let mut result = Lowerer::new(program, schema, WAYS[0]).run(id);
    for ways in &WAYS[1..] {
        match &result {
            Err(reason) if reason.is_by_place() => result = Lowerer::new(program, schema, *ways).run(id),
            _ => break,
        }
    }
    result
}

/// Walks an instance; see the head of this module.
struct Lowerer<'a> {
    program: &'a Program,
    schema: &'a Schema,
    b: Builder,
    sites: Vec<Site>,
    counters: Vec<Span>,
    /// Checks of the innermost lambda, or of the step.
    checks: Vec<Check>,
    /// What the innermost lambda is evaluated over.
    domain: DomainId,
    /// Rows whose path comes by.
    live: NodeId,
    frame: Frame<'a>,
    /// Instances being walked, outermost first.
    calls: Vec<InstanceId>,
    ways: Ways,
    budget: u32,
    /// Checks so far of the innermost lambda, or of the step: nodes with the masks they were looked at in.
    seen: HashMap<(NodeId, bool), Vec<NodeId>>,
    /// The method of a list being walked.
    at: Span,
    /// The first expression in which lists met that have nothing to do with one another.
    unrelated: Option<Span>,
    /// Tests, where they are asked for.
    tests: Option<Box<decisive::Tests<'a>>>,
    /// How many lambdas are around, in this function and in those that called it.
    hidden: u32,
}

/// A function being walked.
struct Frame<'a> {
    names: Names<'a>,
    locals: Vec<Option<Value>>,
    /// What the rows that returned gave.
    result: Option<Value>,
    /// Loops being walked, outermost first.
    loops: Vec<Turns>,
    /// How many returns there were.
    returns: u32,
    /// How many lambdas are around, and for each local in how many it was bound.
    lambdas: u32,
    bound_in: Vec<u32>,
}

/// Rows that left a turn of a loop.
struct Turns {
    /// By `break`.
    broken: NodeId,
    /// By `continue`.
    continued: NodeId,
    /// Whether any did, in this or an earlier turn.
    left: bool,
}

impl<'a> Lowerer<'a> {
    fn new(program: &'a Program, schema: &'a Schema, ways: Ways) -> Lowerer<'a> {
        let mut b = Builder::default();
        let live = b.bool(true);
        let frame = Frame::new(Names::new(schema, None), 0);
        let (sites, counters, checks, calls) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let domain = DomainId::CUSTOMERS;
        let seen = HashMap::new();
        let (budget, at) = (BUDGET, Span::default());
        Lowerer {
            program,
            schema,
            b,
            sites,
            counters,
            checks,
            domain,
            live,
            frame,
            calls,
            ways,
            budget,
            seen,
            at,
            unrelated: None,
            tests: None,
            hidden: 0,
        }
    }

    fn run(mut self, id: InstanceId) -> Lower<Lowered> {
        let customer = self.customer();
        let span = self.program.instances.get(id.0 as usize).map(|i| i.span).unwrap_or_default();
        let result = self.call_instance(id, vec![customer], span)?;
        let outputs = self.outputs(id, &result, span)?;
        if self.b.has_unrelated() {
            return Err(NotCompiled::by_place(self.unrelated.unwrap_or(span)));
        }
        let Lowerer { b, checks, sites, counters, .. } = self;
        Ok(Lowered { graph: b.finish(), checks, attempts: Vec::new(), outputs, sites, counters })
    }

    /// The one argument of a step.
    fn customer(&mut self) -> Value {
        let node = self.b.over(DomainId::CUSTOMERS, Op::Customer, &[]);
        Value::Row { table: self.schema.customer, node, there: self.b.bool(true) }
    }

    fn outputs(&mut self, id: InstanceId, result: &Value, span: Span) -> Lower<Vec<Output>> {
        let program = self.program;
        if id != program.entry {
            let kind = program.instances.get(id.0 as usize).map_or(Kind::Never, |i| i.result.kind.clone());
            return Ok(vec![self.output(result, &kind, span)?]);
        }
        let mut outputs = Vec::with_capacity(program.output.columns.len());
        for (name, ty) in &program.output.columns {
            let value = if program.output.is_map { self.entry(result, name) } else { result.clone() };
            outputs.push(self.output(&value, &ty.kind, span)?);
        }
        Ok(outputs)
    }

    fn output(&mut self, value: &Value, kind: &Kind, span: Span) -> Lower<Output> {
        let there = self.there(value);
        let value = self.scalar(value, kind, span)?;
        if self.b.domain_of(value) != DomainId::CUSTOMERS || self.b.domain_of(there) != DomainId::CUSTOMERS {
            return Err(NotCompiled::by_place(span));
        }
        Ok(Output { value, there })
    }

    /// Takes one step of the walk.
    fn spend(&mut self, span: Span) -> Lower {
        self.budget = self.budget.checked_sub(1).ok_or_else(|| NotCompiled::too_long(span))?;
        Ok(())
    }

    /// Notes that a value must be there for the live rows.
    fn check_there(&mut self, there: NodeId, subject: Subject) {
        let absent = self.b.op(Op::Not, &[there]);
        let breaks = self.b.op(Op::And, &[self.live, absent]);
        if !self.b.is(breaks, false) && self.is_new(there, false) {
            self.b.belongs(there, self.domain);
            let mask = self.mask();
            self.checks.push(Check::There { there, mask, subject });
        }
    }

    /// Notes that a node must work for the live rows.
    fn check_works(&mut self, node: NodeId, site: Site) {
        if self.b.can_fail(node) && !self.b.is(self.live, false) && self.is_new(node, true) {
            self.b.belongs(node, self.domain);
            let mask = self.mask();
            let site = self.site_number(site);
            self.checks.push(Check::Works { node, mask, site });
        }
    }

    /// Notes that a node must work for the live rows where a value is there.
    fn check_works_where(&mut self, there: NodeId, node: NodeId, site: Site) {
        let live = self.live;
        self.live = self.and(live, there);
        self.check_works(node, site);
        self.live = live;
    }

    /// Whether some live rows have not been looked at for this; those that have broke it before, if they do.
    fn is_new(&mut self, node: NodeId, works: bool) -> bool {
        let masks = self.seen.entry((node, works)).or_default();
        if masks.iter().any(|mask| self.b.implies(self.live, *mask)) {
            return false;
        }
        masks.push(self.live);
        true
    }

    /// The live rows over the domain of the innermost lambda.
    fn mask(&mut self) -> NodeId {
        self.b.lift(self.live, self.domain)
    }

    fn site_number(&mut self, site: Site) -> u32 {
        self.sites.push(site);
        self.sites.len() as u32 - 1
    }

    fn and(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.b.op(Op::And, &[x, y])
    }

    fn or(&mut self, x: NodeId, y: NodeId) -> NodeId {
        self.b.op(Op::Or, &[x, y])
    }

    fn not(&mut self, x: NodeId) -> NodeId {
        self.b.op(Op::Not, &[x])
    }
}

impl<'a> Frame<'a> {
    fn new(names: Names<'a>, locals: usize) -> Frame<'a> {
        let (locals, bound_in) = (vec![None; locals], vec![0; locals]);
        Frame { names, locals, result: None, loops: Vec::new(), returns: 0, lambdas: 0, bound_in }
    }

    fn bind(&mut self, local: LocalId, value: Value) {
        let n = local.0 as usize;
        if self.locals.len() <= n {
            self.locals.resize(n + 1, None);
            self.bound_in.resize(n + 1, 0);
        }
        self.locals[n] = Some(value);
        self.bound_in[n] = self.lambdas;
    }
}
