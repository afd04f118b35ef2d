//! The parameters of a data dictionary.
//!
//! In: `rules/parameters.yaml` as it was read, where rules read it. Out: [`ParameterEntry`]s. Must not know: how they are shown.

use super::Ground;
use super::contents::ParameterEntry;
use super::origins::Origin;
use crate::manifest::model::{Leaf, Parameter, ParameterTable, ParameterValue};
use crate::rules::lineage::Source;
use indexmap::IndexMap;

/// Rows of a table that are shown at most.
const ROWS: usize = 40;

/// The parameters, in the order of their file.
pub(super) fn entries(ground: &Ground<'_>) -> Vec<ParameterEntry> {
    let mut found = Vec::new();
    let origins = Origin::of(ground);
    walk(ground, &origins, &ground.project.parameters.entries, &mut Vec::new(), &mut found);
    found
}

fn walk(
    ground: &Ground<'_>,
    origins: &Origin<'_>,
    entries: &IndexMap<String, Parameter>,
    path: &mut Vec<String>,
    found: &mut Vec<ParameterEntry>,
) {
    for (name, parameter) in entries {
        path.push(name.clone());
        match parameter {
            Parameter::Group { entries, .. } => walk(ground, origins, entries, path, found),
            Parameter::Leaf(leaf) => found
                .push(ParameterEntry { place: ground.place(leaf.span), ..of_leaf(leaf) }.read(ground, origins, path)),
            Parameter::Table(table) => {
                found.push(
                    ParameterEntry { place: ground.place(table.span), ..of_table(table) }.read(ground, origins, path),
                );
            }
        }
        path.pop();
    }
}

fn of_leaf(leaf: &Leaf) -> ParameterEntry {
    ParameterEntry {
        name: String::new(),
        value: text(&leaf.value),
        rows: Vec::new(),
        dtype: dtype(&leaf.value),
        unit: leaf.unit.clone(),
        range: leaf.range,
        meaning: leaf.meaning.clone(),
        place: String::new(),
        used_at: Vec::new(),
        decides: Vec::new(),
    }
}

fn of_table(table: &ParameterTable) -> ParameterEntry {
    let row = |(key, values): (&String, &Vec<ParameterValue>)| {
        [key.clone()].into_iter().chain(values.iter().map(text)).collect()
    };
    let rows: Vec<Vec<String>> =
        if table.rows.len() <= ROWS { table.rows.iter().map(row).collect() } else { Vec::new() };
    let columns = if table.plain { String::new() } else { format!(": {}", table.columns.join(", ")) };
    let types = table.rows.values().next().map(|row| row.iter().map(dtype).collect::<Vec<_>>().join(", "));
    ParameterEntry {
        name: String::new(),
        value: format!("{}{columns}", table.rows.len()),
        rows,
        dtype: format!("table of {}", types.unwrap_or_default()),
        unit: None,
        range: None,
        meaning: table.meaning.clone(),
        place: String::new(),
        used_at: Vec::new(),
        decides: Vec::new(),
    }
}

impl ParameterEntry {
    /// The same with its name, where it is read, and which columns follow from it.
    fn read(self, ground: &Ground<'_>, origins: &Origin<'_>, path: &[String]) -> ParameterEntry {
        let mut used_at: Vec<String> = Vec::new();
        // A rule may read one key of a table: `P.regions["East"]`.
        for read in ground.named.uses.iter().filter(|read| read.path.starts_with(path)) {
            let place = ground.place(read.span);
            if !used_at.contains(&place) {
                used_at.push(place);
            }
        }
        let name = format!("P.{}", path.join("."));
        let is = |source: &Source| match source {
            Source::Named(named) => {
                *named == name || named.starts_with(&format!("{name}[")) || named.starts_with(&format!("{name}."))
            }
            _ => false,
        };
        let steps = |step: &str| ground.plan.programs.iter().any(|program| program.step == step);
        let made = || ground.lineage.made.iter().filter(|made| steps(&made.step));
        let direct = made().filter(|made| made.of.iter().any(is));
        let later = made().filter(|made| !made.of.iter().any(is) && origins.closure(&made.of).iter().any(is));
        let decides = direct.chain(later).map(|made| format!("{}: {}", made.step, made.column)).collect();
        ParameterEntry { name, used_at, decides, ..self }
    }
}

fn text(value: &ParameterValue) -> String {
    match value {
        ParameterValue::Int(value) => value.to_string(),
        ParameterValue::Float(value) => format!("{value:?}"),
        ParameterValue::Bool(value) => value.to_string(),
        ParameterValue::Text(value) => value.clone(),
        ParameterValue::Date(value) => value.to_string(),
        ParameterValue::List(values) => format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(", ")),
    }
}

fn dtype(value: &ParameterValue) -> String {
    match value {
        ParameterValue::Int(_) => "int".to_owned(),
        ParameterValue::Float(_) => "float".to_owned(),
        ParameterValue::Bool(_) => "bool".to_owned(),
        ParameterValue::Text(_) => "text".to_owned(),
        ParameterValue::Date(_) => "date".to_owned(),
        ParameterValue::List(values) => format!("list of {}", values.first().map(dtype).unwrap_or_default()),
    }
}
