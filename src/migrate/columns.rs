//! Migration as columns for Parquet.
//!
//! In: a [`Panel`]. Out: columns, as docs/migration.md describes them. Must not know: files, how counts come about.

use super::cohort::transitions;
use super::flow::{Cell, Flow};
use super::panel::{Panel, State};
use crate::calendar::cycle_name;
use polars::prelude::{NamedFrom, Series};

/// A cell with its years and places.
type Row = (i16, i16, State, State, Cell);

/// `migration_history`: one row for each pair of neighbouring years, place before and place now, those of nobody among them.
/// Sorted by pair, then as [`Flow::states`].
pub fn history_columns(panel: &Panel) -> Vec<Series> {
    let cycles: Vec<i16> = panel.cycles().collect();
    let mut rows: Vec<Row> = Vec::new();
    for flow in cycles.windows(2).filter_map(|pair| Flow::count(panel, pair[0], pair[1])) {
        let states = flow.states();
        for (from, to) in states.iter().flat_map(|from| states.iter().map(move |to| (*from, *to))) {
            if (from, to) != (State::Absent, State::Absent) {
                rows.push((flow.from, flow.to, from, to, flow.cell(from, to)));
            }
        }
    }
    let tier = |state: State| match state {
        State::Tier(tier) => Some(panel.tiers()[usize::from(tier)].as_str()),
        State::Undetermined | State::Absent => None,
    };
    let texts = |name: &str, text: &dyn Fn(&Row) -> String| {
        Series::new(name.into(), rows.iter().map(text).collect::<Vec<String>>())
    };
    let tiers = |name: &str, state: &dyn Fn(&Row) -> State| {
        Series::new(name.into(), rows.iter().map(|row| tier(state(row))).collect::<Vec<Option<&str>>>())
    };
    let floats = |name: &str, value: &dyn Fn(&Cell) -> f64| {
        Series::new(name.into(), rows.iter().map(|row| value(&row.4)).collect::<Vec<f64>>())
    };
    vec![
        texts("from_cycle", &|row| cycle_name(row.0)),
        texts("to_cycle", &|row| cycle_name(row.1)),
        texts("from_state", &|row| word(row.2, "new").to_owned()),
        tiers("from_tier", &|row| row.2),
        texts("to_state", &|row| word(row.3, "gone").to_owned()),
        tiers("to_tier", &|row| row.3),
        counts("customers", rows.iter().map(|row| Some(row.4.customers))),
        floats("value", &|cell| cell.now),
        floats("prior_value", &|cell| cell.before),
    ]
}

/// `transitions`: all probabilities, one row each, in the order of [`transitions`].
pub fn transition_columns(panel: &Panel) -> Vec<Series> {
    let rows = transitions(panel);
    let name = |tier: u16| panel.tiers()[usize::from(tier)].as_str();
    let floats = |label: &str, values: Vec<Option<f64>>| Series::new(label.into(), values);
    vec![
        counts("horizon", rows.iter().map(|row| Some(u64::from(row.horizon)))),
        Series::new("method".into(), rows.iter().map(|row| row.method.word()).collect::<Vec<&str>>()),
        Series::new("exits".into(), rows.iter().map(|row| row.exits.word()).collect::<Vec<&str>>()),
        Series::new("from_tier".into(), rows.iter().map(|row| name(row.from)).collect::<Vec<&str>>()),
        Series::new("to_tier".into(), rows.iter().map(|row| row.to.map(name)).collect::<Vec<Option<&str>>>()),
        counts("customers", rows.iter().map(|row| row.customers)),
        counts("at_risk", rows.iter().map(|row| Some(row.at_risk))),
        floats("probability", rows.iter().map(|row| row.probability).collect()),
        floats("low", rows.iter().map(|row| Some(row.interval?.0)).collect()),
        floats("high", rows.iter().map(|row| Some(row.interval?.1)).collect()),
    ]
}

/// The word for where a customer stands; `absent` is that for being no customer.
pub fn word(state: State, absent: &'static str) -> &'static str {
    match state {
        State::Tier(_) => "tier",
        State::Undetermined => "undetermined",
        State::Absent => absent,
    }
}

fn counts(name: &str, values: impl Iterator<Item = Option<u64>>) -> Series {
    let ints: Vec<Option<i64>> = values.map(|n| n.map(|n| i64::try_from(n).unwrap_or(i64::MAX))).collect();
    Series::new(name.into(), ints)
}
