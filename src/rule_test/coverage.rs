//! Which branches of the rules customers take, and which cases.
//!
//! In: the project, its last run, its cases. Out: [`Coverage`]: each branch with its customers, their amount, and the cases that take
//! it; what no customer takes, and why. Must not know: what is shown. What is taken is what the interpreter notes
//! ([`branches_taken`]). Start at [`coverage`].

use super::evaluate::{Evaluator, Watch};
use super::real::{self, Real};
use super::value::Value;
use super::{Ready, Tester, zone};
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::error::{Result, Stop};
use crate::rules::context::Context;
use crate::rules::interp::{self, branches_taken};
use crate::rules::trace::{Branch, BranchKind};
use crate::rules::typed::{Arm, Expr, ExprKind, Program};
use crate::rules::{codegen, vm, walk};
use crate::run::cycle::Phase;
use crate::run::layout::{Layout, RECORD};
use crate::run::record::Record;
use crate::run::{Engine, Plan, Request, history, plan, prior};
use crate::source::{SourceMap, Span};
use crate::system::System;
use std::collections::BTreeMap;

/// Customers who are asked whether an earlier branch takes them from one that nobody takes.
const ASKED: usize = 10_000;

/// The branches of all rules.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// The run whose tables and prior decisions the customers have; none where there is no run yet.
    pub run: Option<String>,
    /// Its planning year.
    pub cycle: String,
    /// Customers that were evaluated.
    pub customers: usize,
    /// The sum of their amounts.
    pub amount: Option<f64>,
    /// The branches, in the order of the text.
    pub branches: Vec<Covered>,
}

/// A branch.
#[derive(Clone, Debug)]
pub struct Covered {
    /// Which.
    pub branch: Branch,
    /// Customers who take it, in one of their related rows at least.
    pub customers: u64,
    /// The sum of their amounts.
    pub amount: Option<f64>,
    /// Cases that take it, by their position.
    pub cases: Vec<usize>,
    /// Whether its condition was asked for any customer.
    pub reached: bool,
    /// Customers who would take it if the branches before it in the same `if` or `switch` were not there.
    pub shadowed: u64,
}

impl Covered {
    /// A branch that nobody takes.
    fn of(branch: Branch) -> Covered {
        Covered { branch, customers: 0, amount: None, cases: Vec::new(), reached: false, shadowed: 0 }
    }

    /// What is to be said of it: `shadowed`, `not reached`, `dead`, `untested`; nothing where customers and cases take it.
    pub fn fault(&self) -> Option<&'static str> {
        match (self.customers, self.shadowed, self.reached) {
            (0, 1.., _) => Some("shadowed"),
            (0, 0, false) => Some("not reached"),
            (0, 0, true) => Some("dead"),
            _ if self.cases.is_empty() => Some("untested"),
            _ => None,
        }
    }
}

