//! Rhai's engine with nothing but our functions, and the driver that runs a rewritten step for many customers.
//!
//! In: a [`Rewritten`] step, limits, customers' rows. Out: for each row the value of the step or the engine's error.
//! Must not know: what the values mean. One [`Worker`] belongs to one thread at a time and has its own copy of the
//! program, since shared reference counts are what threads would wait for.
//!
//! The driver is a custom syntax: the engine evaluates the step's call for one row after the other inside one evaluation,
//! so that its caches of resolved functions stay warm.

use super::meter;
use super::natives::Registry;
use super::recorder::{self, Record};
use super::rewrite::{EACH, ROW, Rewritten};
use crate::error::Error;
use crate::manifest::model::Limits;
use rhai::{
    AST, Array, Dynamic, Engine, EvalAltResult, EvalContext, Expression, INT, Module, OptimizationLevel, Scope,
};
use std::any::TypeId;
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of stack of a thread that runs rules: nested expressions recurse.
pub const STACK_SIZE: usize = 256 << 20;

/// A pool of `threads` threads (0: one for each processor) that can run rules.
///
/// # Errors
/// [`Error::Threads`]: the system gives no threads.
pub fn thread_pool(threads: usize) -> Result<rayon::ThreadPool, Error> {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_SIZE);
    builder.thread_name(|n| format!("rules-{n}")).build().map_err(|e| Error::Threads(e.to_string()))
}

/// What the engine says of one row.
pub(super) type RowResult = Result<Dynamic, Box<EvalAltResult>>;

/// Rows to evaluate, then what became of them.
#[derive(Default)]
struct Exchange {
    rows: Vec<u32>,
    /// If each is noted by itself: the test of each that comes out otherwise, or [`recorder::NONE`].
    otherwise: Option<Vec<usize>>,
    results: Vec<(u32, RowResult)>,
    /// What was noted of each.
    records: Vec<Record>,
}

/// What all workers of a step share.
pub(super) struct Plan {
    text: String,
    natives: Registry,
    limits: Limits,
    /// Whether operations and time are counted: a step that neither loops nor repeats cannot use much of them.
    metered: bool,
}

/// Workers of a step, as many as there are threads that ask at once.
pub(super) struct Workers {
    plan: Plan,
    idle: Mutex<Vec<Worker>>,
}

impl Workers {
    /// Workers of a plan, none yet.
    pub(super) fn new(plan: Plan) -> Workers {
        Workers { plan, idle: Mutex::default() }
    }

    /// Has a worker do something; one that fails is not asked again.
    ///
    /// # Errors
    /// As [`Plan::worker`], and those of `work`.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Worker) -> Result<T, Error>) -> Result<T, Error> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let mut worker = known.map_or_else(|| self.plan.worker(), Ok)?;
        let done = work(&mut worker)?;
        idle().push(worker);
        Ok(done)
    }
}

/// An engine with a step's program.
pub(super) struct Worker {
    engine: Engine,
    ast: AST,
    exchange: Arc<Mutex<Exchange>>,
    limits: Limits,
}

impl Plan {
    /// The plan of a rewritten step.
    pub(super) fn new(rewritten: &Rewritten, limits: &Limits, metered: bool) -> Plan {
        Plan { text: rewritten.text.clone(), natives: rewritten.natives.clone(), limits: *limits, metered }
    }

    /// A new worker.
    ///
    /// # Errors
    /// [`Error::Defect`]: the rewritten text is not understood.
    pub(super) fn worker(&self) -> Result<Worker, Error> {
        let exchange = Arc::new(Mutex::new(Exchange::default()));
        let mut engine = Engine::new_raw();
        engine.set_optimization_level(OptimizationLevel::None);
        engine.set_fast_operators(true);
        engine.set_max_expr_depths(0, 0);
        engine.set_max_call_levels(call_levels(self.limits.call_depth));
        engine.register_global_module(module(&self.natives).into());
        if self.metered {
            engine.on_progress(|operations| meter::is_over(operations).then_some(Dynamic::UNIT));
        }
        let shared = Arc::clone(&exchange);
        let drive = move |context: &mut EvalContext<'_, '_, '_, '_, '_, '_>, inputs: &[Expression<'_>]| {
            each_customer(context, inputs, &shared);
            Ok(Dynamic::UNIT)
        };
        let defect = |e: &dyn std::fmt::Display| Error::Defect(format!("the rewritten rules are not understood: {e}"));
        engine.register_custom_syntax([EACH, "$expr$"], false, drive).map_err(|e| defect(&e))?;
        let ast = engine.compile(&self.text).map_err(|e| defect(&e))?;
        Ok(Worker { engine, ast, exchange, limits: self.limits })
    }
}

