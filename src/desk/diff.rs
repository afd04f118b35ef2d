//! Why two committed runs differ: how much of it is due to data, to rules, to parameters.
//!
//! In: two committed runs, the data of the later one as they are now. Out: [`Difference`]. Must not know: terminals. Start at [`diff`].
//!
//! What changed is put in place one after the other: data first (with manifests, dates and the prior run), then rules (with the project file), then
//! parameters. Each stage is computed, so what the parts do sums to the whole.

use super::committed::{self, Committed};
use super::compare::{Comparison, Question, compare};
use super::stand::Stand;
use super::what_if::{evaluate, question};
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Result, Stop};
use crate::run::identity::Identity;
use crate::run::layout::{Layout, TEXTS};
use crate::run::record::Record;
use crate::run::{Request, plan, prior, renamed, verify};
use crate::source::SourceMap;
use crate::system::System;
use crate::system::patchwork::{Patchwork, files_below};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What may differ between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Data files, manifests, dates, the prior run.
    Data,
    /// Rule files, the project file.
    Rules,
    /// Parameters and their tables.
    Parameters,
}

impl Part {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Part::Data => "data",
            Part::Rules => "rules",
            Part::Parameters => "parameters",
        }
    }
}

/// What one part does, or several that could not be told apart.
#[derive(Clone, Debug, Serialize)]
pub struct Effect {
    /// Which.
    pub parts: Vec<Part>,
    /// What of it is otherwise, a line each.
    pub changed: Vec<String>,
    /// Customers before it and after it.
    pub comparison: Comparison,
    /// Sum of all customers' steps of tiers; one without a tier, or who is none, stands below the lowest.
    pub net_steps: i64,
    /// Why parts could not be told apart: what the rules of one run say to what the other has.
    pub joined: Option<String>,
}

/// Why two runs differ.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The earlier run, and the later.
    pub runs: (String, String),
    /// Their cycles.
    pub cycles: (String, String),
    /// The parts, in the order in which they were put in place.
    pub effects: Vec<Effect>,
    /// All of it.
    pub whole: Effect,
    /// Customers who moved, with their tier after each part.
    pub paths: Vec<Steps>,
    /// Names of the measures.
    pub measures: Vec<String>,
    /// Customers of the earlier run who have another key in the later one, under which they stand here.
    pub renamed: usize,
    /// Customers of the earlier run who became part of another one, whose decision went on; they stand nowhere here.
    pub merged: usize,
}

/// A customer through the parts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Steps {
    /// Its key.
    pub customer: String,
    /// Its tier before, and after each part; none where it has none.
    pub tiers: Vec<Option<String>>,
    /// Its value, the same.
    pub values: Vec<Option<f64>>,
}

/// Where runs lie, and what they are computed with.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The outside world.
    pub system: &'a dyn System,
    /// Where runs lie.
    pub layout: &'a Layout,
    /// The project's folder and output.
    pub request: &'a Request,
    /// Threads.
    pub pool: &'a rayon::ThreadPool,
}

/// Splits the difference of two runs.
///
/// # Errors
/// What is wrong with a run, or `inputs-changed`: data of the later run are no longer what it read; with the texts that it is about.
pub fn diff(
    ground: Ground<'_>,
    (first, last): (Record, Record),
    by: &[String],
    movers: usize,
) -> Result<Difference, (Stop, SourceMap)> {
    let none = |stop: Stop| (stop, SourceMap::default());
    let Ground { system, layout, request, .. } = ground;
    let a = Committed::open(system, layout, first, request.clone())?;
    let b = Committed::open(system, layout, last, request.clone())?;
    let (asked, (then, now)) = ends(ground, &a, &b, by, movers).map_err(none)?;
    let split = Split { ground, a: &a, b: &b, question: &asked };
    let followed = renamed::between(system, layout, &a.record, &b.record).and_then(|keys| then.under(&keys));
    let (first, renamed) = followed.map_err(|error| none(error.into()))?;
    let merged = then.len() - first.len();
    let found = split.walk((first, now)).map_err(none)?;
    Ok(Difference { renamed, merged, ..found })
}

/// What is shown, and where customers stand in both runs.
fn ends(
    ground: Ground<'_>,
    a: &Committed,
    b: &Committed,
    by: &[String],
    movers: usize,
) -> Result<(Question, (Stand, Stand))> {
    let mut asked = question(&b.plan, by, movers)?;
    let known = plan::available(&a.plan.schema);
    // What one of them does not have cannot be compared.
    asked.by.retain(|name| known.contains_key(name));
    asked.measures.retain(|measure| known.contains_key(&measure.column));
    let stand =
        |run: &Committed| run.stand(ground.system, ground.pool, &asked.columns(), &b.plan.project.decision.order);
    let stands = (stand(a)?, stand(b)?);
    let there = |name: &String| stands.0.column(name).is_some() && stands.1.column(name).is_some();
    asked.by.retain(there);
    asked.measures.retain(|measure| there(&measure.column));
    Ok((asked, stands))
}

