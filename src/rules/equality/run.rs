//! Many cases on two threads.
//!
//! In: how many, a seed, the second evaluator, a defect to switch on. Out: [`Total`]. Must not know: what is expected.

use super::coverage::Coverage;
use super::evaluate::{Second, Setting, limits, run};
use super::generate;
use super::random::Random;
use super::report;
use super::rules::compile;
use super::tables::{SHARES, SIZES, Tables, tables};
use crate::diag::Diagnostic;
use crate::manifest::model::Limits;
use crate::rules::defect::{Defect, seed};
use crate::rules::interp::thread_pool;
use crate::rules::vm::bounds;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Refused rules and differences that are made smaller, of each thread: it takes time.
const SHOWN: usize = 4;

/// Cases to run.
pub(super) struct Suite<'a> {
    pub(super) cases: usize,
    pub(super) seed: u64,
    pub(super) second: &'a Second,
    pub(super) limits: Limits,
    /// Elements that the lists of a chunk may have, if fewer than otherwise.
    pub(super) elements: Option<usize>,
    /// Switched on for the pools of this suite alone.
    pub(super) defect: Option<Defect>,
    /// Differences after which it ends.
    pub(super) enough: usize,
}

impl<'a> Suite<'a> {
    /// No cases yet, limits that generated rules seldom reach, no defect.
    pub(super) fn new(seed: u64, second: &'a Second) -> Suite<'a> {
        Suite { cases: 0, seed, second, limits: limits(), elements: None, defect: None, enough: 20 }
    }
}

/// What all cases came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Total {
    pub(super) cases: usize,
    /// Seeds of cases that panicked.
    pub(super) panicked: Vec<u64>,
    pub(super) refused: Vec<String>,
    pub(super) stopped: Vec<String>,
    pub(super) differences: Vec<String>,
    pub(super) steps: usize,
    /// Steps that the second evaluator ran.
    pub(super) compiled: usize,
    /// Customers and arguments of populations that compiled steps left to the interpreter.
    pub(super) left: usize,
    pub(super) customers: usize,
    pub(super) decided: usize,
    /// Cases by how deep their expressions are.
    pub(super) depths: [usize; 12],
    pub(super) coverage: Coverage,
    /// Making rules, checking them, evaluating them twice.
    pub(super) micros: [u128; 3],
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
        self.left += other.left;
        self.customers += other.customers;
        self.decided += other.decided;
        self.depths.iter_mut().zip(other.depths).for_each(|(a, b)| *a += b);
        self.micros.iter_mut().zip(other.micros).for_each(|(a, b)| *a += b);
        self.coverage.merge(other.coverage);
    }

    /// Figures, then some of the cases that went wrong.
    pub(super) fn shown(&self) -> String {
        let share = |a: usize, b: usize| 100.0 * a as f64 / b.max(1) as f64;
        let [generate, check, evaluate] = self.micros.map(|m| m / self.cases.max(1) as u128);
        let head = format!(
            "{} cases: {} refused ({:.2} %), {} stopped, {} panicked, {} differ\n\
             {} steps, {:.1} % compiled, {} customers of these interpreted; {} customers, {:.1} % decided\n\
             cases by depth of expressions: {:?}\n\
             microseconds a case: generate {generate}, check {check}, evaluate twice {evaluate}\n{}",
            self.cases,
            self.refused.len(),
            share(self.refused.len(), self.cases),
            self.stopped.len(),
            self.panicked.len(),
            self.differences.len(),
            self.steps,
            share(self.compiled, self.steps),
            self.left,
            self.customers,
            share(self.decided, self.customers),
            self.depths,
            self.coverage.shown(),
        );
        let wrong = [&self.differences, &self.stopped, &self.refused].map(|w| w.iter().take(SHOWN));
        wrong.into_iter().flatten().fold(head, |text, wrong| text + "\n---\n" + wrong.as_str())
    }
}

/// Tables of each size, made once.
struct Shelf(Vec<Vec<Tables>>);

impl Shelf {
    fn new(seed: u64) -> Shelf {
        let many = |size: usize| if size > 1_000 { 1 } else { 8 };
        let of = |size: usize| (0..many(size)).map(|i| tables(size, seed ^ (size * 31 + i) as u64)).collect();
        Shelf(SIZES.into_iter().map(of).collect())
    }

    fn pick(&self, random: &mut Random) -> &Tables {
        let size = random.weighted(&SHARES);
        random.pick(&self.0[size])
    }
}

fn why(found: &[Diagnostic]) -> String {
    found.first().map(|d| format!("{}: {}", d.id.name(), d.message)).unwrap_or_default()
}

fn one(seed: u64, shelf: &Shelf, setting: &Setting<'_>, total: &mut Total) {
    total.cases += 1;
    let mut start = Instant::now();
    let mut lap = || std::mem::replace(&mut start, Instant::now()).elapsed().as_micros();
    let rules = generate::rules(seed);
    total.depths[rules.depth().min(11)] += 1;
    total.micros[0] += lap();
    let texts = rules.texts();
    let compiled = match compile(&texts) {
        Ok(compiled) => compiled,
        Err(found) => {
            let small = (total.refused.len() < SHOWN).then(|| report::refused(seed, rules, &why(&found)));
            total.refused.push(small.unwrap_or_else(|| format!("seed {seed}: {}", why(&found))));
            return;
        }
    };
    total.micros[1] += lap();
    for (program, _) in &compiled.steps {
        total.coverage.add(program);
    }
    let tables = shelf.pick(&mut Random::new(seed ^ 0x7A_B1E5));
    lap();
    let outcome = run(&compiled, tables, setting);
    total.micros[2] += lap();
    total.steps += outcome.steps;
    total.compiled += outcome.compiled;
    total.customers += outcome.customers;
    total.decided += outcome.decided;
    total.stopped.extend(outcome.stopped.map(|s| format!("seed {seed}: {s}\n{}", texts.shown())));
    if outcome.difference.is_some() {
        let small = total.differences.len() < SHOWN;
        total.differences.push(match small {
            true => report::difference(seed, rules, tables, setting),
            false => format!("seed {seed}"),
        });
    }
}

/// The refusals that [`why`] says for these texts, to find the same one in smaller rules.
pub(super) fn refusal(rules: &generate::Rules) -> Option<String> {
    compile(&rules.texts()).err().map(|found| why(&found))
}

/// Runs the cases of a suite, spread over two threads with a pool each.
pub(super) fn cases(suite: &Suite<'_>) -> Total {
    let shelf = Shelf::new(suite.seed);
    let (next, found) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        let pool = thread_pool(1).unwrap();
        seed(&pool, suite.defect);
        bounds::lower(&pool, suite.elements);
        let setting = Setting { second: suite.second, limits: suite.limits, pool: &pool };
        pool.install(|| {
            let mut total = Total::default();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= suite.cases || found.load(Ordering::Relaxed) >= suite.enough {
                    total.left = bounds::left(&pool);
                    return total;
                }
                let seed = suite.seed.wrapping_add(n as u64);
                let before = total.differences.len();
                let case = AssertUnwindSafe(|| one(seed, &shelf, &setting, &mut total));
                if catch_unwind(case).is_err() {
                    println!("seed {seed} panicked\n{}", generate::rules(seed).texts().shown());
                    total.panicked.push(seed);
                }
                found.fetch_add(total.differences.len() - before, Ordering::Relaxed);
            }
        })
    };
    let mut total = Total::default();
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..2).map(|_| scope.spawn(worker)).collect();
        for handle in handles {
            total.merge(handle.join().unwrap());
        }
    });
    total
}
