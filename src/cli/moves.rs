//! Migration for a terminal.
//!
//! In: a panel, two of its years. Out: text of at most [`table::width`] columns. Must not know: runs, where the text goes.
//! Start at [`report`].

use super::output::printable;
use super::table::{self, count, fit, grid, number, percent};
use crate::calendar::cycle_name;
use crate::migrate::cohort::{Counts, horizons};
use crate::migrate::{Cell, Exits, Flow, Panel, Stability, State, interval};

/// Columns that the name of a tier takes at most.
const NAME: usize = 20;

/// The moves between two years by customers and by value, then all years with their indices, then probabilities.
pub fn report(panel: &Panel, flow: &Flow) -> String {
    let (from, to) = (cycle_name(flow.from), cycle_name(flow.to));
    let mut text = format!("customers, with shares of the row\n{}\n", customers(panel, flow));
    let before = |cell: &Cell| cell.before;
    let row = |from: State, _: State| flow.row(from).before;
    text += &format!("value of {from}, with shares of the row\n{}\n", values(panel, flow, &before, &row));
    let now = |cell: &Cell| cell.now;
    let column = |_: State, to: State| flow.column(to).now;
    text += &format!("value of {to}, with shares of the column\n{}\n", values(panel, flow, &now, &column));
    text += &format!("from year to year\n{}\n", years(panel));
    text += &indices(panel);
    text += &probabilities(panel);
    text += &later(panel);
    text
}

/// Rows or columns that have something to show, and all tiers of the project's order.
fn places(panel: &Panel, flow: &Flow, has: impl Fn(State) -> bool) -> Vec<State> {
    let ranked = |state: &State| matches!(state, State::Tier(tier) if usize::from(*tier) < panel.ranked());
    flow.states().into_iter().filter(|state| ranked(state) || has(*state)).collect()
}

fn name(panel: &Panel, state: State, absent: &str) -> String {
    match state {
        State::Tier(tier) => fit(&printable(&panel.tiers()[usize::from(tier)]), NAME),
        State::Undetermined => table::tier(None),
        State::Absent => absent.to_owned(),
    }
}

/// The matrix of what `measure` gives: `cell` gives the text of a cell, of a row's sum, of a column's sum (`None` is all)
/// and of the whole.
fn matrix(
    panel: &Panel,
    flow: &Flow,
    measure: impl Fn(&Cell) -> f64,
    cell: impl Fn(Option<State>, Option<State>) -> String,
) -> String {
    let rows = places(panel, flow, |state| measure(&flow.row(state)) != 0.0);
    let columns = places(panel, flow, |state| measure(&flow.column(state)) != 0.0);
    let mut head = vec!["from \\ to".to_owned()];
    head.extend(columns.iter().map(|to| name(panel, *to, "(gone)")));
    head.push("all".to_owned());
    let ends: Vec<Option<State>> = columns.into_iter().map(Some).chain([None]).collect();
    let line = |from: Option<State>| -> Vec<String> {
        let label = from.map_or_else(|| "all".to_owned(), |from| name(panel, from, "(new)"));
        [label].into_iter().chain(ends.iter().map(|to| cell(from, *to))).collect()
    };
    let lines: Vec<Vec<String>> = rows.into_iter().map(Some).chain([None]).map(line).collect();
    grid(&head, &lines)
}

/// The cell, or the sum of a row, of a column or of all.
fn cell_of(flow: &Flow, from: Option<State>, to: Option<State>) -> Cell {
    match (from, to) {
        (Some(from), Some(to)) => flow.cell(from, to),
        (Some(from), None) => flow.row(from),
        (None, Some(to)) => flow.column(to),
        (None, None) => flow.all(),
    }
}

fn customers(panel: &Panel, flow: &Flow) -> String {
    let measure = |cell: &Cell| cell.customers as f64;
    matrix(panel, flow, measure, |from, to| {
        let own = cell_of(flow, from, to).customers;
        let all = cell_of(flow, from, None).customers;
        let figure = if own > 0 { count(own) } else { "-".to_owned() };
        let share = from.filter(|_| own > 0).map(|_| own as f64 / all as f64);
        if to.is_some() { beside(&figure, share) } else { figure }
    })
}

fn values(panel: &Panel, flow: &Flow, value: &dyn Fn(&Cell) -> f64, whole: &dyn Fn(State, State) -> f64) -> String {
    matrix(panel, flow, value, |from, to| {
        let cell = cell_of(flow, from, to);
        let own = value(&cell);
        let figure = if cell.customers > 0 { number(own) } else { "-".to_owned() };
        let whole = from.zip(to).map(|(from, to)| whole(from, to)).filter(|whole| cell.customers > 0 && *whole != 0.0);
        if to.is_some() { beside(&figure, whole.map(|whole| own / whole)) } else { figure }
    })
}

/// A figure with its share, in columns of their own.
fn beside(figure: &str, share: Option<f64>) -> String {
    format!("{figure} {:>7}", share.map(percent).unwrap_or_default())
}

/// Neighbouring years.
fn neighbours(panel: &Panel) -> Vec<Flow> {
    let cycles: Vec<i16> = panel.cycles().collect();
    cycles.windows(2).filter_map(|pair| Flow::count(panel, pair[0], pair[1])).collect()
}