/// What a step calls and what its loops go over, for one engine alone.
fn module(natives: &Registry) -> Module {
    let mut module = natives.module();
    module.set_iter(TypeId::of::<Array>(), |list| Box::new(list.into_array().unwrap_or_default().into_iter()));
    module.set_iter(TypeId::of::<Range<INT>>(), |range| {
        Box::new(range.try_cast::<Range<INT>>().into_iter().flatten().map(Dynamic::from_int))
    });
    module.set_iter(TypeId::of::<RangeInclusive<INT>>(), |range| {
        Box::new(range.try_cast::<RangeInclusive<INT>>().into_iter().flatten().map(Dynamic::from_int))
    });
    module
}

/// Levels of the engine for `depth` nested calls below the step's own.
fn call_levels(depth: usize) -> usize {
    depth.saturating_add(1)
}

fn lock(exchange: &Mutex<Exchange>) -> MutexGuard<'_, Exchange> {
    exchange.lock().unwrap_or_else(PoisonError::into_inner)
}

fn each_customer(
    context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    inputs: &[Expression<'_>],
    exchange: &Mutex<Exchange>,
) {
    let Exchange { rows, otherwise, .. } = std::mem::take(&mut *lock(exchange));
    let mut results = Vec::with_capacity(rows.len());
    let mut records = Vec::with_capacity(otherwise.as_ref().map_or(0, Vec::len));
    for (n, row) in rows.into_iter().enumerate() {
        meter::begin(row);
        let test = otherwise.as_ref().and_then(|otherwise| otherwise.get(n));
        if let Some(test) = test {
            recorder::begin(if *test == recorder::NONE { &[] } else { std::slice::from_ref(test) });
        }
        context.scope_mut().set_value(ROW, INT::from(row));
        let result = context.eval_expression_tree(&inputs[0]);
        let is_over = result.as_ref().is_err_and(|e| e.is_system_exception());
        results.push((row, result));
        if let Some(test) = test {
            let record = recorder::take();
            records.push(if *test == recorder::NONE { record } else { Record::default() });
        }
        if is_over {
            break;
        }
    }
    *lock(exchange) = Exchange { results, records, ..Exchange::default() };
}

impl Worker {
    /// The step's value for each of these rows, in their order; ends early after a row that went over a limit.
    ///
    /// # Errors
    /// [`Error::Defect`]: the engine fails outside the step.
    pub(super) fn run(&mut self, rows: &[u32]) -> Result<Vec<(u32, RowResult)>, Error> {
        Ok(self.exchange(Exchange { rows: rows.to_vec(), ..Exchange::default() })?.results)
    }

    /// The same for rows of which a test comes out otherwise; none does for [`recorder::NONE`], and then there is what was noted, too.
    ///
    /// # Errors
    /// As [`Worker::run`].
    pub(super) fn run_noting(&mut self, jobs: &[(u32, usize)]) -> Result<Vec<(RowResult, Record)>, Error> {
        let (rows, otherwise) = jobs.iter().copied().unzip();
        let done = self.exchange(Exchange { rows, otherwise: Some(otherwise), ..Exchange::default() })?;
        Ok(done.results.into_iter().map(|(_, result)| result).zip(done.records).collect())
    }

    fn exchange(&mut self, wanted: Exchange) -> Result<Exchange, Error> {
        meter::set_limits(&self.limits);
        meter::begin(0);
        *lock(&self.exchange) = wanted;
        let mut scope = Scope::new();
        scope.push(ROW, 0 as INT);
        let _: Dynamic = self
            .engine
            .eval_ast_with_scope(&mut scope, &self.ast)
            .map_err(|e| Error::Defect(format!("the rule engine failed: {e}")))?;
        Ok(std::mem::take(&mut *lock(&self.exchange)))
    }
}
