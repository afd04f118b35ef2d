//! A data dictionary as Markdown.
//!
//! In: a [`Dictionary`], a language. Out: one document, with a Mermaid graph of tables and steps. Must not know: plans, rules. Start at
//! [`document`].

use super::contents::{
    Dictionary, Origins, ParameterEntry, ReadBy, ReferenceEntry, StepEntry, TableColumn, TableEntry,
};
use super::words::Words;
use crate::language::Language;
use std::collections::BTreeSet;

/// The document.
pub fn document(dictionary: &Dictionary, language: Language) -> String {
    let words = Words::of(language);
    let mut text = format!("# {}: {}\n\n{}\n\n", words.title, plain(&dictionary.project), words.about);
    text += &overview(dictionary, words);
    text += &format!("## {}\n\n", words.tables);
    dictionary.tables.iter().for_each(|one| text += &table(one, words));
    text += &format!("## {}\n\n", words.steps);
    dictionary.steps.iter().for_each(|one| text += &step(one, words));
    text += &parameters(&dictionary.parameters, words);
    text
}

/// Text that Markdown does not read as anything else, in one line; also within a table.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => escaped.push(' '),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A name as code; within a table a bar is escaped there, too.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn codes<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

fn row<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.as_ref().to_owned()).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn head(names: &[&str]) -> String {
    format!("{}{}", row(names), row(names.iter().map(|_| "---")))
}

fn or_nothing(text: String, words: &Words) -> String {
    if text.is_empty() { words.nothing.to_owned() } else { text }
}

fn overview(dictionary: &Dictionary, words: &Words) -> String {
    let mut text = format!("## {}\n\n", words.overview);
    text += &format!("- {}: {}\n", words.customers, code(&dictionary.customer));
    let tiers = dictionary.tiers.iter().map(|tier| plain(tier)).collect::<Vec<_>>().join(" < ");
    text += &format!("- {} ({}, {}): {tiers}\n", words.tiers, code(&dictionary.tier), words.lowest_first);
    text += &format!("- {}: {} ({})\n", words.planning_year, dictionary.planning_year, plain(&dictionary.time_zone));
    let steps: Vec<String> = dictionary.steps.iter().map(|step| code(&step.name)).collect();
    text += &format!("- {}: {}\n\n", words.steps, steps.join(" → "));
    text += &graph(dictionary, words);
    if !dictionary.phases.is_empty() {
        text += &format!("### {}\n\n", words.phases);
        text += &head(&[words.phase, words.window, words.sets, words.steps]);
        for phase in &dictionary.phases {
            let window = match (&phase.from, &phase.to) {
                (Some(from), Some(to)) => format!("{from} {} {to}", words.until),
                _ => String::new(),
            };
            let steps = phase.steps.as_ref().map(codes).unwrap_or_default();
            text += &row([plain(&phase.name), window, codes(&phase.set), steps].map(|cell| or_nothing(cell, words)));
        }
        text.push('\n');
    }
    if !dictionary.scenarios.is_empty() {
        text += &format!("### {}\n\n", words.scenarios);
        text += &head(&[words.scenario, words.meaning, words.sets]);
        for scenario in &dictionary.scenarios {
            let later =
                scenario.from_year.iter().map(|(year, set)| format!("{} {year}: {}", words.from_year, codes(set)));
            let sets: Vec<String> =
                [codes(&scenario.set)].into_iter().filter(|set| !set.is_empty()).chain(later).collect();
            let meaning = scenario.meaning.as_deref().map(plain).unwrap_or_default();
            text += &row([plain(&scenario.name), meaning, sets.join("; ")].map(|cell| or_nothing(cell, words)));
        }
        text.push('\n');
    }
    text
}

/// Tables and steps as a graph: references between tables are dotted, what a step reads are arrows to it.
fn graph(dictionary: &Dictionary, words: &Words) -> String {
    let label = |name: &str| name.replace('"', "#quot;").replace(['\n', '\r'], " ");
    let table = |name: &str| dictionary.tables.iter().position(|table| table.name == name).map(|at| format!("t{at}"));
    let step = |name: &str| dictionary.steps.iter().position(|step| step.name == name).map(|at| format!("s{at}"));
    let mut text = "```mermaid\nflowchart LR\n".to_owned();
    for (at, one) in dictionary.tables.iter().enumerate() {
        text += &format!("  t{at}[(\"{}\")]\n", label(&one.name));
    }
    for (at, one) in dictionary.steps.iter().enumerate() {
        text += &format!("  s{at}[\"{}\"]\n", label(&one.name));
    }
    let mut edges: BTreeSet<(usize, String)> = BTreeSet::new();
    for (at, one) in dictionary.tables.iter().enumerate() {
        for reference in &one.references {
            let to = table(&reference.table).unwrap_or_default();
            edges.insert((0, format!("  t{at} -.->|\"{}\"| {to}\n", label(&reference.name))));
        }
        let readers = one.columns.iter().flat_map(|column| &column.read_by);
        edges.extend(readers.filter_map(|read| Some((1, format!("  t{at} --> {}\n", step(&read.step)?)))));
    }
    let mut prior = false;
    for (at, one) in dictionary.steps.iter().enumerate() {
        let users = one.columns.iter().flat_map(|column| &column.used_by);
        edges.extend(users.filter_map(|read| Some((2, format!("  s{at} --> {}\n", step(&read.step)?)))));
        if one.columns.iter().any(|column| column.of.relations.iter().any(|name| name.ends_with(".prior"))) {
            prior = true;
            edges.insert((3, format!("  p --> s{at}\n")));
        }
    }
    if prior {
        text += &format!("  p([\"{}\"])\n", label(words.prior));
    }
    edges.iter().for_each(|(_, edge)| text += edge);
    text + "```\n\n"
}

