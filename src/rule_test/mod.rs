//! `tierwright test`: example customers and what each must get.
//!
//! In: a checked project, its files of cases. Out: [`Tested`] cases, each evaluated on both evaluators. Must not know:
//! terminals. A case is read by `manifest::cases`, held against the project by [`bind`], made tables by [`tables`],
//! evaluated by [`evaluate`], judged by [`judge`]; [`update`] writes what came into the file. There is no evaluator of its own: steps
//! are those of a run. Start at [`ready`] and [`Tester::test`];
//! [`coverage`] counts branches, [`generate`] proposes cases.

pub mod bind;
mod compared;
pub mod coverage;
pub mod evaluate;
pub mod generate;
pub mod judge;
pub mod reads;
pub mod real;
pub mod tables;
pub mod tester;
pub mod update;
pub mod value;

pub use tester::Tester;

use crate::diag::{self, Diagnostic, ids};
use crate::error::Error;
use crate::manifest::cases::{self, Case, CaseFile};
use crate::run::Plan;
use crate::source::SourceMap;
use crate::system::System;
use bind::Bound;
use evaluate::Outcome;
use jiff::tz::TimeZone;
use judge::Difference;

/// A case that can be evaluated.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The number of its file.
    pub file: usize,
    /// What the file says.
    pub case: Case,
    /// What that means.
    pub bound: Bound,
}

/// The cases of a project.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    /// Their files.
    pub files: Vec<CaseFile>,
    /// Those without errors, in the order of files and lines.
    pub ready: Vec<Ready>,
    /// What is wrong with others.
    pub findings: Vec<Diagnostic>,
}

/// Reads the project's cases and holds them against its rules and tables. No data is read.
///
/// # Errors
/// [`Error::Defect`]: a time zone that the check of the project let through.
pub fn ready(system: &dyn System, plan: &Plan, sources: &mut SourceMap) -> Result<Cases, Error> {
    let zone = zone(plan)?;
    let (files, mut findings) = cases::load(system, &plan.root, sources);
    let mut ready = Vec::new();
    for (number, file) in files.iter().enumerate() {
        for case in &file.cases {
            if case.as_of.is_none() && plan.project.as_of.is_none() {
                let message = format!("the case `{}` needs `as_of`: the project file has none", case.name);
                let found = Diagnostic::error(ids::MISSING_KEY, message).at(case.span);
                findings.push(found.help("write it at the top of the file, for all of its cases"));
            }
            match bind::bind(case, plan, &zone, sources) {
                Ok(bound) => ready.push(Ready { file: number, case: case.clone(), bound }),
                Err(found) => findings.extend(found),
            }
        }
    }
    diag::sort(&mut findings);
    Ok(Cases { files, ready, findings })
}

fn zone(plan: &Plan) -> Result<TimeZone, Error> {
    let name = &plan.project.planning.time_zone;
    TimeZone::get(name).map_err(|e| Error::Defect(format!("time zone {name}: {e}")))
}

/// A case held against the project, of no file.
///
/// # Errors
/// What is wrong with it.
pub fn of_text(
    path: &str,
    text: &str,
    plan: &Plan,
    zone: &TimeZone,
    sources: &mut SourceMap,
) -> Result<Vec<Ready>, Vec<Diagnostic>> {
    let (cases, mut findings) = cases::parse(path, text, sources);
    let mut ready = Vec::new();
    for case in cases {
        match bind::bind(&case, plan, zone, sources) {
            Ok(bound) => ready.push(Ready { file: 0, case, bound }),
            Err(found) => findings.extend(found),
        }
    }
    if findings.is_empty() { Ok(ready) } else { Err(findings) }
}

/// What came of a case.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// What was expected.
    Passed,
    /// Something else.
    Failed(Vec<Difference>),
    /// It cannot be evaluated: why.
    Refused(Diagnostic),
    /// The evaluators came to unlike results, which is a defect of ours: column or cause, on the interpreter, over columns.
    Unlike(Vec<[String; 3]>),
}

/// What a case was evaluated on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// The interpreter and column programs.
    Both,
    /// The interpreter, as a step of it cannot be compiled.
    Interpreter,
    /// Column programs, as it asks for the standing of a customer among more than the interpreter may see.
    Columns,
}

impl On {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            On::Both => "both",
            On::Interpreter => "interpreter",
            On::Columns => "columns",
        }
    }
}

/// A case with its verdict.
#[derive(Clone, Debug)]
pub struct Tested {
    /// Position in [`Cases::ready`].
    pub case: usize,
    /// What came of it.
    pub verdict: Verdict,
    /// What it was evaluated on.
    pub on: On,
    /// What the customer got, where it was evaluated.
    pub outcome: Option<Outcome>,
}

#[cfg(test)]
mod tests;
