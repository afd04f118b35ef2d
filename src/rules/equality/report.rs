//! What went wrong, in rules as small as they can be.
//!
//! In: rules that differ or are refused. Out: a text with the seed, the rules, the row, what it holds, both answers. Must
//! not know: which evaluators differ.

use super::compare::Difference;
use super::evaluate::{Setting, run};
use super::generate::Rules;
use super::rules::compile;
use super::run::refusal;
use super::shrink::shrink;
use super::tables::Tables;
use super::world::schema;
use crate::rules::data::{Cell, TableData};
use crate::rules::schema::TableSchema;

/// Rules that the check refuses though they should be well typed.
pub(super) fn refused(seed: u64, rules: Rules, why: &str) -> String {
    let still = |rules: &Rules| refusal(rules).as_deref() == Some(why);
    format!("seed {seed}: {why}\n{}", shrink(rules, &still).texts().shown())
}

/// Rules of which two evaluators make different things.
pub(super) fn difference(seed: u64, rules: Rules, tables: &Tables, setting: &Setting<'_>) -> String {
    let differs = |rules: &Rules, tables: &Tables| -> Option<(String, Difference)> {
        let compiled = compile(&rules.texts()).ok()?;
        run(&compiled, tables, setting).difference
    };
    let first = differs(&rules, tables);
    // One customer is quicker, where populations do not need the others.
    let mut tables = tables.clone();
    if let Some((_, Difference { row: Some(row), .. })) = &first {
        let alone = Tables { active: vec![*row], ..tables.clone() };
        if differs(&rules, &alone).is_some() {
            tables = alone;
        }
    }
    let small = shrink(rules.clone(), &|rules| differs(rules, &tables).is_some());
    let found = differs(&small, &tables).or(first);
    let (step, Difference { row, first, second }) = found.unwrap();
    let text = small.texts().shown();
    let inputs = row.map_or_else(String::new, |row| inputs(&tables, row as usize, &text));
    format!(
        "seed {seed}, step {step}, row {row:?} of {} customers\n  interpreter: {first}\n  other:       {second}\n\
         {inputs}smallest rules:\n{text}whole rules:\n{}",
        tables.data.tables[0].rows,
        rules.texts().shown(),
    )
}

fn cell(table: &TableData, column: usize, row: usize) -> String {
    match table.columns[column].get(row) {
        None => "()".to_owned(),
        Some(Cell::Float(x)) => format!("{x:?} (bits {:016x})", x.to_bits()),
        Some(cell) => format!("{cell:?}"),
    }
}

/// The columns of a row that a text names.
fn named(schema: &TableSchema, table: &TableData, row: usize, text: &str) -> String {
    let is_named = |name: &str| text.contains(&format!(".{name}")) || text.contains(&format!("\"{name}\""));
    let columns = schema.columns.iter().enumerate().filter(|(_, c)| is_named(&c.name));
    columns.map(|(i, c)| format!(" {}={}", c.name, cell(table, i, row))).collect()
}

/// What a customer and its related rows hold.
fn inputs(tables: &Tables, row: usize, text: &str) -> String {
    let schema = schema();
    let of = |id: usize, row: usize| named(&schema.tables[id], &tables.data.tables[id], row, text);
    let mut shown = format!("  c:{}\n", of(0, row));
    for (many, related) in schema.tables[0].many.iter().zip(&tables.data.tables[0].many) {
        if text.contains(&format!(".{}", many.name)) {
            for other in related.of(row) {
                shown += &format!("  {} row {other}:{}\n", many.name, of(many.table.0 as usize, *other as usize));
            }
        }
    }
    shown
}
