//! What a project answers as it stands: what is wrong with it, what its cases say, who would move.
//!
//! In: the project's folder. Out: an [`Answer`]. Must not know: terminals, when somebody asks. Nothing is written. Start at [`answer`].

use crate::desk::committed;
use crate::desk::compare::Comparison;
use crate::desk::stand::Stand;
use crate::desk::what_if::{Desk, Study};
use crate::diag::Diagnostic;
use crate::error::{Result, Stop};
use crate::rule_test::judge::Difference;
use crate::rule_test::{self, Ready, Tester, Verdict};
use crate::rules::stack::with_deep_stack;
use crate::run::layout::Layout;
use crate::run::parts::Memory;
use crate::run::record::Record;
use crate::run::{Plan, Request, engine, flow, history, plan};
use crate::source::SourceMap;
use crate::system::System;

/// A case that does not pass.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: String,
    /// What came otherwise: column, expected, got, and the line that gave it.
    pub differences: Vec<[String; 4]>,
}

/// What the cases say.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    /// How many pass.
    pub passed: usize,
    /// Those that do not.
    pub failed: Vec<Failed>,
}

/// Customers of a tier, highest first; none for those without.
#[derive(Clone, Debug, PartialEq)]
pub struct TierCount {
    /// The tier.
    pub tier: Option<String>,
    /// Customers in the run; without a run none.
    pub before: Option<u64>,
    /// Customers now.
    pub after: u64,
    /// Sum of their values now.
    pub value: f64,
}

/// What the run is of which customers stand apart.
#[derive(Clone, Debug)]
pub struct Against {
    /// Its id.
    pub run: String,
    /// Its cycle.
    pub cycle: String,
    /// Texts that are not those that ran.
    pub changed: Vec<String>,
    /// Names of the measures.
    pub measures: Vec<String>,
    /// Tiers, lowest first: the project's, then those that the run alone has.
    pub tiers: Vec<String>,
    /// Who moves.
    pub comparison: Comparison,
}

/// What a project answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What is worth a look and stops nothing.
    pub warnings: Vec<Diagnostic>,
    /// What the cases say.
    pub cases: Cases,
    /// The tier table.
    pub tiers: Vec<TierCount>,
    /// What is otherwise than in the run that became current last, if there is one.
    pub against: Option<Against>,
}

/// The answer of a project as it stands. Texts that findings are about are added to `sources`.
///
/// Cases and the tier table are evaluated at the same time, on all threads: somebody waits for it.
///
/// # Errors
/// What is wrong with the project, its cases or its data.
pub fn answer(
    system: &dyn System,
    request: &Request,
    pool: &rayon::ThreadPool,
    movers: usize,
    sources: &mut SourceMap,
) -> Result<Answer> {
    let plan = plan::plan(system, request, sources)?;
    let ready = rule_test::ready(system, &plan, sources)?;
    if !ready.findings.is_empty() {
        return Err(Stop::Configuration(ready.findings));
    }
    let layout = Layout::new(&plan.out, &plan.project.name);
    let has_run = history::last(system, &layout)?.is_some();
    let ground = Ground { system, request, pool, plan: &plan, sources };
    let shares = shares(&ready.ready, pool.current_num_threads());
    let (tested, stands) = std::thread::scope(|scope| {
        let mut tested = Vec::new();
        for share in &shares {
            let ground = &ground;
            tested.push(scope.spawn(move || with_deep_stack(|| ground.tested(share))));
        }
        let stands = match has_run {
            true => against(&ground, &layout, movers),
            false => ground.alone().map(|tiers| (tiers, None)).map_err(|stop| (stop, None)),
        };
        (tested.into_iter().map(joined).collect::<Vec<_>>(), stands)
    });
    let mut failed = Vec::new();
    let mut passed = 0;
    for tested in tested {
        let tested = tested?;
        passed += tested.0;
        failed.extend(tested.1);
    }
    failed.sort_by_key(|(number, _)| *number);
    let cases = Cases { passed, failed: failed.into_iter().map(|(_, failed)| failed).collect() };
    let (tiers, against) = stands.map_err(|(stop, texts)| {
        *sources = texts.unwrap_or_else(|| std::mem::take(sources));
        stop
    })?;
    Ok(Answer { warnings: plan.warnings, cases, tiers, against })
}

/// How much longer a case of a customer of the data takes: all customers are evaluated for it.
const OF_DATA: usize = 20;

/// The cases in as many parts as there are threads, of about the same work, each with its number.
fn shares(cases: &[Ready], threads: usize) -> Vec<Vec<(usize, &Ready)>> {
    let mut shares: Vec<(usize, Vec<(usize, &Ready)>)> = vec![(0, Vec::new()); threads.clamp(1, 16)];
    let (of_data, others): (Vec<_>, Vec<_>) = cases.iter().enumerate().partition(|(_, ready)| ready.case.key.is_some());
    for (number, ready) in of_data.into_iter().chain(others) {
        let work = if ready.case.key.is_some() { OF_DATA } else { 1 };
        if let Some(share) = shares.iter_mut().min_by_key(|(work, _)| *work) {
            share.0 += work;
            share.1.push((number, ready));
        }
    }
    shares.into_iter().map(|(_, cases)| cases).filter(|cases| !cases.is_empty()).collect()
}

