//! The suite itself: cases, what they must reach, and defects that it must see.

use super::decisive::decided;
use super::generate;
use super::run::{Suite, Total, cases};
use super::traced::traced;
use crate::error::Stop;
use crate::rules::codegen;
use crate::rules::context::{Context, StepResult};
use crate::rules::defect::Defect;
use crate::rules::lower::lower;
use crate::rules::schema::Schema;
use crate::rules::typed::Program;
use crate::rules::vm;

/// Cases of the suite, unless `TIERWRIGHT_CASES` says otherwise.
const CASES: u64 = 10_000;

/// Cases within which a defect must be seen.
const DEFECT_CASES: usize = 6_000;

/// The second evaluator: column programs, where a step compiles.
pub(super) fn second(program: &Program, schema: &Schema, context: &Context<'_>) -> Option<Result<StepResult, Stop>> {
    let lowered = lower(program, schema).ok()?;
    let step = match codegen::Step::compile(&lowered, schema) {
        Ok(step) => step,
        Err(error) => return Some(Err(error.into())),
    };
    Some(vm::run_step(&step, program, context))
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn share(a: usize, b: usize) -> f64 {
    a as f64 / b.max(1) as f64
}

#[test]
fn generated_rules_mean_the_same() {
    let (cases_wanted, seed) = (number("TIERWRIGHT_CASES", CASES), number("TIERWRIGHT_SEED", 1));
    let suite = Suite { cases: cases_wanted as usize, ..Suite::new(seed, &second) };
    let total = cases(&suite);
    println!("{}", total.shown());
    assert!(total.differences.is_empty(), "{}", total.differences.join("\n---\n"));
    assert!(total.panicked.is_empty(), "seeds that panicked: {:?}", total.panicked);
    // Lambdas within lambdas may take more operations than the limit, of a few cases.
    let (limits, defects): (Vec<_>, Vec<_>) = total.stopped.iter().partition(|stop| stop.contains("id: limit"));
    assert!(defects.is_empty(), "{defects:?}");
    assert!(share(limits.len(), total.cases) < 0.001, "{limits:?}");
    assert_eq!(total.cases as u64, cases_wanted);
    worth_it(&total);
}

/// Cases in which what decides a tier is found in both ways.
const DECIDED_CASES: usize = 1_000;

#[test]
fn what_decides_a_tier_is_the_same_for_all_customers_at_once() {
    let cases_wanted = number("TIERWRIGHT_DECIDED_CASES", DECIDED_CASES as u64) as usize;
    let suite = Suite { cases: cases_wanted, ..Suite::new(number("TIERWRIGHT_SEED", 11), &decided) };
    let total = cases(&suite);
    println!("{}", total.shown());
    assert!(total.panicked.is_empty(), "seeds that panicked: {:?}", total.panicked);
    // Steps with a column of texts.
    assert!(share(total.compiled, total.steps) > 0.2, "{}", total.shown());
}

/// Cases in which traces are held against the interpreter.
const TRACED_CASES: usize = 1_000;

#[test]
fn traces_say_what_the_interpreter_does() {
    let suite = Suite { cases: TRACED_CASES, ..Suite::new(7, &traced) };
    let total = cases(&suite);
    assert!(total.differences.is_empty(), "{}", total.differences.join("\n---\n"));
    assert!(total.panicked.is_empty(), "seeds that panicked: {:?}", total.panicked);
    assert_eq!(total.compiled, total.steps);
    assert!(share(total.decided, total.customers) < 0.98, "hardly a customer is undetermined");
}

/// What the cases reach, so that their agreement says something.
fn worth_it(total: &Total) {
    let refused = share(total.refused.len(), total.cases);
    assert!(refused < 0.01, "{:.2} % of the rules are refused", 100.0 * refused);
    assert!(share(total.decided, total.customers) > 0.5, "fewer than half of the customers are decided");
    assert!(share(total.decided, total.customers) < 0.98, "hardly a customer is undetermined");
    assert!(share(total.compiled, total.steps) > 0.6, "too few steps are compiled");
    if total.cases < 5_000 {
        return;
    }
    let kinds = total.coverage.kinds();
    assert!(kinds.len() >= 45, "{} node kinds: {kinds:?}", kinds.len());
    assert!(total.depths[8..].iter().sum::<usize>() > total.cases / 10, "{:?}", total.depths);
    let of = |sort| total.coverage.of(sort).len();
    // Functions with `round` of two arguments and `is_missing` under other names; every method but none; each population.
    assert!(of("call ") >= 38, "{:?}", total.coverage.of("call "));
    assert_eq!(of("method "), 28, "{:?}", total.coverage.of("method "));
    assert_eq!(of("population "), 40, "{:?}", total.coverage.of("population "));
}

/// Whether the suite sees a defect of kernels.
fn is_caught(defect: Defect) -> bool {
    let suite = Suite { cases: DEFECT_CASES, defect: Some(defect), enough: 1, ..Suite::new(1, &second) };
    let total = cases(&suite);
    println!("{defect:?}: {} of {} cases differ", total.differences.len(), total.cases);
    for difference in total.differences.iter().take(1) {
        println!("{}", difference.split("whole rules").next().unwrap_or_default());
    }
    !total.differences.is_empty()
}

#[test]
fn seeded_defects_are_caught() {
    let missed: Vec<Defect> = Defect::ALL.into_iter().filter(|defect| !is_caught(*defect)).collect();
    assert!(missed.is_empty(), "not seen: {missed:?}");
}

#[test]
fn a_seed_determines_its_rules() {
    let texts = |seed| generate::rules(seed).texts().shown();
    assert_eq!(texts(7), texts(7));
    assert_ne!(texts(7), texts(8));
}