/// Counts the branches of the rules as they are now, for the customers of the last run and for the cases. `by` is the column whose
/// sum is told.
///
/// # Errors
/// `unknown-column`, `wrong-value`: `by` is no number of the customers. `limit`; what is wrong with the project's data; a file that cannot
/// be read; a defect of ours.
pub fn coverage(
    system: &dyn System,
    request: &Request,
    (plan, pool): (&Plan, &rayon::ThreadPool),
    (tester, cases): (&mut Tester<'_>, &[Ready]),
    by: Option<&str>,
) -> Result<Coverage> {
    let by = by.map(|name| amount_column(plan, name)).transpose()?;
    let last = Last::read(system, request, plan, pool)?;
    let (zone, real) = (zone(plan)?, &last.real);
    let evaluator = Evaluator { plan: &last.plan, sources: &last.sources, zone: &zone, pool };
    let mut world = real::world(real);
    let customers = world.active.len();
    let mut taken = Taken { asks: true, ..Taken::default() };
    let steps = last.plan.programs.len().saturating_sub(1);
    let outcome = evaluator.run_watched(&mut world, (0, steps), Engine::Local, &mut taken)?;
    if let Some(found) = outcome.stopped {
        return Err(Stop::Findings(vec![found]));
    }
    let table = world.data.tables.get(usize::from(plan.schema.customer.0));
    let column = by.and_then(|at| table?.columns.get(at));
    let amount_of = |row: usize| match column.map(|column| Value::cell(column, scale(plan, by), row)) {
        Some(value) => value.number().unwrap_or(0.0),
        None => 0.0,
    };
    let of_branch = |(branch, bits): &(Branch, Bits)| Covered {
        customers: bits.count(),
        amount: column.map(|_| bits.rows().map(&amount_of).fold(0.0, |sum, amount| sum + amount)),
        shadowed: taken.shadowed.get(&(branch.whole, branch.kind)).copied().unwrap_or(0),
        ..Covered::of(*branch)
    };
    let mut branches: BTreeMap<(Span, BranchKind), Covered> =
        taken.all.iter().map(|(key, found)| (*key, of_branch(found))).collect();
    of_cases(tester, cases, &mut branches)?;
    let mut branches: Vec<Covered> = branches.into_values().collect();
    let asked: Vec<Span> = branches.iter().filter(|b| b.customers > 0).map(|b| b.branch.whole).collect();
    branches.iter_mut().for_each(|covered| covered.reached = asked.contains(&covered.branch.whole));
    branches.sort_by_key(|covered| (covered.branch.place, covered.branch.whole, covered.branch.kind));
    let amount = column.map(|_| (0..customers).map(&amount_of).fold(0.0, |sum, amount| sum + amount));
    Ok(Coverage { run: last.run, cycle: last.plan.dates.cycle_name(), customers, amount, branches })
}

/// Enters the cases at the branches that they take.
fn of_cases(
    tester: &mut Tester<'_>,
    cases: &[Ready],
    branches: &mut BTreeMap<(Span, BranchKind), Covered>,
) -> Result<()> {
    for (number, ready) in cases.iter().enumerate() {
        let watch = |row: u32| Taken { rows: Some(row), ..Taken::default() };
        let Some(of_case) = tester.watched(ready, watch)? else { continue };
        for (key, (branch, bits)) in of_case.all {
            let covered = branches.entry(key).or_insert_with(|| Covered::of(branch));
            if bits.count() > 0 {
                covered.cases.push(number);
            }
        }
    }
    Ok(())
}

/// The column of this name, if it is a number of the customers.
fn amount_column(plan: &Plan, name: &str) -> Result<usize> {
    let table = plan.schema.table(plan.schema.customer);
    let wrong = |found: Diagnostic| Stop::Configuration(vec![found.located("--by")]);
    let Some(column) = table.column(name) else {
        let found = Diagnostic::error(ids::UNKNOWN_COLUMN, format!("the customers have no column `{name}`"));
        return Err(wrong(found.did_you_mean(name, table.columns.iter().map(|column| column.name.as_str()))));
    };
    let dtype = table.columns[usize::from(column.0)].dtype;
    if !matches!(dtype, DataType::Int | DataType::Float | DataType::Decimal { .. }) {
        let message = format!("`{name}` is {dtype}, and no number that could be summed");
        return Err(wrong(Diagnostic::error(ids::WRONG_VALUE, message)));
    }
    Ok(usize::from(column.0))
}

fn scale(plan: &Plan, column: Option<usize>) -> u8 {
    let table = plan.schema.table(plan.schema.customer);
    match column.and_then(|column| table.columns.get(column)).map(|column| column.dtype) {
        Some(DataType::Decimal { scale, .. }) => scale,
        _ => 0,
    }
}

/// The customers of the last run: its date, its prior decisions; the rules and tables of now.
struct Last {
    run: Option<String>,
    plan: Plan,
    sources: SourceMap,
    real: Real,
}

impl Last {
    fn read(system: &dyn System, request: &Request, plan: &Plan, pool: &rayon::ThreadPool) -> Result<Last> {
        let layout = Layout::new(&plan.out, &plan.project.name);
        let found = history::last(system, &layout)?;
        let mut request = request.clone();
        let mut before = None;
        if let Some((slot, run)) = &found {
            let record = Record::read(system, &layout.run(&slot.cycle, run).join(RECORD))?;
            let identity = &record.identity;
            request.as_of = identity.as_of.parse().ok();
            request.cycle = calendar::parse_cycle(&identity.cycle);
            request.phase = identity.phase.as_deref().and_then(Phase::parse);
            before = identity.prior.clone();
        }
        let mut sources = SourceMap::default();
        let plan = plan::plan(system, &request, &mut sources)?;
        let prior = match &before {
            Some(run) => {
                let cycle = prior::cycle_of(system, &layout, run)?;
                Some(pool.install(|| prior::read(system, &layout, &cycle, run, &plan.project))?.0)
            }
            None => None,
        };
        let real = real::load(system, &plan, &sources, pool, prior.as_ref())?;
        Ok(Last { run: found.map(|(_, run)| run), plan, sources, real })
    }
}

/// Rows as bits.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn add(&mut self, row: u32) {
        let word = row as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (row % 64);
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        let words = self.0.iter().enumerate();
        words.flat_map(|(at, word)| (0..64).filter(move |bit| (word >> bit) & 1 == 1).map(move |bit| at * 64 + bit))
    }
}