/// What a thread gave; its panic goes on here.
fn joined<T>(handle: std::thread::ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A checked project, and what it is evaluated with.
struct Ground<'a> {
    system: &'a dyn System,
    request: &'a Request,
    pool: &'a rayon::ThreadPool,
    plan: &'a Plan,
    sources: &'a SourceMap,
}

/// How many cases passed, and those that did not, each with its number.
type Tested = (usize, Vec<(usize, Failed)>);

impl Ground<'_> {
    fn tested(&self, cases: &[(usize, &Ready)]) -> Result<Tested> {
        let mut tester = Tester::new(self.system, self.request, self.plan, self.pool)?;
        let (mut passed, mut failed) = (0, Vec::new());
        for (number, ready) in cases {
            let differences = match tester.test(*number, ready)?.verdict {
                Verdict::Passed => {
                    passed += 1;
                    continue;
                }
                Verdict::Failed(differences) => differences.iter().map(difference).collect(),
                Verdict::Refused(why) => vec![[why.message, String::new(), String::new(), String::new()]],
                Verdict::Unlike(rows) => {
                    let unlike = "the evaluators differ";
                    rows.into_iter().map(|[what, one, other]| [what, one, other, unlike.to_owned()]).collect()
                }
            };
            let place = self.sources.place(ready.case.span);
            failed.push((*number, Failed { name: ready.case.name.clone(), place, differences }));
        }
        Ok((passed, failed))
    }

    /// The tier table, where nothing was run yet.
    fn alone(&self) -> Result<Vec<TierCount>> {
        let request = Request { dry_run: true, ..self.request.clone() };
        let memory = Memory { dry_run: true, ..Memory::default() };
        let compute = engine::LocalEngine::new(self.system, self.plan, self.sources, self.pool)?;
        let mut compute = compute.with_memory(memory);
        let report = flow::run(self.system, self.plan, &request, self.sources, &mut compute, self.pool);
        Ok(of_record(&report.map_err(|failure| failure.stop)?.record))
    }
}

fn difference(difference: &Difference) -> [String; 4] {
    let Difference { what, expected, got, place, .. } = difference;
    [what.clone(), expected.clone(), got.clone(), place.clone().unwrap_or_default()]
}

/// The tier table, and what is otherwise than in a run.
type Stands = (Vec<TierCount>, Option<Against>);

/// The tier table and who moves, against the run that became current last. What is wrong comes with the texts that it is about.
fn against(ground: &Ground<'_>, layout: &Layout, movers: usize) -> Result<Stands, (Stop, Option<SourceMap>)> {
    let Ground { system, request, pool, .. } = *ground;
    let record = committed::last(system, layout).map_err(|stop| (stop, None))?;
    let (run, cycle) = (record.run.clone(), record.identity.cycle.clone());
    let study = Study { system, layout, request, pool, data: false };
    let kept = |(stop, texts): (Stop, SourceMap)| (stop, Some(texts));
    let mut desk = Desk::open(study, record, &[], movers).map_err(kept)?;
    let answer = match desk.ask(&[]) {
        Ok(answer) => answer,
        Err(stop) => return Err(kept((stop, desk.into_sources()))),
    };
    let of = |stand: &Stand, tier: Option<&String>| -> Vec<bool> {
        let at = tier.map(|tier| stand.tiers.iter().position(|name| name == tier).map(|at| at as u32));
        // A tier that the stand does not have is nobody's.
        stand.tier.iter().map(|own| at.map_or(own.is_none(), |at| at.is_some() && *own == at)).collect()
    };
    let count = |those: &[bool]| those.iter().filter(|is| **is).count() as u64;
    let (before, after) = (&desk.before, &answer.stand);
    let mut rows = Vec::new();
    for tier in answer.comparison.tiers.iter().map(Some).chain([None]) {
        let (was, is) = (count(&of(before, tier)), of(after, tier));
        let value = is.iter().zip(&after.value).filter(|(is, _)| **is).filter_map(|(_, value)| *value).sum();
        let row = TierCount { tier: tier.cloned(), before: Some(was), after: count(&is), value };
        if row.tier.is_some() || row.after + was > 0 {
            rows.push(row);
        }
    }
    let measures = desk.question().measures.iter().map(|measure| measure.name.clone()).collect();
    let tiers = before.tiers.clone();
    let changed = desk.changed();
    Ok((rows, Some(Against { run, cycle, changed, measures, tiers, comparison: answer.comparison })))
}

fn of_record(record: &Record) -> Vec<TierCount> {
    let row = |row: &crate::run::record::TierRow| TierCount {
        tier: row.tier.clone(),
        before: None,
        after: row.customers,
        value: row.value_sum,
    };
    record.tiers.iter().map(row).collect()
}
