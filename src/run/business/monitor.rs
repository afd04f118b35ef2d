//! A year under way against its plan: what came, who is off course, which tiers have moved since.
//!
//! In: the plan of a committed BP run ([`Planned`]), this run's decisions and [`Amounts`]. Out: columns of `plan/monitor.parquet`,
//! `plan/drift.parquet` and `plan/alerts.parquet`, and [`Figures`]. Must not know: how the plan was made. Start at [`compare`].
//!
//! Only months that are over are compared. The plan comes under the customers' keys of now. Customers of the plan who are no longer there brought nothing, as far as the tables know.

use super::amounts::{Amounts, Months, YEAR};
use super::plan::column;
use crate::error::Error;
use crate::manifest::model::Course;
use crate::run::keys::Keys;
use crate::run::outcome::Outcome;
use crate::run::tables::{ints, key_name};
use hashbrown::HashMap;
use polars::prelude::{DataType, IdxCa, NamedFrom, Series};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One row for each customer, of the plan or now.
pub const MONITOR: &str = "plan/monitor.parquet";
/// Customers by tier in the plan and tier now.
pub const DRIFT: &str = "plan/drift.parquet";
/// What somebody should look at.
pub const ALERTS: &str = "plan/alerts.parquet";

/// The plan that a run is held against: a row for each customer and month.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The run that made it.
    pub run: String,
    /// Customers.
    pub key: Series,
    /// Tier in the plan.
    pub tier: Series,
    /// Month of the planning year, from 1.
    pub month: Series,
    /// The plan.
    pub plan: Series,
    /// The target; missing where there was none.
    pub target: Series,
}

/// A year under way, in the run record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The run whose plan it is.
    pub plan_run: String,
    /// The planning year.
    pub year: String,
    /// Months of it that are over.
    pub months_over: u64,
    /// What was planned for them.
    pub plan: f64,
    /// What was aimed at in them.
    pub target: f64,
    /// What came.
    pub actual: f64,
    /// Customers who are off course, the critical ones among them.
    pub behind: u64,
    /// Those who are critically so.
    pub critical: u64,
    /// Customers whose tier is another than in the plan.
    pub moved: u64,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Critical,
    Warning,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
        }
    }
}

/// A customer of the plan or of now.
#[derive(Clone, Debug, Default)]
struct Row {
    /// Place among all keys: the customers' rows, then those of the plan.
    place: u32,
    /// Its row now.
    now: Option<u32>,
    /// Whether the plan has it.
    planned: bool,
    plan_tier: Option<u32>,
    tier: Option<u32>,
    plan: f64,
    target: Option<f64>,
    actual: f64,
}

impl Row {
    /// How far it lies behind its plan, and how bad that is.
    fn behind(&self, course: &Course) -> Option<Severity> {
        let missing = self.plan - self.actual;
        if self.plan <= 0.0 || missing <= course.least || missing <= 0.0 {
            return None;
        }
        let share = missing / self.plan;
        if share >= course.severe {
            Some(Severity::Critical)
        } else {
            (share >= course.short).then_some(Severity::Warning)
        }
    }

    fn word(&self) -> &'static str {
        match (self.planned, self.now, self.plan_tier, self.tier) {
            (false, _, _, _) => "new",
            (_, None, _, _) => "gone",
            (_, _, _, None) => "undetermined",
            (_, _, None, Some(_)) => "decided",
            (_, _, Some(before), Some(now)) if before < now => "up",
            (_, _, Some(before), Some(now)) if before > now => "down",
            _ => "same",
        }
    }
}

/// What is compared.
pub struct World<'a> {
    /// Decisions now.
    pub outcome: &'a Outcome,
    /// What came.
    pub amounts: &'a Amounts,
    /// Months of the planning year.
    pub months: Months,
    /// When somebody is off course.
    pub course: &'a Course,
    /// Its name: `FY2017`.
    pub year: String,
}