fn table(table: &TableEntry, words: &Words) -> String {
    let mut text = format!("### {}\n\n", plain(&table.name));
    if !table.description.is_empty() {
        text += &format!("{}\n\n", plain(&table.description));
    }
    text += &format!("- {}: {} ({})\n", words.source, code(&table.source), code(&table.place));
    text += &format!("- {}: {}\n", words.key, or_nothing(codes(&table.key), words));
    for reference in &table.references {
        text += &self::reference(reference, words);
    }
    if let Some(filter) = &table.filter {
        text += &format!("- {}: {}\n", words.filter, code(filter));
    }
    if !table.checks.is_empty() {
        text += &format!("- {}: {}\n", words.checks, codes(&table.checks));
    }
    text.push('\n');
    text += &head(&[words.column, words.dtype, words.unit, words.meaning, words.checks, words.read_by]);
    table.columns.iter().for_each(|column| text += &table_column(column, words));
    text.push('\n');
    text
}

fn reference(reference: &ReferenceEntry, words: &Words) -> String {
    let many =
        reference.many.as_ref().map(|many| format!("; {} {}", words.seen_there_as, code(many))).unwrap_or_default();
    let (name, to) = (code(&reference.name), code(&reference.table));
    format!("- {name} ({}) {} {to}{many}\n", codes(&reference.columns), words.leads_to)
}

fn table_column(column: &TableColumn, words: &Words) -> String {
    let mut meaning: Vec<String> = Vec::new();
    if !column.description.is_empty() {
        meaning.push(plain(&column.description));
    }
    meaning.extend(column.source_name.iter().map(|name| format!("{}: {}", words.in_source, code(name))));
    meaning.extend(column.computed.iter().map(|text| format!("{}: {}", words.computed, code(text))));
    if column.sensitive {
        meaning.push(format!("**{}**", words.sensitive));
    }
    let unit = column.unit.as_deref().map(plain).unwrap_or_default();
    let cells = [
        code(&column.name),
        code(&column.dtype),
        unit,
        meaning.join("; "),
        codes(&column.checks),
        read_by(&column.read_by),
    ];
    row(cells.map(|cell| or_nothing(cell, words)))
}

/// `value` rules/value.rhai:12, :15
fn read_by(reads: &[ReadBy]) -> String {
    let one = |read: &ReadBy| {
        let mut last = "";
        let mut places = Vec::new();
        for place in &read.places {
            let (file, line) = place.rsplit_once(':').unwrap_or((place, ""));
            places.push(if file == last { format!(":{line}") } else { plain(place) });
            last = file;
        }
        format!("{} {}", code(&read.step), places.join(", "))
    };
    reads.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn step(step: &StepEntry, words: &Words) -> String {
    let mut text = format!("### {} {}\n\n{}\n\n", words.step, plain(&step.name), code(&step.place));
    text +=
        &head(&[words.column, words.dtype, words.unit, words.made_of, words.comes_from, words.used_by, words.written]);
    for column in &step.columns {
        let missing = if column.may_be_missing { format!(", {}", words.may_be_missing) } else { String::new() };
        let written = match &column.written_as {
            Some(name) => code(name),
            None => words.not_written.to_owned(),
        };
        let cells = [
            format!("{}<br>{}", code(&column.name), plain(&column.place)),
            format!("{}{missing}", code(&column.dtype)),
            or_nothing(column.unit.as_deref().map(plain).unwrap_or_default(), words),
            origins(&column.of, words),
            origins(&column.from, words),
            or_nothing(read_by(&column.used_by), words),
            written,
        ];
        text += &row(cells);
    }
    text.push('\n');
    text
}

fn origins(origins: &Origins, words: &Words) -> String {
    let parts = [&origins.columns, &origins.relations, &origins.parameters, &origins.dates];
    let parts: Vec<String> = parts.into_iter().filter(|names| !names.is_empty()).map(codes).collect();
    if parts.is_empty() { words.constant.to_owned() } else { parts.join("<br>") }
}

fn parameters(parameters: &[ParameterEntry], words: &Words) -> String {
    if parameters.is_empty() {
        return String::new();
    }
    let mut text = format!("## {}\n\n", words.parameters);
    text +=
        &head(&[words.parameter, words.value, words.unit, words.range, words.meaning, words.used_at, words.decides]);
    for one in parameters {
        let range = one.range.map(|(from, to)| format!("{from} – {to}")).unwrap_or_default();
        let value = match one.dtype.starts_with("table ") {
            true => {
                format!("{} {}", plain(&one.value).replacen(':', &format!(" {}:", words.rows), 1), rest(one, words))
            }
            false => code(&one.value),
        };
        let used: Vec<String> = one.used_at.iter().map(|place| plain(place)).collect();
        let cells = [
            format!("{}<br>{}", code(&one.name), plain(&one.place)),
            value.trim().to_owned(),
            one.unit.as_deref().map(plain).unwrap_or_default(),
            range,
            plain(&one.meaning),
            used.join(", "),
            codes(&one.decides),
        ];
        text += &row(cells.map(|cell| or_nothing(cell, words)));
    }
    text.push('\n');
    text
}

/// The rows of a short table, a line each.
fn rest(one: &ParameterEntry, words: &Words) -> String {
    let count = if one.value.contains(':') { String::new() } else { words.rows.to_owned() };
    let rows: String = one
        .rows
        .iter()
        .map(|cells| {
            format!("<br>{}: {}", plain(&cells[0]), cells[1..].iter().map(|c| plain(c)).collect::<Vec<_>>().join(", "))
        })
        .collect();
    format!("{count}{rows}")
}