struct Split<'a> {
    ground: Ground<'a>,
    a: &'a Committed,
    b: &'a Committed,
    question: &'a Question,
}

/// A stage that was reached, with the parts that led there.
struct Stage {
    parts: Vec<Part>,
    stand: Stand,
    joined: Option<String>,
}

impl Split<'_> {
    fn walk(&self, (first, last): (Stand, Stand)) -> Result<Difference> {
        let changed = self.changed();
        let mut stages: Vec<Stage> = Vec::new();
        let (mut waiting, mut why): (Vec<Part>, Option<String>) = (Vec::new(), None);
        let parts: Vec<Part> = [Part::Data, Part::Rules, Part::Parameters]
            .into_iter()
            .filter(|part| changed.get(part).is_some_and(|lines| !lines.is_empty()))
            .collect();
        for (nth, part) in parts.iter().enumerate() {
            waiting.push(*part);
            if nth + 1 == parts.len() {
                break;
            }
            match self.stage(*part) {
                Ok(stand) => {
                    stages.push(Stage { parts: std::mem::take(&mut waiting), stand, joined: why.take() });
                }
                Err(stop @ (Stop::Error(_) | Stop::Findings(_))) if is_of_data(&stop) => return Err(stop),
                Err(Stop::Error(error)) => return Err(error.into()),
                // Rules of one run and what the other has do not fit: both are put in place together.
                Err(Stop::Findings(found) | Stop::Configuration(found)) => {
                    why = found.iter().find(|finding| finding.is_error()).map(|finding| finding.message.clone());
                }
            }
        }
        if !waiting.is_empty() {
            stages.push(Stage { parts: waiting, stand: last.clone(), joined: why });
        }
        self.told(first, last, stages, &changed)
    }

    fn told(
        &self,
        first: Stand,
        last: Stand,
        stages: Vec<Stage>,
        changed: &BTreeMap<Part, Vec<String>>,
    ) -> Result<Difference> {
        let order = &self.b.plan.project.decision.order;
        let calm = Question { movers: 0, ..self.question.clone() };
        let effect = |before: &Stand, after: &Stand, asked: &Question, parts: &[Part], joined: Option<String>| {
            let lines = parts.iter().filter_map(|part| changed.get(part)).flatten().cloned().collect();
            let comparison = self.ground.pool.install(|| compare(before, after, asked, order))?;
            let net_steps = net_steps(before, after, order.len());
            Ok::<Effect, Error>(Effect { parts: parts.to_vec(), changed: lines, comparison, net_steps, joined })
        };
        let mut effects = Vec::new();
        let mut before = &first;
        for stage in &stages {
            effects.push(effect(before, &stage.stand, &calm, &stage.parts, stage.joined.clone())?);
            before = &stage.stand;
        }
        let whole = effect(&first, &last, self.question, &[], None)?;
        let all: Vec<&Stand> = [&first].into_iter().chain(stages.iter().map(|stage| &stage.stand)).collect();
        let paths = paths(&whole.comparison, &all)?;
        let run = |of: &Committed| (of.record.run.clone(), of.record.identity.cycle.clone());
        let ((first, from), (last, to)) = (run(self.a), run(self.b));
        let measures = self.question.measures.iter().map(|measure| measure.name.clone()).collect();
        let cycles = (from, to);
        Ok(Difference { runs: (first, last), cycles, effects, whole, paths, measures, renamed: 0, merged: 0 })
    }

    /// What differs, by part.
    fn changed(&self) -> BTreeMap<Part, Vec<String>> {
        let (then, now) = (&self.a.record.identity, &self.b.record.identity);
        let only = |keep: &dyn Fn(&mut Identity, &Identity)| {
            let mut other = then.clone();
            keep(&mut other, now);
            verify::changes(then, &other)
        };
        let mut data = only(&|other, now| {
            other.inputs.clone_from(&now.inputs);
            other.manifests.clone_from(&now.manifests);
        });
        let pairs = [
            ("as-of", then.as_of.clone(), now.as_of.clone()),
            ("cycle", then.cycle.clone(), now.cycle.clone()),
            ("phase", then.phase.clone().unwrap_or_default(), now.phase.clone().unwrap_or_default()),
            ("prior run", then.prior.clone().unwrap_or_default(), now.prior.clone().unwrap_or_default()),
        ];
        let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
        data.extend(
            pairs.iter().filter(|(_, a, b)| a != b).map(|(name, a, b)| format!("{name} {} → {}", shown(a), shown(b))),
        );
        let mut rules = only(&|other, now| {
            other.rules.clone_from(&now.rules);
            other.project_file.clone_from(&now.project_file);
        });
        if then.scenario != now.scenario {
            rules.push(format!("scenario {} → {}", then.scenario, now.scenario));
        }
        let parameters = only(&|other, now| other.parameters.clone_from(&now.parameters));
        BTreeMap::from([(Part::Data, data), (Part::Rules, rules), (Part::Parameters, parameters)])
    }

    /// Where customers stand with everything up to a part of the later run, and the rest of the earlier one.
    fn stage(&self, part: Part) -> Result<Stand> {
        let Ground { system, layout, request, pool } = self.ground;
        let (old, new) = (self.a.folder.join(TEXTS), self.b.folder.join(TEXTS));
        let mut files: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for (folder, is_new) in [(&old, false), (&new, true)] {
            let below = files_below(system, folder)?;
            files.extend(below.into_iter().filter(|(path, _)| (part_of(path) <= part) == is_new));
        }
        let seen = Patchwork::new(system, new.clone(), files);
        let mut asked = committed::request(&self.b.record, layout, request.clone())?;
        asked.texts = Some(new);
        if part < Part::Rules {
            asked.scenario = Some(self.a.record.identity.scenario.clone());
        }
        let mut sources = SourceMap::default();
        let plan = plan::plan(&seen, &asked, &mut sources)?;
        let prior = match &self.b.record.identity.prior {
            Some(run) => {
                let cycle = prior::cycle_of(system, layout, run)?;
                Some(pool.install(|| prior::read(system, layout, &cycle, run, &plan.project))?.0)
            }
            None => None,
        };
        let (outcome, inputs) = evaluate(&seen, &plan, &sources, pool, request.engine, prior.as_ref())?;
        let lines = verify::changes(&self.b.record.identity, &Identity { inputs, ..self.b.record.identity.clone() });
        if !lines.is_empty() {
            return Err(Stop::Findings(vec![verify::finding(&self.b.record, lines)]));
        }
        Ok(Stand::of(&outcome, &self.question.columns(), &self.b.plan.project.decision.order)?)
    }
}