/// Files with their columns.
pub type Files = Vec<(&'static str, Vec<Series>)>;

fn fault(error: polars::prelude::PolarsError) -> Error {
    Error::Defect(format!("monitor: {error}"))
}

/// Compares a year under way with its plan.
///
/// # Errors
/// [`Error::Defect`]: a column that is not what it was written as.
pub fn compare(world: &World<'_>, planned: &Planned) -> Result<(Files, Figures), Error> {
    let outcome = world.outcome;
    let over = usize::try_from(world.months.known().clamp(0, YEAR)).unwrap_or(0);
    let own = column(outcome, &outcome.key)?;
    let mut keys = own.clone();
    keys.append(&planned.key.clone().with_name(own.name().clone())).map_err(fault)?;
    let mut tiers: Vec<String> = outcome.tiers.clone();
    let rows = rows(world, planned, &own, over, &mut tiers)?;
    let behind: Vec<Option<Severity>> = rows.iter().map(|row| row.behind(world.course)).collect();
    let count = |wanted: &dyn Fn(Severity) -> bool| behind.iter().flatten().filter(|s| wanted(**s)).count() as u64;
    let figures = Figures {
        plan_run: planned.run.clone(),
        year: world.year.clone(),
        months_over: over as u64,
        plan: rows.iter().map(|row| row.plan).sum(),
        target: rows.iter().filter_map(|row| row.target).sum(),
        actual: rows.iter().map(|row| row.actual).sum(),
        behind: count(&|_| true),
        critical: count(&|severity| severity == Severity::Critical),
        moved: rows.iter().filter(|row| matches!(row.word(), "up" | "down")).count() as u64,
    };
    let shown = Shown { world, rows: &rows, behind: &behind, keys: &keys, tiers: &tiers };
    let files = vec![(MONITOR, shown.monitor()?), (DRIFT, shown.drift()), (ALERTS, shown.alerts()?)];
    Ok((files, figures))
}

/// One row for each customer, in key order: those of now, then those of the plan who are gone.
fn rows(
    world: &World<'_>,
    planned: &Planned,
    own: &Series,
    over: usize,
    tiers: &mut Vec<String>,
) -> Result<Vec<Row>, Error> {
    let outcome = world.outcome;
    let row_now = |row: u32| Row {
        place: row,
        now: Some(row),
        tier: outcome.tier[row as usize],
        actual: world.amounts.months(row, 0, over as i32).iter().sum(),
        ..Row::default()
    };
    let mut rows: Vec<Row> = (0..outcome.customers() as u32).map(row_now).collect();
    let found = Keys::new(&planned.key)?.find_in(&Keys::new(own)?);
    let mut gone: HashMap<u32, usize> = HashMap::new();
    let first = first_rows(&planned.key)?;
    let tier = planned.tier.str().map_err(fault)?;
    let month = planned.month.cast(&DataType::Int64).map_err(fault)?;
    let (month, plan) = (month.i64().map_err(fault)?, planned.plan.f64().map_err(fault)?);
    let target = planned.target.f64().map_err(fault)?;
    for at in 0..planned.key.len() {
        let slot = match found[at] {
            Some(row) => row as usize,
            None => *gone.entry(first[at]).or_insert_with(|| {
                rows.push(Row { place: own.len() as u32 + first[at], ..Row::default() });
                rows.len() - 1
            }),
        };
        let row = &mut rows[slot];
        row.planned = true;
        // Of customers who merged, the higher tier stands.
        row.plan_tier = row.plan_tier.max(tier.get(at).map(|name| code(name, tiers)));
        if usize::try_from(month.get(at).unwrap_or(0)).is_ok_and(|month| month <= over) {
            row.plan += plan.get(at).unwrap_or(0.0);
            row.target = target.get(at).map(|target| row.target.unwrap_or(0.0) + target).or(row.target);
        }
    }
    let mut order: Vec<usize> = outcome.order.iter().map(|row| *row as usize).collect();
    order.extend(outcome.customers()..rows.len());
    Ok(order.into_iter().map(|at| rows[at].clone()).collect())
}

/// For each row the first one with the same key.
fn first_rows(keys: &Series) -> Result<Vec<u32>, Error> {
    let codes = crate::run::summaries::codes(keys)?;
    let mut first: HashMap<u32, u32> = HashMap::new();
    Ok(codes.iter().zip(0..).map(|(code, row)| *first.entry(*code).or_insert(row)).collect())
}

fn code(name: &str, tiers: &mut Vec<String>) -> u32 {
    if let Some(at) = tiers.iter().position(|tier| tier == name) {
        return at as u32;
    }
    tiers.push(name.to_owned());
    tiers.len() as u32 - 1
}

/// What is written.
struct Shown<'a> {
    world: &'a World<'a>,
    rows: &'a [Row],
    behind: &'a [Option<Severity>],
    keys: &'a Series,
    tiers: &'a [String],
}

