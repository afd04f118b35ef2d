//! Scenarios and the strategic plan: `scenarios:` and `strategic_plan:` of the project file, and what a phase has of its own.
//!
//! In: their trees. Out: [`Scenario`]s, [`StrategicPlan`], [`Variant`] and diagnostics. Must not know: rules, runs. Start at [`scenarios`];
//! [`check`] holds what they set against the parameters.

use super::assign;
use super::field::{Field, Fields, Findings, name_fault};
use super::model::{Measure, Parameters, Project, Step};
use super::project::{measures, steps};
use super::shape::planning as shape;
use super::yaml::Kind;
use crate::diag::{Diagnostic, ids};
use crate::source::Span;
use indexmap::IndexMap;

/// The scenario that changes nothing.
pub const BASE: &str = "base";
/// Columns of the table side by side, whose others are named as scenarios.
const TAKEN: [&str; 4] = ["year", "planning_year", "tier", "measure"];

/// A parameter and the value that it is given: `P.lines.strategic=75`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// As [`super::set_parameter`] takes it.
    pub text: String,
    /// Where the project file has it.
    pub span: Span,
}

/// What a scenario assumes.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub meaning: Option<String>,
    /// Parameters of its own, in every year.
    pub set: Vec<Assignment>,
    /// Parameters from a year on, 1 being the first after the run's cycle; years ascending.
    pub later: Vec<(u32, Vec<Assignment>)>,
    /// Where the project file declares it.
    pub span: Span,
}

impl Scenario {
    /// The scenario that changes nothing.
    pub fn base(span: Span) -> Scenario {
        Scenario { name: BASE.to_owned(), meaning: None, set: Vec::new(), later: Vec::new(), span }
    }

    /// What it sets in a year, in order: later ones go before.
    ///
    /// ```
    /// use tierwright::manifest::model::{Assignment, Scenario};
    /// use tierwright::source::Span;
    /// let set = |text: &str| vec![Assignment { text: text.into(), span: Span::default() }];
    /// let base = Scenario::base(Span::default());
    /// let boom = Scenario { set: set("P.growth=0.2"), later: vec![(3, set("P.growth=0.1"))], ..base };
    /// assert_eq!(boom.in_year(2).count(), 1);
    /// assert_eq!(boom.in_year(3).last().map(|a| a.text.as_str()), Some("P.growth=0.1"));
    /// ```
    pub fn in_year(&self, year: u32) -> impl Iterator<Item = &Assignment> {
        let later = self.later.iter().filter(move |(from, _)| *from <= year).flat_map(|(_, set)| set);
        self.set.iter().chain(later)
    }
}

/// The strategic plan: how many years are looked ahead, and how customers change from year to year.
#[derive(Clone, Debug)]
pub struct StrategicPlan {
    /// Years after the run's cycle.
    pub years: u32,
    /// The rule that gives a customer's columns of the next year; without one they stay.
    pub outlook: Option<Step>,
    /// The column of the outlook that says who leaves.
    pub leaves: Option<String>,
    /// Further measures of the portfolio, by the name of their column.
    pub measures: IndexMap<String, Measure>,
    /// Where the project file declares it.
    pub span: Span,
}

/// What a phase has of its own.
#[derive(Clone, Debug, Default)]
pub struct Variant {
    /// Parameters.
    pub set: Vec<Assignment>,
    /// Steps in place of the project's.
    pub steps: Option<Vec<Step>>,
}

/// Reads `scenarios:`.
pub fn scenarios(field: &Field<'_>, findings: &mut Findings) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for entry in field.entries(findings).unwrap_or_default() {
        if let Some(fault) = name_fault(entry.key) {
            let message = format!("a scenario's name {fault}");
            findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(entry.at));
            continue;
        }
        if entry.key.chars().any(|c| "/\\:".contains(c)) || [".", ".."].contains(&entry.key) {
            let message = format!("the scenario's name `{}` cannot be used", entry.key);
            findings
                .push(Diagnostic::error(ids::WRONG_VALUE, message).at(entry.at).help("leave out `/`, `\\` and `:`"));
            continue;
        }
        if TAKEN.contains(&entry.key) {
            let message = format!("no scenario can be named `{}`: the table of scenarios has that column", entry.key);
            findings.push(Diagnostic::error(ids::NAME_CLASH, message).at(entry.at));
            continue;
        }
        let Some(fields) = Fields::open(&entry, "a scenario", &shape::SCENARIO, findings) else {
            continue;
        };
        let meaning = fields.get("meaning").and_then(|f| f.text(findings));
        let set = fields.get("set").map(|f| assignments(&f, findings)).unwrap_or_default();
        let later = fields.get("from_year").map(|f| later(&f, findings)).unwrap_or_default();
        if entry.key == BASE && !(set.is_empty() && later.is_empty()) {
            let message = "the scenario `base` is the project as it stands and sets nothing";
            let found = Diagnostic::error(ids::WRONG_VALUE, message).at(entry.at);
            findings.push(found.help("give this one another name; `base` is compared with in any case"));
        }
        scenarios.push(Scenario { name: entry.key.to_owned(), meaning, set, later, span: entry.at });
    }
    scenarios
}

