//! The data dictionary of a project: its tables, the columns of its steps and where they come from, its parameters.
//!
//! In: the project's plan, its texts. Out: a [`Dictionary`], which [`markdown`] writes for people and `serde` for programs; the same bytes each
//! time. Must not know: data, runs. Start at [`Dictionary::of`].

mod contents;
pub mod markdown;
mod origins;
mod parameters;
mod tables;
mod words;

pub use contents::{
    Dictionary, Origins, ParameterEntry, PhaseEntry, ReadBy, ReferenceEntry, ScenarioEntry, StepColumn, StepEntry,
    TableColumn, TableEntry,
};

use crate::manifest::model::{Project, Scenario};
use crate::rules::lineage::{Lineage, Made, Named};
use crate::rules::types::ColumnId;
use crate::run::Plan;
use crate::source::{SourceMap, Span};
use indexmap::IndexMap;
use origins::Origin;

/// What entries are made of.
struct Ground<'a> {
    plan: &'a Plan,
    project: &'a Project,
    sources: &'a SourceMap,
    named: Named,
    lineage: Lineage,
}

impl Ground<'_> {
    /// `rules/value.rhai:12`.
    fn place(&self, span: Span) -> String {
        let file = self.sources.file(span.file);
        format!("{}:{}", file.path, file.line_column(span.start as usize).0)
    }

    /// Places by step, each line once, in order.
    fn read_by(&self, table: crate::rules::types::TableId, column: ColumnId) -> Vec<ReadBy> {
        let mut steps: IndexMap<&str, Vec<String>> = IndexMap::new();
        for (step, span) in self.lineage.reads.get(&(table, column)).into_iter().flatten() {
            let (places, place) = (steps.entry(step).or_default(), self.place(*span));
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let order =
            |step: &str| self.plan.programs.iter().position(|program| program.step == step).unwrap_or(usize::MAX);
        steps.sort_by_key(|step, _| order(step));
        steps.into_iter().map(|(step, places)| ReadBy { step: step.to_owned(), places }).collect()
    }
}

impl Dictionary {
    /// The dictionary of a project that has no errors. `sources` are the texts of its plan.
    pub fn of(plan: &Plan, sources: &SourceMap) -> Dictionary {
        let named = Named::of(&plan.trees);
        let outlook = plan.outlook.iter().map(|outlook| &outlook.program);
        let lineage = Lineage::of(plan.programs.iter().chain(outlook), &named);
        let ground = Ground { plan, project: &plan.project, sources, named, lineage };
        let project = &plan.project;
        Dictionary {
            project: project.name.clone(),
            customer: project.customer.clone(),
            tiers: project.decision.order.clone(),
            tier: project.decision.tier.clone(),
            value: project.decision.value.clone(),
            planning_year: format!("{:02}-{:02}", project.planning.start_month, project.planning.start_day),
            time_zone: project.planning.time_zone.clone(),
            phases: phases(project),
            scenarios: project.scenarios.iter().map(scenario).collect(),
            tables: tables::entries(&ground),
            steps: steps(&ground),
            parameters: parameters::entries(&ground),
        }
    }
}

fn phases(project: &Project) -> Vec<PhaseEntry> {
    let mut found: Vec<PhaseEntry> = Vec::new();
    let day = |(month, day): (i8, i8)| format!("{month:02}-{day:02}");
    for phase in crate::manifest::model::Phase::ALL {
        let window = project.planning.windows.iter().find(|window| window.phase == phase);
        let variant = project.planning.variant(phase);
        if window.is_none() && variant.is_none() {
            continue;
        }
        let steps = variant.and_then(|variant| variant.steps.as_ref());
        found.push(PhaseEntry {
            name: phase.name().to_owned(),
            from: window.map(|window| day(window.from)),
            to: window.map(|window| day(window.to)),
            set: variant.map(|variant| variant.set.iter().map(|a| a.text.clone()).collect()).unwrap_or_default(),
            steps: steps.map(|steps| steps.iter().map(|step| step.name.clone()).collect()),
        });
    }
    found
}

fn scenario(scenario: &Scenario) -> ScenarioEntry {
    let texts = |set: &[crate::manifest::model::Assignment]| set.iter().map(|a| a.text.clone()).collect();
    ScenarioEntry {
        name: scenario.name.clone(),
        meaning: scenario.meaning.clone(),
        set: texts(&scenario.set),
        from_year: scenario.later.iter().map(|(year, set)| (*year, texts(set))).collect(),
    }
}

fn steps(ground: &Ground<'_>) -> Vec<StepEntry> {
    let origins = Origin::of(ground);
    let programs = ground.plan.programs.iter().zip(&ground.plan.step_places);
    let mut found: Vec<StepEntry> = Vec::new();
    for (program, place) in programs {
        let made = ground.lineage.made.iter().filter(|made| made.step == program.step);
        let columns = made.map(|made| step_column(ground, &origins, made)).collect();
        found.push(StepEntry { name: program.step.clone(), place: place.clone(), columns });
    }
    found
}

fn step_column(ground: &Ground<'_>, origins: &Origin<'_>, made: &Made) -> StepColumn {
    let schema = &ground.plan.schema;
    let customers = schema.table(schema.customer);
    let id = customers.column(&made.column);
    let column = id.map(|id| schema.column(schema.customer, id));
    let written = ground.plan.selection.columns.iter().find(|selected| selected.from == made.column);
    StepColumn {
        name: made.column.clone(),
        dtype: column.map(|column| column.dtype.to_string()).unwrap_or_default(),
        unit: column.and_then(|column| column.unit.clone()),
        may_be_missing: column.is_some_and(|column| column.optional),
        place: made.span.map(|span| ground.place(span)).unwrap_or_default(),
        of: origins.direct(&made.of),
        from: origins.transitive(&made.of),
        used_by: id.map(|id| ground.read_by(schema.customer, id)).unwrap_or_default(),
        written_as: written.map(|selected| selected.name.clone()),
    }
}
