//! The annual business plan: `plan:` of the project file.
//!
//! In: its tree. Out: [`BusinessPlan`] and diagnostics. Must not know: what is planned, columns of steps. Start at [`read`]; what it says
//! of tables and columns is checked where these are known.

use super::field::{Field, Fields, Findings};
use super::shape::planning as shape;
use crate::source::Span;
use jiff::civil::Date;

/// The planning year that is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PlanYear {
    /// The one after the run's cycle.
    #[default]
    Next,
    /// The run's cycle.
    This,
}

/// The rows whose amounts are planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Actuals {
    /// The name under which rules see them: `c.orders`.
    pub rows: String,
    /// Their column of days; of instants, the day in the planning time zone.
    pub date: String,
    /// Their column of amounts.
    pub amount: String,
    /// First day that the data covers; the first month with an amount unless given.
    pub from: Option<Date>,
    /// Where the project file says so.
    pub span: Span,
}

/// What the plan demands of those who carry it out, and what they can do.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// Column of the decisions: demand of a customer in a quarter.
    pub demand: String,
    /// Column of the decisions: who carries it out.
    pub owner: String,
    /// Table of capacities.
    pub table: String,
    /// Its column of owners.
    pub key: String,
    /// Its column of what each can do in a quarter.
    pub capacity: String,
    /// Where the project file says so.
    pub span: Span,
}

/// When a customer is off course.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Column of the decisions: whom an alert is for.
    pub owner: Option<String>,
    /// Share of the plan to date that may be missing before it is a warning.
    pub short: f64,
    /// Share from which it is critical.
    pub severe: f64,
    /// Amount up to which a gap is none.
    pub least: f64,
}

impl Default for Course {
    fn default() -> Course {
        Course { owner: None, short: 0.2, severe: 0.4, least: 0.0 }
    }
}

/// The annual business plan.
#[derive(Clone, Debug, PartialEq)]
pub struct BusinessPlan {
    /// What is planned.
    pub actuals: Actuals,
    /// For which planning year.
    pub year: PlanYear,
    /// Column of the decisions: by which share a customer's target lies above its forecast.
    pub growth: Option<String>,
    /// Columns of the decisions by which targets are summed, beside the tier.
    pub by: Vec<String>,
    /// What it asks of those who carry it out.
    pub capacity: Option<Capacity>,
    /// How many customers have all models tried, those with the largest amounts; others have the mean.
    pub models: usize,
    /// When a customer is off course.
    pub course: Course,
    /// Where the project file declares it.
    pub span: Span,
}

/// Reads `plan:`.
pub fn read(field: &Field<'_>, findings: &mut Findings) -> Option<BusinessPlan> {
    let fields = Fields::open(field, "`plan`", &shape::PLAN, findings)?;
    let actuals = fields.need("actuals", findings).and_then(|f| actuals(&f, findings));
    let years = [("next", PlanYear::Next), ("this", PlanYear::This)];
    let year = fields.get("year").and_then(|f| f.choice(&years, findings)).unwrap_or_default();
    let growth = fields.get("growth").and_then(|f| f.name(findings));
    let by = fields.get("by").map(|f| f.texts_once(findings)).unwrap_or_default();
    let capacity = fields.get("capacity").and_then(|f| capacity(&f, findings));
    let models = fields.get("models").and_then(|f| f.int(0..=i64::MAX, findings)).unwrap_or(20_000);
    let models = usize::try_from(models).unwrap_or(usize::MAX);
    let course = fields.get("monitor").map(|f| course(&f, findings)).unwrap_or_default();
    Some(BusinessPlan { actuals: actuals?, year, growth, by, capacity, models, course, span: field.at })
}

fn actuals(field: &Field<'_>, findings: &mut Findings) -> Option<Actuals> {
    let fields = Fields::open(field, "`actuals`", &shape::ACTUALS, findings)?;
    let mut name = |key: &str| fields.need(key, findings).and_then(|f| f.name(findings));
    let (rows, date, amount) = (name("rows"), name("date"), name("amount"));
    let from = fields.get("from").and_then(|f| f.date(findings));
    Some(Actuals { rows: rows?, date: date?, amount: amount?, from, span: field.at })
}

fn capacity(field: &Field<'_>, findings: &mut Findings) -> Option<Capacity> {
    let fields = Fields::open(field, "`capacity`", &shape::CAPACITY, findings)?;
    let mut name = |key: &str| fields.need(key, findings).and_then(|f| f.name(findings));
    let (demand, owner, table) = (name("demand"), name("owner"), name("table"));
    let (key, capacity) = (name("key"), name("capacity"));
    Some(Capacity { demand: demand?, owner: owner?, table: table?, key: key?, capacity: capacity?, span: field.at })
}

fn course(field: &Field<'_>, findings: &mut Findings) -> Course {
    let mut course = Course::default();
    let Some(fields) = Fields::open(field, "`monitor`", &shape::COURSE, findings) else {
        return course;
    };
    course.owner = fields.get("owner").and_then(|f| f.name(findings));
    if let Some(short) = fields.get("short").and_then(|f| f.share(findings)) {
        course.short = short;
        course.severe = course.severe.max(short);
    }
    if let Some(severe) = fields.get("severe") {
        course.severe = severe.share(findings).unwrap_or(course.severe);
        if course.severe < course.short {
            findings.push(severe.wrong_value("`severe` is below `short`").help("a critical gap is the larger one"));
        }
    }
    if let Some(least) = fields.get("least") {
        match least.number().filter(|number| *number >= 0.0) {
            Some(number) => course.least = number,
            None => findings.push(least.wrong("an amount, 0 or more")),
        }
    }
    course
}