fn pair(flow: &Flow) -> String {
    format!("{} to {}", cycle_name(flow.from), cycle_name(flow.to))
}

fn years(panel: &Panel) -> String {
    let flows = neighbours(panel);
    let head = ["years", "before", "now", "stayed", "up", "down", "undetermined", "entries", "exits"];
    let mut head: Vec<String> = head.map(str::to_owned).to_vec();
    let unranked = flows.iter().any(|flow| flow.figures().unranked > 0);
    head.extend(unranked.then(|| "without a rank".to_owned()));
    let row = |flow: &Flow| -> Vec<String> {
        let f = flow.figures();
        let counts = [f.before, f.now, f.stayed, f.up, f.down, f.undetermined, f.entries, f.exits];
        let mut cells = vec![pair(flow)];
        cells.extend(counts.map(count));
        cells.extend(unranked.then(|| count(f.unranked)));
        cells
    };
    grid(&head, &flows.iter().map(row).collect::<Vec<_>>())
}

fn indices(panel: &Panel) -> String {
    let head = ["years", "turnover", "stays", "PSI", "PSI by chance", "Shorrocks", "M_SVD"].map(str::to_owned);
    let index = |x: Option<f64>| x.map_or_else(|| "-".to_owned(), |x| format!("{x:.3}"));
    let row = |flow: &Flow| -> Vec<String> {
        let (figures, stability) = (flow.figures(), Stability::of(flow));
        let shares = [figures.turnover(), figures.stays()].map(|x| x.map_or_else(|| "-".to_owned(), percent));
        let indices = [stability.psi, stability.psi_chance, stability.trace, stability.svd];
        [pair(flow)].into_iter().chain(shares).chain(indices.map(index)).collect()
    };
    format!("{}\n", grid(&head, &neighbours(panel).iter().map(row).collect::<Vec<_>>()))
}

/// The one-year matrix of all cohorts, with intervals.
fn probabilities(panel: &Panel) -> String {
    let counts = Counts::of(panel, 1);
    if counts.pairs == 0 {
        return "no two planning years that follow one another have runs: one-year probabilities are unknown\n"
            .to_owned();
    }
    let exits = Exits::Kept;
    let shown = panel.shown();
    let ends: Vec<Option<u16>> = shown.iter().copied().map(Some).chain([None]).collect();
    let end = |to: &Option<u16>| name(panel, to.map_or(State::Absent, State::Tier), "(gone)");
    let mut head = vec!["from \\ to".to_owned(), "customer-years".to_owned()];
    head.extend(ends.iter().map(end));
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|from| {
            let all = counts.at_risk(*from, exits);
            let mut cells = vec![name(panel, State::Tier(*from), ""), count(all)];
            cells.extend(ends.iter().map(|to| estimate(counts.customers(*from, *to), all)));
            cells
        })
        .collect();
    let pairs = if counts.pairs == 1 { "1 pair".to_owned() } else { format!("{} pairs", counts.pairs) };
    format!("per cent after a year, exits kept, from {pairs} of years, with 95 % intervals\n{}", grid(&head, &rows))
}

/// A share in per cent with its interval, a narrow one with a digit more.
fn estimate(part: u64, all: u64) -> String {
    let Some((low, high)) = interval::wilson(part, all) else { return "-".to_owned() };
    let digits = usize::from(high - low < 0.02);
    let (p, low, high) = (100.0 * part as f64 / all as f64, 100.0 * low, 100.0 * high);
    format!("{p:.1} ({low:.digits$}-{high:.digits$})")
}

/// Who is still in the tier after several years: counted, and as a power of the one-year matrix.
fn later(panel: &Panel) -> String {
    let one = Counts::of(panel, 1);
    let several: Vec<u32> = horizons(panel).into_iter().filter(|years| *years > 1).collect();
    if several.is_empty() || one.pairs == 0 {
        return String::new();
    }
    let exits = Exits::Removed;
    let dash = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |p| format!("{:.1}", 100.0 * p));
    let mut head = vec!["tier".to_owned()];
    head.extend(several.iter().map(|years| format!("{years} years")));
    let mut rows: Vec<Vec<String>> =
        panel.shown().iter().map(|tier| vec![name(panel, State::Tier(*tier), "")]).collect();
    for years in several {
        let (counts, power) = (Counts::of(panel, years), one.matrix(exits).power(years));
        for (row, tier) in rows.iter_mut().zip(panel.shown()) {
            let place = usize::from(tier);
            let markov = power.row(place).map(|row| row[place]);
            row.push(format!("{} / {}", dash(counts.probability(tier, Some(tier), exits)), dash(markov)));
        }
    }
    let title = "per cent in the same tier after several years, exits removed: counted / power of the one-year matrix";
    format!("\n{title}\n{}", grid(&head, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_the_digits_that_they_need() {
        let shown = [(3, 6), (0, 6), (0, 0), (529_000, 1_000_000)].map(|(part, all)| estimate(part, all));
        assert_eq!(shown, ["50.0 (19-81)", "0.0 (0-39)", "-", "52.9 (52.8-53.0)"]);
    }
}