/// Something that somebody should look at.
struct Alert<'a> {
    severity: Severity,
    kind: &'static str,
    row: &'a Row,
}

impl Shown<'_> {
    fn tier(&self, tier: Option<u32>) -> Option<String> {
        tier.and_then(|tier| self.tiers.get(tier as usize)).cloned()
    }

    fn key(&self, rows: &[&Row], own: &[&str]) -> Result<Series, Error> {
        let places: Vec<u32> = rows.iter().map(|row| row.place).collect();
        let name = key_name(&self.world.outcome.key, own);
        Ok(self.keys.take_slice(&places).map_err(fault)?.with_name(name.as_str().into()))
    }

    /// Whom it is for, as a text; missing where nobody is named.
    fn owner(&self, rows: &[&Row]) -> Result<Series, Error> {
        let Some(name) = &self.world.course.owner else {
            return Ok(Series::full_null("owner".into(), rows.len(), &DataType::String));
        };
        let places = IdxCa::new("rows".into(), rows.iter().map(|row| row.now).collect::<Vec<Option<u32>>>());
        let owners = column(self.world.outcome, name)?.take(&places).map_err(fault)?;
        Ok(owners.cast(&DataType::String).map_err(fault)?.with_name("owner".into()))
    }

    fn monitor(&self) -> Result<Vec<Series>, Error> {
        let rows: Vec<&Row> = self.rows.iter().collect();
        let own = ["owner", "plan_tier", "tier", "move", "plan", "target", "actual", "gap", "gap_share", "severity"];
        let floats = |name: &str, of: &dyn Fn(&Row) -> Option<f64>| {
            Series::new(name.into(), rows.iter().map(|row| of(row)).collect::<Vec<Option<f64>>>())
        };
        let words: Vec<Option<&str>> = self.behind.iter().map(|s| s.map(Severity::word)).collect();
        Ok(vec![
            self.key(&rows, &own)?,
            self.owner(&rows)?,
            Series::new(own[1].into(), rows.iter().map(|r| self.tier(r.plan_tier)).collect::<Vec<_>>()),
            Series::new(own[2].into(), rows.iter().map(|r| self.tier(r.tier)).collect::<Vec<_>>()),
            Series::new(own[3].into(), rows.iter().map(|r| r.word()).collect::<Vec<&str>>()),
            floats(own[4], &|row| Some(row.plan)),
            floats(own[5], &|row| row.target),
            floats(own[6], &|row| Some(row.actual)),
            floats(own[7], &|row| Some(row.actual - row.plan)),
            floats(own[8], &|row| (row.plan > 0.0).then(|| (row.actual - row.plan) / row.plan)),
            Series::new(own[9].into(), words),
        ])
    }

    fn drift(&self) -> Vec<Series> {
        // Highest tier first, none last.
        let rank = |tier: Option<u32>| tier.map_or((1, 0), |tier| (0, u32::MAX - tier));
        type Sums = (Option<u32>, Option<u32>, u64, f64, f64);
        let mut cells: BTreeMap<_, Sums> = BTreeMap::new();
        for row in self.rows {
            let place = (rank(row.plan_tier), rank(row.tier), row.word());
            let cell = cells.entry(place).or_insert((row.plan_tier, row.tier, 0, 0.0, 0.0));
            cell.2 += 1;
            cell.3 += row.plan;
            cell.4 += row.actual;
        }
        let cells: Vec<(&str, Sums)> = cells.into_iter().map(|((_, _, word), sums)| (word, sums)).collect();
        vec![
            Series::new("plan_tier".into(), cells.iter().map(|c| self.tier(c.1.0)).collect::<Vec<_>>()),
            Series::new("tier".into(), cells.iter().map(|c| self.tier(c.1.1)).collect::<Vec<_>>()),
            Series::new("move".into(), cells.iter().map(|c| c.0).collect::<Vec<&str>>()),
            ints("customers", cells.iter().map(|c| c.1.2)),
            Series::new("plan".into(), cells.iter().map(|c| c.1.3).collect::<Vec<f64>>()),
            Series::new("actual".into(), cells.iter().map(|c| c.1.4).collect::<Vec<f64>>()),
        ]
    }

    /// Critical ones first, then by what is missing, then in key order.
    fn alerts(&self) -> Result<Vec<Series>, Error> {
        let mut alerts: Vec<Alert<'_>> = Vec::new();
        for (row, behind) in self.rows.iter().zip(self.behind) {
            let mut alert = |severity, kind| alerts.push(Alert { severity, kind, row });
            let fell = match (row.plan_tier, row.tier) {
                (Some(before), Some(now)) => before.saturating_sub(now),
                _ => 0,
            };
            match row.word() {
                "gone" => alert(Severity::Critical, "gone"),
                "undetermined" => alert(Severity::Warning, "undetermined"),
                "down" => alert(if fell > 1 { Severity::Critical } else { Severity::Warning }, "tier fell"),
                _ => {}
            }
            if let Some(severity) = behind.filter(|_| row.now.is_some()) {
                alert(severity, "behind plan");
            }
        }
        let missing = |alert: &Alert<'_>| alert.row.plan - alert.row.actual;
        alerts.sort_by(|a, b| a.severity.cmp(&b.severity).then(missing(b).total_cmp(&missing(a))));
        let rows: Vec<&Row> = alerts.iter().map(|alert| alert.row).collect();
        let own = ["severity", "kind", "owner", "tier", "expected", "actual", "text"];
        Ok(vec![
            Series::new(own[0].into(), alerts.iter().map(|a| a.severity.word()).collect::<Vec<&str>>()),
            Series::new(own[1].into(), alerts.iter().map(|a| a.kind).collect::<Vec<&str>>()),
            self.key(&rows, &own)?,
            self.owner(&rows)?,
            Series::new(own[3].into(), rows.iter().map(|r| self.tier(r.tier.or(r.plan_tier))).collect::<Vec<_>>()),
            Series::new(own[4].into(), rows.iter().map(|row| row.plan).collect::<Vec<f64>>()),
            Series::new(own[5].into(), rows.iter().map(|row| row.actual).collect::<Vec<f64>>()),
            Series::new(own[6].into(), alerts.iter().map(|alert| self.text(alert)).collect::<Vec<String>>()),
        ])
    }

    fn text(&self, alert: &Alert<'_>) -> String {
        let row = alert.row;
        let name = |tier: Option<u32>| self.tier(tier).unwrap_or_else(|| "none".to_owned());
        match alert.kind {
            "behind plan" => {
                format!("{:.0} % of the plan to date is missing", 100.0 * (row.plan - row.actual) / row.plan)
            }
            "tier fell" => format!("{} in the plan, {} now", name(row.plan_tier), name(row.tier)),
            "gone" => format!("{} in the plan, no customer now", name(row.plan_tier)),
            _ => format!("{} in the plan, undetermined now", name(row.plan_tier)),
        }
    }
}