/// Notes the branches that customers take, step by step.
#[derive(Default)]
struct Taken {
    /// The one customer who is looked at; all unless given.
    rows: Option<u32>,
    all: BTreeMap<(Span, BranchKind), (Branch, Bits)>,
    /// Customers who would take a branch without those before it.
    shadowed: BTreeMap<(Span, BranchKind), u64>,
    /// Whether that is asked.
    asks: bool,
}

impl Watch for Taken {
    fn before(&mut self, program: &Program, compiled: Option<&codegen::Step>, context: &Context<'_>) -> Result<()> {
        let populations = match compiled {
            Some(compiled) => vm::populations(compiled, program, context)?,
            None => interp::populations(program, context)?,
        };
        let rows = match self.rows {
            Some(row) => vec![row],
            None => context.active.to_vec(),
        };
        let taken = match branches_taken(program, context, &populations, &rows) {
            Ok(taken) => taken,
            // A case may be there to go over a limit; a customer of the data is not.
            Err(Stop::Findings(_)) if !self.asks => return Ok(()),
            Err(stop) => return Err(stop),
        };
        for branch in &taken.branches {
            self.all.entry((branch.whole, branch.kind)).or_insert_with(|| (*branch, Bits::default()));
        }
        for (row, positions) in &taken.rows {
            for branch in positions.iter().filter_map(|at| taken.branches.get(*at as usize)) {
                if let Some((_, bits)) = self.all.get_mut(&(branch.whole, branch.kind)) {
                    bits.add(*row);
                }
            }
        }
        if !self.asks {
            return Ok(());
        }
        let asked = &rows[..rows.len().min(ASKED)];
        let none = |branch: &&Branch| self.all.get(&(branch.whole, branch.kind)).is_some_and(|(_, b)| b.count() == 0);
        for branch in taken.branches.iter().filter(none) {
            let Some(alone) = without_earlier(program, branch) else { continue };
            // Where the branches before made sure of something, the step may fail without them: then nothing is known.
            let Ok(without) = branches_taken(&alone, context, &populations, asked) else { continue };
            let same = |own: &Branch| own.whole == branch.whole && own.place == branch.place;
            let Some(at) = without.branches.iter().position(same) else { continue };
            let count = without.rows.iter().filter(|(_, positions)| positions.contains(&(at as u32))).count();
            *self.shadowed.entry((branch.whole, branch.kind)).or_default() += count as u64;
        }
        Ok(())
    }
}

/// The program without the branches that stand before one in the same chain of `else if`, or the same `switch`; `None` where none
/// does.
fn without_earlier(program: &Program, branch: &Branch) -> Option<Program> {
    let mut changed = false;
    let mut program = program.clone();
    for instance in &mut program.instances {
        walk::exprs_mut(&mut instance.body, &mut |e| match (&mut e.kind, branch.kind) {
            (ExprKind::If { condition, otherwise: Some(next), .. }, BranchKind::Then)
                if leads_to(next, branch.whole) =>
            {
                condition.kind = ExprKind::Bool(false);
                changed = true;
            }
            (ExprKind::Switch { arms, .. }, BranchKind::Arm(number)) if e.span == branch.whole => {
                // `_` takes whom the others leave: that they leave nobody is no shadow.
                let asks = |arm: &Arm| !arm.cases.is_empty() || arm.condition.is_some();
                if number > 0 && arms.get(number as usize).is_some_and(asks) {
                    arms.drain(..number as usize);
                    changed = true;
                }
            }
            _ => {}
        });
    }
    changed.then_some(program)
}

/// Whether an `else` is the `if` at this place, or leads to it by further ones.
fn leads_to(e: &Expr, whole: Span) -> bool {
    match &e.kind {
        ExprKind::If { otherwise, .. } => {
            e.span == whole || otherwise.as_deref().is_some_and(|next| leads_to(next, whole))
        }
        _ => false,
    }
}

/// What a branch is, in a few words of the rule: its condition, its arm, its operator.
pub fn words(branch: &Branch, sources: &SourceMap) -> String {
    let text = sources.text(branch.whole);
    let condition = || text.split('{').next().unwrap_or_default().trim().to_owned();
    match branch.kind {
        BranchKind::Then => condition(),
        BranchKind::Else => format!("else of `{}`", condition()),
        BranchKind::Arm(_) => {
            let file = sources.file(branch.place.file);
            let (line, _) = file.line_column(branch.place.start as usize);
            file.line(line).trim().trim_end_matches(',').to_owned()
        }
        BranchKind::NoArm => format!("no arm of `{}`", condition()),
        BranchKind::Short => format!("left side alone of `{text}`"),
        BranchKind::RightHolds => format!("right side holds of `{text}`"),
        BranchKind::RightFails => format!("right side does not hold of `{text}`"),
        BranchKind::There => format!("there: `{text}`"),
        BranchKind::Default => format!("default of `{text}`"),
    }
}