/// Whether a stop is about data that are no longer there, not about rules that do not fit.
fn is_of_data(stop: &Stop) -> bool {
    matches!(stop, Stop::Findings(found) if found.iter().any(|finding: &Diagnostic| finding.id == ids::INPUTS_CHANGED))
}

/// Which part a file of the project belongs to; see `SourceHashes`.
fn part_of(path: &Path) -> Part {
    if path.extension().is_some_and(|end| end == "rhai") || path == Path::new("tierwright.yaml") {
        Part::Rules
    } else if path.starts_with("rules") {
        Part::Parameters
    } else {
        Part::Data
    }
}

/// Sum of steps of tiers.
fn net_steps(before: &Stand, after: &Stand, known: usize) -> i64 {
    let stands = |stand: &Stand| -> i64 {
        let height =
            |tier: &Option<u32>| tier.filter(|tier| (*tier as usize) < known).map_or(0, |tier| i64::from(tier) + 1);
        stand.tier.iter().map(height).sum()
    };
    stands(after) - stands(before)
}

/// The named movers' tiers and values after each part.
fn paths(whole: &Comparison, stands: &[&Stand]) -> Result<Vec<Steps>, Error> {
    let Some(first) = stands.first() else { return Ok(Vec::new()) };
    let rows: Vec<Vec<Option<u32>>> = stands.iter().map(|stand| first.rows_in(stand)).collect::<Result<_, _>>()?;
    let path = |mover: &super::compare::Mover| {
        let at = |nth: usize| rows[nth][mover.rows.0 as usize].map(|row| row as usize);
        let tier = |nth: usize| {
            let stand = stands[nth];
            at(nth).and_then(|row| stand.tier[row]).and_then(|tier| stand.tiers.get(tier as usize)).cloned()
        };
        Steps {
            customer: mover.customer.clone(),
            tiers: (0..stands.len()).map(tier).collect(),
            values: (0..stands.len()).map(|nth| at(nth).and_then(|row| stands[nth].value[row])).collect(),
        }
    };
    Ok(whole.movers.iter().map(path).collect())
}