fn later(field: &Field<'_>, findings: &mut Findings) -> Vec<(u32, Vec<Assignment>)> {
    let mut later: Vec<(u32, Vec<Assignment>)> = Vec::new();
    for entry in field.entries(findings).unwrap_or_default() {
        match entry.key.parse::<u32>().ok().filter(|year| (1..=50).contains(year)) {
            Some(year) => later.push((year, assignments(&entry, findings))),
            None => {
                let message = format!("`{}` is no year: 1 is the first after the run's cycle, 50 the last", entry.key);
                findings.push(Diagnostic::error(ids::WRONG_VALUE, message).at(entry.at));
            }
        }
    }
    later.sort_by_key(|(year, _)| *year);
    later
}

/// `{ P.lines.strategic: 75, … }`.
pub(super) fn assignments(field: &Field<'_>, findings: &mut Findings) -> Vec<Assignment> {
    let mut set = Vec::new();
    for entry in field.entries(findings).unwrap_or_default() {
        let value = match &entry.value.kind {
            Kind::List(_) => entry.list(findings).and_then(|items| {
                let texts: Option<Vec<&str>> = items.iter().map(|item| item.value.scalar_text()).collect();
                texts.map(|texts| format!("[{}]", texts.join(", ")))
            }),
            _ => entry.value.scalar_text().map(str::to_owned),
        };
        match value {
            Some(value) => set.push(Assignment { text: format!("{}={value}", entry.key), span: entry.at }),
            None => findings.push(entry.wrong("the value that the parameter is given")),
        }
    }
    set
}

/// Reads `strategic_plan:`.
pub fn strategic_plan(field: &Field<'_>, findings: &mut Findings) -> Option<StrategicPlan> {
    let fields = Fields::open(field, "`strategic_plan`", &shape::STRATEGIC, findings)?;
    let years = fields.get("years").and_then(|f| f.int(1..=50, findings)).unwrap_or(3);
    let outlook = fields.get("outlook").and_then(|f| {
        let name = f.identifier(findings)?;
        Some(Step { name, interpret: false, span: f.place() })
    });
    let leaves = fields.get("leaves");
    if let Some(leaves) = leaves.as_ref().filter(|_| outlook.is_none()) {
        let found = leaves.wrong_value("`leaves` names a column of the outlook, and there is none");
        findings.push(found.help("name the rule that gives it under `outlook`"));
    }
    let leaves = leaves.and_then(|f| f.name(findings));
    let measures = fields.get("measures").map(|f| measures(&f, findings)).unwrap_or_default();
    let own = ["scenario", "year", "planning_year", "tier", "customers", "share", "value"];
    for (name, (_, at)) in measures.iter().filter(|(name, _)| own.contains(&name.as_str())) {
        let message = format!("the portfolio has a column `{name}` of its own");
        findings.push(Diagnostic::error(ids::NAME_CLASH, message).at(*at).help("give the measure another name"));
    }
    let measures = measures.into_iter().map(|(name, (measure, _))| (name, measure)).collect();
    Some(StrategicPlan { years: years as u32, outlook, leaves, measures, span: field.at })
}

/// What a phase has of its own, out of its map.
pub(super) fn variant(fields: &Fields<'_>, findings: &mut Findings) -> Variant {
    Variant {
        set: fields.get("set").map(|f| assignments(&f, findings)).unwrap_or_default(),
        steps: fields.get("steps").map(|f| steps(&f, findings)),
    }
}

/// Sets parameters one after the other, and looks at the sums of weights then.
///
/// # Errors
/// As findings: what [`super::set_parameter`] finds, at the place of the assignment; `weights-sum`.
pub fn set_all<'a>(parameters: &mut Parameters, set: impl IntoIterator<Item = &'a Assignment>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut last = None;
    for assignment in set {
        last = Some(assignment.span);
        found.extend(assign::set(parameters, &assignment.text).err().map(|finding| finding.at(assignment.span)));
    }
    if let (Some(last), true) = (last, found.is_empty()) {
        found.extend(assign::weights(parameters).into_iter().map(|finding| finding.label(last, "after this is set")));
    }
    found
}

/// Holds everything that scenarios and phases set against the parameters.
pub(super) fn check(project: &Project, parameters: &Parameters, findings: &mut Findings) {
    for scenario in &project.scenarios {
        let mut years: Vec<u32> = scenario.later.iter().map(|(year, _)| *year).collect();
        years.insert(0, 0);
        let mut seen = Vec::new();
        for year in years {
            let mut own = parameters.clone();
            // What is set for all years is found again in each: once is enough.
            let found = set_all(&mut own, scenario.in_year(year));
            for finding in found {
                let place = (finding.message.clone(), finding.span);
                if !seen.contains(&place) {
                    seen.push(place);
                    findings.push(finding);
                }
            }
        }
        if let (Some(plan), Some((year, set))) = (&project.strategic, scenario.later.last())
            && *year > plan.years
        {
            let message = format!("the strategic plan looks {} years ahead; year {year} is none of them", plan.years);
            let at = set.first().map_or(scenario.span, |a| a.span);
            findings.push(Diagnostic::warning(ids::WRONG_VALUE, message).at(at));
        }
    }
    for (_, variant) in &project.planning.variants {
        findings.extend(set_all(&mut parameters.clone(), &variant.set));
    }
}
