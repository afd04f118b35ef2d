//! Many cases on all processors.

use super::coverage::Coverage;
use super::evaluate::{Second, run};
use super::generate;
use super::random::Random;
use super::rules::compile;
use super::shrink::shrink;
use super::tables::{SHARES, SIZES, Tables, tables};
use crate::diag::Diagnostic;
use crate::error::Stop;
use crate::rules::context::{Context, StepResult};
use crate::rules::interp::{self, thread_pool};
use crate::rules::schema::Schema;
use crate::rules::typed::Program;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// What all cases came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Total {
    pub(super) cases: usize,
    /// Seeds.
    pub(super) panicked: Vec<u64>,
    pub(super) refused: Vec<String>,
    pub(super) stopped: Vec<String>,
    pub(super) differences: Vec<String>,
    pub(super) steps: usize,
    pub(super) compiled: usize,
    pub(super) customers: usize,
    pub(super) decided: usize,
    pub(super) depths: [usize; 12],
    pub(super) coverage: Coverage,
    pub(super) millis: [u128; 3],
}

impl Total {
    fn merge(&mut self, other: Total) {
        self.cases += other.cases;
        self.panicked.extend(other.panicked);
        self.refused.extend(other.refused);
        self.stopped.extend(other.stopped);
        self.differences.extend(other.differences);
        self.steps += other.steps;
        self.compiled += other.compiled;
        self.customers += other.customers;
        self.decided += other.decided;
        self.depths.iter_mut().zip(other.depths).for_each(|(a, b)| *a += b);
        self.millis.iter_mut().zip(other.millis).for_each(|(a, b)| *a += b);
        self.coverage.merge(other.coverage);
    }

    pub(super) fn shown(&self) -> String {
        let share = |a: usize, b: usize| 100.0 * a as f64 / b.max(1) as f64;
        format!(
            "{} cases; {} refused ({:.2} %), {} stopped, {} panicked; {} steps, {:.1} % compiled; {} customers, {:.1} % decided\n\
             depths {:?}\nmilliseconds: generate {}, compile {}, run {}\n{}",
            self.cases,
            self.refused.len(),
            share(self.refused.len(), self.cases),
            self.stopped.len(),
            self.panicked.len(),
            self.steps,
            share(self.compiled, self.steps),
            self.customers,
            share(self.decided, self.customers),
            self.depths,
            self.millis[0],
            self.millis[1],
            self.millis[2],
            self.coverage.shown(),
        )
    }
}

/// Tables of each size, made once.
pub(super) struct Shelf(Vec<Vec<Tables>>);

impl Shelf {
    pub(super) fn new(seed: u64) -> Shelf {
        let many = |size: usize| if size > 1_000 { 1 } else { 8 };
        let of = |size: usize| (0..many(size)).map(|i| tables(size, seed ^ (size * 31 + i) as u64)).collect();
        Shelf(SIZES.into_iter().map(of).collect())
    }

    fn pick(&self, random: &mut Random) -> &Tables {
        let size = random.weighted(&SHARES);
        random.pick(&self.0[size])
    }
}

/// The second evaluator, until there is a compiler: the interpreter again.
pub(super) fn again(program: &Program, _: &Schema, context: &Context<'_>) -> Option<Result<StepResult, Stop>> {
    Some(interp::run_step(program, context))
}

fn one(seed: u64, shelf: &Shelf, second: Second, pool: &rayon::ThreadPool) -> Total {
    let mut total = Total { cases: 1, ..Total::default() };
    let start = Instant::now();
    let rules = generate::rules(seed);
    let depth = rules.depth().min(11);
    total.depths[depth] += 1;
    let texts = rules.texts();
    total.millis[0] += start.elapsed().as_micros();
    let start = Instant::now();
    let compiled = match compile(&texts) {
        Ok(compiled) => compiled,
        Err(found) => {
            let why = |found: &[Diagnostic]| {
                found.first().map(|d| format!("{}: {}", d.id.name(), d.message)).unwrap_or_default()
            };
            let first = why(&found);
            let still = |rules: &generate::Rules| compile(&rules.texts()).is_err_and(|found| why(&found) == first);
            let small = shrink(rules, &still);
            total.refused.push(format!("seed {seed}: {first}\n{}", small.texts().shown()));
            return total;
        }
    };
    total.millis[1] += start.elapsed().as_micros();
    for (program, _) in &compiled.steps {
        total.coverage.add(program);
    }
    let start = Instant::now();
    let tables = shelf.pick(&mut Random::new(seed ^ 0x7AB1E5));
    let outcome = run(&compiled, tables, second, pool);
    total.millis[2] += start.elapsed().as_micros();
    total.steps = outcome.steps;
    total.compiled = outcome.compiled;
    total.customers = outcome.customers;
    total.decided = outcome.decided;
    total.stopped.extend(outcome.stopped.map(|s| format!("seed {seed}: {s}\n{}", texts.shown())));
    total.differences.extend(outcome.difference.map(|d| format!("seed {seed}: {d:?}\n{}", texts.shown())));
    total
}

/// Cases from `seed` on, spread over two threads with a pool each.
pub(super) fn cases(count: usize, seed: u64, second: Second) -> Total {
    let shelf = Shelf::new(seed);
    let next = AtomicUsize::new(0);
    let mut total = Total::default();
    std::thread::scope(|scope| {
        let worker = || {
            let pool = thread_pool(1).unwrap();
            pool.install(|| {
                let mut total = Total::default();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        return total;
                    }
                    let seed = seed.wrapping_add(n as u64);
                    let one = AssertUnwindSafe(|| one(seed, &shelf, second, &pool));
                    match catch_unwind(one) {
                        Ok(one) => total.merge(one),
                        Err(_) => total.panicked.push(seed),
                    }
                }
            })
        };
        let handles: Vec<_> = (0..2).map(|_| scope.spawn(worker)).collect();
        for handle in handles {
            total.merge(handle.join().unwrap());
        }
    });
    total
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn generated_rules_mean_the_same() {
    let total = cases(number("TIERWRIGHT_CASES", 10_000) as usize, number("TIERWRIGHT_SEED", 1), again);
    println!("{}", total.shown());
    for text in total.refused.iter().take(12).chain(total.stopped.iter().take(4)).chain(total.differences.iter().take(3))
    {
        println!("---\n{text}");
    }
    assert!(total.differences.is_empty());
}
