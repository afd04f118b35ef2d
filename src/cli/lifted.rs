//! What would raise a customer, for a terminal.
//!
//! In: a [`Lift`]. Out: text of at most [`table::width`] columns. Must not know: how changes were tried.

use super::output::printable;
use super::table::{self, fit, grid};
use crate::desk::lift::{Change, Lift};

/// Columns that a name takes at most.
const NAME: usize = 28;

/// The customer, its columns one at a time, then all together where no single one lifts.
pub fn text(lift: &Lift) -> String {
    let (customer, to) = (printable(&lift.customer), printable(&lift.to));
    let value = lift.value.map_or_else(|| "no value".to_owned(), |value| format!("value {value:.2}"));
    let mut text = format!("{customer}: {}, {value}\n", table::tier(lift.from.as_deref()));
    if lift.there {
        text += &format!("  has {to} or a higher tier already\n");
        return text;
    }
    if lift.from.is_none() {
        text += "  it has no tier: `tierwright explain` says why; numbers alone may not mend it\n";
    }
    let able: Vec<&Change> = lift.single.iter().filter(|change| change.needs.is_some()).collect();
    if able.is_empty() {
        text += &format!("  none within bounds: no column alone lifts it to {to}\n");
    } else {
        text += &format!("  one of these lifts it to {to}, the smallest change first\n");
        text += &changes(&able);
    }
    if let Some(together) = &lift.together {
        text += &format!("  together, {:.0} % of the way to their better ends each:\n", 100.0 * together.size);
        for (column, needs) in &together.needs {
            text += &format!("    {} {}\n", fit(&printable(column), NAME), number(*needs));
        }
    } else if able.is_empty() {
        text += "  and all of them together do not either\n";
    }
    let without: Vec<String> =
        lift.single.iter().filter(|change| change.needs.is_none()).map(|change| printable(&change.column)).collect();
    if !able.is_empty() && !without.is_empty() {
        text += &format!("  within their bounds these alone do not: {}\n", without.join(", "));
    }
    text
}

fn changes(able: &[&Change]) -> String {
    let head = ["column", "is", "needs", "bounds", "of", "then"].map(str::to_owned);
    let row = |change: &&Change| {
        let unit = change.unit.as_ref().map(|unit| format!(" {}", printable(unit))).unwrap_or_default();
        vec![
            fit(&printable(&change.column), NAME),
            change.is.map_or_else(|| "missing".to_owned(), number),
            format!("{}{unit}", change.needs.map_or_else(String::new, number)),
            format!("{} to {}", number(change.bounds.0), number(change.bounds.1)),
            if change.declared { "the manifest" } else { "all customers" }.to_owned(),
            change.value.map_or_else(|| "-".to_owned(), |value| format!("value {value:.2}")),
        ]
    };
    let rows: Vec<Vec<String>> = able.iter().map(row).collect();
    grid(&head, &rows)
}

/// A number with as many digits as it needs, six behind the point at most.
fn number(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
