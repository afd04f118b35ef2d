//! What columns come from, in words and down to the tables.
//!
//! In: the lineage of all steps. Out: [`Origins`]. Must not know: how it is shown. Start at [`Origin::of`].

use super::Ground;
use super::contents::Origins;
use crate::rules::lineage::Source;
use crate::rules::types::{ColumnId, TableId};
use std::collections::{BTreeMap, BTreeSet};

/// Names for sources, and what columns of steps are made of.
pub(super) struct Origin<'a> {
    ground: &'a Ground<'a>,
    /// Of each column of a step its step and its sources.
    made: BTreeMap<ColumnId, (&'a str, &'a BTreeSet<Source>)>,
}

impl<'a> Origin<'a> {
    /// That of a project.
    pub fn of(ground: &'a Ground<'a>) -> Origin<'a> {
        let schema = &ground.plan.schema;
        let customers = schema.table(schema.customer);
        let steps = |name: &str| ground.plan.programs.iter().any(|program| program.step == name);
        let made = ground.lineage.made.iter().filter(|made| steps(&made.step));
        let id = |column: &str| customers.columns.iter().rposition(|c| c.added && c.name == column);
        let made = made.filter_map(|made| {
            let id = ColumnId(u16::try_from(id(&made.column)?).ok()?);
            Some((id, (made.step.as_str(), &made.of)))
        });
        Origin { ground, made: made.collect() }
    }

    /// What a column is made of in its own step.
    pub fn direct(&self, of: &BTreeSet<Source>) -> Origins {
        self.named(of.iter())
    }

    /// What it comes from in the end: columns of steps stand for what they are made of.
    pub fn transitive(&self, of: &BTreeSet<Source>) -> Origins {
        self.named(self.closure(of).iter().filter(|source| self.step_of(source).is_none()))
    }

    /// All sources on the way, columns of steps included.
    pub fn closure(&self, of: &BTreeSet<Source>) -> BTreeSet<Source> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<Source> = of.iter().cloned().collect();
        while let Some(next) = open.pop() {
            if seen.contains(&next) {
                continue;
            }
            match self.step_of(&next) {
                Some((_, of)) => open.extend(of.iter().cloned()),
                None => open.extend(self.computed_of(&next)),
            }
            seen.insert(next);
        }
        seen
    }

    fn step_of(&self, source: &Source) -> Option<(&'a str, &'a BTreeSet<Source>)> {
        match source {
            Source::Column(table, column) if *table == self.ground.plan.schema.customer => {
                self.made.get(column).copied()
            }
            _ => None,
        }
    }

    /// The columns of its row that a computed column of a table is made of.
    fn computed_of(&self, source: &Source) -> Vec<Source> {
        let Source::Column(table, column) = source else { return Vec::new() };
        let schema = &self.ground.plan.schema;
        let (owner, name) = (schema.table(*table), &schema.column(*table, *column).name);
        let Some(rules) = self.ground.plan.row_rules.tables.get(&owner.name) else { return Vec::new() };
        let Some(manifest) = self.ground.project.tables.get(&owner.name) else { return Vec::new() };
        let position = manifest.columns.get_index_of(name.as_str());
        let rule = rules.computed.iter().find(|(at, _)| Some(*at) == position).map(|(_, rule)| rule);
        let reads = rule.map(|rule| rule.reads.as_slice()).unwrap_or_default();
        let names = reads.iter().filter_map(|at| Some(&rules.schema.tables.first()?.columns.get(*at)?.name));
        names.filter_map(|name| Some(Source::Column(*table, owner.column(name)?))).collect()
    }

    fn named<'s>(&self, sources: impl Iterator<Item = &'s Source>) -> Origins {
        let mut found = Origins::default();
        for source in sources {
            match source {
                Source::Column(table, column) => found.columns.push(self.column(*table, *column)),
                Source::Reference(table, at) => {
                    let owner = self.ground.plan.schema.table(*table);
                    let name = owner.references.get(*at).map_or("", |reference| &reference.name);
                    found.relations.push(format!("{}.{name}", owner.name));
                }
                Source::Related(table, at) => {
                    let owner = self.ground.plan.schema.table(*table);
                    let name = owner.many.get(*at).map_or("", |many| &many.name);
                    found.relations.push(format!("{}.{name}", owner.name));
                }
                Source::Named(name) if name.starts_with('P') => found.parameters.push(name.clone()),
                Source::Named(name) => found.dates.push(name.clone()),
            }
        }
        for names in [&mut found.columns, &mut found.relations, &mut found.parameters, &mut found.dates] {
            names.sort();
            names.dedup();
        }
        found
    }

    fn column(&self, table: TableId, column: ColumnId) -> String {
        let schema = &self.ground.plan.schema;
        let name = &schema.column(table, column).name;
        match self.step_of(&Source::Column(table, column)) {
            Some((step, _)) => format!("{step}: {name}"),
            None => format!("{}.{name}", schema.table(table).name),
        }
    }
}
